/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the text of response heads and chunks (RFC 7230, RFC 7231). Pure. */

#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "http-date.h"
#include "front-http.h"

#include <ctype.h>

static const struct {
	unsigned int status;
	const char *reason;
} http_reasons[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 302, "Found" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Payload Too Large" },
	{ 414, "URI Too Long" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 449, "Retry after sending a PROVISION command" },
	{ 451, "Redirect" },
	{ 456, "Blocked" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *front_http_reason(unsigned int status)
{
	for (unsigned int i = 0; i < N_ELEMENTS(http_reasons); i++) {
		if (http_reasons[i].status == status)
			return http_reasons[i].reason;
	}
	return "Response";
}

static bool value_is_clean(const char *value)
{
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value < ' ' && *value != '\t')
			return FALSE;
	}
	return TRUE;
}

void front_http_head_begin(string_t *dest, const struct front_http_head *head)
{
	const char *reason = head->reason;

	if (reason == NULL || *reason == '\0' || !value_is_clean(reason))
		reason = front_http_reason(head->status);
	str_printfa(dest, "HTTP/1.1 %u %s\r\nDate: %s\r\n", head->status,
		    reason, http_date_create(ioloop_time));
	switch (head->body) {
	case FRONT_HTTP_BODY_SIZED:
		str_printfa(dest, "Content-Length: %"PRIuUOFF_T"\r\n",
			    head->body_size);
		break;
	case FRONT_HTTP_BODY_CHUNKED:
		str_append(dest, "Transfer-Encoding: chunked\r\n");
		break;
	default:
		break;
	}
	if (head->close)
		str_append(dest, "Connection: close\r\n");
}

static bool name_is_clean(const char *name)
{
	static const char *const own[] = {
		"Date", "Connection", "Content-Length", "Transfer-Encoding",
		"Keep-Alive", "Trailer", "Upgrade", NULL
	};

	if (*name == '\0' || str_array_icase_find(own, name))
		return FALSE;
	for (; *name != '\0'; name++) {
		if (!i_isalnum(*name) && strchr("-_!#$%&'*+.^`|~", *name) == NULL)
			return FALSE;
	}
	return TRUE;
}

bool front_http_header(string_t *dest, const char *name, const char *value)
{
	if (!name_is_clean(name) || !value_is_clean(value))
		return FALSE;
	str_printfa(dest, "%s: %s\r\n", name, value);
	return TRUE;
}

void front_http_head_end(string_t *dest)
{
	str_append(dest, "\r\n");
}

void front_http_chunk_begin(string_t *dest, size_t size, bool first)
{
	str_printfa(dest, "%s%zx\r\n", first ? "" : FRONT_HTTP_CHUNK_END,
		    size);
}
