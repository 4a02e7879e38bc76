/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* One request: read, handed to its protocol, answered. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "compat.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "dovetail-store.h"
#include "worker.h"

struct worker_request {
	struct worker_request *prev, *next;
	struct worker *worker;
	pool_t pool;
	struct worker_conn conn;
	struct io *io;

	struct ipc_request ipc;
	struct service_request service;
	struct worker_reply reply;
	bool parsed;
};

static struct worker_request *
worker_request_of(const struct service_request *req)
{
	return container_of((struct service_request *)req,
			    struct worker_request, service);
}

/* --- what handlers call --------------------------------------------------- */

const char *service_request_header(const struct service_request *req,
				   const char *name)
{
	return ipc_header_find(&worker_request_of(req)->ipc.headers, name);
}

void service_reply_begin(struct service_request *req, unsigned int status,
			 const char *reason)
{
	worker_reply_begin(&worker_request_of(req)->reply, status, reason);
}

void service_reply_header(struct service_request *req, const char *name,
			  const char *value)
{
	worker_reply_header(&worker_request_of(req)->reply, name, value);
}

struct ostream *service_reply_body(struct service_request *req)
{
	return worker_reply_body(&worker_request_of(req)->reply);
}

void service_reply_data(struct service_request *req, unsigned int status,
			const char *reason, const char *content_type,
			const void *data, size_t size)
{
	struct worker_reply *reply = &worker_request_of(req)->reply;

	worker_reply_begin(reply, status, reason);
	if (content_type != NULL)
		worker_reply_header(reply, "Content-Type", content_type);
	(void)worker_reply_write(reply, data, size);
}

static void worker_stream_init(const struct service_stream *src,
			       struct ipc_stream *dest)
{
	i_zero(dest);
	dest->used = TRUE;
	dest->preamble = (const unsigned char *)src->preamble;
	dest->preamble_size = strlen(src->preamble);
	dest->keepalive = (const unsigned char *)src->keepalive;
	dest->keepalive_size = strlen(src->keepalive);
	dest->keepalive_msecs = src->keepalive_secs * 1000;
	dest->done = src->done;
	dest->echo = src->echo;
}

void service_reply_stream(struct service_request *req,
			  const struct service_stream *src)
{
	struct ipc_stream stream;

	worker_stream_init(src, &stream);
	(void)worker_reply_stream(&worker_request_of(req)->reply, &stream);
}

void service_reply_session(struct service_request *req, const char *session)
{
	struct worker_request *wreq = worker_request_of(req);

	i_assert(!wreq->reply.head_sent);
	wreq->reply.head.session = p_strdup(wreq->pool, session);
}

void service_reply_session_ended(struct service_request *req)
{
	struct worker_request *wreq = worker_request_of(req);

	i_assert(!wreq->reply.head_sent);
	wreq->reply.head.session_ended = TRUE;
}

bool service_reply_started(const struct service_request *req)
{
	const struct worker_reply *reply = &worker_request_of(req)->reply;

	return reply->begun || reply->parked;
}

uoff_t service_reply_size(const struct service_request *req)
{
	return worker_request_of(req)->reply.body_size;
}

void service_log(struct service_request *req, const char *key,
		 const char *value)
{
	struct worker_request *wreq = worker_request_of(req);
	struct ipc_header *field;

	if (array_count(&wreq->reply.log) >= IPC_MAX_LOG_FIELDS)
		return;
	field = array_append_space(&wreq->reply.log);
	field->name = p_strdup(wreq->pool, key);
	field->value = p_strdup(wreq->pool, value);
}

static const struct {
	const char *name;
	enum ipc_park_kind kind;
} worker_park_kinds[] = {
	{ "ping", IPC_PARK_PING },
	{ "sync", IPC_PARK_SYNC },
	{ "notify", IPC_PARK_NOTIFY },
};

static enum ipc_park_kind worker_park_kind(const char *name)
{
	for (unsigned int i = 0; i < N_ELEMENTS(worker_park_kinds); i++) {
		if (strcmp(worker_park_kinds[i].name, name) == 0)
			return worker_park_kinds[i].kind;
	}
	i_panic("unknown kind of parked request: %s", name);
}

static void worker_park_headers(struct ipc_park *dest, pool_t pool,
				const struct service_park *park)
{
	struct ipc_header *header;
	unsigned int i;

	p_array_init(&dest->headers, pool, 4);
	if (park->content_type != NULL) {
		header = array_append_space(&dest->headers);
		header->name = "Content-Type";
		header->value = park->content_type;
	}
	for (i = 0; park->headers != NULL && park->headers[i] != NULL; i += 2) {
		header = array_append_space(&dest->headers);
		header->name = park->headers[i];
		header->value = park->headers[i + 1];
	}
}

static void worker_park_watches(struct ipc_park *dest, pool_t pool,
				const struct service_park *park)
{
	const struct service_watch *src;
	struct ipc_watch *watch;
	unsigned int i;

	p_array_init(&dest->watches, pool, park->watches_count + 1);
	for (i = 0; i < park->watches_count; i++) {
		src = &park->watches[i];
		watch = array_append_space(&dest->watches);
		watch->owner = src->owner;
		memcpy(watch->guid, src->guid, sizeof(watch->guid));
		watch->events = src->events;
		if (park->kind == SERVICE_PARK_ANSWER) {
			watch->body = src->answer;
			watch->body_size = src->answer_size;
		}
	}
}

void service_park(struct service_request *req, const struct service_park *park)
{
	struct worker_request *wreq = worker_request_of(req);
	struct ipc_park ipc;

	i_zero(&ipc);
	ipc.kind = worker_park_kind(park->name);
	ipc.hold_msecs = park->seconds * 1000;
	ipc.status = 200;
	worker_park_headers(&ipc, wreq->pool, park);
	worker_park_watches(&ipc, wreq->pool, park);
	/* a record with its final answer is complete: the same request can be
	   held again without a worker */
	ipc.has_timeout_body = park->kind == SERVICE_PARK_ANSWER ||
		park->timeout_answer != NULL;
	ipc.timeout_body = park->timeout_answer;
	ipc.timeout_body_size = park->timeout_answer_size;
	ipc.repeatable = ipc.has_timeout_body;
	if (park->stream != NULL)
		worker_stream_init(park->stream, &ipc.stream);
	T_BEGIN {
		(void)worker_reply_park(&wreq->reply, &ipc);
	} T_END;
}

/* --- life of a request ---------------------------------------------------- */

static void worker_request_free(struct worker_request *req)
{
	struct worker *worker = req->worker;

	DLLIST_REMOVE(&worker->requests, req);
	io_remove(&req->io);
	worker_reply_deinit(&req->reply);
	i_stream_destroy(&req->service.body);
	event_unref(&req->service.event);
	worker_conn_deinit(&req->conn);
	pool_unref(&req->pool);
	worker_request_gone(worker);
}

static const struct worker_protocol *worker_protocol_find(const char *path)
{
	const struct worker_protocol *p;

	for (p = worker_protocols; p->path != NULL; p++) {
		if (p->handler != NULL &&
		    strncasecmp(path, p->path, strlen(p->path)) == 0)
			return p;
	}
	return NULL;
}

static bool worker_header_has(const struct ipc_request *ipc, const char *name,
			      const char *token)
{
	const char *value = ipc_header_find(&ipc->headers, name);
	const char *const *parts;

	if (value == NULL)
		return FALSE;
	for (parts = t_strsplit_spaces(value, ", "); *parts != NULL; parts++) {
		const char *weight = strchr(*parts, ';');

		if (strcasecmp(t_strcut(*parts, ';'), token) != 0)
			continue;
		/* ";q=0", ";q=0.0": not wanted */
		if (weight == NULL || strncasecmp(weight, ";q=", 3) != 0)
			return TRUE;
		return weight[3 + strspn(weight + 3, "0.")] != '\0';
	}
	return FALSE;
}

static const char *const *
worker_request_headers(struct worker_request *req)
{
	ARRAY_TYPE(const_string) list;
	const struct ipc_header *header;

	p_array_init(&list, req->pool,
		     array_count(&req->ipc.headers) * 2 + 1);
	array_foreach(&req->ipc.headers, header) {
		array_push_back(&list, &header->name);
		array_push_back(&list, &header->value);
	}
	array_append_zero(&list);
	return array_front(&list);
}

static void worker_request_event(struct worker_request *req)
{
	struct event *event = event_create(req->worker->event);

	event_add_str(event, "method", req->ipc.method);
	event_add_str(event, "path", req->ipc.path);
	event_add_int(event, "request_id", req->ipc.id);
	event_set_append_log_prefix(event, t_strdup_printf(
		"request %"PRIu64": ", req->ipc.id));
	req->service.event = event;
}

static void worker_request_body(struct worker_request *req)
{
	struct istream *body, *plain;

	body = worker_body_create(&req->conn, req->ipc.has_body);
	if (worker_header_has(&req->ipc, "Content-Encoding", "gzip") ||
	    worker_header_has(&req->ipc, "Content-Encoding", "x-gzip")) {
		plain = worker_body_gunzip(body);
		i_stream_unref(&body);
		body = plain;
	}
	i_stream_set_name(body, "(request body)");
	req->service.body = body;
}

/* As the operator says (dovetail_url), else as the client asked. */
static const char *worker_request_base_url(struct worker_request *req)
{
	const struct ipc_request *ipc = &req->ipc;
	const char *url = store_setting(req->worker->store, "dovetail_url");

	if (url != NULL && *url != '\0')
		return p_strdup(req->pool, url);
	return p_strdup_printf(req->pool, "%s://%s",
		ipc->secured ? "https" : "http",
		ipc->host != NULL ? ipc->host : "localhost");
}

static void worker_request_prepare(struct worker_request *req)
{
	struct service_request *s = &req->service;
	const struct ipc_request *ipc = &req->ipc;

	s->pool = req->pool;
	s->method = ipc->method;
	s->path = ipc->path;
	s->query = ipc->query;
	s->headers = worker_request_headers(req);
	s->store = req->worker->store;
	s->directory = req->worker->directory;
	s->submit = req->worker->submit;
	s->sieve = req->worker->sieve;
	s->base_url = worker_request_base_url(req);
	s->remote_ip = p_strdup(req->pool, net_ip2addr(&ipc->remote_ip));
	s->secured = ipc->secured;
	s->generation = ipc->generation;
	s->resumed = ipc->resume != IPC_RESUME_NONE;
	s->waited_msecs = ipc->waited_msecs;
	s->arrived = ipc->arrived;
	s->answer_now = ipc->resume == IPC_RESUME_TIMEOUT ||
		ipc->max_hold_secs == 0;
	worker_request_event(req);
	worker_request_body(req);
}

static void worker_request_handle(struct worker_request *req)
{
	const struct worker_protocol *protocol =
		worker_protocol_find(req->ipc.path);

	if (protocol != NULL)
		protocol->handler(&req->service);
	if (req->reply.begun || req->reply.parked)
		return;
	if (protocol == NULL) {
		service_reply_data(&req->service, 404, NULL, "text/plain",
				   "Not found\n", 10);
	} else {
		/* a handler leaves so when the client is gone */
		if (req->conn.error == NULL) {
			e_error(req->service.event,
				"Handler of %s gave no answer",
				protocol->path);
		}
		service_reply_data(&req->service, 500, NULL, "text/plain",
				   "Internal error\n", 15);
	}
}

static void worker_request_run(struct worker_request *req)
{
	struct worker *worker = req->worker;
	unsigned char accept[IPC_FRAME_HEADER_SIZE];

	/* from here on the request is ours: nobody else may run it */
	ipc_frame_header(accept, IPC_ACCEPT, 0);
	if (worker_conn_write(&req->conn, accept, sizeof(accept)) < 0)
		return;
	worker_request_prepare(req);
	worker_reply_init(&req->reply, &req->conn, req->pool,
			  worker_header_has(&req->ipc, "Accept-Encoding",
					    "gzip"));
	worker->running = req;
	worker_set_title(worker, req->ipc.path);
	T_BEGIN {
		worker_request_handle(req);
	} T_END;
	store_request_done(worker->store);
	if (!req->reply.parked) T_BEGIN {
		(void)worker_reply_end(&req->reply);
	} T_END;
	if (req->conn.error != NULL) {
		e_debug(req->service.event, "Answer not delivered: %s",
			req->conn.error);
	}
	worker->running = NULL;
	worker_set_title(worker, NULL);
}

static void worker_request_input(struct worker_request *req)
{
	struct ipc_frame frame;
	const char *error;
	int ret;

	ret = worker_conn_frame(&req->conn, FALSE, &frame);
	if (ret == 0)
		return;
	io_remove(&req->io);
	if (ret > 0) {
		if (frame.type != IPC_REQUEST) {
			e_error(req->worker->event,
				"Request begins with frame type %u",
				frame.type);
		} else if (ipc_request_parse(&frame, req->pool, &req->ipc,
					     &error) < 0) {
			e_error(req->worker->event, "Bad request from the "
				"front: %s", error);
		} else {
			worker_request_run(req);
		}
	}
	worker_request_free(req);
}

void worker_request_add(struct worker *worker, int fd)
{
	struct worker_request *req;
	pool_t pool;

	pool = pool_alloconly_create(MEMPOOL_GROWING"worker request", 4096);
	req = p_new(pool, struct worker_request, 1);
	req->pool = pool;
	req->worker = worker;
	net_set_nonblock(fd, TRUE);
	worker_conn_init(&req->conn, fd);
	DLLIST_PREPEND(&worker->requests, req);
	req->io = io_add(fd, IO_READ, worker_request_input, req);
}

void worker_requests_free(struct worker *worker)
{
	struct worker_request *req, *next;

	for (req = worker->requests; req != NULL; req = next) {
		next = req->next;
		worker_request_free(req);
	}
}
