/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MeetingResponse (MS-ASCMD 2.2.1.11): the user answers an invitation, as it lies
   in a mail folder or in the calendar. The answer is kept in the calendar; the
   organiser is told from 16.0 on, if asked (before, the client does that). */

#include "eas.h"
#include "eas-calendar.h"
#include "eas-invite.h"
#include "ioloop.h"

/* MS-ASCMD 2.2.3.177.9 */
enum meeting_status {
	MEETING_OK = 1,
	/* no meeting, or none that can be answered */
	MEETING_INVALID = 2,
	MEETING_MAILBOX_ERROR = 3,
	MEETING_SERVER_ERROR = 4,
	/* common: not a recurring meeting */
	MEETING_NOT_RECURRING = 146,
};

/* 3.1.5.10 Limiting Size of Command Requests */
#define EAS_MEETINGS_MAX 100
#define CALENDAR_MAX (4 * 1024 * 1024)
/* The same answer again within this time is a repeated request. */
#define REPEAT_SECS 600

static const struct eas_error_map meeting_errors[] = {
	{ STORE_ERROR_NOTFOUND, MEETING_INVALID, 0 },
	{ STORE_ERROR_PERM, MEETING_INVALID, 0 },
	{ STORE_ERROR_BUSY, MEETING_MAILBOX_ERROR, 0 },
	{ STORE_ERROR_NONE, MEETING_SERVER_ERROR, 0 },
	{ 0, 0, 0 }
};

struct meeting {
	struct eas_request *req;
	const struct wbxml_node *node;
	/* Id as sent, and what of it is ours */
	const char *request_id, *source_id;
	enum itip_response response;
	/* Of InstanceId, or the one occurrence that the mail is about; 0 */
	time_t original;
	bool instance;
	time_t proposed_start, proposed_end;

	/* From a mail: where it is; else NULL */
	struct store_folder *mail_folder;
	uint32_t mail_uid;

	/* The item; num 0: not there yet */
	store_fid_t fid;
	struct store_item item;
	/* What a message changed of the item's; NULL: they stay */
	const char *const *extras;
	const char *calendar_id;
};

/* --- request ------------------------------------------------------------------------ */

/* Of the whole command */
static bool meeting_count_is_valid(struct eas_request *req)
{
	const struct wbxml_node *node = wbxml_child(req->root, MR_Request);
	unsigned int count = 0;

	for (; node != NULL; node = wbxml_next_sibling(node))
		count++;
	return req->root->tag == MR_MeetingResponse && count > 0 &&
		count <= EAS_MEETINGS_MAX;
}

/* iOS appends marks of its own to ids (seen with occurrences). */
static const char *own_part(pool_t pool, const char *id)
{
	return p_strndup(pool, id, strspn(id, "0123456789abcdef:."));
}

static bool proposal_parse(struct meeting *m)
{
	const struct wbxml_node *send = wbxml_child(m->node, MR_SendResponse);
	const char *start = wbxml_child_text(send, MR_ProposedStartTime);
	const char *end = wbxml_child_text(send, MR_ProposedEndTime);

	if (start == NULL && end == NULL)
		return TRUE;
	return eas_datetime_parse(start, &m->proposed_start) &&
		eas_datetime_parse(end, &m->proposed_end) &&
		m->proposed_start < m->proposed_end;
}

/* 0, or the status: an occurrence (2.2.3.92.1) is one of an item in the calendar
   (2.2.3.177.9). */
static unsigned int instance_parse(struct meeting *m)
{
	const char *text = wbxml_child_text(m->node, MR_InstanceId);
	const char *collection = wbxml_child_text(m->node, MR_CollectionId);
	store_fid_t fid, named;
	uint32_t num;

	if (text == NULL)
		return 0;
	/* from 14.1 on */
	if (m->req->version < EAS_VERSION_141 || *text == '\0' ||
	    !eas_item_id_parse(m->source_id, &fid, &num) ||
	    (collection != NULL &&
	     (!eas_collection_id_parse(collection, &named) || named != fid)))
		return MEETING_INVALID;
	if (!eas_datetime_parse(text, &m->original))
		return EAS_STATUS_INVALID_DATETIME;
	m->instance = TRUE;
	return 0;
}

static bool meeting_parse(struct meeting *m)
{
	const char *long_id = wbxml_child_text(m->node, SEARCH_LongId);
	unsigned int response;

	m->request_id = wbxml_child_text(m->node, MR_RequestId);
	if (wbxml_child_uint(m->node, MR_UserResponse, &response) <= 0 ||
	    response < ITIP_ACCEPT || response > ITIP_DECLINE)
		return FALSE;
	m->response = response;
	/* 2.2.3.98.2: either one or the other */
	if ((long_id == NULL) == (m->request_id == NULL))
		return FALSE;
	m->source_id = own_part(m->req->pool,
				long_id != NULL ? long_id : m->request_id);
	return proposal_parse(m);
}

/* --- what is answered ------------------------------------------------------------------ */

/* The invitation's text out of the mail: 0, or the status */
static unsigned int mail_read(struct meeting *m, const char **text_r)
{
	struct eas_request *req = m->req;
	struct mime_message *mime = NULL;
	struct store_fetch *fetch;
	struct store_msg *msg;
	const char *error;
	int ret;

	ret = eas_item_open(req, m->source_id, &m->mail_folder, &m->mail_uid);
	if (ret > 0)
		ret = eas_item_fetch(m->mail_folder, m->mail_uid,
				     STORE_WANT_STRUCTURE | STORE_WANT_BODY,
				     &fetch, &msg);
	if (ret <= 0)
		return ret == 0 ? MEETING_INVALID :
			eas_store_status(req, meeting_errors);
	mime = eas_msg_open(req, req->pool, msg);
	ret = mime == NULL ? 0 : mime_message_get_calendar(mime, req->pool,
					CALENDAR_MAX, text_r, &error);
	if (mime != NULL)
		mime_message_close(&mime);
	(void)store_fetch_deinit(&fetch);
	return ret > 0 ? 0 : MEETING_INVALID;
}

/* The item that the mail is about; what the mail says and the calendar does not
   know yet is put into it. */
static unsigned int item_from_mail(struct meeting *m, const char *text)
{
	struct eas_request *req = m->req;
	const struct store_folder_info *calendar;
	struct itip_self self;
	struct itip_result result;
	struct cal_object *obj;
	const char *error;
	int ret;

	if (cal_parse(req->pool, text, strlen(text), &obj, NULL, &error) < 0 ||
	    (obj->method != NULL && strcmp(obj->method, "REQUEST") != 0))
		return MEETING_INVALID;
	if (!obj->have_master && array_count(&obj->exceptions) > 0) {
		const struct cal_entry *entry = array_front(&obj->exceptions);

		m->original = cal_time_utc(&entry->recurrence_id, obj->zone);
	}
	ret = store_item_find_uid(req->store, STORE_CLASS_CALENDAR, obj->uid,
				  req->pool, &m->fid, &m->item);
	if (ret < 0)
		return eas_store_status(req, meeting_errors);
	if (ret == 0) {
		calendar = store_folder_find_role(req->store,
						  STORE_ROLE_CALENDAR);
		if (calendar == NULL)
			return MEETING_SERVER_ERROR;
		m->fid = calendar->fid;
		i_zero(&m->item);
	}
	eas_invite_self(req, &self);
	if (itip_apply(req->pool, &self, text, strlen(text), m->item.text,
		       m->item.text_size, m->item.extras, &result, &error) < 0)
		return MEETING_INVALID;
	if (result.action == ITIP_PUT) {
		m->item.text = result.text;
		m->item.text_size = strlen(result.text);
		m->extras = itip_extras(req->pool, m->item.extras, &result);
	}
	return m->item.text == NULL ? MEETING_INVALID : 0;
}

static unsigned int item_from_calendar(struct meeting *m, uint32_t num)
{
	struct eas_request *req = m->req;
	const struct store_folder_info *info;
	int ret;

	info = store_folder_find(req->store, m->fid);
	/* 2.2.1.11: not in the calendar before 14.1 */
	if (info == NULL || info->class != STORE_CLASS_CALENDAR ||
	    req->version < EAS_VERSION_141)
		return MEETING_INVALID;
	ret = store_item_get(req->store, m->fid, num, req->pool, &m->item);
	if (ret <= 0)
		return ret == 0 ? MEETING_INVALID :
			eas_store_status(req, meeting_errors);
	return 0;
}

static unsigned int item_find(struct meeting *m)
{
	const char *text;
	unsigned int status;
	uint32_t num;

	if (eas_item_id_parse(m->source_id, &m->fid, &num))
		return item_from_calendar(m, num);
	if ((status = mail_read(m, &text)) != 0)
		return status;
	return item_from_mail(m, text);
}

/* --- the answer ------------------------------------------------------------------------ */

/* Given before, just now: the same request again */
static bool is_repeated(struct meeting *m, const struct itip_self *self,
			struct cal_object *obj)
{
	static const enum cal_partstat partstats[] = {
		[ITIP_ACCEPT] = CAL_PARTSTAT_ACCEPTED,
		[ITIP_TENTATIVE] = CAL_PARTSTAT_TENTATIVE,
		[ITIP_DECLINE] = CAL_PARTSTAT_DECLINED,
	};
	const struct cal_attendee *att;
	const struct cal_entry *entry = &obj->master;

	if (m->original != 0)
		entry = cal_occurrence(obj, eas_zone(m->req), m->original);
	if (entry == NULL)
		return FALSE;
	array_foreach(&entry->attendees, att) {
		if (itip_is_self(self, att->person.email))
			return att->partstat == partstats[m->response] &&
				att->replied > ioloop_time - REPEAT_SECS;
	}
	return FALSE;
}

static const char *reply_prefix(const struct meeting *m)
{
	if (m->proposed_start != 0)
		return "New Time Proposed: ";
	switch (m->response) {
	case ITIP_ACCEPT:
		return "Accepted: ";
	case ITIP_TENTATIVE:
		return "Tentative: ";
	case ITIP_DECLINE:
		break;
	}
	return "Declined: ";
}

static unsigned int reply_send(struct meeting *m, const struct itip_self *self,
			       const struct itip_answer *answer)
{
	const struct wbxml_node *send = wbxml_child(m->node, MR_SendResponse);
	const char *const to[] = { answer->organizer.email, NULL };
	struct eas_item_body body;
	struct eas_invite invite = {
		.from = self->addresses[0], .from_name = self->name, .to = to,
		.method = answer->method, .calendar = answer->reply,
		.summary = answer->summary, .prefix = reply_prefix(m),
	};

	if (m->req->version < EAS_VERSION_160 || send == NULL ||
	    strchr(answer->organizer.email, '@') == NULL)
		return EAS_STATUS_OK;
	if (eas_item_body_read(m->req, send, WBXML_TAG_NONE, &body) > 0) {
		invite.text = body.text;
		invite.html = body.html;
	}
	return eas_invite_send(m->req, &invite);
}

static int item_write(struct meeting *m, const char *text, const char *uid)
{
	struct store_item_write write = {
		.uid = uid, .text = text, .expected_seq = m->item.seq,
		.only_new = m->item.num == 0,
		.extras = m->extras,
	};

	return store_item_put(m->req->store, m->fid, &write, &m->item.num,
			      NULL);
}

/* Declined: the meeting goes from the calendar, or the one occurrence of it. */
static int item_decline(struct meeting *m, struct cal_object *obj,
			const char *text)
{
	ARRAY_TYPE(seq_range) nums;
	struct cal_time gone;
	const struct zone *zone = eas_zone(m->req);
	struct cal_entry *entry;

	if (m->original == 0) {
		if (m->item.num == 0)
			return 0;
		t_array_init(&nums, 1);
		seq_range_array_add(&nums, m->item.num);
		return store_item_delete(m->req->store, m->fid, &nums);
	}
	if (!obj->have_master)
		return item_write(m, text, obj->uid);
	entry = cal_exception_need(m->req->pool, obj, zone, m->original);
	if (entry == NULL)
		return 0;
	gone = entry->recurrence_id;
	array_foreach_modifiable(&obj->exceptions, entry) {
		if (cal_time_utc(&entry->recurrence_id, zone) != m->original)
			continue;
		array_delete(&obj->exceptions,
			     array_foreach_idx(&obj->exceptions, entry), 1);
		break;
	}
	array_push_back(&obj->deleted, &gone);
	return item_write(m, cal_write(m->req->pool, obj, m->item.text),
			  obj->uid);
}

static int item_save(struct meeting *m, struct cal_object *obj,
		     const struct itip_answer *answer)
{
	if (m->response == ITIP_DECLINE)
		return item_decline(m, obj, answer->text);
	if (item_write(m, answer->text, obj->uid) < 0)
		return -1;
	m->calendar_id = p_strdup(m->req->pool,
				  eas_item_id(m->fid, m->item.num));
	return 0;
}

/* The answered invitation has done its work (as with Exchange). */
static void mail_discard(struct meeting *m)
{
	struct store *store = m->req->store;
	struct store_folder *trash;
	ARRAY_TYPE(seq_range) uids;
	ARRAY_TYPE(store_moved) moved;
	store_fid_t fid;

	if (m->mail_folder == NULL ||
	    store_folder_need_role(store, STORE_ROLE_TRASH, &fid) < 0 ||
	    fid == store_fid(m->mail_folder) ||
	    store_open(store, fid, &trash) < 0)
		return;
	t_array_init(&uids, 1);
	t_array_init(&moved, 1);
	seq_range_array_add(&uids, m->mail_uid);
	if (store_move(m->mail_folder, &uids, trash, FALSE, &moved) < 0)
		e_info(m->req->event, "Answered invitation %s stays",
		       m->source_id);
	store_close(&trash);
}

static unsigned int meeting_answer(struct meeting *m)
{
	struct eas_request *req = m->req;
	struct itip_self self;
	struct itip_answer answer;
	struct cal_object *obj;
	const char *error;
	int ret;

	eas_invite_self(req, &self);
	if (cal_parse(req->pool, m->item.text, m->item.text_size, &obj, NULL,
		      &error) < 0)
		return MEETING_INVALID;
	if (m->instance && obj->rule.freq == CAL_FREQ_NONE && obj->have_master)
		return MEETING_NOT_RECURRING;
	if (m->instance)
		(void)eas_calendar_occurrence(obj, obj->zone != NULL ?
			obj->zone : eas_zone(req), &m->original);
	ret = itip_respond(req->pool, &self, m->item.text, m->item.text_size,
			   eas_zone(req), m->response, m->original,
			   m->proposed_start, m->proposed_end, &answer,
			   &error);
	if (ret <= 0)
		return MEETING_INVALID;
	if (!is_repeated(m, &self, obj) &&
	    reply_send(m, &self, &answer) != EAS_STATUS_OK)
		return MEETING_SERVER_ERROR;
	if (item_save(m, obj, &answer) < 0)
		return eas_store_status(req, meeting_errors);
	return MEETING_OK;
}

/* --- the command ----------------------------------------------------------------------- */

static unsigned int meeting_run(struct meeting *m)
{
	unsigned int status;

	if (!meeting_parse(m))
		return MEETING_INVALID;
	if ((status = instance_parse(m)) == 0)
		status = item_find(m);
	if (status == 0)
		status = meeting_answer(m);
	if (status == MEETING_OK)
		mail_discard(m);
	if (m->mail_folder != NULL)
		store_close(&m->mail_folder);
	return status;
}

static void result_write(struct meeting *m, struct wbxml_writer *w)
{
	unsigned int status = meeting_run(m);

	wbxml_start(w, MR_Result);
	wbxml_text_tag_opt(w, MR_RequestId, m->request_id);
	wbxml_uint_tag(w, MR_Status, status);
	if (status == MEETING_OK)
		wbxml_text_tag_opt(w, MR_CalendarId, m->calendar_id);
	wbxml_end(w, MR_Result);
}

/* Status stands in a Result always (2.2.3.177.9), also that of the whole. */
static void refusal_write(struct wbxml_writer *w)
{
	wbxml_start(w, MR_Result);
	wbxml_uint_tag(w, MR_Status, EAS_STATUS_INVALID_XML);
	wbxml_end(w, MR_Result);
}

void eas_cmd_meeting_response(struct eas_request *req)
{
	const struct wbxml_node *node = wbxml_child(req->root, MR_Request);
	struct wbxml_writer *w;

	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, MR_MeetingResponse);
	if (!meeting_count_is_valid(req)) {
		refusal_write(w);
		node = NULL;
	}
	for (; node != NULL; node = wbxml_next_sibling(node)) T_BEGIN {
		struct meeting m = { .req = req, .node = node };

		result_write(&m, w);
	} T_END;
	wbxml_end(w, MR_MeetingResponse);
	eas_reply_end(req);
}
