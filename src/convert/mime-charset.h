/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

/* Streaming conversion of any charset to UTF-8 that XML 1.0 allows. */

#include <iconv.h>

struct mime_converter;

enum mime_charset_kind {
	/* UTF-8 and ASCII; turns into windows-1252 when the first 8-bit
	   sequence is not UTF-8: mislabelled mail is that, nearly always */
	MIME_CHARSET_GUESS,
	/* UTF-8 that we made: invalid bytes are replaced */
	MIME_CHARSET_UTF8,
	MIME_CHARSET_WINDOWS_1252,
	MIME_CHARSET_ICONV
};

struct mime_charset {
	enum mime_charset_kind kind;
	struct mime_converter *conv;
	struct mime_iconv *iconv;
	unsigned char pending[32];
	size_t pending_size;
	bool seen_multibyte;
	bool replaced_last;
	bool at_start;
};

/* charset NULL: guess. */
void mime_charset_init(struct mime_charset *cs, struct mime_converter *conv,
		       const char *charset);
void mime_charset_more(struct mime_charset *cs, const unsigned char *data,
		       size_t size, buffer_t *dest);
/* The input ends: incomplete characters are replaced. */
void mime_charset_finish(struct mime_charset *cs, buffer_t *dest);
void mime_charset_deinit(struct mime_charset *cs);

/* NULL: none */
mime_tnef_t *mime_converter_tnef(struct mime_converter *conv, void **context_r);

/* An empty buffer for as long as a conversion runs; the converter (NULL: nobody)
   keeps some between messages. */
buffer_t *mime_scratch_get(struct mime_converter *conv);
void mime_scratch_put(struct mime_converter *conv, buffer_t **buf);

/* Whole strings */
void mime_charset_convert(struct mime_converter *conv, const char *charset,
			  const unsigned char *data, size_t size,
			  buffer_t *dest);

/* Largest n <= size that does not end inside an UTF-8 character. */
size_t mime_utf8_cut(const unsigned char *data, size_t size);

#endif
