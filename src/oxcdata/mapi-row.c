/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows of tables (MS-OXCDATA 2.8.1, 2.11.3, 2.11.5, 2.11.6; MS-OXCMAPIHTTP 2.2.1.4 to
   2.2.1.7) and sort orders (MS-OXCDATA 2.13). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

enum {
	ROW_STANDARD	= 0x00,
	ROW_FLAGGED	= 0x01,
};
enum {
	FLAG_VALUE	= 0x00,
	FLAG_ABSENT	= 0x01,
	FLAG_ERROR	= 0x0a,
};

static bool is_error(const struct mapi_prop *prop)
{
	return MAPI_TAG_TYPE(prop->tag) == PTYP_ERROR_CODE;
}

static bool
has_errors(const mapi_tag_t *columns, const struct mapi_prop *props,
	   unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (is_error(&props[i]) &&
		    MAPI_TAG_TYPE(columns[i]) != PTYP_ERROR_CODE)
			return TRUE;
	}
	return FALSE;
}

void mapi_out_row(buffer_t *out, enum mapi_form form, const mapi_tag_t *columns,
		  const struct mapi_prop *props, unsigned int count)
{
	bool flagged = has_errors(columns, props, count);
	unsigned int i;

	mapi_out_u8(out, flagged ? ROW_FLAGGED : ROW_STANDARD);
	for (i = 0; i < count; i++) {
		if (MAPI_TAG_TYPE(columns[i]) == PTYP_UNSPECIFIED)
			mapi_out_u16(out, MAPI_TAG_TYPE(props[i].tag));
		if (flagged)
			mapi_out_u8(out, is_error(&props[i]) ?
				    FLAG_ERROR : FLAG_VALUE);
		mapi_out_value(out, form, props[i].tag, &props[i].v);
	}
}

/* What a column's values have as their type */
static mapi_tag_t column_tag(mapi_tag_t column)
{
	uint16_t type = MAPI_TAG_TYPE(column);

	if ((type & PTYP_INSTANCE) == 0)
		return column;
	return MAPI_TAG_RETYPE(column, MAPI_BASE_TYPE(type));
}

static int
in_flagged(struct mapi_in *in, mapi_tag_t tag, struct mapi_prop *prop_r)
{
	const mapi_tag_t error_tag = MAPI_TAG_RETYPE(tag, PTYP_ERROR_CODE);

	switch (mapi_in_u8(in)) {
	case FLAG_VALUE:
		prop_r->tag = tag;
		return mapi_in_value(in, tag, &prop_r->v);
	case FLAG_ABSENT:
		prop_r->tag = error_tag;
		prop_r->v.error = ecNotFound;
		return in->broken ? -1 : 0;
	case FLAG_ERROR:
		prop_r->tag = error_tag;
		return mapi_in_value(in, error_tag, &prop_r->v);
	default:
		in->broken = TRUE;
		return -1;
	}
}

int mapi_in_row(struct mapi_in *in, const mapi_tag_t *columns,
		unsigned int count, struct mapi_prop *props_r)
{
	uint8_t kind = mapi_in_u8(in);
	mapi_tag_t tag;
	unsigned int i;
	int ret;

	if (in->broken || kind > ROW_FLAGGED) {
		in->broken = TRUE;
		return -1;
	}
	for (i = 0; i < count; i++) {
		tag = column_tag(columns[i]);
		i_zero(&props_r[i]);
		if (MAPI_TAG_TYPE(tag) == PTYP_UNSPECIFIED)
			tag = column_tag(MAPI_TAG_RETYPE(tag, mapi_in_u16(in)));
		if (kind == ROW_FLAGGED) {
			ret = in_flagged(in, tag, &props_r[i]);
		} else {
			props_r[i].tag = tag;
			ret = mapi_in_value(in, tag, &props_r[i].v);
		}
		if (ret < 0)
			return -1;
	}
	return 0;
}

/* --- sort orders ----------------------------------------------------------------- */

/* The order of groups by what they have at most stands right behind the
   categories. */
static bool sort_set_valid(const struct mapi_sort_set *set)
{
	unsigned int i, multiple = 0;

	if (set->categories > set->count || set->expanded > set->categories)
		return FALSE;
	for (i = 0; i < set->count; i++) {
		if (i < set->categories &&
		    (MAPI_TAG_TYPE(set->sorts[i].tag) & PTYP_MULTIPLE) != 0)
			multiple++;
		if (set->sorts[i].order == MAPI_SORT_MAX_CATEGORY &&
		    (i == 0 || i != set->categories))
			return FALSE;
	}
	return multiple <= 1;
}

int mapi_in_sort_set(struct mapi_in *in, struct mapi_sort_set *set_r)
{
	struct mapi_sort *sorts;
	unsigned int i;
	uint8_t order;

	i_zero(set_r);
	set_r->count = mapi_in_u16(in);
	set_r->categories = mapi_in_u16(in);
	set_r->expanded = mapi_in_u16(in);
	if (in->broken || set_r->count > mapi_in_left(in) / 5) {
		in->broken = TRUE;
		return -1;
	}
	sorts = p_new(in->pool, struct mapi_sort, I_MAX(set_r->count, 1));
	set_r->sorts = sorts;
	for (i = 0; i < set_r->count; i++) {
		sorts[i].tag = mapi_in_u32(in);
		order = mapi_in_u8(in);
		if (order != MAPI_SORT_ASCEND && order != MAPI_SORT_DESCEND &&
		    order != MAPI_SORT_MAX_CATEGORY)
			return -1;
		sorts[i].order = order;
	}
	return sort_set_valid(set_r) ? 0 : -1;
}

void mapi_out_sort_set(buffer_t *out, const struct mapi_sort_set *set)
{
	unsigned int i;

	mapi_out_u16(out, set->count);
	mapi_out_u16(out, set->categories);
	mapi_out_u16(out, set->expanded);
	for (i = 0; i < set->count; i++) {
		mapi_out_u32(out, set->sorts[i].tag);
		mapi_out_u8(out, set->sorts[i].order);
	}
}
