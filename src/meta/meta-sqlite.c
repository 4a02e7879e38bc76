/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded database: SQLite behind struct meta_driver. Owns the schema,
   the file's creation with the mailbox's permissions, the choice of journal,
   the epoch, and the mapping of SQLite's errors. */

#define _GNU_SOURCE /* statx() */
#include "lib.h"
#include "eacces-error.h"
#include "hash.h"
#include "randgen.h"
#include "time-util.h"
#include "meta-private.h"

#include <sqlite3.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/vfs.h>

struct meta_stmt {
	struct meta_db *db;
	sqlite3_stmt *stmt;
};

struct meta_sqlite {
	sqlite3 *db;
	HASH_TABLE(const char *, struct meta_stmt *) stmts;
	dev_t dev;
	ino_t ino;
};

static const struct meta_schema_step meta_sqlite_schema[] = {
	{ /* 1 */
	"CREATE TABLE info("
	 "name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE replica("
	 "id INTEGER PRIMARY KEY, epoch BLOB NOT NULL,"
	 "inode INTEGER NOT NULL, born INTEGER NOT NULL);"
	/* fkey: see meta_folder_fkey(); seq: highest sequence of its items */
	"CREATE TABLE folder("
	 "fid INTEGER PRIMARY KEY, fkey TEXT NOT NULL, path TEXT,"
	 "dead INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,"
	 "seq INTEGER NOT NULL DEFAULT 0);"
	"CREATE UNIQUE INDEX folder_key ON folder(fkey) WHERE dead=0;"
	/* values apart: listing keys and changes touches small rows only */
	"CREATE TABLE item("
	 "id INTEGER PRIMARY KEY, fid INTEGER NOT NULL, key TEXT NOT NULL,"
	 "seq INTEGER NOT NULL, last_change INTEGER NOT NULL,"
	 "deleted INTEGER NOT NULL, size INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX item_key ON item(fid,key);"
	"CREATE INDEX item_seq ON item(fid,seq);"
	"CREATE INDEX item_tomb ON item(last_change) WHERE deleted=1;"
	"CREATE TABLE item_value(id INTEGER PRIMARY KEY, value TEXT NOT NULL);"
	"CREATE TABLE idspace("
	 "idspace INTEGER PRIMARY KEY, fid INTEGER NOT NULL,"
	 "uidvalidity INTEGER NOT NULL, block INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX idspace_key ON idspace(fid,uidvalidity,block);"
	"CREATE TABLE alias("
	 "ospace INTEGER NOT NULL, ouid INTEGER NOT NULL,"
	 "cspace INTEGER NOT NULL, cuid INTEGER NOT NULL,"
	 "PRIMARY KEY(ospace,ouid)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX alias_current ON alias(cspace,cuid);"
	"CREATE TABLE change("
	 "oid INTEGER PRIMARY KEY, fid INTEGER NOT NULL, cn INTEGER NOT NULL,"
	 "read_cn INTEGER NOT NULL, last_cn INTEGER NOT NULL,"
	 "change_key BLOB, pcl BLOB);"
	"CREATE INDEX change_cn ON change(fid,last_cn);"
	"CREATE TABLE extra("
	 "id INTEGER PRIMARY KEY, fid INTEGER NOT NULL,"
	 "uidvalidity INTEGER NOT NULL, uid INTEGER NOT NULL,"
	 "name TEXT NOT NULL, mail_guid TEXT, data BLOB NOT NULL);"
	"CREATE UNIQUE INDEX extra_mail ON extra(fid,uidvalidity,uid,name);"
	"CREATE INDEX extra_guid ON extra(mail_guid) WHERE mail_guid NOTNULL;"
	"CREATE TABLE sync("
	 "generation INTEGER PRIMARY KEY, device TEXT NOT NULL,"
	 "collection TEXT NOT NULL, key TEXT NOT NULL,"
	 "changed INTEGER NOT NULL, data BLOB NOT NULL);"
	"CREATE UNIQUE INDEX sync_key ON sync(device,collection,key);"
	"CREATE TABLE state("
	 "device TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
	 "changed INTEGER NOT NULL, expires INTEGER NOT NULL,"
	 "data BLOB NOT NULL, PRIMARY KEY(device,kind,name)) WITHOUT ROWID;"
	"CREATE INDEX state_expires ON state(expires) WHERE expires>0;"
	},
	{ /* 2: rows of items are numbered by META_COUNTER_ITEM */
	"INSERT INTO info(name,value)"
	 " SELECT 'item_id',coalesce(max(id),0) FROM item WHERE 1"
	 " ON CONFLICT(name) DO UPDATE SET value=max(value,excluded.value);"
	/* indexed: sequence up to which item_index has the folder's items */
	"ALTER TABLE folder ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE item_index("
	 "fid INTEGER NOT NULL, id INTEGER NOT NULL, first INTEGER NOT NULL,"
	 "last INTEGER NOT NULL, marks INTEGER NOT NULL, sort TEXT NOT NULL,"
	 "words TEXT NOT NULL, PRIMARY KEY(fid,id)) WITHOUT ROWID;"
	"CREATE INDEX item_index_time ON item_index(fid,last,first);"
	},
	{ /* 3: what MAPI needs. okey: see meta_given */
	"CREATE TABLE given("
	 "scope INTEGER NOT NULL, replid INTEGER NOT NULL,"
	 "counter INTEGER NOT NULL, okey INTEGER NOT NULL,"
	 "fid INTEGER NOT NULL, PRIMARY KEY(scope,replid,counter))"
	 " WITHOUT ROWID;"
	"CREATE UNIQUE INDEX given_key ON given(okey);"
	"CREATE INDEX given_fid ON given(fid);"
	"CREATE TABLE replid("
	 "scope INTEGER NOT NULL, replid INTEGER NOT NULL,"
	 "guid BLOB NOT NULL, PRIMARY KEY(scope,replid)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX replid_guid ON replid(scope,guid);"
	"CREATE TABLE name(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
	"CREATE UNIQUE INDEX name_name ON name(name);"
	},
};

/* File systems where a WAL's shared memory is not shared, by statfs(2). */
static const unsigned int meta_network_fs[] = {
	0x6969,		/* NFS */
	0x517b,		/* SMB */
	0xff534d42,	/* CIFS */
	0xfe534d42,	/* SMB2 */
	0x65735546,	/* FUSE: GlusterFS and others */
	0x00c36400,	/* Ceph */
	0x5346414f,	/* AFS */
	0x0bd00bd0,	/* Lustre */
	0x47504653,	/* GPFS */
	0x7461636f,	/* OCFS2 */
	0x01161970,	/* GFS2 */
	0x01021997,	/* 9P */
};

static enum meta_error meta_sqlite_code(sqlite3 *db)
{
	switch (sqlite3_errcode(db)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return META_ERROR_BUSY;
	case SQLITE_FULL:
	case SQLITE_TOOBIG:
		return META_ERROR_NOSPACE;
	case SQLITE_IOERR:
		if (ENOSPACE(sqlite3_system_errno(db)))
			return META_ERROR_NOSPACE;
		return META_ERROR_INTERNAL;
	case SQLITE_READONLY:
		return META_ERROR_READONLY;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return META_ERROR_NOACCESS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return META_ERROR_CORRUPT;
	default:
		return META_ERROR_INTERNAL;
	}
}

static int meta_sqlite_fail(struct meta_db *db, const char *what)
{
	struct meta_sqlite *conn = db->conn;

	return meta_db_set_error(db, meta_sqlite_code(conn->db),
		"%s: %s (SQLite error %d)", what, sqlite3_errmsg(conn->db),
		sqlite3_extended_errcode(conn->db));
}

/*
 * Statements
 */

static int meta_sqlite_exec(struct meta_db *db, const char *sql)
{
	struct meta_sqlite *conn = db->conn;

	if (sqlite3_exec(conn->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return meta_sqlite_fail(db, t_strcut(sql, '('));
	return 0;
}

static struct meta_stmt *
meta_sqlite_prepare(struct meta_db *db, const char *sql)
{
	struct meta_sqlite *conn = db->conn;
	struct meta_stmt *stmt;
	sqlite3_stmt *sstmt;

	stmt = hash_table_lookup(conn->stmts, sql);
	if (stmt != NULL)
		return stmt;
	if (sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &sstmt, NULL) != SQLITE_OK) {
		(void)meta_sqlite_fail(db, sql);
		return NULL;
	}
	stmt = i_new(struct meta_stmt, 1);
	stmt->db = db;
	stmt->stmt = sstmt;
	hash_table_insert(conn->stmts, sql, stmt);
	return stmt;
}

static void meta_sqlite_bind_int(struct meta_stmt *stmt, int pos, int64_t value)
{
	(void)sqlite3_bind_int64(stmt->stmt, pos, value);
}

static void meta_sqlite_bind_text(struct meta_stmt *stmt, int pos,
				  const char *value, size_t size)
{
	if (value == NULL)
		(void)sqlite3_bind_null(stmt->stmt, pos);
	else {
		(void)sqlite3_bind_text64(stmt->stmt, pos, value, size,
					  SQLITE_STATIC, SQLITE_UTF8);
	}
}

static void meta_sqlite_bind_blob(struct meta_stmt *stmt, int pos,
				  const void *data, size_t size)
{
	if (size == 0 && data != NULL)
		(void)sqlite3_bind_zeroblob(stmt->stmt, pos, 0);
	else {
		(void)sqlite3_bind_blob64(stmt->stmt, pos, data, size,
					  SQLITE_STATIC);
	}
}

static int meta_sqlite_step(struct meta_stmt *stmt)
{
	switch (sqlite3_step(stmt->stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return meta_sqlite_fail(stmt->db, sqlite3_sql(stmt->stmt));
	}
}

static int meta_sqlite_run(struct meta_stmt *stmt)
{
	int ret;

	while ((ret = meta_sqlite_step(stmt)) > 0) ;
	return ret;
}

static void meta_sqlite_reset(struct meta_stmt *stmt)
{
	(void)sqlite3_reset(stmt->stmt);
	(void)sqlite3_clear_bindings(stmt->stmt);
}

static int64_t meta_sqlite_column_int(struct meta_stmt *stmt, int col)
{
	return sqlite3_column_int64(stmt->stmt, col);
}

static const void *
meta_sqlite_column_data(struct meta_stmt *stmt, int col, size_t *size_r)
{
	const void *data;

	if (sqlite3_column_type(stmt->stmt, col) == SQLITE_NULL) {
		if (size_r != NULL)
			*size_r = 0;
		return NULL;
	}
	data = sqlite3_column_blob(stmt->stmt, col);
	if (size_r != NULL)
		*size_r = sqlite3_column_bytes(stmt->stmt, col);
	/* an empty blob is NULL in SQLite's interface */
	return data == NULL ? "" : data;
}

/*
 * Transactions
 */

static int meta_sqlite_begin(struct meta_db *db)
{
	if (db->readonly) {
		return meta_db_set_error(db, META_ERROR_READONLY,
					 "no permission to write");
	}
	return meta_sqlite_exec(db, "BEGIN IMMEDIATE");
}

static int meta_sqlite_commit(struct meta_db *db)
{
	return meta_sqlite_exec(db, "COMMIT");
}

static void meta_sqlite_rollback(struct meta_db *db)
{
	struct meta_sqlite *conn = db->conn;

	/* some errors (disk full) have rolled back already; the error that
	   made us roll back is the one to keep */
	if (sqlite3_get_autocommit(conn->db) == 0)
		(void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
}

/*
 * Opening
 */

static bool meta_sqlite_is_current(struct meta_db *db)
{
	struct meta_sqlite *conn = db->conn;
	struct stat st;

	return stat(db->path, &st) == 0 &&
		st.st_ino == conn->ino && st.st_dev == conn->dev;
}

/* Only ever opens a file that did not exist: closing a descriptor of a
   database that this process has open elsewhere would drop its locks. */
static int meta_sqlite_create_file(struct meta_db *db)
{
	mode_t old_mask = umask(0777 & ~db->file_mode);
	int fd = open(db->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		      db->file_mode & 0666);
	int open_errno = errno;

	umask(old_mask);
	if (fd == -1) {
		if (open_errno == EEXIST)
			return 0;
		errno = open_errno;
		return meta_db_set_error(db,
			errno == EROFS ? META_ERROR_READONLY :
			ENOSPACE(errno) ? META_ERROR_NOSPACE :
			ENOACCESS(errno) ? META_ERROR_NOACCESS :
			META_ERROR_INTERNAL, "%s", errno == EACCES ?
			eacces_error_get_creating("open", db->path) :
			t_strdup_printf("open(%s) failed: %m", db->path));
	}
	/* who may not give it to the group leaves it to the owner */
	if (db->gid != (gid_t)-1)
		(void)!fchown(fd, (uid_t)-1, db->gid);
	i_close_fd(&fd);
	return 1;
}

static bool meta_sqlite_on_network(const char *path)
{
	struct statfs st;
	unsigned int i;

	if (statfs(path, &st) < 0)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(meta_network_fs); i++) {
		if ((unsigned int)st.f_type == meta_network_fs[i])
			return TRUE;
	}
	return FALSE;
}

static int meta_sqlite_set_journal(struct meta_db *db)
{
	static const char *const sql_wal = "PRAGMA journal_mode=WAL";
	static const char *const sql_rollback = "PRAGMA journal_mode=DELETE";
	static const char *const sql_get = "PRAGMA journal_mode";
	const char *want = "wal", *have;
	struct meta_stmt *stmt;
	bool same;

	if (db->set.journal == META_JOURNAL_ROLLBACK ||
	    (db->set.journal == META_JOURNAL_AUTO &&
	     meta_sqlite_on_network(db->path)))
		want = "delete";
	if ((stmt = meta_sql(db, sql_get, "")) == NULL)
		return -1;
	if (meta_step(db, stmt) < 0) {
		meta_done(db, stmt);
		return -1;
	}
	have = meta_sqlite_column_data(stmt, 0, NULL);
	same = have != NULL && strcasecmp(have, want) == 0;
	meta_done(db, stmt);
	/* the switch needs the file to itself: only when it is needed, and
	   not at all where others use it */
	if (same || db->readonly)
		return 0;
	if (meta_sqlite_exec(db, want[0] == 'w' ? sql_wal : sql_rollback) < 0 &&
	    db->error_code != META_ERROR_BUSY)
		return -1;
	return 0;
}

int meta_schema_upgrade(struct meta_db *db, const struct meta_schema_step *steps,
			unsigned int count)
{
	static const char *const sql_version = "PRAGMA user_version";
	uint64_t version;

	if (meta_sql_int(db, &version, sql_version, "") < 0)
		return -1;
	if (version > count) {
		return meta_db_set_error(db, META_ERROR_CORRUPT,
			"schema version %"PRIu64" is newer than this program's %u",
			version, count);
	}
	if (version == count)
		return 0;
	if (db->driver->begin(db) < 0)
		return -1;
	/* another process may have done it before we had the lock */
	if (meta_sql_int(db, &version, sql_version, "") < 0) {
		db->driver->rollback(db);
		return -1;
	}
	for (; version < count; version++) {
		const char *set = t_strdup_printf(
			"PRAGMA user_version=%"PRIu64, version + 1);
		if (meta_sqlite_exec(db, steps[version].sql) < 0 ||
		    meta_sqlite_exec(db, set) < 0) {
			db->driver->rollback(db);
			return -1;
		}
	}
	if (db->driver->commit(db) < 0) {
		db->driver->rollback(db);
		return -1;
	}
	return 0;
}

/* Creation time in ns, 0 where the file system has none. Inode numbers are
   used again, a pair of both is not. */
static int64_t meta_sqlite_birth(const char *path)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, 0, STATX_BTIME, &stx) < 0 ||
	    (stx.stx_mask & STATX_BTIME) == 0)
		return 0;
	return (int64_t)stx.stx_btime.tv_sec * 1000000000 +
		stx.stx_btime.tv_nsec;
}

static int
meta_sqlite_epoch_read(struct meta_db *db, int64_t inode, int64_t born)
{
	struct meta_stmt *stmt;
	const void *epoch;
	size_t size;
	int ret;

	stmt = meta_sql(db, "SELECT epoch,inode,born FROM replica WHERE id=1", "");
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0) {
		epoch = meta_sqlite_column_data(stmt, 0, &size);
		if (size != sizeof(db->epoch) ||
		    meta_sqlite_column_int(stmt, 1) != inode ||
		    meta_sqlite_column_int(stmt, 2) != born)
			ret = 0;
		if (size == sizeof(db->epoch))
			memcpy(db->epoch, epoch, size);
	}
	meta_done(db, stmt);
	return ret;
}

struct meta_epoch_op {
	int64_t inode, born;
};

static int meta_sqlite_epoch_write(struct meta_apply *apply, const void *_op)
{
	const struct meta_epoch_op *op = _op;
	struct meta_db *db = apply->db;
	int ret;

	if ((ret = meta_sqlite_epoch_read(db, op->inode, op->born)) != 0)
		return ret < 0 ? -1 : 0;
	random_fill(db->epoch, sizeof(db->epoch));
	return meta_sql_run(db,
		"INSERT INTO replica(id,epoch,inode,born) VALUES(1,?1,?2,?3)"
		" ON CONFLICT(id) DO UPDATE SET epoch=?1,inode=?2,born=?3", "gii",
		db->epoch, op->inode, op->born);
}

static int meta_sqlite_check_epoch(struct meta_db *db)
{
	struct meta_sqlite *conn = db->conn;
	struct meta_epoch_op op = {
		.inode = conn->ino,
		.born = meta_sqlite_birth(db->path),
	};
	int ret = meta_sqlite_epoch_read(db, op.inode, op.born);

	if (ret < 0)
		return -1;
	if (ret > 0 || db->readonly)
		return 0;
	return meta_db_immediate(db, meta_sqlite_epoch_write, &op);
}

static int meta_sqlite_setup(struct meta_db *db)
{
	struct meta_sqlite *conn = db->conn;
	struct stat st;

	sqlite3_extended_result_codes(conn->db, 0);
	sqlite3_busy_timeout(conn->db, db->set.busy_timeout_msecs != 0 ?
		(int)db->set.busy_timeout_msecs : META_BUSY_TIMEOUT_MSECS);
	if (stat(db->path, &st) < 0) {
		return meta_db_set_error(db, META_ERROR_INTERNAL,
					 "stat(%s) failed: %m", db->path);
	}
	conn->dev = st.st_dev;
	conn->ino = st.st_ino;
	if (meta_sqlite_set_journal(db) < 0)
		return -1;
	/* a value of 60 MB would else leave a log of 60 MB */
	if (meta_sqlite_exec(db, db->set.full_sync ?
			     "PRAGMA synchronous=FULL" :
			     "PRAGMA synchronous=NORMAL") < 0 ||
	    meta_sqlite_exec(db, "PRAGMA journal_size_limit=4194304") < 0 ||
	    meta_sqlite_exec(db, "PRAGMA cache_size=-1024") < 0)
		return -1;
	if (meta_schema_upgrade(db, meta_sqlite_schema,
				N_ELEMENTS(meta_sqlite_schema)) < 0)
		return -1;
	return meta_sqlite_check_epoch(db);
}

static void meta_sqlite_close(struct meta_db *db)
{
	struct meta_sqlite *conn = db->conn;
	struct hash_iterate_context *iter;
	struct meta_stmt *stmt;
	const char *sql;

	if (conn == NULL)
		return;
	iter = hash_table_iterate_init(conn->stmts);
	while (hash_table_iterate(iter, conn->stmts, &sql, &stmt)) {
		(void)sqlite3_finalize(stmt->stmt);
		i_free(stmt);
	}
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&conn->stmts);
	(void)sqlite3_close_v2(conn->db);
	i_free(conn);
	db->conn = NULL;
}

static int meta_sqlite_open(struct meta_db *db, bool create)
{
	struct meta_sqlite *conn;

	if (faccessat(AT_FDCWD, db->path, F_OK, AT_EACCESS) < 0) {
		if (errno == ENOENT && !create)
			return 0;
		if (errno == ENOENT && meta_sqlite_create_file(db) < 0)
			return -1;
	}
	db->readonly = faccessat(AT_FDCWD, db->path, W_OK, AT_EACCESS) < 0;

	conn = i_new(struct meta_sqlite, 1);
	hash_table_create_direct(&conn->stmts, default_pool, 0);
	db->conn = conn;
	if (sqlite3_open_v2(db->path, &conn->db,
			    (db->readonly ? SQLITE_OPEN_READONLY :
			     SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
			    SQLITE_OPEN_PRIVATECACHE, NULL) != SQLITE_OK)
		(void)meta_sqlite_fail(db, "open");
	else if (meta_sqlite_setup(db) == 0)
		return 1;
	meta_sqlite_close(db);
	return -1;
}

/* A copy carries no place of its own: whoever opens it gets a new epoch, also
   when it is written over the original file. */
int meta_sqlite_unplace(const char *path)
{
	sqlite3 *copy;
	int ret = -1;

	if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE, NULL) ==
		SQLITE_OK &&
	    sqlite3_exec(copy, "UPDATE replica SET inode=0,born=0",
			 NULL, NULL, NULL) == SQLITE_OK)
		ret = 0;
	sqlite3_close(copy);
	return ret;
}

static int meta_sqlite_backup(struct meta_db *db, const char *dest)
{
	struct meta_stmt *stmt = meta_sql(db, "VACUUM INTO ?1", "s", dest);
	int ret;

	if (stmt == NULL)
		return -1;
	ret = meta_step(db, stmt);
	meta_done(db, stmt);
	if (ret < 0)
		return -1;
	if (meta_sqlite_unplace(dest) < 0) {
		return meta_db_set_error(db, META_ERROR_INTERNAL,
					 "writing to %s failed", dest);
	}
	return 0;
}

static int meta_sqlite_set_epoch(struct meta_db *db)
{
	return meta_sql_run(db, "UPDATE replica SET epoch=?1", "g", db->epoch);
}

const struct meta_driver meta_driver_sqlite = {
	.name = "sqlite",

	.open = meta_sqlite_open,
	.close = meta_sqlite_close,
	.is_current = meta_sqlite_is_current,
	.exec = meta_sqlite_exec,
	.prepare = meta_sqlite_prepare,
	.bind_int = meta_sqlite_bind_int,
	.bind_text = meta_sqlite_bind_text,
	.bind_blob = meta_sqlite_bind_blob,
	.step = meta_sqlite_step,
	.run = meta_sqlite_run,
	.reset = meta_sqlite_reset,
	.column_int = meta_sqlite_column_int,
	.column_data = meta_sqlite_column_data,
	.begin = meta_sqlite_begin,
	.commit = meta_sqlite_commit,
	.rollback = meta_sqlite_rollback,
	.backup = meta_sqlite_backup,
	.set_epoch = meta_sqlite_set_epoch,
};
