/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the users the front knows at the moment, and their tokens. */

#include "lib.h"
#include "hash.h"
#include "safe-memset.h"
#include "front-mem.h"
#include "front-user.h"

struct front_users {
	struct front_table table;
};

struct front_users *front_users_init(void)
{
	struct front_users *users = i_new(struct front_users, 1);

	front_table_init(&users->table);
	return users;
}

void front_users_deinit(struct front_users **_users)
{
	struct front_users *users = *_users;

	*_users = NULL;
	front_table_deinit(&users->table);
	i_free(users);
}

struct front_user *front_user_find(struct front_users *users, const char *name)
{
	unsigned int hash = str_hash(name);
	struct front_table_item *item;
	struct front_user *user;

	item = front_table_first(&users->table, hash);
	for (; item != NULL; item = item->next) {
		user = container_of(item, struct front_user, item);
		if (item->hash == hash && strcmp(user->name, name) == 0)
			return user;
	}
	return NULL;
}

static size_t user_mem_size(const char *name)
{
	return sizeof(struct front_user) + strlen(name) + 1;
}

struct front_user *front_user_get(struct front_users *users, const char *name)
{
	struct front_user *user = front_user_find(users, name);

	if (user != NULL) {
		user->refcount++;
		return user;
	}
	user = front_mem_new(user_mem_size(name));
	user->users = users;
	user->refcount = 1;
	memcpy(user->name, name, strlen(name) + 1);
	user->item.hash = str_hash(name);
	front_table_add(&users->table, &user->item);
	return user;
}

void front_user_ref(struct front_user *user)
{
	i_assert(user->refcount > 0);
	user->refcount++;
}

void front_user_unref(struct front_user **_user)
{
	struct front_user *user = *_user;

	*_user = NULL;
	i_assert(user->refcount > 0);
	if (--user->refcount > 0)
		return;
	i_assert(user->workers == NULL && user->queue_head == NULL &&
		 user->records == NULL);
	front_user_drop_token(user);
	front_table_remove(&user->users->table, &user->item);
	front_mem_free(user, user_mem_size(user->name));
}

const char *front_user_name(const struct front_user *user)
{
	return user->name;
}

static size_t token_mem_size(const struct front_token *token)
{
	return sizeof(*token) + token->token_size + token->session_size;
}

void front_user_set_token(struct front_user *user, const char *token,
			  const char *session_id, pid_t pid, time_t now)
{
	size_t token_size = strlen(token) + 1;
	size_t session_size = strlen(session_id) + 1;
	struct front_token *dest;

	front_user_drop_token(user);
	if (token_size > USHRT_MAX || session_size > USHRT_MAX)
		return;
	dest = front_mem_new(sizeof(*dest) + token_size + session_size);
	dest->created = now;
	dest->pid = pid;
	dest->token_size = token_size;
	dest->session_size = session_size;
	memcpy(dest->data, token, token_size);
	memcpy(dest->data + token_size, session_id, session_size);
	user->token = dest;
}

const char *front_token_session(const struct front_token *token)
{
	return token->data + token->token_size;
}

void front_user_drop_token(struct front_user *user)
{
	struct front_token *token = user->token;
	size_t size;

	if (token == NULL)
		return;
	user->token = NULL;
	size = token_mem_size(token);
	safe_memset(token, 0, size);
	front_mem_free(token, size);
}

void front_users_drop_tokens(struct front_users *users)
{
	struct front_table_item *item;

	for (unsigned int i = 0; i < users->table.buckets_count; i++) {
		for (item = users->table.buckets[i]; item != NULL;
		     item = item->next) {
			front_user_drop_token(container_of(item,
						struct front_user, item));
		}
	}
}

unsigned int front_users_count(const struct front_users *users)
{
	return users->table.count;
}
