/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Times, durations and offsets (RFC 5545 3.3.4, 3.3.5, 3.3.6, 3.3.14). */

#include "lib.h"
#include "cal-private.h"

#include <ctype.h>

/* Longer than any duration that somebody means */
#define DURATION_MAX_DAYS 100000
#define DURATION_MAX_SECS ((int64_t)DURATION_MAX_DAYS * CAL_DAY)

time_t cal_time_utc(const struct cal_time *time, const struct zone *local)
{
	switch (time->form) {
	case CAL_TIME_NONE:
		return 0;
	case CAL_TIME_UTC:
		return zone_wall_secs(&time->wall);
	case CAL_TIME_ZONE:
		return zone_utc_of(time->zone, &time->wall);
	case CAL_TIME_DATE:
	case CAL_TIME_FLOATING:
		break;
	}
	if (local == NULL)
		return zone_wall_secs(&time->wall);
	return zone_utc_of(local, &time->wall);
}

void cal_time_set_utc(struct cal_time *time_r, time_t utc)
{
	i_zero(time_r);
	time_r->form = CAL_TIME_UTC;
	zone_secs_wall(utc, &time_r->wall);
}

void cal_time_set_zone(struct cal_time *time_r, time_t utc,
		       const struct zone *zone)
{
	if (zone == NULL || zone == zone_utc()) {
		cal_time_set_utc(time_r, utc);
		return;
	}
	i_zero(time_r);
	time_r->form = CAL_TIME_ZONE;
	time_r->zone = zone;
	zone_wall(zone, utc, &time_r->wall);
}

void cal_time_set_date(struct cal_time *time_r, int year,
		       unsigned int month, unsigned int day)
{
	i_zero(time_r);
	time_r->form = CAL_TIME_DATE;
	time_r->wall.year = year;
	time_r->wall.month = month;
	time_r->wall.day = day;
}

bool cal_time_equal(const struct cal_time *a, const struct cal_time *b)
{
	if (a->form != b->form)
		return FALSE;
	if (a->form == CAL_TIME_NONE)
		return TRUE;
	return zone_wall_secs(&a->wall) == zone_wall_secs(&b->wall) &&
		(a->form != CAL_TIME_ZONE || zone_equal(a->zone, b->zone));
}

/* --- values ----------------------------------------------------------------------------- */

static bool parse_digits(const char **p, const char *end, unsigned int count,
			 unsigned int *num_r)
{
	*num_r = 0;
	for (; count > 0; count--, (*p)++) {
		if (*p == end || !i_isdigit(**p))
			return FALSE;
		*num_r = *num_r * 10 + **p - '0';
	}
	return TRUE;
}

static void skip_char(const char **p, const char *end, char c)
{
	if (*p < end && **p == c)
		(*p)++;
}

static bool parse_date(const char **p, const char *end, struct zone_wall *wall)
{
	unsigned int year;

	if (!parse_digits(p, end, 4, &year))
		return FALSE;
	wall->year = year;
	skip_char(p, end, '-');
	if (!parse_digits(p, end, 2, &wall->month))
		return FALSE;
	skip_char(p, end, '-');
	return parse_digits(p, end, 2, &wall->day) && year > 0 &&
		wall->month >= 1 && wall->month <= 12 && wall->day >= 1 &&
		wall->day <= zone_month_days(year, wall->month);
}

/* "HHMMSS", "HHMM", with colons, fractions dropped */
static bool parse_clock(const char **p, const char *end, struct zone_wall *wall)
{
	if (!parse_digits(p, end, 2, &wall->hour))
		return FALSE;
	skip_char(p, end, ':');
	if (!parse_digits(p, end, 2, &wall->minute))
		return FALSE;
	skip_char(p, end, ':');
	if (*p < end && i_isdigit(**p) &&
	    !parse_digits(p, end, 2, &wall->second))
		return FALSE;
	if (*p < end && **p == '.') {
		do (*p)++; while (*p < end && i_isdigit(**p));
	}
	if (wall->second == 60)
		wall->second = 59;
	/* 24:00 is the next midnight */
	return wall->minute <= 59 && wall->second <= 59 &&
		(wall->hour <= 23 || (wall->hour == 24 && wall->minute == 0));
}

bool cal_time_parse(const char *value, size_t size, struct cal_time *time_r)
{
	const char *p = value, *end = value + size;

	i_zero(time_r);
	while (p < end && (*p == ' ' || *p == '"'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '"'))
		end--;
	if (!parse_date(&p, end, &time_r->wall))
		return FALSE;
	time_r->form = CAL_TIME_DATE;
	if (p == end)
		return TRUE;
	if (*p != 'T' && *p != 't' && *p != ' ')
		return FALSE;
	p++;
	if (!parse_clock(&p, end, &time_r->wall))
		return FALSE;
	if (time_r->wall.hour == 24)
		zone_secs_wall(zone_wall_secs(&time_r->wall), &time_r->wall);
	time_r->form = CAL_TIME_FLOATING;
	if (p < end && (*p == 'Z' || *p == 'z')) {
		time_r->form = CAL_TIME_UTC;
		p++;
	}
	return p == end;
}

const char *cal_time_value(const struct cal_time *time)
{
	const struct zone_wall *wall = &time->wall;

	if (time->form == CAL_TIME_DATE) {
		return t_strdup_printf("%04d%02u%02u", wall->year, wall->month,
				       wall->day);
	}
	return t_strdup_printf("%04d%02u%02uT%02u%02u%02u%s", wall->year,
			       wall->month, wall->day, wall->hour,
			       wall->minute, wall->second,
			       time->form == CAL_TIME_UTC ? "Z" : "");
}

void cal_time_as(struct cal_time *time, const struct cal_time *form,
		 const struct zone *local)
{
	time_t utc;

	if (time->form == CAL_TIME_NONE || form->form == CAL_TIME_NONE ||
	    (time->form == form->form && form->form != CAL_TIME_ZONE))
		return;
	if (form->form == CAL_TIME_DATE) {
		/* midnight UTC is how dates are written where only UTC is known */
		if (time->form == CAL_TIME_UTC &&
		    zone_wall_secs(&time->wall) % CAL_DAY != 0 && local != NULL)
			zone_wall(local, cal_time_utc(time, NULL), &time->wall);
		cal_time_set_date(time, time->wall.year, time->wall.month,
				  time->wall.day);
		return;
	}
	if (time->form == CAL_TIME_DATE) {
		time->wall.hour = form->wall.hour;
		time->wall.minute = form->wall.minute;
		time->wall.second = form->wall.second;
		time->form = form->form;
		time->zone = form->zone;
		return;
	}
	if (time->form == CAL_TIME_FLOATING) {
		time->form = form->form;
		time->zone = form->zone;
		return;
	}
	utc = cal_time_utc(time, local);
	if (form->form == CAL_TIME_FLOATING) {
		if (local != NULL)
			zone_wall(local, utc, &time->wall);
		time->form = CAL_TIME_FLOATING;
		time->zone = NULL;
	} else if (form->form == CAL_TIME_UTC ||
		   !zone_equal(time->zone, form->zone)) {
		cal_time_set_zone(time, utc, form->zone);
	}
}

/* --- durations ------------------------------------------------------------------------------ */

bool cal_duration_parse(const char *value, struct cal_duration *duration_r)
{
	const char *p = value;
	int64_t num, days = 0, secs = 0;
	bool negative = FALSE, time = FALSE, any = FALSE;

	while (*p == ' ')
		p++;
	if (*p == '-' || *p == '+')
		negative = *p++ == '-';
	if (*p != 'P' && *p != 'p')
		return FALSE;
	for (p++; *p != '\0' && *p != ' '; p++) {
		if (*p == 'T' || *p == 't') {
			time = TRUE;
			continue;
		}
		for (num = 0; i_isdigit(*p); p++) {
			num = num * 10 + *p - '0';
			if (num > DURATION_MAX_SECS)
				return FALSE;
		}
		any = TRUE;
		switch (i_toupper(*p)) {
		case 'W':
			days += num * 7;
			break;
		case 'D':
			days += num;
			break;
		case 'H':
			secs += num * 3600;
			break;
		case 'M':
			if (!time)
				return FALSE;
			secs += num * 60;
			break;
		case 'S':
			secs += num;
			break;
		default:
			return FALSE;
		}
		if (days > DURATION_MAX_DAYS || secs > DURATION_MAX_SECS)
			return FALSE;
	}
	duration_r->days = negative ? -days : days;
	duration_r->secs = negative ? -secs : secs;
	return any;
}

void cal_time_add(struct cal_time *time, const struct cal_duration *duration)
{
	const struct zone *zone = time->zone;
	enum cal_time_form form = time->form;
	int64_t secs = zone_wall_secs(&time->wall) + duration->days * CAL_DAY;

	if (form == CAL_TIME_DATE)
		secs += duration->secs / CAL_DAY * CAL_DAY;
	else if (form != CAL_TIME_ZONE)
		secs += duration->secs;
	zone_secs_wall(secs, &time->wall);
	if (form == CAL_TIME_ZONE && duration->secs != 0) {
		cal_time_set_zone(time, cal_time_utc(time, NULL) +
				  duration->secs, zone);
	}
}

/* "+0100", "-013000", "+01:00" (MS) */
int cal_offset_parse(const char *value, int *offset_r)
{
	const char *p = value, *end = value + strlen(value);
	unsigned int hour, min = 0, sec = 0;
	int sign = 1;

	while (*p == ' ')
		p++;
	if (*p == '-' || *p == '+')
		sign = *p++ == '-' ? -1 : 1;
	if (!parse_digits(&p, end, 2, &hour))
		return -1;
	skip_char(&p, end, ':');
	if (p < end && !parse_digits(&p, end, 2, &min))
		return -1;
	skip_char(&p, end, ':');
	if (p < end && i_isdigit(*p) && !parse_digits(&p, end, 2, &sec))
		return -1;
	if (hour > 24 || min > 59 || sec > 59)
		return -1;
	*offset_r = sign * (int)(hour * 3600 + min * 60 + sec);
	return 0;
}
