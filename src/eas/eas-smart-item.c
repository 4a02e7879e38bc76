/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-smart-item.h"
#include "eas-calendar.h"
#include "dovetail-compose.h"
#include "hostpid.h"
#include "ioloop.h"
#include "istream.h"
#include "strescape.h"

#define FORWARDEES_MAX 500

struct smart_item {
	struct eas_request *req;
	struct eas_item_context ctx;
	struct store_item item;
	struct cal_object *obj;
	const struct zone *zone;
	/* The series or the one occurrence */
	const struct cal_entry *entry;
};

/* --- what is answered or forwarded ------------------------------------------------- */

static unsigned int item_load(struct smart_item *smart, const char *id)
{
	struct eas_request *req = smart->req;
	const char *error;
	int ret;

	ret = eas_item_by_id(req, id, NULL, &smart->ctx, &smart->item);
	if (ret < 0)
		return eas_store_status(req, eas_error_map_common);
	if (ret == 0 || smart->ctx.class->class != STORE_CLASS_CALENDAR)
		return EAS_STATUS_ITEM_NOT_FOUND;
	if (cal_parse(req->pool, smart->item.text, smart->item.text_size,
		      &smart->obj, NULL, &error) < 0) {
		e_warning(req->event, "Appointment %s cannot be sent: %s", id,
			  error);
		return EAS_STATUS_REPLY_FAILED;
	}
	smart->zone = eas_calendar_zone(&smart->ctx, smart->obj, &smart->item);
	return EAS_STATUS_OK;
}

/* An instance of what does not recur is the thing itself. */
static unsigned int item_choose(struct smart_item *smart, const char *instance)
{
	struct cal_object *obj = smart->obj;
	time_t original;

	smart->entry = obj->have_master || array_count(&obj->exceptions) == 0 ?
		&obj->master : array_front(&obj->exceptions);
	if (instance == NULL || obj->rule.freq == CAL_FREQ_NONE)
		return EAS_STATUS_OK;
	if (!eas_datetime_parse(instance, &original))
		return EAS_STATUS_INVALID_DATETIME;
	if (!eas_calendar_occurrence(obj, smart->zone, &original))
		return EAS_STATUS_ITEM_NOT_FOUND;
	smart->entry = cal_exception_need(smart->req->pool, obj, smart->zone,
					  original);
	return smart->entry == NULL ? EAS_STATUS_ITEM_NOT_FOUND :
		EAS_STATUS_OK;
}

static const char *time_words(const struct smart_item *smart,
			      const struct cal_time *time)
{
	struct zone_wall wall;

	if (time->form == CAL_TIME_DATE) {
		return t_strdup_printf("%04d-%02u-%02u", time->wall.year,
				       time->wall.month, time->wall.day);
	}
	zone_wall(smart->zone, cal_time_utc(time, smart->zone), &wall);
	return t_strdup_printf("%04d-%02u-%02u %02u:%02u", wall.year,
			       wall.month, wall.day, wall.hour, wall.minute);
}

/* When and where, for people whose program knows no iCalendar */
static const char *item_words(const struct smart_item *smart)
{
	const struct cal_entry *entry = smart->entry;
	string_t *str = t_str_new(256);

	str_printfa(str, "%s", time_words(smart, &entry->start));
	if (!entry->all_day && entry->end.form != CAL_TIME_NONE)
		str_printfa(str, " - %s", time_words(smart, &entry->end));
	if (*entry->location != '\0')
		str_printfa(str, "\r\n%s", entry->location);
	str_append(str, "\r\n\r\n");
	return str_c(str);
}

static const char *item_html(struct smart_item *smart, const char *words)
{
	string_t *str;

	if (smart->entry->html == NULL)
		return NULL;
	str = str_new(smart->req->pool, 1024);
	mime_text_to_html(str, (const unsigned char *)words, strlen(words));
	str_append(str, smart->entry->html);
	return str_c(str);
}

static const char *const *item_guests(struct smart_item *smart,
				      const char *own)
{
	ARRAY_TYPE(const_string) list;
	const struct cal_attendee *att;

	p_array_init(&list, smart->req->pool, 8);
	array_foreach(&smart->entry->attendees, att) {
		if (strchr(att->person.email, '@') != NULL &&
		    strpbrk(att->person.email, " <>,;\"\r\n") == NULL)
			array_push_back(&list, &att->person.email);
	}
	if (array_count(&list) == 0)
		array_push_back(&list, &own);
	array_append_zero(&list);
	return array_front(&list);
}

static const string_t *item_message(struct smart_item *smart)
{
	struct eas_request *req = smart->req;
	const struct store_settings *set = store_get_settings(req->store);
	const struct cal_entry *entry = smart->entry;
	const char *words = item_words(smart);
	bool is_meeting = eas_calendar_is_meeting(&smart->ctx, entry);
	struct mime_meeting meeting = {
		.from = set->address, .from_name = set->display_name,
		.to = item_guests(smart, set->address),
		.subject = entry->summary, .date = entry->stamp,
		.text = p_strconcat(req->pool, words, entry->description, NULL),
		.html = item_html(smart, words),
		.method = is_meeting ? "REQUEST" : "PUBLISH",
		.file_name = is_meeting ? NULL : "appointment.ics",
	};

	if (strchr(entry->organizer.email, '@') != NULL) {
		meeting.from = entry->organizer.email;
		meeting.from_name = entry->organizer.name;
	}
	meeting.calendar = cal_write_itip(req->pool, smart->obj,
		smart->item.text, meeting.method, NULL,
		entry == &smart->obj->master ? NULL : &entry->recurrence_id);
	return mime_meeting_build(req->pool, &meeting);
}

unsigned int eas_smart_item_open(struct eas_request *req, const char *id,
				 const char *instance,
				 struct mime_message **original_r)
{
	struct smart_item smart = { .req = req };
	const string_t *message;
	struct istream *input;
	unsigned int status;

	if ((status = item_load(&smart, id)) != EAS_STATUS_OK ||
	    (status = item_choose(&smart, instance)) != EAS_STATUS_OK)
		return status;
	if ((message = item_message(&smart)) == NULL)
		return EAS_STATUS_REPLY_FAILED;
	input = i_stream_create_from_data(str_data(message), str_len(message));
	*original_r = eas_stream_open(req->pool, input);
	i_stream_unref(&input);
	return EAS_STATUS_OK;
}

/* --- a forward by the server --------------------------------------------------------- */

/* FALSE: none, or not an address */
static bool forwardees_write(const struct wbxml_node *list, string_t *to)
{
	const struct wbxml_node *node = wbxml_child(list, CM_Forwardee);
	unsigned int count = 0;

	for (; node != NULL; node = wbxml_next_sibling(node)) {
		const char *email = wbxml_child_text(node, CM_ForwardeeEmail);
		const char *name = wbxml_child_text(node, CM_ForwardeeName);

		if (email == NULL || strchr(email, '@') == NULL ||
		    strpbrk(email, "<>,;\r\n") != NULL ||
		    ++count > FORWARDEES_MAX)
			return FALSE;
		if (str_len(to) > 0)
			str_append(to, ", ");
		if (name != NULL && *name != '\0')
			str_printfa(to, "\"%s\" ", str_escape(name));
		str_printfa(to, "<%s>", email);
	}
	return count > 0;
}

static const char *own_address(struct eas_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);

	if (set->display_name == NULL || *set->display_name == '\0')
		return p_strdup_printf(req->pool, "<%s>", set->address);
	return p_strdup_printf(req->pool, "\"%s\" <%s>",
			       str_escape(set->display_name), set->address);
}

unsigned int eas_smart_forwardees(struct eas_request *req,
				  struct mime_message *original,
				  struct istream **mime_r)
{
	string_t *to = str_new(req->pool, 256);
	const struct mime_structure *structure;
	const struct mime_facts *facts;
	struct mime_draft draft = { .now = ioloop_time };
	struct mime_draft_result built;
	enum mime_compose_error code;
	struct eas_item_body body;
	const char *error, *text;
	int ret;

	if (mime_message_get_structure(original, &structure, &error) < 0 ||
	    mime_message_get_facts(original, &facts, &error) < 0)
		return EAS_STATUS_REPLY_FAILED;
	/* 2.2.3.76: of meetings only */
	if (structure->calendar == NULL ||
	    !forwardees_write(wbxml_child(req->root, CM_Forwardees), to) ||
	    eas_item_body_read(req, req->root, WBXML_TAG_NONE, &body) < 0)
		return EAS_STATUS_SMARTFORWARD_PARAMS;
	text = body.html != NULL ? body.html : body.text;
	draft.from = own_address(req);
	draft.to = str_c(to);
	draft.subject = p_strconcat(req->pool, "FW: ", facts->subject, NULL);
	draft.body_type = body.html != NULL ? MIME_BODY_HTML : MIME_BODY_PLAIN;
	draft.hostname = my_hostdomain();
	draft.body = i_stream_create_from_data(text, strlen(text));
	ret = mime_draft_build(req->pool, NULL, &draft, &built, &code, &error);
	i_stream_unref(&draft.body);
	if (ret < 0) {
		e_info(req->event, "Forward of a meeting is refused: %s", error);
		return EAS_STATUS_SMARTFORWARD_PARAMS;
	}
	*mime_r = built.output;
	return EAS_STATUS_OK;
}
