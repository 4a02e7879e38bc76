/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties of one object. */

#include "lib.h"
#include "array.h"
#include "oxcdata-private.h"

void mapi_bag_init(struct mapi_bag *bag_r, pool_t pool)
{
	i_zero(bag_r);
	bag_r->pool = pool;
	p_array_init(&bag_r->props, pool, 16);
}

/* One type, whichever of the two string types it is */
static uint16_t type_class(mapi_tag_t tag)
{
	uint16_t type = MAPI_TAG_TYPE(tag);

	return MAPI_BASE_TYPE(type) != PTYP_STRING8 ? type :
		(type & (PTYP_MULTIPLE | PTYP_INSTANCE)) | PTYP_STRING;
}

static struct mapi_prop *
bag_find(const struct mapi_bag *bag, mapi_tag_t tag)
{
	struct mapi_prop *prop;

	array_foreach_modifiable(&bag->props, prop) {
		if (MAPI_TAG_ID(prop->tag) == MAPI_TAG_ID(tag) &&
		    type_class(prop->tag) == type_class(tag))
			return prop;
	}
	return NULL;
}

const struct mapi_prop *mapi_bag_get(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop;

	if (MAPI_TAG_TYPE(tag) != PTYP_UNSPECIFIED)
		return bag_find(bag, tag);
	array_foreach(&bag->props, prop) {
		if (MAPI_TAG_ID(prop->tag) == MAPI_TAG_ID(tag))
			return prop;
	}
	return NULL;
}

void mapi_bag_set(struct mapi_bag *bag, mapi_tag_t tag,
		  const union mapi_value *value)
{
	struct mapi_prop *prop = bag_find(bag, tag);
	union mapi_value copy;

	/* value may be one of the bag's own */
	mapi_value_dup(bag->pool, tag, value, &copy);
	if (prop == NULL)
		prop = array_append_space(&bag->props);
	prop->tag = tag;
	prop->v = copy;
}

bool mapi_bag_unset(struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, tag);

	if (prop == NULL)
		return FALSE;
	array_delete(&bag->props, array_foreach_idx(&bag->props, prop), 1);
	return TRUE;
}

void mapi_bag_set_int(struct mapi_bag *bag, mapi_tag_t tag, int64_t i)
{
	union mapi_value v = { .i = mapi_int_narrow(MAPI_TAG_TYPE(tag), i) };

	mapi_bag_set(bag, tag, &v);
}

void mapi_bag_set_bool(struct mapi_bag *bag, mapi_tag_t tag, bool b)
{
	union mapi_value v = { .b = b };

	mapi_bag_set(bag, tag, &v);
}

void mapi_bag_set_str(struct mapi_bag *bag, mapi_tag_t tag, const char *s)
{
	union mapi_value v = { .s = s };

	mapi_bag_set(bag, tag, &v);
}

void mapi_bag_set_time(struct mapi_bag *bag, mapi_tag_t tag, time_t t)
{
	union mapi_value v = { .i = mapi_time(t) };

	mapi_bag_set(bag, tag, &v);
}

void mapi_bag_set_bin(struct mapi_bag *bag, mapi_tag_t tag,
		      const void *data, size_t size)
{
	union mapi_value v = { .bin = { .data = data, .size = size } };

	mapi_bag_set(bag, tag, &v);
}

/* Found by its id, if it is of the kind asked for */
static const struct mapi_prop *
bag_get_kind(const struct mapi_bag *bag, mapi_tag_t tag, enum mapi_kind kind)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, tag);
	const struct mapi_type_info *info;

	if (prop == NULL && kind == MAPI_KIND_INT)
		prop = mapi_bag_get(bag, MAPI_TAG_RETYPE(tag, PTYP_UNSPECIFIED));
	if (prop == NULL || MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(prop->tag)))
		return NULL;
	info = mapi_type_info(MAPI_TAG_TYPE(prop->tag));
	return info != NULL && info->kind == kind ? prop : NULL;
}

int64_t mapi_bag_get_int(const struct mapi_bag *bag, mapi_tag_t tag,
			 int64_t dflt)
{
	const struct mapi_prop *prop = bag_get_kind(bag, tag, MAPI_KIND_INT);

	return prop != NULL ? prop->v.i : dflt;
}

bool mapi_bag_get_bool(const struct mapi_bag *bag, mapi_tag_t tag, bool dflt)
{
	const struct mapi_prop *prop = bag_get_kind(bag, tag, MAPI_KIND_BOOL);

	return prop != NULL ? prop->v.b : dflt;
}

const char *mapi_bag_get_str(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop = bag_get_kind(bag, tag, MAPI_KIND_STRING);

	return prop != NULL ? prop->v.s : NULL;
}

const struct mapi_blob *
mapi_bag_get_bin(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop = bag_get_kind(bag, tag, MAPI_KIND_BLOB);

	return prop != NULL ? &prop->v.bin : NULL;
}

time_t mapi_bag_get_time(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, tag);

	return prop == NULL || MAPI_TAG_TYPE(prop->tag) != PTYP_TIME ? 0 :
		mapi_time_unix(prop->v.i);
}
