/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is in PostgreSQL: schema "dovetail" with one set of tables for all owners
   (all_...), and views that show a session the rows of one owner. The views have
   the names and columns that SQLite's tables have, so that the same SQL does.

   Texts are bytea: they compare bytewise, as in SQLite, whatever the database's
   encoding and collation, and hold what is not valid UTF-8 too. */

#include "lib.h"
#include "hex-binary.h"
#include "randgen.h"
#include "meta-pgsql.h"

#define OWNER "owner bigint NOT NULL DEFAULT" \
	" current_setting('dovetail.owner')::bigint,"
#define VIEW(name) "CREATE VIEW " name " AS SELECT * FROM all_" name \
	" WHERE owner=current_setting('dovetail.owner')::bigint;"

static const char *const meta_pgsql_schema[] = {
	/* 1: what SQLite's version 2 has */
	"CREATE TABLE all_owner("
	 "owner bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	 "name bytea NOT NULL UNIQUE, epoch bytea NOT NULL,"
	 "place text NOT NULL,"
	 "created timestamptz NOT NULL DEFAULT now());"
	"CREATE TABLE all_info(" OWNER
	 "name bytea NOT NULL, value bigint NOT NULL,"
	 "PRIMARY KEY(owner,name)) WITH (fillfactor=50);"
	"CREATE TABLE all_folder(" OWNER
	 "fid bigint NOT NULL, fkey bytea NOT NULL, path bytea,"
	 "dead bigint NOT NULL DEFAULT 0, created bigint NOT NULL,"
	 "seq bigint NOT NULL DEFAULT 0, indexed bigint NOT NULL DEFAULT 0,"
	 "PRIMARY KEY(owner,fid)) WITH (fillfactor=80);"
	"CREATE UNIQUE INDEX folder_key ON all_folder(owner,fkey)"
	 " WHERE dead=0;"
	"CREATE TABLE all_item(" OWNER
	 "id bigint NOT NULL, fid bigint NOT NULL, key bytea NOT NULL,"
	 "seq bigint NOT NULL, last_change bigint NOT NULL,"
	 "deleted bigint NOT NULL, size bigint NOT NULL,"
	 "PRIMARY KEY(owner,id));"
	"CREATE UNIQUE INDEX item_key ON all_item(owner,fid,key);"
	"CREATE INDEX item_seq ON all_item(owner,fid,seq);"
	"CREATE INDEX item_tomb ON all_item(owner,last_change)"
	 " WHERE deleted=1;"
	"CREATE TABLE all_item_value(" OWNER
	 "id bigint NOT NULL, value bytea NOT NULL, PRIMARY KEY(owner,id));"
	"CREATE TABLE all_item_index(" OWNER
	 "fid bigint NOT NULL, id bigint NOT NULL, first bigint NOT NULL,"
	 "last bigint NOT NULL, marks bigint NOT NULL, sort bytea NOT NULL,"
	 "words bytea NOT NULL, PRIMARY KEY(owner,fid,id));"
	"CREATE INDEX item_index_time ON all_item_index(owner,fid,last,first);"
	"CREATE TABLE all_idspace(" OWNER
	 "idspace bigint NOT NULL, fid bigint NOT NULL,"
	 "uidvalidity bigint NOT NULL, block bigint NOT NULL,"
	 "PRIMARY KEY(owner,idspace));"
	"CREATE UNIQUE INDEX idspace_key"
	 " ON all_idspace(owner,fid,uidvalidity,block);"
	"CREATE TABLE all_alias(" OWNER
	 "ospace bigint NOT NULL, ouid bigint NOT NULL,"
	 "cspace bigint NOT NULL, cuid bigint NOT NULL,"
	 "PRIMARY KEY(owner,ospace,ouid));"
	"CREATE UNIQUE INDEX alias_current ON all_alias(owner,cspace,cuid);"
	"CREATE TABLE all_change(" OWNER
	 "oid bigint NOT NULL, fid bigint NOT NULL, cn bigint NOT NULL,"
	 "read_cn bigint NOT NULL, last_cn bigint NOT NULL,"
	 "change_key bytea, pcl bytea, PRIMARY KEY(owner,oid));"
	"CREATE INDEX change_cn ON all_change(owner,fid,last_cn);"
	"CREATE TABLE all_extra(" OWNER
	 "fid bigint NOT NULL, uidvalidity bigint NOT NULL,"
	 "uid bigint NOT NULL, name bytea NOT NULL, mail_guid bytea,"
	 "data bytea NOT NULL, PRIMARY KEY(owner,fid,uidvalidity,uid,name));"
	"CREATE TABLE all_sync(" OWNER
	 "generation bigint NOT NULL, device bytea NOT NULL,"
	 "collection bytea NOT NULL, key bytea NOT NULL,"
	 "changed bigint NOT NULL, data bytea NOT NULL,"
	 "PRIMARY KEY(owner,generation));"
	"CREATE UNIQUE INDEX sync_key"
	 " ON all_sync(owner,device,collection,key);"
	"CREATE TABLE all_state(" OWNER
	 "device bytea NOT NULL, kind bytea NOT NULL, name bytea NOT NULL,"
	 "changed bigint NOT NULL, expires bigint NOT NULL,"
	 "data bytea NOT NULL, PRIMARY KEY(owner,device,kind,name));"
	VIEW("info") VIEW("folder") VIEW("item") VIEW("item_value")
	VIEW("item_index") VIEW("idspace") VIEW("alias") VIEW("change")
	VIEW("extra") VIEW("sync") VIEW("state")
	/* For the operator: a user who is gone. How many owners it were. */
	"CREATE FUNCTION forget_owner(username text) RETURNS integer"
	" LANGUAGE plpgsql AS $$"
	" DECLARE o bigint; t text; n integer := 0;"
	" BEGIN"
	"  FOR o IN SELECT owner FROM dovetail.all_owner WHERE"
	"   position(convert_to(username||':','UTF8') IN name)=1 LOOP"
	"   FOREACH t IN ARRAY ARRAY['info','folder','item','item_value',"
	"    'item_index','idspace','alias','change','extra','sync','state'] LOOP"
	"    EXECUTE format('DELETE FROM dovetail.all_%I WHERE owner=$1',t)"
	"     USING o;"
	"   END LOOP;"
	"   DELETE FROM dovetail.all_owner WHERE owner=o;"
	"   n := n+1;"
	"  END LOOP;"
	"  RETURN n;"
	" END $$;",
	/* 2: what MAPI needs, as in SQLite's version 3 */
	"CREATE TABLE all_given(" OWNER
	 "scope bigint NOT NULL, replid bigint NOT NULL,"
	 "counter bigint NOT NULL, okey bigint NOT NULL,"
	 "fid bigint NOT NULL, PRIMARY KEY(owner,scope,replid,counter));"
	"CREATE UNIQUE INDEX given_key ON all_given(owner,okey);"
	"CREATE INDEX given_fid ON all_given(owner,fid);"
	"CREATE TABLE all_replid(" OWNER
	 "scope bigint NOT NULL, replid bigint NOT NULL,"
	 "guid bytea NOT NULL, PRIMARY KEY(owner,scope,replid));"
	"CREATE UNIQUE INDEX replid_guid ON all_replid(owner,scope,guid);"
	"CREATE TABLE all_name(" OWNER
	 "id bigint NOT NULL, name bytea NOT NULL, PRIMARY KEY(owner,id));"
	"CREATE UNIQUE INDEX name_name ON all_name(owner,name);"
	VIEW("given") VIEW("replid") VIEW("name")
	"CREATE OR REPLACE FUNCTION forget_owner(username text) RETURNS integer"
	" LANGUAGE plpgsql AS $$"
	" DECLARE o bigint; t text; n integer := 0;"
	" BEGIN"
	"  FOR o IN SELECT owner FROM dovetail.all_owner WHERE"
	"   position(convert_to(username||':','UTF8') IN name)=1 LOOP"
	"   FOREACH t IN ARRAY ARRAY['info','folder','item','item_value',"
	"    'item_index','idspace','alias','change','extra','sync','state',"
	"    'given','replid','name'] LOOP"
	"    EXECUTE format('DELETE FROM dovetail.all_%I WHERE owner=$1',t)"
	"     USING o;"
	"   END LOOP;"
	"   DELETE FROM dovetail.all_owner WHERE owner=o;"
	"   n := n+1;"
	"  END LOOP;"
	"  RETURN n;"
	" END $$;",
};

/* One at a time makes or lifts it. Any number that others do not use. */
#define META_PGSQL_LOCK "7236541908"

/*
 * Session and version
 */

/* Before pipeline mode: several statements in one go. 0 and the first column of
   the last one, -1 */
static int meta_pgsql_simple(struct meta_db *db, struct meta_pgsql_conn *conn,
			     const char *sql, const char **value_r)
{
	PGresult *result = PQexec(conn->pg, sql);
	int ret = 0;

	*value_r = NULL;
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
		if (PQntuples(result) > 0)
			*value_r = t_strdup(PQgetvalue(result, 0, 0));
		break;
	case PGRES_COMMAND_OK:
		break;
	default:
		ret = meta_db_set_error(db,
			meta_pgsql_broken(conn) ? META_ERROR_BUSY :
			META_ERROR_INTERNAL, "PostgreSQL: %s",
			t_strarray_join(t_strsplit_spaces(
				PQresultErrorMessage(result), "\n"), "; "));
		break;
	}
	PQclear(result);
	return ret;
}

static int meta_pgsql_settings(struct meta_db *db, struct meta_pgsql_conn *conn)
{
	const char *value;

	return meta_pgsql_simple(db, conn, t_strdup_printf(
		"SET search_path TO dovetail;SET client_min_messages TO warning;"
		"SET statement_timeout TO '%us';SET lock_timeout TO '%ums';"
		"SET idle_in_transaction_session_timeout TO '%us';"
		/* every statement of ours has its index: plans made while the
		   tables were small stay good */
		"SET plan_cache_mode TO force_generic_plan;"
		"SET enable_seqscan TO off;%s", conn->timeout_secs,
		conn->lock_msecs, 2 * conn->timeout_secs,
		PQserverVersion(conn->pg) < 140000 ? "" : t_strdup_printf(
			"SET idle_session_timeout TO '%us';",
			META_PGSQL_IDLE_SECS)),
		&value);
}

/* 0: there is no schema of ours */
static int meta_pgsql_version(struct meta_db *db, struct meta_pgsql_conn *conn,
			      unsigned int *version_r)
{
	const char *value;

	/* not to_regclass(): it may know only what there was before we waited
	   for the lock */
	if (meta_pgsql_simple(db, conn, "SELECT count(*)>0 FROM pg_class c"
		" JOIN pg_namespace n ON n.oid=c.relnamespace"
		" WHERE n.nspname='dovetail' AND c.relname='version'",
		&value) < 0)
		return -1;
	*version_r = 0;
	if (value == NULL || *value != 't')
		return 0;
	if (meta_pgsql_simple(db, conn, "SELECT version FROM dovetail.version",
			      &value) < 0)
		return -1;
	if (value == NULL || str_to_uint(value, version_r) < 0) {
		return meta_db_set_error(db, META_ERROR_CORRUPT,
			"PostgreSQL: table dovetail.version is empty");
	}
	return 0;
}

static int meta_pgsql_lift(struct meta_db *db, struct meta_pgsql_conn *conn)
{
	unsigned int version;
	const char *value;

	/* another process may have done it before we had the lock */
	if (meta_pgsql_simple(db, conn, "BEGIN;SET LOCAL lock_timeout TO 0;"
		"SELECT pg_advisory_xact_lock(" META_PGSQL_LOCK ")",
		&value) < 0 || meta_pgsql_version(db, conn, &version) < 0)
		return -1;
	if (version == 0 && meta_pgsql_simple(db, conn,
		"CREATE SCHEMA IF NOT EXISTS dovetail;"
		"CREATE TABLE dovetail.version(version integer NOT NULL);"
		"INSERT INTO dovetail.version VALUES(0)", &value) < 0)
		return -1;
	for (; version < N_ELEMENTS(meta_pgsql_schema); version++) {
		if (meta_pgsql_simple(db, conn, meta_pgsql_schema[version],
				      &value) < 0 ||
		    meta_pgsql_simple(db, conn, t_strdup_printf(
			"UPDATE dovetail.version SET version=%u", version + 1),
			&value) < 0)
			return -1;
	}
	return meta_pgsql_simple(db, conn, "COMMIT", &value);
}

int meta_pgsql_session(struct meta_db *db, struct meta_pgsql_conn *conn)
{
	unsigned int version;

	if (meta_pgsql_settings(db, conn) < 0 ||
	    meta_pgsql_version(db, conn, &version) < 0)
		return -1;
	if (version > N_ELEMENTS(meta_pgsql_schema)) {
		return meta_db_set_error(db, META_ERROR_CORRUPT,
			"PostgreSQL: schema version %u is newer than this "
			"program's %zu", version,
			N_ELEMENTS(meta_pgsql_schema));
	}
	/* a failure ends the connection, and so the transaction */
	return version == N_ELEMENTS(meta_pgsql_schema) ? 0 :
		meta_pgsql_lift(db, conn);
}

/*
 * Owners
 */

/* Where the rows are: another cluster, database or table (a restored dump) is
   another place, and the epoch is issued anew. */
#define PLACE "(SELECT system_identifier FROM pg_control_system())||'/'||" \
	"(SELECT oid FROM pg_database WHERE datname=current_database())||'/'||" \
	"'dovetail.all_owner'::regclass::oid"

static int meta_pgsql_owner_find(struct meta_db *db, const char *name,
				 int64_t *owner_r, bool *moved_r)
{
	const char *params[] = { name };
	PGresult *result;
	int ret;

	if (meta_pgsql_query(db, "SELECT owner,encode(epoch,'hex'),place<>"
			     PLACE " FROM all_owner WHERE name=decode($1,'hex')",
			     params, 1, &result) < 0)
		return -1;
	ret = PQntuples(result) > 0 ? 1 : 0;
	if (ret > 0) {
		buffer_t *epoch = t_buffer_create(GUID_128_SIZE);

		if (str_to_int64(PQgetvalue(result, 0, 0), owner_r) < 0 ||
		    hex_to_binary(PQgetvalue(result, 0, 1), epoch) < 0 ||
		    epoch->used != GUID_128_SIZE)
			ret = meta_db_set_error(db, META_ERROR_CORRUPT,
						"PostgreSQL: bad owner");
		else
			memcpy(db->epoch, epoch->data, GUID_128_SIZE);
		*moved_r = *PQgetvalue(result, 0, 2) == 't';
	}
	PQclear(result);
	return ret;
}

static int meta_pgsql_owner_issue(struct meta_db *db, const char *name)
{
	const char *params[2] = { name };
	guid_128_t epoch;
	PGresult *result;

	random_fill(epoch, GUID_128_SIZE);
	params[1] = binary_to_hex(epoch, GUID_128_SIZE);
	/* two at once: the first one's stays */
	if (meta_pgsql_query(db, "INSERT INTO all_owner AS o(name,epoch,place)"
		" VALUES(decode($1,'hex'),decode($2,'hex')," PLACE ")"
		" ON CONFLICT(name) DO UPDATE SET epoch=excluded.epoch,"
		" place=excluded.place WHERE o.place<>excluded.place",
		params, 2, &result) < 0)
		return -1;
	PQclear(result);
	return 0;
}

int meta_pgsql_owner(struct meta_db *db, bool create, int64_t *owner_r)
{
	const char *name = binary_to_hex(
		(const unsigned char *)db->owner, strlen(db->owner));
	bool moved;
	int ret = meta_pgsql_owner_find(db, name, owner_r, &moved);

	if (ret < 0 || (ret == 0 && !create) || (ret > 0 && !moved))
		return ret;
	if (meta_pgsql_owner_issue(db, name) < 0)
		return -1;
	ret = meta_pgsql_owner_find(db, name, owner_r, &moved);
	return ret != 0 ? ret : meta_db_set_error(db, META_ERROR_INTERNAL,
		"PostgreSQL: the owner was removed meanwhile");
}
