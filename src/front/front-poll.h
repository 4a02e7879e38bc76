/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_POLL_H
#define FRONT_POLL_H

/* The clients' sockets: an epoll of our own within Dovecot's ioloop, because an
   io there is 130 bytes for each connection, all over the heap. */

struct front_poll;

enum front_poll_event {
	FRONT_POLL_READ = 0x01,
	FRONT_POLL_WRITE = 0x02,
};

/* A socket that is gone or broken is readable and writable. It may be removed,
   and closed, from here. */
typedef void front_poll_callback_t(void *context, enum front_poll_event events);

/* NULL: the system is out of something. */
struct front_poll *front_poll_init(front_poll_callback_t *callback);
void front_poll_deinit(struct front_poll **poll);
/* Wait for these events of fd; old: those of the last call. 0: none. */
void front_poll_set(struct front_poll *poll, int fd, void *context,
		    enum front_poll_event old, enum front_poll_event events);

#endif
