/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* RecurrencePattern and AppointmentRecurrencePattern (MS-OXOCAL 2.2.1.44). All times in
   it are minutes since 1601 by the clock of the series' zone. */

#include "lib.h"
#include "cal-private.h"

#define FREQ_DAILY 0x200a
#define FREQ_WEEKLY 0x200b
#define FREQ_MONTHLY 0x200c
#define FREQ_YEARLY 0x200d

#define PATTERN_DAY 0
#define PATTERN_WEEK 1
#define PATTERN_MONTH 2
#define PATTERN_MONTH_NTH 3
#define PATTERN_MONTH_END 4
#define PATTERN_HJ_MONTH 10
#define PATTERN_HJ_MONTH_NTH 11
#define PATTERN_HJ_MONTH_END 12

#define END_BY_DATE 0x2021
#define END_BY_COUNT 0x2022
#define END_NEVER 0x2023

#define DAY_MINUTES 1440
#define EXPAND_MAX 10000
#define INSTANCES_MAX 5000

#define OVERRIDE_SUBJECT 0x0001
#define OVERRIDE_MEETING_TYPE 0x0002
#define OVERRIDE_REMINDER_DELTA 0x0004
#define OVERRIDE_REMINDER 0x0008
#define OVERRIDE_LOCATION 0x0010
#define OVERRIDE_BUSY 0x0020
#define OVERRIDE_ATTACHMENT 0x0040
#define OVERRIDE_ALL_DAY 0x0080
#define OVERRIDE_COLOR 0x0100
#define OVERRIDE_BODY 0x0200

/* --- clocks --- */

/* Days from 1601-01-01 to 1970-01-01 */
#define DAYS_1601 134774

int64_t cal_days(const struct zone_wall *wall)
{
	struct zone_wall day = { .year = wall->year, .month = wall->month,
				 .day = wall->day };

	return zone_utc_of(zone_utc(), &day) / 86400;
}

uint32_t cal_minutes(const struct zone_wall *wall)
{
	int64_t minutes = (cal_days(wall) + DAYS_1601) * DAY_MINUTES +
		wall->hour * 60 + wall->minute;

	return minutes < 0 ? 0 : minutes > UINT32_MAX ? UINT32_MAX : minutes;
}

void cal_minutes_wall(uint32_t minutes, struct zone_wall *wall_r)
{
	int64_t secs = ((int64_t)minutes - (int64_t)DAYS_1601 * DAY_MINUTES) *
		60;

	zone_wall(zone_utc(), secs, wall_r);
}

const struct zone *cal_series_zone(const struct mapiconv *conv,
				   const struct cal_object *obj)
{
	if (obj->master.start.form == CAL_TIME_ZONE &&
	    obj->master.start.zone != NULL)
		return obj->master.start.zone;
	if (obj->master.start.form == CAL_TIME_UTC && obj->zone == NULL)
		return zone_utc();
	if (obj->zone != NULL)
		return obj->zone;
	return conv->zone != NULL ? conv->zone : zone_utc();
}

void cal_wall_in(const struct cal_time *time, const struct zone *zone,
		 struct zone_wall *wall_r)
{
	if (time->form == CAL_TIME_DATE || time->form == CAL_TIME_FLOATING ||
	    (time->form == CAL_TIME_ZONE && zone_equal(time->zone, zone)))
		*wall_r = time->wall;
	else
		zone_wall(zone, cal_time_utc(time, zone), wall_r);
}

void cal_time_like(struct cal_time *time_r, const struct zone_wall *wall,
		   const struct cal_time *form, const struct zone *zone)
{
	i_zero(time_r);
	time_r->form = form->form;
	time_r->wall = *wall;
	switch (form->form) {
	case CAL_TIME_DATE:
		time_r->wall.hour = time_r->wall.minute =
			time_r->wall.second = 0;
		break;
	case CAL_TIME_UTC:
		cal_time_set_utc(time_r, zone_utc_of(zone, wall));
		break;
	case CAL_TIME_ZONE:
		time_r->zone = form->zone;
		if (!zone_equal(form->zone, zone))
			cal_time_set_zone(time_r, zone_utc_of(zone, wall),
					  form->zone);
		break;
	default:
		break;
	}
}

/* --- writing --- */

struct recur_writer {
	const struct mapiconv *conv;
	const struct cal_object *obj;
	const struct zone *zone;
	struct zone_wall start;
	buffer_t *out;
	/* by appointments only */
	uint32_t start_offset, end_offset;
};

static unsigned int week_day(const struct zone_wall *wall)
{
	/* 1970-01-01 was a Thursday */
	return (cal_days(wall) % 7 + 7 + 4) % 7;
}

static unsigned int pattern_of(const struct cal_rule *rule)
{
	switch (rule->freq) {
	case CAL_FREQ_DAILY:
		return rule->days != 0 ? PATTERN_WEEK : PATTERN_DAY;
	case CAL_FREQ_WEEKLY:
		return PATTERN_WEEK;
	default:
		if (rule->week != 0)
			return PATTERN_MONTH_NTH;
		return rule->month_day == -1 ? PATTERN_MONTH_END :
			PATTERN_MONTH;
	}
}

/* Can these numbers say the rule? */
static bool rule_fits(const struct cal_rule *rule)
{
	switch (rule->freq) {
	case CAL_FREQ_DAILY:
		return rule->interval < 1000000 / DAY_MINUTES &&
			(rule->days == 0 || rule->interval == 1);
	case CAL_FREQ_WEEKLY:
	case CAL_FREQ_MONTHLY:
		return rule->interval < 1000;
	case CAL_FREQ_YEARLY:
		return rule->interval < 100 && rule->calendar_type <= 1;
	default:
		return FALSE;
	}
}

static uint32_t period_of(const struct cal_rule *rule)
{
	switch (rule->freq) {
	case CAL_FREQ_DAILY:
		return rule->days != 0 ? 1 : rule->interval * DAY_MINUTES;
	case CAL_FREQ_YEARLY:
		return rule->interval * 12;
	default:
		return rule->interval;
	}
}

/* 2.2.1.44.1 FirstDateTime */
static uint32_t first_date_time(const struct recur_writer *w)
{
	const struct cal_rule *rule = &w->obj->rule;
	struct zone_wall day = w->start, month;
	uint32_t date, months, period = period_of(rule);

	day.hour = day.minute = day.second = 0;
	date = cal_minutes(&day);
	switch (pattern_of(rule)) {
	case PATTERN_DAY:
		return date % period;
	case PATTERN_WEEK:
		date -= (week_day(&day) + 7 - rule->week_start % 7) % 7 *
			DAY_MINUTES;
		return date % (period * 7 * DAY_MINUTES);
	default:
		months = ((w->start.year - 1601) * 12 + w->start.month - 1) %
			period;
		i_zero(&month);
		month.year = 1601 + months / 12;
		month.month = months % 12 + 1;
		month.day = 1;
		return cal_minutes(&month);
	}
}

static void put_specific(const struct recur_writer *w)
{
	const struct cal_rule *rule = &w->obj->rule;
	unsigned int days = rule->days;

	if (days == 0)
		days = 1 << week_day(&w->start);
	switch (pattern_of(rule)) {
	case PATTERN_WEEK:
		mapi_out_u32(w->out, days);
		break;
	case PATTERN_MONTH_NTH:
		mapi_out_u32(w->out, days);
		mapi_out_u32(w->out, rule->week);
		break;
	case PATTERN_MONTH:
		mapi_out_u32(w->out, rule->month_day > 0 ?
			     (unsigned int)rule->month_day : w->start.day);
		break;
	case PATTERN_MONTH_END:
		mapi_out_u32(w->out, 31);
		break;
	default:
		break;
	}
}

/* Number of occurrences of the rule alone and the date of the last one */
static void count_occurrences(const struct recur_writer *w, uint32_t *count_r,
			      struct zone_wall *last_r)
{
	struct cal_object bare = *w->obj;
	ARRAY_TYPE(cal_instance) list;
	const struct cal_instance *last;
	pool_t pool = pool_alloconly_create("recurrence", 16384);

	p_array_init(&bare.deleted, pool, 1);
	p_array_init(&bare.added, pool, 1);
	p_array_init(&bare.exceptions, pool, 1);
	p_array_init(&list, pool, 64);
	(void)cal_expand(&bare, w->zone,
			 cal_time_utc(&bare.master.start, w->zone) - 86400,
			 (time_t)1 << 40, EXPAND_MAX, pool, &list);
	*count_r = array_count(&list);
	*last_r = w->start;
	if (*count_r > 0) {
		last = array_idx(&list, *count_r - 1);
		zone_wall(w->zone, last->original, last_r);
	}
	pool_unref(&pool);
}

static uint32_t put_end(const struct recur_writer *w)
{
	const struct cal_rule *rule = &w->obj->rule;
	struct zone_wall last;
	uint32_t count;

	if (rule->count == 0 && rule->until.form == CAL_TIME_NONE) {
		mapi_out_u32(w->out, END_NEVER);
		mapi_out_u32(w->out, 10);
		return CAL_MINUTES_NEVER;
	}
	count_occurrences(w, &count, &last);
	if (rule->count == 0)
		cal_wall_in(&rule->until, w->zone, &last);
	mapi_out_u32(w->out, rule->count > 0 ? END_BY_COUNT : END_BY_DATE);
	mapi_out_u32(w->out, rule->count > 0 ? rule->count : count);
	last.hour = last.minute = last.second = 0;
	return cal_minutes(&last);
}

static uint32_t date_of(const struct recur_writer *w,
			const struct cal_time *time)
{
	struct zone_wall wall;

	cal_wall_in(time, w->zone, &wall);
	wall.hour = wall.minute = wall.second = 0;
	return cal_minutes(&wall);
}

static uint32_t minutes_of(const struct recur_writer *w,
			   const struct cal_time *time)
{
	struct zone_wall wall;

	cal_wall_in(time, w->zone, &wall);
	return cal_minutes(&wall);
}

static int u32_cmp(const uint32_t *a, const uint32_t *b)
{
	return *a < *b ? -1 : *a > *b ? 1 : 0;
}

static void put_dates(buffer_t *out, ARRAY_TYPE(uint32_t) *dates)
{
	const uint32_t *date;

	array_sort(dates, u32_cmp);
	mapi_out_u32(out, array_count(dates));
	array_foreach(dates, date)
		mapi_out_u32(out, *date);
}

static void put_instances(const struct recur_writer *w)
{
	ARRAY_TYPE(uint32_t) deleted, modified;
	const struct cal_time *time;
	const struct cal_entry *entry;
	uint32_t date;

	t_array_init(&deleted, 16);
	t_array_init(&modified, 16);
	array_foreach(&w->obj->deleted, time) {
		date = date_of(w, time);
		array_push_back(&deleted, &date);
	}
	array_foreach(&w->obj->exceptions, entry) {
		date = date_of(w, &entry->recurrence_id);
		array_push_back(&deleted, &date);
		if (entry->cancelled)
			continue;
		date = date_of(w, &entry->start);
		array_push_back(&modified, &date);
	}
	put_dates(w->out, &deleted);
	put_dates(w->out, &modified);
}

static void put_pattern(const struct recur_writer *w)
{
	static const unsigned int frequencies[] = {
		0, FREQ_DAILY, FREQ_WEEKLY, FREQ_MONTHLY, FREQ_YEARLY
	};
	const struct cal_rule *rule = &w->obj->rule;
	uint32_t end;
	buffer_t *out = w->out;
	struct zone_wall start = w->start;

	mapi_out_u16(out, 0x3004);
	mapi_out_u16(out, 0x3004);
	mapi_out_u16(out, frequencies[rule->freq]);
	mapi_out_u16(out, pattern_of(rule));
	mapi_out_u16(out, rule->calendar_type);
	mapi_out_u32(out, first_date_time(w));
	mapi_out_u32(out, period_of(rule));
	mapi_out_u32(out, rule->regenerate ? 1 : 0);
	put_specific(w);
	end = put_end(w);
	mapi_out_u32(out, rule->week_start % 7);
	put_instances(w);
	start.hour = start.minute = start.second = 0;
	mapi_out_u32(out, cal_minutes(&start));
	mapi_out_u32(out, end);
}

/* --- exceptions --- */

static bool text_differs(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) != 0;
}

static unsigned int override_flags(const struct cal_entry *master,
				   const struct cal_entry *entry)
{
	unsigned int flags = 0;

	if (text_differs(master->summary, entry->summary))
		flags |= OVERRIDE_SUBJECT;
	if (text_differs(master->location, entry->location))
		flags |= OVERRIDE_LOCATION;
	if (master->busy != entry->busy)
		flags |= OVERRIDE_BUSY;
	if ((master->reminder >= 0) != (entry->reminder >= 0))
		flags |= OVERRIDE_REMINDER;
	if (entry->reminder >= 0 && master->reminder != entry->reminder)
		flags |= OVERRIDE_REMINDER_DELTA;
	if (master->all_day != entry->all_day)
		flags |= OVERRIDE_ALL_DAY;
	if (text_differs(master->description, entry->description))
		flags |= OVERRIDE_BODY;
	return flags;
}

static void put_times(const struct recur_writer *w,
		      const struct cal_entry *entry)
{
	mapi_out_u32(w->out, minutes_of(w, &entry->start));
	mapi_out_u32(w->out, minutes_of(w, &entry->end));
	mapi_out_u32(w->out, minutes_of(w, &entry->recurrence_id));
}

/* In a code page that every reader has: others come from the extended part */
static void put_narrow(buffer_t *out, const char *text)
{
	string_t *narrow = t_str_new(64);
	size_t len;

	for (; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0) == 0x80)
			continue;
		str_append_c(narrow, (unsigned char)*text < 0x80 ? *text : '?');
	}
	len = I_MIN(str_len(narrow), 0xfffe);
	mapi_out_u16(out, len + 1);
	mapi_out_u16(out, len);
	buffer_append(out, str_data(narrow), len);
}

static void put_wide(buffer_t *out, const char *text)
{
	buffer_t *wide = t_buffer_create(128);
	size_t chars;

	mapi_out_utf16(wide, text);
	chars = I_MIN(wide->used / 2 - 1, 0xffff);
	mapi_out_u16(out, chars);
	buffer_append(out, wide->data, chars * 2);
}

static void put_exception(const struct recur_writer *w,
			  const struct cal_entry *entry)
{
	unsigned int flags = override_flags(&w->obj->master, entry);

	put_times(w, entry);
	mapi_out_u16(w->out, flags);
	if ((flags & OVERRIDE_SUBJECT) != 0)
		put_narrow(w->out, entry->summary);
	if ((flags & OVERRIDE_REMINDER_DELTA) != 0)
		mapi_out_u32(w->out, entry->reminder);
	if ((flags & OVERRIDE_REMINDER) != 0)
		mapi_out_u32(w->out, entry->reminder >= 0 ? 1 : 0);
	if ((flags & OVERRIDE_LOCATION) != 0)
		put_narrow(w->out, entry->location);
	if ((flags & OVERRIDE_BUSY) != 0)
		mapi_out_u32(w->out, entry->busy);
	if ((flags & OVERRIDE_ALL_DAY) != 0)
		mapi_out_u32(w->out, entry->all_day ? 1 : 0);
}

static void put_extended(const struct recur_writer *w,
			 const struct cal_entry *entry)
{
	unsigned int flags = override_flags(&w->obj->master, entry);

	mapi_out_u32(w->out, 4);
	mapi_out_u32(w->out, 0);
	mapi_out_u32(w->out, 0);
	if ((flags & (OVERRIDE_SUBJECT | OVERRIDE_LOCATION)) == 0)
		return;
	put_times(w, entry);
	if ((flags & OVERRIDE_SUBJECT) != 0)
		put_wide(w->out, entry->summary);
	if ((flags & OVERRIDE_LOCATION) != 0)
		put_wide(w->out, entry->location);
	mapi_out_u32(w->out, 0);
}

static void put_appointment(const struct recur_writer *w)
{
	const struct cal_entry *entry;
	unsigned int count = 0;

	array_foreach(&w->obj->exceptions, entry)
		count += entry->cancelled ? 0 : 1;
	mapi_out_u32(w->out, 0x3006);
	mapi_out_u32(w->out, 0x3009);
	mapi_out_u32(w->out, w->start_offset);
	mapi_out_u32(w->out, w->end_offset);
	mapi_out_u16(w->out, count);
	array_foreach(&w->obj->exceptions, entry) {
		if (!entry->cancelled)
			put_exception(w, entry);
	}
	mapi_out_u32(w->out, 0);
	array_foreach(&w->obj->exceptions, entry) {
		if (!entry->cancelled)
			put_extended(w, entry);
	}
	mapi_out_u32(w->out, 0);
}

bool mapiconv_recurrence_write(const struct mapiconv *conv,
			       const struct cal_object *obj, buffer_t *dest)
{
	struct recur_writer w = {
		.conv = conv, .obj = obj, .zone = cal_series_zone(conv, obj),
	};
	struct zone_wall end;

	if (!rule_fits(&obj->rule) || obj->master.start.form == CAL_TIME_NONE)
		return FALSE;
	T_BEGIN {
		w.out = t_buffer_create(512);
		cal_wall_in(&obj->master.start, w.zone, &w.start);
		put_pattern(&w);
		if (obj->kind == CAL_EVENT) {
			cal_wall_in(&obj->master.end, w.zone, &end);
			w.start_offset = w.start.hour * 60 + w.start.minute;
			w.end_offset = w.start_offset +
				I_MAX(0, (int64_t)cal_minutes(&end) -
				      (int64_t)cal_minutes(&w.start));
			put_appointment(&w);
		}
		buffer_append_buf(dest, w.out, 0, SIZE_MAX);
	} T_END;
	return TRUE;
}

/* --- reading --- */

struct recur_reader {
	const struct mapiconv *conv;
	pool_t pool;
	struct cal_object *obj;
	const struct zone *zone;
	struct mapi_in in;

	unsigned int frequency, pattern;
	uint32_t period, start_date, end_date, end_type, count;
	uint32_t start_offset, end_offset;
	ARRAY_TYPE(uint32_t) deleted, modified;
};

struct recur_exception {
	uint32_t start, end, original;
	unsigned int flags;
	const char *subject, *location;
	uint32_t reminder_delta, reminder_set, busy, all_day;
};

static bool read_rule(struct recur_reader *r, struct cal_rule *rule)
{
	uint32_t value;

	switch (r->pattern) {
	case PATTERN_DAY:
		rule->freq = CAL_FREQ_DAILY;
		rule->interval = r->period / DAY_MINUTES;
		return rule->interval > 0;
	case PATTERN_WEEK:
		rule->freq = CAL_FREQ_WEEKLY;
		rule->days = mapi_in_u32(&r->in) & 0x7f;
		break;
	case PATTERN_MONTH_NTH:
	case PATTERN_HJ_MONTH_NTH:
		rule->freq = CAL_FREQ_MONTHLY;
		rule->days = mapi_in_u32(&r->in) & 0x7f;
		rule->week = mapi_in_u32(&r->in);
		if (rule->days == 0 || rule->week < 1 || rule->week > 5)
			return FALSE;
		break;
	case PATTERN_MONTH:
	case PATTERN_HJ_MONTH:
	case PATTERN_MONTH_END:
	case PATTERN_HJ_MONTH_END:
		rule->freq = CAL_FREQ_MONTHLY;
		value = mapi_in_u32(&r->in);
		if (value < 1 || value > 31)
			return FALSE;
		rule->month_day = r->pattern == PATTERN_MONTH_END ||
			r->pattern == PATTERN_HJ_MONTH_END ? -1 : (int)value;
		rule->clamp = value > 28 && rule->month_day > 0;
		break;
	default:
		return FALSE;
	}
	rule->interval = r->period;
	return rule->interval > 0;
}

static void read_dates(struct recur_reader *r, ARRAY_TYPE(uint32_t) *dates)
{
	uint32_t count = mapi_in_u32(&r->in), date;

	p_array_init(dates, r->pool, 16);
	if (count > mapi_in_left(&r->in) / 4 || count > INSTANCES_MAX) {
		r->in.broken = TRUE;
		return;
	}
	while (count-- > 0) {
		date = mapi_in_u32(&r->in);
		array_push_back(dates, &date);
	}
}

/* Months of the pattern that are whole years */
static void yearly(struct recur_reader *r, struct cal_rule *rule)
{
	struct zone_wall wall;

	if (rule->freq != CAL_FREQ_MONTHLY || r->period % 12 != 0 ||
	    r->frequency != FREQ_YEARLY)
		return;
	cal_minutes_wall(r->start_date, &wall);
	rule->freq = CAL_FREQ_YEARLY;
	rule->interval = r->period / 12;
	rule->month = wall.month;
}

static bool read_pattern(struct recur_reader *r)
{
	struct cal_rule *rule = &r->obj->rule;

	i_zero(rule);
	(void)mapi_in_u16(&r->in);
	(void)mapi_in_u16(&r->in);
	r->frequency = mapi_in_u16(&r->in);
	r->pattern = mapi_in_u16(&r->in);
	rule->calendar_type = mapi_in_u16(&r->in);
	(void)mapi_in_u32(&r->in);
	r->period = mapi_in_u32(&r->in);
	rule->regenerate = mapi_in_u32(&r->in) != 0;
	if (r->in.broken || r->period > 100000000 || !read_rule(r, rule))
		return FALSE;
	r->end_type = mapi_in_u32(&r->in);
	r->count = mapi_in_u32(&r->in);
	rule->week_start = mapi_in_u32(&r->in) % 7;
	read_dates(r, &r->deleted);
	read_dates(r, &r->modified);
	r->start_date = mapi_in_u32(&r->in);
	r->end_date = mapi_in_u32(&r->in);
	yearly(r, rule);
	return !r->in.broken;
}

/* The last day's end, so that an occurrence of any time of that day is in it */
static void set_end(struct recur_reader *r)
{
	const struct cal_time *start = &r->obj->master.start;
	struct cal_rule *rule = &r->obj->rule;
	struct zone_wall wall;

	if (r->end_type == END_BY_COUNT) {
		rule->count = I_MAX(1, r->count);
	} else if (r->end_type == END_BY_DATE &&
		   r->end_date != CAL_MINUTES_NEVER) {
		cal_minutes_wall(r->end_date - r->end_date % DAY_MINUTES +
				 r->start_offset % DAY_MINUTES, &wall);
		cal_time_like(&rule->until, &wall, start, r->zone);
		/* RFC 5545: UTC where the start has a zone */
		if (rule->until.form == CAL_TIME_ZONE)
			cal_time_set_utc(&rule->until,
					 zone_utc_of(r->zone, &wall));
	}
}

static const char *read_narrow(struct recur_reader *r)
{
	const unsigned char *data;
	union mapi_value src, dest;
	unsigned int size;

	(void)mapi_in_u16(&r->in);
	size = mapi_in_u16(&r->in);
	data = mapi_in_bytes(&r->in, size);
	if (data == NULL)
		return "";
	src.s = p_strndup(r->pool, data, size);
	if (!mapi_value_convert(r->pool, MAPI_TAG(1, PTYP_STRING8), &src,
				MAPI_TAG(1, PTYP_STRING), 1252, &dest))
		return "";
	return dest.s;
}

static const char *read_wide(struct recur_reader *r)
{
	struct mapi_in in;
	const unsigned char *data;
	unsigned char *copy;
	unsigned int size = mapi_in_u16(&r->in) * 2;

	data = mapi_in_bytes(&r->in, size);
	if (data == NULL)
		return "";
	copy = p_malloc(r->pool, size + 2);
	memcpy(copy, data, size);
	mapi_in_init(&in, MAPI_FORM_ROP, r->pool, copy, size + 2);
	return mapi_in_utf16(&in);
}

static void read_exception(struct recur_reader *r, struct recur_exception *e)
{
	struct mapi_in *in = &r->in;

	i_zero(e);
	e->start = mapi_in_u32(in);
	e->end = mapi_in_u32(in);
	e->original = mapi_in_u32(in);
	e->flags = mapi_in_u16(in);
	if ((e->flags & OVERRIDE_SUBJECT) != 0)
		e->subject = read_narrow(r);
	if ((e->flags & OVERRIDE_MEETING_TYPE) != 0)
		(void)mapi_in_u32(in);
	if ((e->flags & OVERRIDE_REMINDER_DELTA) != 0)
		e->reminder_delta = mapi_in_u32(in);
	if ((e->flags & OVERRIDE_REMINDER) != 0)
		e->reminder_set = mapi_in_u32(in);
	if ((e->flags & OVERRIDE_LOCATION) != 0)
		e->location = read_narrow(r);
	if ((e->flags & OVERRIDE_BUSY) != 0)
		e->busy = mapi_in_u32(in);
	if ((e->flags & OVERRIDE_ATTACHMENT) != 0)
		(void)mapi_in_u32(in);
	if ((e->flags & OVERRIDE_ALL_DAY) != 0)
		e->all_day = mapi_in_u32(in);
	if ((e->flags & OVERRIDE_COLOR) != 0)
		(void)mapi_in_u32(in);
}

static void read_extended(struct recur_reader *r, struct recur_exception *e,
			  bool highlight)
{
	struct mapi_in *in = &r->in;

	if (highlight)
		(void)mapi_in_bytes(in, mapi_in_u32(in));
	(void)mapi_in_bytes(in, mapi_in_u32(in));
	if (in->broken ||
	    (e->flags & (OVERRIDE_SUBJECT | OVERRIDE_LOCATION)) == 0)
		return;
	(void)mapi_in_bytes(in, 12);
	if ((e->flags & OVERRIDE_SUBJECT) != 0 && !in->broken)
		e->subject = read_wide(r);
	if ((e->flags & OVERRIDE_LOCATION) != 0 && !in->broken)
		e->location = read_wide(r);
	(void)mapi_in_bytes(in, mapi_in_u32(in));
}

static void time_of(struct recur_reader *r, uint32_t minutes,
		    const struct cal_time *form, struct cal_time *time_r)
{
	struct zone_wall wall;

	cal_minutes_wall(minutes, &wall);
	cal_time_like(time_r, &wall, form, r->zone);
}

static void apply_exception(struct recur_reader *r,
			    const struct recur_exception *e)
{
	const struct cal_time *form = &r->obj->master.start;
	struct cal_time original;
	struct cal_entry *entry;

	time_of(r, e->original - e->original % DAY_MINUTES +
		r->start_offset % DAY_MINUTES, form, &original);
	entry = cal_exception_need(r->pool, r->obj, r->zone,
				   cal_time_utc(&original, r->zone));
	if (entry == NULL)
		return;
	if ((e->flags & OVERRIDE_ALL_DAY) != 0)
		entry->all_day = e->all_day != 0;
	time_of(r, e->start, form, &entry->start);
	time_of(r, e->end, form, &entry->end);
	if (e->subject != NULL)
		entry->summary = p_strdup(r->pool, e->subject);
	if (e->location != NULL)
		entry->location = p_strdup(r->pool, e->location);
	if ((e->flags & OVERRIDE_BUSY) != 0 && e->busy <= CAL_BUSY_ELSEWHERE)
		entry->busy = e->busy;
	if ((e->flags & OVERRIDE_REMINDER_DELTA) != 0 &&
	    e->reminder_delta < 1000000)
		entry->reminder = e->reminder_delta;
	if ((e->flags & OVERRIDE_REMINDER) != 0 && e->reminder_set == 0)
		entry->reminder = -1;
}

static void read_exceptions(struct recur_reader *r)
{
	struct recur_exception *list;
	unsigned int count, i;
	uint32_t version;

	(void)mapi_in_u32(&r->in);
	version = mapi_in_u32(&r->in);
	r->start_offset = mapi_in_u32(&r->in);
	r->end_offset = mapi_in_u32(&r->in);
	count = mapi_in_u16(&r->in);
	if (r->in.broken || count > mapi_in_left(&r->in) / 14 ||
	    count > INSTANCES_MAX)
		count = 0;
	list = p_new(r->pool, struct recur_exception, count + 1);
	for (i = 0; i < count && !r->in.broken; i++)
		read_exception(r, &list[i]);
	count = r->in.broken ? 0 : i;
	(void)mapi_in_bytes(&r->in, mapi_in_u32(&r->in));
	for (i = 0; i < count && !r->in.broken; i++)
		read_extended(r, &list[i], version >= 0x3009);
	set_end(r);
	for (i = 0; i < count; i++)
		apply_exception(r, &list[i]);
}

static bool is_modified(struct recur_reader *r, uint32_t date)
{
	const struct cal_entry *entry;
	struct zone_wall wall;

	array_foreach(&r->obj->exceptions, entry) {
		cal_wall_in(&entry->recurrence_id, r->zone, &wall);
		wall.hour = wall.minute = wall.second = 0;
		if (cal_minutes(&wall) == date)
			return TRUE;
	}
	return FALSE;
}

static void set_deleted(struct recur_reader *r)
{
	struct cal_time time;
	const uint32_t *date;

	array_foreach(&r->deleted, date) {
		if (is_modified(r, *date))
			continue;
		time_of(r, *date - *date % DAY_MINUTES +
			r->start_offset % DAY_MINUTES,
			&r->obj->master.start, &time);
		array_push_back(&r->obj->deleted, &time);
	}
}

int mapiconv_recurrence_read(const struct mapiconv *conv,
			     const void *data, size_t size, pool_t pool,
			     struct cal_object *obj)
{
	struct recur_reader r = {
		.conv = conv, .pool = pool, .obj = obj,
		.zone = cal_series_zone(conv, obj),
	};
	struct zone_wall start;

	array_clear(&obj->deleted);
	array_clear(&obj->exceptions);
	mapi_in_init(&r.in, MAPI_FORM_ROP, pool, data, size);
	if (!read_pattern(&r)) {
		i_zero(&obj->rule);
		return -1;
	}
	cal_wall_in(&obj->master.start, r.zone, &start);
	r.start_offset = start.hour * 60 + start.minute;
	if (obj->kind == CAL_EVENT && mapi_in_left(&r.in) > 0)
		read_exceptions(&r);
	else
		set_end(&r);
	set_deleted(&r);
	return 0;
}
