/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opaque objects: bytes, and a line of index data beside them, as attributes of
   their folder. The index line is "<a|n>TAB<size>TAB<key, tab-escaped>". */

#include "lib.h"
#include "array.h"
#include "guid.h"
#include "str.h"
#include "strescape.h"
#include "mail-storage-private.h"
#include "compat.h"
#include "store-objects.h"

#define STORE_OPAQUE_ASSOCIATED_MARK 'a'
#define STORE_OPAQUE_NORMAL_MARK 'n'

/* --- the index line ------------------------------------------------------------------ */

static const char *
store_opaque_index_write(const char *key, bool associated, size_t size)
{
	return t_strdup_printf("%c\t%zu\t%s", associated ?
		STORE_OPAQUE_ASSOCIATED_MARK : STORE_OPAQUE_NORMAL_MARK, size,
		str_tabescape(key));
}

/* One that is damaged or missing gives an object without a key. */
static void store_opaque_index_read(const char *index, pool_t pool,
				    struct store_opaque *opaque)
{
	const char *size, *key;
	uintmax_t num;

	opaque->key = "";
	opaque->associated = *index == STORE_OPAQUE_ASSOCIATED_MARK;
	if ((size = strchr(index, '\t')) == NULL ||
	    (key = strchr(++size, '\t')) == NULL)
		return;
	if (str_to_uintmax(t_strdup_until(size, key), &num) == 0)
		opaque->size = num;
	opaque->key = str_tabunescape(p_strdup(pool, key + 1));
}

static void store_opaque_fill(const struct meta_object *object, pool_t pool,
			      struct store_opaque *opaque_r)
{
	i_zero(opaque_r);
	opaque_r->num = object->num;
	opaque_r->name = p_strdup(pool, object->name);
	opaque_r->seq = object->seq;
	opaque_r->last_change = object->last_change;
	store_opaque_index_read(object->index, pool, opaque_r);
}

/* --- reading --------------------------------------------------------------------------- */

static const char *store_opaque_prefix(const struct store_spot *spot)
{
	return store_spot_key(spot, "object/");
}

/* 1 open and readable, 0 there can be nothing, -1 */
static int store_opaque_open(struct store *store,
			     const struct store_place *place,
			     struct store_spot *spot)
{
	int ret = store_spot_open(store, place, spot);

	if (ret > 0 && store_spot_may_read(spot) < 0)
		ret = -1;
	if (ret > 0 && spot->db == NULL)
		ret = 0;
	return ret;
}

static int store_opaque_read(struct store_spot *spot, uint32_t num, pool_t work,
			     struct meta_object *object_r)
{
	int ret = meta_object_get(spot->db, spot->node->info.guid,
				  store_opaque_prefix(spot), num, work,
				  object_r);

	return ret < 0 ? store_spot_fail(spot, "reading an object") : ret;
}

int store_opaque_get(struct store *store, const struct store_place *place,
		     uint32_t num, pool_t pool, struct store_opaque *opaque_r)
{
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"object", 1024);
	struct meta_object object;
	struct store_spot spot;
	int ret;

	i_zero(opaque_r);
	ret = store_opaque_open(store, place, &spot);
	if (ret > 0)
		ret = store_opaque_read(&spot, num, work, &object);
	if (ret > 0) {
		store_opaque_fill(&object, pool, opaque_r);
		if (!store_blob_decode(object.value, object.value_size, pool,
				       &opaque_r->data, &opaque_r->size)) {
			ret = store_fail(store, STORE_ERROR_TEMP,
					 "The object is damaged");
		}
	}
	store_spot_close(&spot);
	pool_unref(&work);
	return ret;
}

static bool store_opaque_wanted(const struct store_opaque *opaque,
				enum store_opaque_which which,
				const char *key_prefix)
{
	if ((which & (opaque->associated ? STORE_OPAQUE_ASSOCIATED :
		      STORE_OPAQUE_NORMAL)) == 0)
		return FALSE;
	return key_prefix == NULL || strncmp(opaque->key, key_prefix,
					     strlen(key_prefix)) == 0;
}

int store_opaque_list(struct store *store, const struct store_place *place,
		      enum store_opaque_which which, const char *key_prefix,
		      pool_t pool, ARRAY_TYPE(store_opaque) *opaques_r)
{
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"objects", 8192);
	ARRAY_TYPE(meta_object) objects;
	const struct meta_object *object;
	struct store_opaque opaque;
	struct store_spot spot;
	int ret;

	p_array_init(opaques_r, pool, 16);
	p_array_init(&objects, work, 64);
	ret = store_opaque_open(store, place, &spot);
	if (ret > 0 &&
	    meta_object_list(spot.db, spot.node->info.guid,
			     store_opaque_prefix(&spot), work, &objects) < 0)
		ret = store_spot_fail(&spot, "listing objects");
	array_foreach(&objects, object) {
		store_opaque_fill(object, pool, &opaque);
		if (store_opaque_wanted(&opaque, which, key_prefix))
			array_push_back(opaques_r, &opaque);
	}
	store_spot_close(&spot);
	pool_unref(&work);
	return ret < 0 ? -1 : 0;
}

static int store_opaque_changes_read(struct store_spot *spot, uint64_t since,
				     ARRAY_TYPE(store_opaque_change) *changes_r,
				     uint64_t *now_r)
{
	ARRAY_TYPE(meta_entry_change) changes;
	const struct meta_entry_change *change;
	struct store_opaque_change *rec;
	uint64_t purged;

	t_array_init(&changes, 16);
	if (meta_item_seq(spot->db, spot->node->info.guid, now_r) < 0 ||
	    meta_item_purged_seq(spot->db, &purged) < 0 ||
	    meta_object_changes(spot->db, spot->node->info.guid,
				store_opaque_prefix(spot), since, *now_r,
				&changes) < 0)
		return store_spot_fail(spot, "changes of objects");
	array_foreach(&changes, change) {
		rec = array_append_space(changes_r);
		rec->num = change->num;
		rec->seq = change->seq;
		rec->deleted = change->deleted;
	}
	/* another database counts anew */
	return since < purged || since > *now_r ? 0 : 1;
}

int store_opaque_changes(struct store *store, const struct store_place *place,
			 uint64_t since,
			 ARRAY_TYPE(store_opaque_change) *changes_r,
			 uint64_t *now_r)
{
	struct store_spot spot;
	int ret = store_opaque_open(store, place, &spot);

	*now_r = 0;
	if (ret == 0)
		ret = since == 0 ? 1 : 0;
	else if (ret > 0) {
		ret = store_opaque_changes_read(&spot, since, changes_r,
						now_r);
	}
	store_spot_close(&spot);
	return ret;
}

/* --- writing --------------------------------------------------------------------------- */

static int store_opaque_check(struct store *store,
			      const struct store_opaque_write *write)
{
	if (write->key == NULL || strlen(write->key) > STORE_OPAQUE_KEY_MAX ||
	    (write->data == NULL && write->size > 0)) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "An object needs a key and bytes");
	}
	return 0;
}

/* The object's key: a new one, or that of the number. */
static int store_opaque_key(struct store_spot *spot, uint32_t num,
			    const char **key_r)
{
	struct meta_object object;
	guid_128_t guid;
	pool_t work;
	int ret = 0;

	if (num == 0) {
		guid_128_generate(guid);
		*key_r = t_strconcat(store_opaque_prefix(spot),
				     guid_128_to_string(guid), NULL);
		return 1;
	}
	work = pool_alloconly_create(MEMPOOL_GROWING"object", 1024);
	if (spot->db != NULL)
		ret = store_opaque_read(spot, num, work, &object);
	if (ret > 0) {
		*key_r = t_strconcat(store_opaque_prefix(spot), object.name,
				     NULL);
	}
	pool_unref(&work);
	return ret;
}

static int store_opaque_txn_put(struct store_spot_txn *txn,
				const struct store_opaque_write *write)
{
	const char *key, *index;
	int ret = store_opaque_key(&txn->spot, write->num, &key);

	if (ret == 0) {
		return store_fail(txn->spot.store, STORE_ERROR_NOTFOUND,
				  "No such object");
	}
	if (ret < 0 ||
	    store_spot_txn_watch(txn, key, write->expected_seq != 0,
				 write->expected_seq) < 0)
		return -1;
	index = store_opaque_index_write(write->key, write->associated,
					 write->size);
	if (store_spot_txn_set_blob(txn, key, write->data == NULL ? "" :
				    write->data, write->size) < 0)
		return -1;
	return store_spot_txn_set(txn, t_strconcat(key, META_ITEM_EXTRA, NULL),
				  index);
}

int store_opaque_put(struct store *store, const struct store_place *place,
		     const struct store_opaque_write *write,
		     uint32_t *num_r, uint64_t *seq_r)
{
	struct store_spot_txn txn;
	struct meta_entry_id id = { 0, 0 };
	int ret;

	if (store_opaque_check(store, write) < 0 ||
	    store_spot_txn_begin(store, place, &txn) < 0)
		return -1;
	ret = store_opaque_txn_put(&txn, write);
	if (store_spot_txn_end(&txn, ret == 0, &id) < 0)
		return -1;
	if (num_r != NULL)
		*num_r = id.num;
	if (seq_r != NULL)
		*seq_r = id.seq;
	return 0;
}

static int store_opaque_txn_delete(struct store_spot_txn *txn, uint32_t num)
{
	const char *key;
	int ret = store_opaque_key(&txn->spot, num, &key);

	if (ret <= 0)
		return ret;
	/* in this order: see the plugin's rights of extras */
	if (store_spot_txn_set(txn, key, NULL) < 0)
		return -1;
	return store_spot_txn_set(txn, t_strconcat(key, META_ITEM_EXTRA, NULL),
				  NULL);
}

int store_opaque_delete(struct store *store, const struct store_place *place,
			const ARRAY_TYPE(seq_range) *nums)
{
	struct store_spot_txn txn;
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num;
	int ret = 0;

	if (store_spot_txn_begin(store, place, &txn) < 0)
		return -1;
	seq_range_array_iter_init(&iter, nums);
	while (ret == 0 && seq_range_array_iter_nth(&iter, n++, &num)) T_BEGIN {
		ret = store_opaque_txn_delete(&txn, num);
	} T_END;
	return store_spot_txn_end(&txn, ret == 0, NULL);
}

int store_opaque_copy(struct store *store, const struct store_place *src,
		      uint32_t num, const struct store_place *dest, bool move,
		      uint32_t *num_r)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"object", 1024);
	struct store_opaque_write write;
	struct store_opaque opaque;
	ARRAY_TYPE(seq_range) nums;
	int ret = store_opaque_get(store, src, num, pool, &opaque);

	if (ret == 0)
		ret = store_fail(store, STORE_ERROR_NOTFOUND, "No such object");
	if (ret > 0) {
		i_zero(&write);
		write.key = opaque.key;
		write.associated = opaque.associated;
		write.data = opaque.data;
		write.size = opaque.size;
		ret = store_opaque_put(store, dest, &write, num_r, NULL);
	}
	if (ret == 0 && move) {
		p_array_init(&nums, pool, 1);
		seq_range_array_add(&nums, num);
		ret = store_opaque_delete(store, src, &nums);
	}
	pool_unref(&pool);
	return ret < 0 ? -1 : 0;
}
