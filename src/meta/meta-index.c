/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The index of a folder's entries: times, marks, words. It is derived from the
   texts by a function of the caller's, when a question is asked, for what
   changed since the last one; so it does not matter who wrote. */

#include "lib.h"
#include "meta-private.h"

/* Texts read and rows written in one transaction */
#define META_INDEX_ROWS 500
#define META_INDEX_BYTES (4 * 1024 * 1024)

struct meta_index {
	struct meta_db *db;
	pool_t pool;
	guid_128_t guid;
	uint32_t fid;
	unsigned int version;
	meta_index_func_t *func;
	void *context;
	/* Of a database that we may not write: what the index lacks, by number;
	   rows of these numbers in it are old. */
	ARRAY_TYPE(meta_index_row) pending;
	ARRAY_TYPE(seq_range) pending_nums;
	bool everything_pending;
};

struct meta_index_state {
	uint64_t fid, seq, indexed;
};

/* One batch: rows for what changed in (from, to]. */
struct meta_index_batch {
	struct meta_index *index;
	uint64_t from, to;
	ARRAY_TYPE(meta_index_row) rows;
	ARRAY_TYPE(seq_range) gone;
	/* another process was faster */
	bool stale;
};

/*
 * How far the index is
 */

static int meta_index_state(struct meta_index *index,
			    struct meta_index_state *state_r)
{
	struct meta_db *db = index->db;
	struct meta_stmt *stmt;
	int ret;

	i_zero(state_r);
	stmt = meta_sql(db, "SELECT fid,seq,indexed FROM folder"
			" WHERE fkey=?1 AND dead=0", "s",
			meta_folder_guid_fkey(index->guid));
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		state_r->fid = meta_column_u64(db, stmt, 0);
		state_r->seq = meta_column_u64(db, stmt, 1);
		state_r->indexed = meta_column_u64(db, stmt, 2);
	}
	meta_done(db, stmt);
	index->fid = state_r->fid;
	return ret;
}

/* A program that indexes better than the one that wrote begins anew. */
static int meta_index_version_apply(struct meta_apply *apply, const void *_op)
{
	const unsigned int *version = _op;
	struct meta_db *db = apply->db;
	uint64_t now;

	if (meta_counter_get(db, META_INDEX_NAME, &now) < 0)
		return -1;
	if (now >= *version)
		return 0;
	if (meta_sql_run(db, "DELETE FROM item_index", "") < 0 ||
	    meta_sql_run(db, "UPDATE folder SET indexed=0", "") < 0)
		return -1;
	return meta_counter_add(db, META_INDEX_NAME, *version - now, &now);
}

/* 1 right, 0 the index is of an older program and we may not write */
static int meta_index_check_version(struct meta_index *index)
{
	uint64_t version;

	if (meta_counter_get(index->db, META_INDEX_NAME, &version) < 0)
		return -1;
	if (version >= index->version)
		return 1;
	if (index->db->readonly)
		return 0;
	return meta_db_immediate(index->db, meta_index_version_apply,
				 &index->version) < 0 ? -1 : 1;
}

/*
 * Bringing it up to date
 */

/* Applies the function to what changed; numbers without a row are in gone. */
static int meta_index_read(struct meta_index *index, pool_t pool,
			   const ARRAY_TYPE(meta_entry_change) *changes,
			   unsigned int *pos, ARRAY_TYPE(meta_index_row) *rows,
			   ARRAY_TYPE(seq_range) *gone)
{
	const struct meta_entry_change *change;
	struct meta_index_row row;
	struct meta_entry entry;
	unsigned int count = array_count(changes), end;
	size_t bytes = 0;
	int ret = 0;

	end = I_MIN(count, *pos + META_INDEX_ROWS);
	for (; *pos < end && bytes < META_INDEX_BYTES && ret >= 0; (*pos)++) {
		change = array_idx(changes, *pos);
		i_zero(&row);
		T_BEGIN {
			ret = change->deleted ? 0 :
				meta_entry_get(index->db, index->guid,
					       change->num,
					       pool_datastack_create(),
					       &entry);
			if (ret > 0) {
				bytes += entry.text_size;
				index->func(index->context, &entry, pool, &row);
			}
		} T_END;
		if (ret == 0)
			seq_range_array_add(gone, change->num);
		if (ret <= 0)
			continue;
		row.num = change->num;
		array_push_back(rows, &row);
	}
	return ret < 0 ? -1 : 0;
}

static int meta_index_write_row(struct meta_db *db, uint32_t fid,
				const struct meta_index_row *row)
{
	return meta_sql_run(db,
		"INSERT INTO item_index(fid,id,first,last,marks,sort,words)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(fid,id) DO UPDATE"
		" SET first=?3,last=?4,marks=?5,sort=?6,words=?7", "uuiiuss",
		fid, row->num, row->first, row->last, row->marks,
		row->sort == NULL ? "" : row->sort,
		row->words == NULL ? "" : row->words);
}

static int meta_index_batch_apply(struct meta_apply *apply, const void *_op)
{
	/* tells back that it came too late */
	struct meta_index_batch *batch = *(struct meta_index_batch *const *)_op;
	struct meta_db *db = apply->db;
	const struct meta_index_row *row;
	const struct seq_range *range;
	uint32_t fid = batch->index->fid;
	uint64_t indexed;
	int ret;

	ret = meta_sql_int(db, &indexed, "SELECT indexed FROM folder"
			   " WHERE fid=?1 AND dead=0", "u", fid);
	if (ret < 0)
		return -1;
	batch->stale = ret == 0 || indexed != batch->from;
	if (batch->stale)
		return 0;
	array_foreach(&batch->gone, range) {
		if (meta_sql_run(db, "DELETE FROM item_index WHERE fid=?1"
				 " AND id>=?2 AND id<=?3", "uuu", fid,
				 range->seq1, range->seq2) < 0)
			return -1;
	}
	array_foreach(&batch->rows, row) {
		if (meta_index_write_row(db, fid, row) < 0)
			return -1;
	}
	return meta_sql_run(db, "UPDATE folder SET indexed=?2 WHERE fid=?1",
			    "ui", fid, (int64_t)batch->to);
}

static int meta_entry_change_seq_cmp(const struct meta_entry_change *a,
				     const struct meta_entry_change *b)
{
	return a->seq < b->seq ? -1 : a->seq > b->seq ? 1 : 0;
}

/* One transaction a batch: the lock is held for writing rows, not for reading
   texts. 1 goes on, 0 another process was faster, -1 */
static int meta_index_write(struct meta_index *index,
			    const ARRAY_TYPE(meta_entry_change) *changes,
			    unsigned int *pos,
			    const struct meta_index_state *state,
			    uint64_t *indexed)
{
	pool_t pool = pool_alloconly_create("meta index", 32 * 1024);
	struct meta_index_batch batch = { .index = index, .from = *indexed };
	struct meta_index_batch *op = &batch;
	const struct meta_entry_change *last;
	int ret;

	p_array_init(&batch.rows, pool, META_INDEX_ROWS);
	p_array_init(&batch.gone, pool, 16);
	ret = meta_index_read(index, pool, changes, pos, &batch.rows,
			      &batch.gone);
	batch.to = state->seq;
	if (*pos > 0 && *pos < array_count(changes)) {
		last = array_idx(changes, *pos - 1);
		batch.to = last->seq;
	}
	if (ret == 0)
		ret = meta_db_immediate(index->db, meta_index_batch_apply, &op);
	*indexed = batch.to;
	pool_unref(&pool);
	return ret < 0 ? -1 : batch.stale ? 0 : 1;
}

/* 1 done, 0 again: another process wrote it meanwhile, -1 */
static int meta_index_update_once(struct meta_index *index)
{
	ARRAY_TYPE(meta_entry_change) changes;
	struct meta_index_state state;
	unsigned int pos = 0;
	int ret;

	if ((ret = meta_index_state(index, &state)) < 0)
		return -1;
	if (ret == 0 || state.indexed >= state.seq)
		return 1;
	i_array_init(&changes, 256);
	ret = meta_entry_changes(index->db, index->guid, state.indexed,
				 state.seq, &changes);
	array_sort(&changes, meta_entry_change_seq_cmp);
	if (ret == 0) do {
		ret = meta_index_write(index, &changes, &pos, &state,
				       &state.indexed);
	} while (ret > 0 && pos < array_count(&changes));
	array_free(&changes);
	return ret;
}

/* What the index lacks is kept here instead. */
static int meta_index_read_pending(struct meta_index *index)
{
	ARRAY_TYPE(meta_entry_change) changes;
	const struct meta_entry_change *change;
	struct meta_index_state state;
	unsigned int pos = 0;
	int ret;

	if ((ret = meta_index_state(index, &state)) <= 0)
		return ret;
	if (index->everything_pending)
		state.indexed = 0;
	if (state.indexed >= state.seq)
		return 0;
	i_array_init(&changes, 256);
	ret = meta_entry_changes(index->db, index->guid, state.indexed,
				 state.seq, &changes);
	array_foreach(&changes, change)
		seq_range_array_add(&index->pending_nums, change->num);
	while (ret == 0 && pos < array_count(&changes)) {
		ARRAY_TYPE(seq_range) gone;

		t_array_init(&gone, 16);
		ret = meta_index_read(index, index->pool, &changes, &pos,
				      &index->pending, &gone);
	}
	array_free(&changes);
	return ret;
}

static int meta_index_update(struct meta_index *index)
{
	unsigned int try;
	int ret;

	if ((ret = meta_index_check_version(index)) < 0)
		return -1;
	index->everything_pending = ret == 0;
	if (index->db->readonly)
		return meta_index_read_pending(index);
	/* whoever is faster has done the same work: it ends */
	for (try = 0, ret = 0; ret == 0 && try < 100; try++)
		ret = meta_index_update_once(index);
	if (ret == 0) {
		return meta_db_set_error(index->db, META_ERROR_BUSY,
					 "the index is being written");
	}
	return ret < 0 ? -1 : 0;
}

int meta_index_open(struct meta_db *db, const guid_128_t guid,
		    unsigned int version, meta_index_func_t *func,
		    void *context, struct meta_index **index_r)
{
	pool_t pool = pool_alloconly_create("meta index", 512);
	struct meta_index *index = p_new(pool, struct meta_index, 1);
	int ret;

	index->db = db;
	db->refcount++;
	index->pool = pool;
	guid_128_copy(index->guid, guid);
	index->version = version;
	index->func = func;
	index->context = context;
	p_array_init(&index->pending, pool, 1);
	p_array_init(&index->pending_nums, pool, 1);
	T_BEGIN {
		ret = meta_index_update(index);
	} T_END;
	if (ret < 0)
		meta_index_close(&index);
	*index_r = index;
	return ret;
}

void meta_index_close(struct meta_index **_index)
{
	struct meta_index *index = *_index;
	struct meta_db *db;

	if (index == NULL)
		return;
	*_index = NULL;
	db = index->db;
	pool_unref(&index->pool);
	meta_db_unref(&db);
}

/*
 * Asking
 */

static bool meta_index_is_old(const struct meta_index *index, uint32_t num)
{
	return index->everything_pending ||
		seq_range_exists(&index->pending_nums, num);
}

int meta_index_filter(struct meta_index *index, int64_t start, int64_t end,
		      unsigned int with, unsigned int without,
		      ARRAY_TYPE(seq_range) *nums_r)
{
	struct meta_db *db = index->db;
	const struct meta_index_row *row;
	struct meta_stmt *stmt;
	uint32_t num;
	int ret;

	stmt = meta_sql(db, "SELECT id FROM item_index WHERE fid=?1"
			" AND last>?2 AND first<?3 AND (marks & ?4)=?5"
			" ORDER BY id", "uiiuu", index->fid, start, end,
			with | without, with);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		num = meta_column_u32(db, stmt, 0);
		if (!meta_index_is_old(index, num))
			seq_range_array_add(nums_r, num);
	}
	meta_done(db, stmt);
	array_foreach(&index->pending, row) {
		if (row->last > start && row->first < end &&
		    (row->marks & (with | without)) == with)
			seq_range_array_add(nums_r, row->num);
	}
	return ret;
}

int meta_index_range(struct meta_index *index, int64_t start, int64_t end,
		     ARRAY_TYPE(seq_range) *nums_r)
{
	return meta_index_filter(index, start, end, 0, 0, nums_r);
}

/* Does each word begin a word? words: each with a space before it. */
static bool meta_index_match(const char *words, const char *const *query)
{
	for (; *query != NULL; query++) {
		const char *p = words;

		while ((p = strstr(p, *query)) != NULL && p > words &&
		       p[-1] != ' ')
			p++;
		if (p == NULL)
			return FALSE;
	}
	return TRUE;
}

/* The longest word, as the pattern for LIKE: it leaves least. */
static const char *meta_index_like(const char *const *query)
{
	const char *longest = "";
	string_t *str = t_str_new(64);

	for (; *query != NULL; query++) {
		if (strlen(*query) > strlen(longest))
			longest = *query;
	}
	str_append_c(str, '%');
	for (; *longest != '\0'; longest++) {
		if (strchr("%_!", *longest) != NULL)
			str_append_c(str, '!');
		str_append_c(str, *longest);
	}
	str_append_c(str, '%');
	return str_c(str);
}

static int meta_index_select(struct meta_index *index, const char *const *query,
			     pool_t pool, ARRAY_TYPE(meta_index_hit) *hits_r)
{
	struct meta_db *db = index->db;
	string_t *words = t_str_new(256);
	struct meta_index_hit *hit;
	struct meta_stmt *stmt;
	const void *data;
	uint32_t num;
	size_t size;
	int ret;

	stmt = meta_sql(db, "SELECT id,sort,words,marks FROM item_index"
			" WHERE fid=?1 AND words LIKE ?2 ESCAPE '!'", "us",
			index->fid, meta_index_like(query));
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		num = meta_column_u32(db, stmt, 0);
		data = db->driver->column_data(stmt, 2, &size);
		str_truncate(words, 0);
		str_append_data(words, data, size);
		if (meta_index_is_old(index, num) ||
		    !meta_index_match(str_c(words), query))
			continue;
		hit = array_append_space(hits_r);
		hit->num = num;
		hit->sort = meta_column_strdup(db, stmt, 1, pool);
		hit->marks = meta_column_u32(db, stmt, 3);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_index_search(struct meta_index *index, const char *const *query,
		      pool_t pool, ARRAY_TYPE(meta_index_hit) *hits_r)
{
	const struct meta_index_row *row;
	struct meta_index_hit *hit;
	int ret = meta_index_select(index, query, pool, hits_r);

	array_foreach(&index->pending, row) {
		if (!meta_index_match(row->words == NULL ? "" : row->words,
				      query))
			continue;
		hit = array_append_space(hits_r);
		hit->num = row->num;
		hit->sort = p_strdup(pool, row->sort == NULL ? "" : row->sort);
		hit->marks = row->marks;
	}
	return ret;
}

int meta_index_get(struct meta_index *index, uint32_t num, pool_t pool,
		   struct meta_index_row *row_r)
{
	struct meta_db *db = index->db;
	const struct meta_index_row *row;
	struct meta_stmt *stmt;
	int ret;

	array_foreach(&index->pending, row) {
		if (row->num == num) {
			*row_r = *row;
			return 1;
		}
	}
	if (meta_index_is_old(index, num))
		return 0;
	stmt = meta_sql(db, "SELECT id,first,last,marks,sort,words"
			" FROM item_index WHERE fid=?1 AND id=?2", "uu",
			index->fid, num);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		row_r->num = meta_column_u32(db, stmt, 0);
		row_r->first = db->driver->column_int(stmt, 1);
		row_r->last = db->driver->column_int(stmt, 2);
		row_r->marks = meta_column_u32(db, stmt, 3);
		row_r->sort = meta_column_strdup(db, stmt, 4, pool);
		row_r->words = meta_column_strdup(db, stmt, 5, pool);
	}
	meta_done(db, stmt);
	return ret;
}
