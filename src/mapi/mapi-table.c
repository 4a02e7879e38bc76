/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table's rows: loaded, restricted, read. */

#include "mapi.h"
#include "mapi-table.h"

/* Objects whose properties are looked at in one go */
#define BATCH 256

/* --- life -------------------------------------------------------------------------- */

static void table_free_rows(struct mapi_table *table)
{
	if (table->rows_pool == NULL)
		return;
	array_free(&table->leaves);
	array_free(&table->categories);
	array_free(&table->shown);
	pool_unref(&table->rows_pool);
	table->loaded = FALSE;
}

static void table_free(struct mapi_object *obj)
{
	struct mapi_table *table = (struct mapi_table *)obj;

	if (table->source->free != NULL)
		table->source->free(table);
	table_free_rows(table);
	array_free(&table->columns);
	array_free(&table->bookmarks);
	pool_unref(&table->columns_pool);
	pool_unref(&table->sort_pool);
	pool_unref(&table->restriction_pool);
}

/* Which source, what of it, how; rows are read again */
static bool table_park(struct mapi_object *obj, buffer_t *out)
{
	struct mapi_table *table = (struct mapi_table *)obj;
	const mapi_tag_t *tag;

	mapi_out_str8(out, table->source->name);
	mapi_out_u64(out, table->folder);
	mapi_out_u8(out, table->flags);
	mapi_out_u16(out, array_count(&table->columns));
	array_foreach(&table->columns, tag)
		mapi_out_u32(out, *tag);
	mapi_out_sort_set(out, &table->sort);
	mapi_out_u16(out, table->restriction_data.size);
	buffer_append(out, table->restriction_data.data,
		      table->restriction_data.size);
	mapi_out_u32(out, table->position);
	/* bookmarks, and categories that were opened, do not survive */
	return array_is_empty(&table->bookmarks) &&
		table->sort.categories == 0;
}

static const struct mapi_object_vfuncs table_vfuncs = {
	.free = table_free,
	.park = table_park,
};

static struct mapi_table *
table_of_source(struct mapi_rop *rop, struct mapi_object *parent,
		const char *name, uint64_t folder, uint8_t flags)
{
	if (strcmp(name, "hierarchy") == 0)
		return mapi_hierarchy_table(rop, parent, folder, flags);
	if (strcmp(name, "contents") == 0)
		return mapi_contents_table(rop, parent, folder, flags);
	if (strcmp(name, "permissions") == 0)
		return mapi_permissions_table(rop, parent, folder, flags);
	if (strcmp(name, "rules") == 0)
		return mapi_rules_table(rop, parent, folder, flags);
	if (strcmp(name, "attachments") == 0)
		return mapi_attachments_table(rop, parent, folder, flags);
	return NULL;
}

static void table_restore_sort(struct mapi_table *table, struct mapi_in *in)
{
	struct mapi_sort_set set;

	if (mapi_in_sort_set(in, &set) < 0)
		return;
	table->sort_pool = pool_alloconly_create("table part", 512);
	table->sort = set;
	table->sort.sorts = p_memdup(table->sort_pool, set.sorts,
				     set.count * sizeof(*set.sorts));
}

static int table_restore_restriction(struct mapi_table *table,
				     struct mapi_in *in)
{
	uint16_t size = mapi_in_u16(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	if (data == NULL || size == 0)
		return 0;
	table->restriction_pool = pool_alloconly_create("table part", 512);
	table->restriction_data.data = p_memdup(table->restriction_pool, data,
						size);
	table->restriction_data.size = size;
	return mapi_table_parse_restriction(table->restriction_pool,
					    &table->restriction_data,
					    &table->restriction);
}

struct mapi_object *
mapi_table_restore(struct mapi_rop *rop, struct mapi_object *parent,
		   struct mapi_in *in)
{
	const char *name = mapi_in_str8(in);
	uint64_t folder = mapi_in_u64(in);
	uint8_t flags = mapi_in_u8(in);
	struct mapi_table *table = parent == NULL ? NULL :
		table_of_source(rop, parent, name, folder, flags);
	struct mapi_object *obj;

	if (table == NULL)
		return NULL;
	obj = &table->obj;
	(void)mapi_in_tags(in, &table->columns);
	table_restore_sort(table, in);
	if (table_restore_restriction(table, in) < 0) {
		mapi_object_unref(&obj);
		return NULL;
	}
	table->position = mapi_in_u32(in);
	return obj;
}

struct mapi_table *
mapi_table_new(struct mapi_rop *rop, const struct mapi_table_source *source,
	       struct mapi_object *parent, uint64_t folder, uint8_t flags)
{
	struct mapi_table *table = mapi_object_new(rop, struct mapi_table,
						   MAPI_TABLE, &table_vfuncs,
						   parent);

	table->source = source;
	table->folder = folder;
	table->flags = flags;
	i_array_init(&table->columns, 16);
	i_array_init(&table->bookmarks, 4);
	return table;
}

void mapi_table_reset(struct mapi_table *table)
{
	table_free_rows(table);
	table->position = 0;
	array_clear(&table->bookmarks);
}

/* --- values ------------------------------------------------------------------------------ */

void mapi_prop_nth(const struct mapi_prop *list, unsigned int n,
		   struct mapi_prop *prop_r)
{
	uint16_t type = MAPI_TAG_TYPE(list->tag) & ~PTYP_MULTIPLE;

	i_zero(prop_r);
	prop_r->tag = MAPI_TAG_RETYPE(list->tag, type);
	switch (type) {
	case PTYP_STRING:
	case PTYP_STRING8:
		prop_r->v.s = list->v.mv.v.s[n];
		break;
	case PTYP_BINARY:
		prop_r->v.bin = list->v.mv.v.bin[n];
		break;
	case PTYP_GUID:
		memcpy(prop_r->v.guid, list->v.mv.v.guid[n],
		       sizeof(prop_r->v.guid));
		break;
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		prop_r->v.d = list->v.mv.v.d[n];
		break;
	default:
		prop_r->v.i = list->v.mv.v.i[n];
		break;
	}
}

/* Columns with the instance bit show one value of the list: the row's. */
static void rows_pick_instances(const struct mapi_row_id *ids,
				unsigned int ids_count, const mapi_tag_t *tags,
				unsigned int tags_count,
				struct mapi_prop *props)
{
	struct mapi_prop *prop, one;

	for (unsigned int i = 0; i < ids_count; i++) {
		for (unsigned int j = 0; j < tags_count; j++) {
			prop = &props[i * tags_count + j];
			if ((tags[j] & PTYP_INSTANCE) == 0 ||
			    (prop->tag & PTYP_MULTIPLE) == 0 ||
			    ids[i].instance >= prop->v.mv.count)
				continue;
			mapi_prop_nth(prop, ids[i].instance, &one);
			*prop = one;
		}
	}
}

void mapi_table_get(struct mapi_rop *rop, struct mapi_table *table, pool_t pool,
		    const struct mapi_row_id *ids, unsigned int ids_count,
		    const mapi_tag_t *tags, unsigned int tags_count,
		    struct mapi_prop *props_r)
{
	mapi_tag_t *plain = p_new(pool, mapi_tag_t, I_MAX(tags_count, 1));
	bool instances = FALSE;

	for (unsigned int i = 0; i < tags_count; i++) {
		plain[i] = tags[i] & ~PTYP_INSTANCE;
		instances = instances || plain[i] != tags[i];
	}
	table->source->get(rop, table, pool, ids, ids_count, plain, tags_count,
			   props_r);
	if (instances) {
		rows_pick_instances(ids, ids_count, tags, tags_count, props_r);
	}
}

/* --- restriction ----------------------------------------------------------------------- */

struct match_context {
	struct mapi_rop *rop;
	struct mapi_table *table;
	const struct mapi_row_id *id;
	const mapi_tag_t *tags;
	const struct mapi_prop *props;
	unsigned int count;
};

static void res_add_tag(ARRAY_TYPE(mapi_tag) *tags, mapi_tag_t tag)
{
	const mapi_tag_t *t;

	array_foreach(tags, t) {
		if (MAPI_TAG_ID(*t) == MAPI_TAG_ID(tag))
			return;
	}
	tag = MAPI_TAG_RETYPE(tag, PTYP_UNSPECIFIED);
	array_push_back(tags, &tag);
}

/* Which properties a restriction looks at */
static void res_tags(const struct mapi_restriction *res,
		     ARRAY_TYPE(mapi_tag) *tags)
{
	switch (res->type) {
	case MAPI_RES_COMPARE:
		res_add_tag(tags, res->tag2);
		/* fall through */
	case MAPI_RES_CONTENT:
	case MAPI_RES_PROPERTY:
	case MAPI_RES_BITMASK:
	case MAPI_RES_SIZE:
	case MAPI_RES_EXIST:
		res_add_tag(tags, res->tag);
		break;
	case MAPI_RES_SUBOBJECT:
		break;
	default:
		for (unsigned int i = 0; i < res->subs_count; i++)
			res_tags(res->subs[i], tags);
		break;
	}
}

static const struct mapi_prop *match_get(void *context, mapi_tag_t tag)
{
	const struct match_context *ctx = context;

	for (unsigned int i = 0; i < ctx->count; i++) {
		if (MAPI_TAG_ID(ctx->tags[i]) != MAPI_TAG_ID(tag))
			continue;
		return MAPI_TAG_TYPE(ctx->props[i].tag) == PTYP_ERROR_CODE ?
			NULL : &ctx->props[i];
	}
	return NULL;
}

static bool match_sub(void *context, mapi_tag_t object,
		      const struct mapi_restriction *res)
{
	const struct match_context *ctx = context;

	return ctx->table->source->sub != NULL &&
		ctx->table->source->sub(ctx->rop, ctx->table, ctx->id, object,
					res);
}

static void
match_batch(struct match_context *ctx, const struct mapi_restriction *res,
	    const struct mapi_row_id *ids, unsigned int count, bool *match_r)
{
	struct mapi_matcher matcher = {
		.get = match_get, .sub = match_sub, .context = ctx,
		.cpid = ctx->rop->session->cpid,
	};
	pool_t pool = pool_alloconly_create("table match", 16 * 1024);
	struct mapi_prop *props;

	props = p_new(pool, struct mapi_prop, I_MAX(count * ctx->count, 1));
	ctx->table->source->get(ctx->rop, ctx->table, pool, ids, count,
				ctx->tags, ctx->count, props);
	for (unsigned int i = 0; i < count; i++) {
		ctx->id = &ids[i];
		ctx->props = props + i * ctx->count;
		match_r[i] = mapi_restriction_match(res, &matcher);
	}
	pool_unref(&pool);
}

static void match_init(struct match_context *ctx, struct mapi_rop *rop,
		       struct mapi_table *table,
		       const struct mapi_restriction *res)
{
	ARRAY_TYPE(mapi_tag) tags;

	i_zero(ctx);
	ctx->rop = rop;
	ctx->table = table;
	p_array_init(&tags, rop->pool, 8);
	res_tags(res, &tags);
	ctx->tags = array_get(&tags, &ctx->count);
}

bool mapi_table_match(struct mapi_rop *rop, struct mapi_table *table,
		      const struct mapi_restriction *res,
		      const struct mapi_row_id *id)
{
	struct match_context ctx;
	bool match;

	match_init(&ctx, rop, table, res);
	match_batch(&ctx, res, id, 1, &match);
	return match;
}

void mapi_table_filter(struct mapi_rop *rop, struct mapi_table *table,
		       const struct mapi_restriction *res,
		       ARRAY_TYPE(mapi_row_id) *ids)
{
	struct match_context ctx;
	struct mapi_row_id *all;
	unsigned int count, kept = 0, n;
	bool match[BATCH];

	match_init(&ctx, rop, table, res);
	all = array_get_modifiable(ids, &count);
	for (unsigned int i = 0; i < count; i += n) {
		n = I_MIN(count - i, BATCH);
		match_batch(&ctx, res, all + i, n, match);
		for (unsigned int j = 0; j < n; j++) {
			if (match[j])
				all[kept++] = all[i + j];
		}
	}
	array_delete(ids, kept, count - kept);
}

/* --- loading ----------------------------------------------------------------------------- */

static uint32_t table_load_ids(struct mapi_rop *rop, struct mapi_table *table)
{
	uint32_t error = ecNone;
	int ret = 0;

	if (table->source->load_quick != NULL) {
		ret = table->source->load_quick(rop, table, &table->leaves,
						&error);
	}
	if (ret != 0)
		return error;
	error = table->source->load(rop, table, &table->leaves);
	if (error != ecNone)
		return error;
	if (table->restriction != NULL)
		mapi_table_filter(rop, table, table->restriction,
				  &table->leaves);
	if (table->sort.count > 0)
		mapi_table_sort(rop, table, &table->leaves);
	return ecNone;
}

uint32_t mapi_table_need(struct mapi_rop *rop, struct mapi_table *table)
{
	uint32_t error;

	if (table->loaded)
		return ecNone;
	table->rows_pool = pool_alloconly_create("table rows", 4096);
	i_array_init(&table->leaves, 64);
	i_array_init(&table->categories, 1);
	i_array_init(&table->shown, 1);
	error = table_load_ids(rop, table);
	if (error != ecNone) {
		table_free_rows(table);
		return error;
	}
	if (table->sort.categories > 0)
		mapi_table_categorise(rop, table);
	table->loaded = TRUE;
	table->position = I_MIN(table->position, mapi_table_count(table));
	return ecNone;
}

unsigned int mapi_table_count(const struct mapi_table *table)
{
	return table->sort.categories > 0 ? array_count(&table->shown) :
		array_count(&table->leaves);
}

static bool table_row_at(const struct mapi_table *table, unsigned int place,
			 struct mapi_row_id *row_r, uint64_t *category_r)
{
	const struct mapi_category *category;
	const struct mapi_shown *shown;

	if (place >= mapi_table_count(table))
		return FALSE;
	*category_r = 0;
	i_zero(row_r);
	if (table->sort.categories == 0) {
		*row_r = *array_idx(&table->leaves, place);
		return TRUE;
	}
	shown = array_idx(&table->shown, place);
	if (shown->leaf != UINT_MAX) {
		*row_r = *array_idx(&table->leaves, shown->leaf);
		return TRUE;
	}
	category = array_idx(&table->categories, shown->category);
	*category_r = category->id;
	return TRUE;
}

uint32_t mapi_table_refresh(struct mapi_rop *rop, struct mapi_table *table)
{
	struct mapi_row_id row;
	uint64_t category = 0;
	unsigned int place;
	uint32_t error;
	bool known;

	if (!table->loaded)
		return ecNone;
	known = table_row_at(table, table->position, &row, &category);
	table_free_rows(table);
	error = mapi_table_need(rop, table);
	if (error != ecNone || !known)
		return error;
	place = mapi_table_place(table, &row, category);
	if (place < mapi_table_count(table))
		table->position = place;
	return ecNone;
}

/* --- reading ------------------------------------------------------------------------------- */

static void
rows_of_categories(struct mapi_rop *rop, struct mapi_table *table,
		   const struct mapi_shown *shown, unsigned int count,
		   const mapi_tag_t *tags, unsigned int tags_count,
		   struct mapi_prop *props_r)
{
	const struct mapi_category *category;

	for (unsigned int i = 0; i < count; i++) {
		if (shown[i].leaf != UINT_MAX) {
			mapi_table_get(rop, table, rop->pool,
				array_idx(&table->leaves, shown[i].leaf), 1,
				tags, tags_count, props_r + i * tags_count);
			continue;
		}
		category = array_idx(&table->categories, shown[i].category);
		mapi_category_get(rop, table, category, tags, tags_count,
				  props_r + i * tags_count);
	}
}

void mapi_table_rows(struct mapi_rop *rop, struct mapi_table *table,
		     unsigned int from, unsigned int count,
		     const mapi_tag_t *tags, unsigned int tags_count,
		     struct mapi_prop *props_r)
{
	if (count == 0)
		return;
	if (table->sort.categories > 0) {
		rows_of_categories(rop, table, array_idx(&table->shown, from),
				   count, tags, tags_count, props_r);
		return;
	}
	mapi_table_get(rop, table, rop->pool,
		       array_idx(&table->leaves, from), count,
		       tags, tags_count, props_r);
}
