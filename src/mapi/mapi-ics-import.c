/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages that a client made or changed while it was away (MS-OXCFXICS 2.2.3.2.4.2,
   3.2.5.9.4.2): an empty message object that the client fills, and whose saving gives it
   the client's id and version. */

#include "mapi.h"
#include "istream.h"
#include "mapi-attach.h"
#include "mapi-ics.h"
#include "mapi-spool.h"

/* --- begin --------------------------------------------------------------------------------- */

/* Everything that a client can set goes, and all parts: what it uploads is all there is */
static uint32_t purge(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_msg_changes *changes = mapi_msg_change(msg);
	struct mapi_attachment *const *attachp;
	struct mapi_message *base;
	ARRAY_TYPE(mapi_tag) tags;
	const mapi_tag_t *tag;
	mapi_tag_t any;
	uint32_t error = mapi_msg_base(rop, msg, &base);

	if (error != ecNone)
		return error;
	p_array_init(&tags, rop->pool, 64);
	msg->obj.v->list(rop, &msg->obj, &tags);
	array_foreach(&tags, tag) {
		any = MAPI_TAG_RETYPE(*tag, PTYP_UNSPECIFIED);
		if (mapi_msg_may_set(*tag) == ecNone &&
		    !mapi_msg_is_identity(*tag) &&
		    !mapi_tags_have(&changes->gone, any))
			array_push_back(&changes->gone, &any);
	}
	changes->recipients_changed = TRUE;
	array_clear(&changes->recipients);
	changes->next_attach = base->next_attach;
	array_foreach(&base->attachments, attachp)
		mapi_attach_delete(msg, (*attachp)->num);
	return ecNone;
}

static void version_keep(pool_t pool, struct mapi_ics_version *dest,
			 const struct mapi_ics_version *src)
{
	*dest = *src;
	dest->change_key.data = p_memdup(pool, src->change_key.data,
					 src->change_key.size);
	dest->pcl.data = p_memdup(pool, src->pcl.data, src->pcl.size);
}

/* What is here already: is the client's version one to take? */
static uint32_t check_existing(struct mapi_rop *rop,
			       struct mapi_ics_collector *collector,
			       const struct mapi_msg_ref *ref,
			       const struct mapi_ics_version *version,
			       bool fail_on_conflict,
			       struct store_version *before_r,
			       bool *conflict_r)
{
	struct store_object object;

	if (ref->folder != collector->folder)
		return SYNC_E_OBJECT_DELETED;
	mapi_msg_object_of(rop->logon, ref, &object);
	if (store_version_get(rop->store, &object, rop->pool, before_r) < 0)
		return mapi_store_error(rop);
	switch (mapi_ics_compare(rop, rop->logon, before_r, version)) {
	case MAPI_PCL_NEWER:
		return ecNone;
	case MAPI_PCL_EQUAL:
	case MAPI_PCL_OLDER:
		return SYNC_E_IGNORE;
	case MAPI_PCL_CONFLICT:
		break;
	}
	*conflict_r = TRUE;
	return fail_on_conflict ? SYNC_E_CONFLICT : ecNone;
}

static struct mapi_msg *
import_message(struct mapi_rop *rop, struct mapi_ics_collector *collector,
	       const struct mapi_msg_ref *ref, bool associated,
	       const struct mapi_ics_version *version,
	       const struct store_version *before, bool conflict)
{
	struct mapi_msg *msg = mapi_msg_new(rop, ref, associated, NULL);
	struct mapi_ics_import *import;

	msg->writable = TRUE;
	import = msg->import = p_new(msg->obj.pool, struct mapi_ics_import, 1);
	import->collector = collector;
	import->conflict = conflict;
	version_keep(msg->obj.pool, &import->version, version);
	mapi_ics_version_dup(msg->obj.pool, &import->before, before);
	mapi_object_ref(&collector->obj);
	return msg;
}

uint32_t mapi_ics_import_begin(struct mapi_rop *rop,
			       struct mapi_ics_collector *collector,
			       const struct mapi_ics_version *version,
			       bool associated, bool fail_on_conflict,
			       struct mapi_msg **msg_r)
{
	struct store_version before;
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	bool was_associated, conflict = FALSE;
	uint32_t error;

	i_zero(&before);
	error = mapi_msg_find(rop, rop->logon, version->id, &ref,
			      &was_associated);
	if (error == ecNone)
		error = check_existing(rop, collector, &ref, version,
				       fail_on_conflict, &before, &conflict);
	else if (error == ecNotFound) {
		i_zero(&ref);
		ref.folder = collector->folder;
		was_associated = associated;
		error = mapi_ics_new_id(rop, rop->logon, version->id);
	}
	if (error != ecNone)
		return error;
	if (was_associated != associated)
		return ecInvalidParam;
	*msg_r = import_message(rop, collector, &ref, associated, version,
				&before, conflict);
	(void)mapi_msg_change(*msg_r);
	if (ref.num != 0)
		error = purge(rop, *msg_r);
	if (error != ecNone) {
		obj = &(*msg_r)->obj;
		mapi_object_unref(&obj);
	}
	return error;
}

/* --- save ------------------------------------------------------------------------------------- */

/* Ours stays; both versions are in it from now on, and as it has a new number the client
   gets it with its next download */
static uint32_t keep_ours(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_ics_import *import = msg->import;
	const struct store_version *before = &import->before;
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	struct store_object object;

	mapi_version_keys(rop->logon, before, key, pcl);
	(void)mapi_pcl_merge(pcl, &import->version.pcl);
	(void)mapi_pcl_add(pcl, import->version.change_key.data,
			   import->version.change_key.size);
	mapi_msg_object_of(rop->logon, &msg->ref, &object);
	if (msg->ref.source == MAPI_MSG_MAIL &&
	    store_version_bump(rop->store, &object) < 0)
		return mapi_store_error(rop);
	if (store_version_set(rop->store, &object, key->data, key->used,
			      pcl->data, pcl->used, NULL) < 0)
		return mapi_store_error(rop);
	mapi_msg_drop_changes(msg);
	mapi_msg_forget(msg);
	mapi_ics_import_free(msg);
	return SYNC_E_IGNORE;
}

/* Is an attachment that was uploaded the one that was there? Then it is not written anew:
   signatures and the form of the mail stay as they are. */
static bool same_content(struct mapi_attachment *old,
			 const struct mapi_attach_edit *edit)
{
	buffer_t *a, *b;
	struct istream *input;
	const char *error;
	bool same;
	int ret;

	if (edit->data == NULL || edit->message != NULL ||
	    mapi_attachment_open(old, &input, &error) <= 0)
		return FALSE;
	a = buffer_create_dynamic(default_pool, 8192);
	b = buffer_create_dynamic(default_pool, 8192);
	ret = mapi_read_all(input, a);
	i_stream_unref(&input);
	if (ret == 0 && a->used == mapi_spool_size(edit->data)) {
		input = mapi_spool_open(edit->data);
		ret = mapi_read_all(input, b);
		i_stream_unref(&input);
	}
	same = ret == 0 && buffer_cmp(a, b);
	buffer_free(&a);
	buffer_free(&b);
	return same;
}

static struct mapi_attach_edit *
deleted_edit(struct mapi_msg_changes *changes, unsigned int num)
{
	struct mapi_attach_edit **editp;

	array_foreach_modifiable(&changes->attachments, editp) {
		if ((*editp)->num == num && (*editp)->deleted)
			return *editp;
	}
	return NULL;
}

static void reuse(struct mapi_msg_changes *changes, struct mapi_attach_edit *edit,
		  struct mapi_attach_edit *gone)
{
	struct mapi_attach_edit *const *editp;

	edit->num = gone->num;
	edit->created = FALSE;
	mapi_spool_unref(&edit->data);
	(void)mapi_bag_unset(&edit->set, PidTagAttachNumber);
	array_foreach(&changes->attachments, editp) {
		if (*editp == gone) {
			mapi_attach_edit_free(gone);
			array_delete(&changes->attachments, array_foreach_idx(
				&changes->attachments, editp), 1);
			return;
		}
	}
}

static void reuse_attachments(struct mapi_msg *msg,
			      const struct mapi_message *base)
{
	struct mapi_attachment *const *attachp;
	struct mapi_attach_edit *edit, *gone;
	unsigned int i;

	array_foreach(&base->attachments, attachp) {
		gone = deleted_edit(msg->changes, (*attachp)->num);
		for (i = 0; gone != NULL &&
		     i < array_count(&msg->changes->attachments); i++) {
			edit = *array_idx(&msg->changes->attachments, i);
			if (!edit->created || edit->deleted ||
			    !same_content(*attachp, edit))
				continue;
			reuse(msg->changes, edit, gone);
			break;
		}
	}
}

uint32_t mapi_ics_import_resolve(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_ics_import *import = msg->import;
	const struct mapi_prop *time;
	struct mapi_message *base;
	uint32_t error;

	if (msg->ref.source == MAPI_MSG_NEW)
		return ecNone;
	error = mapi_msg_base(rop, msg, &base);
	if (error != ecNone)
		return error;
	time = mapi_bag_get(&base->props, PidTagLastModificationTime);
	if (time == NULL)
		time = mapi_bag_get(&base->props, PidTagMessageDeliveryTime);
	if (import->conflict &&
	    !mapi_ics_theirs_wins(rop->logon, &import->before,
				  time == NULL ? 0 : time->v.i,
				  &import->version))
		return keep_ours(rop, msg);
	if (msg->ref.source == MAPI_MSG_MAIL)
		reuse_attachments(msg, base);
	return ecNone;
}

static uint32_t import_seen(struct mapi_rop *rop, struct mapi_msg *msg,
			    const struct store_object *object, uint64_t cn)
{
	struct mapi_ics_collector *collector = msg->import->collector;
	struct store_version version;

	mapi_ics_collector_seen(collector, msg->associated, cn);
	if (object->kind != STORE_OBJECT_MAIL)
		return ecNone;
	if (store_version_get(rop->store, object, rop->pool, &version) < 0)
		return mapi_store_error(rop);
	if (version.read_cn != 0)
		mapi_idset_add(&collector->state.read,
			       collector->obj.logon->replica_guid,
			       version.read_cn);
	return ecNone;
}

uint32_t mapi_ics_import_stored(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_ics_import *import = msg->import;
	struct store_gid gid = { mapi_id_replid(import->version.id),
				 mapi_id_globcnt(import->version.id) };
	struct store_object object;
	uint64_t cn;
	uint32_t error;

	mapi_msg_object_of(rop->logon, &msg->ref, &object);
	if (import->before.cn == 0 &&
	    store_gid_give(rop->store, &object, &gid) < 0)
		return mapi_store_error(rop);
	error = mapi_ics_version_set(rop, rop->logon, &object, &import->before,
				     &import->version, &cn);
	if (error != ecNone)
		return error;
	/* the result of a conflict is told with the next download */
	if (!import->conflict)
		error = import_seen(rop, msg, &object, cn);
	mapi_ics_import_free(msg);
	return error;
}

void mapi_ics_import_free(struct mapi_msg *msg)
{
	struct mapi_object *obj;

	if (msg->import == NULL)
		return;
	obj = &msg->import->collector->obj;
	msg->import = NULL;
	mapi_object_unref(&obj);
}
