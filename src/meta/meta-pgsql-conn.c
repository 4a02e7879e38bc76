/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connections to PostgreSQL: opened at first use, lost and opened again, what is
   sent and what is answered, and what its errors mean. */

#include "lib.h"
#include "time-util.h"
#include "meta-pgsql.h"

#include <poll.h>
#include <unistd.h>

static struct meta_pgsql_conn *meta_pgsql_conns;

/*
 * Errors
 */

static const struct {
	/* beginning of the SQLSTATE (PostgreSQL's appendix A) */
	const char *state;
	enum meta_error error;
} meta_pgsql_states[] = {
	{ "55P03", META_ERROR_BUSY },	/* lock_not_available */
	{ "57014", META_ERROR_BUSY },	/* query_canceled: statement_timeout */
	{ "40", META_ERROR_BUSY },	/* deadlock, serialization_failure */
	{ "08", META_ERROR_BUSY },	/* connection */
	{ "57P", META_ERROR_BUSY },	/* shutdown, starting up, idle too long */
	{ "25P", META_ERROR_BUSY },	/* idle in transaction for too long */
	{ "25006", META_ERROR_BUSY },	/* a standby, until it is promoted */
	{ "53100", META_ERROR_NOSPACE },	/* disk_full */
	{ "53", META_ERROR_BUSY },	/* too_many_connections, out_of_memory */
	{ "54000", META_ERROR_NOSPACE },	/* program_limit_exceeded */
	{ "28", META_ERROR_BUSY },	/* the password: for the operator to mend */
	{ "3D", META_ERROR_BUSY },	/* no such database: the same */
	{ "XX001", META_ERROR_CORRUPT },
	{ "XX002", META_ERROR_CORRUPT },
};

static enum meta_error meta_pgsql_code(const char *state)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(meta_pgsql_states); i++) {
		if (strncmp(state, meta_pgsql_states[i].state,
			    strlen(meta_pgsql_states[i].state)) == 0)
			return meta_pgsql_states[i].error;
	}
	return META_ERROR_INTERNAL;
}

/* One line of libpq's */
static const char *meta_pgsql_line(const char *text)
{
	return t_strarray_join(t_strsplit_spaces(text, "\n"), "; ");
}

static int meta_pgsql_lost(struct meta_db *db, struct meta_pgsql_conn *conn,
			   const char *what)
{
	return meta_db_set_error(db, META_ERROR_BUSY, "PostgreSQL: %s: %s", what,
		conn->pg == NULL ? "not connected" :
		meta_pgsql_line(PQerrorMessage(conn->pg)));
}

static int meta_pgsql_fail(struct meta_db *db, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return meta_db_set_error(db, state == NULL ? META_ERROR_BUSY :
		meta_pgsql_code(state), "PostgreSQL: %s (%s)",
		meta_pgsql_line(PQresultErrorMessage(result)),
		state == NULL ? "no answer" : state);
}

bool meta_pgsql_broken(struct meta_pgsql_conn *conn)
{
	return conn->pg == NULL || PQstatus(conn->pg) != CONNECTION_OK;
}

/*
 * Connecting
 */

/* What is sent and prepared dies with a connection. */
static void meta_pgsql_close(struct meta_pgsql_conn *conn)
{
	struct hash_iterate_context *iter;
	struct meta_pgsql_sql *sql;
	const char *key;

	iter = hash_table_iterate_init(conn->sqls);
	while (hash_table_iterate(iter, conn->sqls, &key, &sql))
		sql->prepared = FALSE;
	hash_table_iterate_deinit(&iter);
	array_clear(&conn->sent);
	conn->sent_bytes = 0;
	conn->owner = 0;
	conn->in_txn = FALSE;
	if (conn->pg != NULL)
		PQfinish(conn->pg);
	conn->pg = NULL;
}

/* libpq would write them to stderr. What matters comes as an error, too. */
static void meta_pgsql_notice(void *context ATTR_UNUSED,
			      const PGresult *result ATTR_UNUSED)
{
}

int meta_pgsql_reconnect(struct meta_db *db, struct meta_pgsql_conn *conn)
{
	/* the later ones win: what the site says */
	const char *keys[] = { "connect_timeout", "application_name",
		"tcp_user_timeout", "dbname", NULL };
	const char *values[] = { "5", "dovetail", "30000", conn->conninfo,
		NULL };

	meta_pgsql_close(conn);
	if (time(NULL) < conn->retry_at) {
		return meta_db_set_error(db, META_ERROR_BUSY,
			"PostgreSQL could not be reached a moment ago");
	}
	conn->pg = PQconnectdbParams(keys, values, 1);
	if (conn->pg != NULL)
		(void)PQsetNoticeReceiver(conn->pg, meta_pgsql_notice, NULL);
	if (meta_pgsql_broken(conn)) {
		(void)meta_pgsql_lost(db, conn, "connecting");
	} else if (meta_pgsql_session(db, conn) == 0) {
		if (PQenterPipelineMode(conn->pg) == 1)
			return 0;
		(void)meta_pgsql_lost(db, conn, "pipeline");
	}
	meta_pgsql_close(conn);
	conn->retry_at = time(NULL) + META_PGSQL_RETRY_SECS;
	return -1;
}

static struct meta_pgsql_conn *meta_pgsql_conn_new(struct meta_db *db)
{
	struct meta_pgsql_conn *conn = i_new(struct meta_pgsql_conn, 1);

	conn->pid = getpid();
	conn->conninfo = i_strdup(db->conninfo);
	conn->timeout_secs = META_PGSQL_TIMEOUT_SECS;
	conn->lock_msecs = db->set.busy_timeout_msecs != 0 ?
		db->set.busy_timeout_msecs : META_BUSY_TIMEOUT_MSECS;
	hash_table_create_direct(&conn->sqls, default_pool, 0);
	i_array_init(&conn->sent, 32);
	conn->next = meta_pgsql_conns;
	meta_pgsql_conns = conn;
	return conn;
}

struct meta_pgsql_conn *meta_pgsql_connect(struct meta_db *db)
{
	struct meta_pgsql_conn *conn;

	for (conn = meta_pgsql_conns; conn != NULL; conn = conn->next) {
		if (conn->pid == getpid() &&
		    strcmp(conn->conninfo, db->conninfo) == 0)
			break;
	}
	if (conn == NULL)
		conn = meta_pgsql_conn_new(db);
	conn->refcount++;
	if (!meta_pgsql_broken(conn) || meta_pgsql_reconnect(db, conn) == 0)
		return conn;
	meta_pgsql_disconnect(&conn);
	return NULL;
}

void meta_pgsql_disconnect(struct meta_pgsql_conn **_conn)
{
	struct meta_pgsql_conn *conn = *_conn, **pos;
	struct hash_iterate_context *iter;
	struct meta_pgsql_sql *sql;
	const char *key;

	*_conn = NULL;
	i_assert(conn->refcount > 0);
	if (--conn->refcount > 0 || conn->pid != getpid())
		return;
	for (pos = &meta_pgsql_conns; *pos != conn; pos = &(*pos)->next) ;
	*pos = conn->next;
	meta_pgsql_close(conn);
	iter = hash_table_iterate_init(conn->sqls);
	while (hash_table_iterate(iter, conn->sqls, &key, &sql)) {
		i_free(sql->text);
		i_free(sql);
	}
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&conn->sqls);
	array_free(&conn->sent);
	i_free(conn->conninfo);
	i_free(conn);
}

/*
 * Sending
 */

static struct meta_pgsql_conn *meta_pgsql_conn(struct meta_db *db)
{
	struct meta_pgsql *pgsql = db->conn;

	return pgsql->conn;
}

static void meta_pgsql_note(struct meta_pgsql_conn *conn,
			    struct meta_pgsql_sql *prepare, bool wanted)
{
	struct meta_pgsql_sent *sent = array_append_space(&conn->sent);

	sent->prepare = prepare;
	sent->wanted = wanted;
}

/* Room for one more: answers to very many are read in between. */
static int meta_pgsql_room(struct meta_db *db)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);

	if (meta_pgsql_broken(conn))
		return meta_pgsql_lost(db, conn, "sending");
	if (array_count(&conn->sent) < META_PGSQL_QUEUE &&
	    conn->sent_bytes < META_PGSQL_QUEUE_BYTES)
		return 0;
	return meta_pgsql_wait(db, NULL);
}

/* Views show the rows of the owner whom the session's setting names. */
int meta_pgsql_send_owner(struct meta_db *db)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	struct meta_pgsql *pgsql = db->conn;
	const char *value = dec2str(pgsql->owner);

	if (conn->owner == pgsql->owner)
		return 0;
	i_assert(!conn->in_txn);
	if (PQsendQueryParams(conn->pg, "SELECT set_config('dovetail.owner',"
			      "$1,false)", 1, NULL, &value, NULL, NULL, 0) == 0)
		return meta_pgsql_lost(db, conn, "sending");
	meta_pgsql_note(conn, NULL, FALSE);
	conn->owner = pgsql->owner;
	return 0;
}

static int meta_pgsql_send_prepare(struct meta_db *db, struct meta_stmt *stmt)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);

	if (stmt->sql->prepared)
		return 0;
	if (PQsendPrepare(conn->pg, stmt->sql->name, stmt->sql->text,
			  stmt->params, stmt->types) == 0)
		return meta_pgsql_lost(db, conn, "sending");
	meta_pgsql_note(conn, stmt->sql, FALSE);
	/* it is taken back if that fails */
	stmt->sql->prepared = TRUE;
	return 0;
}

int meta_pgsql_send(struct meta_db *db, struct meta_stmt *stmt, bool wanted)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	unsigned int i;

	if (meta_pgsql_room(db) < 0 || meta_pgsql_send_owner(db) < 0 ||
	    meta_pgsql_send_prepare(db, stmt) < 0)
		return -1;
	if (PQsendQueryPrepared(conn->pg, stmt->sql->name, stmt->params,
				stmt->values, stmt->lengths, stmt->formats,
				1) == 0)
		return meta_pgsql_lost(db, conn, "sending");
	for (i = 0; i < stmt->params; i++)
		conn->sent_bytes += stmt->lengths[i];
	meta_pgsql_note(conn, NULL, wanted);
	return 0;
}

int meta_pgsql_send_text(struct meta_db *db, const char *sql,
			 const char *const *params, unsigned int count,
			 bool wanted)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);

	if (meta_pgsql_room(db) < 0)
		return -1;
	if (PQsendQueryParams(conn->pg, sql, count, NULL, params, NULL, NULL,
			      0) == 0)
		return meta_pgsql_lost(db, conn, "sending");
	meta_pgsql_note(conn, NULL, wanted);
	return 0;
}

/*
 * Waiting
 */

/* Until the next answer is there. A server that is silent for longer than its own
   time limit for statements is not waited for. */
static int meta_pgsql_ready(struct meta_db *db)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	struct pollfd pfd = { .fd = PQsocket(conn->pg), .events = POLLIN };
	uint64_t end = i_microseconds() / 1000 +
		(conn->timeout_secs + 5) * UINT64_C(1000);

	while (PQisBusy(conn->pg) == 1) {
		uint64_t now = i_microseconds() / 1000;
		int ret = now >= end ? 0 : poll(&pfd, 1, end - now);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0) {
			(void)meta_db_set_error(db, META_ERROR_BUSY,
						"PostgreSQL does not answer");
			meta_pgsql_close(conn);
			return -1;
		}
		if (PQconsumeInput(conn->pg) == 0)
			return meta_pgsql_lost(db, conn, "reading");
	}
	return 0;
}

static int meta_pgsql_next(struct meta_db *db, PGresult **result_r)
{
	if (meta_pgsql_ready(db) < 0)
		return -1;
	*result_r = PQgetResult(meta_pgsql_conn(db)->pg);
	return 0;
}

static bool meta_pgsql_good(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_COMMAND_OK ||
		PQresultStatus(result) == PGRES_TUPLES_OK;
}

/* The answer to one that was sent: a result, and the NULL after it. */
static int meta_pgsql_answer(struct meta_db *db,
			     const struct meta_pgsql_sent *sent, bool failed,
			     PGresult **result_r)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	PGresult *result, *end;
	int ret = 0;

	if (meta_pgsql_next(db, &result) < 0)
		return -1;
	if (result == NULL)
		return meta_pgsql_lost(db, conn, "reading");
	if (!meta_pgsql_good(result)) {
		if (sent->prepare != NULL)
			sent->prepare->prepared = FALSE;
		/* what follows the first failure is only skipped */
		if (!failed)
			ret = meta_pgsql_fail(db, result);
		else
			ret = -1;
	} else if (sent->wanted && result_r != NULL) {
		PQclear(*result_r);
		*result_r = result;
		result = NULL;
	}
	PQclear(result);
	if (meta_pgsql_broken(conn) || meta_pgsql_next(db, &end) < 0)
		return -1;
	if (end != NULL) {
		PQclear(end);
		return meta_db_set_error(db, META_ERROR_INTERNAL,
					 "PostgreSQL: unexpected answer");
	}
	return ret;
}

static int meta_pgsql_wait_all(struct meta_db *db, PGresult **result_r)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	PGresult *sync;
	unsigned int i;
	int ret = 0;

	if (PQpipelineSync(conn->pg) == 0)
		return meta_pgsql_lost(db, conn, "sending");
	for (i = 0; i < array_count(&conn->sent); i++) {
		struct meta_pgsql_sent sent = *array_idx(&conn->sent, i);

		if (meta_pgsql_answer(db, &sent, ret < 0, result_r) < 0)
			ret = -1;
		if (meta_pgsql_broken(conn))
			return -1;
	}
	array_clear(&conn->sent);
	conn->sent_bytes = 0;
	if (meta_pgsql_next(db, &sync) < 0)
		return -1;
	if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
		ret = meta_pgsql_lost(db, conn, "reading");
	PQclear(sync);
	/* the setting may not have been made */
	if (ret < 0 && !conn->in_txn)
		conn->owner = 0;
	return ret;
}

int meta_pgsql_wait(struct meta_db *db, PGresult **result_r)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);
	PGresult *result = NULL;
	int ret;

	if (meta_pgsql_broken(conn))
		return meta_pgsql_lost(db, conn, "waiting");
	ret = meta_pgsql_wait_all(db, &result);
	if (ret < 0 || result_r == NULL) {
		PQclear(result);
		result = NULL;
	}
	if (result_r != NULL)
		*result_r = result;
	return ret;
}

/* Outside of a transaction nothing is lost with a connection: again, once. */
static bool meta_pgsql_again(struct meta_db *db, bool in_txn)
{
	struct meta_pgsql_conn *conn = meta_pgsql_conn(db);

	return !in_txn && meta_pgsql_broken(conn) &&
		meta_pgsql_reconnect(db, conn) == 0;
}

int meta_pgsql_execute(struct meta_db *db, struct meta_stmt *stmt,
		       PGresult **result_r)
{
	bool in_txn = meta_pgsql_conn(db)->in_txn;

	if (meta_pgsql_send(db, stmt, TRUE) == 0 &&
	    meta_pgsql_wait(db, result_r) == 0)
		return 0;
	if (!meta_pgsql_again(db, in_txn))
		return -1;
	return meta_pgsql_send(db, stmt, TRUE) < 0 ? -1 :
		meta_pgsql_wait(db, result_r);
}

int meta_pgsql_query(struct meta_db *db, const char *sql,
		     const char *const *params, unsigned int count,
		     PGresult **result_r)
{
	bool in_txn = meta_pgsql_conn(db)->in_txn;

	if (meta_pgsql_send_text(db, sql, params, count, TRUE) == 0 &&
	    meta_pgsql_wait(db, result_r) == 0)
		return 0;
	if (!meta_pgsql_again(db, in_txn))
		return -1;
	return meta_pgsql_send_text(db, sql, params, count, TRUE) < 0 ? -1 :
		meta_pgsql_wait(db, result_r);
}
