/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's state: four sets, uploaded in pieces, told again when all is done
   (MS-OXCFXICS 2.2.1.1, 2.2.3.2.2, 2.2.4.3.25, 3.2.5.2). */

#include "mapi.h"
#include "mapi-ics.h"

/* One property, serialised */
#define STATE_MAX_SIZE (32 * 1024 * 1024)

void mapi_ics_state_init(struct mapi_ics_state *state, pool_t pool,
			 enum mapi_ics_what what, bool upload)
{
	i_zero(state);
	state->pool = pool;
	state->what = what;
	state->upload = upload;
	mapi_idset_init(&state->given, pool, TRUE);
	mapi_idset_init(&state->seen, pool, TRUE);
	mapi_idset_init(&state->seen_fai, pool, TRUE);
	mapi_idset_init(&state->read, pool, TRUE);
}

void mapi_ics_state_deinit(struct mapi_ics_state *state)
{
	buffer_free(&state->data);
}

void mapi_ics_state_copy(struct mapi_ics_state *dest,
			 const struct mapi_ics_state *src)
{
	mapi_idset_merge(&dest->given, &src->given);
	mapi_idset_merge(&dest->seen, &src->seen);
	mapi_idset_merge(&dest->seen_fai, &src->seen_fai);
	mapi_idset_merge(&dest->read, &src->read);
}

static struct mapi_idset *
state_set(struct mapi_ics_state *state, mapi_tag_t tag)
{
	/* its tag says number or binary: both are read (3.2.5.2.1) */
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(MetaTagIdsetGiven):
		return &state->given;
	case MAPI_TAG_ID(MetaTagCnsetSeen):
		return &state->seen;
	case MAPI_TAG_ID(MetaTagCnsetSeenFAI):
		return &state->seen_fai;
	case MAPI_TAG_ID(MetaTagCnsetRead):
		return &state->read;
	}
	return NULL;
}

uint32_t mapi_ics_state_begin(struct mapi_ics_state *state, mapi_tag_t tag,
			      uint32_t size)
{
	if (state->broken)
		return ecRpcFormat;
	if (state_set(state, tag) == NULL)
		return ecInvalidParam;
	if (size > STATE_MAX_SIZE)
		return ecTooBig;
	state->tag = tag;
	if (state->data == NULL)
		state->data = buffer_create_dynamic(default_pool, 256);
	buffer_set_used_size(state->data, 0);
	return ecNone;
}

uint32_t mapi_ics_state_continue(struct mapi_ics_state *state,
				 const void *data, size_t size)
{
	if (state->broken)
		return ecRpcFormat;
	if (state->tag == 0)
		return ecInvalidParam;
	if (state->data->used + size > STATE_MAX_SIZE)
		return ecTooBig;
	buffer_append(state->data, data, size);
	return ecNone;
}

uint32_t mapi_ics_state_end(struct mapi_ics_state *state)
{
	struct mapi_idset *set, parsed;

	if (state->broken)
		return ecRpcFormat;
	if (state->tag == 0)
		return ecInvalidParam;
	set = state_set(state, state->tag);
	state->tag = 0;
	mapi_idset_init(&parsed, state->pool, TRUE);
	if (mapi_idset_parse(&parsed, state->data->data,
			     state->data->used) < 0) {
		state->broken = TRUE;
		return ecRpcFormat;
	}
	*set = parsed;
	buffer_free(&state->data);
	return ecNone;
}

void mapi_ics_out_idset(struct fx_out *out, mapi_tag_t tag,
			const struct mapi_idset *set)
{
	buffer_t *data = buffer_create_dynamic(default_pool, 256);

	mapi_idset_write(data, set);
	fx_out_binary(out, tag, data->data, data->used);
	buffer_free(&data);
}

void mapi_ics_state_write(const struct mapi_ics_state *state,
			  struct fx_out *out)
{
	bool contents = state->what == MAPI_ICS_CONTENTS;

	fx_out_marker(out, MarkIncrSyncStateBegin);
	mapi_ics_out_idset(out, MetaTagCnsetSeen, &state->seen);
	if (contents)
		mapi_ics_out_idset(out, MetaTagCnsetSeenFAI, &state->seen_fai);
	if (!state->upload)
		mapi_ics_out_idset(out, MetaTagIdsetGiven, &state->given);
	if (contents)
		mapi_ics_out_idset(out, MetaTagCnsetRead, &state->read);
	fx_out_marker(out, MarkIncrSyncStateEnd);
}

/* --- ids ------------------------------------------------------------------------------ */

void mapi_ics_add_id(struct mapi_rop *rop, const struct mapi_logon *logon,
		     struct mapi_idset *set, mapi_id_t id)
{
	struct mapi_long_id long_id;

	if (mapi_long_id_of_wire(rop, logon, id, &long_id))
		mapi_idset_add(set, long_id.guid, long_id.globcnt);
}

/* The REPLID of a GUID that the client has ids of. One that nobody knows here gets a
   number, as its ids have to be named to be gone. */
static int replid_of(struct mapi_rop *rop, const struct mapi_logon *logon,
		     const guid_128_t guid, uint16_t *replid_r)
{
	*replid_r = MAPI_REPLID_OWN;
	if (memcmp(guid, logon->replica_guid, GUID_128_SIZE) == 0)
		return 0;
	return store_replica_id(rop->store, logon->view, guid, TRUE,
				replid_r) > 0 ? 0 : -1;
}

uint32_t mapi_ics_gone(struct mapi_rop *rop, const struct mapi_logon *logon,
		       const struct mapi_idset *given,
		       const struct mapi_idset *present,
		       struct mapi_idset *gone)
{
	const struct mapi_idset_replica *replica;
	const struct mapi_idset_range *range;
	struct mapi_idset rest;
	uint16_t replid;

	mapi_idset_init(&rest, rop->pool, TRUE);
	mapi_idset_merge(&rest, given);
	mapi_idset_subtract(&rest, present);
	array_foreach(&rest.replicas, replica) {
		if (array_is_empty(&replica->ranges))
			continue;
		if (replid_of(rop, logon, replica->guid, &replid) < 0)
			return mapi_store_error(rop);
		array_foreach(&replica->ranges, range) {
			mapi_idset_add_id_range(gone, replid, range->low,
						range->high);
		}
	}
	return ecNone;
}

void mapi_ics_forget(struct mapi_rop *rop, const struct mapi_logon *logon,
		     struct mapi_idset *given, const struct mapi_idset *gone)
{
	const struct mapi_idset_replica *replica;
	const struct mapi_idset_range *range;
	struct mapi_long_id long_id;
	struct mapi_idset minus;

	mapi_idset_init(&minus, rop->pool, TRUE);
	array_foreach(&gone->replicas, replica) {
		if (!mapi_long_id_of_wire(rop, logon,
					  mapi_id(replica->replid, 1),
					  &long_id))
			continue;
		array_foreach(&replica->ranges, range) {
			mapi_idset_add_range(&minus, long_id.guid, range->low,
					     range->high);
		}
	}
	mapi_idset_subtract(given, &minus);
}

void mapi_ics_download_init(struct mapi_ics_download *download, pool_t pool,
			    uint64_t folder,
			    const struct mapi_ics_config *config)
{
	download->pool = pool;
	download->folder = folder;
	download->config = *config;
	p_array_init(&download->config.tags, pool,
		     I_MAX(array_count(&config->tags), 1));
	array_append_array(&download->config.tags, &config->tags);
	mapi_ics_state_init(&download->initial, pool, config->what, FALSE);
	mapi_ics_state_init(&download->final, pool, config->what, FALSE);
	download->filter.tags = &download->config.tags;
	download->filter.only = (config->flags & ICS_ONLY_SPECIFIED) != 0;
	download->filter.best_body = (config->flags & ICS_BEST_BODY) != 0;
	download->fai_filter = download->filter;
	if (download->filter.only &&
	    (config->flags & ICS_IGNORE_SPECIFIED_ON_FAI) != 0) {
		download->fai_filter.tags = NULL;
		download->fai_filter.only = FALSE;
	}
}
