/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The functions of dovetail-mapi.h, with the store behind them: address books are
   the user's own, and others' that the user subscribed to. Rights are the store's. */

#include "nspi.h"

static bool is_book(const struct store_folder_info *info)
{
	return info->class == STORE_CLASS_CONTACTS && info->selectable &&
		info->subscribed;
}

static bool is_writable(struct store *store,
			const struct store_folder_info *info)
{
	enum store_rights rights;

	if (!info->foreign)
		return TRUE;
	return store_folder_rights(store, info->fid, &rights) == 0 &&
		(rights & STORE_RIGHT_WRITE) != 0;
}

static int books_of_store(const struct mapi_env *env, pool_t pool,
			  ARRAY_TYPE(nspi_book_info) *books)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	struct nspi_book_info *book;

	if (store_folders(env->store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (!is_book(info))
			continue;
		book = array_append_space(books);
		book->fid = info->fid;
		guid_128_copy(book->guid, info->guid);
		book->foreign = info->foreign;
		book->writable = is_writable(env->store, info);
		book->display = info->foreign && *info->owner != '\0' ?
			p_strdup_printf(pool, "%s (%s)", info->display,
					t_strcut(info->owner, '@')) :
			p_strdup(pool, info->display);
	}
	return 0;
}

static bool unchanged_in_store(const struct mapi_env *env, store_fid_t fid,
			       const struct store_point *point)
{
	return store_item_unchanged(env->store, fid, point);
}

static int read_from_store(const struct mapi_env *env, store_fid_t fid,
			   struct store_point *point_r,
			   nspi_item_callback_t *callback, void *context)
{
	ARRAY_TYPE(seq_range) nums;
	struct store_item_iter *iter;
	struct store_item item;

	t_array_init(&nums, 64);
	/* What changes meanwhile is read once more the next time. */
	if (store_item_point(env->store, fid, point_r) < 0 ||
	    store_item_nums(env->store, fid, &nums) < 0)
		return -1;
	iter = store_item_iter_init(env->store, fid, &nums, FALSE);
	while (store_item_iter_next(iter, &item))
		callback(context, &item);
	return store_item_iter_deinit(&iter);
}

static int get_from_store(const struct mapi_env *env, store_fid_t fid,
			  uint32_t num, pool_t pool, struct store_item *item_r)
{
	return store_item_get(env->store, fid, num, pool, item_r);
}

static uint32_t put_into_store(const struct mapi_env *env, store_fid_t fid,
			       const struct store_item *item, const char *uid,
			       const char *text)
{
	const struct store_item_write write = {
		.uid = uid, .text = text, .expected_seq = item->seq,
	};
	const char *error;

	if (store_item_put(env->store, fid, &write, NULL, NULL) == 0)
		return ecNone;
	switch (store_last_error(env->store, &error)) {
	case STORE_ERROR_PERM:
		return ecNoAccess;
	case STORE_ERROR_EXISTS:
		return ecObjectModified;
	default:
		return ecError;
	}
}

static const struct store_settings *self_of_store(const struct mapi_env *env)
{
	return store_get_settings(env->store);
}

static const struct nspi_source nspi_source_store = {
	.books = books_of_store,
	.unchanged = unchanged_in_store,
	.read = read_from_store,
	.get = get_from_store,
	.put = put_into_store,
	.self = self_of_store,
};

unsigned int nspi_call(struct nspi **session, struct mapi_env *env,
		       const char *request_type, const struct mapi_blob *body,
		       buffer_t *out)
{
	return nspi_dispatch(session, env, &nspi_source_store, request_type,
			     body, out);
}

int nspi_addresses_of_dn(const struct mapi_env *env, const char *dn,
			 ARRAY_TYPE(const_string) *addresses)
{
	/* calls set the locale of theirs */
	struct mapi_env own = *env;
	struct nspi_call call = {
		.env = &own, .source = &nspi_source_store, .pool = env->pool,
	};
	int ret;

	call.session = nspi_session_create(env, call.source);
	T_BEGIN {
		ret = nspi_expand(&call, dn, addresses);
	} T_END;
	nspi_free(&call.session);
	return ret;
}
