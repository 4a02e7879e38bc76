/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Tasks class (MS-ASTASK): a VTODO.

   A date of a task is told twice, as the client's wall clock and as UTC.  Midnight
   is a date; another time is kept as an instant.  What the client's clock said
   beside it is in an extra, and holds while the date in the text is that one. */

#include "eas-item-cal.h"
#include "eas-recurrence.h"
#include "ioloop.h"

#define INVALID_ITEM 6
#define DAY_SECS (24 * 60 * 60)
#define IMPORTANCE_NORMAL 1
#define IMPORTANCE_MAX 2
#define SENSITIVITY_MAX 3
#define FILTER_INCOMPLETE 8

/* "<local time> <UTC>", seconds */
#define EAS_EXTRA_TASK_START "eas.start"
#define EAS_EXTRA_TASK_DUE "eas.due"
/* Importance that is none of the three (2.2.2.14) */
#define EAS_EXTRA_TASK_IMPORTANCE "eas.importance"

/* --- dates -------------------------------------------------------------------------- */

/* Seconds of the wall clock, as if it was UTC; a date's midnight */
static time_t task_local_secs(const struct cal_time *time,
			      const struct zone *zone)
{
	time_t utc = cal_time_utc(time, zone);

	return utc + zone_offset(zone, utc, NULL);
}

/* What the client said, if that is the date that the text has */
static bool task_date_kept(const struct store_item *item, const char *key,
			   const struct cal_time *time, time_t *local_r,
			   time_t *utc_r)
{
	const char *value = store_item_extra(item, key);
	const char *const *parts;

	if (value == NULL)
		return FALSE;
	parts = t_strsplit(value, " ");
	if (str_array_length(parts) != 2 ||
	    str_to_time(parts[0], local_r) < 0 ||
	    str_to_time(parts[1], utc_r) < 0)
		return FALSE;
	return time->form == CAL_TIME_DATE ?
		cal_time_utc(time, zone_utc()) == *local_r :
		cal_time_utc(time, zone_utc()) == *utc_r;
}

static void task_date_write(const struct eas_item_context *ctx,
			    const struct store_item *item, const char *key,
			    const struct cal_time *time, wbxml_tag_t local_tag,
			    wbxml_tag_t utc_tag, struct wbxml_writer *w)
{
	const struct zone *zone = eas_zone(ctx->req);
	time_t local, utc;

	if (time->form == CAL_TIME_NONE)
		return;
	if (!task_date_kept(item, key, time, &local, &utc)) {
		if (time->form == CAL_TIME_ZONE && time->zone != NULL)
			zone = time->zone;
		utc = cal_time_utc(time, zone);
		local = task_local_secs(time, zone);
	}
	if (eas_item_wants(ctx->body, utc_tag))
		wbxml_text_tag(w, utc_tag, eas_datetime(utc));
	if (eas_item_wants(ctx->body, local_tag))
		wbxml_text_tag(w, local_tag, eas_datetime(local));
}

/* FALSE: wrong. Either may be missing: then the other says it, by our zone. */
static bool task_date_read(struct eas_item_cal_edit *ed, const char *key,
			   wbxml_tag_t local_tag, wbxml_tag_t utc_tag,
			   struct cal_time *time_r)
{
	const char *local_text = wbxml_child_text(ed->edit->data, local_tag);
	const char *utc_text = wbxml_child_text(ed->edit->data, utc_tag);
	const struct zone *zone = eas_zone(ed->ctx->req);
	struct zone_wall wall;
	time_t local = 0, utc = 0;

	if (local_text != NULL && *local_text == '\0')
		local_text = NULL;
	if (utc_text != NULL && *utc_text == '\0')
		utc_text = NULL;
	if ((local_text != NULL && !eas_datetime_parse(local_text, &local)) ||
	    (utc_text != NULL && !eas_datetime_parse(utc_text, &utc)))
		return FALSE;
	if (local_text == NULL && utc_text == NULL) {
		i_zero(time_r);
		eas_item_cal_extra_set(ed, key, NULL);
		return TRUE;
	}
	if (local_text == NULL) {
		local = utc + zone_offset(zone, utc, NULL);
	} else if (utc_text == NULL) {
		zone_wall(zone_utc(), local, &wall);
		utc = zone_utc_of(zone, &wall);
	}
	if (local % DAY_SECS == 0) {
		zone_wall(zone_utc(), local, &wall);
		cal_time_set_date(time_r, wall.year, wall.month, wall.day);
	} else {
		cal_time_set_utc(time_r, utc);
	}
	eas_item_cal_extra_set(ed, key, t_strdup_printf("%s %s",
		dec2str(local), dec2str(utc)));
	return TRUE;
}

/* --- writing ------------------------------------------------------------------------ */

/* RFC 5545 3.8.1.9: 1 to 4 is high, 5 medium, 6 to 9 low. */
static unsigned int task_importance(const struct store_item *item,
				    const struct cal_entry *entry)
{
	const char *kept = store_item_extra(item, EAS_EXTRA_TASK_IMPORTANCE);
	unsigned int value;

	if (kept != NULL && str_to_uint(kept, &value) == 0)
		return value;
	if (entry->priority == 0 || entry->priority == 5)
		return IMPORTANCE_NORMAL;
	return entry->priority < 5 ? IMPORTANCE_MAX : 0;
}

/* 0: none */
static time_t task_reminder(const struct cal_entry *entry,
			    const struct zone *zone)
{
	const struct cal_time *from = entry->start.form != CAL_TIME_NONE ?
		&entry->start : &entry->end;

	if (entry->reminder_time != 0)
		return entry->reminder_time;
	if (entry->reminder < 0 || from->form == CAL_TIME_NONE)
		return 0;
	return cal_time_utc(from, zone) - entry->reminder * 60;
}

static void task_write_uint(const struct eas_item_context *ctx,
			    wbxml_tag_t tag, unsigned int value,
			    struct wbxml_writer *w)
{
	if (eas_item_wants(ctx->body, tag))
		wbxml_uint_tag(w, tag, value);
}

static void task_write_state(const struct eas_item_context *ctx,
			     const struct store_item *item,
			     const struct cal_entry *entry,
			     struct wbxml_writer *w)
{
	time_t reminder = task_reminder(entry, eas_zone(ctx->req));

	task_write_uint(ctx, TASKS_Complete, entry->done ? 1 : 0, w);
	/* 2.2.2.8: always with a completed one */
	if (entry->done && eas_item_wants(ctx->body, TASKS_DateCompleted)) {
		wbxml_text_tag(w, TASKS_DateCompleted, eas_datetime(
			entry->completed != 0 ? entry->completed :
			entry->modified != 0 ? entry->modified :
			item->last_change));
	}
	task_write_uint(ctx, TASKS_ReminderSet, reminder != 0 ? 1 : 0, w);
	if (reminder != 0 && eas_item_wants(ctx->body, TASKS_ReminderTime)) {
		wbxml_text_tag(w, TASKS_ReminderTime, eas_datetime(reminder));
	}
}

static void task_write(const struct eas_item_context *ctx,
		       const struct store_item *item,
		       const struct cal_object *obj, struct wbxml_writer *w)
{
	const struct cal_entry *entry = &obj->master;
	const struct cal_time *first = entry->start.form != CAL_TIME_NONE ?
		&entry->start : &entry->end;

	if (eas_item_wants(ctx->body, TASKS_Subject))
		wbxml_text_tag_opt(w, TASKS_Subject, entry->summary);
	eas_item_cal_body_write(ctx, entry, TASKS_Body, TASKS_BodyTruncated, w);
	task_write_uint(ctx, TASKS_Importance, task_importance(item, entry), w);
	task_write_uint(ctx, TASKS_Sensitivity, entry->sensitivity, w);
	task_date_write(ctx, item, EAS_EXTRA_TASK_START, &entry->start,
			TASKS_StartDate, TASKS_UtcStartDate, w);
	task_date_write(ctx, item, EAS_EXTRA_TASK_DUE, &entry->end,
			TASKS_DueDate, TASKS_UtcDueDate, w);
	task_write_state(ctx, item, entry, w);
	eas_item_cal_categories_write(ctx, entry, TASKS_Categories,
				      TASKS_Category, w);
	if (first->form != CAL_TIME_NONE &&
	    eas_item_wants(ctx->body, TASKS_Recurrence)) {
		eas_recurrence_write(ctx->req->version, &obj->rule,
				     &eas_recurrence_tasks, first,
				     eas_zone(ctx->req), w);
	}
}

static int tasks_write(const struct eas_item_context *ctx,
		       const struct store_item *item, struct wbxml_writer *w)
{
	pool_t pool = pool_alloconly_create("task", 2048);
	struct cal_object *obj = eas_item_cal_parse(ctx, pool, item);

	if (obj != NULL)
		task_write(ctx, item, obj, w);
	pool_unref(&pool);
	if (obj == NULL)
		return 0;
	return wbxml_writer_failed(w) ? -1 : 1;
}

/* --- reading ------------------------------------------------------------------------ */

static bool task_read_text(struct eas_item_cal_edit *ed)
{
	const char *subject = wbxml_child_text(ed->edit->data, TASKS_Subject);

	ed->obj->master.summary = subject == NULL ? "" :
		p_strdup(ed->pool, subject);
	return eas_item_cal_categories_read(ed,
		wbxml_child(ed->edit->data, TASKS_Categories),
		TASKS_Category) &&
		eas_item_cal_body_read(ed, TASKS_Body);
}

/* A missing Importance stays (3.2.5.3.1). */
static bool task_read_importance(struct eas_item_cal_edit *ed)
{
	static const unsigned int priorities[] = { 9, 5, 1 };
	struct cal_entry *entry = &ed->obj->master;
	struct store_item none = { .extras = NULL };
	const char *const no_extras[] = { NULL };
	unsigned int value, was;
	int ret;

	ret = wbxml_child_uint(ed->edit->data, TASKS_Importance, &value);
	if (ret <= 0)
		return ret == 0;
	none.extras = no_extras;
	was = task_importance(&none, entry);
	/* Any value comes back as it was sent. */
	eas_item_cal_extra_set(ed, EAS_EXTRA_TASK_IMPORTANCE,
		value <= IMPORTANCE_MAX ? NULL : dec2str(value));
	if (value > IMPORTANCE_MAX || value == was)
		return TRUE;
	entry->priority = priorities[value];
	return TRUE;
}

static bool task_read_sensitivity(struct eas_item_cal_edit *ed)
{
	unsigned int value = 0;
	int ret = wbxml_child_uint(ed->edit->data, TASKS_Sensitivity, &value);

	if (ret < 0 || value > SENSITIVITY_MAX)
		return FALSE;
	ed->obj->master.sensitivity = value;
	return TRUE;
}

static bool task_read_complete(struct eas_item_cal_edit *ed)
{
	struct cal_entry *entry = &ed->obj->master;
	const char *date = wbxml_child_text(ed->edit->data,
					    TASKS_DateCompleted);
	time_t completed = 0;
	unsigned int value;
	int ret;

	ret = wbxml_child_uint(ed->edit->data, TASKS_Complete, &value);
	if (ret < 0 || (ret > 0 && value > 1))
		return FALSE;
	if (date != NULL && *date != '\0' &&
	    !eas_datetime_parse(date, &completed))
		return FALSE;
	if (ret == 0)
		return TRUE;
	if (value == 0) {
		if (entry->done)
			entry->percent = 0;
		entry->done = FALSE;
		entry->completed = 0;
		return TRUE;
	}
	if (completed != 0)
		entry->completed = completed;
	else if (entry->completed == 0)
		entry->completed = ioloop_time;
	entry->done = TRUE;
	entry->percent = 100;
	return TRUE;
}

/* A missing ReminderSet stays (3.2.5.3.2). */
static bool task_read_reminder(struct eas_item_cal_edit *ed)
{
	struct cal_entry *entry = &ed->obj->master;
	const struct zone *zone = eas_zone(ed->ctx->req);
	const char *text = wbxml_child_text(ed->edit->data, TASKS_ReminderTime);
	time_t when = 0;
	unsigned int value;
	int ret;

	ret = wbxml_child_uint(ed->edit->data, TASKS_ReminderSet, &value);
	if (ret < 0 || (ret > 0 && value > 1))
		return FALSE;
	if (text != NULL && *text != '\0' && !eas_datetime_parse(text, &when))
		return FALSE;
	if (ret == 0)
		return TRUE;
	if (value == 0) {
		entry->reminder_time = 0;
		entry->reminder = -1;
		return TRUE;
	}
	/* As it was, or at the beginning */
	if (when == task_reminder(entry, zone) && when != 0)
		return TRUE;
	if (when == 0 && task_reminder(entry, zone) != 0)
		return TRUE;
	if (when == 0) {
		entry->reminder = 0;
		return TRUE;
	}
	entry->reminder_time = when;
	entry->reminder = -1;
	return TRUE;
}

static bool task_read_dates(struct eas_item_cal_edit *ed)
{
	struct cal_entry *entry = &ed->obj->master;

	return task_date_read(ed, EAS_EXTRA_TASK_START, TASKS_StartDate,
			      TASKS_UtcStartDate, &entry->start) &&
		task_date_read(ed, EAS_EXTRA_TASK_DUE, TASKS_DueDate,
			       TASKS_UtcDueDate, &entry->end);
}

/* Recurrence's own Start (2.2.2.25): local; for a series without start date */
static bool task_read_recurrence_start(struct eas_item_cal_edit *ed,
				       const struct wbxml_node *node)
{
	struct cal_entry *entry = &ed->obj->master;
	const char *text = wbxml_child_text(node, TASKS_Start);
	struct zone_wall wall;
	time_t start;

	if (text == NULL || !eas_datetime_parse(text, &start))
		return FALSE;
	if (entry->start.form != CAL_TIME_NONE)
		return TRUE;
	zone_wall(zone_utc(), start, &wall);
	cal_time_set_date(&entry->start, wall.year, wall.month, wall.day);
	return TRUE;
}

static bool task_read_recurrence(struct eas_item_cal_edit *ed)
{
	const struct wbxml_node *node = wbxml_child(ed->edit->data,
						    TASKS_Recurrence);
	struct cal_object *obj = ed->obj;
	unsigned int type;

	if (node == NULL || node->children == NULL) {
		if (obj->rule.freq != CAL_FREQ_OTHER)
			i_zero(&obj->rule);
		return TRUE;
	}
	/* 2.2.2.4: not with daily and weekly ones */
	if (wbxml_child_uint(node, TASKS_Type, &type) > 0 && type <= 1 &&
	    wbxml_child(node, TASKS_CalendarType) != NULL)
		return FALSE;
	if (!task_read_recurrence_start(ed, node))
		return FALSE;
	return eas_recurrence_read(ed->ctx->req->version, node,
		&eas_recurrence_tasks, &obj->master.start,
		obj->master.start.form == CAL_TIME_DATE,
		eas_zone(ed->ctx->req), &obj->rule) == 0;
}

static unsigned int tasks_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit)
{
	static bool (*const readers[])(struct eas_item_cal_edit *ed) = {
		task_read_text, task_read_importance, task_read_sensitivity,
		task_read_complete, task_read_dates, task_read_reminder,
		task_read_recurrence,
	};
	struct eas_item_cal_edit ed;
	unsigned int status;

	if (edit->instance_id != NULL)
		return INVALID_ITEM;
	status = eas_item_cal_edit_begin(&ed, ctx, edit, CAL_TASK);
	if (status != 0)
		return status;
	for (unsigned int i = 0; i < N_ELEMENTS(readers); i++) {
		if (!readers[i](&ed))
			return INVALID_ITEM;
	}
	eas_item_cal_edit_finish(&ed);
	return 0;
}

/* Only those that are not done */
static int tasks_visible(struct eas_request *req, store_fid_t fid,
			 unsigned int filter_type ATTR_UNUSED,
			 time_t since ATTR_UNUSED,
			 const ARRAY_TYPE(seq_range) *among,
			 ARRAY_TYPE(seq_range) *nums_r)
{
	struct store_item_filter filter = { .without = STORE_ITEM_DONE };

	return store_item_filter(req->store, fid, &filter, among, nums_r);
}

const struct eas_class eas_class_tasks = {
	.name = "Tasks",
	.class = STORE_CLASS_TASKS,
	.since = EAS_VERSION_25,
	.filter_types = 1U << 0 | 1U << FILTER_INCOMPLETE,
	.write = tasks_write,
	.read = tasks_read,
	.visible = tasks_visible,
};
