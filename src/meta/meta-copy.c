/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A whole database into an empty one of another back end: for whoever moves to
   PostgreSQL or back, and for copies of what is in PostgreSQL. All numbers stay.
   The index is derived: it is made anew when it is asked. */

#include "lib.h"
#include "meta-private.h"

#include <unistd.h>

/* Values read at once; each may be large. */
#define META_COPY_VALUES 100

/* Columns by name, the same in both back ends; a letter each: i number, t text or
   blob */
#define META_TABLE(name, columns, values, types) { \
	"SELECT " columns " FROM " name, \
	"INSERT INTO " name "(" columns ") VALUES(" values ")", types }

static const struct meta_table {
	const char *select, *insert, *types;
} meta_tables[] = {
	META_TABLE("info", "name,value", "?1,?2", "ti"),
	META_TABLE("folder", "fid,fkey,path,dead,created,seq",
		   "?1,?2,?3,?4,?5,?6", "ittiii"),
	META_TABLE("item", "id,fid,key,seq,last_change,deleted,size",
		   "?1,?2,?3,?4,?5,?6,?7", "iitiiii"),
	META_TABLE("idspace", "idspace,fid,uidvalidity,block",
		   "?1,?2,?3,?4", "iiii"),
	META_TABLE("alias", "ospace,ouid,cspace,cuid", "?1,?2,?3,?4", "iiii"),
	META_TABLE("change", "oid,fid,cn,read_cn,last_cn,change_key,pcl",
		   "?1,?2,?3,?4,?5,?6,?7", "iiiiibb"),
	META_TABLE("given", "scope,replid,counter,okey,fid",
		   "?1,?2,?3,?4,?5", "iiiii"),
	META_TABLE("replid", "scope,replid,guid", "?1,?2,?3", "iib"),
	META_TABLE("name", "id,name", "?1,?2", "it"),
	META_TABLE("extra", "fid,uidvalidity,uid,name,mail_guid,data",
		   "?1,?2,?3,?4,?5,?6", "iiittb"),
	META_TABLE("sync", "generation,device,collection,key,changed,data",
		   "?1,?2,?3,?4,?5,?6", "itttib"),
	META_TABLE("state", "device,kind,name,changed,expires,data",
		   "?1,?2,?3,?4,?5,?6", "tttiib"),
};

struct meta_copy {
	struct meta_db *src;
	bool same_replica;
};

/* The error of the source, for the caller who asks the destination */
static int meta_copy_failed(struct meta_db *dest, struct meta_db *src)
{
	const char *text;
	enum meta_error code = meta_db_error(src, &text);

	return meta_db_set_error(dest, code, "copying from %s", text);
}

static int meta_copy_row(struct meta_db *dest, const char *insert,
			 const char *types, struct meta_db *src,
			 struct meta_stmt *row)
{
	const struct meta_driver *drv = dest->driver;
	struct meta_stmt *stmt = meta_sql(dest, insert, "");
	const void *data;
	size_t size;
	int i, ret;

	if (stmt == NULL)
		return -1;
	for (i = 0; types[i] != '\0'; i++) {
		if (types[i] == 'i') {
			drv->bind_int(stmt, i + 1,
				      src->driver->column_int(row, i));
			continue;
		}
		data = src->driver->column_data(row, i, &size);
		if (types[i] == 't')
			drv->bind_text(stmt, i + 1, data, size);
		else
			drv->bind_blob(stmt, i + 1, data, size);
	}
	ret = drv->run(stmt);
	meta_done(dest, stmt);
	return ret;
}

/* rows_r: how many there were; last_r: the first column of the last one */
static int meta_copy_rows(struct meta_db *dest, struct meta_db *src,
			  struct meta_stmt *stmt, const char *insert,
			  const char *types, unsigned int *rows_r,
			  int64_t *last_r)
{
	int ret;

	*rows_r = 0;
	if (stmt == NULL)
		return meta_copy_failed(dest, src);
	while ((ret = meta_step(src, stmt)) > 0) {
		if (meta_copy_row(dest, insert, types, src, stmt) < 0)
			break;
		if (last_r != NULL)
			*last_r = src->driver->column_int(stmt, 0);
		*rows_r += 1;
	}
	meta_done(src, stmt);
	/* 1: writing failed, and has said why */
	return ret == 0 ? 0 : ret < 0 ? meta_copy_failed(dest, src) : -1;
}

static int meta_copy_values(struct meta_db *dest, struct meta_db *src)
{
	unsigned int rows;
	int64_t last = 0;

	do {
		if (meta_copy_rows(dest, src, meta_sql(src,
			"SELECT id,value FROM item_value WHERE id>?1"
			" ORDER BY id LIMIT ?2", "iu", last, META_COPY_VALUES),
			"INSERT INTO item_value(id,value) VALUES(?1,?2)", "it",
			&rows, &last) < 0)
			return -1;
	} while (rows == META_COPY_VALUES);
	return 0;
}

static int meta_copy_apply(struct meta_apply *apply, const void *op)
{
	const struct meta_copy *copy = op;
	struct meta_db *db = apply->db;
	unsigned int i, rows;
	uint64_t found;
	int ret;

	/* making a file leaves counters of 0 in it */
	ret = meta_sql_int(db, &found,
			   "SELECT 1 FROM info WHERE value<>0 LIMIT 1", "");
	if (ret > 0) {
		return meta_db_set_error(db, META_ERROR_CONFLICT,
					 "it is not empty");
	}
	if (ret == 0)
		ret = meta_sql_run(db, "DELETE FROM info", "");
	for (i = 0; i < N_ELEMENTS(meta_tables) && ret == 0; i++) {
		ret = meta_copy_rows(db, copy->src,
			meta_sql(copy->src, meta_tables[i].select, ""),
			meta_tables[i].insert, meta_tables[i].types, &rows,
			NULL);
	}
	if (ret == 0)
		ret = meta_copy_values(db, copy->src);
	if (ret == 0 && copy->same_replica) {
		memcpy(db->epoch, copy->src->epoch, sizeof(db->epoch));
		ret = db->driver->set_epoch(db);
	}
	return ret;
}

int meta_db_copy(struct meta_db *src, struct meta_db *dest, bool same_replica)
{
	struct meta_copy copy = { .src = src, .same_replica = same_replica };

	return meta_db_immediate(dest, meta_copy_apply, &copy);
}

int meta_db_copy_to_file(struct meta_db *db, const char *dest)
{
	struct meta_location loc = { .dir = "", .file_mode = 0600,
				     .gid = (gid_t)-1 };
	struct meta_db *file;
	int ret;

	if (access(dest, F_OK) == 0) {
		return meta_db_set_error(db, META_ERROR_INTERNAL,
					 "%s exists already", dest);
	}
	file = meta_db_alloc(&loc, dest);
	file->driver = &meta_driver_sqlite;
	ret = file->driver->open(file, TRUE) <= 0 ? -1 :
		meta_db_copy(db, file, FALSE);
	if (ret < 0)
		(void)meta_copy_failed(db, file);
	meta_db_free(file);
	if (ret == 0 && meta_sqlite_unplace(dest) < 0) {
		ret = meta_db_set_error(db, META_ERROR_INTERNAL,
					"writing to %s failed", dest);
	}
	return ret;
}
