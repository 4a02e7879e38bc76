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

/* All of it, in as few system calls as the socket allows; iov is used up. */
static int worker_conn_writev(struct worker_conn *conn, struct iovec *iov,
			      unsigned int count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };
	ssize_t ret;

	while (msg.msg_iovlen > 0 && conn->error == NULL) {
		ret = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
		if (ret < 0 && errno == EAGAIN)
			(void)worker_conn_wait(conn, POLLOUT);
		else if (ret < 0 && errno != EINTR)
			conn->error = "client disconnected";
		while (ret >= 0 && msg.msg_iovlen > 0 &&
		       (size_t)ret >= msg.msg_iov->iov_len) {
			ret -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (ret > 0) {
			msg.msg_iov->iov_base =
				PTR_OFFSET(msg.msg_iov->iov_base, ret);
			msg.msg_iov->iov_len -= ret;
		}
	}
	return conn->error == NULL ? 0 : -1;
}

int worker_conn_write_body(struct worker_conn *conn, const void *first,
			   size_t first_size, const void *data, size_t size)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];
	struct iovec iov[3];
	size_t part1, part2;

	while (first_size + size > 0) {
		part1 = I_MIN(first_size, IPC_BODY_CHUNK);
		part2 = I_MIN(size, IPC_BODY_CHUNK - part1);
		ipc_frame_header(header, IPC_BODY, part1 + part2);
		iov[0].iov_base = header;
		iov[0].iov_len = sizeof(header);
		iov[1].iov_base = (void *)first;
		iov[1].iov_len = part1;
		iov[2].iov_base = (void *)data;
		iov[2].iov_len = part2;
		if (worker_conn_writev(conn, iov, N_ELEMENTS(iov)) < 0)
			return -1;
		first = CONST_PTR_OFFSET(first, part1);
		first_size -= part1;
		data = CONST_PTR_OFFSET(data, part2);
		size -= part2;
	}
	return 0;
}
