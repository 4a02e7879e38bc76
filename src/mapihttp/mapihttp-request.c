/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all request types have in common (MS-OXCMAPIHTTP 2.2.2, 2.2.3): headers both
   ways, meta-tags, failures. */

#include "mapihttp-private.h"
#include "http-date.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "strnum.h"
#include "time-util.h"
#include "dovetail-ipc.h"
#include "dovetail-settings.h"
#include "dovetail-store.h"

#include <ctype.h>

/* The server we are like: Exchange 2016, of the form that 2.2.3.3.7 demands */
#define SERVER_APPLICATION "Exchange/15.01.2507.035"
#define CONTENT_TYPE "application/mapi-http"
#define COOKIE_CONTEXT IPC_SESSION_COOKIE
#define COOKIE_SEQUENCE "MapiSequence"

/* Defaults of the settings: 2.2.3.3.5, 3.2.2 */
#define DEFAULT_EXPIRY_SECS (15 * 60)
#define DEFAULT_PENDING_SECS 30
#define DEFAULT_WAIT_SECS (5 * 60)
/* PENDING comes so much earlier than was told */
#define PENDING_MARGIN_SECS 5
/* The front holds the same wait again without asking us: a session may be silent
   for so many times its hold */
#define WAIT_TIMES 4

#define TAG_PROCESSING "PROCESSING\r\n"
#define TAG_PENDING "PENDING\r\n"

static const struct {
	enum mapihttp_code code;
	const char *name;
} code_names[] = {
	{ MAPIHTTP_OK, "Success" },
	{ MAPIHTTP_UNKNOWN_FAILURE, "Unknown Failure" },
	{ MAPIHTTP_INVALID_VERB, "Invalid Verb" },
	{ MAPIHTTP_INVALID_PATH, "Invalid Path" },
	{ MAPIHTTP_INVALID_HEADER, "Invalid Header" },
	{ MAPIHTTP_INVALID_REQUEST_TYPE, "Invalid Request Type" },
	{ MAPIHTTP_INVALID_COOKIE, "Invalid Context Cookie" },
	{ MAPIHTTP_MISSING_HEADER, "Missing Header" },
	{ MAPIHTTP_ANONYMOUS, "Anonymous Not Allowed" },
	{ MAPIHTTP_TOO_LARGE, "Too Large" },
	{ MAPIHTTP_CONTEXT_NOT_FOUND, "Context Not Found" },
	{ MAPIHTTP_NO_PRIVILEGE, "No Privilege" },
	{ MAPIHTTP_INVALID_BODY, "Invalid Request Body" },
	{ MAPIHTTP_MISSING_COOKIE, "Missing Cookie" },
	{ MAPIHTTP_INVALID_SEQUENCE, "Invalid Sequence" },
	{ MAPIHTTP_DISABLED, "Endpoint Disabled" },
	{ MAPIHTTP_INVALID_RESPONSE, "Invalid Response" },
	{ MAPIHTTP_SHUTTING_DOWN, "Endpoint Shutting Down" },
};

const char *mapihttp_code_name(enum mapihttp_code code)
{
	for (unsigned int i = 0; i < N_ELEMENTS(code_names); i++) {
		if (code_names[i].code == code)
			return code_names[i].name;
	}
	return "Unknown Failure";
}

void mapihttp_log(struct mapihttp_request *req, const char *key,
		  const char *value)
{
	service_log(req->service, key, value);
}

static void env_log(void *context, const char *key, const char *value)
{
	mapihttp_log(context, key, value);
}

unsigned int mapihttp_setting(const struct mapihttp_request *req,
			      const char *name, unsigned int def)
{
	return dovetail_setting_uint(name,
		store_setting(req->service->store, name), def);
}

bool mapihttp_request_is(const struct mapihttp_request *req, const char *type)
{
	return strcasecmp(req->type, type) == 0;
}

/* --- answers --------------------------------------------------------------- */

/* What comes back must fit into a header line. */
static const char *header_echo(struct mapihttp_request *req, const char *name)
{
	const char *value = service_request_header(req->service, name);

	if (value == NULL || strlen(value) > 1024)
		return NULL;
	return value;
}

static void reply_header(struct mapihttp_request *req, const char *name,
			 const char *value)
{
	if (value != NULL)
		service_reply_header(req->service, name, value);
}

static const char *cookie(const char *name, const char *value)
{
	return t_strconcat(name, "=", value, NULL);
}

/* 2.2.2.2; the code is the one of the beginning */
static void reply_headers(struct mapihttp_request *req, enum mapihttp_code code)
{
	const struct mapihttp_session *session = req->session;

	reply_header(req, "Content-Type",
		     code == MAPIHTTP_OK ? CONTENT_TYPE : "text/html");
	reply_header(req, "X-RequestType", header_echo(req, "X-RequestType"));
	reply_header(req, "X-RequestId", header_echo(req, "X-RequestId"));
	reply_header(req, "X-ClientInfo", header_echo(req, "X-ClientInfo"));
	reply_header(req, "X-ResponseCode", dec2str(code));
	reply_header(req, "X-ServerApplication", SERVER_APPLICATION);
	reply_header(req, "X-ExpirationInfo", dec2str(req->expiry));
	reply_header(req, "X-PendingPeriod", dec2str(req->pending_period));
	reply_header(req, "Cache-Control", "private");
	if (session != NULL) {
		reply_header(req, "Set-Cookie",
			     cookie(COOKIE_CONTEXT, session->sid));
		reply_header(req, "Set-Cookie",
			     cookie(COOKIE_SEQUENCE, session->seq));
	}
}

static unsigned int pending_secs(const struct mapihttp_request *req)
{
	unsigned int secs = req->pending_period / 1000;

	return secs > 2 * PENDING_MARGIN_SECS ? secs - PENDING_MARGIN_SECS :
		I_MAX(secs, 1);
}

static const char *done_text(const char *start, const char *elapsed)
{
	return t_strdup_printf("DONE\r\nX-ResponseCode: 0\r\n"
		"X-ElapsedTime: %s\r\nX-StartTime: %s\r\n\r\n", elapsed,
		start);
}

void mapihttp_reply_begin(struct mapihttp_request *req)
{
	const struct service_stream stream = {
		.preamble = TAG_PROCESSING, .keepalive = TAG_PENDING,
		.keepalive_secs = pending_secs(req),
	};

	mapihttp_log(req, "code", "0");
	service_reply_begin(req->service, 200, "OK");
	reply_headers(req, MAPIHTTP_OK);
	service_reply_stream(req->service, &stream);
}

void mapihttp_reply_ended(struct mapihttp_request *req)
{
	service_reply_session_ended(req->service);
	mapihttp_reply_begin(req);
}

void mapihttp_reply_end(struct mapihttp_request *req, const void *body,
			size_t size)
{
	struct ostream *output = service_reply_body(req->service);
	struct timeval now;
	const char *done;
	int msecs;

	i_gettimeofday(&now);
	msecs = timeval_diff_msecs(&now, &req->started);
	done = done_text(http_date_create(req->started.tv_sec),
			 dec2str(I_MAX(msecs, 0)));
	o_stream_nsend_str(output, done);
	if (size > 0)
		o_stream_nsend(output, body, size);
}

void mapihttp_reply(struct mapihttp_request *req, const buffer_t *body)
{
	mapihttp_reply_begin(req);
	mapihttp_reply_end(req, body->data, body->used);
}

/* 2.2.2.2: HTTP's status stays 200; the body is for people */
void mapihttp_fail(struct mapihttp_request *req, enum mapihttp_code code,
		   const char *why)
{
	const char *text = t_strdup_printf(
		"<html><head><title>%s</title></head><body><p>X-ResponseCode "
		"%u: %s</p></body></html>\r\n", mapihttp_code_name(code), code,
		mapihttp_code_name(code));
	struct ostream *output;

	mapihttp_log(req, "code", dec2str(code));
	mapihttp_log(req, "error", why);
	mapihttp_session_peek(req);
	service_reply_begin(req->service, 200, "OK");
	reply_headers(req, code);
	output = service_reply_body(req->service);
	o_stream_nsend_str(output, text);
}

/* --- a held one -------------------------------------------------------------- */

static const char *const *hold_headers(struct mapihttp_request *req)
{
	ARRAY_TYPE(const_string) list;
	const char *const pairs[] = {
		"X-RequestType", req->type,
		"X-ResponseCode", "0",
		"X-ServerApplication", SERVER_APPLICATION,
		"X-ExpirationInfo", p_strdup(req->pool, dec2str(req->expiry)),
		"X-PendingPeriod",
		p_strdup(req->pool, dec2str(req->pending_period)),
		"Cache-Control", "private",
		"Set-Cookie",
		p_strdup(req->pool, cookie(COOKIE_CONTEXT, req->session->sid)),
		"Set-Cookie",
		p_strdup(req->pool, cookie(COOKIE_SEQUENCE,
			mapihttp_session_wait_seq(req->session))),
	};

	p_array_init(&list, req->pool, N_ELEMENTS(pairs) + 1);
	for (unsigned int i = 0; i < N_ELEMENTS(pairs); i++)
		array_push_back(&list, &pairs[i]);
	array_append_zero(&list);
	return array_front(&list);
}

static void hold_watches(struct mapihttp_request *req,
			 const ARRAY_TYPE(emsmdb_watch) *watches,
			 const buffer_t *pending, struct service_park *park)
{
	const struct emsmdb_watch *src;
	struct service_watch *dest;

	dest = p_new(req->pool, struct service_watch,
		     array_count(watches) + 1);
	park->watches = dest;
	array_foreach(watches, src) {
		/* the front takes no more of them; whoever watches so many
		   hears of most, and the rest at its next look */
		if (park->watches_count == IPC_MAX_WATCHES)
			break;
		dest->owner = src->owner;
		memcpy(dest->guid, src->guid, sizeof(dest->guid));
		dest->answer = pending->data;
		dest->answer_size = pending->used;
		dest++;
		park->watches_count++;
	}
}

void mapihttp_hold(struct mapihttp_request *req,
		   const ARRAY_TYPE(emsmdb_watch) *watches,
		   unsigned int max_secs)
{
	buffer_t *nothing = buffer_create_dynamic(req->pool, 16);
	buffer_t *pending = buffer_create_dynamic(req->pool, 16);
	const struct service_stream stream = {
		.preamble = TAG_PROCESSING, .keepalive = TAG_PENDING,
		.keepalive_secs = pending_secs(req),
		.done = done_text("%T", "%E"),
		.echo = "X-RequestId X-ClientInfo",
	};
	struct service_park park;

	mapihttp_wait_answer(nothing, 0, FALSE);
	mapihttp_wait_answer(pending, 0, TRUE);
	i_zero(&park);
	park.kind = SERVICE_PARK_ANSWER;
	park.name = "notify";
	park.seconds = mapihttp_setting(req, "dovetail_mapi_wait",
					DEFAULT_WAIT_SECS);
	if (max_secs != 0)
		park.seconds = I_MIN(park.seconds, max_secs);
	park.content_type = CONTENT_TYPE;
	park.headers = hold_headers(req);
	park.timeout_answer = nothing->data;
	park.timeout_answer_size = nothing->used;
	park.stream = &stream;
	hold_watches(req, watches, pending, &park);
	mapihttp_session_used(req->session, park.seconds * 1000 * WAIT_TIMES);
	mapihttp_log(req, "code", "0");
	service_park(req->service, &park);
}

/* --- requests ------------------------------------------------------------------ */

/* Cookies may come in several headers. */
static const char *request_cookie(const struct mapihttp_request *req,
				  const char *name)
{
	const char *const *header = req->service->headers;
	const char *value;

	for (; *header != NULL; header += 2) {
		if (strcasecmp(header[0], "Cookie") != 0)
			continue;
		value = ipc_cookie_find(header[1], name);
		if (value != NULL && *value != '\0')
			return p_strdup(req->pool, value);
	}
	return NULL;
}

/* "Outlook/16.0.4266.1001" of X-ClientApplication (2.2.3.3.6), else "MAPI 16.0.4266"
   of the User-Agent */
static void request_client_version(struct mapihttp_request *req)
{
	const char *text = service_request_header(req->service,
						  "X-ClientApplication");
	const char *const *parts, *p;
	unsigned int i, n;

	text = text == NULL ? NULL : strchr(text, '/');
	if (text == NULL) {
		text = service_request_header(req->service, "User-Agent");
		text = text == NULL ? NULL : strstr(text, "MAPI ");
		if (text != NULL)
			text += strlen("MAPI");
	}
	if (text == NULL)
		return;
	parts = t_strsplit(t_strcut(text + 1, ' '), ".");
	for (i = 0; i < 3 && parts[i] != NULL; i++) {
		n = 0;
		for (p = parts[i]; i_isdigit(*p) && n < 0xffff; p++)
			n = n * 10 + (*p - '0');
		req->env.client_version[i] = I_MIN(n, 0xffff);
	}
}

static void request_init(struct mapihttp_request *req,
			 struct service_request *service,
			 enum mapihttp_kind kind)
{
	i_zero(req);
	req->service = service;
	req->pool = service->pool;
	req->kind = kind;
	i_gettimeofday(&req->started);
	req->env.pool = service->pool;
	req->env.event = service->event;
	req->env.store = service->store;
	req->env.directory = service->directory;
	req->env.submit = service->submit;
	req->env.sieve = service->sieve;
	req->env.base_url = service->base_url;
	req->env.log = env_log;
	req->env.log_context = req;
	req->type = service_request_header(service, "X-RequestType");
	req->request_id = service_request_header(service, "X-RequestId");
	req->sid = request_cookie(req, COOKIE_CONTEXT);
	req->seq = request_cookie(req, COOKIE_SEQUENCE);
	request_client_version(req);
	req->expiry = 1000 * mapihttp_setting(req,
		"dovetail_mapi_session_expiry", DEFAULT_EXPIRY_SECS);
	req->pending_period = 1000 * mapihttp_setting(req,
		"dovetail_mapi_pending_period", DEFAULT_PENDING_SECS);
}

/* FALSE: the client is gone. */
static bool request_read_body(struct mapihttp_request *req)
{
	struct istream *input = req->service->body;
	const unsigned char *data;
	size_t size;
	int ret = 0;

	req->body = buffer_create_dynamic(req->pool, 1024);
	while (req->body->used <= MAPIHTTP_MAX_BODY &&
	       (ret = i_stream_read_more(input, &data, &size)) > 0) {
		size = I_MIN(size, MAPIHTTP_MAX_BODY + 1 - req->body->used);
		buffer_append(req->body, data, size);
		i_stream_skip(input, size);
	}
	return ret >= 0 || input->stream_errno == 0;
}

/* A type is text; its parameters do not matter. */
static bool content_type_is_ours(const char *value)
{
	return strcasecmp(t_str_rtrim(t_strcut(value, ';'), " \t"),
			  CONTENT_TYPE) == 0;
}

/* 2.2.2.1: MAPIHTTP_OK, or what is wrong with the head */
static enum mapihttp_code
request_check_head(struct mapihttp_request *req, const char **why_r)
{
	const char *type =
		service_request_header(req->service, "Content-Type");

	*why_r = "X-RequestType";
	if (req->type == NULL || *req->type == '\0')
		return MAPIHTTP_MISSING_HEADER;
	*why_r = "X-RequestId";
	if (req->request_id == NULL || *req->request_id == '\0')
		return MAPIHTTP_MISSING_HEADER;
	if (strlen(req->request_id) > MAPIHTTP_MAX_REQUEST_ID)
		return MAPIHTTP_INVALID_HEADER;
	*why_r = "Content-Type";
	/* a PING has no content */
	if (type == NULL)
		return req->body->used == 0 ? MAPIHTTP_OK :
			MAPIHTTP_MISSING_HEADER;
	return content_type_is_ours(type) ? MAPIHTTP_OK :
		MAPIHTTP_INVALID_HEADER;
}

/* 2.2.6, 3.2.5.3: refreshes the session, if there is one */
static void request_ping(struct mapihttp_request *req)
{
	enum mapihttp_code code;
	buffer_t *nothing = t_buffer_create(1);

	code = req->sid == NULL ? MAPIHTTP_OK : mapihttp_session_find(req);
	if (code != MAPIHTTP_OK)
		mapihttp_fail(req, code, "PING");
	else
		mapihttp_reply(req, nothing);
}

static void request_run(struct mapihttp_request *req)
{
	const char *set = store_setting(req->service->store, "dovetail_mapi");
	enum mapihttp_code code;
	const char *why;

	if (!dovetail_setting_bool(set, TRUE)) {
		mapihttp_fail(req, MAPIHTTP_DISABLED, "dovetail_mapi = no");
		return;
	}
	if (strcmp(req->service->method, "POST") != 0) {
		mapihttp_fail(req, MAPIHTTP_INVALID_VERB,
			      req->service->method);
		return;
	}
	if (!request_read_body(req))
		return;
	if (req->body->used > MAPIHTTP_MAX_BODY) {
		mapihttp_fail(req, MAPIHTTP_TOO_LARGE, "body");
		return;
	}
	code = request_check_head(req, &why);
	if (req->type != NULL)
		mapihttp_log(req, "cmd", t_strndup(req->type, 32));
	if (req->sid != NULL && mapihttp_sid_is_valid(req->sid))
		mapihttp_log(req, "session", t_strndup(req->sid, 8));
	if (code != MAPIHTTP_OK)
		mapihttp_fail(req, code, why);
	else if (mapihttp_request_is(req, "PING"))
		request_ping(req);
	else if (req->kind == MAPIHTTP_EMSMDB)
		mapihttp_emsmdb(req);
	else
		mapihttp_nspi(req);
}

void mapihttp_handle(struct service_request *service, enum mapihttp_kind kind)
{
	struct mapihttp_request req;
	char end = service->path[strlen(kind == MAPIHTTP_EMSMDB ?
		MAPIHTTP_PATH_EMSMDB : MAPIHTTP_PATH_NSPI)];

	if (end != '\0' && end != '/') {
		mapihttp_other_handle(service);
		return;
	}
	request_init(&req, service, kind);
	store_set_origin(service->store, 0);
	request_run(&req);
	if (req.session != NULL && req.session->emsmdb != NULL)
		emsmdb_request_done(req.session->emsmdb);
}

/* 2.2.3.3.3, 3: below /mapi, but neither of the two */
void mapihttp_other_handle(struct service_request *service)
{
	struct mapihttp_request req;

	request_init(&req, service, MAPIHTTP_EMSMDB);
	mapihttp_fail(&req, MAPIHTTP_INVALID_PATH, service->path);
}
