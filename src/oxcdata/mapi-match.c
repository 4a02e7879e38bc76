/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does an object match a restriction (MS-OXCDATA 2.12)? What it does not have matches
   nothing but NOT. */

#include "lib.h"
#include "buffer.h"
#include "oxcdata-private.h"

static const struct mapi_prop *
get(const struct mapi_matcher *m, mapi_tag_t tag)
{
	const struct mapi_prop *prop = m->get(m->context, tag);

	return prop == NULL || MAPI_TAG_TYPE(prop->tag) == PTYP_ERROR_CODE ?
		NULL : prop;
}

/* The i'th element as a value of its own. */
static void
element(const struct mapi_prop *prop, unsigned int i, struct mapi_prop *one_r)
{
	uint16_t type = MAPI_BASE_TYPE(MAPI_TAG_TYPE(prop->tag));
	const struct mapi_type_info *info = mapi_type_info(type);

	i_zero(one_r);
	one_r->tag = MAPI_TAG_RETYPE(prop->tag, type);
	switch (info->kind) {
	case MAPI_KIND_STRING:
		one_r->v.s = prop->v.mv.v.s[i];
		break;
	case MAPI_KIND_BLOB:
		one_r->v.bin = prop->v.mv.v.bin[i];
		break;
	case MAPI_KIND_DOUBLE:
		one_r->v.d = prop->v.mv.v.d[i];
		break;
	case MAPI_KIND_GUID:
		memcpy(one_r->v.guid, prop->v.mv.v.guid[i], GUID_128_SIZE);
		break;
	default:
		one_r->v.i = prop->v.mv.v.i[i];
		break;
	}
}

static const char *
text_of(const struct mapi_matcher *m, const struct mapi_prop *prop)
{
	return MAPI_BASE_TYPE(MAPI_TAG_TYPE(prop->tag)) == PTYP_STRING ?
		prop->v.s :
		mapi_text_from_cpid(pool_datastack_create(), m->cpid,
				    prop->v.s, strlen(prop->v.s));
}

static enum mapi_kind kind_of(const struct mapi_prop *prop)
{
	const struct mapi_type_info *info =
		mapi_type_info(MAPI_BASE_TYPE(MAPI_TAG_TYPE(prop->tag)));

	return info == NULL ? MAPI_KIND_NONE : info->kind;
}

static bool relop_holds(unsigned int relop, int cmp)
{
	switch (relop) {
	case MAPI_REL_LT:
		return cmp < 0;
	case MAPI_REL_LE:
		return cmp <= 0;
	case MAPI_REL_GT:
		return cmp > 0;
	case MAPI_REL_GE:
		return cmp >= 0;
	case MAPI_REL_EQ:
		return cmp == 0;
	case MAPI_REL_NE:
		return cmp != 0;
	default:
		/* no server is known to look at regular expressions */
		return FALSE;
	}
}

/* Two values that are both single or both arrays */
static bool
compare(const struct mapi_matcher *m, unsigned int relop,
	const struct mapi_prop *a, const struct mapi_prop *b)
{
	uint16_t type = MAPI_TAG_TYPE(a->tag);
	union mapi_value x, y;
	int cmp;

	if (type == MAPI_TAG_TYPE(b->tag))
		return relop_holds(relop, mapi_value_cmp(type, &a->v, &b->v));
	if (MAPI_IS_MULTIPLE(type) || MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(b->tag)) ||
	    kind_of(a) != kind_of(b))
		return FALSE;
	switch (kind_of(a)) {
	case MAPI_KIND_STRING:
		T_BEGIN {
			x.s = text_of(m, a);
			y.s = text_of(m, b);
			cmp = mapi_value_cmp(PTYP_STRING, &x, &y);
		} T_END;
		return relop_holds(relop, cmp);
	case MAPI_KIND_INT:
		cmp = mapi_value_cmp(PTYP_INTEGER64, &a->v, &b->v);
		return relop_holds(relop, cmp);
	case MAPI_KIND_DOUBLE:
		cmp = mapi_value_cmp(PTYP_FLOATING64, &a->v, &b->v);
		return relop_holds(relop, cmp);
	default:
		return FALSE;
	}
}

typedef bool single_match_t(const struct mapi_matcher *m,
			    const struct mapi_restriction *res,
			    const struct mapi_prop *prop);

/* One value does, of those that the property has. */
static bool
any_matches(const struct mapi_matcher *m, const struct mapi_restriction *res,
	    const struct mapi_prop *prop, single_match_t *match)
{
	struct mapi_prop one;
	unsigned int i;

	if (kind_of(prop) == MAPI_KIND_NONE)
		return FALSE;
	if (!MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(prop->tag)))
		return match(m, res, prop);
	for (i = 0; i < prop->v.mv.count; i++) {
		element(prop, i, &one);
		if (match(m, res, &one))
			return TRUE;
	}
	return FALSE;
}

static bool
property_matches(const struct mapi_matcher *m,
		 const struct mapi_restriction *res,
		 const struct mapi_prop *prop)
{
	return compare(m, res->relop, prop, &res->prop);
}

static bool
match_property(const struct mapi_matcher *m,
	       const struct mapi_restriction *res)
{
	const struct mapi_prop *prop;

	if (res->relop == MAPI_REL_MEMBER_OF_DL)
		return m->member != NULL && m->member(m->context, &res->prop);
	prop = get(m, res->tag);
	if (prop == NULL)
		return FALSE;
	if (MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(res->prop.tag)))
		return compare(m, res->relop, prop, &res->prop);
	return any_matches(m, res, prop, property_matches);
}

static bool match_compare(const struct mapi_matcher *m,
			  const struct mapi_restriction *res)
{
	const struct mapi_prop *a = get(m, res->tag), *b;
	struct mapi_prop copy;

	if (a == NULL)
		return FALSE;
	/* the object may give the second in the place of the first */
	mapi_prop_dup(pool_datastack_create(), a, &copy);
	b = get(m, res->tag2);
	return b != NULL && compare(m, res->relop, &copy, b);
}

static bool
text_matches(const struct mapi_restriction *res, const char *text,
	     const char *part)
{
	text = mapi_fold(text, res->fuzzy_high);
	part = mapi_fold(part, res->fuzzy_high);
	switch (res->fuzzy_low) {
	case MAPI_FL_FULLSTRING:
		return strcmp(text, part) == 0;
	case MAPI_FL_SUBSTRING:
		return strstr(text, part) != NULL;
	case MAPI_FL_PREFIX:
		return strncmp(text, part, strlen(part)) == 0;
	default:
		return FALSE;
	}
}

static bool
blob_find(const struct mapi_blob *data, const struct mapi_blob *part)
{
	size_t i;

	if (part->size == 0)
		return TRUE;
	for (i = 0; i + part->size <= data->size; i++) {
		if (data->data[i] == part->data[0] &&
		    memcmp(data->data + i, part->data, part->size) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool
blob_matches(const struct mapi_restriction *res, const struct mapi_blob *data,
	     const struct mapi_blob *part)
{
	if (part->size > data->size)
		return FALSE;
	switch (res->fuzzy_low) {
	case MAPI_FL_FULLSTRING:
		return data->size == part->size &&
			memcmp(data->data, part->data, part->size) == 0;
	case MAPI_FL_SUBSTRING:
		return blob_find(data, part);
	case MAPI_FL_PREFIX:
		return memcmp(data->data, part->data, part->size) == 0;
	default:
		return FALSE;
	}
}

static bool
content_matches(const struct mapi_matcher *m,
		const struct mapi_restriction *res,
		const struct mapi_prop *prop)
{
	if (kind_of(prop) != kind_of(&res->prop) ||
	    MAPI_IS_MULTIPLE(MAPI_TAG_TYPE(res->prop.tag)))
		return FALSE;
	if (kind_of(prop) == MAPI_KIND_STRING) {
		bool ret;

		T_BEGIN {
			ret = text_matches(res, text_of(m, prop),
					   text_of(m, &res->prop));
		} T_END;
		return ret;
	}
	return kind_of(prop) == MAPI_KIND_BLOB &&
		blob_matches(res, &prop->v.bin, &res->prop.v.bin);
}

static bool
bitmask_matches(const struct mapi_matcher *m ATTR_UNUSED,
		const struct mapi_restriction *res,
		const struct mapi_prop *prop)
{
	return kind_of(prop) == MAPI_KIND_INT &&
		((prop->v.i & res->mask) != 0) == (res->relop != 0);
}

static bool match_size(const struct mapi_matcher *m,
		       const struct mapi_restriction *res)
{
	const struct mapi_prop *prop = get(m, res->tag);
	size_t size;

	if (prop == NULL)
		return FALSE;
	size = mapi_value_size(MAPI_TAG_TYPE(prop->tag), &prop->v);
	return relop_holds(res->relop, size < res->mask ? -1 :
			   size > res->mask ? 1 : 0);
}

static bool
match_any_value(const struct mapi_matcher *m,
		const struct mapi_restriction *res, single_match_t *match)
{
	const struct mapi_prop *prop = get(m, res->tag);

	return prop != NULL && any_matches(m, res, prop, match);
}

static bool match_all(const struct mapi_matcher *m,
		      const struct mapi_restriction *res, bool wanted)
{
	unsigned int i;

	for (i = 0; i < res->subs_count; i++) {
		if (mapi_restriction_match(res->subs[i], m) != wanted)
			return !wanted;
	}
	return wanted;
}

bool mapi_restriction_match(const struct mapi_restriction *res,
			    const struct mapi_matcher *m)
{
	switch (res->type) {
	case MAPI_RES_AND:
		return match_all(m, res, TRUE);
	case MAPI_RES_OR:
		return match_all(m, res, FALSE);
	case MAPI_RES_NOT:
		return !mapi_restriction_match(res->subs[0], m);
	case MAPI_RES_CONTENT:
		return match_any_value(m, res, content_matches);
	case MAPI_RES_PROPERTY:
		return match_property(m, res);
	case MAPI_RES_COMPARE:
		return match_compare(m, res);
	case MAPI_RES_BITMASK:
		return match_any_value(m, res, bitmask_matches);
	case MAPI_RES_SIZE:
		return match_size(m, res);
	case MAPI_RES_EXIST:
		return get(m, res->tag) != NULL;
	case MAPI_RES_SUBOBJECT:
		return m->sub != NULL &&
			m->sub(m->context, res->tag, res->subs[0]);
	case MAPI_RES_COMMENT:
	case MAPI_RES_COUNT:
		/* how many may match is the table's matter */
		return res->subs_count == 0 ||
			mapi_restriction_match(res->subs[0], m);
	}
	return FALSE;
}
