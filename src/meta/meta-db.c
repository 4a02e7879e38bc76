/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Handles: the process's open databases by path, errors, statement helpers,
   transactions, counters, housekeeping. */

#include "lib.h"
#include "meta-private.h"

#include <dlfcn.h>
#include <unistd.h>

/* Open databases of this process. Handles that a parent opened stay in the
   list unused: closing them would touch the parent's locks. */
static struct meta_db *meta_dbs;

int meta_db_set_error(struct meta_db *db, enum meta_error code,
		      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	db->error_code = code;
	str_truncate(db->error, 0);
	str_printfa(db->error, "%s: ", db->path);
	str_vprintfa(db->error, fmt, args);
	va_end(args);
	return -1;
}

enum meta_error meta_db_error(struct meta_db *db, const char **error_r)
{
	*error_r = str_c(db->error);
	return db->error_code;
}

const char *meta_db_path(struct meta_db *db)
{
	return db->path;
}

bool meta_db_is_readonly(struct meta_db *db)
{
	return db->readonly;
}

/*
 * Opening and closing
 */

static struct meta_db *meta_db_find(const char *path)
{
	struct meta_db *db;

	for (db = meta_dbs; db != NULL; db = db->next) {
		if (db->pid == getpid() && !db->stale &&
		    strcmp(db->path, path) == 0)
			return db;
	}
	return NULL;
}

void meta_db_free(struct meta_db *db)
{
	struct meta_db **pos;

	for (pos = &meta_dbs; *pos != NULL; pos = &(*pos)->next) {
		if (*pos == db) {
			*pos = db->next;
			break;
		}
	}
	db->driver->close(db);
	str_free(&db->error);
	i_free(db->path);
	i_free(db->conninfo);
	i_free(db->owner);
	i_free(db);
}

static const struct meta_driver *
meta_driver_find(const char *name, const char **error_r)
{
	static const char *const path = DOVETAIL_LIBDIR "/" META_PGSQL_LIBRARY;
	/* stays open with the process, as libpq must */
	static const struct meta_driver *pgsql;
	void *library;

	if (name == NULL || strcmp(name, meta_driver_sqlite.name) == 0)
		return &meta_driver_sqlite;
	if (strcmp(name, "pgsql") != 0) {
		*error_r = t_strdup_printf("dovetail_meta: there is no "
					   "back end \"%s\"", name);
		return NULL;
	}
	/* a program may have it in itself */
	if (pgsql == NULL)
		pgsql = dlsym(RTLD_DEFAULT, META_PGSQL_SYMBOL);
	if (pgsql != NULL)
		return pgsql;
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library != NULL)
		pgsql = dlsym(library, META_PGSQL_SYMBOL);
	if (pgsql == NULL)
		*error_r = t_strdup_printf("Cannot load %s: %s", path, dlerror());
	return pgsql;
}

struct meta_db *meta_db_alloc(const struct meta_location *loc, const char *path)
{
	struct meta_db *db = i_new(struct meta_db, 1);

	db->refcount = 1;
	db->pid = getpid();
	db->path = i_strdup(path);
	db->conninfo = i_strdup(loc->conninfo);
	db->owner = i_strdup(loc->owner);
	db->set = loc->set;
	db->file_mode = loc->file_mode != 0 ? loc->file_mode : 0600;
	db->gid = loc->gid;
	db->error = str_new(default_pool, 128);
	return db;
}

static const char *meta_location_path(const struct meta_location *loc)
{
	return loc->driver == NULL || strcmp(loc->driver, "pgsql") != 0 ?
		t_strconcat(loc->dir, "/" META_DB_NAME, NULL) :
		t_strconcat("pgsql:", loc->owner, NULL);
}

bool meta_location_equals(const struct meta_location *a,
			  const struct meta_location *b)
{
	return strcmp(meta_location_path(a), meta_location_path(b)) == 0;
}

void meta_location_dup(pool_t pool, const struct meta_location *src,
		       struct meta_location *dest_r)
{
	*dest_r = *src;
	dest_r->dir = p_strdup(pool, src->dir);
	dest_r->driver = p_strdup(pool, src->driver);
	dest_r->conninfo = p_strdup(pool, src->conninfo);
	dest_r->owner = p_strdup(pool, src->owner);
}

/* The site has moved to another back end, and this owner has not: nobody must be
   shown an empty account. */
static bool meta_db_is_left_behind(struct meta_db *db,
				   const struct meta_location *loc,
				   enum meta_open_flags flags)
{
	const char *file = t_strconcat(loc->dir, "/" META_DB_NAME, NULL);

	if (db->driver == &meta_driver_sqlite || loc->dir == NULL ||
	    (flags & META_OPEN_MIGRATING) != 0 || access(file, F_OK) < 0)
		return FALSE;
	(void)meta_db_set_error(db, META_ERROR_BUSY, "%s is not migrated yet: "
				"run doveadm dovetail migrate", file);
	return TRUE;
}

int meta_db_open(const struct meta_location *loc, enum meta_open_flags flags,
		 struct meta_db **db_r, enum meta_error *code_r,
		 const char **error_r)
{
	const struct meta_driver *driver =
		meta_driver_find(loc->driver, error_r);
	const char *path = meta_location_path(loc);
	struct meta_db *db = meta_db_find(path);
	int ret;

	*db_r = NULL;
	if (driver == NULL) {
		*code_r = META_ERROR_INTERNAL;
		return -1;
	}
	if (db != NULL && db->driver->is_current(db)) {
		db->refcount++;
		*db_r = db;
		return 1;
	}
	if (db != NULL) {
		/* replaced or removed under us */
		db->stale = TRUE;
		if (db->refcount == 0)
			meta_db_free(db);
	}

	db = meta_db_alloc(loc, path);
	db->driver = driver;
	if (meta_db_is_left_behind(db, loc, flags))
		ret = -1;
	else T_BEGIN {
		ret = db->driver->open(db, (flags & META_OPEN_CREATE) != 0);
	} T_END;
	if (ret <= 0) {
		*code_r = db->error_code;
		*error_r = t_strdup(str_c(db->error));
		*db_r = NULL;
		meta_db_free(db);
		return ret;
	}
	db->next = meta_dbs;
	meta_dbs = db;
	*db_r = db;
	return 1;
}

void meta_db_unref(struct meta_db **_db)
{
	struct meta_db *db = *_db;

	if (db == NULL)
		return;
	*_db = NULL;
	i_assert(db->refcount > 0);
	if (--db->refcount == 0 && db->stale && db->pid == getpid())
		meta_db_free(db);
}

void meta_db_close_unused(void)
{
	struct meta_db *db, *next;

	for (db = meta_dbs; db != NULL; db = next) {
		next = db->next;
		if (db->refcount == 0 && db->pid == getpid())
			meta_db_free(db);
	}
}

int meta_db_epoch(struct meta_db *db, guid_128_t epoch_r)
{
	memcpy(epoch_r, db->epoch, sizeof(db->epoch));
	return 0;
}

int meta_db_backup(struct meta_db *db, const char *dest)
{
	return db->driver->backup(db, dest);
}

/*
 * Statements
 */

static void meta_bind(struct meta_db *db, struct meta_stmt *stmt,
		      const char *types, va_list args)
{
	const struct meta_driver *drv = db->driver;
	const void *data;
	int pos;

	for (pos = 1; *types != '\0'; pos++, types++) switch (*types) {
	case 'i':
		drv->bind_int(stmt, pos, va_arg(args, int64_t));
		break;
	case 'u':
		drv->bind_int(stmt, pos, va_arg(args, uint32_t));
		break;
	case 's':
		data = va_arg(args, const char *);
		drv->bind_text(stmt, pos, data,
			       data == NULL ? 0 : strlen(data));
		break;
	case 't':
		data = va_arg(args, const char *);
		drv->bind_text(stmt, pos, data, va_arg(args, size_t));
		break;
	case 'g':
		data = va_arg(args, const void *);
		drv->bind_blob(stmt, pos, data, GUID_128_SIZE);
		break;
	case 'b':
		data = va_arg(args, const void *);
		drv->bind_blob(stmt, pos, data, va_arg(args, size_t));
		break;
	default:
		i_unreached();
	}
}

static struct meta_stmt *
meta_vsql(struct meta_db *db, const char *sql, const char *types, va_list args)
{
	struct meta_stmt *stmt = db->driver->prepare(db, sql);

	if (stmt != NULL)
		meta_bind(db, stmt, types, args);
	return stmt;
}

struct meta_stmt *meta_sql(struct meta_db *db, const char *sql,
			   const char *types, ...)
{
	struct meta_stmt *stmt;
	va_list args;

	va_start(args, types);
	stmt = meta_vsql(db, sql, types, args);
	va_end(args);
	return stmt;
}

int meta_step(struct meta_db *db, struct meta_stmt *stmt)
{
	return db->driver->step(stmt);
}

void meta_done(struct meta_db *db, struct meta_stmt *stmt)
{
	db->driver->reset(stmt);
}

int meta_sql_run(struct meta_db *db, const char *sql, const char *types, ...)
{
	struct meta_stmt *stmt;
	va_list args;
	int ret;

	va_start(args, types);
	stmt = meta_vsql(db, sql, types, args);
	va_end(args);
	if (stmt == NULL)
		return -1;
	ret = db->driver->run(stmt);
	meta_done(db, stmt);
	return ret;
}

int meta_sql_int(struct meta_db *db, uint64_t *value_r, const char *sql,
		 const char *types, ...)
{
	struct meta_stmt *stmt;
	va_list args;
	int ret;

	*value_r = 0;
	va_start(args, types);
	stmt = meta_vsql(db, sql, types, args);
	va_end(args);
	if (stmt == NULL)
		return -1;
	if ((ret = meta_step(db, stmt)) > 0)
		*value_r = meta_column_u64(db, stmt, 0);
	meta_done(db, stmt);
	return ret;
}

const char *meta_column_strdup(struct meta_db *db, struct meta_stmt *stmt,
			       int col, pool_t pool)
{
	size_t size;
	const char *data = db->driver->column_data(stmt, col, &size);

	return data == NULL ? NULL : p_strndup(pool, data, size);
}

const void *meta_column_dup(struct meta_db *db, struct meta_stmt *stmt,
			    int col, pool_t pool, size_t *size_r)
{
	const void *data = db->driver->column_data(stmt, col, size_r);

	if (data == NULL)
		return NULL;
	return *size_r == 0 ? "" : p_memdup(pool, data, *size_r);
}

/*
 * Transactions
 */

struct meta_txn *meta_txn_begin(struct meta_db *db)
{
	pool_t pool = pool_alloconly_create("meta transaction", 1024);
	struct meta_txn *txn = p_new(pool, struct meta_txn, 1);

	txn->db = db;
	txn->pool = pool;
	db->refcount++;
	p_array_init(&txn->ops, pool, 8);
	return txn;
}

void *meta_txn_op(struct meta_txn *txn, meta_op_func_t *func, size_t size)
{
	struct meta_op *op = array_append_space(&txn->ops);
	void *data = p_malloc(txn->pool, size);

	op->func = func;
	op->op = data;
	return data;
}

void meta_txn_rollback(struct meta_txn **_txn)
{
	struct meta_txn *txn = *_txn;
	struct meta_db *db;

	if (txn == NULL)
		return;
	*_txn = NULL;
	db = txn->db;
	pool_unref(&txn->pool);
	meta_db_unref(&db);
}

/* Our own limit: growth beyond it is refused, shrinking never. */
static int meta_apply_limits(struct meta_apply *apply)
{
	struct meta_db *db = apply->db;
	uint64_t items, bytes;

	if (apply->item_delta == 0 && apply->byte_delta == 0)
		return 0;
	if (meta_counter_add(db, "items", (uint64_t)apply->item_delta,
			     &items) < 0 ||
	    meta_counter_add(db, "item_bytes", (uint64_t)apply->byte_delta,
			     &bytes) < 0)
		return -1;
	if ((apply->item_delta > 0 && db->set.max_items > 0 &&
	     items > db->set.max_items) ||
	    (apply->byte_delta > 0 && db->set.max_item_bytes > 0 &&
	     bytes > db->set.max_item_bytes)) {
		return meta_db_set_error(db, META_ERROR_NOSPACE,
			"limit on items reached "
			"(%"PRIu64" items, %"PRIu64" bytes)", items, bytes);
	}
	return 0;
}

static int meta_pending_write(struct meta_db *db);
static void meta_pending_free(struct meta_db *db);

static int
meta_db_apply(struct meta_db *db, const struct meta_op *ops, unsigned int count)
{
	struct meta_apply apply;
	unsigned int i;
	int ret = 0;

	i_assert(!db->in_txn);
	if (db->driver->begin(db) < 0)
		return -1;
	db->in_txn = TRUE;
	i_zero(&apply);
	apply.db = db;
	apply.now = time(NULL);
	for (i = 0; i < count && ret == 0; i++) T_BEGIN {
		ret = ops[i].func(&apply, ops[i].op);
	} T_END;
	if (ret == 0)
		ret = meta_apply_limits(&apply);
	if (ret == 0)
		ret = meta_pending_write(db);
	if (ret == 0)
		ret = db->driver->commit(db);
	if (ret < 0)
		db->driver->rollback(db);
	db->in_txn = FALSE;
	meta_pending_free(db);
	return ret;
}

int meta_db_immediate(struct meta_db *db, meta_op_func_t *func, void *op)
{
	struct meta_op one = { .func = func, .op = op };

	return meta_db_apply(db, &one, 1);
}

int meta_txn_commit(struct meta_txn **_txn)
{
	struct meta_txn *txn = *_txn;
	int ret = 0;

	if (array_count(&txn->ops) > 0) {
		ret = meta_db_apply(txn->db, array_front(&txn->ops),
				    array_count(&txn->ops));
	}
	meta_txn_rollback(_txn);
	return ret;
}

int meta_apply_fid(struct meta_apply *apply, const guid_128_t guid,
		   bool create, uint32_t *fid_r)
{
	const char *fkey;
	int ret;

	if (apply->fid != 0 && guid_128_equals(apply->guid, guid)) {
		*fid_r = apply->fid;
		return 0;
	}
	fkey = meta_folder_guid_fkey(guid);
	if ((ret = meta_folder_fid(apply->db, fkey, fid_r)) < 0)
		return -1;
	if (ret == 0) {
		*fid_r = 0;
		if (!create)
			return 0;
		if (meta_folder_new(apply->db, fkey, NULL, apply->now,
				    fid_r) < 0)
			return -1;
	}
	guid_128_copy(apply->guid, guid);
	apply->fid = *fid_r;
	return 0;
}

/*
 * Counters
 */

/* All of them: they are few. */
static int meta_counters_load(struct meta_db *db)
{
	struct meta_counter_row *row;
	struct meta_stmt *stmt;
	int ret;

	if (array_is_created(&db->counters))
		return 0;
	stmt = meta_sql(db, "SELECT name,value FROM info", "");
	if (stmt == NULL)
		return -1;
	i_array_init(&db->counters, 16);
	while ((ret = meta_step(db, stmt)) > 0) {
		row = array_append_space(&db->counters);
		row->name = i_strdup(meta_column_strdup(db, stmt, 0,
					pool_datastack_create()));
		row->value = db->driver->column_int(stmt, 1);
	}
	meta_done(db, stmt);
	return ret;
}

static struct meta_counter_row *
meta_counter_find(struct meta_db *db, const char *name)
{
	struct meta_counter_row *row;

	array_foreach_modifiable(&db->counters, row) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	row = array_append_space(&db->counters);
	row->name = i_strdup(name);
	return row;
}

int meta_counter_add(struct meta_db *db, const char *name, uint64_t count,
		     uint64_t *last_r)
{
	struct meta_counter_row *row;

	i_assert(db->in_txn);
	if (meta_counters_load(db) < 0)
		return -1;
	row = meta_counter_find(db, name);
	row->value += (int64_t)count;
	row->dirty = TRUE;
	*last_r = (uint64_t)row->value;
	return 0;
}

int meta_counter_get(struct meta_db *db, const char *name, uint64_t *value_r)
{
	int ret;

	if (db->in_txn) {
		if (meta_counters_load(db) < 0)
			return -1;
		*value_r = (uint64_t)meta_counter_find(db, name)->value;
		return 0;
	}
	ret = meta_sql_int(db, value_r,
		"SELECT value FROM info WHERE name=?1", "s", name);

	return ret < 0 ? -1 : 0;
}

void meta_pending_folder_seq(struct meta_db *db, uint32_t fid, uint64_t seq)
{
	struct meta_folder_seq *row;

	if (!array_is_created(&db->folder_seqs))
		i_array_init(&db->folder_seqs, 8);
	array_foreach_modifiable(&db->folder_seqs, row) {
		if (row->fid == fid) {
			row->seq = I_MAX(row->seq, seq);
			return;
		}
	}
	row = array_append_space(&db->folder_seqs);
	row->fid = fid;
	row->seq = seq;
}

static int meta_pending_counter(struct meta_db *db,
				const struct meta_counter_row *row)
{
	if (!row->dirty)
		return 0;
	return meta_sql_run(db, "INSERT INTO info(name,value) VALUES(?1,?2)"
			    " ON CONFLICT(name) DO UPDATE SET value=?2", "si",
			    row->name, row->value);
}

static int meta_pending_write(struct meta_db *db)
{
	const struct meta_counter_row *counter;
	const struct meta_folder_seq *folder;
	int ret = 0;

	if (array_is_created(&db->counters)) {
		array_foreach(&db->counters, counter) {
			if (ret == 0)
				ret = meta_pending_counter(db, counter);
		}
	}
	if (!array_is_created(&db->folder_seqs))
		return ret;
	array_foreach(&db->folder_seqs, folder) {
		if (ret < 0)
			break;
		ret = meta_sql_run(db, "UPDATE folder SET seq=?2"
				   " WHERE fid=?1 AND seq<?2", "ui",
				   folder->fid, (int64_t)folder->seq);
	}
	return ret;
}

static void meta_pending_free(struct meta_db *db)
{
	struct meta_counter_row *counter;

	if (array_is_created(&db->counters)) {
		array_foreach_modifiable(&db->counters, counter)
			i_free(counter->name);
		array_free(&db->counters);
	}
	if (array_is_created(&db->folder_seqs))
		array_free(&db->folder_seqs);
}

/*
 * Housekeeping
 */

static int meta_db_purge_apply(struct meta_apply *apply, const void *op)
{
	const unsigned int *tombstone_secs = op;
	struct meta_db *db = apply->db;
	int64_t before = apply->now - *tombstone_secs;
	uint64_t purged, seq;

	/* `since` of a reader may lie below what we are about to drop */
	if (meta_counter_get(db, "purged", &purged) < 0 ||
	    meta_sql_int(db, &seq,
		"SELECT max(seq) FROM item WHERE deleted=1 AND last_change<?1",
		"i", before) < 0)
		return -1;
	if (seq > purged &&
	    meta_counter_add(db, "purged", seq - purged, &purged) < 0)
		return -1;
	if (meta_sql_run(db,
		"DELETE FROM item_index WHERE (fid,id) IN (SELECT fid,id"
		" FROM item WHERE deleted=1 AND last_change<?1)",
		"i", before) < 0 ||
	    meta_sql_run(db,
		"DELETE FROM item WHERE deleted=1 AND last_change<?1",
		"i", before) < 0)
		return -1;
	return meta_sql_run(db,
		"DELETE FROM state WHERE expires>0 AND expires<?1",
		"i", (int64_t)apply->now);
}

int meta_db_purge(struct meta_db *db, unsigned int tombstone_secs)
{
	return meta_db_immediate(db, meta_db_purge_apply, &tombstone_secs);
}
