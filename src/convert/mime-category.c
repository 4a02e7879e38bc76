/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Categories <-> IMAP keywords, one to one: letters, digits, '-' and '.' stand
   for themselves, all else is "_XX" (hex of the UTF-8 byte).  Keywords that other
   programs use as marks are not categories. Pure. */

#include "lib.h"
#include "str.h"
#include "dovetail-mime.h"

#include <ctype.h>

#define CATEGORY_MAX 255

/* Registered (IANA) and common keywords that have a meaning of their own; those
   that begin with '$' are never categories. */
static const char *const keywords_reserved[] = {
	"Forwarded", "Junk", "NonJunk", "NotJunk", "Old", "MDNSent",
	"Unseen", "Receipt-Handled",
};

static bool category_char_is_plain(unsigned char c)
{
	return i_isalnum(c) || c == '-' || c == '.';
}

static bool keyword_is_reserved(const char *keyword)
{
	for (unsigned int i = 0; i < N_ELEMENTS(keywords_reserved); i++) {
		if (strcasecmp(keywords_reserved[i], keyword) == 0)
			return TRUE;
	}
	return FALSE;
}

const char *mime_category_to_keyword(const char *category)
{
	string_t *str = t_str_new(64);
	size_t len = strlen(category);

	if (len > CATEGORY_MAX) {
		/* between two characters */
		len = CATEGORY_MAX;
		while (len > CATEGORY_MAX - 3 &&
		       (category[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = category[i];

		if (category_char_is_plain(c))
			str_append_c(str, c);
		else
			str_printfa(str, "_%02x", c);
	}
	/* A category that is called like a reserved keyword */
	if (keyword_is_reserved(str_c(str))) {
		str_truncate(str, 0);
		str_printfa(str, "_%02x%s", (unsigned char)category[0],
			    category + 1);
	}
	return str_c(str);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *mime_keyword_to_category(const char *keyword)
{
	string_t *str = t_str_new(64);

	if (*keyword == '$' || *keyword == '\\' || *keyword == '\0' ||
	    keyword_is_reserved(keyword))
		return NULL;
	for (; *keyword != '\0'; keyword++) {
		int hi = *keyword == '_' ? hex_value(keyword[1]) : -1;
		int lo = hi < 0 ? -1 : hex_value(keyword[2]);

		if (lo >= 0 && (hi != 0 || lo != 0)) {
			str_append_c(str, hi << 4 | lo);
			keyword += 2;
		} else {
			str_append_c(str, *keyword);
		}
	}
	return str_c(str);
}
