/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text that may be sent: valid UTF-8 of characters that XML 1.0 allows (2.2),
   made from a stream of bytes without gathering them. */

#include "lib.h"
#include "buffer.h"
#include "unichar.h"
#include "wbxml-utf8.h"

/* ASCII that needs no further look */
static bool is_plain(unsigned char c)
{
	return (c >= 0x20 && c < 0x80) || c == '\n' || c == '\r' || c == '\t';
}

/* Sixteen bytes at once, in the compiler's words for any processor: printable,
   or one of the white spaces; bytes from 0x80 on are negative. */
typedef signed char wbxml_vec __attribute__((vector_size(16)));

static inline wbxml_vec plain_vec(const unsigned char *data)
{
	wbxml_vec v;

	memcpy(&v, data, sizeof(v));
	return (wbxml_vec)((v >= 0x20) | (v == '\n') | (v == '\r') |
			   (v == '\t'));
}

static inline bool is_plain_block(const unsigned char *data)
{
	wbxml_vec ok = plain_vec(data) & plain_vec(data + 16);
	uint64_t half[2];

	memcpy(half, &ok, sizeof(half));
	return (half[0] & half[1]) == UINT64_MAX;
}

static bool xml_allows(unichar_t chr)
{
	if (chr < 0x20)
		return chr == '\n' || chr == '\r' || chr == '\t';
	return chr != 0xfffe && chr != 0xffff;
}

static size_t plain_run(const unsigned char *data, size_t size)
{
	size_t i = 0;

	for (;;) {
		while (size - i >= 32 && is_plain_block(data + i))
			i += 32;
		if (i == size || !is_plain(data[i]))
			return i;
		i++;
	}
}

/* Bytes of the character, 0 if it goes on behind the data, -1 if invalid */
static int
get_char(const unsigned char *data, size_t size, unichar_t *chr_r)
{
	int len;

	if (*data > 0xf4)
		return -1;
	len = uni_utf8_get_char_n(data, size, chr_r);
	/* 0 is also given for a sequence with a NUL in it. */
	if (len == 0 && size >= uni_utf8_char_bytes(*data))
		return -1;
	return len;
}

size_t wbxml_utf8_clean(buffer_t *dest, const unsigned char *data, size_t size)
{
	size_t pos = 0, run;
	unichar_t chr;
	int len;

	while (pos < size) {
		run = plain_run(data + pos, size - pos);
		buffer_append(dest, data + pos, run);
		pos += run;
		if (pos == size)
			break;

		len = get_char(data + pos, size - pos, &chr);
		if (len == 0)
			break;
		if (len < 0) {
			buffer_append(dest, UNICODE_REPLACEMENT_CHAR_UTF8,
				      sizeof(UNICODE_REPLACEMENT_CHAR_UTF8) - 1);
			pos++;
		} else {
			if (xml_allows(chr))
				buffer_append(dest, data + pos, len);
			pos += len;
		}
	}
	return pos;
}

size_t wbxml_utf8_clean_run(const unsigned char *data, size_t size)
{
	size_t pos = 0;
	unichar_t chr;
	int len;

	for (;;) {
		pos += plain_run(data + pos, size - pos);
		if (pos == size)
			return pos;
		len = get_char(data + pos, size - pos, &chr);
		if (len <= 0 || !xml_allows(chr))
			return pos;
		pos += len;
	}
}
