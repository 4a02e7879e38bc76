/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a request from its head to its last byte: its life, its log line, and
   what becomes of it when one of its two ends goes. */

#include "lib.h"
#include "istream.h"
#include "llist.h"
#include "ostream.h"
#include "time-util.h"
#include "front-events.h"
#include "front-log.h"
#include "front-user.h"
#include "front-worker.h"
#include "front-request-private.h"

#include <sys/socket.h>
#include <unistd.h>

/* A worker whose client went away gets so long to notice. */
#define REQUEST_ORPHAN_MSECS (5 * 60 * 1000)

struct front_request *
front_request_create(struct front_conn *conn, pool_t pool)
{
	struct front_request *req = p_new(pool, struct front_request, 1);

	req->pool = pool;
	req->front = conn->front;
	req->conn = conn;
	req->peer = conn->peer;
	req->fd = -1;
	p_array_init(&req->log_fields, pool, 8);
	conn->req = req;
	conn->front->requests_active++;
	return req;
}

void front_request_stream_close(struct front_request *req)
{
	if (req->fd == -1)
		return;
	DLLIST2_REMOVE(&req->front->asked_head, &req->front->asked_tail, req);
	io_remove(&req->io);
	timeout_remove(&req->to_keepalive);
	i_stream_destroy(&req->input);
	o_stream_destroy(&req->output);
	i_close_fd(&req->fd);
}

void front_request_release_worker(struct front_request *req)
{
	struct front_worker *worker = req->worker;

	front_request_stream_close(req);
	if (worker == NULL)
		return;
	req->worker = NULL;
	front_worker_free_again(worker, req->held);
}

/* The connection's, too: it must be told afterwards. */
void front_request_free(struct front_request *req)
{
	struct front *front = req->front;

	if (req->freed != NULL)
		*req->freed = TRUE;
	timeout_remove(&req->to);
	front_login_cancel(&req->login);
	if (req->queued)
		front_request_dequeue(req);
	front_grant_release(front->auth, &req->grant);
	if (req->conn != NULL) {
		req->conn->req = NULL;
		req->conn = NULL;
	}
	front_request_release_worker(req);
	buffer_free(&req->body);
	if (req->user != NULL)
		front_user_unref(&req->user);
	front->requests_active--;
	pool_unref(&req->pool);
	if (front->stopping && front->requests_active == 0)
		front_stop_check(front);
}

void front_request_log(struct front_request *req, const char *note)
{
	struct front_log_entry entry;

	i_zero(&entry);
	entry.id = req->ipc.id;
	entry.rip = req->peer.remote_ip;
	entry.text = front_log_text(req->log_common, req->target.device);
	entry.user = req->user == NULL ? NULL : front_user_name(req->user);
	entry.status = req->status;
	entry.bytes_in = req->bytes_in;
	entry.bytes_out = req->bytes_out;
	entry.msecs = I_MAX(timeval_diff_msecs(&ioloop_timeval,
					       &req->started), 0);
	entry.worker_pid = req->worker_pid;
	entry.note = note != NULL ? note : req->note;
	entry.fields = &req->log_fields;
	front_log_access(req->front->event, &entry);
}

/* Is there more of the body on the wire? */
bool front_request_body_pending(const struct front_request *req)
{
	return req->payload != NULL;
}

/* The answer is out: read the rest of the body away, or cut. */
void front_request_complete(struct front_request *req, const char *note)
{
	struct front_conn *conn = req->conn;
	bool close = req->close, pending = front_request_body_pending(req);

	front_request_log(req, note);
	if (pending && !close) {
		front_request_release_worker(req);
		req->state = REQUEST_DRAIN;
		front_request_set_timeout(req, req->front->set->body_timeout,
					  front_request_body_timeout);
		front_conn_read_resume(conn);
		front_request_input(req);
		return;
	}
	front_request_free(req);
	front_conn_request_done(conn, close, pending);
}

/* The client's answer was begun and cannot be ended properly. */
void front_request_cut(struct front_request *req, const char *note)
{
	struct front_conn *conn = req->conn;

	front_request_log(req, note);
	front_request_free(req);
	conn->broken = TRUE;
	front_conn_destroy(conn);
}

uint64_t front_request_oldest_generation(const struct front *front)
{
	return front->asked_head != NULL ? front->asked_head->ipc.generation :
		front_events_generation(front->events);
}

struct front_user *front_request_user(const struct front_request *req)
{
	return req->user;
}

uint64_t front_request_origin(const struct front_request *req)
{
	return req->origin;
}

bool front_request_has_session(const struct front_request *req)
{
	return req->session != NULL && req->origin != 0;
}

const struct front_peer *front_request_peer(const struct front_request *req)
{
	return &req->peer;
}

bool front_request_take_grant(struct front_request *req,
			      struct front_grant *grant_r)
{
	if (!req->grant.valid)
		return FALSE;
	*grant_r = req->grant;
	i_zero(&req->grant);
	return TRUE;
}

static void request_orphan_timeout(struct front_request *req)
{
	struct front_worker *worker = req->worker;

	e_error(req->front->event, "User %s: worker %s does not stop working "
		"for a client who is gone: closing it", req->ipc.user,
		dec2str(req->worker_pid));
	req->worker = NULL;
	front_request_free(req);
	if (worker != NULL) {
		worker->req = NULL;
		front_worker_broken(worker);
	}
}

/* The worker is busy until it has noticed. */
static void request_orphan(struct front_request *req)
{
	req->state = REQUEST_ORPHAN;
	req->payload = NULL;
	timeout_remove(&req->to);
	timeout_remove(&req->to_keepalive);
	o_stream_destroy(&req->output);
	(void)shutdown(req->fd, SHUT_WR);
	if (req->io == NULL)
		req->io = io_add(req->fd, IO_READ, front_request_stream_input,
				 req);
	req->to = timeout_add(REQUEST_ORPHAN_MSECS, request_orphan_timeout,
			      req);
}

void front_request_client_gone(struct front_request *req)
{
	req->conn->req = NULL;
	req->conn = NULL;
	if (req->status == 0)
		req->status = 499;
	if (req->state != REQUEST_DRAIN)
		front_request_log(req, "client went away");
	if (req->fd != -1)
		request_orphan(req);
	else
		front_request_free(req);
}

void front_request_worker_gone(struct front_request *req)
{
	req->worker = NULL;
	if (req->state == REQUEST_ORPHAN)
		front_request_free(req);
}
