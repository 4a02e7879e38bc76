/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Synchronisation upload: ROPs of a collector (MS-OXCFXICS 2.2.3.2.4, 3.2.5.9.4;
   MS-OXCROPS 2.2.13). */

#include "mapi.h"
#include "mapi-flags.h"
#include "mapi-folder.h"
#include "mapi-ics.h"

/* ImportFlag */
#define IMPORT_ASSOCIATED 0x10
#define IMPORT_FAIL_ON_CONFLICT 0x40
/* ImportDeleteFlags */
#define DELETE_HIERARCHY 0x01
#define DELETE_HARD 0x02
/* An XID: GUID and 1 to 8 bytes */
#define XID_MIN 17
#define XID_MAX 24

struct read_state {
	struct mapi_blob id;
	bool read;
};

struct import_args {
	uint8_t flags;
	ARRAY_TYPE(mapi_prop) values, props;
	ARRAY(struct read_state) reads;
	struct mapi_blob blobs[5];
};

static struct mapi_ics_collector *rop_collector(struct mapi_rop *rop)
{
	return (struct mapi_ics_collector *)rop->obj;
}

static bool is_contents(struct mapi_rop *rop)
{
	return rop_collector(rop)->state.what == MAPI_ICS_CONTENTS;
}

/* --- ids and versions -------------------------------------------------------------------- */

static uint32_t id_of_key(struct mapi_rop *rop, const struct mapi_blob *key,
			  mapi_id_t *id_r)
{
	struct mapi_long_id long_id;

	if (!mapi_gid_parse(key->data, key->size, &long_id))
		return ecInvalidParam;
	return mapi_wire_of_long_id(rop, rop->logon, &long_id, id_r);
}

/* The properties that an import has, in this order and no others */
static bool has_just(const ARRAY_TYPE(mapi_prop) *props, const mapi_tag_t *tags,
		     unsigned int count)
{
	const struct mapi_prop *prop;

	if (array_count(props) != count)
		return FALSE;
	array_foreach(props, prop) {
		if (prop->tag != *tags++)
			return FALSE;
	}
	return TRUE;
}

static uint32_t version_check(const struct mapi_ics_version *version)
{
	if (version->change_key.size < XID_MIN ||
	    version->change_key.size > XID_MAX || version->pcl.size == 0 ||
	    !mapi_pcl_valid(version->pcl.data, version->pcl.size))
		return ecInvalidParam;
	return ecNone;
}

/* --- collector ----------------------------------------------------------------------------- */

static void parse_byte(struct mapi_rop *rop)
{
	struct import_args *args = mapi_rop_args(rop, struct import_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_open_collector(struct mapi_rop *rop)
{
	struct import_args *args = rop->args;
	uint64_t folder = ((struct mapi_folder *)rop->obj)->oid;

	if (mapi_tree_find(rop, rop->logon, folder) == NULL)
		return ecObjectDeleted;
	return mapi_rop_output(rop,
		mapi_ics_collector_new(rop, folder, args->flags != 0 ?
				       MAPI_ICS_CONTENTS :
				       MAPI_ICS_HIERARCHY));
}

/* --- a message ------------------------------------------------------------------------------- */

static void parse_import_message(struct mapi_rop *rop)
{
	struct import_args *args = mapi_rop_args(rop, struct import_args);

	args->flags = mapi_in_u8(rop->in);
	p_array_init(&args->values, rop->pool, 4);
	(void)mapi_in_prop_array(rop->in, &args->values);
}

static uint32_t message_version(struct mapi_rop *rop,
				const struct import_args *args,
				struct mapi_ics_version *version_r)
{
	static const mapi_tag_t tags[] = {
		PidTagSourceKey, PidTagLastModificationTime, PidTagChangeKey,
		PidTagPredecessorChangeList,
	};
	const struct mapi_prop *values;
	uint32_t error;

	if (!has_just(&args->values, tags, N_ELEMENTS(tags)))
		return ecInvalidParam;
	values = array_front(&args->values);
	i_zero(version_r);
	version_r->last_modified = values[1].v.i;
	version_r->change_key = values[2].v.bin;
	version_r->pcl = values[3].v.bin;
	error = version_check(version_r);
	return error != ecNone ? error :
		id_of_key(rop, &values[0].v.bin, &version_r->id);
}

static uint32_t rop_import_message(struct mapi_rop *rop)
{
	struct import_args *args = rop->args;
	struct mapi_ics_version version;
	struct mapi_msg *msg;
	uint32_t error;

	if (!is_contents(rop))
		return ecNotSupported;
	if ((args->flags & ~(IMPORT_ASSOCIATED | IMPORT_FAIL_ON_CONFLICT)) != 0)
		return ecInvalidParam;
	error = message_version(rop, args, &version);
	if (error == ecNone)
		error = mapi_ics_import_begin(rop, rop_collector(rop),
				&version,
				(args->flags & IMPORT_ASSOCIATED) != 0,
				(args->flags & IMPORT_FAIL_ON_CONFLICT) != 0,
				&msg);
	if (error != ecNone)
		return error;
	mapi_out_u64(rop->out, 0);
	return mapi_rop_output(rop, &msg->obj);
}

/* --- read states -------------------------------------------------------------------------------- */

static void parse_import_reads(struct mapi_rop *rop)
{
	struct import_args *args = mapi_rop_args(rop, struct import_args);
	struct read_state *state;
	struct mapi_in in;
	uint16_t size = mapi_in_u16(rop->in);
	const unsigned char *data = mapi_in_bytes(rop->in, size);

	p_array_init(&args->reads, rop->pool, 16);
	if (data == NULL)
		return;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	while (mapi_in_left(&in) > 0 && !in.broken) {
		state = array_append_space(&args->reads);
		state->id.size = mapi_in_u16(&in);
		state->id.data = mapi_in_bytes(&in, state->id.size);
		state->read = mapi_in_u8(&in) != 0;
	}
	if (in.broken)
		rop->in->broken = TRUE;
}

struct reads {
	ARRAY_TYPE(seq_range) mail_read, mail_unread;
	ARRAY(struct mapi_msg_ref) opaque_read, opaque_unread;
};

/* All are looked up before any is changed */
static uint32_t reads_collect(struct mapi_rop *rop, struct reads *reads)
{
	struct import_args *args = rop->args;
	const struct read_state *state;
	struct mapi_msg_ref ref;
	mapi_id_t id;
	bool associated;
	uint32_t error;

	array_foreach(&args->reads, state) {
		error = id_of_key(rop, &state->id, &id);
		if (error == ecNone)
			error = mapi_msg_find(rop, rop->logon, id, &ref,
					      &associated);
		if (error != ecNone)
			return error;
		if (ref.folder != rop_collector(rop)->folder)
			return ecNotFound;
		if (associated || ref.source == MAPI_MSG_ITEM)
			continue;
		if (ref.source == MAPI_MSG_MAIL)
			seq_range_array_add(state->read ? &reads->mail_read :
					    &reads->mail_unread, ref.num);
		else if (state->read)
			array_push_back(&reads->opaque_read, &ref);
		else
			array_push_back(&reads->opaque_unread, &ref);
	}
	return ecNone;
}

static void send_receipts(struct mapi_rop *rop, uint64_t folder,
			  const ARRAY_TYPE(seq_range) *uids)
{
	struct mapi_msg_ref ref = { folder, MAPI_MSG_MAIL, 0 };
	struct seq_range_iter iter;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &ref.num))
		(void)mapi_read_receipt(rop, &ref, 0);
}

static uint32_t opaque_set_read(struct mapi_rop *rop,
				const struct mapi_msg_ref *ref, bool read)
{
	struct mapi_msg *msg = mapi_msg_new(rop, ref, FALSE, NULL);
	struct mapi_object *obj = &msg->obj;
	uint32_t error;

	msg->writable = TRUE;
	mapi_bag_set_int(&mapi_msg_change(msg)->set, PidTagMessageFlags,
			 read ? 1 : 0);
	error = mapi_msg_save(rop, msg, MAPI_SAVE_FORCE);
	mapi_object_unref(&obj);
	return error;
}

static uint32_t reads_apply(struct mapi_rop *rop,
			    const struct mapi_folder_info *info,
			    struct reads *reads)
{
	const struct mapi_msg_ref *ref;
	uint32_t error = ecNone;

	if (!array_is_empty(&reads->mail_read)) {
		send_receipts(rop, info->oid, &reads->mail_read);
		error = mapi_flags_set_read(rop, info->fid, &reads->mail_read,
					    TRUE, NULL);
	}
	if (error == ecNone && !array_is_empty(&reads->mail_unread))
		error = mapi_flags_set_read(rop, info->fid,
					    &reads->mail_unread, FALSE, NULL);
	array_foreach(&reads->opaque_read, ref) {
		if (error == ecNone)
			error = opaque_set_read(rop, ref, TRUE);
	}
	array_foreach(&reads->opaque_unread, ref) {
		if (error == ecNone)
			error = opaque_set_read(rop, ref, FALSE);
	}
	return error;
}

/* What the marking gave the messages: the client has seen it */
static uint32_t reads_seen(struct mapi_rop *rop, const struct reads *reads,
			   const struct store_place *place, uint64_t since)
{
	struct mapi_ics_collector *collector = rop_collector(rop);
	ARRAY_TYPE(store_version_row) rows;
	const struct store_version_row *row;

	if (store_versions(rop->store, place, STORE_OBJECT_MAIL, since,
			   rop->pool, &rows) < 0)
		return mapi_store_error(rop);
	array_foreach(&rows, row) {
		if (row->v.read_cn != 0 &&
		    (seq_range_exists(&reads->mail_read, row->num) ||
		     seq_range_exists(&reads->mail_unread, row->num)))
			mapi_idset_add(&collector->state.read,
				       rop->logon->replica_guid,
				       row->v.read_cn);
	}
	return ecNone;
}

static uint32_t rop_import_reads(struct mapi_rop *rop)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, rop_collector(rop)->folder);
	struct store_place place;
	struct reads reads;
	uint64_t since, seq;
	uint32_t error;

	if (!is_contents(rop))
		return ecNotSupported;
	if (info == NULL)
		return ecObjectDeleted;
	p_array_init(&reads.mail_read, rop->pool, 8);
	p_array_init(&reads.mail_unread, rop->pool, 8);
	p_array_init(&reads.opaque_read, rop->pool, 4);
	p_array_init(&reads.opaque_unread, rop->pool, 4);
	error = reads_collect(rop, &reads);
	if (error != ecNone)
		return error;
	mapi_place(rop->logon, info->oid, &place);
	if (store_version_max(rop->store, &place, &since, &seq) < 0)
		return mapi_store_error(rop);
	error = reads_apply(rop, info, &reads);
	if (error != ecNone || info->fid == 0 ||
	    info->class != STORE_CLASS_MAIL)
		return error;
	return reads_seen(rop, &reads, &place, since);
}

/* --- deletes ----------------------------------------------------------------------------------------- */

static uint32_t deletes_check(struct mapi_rop *rop,
			      const struct import_args *args)
{
	bool hierarchy = (args->flags & DELETE_HIERARCHY) != 0;
	const struct mapi_prop *values;
	unsigned int count;

	values = array_get(&args->values, &count);
	if ((args->flags & ~(DELETE_HIERARCHY | DELETE_HARD)) != 0 ||
	    count != 1 ||
	    MAPI_TAG_TYPE(values[0].tag) != PTYP_MULTIPLE_BINARY)
		return ecInvalidParam;
	return hierarchy == is_contents(rop) ? ecNotSupported : ecNone;
}

static uint32_t delete_folders(struct mapi_rop *rop,
			       const union mapi_value *ids)
{
	mapi_id_t id;
	uint32_t error = ecNone;

	for (unsigned int i = 0; i < ids->mv.count && error == ecNone; i++) {
		error = id_of_key(rop, &ids->mv.v.bin[i], &id);
		if (error == ecNone)
			error = mapi_ics_delete_folder(rop, rop_collector(rop),
						       id);
	}
	return error;
}

struct deletes {
	ARRAY_TYPE(seq_range) mail, items, opaque;
};

static uint32_t deletes_collect(struct mapi_rop *rop,
				const union mapi_value *ids,
				struct deletes *deletes)
{
	struct mapi_msg_ref ref;
	mapi_id_t id;
	bool associated;
	uint32_t error;

	for (unsigned int i = 0; i < ids->mv.count; i++) {
		error = id_of_key(rop, &ids->mv.v.bin[i], &id);
		if (error == ecNone)
			error = mapi_msg_find(rop, rop->logon, id, &ref,
					      &associated);
		/* gone already, or never here */
		if (error == ecNotFound)
			continue;
		if (error != ecNone)
			return error;
		if (ref.folder != rop_collector(rop)->folder)
			continue;
		seq_range_array_add(ref.source == MAPI_MSG_MAIL ?
				    &deletes->mail :
				    ref.source == MAPI_MSG_ITEM ?
				    &deletes->items : &deletes->opaque,
				    ref.num);
	}
	return ecNone;
}

static uint32_t delete_messages(struct mapi_rop *rop,
				const union mapi_value *ids, bool hard)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, rop_collector(rop)->folder);
	struct store_place place;
	struct deletes deletes;
	uint32_t error, rights;

	if (info == NULL)
		return ecObjectDeleted;
	if (mapi_folder_rights(rop, rop->logon, info, &rights) < 0)
		return mapi_store_error(rop);
	if ((rights & MAPI_RIGHT_DELETE_ANY) == 0)
		return ecNoAccess;
	p_array_init(&deletes.mail, rop->pool, 8);
	p_array_init(&deletes.items, rop->pool, 8);
	p_array_init(&deletes.opaque, rop->pool, 8);
	error = deletes_collect(rop, ids, &deletes);
	if (error != ecNone)
		return error;
	mapi_place(rop->logon, info->oid, &place);
	if (mapi_mail_delete(rop, info->fid, &deletes.mail, hard) < 0 ||
	    (!array_is_empty(&deletes.items) &&
	     store_item_delete(rop->store, info->fid, &deletes.items) < 0) ||
	    (!array_is_empty(&deletes.opaque) &&
	     store_opaque_delete(rop->store, &place, &deletes.opaque) < 0))
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t rop_import_deletes(struct mapi_rop *rop)
{
	struct import_args *args = rop->args;
	const struct mapi_prop *ids;
	uint32_t error = deletes_check(rop, args);

	if (error != ecNone)
		return error;
	ids = array_front(&args->values);
	return is_contents(rop) ?
		delete_messages(rop, &ids->v,
				(args->flags & DELETE_HARD) != 0) :
		delete_folders(rop, &ids->v);
}

/* --- moves ---------------------------------------------------------------------------------------------- */

enum { MOVE_FOLDER, MOVE_MESSAGE, MOVE_PCL, MOVE_NEW_ID, MOVE_CHANGE };

static void parse_import_move(struct mapi_rop *rop)
{
	struct import_args *args = mapi_rop_args(rop, struct import_args);

	for (unsigned int i = 0; i < N_ELEMENTS(args->blobs); i++) {
		args->blobs[i].size = mapi_in_u32(rop->in);
		args->blobs[i].data = mapi_in_bytes(rop->in,
						    args->blobs[i].size);
	}
}

struct move {
	struct mapi_msg_ref src, dest;
	const struct mapi_folder_info *from, *to;
	bool associated;
	struct mapi_ics_version version;
	struct store_version before;
};

static uint32_t move_mail(struct mapi_rop *rop, struct move *move)
{
	struct store_folder *src, *dest;
	ARRAY_TYPE(store_moved) moved;
	const struct store_moved *first;
	ARRAY_TYPE(seq_range) uids;
	uint32_t error = ecNone;

	if (store_open(rop->store, move->from->fid, &src) < 0)
		return mapi_store_error(rop);
	if (store_open(rop->store, move->to->fid, &dest) < 0) {
		error = mapi_store_error(rop);
		store_close(&src);
		return error;
	}
	p_array_init(&moved, rop->pool, 1);
	p_array_init(&uids, rop->pool, 1);
	seq_range_array_add(&uids, move->src.num);
	if (store_move(src, &uids, dest, FALSE, &moved) < 0)
		error = mapi_store_error(rop);
	else if (array_is_empty(&moved))
		error = SYNC_E_OBJECT_DELETED;
	else {
		first = array_front(&moved);
		move->dest.num = first->dest_uid;
	}
	store_close(&dest);
	store_close(&src);
	return error;
}

/* To a folder of another kind: made anew there */
static uint32_t move_by_copy(struct mapi_rop *rop, struct move *move)
{
	struct mapi_msg_ref to = { .folder = move->to->oid };
	struct mapi_msg *src = mapi_msg_new(rop, &move->src, move->associated,
					    NULL);
	struct mapi_msg *copy = mapi_msg_new(rop, &to, move->associated, NULL);
	struct mapi_object *src_obj = &src->obj, *copy_obj = &copy->obj;
	struct store_place place;
	ARRAY_TYPE(seq_range) nums;
	uint32_t error;
	int ret = 0;

	copy->writable = TRUE;
	error = mapi_msg_copy_all(rop, src, copy);
	if (error == ecNone)
		error = mapi_msg_save(rop, copy, MAPI_SAVE_FORCE);
	move->dest = copy->ref;
	mapi_object_unref(&copy_obj);
	mapi_object_unref(&src_obj);
	if (error != ecNone)
		return error;
	p_array_init(&nums, rop->pool, 1);
	seq_range_array_add(&nums, move->src.num);
	mapi_place(rop->logon, move->from->oid, &place);
	switch (move->src.source) {
	case MAPI_MSG_MAIL:
		ret = mapi_mail_delete(rop, move->from->fid, &nums, FALSE);
		break;
	case MAPI_MSG_ITEM:
		ret = store_item_delete(rop->store, move->from->fid, &nums);
		break;
	default:
		ret = store_opaque_delete(rop->store, &place, &nums);
		break;
	}
	return ret < 0 ? mapi_store_error(rop) : ecNone;
}

static uint32_t move_opaque(struct mapi_rop *rop, struct move *move)
{
	struct store_place from, to;

	mapi_place(rop->logon, move->from->oid, &from);
	mapi_place(rop->logon, move->to->oid, &to);
	if (store_opaque_copy(rop->store, &from, move->src.num, &to, TRUE,
			      &move->dest.num) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t move_message(struct mapi_rop *rop, struct move *move)
{
	bool to_mail = move->to->fid != 0 &&
		move->to->class == STORE_CLASS_MAIL;

	move->dest.folder = move->to->oid;
	move->dest.source = move->src.source;
	if (move->src.source == MAPI_MSG_MAIL && to_mail)
		return move_mail(rop, move);
	if (move->src.source == MAPI_MSG_ITEM && move->to->fid != 0 &&
	    move->from->class == move->to->class) {
		return store_item_move(rop->store, move->from->fid,
				       move->src.num, move->to->fid,
				       &move->dest.num) < 0 ?
			mapi_store_error(rop) : ecNone;
	}
	/* those of the Outbox become mail where mail is */
	if (move->src.source == MAPI_MSG_OPAQUE &&
	    (move->associated || !(to_mail && move->from->virtual)))
		return move_opaque(rop, move);
	return move_by_copy(rop, move);
}

static uint32_t move_find(struct mapi_rop *rop, const struct import_args *args,
			  struct move *move)
{
	struct mapi_msg_ref there;
	mapi_id_t folder, id;
	uint64_t oid;
	bool associated;
	uint32_t error;

	move->version.change_key = args->blobs[MOVE_CHANGE];
	move->version.pcl = args->blobs[MOVE_PCL];
	error = version_check(&move->version);
	if (error == ecNone)
		error = id_of_key(rop, &args->blobs[MOVE_FOLDER], &folder);
	if (error == ecNone)
		error = id_of_key(rop, &args->blobs[MOVE_MESSAGE], &id);
	if (error == ecNone)
		error = id_of_key(rop, &args->blobs[MOVE_NEW_ID],
				  &move->version.id);
	if (error != ecNone)
		return error;
	/* the same move again */
	if (mapi_msg_find(rop, rop->logon, move->version.id, &there,
			  &associated) == ecNone)
		return SYNC_E_IGNORE;
	if (!mapi_folder_of_wire(rop, rop->logon, folder, &oid))
		return ecNotFound;
	error = mapi_msg_find(rop, rop->logon, id, &move->src,
			      &move->associated);
	if (error == ecNotFound || (error == ecNone &&
				    move->src.folder != oid))
		return SYNC_E_OBJECT_DELETED;
	if (error == ecNone)
		error = mapi_ics_new_id(rop, rop->logon, move->version.id);
	move->from = mapi_tree_find(rop, rop->logon, oid);
	move->to = mapi_tree_find(rop, rop->logon, rop_collector(rop)->folder);
	return error != ecNone ? error :
		move->to == NULL ? ecObjectDeleted : ecNone;
}

static uint32_t move_rights(struct mapi_rop *rop, const struct move *move)
{
	uint32_t from, to;

	if (mapi_folder_rights(rop, rop->logon, move->from, &from) < 0 ||
	    mapi_folder_rights(rop, rop->logon, move->to, &to) < 0)
		return mapi_store_error(rop);
	return (from & MAPI_RIGHT_DELETE_ANY) != 0 &&
		(to & MAPI_RIGHT_CREATE) != 0 ? ecNone : ecNoAccess;
}

/* The message there has the client's id and, unless the client had a version that we
   have not, its version */
static uint32_t move_signed(struct mapi_rop *rop, struct move *move,
			    bool client_newer)
{
	struct store_gid gid = { mapi_id_replid(move->version.id),
				 mapi_id_globcnt(move->version.id) };
	struct store_object object;
	struct store_version version;
	uint32_t error = ecNone;

	mapi_msg_object_of(rop->logon, &move->dest, &object);
	if (store_gid_give(rop->store, &object, &gid) < 0)
		return mapi_store_error(rop);
	if (!client_newer)
		error = mapi_ics_version_set(rop, rop->logon, &object, NULL,
					     &move->version, NULL);
	if (error != ecNone)
		return error;
	if (store_version_get(rop->store, &object, rop->pool, &version) < 0)
		return mapi_store_error(rop);
	mapi_ics_collector_seen(rop_collector(rop), move->associated,
				version.cn);
	if (version.read_cn != 0)
		mapi_idset_add(&rop_collector(rop)->state.read,
			       rop->logon->replica_guid, version.read_cn);
	return ecNone;
}

static uint32_t rop_import_move(struct mapi_rop *rop)
{
	struct import_args *args = rop->args;
	struct store_object object;
	struct move move;
	bool client_newer;
	uint32_t error;

	if (!is_contents(rop))
		return ecNotSupported;
	i_zero(&move);
	error = move_find(rop, args, &move);
	if (error == ecNone)
		error = move_rights(rop, &move);
	if (error != ecNone)
		return error;
	mapi_msg_object_of(rop->logon, &move.src, &object);
	if (store_version_get(rop->store, &object, rop->pool,
			      &move.before) < 0)
		return mapi_store_error(rop);
	client_newer = mapi_ics_compare(rop, rop->logon, &move.before,
					&move.version) == MAPI_PCL_NEWER;
	error = move_message(rop, &move);
	if (error == ecNone)
		error = move_signed(rop, &move, client_newer);
	if (error != ecNone)
		return error;
	rop->keep_payload = TRUE;
	mapi_out_u64(rop->out, 0);
	return client_newer ? SYNC_W_CLIENT_CHANGE_NEWER : ecNone;
}

/* --- a folder --------------------------------------------------------------------------------------------- */

static void parse_import_hierarchy(struct mapi_rop *rop)
{
	struct import_args *args = mapi_rop_args(rop, struct import_args);

	p_array_init(&args->values, rop->pool, 6);
	p_array_init(&args->props, rop->pool, 8);
	(void)mapi_in_prop_array(rop->in, &args->values);
	(void)mapi_in_prop_array(rop->in, &args->props);
}

static uint32_t folder_change(struct mapi_rop *rop,
			      const struct import_args *args,
			      struct mapi_ics_folder_change *change_r)
{
	static const mapi_tag_t tags[] = {
		PidTagParentSourceKey, PidTagSourceKey,
		PidTagLastModificationTime, PidTagChangeKey,
		PidTagPredecessorChangeList, PidTagDisplayName,
	};
	const struct mapi_prop *values;
	uint32_t error;

	if (!has_just(&args->values, tags, N_ELEMENTS(tags)))
		return ecInvalidParam;
	values = array_front(&args->values);
	i_zero(change_r);
	change_r->version.last_modified = values[2].v.i;
	change_r->version.change_key = values[3].v.bin;
	change_r->version.pcl = values[4].v.bin;
	change_r->name = values[5].v.s;
	change_r->props = &args->props;
	error = version_check(&change_r->version);
	if (error == ecNone && *change_r->name == '\0')
		error = ecInvalidParam;
	if (error == ecNone && values[0].v.bin.size > 0)
		error = id_of_key(rop, &values[0].v.bin, &change_r->parent);
	if (error == ecNone)
		error = id_of_key(rop, &values[1].v.bin,
				  &change_r->version.id);
	return error;
}

static uint32_t rop_import_hierarchy(struct mapi_rop *rop)
{
	struct mapi_ics_folder_change change;
	uint32_t error;

	if (is_contents(rop))
		return ecNotSupported;
	error = folder_change(rop, rop->args, &change);
	if (error == ecNone)
		error = mapi_ics_import_folder(rop, rop_collector(rop),
					       &change);
	if (error == ecNone)
		mapi_out_u64(rop->out, 0);
	return error;
}

const struct mapi_rop_def mapi_rops_import[] = {
	{ 0x7e, "SynchronizationOpenCollector", MAPI_ROP_OUT, MAPI_FOLDER,
	  parse_byte, rop_open_collector },
	{ 0x72, "SynchronizationImportMessageChange", MAPI_ROP_OUT,
	  MAPI_COLLECTOR, parse_import_message, rop_import_message },
	{ 0x73, "SynchronizationImportHierarchyChange", MAPI_ROP_IN,
	  MAPI_COLLECTOR, parse_import_hierarchy, rop_import_hierarchy },
	{ 0x74, "SynchronizationImportDeletes", MAPI_ROP_IN, MAPI_COLLECTOR,
	  parse_import_message, rop_import_deletes },
	{ 0x78, "SynchronizationImportMessageMove", MAPI_ROP_IN,
	  MAPI_COLLECTOR, parse_import_move, rop_import_move },
	{ 0x80, "SynchronizationImportReadStateChanges", MAPI_ROP_IN,
	  MAPI_COLLECTOR, parse_import_reads, rop_import_reads },
	{ 0, NULL, 0, 0, NULL, NULL }
};
