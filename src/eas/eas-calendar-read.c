/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client says of an appointment, put into the one that is there
   (MS-ASCAL 3.1.5.3, 3.2.4.4, 3.2.5.3). */

#include "eas-calendar.h"
#include "eas-invite.h"
#include "base64.h"
#include "compat.h"
#include "ioloop.h"

#include <math.h>

#define INVALID_ITEM 6
#define NOT_FOUND 8
#define UID_MAX 300
#define HALF_HOUR 1800
#define DAY 86400

struct cal_reader {
	const struct eas_item_context *ctx;
	struct eas_item_edit *edit;
	enum eas_version version;
	pool_t pool;
	struct cal_object *obj;
	/* Of the series: the client's, the one it had, or the user's */
	const struct zone *zone;
	/* The client's blob; NULL: it sent none */
	const char *zone_text;
	/* Guests of the series whom it calls asked (EAS_EXTRA_ASKED); NULL: it said
	   nothing of guests */
	string_t *asked;
};

/* 1 it was given, 0 not (the value stays or goes, as ghosting says), -1 wrong */
typedef int value_read_t(struct cal_reader *cr, const struct wbxml_node *data,
			 struct cal_entry *entry);

/* An element that a Change does not have: TRUE: take the value away. An
   occurrence keeps what is not said (3.2.5.3.1). */
static bool goes(const struct cal_reader *cr, const struct cal_entry *entry,
		 wbxml_tag_t tag)
{
	return cr->edit->op == EAS_EDIT_CHANGE && entry == &cr->obj->master &&
		!eas_item_keeps(cr->ctx, tag);
}

/* --- zone and times --------------------------------------------------------------- */

static void zone_read(struct cal_reader *cr, const struct wbxml_node *data)
{
	const char *text = wbxml_child_text(data, CAL_TimeZone);
	const struct zone *zone;
	time_t when = ioloop_time;
	buffer_t *blob;

	cr->zone = eas_calendar_zone(cr->ctx, cr->obj, cr->edit->old);
	if (text == NULL || *text == '\0')
		return;
	(void)eas_datetime_parse(wbxml_child_text(data, CAL_StartTime), &when);
	blob = t_buffer_create(ZONE_BLOB_SIZE);
	if (compat_base64_decode(text, strlen(text), blob) < 0)
		zone = NULL;
	else
		zone = zone_from_blob(cr->pool, blob->data, blob->used,
				      cr->zone, when);
	if (zone == NULL) {
		e_info(cr->ctx->req->event, "Device %s: time zone of an "
		       "appointment is unreadable", cr->ctx->req->device_id);
		return;
	}
	cr->zone = zone;
	cr->zone_text = p_strdup(cr->pool, text);
}

/* 1, 0 not there, -1 no date */
static int time_child(const struct wbxml_node *data, wbxml_tag_t tag,
		      time_t *time_r)
{
	const char *text = wbxml_child_text(data, tag);

	if (text == NULL || *text == '\0')
		return 0;
	return eas_datetime_parse(text, time_r) ? 1 : -1;
}

static bool is_midnight(const struct zone_wall *wall)
{
	return wall->hour == 0 && wall->minute == 0 && wall->second == 0;
}

/* Dates come in two dialects: midnight of the zone as UTC (Exchange), and the
   digits of the date as if they were UTC (16.x, and others before). */
static void date_of(const struct cal_reader *cr, time_t utc,
		    struct cal_time *time_r)
{
	struct zone_wall wall;

	zone_wall(cr->zone, utc, &wall);
	if (cr->version >= EAS_VERSION_160 ||
	    (!is_midnight(&wall) && utc % DAY == 0))
		zone_wall(zone_utc(), utc, &wall);
	cal_time_set_date(time_r, wall.year, wall.month, wall.day);
}

static void time_of(const struct cal_reader *cr, bool all_day, time_t utc,
		    struct cal_time *time_r)
{
	if (all_day)
		date_of(cr, utc, time_r);
	else
		cal_time_set_zone(time_r, utc, cr->zone);
}

/* An appointment without start or end (3.2.4.4). 0 / -1 */
static int times_complete(int have_start, int have_end,
			  time_t *start, time_t *end)
{
	time_t now = (ioloop_time + HALF_HOUR - 1) / HALF_HOUR * HALF_HOUR;

	if (have_start == 0 && have_end == 0) {
		*start = now;
		*end = now + HALF_HOUR;
	} else if (have_start == 0) {
		if (*end < now)
			return -1;
		*start = now;
	} else if (have_end == 0) {
		if (*start > ioloop_time)
			return -1;
		*end = now + HALF_HOUR;
	}
	return 0;
}

/* What was not said of a change: the start stays, the length stays. */
static void times_keep(const struct cal_reader *cr,
		       const struct cal_entry *entry, int have_start,
		       int have_end, time_t *start, time_t *end)
{
	time_t old_start = cal_time_utc(&entry->start, cr->zone);
	time_t old_end = cal_time_utc(&entry->end, cr->zone);

	if (have_start == 0)
		*start = old_start;
	if (have_end == 0)
		*end = *start + (old_end - old_start);
}

/* Both dialects give a day at least. */
static void all_day_end(struct cal_entry *entry)
{
	time_t start = cal_time_utc(&entry->start, zone_utc());
	time_t end = cal_time_utc(&entry->end, zone_utc());

	if (end > start)
		return;
	cal_time_set_utc(&entry->end, start + DAY);
	cal_time_set_date(&entry->end, entry->end.wall.year,
			  entry->end.wall.month, entry->end.wall.day);
}

static int times_set(struct cal_reader *cr, struct cal_entry *entry,
		     time_t start, time_t end)
{
	if (start > end)
		return -1;
	time_of(cr, entry->all_day, start, &entry->start);
	time_of(cr, entry->all_day, end, &entry->end);
	if (entry->all_day)
		all_day_end(entry);
	return 1;
}

/* The form of an appointment that becomes (or is no longer) all-day */
static int times_reform(struct cal_reader *cr, struct cal_entry *entry)
{
	return times_set(cr, entry, cal_time_utc(&entry->start, cr->zone),
			 cal_time_utc(&entry->end, cr->zone));
}

static int times_read(struct cal_reader *cr, const struct wbxml_node *data,
		      struct cal_entry *entry)
{
	bool was_all_day = entry->all_day, fresh;
	int have_start, have_end, ret;
	time_t start = 0, end = 0;

	fresh = entry->start.form == CAL_TIME_NONE;
	if ((ret = wbxml_child_bool(data, CAL_AllDayEvent,
				    &entry->all_day)) < 0)
		return -1;
	/* 2.2.2.1: in 16.x an occurrence is as its series is */
	if (ret > 0 && entry != &cr->obj->master &&
	    cr->version >= EAS_VERSION_160 &&
	    entry->all_day != cr->obj->master.all_day)
		return -1;
	have_start = time_child(data, CAL_StartTime, &start);
	have_end = time_child(data, CAL_EndTime, &end);
	if (have_start < 0 || have_end < 0)
		return -1;
	if (!fresh && have_start == 0 && have_end == 0) {
		return was_all_day != entry->all_day ||
			cr->zone_text != NULL ? times_reform(cr, entry) : 0;
	}
	if (!fresh)
		times_keep(cr, entry, have_start, have_end, &start, &end);
	else if (times_complete(have_start, have_end, &start, &end) < 0)
		return -1;
	return times_set(cr, entry, start, end);
}

/* --- texts and numbers -------------------------------------------------------------- */

static int text_read(struct cal_reader *cr, const struct wbxml_node *data,
		     wbxml_tag_t tag, struct cal_entry *entry,
		     const char **value)
{
	const char *text = wbxml_child_text(data, tag);

	if (text != NULL)
		*value = p_strdup(cr->pool, text);
	else if (goes(cr, entry, tag))
		*value = "";
	return 0;
}

/* 1 given, 0 not, -1 wrong */
static int uint_read(const struct wbxml_node *data, wbxml_tag_t tag,
		     unsigned int max, unsigned int *value_r)
{
	int ret = wbxml_child_uint(data, tag, value_r);

	return ret > 0 && *value_r > max ? -1 : ret;
}

static int subject_read(struct cal_reader *cr, const struct wbxml_node *data,
			struct cal_entry *entry)
{
	return text_read(cr, data, CAL_Subject, entry, &entry->summary);
}

static int body_read(struct cal_reader *cr, const struct wbxml_node *data,
		     struct cal_entry *entry)
{
	struct eas_item_body body;
	int ret = eas_item_body_read(cr->ctx->req, data, CAL_Body, &body);

	/* A missing Body is unchanged (MS-ASCMD 2.2.3.24). */
	if (ret > 0) {
		entry->description = p_strdup(cr->pool, body.text);
		entry->html = p_strdup(cr->pool, body.html);
	}
	return ret;
}

static int sensitivity_read(struct cal_reader *cr,
			    const struct wbxml_node *data,
			    struct cal_entry *entry)
{
	unsigned int value;
	int ret = uint_read(data, CAL_Sensitivity, CAL_CONFIDENTIAL, &value);

	if (ret > 0)
		entry->sensitivity = value;
	else if (ret == 0 && goes(cr, entry, CAL_Sensitivity))
		entry->sensitivity = CAL_NORMAL;
	return ret;
}

static int busy_read(struct cal_reader *cr, const struct wbxml_node *data,
		     struct cal_entry *entry)
{
	unsigned int value;
	int ret = uint_read(data, CAL_BusyStatus,
			    cr->version < EAS_VERSION_160 ?
			    CAL_BUSY_OOF : CAL_BUSY_ELSEWHERE, &value);

	/* What such a client was told of "working elsewhere" */
	if (ret > 0 && !(cr->version < EAS_VERSION_160 &&
			 entry->busy == CAL_BUSY_ELSEWHERE &&
			 value == CAL_BUSY_FREE))
		entry->busy = value;
	else if (ret == 0 && goes(cr, entry, CAL_BusyStatus))
		entry->busy = CAL_BUSY_BUSY;
	return ret;
}

/* An empty element takes the reminder away (2.2.2.38). */
static int reminder_read(struct cal_reader *cr, const struct wbxml_node *data,
			 struct cal_entry *entry)
{
	const char *text = wbxml_child_text(data, CAL_Reminder);
	unsigned int value;

	if (text == NULL) {
		if (goes(cr, entry, CAL_Reminder))
			entry->reminder = -1;
		return 0;
	}
	if (*text == '\0')
		entry->reminder = -1;
	else if (uint_read(data, CAL_Reminder, INT_MAX, &value) < 0)
		return -1;
	else
		entry->reminder = value;
	return 1;
}

static int categories_read(struct cal_reader *cr,
			   const struct wbxml_node *data,
			   struct cal_entry *entry)
{
	const struct wbxml_node *node = wbxml_child(data, CAL_Categories);
	const struct wbxml_node *cat;

	if (node == NULL && !goes(cr, entry, CAL_Categories))
		return 0;
	p_array_init(&entry->categories, cr->pool, 4);
	for (cat = wbxml_child(node, CAL_Category); cat != NULL;
	     cat = wbxml_next_sibling(cat)) {
		const char *text = p_strdup(cr->pool, cat->text);

		if (array_count(&entry->categories) == EAS_ITEM_CATEGORIES_MAX)
			return -1;
		if (*text != '\0')
			array_push_back(&entry->categories, &text);
	}
	return 1;
}

/* --- place ---------------------------------------------------------------------- */

static const char *place_text(struct cal_reader *cr,
			      const struct wbxml_node *node, wbxml_tag_t tag)
{
	const char *text = wbxml_child_text(node, tag);

	return text == NULL ? "" : p_strdup(cr->pool, text);
}

static double place_number(const struct wbxml_node *node, wbxml_tag_t tag)
{
	const char *text = wbxml_child_text(node, tag);
	double value;
	char *end;

	if (text == NULL || *text == '\0')
		return NAN;
	value = strtod(text, &end);
	return *end != '\0' || !isfinite(value) ? NAN : value;
}

/* MS-ASAIRS 2.2.2.28; an empty one takes the place away */
static void place_read(struct cal_reader *cr, const struct wbxml_node *node,
		       struct cal_entry *entry)
{
	struct cal_place *place = &entry->place;
	const struct wbxml_node *child;

	i_zero(place);
	entry->location = place_text(cr, node, ASB_DisplayName);
	place->annotation = place_text(cr, node, ASB_Annotation);
	place->street = place_text(cr, node, ASB_Street);
	place->city = place_text(cr, node, ASB_City);
	place->state = place_text(cr, node, ASB_State);
	place->country = place_text(cr, node, ASB_Country);
	place->postal_code = place_text(cr, node, ASB_PostalCode);
	place->uri = place_text(cr, node, ASB_LocationUri);
	place->latitude = place_number(node, ASB_Latitude);
	place->longitude = place_number(node, ASB_Longitude);
	place->accuracy = place_number(node, ASB_Accuracy);
	place->altitude = place_number(node, ASB_Altitude);
	place->altitude_accuracy = place_number(node, ASB_AltitudeAccuracy);
	for (child = node->children; child != NULL; child = child->next) {
		if (child->tag != ASB_DisplayName)
			place->set = TRUE;
	}
}

static int location_read(struct cal_reader *cr, const struct wbxml_node *data,
			 struct cal_entry *entry)
{
	const struct wbxml_node *node = wbxml_child(data, ASB_Location);
	const char *before = entry->location;

	if (cr->version >= EAS_VERSION_160) {
		if (node != NULL)
			place_read(cr, node, entry);
		return node != NULL ? 1 : 0;
	}
	(void)text_read(cr, data, CAL_Location, entry, &entry->location);
	/* The place's details were of the old words. */
	if (strcmp(before, entry->location) != 0)
		entry->place.set = FALSE;
	return 0;
}

/* --- people ---------------------------------------------------------------------- */

static struct cal_attendee *
attendee_find(struct cal_entry *entry, const char *email)
{
	struct cal_attendee *att;

	array_foreach_modifiable(&entry->attendees, att) {
		if (strcasecmp(att->person.email, email) == 0)
			return att;
	}
	return NULL;
}

static enum cal_partstat partstat_of(unsigned int status)
{
	switch (status) {
	case 2:
		return CAL_PARTSTAT_TENTATIVE;
	case 3:
		return CAL_PARTSTAT_ACCEPTED;
	case 4:
		return CAL_PARTSTAT_DECLINED;
	default:
		return CAL_PARTSTAT_NEEDS_ACTION;
	}
}

static enum cal_role role_of(unsigned int type, enum cal_role old)
{
	switch (type) {
	case 2:
		return CAL_ROLE_OPTIONAL;
	case 3:
		return CAL_ROLE_RESOURCE;
	default:
		return old == CAL_ROLE_CHAIR ? old : CAL_ROLE_REQUIRED;
	}
}

/* 16.x tells no status: it is the server's (2.2.2.5). A client that never heard
   of an answer does not take it back. */
static int attendee_status_read(struct cal_reader *cr,
				const struct wbxml_node *node,
				const struct cal_entry *entry,
				struct cal_attendee *att)
{
	unsigned int value;
	int ret = uint_read(node, CAL_AttendeeStatus, 5, &value);

	if (ret <= 0 || cr->version >= EAS_VERSION_160)
		return ret;
	if (value == 1)
		return -1;
	if (value >= 2 && value <= 4)
		att->partstat = partstat_of(value);
	if (value == 5 && entry == &cr->obj->master &&
	    strchr(att->person.email, ' ') == NULL) {
		str_printfa(cr->asked, "%s%s", str_len(cr->asked) > 0 ? " " : "",
			    t_str_lcase(att->person.email));
	}
	return 1;
}

static int attendee_read(struct cal_reader *cr, const struct wbxml_node *node,
			 struct cal_entry *entry, struct cal_attendee *att_r)
{
	const char *email = wbxml_child_text(node, CAL_Email);
	const char *name = wbxml_child_text(node, CAL_Name);
	const struct cal_attendee *old;
	unsigned int type = 0;
	int ret;

	if (email == NULL || *email == '\0')
		return -1;
	i_zero(att_r);
	old = attendee_find(entry, email);
	if (old != NULL)
		*att_r = *old;
	else
		att_r->rsvp = TRUE;
	att_r->person.email = p_strdup(cr->pool, email);
	att_r->person.name = name == NULL ? "" : p_strdup(cr->pool, name);
	if ((ret = uint_read(node, CAL_AttendeeType, 3, &type)) < 0 ||
	    (ret > 0 && type == 0))
		return -1;
	if (ret > 0)
		att_r->role = role_of(type, att_r->role);
	return attendee_status_read(cr, node, entry, att_r) < 0 ? -1 : 1;
}

/* What a guest's client says of the guests takes neither his answer away nor, by
   its silence, the others. */
static bool attendees_are_others(const struct cal_reader *cr,
				 const struct cal_entry *entry)
{
	return cr->edit->op == EAS_EDIT_CHANGE &&
		*entry->organizer.email != '\0' &&
		!eas_calendar_is_organizer(cr->ctx, entry);
}

static int attendees_read(struct cal_reader *cr,
			  const struct wbxml_node *data,
			  struct cal_entry *entry)
{
	const struct wbxml_node *list = wbxml_child(data, CAL_Attendees);
	ARRAY(struct cal_attendee) next;
	const struct wbxml_node *node;
	struct cal_attendee att, *organizer, *own = NULL;

	if (attendees_are_others(cr, entry))
		own = eas_calendar_own_attendee(cr->ctx, entry);
	if (list == NULL && (own != NULL || !goes(cr, entry, CAL_Attendees)))
		return 0;
	if (entry == &cr->obj->master)
		cr->asked = str_new(cr->pool, 64);
	p_array_init(&next, cr->pool, 8);
	/* Clients are not told of the organiser among them. */
	organizer = attendee_find(entry, entry->organizer.email);
	if (organizer != NULL && *entry->organizer.email != '\0')
		array_push_back(&next, organizer);
	for (node = wbxml_child(list, CAL_Attendee); node != NULL;
	     node = wbxml_next_sibling(node)) {
		if (attendee_read(cr, node, entry, &att) < 0)
			return -1;
		if (strcasecmp(att.person.email, entry->organizer.email) != 0)
			array_push_back(&next, &att);
		if (own != NULL &&
		    strcasecmp(att.person.email, own->person.email) == 0)
			own = NULL;
	}
	if (own != NULL)
		array_push_back(&next, own);
	array_clear(&entry->attendees);
	array_append_array(&entry->attendees, &next);
	return 1;
}

/* The organiser is who is logged in, from 16.0 on and where iOS says none. */
static int organizer_read(struct cal_reader *cr,
			  const struct wbxml_node *data,
			  struct cal_entry *entry)
{
	const struct store_settings *set =
		store_get_settings(cr->ctx->req->store);
	const char *email = wbxml_child_text(data, CAL_OrganizerEmail);
	const char *name = wbxml_child_text(data, CAL_OrganizerName);

	if (cr->version < EAS_VERSION_160 && email != NULL &&
	    *email != '\0' && *entry->organizer.email == '\0') {
		entry->organizer.email = p_strdup(cr->pool, email);
		entry->organizer.name = name == NULL ? "" :
			p_strdup(cr->pool, name);
	}
	if (array_count(&entry->attendees) > 0 &&
	    *entry->organizer.email == '\0') {
		entry->organizer.email = p_strdup(cr->pool, set->address);
		entry->organizer.name = set->display_name == NULL ? "" :
			p_strdup(cr->pool, set->display_name);
	}
	/* Own appointment without guests: no organiser is written. */
	if (array_count(&entry->attendees) == 0 &&
	    eas_calendar_is_self(cr->ctx, entry->organizer.email))
		entry->organizer.email = entry->organizer.name = "";
	return 1;
}

static int meeting_status_read(struct cal_reader *cr,
			       const struct wbxml_node *data,
			       struct cal_entry *entry)
{
	unsigned int value;
	int ret = uint_read(data, CAL_MeetingStatus, 15, &value);

	if (ret > 0)
		entry->cancelled = (value & EAS_MEETING) != 0 &&
			(value & EAS_MEETING_CANCELLED) != 0;
	return ret;
}

static int wishes_read(struct cal_reader *cr, const struct wbxml_node *data,
		       struct cal_entry *entry)
{
	int ret, ret2;

	if (cr->version < EAS_VERSION_140)
		return 0;
	ret = wbxml_child_bool(data, CAL_ResponseRequested,
			       &entry->response_requested);
	if (ret == 0 && goes(cr, entry, CAL_ResponseRequested))
		entry->response_requested = FALSE;
	ret2 = wbxml_child_bool(data, CAL_DisallowNewTimeProposal,
				&entry->no_proposals);
	if (ret2 == 0 && goes(cr, entry, CAL_DisallowNewTimeProposal))
		entry->no_proposals = FALSE;
	return I_MIN(ret, ret2);
}

static value_read_t *const entry_readers[] = {
	times_read, subject_read, body_read, location_read, categories_read,
	sensitivity_read, busy_read, reminder_read, attendees_read,
	organizer_read, meeting_status_read, wishes_read,
};

/* 0, or Sync status */
static unsigned int entry_read(struct cal_reader *cr,
			       const struct wbxml_node *data,
			       struct cal_entry *entry)
{
	for (unsigned int i = 0; i < N_ELEMENTS(entry_readers); i++) {
		if (entry_readers[i](cr, data, entry) < 0)
			return INVALID_ITEM;
	}
	return eas_calendar_attachments(cr->ctx, data, entry, cr->edit);
}

/* --- series ------------------------------------------------------------------------ */

static void exceptions_drop_all(struct cal_reader *cr)
{
	array_clear(&cr->obj->exceptions);
	array_clear(&cr->obj->deleted);
	array_clear(&cr->obj->added);
}

static bool rules_equal(const struct cal_rule *a, const struct cal_rule *b)
{
	return a->freq == b->freq && a->interval == b->interval &&
		a->count == b->count && a->days == b->days &&
		a->week == b->week && a->month_day == b->month_day &&
		a->month == b->month && a->until.form == b->until.form &&
		memcmp(&a->until.wall, &b->until.wall,
		       sizeof(a->until.wall)) == 0;
}

static unsigned int recurrence_read(struct cal_reader *cr,
				    const struct wbxml_node *data)
{
	const struct wbxml_node *node = wbxml_child(data, CAL_Recurrence);
	const struct cal_entry *series = &cr->obj->master;
	struct cal_rule rule;
	unsigned int status;

	if (node == NULL) {
		/* A rule that the client was not told cannot be taken away. */
		if (goes(cr, series, CAL_Recurrence) &&
		    cr->obj->rule.freq != CAL_FREQ_OTHER)
			i_zero(&cr->obj->rule);
		return 0;
	}
	status = eas_recurrence_read(cr->version, node,
				     &eas_recurrence_calendar, &series->start,
				     series->all_day, cr->zone, &rule);
	if (status == 0 && !rules_equal(&rule, &cr->obj->rule))
		cr->obj->rule = rule;
	return status;
}

static bool time_equals(const struct cal_reader *cr, const struct cal_time *a,
			const struct cal_time *b)
{
	return cal_time_utc(a, cr->zone) == cal_time_utc(b, cr->zone);
}

/* Occurrences that the moved series has not any more, and all of them in 16.x
   (2.2.2.22). */
static void series_moved(struct cal_reader *cr, const struct cal_object *old)
{
	struct cal_entry *entries;
	unsigned int i, count;

	if (old == NULL ||
	    (time_equals(cr, &old->master.start, &cr->obj->master.start) &&
	     time_equals(cr, &old->master.end, &cr->obj->master.end) &&
	     rules_equal(&old->rule, &cr->obj->rule)))
		return;
	if (cr->version >= EAS_VERSION_160 ||
	    cr->obj->rule.freq == CAL_FREQ_NONE) {
		exceptions_drop_all(cr);
		return;
	}
	entries = array_get_modifiable(&cr->obj->exceptions, &count);
	for (i = count; i > 0; i--) {
		time_t original = cal_time_utc(&entries[i-1].recurrence_id,
					       cr->zone);
		if (!cal_is_occurrence(cr->obj, cr->zone, original))
			array_delete(&cr->obj->exceptions, i - 1, 1);
	}
}

/* The occurrence meant. Clients that moved the series tell the old time of day:
   the same day then (seen with iOS). FALSE: there is none */
static bool original_find(struct cal_reader *cr, time_t *original)
{
	const struct cal_time *start = &cr->obj->master.start;
	struct cal_time date;

	if (start->form == CAL_TIME_DATE) {
		date_of(cr, *original, &date);
		*original = cal_time_utc(&date, cr->zone);
		return cal_is_occurrence(cr->obj, cr->zone, *original);
	}
	if (cal_is_occurrence(cr->obj, cr->zone, *original))
		return TRUE;
	cal_time_set_zone(&date, *original, start->form == CAL_TIME_ZONE ?
			  start->zone : zone_utc());
	date.wall.hour = start->wall.hour;
	date.wall.minute = start->wall.minute;
	date.wall.second = start->wall.second;
	*original = cal_time_utc(&date, cr->zone);
	return cal_is_occurrence(cr->obj, cr->zone, *original);
}

static void exception_remove(struct cal_reader *cr, time_t original)
{
	const struct cal_entry *entries;
	unsigned int i, count;

	entries = array_get(&cr->obj->exceptions, &count);
	for (i = 0; i < count; i++) {
		if (cal_time_utc(&entries[i].recurrence_id,
				 cr->zone) == original) {
			array_delete(&cr->obj->exceptions, i, 1);
			return;
		}
	}
}

static void occurrence_delete(struct cal_reader *cr, time_t original)
{
	const struct cal_time *start = &cr->obj->master.start;
	const struct cal_time *time;
	struct cal_time gone;

	exception_remove(cr, original);
	array_foreach(&cr->obj->deleted, time) {
		if (cal_time_utc(time, cr->zone) == original)
			return;
	}
	if (start->form == CAL_TIME_DATE) {
		struct zone_wall wall;

		zone_wall(cr->zone, original, &wall);
		cal_time_set_date(&gone, wall.year, wall.month, wall.day);
	} else {
		cal_time_set_zone(&gone, original,
				  start->form == CAL_TIME_ZONE ?
				  start->zone : NULL);
	}
	array_push_back(&cr->obj->deleted, &gone);
}

static void occurrence_undelete(struct cal_reader *cr, time_t original)
{
	const struct cal_time *times;
	unsigned int i, count;

	times = array_get(&cr->obj->deleted, &count);
	for (i = 0; i < count; i++) {
		if (cal_time_utc(&times[i], cr->zone) == original) {
			array_delete(&cr->obj->deleted, i, 1);
			return;
		}
	}
}

/* DTSTAMP of a received meeting is the organiser's: it tells which of two messages is
   the later one. */
static void entry_stamp(const struct cal_reader *cr, struct cal_entry *entry)
{
	const struct cal_entry *whose =
		cr->obj->have_master ? &cr->obj->master : entry;

	if (eas_calendar_is_organizer(cr->ctx, whose))
		entry->stamp = ioloop_time;
}

static unsigned int exception_read(struct cal_reader *cr,
				   const struct wbxml_node *node)
{
	struct cal_entry *entry;
	bool deleted = FALSE;
	time_t original;

	if (time_child(node, wbxml_child(node, CAL_ExceptionStartTime) != NULL ?
		       CAL_ExceptionStartTime : ASB_InstanceId,
		       &original) <= 0 ||
	    wbxml_child_bool(node, CAL_Deleted, &deleted) < 0)
		return INVALID_ITEM;
	if (!original_find(cr, &original)) {
		e_info(cr->ctx->req->event, "Device %s: exception at %s is no "
		       "occurrence of its series", cr->ctx->req->device_id,
		       eas_datetime_compact(original));
		cr->edit->tell_back = TRUE;
		return 0;
	}
	if (deleted) {
		occurrence_delete(cr, original);
		return 0;
	}
	occurrence_undelete(cr, original);
	entry = cal_exception_need(cr->pool, cr->obj, cr->zone, original);
	if (entry == NULL)
		return INVALID_ITEM;
	entry_stamp(cr, entry);
	return entry_read(cr, node, entry);
}

/* Exceptions that are not named stay (3.2.5.3.1). */
static unsigned int exceptions_read(struct cal_reader *cr,
				    const struct wbxml_node *data)
{
	const struct wbxml_node *node;
	unsigned int status, count = 0;

	node = wbxml_child(wbxml_child(data, CAL_Exceptions), CAL_Exception);
	for (; node != NULL; node = wbxml_next_sibling(node)) {
		if (++count > EAS_CAL_EXCEPTIONS_MAX)
			return INVALID_ITEM;
		if (cr->obj->rule.freq == CAL_FREQ_NONE)
			continue;
		if ((status = exception_read(cr, node)) != 0)
			return status;
	}
	return 0;
}

/* --- the whole ----------------------------------------------------------------------- */

/* The organiser's change of time is another version to all guests (RFC 5546). */
static void series_finish(struct cal_reader *cr, const struct cal_object *old)
{
	struct cal_entry *series = &cr->obj->master;

	series_moved(cr, old);
	if (old == NULL)
		series->created = ioloop_time;
	else if (eas_calendar_is_organizer(cr->ctx, series) &&
		 (!time_equals(cr, &old->master.start, &series->start) ||
		  !time_equals(cr, &old->master.end, &series->end) ||
		  !rules_equal(&old->rule, &cr->obj->rule)))
		series->sequence++;
}

static unsigned int series_read(struct cal_reader *cr,
				const struct cal_object *old)
{
	const struct wbxml_node *data = cr->edit->data;
	unsigned int status;

	zone_read(cr, data);
	if ((status = entry_read(cr, data, &cr->obj->master)) != 0 ||
	    (status = recurrence_read(cr, data)) != 0)
		return status;
	series_finish(cr, old);
	return exceptions_read(cr, data);
}

/* One occurrence, by InstanceId (16.x) */
static unsigned int instance_read(struct cal_reader *cr)
{
	const struct wbxml_node *data = cr->edit->data;
	struct cal_entry *entry;
	time_t original;

	cr->zone = eas_calendar_zone(cr->ctx, cr->obj, cr->edit->old);
	if (!eas_datetime_parse(cr->edit->instance_id, &original))
		return INVALID_ITEM;
	if (cr->obj->rule.freq == CAL_FREQ_NONE ||
	    !original_find(cr, &original))
		return NOT_FOUND;
	if (cr->edit->op == EAS_EDIT_DELETE) {
		occurrence_delete(cr, original);
		return 0;
	}
	/* Exchange refuses a zone for one occurrence, and so does its rule. */
	if (wbxml_child(data, CAL_TimeZone) != NULL ||
	    wbxml_child(data, CAL_Recurrence) != NULL)
		return INVALID_ITEM;
	occurrence_undelete(cr, original);
	entry = cal_exception_need(cr->pool, cr->obj, cr->zone, original);
	if (entry == NULL)
		return NOT_FOUND;
	entry_stamp(cr, entry);
	return entry_read(cr, data, entry);
}

/* 2.2.2.46, 2.2.2.13: the client's own id until 14.1; ClientUid tells a repeated
   Add from 16.0 on. NULL: too long */
static const char *uid_read(struct cal_reader *cr)
{
	const struct wbxml_node *data = cr->edit->data;
	const char *uid = wbxml_child_text(data,
		cr->version < EAS_VERSION_160 ? CAL_UID : CAL_ClientUid);

	if (uid == NULL || *uid == '\0')
		return eas_item_uid(cr->pool, cr->edit->repeat_key);
	if (strlen(uid) > UID_MAX)
		return NULL;
	if (cr->version < EAS_VERSION_160)
		return p_strdup(cr->pool, uid);
	return eas_item_uid(cr->pool, t_strconcat("clientuid:", uid, NULL));
}

/* value NULL: as it was, "": none */
static void extra_put(ARRAY_TYPE(const_string) *extras,
		      const struct store_item *old, const char *key,
		      const char *value)
{
	if (value == NULL && old != NULL)
		value = store_item_extra(old, key);
	if (value == NULL || *value == '\0')
		return;
	array_push_back(extras, &key);
	array_push_back(extras, &value);
}

static bool extra_differs(const struct store_item *old, const char *key,
			  const char *value)
{
	const char *was = old == NULL ? NULL : store_item_extra(old, key);

	return value != NULL &&
		strcmp(value, was == NULL ? "" : was) != 0;
}

/* All extras as they are to be: the client's zone, whom it calls asked, and
   whether guests wait for news. */
static void extras_write(struct cal_reader *cr)
{
	static const char *const own[] = {
		EAS_EXTRA_ZONE, EAS_EXTRA_ASKED, EAS_EXTRA_PENDING, NULL
	};
	const struct store_item *old = cr->edit->old;
	const char *asked = cr->asked == NULL ? NULL : str_c(cr->asked);
	ARRAY_TYPE(const_string) extras;
	const char *const *p;
	bool due = old != NULL &&
		store_item_extra(old, EAS_EXTRA_PENDING) != NULL;

	if (!due)
		due = eas_invite_is_due(cr->ctx, old, cr->edit->write.text);
	if (!due && !extra_differs(old, EAS_EXTRA_ZONE, cr->zone_text) &&
	    !extra_differs(old, EAS_EXTRA_ASKED, asked))
		return;
	p_array_init(&extras, cr->pool, 8);
	for (p = old == NULL ? NULL : old->extras; p != NULL && *p != NULL;
	     p += 2) {
		if (!str_array_find(own, p[0]))
			array_append(&extras, p, 2);
	}
	extra_put(&extras, old, EAS_EXTRA_ZONE, cr->zone_text);
	extra_put(&extras, old, EAS_EXTRA_ASKED, asked);
	extra_put(&extras, NULL, EAS_EXTRA_PENDING, due ? "1" : "");
	array_append_zero(&extras);
	cr->edit->write.extras = array_front(&extras);
}

/* Whatever was said is as it was: nothing is written, nobody is woken. */
static void result_write(struct cal_reader *cr, const struct cal_object *old)
{
	struct store_item_write *write = &cr->edit->write;
	const char *before = cr->edit->old == NULL ? NULL :
		cr->edit->old->text;

	write->uid = cr->obj->uid;
	if (old != NULL) {
		cr->edit->unchanged = strcmp(cal_write(cr->pool, old, before),
			cal_write(cr->pool, cr->obj, before)) == 0;
	}
	cr->obj->master.modified = ioloop_time;
	entry_stamp(cr, &cr->obj->master);
	write->text = cal_write(cr->pool, cr->obj, before);
	extras_write(cr);
	eas_calendar_attachment_ids(cr->ctx, cr->edit);
}

static int old_parse(struct cal_reader *cr, struct cal_object **obj_r)
{
	const struct store_item *old = cr->edit->old;
	const char *error;

	if (cal_parse(cr->pool, old->text, old->text_size, obj_r, NULL,
		      &error) == 0)
		return 0;
	e_warning(cr->ctx->req->event, "Appointment %u of %s cannot be "
		  "changed: %s", old->num, cr->ctx->folder->vname, error);
	return -1;
}

unsigned int eas_calendar_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit)
{
	struct cal_reader cr = {
		.ctx = ctx, .edit = edit, .version = ctx->req->version,
		.pool = ctx->req->pool,
	};
	struct cal_object *old = NULL;
	unsigned int status;
	const char *uid;

	if (edit->old != NULL) {
		if (old_parse(&cr, &old) < 0 || old_parse(&cr, &cr.obj) < 0)
			return INVALID_ITEM;
	} else {
		if ((uid = uid_read(&cr)) == NULL)
			return INVALID_ITEM;
		cr.obj = cal_object_new(cr.pool, CAL_EVENT, uid);
		cr.obj->master.busy = CAL_BUSY_BUSY;
	}
	status = edit->instance_id != NULL ? instance_read(&cr) :
		series_read(&cr, old);
	if (status == 0)
		result_write(&cr, old);
	return status;
}
