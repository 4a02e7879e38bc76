/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done to a folder's messages: listed, moved, copied, deleted (MS-OXCFOLD
   2.2.1.6, 2.2.1.11, 2.2.1.12, 2.2.1.14; MS-OXCROPS 2.2.4). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-table.h"

#define TABLE_ASSOCIATED 0x02
#define TABLE_CONVERSATION_MEMBERS 0x80
/* These, DeferredErrors, NoNotifications, SoftDeletes, UseUnicode */
#define TABLE_FLAGS 0xfa

struct contents_args {
	uint8_t flags;
	bool copy, notify;
	ARRAY_TYPE(mapi_id) ids;
};

/* Messages of one folder, by kind */
struct batch {
	ARRAY_TYPE(seq_range) mail, items, opaque;
	/* UIDs of soft-deleted mail where it is kept */
	ARRAY_TYPE(seq_range) deleted;
	bool partial;
};

static uint64_t rop_folder(struct mapi_rop *rop)
{
	return ((struct mapi_folder *)rop->obj)->oid;
}

/* Those that are none of the folder's messages may be of its deleted ones */
static void batch_collect_deleted(struct mapi_rop *rop, uint64_t folder,
				  const mapi_id_t *ids, unsigned int count,
				  struct batch *batch)
{
	int found = count == 0 ? 0 :
		mapi_deleted_find(rop, rop->logon, folder, ids, count,
				  &batch->deleted);

	if (found < (int)count)
		batch->partial = TRUE;
}

/* Ids of the request; those that are not of this folder make it partial */
static void batch_collect(struct mapi_rop *rop, uint64_t folder,
			  const struct contents_args *args,
			  struct batch *batch)
{
	ARRAY(mapi_id_t) others;
	struct mapi_msg_ref ref;
	const mapi_id_t *id;
	bool associated;

	i_zero(batch);
	p_array_init(&batch->deleted, rop->pool, 8);
	p_array_init(&others, rop->pool, 8);
	p_array_init(&batch->mail, rop->pool, 8);
	p_array_init(&batch->items, rop->pool, 8);
	p_array_init(&batch->opaque, rop->pool, 8);
	array_foreach(&args->ids, id) {
		if (mapi_msg_find(rop, rop->logon, *id, &ref,
				  &associated) != ecNone ||
		    ref.folder != folder) {
			array_push_back(&others, id);
			continue;
		}
		seq_range_array_add(ref.source == MAPI_MSG_MAIL ?
				    &batch->mail :
				    ref.source == MAPI_MSG_ITEM ?
				    &batch->items : &batch->opaque, ref.num);
	}
	batch_collect_deleted(rop, folder, array_count(&others) == 0 ? NULL :
			      array_front(&others), array_count(&others),
			      batch);
}

static uint32_t need_right(struct mapi_rop *rop, const struct mapi_logon *logon,
			   const struct mapi_folder_info *info, uint32_t right)
{
	uint32_t rights;

	if (mapi_folder_rights(rop, logon, info, &rights) < 0)
		return mapi_store_error(rop);
	return (rights & right) != 0 ? ecNone : ecNoAccess;
}

static uint32_t out_partial(struct mapi_rop *rop, uint32_t error, bool partial)
{
	rop->keep_payload = TRUE;
	mapi_out_u8(rop->out, partial);
	return error;
}

/* --- delete ----------------------------------------------------------------------------- */

static void parse_delete(struct mapi_rop *rop)
{
	struct contents_args *args = mapi_rop_args(rop, struct contents_args);

	(void)mapi_in_bool(rop->in);
	args->notify = mapi_in_bool(rop->in);
	mapi_in_ids(rop, &args->ids);
}

/* What was deleted before: now for good */
static int delete_deleted(struct mapi_rop *rop, const struct mapi_logon *logon,
			  uint64_t oid, const ARRAY_TYPE(seq_range) *uids)
{
	struct store_folder *folder;
	int ret;

	if (array_is_empty(uids))
		return 0;
	ret = mapi_deleted_open(rop, logon, oid, &folder);
	if (ret <= 0)
		return ret;
	ret = store_expunge(folder, uids);
	store_close(&folder);
	return ret;
}

static uint32_t delete_batch(struct mapi_rop *rop,
			     const struct mapi_logon *logon,
			     const struct mapi_folder_info *info,
			     const struct batch *batch, bool hard)
{
	struct store_place place;

	mapi_place(logon, info->oid, &place);
	if (mapi_mail_delete(rop, info->fid, &batch->mail, hard) < 0 ||
	    delete_deleted(rop, logon, info->oid, &batch->deleted) < 0 ||
	    (!array_is_empty(&batch->items) &&
	     store_item_delete(rop->store, info->fid, &batch->items) < 0) ||
	    (!array_is_empty(&batch->opaque) &&
	     store_opaque_delete(rop->store, &place, &batch->opaque) < 0))
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t messages_delete(struct mapi_rop *rop, bool hard)
{
	struct contents_args *args = rop->args;
	uint64_t folder = rop_folder(rop);
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, folder);
	struct batch batch;
	uint32_t error;

	if (info == NULL)
		return out_partial(rop, ecObjectDeleted, FALSE);
	error = need_right(rop, rop->logon, info, MAPI_RIGHT_DELETE_ANY |
			   MAPI_RIGHT_DELETE_OWNED);
	if (error != ecNone)
		return out_partial(rop, error, FALSE);
	batch_collect(rop, folder, args, &batch);
	error = delete_batch(rop, rop->logon, info, &batch, hard);
	/* what is gone already is no failure of ours, but the client is told */
	return out_partial(rop, error, batch.partial);
}

static uint32_t rop_delete(struct mapi_rop *rop)
{
	return messages_delete(rop, FALSE);
}

static uint32_t rop_hard_delete(struct mapi_rop *rop)
{
	return messages_delete(rop, TRUE);
}

/* --- move and copy ------------------------------------------------------------------------- */

static void parse_move_copy(struct mapi_rop *rop)
{
	struct contents_args *args = mapi_rop_args(rop, struct contents_args);

	mapi_in_ids(rop, &args->ids);
	(void)mapi_in_bool(rop->in);
	args->copy = mapi_in_bool(rop->in);
}

/* From an open folder, which is closed */
static uint32_t move_mail_from(struct mapi_rop *rop, struct store_folder *src,
			       store_fid_t dest_fid,
			       const ARRAY_TYPE(seq_range) *uids, bool copy,
			       bool *partial)
{
	struct store_folder *dest;
	ARRAY_TYPE(store_moved) moved;
	uint32_t error = ecNone;

	if (store_open(rop->store, dest_fid, &dest) < 0) {
		error = mapi_store_error(rop);
		store_close(&src);
		return error;
	}
	p_array_init(&moved, rop->pool, 8);
	if (store_move(src, uids, dest, copy, &moved) < 0)
		error = mapi_store_error(rop);
	else if (array_count(&moved) < seq_range_count(uids))
		*partial = TRUE;
	store_close(&dest);
	store_close(&src);
	return error;
}

static uint32_t move_mail(struct mapi_rop *rop, store_fid_t src_fid,
			  store_fid_t dest_fid,
			  const ARRAY_TYPE(seq_range) *uids, bool copy,
			  bool *partial)
{
	struct store_folder *src;

	if (array_is_empty(uids))
		return ecNone;
	if (store_open(rop->store, src_fid, &src) < 0)
		return mapi_store_error(rop);
	return move_mail_from(rop, src, dest_fid, uids, copy, partial);
}

/* Deleted ones come back */
static uint32_t move_deleted(struct mapi_rop *rop,
			     const struct mapi_folder_info *src,
			     const struct mapi_folder_info *dest,
			     struct batch *batch, bool copy)
{
	struct store_folder *folder;
	int ret;

	if (array_is_empty(&batch->deleted))
		return ecNone;
	if (dest->fid == 0 || dest->class != STORE_CLASS_MAIL) {
		batch->partial = TRUE;
		return ecNone;
	}
	ret = mapi_deleted_open(rop, rop->logon, src->oid, &folder);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecNotFound;
	return move_mail_from(rop, folder, dest->fid, &batch->deleted, copy,
			      &batch->partial);
}

/* To a folder of another kind, or a copy within: made anew there */
static uint32_t copy_message(struct mapi_rop *rop, enum mapi_msg_source source,
			     uint64_t folder, uint32_t num,
			     struct mapi_object *dest)
{
	struct mapi_msg_ref ref = { folder, source, num }, to;
	struct mapi_object *src_obj, *dest_obj;
	struct mapi_msg *src, *copy;
	ARRAY_TYPE(mapi_tag) none;
	uint32_t error;

	i_zero(&to);
	to.folder = ((struct mapi_folder *)dest)->oid;
	src = mapi_msg_new(rop, &ref, FALSE, NULL);
	copy = mapi_msg_new(rop, &to, FALSE, NULL);
	copy->obj.logon = dest->logon;
	copy->writable = TRUE;
	src_obj = &src->obj;
	dest_obj = &copy->obj;
	p_array_init(&none, rop->pool, 1);
	error = mapi_msg_copy_all(rop, src, copy);
	if (error == ecNone)
		error = mapi_msg_save(rop, copy, MAPI_SAVE_FORCE);
	mapi_object_unref(&dest_obj);
	mapi_object_unref(&src_obj);
	return error;
}

static uint32_t move_items(struct mapi_rop *rop,
			   const struct mapi_folder_info *src,
			   const struct mapi_folder_info *dest,
			   const ARRAY_TYPE(seq_range) *nums, bool copy)
{
	struct seq_range_iter iter;
	uint32_t num, new_num, error = ecNone;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, nums);
	while (error == ecNone && seq_range_array_iter_nth(&iter, n++, &num)) {
		if (!copy && src->class == dest->class && dest->fid != 0) {
			if (store_item_move(rop->store, src->fid, num,
					    dest->fid, &new_num) < 0)
				error = mapi_store_error(rop);
			continue;
		}
		error = copy_message(rop, MAPI_MSG_ITEM, src->oid, num,
				     rop->dest);
	}
	if (error == ecNone && !copy &&
	    (src->class != dest->class || dest->fid == 0) &&
	    store_item_delete(rop->store, src->fid, nums) < 0)
		error = mapi_store_error(rop);
	return error;
}

static uint32_t move_opaque(struct mapi_rop *rop,
			    const struct mapi_folder_info *src,
			    const struct mapi_folder_info *dest,
			    const ARRAY_TYPE(seq_range) *nums, bool copy)
{
	struct store_place from, to;
	struct seq_range_iter iter;
	uint32_t num, new_num;
	unsigned int n = 0;

	mapi_place(rop->logon, src->oid, &from);
	mapi_place(rop->dest->logon, dest->oid, &to);
	seq_range_array_iter_init(&iter, nums);
	while (seq_range_array_iter_nth(&iter, n++, &num)) {
		if (store_opaque_copy(rop->store, &from, num, &to, !copy,
				      &new_num) < 0)
			return mapi_store_error(rop);
	}
	return ecNone;
}

/* Mail into a folder that holds none (Outbox, a calendar): as bytes of ours */
static uint32_t move_mail_away(struct mapi_rop *rop,
			       const struct mapi_folder_info *src,
			       const ARRAY_TYPE(seq_range) *uids, bool copy)
{
	struct seq_range_iter iter;
	uint32_t uid, error = ecNone;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, uids);
	while (error == ecNone && seq_range_array_iter_nth(&iter, n++, &uid))
		error = copy_message(rop, MAPI_MSG_MAIL, src->oid, uid,
				     rop->dest);
	if (error == ecNone && !copy && mapi_mail_delete(rop, src->fid, uids, FALSE) < 0)
		error = mapi_store_error(rop);
	return error;
}

/* Opaque ones into a mail folder become mail there: those of the Outbox that were
   sent, and drafts */
static uint32_t move_opaque_to_mail(struct mapi_rop *rop,
				    const struct mapi_folder_info *src,
				    const ARRAY_TYPE(seq_range) *nums,
				    bool copy)
{
	struct store_place from;
	struct seq_range_iter iter;
	uint32_t num, error = ecNone;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, nums);
	while (error == ecNone && seq_range_array_iter_nth(&iter, n++, &num))
		error = copy_message(rop, MAPI_MSG_OPAQUE, src->oid, num,
				     rop->dest);
	mapi_place(rop->logon, src->oid, &from);
	if (error == ecNone && !copy &&
	    store_opaque_delete(rop->store, &from, nums) < 0)
		error = mapi_store_error(rop);
	return error;
}

static uint32_t move_all(struct mapi_rop *rop,
			 const struct mapi_folder_info *src,
			 const struct mapi_folder_info *dest,
			 struct batch *batch, bool copy)
{
	bool mail_dest = dest->fid != 0 && dest->class == STORE_CLASS_MAIL;
	uint32_t error;

	error = mail_dest ? move_mail(rop, src->fid, dest->fid, &batch->mail,
				      copy, &batch->partial) :
		move_mail_away(rop, src, &batch->mail, copy);
	if (error == ecNone)
		error = move_deleted(rop, src, dest, batch, copy);
	if (error == ecNone)
		error = move_items(rop, src, dest, &batch->items, copy);
	if (error != ecNone)
		return error;
	return mail_dest && src->virtual ?
		move_opaque_to_mail(rop, src, &batch->opaque, copy) :
		move_opaque(rop, src, dest, &batch->opaque, copy);
}

static uint32_t rop_move_copy(struct mapi_rop *rop)
{
	struct contents_args *args = rop->args;
	const struct mapi_folder_info *src, *dest;
	struct batch batch;
	uint32_t error;

	if (rop->dest == NULL) {
		rop->keep_payload = TRUE;
		mapi_out_u32(rop->out, rop->out_index);
		mapi_out_u8(rop->out, 0);
		return ecDstNullObject;
	}
	if ((rop->dest->kind & MAPI_FOLDER) == 0)
		return out_partial(rop, ecNotSupported, FALSE);
	src = mapi_tree_find(rop, rop->logon, rop_folder(rop));
	dest = mapi_tree_find(rop, rop->dest->logon,
			      ((struct mapi_folder *)rop->dest)->oid);
	if (src == NULL || dest == NULL)
		return out_partial(rop, ecObjectDeleted, FALSE);
	if (dest->search)
		return out_partial(rop, ecSearchFolder, FALSE);
	error = need_right(rop, rop->dest->logon, dest, MAPI_RIGHT_CREATE);
	if (error == ecNone && !args->copy)
		error = need_right(rop, rop->logon, src,
				   MAPI_RIGHT_DELETE_ANY);
	if (error != ecNone)
		return out_partial(rop, error, FALSE);
	batch_collect(rop, src->oid, args, &batch);
	error = move_all(rop, src, dest, &batch, args->copy);
	return out_partial(rop, error, batch.partial);
}

/* --- table -------------------------------------------------------------------------------------- */

static void parse_table(struct mapi_rop *rop)
{
	struct contents_args *args = mapi_rop_args(rop, struct contents_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_table(struct mapi_rop *rop)
{
	struct contents_args *args = rop->args;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, rop_folder(rop));
	struct mapi_table *table;
	struct mapi_object *obj;
	uint32_t error;

	if (info == NULL)
		return ecObjectDeleted;
	/* MS-OXCFOLD 3.2.5.14 */
	if ((args->flags & ~TABLE_FLAGS) != 0 ||
	    (args->flags & (TABLE_ASSOCIATED | TABLE_CONVERSATION_MEMBERS)) ==
	    (TABLE_ASSOCIATED | TABLE_CONVERSATION_MEMBERS))
		return ecInvalidParam;
	error = need_right(rop, rop->logon, info, MAPI_RIGHT_READ_ANY |
			   MAPI_RIGHT_VISIBLE);
	if (error != ecNone)
		return error;
	table = mapi_contents_table(rop, rop->obj, info->oid, args->flags);
	obj = &table->obj;
	error = mapi_table_need(rop, table);
	if (error != ecNone) {
		mapi_object_unref(&obj);
		return error;
	}
	mapi_out_u32(rop->out, mapi_table_count(table));
	return mapi_rop_output(rop, obj);
}

const struct mapi_rop_def mapi_rops_contents[] = {
	{ 0x05, "GetContentsTable", MAPI_ROP_OUT, MAPI_FOLDER, parse_table,
	  rop_table },
	{ 0x1e, "DeleteMessages", MAPI_ROP_IN, MAPI_FOLDER, parse_delete,
	  rop_delete },
	{ 0x91, "HardDeleteMessages", MAPI_ROP_IN, MAPI_FOLDER, parse_delete,
	  rop_hard_delete },
	{ 0x33, "MoveCopyMessages", MAPI_ROP_PAIR, MAPI_FOLDER,
	  parse_move_copy, rop_move_copy },
	{ 0, NULL, 0, 0, NULL, NULL }
};
