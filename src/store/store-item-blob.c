/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes kept beside an item: rows item/<name>/blob/<name>. With each the text is
   written again, so that the item's sequence is above theirs. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-objects.h"

static const char *store_item_blob_key(const char *item, const char *name)
{
	return t_strconcat(META_KEY_ITEM, item, STORE_ITEM_BLOB, name, NULL);
}

int store_item_blobs(struct store_item_folder *folder, const char *item,
		     pool_t pool, ARRAY_TYPE(meta_item) *blobs_r)
{
	struct meta_iter *iter;
	struct meta_item item_r;
	struct meta_item *blob;

	p_array_init(blobs_r, pool, 2);
	if (folder->db == NULL)
		return 0;
	iter = meta_item_iter_init(folder->db, folder->node->info.guid,
				   store_item_blob_key(item, ""),
				   META_ITER_VALUES);
	while (meta_iter_next(iter, &item_r)) {
		blob = array_append_space(blobs_r);
		blob->key = p_strdup(pool, item_r.key +
				     strlen(META_KEY_ITEM) + strlen(item));
		blob->value = p_strndup(pool, item_r.value, item_r.value_size);
	}
	if (meta_iter_deinit(&iter) < 0)
		return store_item_folder_fail(folder, "reading blobs");
	return 0;
}

static int store_item_blob_read(struct store_item_folder *folder, uint32_t num,
				const char *name, pool_t pool,
				const unsigned char **data_r, size_t *size_r)
{
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"item blob", 1024);
	struct store_item item;
	struct meta_item row;
	int ret = store_item_read(folder, num, work, &item);

	if (ret > 0) {
		ret = meta_item_get(folder->db, folder->node->info.guid,
				    store_item_blob_key(item.name, name), work,
				    &row);
		if (ret < 0)
			(void)store_item_folder_fail(folder, "reading a blob");
	}
	if (ret > 0 && !store_blob_decode(row.value, row.value_size, pool,
					  data_r, size_r))
		ret = 0;
	pool_unref(&work);
	return ret;
}

int store_item_blob_get(struct store *store, store_fid_t fid, uint32_t num,
			const char *name, pool_t pool,
			const unsigned char **data_r, size_t *size_r)
{
	struct store_item_folder folder;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_blob_read(&folder, num, name, pool, data_r, size_r);
	store_item_folder_close(&folder);
	return ret;
}

static int store_item_blob_write(struct store *store, store_fid_t fid,
				 const struct store_item *item,
				 const char *name, const void *data,
				 size_t size, struct meta_entry_id *id_r)
{
	struct store_place place = { .fid = fid };
	const char *key = t_strconcat(META_KEY_ITEM, item->name, NULL);
	struct store_spot_txn txn;
	int ret;

	if (store_spot_txn_begin(store, &place, &txn) < 0)
		return -1;
	/* the text that is written again must be the one that is there */
	ret = store_spot_txn_watch(&txn, key, TRUE, item->seq);
	if (ret == 0) {
		ret = store_spot_txn_set_blob(&txn,
			store_item_blob_key(item->name, name), data, size);
	}
	if (ret == 0)
		ret = store_spot_txn_set(&txn, key, item->text);
	return store_spot_txn_end(&txn, ret == 0, id_r);
}

int store_item_blob_set(struct store *store, store_fid_t fid, uint32_t num,
			const char *name, const void *data, size_t size,
			uint64_t *seq_r)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"item blob", 1024);
	struct meta_entry_id id = { 0, 0 };
	struct store_item item;
	const unsigned char *old;
	size_t old_size;
	int ret;

	ret = !store_blob_name_is_valid(name) ?
		store_fail(store, STORE_ERROR_INVALID,
			   "Invalid name of a blob") :
		store_item_get(store, fid, num, pool, &item);
	if (ret == 0)
		ret = store_fail(store, STORE_ERROR_NOTFOUND, "No such item");
	if (ret > 0) {
		id.seq = item.seq;
		ret = store_item_blob_get(store, fid, num, name, pool, &old,
					  &old_size);
	}
	/* nothing is written if it is the same */
	if (ret >= 0 && (ret == 0 ? data != NULL :
			 data == NULL || size != old_size ||
			 memcmp(data, old, size) != 0))
		ret = store_item_blob_write(store, fid, &item, name, data,
					    size, &id);
	pool_unref(&pool);
	if (ret < 0)
		return -1;
	if (seq_r != NULL)
		*seq_r = id.seq;
	return 0;
}
