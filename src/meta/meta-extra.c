/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extras: named blobs of a message, and what an expunge takes with it. */

#include "lib.h"
#include "meta-private.h"

struct meta_extra_op {
	struct meta_mail_ref mail;
	const char *name, *mail_guid;
	const void *data;
	size_t size;
};

static int meta_extra_set_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_extra_op *op = _op;
	uint32_t fid;

	if (meta_apply_fid(apply, op->mail.folder, TRUE, &fid) < 0)
		return -1;
	return meta_sql_run(apply->db,
		"INSERT INTO extra(fid,uidvalidity,uid,name,mail_guid,data)"
		" VALUES(?1,?2,?3,?4,?5,?6)"
		" ON CONFLICT(fid,uidvalidity,uid,name) DO UPDATE SET"
		" mail_guid=?5,data=?6", "uuussb", fid, op->mail.uidvalidity,
		op->mail.uid, op->name, op->mail_guid, op->data, op->size);
}

void meta_extra_set(struct meta_txn *txn, const struct meta_mail_ref *mail,
		    const char *name, const void *data, size_t size,
		    const char *mail_guid)
{
	struct meta_extra_op *op =
		meta_txn_op(txn, meta_extra_set_apply, sizeof(*op));

	op->mail = *mail;
	op->name = p_strdup(txn->pool, name);
	op->mail_guid = p_strdup(txn->pool, mail_guid);
	op->data = size == 0 ? "" : p_memdup(txn->pool, data, size);
	op->size = size;
}

static int meta_extra_unset_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_extra_op *op = _op;
	uint32_t fid;

	if (meta_apply_fid(apply, op->mail.folder, FALSE, &fid) < 0)
		return -1;
	return fid == 0 ? 0 : meta_sql_run(apply->db,
		"DELETE FROM extra WHERE fid=?1 AND uidvalidity=?2 AND uid=?3"
		" AND (name=?4 OR ?4 IS NULL)", "uuus", fid,
		op->mail.uidvalidity, op->mail.uid, op->name);
}

void meta_extra_unset(struct meta_txn *txn, const struct meta_mail_ref *mail,
		      const char *name)
{
	struct meta_extra_op *op =
		meta_txn_op(txn, meta_extra_unset_apply, sizeof(*op));

	op->mail = *mail;
	op->name = p_strdup(txn->pool, name);
}

int meta_extra_range(struct meta_db *db, const guid_128_t folder,
		     uint32_t uidvalidity, uint32_t uid1, uint32_t uid2,
		     const char *name, unsigned int max, pool_t pool,
		     ARRAY_TYPE(meta_extra) *extras_r)
{
	struct meta_extra *extra;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT e.uid,e.name,e.data FROM folder f"
			" JOIN extra e ON e.fid=f.fid WHERE f.fkey=?1 AND"
			" f.dead=0 AND e.uidvalidity=?2 AND e.uid>=?3 AND"
			" e.uid<=?4 AND (e.name=?5 OR ?5 IS NULL)"
			" ORDER BY e.uid,e.name LIMIT ?6", "suuusi",
			meta_folder_guid_fkey(folder), uidvalidity, uid1, uid2,
			name, max == 0 ? INT64_MAX : (int64_t)max);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		extra = array_append_space(extras_r);
		extra->uid = meta_column_u32(db, stmt, 0);
		extra->name = meta_column_strdup(db, stmt, 1, pool);
		extra->data = meta_column_dup(db, stmt, 2, pool, &extra->size);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_extra_get(struct meta_db *db, const struct meta_mail_ref *mail,
		   const char *name, pool_t pool, struct meta_extra *extra_r)
{
	ARRAY_TYPE(meta_extra) extras;
	int ret;

	p_array_init(&extras, pool, 1);
	ret = meta_extra_range(db, mail->folder, mail->uidvalidity, mail->uid,
			       mail->uid, name, 0, pool, &extras);
	if (ret < 0 || array_count(&extras) == 0)
		return ret;
	*extra_r = *array_idx(&extras, 0);
	return 1;
}

/*
 * Copying
 */

struct meta_extra_copy_op {
	struct meta_mail_ref src, dest;
};

static int meta_extra_copy_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_extra_copy_op *op = _op;
	uint32_t from, to;
	uint64_t found;
	int ret;

	if (meta_apply_fid(apply, op->src.folder, FALSE, &from) < 0)
		return -1;
	if (from == 0)
		return 0;
	/* nearly no message has any: do not issue a number for nothing */
	ret = meta_sql_int(apply->db, &found,
		"SELECT 1 FROM extra WHERE fid=?1 AND uidvalidity=?2 AND uid=?3"
		" LIMIT 1", "uuu", from, op->src.uidvalidity, op->src.uid);
	if (ret <= 0)
		return ret;
	if (meta_apply_fid(apply, op->dest.folder, TRUE, &to) < 0)
		return -1;
	return meta_sql_run(apply->db,
		"INSERT INTO extra(fid,uidvalidity,uid,name,mail_guid,data)"
		" SELECT ?4,?5,?6,name,mail_guid,data FROM extra WHERE"
		" fid=?1 AND uidvalidity=?2 AND uid=?3"
		" ON CONFLICT(fid,uidvalidity,uid,name) DO NOTHING",
		"uuuuuu", from, op->src.uidvalidity, op->src.uid,
		to, op->dest.uidvalidity, op->dest.uid);
}

static int meta_extra_copy_between(struct meta_txn *txn, struct meta_db *src_db,
				   const struct meta_mail_ref *src,
				   const struct meta_mail_ref *dest)
{
	ARRAY_TYPE(meta_extra) extras;
	const struct meta_extra *extra;

	p_array_init(&extras, txn->pool, 4);
	if (meta_extra_range(src_db, src->folder, src->uidvalidity, src->uid,
			     src->uid, NULL, 0, txn->pool, &extras) < 0)
		return -1;
	array_foreach(&extras, extra) {
		meta_extra_set(txn, dest, extra->name, extra->data,
			       extra->size, NULL);
	}
	return 0;
}

int meta_extra_copy(struct meta_txn *txn, struct meta_db *src_db,
		    const struct meta_mail_ref *src,
		    const struct meta_mail_ref *dest)
{
	struct meta_extra_copy_op *op;

	if (src_db != txn->db)
		return meta_extra_copy_between(txn, src_db, src, dest);
	op = meta_txn_op(txn, meta_extra_copy_apply, sizeof(*op));
	op->src = *src;
	op->dest = *dest;
	return 0;
}

/*
 * Expunging
 */

struct meta_expunge_op {
	guid_128_t folder;
	uint32_t uidvalidity;
	ARRAY_TYPE(seq_range) uids;
};

/* Change numbers go with the object: the messages themselves unless an alias
   says the object lives on elsewhere, and the objects whose alias points to
   an expunged message. The block is 0 for nearly all. */
static const char *const meta_expunge_space_sql[] = {
	"DELETE FROM change WHERE oid IN"
	" (SELECT (a.ospace<<24)|(a.ouid&16777215) FROM alias a"
	"  WHERE a.cspace=?1 AND a.cuid>=?2 AND a.cuid<=?3)",
	"DELETE FROM change WHERE oid>=((?1<<24)|(?2&16777215)) AND"
	" oid<=((?1<<24)|(?3&16777215)) AND NOT EXISTS"
	" (SELECT 1 FROM alias a WHERE a.ospace=?1 AND"
	"  (a.ouid&16777215)=(change.oid&16777215) AND a.ouid>=?2 AND"
	"  a.ouid<=?3)",
	/* the ids that clients gave to them, in the same way */
	"DELETE FROM given WHERE okey IN"
	" (SELECT (a.ospace<<24)|(a.ouid&16777215) FROM alias a"
	"  WHERE a.cspace=?1 AND a.cuid>=?2 AND a.cuid<=?3)",
	"DELETE FROM given WHERE okey>=((?1<<24)|(?2&16777215)) AND"
	" okey<=((?1<<24)|(?3&16777215)) AND NOT EXISTS"
	" (SELECT 1 FROM alias a WHERE a.ospace=?1 AND"
	"  (a.ouid&16777215)=(given.okey&16777215) AND a.ouid>=?2 AND"
	"  a.ouid<=?3)",
	"DELETE FROM alias WHERE cspace=?1 AND cuid>=?2 AND cuid<=?3",
};

static int meta_expunge_space(struct meta_db *db, uint32_t fid,
			      const struct meta_expunge_op *op,
			      const struct seq_range *range)
{
	uint32_t block, uid1, uid2;
	uint64_t idspace;
	unsigned int i;
	int ret;

	for (block = range->seq1 >> 24; block <= range->seq2 >> 24; block++) {
		uid1 = I_MAX(range->seq1, block << 24);
		uid2 = I_MIN(range->seq2, (block << 24) | 0xffffff);
		ret = meta_sql_int(db, &idspace,
			"SELECT idspace FROM idspace"
			" WHERE fid=?1 AND uidvalidity=?2 AND block=?3",
			"uuu", fid, op->uidvalidity, block);
		if (ret < 0)
			return -1;
		if (ret == 0)
			continue;
		for (i = 0; i < N_ELEMENTS(meta_expunge_space_sql); i++) {
			if (meta_sql_run(db, meta_expunge_space_sql[i], "iuu",
					 (int64_t)idspace, uid1, uid2) < 0)
				return -1;
		}
	}
	return 0;
}

static int meta_expunge_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_expunge_op *op = _op;
	const struct seq_range *range;
	uint32_t fid;

	if (meta_apply_fid(apply, op->folder, FALSE, &fid) < 0)
		return -1;
	if (fid == 0)
		return 0;
	array_foreach(&op->uids, range) {
		if (meta_sql_run(apply->db,
			"DELETE FROM extra WHERE fid=?1 AND uidvalidity=?2"
			" AND uid>=?3 AND uid<=?4", "uuuu", fid,
			op->uidvalidity, range->seq1, range->seq2) < 0 ||
		    meta_expunge_space(apply->db, fid, op, range) < 0)
			return -1;
	}
	return 0;
}

void meta_mail_expunged(struct meta_txn *txn, const guid_128_t folder,
			uint32_t uidvalidity,
			const ARRAY_TYPE(seq_range) *uids)
{
	struct meta_expunge_op *op;

	if (array_count(uids) == 0)
		return;
	op = meta_txn_op(txn, meta_expunge_apply, sizeof(*op));
	guid_128_copy(op->folder, folder);
	op->uidvalidity = uidvalidity;
	p_array_init(&op->uids, txn->pool, array_count(uids));
	array_append_array(&op->uids, uids);
}

/*
 * Repair
 */

int meta_extra_owners(struct meta_db *db, pool_t pool,
		      ARRAY_TYPE(meta_extra_owner) *owners_r)
{
	struct meta_extra_owner *owner;
	struct meta_stmt *stmt;
	int ret;

	/* the key is "g" and the GUID: see meta_folder_guid_fkey() */
	stmt = meta_sql(db, "SELECT DISTINCT substr(f.fkey,2),e.uidvalidity,"
			" e.uid,e.mail_guid FROM extra e JOIN folder f"
			" ON f.fid=e.fid AND f.dead=0 AND f.fkey LIKE 'g%'"
			" WHERE e.mail_guid IS NOT NULL", "");
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		guid_128_t guid;

		if (guid_128_from_string(meta_column_strdup(db, stmt, 0, pool),
					 guid) < 0)
			continue;
		owner = array_append_space(owners_r);
		guid_128_copy(owner->mail.folder, guid);
		owner->mail.uidvalidity = meta_column_u32(db, stmt, 1);
		owner->mail.uid = meta_column_u32(db, stmt, 2);
		owner->mail_guid = meta_column_strdup(db, stmt, 3, pool);
	}
	meta_done(db, stmt);
	return ret;
}

void meta_extra_move(struct meta_txn *txn, const struct meta_mail_ref *src,
		     const struct meta_mail_ref *dest)
{
	(void)meta_extra_copy(txn, txn->db, src, dest);
	meta_extra_unset(txn, src, NULL);
}
