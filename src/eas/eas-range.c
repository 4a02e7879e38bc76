/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "eas-range.h"

bool eas_range_parse(const char *text, unsigned int digits, uoff_t *first_r,
		     uoff_t *last_r)
{
	const char *p = text, *dash = strchr(text, '-');

	return dash != NULL && dash - text <= (ptrdiff_t)digits &&
		strlen(dash + 1) <= digits &&
		str_parse_uoff(p, first_r, &p) == 0 && p == dash &&
		str_to_uoff(dash + 1, last_r) == 0;
}
