/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What scripts of ours have in common: which one they include. */

#include "lib.h"
#include "base64.h"
#include "compat.h"
#include "str.h"
#include "dovetail-sieve.h"

#define INCLUDE_LINE "#include "

void sieve_script_say_include(string_t *dest, const char *name)
{
	str_append(dest, INCLUDE_LINE);
	base64_encode(name, strlen(name), dest);
	str_append(dest, "\r\n");
}

const char *sieve_script_include(pool_t pool, const char *script)
{
	const char *end, *found = NULL;
	buffer_t *name;

	/* comments at the head only */
	while (*script == '#' && found == NULL) {
		end = strchr(script, '\n');
		if (end == NULL)
			break;
		if (strncmp(script, INCLUDE_LINE, strlen(INCLUDE_LINE)) == 0)
			found = script + strlen(INCLUDE_LINE);
		script = end + 1;
	}
	if (found == NULL)
		return NULL;
	name = buffer_create_dynamic(pool, 64);
	end = found + strcspn(found, "\r\n");
	if (compat_base64_decode(found, end - found, name) < 0 ||
	    name->used == 0)
		return NULL;
	return p_strndup(pool, name->data, name->used);
}
