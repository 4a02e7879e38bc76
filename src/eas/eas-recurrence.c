/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-recurrence.h"
#include "time-util.h"
#include "utc-mktime.h"

#include <time.h>

#define INVALID_ITEM 6
#define NUMBER_MAX 999
#define ALL_DAYS 127
#define LAST_WEEK 5
#define CALENDAR_GREGORIAN 1
/* Outlook's "day 31" is each month's last one (MS-OXCICAL 2.1.3.2.2) */
#define LAST_DAY 31

enum recurrence_type {
	TYPE_DAILY = 0,
	TYPE_WEEKLY = 1,
	TYPE_MONTHLY = 2,
	TYPE_MONTHLY_NTH = 3,
	TYPE_YEARLY = 5,
	TYPE_YEARLY_NTH = 6,
};
#define T(type) (1U << (type))

const struct eas_recurrence_tags eas_recurrence_calendar = {
	CAL_Recurrence, CAL_Type, CAL_Occurrences, CAL_Interval,
	CAL_WeekOfMonth, CAL_DayOfWeek, CAL_MonthOfYear, CAL_Until,
	CAL_DayOfMonth, CAL_CalendarType, CAL_IsLeapMonth, CAL_FirstDayOfWeek,
	WBXML_TAG_NONE, WBXML_TAG_NONE, WBXML_TAG_NONE, FALSE
};
const struct eas_recurrence_tags eas_recurrence_tasks = {
	TASKS_Recurrence, TASKS_Type, TASKS_Occurrences, TASKS_Interval,
	TASKS_WeekOfMonth, TASKS_DayOfWeek, TASKS_MonthOfYear, TASKS_Until,
	TASKS_DayOfMonth, TASKS_CalendarType, TASKS_IsLeapMonth,
	TASKS_FirstDayOfWeek,
	TASKS_Start, TASKS_Regenerate, TASKS_DeadOccur, TRUE
};
const struct eas_recurrence_tags eas_recurrence_email = {
	EMAIL_Recurrence, EMAIL_Type, EMAIL_Occurrences, EMAIL_Interval,
	EMAIL_WeekOfMonth, EMAIL_DayOfWeek, EMAIL_MonthOfYear, EMAIL_Until,
	EMAIL_DayOfMonth, EMAIL2_CalendarType, EMAIL2_IsLeapMonth,
	EMAIL2_FirstDayOfWeek,
	WBXML_TAG_NONE, WBXML_TAG_NONE, WBXML_TAG_NONE, FALSE
};

const char *eas_datetime_compact(time_t t)
{
	return t_strfgmtime("%Y%m%dT%H%M%SZ", t);
}

const char *eas_datetime_date(const struct zone_wall *wall)
{
	return t_strdup_printf("%04d%02u%02uT000000Z", wall->year,
			       wall->month, wall->day);
}

/* --- reading ---------------------------------------------------------------- */

struct recurrence_values {
	unsigned int type, occurrences, interval, week, days, month, month_day;
	unsigned int calendar, leap, first_day;
	bool have_type, have_occurrences, have_first_day;
};

/* One row an element: which values it may have, in which types it may stand
   (MS-ASCAL 3.2.5.3: else status 6) and in which it must. */
struct recurrence_row {
	size_t tag_offset, value_offset;
	unsigned int min, max;
	unsigned int allowed, required;
};
#define ALL_TYPES (T(0) | T(1) | T(2) | T(3) | T(5) | T(6))
#define NTH_TYPES (T(TYPE_MONTHLY_NTH) | T(TYPE_YEARLY_NTH))
#define DAY_TYPES (T(TYPE_MONTHLY) | T(TYPE_YEARLY))
#define ROW(tag, value, min, max, allowed, required) \
	{ offsetof(struct eas_recurrence_tags, tag), \
	  offsetof(struct recurrence_values, value), \
	  min, max, allowed, required }

static const struct recurrence_row recurrence_rows[] = {
	ROW(occurrences, occurrences, 1, NUMBER_MAX, ALL_TYPES, 0),
	ROW(interval, interval, 0, NUMBER_MAX, ALL_TYPES, 0),
	ROW(week_of_month, week, 1, LAST_WEEK, NTH_TYPES, NTH_TYPES),
	ROW(day_of_week, days, 1, ALL_DAYS, T(TYPE_DAILY) | T(TYPE_WEEKLY) |
	    NTH_TYPES, T(TYPE_WEEKLY) | T(TYPE_MONTHLY_NTH)),
	ROW(month_of_year, month, 1, 12, T(TYPE_YEARLY) | T(TYPE_YEARLY_NTH),
	    T(TYPE_YEARLY) | T(TYPE_YEARLY_NTH)),
	ROW(day_of_month, month_day, 1, 31, DAY_TYPES, DAY_TYPES),
	ROW(calendar_type, calendar, 0, 20, ALL_TYPES, 0),
	ROW(is_leap_month, leap, 0, 1, ALL_TYPES, 0),
	ROW(first_day_of_week, first_day, 0, 6, ALL_TYPES, 0),
};

static wbxml_tag_t row_tag(const struct recurrence_row *row,
			   const struct eas_recurrence_tags *tags)
{
	return *(const wbxml_tag_t *)CONST_PTR_OFFSET(tags, row->tag_offset);
}

/* 1 there, 0 not, -1 wrong or there twice */
static int row_read(const struct recurrence_row *row, wbxml_tag_t tag,
		    const struct wbxml_node *node,
		    struct recurrence_values *values)
{
	const struct wbxml_node *child = wbxml_child(node, tag);
	unsigned int value;

	if (child == NULL)
		return 0;
	if (wbxml_next_sibling(child) != NULL ||
	    wbxml_child_uint(node, tag, &value) < 0 ||
	    value < row->min || value > row->max ||
	    (row->allowed & T(values->type)) == 0)
		return -1;
	*(unsigned int *)PTR_OFFSET(values, row->value_offset) = value;
	return 1;
}

/* MS-ASCAL 2.2.2.10: reserved ones */
static bool calendar_type_is_valid(unsigned int type)
{
	return type != 13 && (type < 16 || type > 19);
}

static int values_read(const struct wbxml_node *node,
		       const struct eas_recurrence_tags *tags,
		       struct recurrence_values *values)
{
	const struct recurrence_row *row;
	int ret;

	i_zero(values);
	values->interval = 1;
	if (wbxml_child_uint(node, tags->type, &values->type) <= 0 ||
	    values->type > TYPE_YEARLY_NTH ||
	    (ALL_TYPES & T(values->type)) == 0)
		return -1;
	for (unsigned int i = 0; i < N_ELEMENTS(recurrence_rows); i++) {
		row = &recurrence_rows[i];
		ret = row_read(row, row_tag(row, tags), node, values);
		if (ret < 0 || (ret == 0 &&
				(row->required & T(values->type)) != 0))
			return -1;
		if (ret > 0 && row_tag(row, tags) == tags->occurrences)
			values->have_occurrences = TRUE;
		if (ret > 0 && row_tag(row, tags) == tags->first_day_of_week)
			values->have_first_day = TRUE;
	}
	/* Exchange since 2010 SP1 takes an interval of 0 as 1, and since 2013 SP1
	   says 0 (default) where a client said 1 (Gregorian). */
	if (values->interval == 0)
		values->interval = 1;
	if (values->calendar == CALENDAR_GREGORIAN)
		values->calendar = 0;
	return calendar_type_is_valid(values->calendar) ? 0 : -1;
}

static unsigned int weekday(const struct cal_time *start)
{
	struct tm tm;

	i_zero(&tm);
	tm.tm_year = start->wall.year - 1900;
	tm.tm_mon = start->wall.month - 1;
	tm.tm_mday = start->wall.day;
	/* 1 January 1970 was a Thursday. */
	return ((utc_mktime(&tm) / 86400) % 7 + 7 + 4) % 7;
}

static void rule_of_values(const struct recurrence_values *values,
			   const struct cal_time *start, struct cal_rule *rule)
{
	static const enum cal_freq freqs[] = {
		CAL_FREQ_DAILY, CAL_FREQ_WEEKLY, CAL_FREQ_MONTHLY,
		CAL_FREQ_MONTHLY, CAL_FREQ_NONE, CAL_FREQ_YEARLY,
		CAL_FREQ_YEARLY,
	};

	rule->freq = freqs[values->type];
	/* 2.2.2.37.1: type 0 with days is a weekly one */
	if (values->type == TYPE_DAILY && values->days != 0)
		rule->freq = CAL_FREQ_WEEKLY;
	rule->interval = values->interval;
	rule->count = values->have_occurrences ? values->occurrences : 0;
	rule->days = values->days;
	rule->week = values->week;
	if (values->week != 0 && values->days == 0)
		rule->days = 1U << weekday(start);
	rule->month = values->month;
	/* Phones expand their rules as RFC 5545 does: a month without a 30th has
	   none. So rule->clamp, Outlook's meaning, is not set here. */
	rule->month_day = values->month_day;
	if (values->type == TYPE_MONTHLY && values->month_day == LAST_DAY)
		rule->month_day = -1;
	rule->calendar_type = values->calendar;
	rule->leap_month = values->leap != 0;
	rule->week_start = values->have_first_day ? values->first_day : 1;
}

/* 0 / -1 */
static int until_read(const struct wbxml_node *node, wbxml_tag_t tag,
		      bool all_day, const struct zone *zone,
		      struct cal_rule *rule)
{
	const char *text = wbxml_child_text(node, tag);
	struct zone_wall wall;
	time_t until;

	if (text == NULL || *text == '\0')
		return 0;
	if (!eas_datetime_parse(text, &until))
		return -1;
	/* 3.2.5.3: with both, Occurrences counts */
	if (rule->count != 0)
		return 0;
	if (!all_day) {
		cal_time_set_utc(&rule->until, until);
		return 0;
	}
	/* Midnight UTC is a date, whatever the zone */
	zone_wall(until % 86400 == 0 ? zone_utc() : zone, until, &wall);
	cal_time_set_date(&rule->until, wall.year, wall.month, wall.day);
	return 0;
}

static int tasks_read(const struct wbxml_node *node,
		      const struct eas_recurrence_tags *tags,
		      struct cal_rule *rule)
{
	unsigned int dead = 0;

	if (tags->regenerate == WBXML_TAG_NONE)
		return 0;
	/* MS-ASTASK 2.2.2.11: any number but 0 says so */
	if (wbxml_child_bool(node, tags->regenerate, &rule->regenerate) < 0 ||
	    wbxml_child_uint(node, tags->dead_occur, &dead) < 0 ||
	    dead > UINT8_MAX)
		return -1;
	rule->dead_occur = dead != 0;
	return 0;
}

unsigned int eas_recurrence_read(enum eas_version version,
				 const struct wbxml_node *node,
				 const struct eas_recurrence_tags *tags,
				 const struct cal_time *start, bool all_day,
				 const struct zone *zone,
				 struct cal_rule *rule_r)
{
	struct recurrence_values values;

	i_zero(rule_r);
	/* 16.x makes a series a single one with <Recurrence/>; so does iOS */
	if (node->children == NULL && version >= EAS_VERSION_160)
		return 0;
	if (values_read(node, tags, &values) < 0)
		return INVALID_ITEM;
	rule_of_values(&values, start, rule_r);
	if (until_read(node, tags->until, all_day, zone, rule_r) < 0 ||
	    tasks_read(node, tags, rule_r) < 0)
		return INVALID_ITEM;
	return 0;
}

/* --- writing ---------------------------------------------------------------- */

static enum recurrence_type rule_type(const struct cal_rule *rule)
{
	switch (rule->freq) {
	case CAL_FREQ_WEEKLY:
		return TYPE_WEEKLY;
	case CAL_FREQ_MONTHLY:
		return rule->week != 0 ? TYPE_MONTHLY_NTH : TYPE_MONTHLY;
	case CAL_FREQ_YEARLY:
		return rule->week != 0 ? TYPE_YEARLY_NTH : TYPE_YEARLY;
	default:
		return TYPE_DAILY;
	}
}

/* The last possible start: a date means all of that day in the series' zone. */
static time_t rule_until(const struct cal_rule *rule,
			 const struct cal_time *start, const struct zone *zone)
{
	struct cal_time until = rule->until;

	if (until.form == CAL_TIME_DATE && start->form != CAL_TIME_DATE) {
		struct zone_wall wall = start->wall;

		wall.year = until.wall.year;
		wall.month = until.wall.month;
		wall.day = until.wall.day;
		until = *start;
		until.wall = wall;
	}
	return cal_time_utc(&until, zone);
}

static void until_write(const struct cal_rule *rule,
			const struct eas_recurrence_tags *tags,
			enum eas_version version, const struct cal_time *start,
			const struct zone *zone, struct wbxml_writer *w)
{
	time_t until;

	if (rule->count != 0) {
		wbxml_uint_tag(w, tags->occurrences, rule->count);
		return;
	}
	if (rule->until.form == CAL_TIME_NONE)
		return;
	if (start->form == CAL_TIME_DATE && version >= EAS_VERSION_160 &&
	    !tags->long_dates) {
		wbxml_text_tag(w, tags->until,
			       eas_datetime_date(&rule->until.wall));
		return;
	}
	until = rule_until(rule, start, zone);
	wbxml_text_tag(w, tags->until, tags->long_dates ?
		       eas_datetime(until) : eas_datetime_compact(until));
}

/* In the order of MS-ASEMAIL's schema; the others take any. */
static void days_write(enum recurrence_type type, const struct cal_rule *rule,
		       const struct eas_recurrence_tags *tags,
		       const struct cal_time *start, struct wbxml_writer *w)
{
	bool nth = (NTH_TYPES & T(type)) != 0;
	unsigned int month_day = rule->month_day < 0 ? LAST_DAY :
		rule->month_day == 0 ? start->wall.day :
		(unsigned int)rule->month_day;

	if (nth)
		wbxml_uint_tag(w, tags->week_of_month, rule->week);
	if ((DAY_TYPES & T(type)) != 0)
		wbxml_uint_tag(w, tags->day_of_month, month_day);
	if (type == TYPE_WEEKLY || nth) {
		wbxml_uint_tag(w, tags->day_of_week, rule->days != 0 ?
			       rule->days : 1U << weekday(start));
	}
	if (type == TYPE_YEARLY || type == TYPE_YEARLY_NTH) {
		wbxml_uint_tag(w, tags->month_of_year, rule->month != 0 ?
			       rule->month : start->wall.month);
	}
}

static void calendar_write(enum eas_version version, enum recurrence_type type,
			   const struct cal_rule *rule,
			   const struct eas_recurrence_tags *tags,
			   struct wbxml_writer *w)
{
	bool monthly = (NTH_TYPES & T(type)) != 0 || (DAY_TYPES & T(type)) != 0;

	if (version >= EAS_VERSION_140 && monthly) {
		wbxml_uint_tag(w, tags->calendar_type, rule->calendar_type);
		if (rule->leap_month || type == TYPE_YEARLY ||
		    type == TYPE_YEARLY_NTH)
			wbxml_bool_tag(w, tags->is_leap_month,
				       rule->leap_month);
	}
	/* 3.2.5: always there with weekly ones */
	if (version >= EAS_VERSION_141 && type == TYPE_WEEKLY)
		wbxml_uint_tag(w, tags->first_day_of_week, rule->week_start);
}

void eas_recurrence_write(enum eas_version version,
			  const struct cal_rule *rule,
			  const struct eas_recurrence_tags *tags,
			  const struct cal_time *start,
			  const struct zone *zone, struct wbxml_writer *w)
{
	enum recurrence_type type = rule_type(rule);

	if (rule->freq == CAL_FREQ_NONE || rule->freq == CAL_FREQ_OTHER)
		return;
	wbxml_start(w, tags->recurrence);
	wbxml_uint_tag(w, tags->type, type);
	if (tags->start != WBXML_TAG_NONE) {
		wbxml_text_tag(w, tags->start,
			       eas_datetime(cal_time_utc(start, zone)));
	}
	wbxml_uint_tag(w, tags->interval, I_MAX(rule->interval, 1));
	until_write(rule, tags, version, start, zone, w);
	days_write(type, rule, tags, start, w);
	calendar_write(version, type, rule, tags, w);
	if (tags->regenerate != WBXML_TAG_NONE) {
		wbxml_bool_tag(w, tags->regenerate, rule->regenerate);
		wbxml_bool_tag(w, tags->dead_occur, rule->dead_occur);
	}
	wbxml_end(w, tags->recurrence);
}
