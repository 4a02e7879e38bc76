/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* iCalendar and the model: each golden/calendar/NAME.ics gives the model that
   NAME.exp says; is written back as it was; and, written anew from the model
   alone, gives the same model again. Then edits, occurrences, iTIP, streams.

   DOVETAIL_GOLDEN_WRITE=1 writes the .exp files; read them before you keep them. */

#define _GNU_SOURCE	/* nftw() */
#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hex-binary.h"
#include "ioloop.h"
#include "str.h"
#include "dovetail-calendar.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pool_t pool;

static void setup(void)
{
	pool = pool_alloconly_create(MEMPOOL_GROWING"test", 65536);
	ioloop_time = 1700000000;
}

static void teardown(void)
{
	pool_unref(&pool);
}

static const char *golden_dir(void)
{
	const char *srcdir = getenv("srcdir");

	return t_strconcat(srcdir == NULL ? "." : srcdir, "/golden/calendar",
			   NULL);
}

static const char *file_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	string_t *str = str_new(pool, 4096);
	char buf[4096];
	size_t n;

	if (f == NULL)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_append_data(str, buf, n);
	fclose(f);
	return str_c(str);
}

static const char *crlf(const char *text)
{
	string_t *str = str_new(pool, strlen(text) + 256);

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			str_append_c(str, '\r');
		str_append_c(str, *text);
	}
	return str_c(str);
}

/* As it reads: how lines are folded does not matter. */
static const char *unfold(const char *text)
{
	string_t *str = str_new(pool, strlen(text) + 1);

	for (; *text != '\0'; text++) {
		if (strncmp(text, "\r\n ", 3) == 0)
			text += 2;
		else
			str_append_c(str, *text);
	}
	return str_c(str);
}

static void assert_folded(const char *text)
{
	const char *eol;

	for (; *text != '\0'; text = eol + 2) {
		eol = strstr(text, "\r\n");
		ck_assert(eol != NULL);
		ck_assert_int_le(eol - text, 75);
		ck_assert(((unsigned char)*text & 0xc0) != 0x80);
	}
}

static struct cal_object *parse(const char *text)
{
	struct cal_object *obj;
	const char *error;

	if (cal_parse(pool, text, strlen(text), &obj, NULL, &error) < 0)
		ck_abort_msg("%s: %s", error, text);
	return obj;
}

/* An object around these lines of a VEVENT ('|' between them) */
static struct cal_object *event(const char *lines)
{
	string_t *str = t_str_new(256);
	const char *const *line;

	str_append(str, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
		   "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20240101T000000Z\r\n");
	for (line = t_strsplit(lines, "|"); *line != NULL; line++)
		str_printfa(str, "%s\r\n", *line);
	str_append(str, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	return parse(str_c(str));
}

/* "2024-01-05 10:00" */
static time_t utc(const char *value)
{
	struct zone_wall w = { .second = 0 };

	ck_assert_int_eq(sscanf(value, "%d-%u-%u %u:%u", &w.year, &w.month,
				&w.day, &w.hour, &w.minute), 5);
	return zone_utc_of(zone_utc(), &w);
}

/* --- the model as text ---------------------------------------------------------------- */

static void put(string_t *str, const char *key, const char *value)
{
	str_printfa(str, "%s: ", key);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			str_append(str, "\\n");
		else
			str_append_c(str, *value);
	}
	str_append_c(str, '\n');
}

static const char *time_str(const struct cal_time *time)
{
	const struct zone_wall *w = &time->wall;
	const char *day = t_strdup_printf("%04d-%02u-%02u", w->year, w->month,
					  w->day);
	const char *clock = t_strdup_printf("%s %02u:%02u:%02u", day, w->hour,
					    w->minute, w->second);

	switch (time->form) {
	case CAL_TIME_NONE:
		return "none";
	case CAL_TIME_DATE:
		return day;
	case CAL_TIME_UTC:
		return t_strconcat(clock, " UTC", NULL);
	case CAL_TIME_FLOATING:
		return t_strconcat(clock, " floating", NULL);
	case CAL_TIME_ZONE:
		break;
	}
	return t_strdup_printf("%s %s%s", clock, zone_tzid(time->zone),
			       zone_olson(time->zone) == NULL ? " (own rules)" :
			       "");
}

static void put_time(string_t *str, const char *key,
		     const struct cal_time *time)
{
	if (time->form != CAL_TIME_NONE)
		put(str, key, time_str(time));
}

static void put_text(string_t *str, const char *key, const char *value)
{
	if (value != NULL && *value != '\0')
		put(str, key, value);
}

static void put_utc(string_t *str, const char *key, time_t t)
{
	struct cal_time time;

	if (t == 0)
		return;
	cal_time_set_utc(&time, t);
	put(str, key, time_str(&time));
}

static void put_num(string_t *str, const char *key, int num, int normal)
{
	if (num != normal)
		put(str, key, t_strdup_printf("%d", num));
}

static void put_flag(string_t *str, const char *key, bool flag)
{
	if (flag)
		put(str, key, "yes");
}

static void put_double(string_t *str, const char *key, double num)
{
	if (!isnan(num))
		put(str, key, t_strdup_printf("%.7g", num));
}

static const char *const busy_names[] =
	{ "free", "tentative", "busy", "oof", "elsewhere" };
static const char *const partstat_names[] =
	{ "needs-action", "accepted", "declined", "tentative", "delegated" };
static const char *const role_names[] =
	{ "required", "optional", "resource", "chair" };

static void put_attendee(string_t *str, const struct cal_attendee *att)
{
	put(str, "attendee", t_strdup_printf("<%s> \"%s\" %s %s%s",
		att->person.email, att->person.name, role_names[att->role],
		partstat_names[att->partstat], att->rsvp ? " rsvp" : ""));
	put_utc(str, "  replied", att->replied);
	put_time(str, "  proposed start", &att->proposed_start);
	put_time(str, "  proposed end", &att->proposed_end);
}

static void put_attachment(string_t *str, const struct cal_attachment *att)
{
	put(str, "attachment", t_strdup_printf("\"%s\" %s %s", att->name,
		att->type, att->data == NULL ? att->uri :
		t_strdup_printf("%zu bytes %s", att->size,
			binary_to_hex(att->data, I_MIN(att->size, 16)))));
}

static void put_entry(string_t *str, const struct cal_entry *e)
{
	const struct cal_attendee *att;
	const struct cal_attachment *file;
	const char *const *category;

	put_time(str, "recurrence-id", &e->recurrence_id);
	put_flag(str, "this and future", e->this_and_future);
	put_text(str, "summary", e->summary);
	put_text(str, "location", e->location);
	put_text(str, "description", e->description);
	put_text(str, "html", e->html);
	if (e->place.set) {
		put(str, "place", t_strdup_printf("%s|%s|%s|%s|%s|%s|%s",
			e->place.annotation, e->place.street, e->place.city,
			e->place.state, e->place.country,
			e->place.postal_code, e->place.uri));
		put_double(str, "latitude", e->place.latitude);
		put_double(str, "longitude", e->place.longitude);
		put_double(str, "accuracy", e->place.accuracy);
		put_double(str, "altitude", e->place.altitude);
		put_double(str, "altitude accuracy",
			   e->place.altitude_accuracy);
	}
	put_time(str, "start", &e->start);
	put_time(str, "end", &e->end);
	put_flag(str, "all day", e->all_day);
	put_utc(str, "stamp", e->stamp);
	put_utc(str, "created", e->created);
	put_utc(str, "modified", e->modified);
	put_num(str, "sequence", e->sequence, 0);
	put(str, "busy", busy_names[e->busy]);
	if (e->intended >= 0)
		put(str, "intended", busy_names[e->intended]);
	put_num(str, "sensitivity", e->sensitivity, 0);
	put_flag(str, "cancelled", e->cancelled);
	put_flag(str, "tentative", e->tentative);
	array_foreach(&e->categories, category)
		put(str, "category", *category);
	put_num(str, "reminder", e->reminder, -1);
	put_utc(str, "reminder time", e->reminder_time);
	if (*e->organizer.email != '\0' || *e->organizer.name != '\0')
		put(str, "organizer", t_strdup_printf("<%s> \"%s\"",
			e->organizer.email, e->organizer.name));
	array_foreach(&e->attendees, att)
		put_attendee(str, att);
	put_flag(str, "response requested", e->response_requested);
	put_flag(str, "no proposals", e->no_proposals);
	put_text(str, "online link", e->online_link);
	put_text(str, "online external link", e->online_external_link);
	array_foreach(&e->attachments, file)
		put_attachment(str, file);
	put_text(str, "url", e->url);
	put_utc(str, "completed", e->completed);
	put_flag(str, "done", e->done);
	put_num(str, "percent", e->percent, 0);
	put_num(str, "priority", e->priority, 0);
}

static void put_rule(string_t *str, const struct cal_rule *r)
{
	static const char *const freqs[] = { "none", "daily", "weekly",
		"monthly", "yearly", "other" };
	string_t *rule = t_str_new(64);

	if (r->freq == CAL_FREQ_NONE)
		return;
	str_printfa(rule, "%s interval=%u", freqs[r->freq], r->interval);
	if (r->count != 0)
		str_printfa(rule, " count=%u", r->count);
	if (r->until.form != CAL_TIME_NONE)
		str_printfa(rule, " until=%s", time_str(&r->until));
	if (r->days != 0)
		str_printfa(rule, " days=%02x", r->days);
	if (r->week != 0)
		str_printfa(rule, " week=%u", r->week);
	if (r->month_day != 0)
		str_printfa(rule, " day=%d", r->month_day);
	if (r->clamp)
		str_append(rule, " clamp");
	if (r->month != 0)
		str_printfa(rule, " month=%u", r->month);
	if (r->week_start != 1)
		str_printfa(rule, " wkst=%u", r->week_start);
	if (r->calendar_type != 0)
		str_printfa(rule, " calendar=%u%s", r->calendar_type,
			    r->leap_month ? " leap" : "");
	if (r->other != NULL)
		str_printfa(rule, " %s", r->other);
	put(str, "rule", str_c(rule));
	put_flag(str, "regenerate", r->regenerate);
	put_flag(str, "dead occur", r->dead_occur);
}

static const char *dump(const struct cal_object *obj)
{
	string_t *str = str_new(pool, 1024);
	const struct cal_time *time;
	const struct cal_entry *entry;

	put(str, "kind", obj->kind == CAL_EVENT ? "event" :
	    obj->kind == CAL_TASK ? "task" : "note");
	put(str, "uid", obj->uid);
	put_text(str, "method", obj->method);
	if (obj->zone != NULL)
		put(str, "zone", zone_tzid(obj->zone));
	if (obj->have_master)
		put_entry(str, &obj->master);
	put_rule(str, &obj->rule);
	array_foreach(&obj->deleted, time)
		put_time(str, "deleted", time);
	array_foreach(&obj->added, time)
		put_time(str, "added", time);
	array_foreach(&obj->exceptions, entry) {
		str_append(str, "--\n");
		put_entry(str, entry);
	}
	return str_c(str);
}

/* --- golden files ------------------------------------------------------------------------- */

static void assert_text(const char *name, const char *what, const char *got,
			const char *want)
{
	const char *p = got, *q = want, *line = got;

	if (strcmp(got, want) == 0)
		return;
	for (; *p != '\0' && *p == *q; p++, q++) {
		if (*p == '\n')
			line = p + 1;
	}
	ck_abort_msg("%s: %s differs at \"%.200s\", expected \"%.100s\"", name,
		     what, line, q - (p - line));
}

static void golden_one(const char *dir, const char *file)
{
	const char *name = t_strndup(file, strlen(file) - 4);
	const char *path = t_strdup_printf("%s/%s.exp", dir, name);
	const char *raw = file_read(t_strdup_printf("%s/%s", dir, file));
	const char *text = raw, *got, *want, *error, *warnings, *again;
	struct cal_object *obj;
	bool broken = strncmp(name, "broken-", 7) == 0;

	if (!broken)
		text = crlf(raw);
	if (cal_parse(pool, text, strlen(text), &obj, &warnings, &error) < 0)
		got = t_strdup_printf("error: %s\n", error);
	else {
		got = t_strconcat(dump(obj), warnings == NULL ? NULL :
				  "warnings: ", warnings, "\n", NULL);
	}
	if (getenv("DOVETAIL_GOLDEN_WRITE") != NULL) {
		FILE *f = fopen(path, "w");

		ck_assert(f != NULL);
		fputs(got, f);
		fclose(f);
	}
	want = file_read(path);
	ck_assert_msg(want != NULL, "%s is missing", path);
	assert_text(name, "the model", got, want);
	if (strncmp(got, "error:", 6) == 0)
		return;
	if (!broken)
		ck_assert_msg(warnings == NULL, "%s: %s", name, warnings);

	/* back into the text: nothing changes */
	again = cal_write(pool, obj, text);
	if (!broken)
		assert_text(name, "the text", unfold(again), unfold(text));
	assert_folded(again);
	assert_text(name, "the text again", cal_write(pool, parse(again), again),
		    again);
	if (!broken) {
		/* the model alone holds what the model is */
		again = cal_write(pool, obj, NULL);
		assert_text(name, "the model written anew",
			    dump(parse(again)), dump(obj));
	}
}

START_TEST(golden)
{
	const char *dir = golden_dir();
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned int count = 0;

	ck_assert_msg(d != NULL, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len > 4 && strcmp(entry->d_name + len - 4, ".ics") == 0) T_BEGIN {
			golden_one(dir, entry->d_name);
			count++;
		} T_END;
	}
	closedir(d);
	ck_assert_uint_gt(count, 20);
}
END_TEST

/* Whatever .ics files other packages brought: in and out without loss. */
static unsigned int foreign_count;

static int foreign_file(const char *path, const struct stat *st, int type,
			struct FTW *ftw ATTR_UNUSED)
{
	size_t len = strlen(path);
	struct cal_object *obj;
	const char *text, *out, *error;

	if (type != FTW_F || len < 5 || st->st_size > 1024 * 1024 ||
	    strcasecmp(path + len - 4, ".ics") != 0)
		return 0;
	T_BEGIN {
		text = file_read(path);
		if (text != NULL &&
		    cal_parse(pool, text, strlen(text), &obj, NULL,
			      &error) == 0) {
			out = cal_write(pool, obj, text);
			assert_text(path, "the model", dump(parse(out)),
				    dump(obj));
			assert_text(path, "the text", cal_write(pool, parse(out),
								out), out);
			foreign_count++;
		}
	} T_END;
	return 0;
}

START_TEST(foreign)
{
	ck_assert_int_eq(nftw("/usr/share", foreign_file, 32, FTW_PHYS), 0);
	printf("%u foreign .ics files\n", foreign_count);
}
END_TEST

/* --- occurrences ------------------------------------------------------------------------- */

/* "01-05 10:00, ..." of the starts between two times, in UTC */
static const char *starts(const struct cal_object *obj, const char *from,
			  const char *to, unsigned int max, int *ret_r)
{
	ARRAY_TYPE(cal_instance) instances = ARRAY_INIT;
	const struct cal_instance *inst;
	string_t *str = str_new(pool, 256);
	struct zone_wall w;

	*ret_r = cal_expand(obj, NULL, utc(from), utc(to), max, pool,
			    &instances);
	array_foreach(&instances, inst) {
		if (str_len(str) > 0)
			str_append(str, ", ");
		zone_wall(zone_utc(), inst->start, &w);
		str_printfa(str, "%02u-%02u %02u:%02u", w.month, w.day, w.hour,
			    w.minute);
		if (inst->original != inst->start)
			str_append_c(str, '*');
	}
	return str_c(str);
}

static void assert_starts(const char *lines, const char *from, const char *to,
			  const char *want)
{
	int ret;

	ck_assert_str_eq(starts(event(lines), from, to, 1000, &ret), want);
	ck_assert_int_eq(ret, 0);
}

START_TEST(expand_rules)
{
	assert_starts("DTSTART:20240101T100000Z|RRULE:FREQ=DAILY;INTERVAL=10",
		      "2024-01-15 00:00", "2024-02-10 10:00",
		      "01-21 10:00, 01-31 10:00");
	/* clocks go forward on 31 March */
	assert_starts("DTSTART;TZID=Europe/Berlin:20240330T023000|"
		      "RRULE:FREQ=DAILY;COUNT=3",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "03-30 01:30, 03-31 01:30, 04-01 00:30");
	/* and back on 27 October: the first of the two */
	assert_starts("DTSTART;TZID=Europe/Berlin:20241026T023000|"
		      "RRULE:FREQ=DAILY;COUNT=3",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "10-26 00:30, 10-27 00:30, 10-28 01:30");
	/* UNTIL in UTC is the last start itself */
	assert_starts("DTSTART;TZID=America/New_York:20240101T200000|"
		      "RRULE:FREQ=DAILY;UNTIL=20240104T010000Z",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-02 01:00, 01-03 01:00, 01-04 01:00");
	/* one as a date holds for all of that day */
	assert_starts("DTSTART;TZID=America/New_York:20240101T200000|"
		      "RRULE:FREQ=DAILY;UNTIL=20240102",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-02 01:00, 01-03 01:00");
	assert_starts("DTSTART;VALUE=DATE:20240101|"
		      "RRULE:FREQ=WEEKLY;UNTIL=20240115T000000Z",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-01 00:00, 01-08 00:00, 01-15 00:00");
	/* EXDATE does not make COUNT longer */
	assert_starts("DTSTART:20240101T100000Z|RRULE:FREQ=DAILY;COUNT=4|"
		      "EXDATE:20240102T100000Z,20240103T100000Z",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-01 10:00, 01-04 10:00");
	/* EXDATE as a date, RDATE twice */
	assert_starts("DTSTART:20240101T100000Z|RRULE:FREQ=DAILY;COUNT=2|"
		      "EXDATE;VALUE=DATE:20240102|RDATE:20240101T100000Z,"
		      "20240105T120000Z", "2024-01-01 00:00",
		      "2025-01-01 00:00", "01-01 10:00, 01-05 12:00");
	assert_starts("DTSTART:20240131T100000Z|RRULE:FREQ=MONTHLY;COUNT=4",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-31 10:00, 03-31 10:00, 05-31 10:00, 07-31 10:00");
	assert_starts("DTSTART:20240130T100000Z|RRULE:FREQ=MONTHLY;COUNT=3;"
		      "BYMONTHDAY=28,29,30;BYSETPOS=-1",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-30 10:00, 02-29 10:00, 03-30 10:00");
	assert_starts("DTSTART:20240131T100000Z|"
		      "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
		      "2024-01-01 00:00", "2025-01-01 00:00",
		      "01-31 10:00, 02-29 10:00, 03-31 10:00");
	assert_starts("DTSTART:20240229T100000Z|RRULE:FREQ=YEARLY",
		      "2025-01-01 00:00", "2033-01-01 00:00",
		      "02-29 10:00, 02-29 10:00");
	/* weeks begin on the day that WKST says (RFC 5545's own example) */
	assert_starts("DTSTART:19970805T090000Z|"
		      "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
		      "1997-01-01 00:00", "1998-01-01 00:00",
		      "08-05 09:00, 08-10 09:00, 08-19 09:00, 08-24 09:00");
	assert_starts("DTSTART:19970805T090000Z|"
		      "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
		      "1997-01-01 00:00", "1998-01-01 00:00",
		      "08-05 09:00, 08-17 09:00, 08-19 09:00, 08-31 09:00");
	/* Passover */
	assert_starts("DTSTART;VALUE=DATE:20240423|"
		      "RRULE:RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=15;"
		      "COUNT=3", "2024-01-01 00:00", "2030-01-01 00:00",
		      "04-23 00:00, 04-13 00:00, 04-02 00:00");
}
END_TEST

START_TEST(expand_exceptions)
{
	struct cal_object *obj;
	struct cal_entry *entry;
	const struct cal_entry *centry;
	const char *text;
	int ret;

	obj = event("DTSTART;TZID=Europe/Berlin:20240101T100000|"
		    "DTEND;TZID=Europe/Berlin:20240101T113000|SUMMARY:all|"
		    "RRULE:FREQ=WEEKLY;COUNT=5");
	ck_assert(cal_is_occurrence(obj, NULL, utc("2024-01-08 09:00")));
	ck_assert(!cal_is_occurrence(obj, NULL, utc("2024-01-08 10:00")));
	ck_assert(!cal_is_occurrence(obj, NULL, utc("2024-02-05 09:00")));
	ck_assert(cal_exception_need(pool, obj, NULL,
				     utc("2024-01-09 09:00")) == NULL);
	entry = cal_exception_need(pool, obj, NULL, utc("2024-01-08 09:00"));
	ck_assert(entry != NULL);
	ck_assert_str_eq(time_str(&entry->recurrence_id),
			 "2024-01-08 10:00:00 Europe/Berlin");
	ck_assert_str_eq(time_str(&entry->start),
			 "2024-01-08 10:00:00 Europe/Berlin");
	ck_assert_str_eq(time_str(&entry->end),
			 "2024-01-08 11:30:00 Europe/Berlin");
	cal_time_set_zone(&entry->start, utc("2024-01-20 12:00"),
			  zone_by_name("Europe/Berlin"));
	cal_time_set_zone(&entry->end, utc("2024-01-20 13:00"),
			  zone_by_name("Europe/Berlin"));
	entry->summary = "moved";
	ck_assert_str_eq(starts(obj, "2024-01-01 00:00", "2025-01-01 00:00",
				1000, &ret),
			 "01-01 09:00, 01-15 09:00, 01-20 12:00*, "
			 "01-22 09:00, 01-29 09:00");
	centry = cal_occurrence(obj, NULL, utc("2024-01-08 09:00"));
	ck_assert_str_eq(centry->summary, "moved");
	centry = cal_occurrence(obj, NULL, utc("2024-01-15 09:00"));
	ck_assert_ptr_eq(centry, &obj->master);

	/* it is in the text, and only what differs is */
	text = cal_write(pool, obj, NULL);
	obj = parse(text);
	ck_assert_uint_eq(array_count(&obj->exceptions), 1);
	entry = array_front_modifiable(&obj->exceptions);
	ck_assert_str_eq(entry->summary, "moved");
	/* deleted instead */
	array_push_back(&obj->deleted, &entry->recurrence_id);
	ck_assert(cal_occurrence(obj, NULL, utc("2024-01-08 09:00")) == NULL);
	obj = parse(cal_write(pool, obj, text));
	ck_assert_uint_eq(array_count(&obj->exceptions), 0);
	ck_assert_str_eq(starts(obj, "2024-01-01 00:00", "2025-01-01 00:00",
				2, &ret), "01-01 09:00, 01-15 09:00");
	ck_assert_int_eq(ret, 1);
	/* and back again */
	ck_assert(cal_exception_need(pool, obj, NULL,
				     utc("2024-01-08 09:00")) != NULL);
	ck_assert_uint_eq(array_count(&obj->deleted), 0);
}
END_TEST

START_TEST(expand_future)
{
	struct cal_object *obj = parse(
		"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:f\r\n"
		"DTSTART:20240101T100000Z\r\nDTEND:20240101T110000Z\r\n"
		"RRULE:FREQ=DAILY;COUNT=6\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:f\r\n"
		"RECURRENCE-ID;RANGE=THISANDFUTURE:20240103T100000Z\r\n"
		"DTSTART:20240103T140000Z\r\nDTEND:20240103T160000Z\r\n"
		"END:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:f\r\nRECURRENCE-ID:20240105T100000Z\r\n"
		"DTSTART:20240105T080000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	int ret;

	ck_assert_str_eq(starts(obj, "2024-01-01 00:00", "2025-01-01 00:00",
				100, &ret),
			 "01-01 10:00, 01-02 10:00, 01-03 14:00*, "
			 "01-04 14:00*, 01-05 08:00*, 01-06 14:00*");
}
END_TEST

/* CPU time of what is asked of an appointment with this rule */
static clock_t expand_cost(struct cal_object *obj,
			   ARRAY_TYPE(cal_instance) *instances, int64_t *first_r)
{
	clock_t start = clock();
	int64_t last;

	(void)cal_expand(obj, NULL, utc("2024-01-01 00:00"),
			 utc("2099-01-01 00:00"), 100000, pool, instances);
	cal_bounds(obj, NULL, first_r, &last);
	(void)cal_is_occurrence(obj, NULL, utc("2060-01-01 00:00"));
	return clock() - start;
}

/* Measured against an honest rule with as many occurrences as are ever told. */
START_TEST(expand_absurd)
{
	static const char *const rules[] = {
		"FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=MINUTELY;INTERVAL=7;BYMONTHDAY=31;BYMONTH=11",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31",
		"FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
		"FREQ=YEARLY;BYYEARDAY=366;BYMONTH=3",
		"FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=1,2,3;BYSECOND=1,2",
		"FREQ=YEARLY;BYSETPOS=400;BYDAY=MO", "FREQ=SECONDLY;COUNT=99999999",
		"RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30",
		"FREQ=YEARLY;INTERVAL=32767;BYWEEKNO=53;BYDAY=SU",
	};
	ARRAY_TYPE(cal_instance) instances = ARRAY_INIT;
	clock_t honest, cost;
	int64_t first;
	unsigned int i;

	honest = expand_cost(event("DTSTART:20240101T100000Z|RRULE:FREQ=DAILY"),
			     &instances, &first);
	for (i = 0; i < N_ELEMENTS(rules); i++) {
		struct cal_object *obj = event(t_strdup_printf(
			"DTSTART:20240101T100000Z|RRULE:%s", rules[i]));

		ck_assert_int_ne(obj->rule.freq, CAL_FREQ_NONE);
		cost = expand_cost(obj, &instances, &first);
		ck_assert_msg(cost < 50 * honest, "%s: %ld against %ld",
			      rules[i], (long)cost, (long)honest);
		ck_assert_uint_le(array_count(&instances), 10001);
		/* all are there that have to be: the start at least */
		ck_assert_uint_ge(array_count(&instances), 1);
		ck_assert_int_eq(first, utc("2024-01-01 10:00"));
	}
}
END_TEST

START_TEST(bounds)
{
	static const struct {
		const char *lines, *first, *last;
	} tests[] = {
		{ "DTSTART:20240101T100000Z|DTEND:20240101T120000Z",
		  "2024-01-01 10:00", "2024-01-01 12:00" },
		{ "DTSTART:20240101T100000Z|RRULE:FREQ=DAILY",
		  "2024-01-01 10:00", NULL },
		{ "DTSTART:20240101T100000Z|DTEND:20240101T120000Z|"
		  "RRULE:FREQ=DAILY;COUNT=31", "2024-01-01 10:00",
		  "2024-01-31 12:00" },
		{ "DTSTART:20240101T100000Z|RRULE:FREQ=WEEKLY;BYDAY=MO,FR;"
		  "UNTIL=20300101T000000Z", "2024-01-01 10:00",
		  "2029-12-31 10:00" },
		{ "DTSTART:20240229T100000Z|RRULE:FREQ=YEARLY;"
		  "UNTIL=20350101T000000Z", "2024-02-29 10:00",
		  "2032-02-29 10:00" },
		{ "DTSTART;VALUE=DATE:20240101|DTEND;VALUE=DATE:20240103|"
		  "RRULE:FREQ=MONTHLY;COUNT=2|RDATE;VALUE=DATE:20231201",
		  "2023-12-01 00:00", "2024-02-03 00:00" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		int64_t first, last;

		cal_bounds(event(tests[i].lines), NULL, &first, &last);
		ck_assert_int_eq(first, utc(tests[i].first));
		ck_assert_int_eq(last, tests[i].last == NULL ? INT64_MAX :
				 utc(tests[i].last));
	}
}
END_TEST

/* --- edits ------------------------------------------------------------------------------------- */

static const char *golden_text(const char *name)
{
	return crlf(file_read(t_strdup_printf("%s/%s.ics", golden_dir(),
					      name)));
}

/* Every line of a is in b, but for those that begin so ('|' between them) */
static void assert_lines_kept(const char *a, const char *b, const char *except)
{
	const char *const *line = t_strsplit(unfold(a), "\r\n");
	const char *const *names, *all;

	all = t_strconcat("\r\n", unfold(b), NULL);
	for (; *line != NULL; line++) {
		for (names = t_strsplit(except, "|"); *names != NULL; names++) {
			if (strncmp(*line, *names, strlen(*names)) == 0)
				break;
		}
		if (*names == NULL && **line != '\0') {
			ck_assert_msg(strstr(all, t_strconcat("\r\n", *line,
				"\r\n", NULL)) != NULL, "lost: %s\nin %s",
				*line, b);
		}
	}
}

static bool has(const char *text, const char *line)
{
	return strstr(t_strconcat("\r\n", unfold(text), NULL),
		      t_strconcat("\r\n", line, NULL)) != NULL;
}

START_TEST(edit_texts)
{
	const char *text = golden_text("google-request"), *out;
	struct cal_object *obj = parse(text);
	struct cal_attendee *att;

	obj->master.summary = "New, title; with \\ and\nline";
	obj->master.location = "";
	out = cal_write(pool, obj, text);
	assert_lines_kept(text, out, "SUMMARY|LOCATION");
	ck_assert(has(out, "SUMMARY:New\\, title\\; with \\\\ and\\nline\r\n"));
	ck_assert(!has(out, "LOCATION"));
	ck_assert_str_eq(parse(out)->master.summary, obj->master.summary);

	/* a person's line keeps what else is said of the person */
	att = array_idx_modifiable(&obj->master.attendees, 2);
	att->partstat = CAL_PARTSTAT_DECLINED;
	att->replied = utc("2024-01-03 10:00");
	array_delete(&obj->master.attendees, 1, 1);
	att = array_append_space(&obj->master.attendees);
	att->person.email = "new@example.net";
	att->person.name = "N \"Q\" ew";
	out = cal_write(pool, obj, text);
	ck_assert(has(out, "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=OPT-PARTICIPANT;"
		      "PARTSTAT=DECLINED;RSVP=TRUE;CN=\"Doe, Jane\";"
		      "X-NUM-GUESTS=2;X-DOVETAIL-REPLIED=20240103T100000Z:"
		      "mailto:jane.doe@example.net\r\n"));
	ck_assert(strstr(unfold(out), "bob@example.org") == NULL);
	ck_assert(has(out, "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;"
		      "CN=N ^'Q^' ew:mailto:new@example.net"));
	ck_assert_str_eq(dump(parse(out)), dump(obj));
}
END_TEST

START_TEST(edit_times)
{
	const char *text = golden_text("exchange-series"), *out;
	struct cal_object *obj = parse(text);
	const struct zone *berlin = zone_by_name("Europe/Berlin");

	/* the text's own name of the zone stays in use */
	ck_assert_ptr_eq(obj->zone, berlin);
	cal_time_set_zone(&obj->master.end, utc("2024-01-10 15:00"), berlin);
	out = cal_write(pool, obj, text);
	assert_lines_kept(text, out, "DTEND;TZID=W. Europe Standard Time:20240110");
	ck_assert(has(out, "DTEND;TZID=W. Europe Standard Time:20240110T160000"));
	ck_assert(strstr(out, "Europe/Berlin") == NULL);

	/* another zone comes with its VTIMEZONE */
	cal_time_set_zone(&obj->master.end, utc("2024-01-10 15:00"),
			  zone_by_name("Asia/Tokyo"));
	out = cal_write(pool, obj, text);
	ck_assert(has(out, "DTEND;TZID=Asia/Tokyo:20240111T000000"));
	ck_assert(has(out, "TZID:Asia/Tokyo"));
	ck_assert(has(out, "TZID:W. Europe Standard Time"));

	/* a duration stays one as long as it is right */
	text = golden_text("thunderbird");
	obj = parse(text);
	obj->master.start.wall.hour++;
	obj->master.end.wall.hour++;
	out = cal_write(pool, obj, text);
	assert_lines_kept(text, out, "DTSTART");
	obj->master.end.wall.hour++;
	out = cal_write(pool, obj, text);
	ck_assert(!has(out, "DURATION"));
	ck_assert(has(out, "DTEND;TZID=/mozilla.org/20050126_1/Australia/Sydney:"
		      "20240201T123000"));
	/* a zone that nobody uses any more goes */
	cal_time_set_utc(&obj->master.start, utc("2024-02-01 00:00"));
	cal_time_set_utc(&obj->master.end, utc("2024-02-01 01:00"));
	out = cal_write(pool, obj, text);
	ck_assert(!has(out, "BEGIN:VTIMEZONE"));
	ck_assert(has(out, "DTSTART:20240201T000000Z"));
}
END_TEST

START_TEST(edit_alarms)
{
	const char *text = golden_text("google-request"), *out;
	struct cal_object *obj = parse(text);

	ck_assert_int_eq(obj->master.reminder, 10);
	obj->master.reminder = 30;
	out = cal_write(pool, obj, text);
	assert_lines_kept(text, out, "TRIGGER:-P0DT");
	ck_assert(has(out, "TRIGGER:-PT30M"));
	ck_assert_int_eq(parse(out)->master.reminder, 30);
	/* the mail stays */
	obj->master.reminder = -1;
	out = cal_write(pool, obj, text);
	ck_assert(has(out, "ACTION:EMAIL") && !has(out, "ACTION:DISPLAY"));

	text = golden_text("nextcloud-task");
	obj = parse(text);
	ck_assert_int_eq(obj->master.reminder_time, utc("2024-05-30 23:59"));
	obj->master.reminder_time = utc("2024-05-30 12:00");
	obj->master.done = TRUE;
	obj->master.percent = 100;
	obj->master.completed = utc("2024-05-01 00:00");
	out = cal_write(pool, obj, text);
	ck_assert(has(out, "TRIGGER;VALUE=DATE-TIME:20240530T120000Z"));
	ck_assert(has(out, "STATUS:COMPLETED"));
	ck_assert(has(out, "COMPLETED:20240501T000000Z"));
	assert_lines_kept(text, out, "TRIGGER|STATUS|PERCENT");
}
END_TEST

START_TEST(edit_status)
{
	const char *text = golden_text("nextcloud-event"), *out;
	struct cal_object *obj = parse(text);

	/* busy followed from STATUS: now it has to be said */
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_TENTATIVE);
	obj->master.tentative = FALSE;
	out = cal_write(pool, obj, text);
	ck_assert_str_eq(dump(parse(out)), dump(obj));
	obj->master.busy = CAL_BUSY_FREE;
	out = cal_write(pool, obj, text);
	ck_assert(has(out, "TRANSP:TRANSPARENT"));
	ck_assert_str_eq(dump(parse(out)), dump(obj));
	for (obj->master.busy = 0; obj->master.busy <= CAL_BUSY_ELSEWHERE;
	     obj->master.busy++) {
		out = cal_write(pool, obj, out);
		ck_assert_int_eq(parse(out)->master.busy, obj->master.busy);
	}
	/* deleted ones are added to what is there, whatever the order */
	obj = parse(text);
	array_push_back(&obj->deleted, &obj->master.start);
	array_clear(&obj->master.categories);
	out = cal_write(pool, obj, text);
	ck_assert_uint_eq(array_count(&parse(out)->deleted), 3);
	ck_assert(!has(out, "CATEGORIES"));
}
END_TEST

START_TEST(edit_attachments)
{
	const char *text = golden_text("thunderbird"), *out;
	struct cal_object *obj = parse(text);
	struct cal_attachment *att;
	unsigned int id;

	att = array_idx_modifiable(&obj->master.attachments, 1);
	ck_assert_str_eq(att->name, "a, b.txt");
	ck_assert_uint_eq(att->size, 11);
	id = att->id;
	array_delete(&obj->master.attachments, 0, 1);
	out = cal_write(pool, obj, text);
	assert_lines_kept(text, out, "ATTACH;FMTTYPE=application/pdf");
	ck_assert(!has(out, "ATTACH;FMTTYPE=application/pdf"));
	obj = parse(out);
	att = array_front_modifiable(&obj->master.attachments);
	ck_assert_uint_eq(att->id, id);

	att = array_append_space(&obj->master.attachments);
	att->name = "x\"y.bin";
	att->type = "application/octet-stream";
	att->data = memset(p_malloc(pool, 3000), 0xff, 3000);
	att->size = 3000;
	out = cal_write(pool, obj, out);
	assert_folded(out);
	obj = parse(out);
	ck_assert_uint_eq(array_count(&obj->master.attachments), 2);
	att = array_idx_modifiable(&obj->master.attachments, 1);
	ck_assert_uint_eq(att->size, 3000);
	ck_assert_uint_eq(att->data[2999], 0xff);
	ck_assert_str_eq(att->name, "x\"y.bin");
}
END_TEST

/* --- iTIP --------------------------------------------------------------------------------------- */

START_TEST(itip_reply)
{
	const char *text = golden_text("google-request"), *out;
	struct cal_object *obj = parse(text);
	const struct cal_attendee *att;
	struct cal_attendee *own;
	struct cal_time only;

	own = array_idx_modifiable(&obj->master.attendees, 1);
	own->partstat = CAL_PARTSTAT_ACCEPTED;
	obj->master.stamp = utc("2024-01-03 10:00");
	out = cal_write_itip(pool, obj, text, "REPLY", "Bob@Example.org", NULL);
	ck_assert(has(out, "METHOD:REPLY") && has(out, "DTSTAMP:20240103T1000"));
	ck_assert(!has(out, "BEGIN:VALARM"));
	ck_assert_int_eq(parse(out)->rule.freq, CAL_FREQ_NONE);
	ck_assert(!has(out, "DESCRIPTION"));
	ck_assert(has(out, "SEQUENCE:1"));
	obj = parse(out);
	ck_assert_uint_eq(array_count(&obj->master.attendees), 1);
	att = array_front(&obj->master.attendees);
	ck_assert_str_eq(att->person.email, "bob@example.org");
	ck_assert_int_eq(att->partstat, CAL_PARTSTAT_ACCEPTED);
	ck_assert_str_eq(obj->master.organizer.email, "erika@example.com");

	/* to one occurrence */
	obj = parse(text);
	cal_time_set_zone(&only, utc("2024-01-22 08:30"), obj->zone);
	out = cal_write_itip(pool, obj, text, "REPLY", "bob@example.org", &only);
	ck_assert(has(out, "RECURRENCE-ID;TZID=Europe/Berlin:20240122T093000"));
	ck_assert(has(out, "DTSTART;TZID=Europe/Berlin:20240122T093000"));
	obj = parse(out);
	ck_assert(!obj->have_master);
	ck_assert_uint_eq(array_count(&obj->exceptions), 1);
}
END_TEST

START_TEST(itip_request)
{
	const char *text = golden_text("exchange-series"), *out;
	struct cal_object *obj = parse(text);
	struct cal_attendee *att;
	const struct cal_entry *entry;

	obj->method = NULL;
	att = array_front_modifiable(&obj->master.attendees);
	att->replied = utc("2024-01-03 10:00");
	obj->master.busy = CAL_BUSY_OOF;
	obj->master.intended = -1;
	text = cal_write(pool, obj, text);
	ck_assert(!has(text, "METHOD"));
	out = cal_write_itip(pool, obj, text, "REQUEST", NULL, NULL);
	ck_assert(has(out, "METHOD:REQUEST"));
	ck_assert(has(out, "RRULE:") && has(out, "EXDATE;"));
	ck_assert(!has(out, "BEGIN:VALARM"));
	ck_assert(strstr(unfold(out), "X-DOVETAIL-REPLIED") == NULL);
	ck_assert(has(out, "X-MICROSOFT-CDO-INTENDEDSTATUS:OOF"));
	ck_assert(has(out, "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"));
	ck_assert(has(out, "X-ALT-DESC;FMTTYPE=text/html:"));
	obj = parse(out);
	ck_assert_uint_eq(array_count(&obj->exceptions), 1);
	ck_assert_uint_eq(array_count(&obj->master.attendees), 3);

	/* one occurrence, which has an entry of its own */
	entry = array_front(&obj->exceptions);
	out = cal_write_itip(pool, obj, text, "CANCEL", NULL,
			     &entry->recurrence_id);
	ck_assert(has(out, "STATUS:CANCELLED"));
	ck_assert(!has(out, "RRULE:FREQ=MONTHLY"));
	obj = parse(out);
	ck_assert(!obj->have_master);
	entry = array_front(&obj->exceptions);
	ck_assert_str_eq(entry->summary, "Steering committee (moved)");

	/* a counter-proposal says what it is about */
	obj = parse(text);
	att = array_front_modifiable(&obj->master.attendees);
	ck_assert_str_eq(att->person.email, "bob@example.org");
	cal_time_set_zone(&obj->master.start, utc("2024-01-11 10:00"), obj->zone);
	cal_time_set_zone(&obj->master.end, utc("2024-01-11 11:00"), obj->zone);
	out = cal_write_itip(pool, obj, text, "COUNTER", "bob@example.org",
			     NULL);
	ck_assert(has(out, "DTSTART;TZID=W. Europe Standard Time:20240111T110000"));
	ck_assert(has(out, "X-MS-OLK-ORIGINALSTART;TZID=W. Europe Standard Time:"
		      "20240110T140000"));
}
END_TEST

/* --- streams --------------------------------------------------------------------------------------- */

struct pieces {
	unsigned int count;
	string_t *uids;
	const char *last;
};

static int piece(void *context, const char *uid, const char *text,
		 const char *error)
{
	struct pieces *pieces = context;
	struct cal_object *obj;
	const char *err;

	ck_assert(error == NULL);
	pieces->count++;
	if (pieces->count <= 10)
		str_printfa(pieces->uids, "%s ", uid);
	if (pieces->count <= 100 || pieces->count % 1000 == 0) {
		ck_assert_int_eq(cal_parse(pool, text, strlen(text), &obj, NULL,
					   &err), 0);
		ck_assert_str_eq(obj->uid, uid);
		pieces->last = p_strdup(pool, text);
	}
	return 0;
}

static int piece_stop(void *context, const char *uid ATTR_UNUSED,
		      const char *text ATTR_UNUSED,
		      const char *error ATTR_UNUSED)
{
	return ++*(unsigned int *)context == 2 ? -1 : 0;
}

START_TEST(split)
{
	static const char stream[] =
		"BEGIN:VCALENDAR\nPRODID:one\nVERSION:2.0\nMETHOD:PUBLISH\n"
		"BEGIN:VTIMEZONE\nTZID:Z\nBEGIN:STANDARD\nTZOFFSETFROM:+0100\n"
		"TZOFFSETTO:+0100\nDTSTART:19700101T000000\nEND:STANDARD\n"
		"END:VTIMEZONE\n"
		"BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Z:20240101T100000\n"
		"RRULE:FREQ=DAILY\nEND:VEVENT\n"
		"BEGIN:VTODO\nSUMMARY:no uid\nBEGIN:VALARM\nUID:inner\n"
		"END:VALARM\nEND:VTODO\n"
		"BEGIN:VEVENT\nUID:b\nDTSTART:20240101T100000Z\n"
		"BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Z:20240103T100000\n"
		"DTSTART;TZID=Z:20240103T120000\nEND:VEVENT\n"
		"END:VCALENDAR\n"
		"BEGIN:VCALENDAR\nPRODID:two\n"
		"BEGIN:VTIMEZONE\nTZID:Z\nBEGIN:STANDARD\nTZOFFSETFROM:+0200\n"
		"TZOFFSETTO:+0200\nDTSTART:19700101T000000\nEND:STANDARD\n"
		"END:VTIMEZONE\n"
		"BEGIN:VJOURNAL\nUID:c\nDTSTART;TZID=Z:20240101T1000\n 00\n"
		"SUMMARY:\xe9\nEND:VJOURNAL\nEND:VCALENDAR\n";
	struct pieces pieces = { .uids = t_str_new(128) };
	const char *error, *const *uids;
	unsigned int stop = 0;

	ck_assert_int_eq(cal_split(stream, sizeof(stream) - 1, piece, &pieces,
				   &error), 0);
	ck_assert_uint_eq(pieces.count, 4);
	uids = t_strsplit(str_c(pieces.uids), " ");
	ck_assert_str_eq(uids[0], "a");
	ck_assert_uint_eq(strlen(uids[1]), 32);
	ck_assert_str_eq(uids[2], "b");
	ck_assert_str_eq(uids[3], "c");
	ck_assert(has(pieces.last, "TZOFFSETTO:+0200"));
	ck_assert(has(pieces.last, "SUMMARY:\xc3\xa9"));
	ck_assert_int_eq(cal_split(stream, sizeof(stream) - 1, piece_stop,
				   &stop, &error), 0);
	ck_assert_uint_eq(stop, 2);
	ck_assert_int_lt(cal_split("x", 1, piece, &pieces, &error), 0);
}
END_TEST

START_TEST(split_many)
{
	struct pieces pieces = { .uids = t_str_new(128) };
	string_t *str = str_new(default_pool, 30 * 1024 * 1024);
	const char *error;
	unsigned int i;
	clock_t start;

	str_append(str, "BEGIN:VCALENDAR\r\n");
	for (i = 0; i < 50000; i++) {
		str_printfa(str, "BEGIN:VEVENT\r\nUID:e%u\r\n"
			    "DTSTART:20240101T100000Z\r\n"
			    "DTEND:20240101T110000Z\r\nSUMMARY:Event %u\r\n"
			    "DESCRIPTION:%0400u\r\nEND:VEVENT\r\n",
			    i, i, i);
	}
	str_append(str, "END:VCALENDAR\r\n");
	start = clock();
	ck_assert_int_eq(cal_split(str_c(str), str_len(str), piece, &pieces,
				   &error), 0);
	ck_assert_uint_eq(pieces.count, 50000);
	/* a second of CPU is far more than it takes without sanitizers */
	if (getenv("ASAN_OPTIONS") == NULL) {
		ck_assert_msg(clock() - start < 5 * CLOCKS_PER_SEC, "%ld ms",
			      (clock() - start) * 1000 / CLOCKS_PER_SEC);
	}
	str_free(&str);
}
END_TEST

/* --- identity ------------------------------------------------------------------------------------------ */

START_TEST(goid)
{
	/* MS-OXOCAL 4.1.2.1 */
	static const char sample[] =
		"040000008200E00074C5B7101A82E00807D803195025D461E473C801"
		"0000000000000000100000002A5844B3A444F74A9C246C60886F116B";
	static const char clean[] =
		"040000008200E00074C5B7101A82E008000000005025D461E473C801"
		"0000000000000000100000002A5844B3A444F74A9C246C60886F116B";
	static const char *const uids[] = {
		"x", "abc@google.com", "040000008200E00074C5B7101A82E008",
		"Größe", clean,
	};
	buffer_t *buf = t_buffer_create(64), *bin = t_buffer_create(64);
	unsigned int i;

	ck_assert_int_eq(hex_to_binary(sample, bin), 0);
	ck_assert_str_eq(cal_goid_to_uid(bin->data, bin->used), clean);
	cal_uid_to_goid(sample, buf);
	ck_assert_str_eq(t_str_ucase(binary_to_hex(buf->data, buf->used)),
			 clean);
	for (i = 0; i < N_ELEMENTS(uids); i++) {
		cal_uid_to_goid(uids[i], buf);
		ck_assert_str_eq(cal_goid_to_uid(buf->data, buf->used), uids[i]);
	}
	cal_uid_to_goid("abc", buf);
	ck_assert_str_eq(binary_to_hex(buf->data, buf->used),
		"040000008200e00074c5b7101a82e00800000000000000000000000000000000"
		"0000000010000000" "7643616c2d55696401000000" "61626300");
	ck_assert_str_eq(cal_goid_to_uid((const void *)"\1\2", 2), "0102");
}
END_TEST

START_TEST(index_text)
{
	string_t *words = t_str_new(64);
	const char *sort;

	cal_index_text(parse(golden_text("exchange-series")), words, &sort);
	ck_assert_str_eq(sort, "Steering committee");
	ck_assert_str_eq(str_c(words), "Steering committee Board room "
		"Alice Adams alice@example.com Bob Brown bob@example.org Carol "
		"carol@example.org Board room board@example.com "
		"Steering committee (moved) elsewhere");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calendar");
	TCase *tcase = tcase_create("text");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, golden);
	tcase_add_test(tcase, foreign);
	tcase_add_test(tcase, expand_rules);
	tcase_add_test(tcase, expand_exceptions);
	tcase_add_test(tcase, expand_future);
	tcase_add_test(tcase, expand_absurd);
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, edit_texts);
	tcase_add_test(tcase, edit_times);
	tcase_add_test(tcase, edit_alarms);
	tcase_add_test(tcase, edit_status);
	tcase_add_test(tcase, edit_attachments);
	tcase_add_test(tcase, itip_reply);
	tcase_add_test(tcase, itip_request);
	tcase_add_test(tcase, split);
	tcase_add_test(tcase, split_many);
	tcase_add_test(tcase, goid);
	tcase_add_test(tcase, index_text);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	zones_deinit();
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
