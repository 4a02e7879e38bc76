/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Synchronisation: contexts and their state (MS-OXCFXICS 2.2.3.2, 3.2.5.9; MS-OXCROPS
   2.2.13). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-ics.h"

struct sync_args {
	struct mapi_ics_config config;
	struct mapi_blob restriction;
	mapi_tag_t state_tag;
	uint32_t size;
	struct mapi_blob data;
};

static uint64_t rop_folder(struct mapi_rop *rop)
{
	return ((struct mapi_folder *)rop->obj)->oid;
}

/* --- configure ---------------------------------------------------------------------------- */

static void parse_configure(struct mapi_rop *rop)
{
	struct sync_args *args = mapi_rop_args(rop, struct sync_args);

	args->config.what = mapi_in_u8(rop->in);
	args->config.send_options = mapi_in_u8(rop->in);
	args->config.flags = mapi_in_u16(rop->in);
	args->restriction.size = mapi_in_u16(rop->in);
	args->restriction.data = mapi_in_bytes(rop->in,
					       args->restriction.size);
	args->config.extra = mapi_in_u32(rop->in);
	p_array_init(&args->config.tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->config.tags);
}

static uint32_t check_restriction(struct mapi_rop *rop,
				  const struct sync_args *args)
{
	const struct mapi_restriction *res;
	struct mapi_in in;

	if (args->restriction.size == 0)
		return ecNone;
	if (args->config.what != MAPI_ICS_CONTENTS)
		return ecInvalidParam;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, args->restriction.data,
		     args->restriction.size);
	return mapi_in_restriction(&in, &res) < 0 ? ecRpcFormat : ecNone;
}

static uint32_t check_configure(struct mapi_rop *rop,
				const struct sync_args *args)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, rop_folder(rop));
	uint32_t rights;

	if (info == NULL)
		return ecObjectDeleted;
	if (args->config.what != MAPI_ICS_CONTENTS &&
	    args->config.what != MAPI_ICS_HIERARCHY)
		return ecInvalidParam;
	if ((args->config.flags & ~ICS_FLAGS_ALL) != 0 ||
	    (args->config.send_options & ~FX_SEND_ALL) != 0)
		return ecInvalidParam;
	if (mapi_folder_rights(rop, rop->logon, info, &rights) < 0)
		return mapi_store_error(rop);
	if (args->config.what == MAPI_ICS_CONTENTS &&
	    (rights & MAPI_RIGHT_READ_ANY) == 0)
		return ecNoAccess;
	return check_restriction(rop, args);
}

static uint32_t rop_configure(struct mapi_rop *rop)
{
	struct sync_args *args = rop->args;
	struct mapi_fx_source *source;
	uint32_t error = check_configure(rop, args);

	if (error != ecNone)
		return error;
	/* both places say it, and one of them is enough */
	if ((args->config.flags & ICS_UNICODE) != 0)
		args->config.send_options |= FX_SEND_UNICODE;
	source = args->config.what == MAPI_ICS_CONTENTS ?
		mapi_ics_contents_new(rop, rop_folder(rop), &args->config,
				      &args->restriction) :
		mapi_ics_hierarchy_new(rop, rop_folder(rop), &args->config);
	return mapi_rop_output(rop, &source->obj);
}

/* --- state ----------------------------------------------------------------------------------- */

/* The state that is uploaded; NULL: it is no such context, or it runs already */
static struct mapi_ics_state *rop_state(struct mapi_rop *rop)
{
	struct mapi_ics_download *download = mapi_ics_download_of(rop->obj);

	if (rop->obj->kind == MAPI_COLLECTOR)
		return &((struct mapi_ics_collector *)rop->obj)->state;
	if (download == NULL ||
	    ((struct mapi_fx_source *)rop->obj)->started)
		return NULL;
	return &download->initial;
}

static void parse_state_begin(struct mapi_rop *rop)
{
	struct sync_args *args = mapi_rop_args(rop, struct sync_args);

	args->state_tag = mapi_in_u32(rop->in);
	args->size = mapi_in_u32(rop->in);
}

static uint32_t rop_state_begin(struct mapi_rop *rop)
{
	struct sync_args *args = rop->args;
	struct mapi_ics_state *state = rop_state(rop);

	return state == NULL ? ecNotSupported :
		mapi_ics_state_begin(state, args->state_tag, args->size);
}

static void parse_state_continue(struct mapi_rop *rop)
{
	struct sync_args *args = mapi_rop_args(rop, struct sync_args);

	args->data.size = mapi_in_u32(rop->in);
	args->data.data = mapi_in_bytes(rop->in, args->data.size);
}

static uint32_t rop_state_continue(struct mapi_rop *rop)
{
	struct sync_args *args = rop->args;
	struct mapi_ics_state *state = rop_state(rop);

	return state == NULL ? ecNotSupported :
		mapi_ics_state_continue(state, args->data.data,
					args->data.size);
}

static uint32_t rop_state_end(struct mapi_rop *rop)
{
	struct mapi_ics_state *state = rop_state(rop);

	return state == NULL ? ecNotSupported : mapi_ics_state_end(state);
}

/* What was brought, until all of the download was fetched (3.2.5.9.3.1) */
static const struct mapi_ics_state *transfer_state(struct mapi_object *obj)
{
	struct mapi_fx_source *source = (struct mapi_fx_source *)obj;
	struct mapi_ics_download *download = mapi_ics_download_of(obj);

	if (obj->kind == MAPI_COLLECTOR)
		return &((struct mapi_ics_collector *)obj)->state;
	if (download == NULL)
		return NULL;
	return source->end && fx_out_left(&source->out) == 0 ?
		&download->final : &download->initial;
}

static uint32_t rop_transfer_state(struct mapi_rop *rop)
{
	const struct mapi_ics_state *state = transfer_state(rop->obj);
	struct mapi_fx_source *source;

	if (state == NULL)
		return ecNotSupported;
	if (state->broken)
		return ecRpcFormat;
	source = mapi_fx_source_of_state(rop, NULL);
	mapi_ics_state_write(state, &source->out);
	return mapi_rop_output(rop, &source->obj);
}

const struct mapi_rop_def mapi_rops_sync[] = {
	{ 0x70, "SynchronizationConfigure", MAPI_ROP_OUT, MAPI_FOLDER,
	  parse_configure, rop_configure },
	{ 0x75, "SynchronizationUploadStateStreamBegin", MAPI_ROP_IN,
	  MAPI_FX_SOURCE | MAPI_COLLECTOR, parse_state_begin,
	  rop_state_begin },
	{ 0x76, "SynchronizationUploadStateStreamContinue", MAPI_ROP_IN,
	  MAPI_FX_SOURCE | MAPI_COLLECTOR, parse_state_continue,
	  rop_state_continue },
	{ 0x77, "SynchronizationUploadStateStreamEnd", MAPI_ROP_IN,
	  MAPI_FX_SOURCE | MAPI_COLLECTOR, NULL, rop_state_end },
	{ 0x82, "SynchronizationGetTransferState", MAPI_ROP_OUT,
	  MAPI_FX_SOURCE | MAPI_COLLECTOR, NULL, rop_transfer_state },
	{ 0, NULL, 0, 0, NULL, NULL }
};
