/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_LOG_H
#define FRONT_LOG_H

#include "dovetail-ipc.h"
#include "front-route.h"

/* The access log: one line a request. What clients say is escaped and cut. */

struct front_conn;
struct front_peer;

struct front_log_entry {
	uint64_t id;
	struct ip_addr rip;
	/* front_log_text() */
	const char *text;
	/* NULL: nobody logged in */
	const char *user;
	unsigned int status;
	uoff_t bytes_in, bytes_out;
	unsigned int msecs;
	/* 0: no worker had it */
	pid_t worker_pid;
	/* how it ended, if not as usual; or NULL */
	const char *note;
	/* of the worker; may be NULL */
	const ARRAY_TYPE(ipc_header) *fields;
};

/* What is known when the head was read, but without the device's name, so that
   held requests of one kind have it in common. */
const char *front_log_common(const char *method, const char *path,
			     const struct front_target *target,
			     const char *user_agent);
/* ... and with it */
const char *front_log_text(const char *common, const char *device);
void front_log_access(struct event *event, const struct front_log_entry *entry);
/* A request that could not be read. */
void front_log_broken(const struct front_conn *conn, unsigned int status,
		      const char *method, const char *target,
		      const char *error);
/* Append key=value, quoted if it needs to be. */
void front_log_append(string_t *dest, const char *key, const char *value,
		      size_t max_len);

#endif
