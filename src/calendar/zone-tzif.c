/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads TZif (RFC 8536): the second block with its 64-bit times where there is
   one, and the POSIX TZ behind it. */

#include "lib.h"
#include "zone-private.h"

#include <ctype.h>

#define TZIF_HEADER_SIZE 44
/* RFC 8536 3.1: at most 256 types; more shifts than this no file has */
#define TZIF_MAX_SHIFTS 5000
#define TZIF_MAX_OFFSET (26 * 3600)

struct tzif {
	const unsigned char *data, *end;
	unsigned int version;
	unsigned int isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
	unsigned int time_size;
};

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3];
}

static int64_t get_time(const struct tzif *tzif, const unsigned char *p)
{
	if (tzif->time_size == 4)
		return (int32_t)get32(p);
	return (int64_t)((uint64_t)get32(p) << 32 | get32(p + 4));
}

static bool tzif_header(struct tzif *tzif)
{
	const unsigned char *p = tzif->data;

	if (tzif->end - p < TZIF_HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
		return FALSE;
	tzif->version = p[4] == 0 ? 1 : p[4] - '0';
	tzif->isutcnt = get32(p + 20);
	tzif->isstdcnt = get32(p + 24);
	tzif->leapcnt = get32(p + 28);
	tzif->timecnt = get32(p + 32);
	tzif->typecnt = get32(p + 36);
	tzif->charcnt = get32(p + 40);
	tzif->data += TZIF_HEADER_SIZE;
	return tzif->isutcnt <= 256 && tzif->isstdcnt <= 256 &&
		tzif->leapcnt <= 1000 && tzif->timecnt <= TZIF_MAX_SHIFTS &&
		tzif->typecnt >= 1 && tzif->typecnt <= 256 &&
		tzif->charcnt >= 1 && tzif->charcnt <= 4096;
}

static size_t tzif_block_size(const struct tzif *tzif)
{
	return tzif->timecnt * (tzif->time_size + 1) + tzif->typecnt * 6 +
		tzif->charcnt + tzif->leapcnt * (tzif->time_size + 4) +
		tzif->isstdcnt + tzif->isutcnt;
}

static void
tzif_abbr(const unsigned char *chars, unsigned int count, unsigned int idx,
	  char abbr_r[sizeof(((struct zone_type *)0)->abbr)])
{
	size_t i;

	for (i = 0; i < sizeof(((struct zone_type *)0)->abbr) - 1 &&
	     idx + i < count && chars[idx + i] != '\0'; i++)
		abbr_r[i] = chars[idx + i];
	abbr_r[i] = '\0';
}

static bool tzif_block(const struct tzif *tzif, pool_t pool,
		       struct zone *zone_r)
{
	const unsigned char *times = tzif->data;
	const unsigned char *idx = times + tzif->timecnt * tzif->time_size;
	const unsigned char *types = idx + tzif->timecnt;
	const unsigned char *chars = types + tzif->typecnt * 6;
	struct zone_type *type = p_new(pool, struct zone_type, tzif->typecnt);
	struct zone_shift *shift =
		p_new(pool, struct zone_shift, I_MAX(tzif->timecnt, 1));
	unsigned int i, n = 0;

	for (i = 0; i < tzif->typecnt; i++, types += 6) {
		type[i].offset = (int32_t)get32(types);
		if (type[i].offset < -TZIF_MAX_OFFSET ||
		    type[i].offset > TZIF_MAX_OFFSET)
			return FALSE;
		type[i].dst = types[4] != 0;
		tzif_abbr(chars, tzif->charcnt, types[5], type[i].abbr);
	}
	for (i = 0; i < tzif->timecnt; i++, times += tzif->time_size) {
		shift[n].at = get_time(tzif, times);
		shift[n].type = idx[i];
		if (idx[i] >= tzif->typecnt ||
		    (n > 0 && shift[n].at <= shift[n - 1].at))
			return FALSE;
		/* some files have one that changes nothing */
		if (n == 0 || shift[n].type != shift[n - 1].type)
			n++;
	}
	zone_r->types = type;
	zone_r->types_count = tzif->typecnt;
	zone_r->first_type = 0;
	zone_r->shifts = shift;
	zone_r->shifts_count = n;
	return TRUE;
}

bool zone_tzif_parse(pool_t pool, const unsigned char *data, size_t size,
		     struct zone *zone_r)
{
	struct tzif tzif = { .data = data, .end = data + size, .time_size = 4 };
	const unsigned char *p, *eol;

	if (!tzif_header(&tzif))
		return FALSE;
	if (tzif.version >= 2) {
		if (tzif_block_size(&tzif) > (size_t)(tzif.end - tzif.data))
			return FALSE;
		tzif.data += tzif_block_size(&tzif);
		if (!tzif_header(&tzif))
			return FALSE;
		tzif.time_size = 8;
	}
	if (tzif_block_size(&tzif) > (size_t)(tzif.end - tzif.data) ||
	    !tzif_block(&tzif, pool, zone_r))
		return FALSE;
	p = tzif.data + tzif_block_size(&tzif);
	if (tzif.time_size == 4 || p == tzif.end || *p++ != '\n')
		return TRUE;
	eol = memchr(p, '\n', tzif.end - p);
	if (eol == NULL || eol == p)
		return TRUE;
	return zone_posix_parse(t_strdup_until(p, eol), &zone_r->rule);
}

/* --- POSIX TZ ---------------------------------------------------------------------- */

static bool posix_number(const char **p, unsigned int max, unsigned int *num_r)
{
	unsigned int num = 0, digits;

	for (digits = 0; **p >= '0' && **p <= '9' && digits < 4; digits++)
		num = num * 10 + *(*p)++ - '0';
	*num_r = num;
	return digits > 0 && num <= max;
}

static bool posix_name(const char **p, char name_r[12])
{
	const char *start = *p, *end;

	if (*start == '<') {
		start++;
		end = strchr(start, '>');
		if (end == NULL)
			return FALSE;
		*p = end + 1;
	} else {
		for (end = start; i_isalpha(*end); end++) ;
		*p = end;
	}
	if (end - start < 3 || end - start > 11)
		return FALSE;
	memcpy(name_r, start, end - start);
	name_r[end - start] = '\0';
	return TRUE;
}

/* [+-]hh[:mm[:ss]] with hours up to 167 (RFC 8536 3.3.1) */
static bool posix_time(const char **p, int *secs_r)
{
	unsigned int hour, min = 0, sec = 0;
	int sign = 1;

	if (**p == '-' || **p == '+')
		sign = *(*p)++ == '-' ? -1 : 1;
	if (!posix_number(p, 167, &hour))
		return FALSE;
	if (**p == ':') {
		(*p)++;
		if (!posix_number(p, 59, &min))
			return FALSE;
	}
	if (**p == ':') {
		(*p)++;
		if (!posix_number(p, 59, &sec))
			return FALSE;
	}
	*secs_r = sign * (int)(hour * 3600 + min * 60 + sec);
	return TRUE;
}

static bool posix_nth(const char **p, struct zone_date *date_r)
{
	date_r->kind = ZONE_DATE_NTH;
	return posix_number(p, 12, &date_r->month) && date_r->month > 0 &&
		*(*p)++ == '.' &&
		posix_number(p, 5, &date_r->week) && date_r->week > 0 &&
		*(*p)++ == '.' && posix_number(p, 6, &date_r->weekday);
}

static bool posix_julian(const char **p, struct zone_date *date_r)
{
	unsigned int day;
	int year;

	/* never 29 February: the date in any year without one */
	if (!posix_number(p, 365, &day) || day == 0)
		return FALSE;
	date_r->kind = ZONE_DATE_DAY;
	zone_days_to_date(zone_days(1970, 1, 1) + day - 1, &year,
			  &date_r->month, &date_r->day);
	return TRUE;
}

static bool posix_date(const char **p, struct zone_date *date_r)
{
	i_zero(date_r);
	date_r->secs = 2 * 3600;
	if (**p == 'M') {
		(*p)++;
		if (!posix_nth(p, date_r))
			return FALSE;
	} else if (**p == 'J') {
		(*p)++;
		if (!posix_julian(p, date_r))
			return FALSE;
	} else {
		date_r->kind = ZONE_DATE_YEARDAY;
		if (!posix_number(p, 365, &date_r->day))
			return FALSE;
	}
	if (**p != '/')
		return TRUE;
	(*p)++;
	return posix_time(p, &date_r->secs);
}

bool zone_posix_parse(const char *tz, struct zone_rule *rule_r)
{
	const char *p = tz;
	int west;

	i_zero(rule_r);
	if (!posix_name(&p, rule_r->std.abbr) || !posix_time(&p, &west))
		return FALSE;
	rule_r->std.offset = -west;
	rule_r->set = TRUE;
	if (*p == '\0')
		return TRUE;
	rule_r->has_dst = TRUE;
	rule_r->dst.dst = TRUE;
	rule_r->dst.offset = rule_r->std.offset + 3600;
	if (!posix_name(&p, rule_r->dst.abbr))
		return FALSE;
	if (*p != ',' && *p != '\0') {
		if (!posix_time(&p, &west))
			return FALSE;
		rule_r->dst.offset = -west;
	}
	return *p++ == ',' && posix_date(&p, &rule_r->to_dst) &&
		*p++ == ',' && posix_date(&p, &rule_r->to_std) && *p == '\0';
}
