/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames over a request's descriptor.  The descriptor is non-blocking; who must
   wait does so here with poll(), so that a stalled peer is noticed. */

#include "lib.h"
#include "buffer.h"
#include "worker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define WORKER_READ_SIZE (32 * 1024)

void worker_conn_init(struct worker_conn *conn, int fd)
{
	i_zero(conn);
	conn->fd = fd;
	conn->in = buffer_create_dynamic(default_pool, 4096);
}

void worker_conn_deinit(struct worker_conn *conn)
{
	buffer_free(&conn->in);
	i_close_fd(&conn->fd);
}

static int worker_conn_wait(struct worker_conn *conn, short events)
{
	struct pollfd pfd = { .fd = conn->fd, .events = events };
	int ret;

	do {
		ret = poll(&pfd, 1, WORKER_STALL_MSECS);
	} while (ret < 0 && errno == EINTR);
	if (ret > 0)
		return 0;
	conn->error = ret == 0 ? "front stalls" : "poll() failed";
	return -1;
}

int worker_conn_read(struct worker_conn *conn, bool block)
{
	void *dest;
	size_t keep;
	ssize_t ret;

	if (conn->error != NULL)
		return -1;
	buffer_delete(conn->in, 0, conn->used);
	conn->used = 0;
	keep = conn->in->used;
	dest = buffer_append_space_unsafe(conn->in, WORKER_READ_SIZE);
	for (;;) {
		ret = read(conn->fd, dest, WORKER_READ_SIZE);
		if (ret >= 0)
			break;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN) {
			conn->error = "connection reset";
			break;
		}
		if (!block) {
			buffer_set_used_size(conn->in, keep);
			return 0;
		}
		if (worker_conn_wait(conn, POLLIN) < 0)
			break;
	}
	buffer_set_used_size(conn->in, keep + (ret > 0 ? ret : 0));
	if (ret == 0)
		conn->error = "client disconnected";
	return ret > 0 ? 1 : -1;
}

int worker_conn_frame(struct worker_conn *conn, bool block,
		      struct ipc_frame *frame_r)
{
	const unsigned char *data;
	const char *error;
	size_t used;
	int ret;

	for (;;) {
		data = CONST_PTR_OFFSET(conn->in->data, conn->used);
		ret = ipc_frame_next(data, conn->in->used - conn->used,
				     frame_r, &used, &error);
		if (ret > 0) {
			conn->used += used;
			return 1;
		}
		if (ret < 0) {
			conn->error = "broken frame";
			return -1;
		}
		ret = worker_conn_read(conn, block);
		if (ret <= 0)
			return ret;
	}
}

int worker_conn_write(struct worker_conn *conn, const void *data, size_t size)
{
	const unsigned char *p = data;
	ssize_t ret;

	while (size > 0 && conn->error == NULL) {
		ret = send(conn->fd, p, size, MSG_NOSIGNAL);
		if (ret > 0) {
			p += ret;
			size -= ret;
		} else if (errno == EAGAIN) {
			(void)worker_conn_wait(conn, POLLOUT);
		} else if (errno != EINTR) {
			conn->error = "client disconnected";
		}
	}
	return conn->error == NULL ? 0 : -1;
}

/* A frame of any size leaves with one system call and is not copied for it. */
static int worker_conn_write_frame(struct worker_conn *conn, const void *data,
				   size_t size)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];
	struct iovec iov[2] = {
		{ .iov_base = header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)data, .iov_len = size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = N_ELEMENTS(iov) };
	size_t sent = 0;
	ssize_t ret;

	ipc_frame_header(header, IPC_BODY, size);
	ret = conn->error != NULL ? -1 : sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
	if (ret > 0)
		sent = ret;
	/* the rest, and waiting, is worker_conn_write()'s */
	if (sent < sizeof(header)) {
		if (worker_conn_write(conn, header + sent,
				      sizeof(header) - sent) < 0)
			return -1;
		sent = sizeof(header);
	}
	sent -= sizeof(header);
	return worker_conn_write(conn, CONST_PTR_OFFSET(data, sent),
				 size - sent);
}

int worker_conn_write_body(struct worker_conn *conn, const void *data,
			   size_t size)
{
	const unsigned char *p = data;
	size_t chunk;

	for (; size > 0; p += chunk, size -= chunk) {
		chunk = I_MIN(size, IPC_BODY_CHUNK);
		if (worker_conn_write_frame(conn, p, chunk) < 0)
			return -1;
	}
	return 0;
}
