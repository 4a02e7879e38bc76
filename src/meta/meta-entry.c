/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Entries: the items that clients see. An entry is the row item/<name>, with
   its number, and item/<name>/extra beside it. */

#include "lib.h"
#include "meta-private.h"

/* Of a row's key, the key of its entry: both rows of an entry give the same. */
#define ENTRY_KEY(alias) "substr(" alias ".key,1,CAST(?2 AS INTEGER))"
#define ENTRY_COLUMNS \
	"i.id,i.key,i.seq,i.last_change,i.deleted,x.seq,x.last_change," \
	"x.deleted,v.value,y.value"
#define ENTRY_JOINS \
	" LEFT JOIN item x ON x.fid=i.fid AND x.key=i.key||'/extra'" \
	" LEFT JOIN item_value v ON v.id=i.id" \
	" LEFT JOIN item_value y ON y.id=x.id"

static const char *meta_entry_key(const char *name)
{
	return t_strconcat(META_KEY_ITEM, name, NULL);
}

/*
 * Reading
 */

static void meta_entry_fill(struct meta_db *db, struct meta_stmt *stmt,
			    pool_t pool, struct meta_entry *entry_r)
{
	const char *key, *text;
	size_t size;
	bool extra;

	i_zero(entry_r);
	key = db->driver->column_data(stmt, 1, &size);
	entry_r->num = meta_column_u64(db, stmt, 0);
	entry_r->name = p_strndup(pool, key + strlen(META_KEY_ITEM),
				  size - strlen(META_KEY_ITEM));
	entry_r->seq = I_MAX(meta_column_u64(db, stmt, 2),
			     meta_column_u64(db, stmt, 5));
	entry_r->last_change = I_MAX(meta_column_u64(db, stmt, 3),
				     meta_column_u64(db, stmt, 6));
	entry_r->deleted = meta_column_u64(db, stmt, 4) != 0;
	extra = meta_column_u64(db, stmt, 7) == 0;
	if (entry_r->deleted)
		return;
	text = db->driver->column_data(stmt, 8, &entry_r->text_size);
	entry_r->text = text == NULL ? "" :
		p_strndup(pool, text, entry_r->text_size);
	if (extra)
		entry_r->extra = meta_column_strdup(db, stmt, 9, pool);
}

static int meta_entry_read(struct meta_db *db, struct meta_stmt *stmt,
			   pool_t pool, struct meta_entry *entry_r)
{
	int ret;

	i_zero(entry_r);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		meta_entry_fill(db, stmt, pool, entry_r);
		if (entry_r->deleted)
			ret = 0;
	}
	meta_done(db, stmt);
	return ret;
}

int meta_entry_get(struct meta_db *db, const guid_128_t guid, uint32_t num,
		   pool_t pool, struct meta_entry *entry_r)
{
	return meta_entry_read(db, meta_sql(db,
		"SELECT " ENTRY_COLUMNS " FROM item i"
		" JOIN folder f ON f.fid=i.fid" ENTRY_JOINS
		" WHERE i.id=?1 AND f.fkey=?2 AND f.dead=0"
		" AND i.key>=?3 AND i.key<?4 AND length(i.key)=?5", "usssu",
		num, meta_folder_guid_fkey(guid), META_KEY_ITEM,
		META_KEY_ITEM_END, META_KEY_ITEM_SIZE), pool, entry_r);
}

int meta_entry_find(struct meta_db *db, const guid_128_t guid, const char *name,
		    pool_t pool, struct meta_entry *entry_r)
{
	return meta_entry_read(db, meta_sql(db,
		"SELECT " ENTRY_COLUMNS " FROM folder f"
		" JOIN item i ON i.fid=f.fid AND i.key=?2" ENTRY_JOINS
		" WHERE f.fkey=?1 AND f.dead=0 AND length(i.key)=?3", "ssu",
		meta_folder_guid_fkey(guid), meta_entry_key(name),
		META_KEY_ITEM_SIZE), pool, entry_r);
}

/* Rows of one answer, and how large a text or extras may be in it: a larger one
   is an answer of its own. */
#define ENTRY_RUN_ROWS 32
#define ENTRY_RUN_SIZE (64 * 1024)

/* By number: "+" and substr() keep SQLite from walking the folder by key. */
#define ENTRY_RUN_SQL(order) \
	"SELECT i.id,i.key,i.seq,i.last_change,i.deleted,x.seq,x.last_change," \
	"x.deleted,CASE WHEN i.size<=?7 THEN v.value END," \
	"CASE WHEN x.size<=?7 THEN y.value END,i.size,x.size" \
	" FROM folder f JOIN item i ON +i.fid=f.fid AND i.id>=?2 AND" \
	" i.id<=?3" ENTRY_JOINS " WHERE f.fkey=?1 AND f.dead=0" \
	" AND i.deleted=0 AND length(i.key)=?5" \
	" AND substr(i.key,1,CAST(?6 AS INTEGER))=?4" \
	" ORDER BY i.id" order " LIMIT ?8"

static struct meta_stmt *
meta_entry_run_select(struct meta_db *db, const guid_128_t guid, uint32_t num1,
		      uint32_t num2, bool backwards)
{
	static const char *const sql[] = {
		ENTRY_RUN_SQL(""), ENTRY_RUN_SQL(" DESC")
	};

	return meta_sql(db, sql[backwards ? 1 : 0], "suusuuuu",
			meta_folder_guid_fkey(guid), num1, num2, META_KEY_ITEM,
			META_KEY_ITEM_SIZE,
			(uint32_t)(sizeof(META_KEY_ITEM) - 1),
			(uint32_t)ENTRY_RUN_SIZE, (uint32_t)ENTRY_RUN_ROWS);
}

/* Reads until one is too large: that is *large_r then. Rows read, or -1 */
static int meta_entry_run_read(struct meta_db *db, struct meta_stmt *stmt,
			       pool_t pool, ARRAY_TYPE(meta_entry) *entries,
			       uint32_t *large_r)
{
	int ret, rows = 0;

	*large_r = 0;
	while ((ret = meta_step(db, stmt)) > 0) {
		rows++;
		if (meta_column_u64(db, stmt, 10) > ENTRY_RUN_SIZE ||
		    meta_column_u64(db, stmt, 11) > ENTRY_RUN_SIZE) {
			*large_r = meta_column_u32(db, stmt, 0);
			break;
		}
		meta_entry_fill(db, stmt, pool, array_append_space(entries));
	}
	meta_done(db, stmt);
	return ret < 0 ? -1 : rows;
}

int meta_entry_run(struct meta_db *db, const guid_128_t guid, uint32_t num1,
		   uint32_t num2, bool backwards, pool_t pool,
		   ARRAY_TYPE(meta_entry) *entries_r, uint32_t *last_r)
{
	struct meta_stmt *stmt = meta_entry_run_select(db, guid, num1, num2,
						       backwards);
	const struct meta_entry *last;
	struct meta_entry entry;
	uint32_t large;
	int ret;

	if (stmt == NULL)
		return -1;
	ret = meta_entry_run_read(db, stmt, pool, entries_r, &large);
	if (ret < 0)
		return -1;
	*last_r = backwards ? num1 : num2;
	if (large == 0) {
		if (ret == ENTRY_RUN_ROWS) {
			last = array_back(entries_r);
			*last_r = last->num;
		}
		return 0;
	}
	if (array_count(entries_r) > 0) {
		last = array_back(entries_r);
		*last_r = last->num;
		return 0;
	}
	*last_r = large;
	ret = meta_entry_get(db, guid, large, pool, &entry);
	if (ret > 0)
		array_push_back(entries_r, &entry);
	return ret < 0 ? -1 : 0;
}

int meta_entry_nums(struct meta_db *db, const guid_128_t guid,
		    ARRAY_TYPE(seq_range) *nums_r)
{
	struct meta_stmt *stmt;
	int ret;

	/* in order: a set of ranges grows best at its end */
	stmt = meta_sql(db, "SELECT i.id FROM folder f JOIN item i ON i.fid=f.fid"
		" WHERE f.fkey=?1 AND f.dead=0 AND i.deleted=0"
		" AND i.key>=?2 AND i.key<?3 AND length(i.key)=?4"
		" ORDER BY i.id", "sssu", meta_folder_guid_fkey(guid),
		META_KEY_ITEM, META_KEY_ITEM_END, META_KEY_ITEM_SIZE);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0)
		seq_range_array_add(nums_r, meta_column_u32(db, stmt, 0));
	meta_done(db, stmt);
	return ret;
}

int meta_entry_changes(struct meta_db *db, const guid_128_t guid,
		       uint64_t since, uint64_t until,
		       ARRAY_TYPE(meta_entry_change) *changes_r)
{
	struct meta_entry_change *change;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT m.id,max(i.seq),m.deleted FROM folder f"
		" JOIN item i ON i.fid=f.fid AND i.seq>?3 AND i.seq<=?4"
		" JOIN item m ON m.fid=f.fid AND m.key=" ENTRY_KEY("i")
		" WHERE f.fkey=?1 AND f.dead=0 AND i.key>=?5 AND i.key<?6"
		" AND length(m.key)=?2 GROUP BY m.id,m.deleted"
		" ORDER BY m.id", "suiiss", meta_folder_guid_fkey(guid),
		META_KEY_ITEM_SIZE, (int64_t)since, (int64_t)until,
		META_KEY_ITEM, META_KEY_ITEM_END);
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

/*
 * Writing by others than us: what is expected, and what became of it
 */

struct meta_entry_op {
	guid_128_t guid;
	const char *key;
	uint64_t seq;
	struct meta_entry_id *id;
};

/* The entry as it is now; id 0: there never was one. */
static int meta_entry_row(struct meta_apply *apply,
			  const struct meta_entry_op *op,
			  struct meta_item_row *row_r)
{
	struct meta_item_row extra;
	uint32_t fid;

	i_zero(row_r);
	row_r->deleted = TRUE;
	if (meta_apply_fid(apply, op->guid, FALSE, &fid) < 0)
		return -1;
	if (fid == 0)
		return 0;
	if (meta_item_row(apply->db, fid, op->key, row_r) < 0 ||
	    meta_item_row(apply->db, fid,
			  t_strconcat(op->key, META_ITEM_EXTRA, NULL),
			  &extra) < 0)
		return -1;
	row_r->seq = I_MAX(row_r->seq, extra.seq);
	return 0;
}

static int meta_entry_expect_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_entry_op *op = _op;
	struct meta_item_row row;

	if (meta_entry_row(apply, op, &row) < 0)
		return -1;
	if (row.deleted ? op->seq == 0 : op->seq == row.seq)
		return 0;
	return meta_db_set_error(apply->db, META_ERROR_CONFLICT,
		"%s was changed by another (now %"PRIu64", not %"PRIu64")",
		op->key, row.deleted ? 0 : row.seq, op->seq);
}

static int meta_entry_result_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_entry_op *op = _op;
	struct meta_item_row row;

	if (meta_entry_row(apply, op, &row) < 0)
		return -1;
	op->id->num = row.id;
	op->id->seq = row.seq;
	return 0;
}

static struct meta_entry_op *
meta_entry_op(struct meta_txn *txn, meta_op_func_t *func,
	      const guid_128_t guid, const char *key)
{
	struct meta_entry_op *op = meta_txn_op(txn, func, sizeof(*op));

	guid_128_copy(op->guid, guid);
	op->key = p_strdup(txn->pool, key);
	return op;
}

void meta_entry_expect(struct meta_txn *txn, const guid_128_t guid,
		       const char *key, uint64_t seq)
{
	meta_entry_op(txn, meta_entry_expect_apply, guid, key)->seq = seq;
}

void meta_entry_result(struct meta_txn *txn, const guid_128_t guid,
		       const char *key, struct meta_entry_id *id)
{
	meta_entry_op(txn, meta_entry_result_apply, guid, key)->id = id;
}

/*
 * Properties of folders
 */

int meta_props_stamp(struct meta_db *db, uint64_t *stamp_r)
{
	return meta_counter_get(db, META_PROPS_NAME, stamp_r);
}

static int
meta_prop_fill(struct meta_db *db, struct meta_stmt *stmt, pool_t pool,
	       struct meta_prop *prop_r)
{
	const char *fkey;
	size_t size;

	i_zero(prop_r);
	fkey = db->driver->column_data(stmt, 0, &size);
	if (size != 1 + GUID_128_SIZE * 2 || fkey[0] != 'g' ||
	    guid_128_from_string(t_strndup(fkey + 1, size - 1),
				 prop_r->guid) < 0)
		return 0;
	prop_r->path = meta_column_strdup(db, stmt, 1, pool);
	prop_r->name = meta_column_strdup(db, stmt, 2, pool) +
		strlen(META_KEY_FOLDER);
	prop_r->value = meta_column_strdup(db, stmt, 3, pool);
	return 1;
}

int meta_props_list(struct meta_db *db, pool_t pool,
		    ARRAY_TYPE(meta_prop) *props_r)
{
	struct meta_stmt *stmt;
	struct meta_prop prop;
	int ret;

	stmt = meta_sql(db,
		"SELECT f.fkey,f.path,i.key,v.value FROM folder f"
		" JOIN item i ON i.fid=f.fid AND i.key>=?1 AND i.key<?2"
		" JOIN item_value v ON v.id=i.id"
		" WHERE f.dead=0 AND i.deleted=0 ORDER BY f.fid,i.key", "ss",
		META_KEY_FOLDER, META_KEY_FOLDER_END);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		if (meta_prop_fill(db, stmt, pool, &prop) > 0)
			array_push_back(props_r, &prop);
	}
	meta_done(db, stmt);
	return ret;
}
