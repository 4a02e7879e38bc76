/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_WORKER_H
#define FRONT_WORKER_H

#include "front-auth.h"

struct front;
struct front_request;
struct front_user;

/* A worker process of a user, seen through its main socket. It serves one
   request at a time. */
struct front_worker {
	struct front_worker *prev, *next;	/* of the user */
	struct front_worker *idle_prev, *idle_next;	/* oldest first */
	struct front_worker *all_prev, *all_next;
	struct front_workers *workers;
	struct front_user *user;

	int fd;
	struct io *io;
	struct istream *input;
	struct timeout *to;
	/* while it is started */
	struct front_login *login;
	struct front_peer peer;
	struct front_gate_ticket *ticket;
	unsigned int master_tag;
	pid_t pid;

	struct front_request *req;
	/* the device it served last */
	uint64_t last_origin;
	/* origins of the sessions it has, i_malloc()ed */
	uint64_t *sessions;
	unsigned int sessions_count, sessions_size;
	/* asked whether it may end */
	bool asked_to_leave:1;
	/* it said no */
	bool stays:1;
	bool ready, idle, idle_held, master_done;
};

struct front_workers *front_workers_init(struct front *front);
/* Closes all; their requests must be gone. */
void front_workers_deinit(struct front_workers **workers);

/* The request (its user is set) wants a worker. It gets front_request_start()
   or front_request_no_worker(), now or later. */
void front_workers_want(struct front_workers *workers,
			struct front_request *req);
/* It wants none any more. */
void front_workers_forget(struct front_workers *workers,
			  struct front_request *req);
/* The request on it is over; held: it waits at the front, so that its device
   most likely says nothing for a while. */
void front_worker_free_again(struct front_worker *worker, bool held);
/* Requests of the session (its origin) go to this worker alone, as long as it
   lives. */
void front_worker_add_session(struct front_worker *worker, uint64_t origin);
void front_worker_forget_session(struct front_worker *worker, uint64_t origin);
/* Its socket does not work: forget it. */
void front_worker_broken(struct front_worker *worker);

/* Close the workers of a user who was blocked; running requests end. */
void front_workers_close_user(struct front_workers *workers,
			      struct front_user *user);
unsigned int front_workers_count(const struct front_workers *workers);

#endif
