/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "strfuncs.h"
#include "oxcdata-private.h"

/* Sorted by value (the list is) */
static const struct {
	uint32_t value;
	const char *name;
} errors[] = {
#define X(name, value) { value, #name },
	MAPI_ERROR_LIST(X)
#undef X
};

const char *mapi_error_name(uint32_t error)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(errors); i++) {
		if (errors[i].value == error)
			return errors[i].name;
	}
	return t_strdup_printf("0x%08x", error);
}
