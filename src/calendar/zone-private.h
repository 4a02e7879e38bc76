#ifndef ZONE_PRIVATE_H
#define ZONE_PRIVATE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A zone is what a TZif file holds (RFC 8536): shifts of the clock, and a rule
   for the time behind the last one. */

#include "array.h"
#include "dovetail-zone.h"

struct zone_type {
	int offset;		/* seconds east of UTC */
	bool dst;
	char abbr[12];
};

/* From `at` on the clock goes by types[type] */
struct zone_shift {
	int64_t at;
	unsigned int type;
};
ARRAY_DEFINE_TYPE(zone_shift, struct zone_shift);

enum zone_date_kind {
	ZONE_DATE_NTH,		/* week 1..4, 5 = last, weekday 0 = Sunday */
	ZONE_DATE_DAY,		/* day of the month */
	ZONE_DATE_YEARDAY,	/* day 0.. of the year, leap day counted */
};

/* When in each year: `secs` after the midnight that begins that date, by the
   clock before the change; may be below 0 or above a day. */
struct zone_date {
	enum zone_date_kind kind;
	unsigned int month, week, weekday, day;
	int secs;
};

struct zone_rule {
	/* FALSE: nothing is said, the last shift goes on */
	bool set;
	bool has_dst;
	struct zone_type std, dst;
	struct zone_date to_dst, to_std;
};

struct zone {
	const char *olson;
	const char *tzid;
	/* looked up on first use, "" for none; tzdata's zones only */
	const char *windows;
	/* first year since which the rule holds; 0: not looked up yet */
	int rule_since;

	const struct zone_type *types;
	unsigned int types_count;
	/* before the first shift */
	unsigned int first_type;
	const struct zone_shift *shifts;
	unsigned int shifts_count;
	struct zone_rule rule;

	/* VTIMEZONE that it came from, or NULL */
	const char *vtimezone;
};

/* What is in force at an instant, and until when it stays */
struct zone_span {
	const struct zone_type *type;
	/* INT64_MIN, INT64_MAX: no end */
	int64_t start, end;
};
void zone_span(const struct zone *zone, int64_t utc, struct zone_span *span_r);

/* Days since 1970-01-01 of the Gregorian calendar, and back. */
int64_t zone_days(int year, unsigned int month, unsigned int day);
void zone_days_to_date(int64_t days, int *year_r, unsigned int *month_r,
		       unsigned int *day_r);
/* 0 = Sunday */
unsigned int zone_weekday(int64_t days);
unsigned int zone_month_days(int year, unsigned int month);
/* Seconds since 1970 of a wall clock that is UTC's */
int64_t zone_wall_secs(const struct zone_wall *wall);
void zone_secs_wall(int64_t secs, struct zone_wall *wall_r);
/* Same for a rule's date in that year */
int64_t zone_date_secs(const struct zone_date *date, int year);

/* The changes of offset in one year by the zone's own calendar */
#define ZONE_YEAR_SHIFTS_MAX 8
struct zone_year {
	int64_t start, end;
	int base;		/* offset at its start */
	unsigned int count;
	struct {
		int64_t at;
		int offset;
	} shifts[ZONE_YEAR_SHIFTS_MAX];
};
void zone_year(const struct zone *zone, int year, struct zone_year *year_r);
bool zone_year_equal(const struct zone_year *a, const struct zone_year *b);
/* Is there a year between 1970 and 2037 in which both go alike? */
bool zone_similar(const struct zone *a, const struct zone *b);

/* RFC 8536; FALSE: malformed. Strings are put into the pool. */
bool zone_tzif_parse(pool_t pool, const unsigned char *data, size_t size,
		     struct zone *zone_r);
/* POSIX TZ, the footer of TZif */
bool zone_posix_parse(const char *tz, struct zone_rule *rule_r);

/* Names of the zones of tzdata (zone.tab), and those that stand for the zones of
   Windows, best known first. NULL-terminated, kept. */
const char *const *zone_all_names(void);
const char *const *zone_known_names(void);
/* tzdata's zone of exactly this name; NULL: none */
const struct zone *zone_load(const char *olson);
/* Of zone-vtimezone.c's cache */
void zones_forget(void);
/* Fixed offset: "Etc/GMT-1" or of own name; kept */
const struct zone *zone_fixed(int offset);

#endif
