/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects below any prefix, totals over all folders, and blobs of folders. */

#include "lib.h"
#include "meta-private.h"

/* Names have META_ITEM_NAME_SIZE characters: where the parts of a key begin,
   counted from its end. */
#define KEY_PREFIX(alias) \
	"substr(" alias ".key,1,length(" alias ".key)-32)"
#define KEY_IS_ENTRY(alias) \
	"substr(" alias ".key,length(" alias ".key)-37,6)='/item/'"
#define KEY_IS_OBJECT(alias) \
	"substr(" alias ".key,length(" alias ".key)-39,8)='/object/'"

static const char *meta_prefix_next(const char *prefix)
{
	char *end = t_strdup_noconst(prefix);

	end[strlen(end) - 1]++;
	return end;
}

static uint32_t meta_object_key_size(const char *prefix)
{
	return strlen(prefix) + META_ITEM_NAME_SIZE;
}

/* Columns: id, key, seq, last_change, extra's seq and last_change, index, size */
static void meta_object_fill(struct meta_db *db, struct meta_stmt *stmt,
			     const char *prefix, pool_t pool,
			     struct meta_object *object_r)
{
	i_zero(object_r);
	object_r->num = meta_column_u64(db, stmt, 0);
	object_r->name = meta_column_strdup(db, stmt, 1, pool) +
		strlen(prefix);
	object_r->seq = I_MAX(meta_column_u64(db, stmt, 2),
			      meta_column_u64(db, stmt, 4));
	object_r->last_change = I_MAX(meta_column_u64(db, stmt, 3),
				      meta_column_u64(db, stmt, 5));
	object_r->index = meta_column_strdup(db, stmt, 6, pool);
	if (object_r->index == NULL)
		object_r->index = "";
	object_r->value_size = meta_column_u64(db, stmt, 7);
}

int meta_object_get(struct meta_db *db, const guid_128_t guid,
		    const char *prefix, uint32_t num, pool_t pool,
		    struct meta_object *object_r)
{
	struct meta_stmt *stmt;
	int ret;

	i_zero(object_r);
	stmt = meta_sql(db,
		"SELECT i.id,i.key,i.seq,i.last_change,x.seq,x.last_change,"
		"y.value,i.size,v.value FROM item i"
		" JOIN folder f ON f.fid=i.fid"
		" LEFT JOIN item x ON x.fid=i.fid AND x.key=i.key||'/extra'"
		"  AND x.deleted=0"
		" LEFT JOIN item_value y ON y.id=x.id"
		" LEFT JOIN item_value v ON v.id=i.id"
		" WHERE i.id=?1 AND f.fkey=?2 AND f.dead=0 AND i.deleted=0"
		" AND i.key>=?3 AND i.key<?4 AND length(i.key)=?5", "usssu",
		num, meta_folder_guid_fkey(guid), prefix,
		meta_prefix_next(prefix), meta_object_key_size(prefix));
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		meta_object_fill(db, stmt, prefix, pool, object_r);
		object_r->value = meta_column_strdup(db, stmt, 8, pool);
		if (object_r->value == NULL)
			object_r->value = "";
	}
	meta_done(db, stmt);
	return ret;
}

int meta_object_list(struct meta_db *db, const guid_128_t guid,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(meta_object) *objects_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT i.id,i.key,i.seq,i.last_change,x.seq,x.last_change,"
		"y.value,i.size FROM folder f JOIN item i ON i.fid=f.fid"
		" LEFT JOIN item x ON x.fid=i.fid AND x.key=i.key||'/extra'"
		"  AND x.deleted=0"
		" LEFT JOIN item_value y ON y.id=x.id"
		" WHERE f.fkey=?1 AND f.dead=0 AND i.deleted=0"
		" AND i.key>=?2 AND i.key<?3 AND length(i.key)=?4"
		" ORDER BY i.id", "sssu", meta_folder_guid_fkey(guid), prefix,
		meta_prefix_next(prefix), meta_object_key_size(prefix));
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		meta_object_fill(db, stmt, prefix, pool,
				 array_append_space(objects_r));
	}
	meta_done(db, stmt);
	return ret;
}

int meta_object_changes(struct meta_db *db, const guid_128_t guid,
			const char *prefix, uint64_t since, uint64_t until,
			ARRAY_TYPE(meta_entry_change) *changes_r)
{
	struct meta_entry_change *change;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT m.id,max(i.seq),m.deleted FROM folder f"
		" JOIN item i ON i.fid=f.fid AND i.seq>?3 AND i.seq<=?4"
		" JOIN item m ON m.fid=f.fid AND m.key=substr(i.key,1,CAST(?2 AS INTEGER))"
		" WHERE f.fkey=?1 AND f.dead=0 AND i.key>=?5 AND i.key<?6"
		" AND length(m.key)=?2 GROUP BY m.id,m.deleted"
		" ORDER BY m.id", "suiiss", meta_folder_guid_fkey(guid),
		meta_object_key_size(prefix), (int64_t)since, (int64_t)until,
		prefix, meta_prefix_next(prefix));
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		change = array_append_space(changes_r);
		change->num = meta_column_u32(db, stmt, 0);
		change->seq = meta_column_u64(db, stmt, 1);
		change->deleted = meta_column_u32(db, stmt, 2) != 0;
	}
	meta_done(db, stmt);
	return ret;
}

/* FALSE: not the key of a mailbox */
static bool meta_fkey_guid(const char *fkey, size_t size, guid_128_t guid_r)
{
	return size == 1 + GUID_128_SIZE * 2 && fkey[0] == 'g' &&
		guid_128_from_string(t_strndup(fkey + 1, size - 1),
				     guid_r) == 0;
}

static bool meta_column_guid(struct meta_db *db, struct meta_stmt *stmt,
			     int col, guid_128_t guid_r)
{
	const char *fkey;
	size_t size;
	bool ret;

	fkey = db->driver->column_data(stmt, col, &size);
	T_BEGIN {
		ret = fkey != NULL && meta_fkey_guid(fkey, size, guid_r);
	} T_END;
	return ret;
}

int meta_number_find(struct meta_db *db, uint32_t num, pool_t pool,
		     guid_128_t guid_r, const char **key_r)
{
	struct meta_stmt *stmt;
	int ret;

	*key_r = NULL;
	stmt = meta_sql(db, "SELECT f.fkey,i.key FROM item i"
			" JOIN folder f ON f.fid=i.fid AND f.dead=0"
			" WHERE i.id=?1 AND i.deleted=0", "u", num);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		*key_r = meta_column_strdup(db, stmt, 1, pool);
		if (!meta_column_guid(db, stmt, 0, guid_r))
			ret = 0;
	}
	meta_done(db, stmt);
	return ret;
}

/*
 * Totals
 */

int meta_totals(struct meta_db *db, pool_t pool,
		ARRAY_TYPE(meta_total) *totals_r)
{
	struct meta_total *total;
	struct meta_stmt *stmt;
	const char *mark;
	guid_128_t guid;
	int ret;

	stmt = meta_sql(db,
		"SELECT f.fkey," KEY_PREFIX("i") ",substr(y.value,1,1),"
		"count(*),CAST(sum(i.size) AS BIGINT),max(i.last_change)"
		" FROM folder f JOIN item i ON i.fid=f.fid AND i.deleted=0"
		"  AND (" KEY_IS_ENTRY("i") " OR " KEY_IS_OBJECT("i") ")"
		" LEFT JOIN item x ON " KEY_IS_OBJECT("i") " AND x.fid=i.fid"
		"  AND x.key=i.key||'/extra' AND x.deleted=0"
		" LEFT JOIN item_value y ON y.id=x.id"
		" WHERE f.dead=0 GROUP BY 1,2,3", "");
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		if (!meta_column_guid(db, stmt, 0, guid))
			continue;
		total = array_append_space(totals_r);
		guid_128_copy(total->guid, guid);
		total->prefix = meta_column_strdup(db, stmt, 1, pool);
		mark = db->driver->column_data(stmt, 2, NULL);
		total->mark = mark == NULL ? '\0' : *mark;
		total->count = meta_column_u32(db, stmt, 3);
		total->size = meta_column_u64(db, stmt, 4);
		total->last_change = meta_column_u64(db, stmt, 5);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_seq(struct meta_db *db, uint64_t *seq_r)
{
	return meta_counter_get(db, "seq", seq_r);
}

/*
 * Blobs of folders
 */

int meta_blobs_stamp(struct meta_db *db, uint64_t *stamp_r)
{
	return meta_counter_get(db, META_BLOBS_NAME, stamp_r);
}

int meta_blobs_list(struct meta_db *db, size_t max, pool_t pool,
		    ARRAY_TYPE(meta_blob) *blobs_r)
{
	struct meta_blob *blob;
	struct meta_stmt *stmt;
	guid_128_t guid;
	int ret;

	stmt = meta_sql(db,
		"SELECT f.fkey,i.key,i.seq,i.size,v.value FROM folder f"
		" JOIN item i ON i.fid=f.fid AND i.deleted=0 AND"
		"  ((i.key>=?1 AND i.key<?2) OR (i.key>=?3 AND i.key<?4 AND"
		"   i.key LIKE '%/blob/%'))"
		" LEFT JOIN item_value v ON v.id=i.id AND i.size<=?5"
		" WHERE f.dead=0 ORDER BY f.fid,i.key", "ssssi",
		META_KEY_BLOB, META_KEY_BLOB_END, META_KEY_SPECIAL,
		META_KEY_SPECIAL_END, (int64_t)max);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		if (!meta_column_guid(db, stmt, 0, guid))
			continue;
		blob = array_append_space(blobs_r);
		guid_128_copy(blob->guid, guid);
		blob->key = meta_column_strdup(db, stmt, 1, pool) +
			strlen(META_KEY_PREFIX);
		blob->seq = meta_column_u64(db, stmt, 2);
		blob->value_size = meta_column_u64(db, stmt, 3);
		blob->value = meta_column_strdup(db, stmt, 4, pool);
	}
	meta_done(db, stmt);
	return ret;
}
