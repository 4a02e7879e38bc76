/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts as searches compare them. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-directory.h"
#include "array.h"
#include "hash.h"
#include "directory-private.h"

/* Letters that Unicode does not decompose but people type without the stroke;
   title case, as they are after the first step. */
static const struct {
	unichar_t chr;
	const char *text;
} fold_letters[] = {
	{ 0x00C6, "AE" }, { 0x00D0, "D" }, { 0x00D8, "O" }, { 0x00DE, "TH" },
	{ 0x00DF, "SS" }, { 0x0110, "D" }, { 0x0126, "H" }, { 0x0131, "I" },
	{ 0x0141, "L" }, { 0x0152, "OE" }, { 0x1E9E, "SS" },
};

static bool is_combining_mark(unichar_t chr)
{
	return chr >= 0x0300 && chr <= 0x036f;
}

static void fold_char(string_t *dest, unichar_t chr)
{
	unsigned int i;

	if (is_combining_mark(chr))
		return;
	for (i = 0; i < N_ELEMENTS(fold_letters); i++) {
		if (fold_letters[i].chr == chr) {
			str_append(dest, fold_letters[i].text);
			return;
		}
	}
	uni_ucs4_to_utf8_c(chr, dest);
}

const char *directory_fold(const char *text)
{
	buffer_t *title = t_buffer_create(128);
	string_t *dest = t_str_new(128);
	const char *p;
	unichar_t chr;
	int len;

	/* Invalid UTF-8 becomes U+FFFD here. */
	(void)uni_utf8_to_decomposed_titlecase(text, strlen(text), title);
	buffer_append_c(title, '\0');
	for (p = title->data; *p != '\0'; p += len) {
		len = uni_utf8_get_char(p, &chr);
		i_assert(len > 0);
		fold_char(dest, chr);
	}
	return str_c(dest);
}

const char *directory_name_from_address(const char *address)
{
	const char *end = strchr(address, '@');
	string_t *dest = t_str_new(64);
	bool start = TRUE;
	unichar_t chr;
	int len;

	if (end == NULL || end == address)
		end = address + strlen(address);
	for (; address < end; address += len) {
		len = uni_utf8_get_char_n(address, end - address, &chr);
		if (len <= 0) {
			len = 1;
			chr = UNICODE_REPLACEMENT_CHAR;
		}
		if (chr == '.' || chr == '_' || chr == '-' || chr == '+') {
			start = TRUE;
			continue;
		}
		if (start && str_len(dest) > 0)
			str_append_c(dest, ' ');
		uni_ucs4_to_utf8_c(start ? uni_ucs4_to_titlecase(chr) : chr,
				   dest);
		start = FALSE;
	}
	return str_c(dest);
}
