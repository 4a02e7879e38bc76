/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attachments by FileReference, and GetAttachment (MS-ASCMD 2.2.1.8: up to
   12.1, raw bytes as the HTTP body). */

#include "eas-class.h"
#include "eas-attachment.h"
#include "istream.h"
#include "ostream.h"

#include <ctype.h>

/* The part that stands for the whole message */
#define EAS_PART_WHOLE "0"

static int attachment_open_part(struct eas_request *req,
				struct eas_attachment *att, const char *part_id)
{
	const char *error;
	int ret;

	if (strcmp(part_id, EAS_PART_WHOLE) == 0) {
		att->part.content_type = "message/rfc822";
		att->part.display_name = "";
		ret = mime_message_open_raw(att->mime, &att->part.input,
					    &error) < 0 ? -1 : 1;
	} else {
		ret = mime_message_open_part(att->mime, part_id, &att->part,
					     &error);
	}
	if (ret < 0) {
		/* One unreadable message is not the store's failure. */
		e_error(req->event, "Attachment %s cannot be read: %s",
			part_id, error);
		return 0;
	}
	return ret;
}

static int attachment_open_item(struct eas_request *req,
				struct eas_attachment *att, const char *id,
				const char *part_id)
{
	struct eas_body_options body;
	struct eas_item_context ctx;
	struct eas_item_attachment found;
	struct store_item item;
	int ret;

	eas_body_options_init(&body, req->version);
	ret = eas_item_by_id(req, id, &body, &ctx, &item);
	if (ret <= 0 || ctx.class->attachment == NULL)
		return I_MIN(ret, 0);
	i_zero(&found);
	ret = ctx.class->attachment(&ctx, &item, part_id, &found);
	att->part.input = found.input;
	att->part.content_type = found.content_type;
	att->part.display_name = found.display_name;
	return ret;
}

int eas_attachment_open(struct eas_request *req, const char *reference,
			struct eas_attachment *att_r)
{
	struct store_msg *msg;
	struct store_oid oid;
	store_fid_t fid;
	const char *part_id;
	uint32_t uid;
	int ret;

	i_zero(att_r);
	if (!eas_file_reference_parse(reference, &fid, &oid, &part_id))
		return 0;
	part_id = p_strdup(req->pool, part_id);
	if (oid.idspace == 0) {
		return attachment_open_item(req, att_r,
			eas_item_id(fid, oid.uid), part_id);
	}
	ret = eas_item_open(req, eas_server_id(fid, &oid), &att_r->folder,
			    &uid);
	if (ret > 0) {
		ret = eas_item_fetch(att_r->folder, uid,
			STORE_WANT_STRUCTURE | STORE_WANT_BODY, &att_r->fetch,
			&msg);
	}
	if (ret <= 0)
		return ret;
	att_r->mime = eas_msg_open(req, req->pool, msg);
	if (att_r->mime == NULL)
		return 0;
	return attachment_open_part(req, att_r, part_id);
}

void eas_attachment_close(struct eas_attachment *att)
{
	i_stream_unref(&att->part.input);
	if (att->mime != NULL)
		mime_message_close(&att->mime);
	if (att->fetch != NULL)
		(void)store_fetch_deinit(&att->fetch);
	if (att->folder != NULL)
		store_close(&att->folder);
}

int eas_attachment_size(struct eas_attachment *att, uoff_t *size_r)
{
	struct istream *input = att->part.input;
	const unsigned char *data;
	size_t size;

	if (att->part.size_exact) {
		*size_r = att->part.size;
		return 0;
	}
	while (i_stream_read_more(input, &data, &size) > 0)
		i_stream_skip(input, size);
	if (input->stream_errno != 0)
		return -1;
	*size_r = input->v_offset;
	i_stream_seek(input, 0);
	return 0;
}

static bool content_type_is_clean(const char *type)
{
	for (; *type != '\0'; type++) {
		if (!i_isalnum(*type) && strchr("/.+-_", *type) == NULL)
			return FALSE;
	}
	return TRUE;
}

static void
attachment_reply(struct eas_request *req, struct eas_attachment *att)
{
	const char *type = att->part.content_type;

	service_reply_begin(req->service, 200, "OK");
	service_reply_header(req->service, "MS-Server-ActiveSync",
			     EAS_SERVER_VERSION);
	service_reply_header(req->service, "Content-Type",
			     type != NULL && content_type_is_clean(type) ?
			     type : "application/octet-stream");
	o_stream_nsend_istream(service_reply_body(req->service),
			       att->part.input);
	if (att->part.input->stream_errno != 0) {
		e_error(req->event, "Attachment ends early: %s",
			i_stream_get_error(att->part.input));
	}
}

void eas_cmd_get_attachment(struct eas_request *req)
{
	struct eas_attachment att;
	int ret;

	if (req->params.attachment_name == NULL) {
		eas_reply_http(req, 400, "Bad Request");
		return;
	}
	ret = eas_attachment_open(req, req->params.attachment_name, &att);
	if (ret > 0)
		attachment_reply(req, &att);
	else if (ret < 0)
		eas_reply_store_error(req);
	else {
		/* 2.2.1.8: a deleted attachment is 500 */
		eas_reply_http(req, 500, "Internal Server Error");
	}
	eas_attachment_close(&att);
}
