/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: one request's way through the front. */

#include "lib.h"
#include "array.h"
#include "fdpass.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "ostream.h"
#include "sha2.h"
#include "str.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "http-request.h"
#include "dovetail-ipc.h"
#include "front.h"
#include "dovetail-autodiscover.h"
#include "front-conn.h"
#include "front-events.h"
#include "front-http.h"
#include "front-log.h"
#include "front-park.h"
#include "front-rate.h"
#include "front-route.h"
#include "front-user.h"
#include "front-worker.h"
#include "front-request.h"

#include <sys/socket.h>
#include <unistd.h>

/* A body up to this is read before a worker is asked for, and kept for a
   second try and for a resumed request. */
#define REQUEST_MAX_KEPT_BODY (64 * 1024)
/* The client's socket, the worker's socket: stop reading at the other end. */
#define REQUEST_MAX_UNSENT (64 * 1024)
/* An unread body up to this is read away to keep the connection. */
#define REQUEST_MAX_DRAIN (256 * 1024)
#define REQUEST_MAX_TRIES 2
/* A worker whose client went away gets so long to notice. */
#define REQUEST_ORPHAN_MSECS (5 * 60 * 1000)

enum request_state {
	REQUEST_LOGIN,
	REQUEST_BODY,		/* reading a small body */
	REQUEST_DELAY,		/* slowed down */
	REQUEST_QUEUED,		/* waits for a worker */
	REQUEST_ASKED,		/* a worker has it */
	REQUEST_ACCEPTED,	/* and works on it */
	REQUEST_ANSWERING,	/* the head is out */
	REQUEST_DRAIN,		/* answered: reads the body away */
	REQUEST_ORPHAN,		/* no client any more */
};

struct front_request {
	struct front_request *prev, *next;	/* of the user's queue */
	struct front *front;
	struct front_conn *conn;
	pool_t pool;
	enum request_state state;
	bool queued;
	struct timeout *to;

	const struct front_route *route;
	struct front_target target;
	struct front_peer peer;
	/* what the worker gets */
	struct ipc_request ipc;
	const char *log_text, *user_agent, *authorization;
	struct timeval started;
	uint64_t origin;
	bool has_hash;
	unsigned char hash[16];
	bool http_1_0, close, expect_continue;

	struct front_login *login;
	struct front_user *user;
	struct front_grant grant;

	/* the body's stream of the parser; NULL: none, or all was read */
	struct istream *payload;
	/* the small body, or the start of a large one */
	buffer_t *body;
	uoff_t bytes_in, bytes_out;

	struct front_worker *worker;
	pid_t worker_pid;
	unsigned int tries;
	int fd;
	struct io *io;
	struct istream *input;
	struct ostream *output;

	/* a resumed request that finds no worker is answered with this */
	const char *fallback_headers;
	const unsigned char *fallback_body;
	size_t fallback_size;
	unsigned int fallback_status;

	/* set to TRUE when the request is freed */
	bool *freed;

	unsigned int status;
	bool chunked, has_size;
	uoff_t size_left;
	ARRAY_TYPE(ipc_header) log_fields;
	const char *note;
};

static void request_dispatch(struct front_request *req);
static void request_go_on(struct front_request *req);
static void request_retry(struct front_request *req, const char *reason);
static void request_body_timeout(struct front_request *req);
static void request_stream_input(struct front_request *req);

/* Life */

static struct front_request *
request_create(struct front_conn *conn, pool_t pool)
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

static void request_stream_close(struct front_request *req)
{
	io_remove(&req->io);
	i_stream_destroy(&req->input);
	o_stream_destroy(&req->output);
	i_close_fd(&req->fd);
}

static void request_release_worker(struct front_request *req)
{
	struct front_worker *worker = req->worker;

	request_stream_close(req);
	if (worker == NULL)
		return;
	req->worker = NULL;
	front_worker_free_again(worker);
}

/* The connection's, too: it must be told afterwards. */
static void request_free(struct front_request *req)
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
	request_release_worker(req);
	buffer_free(&req->body);
	if (req->user != NULL)
		front_user_unref(&req->user);
	front->requests_active--;
	pool_unref(&req->pool);
	if (front->stopping && front->requests_active == 0)
		front_stop_check(front);
}

/* A macro, because Dovecot's checks the callback's type by its name. */
#define request_set_timeout(req, secs, callback) STMT_START { \
	timeout_remove(&(req)->to); \
	(req)->to = timeout_add_short((secs) * 1000, callback, req); \
	} STMT_END

static void request_log(struct front_request *req, const char *note)
{
	struct front_log_entry entry;

	i_zero(&entry);
	entry.id = req->ipc.id;
	entry.text = req->log_text;
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
static bool request_body_pending(const struct front_request *req)
{
	return req->payload != NULL;
}

/* The answer is out: read the rest of the body away, or cut. */
static void request_complete(struct front_request *req, const char *note)
{
	struct front_conn *conn = req->conn;
	bool close = req->close, pending = request_body_pending(req);

	request_log(req, note);
	if (pending && !close) {
		request_release_worker(req);
		req->state = REQUEST_DRAIN;
		request_set_timeout(req, req->front->set->body_timeout,
				    request_body_timeout);
		front_conn_read_resume(conn);
		front_request_input(req);
		return;
	}
	request_free(req);
	front_conn_request_done(conn, close, pending);
}

/* The client's answer was begun and cannot be ended properly. */
static void request_cut(struct front_request *req, const char *note)
{
	struct front_conn *conn = req->conn;

	request_log(req, note);
	request_free(req);
	conn->broken = TRUE;
	front_conn_destroy(conn);
}

/* Short answers of the front itself */

/* How much of the body would have to be read away? */
static bool request_must_close(const struct front_request *req)
{
	if (req->close || req->front->stopping)
		return TRUE;
	if (!request_body_pending(req))
		return FALSE;
	/* a client that waits for "100 Continue" may not send it at all */
	return req->expect_continue || !req->ipc.has_size ||
		req->ipc.body_size > REQUEST_MAX_DRAIN;
}

static void request_reply_data(struct front_request *req, unsigned int status,
			       const char *headers, const void *body,
			       size_t body_size, const char *note)
{
	struct front_http_head head;
	string_t *text = t_str_new(512);

	i_assert(req->state < REQUEST_ANSWERING);
	req->status = status;
	req->close = request_must_close(req);
	i_zero(&head);
	head.status = status;
	head.body = FRONT_HTTP_BODY_SIZED;
	head.body_size = body_size;
	head.close = req->close;
	front_http_head_begin(text, &head);
	str_append(text, headers);
	front_http_head_end(text);
	if (strcmp(req->ipc.method, "HEAD") != 0) {
		str_append_data(text, body, body_size);
		req->bytes_out = body_size;
	}
	front_conn_send(req->conn, str_data(text), str_len(text));
	request_complete(req, note);
}

static void request_reply(struct front_request *req, unsigned int status,
			  const char *headers, const char *content_type,
			  const char *body, const char *note)
{
	if (*body != '\0') {
		headers = t_strconcat(headers, "Content-Type: ", content_type,
				      "\r\n", NULL);
	}
	request_reply_data(req, status, headers, body, strlen(body), note);
}

static void request_reply_empty(struct front_request *req, unsigned int status,
				const char *note)
{
	request_reply(req, status, "", "", "", note);
}

static void request_reply_later(struct front_request *req, const char *note)
{
	request_reply(req, 503, t_strdup_printf("Retry-After: %u\r\n",
		req->front->set->retry_after), "", "", note);
}

static void request_reply_login(struct front_request *req, const char *note)
{
	string_t *headers = t_str_new(128);

	front_auth_challenges(req->front->auth, headers);
	request_reply(req, 401, str_c(headers), "", "", note);
}

static void request_reply_elsewhere(struct front_request *req, const char *host)
{
	const char *url, *headers;

	if (req->route->ms_location) {
		/* MS-ASHTTP 2.2.2.1.1.? status 451 */
		url = t_strdup_printf("https://%s/Microsoft-Server-ActiveSync",
				      host);
		headers = t_strdup_printf("X-MS-Location: %s\r\n", url);
		request_reply(req, 451, headers, "", "", host);
	} else {
		url = t_strdup_printf("https://%s%s", host, req->ipc.path);
		headers = t_strdup_printf("Location: %s\r\n", url);
		request_reply(req, 302, headers, "", "", host);
	}
}

/* Reading the head */

static bool header_is_for_worker(const char *name)
{
	static const char *const not_for_worker[] = {
		"Authorization", "Proxy-Authorization", "Connection",
		"Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
		"Expect", "Content-Length", "Host", "X-Forwarded-For",
		"X-Forwarded-Proto", NULL
	};

	return !str_array_icase_find(not_for_worker, name);
}

static void request_copy_headers(struct front_request *req,
				 const struct http_request *http)
{
	const ARRAY_TYPE(http_header_field) *fields =
		http_request_header_get_fields(http);
	const struct http_header_field *field;
	struct ipc_header *header;

	p_array_init(&req->ipc.headers, req->pool, 16);
	array_foreach(fields, field) {
		if (!header_is_for_worker(field->name) ||
		    strlen(field->value) != field->size)
			continue;
		header = array_append_space(&req->ipc.headers);
		/* the parser's memory is our pool's */
		header->name = field->name;
		header->value = field->value;
	}
}

/* The last address in the list that no trusted host has added. */
static void request_forwarded_for(struct front_request *req, const char *value)
{
	const char *const *addrs = t_strsplit_spaces(value, ", ");
	unsigned int i = str_array_length(addrs);
	struct ip_addr ip;

	while (i-- > 0) {
		if (net_addr2ip(addrs[i], &ip) < 0)
			return;
		req->peer.remote_ip = ip;
		req->peer.remote_port = 0;
		if (!front_settings_is_trusted(req->front->set, &ip))
			return;
	}
}

static void request_read_proxy_headers(struct front_request *req,
				       const struct http_request *http)
{
	const char *value;

	if (!front_settings_is_trusted(req->front->set, &req->peer.remote_ip))
		return;
	value = http_request_header_get(http, "X-Forwarded-Proto");
	if (value != NULL) {
		req->peer.tls = strcasecmp(value, "https") == 0;
		req->peer.secured = req->peer.tls;
	}
	value = http_request_header_get(http, "X-Forwarded-For");
	if (value != NULL)
		request_forwarded_for(req, value);
}

static void request_read_target(struct front_request *req,
				const struct http_request *http)
{
	const char *target = http->target_raw, *query;

	/* absolute form: "http://host/path" */
	if (http->target.format == HTTP_REQUEST_TARGET_FORMAT_ABSOLUTE &&
	    strstr(target, "://") != NULL) {
		target = strchr(strstr(target, "://") + 3, '/');
		if (target == NULL)
			target = "/";
	}
	query = strchr(target, '?');
	req->ipc.path = query == NULL ? p_strdup(req->pool, target) :
		p_strdup_until(req->pool, target, query);
	req->ipc.query = query == NULL ? NULL :
		p_strdup(req->pool, query + 1);
	req->route = front_route_find(req->ipc.path);
	if (req->route != NULL && req->route->target_parse != NULL) {
		struct front_target target_r;

		req->route->target_parse(req->ipc.query, &target_r);
		req->target.command = p_strdup(req->pool, target_r.command);
		req->target.device = p_strdup(req->pool, target_r.device);
		req->target.device_type =
			p_strdup(req->pool, target_r.device_type);
		req->target.user = p_strdup(req->pool, target_r.user);
	}
}

static void request_read_head(struct front_request *req,
			      const struct http_request *http)
{
	struct ipc_request *ipc = &req->ipc;
	int ret;

	ipc->id = ++req->front->last_request_id;
	ipc->method = p_strdup(req->pool, http->method);
	request_read_target(req, http);
	request_read_proxy_headers(req, http);
	request_copy_headers(req, http);
	ipc->host = http_request_header_get(http, "Host");
	ipc->protocol = req->route == NULL ? "" : req->route->protocol;
	ipc->remote_ip = req->peer.remote_ip;
	ipc->local_ip = req->peer.local_ip;
	ipc->remote_port = req->peer.remote_port;
	ipc->local_port = req->peer.local_port;
	ipc->secured = req->peer.tls;
	ipc->max_hold_secs = req->front->set->max_hold;

	req->payload = http->payload;
	ipc->has_body = http->payload != NULL;
	ret = http_request_get_payload_size(http, &ipc->body_size);
	ipc->has_size = ipc->has_body && ret > 0;
	if (!ipc->has_size)
		ipc->body_size = 0;
	req->http_1_0 = http->version_major == 1 && http->version_minor == 0;
	req->close = http->connection_close || req->http_1_0;
	req->expect_continue = http->expect_100_continue && ipc->has_body;
	req->user_agent = http_request_header_get(http, "User-Agent");
	req->authorization = http_request_header_get(http, "Authorization");
	req->log_text = p_strdup(req->pool,
		front_log_text(&req->peer, ipc->method, ipc->path, &req->target,
			       req->user_agent));
}

/* Login */

bool front_request_credentials(const struct front_request *req,
			       struct front_credentials *creds_r)
{
	const char *space;

	i_zero(creds_r);
	if (req->authorization == NULL ||
	    (space = strchr(req->authorization, ' ')) == NULL)
		return FALSE;
	creds_r->scheme = t_strdup_until(req->authorization, space);
	while (*space == ' ')
		space++;
	creds_r->data = space;
	creds_r->user_claim = req->target.user;
	return strcasecmp(creds_r->scheme, "Basic") == 0 ||
		strcasecmp(creds_r->scheme, "Bearer") == 0;
}

/* The claim is for the log: nothing depends on it. */
static void request_check_claim(struct front_request *req)
{
	const char *claim = req->target.user, *name, *user;
	size_t len;

	if (claim == NULL)
		return;
	name = strrchr(claim, '\\');
	name = name == NULL ? claim : name + 1;
	user = front_user_name(req->user);
	len = strcspn(user, "@");
	if (strcasecmp(name, user) != 0 &&
	    !(strcspn(name, "@") == len && strncasecmp(name, user, len) == 0))
		req->note = p_strdup_printf(req->pool, "claims to be %s",
					    claim);
}

static void request_logged_in(struct front_request *req)
{
	req->ipc.user = p_strdup(req->pool, front_user_name(req->user));
	request_check_claim(req);
	if (req->target.device != NULL && req->target.device[0] != '\0') {
		req->origin = bus_origin(req->ipc.user, req->target.device);
		req->ipc.origin = req->origin;
	}
	if (!front_route_allows(req->route, req->ipc.method)) {
		request_reply(req, 405, t_strdup_printf("Allow: %s\r\n",
			req->route->allow), "", "", NULL);
		return;
	}
	req->state = REQUEST_BODY;
	if (!request_body_pending(req)) {
		request_dispatch(req);
		return;
	}
	if (req->ipc.has_size && req->ipc.body_size > REQUEST_MAX_KEPT_BODY) {
		/* it goes through while it comes */
		request_dispatch(req);
		return;
	}
	request_go_on(req);
}

static void request_login_callback(const struct front_login_result *result,
				   void *context)
{
	struct front_request *req = context;

	switch (result->status) {
	case FRONT_LOGIN_OK:
		req->user = result->user;
		front_user_ref(req->user);
		req->grant = result->grant;
		request_logged_in(req);
		break;
	case FRONT_LOGIN_FAILED:
		request_reply_login(req, result->reason);
		break;
	case FRONT_LOGIN_DENIED:
		request_reply_empty(req, 403, result->reason);
		break;
	case FRONT_LOGIN_ELSEWHERE:
		request_reply_elsewhere(req, result->host);
		break;
	case FRONT_LOGIN_TEMPFAIL:
		request_reply_later(req, result->reason);
		break;
	}
}

static void request_login(struct front_request *req)
{
	struct front_credentials creds;

	if (!front_request_credentials(req, &creds)) {
		request_reply_login(req, NULL);
		return;
	}
	if (!req->peer.secured && req->front->set->disable_plaintext_auth) {
		request_reply_empty(req, 403, "login without TLS is disabled");
		return;
	}
	front_auth_login(req->front->auth, &creds, &req->peer, FALSE,
			 request_login_callback, req, &req->login);
}

/* The Host header goes into the answer. */
static bool request_host_is_valid(const struct front_request *req)
{
	const char *host = req->ipc.host;

	return host != NULL && *host != '\0' &&
		host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]")] ==
			'\0';
}

/* Without the port of the plain listener: a redirect goes to port 443. */
static const char *request_host_only(const struct front_request *req)
{
	const char *host = req->ipc.host, *colon;

	colon = strrchr(host, ':');
	if (colon == NULL || strchr(colon, ']') != NULL)
		return host;
	return t_strdup_until(host, colon);
}

/* Autodiscover's JSON and its redirect to TLS are for everybody. */
static bool request_public_autodiscover(struct front_request *req)
{
	const struct front_settings *set = req->front->set;
	bool redirects = !req->peer.secured && set->disable_plaintext_auth;
	struct autodiscover_input in;
	struct autodiscover_reply reply;
	string_t *headers;

	if (!request_host_is_valid(req) ||
	    !autodiscover_is_path(req->ipc.path))
		return FALSE;
	i_zero(&in);
	in.pool = req->pool;
	in.method = req->ipc.method;
	in.path = req->ipc.path;
	in.query = req->ipc.query;
	in.secured = req->peer.secured;
	in.base_url = *set->url != '\0' ? set->url : redirects ?
		t_strconcat("https://", request_host_only(req), NULL) :
		t_strconcat(req->peer.secured ? "https://" : "http://",
			    req->ipc.host, NULL);
	if (autodiscover_before_login(&in, &reply) <= 0 || reply.status == 405)
		return FALSE;

	headers = t_str_new(128);
	/* The answer repeats the Host header: not for a shared cache. */
	str_append(headers, "Cache-Control: no-store\r\n");
	if (reply.location != NULL)
		str_printfa(headers, "Location: %s\r\n", reply.location);
	request_reply(req, reply.status, str_c(headers), reply.content_type,
		      reply.body == NULL ? "" : reply.body, reply.log);
	return TRUE;
}

void front_request_begin(struct front_conn *conn, pool_t pool,
			 const struct http_request *http,
			 const struct timeval *started)
{
	struct front_request *req = request_create(conn, pool);

	req->started = *started;
	T_BEGIN {
		request_read_head(req, http);
		if (front_route_is_healthcheck(req->ipc.path)) {
			request_reply(req, 200, "", "text/html",
				      "200 OK\r\n", NULL);
		} else if (!front_route_method_known(req->ipc.method)) {
			request_reply_empty(req, 501, NULL);
		} else if (req->route == NULL) {
			request_reply_empty(req, 404, NULL);
		} else if (!request_public_autodiscover(req)) {
			request_login(req);
		}
	} T_END;
}

/* The body */

static void request_body_timeout(struct front_request *req)
{
	struct front_conn *conn = req->conn;

	timeout_remove(&req->to);
	if (req->state == REQUEST_BODY) {
		req->close = TRUE;
		request_reply_empty(req, 408, "body too slow");
	} else if (req->state == REQUEST_DRAIN) {
		request_free(req);
		front_conn_request_done(conn, TRUE, FALSE);
	} else {
		request_cut(req, "client too slow");
	}
}

static void request_body_error(struct front_request *req)
{
	struct front_conn *conn = req->conn;
	int err = req->payload->stream_errno;

	req->payload = NULL;
	req->close = TRUE;
	if (req->state < REQUEST_ANSWERING && err == EMSGSIZE)
		request_reply_empty(req, 413, "body too large");
	else if (req->state < REQUEST_ANSWERING && err == EIO)
		request_reply_empty(req, 400, "broken body");
	else if (req->state == REQUEST_DRAIN) {
		request_free(req);
		front_conn_request_done(conn, TRUE, FALSE);
	} else {
		conn->broken = err != 0 && err != EMSGSIZE && err != EIO;
		front_conn_destroy(conn);
	}
}

static void request_send_body(struct front_request *req,
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

static void request_send_body_end(struct front_request *req)
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
		request_send_body(req, data, size);
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
		request_dispatch(req);
		break;
	case REQUEST_ACCEPTED:
	case REQUEST_ANSWERING:
		if (req->output != NULL)
			request_send_body_end(req);
		break;
	case REQUEST_DRAIN:
		request_free(req);
		front_conn_request_done(conn, FALSE, FALSE);
		break;
	default:
		break;
	}
}

bool front_request_wants_input(const struct front_request *req)
{
	if (!request_body_pending(req))
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
			request_dispatch(req);
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
static void request_go_on(struct front_request *req)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (req->expect_continue) {
		req->expect_continue = FALSE;
		front_conn_send(req->conn, go_on, sizeof(go_on) - 1);
	}
	request_set_timeout(req, req->front->set->body_timeout,
			    request_body_timeout);
	front_conn_read_resume(req->conn);
	front_request_input(req);
}

/* To a worker */

static void request_hash(struct front_request *req)
{
	const char *version =
		ipc_header_find(&req->ipc.headers, "MS-ASProtocolVersion");
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];

	sha256_init(&ctx);
	sha256_loop(&ctx, req->ipc.method, strlen(req->ipc.method) + 1);
	sha256_loop(&ctx, req->ipc.path, strlen(req->ipc.path) + 1);
	if (req->ipc.query != NULL)
		sha256_loop(&ctx, req->ipc.query, strlen(req->ipc.query) + 1);
	if (version != NULL)
		sha256_loop(&ctx, version, strlen(version) + 1);
	if (req->body != NULL)
		sha256_loop(&ctx, req->body->data, req->body->used);
	sha256_result(&ctx, digest);
	memcpy(req->hash, digest, sizeof(req->hash));
	req->has_hash = TRUE;
}

static void request_want_worker(struct front_request *req)
{
	timeout_remove(&req->to);
	req->state = REQUEST_QUEUED;
	front_workers_want(req->front->workers, req);
}

/* Held again without a worker? The request is gone then. */
static bool request_hold_again(struct front_request *req)
{
	struct front_conn *conn = req->conn;

	if (!req->has_hash || !req->route->may_park || req->http_1_0)
		return FALSE;
	if (!front_park_again(req->front->park, req->user, req->origin,
			      req->hash, req->ipc.id, conn))
		return FALSE;
	conn->close_held = req->close;
	request_free(req);
	front_conn_park(conn);
	return TRUE;
}

static void request_delayed(struct front_request *req)
{
	request_want_worker(req);
}

static void request_dispatch(struct front_request *req)
{
	struct front_rate_verdict verdict;

	i_zero(&verdict);
	if (!request_body_pending(req) && req->origin != 0) {
		request_hash(req);
		front_rate_check(req->front->rate, req->origin, req->hash,
				 timeval_to_usecs(&ioloop_timeval) / 1000,
				 &verdict);
	}
	if (verdict.first) {
		e_warning(req->front->event, "User %s: device %s repeats the "
			  "same request without end, slowing it down (%s)",
			  req->ipc.user, req->target.device, req->log_text);
	}
	if (verdict.refuse) {
		request_reply_later(req, "device sends too many equal requests");
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
	request_want_worker(req);
}

static void request_queue_timeout(struct front_request *req)
{
	timeout_remove(&req->to);
	front_request_dequeue(req);
	request_reply_later(req, "no worker became free");
}

void front_request_enqueue(struct front_request *req)
{
	i_assert(!req->queued);
	req->queued = TRUE;
	DLLIST2_APPEND(&req->user->queue_head, &req->user->queue_tail, req);
	request_set_timeout(req, req->front->set->worker_wait,
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

struct front_user *front_request_user(const struct front_request *req)
{
	return req->user;
}

uint64_t front_request_origin(const struct front_request *req)
{
	return req->origin;
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

void front_request_no_worker(struct front_request *req, unsigned int status,
			     const char *reason,
			     const ARRAY_TYPE(ipc_header) *headers)
{
	const struct ipc_header *header;
	string_t *lines = t_str_new(64);

	if (req->fallback_headers != NULL && status == 503) {
		/* the device comes again, with its password */
		request_reply_data(req, req->fallback_status,
				   req->fallback_headers, req->fallback_body,
				   req->fallback_size, reason);
		return;
	}
	if (status == 503 || status < 400 || status > 599) {
		request_reply_later(req, reason);
		return;
	}
	if (headers != NULL) {
		array_foreach(headers, header) {
			(void)front_http_header(lines, header->name,
						header->value);
		}
	}
	request_reply(req, status, str_c(lines), "", "", reason);
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
	    req->conn->io == NULL) {
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
	req->io = io_add(req->fd, IO_READ, request_stream_input, req);
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
	if (!request_stream_open(req)) {
		req->worker = NULL;
		worker->req = NULL;
		front_worker_broken(worker);
		request_retry(req, "worker does not listen");
		return;
	}
	req->ipc.generation = front_events_generation(req->front->events);
	frame = t_buffer_create(1024);
	ipc_request_append(frame, &req->ipc);
	o_stream_cork(req->output);
	o_stream_nsend(req->output, frame->data, frame->used);
	if (req->body != NULL)
		request_send_body(req, req->body->data, req->body->used);
	if (!request_body_pending(req))
		request_send_body_end(req);
	o_stream_uncork(req->output);
	/* from here on it only matters whether the client goes */
	if (req->conn != NULL && !request_body_pending(req))
		front_conn_read_resume(req->conn);
}

/* From the worker */

static void request_retry(struct front_request *req, const char *reason)
{
	request_release_worker(req);
	if (req->conn == NULL) {
		request_free(req);
	} else if (req->tries >= REQUEST_MAX_TRIES) {
		front_request_no_worker(req, 503, reason, NULL);
	} else {
		request_want_worker(req);
	}
}

static void request_stream_broken(struct front_request *req, const char *error)
{
	if (error != NULL) {
		e_error(req->front->event, "User %s: worker %s sent rubbish: %s",
			req->ipc.user, dec2str(req->worker_pid), error);
	}
	switch (req->state) {
	case REQUEST_ASKED:
		request_retry(req, "worker did not accept the request");
		break;
	case REQUEST_ACCEPTED:
		request_stream_close(req);
		request_reply_later(req, "worker died");
		break;
	case REQUEST_ANSWERING:
		request_cut(req, "worker died");
		break;
	default:
		request_free(req);
		break;
	}
}

static void request_accepted(struct front_request *req)
{
	if (req->state != REQUEST_ASKED)
		return;
	req->state = REQUEST_ACCEPTED;
	if (request_body_pending(req))
		request_go_on(req);
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

static bool status_has_body(unsigned int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void request_head_init(struct front_request *req,
			      const struct ipc_response *resp,
			      struct front_http_head *head)
{
	req->status = resp->status;
	req->has_size = resp->has_size;
	req->size_left = resp->body_size;
	req->close = resp->close || request_must_close(req);

	i_zero(head);
	head->status = resp->status;
	head->reason = resp->reason;
	if (!status_has_body(resp->status)) {
		req->has_size = TRUE;
		req->size_left = 0;
		head->body = FRONT_HTTP_BODY_NONE;
	} else if (resp->has_size) {
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
	return 0;
}

static int request_frame_body(struct front_request *req,
			      const struct ipc_frame *frame,
			      const char **error_r)
{
	struct iovec iov[3];
	string_t *begin;

	if (req->state != REQUEST_ANSWERING) {
		*error_r = "BODY without RESPONSE";
		return -1;
	}
	if (frame->size == 0)
		return 0;
	if (req->has_size && frame->size > req->size_left) {
		*error_r = "more BODY than promised";
		return -1;
	}
	req->bytes_out += frame->size;
	if (!req->chunked) {
		req->size_left -= req->has_size ? frame->size : 0;
		front_conn_send(req->conn, frame->data, frame->size);
		return 0;
	}
	begin = t_str_new(16);
	front_http_chunk_begin(begin, frame->size);
	iov[0].iov_base = str_c_modifiable(begin);
	iov[0].iov_len = str_len(begin);
	iov[1].iov_base = (void *)frame->data;
	iov[1].iov_len = frame->size;
	iov[2].iov_base = FRONT_HTTP_CHUNK_END;
	iov[2].iov_len = strlen(FRONT_HTTP_CHUNK_END);
	front_conn_sendv(req->conn, iov, N_ELEMENTS(iov));
	return 0;
}

static int request_frame_end(struct front_request *req, const char **error_r)
{
	if (req->state != REQUEST_ANSWERING ||
	    (req->has_size && req->size_left > 0)) {
		*error_r = "END too early";
		return -1;
	}
	if (req->chunked) {
		front_conn_send(req->conn, FRONT_HTTP_LAST_CHUNK,
				strlen(FRONT_HTTP_LAST_CHUNK));
	}
	request_complete(req, NULL);
	return 0;
}

/* What a worker needs to take up the request again; NULL if it is not all in
   memory. */
static struct front_park_request *
request_keep(const struct front_request *req)
{
	struct front_park_request *kept;
	buffer_t *frame;
	size_t body_size = req->body == NULL ? 0 : req->body->used;

	if (request_body_pending(req) || req->bytes_in != body_size)
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

	str_append(text, req->log_text);
	front_log_append(text, "note", req->note, 64);
	return str_c(text);
}

static int request_frame_park(struct front_request *req,
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
	input.log = request_held_log(req);
	if (park_needs_request(&park))
		input.request = request_keep(req);

	conn->close_held = req->close || request_body_pending(req);
	front_user_ref(user);
	request_free(req);
	front_conn_ref(conn);
	front_park_add(front->park, &input);
	if (conn->record != NULL)
		front_conn_park(conn);
	front_conn_unref(conn);
	front_user_unref(&user);
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
	case IPC_BODY:
		return request_frame_body(req, frame, error_r);
	case IPC_END:
		return request_frame_end(req, error_r);
	case IPC_PARK:
		return request_frame_park(req, frame, error_r);
	default:
		return 0;
	}
}

static void request_stream_pause(struct front_request *req)
{
	io_remove(&req->io);
	request_set_timeout(req, req->front->set->body_timeout,
			    request_body_timeout);
}

/* TRUE: the request is still there and wants more. */
static bool request_stream_frames(struct front_request *req)
{
	const unsigned char *data;
	struct ipc_frame frame;
	const char *error = NULL;
	size_t size, used;
	bool freed = FALSE;
	int ret;

	req->freed = &freed;
	data = i_stream_get_data(req->input, &size);
	while ((ret = ipc_frame_next(data, size, &frame, &used, &error)) > 0) {
		struct istream *input = req->input;

		i_stream_ref(input);
		T_BEGIN {
			ret = request_frame(req, &frame, &error);
			error = t_strdup(error);
		} T_END_PASS_STR_IF(ret < 0, &error);
		i_stream_skip(input, used);
		i_stream_unref(&input);
		if (freed)
			return FALSE;
		if (ret < 0 || req->input == NULL)
			break;
		if (req->conn != NULL &&
		    front_conn_unsent(req->conn) >= REQUEST_MAX_UNSENT) {
			req->freed = NULL;
			request_stream_pause(req);
			return FALSE;
		}
		data = i_stream_get_data(req->input, &size);
	}
	req->freed = NULL;
	if (ret < 0) {
		request_stream_broken(req, error);
		return FALSE;
	}
	return req->input != NULL;
}

static void request_stream_input(struct front_request *req)
{
	ssize_t ret;

	/* what an earlier pause left over comes first */
	do {
		if (!request_stream_frames(req))
			return;
		ret = i_stream_read(req->input);
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
	if (request_body_pending(req)) {
		request_set_timeout(req, req->front->set->body_timeout,
				    request_body_timeout);
	}
	req->io = io_add(req->fd, IO_READ, request_stream_input, req);
	request_stream_input(req);
}

static void request_orphan_timeout(struct front_request *req)
{
	struct front_worker *worker = req->worker;

	e_error(req->front->event, "User %s: worker %s does not stop working "
		"for a client who is gone: closing it", req->ipc.user,
		dec2str(req->worker_pid));
	req->worker = NULL;
	request_free(req);
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
	o_stream_destroy(&req->output);
	(void)shutdown(req->fd, SHUT_WR);
	if (req->io == NULL)
		req->io = io_add(req->fd, IO_READ, request_stream_input, req);
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
		request_log(req, "client went away");
	if (req->fd != -1)
		request_orphan(req);
	else
		request_free(req);
}

void front_request_worker_gone(struct front_request *req)
{
	req->worker = NULL;
	if (req->state == REQUEST_ORPHAN)
		request_free(req);
}

/* Held requests */

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
	struct front_request *req = request_create(conn, pool);
	const char *error = NULL;

	req->log_text = p_strdup(pool, resume->log);
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
	request_want_worker(req);
}

static const char *held_note(enum front_park_reason reason)
{
	static const char *const notes[] = {
		"event", "held to the end", "replaced", "pipelined",
		"stopping", "blocked", "overflow"
	};

	return reason < N_ELEMENTS(notes) ? notes[reason] : NULL;
}

void front_request_answer_held(struct front_conn *conn,
			       const struct front_park_answer *answer)
{
	struct front *front = conn->front;
	struct front_http_head head;
	struct front_log_entry entry;
	string_t *text = t_str_new(512);
	bool close = conn->close_held || front->stopping ||
		answer->reason == FRONT_PARK_REPLACED ||
		answer->reason == FRONT_PARK_BLOCKED;

	i_zero(&head);
	head.status = answer->status;
	head.body = FRONT_HTTP_BODY_SIZED;
	head.body_size = answer->body_size;
	head.close = close;
	front_http_head_begin(text, &head);
	str_append(text, answer->headers);
	if (answer->status == 503) {
		str_printfa(text, "Retry-After: %u\r\n",
			    front->set->retry_after);
	}
	front_http_head_end(text);
	str_append_data(text, answer->body, answer->body_size);
	front_conn_send(conn, str_data(text), str_len(text));

	i_zero(&entry);
	entry.id = answer->id;
	entry.text = answer->log;
	entry.user = front_user_name(answer->user);
	entry.status = answer->status;
	entry.bytes_out = answer->body_size;
	entry.msecs = answer->waited_msecs;
	entry.note = held_note(answer->reason);
	front_log_access(front->event, &entry);

	front_conn_unpark(conn);
	front_conn_request_done(conn, close, FALSE);
}
