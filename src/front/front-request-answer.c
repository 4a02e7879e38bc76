/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a worker's frames, and the answer they make. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "str-sanitize.h"
#include "front-http.h"
#include "front-park.h"
#include "front-worker.h"
#include "front-request-private.h"

static void request_stream_broken(struct front_request *req, const char *error)
{
	if (error != NULL) {
		e_error(req->front->event, "User %s: worker %s sent rubbish: %s",
			req->ipc.user, dec2str(req->worker_pid), error);
	}
	switch (req->state) {
	case REQUEST_ASKED:
		front_request_retry(req, "worker did not accept the request");
		break;
	case REQUEST_ACCEPTED:
		front_request_stream_close(req);
		front_request_reply_later(req, "worker died");
		break;
	case REQUEST_ANSWERING:
		front_request_cut(req, "worker died");
		break;
	default:
		front_request_free(req);
		break;
	}
}

static void request_accepted(struct front_request *req)
{
	if (req->state != REQUEST_ASKED)
		return;
	req->state = REQUEST_ACCEPTED;
	if (front_request_body_pending(req))
		front_request_go_on(req);
}

static int request_frame_log(struct front_request *req,
			     const struct ipc_frame *frame, const char **error_r)
{
	const struct ipc_header *field;
	struct ipc_header *copy;
	struct ipc_log log;

	if (ipc_log_parse(frame, pool_datastack_create(), &log, error_r) < 0)
		return -1;
	array_foreach(&log.fields, field) {
		if (array_count(&req->log_fields) >= IPC_MAX_LOG_FIELDS)
			break;
		copy = array_append_space(&req->log_fields);
		copy->name = p_strdup(req->pool, field->name);
		copy->value = p_strdup(req->pool,
				       t_strndup(field->value, 256));
	}
	return 0;
}

static void request_keepalive(struct front_request *req)
{
	front_request_send_part(req->conn, req->chunked, req->stream.keepalive,
				req->stream.keepalive_size);
	req->bytes_out += req->stream.keepalive_size;
}

/* The first part, and the next ones until the worker has more to say. */
static void request_stream_begin(struct front_request *req,
				 const struct ipc_stream *stream)
{
	front_request_send_part(req->conn, req->chunked, stream->preamble,
				stream->preamble_size);
	req->bytes_out += stream->preamble_size;
	if (stream->keepalive_msecs == 0 || stream->keepalive_size == 0)
		return;
	req->stream = *stream;
	req->stream.keepalive = p_memdup(req->pool, stream->keepalive,
					 stream->keepalive_size);
	req->to_keepalive = timeout_add(stream->keepalive_msecs,
					request_keepalive, req);
}

/* Whose is the session, and does it go on? */
static void request_session(struct front_request *req,
			    const struct ipc_response *resp)
{
	if (req->user == NULL || req->route == NULL ||
	    req->route->session_cookie == NULL)
		return;
	if (resp->session_ended && req->session != NULL) {
		front_park_session_over(req->front->park, req->user,
					req->origin);
		if (req->worker != NULL)
			front_worker_forget_session(req->worker, req->origin);
	}
	if (resp->session != NULL && req->worker != NULL) {
		front_worker_add_session(req->worker,
			bus_origin(req->ipc.user, resp->session));
	}
}

static bool status_has_body(unsigned int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void request_head_init(struct front_request *req,
			      const struct ipc_response *resp,
			      struct front_http_head *head)
{
	req->status = resp->status;
	req->has_size = resp->has_size && !resp->stream.used;
	req->size_left = resp->body_size;
	req->close = resp->close || front_request_must_close(req);

	i_zero(head);
	head->status = resp->status;
	head->reason = resp->reason;
	if (!status_has_body(resp->status)) {
		req->has_size = TRUE;
		req->size_left = 0;
		head->body = FRONT_HTTP_BODY_NONE;
	} else if (resp->has_size && !resp->stream.used) {
		head->body = FRONT_HTTP_BODY_SIZED;
		head->body_size = resp->body_size;
	} else if (req->http_1_0) {
		head->body = FRONT_HTTP_BODY_UNTIL_CLOSE;
	} else {
		head->body = FRONT_HTTP_BODY_CHUNKED;
		req->chunked = TRUE;
	}
	head->close = req->close;
}

static int request_frame_response(struct front_request *req,
				  const struct ipc_frame *frame,
				  const char **error_r)
{
	const struct ipc_header *header;
	struct front_http_head head;
	struct ipc_response resp;
	string_t *text = t_str_new(1024);

	if (ipc_response_parse(frame, pool_datastack_create(), &resp,
			       error_r) < 0)
		return -1;
	if (req->state == REQUEST_ASKED)
		req->state = REQUEST_ACCEPTED;
	if (req->state != REQUEST_ACCEPTED) {
		*error_r = "a second RESPONSE";
		return -1;
	}
	request_head_init(req, &resp, &head);
	front_http_head_begin(text, &head);
	array_foreach(&resp.headers, header) {
		if (!front_http_header(text, header->name, header->value)) {
			e_error(req->front->event, "User %s: worker %s sent an "
				"unusable header '%s'", req->ipc.user,
				dec2str(req->worker_pid),
				str_sanitize(header->name, 64));
		}
	}
	front_http_head_end(text);
	req->state = REQUEST_ANSWERING;
	front_conn_send(req->conn, str_data(text), str_len(text));
	if (resp.stream.used && status_has_body(resp.status))
		request_stream_begin(req, &resp.stream);
	request_session(req, &resp);
	return 0;
}

void front_request_send_part(struct front_conn *conn, bool chunked,
			     const void *data, size_t size)
{
	struct iovec iov[3];
	string_t *begin;

	if (size == 0)
		return;
	if (!chunked) {
		front_conn_send(conn, data, size);
		return;
	}
	begin = t_str_new(16);
	front_http_chunk_begin(begin, size, TRUE);
	iov[0].iov_base = str_c_modifiable(begin);
	iov[0].iov_len = str_len(begin);
	iov[1].iov_base = (void *)data;
	iov[1].iov_len = size;
	iov[2].iov_base = FRONT_HTTP_CHUNK_END;
	iov[2].iov_len = strlen(FRONT_HTTP_CHUNK_END);
	front_conn_sendv(conn, iov, N_ELEMENTS(iov));
}

static int request_frame_end(struct front_request *req, const char **error_r)
{
	if (req->state != REQUEST_ANSWERING ||
	    (req->has_size && req->size_left > 0)) {
		*error_r = "END too early";
		return -1;
	}
	front_request_pass_end(req);
	front_request_complete(req, NULL);
	return 0;
}

static int request_frame(struct front_request *req,
			 const struct ipc_frame *frame, const char **error_r)
{
	if (req->state == REQUEST_ORPHAN)
		return 0;
	switch (frame->type) {
	case IPC_ACCEPT:
		request_accepted(req);
		return 0;
	case IPC_LOG:
		return request_frame_log(req, frame, error_r);
	case IPC_RESPONSE:
		return request_frame_response(req, frame, error_r);
	case IPC_END:
		return request_frame_end(req, error_r);
	case IPC_PARK:
		return front_request_frame_park(req, frame, error_r);
	default:
		return 0;
	}
}

static void request_stream_pause(struct front_request *req)
{
	io_remove(&req->io);
	front_request_set_timeout(req, req->front->set->body_timeout,
				  front_request_body_timeout);
}

/* One frame, or a part of BODY. 1 done, 0 more input is needed, -1 broken;
   *used_r of the input may be skipped. */
static int request_stream_step(struct front_request *req,
			       const unsigned char *data, size_t size,
			       size_t *used_r, const char **error_r)
{
	struct ipc_frame frame;
	size_t length;
	int ret;

	if (req->frame_left > 0) {
		*used_r = front_request_pass_data(req, data, size);
		return *used_r > 0 ? 1 : 0;
	}
	ret = ipc_frame_begin(data, size, &frame, &length, error_r);
	if (ret <= 0)
		return ret;
	*used_r = IPC_FRAME_HEADER_SIZE + frame.size;
	if (frame.type == IPC_BODY) {
		ret = front_request_pass_begin(req, &frame, length, error_r);
	} else {
		if (frame.size < length)
			return 0;
		ret = request_frame(req, &frame, error_r);
	}
	return ret < 0 ? -1 : 1;
}

/* TRUE: the request is still there and wants more. */
static bool request_stream_frames(struct front_request *req)
{
	struct istream *input = req->input;
	const unsigned char *data;
	const char *error = NULL;
	size_t size, used;
	bool freed = FALSE;
	int ret;

	req->freed = &freed;
	i_stream_ref(input);
	do {
		if (req->conn != NULL &&
		    front_conn_unsent(req->conn) >= REQUEST_MAX_UNSENT) {
			req->freed = NULL;
			request_stream_pause(req);
			i_stream_unref(&input);
			return FALSE;
		}
		data = i_stream_get_data(input, &size);
		T_BEGIN {
			ret = request_stream_step(req, data, size, &used,
						  &error);
			error = t_strdup(error);
		} T_END_PASS_STR_IF(ret < 0, &error);
		if (ret > 0)
			i_stream_skip(input, used);
	} while (ret > 0 && !freed && req->input != NULL);
	i_stream_unref(&input);
	if (freed)
		return FALSE;
	req->freed = NULL;
	if (ret < 0) {
		request_stream_broken(req, error);
		return FALSE;
	}
	return req->input != NULL;
}

void front_request_stream_input(struct front_request *req)
{
	uoff_t until = req->bytes_out + REQUEST_MAX_TURN;
	ssize_t ret;

	/* what an earlier pause left over comes first */
	do {
		if (!request_stream_frames(req))
			return;
		if (req->frame_left == 0) {
			ret = i_stream_read(req->input);
		} else if (req->bytes_out > until) {
			/* the others' turn; the rest waits in the socket */
			return;
		} else {
			ret = front_request_pass_socket(req);
		}
	} while (ret > 0);
	if (ret == 0)
		return;
	if (ret == -2)
		request_stream_broken(req, "frame is larger than allowed");
	else
		request_stream_broken(req, NULL);
}

void front_request_output_ready(struct front_request *req)
{
	if (req->io != NULL || req->input == NULL)
		return;
	timeout_remove(&req->to);
	if (front_request_body_pending(req)) {
		front_request_set_timeout(req, req->front->set->body_timeout,
					  front_request_body_timeout);
	}
	req->io = io_add(req->fd, IO_READ, front_request_stream_input, req);
	front_request_stream_input(req);
}
