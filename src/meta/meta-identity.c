/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Identities and change numbers: id spaces, aliases, counters, and the change
   number of each object that changed. */

#include "lib.h"
#include "meta-private.h"

/*
 * Counters
 */

static const struct {
	const char *name;
	uint64_t first, last;
} meta_counters[] = {
	[META_COUNTER_ITEM] = {
		META_ITEM_ID_NAME, META_OID_ITEM_FIRST, META_OID_ITEM_LAST },
	[META_COUNTER_CLIENT] = {
		"client_id", META_OID_CLIENT_FIRST, META_OID_CLIENT_LAST },
	[META_COUNTER_CN] = { "cn", 1, UINT64_C(0xffffffffffff) },
};

struct meta_counter_op {
	enum meta_counter counter;
	uint64_t count;
	uint64_t *first;
};

/* info holds how many were taken */
static int meta_counter_take_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_counter_op *op = _op;
	uint64_t first = meta_counters[op->counter].first, taken;

	if (meta_counter_add(apply->db, meta_counters[op->counter].name,
			     op->count, &taken) < 0)
		return -1;
	if (taken > meta_counters[op->counter].last - first + 1) {
		return meta_db_set_error(apply->db, META_ERROR_NOSPACE,
			"numbers of counter %s used up",
			meta_counters[op->counter].name);
	}
	*op->first = first + taken - op->count;
	return 0;
}

int meta_counter_take(struct meta_db *db, enum meta_counter counter,
		      uint64_t count, uint64_t *first_r)
{
	struct meta_counter_op op = { counter, count, first_r };

	i_assert(count > 0 && count < META_OID_ITEM_FIRST);
	return meta_db_immediate(db, meta_counter_take_apply, &op);
}

/*
 * Id spaces
 */

struct meta_idspace_op {
	uint32_t fid, uidvalidity, block;
	uint32_t *idspace;
};

static int meta_idspace_find(struct meta_db *db,
			     const struct meta_idspace_op *op)
{
	uint64_t idspace;
	int ret = meta_sql_int(db, &idspace,
		"SELECT idspace FROM idspace"
		" WHERE fid=?1 AND uidvalidity=?2 AND block=?3", "uuu",
		op->fid, op->uidvalidity, op->block);

	*op->idspace = idspace;
	return ret;
}

static int meta_idspace_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_idspace_op *op = _op;
	struct meta_db *db = apply->db;
	uint64_t idspace;
	int ret = meta_idspace_find(db, op);

	if (ret != 0)
		return ret < 0 ? -1 : 0;
	if (meta_counter_add(db, "idspace", 1, &idspace) < 0)
		return -1;
	if (idspace > META_IDSPACE_LAST) {
		return meta_db_set_error(db, META_ERROR_NOSPACE,
					 "id spaces used up");
	}
	*op->idspace = idspace;
	return meta_sql_run(db,
		"INSERT INTO idspace(idspace,fid,uidvalidity,block)"
		" VALUES(?1,?2,?3,?4)", "uuuu", *op->idspace, op->fid,
		op->uidvalidity, op->block);
}

int meta_idspace_issue(struct meta_db *db, uint32_t fid, uint32_t uidvalidity,
		       uint8_t block, uint32_t *idspace_r)
{
	struct meta_idspace_op op = { fid, uidvalidity, block, idspace_r };
	int ret = meta_idspace_find(db, &op);

	if (ret != 0)
		return ret < 0 ? -1 : 0;
	return meta_db_immediate(db, meta_idspace_apply, &op);
}

int meta_idspace_get(struct meta_db *db, uint32_t idspace, uint32_t *fid_r,
		     uint32_t *uidvalidity_r, uint8_t *block_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db,
		"SELECT s.fid,s.uidvalidity,s.block FROM idspace s"
		" JOIN folder f ON f.fid=s.fid AND f.dead=0"
		" WHERE s.idspace=?1", "u", idspace);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		*fid_r = meta_column_u32(db, stmt, 0);
		*uidvalidity_r = meta_column_u32(db, stmt, 1);
		*block_r = meta_column_u32(db, stmt, 2);
	}
	meta_done(db, stmt);
	return ret;
}

/*
 * Aliases
 */


/* A message is one object: an older alias to the same message gives way. */
static int meta_alias_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_alias *a = _op;

	if (meta_sql_run(apply->db,
		"DELETE FROM alias WHERE cspace=?1 AND cuid=?2", "uu",
		a->current.idspace, a->current.uid) < 0)
		return -1;
	/* back at its first place */
	if (a->object.idspace == a->current.idspace &&
	    a->object.uid == a->current.uid) {
		return meta_sql_run(apply->db,
			"DELETE FROM alias WHERE ospace=?1 AND ouid=?2", "uu",
			a->object.idspace, a->object.uid);
	}
	return meta_sql_run(apply->db,
		"INSERT INTO alias(ospace,ouid,cspace,cuid)"
		" VALUES(?1,?2,?3,?4)"
		" ON CONFLICT(ospace,ouid) DO UPDATE SET cspace=?3,cuid=?4",
		"uuuu", a->object.idspace, a->object.uid,
		a->current.idspace, a->current.uid);
}

void meta_alias_set(struct meta_txn *txn, const struct meta_mail_id *object,
		    const struct meta_mail_id *current)
{
	struct meta_alias *op = meta_txn_op(txn, meta_alias_apply, sizeof(*op));

	op->object = *object;
	op->current = *current;
}

static int meta_alias_drop_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_mail_id *current = _op;

	return meta_sql_run(apply->db,
		"DELETE FROM alias WHERE cspace=?1 AND cuid=?2", "uu",
		current->idspace, current->uid);
}

void meta_alias_drop(struct meta_txn *txn, const struct meta_mail_id *current)
{
	struct meta_mail_id *op =
		meta_txn_op(txn, meta_alias_drop_apply, sizeof(*op));

	*op = *current;
}

static int meta_alias_find(struct meta_db *db, const char *sql,
			   const struct meta_mail_id *id,
			   struct meta_mail_id *id_r)
{
	struct meta_stmt *stmt = meta_sql(db, sql, "uu", id->idspace, id->uid);
	int ret;

	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		id_r->idspace = meta_column_u32(db, stmt, 0);
		id_r->uid = meta_column_u32(db, stmt, 1);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_alias_current(struct meta_db *db, const struct meta_mail_id *object,
		       struct meta_mail_id *current_r)
{
	return meta_alias_find(db, "SELECT cspace,cuid FROM alias"
		" WHERE ospace=?1 AND ouid=?2", object, current_r);
}

int meta_alias_object(struct meta_db *db, const struct meta_mail_id *current,
		      struct meta_mail_id *object_r)
{
	return meta_alias_find(db, "SELECT ospace,ouid FROM alias"
		" WHERE cspace=?1 AND cuid=?2", current, object_r);
}

int meta_alias_range(struct meta_db *db, uint32_t idspace, uint32_t uid1,
		     uint32_t uid2, ARRAY_TYPE(meta_alias) *aliases_r)
{
	struct meta_alias *alias;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT ospace,ouid,cspace,cuid FROM alias"
			" WHERE cspace=?1 AND cuid>=?2 AND cuid<=?3"
			" ORDER BY cuid", "uuu", idspace, uid1, uid2);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		alias = array_append_space(aliases_r);
		alias->object.idspace = meta_column_u32(db, stmt, 0);
		alias->object.uid = meta_column_u32(db, stmt, 1);
		alias->current.idspace = meta_column_u32(db, stmt, 2);
		alias->current.uid = meta_column_u32(db, stmt, 3);
	}
	meta_done(db, stmt);
	return ret;
}

/*
 * Change numbers
 */

struct meta_bump_op {
	uint64_t oid;
	uint32_t fid;
	enum meta_change_what what;
};

static int meta_change_bump_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_bump_op *op = _op;
	uint64_t cn;

	if (meta_counter_add(apply->db, "cn", 1, &cn) < 0)
		return -1;
	return meta_sql_run(apply->db,
		"INSERT INTO change(oid,fid,cn,read_cn,last_cn)"
		" VALUES(?1,?2,CASE WHEN ?4<>0 THEN ?3 ELSE 0 END,"
		"  CASE WHEN ?5<>0 THEN ?3 ELSE 0 END,?3)"
		" ON CONFLICT(oid) DO UPDATE SET fid=?2,last_cn=?3,"
		" cn=CASE WHEN ?4<>0 THEN ?3 ELSE change.cn END,"
		" read_cn=CASE WHEN ?5<>0 THEN ?3 ELSE change.read_cn END,"
		" change_key=CASE WHEN ?4<>0 THEN NULL ELSE change.change_key END",
		"iuiuu", (int64_t)op->oid, op->fid, (int64_t)cn,
		(op->what & META_CHANGE_CONTENT) != 0 ? 1 : 0,
		(op->what & META_CHANGE_READ) != 0 ? 1 : 0);
}

void meta_change_bump(struct meta_txn *txn, uint64_t oid, uint32_t fid,
		      enum meta_change_what what)
{
	struct meta_bump_op *op =
		meta_txn_op(txn, meta_change_bump_apply, sizeof(*op));

	op->oid = oid;
	op->fid = fid;
	op->what = what;
}

static int meta_change_set_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_change *op = _op;

	return meta_sql_run(apply->db,
		"INSERT INTO change"
		"(oid,fid,cn,read_cn,last_cn,change_key,pcl)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7)"
		" ON CONFLICT(oid) DO UPDATE SET fid=?2,cn=?3,read_cn=?4,"
		" last_cn=?5,change_key=?6,pcl=?7", "iuiiibb",
		(int64_t)op->oid, op->fid, (int64_t)op->cn,
		(int64_t)op->read_cn, (int64_t)I_MAX(op->cn, op->read_cn),
		op->change_key, op->change_key_size, op->pcl, op->pcl_size);
}

static int meta_change_sign_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_change *op = _op;

	return meta_sql_run(apply->db,
		"INSERT INTO change"
		"(oid,fid,cn,read_cn,last_cn,change_key,pcl)"
		" VALUES(?1,?2,?3,0,?3,?4,?5)"
		" ON CONFLICT(oid) DO UPDATE SET fid=?2,change_key=?4,pcl=?5,"
		" cn=CASE WHEN ?3>0 THEN ?3 ELSE change.cn END,"
		" last_cn=CASE WHEN ?3>0 THEN ?3 ELSE change.last_cn END",
		"iuibb", (int64_t)op->oid, op->fid, (int64_t)op->cn,
		op->change_key, op->change_key_size, op->pcl, op->pcl_size);
}

static void
meta_change_op(struct meta_txn *txn, meta_op_func_t *func,
	       const struct meta_change *change)
{
	struct meta_change *op = meta_txn_op(txn, func, sizeof(*op));

	*op = *change;
	if (change->change_key != NULL) {
		op->change_key = p_memdup(txn->pool, change->change_key,
					  change->change_key_size);
	}
	if (change->pcl != NULL)
		op->pcl = p_memdup(txn->pool, change->pcl, change->pcl_size);
}

void meta_change_set(struct meta_txn *txn, const struct meta_change *change)
{
	meta_change_op(txn, meta_change_set_apply, change);
}

void meta_change_sign(struct meta_txn *txn, const struct meta_change *change)
{
	meta_change_op(txn, meta_change_sign_apply, change);
}

static int meta_change_unset_apply(struct meta_apply *apply, const void *_op)
{
	const uint64_t *oid = _op;

	return meta_sql_run(apply->db, "DELETE FROM change WHERE oid=?1",
			    "i", (int64_t)*oid);
}

void meta_change_unset(struct meta_txn *txn, uint64_t oid)
{
	uint64_t *op = meta_txn_op(txn, meta_change_unset_apply, sizeof(*op));

	*op = oid;
}

static void meta_change_fill(struct meta_db *db, struct meta_stmt *stmt,
			     pool_t pool, struct meta_change *change_r)
{
	i_zero(change_r);
	change_r->oid = meta_column_u64(db, stmt, 0);
	change_r->fid = meta_column_u32(db, stmt, 1);
	change_r->cn = meta_column_u64(db, stmt, 2);
	change_r->read_cn = meta_column_u64(db, stmt, 3);
	change_r->change_key = meta_column_dup(db, stmt, 4, pool,
					       &change_r->change_key_size);
	change_r->pcl = meta_column_dup(db, stmt, 5, pool, &change_r->pcl_size);
}

int meta_change_get(struct meta_db *db, uint64_t oid, pool_t pool,
		    struct meta_change *change_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT oid,fid,cn,read_cn,change_key,pcl"
			" FROM change WHERE oid=?1", "i", (int64_t)oid);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0)
		meta_change_fill(db, stmt, pool, change_r);
	meta_done(db, stmt);
	return ret;
}

int meta_change_since(struct meta_db *db, uint32_t fid, uint64_t since,
		      unsigned int limit, pool_t pool,
		      ARRAY_TYPE(meta_change) *changes_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT oid,fid,cn,read_cn,change_key,pcl"
			" FROM change WHERE fid=?1 AND last_cn>?2"
			" ORDER BY last_cn LIMIT ?3", "uii", fid,
			(int64_t)since, limit == 0 ? INT64_MAX : (int64_t)limit);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		meta_change_fill(db, stmt, pool,
				 array_append_space(changes_r));
	}
	meta_done(db, stmt);
	return ret;
}

int meta_change_current(struct meta_db *db, uint64_t *cn_r)
{
	return meta_counter_get(db, "cn", cn_r);
}
