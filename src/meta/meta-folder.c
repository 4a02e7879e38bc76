/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders: numbers that are given out once and stay, whatever the mailbox is
   renamed to. */

#include "lib.h"
#include "meta-private.h"

/* What is looked up, as one text:
     g<guid>            own mailbox
     f<guid>/<owner>    mailbox of another owner
     n<name>            name without a mailbox
   Dead folders keep theirs for the record; the index covers living ones. */
const char *meta_folder_guid_fkey(const guid_128_t guid)
{
	return t_strconcat("g", guid_128_to_string(guid), NULL);
}

const char *meta_folder_fkey(const struct meta_folder_key *key)
{
	switch (key->kind) {
	case META_FOLDER_MAILBOX:
		return meta_folder_guid_fkey(key->guid);
	case META_FOLDER_FOREIGN:
		return t_strconcat("f", guid_128_to_string(key->guid), "/",
				   key->owner, NULL);
	case META_FOLDER_NAME:
		return t_strconcat("n", key->name, NULL);
	}
	i_unreached();
}

static int meta_folder_parse_guid(const char *hex, guid_128_t guid_r)
{
	return guid_128_from_string(t_strndup(hex, GUID_128_SIZE * 2), guid_r);
}

/* FALSE for a key that this program does not know */
static bool meta_folder_parse_fkey(const char *fkey, pool_t pool,
				   struct meta_folder_key *key_r)
{
	const char *owner;

	i_zero(key_r);
	switch (fkey[0]) {
	case 'g':
		key_r->kind = META_FOLDER_MAILBOX;
		return meta_folder_parse_guid(fkey + 1, key_r->guid) == 0;
	case 'f':
		key_r->kind = META_FOLDER_FOREIGN;
		if ((owner = strchr(fkey, '/')) == NULL)
			return FALSE;
		key_r->owner = p_strdup(pool, owner + 1);
		return meta_folder_parse_guid(fkey + 1, key_r->guid) == 0;
	case 'n':
		key_r->kind = META_FOLDER_NAME;
		key_r->name = p_strdup(pool, fkey + 1);
		return TRUE;
	default:
		return FALSE;
	}
}

/*
 * Looking up
 */

int meta_folder_fid(struct meta_db *db, const char *fkey, uint32_t *fid_r)
{
	uint64_t fid;
	int ret = meta_sql_int(db, &fid,
		"SELECT fid FROM folder WHERE fkey=?1 AND dead=0", "s", fkey);

	*fid_r = fid;
	return ret;
}

int meta_folder_lookup(struct meta_db *db, const struct meta_folder_key *key,
		       uint32_t *fid_r)
{
	int ret;

	T_BEGIN {
		ret = meta_folder_fid(db, meta_folder_fkey(key), fid_r);
	} T_END;
	return ret;
}

static bool meta_folder_fill(struct meta_db *db, struct meta_stmt *stmt,
			     pool_t pool, struct meta_folder *folder_r)
{
	const char *fkey = meta_column_strdup(db, stmt, 1, pool);

	i_zero(folder_r);
	folder_r->fid = meta_column_u32(db, stmt, 0);
	folder_r->path = meta_column_strdup(db, stmt, 2, pool);
	folder_r->dead = meta_column_u32(db, stmt, 3) != 0;
	folder_r->created = meta_column_u64(db, stmt, 4);
	return meta_folder_parse_fkey(fkey, pool, &folder_r->key);
}

int meta_folder_get(struct meta_db *db, uint32_t fid, pool_t pool,
		    struct meta_folder *folder_r)
{
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT fid,fkey,path,dead,created FROM folder"
			" WHERE fid=?1", "u", fid);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0 &&
	    !meta_folder_fill(db, stmt, pool, folder_r)) {
		ret = meta_db_set_error(db, META_ERROR_CORRUPT,
					"folder %u has an unknown key", fid);
	}
	meta_done(db, stmt);
	return ret;
}

int meta_folder_list(struct meta_db *db, pool_t pool,
		     ARRAY_TYPE(meta_folder) *folders_r)
{
	struct meta_stmt *stmt;
	struct meta_folder folder;
	int ret;

	stmt = meta_sql(db, "SELECT fid,fkey,path,dead,created FROM folder"
			" WHERE dead=0 ORDER BY fid", "");
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		if (meta_folder_fill(db, stmt, pool, &folder))
			array_push_back(folders_r, &folder);
	}
	meta_done(db, stmt);
	return ret;
}

/*
 * Issuing
 */

int meta_folder_new(struct meta_db *db, const char *fkey, const char *path,
		    time_t now, uint32_t *fid_r)
{
	uint64_t fid;

	if (meta_counter_add(db, "fid", 1, &fid) < 0)
		return -1;
	if (fid > META_FID_LAST) {
		return meta_db_set_error(db, META_ERROR_NOSPACE,
					 "folder numbers used up");
	}
	*fid_r = fid;
	return meta_sql_run(db, "INSERT INTO folder(fid,fkey,path,created)"
			    " VALUES(?1,?2,?3,?4)", "ussi", *fid_r, fkey, path,
			    (int64_t)now);
}

struct meta_folder_issue_op {
	const char **fkeys;
	const char *const *paths;
	unsigned int count;
	uint32_t *fids;
};

static int meta_folder_issue_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_folder_issue_op *op = _op;
	struct meta_db *db = apply->db;
	unsigned int i;
	int ret;

	for (i = 0; i < op->count; i++) {
		const char *path = op->paths == NULL ? NULL : op->paths[i];

		ret = meta_folder_fid(db, op->fkeys[i], &op->fids[i]);
		if (ret == 0) {
			ret = meta_folder_new(db, op->fkeys[i], path,
					      apply->now, &op->fids[i]);
		}
		if (ret < 0)
			return -1;
	}
	return 0;
}

int meta_folder_issue(struct meta_db *db, const struct meta_folder_key *keys,
		      const char *const *paths, unsigned int count,
		      uint32_t *fids_r)
{
	struct meta_folder_issue_op op = {
		.paths = paths, .count = count, .fids = fids_r,
	};
	unsigned int i;
	bool missing = FALSE;
	int ret = 0;

	T_BEGIN {
		op.fkeys = t_new(const char *, count + 1);
		for (i = 0; i < count && ret >= 0; i++) {
			op.fkeys[i] = meta_folder_fkey(&keys[i]);
			ret = meta_folder_fid(db, op.fkeys[i], &fids_r[i]);
			if (ret == 0)
				missing = TRUE;
		}
		if (ret >= 0 && missing) {
			ret = meta_db_immediate(db, meta_folder_issue_apply,
						&op);
		}
	} T_END;
	return ret < 0 ? -1 : 0;
}

/*
 * Changing
 */

struct meta_folder_op {
	const char *fkey, *new_fkey;
	const char *path;
};

static int meta_folder_path_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_folder_op *op = _op;

	return meta_sql_run(apply->db,
		"UPDATE folder SET path=?2 WHERE fkey=?1 AND dead=0"
		" AND path IS DISTINCT FROM ?2", "ss", op->fkey, op->path);
}

void meta_folder_set_path(struct meta_txn *txn,
			  const struct meta_folder_key *key, const char *path)
{
	struct meta_folder_op *op =
		meta_txn_op(txn, meta_folder_path_apply, sizeof(*op));

	op->fkey = p_strdup(txn->pool, meta_folder_fkey(key));
	op->path = p_strdup(txn->pool, path);
}

/* Everything of a folder that hangs off its number, except items. */
static const char *const meta_folder_drop_sql[] = {
	"DELETE FROM extra WHERE fid=?1",
	"DELETE FROM change WHERE fid=?1",
	"DELETE FROM given WHERE fid=?1",
	("DELETE FROM alias WHERE cspace IN"
	 " (SELECT idspace FROM idspace WHERE fid=?1)"),
};

static int meta_folder_drop(struct meta_apply *apply, uint32_t fid)
{
	unsigned int i;

	if (meta_item_delete_all(apply, fid) < 0)
		return -1;
	for (i = 0; i < N_ELEMENTS(meta_folder_drop_sql); i++) {
		if (meta_sql_run(apply->db, meta_folder_drop_sql[i],
				 "u", fid) < 0)
			return -1;
	}
	apply->fid = 0;
	return meta_sql_run(apply->db, "UPDATE folder SET dead=1 WHERE fid=?1",
			    "u", fid);
}

static int meta_folder_forget_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_folder_op *op = _op;
	uint32_t fid;
	int ret = meta_folder_fid(apply->db, op->fkey, &fid);

	return ret <= 0 ? ret : meta_folder_drop(apply, fid);
}

void meta_folder_forget(struct meta_txn *txn, const struct meta_folder_key *key)
{
	struct meta_folder_op *op =
		meta_txn_op(txn, meta_folder_forget_apply, sizeof(*op));

	op->fkey = p_strdup(txn->pool, meta_folder_fkey(key));
}

/* Extras of the other number join where the message has none of that name;
   its id spaces and change numbers die with it. */
static int meta_folder_merge(struct meta_apply *apply, uint32_t from,
			     uint32_t to)
{
	if (meta_item_merge(apply, from, to) < 0 ||
	    meta_sql_run(apply->db,
		"UPDATE extra SET fid=?2 WHERE fid=?1 AND NOT EXISTS"
		" (SELECT 1 FROM extra o WHERE o.fid=?2 AND"
		"  o.uidvalidity=extra.uidvalidity AND o.uid=extra.uid AND"
		"  o.name=extra.name)", "uu", from, to) < 0)
		return -1;
	return meta_folder_drop(apply, from);
}

static int meta_folder_rekey_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_folder_op *op = _op;
	struct meta_db *db = apply->db;
	uint32_t fid, other;
	uint64_t stamp;
	int ret;

	if ((ret = meta_folder_fid(db, op->fkey, &fid)) <= 0)
		return ret;
	if ((ret = meta_folder_fid(db, op->new_fkey, &other)) < 0)
		return -1;
	if (ret > 0) {
		if (other == fid)
			return 0;
		if (meta_folder_merge(apply, other, fid) < 0)
			return -1;
	}
	apply->fid = 0;
	/* properties of the folder are those of another mailbox now */
	if (meta_counter_add(db, META_PROPS_NAME, 1, &stamp) < 0)
		return -1;
	return meta_sql_run(db, "UPDATE folder SET fkey=?2 WHERE fid=?1", "us",
			    fid, op->new_fkey);
}

void meta_folder_rekey(struct meta_txn *txn, const struct meta_folder_key *old,
		       const struct meta_folder_key *new_key)
{
	struct meta_folder_op *op =
		meta_txn_op(txn, meta_folder_rekey_apply, sizeof(*op));

	op->fkey = p_strdup(txn->pool, meta_folder_fkey(old));
	op->new_fkey = p_strdup(txn->pool, meta_folder_fkey(new_key));
}
