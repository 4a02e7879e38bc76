/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef META_PRIVATE_H
#define META_PRIVATE_H

/* Inside libdovetail-meta: the handle, transactions, and the driver interface
   that SQLite and PostgreSQL implement. Everything above the driver speaks the
   SQL both understand (?1 parameters, ON CONFLICT, RETURNING, <>0 where a truth
   value is meant, a CAST where a function wants a narrower number); what differs
   (schema, pragmas, locking) is the driver's. */

#include "array.h"
#include "str.h"
#include "dovetail-meta.h"

struct meta_stmt;

struct meta_driver {
	const char *name;

	/* Open or create; sets db->readonly. -1 with the error set. */
	int (*open)(struct meta_db *db, bool create);
	void (*close)(struct meta_db *db);
	/* FALSE: what the handle has open is no longer what the path names */
	bool (*is_current)(struct meta_db *db);

	/* Run statements without results. */
	int (*exec)(struct meta_db *db, const char *sql);
	/* Prepared once for each connection; sql must be a constant: its
	   address is the cache's key. */
	struct meta_stmt *(*prepare)(struct meta_db *db, const char *sql);
	/* Values stay valid until reset. Parameters count from 1. */
	void (*bind_int)(struct meta_stmt *stmt, int pos, int64_t value);
	void (*bind_text)(struct meta_stmt *stmt, int pos, const char *value,
			  size_t size);
	void (*bind_blob)(struct meta_stmt *stmt, int pos, const void *data,
			  size_t size);
	/* 1 row, 0 end, -1 error */
	int (*step)(struct meta_stmt *stmt);
	/* To the end, no rows wanted. In a transaction it may be put off: an
	   error then comes with a later step or the commit. 0, -1 */
	int (*run)(struct meta_stmt *stmt);
	void (*reset)(struct meta_stmt *stmt);
	/* Columns count from 0; memory is valid until the next step. */
	int64_t (*column_int)(struct meta_stmt *stmt, int col);
	/* NULL for SQL NULL; size_r may be NULL */
	const void *(*column_data)(struct meta_stmt *stmt, int col,
				   size_t *size_r);
	/* Begin a transaction that holds the owner's write lock to its end. */
	int (*begin)(struct meta_db *db);
	int (*commit)(struct meta_db *db);
	void (*rollback)(struct meta_db *db);

	int (*backup)(struct meta_db *db, const char *dest);
	/* Stores db->epoch. */
	int (*set_epoch)(struct meta_db *db);
};

extern const struct meta_driver meta_driver_sqlite;
/* In a library of its own, opened at first use. */
#define META_PGSQL_LIBRARY "libdovetail-meta-pgsql.so"
#define META_PGSQL_SYMBOL "meta_driver_pgsql"

#define META_BUSY_TIMEOUT_MSECS 5000

/* A counter of table info, and a folder's highest sequence: read once and
   written once in a transaction, however often they rise in it. */
struct meta_counter_row {
	char *name;
	int64_t value;
	bool dirty;
};
struct meta_folder_seq {
	uint32_t fid;
	uint64_t seq;
};

struct meta_db {
	struct meta_db *next;
	int refcount;
	/* the process that opened it: a child must not use it */
	pid_t pid;

	const struct meta_driver *driver;
	void *conn;
	/* SQLite: of the file. PostgreSQL: "pgsql:" and the owner's name, for
	   messages */
	char *path;
	/* PostgreSQL only: how to connect, and whose rows are ours */
	char *conninfo, *owner;
	struct meta_settings set;
	mode_t file_mode;
	gid_t gid;
	bool readonly;
	bool in_txn;
	/* of this transaction */
	ARRAY(struct meta_counter_row) counters;
	ARRAY(struct meta_folder_seq) folder_seqs;
	/* the file was replaced: not given out any more */
	bool stale;
	guid_128_t epoch;

	enum meta_error error_code;
	string_t *error;
};

/* A handle that is not open, nor in the process's list */
struct meta_db *meta_db_alloc(const struct meta_location *loc,
			      const char *path);
void meta_db_free(struct meta_db *db);
/* A SQLite file carries no place of its own: whoever opens it gets a new epoch. */
int meta_sqlite_unplace(const char *path);
/* What is in another back end, as a SQLite file. dest must not exist. */
int meta_db_copy_to_file(struct meta_db *db, const char *dest);

/* Sets the error; returns -1 for the caller's return. */
int meta_db_set_error(struct meta_db *db, enum meta_error code,
		      const char *fmt, ...) ATTR_FORMAT(3, 4);

/*
 * SQL. Types, one letter a parameter: i int64_t, u uint32_t or smaller,
 * s string (NULL is SQL NULL), t text (pointer, size_t), g guid (pointer),
 * b blob (pointer, size_t). Varargs are converted by exactly these types.
 */

/* Prepared, bound, ready to step; NULL on error. */
struct meta_stmt *meta_sql(struct meta_db *db, const char *sql,
			   const char *types, ...);
int meta_step(struct meta_db *db, struct meta_stmt *stmt);
void meta_done(struct meta_db *db, struct meta_stmt *stmt);
/* Run to the end. 0 or -1 */
int meta_sql_run(struct meta_db *db, const char *sql, const char *types, ...);
/* First column of the first row. 1 found, 0 no row, -1 error */
int meta_sql_int(struct meta_db *db, uint64_t *value_r, const char *sql,
		 const char *types, ...);
const char *meta_column_strdup(struct meta_db *db, struct meta_stmt *stmt,
			       int col, pool_t pool);
const void *meta_column_dup(struct meta_db *db, struct meta_stmt *stmt,
			    int col, pool_t pool, size_t *size_r);
#define meta_column_u32(db, stmt, col) \
	((uint32_t)(db)->driver->column_int(stmt, col))
#define meta_column_u64(db, stmt, col) \
	((uint64_t)(db)->driver->column_int(stmt, col))

/*
 * Transactions
 */

struct meta_apply;
/* Applies one buffered operation; 0 or -1 (everything is rolled back). */
typedef int meta_op_func_t(struct meta_apply *apply, const void *op);

struct meta_op {
	meta_op_func_t *func;
	const void *op;
};

struct meta_txn {
	struct meta_db *db;
	pool_t pool;
	ARRAY(struct meta_op) ops;
};

/* What lives while a transaction is applied. */
struct meta_apply {
	struct meta_db *db;
	time_t now;
	/* last folder resolved */
	guid_128_t guid;
	uint32_t fid;
	/* items and bytes more (or less) than before */
	int64_t item_delta, byte_delta;
};

/* A zeroed op of this size, in the transaction's pool. */
void *meta_txn_op(struct meta_txn *txn, meta_op_func_t *func, size_t size);
/* The folder of this mailbox. create: issue a number if it has none; else
   *fid_r is 0 then. */
int meta_apply_fid(struct meta_apply *apply, const guid_128_t guid,
		   bool create, uint32_t *fid_r);
/* Run func in a write transaction of its own. */
int meta_db_immediate(struct meta_db *db, meta_op_func_t *func, void *op);

/* Counters in table info */
int meta_counter_add(struct meta_db *db, const char *name, uint64_t count,
		     uint64_t *last_r);
int meta_counter_get(struct meta_db *db, const char *name, uint64_t *value_r);
/* In a transaction: the folder's highest sequence is at least this. */
void meta_pending_folder_seq(struct meta_db *db, uint32_t fid, uint64_t seq);

/* Folders */
int meta_folder_fid(struct meta_db *db, const char *fkey, uint32_t *fid_r);
const char *meta_folder_fkey(const struct meta_folder_key *key);
const char *meta_folder_guid_fkey(const guid_128_t guid);
int meta_folder_new(struct meta_db *db, const char *fkey, const char *path,
		    time_t now, uint32_t *fid_r);
/* Names of counters in table info */
#define META_ITEM_ID_NAME "item_id"
#define META_PROPS_NAME "props"
#define META_BLOBS_NAME "blobs"
#define META_GIVEN_NAME "given"
#define META_INDEX_NAME "index_version"
/* A key of an entry, and the first keys beyond a prefix */
#define META_KEY_ITEM_SIZE \
	((uint32_t)(sizeof(META_KEY_ITEM) - 1 + META_ITEM_NAME_SIZE))
#define META_KEY_ITEM_END META_KEY_PREFIX "item0"
#define META_KEY_FOLDER_END META_KEY_PREFIX "folder0"
#define META_KEY_BLOB_END META_KEY_PREFIX "blob0"
#define META_KEY_SPECIAL_END META_KEY_PREFIX "special0"
#define META_SPECIAL_BLOB "/blob/"
/* Numbers of items are 32 bits wide outside (store_item.num) */
#define META_ITEM_ID_MAX UINT32_MAX

struct meta_item_row {
	uint64_t id;	/* 0: there is none */
	uint64_t seq, size;
	bool deleted;	/* also when there is none */
};
/* 1, 0, -1 */
int meta_item_row(struct meta_db *db, uint32_t fid, const char *key,
		  struct meta_item_row *row_r);
/* Items of `from` go to `to`, a later last_change wins. */
int meta_item_merge(struct meta_apply *apply, uint32_t from, uint32_t to);
int meta_item_delete_all(struct meta_apply *apply, uint32_t fid);

/* Schema */
struct meta_schema_step {
	/* SQL that lifts version n-1 to n, n being its place from 1 on */
	const char *sql;
};
int meta_schema_upgrade(struct meta_db *db, const struct meta_schema_step *steps,
			unsigned int count);

#endif
