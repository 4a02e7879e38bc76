/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out of office: any script is read (as ours or not); what was read is written,
   and reads the same again; ranges of results. */

#include "lib.h"
#include "str.h"
#include "eas-oof-script.h"
#include "eas-range.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

static void check_same(const struct eas_oof *a, const struct eas_oof *b)
{
	i_assert(a->state == b->state && a->start == b->start &&
		 a->end == b->end && null_strcmp(a->include, b->include) == 0);
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		i_assert(a->messages[i].enabled == b->messages[i].enabled &&
			 a->messages[i].html == b->messages[i].html &&
			 null_strcmp(a->messages[i].text,
				     b->messages[i].text) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const addresses[] = { "a@example.org", NULL };
	pool_t pool = pool_alloconly_create("fuzz", 1024);
	const char *text = p_strndup(pool, data, size);
	struct eas_oof oof, again;
	uoff_t first, last;
	string_t *script;

	if (eas_range_parse(text, 3, &first, &last))
		i_assert(first <= 999 && last <= 999);
	if (eas_oof_script_parse(text, pool, &oof)) {
		script = str_new(pool, 1024);
		T_BEGIN {
			eas_oof_script_write(script, &oof, addresses);
		} T_END;
		i_assert(eas_oof_script_parse(str_c(script), pool, &again));
		check_same(&oof, &again);
	}
	pool_unref(&pool);
	return 0;
}
