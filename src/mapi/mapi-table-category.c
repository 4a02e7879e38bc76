/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Categories (MS-OXCTABL 2.2.1.3, 3.2.5.3): heads over runs of equal values in the
   sorted rows, open or closed. */

#include "mapi.h"
#include "hash-method.h"
#include "sha1.h"
#include "mapi-table.h"

#define BATCH 256
#define MSGFLAG_READ 0x01

struct categorise {
	struct mapi_rop *rop;
	struct mapi_table *table;
	unsigned int depths;
	/* category columns, then PidTagMessageFlags */
	mapi_tag_t *tags;
	/* open heads by depth: index + 1 into table->categories */
	unsigned int *open;
};

/* A head's id lives as long as its values do, in every session alike. */
static uint64_t category_id(const struct mapi_prop *values, unsigned int depth)
{
	unsigned char digest[SHA1_RESULTLEN];
	buffer_t *key = t_buffer_create(128);
	uint64_t id;

	mapi_out_u32(key, depth);
	for (unsigned int i = 0; i <= depth; i++)
		mapi_out_prop(key, MAPI_FORM_ROP, &values[i]);
	sha1_get_digest(key->data, key->used, digest);
	memcpy(&id, digest, sizeof(id));
	/* never one of a row: those have REPLIDs of ours */
	return id | UINT64_C(0x8000);
}

static void category_begin(struct categorise *ctx, unsigned int depth,
			   unsigned int leaf, const struct mapi_prop *values)
{
	struct mapi_table *table = ctx->table;
	struct mapi_category *category;
	struct mapi_prop *copy;

	copy = p_new(table->rows_pool, struct mapi_prop, depth + 1);
	for (unsigned int i = 0; i <= depth; i++)
		mapi_prop_dup(table->rows_pool, &values[i], &copy[i]);
	category = array_append_space(&table->categories);
	category->depth = depth;
	category->parent = depth == 0 ? UINT_MAX : ctx->open[depth - 1] - 1;
	category->first = leaf;
	category->values = copy;
	T_BEGIN {
		category->id = category_id(copy, depth);
	} T_END;
	category->expanded = depth < table->sort.expanded;
	ctx->open[depth] = array_count(&table->categories);
}

/* The outermost depth whose value is another one than that of its open head */
static unsigned int first_change(struct categorise *ctx,
				 const struct mapi_prop *values)
{
	const struct mapi_category *category;

	for (unsigned int depth = 0; depth < ctx->depths; depth++) {
		if (ctx->open[depth] == 0)
			return depth;
		category = array_idx(&ctx->table->categories,
				     ctx->open[depth] - 1);
		if (mapi_prop_cmp(&category->values[depth],
				  &values[depth]) != 0)
			return depth;
	}
	return ctx->depths;
}

static void categorise_leaf(struct categorise *ctx, unsigned int leaf,
			    const struct mapi_prop *values)
{
	const struct mapi_prop *flags = &values[ctx->depths];
	struct mapi_category *category;
	unsigned int depth = first_change(ctx, values);

	for (; depth < ctx->depths; depth++)
		category_begin(ctx, depth, leaf, values);
	for (depth = 0; depth < ctx->depths; depth++) {
		category = array_idx_modifiable(&ctx->table->categories,
						ctx->open[depth] - 1);
		category->count++;
		if (MAPI_TAG_TYPE(flags->tag) != PTYP_ERROR_CODE &&
		    (flags->v.i & MSGFLAG_READ) == 0)
			category->unread++;
	}
}

static void categorise_batch(struct categorise *ctx, unsigned int first,
			     const struct mapi_row_id *ids, unsigned int count)
{
	pool_t pool = pool_alloconly_create("table categories", 16 * 1024);
	unsigned int width = ctx->depths + 1;
	struct mapi_prop *props = p_new(pool, struct mapi_prop, count * width);

	mapi_table_get(ctx->rop, ctx->table, pool, ids, count, ctx->tags, width,
		       props);
	for (unsigned int i = 0; i < count; i++)
		categorise_leaf(ctx, first + i, props + i * width);
	pool_unref(&pool);
}

static void categorise_leaves(struct categorise *ctx)
{
	const struct mapi_row_id *ids;
	unsigned int count, n;

	array_clear(&ctx->table->categories);
	memset(ctx->open, 0, ctx->depths * sizeof(*ctx->open));
	ids = array_get(&ctx->table->leaves, &count);
	for (unsigned int i = 0; i < count; i += n) {
		n = I_MIN(count - i, BATCH);
		categorise_batch(ctx, i, ids + i, n);
	}
}

/* --- categories in order of the greatest value in them (MaximumCategory) -------------- */

struct category_max {
	unsigned int first, count;
	struct mapi_prop max;
};

static int category_max_cmp(const struct category_max *a,
			    const struct category_max *b)
{
	int ret = mapi_prop_cmp(&b->max, &a->max);

	return ret != 0 ? ret : (a->first < b->first ? -1 : 1);
}

static const struct mapi_sort *sort_maximum(const struct mapi_sort_set *set)
{
	for (unsigned int i = 0; i < set->count; i++) {
		if (set->sorts[i].order == MAPI_SORT_MAX_CATEGORY)
			return &set->sorts[i];
	}
	return NULL;
}

static void max_of(struct categorise *ctx, const struct mapi_category *category,
		   mapi_tag_t tag, pool_t pool, struct category_max *max_r)
{
	struct mapi_prop *props = p_new(pool, struct mapi_prop,
					category->count);
	unsigned int best = 0;

	mapi_table_get(ctx->rop, ctx->table, pool,
		       array_idx(&ctx->table->leaves, category->first),
		       category->count, &tag, 1, props);
	for (unsigned int i = 1; i < category->count; i++) {
		if (mapi_prop_cmp(&props[best], &props[i]) < 0)
			best = i;
	}
	max_r->first = category->first;
	max_r->count = category->count;
	max_r->max = props[best];
}

/* Whole categories change their places, with the rows in them. */
static bool categories_by_maximum(struct categorise *ctx)
{
	const struct mapi_sort *sort = sort_maximum(&ctx->table->sort);
	const struct mapi_category *category;
	struct category_max *max;
	ARRAY(struct category_max) maxima;
	ARRAY_TYPE(mapi_row_id) moved;
	pool_t pool;

	if (sort == NULL)
		return FALSE;
	pool = pool_alloconly_create("table maxima", 16 * 1024);
	p_array_init(&maxima, pool, 64);
	array_foreach(&ctx->table->categories, category) {
		if (category->depth > 0)
			continue;
		max = array_append_space(&maxima);
		max_of(ctx, category, sort->tag, pool, max);
	}
	array_sort(&maxima, category_max_cmp);
	p_array_init(&moved, pool, array_count(&ctx->table->leaves));
	array_foreach_modifiable(&maxima, max) {
		array_append(&moved,
			     array_idx(&ctx->table->leaves, max->first),
			     max->count);
	}
	array_clear(&ctx->table->leaves);
	array_append_array(&ctx->table->leaves, &moved);
	pool_unref(&pool);
	return TRUE;
}

void mapi_table_categorise(struct mapi_rop *rop, struct mapi_table *table)
{
	struct categorise ctx = {
		.rop = rop, .table = table,
		.depths = table->sort.categories,
	};

	ctx.tags = p_new(rop->pool, mapi_tag_t, ctx.depths + 1);
	ctx.open = p_new(rop->pool, unsigned int, ctx.depths);
	for (unsigned int i = 0; i < ctx.depths; i++)
		ctx.tags[i] = table->sort.sorts[i].tag;
	ctx.tags[ctx.depths] = PidTagMessageFlags;
	categorise_leaves(&ctx);
	if (categories_by_maximum(&ctx))
		categorise_leaves(&ctx);
	mapi_table_show(table);
}

/* --- what is shown --------------------------------------------------------------------- */

static bool category_visible(const struct mapi_table *table,
			     const struct mapi_category *category)
{
	while (category->parent != UINT_MAX) {
		category = array_idx(&table->categories, category->parent);
		if (!category->expanded)
			return FALSE;
	}
	return TRUE;
}

static void show_leaves(struct mapi_table *table,
			const struct mapi_category *category)
{
	struct mapi_shown *shown;

	for (unsigned int i = 0; i < category->count; i++) {
		shown = array_append_space(&table->shown);
		shown->leaf = category->first + i;
		shown->category = UINT_MAX;
	}
}

void mapi_table_show(struct mapi_table *table)
{
	const struct mapi_category *category;
	struct mapi_shown *shown;

	array_clear(&table->shown);
	/* heads lie in the order in which they are shown */
	array_foreach(&table->categories, category) {
		if (!category_visible(table, category))
			continue;
		shown = array_append_space(&table->shown);
		shown->leaf = UINT_MAX;
		shown->category = array_foreach_idx(&table->categories,
						    category);
		if (category->depth + 1 == table->sort.categories &&
		    category->expanded)
			show_leaves(table, category);
	}
}

struct mapi_category *
mapi_table_category(struct mapi_table *table, uint64_t id)
{
	struct mapi_category *category;

	array_foreach_modifiable(&table->categories, category) {
		if (category->id == id)
			return category;
	}
	return NULL;
}

unsigned int mapi_table_place(const struct mapi_table *table,
			      const struct mapi_row_id *row, uint64_t category)
{
	const struct mapi_row_id *leaf;
	const struct mapi_category *head;
	const struct mapi_shown *shown;
	unsigned int count = mapi_table_count(table);

	for (unsigned int i = 0; i < count; i++) {
		if (table->sort.categories > 0) {
			shown = array_idx(&table->shown, i);
			if (shown->leaf == UINT_MAX) {
				head = array_idx(&table->categories,
						 shown->category);
				if (category != 0 && category == head->id)
					return i;
				continue;
			}
			leaf = array_idx(&table->leaves, shown->leaf);
		} else
			leaf = array_idx(&table->leaves, i);
		if (category == 0 && leaf->id == row->id &&
		    leaf->instance == row->instance)
			return i;
	}
	return count;
}

/* --- a head's columns (MS-OXCTABL 2.2.1, 3.2.5.5.1) ---------------------------------------- */

enum row_type { ROW_LEAF = 1, ROW_EMPTY = 2, ROW_EXPANDED = 3, ROW_COLLAPSED = 4 };

static void category_get_one(const struct mapi_table *table,
			     const struct mapi_category *category,
			     mapi_tag_t tag, struct mapi_prop *prop_r)
{
	for (unsigned int i = 0; i <= category->depth; i++) {
		if (MAPI_TAG_ID(table->sort.sorts[i].tag) ==
		    MAPI_TAG_ID(tag)) {
			*prop_r = category->values[i];
			return;
		}
	}
	i_zero(prop_r);
	prop_r->tag = tag;
	switch (tag) {
	case PidTagInstID:
		prop_r->v.i = category->id;
		break;
	case PidTagInstanceNum:
		prop_r->v.i = 0;
		break;
	case PidTagRowType:
		prop_r->v.i = category->expanded ? ROW_EXPANDED :
			ROW_COLLAPSED;
		break;
	case PidTagDepth:
		prop_r->v.i = category->depth;
		break;
	case PidTagContentCount:
		prop_r->v.i = category->count;
		break;
	case PidTagContentUnreadCount:
		prop_r->v.i = category->unread;
		break;
	default:
		mapi_prop_error(prop_r, tag, ecNotFound);
		break;
	}
}

void mapi_category_get(struct mapi_rop *rop ATTR_UNUSED,
		       struct mapi_table *table,
		       const struct mapi_category *category,
		       const mapi_tag_t *tags, unsigned int count,
		       struct mapi_prop *props_r)
{
	for (unsigned int i = 0; i < count; i++)
		category_get_one(table, category, tags[i], &props_r[i]);
}
