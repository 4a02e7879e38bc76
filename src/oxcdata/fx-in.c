/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "dovetail-fx.h"
#include "oxcdata-private.h"

#define FX_CODE_PAGE 0x8000
#define CPID_UTF16 1200
enum { KIND_LID = 0, KIND_NAME = 1 };
/* A name with its end */
#define NAME_MAX_SIZE 1024

bool fx_is_marker(mapi_tag_t tag)
{
	static const mapi_tag_t markers[] = {
#define X(name, id, type) MAPI_TAG(id, type),
		MAPI_MARKER_LIST(X)
#undef X
	};

	for (unsigned int i = 0; i < N_ELEMENTS(markers); i++) {
		if (markers[i] == tag)
			return TRUE;
	}
	return FALSE;
}

void fx_in_init(struct fx_in *in, const struct fx_in_vfuncs *v, void *context)
{
	i_zero(in);
	in->v = v;
	in->context = context;
	in->hold = buffer_create_dynamic(default_pool, 4096);
}

void fx_in_deinit(struct fx_in *in)
{
	buffer_free(&in->hold);
}

bool fx_in_is_complete(const struct fx_in *in)
{
	return in->hold->used == 0 && !in->in_parts;
}

/* --- how long is it? ------------------------------------------------------------------- */

/* Each: 1 complete, 0 more is needed, -1 no stream */

/* The name behind a tag; *end_r: where it ends */
static int name_size(const struct mapi_in *in, size_t *end_r)
{
	size_t at = in->pos + GUID_128_SIZE, limit;

	if (in->size <= at)
		return 0;
	if (in->data[at] == KIND_LID) {
		*end_r = at + 5;
		return in->size >= *end_r ? 1 : 0;
	}
	if (in->data[at++] != KIND_NAME)
		return -1;
	limit = I_MIN(in->size, at + NAME_MAX_SIZE);
	for (; at + 2 <= limit; at += 2) {
		if (in->data[at] == 0 && in->data[at + 1] == 0) {
			*end_r = at + 2;
			return 1;
		}
	}
	return limit < in->size ? -1 : 0;
}

static int var_size(const struct mapi_in *in, size_t at, size_t *end_r)
{
	uint32_t size;

	if (in->size - at < sizeof(size))
		return 0;
	size = le32_to_cpu_unaligned(in->data + at);
	if (size > FX_IN_VALUE_MAX)
		return -1;
	*end_r = at + sizeof(size) + size;
	return in->size >= *end_r ? 1 : 0;
}

static bool is_variable(const struct mapi_type_info *info)
{
	return info->kind == MAPI_KIND_STRING || info->kind == MAPI_KIND_BLOB;
}

/* Of a value of a fixed size in this form */
static size_t fixed_size(const struct mapi_type_info *info)
{
	return info->kind == MAPI_KIND_BOOL ? 2 : info->size;
}

static int array_size(const struct mapi_in *in,
		      const struct mapi_type_info *info, size_t *end_r)
{
	size_t at = in->pos;
	uint32_t count;
	int ret;

	if (in->size - at < sizeof(count))
		return 0;
	count = le32_to_cpu_unaligned(in->data + at);
	at += sizeof(count);
	if (count > FX_IN_VALUE_MAX / I_MAX(info->size, 4))
		return -1;
	if (!is_variable(info)) {
		*end_r = at + (uint64_t)count * info->size;
		return in->size >= *end_r ? 1 : 0;
	}
	for (; count > 0; count--) {
		if ((ret = var_size(in, at, &at)) <= 0)
			return ret;
		if (at - in->pos > FX_IN_VALUE_MAX)
			return -1;
	}
	*end_r = at;
	return 1;
}

/* The type's, NULL: none of a stream's */
static const struct mapi_type_info *stream_type(uint16_t type)
{
	const struct mapi_type_info *info;

	if ((type & FX_CODE_PAGE) != 0)
		return mapi_type_info(PTYP_STRING8);
	info = mapi_type_info(MAPI_BASE_TYPE(type));
	if (info == NULL || info->kind == MAPI_KIND_RESTRICTION ||
	    info->type == PTYP_RULE_ACTION ||
	    (MAPI_IS_MULTIPLE(type) && !info->multiple))
		return NULL;
	return info;
}

static int value_size(const struct mapi_in *in, uint16_t type,
		      const struct mapi_type_info *info, size_t *end_r)
{
	if ((type & FX_CODE_PAGE) == 0 && MAPI_IS_MULTIPLE(type))
		return array_size(in, info, end_r);
	if (is_variable(info))
		return var_size(in, in->pos, end_r);
	*end_r = in->pos + fixed_size(info);
	return in->size >= *end_r ? 1 : 0;
}

/* --- elements ----------------------------------------------------------------------------- */

/* The value begins at in->pos: does it go out in parts? */
static bool begin_parts(struct fx_in *fx, struct mapi_in *in, mapi_tag_t tag)
{
	uint16_t type = MAPI_TAG_TYPE(tag);
	uint32_t size;

	if ((type != PTYP_BINARY && type != PTYP_OBJECT) ||
	    fx->v->wants_parts == NULL || mapi_in_left(in) < sizeof(size))
		return FALSE;
	size = le32_to_cpu_unaligned(in->data + in->pos);
	if (size < FX_IN_PARTS_MIN ||
	    !fx->v->wants_parts(fx->context, tag, size))
		return FALSE;
	(void)mapi_in_u32(in);
	fx->in_parts = TRUE;
	fx->parts_left = size;
	return TRUE;
}

/* MetaTagIdsetGiven says it is a number */
static mapi_tag_t true_tag(mapi_tag_t tag)
{
	return tag == MetaTagIdsetGiven ?
		MAPI_TAG_RETYPE(tag, PTYP_BINARY) : tag;
}

static int read_typed(struct mapi_in *in, mapi_tag_t tag,
		      struct mapi_prop *prop_r)
{
	unsigned int cpid = MAPI_TAG_TYPE(tag) & ~FX_CODE_PAGE;
	const unsigned char *data;
	uint32_t size;

	i_zero(prop_r);
	prop_r->tag = tag;
	if ((MAPI_TAG_TYPE(tag) & FX_CODE_PAGE) == 0)
		return mapi_in_value(in, tag, &prop_r->v);
	prop_r->tag = MAPI_TAG_RETYPE(tag, PTYP_STRING);
	size = mapi_in_u32(in);
	data = mapi_in_bytes(in, size);
	if (data == NULL)
		return -1;
	prop_r->v.s = cpid == CPID_UTF16 ?
		mapi_utf16_to_utf8(in->pool, data, size) :
		mapi_text_from_cpid(in->pool, cpid, data, size);
	return 0;
}

static int read_value(struct fx_in *fx, struct mapi_in *in, mapi_tag_t tag,
		      const struct mapi_name *name)
{
	const struct mapi_type_info *info = stream_type(MAPI_TAG_TYPE(tag));
	struct mapi_in value;
	struct mapi_prop prop;
	size_t end;
	int ret;

	if (info == NULL)
		return -1;
	if (begin_parts(fx, in, tag))
		return 1;
	ret = value_size(in, MAPI_TAG_TYPE(tag), info, &end);
	if (ret <= 0)
		return ret;
	mapi_in_init(&value, MAPI_FORM_FX, pool_datastack_create(),
		     in->data + in->pos, end - in->pos);
	if (read_typed(&value, tag, &prop) < 0 || mapi_in_left(&value) > 0)
		return -1;
	in->pos = end;
	fx->error = fx->v->prop(fx->context, &prop, name);
	return 1;
}

static int read_named(struct fx_in *fx, struct mapi_in *in, mapi_tag_t tag)
{
	struct mapi_name name;
	size_t end;
	int ret = name_size(in, &end);

	if (ret <= 0)
		return ret;
	i_zero(&name);
	mapi_in_guid(in, name.guid);
	if (mapi_in_u8(in) == KIND_LID)
		name.lid = mapi_in_u32(in);
	else
		name.name = mapi_in_utf16(in);
	return read_value(fx, in, tag, &name);
}

static int read_element(struct fx_in *fx, struct mapi_in *in)
{
	mapi_tag_t tag;

	if (mapi_in_left(in) < sizeof(tag))
		return 0;
	tag = mapi_in_u32(in);
	if (fx_is_marker(tag)) {
		fx->error = fx->v->marker(fx->context, tag);
		return 1;
	}
	tag = true_tag(tag);
	return MAPI_TAG_ID(tag) < MAPI_NAMED_FIRST ?
		read_value(fx, in, tag, NULL) : read_named(fx, in, tag);
}

static int read_parts(struct fx_in *fx, struct mapi_in *in)
{
	size_t size = I_MIN(fx->parts_left, mapi_in_left(in));

	if (size == 0)
		return 0;
	fx->parts_left -= size;
	fx->in_parts = fx->parts_left > 0;
	fx->error = fx->v->part(fx->context, mapi_in_bytes(in, size), size,
				!fx->in_parts);
	return 1;
}

uint32_t fx_in_feed(struct fx_in *fx, const void *data, size_t size)
{
	struct mapi_in in;
	size_t done = 0;
	int ret = 1;

	if (fx->error != ecNone)
		return fx->error;
	buffer_append(fx->hold, data, size);
	mapi_in_init(&in, MAPI_FORM_FX, NULL, fx->hold->data, fx->hold->used);
	while (ret > 0 && fx->error == ecNone && done < in.size) {
		T_BEGIN {
			in.pool = pool_datastack_create();
			in.pos = done;
			ret = fx->in_parts ? read_parts(fx, &in) :
				read_element(fx, &in);
		} T_END;
		if (ret > 0)
			done = in.pos;
	}
	buffer_delete(fx->hold, 0, done);
	if (ret < 0)
		fx->error = ecRpcFormat;
	return fx->error;
}
