/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Property values on the wire (MS-OXCDATA 2.11.1 to 2.11.4; MS-OXCMAPIHTTP 2.2.1.1 to
   2.2.1.4; MS-OXCFXICS 2.2.4.1). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

/* AddressBookPropertyValue's HasValue */
#define HAS_VALUE 0xff
/* FastTransfer: a string type of a code page */
#define FX_CODE_PAGE 0x8000
#define CPID_UTF16 1200

/* --- reading: single values -------------------------------------------------------- */

static uint64_t in_number(struct mapi_in *in, unsigned int size)
{
	switch (size) {
	case 2:
		return mapi_in_u16(in);
	case 4:
		return mapi_in_u32(in);
	default:
		return mapi_in_u64(in);
	}
}

static double in_double(struct mapi_in *in, unsigned int size)
{
	uint64_t bits = in_number(in, size);
	uint32_t bits32 = bits;
	float f;
	double d;

	if (size == 4) {
		memcpy(&f, &bits32, sizeof(f));
		return f;
	}
	memcpy(&d, &bits, sizeof(d));
	return d;
}

/* NSPI says before strings, binaries and arrays whether there is one. */
static bool in_has_value(struct mapi_in *in)
{
	return in->form != MAPI_FORM_NSPI || mapi_in_u8(in) != 0;
}

static const char *in_string_fx(struct mapi_in *in, uint16_t type)
{
	size_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	if (data == NULL)
		return "";
	return type == PTYP_STRING ? mapi_utf16_to_utf8(in->pool, data, size) :
		p_strndup(in->pool, data, size);
}

static const char *in_string(struct mapi_in *in, uint16_t type)
{
	if (in->form == MAPI_FORM_FX)
		return in_string_fx(in, type);
	if (!in_has_value(in))
		return "";
	return type == PTYP_STRING ? mapi_in_utf16(in) : mapi_in_str8(in);
}

static void
in_sized(struct mapi_in *in, size_t size, struct mapi_blob *blob_r)
{
	blob_r->data = mapi_in_bytes(in, size);
	blob_r->size = blob_r->data == NULL ? 0 : size;
}

/* Count and actions of a RuleAction: its bytes */
static void in_rule_action(struct mapi_in *in, struct mapi_blob *blob_r)
{
	size_t start = in->pos;
	unsigned int i, count = mapi_in_u16(in);

	for (i = 0; i < count && !in->broken; i++)
		(void)mapi_in_bytes(in, mapi_in_u16(in));
	blob_r->data = in->data + start;
	blob_r->size = in->broken ? 0 : in->pos - start;
}

static void
in_blob(struct mapi_in *in, uint16_t type, struct mapi_blob *blob_r)
{
	bool wide = in->form != MAPI_FORM_ROP;

	switch (type) {
	case PTYP_OBJECT:
		in_sized(in, in->form == MAPI_FORM_FX ? mapi_in_u32(in) : 0,
			 blob_r);
		break;
	case PTYP_RULE_ACTION:
		in_rule_action(in, blob_r);
		break;
	case PTYP_SERVER_ID:
		wide = in->form == MAPI_FORM_FX;
		in_sized(in, wide ? mapi_in_u32(in) : mapi_in_u16(in), blob_r);
		break;
	default:
		if (!in_has_value(in))
			in_sized(in, 0, blob_r);
		else
			in_sized(in, wide ? mapi_in_u32(in) : mapi_in_u16(in),
				 blob_r);
		break;
	}
}

static void
in_single(struct mapi_in *in, const struct mapi_type_info *info,
	  union mapi_value *v_r)
{
	switch (info->kind) {
	case MAPI_KIND_NONE:
		break;
	case MAPI_KIND_INT:
		v_r->i = mapi_int_narrow(info->type, in_number(in, info->size));
		break;
	case MAPI_KIND_DOUBLE:
		v_r->d = in_double(in, info->size);
		break;
	case MAPI_KIND_BOOL:
		v_r->b = mapi_in_bool(in);
		break;
	case MAPI_KIND_ERROR:
		v_r->error = mapi_in_u32(in);
		break;
	case MAPI_KIND_STRING:
		v_r->s = in_string(in, info->type);
		break;
	case MAPI_KIND_BLOB:
		in_blob(in, info->type, &v_r->bin);
		break;
	case MAPI_KIND_GUID:
		mapi_in_guid(in, v_r->guid);
		break;
	case MAPI_KIND_RESTRICTION:
		if (mapi_in_restriction(in, &v_r->res) < 0)
			in->broken = TRUE;
		break;
	}
}

/* --- reading: arrays ------------------------------------------------------------------ */

/* The least that an element takes: no count that the input cannot hold gets memory. */
static size_t
element_min(const struct mapi_in *in, const struct mapi_type_info *info)
{
	switch (info->kind) {
	case MAPI_KIND_STRING:
		if (in->form == MAPI_FORM_FX)
			return 4;
		return in->form == MAPI_FORM_NSPI ||
			info->type == PTYP_STRING8 ? 1 : 2;
	case MAPI_KIND_BLOB:
		return in->form == MAPI_FORM_NSPI ? 1 :
			in->form == MAPI_FORM_ROP ? 2 : 4;
	default:
		return info->size;
	}
}

static void
in_array_strings(struct mapi_in *in, uint16_t type, unsigned int count,
		 union mapi_value *v_r)
{
	const char **s = p_new(in->pool, const char *, count);
	unsigned int i;

	for (i = 0; i < count; i++)
		s[i] = in_string(in, type);
	v_r->mv.v.s = s;
}

static void
in_array_blobs(struct mapi_in *in, uint16_t type, unsigned int count,
	       union mapi_value *v_r)
{
	struct mapi_blob *bin = p_new(in->pool, struct mapi_blob, count);
	unsigned int i;

	for (i = 0; i < count; i++)
		in_blob(in, type, &bin[i]);
	v_r->mv.v.bin = bin;
}

static void
in_array_fixed(struct mapi_in *in, const struct mapi_type_info *info,
	       unsigned int count, union mapi_value *v_r)
{
	int64_t *nums;
	double *d;
	guid_128_t *guids;
	unsigned int i;

	if (info->kind == MAPI_KIND_GUID) {
		guids = p_malloc(in->pool, count * sizeof(*guids));
		for (i = 0; i < count; i++)
			mapi_in_guid(in, guids[i]);
		v_r->mv.v.guid = (const void *)guids;
	} else if (info->kind == MAPI_KIND_DOUBLE) {
		d = p_new(in->pool, double, count);
		for (i = 0; i < count; i++)
			d[i] = in_double(in, info->size);
		v_r->mv.v.d = d;
	} else {
		nums = p_new(in->pool, int64_t, count);
		for (i = 0; i < count; i++) {
			nums[i] = mapi_int_narrow(info->type,
						  in_number(in, info->size));
		}
		v_r->mv.v.i = nums;
	}
}

static void
in_array(struct mapi_in *in, const struct mapi_type_info *info,
	 union mapi_value *v_r)
{
	uint32_t count = in_has_value(in) ? mapi_in_u32(in) : 0;

	if (count > mapi_in_left(in) / element_min(in, info))
		in->broken = TRUE;
	if (in->broken || count == 0)
		return;
	v_r->mv.count = count;
	if (info->kind == MAPI_KIND_STRING)
		in_array_strings(in, info->type, count, v_r);
	else if (info->kind == MAPI_KIND_BLOB)
		in_array_blobs(in, info->type, count, v_r);
	else
		in_array_fixed(in, info, count, v_r);
}

/* FastTransfer streams have no restrictions and no rule actions. */
static bool
type_is_allowed(const struct mapi_in *in, const struct mapi_type_info *info,
		bool multiple)
{
	if (info == NULL || (multiple && !info->multiple))
		return FALSE;
	return in->form != MAPI_FORM_FX ||
		(info->type != PTYP_RESTRICTION &&
		 info->type != PTYP_RULE_ACTION);
}

int mapi_in_value(struct mapi_in *in, mapi_tag_t tag, union mapi_value *v_r)
{
	uint16_t type = MAPI_TAG_TYPE(tag);
	bool multiple = MAPI_IS_MULTIPLE(type);
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	i_zero(v_r);
	if (!type_is_allowed(in, info, multiple)) {
		in->broken = TRUE;
		return -1;
	}
	if (multiple)
		in_array(in, info, v_r);
	else
		in_single(in, info, v_r);
	if (in->broken) {
		/* nothing of a broken value is looked at */
		i_zero(v_r);
		return -1;
	}
	return 0;
}

/* --- reading: values with tags ---------------------------------------------------------- */

/* A string in a code page: as UTF-8 */
static int
in_code_page(struct mapi_in *in, struct mapi_prop *prop_r)
{
	unsigned int cpid = MAPI_TAG_TYPE(prop_r->tag) & ~FX_CODE_PAGE;
	size_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	if (data == NULL)
		return -1;
	prop_r->tag = MAPI_TAG_RETYPE(prop_r->tag, PTYP_STRING);
	prop_r->v.s = cpid == CPID_UTF16 ?
		mapi_utf16_to_utf8(in->pool, data, size) :
		mapi_text_from_cpid(in->pool, cpid, data, size);
	return 0;
}

/* One value of many, as a value is: no property has the type of instances. */
static mapi_tag_t plain_tag(mapi_tag_t tag)
{
	uint16_t type = MAPI_TAG_TYPE(tag);

	return (type & PTYP_INSTANCE) == 0 ? tag :
		MAPI_TAG_RETYPE(tag, MAPI_BASE_TYPE(type));
}

int mapi_in_prop(struct mapi_in *in, struct mapi_prop *prop_r)
{
	i_zero(prop_r);
	prop_r->tag = plain_tag(mapi_in_u32(in));
	if (in->form == MAPI_FORM_FX &&
	    (MAPI_TAG_TYPE(prop_r->tag) & FX_CODE_PAGE) != 0)
		return in_code_page(in, prop_r);
	return mapi_in_value(in, prop_r->tag, &prop_r->v);
}

int mapi_in_typed(struct mapi_in *in, mapi_tag_t *tag, union mapi_value *v_r)
{
	*tag = plain_tag(MAPI_TAG_RETYPE(*tag, mapi_in_u16(in)));
	return mapi_in_value(in, *tag, v_r);
}

static uint32_t in_count(struct mapi_in *in)
{
	return in->form == MAPI_FORM_ROP ? mapi_in_u16(in) : mapi_in_u32(in);
}

int mapi_in_tags(struct mapi_in *in, ARRAY_TYPE(mapi_tag) *tags_r)
{
	uint32_t i, count = in_count(in);
	mapi_tag_t tag;

	if (in->broken || count > mapi_in_left(in) / sizeof(tag)) {
		in->broken = TRUE;
		return -1;
	}
	for (i = 0; i < count; i++) {
		tag = mapi_in_u32(in);
		array_push_back(tags_r, &tag);
	}
	return 0;
}

int mapi_in_prop_array(struct mapi_in *in, ARRAY_TYPE(mapi_prop) *props_r)
{
	uint32_t i, count = in_count(in);
	struct mapi_prop prop;

	/* each has its tag */
	if (in->broken || count > mapi_in_left(in) / sizeof(mapi_tag_t)) {
		in->broken = TRUE;
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (mapi_in_prop(in, &prop) < 0)
			return -1;
		array_push_back(props_r, &prop);
	}
	return 0;
}

int mapi_in_props(struct mapi_in *in, struct mapi_bag *bag)
{
	ARRAY_TYPE(mapi_prop) props;
	const struct mapi_prop *prop;

	p_array_init(&props, in->pool, 16);
	if (mapi_in_prop_array(in, &props) < 0)
		return -1;
	array_foreach(&props, prop)
		mapi_bag_set(bag, prop->tag, &prop->v);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static void out_number(buffer_t *out, unsigned int size, uint64_t v)
{
	switch (size) {
	case 2:
		mapi_out_u16(out, v);
		break;
	case 4:
		mapi_out_u32(out, v);
		break;
	default:
		mapi_out_u64(out, v);
		break;
	}
}

static void out_double(buffer_t *out, unsigned int size, double d)
{
	uint64_t bits;
	uint32_t bits32;
	float f = d;

	if (size == 4) {
		memcpy(&bits32, &f, sizeof(bits32));
		mapi_out_u32(out, bits32);
	} else {
		memcpy(&bits, &d, sizeof(bits));
		mapi_out_u64(out, bits);
	}
}

static void out_has_value(buffer_t *out, enum mapi_form form)
{
	if (form == MAPI_FORM_NSPI)
		mapi_out_u8(out, HAS_VALUE);
}

static void
out_string(buffer_t *out, enum mapi_form form, uint16_t type, const char *s)
{
	size_t start;

	out_has_value(out, form);
	start = out->used;
	if (form == MAPI_FORM_FX)
		mapi_out_u32(out, 0);
	if (type == PTYP_STRING)
		mapi_out_utf16(out, s);
	else
		mapi_out_str8(out, s);
	if (form == MAPI_FORM_FX)
		mapi_out_u32_at(out, start, out->used - start - 4);
}

static void
out_blob(buffer_t *out, enum mapi_form form, uint16_t type,
	 const struct mapi_blob *bin)
{
	bool wide = form != MAPI_FORM_ROP;
	size_t size = bin->size;

	if (type == PTYP_OBJECT && form != MAPI_FORM_FX)
		return;
	if (type == PTYP_SERVER_ID)
		wide = form == MAPI_FORM_FX;
	if (type == PTYP_BINARY)
		out_has_value(out, form);
	if (type == PTYP_RULE_ACTION) {
		if (size == 0)
			mapi_out_u16(out, 0);
	} else if (wide) {
		size = I_MIN(size, UINT32_MAX);
		mapi_out_u32(out, size);
	} else {
		size = I_MIN(size, UINT16_MAX);
		mapi_out_u16(out, size);
	}
	buffer_append(out, bin->data, size);
}

static void
out_single(buffer_t *out, enum mapi_form form,
	   const struct mapi_type_info *info, const union mapi_value *v)
{
	switch (info->kind) {
	case MAPI_KIND_NONE:
		break;
	case MAPI_KIND_INT:
		out_number(out, info->size, v->i);
		break;
	case MAPI_KIND_DOUBLE:
		out_double(out, info->size, v->d);
		break;
	case MAPI_KIND_BOOL:
		if (form == MAPI_FORM_FX)
			mapi_out_u16(out, v->b ? 1 : 0);
		else
			mapi_out_u8(out, v->b ? 1 : 0);
		break;
	case MAPI_KIND_ERROR:
		mapi_out_u32(out, v->error);
		break;
	case MAPI_KIND_STRING:
		out_string(out, form, info->type, v->s);
		break;
	case MAPI_KIND_BLOB:
		out_blob(out, form, info->type, &v->bin);
		break;
	case MAPI_KIND_GUID:
		buffer_append(out, v->guid, GUID_128_SIZE);
		break;
	case MAPI_KIND_RESTRICTION:
		mapi_out_restriction(out, form, v->res);
		break;
	}
}

static void
out_array(buffer_t *out, enum mapi_form form,
	  const struct mapi_type_info *info, const union mapi_value *v)
{
	unsigned int i;

	out_has_value(out, form);
	mapi_out_u32(out, v->mv.count);
	for (i = 0; i < v->mv.count; i++) {
		switch (info->kind) {
		case MAPI_KIND_STRING:
			out_string(out, form, info->type, v->mv.v.s[i]);
			break;
		case MAPI_KIND_BLOB:
			out_blob(out, form, info->type, &v->mv.v.bin[i]);
			break;
		case MAPI_KIND_DOUBLE:
			out_double(out, info->size, v->mv.v.d[i]);
			break;
		case MAPI_KIND_GUID:
			buffer_append(out, v->mv.v.guid[i], GUID_128_SIZE);
			break;
		default:
			out_number(out, info->size, v->mv.v.i[i]);
			break;
		}
	}
}

void mapi_out_value(buffer_t *out, enum mapi_form form, mapi_tag_t tag,
		    const union mapi_value *v)
{
	uint16_t type = MAPI_TAG_TYPE(tag);
	const struct mapi_type_info *info = mapi_type_info(MAPI_BASE_TYPE(type));

	/* a type that has no values is a fault of the caller */
	i_assert(info != NULL);
	if (MAPI_IS_MULTIPLE(type))
		out_array(out, form, info, v);
	else
		out_single(out, form, info, v);
}

void mapi_out_prop(buffer_t *out, enum mapi_form form,
		   const struct mapi_prop *prop)
{
	mapi_out_u32(out, prop->tag);
	mapi_out_value(out, form, prop->tag, &prop->v);
}

static void out_count(buffer_t *out, enum mapi_form form, unsigned int count)
{
	if (form == MAPI_FORM_ROP)
		mapi_out_u16(out, count);
	else
		mapi_out_u32(out, count);
}

void mapi_out_tags(buffer_t *out, enum mapi_form form, const mapi_tag_t *tags,
		   unsigned int count)
{
	unsigned int i;

	out_count(out, form, count);
	for (i = 0; i < count; i++)
		mapi_out_u32(out, tags[i]);
}

void mapi_out_props(buffer_t *out, enum mapi_form form,
		    const struct mapi_prop *props, unsigned int count)
{
	unsigned int i;

	out_count(out, form, count);
	for (i = 0; i < count; i++)
		mapi_out_prop(out, form, &props[i]);
}
