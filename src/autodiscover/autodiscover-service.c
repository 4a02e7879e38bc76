/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker's handler: a request after login becomes the pure function's
   input, its reply the answer. */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "guid.h"
#include "dovetail-autodiscover.h"
#include "dovetail-service.h"
#include "dovetail-store.h"

/* FALSE if the client went away.  One byte above the limit is enough to know
   that the body is too large. */
static bool read_body(struct service_request *req, buffer_t *body)
{
	const unsigned char *data;
	size_t size;
	int ret = 0;

	while (body->used <= AUTODISCOVER_MAX_BODY &&
	       (ret = i_stream_read_more(req->body, &data, &size)) > 0) {
		size = I_MIN(size, AUTODISCOVER_MAX_BODY + 1 - body->used);
		buffer_append(body, data, size);
		i_stream_skip(req->body, size);
	}
	return ret >= 0 || req->body->stream_errno == 0;
}

static void
send_reply(struct service_request *req, const struct autodiscover_reply *reply)
{
	const char *reason = reply->status == 200 ? "OK" :
		reply->status == 302 ? "Found" :
		reply->status == 405 ? "Method Not Allowed" :
		reply->status == 413 ? "Payload Too Large" : "Bad Request";

	if (reply->content_type != NULL) {
		service_reply_data(req, reply->status, reason,
				   reply->content_type, reply->body,
				   reply->body_size);
		return;
	}
	service_reply_begin(req, reply->status, reason);
	if (reply->location != NULL)
		service_reply_header(req, "Location", reply->location);
	if (reply->allow != NULL)
		service_reply_header(req, "Allow", reply->allow);
}

void autodiscover_service_handle(struct service_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);
	buffer_t *body = buffer_create_dynamic(req->pool, 1024);
	struct autodiscover_reply reply;
	struct autodiscover_input in = {
		.pool = req->pool,
		.method = req->method, .path = req->path, .query = req->query,
		.user = store_username(req->store),
		.email = set->address, .display_name = set->display_name,
		.base_url = req->base_url, .secured = req->secured,
	};

	if (!read_body(req, body))
		return;
	in.body = body->data;
	in.body_size = body->used;
	/* 0 cannot be: there is a user. */
	if (autodiscover_handle(&in, &reply) <= 0) {
		service_reply_begin(req, 404, "Not Found");
		return;
	}
	service_log(req, "autodiscover", reply.log);
	send_reply(req, &reply);
}
