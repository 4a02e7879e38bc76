/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user's table of names, and what of it is in memory: it only ever grows. */

#include "lib.h"
#include "array.h"
#include "store-objects.h"

static void store_names_init(struct store *store)
{
	if (store->names_pool != NULL)
		return;
	store->names_pool =
		pool_alloconly_create(MEMPOOL_GROWING"store names", 4096);
	i_array_init(&store->names, 256);
}

/* Names above those that are known. */
static int store_names_read(struct store *store)
{
	ARRAY_TYPE(meta_name) names;
	const struct meta_name *name;
	unsigned int idx, known;

	store_names_init(store);
	known = array_count(&store->names);
	t_array_init(&names, 64);
	if (meta_names_list(store->db, STORE_NAME_FIRST - 1 + known,
			    store->names_pool, &names) < 0)
		return store_fail_meta(store, store->db, "names");
	array_foreach(&names, name) {
		idx = name->id - STORE_NAME_FIRST;
		array_idx_set(&store->names, idx, &name->name);
	}
	return 0;
}

int store_name_ids(struct store *store, const char *const *names,
		   unsigned int count, bool create, uint16_t *ids_r)
{
	enum meta_error code;
	const char *text;
	int ret;

	if (count == 0)
		return 0;
	ret = meta_names_issue(store->db, names, count, STORE_NAME_FIRST,
			       create ? STORE_NAME_LAST : 0, ids_r);
	if (ret == 0)
		return 0;
	code = meta_db_error(store->db, &text);
	if (code != META_ERROR_NOSPACE)
		return store_fail_meta(store, store->db, "names");
	return !create ? 0 : store_fail(store, STORE_ERROR_QUOTA, text);
}

int store_names(struct store *store, const uint16_t *ids, unsigned int count,
		pool_t pool, const char **names_r)
{
	bool read = FALSE;
	unsigned int i, idx;

	store_names_init(store);
	for (i = 0; i < count; i++) {
		names_r[i] = NULL;
		if (ids[i] < STORE_NAME_FIRST || ids[i] > STORE_NAME_LAST)
			continue;
		idx = ids[i] - STORE_NAME_FIRST;
		if (idx >= array_count(&store->names) && !read) {
			if (store_names_read(store) < 0)
				return -1;
			read = TRUE;
		}
		if (idx < array_count(&store->names)) {
			const char *const *name = array_idx(&store->names, idx);
			names_r[i] = p_strdup(pool, *name);
		}
	}
	return 0;
}

int store_names_all(struct store *store, pool_t pool,
		    ARRAY_TYPE(store_name) *names_r)
{
	struct store_name *rec;
	const char *const *names;
	unsigned int i, count;

	p_array_init(names_r, pool, 64);
	if (store_names_read(store) < 0)
		return -1;
	names = array_get(&store->names, &count);
	for (i = 0; i < count; i++) {
		if (names[i] == NULL)
			continue;
		rec = array_append_space(names_r);
		rec->id = STORE_NAME_FIRST + i;
		rec->name = p_strdup(pool, names[i]);
	}
	return 0;
}
