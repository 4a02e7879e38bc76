/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* libdovetail-sieve.so: Pigeonhole's script storage, used as ManageSieve does. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "mail-user.h"
#include "compat-sieve.h"
#include "sieve-box-private.h"

#define SIEVE_BOX_SCRIPT_MAX (256 * 1024)

extern const struct sieve_box_vfuncs sieve_box_pigeonhole;

struct sieve_box_store {
	pool_t pool;
	struct event *event;
	struct mail_user *user;
	struct sieve_instance *svinst;
	struct sieve_storage *storage;
};

static int store_failed(struct sieve_box_store *store, const char *what)
{
	e_error(store->event, "sieve: %s failed: %s", what,
		sieve_storage_get_last_error(store->storage, NULL));
	return -1;
}

static void store_close(void *context)
{
	struct sieve_box_store *store = context;

	if (store->storage != NULL)
		sieve_storage_unref(&store->storage);
	if (store->svinst != NULL)
		sieve_deinit(&store->svinst);
	pool_unref(&store->pool);
}

static int
store_open(struct mail_user *user, struct event *event, void **store_r)
{
	pool_t pool = pool_alloconly_create("sieve box", 512);
	struct sieve_box_store *store = p_new(pool, struct sieve_box_store, 1);

	store->pool = pool;
	store->event = event;
	store->user = user;
	store->svinst = compat_sieve_init(user, event);
	if (store->svinst != NULL) {
		store->storage = compat_sieve_storage_create(store->svinst,
							     user);
	}
	if (store->storage == NULL || sieve_storage_is_singular(store->storage)) {
		e_debug(event, "sieve: no storage for personal scripts");
		store_close(store);
		return -1;
	}
	*store_r = store;
	return 0;
}

static int
script_read(struct sieve_box_store *store, struct sieve_script *script,
	    pool_t pool, const char **script_r)
{
	const unsigned char *data;
	struct istream *input;
	enum sieve_error error;
	string_t *str;
	size_t size;

	if (sieve_script_get_stream(script, &input, &error) < 0)
		return error == SIEVE_ERROR_NOT_FOUND ? 0 :
			store_failed(store, "opening a script");
	/* the script keeps its stream */
	str = str_new(pool, 1024);
	while (i_stream_read_more(input, &data, &size) > 0 &&
	       str_len(str) < SIEVE_BOX_SCRIPT_MAX) {
		str_append_data(str, data, size);
		i_stream_skip(input, size);
	}
	*script_r = str_c(str);
	return 1;
}

static int store_read(void *context, const char *name, pool_t pool,
		      const char **script_r)
{
	struct sieve_box_store *store = context;
	struct sieve_script *script;
	enum sieve_error error;
	int ret;

	script = compat_sieve_script_open(store->storage, name, &error);
	if (script == NULL) {
		return error == SIEVE_ERROR_NOT_FOUND ? 0 :
			store_failed(store, "opening a script");
	}
	ret = script_read(store, script, pool, script_r);
	sieve_script_unref(&script);
	return ret;
}

static int store_write(void *context, const char *name, const char *text)
{
	struct sieve_box_store *store = context;
	struct istream *input = i_stream_create_from_data(text, strlen(text));
	int ret;

	ret = sieve_storage_save_as(store->storage, input, name);
	i_stream_unref(&input);
	return ret < 0 ? store_failed(store, "saving a script") : 0;
}

static int store_active(void *context, pool_t pool, const char **name_r)
{
	struct sieve_box_store *store = context;
	const char *name = NULL;
	int ret;

	*name_r = NULL;
	ret = compat_sieve_active_name(store->storage, &name);
	if (ret < 0)
		return store_failed(store, "finding the active script");
	if (ret > 0)
		*name_r = p_strdup(pool, name);
	return 0;
}

static int store_activate(void *context, const char *name)
{
	struct sieve_box_store *store = context;
	struct sieve_script *script;
	enum sieve_error error;
	int ret;

	if (name == NULL) {
		if (sieve_storage_deactivate(store->storage, (time_t)-1) < 0)
			return store_failed(store, "deactivating scripts");
		return 1;
	}
	script = compat_sieve_script_open(store->storage, name, &error);
	if (script == NULL) {
		return error == SIEVE_ERROR_NOT_FOUND ? 0 :
			store_failed(store, "opening a script");
	}
	ret = sieve_script_activate(script, (time_t)-1);
	sieve_script_unref(&script);
	return ret < 0 ? store_failed(store, "activating a script") : 1;
}

static bool store_capable(void *context, const char *extension)
{
	struct sieve_box_store *store = context;
	const char *all = sieve_get_capabilities(store->svinst, NULL);

	return all != NULL &&
		str_array_find(t_strsplit_spaces(all, " "), extension);
}

const struct sieve_box_vfuncs sieve_box_pigeonhole = {
	.open = store_open,
	.close = store_close,
	.read = store_read,
	.write = store_write,
	.active = store_active,
	.activate = store_activate,
	.capable = store_capable,
};
