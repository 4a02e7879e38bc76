/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Restrictions on the wire (MS-OXCDATA 2.12). */

#include "lib.h"
#include "buffer.h"
#include "oxcdata-private.h"

/* The shortest: an AND of nothing */
#define RESTRICTION_MIN_SIZE 3
/* Tag of a comment's value */
#define PROP_MIN_SIZE 4

static bool counts_are_wide(enum mapi_form form)
{
	return form == MAPI_FORM_NSPI || form == MAPI_FORM_EXTENDED;
}

/* --- reading --------------------------------------------------------------------- */

static int in_sub(struct mapi_in *in, struct mapi_restriction *res)
{
	const struct mapi_restriction **sub =
		p_new(in->pool, const struct mapi_restriction *, 1);

	if (mapi_in_restriction(in, sub) < 0)
		return -1;
	res->subs = sub;
	res->subs_count = 1;
	return 0;
}

static int in_subs(struct mapi_in *in, struct mapi_restriction *res)
{
	uint32_t i, count = counts_are_wide(in->form) ? mapi_in_u32(in) :
		mapi_in_u16(in);
	const struct mapi_restriction **subs;

	if (count > mapi_in_left(in) / RESTRICTION_MIN_SIZE)
		return -1;
	subs = p_new(in->pool, const struct mapi_restriction *,
		     I_MAX(count, 1));
	for (i = 0; i < count; i++) {
		if (mapi_in_restriction(in, &subs[i]) < 0)
			return -1;
	}
	res->subs = subs;
	res->subs_count = count;
	return 0;
}

/* Clients of NSPI over HTTP are seen to put an octet before the tagged value, as if
   it were optional. No type's low byte is 0xff, so it cannot be one of the tag's. */
static int in_tagged(struct mapi_in *in, struct mapi_prop *prop_r)
{
	if (in->form == MAPI_FORM_NSPI && mapi_in_left(in) > 0 &&
	    in->data[in->pos] == 0xff)
		in->pos++;
	return mapi_in_prop(in, prop_r);
}

static int in_relop(struct mapi_in *in, struct mapi_restriction *res)
{
	res->relop = mapi_in_u8(in);
	return res->relop <= MAPI_REL_RE ||
		res->relop == MAPI_REL_MEMBER_OF_DL ? 0 : -1;
}

static int in_comment(struct mapi_in *in, struct mapi_restriction *res)
{
	unsigned int i, count = mapi_in_u8(in);
	struct mapi_prop *props;

	if (count > mapi_in_left(in) / PROP_MIN_SIZE)
		return -1;
	props = p_new(in->pool, struct mapi_prop, I_MAX(count, 1));
	for (i = 0; i < count; i++) {
		if (in_tagged(in, &props[i]) < 0)
			return -1;
	}
	res->comments = props;
	res->comments_count = count;
	return mapi_in_u8(in) != 0 ? in_sub(in, res) : 0;
}

static int in_content(struct mapi_in *in, struct mapi_restriction *res)
{
	res->fuzzy_low = mapi_in_u16(in);
	res->fuzzy_high = mapi_in_u16(in);
	res->tag = mapi_in_u32(in);
	return in_tagged(in, &res->prop);
}

static int in_body(struct mapi_in *in, struct mapi_restriction *res)
{
	switch (res->type) {
	case MAPI_RES_AND:
	case MAPI_RES_OR:
		return in_subs(in, res);
	case MAPI_RES_NOT:
		return in_sub(in, res);
	case MAPI_RES_CONTENT:
		return in_content(in, res);
	case MAPI_RES_PROPERTY:
		if (in_relop(in, res) < 0)
			return -1;
		res->tag = mapi_in_u32(in);
		return in_tagged(in, &res->prop);
	case MAPI_RES_COMPARE:
		if (in_relop(in, res) < 0)
			return -1;
		res->tag = mapi_in_u32(in);
		res->tag2 = mapi_in_u32(in);
		return 0;
	case MAPI_RES_BITMASK:
		res->relop = mapi_in_u8(in);
		res->tag = mapi_in_u32(in);
		res->mask = mapi_in_u32(in);
		return res->relop <= 1 ? 0 : -1;
	case MAPI_RES_SIZE:
		if (in_relop(in, res) < 0)
			return -1;
		res->tag = mapi_in_u32(in);
		res->mask = mapi_in_u32(in);
		return 0;
	case MAPI_RES_EXIST:
		res->tag = mapi_in_u32(in);
		return 0;
	case MAPI_RES_SUBOBJECT:
		res->tag = mapi_in_u32(in);
		return in_sub(in, res);
	case MAPI_RES_COMMENT:
		return in_comment(in, res);
	case MAPI_RES_COUNT:
		res->mask = mapi_in_u32(in);
		return in_sub(in, res);
	}
	return -1;
}

int mapi_in_restriction(struct mapi_in *in,
			const struct mapi_restriction **res_r)
{
	struct mapi_restriction *res;
	int ret = -1;

	*res_r = NULL;
	if (in->depth < MAPI_RESTRICTION_MAX_DEPTH && mapi_in_left(in) > 0) {
		res = p_new(in->pool, struct mapi_restriction, 1);
		in->depth++;
		res->type = mapi_in_u8(in);
		ret = in_body(in, res);
		in->depth--;
		*res_r = res;
	}
	if (ret < 0)
		in->broken = TRUE;
	if (in->broken)
		*res_r = NULL;
	return in->broken ? -1 : 0;
}

/* --- writing ---------------------------------------------------------------------- */

static void
out_tagged(buffer_t *out, enum mapi_form form, const struct mapi_prop *prop)
{
	if (form == MAPI_FORM_NSPI)
		mapi_out_u8(out, 0xff);
	mapi_out_prop(out, form, prop);
}

static void
out_subs(buffer_t *out, enum mapi_form form, const struct mapi_restriction *res)
{
	unsigned int i;

	for (i = 0; i < res->subs_count; i++)
		mapi_out_restriction(out, form, res->subs[i]);
}

static void
out_comment(buffer_t *out, enum mapi_form form,
	    const struct mapi_restriction *res)
{
	unsigned int i;

	mapi_out_u8(out, res->comments_count);
	for (i = 0; i < res->comments_count; i++)
		out_tagged(out, form, &res->comments[i]);
	mapi_out_u8(out, res->subs_count > 0 ? 1 : 0);
	out_subs(out, form, res);
}

void mapi_out_restriction(buffer_t *out, enum mapi_form form,
			  const struct mapi_restriction *res)
{
	mapi_out_u8(out, res->type);
	switch (res->type) {
	case MAPI_RES_AND:
	case MAPI_RES_OR:
		if (counts_are_wide(form))
			mapi_out_u32(out, res->subs_count);
		else
			mapi_out_u16(out, res->subs_count);
		break;
	case MAPI_RES_CONTENT:
		mapi_out_u16(out, res->fuzzy_low);
		mapi_out_u16(out, res->fuzzy_high);
		mapi_out_u32(out, res->tag);
		out_tagged(out, form, &res->prop);
		break;
	case MAPI_RES_PROPERTY:
		mapi_out_u8(out, res->relop);
		mapi_out_u32(out, res->tag);
		out_tagged(out, form, &res->prop);
		break;
	case MAPI_RES_COMPARE:
		mapi_out_u8(out, res->relop);
		mapi_out_u32(out, res->tag);
		mapi_out_u32(out, res->tag2);
		break;
	case MAPI_RES_BITMASK:
	case MAPI_RES_SIZE:
		mapi_out_u8(out, res->relop);
		mapi_out_u32(out, res->tag);
		mapi_out_u32(out, res->mask);
		break;
	case MAPI_RES_EXIST:
	case MAPI_RES_SUBOBJECT:
		mapi_out_u32(out, res->tag);
		break;
	case MAPI_RES_COUNT:
		mapi_out_u32(out, res->mask);
		break;
	case MAPI_RES_COMMENT:
		out_comment(out, form, res);
		return;
	case MAPI_RES_NOT:
		break;
	}
	out_subs(out, form, res);
}

/* --- copies ------------------------------------------------------------------------- */

void mapi_restriction_dup(pool_t pool, const struct mapi_restriction *src,
			  const struct mapi_restriction **dest_r)
{
	struct mapi_restriction *dest;
	const struct mapi_restriction **subs;
	struct mapi_prop *comments;
	unsigned int i;

	dest = p_memdup(pool, src, sizeof(*src));
	if (src->type == MAPI_RES_CONTENT || src->type == MAPI_RES_PROPERTY)
		mapi_prop_dup(pool, &src->prop, &dest->prop);
	subs = p_new(pool, const struct mapi_restriction *,
		     I_MAX(src->subs_count, 1));
	for (i = 0; i < src->subs_count; i++)
		mapi_restriction_dup(pool, src->subs[i], &subs[i]);
	dest->subs = subs;
	comments = p_new(pool, struct mapi_prop, I_MAX(src->comments_count, 1));
	for (i = 0; i < src->comments_count; i++)
		mapi_prop_dup(pool, &src->comments[i], &comments[i]);
	dest->comments = comments;
	*dest_r = dest;
}

bool mapi_restriction_equals(const struct mapi_restriction *a,
			     const struct mapi_restriction *b)
{
	bool ret;

	T_BEGIN {
		buffer_t *x = t_buffer_create(256), *y = t_buffer_create(256);

		mapi_out_restriction(x, MAPI_FORM_EXTENDED, a);
		mapi_out_restriction(y, MAPI_FORM_EXTENDED, b);
		ret = buffer_cmp(x, y);
	} T_END;
	return ret;
}
