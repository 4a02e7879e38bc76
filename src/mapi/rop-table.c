/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ROPs of all tables (MS-OXCTABL 2.2.2, 3.2.5; MS-OXCROPS 2.2.5). */

#include "mapi.h"
#include "mapi-table.h"

#define TABLE_COMPLETE 0x00
/* QueryRowsFlags */
#define QUERY_NO_ADVANCE 0x01
#define QUERY_PACKED 0x02
/* FindRowFlags */
#define FIND_BACKWARDS 0x01
/* Rows whose values are asked for in one go, before it is known how many fit */
#define ROWS_BATCH 64
/* A bookmark as the client has it: its number */
#define BOOKMARK_SIZE 4

enum origin {
	ORIGIN_BEGINNING = 0,
	ORIGIN_CURRENT = 1,
	ORIGIN_END = 2,
	ORIGIN_CUSTOM = 3,
};

struct table_args {
	uint8_t flags, origin;
	bool forward, want;
	uint16_t row_count;
	int32_t seek;
	uint32_t numerator, denominator;
	ARRAY_TYPE(mapi_tag) tags;
	struct mapi_sort_set sort;
	struct mapi_blob data, bookmark;
	bool broken;
	uint64_t id;
	uint32_t instance;
};

static struct mapi_table *rop_table(struct mapi_rop *rop)
{
	return (struct mapi_table *)rop->obj;
}

static bool table_can(struct mapi_rop *rop, enum mapi_table_can can)
{
	return (rop_table(rop)->source->can & can) != 0;
}

static void pool_renew(pool_t *pool)
{
	pool_unref(pool);
	*pool = pool_alloconly_create("table part", 512);
}

static void in_blob(struct mapi_rop *rop, struct mapi_blob *blob_r)
{
	blob_r->size = mapi_in_u16(rop->in);
	blob_r->data = mapi_in_bytes(rop->in, blob_r->size);
	if (blob_r->data == NULL)
		blob_r->size = 0;
}

/* --- columns ------------------------------------------------------------------------ */

static void parse_set_columns(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->flags = mapi_in_u8(rop->in);
	p_array_init(&args->tags, rop->pool, 32);
	(void)mapi_in_tags(rop->in, &args->tags);
}

/* What a column can be: a type that is one, and no error (MS-OXCTABL 3.2.5.2) */
static bool type_is_column(uint16_t type)
{
	switch (type & ~(PTYP_MULTIPLE | PTYP_INSTANCE)) {
	case PTYP_INTEGER16:
	case PTYP_INTEGER32:
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_CURRENCY:
	case PTYP_FLOATING_TIME:
	case PTYP_BOOLEAN:
	case PTYP_OBJECT:
	case PTYP_INTEGER64:
	case PTYP_STRING8:
	case PTYP_STRING:
	case PTYP_TIME:
	case PTYP_GUID:
	case PTYP_SERVER_ID:
	case PTYP_RESTRICTION:
	case PTYP_RULE_ACTION:
	case PTYP_BINARY:
		return TRUE;
	}
	return FALSE;
}

static uint32_t rop_set_columns(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	const mapi_tag_t *tag;

	/* if it fails there are none, until they are set again (3.2.5.2) */
	array_clear(&table->columns);
	if (array_count(&args->tags) == 0)
		return ecInvalidParam;
	array_foreach(&args->tags, tag) {
		if (!type_is_column(MAPI_TAG_TYPE(*tag)) ||
		    MAPI_TAG_ID(*tag) == 0)
			return ecInvalidParam;
	}
	array_append_array(&table->columns, &args->tags);
	mapi_out_u8(rop->out, TABLE_COMPLETE);
	return ecNone;
}

static uint32_t rop_query_columns(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	ARRAY_TYPE(mapi_tag) tags;
	const mapi_tag_t *tag;

	p_array_init(&tags, rop->pool, 64);
	table->source->columns(rop, table, &tags);
	mapi_out_u16(rop->out, array_count(&tags));
	array_foreach(&tags, tag)
		mapi_out_u32(rop->out, *tag);
	return ecNone;
}

/* --- order and restriction ----------------------------------------------------------- */

static void parse_sort(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->flags = mapi_in_u8(rop->in);
	(void)mapi_in_sort_set(rop->in, &args->sort);
}

static uint32_t sort_check(const struct mapi_sort_set *set)
{
	unsigned int instances = 0;

	if (set->categories > set->count || set->expanded > set->categories)
		return ecInvalidParam;
	for (unsigned int i = 0; i < set->count; i++) {
		if (set->sorts[i].order > MAPI_SORT_MAX_CATEGORY)
			return ecInvalidParam;
		if ((set->sorts[i].tag & PTYP_INSTANCE) != 0)
			instances++;
		else if ((set->sorts[i].tag & PTYP_MULTIPLE) != 0)
			return ecNotSupported;
	}
	/* rows for the values of one column at most */
	return instances > 1 ? ecTooComplex : ecNone;
}

static uint32_t rop_sort(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	struct mapi_sort *sorts;
	uint32_t error;

	if (!table_can(rop, MAPI_TABLE_CAN_SORT))
		return ecNotSupported;
	error = sort_check(&args->sort);
	if (error != ecNone)
		return error;
	if (args->sort.categories > 0 &&
	    !table_can(rop, MAPI_TABLE_CAN_CATEGORIES))
		return ecNotSupported;
	pool_renew(&table->sort_pool);
	sorts = p_new(table->sort_pool, struct mapi_sort,
		      I_MAX(args->sort.count, 1));
	if (args->sort.count > 0) {
		memcpy(sorts, args->sort.sorts,
		       args->sort.count * sizeof(*sorts));
	}
	table->sort = args->sort;
	table->sort.sorts = sorts;
	mapi_table_reset(table);
	mapi_out_u8(rop->out, TABLE_COMPLETE);
	return ecNone;
}

static void parse_restrict(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->flags = mapi_in_u8(rop->in);
	in_blob(rop, &args->data);
}

/* Parses what a table keeps. NULL in res_r: none */
int mapi_table_parse_restriction(pool_t pool, const struct mapi_blob *data,
				 const struct mapi_restriction **res_r)
{
	struct mapi_in in;

	*res_r = NULL;
	if (data->size == 0)
		return 0;
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data->data, data->size);
	return mapi_in_restriction(&in, res_r);
}

static void table_clear_restriction(struct mapi_table *table)
{
	table->restriction = NULL;
	i_zero(&table->restriction_data);
	pool_renew(&table->restriction_pool);
	mapi_table_reset(table);
}

static uint32_t rop_restrict(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;

	if (!table_can(rop, MAPI_TABLE_CAN_RESTRICT))
		return ecNotSupported;
	table_clear_restriction(table);
	if (args->data.size > 0) {
		table->restriction_data.data =
			p_memdup(table->restriction_pool, args->data.data,
				 args->data.size);
		table->restriction_data.size = args->data.size;
	}
	if (mapi_table_parse_restriction(table->restriction_pool,
					 &table->restriction_data,
					 &table->restriction) < 0) {
		table_clear_restriction(table);
		return ecTooComplex;
	}
	mapi_out_u8(rop->out, TABLE_COMPLETE);
	return ecNone;
}

/* Of contents tables alone (3.2.5.16) */
static uint32_t rop_reset(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);

	if (!table_can(rop, MAPI_TABLE_CAN_CATEGORIES))
		return ecNotSupported;
	/* columns, order and restriction too (MS-OXCTABL 3.2.5.16) */
	array_clear(&table->columns);
	i_zero(&table->sort);
	table_clear_restriction(table);
	return ecNone;
}

/* --- rows --------------------------------------------------------------------------------- */

static void parse_query_rows(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->flags = mapi_in_u8(rop->in);
	args->forward = mapi_in_bool(rop->in);
	args->row_count = mapi_in_u16(rop->in);
}

/* Long values are cut: strings (of UTF-16, with their end) and binaries at what a row
   takes (MS-OXCTABL 2.2.2.5.2) */
static void row_cut(struct mapi_prop *props, unsigned int count)
{
	struct mapi_prop *prop;

	for (unsigned int i = 0; i < count; i++) {
		prop = &props[i];
		switch (MAPI_TAG_TYPE(prop->tag)) {
		case PTYP_STRING:
		case PTYP_STRING8:
			prop->v.s = mapi_string_cut(prop->v.s,
						    MAPI_MAX_ROW_VALUE / 2 -
						    1);
			break;
		case PTYP_BINARY:
			prop->v.bin.size = I_MIN(prop->v.bin.size,
						 MAPI_MAX_ROW_VALUE);
			break;
		case PTYP_OBJECT:
			mapi_prop_error(prop, prop->tag, ecNotFound);
			break;
		default:
			if (mapi_value_size(MAPI_TAG_TYPE(prop->tag),
					    &prop->v) > MAPI_MAX_PROP_VALUE)
				mapi_prop_error(prop, prop->tag, ecMemory);
			break;
		}
	}
}

/* Columns as they are written: an instance is one value */
static const mapi_tag_t *
columns_written(struct mapi_rop *rop, const struct mapi_table *table)
{
	mapi_tag_t *tags;
	const mapi_tag_t *columns;
	unsigned int count;

	columns = array_get(&table->columns, &count);
	tags = p_new(rop->pool, mapi_tag_t, I_MAX(count, 1));
	for (unsigned int i = 0; i < count; i++) {
		tags[i] = columns[i];
		if ((tags[i] & PTYP_INSTANCE) != 0)
			tags[i] &= ~(PTYP_INSTANCE | PTYP_MULTIPLE);
	}
	return tags;
}

void mapi_table_row_out(struct mapi_rop *rop, struct mapi_table *table,
			struct mapi_prop *props, buffer_t *out)
{
	unsigned int width = array_count(&table->columns);

	row_cut(props, width);
	mapi_out_row(out, MAPI_FORM_ROP, columns_written(rop, table), props,
		     width);
}

/* Appends rows [from, from + count) while they fit, and max at most. Backwards the
   row nearest to the position comes first. */
static unsigned int rows_append(struct mapi_rop *rop, unsigned int from,
				unsigned int count, bool backwards)
{
	struct mapi_table *table = rop_table(rop);
	const mapi_tag_t *written = columns_written(rop, table);
	const mapi_tag_t *columns;
	unsigned int width, done = 0, n, first, j;
	struct mapi_prop *props;
	size_t before;

	columns = array_get(&table->columns, &width);
	while (done < count) {
		n = I_MIN(count - done, ROWS_BATCH);
		first = backwards ? from + count - done - n : from + done;
		props = p_new(rop->pool, struct mapi_prop, n * width);
		mapi_table_rows(rop, table, first, n, columns, width, props);
		for (unsigned int i = 0; i < n; i++, done++) {
			j = backwards ? n - 1 - i : i;
			row_cut(props + j * width, width);
			before = rop->out->used;
			mapi_out_row(rop->out, MAPI_FORM_ROP, written,
				     props + j * width, width);
			if (rop->out->used > rop->limit) {
				buffer_set_used_size(rop->out, before);
				return done;
			}
		}
	}
	return done;
}

static enum origin origin_after(struct mapi_table *table,
				const struct table_args *args, unsigned int at)
{
	if (args->forward)
		return at >= mapi_table_count(table) ? ORIGIN_END :
			ORIGIN_CURRENT;
	return at == 0 ? ORIGIN_BEGINNING : ORIGIN_CURRENT;
}

static uint32_t rop_query_rows(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	unsigned int from, count, done;
	size_t head = rop->out->used;
	uint32_t error;

	if (array_count(&table->columns) == 0)
		return ecNullObject;
	error = mapi_table_need(rop, table);
	if (error != ecNone)
		return error;
	mapi_out_u8(rop->out, 0);
	mapi_out_u16(rop->out, 0);
	if (args->forward) {
		from = table->position;
		count = I_MIN(args->row_count, mapi_table_count(table) - from);
	} else {
		count = I_MIN(args->row_count, table->position);
		from = table->position - count;
	}
	done = rows_append(rop, from, count, !args->forward);
	if (done == 0 && count > 0) {
		/* not even one: the client gives more room */
		return ecBufferTooSmall;
	}
	from = args->forward ? table->position + done :
		table->position - done;
	((unsigned char *)buffer_get_modifiable_data(rop->out, NULL))[head] =
		origin_after(table, args, from);
	mapi_out_u16_at(rop->out, head + 1, done);
	if ((args->flags & QUERY_NO_ADVANCE) != 0)
		return ecNone;
	table->position = from;
	/* no more rows than were asked for, in however many buffers */
	args->row_count -= done;
	rop->more = (args->flags & QUERY_PACKED) != 0 && done < count;
	return ecNone;
}

static uint32_t rop_status(struct mapi_rop *rop)
{
	mapi_out_u8(rop->out, TABLE_COMPLETE);
	return ecNone;
}

/* Nothing runs in the background that could be ended; of contents and hierarchy
   tables, as bookmarks are (3.2.5.6) */
static uint32_t rop_abort(struct mapi_rop *rop)
{
	return table_can(rop, MAPI_TABLE_CAN_BOOKMARK) ? ecUnableToAbort :
		ecNotSupported;
}

/* --- position -------------------------------------------------------------------------------- */

static uint32_t rop_query_position(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	uint32_t error = mapi_table_need(rop, table);

	if (error != ecNone)
		return error;
	mapi_out_u32(rop->out, table->position);
	mapi_out_u32(rop->out, mapi_table_count(table));
	return ecNone;
}

/* Moves by so many rows from a place; less_r: the table ended before. */
static int32_t table_seek(struct mapi_table *table, unsigned int from,
			  int32_t rows, bool *less_r)
{
	int64_t to = (int64_t)from + rows;
	int64_t count = mapi_table_count(table);

	*less_r = to < 0 || to > count;
	table->position = to < 0 ? 0 : (to > count ? count : to);
	return (int64_t)table->position - from;
}

static void parse_seek(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->origin = mapi_in_u8(rop->in);
	args->seek = (int32_t)mapi_in_u32(rop->in);
	args->want = mapi_in_bool(rop->in);
}

static uint32_t rop_seek(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	unsigned int from;
	int32_t moved;
	uint32_t error;
	bool less;

	if (args->origin > ORIGIN_END)
		return ecInvalidParam;
	error = mapi_table_need(rop, table);
	if (error != ecNone)
		return error;
	from = args->origin == ORIGIN_BEGINNING ? 0 :
		args->origin == ORIGIN_END ? mapi_table_count(table) :
		table->position;
	moved = table_seek(table, from, args->seek, &less);
	mapi_out_u8(rop->out, args->want && less);
	mapi_out_u32(rop->out, args->want ? (uint32_t)moved : 0);
	return ecNone;
}

static void parse_seek_fractional(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->numerator = mapi_in_u32(rop->in);
	args->denominator = mapi_in_u32(rop->in);
}

static uint32_t rop_seek_fractional(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	unsigned int count;
	uint32_t error;

	if (args->denominator == 0)
		return ecInvalidBookmark;
	error = mapi_table_need(rop, table);
	if (error != ecNone)
		return error;
	count = mapi_table_count(table);
	table->position = args->numerator >= args->denominator ? count :
		(uint64_t)count * args->numerator / args->denominator;
	return ecNone;
}

/* --- bookmarks ---------------------------------------------------------------------------------- */

static struct mapi_bookmark *
bookmark_find(struct mapi_table *table, const struct mapi_blob *blob)
{
	struct mapi_bookmark *mark;
	struct mapi_in in;
	uint32_t number;

	if (blob->size != BOOKMARK_SIZE)
		return NULL;
	mapi_in_init(&in, MAPI_FORM_ROP, NULL, blob->data, blob->size);
	number = mapi_in_u32(&in);
	array_foreach_modifiable(&table->bookmarks, mark) {
		if (mark->number == number)
			return mark;
	}
	return NULL;
}

static void bookmark_set(struct mapi_table *table, struct mapi_bookmark *mark)
{
	const struct mapi_category *category;
	const struct mapi_shown *shown;

	mark->position = table->position;
	mark->at_end = table->position >= mapi_table_count(table);
	if (mark->at_end)
		return;
	if (table->sort.categories == 0) {
		mark->row = *array_idx(&table->leaves, table->position);
		return;
	}
	shown = array_idx(&table->shown, table->position);
	if (shown->leaf != UINT_MAX) {
		mark->row = *array_idx(&table->leaves, shown->leaf);
		return;
	}
	category = array_idx(&table->categories, shown->category);
	mark->category = category->id;
}

static void bookmark_out(struct mapi_rop *rop, const struct mapi_bookmark *mark)
{
	mapi_out_u16(rop->out, BOOKMARK_SIZE);
	mapi_out_u32(rop->out, mark->number);
}

static struct mapi_bookmark *bookmark_new(struct mapi_table *table)
{
	struct mapi_bookmark *mark = array_append_space(&table->bookmarks);

	mark->number = ++table->last_bookmark;
	bookmark_set(table, mark);
	return mark;
}

/* Its place now; gone_r: the row is shown no more, its place is what follows. */
static unsigned int bookmark_place(struct mapi_table *table,
				   const struct mapi_bookmark *mark,
				   bool *gone_r)
{
	unsigned int place, count = mapi_table_count(table);

	*gone_r = FALSE;
	if (mark->at_end)
		return count;
	place = mapi_table_place(table, &mark->row, mark->category);
	if (place < count)
		return place;
	*gone_r = TRUE;
	return I_MIN(mark->position, count);
}

/* A table that has no columns yet is not there for what needs rows of it; but a
   bookmark that was once given is told to be no more (appendix A of MS-OXCTABL) */
static uint32_t bookmark_need(struct mapi_table *table,
			      const struct mapi_blob *blob,
			      const struct mapi_bookmark **mark_r)
{
	*mark_r = bookmark_find(table, blob);
	if (*mark_r == NULL && table->last_bookmark > 0)
		return ecInvalidBookmark;
	if (array_count(&table->columns) == 0)
		return ecNullObject;
	return *mark_r == NULL ? ecInvalidBookmark : ecNone;
}

static uint32_t rop_create_bookmark(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	uint32_t error;

	if (!table_can(rop, MAPI_TABLE_CAN_BOOKMARK))
		return ecNotSupported;
	error = mapi_table_need(rop, table);
	if (error != ecNone)
		return error;
	bookmark_out(rop, bookmark_new(table));
	return ecNone;
}

static void parse_seek_bookmark(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	in_blob(rop, &args->bookmark);
	args->seek = (int32_t)mapi_in_u32(rop->in);
	args->want = mapi_in_bool(rop->in);
}

static uint32_t rop_seek_bookmark(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	const struct mapi_bookmark *mark;
	int32_t moved;
	uint32_t error;
	bool gone, less;

	if (!table_can(rop, MAPI_TABLE_CAN_BOOKMARK))
		return ecNotSupported;
	error = mapi_table_need(rop, table);
	if (error != ecNone)
		return error;
	error = bookmark_need(table, &args->bookmark, &mark);
	if (error != ecNone)
		return error;
	moved = table_seek(table, bookmark_place(table, mark, &gone),
			   args->seek, &less);
	mapi_out_u8(rop->out, gone);
	mapi_out_u8(rop->out, args->want && less);
	mapi_out_u32(rop->out, args->want ? (uint32_t)moved : 0);
	return ecNone;
}

static void parse_bookmark(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	in_blob(rop, &args->bookmark);
}

static uint32_t rop_free_bookmark(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	const struct mapi_bookmark *mark;

	if (!table_can(rop, MAPI_TABLE_CAN_BOOKMARK))
		return ecNotSupported;
	if (array_count(&table->columns) == 0)
		return ecNullObject;
	mark = bookmark_find(table, &args->bookmark);
	if (mark == NULL)
		return ecInvalidBookmark;
	array_delete(&table->bookmarks,
		     array_ptr_to_idx(&table->bookmarks, mark), 1);
	return ecNone;
}

/* --- find ------------------------------------------------------------------------------------------ */

static void parse_find(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->flags = mapi_in_u8(rop->in);
	in_blob(rop, &args->data);
	args->origin = mapi_in_u8(rop->in);
	in_blob(rop, &args->bookmark);
}

static uint32_t find_origin(struct mapi_table *table,
			    const struct table_args *args,
			    unsigned int *from_r, bool *gone_r)
{
	const struct mapi_bookmark *mark;

	*gone_r = FALSE;
	switch (args->origin) {
	case ORIGIN_BEGINNING:
		*from_r = 0;
		return ecNone;
	case ORIGIN_CURRENT:
		*from_r = table->position;
		return ecNone;
	case ORIGIN_END:
		*from_r = mapi_table_count(table);
		return ecNone;
	case ORIGIN_CUSTOM:
		mark = bookmark_find(table, &args->bookmark);
		if (mark == NULL)
			return ecInvalidBookmark;
		*from_r = bookmark_place(table, mark, gone_r);
		return ecNone;
	}
	return ecInvalidParam;
}

static bool place_matches(struct mapi_rop *rop, struct mapi_table *table,
			  const struct mapi_restriction *res,
			  unsigned int place)
{
	const struct mapi_shown *shown;
	unsigned int leaf = place;

	if (table->sort.categories > 0) {
		shown = array_idx(&table->shown, place);
		if (shown->leaf == UINT_MAX)
			return FALSE;
		leaf = shown->leaf;
	}
	return res == NULL || mapi_table_match(rop, table, res,
					       array_idx(&table->leaves, leaf));
}

/* The first place from there on, or before it, that matches; -1: none */
static int find_place(struct mapi_rop *rop, struct mapi_table *table,
		      const struct mapi_restriction *res, unsigned int from,
		      bool backwards)
{
	int count = mapi_table_count(table), step = backwards ? -1 : 1;
	int place = backwards ? (int)from - 1 : (int)from;

	for (; place >= 0 && place < count; place += step) {
		if (place_matches(rop, table, res, place))
			return place;
	}
	return -1;
}

static void find_answer(struct mapi_rop *rop, struct mapi_table *table,
			int place, bool gone)
{
	mapi_out_u8(rop->out, gone);
	if (place < 0) {
		mapi_out_u8(rop->out, 0);
		return;
	}
	table->position = place;
	mapi_out_u8(rop->out, 1);
	(void)rows_append(rop, place, 1, FALSE);
}

static uint32_t rop_find(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	const struct mapi_restriction *res;
	unsigned int from = 0;
	uint32_t error;
	int place;
	bool gone;

	if (!table_can(rop, MAPI_TABLE_CAN_FIND))
		return ecNotSupported;
	if (array_count(&table->columns) == 0)
		return ecNullObject;
	if (mapi_table_parse_restriction(rop->pool, &args->data, &res) < 0)
		return ecTooComplex;
	error = mapi_table_need(rop, table);
	if (error == ecNone)
		error = find_origin(table, args, &from, &gone);
	if (error != ecNone)
		return error;
	place = find_place(rop, table, res, from,
			   (args->flags & FIND_BACKWARDS) != 0);
	find_answer(rop, table, place, gone);
	if (place < 0) {
		rop->keep_payload = FALSE;
		return ecNotFound;
	}
	return ecNone;
}

/* --- categories --------------------------------------------------------------------------------------- */

static void parse_expand(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->row_count = mapi_in_u16(rop->in);
	args->id = mapi_in_u64(rop->in);
}

/* A table with categories, whose rows are known */
static uint32_t categories_need(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);

	if (!table_can(rop, MAPI_TABLE_CAN_CATEGORIES))
		return ecNotSupported;
	if (array_count(&table->columns) == 0)
		return ecNullObject;
	if (table->sort.categories == 0)
		return ecNotSupported;
	return mapi_table_need(rop, table);
}

static uint32_t category_need(struct mapi_rop *rop, uint64_t id,
			      struct mapi_category **category_r)
{
	struct mapi_table *table = rop_table(rop);
	uint32_t error = categories_need(rop);

	if (error != ecNone)
		return error;
	*category_r = mapi_table_category(table, id);
	return *category_r == NULL ? ecNotFound : ecNone;
}

/* The position stays with the row it was at. */
static void category_switch(struct mapi_table *table,
			    struct mapi_category *category, bool expanded)
{
	struct mapi_bookmark at;
	bool gone;

	i_zero(&at);
	bookmark_set(table, &at);
	category->expanded = expanded;
	mapi_table_show(table);
	table->position = bookmark_place(table, &at, &gone);
}

static uint32_t rop_expand(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	struct mapi_category *category;
	struct mapi_row_id none;
	unsigned int before, added, place, rows;
	size_t head;
	uint32_t error = category_need(rop, args->id, &category);

	if (error != ecNone)
		return error;
	if (category->expanded)
		return ecNotCollapsed;
	before = mapi_table_count(table);
	category_switch(table, category, TRUE);
	added = mapi_table_count(table) - before;
	mapi_out_u32(rop->out, added);
	head = rop->out->used;
	mapi_out_u16(rop->out, 0);
	i_zero(&none);
	place = mapi_table_place(table, &none, args->id);
	rows = array_count(&table->columns) == 0 ? 0 :
		rows_append(rop, place + 1, I_MIN(args->row_count, added),
			    FALSE);
	mapi_out_u16_at(rop->out, head, rows);
	return ecNone;
}

static void parse_collapse(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->id = mapi_in_u64(rop->in);
}

static uint32_t rop_collapse(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	struct mapi_category *category;
	unsigned int before;
	uint32_t error = category_need(rop, args->id, &category);

	if (error != ecNone)
		return error;
	if (!category->expanded)
		return ecNotExpanded;
	before = mapi_table_count(table);
	category_switch(table, category, FALSE);
	mapi_out_u32(rop->out, before - mapi_table_count(table));
	return ecNone;
}

/* Collapse state: row id and instance, then the ids of heads that differ from how
   the sort order opens them (MS-OXCTABL 2.2.2.19; opaque to clients) */
static void parse_get_collapse(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	args->id = mapi_in_u64(rop->in);
	args->instance = mapi_in_u32(rop->in);
}

static uint32_t rop_get_collapse(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	const struct mapi_category *category;
	size_t head;
	uint32_t error = categories_need(rop);

	if (error != ecNone)
		return error;
	head = rop->out->used;
	mapi_out_u16(rop->out, 0);
	mapi_out_u64(rop->out, args->id);
	mapi_out_u32(rop->out, args->instance);
	array_foreach(&table->categories, category) {
		if (category->expanded !=
		    (category->depth < table->sort.expanded))
			mapi_out_u64(rop->out, category->id);
	}
	mapi_out_u16_at(rop->out, head, rop->out->used - head - 2);
	return ecNone;
}

static void parse_set_collapse(struct mapi_rop *rop)
{
	struct table_args *args = mapi_rop_args(rop, struct table_args);

	in_blob(rop, &args->data);
}

static uint32_t rop_set_collapse(struct mapi_rop *rop)
{
	struct mapi_table *table = rop_table(rop);
	struct table_args *args = rop->args;
	struct mapi_category *category;
	struct mapi_row_id row;
	struct mapi_in in;
	uint64_t id;
	uint32_t error = categories_need(rop);

	if (error != ecNone)
		return error;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, args->data.data,
		     args->data.size);
	i_zero(&row);
	id = row.id = mapi_in_u64(&in);
	row.instance = mapi_in_u32(&in);
	if (in.broken)
		return ecInvalidParam;
	array_foreach_modifiable(&table->categories, category)
		category->expanded = category->depth < table->sort.expanded;
	while (mapi_in_left(&in) >= sizeof(id)) {
		category = mapi_table_category(table, mapi_in_u64(&in));
		if (category != NULL)
			category->expanded = !category->expanded;
	}
	mapi_table_show(table);
	table->position = mapi_table_place(table, &row,
		mapi_table_category(table, id) != NULL ? id : 0);
	bookmark_out(rop, bookmark_new(table));
	return ecNone;
}

const struct mapi_rop_def mapi_rops_table[] = {
	{ 0x12, "SetColumns", MAPI_ROP_IN, MAPI_TABLE, parse_set_columns,
	  rop_set_columns },
	{ 0x13, "SortTable", MAPI_ROP_IN, MAPI_TABLE, parse_sort, rop_sort },
	{ 0x14, "Restrict", MAPI_ROP_IN, MAPI_TABLE, parse_restrict,
	  rop_restrict },
	{ 0x15, "QueryRows", MAPI_ROP_IN, MAPI_TABLE, parse_query_rows,
	  rop_query_rows },
	{ 0x16, "GetStatus", MAPI_ROP_IN, MAPI_TABLE, NULL, rop_status },
	{ 0x17, "QueryPosition", MAPI_ROP_IN, MAPI_TABLE, NULL,
	  rop_query_position },
	{ 0x18, "SeekRow", MAPI_ROP_IN, MAPI_TABLE, parse_seek, rop_seek },
	{ 0x19, "SeekRowBookmark", MAPI_ROP_IN, MAPI_TABLE,
	  parse_seek_bookmark, rop_seek_bookmark },
	{ 0x1a, "SeekRowFractional", MAPI_ROP_IN, MAPI_TABLE,
	  parse_seek_fractional, rop_seek_fractional },
	{ 0x1b, "CreateBookmark", MAPI_ROP_IN, MAPI_TABLE, NULL,
	  rop_create_bookmark },
	{ 0x37, "QueryColumnsAll", MAPI_ROP_IN, MAPI_TABLE, NULL,
	  rop_query_columns },
	{ 0x38, "Abort", MAPI_ROP_IN, MAPI_TABLE, NULL, rop_abort },
	{ 0x4f, "FindRow", MAPI_ROP_IN, MAPI_TABLE, parse_find, rop_find },
	{ 0x59, "ExpandRow", MAPI_ROP_IN, MAPI_TABLE, parse_expand,
	  rop_expand },
	{ 0x5a, "CollapseRow", MAPI_ROP_IN, MAPI_TABLE, parse_collapse,
	  rop_collapse },
	{ 0x6b, "GetCollapseState", MAPI_ROP_IN, MAPI_TABLE,
	  parse_get_collapse, rop_get_collapse },
	{ 0x6c, "SetCollapseState", MAPI_ROP_IN, MAPI_TABLE,
	  parse_set_collapse, rop_set_collapse },
	{ 0x81, "ResetTable", MAPI_ROP_IN, MAPI_TABLE, NULL, rop_reset },
	{ 0x89, "FreeBookmark", MAPI_ROP_IN, MAPI_TABLE, parse_bookmark,
	  rop_free_bookmark },
	{ 0, NULL, 0, 0, NULL, NULL }
};
