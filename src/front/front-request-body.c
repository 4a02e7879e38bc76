/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a request's body on its way in. */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "ostream.h"
#include "front-request-private.h"

void front_request_body_timeout(struct front_request *req)
{
	struct front_conn *conn = req->conn;

	timeout_remove(&req->to);
	if (req->state == REQUEST_BODY) {
		req->close = TRUE;
		front_request_reply_empty(req, 408, "body too slow");
	} else if (req->state == REQUEST_DRAIN) {
		front_request_free(req);
		front_conn_request_done(conn, TRUE, FALSE);
	} else {
		front_request_cut(req, "client too slow");
	}
}

static void request_body_error(struct front_request *req)
{
	struct front_conn *conn = req->conn;
	int err = req->payload->stream_errno;

	req->payload = NULL;
	req->close = TRUE;
	if (req->state < REQUEST_ANSWERING && err == EMSGSIZE)
		front_request_reply_empty(req, 413, "body too large");
	else if (req->state < REQUEST_ANSWERING && err == EIO)
		front_request_reply_empty(req, 400, "broken body");
	else if (req->state == REQUEST_DRAIN) {
		front_request_free(req);
		front_conn_request_done(conn, TRUE, FALSE);
	} else {
		conn->broken = err != 0 && err != EMSGSIZE && err != EIO;
		front_conn_destroy(conn);
	}
}

void front_request_send_body(struct front_request *req,
			     const unsigned char *data, size_t size)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];
	size_t part;

	while (size > 0) {
		part = I_MIN(size, IPC_BODY_CHUNK);
		ipc_frame_header(header, IPC_BODY, part);
		o_stream_nsend(req->output, header, sizeof(header));
		o_stream_nsend(req->output, data, part);
		data += part;
		size -= part;
	}
}

void front_request_send_body_end(struct front_request *req)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];

	ipc_frame_header(header, IPC_BODY_END, 0);
	o_stream_nsend(req->output, header, sizeof(header));
}

/* Returns FALSE if the reader must wait for the taker. */
static bool request_take_body(struct front_request *req,
			      const unsigned char *data, size_t size)
{
	switch (req->state) {
	case REQUEST_BODY:
		if (req->body == NULL) {
			req->body = buffer_create_dynamic(default_pool,
							  I_MAX(size, 256));
		}
		buffer_append(req->body, data, size);
		return req->body->used <= REQUEST_MAX_KEPT_BODY;
	case REQUEST_ACCEPTED:
	case REQUEST_ANSWERING:
		if (req->output == NULL)
			return TRUE;
		front_request_send_body(req, data, size);
		return o_stream_get_buffer_used_size(req->output) <
			REQUEST_MAX_UNSENT;
	default:
		return TRUE;
	}
}

static void request_body_complete(struct front_request *req)
{
	struct front_conn *conn = req->conn;

	req->payload = NULL;
	timeout_remove(&req->to);
	switch (req->state) {
	case REQUEST_BODY:
		front_request_dispatch(req);
		break;
	case REQUEST_ACCEPTED:
	case REQUEST_ANSWERING:
		if (req->output != NULL)
			front_request_send_body_end(req);
		break;
	case REQUEST_DRAIN:
		front_request_free(req);
		front_conn_request_done(conn, FALSE, FALSE);
		break;
	default:
		break;
	}
}

bool front_request_wants_input(const struct front_request *req)
{
	if (!front_request_body_pending(req))
		return FALSE;
	return req->state == REQUEST_BODY || req->state == REQUEST_ACCEPTED ||
		req->state == REQUEST_ANSWERING || req->state == REQUEST_DRAIN;
}

void front_request_input(struct front_request *req)
{
	const unsigned char *data;
	size_t size;
	int ret;

	while ((ret = i_stream_read_more(req->payload, &data, &size)) > 0) {
		bool go_on;

		size = I_MIN(size, REQUEST_MAX_UNSENT);
		req->bytes_in += size;
		go_on = request_take_body(req, data, size);
		i_stream_skip(req->payload, size);
		if (req->to != NULL)
			timeout_reset(req->to);
		if (go_on)
			continue;
		front_conn_read_pause(req->conn);
		if (req->state == REQUEST_BODY) {
			front_request_dispatch(req);
		} else {
			/* also if the stream gets empty before we return to
			   the loop: without it nobody would resume */
			o_stream_set_flush_pending(req->output, TRUE);
		}
		return;
	}
	if (ret == 0)
		return;
	if (req->payload->stream_errno != 0)
		request_body_error(req);
	else
		request_body_complete(req);
}

/* Let the client send its body. */
void front_request_go_on(struct front_request *req)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (req->expect_continue) {
		req->expect_continue = FALSE;
		front_conn_send(req->conn, go_on, sizeof(go_on) - 1);
	}
	front_request_set_timeout(req, req->front->set->body_timeout,
				  front_request_body_timeout);
	front_conn_read_resume(req->conn);
	front_request_input(req);
}
