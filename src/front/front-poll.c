/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: waiting for clients' sockets. */

#include "lib.h"
#include "fd-util.h"
#include "ioloop.h"
#include "front-poll.h"

#include <sys/epoll.h>

/* so many at a time, then others get their turn */
#define POLL_MAX_EVENTS 64

struct front_poll {
	int fd;
	struct io *io;
	front_poll_callback_t *callback;
};

static void poll_input(struct front_poll *poll)
{
	enum front_poll_event events;
	struct epoll_event event;

	/* One at a time: the callback may free what the next event is about. */
	for (unsigned int i = 0; i < POLL_MAX_EVENTS; i++) {
		if (epoll_wait(poll->fd, &event, 1, 0) <= 0)
			break;
		events = 0;
		if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
			events |= FRONT_POLL_READ;
		if ((event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
			events |= FRONT_POLL_WRITE;
		poll->callback(event.data.ptr, events);
	}
}

struct front_poll *front_poll_init(front_poll_callback_t *callback)
{
	struct front_poll *poll;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return NULL;
	poll = i_new(struct front_poll, 1);
	poll->fd = fd;
	poll->callback = callback;
	poll->io = io_add(fd, IO_READ, poll_input, poll);
	return poll;
}

void front_poll_deinit(struct front_poll **_poll)
{
	struct front_poll *poll = *_poll;

	*_poll = NULL;
	io_remove(&poll->io);
	i_close_fd(&poll->fd);
	i_free(poll);
}

void front_poll_set(struct front_poll *poll, int fd, void *context,
		    enum front_poll_event old, enum front_poll_event events)
{
	struct epoll_event event;
	int op;

	if (old == events)
		return;
	op = old == 0 ? EPOLL_CTL_ADD :
		(events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD);
	i_zero(&event);
	event.data.ptr = context;
	if ((events & FRONT_POLL_READ) != 0)
		event.events |= EPOLLIN;
	if ((events & FRONT_POLL_WRITE) != 0)
		event.events |= EPOLLOUT;
	if (epoll_ctl(poll->fd, op, fd, &event) < 0)
		i_fatal("epoll_ctl(%d) failed: %m", op);
}
