/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef META_PGSQL_H
#define META_PGSQL_H

/* Inside libdovetail-meta-pgsql: one connection for each process and way to
   connect, shared by the databases (owners) that the process has open. It is
   always in libpq's pipeline mode: what needs no answer is sent along with the
   next statement that does. */

#include "meta-private.h"
#include "hash.h"

#include <libpq-fe.h>

/* As many parameters as any statement has */
#define META_PGSQL_PARAMS 12
/* Statements and bytes that are sent at most before answers are read */
#define META_PGSQL_QUEUE 200
#define META_PGSQL_QUEUE_BYTES (1024 * 1024)
/* Sent, but what became of it is not read yet */
#define META_PGSQL_TIMEOUT_SECS 30
/* After a connection could not be made */
#define META_PGSQL_RETRY_SECS 2
/* A session that nobody used for so long is closed by the server, and opened
   again when it is needed (PostgreSQL 14 and later). */
#define META_PGSQL_IDLE_SECS 600

/* A statement on this connection */
struct meta_pgsql_sql {
	/* the caller's constant, and in PostgreSQL's words */
	const char *key;
	char *text;
	char name[16];
	bool prepared;
};

struct meta_pgsql_sent {
	/* of a PREPARE; NULL: any other */
	struct meta_pgsql_sql *prepare;
	/* its rows are kept */
	bool wanted;
};

struct meta_pgsql_conn {
	struct meta_pgsql_conn *next;
	int refcount;
	/* a child leaves its parent's alone */
	pid_t pid;
	char *conninfo;

	PGconn *pg;
	/* the owner whose rows the session sees; 0: none yet */
	int64_t owner;
	HASH_TABLE(const char *, struct meta_pgsql_sql *) sqls;
	unsigned int sql_count;
	unsigned int timeout_secs, lock_msecs;
	/* Not before: a server that is away is not waited for at each question of
	   a request */
	time_t retry_at;

	ARRAY(struct meta_pgsql_sent) sent;
	size_t sent_bytes;
	/* In a transaction: its number, to ask what became of it when its commit
	   was not answered */
	bool in_txn;
	char xid[24];
};

struct meta_stmt {
	struct meta_db *db;
	struct meta_pgsql_sql *sql;
	unsigned int params;
	Oid types[META_PGSQL_PARAMS];
	const char *values[META_PGSQL_PARAMS];
	int lengths[META_PGSQL_PARAMS], formats[META_PGSQL_PARAMS];
	char numbers[META_PGSQL_PARAMS][24];

	PGresult *result;
	int row;
};

/* db->conn */
struct meta_pgsql {
	struct meta_pgsql_conn *conn;
	int64_t owner;
	HASH_TABLE(const char *, struct meta_stmt *) stmts;
};

/* --- meta-pgsql-conn.c --------------------------------------------------------- */

/* The process's connection, opened. NULL with the error set. */
struct meta_pgsql_conn *meta_pgsql_connect(struct meta_db *db);
void meta_pgsql_disconnect(struct meta_pgsql_conn **conn);

/* The session shows the rows of this database's owner from now on. */
int meta_pgsql_send_owner(struct meta_db *db);
/* Sends; answers are not waited for (unless very many are missing). 0, or -1 with
   the error set. */
int meta_pgsql_send(struct meta_db *db, struct meta_stmt *stmt, bool wanted);
/* A statement without preparation; params are texts. */
int meta_pgsql_send_text(struct meta_db *db, const char *sql,
			 const char *const *params, unsigned int count,
			 bool wanted);
/* Reads all answers. *result_r is the last wanted one (NULL: none, or failed). The
   first failure counts: -1 with the error set. */
int meta_pgsql_wait(struct meta_db *db, PGresult **result_r);
/* Both, and outside of a transaction once again with a new connection if this one
   is broken. */
int meta_pgsql_execute(struct meta_db *db, struct meta_stmt *stmt,
		       PGresult **result_r);
int meta_pgsql_query(struct meta_db *db, const char *sql,
		     const char *const *params, unsigned int count,
		     PGresult **result_r);
/* Is the connection gone? */
bool meta_pgsql_broken(struct meta_pgsql_conn *conn);
int meta_pgsql_reconnect(struct meta_db *db, struct meta_pgsql_conn *conn);

/* --- meta-pgsql-schema.c --------------------------------------------------------- */

/* Right after connecting: settings of the session, the schema made or lifted to
   this program's version. The connection is not in pipeline mode yet. */
int meta_pgsql_session(struct meta_db *db, struct meta_pgsql_conn *conn);
/* The number of db->owner, and its epoch into db->epoch. 1, 0 there is none and
   none is to be made, -1 */
int meta_pgsql_owner(struct meta_db *db, bool create, int64_t *owner_r);

extern const struct meta_driver meta_driver_pgsql;

#endif
