/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tasks (MS-OXOTASK 2.2.2), notes (MS-OXONOTE 2.2.1) and journal entries (MS-OXOJRNL
   2.2.1). */

#include "lib.h"
#include "cal-private.h"

/* PidLidTaskStatus */
enum { TASK_NOT_STARTED = 0, TASK_IN_PROGRESS, TASK_COMPLETE, TASK_WAITING,
       TASK_DEFERRED };

#define TASK_CLASS "IPM.Task"
#define NOTE_CLASS "IPM.StickyNote"
#define NOTE_YELLOW 3

/* --- tasks, reading --- */

/* Dates of tasks are midnights of no zone, as UTC (MS-OXOTASK 2.2.2.2.4) */
static void put_date(struct mapi_bag *bag, mapi_tag_t tag,
		     const struct cal_time *time, const struct zone *zone)
{
	struct zone_wall wall;

	if (time->form == CAL_TIME_NONE)
		return;
	cal_wall_in(time, zone, &wall);
	wall.hour = wall.minute = wall.second = 0;
	mapi_bag_set_time(bag, tag, zone_utc_of(zone_utc(), &wall));
}

/* The same day in the user's zone */
static void put_common(struct mapi_bag *bag, mapi_tag_t tag,
		       const struct cal_time *time, const struct zone *zone)
{
	struct zone_wall wall;

	if (time->form == CAL_TIME_NONE)
		return;
	cal_wall_in(time, zone, &wall);
	wall.hour = wall.minute = wall.second = 0;
	mapi_bag_set_time(bag, tag, zone_utc_of(zone, &wall));
}

static void read_status(const struct cal_entry *entry, struct mapi_bag *bag)
{
	union mapi_value v;
	int status = TASK_NOT_STARTED;

	if (entry->done)
		status = TASK_COMPLETE;
	else if (entry->percent > 0)
		status = TASK_IN_PROGRESS;
	i_zero(&v);
	v.d = entry->done ? 1.0 : I_MIN(entry->percent, 100) / 100.0;
	mapi_bag_set(bag, PidLidPercentComplete, &v);
	mapi_bag_set_int(bag, PidLidTaskStatus, status);
	mapi_bag_set_bool(bag, PidLidTaskComplete, entry->done);
	if (entry->completed != 0)
		mapi_bag_set_time(bag, PidLidTaskDateCompleted,
				  entry->completed - entry->completed % 86400);
}

static void read_task_recurrence(const struct mapiconv *conv,
				 const struct cal_object *obj,
				 struct mapi_bag *bag)
{
	struct cal_object copy = *obj;
	buffer_t *blob = t_buffer_create(128);

	/* the pattern begins where the task does */
	if (copy.master.start.form == CAL_TIME_NONE)
		copy.master.start = copy.master.end;
	if (!mapiconv_recurrence_write(conv, &copy, blob)) {
		mapi_bag_set_bool(bag, PidLidTaskFRecurring, FALSE);
		return;
	}
	mapi_bag_set_bool(bag, PidLidTaskFRecurring, TRUE);
	mapi_bag_set_bool(bag, PidLidTaskDeadOccurrence, obj->rule.dead_occur);
	conv_set_buffer(bag, PidLidTaskRecurrence, blob);
}

void cal_task_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg)
{
	const struct cal_entry *entry = &obj->master;
	const struct zone *zone = conv->zone != NULL ? conv->zone : zone_utc();
	struct mapi_bag *bag = &msg->props;

	cal_common_read(conv, entry, msg);
	mapi_bag_set_str(bag, PidTagMessageClass, TASK_CLASS);
	put_date(bag, PidLidTaskStartDate, &entry->start, zone);
	put_date(bag, PidLidTaskDueDate, &entry->end, zone);
	put_common(bag, PidLidCommonStart, &entry->start, zone);
	put_common(bag, PidLidCommonEnd, &entry->end, zone);
	read_status(entry, bag);
	T_BEGIN {
		read_task_recurrence(conv, obj, bag);
	} T_END;
	/* RFC 5545 3.8.1.9: 1 to 4 high, 6 to 9 low */
	mapi_bag_set_int(bag, PidTagImportance, entry->priority == 0 ||
			 entry->priority == 5 ? 1 : entry->priority < 5 ? 2 : 0);
	mapi_bag_set_bool(bag, PidLidReminderSet, entry->reminder_time != 0);
	if (entry->reminder_time != 0) {
		mapi_bag_set_time(bag, PidLidReminderTime,
				  entry->reminder_time);
		mapi_bag_set_time(bag, PidLidReminderSignalTime,
				  entry->reminder_time);
	}
	mapi_bag_set_int(bag, PidLidTaskMode, 0);
	mapi_bag_set_int(bag, PidLidTaskOwnership, 0);
	mapi_bag_set_int(bag, PidLidTaskAcceptanceState, 0);
	mapi_bag_set_int(bag, PidLidTaskState, 1);
	mapi_bag_set_bool(bag, PidLidTaskFCreator, TRUE);
	mapi_bag_set_int(bag, PidLidTaskVersion, 1);
	mapi_bag_set_int(bag, PidLidSideEffects, 0x110);
	conv_set_text(bag, PidLidTaskOwner, conv->owner_name);
	mapi_bag_set_int(bag, PidTagIconIndex,
			 obj->rule.freq == CAL_FREQ_NONE ? 0x500 : 0x501);
}

/* --- tasks, writing --- */

static void set_date(struct cal_time *time, time_t t)
{
	struct zone_wall wall;

	if (t == 0) {
		i_zero(time);
		return;
	}
	zone_wall(zone_utc(), t, &wall);
	cal_time_set_date(time, wall.year, wall.month, wall.day);
}

static void write_status(struct cal_entry *entry, const struct mapi_bag *now,
			 const struct mapi_bag *before)
{
	static const mapi_tag_t tags[] = {
		PidLidTaskStatus, PidLidTaskComplete, PidLidPercentComplete,
		PidLidTaskDateCompleted, 0
	};
	const struct mapi_prop *percent;
	time_t completed;

	if (!conv_differs_any(now, before, tags))
		return;
	percent = mapi_bag_get(now, PidLidPercentComplete);
	entry->done = mapi_bag_get_bool(now, PidLidTaskComplete, FALSE) ||
		mapi_bag_get_int(now, PidLidTaskStatus, 0) == TASK_COMPLETE;
	entry->percent = entry->done ? 100 : 0;
	if (!entry->done && percent != NULL && percent->v.d > 0)
		entry->percent = I_MIN(percent->v.d, 1.0) * 100 + 0.5;
	/* begun, but nobody says how far */
	if (!entry->done && entry->percent == 0 &&
	    mapi_bag_get_int(now, PidLidTaskStatus, 0) == TASK_IN_PROGRESS)
		entry->percent = 1;
	completed = mapi_bag_get_time(now, PidLidTaskDateCompleted);
	if (!entry->done)
		entry->completed = 0;
	else if (completed != 0)
		entry->completed = completed;
}

static void write_task_recurrence(struct cal_writer *w)
{
	const struct mapi_bag *now = &w->now->props, *before = &w->before->props;
	const struct mapi_blob *blob = mapi_bag_get_bin(now, PidLidTaskRecurrence);
	struct cal_rule old = w->obj->rule;

	if (!conv_differs(now, before, PidLidTaskRecurrence) &&
	    !conv_differs(now, before, PidLidTaskFRecurring) &&
	    !conv_differs(now, before, PidLidTaskDeadOccurrence))
		return;
	if (blob == NULL ||
	    !mapi_bag_get_bool(now, PidLidTaskFRecurring, TRUE)) {
		i_zero(&w->obj->rule);
		return;
	}
	if (w->obj->master.start.form == CAL_TIME_NONE)
		w->obj->master.start = w->obj->master.end;
	if (w->obj->master.start.form == CAL_TIME_NONE ||
	    mapiconv_recurrence_read(w->conv, blob->data, blob->size, w->pool,
				     w->obj) < 0) {
		w->obj->rule = old;
		return;
	}
	w->obj->rule.dead_occur =
		mapi_bag_get_bool(now, PidLidTaskDeadOccurrence, FALSE);
}

int cal_task_write(struct cal_writer *w)
{
	const struct mapi_bag *now = &w->now->props, *before = &w->before->props;
	struct cal_entry *entry = &w->obj->master;
	int64_t importance;

	cal_common_write(w, now, before, entry);
	if (conv_differs(now, before, PidLidTaskStartDate))
		set_date(&entry->start,
			 mapi_bag_get_time(now, PidLidTaskStartDate));
	if (conv_differs(now, before, PidLidTaskDueDate))
		set_date(&entry->end, mapi_bag_get_time(now, PidLidTaskDueDate));
	write_status(entry, now, before);
	write_task_recurrence(w);
	if (conv_differs(now, before, PidTagImportance)) {
		importance = mapi_bag_get_int(now, PidTagImportance, 1);
		entry->priority = importance == 2 ? 1 : importance == 0 ? 9 : 5;
	}
	if (conv_differs(now, before, PidLidReminderSet) ||
	    conv_differs(now, before, PidLidReminderTime)) {
		entry->reminder_time =
			mapi_bag_get_bool(now, PidLidReminderSet, FALSE) ?
			mapi_bag_get_time(now, PidLidReminderTime) : 0;
	}
	w->obj->have_master = TRUE;
	return cal_attachments_write(w, entry);
}

/* --- notes --- */

void cal_note_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg)
{
	const struct cal_entry *entry = &obj->master;
	struct mapi_bag *bag = &msg->props;

	cal_common_read(conv, entry, msg);
	mapi_bag_set_str(bag, PidTagMessageClass, NOTE_CLASS);
	mapi_bag_set_int(bag, PidLidNoteColor, NOTE_YELLOW);
	mapi_bag_set_int(bag, PidTagIconIndex, 0x300 + NOTE_YELLOW);
	if (entry->start.form != CAL_TIME_NONE) {
		mapi_bag_set_time(bag, PidLidLogStart,
				  cal_time_utc(&entry->start, conv->zone));
		mapi_bag_set_time(bag, PidLidCommonStart,
				  cal_time_utc(&entry->start, conv->zone));
	}
}

/* A note's subject is its first line (MS-OXONOTE 2.2.2.2) */
static const char *first_line(pool_t pool, const char *text)
{
	return p_strdup_until(pool, text, text + strcspn(text, "\r\n"));
}

int cal_note_write(struct cal_writer *w)
{
	const struct mapi_bag *now = &w->now->props, *before = &w->before->props;
	struct cal_entry *entry = &w->obj->master;
	time_t start;

	cal_common_write(w, now, before, entry);
	if ((entry->summary == NULL || *entry->summary == '\0') &&
	    entry->description != NULL)
		entry->summary = first_line(w->pool, entry->description);
	if (conv_differs(now, before, PidLidLogStart)) {
		start = mapi_bag_get_time(now, PidLidLogStart);
		i_zero(&entry->start);
		if (start != 0)
			cal_time_set_utc(&entry->start, start);
	}
	w->obj->have_master = TRUE;
	return cal_attachments_write(w, entry);
}
