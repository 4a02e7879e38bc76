/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Items: mailbox attributes with change sequence and tombstones. */

#include "lib.h"
#include "compat.h"
#include "meta-private.h"

/* Rows fetched at once by an iterator, and the value bytes after which a
   batch ends early. */
#define META_ITER_ROWS 256
#define META_ITER_BYTES (512 * 1024)

struct meta_item_op {
	guid_128_t guid;
	const char *key;
	const char *value;	/* NULL: unset */
	size_t size;
	time_t last_change;
};

struct meta_item_pair {
	uint64_t from_id, to_id;
	bool from_wins;
};
ARRAY_DEFINE_TYPE(meta_item_pair, struct meta_item_pair);

struct meta_iter {
	struct meta_db *db;
	pool_t pool, batch_pool;
	guid_128_t guid;
	uint32_t fid;
	const char *prefix, *prefix_end;
	enum meta_iter_flags flags;
	bool by_seq, finished, failed;
	/* where the next batch goes on */
	string_t *last_key;
	uint64_t last_seq;

	ARRAY(struct meta_item) batch;
	ARRAY(uint64_t) ids;
	unsigned int batch_pos;
};

/*
 * Reading
 */

static void meta_item_fill(struct meta_db *db, struct meta_stmt *stmt,
			   pool_t pool, struct meta_item *item_r)
{
	i_zero(item_r);
	item_r->key = meta_column_strdup(db, stmt, 0, pool);
	item_r->seq = meta_column_u64(db, stmt, 1);
	item_r->last_change = meta_column_u64(db, stmt, 2);
	item_r->deleted = meta_column_u64(db, stmt, 3) != 0;
	item_r->value_size = meta_column_u64(db, stmt, 4);
}

static int meta_item_value(struct meta_db *db, uint64_t id, pool_t pool,
			   struct meta_item *item)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT value FROM item_value WHERE id=?1",
			"i", (int64_t)id);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		const char *value = db->driver->column_data(stmt, 0,
							    &item->value_size);
		item->value = p_strndup(pool, value, item->value_size);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_item_get(struct meta_db *db, const guid_128_t guid, const char *key,
		  pool_t pool, struct meta_item *item_r)
{
	struct meta_stmt *stmt;
	int ret;

	i_zero(item_r);
	stmt = meta_sql(db,
		"SELECT i.key,i.seq,i.last_change,i.deleted,i.size,v.value"
		" FROM folder f JOIN item i ON i.fid=f.fid"
		" LEFT JOIN item_value v ON v.id=i.id"
		" WHERE f.fkey=?1 AND f.dead=0 AND i.key=?2", "ss",
		meta_folder_guid_fkey(guid), key);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		meta_item_fill(db, stmt, pool, item_r);
		if (item_r->deleted)
			ret = 0;
		else
			item_r->value = meta_column_strdup(db, stmt, 5, pool);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_item_seq(struct meta_db *db, const guid_128_t guid, uint64_t *seq_r)
{
	int ret = meta_sql_int(db, seq_r,
		"SELECT seq FROM folder WHERE fkey=?1 AND dead=0", "s",
		meta_folder_guid_fkey(guid));

	return ret < 0 ? -1 : 0;
}

int meta_item_purged_seq(struct meta_db *db, uint64_t *seq_r)
{
	return meta_counter_get(db, "purged", seq_r);
}

/*
 * Iterating
 */

/* The first string after all that begin with prefix; "" when there is none
   (bytes of a key are below 0xff). */
static const char *meta_prefix_end(pool_t pool, const char *prefix)
{
	char *end = p_strdup(pool, prefix);
	size_t len = strlen(end);

	if (len == 0)
		return "\xff";
	end[len - 1]++;
	return end;
}

static struct meta_iter *
meta_iter_alloc(struct meta_db *db, const guid_128_t guid, const char *prefix,
		enum meta_iter_flags flags)
{
	pool_t pool = pool_alloconly_create("meta iterator", 512);
	struct meta_iter *iter = p_new(pool, struct meta_iter, 1);
	int ret;

	iter->db = db;
	db->refcount++;
	iter->pool = pool;
	iter->batch_pool = pool_alloconly_create("meta iterator batch", 4096);
	guid_128_copy(iter->guid, guid);
	iter->prefix = p_strdup(pool, prefix);
	iter->prefix_end = meta_prefix_end(pool, prefix);
	iter->flags = flags;
	iter->last_key = str_new(default_pool, 128);
	i_array_init(&iter->batch, META_ITER_ROWS);
	i_array_init(&iter->ids, META_ITER_ROWS);
	T_BEGIN {
		ret = meta_folder_fid(db, meta_folder_guid_fkey(guid),
				      &iter->fid);
	} T_END;
	iter->failed = ret < 0;
	iter->finished = ret <= 0;
	return iter;
}

struct meta_iter *
meta_item_iter_init(struct meta_db *db, const guid_128_t guid,
		    const char *prefix, enum meta_iter_flags flags)
{
	return meta_iter_alloc(db, guid, prefix, flags);
}

struct meta_iter *
meta_item_changes_init(struct meta_db *db, const guid_128_t guid,
		       const char *prefix, uint64_t since,
		       enum meta_iter_flags flags)
{
	struct meta_iter *iter = meta_iter_alloc(db, guid, prefix, flags);

	iter->by_seq = TRUE;
	iter->last_seq = since;
	return iter;
}

static struct meta_stmt *meta_iter_select(struct meta_iter *iter)
{
	if (iter->by_seq) {
		return meta_sql(iter->db,
			"SELECT key,seq,last_change,deleted,size,id FROM item"
			" WHERE fid=?1 AND seq>?2 AND key>=?3 AND key<?4"
			" ORDER BY seq LIMIT ?5", "uissu", iter->fid,
			(int64_t)iter->last_seq, iter->prefix,
			iter->prefix_end, META_ITER_ROWS);
	}
	return meta_sql(iter->db,
		"SELECT key,seq,last_change,deleted,size,id FROM item"
		" WHERE fid=?1 AND key>=?2 AND key<?3 AND key>?4"
		" AND (deleted=0 OR ?5<>0) ORDER BY key LIMIT ?6", "usssuu",
		iter->fid, iter->prefix, iter->prefix_end,
		str_c(iter->last_key),
		(iter->flags & META_ITER_TOMBSTONES) != 0 ? 1 : 0,
		META_ITER_ROWS);
}

/* Values one by one after the rows: a batch of large ones ends early. */
static int meta_iter_fetch_values(struct meta_iter *iter)
{
	unsigned int i, count = array_count(&iter->batch);
	struct meta_item *item;
	size_t bytes = 0;
	int ret;

	for (i = 0; i < count; i++) {
		item = array_idx_modifiable(&iter->batch, i);
		if (item->deleted)
			continue;
		if (bytes > META_ITER_BYTES) {
			array_delete(&iter->batch, i, count - i);
			iter->finished = FALSE;
			return 0;
		}
		ret = meta_item_value(iter->db, *array_idx(&iter->ids, i),
				      iter->batch_pool, item);
		if (ret < 0)
			return -1;
		/* deleted since we read the row: its own change will follow */
		item->deleted = ret == 0;
		bytes += item->value_size;
	}
	return 0;
}

static int meta_iter_fetch(struct meta_iter *iter)
{
	struct meta_db *db = iter->db;
	struct meta_stmt *stmt = meta_iter_select(iter);
	const struct meta_item *last;
	struct meta_item *item;
	uint64_t id;
	int ret;

	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		item = array_append_space(&iter->batch);
		meta_item_fill(db, stmt, iter->batch_pool, item);
		id = meta_column_u64(db, stmt, 5);
		array_push_back(&iter->ids, &id);
	}
	meta_done(db, stmt);
	if (ret < 0)
		return -1;
	iter->finished = array_count(&iter->batch) < META_ITER_ROWS;
	if ((iter->flags & META_ITER_VALUES) != 0 &&
	    meta_iter_fetch_values(iter) < 0)
		return -1;
	if (array_count(&iter->batch) > 0) {
		last = array_back(&iter->batch);
		iter->last_seq = last->seq;
		str_truncate(iter->last_key, 0);
		str_append(iter->last_key, last->key);
	}
	return 0;
}

static bool meta_iter_more(struct meta_iter *iter)
{
	int ret;

	while (iter->batch_pos == array_count(&iter->batch)) {
		if (iter->finished || iter->failed)
			return FALSE;
		array_clear(&iter->batch);
		array_clear(&iter->ids);
		p_clear(iter->batch_pool);
		iter->batch_pos = 0;
		T_BEGIN {
			ret = meta_iter_fetch(iter);
		} T_END;
		if (ret < 0) {
			array_clear(&iter->batch);
			iter->failed = TRUE;
		}
	}
	return TRUE;
}

bool meta_iter_next(struct meta_iter *iter, struct meta_item *item_r)
{
	bool tombstones = iter->by_seq ||
		(iter->flags & META_ITER_TOMBSTONES) != 0;

	while (meta_iter_more(iter)) {
		*item_r = *array_idx(&iter->batch, iter->batch_pos++);
		if (!item_r->deleted || tombstones)
			return TRUE;
	}
	return FALSE;
}

int meta_iter_deinit(struct meta_iter **_iter)
{
	struct meta_iter *iter = *_iter;
	int ret = iter->failed ? -1 : 0;

	*_iter = NULL;
	meta_db_unref(&iter->db);
	array_free(&iter->batch);
	array_free(&iter->ids);
	str_free(&iter->last_key);
	pool_unref(&iter->batch_pool);
	pool_unref(&iter->pool);
	return ret;
}

/*
 * Writing
 */

int meta_item_row(struct meta_db *db, uint32_t fid, const char *key,
		  struct meta_item_row *row_r)
{
	struct meta_stmt *stmt;
	int ret;

	i_zero(row_r);
	row_r->deleted = TRUE;
	stmt = meta_sql(db,
		"SELECT id,seq,size,deleted FROM item WHERE fid=?1 AND key=?2",
		"us", fid, key);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		row_r->id = meta_column_u64(db, stmt, 0);
		row_r->seq = meta_column_u64(db, stmt, 1);
		row_r->size = meta_column_u64(db, stmt, 2);
		row_r->deleted = meta_column_u64(db, stmt, 3) != 0;
	}
	meta_done(db, stmt);
	return ret;
}

static int meta_item_next_seq(struct meta_db *db, uint32_t fid, uint64_t *seq_r)
{
	if (meta_counter_add(db, "seq", 1, seq_r) < 0)
		return -1;
	meta_pending_folder_seq(db, fid, *seq_r);
	return 0;
}

/* A tombstone keeps the number, and gives it to an item of the same key. */
static int meta_item_write_row(struct meta_db *db, uint32_t fid,
			       const struct meta_item_op *op, time_t changed,
			       uint64_t *id)
{
	uint64_t seq;

	if (meta_item_next_seq(db, fid, &seq) < 0)
		return -1;
	if (*id != 0) {
		return meta_sql_run(db, "UPDATE item SET seq=?2,last_change=?3,"
			"deleted=?4,size=?5 WHERE id=?1", "iiiui",
			(int64_t)*id, (int64_t)seq, (int64_t)changed,
			op->value == NULL ? 1 : 0, (int64_t)op->size);
	}
	if (meta_counter_add(db, META_ITEM_ID_NAME, 1, id) < 0)
		return -1;
	if (*id > META_ITEM_ID_MAX) {
		return meta_db_set_error(db, META_ERROR_NOSPACE,
					 "numbers of items used up");
	}
	return meta_sql_run(db,
		"INSERT INTO item(id,fid,key,seq,last_change,deleted,size)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7)", "iusiiui", (int64_t)*id, fid,
		op->key, (int64_t)seq, (int64_t)changed,
		op->value == NULL ? 1 : 0, (int64_t)op->size);
}

/* Readers of folders' properties, and of blobs, see by one number whether any
   changed. */
static int meta_item_note_stamps(struct meta_db *db, const char *key)
{
	uint64_t stamp;

	if (compat_str_begins(key, META_KEY_FOLDER))
		return meta_counter_add(db, META_PROPS_NAME, 1, &stamp);
	if (compat_str_begins(key, META_KEY_BLOB) ||
	    (compat_str_begins(key, META_KEY_SPECIAL) &&
	     strstr(key, META_SPECIAL_BLOB) != NULL))
		return meta_counter_add(db, META_BLOBS_NAME, 1, &stamp);
	return 0;
}

/* The limit is on what users make: devices and folders are never refused. */
static bool meta_item_is_limited(const char *key)
{
	return compat_str_begins(key, META_KEY_ITEM);
}

static int meta_item_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_item_op *op = _op;
	struct meta_db *db = apply->db;
	struct meta_item_row row;
	uint32_t fid;

	if (meta_apply_fid(apply, op->guid, TRUE, &fid) < 0 ||
	    meta_item_row(db, fid, op->key, &row) < 0 ||
	    meta_item_write_row(db, fid, op, op->last_change != 0 ?
				op->last_change : apply->now, &row.id) < 0 ||
	    meta_item_note_stamps(db, op->key) < 0)
		return -1;
	if (meta_item_is_limited(op->key)) {
		apply->item_delta += (row.deleted ? 1 : 0) -
			(op->value == NULL ? 1 : 0);
		apply->byte_delta += (int64_t)op->size - (int64_t)row.size;
	}
	if (op->value == NULL) {
		return meta_sql_run(db, "DELETE FROM item_value WHERE id=?1",
				    "i", (int64_t)row.id);
	}
	return meta_sql_run(db,
		"INSERT INTO item_value(id,value) VALUES(?1,?2)"
		" ON CONFLICT(id) DO UPDATE SET value=?2", "it",
		(int64_t)row.id, op->value, op->size);
}

void meta_item_set(struct meta_txn *txn, const guid_128_t guid,
		   const char *key, const char *value, time_t last_change)
{
	struct meta_item_op *op =
		meta_txn_op(txn, meta_item_apply, sizeof(*op));

	guid_128_copy(op->guid, guid);
	op->key = p_strdup(txn->pool, key);
	op->size = strlen(value);
	op->value = p_strndup(txn->pool, value, op->size);
	op->last_change = last_change;
}

void meta_item_unset(struct meta_txn *txn, const guid_128_t guid,
		     const char *key, time_t last_change)
{
	struct meta_item_op *op =
		meta_txn_op(txn, meta_item_apply, sizeof(*op));

	guid_128_copy(op->guid, guid);
	op->key = p_strdup(txn->pool, key);
	op->last_change = last_change;
}

/*
 * Whole folders
 */

static int meta_item_totals(struct meta_db *db, uint32_t fid,
			    uint64_t *count_r, uint64_t *bytes_r)
{
	if (meta_sql_int(db, count_r,
		"SELECT count(*) FROM item WHERE fid=?1 AND deleted=0"
		" AND key>=?2 AND key<?3", "uss", fid, META_KEY_ITEM,
		META_KEY_ITEM_END) < 0)
		return -1;
	return meta_sql_int(db, bytes_r,
		"SELECT CAST(sum(size) AS BIGINT) FROM item WHERE fid=?1"
		" AND key>=?2 AND key<?3", "uss", fid, META_KEY_ITEM,
		META_KEY_ITEM_END) < 0 ? -1 : 0;
}

int meta_item_delete_all(struct meta_apply *apply, uint32_t fid)
{
	struct meta_db *db = apply->db;
	uint64_t count, bytes;

	if (meta_item_totals(db, fid, &count, &bytes) < 0)
		return -1;
	apply->item_delta -= (int64_t)count;
	apply->byte_delta -= (int64_t)bytes;
	if (meta_sql_run(db, "DELETE FROM item_value WHERE id IN"
			 " (SELECT id FROM item WHERE fid=?1)", "u", fid) < 0 ||
	    meta_sql_run(db, "DELETE FROM item_index WHERE fid=?1",
			 "u", fid) < 0)
		return -1;
	return meta_sql_run(db, "DELETE FROM item WHERE fid=?1", "u", fid);
}

/* Items that both folders have; the later change wins. */
static int meta_item_pairs(struct meta_db *db, uint32_t from, uint32_t to,
			   ARRAY_TYPE(meta_item_pair) *pairs)
{
	struct meta_item_pair *pair;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT i.id,o.id,i.last_change>o.last_change FROM item i"
		" JOIN item o ON o.fid=?2 AND o.key=i.key WHERE i.fid=?1",
		"uu", from, to);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		pair = array_append_space(pairs);
		pair->from_id = meta_column_u64(db, stmt, 0);
		pair->to_id = meta_column_u64(db, stmt, 1);
		pair->from_wins = meta_column_u64(db, stmt, 2) != 0;
	}
	meta_done(db, stmt);
	return ret;
}

/* The loser goes; the item keeps the number that readers of `to` know. */
static int
meta_item_settle(struct meta_db *db, const struct meta_item_pair *pair)
{
	int64_t loser = pair->from_wins ? pair->to_id : pair->from_id;

	if (meta_sql_run(db, "DELETE FROM item_value WHERE id=?1",
			 "i", loser) < 0 ||
	    meta_sql_run(db, "DELETE FROM item WHERE id=?1", "i", loser) < 0)
		return -1;
	if (!pair->from_wins)
		return 0;
	if (meta_sql_run(db, "UPDATE item SET id=?2 WHERE id=?1", "ii",
			 (int64_t)pair->from_id, loser) < 0)
		return -1;
	return meta_sql_run(db, "UPDATE item_value SET id=?2 WHERE id=?1",
			    "ii", (int64_t)pair->from_id, loser);
}

static int meta_item_settle_all(struct meta_db *db, uint32_t from, uint32_t to)
{
	ARRAY_TYPE(meta_item_pair) pairs;
	const struct meta_item_pair *pair;
	int ret;

	t_array_init(&pairs, 64);
	ret = meta_item_pairs(db, from, to, &pairs);
	array_foreach(&pairs, pair) {
		if (ret == 0)
			ret = meta_item_settle(db, pair);
	}
	return ret;
}

/* What comes in gets sequences of its own, so that readers of `to` learn of
   it. */
static int meta_item_move(struct meta_db *db, uint32_t from, uint32_t to)
{
	uint64_t moved, base;

	if (meta_sql_int(db, &moved,
		"SELECT count(*) FROM item WHERE fid=?1", "u", from) < 0 ||
	    meta_counter_add(db, "seq", moved, &base) < 0 ||
	    meta_sql_run(db, "DELETE FROM item_index WHERE fid=?1", "u",
			 from) < 0 ||
	    meta_sql_run(db,
		"UPDATE item SET fid=?2,seq=?3+n.n FROM"
		" (SELECT id AS nid,row_number() OVER (ORDER BY seq) AS n"
		"  FROM item WHERE fid=?1) n WHERE item.id=n.nid",
		"uui", from, to, (int64_t)(base - moved)) < 0)
		return -1;
	if (moved > 0)
		meta_pending_folder_seq(db, to, base);
	return 0;
}

int meta_item_merge(struct meta_apply *apply, uint32_t from, uint32_t to)
{
	struct meta_db *db = apply->db;
	uint64_t before_count, before_bytes, count, bytes, stamp;

	if (meta_item_totals(db, from, &before_count, &before_bytes) < 0 ||
	    meta_item_totals(db, to, &count, &bytes) < 0)
		return -1;
	before_count += count;
	before_bytes += bytes;
	if (meta_item_settle_all(db, from, to) < 0 ||
	    meta_item_move(db, from, to) < 0 ||
	    meta_counter_add(db, META_PROPS_NAME, 1, &stamp) < 0 ||
	    meta_counter_add(db, META_BLOBS_NAME, 1, &stamp) < 0 ||
	    meta_item_totals(db, to, &count, &bytes) < 0)
		return -1;
	apply->item_delta += (int64_t)(count - before_count);
	apply->byte_delta += (int64_t)(bytes - before_bytes);
	return 0;
}
