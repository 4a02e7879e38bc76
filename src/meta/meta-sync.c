/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* State of devices: generations of synchronisation state, and small values. */

#include "lib.h"
#include "meta-private.h"

struct meta_sync_op {
	const char *device, *collection, *key;
	const void *data;
	size_t size;
	uint64_t generation;
};

static struct meta_sync_op *
meta_sync_op(struct meta_txn *txn, meta_op_func_t *func, const char *device,
	     const char *collection, const char *key)
{
	struct meta_sync_op *op = meta_txn_op(txn, func, sizeof(*op));

	op->device = p_strdup(txn->pool, device);
	op->collection = p_strdup(txn->pool, collection);
	op->key = p_strdup(txn->pool, key);
	return op;
}

/*
 * Reading
 */

static void meta_sync_fill(struct meta_db *db, struct meta_stmt *stmt,
			   pool_t pool, struct meta_sync *state_r)
{
	i_zero(state_r);
	state_r->device = meta_column_strdup(db, stmt, 0, pool);
	state_r->collection = meta_column_strdup(db, stmt, 1, pool);
	state_r->key = meta_column_strdup(db, stmt, 2, pool);
	state_r->generation = meta_column_u64(db, stmt, 3);
	state_r->changed = meta_column_u64(db, stmt, 4);
	state_r->data = meta_column_dup(db, stmt, 5, pool, &state_r->size);
}

int meta_sync_get(struct meta_db *db, const char *device,
		  const char *collection, const char *key, pool_t pool,
		  struct meta_sync *state_r)
{
	struct meta_stmt *stmt;
	int ret;

	if (key != NULL) {
		stmt = meta_sql(db,
			"SELECT device,collection,key,generation,changed,data"
			" FROM sync WHERE device=?1 AND collection=?2"
			" AND key=?3", "sss", device, collection, key);
	} else {
		stmt = meta_sql(db,
			"SELECT device,collection,key,generation,changed,data"
			" FROM sync WHERE generation=(SELECT max(generation)"
			"  FROM sync WHERE device=?1 AND collection=?2)", "ss",
			device, collection);
	}
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0)
		meta_sync_fill(db, stmt, pool, state_r);
	meta_done(db, stmt);
	return ret;
}

int meta_sync_list(struct meta_db *db, const char *device,
		   const char *collection, bool with_data, pool_t pool,
		   ARRAY_TYPE(meta_sync) *states_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT device,collection,key,generation,changed,"
		" CASE WHEN ?3<>0 THEN data END FROM sync WHERE device=?1"
		" AND (collection=?2 OR ?2 IS NULL) ORDER BY generation",
		"ssu", device, collection, with_data ? 1 : 0);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0)
		meta_sync_fill(db, stmt, pool, array_append_space(states_r));
	meta_done(db, stmt);
	return ret;
}

/*
 * Writing
 */

static int meta_sync_put_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_sync_op *op = _op;
	uint64_t generation;

	if (meta_counter_add(apply->db, "generation", 1, &generation) < 0)
		return -1;
	return meta_sql_run(apply->db,
		"INSERT INTO sync"
		"(generation,device,collection,key,changed,data)"
		" VALUES(?1,?2,?3,?4,?5,?6)"
		" ON CONFLICT(device,collection,key) DO UPDATE SET"
		" generation=?1,changed=?5,data=?6", "isssib",
		(int64_t)generation, op->device, op->collection, op->key,
		(int64_t)apply->now, op->data, op->size);
}

void meta_sync_put(struct meta_txn *txn, const char *device,
		   const char *collection, const char *key,
		   const void *data, size_t size)
{
	struct meta_sync_op *op = meta_sync_op(txn, meta_sync_put_apply,
					       device, collection, key);

	op->data = size == 0 ? "" : p_memdup(txn->pool, data, size);
	op->size = size;
}

static int meta_sync_forget_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_sync_op *op = _op;

	return meta_sql_run(apply->db,
		"DELETE FROM sync WHERE device=?1 AND collection=?2 AND"
		" generation<(SELECT generation FROM sync WHERE device=?1 AND"
		"  collection=?2 AND key=?3)", "sss",
		op->device, op->collection, op->key);
}

void meta_sync_forget_before(struct meta_txn *txn, const char *device,
			     const char *collection, const char *key)
{
	(void)meta_sync_op(txn, meta_sync_forget_apply, device, collection,
			   key);
}

static int meta_sync_delete_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_sync_op *op = _op;

	return meta_sql_run(apply->db, "DELETE FROM sync WHERE device=?1"
			    " AND (collection=?2 OR ?2 IS NULL)", "ss",
			    op->device, op->collection);
}

void meta_sync_delete(struct meta_txn *txn, const char *device,
		      const char *collection)
{
	(void)meta_sync_op(txn, meta_sync_delete_apply, device, collection,
			   NULL);
}

static int meta_sync_expect_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_sync_op *op = _op;
	uint64_t newest;

	if (meta_sql_int(apply->db, &newest,
		"SELECT max(generation) FROM sync"
		" WHERE device=?1 AND collection=?2", "ss",
		op->device, op->collection) < 0)
		return -1;
	if (newest == op->generation)
		return 0;
	return meta_db_set_error(apply->db, META_ERROR_CONFLICT,
		"another request of device %s was faster (collection %s)",
		op->device, op->collection);
}

void meta_txn_expect_sync(struct meta_txn *txn, const char *device,
			  const char *collection, uint64_t generation)
{
	struct meta_sync_op *op = meta_sync_op(txn, meta_sync_expect_apply,
					       device, collection, NULL);

	op->generation = generation;
}

/*
 * Small values
 */

struct meta_state_op {
	const char *device, *kind, *name;
	const void *data;
	size_t size;
	time_t expires;
};

static struct meta_state_op *
meta_state_op(struct meta_txn *txn, meta_op_func_t *func, const char *device,
	      const char *kind, const char *name)
{
	struct meta_state_op *op = meta_txn_op(txn, func, sizeof(*op));

	op->device = p_strdup(txn->pool, device);
	op->kind = p_strdup(txn->pool, kind);
	op->name = p_strdup(txn->pool, name);
	return op;
}

static int meta_state_read(struct meta_db *db, const char *device,
			   const char *kind, const char *name, pool_t pool,
			   ARRAY_TYPE(meta_state) *states)
{
	struct meta_state *state;
	struct meta_stmt *stmt;
	int ret;

	/* "+": else SQLite wonders at each new time whether the index of what
	   expires would do, and plans the query anew */
	stmt = meta_sql(db, "SELECT name,changed,expires,data FROM state"
			" WHERE device=?1 AND kind=?2"
			" AND (name=?3 OR ?3 IS NULL)"
			" AND (expires=0 OR +expires>?4) ORDER BY name", "sssi",
			device, kind, name, (int64_t)time(NULL));
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		state = array_append_space(states);
		state->name = meta_column_strdup(db, stmt, 0, pool);
		state->changed = meta_column_u64(db, stmt, 1);
		state->expires = meta_column_u64(db, stmt, 2);
		state->data = meta_column_dup(db, stmt, 3, pool, &state->size);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_state_get(struct meta_db *db, const char *device, const char *kind,
		   const char *name, pool_t pool, struct meta_state *state_r)
{
	ARRAY_TYPE(meta_state) states;
	int ret;

	i_assert(name != NULL);
	p_array_init(&states, pool, 1);
	ret = meta_state_read(db, device, kind, name, pool, &states);
	if (ret < 0 || array_count(&states) == 0)
		return ret;
	*state_r = *array_idx(&states, 0);
	return 1;
}

/* The end of the range of names that begin with prefix: no name has the byte
   0xff, which UTF-8 never uses. */
static const char *meta_state_prefix_end(const char *prefix)
{
	return t_strconcat(prefix, "\xff", NULL);
}

int meta_state_names(struct meta_db *db, const char *device, const char *kind,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(const_string) *names_r)
{
	struct meta_stmt *stmt;
	const char *name;
	int ret;

	stmt = meta_sql(db, "SELECT name FROM state"
			" WHERE device=?1 AND kind=?2 AND name>=?3 AND name<?4"
			" AND (expires=0 OR +expires>?5) ORDER BY name",
			"ssssi", device, kind, prefix,
			meta_state_prefix_end(prefix), (int64_t)time(NULL));
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		name = meta_column_strdup(db, stmt, 0, pool);
		array_push_back(names_r, &name);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_state_list(struct meta_db *db, const char *device, const char *kind,
		    pool_t pool, ARRAY_TYPE(meta_state) *states_r)
{
	return meta_state_read(db, device, kind, NULL, pool, states_r);
}

static int meta_state_put_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_state_op *op = _op;

	return meta_sql_run(apply->db,
		"INSERT INTO state(device,kind,name,changed,expires,data)"
		" VALUES(?1,?2,?3,?4,?5,?6)"
		" ON CONFLICT(device,kind,name) DO UPDATE SET"
		" changed=?4,expires=?5,data=?6", "sssiib",
		op->device, op->kind, op->name, (int64_t)apply->now,
		(int64_t)op->expires, op->data, op->size);
}

void meta_state_put(struct meta_txn *txn, const char *device,
		    const char *kind, const char *name, const void *data,
		    size_t size, time_t expires)
{
	struct meta_state_op *op = meta_state_op(txn, meta_state_put_apply,
						 device, kind, name);

	op->data = size == 0 ? "" : p_memdup(txn->pool, data, size);
	op->size = size;
	op->expires = expires;
}

static int meta_state_delete_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_state_op *op = _op;

	return meta_sql_run(apply->db, "DELETE FROM state WHERE device=?1"
			    " AND (kind=?2 OR ?2 IS NULL)"
			    " AND (name=?3 OR ?3 IS NULL)", "sss",
			    op->device, op->kind, op->name);
}

void meta_state_delete(struct meta_txn *txn, const char *device,
		       const char *kind, const char *name)
{
	(void)meta_state_op(txn, meta_state_delete_apply, device, kind, name);
}

static int meta_state_prefix_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_state_op *op = _op;

	return meta_sql_run(apply->db, "DELETE FROM state WHERE device=?1"
			    " AND kind=?2 AND name>=?3 AND name<?4", "ssss",
			    op->device, op->kind, op->name,
			    meta_state_prefix_end(op->name));
}

void meta_state_delete_prefix(struct meta_txn *txn, const char *device,
			      const char *kind, const char *prefix)
{
	(void)meta_state_op(txn, meta_state_prefix_apply, device, kind, prefix);
}

static int meta_state_expect_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_state_op *op = _op;
	uint64_t same;
	int ret;

	ret = meta_sql_int(apply->db, &same,
		"SELECT data=?4 FROM state WHERE device=?1 AND kind=?2"
		" AND name=?3 AND (expires=0 OR +expires>?5)", "sssbi",
		op->device, op->kind, op->name, op->data, op->size,
		(int64_t)apply->now);
	if (ret < 0)
		return -1;
	if (op->data == NULL ? ret == 0 : ret > 0 && same != 0)
		return 0;
	return meta_db_set_error(apply->db, META_ERROR_CONFLICT,
		"another request of device %s was faster (%s %s)",
		op->device, op->kind, op->name);
}

void meta_state_expect(struct meta_txn *txn, const char *device,
		       const char *kind, const char *name,
		       const void *data, size_t size)
{
	struct meta_state_op *op = meta_state_op(txn, meta_state_expect_apply,
						 device, kind, name);

	if (data != NULL)
		op->data = size == 0 ? "" : p_memdup(txn->pool, data, size);
	op->size = size;
}
