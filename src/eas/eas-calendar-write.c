/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* An appointment as MS-ASCAL has it. An exception tells what differs from its
   series; what it has not any more is an empty element (3.2.5.3.2). */

#include "eas-calendar.h"
#include "base64.h"
#include "compat.h"
#include "ioloop.h"

#include <math.h>

/* AttendeeStatus (2.2.2.5) and ResponseType (2.2.2.40) */
enum cal_response {
	RESPONSE_NONE = 0,
	RESPONSE_ORGANIZER = 1,
	RESPONSE_TENTATIVE = 2,
	RESPONSE_ACCEPTED = 3,
	RESPONSE_DECLINED = 4,
	RESPONSE_NOT_RESPONDED = 5,
};

struct cal_writer {
	const struct eas_item_context *ctx;
	enum eas_version version;
	const struct store_item *item;
	const struct cal_object *obj;
	const struct zone *zone;
	struct wbxml_writer *w;
};

static bool wants(const struct cal_writer *cw, wbxml_tag_t tag)
{
	return eas_item_wants(cw->ctx->body, tag);
}

static void text_write(const struct cal_writer *cw, wbxml_tag_t tag,
		       const char *text)
{
	if (wants(cw, tag))
		wbxml_text_tag_opt(cw->w, tag, text);
}

static void uint_write(const struct cal_writer *cw, wbxml_tag_t tag,
		       unsigned int value)
{
	if (wants(cw, tag))
		wbxml_uint_tag(cw->w, tag, value);
}

/* Only what an exception has otherwise than its series; gone: empty */
static void differing_text(const struct cal_writer *cw, wbxml_tag_t tag,
			   const char *text, const char *series)
{
	if (strcmp(text, series) != 0 && wants(cw, tag))
		wbxml_text_tag(cw->w, tag, text);
}

/* --- times ------------------------------------------------------------------ */

/* All-day appointments are dates in 16.x, and midnights of their zone before. */
static const char *time_str(const struct cal_writer *cw,
			    const struct cal_time *time)
{
	if (time->form == CAL_TIME_DATE && cw->version >= EAS_VERSION_160)
		return eas_datetime_date(&time->wall);
	return eas_datetime_compact(cal_time_utc(time, cw->zone));
}

/* What the client sent, if it still says the series' zone; NULL */
static const char *zone_kept(const struct cal_writer *cw, time_t when)
{
	const char *kept = store_item_extra(cw->item, EAS_EXTRA_ZONE);
	const struct zone *zone;
	buffer_t *blob;

	if (kept == NULL)
		return NULL;
	blob = t_buffer_create(ZONE_BLOB_SIZE);
	if (compat_base64_decode(kept, strlen(kept), blob) < 0 ||
	    (zone = zone_from_blob(pool_datastack_create(), blob->data,
				   blob->used, cw->zone, when)) == NULL)
		return NULL;
	return zone_equal(zone, cw->zone) ? kept : NULL;
}

static void zone_write(const struct cal_writer *cw)
{
	const struct cal_time *start = &cw->obj->master.start;
	unsigned char blob[ZONE_BLOB_SIZE];
	time_t when = cal_time_utc(start, cw->zone);
	const char *kept;
	string_t *str;

	/* 2.2.2.1: none for all-day ones from 16.0 on */
	if (!wants(cw, CAL_TimeZone) ||
	    (cw->obj->master.all_day && cw->version >= EAS_VERSION_160))
		return;
	if ((kept = zone_kept(cw, when)) != NULL) {
		wbxml_text_tag(cw->w, CAL_TimeZone, kept);
		return;
	}
	/* The rules that a running series follows now */
	if (cw->obj->rule.freq != CAL_FREQ_NONE)
		when = I_MAX(when, ioloop_time);
	zone_to_blob(cw->zone, when, blob);
	str = t_str_new(ZONE_BLOB_SIZE * 2);
	base64_encode(blob, sizeof(blob), str);
	wbxml_text_tag(cw->w, CAL_TimeZone, str_c(str));
}

/* --- people ------------------------------------------------------------------ */

static bool attendee_is_asked(const struct cal_writer *cw,
			      const struct cal_attendee *att)
{
	const char *list = store_item_extra(cw->item, EAS_EXTRA_ASKED);

	return list != NULL && str_array_icase_find(
		t_strsplit(list, " "), att->person.email);
}

static unsigned int attendee_status(const struct cal_writer *cw,
				    const struct cal_entry *entry,
				    const struct cal_attendee *att)
{
	switch (att->partstat) {
	case CAL_PARTSTAT_TENTATIVE:
		return RESPONSE_TENTATIVE;
	case CAL_PARTSTAT_ACCEPTED:
	case CAL_PARTSTAT_DELEGATED:
		return RESPONSE_ACCEPTED;
	case CAL_PARTSTAT_DECLINED:
		return RESPONSE_DECLINED;
	case CAL_PARTSTAT_NEEDS_ACTION:
		break;
	}
	return eas_calendar_is_organizer(cw->ctx, entry) &&
		!attendee_is_asked(cw, att) ?
		RESPONSE_NONE : RESPONSE_NOT_RESPONDED;
}

static unsigned int attendee_type(const struct cal_attendee *att)
{
	switch (att->role) {
	case CAL_ROLE_OPTIONAL:
		return 2;
	case CAL_ROLE_RESOURCE:
		return 3;
	default:
		return 1;
	}
}

static void attendee_write(const struct cal_writer *cw,
			   const struct cal_entry *entry,
			   const struct cal_attendee *att)
{
	const char *name = att->person.name;

	wbxml_start(cw->w, CAL_Attendee);
	wbxml_text_tag(cw->w, CAL_Email, att->person.email);
	wbxml_text_tag(cw->w, CAL_Name,
		       *name == '\0' ? att->person.email : name);
	if (cw->version >= EAS_VERSION_120) {
		wbxml_uint_tag(cw->w, CAL_AttendeeStatus,
			       attendee_status(cw, entry, att));
		wbxml_uint_tag(cw->w, CAL_AttendeeType, attendee_type(att));
	}
	if (cw->version >= EAS_VERSION_161 &&
	    att->proposed_start.form != CAL_TIME_NONE) {
		wbxml_text_tag(cw->w, MR_ProposedStartTime,
			       time_str(cw, &att->proposed_start));
		wbxml_text_tag(cw->w, MR_ProposedEndTime,
			       time_str(cw, &att->proposed_end));
	}
	wbxml_end(cw->w, CAL_Attendee);
}

/* iCalendar lists the organiser among the attendees, Exchange does not. */
static bool attendee_is_organizer(const struct cal_entry *entry,
				  const struct cal_attendee *att)
{
	return *entry->organizer.email != '\0' &&
		strcasecmp(entry->organizer.email, att->person.email) == 0;
}

static void attendees_write(const struct cal_writer *cw,
			    const struct cal_entry *entry)
{
	const struct cal_attendee *att;

	if (!wants(cw, CAL_Attendees))
		return;
	wbxml_start_lazy(cw->w, CAL_Attendees);
	array_foreach(&entry->attendees, att) {
		if (*att->person.email != '\0' &&
		    !attendee_is_organizer(entry, att))
			attendee_write(cw, entry, att);
	}
	wbxml_end(cw->w, CAL_Attendees);
}

static bool attendees_differ(const struct cal_entry *a,
			     const struct cal_entry *b)
{
	const struct cal_attendee *x, *y;
	unsigned int i, count, other;

	x = array_get(&a->attendees, &count);
	y = array_get(&b->attendees, &other);
	if (count != other)
		return TRUE;
	for (i = 0; i < count; i++) {
		if (strcasecmp(x[i].person.email, y[i].person.email) != 0 ||
		    x[i].partstat != y[i].partstat || x[i].role != y[i].role)
			return TRUE;
	}
	return FALSE;
}

static void organizer_write(const struct cal_writer *cw,
			    const struct cal_entry *entry)
{
	const struct store_settings *set =
		store_get_settings(cw->ctx->req->store);
	const char *email = entry->organizer.email;
	const char *name = entry->organizer.name;

	if (*email == '\0' && !cw->ctx->folder->foreign) {
		email = set->address;
		name = set->display_name;
	}
	if (name == NULL || *name == '\0')
		name = email;
	text_write(cw, CAL_OrganizerName, name);
	text_write(cw, CAL_OrganizerEmail, email);
}

static unsigned int meeting_status(const struct cal_writer *cw,
				   const struct cal_entry *entry)
{
	unsigned int status;

	if (!eas_calendar_is_meeting(cw->ctx, entry))
		return 0;
	status = EAS_MEETING;
	if (!eas_calendar_is_organizer(cw->ctx, entry))
		status |= EAS_MEETING_RECEIVED;
	if (entry->cancelled)
		status |= EAS_MEETING_CANCELLED;
	return status;
}

static unsigned int response_type(const struct cal_writer *cw,
				  const struct cal_entry *entry)
{
	const struct cal_attendee *own;

	if (!eas_calendar_is_meeting(cw->ctx, entry))
		return RESPONSE_NONE;
	if (eas_calendar_is_organizer(cw->ctx, entry))
		return RESPONSE_ORGANIZER;
	own = eas_calendar_own_attendee(cw->ctx, entry);
	return own == NULL ? RESPONSE_NOT_RESPONDED :
		attendee_status(cw, entry, own);
}

/* 3.2.5: not before something was answered */
static void reply_time_write(const struct cal_writer *cw,
			     const struct cal_entry *entry)
{
	const struct cal_attendee *own;

	if (eas_calendar_is_organizer(cw->ctx, entry))
		return;
	own = eas_calendar_own_attendee(cw->ctx, entry);
	if (own != NULL && own->replied != 0 &&
	    own->partstat != CAL_PARTSTAT_NEEDS_ACTION)
		text_write(cw, CAL_AppointmentReplyTime,
			   eas_datetime_compact(own->replied));
}

/* --- place, categories, attachments ----------------------------------------------- */

static void double_write(struct wbxml_writer *w, wbxml_tag_t tag, double value)
{
	if (!isnan(value))
		wbxml_text_tag(w, tag, t_strdup_printf("%.10g", value));
}

/* MS-ASAIRS 2.2.2.28 */
static void place_write(const struct cal_writer *cw,
			const struct cal_entry *entry)
{
	const struct cal_place *place = &entry->place;
	struct wbxml_writer *w = cw->w;

	wbxml_start(w, ASB_Location);
	wbxml_text_tag_opt(w, ASB_DisplayName, entry->location);
	if (place->set) {
		wbxml_text_tag_opt(w, ASB_Annotation, place->annotation);
		wbxml_text_tag_opt(w, ASB_Street, place->street);
		wbxml_text_tag_opt(w, ASB_City, place->city);
		wbxml_text_tag_opt(w, ASB_State, place->state);
		wbxml_text_tag_opt(w, ASB_Country, place->country);
		wbxml_text_tag_opt(w, ASB_PostalCode, place->postal_code);
		double_write(w, ASB_Latitude, place->latitude);
		double_write(w, ASB_Longitude, place->longitude);
		double_write(w, ASB_Accuracy, place->accuracy);
		double_write(w, ASB_Altitude, place->altitude);
		double_write(w, ASB_AltitudeAccuracy,
			     place->altitude_accuracy);
		wbxml_text_tag_opt(w, ASB_LocationUri, place->uri);
	}
	wbxml_end(w, ASB_Location);
}

/* series NULL: of the series itself */
static void location_write(const struct cal_writer *cw,
			   const struct cal_entry *entry,
			   const struct cal_entry *series)
{
	bool same = series != NULL &&
		strcmp(entry->location, series->location) == 0;

	if (cw->version < EAS_VERSION_160) {
		if (series != NULL)
			differing_text(cw, CAL_Location, entry->location,
				       series->location);
		else
			text_write(cw, CAL_Location, entry->location);
	} else if (wants(cw, ASB_Location) && !same) {
		/* An empty one says that there is none, as Exchange does. */
		place_write(cw, entry);
	}
}

static bool categories_equal(const struct cal_entry *a,
			     const struct cal_entry *b)
{
	const char *const *x, *const *y;
	unsigned int i, count, other;

	x = array_get(&a->categories, &count);
	y = array_get(&b->categories, &other);
	if (count != other)
		return FALSE;
	for (i = 0; i < count && strcmp(x[i], y[i]) == 0; i++)
		;
	return i == count;
}

static void categories_write(const struct cal_writer *cw,
			     const struct cal_entry *entry, bool lazy)
{
	const char *category;
	unsigned int n = 0;

	if (!wants(cw, CAL_Categories))
		return;
	if (lazy)
		wbxml_start_lazy(cw->w, CAL_Categories);
	else
		wbxml_start(cw->w, CAL_Categories);
	array_foreach_elem(&entry->categories, category) {
		if (n++ < EAS_ITEM_CATEGORIES_MAX)
			wbxml_text_tag(cw->w, CAL_Category, category);
	}
	wbxml_end(cw->w, CAL_Categories);
}

static void attachment_write(const struct cal_writer *cw,
			     const struct cal_attachment *att)
{
	struct wbxml_writer *w = cw->w;

	wbxml_start(w, ASB_Attachment);
	wbxml_text_tag(w, ASB_DisplayName,
		       *att->name == '\0' ? "attachment" : att->name);
	wbxml_text_tag(w, ASB_FileReference, t_strdup_printf("%s:%u",
		eas_item_id(cw->ctx->folder->fid, cw->item->num), att->id));
	wbxml_uint_tag(w, ASB_Method, 1);
	wbxml_uint_tag(w, ASB_EstimatedDataSize, att->size);
	wbxml_text_tag_opt(w, ASB_ContentId, att->content_id);
	if (att->content_id != NULL)
		wbxml_bool_tag(w, ASB_IsInline, TRUE);
	wbxml_end(w, ASB_Attachment);
}

static void attachments_write(const struct cal_writer *cw,
			      const struct cal_entry *entry)
{
	const struct cal_attachment *att;

	if (cw->version < EAS_VERSION_160 || !wants(cw, ASB_Attachments))
		return;
	wbxml_start_lazy(cw->w, ASB_Attachments);
	array_foreach(&entry->attachments, att) {
		if (att->data != NULL)
			attachment_write(cw, att);
	}
	wbxml_end(cw->w, ASB_Attachments);
}

static void body_of(const struct cal_entry *entry, struct eas_item_body *body_r)
{
	body_r->text = entry->description;
	body_r->html = entry->html;
}

static void body_write(const struct cal_writer *cw,
		       const struct cal_entry *entry)
{
	struct eas_item_body body;

	body_of(entry, &body);
	if (!cw->ctx->body->no_body &&
	    wants(cw, cw->version < EAS_VERSION_120 ? CAL_Body : ASB_Body)) {
		eas_item_body_write(cw->ctx->req, &body, cw->ctx->body,
				    CAL_Body, CAL_BodyTruncated, cw->w);
	}
}

/* --- exceptions ----------------------------------------------------------------- */

static void original_write(const struct cal_writer *cw,
			   const struct cal_time *original)
{
	wbxml_text_tag(cw->w, cw->version >= EAS_VERSION_160 ?
		       ASB_InstanceId : CAL_ExceptionStartTime,
		       time_str(cw, original));
}

static void exception_reminder(const struct cal_writer *cw,
			       const struct cal_entry *entry)
{
	if (entry->reminder == cw->obj->master.reminder)
		return;
	if (entry->reminder >= 0)
		uint_write(cw, CAL_Reminder, entry->reminder);
	else if (cw->version >= EAS_VERSION_141)
		wbxml_empty(cw->w, CAL_Reminder);
}

static bool body_differs(const struct cal_entry *a, const struct cal_entry *b)
{
	return strcmp(a->description, b->description) != 0 ||
		null_strcmp(a->html, b->html) != 0;
}

static void exception_meeting(const struct cal_writer *cw,
			      const struct cal_entry *entry)
{
	const struct cal_entry *series = &cw->obj->master;

	if (eas_calendar_is_meeting(cw->ctx, entry) ||
	    meeting_status(cw, entry) != meeting_status(cw, series))
		uint_write(cw, CAL_MeetingStatus, meeting_status(cw, entry));
	if (cw->version < EAS_VERSION_140)
		return;
	if (attendees_differ(entry, series))
		attendees_write(cw, entry);
	reply_time_write(cw, entry);
	if (response_type(cw, entry) != response_type(cw, series))
		uint_write(cw, CAL_ResponseType, response_type(cw, entry));
	if (cw->version < EAS_VERSION_141)
		return;
	if (null_strcmp(entry->online_link, series->online_link) != 0)
		wbxml_text_tag(cw->w, CAL_OnlineMeetingConfLink,
			       entry->online_link == NULL ? "" :
			       entry->online_link);
	if (null_strcmp(entry->online_external_link,
			series->online_external_link) != 0)
		wbxml_text_tag(cw->w, CAL_OnlineMeetingExternalLink,
			       entry->online_external_link == NULL ? "" :
			       entry->online_external_link);
}

static void exception_write(const struct cal_writer *cw,
			    const struct cal_entry *entry)
{
	const struct cal_entry *series = &cw->obj->master;

	wbxml_start(cw->w, CAL_Exception);
	original_write(cw, &entry->recurrence_id);
	wbxml_text_tag(cw->w, CAL_StartTime, time_str(cw, &entry->start));
	wbxml_text_tag(cw->w, CAL_EndTime, time_str(cw, &entry->end));
	differing_text(cw, CAL_Subject, entry->summary, series->summary);
	location_write(cw, entry, series);
	if (body_differs(entry, series))
		body_write(cw, entry);
	if (!categories_equal(entry, series))
		categories_write(cw, entry, FALSE);
	if (entry->sensitivity != series->sensitivity)
		uint_write(cw, CAL_Sensitivity, entry->sensitivity);
	if (entry->busy != series->busy)
		uint_write(cw, CAL_BusyStatus, entry->busy);
	if (entry->all_day != series->all_day)
		uint_write(cw, CAL_AllDayEvent, entry->all_day ? 1 : 0);
	exception_reminder(cw, entry);
	if (entry->stamp != 0)
		text_write(cw, CAL_DtStamp, eas_datetime_compact(entry->stamp));
	exception_meeting(cw, entry);
	attachments_write(cw, entry);
	wbxml_end(cw->w, CAL_Exception);
}

static void deleted_write(const struct cal_writer *cw,
			  const struct cal_time *original)
{
	wbxml_start(cw->w, CAL_Exception);
	wbxml_uint_tag(cw->w, CAL_Deleted, 1);
	original_write(cw, original);
	wbxml_end(cw->w, CAL_Exception);
}

/* Deleted ones first, as Exchange has them. At most 256 (2.2.2.21): the last ones
   count most. */
static void exceptions_write(const struct cal_writer *cw)
{
	const struct cal_entry *entries;
	const struct cal_time *deleted;
	unsigned int i, count, gone, skip;

	if (!wants(cw, CAL_Exceptions))
		return;
	entries = array_get(&cw->obj->exceptions, &count);
	deleted = array_get(&cw->obj->deleted, &gone);
	wbxml_start_lazy(cw->w, CAL_Exceptions);
	i = count > EAS_CAL_EXCEPTIONS_MAX ? count - EAS_CAL_EXCEPTIONS_MAX : 0;
	skip = count - i + gone > EAS_CAL_EXCEPTIONS_MAX ?
		count - i + gone - EAS_CAL_EXCEPTIONS_MAX : 0;
	for (; skip < gone; skip++)
		deleted_write(cw, &deleted[skip]);
	for (; i < count; i++) T_BEGIN {
		exception_write(cw, &entries[i]);
	} T_END;
	wbxml_end(cw->w, CAL_Exceptions);
}

/* --- the whole ------------------------------------------------------------------- */

static void series_write(const struct cal_writer *cw,
			 const struct cal_entry *entry)
{
	const struct cal_object *obj = cw->obj;

	if (!obj->have_master) {
		/* One occurrence of somebody else's series */
		if (cw->version >= EAS_VERSION_160 &&
		    entry->recurrence_id.form != CAL_TIME_NONE)
			original_write(cw, &entry->recurrence_id);
		return;
	}
	if (wants(cw, CAL_Recurrence))
		eas_recurrence_write(cw->version, &obj->rule,
				     &eas_recurrence_calendar, &entry->start,
				     cw->zone, cw->w);
	if (obj->rule.freq != CAL_FREQ_NONE &&
	    obj->rule.freq != CAL_FREQ_OTHER)
		exceptions_write(cw);
}

static void times_write(const struct cal_writer *cw,
			const struct cal_entry *entry)
{
	zone_write(cw);
	text_write(cw, CAL_DtStamp, eas_datetime_compact(entry->stamp != 0 ?
			entry->stamp : cw->item->last_change));
	text_write(cw, CAL_StartTime, time_str(cw, &entry->start));
	text_write(cw, CAL_EndTime, time_str(cw, &entry->end));
	uint_write(cw, CAL_AllDayEvent, entry->all_day ? 1 : 0);
}

static void meeting_write(const struct cal_writer *cw,
			  const struct cal_entry *entry)
{
	organizer_write(cw, entry);
	attendees_write(cw, entry);
	uint_write(cw, CAL_MeetingStatus, meeting_status(cw, entry));
	if (cw->version < EAS_VERSION_140)
		return;
	uint_write(cw, CAL_ResponseRequested, entry->response_requested);
	reply_time_write(cw, entry);
	uint_write(cw, CAL_ResponseType, response_type(cw, entry));
	uint_write(cw, CAL_DisallowNewTimeProposal, entry->no_proposals);
	if (cw->version < EAS_VERSION_141)
		return;
	text_write(cw, CAL_OnlineMeetingConfLink, entry->online_link);
	text_write(cw, CAL_OnlineMeetingExternalLink,
		   entry->online_external_link);
}

static void entry_write(const struct cal_writer *cw,
			const struct cal_entry *entry)
{
	struct eas_item_body body;

	times_write(cw, entry);
	text_write(cw, CAL_Subject, entry->summary);
	text_write(cw, CAL_UID, cw->obj->uid);
	location_write(cw, entry, NULL);
	series_write(cw, entry);
	body_write(cw, entry);
	categories_write(cw, entry, TRUE);
	uint_write(cw, CAL_Sensitivity, entry->sensitivity);
	uint_write(cw, CAL_BusyStatus,
		   cw->version < EAS_VERSION_160 &&
		   entry->busy == CAL_BUSY_ELSEWHERE ?
		   CAL_BUSY_FREE : entry->busy);
	if (entry->reminder >= 0)
		uint_write(cw, CAL_Reminder, entry->reminder);
	meeting_write(cw, entry);
	attachments_write(cw, entry);
	body_of(entry, &body);
	if (wants(cw, ASB_NativeBodyType))
		eas_item_native_write(cw->ctx->req, &body, cw->w);
}

int eas_calendar_write(const struct eas_item_context *ctx,
		       const struct store_item *item, struct wbxml_writer *w)
{
	struct cal_writer cw = {
		.ctx = ctx, .version = ctx->req->version, .item = item, .w = w,
	};
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"appointment", 8192);
	const struct cal_entry *entry;
	struct cal_object *obj;
	const char *error;
	int ret = 0;

	if (cal_parse(pool, item->text, item->text_size, &obj, NULL,
		      &error) < 0) {
		e_warning(ctx->req->event, "Appointment %u of %s cannot be "
			  "shown: %s", item->num, ctx->folder->vname, error);
	} else {
		cw.obj = obj;
		cw.zone = eas_calendar_zone(ctx, obj, item);
		entry = obj->have_master ||
			array_count(&obj->exceptions) == 0 ? &obj->master :
			array_front(&obj->exceptions);
		entry_write(&cw, entry);
		ret = wbxml_writer_failed(w) ? -1 : 1;
	}
	pool_unref(&pool);
	return ret;
}
