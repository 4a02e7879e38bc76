/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a request that is held, and its way back from there. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "time-util.h"
#include "front-http.h"
#include "front-log.h"
#include "front-park.h"
#include "front-user.h"
#include "front-request-private.h"

/* What a worker needs to take up the request again; NULL if it is not all in
   memory. */
static struct front_park_request *
request_keep(const struct front_request *req)
{
	struct front_park_request *kept;
	buffer_t *frame;
	size_t body_size = req->body == NULL ? 0 : req->body->used;

	if (front_request_body_pending(req) || req->bytes_in != body_size)
		return NULL;
	frame = t_buffer_create(1024);
	ipc_request_append(frame, &req->ipc);
	kept = i_malloc(sizeof(*kept) + frame->used + body_size);
	kept->request_size = frame->used;
	kept->body_size = body_size;
	memcpy(kept->data, frame->data, frame->used);
	if (body_size > 0)
		memcpy(kept->data + frame->used, req->body->data, body_size);
	return kept;
}

static bool park_needs_request(const struct ipc_park *park)
{
	const struct ipc_watch *watch;

	if (park->stream.used)
		return FALSE;
	if (!park->has_timeout_body)
		return TRUE;
	array_foreach(&park->watches, watch) {
		if (watch->body == NULL)
			return TRUE;
	}
	return FALSE;
}

static const char *request_held_log(const struct front_request *req)
{
	string_t *text = t_str_new(256);

	str_append(text, req->log_common);
	/* that it was resumed before is of no use */
	if (req->ipc.resume == IPC_RESUME_NONE)
		front_log_append(text, "note", req->note, 64);
	return str_c(text);
}

static void stream_echo(string_t *dest, const struct front_request *req,
			const char *names)
{
	const char *const *name, *value;

	if (names == NULL)
		return;
	for (name = t_strsplit_spaces(names, " "); *name != NULL; name++) {
		value = ipc_header_find(&req->ipc.headers, *name);
		if (value != NULL)
			(void)front_http_header(dest, *name, value);
	}
}

void front_request_send_stream_head(struct front_request *req,
				    unsigned int status, const char *headers,
				    const struct ipc_stream *stream)
{
	struct front_conn *conn = req->conn;
	struct front_http_head head;
	string_t *text = t_str_new(512);

	conn->held_stream = TRUE;
	conn->held_chunked = !req->http_1_0;
	i_zero(&head);
	head.status = status;
	head.body = conn->held_chunked ? FRONT_HTTP_BODY_CHUNKED :
		FRONT_HTTP_BODY_UNTIL_CLOSE;
	head.close = conn->close_held;
	front_http_head_begin(text, &head);
	str_append(text, headers);
	stream_echo(text, req, stream->echo);
	front_http_head_end(text);
	front_conn_send(conn, str_data(text), str_len(text));
	front_request_send_part(conn, conn->held_chunked, stream->preamble,
				stream->preamble_size);
}

static void park_send_stream_head(struct front_request *req,
				  const struct ipc_park *park)
{
	const struct ipc_header *header;
	string_t *lines = t_str_new(256);

	array_foreach(&park->headers, header)
		(void)front_http_header(lines, header->name, header->value);
	front_request_send_stream_head(req, park->status, str_c(lines),
				       &park->stream);
}

int front_request_frame_park(struct front_request *req,
			     const struct ipc_frame *frame,
			     const char **error_r)
{
	struct front *front = req->front;
	struct front_conn *conn = req->conn;
	struct front_user *user = req->user;
	struct front_park_input input;
	struct ipc_park park;

	if (ipc_park_parse(frame, pool_datastack_create(), &park, error_r) < 0)
		return -1;
	if (req->state != REQUEST_ASKED && req->state != REQUEST_ACCEPTED) {
		*error_r = "PARK after RESPONSE";
		return -1;
	}
	if (!req->has_hash)
		park.repeatable = FALSE;
	i_zero(&input);
	input.client = conn;
	input.user = user;
	input.park = &park;
	input.generation = req->ipc.generation;
	input.id = req->ipc.id;
	input.origin = park.device == NULL ? req->origin :
		bus_origin(req->ipc.user, park.device);
	memcpy(input.hash, req->hash, sizeof(input.hash));
	input.waited_msecs = I_MAX(timeval_diff_msecs(&ioloop_timeval,
						      &req->started), 0);
	input.log.common = request_held_log(req);
	input.log.device = req->target.device;
	input.log.rip = req->peer.remote_ip;
	if (park_needs_request(&park))
		input.request = request_keep(req);

	conn->close_held = req->close || front_request_body_pending(req);
	conn->held_stream = FALSE;
	if (park.stream.used)
		park_send_stream_head(req, &park);
	req->held = TRUE;
	front_user_ref(user);
	front_request_free(req);
	front_conn_ref(conn);
	front_park_add(front->park, &input);
	if (conn->record != NULL)
		front_conn_park(conn);
	front_conn_unref(conn);
	front_user_unref(&user);
	return 0;
}

static int resume_parse(struct front_request *req,
			const struct front_park_request *kept,
			const char **error_r)
{
	struct ipc_frame frame;
	size_t used;

	if (ipc_frame_next(kept->data, kept->request_size, &frame, &used,
			   error_r) <= 0)
		return -1;
	if (ipc_request_parse(&frame, req->pool, &req->ipc, error_r) < 0)
		return -1;
	if (kept->body_size > 0) {
		req->body = buffer_create_dynamic(default_pool,
						  kept->body_size);
		buffer_append(req->body, kept->data + kept->request_size,
			      kept->body_size);
	}
	return 0;
}

static void resume_set_fallback(struct front_request *req,
				const struct front_park_resume *resume)
{
	if (resume->fallback_headers == NULL)
		return;
	req->fallback_status = resume->fallback_status;
	req->fallback_headers = p_strdup(req->pool, resume->fallback_headers);
	req->fallback_body = p_memdup(req->pool, resume->fallback_body,
				      resume->fallback_size + 1);
	req->fallback_size = resume->fallback_size;
}

void front_request_resume(struct front_conn *conn,
			  const struct front_park_resume *resume)
{
	pool_t pool = pool_alloconly_create("front request resumed", 3072);
	struct front_request *req = front_request_create(conn, pool);
	const char *error = NULL;

	req->log_common = p_strdup(pool, resume->log.common);
	req->target.device = p_strdup(pool, resume->log.device);
	req->peer.remote_ip = resume->log.rip;
	req->started = ioloop_timeval;
	timeval_sub_msecs(&req->started, resume->waited_msecs);
	req->user = resume->user;
	front_user_ref(req->user);
	req->origin = resume->origin;
	memcpy(req->hash, resume->hash, sizeof(req->hash));
	req->has_hash = TRUE;
	req->close = conn->close_held;
	req->note = "resumed";
	front_conn_unpark(conn);
	if (resume_parse(req, resume->request, &error) < 0)
		i_panic("A held request cannot be read: %s", error);
	req->route = front_route_find(req->ipc.path);
	req->bytes_in = resume->request->body_size;
	req->ipc.resume = resume->resume;
	req->ipc.waited_msecs = resume->waited_msecs;
	req->ipc.left_msecs = resume->left_msecs;
	array_clear(&req->ipc.events);
	if (resume->event != NULL) {
		struct ipc_event *event = array_append_space(&req->ipc.events);

		*event = *resume->event;
		event->owner = p_strdup(pool, event->owner);
	}
	resume_set_fallback(req, resume);
	front_request_want_worker(req);
}

void front_request_keepalive_held(struct front_conn *conn, const void *data,
				  size_t size)
{
	T_BEGIN {
		front_request_send_part(conn, conn->held_chunked, data, size);
	} T_END;
}

static const char *held_note(enum front_park_reason reason)
{
	static const char *const notes[] = {
		"event", "held to the end", "replaced", "pipelined",
		"stopping", "blocked", "overflow"
	};

	return reason < N_ELEMENTS(notes) ? notes[reason] : NULL;
}

static void answer_stream(struct front_conn *conn,
			  const struct front_park_answer *answer)
{
	string_t *text = t_str_new(256);

	if (answer->done != NULL)
		str_append(text, answer->done);
	str_append_data(text, answer->body, answer->body_size);
	front_request_send_part(conn, conn->held_chunked, str_data(text),
				str_len(text));
	if (conn->held_chunked && answer->status == 200) {
		front_conn_send(conn, FRONT_HTTP_LAST_CHUNK,
				strlen(FRONT_HTTP_LAST_CHUNK));
	}
}

static void answer_whole(struct front_conn *conn,
			 const struct front_park_answer *answer, bool close)
{
	struct front_http_head head;
	string_t *text = t_str_new(512);

	i_zero(&head);
	head.status = answer->status;
	head.body = FRONT_HTTP_BODY_SIZED;
	head.body_size = answer->body_size;
	head.close = close;
	front_http_head_begin(text, &head);
	str_append(text, answer->headers);
	if (answer->status == 503) {
		str_printfa(text, "Retry-After: %u\r\n",
			    conn->front->set->retry_after);
	}
	front_http_head_end(text);
	str_append_data(text, answer->body, answer->body_size);
	front_conn_send(conn, str_data(text), str_len(text));
}

void front_request_answer_held(struct front_conn *conn,
			       const struct front_park_answer *answer)
{
	struct front *front = conn->front;
	struct front_log_entry entry;
	bool close = conn->close_held || front->stopping ||
		answer->reason == FRONT_PARK_REPLACED ||
		answer->reason == FRONT_PARK_BLOCKED;

	if (conn->held_stream) {
		/* without a last chunk the client knows that it was cut */
		close = close || answer->status != 200 || !conn->held_chunked;
		answer_stream(conn, answer);
		conn->held_stream = FALSE;
	} else {
		answer_whole(conn, answer, close);
	}

	i_zero(&entry);
	entry.id = answer->id;
	entry.rip = answer->log.rip;
	entry.text = front_log_text(answer->log.common, answer->log.device);
	entry.user = front_user_name(answer->user);
	entry.status = answer->status;
	entry.bytes_out = answer->body_size;
	entry.msecs = answer->waited_msecs;
	entry.note = held_note(answer->reason);
	front_log_access(front->event, &entry);

	front_conn_unpark(conn);
	front_conn_request_done(conn, close, FALSE);
}
