/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Categories to keywords and back: no two become one, and a keyword is always
   an IMAP atom (RFC 3501, 9). */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-mime.h"
#include "fuzz.h"

#define CATEGORY_MAX 255

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static bool is_atom(const char *keyword)
{
	for (; *keyword != '\0'; keyword++) {
		if ((unsigned char)*keyword <= ' ' ||
		    (unsigned char)*keyword >= 0x7f ||
		    strchr("(){%*\"\\]", *keyword) != NULL)
			return FALSE;
	}
	return TRUE;
}

static void check(const char *text)
{
	const char *keyword, *back;

	(void)mime_keyword_to_category(text);
	if (*text == '\0')
		return;
	keyword = mime_category_to_keyword(text);
	i_assert(*keyword != '\0' && *keyword != '$');
	i_assert(is_atom(keyword));
	back = mime_keyword_to_category(keyword);
	i_assert(back != NULL);
	if (strlen(text) <= CATEGORY_MAX)
		i_assert(strcmp(back, text) == 0);
	else if (uni_utf8_str_is_valid(text))
		i_assert(uni_utf8_str_is_valid(back));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	T_BEGIN {
		check(t_strndup(data, size));
	} T_END;
	return 0;
}
