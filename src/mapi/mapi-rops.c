/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A ROP buffer: requests read one after the other, done, answered (MS-OXCROPS 2.2.1,
   3.2.5.1). */

#include "mapi.h"
#include "mapi-notify.h"

#define ROP_RELEASE 0x01
#define ROP_BUFFER_TOO_SMALL 0xff
/* RopSize counts itself */
#define ROP_SIZE_SIZE 2
/* The most handles a one-byte index reaches */
#define MAX_HANDLES 256
/* RopId, handle index, ReturnValue */
#define ANSWER_HEAD 6
/* A further buffer of less is not worth its header */
#define MIN_EXTRA 1024

/* One buffer of an Execute. */
struct mapi_batch {
	struct emsmdb *session;
	const struct mapi_env *env;
	struct mapi_in in;
	ARRAY_TYPE(uint32_t) handles;
	/* where the ROPs end in the input */
	size_t end;
	buffer_t *out;
	size_t max_out;
	/* the client has to send the rest again */
	bool full;
};

static const struct mapi_rop_def *const rop_tables[] = {
	mapi_rops_logon, mapi_rops_peruser, mapi_rops_folder, mapi_rops_property,
	mapi_rops_table, mapi_rops_contents, mapi_rops_message,
	mapi_rops_attach,
	mapi_rops_stream, mapi_rops_submit, mapi_rops_permission,
	mapi_rops_rule, mapi_rops_notify, mapi_rops_sync,
	mapi_rops_fasttransfer, mapi_rops_import,
};

/* What of an answer is there though its ROP failed, beside its head (MS-OXCROPS
   2.2.4, 2.2.6.10, 2.2.9, 2.2.12): zeros, where the ROP has not said otherwise */
static const struct {
	uint8_t id, size;
} rop_always[] = {
	/* PartialCompletion */
	{ 0x1d, 1 }, { 0x1e, 1 }, { 0x33, 1 }, { 0x35, 1 }, { 0x36, 1 },
	{ 0x58, 1 }, { 0x66, 1 }, { 0x91, 1 }, { 0x92, 1 },
	/* DataSize, WrittenSize; ReadByteCount and WrittenByteCount */
	{ 0x2c, 2 }, { 0x2d, 2 }, { 0x90, 2 }, { 0xa3, 4 }, { 0x3a, 16 },
	/* FastTransfer buffers: status, counts, reserved, size */
	{ 0x4e, 9 }, { 0x54, 9 }, { 0x9d, 13 },
};

static void rop_out_always(const struct mapi_rop *rop)
{
	for (unsigned int i = 0; i < N_ELEMENTS(rop_always); i++) {
		if (rop_always[i].id == rop->def->id)
			buffer_append_zero(rop->out, rop_always[i].size);
	}
}

static const struct mapi_rop_def *rop_find(uint8_t id)
{
	const struct mapi_rop_def *def;

	for (unsigned int i = 0; i < N_ELEMENTS(rop_tables); i++) {
		for (def = rop_tables[i]; def->name != NULL; def++) {
			if (def->id == id)
				return def;
		}
	}
	return NULL;
}

static void rop_read_indexes(struct mapi_rop *rop)
{
	uint8_t first;

	rop->logon_id = mapi_in_u8(rop->in);
	first = mapi_in_u8(rop->in);
	rop->in_index = rop->out_index = first;
	switch (rop->def->form) {
	case MAPI_ROP_IN:
	case MAPI_ROP_LOGON:
		break;
	case MAPI_ROP_OUT:
	case MAPI_ROP_PAIR:
		rop->out_index = mapi_in_u8(rop->in);
		break;
	case MAPI_ROP_RESPONSE:
		rop->in_index = mapi_in_u8(rop->in);
		break;
	}
}

static uint8_t rop_answer_index(const struct mapi_rop *rop)
{
	switch (rop->def->form) {
	case MAPI_ROP_IN:
	case MAPI_ROP_PAIR:
		return rop->in_index;
	default:
		return rop->out_index;
	}
}

struct mapi_object *mapi_rop_object(struct mapi_rop *rop, uint8_t index)
{
	if (index >= array_count(rop->handles))
		return NULL;
	return mapi_session_get(rop->session,
				*array_idx(rop->handles, index));
}

/* ecNone, or why the ROP cannot be done on what its handles are */
static uint32_t rop_check_objects(struct mapi_rop *rop)
{
	if (rop->def->form == MAPI_ROP_LOGON)
		return rop->out_index < array_count(rop->handles) ? ecNone :
			ecNullObject;
	rop->obj = mapi_rop_object(rop, rop->in_index);
	if (rop->obj == NULL)
		return ecNullObject;
	/* a handle of another logon (MS-OXCROPS 3.2.4.4) */
	if (rop->logon_id != rop->obj->logon->id &&
	    rop->def->id != ROP_RELEASE)
		return ecNoAccess;
	if ((rop->obj->kind & rop->def->kinds) == 0)
		return ecNotSupported;
	rop->logon = rop->obj->logon;
	if (rop->def->form == MAPI_ROP_PAIR)
		rop->dest = mapi_rop_object(rop, rop->out_index);
	if (rop->def->form == MAPI_ROP_OUT &&
	    rop->out_index >= array_count(rop->handles))
		return ecNullObject;
	return ecNone;
}

size_t mapi_rop_room(const struct mapi_rop *rop)
{
	return rop->out->used >= rop->limit ? 0 : rop->limit - rop->out->used;
}

size_t mapi_rop_most(const struct mapi_rop *rop)
{
	return EMSMDB_MAX_PAYLOAD - ROP_SIZE_SIZE - ANSWER_HEAD -
		array_count(rop->handles) * sizeof(uint32_t);
}

void mapi_rop_too_small(struct mapi_rop *rop, size_t needed)
{
	buffer_append_zero(rop->out, I_MAX(needed, mapi_rop_room(rop) + 1));
}

void mapi_in_ids(struct mapi_rop *rop, ARRAY_TYPE(mapi_id) *ids_r)
{
	unsigned int count = mapi_in_u16(rop->in);
	mapi_id_t id;

	p_array_init(ids_r, rop->pool, I_MIN(count, 256));
	for (; count > 0 && !rop->in->broken; count--) {
		id = mapi_in_u64(rop->in);
		array_push_back(ids_r, &id);
	}
}

uint32_t mapi_rop_output(struct mapi_rop *rop, struct mapi_object *obj)
{
	uint32_t handle = mapi_session_add(rop->session, obj);

	if (handle == MAPI_HANDLE_NONE) {
		mapi_object_unref(&obj);
		return ecMemory;
	}
	array_idx_set(rop->handles, rop->out_index, &handle);
	return ecNone;
}

static void rop_do(struct mapi_rop *rop)
{
	size_t head = rop->out->used;
	uint32_t error;

	mapi_out_u8(rop->out, rop->def->id);
	mapi_out_u8(rop->out, rop_answer_index(rop));
	mapi_out_u32(rop->out, 0);

	error = rop_check_objects(rop);
	if (error == ecNone) {
		error = rop->def->act == NULL ? ecNotImplemented :
			rop->def->act(rop);
	} else if (rop->def->id == ROP_RELEASE)
		rop->no_answer = TRUE;
	if (rop->no_answer) {
		buffer_set_used_size(rop->out, head);
		return;
	}
	rop->error = error;
	if (error != ecNone && !rop->keep_payload) {
		buffer_set_used_size(rop->out, head + ANSWER_HEAD);
		rop_out_always(rop);
	}
	mapi_out_u32_at(rop->out, head + 2, error);
	if (error != ecNone) {
		e_debug(rop->env->event, "Rop%s: %s", rop->def->name,
			mapi_error_name(error));
	}
}

/* The answer is too long: this ROP and those after it are handed back (2.2.15.2). */
static void batch_too_small(struct mapi_batch *batch, size_t rop_start,
			    size_t answer_start, size_t needed)
{
	buffer_set_used_size(batch->out, answer_start);
	mapi_out_u8(batch->out, ROP_BUFFER_TOO_SMALL);
	mapi_out_u16(batch->out, I_MIN(needed, 0xffff));
	buffer_append(batch->out, batch->in.data + rop_start,
		      batch->end - rop_start);
	batch->full = TRUE;
}

/* The handle that a ROP made whose answer does not fit. */
static void batch_undo_output(struct mapi_batch *batch, uint8_t index,
			      uint32_t before)
{
	uint32_t *handle;

	if (index >= array_count(&batch->handles))
		return;
	handle = array_idx_modifiable(&batch->handles, index);
	if (*handle == before)
		return;
	mapi_session_release(batch->session, *handle);
	*handle = before;
}

static uint32_t batch_handle(struct mapi_batch *batch, uint8_t index)
{
	return index < array_count(&batch->handles) ?
		*array_idx(&batch->handles, index) : MAPI_HANDLE_NONE;
}

/* Where the ROPs of a buffer end that may be so long: the handle table comes behind. */
static size_t batch_limit(struct mapi_batch *batch, size_t max_out)
{
	return max_out - I_MIN(max_out, array_count(&batch->handles) *
			       sizeof(uint32_t));
}

static void batch_rop_init(struct mapi_batch *batch, struct mapi_rop *rop_r)
{
	i_zero(rop_r);
	rop_r->session = batch->session;
	rop_r->env = batch->env;
	rop_r->pool = batch->env->pool;
	rop_r->store = batch->env->store;
	rop_r->in = &batch->in;
	rop_r->out = batch->out;
	rop_r->handles = &batch->handles;
	rop_r->batch = batch;
	rop_r->limit = batch_limit(batch, batch->max_out);
}

/* One ROP. ecNone, or what fails the buffer from here on. */
static uint32_t batch_rop(struct mapi_batch *batch, struct mapi_rop *rop_r)
{
	struct mapi_rop *rop = rop_r;
	size_t rop_start = batch->in.pos, answer_start = batch->out->used;
	uint32_t before;

	batch_rop_init(batch, rop);
	rop->def = rop_find(mapi_in_u8(&batch->in));
	if (rop->def == NULL) {
		/* what follows cannot be framed */
		e_warning(batch->env->event, "Unknown ROP 0x%02x",
			  batch->in.data[rop_start]);
		return ecRpcFormat;
	}
	rop_read_indexes(rop);
	if (rop->def->parse != NULL)
		rop->def->parse(rop);
	if (batch->in.broken) {
		e_warning(batch->env->event, "Rop%s: broken request",
			  rop->def->name);
		return ecRpcFormat;
	}
	before = batch_handle(batch, rop->out_index);
	rop_do(rop);
	if (batch->out->used > rop->limit) {
		batch_undo_output(batch, rop->out_index, before);
		batch_too_small(batch, rop_start, answer_start,
				batch->out->used - answer_start);
	}
	return ecNone;
}

static int batch_read_handles(struct mapi_batch *batch,
			      const struct mapi_blob *rops)
{
	struct mapi_in tail;
	uint32_t handle;

	mapi_in_init(&tail, MAPI_FORM_ROP, batch->env->pool,
		     rops->data + batch->end, rops->size - batch->end);
	if (rops->size - batch->end > MAX_HANDLES * sizeof(handle))
		return -1;
	while (mapi_in_left(&tail) >= sizeof(handle)) {
		handle = mapi_in_u32(&tail);
		array_push_back(&batch->handles, &handle);
	}
	return mapi_in_left(&tail) == 0 ? 0 : -1;
}

static int batch_init(struct mapi_batch *batch, const struct mapi_blob *rops)
{
	struct mapi_in head;

	mapi_in_init(&head, MAPI_FORM_ROP, batch->env->pool, rops->data,
		     rops->size);
	batch->end = mapi_in_u16(&head);
	if (head.broken || batch->end < ROP_SIZE_SIZE ||
	    batch->end > rops->size)
		return -1;
	p_array_init(&batch->handles, batch->env->pool, 16);
	mapi_in_init(&batch->in, MAPI_FORM_ROP, batch->env->pool, rops->data,
		     batch->end);
	batch->in.pos = ROP_SIZE_SIZE;
	return batch_read_handles(batch, rops);
}

static void batch_finish(struct mapi_batch *batch, buffer_t *out, size_t start)
{
	const uint32_t *handle;

	mapi_out_u16_at(out, start, out->used - start);
	array_foreach(&batch->handles, handle)
		mapi_out_u32(out, *handle);
}

/* The last ROP has more to tell, and the client lets it: answers as if it had come
   again, each in a buffer of its own with the handle table (MS-OXCRPC 3.1.4.2.1.2.2).
   One that fails is not sent: the client will ask itself. */
static void batch_go_on(struct mapi_batch *batch, struct mapi_rop *rop,
			size_t left, ARRAY_TYPE(mapi_blob) *extra)
{
	struct mapi_blob *blob;
	buffer_t *out;
	size_t room;

	while (rop->more && left >= MAPI_RHE_SIZE + MIN_EXTRA) {
		room = I_MIN(left - MAPI_RHE_SIZE, EMSMDB_MAX_PAYLOAD);
		out = buffer_create_dynamic(rop->pool, 4096);
		mapi_out_u16(out, 0);
		rop->out = out;
		rop->limit = batch_limit(batch, room);
		rop->more = FALSE;
		rop_do(rop);
		if (rop->error != ecNone || out->used > rop->limit)
			break;
		batch_finish(batch, out, 0);
		blob = array_append_space(extra);
		blob->data = out->data;
		blob->size = out->used;
		left -= I_MIN(left, out->used + MAPI_RHE_SIZE);
	}
}

uint32_t emsmdb_execute(struct emsmdb *session, const struct mapi_env *env,
			const struct mapi_blob *rops, size_t max_out,
			bool chain, buffer_t *out,
			ARRAY_TYPE(mapi_blob) *extra_r)
{
	struct mapi_batch batch;
	struct mapi_rop rop;
	size_t start = out->used;
	uint32_t error = ecNone;

	i_zero(&batch);
	i_zero(&rop);
	batch.session = session;
	batch.env = env;
	batch.out = out;
	batch.max_out = start + I_MIN(max_out, EMSMDB_MAX_PAYLOAD);
	if (batch_init(&batch, rops) < 0)
		return ecRpcFormat;
	mapi_out_u16(out, 0);
	while (error == ecNone && !batch.full && mapi_in_left(&batch.in) > 0)
		error = batch_rop(&batch, &rop);
	if (error != ecNone) {
		/* nothing of it went well: the buffer is refused; else what was
		   done is told, and the rest is not */
		if (out->used == start + ROP_SIZE_SIZE) {
			buffer_set_used_size(out, start);
			return error;
		}
	}
	if (!batch.full)
		mapi_notify_append(session, env, out, batch.max_out);
	batch_finish(&batch, out, start);
	if (chain && error == ecNone && !batch.full) {
		batch_go_on(&batch, &rop, max_out -
			    I_MIN(max_out, out->used - start), extra_r);
	}
	return ecNone;
}
