/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the pool of workers: which one gets a request, when another one is
   started, when one is closed. Only the front ends a worker, by closing its
   main socket. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "array.h"
#include "master-service.h"
#include "dovetail-ipc.h"
#include "front.h"
#include "front-gate.h"
#include "front-request.h"
#include "front-user.h"
#include "front-worker.h"

#include <sys/socket.h>
#include <unistd.h>

/* from the master's answer (or request) to the worker's first word */
#define WORKER_START_MSECS (60 * 1000)
/* A start that takes longer waits for a process of another user to end. */
#define WORKER_SLOW_START_MSECS (2 * 1000)
/* Idle ones whose last request is held: so many for each one that may start at
   a time. Each costs a process for the small chance that its device comes
   soon. */
#define WORKER_IDLE_HELD_FACTOR 2
/* of one worker that are remembered */
#define WORKER_MAX_SESSIONS 1024
/* to say whether it may end */
#define WORKER_LEAVE_MSECS (30 * 1000)
#define WORKER_SOCKET "dovetail-worker"

struct front_workers {
	struct front *front;
	struct event *event;
	struct master_auth *master;
	struct front_worker *idle_head, *idle_tail;
	struct front_worker *held_head, *held_tail, *all;
	unsigned int count, held_count;
	time_t last_full_warning;
};

static void workers_next(struct front_workers *workers,
			 struct front_user *user);

struct front_workers *front_workers_init(struct front *front)
{
	struct front_workers *workers = i_new(struct front_workers, 1);

	workers->front = front;
	workers->event = event_create(front->event);
	event_set_append_log_prefix(workers->event, "worker: ");
	workers->master = master_auth_init(master_service,
		t_strconcat(front->set->base_dir, "/"WORKER_SOCKET, NULL));
	return workers;
}

static void worker_set_busy(struct front_worker *worker)
{
	struct front_workers *workers = worker->workers;

	if (!worker->idle)
		return;
	worker->idle = FALSE;
	if (!worker->idle_held) {
		DLLIST2_REMOVE_FULL(&workers->idle_head, &workers->idle_tail,
				    worker, idle_prev, idle_next);
		return;
	}
	DLLIST2_REMOVE_FULL(&workers->held_head, &workers->held_tail,
			    worker, idle_prev, idle_next);
	workers->held_count--;
}

static void worker_set_idle(struct front_worker *worker, bool held)
{
	struct front_workers *workers = worker->workers;

	worker_set_busy(worker);
	worker->idle = TRUE;
	worker->idle_held = held;
	if (!held) {
		DLLIST2_APPEND_FULL(&workers->idle_head, &workers->idle_tail,
				    worker, idle_prev, idle_next);
		return;
	}
	DLLIST2_APPEND_FULL(&workers->held_head, &workers->held_tail,
			    worker, idle_prev, idle_next);
	workers->held_count++;
}

/* The one that will be missed least; NULL: all are busy */
static struct front_worker *workers_idlest(struct front_workers *workers)
{
	struct front_worker *worker;

	for (worker = workers->held_head; worker != NULL;
	     worker = worker->idle_next) {
		if (!worker->stays)
			return worker;
	}
	for (worker = workers->idle_head; worker != NULL;
	     worker = worker->idle_next) {
		if (!worker->stays)
			return worker;
	}
	return workers->held_head != NULL ? workers->held_head :
		workers->idle_head;
}

static void worker_free(struct front_worker *worker)
{
	struct front_workers *workers = worker->workers;
	struct front_user *user = worker->user;

	i_assert(worker->req == NULL);
	worker_set_busy(worker);
	front_gate_leave(&worker->ticket);
	if (!worker->ready)
		user->workers_starting--;
	DLLIST_REMOVE(&user->workers, worker);
	DLLIST_REMOVE_FULL(&workers->all, worker, all_prev, all_next);
	user->workers_count--;
	workers->count--;
	if (worker->master_tag != 0)
		master_auth_request_abort(workers->master, worker->master_tag);
	front_login_cancel(&worker->login);
	timeout_remove(&worker->to);
	io_remove(&worker->io);
	i_stream_unref(&worker->input);
	i_close_fd(&worker->fd);
	front_user_unref(&worker->user);
	i_free(worker->sessions);
	i_free(worker);
}

/* Sessions */

static bool worker_has_session(const struct front_worker *worker,
			       uint64_t origin)
{
	for (unsigned int i = 0; i < worker->sessions_count; i++) {
		if (worker->sessions[i] == origin)
			return TRUE;
	}
	return FALSE;
}

void front_worker_add_session(struct front_worker *worker, uint64_t origin)
{
	unsigned int size;

	if (worker_has_session(worker, origin))
		return;
	if (worker->sessions_count == WORKER_MAX_SESSIONS) {
		/* a worker finds out by itself where a session is */
		memmove(worker->sessions, worker->sessions + 1,
			sizeof(*worker->sessions) *
			--worker->sessions_count);
	}
	if (worker->sessions_count == worker->sessions_size) {
		size = I_MAX(worker->sessions_size * 2, 4);
		worker->sessions = i_realloc_type(worker->sessions, uint64_t,
						  worker->sessions_size, size);
		worker->sessions_size = size;
	}
	worker->sessions[worker->sessions_count++] = origin;
}

void front_worker_forget_session(struct front_worker *worker, uint64_t origin)
{
	for (unsigned int i = 0; i < worker->sessions_count; i++) {
		if (worker->sessions[i] == origin) {
			worker->sessions[i] =
				worker->sessions[--worker->sessions_count];
			return;
		}
	}
}

/* NULL: nobody has it, or the request is of no session. */
static struct front_worker *
user_find_session(struct front_user *user, const struct front_request *req)
{
	struct front_worker *worker;
	uint64_t origin = front_request_origin(req);

	if (!front_request_has_session(req))
		return NULL;
	for (worker = user->workers; worker != NULL; worker = worker->next) {
		if (worker->ready && worker_has_session(worker, origin))
			return worker;
	}
	return NULL;
}

void front_worker_broken(struct front_worker *worker)
{
	struct front_workers *workers = worker->workers;
	struct front_user *user = worker->user;
	struct front_request *req = worker->req;

	front_user_ref(user);
	worker->req = NULL;
	worker_free(worker);
	/* its stream goes on if the worker still writes to it */
	if (req != NULL)
		front_request_worker_gone(req);
	workers_next(workers, user);
	front_user_unref(&user);
}

/* It never came up: who waits for it gets an answer. */
static void worker_start_failed(struct front_worker *worker,
				unsigned int status, const char *reason,
				const ARRAY_TYPE(ipc_header) *headers)
{
	struct front_workers *workers = worker->workers;
	struct front_user *user = worker->user;
	struct front_request *req;

	front_user_ref(user);
	worker_free(worker);
	while ((req = user->queue_head) != NULL) {
		/* a passing fault: the others may serve the rest */
		if (status == 503 && user->workers_count > 0)
			break;
		front_workers_forget(workers, req);
		front_request_no_worker(req, status, reason, headers);
	}
	workers_next(workers, user);
	front_user_unref(&user);
}

static void worker_start_timeout(struct front_worker *worker)
{
	e_error(worker->workers->event, "User %s: worker did not come up in "
		"%u s", worker->user->name, WORKER_START_MSECS / 1000);
	worker_start_failed(worker, 503, "worker did not come up", NULL);
}

/* Dovecot's process_limit may be below our max_workers, and the master keeps who
   is above it waiting: the process that was idle longest makes room. */
static void worker_start_slow(struct front_worker *worker)
{
	struct front_workers *workers = worker->workers;
	struct front_worker *idlest;

	timeout_remove(&worker->to);
	worker->to = timeout_add(WORKER_START_MSECS, worker_start_timeout,
				 worker);
	idlest = workers_idlest(workers);
	if (idlest == NULL)
		return;
	e_debug(workers->event, "User %s: worker starts slowly: closing idle "
		"worker %s", worker->user->name, dec2str(idlest->pid));
	worker_free(idlest);
}

static void worker_close_idle(struct front_worker *worker)
{
	e_debug(worker->workers->event, "User %s: closing idle worker %s",
		worker->user->name, dec2str(worker->pid));
	worker_free(worker);
}

static void worker_leave_timeout(struct front_worker *worker)
{
	e_error(worker->workers->event, "User %s: worker %s does not say "
		"whether it may end: closing it", worker->user->name,
		dec2str(worker->pid));
	worker_free(worker);
}

/* Who has sessions puts them away first: it may be that one cannot leave. */
static void worker_idle_timeout(struct front_worker *worker)
{
	const char ask = IPC_ASK_LEAVE;

	if (worker->sessions_count == 0 ||
	    send(worker->fd, &ask, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) {
		worker_close_idle(worker);
		return;
	}
	worker->asked_to_leave = TRUE;
	timeout_remove(&worker->to);
	worker->to = timeout_add(WORKER_LEAVE_MSECS, worker_leave_timeout,
				 worker);
}

/* Returns FALSE if the worker is gone. */
static bool worker_leaves(struct front_worker *worker, bool leave)
{
	if (!worker->asked_to_leave)
		return TRUE;
	worker->asked_to_leave = FALSE;
	/* a request came meanwhile */
	if (worker->req != NULL)
		return TRUE;
	if (leave) {
		worker_close_idle(worker);
		return FALSE;
	}
	worker->stays = TRUE;
	timeout_remove(&worker->to);
	worker->to = timeout_add(worker->workers->front->set->worker_idle * 1000,
				 worker_idle_timeout, worker);
	return TRUE;
}

static void worker_token(struct front_worker *worker,
			 const struct ipc_token *token)
{
	struct front_user *user = worker->user;

	if (worker->ready)
		return;
	worker->ready = TRUE;
	worker->pid = token->pid;
	front_gate_leave(&worker->ticket);
	user->workers_starting--;
	timeout_remove(&worker->to);
	if (token->token != NULL && token->session_id != NULL) {
		front_user_set_token(user, token->token, token->session_id,
				     token->pid, ioloop_time);
	}
	front_worker_free_again(worker, FALSE);
}

/* Returns FALSE if the worker is gone. */
static bool worker_frame(struct front_worker *worker,
			 const struct ipc_frame *frame)
{
	struct ipc_token token;
	struct ipc_refuse refuse;
	const char *error = NULL;
	pool_t pool = pool_datastack_create();

	switch (frame->type) {
	case IPC_TOKEN:
		if (ipc_token_parse(frame, pool, &token, &error) < 0)
			break;
		worker_token(worker, &token);
		/* it may be gone already; nothing follows anyway */
		return FALSE;
	case IPC_REFUSE:
		if (ipc_refuse_parse(frame, pool, &refuse, &error) < 0)
			break;
		if (worker->ready)
			return TRUE;
		e_info(worker->workers->event, "User %s refused: %s",
		       worker->user->name, refuse.reason == NULL ? "" :
		       refuse.reason);
		worker_start_failed(worker, refuse.status, refuse.reason,
				    &refuse.headers);
		return FALSE;
	case IPC_LEAVE:
	case IPC_STAY:
		return worker_leaves(worker, frame->type == IPC_LEAVE);
	default:
		return TRUE;
	}
	e_error(worker->workers->event, "User %s: worker %s sent rubbish: %s",
		worker->user->name, dec2str(worker->pid), error);
	if (worker->ready)
		front_worker_broken(worker);
	else
		worker_start_failed(worker, 503, error, NULL);
	return FALSE;
}

static void worker_input(struct front_worker *worker)
{
	const unsigned char *data;
	struct ipc_frame frame;
	const char *error = NULL;
	size_t size, used;
	int ret = 0;
	ssize_t rret;

	rret = i_stream_read(worker->input);
	data = i_stream_get_data(worker->input, &size);
	while ((ret = ipc_frame_next(data, size, &frame, &used, &error)) > 0) {
		bool go_on;

		i_stream_skip(worker->input, used);
		/* the frame stays readable until the next read */
		T_BEGIN {
			go_on = worker_frame(worker, &frame);
		} T_END;
		if (!go_on)
			return;
		data = i_stream_get_data(worker->input, &size);
	}
	if (ret == 0 && rret != -1 && rret != -2)
		return;
	if (worker->ready) {
		e_debug(worker->workers->event, "User %s: worker %s is gone",
			worker->user->name, dec2str(worker->pid));
		front_worker_broken(worker);
	} else {
		worker_start_failed(worker, 503,
				    "worker ended before it was up", NULL);
	}
}

static void worker_master_failed(struct front_worker *worker)
{
	worker_start_failed(worker, 503, "master could not start a worker",
			    NULL);
}

static void worker_master_callback(const struct master_auth_reply *reply,
				   void *context)
{
	struct front_worker *worker = context;

	worker->master_tag = 0;
	worker->master_done = TRUE;
	if (reply != NULL && reply->status == MASTER_AUTH_STATUS_OK) {
		worker->pid = reply->mail_pid;
		return;
	}
	/* not from here: it may be called by master_auth_request_full() */
	timeout_remove(&worker->to);
	worker->to = timeout_add_short(0, worker_master_failed, worker);
}

static struct front_worker *
worker_create(struct front_workers *workers, struct front_user *user)
{
	struct front_worker *worker = i_new(struct front_worker, 1);

	worker->workers = workers;
	worker->user = user;
	front_user_ref(user);
	worker->fd = -1;
	DLLIST_PREPEND(&user->workers, worker);
	DLLIST_PREPEND_FULL(&workers->all, worker, all_prev, all_next);
	user->workers_count++;
	user->workers_starting++;
	workers->count++;
	return worker;
}

static void params_init(struct master_auth_request_params *params,
			const struct front_peer *peer,
			const struct front_grant *grant)
{
	struct master_auth_request *request = &params->request;

	i_zero(params);
	request->auth_pid = grant->auth_pid;
	request->auth_id = grant->auth_id;
	request->client_pid = grant->client_pid;
	memcpy(request->cookie, grant->cookie, sizeof(request->cookie));
	request->local_ip = peer->local_ip;
	request->remote_ip = peer->remote_ip;
	request->local_port = peer->local_port;
	request->remote_port = peer->remote_port;
	if (peer->secured)
		request->flags |= MAIL_AUTH_REQUEST_FLAG_CONN_SECURED;
	if (peer->tls)
		request->flags |= MAIL_AUTH_REQUEST_FLAG_CONN_SSL_SECURED;
	/* login processes send the session id before the client's input */
	params->data = (const unsigned char *)grant->session_id;
	request->data_size = strlen(grant->session_id) + 1;
}

/* Auth has answered: let Dovecot's master start the process. The grant is used
   up. */
static void worker_launch(struct front_worker *worker,
			  const struct front_peer *peer,
			  const struct front_grant *grant)
{
	struct front_workers *workers = worker->workers;
	struct master_auth_request_params params;
	unsigned int tag = 0;
	int fds[2];

	worker->ticket = grant->ticket;
	worker->to = timeout_add(WORKER_SLOW_START_MSECS, worker_start_slow,
				 worker);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
		e_error(workers->event, "socketpair() failed: %m");
		worker_start_failed(worker, 503, "no descriptors", NULL);
		return;
	}
	net_set_nonblock(fds[0], TRUE);
	fd_close_on_exec(fds[0], TRUE);
	fd_close_on_exec(fds[1], TRUE);
	worker->fd = fds[0];
	worker->input = i_stream_create_fd(fds[0], IPC_FRAME_HEADER_SIZE +
					   IPC_MAX_FRAME);
	i_stream_set_init_buffer_size(worker->input, 512);
	worker->io = io_add(fds[0], IO_READ, worker_input, worker);
	params_init(&params, peer, grant);
	params.client_fd = fds[1];
	master_auth_request_full(workers->master, &params,
				 worker_master_callback, worker, &tag);
	if (!worker->master_done)
		worker->master_tag = tag;
	i_close_fd(&fds[1]);
}

static void worker_login_callback(const struct front_login_result *result,
				  void *context)
{
	struct front_worker *worker = context;
	struct front_peer peer = worker->peer;
	struct front_grant grant = result->grant;

	if (result->status == FRONT_LOGIN_OK && grant.valid) {
		if (worker->user->queue_head != NULL) {
			worker_launch(worker, &peer, &grant);
			return;
		}
		/* who wanted it has given up */
		front_grant_release(worker->workers->front->auth, &grant);
		worker_free(worker);
	} else if (result->status == FRONT_LOGIN_OK) {
		/* another one asked at the same time and has the grant */
		worker_start_failed(worker, 503, "login was shared", NULL);
	} else {
		e_warning(worker->workers->event, "User %s: login for a further "
			  "worker failed: %s", worker->user->name,
			  result->reason);
		/* the token may have been for a user who is gone: the
		   password decides next time */
		front_user_drop_token(worker->user);
		worker_start_failed(worker, 503, result->reason, NULL);
	}
}

/* Room for one more worker in all? */
static bool workers_have_room(struct front_workers *workers)
{
	struct front_worker *idlest;

	if (workers->count < workers->front->set->max_workers)
		return TRUE;
	idlest = workers_idlest(workers);
	if (idlest != NULL) {
		worker_free(idlest);
		return TRUE;
	}
	if (workers->last_full_warning + 60 < ioloop_time) {
		workers->last_full_warning = ioloop_time;
		e_warning(workers->event, "All %u workers are busy "
			  "(plugin { dovetail_max_workers })", workers->count);
	}
	return FALSE;
}

/* Returns FALSE if there is no way to start one for this request. */
static bool workers_start(struct front_workers *workers,
			  struct front_request *req)
{
	struct front *front = workers->front;
	struct front_user *user = front_request_user(req);
	struct front_credentials creds;
	struct front_worker *worker;
	struct front_grant grant;
	bool has_token = front_auth_has_token(front->auth, user);

	e_debug(workers->event, "User %s: %u workers, %u starting, %s token: "
		"another one is wanted", user->name, user->workers_count,
		user->workers_starting, has_token ? "a" : "no");
	if (user->workers_count >= front->set->max_workers_per_user)
		return TRUE;
	if (front_request_take_grant(req, &grant)) {
		if (!workers_have_room(workers)) {
			front_grant_release(front->auth, &grant);
			return FALSE;
		}
		worker = worker_create(workers, user);
		worker_launch(worker, front_request_peer(req), &grant);
		return TRUE;
	}
	/* the one that is coming up brings a token: no second hash */
	if (!has_token && user->workers_starting > 0)
		return TRUE;
	if (!has_token && !front_request_credentials(req, &creds))
		return FALSE;
	if (!workers_have_room(workers))
		return FALSE;
	worker = worker_create(workers, user);
	worker->peer = *front_request_peer(req);
	if (has_token) {
		front_auth_login_token(front->auth, user, &worker->peer,
				       worker_login_callback, worker,
				       &worker->login);
	} else {
		front_auth_login(front->auth, &creds, &worker->peer, TRUE,
				 worker_login_callback, worker, &worker->login);
	}
	return TRUE;
}

/* A session's requests go to who has it, though it be busy; others better to one
   without sessions, which may have to wait otherwise. */
static struct front_worker *
user_find_idle(struct front_user *user, const struct front_request *req)
{
	struct front_worker *worker, *found = user_find_session(user, req);

	if (found != NULL)
		return found->req == NULL ? found : NULL;
	for (worker = user->workers; worker != NULL; worker = worker->next) {
		if (!worker->ready || worker->req != NULL)
			continue;
		if (worker->last_origin == front_request_origin(req))
			return worker;
		if (found == NULL || worker->sessions_count == 0)
			found = worker;
	}
	return found;
}

/* The first one that a worker may have now; of its last device if it can be.
   *waits_r: one that a further worker would help */
static struct front_request *
user_find_queued(struct front_user *user, struct front_worker **worker_r,
		 struct front_request **waits_r)
{
	struct front_request *req, *found = NULL;
	struct front_worker *worker;

	*waits_r = NULL;
	for (req = user->queue_head; req != NULL;
	     req = front_request_queue_next(req)) {
		worker = user_find_idle(user, req);
		if (worker == NULL) {
			if (*waits_r == NULL &&
			    user_find_session(user, req) == NULL)
				*waits_r = req;
			continue;
		}
		if (found == NULL ||
		    worker->last_origin == front_request_origin(req)) {
			found = req;
			*worker_r = worker;
		}
		if (worker->last_origin == front_request_origin(req))
			break;
	}
	return found;
}

static void worker_assign(struct front_worker *worker,
			  struct front_request *req)
{
	worker_set_busy(worker);
	timeout_remove(&worker->to);
	worker->req = req;
	worker->stays = FALSE;
	/* what it says to that is of the past */
	worker->asked_to_leave = FALSE;
	worker->last_origin = front_request_origin(req);
	if (front_request_has_session(req))
		front_worker_add_session(worker, worker->last_origin);
	front_request_start(req, worker);
}

void front_workers_want(struct front_workers *workers,
			struct front_request *req)
{
	struct front_user *user = front_request_user(req);
	struct front_worker *worker;

	worker = user_find_idle(user, req);
	if (worker != NULL) {
		worker_assign(worker, req);
		return;
	}
	front_request_enqueue(req);
	/* only that one will do, and it is at work */
	if (user_find_session(user, req) != NULL)
		return;
	front_user_ref(user);
	if (!workers_start(workers, req) && front_request_is_queued(req) &&
	    user->workers_count == 0) {
		front_workers_forget(workers, req);
		front_request_no_worker(req, 503, "no worker can be started",
					NULL);
	}
	front_user_unref(&user);
}

void front_workers_forget(struct front_workers *workers ATTR_UNUSED,
			  struct front_request *req)
{
	front_request_dequeue(req);
}

/* Something changed for the user's queue. */
static void workers_next(struct front_workers *workers, struct front_user *user)
{
	struct front_worker *worker;
	struct front_request *req, *waits;

	req = user_find_queued(user, &worker, &waits);
	if (req != NULL) {
		front_request_dequeue(req);
		worker_assign(worker, req);
		(void)user_find_queued(user, &worker, &waits);
	}
	if (waits == NULL || user->workers_starting > 0)
		return;
	req = waits;
	if (!workers_start(workers, req) && front_request_is_queued(req) &&
	    user->workers_count == 0) {
		front_request_dequeue(req);
		front_request_no_worker(req, 503, "no worker can be started",
					NULL);
	}
}

/* Too many wait for nothing: the longest idle one ends. */
static void workers_shed(struct front_workers *workers)
{
	struct front_worker *worker;

	for (worker = workers->held_head; worker != NULL;
	     worker = worker->idle_next) {
		if (!worker->asked_to_leave && !worker->stays) {
			worker_idle_timeout(worker);
			return;
		}
	}
}

void front_worker_free_again(struct front_worker *worker, bool held)
{
	const struct front_settings *set = worker->workers->front->set;
	struct front_workers *workers = worker->workers;
	struct front_user *user = worker->user;

	worker->req = NULL;
	worker_set_idle(worker, held);
	timeout_remove(&worker->to);
	worker->to = timeout_add((held ? I_MIN(set->worker_idle, set->worker_idle_held) :
				  set->worker_idle) * 1000,
				 worker_idle_timeout, worker);
	front_user_ref(user);
	workers_next(workers, user);
	front_user_unref(&user);
	if (workers->held_count > set->max_starts * WORKER_IDLE_HELD_FACTOR)
		workers_shed(workers);
}

void front_workers_close_user(struct front_workers *workers ATTR_UNUSED,
			      struct front_user *user)
{
	struct front_worker *worker;
	struct front_request *req;

	front_user_ref(user);
	while ((req = user->queue_head) != NULL) {
		front_request_dequeue(req);
		front_request_no_worker(req, 403, "blocked", NULL);
	}
	while ((worker = user->workers) != NULL) {
		req = worker->req;
		worker->req = NULL;
		worker_free(worker);
		if (req != NULL)
			front_request_worker_gone(req);
	}
	front_user_unref(&user);
}

void front_workers_deinit(struct front_workers **_workers)
{
	struct front_workers *workers = *_workers;
	struct front_worker *worker;
	struct front_request *req;

	*_workers = NULL;
	while ((worker = workers->all) != NULL) {
		req = worker->req;
		worker->req = NULL;
		worker_free(worker);
		if (req != NULL)
			front_request_worker_gone(req);
	}
	master_auth_deinit(&workers->master);
	event_unref(&workers->event);
	i_free(workers);
}

unsigned int front_workers_count(const struct front_workers *workers)
{
	return workers->count;
}
