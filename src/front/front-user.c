/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the users the front knows at the moment, and their tokens. */

#include "lib.h"
#include "hash.h"
#include "safe-memset.h"
#include "front-user.h"

struct front_users {
	HASH_TABLE(char *, struct front_user *) table;
};

struct front_users *front_users_init(void)
{
	struct front_users *users = i_new(struct front_users, 1);

	hash_table_create(&users->table, default_pool, 0, str_hash, strcmp);
	return users;
}

void front_users_deinit(struct front_users **_users)
{
	struct front_users *users = *_users;

	*_users = NULL;
	i_assert(hash_table_count(users->table) == 0);
	hash_table_destroy(&users->table);
	i_free(users);
}

struct front_user *front_user_find(struct front_users *users, const char *name)
{
	return hash_table_lookup(users->table, name);
}

struct front_user *front_user_get(struct front_users *users, const char *name)
{
	struct front_user *user = front_user_find(users, name);
	size_t size = strlen(name) + 1;
	char *key;

	if (user != NULL) {
		user->refcount++;
		return user;
	}
	user = i_malloc(MALLOC_ADD(sizeof(*user), size));
	user->users = users;
	user->refcount = 1;
	memcpy(user->name, name, size);
	key = user->name;
	hash_table_insert(users->table, key, user);
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
	const char *key;

	*_user = NULL;
	i_assert(user->refcount > 0);
	if (--user->refcount > 0)
		return;
	i_assert(user->workers == NULL && user->queue_head == NULL &&
		 user->records == NULL);
	front_user_drop_token(user);
	key = user->name;
	hash_table_remove(user->users->table, key);
	i_free(user);
}

const char *front_user_name(const struct front_user *user)
{
	return user->name;
}

void front_user_set_token(struct front_user *user, const char *token,
			  const char *session_id, pid_t pid, time_t now)
{
	front_user_drop_token(user);
	user->token = i_strdup(token);
	user->token_session = i_strdup(session_id);
	user->token_pid = pid;
	user->token_time = now;
}

void front_user_drop_token(struct front_user *user)
{
	if (user->token != NULL)
		safe_memset(user->token, 0, strlen(user->token));
	i_free(user->token);
	i_free(user->token_session);
}

void front_users_drop_tokens(struct front_users *users)
{
	struct hash_iterate_context *iter;
	struct front_user *user;
	char *name;

	iter = hash_table_iterate_init(users->table);
	while (hash_table_iterate(iter, users->table, &name, &user))
		front_user_drop_token(user);
	hash_table_iterate_deinit(&iter);
}

unsigned int front_users_count(const struct front_users *users)
{
	return hash_table_count(users->table);
}
