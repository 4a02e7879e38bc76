/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ids that clients chose, and the numbers of the replicas these are of. */

#include "lib.h"
#include "meta-private.h"

static int meta_given_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_given *op = _op;
	uint64_t stamp;

	if (meta_counter_add(apply->db, META_GIVEN_NAME, 1, &stamp) < 0 ||
	    meta_sql_run(apply->db, "DELETE FROM given WHERE okey=?1", "i",
			 (int64_t)op->key) < 0)
		return -1;
	return meta_sql_run(apply->db,
		"INSERT INTO given(scope,replid,counter,okey,fid)"
		" VALUES(?1,?2,?3,?4,?5) ON CONFLICT(scope,replid,counter)"
		" DO UPDATE SET okey=?4,fid=?5", "uuiiu", op->scope,
		(uint32_t)op->replid, (int64_t)op->counter, (int64_t)op->key,
		op->fid);
}

void meta_given_set(struct meta_txn *txn, const struct meta_given *given)
{
	struct meta_given *op = meta_txn_op(txn, meta_given_apply, sizeof(*op));

	*op = *given;
}

static void meta_given_fill(struct meta_db *db, struct meta_stmt *stmt,
			    struct meta_given *given_r)
{
	i_zero(given_r);
	given_r->scope = meta_column_u32(db, stmt, 0);
	given_r->replid = meta_column_u32(db, stmt, 1);
	given_r->counter = meta_column_u64(db, stmt, 2);
	given_r->key = meta_column_u64(db, stmt, 3);
	given_r->fid = meta_column_u32(db, stmt, 4);
}

static int meta_given_one(struct meta_db *db, struct meta_stmt *stmt,
			  struct meta_given *given_r)
{
	int ret;

	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0)
		meta_given_fill(db, stmt, given_r);
	meta_done(db, stmt);
	return ret;
}

int meta_given_find(struct meta_db *db, struct meta_given *given)
{
	return meta_given_one(db, meta_sql(db,
		"SELECT scope,replid,counter,okey,fid FROM given"
		" WHERE scope=?1 AND replid=?2 AND counter=?3", "uui",
		given->scope, (uint32_t)given->replid,
		(int64_t)given->counter), given);
}

int meta_given_of(struct meta_db *db, uint64_t key, struct meta_given *given_r)
{
	return meta_given_one(db, meta_sql(db,
		"SELECT scope,replid,counter,okey,fid FROM given"
		" WHERE okey=?1", "i", (int64_t)key), given_r);
}

int meta_given_list(struct meta_db *db, uint32_t fid,
		    ARRAY_TYPE(meta_given) *givens_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT scope,replid,counter,okey,fid FROM given"
			" WHERE fid=?1 ORDER BY okey", "u", fid);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0)
		meta_given_fill(db, stmt, array_append_space(givens_r));
	meta_done(db, stmt);
	return ret;
}

int meta_given_stamp(struct meta_db *db, uint64_t *stamp_r)
{
	return meta_counter_get(db, META_GIVEN_NAME, stamp_r);
}

/*
 * Replicas
 */

int meta_replica_get(struct meta_db *db, uint32_t scope, uint16_t replid,
		     guid_128_t guid_r)
{
	struct meta_stmt *stmt;
	const void *data;
	size_t size;
	int ret;

	stmt = meta_sql(db, "SELECT guid FROM replid"
			" WHERE scope=?1 AND replid=?2", "uu", scope,
			(uint32_t)replid);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		data = db->driver->column_data(stmt, 0, &size);
		if (size == GUID_128_SIZE)
			memcpy(guid_r, data, GUID_128_SIZE);
		else
			ret = 0;
	}
	meta_done(db, stmt);
	return ret;
}

int meta_replica_find(struct meta_db *db, uint32_t scope, const guid_128_t guid,
		      uint16_t *replid_r)
{
	uint64_t replid;
	int ret = meta_sql_int(db, &replid, "SELECT replid FROM replid"
			       " WHERE scope=?1 AND guid=?2", "ug", scope,
			       guid);

	*replid_r = replid;
	return ret;
}

struct meta_replica_op {
	uint32_t scope;
	const uint8_t *guid;
	uint16_t first;
	uint16_t *replid;
};

static int meta_replica_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_replica_op *op = _op;
	struct meta_db *db = apply->db;
	uint64_t last;
	int ret = meta_replica_find(db, op->scope, op->guid, op->replid);

	if (ret != 0)
		return ret < 0 ? -1 : 0;
	if (meta_sql_int(db, &last, "SELECT max(replid) FROM replid"
			 " WHERE scope=?1", "u", op->scope) < 0)
		return -1;
	last = I_MAX(last + 1, op->first);
	if (last > UINT16_MAX) {
		return meta_db_set_error(db, META_ERROR_NOSPACE,
					 "numbers of replicas used up");
	}
	*op->replid = last;
	return meta_sql_run(db, "INSERT INTO replid(scope,replid,guid)"
			    " VALUES(?1,?2,?3)", "uug", op->scope,
			    (uint32_t)last, op->guid);
}

int meta_replica_issue(struct meta_db *db, uint32_t scope,
		       const guid_128_t guid, uint16_t first,
		       uint16_t *replid_r)
{
	struct meta_replica_op op = { scope, guid, first, replid_r };
	int ret = meta_replica_find(db, scope, guid, replid_r);

	if (ret != 0)
		return ret;
	return meta_db_immediate(db, meta_replica_apply, &op) < 0 ? -1 : 1;
}
