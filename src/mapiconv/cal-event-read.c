/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Appointments and invitations as properties (MS-OXCICAL 2.1.3.1.1, MS-OXOCAL 2.2). */

#include "lib.h"
#include "cal-private.h"

#define CLASS_EVENT "IPM.Appointment"
#define CLASS_EXCEPTION \
	"IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"

/* PidLidAppointmentStateFlags */
#define STATE_MEETING 1
#define STATE_RECEIVED 2
#define STATE_CANCELED 4

/* PidLidResponseStatus, PidTagRecipientTrackStatus */
#define RESPONSE_NONE 0
#define RESPONSE_ORGANIZED 1
#define RESPONSE_TENTATIVE 2
#define RESPONSE_ACCEPTED 3
#define RESPONSE_DECLINED 4
#define RESPONSE_NOT_RESPONDED 5

/* MS-OXOCAL 2.2.1.12: 4500-08-31T23:59:00Z, where there is no end */
#define CLIP_END_NEVER ((time_t)79870665540LL)
/* Never again: 4501-01-01 */
#define SIGNAL_NEVER ((time_t)79881292800LL)
#define SIGNAL_SEARCH (3 * 366 * 86400)

struct event_reader {
	const struct mapiconv *conv;
	const struct cal_object *obj;
	const struct cal_entry *entry;
	const struct zone *zone;
	struct mapi_message *msg;
	struct mapi_bag *bag;
	time_t start, end;
};

static bool same_person(const char *a, const char *b)
{
	return a != NULL && b != NULL && *a != '\0' && strcasecmp(a, b) == 0;
}

static bool is_meeting(const struct cal_entry *entry)
{
	return *entry->organizer.email != '\0' ||
		array_count(&entry->attendees) > 0;
}

static bool is_organizer(const struct event_reader *r)
{
	return *r->entry->organizer.email == '\0' ||
		same_person(r->entry->organizer.email, r->conv->owner_smtp);
}

static unsigned int track_status(enum cal_partstat partstat)
{
	switch (partstat) {
	case CAL_PARTSTAT_ACCEPTED:
		return RESPONSE_ACCEPTED;
	case CAL_PARTSTAT_DECLINED:
		return RESPONSE_DECLINED;
	case CAL_PARTSTAT_TENTATIVE:
		return RESPONSE_TENTATIVE;
	default:
		return RESPONSE_NONE;
	}
}

/* --- times --- */

static void put_zone(struct event_reader *r, mapi_tag_t tag,
		     const struct zone *zone, bool recurring)
{
	buffer_t *buf = t_buffer_create(256);

	mapiconv_zone_definition(zone, r->start, recurring, buf);
	conv_set_buffer(r->bag, tag, buf);
}

static void read_times(struct event_reader *r)
{
	struct mapi_bag *bag = r->bag;
	const struct zone *end_zone = r->zone;

	mapi_bag_set_time(bag, PidLidAppointmentStartWhole, r->start);
	mapi_bag_set_time(bag, PidLidAppointmentEndWhole, r->end);
	mapi_bag_set_time(bag, PidLidCommonStart, r->start);
	mapi_bag_set_time(bag, PidLidCommonEnd, r->end);
	mapi_bag_set_time(bag, PidTagStartDate, r->start);
	mapi_bag_set_time(bag, PidTagEndDate, r->end);
	mapi_bag_set_int(bag, PidLidAppointmentDuration,
			 (r->end - r->start) / 60);
	mapi_bag_set_bool(bag, PidLidAppointmentSubType, r->entry->all_day);
	if (r->entry->end.form == CAL_TIME_ZONE)
		end_zone = r->entry->end.zone;
	put_zone(r, PidLidAppointmentTimeZoneDefinitionStartDisplay, r->zone,
		 FALSE);
	put_zone(r, PidLidAppointmentTimeZoneDefinitionEndDisplay, end_zone,
		 FALSE);
}

/* Midnight of that day in the series' zone */
static time_t day_of(const struct event_reader *r, time_t t)
{
	struct zone_wall wall;

	zone_wall(r->zone, t, &wall);
	wall.hour = wall.minute = wall.second = 0;
	return zone_utc_of(r->zone, &wall);
}

static void read_zone_of_series(struct event_reader *r)
{
	const char *name = zone_windows(r->zone);
	buffer_t *buf = t_buffer_create(64);

	mapiconv_zone_struct(r->zone, r->start, buf);
	conv_set_buffer(r->bag, PidLidTimeZoneStruct, buf);
	mapi_bag_set_str(r->bag, PidLidTimeZoneDescription,
			 name != NULL ? name : zone_tzid(r->zone));
	put_zone(r, PidLidAppointmentTimeZoneDefinitionRecur, r->zone, TRUE);
}

static bool read_recurrence(struct event_reader *r)
{
	static const unsigned int types[] = { 0, 1, 2, 3, 4, 0 };
	buffer_t *blob = t_buffer_create(512);
	string_t *words = t_str_new(128);
	int64_t first, last;

	if (r->entry != &r->obj->master ||
	    !mapiconv_recurrence_write(r->conv, r->obj, blob)) {
		mapi_bag_set_bool(r->bag, PidLidRecurring, FALSE);
		mapi_bag_set_bool(r->bag, PidLidIsRecurring, FALSE);
		mapi_bag_set_int(r->bag, PidLidRecurrenceType, 0);
		mapi_bag_set_time(r->bag, PidLidClipStart, r->start);
		mapi_bag_set_time(r->bag, PidLidClipEnd, r->end);
		return FALSE;
	}
	mapi_bag_set_bool(r->bag, PidLidRecurring, TRUE);
	mapi_bag_set_bool(r->bag, PidLidIsRecurring, TRUE);
	mapi_bag_set_int(r->bag, PidLidRecurrenceType,
			 types[r->obj->rule.freq]);
	conv_set_buffer(r->bag, PidLidAppointmentRecur, blob);
	cal_recurrence_words(r->obj, r->zone, words);
	mapi_bag_set_str(r->bag, PidLidRecurrencePattern, str_c(words));
	read_zone_of_series(r);
	cal_bounds(r->obj, r->zone, &first, &last);
	mapi_bag_set_time(r->bag, PidLidClipStart, day_of(r, r->start));
	mapi_bag_set_time(r->bag, PidLidClipEnd,
			  last > CLIP_END_NEVER ? CLIP_END_NEVER :
			  day_of(r, last - 1));
	return TRUE;
}

/* --- reminder --- */

/* Of a series the next one to come */
static time_t next_signal(struct event_reader *r, time_t *start_r)
{
	ARRAY_TYPE(cal_instance) list;
	const struct cal_instance *instance;
	int delta = r->entry->reminder * 60;
	time_t signal = 0;
	pool_t pool;

	*start_r = r->start;
	if (r->obj->rule.freq == CAL_FREQ_NONE ||
	    r->entry != &r->obj->master)
		return r->start - delta;
	pool = pool_alloconly_create("reminder", 4096);
	p_array_init(&list, pool, 4);
	(void)cal_expand(r->obj, r->zone, r->conv->now,
			 r->conv->now + SIGNAL_SEARCH, 4, pool, &list);
	array_foreach(&list, instance) {
		if (instance->start - delta >= r->conv->now) {
			*start_r = instance->start;
			signal = instance->start - delta;
			break;
		}
	}
	pool_unref(&pool);
	return signal == 0 ? SIGNAL_NEVER : signal;
}

static void read_reminder(struct event_reader *r)
{
	time_t start, signal;

	mapi_bag_set_bool(r->bag, PidLidReminderSet, r->entry->reminder >= 0);
	if (r->entry->reminder < 0)
		return;
	signal = next_signal(r, &start);
	mapi_bag_set_int(r->bag, PidLidReminderDelta, r->entry->reminder);
	mapi_bag_set_time(r->bag, PidLidReminderTime, start);
	mapi_bag_set_time(r->bag, PidLidReminderSignalTime, signal);
}

/* --- people --- */

static void add_person(struct event_reader *r, const struct cal_person *person,
		       int type, unsigned int flags,
		       const struct cal_attendee *attendee)
{
	struct conv_address address = {
		.name = person->name, .smtp = person->email,
	};
	struct mapi_bag *bag;

	bag = conv_recipient_add(r->conv, r->msg, &address, type);
	mapi_bag_set_int(bag, PidTagRecipientFlags, flags);
	if (attendee == NULL)
		return;
	mapi_bag_set_int(bag, PidTagRecipientTrackStatus,
			 track_status(attendee->partstat));
	if (attendee->replied != 0)
		mapi_bag_set_time(bag, PidTagRecipientTrackStatusTime,
				  attendee->replied);
	if (attendee->proposed_start.form != CAL_TIME_NONE) {
		mapi_bag_set_bool(bag, PidTagRecipientProposed, TRUE);
		mapi_bag_set_time(bag, PidTagRecipientProposedStartTime,
				  cal_time_utc(&attendee->proposed_start,
					       r->zone));
		mapi_bag_set_time(bag, PidTagRecipientProposedEndTime,
				  cal_time_utc(&attendee->proposed_end,
					       r->zone));
	}
}

/* MS-OXCICAL 2.1.3.1.1.20.2, MS-OXOCAL 2.2.4.10.1: the organiser is one of them */
static void read_recipients(struct event_reader *r)
{
	static const int types[] = { RECIP_TO, RECIP_CC, RECIP_BCC, RECIP_TO };
	const struct cal_attendee *attendee;

	if (*r->entry->organizer.email != '\0')
		add_person(r, &r->entry->organizer, RECIP_TO, 0x3, NULL);
	array_foreach(&r->entry->attendees, attendee) {
		if (*attendee->person.email == '\0' ||
		    strcasecmp(attendee->person.email,
			       r->entry->organizer.email) == 0)
			continue;
		add_person(r, &attendee->person, types[attendee->role], 0x1,
			   attendee);
	}
}

static void read_names(struct event_reader *r)
{
	string_t *all = t_str_new(128), *to = t_str_new(128);
	string_t *cc = t_str_new(128), *one;
	const struct cal_attendee *attendee;
	const char *name;

	array_foreach(&r->entry->attendees, attendee) {
		name = *attendee->person.name != '\0' ? attendee->person.name :
			attendee->person.email;
		str_printfa(all, "%s%s", str_len(all) > 0 ? "; " : "", name);
		one = attendee->role == CAL_ROLE_OPTIONAL ? cc : to;
		if (attendee->role == CAL_ROLE_RESOURCE)
			continue;
		str_printfa(one, "%s%s", str_len(one) > 0 ? "; " : "", name);
	}
	mapi_bag_set_str(r->bag, PidLidAllAttendeesString, str_c(all));
	mapi_bag_set_str(r->bag, PidLidToAttendeesString, str_c(to));
	mapi_bag_set_str(r->bag, PidLidCcAttendeesString, str_c(cc));
}

static void read_organizer(struct event_reader *r)
{
	struct conv_address address = {
		.name = r->entry->organizer.name,
		.smtp = r->entry->organizer.email,
	};

	/* without it Outlook takes everybody for the organiser */
	if (*address.smtp == '\0') {
		if (r->conv->owner_smtp == NULL)
			return;
		address.smtp = r->conv->owner_smtp;
		address.name = r->conv->owner_name == NULL ? "" :
			r->conv->owner_name;
	}
	conv_role_set(r->conv, r->bag, &conv_representing, &address);
	conv_role_set(r->conv, r->bag, &conv_sender, &address);
}

static unsigned int own_response(const struct event_reader *r)
{
	const struct cal_attendee *attendee;
	unsigned int status;

	if (!is_meeting(r->entry))
		return RESPONSE_NONE;
	if (is_organizer(r))
		return RESPONSE_ORGANIZED;
	array_foreach(&r->entry->attendees, attendee) {
		if (!same_person(attendee->person.email, r->conv->owner_smtp))
			continue;
		status = track_status(attendee->partstat);
		return status == RESPONSE_NONE ? RESPONSE_NOT_RESPONDED : status;
	}
	return RESPONSE_NOT_RESPONDED;
}

static void read_meeting(struct event_reader *r)
{
	unsigned int state = 0;

	if (is_meeting(r->entry)) {
		state |= STATE_MEETING;
		if (!is_organizer(r))
			state |= STATE_RECEIVED;
	}
	if (r->entry->cancelled)
		state |= STATE_CANCELED;
	mapi_bag_set_int(r->bag, PidLidAppointmentStateFlags, state);
	mapi_bag_set_int(r->bag, PidLidResponseStatus, own_response(r));
	mapi_bag_set_bool(r->bag, PidLidFInvited, (state & STATE_MEETING) != 0);
	mapi_bag_set_bool(r->bag, PidTagResponseRequested,
			  r->entry->response_requested);
	mapi_bag_set_bool(r->bag, PidTagReplyRequested,
			  r->entry->response_requested);
	mapi_bag_set_bool(r->bag, PidLidAppointmentNotAllowPropose,
			  r->entry->no_proposals);
	mapi_bag_set_int(r->bag, PidLidMeetingType, 0);
	mapi_bag_set_int(r->bag, PidLidAppointmentSequence, r->entry->sequence);
	if (r->entry->stamp != 0)
		mapi_bag_set_time(r->bag, PidLidOwnerCriticalChange,
				  r->entry->stamp);
	read_names(r);
	read_organizer(r);
}

/* --- identity --- */

static void read_goid(struct event_reader *r)
{
	buffer_t *goid = t_buffer_create(128);
	unsigned char *data;
	struct zone_wall wall;

	cal_uid_to_goid(r->obj->uid, goid);
	data = buffer_get_modifiable_data(goid, NULL);
	if (goid->used >= 20)
		memset(data + 16, 0, 4);
	conv_set_buffer(r->bag, PidLidCleanGlobalObjectId, goid);
	if (r->entry->recurrence_id.form != CAL_TIME_NONE && goid->used >= 20) {
		cal_wall_in(&r->entry->recurrence_id, r->zone, &wall);
		data[16] = wall.year >> 8;
		data[17] = wall.year & 0xff;
		data[18] = wall.month;
		data[19] = wall.day;
	}
	conv_set_buffer(r->bag, PidLidGlobalObjectId, goid);
	mapi_bag_set_bool(r->bag, PidLidIsException,
			  r->entry->recurrence_id.form != CAL_TIME_NONE);
	if (r->entry->recurrence_id.form != CAL_TIME_NONE)
		mapi_bag_set_time(r->bag, PidLidExceptionReplaceTime,
				  cal_time_utc(&r->entry->recurrence_id,
					       r->zone));
}

static void read_entry(struct event_reader *r)
{
	const struct cal_entry *entry = r->entry;
	struct mapi_bag *bag = r->bag;
	const char *location = entry->location == NULL ? "" : entry->location;
	bool recurring;

	read_times(r);
	recurring = read_recurrence(r);
	read_reminder(r);
	read_meeting(r);
	read_goid(r);
	mapi_bag_set_str(bag, PidLidLocation, location);
	mapi_bag_set_str(bag, PidLidWhere, location);
	mapi_bag_set_int(bag, PidLidBusyStatus, entry->busy);
	if (entry->intended >= 0)
		mapi_bag_set_int(bag, PidLidIntendedBusyStatus, entry->intended);
	mapi_bag_set_int(bag, PidLidSideEffects, 0x171);
	mapi_bag_set_int(bag, PidLidAppointmentColor, 0);
	mapi_bag_set_int(bag, PidTagIconIndex, 0x400 + (recurring ? 1 : 0) +
			 (is_meeting(entry) ? 2 : 0));
}

static void reader_init(struct event_reader *r, const struct mapiconv *conv,
			const struct cal_object *obj,
			const struct cal_entry *entry,
			struct mapi_message *msg)
{
	i_zero(r);
	r->conv = conv;
	r->obj = obj;
	r->entry = entry;
	r->msg = msg;
	r->bag = &msg->props;
	r->zone = entry->start.form == CAL_TIME_ZONE && entry->start.zone != NULL ?
		entry->start.zone : cal_series_zone(conv, obj);
	/* days are those of whoever looks */
	if (entry->start.form == CAL_TIME_DATE ||
	    entry->start.form == CAL_TIME_FLOATING)
		r->zone = conv->zone != NULL ? conv->zone : zone_utc();
	r->start = cal_time_utc(&entry->start, r->zone);
	r->end = I_MAX(r->start, cal_time_utc(&entry->end, r->zone));
}

/* --- exceptions (MS-OXOCAL 2.2.10) --- */

static void local_time(struct mapi_bag *bag, mapi_tag_t tag,
		       const struct zone *zone, time_t t)
{
	struct zone_wall wall;

	zone_wall(zone, t, &wall);
	mapi_bag_set_time(bag, tag, zone_utc_of(zone_utc(), &wall));
}

static void read_exception(const struct event_reader *series,
			   const struct cal_entry *entry)
{
	struct mapi_attachment *attach;
	struct mapi_message *inner = mapi_message_new(series->msg->pool);
	struct event_reader r;
	struct mapi_bag *bag;

	reader_init(&r, series->conv, series->obj, entry, inner);
	attach = mapi_message_add_attachment(series->msg);
	attach->message = inner;
	bag = &attach->props;
	mapi_bag_set_int(bag, PidTagAttachNumber, attach->num);
	mapi_bag_set_int(bag, PidTagAttachMethod, MAPI_ATTACH_EMBEDDED);
	mapi_bag_set_int(bag, PidTagAttachFlags, 0);
	mapi_bag_set_int(bag, PidTagAttachmentFlags, 2);
	mapi_bag_set_int(bag, PidTagAttachmentLinkId, 0);
	mapi_bag_set_bool(bag, PidTagAttachmentHidden, TRUE);
	mapi_bag_set_int(bag, PidTagRenderingPosition, -1);
	mapi_bag_set_bin(bag, PidTagAttachEncoding, "", 0);
	mapi_bag_set_str(bag, PidTagDisplayName, "Untitled");
	local_time(bag, PidTagExceptionStartTime, r.zone, r.start);
	local_time(bag, PidTagExceptionEndTime, r.zone, r.end);
	mapi_bag_set_time(bag, PidTagExceptionReplaceTime,
			  cal_time_utc(&entry->recurrence_id, series->zone));

	cal_common_read(series->conv, entry, inner);
	read_entry(&r);
	read_recipients(&r);
	conv_display_set(inner);
	mapi_bag_set_str(&inner->props, PidTagMessageClass, CLASS_EXCEPTION);
}

/* An object of occurrences only: the first of them is what there is */
static const struct cal_entry *main_entry(const struct cal_object *obj)
{
	if (obj->have_master || array_count(&obj->exceptions) == 0)
		return &obj->master;
	return array_front(&obj->exceptions);
}

int cal_event_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg)
{
	const struct cal_entry *entry;
	struct event_reader r;

	reader_init(&r, conv, obj, main_entry(obj), msg);
	if (r.entry->start.form == CAL_TIME_NONE)
		return -1;
	cal_common_read(conv, r.entry, msg);
	T_BEGIN {
		read_entry(&r);
		read_recipients(&r);
		conv_display_set(msg);
	} T_END;
	mapi_bag_set_str(r.bag, PidTagMessageClass, CLASS_EVENT);
	mapi_bag_set_bool(r.bag, PidTagHasAttachments,
			  array_count(&msg->attachments) > 0);
	if (!obj->have_master || obj->rule.freq == CAL_FREQ_NONE ||
	    mapi_bag_get(r.bag, PidLidAppointmentRecur) == NULL)
		return 0;
	array_foreach(&obj->exceptions, entry) {
		if (entry->cancelled)
			continue;
		T_BEGIN {
			read_exception(&r, entry);
		} T_END;
	}
	return 0;
}

/* --- invitations --- */

static void read_method(struct event_reader *r)
{
	const char *method = r->obj->method == NULL ? "" : r->obj->method;
	struct mapi_bag *bag = r->bag;
	const struct cal_attendee *attendee;

	mapi_bag_set_int(bag, PidLidMeetingType,
			 strcmp(method, "REQUEST") == 0 ? 1 : 0);
	mapi_bag_set_bool(bag, PidTagProcessed, FALSE);
	if (strcmp(method, "REPLY") != 0 && strcmp(method, "COUNTER") != 0) {
		mapi_bag_set_int(bag, PidLidAppointmentStateFlags,
				 STATE_MEETING | STATE_RECEIVED |
				 (strcmp(method, "CANCEL") == 0 ?
				  STATE_CANCELED : 0));
		return;
	}
	if (r->entry->stamp != 0) {
		mapi_bag_set_time(bag, PidLidAttendeeCriticalChange,
				  r->entry->stamp);
		mapi_bag_set_time(bag, PidLidAppointmentReplyTime,
				  r->entry->stamp);
	}
	if (strcmp(method, "COUNTER") != 0 ||
	    array_count(&r->entry->attendees) == 0)
		return;
	attendee = array_front(&r->entry->attendees);
	mapi_bag_set_bool(bag, PidLidAppointmentCounterProposal, TRUE);
	if (attendee->proposed_start.form == CAL_TIME_NONE) {
		mapi_bag_set_time(bag, PidLidAppointmentProposedStartWhole,
				  r->start);
		mapi_bag_set_time(bag, PidLidAppointmentProposedEndWhole,
				  r->end);
		return;
	}
	mapi_bag_set_time(bag, PidLidAppointmentProposedStartWhole,
			  cal_time_utc(&attendee->proposed_start, r->zone));
	mapi_bag_set_time(bag, PidLidAppointmentProposedEndWhole,
			  cal_time_utc(&attendee->proposed_end, r->zone));
}

/* What the mail's own headers say better */
static const mapi_tag_t mail_says[] = {
	PidTagSentRepresentingName, PidTagSentRepresentingAddressType,
	PidTagSentRepresentingEmailAddress, PidTagSentRepresentingSmtpAddress,
	PidTagSentRepresentingEntryId, PidTagSentRepresentingSearchKey,
	PidTagSenderName, PidTagSenderAddressType, PidTagSenderEmailAddress,
	PidTagSenderSmtpAddress, PidTagSenderEntryId, PidTagSenderSearchKey,
	PidTagIconIndex, 0
};

void cal_meeting_read(const struct mapiconv *conv,
		      const struct cal_object *obj, struct mapi_message *msg)
{
	struct mapi_message *meeting = mapi_message_new(msg->pool);
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;
	struct event_reader r;

	reader_init(&r, conv, obj, main_entry(obj), meeting);
	if (r.entry->start.form == CAL_TIME_NONE)
		return;
	T_BEGIN {
		read_entry(&r);
		read_method(&r);
	} T_END;
	for (tag = mail_says; *tag != 0; tag++) {
		if (mapi_bag_get(&msg->props, *tag) != NULL)
			(void)mapi_bag_unset(&meeting->props, *tag);
	}
	array_foreach(&meeting->props.props, prop)
		mapi_bag_set(&msg->props, prop->tag, &prop->v);
}
