/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Restrictions over the address book (MS-OXCDATA 2.12): the properties are made
   one by one as they are compared. PidTagAnr is no property but a search. */

#include "nspi.h"
#include "dovetail-mapi-props.h"

struct nspi_matcher_anr {
	const struct mapi_restriction *res;
	struct nspi_anr anr;
	bool nothing;
};

struct nspi_matcher {
	struct nspi_call *call;
	const struct mapi_restriction *res;
	struct nspi_object *obj;
	struct mapi_matcher matcher;
	struct mapi_prop prop[2];
	unsigned int prop_n;
	/* Values of one object */
	pool_t pool, call_pool;
	/* PidTagAnr of the restriction, parsed */
	ARRAY(struct nspi_matcher_anr) anrs;
};

static const struct mapi_prop *get_prop(void *context, mapi_tag_t tag)
{
	struct nspi_matcher *m = context;
	/* Two are compared at a time. */
	struct mapi_prop *prop = &m->prop[m->prop_n ^= 1];

	return nspi_prop_native(m->call, m->obj, tag, prop) ? prop : NULL;
}

static const char *anr_text(struct nspi_call *call,
			    const struct mapi_restriction *res)
{
	uint16_t type = MAPI_TAG_TYPE(res->prop.tag);

	if (type == PTYP_STRING)
		return res->prop.v.s;
	if (type == PTYP_STRING8 && call->codepage != NULL)
		return nspi_codepage_to_utf8(call->codepage, res->prop.v.s,
					     call->pool);
	return type == PTYP_STRING8 ? res->prop.v.s : "";
}

static bool is_anr(const struct mapi_restriction *res)
{
	return (res->type == MAPI_RES_PROPERTY ||
		res->type == MAPI_RES_CONTENT) &&
		MAPI_TAG_ID(res->tag) == MAPI_TAG_ID(PidTagAnr);
}

static bool match_anr(struct nspi_matcher *m,
		      const struct mapi_restriction *res)
{
	struct nspi_matcher_anr *anr;
	const struct nspi_anr *a = NULL;

	array_foreach_modifiable(&m->anrs, anr) {
		if (anr->res == res)
			a = anr->nothing ? NULL : &anr->anr;
	}
	if (a == NULL || m->obj->key == NULL)
		return FALSE;
	if (a->address != NULL)
		return strcasecmp(m->obj->entry->email, a->address) == 0;
	if (a->dn != NULL)
		return strcasecmp(nspi_object_dn(m->call, m->obj), a->dn) == 0;
	return nspi_anr_match(a, m->obj->key);
}

/* Whether PidTagAnr is anywhere in it */
static bool has_anr(const struct mapi_restriction *res)
{
	unsigned int i;

	if (is_anr(res))
		return TRUE;
	for (i = 0; i < res->subs_count; i++) {
		if (has_anr(res->subs[i]))
			return TRUE;
	}
	return FALSE;
}

static bool match(struct nspi_matcher *m, const struct mapi_restriction *res)
{
	bool all = res->type == MAPI_RES_AND;
	unsigned int i;

	if (is_anr(res))
		return match_anr(m, res);
	if (!has_anr(res))
		return mapi_restriction_match(res, &m->matcher);
	if (res->type == MAPI_RES_NOT)
		return !match(m, res->subs[0]);
	if (!all && res->type != MAPI_RES_OR)
		return res->subs_count > 0 && match(m, res->subs[0]);
	for (i = 0; i < res->subs_count; i++) {
		if (match(m, res->subs[i]) != all)
			return !all;
	}
	return all;
}

static void collect_anrs(struct nspi_matcher *m,
			 const struct mapi_restriction *res)
{
	struct nspi_matcher_anr *anr;
	unsigned int i;

	if (is_anr(res)) {
		anr = array_append_space(&m->anrs);
		anr->res = res;
		anr->nothing = !nspi_anr_parse(m->call, anr_text(m->call, res),
					       &anr->anr);
		return;
	}
	for (i = 0; i < res->subs_count; i++)
		collect_anrs(m, res->subs[i]);
}

/* What a match must have because of a PidTagAnr that is not below an Or or a Not */
static void add_prefixes(const struct nspi_matcher *m,
			 const struct mapi_restriction *res,
			 struct directory_prefixes *prefixes)
{
	const struct nspi_matcher_anr *anr;
	unsigned int i;

	if (res->type == MAPI_RES_AND) {
		for (i = 0; i < res->subs_count; i++)
			add_prefixes(m, res->subs[i], prefixes);
	}
	array_foreach(&m->anrs, anr) {
		if (anr->res != res || anr->nothing)
			continue;
		for (i = 0; i < DIRECTORY_PREFIXES; i++)
			prefixes->bits[i] |= anr->anr.prefixes.bits[i];
	}
}

void nspi_matcher_prefixes(const struct nspi_matcher *m,
			   struct directory_prefixes *prefixes_r)
{
	i_zero(prefixes_r);
	add_prefixes(m, m->res, prefixes_r);
}

struct nspi_matcher *nspi_matcher_init(struct nspi_call *call,
				       const struct mapi_restriction *res)
{
	struct nspi_matcher *m = p_new(call->pool, struct nspi_matcher, 1);

	m->call = call;
	m->res = res;
	m->matcher.get = get_prop;
	m->matcher.context = m;
	m->matcher.cpid = call->stat.cpid;
	m->pool = pool_alloconly_create("nspi match", 4096);
	p_array_init(&m->anrs, call->pool, 2);
	collect_anrs(m, res);
	return m;
}

bool nspi_matcher_match(struct nspi_matcher *m, struct nspi_object *obj)
{
	bool result, complete = obj->complete;

	/* What is made for one object is forgotten with it: there may be very
	   many. What only a lookup could tell of somebody is not looked up. */
	m->obj = obj;
	obj->complete = TRUE;
	m->call_pool = m->call->pool;
	m->call->pool = m->pool;
	T_BEGIN {
		result = match(m, m->res);
	} T_END;
	m->call->pool = m->call_pool;
	obj->complete = complete;
	obj->contact = NULL;
	obj->contact_read = FALSE;
	obj->dn = NULL;
	p_clear(m->pool);
	return result;
}

void nspi_matcher_deinit(struct nspi_matcher **_m)
{
	struct nspi_matcher *m = *_m;

	*_m = NULL;
	pool_unref(&m->pool);
}
