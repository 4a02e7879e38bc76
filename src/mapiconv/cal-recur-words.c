/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* PidLidRecurrencePattern (MS-OXOCAL 2.2.1.46): the rule in words, for clients that show
   them as they are. English: nobody says what the reader speaks; a client that knows
   writes its own. */

#include "lib.h"
#include "cal-private.h"

static const char *const day_names[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday"
};
static const char *const month_names[] = {
	"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"
};
static const char *const week_names[] = {
	"first", "second", "third", "fourth", "last"
};

#define DAYS_ALL 0x7f
#define DAYS_WORK 0x3e
#define DAYS_WEEKEND 0x41

static void put_days(string_t *dest, unsigned int days)
{
	unsigned int i, left = 0;

	for (i = 0; i < 7; i++)
		left += (days >> i) & 1;
	for (i = 0; i < 7; i++) {
		if ((days & (1U << i)) == 0)
			continue;
		str_append(dest, day_names[i]);
		left--;
		if (left > 0)
			str_append(dest, left == 1 ? " and " : ", ");
	}
}

static void put_kind_of_day(string_t *dest, unsigned int days)
{
	if (days == DAYS_ALL)
		str_append(dest, "day");
	else if (days == DAYS_WORK)
		str_append(dest, "weekday");
	else if (days == DAYS_WEEKEND)
		str_append(dest, "weekend day");
	else
		put_days(dest, days);
}

static void put_every(string_t *dest, unsigned int interval, const char *unit)
{
	if (interval <= 1)
		str_printfa(dest, "every %s", unit);
	else
		str_printfa(dest, "every %u %ss", interval, unit);
}

static void put_weekly(string_t *dest, const struct cal_rule *rule,
		       unsigned int days)
{
	if (rule->interval <= 1) {
		str_append(dest, "every ");
		put_kind_of_day(dest, days);
		return;
	}
	put_every(dest, rule->interval, "week");
	str_append(dest, " on ");
	put_days(dest, days);
}

/* "day 5", "the last day", "the first Monday" */
static void put_day_of_month(string_t *dest, const struct cal_rule *rule,
			     unsigned int days, unsigned int day)
{
	if (rule->week >= 1 && rule->week <= N_ELEMENTS(week_names)) {
		str_printfa(dest, "the %s ", week_names[rule->week - 1]);
		put_kind_of_day(dest, days);
	} else if (rule->month_day == -1) {
		str_append(dest, "the last day");
	} else {
		str_printfa(dest, "day %u", rule->month_day > 0 ?
			    (unsigned int)rule->month_day : day);
	}
}

static void put_rule(string_t *dest, const struct cal_rule *rule,
		     const struct zone_wall *start)
{
	unsigned int days = rule->days, month = rule->month;

	if (days == 0)
		days = 1U << (((cal_days(start) + 4) % 7 + 7) % 7);
	if (month < 1 || month > N_ELEMENTS(month_names))
		month = start->month;
	switch (rule->freq) {
	case CAL_FREQ_DAILY:
		if (rule->days != 0)
			put_weekly(dest, rule, rule->days);
		else
			put_every(dest, rule->interval, "day");
		break;
	case CAL_FREQ_WEEKLY:
		put_weekly(dest, rule, days);
		break;
	case CAL_FREQ_MONTHLY:
		put_day_of_month(dest, rule, days, start->day);
		str_append(dest, " of ");
		put_every(dest, rule->interval, "month");
		break;
	case CAL_FREQ_YEARLY:
		put_day_of_month(dest, rule, days, start->day);
		str_printfa(dest, " of %s ", month_names[month - 1]);
		put_every(dest, rule->interval, "year");
		break;
	default:
		break;
	}
}

static void put_date(string_t *dest, const char *word,
		     const struct zone_wall *wall)
{
	str_printfa(dest, " %s %04d-%02u-%02u", word, wall->year, wall->month,
		    wall->day);
}

void cal_recurrence_words(const struct cal_object *obj,
			  const struct zone *zone, string_t *dest)
{
	const struct cal_rule *rule = &obj->rule;
	struct zone_wall start, end;

	cal_wall_in(&obj->master.start, zone, &start);
	put_rule(dest, rule, &start);
	put_date(dest, "effective", &start);
	if (rule->count > 0) {
		str_printfa(dest, ", %u times", rule->count);
	} else if (rule->until.form != CAL_TIME_NONE) {
		cal_wall_in(&rule->until, zone, &end);
		put_date(dest, "until", &end);
	}
	if (obj->master.all_day)
		return;
	cal_wall_in(&obj->master.end, zone, &end);
	str_printfa(dest, " from %02u:%02u to %02u:%02u", start.hour,
		    start.minute, end.hour, end.minute);
}
