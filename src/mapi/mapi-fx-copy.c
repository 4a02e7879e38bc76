/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What RopFastTransferSourceCopy* give out (MS-OXCFXICS 2.2.3.1.1, 2.2.4.4): a message or
   an attachment as it is in its object now; a list of messages; a folder with what is in
   it. */

#include "mapi.h"
#include "mapi-attach.h"
#include "mapi-folder.h"
#include "mapi-fx.h"

/* What is still to be written, one step after the other */
enum step_kind {
	STEP_MARKER,		/* .tag */
	STEP_DEL_PROP,		/* .tag: FXDelProp of it */
	STEP_FOLDER_PROPS,	/* .folder; .sub: with those that have their place */
	STEP_MESSAGE,		/* .ref */
};

struct step {
	enum step_kind kind;
	mapi_tag_t tag;
	uint64_t folder;
	bool sub, associated;
	struct mapi_msg_ref ref;
	mapi_id_t id;
};

struct copy {
	pool_t pool;
	ARRAY(struct step) steps;
	unsigned int next;
	struct mapi_fx_filter filter;
	ARRAY_TYPE(mapi_tag) tags;
	bool send_entry_id;
};

/* --- one step ---------------------------------------------------------------------------- */

static void write_id(struct fx_out *out, mapi_tag_t tag, mapi_id_t id)
{
	struct mapi_prop prop = { .tag = tag };

	prop.v.i = id;
	(void)fx_out_prop(out, &prop);
}

/* SendEntryId: what a message is known by (2.2.3.1.1.3.1) */
static void write_identity(struct mapi_rop *rop, struct fx_out *out,
			   const struct step *step,
			   const struct mapi_bag *bag)
{
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *change_key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	buffer_t *entry_id = buffer_create_dynamic(rop->pool, 70);
	struct store_version version;
	struct store_object object;

	mapi_msg_object_of(rop->logon, &step->ref, &object);
	if (store_version_get(rop->store, &object, rop->pool, &version) < 0)
		return;
	mapi_source_key(rop, rop->logon, step->id, key);
	mapi_version_keys(rop->logon, &version, change_key, pcl);
	mapi_message_entry_id(rop, rop->logon,
			      mapi_folder_wire(rop, rop->logon,
					       step->ref.folder),
			      step->id, entry_id);
	fx_out_binary(out, PidTagSourceKey, key->data, key->used);
	mapi_fx_write_time(out, bag);
	fx_out_binary(out, PidTagChangeKey, change_key->data,
		      change_key->used);
	fx_out_binary(out, PidTagPredecessorChangeList, pcl->data, pcl->used);
	fx_out_binary(out, PidTagOriginalEntryId, entry_id->data,
		      entry_id->used);
}

static void write_message_in(struct mapi_rop *rop,
			     struct mapi_fx_source *source,
			     const struct step *step)
{
	struct copy *copy = source->context;
	struct mapi_fx_stored stored;
	struct fx_mark mark;
	uint32_t error = mapi_fx_open(rop, rop->logon, &step->ref, &stored);

	fx_out_mark(&source->out, &mark);
	source->out.names_context = rop;
	if (error == ecNone) {
		stored.message.associated = step->associated;
		fx_out_marker(&source->out, step->associated ?
			      MarkStartFAIMsg : MarkStartMessage);
		write_id(&source->out, PidTagMid, step->id);
		if (copy->send_entry_id)
			write_identity(rop, &source->out, step,
				       &stored.message.msg->props);
		(void)mapi_bag_unset(&stored.message.msg->props,
				     PidTagLastModificationTime);
		error = mapi_fx_write_message(rop, &source->out,
					      &stored.message, NULL);
		fx_out_marker(&source->out, MarkEndMessage);
		mapi_fx_close(&stored);
	}
	if (error == ecNone || error == ecObjectDeleted)
		return;
	/* clients tell it from one that is not there (2.2.4.3.17) */
	fx_out_unwind(&source->out, &mark);
	fx_out_u32(&source->out, MetaTagEcWarning, error);
}

static uint32_t write_message(struct mapi_rop *rop,
			      struct mapi_fx_source *source,
			      const struct step *step)
{
	struct mapi_fx_sub sub;
	uint32_t error = mapi_fx_sub_begin(rop, rop->logon, &sub);

	if (error != ecNone)
		return error;
	T_BEGIN {
		write_message_in(&sub.rop, source, step);
	} T_END;
	mapi_fx_sub_end(&sub);
	source->out.names_context = rop;
	return ecNone;
}

static void write_folder_one(struct mapi_folder_reader *reader,
			     const struct mapi_folder_info *info,
			     struct fx_out *out, mapi_tag_t tag)
{
	struct mapi_prop prop;

	mapi_folder_read(reader, info, &tag, 1, &prop);
	(void)fx_out_prop(out, &prop);
}

static bool folder_prop_wanted(const struct copy *copy, const struct step *step,
			       mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagContentCount):
	case MAPI_TAG_ID(PidTagContentUnreadCount):
	case MAPI_TAG_ID(PidTagAssociatedContentCount):
	case MAPI_TAG_ID(PidTagSubfolders):
	case MAPI_TAG_ID(PidTagFolderType):
		return FALSE;
	case MAPI_TAG_ID(PidTagDisplayName):
	case MAPI_TAG_ID(PidTagComment):
		if (step->sub)
			return FALSE;
		break;
	}
	return !mapi_fx_never_sent(tag) &&
		(step->sub || mapi_fx_wanted(&copy->filter, tag));
}

static uint32_t write_folder(struct mapi_rop *rop,
			     struct mapi_fx_source *source,
			     const struct step *step)
{
	static const mapi_tag_t first[] = {
		PidTagFolderId, PidTagDisplayName, PidTagComment,
	};
	const struct copy *copy = source->context;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, step->folder);
	struct mapi_object *obj;
	struct mapi_folder_reader reader;
	ARRAY_TYPE(mapi_tag) tags;
	const mapi_tag_t *tag;

	if (info == NULL)
		return ecObjectDeleted;
	mapi_folder_reader_init(&reader, rop, rop->logon);
	for (unsigned int i = 0; step->sub && i < N_ELEMENTS(first); i++)
		write_folder_one(&reader, info, &source->out, first[i]);
	p_array_init(&tags, rop->pool, 64);
	obj = &mapi_folder_object(rop, rop->logon, step->folder)->obj;
	obj->v->list(rop, obj, &tags);
	mapi_object_unref(&obj);
	array_foreach(&tags, tag) {
		if (folder_prop_wanted(copy, step, *tag))
			write_folder_one(&reader, info, &source->out, *tag);
	}
	return ecNone;
}

static uint32_t copy_produce(struct mapi_rop *rop,
			     struct mapi_fx_source *source)
{
	struct copy *copy = source->context;
	const struct step *step;
	uint32_t error = ecNone;

	if (copy->next == array_count(&copy->steps)) {
		source->end = TRUE;
		return ecNone;
	}
	step = array_idx(&copy->steps, copy->next);
	switch (step->kind) {
	case STEP_MARKER:
		fx_out_marker(&source->out, step->tag);
		break;
	case STEP_DEL_PROP:
		fx_out_u32(&source->out, MetaTagFXDelProp, step->tag);
		break;
	case STEP_FOLDER_PROPS:
		error = write_folder(rop, source, step);
		break;
	case STEP_MESSAGE:
		error = write_message(rop, source, step);
		break;
	}
	copy->next++;
	source->steps = copy->next;
	return error;
}

static void copy_free(struct mapi_fx_source *source)
{
	struct copy *copy = source->context;
	pool_t pool = copy->pool;

	pool_unref(&pool);
}

static const struct mapi_fx_producer copy_producer = {
	.produce = copy_produce,
	.free = copy_free,
};

static struct copy *copy_new(const struct mapi_fx_filter *filter)
{
	pool_t pool = pool_alloconly_create("mapi copy", 2048);
	struct copy *copy = p_new(pool, struct copy, 1);

	copy->pool = pool;
	p_array_init(&copy->steps, pool, 16);
	p_array_init(&copy->tags, pool, 16);
	if (filter != NULL) {
		copy->filter = *filter;
		if (filter->tags != NULL)
			array_append_array(&copy->tags, filter->tags);
		copy->filter.tags = &copy->tags;
	}
	return copy;
}

static struct step *step_add(struct copy *copy, enum step_kind kind,
			     mapi_tag_t tag)
{
	struct step *step = array_append_space(&copy->steps);

	step->kind = kind;
	step->tag = tag;
	return step;
}

static struct mapi_fx_source *
copy_source(struct mapi_rop *rop, struct copy *copy, uint8_t send_options)
{
	struct mapi_fx_source *source =
		mapi_fx_source_new(rop, &copy_producer, copy, send_options,
				   rop->obj);

	source->steps_total = array_count(&copy->steps);
	return source;
}

/* --- what is in a folder ---------------------------------------------------------------------- */

static void add_message(struct mapi_rop *rop, struct copy *copy,
			const struct mapi_msg_ref *ref, bool associated)
{
	struct step *step = step_add(copy, STEP_MESSAGE, 0);

	step->ref = *ref;
	step->associated = associated;
	step->id = mapi_msg_wire(rop, rop->logon, ref);
}

static void add_numbers(struct mapi_rop *rop, struct copy *copy, uint64_t oid,
			enum mapi_msg_source source,
			const ARRAY_TYPE(seq_range) *nums)
{
	struct mapi_msg_ref ref = { oid, source, 0 };
	struct seq_range_iter iter;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, nums);
	while (seq_range_array_iter_nth(&iter, n++, &ref.num))
		add_message(rop, copy, &ref, FALSE);
}

static uint32_t add_normal(struct mapi_rop *rop, struct copy *copy,
			   const struct mapi_folder_info *info)
{
	ARRAY_TYPE(seq_range) nums;
	struct store_folder *box;
	int ret;

	if (info->fid == 0 || info->search)
		return ecNone;
	p_array_init(&nums, rop->pool, 16);
	if (info->class != STORE_CLASS_MAIL) {
		ret = store_item_nums(rop->store, info->fid, &nums);
	} else if ((ret = store_open(rop->store, info->fid, &box)) == 0) {
		ret = store_uids_since(box, 0, &nums);
		store_close(&box);
	}
	if (ret < 0)
		return mapi_store_error(rop);
	add_numbers(rop, copy, info->oid, info->class == STORE_CLASS_MAIL ?
		    MAPI_MSG_MAIL : MAPI_MSG_ITEM, &nums);
	return ecNone;
}

static uint32_t add_opaque(struct mapi_rop *rop, struct copy *copy,
			   const struct mapi_folder_info *info, bool associated)
{
	struct mapi_msg_ref ref = { info->oid, MAPI_MSG_OPAQUE, 0 };
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;
	struct store_place place;

	mapi_place(rop->logon, info->oid, &place);
	p_array_init(&opaques, rop->pool, 16);
	if (store_opaque_list(rop->store, &place, associated ?
			      STORE_OPAQUE_ASSOCIATED : STORE_OPAQUE_NORMAL,
			      NULL, rop->pool, &opaques) < 0)
		return mapi_store_error(rop);
	array_foreach(&opaques, opaque) {
		ref.num = opaque->num;
		add_message(rop, copy, &ref, associated);
	}
	return ecNone;
}

/* sub: below another; del_props: each kind of what is in it is announced (folderContent,
   else folderContentNoDelProps) */
static uint32_t add_folder(struct mapi_rop *rop, struct copy *copy,
			   const struct mapi_folder_info *info, bool sub,
			   bool del_props, bool subfolders, unsigned int depth);

static uint32_t add_subfolders(struct mapi_rop *rop, struct copy *copy,
			       const struct mapi_folder_info *info,
			       bool del_props, unsigned int depth)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *child;
	uint32_t error = ecNone;

	if (mapi_tree(rop, rop->logon, &folders) < 0)
		return mapi_store_error(rop);
	array_foreach(folders, child) {
		if (child->parent != info->oid || child->search ||
		    child->oid == info->oid || depth > 256)
			continue;
		step_add(copy, STEP_MARKER, MarkStartSubFld);
		error = add_folder(rop, copy, child, TRUE, del_props, TRUE,
				   depth + 1);
		if (error != ecNone)
			return error;
		step_add(copy, STEP_MARKER, MarkEndFolder);
	}
	return ecNone;
}

static uint32_t add_folder(struct mapi_rop *rop, struct copy *copy,
			   const struct mapi_folder_info *info, bool sub,
			   bool del_props, bool subfolders, unsigned int depth)
{
	/* filters are of the folder itself, not of those below (3.2.5.10) */
	const struct mapi_fx_filter *filter = depth == 0 ? &copy->filter : NULL;
	struct step *step = step_add(copy, STEP_FOLDER_PROPS, 0);
	uint32_t error = ecNone;

	step->folder = info->oid;
	step->sub = sub;
	if (filter != NULL && filter->shallow)
		return ecNone;
	if (mapi_fx_wanted(filter, PidTagFolderAssociatedContents)) {
		if (del_props)
			step_add(copy, STEP_DEL_PROP,
				 PidTagFolderAssociatedContents);
		error = add_opaque(rop, copy, info, TRUE);
	}
	if (error == ecNone &&
	    mapi_fx_wanted(filter, PidTagContainerContents)) {
		if (del_props)
			step_add(copy, STEP_DEL_PROP, PidTagContainerContents);
		error = add_normal(rop, copy, info);
		if (error == ecNone)
			error = add_opaque(rop, copy, info, FALSE);
	}
	if (error != ecNone || !subfolders ||
	    !mapi_fx_wanted(filter, PidTagContainerHierarchy))
		return error;
	if (del_props)
		step_add(copy, STEP_DEL_PROP, PidTagContainerHierarchy);
	return add_subfolders(rop, copy, info, del_props, depth);
}

uint32_t mapi_fx_copy_folder(struct mapi_rop *rop, bool top, bool subfolders,
			     const struct mapi_fx_filter *filter,
			     uint8_t send_options,
			     struct mapi_fx_source **source_r)
{
	uint64_t oid = ((struct mapi_folder *)rop->obj)->oid;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, oid);
	struct copy *copy;
	uint32_t error;

	if (info == NULL)
		return ecObjectDeleted;
	copy = copy_new(filter);
	if (top)
		step_add(copy, STEP_MARKER, MarkStartTopFld);
	error = add_folder(rop, copy, info, FALSE, !top, subfolders, 0);
	if (top)
		step_add(copy, STEP_MARKER, MarkEndFolder);
	*source_r = copy_source(rop, copy, send_options);
	if (error != ecNone) {
		struct mapi_object *obj = &(*source_r)->obj;

		mapi_object_unref(&obj);
	}
	return error;
}

uint32_t mapi_fx_copy_messages(struct mapi_rop *rop, const mapi_id_t *ids,
			       unsigned int count, bool send_entry_id,
			       uint8_t send_options,
			       struct mapi_fx_source **source_r)
{
	uint64_t folder = ((struct mapi_folder *)rop->obj)->oid;
	struct copy *copy = copy_new(NULL);
	struct mapi_msg_ref ref;
	bool associated;
	uint32_t error;

	copy->send_entry_id = send_entry_id;
	*source_r = copy_source(rop, copy, send_options);
	for (unsigned int i = 0; i < count; i++) {
		error = mapi_msg_find(rop, rop->logon, ids[i], &ref,
				      &associated);
		/* what is gone is left out */
		if (error == ecNotFound ||
		    (error == ecNone && ref.folder != folder))
			continue;
		if (error != ecNone) {
			struct mapi_object *obj = &(*source_r)->obj;

			mapi_object_unref(&obj);
			return error;
		}
		add_message(rop, copy, &ref, associated);
	}
	(*source_r)->steps_total = array_count(&copy->steps);
	return ecNone;
}

/* --- objects as they are now ---------------------------------------------------------------------- */

static int object_body(struct mapi_rop *rop, struct mapi_fx_message *message,
		       mapi_tag_t tag, struct mapi_prop *prop_r)
{
	struct mapi_object *obj = message->context;

	obj->v->get(rop, obj, &tag, 1, prop_r);
	return prop_r->tag == tag ? 1 : 0;
}

/* Written at once: the object may change before the stream is read */
uint32_t mapi_fx_copy_object(struct mapi_rop *rop,
			     const struct mapi_fx_filter *filter,
			     uint8_t send_options,
			     struct mapi_fx_source **source_r)
{
	struct mapi_fx_message message = { .logon = rop->logon };
	struct mapi_attachment *attach;
	struct mapi_object *obj;
	uint32_t error;

	*source_r = copy_source(rop, copy_new(NULL), send_options);
	(*source_r)->out.names_context = rop;
	if (rop->obj->kind == MAPI_ATTACH) {
		error = mapi_attach_current(rop,
					    (struct mapi_attach *)rop->obj,
					    &attach);
		if (error == ecNone)
			error = mapi_fx_write_attachment(rop,
					&(*source_r)->out, rop->logon, attach,
					filter);
	} else {
		struct mapi_msg *msg = (struct mapi_msg *)rop->obj;

		message.ref = msg->ref.source == MAPI_MSG_EMBEDDED ? NULL :
			&msg->ref;
		message.associated = msg->associated;
		message.body = object_body;
		message.context = rop->obj;
		error = mapi_msg_current(rop, msg, &message.msg);
		if (error == ecNone)
			error = mapi_fx_write_message(rop, &(*source_r)->out,
						      &message, filter);
	}
	if (error != ecNone) {
		obj = &(*source_r)->obj;
		mapi_object_unref(&obj);
	}
	return error;
}
