/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text: UTF-16 of the wire, code pages, letters as searches compare them. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "oxcdata-private.h"

#include <iconv.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* --- UTF-16 --------------------------------------------------------------------- */

static unichar_t unit_at(const unsigned char *data, size_t pos)
{
	return data[pos] | (data[pos + 1] << 8);
}

/* One character at pos; a surrogate without its other half is U+FFFD. */
static unichar_t
utf16_char(const unsigned char *data, size_t size, size_t *pos)
{
	unichar_t chr = unit_at(data, *pos), low;

	*pos += 2;
	if (chr < 0xd800 || chr > 0xdfff)
		return chr;
	if (chr > 0xdbff || size - *pos < 2)
		return UNICODE_REPLACEMENT_CHAR;
	low = unit_at(data, *pos);
	if (low < 0xdc00 || low > 0xdfff)
		return UNICODE_REPLACEMENT_CHAR;
	*pos += 2;
	return 0x10000 + ((chr - 0xd800) << 10) + (low - 0xdc00);
}

const char *mapi_utf16_to_utf8(pool_t pool, const unsigned char *data,
			       size_t size)
{
	string_t *str = str_new(pool, size / 2 + 16);
	size_t pos = 0;
	unichar_t chr;

	while (size - pos >= 2) {
		if (data[pos + 1] == 0 && data[pos] < 0x80) {
			chr = data[pos];
			pos += 2;
		} else {
			chr = utf16_char(data, size, &pos);
		}
		if (chr == 0)
			break;
		if (chr < 0x80)
			str_append_c(str, chr);
		else
			uni_ucs4_to_utf8_c(chr, str);
	}
	return str_c(str);
}

/* The next character of a text of ours; what is no UTF-8 is U+FFFD. */
static unichar_t next_char(const char **p)
{
	unichar_t chr;
	int len = uni_utf8_get_char_n(*p, strlen(*p), &chr);

	if (len <= 0) {
		*p += 1;
		return UNICODE_REPLACEMENT_CHAR;
	}
	*p += len;
	return chr >= 0xd800 && chr <= 0xdfff ? UNICODE_REPLACEMENT_CHAR : chr;
}

void mapi_utf8_to_utf16(buffer_t *out, const char *s)
{
	unichar_t chr;

	while (*s != '\0') {
		if ((unsigned char)*s < 0x80) {
			mapi_out_u16(out, *s++);
			continue;
		}
		chr = next_char(&s);
		if (chr < 0x10000) {
			mapi_out_u16(out, chr);
		} else {
			chr -= 0x10000;
			mapi_out_u16(out, 0xd800 + (chr >> 10));
			mapi_out_u16(out, 0xdc00 + (chr & 0x3ff));
		}
	}
}

size_t mapi_utf16_size(const char *s)
{
	size_t size = 0;

	while (*s != '\0') {
		if ((unsigned char)*s < 0x80) {
			s++;
			size += 2;
		} else {
			size += next_char(&s) < 0x10000 ? 2 : 4;
		}
	}
	return size;
}

/* --- code pages -------------------------------------------------------------------- */

/* The first row of a number is the name to give, the first of a name its number. */
static const struct {
	unsigned int cpid;
	const char *charset;
} charsets[] = {
	{ 1252, "windows-1252" }, { 1250, "windows-1250" },
	{ 1251, "windows-1251" }, { 1253, "windows-1253" },
	{ 1254, "windows-1254" }, { 1255, "windows-1255" },
	{ 1256, "windows-1256" }, { 1257, "windows-1257" },
	{ 1258, "windows-1258" }, { 65001, "utf-8" }, { 65001, "utf8" },
	{ 20127, "us-ascii" }, { 20127, "ascii" },
	{ 28591, "iso-8859-1" }, { 28591, "latin1" }, { 28592, "iso-8859-2" },
	{ 28593, "iso-8859-3" }, { 28594, "iso-8859-4" },
	{ 28595, "iso-8859-5" }, { 28596, "iso-8859-6" },
	{ 28597, "iso-8859-7" }, { 28598, "iso-8859-8" },
	{ 38598, "iso-8859-8-i" }, { 28599, "iso-8859-9" },
	{ 28603, "iso-8859-13" }, { 28605, "iso-8859-15" },
	{ 874, "windows-874" }, { 874, "tis-620" },
	{ 932, "shift_jis" }, { 932, "cp932" }, { 936, "gb2312" },
	{ 936, "gbk" }, { 936, "cp936" }, { 949, "ks_c_5601-1987" },
	{ 949, "cp949" }, { 950, "big5" }, { 950, "cp950" },
	{ 50220, "iso-2022-jp" }, { 50221, "csiso2022jp" },
	{ 50225, "iso-2022-kr" }, { 51932, "euc-jp" }, { 51949, "euc-kr" },
	{ 52936, "hz-gb-2312" }, { 54936, "gb18030" },
	{ 20866, "koi8-r" }, { 21866, "koi8-u" }, { 437, "ibm437" },
	{ 850, "ibm850" }, { 852, "ibm852" }, { 866, "ibm866" },
	{ 65000, "utf-7" }, { 1200, "utf-16le" }, { 1200, "utf-16" },
	{ 1201, "utf-16be" },
};

/* Names that MIME knows and iconv does not, or means less by them */
static const struct {
	unsigned int cpid;
	const char *name;
} iconv_names[] = {
	{ 874, "CP874" }, { 932, "CP932" }, { 936, "GBK" }, { 949, "CP949" },
	{ 950, "CP950" }, { 38598, "ISO-8859-8" }, { 50221, "ISO-2022-JP" },
	{ 52936, "GBK" },
};

const char *mapi_charset_of_cpid(unsigned int cpid)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(charsets); i++) {
		if (charsets[i].cpid == cpid)
			return charsets[i].charset;
	}
	return NULL;
}

unsigned int mapi_cpid_of_charset(const char *charset)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(charsets); i++) {
		if (strcasecmp(charsets[i].charset, charset) == 0)
			return charsets[i].cpid;
	}
	return 0;
}

static const char *iconv_name(unsigned int cpid)
{
	const char *name;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(iconv_names); i++) {
		if (iconv_names[i].cpid == cpid)
			return iconv_names[i].name;
	}
	name = mapi_charset_of_cpid(cpid);
	return name != NULL ? name : "windows-1252";
}

/* Runs the converter; what it cannot take is replaced, skip bytes of input at a
   time. */
static void
convert(iconv_t cd, const char *in, size_t in_size, bool utf8_in,
	const char *replacement, buffer_t *dest)
{
	char tmp[512], *out;
	size_t out_size, used;
	int skip;

	for (;;) {
		out = tmp;
		out_size = sizeof(tmp);
		errno = 0;
		/* The last call, without input, ends a shift state. */
		used = iconv(cd, in_size == 0 ? NULL : (char **)&in,
			     in_size == 0 ? NULL : &in_size, &out, &out_size);
		buffer_append(dest, tmp, sizeof(tmp) - out_size);
		if (used != (size_t)-1) {
			if (in_size == 0 && out_size == sizeof(tmp))
				return;
			continue;
		}
		if (errno == E2BIG)
			continue;
		buffer_append(dest, replacement, strlen(replacement));
		skip = utf8_in ? (int)uni_utf8_char_bytes(*in) : 1;
		skip = I_MIN((size_t)skip, in_size);
		in += skip;
		in_size -= skip;
	}
}

/* ASCII is the same in all but the stateful and wide ones. */
static bool is_plain(unsigned int cpid, const char *data, size_t size)
{
	size_t i;

	if (cpid == 65000 || cpid == 1200 || cpid == 1201 || cpid == 52936)
		return FALSE;
	for (i = 0; i < size; i++) {
		if ((unsigned char)data[i] >= 0x80 || data[i] == '\0' ||
		    data[i] == 0x1b || data[i] == 0x0e || data[i] == 0x0f)
			return FALSE;
	}
	return TRUE;
}

const char *mapi_text_from_cpid(pool_t pool, unsigned int cpid,
				const void *data, size_t size)
{
	const char *text;
	buffer_t *dest;
	iconv_t cd;

	if (is_plain(cpid, data, size))
		return p_strndup(pool, data, size);
	cd = iconv_open("UTF-8", iconv_name(cpid));
	if (cd == (iconv_t)-1)
		cd = iconv_open("UTF-8", "ISO-8859-1");
	if (cd == (iconv_t)-1)
		return "";
	/* not the data stack: the pool may be a frame of it */
	dest = buffer_create_dynamic(default_pool, size * 2);
	convert(cd, data, size, FALSE, UNICODE_REPLACEMENT_CHAR_UTF8, dest);
	/* ends at a NUL, as all strings here */
	text = p_strndup(pool, dest->data, dest->used);
	buffer_free(&dest);
	(void)iconv_close(cd);
	return text;
}

const char *mapi_text_to_cpid(pool_t pool, unsigned int cpid, const char *text)
{
	buffer_t *dest;
	iconv_t cd;

	if (is_plain(cpid, text, strlen(text)))
		return p_strdup(pool, text);
	/* a string of bytes cannot have these two */
	if (cpid == 1200 || cpid == 1201)
		cpid = 1252;
	cd = iconv_open(iconv_name(cpid), "UTF-8");
	if (cd == (iconv_t)-1)
		cd = iconv_open("US-ASCII", "UTF-8");
	if (cd == (iconv_t)-1)
		return "";
	dest = buffer_create_dynamic(default_pool, strlen(text) + 16);
	convert(cd, text, strlen(text), TRUE, "?", dest);
	text = p_strndup(pool, dest->data, dest->used);
	buffer_free(&dest);
	(void)iconv_close(cd);
	return text;
}

/* --- letters --------------------------------------------------------------------------- */

static bool is_combining_mark(unichar_t chr)
{
	return (chr >= 0x0300 && chr <= 0x036f) ||
		(chr >= 0x1ab0 && chr <= 0x1aff) ||
		(chr >= 0x1dc0 && chr <= 0x1dff) ||
		(chr >= 0x20d0 && chr <= 0x20ff) ||
		(chr >= 0xfe20 && chr <= 0xfe2f);
}

static const char *strip_marks(const char *text)
{
	string_t *dest = t_str_new(strlen(text) + 1);
	unichar_t chr;

	while (*text != '\0') {
		chr = next_char(&text);
		if (!is_combining_mark(chr))
			uni_ucs4_to_utf8_c(chr, dest);
	}
	return str_c(dest);
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return FALSE;
	}
	return TRUE;
}

/* Decomposed, letter case as it is */
static const char *decompose(const char *text)
{
	size_t max = strlen(text) * 4 + 1;
	UChar *from = t_new(UChar, max), *to = t_new(UChar, max);
	char *dest = t_malloc_no0(max * 3);
	UErrorCode err = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&err);
	int32_t len;

	u_strFromUTF8WithSub(from, max, &len, text, -1, 0xfffd, NULL, &err);
	len = unorm2_normalize(nfd, from, len, to, max, &err);
	u_strToUTF8WithSub(dest, max * 3, NULL, to, len, 0xfffd, NULL, &err);
	return U_FAILURE(err) ? text : dest;
}

static const char *fold_case(const char *text)
{
	buffer_t *buf;

	if (is_ascii(text))
		return t_str_ucase(text);
	buf = t_buffer_create(strlen(text) * 2 + 1);
	(void)uni_utf8_to_decomposed_titlecase(text, strlen(text), buf);
	buffer_append_c(buf, '\0');
	return buf->data;
}

const char *mapi_fold(const char *text, uint16_t fuzzy_high)
{
	bool strip = (fuzzy_high & (MAPI_FL_IGNORENONSPACE | MAPI_FL_LOOSE)) != 0;

	if ((fuzzy_high & (MAPI_FL_IGNORECASE | MAPI_FL_LOOSE)) != 0)
		text = fold_case(text);
	else if (!is_ascii(text))
		text = decompose(text);
	return strip && !is_ascii(text) ? strip_marks(text) : text;
}
