/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties in TNEF (MS-OXTNEF 2.1.3.4): values fill words of four bytes, those of
   variable length have a count of values, which is 1 where there is but one. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "tnef-private.h"

#define NAME_MAX_SIZE 1024

static const guid_128_t iid_message = {
	0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 };
static const guid_128_t iid_storage = {
	0x0b, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 };

static void skip_padding(struct mapi_in *in, size_t size)
{
	size_t pad = (4 - size % 4) % 4;

	/* the last one may be missing */
	(void)mapi_in_bytes(in, I_MIN(pad, mapi_in_left(in)));
}

static struct mapi_blob read_sized(struct mapi_in *in)
{
	struct mapi_blob blob = { .size = mapi_in_u32(in) };

	blob.data = mapi_in_bytes(in, blob.size);
	if (blob.data == NULL) {
		in->broken = TRUE;
		blob.data = (const unsigned char *)"";
		blob.size = 0;
	}
	skip_padding(in, blob.size);
	return blob;
}

static const char *utf16(pool_t pool, const struct mapi_blob *blob)
{
	struct mapi_in in;
	unsigned char *copy = p_malloc(pool, blob->size + 2);

	/* it may end without its zero, or have some before */
	memcpy(copy, blob->data, blob->size & ~(size_t)1);
	mapi_in_init(&in, MAPI_FORM_ROP, pool, copy, blob->size + 2);
	return mapi_in_utf16(&in);
}

static const char *
string8(struct tnef_stream *stream, const struct mapi_blob *blob)
{
	pool_t pool = stream->reader->pool;
	union mapi_value src, dest;

	src.s = p_strndup(pool, blob->data, blob->size);
	if (!mapi_value_convert(pool, MAPI_TAG(1, PTYP_STRING8), &src,
				MAPI_TAG(1, PTYP_STRING), stream->cpid, &dest))
		return "";
	return dest.s;
}

static void read_fixed(struct mapi_in *in, uint16_t type, union mapi_value *v_r)
{
	union {
		uint32_t u;
		float f;
	} f;
	union {
		uint64_t u;
		double d;
	} d;

	switch (type) {
	case PTYP_INTEGER16:
		v_r->i = (int16_t)mapi_in_u32(in);
		break;
	case PTYP_INTEGER32:
		v_r->i = (int32_t)mapi_in_u32(in);
		break;
	case PTYP_ERROR_CODE:
		v_r->error = mapi_in_u32(in);
		break;
	case PTYP_BOOLEAN:
		v_r->b = (mapi_in_u32(in) & 0xffff) != 0;
		break;
	case PTYP_FLOATING32:
		f.u = mapi_in_u32(in);
		v_r->d = f.f;
		break;
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		d.u = mapi_in_u64(in);
		v_r->d = d.d;
		break;
	case PTYP_GUID:
		mapi_in_guid(in, v_r->guid);
		break;
	default:
		v_r->i = mapi_in_u64(in);
		break;
	}
}

static bool is_variable(uint16_t type)
{
	return type == PTYP_STRING || type == PTYP_STRING8 ||
		type == PTYP_BINARY || type == PTYP_OBJECT;
}

static bool is_fixed(uint16_t type)
{
	switch (type) {
	case PTYP_INTEGER16:
	case PTYP_INTEGER32:
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_CURRENCY:
	case PTYP_FLOATING_TIME:
	case PTYP_ERROR_CODE:
	case PTYP_BOOLEAN:
	case PTYP_INTEGER64:
	case PTYP_TIME:
	case PTYP_GUID:
		return TRUE;
	default:
		return FALSE;
	}
}

static void read_variable(struct tnef_stream *stream, struct mapi_in *in,
			  uint16_t type, union mapi_value *v_r)
{
	struct mapi_blob blob = read_sized(in);

	if (type == PTYP_STRING)
		v_r->s = utf16(stream->reader->pool, &blob);
	else if (type == PTYP_STRING8)
		v_r->s = string8(stream, &blob);
	else
		v_r->bin = blob;
}

/* Values of one kind each in an array of its own */
static void read_multiple(struct tnef_stream *stream, struct mapi_in *in,
			  uint16_t type, unsigned int count,
			  union mapi_value *v_r)
{
	pool_t pool = stream->reader->pool;
	union mapi_value *one = p_new(pool, union mapi_value, count + 1);
	const char **s = p_new(pool, const char *, count + 1);
	struct mapi_blob *bin = p_new(pool, struct mapi_blob, count + 1);
	int64_t *i = p_new(pool, int64_t, count + 1);
	double *d = p_new(pool, double, count + 1);
	guid_128_t *guid = p_malloc(pool, sizeof(guid_128_t) * (count + 1));
	unsigned int n;

	for (n = 0; n < count && !in->broken; n++) {
		if (is_variable(type))
			read_variable(stream, in, type, &one[n]);
		else
			read_fixed(in, type, &one[n]);
		s[n] = one[n].s;
		bin[n] = one[n].bin;
		i[n] = one[n].i;
		d[n] = one[n].d;
		memcpy(guid[n], one[n].guid, sizeof(guid[n]));
	}
	v_r->mv.count = n;
	switch (type) {
	case PTYP_STRING:
	case PTYP_STRING8:
		v_r->mv.v.s = s;
		break;
	case PTYP_BINARY:
		v_r->mv.v.bin = bin;
		break;
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		v_r->mv.v.d = d;
		break;
	case PTYP_GUID:
		v_r->mv.v.guid = (const guid_128_t *)guid;
		break;
	default:
		v_r->mv.v.i = i;
		break;
	}
}

/* FALSE: the value cannot be read, nor what comes behind it */
static bool read_value(struct tnef_stream *stream, struct mapi_in *in,
		       uint16_t type, union mapi_value *v_r)
{
	uint16_t base = type & ~PTYP_MULTIPLE;
	uint32_t count;

	if (is_fixed(base) && (type & PTYP_MULTIPLE) == 0) {
		read_fixed(in, base, v_r);
		return !in->broken;
	}
	if (type == PTYP_NULL || type == PTYP_UNSPECIFIED)
		return !in->broken;
	if (!is_fixed(base) && !is_variable(base))
		return FALSE;
	count = mapi_in_u32(in);
	/* each has four bytes at least */
	if (in->broken || count > mapi_in_left(in) / 4)
		return FALSE;
	if ((type & PTYP_MULTIPLE) != 0) {
		stream->reader->props += count / 8;
		read_multiple(stream, in, base, count, v_r);
	} else if (count == 0) {
		i_zero(v_r);
		v_r->s = "";
		if (base == PTYP_BINARY || base == PTYP_OBJECT) {
			v_r->bin.data = (const unsigned char *)"";
			v_r->bin.size = 0;
		}
	} else {
		read_variable(stream, in, base, v_r);
		while (--count > 0 && !in->broken)
			(void)read_sized(in);
	}
	return !in->broken;
}

/* PropNameID or string, then the number: 0 if there is none here */
static uint16_t read_name(struct tnef_stream *stream, struct mapi_in *in)
{
	struct tnef_reader *r = stream->reader;
	struct mapi_blob blob;
	struct mapi_name name;
	uint16_t id;

	i_zero(&name);
	mapi_in_guid(in, name.guid);
	if (mapi_in_u32(in) == 0) {
		name.lid = mapi_in_u32(in);
	} else {
		blob = read_sized(in);
		if (blob.size > NAME_MAX_SIZE)
			return 0;
		name.name = utf16(r->pool, &blob);
	}
	if (in->broken)
		return 0;
	id = mapi_static_id(&name);
	if (id == 0 && r->id_of_name != NULL && !mapi_name_is_mapi(&name))
		id = r->id_of_name(r->context, &name);
	return id;
}

static void take_object(struct tnef_object *object, mapi_tag_t tag,
			const union mapi_value *v)
{
	struct mapi_blob blob = v->bin;

	if (MAPI_TAG_TYPE(tag) == PTYP_OBJECT) {
		if (blob.size < GUID_128_SIZE)
			return;
		object->is_message =
			memcmp(blob.data, iid_message, GUID_128_SIZE) == 0;
		object->is_storage =
			memcmp(blob.data, iid_storage, GUID_128_SIZE) == 0;
		blob.data += GUID_128_SIZE;
		blob.size -= GUID_128_SIZE;
	}
	object->data = blob;
}

/* Types that are the string's whatever they were */
static mapi_tag_t unicode_tag(mapi_tag_t tag)
{
	uint16_t type = MAPI_TAG_TYPE(tag);

	if ((type & ~PTYP_MULTIPLE) != PTYP_STRING8)
		return tag;
	return MAPI_TAG_RETYPE(tag, PTYP_STRING | (type & PTYP_MULTIPLE));
}

static bool read_prop(struct tnef_stream *stream, struct mapi_in *in,
		      struct mapi_bag *bag, struct tnef_object *object)
{
	union mapi_value v;
	uint16_t type, id;
	mapi_tag_t tag;

	if (++stream->reader->props > TNEF_MAX_PROPS)
		return FALSE;
	type = mapi_in_u16(in);
	id = mapi_in_u16(in);
	if (id >= MAPI_NAMED_FIRST)
		id = read_name(stream, in);
	i_zero(&v);
	if (in->broken || !read_value(stream, in, type, &v))
		return FALSE;
	tag = unicode_tag(MAPI_TAG(id, type));
	if (id == MAPI_TAG_ID(PidTagAttachDataBinary) && object != NULL)
		take_object(object, tag, &v);
	else if (id != 0 && type != PTYP_NULL && type != PTYP_UNSPECIFIED &&
		 (type & ~PTYP_MULTIPLE) != PTYP_OBJECT)
		mapi_bag_set(bag, tag, &v);
	return TRUE;
}

bool tnef_read_props(struct tnef_stream *stream, struct mapi_in *in,
		     struct mapi_bag *bag, struct tnef_object *object)
{
	uint32_t count = mapi_in_u32(in);

	while (count-- > 0 && !in->broken) {
		if (!read_prop(stream, in, bag, object))
			return FALSE;
	}
	return !in->broken;
}
