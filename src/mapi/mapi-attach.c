/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "istream.h"
#include "mapi-attach.h"
#include "mapi-spool.h"

#define OBJECT_TYPE_ATTACHMENT 7

/* --- edits, as they become part of a message --------------------------------------------- */

void mapi_attach_edit_free(struct mapi_attach_edit *edit)
{
	mapi_spool_unref(&edit->data);
	pool_unref(&edit->message_pool);
}

static int edit_open(struct mapi_attachment *attach, struct istream **input_r,
		     const char **error_r ATTR_UNUSED)
{
	struct mapi_attach_edit *edit = attach->context;

	*input_r = mapi_spool_open(edit->data);
	return 0;
}

static void edit_apply(struct mapi_attachment *attach,
		       struct mapi_attach_edit *edit)
{
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;

	array_foreach(&edit->gone, tag)
		(void)mapi_bag_unset(&attach->props, *tag);
	array_foreach(&edit->set.props, prop)
		mapi_bag_set(&attach->props, prop->tag, &prop->v);
	if (edit->data != NULL) {
		attach->part_id = NULL;
		i_zero(&attach->data);
		attach->message = NULL;
		attach->open_message = NULL;
		attach->open = edit_open;
		attach->context = edit;
	}
	if (edit->message != NULL) {
		attach->part_id = NULL;
		i_zero(&attach->data);
		attach->open = NULL;
		attach->open_message = NULL;
		attach->message = edit->message;
	}
}

static void attachments_remove(struct mapi_message *msg, unsigned int num)
{
	struct mapi_attachment *const *attachp;

	array_foreach(&msg->attachments, attachp) {
		if ((*attachp)->num == num) {
			array_delete(&msg->attachments,
				     array_foreach_idx(&msg->attachments,
						       attachp), 1);
			return;
		}
	}
}

static void edit_apply_to(struct mapi_message *msg,
			  struct mapi_attach_edit *edit)
{
	struct mapi_attachment *attach;

	if (edit->deleted) {
		attachments_remove(msg, edit->num);
		return;
	}
	attach = mapi_message_find_attachment(msg, edit->num);
	if (attach == NULL) {
		if (!edit->created)
			return;
		attach = mapi_message_add_attachment(msg);
		attach->num = edit->num;
		msg->next_attach = I_MAX(msg->next_attach, edit->num + 1);
		mapi_bag_set_int(&attach->props, PidTagAttachNumber,
				 edit->num);
	}
	edit_apply(attach, edit);
}

void mapi_attach_edits_apply(struct mapi_rop *rop ATTR_UNUSED,
			     struct mapi_message *msg,
			     const struct mapi_msg_changes *changes)
{
	struct mapi_attach_edit *const *editp;

	array_foreach(&changes->attachments, editp)
		edit_apply_to(msg, *editp);
}

/* --- the object ------------------------------------------------------------------------------ */

struct mapi_msg *mapi_attach_msg(struct mapi_attach *attach)
{
	return (struct mapi_msg *)attach->obj.parent;
}

struct mapi_attach_edit *mapi_attach_change(struct mapi_attach *attach)
{
	struct mapi_attach_edit *edit;

	if (attach->edit != NULL)
		return attach->edit;
	attach->edit_pool = pool_alloconly_create("mapi attachment", 1024);
	edit = attach->edit = p_new(attach->edit_pool,
				    struct mapi_attach_edit, 1);
	edit->num = attach->num;
	edit->created = attach->created;
	mapi_bag_init(&edit->set, attach->edit_pool);
	p_array_init(&edit->gone, attach->edit_pool, 2);
	return edit;
}

/* The message's own edit of this attachment; made if missing */
static struct mapi_attach_edit *
msg_edit(struct mapi_msg_changes *changes, unsigned int num)
{
	struct mapi_attach_edit **editp, *edit;

	array_foreach_modifiable(&changes->attachments, editp) {
		if ((*editp)->num == num)
			return *editp;
	}
	edit = p_new(changes->pool, struct mapi_attach_edit, 1);
	edit->num = num;
	mapi_bag_init(&edit->set, changes->pool);
	p_array_init(&edit->gone, changes->pool, 2);
	array_push_back(&changes->attachments, &edit);
	return edit;
}

static void edit_merge_props(struct mapi_attach_edit *dest,
			     const struct mapi_attach_edit *src)
{
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;

	array_foreach(&src->gone, tag) {
		(void)mapi_bag_unset(&dest->set, *tag);
		array_push_back(&dest->gone, tag);
	}
	array_foreach(&src->set.props, prop)
		mapi_bag_set(&dest->set, prop->tag, &prop->v);
}

uint32_t mapi_attach_save(struct mapi_rop *rop ATTR_UNUSED,
			  struct mapi_attach *attach)
{
	struct mapi_msg *msg = mapi_attach_msg(attach);
	struct mapi_msg_changes *changes;
	struct mapi_attach_edit *edit;

	if (attach->edit == NULL && !attach->created)
		return ecNone;
	(void)mapi_attach_change(attach);
	changes = mapi_msg_change(msg);
	edit = msg_edit(changes, attach->num);
	edit->created = edit->created || attach->created;
	edit_merge_props(edit, attach->edit);
	if (attach->edit->data != NULL) {
		mapi_spool_unref(&edit->data);
		edit->data = attach->edit->data;
		mapi_spool_ref(edit->data);
		edit->message = NULL;
	}
	if (attach->edit->message != NULL) {
		edit->message = attach->edit->message;
		pool_unref(&edit->message_pool);
		edit->message_pool = attach->edit->message_pool;
		pool_ref(edit->message_pool);
	}
	mapi_attach_edit_free(attach->edit);
	attach->edit = NULL;
	pool_unref(&attach->edit_pool);
	attach->created = FALSE;
	return ecNone;
}

void mapi_attach_delete(struct mapi_msg *msg, unsigned int num)
{
	struct mapi_attach_edit *edit = msg_edit(mapi_msg_change(msg), num);

	edit->deleted = TRUE;
	mapi_spool_unref(&edit->data);
}

uint32_t mapi_attach_current(struct mapi_rop *rop, struct mapi_attach *attach,
			     struct mapi_attachment **attach_r)
{
	struct mapi_message *current;
	struct mapi_attachment *found;
	uint32_t error = mapi_msg_current(rop, mapi_attach_msg(attach),
					  &current);

	if (error != ecNone)
		return error;
	if (attach->edit != NULL || attach->created) {
		current = mapi_message_dup(rop->pool, current);
		edit_apply_to(current, mapi_attach_change(attach));
	}
	found = mapi_message_find_attachment(current, attach->num);
	*attach_r = found;
	return found == NULL ? ecNotFound : ecNone;
}

int mapi_attach_content(struct mapi_rop *rop, struct mapi_attach *attach,
			struct istream **input_r)
{
	struct mapi_attachment *current;
	const char *error;
	int ret;

	if (mapi_attach_current(rop, attach, &current) != ecNone)
		return -1;
	ret = mapi_attachment_open(current, input_r, &error);
	if (ret < 0)
		e_error(rop->env->event, "Attachment %u: %s", attach->num,
			error);
	return ret;
}

uint32_t mapi_attach_set_content(struct mapi_attach *attach,
				 struct mapi_spool *spool)
{
	struct mapi_attach_edit *edit;

	if (!attach->writable)
		return ecNoAccess;
	edit = mapi_attach_change(attach);
	if (edit->data != spool) {
		mapi_spool_unref(&edit->data);
		edit->data = spool;
		mapi_spool_ref(spool);
	}
	edit->message = NULL;
	return ecNone;
}

uint32_t mapi_attach_embedded(struct mapi_rop *rop, struct mapi_object *obj,
			      struct mapi_message **msg_r)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;
	struct mapi_attachment *current;
	const char *error;
	uint32_t err = mapi_attach_current(rop, attach, &current);
	int ret;

	if (err != ecNone)
		return err;
	ret = mapi_attachment_open_message(current, msg_r, &error);
	if (ret < 0)
		return ecCorruptData;
	if (ret == 0)
		*msg_r = mapi_message_new(rop->pool);
	return ecNone;
}

/* Contents of the embedded message's own attachments are taken into memory or files:
   their handles may be gone when the outer message is saved. */
static uint32_t keep_contents(struct mapi_rop *rop, struct mapi_message *msg)
{
	struct mapi_attachment *const *attachp;
	struct istream *input;
	const char *error;
	buffer_t *data;
	int ret;

	array_foreach(&msg->attachments, attachp) {
		if ((*attachp)->data.data != NULL)
			continue;
		ret = mapi_attachment_open(*attachp, &input, &error);
		if (ret < 0)
			return ecCorruptData;
		if (ret == 0)
			continue;
		data = buffer_create_dynamic(msg->pool, 1024);
		if (mapi_read_all(input, data) < 0)
			ret = -1;
		i_stream_unref(&input);
		if (ret < 0)
			return ecCorruptData;
		(*attachp)->data.data = data->data;
		(*attachp)->data.size = data->used;
		(*attachp)->open = NULL;
	}
	return ecNone;
}

uint32_t mapi_attach_keep(struct mapi_rop *rop, struct mapi_object *obj,
			  const struct mapi_message *msg)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;
	struct mapi_attach_edit *edit;
	struct mapi_message *copy;
	uint32_t error;
	pool_t pool;

	if (!attach->writable)
		return ecNoAccess;
	edit = mapi_attach_change(attach);
	pool = pool_alloconly_create("mapi embedded", 4096);
	copy = mapi_message_dup(pool, msg);
	error = keep_contents(rop, copy);
	if (error != ecNone) {
		pool_unref(&pool);
		return error;
	}
	pool_unref(&edit->message_pool);
	edit->message_pool = pool;
	edit->message = copy;
	mapi_spool_unref(&edit->data);
	mapi_bag_set_int(&edit->set, PidTagAttachMethod,
			 MAPI_ATTACH_EMBEDDED);
	return ecNone;
}

/* --- properties ----------------------------------------------------------------------------------- */

static bool attachment_own(struct mapi_rop *rop,
			   const struct mapi_attachment *attach,
			   const struct mapi_logon *logon, uint32_t rights,
			   mapi_tag_t tag, struct mapi_prop *prop_r)
{
	buffer_t *key;

	i_zero(prop_r);
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagAttachNumber):
		prop_r->tag = PidTagAttachNumber;
		prop_r->v.i = attach->num;
		return TRUE;
	case MAPI_TAG_ID(PidTagObjectType):
		prop_r->tag = PidTagObjectType;
		prop_r->v.i = OBJECT_TYPE_ATTACHMENT;
		return TRUE;
	case MAPI_TAG_ID(PidTagAccessLevel):
		prop_r->tag = PidTagAccessLevel;
		prop_r->v.i = (rights & 0x20) != 0;
		return TRUE;
	case MAPI_TAG_ID(PidTagMappingSignature):
		prop_r->tag = PidTagMappingSignature;
		prop_r->v.bin.data = logon->replica_guid;
		prop_r->v.bin.size = GUID_128_SIZE;
		return TRUE;
	case MAPI_TAG_ID(PidTagRecordKey):
		key = buffer_create_dynamic(rop->pool, 8);
		mapi_out_u32(key, attach->num);
		prop_r->tag = PidTagRecordKey;
		prop_r->v.bin.data = key->data;
		prop_r->v.bin.size = key->used;
		return TRUE;
	}
	return FALSE;
}

/* The content as a value. Longer ones are read by a stream. */
static bool attachment_data(struct mapi_rop *rop,
			    const struct mapi_attachment *attach,
			    struct mapi_prop *prop_r)
{
	struct istream *input;
	const char *error;
	buffer_t *data;
	int ret;

	ret = mapi_attachment_open((struct mapi_attachment *)attach, &input,
				   &error);
	if (ret <= 0)
		return FALSE;
	data = buffer_create_dynamic(rop->pool, 1024);
	ret = mapi_read_some(input, data, MAPI_MAX_PROP_VALUE + 1);
	i_stream_unref(&input);
	prop_r->tag = PidTagAttachDataBinary;
	prop_r->v.bin.data = data->data;
	prop_r->v.bin.size = data->used;
	return ret >= 0;
}

void mapi_attachment_get(struct mapi_rop *rop,
			 const struct mapi_attachment *attach,
			 const struct mapi_logon *logon, uint32_t rights,
			 const mapi_tag_t *tags, unsigned int count,
			 struct mapi_prop *props_r)
{
	/* of one that is new (MS-OXCMSG 3.2.5.13) */
	static const struct mapi_prop no_size = { .tag = PidTagAttachSize };
	const struct mapi_prop *have;
	struct mapi_prop own;

	for (unsigned int i = 0; i < count; i++) {
		have = &own;
		if (!attachment_own(rop, attach, logon, rights, tags[i],
				    &own) &&
		    !(tags[i] == PidTagAttachDataBinary &&
		      attachment_data(rop, attach, &own)))
			have = mapi_bag_get(&attach->props, tags[i]);
		if (have == NULL &&
		    MAPI_TAG_ID(tags[i]) == MAPI_TAG_ID(PidTagAttachSize))
			have = &no_size;
		if (have == NULL)
			mapi_prop_error(&props_r[i], tags[i], ecNotFound);
		else
			mapi_prop_as(rop, have, tags[i], &props_r[i]);
	}
}

static void attach_get(struct mapi_rop *rop, struct mapi_object *obj,
		       const mapi_tag_t *tags, unsigned int count,
		       struct mapi_prop *props_r)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;
	struct mapi_attachment *current;
	uint32_t error = mapi_attach_current(rop, attach, &current);

	if (error == ecNone) {
		mapi_attachment_get(rop, current, obj->logon,
				    attach->writable ? 0x20 : 0, tags, count,
				    props_r);
		return;
	}
	for (unsigned int i = 0; i < count; i++)
		mapi_prop_error(&props_r[i], tags[i], error);
}

static void attach_list(struct mapi_rop *rop, struct mapi_object *obj,
			ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t own[] = {
		PidTagAttachNumber, PidTagObjectType, PidTagAccessLevel,
		PidTagMappingSignature, PidTagRecordKey,
	};
	const mapi_tag_t data = PidTagAttachDataBinary;
	const mapi_tag_t object = PidTagAttachDataObject;
	struct mapi_attachment *current;
	const struct mapi_prop *prop;

	if (mapi_attach_current(rop, (struct mapi_attach *)obj,
				&current) != ecNone)
		return;
	array_append(tags_r, own, N_ELEMENTS(own));
	array_foreach(&current->props.props, prop) {
		if (!mapi_tags_have(tags_r, prop->tag))
			array_push_back(tags_r, &prop->tag);
	}
	if (current->message != NULL || current->open_message != NULL)
		array_push_back(tags_r, &object);
	else if (current->data.data != NULL || current->open != NULL)
		array_push_back(tags_r, &data);
}

static uint32_t attach_may_set(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagAttachNumber):
	case MAPI_TAG_ID(PidTagAttachSize):
	case MAPI_TAG_ID(PidTagObjectType):
	case MAPI_TAG_ID(PidTagAccessLevel):
	case MAPI_TAG_ID(PidTagMappingSignature):
	case MAPI_TAG_ID(PidTagRecordKey):
		return ecComputed;
	}
	return ecNone;
}

static uint32_t attach_set_data(struct mapi_attach *attach,
				const struct mapi_blob *data)
{
	struct mapi_spool *spool = mapi_spool_new();
	uint32_t error = ecNone;

	if (mapi_spool_write(spool, 0, data->data, data->size) < 0)
		error = ecMemory;
	else
		error = mapi_attach_set_content(attach, spool);
	mapi_spool_unref(&spool);
	return error;
}

static uint32_t attach_set(struct mapi_rop *rop, struct mapi_object *obj,
			   const struct mapi_prop *prop)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;
	struct mapi_prop text;
	uint32_t error = attach_may_set(prop->tag);

	if (error != ecNone)
		return error;
	if (!attach->writable)
		return ecNoAccess;
	if (prop->tag == PidTagAttachDataBinary)
		return attach_set_data(attach, &prop->v.bin);
	mapi_prop_as(rop, prop, MAPI_TAG_TYPE(prop->tag) == PTYP_STRING8 ?
		     MAPI_TAG_RETYPE(prop->tag, PTYP_STRING) : prop->tag,
		     &text);
	mapi_bag_set(&mapi_attach_change(attach)->set, text.tag, &text.v);
	return ecNone;
}

static uint32_t attach_unset(struct mapi_rop *rop ATTR_UNUSED,
			     struct mapi_object *obj, mapi_tag_t tag)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;
	struct mapi_attach_edit *edit;
	mapi_tag_t any = MAPI_TAG_RETYPE(tag, PTYP_UNSPECIFIED);
	uint32_t error = attach_may_set(tag);

	if (error != ecNone)
		return error;
	if (!attach->writable)
		return ecNoAccess;
	edit = mapi_attach_change(attach);
	(void)mapi_bag_unset(&edit->set, any);
	array_push_back(&edit->gone, &any);
	return ecNone;
}

static void attach_free(struct mapi_object *obj)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;

	if (attach->edit != NULL)
		mapi_attach_edit_free(attach->edit);
	pool_unref(&attach->edit_pool);
}

static bool attach_park(struct mapi_object *obj, buffer_t *out)
{
	struct mapi_attach *attach = (struct mapi_attach *)obj;

	if (attach->edit != NULL || attach->created)
		return FALSE;
	mapi_out_u32(out, attach->num);
	mapi_out_u8(out, attach->writable);
	return TRUE;
}

static const struct mapi_object_vfuncs attach_vfuncs = {
	.free = attach_free,
	.get = attach_get,
	.list = attach_list,
	.set = attach_set,
	.unset = attach_unset,
	.park = attach_park,
};

struct mapi_attach *mapi_attach_new(struct mapi_rop *rop, struct mapi_msg *msg,
				    unsigned int num)
{
	struct mapi_attach *attach =
		mapi_object_new(rop, struct mapi_attach, MAPI_ATTACH,
				&attach_vfuncs, &msg->obj);

	attach->num = num;
	return attach;
}
