/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* SendMail, SmartReply, SmartForward (MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20):
   as MIME with query parameters up to 12.1, as WBXML from 14.0 on. */

#include "eas.h"
#include "eas-class.h"
#include "eas-outgoing.h"
#include "eas-smart-item.h"
#include "dovetail-compose.h"
#include "ioloop.h"
#include "istream.h"
#include "unichar.h"

/* MS-ASCMD 2.2.3.28.1 */
#define EAS_CLIENT_ID_MAX 40
/* MS-ASRM 2.2.2.19.3: the template that protects nothing */
#define NO_RESTRICTION "00000000-0000-0000-0000-000000000000"

enum eas_send_mode {
	EAS_SEND_NEW,
	EAS_SEND_REPLY,
	EAS_SEND_FORWARD,
};

struct eas_send {
	struct eas_request *req;
	enum eas_send_mode mode;

	const char *client_id;
	bool save_in_sent, replace_mime;
	/* 16.x: the server writes the message. */
	bool forwardees;
	/* Of the source: one of item_id and long_id */
	const char *folder_id, *item_id, *long_id, *instance_id;
	/* The client's message, seekable */
	struct istream *mime;

	/* The source, open; no folder: an appointment */
	struct store_folder *folder;
	uint32_t uid;
	struct store_fetch *fetch;
	struct mime_message *original;
};

/* --- request ------------------------------------------------------------------ */

static unsigned int send_parse_source(struct eas_send *send,
				      const struct wbxml_node *source)
{
	if (source == NULL)
		return EAS_STATUS_INVALID_XML;
	send->folder_id = wbxml_child_text(source, CM_FolderId);
	send->item_id = wbxml_child_text(source, CM_ItemId);
	send->long_id = wbxml_child_text(source, CM_LongId);
	send->instance_id = wbxml_child_text(source, CM_InstanceId);
	/* 2.2.3.98.4: LongId excludes the others */
	if (send->long_id != NULL &&
	    (send->folder_id != NULL || send->item_id != NULL))
		return EAS_STATUS_INVALID_IDS;
	if (send->long_id == NULL &&
	    (send->folder_id == NULL || send->item_id == NULL))
		return EAS_STATUS_INVALID_XML;
	return EAS_STATUS_OK;
}

static unsigned int send_parse_account(struct eas_send *send)
{
	const char *account =
		wbxml_child_text(send->req->root, CM_AccountId);

	if (account == NULL)
		return EAS_STATUS_OK;
	/* 2.2.3.3.1; Settings names no AccountId: the mailbox is the only
	   account, and is what messages without one are sent from. */
	return send->req->version < EAS_VERSION_141 ?
		EAS_STATUS_INVALID_XML : EAS_STATUS_ACCOUNT_ID;
}

/* MS-ASRM 2.2.2.19.3: what is to be protected is not sent without. */
static unsigned int send_check_rights(struct eas_request *req)
{
	const char *template = wbxml_child_text(req->root, RM_TemplateID);

	if (template == NULL || strcmp(template, NO_RESTRICTION) == 0)
		return EAS_STATUS_OK;
	return req->version < EAS_VERSION_141 ? EAS_STATUS_INVALID_XML :
		EAS_STATUS_IRM_DISABLED;
}

static unsigned int send_parse_wbxml(struct eas_send *send)
{
	struct eas_request *req = send->req;
	const struct wbxml_node *mime = wbxml_child(req->root, CM_Mime);
	unsigned int status;

	if (req->root->tag != req->cmd->root)
		return EAS_STATUS_INVALID_XML;
	send->forwardees = wbxml_child(req->root, CM_Forwardees) != NULL ||
		wbxml_child(req->root, ASB_Body) != NULL;
	if (send->forwardees) {
		if (req->version < EAS_VERSION_160 ||
		    send->mode != EAS_SEND_FORWARD)
			return EAS_STATUS_INVALID_XML;
		if (mime != NULL)
			return EAS_STATUS_MIME_BODY_COMBINATION;
	}
	send->client_id = wbxml_child_text(req->root, CM_ClientId);
	if (send->client_id == NULL || *send->client_id == '\0' ||
	    uni_utf8_strlen(send->client_id) > EAS_CLIENT_ID_MAX ||
	    (!send->forwardees && (mime == NULL || mime->size == 0)))
		return EAS_STATUS_INVALID_XML;
	if ((status = send_parse_account(send)) != EAS_STATUS_OK ||
	    (status = send_check_rights(req)) != EAS_STATUS_OK)
		return status;
	send->save_in_sent =
		wbxml_child(req->root, CM_SaveInSentItems) != NULL;
	send->replace_mime = wbxml_child(req->root, CM_ReplaceMime) != NULL;
	if (send->mode != EAS_SEND_NEW) {
		status = send_parse_source(send,
					   wbxml_child(req->root, CM_Source));
		if (status != EAS_STATUS_OK)
			return status;
	}
	if (!send->forwardees)
		send->mime = wbxml_node_stream(mime);
	return EAS_STATUS_OK;
}

/* Up to 12.1: the body is the message (MS-ASHTTP 2.2.1.1.1.1.3). */
static unsigned int send_parse_mime(struct eas_send *send)
{
	struct eas_request *req = send->req;
	const char *type = service_request_header(req->service, "Content-Type");
	unsigned int status;

	if (type != NULL && strncasecmp(type, "message/rfc822", 14) != 0)
		return EAS_STATUS_INVALID_CONTENT;
	send->save_in_sent = req->params.save_in_sent;
	send->folder_id = req->params.collection_id;
	send->item_id = req->params.item_id;
	send->long_id = req->params.long_id;
	send->instance_id = req->params.occurrence;
	if (send->mode != EAS_SEND_NEW && send->long_id == NULL &&
	    send->item_id == NULL)
		return EAS_STATUS_INVALID_XML;
	send->mime = eas_spool(req, req->service->body, &status);
	return status;
}

/* FALSE: answered */
static bool send_parse(struct eas_send *send)
{
	unsigned int status;
	int ret;

	if (send->req->version < EAS_VERSION_140)
		status = send_parse_mime(send);
	else if ((ret = eas_request_parse_body(send->req)) < 0)
		return FALSE;
	else if (ret == 0) {
		eas_reply_http(send->req, 400, "Bad Request");
		return FALSE;
	} else
		status = send_parse_wbxml(send);
	if (status == EAS_STATUS_OK)
		return TRUE;
	eas_reply_status(send->req, status);
	return FALSE;
}

/* --- source -------------------------------------------------------------------- */

/* 2.2.3.92.2: an occurrence of an appointment; of mail there is none. */
static unsigned int send_check_instance(struct eas_send *send)
{
	time_t when;

	if (send->instance_id == NULL ||
	    eas_datetime_parse(send->instance_id, &when))
		return EAS_STATUS_OK;
	return EAS_STATUS_INVALID_DATETIME;
}

static unsigned int send_open_source(struct eas_send *send)
{
	struct eas_request *req = send->req;
	const char *id = send->long_id != NULL ? send->long_id : send->item_id;
	struct store_msg *msg;
	store_fid_t fid;
	unsigned int status;
	uint32_t num;
	int ret;

	if ((status = send_check_instance(send)) != EAS_STATUS_OK)
		return status;
	if (send->long_id == NULL && send->folder_id != NULL &&
	    !eas_collection_id_parse(send->folder_id, &fid))
		return EAS_STATUS_ITEM_NOT_FOUND;
	if (eas_item_id_parse(id, &fid, &num))
		return eas_smart_item_open(req, id, send->instance_id,
					   &send->original);
	ret = eas_item_open(req, id, &send->folder, &send->uid);
	if (ret > 0) {
		ret = eas_item_fetch(send->folder, send->uid,
			STORE_WANT_HEADERS | STORE_WANT_STRUCTURE |
			STORE_WANT_BODY, &send->fetch, &msg);
	}
	if (ret < 0)
		return eas_store_status(req, eas_error_map_common);
	if (ret == 0)
		return EAS_STATUS_ITEM_NOT_FOUND;
	send->original = eas_msg_open(req, req->pool, msg);
	return send->original == NULL ? EAS_STATUS_REPLY_FAILED :
		EAS_STATUS_OK;
}

static void send_close_source(struct eas_send *send)
{
	if (send->original != NULL)
		mime_message_close(&send->original);
	if (send->fetch != NULL)
		(void)store_fetch_deinit(&send->fetch);
	if (send->folder != NULL)
		store_close(&send->folder);
}

static unsigned int send_compose(struct eas_send *send)
{
	struct mime_smart_settings set = {
		.mode = send->mode == EAS_SEND_FORWARD ?
			MIME_SMART_FORWARD : MIME_SMART_REPLY,
		.replace_mime = send->replace_mime,
		.now = ioloop_time,
	};
	enum mime_compose_error code;
	struct istream *output;
	const char *error;
	unsigned int status;

	if (send->forwardees && (status = eas_smart_forwardees(send->req,
			send->original, &send->mime)) != EAS_STATUS_OK)
		return status;
	if (mime_smart_compose(send->req->pool, send->mime, send->original,
			       &set, &output, &code, &error) < 0) {
		e_info(send->req->event, "Reply or forward refused: %s", error);
		return code == MIME_COMPOSE_ERROR_IO ?
			EAS_STATUS_REPLY_FAILED : EAS_STATUS_INVALID_MIME;
	}
	i_stream_unref(&send->mime);
	send->mime = output;
	return EAS_STATUS_OK;
}

/* \Answered or $Forwarded; the message is out, so a failure is only logged. */
static void send_mark_source(struct eas_send *send, unsigned int recipients)
{
	enum eas_verb verb = send->mode == EAS_SEND_FORWARD ?
		EAS_VERB_FORWARD :
		recipients > 1 ? EAS_VERB_REPLY_ALL : EAS_VERB_REPLY;
	const char *text;

	if (send->folder == NULL)
		return;
	if (eas_verb_set(send->folder, send->uid, verb, ioloop_time) < 0) {
		(void)store_last_error(send->req->store, &text);
		e_warning(send->req->event, "Source of a reply or forward could "
			  "not be marked: %s", text);
	}
}

/* --- sending -------------------------------------------------------------------- */

static unsigned int
send_run(struct eas_send *send, const struct eas_outgoing *set)
{
	struct eas_outgoing out = *set;
	struct eas_sent sent;
	unsigned int status;

	if (send->mode != EAS_SEND_NEW) {
		if ((status = send_open_source(send)) != EAS_STATUS_OK ||
		    (status = send_compose(send)) != EAS_STATUS_OK)
			return status;
	}
	out.mime = send->mime;
	status = eas_outgoing_send(send->req, &out, &sent);
	if (status == EAS_STATUS_OK && send->mode == EAS_SEND_FORWARD)
		eas_forward_notice(send->req, send->original, sent.addresses);
	if (status == EAS_STATUS_OK && send->mode != EAS_SEND_NEW) {
		/* Streams over the original end here. */
		send_mark_source(send, sent.count);
	}
	return status;
}

/* A repetition of something sent: answered with 118, after what was interrupted
   last time is finished. */
static unsigned int
send_repeated(struct eas_send *send, struct eas_outgoing *out)
{
	if (out->save_in_sent && (send->mode == EAS_SEND_NEW ||
	     (send_open_source(send) == EAS_STATUS_OK &&
	      send_compose(send) == EAS_STATUS_OK))) {
		out->mime = send->mime;
		eas_outgoing_recover_copy(send->req, out);
	}
	return EAS_STATUS_PREVIOUSLY_SENT;
}

static unsigned int send_once(struct eas_send *send)
{
	struct eas_request *req = send->req;
	struct eas_outgoing out = { .save_in_sent = send->save_in_sent };
	unsigned int status;

	if (send->client_id == NULL)
		return send_run(send, &out);

	out.message_id = eas_sendlog_message_id(req, send->client_id);
	switch (eas_sendlog_claim(req, send->client_id, &out.log)) {
	case EAS_SENDLOG_CLAIMED:
		break;
	case EAS_SENDLOG_DONE:
		return EAS_STATUS_PREVIOUSLY_SENT;
	case EAS_SENDLOG_SENT:
		return send_repeated(send, &out);
	case EAS_SENDLOG_BUSY:
		return EAS_STATUS_RETRY_LATER;
	case EAS_SENDLOG_ERROR:
		return eas_store_status(req, eas_error_map_common);
	}
	status = send_run(send, &out);
	if (status != EAS_STATUS_OK)
		eas_sendlog_release(out.log);
	return status;
}

static void eas_send_command(struct eas_request *req, enum eas_send_mode mode)
{
	struct eas_send send = { .req = req, .mode = mode };
	unsigned int status;

	if (send_parse(&send)) {
		status = send_once(&send);
		if (status == EAS_STATUS_OK)
			eas_reply_empty(req);
		else
			eas_reply_status(req, status);
	}
	i_stream_unref(&send.mime);
	send_close_source(&send);
}

void eas_cmd_send_mail(struct eas_request *req)
{
	eas_send_command(req, EAS_SEND_NEW);
}

void eas_cmd_smart_reply(struct eas_request *req)
{
	eas_send_command(req, EAS_SEND_REPLY);
}

void eas_cmd_smart_forward(struct eas_request *req)
{
	eas_send_command(req, EAS_SEND_FORWARD);
}
