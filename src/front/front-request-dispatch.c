/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a request's way to a worker: brake, queue, descriptor, second try. */

#include "lib.h"
#include "buffer.h"
#include "fdpass.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "ostream.h"
#include "sha2.h"
#include "str.h"
#include "time-util.h"
#include "front-events.h"
#include "front-http.h"
#include "front-log.h"
#include "front-park.h"
#include "front-rate.h"
#include "front-user.h"
#include "front-worker.h"
#include "front-request-private.h"

#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX_TRIES 2

static void request_hash(struct front_request *req)
{
	/* headers that say what is asked for */
	static const char *const names[] = {
		"MS-ASProtocolVersion", "X-RequestType"
	};
	const char *value;
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];

	sha256_init(&ctx);
	sha256_loop(&ctx, req->ipc.method, strlen(req->ipc.method) + 1);
	sha256_loop(&ctx, req->ipc.path, strlen(req->ipc.path) + 1);
	if (req->ipc.query != NULL)
		sha256_loop(&ctx, req->ipc.query, strlen(req->ipc.query) + 1);
	for (unsigned int i = 0; i < N_ELEMENTS(names); i++) {
		value = ipc_header_find(&req->ipc.headers, names[i]);
		if (value != NULL)
			sha256_loop(&ctx, value, strlen(value) + 1);
	}
	if (req->body != NULL)
		sha256_loop(&ctx, req->body->data, req->body->used);
	sha256_result(&ctx, digest);
	memcpy(req->hash, digest, sizeof(req->hash));
	req->has_hash = TRUE;
}

void front_request_want_worker(struct front_request *req)
{
	timeout_remove(&req->to);
	req->state = REQUEST_QUEUED;
	front_workers_want(req->front->workers, req);
}

/* Held again without a worker? The request is gone then. */
static bool request_hold_again(struct front_request *req)
{
	struct front_conn *conn = req->conn;
	struct ipc_stream stream;
	const char *headers;

	if (!req->has_hash || !req->route->may_park || req->http_1_0)
		return FALSE;
	if (!front_park_again(req->front->park, req->user, req->origin,
			      req->hash, req->ipc.id, &req->peer.remote_ip,
			      &req->ipc.headers, conn))
		return FALSE;
	conn->close_held = req->close;
	if (front_park_stream(conn->record, &stream, &headers))
		front_request_send_stream_head(req, 200, headers, &stream);
	front_request_free(req);
	front_conn_park(conn);
	return TRUE;
}

static void request_delayed(struct front_request *req)
{
	front_request_want_worker(req);
}

void front_request_dispatch(struct front_request *req)
{
	struct front_rate_verdict verdict;

	i_zero(&verdict);
	if (!front_request_body_pending(req) && req->origin != 0) {
		request_hash(req);
		if (req->route->brake) {
			front_rate_check(req->front->rate, req->origin,
				req->hash,
				timeval_to_usecs(&ioloop_timeval) / 1000,
				&verdict);
		}
	}
	if (verdict.first) {
		e_warning(req->front->event, "User %s: device %s repeats the "
			  "same request without end, slowing it down (%s)",
			  req->ipc.user, req->target.device,
			  front_log_text(req->log_common, req->target.device));
	}
	if (verdict.refuse) {
		front_request_reply_later(req,
			"device sends too many equal requests");
		return;
	}
	if (verdict.delay_msecs > 0) {
		req->state = REQUEST_DELAY;
		timeout_remove(&req->to);
		req->to = timeout_add(verdict.delay_msecs, request_delayed,
				      req);
		return;
	}
	if (request_hold_again(req))
		return;
	front_request_want_worker(req);
}

static void request_queue_timeout(struct front_request *req)
{
	timeout_remove(&req->to);
	front_request_dequeue(req);
	front_request_reply_later(req, "no worker became free");
}

void front_request_enqueue(struct front_request *req)
{
	i_assert(!req->queued);
	req->queued = TRUE;
	DLLIST2_APPEND(&req->user->queue_head, &req->user->queue_tail, req);
	front_request_set_timeout(req, req->front->set->worker_wait,
				  request_queue_timeout);
}

void front_request_dequeue(struct front_request *req)
{
	i_assert(req->queued);
	req->queued = FALSE;
	DLLIST2_REMOVE(&req->user->queue_head, &req->user->queue_tail, req);
	timeout_remove(&req->to);
}

bool front_request_is_queued(const struct front_request *req)
{
	return req->queued;
}

struct front_request *front_request_queue_next(const struct front_request *req)
{
	return req->next;
}

void front_request_no_worker(struct front_request *req, unsigned int status,
			     const char *reason,
			     const ARRAY_TYPE(ipc_header) *headers)
{
	const struct ipc_header *header;
	string_t *lines = t_str_new(64);

	if (req->fallback_headers != NULL && status == 503) {
		/* the device comes again, with its password */
		front_request_reply_data(req, req->fallback_status,
					 req->fallback_headers,
					 req->fallback_body,
					 req->fallback_size, reason);
		return;
	}
	if (status == 503 || status < 400 || status > 599) {
		front_request_reply_later(req, reason);
		return;
	}
	if (headers != NULL) {
		array_foreach(headers, header) {
			(void)front_http_header(lines, header->name,
						header->value);
		}
	}
	front_request_reply(req, status, str_c(lines), "", "", reason);
}

static int request_output_flush(struct front_request *req)
{
	int ret = o_stream_flush(req->output);

	if (ret < 0) {
		/* the worker's end is closed: its frames tell why */
		return 1;
	}
	if (o_stream_get_buffer_used_size(req->output) < REQUEST_MAX_UNSENT &&
	    req->conn != NULL && front_request_wants_input(req) &&
	    !req->conn->reading) {
		front_conn_read_resume(req->conn);
		front_request_input(req);
		/* the request may be gone, and its stream with it. 0: call
		   again; what was written here is corked and may all leave
		   at once, and a reader that paused would never go on */
		return 0;
	}
	return ret;
}

/* The descriptor's way to the worker. FALSE: this worker is no use. */
static bool request_stream_open(struct front_request *req)
{
	const char pass = IPC_PASS_REQUEST;
	int fds[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
		e_error(req->front->event, "socketpair() failed: %m");
		return FALSE;
	}
	fd_close_on_exec(fds[0], TRUE);
	fd_close_on_exec(fds[1], TRUE);
	net_set_nonblock(fds[0], TRUE);
	ok = fd_send(req->worker->fd, fds[1], &pass, 1) == 1;
	i_close_fd(&fds[1]);
	if (!ok) {
		i_close_fd(&fds[0]);
		return FALSE;
	}
	req->fd = fds[0];
	req->input = i_stream_create_fd(req->fd, IPC_FRAME_HEADER_SIZE +
					IPC_MAX_FRAME);
	i_stream_set_init_buffer_size(req->input, 1024);
	req->output = o_stream_create_fd(req->fd, SIZE_MAX);
	o_stream_set_no_error_handling(req->output, TRUE);
	o_stream_set_flush_callback(req->output, request_output_flush, req);
	req->io = io_add(req->fd, IO_READ, front_request_stream_input, req);
	/* in order of their generations */
	req->ipc.generation = front_events_generation(req->front->events);
	DLLIST2_APPEND(&req->front->asked_head, &req->front->asked_tail, req);
	return TRUE;
}

void front_request_start(struct front_request *req, struct front_worker *worker)
{
	buffer_t *frame;

	req->worker = worker;
	req->worker_pid = worker->pid;
	req->tries++;
	req->state = REQUEST_ASKED;
	/* another worker, or this one's login, is not needed */
	front_grant_release(req->front->auth, &req->grant);
	/* the record's answers may be out of date after it */
	if (front_request_has_session(req))
		front_park_touched(req->front->park, req->user, req->origin);
	if (!request_stream_open(req)) {
		req->worker = NULL;
		worker->req = NULL;
		front_worker_broken(worker);
		front_request_retry(req, "worker does not listen");
		return;
	}
	frame = t_buffer_create(1024);
	ipc_request_append(frame, &req->ipc);
	o_stream_cork(req->output);
	o_stream_nsend(req->output, frame->data, frame->used);
	if (req->body != NULL)
		front_request_send_body(req, req->body->data, req->body->used);
	if (!front_request_body_pending(req))
		front_request_send_body_end(req);
	o_stream_uncork(req->output);
	/* from here on it only matters whether the client goes */
	if (req->conn != NULL && !front_request_body_pending(req))
		front_conn_read_resume(req->conn);
}

void front_request_retry(struct front_request *req, const char *reason)
{
	front_request_release_worker(req);
	if (req->conn == NULL) {
		front_request_free(req);
	} else if (req->tries >= REQUEST_MAX_TRIES) {
		front_request_no_worker(req, 503, reason, NULL);
	} else {
		front_request_want_worker(req);
	}
}
