/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Back end "auth": the users that Dovecot's userdb iterates, with what its extra
   fields tell about them (dovetail_name, dovetail_phone, ..., dovetail_hidden).

   Listing says only the user names; each name costs a lookup.  So the names of
   at most dovetail_directory_lookups users are looked up when the list is
   loaded; on larger sites an entry is completed when it is shown, and such
   sites keep a file if people are to be found by other names. */

#include "lib.h"
#include "array.h"
#include "auth-master.h"
#include "eacces-error.h"
#include "hash.h"
#include "str.h"
#include "compat.h"
#include "directory-private.h"

#include <sys/stat.h>

/* The socket that the shipped configuration makes for this; the fallback lets
   a process list users only if it has the uid of auth. */
#define AUTH_SOCKET "dovetail-userdb"
#define AUTH_SOCKET_FALLBACK "auth-userdb"
#define AUTH_FIELD_PREFIX "dovetail_"
#define AUTH_TIMEOUT_MSECS (20 * 1000)

struct auth_context {
	struct auth_master_connection *conn;
};

static int auth_init(struct directory *dir, const char *args,
		     const char **error_r)
{
	if (args != NULL) {
		*error_r = "dovetail_directory: auth takes no argument";
		return -1;
	}
	dir->context = p_new(dir->pool, struct auth_context, 1);
	return 0;
}

/* No connection is kept between requests: auth has few, workers are many. */
static void auth_idle(struct directory *dir)
{
	struct auth_context *ctx = dir->context;

	if (ctx->conn != NULL)
		auth_master_deinit(&ctx->conn);
}

static const char *auth_socket_path(struct directory *dir)
{
	struct stat st;
	const char *path;

	if (dir->socket != NULL && dir->socket[0] == '/')
		return dir->socket;
	if (dir->socket != NULL)
		return t_strconcat(dir->base_dir, "/", dir->socket, NULL);
	path = t_strconcat(dir->base_dir, "/"AUTH_SOCKET, NULL);
	if (stat(path, &st) == 0)
		return path;
	return t_strconcat(dir->base_dir, "/"AUTH_SOCKET_FALLBACK, NULL);
}

static struct auth_master_connection *auth_connection(struct directory *dir)
{
	struct auth_context *ctx = dir->context;

	if (ctx->conn == NULL) {
		/* With its idle time-out Dovecot 2.3 panics when a listing
		   cannot connect. */
		ctx->conn = auth_master_init(auth_socket_path(dir),
					     AUTH_MASTER_FLAG_NO_IDLE_TIMEOUT);
		auth_master_set_timeout(ctx->conn, AUTH_TIMEOUT_MSECS);
	}
	return ctx->conn;
}

/* The address of a user name; NULL if it has no domain and none is known. */
static const char *auth_address(struct directory *dir, const char *user)
{
	if (strchr(user, '@') != NULL || dir->default_domain == NULL)
		return user;
	return t_strconcat(user, "@", dir->default_domain, NULL);
}

/* gecos may hold "name,office,phone,..." */
static const char *name_value(const char *field, const char *value)
{
	return strcmp(field, "gecos") == 0 ? t_strcut(value, ',') : value;
}

/* How good a field is as the name, smaller is better; 0 = it is none. */
static unsigned int name_priority(const struct directory *dir,
				  const char *field)
{
	static const char *const fields[] = {
		AUTH_FIELD_PREFIX"name", "name", "gecos", "cn"
	};
	unsigned int i;

	if (dir->name_field != NULL)
		return strcmp(field, dir->name_field) == 0 ? 1 : 0;
	for (i = 0; i < N_ELEMENTS(fields); i++) {
		if (strcmp(field, fields[i]) == 0)
			return i + 1;
	}
	return 0;
}

static void
auth_entry_fields(struct directory *dir, pool_t pool,
		  const char *const *fields, struct directory_entry *entry)
{
	unsigned int best = UINT_MAX, priority;
	const char *name = NULL, *field, *value;

	for (; *fields != NULL; fields++) {
		value = strchr(*fields, '=');
		field = value == NULL ? *fields :
			t_strdup_until(*fields, value);
		/* A field without a value is a flag that is set. */
		value = value == NULL ? "y" : value + 1;

		priority = name_priority(dir, field);
		if (priority != 0 && priority < best && *value != '\0') {
			best = priority;
			name = name_value(field, value);
		}
		if (strcmp(field, AUTH_FIELD_PREFIX"address") == 0) {
			if (*value != '\0')
				entry->email = p_strdup(pool, value);
		} else if (compat_str_begins(field, AUTH_FIELD_PREFIX)) {
			(void)directory_entry_set(entry, pool, field +
				strlen(AUTH_FIELD_PREFIX), value);
		}
	}
	if (name != NULL && *name != '\0')
		entry->name = p_strdup(pool, name);
}

/* Returns 1, 0 if there is no such user, -1 if auth failed. */
static int
auth_user_entry(struct directory *dir, pool_t pool, const char *user,
		struct directory_entry *entry_r)
{
	struct auth_user_info info;
	const char *username, *const *fields;
	pool_t tmp_pool;
	int ret;

	i_zero(&info);
	info.COMPAT_AUTH_INFO_SERVICE = "dovetail";
	i_zero(entry_r);

	tmp_pool = pool_alloconly_create("directory lookup", 1024);
	ret = auth_master_user_lookup(auth_connection(dir), user, &info,
				      tmp_pool, &username, &fields);
	if (ret > 0) {
		auth_entry_fields(dir, pool, fields, entry_r);
		if (entry_r->email == NULL) {
			entry_r->email = p_strdup(pool,
				auth_address(dir, username));
		}
		directory_entry_finish(entry_r, pool);
	}
	pool_unref(&tmp_pool);
	/* -2 is about this user only. */
	return ret == -2 ? 0 : ret;
}

/* "alice@example.org" may be the user "alice" if that is our domain. */
static int
auth_lookup(struct directory *dir, pool_t pool, const char *address,
	    struct directory_entry *entry_r, const char **error_r)
{
	const char *at = strrchr(address, '@');
	int ret;

	ret = auth_user_entry(dir, pool, address, entry_r);
	if (ret == 0 && at != NULL && dir->default_domain != NULL &&
	    strcasecmp(at + 1, dir->default_domain) == 0) {
		ret = auth_user_entry(dir, pool, t_strdup_until(address, at),
				      entry_r);
	}
	/* The userdb may have mapped the address to another user. */
	if (ret > 0 && !directory_in_scope(dir, entry_r->email))
		return 0;
	if (ret < 0)
		*error_r = t_strdup_printf("looking up %s failed", address);
	return ret;
}

static const char *auth_user_mask(const struct directory *dir)
{
	/* With a default domain its users may lack it in their names. */
	if (!dir->scope_domain || dir->domain == NULL ||
	    dir->default_domain != NULL)
		return "*";
	return t_strconcat("*@", dir->domain, NULL);
}

/* To the end, also when there are too many: the connection is used again. */
static int
auth_list_users(struct directory *dir, struct directory_cache *cache,
		pool_t pool, ARRAY_TYPE(const_string) *users)
{
	struct auth_master_user_list_ctx *list;
	const char *user;

	list = auth_master_user_list_init(auth_connection(dir),
					  auth_user_mask(dir), NULL);
	while ((user = auth_master_user_list_next(list)) != NULL) {
		if (!directory_in_scope(dir, user))
			continue;
		if (array_count(users) == dir->max_entries) {
			cache->cut = TRUE;
			continue;
		}
		user = p_strdup(pool, user);
		array_push_back(users, &user);
	}
	return auth_master_user_list_deinit(&list);
}

/* *lookups_left: 0 if users are not to be looked up (any more). */
static void
auth_add_user(struct directory *dir, struct directory_cache *cache,
	      const char *user, unsigned int *lookups_left)
{
	struct directory_entry entry;
	int ret = 0;

	if (*lookups_left > 0) {
		ret = auth_user_entry(dir, cache->pool, user, &entry);
		*lookups_left = ret < 0 ? 0 : *lookups_left - 1;
	}
	if (ret <= 0) {
		i_zero(&entry);
		entry.email = p_strdup(cache->pool, auth_address(dir, user));
		directory_entry_finish(&entry, cache->pool);
	}
	(void)directory_cache_add(dir, cache, &entry, ret > 0);
}

static int auth_load(struct directory *dir, struct directory_cache *cache,
		     const char **error_r)
{
	pool_t pool = pool_alloconly_create("directory users", 8192);
	ARRAY_TYPE(const_string) users;
	unsigned int lookups = 0;
	const char *user;
	int ret;

	p_array_init(&users, pool, 256);
	ret = auth_list_users(dir, cache, pool, &users);
	if (ret < 0) {
		*error_r = t_strdup_printf(
			"listing users through %s failed (does the userdb "
			"support iteration, and may this process use the "
			"socket?)", auth_socket_path(dir));
	} else {
		if (array_count(&users) <= dir->max_lookups)
			lookups = array_count(&users);
		array_foreach_elem(&users, user) T_BEGIN {
			auth_add_user(dir, cache, user, &lookups);
		} T_END;
	}
	pool_unref(&pool);
	return ret;
}

const struct directory_backend directory_backend_auth = {
	.name = "auth",
	.scope_domain = TRUE,
	.init = auth_init,
	.load = auth_load,
	.lookup = auth_lookup,
	.idle = auth_idle,
};
