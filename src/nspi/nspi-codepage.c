/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* 8-bit strings in the client's code page (MS-OXNSPI 3.1.4.3). */

#include "nspi.h"
#include "unichar.h"

#include <iconv.h>

static const struct {
	uint32_t cpid;
	const char *name;
} codepages[] = {
	{ 708, "ISO-8859-6" }, { 874, "CP874" }, { 932, "CP932" },
	{ 936, "CP936" }, { 949, "CP949" }, { 950, "CP950" },
	{ 1361, "JOHAB" }, { 10000, "MACINTOSH" }, { 20127, "ASCII" },
	/* Windows' 20261 is ASCII below 0x80, see below. */
	{ NSPI_CP_TELETEX, "T.61-8BIT" },
	{ 20866, "KOI8-R" }, { 20932, "EUC-JP" }, { 20936, "GB2312" },
	{ 20949, "EUC-KR" }, { 21866, "KOI8-U" }, { 28591, "ISO-8859-1" },
	{ 28592, "ISO-8859-2" }, { 28593, "ISO-8859-3" },
	{ 28594, "ISO-8859-4" }, { 28595, "ISO-8859-5" },
	{ 28596, "ISO-8859-6" }, { 28597, "ISO-8859-7" },
	{ 28598, "ISO-8859-8" }, { 28599, "ISO-8859-9" },
	{ 28603, "ISO-8859-13" }, { 28605, "ISO-8859-15" },
	{ 38598, "ISO-8859-8" }, { 50220, "ISO-2022-JP" },
	{ 50221, "ISO-2022-JP" }, { 50222, "ISO-2022-JP" },
	{ 50225, "ISO-2022-KR" }, { 51932, "EUC-JP" }, { 51936, "EUC-CN" },
	{ 51949, "EUC-KR" }, { 54936, "GB18030" }, { 65001, "UTF-8" },
};

struct nspi_codepage {
	uint32_t cpid;
	iconv_t from, to;
};

static const char *codepage_name(uint32_t cpid)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(codepages); i++) {
		if (codepages[i].cpid == cpid)
			return codepages[i].name;
	}
	/* DOS and Windows */
	if ((cpid >= 437 && cpid <= 869) || (cpid >= 1250 && cpid <= 1258))
		return t_strdup_printf("CP%u", cpid);
	return NULL;
}

struct nspi_codepage *nspi_codepage_open(uint32_t cpid)
{
	struct nspi_codepage *cp;
	const char *name;

	if (cpid == 0)
		cpid = 1252;
	name = codepage_name(cpid);
	if (name == NULL)
		return NULL;
	cp = i_new(struct nspi_codepage, 1);
	cp->cpid = cpid;
	cp->from = iconv_open("UTF-8", name);
	cp->to = iconv_open(name, "UTF-8");
	if (cp->from == (iconv_t)-1 || cp->to == (iconv_t)-1)
		nspi_codepage_close(&cp);
	return cp;
}

void nspi_codepage_close(struct nspi_codepage **_cp)
{
	struct nspi_codepage *cp = *_cp;

	if (cp == NULL)
		return;
	*_cp = NULL;
	if (cp->from != (iconv_t)-1)
		(void)iconv_close(cp->from);
	if (cp->to != (iconv_t)-1)
		(void)iconv_close(cp->to);
	i_free(cp);
}

bool nspi_codepage_supported(uint32_t cpid)
{
	struct nspi_codepage *cp = nspi_codepage_open(cpid);
	bool supported = cp != NULL;

	nspi_codepage_close(&cp);
	return supported;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return FALSE;
	}
	return TRUE;
}

/* ASCII is itself in all of them but for two characters of some Asian ones, where
   Windows maps them to themselves too. */
static bool is_plain(const struct nspi_codepage *cp, const char *text)
{
	return is_ascii(text) && (cp->cpid < 50220 || cp->cpid > 50229);
}

/* Appends one piece through iconv; FALSE: it has no form there. */
static bool convert(iconv_t cd, const char *in, size_t in_size, buffer_t *out)
{
	char tmp[64], *in_p, *out_p;
	size_t out_left;
	size_t ret;

	in_p = (char *)in;
	do {
		out_p = tmp;
		out_left = sizeof(tmp);
		ret = iconv(cd, &in_p, &in_size, &out_p, &out_left);
		buffer_append(out, tmp, sizeof(tmp) - out_left);
	} while (ret == (size_t)-1 && errno == E2BIG);
	return ret != (size_t)-1;
}

/* A letter's ASCII look, else "?" */
static void replace_char(buffer_t *out, const char *p, size_t size)
{
	const char *ascii = nspi_ascii(t_strndup(p, size));

	if (*ascii == '\0')
		ascii = "?";
	buffer_append(out, ascii, strlen(ascii));
}

bool nspi_codepage_from_utf8(struct nspi_codepage *cp, const char *text,
			     pool_t pool, const char **bytes_r)
{
	bool exact = TRUE;
	buffer_t *out;
	size_t used;
	unichar_t chr;
	int len;

	if (is_plain(cp, text)) {
		*bytes_r = p_strdup(pool, text);
		return TRUE;
	}
	out = t_buffer_create(64);
	(void)iconv(cp->to, NULL, NULL, NULL, NULL);
	for (; *text != '\0'; text += len) {
		len = uni_utf8_get_char(text, &chr);
		if (len <= 0) {
			len = 1;
			chr = UNICODE_REPLACEMENT_CHAR;
		}
		used = out->used;
		if (chr < 0x80 && cp->cpid == NSPI_CP_TELETEX)
			buffer_append_c(out, (unsigned char)chr);
		else if (!convert(cp->to, text, len, out)) {
			buffer_set_used_size(out, used);
			replace_char(out, text, len);
			exact = FALSE;
		}
	}
	/* Back to the first shift state */
	(void)convert(cp->to, NULL, 0, out);
	*bytes_r = p_strndup(pool, out->data, out->used);
	return exact;
}

const char *nspi_codepage_to_utf8(struct nspi_codepage *cp, const char *bytes,
				  pool_t pool)
{
	size_t size = strlen(bytes), used;
	buffer_t *out;

	if (is_plain(cp, bytes))
		return p_strdup(pool, bytes);
	out = t_buffer_create(64);
	(void)iconv(cp->from, NULL, NULL, NULL, NULL);
	used = out->used;
	if (!convert(cp->from, bytes, size, out)) {
		/* Clients that say one code page and write another one mostly
		   mean UTF-8. */
		buffer_set_used_size(out, used);
		if (uni_utf8_str_is_valid(bytes))
			buffer_append(out, bytes, size);
		else for (; *bytes != '\0'; bytes++) {
			uni_ucs4_to_utf8_c((unsigned char)*bytes < 0x80 ?
				(unichar_t)*bytes : UNICODE_REPLACEMENT_CHAR,
				out);
		}
	}
	return p_strndup(pool, out->data, out->used);
}

/* Decomposed, the marks and what is not ASCII left out; case stays. */
const char *nspi_ascii(const char *text)
{
	string_t *dest = t_str_new(32);
	const char *folded;
	unichar_t chr;
	size_t before;
	int len;

	for (; *text != '\0'; text += len) {
		len = uni_utf8_get_char(text, &chr);
		if (len <= 0) {
			len = 1;
			continue;
		}
		if (chr < 0x80) {
			str_append_c(dest, (unsigned char)chr);
			continue;
		}
		folded = directory_fold(t_strndup(text, len));
		before = str_len(dest);
		if (is_ascii(folded))
			str_append(dest, folded);
		/* A small letter was one. */
		if (str_len(dest) > before &&
		    uni_ucs4_to_titlecase(chr) != chr)
			str_lcase(str_c_modifiable(dest) + before);
	}
	return str_c(dest);
}
