/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: who asks, and what is answered without a login. */

#include "lib.h"
#include "str.h"
#include "http-request.h"
#include "dovetail-autodiscover.h"
#include "front-user.h"
#include "front-request-private.h"

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
	} else if (req->session != NULL) {
		/* not on the bus: what a session changes itself may be news to
		   others of its tables */
		req->origin = bus_origin(req->ipc.user, req->session);
	}
	if (!front_route_allows(req->route, req->ipc.method)) {
		front_request_reply(req, 405, t_strdup_printf("Allow: %s\r\n",
			req->route->allow), "", "", NULL);
		return;
	}
	req->state = REQUEST_BODY;
	if (!front_request_body_pending(req)) {
		front_request_dispatch(req);
		return;
	}
	if (req->ipc.has_size && req->ipc.body_size > REQUEST_MAX_KEPT_BODY) {
		/* it goes through while it comes */
		front_request_dispatch(req);
		return;
	}
	front_request_go_on(req);
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
		front_request_reply_login(req, result->reason);
		break;
	case FRONT_LOGIN_DENIED:
		front_request_reply_empty(req, 403, result->reason);
		break;
	case FRONT_LOGIN_ELSEWHERE:
		front_request_reply_elsewhere(req, result->host);
		break;
	case FRONT_LOGIN_TEMPFAIL:
		front_request_reply_later(req, result->reason);
		break;
	}
}

static void request_login(struct front_request *req)
{
	struct front_credentials creds;

	if (!front_request_credentials(req, &creds)) {
		front_request_reply_login(req, NULL);
		return;
	}
	if (!req->peer.secured && req->front->set->disable_plaintext_auth) {
		front_request_reply_empty(req, 403,
					  "login without TLS is disabled");
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
	front_request_reply(req, reply.status, str_c(headers),
			    reply.content_type,
			    reply.body == NULL ? "" : reply.body, reply.log);
	return TRUE;
}

void front_request_begin(struct front_conn *conn, pool_t pool,
			 const struct http_request *http,
			 const struct timeval *started)
{
	struct front_request *req = front_request_create(conn, pool);

	req->started = *started;
	T_BEGIN {
		front_request_read_head(req, http);
		if (front_route_is_healthcheck(req->ipc.path)) {
			front_request_reply(req, 200, "", "text/html",
					    "200 OK\r\n", NULL);
		} else if (!front_route_method_known(req->ipc.method)) {
			front_request_reply_empty(req, 501, NULL);
		} else if (req->route == NULL) {
			front_request_reply_empty(req, 404, NULL);
		} else if (!request_public_autodiscover(req)) {
			request_login(req);
		}
	} T_END;
}
