/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetProps, GetPropList, QueryColumns (MS-OXNSPI 3.1.4.1.7, .6, .5;
   MS-OXCMAPIHTTP 2.2.5.7, .6, .13). */

#include "nspi.h"

/* --- GetProps ---------------------------------------------------------------------------------- */

static bool has_string8(const ARRAY_TYPE(mapi_tag) *tags)
{
	mapi_tag_t tag;

	array_foreach_elem(tags, tag) {
		if ((MAPI_TAG_TYPE(tag) & ~PTYP_MULTIPLE) == PTYP_STRING8)
			return TRUE;
	}
	return FALSE;
}

/* Code page 1200 is allowed where nothing is asked in 8 bits. */
static uint32_t props_codepage(struct nspi_call *call,
			       const ARRAY_TYPE(mapi_tag) *tags, bool given)
{
	if (call->has_stat && call->stat.cpid == NSPI_CP_UNICODE &&
	    (!given || !has_string8(tags)))
		return ecNone;
	return nspi_need_stat(call);
}

/* The STAT's container is not looked at: Exchange answers for any (product
   behavior of 3.1.4.1.7), and so the object is found after its book has gone from
   the client's list. */
static uint32_t get_props(struct nspi_call *call, ARRAY_TYPE(mapi_tag) *tags,
			  bool given, struct mapi_prop **props_r)
{
	struct nspi_object obj;
	unsigned int i, missing = 0;
	uint32_t error = props_codepage(call, tags, given);
	mapi_tag_t tag;
	int ret;

	if (error != ecNone)
		return error;
	ret = nspi_object_find(call, call->stat.current, &obj);
	if (ret < 0)
		return ecError;
	if (!given && ret == 0)
		return ecError;
	if (!given) {
		nspi_prop_list(call, &obj,
			       call->stat.cpid == NSPI_CP_UNICODE,
			       (call->flags & NSPI_SKIP_OBJECTS) == 0, tags);
	}
	if (array_count(tags) > NSPI_MAX_COLUMNS)
		return ecTableTooBig;
	*props_r = p_new(call->pool, struct mapi_prop, array_count(tags) + 1);
	i = 0;
	array_foreach_elem(tags, tag) {
		if (!nspi_prop_get(call, ret > 0 ? &obj : NULL, tag,
				   &(*props_r)[i++]))
			missing++;
	}
	return missing > 0 ? ecWarnWithErrors : ecNone;
}

bool nspi_op_get_props(struct nspi_call *call)
{
	ARRAY_TYPE(mapi_tag) tags;
	struct mapi_prop *props = NULL;
	uint32_t error;
	bool given;

	call->flags = mapi_in_u32(&call->in);
	nspi_in_stat(call);
	if (nspi_in_columns(call, &tags, &given) < 0 || !nspi_in_end(call))
		return FALSE;
	error = get_props(call, &tags, given, &props);
	nspi_out_error(call, error);
	mapi_out_u32(call->out, call->stat.cpid);
	nspi_out_bool(call, props != NULL);
	if (props != NULL)
		nspi_out_props(call, props, array_count(&tags));
	return TRUE;
}

/* --- lists of tags ------------------------------------------------------------------------------- */

static void out_tag_list(struct nspi_call *call, uint32_t error,
			 const ARRAY_TYPE(mapi_tag) *tags)
{
	nspi_out_error(call, error);
	nspi_out_bool(call, error == ecNone);
	if (error == ecNone)
		nspi_out_tags(call, tags);
}

/* MId 0 has every property: what Exchange answers, and its clients ask. */
static uint32_t get_prop_list(struct nspi_call *call, uint32_t mid,
			      uint32_t cpid, ARRAY_TYPE(mapi_tag) *tags)
{
	bool objects = (call->flags & NSPI_SKIP_OBJECTS) == 0;
	bool unicode = cpid == NSPI_CP_UNICODE;
	struct nspi_object obj;
	int ret = 1;

	if (!unicode && !nspi_codepage_supported(cpid))
		return NSPI_INVALID_CODEPAGE;
	if (mid != 0)
		ret = nspi_object_find(call, mid, &obj);
	if (ret <= 0)
		return ecError;
	nspi_prop_list(call, mid == 0 ? NULL : &obj, unicode,
		       mid == 0 || objects, tags);
	return ecNone;
}

bool nspi_op_get_prop_list(struct nspi_call *call)
{
	ARRAY_TYPE(mapi_tag) tags;
	uint32_t mid, cpid, error;

	call->flags = mapi_in_u32(&call->in);
	mid = mapi_in_u32(&call->in);
	cpid = mapi_in_u32(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	p_array_init(&tags, call->pool, 64);
	error = get_prop_list(call, mid, cpid, &tags);
	out_tag_list(call, error, &tags);
	return TRUE;
}

bool nspi_op_query_columns(struct nspi_call *call)
{
	ARRAY_TYPE(mapi_tag) tags;
	uint32_t flags;

	(void)mapi_in_u32(&call->in);	/* Reserved */
	flags = mapi_in_u32(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	p_array_init(&tags, call->pool, 64);
	nspi_prop_list(call, NULL, (flags & NSPI_UNICODE_PROPTYPES) != 0, TRUE,
		       &tags);
	out_tag_list(call, ecNone, &tags);
	return TRUE;
}
