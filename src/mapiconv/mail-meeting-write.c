/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Meeting messages that the client made as iTIP (MS-OXCICAL 2.1.3.2, RFC 5546), and its
   read receipts (RFC 8098). */

#include "lib.h"
#include "istream.h"
#include "mail-write.h"
#include "cal-private.h"

static const struct {
	const char *message_class, *method;
	enum cal_partstat partstat;
} meeting_classes[] = {
	{ "IPM.Schedule.Meeting.Request", "REQUEST", 0 },
	{ "IPM.Schedule.Meeting.Canceled", "CANCEL", 0 },
	{ "IPM.Schedule.Meeting.Resp.Pos", "REPLY", CAL_PARTSTAT_ACCEPTED },
	{ "IPM.Schedule.Meeting.Resp.Neg", "REPLY", CAL_PARTSTAT_DECLINED },
	{ "IPM.Schedule.Meeting.Resp.Tent", "REPLY", CAL_PARTSTAT_TENTATIVE },
};

static const char *meeting_uid(const struct mapi_bag *bag)
{
	const struct mapi_blob *goid;

	goid = mapi_bag_get_bin(bag, PidLidCleanGlobalObjectId);
	if (goid == NULL)
		goid = mapi_bag_get_bin(bag, PidLidGlobalObjectId);
	return goid == NULL || goid->size <= 20 ? NULL :
		cal_goid_to_uid(goid->data, goid->size);
}

static void set_person(struct mail_writer *w, struct cal_person *person,
		       const struct conv_address *address)
{
	person->email = p_strdup(w->pool, address->smtp);
	person->name = strcmp(address->name, address->smtp) == 0 ? "" :
		p_strdup(w->pool, address->name);
}

/* An answer names who answers, and goes to the organiser */
static void make_reply(struct mail_writer *w, struct cal_entry *entry,
		       enum cal_partstat partstat)
{
	struct conv_address address;
	struct cal_attendee attendee;
	const struct mapi_bag *rcpt;

	p_array_init(&entry->attendees, w->pool, 1);
	i_zero(&entry->organizer);
	entry->organizer.email = entry->organizer.name = "";
	array_foreach(&w->set->msg->recipients, rcpt) {
		if (conv_role_get(w->conv, rcpt, &conv_recipient, &address)) {
			set_person(w, &entry->organizer, &address);
			break;
		}
	}
	if (!conv_role_get(w->conv, w->now, &conv_representing, &address) &&
	    !conv_role_get(w->conv, w->now, &conv_sender, &address)) {
		if (w->conv->owner_smtp == NULL)
			return;
		address.smtp = w->conv->owner_smtp;
		address.name = w->conv->owner_name == NULL ? "" :
			w->conv->owner_name;
	}
	i_zero(&attendee);
	set_person(w, &attendee.person, &address);
	attendee.partstat = partstat;
	attendee.replied = mapi_bag_get_time(w->now,
					     PidLidAttendeeCriticalChange);
	array_push_back(&entry->attendees, &attendee);
}

/* FALSE: it proposes nothing */
static bool make_proposal(struct mail_writer *w, struct cal_object *obj,
			  struct cal_entry *entry)
{
	time_t start = mapi_bag_get_time(w->now,
					 PidLidAppointmentProposedStartWhole);
	time_t end = mapi_bag_get_time(w->now,
				       PidLidAppointmentProposedEndWhole);

	if (!mapi_bag_get_bool(w->now, PidLidAppointmentCounterProposal,
			       FALSE) || start == 0 || end < start)
		return FALSE;
	cal_time_set_zone(&entry->start, start, cal_series_zone(w->conv, obj));
	cal_time_set_zone(&entry->end, end, cal_series_zone(w->conv, obj));
	return TRUE;
}

/* About one occurrence: the object has nothing else */
static const struct cal_time *
make_occurrence(struct mail_writer *w, struct cal_object *obj)
{
	const struct zone *zone = cal_series_zone(w->conv, obj);
	struct cal_entry *entry;
	time_t original = mapi_bag_get_time(w->now, PidLidExceptionReplaceTime);
	struct zone_wall wall;

	if (original == 0 ||
	    mapi_bag_get(w->now, PidLidAppointmentRecur) != NULL)
		return NULL;
	entry = array_append_space(&obj->exceptions);
	*entry = obj->master;
	zone_wall(zone, original, &wall);
	cal_time_like(&entry->recurrence_id, &wall, &obj->master.start, zone);
	obj->have_master = FALSE;
	return &entry->recurrence_id;
}

static int make_calendar(struct mail_writer *w, const char *uid,
			 unsigned int idx)
{
	struct cal_writer cal = {
		.conv = w->conv, .pool = w->pool, .error_r = w->error_r,
	};
	const char *method = meeting_classes[idx].method, *attendee = NULL;
	const struct cal_attendee *who;
	struct cal_entry *entry;
	const struct cal_time *only;
	bool reply = strcmp(method, "REPLY") == 0;

	cal.obj = cal_object_new(w->pool, CAL_EVENT, p_strdup(w->pool, uid));
	cal.now = mapi_message_dup(w->pool, w->set->msg);
	cal.before = mapi_message_new(w->pool);
	/* files go with the mail */
	array_clear(&cal.now->attachments);
	cal.obj->master.response_requested = TRUE;
	if (cal_event_write(&cal) < 0)
		return -1;
	/* a request is tentative for whom it is for; what is meant stands beside */
	if (strcmp(method, "REQUEST") == 0 && cal.obj->master.intended >= 0)
		cal.obj->master.busy = cal.obj->master.intended;
	if (cal.obj->master.stamp == 0) {
		cal.obj->master.stamp = mapi_bag_get_time(w->now,
							  PidTagClientSubmitTime);
	}
	if (cal.obj->master.stamp == 0)
		cal.obj->master.stamp = w->conv->now;
	only = make_occurrence(w, cal.obj);
	entry = only == NULL ? &cal.obj->master :
		array_front_modifiable(&cal.obj->exceptions);
	if (reply) {
		make_reply(w, entry, meeting_classes[idx].partstat);
		if (array_count(&entry->attendees) > 0) {
			who = array_front(&entry->attendees);
			attendee = who->person.email;
		}
		if (make_proposal(w, cal.obj, entry))
			method = "COUNTER";
	}
	if (strcmp(method, "CANCEL") == 0)
		entry->cancelled = TRUE;
	w->build.calendar = cal_write_itip(w->pool, cal.obj, NULL, method,
					   attendee, only);
	w->build.method = method;
	return 0;
}

int mail_meeting_write(struct mail_writer *w)
{
	const char *class = mapi_bag_get_str(w->now, PidTagMessageClass), *uid;
	unsigned int i;

	/* one that was received stays as it was sent */
	if (w->previous != NULL &&
	    !conv_differs(w->now, w->before, PidLidAppointmentStartWhole) &&
	    !conv_differs(w->now, w->before, PidLidGlobalObjectId))
		return 0;
	for (i = 0; i < N_ELEMENTS(meeting_classes); i++) {
		if (!conv_class_is(class, meeting_classes[i].message_class))
			continue;
		uid = meeting_uid(w->now);
		if (uid == NULL)
			return 0;
		mail_header_set(w, "Content-Class",
				"urn:content-classes:calendarmessage",
				MIME_BUILD_RAW);
		return make_calendar(w, uid, i);
	}
	return 0;
}

/* --- read receipts --- */

static const char *report_address(struct mail_writer *w)
{
	struct conv_address address;

	if (conv_role_get(w->conv, w->now, &conv_representing, &address) ||
	    conv_role_get(w->conv, w->now, &conv_sender, &address))
		return address.smtp;
	return w->conv->owner_smtp == NULL ? "unknown" : w->conv->owner_smtp;
}

int mail_report_write(struct mail_writer *w)
{
	const char *class = conv_get_text(w->now, PidTagMessageClass);
	const char *dot = strrchr(class, '.'), *original, *text;
	struct conv_body body;
	string_t *out;
	bool read;

	if (!conv_class_is(class, "REPORT") || dot == NULL ||
	    w->previous != NULL)
		return 0;
	read = strcasecmp(dot, ".IPNRN") == 0;
	if (!read && strcasecmp(dot, ".IPNNRN") != 0)
		return 0;
	text = conv_body_get(w->now, w->pool, &body) && body.plain != NULL ?
		body.plain : read ? "Your message was read.\r\n" :
		"Your message was deleted without being read.\r\n";
	original = mapi_bag_get_str(w->now, PidTagOriginalMessageId);
	if (original == NULL)
		original = mapi_bag_get_str(w->now, PidTagInReplyToId);
	out = str_new(w->pool, 1024);
	str_printfa(out, "Content-Type: multipart/report;\r\n"
		    " report-type=disposition-notification;\r\n"
		    " boundary=\"=_report\"\r\n\r\n--=_report\r\n"
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\n%s\r\n"
		    "--=_report\r\n"
		    "Content-Type: message/disposition-notification\r\n\r\n"
		    "Reporting-UA: Dovetail\r\n"
		    "Final-Recipient: rfc822;%s\r\n", text, report_address(w));
	if (original != NULL && strpbrk(original, "\r\n") == NULL)
		str_printfa(out, "Original-Message-ID: %s\r\n", original);
	str_printfa(out, "Disposition: manual-action/MDN-sent-manually; %s\r\n"
		    "\r\n--=_report--\r\n", read ? "displayed" : "deleted");
	w->build.entity = mail_writer_stream(w,
		i_stream_create_from_data(str_data(out), str_len(out)));
	return 1;
}
