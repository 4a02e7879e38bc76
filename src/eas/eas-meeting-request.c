/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MeetingRequest in a message (MS-ASEMAIL 2.2.2.48): what an invitation says, in the
   order of the schema. */

#include "eas-meeting-request.h"
#include "eas-class.h"
#include "eas-invite.h"
#include "eas-recurrence.h"
#include "base64.h"
#include "dovetail-calendar.h"

#define CALENDAR_MAX (4 * 1024 * 1024)
#define SECONDS_MAX 65535

/* 2.2.2.39 */
enum instance_type {
	INSTANCE_SINGLE = 0,
	INSTANCE_SERIES = 1,
	INSTANCE_EXCEPTION = 3,
	INSTANCE_ORPHAN = 4,
};

/* 2.2.2.47 */
enum message_type {
	MESSAGE_INITIAL = 1,
	MESSAGE_FULL_UPDATE = 2,
	MESSAGE_INFORMATION = 3,
	MESSAGE_OUTDATED = 4,
	MESSAGE_DELEGATED = 6,
};

/* GlobalObjId (2.2.2.37): where the date of an exception stands */
#define GOID_INSTDATE 16

struct meeting_writer {
	struct eas_request *req;
	pool_t pool;
	const struct cal_object *obj;
	const struct cal_entry *entry;
	const struct zone *zone;
	struct wbxml_writer *w;
};

static const char *time_str(const struct meeting_writer *mw,
			    const struct cal_time *time)
{
	return eas_datetime(cal_time_utc(time, mw->zone));
}

static enum instance_type instance_type(const struct meeting_writer *mw)
{
	if (mw->entry->recurrence_id.form != CAL_TIME_NONE)
		return mw->req->version >= EAS_VERSION_160 ?
			INSTANCE_ORPHAN : INSTANCE_EXCEPTION;
	return mw->obj->rule.freq != CAL_FREQ_NONE ?
		INSTANCE_SERIES : INSTANCE_SINGLE;
}

static void place_write(const struct meeting_writer *mw)
{
	if (*mw->entry->location == '\0')
		return;
	if (mw->req->version < EAS_VERSION_160) {
		wbxml_text_tag(mw->w, EMAIL_Location, mw->entry->location);
		return;
	}
	wbxml_start(mw->w, ASB_Location);
	wbxml_text_tag(mw->w, ASB_DisplayName, mw->entry->location);
	wbxml_end(mw->w, ASB_Location);
}

static void organizer_write(const struct meeting_writer *mw)
{
	const struct cal_person *who = &mw->entry->organizer;

	if (*who->email == '\0')
		return;
	wbxml_text_tag(mw->w, EMAIL_Organizer, *who->name == '\0' ?
		who->email :
		t_strdup_printf("\"%s\" <%s>", who->name, who->email));
}

static void zone_write(const struct meeting_writer *mw)
{
	unsigned char blob[ZONE_BLOB_SIZE];
	string_t *str = t_str_new(ZONE_BLOB_SIZE * 2);

	zone_to_blob(mw->zone, cal_time_utc(&mw->entry->start, mw->zone), blob);
	base64_encode(blob, sizeof(blob), str);
	wbxml_text_tag(mw->w, EMAIL_TimeZone, str_c(str));
}

static void times_write(const struct meeting_writer *mw)
{
	const struct cal_entry *entry = mw->entry;
	struct wbxml_writer *w = mw->w;

	wbxml_bool_tag(w, EMAIL_AllDayEvent, entry->all_day);
	wbxml_text_tag(w, EMAIL_StartTime, time_str(mw, &entry->start));
	wbxml_text_tag(w, EMAIL_DtStamp, eas_datetime(entry->stamp));
	wbxml_text_tag(w, EMAIL_EndTime, time_str(mw, &entry->end));
	wbxml_uint_tag(w, EMAIL_InstanceType, instance_type(mw));
}

static void recurrence_write(const struct meeting_writer *mw)
{
	if (instance_type(mw) != INSTANCE_SERIES)
		return;
	wbxml_start_lazy(mw->w, EMAIL_Recurrences);
	eas_recurrence_write(mw->req->version, &mw->obj->rule,
			     &eas_recurrence_email, &mw->entry->start,
			     mw->zone, mw->w);
	wbxml_end(mw->w, EMAIL_Recurrences);
}

/* The day of an occurrence stands in its GlobalObjId. */
static void goid_set_date(const struct meeting_writer *mw, buffer_t *goid)
{
	const struct cal_time *original = &mw->entry->recurrence_id;
	struct zone_wall wall = original->wall;
	unsigned char date[4];

	if (original->form == CAL_TIME_NONE)
		return;
	if (original->form != CAL_TIME_DATE)
		zone_wall(mw->zone, cal_time_utc(original, mw->zone), &wall);
	date[0] = wall.year >> 8;
	date[1] = wall.year & 0xff;
	date[2] = wall.month;
	date[3] = wall.day;
	buffer_write(goid, GOID_INSTDATE, date, sizeof(date));
}

/* What the calendar has of this meeting, or of the one occurrence; NULL: nothing */
static const struct cal_entry *
calendar_entry(const struct meeting_writer *mw, pool_t pool,
	       struct store_item *item_r, struct cal_object **obj_r)
{
	const struct cal_time *original = &mw->entry->recurrence_id;
	const char *error;
	store_fid_t fid;

	if (store_item_find_uid(mw->req->store, STORE_CLASS_CALENDAR,
				mw->obj->uid, pool, &fid, item_r) <= 0 ||
	    cal_parse(pool, item_r->text, item_r->text_size, obj_r, NULL,
		      &error) < 0)
		return NULL;
	return original->form == CAL_TIME_NONE ? &(*obj_r)->master :
		cal_occurrence(*obj_r, mw->zone,
			       cal_time_utc(original, mw->zone));
}

/* The user has sent somebody else (RFC 5546 3.2.2.3). */
static bool is_delegated(const struct meeting_writer *mw)
{
	const struct cal_attendee *att;
	struct itip_self self;

	eas_invite_self(mw->req, &self);
	array_foreach(&mw->entry->attendees, att) {
		if (att->partstat == CAL_PARTSTAT_DELEGATED &&
		    itip_is_self(&self, att->person.email))
			return TRUE;
	}
	return FALSE;
}

/* The last update, which left the user's answer as it is */
static bool is_information(const struct meeting_writer *mw,
			   const struct store_item *item)
{
	const char *last = store_item_extra(item, ITIP_EXTRA_LAST);

	return last != NULL && mw->obj->have_master &&
		store_item_extra(item, ITIP_EXTRA_INFO) != NULL &&
		strcmp(last, itip_identify(mw->obj, mw->entry)) == 0;
}

/* The first invitation, a change of it, or one that a later message has overtaken:
   the calendar knows. */
static enum message_type message_type(const struct meeting_writer *mw,
				      pool_t pool)
{
	const struct cal_entry *entry = mw->entry, *now;
	struct cal_object *obj;
	struct store_item item;
	const char *first;

	if (is_delegated(mw))
		return MESSAGE_DELEGATED;
	now = calendar_entry(mw, pool, &item, &obj);
	if (now != NULL && (entry->sequence < now->sequence ||
			    (entry->sequence == now->sequence &&
			     entry->stamp < now->stamp)))
		return MESSAGE_OUTDATED;
	if (now != NULL && is_information(mw, &item))
		return MESSAGE_INFORMATION;
	if (entry->sequence > 0)
		return MESSAGE_FULL_UPDATE;
	first = now == NULL ? NULL : store_item_extra(&item, ITIP_EXTRA_FIRST);
	return first == NULL || entry->recurrence_id.form != CAL_TIME_NONE ||
		strcmp(first, itip_identify(mw->obj, entry)) == 0 ?
		MESSAGE_INITIAL : MESSAGE_FULL_UPDATE;
}

static void identity_write(const struct meeting_writer *mw)
{
	bool new_form = mw->req->version >= EAS_VERSION_160;
	string_t *str = t_str_new(256);
	buffer_t *goid = t_buffer_create(128);

	if (!new_form) {
		cal_uid_to_goid(mw->obj->uid, goid);
		goid_set_date(mw, goid);
		base64_encode(goid->data, goid->used, str);
		wbxml_text_tag(mw->w, EMAIL_GlobalObjId, str_c(str));
	}
	if (mw->req->version >= EAS_VERSION_140)
		wbxml_bool_tag(mw->w, EMAIL_DisallowNewTimeProposal,
			       mw->entry->no_proposals);
	if (mw->req->version >= EAS_VERSION_141)
		wbxml_uint_tag(mw->w, EMAIL2_MeetingMessageType,
			       message_type(mw, mw->pool));
	if (new_form)
		wbxml_text_tag(mw->w, CAL_UID, mw->obj->uid);
}

static void meeting_write(const struct meeting_writer *mw)
{
	const struct cal_entry *entry = mw->entry;
	struct wbxml_writer *w = mw->w;

	wbxml_start(w, EMAIL_MeetingRequest);
	times_write(mw);
	place_write(mw);
	organizer_write(mw);
	if (entry->recurrence_id.form != CAL_TIME_NONE)
		wbxml_text_tag(w, EMAIL_RecurrenceId,
			       time_str(mw, &entry->recurrence_id));
	/* in seconds, unlike the Calendar's (2.2.2.63) */
	if (entry->reminder >= 0)
		wbxml_uint_tag(w, EMAIL_Reminder,
			       I_MIN(entry->reminder, SECONDS_MAX / 60) * 60);
	wbxml_bool_tag(w, EMAIL_ResponseRequested, entry->response_requested);
	recurrence_write(mw);
	wbxml_uint_tag(w, EMAIL_Sensitivity, entry->sensitivity);
	/* "Elsewhere" is known from 16.0 on */
	wbxml_uint_tag(w, EMAIL_BusyStatus, mw->req->version < EAS_VERSION_160 &&
		       entry->busy == CAL_BUSY_ELSEWHERE ? CAL_BUSY_FREE :
		       entry->busy);
	zone_write(mw);
	identity_write(mw);
	wbxml_end(w, EMAIL_MeetingRequest);
}

/* One's own invitation asks nothing of oneself. */
static bool is_for_user(const struct meeting_writer *mw)
{
	struct itip_self self;

	eas_invite_self(mw->req, &self);
	return mw->obj->kind == CAL_EVENT && mw->obj->method != NULL &&
		!itip_is_self(&self, mw->entry->organizer.email) &&
		mw->entry->start.form != CAL_TIME_NONE;
}

void eas_meeting_request_write(struct eas_request *req,
			       struct mime_message *mime,
			       const char *message_class,
			       struct wbxml_writer *w)
{
	struct meeting_writer mw = { .req = req, .w = w };
	pool_t pool;
	struct cal_object *obj;
	const char *text, *error;

	if (strcmp(message_class, "IPM.Schedule.Meeting.Request") != 0 &&
	    strcmp(message_class, "IPM.Schedule.Meeting.Canceled") != 0)
		return;
	pool = pool_alloconly_create(MEMPOOL_GROWING"meeting", 8192);
	if (mime_message_get_calendar(mime, pool, CALENDAR_MAX, &text,
				      &error) > 0 &&
	    cal_parse(pool, text, strlen(text), &obj, NULL, &error) == 0) {
		mw.pool = pool;
		mw.obj = obj;
		mw.entry = obj->have_master ||
			array_count(&obj->exceptions) == 0 ? &obj->master :
			array_front(&obj->exceptions);
		mw.zone = mw.entry->start.form == CAL_TIME_ZONE ?
			mw.entry->start.zone : obj->zone;
		if (mw.zone == NULL)
			mw.zone = eas_zone(req);
		if (is_for_user(&mw))
			meeting_write(&mw);
	}
	pool_unref(&pool);
}
