/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The starts of a recurrence rule (RFC 5545 3.3.10), period by period: a period
   is what FREQ names.  Its days are filtered by the day parts, its times of day
   are hours x minutes x seconds, BYSETPOS picks of their product.  So the cost is
   bounded by the periods looked at, and any period can be jumped to.

   Other calendars than Gregorian (RFC 7529) are libical's, with ICU. */

#include "lib.h"
#include "cal-private.h"

#include <libical/ical.h>

/* Periods and candidates looked at */
#define RECUR_MAX_WORK (10 * CAL_MAX_STEPS)
#define RECUR_MAX_YEAR 9999
/* What libical goes to */
#define RSCALE_MAX_YEAR 2500

struct cal_recur {
	struct cal_rule_parts parts;
	int64_t start, until;
	bool dates, started, done, exhausted;
	unsigned int emitted, work;

	/* FREQ of days and more: number of the period since the start's */
	int64_t period;
	/* start's day, and first day of its week; year and month */
	int64_t start_day, week_day;
	int year;
	unsigned int month, day;

	/* of the present period */
	bool loaded;
	int64_t days[366];
	unsigned int days_count;
	unsigned char hours[24], minutes[60], seconds[60];
	unsigned int hours_count, minutes_count, seconds_count;
	unsigned int setpos[CAL_RULE_SETPOS_MAX], setpos_count;
	/* candidate or setpos to look at next */
	unsigned int next;

	icalrecur_iterator *rscale;
	char *rscale_name;
};

static int64_t div_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

static bool bit_any(const uint64_t *bits, unsigned int n)
{
	return (bits[n / 64] & CAL_BIT(n % 64)) != 0;
}

/* --- days -------------------------------------------------------------------------------- */

/* A day with all that a rule can ask about it */
struct day {
	int64_t days;
	int year;
	unsigned int month, mday, weekday;
};

static void day_set(struct day *day_r, int64_t days)
{
	day_r->days = days;
	zone_days_to_date(days, &day_r->year, &day_r->month, &day_r->mday);
	day_r->weekday = zone_weekday(days);
}

/* First day of week 1: that which has at least four days of the year */
static int64_t week_one(int year, unsigned int week_start)
{
	int64_t jan4 = zone_days(year, 1, 4);

	return jan4 - (zone_weekday(jan4) + 7 - week_start) % 7;
}

static bool week_matches(const struct cal_rule_parts *parts,
			 const struct day *day)
{
	int64_t first = week_one(day->year, parts->week_start), next;
	unsigned int week, weeks;

	next = week_one(day->year + 1, parts->week_start);
	if (day->days >= next) {
		first = next;
		next = week_one(day->year + 2, parts->week_start);
	} else if (day->days < first) {
		next = first;
		first = week_one(day->year - 1, parts->week_start);
	}
	week = (day->days - first) / 7 + 1;
	weeks = (next - first) / 7;
	return (parts->weeks & CAL_BIT(week)) != 0 ||
		(parts->weeks_back & CAL_BIT(weeks + 1 - week)) != 0;
}

/* "Second Tuesday" counts in the year, or in the month where there is one */
static bool nth_matches(const struct cal_rule_parts *parts,
			const struct day *day)
{
	int64_t first, last;
	unsigned int i;
	int nth, nth_back;

	if (parts->freq == CAL_EVERY_YEAR && parts->months == 0) {
		first = zone_days(day->year, 1, 1);
		last = zone_days(day->year, 12, 31);
	} else {
		first = day->days - day->mday + 1;
		last = first + zone_month_days(day->year, day->month) - 1;
	}
	nth = (day->days - first) / 7 + 1;
	nth_back = (last - day->days) / 7 + 1;
	for (i = 0; i < parts->nths_count; i++) {
		if (parts->nths[i].weekday != day->weekday)
			continue;
		/* a number means nothing within a week or a day */
		if (parts->freq < CAL_EVERY_MONTH ||
		    parts->nths[i].nth == nth || parts->nths[i].nth == -nth_back)
			return TRUE;
	}
	return FALSE;
}

static bool year_day_matches(const struct cal_rule_parts *parts,
			     const struct day *day, bool *any_r)
{
	unsigned int i, yday, back;

	*any_r = FALSE;
	for (i = 0; i < N_ELEMENTS(parts->year_days); i++) {
		if (parts->year_days[i] != 0 || parts->year_days_back[i] != 0)
			*any_r = TRUE;
	}
	if (!*any_r)
		return TRUE;
	yday = day->days - zone_days(day->year, 1, 1) + 1;
	back = zone_days(day->year + 1, 1, 1) - day->days;
	return bit_any(parts->year_days, yday) ||
		bit_any(parts->year_days_back, back);
}

static bool day_matches(const struct cal_rule_parts *parts,
			const struct day *day)
{
	bool any;

	if (parts->months != 0 && (parts->months & CAL_BIT(day->month)) == 0)
		return FALSE;
	if (parts->month_days != 0 || parts->month_days_back != 0) {
		unsigned int back = zone_month_days(day->year, day->month) + 1 -
			day->mday;

		if ((parts->month_days & CAL_BIT(day->mday)) == 0 &&
		    (parts->month_days_back & CAL_BIT(back)) == 0)
			return FALSE;
	}
	if (parts->weekdays != 0 || parts->nths_count != 0) {
		if ((parts->weekdays & (1U << day->weekday)) == 0 &&
		    !nth_matches(parts, day))
			return FALSE;
	}
	if ((parts->weeks != 0 || parts->weeks_back != 0) &&
	    !week_matches(parts, day))
		return FALSE;
	return year_day_matches(parts, day, &any);
}

/* --- periods ------------------------------------------------------------------------------- */

static int64_t unit_secs(const struct cal_recur *recur)
{
	static const unsigned int secs[] = { 1, 60, 3600 };

	return secs[recur->parts.freq];
}

static void period_days(const struct cal_recur *recur, int64_t *first_r,
			unsigned int *count_r)
{
	int64_t step = recur->period * recur->parts.interval, months;
	int year;
	unsigned int month;

	switch (recur->parts.freq) {
	case CAL_EVERY_YEAR:
		year = recur->year + step;
		*first_r = zone_days(year, 1, 1);
		*count_r = zone_days(year + 1, 1, 1) - *first_r;
		break;
	case CAL_EVERY_MONTH:
		months = (int64_t)recur->year * 12 + recur->month - 1 + step;
		year = months / 12;
		month = months % 12 + 1;
		*first_r = zone_days(year, month, 1);
		*count_r = zone_month_days(year, month);
		break;
	case CAL_EVERY_WEEK:
		*first_r = recur->week_day + step * 7;
		*count_r = 7;
		break;
	case CAL_EVERY_DAY:
		*first_r = recur->start_day + step;
		*count_r = 1;
		break;
	default:
		*first_r = div_floor(div_floor(recur->start, unit_secs(recur)) *
				     unit_secs(recur) + step * unit_secs(recur),
				     CAL_DAY);
		*count_r = 1;
		break;
	}
}

/* The period with this local time in it */
static int64_t period_of(const struct cal_recur *recur, int64_t local)
{
	int64_t day = div_floor(local, CAL_DAY), units;
	unsigned int month, mday;
	int year;

	switch (recur->parts.freq) {
	case CAL_EVERY_YEAR:
		zone_days_to_date(day, &year, &month, &mday);
		units = year - recur->year;
		break;
	case CAL_EVERY_MONTH:
		zone_days_to_date(day, &year, &month, &mday);
		units = ((int64_t)year - recur->year) * 12 + (int)month -
			(int)recur->month;
		break;
	case CAL_EVERY_WEEK:
		units = div_floor(day - recur->week_day, 7);
		break;
	case CAL_EVERY_DAY:
		units = day - recur->start_day;
		break;
	default:
		units = div_floor(local, unit_secs(recur)) -
			div_floor(recur->start, unit_secs(recur));
		break;
	}
	return div_floor(units, recur->parts.interval);
}

static unsigned int bits_list(uint64_t bits, unsigned char *list_r)
{
	unsigned int i, n = 0;

	for (i = 0; i < 64 && bits >> i != 0; i++) {
		if ((bits & CAL_BIT(i)) != 0)
			list_r[n++] = i;
	}
	return n;
}

static unsigned int candidates(const struct cal_recur *recur)
{
	return recur->days_count * recur->hours_count *
		recur->minutes_count * recur->seconds_count;
}

static int64_t candidate(const struct cal_recur *recur, unsigned int idx)
{
	unsigned int second = idx % recur->seconds_count;
	unsigned int minute = idx / recur->seconds_count % recur->minutes_count;
	unsigned int rest = idx / recur->seconds_count / recur->minutes_count;

	return recur->days[rest / recur->hours_count] * CAL_DAY +
		recur->hours[rest % recur->hours_count] * 3600 +
		recur->minutes[minute] * 60 + recur->seconds[second];
}

static int uint_cmp(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	return x < y ? -1 : (x > y ? 1 : 0);
}

/* BYSETPOS as indexes of candidates, in order, each once */
static void setpos_load(struct cal_recur *recur)
{
	unsigned int i, n = 0, all = candidates(recur);
	int pos;

	recur->setpos_count = 0;
	for (i = 0; i < recur->parts.setpos_count; i++) {
		pos = recur->parts.setpos[i];
		if (pos > 0 && (unsigned int)pos <= all)
			recur->setpos[n++] = pos - 1;
		else if (pos < 0 && (unsigned int)-pos <= all)
			recur->setpos[n++] = all + pos;
	}
	qsort(recur->setpos, n, sizeof(recur->setpos[0]), uint_cmp);
	for (i = 0; i < n; i++) {
		if (i == 0 || recur->setpos[i] != recur->setpos[i - 1])
			recur->setpos[recur->setpos_count++] = recur->setpos[i];
	}
}

/* Part of a day for FREQs below a day: this hour, minute, second only. If a
   limit leaves nothing of it, skip_r: first local time to look at again. */
static bool clock_load(struct cal_recur *recur, int64_t *skip_r)
{
	const struct cal_rule_parts *parts = &recur->parts;
	int64_t at = (div_floor(recur->start, unit_secs(recur)) +
		      recur->period * parts->interval) * unit_secs(recur);
	unsigned int secs = at - div_floor(at, CAL_DAY) * CAL_DAY;

	recur->hours[0] = secs / 3600;
	recur->hours_count = 1;
	*skip_r = at - secs % 3600 + 3600;
	if (parts->hours != 0 && (parts->hours & CAL_BIT(secs / 3600)) == 0)
		return FALSE;
	if (parts->freq == CAL_EVERY_HOUR)
		return TRUE;
	recur->minutes[0] = secs / 60 % 60;
	recur->minutes_count = 1;
	*skip_r = at - secs % 60 + 60;
	if (parts->minutes != 0 &&
	    (parts->minutes & CAL_BIT(secs / 60 % 60)) == 0)
		return FALSE;
	if (parts->freq == CAL_EVERY_MINUTE)
		return TRUE;
	recur->seconds[0] = secs % 60;
	recur->seconds_count = 1;
	*skip_r = at + 1;
	return parts->seconds == 0 ||
		(parts->seconds & CAL_BIT(secs % 60)) != 0;
}

static void period_skip(struct cal_recur *recur, int64_t local)
{
	int64_t period = period_of(recur, local - 1) + 1;

	recur->period = I_MAX(period, recur->period + 1);
}

static bool period_load(struct cal_recur *recur)
{
	int64_t first, skip;
	unsigned int i, count;
	struct day day;

	recur->days_count = 0;
	recur->next = 0;
	period_days(recur, &first, &count);
	recur->work += count / 8;
	for (i = 0; i < count; i++) {
		day_set(&day, first + i);
		if (day_matches(&recur->parts, &day))
			recur->days[recur->days_count++] = day.days;
	}
	if (recur->days_count == 0) {
		period_skip(recur, (first + count) * CAL_DAY);
		return FALSE;
	}
	if (recur->parts.freq < CAL_EVERY_DAY && !clock_load(recur, &skip)) {
		period_skip(recur, skip);
		return FALSE;
	}
	setpos_load(recur);
	recur->loaded = TRUE;
	return TRUE;
}

static bool period_next(struct cal_recur *recur, int64_t *local_r)
{
	unsigned int count = recur->parts.setpos_count != 0 ?
		recur->setpos_count : candidates(recur);

	if (recur->next >= count) {
		recur->loaded = FALSE;
		recur->period++;
		return FALSE;
	}
	*local_r = candidate(recur, recur->parts.setpos_count != 0 ?
			     recur->setpos[recur->next] : recur->next);
	recur->next++;
	return TRUE;
}

/* --- other calendars ------------------------------------------------------------------------- */

static struct icaltimetype to_icaltime(int64_t local, bool date)
{
	struct icaltimetype t = icaltime_null_time();
	struct zone_wall wall;

	zone_secs_wall(local, &wall);
	t.year = wall.year;
	t.month = wall.month;
	t.day = wall.day;
	t.is_date = date ? 1 : 0;
	if (!date) {
		t.hour = wall.hour;
		t.minute = wall.minute;
		t.second = wall.second;
	}
	return t;
}

/* Only patterns; and none that may never come (libical would look for it until
   the year 20000): every month has 29 days. */
static bool rscale_init(struct cal_recur *recur, const struct cal_rule *rule)
{
	static const struct cal_time none = { .form = CAL_TIME_NONE };
	struct icalrecurrencetype rt;
	struct cal_rule plain = *rule;
	struct zone_wall wall;
	string_t *str;

	zone_secs_wall(recur->start, &wall);
	if (rule->freq == CAL_FREQ_OTHER || rule->month_day > 29 ||
	    (rule->freq >= CAL_FREQ_MONTHLY && rule->week == 0 &&
	     rule->month_day == 0) || wall.year > RSCALE_MAX_YEAR)
		return FALSE;
	str = t_str_new(128);
	plain.count = 0;
	plain.until.form = CAL_TIME_NONE;
	cal_rule_append(str, &plain, &none);
	rt = icalrecurrencetype_from_string(str_c(str));
	if (rt.freq == ICAL_NO_RECURRENCE)
		return FALSE;
	recur->rscale_name = rt.rscale;
	if (recur->until != INT64_MAX)
		rt.until = to_icaltime(recur->until, recur->dates);
	recur->rscale = icalrecur_iterator_new(rt, to_icaltime(recur->start,
							       recur->dates));
	return recur->rscale != NULL;
}

static bool rscale_next(struct cal_recur *recur, int64_t *local_r)
{
	struct icaltimetype t = icalrecur_iterator_next(recur->rscale);

	if (icaltime_is_null_time(t) || t.year > RSCALE_MAX_YEAR)
		return FALSE;
	*local_r = zone_days(t.year, t.month, t.day) * CAL_DAY +
		t.hour * 3600 + t.minute * 60 + t.second;
	return TRUE;
}

/* --- all -------------------------------------------------------------------------------------- */

/* What the rule leaves to the start (RFC 5545 3.3.10, last but two) */
static void parts_complete(struct cal_recur *recur)
{
	struct cal_rule_parts *parts = &recur->parts;
	unsigned int i, weekday = zone_weekday(recur->start_day);
	bool year_days = FALSE, weeks, days;

	for (i = 0; i < N_ELEMENTS(parts->year_days); i++) {
		if (parts->year_days[i] != 0 || parts->year_days_back[i] != 0)
			year_days = TRUE;
	}
	weeks = parts->weeks != 0 || parts->weeks_back != 0;
	days = year_days || parts->month_days != 0 ||
		parts->month_days_back != 0 || parts->weekdays != 0 ||
		parts->nths_count != 0;
	if (days)
		return;
	if (parts->freq == CAL_EVERY_WEEK ||
	    (parts->freq >= CAL_EVERY_WEEK && weeks)) {
		parts->weekdays = 1U << weekday;
	} else if (parts->freq >= CAL_EVERY_MONTH) {
		parts->month_days = CAL_BIT(recur->day);
		if (parts->freq == CAL_EVERY_YEAR && parts->months == 0)
			parts->months = CAL_BIT(recur->month);
		/* SKIP=BACKWARD: short months have it at their end */
		if (parts->skip_backward && recur->day > 28) {
			parts->month_days = (CAL_BIT(recur->day + 1) - 1) &
				~(CAL_BIT(28) - 1);
			parts->setpos_count = 1;
			parts->setpos[0] = -1;
		}
	}
}

struct cal_recur *cal_recur_init(const struct cal_rule *rule, int64_t start,
				 bool dates, int64_t until)
{
	struct cal_recur *recur = i_new(struct cal_recur, 1);
	struct cal_rule_parts *parts = &recur->parts;
	unsigned int secs;

	cal_rule_to_parts(rule, parts);
	recur->start = start;
	recur->until = until;
	recur->dates = dates;
	recur->start_day = div_floor(start, CAL_DAY);
	secs = start - recur->start_day * CAL_DAY;
	recur->week_day = recur->start_day -
		(zone_weekday(recur->start_day) + 7 - parts->week_start) % 7;
	zone_days_to_date(recur->start_day, &recur->year, &recur->month,
			  &recur->day);
	if (parts->rscale[0] != '\0') {
		T_BEGIN {
			if (!rscale_init(recur, rule))
				recur->exhausted = TRUE;
		} T_END;
		return recur;
	}
	parts_complete(recur);
	recur->hours_count = bits_list(dates ? 0 : parts->hours, recur->hours);
	recur->minutes_count =
		bits_list(dates ? 0 : parts->minutes, recur->minutes);
	recur->seconds_count =
		bits_list(dates ? 0 : parts->seconds, recur->seconds);
	if (recur->hours_count == 0)
		recur->hours[recur->hours_count++] = secs / 3600;
	if (recur->minutes_count == 0)
		recur->minutes[recur->minutes_count++] = secs / 60 % 60;
	if (recur->seconds_count == 0)
		recur->seconds[recur->seconds_count++] = secs % 60;
	/* every so many seconds of a day is every day */
	if (dates && parts->freq < CAL_EVERY_DAY) {
		parts->freq = CAL_EVERY_DAY;
		parts->interval = 1;
	}
	return recur;
}

void cal_recur_deinit(struct cal_recur **_recur)
{
	struct cal_recur *recur = *_recur;

	*_recur = NULL;
	if (recur->rscale != NULL)
		icalrecur_iterator_free(recur->rscale);
	free(recur->rscale_name);
	i_free(recur);
}

bool cal_recur_exhausted(const struct cal_recur *recur)
{
	return recur->exhausted;
}

/* How many starts are in the periods before this one, the series' start being
   one of them? FALSE: not known without looking. */
static bool count_before(struct cal_recur *recur, int64_t period,
			 unsigned int *count_r)
{
	const struct cal_rule_parts *parts = &recur->parts;
	unsigned int weekday = zone_weekday(recur->start_day);
	unsigned int i, day, per_week = 0, first = 0;
	uint64_t count;

	if (parts->months != 0 || parts->month_days != 0 ||
	    parts->month_days_back != 0 || parts->weeks != 0 ||
	    parts->weeks_back != 0 || parts->setpos_count != 0 ||
	    parts->nths_count != 0 || recur->hours_count > 1 ||
	    recur->minutes_count > 1 || recur->seconds_count > 1 ||
	    parts->hours != 0 || parts->minutes != 0 || parts->seconds != 0)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(parts->year_days); i++) {
		if (parts->year_days[i] != 0 || parts->year_days_back[i] != 0)
			return FALSE;
	}
	if (parts->freq == CAL_EVERY_DAY && parts->weekdays == 0) {
		count = period;
	} else if (parts->freq == CAL_EVERY_WEEK) {
		for (i = 0; i < 7; i++) {
			day = (parts->week_start + i) % 7;
			if ((parts->weekdays & (1U << day)) == 0)
				continue;
			per_week++;
			if ((day + 7 - parts->week_start) % 7 >
			    (weekday + 7 - parts->week_start) % 7)
				first++;
		}
		/* the start, and those behind it in its week */
		count = 1 + first + (uint64_t)(period - 1) * per_week;
	} else {
		return FALSE;
	}
	*count_r = I_MIN(count, UINT_MAX);
	return TRUE;
}

void cal_recur_seek(struct cal_recur *recur, int64_t from)
{
	int64_t period;
	unsigned int count = 0;

	if (recur->rscale != NULL || recur->exhausted || from <= recur->start)
		return;
	period = period_of(recur, from) - 1;
	if (period < 1 || period <= recur->period)
		return;
	if (recur->parts.count != 0) {
		if (!count_before(recur, period, &count))
			return;
		recur->emitted = count;
	}
	recur->started = TRUE;
	recur->loaded = FALSE;
	recur->period = period;
}

static bool recur_step(struct cal_recur *recur, int64_t *local_r)
{
	if (recur->rscale != NULL)
		return rscale_next(recur, local_r);
	for (;;) {
		if (recur->work++ > RECUR_MAX_WORK) {
			recur->exhausted = TRUE;
			return FALSE;
		}
		if (!recur->loaded && !period_load(recur)) {
			int64_t day;
			unsigned int count;

			period_days(recur, &day, &count);
			if (day > zone_days(RECUR_MAX_YEAR, 12, 31) ||
			    (recur->until != INT64_MAX &&
			     day * CAL_DAY > recur->until))
				return FALSE;
			continue;
		}
		if (period_next(recur, local_r))
			return TRUE;
	}
}

bool cal_recur_next(struct cal_recur *recur, int64_t *local_r)
{
	if (recur->done || (recur->parts.count != 0 &&
			    recur->emitted >= recur->parts.count))
		return FALSE;
	if (!recur->started) {
		recur->started = TRUE;
		recur->emitted = 1;
		*local_r = recur->start;
		recur->done = recur->exhausted;
		return recur->start <= recur->until;
	}
	do {
		if (!recur_step(recur, local_r)) {
			recur->done = TRUE;
			return FALSE;
		}
	} while (*local_r <= recur->start);
	if (*local_r > recur->until ||
	    *local_r > zone_days(RECUR_MAX_YEAR, 12, 31) * CAL_DAY) {
		recur->done = TRUE;
		return FALSE;
	}
	recur->emitted++;
	return TRUE;
}
