/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* PostgreSQL behind struct meta_driver: statements, rows, transactions.

   Sequence numbers are given out under the lock of the owner's row, held to the
   commit: who reads sees all numbers up to the one it read, or not that one yet. */

#include "lib.h"
#include "meta-pgsql.h"

/* Types by their numbers, which are the same in every PostgreSQL */
#define META_PGSQL_BYTEAOID 17
#define META_PGSQL_INT8OID 20

/*
 * Statements
 */

/* ?1 is $1, and unique are all things within an owner. */
static char *meta_pgsql_translate(const char *sql)
{
	static const char conflict[] = "ON CONFLICT(";
	string_t *str = t_str_new(512);

	while (*sql != '\0') {
		if (strncmp(sql, conflict, strlen(conflict)) == 0) {
			str_append(str, "ON CONFLICT(owner,");
			sql += strlen(conflict);
			continue;
		}
		str_append_c(str, *sql == '?' ? '$' : *sql);
		sql++;
	}
	return i_strdup(str_c(str));
}

static struct meta_pgsql_sql *
meta_pgsql_sql(struct meta_pgsql_conn *conn, const char *key)
{
	struct meta_pgsql_sql *sql = hash_table_lookup(conn->sqls, key);

	if (sql != NULL)
		return sql;
	sql = i_new(struct meta_pgsql_sql, 1);
	sql->key = key;
	T_BEGIN {
		sql->text = meta_pgsql_translate(key);
	} T_END;
	i_snprintf(sql->name, sizeof(sql->name), "s%u", ++conn->sql_count);
	hash_table_insert(conn->sqls, key, sql);
	return sql;
}

static struct meta_stmt *
meta_pgsql_prepare(struct meta_db *db, const char *sql)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_stmt *stmt = hash_table_lookup(pgsql->stmts, sql);

	if (stmt != NULL)
		return stmt;
	stmt = i_new(struct meta_stmt, 1);
	stmt->db = db;
	stmt->sql = meta_pgsql_sql(pgsql->conn, sql);
	hash_table_insert(pgsql->stmts, sql, stmt);
	return stmt;
}

static unsigned int meta_pgsql_param(struct meta_stmt *stmt, int pos)
{
	i_assert(pos >= 1 && pos <= META_PGSQL_PARAMS);
	stmt->params = I_MAX(stmt->params, (unsigned int)pos);
	return pos - 1;
}

static void meta_pgsql_bind_int(struct meta_stmt *stmt, int pos, int64_t value)
{
	unsigned int i = meta_pgsql_param(stmt, pos);

	/* as text: the server converts to what the place wants */
	i_snprintf(stmt->numbers[i], sizeof(stmt->numbers[i]), "%"PRId64,
		   value);
	stmt->types[i] = META_PGSQL_INT8OID;
	stmt->values[i] = stmt->numbers[i];
	stmt->lengths[i] = 0;
	stmt->formats[i] = 0;
}

/* Texts are bytea too: see meta-pgsql-schema.c. */
static void meta_pgsql_bind_blob(struct meta_stmt *stmt, int pos,
				 const void *data, size_t size)
{
	unsigned int i = meta_pgsql_param(stmt, pos);

	i_assert(size <= INT_MAX);
	stmt->types[i] = META_PGSQL_BYTEAOID;
	stmt->values[i] = data;
	stmt->lengths[i] = size;
	stmt->formats[i] = 1;
}

static void meta_pgsql_bind_text(struct meta_stmt *stmt, int pos,
				 const char *value, size_t size)
{
	meta_pgsql_bind_blob(stmt, pos, value, size);
}

static int meta_pgsql_step(struct meta_stmt *stmt)
{
	if (stmt->result == NULL) {
		if (meta_pgsql_execute(stmt->db, stmt, &stmt->result) < 0)
			return -1;
		stmt->row = -1;
	}
	return ++stmt->row < PQntuples(stmt->result) ? 1 : 0;
}

static int meta_pgsql_run(struct meta_stmt *stmt)
{
	PGresult *result;

	if (stmt->db->in_txn)
		return meta_pgsql_send(stmt->db, stmt, FALSE);
	if (meta_pgsql_execute(stmt->db, stmt, &result) < 0)
		return -1;
	PQclear(result);
	return 0;
}

static void meta_pgsql_reset(struct meta_stmt *stmt)
{
	PQclear(stmt->result);
	stmt->result = NULL;
}

static uint64_t meta_pgsql_number(const unsigned char *data, unsigned int size)
{
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | *data++;
	return value;
}

/* Big-endian, as wide as its type; of SQL NULL 0, as in SQLite. */
static int64_t meta_pgsql_column_int(struct meta_stmt *stmt, int col)
{
	const unsigned char *data = (const unsigned char *)
		PQgetvalue(stmt->result, stmt->row, col);
	uint64_t value;

	if (PQgetisnull(stmt->result, stmt->row, col) == 1)
		return 0;
	switch (PQgetlength(stmt->result, stmt->row, col)) {
	case 1: /* boolean */
		return *data;
	case 4:
		value = meta_pgsql_number(data, 4);
		return (int32_t)(uint32_t)value;
	case 8:
		return (int64_t)meta_pgsql_number(data, 8);
	}
	i_unreached();
}

static const void *
meta_pgsql_column_data(struct meta_stmt *stmt, int col, size_t *size_r)
{
	if (size_r != NULL)
		*size_r = PQgetlength(stmt->result, stmt->row, col);
	return PQgetisnull(stmt->result, stmt->row, col) == 1 ? NULL :
		PQgetvalue(stmt->result, stmt->row, col);
}

static int meta_pgsql_exec(struct meta_db *db, const char *sql)
{
	PGresult *result;

	if (meta_pgsql_query(db, sql, NULL, 0, &result) < 0)
		return -1;
	PQclear(result);
	return 0;
}

/*
 * Transactions
 */

static int meta_pgsql_begin_once(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_pgsql_conn *conn = pgsql->conn;
	const char *owner = dec2str(pgsql->owner);
	PGresult *result;
	int ret = 0;

	if (meta_pgsql_send_owner(db) < 0 ||
	    meta_pgsql_send_text(db, "BEGIN", NULL, 0, FALSE) < 0 ||
	    meta_pgsql_send_text(db, "SELECT pg_current_xact_id()"
		" FROM all_owner WHERE owner=$1 FOR UPDATE", &owner, 1,
		TRUE) < 0)
		return -1;
	conn->in_txn = TRUE;
	if (meta_pgsql_wait(db, &result) < 0)
		return -1;
	if (PQntuples(result) == 1) {
		i_strocpy(conn->xid, PQgetvalue(result, 0, 0),
			  sizeof(conn->xid));
	} else {
		ret = meta_db_set_error(db, META_ERROR_INTERNAL,
			"PostgreSQL: the owner was removed");
	}
	PQclear(result);
	return ret;
}

static void meta_pgsql_rollback(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_pgsql_conn *conn = pgsql->conn;
	enum meta_error code = db->error_code;
	const char *error = t_strdup(str_c(db->error));

	if (!conn->in_txn)
		return;
	/* the error that made us roll back is the one to keep */
	if (!meta_pgsql_broken(conn) &&
	    meta_pgsql_send_text(db, "ROLLBACK", NULL, 0, FALSE) == 0)
		(void)meta_pgsql_wait(db, NULL);
	conn->in_txn = FALSE;
	/* the setting was made in the same transaction */
	conn->owner = 0;
	db->error_code = code;
	str_truncate(db->error, 0);
	str_append(db->error, error);
}

static int meta_pgsql_begin(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_pgsql_conn *conn = pgsql->conn;

	if (conn->in_txn) {
		return meta_db_set_error(db, META_ERROR_INTERNAL,
			"PostgreSQL: another owner's transaction is open");
	}
	if (meta_pgsql_begin_once(db) == 0)
		return 0;
	if (meta_pgsql_broken(conn) && meta_pgsql_reconnect(db, conn) == 0 &&
	    meta_pgsql_begin_once(db) == 0)
		return 0;
	meta_pgsql_rollback(db);
	return -1;
}

/* The connection broke while we waited for the commit: what became of it? A
   server that is still down leaves the question open: it counts as failed, and
   who does it again finds what is there. */
static bool meta_pgsql_was_committed(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	const char *xid = t_strdup(pgsql->conn->xid);
	PGresult *result;
	bool committed;

	if (meta_pgsql_reconnect(db, pgsql->conn) < 0 ||
	    meta_pgsql_query(db, "SELECT pg_xact_status($1::xid8)", &xid, 1,
			     &result) < 0)
		return FALSE;
	committed = PQntuples(result) == 1 &&
		strcmp(PQgetvalue(result, 0, 0), "committed") == 0;
	PQclear(result);
	return committed;
}

static int meta_pgsql_commit(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_pgsql_conn *conn = pgsql->conn;

	if (meta_pgsql_send_text(db, "COMMIT", NULL, 0, FALSE) == 0 &&
	    meta_pgsql_wait(db, NULL) == 0) {
		conn->in_txn = FALSE;
		return 0;
	}
	if (meta_pgsql_broken(conn) && meta_pgsql_was_committed(db))
		return 0;
	return -1;
}

/*
 * Opening
 */

static bool meta_pgsql_is_current(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;

	/* a lost connection is opened again when it is used: until then what
	   the handle knows of its owner is as good as it was */
	return pgsql != NULL;
}

static void meta_pgsql_db_close(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;
	struct hash_iterate_context *iter;
	struct meta_stmt *stmt;
	const char *key;

	if (pgsql == NULL)
		return;
	iter = hash_table_iterate_init(pgsql->stmts);
	while (hash_table_iterate(iter, pgsql->stmts, &key, &stmt)) {
		PQclear(stmt->result);
		i_free(stmt);
	}
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&pgsql->stmts);
	if (pgsql->conn != NULL)
		meta_pgsql_disconnect(&pgsql->conn);
	i_free(pgsql);
	db->conn = NULL;
}

static int meta_pgsql_open(struct meta_db *db, bool create)
{
	struct meta_pgsql *pgsql = i_new(struct meta_pgsql, 1);
	int ret = -1;

	hash_table_create_direct(&pgsql->stmts, default_pool, 0);
	db->conn = pgsql;
	pgsql->conn = meta_pgsql_connect(db);
	if (pgsql->conn != NULL)
		ret = meta_pgsql_owner(db, create, &pgsql->owner);
	if (ret <= 0)
		meta_pgsql_db_close(db);
	return ret;
}

static int meta_pgsql_set_epoch(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;

	return meta_sql_run(db, "UPDATE all_owner SET epoch=?2 WHERE owner=?1",
			    "ig", pgsql->owner, db->epoch);
}

const struct meta_driver meta_driver_pgsql = {
	.name = "pgsql",

	.open = meta_pgsql_open,
	.close = meta_pgsql_db_close,
	.is_current = meta_pgsql_is_current,
	.exec = meta_pgsql_exec,
	.prepare = meta_pgsql_prepare,
	.bind_int = meta_pgsql_bind_int,
	.bind_text = meta_pgsql_bind_text,
	.bind_blob = meta_pgsql_bind_blob,
	.step = meta_pgsql_step,
	.run = meta_pgsql_run,
	.reset = meta_pgsql_reset,
	.column_int = meta_pgsql_column_int,
	.column_data = meta_pgsql_column_data,
	.begin = meta_pgsql_begin,
	.commit = meta_pgsql_commit,
	.rollback = meta_pgsql_rollback,
	.backup = meta_db_copy_to_file,
	.set_epoch = meta_pgsql_set_epoch,
};
