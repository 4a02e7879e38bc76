/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the bodies of MS-OXCMAPIHTTP 2.2.5 are made of. Reading past the end sets
   call->in.broken, which is asked once at the end of the body. */

#include "nspi.h"

void nspi_in_stat(struct nspi_call *call)
{
	struct nspi_stat *stat = &call->stat;

	call->has_stat = mapi_in_u8(&call->in) != 0;
	if (!call->has_stat)
		return;
	stat->sort_type = mapi_in_u32(&call->in);
	stat->container = mapi_in_u32(&call->in);
	stat->current = mapi_in_u32(&call->in);
	stat->delta = (int32_t)mapi_in_u32(&call->in);
	stat->num_pos = mapi_in_u32(&call->in);
	stat->total = mapi_in_u32(&call->in);
	stat->cpid = mapi_in_u32(&call->in);
	stat->template_lcid = mapi_in_u32(&call->in);
	stat->sort_lcid = mapi_in_u32(&call->in);
}

int nspi_in_mids(struct nspi_call *call, ARRAY_TYPE(uint32_t) *mids_r)
{
	uint32_t mid, count = mapi_in_u32(&call->in);

	if (count > NSPI_MAX_MIDS || count > mapi_in_left(&call->in) / 4) {
		call->in.broken = TRUE;
		return -1;
	}
	while (count-- > 0) {
		mid = mapi_in_u32(&call->in);
		array_push_back(mids_r, &mid);
	}
	return 0;
}

int nspi_in_columns(struct nspi_call *call, ARRAY_TYPE(mapi_tag) *tags_r,
		    bool *given_r)
{
	p_array_init(tags_r, call->pool, 16);
	*given_r = mapi_in_u8(&call->in) != 0;
	if (!*given_r)
		return 0;
	if (mapi_in_tags(&call->in, tags_r) < 0) {
		call->in.broken = TRUE;
		return -1;
	}
	return 0;
}

/* Some clients leave the AUX buffer's size out. */
bool nspi_in_end(struct nspi_call *call)
{
	uint32_t size;

	if (!call->in.broken && mapi_in_left(&call->in) > 0) {
		size = mapi_in_u32(&call->in);
		if (size > mapi_in_left(&call->in))
			call->in.broken = TRUE;
	}
	return !call->in.broken;
}

void nspi_out_bool(struct nspi_call *call, bool value)
{
	mapi_out_u8(call->out, value ? 0xff : 0x00);
}

void nspi_out_guid(buffer_t *out, const guid_128_t guid)
{
	buffer_append(out, guid, GUID_128_SIZE);
}

void nspi_out_stat(struct nspi_call *call, const struct nspi_stat *stat)
{
	nspi_out_bool(call, call->has_stat);
	if (!call->has_stat)
		return;
	mapi_out_u32(call->out, stat->sort_type);
	mapi_out_u32(call->out, stat->container);
	mapi_out_u32(call->out, stat->current);
	mapi_out_u32(call->out, (uint32_t)stat->delta);
	mapi_out_u32(call->out, stat->num_pos);
	mapi_out_u32(call->out, stat->total);
	mapi_out_u32(call->out, stat->cpid);
	mapi_out_u32(call->out, stat->template_lcid);
	mapi_out_u32(call->out, stat->sort_lcid);
}

void nspi_out_error(struct nspi_call *call, uint32_t error)
{
	mapi_out_u32(call->out, 0);
	mapi_out_u32(call->out, error);
}

void nspi_out_tags(struct nspi_call *call, const ARRAY_TYPE(mapi_tag) *tags)
{
	mapi_tag_t tag;

	mapi_out_u32(call->out, array_count(tags));
	array_foreach_elem(tags, tag)
		mapi_out_u32(call->out, tag);
}

void nspi_out_mids(struct nspi_call *call, const ARRAY_TYPE(uint32_t) *mids)
{
	uint32_t mid;

	nspi_out_bool(call, mids != NULL);
	if (mids == NULL)
		return;
	mapi_out_u32(call->out, array_count(mids));
	array_foreach_elem(mids, mid)
		mapi_out_u32(call->out, mid);
}

void nspi_out_props(struct nspi_call *call, const struct mapi_prop *props,
		    unsigned int count)
{
	unsigned int i;

	mapi_out_u32(call->out, count);
	for (i = 0; i < count; i++)
		mapi_out_prop(call->out, MAPI_FORM_NSPI, &props[i]);
}

void nspi_out_end(struct nspi_call *call)
{
	mapi_out_u32(call->out, 0);
}
