/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_USER_H
#define FRONT_USER_H

#include "front-table.h"

struct front_park_record;
struct front_request;
struct front_users;
struct front_worker;

/* DOVECOT-TOKEN: what auth takes in place of a password */
struct front_token {
	time_t created;
	pid_t pid;
	/* strings in data, with their '\0' */
	unsigned short token_size, session_size;
	char data[];
};

/* A user who is known to the front for some reason: a cached login, a worker,
   a request, a held request. Each of those holds a reference. */
struct front_user {
	struct front_table_item item;
	struct front_users *users;

	struct front_worker *workers;
	unsigned short workers_count, workers_starting;
	int refcount;
	/* requests that wait for a worker */
	struct front_request *queue_head, *queue_tail;
	struct front_park_record *records;

	/* of the newest worker; NULL: none */
	struct front_token *token;

	/* by what name auth knows the user */
	char name[];
};

struct front_users *front_users_init(void);
void front_users_deinit(struct front_users **users);

/* Get or create, with a reference. */
struct front_user *front_user_get(struct front_users *users, const char *name);
struct front_user *front_user_find(struct front_users *users, const char *name);
void front_user_ref(struct front_user *user);
void front_user_unref(struct front_user **user);
const char *front_user_name(const struct front_user *user);

void front_user_set_token(struct front_user *user, const char *token,
			  const char *session_id, pid_t pid, time_t now);
void front_user_drop_token(struct front_user *user);
const char *front_token_session(const struct front_token *token);
/* Of all users. */
void front_users_drop_tokens(struct front_users *users);
unsigned int front_users_count(const struct front_users *users);

#endif
