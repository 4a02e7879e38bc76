/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* RRULE (RFC 5545 3.3.10, RFC 7529) to the pattern that Outlook and ActiveSync
   can show (MS-ASCAL 2.2.2.37 ff.), and back. */

#include "lib.h"
#include "cal-private.h"

#include <ctype.h>

#define INTERVAL_MAX 32767

static const char *const freq_names[] = {
	"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
};
static const char *const weekday_names[] =
	{ "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

/* MS-ASCAL 2.2.2.9 CalendarType: those that do not count as Gregorian does. The
   Arabic and "transliterated" ones are Gregorian with other words. 14 (lunisolar
   Japanese) has no RSCALE of its own: the Chinese goes like it but for days at
   the edge of a month. */
static const struct {
	unsigned int type;
	const char *rscale;
} calendar_types[] = {
	{ 6, "ISLAMIC-CIVIL" },
	{ 8, "HEBREW" },
	{ 15, "CHINESE" },
	{ 14, "CHINESE" },
	{ 20, "DANGI" },
};

const char *cal_rule_rscale(unsigned int calendar_type)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(calendar_types); i++) {
		if (calendar_types[i].type == calendar_type)
			return calendar_types[i].rscale;
	}
	return NULL;
}

/* --- text to parts --------------------------------------------------------------------- */

static bool parse_int(const char *str, int *num_r)
{
	bool negative = FALSE;
	int num = 0;

	if (*str == '-' || *str == '+')
		negative = *str++ == '-';
	if (!i_isdigit(*str))
		return FALSE;
	for (; i_isdigit(*str); str++) {
		if (num > 100000000)
			return FALSE;
		num = num * 10 + *str - '0';
	}
	*num_r = negative ? -num : num;
	return *str == '\0';
}

static bool parse_weekday(const char *str, unsigned int *weekday_r)
{
	unsigned int i;

	for (i = 0; i < 7; i++) {
		if (strcasecmp(str, weekday_names[i]) == 0) {
			*weekday_r = i;
			return TRUE;
		}
	}
	return FALSE;
}

/* Numbers of a list between min and max, as bits; those below 0 into back */
static bool parse_bits(const char *value, int min, int max, uint64_t *bits,
		       uint64_t *back)
{
	const char *const *list = t_strsplit(value, ",");
	int num;

	for (; *list != NULL; list++) {
		if (!parse_int(t_str_trim(*list, " "), &num))
			return FALSE;
		if (num >= min && num <= max)
			bits[num / 64] |= CAL_BIT(num % 64);
		else if (back != NULL && -num >= min && -num <= max)
			back[-num / 64] |= CAL_BIT(-num % 64);
		else
			return FALSE;
	}
	return TRUE;
}

static bool parse_byday(const char *value, struct cal_rule_parts *parts)
{
	const char *const *list = t_strsplit(value, ",");
	const char *item;
	unsigned int weekday;
	size_t len;
	int nth;

	for (; *list != NULL; list++) {
		item = t_str_trim(*list, " ");
		len = strlen(item);
		if (len < 2 || !parse_weekday(item + len - 2, &weekday))
			return FALSE;
		if (len == 2) {
			parts->weekdays |= 1U << weekday;
			continue;
		}
		if (!parse_int(t_strndup(item, len - 2), &nth) ||
		    nth == 0 || nth > 53 || nth < -53 ||
		    parts->nths_count == CAL_RULE_NTH_MAX)
			return FALSE;
		parts->nths[parts->nths_count].nth = nth;
		parts->nths[parts->nths_count++].weekday = weekday;
	}
	return TRUE;
}

static bool parse_setpos(const char *value, struct cal_rule_parts *parts)
{
	const char *const *list = t_strsplit(value, ",");
	int num;

	for (; *list != NULL; list++) {
		if (!parse_int(t_str_trim(*list, " "), &num) || num == 0 ||
		    parts->setpos_count == CAL_RULE_SETPOS_MAX)
			return FALSE;
		parts->setpos[parts->setpos_count++] = num;
	}
	return TRUE;
}

static bool parse_months(const char *value, struct cal_rule_parts *parts)
{
	uint64_t bits = 0;
	size_t len = strlen(value);
	int num;

	/* "5L": the leap month behind the fifth (RFC 7529) */
	if (len > 1 && i_toupper(value[len - 1]) == 'L') {
		parts->leap_month = TRUE;
		value = t_strndup(value, len - 1);
	}
	if (parts->rscale[0] != '\0' && parse_int(value, &num) &&
	    num >= 1 && num <= 13) {
		parts->rscale_month = num;
		if (num == 13)
			return TRUE;
	}
	if (!parse_bits(value, 1, 12, &bits, NULL))
		return FALSE;
	parts->months |= bits;
	return TRUE;
}

static bool parse_month_days(const char *value, struct cal_rule_parts *parts)
{
	uint64_t bits = 0, back = 0;

	if (!parse_bits(value, 1, 31, &bits, &back))
		return FALSE;
	parts->month_days |= bits;
	parts->month_days_back |= back;
	return TRUE;
}

/* 1; 0: a part that is not known; -1: no rule */
static int parse_part(const char *name, const char *value,
		      struct cal_rule_parts *parts, bool *have_freq)
{
	uint64_t bits = 0;
	unsigned int i;
	bool ok = TRUE;
	int num;

	if (strcmp(name, "FREQ") == 0) {
		for (i = 0; i < N_ELEMENTS(freq_names); i++) {
			if (strcmp(freq_names[i], value) == 0) {
				parts->freq = (enum cal_rule_freq)i;
				*have_freq = TRUE;
			}
		}
		ok = *have_freq;
	} else if (strcmp(name, "INTERVAL") == 0) {
		ok = parse_int(value, &num) && num >= 0;
		if (ok)
			parts->interval = I_MIN(I_MAX(num, 1), INTERVAL_MAX);
	} else if (strcmp(name, "COUNT") == 0) {
		ok = parse_int(value, &num) && num > 0;
		if (ok)
			parts->count = num;
	} else if (strcmp(name, "UNTIL") == 0) {
		ok = cal_time_parse(value, strlen(value), &parts->until);
	} else if (strcmp(name, "WKST") == 0) {
		ok = parse_weekday(value, &parts->week_start);
	} else if (strcmp(name, "BYDAY") == 0) {
		ok = parse_byday(value, parts);
	} else if (strcmp(name, "BYMONTHDAY") == 0) {
		ok = parse_month_days(value, parts);
	} else if (strcmp(name, "BYMONTH") == 0) {
		ok = parse_months(value, parts);
	} else if (strcmp(name, "BYSETPOS") == 0) {
		ok = parse_setpos(value, parts);
	} else if (strcmp(name, "BYHOUR") == 0) {
		ok = parse_bits(value, 0, 23, &bits, NULL);
		parts->hours |= bits;
	} else if (strcmp(name, "BYMINUTE") == 0) {
		ok = parse_bits(value, 0, 59, &parts->minutes, NULL);
	} else if (strcmp(name, "BYSECOND") == 0) {
		ok = parse_bits(value, 0, 59, &parts->seconds, NULL);
	} else if (strcmp(name, "BYYEARDAY") == 0) {
		ok = parse_bits(value, 1, 366, parts->year_days,
				parts->year_days_back);
	} else if (strcmp(name, "BYWEEKNO") == 0) {
		ok = parse_bits(value, 1, 53, &parts->weeks,
				&parts->weeks_back);
	} else if (strcmp(name, "SKIP") == 0) {
		parts->skip_backward = strcmp(value, "BACKWARD") == 0;
	} else if (strcmp(name, "RSCALE") != 0) {
		return 0;
	}
	return ok ? 1 : -1;
}

static bool parts_parse(const char *value, struct cal_rule_parts *parts)
{
	const char *const *list, *p, *name, *part;
	bool have_freq = FALSE;

	list = t_strsplit(t_str_ucase(value), ";");
	for (unsigned int i = 0; list[i] != NULL; i++) {
		part = t_str_trim(list[i], " ");
		/* what the other parts are about */
		if (strncmp(part, "RSCALE=", 7) == 0 &&
		    strcmp(part + 7, "GREGORIAN") != 0)
			i_strocpy(parts->rscale, part + 7,
				  sizeof(parts->rscale));
	}
	for (; *list != NULL; list++) {
		part = t_str_trim(*list, " ");
		p = strchr(part, '=');
		if (p == NULL)
			continue;
		name = t_strdup_until(part, p);
		if (parse_part(name, t_str_trim(p + 1, " "), parts,
			       &have_freq) < 0)
			return FALSE;
	}
	return have_freq;
}

bool cal_rule_parts_parse(const char *value, struct cal_rule_parts *parts_r)
{
	bool ret;

	i_zero(parts_r);
	parts_r->interval = 1;
	parts_r->week_start = 1;
	T_BEGIN {
		ret = parts_parse(value, parts_r);
	} T_END;
	return ret;
}

/* --- parts to the pattern --------------------------------------------------------------- */

static bool year_days_any(const struct cal_rule_parts *parts)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(parts->year_days); i++) {
		if (parts->year_days[i] != 0 || parts->year_days_back[i] != 0)
			return TRUE;
	}
	return FALSE;
}

/* BYHOUR and the like that say no more than the start does */
static bool clock_is_start(const struct cal_rule_parts *parts,
			   const struct cal_time *start)
{
	const struct zone_wall *wall = &start->wall;

	return (parts->hours == 0 || parts->hours == CAL_BIT(wall->hour)) &&
		(parts->minutes == 0 ||
		 parts->minutes == CAL_BIT(wall->minute)) &&
		(parts->seconds == 0 ||
		 parts->seconds == CAL_BIT(wall->second));
}

static int single_bit(uint64_t bits)
{
	int n = 0;

	if (bits == 0 || (bits & (bits - 1)) != 0)
		return -1;
	while ((bits >>= 1) != 0)
		n++;
	return n;
}

/* Day of the month: 15, the last, "the 30th or the last" */
static bool pattern_month_day(const struct cal_rule_parts *parts,
			      const struct cal_time *start,
			      struct cal_rule *rule)
{
	uint64_t days = parts->month_days;
	int day = single_bit(days);

	if (parts->month_days_back != 0) {
		rule->month_day = -1;
		return days == 0 && parts->setpos_count == 0 &&
			parts->month_days_back == CAL_BIT(1);
	}
	if (days == 0) {
		rule->month_day = start->wall.day;
		rule->clamp = parts->skip_backward;
		return parts->setpos_count == 0;
	}
	if (day > 0) {
		rule->month_day = day;
		rule->clamp = parts->skip_backward;
		return parts->setpos_count == 0;
	}
	/* 28,29,30,31;BYSETPOS=-1: how Outlook's rule is said here */
	for (day = 29; day <= 31; day++) {
		if (days == ((CAL_BIT(day + 1) - 1) & ~(CAL_BIT(28) - 1)))
			break;
	}
	rule->month_day = day == 31 ? -1 : day;
	rule->clamp = day < 31;
	return day <= 31 && parts->setpos_count == 1 && parts->setpos[0] == -1;
}

/* "second Tuesday", "last weekday": days and week */
static bool pattern_week(const struct cal_rule_parts *parts,
			 struct cal_rule *rule)
{
	int week;

	if (parts->month_days != 0 || parts->month_days_back != 0)
		return FALSE;
	if (parts->nths_count == 1 && parts->weekdays == 0 &&
	    parts->setpos_count == 0) {
		week = parts->nths[0].nth;
		rule->days = 1U << parts->nths[0].weekday;
	} else if (parts->nths_count == 0 && parts->setpos_count == 1) {
		week = parts->setpos[0];
		rule->days = parts->weekdays;
	} else {
		return FALSE;
	}
	if (week != -1 && (week < 1 || week > 4))
		return FALSE;
	rule->week = week == -1 ? 5 : week;
	return TRUE;
}

static bool pattern_month(const struct cal_rule_parts *parts,
			  const struct cal_time *start, struct cal_rule *rule)
{
	if (parts->weekdays != 0 || parts->nths_count != 0)
		return pattern_week(parts, rule);
	return pattern_month_day(parts, start, rule);
}

static bool pattern_year(const struct cal_rule_parts *parts,
			 const struct cal_time *start, struct cal_rule *rule)
{
	if (parts->rscale_month == 13)
		rule->month = 13;
	else if (parts->months != 0) {
		if (single_bit(parts->months) < 0)
			return FALSE;
		rule->month = single_bit(parts->months);
	} else {
		/* any other part would be of the whole year */
		if (parts->month_days != 0 || parts->month_days_back != 0 ||
		    parts->weekdays != 0 || parts->nths_count != 0)
			return FALSE;
		rule->month = start->wall.month;
	}
	return pattern_month(parts, start, rule);
}

static bool parts_to_pattern(const struct cal_rule_parts *parts,
			     const struct cal_time *start,
			     struct cal_rule *rule)
{
	if (parts->weeks != 0 || parts->weeks_back != 0 ||
	    year_days_any(parts) || !clock_is_start(parts, start))
		return FALSE;
	switch (parts->freq) {
	case CAL_EVERY_DAY:
		rule->freq = CAL_FREQ_DAILY;
		if (parts->months != 0 || parts->month_days != 0 ||
		    parts->month_days_back != 0 || parts->setpos_count != 0 ||
		    parts->nths_count != 0)
			return FALSE;
		if (parts->weekdays == 0)
			return TRUE;
		/* each of these weekdays */
		rule->freq = CAL_FREQ_WEEKLY;
		rule->days = parts->weekdays;
		return parts->interval == 1;
	case CAL_EVERY_WEEK:
		rule->freq = CAL_FREQ_WEEKLY;
		rule->days = parts->weekdays != 0 ? parts->weekdays :
			1U << zone_weekday(zone_days(start->wall.year,
						     start->wall.month,
						     start->wall.day));
		return parts->months == 0 && parts->month_days == 0 &&
			parts->month_days_back == 0 &&
			parts->setpos_count == 0 && parts->nths_count == 0;
	case CAL_EVERY_MONTH:
		rule->freq = CAL_FREQ_MONTHLY;
		return parts->months == 0 && pattern_month(parts, start, rule);
	case CAL_EVERY_YEAR:
		rule->freq = CAL_FREQ_YEARLY;
		return pattern_year(parts, start, rule);
	default:
		return FALSE;
	}
}

bool cal_rule_parse(pool_t pool, const char *value,
		    const struct cal_time *start, struct cal_rule *rule_r)
{
	static const struct cal_time epoch = {
		.form = CAL_TIME_DATE,
		.wall = { .year = 1970, .month = 1, .day = 1 },
	};
	struct cal_rule_parts parts;
	struct cal_rule rule;
	unsigned int i;

	i_zero(rule_r);
	if (!cal_rule_parts_parse(value, &parts))
		return FALSE;
	if (start->form == CAL_TIME_NONE)
		start = &epoch;
	rule_r->interval = parts.interval;
	rule_r->count = parts.count;
	rule_r->until = parts.until;
	rule_r->week_start = parts.week_start;
	rule_r->leap_month = parts.leap_month;
	for (i = 0; parts.rscale[0] != '\0' &&
	     i < N_ELEMENTS(calendar_types); i++) {
		if (strncmp(parts.rscale, calendar_types[i].rscale, 7) == 0 ||
		    strcmp(parts.rscale, calendar_types[i].rscale) == 0) {
			rule_r->calendar_type = calendar_types[i].type;
			break;
		}
	}
	rule = *rule_r;
	if ((parts.rscale[0] == '\0' || rule.calendar_type != 0) &&
	    parts_to_pattern(&parts, start, &rule)) {
		*rule_r = rule;
		return TRUE;
	}
	rule_r->freq = CAL_FREQ_OTHER;
	rule_r->other = p_strdup(pool, value);
	return TRUE;
}

/* --- the pattern to parts ------------------------------------------------------------------ */

static void month_to_parts(const struct cal_rule *rule,
			   struct cal_rule_parts *parts)
{
	if (rule->week == 0) {
		if (rule->month_day == -1 ||
		    (rule->clamp && rule->month_day == 31))
			parts->month_days_back = CAL_BIT(1);
		else if (rule->clamp && rule->month_day > 28) {
			parts->month_days = (CAL_BIT(rule->month_day + 1) - 1) &
				~(CAL_BIT(28) - 1);
			parts->setpos_count = 1;
			parts->setpos[0] = -1;
		} else if (rule->month_day > 0 && rule->month_day <= 31) {
			parts->month_days = CAL_BIT(rule->month_day);
		}
		return;
	}
	parts->weekdays = rule->days & 0x7f;
	if (single_bit(parts->weekdays) >= 0) {
		parts->nths_count = 1;
		parts->nths[0].weekday = single_bit(parts->weekdays);
		parts->nths[0].nth = rule->week >= 5 ? -1 : (int)rule->week;
		parts->weekdays = 0;
	} else {
		parts->setpos_count = 1;
		parts->setpos[0] = rule->week >= 5 ? -1 : (int)rule->week;
	}
}

void cal_rule_to_parts(const struct cal_rule *rule,
		       struct cal_rule_parts *parts_r)
{
	const char *rscale = cal_rule_rscale(rule->calendar_type);

	if (rule->freq == CAL_FREQ_OTHER && rule->other != NULL &&
	    cal_rule_parts_parse(rule->other, parts_r)) {
		/* these may have been changed */
		parts_r->count = rule->count;
		parts_r->until = rule->until;
		return;
	}
	i_zero(parts_r);
	parts_r->interval = I_MIN(I_MAX(rule->interval, 1), INTERVAL_MAX);
	parts_r->count = rule->count;
	parts_r->until = rule->until;
	parts_r->week_start = rule->week_start % 7;
	if (rscale != NULL)
		i_strocpy(parts_r->rscale, rscale, sizeof(parts_r->rscale));
	parts_r->leap_month = rule->leap_month;
	switch (rule->freq) {
	case CAL_FREQ_NONE:
	case CAL_FREQ_OTHER:
	case CAL_FREQ_DAILY:
		parts_r->freq = CAL_EVERY_DAY;
		break;
	case CAL_FREQ_WEEKLY:
		parts_r->freq = CAL_EVERY_WEEK;
		parts_r->weekdays = rule->days & 0x7f;
		break;
	case CAL_FREQ_MONTHLY:
		parts_r->freq = CAL_EVERY_MONTH;
		month_to_parts(rule, parts_r);
		break;
	case CAL_FREQ_YEARLY:
		parts_r->freq = CAL_EVERY_YEAR;
		if (rule->month >= 1 && rule->month <= 12)
			parts_r->months = CAL_BIT(rule->month);
		parts_r->rscale_month = rule->month;
		month_to_parts(rule, parts_r);
		break;
	}
}

/* --- parts to text ---------------------------------------------------------------------------- */

/* UNTIL in the form that the start asks for (RFC 5545 3.3.10) */
static void until_append(string_t *dest, const struct cal_time *_until,
			 const struct cal_time *start)
{
	struct cal_time until = *_until;

	if (start->form != CAL_TIME_NONE) {
		cal_time_as(&until, start, start->zone);
		if (until.form == CAL_TIME_ZONE)
			cal_time_set_utc(&until, cal_time_utc(&until, NULL));
	}
	str_printfa(dest, ";UNTIL=%s", cal_time_value(&until));
}

static void bits_append(string_t *dest, const char *name, uint64_t bits,
			bool *first)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if ((bits & CAL_BIT(i)) == 0)
			continue;
		if (*first)
			str_printfa(dest, ";%s=%u", name, i);
		else
			str_printfa(dest, ",%u", i);
		*first = FALSE;
	}
}

static void byday_append(string_t *dest, const struct cal_rule_parts *parts)
{
	const char *sep = ";BYDAY=";
	unsigned int i, day;

	for (i = 0; i < 7; i++) {
		/* in the order of the week, which begins with Monday mostly */
		day = (parts->week_start + i) % 7;
		if ((parts->weekdays & (1U << day)) == 0)
			continue;
		str_printfa(dest, "%s%s", sep, weekday_names[day]);
		sep = ",";
	}
	for (i = 0; i < parts->nths_count; i++) {
		str_printfa(dest, "%s%d%s", sep, parts->nths[i].nth,
			    weekday_names[parts->nths[i].weekday]);
		sep = ",";
	}
}

/* The text of a rule that is kept, with COUNT and UNTIL as they are now */
static void other_append(string_t *dest, const struct cal_rule *rule,
			 const struct cal_time *start)
{
	const char *const *list = t_strsplit(rule->other, ";");
	struct cal_rule_parts parts;
	const char *sep = "";

	if (cal_rule_parts_parse(rule->other, &parts) &&
	    parts.count == rule->count &&
	    cal_time_equal(&parts.until, &rule->until)) {
		str_append(dest, rule->other);
		return;
	}
	for (; *list != NULL; list++) {
		if (strncasecmp(*list, "COUNT=", 6) == 0 ||
		    strncasecmp(*list, "UNTIL=", 6) == 0 || **list == '\0')
			continue;
		str_printfa(dest, "%s%s", sep, *list);
		sep = ";";
	}
	if (rule->count != 0)
		str_printfa(dest, ";COUNT=%u", rule->count);
	else if (rule->until.form != CAL_TIME_NONE)
		until_append(dest, &rule->until, start);
}

void cal_rule_append(string_t *dest, const struct cal_rule *rule,
		     const struct cal_time *start)
{
	struct cal_rule_parts parts;
	bool first = TRUE;

	if (rule->freq == CAL_FREQ_OTHER && rule->other != NULL) {
		other_append(dest, rule, start);
		return;
	}
	cal_rule_to_parts(rule, &parts);
	if (parts.rscale[0] != '\0')
		str_printfa(dest, "RSCALE=%s;", parts.rscale);
	str_printfa(dest, "FREQ=%s", freq_names[parts.freq]);
	if (rule->count != 0)
		str_printfa(dest, ";COUNT=%u", rule->count);
	else if (rule->until.form != CAL_TIME_NONE)
		until_append(dest, &rule->until, start);
	if (parts.interval > 1)
		str_printfa(dest, ";INTERVAL=%u", parts.interval);
	if (parts.rscale_month == 13 || parts.leap_month) {
		str_printfa(dest, ";BYMONTH=%u%s", parts.rscale_month,
			    parts.leap_month ? "L" : "");
	} else {
		bits_append(dest, "BYMONTH", parts.months, &first);
	}
	first = TRUE;
	bits_append(dest, "BYMONTHDAY", parts.month_days, &first);
	if (parts.month_days_back != 0)
		str_append(dest, ";BYMONTHDAY=-1");
	byday_append(dest, &parts);
	if (parts.setpos_count != 0)
		str_printfa(dest, ";BYSETPOS=%d", parts.setpos[0]);
	if (parts.freq == CAL_EVERY_WEEK && parts.week_start != 1)
		str_printfa(dest, ";WKST=%s", weekday_names[parts.week_start]);
}

bool cal_rule_equal(const struct cal_rule *a, const struct cal_rule *b)
{
	if (a->freq != b->freq)
		return FALSE;
	if (a->freq == CAL_FREQ_NONE)
		return TRUE;
	return a->interval == b->interval && a->count == b->count &&
		cal_time_equal(&a->until, &b->until) && a->days == b->days &&
		a->week == b->week && a->month_day == b->month_day &&
		a->clamp == b->clamp && a->month == b->month &&
		a->week_start == b->week_start &&
		a->calendar_type == b->calendar_type &&
		a->leap_month == b->leap_month &&
		null_strcmp(a->other, b->other) == 0;
}
