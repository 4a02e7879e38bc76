/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "buffer.h"
#include "unichar.h"
#include "rtf-charset.h"

#define CPID_SYMBOL 42
#define CPID_MAC 10000
#define CPID_UTF8 65001

/* What 0x80..0x9f are; the five without meaning are control characters. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
	0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

/* MSFT-RTF, "Font Table", \fcharset */
static const struct {
	unsigned char fcharset;
	unsigned int cpid;
} fcharsets[] = {
	{ 0, 1252 }, { 2, CPID_SYMBOL }, { 77, CPID_MAC }, { 128, 932 },
	{ 129, 949 }, { 130, 1361 }, { 134, 936 }, { 136, 950 }, { 161, 1253 },
	{ 162, 1254 }, { 163, 1258 }, { 177, 1255 }, { 178, 1256 },
	{ 186, 1257 }, { 204, 1251 }, { 222, 874 }, { 238, 1250 }, { 254, 437 },
};

unsigned int rtf_charset_cpid(int fcharset)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(fcharsets); i++) {
		if (fcharsets[i].fcharset == fcharset)
			return fcharsets[i].cpid;
	}
	return 0;
}

unichar_t rtf_charset_1252(unsigned char c)
{
	return c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;
}

static iconv_t charset_open(unsigned int cpid)
{
	switch (cpid) {
	case CPID_MAC:
		return iconv_open("UTF-8", "MACINTOSH");
	case 20932:
		return iconv_open("UTF-8", "EUC-JP");
	case 20866:
		return iconv_open("UTF-8", "KOI8-R");
	case CPID_UTF8:
		return iconv_open("UTF-8", "UTF-8");
	case 54936:
		return iconv_open("UTF-8", "GB18030");
	default:
		return iconv_open("UTF-8", t_strdup_printf("CP%u", cpid));
	}
}

/* (iconv_t)-1: windows-1252 */
static iconv_t charset_get(struct rtf_charsets *sets, unsigned int cpid)
{
	unsigned int i;

	if (cpid == 0 || cpid == 1252 || cpid == CPID_SYMBOL)
		return (iconv_t)-1;
	for (i = 0; i < sets->count; i++) {
		if (sets->open[i].cpid == cpid)
			return sets->open[i].cd;
	}
	if (sets->count == N_ELEMENTS(sets->open)) {
		if (sets->open[0].cd != (iconv_t)-1)
			(void)iconv_close(sets->open[0].cd);
		sets->count--;
		memmove(&sets->open[0], &sets->open[1],
			sets->count * sizeof(sets->open[0]));
	}
	sets->open[sets->count].cpid = cpid;
	T_BEGIN {
		sets->open[sets->count].cd = charset_open(cpid);
	} T_END;
	return sets->open[sets->count++].cd;
}

void rtf_charsets_deinit(struct rtf_charsets *sets)
{
	unsigned int i;

	for (i = 0; i < sets->count; i++) {
		if (sets->open[i].cd != (iconv_t)-1)
			(void)iconv_close(sets->open[i].cd);
	}
	sets->count = 0;
}

static void text_1252(const unsigned char *data, size_t size, buffer_t *dest)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] >= 0x80)
			uni_ucs4_to_utf8_c(rtf_charset_1252(data[i]), dest);
		else if (data[i] >= 0x20 || data[i] == '\t')
			buffer_append_c(dest, data[i]);
	}
}

static void text_iconv(iconv_t cd, const unsigned char *data, size_t size,
		       buffer_t *dest)
{
	char *in = (char *)(uintptr_t)data, *out, block[1024];
	size_t left = size, room;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0) {
		out = block;
		room = sizeof(block);
		if (iconv(cd, &in, &left, &out, &room) == (size_t)-1 &&
		    out == block && errno != E2BIG) {
			in++;
			left--;
			buffer_append(dest, UNICODE_REPLACEMENT_CHAR_UTF8,
				      strlen(UNICODE_REPLACEMENT_CHAR_UTF8));
		}
		buffer_append(dest, block, out - block);
	}
}

void rtf_charset_text(struct rtf_charsets *sets, unsigned int cpid,
		      const unsigned char *data, size_t size, buffer_t *dest)
{
	iconv_t cd = charset_get(sets, cpid);

	if (cd == (iconv_t)-1)
		text_1252(data, size, dest);
	else
		text_iconv(cd, data, size, dest);
}
