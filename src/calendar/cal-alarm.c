/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* VALARM (RFC 5545 3.6.6) and the one reminder that Outlook and phones show:
   MS-ASCAL Reminder (minutes before the start), MS-ASTASK ReminderTime. Alarms
   that are no reminder of that kind stay as they are. */

#include "lib.h"
#include "cal-private.h"

struct alarm {
	/* FALSE: mail, procedure, unreadable, ... */
	bool shows;
	bool absolute;
	/* relative: before the start (tasks: the due time or the start) */
	int64_t minutes;
	time_t at;
};

static bool action_shows(const struct ical_comp *comp)
{
	const char *action = ical_get(comp, "ACTION");

	return action == NULL || strcasecmp(action, "DISPLAY") == 0 ||
		strcasecmp(action, "AUDIO") == 0;
}

/* What a relative trigger is relative to */
static const struct cal_time *
trigger_base(const struct cal_entry *entry, const struct ical_prop *prop)
{
	bool end = ical_param_is(prop, "RELATED", "END");
	const struct cal_time *base = end ? &entry->end : &entry->start;

	if (base->form == CAL_TIME_NONE)
		base = end ? &entry->start : &entry->end;
	return base;
}

static void alarm_read(const struct cal_source *source,
		       const struct ical_comp *comp,
		       const struct cal_entry *entry, struct alarm *alarm_r)
{
	const struct ical_prop *prop = ical_find(comp, "TRIGGER");
	const struct cal_time *base;
	struct cal_duration dur;
	struct cal_time time;
	time_t start = cal_time_utc(&entry->start, source->zone), base_utc;

	i_zero(alarm_r);
	if (prop == NULL || !action_shows(comp))
		return;
	if (cal_time_parse(ical_value(prop), strlen(ical_value(prop)), &time)) {
		alarm_r->shows = TRUE;
		alarm_r->absolute = TRUE;
		alarm_r->at = cal_time_utc(&time, source->zone);
		alarm_r->minutes = (start - alarm_r->at) / 60;
		return;
	}
	base = trigger_base(entry, prop);
	if (base->form == CAL_TIME_NONE ||
	    !cal_duration_parse(ical_value(prop), &dur))
		return;
	base_utc = cal_time_utc(base, source->zone);
	alarm_r->shows = TRUE;
	alarm_r->minutes = -(dur.days * (CAL_DAY / 60) + dur.secs / 60);
	alarm_r->at = base_utc - alarm_r->minutes * 60;
	if (base == &entry->end && entry->start.form != CAL_TIME_NONE)
		alarm_r->minutes -= (base_utc - start) / 60;
}

/* The alarm that is shown: the first that a phone can show */
static const struct ical_comp *
alarm_find(const struct cal_source *source, const struct ical_comp *comp,
	   const struct cal_entry *entry, struct alarm *alarm_r)
{
	const struct ical_comp *child;

	for (child = ical_comp_find(comp, "VALARM"); child != NULL;
	     child = ical_comp_again(child)) {
		alarm_read(source, child, entry, alarm_r);
		if (!alarm_r->shows)
			continue;
		if (source->obj->kind != CAL_EVENT ||
		    (alarm_r->minutes >= 0 && alarm_r->minutes <= INT_MAX &&
		     entry->start.form != CAL_TIME_NONE))
			return child;
	}
	return NULL;
}

void cal_alarm_parse(const struct cal_source *source,
		     const struct ical_comp *comp, struct cal_entry *entry)
{
	struct alarm alarm;

	if (comp->comps == NULL)
		return;
	T_BEGIN {
		if (alarm_find(source, comp, entry, &alarm) == NULL)
			;
		else if (source->obj->kind == CAL_EVENT)
			entry->reminder = alarm.minutes;
		else
			entry->reminder_time = alarm.at;
	} T_END;
}

/* --- writing ---------------------------------------------------------------------------- */

static void trigger_set(pool_t pool, struct ical_comp *alarm,
			const char *params, const char *value)
{
	ical_remove_all(alarm, "TRIGGER");
	ical_add(pool, alarm, "TRIGGER", params, value);
	/* whether the old one was seen says nothing of the new one */
	ical_remove_all(alarm, "ACKNOWLEDGED");
}

static struct ical_comp *alarm_new(pool_t pool, struct ical_comp *comp)
{
	struct ical_comp *alarm = ical_comp_new(pool, "VALARM");

	ical_add(pool, alarm, "ACTION", "", "DISPLAY");
	ical_add(pool, alarm, "DESCRIPTION", "", "Reminder");
	ical_comp_append(comp, alarm);
	return alarm;
}

/* No alarm is to ring: not those behind the first either */
static void alarms_remove(struct cal_source *source, struct ical_comp *comp,
			  const struct cal_entry *old)
{
	const struct ical_comp *child;
	struct alarm alarm;

	while ((child = alarm_find(source, comp, old, &alarm)) != NULL)
		ical_comp_remove(comp, (struct ical_comp *)child);
}

void cal_alarm_write(struct cal_source *source, struct ical_comp *comp,
		     const struct cal_entry *entry, const struct cal_entry *old)
{
	struct ical_comp *child;
	struct alarm alarm;
	struct cal_time time;
	bool event = source->obj->kind == CAL_EVENT;

	if (event ? entry->reminder == old->reminder :
	    entry->reminder_time == old->reminder_time)
		return;
	if (event ? entry->reminder < 0 : entry->reminder_time == 0) {
		alarms_remove(source, comp, old);
		return;
	}
	child = (struct ical_comp *)alarm_find(source, comp, old, &alarm);
	if (child == NULL)
		child = alarm_new(source->pool, comp);
	if (event) {
		trigger_set(source->pool, child, "",
			    t_strdup_printf("-PT%dM", entry->reminder));
	} else {
		cal_time_set_utc(&time, entry->reminder_time);
		trigger_set(source->pool, child, ";VALUE=DATE-TIME",
			    cal_time_value(&time));
	}
}
