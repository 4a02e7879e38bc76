/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Meeting Forward Notification (MS-OXOCAL; MS-ASCMD 2.2.1.19): a guest forwarded an
   invitation, and its organiser is told by mail, for people and for his calendar
   (ITIP_FORWARD_HEADER).  Organisers elsewhere are not told: their servers do not
   know the header, and who is invited is then none of ours to spread. */

#include "eas-smart-item.h"
#include "eas-invite.h"
#include "eas-outgoing.h"
#include "base64.h"
#include "dovetail-compose.h"
#include "dovetail-directory.h"
#include "hostpid.h"
#include "ioloop.h"
#include "istream.h"
#include "str.h"
#include "strescape.h"

#define CALENDAR_MAX (4 * 1024 * 1024)
#define SUBJECT_PREFIX "Meeting Forward Notification: "

struct forward_notice {
	struct eas_request *req;
	const struct cal_object *obj;
	const struct cal_entry *entry;
	/* Who is new in the meeting */
	ARRAY_TYPE(const_string) guests;
};

/* FALSE: no invitation, or the user's own */
static bool notice_read(struct forward_notice *notice,
			struct mime_message *original)
{
	struct eas_request *req = notice->req;
	struct cal_object *obj;
	struct itip_self self;
	const char *text, *error;

	if (mime_message_get_calendar(original, req->pool, CALENDAR_MAX, &text,
				      &error) <= 0 ||
	    cal_parse(req->pool, text, strlen(text), &obj, NULL, &error) < 0 ||
	    obj->kind != CAL_EVENT || null_strcmp(obj->method, "REQUEST") != 0)
		return FALSE;
	notice->obj = obj;
	notice->entry = obj->have_master || array_count(&obj->exceptions) == 0 ?
		&obj->master : array_front(&obj->exceptions);
	eas_invite_self(req, &self);
	return strchr(notice->entry->organizer.email, '@') != NULL &&
		!itip_is_self(&self, notice->entry->organizer.email);
}

static bool notice_organizer_is_here(struct forward_notice *notice)
{
	struct eas_request *req = notice->req;
	const struct directory_entry *entry;

	return req->service->directory != NULL &&
		directory_lookup(req->service->directory, req->pool,
				 notice->entry->organizer.email, &entry) > 0;
}

static bool notice_is_guest(const struct forward_notice *notice,
			    const char *address)
{
	const struct cal_attendee *att;

	array_foreach(&notice->entry->attendees, att) {
		if (strcasecmp(att->person.email, address) == 0)
			return TRUE;
	}
	return strcasecmp(notice->entry->organizer.email, address) == 0;
}

static bool notice_guests(struct forward_notice *notice, const char *const *to)
{
	p_array_init(&notice->guests, notice->req->pool, 8);
	for (; *to != NULL; to++) {
		if (!notice_is_guest(notice, *to) &&
		    strpbrk(*to, " ,\t\r\n") == NULL &&
		    array_count(&notice->guests) < ITIP_FORWARD_MAX)
			array_push_back(&notice->guests, to);
	}
	return array_count(&notice->guests) > 0;
}

static const char *notice_what(const struct forward_notice *notice)
{
	const struct cal_time *original = &notice->entry->recurrence_id;
	const char *uid = notice->obj->uid;
	string_t *str = t_str_new(128);

	base64_encode(uid, strlen(uid), str);
	str_printfa(str, " %"PRId64, original->form == CAL_TIME_NONE ? 0 :
		    (int64_t)cal_time_utc(original, notice->obj->zone != NULL ?
			notice->obj->zone : eas_zone(notice->req)));
	return str_c(str);
}

static const char *notice_address(const char *name, const char *email)
{
	return name == NULL || *name == '\0' ? t_strdup_printf("<%s>", email) :
		t_strdup_printf("\"%s\" <%s>", str_escape(name), email);
}

static struct istream *notice_words(const struct forward_notice *notice)
{
	const struct store_settings *set =
		store_get_settings(notice->req->store);
	string_t *str = str_new(notice->req->pool, 256);
	const char *guest;

	str_printfa(str, "%s forwarded your meeting \"%s\" to:\r\n\r\n",
		    set->display_name == NULL || *set->display_name == '\0' ?
		    set->address : set->display_name, notice->entry->summary);
	array_foreach_elem(&notice->guests, guest)
		str_printfa(str, "    %s\r\n", guest);
	return i_stream_create_from_data(str_data(str), str_len(str));
}

/* NULL: it cannot be (logged) */
static struct istream *notice_build(struct forward_notice *notice)
{
	const struct store_settings *set =
		store_get_settings(notice->req->store);
	const struct cal_person *boss = &notice->entry->organizer;
	const char *guest;
	string_t *to = t_str_new(256);
	struct mime_build_header headers[] = {
		{ "From", notice_address(set->display_name, set->address),
		  MIME_BUILD_ADDRESSES },
		{ "To", notice_address(boss->name, boss->email),
		  MIME_BUILD_ADDRESSES },
		{ "Subject", t_strconcat(SUBJECT_PREFIX, notice->entry->summary,
					 NULL), MIME_BUILD_TEXT },
		{ "Auto-Submitted", "auto-generated", MIME_BUILD_RAW },
		{ ITIP_FORWARD_HEADER, notice_what(notice), MIME_BUILD_RAW },
		{ ITIP_FORWARD_TO_HEADER, NULL, MIME_BUILD_RAW },
	};
	struct mime_build build = {
		.headers = headers, .headers_count = N_ELEMENTS(headers),
		.set_body = TRUE, .plain = notice_words(notice),
		.now = ioloop_time, .hostname = my_hostdomain(),
	};
	enum mime_compose_error code;
	struct istream *output = NULL;
	const char *error;

	array_foreach_elem(&notice->guests, guest) {
		str_printfa(to, "%s%s", str_len(to) == 0 ? "" : ",\r\n ",
			    guest);
	}
	headers[N_ELEMENTS(headers) - 1].value = str_c(to);
	if (mime_build(notice->req->pool, &build, &output, &code, &error) < 0) {
		e_warning(notice->req->event, "The organiser of a meeting is "
			  "not told of its forward: %s", error);
	}
	i_stream_unref(&build.plain);
	return output;
}

void eas_forward_notice(struct eas_request *req, struct mime_message *original,
			const char *const *to)
{
	struct forward_notice notice = { .req = req };
	struct eas_outgoing out = { .save_in_sent = FALSE };
	unsigned int status;

	if (!notice_read(&notice, original) || !notice_guests(&notice, to) ||
	    !notice_organizer_is_here(&notice) ||
	    (out.mime = notice_build(&notice)) == NULL)
		return;
	status = eas_outgoing_send(req, &out, NULL);
	i_stream_unref(&out.mime);
	if (status != EAS_STATUS_OK) {
		e_warning(req->event, "The organiser of a meeting is not told "
			  "of its forward: status %u", status);
	}
}
