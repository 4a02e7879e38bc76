/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Per-user data of public folders (MS-OXCSTOR 2.2.1.10 to 2.2.1.13, 3.2.5.10 to
   3.2.5.13): which messages of a folder the user has read, as a set of change numbers.
   At a public logon it is what \Seen says. At the logon of a mailbox it is what the
   client laid there, by folder and with the replica it is of. Pieces of what is being
   written are kept there, too, until the last one. */

#include "mapi.h"
#include "mapi-flags.h"

#define PERUSER_BLOB "peruser"
#define PERUSER_VERSION 1
/* Of all folders together */
#define PERUSER_MAX (1024 * 1024)
/* MaxDataSize 0 */
#define PERUSER_PIECE 4096

struct peruser_entry {
	struct mapi_long_id folder;
	guid_128_t replica;
	bool complete;
	struct mapi_blob data;
};
ARRAY_DEFINE_TYPE(peruser_entry, struct peruser_entry);

struct peruser_args {
	struct mapi_long_id folder;
	guid_128_t replica;
	bool finished;
	uint32_t offset;
	uint16_t max;
	struct mapi_blob data;
};

/* --- what lies in the mailbox ------------------------------------------------------- */

static void peruser_place(struct mapi_rop *rop, struct store_place *place_r)
{
	if (rop->logon->kind == MAPI_STORE_PUBLIC) {
		/* the user's own */
		i_zero(place_r);
		place_r->special = MAPI_FID_ROOT;
	} else
		mapi_place(rop->logon, MAPI_FID_ROOT, place_r);
}

static void entries_parse(struct mapi_rop *rop, const void *data, size_t size,
			  ARRAY_TYPE(peruser_entry) *entries)
{
	struct peruser_entry entry;
	struct mapi_in in;

	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	if (mapi_in_u8(&in) != PERUSER_VERSION)
		return;
	while (mapi_in_left(&in) > 0) {
		i_zero(&entry);
		mapi_in_long_id(&in, &entry.folder);
		mapi_in_guid(&in, entry.replica);
		entry.complete = mapi_in_bool(&in);
		entry.data.size = mapi_in_u32(&in);
		entry.data.data = mapi_in_bytes(&in, entry.data.size);
		if (in.broken)
			return;
		array_push_back(entries, &entry);
	}
}

static uint32_t entries_read(struct mapi_rop *rop,
			     ARRAY_TYPE(peruser_entry) *entries_r)
{
	struct store_place place;
	const unsigned char *data;
	size_t size;
	int ret;

	p_array_init(entries_r, rop->pool, 8);
	peruser_place(rop, &place);
	ret = store_blob_get(rop->store, &place, PERUSER_BLOB, rop->pool,
			     &data, &size);
	if (ret < 0)
		return mapi_store_error(rop);
	if (ret > 0)
		entries_parse(rop, data, size, entries_r);
	return ecNone;
}

static uint32_t entries_write(struct mapi_rop *rop,
			      const ARRAY_TYPE(peruser_entry) *entries)
{
	buffer_t *out = buffer_create_dynamic(rop->pool, 1024);
	const struct peruser_entry *entry;
	struct store_place place;

	mapi_out_u8(out, PERUSER_VERSION);
	array_foreach(entries, entry) {
		mapi_out_long_id(out, &entry->folder);
		buffer_append(out, entry->replica, GUID_128_SIZE);
		mapi_out_u8(out, entry->complete);
		mapi_out_u32(out, entry->data.size);
		buffer_append(out, entry->data.data, entry->data.size);
	}
	if (out->used > PERUSER_MAX)
		return ecMemory;
	peruser_place(rop, &place);
	if (store_blob_set(rop->store, &place, PERUSER_BLOB,
			   array_is_empty(entries) ? NULL : out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static struct peruser_entry *
entry_find(ARRAY_TYPE(peruser_entry) *entries, const struct mapi_long_id *id)
{
	struct peruser_entry *entry;

	array_foreach_modifiable(entries, entry) {
		if (entry->folder.globcnt == id->globcnt &&
		    memcmp(entry->folder.guid, id->guid, GUID_128_SIZE) == 0)
			return entry;
	}
	return NULL;
}

/* --- which, whose -------------------------------------------------------------------- */

static void parse_guid(struct mapi_rop *rop)
{
	struct peruser_args *args = mapi_rop_args(rop, struct peruser_args);

	mapi_in_guid(rop->in, args->replica);
}

static uint32_t rop_ids(struct mapi_rop *rop)
{
	struct peruser_args *args = rop->args;
	ARRAY_TYPE(peruser_entry) entries;
	const struct peruser_entry *entry;
	size_t at = rop->out->used;
	unsigned int count = 0;
	uint32_t error;

	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	error = entries_read(rop, &entries);
	if (error != ecNone)
		return error;
	mapi_out_u16(rop->out, 0);
	array_foreach(&entries, entry) {
		if (!entry->complete ||
		    memcmp(entry->replica, args->replica, GUID_128_SIZE) != 0)
			continue;
		mapi_out_long_id(rop->out, &entry->folder);
		count++;
	}
	mapi_out_u16_at(rop->out, at, count);
	return ecNone;
}

static void parse_long_id(struct mapi_rop *rop)
{
	struct peruser_args *args = mapi_rop_args(rop, struct peruser_args);

	mapi_in_long_id(rop->in, &args->folder);
}

static uint32_t rop_guid(struct mapi_rop *rop)
{
	struct peruser_args *args = rop->args;
	ARRAY_TYPE(peruser_entry) entries;
	const struct peruser_entry *entry;
	uint32_t error;

	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	error = entries_read(rop, &entries);
	if (error != ecNone)
		return error;
	entry = entry_find(&entries, &args->folder);
	if (entry == NULL || !entry->complete)
		return ecNotFound;
	buffer_append(rop->out, entry->replica, GUID_128_SIZE);
	return ecNone;
}

/* --- public folders: \Seen as a set ------------------------------------------------------ */

static uint32_t public_folder(struct mapi_rop *rop,
			      const struct mapi_long_id *id,
			      const struct mapi_folder_info **info_r)
{
	mapi_id_t wire;
	uint64_t oid;
	uint32_t error = mapi_wire_of_long_id(rop, rop->logon, id, &wire);

	if (error != ecNone)
		return error;
	if (!mapi_folder_of_wire(rop, rop->logon, wire, &oid))
		return ecNotFound;
	*info_r = mapi_tree_find(rop, rop->logon, oid);
	return *info_r == NULL ? ecNotFound : ecNone;
}

typedef void peruser_mail_t(struct mapi_rop *rop, struct store_msg *msg,
			    uint64_t cn, void *context);

/* Every mail of a folder with its change number */
static uint32_t public_each(struct mapi_rop *rop,
			    const struct mapi_folder_info *info,
			    peruser_mail_t *callback, void *context)
{
	struct store_version version;
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	struct store_fetch *fetch;
	struct store_msg *msg;
	uint32_t error = ecNone;

	if (info->fid == 0 || info->class != STORE_CLASS_MAIL)
		return ecNone;
	if (store_open(rop->store, info->fid, &folder) < 0)
		return mapi_store_error(rop);
	p_array_init(&uids, rop->pool, 8);
	if (store_uids_since(folder, 0, &uids) < 0)
		error = mapi_store_error(rop);
	fetch = store_fetch_init(folder, &uids, STORE_WANT_FLAGS, FALSE);
	while (store_fetch_next(fetch, &msg)) {
		if (store_version_of_mail(folder, store_msg_uid(msg),
					  rop->pool, &version) < 0)
			error = mapi_store_error(rop);
		else
			callback(rop, msg, version.cn, context);
	}
	(void)store_fetch_deinit(&fetch);
	store_close(&folder);
	return error;
}

static void public_add_read(struct mapi_rop *rop, struct store_msg *msg,
			    uint64_t cn, void *context)
{
	struct mapi_idset *set = context;

	if ((store_msg_flags(msg) & STORE_FLAG_SEEN) != 0)
		mapi_idset_add(set, rop->logon->replica_guid, cn);
}

static uint32_t public_data(struct mapi_rop *rop, const struct mapi_long_id *id,
			    struct mapi_blob *data_r)
{
	const struct mapi_folder_info *info;
	struct mapi_idset set;
	buffer_t *out = buffer_create_dynamic(rop->pool, 256);
	uint32_t error = public_folder(rop, id, &info);

	if (error != ecNone)
		return error;
	mapi_idset_init(&set, rop->pool, TRUE);
	error = public_each(rop, info, public_add_read, &set);
	mapi_idset_write(out, &set);
	data_r->data = out->data;
	data_r->size = out->used;
	return error;
}

struct public_changes {
	struct mapi_idset set;
	ARRAY_TYPE(seq_range) read, unread;
};

static void public_compare(struct mapi_rop *rop, struct store_msg *msg,
			   uint64_t cn, void *context)
{
	struct public_changes *changes = context;
	bool seen = (store_msg_flags(msg) & STORE_FLAG_SEEN) != 0;
	bool want = mapi_idset_contains(&changes->set,
					rop->logon->replica_guid, cn);

	if (seen != want) {
		seq_range_array_add(want ? &changes->read : &changes->unread,
				    store_msg_uid(msg));
	}
}

static uint32_t public_apply(struct mapi_rop *rop,
			     const struct mapi_long_id *id,
			     const struct mapi_blob *data)
{
	const struct mapi_folder_info *info;
	struct public_changes changes;
	uint32_t error = public_folder(rop, id, &info);

	if (error != ecNone)
		return error;
	p_array_init(&changes.read, rop->pool, 8);
	p_array_init(&changes.unread, rop->pool, 8);
	mapi_idset_init(&changes.set, rop->pool, TRUE);
	if (mapi_idset_parse(&changes.set, data->data, data->size) < 0)
		return ecFormatError;
	error = public_each(rop, info, public_compare, &changes);
	if (error == ecNone && !array_is_empty(&changes.read))
		error = mapi_flags_set_read(rop, info->fid, &changes.read,
					    TRUE, NULL);
	if (error == ecNone && !array_is_empty(&changes.unread))
		error = mapi_flags_set_read(rop, info->fid, &changes.unread,
					    FALSE, NULL);
	return error;
}

/* --- read ---------------------------------------------------------------------------------- */

static void parse_read(struct mapi_rop *rop)
{
	struct peruser_args *args = mapi_rop_args(rop, struct peruser_args);

	mapi_in_long_id(rop->in, &args->folder);
	(void)mapi_in_u8(rop->in);
	args->offset = mapi_in_u32(rop->in);
	args->max = mapi_in_u16(rop->in);
}

static uint32_t mailbox_data(struct mapi_rop *rop,
			     const struct mapi_long_id *id,
			     struct mapi_blob *data_r)
{
	ARRAY_TYPE(peruser_entry) entries;
	const struct peruser_entry *entry;
	uint32_t error = entries_read(rop, &entries);

	i_zero(data_r);
	entry = error != ecNone ? NULL : entry_find(&entries, id);
	if (entry != NULL && entry->complete)
		*data_r = entry->data;
	return error;
}

static uint32_t rop_read(struct mapi_rop *rop)
{
	struct peruser_args *args = rop->args;
	size_t max = args->max == 0 ? PERUSER_PIECE : args->max;
	size_t room = mapi_rop_room(rop), size;
	struct mapi_blob data;
	uint32_t error;

	error = rop->logon->kind == MAPI_STORE_PUBLIC ?
		public_data(rop, &args->folder, &data) :
		mailbox_data(rop, &args->folder, &data);
	if (error != ecNone)
		return error;
	if (args->offset > data.size)
		return ecInvalidParam;
	/* HasFinished, DataSize */
	max = I_MIN(max, room < 3 ? 0 : room - 3);
	size = I_MIN(max, data.size - args->offset);
	mapi_out_u8(rop->out, args->offset + size == data.size);
	mapi_out_u16(rop->out, size);
	/* what was never written has no bytes to point into */
	if (size > 0)
		buffer_append(rop->out, data.data + args->offset, size);
	return ecNone;
}

/* --- write --------------------------------------------------------------------------------- */

static void parse_write(struct mapi_rop *rop)
{
	struct peruser_args *args = mapi_rop_args(rop, struct peruser_args);

	mapi_in_long_id(rop->in, &args->folder);
	args->finished = mapi_in_bool(rop->in);
	args->offset = mapi_in_u32(rop->in);
	args->data.size = mapi_in_u16(rop->in);
	args->data.data = mapi_in_bytes(rop->in, args->data.size);
	/* ReplGuid only of a private logon, with the first piece */
	rop->obj = mapi_rop_object(rop, rop->in_index);
	if (args->offset == 0 && rop->obj != NULL &&
	    rop->obj->logon->kind != MAPI_STORE_PUBLIC)
		mapi_in_guid(rop->in, args->replica);
}

/* The pieces so far, with this one */
static uint32_t entry_append(struct mapi_rop *rop,
			     ARRAY_TYPE(peruser_entry) *entries,
			     struct peruser_entry **entry_r)
{
	struct peruser_args *args = rop->args;
	struct peruser_entry *entry = entry_find(entries, &args->folder);
	unsigned char *data;

	if (args->offset != 0 &&
	    (entry == NULL || entry->complete ||
	     entry->data.size != args->offset))
		return ecInvalidParam;
	if (entry == NULL) {
		entry = array_append_space(entries);
		entry->folder = args->folder;
	}
	if (args->offset == 0)
		memcpy(entry->replica, args->replica, GUID_128_SIZE);
	data = p_malloc(rop->pool, args->offset + args->data.size + 1);
	if (args->offset > 0)
		memcpy(data, entry->data.data, args->offset);
	memcpy(data + args->offset, args->data.data, args->data.size);
	entry->data.data = data;
	entry->data.size = args->offset + args->data.size;
	entry->complete = args->finished;
	*entry_r = entry;
	return ecNone;
}

static uint32_t rop_write(struct mapi_rop *rop)
{
	struct peruser_args *args = rop->args;
	ARRAY_TYPE(peruser_entry) entries;
	struct peruser_entry *entry;
	struct mapi_blob data;
	uint32_t error = entries_read(rop, &entries);

	if (error == ecNone)
		error = entry_append(rop, &entries, &entry);
	if (error != ecNone)
		return error;
	if (rop->logon->kind != MAPI_STORE_PUBLIC || !args->finished)
		return entries_write(rop, &entries);
	data = entry->data;
	array_delete(&entries, array_ptr_to_idx(&entries, entry), 1);
	/* pieces of it lie there only if it came in more than one */
	error = args->offset == 0 ? ecNone : entries_write(rop, &entries);
	return error != ecNone ? error :
		public_apply(rop, &args->folder, &data);
}

const struct mapi_rop_def mapi_rops_peruser[] = {
	{ 0x60, "GetPerUserLongTermIds", MAPI_ROP_IN, MAPI_LOGON, parse_guid,
	  rop_ids },
	{ 0x61, "GetPerUserGuid", MAPI_ROP_IN, MAPI_LOGON, parse_long_id,
	  rop_guid },
	{ 0x63, "ReadPerUserInformation", MAPI_ROP_IN, MAPI_LOGON, parse_read,
	  rop_read },
	{ 0x64, "WritePerUserInformation", MAPI_ROP_IN, MAPI_LOGON,
	  parse_write, rop_write },
	{ 0, NULL, 0, 0, NULL, NULL }
};
