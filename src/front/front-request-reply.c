/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: short answers of the front itself. */

#include "lib.h"
#include "str.h"
#include "front-http.h"
#include "front-request-private.h"

/* An unread body up to this is read away to keep the connection. */
#define REQUEST_MAX_DRAIN (256 * 1024)

/* How much of the body would have to be read away? */
bool front_request_must_close(const struct front_request *req)
{
	if (req->close || req->front->stopping)
		return TRUE;
	if (!front_request_body_pending(req))
		return FALSE;
	/* a client that waits for "100 Continue" may not send it at all */
	return req->expect_continue || !req->ipc.has_size ||
		req->ipc.body_size > REQUEST_MAX_DRAIN;
}

void front_request_reply_data(struct front_request *req, unsigned int status,
			      const char *headers, const void *body,
			      size_t body_size, const char *note)
{
	struct front_http_head head;
	string_t *text = t_str_new(512);

	i_assert(req->state < REQUEST_ANSWERING);
	req->status = status;
	req->close = front_request_must_close(req);
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
	front_request_complete(req, note);
}

void front_request_reply(struct front_request *req, unsigned int status,
			 const char *headers, const char *content_type,
			 const char *body, const char *note)
{
	if (*body != '\0') {
		headers = t_strconcat(headers, "Content-Type: ", content_type,
				      "\r\n", NULL);
	}
	front_request_reply_data(req, status, headers, body, strlen(body),
				 note);
}

void front_request_reply_empty(struct front_request *req, unsigned int status,
			       const char *note)
{
	front_request_reply(req, status, "", "", "", note);
}

void front_request_reply_later(struct front_request *req, const char *note)
{
	front_request_reply(req, 503, t_strdup_printf("Retry-After: %u\r\n",
		req->front->set->retry_after), "", "", note);
}

void front_request_reply_login(struct front_request *req, const char *note)
{
	string_t *headers = t_str_new(128);

	front_auth_challenges(req->front->auth, headers);
	front_request_reply(req, 401, str_c(headers), "", "", note);
}

void front_request_reply_elsewhere(struct front_request *req, const char *host)
{
	const char *url, *headers;

	if (req->route->ms_location) {
		/* MS-ASHTTP 2.2.2.1.1.? status 451 */
		url = t_strdup_printf("https://%s/Microsoft-Server-ActiveSync",
				      host);
		headers = t_strdup_printf("X-MS-Location: %s\r\n", url);
		front_request_reply(req, 451, headers, "", "", host);
	} else {
		url = t_strdup_printf("https://%s%s", host, req->ipc.path);
		headers = t_strdup_printf("Location: %s\r\n", url);
		front_request_reply(req, 302, headers, "", "", host);
	}
}
