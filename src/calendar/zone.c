/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The clock of a zone: offsets, walls, years. */

#include "lib.h"
#include "zone-private.h"

#define DAY 86400

/* --- calendar ----------------------------------------------------------------- */

static int64_t div_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

int64_t zone_days(int year, unsigned int month, unsigned int day)
{
	/* years that begin in March: the leap day is the last */
	int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
	int64_t era = div_floor(y, 400);
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 +
		(int64_t)day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void zone_days_to_date(int64_t days, int *year_r, unsigned int *month_r,
		       unsigned int *day_r)
{
	int64_t z = days + 719468;
	int64_t era = div_floor(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day_r = doy - (153 * mp + 2) / 5 + 1;
	*month_r = mp < 10 ? mp + 3 : mp - 9;
	*year_r = yoe + era * 400 + (*month_r <= 2 ? 1 : 0);
}

unsigned int zone_weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday */
	return (days % 7 + 11) % 7;
}

unsigned int zone_month_days(int year, unsigned int month)
{
	static const unsigned char days[] =
		{ 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	i_assert(month >= 1 && month <= 12);
	if (month == 2 && year % 4 == 0 &&
	    (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

int64_t zone_wall_secs(const struct zone_wall *wall)
{
	return zone_days(wall->year, wall->month, wall->day) * DAY +
		wall->hour * 3600 + wall->minute * 60 + wall->second;
}

void zone_secs_wall(int64_t secs, struct zone_wall *wall_r)
{
	int64_t days = div_floor(secs, DAY);
	unsigned int rest = secs - days * DAY;

	zone_days_to_date(days, &wall_r->year, &wall_r->month, &wall_r->day);
	wall_r->hour = rest / 3600;
	wall_r->minute = rest / 60 % 60;
	wall_r->second = rest % 60;
}

int64_t zone_date_secs(const struct zone_date *date, int year)
{
	int64_t days = 0;
	unsigned int first, last;

	switch (date->kind) {
	case ZONE_DATE_NTH:
		days = zone_days(year, date->month, 1);
		first = (date->weekday + 7 - zone_weekday(days)) % 7;
		last = zone_month_days(year, date->month) - 1;
		first += (date->week - 1) * 7;
		while (first > last)
			first -= 7;
		days += first;
		break;
	case ZONE_DATE_DAY:
		days = zone_days(year, date->month, date->day);
		break;
	case ZONE_DATE_YEARDAY:
		days = zone_days(year, 1, 1) + date->day;
		break;
	}
	return days * DAY + date->secs;
}

/* --- offsets ------------------------------------------------------------------- */

/* The rule's two changes of a year as instants */
static void rule_changes(const struct zone_rule *rule, int year,
			 int64_t *to_dst_r, int64_t *to_std_r)
{
	*to_dst_r = zone_date_secs(&rule->to_dst, year) - rule->std.offset;
	*to_std_r = zone_date_secs(&rule->to_std, year) - rule->dst.offset;
}

static void span_by_rule(const struct zone_rule *rule, int64_t utc,
			 struct zone_span *span_r)
{
	struct zone_wall wall;
	int64_t to_dst, to_std;
	int year;

	if (!rule->has_dst) {
		span_r->type = &rule->std;
		return;
	}
	zone_secs_wall(utc + rule->std.offset, &wall);
	for (year = wall.year - 1; year <= wall.year + 1; year++) {
		rule_changes(rule, year, &to_dst, &to_std);
		if (to_dst <= utc && to_dst >= span_r->start) {
			span_r->start = to_dst;
			span_r->type = &rule->dst;
		}
		if (to_std <= utc && to_std >= span_r->start) {
			span_r->start = to_std;
			span_r->type = &rule->std;
		}
		if (to_dst > utc && to_dst < span_r->end)
			span_r->end = to_dst;
		if (to_std > utc && to_std < span_r->end)
			span_r->end = to_std;
	}
}

/* Index of the last shift at or before utc; -1: before all */
static int find_shift(const struct zone *zone, int64_t utc)
{
	unsigned int left = 0, right = zone->shifts_count, mid;

	while (left < right) {
		mid = (left + right) / 2;
		if (zone->shifts[mid].at <= utc)
			left = mid + 1;
		else
			right = mid;
	}
	return (int)left - 1;
}

void zone_span(const struct zone *zone, int64_t utc, struct zone_span *span_r)
{
	int idx = find_shift(zone, utc);

	span_r->start = idx < 0 ? INT64_MIN : zone->shifts[idx].at;
	if (idx + 1 < (int)zone->shifts_count) {
		span_r->type = &zone->types[idx < 0 ? zone->first_type :
					    zone->shifts[idx].type];
		span_r->end = zone->shifts[idx + 1].at;
		return;
	}
	span_r->end = INT64_MAX;
	if (zone->types_count > 0) {
		span_r->type = &zone->types[idx < 0 ? zone->first_type :
					    zone->shifts[idx].type];
	}
	/* nothing of the rule is before the last shift */
	if (zone->rule.set)
		span_by_rule(&zone->rule, utc, span_r);
}

int zone_offset(const struct zone *zone, time_t utc, bool *dst_r)
{
	struct zone_span span;

	zone_span(zone, utc, &span);
	if (dst_r != NULL)
		*dst_r = span.type->dst;
	return span.type->offset;
}

void zone_wall(const struct zone *zone, time_t utc, struct zone_wall *wall_r)
{
	zone_secs_wall((int64_t)utc + zone_offset(zone, utc, NULL), wall_r);
}

time_t zone_utc_of(const struct zone *zone, const struct zone_wall *wall)
{
	int64_t local = zone_wall_secs(wall);
	int before, after;

	if (zone->shifts_count == 0 && !zone->rule.has_dst)
		return local - zone_offset(zone, local, NULL);
	/* no zone is further from UTC than a day */
	before = zone_offset(zone, local - DAY, NULL);
	if (zone_offset(zone, local - before, NULL) == before)
		return local - before;
	after = zone_offset(zone, local + DAY, NULL);
	if (zone_offset(zone, local - after, NULL) == after)
		return local - after;
	/* a gap, or two changes within two days */
	after = zone_offset(zone, local - before, NULL);
	if (zone_offset(zone, local - after, NULL) == after)
		return local - after;
	return local - before;
}

/* --- years --------------------------------------------------------------------- */

void zone_year(const struct zone *zone, int year, struct zone_year *year_r)
{
	struct zone_wall wall = { .year = year, .month = 1, .day = 1 };
	struct zone_span span;
	int offset;

	i_zero(year_r);
	year_r->start = zone_utc_of(zone, &wall);
	wall.year++;
	year_r->end = zone_utc_of(zone, &wall);
	zone_span(zone, year_r->start, &span);
	offset = year_r->base = span.type->offset;
	while (span.end < year_r->end &&
	       year_r->count < ZONE_YEAR_SHIFTS_MAX) {
		zone_span(zone, span.end, &span);
		if (span.type->offset == offset)
			continue;
		offset = span.type->offset;
		year_r->shifts[year_r->count].at = span.start;
		year_r->shifts[year_r->count].offset = offset;
		year_r->count++;
	}
}

bool zone_year_equal(const struct zone_year *a, const struct zone_year *b)
{
	unsigned int i;

	if (a->base != b->base || a->count != b->count)
		return FALSE;
	for (i = 0; i < a->count; i++) {
		if (a->shifts[i].at != b->shifts[i].at ||
		    a->shifts[i].offset != b->shifts[i].offset)
			return FALSE;
	}
	return TRUE;
}

bool zone_similar(const struct zone *a, const struct zone *b)
{
	struct zone_year year_a, year_b;
	int year;

	for (year = 2037; year >= 1970; year--) {
		zone_year(a, year, &year_a);
		zone_year(b, year, &year_b);
		if (zone_year_equal(&year_a, &year_b))
			return TRUE;
	}
	return FALSE;
}

bool zone_equal(const struct zone *a, const struct zone *b)
{
	struct zone_year year_a, year_b;
	int year;

	if (a == b)
		return TRUE;
	if (a == NULL || b == NULL)
		return FALSE;
	if (a->olson != NULL || b->olson != NULL)
		return null_strcmp(a->olson, b->olson) == 0;
	if (strcmp(a->tzid, b->tzid) != 0)
		return FALSE;
	for (year = 1970; year <= 2037; year++) {
		zone_year(a, year, &year_a);
		zone_year(b, year, &year_b);
		if (!zone_year_equal(&year_a, &year_b))
			return FALSE;
	}
	return TRUE;
}

const char *zone_olson(const struct zone *zone)
{
	return zone->olson;
}

const char *zone_tzid(const struct zone *zone)
{
	return zone->tzid;
}
