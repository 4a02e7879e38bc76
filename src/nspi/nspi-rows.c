/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* UpdateStat, QueryRows, SeekEntries, ResortRestriction, CompareMinIds (MS-OXNSPI
   3.1.4.1.4, .8, .9, .11, .12; MS-OXCMAPIHTTP 2.2.5.17, .12, .16, .15, .3). */

#include "nspi.h"
#include "dovetail-mapi-props.h"

/* SeekEntries chooses how many rows it gives with the position. */
#define SEEK_ROWS 50

/* --- rows ---------------------------------------------------------------------------------- */

void nspi_default_columns(ARRAY_TYPE(mapi_tag) *tags)
{
	static const mapi_tag_t defaults[] = {
		PidTagAddressBookContainerId,
		PidTagObjectType,
		PidTagDisplayType,
		MAPI_TAG_RETYPE(PidTagDisplayName, PTYP_STRING8),
		MAPI_TAG_RETYPE(PidTagPrimaryTelephoneNumber, PTYP_STRING8),
		MAPI_TAG_RETYPE(PidTagDepartmentName, PTYP_STRING8),
		MAPI_TAG_RETYPE(PidTagOfficeLocation, PTYP_STRING8),
	};

	array_append(tags, defaults, N_ELEMENTS(defaults));
}

static void out_row(struct nspi_call *call,
		    const ARRAY_TYPE(mapi_tag) *columns,
		    struct nspi_object *obj)
{
	unsigned int i, count;
	const mapi_tag_t *tags = array_get(columns, &count);
	struct mapi_prop *props = t_new(struct mapi_prop, count + 1);

	for (i = 0; i < count; i++)
		(void)nspi_prop_get(call, obj, tags[i], &props[i]);
	mapi_out_row(call->out, MAPI_FORM_NSPI, tags, props, count);
}

/* A row's values are forgotten when it is written. */
static void out_row_of(struct nspi_call *call,
		       const ARRAY_TYPE(mapi_tag) *columns, unsigned int n,
		       nspi_row_t *row, void *context, pool_t row_pool)
{
	pool_t pool = call->pool;
	struct nspi_object obj;

	call->pool = row_pool;
	T_BEGIN {
		bool found = row(context, n, &obj);

		out_row(call, columns, found ? &obj : NULL);
	} T_END;
	call->pool = pool;
	p_clear(row_pool);
}

unsigned int nspi_out_rows(struct nspi_call *call,
			   const ARRAY_TYPE(mapi_tag) *columns,
			   unsigned int count, bool whole, nspi_row_t *row,
			   void *context)
{
	pool_t row_pool = pool_alloconly_create("nspi row", 4096);
	size_t count_at, used;
	unsigned int n;

	nspi_out_bool(call, TRUE);
	nspi_out_tags(call, columns);
	count_at = call->out->used;
	mapi_out_u32(call->out, count);
	for (n = 0; n < count; n++) {
		used = call->out->used;
		out_row_of(call, columns, n, row, context, row_pool);
		if (n > 0 && !whole &&
		    call->out->used - count_at > NSPI_MAX_ANSWER) {
			buffer_set_used_size(call->out, used);
			break;
		}
	}
	mapi_out_u32_at(call->out, count_at, n);
	pool_unref(&row_pool);
	return n;
}

bool nspi_row_of_mid(void *context, unsigned int n, struct nspi_object *obj_r)
{
	struct nspi_mid_rows *rows = context;

	return nspi_object_find(rows->call, rows->mids[n], obj_r) > 0;
}

/* context: struct nspi_object [] */
bool nspi_row_of_object(void *context, unsigned int n,
			struct nspi_object *obj_r)
{
	const struct nspi_object *objects = context;

	*obj_r = objects[n];
	return TRUE;
}

struct table_rows {
	struct nspi_table *table;
	unsigned int from;
};

static bool row_of_table(void *context, unsigned int n,
			 struct nspi_object *obj_r)
{
	struct table_rows *rows = context;

	nspi_table_row(rows->table, rows->from + n, obj_r);
	return TRUE;
}

/* --- UpdateStat ------------------------------------------------------------------------------ */

static uint32_t update_stat(struct nspi_call *call, struct nspi_stat *stat,
			    int32_t *moved_r)
{
	struct nspi_table table;
	unsigned int position;
	uint32_t error;

	*moved_r = 0;
	error = nspi_need_stat(call);
	if (error == ecNone)
		error = nspi_table_open(call, stat->container, stat->sort_type,
					&table);
	if (error == ecNone)
		error = nspi_table_position(&table, stat, &position, moved_r);
	if (error == ecNone)
		nspi_table_stat(&table, position, stat);
	return error;
}

bool nspi_op_update_stat(struct nspi_call *call)
{
	struct nspi_stat stat;
	uint32_t error;
	int32_t moved;
	bool wanted;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	wanted = mapi_in_u8(&call->in) != 0;
	if (!nspi_in_end(call))
		return FALSE;
	stat = call->stat;
	error = update_stat(call, &stat, &moved);
	nspi_out_error(call, error);
	nspi_out_stat(call, error == ecNone ? &stat : &call->stat);
	wanted = wanted && error == ecNone;
	nspi_out_bool(call, wanted);
	if (wanted)
		mapi_out_u32(call->out, (uint32_t)moved);
	return TRUE;
}

/* --- QueryRows --------------------------------------------------------------------------------- */

static void no_rows(struct nspi_call *call, uint32_t error)
{
	nspi_out_error(call, error);
	nspi_out_stat(call, &call->stat);
	nspi_out_bool(call, FALSE);
}

static uint32_t check_columns(ARRAY_TYPE(mapi_tag) *columns, bool given)
{
	if (!given)
		nspi_default_columns(columns);
	return array_count(columns) > NSPI_MAX_COLUMNS ? ecTableTooBig : ecNone;
}

/* Writes the answer. */
static void query_table(struct nspi_call *call,
			const ARRAY_TYPE(mapi_tag) *columns, uint32_t count)
{
	struct nspi_stat stat = call->stat;
	struct table_rows rows;
	struct nspi_table table;
	size_t stat_at, end;
	uint32_t error;
	int32_t moved;

	rows.table = &table;
	error = nspi_table_open(call, stat.container, stat.sort_type, &table);
	if (error == ecNone)
		error = nspi_table_position(&table, &stat, &rows.from, &moved);
	if (error != ecNone) {
		no_rows(call, error);
		return;
	}
	nspi_out_error(call, ecNone);
	/* Where it ends is known behind the rows. */
	stat_at = call->out->used;
	nspi_out_stat(call, &stat);
	count = nspi_out_rows(call, columns,
			      I_MIN(count, table.count - rows.from), FALSE,
			      row_of_table, &rows);
	nspi_table_stat(&table, rows.from + count, &stat);
	end = call->out->used;
	mapi_out_u32_at(call->out, stat_at + 9, stat.current);
	mapi_out_u32_at(call->out, stat_at + 13, (uint32_t)stat.delta);
	mapi_out_u32_at(call->out, stat_at + 17, stat.num_pos);
	mapi_out_u32_at(call->out, stat_at + 21, stat.total);
	i_assert(call->out->used == end);
}

static void query_explicit(struct nspi_call *call,
			   const ARRAY_TYPE(mapi_tag) *columns,
			   const ARRAY_TYPE(uint32_t) *mids, uint32_t count)
{
	struct nspi_mid_rows rows = {
		.call = call, .mids = array_front(mids)
	};

	nspi_out_error(call, ecNone);
	nspi_out_stat(call, &call->stat);
	(void)nspi_out_rows(call, columns, I_MIN(count, array_count(mids)),
			    FALSE, nspi_row_of_mid, &rows);
}

bool nspi_op_query_rows(struct nspi_call *call)
{
	ARRAY_TYPE(mapi_tag) columns;
	ARRAY_TYPE(uint32_t) mids;
	uint32_t count, error;
	bool given;

	call->flags = mapi_in_u32(&call->in);
	nspi_in_stat(call);
	p_array_init(&mids, call->pool, 16);
	if (nspi_in_mids(call, &mids) < 0)
		return FALSE;
	count = mapi_in_u32(&call->in);
	if (nspi_in_columns(call, &columns, &given) < 0 || !nspi_in_end(call))
		return FALSE;
	error = nspi_need_stat(call);
	if (error == ecNone)
		error = check_columns(&columns, given);
	/* Nothing asked is no question. */
	if (error == ecNone && count == 0)
		error = ecInvalidParam;
	if (error != ecNone)
		no_rows(call, error);
	else if (array_count(&mids) > 0)
		query_explicit(call, &columns, &mids, count);
	else
		query_table(call, &columns, count);
	return TRUE;
}

/* --- SeekEntries ---------------------------------------------------------------------------------- */

struct seek {
	struct mapi_prop target;
	ARRAY_TYPE(mapi_tag) columns;
	ARRAY_TYPE(uint32_t) mids;
	bool has_target, has_columns;
};

static const char *
target_name(struct nspi_call *call, const struct mapi_prop *target)
{
	return MAPI_TAG_TYPE(target->tag) == PTYP_STRING ? target->v.s :
		nspi_codepage_to_utf8(call->codepage, target->v.s, call->pool);
}

static uint32_t seek_check(struct nspi_call *call, const struct seek *seek)
{
	uint32_t error = nspi_need_stat(call);
	uint16_t type = MAPI_TAG_TYPE(seek->target.tag);

	if (error != ecNone)
		return error;
	if (!seek->has_target)
		return ecInvalidParam;
	if (call->stat.sort_type != NSPI_SORT_DISPLAY_NAME ||
	    MAPI_TAG_ID(seek->target.tag) != MAPI_TAG_ID(PidTagDisplayName) ||
	    (type != PTYP_STRING && type != PTYP_STRING8))
		return ecError;
	return array_count(&seek->columns) > NSPI_MAX_COLUMNS ?
		ecTableTooBig : ecNone;
}

/* The first MId of an explicit table whose name is not before the one sought. */
static bool seek_mids(struct nspi_call *call, const struct seek *seek,
		      const char *name, struct nspi_stat *stat)
{
	unsigned int i, count;
	const uint32_t *mids = array_get(&seek->mids, &count);
	const char *key = directory_fold(name);
	struct nspi_object obj;

	stat->total = count;
	for (i = 0; i < count; i++) {
		if (nspi_object_find(call, mids[i], &obj) > 0 &&
		    obj.key != NULL && strcmp(obj.key, key) >= 0) {
			stat->current = mids[i];
			stat->num_pos = i;
			return TRUE;
		}
	}
	return FALSE;
}

static uint32_t seek_find(struct nspi_call *call, const struct seek *seek,
			  struct nspi_table *table, struct nspi_stat *stat)
{
	const char *name;
	unsigned int position;
	uint32_t error = seek_check(call, seek);
	int32_t delta = stat->delta;

	if (error == ecNone)
		error = nspi_table_open(call, stat->container, stat->sort_type,
					table);
	if (error != ecNone)
		return error;
	name = target_name(call, &seek->target);
	if (array_count(&seek->mids) > 0)
		return seek_mids(call, seek, name, stat) ? ecNone : ecNotFound;
	position = nspi_table_seek(table, name);
	if (position == table->count)
		return ecNotFound;
	nspi_table_stat(table, position, stat);
	stat->delta = delta;
	return ecNone;
}

static void seek_rows(struct nspi_call *call, const struct seek *seek,
		      struct nspi_table *table, const struct nspi_stat *stat)
{
	struct table_rows rows = { .table = table, .from = stat->num_pos };
	struct nspi_mid_rows mid_rows = { .call = call };
	unsigned int count;
	const uint32_t *mids = array_get(&seek->mids, &count);

	if (!seek->has_columns) {
		nspi_out_bool(call, FALSE);
		return;
	}
	call->flags = NSPI_EPHEMERAL_ID;
	if (count > 0) {
		mid_rows.mids = mids + stat->num_pos;
		(void)nspi_out_rows(call, &seek->columns,
				    count - stat->num_pos, FALSE,
				    nspi_row_of_mid, &mid_rows);
	} else {
		(void)nspi_out_rows(call, &seek->columns,
				    I_MIN(SEEK_ROWS,
					  table->count - rows.from), FALSE,
				    row_of_table, &rows);
	}
}

static bool seek_read(struct nspi_call *call, struct seek *seek_r)
{
	i_zero(seek_r);
	p_array_init(&seek_r->mids, call->pool, 16);
	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	seek_r->has_target = mapi_in_u8(&call->in) != 0;
	if (seek_r->has_target &&
	    mapi_in_prop(&call->in, &seek_r->target) < 0)
		return FALSE;
	if (mapi_in_u8(&call->in) != 0 && nspi_in_mids(call, &seek_r->mids) < 0)
		return FALSE;
	return nspi_in_columns(call, &seek_r->columns,
			       &seek_r->has_columns) == 0 && nspi_in_end(call);
}

bool nspi_op_seek_entries(struct nspi_call *call)
{
	struct nspi_stat stat;
	struct nspi_table table;
	struct seek seek;
	uint32_t error;

	if (!seek_read(call, &seek))
		return FALSE;
	stat = call->stat;
	error = seek_find(call, &seek, &table, &stat);
	if (error != ecNone) {
		no_rows(call, error);
		return TRUE;
	}
	nspi_out_error(call, ecNone);
	nspi_out_stat(call, &stat);
	seek_rows(call, &seek, &table, &stat);
	return TRUE;
}

/* --- ResortRestriction -------------------------------------------------------------------------------- */

static int phonetic_cmp(const struct nspi_object *a,
			const struct nspi_object *b)
{
	const char *key_a = a->card == NULL ? a->key : a->card->phonetic_key;
	const char *key_b = b->card == NULL ? b->key : b->card->phonetic_key;
	int ret = strcmp(key_a, key_b);

	if (ret != 0 || a->mid == b->mid)
		return ret;
	return a->mid < b->mid ? -1 : 1;
}

/* MIds that are nobody's are left out. */
static void resort(struct nspi_call *call, ARRAY_TYPE(uint32_t) *mids)
{
	ARRAY_TYPE(nspi_object) objects;
	struct nspi_object obj, *o;
	uint32_t mid;

	p_array_init(&objects, call->pool, array_count(mids) + 1);
	array_foreach_elem(mids, mid) {
		if (nspi_object_find(call, mid, &obj) > 0 && obj.key != NULL)
			array_push_back(&objects, &obj);
	}
	if (call->stat.sort_type == NSPI_SORT_PHONETIC)
		array_sort(&objects, phonetic_cmp);
	else
		nspi_objects_sort(&objects);
	array_clear(mids);
	array_foreach_modifiable(&objects, o)
		array_push_back(mids, &o->mid);
}

static void resort_stat(const ARRAY_TYPE(uint32_t) *mids,
			struct nspi_stat *stat)
{
	unsigned int i, count;
	const uint32_t *all = array_get(mids, &count);

	stat->total = count;
	for (i = 0; i < count && all[i] != stat->current; i++) ;
	if (i < count)
		stat->num_pos = i;
	else {
		stat->current = NSPI_MID_BEGINNING;
		stat->num_pos = 0;
	}
}

bool nspi_op_resort_restriction(struct nspi_call *call)
{
	struct nspi_stat stat;
	ARRAY_TYPE(uint32_t) mids;
	uint32_t error;

	p_array_init(&mids, call->pool, 16);
	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	if (mapi_in_u8(&call->in) != 0 && nspi_in_mids(call, &mids) < 0)
		return FALSE;
	if (!nspi_in_end(call))
		return FALSE;
	error = nspi_need_stat(call);
	if (error == ecNone &&
	    call->stat.sort_type != NSPI_SORT_DISPLAY_NAME &&
	    call->stat.sort_type != NSPI_SORT_PHONETIC)
		error = ecError;
	stat = call->stat;
	if (error == ecNone) {
		resort(call, &mids);
		resort_stat(&mids, &stat);
	}
	nspi_out_error(call, error);
	nspi_out_stat(call, &stat);
	nspi_out_mids(call, error == ecNone ? &mids : NULL);
	return TRUE;
}

/* --- CompareMinIds ---------------------------------------------------------------------------------------- */

bool nspi_op_compare_mids(struct nspi_call *call)
{
	unsigned int pos1 = 0, pos2 = 0;
	struct nspi_table table;
	uint32_t mid1, mid2, error;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	nspi_in_stat(call);
	mid1 = mapi_in_u32(&call->in);
	mid2 = mapi_in_u32(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	error = nspi_need_stat(call);
	if (error == ecNone)
		error = nspi_table_open(call, call->stat.container,
					call->stat.sort_type, &table);
	if (error == ecNone && (!nspi_table_find(&table, mid1, &pos1) ||
				!nspi_table_find(&table, mid2, &pos2)))
		error = ecError;
	nspi_out_error(call, error);
	mapi_out_u32(call->out, error != ecNone || pos1 == pos2 ? 0 :
		     pos1 < pos2 ? (uint32_t)-1 : 1);
	return TRUE;
}
