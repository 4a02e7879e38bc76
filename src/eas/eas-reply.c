/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers: WBXML, statuses, HTTP errors, and what store errors become. */

#include "eas.h"
#include "eas-trace.h"
#include "buffer.h"
#include "ostream.h"

/* as the front's own */
#define EAS_RETRY_AFTER_SECS 30

/* MS-ASCMD 2.2.2: what versions before 14.0 get in place of a common status */
static const struct {
	unsigned int status, http;
	const char *reason;
} eas_status_https[] = {
	{ EAS_STATUS_SERVER_ERROR, 500, "Internal Server Error" },
	{ EAS_STATUS_RETRY_LATER, 503, "Service Unavailable" },
	{ EAS_STATUS_QUOTA, 507, "Insufficient Disk Space" },
	{ EAS_STATUS_USER_DISABLED, 403, "Forbidden" },
	{ EAS_STATUS_DEVICE_BLOCKED, 403, "Forbidden" },
	{ EAS_STATUS_ACCESS_DENIED, 403, "Forbidden" },
	{ EAS_STATUS_STATE_NOT_FOUND, 403, "Forbidden" },
	{ EAS_STATUS_COMMAND_UNSUPPORTED, 501, "Not Implemented" },
	{ EAS_STATUS_VERSION_UNSUPPORTED, 400, "Bad Request" },
	{ EAS_STATUS_NOT_PROVISIONABLE, 403, "Forbidden" },
	{ EAS_STATUS_REMOTE_WIPE, 449, "Need Provisioning" },
	{ EAS_STATUS_LEGACY_DEVICE, 449, "Need Provisioning" },
	{ EAS_STATUS_NOT_PROVISIONED, 449, "Need Provisioning" },
	{ EAS_STATUS_POLICY_REFRESH, 449, "Need Provisioning" },
	{ EAS_STATUS_POLICY_KEY, 449, "Need Provisioning" },
	{ EAS_STATUS_EXTERNALLY_MANAGED, 403, "Forbidden" },
	{ EAS_STATUS_UNEXPECTED_CLASS, 501, "Not Implemented" },
	{ EAS_STATUS_ITEM_NOT_FOUND, 500, "Internal Server Error" },
	{ EAS_STATUS_MAX_DEVICES, 403, "Forbidden" },
};

const struct eas_error_map eas_error_map_common[] = {
	{ STORE_ERROR_BUSY, EAS_STATUS_RETRY_LATER, 0 },
	{ STORE_ERROR_TEMP, EAS_STATUS_RETRY_LATER, 0 },
	{ STORE_ERROR_QUOTA, EAS_STATUS_QUOTA, 0 },
	{ STORE_ERROR_NOSPACE, EAS_STATUS_QUOTA, 0 },
	{ STORE_ERROR_PERM, EAS_STATUS_ACCESS_DENIED, 0 },
	{ STORE_ERROR_NOTFOUND, EAS_STATUS_ITEM_NOT_FOUND, 0 },
	{ STORE_ERROR_NONE, EAS_STATUS_SERVER_ERROR, 0 },
	{ 0, 0, 0 }
};

unsigned int eas_status_http(unsigned int status, const char **reason_r)
{
	for (unsigned int i = 0; i < N_ELEMENTS(eas_status_https); i++) {
		if (eas_status_https[i].status == status) {
			*reason_r = eas_status_https[i].reason;
			return eas_status_https[i].http;
		}
	}
	if (status < 101)
		return 0;
	/* The others tell of a wrong request. */
	*reason_r = "Bad Request";
	return 400;
}

static void reply_headers(struct eas_request *req)
{
	service_reply_header(req->service, "MS-Server-ActiveSync",
			     EAS_SERVER_VERSION);
	service_reply_header(req->service, "Cache-Control", "private");
	if (req->tell_versions) {
		/* MS-ASHTTP 3.2.5.1 */
		service_reply_header(req->service, "X-MS-RP",
				     eas_versions_offered(req));
		service_reply_header(req->service, "MS-ASProtocolVersions",
				     eas_versions_offered(req));
		service_reply_header(req->service, "MS-ASProtocolCommands",
				     eas_command_list());
	}
}

void eas_reply_http(struct eas_request *req, unsigned int status,
		    const char *reason)
{
	service_log(req->service, "http", dec2str(status));
	eas_trace_http(req, status);
	service_reply_begin(req->service, status, reason);
	reply_headers(req);
	if (status == 503) {
		service_reply_header(req->service, "Retry-After",
				     dec2str(eas_setting_secs(req,
						"retry_after",
						EAS_RETRY_AFTER_SECS)));
	}
}

void eas_reply_empty(struct eas_request *req)
{
	service_reply_begin(req->service, 200, "OK");
	reply_headers(req);
	service_reply_header(req->service, "Content-Type", EAS_CONTENT_TYPE);
}

struct wbxml_writer *eas_reply_begin_buffer(struct eas_request *req)
{
	i_assert(req->writer == NULL);

	req->reply_buf = buffer_create_dynamic(req->pool, 1024);
	req->reply_output = o_stream_create_buffer(req->reply_buf);
	req->writer = wbxml_writer_init(req->reply_output);
	return req->writer;
}

struct wbxml_writer *eas_reply_begin(struct eas_request *req, bool stream)
{
	if (!stream)
		return eas_reply_begin_buffer(req);

	i_assert(req->writer == NULL);
	service_reply_begin(req->service, 200, "OK");
	reply_headers(req);
	service_reply_header(req->service, "Content-Type", EAS_CONTENT_TYPE);
	req->reply_output = service_reply_body(req->service);
	o_stream_ref(req->reply_output);
	req->reply_output = eas_trace_stream(req, req->reply_output);
	req->writer = wbxml_writer_init(req->reply_output);
	return req->writer;
}

const buffer_t *eas_reply_take(struct eas_request *req)
{
	const buffer_t *buf = req->reply_buf;
	const char *error;

	if (wbxml_writer_finish(&req->writer, &error) < 0)
		e_error(req->event, "Writing an answer failed: %s", error);
	o_stream_destroy(&req->reply_output);
	req->reply_buf = NULL;
	eas_trace_answer(req, buf);
	return buf;
}

void eas_reply_abort(struct eas_request *req)
{
	i_assert(req->reply_buf != NULL);

	wbxml_writer_abort(&req->writer);
	o_stream_destroy(&req->reply_output);
	req->reply_buf = NULL;
}

static void reply_end_buffer(struct eas_request *req)
{
	const buffer_t *buf = eas_reply_take(req);

	service_reply_begin(req->service, 200, "OK");
	reply_headers(req);
	service_reply_header(req->service, "Content-Type", EAS_CONTENT_TYPE);
	o_stream_nsend(service_reply_body(req->service), buf->data, buf->used);
}

void eas_reply_end(struct eas_request *req)
{
	const char *error;

	if (req->reply_buf != NULL) {
		reply_end_buffer(req);
		return;
	}
	if (wbxml_writer_finish(&req->writer, &error) < 0)
		e_debug(req->event, "Sending the answer failed: %s", error);
	o_stream_unref(&req->reply_output);
	eas_trace_stream_end(req);
}

void eas_reply_status(struct eas_request *req, unsigned int status)
{
	struct wbxml_writer *w;
	const char *reason;
	unsigned int http;

	service_log(req->service, "easstatus", dec2str(status));
	if (req->version < EAS_VERSION_140 || req->cmd->root == 0) {
		if ((http = eas_status_http(status, &reason)) != 0) {
			eas_reply_http(req, http, reason);
			return;
		}
	}
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, req->cmd->root);
	wbxml_uint_tag(w, req->cmd->status, status);
	wbxml_end(w, req->cmd->root);
	eas_reply_end(req);
}

unsigned int eas_store_status(struct eas_request *req,
			      const struct eas_error_map *map)
{
	enum store_error error = store_last_error(req->store, NULL);

	for (; map->status != 0; map++) {
		if (map->error == error || map->error == STORE_ERROR_NONE)
			break;
	}
	if (map->status == 0)
		return EAS_STATUS_SERVER_ERROR;
	if (req->version < EAS_VERSION_140 && map->status_old != 0)
		return map->status_old;
	return map->status;
}

void eas_reply_store_error(struct eas_request *req)
{
	const char *text;

	(void)store_last_error(req->store, &text);
	e_debug(req->event, "Store: %s", text);
	eas_reply_status(req, eas_store_status(req, eas_error_map_common));
}
