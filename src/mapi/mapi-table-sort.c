/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows in the order of any properties (MS-OXCTABL 2.2.2.3, 3.2.5.3): the columns of
   the sort order are read of every object once; one with several values of a
   column with the instance bit has a row for each. */

#include "mapi.h"
#include "mapi-table.h"

#define BATCH 256

struct sort_row {
	struct mapi_row_id row;
	/* one for each column of the sort order; a missing one is an error */
	const struct mapi_prop *keys;
	/* where it was: equal ones stay in order */
	unsigned int index;
	const struct mapi_sort_set *set;
};

struct sort_context {
	struct mapi_rop *rop;
	struct mapi_table *table;
	pool_t pool;
	mapi_tag_t *tags;
	unsigned int count;
	/* the column that makes instances, UINT_MAX: none */
	unsigned int instance;
	ARRAY(struct sort_row) rows;
};

static void sort_init(struct sort_context *ctx)
{
	const struct mapi_sort_set *set = &ctx->table->sort;
	mapi_tag_t tag;

	ctx->count = set->count;
	ctx->instance = UINT_MAX;
	ctx->tags = p_new(ctx->pool, mapi_tag_t, set->count);
	for (unsigned int i = 0; i < set->count; i++) {
		tag = set->sorts[i].tag;
		if ((tag & PTYP_INSTANCE) != 0) {
			ctx->instance = i;
			/* asked for as the whole list */
			tag &= ~PTYP_INSTANCE;
		}
		ctx->tags[i] = tag;
	}
}

static void sort_add(struct sort_context *ctx, const struct mapi_row_id *id,
		     const struct mapi_prop *props, unsigned int instance)
{
	struct sort_row *row = array_append_space(&ctx->rows);
	struct mapi_prop *keys = p_new(ctx->pool, struct mapi_prop, ctx->count);

	row->row = *id;
	row->row.instance = instance;
	row->index = array_count(&ctx->rows);
	row->set = &ctx->table->sort;
	row->keys = keys;
	for (unsigned int i = 0; i < ctx->count; i++)
		mapi_prop_dup(ctx->pool, &props[i], &keys[i]);
}

static void sort_add_instances(struct sort_context *ctx,
			       const struct mapi_row_id *id,
			       struct mapi_prop *props)
{
	struct mapi_prop list;
	unsigned int count = 0;

	if (ctx->instance != UINT_MAX) {
		list = props[ctx->instance];
		if (MAPI_TAG_TYPE(list.tag) != PTYP_ERROR_CODE &&
		    (MAPI_TAG_TYPE(list.tag) & PTYP_MULTIPLE) != 0)
			count = list.v.mv.count;
	}
	if (count == 0) {
		sort_add(ctx, id, props, 0);
		return;
	}
	for (unsigned int i = 0; i < count; i++) {
		mapi_prop_nth(&list, i, &props[ctx->instance]);
		sort_add(ctx, id, props, i);
	}
}

static void sort_read(struct sort_context *ctx,
		      const struct mapi_row_id *ids, unsigned int count)
{
	struct mapi_prop *props;
	unsigned int n;
	pool_t pool;

	for (unsigned int i = 0; i < count; i += n) {
		n = I_MIN(count - i, BATCH);
		pool = pool_alloconly_create("table sort", 16 * 1024);
		props = p_new(pool, struct mapi_prop, n * ctx->count);
		ctx->table->source->get(ctx->rop, ctx->table, pool, ids + i, n,
					ctx->tags, ctx->count, props);
		for (unsigned int j = 0; j < n; j++)
			sort_add_instances(ctx, &ids[i + j],
					   props + j * ctx->count);
		pool_unref(&pool);
	}
}

/* Objects without the property come first when ascending (as a null value) */
int mapi_prop_cmp(const struct mapi_prop *a, const struct mapi_prop *b)
{
	bool none_a = MAPI_TAG_TYPE(a->tag) == PTYP_ERROR_CODE;
	bool none_b = MAPI_TAG_TYPE(b->tag) == PTYP_ERROR_CODE;

	if (none_a || none_b)
		return (int)none_b - (int)none_a;
	if (MAPI_TAG_TYPE(a->tag) != MAPI_TAG_TYPE(b->tag))
		return MAPI_TAG_TYPE(a->tag) < MAPI_TAG_TYPE(b->tag) ? -1 : 1;
	return mapi_value_cmp(MAPI_TAG_TYPE(a->tag), &a->v, &b->v);
}

static int row_cmp(const struct sort_row *a, const struct sort_row *b)
{
	int ret;

	for (unsigned int i = 0; i < a->set->count; i++) {
		ret = mapi_prop_cmp(&a->keys[i], &b->keys[i]);
		if (ret != 0)
			return a->set->sorts[i].order == MAPI_SORT_DESCEND ?
				-ret : ret;
	}
	return a->index < b->index ? -1 : 1;
}

void mapi_table_sort(struct mapi_rop *rop, struct mapi_table *table,
		     ARRAY_TYPE(mapi_row_id) *ids)
{
	struct sort_context ctx = { .rop = rop, .table = table };
	const struct mapi_row_id *all;
	const struct sort_row *row;
	unsigned int count;

	ctx.pool = pool_alloconly_create("table sort keys", 64 * 1024);
	sort_init(&ctx);
	all = array_get(ids, &count);
	i_array_init(&ctx.rows, I_MAX(count, 1));
	sort_read(&ctx, all, count);
	array_clear(ids);
	array_sort(&ctx.rows, row_cmp);
	array_foreach(&ctx.rows, row)
		array_push_back(ids, &row->row);
	array_free(&ctx.rows);
	pool_unref(&ctx.pool);
}
