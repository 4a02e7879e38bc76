/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Blobs of folders. Those of a whole database are read at once, and again when one
   of them changed: tables of folders ask for all of them. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "compat.h"
#include "store-objects.h"

struct store_blobset {
	struct store_blobset *next;
	char *path;
	/* NULL: not read yet */
	pool_t pool;
	guid_128_t epoch;
	uint64_t stamp;
	/* by GUID and key */
	ARRAY_TYPE(meta_blob) blobs;
};

/* --- reading ------------------------------------------------------------------------- */

static int store_blob_cmp(const struct meta_blob *a, const struct meta_blob *b)
{
	int ret = memcmp(a->guid, b->guid, GUID_128_SIZE);

	return ret != 0 ? ret : strcmp(a->key, b->key);
}

static struct store_blobset *
store_blobset_find(struct store *store, const char *path)
{
	struct store_blobset *set;

	for (set = store->blobsets; set != NULL; set = set->next) {
		if (strcmp(set->path, path) == 0)
			return set;
	}
	set = i_new(struct store_blobset, 1);
	set->path = i_strdup(path);
	set->next = store->blobsets;
	store->blobsets = set;
	return set;
}

static int store_blobset_read(struct store *store, struct store_blobset *set,
			      struct meta_db *db)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"folder blobs", 4096);
	ARRAY_TYPE(meta_blob) blobs;

	p_array_init(&blobs, pool, 32);
	/* values are base64 */
	if (meta_blobs_list(db, STORE_BLOB_CACHED * 4 / 3 + 4, pool,
			    &blobs) < 0) {
		pool_unref(&pool);
		return store_fail_meta(store, db, "blobs of folders");
	}
	array_sort(&blobs, store_blob_cmp);
	pool_unref(&set->pool);
	set->pool = pool;
	set->blobs = blobs;
	return 0;
}

static int store_blobset_get(struct store *store, struct meta_db *db,
			     struct store_blobset **set_r)
{
	struct store_blobset *set = store_blobset_find(store, meta_db_path(db));
	guid_128_t epoch;
	uint64_t stamp;

	/* before the blobs: what changes now is seen the next time */
	if (meta_db_epoch(db, epoch) < 0 || meta_blobs_stamp(db, &stamp) < 0)
		return store_fail_meta(store, db, "blobs of folders");
	*set_r = set;
	if (set->pool != NULL && set->stamp == stamp &&
	    guid_128_equals(set->epoch, epoch))
		return 0;
	if (store_blobset_read(store, set, db) < 0)
		return -1;
	set->stamp = stamp;
	guid_128_copy(set->epoch, epoch);
	return 0;
}

int store_blobs_of_list(struct store *store, struct mailbox_list *list,
			struct store_blobset **set_r)
{
	struct meta_db *db;
	int ret = store_list_db(store, list, FALSE, &db);

	*set_r = NULL;
	if (ret <= 0)
		return ret;
	ret = store_blobset_get(store, db, set_r);
	store_list_db_close(store, &db);
	return ret;
}

void store_blobsets_free(struct store *store)
{
	struct store_blobset *set, *next;

	for (set = store->blobsets; set != NULL; set = next) {
		next = set->next;
		pool_unref(&set->pool);
		i_free(set->path);
		i_free(set);
	}
	store->blobsets = NULL;
}

/* Of a folder, from the first whose key is not below this one. */
static unsigned int
store_blobset_seek(const struct store_blobset *set, const guid_128_t guid,
		   const char *key)
{
	struct meta_blob want = { .key = key };
	unsigned int left = 0, right, mid;

	guid_128_copy(want.guid, guid);
	right = array_count(&set->blobs);
	while (left < right) {
		mid = (left + right) / 2;
		if (store_blob_cmp(array_idx(&set->blobs, mid), &want) < 0)
			left = mid + 1;
		else
			right = mid;
	}
	return left;
}

uint64_t store_blobs_seq(const struct store_blobset *set,
			 const guid_128_t guid, const char *prefix)
{
	const struct meta_blob *blob;
	uint64_t seq = 0;
	unsigned int i;

	if (set == NULL)
		return 0;
	for (i = store_blobset_seek(set, guid, prefix);
	     i < array_count(&set->blobs); i++) {
		blob = array_idx(&set->blobs, i);
		if (!guid_128_equals(blob->guid, guid) ||
		    !compat_str_begins(blob->key, prefix))
			break;
		seq = I_MAX(seq, blob->seq);
	}
	return seq;
}

void store_blobs_specials(const struct store_blobset *set,
			  ARRAY_TYPE(seq_range) *specials)
{
	const struct meta_blob *blob;
	const char *key;
	uint32_t special;

	if (set == NULL)
		return;
	array_foreach(&set->blobs, blob) T_BEGIN {
		if (compat_str_begins(blob->key, "special/")) {
			key = blob->key + strlen("special/");
			if (str_to_uint32_hex(t_strcut(key, '/'),
					      &special) == 0 && special != 0)
				seq_range_array_add(specials, special);
		}
	} T_END;
}

/* Too large to be kept. */
static int store_blob_read_large(struct store_spot *spot, const char *key,
				 pool_t pool, const unsigned char **data_r,
				 size_t *size_r)
{
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"blob", 1024);
	struct meta_item item;
	int ret = meta_item_get(spot->db, spot->node->info.guid, key, work,
				&item);

	if (ret < 0)
		(void)store_spot_fail(spot, "reading a blob");
	else if (ret > 0 && !store_blob_decode(item.value, item.value_size,
					       pool, data_r, size_r))
		ret = 0;
	pool_unref(&work);
	return ret;
}

static int store_blob_read(struct store_spot *spot, const char *name,
			   pool_t pool, const unsigned char **data_r,
			   size_t *size_r)
{
	const char *key = t_strconcat(spot->prefix, "blob/", name, NULL);
	const struct meta_blob *blob;
	struct store_blobset *set;
	unsigned int i;

	if (spot->db == NULL)
		return 0;
	if (store_blobset_get(spot->store, spot->db, &set) < 0)
		return -1;
	i = store_blobset_seek(set, spot->node->info.guid, key);
	if (i == array_count(&set->blobs))
		return 0;
	blob = array_idx(&set->blobs, i);
	if (!guid_128_equals(blob->guid, spot->node->info.guid) ||
	    strcmp(blob->key, key) != 0)
		return 0;
	if (blob->value == NULL) {
		return store_blob_read_large(spot,
			t_strconcat(META_KEY_PREFIX, key, NULL), pool, data_r,
			size_r);
	}
	return store_blob_decode(blob->value, blob->value_size, pool, data_r,
				 size_r) ? 1 : 0;
}

/* What belongs to the whole of another's mailbox is for who may read its INBOX;
   the root's is for everybody who sees anything. */
static int store_blob_may_read(struct store_spot *spot,
			       const struct store_place *place)
{
	if (place->fid != 0 || place->special == 0 ||
	    store_view_is_own(place->view))
		return 0;
	return store_spot_may_read(spot);
}

int store_blob_get(struct store *store, const struct store_place *place,
		   const char *name, pool_t pool,
		   const unsigned char **data_r, size_t *size_r)
{
	struct store_spot spot;
	int ret = store_spot_open(store, place, &spot);

	if (ret > 0 && store_blob_may_read(&spot, place) < 0)
		ret = -1;
	/* the result may be the caller's data stack: no frame here */
	if (ret > 0)
		ret = store_blob_read(&spot, name, pool, data_r, size_r);
	store_spot_close(&spot);
	return ret;
}

/* --- writing --------------------------------------------------------------------------- */

/* 1: it is just this already */
static int store_blob_is(struct store *store, const struct store_place *place,
			 const char *name, const void *data, size_t size)
{
	const unsigned char *old;
	size_t old_size;
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"blob", 1024);
	int ret = store_blob_get(store, place, name, pool, &old, &old_size);

	if (ret == 0)
		ret = data == NULL ? 1 : 0;
	else if (ret > 0) {
		ret = data != NULL && size == old_size &&
			memcmp(data, old, size) == 0 ? 1 : 0;
	}
	pool_unref(&pool);
	return ret;
}

int store_blob_set(struct store *store, const struct store_place *place,
		   const char *name, const void *data, size_t size)
{
	struct store_spot_txn txn;
	const char *key;
	int ret;

	if (!store_blob_name_is_valid(name)) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "Invalid name of a blob");
	}
	if (store_spot_txn_begin(store, place, &txn) < 0)
		return -1;
	if ((ret = store_blob_is(store, place, name, data, size)) == 0) {
		key = store_spot_key(&txn.spot,
				     t_strconcat("blob/", name, NULL));
		ret = store_spot_txn_set_blob(&txn, key, data, size);
		return store_spot_txn_end(&txn, ret == 0, NULL);
	}
	(void)store_spot_txn_end(&txn, FALSE, NULL);
	return ret < 0 ? -1 : 0;
}

static int store_blob_copy(struct store *store, const struct store_place *src,
			   const struct store_place *dest, const char *name)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"blob", 1024);
	const unsigned char *data;
	size_t size;
	int ret = store_blob_get(store, src, name, pool, &data, &size);

	if (ret > 0)
		ret = store_blob_set(store, dest, name, data, size);
	pool_unref(&pool);
	return ret;
}

int store_blobs_copy(struct store *store, store_fid_t src, store_fid_t dest)
{
	struct store_place src_place = { .fid = src };
	struct store_place dest_place = { .fid = dest };
	ARRAY_TYPE(const_string) names;
	const struct meta_blob *blob;
	struct store_blobset *set;
	struct store_spot spot;
	const char *name;
	int ret = store_spot_open(store, &src_place, &spot);

	t_array_init(&names, 4);
	if (ret > 0 && spot.db != NULL &&
	    store_blobset_get(store, spot.db, &set) < 0)
		ret = -1;
	if (ret > 0 && spot.db != NULL) array_foreach(&set->blobs, blob) {
		if (guid_128_equals(blob->guid, spot.node->info.guid) &&
		    compat_str_begins(blob->key, "blob/")) {
			name = t_strdup(blob->key + strlen("blob/"));
			array_push_back(&names, &name);
		}
	}
	store_spot_close(&spot);
	array_foreach_elem(&names, name) {
		if (store_blob_copy(store, &src_place, &dest_place, name) < 0)
			ret = -1;
	}
	return ret < 0 ? -1 : 0;
}

int store_blob_stamp(struct store *store, const char *view, uint64_t *stamp_r)
{
	ARRAY_TYPE(mailbox_list) lists;
	struct mailbox_list *list;
	struct meta_db *db;
	uint64_t stamp;
	int ret;

	*stamp_r = 0;
	if (store_view_lists(store, view, &lists) < 0)
		return -1;
	array_foreach_elem(&lists, list) {
		if ((ret = store_list_db(store, list, FALSE, &db)) < 0)
			return -1;
		if (ret == 0)
			continue;
		ret = meta_blobs_stamp(db, &stamp);
		if (ret < 0)
			(void)store_fail_meta(store, db, "blobs of folders");
		store_list_db_close(store, &db);
		if (ret < 0)
			return -1;
		*stamp_r += stamp;
	}
	return 0;
}
