/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_HTTP_H
#define FRONT_HTTP_H

#include "dovetail-ipc.h"

/* The text of HTTP responses. */

enum front_http_body {
	FRONT_HTTP_BODY_NONE,	/* 1xx, 204, 304 */
	FRONT_HTTP_BODY_SIZED,
	FRONT_HTTP_BODY_CHUNKED,
	FRONT_HTTP_BODY_UNTIL_CLOSE,
};

struct front_http_head {
	unsigned int status;
	/* NULL: the usual one */
	const char *reason;
	enum front_http_body body;
	uoff_t body_size;
	bool close;
};

/* Status line, Date, framing headers; headers and the empty line follow. */
void front_http_head_begin(string_t *dest, const struct front_http_head *head);
/* FALSE: the header is not allowed (framing) or broken (CR, LF, NUL in it);
   nothing is appended. */
bool front_http_header(string_t *dest, const char *name, const char *value);
void front_http_head_end(string_t *dest);

const char *front_http_reason(unsigned int status);

/* The line before a chunk, with the end of the one before it */
void front_http_chunk_begin(string_t *dest, size_t size, bool first);
#define FRONT_HTTP_CHUNK_END "\r\n"
#define FRONT_HTTP_LAST_CHUNK "0\r\n\r\n"

#endif
