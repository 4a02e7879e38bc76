/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Zones, all of tzdata: the clock against the C library's, through Outlook's blob
   and through VTIMEZONE and back; names; and rules against libical's. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "str.h"
#include "dovetail-calendar.h"
#include "cal-private.h"
#include "test-size.h"

#include <check.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Check tells its parent of each assertion: too slow in loops. */
#define MUST(expr, ...) \
	do { if (!(expr)) ck_abort_msg(__VA_ARGS__); } while (0)
#define MUST_EQ(a, b) \
	MUST((int64_t)(a) == (int64_t)(b), #a " is %ld", (long)(a))

static pool_t pool;

static void setup(void)
{
	pool = pool_alloconly_create(MEMPOOL_GROWING"test", 65536);
}

static void teardown(void)
{
	pool_unref(&pool);
}

static time_t at(int year, unsigned int month, unsigned int day)
{
	struct zone_wall wall = { .year = year, .month = month, .day = day,
				  .hour = 12 };

	return zone_utc_of(zone_utc(), &wall);
}

static const struct zone *zone(const char *name)
{
	const struct zone *found = zone_by_name(name);

	MUST(found != NULL, "%s", name);
	return found;
}

/* --- clocks ------------------------------------------------------------------------------ */

static void libc_zone(const char *name)
{
	setenv("TZ", t_strconcat(":", name, NULL), 1);
	tzset();
}

static void check_clock(const char *name, time_t t)
{
	const struct zone *z = zone(name);
	struct zone_wall wall;
	struct tm tm;
	bool dst;

	localtime_r(&t, &tm);
	MUST(zone_offset(z, t, &dst) == tm.tm_gmtoff,
		      "%s at %ld: %d, not %ld", name, (long)t,
		      zone_offset(z, t, NULL), tm.tm_gmtoff);
	MUST_EQ(dst, tm.tm_isdst != 0);
	zone_wall(z, t, &wall);
	MUST_EQ(wall.year, tm.tm_year + 1900);
	MUST_EQ(wall.hour, tm.tm_hour);
	/* and back, but for an hour that comes twice */
	if (zone_utc_of(z, &wall) != t) {
		MUST(zone_utc_of(z, &wall) < t &&
			      zone_utc_of(z, &wall) > t - 86400 / 2 * 3,
			      "%s at %ld", name, (long)t);
		zone_wall(z, zone_utc_of(z, &wall), &wall);
		MUST_EQ(wall.hour, tm.tm_hour);
		MUST_EQ(wall.minute, tm.tm_min);
	}
}

START_TEST(clocks)
{
	const char *const *names = zone_all_names();
	struct zone_span span;
	unsigned int count = 0;
	time_t t;

	for (; *names != NULL; names++, count++) {
		libc_zone(*names);
		/* every change until 2100, and some time between */
		for (t = at(1900, 1, 1); t < at(2100, 1, 1); t = span.end) {
			zone_span(zone(*names), t, &span);
			if (span.end > at(2100, 1, 1))
				break;
			check_clock(*names, span.end - 1);
			check_clock(*names, span.end);
			check_clock(*names, span.end + 1800);
		}
		for (t = at(1970, 1, 1); t < at(2100, 1, 1); t += test_step(11) * 86400 + 7)
			check_clock(*names, t);
	}
	unsetenv("TZ");
	ck_assert_uint_gt(count, 400);
}
END_TEST

START_TEST(gaps)
{
	/* 02:30 on the day that has none: as if the clock had not moved */
	struct zone_wall gap = { 2024, 3, 31, 2, 30, 0 };
	struct zone_wall twice = { 2024, 10, 27, 2, 30, 0 };
	struct zone_wall samoa = { 2011, 12, 30, 12, 0, 0 };

	MUST_EQ(zone_utc_of(zone("Europe/Berlin"), &gap),
			 at(2024, 3, 31) - 12 * 3600 + 5400);
	MUST_EQ(zone_utc_of(zone("Europe/Berlin"), &twice),
			 at(2024, 10, 27) - 12 * 3600 + 1800);
	/* a whole day that never was */
	MUST_EQ(zone_utc_of(zone("Pacific/Apia"), &samoa),
			 at(2011, 12, 30) + 10 * 3600);
}
END_TEST

/* --- blobs -------------------------------------------------------------------------------------- */

static const int blob_years[] =
	{ 1975, 1990, 2000, 2007, 2010, 2011, 2014, 2016, 2022, 2024, 2025,
	  2026, 2030, 2037, 2045 };

/* The rules without the names */
static const char *blob_rules(const unsigned char *blob)
{
	return t_strconcat(binary_to_hex(blob, 4),
			   binary_to_hex(blob + 68, 20),
			   binary_to_hex(blob + 152, 20), NULL);
}

START_TEST(blob_all)
{
	const char *const *names;
	unsigned char blob[ZONE_BLOB_SIZE], again[ZONE_BLOB_SIZE];
	const struct zone *z, *back;
	unsigned int i;
	time_t when;

	for (names = zone_all_names(); *names != NULL; names++) {
		z = zone(*names);
		for (i = 0; i < N_ELEMENTS(blob_years); i++) T_BEGIN {
			when = at(blob_years[i], 6, 15);
			zone_to_blob(z, when, blob);
			back = zone_from_blob(pool, blob, sizeof(blob), NULL,
					      when);
			MUST(back != NULL, "%s", *names);
			zone_to_blob(back, when, again);
			MUST(strcmp(blob_rules(blob),
					     blob_rules(again)) == 0,
				"%s in %d came back as %s: %s not %s", *names,
				blob_years[i], zone_tzid(back),
				blob_rules(again), blob_rules(blob));
			MUST(zone_offset(back, when, NULL) ==
				      zone_offset(z, when, NULL) ||
				      blob_years[i] < 1980, "%s", *names);
			/* whose it is is known: it stays */
			back = zone_from_blob(pool, blob, sizeof(blob), z,
					      when);
			MUST(back == z, "%s in %d came back as %s",
				      *names, blob_years[i], zone_tzid(back));
		} T_END;
	}
}
END_TEST

static const char *blob_hex(const char *name, time_t when)
{
	unsigned char blob[ZONE_BLOB_SIZE];

	zone_to_blob(zone(name), when, blob);
	return binary_to_hex(blob, sizeof(blob));
}

static void assert_rules(const char *name, int year, const char *want)
{
	unsigned char blob[ZONE_BLOB_SIZE];

	zone_to_blob(zone(name), at(year, 6, 15), blob);
	MUST(strcmp(blob_rules(blob), want) == 0, "%s %d: %s, not %s",
		      name, year, blob_rules(blob), want);
}

START_TEST(blob_bytes)
{
	const char *hex = blob_hex("Europe/Berlin", at(2024, 6, 15));

	/* bias; "W. Europe Standard Time"; last Sunday (weekday 0, week 5) of
	   October at three */
	ck_assert(strncmp(hex, "c4ffffff" "57002e0020004500", 24) == 0);
	ck_assert(strncmp(hex + 68 * 2, "00000a00000005000300000000000000"
			  "00000000", 40) == 0);
	ck_assert(strncmp(hex + 152 * 2, "00000300000005000200000000000000"
			  "c4ffffff", 40) == 0);
	/* second Sunday of March, first of November */
	assert_rules("America/New_York", 2024, "2c010000"
		"00000b0000000100020000000000000000000000"
		"00000300000002000200000000000000c4ffffff");
	/* the other half of the year */
	assert_rules("Australia/Sydney", 2024, "a8fdffff"
		"0000040000000100030000000000000000000000"
		"00000a00000001000200000000000000c4ffffff");
	/* half an hour of summer */
	assert_rules("Australia/Lord_Howe", 2024, "8afdffff"
		"0000040000000100020000000000000000000000"
		"00000a00000001000200000000000000e2ffffff");
	assert_rules("Asia/Kolkata", 2024, "b6feffff"
		"0000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000");
	/* the midnight behind a first Saturday, as Windows says it */
	assert_rules("America/Santiago", 2024, "f0000000"
		"000004000600010017003b003b00e70300000000"
		"000009000600010017003b003b00e703c4ffffff");
}
END_TEST

START_TEST(blob_foreign)
{
	unsigned char blob[ZONE_BLOB_SIZE];
	const struct zone *z;

	/* nothing but zeroes */
	memset(blob, 0, sizeof(blob));
	ck_assert_ptr_eq(zone_from_blob(pool, blob, sizeof(blob), NULL, 0),
			 zone_utc());
	ck_assert(zone_from_blob(pool, blob, 171, NULL, 0) == NULL);
	/* names that nobody knows: the rules tell */
	zone_to_blob(zone("Europe/Paris"), at(2024, 6, 15), blob);
	memset(blob + 4, 0x41, 62);
	memset(blob + 88, 0x42, 62);
	z = zone_from_blob(pool, blob, sizeof(blob), NULL, at(2024, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Berlin");
	/* by name, though others go alike */
	zone_to_blob(zone("Europe/Paris"), at(2024, 6, 15), blob);
	z = zone_from_blob(pool, blob, sizeof(blob), NULL, at(2024, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Paris");
	/* whose zone it is, if it goes alike */
	z = zone_from_blob(pool, blob, sizeof(blob), zone("Europe/Vienna"),
			   at(2024, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Vienna");
	z = zone_from_blob(pool, blob, sizeof(blob), zone("Asia/Tokyo"),
			   at(2024, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Paris");
	/* today's rules for a day of 1990 */
	z = zone_from_blob(pool, blob, sizeof(blob), zone("Europe/Rome"),
			   at(1990, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Rome");
	/* rules that nobody has: as told, and through VTIMEZONE too */
	blob[68 + 2] = 12;
	memset(blob + 4, 0, 64);
	memset(blob + 88, 0, 64);
	z = zone_from_blob(pool, blob, sizeof(blob), NULL, at(2024, 6, 15));
	ck_assert(zone_olson(z) == NULL);
	MUST_EQ(zone_offset(z, at(2024, 11, 15), NULL), 7200);
	MUST_EQ(zone_offset(z, at(2025, 1, 15), NULL), 3600);
	ck_assert(zone_by_vtimezone(pool, zone_vtimezone(pool, z, 0),
				    strlen(zone_vtimezone(pool, z, 0))) != NULL);
	/* absolute dates (a year is set) */
	zone_to_blob(zone("Europe/Berlin"), at(2024, 6, 15), blob);
	memcpy(blob + 68, "\xe8\x07\x0a\x00\x00\x00\x1b\x00\x03", 9);
	memcpy(blob + 152, "\xe8\x07\x03\x00\x00\x00\x1f\x00\x02", 9);
	z = zone_from_blob(pool, blob, sizeof(blob), NULL, at(2024, 6, 15));
	ck_assert_str_eq(zone_tzid(z), "Europe/Berlin");
	/* a month that is none */
	blob[68 + 2] = 13;
	ck_assert(zone_from_blob(pool, blob, sizeof(blob), NULL, 0) == NULL);
}
END_TEST

/* --- names --------------------------------------------------------------------------------------- */

START_TEST(names)
{
	static const struct {
		const char *name, *olson;
	} tests[] = {
		{ "Europe/Berlin", "Europe/Berlin" },
		{ "europe/berlin", "Europe/Berlin" },
		{ "US/Eastern", "US/Eastern" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "W. Europe Daylight Time", "Europe/Berlin" },
		{ "Romance Standard Time", "Europe/Paris" },
		{ "GMT Standard Time", "Europe/London" },
		{ "Pacific Standard Time (Mexico)", "America/Tijuana" },
		{ "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
		  "Europe/Berlin" },
		{ "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien",
		  "Europe/Berlin" },
		{ "(GMT+01.00) Brussels, Copenhagen, Madrid, Paris",
		  "Europe/Paris" },
		{ "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York" },
		{ "(UTC-08:00) Pacific Time (US & Canada)",
		  "America/Los_Angeles" },
		{ "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
		  "Asia/Calcutta" },
		{ "(UTC-07:00) La Paz, Mazatlan", "America/Mazatlan" },
		{ "(UTC-04:00) Georgetown, La Paz, Manaus, San Juan",
		  "America/La_Paz" },
		{ "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
		  "Europe/London" },
		{ "(UTC) Coordinated Universal Time", "UTC" },
		{ "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
		  "Europe/Berlin" },
		{ "/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
		  "America/Argentina/Buenos_Aires" },
		{ "GMT+0100", "Etc/GMT-1" }, { "UTC-05:00", "Etc/GMT+5" },
		{ "UTC", "UTC" }, { "Etc/UTC", "UTC" }, { "Z", "UTC" },
		{ "UTC+12", "Etc/GMT-12" },
		{ "right/Europe/Berlin", "Europe/Berlin" },
	};
	static const char *const unknown[] = {
		"", "Nowhere", "../../../etc/passwd", 
		"(UTC+09:00) Berlin", "Europe", "/etc/passwd", "GMT+99",
		"Mitteleuropäische Zeit", "zone.tab",
	};
	const struct zone *z;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		z = zone_by_name(tests[i].name);
		MUST(z != NULL, "%s", tests[i].name);
		ck_assert_str_eq(zone_olson(z), tests[i].olson);
	}
	for (i = 0; i < N_ELEMENTS(unknown); i++) {
		MUST(zone_by_name(unknown[i]) == NULL, "%s",
			      unknown[i]);
		ck_assert(zone_by_name(unknown[i]) == NULL);
	}
	/* many unknown ones are not kept for ever */
	for (i = 0; i < 2000; i++)
		ck_assert(zone_by_name(t_strdup_printf("No/%u", i)) == NULL);
	ck_assert_str_eq(zone_windows(zone("Europe/Vienna")),
			 "W. Europe Standard Time");
	ck_assert_str_eq(zone_windows(zone_utc()), "UTC");
	MUST_EQ(zone_offset(zone("UTC+05:45"), 0, NULL), 20700);
}
END_TEST

/* Every zone of Windows that CLDR knows has a zone here, with that name again */
START_TEST(windows_names)
{
	const char *const *names = zone_known_names();
	unsigned int count = 0;

	for (; *names != NULL; names++) {
		const char *windows = zone_windows(zone(*names));

		if (windows == NULL)
			continue;
		ck_assert_str_eq(zone_windows(zone(windows)), windows);
		count++;
	}
	ck_assert_uint_gt(count, 130);
}
END_TEST

/* --- VTIMEZONE --------------------------------------------------------------------------------------- */

/* Like the zone from that instant on, its own rules taken and not its name */
static void check_vtimezone(const char *name, time_t from)
{
	const char *text = zone_vtimezone(pool, zone(name), from);
	const struct zone *z = zone(name), *own;
	struct zone_span span;
	time_t t, end = at(2037, 6, 1);
	const char *p;

	if (text == NULL)
		return;
	ck_assert_ptr_eq(zone_by_vtimezone(pool, text, strlen(text)), z);
	/* under another name only the rules tell */
	p = strstr(text, "\r\n") + 2;
	p = strstr(p, "BEGIN:");
	text = t_strconcat("BEGIN:VTIMEZONE\r\nTZID:mine\r\n", p, NULL);
	own = zone_by_vtimezone(pool, text, strlen(text));
	MUST(own != NULL && zone_olson(own) == NULL, "%s", name);
	for (t = from; t < end; t = span.end) {
		zone_span(z, t, &span);
		MUST(zone_offset(own, t, NULL) == span.type->offset,
			"%s at %ld: %d, not %d\n%s", name, (long)t,
			zone_offset(own, t, NULL), span.type->offset, text);
		MUST_EQ(zone_offset(own, I_MIN(span.end, end) - 1,
					     NULL), span.type->offset);
	}
	/* rules go on where RRULE can say them */
	if (strstr(text, "RRULE") != NULL && zone_offset(z, at(2060, 1, 15), NULL) !=
	    zone_offset(z, at(2060, 7, 15), NULL)) {
		MUST_EQ(zone_offset(own, at(2060, 7, 15), NULL),
				 zone_offset(z, at(2060, 7, 15), NULL));
	}
}

START_TEST(vtimezone_all)
{
	const char *const *names;
	int year;

	for (names = zone_all_names(); *names != NULL; names++) {
		for (year = 1975; year < 2030; year += test_step(18)) T_BEGIN {
			check_vtimezone(*names, at(year, 3, 1));
		} T_END;
	}
}
END_TEST

START_TEST(vtimezone_compact)
{
	/* two rules from now on; all changes for one who asks for 1970 */
	const char *text = zone_vtimezone(pool, zone("Europe/Berlin"),
					  at(2024, 1, 1));

	ck_assert_str_eq(text,
		"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"
		"X-LIC-LOCATION:Europe/Berlin\r\n"
		"BEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
		"TZNAME:CEST\r\nDTSTART:19960331T020000\r\n"
		"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
		"BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
		"TZNAME:CET\r\nDTSTART:19961027T030000\r\n"
		"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
		"END:VTIMEZONE\r\n");
	ck_assert(zone_vtimezone(pool, zone_utc(), 0) == NULL);
}
END_TEST

/* --- rules against libical --------------------------------------------------------------------------- */

static unsigned int rnd_state = 12345;

static unsigned int rnd(unsigned int max)
{
	rnd_state = rnd_state * 1103515245 + 12345;
	return (rnd_state >> 8) % max;
}

static const char *const days[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

/* Rules that libical 3.0 is right about: no negative days with DAILY, nothing
   below hours with an interval. */
static const char *random_rule(void)
{
	static const char *const freqs[] =
		{ "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	string_t *str = t_str_new(128);
	unsigned int freq = rnd(4), i, n;
	bool months = FALSE;

	str_printfa(str, "FREQ=%s", freqs[freq]);
	if (rnd(2) == 0)
		str_printfa(str, ";INTERVAL=%u", 1 + rnd(4));
	if (rnd(3) == 0)
		str_printfa(str, ";COUNT=%u", 1 + rnd(60));
	if (rnd(4) == 0 && freq != 1) {
		str_printfa(str, ";BYMONTH=%u,%u", 1 + rnd(6), 7 + rnd(6));
		months = TRUE;
	}
	/* of a year without months libical takes the start's month only */
	if ((freq == 2 || (freq == 3 && months)) && rnd(3) == 0) {
		str_printfa(str, ";BYMONTHDAY=%u", 1 + rnd(31));
		if (rnd(2) == 0)
			str_printfa(str, ",-%u", 1 + rnd(5));
	} else if (rnd(2) == 0) {
		str_append(str, ";BYDAY=");
		n = 1 + rnd(3);
		for (i = 0; i < n; i++) {
			if (i > 0)
				str_append_c(str, ',');
			if (freq == 2 && rnd(2) == 0)
				str_printfa(str, "%d", (int)rnd(4) + 1 -
					    (rnd(2) == 0 ? 5 : 0));
			str_append(str, days[(i * 2 + rnd(2)) % 7]);
		}
		if (freq == 2 && rnd(3) == 0)
			str_printfa(str, ";BYSETPOS=%s", rnd(2) == 0 ? "1" :
				    "-1");
	}
	if (freq == 1 && rnd(2) == 0)
		str_append(str, ";WKST=SU");
	return str_c(str);
}

static void check_rule(const char *text)
{
	struct cal_time start;
	struct cal_rule rule;
	struct cal_recur *recur;
	struct icalrecurrencetype rt = icalrecurrencetype_from_string(text);
	struct icaltimetype t;
	icalrecur_iterator *iter;
	int64_t first, local, want, last = 0;
	unsigned int i, n = 0;
	int64_t all[120];

	i_zero(&start);
	start.form = CAL_TIME_FLOATING;
	start.wall = (struct zone_wall){ 2020 + rnd(5), 1 + rnd(12),
					 1 + rnd(28), 9, 30, 0 };
	/* a start that the rule has: what libical gives first */
	t = icaltime_null_time();
	t.year = start.wall.year;
	t.month = start.wall.month;
	t.day = start.wall.day;
	t.hour = 9;
	t.minute = 30;
	iter = icalrecur_iterator_new(rt, t);
	/* it never comes */
	if (iter == NULL)
		return;
	t = icalrecur_iterator_next(iter);
	icalrecur_iterator_free(iter);
	if (icaltime_is_null_time(t))
		return;
	start.wall = (struct zone_wall){ t.year, t.month, t.day, 9, 30, 0 };
	first = zone_wall_secs(&start.wall);
	ck_assert(cal_rule_parse(pool, text, &start, &rule));

	iter = icalrecur_iterator_new(rt, t);
	recur = cal_recur_init(&rule, first, FALSE, INT64_MAX);
	for (i = 0; i < N_ELEMENTS(all); i++) {
		t = icalrecur_iterator_next(iter);
		if (!cal_recur_next(recur, &local)) {
			MUST(icaltime_is_null_time(t) || t.year > 2200 ||
				      cal_recur_exhausted(recur),
				      "%s: ends after %u", text, i);
			break;
		}
		MUST(!icaltime_is_null_time(t) || last > 8e9,
			      "%s: does not end after %u", text, i);
		if (icaltime_is_null_time(t))
			break;
		want = zone_days(t.year, t.month, t.day) * 86400 +
			t.hour * 3600 + t.minute * 60;
		MUST(local == want, "%s from %04d-%02u-%02u: the %uth "
			"is day %d, not %04d-%02d-%02d", text, start.wall.year,
			start.wall.month, start.wall.day, i + 1,
			(int)(local / 86400), t.year, t.month, t.day);
		all[n++] = last = local;
	}
	icalrecur_iterator_free(iter);
	cal_recur_deinit(&recur);
	/* from the middle on the same ones come */
	for (i = 0; i < 5 && n > 0; i++) {
		unsigned int skip = rnd(n), j;
		int64_t from = all[skip] - rnd(86400);

		recur = cal_recur_init(&rule, first, FALSE, INT64_MAX);
		cal_recur_seek(recur, from);
		do {
			MUST(cal_recur_next(recur, &local), "%s", text);
		} while (local < from);
		for (j = 0; j < n && all[j] < from; j++) ;
		for (; j < n; j++) {
			MUST(local == all[j], "%s after a jump", text);
			if (j + 1 < n)
				ck_assert(cal_recur_next(recur, &local));
		}
		cal_recur_deinit(&recur);
	}
	/* written and read it is the same rule */
	{
		string_t *str = t_str_new(128);
		struct cal_rule again;

		cal_rule_append(str, &rule, &start);
		ck_assert(cal_rule_parse(pool, str_c(str), &start, &again));
		MUST(cal_rule_equal(&rule, &again), "%s is written %s",
			      text, str_c(str));
	}
}

START_TEST(rules_libical)
{
	unsigned int i;

	for (i = 0; i < test_rounds(3000); i++) T_BEGIN {
		check_rule(random_rule());
	} T_END;
}
END_TEST

/* RFC 5545 3.8.5.3: its examples where libical 3.0 is no judge */
START_TEST(rules_rfc)
{
	static const struct {
		const char *start, *rule, *want;
	} tests[] = {
		{ "19970902", "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200",
		  /* the start is one by itself */
		  "19970902 20000101 20000409 20000718" },
		{ "19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3",
		  "19970512 19980511 19990517" },
		{ "19970519", "FREQ=YEARLY;BYDAY=20MO;COUNT=3",
		  "19970519 19980518 19990517" },
		{ "19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=5",
		  "19970313 19970320 19970327 19980305 19980312" },
		{ "19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;"
		  "BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
		  "19961105 20001107 20041102" },
		{ "19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
		  "19970904 19971007 19971106" },
		{ "19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;"
		  "COUNT=4", "19970929 19971030 19971127 19971230" },
		{ "19970928", "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3",
		  "19970928 19971029 19971128" },
		{ "19971231", "FREQ=DAILY;BYMONTHDAY=-1;COUNT=3",
		  "19971231 19980131 19980228" },
		{ "20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
		  "20070115 20070130 20070215 20070315 20070330" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		string_t *got = t_str_new(64);
		struct cal_time start;
		struct cal_rule rule;
		struct cal_recur *recur;
		int64_t local;

		ck_assert(cal_time_parse(tests[i].start, 8, &start));
		ck_assert(cal_rule_parse(pool, tests[i].rule, &start, &rule));
		recur = cal_recur_init(&rule, zone_wall_secs(&start.wall), TRUE,
				       INT64_MAX);
		while (cal_recur_next(recur, &local)) {
			struct zone_wall w;

			zone_secs_wall(local, &w);
			str_printfa(got, "%s%04d%02u%02u",
				    str_len(got) == 0 ? "" : " ", w.year,
				    w.month, w.day);
		}
		cal_recur_deinit(&recur);
		MUST(strcmp(str_c(got), tests[i].want) == 0,
			      "%s: %s, not %s", tests[i].rule, str_c(got),
			      tests[i].want);
	}
}
END_TEST

/* Hours, minutes: every one looked at, with what the rule says of it */
START_TEST(rules_clock)
{
	static const struct {
		const char *rule;
		int step, days, hours, minutes;
	} tests[] = {
		{ "FREQ=HOURLY;INTERVAL=5", 5 * 3600, 0, 0, 0 },
		{ "FREQ=HOURLY;INTERVAL=3;BYHOUR=9,12,0", 3 * 3600, 0, 0x1201, 0 },
		{ "FREQ=MINUTELY;INTERVAL=50;BYDAY=MO,WE", 3000, 0x0a, 0, 0 },
		{ "FREQ=MINUTELY;INTERVAL=7;BYHOUR=9", 420, 0, 0x200, 0 },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct zone_wall w = { 2024, 1, 1, 9, 0, 0 };
		struct cal_time start = { .form = CAL_TIME_FLOATING, .wall = w };
		struct cal_rule rule;
		struct cal_recur *recur;
		int64_t t = zone_wall_secs(&w), local, end = t + 20 * 86400;

		ck_assert(cal_rule_parse(pool, tests[i].rule, &start, &rule));
		recur = cal_recur_init(&rule, t, FALSE, INT64_MAX);
		for (; t < end; t += tests[i].step) {
			zone_secs_wall(t, &w);
			if ((tests[i].days != 0 && (tests[i].days & (1 <<
				zone_weekday(t / 86400))) == 0) ||
			    (tests[i].hours != 0 &&
			     (tests[i].hours & (1 << w.hour)) == 0))
				continue;
			ck_assert(cal_recur_next(recur, &local));
			MUST(local == t, "%s", tests[i].rule);
		}
		cal_recur_deinit(&recur);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zone");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, clocks);
	tcase_add_test(tcase, gaps);
	tcase_add_test(tcase, blob_all);
	tcase_add_test(tcase, blob_bytes);
	tcase_add_test(tcase, blob_foreign);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, windows_names);
	tcase_add_test(tcase, vtimezone_all);
	tcase_add_test(tcase, vtimezone_compact);
	tcase_add_test(tcase, rules_libical);
	tcase_add_test(tcase, rules_rfc);
	tcase_add_test(tcase, rules_clock);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	zones_deinit();
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
