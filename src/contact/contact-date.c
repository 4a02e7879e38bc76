/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dates of vCards: 1990-05-12, 19900512, with a time behind (2.1, 3.0; ISO 8601),
   --0512, --05-12, 1990-05, 1990 (RFC 6350 4.3.1). */

#include "contact-private.h"

/* Apple's year of a date without one; the nearest leap year, as others have it */
#define DATE_NO_YEAR 1604

static bool digits(const char **p, unsigned int count, unsigned int *value_r)
{
	unsigned int i, value = 0;

	for (i = 0; i < count; i++) {
		if (!i_isdigit((*p)[i]))
			return FALSE;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += count;
	*value_r = value;
	return TRUE;
}

static bool date_is_valid(const struct contact_date *date)
{
	static const unsigned char days[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = date->year % 4 == 0 &&
		(date->year % 100 != 0 || date->year % 400 == 0);

	return date->month >= 1 && date->month <= 12 && date->day >= 1 &&
		date->day <= days[date->month - 1] &&
		(date->month != 2 || date->day < 29 || leap);
}

bool contact_date_parse(const char *text, struct contact_date *date_r)
{
	unsigned int year = 0;
	const char *p = text;

	i_zero(date_r);
	date_r->secs = -1;
	if (p[0] == '-' && p[1] == '-')
		p += 2;
	else if (!digits(&p, 4, &year))
		return FALSE;
	if (*p == '-')
		p++;
	if (!digits(&p, 2, &date_r->month))
		return FALSE;
	if (*p == '-')
		p++;
	if (!digits(&p, 2, &date_r->day) || i_isdigit(*p))
		return FALSE;
	date_r->year = year == DATE_NO_YEAR ? 0 : year;
	return date_is_valid(date_r);
}

const char *contact_date_str(const struct contact_date *date)
{
	if (date->year == 0)
		return t_strdup_printf("--%02u-%02u", date->month, date->day);
	return t_strdup_printf("%04d-%02u-%02u", date->year, date->month,
			       date->day);
}
