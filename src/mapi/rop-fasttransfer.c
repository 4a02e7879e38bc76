/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* FastTransfer: ROPs that begin, read and write streams (MS-OXCFXICS 2.2.3.1,
   3.2.5.8; MS-OXCROPS 2.2.12). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-fx.h"

/* TransferStatus */
enum { STATUS_ERROR = 0, STATUS_PARTIAL = 1, STATUS_DONE = 3 };
/* The client leaves the size to us */
#define SIZE_SENTINEL 0xbabe
/* of the answer before the data: status, two counts, reserved, size */
#define GET_HEAD 9
/* No piece of a stream that may not be split is longer */
#define PIECE_MAX 1100
/* Milliseconds that a client waits for a store that is busy */
#define BACKOFF 1000

struct fx_args {
	uint16_t size, max_size;
};

/* --- GetBuffer -------------------------------------------------------------------------- */

static void parse_get_buffer(struct mapi_rop *rop)
{
	struct fx_args *args = mapi_rop_args(rop, struct fx_args);

	args->size = mapi_in_u16(rop->in);
	if (args->size == SIZE_SENTINEL)
		args->max_size = mapi_in_u16(rop->in);
}

/* Steps as 16 bits say them */
static void out_steps_at(buffer_t *out, size_t at,
			 const struct mapi_fx_source *source)
{
	unsigned int shift = 0;

	while ((source->steps_total >> shift) > 0xffff)
		shift++;
	mapi_out_u16_at(out, at, source->steps >> shift);
	mapi_out_u16_at(out, at + 2, source->steps_total >> shift);
}

static uint32_t get_failed(struct mapi_rop *rop, uint32_t error)
{
	rop->keep_payload = TRUE;
	mapi_out_u16(rop->out, STATUS_ERROR);
	buffer_append_zero(rop->out, GET_HEAD - 2);
	if (error == ecServerBusy)
		mapi_out_u32(rop->out, BACKOFF);
	return error;
}

static bool is_done(const struct mapi_fx_source *source)
{
	return source->end && fx_out_left(&source->out) == 0;
}

/* How much goes out at most; FALSE: the answer has no room for what was asked */
static bool get_room(struct mapi_rop *rop, const struct fx_args *args,
		     size_t *room_r)
{
	size_t room = mapi_rop_room(rop);

	room = room < GET_HEAD ? 0 : room - GET_HEAD;
	if (args->size == SIZE_SENTINEL)
		*room_r = I_MIN(room, args->max_size);
	else
		*room_r = args->size;
	return *room_r <= room;
}

static uint32_t rop_get_buffer(struct mapi_rop *rop)
{
	struct mapi_fx_source *source = (struct mapi_fx_source *)rop->obj;
	struct fx_args *args = rop->args;
	size_t room, at = rop->out->used;
	uint32_t error;

	if (!get_room(rop, args, &room)) {
		mapi_rop_too_small(rop, GET_HEAD + room);
		return ecNone;
	}
	buffer_append_zero(rop->out, GET_HEAD);
	error = mapi_fx_source_get(rop, source, rop->out, room);
	if (error != ecNone) {
		buffer_set_used_size(rop->out, at);
		return get_failed(rop, error);
	}
	if (rop->out->used == at + GET_HEAD && room < PIECE_MAX &&
	    !is_done(source)) {
		/* what comes next does not fit: nothing is lost */
		mapi_rop_too_small(rop, GET_HEAD + PIECE_MAX);
		return ecNone;
	}
	mapi_out_u16_at(rop->out, at, is_done(source) ? STATUS_DONE :
			STATUS_PARTIAL);
	out_steps_at(rop->out, at + 2, source);
	mapi_out_u16_at(rop->out, at + 7,
			rop->out->used - at - GET_HEAD);
	rop->more = !is_done(source);
	return ecNone;
}

/* --- sources ------------------------------------------------------------------------------ */

/* CopyFlags */
#define COPY_TO_ALL 0x260f
#define COPY_BEST_BODY 0x2000
#define COPY_PROPS_ALL 0x0f
#define COPY_MESSAGES_ALL 0x3f
#define COPY_SEND_ENTRY_ID 0x20
#define COPY_FOLDER_ALL 0x1f
#define COPY_MOVE 0x01
#define COPY_SUBFOLDERS 0x10

struct copy_args {
	uint8_t level, send_options;
	uint32_t flags;
	ARRAY_TYPE(mapi_tag) tags;
	ARRAY_TYPE(mapi_id) ids;
};

static void parse_copy_to(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	args->level = mapi_in_u8(rop->in);
	args->flags = mapi_in_u32(rop->in);
	args->send_options = mapi_in_u8(rop->in);
	p_array_init(&args->tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->tags);
}

static void parse_copy_props(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	args->level = mapi_in_u8(rop->in);
	args->flags = mapi_in_u8(rop->in);
	args->send_options = mapi_in_u8(rop->in);
	p_array_init(&args->tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &args->tags);
}

static uint32_t check_copy(struct mapi_rop *rop, const struct copy_args *args,
			   uint32_t known)
{
	const struct mapi_folder_info *info;
	uint32_t rights;

	if ((args->flags & ~known) != 0 ||
	    (args->send_options & ~FX_SEND_ALL) != 0)
		return ecInvalidParam;
	if (rop->obj->kind != MAPI_FOLDER)
		return ecNone;
	info = mapi_tree_find(rop, rop->logon,
			      ((struct mapi_folder *)rop->obj)->oid);
	if (info == NULL)
		return ecObjectDeleted;
	if (mapi_folder_rights(rop, rop->logon, info, &rights) < 0)
		return mapi_store_error(rop);
	return (rights & MAPI_RIGHT_READ_ANY) != 0 ? ecNone : ecNoAccess;
}

static uint32_t copy_object(struct mapi_rop *rop, struct copy_args *args,
			    bool only)
{
	struct mapi_fx_filter filter = {
		.tags = &args->tags, .only = only,
		.best_body = !only && (args->flags & COPY_BEST_BODY) != 0,
	};
	struct mapi_fx_source *source;
	uint32_t error;

	/* of attachments it has no meaning */
	filter.shallow = args->level != 0 && rop->obj->kind != MAPI_ATTACH;
	error = rop->obj->kind == MAPI_FOLDER ?
		mapi_fx_copy_folder(rop, FALSE, TRUE, &filter,
				    args->send_options, &source) :
		mapi_fx_copy_object(rop, &filter, args->send_options, &source);
	return error != ecNone ? error : mapi_rop_output(rop, &source->obj);
}

static uint32_t rop_copy_to(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	uint32_t error = check_copy(rop, args, COPY_TO_ALL);

	return error != ecNone ? error : copy_object(rop, args, FALSE);
}

static uint32_t rop_copy_props(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	uint32_t error = check_copy(rop, args, COPY_PROPS_ALL);

	return error != ecNone ? error : copy_object(rop, args, TRUE);
}

static void parse_copy_messages(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	mapi_in_ids(rop, &args->ids);
	args->flags = mapi_in_u8(rop->in);
	args->send_options = mapi_in_u8(rop->in);
}

static uint32_t rop_copy_messages(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	struct mapi_fx_source *source;
	const mapi_id_t *ids;
	unsigned int count;
	uint32_t error = check_copy(rop, args, COPY_MESSAGES_ALL);

	if (error != ecNone)
		return error;
	ids = array_get(&args->ids, &count);
	error = mapi_fx_copy_messages(rop, ids, count, (args->flags &
						COPY_SEND_ENTRY_ID) != 0,
				      args->send_options, &source);
	return error != ecNone ? error : mapi_rop_output(rop, &source->obj);
}

static void parse_two_bytes(struct mapi_rop *rop)
{
	struct copy_args *args = mapi_rop_args(rop, struct copy_args);

	args->flags = mapi_in_u8(rop->in);
	args->send_options = mapi_in_u8(rop->in);
}

static uint32_t rop_copy_folder(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	struct mapi_fx_source *source;
	uint32_t error = check_copy(rop, args, COPY_FOLDER_ALL);

	if (error != ecNone)
		return error;
	error = mapi_fx_copy_folder(rop, TRUE, (args->flags &
					(COPY_MOVE | COPY_SUBFOLDERS)) != 0,
				    NULL, args->send_options, &source);
	return error != ecNone ? error : mapi_rop_output(rop, &source->obj);
}

/* Both servers of a transfer are of this kind: nothing depends on it */
static void parse_tell_version(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, 6);
}

static uint32_t rop_tell_version(struct mapi_rop *rop ATTR_UNUSED)
{
	return ecNone;
}

/* --- destinations ----------------------------------------------------------------------------- */

/* SourceOperation */
enum { OP_COPY_TO = 1, OP_COPY_PROPERTIES, OP_COPY_MESSAGES, OP_COPY_FOLDER };

static uint32_t rop_configure(struct mapi_rop *rop)
{
	struct copy_args *args = rop->args;
	unsigned int operation = args->flags;
	const struct mapi_msg *msg = (const struct mapi_msg *)rop->obj;
	bool folder = rop->obj->kind == MAPI_FOLDER;

	if (operation < OP_COPY_TO || operation > OP_COPY_FOLDER ||
	    (args->send_options & ~COPY_MOVE) != 0)
		return ecInvalidParam;
	if (!folder && operation > OP_COPY_PROPERTIES)
		return ecNotSupported;
	if (rop->obj->kind == MAPI_MESSAGE && !msg->writable)
		return ecNoAccess;
	return mapi_rop_output(rop, mapi_fx_target_new(rop));
}

static void parse_put_buffer(struct mapi_rop *rop)
{
	struct mapi_blob *data = mapi_rop_args(rop, struct mapi_blob);

	data->size = mapi_in_u16(rop->in);
	data->data = mapi_in_bytes(rop->in, data->size);
}

static uint32_t put_buffer(struct mapi_rop *rop, unsigned int count_size)
{
	struct mapi_blob *data = rop->args;
	uint32_t error;

	rop->keep_payload = TRUE;
	error = mapi_fx_target_put(rop, rop->obj, data->data, data->size);
	mapi_out_u16(rop->out, error == ecNone ? STATUS_PARTIAL :
		     STATUS_ERROR);
	buffer_append_zero(rop->out, 2 * count_size + 1);
	mapi_out_u16(rop->out, error == ecNone ? data->size : 0);
	return error;
}

static uint32_t rop_put_buffer(struct mapi_rop *rop)
{
	return put_buffer(rop, sizeof(uint16_t));
}

static uint32_t rop_put_buffer_extended(struct mapi_rop *rop)
{
	return put_buffer(rop, sizeof(uint32_t));
}

const struct mapi_rop_def mapi_rops_fasttransfer[] = {
	{ 0x4e, "FastTransferSourceGetBuffer", MAPI_ROP_IN, MAPI_FX_SOURCE,
	  parse_get_buffer, rop_get_buffer },
	{ 0x4b, "FastTransferSourceCopyMessages", MAPI_ROP_OUT, MAPI_FOLDER,
	  parse_copy_messages, rop_copy_messages },
	{ 0x4c, "FastTransferSourceCopyFolder", MAPI_ROP_OUT, MAPI_FOLDER,
	  parse_two_bytes, rop_copy_folder },
	{ 0x4d, "FastTransferSourceCopyTo", MAPI_ROP_OUT,
	  MAPI_FOLDER | MAPI_MESSAGE | MAPI_ATTACH, parse_copy_to,
	  rop_copy_to },
	{ 0x69, "FastTransferSourceCopyProperties", MAPI_ROP_OUT,
	  MAPI_FOLDER | MAPI_MESSAGE | MAPI_ATTACH, parse_copy_props,
	  rop_copy_props },
	{ 0x86, "TellVersion", MAPI_ROP_IN, MAPI_FX_SOURCE | MAPI_FX_TARGET,
	  parse_tell_version, rop_tell_version },
	{ 0x53, "FastTransferDestinationConfigure", MAPI_ROP_OUT,
	  MAPI_FOLDER | MAPI_MESSAGE | MAPI_ATTACH, parse_two_bytes,
	  rop_configure },
	{ 0x54, "FastTransferDestinationPutBuffer", MAPI_ROP_IN,
	  MAPI_FX_TARGET, parse_put_buffer, rop_put_buffer },
	{ 0x9d, "FastTransferDestinationPutBufferExtended", MAPI_ROP_IN,
	  MAPI_FX_TARGET, parse_put_buffer, rop_put_buffer_extended },
	{ 0, NULL, 0, 0, NULL, NULL }
};
