/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RTF_CHARSET_H
#define RTF_CHARSET_H

/* Text runs to UTF-8 by Windows code page; what is opened stays open for one
   document. */

#include "unichar.h"

#include <iconv.h>

struct rtf_charsets {
	struct {
		unsigned int cpid;
		iconv_t cd;
	} open[8];
	unsigned int count;
};

void rtf_charsets_deinit(struct rtf_charsets *sets);
/* Appends. Unknown code pages are taken as 1252, bytes that mean nothing become
   U+FFFD, control characters but TAB are left out. */
void rtf_charset_text(struct rtf_charsets *sets, unsigned int cpid,
		      const unsigned char *data, size_t size, buffer_t *dest);
/* A font's \fcharset; 0: the document's code page. */
unsigned int rtf_charset_cpid(int fcharset);
/* Unicode character of windows-1252 */
unichar_t rtf_charset_1252(unsigned char c);

#endif
