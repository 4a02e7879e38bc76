/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Charsets of the real world to UTF-8, with what XML 1.0 forbids removed; the
   table of their names, what they really are, and their Windows code pages. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-mime.h"
#include "mime-charset.h"

#include <ctype.h>
#include <errno.h>

#define MIME_ICONV_CACHE_MAX 16
/* Two pipes have no more; larger ones are not kept. */
#define MIME_SCRATCH_MAX 8
#define MIME_SCRATCH_MAX_SIZE (128 * 1024)
#define REPLACEMENT UNICODE_REPLACEMENT_CHAR_UTF8

struct mime_iconv {
	iconv_t cd;
	char *name;
	bool in_use, cached;
};

struct mime_converter {
	ARRAY(struct mime_iconv *) iconvs;
	ARRAY(buffer_t *) scratch;
	mime_tnef_t *tnef;
	void *tnef_context;
};

struct charset_name {
	const char *name;
	/* For iconv: what mail with this label contains, as browsers read it
	   (WHATWG Encoding, 4.2); NULL: windows-1252, "": guess */
	const char *iconv_name;
	unsigned int cpid;
};

/* Code pages: MS-UCODEREF 2.2.1; sorted by name */
static const struct charset_name charset_names[] = {
	{ "ansi_x3.4-1968", "", 20127 },
	{ "ascii", "", 20127 },
	{ "big5", "BIG5-HKSCS", 950 },
	{ "big5-hkscs", "BIG5-HKSCS", 950 },
	{ "cn-big5", "BIG5-HKSCS", 950 },
	{ "cp1250", "CP1250", 1250 },
	{ "cp1251", "CP1251", 1251 },
	{ "cp1252", NULL, 1252 },
	{ "cp437", "CP437", 437 },
	{ "cp850", "CP850", 850 },
	{ "cp852", "CP852", 852 },
	{ "cp866", "CP866", 866 },
	{ "cp932", "CP932", 932 },
	{ "cp936", "GB18030", 936 },
	{ "cp949", "CP949", 949 },
	{ "csiso2022jp", "ISO-2022-JP", 50221 },
	{ "csshiftjis", "CP932", 932 },
	{ "euc-jp", "EUC-JP-MS", 51932 },
	{ "euc-kr", "CP949", 51949 },
	{ "gb18030", "GB18030", 54936 },
	{ "gb2312", "GB18030", 936 },
	{ "gb_2312-80", "GB18030", 936 },
	{ "gbk", "GB18030", 936 },
	{ "ibm850", "CP850", 850 },
	{ "ibm866", "CP866", 866 },
	{ "iso-2022-jp", "ISO-2022-JP-3", 50220 },
	{ "iso-2022-kr", "ISO-2022-KR", 50225 },
	{ "iso-8859-1", NULL, 28591 },
	{ "iso-8859-10", "ISO-8859-10", 28600 },
	{ "iso-8859-11", "CP874", 874 },
	{ "iso-8859-13", "ISO-8859-13", 28603 },
	{ "iso-8859-14", "ISO-8859-14", 28604 },
	{ "iso-8859-15", "ISO-8859-15", 28605 },
	{ "iso-8859-16", "ISO-8859-16", 28606 },
	{ "iso-8859-2", "ISO-8859-2", 28592 },
	{ "iso-8859-3", "ISO-8859-3", 28593 },
	{ "iso-8859-4", "ISO-8859-4", 28594 },
	{ "iso-8859-5", "ISO-8859-5", 28595 },
	{ "iso-8859-6", "ISO-8859-6", 28596 },
	{ "iso-8859-6-i", "ISO-8859-6", 28596 },
	{ "iso-8859-7", "ISO-8859-7", 28597 },
	{ "iso-8859-8", "ISO-8859-8", 28598 },
	{ "iso-8859-8-e", "ISO-8859-8", 28598 },
	{ "iso-8859-8-i", "ISO-8859-8", 38598 },
	{ "iso-8859-9", "CP1254", 28599 },
	{ "iso8859-1", NULL, 28591 },
	{ "iso8859-15", "ISO-8859-15", 28605 },
	{ "iso8859-2", "ISO-8859-2", 28592 },
	{ "iso_8859-1", NULL, 28591 },
	{ "koi8-r", "KOI8-R", 20866 },
	{ "koi8-ru", "KOI8-U", 21866 },
	{ "koi8-u", "KOI8-U", 21866 },
	{ "ks_c_5601-1987", "CP949", 949 },
	{ "latin1", NULL, 28591 },
	{ "latin2", "ISO-8859-2", 28592 },
	{ "macintosh", "MACINTOSH", 10000 },
	{ "shift-jis", "CP932", 932 },
	{ "shift_jis", "CP932", 932 },
	{ "sjis", "CP932", 932 },
	{ "tis-620", "CP874", 874 },
	{ "unicode-1-1-utf-7", "UTF-7", 65000 },
	{ "unicode-1-1-utf-8", "", 65001 },
	{ "us-ascii", "", 20127 },
	{ "utf-16", "UTF-16", 1200 },
	{ "utf-16be", "UTF-16BE", 1201 },
	{ "utf-16le", "UTF-16LE", 1200 },
	{ "utf-7", "UTF-7", 65000 },
	{ "utf-8", "", 65001 },
	{ "utf8", "", 65001 },
	{ "windows-1250", "CP1250", 1250 },
	{ "windows-1251", "CP1251", 1251 },
	{ "windows-1252", NULL, 1252 },
	{ "windows-1253", "CP1253", 1253 },
	{ "windows-1254", "CP1254", 1254 },
	{ "windows-1255", "CP1255", 1255 },
	{ "windows-1256", "CP1256", 1256 },
	{ "windows-1257", "CP1257", 1257 },
	{ "windows-1258", "CP1258", 1258 },
	{ "windows-31j", "CP932", 932 },
	{ "windows-874", "CP874", 874 },
	{ "windows-936", "GB18030", 936 },
	{ "windows-949", "CP949", 949 },
	{ "x-gbk", "GB18030", 936 },
	{ "x-mac-roman", "MACINTOSH", 10000 },
	{ "x-sjis", "CP932", 932 },
	{ "x-unknown", "", 20127 },
};

/* 0x80..0x9f of windows-1252; the rest is Latin-1 */
static const unichar_t windows_1252[32] = {
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178
};

static int charset_name_cmp(const void *key, const void *entry)
{
	return strcasecmp(key, ((const struct charset_name *)entry)->name);
}

static const struct charset_name *charset_find(const char *charset)
{
	return bsearch(charset, charset_names, N_ELEMENTS(charset_names),
		       sizeof(charset_names[0]), charset_name_cmp);
}

unsigned int mime_charset_to_cpid(const char *charset)
{
	const struct charset_name *name = charset_find(charset);

	return name == NULL ? 0 : name->cpid;
}

/* --- iconv handles, kept open because opening one costs a file lookup --- */

struct mime_converter *mime_converter_init(void)
{
	struct mime_converter *conv = i_new(struct mime_converter, 1);

	i_array_init(&conv->iconvs, MIME_ICONV_CACHE_MAX);
	i_array_init(&conv->scratch, MIME_SCRATCH_MAX);
	return conv;
}

void mime_converter_set_tnef(struct mime_converter *conv, mime_tnef_t *tnef,
			     void *context)
{
	conv->tnef = tnef;
	conv->tnef_context = context;
}

mime_tnef_t *mime_converter_tnef(struct mime_converter *conv, void **context_r)
{
	if (conv == NULL || conv->tnef == NULL)
		return NULL;
	*context_r = conv->tnef_context;
	return conv->tnef;
}

static void iconv_free(struct mime_iconv *ic)
{
	iconv_close(ic->cd);
	i_free(ic->name);
	i_free(ic);
}

void mime_converter_deinit(struct mime_converter **_conv)
{
	struct mime_converter *conv = *_conv;
	struct mime_iconv *ic;
	buffer_t *buf;

	*_conv = NULL;
	array_foreach_elem(&conv->iconvs, ic)
		iconv_free(ic);
	array_free(&conv->iconvs);
	array_foreach_elem(&conv->scratch, buf)
		buffer_free(&buf);
	array_free(&conv->scratch);
	i_free(conv);
}

/* --- buffers --- */

buffer_t *mime_scratch_get(struct mime_converter *conv)
{
	unsigned int count = conv == NULL ? 0 : array_count(&conv->scratch);
	buffer_t *buf;

	if (count == 0)
		return buffer_create_dynamic(default_pool, 1024);
	buf = array_idx_elem(&conv->scratch, count - 1);
	array_delete(&conv->scratch, count - 1, 1);
	return buf;
}

void mime_scratch_put(struct mime_converter *conv, buffer_t **_buf)
{
	buffer_t *buf = *_buf;

	*_buf = NULL;
	if (buf == NULL)
		return;
	if (conv == NULL || array_count(&conv->scratch) == MIME_SCRATCH_MAX ||
	    buffer_get_writable_size(buf) > MIME_SCRATCH_MAX_SIZE) {
		buffer_free(&buf);
		return;
	}
	buffer_set_used_size(buf, 0);
	array_push_back(&conv->scratch, &buf);
}

static struct mime_iconv *
iconv_cached(struct mime_converter *conv, const char *name)
{
	struct mime_iconv *ic;

	if (conv == NULL)
		return NULL;
	array_foreach_elem(&conv->iconvs, ic) {
		if (!ic->in_use && strcmp(ic->name, name) == 0) {
			(void)iconv(ic->cd, NULL, NULL, NULL, NULL);
			return ic;
		}
	}
	return NULL;
}

/* NULL: no such charset */
static struct mime_iconv *
iconv_get(struct mime_converter *conv, const char *name)
{
	struct mime_iconv *ic = iconv_cached(conv, name);
	iconv_t cd;

	if (ic == NULL) {
		cd = iconv_open("UTF-8", name);
		if (cd == (iconv_t)-1)
			return NULL;
		ic = i_new(struct mime_iconv, 1);
		ic->cd = cd;
		ic->name = i_strdup(name);
		if (conv != NULL &&
		    array_count(&conv->iconvs) < MIME_ICONV_CACHE_MAX) {
			array_push_back(&conv->iconvs, &ic);
			ic->cached = TRUE;
		}
	}
	ic->in_use = TRUE;
	return ic;
}

static void iconv_put(struct mime_iconv *ic)
{
	ic->in_use = FALSE;
	if (!ic->cached)
		iconv_free(ic);
}

/* The name goes to iconv_open(): no suffixes such as //IGNORE, no paths. */
static bool charset_name_is_safe(const char *charset)
{
	const char *p;

	for (p = charset; *p != '\0'; p++) {
		if (!i_isalnum(*p) && strchr("-_.:+", *p) == NULL)
			return FALSE;
	}
	return p != charset && p - charset < 40;
}

void mime_charset_init(struct mime_charset *cs, struct mime_converter *conv,
		       const char *charset)
{
	const struct charset_name *name;

	i_zero(cs);
	cs->conv = conv;
	cs->at_start = TRUE;
	cs->kind = MIME_CHARSET_GUESS;
	if (charset == NULL || *charset == '\0')
		return;
	name = charset_find(charset);
	if (name != NULL && name->iconv_name == NULL)
		cs->kind = MIME_CHARSET_WINDOWS_1252;
	else if (name != NULL && *name->iconv_name == '\0')
		return;
	else if (name != NULL)
		cs->iconv = iconv_get(conv, name->iconv_name);
	else if (charset_name_is_safe(charset))
		cs->iconv = iconv_get(conv, t_str_ucase(charset));
	if (cs->iconv != NULL)
		cs->kind = MIME_CHARSET_ICONV;
}

void mime_charset_deinit(struct mime_charset *cs)
{
	if (cs->iconv != NULL)
		iconv_put(cs->iconv);
	cs->iconv = NULL;
}

/* --- UTF-8 --- */

/* XML 1.0 (Fifth Edition) 2.2: tab, LF, CR and 0x20 up */
static inline bool ascii_is_clean(unsigned char c)
{
	return (c >= 0x20 && c < 0x80) ||
		c == '\n' || c == '\r' || c == '\t';
}

static inline bool unichar_is_clean(unichar_t chr)
{
	return !(chr >= 0xd800 && chr <= 0xdfff) && chr <= 0x10ffff &&
		chr != 0xfffe && chr != 0xffff;
}

/* How many bytes from data on are printable ASCII, in words of eight */
static size_t ascii_run(const unsigned char *data, size_t size)
{
	const uint64_t high = 0x8080808080808080ULL;
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&word, data + i, 8);
		if (((word | (word - 0x2020202020202020ULL)) & high) != 0)
			break;
	}
	return i;
}

static void append_replacement(struct mime_charset *cs, buffer_t *dest)
{
	if (!cs->replaced_last)
		buffer_append(dest, REPLACEMENT, strlen(REPLACEMENT));
	cs->replaced_last = TRUE;
}

/* Length of the character: > 0; 0: incomplete but valid so far; -1: invalid */
static int utf8_char_len(const unsigned char *p, size_t size, unichar_t *chr_r)
{
	static const unichar_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	int i, len = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	unichar_t chr;

	if (*p < 0xc2 || *p > 0xf4)
		return -1;
	chr = *p & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((size_t)i == size)
			return 0;
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		chr = (chr << 6) | (p[i] & 0x3f);
	}
	if (chr < least[len] || chr > 0x10ffff ||
	    (chr >= 0xd800 && chr <= 0xdfff))
		return -1;
	*chr_r = chr;
	return len;
}

static void
windows_1252_more(struct mime_charset *cs ATTR_UNUSED,
		  const unsigned char *data, size_t size, buffer_t *dest)
{
	size_t i, start = 0;
	unichar_t chr;

	for (i = 0; i < size; i++) {
		if (ascii_is_clean(data[i]))
			continue;
		buffer_append(dest, data + start, i - start);
		start = i + 1;
		chr = data[i];
		if (chr < 0x80)
			continue;
		if (chr < 0xa0)
			chr = windows_1252[chr - 0x80];
		uni_ucs4_to_utf8_c(chr, dest);
	}
	buffer_append(dest, data + start, size - start);
}

/* Returns how much was used: less than size if the kind changed or the rest is
   the beginning of a character. */
static size_t
utf8_more(struct mime_charset *cs, const unsigned char *data, size_t size,
	  buffer_t *dest)
{
	size_t i = 0, start = 0;
	unichar_t chr;
	int len;

	while (i < size) {
		if (ascii_is_clean(data[i])) {
			i++;
			if (size - i >= 8)
				i += ascii_run(data + i, size - i);
			continue;
		}
		len = data[i] < 0x80 ? 1 :
			utf8_char_len(data + i, size - i, &chr);
		if (len > 1 && unichar_is_clean(chr)) {
			cs->seen_multibyte = TRUE;
			i += len;
			continue;
		}
		if (i > start) {
			buffer_append(dest, data + start, i - start);
			cs->replaced_last = FALSE;
		}
		start = i;
		if (len == 0)
			return i;
		if (len < 0 && cs->kind == MIME_CHARSET_GUESS &&
		    !cs->seen_multibyte) {
			cs->kind = MIME_CHARSET_WINDOWS_1252;
			return i;
		}
		if (len < 0)
			append_replacement(cs, dest);
		i += len < 0 ? 1 : len;
		start = i;
	}
	if (i > start) {
		buffer_append(dest, data + start, i - start);
		cs->replaced_last = FALSE;
	}
	return size;
}

/* --- iconv --- */

static size_t
iconv_more(struct mime_charset *cs, const unsigned char *data, size_t size,
	   buffer_t *dest)
{
	struct mime_charset out = { .kind = MIME_CHARSET_UTF8 };
	char tmp[4096], *in = (char *)data, *tmp_pos;
	size_t left = size, tmp_left, ret;
	int err;

	while (left > 0) {
		tmp_pos = tmp;
		tmp_left = sizeof(tmp);
		ret = iconv(cs->iconv->cd, &in, &left, &tmp_pos, &tmp_left);
		err = errno;
		if (tmp_pos > tmp) {
			cs->replaced_last = FALSE;
			(void)utf8_more(&out, (unsigned char *)tmp,
					tmp_pos - tmp, dest);
		}
		if (ret != (size_t)-1 || err == E2BIG)
			continue;
		if (err == EINVAL && left < sizeof(cs->pending))
			break;
		append_replacement(cs, dest);
		in++;
		left--;
	}
	return size - left;
}

/* Charsets with combining marks hold the last letter back (windows-1255) */
static void iconv_flush(struct mime_charset *cs, buffer_t *dest)
{
	struct mime_charset out = { .kind = MIME_CHARSET_UTF8 };
	char tmp[64], *tmp_pos = tmp;
	size_t tmp_left = sizeof(tmp);

	(void)iconv(cs->iconv->cd, NULL, NULL, &tmp_pos, &tmp_left);
	(void)utf8_more(&out, (unsigned char *)tmp, tmp_pos - tmp, dest);
}

static size_t
charset_convert(struct mime_charset *cs, const unsigned char *data,
		size_t size, buffer_t *dest)
{
	size_t used = 0;

	if (cs->kind == MIME_CHARSET_ICONV)
		return iconv_more(cs, data, size, dest);
	if (cs->kind != MIME_CHARSET_WINDOWS_1252)
		used = utf8_more(cs, data, size, dest);
	if (cs->kind == MIME_CHARSET_WINDOWS_1252) {
		windows_1252_more(cs, data + used, size - used, dest);
		used = size;
	}
	return used;
}

/* Completes the character begun in the block before, byte by byte. */
static size_t
pending_convert(struct mime_charset *cs, const unsigned char *data,
		size_t size, buffer_t *dest)
{
	size_t i, used;

	for (i = 0; i < size && cs->pending_size > 0; i++) {
		cs->pending[cs->pending_size++] = data[i];
		used = charset_convert(cs, cs->pending, cs->pending_size, dest);
		if (used == 0 && cs->pending_size == sizeof(cs->pending)) {
			append_replacement(cs, dest);
			used = 1;
		}
		cs->pending_size -= used;
		memmove(cs->pending, cs->pending + used, cs->pending_size);
	}
	return i;
}

static void drop_bom(struct mime_charset *cs, buffer_t *dest, size_t start)
{
	if (dest->used == start)
		return;
	cs->at_start = FALSE;
	if (dest->used >= start + 3 &&
	    memcmp(CONST_PTR_OFFSET(dest->data, start), "\xef\xbb\xbf", 3) == 0)
		buffer_delete(dest, start, 3);
}

void mime_charset_more(struct mime_charset *cs, const unsigned char *data,
		       size_t size, buffer_t *dest)
{
	size_t used, start = dest->used;

	used = pending_convert(cs, data, size, dest);
	data += used;
	size -= used;
	if (size > 0) {
		used = charset_convert(cs, data, size, dest);
		i_assert(size - used < sizeof(cs->pending));
		memcpy(cs->pending, data + used, size - used);
		cs->pending_size = size - used;
	}
	if (cs->at_start)
		drop_bom(cs, dest, start);
}

void mime_charset_finish(struct mime_charset *cs, buffer_t *dest)
{
	unsigned char rest[sizeof(cs->pending)];
	size_t size = cs->pending_size;

	if (cs->kind == MIME_CHARSET_ICONV)
		iconv_flush(cs, dest);
	if (size == 0)
		return;
	cs->pending_size = 0;
	memcpy(rest, cs->pending, size);
	if (cs->kind == MIME_CHARSET_GUESS && !cs->seen_multibyte)
		windows_1252_more(cs, rest, size, dest);
	else
		append_replacement(cs, dest);
}

void mime_charset_convert(struct mime_converter *conv, const char *charset,
			  const unsigned char *data, size_t size,
			  buffer_t *dest)
{
	struct mime_charset cs;

	mime_charset_init(&cs, conv, charset);
	mime_charset_more(&cs, data, size, dest);
	mime_charset_finish(&cs, dest);
	mime_charset_deinit(&cs);
}

void mime_xml_clean(string_t *dest, const unsigned char *data, size_t size)
{
	struct mime_charset cs = { .kind = MIME_CHARSET_UTF8 };

	mime_charset_more(&cs, data, size, dest);
	mime_charset_finish(&cs, dest);
}

size_t mime_utf8_cut(const unsigned char *data, size_t size)
{
	size_t i = size;

	/* back to the last character's first byte */
	while (i > 0 && size - i < 4) {
		i--;
		if ((data[i] & 0xc0) != 0x80)
			break;
	}
	if (size == 0 || (data[i] & 0x80) == 0)
		return size;
	return i + (data[i] >= 0xf0 ? 4 : data[i] >= 0xe0 ? 3 :
		    data[i] >= 0xc0 ? 2 : 1) > size ? i : size;
}
