/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading a request's head. */

#include "lib.h"
#include "net.h"
#include "http-request.h"
#include "front-log.h"
#include "front-request-private.h"

#include <time.h>

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

/* Cookies may come in several headers. */
static void request_read_session(struct front_request *req)
{
	const struct ipc_header *header;
	const char *value;

	if (req->route == NULL || req->route->session_cookie == NULL)
		return;
	array_foreach(&req->ipc.headers, header) {
		if (strcasecmp(header->name, "Cookie") != 0)
			continue;
		value = ipc_cookie_find(header->value,
					req->route->session_cookie);
		if (value != NULL && *value != '\0') {
			req->session = p_strdup(req->pool, value);
			return;
		}
	}
}

static uint64_t request_arrived(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
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

void front_request_read_head(struct front_request *req,
			     const struct http_request *http)
{
	struct ipc_request *ipc = &req->ipc;
	int ret;

	ipc->id = ++req->front->last_request_id;
	ipc->method = p_strdup(req->pool, http->method);
	request_read_target(req, http);
	request_read_proxy_headers(req, http);
	request_copy_headers(req, http);
	request_read_session(req);
	ipc->arrived = request_arrived();
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
	req->log_common = p_strdup(req->pool,
		front_log_common(ipc->method, ipc->path, &req->target,
				 req->user_agent));
}
