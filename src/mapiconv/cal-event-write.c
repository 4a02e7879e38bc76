/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties into an appointment (MS-OXCICAL 2.1.3.2, MS-OXOCAL 2.2): only those that
   differ from what the previous text says. */

#include "lib.h"
#include "cal-private.h"

#define DAY 86400

static const mapi_tag_t time_tags[] = {
	PidLidAppointmentStartWhole, PidLidAppointmentEndWhole,
	PidLidAppointmentSubType, 0
};
static const mapi_tag_t zone_tags[] = {
	PidLidAppointmentTimeZoneDefinitionStartDisplay,
	PidLidAppointmentTimeZoneDefinitionEndDisplay,
	PidLidAppointmentTimeZoneDefinitionRecur, PidLidTimeZoneStruct, 0
};

/* --- times --- */

static const struct zone *
zone_of(struct cal_writer *w, const struct mapi_bag *bag, mapi_tag_t tag,
	const struct zone *preferred, time_t when)
{
	const struct mapi_blob *blob = mapi_bag_get_bin(bag, tag);

	if (blob == NULL)
		return NULL;
	if (tag == PidLidTimeZoneStruct)
		return mapiconv_zone_of_struct(w->pool, blob->data, blob->size,
					       preferred, when);
	return mapiconv_zone_of_definition(w->pool, blob->data, blob->size,
					   preferred, when);
}

/* Of a series the zone it recurs in, of others the one it is shown in */
static const struct zone *
start_zone(struct cal_writer *w, const struct mapi_bag *bag, time_t when)
{
	const struct zone *preferred = w->obj->zone != NULL ? w->obj->zone :
		w->conv->zone;
	const struct mapi_blob *definition, *zone_struct;
	const struct zone *zone = NULL;

	definition = mapi_bag_get_bin(bag,
		PidLidAppointmentTimeZoneDefinitionRecur);
	zone_struct = mapi_bag_get_bin(bag, PidLidTimeZoneStruct);
	if (mapi_bag_get_bool(bag, PidLidRecurring, FALSE)) {
		if (definition == NULL || zone_struct == NULL ||
		    conv_zones_agree(definition, zone_struct))
			zone = zone_of(w, bag,
				PidLidAppointmentTimeZoneDefinitionRecur,
				preferred, when);
		if (zone == NULL)
			zone = zone_of(w, bag, PidLidTimeZoneStruct, preferred,
				       when);
	}
	if (zone == NULL)
		zone = zone_of(w, bag,
			PidLidAppointmentTimeZoneDefinitionStartDisplay,
			preferred, when);
	if (zone == NULL)
		zone = zone_of(w, bag, PidLidTimeZoneStruct, preferred, when);
	if (zone == NULL)
		zone = preferred;
	return zone != NULL ? zone : zone_utc();
}

/* The nearest midnight's date */
static void set_date(struct cal_time *time, const struct zone *zone, time_t t)
{
	struct zone_wall wall;

	zone_wall(zone, t + DAY / 2, &wall);
	cal_time_set_date(time, wall.year, wall.month, wall.day);
}

static void set_time(struct cal_time *time, const struct zone *zone, time_t t)
{
	if (zone == zone_utc())
		cal_time_set_utc(time, t);
	else
		cal_time_set_zone(time, t, zone);
}

static int get_times(struct cal_writer *w, const struct mapi_bag *bag,
		     time_t *start_r, time_t *end_r)
{
	*start_r = mapi_bag_get_time(bag, PidLidAppointmentStartWhole);
	*end_r = mapi_bag_get_time(bag, PidLidAppointmentEndWhole);
	if (*start_r == 0)
		*start_r = mapi_bag_get_time(bag, PidTagStartDate);
	if (*start_r == 0)
		*start_r = mapi_bag_get_time(bag, PidLidCommonStart);
	if (*end_r == 0)
		*end_r = mapi_bag_get_time(bag, PidTagEndDate);
	if (*end_r == 0)
		*end_r = mapi_bag_get_time(bag, PidLidCommonEnd);
	if (*start_r == 0) {
		*w->error_r = "An appointment needs a start";
		return -1;
	}
	if (*end_r < *start_r) {
		*end_r = *start_r + 60 * I_MAX(0, mapi_bag_get_int(bag,
					PidLidAppointmentDuration, 30));
	}
	return 0;
}

static int write_times(struct cal_writer *w, const struct mapi_bag *now,
		       const struct mapi_bag *before, struct cal_entry *entry,
		       bool *changed_r)
{
	const struct zone *zone, *end_zone;
	time_t start, end;

	*changed_r = conv_differs_any(now, before, time_tags) ||
		conv_differs_any(now, before, zone_tags);
	if (!*changed_r)
		return 0;
	if (get_times(w, now, &start, &end) < 0)
		return -1;
	zone = start_zone(w, now, start);
	entry->all_day = mapi_bag_get_bool(now, PidLidAppointmentSubType, FALSE);
	if (entry->all_day) {
		set_date(&entry->start, zone, start);
		set_date(&entry->end, zone, end);
		if (cal_days(&entry->end.wall) <= cal_days(&entry->start.wall))
			set_date(&entry->end, zone, start + DAY);
		return 0;
	}
	end_zone = zone_of(w, now,
			   PidLidAppointmentTimeZoneDefinitionEndDisplay, zone,
			   end);
	/* a series recurs in one zone */
	if (end_zone == NULL || mapi_bag_get_bool(now, PidLidRecurring, FALSE))
		end_zone = zone;
	set_time(&entry->start, zone, start);
	set_time(&entry->end, end_zone, end);
	return 0;
}

/* --- people --- */

static bool recipients_differ(const struct mapi_message *a,
			      const struct mapi_message *b)
{
	static const mapi_tag_t tags[] = {
		PidTagSmtpAddress, PidTagEmailAddress, PidTagDisplayName,
		PidTagRecipientType, PidTagRecipientFlags,
		PidTagRecipientTrackStatus, 0
	};
	unsigned int i, count = array_count(&a->recipients);

	if (count != array_count(&b->recipients))
		return TRUE;
	for (i = 0; i < count; i++) {
		if (conv_differs_any(array_idx(&a->recipients, i),
				     array_idx(&b->recipients, i), tags))
			return TRUE;
	}
	return FALSE;
}

static const struct cal_attendee *
find_attendee(const struct cal_entry *entry, const char *email)
{
	const struct cal_attendee *attendee;

	array_foreach(&entry->attendees, attendee) {
		if (strcasecmp(attendee->person.email, email) == 0)
			return attendee;
	}
	return NULL;
}

static enum cal_partstat partstat_of(int64_t status, enum cal_partstat dflt)
{
	switch (status) {
	case 2:
		return CAL_PARTSTAT_TENTATIVE;
	case 3:
		return CAL_PARTSTAT_ACCEPTED;
	case 4:
		return CAL_PARTSTAT_DECLINED;
	default:
		return dflt;
	}
}

static enum cal_role role_of(int64_t type, enum cal_role old)
{
	switch (type & 0xf) {
	case RECIP_CC:
		return CAL_ROLE_OPTIONAL;
	case RECIP_BCC:
		return CAL_ROLE_RESOURCE;
	default:
		return old == CAL_ROLE_CHAIR ? old : CAL_ROLE_REQUIRED;
	}
}

static void write_person(struct cal_writer *w, struct cal_person *person,
			 const struct conv_address *address)
{
	person->email = p_strdup(w->pool, address->smtp);
	person->name = strcasecmp(address->name, address->smtp) == 0 ? "" :
		p_strdup(w->pool, address->name);
}

static void write_attendee(struct cal_writer *w, const struct mapi_bag *rcpt,
			   const struct conv_address *address,
			   const struct cal_entry *old, struct cal_entry *entry)
{
	const struct cal_attendee *known = find_attendee(old, address->smtp);
	struct cal_attendee attendee;
	time_t replied;

	i_zero(&attendee);
	if (known != NULL)
		attendee = *known;
	else
		attendee.rsvp = entry->response_requested;
	write_person(w, &attendee.person, address);
	attendee.role = role_of(mapi_bag_get_int(rcpt, PidTagRecipientType,
						 RECIP_TO), attendee.role);
	attendee.partstat = partstat_of(
		mapi_bag_get_int(rcpt, PidTagRecipientTrackStatus, 0),
		attendee.partstat);
	replied = mapi_bag_get_time(rcpt, PidTagRecipientTrackStatusTime);
	if (replied != 0)
		attendee.replied = replied;
	array_push_back(&entry->attendees, &attendee);
}

static void write_recipients(struct cal_writer *w,
			     const struct mapi_message *now,
			     struct cal_entry *entry)
{
	struct cal_entry old = *entry;
	const struct mapi_bag *rcpt;
	struct conv_address address;

	p_array_init(&entry->attendees, w->pool, 8);
	array_foreach(&now->recipients, rcpt) T_BEGIN {
		int64_t flags = mapi_bag_get_int(rcpt, PidTagRecipientFlags, 1);

		if (!conv_role_get(w->conv, rcpt, &conv_recipient, &address)) {
			/* not resolved: nobody can invite it */
		} else if ((flags & 0x2) != 0) {
			write_person(w, &entry->organizer, &address);
		} else if ((flags & 0x20) == 0) {
			/* 0x20: taken out of this occurrence */
			write_attendee(w, rcpt, &address, &old, entry);
		}
	} T_END;
}

/* Attendees are invited by somebody */
static void need_organizer(struct cal_writer *w, const struct mapi_bag *now,
			   struct cal_entry *entry)
{
	struct conv_address address;

	if (*entry->organizer.email != '\0' ||
	    array_count(&entry->attendees) == 0)
		return;
	T_BEGIN {
		if (conv_role_get(w->conv, now, &conv_representing, &address)) {
			write_person(w, &entry->organizer, &address);
		} else if (w->conv->owner_smtp != NULL) {
			address.smtp = w->conv->owner_smtp;
			address.name = w->conv->owner_name == NULL ? "" :
				w->conv->owner_name;
			write_person(w, &entry->organizer, &address);
		}
	} T_END;
}

/* The own answer */
static void write_response(struct cal_writer *w, const struct mapi_bag *now,
			   struct cal_entry *entry)
{
	struct cal_attendee *attendee;
	int64_t status = mapi_bag_get_int(now, PidLidResponseStatus, 0);
	time_t replied = mapi_bag_get_time(now, PidLidAppointmentReplyTime);

	if (w->conv->owner_smtp == NULL)
		return;
	array_foreach_modifiable(&entry->attendees, attendee) {
		if (strcasecmp(attendee->person.email,
			       w->conv->owner_smtp) != 0)
			continue;
		attendee->partstat = partstat_of(status, attendee->partstat);
		if (replied != 0)
			attendee->replied = replied;
	}
}

static void write_people(struct cal_writer *w, const struct mapi_message *now,
			 const struct mapi_message *before,
			 struct cal_entry *entry)
{
	if (conv_differs(&now->props, &before->props, PidTagResponseRequested))
		entry->response_requested =
			mapi_bag_get_bool(&now->props, PidTagResponseRequested,
					  TRUE);
	if (recipients_differ(now, before))
		write_recipients(w, now, entry);
	need_organizer(w, &now->props, entry);
	if (conv_differs(&now->props, &before->props, PidLidResponseStatus))
		write_response(w, &now->props, entry);
}

/* --- the rest --- */

static void write_state(struct cal_writer *w, const struct mapi_bag *now,
			const struct mapi_bag *before, struct cal_entry *entry)
{
	int64_t v;

	if (conv_differs(now, before, PidLidBusyStatus)) {
		v = mapi_bag_get_int(now, PidLidBusyStatus, CAL_BUSY_BUSY);
		if (v >= CAL_BUSY_FREE && v <= CAL_BUSY_ELSEWHERE)
			entry->busy = v;
	}
	if (conv_differs(now, before, PidLidIntendedBusyStatus)) {
		v = mapi_bag_get_int(now, PidLidIntendedBusyStatus, -1);
		if (v >= -1 && v <= CAL_BUSY_ELSEWHERE)
			entry->intended = v;
	}
	if (conv_differs(now, before, PidLidAppointmentStateFlags)) {
		v = mapi_bag_get_int(now, PidLidAppointmentStateFlags, 0);
		entry->cancelled = (v & 4) != 0;
	}
	if (conv_differs(now, before, PidLidAppointmentSequence)) {
		v = mapi_bag_get_int(now, PidLidAppointmentSequence, 0);
		entry->sequence = v < 0 ? 0 : v;
	}
	if (conv_differs(now, before, PidLidAppointmentNotAllowPropose))
		entry->no_proposals = mapi_bag_get_bool(now,
				PidLidAppointmentNotAllowPropose, FALSE);
	if (conv_differs(now, before, PidLidLocation))
		entry->location = p_strdup(w->pool,
			conv_get_text(now, PidLidLocation));
	if (conv_differs(now, before, PidLidOwnerCriticalChange) &&
	    mapi_bag_get_time(now, PidLidOwnerCriticalChange) != 0)
		entry->stamp = mapi_bag_get_time(now, PidLidOwnerCriticalChange);
}

static void write_reminder(const struct mapi_bag *now,
			   const struct mapi_bag *before,
			   struct cal_entry *entry)
{
	static const mapi_tag_t tags[] = {
		PidLidReminderSet, PidLidReminderDelta, 0
	};
	int64_t delta;

	if (!conv_differs_any(now, before, tags))
		return;
	entry->reminder = -1;
	if (!mapi_bag_get_bool(now, PidLidReminderSet, FALSE))
		return;
	delta = mapi_bag_get_int(now, PidLidReminderDelta, 15);
	/* 0x5ae980e1: the default (MS-OXORMDR 2.2.1.3) */
	if (delta < 0 || delta > 1000000)
		delta = 15;
	entry->reminder = delta;
}

static int write_entry(struct cal_writer *w, const struct mapi_message *now,
		       const struct mapi_message *before,
		       struct cal_entry *entry, bool *moved_r)
{
	cal_common_write(w, &now->props, &before->props, entry);
	if (write_times(w, &now->props, &before->props, entry, moved_r) < 0)
		return -1;
	write_state(w, &now->props, &before->props, entry);
	write_reminder(&now->props, &before->props, entry);
	write_people(w, now, before, entry);
	return 0;
}

/* --- series --- */

static void write_recurrence(struct cal_writer *w, bool moved)
{
	const struct mapi_bag *now = &w->now->props, *before = &w->before->props;
	const struct mapi_blob *blob = mapi_bag_get_bin(now, PidLidAppointmentRecur);
	struct cal_rule old = w->obj->rule;
	bool recurring = mapi_bag_get_bool(now, PidLidRecurring, blob != NULL);

	if (!conv_differs(now, before, PidLidAppointmentRecur) &&
	    !conv_differs(now, before, PidLidRecurring) && !moved)
		return;
	/* a rule that MAPI cannot say, and that the client did not touch */
	if (blob == NULL && mapi_bag_get(before, PidLidAppointmentRecur) == NULL)
		return;
	if (!recurring || blob == NULL) {
		i_zero(&w->obj->rule);
		array_clear(&w->obj->deleted);
		array_clear(&w->obj->exceptions);
		return;
	}
	if (mapiconv_recurrence_read(w->conv, blob->data, blob->size, w->pool,
				     w->obj) < 0)
		w->obj->rule = old;
}

/* --- exceptions --- */

static const struct mapi_message *
exception_before(struct cal_writer *w, time_t original,
		 const struct mapi_message *none)
{
	struct mapi_attachment *attach;

	array_foreach_elem(&w->before->attachments, attach) {
		if (attach->message != NULL &&
		    mapi_bag_get_time(&attach->props,
				      PidTagExceptionReplaceTime) == original)
			return attach->message;
	}
	return none;
}

static time_t exception_original(const struct mapi_attachment *attach,
				 const struct mapi_message *inner)
{
	time_t t = mapi_bag_get_time(&inner->props, PidLidExceptionReplaceTime);

	return t != 0 ? t : mapi_bag_get_time(&attach->props,
					      PidTagExceptionReplaceTime);
}

/* An occurrence's message says all of it; the blob has said what is different in
   time and place. */
static int write_exception(struct cal_writer *w, struct mapi_attachment *attach)
{
	const struct zone *zone = cal_series_zone(w->conv, w->obj);
	const struct mapi_message *before;
	struct mapi_message *inner;
	struct cal_entry *entry;
	time_t original;
	bool moved;
	int ret;

	ret = mapi_attachment_open_message(attach, &inner, w->error_r);
	if (ret <= 0)
		return ret;
	original = exception_original(attach, inner);
	if (original == 0)
		return 0;
	entry = cal_exception_need(w->pool, w->obj, zone, original);
	if (entry == NULL)
		return 0;
	/* one that is new: what it has of the series is no difference */
	before = exception_before(w, original, w->before);
	return write_entry(w, inner, before, entry, &moved);
}

static bool is_exception(const struct mapi_attachment *attach)
{
	return (mapi_bag_get_int(&attach->props, PidTagAttachmentFlags, 0) &
		2) != 0 &&
		mapi_bag_get_int(&attach->props, PidTagAttachMethod, 0) ==
		MAPI_ATTACH_EMBEDDED;
}

static int write_exceptions(struct cal_writer *w)
{
	struct mapi_attachment *attach;

	if (w->obj->rule.freq == CAL_FREQ_NONE)
		return 0;
	array_foreach_elem(&w->now->attachments, attach) {
		if (is_exception(attach) && write_exception(w, attach) < 0)
			return -1;
	}
	return 0;
}

/* What the previous text has of exceptions and the blob cannot hold (bodies,
   attendees) stays */
static void keep_exceptions(struct cal_writer *w,
			    const ARRAY_TYPE(cal_entry) *old)
{
	const struct zone *zone = cal_series_zone(w->conv, w->obj);
	const struct cal_entry *was;
	struct cal_entry *is, copy;

	array_foreach_modifiable(&w->obj->exceptions, is) {
		array_foreach(old, was) {
			if (cal_time_utc(&was->recurrence_id, zone) !=
			    cal_time_utc(&is->recurrence_id, zone))
				continue;
			copy = *was;
			copy.recurrence_id = is->recurrence_id;
			copy.start = is->start;
			copy.end = is->end;
			copy.summary = is->summary;
			copy.location = is->location;
			copy.busy = is->busy;
			copy.reminder = is->reminder;
			copy.all_day = is->all_day;
			*is = copy;
			break;
		}
	}
}

int cal_event_write(struct cal_writer *w)
{
	ARRAY_TYPE(cal_entry) old;
	bool moved;

	p_array_init(&old, w->pool, array_count(&w->obj->exceptions) + 1);
	array_append_array(&old, &w->obj->exceptions);
	if (write_entry(w, w->now, w->before, &w->obj->master, &moved) < 0 ||
	    cal_attachments_write(w, &w->obj->master) < 0)
		return -1;
	w->obj->have_master = TRUE;
	write_recurrence(w, moved);
	keep_exceptions(w, &old);
	return write_exceptions(w);
}
