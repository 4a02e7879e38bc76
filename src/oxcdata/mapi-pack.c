/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bags as bytes for storage: names instead of the ids of named properties, UTF-8
   instead of UTF-16. Version 1:

   u8 version, then for each property
   u16 type, u16 id (0 of a named one), of a named one its name:
     16 bytes of GUID, u8 kind (0 LID, 1 string), u32 LID | string
   value: numbers and fixed ones as on the wire; string, binary: u32 size, bytes;
     restriction: u32 size, extended form; arrays: u32 count, elements. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

#define PACK_VERSION 1

/* --- writing ------------------------------------------------------------------------ */

static void pack_bytes(buffer_t *out, const void *data, size_t size)
{
	mapi_out_u32(out, size);
	buffer_append(out, data, size);
}

static void pack_name(buffer_t *out, const struct mapi_name *name)
{
	buffer_append(out, name->guid, GUID_128_SIZE);
	mapi_out_u8(out, name->name != NULL ? 1 : 0);
	if (name->name == NULL)
		mapi_out_u32(out, name->lid);
	else
		pack_bytes(out, name->name, strlen(name->name));
}

static void pack_restriction(buffer_t *out, const struct mapi_restriction *res)
{
	size_t start = out->used;

	mapi_out_u32(out, 0);
	mapi_out_restriction(out, MAPI_FORM_EXTENDED, res);
	mapi_out_u32_at(out, start, out->used - start - 4);
}

static void
pack_array(buffer_t *out, mapi_tag_t tag, enum mapi_kind kind,
	   const union mapi_value *v)
{
	unsigned int i;

	if (kind != MAPI_KIND_STRING && kind != MAPI_KIND_BLOB) {
		mapi_out_value(out, MAPI_FORM_EXTENDED, tag, v);
		return;
	}
	mapi_out_u32(out, v->mv.count);
	for (i = 0; i < v->mv.count; i++) {
		if (kind == MAPI_KIND_STRING)
			pack_bytes(out, v->mv.v.s[i], strlen(v->mv.v.s[i]));
		else
			pack_bytes(out, v->mv.v.bin[i].data,
				   v->mv.v.bin[i].size);
	}
}

static void pack_value(buffer_t *out, const struct mapi_prop *prop)
{
	const struct mapi_type_info *info =
		mapi_type_info(MAPI_BASE_TYPE(MAPI_TAG_TYPE(prop->tag)));

	if (MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(prop->tag))) {
		pack_array(out, prop->tag, info->kind, &prop->v);
		return;
	}
	switch (info->kind) {
	case MAPI_KIND_STRING:
		pack_bytes(out, prop->v.s, strlen(prop->v.s));
		break;
	case MAPI_KIND_BLOB:
		pack_bytes(out, prop->v.bin.data, prop->v.bin.size);
		break;
	case MAPI_KIND_RESTRICTION:
		pack_restriction(out, prop->v.res);
		break;
	default:
		mapi_out_value(out, MAPI_FORM_EXTENDED, prop->tag, &prop->v);
		break;
	}
}

void mapi_bag_pack(buffer_t *out, const struct mapi_bag *bag,
		   mapi_name_of_id_t *names, void *context)
{
	const struct mapi_prop *prop;
	const struct mapi_name *name;
	uint16_t id;

	mapi_out_u8(out, PACK_VERSION);
	array_foreach(&bag->props, prop) {
		id = MAPI_TAG_ID(prop->tag);
		name = NULL;
		if (id >= MAPI_NAMED_FIRST) {
			name = names(context, id);
			if (name == NULL)
				continue;
			id = 0;
		}
		mapi_out_u16(out, MAPI_TAG_TYPE(prop->tag));
		mapi_out_u16(out, id);
		if (name != NULL)
			pack_name(out, name);
		pack_value(out, prop);
	}
}

/* --- reading -------------------------------------------------------------------------- */

static const char *unpack_string(struct mapi_in *in)
{
	size_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	return data == NULL ? "" : p_strndup(in->pool, data, size);
}

static void unpack_blob(struct mapi_in *in, struct mapi_blob *blob_r)
{
	size_t size = mapi_in_u32(in);

	blob_r->data = mapi_in_bytes(in, size);
	blob_r->size = blob_r->data == NULL ? 0 : size;
}

static void unpack_name(struct mapi_in *in, struct mapi_name *name_r)
{
	uint8_t kind;

	i_zero(name_r);
	mapi_in_guid(in, name_r->guid);
	kind = mapi_in_u8(in);
	if (kind == 0)
		name_r->lid = mapi_in_u32(in);
	else if (kind == 1)
		name_r->name = unpack_string(in);
	else
		in->broken = TRUE;
}

static void
unpack_array(struct mapi_in *in, mapi_tag_t tag, enum mapi_kind kind,
	     union mapi_value *v_r)
{
	struct mapi_blob *bin = NULL;
	const char **s = NULL;
	uint32_t i, count;

	if (kind != MAPI_KIND_STRING && kind != MAPI_KIND_BLOB) {
		(void)mapi_in_value(in, tag, v_r);
		return;
	}
	count = mapi_in_u32(in);
	if (count > mapi_in_left(in) / sizeof(uint32_t))
		in->broken = TRUE;
	if (in->broken)
		return;
	v_r->mv.count = count;
	if (kind == MAPI_KIND_STRING)
		v_r->mv.v.s = s = p_new(in->pool, const char *, I_MAX(count, 1));
	else
		v_r->mv.v.bin = bin = p_new(in->pool, struct mapi_blob,
					    I_MAX(count, 1));
	for (i = 0; i < count; i++) {
		if (s != NULL)
			s[i] = unpack_string(in);
		else
			unpack_blob(in, &bin[i]);
	}
}

static void unpack_restriction(struct mapi_in *in, union mapi_value *v_r)
{
	struct mapi_blob blob;
	struct mapi_in sub;

	unpack_blob(in, &blob);
	mapi_in_init(&sub, MAPI_FORM_EXTENDED, in->pool, blob.data, blob.size);
	if (in->broken || mapi_in_restriction(&sub, &v_r->res) < 0 ||
	    mapi_in_left(&sub) > 0)
		in->broken = TRUE;
}

static void
unpack_value(struct mapi_in *in, mapi_tag_t tag, union mapi_value *v_r)
{
	uint16_t type = MAPI_TAG_TYPE(tag);
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	i_zero(v_r);
	if (info == NULL || (type & PTYP_INSTANCE) != 0 ||
	    (MAPI_IS_MULTIPLE(type) && !info->multiple)) {
		in->broken = TRUE;
		return;
	}
	if (MAPI_IS_MULTIPLE(type)) {
		unpack_array(in, tag, info->kind, v_r);
		return;
	}
	switch (info->kind) {
	case MAPI_KIND_STRING:
		v_r->s = unpack_string(in);
		break;
	case MAPI_KIND_BLOB:
		unpack_blob(in, &v_r->bin);
		break;
	case MAPI_KIND_RESTRICTION:
		unpack_restriction(in, v_r);
		break;
	default:
		(void)mapi_in_value(in, tag, v_r);
		break;
	}
}

int mapi_bag_unpack(struct mapi_bag *bag, const void *data, size_t size,
		    mapi_id_of_name_t *ids, void *context)
{
	union mapi_value v;
	struct mapi_name name;
	struct mapi_in in;
	uint16_t type, id;
	bool named;

	mapi_in_init(&in, MAPI_FORM_EXTENDED, bag->pool, data, size);
	if (mapi_in_u8(&in) != PACK_VERSION)
		return -1;
	while (mapi_in_left(&in) > 0) {
		type = mapi_in_u16(&in);
		id = mapi_in_u16(&in);
		named = id == 0;
		if (named)
			unpack_name(&in, &name);
		unpack_value(&in, MAPI_TAG(id, type), &v);
		if (in.broken)
			return -1;
		if (named)
			id = ids(context, &name);
		if (id != 0)
			mapi_bag_set(bag, MAPI_TAG(id, type), &v);
	}
	return 0;
}
