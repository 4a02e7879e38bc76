/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the bytes of an answer's body, from the worker's socket to the client's.
   They are passed on as they come: a frame is never gathered. */

#include "lib.h"
#include "str.h"
#include "front-http.h"
#include "front-request-private.h"

#include <sys/socket.h>
#include <sys/uio.h>

/* What is read at once of a body that nobody wants any more */
#define PASS_DISCARD_SIZE 16384

int front_request_pass_begin(struct front_request *req,
			     const struct ipc_frame *frame, size_t length,
			     const char **error_r)
{
	struct iovec iov[2];
	string_t *begin;

	if (req->state == REQUEST_ORPHAN) {
		req->frame_left = length - frame->size;
		return 0;
	}
	if (req->state != REQUEST_ANSWERING) {
		*error_r = "BODY without RESPONSE";
		return -1;
	}
	if (length == 0)
		return 0;
	if (req->has_size && length > req->size_left) {
		*error_r = "more BODY than promised";
		return -1;
	}
	timeout_remove(&req->to_keepalive);
	req->bytes_out += length;
	req->frame_left = length - frame->size;
	if (!req->chunked) {
		req->size_left -= req->has_size ? length : 0;
		front_conn_send(req->conn, frame->data, frame->size);
		return 0;
	}
	begin = t_str_new(16);
	front_http_chunk_begin(begin, length, !req->chunk_open);
	req->chunk_open = TRUE;
	iov[0].iov_base = str_c_modifiable(begin);
	iov[0].iov_len = str_len(begin);
	iov[1].iov_base = (void *)frame->data;
	iov[1].iov_len = frame->size;
	front_conn_sendv(req->conn, iov, N_ELEMENTS(iov));
	return 0;
}

size_t front_request_pass_data(struct front_request *req,
			       const unsigned char *data, size_t size)
{
	size = I_MIN(size, req->frame_left);
	req->frame_left -= size;
	if (req->state == REQUEST_ANSWERING)
		front_conn_send(req->conn, data, size);
	return size;
}

void front_request_pass_end(struct front_request *req)
{
	const char *end = req->chunk_open ?
		FRONT_HTTP_CHUNK_END FRONT_HTTP_LAST_CHUNK :
		FRONT_HTTP_LAST_CHUNK;

	if (req->chunked)
		front_conn_send(req->conn, end, strlen(end));
}

int front_request_pass_socket(struct front_request *req)
{
	unsigned char rest[PASS_DISCARD_SIZE];
	ssize_t ret;

	if (req->state == REQUEST_ANSWERING) {
		ret = front_conn_pass(req->conn, req->fd, req->frame_left);
	} else {
		ret = recv(req->fd, rest, I_MIN(sizeof(rest), req->frame_left),
			   MSG_DONTWAIT);
		if (ret == 0)
			ret = -1;
		else if (ret < 0 && (errno == EAGAIN || errno == EINTR))
			ret = 0;
	}
	if (ret > 0)
		req->frame_left -= ret;
	return ret > 0 ? 1 : ret < 0 ? -1 : 0;
}
