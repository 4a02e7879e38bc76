/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Upload contexts (MS-OXCFXICS 2.2.3.1.2, 3.2.5.8.2): a stream that comes in pieces, put
   into the object it was opened on, and into folders and messages made below it. */

#include "mapi.h"
#include "mapi-attach.h"
#include "mapi-folder.h"
#include "mapi-fx.h"
#include "mapi-names.h"
#include "mapi-spool.h"

#define MAX_DEPTH 32

enum frame_kind { FRAME_FOLDER, FRAME_MESSAGE, FRAME_RECIPIENT, FRAME_ATTACH };

/* One object that is open in the stream */
struct frame {
	enum frame_kind kind;
	/* message, attachment: a reference */
	struct mapi_object *obj;
	/* FOLDER: 0: not made yet, it waits for its name */
	uint64_t oid;
	/* RECIPIENT; FOLDER until it is made */
	struct mapi_bag bag;
	pool_t pool;
	/* made by the stream, and saved at its end */
	bool own;
};

struct mapi_fx_target {
	struct mapi_object obj;		/* parent: the destination */
	struct fx_in in;
	ARRAY(struct frame) frames;
	/* content that comes in parts */
	struct mapi_spool *spool;
	uint64_t spooled;
	/* while PutBuffer runs */
	struct mapi_rop *rop;
};

/* --- frames -------------------------------------------------------------------------------- */

static struct frame *top(struct mapi_fx_target *target)
{
	unsigned int count = array_count(&target->frames);

	return count == 0 ? NULL :
		array_idx_modifiable(&target->frames, count - 1);
}

static struct frame *push(struct mapi_fx_target *target, enum frame_kind kind)
{
	struct frame *frame;

	if (array_count(&target->frames) >= MAX_DEPTH)
		return NULL;
	frame = array_append_space(&target->frames);
	frame->kind = kind;
	return frame;
}

static void pop(struct mapi_fx_target *target)
{
	struct frame *frame = top(target);

	mapi_object_unref(&frame->obj);
	pool_unref(&frame->pool);
	array_delete(&target->frames, array_count(&target->frames) - 1, 1);
}

static bool top_is(struct mapi_fx_target *target, enum frame_kind kind)
{
	struct frame *frame = top(target);

	return frame != NULL && frame->kind == kind;
}

static void frame_bag(struct frame *frame)
{
	frame->pool = pool_alloconly_create("mapi upload", 512);
	mapi_bag_init(&frame->bag, frame->pool);
}

/* --- folders ---------------------------------------------------------------------------------- */

static uint64_t parent_oid(struct mapi_fx_target *target)
{
	unsigned int count = array_count(&target->frames);
	const struct frame *frame;

	while (count-- > 0) {
		frame = array_idx(&target->frames, count);
		if (frame->kind == FRAME_FOLDER && frame->oid != 0)
			return frame->oid;
	}
	return 0;
}

static uint32_t folder_props(struct mapi_fx_target *target,
			     const struct frame *frame)
{
	struct mapi_object *obj =
		&mapi_folder_object(target->rop, target->obj.logon,
				    frame->oid)->obj;
	const struct mapi_prop *prop;
	uint32_t error;

	array_foreach(&frame->bag.props, prop) {
		if (MAPI_TAG_ID(prop->tag) != MAPI_TAG_ID(PidTagDisplayName))
			(void)obj->v->set(target->rop, obj, prop);
	}
	error = obj->v->flush(target->rop, obj);
	mapi_object_unref(&obj);
	return error;
}

/* The folder of the stream is made when something of its content comes: by then its name
   and class are known */
static uint32_t folder_need(struct mapi_fx_target *target, struct frame *frame)
{
	const char *name, *class;
	store_fid_t fid;
	uint64_t parent = parent_oid(target);

	if (frame->oid != 0)
		return ecNone;
	name = mapi_bag_get_str(&frame->bag, PidTagDisplayName);
	class = mapi_bag_get_str(&frame->bag, PidTagContainerClass);
	if (name == NULL || *name == '\0')
		return ecRpcFormat;
	if (store_folder_create(target->rop->store,
				parent < META_OID_FOLDER_FIRST ? 0 :
				parent - META_OID_FOLDER_FIRST, name,
				class == NULL ? STORE_CLASS_MAIL :
				mapi_class_of_container(class), &fid) < 0)
		return mapi_store_error(target->rop);
	mapi_tree_changed(target->obj.logon);
	frame->oid = META_OID_FOLDER(fid);
	return folder_props(target, frame);
}

static uint32_t folder_begin(struct mapi_fx_target *target)
{
	struct frame *frame = top(target);
	uint32_t error;

	if (!top_is(target, FRAME_FOLDER))
		return ecRpcFormat;
	error = folder_need(target, frame);
	if (error != ecNone)
		return error;
	frame = push(target, FRAME_FOLDER);
	if (frame == NULL)
		return ecTooComplex;
	frame->own = TRUE;
	frame_bag(frame);
	return ecNone;
}

static uint32_t folder_end(struct mapi_fx_target *target)
{
	uint32_t error;

	/* the destination itself does not end */
	if (!top_is(target, FRAME_FOLDER) || !top(target)->own)
		return ecRpcFormat;
	error = folder_need(target, top(target));
	pop(target);
	return error;
}

/* --- messages ------------------------------------------------------------------------------------ */

static void frame_message(struct frame *frame, struct mapi_msg *msg)
{
	msg->writable = TRUE;
	(void)mapi_msg_change(msg);
	frame->obj = &msg->obj;
	frame->own = TRUE;
}

static uint32_t message_begin(struct mapi_fx_target *target, bool associated)
{
	struct mapi_msg_ref ref;
	struct mapi_msg *msg;
	struct frame *frame = top(target);
	uint32_t error;

	if (!top_is(target, FRAME_FOLDER))
		return ecRpcFormat;
	error = folder_need(target, frame);
	if (error != ecNone)
		return error;
	i_zero(&ref);
	ref.folder = frame->oid;
	frame = push(target, FRAME_MESSAGE);
	if (frame == NULL)
		return ecTooComplex;
	msg = mapi_msg_new(target->rop, &ref, associated, NULL);
	msg->obj.logon = target->obj.logon;
	frame_message(frame, msg);
	return ecNone;
}

/* The message on top is saved, if it is of this kind */
static uint32_t message_end(struct mapi_fx_target *target, bool embedded)
{
	struct frame *frame = top(target);
	struct mapi_msg *msg;
	uint32_t error;

	if (!top_is(target, FRAME_MESSAGE) || !frame->own)
		return ecRpcFormat;
	msg = (struct mapi_msg *)frame->obj;
	if ((msg->ref.source == MAPI_MSG_EMBEDDED) != embedded)
		return ecRpcFormat;
	error = mapi_msg_save(target->rop, msg, MAPI_SAVE_FORCE);
	pop(target);
	return error;
}

static uint32_t embedded_begin(struct mapi_fx_target *target)
{
	struct mapi_msg_ref ref;
	struct mapi_msg *msg;
	struct mapi_object *attach;
	struct frame *frame;

	if (!top_is(target, FRAME_ATTACH))
		return ecRpcFormat;
	attach = top(target)->obj;
	frame = push(target, FRAME_MESSAGE);
	if (frame == NULL)
		return ecTooComplex;
	i_zero(&ref);
	ref.source = MAPI_MSG_EMBEDDED;
	ref.folder = mapi_attach_msg((struct mapi_attach *)attach)->ref.folder;
	msg = mapi_msg_new(target->rop, &ref, FALSE, attach);
	frame_message(frame, msg);
	return ecNone;
}

static uint32_t recipient_begin(struct mapi_fx_target *target)
{
	struct frame *frame;

	if (!top_is(target, FRAME_MESSAGE))
		return ecRpcFormat;
	/* beside those it has */
	mapi_msg_own_recipients(target->rop,
				(struct mapi_msg *)top(target)->obj);
	frame = push(target, FRAME_RECIPIENT);
	if (frame == NULL)
		return ecTooComplex;
	frame_bag(frame);
	return ecNone;
}

static uint32_t recipient_end(struct mapi_fx_target *target)
{
	struct mapi_msg_changes *changes;
	const struct mapi_prop *prop;
	struct mapi_bag *copy;
	const struct frame *frame = top(target), *message;

	if (!top_is(target, FRAME_RECIPIENT))
		return ecRpcFormat;
	message = array_idx(&target->frames, array_count(&target->frames) - 2);
	changes = mapi_msg_change((struct mapi_msg *)message->obj);
	copy = array_append_space(&changes->recipients);
	mapi_bag_init(copy, changes->pool);
	array_foreach(&frame->bag.props, prop)
		mapi_bag_set(copy, prop->tag, &prop->v);
	mapi_bag_set_int(copy, PidTagRowid,
			 array_count(&changes->recipients) - 1);
	if (mapi_bag_get(copy, PidTagRecipientType) == NULL)
		mapi_bag_set_int(copy, PidTagRecipientType, 1);
	pop(target);
	return ecNone;
}

static uint32_t attach_begin(struct mapi_fx_target *target)
{
	struct mapi_msg_changes *changes;
	struct mapi_attach *attach;
	struct mapi_message *base;
	struct mapi_msg *msg;
	struct frame *frame;
	uint32_t error;

	if (!top_is(target, FRAME_MESSAGE))
		return ecRpcFormat;
	msg = (struct mapi_msg *)top(target)->obj;
	error = mapi_msg_base(target->rop, msg, &base);
	if (error != ecNone)
		return error;
	frame = push(target, FRAME_ATTACH);
	if (frame == NULL)
		return ecTooComplex;
	changes = mapi_msg_change(msg);
	changes->next_attach = I_MAX(changes->next_attach, base->next_attach);
	attach = mapi_attach_new(target->rop, msg, changes->next_attach++);
	attach->created = attach->writable = TRUE;
	(void)mapi_attach_change(attach);
	frame->obj = &attach->obj;
	frame->own = TRUE;
	return ecNone;
}

static uint32_t attach_end(struct mapi_fx_target *target)
{
	struct frame *frame = top(target);
	uint32_t error;

	if (!top_is(target, FRAME_ATTACH) || !frame->own)
		return ecRpcFormat;
	error = mapi_attach_save(target->rop,
				 (struct mapi_attach *)frame->obj);
	pop(target);
	return error;
}

/* MetaTagFXDelProp: what there is of these goes */
static uint32_t del_prop(struct mapi_fx_target *target, mapi_tag_t what)
{
	struct mapi_attachment *const *attachp;
	struct mapi_msg_changes *changes;
	struct mapi_message *current;
	struct mapi_msg *msg;
	uint32_t error;

	if (!top_is(target, FRAME_MESSAGE))
		return ecNone;
	msg = (struct mapi_msg *)top(target)->obj;
	changes = mapi_msg_change(msg);
	if (what == PidTagMessageRecipients) {
		changes->recipients_changed = TRUE;
		array_clear(&changes->recipients);
	}
	if (what != PidTagMessageAttachments)
		return ecNone;
	error = mapi_msg_current(target->rop, msg, &current);
	if (error != ecNone)
		return error;
	array_foreach(&current->attachments, attachp)
		mapi_attach_delete(msg, (*attachp)->num);
	return ecNone;
}

/* --- elements ---------------------------------------------------------------------------------------- */

static uint32_t target_marker(void *context, mapi_tag_t marker)
{
	struct mapi_fx_target *target = context;

	switch (marker) {
	case MarkStartTopFld:
	case MarkStartSubFld:
		return folder_begin(target);
	case MarkEndFolder:
		return folder_end(target);
	case MarkStartMessage:
		return message_begin(target, FALSE);
	case MarkStartFAIMsg:
		return message_begin(target, TRUE);
	case MarkEndMessage:
		return message_end(target, FALSE);
	case MarkStartEmbed:
		return embedded_begin(target);
	case MarkEndEmbed:
		return message_end(target, TRUE);
	case MarkStartRecip:
		return recipient_begin(target);
	case MarkEndToRecip:
		return recipient_end(target);
	case MarkNewAttach:
		return attach_begin(target);
	case MarkEndAttach:
		return attach_end(target);
	}
	/* those of synchronisation are for clients */
	return ecRpcFormat;
}

static bool is_meta(mapi_tag_t tag)
{
	switch (tag) {
	case MetaTagDnPrefix:
	case MetaTagEcWarning:
	case MetaTagNewFXFolder:
		return TRUE;
	}
	return FALSE;
}

/* Not of the content: identity, and what is of one mailbox alone (3.2.5.11) */
static bool is_ignored(mapi_tag_t tag)
{
	return is_meta(tag) ||
		(MAPI_TAG_ID(tag) >= 0x6600 && MAPI_TAG_ID(tag) <= 0x67ff) ||
		mapi_msg_is_identity(tag) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagParentSourceKey) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagOriginalEntryId) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAttachNumber);
}

static bool is_content(mapi_tag_t tag)
{
	return MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAttachDataObject);
}

/* The id that a name has in this mailbox */
static uint32_t local_tag(struct mapi_fx_target *target,
			  const struct mapi_name *name, mapi_tag_t *tag)
{
	uint16_t id;

	if (name == NULL)
		return ecNone;
	if (mapi_names_to_ids(target->rop, name, 1, TRUE, &id) < 0)
		return mapi_store_error(target->rop);
	if (id == 0)
		return ecNamedPropsQuotaExceeded;
	*tag = MAPI_TAG(id, MAPI_TAG_TYPE(*tag));
	return ecNone;
}

static uint32_t set_content(struct mapi_fx_target *target,
			    const struct mapi_blob *data)
{
	struct mapi_spool *spool = mapi_spool_new();
	uint32_t error = ecNone;

	if (mapi_spool_write(spool, 0, data->data, data->size) < 0)
		error = ecNotEnoughDisk;
	else
		error = mapi_attach_set_content(
			(struct mapi_attach *)top(target)->obj, spool);
	mapi_spool_unref(&spool);
	return error;
}

static uint32_t set_prop(struct mapi_fx_target *target,
			 const struct mapi_prop *prop)
{
	struct frame *frame = top(target);
	struct mapi_object *obj;

	switch (frame->kind) {
	case FRAME_RECIPIENT:
		mapi_bag_set(&frame->bag, prop->tag, &prop->v);
		return ecNone;
	case FRAME_FOLDER:
		if (frame->oid == 0) {
			mapi_bag_set(&frame->bag, prop->tag, &prop->v);
			return ecNone;
		}
		/* CopyTo and CopyProperties of a folder: of the destination */
		obj = &mapi_folder_object(target->rop, target->obj.logon,
					  frame->oid)->obj;
		if (MAPI_TAG_ID(prop->tag) != MAPI_TAG_ID(PidTagDisplayName)) {
			(void)obj->v->set(target->rop, obj, prop);
			(void)obj->v->flush(target->rop, obj);
		}
		mapi_object_unref(&obj);
		return ecNone;
	case FRAME_ATTACH:
		if (is_content(prop->tag))
			return set_content(target, &prop->v.bin);
		break;
	case FRAME_MESSAGE:
		break;
	}
	/* one that cannot be set fails nothing else */
	(void)frame->obj->v->set(target->rop, frame->obj, prop);
	return ecNone;
}

static uint32_t target_prop(void *context, const struct mapi_prop *prop,
			    const struct mapi_name *name)
{
	struct mapi_fx_target *target = context;
	struct mapi_prop own = *prop, text;
	uint32_t error;

	if (top(target) == NULL)
		return ecRpcFormat;
	if (prop->tag == MetaTagFXDelProp)
		return del_prop(target, (uint32_t)prop->v.i);
	if (is_ignored(prop->tag) ||
	    MAPI_TAG_TYPE(prop->tag) == PTYP_ERROR_CODE)
		return ecNone;
	error = local_tag(target, name, &own.tag);
	if (error != ecNone)
		return error;
	if (MAPI_TAG_TYPE(own.tag) == PTYP_STRING8) {
		mapi_prop_as(target->rop, &own,
			     MAPI_TAG_RETYPE(own.tag, PTYP_STRING), &text);
		if (MAPI_TAG_TYPE(text.tag) == PTYP_STRING)
			own = text;
	}
	return set_prop(target, &own);
}

static bool target_wants_parts(void *context, mapi_tag_t tag,
			       uint32_t size ATTR_UNUSED)
{
	struct mapi_fx_target *target = context;

	if (!top_is(target, FRAME_ATTACH) || !is_content(tag))
		return FALSE;
	target->spool = mapi_spool_new();
	target->spooled = 0;
	return TRUE;
}

static uint32_t target_part(void *context, const void *data, size_t size,
			    bool end)
{
	struct mapi_fx_target *target = context;
	uint32_t error;

	if (mapi_spool_write(target->spool, target->spooled, data, size) < 0)
		return ecNotEnoughDisk;
	target->spooled += size;
	if (!end)
		return ecNone;
	error = mapi_attach_set_content((struct mapi_attach *)top(target)->obj,
					target->spool);
	mapi_spool_unref(&target->spool);
	return error;
}

static const struct fx_in_vfuncs target_in = {
	.marker = target_marker,
	.prop = target_prop,
	.wants_parts = target_wants_parts,
	.part = target_part,
};

/* --- the context -------------------------------------------------------------------------------------------- */

static void target_free(struct mapi_object *obj)
{
	struct mapi_fx_target *target = (struct mapi_fx_target *)obj;

	while (array_count(&target->frames) > 0)
		pop(target);
	array_free(&target->frames);
	mapi_spool_unref(&target->spool);
	fx_in_deinit(&target->in);
}

static const struct mapi_object_vfuncs target_vfuncs = {
	.free = target_free,
};

struct mapi_object *mapi_fx_target_new(struct mapi_rop *rop)
{
	struct mapi_fx_target *target =
		mapi_object_new(rop, struct mapi_fx_target, MAPI_FX_TARGET,
				&target_vfuncs, rop->obj);
	struct frame *frame;

	i_array_init(&target->frames, 4);
	fx_in_init(&target->in, &target_in, target);
	switch (rop->obj->kind) {
	case MAPI_FOLDER:
		frame = push(target, FRAME_FOLDER);
		frame->oid = ((struct mapi_folder *)rop->obj)->oid;
		break;
	case MAPI_ATTACH:
		frame = push(target, FRAME_ATTACH);
		frame->obj = rop->obj;
		mapi_object_ref(frame->obj);
		break;
	default:
		frame = push(target, FRAME_MESSAGE);
		frame->obj = rop->obj;
		mapi_object_ref(frame->obj);
		break;
	}
	return &target->obj;
}

/* Nobody has a handle of the messages that the stream makes: what they keep while
   a request lasts goes here. */
static void forget_messages(struct mapi_fx_target *target)
{
	struct mapi_object *obj;
	struct frame *frame;

	array_foreach_modifiable(&target->frames, frame) {
		for (obj = frame->obj; obj != NULL; obj = obj->parent) {
			if (obj->kind == MAPI_MESSAGE)
				mapi_msg_forget((struct mapi_msg *)obj);
		}
	}
}

uint32_t mapi_fx_target_put(struct mapi_rop *rop, struct mapi_object *obj,
			    const void *data, size_t size)
{
	struct mapi_fx_target *target = (struct mapi_fx_target *)obj;
	uint32_t error;

	target->rop = rop;
	T_BEGIN {
		error = fx_in_feed(&target->in, data, size);
	} T_END;
	forget_messages(target);
	target->rop = NULL;
	return error;
}
