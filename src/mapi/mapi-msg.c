/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message object: found, read, and what is changed of it. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-flags.h"
#include "mapi-ics.h"
#include "mapi-msg.h"
#include "mapi-spool.h"

/* --- where it is ------------------------------------------------------------------- */

void mapi_msg_object_of(const struct mapi_logon *logon,
			const struct mapi_msg_ref *ref,
			struct store_object *object_r)
{
	i_zero(object_r);
	mapi_place(logon, ref->folder, &object_r->place);
	object_r->num = ref->num;
	switch (ref->source) {
	case MAPI_MSG_MAIL:
		object_r->kind = STORE_OBJECT_MAIL;
		break;
	case MAPI_MSG_ITEM:
		object_r->kind = STORE_OBJECT_ITEM;
		break;
	default:
		object_r->kind = STORE_OBJECT_OPAQUE;
		break;
	}
}

mapi_id_t mapi_msg_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			const struct mapi_msg_ref *ref)
{
	struct store_object object;
	struct store_gid gid;

	if (ref->num == 0)
		return 0;
	if (ref->source == MAPI_MSG_DELETED)
		return mapi_deleted_wire(rop, logon, ref);
	mapi_msg_object_of(logon, ref, &object);
	if (store_gid_of(rop->store, &object, &gid) < 0)
		return 0;
	return mapi_id(gid.replid, gid.counter);
}

static uint64_t oid_of_place(const struct store_place *place)
{
	return place->fid != 0 ? META_OID_FOLDER(place->fid) : place->special;
}

static uint32_t msg_is_associated(struct mapi_rop *rop,
				  const struct store_place *place, uint32_t num,
				  bool *associated_r)
{
	struct store_opaque opaque;
	int ret = store_opaque_get(rop->store, place, num, rop->pool, &opaque);

	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecNotFound;
	*associated_r = opaque.associated;
	return ecNone;
}

uint32_t mapi_msg_find(struct mapi_rop *rop, const struct mapi_logon *logon,
		       mapi_id_t id, struct mapi_msg_ref *ref_r,
		       bool *associated_r)
{
	struct store_gid gid = { mapi_id_replid(id), mapi_id_globcnt(id) };
	struct store_object object;
	int ret;

	i_zero(ref_r);
	*associated_r = FALSE;
	ret = store_gid_find(rop->store, logon->view, &gid, NULL, &object);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecNotFound;
	ref_r->folder = oid_of_place(&object.place);
	ref_r->num = object.num;
	switch (object.kind) {
	case STORE_OBJECT_MAIL:
		ref_r->source = MAPI_MSG_MAIL;
		return ecNone;
	case STORE_OBJECT_ITEM:
		ref_r->source = MAPI_MSG_ITEM;
		return ecNone;
	case STORE_OBJECT_OPAQUE:
		ref_r->source = MAPI_MSG_OPAQUE;
		return msg_is_associated(rop, &object.place, object.num,
					 associated_r);
	case STORE_OBJECT_FOLDER:
		break;
	}
	return ecNotFound;
}

void mapi_msg_follow(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_msg_ref now;
	bool associated;

	if (msg->ref.source != MAPI_MSG_MAIL || msg->id == 0 ||
	    mapi_msg_find(rop, msg->obj.logon, msg->id, &now,
			  &associated) != ecNone ||
	    now.source != MAPI_MSG_MAIL ||
	    (now.num == msg->ref.num && now.folder == msg->ref.folder))
		return;
	mapi_msg_forget(msg);
	msg->ref = now;
	msg->modified = TRUE;
}

/* --- read ----------------------------------------------------------------------------- */

static uint32_t mail_reader_open(struct mapi_rop *rop, struct mapi_msg *msg)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, msg->obj.logon, msg->ref.folder);
	struct store_folder *folder;
	int ret;

	if (info == NULL)
		return ecObjectDeleted;
	if (msg->ref.source != MAPI_MSG_DELETED)
		return mapi_mail_reader_open(rop, info->fid, msg->ref.num,
					     &msg->mail);
	ret = mapi_deleted_open(rop, msg->obj.logon, msg->ref.folder, &folder);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecObjectDeleted;
	return mapi_mail_reader_of(rop, folder, msg->ref.num, &msg->mail);
}

static uint32_t base_mail(struct mapi_rop *rop, struct mapi_msg *msg)
{
	const unsigned char *data;
	const void *mark;
	const char *error;
	uint32_t ret;
	size_t size;

	ret = mail_reader_open(rop, msg);
	if (ret != ecNone) {
		/* written anew by somebody else */
		mapi_msg_follow(rop, msg);
		ret = mail_reader_open(rop, msg);
	}
	if (ret != ecNone)
		return ret;
	if (mapiconv_mail_read(&msg->mail->conv, &msg->mail->mail, rop->pool,
			       &msg->base, &error) < 0) {
		e_error(rop->env->event, "Message UID %u cannot be read: %s",
			msg->ref.num, error);
		return ecCorruptData;
	}
	mark = mapi_categories_mark(&msg->base->props);
	if (store_msg_extra_blob(msg->mail->msg, MAPI_MSG_BLOB, &data,
				 &size) > 0 &&
	    mapi_extras_apply(rop, msg->base, data, size, 0) < 0) {
		e_error(rop->env->event,
			"Properties of message UID %u are damaged",
			msg->ref.num);
	}
	mapi_categories_show(rop, store_msg_keywords(msg->mail->msg), mark,
			     &msg->base->props);
	return ecNone;
}

enum mapiconv_kind mapi_kind_of_folder(enum store_class class)
{
	switch (class) {
	case STORE_CLASS_CALENDAR:
		return MAPICONV_EVENT;
	case STORE_CLASS_CONTACTS:
		return MAPICONV_CONTACT;
	case STORE_CLASS_TASKS:
		return MAPICONV_TASK;
	case STORE_CLASS_NOTES:
	case STORE_CLASS_JOURNAL:
		return MAPICONV_NOTE;
	case STORE_CLASS_MAIL:
		break;
	}
	return MAPICONV_MAIL;
}

uint32_t mapi_item_read(struct mapi_rop *rop, enum store_class class,
			store_fid_t fid, const struct store_item *item,
			pool_t pool, struct mapi_message **msg_r)
{
	struct mapiconv conv;
	const unsigned char *data;
	const char *error;
	size_t size;

	mapi_conv_init(rop, &conv);
	if (mapiconv_item_read(&conv, mapi_kind_of_folder(class), item->text,
			       item->text_size, pool, msg_r, &error) < 0) {
		e_warning(rop->env->event, "Item %u cannot be shown: %s",
			  item->num, error);
		return ecCorruptData;
	}
	if (store_item_blob_get(rop->store, fid, item->num, MAPI_MSG_BLOB,
				rop->pool, &data, &size) > 0 &&
	    mapi_extras_apply(rop, *msg_r, data, size,
			      mapi_text_hash(item->text,
					     item->text_size)) < 0) {
		e_error(rop->env->event, "Properties of item %u are damaged",
			item->num);
	}
	return ecNone;
}

static uint32_t base_item(struct mapi_rop *rop, struct mapi_msg *msg,
			  const struct mapi_folder_info *info)
{
	struct store_item item;
	int ret = store_item_get(rop->store, info->fid, msg->ref.num,
				 rop->pool, &item);

	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecObjectDeleted;
	if (msg->seq == 0)
		msg->seq = item.seq;
	msg->text = item.text;
	return mapi_item_read(rop, info->class, info->fid, &item, rop->pool,
			      &msg->base);
}

static uint32_t base_opaque(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct store_opaque opaque;
	struct store_place place;
	int ret;

	mapi_place(msg->obj.logon, msg->ref.folder, &place);
	ret = store_opaque_get(rop->store, &place, msg->ref.num, rop->pool,
			       &opaque);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecObjectDeleted;
	if (msg->seq == 0)
		msg->seq = opaque.seq;
	return mapi_opaque_unpack(rop, rop->pool, opaque.data, opaque.size,
				  &msg->base) < 0 ? ecCorruptData : ecNone;
}

uint32_t mapi_msg_base(struct mapi_rop *rop, struct mapi_msg *msg,
		       struct mapi_message **base_r)
{
	const struct mapi_folder_info *info;
	uint32_t error = ecNone;

	if (msg->base != NULL) {
		*base_r = msg->base;
		return ecNone;
	}
	info = mapi_tree_find(rop, msg->obj.logon, msg->ref.folder);
	switch (msg->ref.source) {
	case MAPI_MSG_NEW:
		msg->base = mapi_message_new(rop->pool);
		break;
	case MAPI_MSG_MAIL:
	case MAPI_MSG_DELETED:
		error = base_mail(rop, msg);
		break;
	case MAPI_MSG_ITEM:
		error = info == NULL ? ecObjectDeleted :
			base_item(rop, msg, info);
		break;
	case MAPI_MSG_OPAQUE:
		error = base_opaque(rop, msg);
		break;
	case MAPI_MSG_EMBEDDED:
		error = mapi_attach_embedded(rop, msg->obj.parent, &msg->base);
		break;
	}
	*base_r = msg->base;
	return error;
}

void mapi_msg_forget(struct mapi_msg *msg)
{
	/* an embedded one is its attachment's */
	if (msg->base != NULL && msg->ref.source != MAPI_MSG_EMBEDDED)
		mapi_message_close(msg->base);
	mapi_mail_reader_close(&msg->mail);
	msg->base = NULL;
	msg->text = NULL;
}

/* --- changes ------------------------------------------------------------------------------ */

struct mapi_msg_changes *mapi_msg_change(struct mapi_msg *msg)
{
	struct mapi_msg_changes *changes;
	pool_t pool;

	if (msg->changes != NULL)
		return msg->changes;
	pool = pool_alloconly_create("mapi changes", 2048);
	changes = msg->changes = p_new(pool, struct mapi_msg_changes, 1);
	changes->pool = pool;
	mapi_bag_init(&changes->set, pool);
	p_array_init(&changes->gone, pool, 4);
	p_array_init(&changes->recipients, pool, 4);
	p_array_init(&changes->attachments, pool, 4);
	return changes;
}

void mapi_msg_drop_changes(struct mapi_msg *msg)
{
	struct mapi_attach_edit **editp;
	pool_t pool;

	if (msg->changes == NULL)
		return;
	array_foreach_modifiable(&msg->changes->attachments, editp)
		mapi_attach_edit_free(*editp);
	pool = msg->changes->pool;
	msg->changes = NULL;
	pool_unref(&pool);
}

uint32_t mapi_msg_recipients(struct mapi_rop *rop, struct mapi_msg *msg,
			     const struct mapi_bag **rcpts_r,
			     unsigned int *count_r)
{
	struct mapi_message *base;
	uint32_t error;

	*count_r = 0;
	if (msg->changes != NULL && msg->changes->recipients_changed) {
		*rcpts_r = array_get(&msg->changes->recipients, count_r);
		return ecNone;
	}
	error = mapi_msg_base(rop, msg, &base);
	if (error == ecNone)
		*rcpts_r = array_get(&base->recipients, count_r);
	return error;
}

void mapi_msg_own_recipients(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_msg_changes *changes = mapi_msg_change(msg);
	const struct mapi_bag *rcpts;
	struct mapi_bag *copy;
	const struct mapi_prop *prop;
	unsigned int count;

	if (changes->recipients_changed)
		return;
	if (mapi_msg_recipients(rop, msg, &rcpts, &count) != ecNone)
		count = 0;
	for (unsigned int i = 0; i < count; i++) {
		copy = array_append_space(&changes->recipients);
		mapi_bag_init(copy, changes->pool);
		array_foreach(&rcpts[i].props, prop)
			mapi_bag_set(copy, prop->tag, &prop->v);
	}
	changes->recipients_changed = TRUE;
}

static void current_props(struct mapi_message *current,
			  const struct mapi_msg_changes *changes)
{
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;

	array_foreach(&changes->gone, tag)
		(void)mapi_bag_unset(&current->props, *tag);
	array_foreach(&changes->set.props, prop)
		mapi_bag_set(&current->props, prop->tag, &prop->v);
}

static void current_recipients(struct mapi_message *current,
			       const struct mapi_msg_changes *changes)
{
	const struct mapi_bag *rcpts;
	unsigned int count;

	if (!changes->recipients_changed)
		return;
	array_clear(&current->recipients);
	array_append_array(&current->recipients, &changes->recipients);
	rcpts = array_get(&current->recipients, &count);
	mapi_msg_set_displays(&current->props, rcpts, count);
}

uint32_t mapi_msg_current(struct mapi_rop *rop, struct mapi_msg *msg,
			  struct mapi_message **msg_r)
{
	struct mapi_message *base;
	uint32_t error = mapi_msg_base(rop, msg, &base);

	if (error != ecNone)
		return error;
	if (msg->changes == NULL) {
		*msg_r = base;
		return ecNone;
	}
	*msg_r = mapi_message_dup(rop->pool, base);
	current_props(*msg_r, msg->changes);
	current_recipients(*msg_r, msg->changes);
	mapi_attach_edits_apply(rop, *msg_r, msg->changes);
	return ecNone;
}

/* --- properties ------------------------------------------------------------------------------ */

static bool is_body(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagBody):
	case MAPI_TAG_ID(PidTagHtml):
	case MAPI_TAG_ID(PidTagRtfCompressed):
		return TRUE;
	}
	return FALSE;
}

/* PidTagHtml and PidTagBodyHtml share an id: the type tells */
static mapi_tag_t body_tag(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagBody):
		return PidTagBody;
	case MAPI_TAG_ID(PidTagHtml):
		return PidTagHtml;
	default:
		return PidTagRtfCompressed;
	}
}

static bool changes_set_body(const struct mapi_msg_changes *changes)
{
	return changes != NULL &&
		(mapi_bag_get(&changes->set, PidTagBody) != NULL ||
		 mapi_bag_get(&changes->set, PidTagHtml) != NULL ||
		 mapi_bag_get(&changes->set, PidTagRtfCompressed) != NULL);
}

/* A body in another form than it was set in */
static int body_convert(struct mapi_rop *rop, struct mapi_msg *msg,
			mapi_tag_t tag, struct mapi_prop *prop_r)
{
	struct mapi_message *current;

	if (mapi_msg_current(rop, msg, &current) != ecNone)
		return 0;
	return mapi_body_of_bag(rop, &current->props, tag, prop_r);
}

static int body_get(struct mapi_rop *rop, struct mapi_msg *msg, mapi_tag_t tag,
		    struct mapi_prop *prop_r)
{
	struct mapi_message *base;
	const char *error;
	int ret;

	if ((msg->ref.source != MAPI_MSG_MAIL &&
	     msg->ref.source != MAPI_MSG_DELETED) ||
	    changes_set_body(msg->changes))
		return body_convert(rop, msg, tag, prop_r);
	if (mapi_msg_base(rop, msg, &base) != ecNone)
		return 0;
	ret = mapiconv_mail_body(&msg->mail->conv, &msg->mail->mail, tag,
				 rop->pool, prop_r, &error);
	if (ret < 0) {
		e_error(rop->env->event, "Body of message UID %u: %s",
			msg->ref.num, error);
	}
	return ret;
}

unsigned int mapi_msg_visible_attachments(const struct mapi_message *msg)
{
	struct mapi_attachment *const *attachp;
	unsigned int count = 0;

	array_foreach(&msg->attachments, attachp) {
		if (!mapi_bag_get_bool(&(*attachp)->props,
				       PidTagAttachmentHidden, FALSE))
			count++;
	}
	return count;
}

static uint32_t msg_place(struct mapi_rop *rop, struct mapi_msg *msg,
			  struct mapi_message *current,
			  struct mapi_msg_place *place_r)
{
	const struct mapi_folder_info *info;

	i_zero(place_r);
	place_r->logon = msg->obj.logon;
	place_r->ref = msg->ref;
	place_r->associated = msg->associated;
	place_r->is_new = msg->ref.source == MAPI_MSG_NEW ||
		msg->ref.source == MAPI_MSG_EMBEDDED;
	place_r->bag = &current->props;
	place_r->attachments = mapi_msg_visible_attachments(current);
	info = mapi_tree_find(rop, msg->obj.logon, msg->ref.folder);
	if (info == NULL)
		return ecObjectDeleted;
	if (mapi_folder_rights(rop, msg->obj.logon, info,
			       &place_r->rights) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static void msg_get_one(struct mapi_rop *rop, struct mapi_msg *msg,
			struct mapi_message *current,
			struct mapi_msg_place *place, mapi_tag_t tag,
			struct mapi_prop *prop_r)
{
	const struct mapi_prop *have;
	struct mapi_prop own;

	if (mapi_msg_place_get(rop, place, tag, &own)) {
		mapi_prop_as(rop, &own, tag, prop_r);
		return;
	}
	have = mapi_bag_get(&current->props, tag);
	if (have == NULL && is_body(tag) &&
	    body_get(rop, msg, body_tag(tag), &own) > 0)
		have = &own;
	if (have == NULL)
		mapi_prop_error(prop_r, tag, ecNotFound);
	else
		mapi_prop_as(rop, have, tag, prop_r);
}

static void msg_get(struct mapi_rop *rop, struct mapi_object *obj,
		    const mapi_tag_t *tags, unsigned int count,
		    struct mapi_prop *props_r)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;
	struct mapi_message *current;
	struct mapi_msg_place place;
	uint32_t error = mapi_msg_current(rop, msg, &current);

	if (error == ecNone)
		error = msg_place(rop, msg, current, &place);
	for (unsigned int i = 0; i < count; i++) {
		if (error != ecNone)
			mapi_prop_error(&props_r[i], tags[i], error);
		else
			msg_get_one(rop, msg, current, &place, tags[i],
				    &props_r[i]);
	}
}

static void list_body(struct mapi_rop *rop, struct mapi_msg *msg,
		      ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t bodies[] = {
		PidTagBody, PidTagHtml, PidTagRtfCompressed,
	};
	struct mapi_prop prop;

	for (unsigned int i = 0; i < N_ELEMENTS(bodies); i++) {
		if (!mapi_tags_have(tags_r, bodies[i]) &&
		    body_get(rop, msg, bodies[i], &prop) > 0)
			array_push_back(tags_r, &bodies[i]);
	}
}

static void msg_list(struct mapi_rop *rop, struct mapi_object *obj,
		     ARRAY_TYPE(mapi_tag) *tags_r)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;
	struct mapi_message *current;
	const struct mapi_prop *prop;

	if (mapi_msg_current(rop, msg, &current) != ecNone)
		return;
	mapi_msg_place_tags(tags_r, msg->ref.source == MAPI_MSG_NEW);
	array_foreach(&current->props.props, prop) {
		if (!mapi_tags_have(tags_r, prop->tag))
			array_push_back(tags_r, &prop->tag);
	}
	list_body(rop, msg, tags_r);
}

static void tags_remove(ARRAY_TYPE(mapi_tag) *tags, mapi_tag_t tag)
{
	const mapi_tag_t *t;

	array_foreach(tags, t) {
		if (MAPI_TAG_ID(*t) == MAPI_TAG_ID(tag)) {
			array_delete(tags, array_foreach_idx(tags, t), 1);
			return;
		}
	}
}

/* A body in one form makes those in others void */
static void drop_other_bodies(struct mapi_msg_changes *changes, mapi_tag_t tag)
{
	static const mapi_tag_t bodies[] = {
		PidTagBody, PidTagHtml, PidTagRtfCompressed,
	};

	for (unsigned int i = 0; i < N_ELEMENTS(bodies); i++) {
		if (MAPI_TAG_ID(bodies[i]) == MAPI_TAG_ID(tag) ||
		    mapi_tags_have(&changes->gone, bodies[i]))
			continue;
		if (mapi_bag_get(&changes->set, bodies[i]) == NULL)
			array_push_back(&changes->gone, &bodies[i]);
	}
}

static uint32_t msg_set(struct mapi_rop *rop, struct mapi_object *obj,
			const struct mapi_prop *prop)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;
	struct mapi_msg_changes *changes;
	struct mapi_prop text;
	uint32_t error = mapi_msg_may_set(prop->tag);

	if (error != ecNone)
		return error;
	if (!msg->writable)
		return ecNoAccess;
	changes = mapi_msg_change(msg);
	/* kept as text, whatever the code page of who reads it */
	mapi_prop_as(rop, prop, MAPI_TAG_TYPE(prop->tag) == PTYP_STRING8 ?
		     MAPI_TAG_RETYPE(prop->tag, PTYP_STRING) : prop->tag,
		     &text);
	if (MAPI_TAG_TYPE(text.tag) == PTYP_ERROR_CODE)
		text = *prop;
	mapi_bag_set(&changes->set, text.tag, &text.v);
	tags_remove(&changes->gone, prop->tag);
	if (is_body(prop->tag))
		drop_other_bodies(changes, prop->tag);
	return ecNone;
}

static uint32_t msg_unset(struct mapi_rop *rop ATTR_UNUSED,
			  struct mapi_object *obj, mapi_tag_t tag)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;
	struct mapi_msg_changes *changes;
	mapi_tag_t any = MAPI_TAG_RETYPE(tag, PTYP_UNSPECIFIED);
	uint32_t error = mapi_msg_may_set(tag);

	if (error != ecNone)
		return error;
	if (!msg->writable)
		return ecNoAccess;
	changes = mapi_msg_change(msg);
	(void)mapi_bag_unset(&changes->set, any);
	if (!mapi_tags_have(&changes->gone, tag))
		array_push_back(&changes->gone, &any);
	return ecNone;
}

/* --- life ------------------------------------------------------------------------------------- */

static void msg_free(struct mapi_object *obj)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;

	mapi_msg_forget(msg);
	mapi_msg_drop_changes(msg);
	mapi_ics_import_free(msg);
}

static bool msg_park(struct mapi_object *obj, buffer_t *out)
{
	struct mapi_msg *msg = (struct mapi_msg *)obj;

	if (msg->changes != NULL || msg->ref.source == MAPI_MSG_NEW ||
	    msg->ref.source == MAPI_MSG_EMBEDDED)
		return FALSE;
	mapi_out_u64(out, msg->ref.folder);
	mapi_out_u8(out, msg->ref.source);
	mapi_out_u32(out, msg->ref.num);
	mapi_out_u8(out, msg->associated);
	mapi_out_u8(out, msg->writable);
	mapi_out_u64(out, msg->seq);
	mapi_out_u64(out, msg->id);
	mapi_out_u8(out, msg->modified);
	return TRUE;
}

static const struct mapi_object_vfuncs msg_vfuncs = {
	.free = msg_free,
	.get = msg_get,
	.list = msg_list,
	.set = msg_set,
	.unset = msg_unset,
	.copy = mapi_msg_copy_contents,
	.park = msg_park,
};

struct mapi_msg *mapi_msg_new(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			      bool associated, struct mapi_object *parent)
{
	struct mapi_msg *msg = mapi_object_new(rop, struct mapi_msg,
					       MAPI_MESSAGE, &msg_vfuncs,
					       parent);

	msg->ref = *ref;
	msg->associated = associated;
	msg->cpid = rop->session->cpid;
	return msg;
}
