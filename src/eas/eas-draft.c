/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drafts of 16.x: Add and Change in Sync, with attachments, and sending of a
   draft (MS-ASCMD 2.2.1.21, MS-ASEMAIL 2.2.2.58 Send, MS-ASAIRS Attachments).

   A draft carries headers with a hash of the Add that made it and of the Change
   that was its last, until it is sent: so a repeated Add or Change finds it done,
   whatever the crash was in between. */

#include "eas.h"
#include "eas-outgoing.h"
#include "dovetail-compose.h"
#include "hex-binary.h"
#include "hostpid.h"
#include "ioloop.h"
#include "istream.h"
#include "istream-concat.h"
#include "istream-header-filter.h"
#include "sha2.h"
#include "strescape.h"

#define EAS_DRAFT_HEADER "X-Dovetail-Draft"
#define EAS_DRAFT_CHANGE_HEADER "X-Dovetail-Change"
#define EAS_DRAFT_ATTACHMENTS_MAX 500

/* MS-ASCMD 2.2.3.177.17 */
enum eas_draft_status {
	EAS_DRAFT_OK = 1,
	EAS_DRAFT_SERVER = 5,
	EAS_DRAFT_CONVERSION = 6,
	EAS_DRAFT_CONFLICT = 7,
	EAS_DRAFT_NOT_FOUND = 8,
	EAS_DRAFT_CANNOT_COMPLETE = 9,
	EAS_DRAFT_RETRY = 16,
};

static const struct eas_error_map eas_draft_errors[] = {
	{ STORE_ERROR_NOTFOUND, EAS_DRAFT_NOT_FOUND, 0 },
	{ STORE_ERROR_QUOTA, EAS_DRAFT_CANNOT_COMPLETE, 0 },
	{ STORE_ERROR_NOSPACE, EAS_DRAFT_CANNOT_COMPLETE, 0 },
	{ STORE_ERROR_BUSY, EAS_DRAFT_RETRY, 0 },
	{ STORE_ERROR_TEMP, EAS_DRAFT_RETRY, 0 },
	{ STORE_ERROR_PERM, EAS_DRAFT_CONVERSION, 0 },
	{ STORE_ERROR_NONE, EAS_DRAFT_SERVER, 0 },
	{ 0, 0, 0 }
};

struct eas_draft {
	struct eas_request *req;
	struct store_folder *folder;
	const struct wbxml_node *data;
	struct eas_draft_result *result;

	struct mime_draft mime;
	enum mime_importance importance;
	ARRAY(struct mime_draft_attachment) add;
	ARRAY_TYPE(const_string) add_client_ids, delete_ids;
	/* -1: not said */
	int read;
	bool send;
	/* Something but Read and Send is said */
	bool content;
	/* Names this draft and its sending; and this Change */
	const char *token, *change_token;

	/* The draft that is changed, open; uid 0: a new one */
	uint32_t uid;
	struct store_fetch *fetch;
	struct store_msg *msg;
	struct mime_message *existing;
	struct istream *output;
	const char *const *part_ids;
};

/* --- ApplicationData ------------------------------------------------------------------- */

static bool draft_parse_text(struct eas_draft *draft, wbxml_tag_t tag,
			     const char **dest)
{
	const struct wbxml_node *node = wbxml_child(draft->data, tag);

	if (node == NULL)
		return TRUE;
	if (node->in_file || node->size > MIME_MAX_HEADER_SIZE)
		return FALSE;
	draft->content = TRUE;
	*dest = node->text;
	return TRUE;
}

static bool draft_parse_body(struct eas_draft *draft)
{
	const struct wbxml_node *body = wbxml_child(draft->data, ASB_Body);
	const struct wbxml_node *data = wbxml_child(body, ASB_Data);
	unsigned int type;

	if (body == NULL)
		return TRUE;
	if (wbxml_child_uint(body, ASB_Type, &type) <= 0 ||
	    (type != MIME_BODY_PLAIN && type != MIME_BODY_HTML &&
	     type != MIME_BODY_MIME))
		return FALSE;
	draft->content = TRUE;
	draft->mime.body_type = type;
	draft->mime.body = data != NULL ? wbxml_node_stream(data) :
		i_stream_create_from_data("", 0);
	return TRUE;
}

static bool
draft_parse_attachment(struct eas_draft *draft, const struct wbxml_node *node)
{
	struct mime_draft_attachment *att = array_append_space(&draft->add);
	const struct wbxml_node *content = wbxml_child(node, ASB_Content);
	const char *client_id = wbxml_child_text(node, ASB_ClientId);
	unsigned int method = MIME_ATTACH_NORMAL;

	att->display_name = wbxml_child_text(node, ASB_DisplayName);
	att->content_type = wbxml_child_text(node, ASB_ContentType);
	att->content_id = wbxml_child_text(node, ASB_ContentId);
	if (content == NULL || client_id == NULL || att->display_name == NULL ||
	    wbxml_child_uint(node, ASB_Method, &method) < 0 ||
	    wbxml_child_bool(node, ASB_IsInline, &att->is_inline) < 0)
		return FALSE;
	att->is_message = method == MIME_ATTACH_EMBEDDED;
	att->content = wbxml_node_stream(content);
	array_push_back(&draft->add_client_ids, &client_id);
	return array_count(&draft->add) <= EAS_DRAFT_ATTACHMENTS_MAX;
}

/* A FileReference of this very draft */
static bool
draft_parse_delete(struct eas_draft *draft, const struct wbxml_node *node)
{
	const char *reference = wbxml_child_text(node, ASB_FileReference);
	struct store_oid oid, own;
	const char *part_id;
	store_fid_t fid;

	if (reference == NULL || draft->uid == 0 ||
	    !eas_file_reference_parse(reference, &fid, &oid, &part_id))
		return FALSE;
	store_oid_of(draft->folder, draft->uid, &own);
	if (fid != store_fid(draft->folder) || own.idspace != oid.idspace ||
	    own.uid != oid.uid)
		return FALSE;
	part_id = p_strdup(draft->req->pool, part_id);
	array_push_back(&draft->delete_ids, &part_id);
	return TRUE;
}

static bool draft_parse_attachments(struct eas_draft *draft)
{
	const struct wbxml_node *node, *list =
		wbxml_child(draft->data, ASB_Attachments);

	for (node = list == NULL ? NULL : list->children; node != NULL;
	     node = node->next) {
		draft->content = TRUE;
		if (node->tag == ASB_Add ?
		    !draft_parse_attachment(draft, node) :
		    node->tag != ASB_Delete || !draft_parse_delete(draft, node))
			return FALSE;
	}
	return TRUE;
}

static bool draft_parse(struct eas_draft *draft,
			const struct wbxml_node *command)
{
	struct mime_draft *mime = &draft->mime;
	unsigned int importance;
	bool read;
	int ret;

	draft->data = wbxml_child(command, AS_ApplicationData);
	draft->send = wbxml_child(command, EMAIL2_Send) != NULL ||
		wbxml_child(draft->data, EMAIL2_Send) != NULL;
	if (!draft_parse_text(draft, EMAIL_To, &mime->to) ||
	    !draft_parse_text(draft, EMAIL_Cc, &mime->cc) ||
	    !draft_parse_text(draft, EMAIL2_Bcc, &mime->bcc) ||
	    !draft_parse_text(draft, EMAIL_ReplyTo, &mime->reply_to) ||
	    !draft_parse_text(draft, EMAIL_Subject, &mime->subject) ||
	    !draft_parse_body(draft) || !draft_parse_attachments(draft))
		return FALSE;
	if (mime->reply_to != NULL) {
		mime->reply_to = p_strdup(draft->req->pool,
					  eas_reply_to_parse(mime->reply_to));
	}
	ret = wbxml_child_uint(draft->data, EMAIL_Importance, &importance);
	if (ret < 0 || (ret > 0 && importance > MIME_IMPORTANCE_HIGH))
		return FALSE;
	if (ret > 0) {
		draft->content = TRUE;
		draft->importance = importance;
		mime->importance = &draft->importance;
	}
	ret = wbxml_child_bool(draft->data, EMAIL_Read, &read);
	draft->read = ret <= 0 ? -1 : read ? 1 : 0;
	return ret >= 0;
}

/* --- building -------------------------------------------------------------------------- */

static void draft_set_status(struct eas_draft *draft, unsigned int status)
{
	draft->result->status = status;
}

static void draft_store_failed(struct eas_draft *draft)
{
	draft_set_status(draft, eas_store_status(draft->req, eas_draft_errors));
}

static int draft_open_existing(struct eas_draft *draft)
{
	int ret;

	if (draft->uid == 0)
		return 0;
	ret = eas_item_fetch(draft->folder, draft->uid, STORE_WANT_FLAGS |
			     STORE_WANT_HEADERS | STORE_WANT_STRUCTURE |
			     STORE_WANT_BODY, &draft->fetch, &draft->msg);
	if (ret < 0)
		draft_store_failed(draft);
	else if (ret == 0)
		draft_set_status(draft, EAS_DRAFT_NOT_FOUND);
	else {
		draft->existing = eas_msg_open(draft->req, draft->req->pool,
					       draft->msg);
		if (draft->existing == NULL)
			draft_set_status(draft, EAS_DRAFT_CONVERSION);
	}
	return draft->existing == NULL ? -1 : 0;
}

static const char *draft_from(struct eas_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);

	if (set->display_name == NULL || *set->display_name == '\0')
		return p_strdup_printf(req->pool, "<%s>", set->address);
	return p_strdup_printf(req->pool, "\"%s\" <%s>",
			       str_escape(set->display_name), set->address);
}

static int draft_build(struct eas_draft *draft)
{
	struct mime_draft *mime = &draft->mime;
	struct mime_draft_result built;
	enum mime_compose_error code;
	const char *error;

	if (draft->existing == NULL)
		mime->from = draft_from(draft->req);
	mime->add = array_get(&draft->add, &mime->add_count);
	if (array_count(&draft->delete_ids) > 0) {
		array_append_zero(&draft->delete_ids);
		mime->delete_part_ids = array_front(&draft->delete_ids);
	}
	mime->now = ioloop_time;
	mime->hostname = my_hostdomain();
	if (mime_draft_build(draft->req->pool, draft->existing, mime, &built,
			     &code, &error) < 0) {
		e_info(draft->req->event, "Draft is refused: %s", error);
		draft_set_status(draft, code == MIME_COMPOSE_ERROR_IO ?
				 EAS_DRAFT_RETRY : EAS_DRAFT_CONVERSION);
		return -1;
	}
	draft->output = built.output;
	draft->part_ids = built.added_part_ids;
	return 0;
}

/* --- the token ------------------------------------------------------------------------- */

static const char *draft_token(struct eas_request *req, const char *token)
{
	unsigned char digest[SHA256_RESULTLEN];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_loop(&ctx, req->device_key, strlen(req->device_key) + 1);
	sha256_loop(&ctx, token, strlen(token));
	sha256_result(&ctx, digest);
	return p_strdup(req->pool, binary_to_hex(digest, 16));
}

static void
draft_no_header_change(struct header_filter_istream *input ATTR_UNUSED,
		       struct message_header_line *hdr ATTR_UNUSED,
		       bool *matched ATTR_UNUSED, void *context ATTR_UNUSED)
{
}

/* Takes over the stream, gives it without these headers of ours */
static struct istream *
draft_unmark(struct istream *input, const char *const *names,
	     unsigned int count)
{
	struct istream *result;

	result = i_stream_create_header_filter(input, HEADER_FILTER_EXCLUDE |
		HEADER_FILTER_CRLF_PRESERVE, names, count,
		draft_no_header_change, (void *)NULL);
	i_stream_unref(&input);
	return result;
}

/* ... and with this one. */
static struct istream *
draft_mark(struct eas_draft *draft, struct istream *input, const char *name,
	   const char *token)
{
	struct istream *parts[3], *result;
	const char *hdr;

	hdr = p_strdup_printf(draft->req->pool, "%s: %s\r\n", name, token);
	parts[0] = i_stream_create_from_data(hdr, strlen(hdr));
	parts[1] = draft_unmark(input, &name, 1);
	parts[2] = NULL;
	result = i_stream_create_concat(parts);
	i_stream_unref(&parts[0]);
	i_stream_unref(&parts[1]);
	return result;
}

/* As it is sent */
static struct istream *draft_clean(struct istream *input)
{
	/* sorted, as the filter wants them */
	static const char *const names[] = {
		EAS_DRAFT_CHANGE_HEADER, EAS_DRAFT_HEADER
	};

	return draft_unmark(input, names, N_ELEMENTS(names));
}

/* The draft that an earlier attempt of the same Add made. 1, 0, -1 */
static int draft_find_earlier(struct eas_draft *draft, uint32_t *uid_r)
{
	struct store_query query = {
		.header_name = EAS_DRAFT_HEADER,
		.header_value = draft->token,
	};
	ARRAY_TYPE(store_hit) hits;
	const struct store_hit *hit;
	unsigned int total;

	p_array_init(&hits, draft->req->pool, 1);
	if (store_search(draft->req->store, store_fid(draft->folder), FALSE,
			 &query, 1, &hits, &total) < 0)
		return -1;
	if (array_count(&hits) == 0)
		return 0;
	hit = array_idx(&hits, 0);
	*uid_r = hit->uid;
	return 1;
}

/* --- saving and sending ---------------------------------------------------------------- */

static void draft_tell_attachments(struct eas_draft *draft)
{
	struct eas_draft_attachment *list;
	struct store_oid oid;
	unsigned int count = array_count(&draft->add);

	if (count == 0)
		return;
	store_oid_of(draft->folder, draft->result->uid, &oid);
	list = p_new(draft->req->pool, struct eas_draft_attachment, count);
	for (unsigned int i = 0; i < count; i++) {
		list[i].client_id = array_idx_elem(&draft->add_client_ids, i);
		list[i].file_reference = p_strdup(draft->req->pool,
			eas_file_reference(store_fid(draft->folder), &oid,
					   draft->part_ids[i]));
	}
	draft->result->attachments = list;
	draft->result->attachments_count = count;
}

static void draft_save(struct eas_draft *draft)
{
	struct store_save save = {
		.flags = STORE_FLAG_DRAFT | STORE_FLAG_SEEN,
		.replaces_uid = draft->uid,
	};

	if (draft->msg != NULL) {
		save.flags = store_msg_flags(draft->msg) | STORE_FLAG_DRAFT;
		save.keywords = store_msg_keywords(draft->msg);
	}
	if (draft->read == 0)
		save.flags &= ~STORE_FLAG_SEEN;
	else if (draft->read > 0)
		save.flags |= STORE_FLAG_SEEN;
	/* A changed one keeps the mark of its Add. */
	draft->output = draft->uid == 0 ?
		draft_mark(draft, draft->output, EAS_DRAFT_HEADER,
			   draft->token) :
		draft_mark(draft, draft->output, EAS_DRAFT_CHANGE_HEADER,
			   draft->change_token);
	save.input = draft->output;
	if (store_save(draft->folder, &save, &draft->result->uid) < 0) {
		draft_store_failed(draft);
		return;
	}
	draft_set_status(draft, EAS_DRAFT_OK);
	draft_tell_attachments(draft);
}

static bool draft_is_changed_already(struct eas_draft *draft)
{
	const char *value;

	return store_msg_header(draft->msg, EAS_DRAFT_CHANGE_HEADER,
				&value) == 0 && value != NULL &&
		strcmp(t_str_trim(value, " \t"), draft->change_token) == 0;
}

/* What was added is at the end. */
static void draft_changed_already(struct eas_draft *draft)
{
	unsigned int i, added = array_count(&draft->add);
	const struct mime_structure *st;
	const char **ids, *error;

	draft->result->uid = draft->uid;
	if (mime_message_get_structure(draft->existing, &st, &error) < 0 ||
	    st->attachments_count < added) {
		draft_set_status(draft, EAS_DRAFT_RETRY);
		return;
	}
	ids = p_new(draft->req->pool, const char *, added + 1);
	for (i = 0; i < added; i++) {
		ids[i] = st->attachments[st->attachments_count - added +
					 i].part_id;
	}
	draft->part_ids = ids;
	draft_set_status(draft, EAS_DRAFT_OK);
	draft_tell_attachments(draft);
}

/* Only the flag */
static void draft_save_read(struct eas_draft *draft)
{
	struct store_flag_change change = {
		.add = draft->read > 0 ? STORE_FLAG_SEEN : 0,
		.remove = draft->read == 0 ? STORE_FLAG_SEEN : 0,
	};
	ARRAY_TYPE(seq_range) uids;

	draft->result->uid = draft->uid;
	draft_set_status(draft, EAS_DRAFT_OK);
	if (draft->read < 0)
		return;
	p_array_init(&uids, draft->req->pool, 1);
	seq_range_array_add(&uids, draft->uid);
	if (store_flags_change(draft->folder, &uids, &change, NULL) < 0)
		draft_store_failed(draft);
}

/* A sent draft is gone from its folder. If that fails it stays there, and the
   client learns that it is still there; it was sent once all the same. */
static void draft_remove(struct eas_draft *draft)
{
	ARRAY_TYPE(seq_range) uids;
	const char *text;

	if (draft->uid == 0)
		return;
	p_array_init(&uids, draft->req->pool, 1);
	seq_range_array_add(&uids, draft->uid);
	if (store_expunge(draft->folder, &uids) < 0) {
		(void)store_last_error(draft->req->store, &text);
		e_error(draft->req->event, "A draft was sent, but could not be "
			"removed: %s", text);
	}
}

static void draft_close_existing(struct eas_draft *draft)
{
	i_stream_unref(&draft->output);
	if (draft->existing != NULL)
		mime_message_close(&draft->existing);
	if (draft->fetch != NULL)
		(void)store_fetch_deinit(&draft->fetch);
	draft->msg = NULL;
}

static void draft_send(struct eas_draft *draft)
{
	struct eas_request *req = draft->req;
	struct eas_outgoing out = {
		.save_in_sent = TRUE,
		.message_id = eas_sendlog_message_id(req, draft->token),
	};
	unsigned int status;

	switch (eas_sendlog_claim(req, draft->token, &out.log)) {
	case EAS_SENDLOG_CLAIMED:
		out.mime = draft->output =
			draft_clean(draft->output);
		status = eas_outgoing_send(req, &out, NULL);
		if (status != EAS_STATUS_OK) {
			eas_sendlog_release(out.log);
			draft_set_status(draft, status);
			return;
		}
		break;
	case EAS_SENDLOG_SENT:
		out.mime = draft->output =
			draft_clean(draft->output);
		eas_outgoing_recover_copy(req, &out);
		break;
	case EAS_SENDLOG_DONE:
		break;
	case EAS_SENDLOG_BUSY:
		draft_set_status(draft, EAS_DRAFT_RETRY);
		return;
	case EAS_SENDLOG_ERROR:
		draft_store_failed(draft);
		return;
	}
	draft_set_status(draft, EAS_DRAFT_OK);
	draft->result->sent = TRUE;
	draft_close_existing(draft);
	draft_remove(draft);
}

/* --- entries --------------------------------------------------------------------------- */

static void draft_init(struct eas_draft *draft, struct eas_request *req,
		       struct store_folder *folder,
		       struct eas_draft_result *result)
{
	i_zero(draft);
	i_zero(result);
	draft->req = req;
	draft->folder = folder;
	draft->result = result;
	p_array_init(&draft->add, req->pool, 4);
	p_array_init(&draft->add_client_ids, req->pool, 4);
	p_array_init(&draft->delete_ids, req->pool, 4);
}

static void draft_deinit(struct eas_draft *draft)
{
	struct mime_draft_attachment *att;

	draft_close_existing(draft);
	i_stream_unref(&draft->mime.body);
	array_foreach_modifiable(&draft->add, att)
		i_stream_unref(&att->content);
}

void eas_draft_add(struct eas_request *req, struct store_folder *folder,
		   const struct wbxml_node *command, const char *token,
		   struct eas_draft_result *result_r)
{
	struct eas_draft draft;
	uint32_t earlier;
	int ret = 0;

	draft_init(&draft, req, folder, result_r);
	draft.token = draft_token(req, token);
	if (!draft_parse(&draft, command))
		draft_set_status(&draft, EAS_DRAFT_CONVERSION);
	else if (!draft.send &&
		 (ret = draft_find_earlier(&draft, &earlier)) < 0)
		draft_store_failed(&draft);
	else if (draft_build(&draft) == 0) {
		if (draft.send)
			draft_send(&draft);
		else if (ret == 0)
			draft_save(&draft);
		else {
			/* Built anew only to know the parts' numbers. */
			result_r->uid = earlier;
			draft_set_status(&draft, EAS_DRAFT_OK);
			draft_tell_attachments(&draft);
		}
	}
	draft_deinit(&draft);
}

void eas_draft_change(struct eas_request *req, struct store_folder *folder,
		      uint32_t uid, const struct wbxml_node *command,
		      const char *token, bool behind,
		      struct eas_draft_result *result_r)
{
	struct eas_draft draft;
	struct store_oid oid;

	draft_init(&draft, req, folder, result_r);
	draft.uid = uid;
	store_oid_of(folder, uid, &oid);
	draft.token = draft_token(req, t_strdup_printf("draft/%s",
		eas_server_id(store_fid(folder), &oid)));
	draft.change_token = draft_token(req, token);
	if (!draft_parse(&draft, command))
		draft_set_status(&draft, EAS_DRAFT_CONVERSION);
	else if (!draft.content && !draft.send && !behind)
		draft_save_read(&draft);
	else if (draft_open_existing(&draft) < 0)
		;
	else if (!draft.send && draft_is_changed_already(&draft))
		draft_changed_already(&draft);
	else if (behind)
		draft_set_status(&draft, EAS_DRAFT_CONFLICT);
	else if (draft_build(&draft) == 0) {
		if (draft.send)
			draft_send(&draft);
		else
			draft_save(&draft);
	}
	draft_deinit(&draft);
}
