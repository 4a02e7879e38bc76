/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of names: each gets a number once, for all time. */

#include "lib.h"
#include "meta-private.h"

struct meta_names_op {
	const char *const *names;
	unsigned int count;
	uint16_t first, last;
	uint16_t *ids;
};

/* 1 all have one, 0 not all, -1 */
static int meta_names_find(struct meta_db *db, const struct meta_names_op *op)
{
	uint64_t id;
	int ret, all = 1;

	for (unsigned int i = 0; i < op->count; i++) {
		ret = meta_sql_int(db, &id, "SELECT id FROM name WHERE name=?1",
				   "s", op->names[i]);
		if (ret < 0)
			return -1;
		op->ids[i] = id;
		if (ret == 0)
			all = 0;
	}
	return all;
}

static int meta_names_apply(struct meta_apply *apply, const void *_op)
{
	const struct meta_names_op *op = _op;
	struct meta_db *db = apply->db;
	uint64_t last, id;

	if (meta_sql_int(db, &last, "SELECT max(id) FROM name", "") < 0)
		return -1;
	last = I_MAX(last + 1, op->first);
	for (unsigned int i = 0; i < op->count; i++) {
		/* others may have been here, and a name may stand twice */
		int ret = meta_sql_int(db, &id,
			"SELECT id FROM name WHERE name=?1", "s", op->names[i]);
		if (ret < 0)
			return -1;
		if (ret == 0) {
			if (last > op->last)
				continue;
			id = last++;
			if (meta_sql_run(db, "INSERT INTO name(id,name)"
					 " VALUES(?1,?2)", "is", (int64_t)id,
					 op->names[i]) < 0)
				return -1;
		}
		op->ids[i] = id;
	}
	return 0;
}

int meta_names_issue(struct meta_db *db, const char *const *names,
		     unsigned int count, uint16_t first, uint16_t last,
		     uint16_t *ids_r)
{
	struct meta_names_op op = { names, count, first, last, ids_r };
	int ret = meta_names_find(db, &op);

	if (ret != 0 || last == 0)
		return ret < 0 ? -1 : 0;
	if (meta_db_immediate(db, meta_names_apply, &op) < 0)
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		if (ids_r[i] == 0) {
			return meta_db_set_error(db, META_ERROR_NOSPACE,
						 "table of names is full");
		}
	}
	return 0;
}

int meta_names_list(struct meta_db *db, uint16_t above, pool_t pool,
		    ARRAY_TYPE(meta_name) *names_r)
{
	struct meta_name *name;
	struct meta_stmt *stmt;
	int ret;

	stmt = meta_sql(db, "SELECT id,name FROM name WHERE id>?1 ORDER BY id",
			"u", (uint32_t)above);
	if (stmt == NULL)
		return -1;
	while ((ret = meta_step(db, stmt)) > 0) {
		name = array_append_space(names_r);
		name->id = meta_column_u32(db, stmt, 0);
		name->name = meta_column_strdup(db, stmt, 1, pool);
	}
	meta_done(db, stmt);
	return ret;
}
