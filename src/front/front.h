/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_H
#define FRONT_H

#include "lib.h"
#include "net.h"
#include "front-settings.h"

/* The name of the service in Dovecot's auth: of the front's logins, of the
   tokens, and of the worker's sessions. They must be the same. */
#define FRONT_SERVICE_NAME "dovetail"

struct front_auth;
struct front_bus;
struct front_conn;
struct front_events;
struct front_gate;
struct front_park;
struct front_poll;
struct front_rate;
struct front_request;
struct front_users;
struct front_workers;

/* The whole process. */
struct front {
	struct event *event;
	const struct front_settings *set;

	struct front_gate *gate;
	struct front_auth *auth;
	struct front_users *users;
	struct front_workers *workers;
	struct front_events *events;
	struct front_park *park;
	struct front_bus *bus;
	struct front_rate *rate;
	void *ssl_ctx;
	/* Answers' bodies go through it, see front_conn_pass(); -1: none */
	int pass_pipe[2];

	/* connections by what they are doing, each in order of time */
	struct front_conn *fresh_head, *fresh_tail;
	struct front_conn *idle_head, *idle_tail;
	struct front_conn *busy_head, *busy_tail;
	unsigned int conns_count;
	struct front_poll *poll;
	/* requests that a worker has: the oldest generation first */
	struct front_request *asked_head, *asked_tail;
	struct timeout *to_tick, *to_stop;

	uint64_t last_request_id, trimmed_request_id;
	time_t last_trim;
	/* bytes that malloc() had free then */
	size_t trimmed_free;
	/* the last trim was amid work */
	bool trim_again;
	unsigned int requests_active;
	bool stopping;
};

/* The front is stopping, and a request has ended: was it the last one? */
void front_stop_check(struct front *front);

#endif
