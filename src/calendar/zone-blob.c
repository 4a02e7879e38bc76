/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* TIME_ZONE_INFORMATION (MS-ASDTYPE 2.7.6): one year of a zone as two changes,
   each "the nth such weekday of a month", and the names of both halves. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "zone-private.h"

#define NAME_CHARS 32
#define DAY 86400
/* A rule is fitted to so many years before and behind */
#define FIT_YEARS_BEFORE 1
#define FIT_YEARS_AFTER 4
/* Whole days are as far as a bias goes */
#define BIAS_MAX (24 * 60)

/* SYSTEMTIME (MS-DTYP 2.3.13) */
struct systemtime {
	unsigned int year, month, weekday, day, hour, minute, second, ms;
};

struct blob {
	int bias, std_bias, dst_bias;
	struct systemtime to_std, to_dst;
	const char *std_name, *dst_name;
};

/* --- bytes ----------------------------------------------------------------------- */

static unsigned int get16(const unsigned char *p)
{
	return p[0] | p[1] << 8;
}

static int32_t get32(const unsigned char *p)
{
	return (int32_t)(get16(p) | (uint32_t)get16(p + 2) << 16);
}

static void put16(unsigned char *p, unsigned int num)
{
	p[0] = num & 0xff;
	p[1] = num >> 8 & 0xff;
}

static void put32(unsigned char *p, int32_t num)
{
	put16(p, (uint32_t)num & 0xffff);
	put16(p + 2, (uint32_t)num >> 16);
}

static void get_systemtime(const unsigned char *p, struct systemtime *st_r)
{
	st_r->year = get16(p);
	st_r->month = get16(p + 2);
	st_r->weekday = get16(p + 4);
	st_r->day = get16(p + 6);
	st_r->hour = get16(p + 8);
	st_r->minute = get16(p + 10);
	st_r->second = get16(p + 12);
	st_r->ms = get16(p + 14);
}

static void put_systemtime(unsigned char *p, const struct systemtime *st)
{
	put16(p, st->year);
	put16(p + 2, st->month);
	put16(p + 4, st->weekday);
	put16(p + 6, st->day);
	put16(p + 8, st->hour);
	put16(p + 10, st->minute);
	put16(p + 12, st->second);
	put16(p + 14, st->ms);
}

/* UTF-16LE up to NUL; what is no character is left out */
static const char *get_name(const unsigned char *p)
{
	string_t *str = t_str_new(NAME_CHARS * 3);
	unsigned int i, chr, low;

	for (i = 0; i < NAME_CHARS; i++) {
		chr = get16(p + i * 2);
		if (chr == 0)
			break;
		if (chr >= 0xd800 && chr < 0xdc00 && i + 1 < NAME_CHARS) {
			low = get16(p + ++i * 2);
			if (low < 0xdc00 || low > 0xdfff)
				continue;
			chr = 0x10000 + ((chr - 0xd800) << 10) + low - 0xdc00;
		}
		if (uni_is_valid_ucs4(chr))
			uni_ucs4_to_utf8_c(chr, str);
	}
	return str_c(str);
}

/* All names we write are ASCII; the last char stays NUL. */
static void put_name(unsigned char *p, const char *name)
{
	unsigned int i;

	for (i = 0; i < NAME_CHARS - 1 && name[i] != '\0'; i++)
		put16(p + i * 2, (unsigned char)name[i]);
}

static void blob_put(const struct blob *blob, unsigned char *dest)
{
	memset(dest, 0, ZONE_BLOB_SIZE);
	put32(dest, blob->bias);
	put_name(dest + 4, blob->std_name);
	put_systemtime(dest + 68, &blob->to_std);
	put32(dest + 84, blob->std_bias);
	put_name(dest + 88, blob->dst_name);
	put_systemtime(dest + 152, &blob->to_dst);
	put32(dest + 168, blob->dst_bias);
}

static bool systemtime_valid(const struct systemtime *st)
{
	if (st->month == 0)
		return TRUE;
	if (st->month > 12 || st->hour > 23 || st->minute > 59 ||
	    st->second > 59 || st->ms > 999)
		return FALSE;
	if (st->year != 0) {
		return st->day >= 1 && st->year <= 9999 &&
			st->day <= zone_month_days(st->year, st->month);
	}
	return st->weekday <= 6 && st->day >= 1 && st->day <= 5;
}

static bool blob_get(const unsigned char *data, size_t size,
		     struct blob *blob_r)
{
	if (size != ZONE_BLOB_SIZE)
		return FALSE;
	blob_r->bias = get32(data);
	blob_r->std_name = get_name(data + 4);
	get_systemtime(data + 68, &blob_r->to_std);
	blob_r->std_bias = get32(data + 84);
	blob_r->dst_name = get_name(data + 88);
	get_systemtime(data + 152, &blob_r->to_dst);
	blob_r->dst_bias = get32(data + 168);
	return blob_r->bias >= -BIAS_MAX && blob_r->bias <= BIAS_MAX &&
		blob_r->std_bias >= -BIAS_MAX && blob_r->std_bias <= BIAS_MAX &&
		blob_r->dst_bias >= -BIAS_MAX && blob_r->dst_bias <= BIAS_MAX &&
		systemtime_valid(&blob_r->to_std) &&
		systemtime_valid(&blob_r->to_dst);
}

/* --- a SYSTEMTIME as a date of each year ------------------------------------------------ */

static void systemtime_to_date(const struct systemtime *st,
			       struct zone_date *date_r)
{
	i_zero(date_r);
	date_r->month = st->month;
	if (st->year != 0) {
		date_r->kind = ZONE_DATE_DAY;
		date_r->day = st->day;
	} else {
		date_r->kind = ZONE_DATE_NTH;
		date_r->week = st->day;
		date_r->weekday = st->weekday;
	}
	/* Windows says 23:59:59.999 for midnight */
	date_r->secs = st->hour * 3600 + st->minute * 60 + st->second +
		(st->ms >= 500 ? 1 : 0);
}

static void systemtime_nth(int64_t local, unsigned int week,
			   struct systemtime *st_r)
{
	struct zone_wall wall;

	zone_secs_wall(local, &wall);
	i_zero(st_r);
	st_r->month = wall.month;
	st_r->weekday = zone_weekday(zone_days(wall.year, wall.month, wall.day));
	st_r->day = week != 0 ? week : (wall.day - 1) / 7 + 1;
	st_r->hour = wall.hour;
	st_r->minute = wall.minute;
	st_r->second = wall.second;
}

static bool is_last_of_month(int64_t local)
{
	struct zone_wall wall;

	zone_secs_wall(local, &wall);
	return wall.day + 7 > zone_month_days(wall.year, wall.month);
}

/* In how many years around does the zone change by this rule? */
static unsigned int fit_count(const struct zone *zone, int year, int before,
			      const struct systemtime *st)
{
	struct zone_date date;
	int64_t at;
	unsigned int count = 0;
	int y;

	systemtime_to_date(st, &date);
	for (y = year - FIT_YEARS_BEFORE; y <= year + FIT_YEARS_AFTER; y++) {
		at = zone_date_secs(&date, y) - before;
		if (zone_offset(zone, at - 1, NULL) == before &&
		    zone_offset(zone, at, NULL) != before)
			count++;
	}
	return count;
}

/* The change at this instant as a rule: that which holds in most years around.
   before: the offset until then. */
static void fit_change(const struct zone *zone, int year, int64_t at,
		       int before, struct systemtime *st_r)
{
	int64_t local = at + before;
	struct systemtime tries[4];
	unsigned int i, n = 0, count, best = 0;

	/* the week's number; the last one; and for midnight, the day before */
	systemtime_nth(local, 0, &tries[n++]);
	if (is_last_of_month(local))
		systemtime_nth(local, 5, &tries[n++]);
	if (local % DAY == 0) {
		systemtime_nth(local - 1, 0, &tries[n++]);
		tries[n - 1].ms = 999;
		if (is_last_of_month(local - 1)) {
			systemtime_nth(local - 1, 5, &tries[n++]);
			tries[n - 1].ms = 999;
		}
	}
	*st_r = tries[0];
	for (i = 0; i < n; i++) {
		count = fit_count(zone, year, before, &tries[i]);
		/* "last" rather than "4th", if nothing tells */
		if (count > best || (count == best && i == 1)) {
			*st_r = tries[i];
			best = count;
		}
	}
}

/* --- zone to blob -------------------------------------------------------------------- */

/* A half of a year: offset, and when it begins (0 in at: with the year) */
struct half {
	int offset;
	int64_t at;
	int before;
};

static int year_offset(const struct zone_year *year, unsigned int shifts)
{
	return shifts == 0 ? year->base : year->shifts[shifts - 1].offset;
}

/* Two halves of the year: the part in which `when` is, and its neighbour. Where
   one has no beginning within the year it begins with it. */
static void year_halves(const struct zone_year *year, time_t when,
			struct half halves_r[2])
{
	struct half *here = &halves_r[0], *other = &halves_r[1];
	unsigned int i = 0;

	while (i < year->count && year->shifts[i].at <= when)
		i++;
	i_zero(here);
	i_zero(other);
	here->offset = year_offset(year, i);
	if (i > 0)
		here->at = year->shifts[i - 1].at;
	else if (year->count >= 2 && year->shifts[1].offset == year->base)
		here->at = year->shifts[1].at;
	if (i < year->count) {
		other->offset = year_offset(year, i + 1);
		other->at = year->shifts[i].at;
	} else {
		other->offset = year_offset(year, i - 1);
		if (i >= 2)
			other->at = year->shifts[i - 2].at;
	}
	here->before = other->offset;
	other->before = here->offset;
}

static void half_date(const struct zone *zone, int year,
		      const struct half *half, struct systemtime *st_r)
{
	if (half->at != 0) {
		fit_change(zone, year, half->at, half->before, st_r);
		return;
	}
	i_zero(st_r);
	st_r->month = 1;
	st_r->weekday = zone_weekday(zone_days(year, 1, 1));
	st_r->day = 1;
}

static void blob_names(const struct zone *zone, struct blob *blob)
{
	const char *name = zone_windows(zone), *p;

	if (name == NULL)
		name = zone->tzid;
	blob->std_name = blob->dst_name = name;
	p = strstr(name, "Standard Time");
	if (p != NULL) {
		blob->dst_name = t_strconcat(t_strdup_until(name, p),
					     "Daylight Time", p + 13, NULL);
	}
}

static int bias_of(int offset)
{
	return offset < 0 ? (-offset + 30) / 60 : -((offset + 30) / 60);
}

/* Without names */
static void zone_blob(const struct zone *zone, time_t when, struct blob *blob_r)
{
	struct zone_wall wall;
	struct zone_year year;
	struct half halves[2];
	unsigned int std;

	i_zero(blob_r);
	blob_r->std_name = blob_r->dst_name = "";
	zone_wall(zone, when, &wall);
	zone_year(zone, wall.year, &year);
	if (year.count == 0) {
		blob_r->bias = bias_of(year.base);
		return;
	}
	year_halves(&year, when, halves);
	std = halves[0].offset < halves[1].offset ? 0 : 1;
	blob_r->bias = bias_of(halves[std].offset);
	blob_r->dst_bias = bias_of(halves[1 - std].offset) - blob_r->bias;
	half_date(zone, wall.year, &halves[std], &blob_r->to_std);
	half_date(zone, wall.year, &halves[1 - std], &blob_r->to_dst);
}

void zone_to_blob(const struct zone *zone, time_t when,
		  unsigned char blob_r[ZONE_BLOB_SIZE])
{
	struct blob blob;

	memset(blob_r, 0, ZONE_BLOB_SIZE);
	/* nothing but zeroes is how UTC is said */
	if (zone == zone_utc())
		return;
	T_BEGIN {
		zone_blob(zone, when, &blob);
		blob_names(zone, &blob);
		blob_put(&blob, blob_r);
	} T_END;
}

/* --- blob to zone ----------------------------------------------------------------------- */

static bool blob_has_dst(const struct blob *blob)
{
	return blob->to_std.month != 0 && blob->to_dst.month != 0 &&
		blob->dst_bias != blob->std_bias;
}

static void blob_rule(const struct blob *blob, struct zone_rule *rule_r)
{
	i_zero(rule_r);
	rule_r->set = TRUE;
	rule_r->std.offset = -blob->bias * 60;
	i_strocpy(rule_r->std.abbr, "STD", sizeof(rule_r->std.abbr));
	if (!blob_has_dst(blob)) {
		/* Windows adds the bias of standard time in any case */
		rule_r->std.offset -= blob->std_bias * 60;
		return;
	}
	rule_r->has_dst = TRUE;
	rule_r->dst.offset = rule_r->std.offset - blob->dst_bias * 60;
	rule_r->dst.dst = TRUE;
	rule_r->std.offset -= blob->std_bias * 60;
	i_strocpy(rule_r->dst.abbr, "DST", sizeof(rule_r->dst.abbr));
	systemtime_to_date(&blob->to_std, &rule_r->to_std);
	systemtime_to_date(&blob->to_dst, &rule_r->to_dst);
}

/* Does this zone go as these rules say, in that year? */
static bool rules_agree(const struct zone *zone, const struct zone *rules,
			int year)
{
	struct zone_wall wall = { .year = year, .month = 7, .day = 1 };
	struct zone_year year_a, year_b;
	struct zone told;
	struct blob blob;
	bool agree;

	zone_year(zone, year, &year_a);
	zone_year(rules, year, &year_b);
	if (zone_year_equal(&year_a, &year_b))
		return TRUE;
	/* some years no blob can say: compare with what ours would be */
	if (year_a.count == 0 ||
	    (year_a.count == 2 && year_a.shifts[1].offset == year_a.base))
		return FALSE;
	i_zero(&told);
	agree = FALSE;
	for (wall.month = 1; wall.month <= 12 && !agree; wall.month += 3) {
		zone_blob(zone, zone_utc_of(zone, &wall), &blob);
		blob_rule(&blob, &told.rule);
		zone_year(&told, year, &year_a);
		agree = zone_year_equal(&year_a, &year_b);
	}
	return agree;
}

/* ... or as it goes by now (clients send today's rules for any year) */
static bool rules_agree_ever(const struct zone *zone, const struct zone *rules,
			     int year)
{
	return rules_agree(zone, rules, year) ||
		rules_agree(zone, rules, year + 1) ||
		rules_agree(zone, rules, 2037);
}

/* A zone of the same Windows name that goes like this in that very year */
static const struct zone *
zone_of_same_name(const struct zone *zone, const struct zone *rules, int year)
{
	const char *windows = zone_windows(zone), *const *names;
	const struct zone *other;

	for (names = zone_all_names(); windows != NULL && *names != NULL;
	     names++) {
		other = zone_load(*names);
		if (other != NULL && rules_agree(other, rules, year) &&
		    null_strcmp(zone_windows(other), windows) == 0)
			return other;
	}
	return zone;
}

static const struct zone *
zone_by_blob_names(const struct blob *blob, const struct zone *rules, int year)
{
	const char *names[] = { blob->std_name, blob->dst_name };
	const struct zone *zone;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		zone = zone_by_name(names[i]);
		if (zone == NULL || !rules_agree_ever(zone, rules, year))
			continue;
		if (rules_agree(zone, rules, year))
			return zone;
		return zone_of_same_name(zone, rules, year);
	}
	return NULL;
}

static const struct zone *
zone_by_rules_of(const char *const *names, const struct zone *rules, int year)
{
	const struct zone *zone, *found = NULL;

	for (; *names != NULL; names++) {
		zone = zone_load(*names);
		if (zone == NULL || !rules_agree(zone, rules, year))
			continue;
		/* alike in this year only, or also in the next? */
		if (rules_agree(zone, rules, year + 1))
			return zone;
		if (found == NULL)
			found = zone;
	}
	return found;
}

static const struct zone *zone_by_rules(const struct zone *rules, int year)
{
	const struct zone *zone;

	if (!rules->rule.has_dst && rules->rule.std.offset % 60 != 0)
		return NULL;
	zone = zone_by_rules_of(zone_known_names(), rules, year);
	if (zone == NULL)
		zone = zone_by_rules_of(zone_all_names(), rules, year);
	if (zone == NULL && !rules->rule.has_dst)
		zone = zone_fixed(rules->rule.std.offset);
	return zone;
}

static const char *date_name(const struct zone_date *date)
{
	if (date->kind == ZONE_DATE_DAY) {
		return t_strdup_printf("%02u%02uT%04d", date->month, date->day,
				       date->secs / 3600 * 100 +
				       date->secs / 60 % 60);
	}
	return t_strdup_printf("M%u.%u.%uT%04d", date->month, date->week,
			       date->weekday, date->secs / 3600 * 100 +
			       date->secs / 60 % 60);
}

static const struct zone *
zone_of_rules(pool_t pool, const struct zone *rules)
{
	struct zone *zone = p_new(pool, struct zone, 1);
	const struct zone_rule *rule = &rules->rule;

	*zone = *rules;
	zone->windows = "";
	/* a TZID that says what it is: one for each set of rules */
	zone->tzid = p_strdup_printf(pool, "Rules/%d/%d/%s/%s",
				     rule->std.offset / 60,
				     rule->dst.offset / 60,
				     date_name(&rule->to_dst),
				     date_name(&rule->to_std));
	return zone;
}

/* NULL: none that is known goes like this */
static const struct zone *
zone_of_blob(const struct blob *blob, const struct zone *rules,
	     const struct zone *preferred, time_t when)
{
	struct zone_wall wall;
	const struct zone *zone;

	zone_wall(rules, when, &wall);
	if (preferred != NULL && rules_agree_ever(preferred, rules, wall.year))
		return preferred;
	zone = zone_by_blob_names(blob, rules, wall.year);
	return zone != NULL ? zone : zone_by_rules(rules, wall.year);
}

const struct zone *
zone_from_blob(pool_t pool, const unsigned char *data, size_t size,
	       const struct zone *preferred, time_t when)
{
	const struct zone *zone = NULL;
	struct zone rules;
	struct blob blob;
	bool valid;
	size_t i;

	for (i = 0; i < size && data[i] == 0; i++) ;
	if (size == ZONE_BLOB_SIZE && i == size)
		return zone_utc();
	i_zero(&rules);
	T_BEGIN {
		valid = blob_get(data, size, &blob);
		if (valid) {
			blob_rule(&blob, &rules.rule);
			zone = zone_of_blob(&blob, &rules, preferred, when);
		}
	} T_END;
	if (!valid)
		return NULL;
	return zone != NULL ? zone : zone_of_rules(pool, &rules);
}
