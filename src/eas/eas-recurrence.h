/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_RECURRENCE_H
#define EAS_RECURRENCE_H

#include "eas.h"
#include "dovetail-calendar.h"

/* Recurrence of appointments (MS-ASCAL 2.2.2.37), tasks (MS-ASTASK 2.2.2.18) and
   meeting requests (MS-ASEMAIL 2.2.2.60): the same elements on three pages. */

struct eas_recurrence_tags {
	wbxml_tag_t recurrence, type, occurrences, interval, week_of_month;
	wbxml_tag_t day_of_week, month_of_year, until, day_of_month;
	wbxml_tag_t calendar_type, is_leap_month, first_day_of_week;
	/* Tasks only; WBXML_TAG_NONE */
	wbxml_tag_t start, regenerate, dead_occur;
	/* Until: "2026-11-28T10:00:00.000Z" instead of the compact form */
	bool long_dates;
};

extern const struct eas_recurrence_tags eas_recurrence_calendar,
	eas_recurrence_tasks, eas_recurrence_email;

/* node: the Recurrence element. start: of the series (day and month that the
   client left out). zone: that of dates without time (all-day); Until becomes a
   date then. 0, or Sync status 6. An empty element (16.x) gives CAL_FREQ_NONE. */
unsigned int eas_recurrence_read(enum eas_version version,
				 const struct wbxml_node *node,
				 const struct eas_recurrence_tags *tags,
				 const struct cal_time *start, bool all_day,
				 const struct zone *zone,
				 struct cal_rule *rule_r);
/* Nothing for CAL_FREQ_NONE and CAL_FREQ_OTHER */
void eas_recurrence_write(enum eas_version version,
			  const struct cal_rule *rule,
			  const struct eas_recurrence_tags *tags,
			  const struct cal_time *start,
			  const struct zone *zone, struct wbxml_writer *writer);

/* "20261128T100000Z" (MS-ASDTYPE 2.7.2), data stack */
const char *eas_datetime_compact(time_t t);
/* A date as 16.x has it: no time component; data stack */
const char *eas_datetime_date(const struct zone_wall *wall);

#endif
