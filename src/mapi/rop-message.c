/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages: opened, made, saved; recipients; read flags, status (MS-OXCMSG 2.2.3,
   3.2.5; MS-OXCROPS 2.2.6). */

#include "mapi.h"
#include "mapi-flags.h"
#include "mapi-folder.h"
#include "mapi-msg.h"

/* OpenModeFlags */
#define OPEN_READ_WRITE 0x01
#define OPEN_BEST_ACCESS 0x03
#define OPEN_SOFT_DELETED 0x04
/* ReadFlags (MS-OXCMSG 2.2.3.11.1) */
#define READ_SUPPRESS_RECEIPT 0x01
#define READ_FOLDER_MESSAGE_DIALOG 0x02
#define READ_CLEAR 0x04
#define READ_DEFERRED_ERRORS 0x08
#define READ_GENERATE_RECEIPT_ONLY 0x10
#define READ_CLEAR_NOTIFY_READ 0x20
#define READ_CLEAR_NOTIFY_UNREAD 0x40
#define READ_ALL_BITS 0x7f
/* CodePageId: that of the logon */
#define CPID_OF_LOGON 0x0fff
/* PidTagMessageStatus: set by the server alone (MS-OXCMSG 2.2.1.8) */
#define STATUS_IN_CONFLICT 0x00000800
/* Recipients in one answer */
#define MAX_RECIPIENT_ROWS 254
#define CLIENT_DATA_SIZE 24

struct message_args {
	uint16_t cpid;
	mapi_id_t folder, message;
	uint8_t flags, associated;
	uint32_t row, status, mask;
	ARRAY_TYPE(mapi_id) ids;
	ARRAY_TYPE(mapi_tag) columns;
	ARRAY(struct recipient_change) rcpts;
	const unsigned char *client_data;
};

struct recipient_change {
	uint32_t row;
	uint8_t type;
	/* NULL: delete */
	struct mapi_bag *bag;
};

static struct mapi_msg *rop_msg(struct mapi_rop *rop)
{
	return (struct mapi_msg *)rop->obj;
}

/* --- the answer of opening ------------------------------------------------------------- */

/* TypedString (MS-OXCDATA 2.11.7) */
static void out_typed_string(buffer_t *out, const char *s)
{
	if (s == NULL) {
		mapi_out_u8(out, 0x00);
		return;
	}
	if (*s == '\0') {
		mapi_out_u8(out, 0x01);
		return;
	}
	mapi_out_u8(out, 0x04);
	mapi_out_utf16(out, s);
}

/* Columns of the rows beside those that a RecipientRow has by itself (2.8.3.2) */
static void recipient_columns(const struct mapi_bag *rcpts, unsigned int count,
			      ARRAY_TYPE(mapi_tag) *columns)
{
	const struct mapi_prop *prop;

	for (unsigned int i = 0; i < count; i++) {
		array_foreach(&rcpts[i].props, prop) {
			switch (MAPI_TAG_ID(prop->tag)) {
			case MAPI_TAG_ID(PidTagRowid):
			case MAPI_TAG_ID(PidTagRecipientType):
			case MAPI_TAG_ID(PidTagDisplayName):
			case MAPI_TAG_ID(PidTagEmailAddress):
			case MAPI_TAG_ID(PidTagAddressType):
			case MAPI_TAG_ID(PidTagTransmittableDisplayName):
			case MAPI_TAG_ID(PidTagSendRichInfo):
			case MAPI_TAG_ID(PidTagResponsibility):
				continue;
			}
			if (!mapi_tags_have(columns, prop->tag))
				array_push_back(columns, &prop->tag);
		}
	}
}

static void out_recipient(struct mapi_rop *rop, const struct mapi_bag *rcpt,
			  const ARRAY_TYPE(mapi_tag) *columns)
{
	size_t at;
	unsigned int count;
	const mapi_tag_t *tags = array_get(columns, &count);

	mapi_out_u8(rop->out, mapi_bag_get_int(rcpt, PidTagRecipientType, 1));
	mapi_out_u16(rop->out, rop->session->cpid);
	mapi_out_u16(rop->out, 0);
	at = rop->out->used;
	mapi_out_u16(rop->out, 0);
	mapi_out_recipient(rop->out, tags, count, rcpt, TRUE,
			   rop->session->cpid);
	mapi_out_u16_at(rop->out, at, rop->out->used - at - 2);
}

/* Rows that fit; the client reads the others by their row ids */
static unsigned int out_recipients(struct mapi_rop *rop,
				   const struct mapi_bag *rcpts,
				   unsigned int count,
				   const ARRAY_TYPE(mapi_tag) *columns,
				   bool with_ids)
{
	size_t before;
	unsigned int i;

	for (i = 0; i < count && i < MAX_RECIPIENT_ROWS; i++) {
		before = rop->out->used;
		if (with_ids) {
			mapi_out_u32(rop->out, mapi_bag_get_int(&rcpts[i],
							PidTagRowid, i));
		}
		out_recipient(rop, &rcpts[i], columns);
		if (rop->out->used > rop->limit) {
			buffer_set_used_size(rop->out, before);
			break;
		}
	}
	return i;
}

uint32_t mapi_msg_out_opened(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_message *current;
	const struct mapi_bag *rcpts;
	ARRAY_TYPE(mapi_tag) columns;
	const mapi_tag_t *tag;
	unsigned int count;
	struct mapi_prop named;
	const mapi_tag_t named_tag = PidTagHasNamedProperties;
	size_t at;
	uint32_t error = mapi_msg_current(rop, msg, &current);

	if (error == ecNone)
		error = mapi_msg_recipients(rop, msg, &rcpts, &count);
	if (error != ecNone)
		return error;
	msg->obj.v->get(rop, &msg->obj, &named_tag, 1, &named);
	mapi_out_u8(rop->out, named.tag == named_tag && named.v.b);
	out_typed_string(rop->out, mapi_bag_get_str(&current->props,
						    PidTagSubjectPrefix));
	out_typed_string(rop->out, mapi_bag_get_str(&current->props,
						    PidTagNormalizedSubject));
	p_array_init(&columns, rop->pool, 16);
	recipient_columns(rcpts, count, &columns);
	mapi_out_u16(rop->out, count);
	mapi_out_u16(rop->out, array_count(&columns));
	array_foreach(&columns, tag)
		mapi_out_u32(rop->out, *tag);
	at = rop->out->used;
	mapi_out_u8(rop->out, 0);
	count = out_recipients(rop, rcpts, count, &columns, FALSE);
	((unsigned char *)buffer_get_modifiable_data(rop->out, NULL))[at] =
		count;
	return ecNone;
}

/* --- open, create, save -------------------------------------------------------------------- */

static void parse_open(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->cpid = mapi_in_u16(rop->in);
	args->folder = mapi_in_u64(rop->in);
	args->flags = mapi_in_u8(rop->in);
	args->message = mapi_in_u64(rop->in);
}

static uint32_t folder_rights(struct mapi_rop *rop, uint64_t folder,
			      uint32_t *rights_r)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, folder);

	if (info == NULL)
		return ecNotFound;
	if (mapi_folder_rights(rop, rop->logon, info, rights_r) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t open_mode(struct mapi_rop *rop, uint64_t folder, uint8_t flags,
			  bool *writable_r)
{
	uint32_t rights, error = folder_rights(rop, folder, &rights);
	unsigned int mode = flags & OPEN_BEST_ACCESS;

	if (error != ecNone)
		return error;
	if ((rights & MAPI_RIGHT_READ_ANY) == 0)
		return ecNoAccess;
	*writable_r = (rights & MAPI_RIGHT_EDIT_ANY) != 0;
	if (mode == OPEN_READ_WRITE && !*writable_r)
		return ecNoAccess;
	if (mode == 0)
		*writable_r = FALSE;
	return ecNone;
}

bool mapi_cpid_known(unsigned int cpid)
{
	return cpid == 0 || cpid == CPID_OF_LOGON ||
		mapi_charset_of_cpid(cpid) != NULL;
}

/* One that was expunged and is kept: read only */
static uint32_t deleted_in_folder(struct mapi_rop *rop,
				  const struct message_args *args,
				  uint64_t folder, struct mapi_msg_ref *ref_r)
{
	ARRAY_TYPE(seq_range) uids;
	const struct seq_range *range;
	int ret;

	p_array_init(&uids, rop->pool, 1);
	ret = mapi_deleted_find(rop, rop->logon, folder, &args->message, 1,
				&uids);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecNotFound;
	range = array_front(&uids);
	i_zero(ref_r);
	ref_r->folder = folder;
	ref_r->source = MAPI_MSG_DELETED;
	ref_r->num = range->seq1;
	return ecNone;
}

/* Messages are in one folder, and in search folders that found them (MS-OXCMSG
   3.2.5.1) */
static uint32_t message_in_folder(struct mapi_rop *rop,
				  const struct message_args *args,
				  struct mapi_msg_ref *ref_r,
				  bool *associated_r)
{
	const struct mapi_folder_info *info;
	uint64_t folder;
	uint32_t error;

	if (!mapi_folder_of_wire(rop, rop->logon, args->folder, &folder))
		return ecNotFound;
	error = mapi_msg_find(rop, rop->logon, args->message, ref_r,
			      associated_r);
	if (error == ecNotFound && (args->flags & OPEN_SOFT_DELETED) != 0)
		return deleted_in_folder(rop, args, folder, ref_r);
	if (error != ecNone || ref_r->folder == folder)
		return error;
	info = mapi_tree_find(rop, rop->logon, folder);
	return info != NULL && info->search ? ecNone : ecNotFound;
}

static uint32_t rop_open(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	struct mapi_msg *msg;
	uint32_t error;
	bool associated, writable;

	if (!mapi_cpid_known(args->cpid))
		return ecUnknownCodePage;
	error = message_in_folder(rop, args, &ref, &associated);
	if (error == ecNone)
		error = open_mode(rop, ref.folder, args->flags, &writable);
	if (error != ecNone)
		return error;
	msg = mapi_msg_new(rop, &ref, associated, NULL);
	msg->writable = writable && ref.source != MAPI_MSG_DELETED;
	msg->id = args->message;
	obj = &msg->obj;
	error = mapi_msg_out_opened(rop, msg);
	if (error != ecNone) {
		mapi_object_unref(&obj);
		return error;
	}
	return mapi_rop_output(rop, obj);
}

static void parse_create(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->cpid = mapi_in_u16(rop->in);
	args->folder = mapi_in_u64(rop->in);
	args->associated = mapi_in_u8(rop->in);
}

static void set_person(struct mapi_msg *msg, mapi_tag_t name,
		       mapi_tag_t entry_id)
{
	struct mapi_bag *bag = &msg->changes->set;
	buffer_t *buf = t_buffer_create(128);
	union mapi_value v;

	mapi_bag_set_str(bag, name, msg->obj.session->display_name);
	mapi_address_entry_id(msg->obj.session->address, buf);
	i_zero(&v);
	v.bin.data = buf->data;
	v.bin.size = buf->used;
	mapi_bag_set(bag, entry_id, &v);
}

/* MS-OXCMSG 3.2.5.2: what a new message has at once */
static void created_defaults(struct mapi_msg *msg)
{
	struct mapi_bag *bag = &mapi_msg_change(msg)->set;
	time_t now = time(NULL);
	guid_128_t key;
	union mapi_value v;

	mapi_msg_set_displays(bag, NULL, 0);
	guid_128_generate(key);
	i_zero(&v);
	v.bin.data = key;
	v.bin.size = sizeof(key);
	mapi_bag_set(bag, PidTagSearchKey, &v);
	mapi_bag_set_int(bag, PidTagTrustSender, 1);
	mapi_bag_set_int(bag, PidTagLocaleId, msg->obj.session->lcid_string);
	mapi_bag_set_int(bag, PidTagImportance, 1);
	mapi_bag_set_str(bag, PidTagMessageClass, "IPM.Note");
	mapi_bag_set_int(bag, PidTagSensitivity, 0);
	mapi_bag_set_time(bag, PidTagCreationTime, now);
	mapi_bag_set_time(bag, PidTagLastModificationTime, now);
	mapi_bag_set_int(bag, PidTagMessageLocaleId,
			 msg->obj.session->lcid_string);
	set_person(msg, PidTagCreatorName, PidTagCreatorEntryId);
	set_person(msg, PidTagLastModifierName, PidTagLastModifierEntryId);
}

static uint32_t rop_create(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg_ref ref;
	struct mapi_msg *msg;
	uint32_t rights, error;

	if (!mapi_cpid_known(args->cpid))
		return ecUnknownCodePage;
	i_zero(&ref);
	if (!mapi_folder_of_wire(rop, rop->logon, args->folder, &ref.folder))
		return ecNotFound;
	error = folder_rights(rop, ref.folder, &rights);
	if (error != ecNone)
		return error;
	if ((rights & (args->associated != 0 ? MAPI_RIGHT_OWNER :
		       MAPI_RIGHT_CREATE)) == 0)
		return ecNoAccess;
	msg = mapi_msg_new(rop, &ref, args->associated != 0, NULL);
	msg->writable = TRUE;
	created_defaults(msg);
	mapi_out_u8(rop->out, 0);	/* HasMessageId: with the first save */
	return mapi_rop_output(rop, &msg->obj);
}

static void parse_save(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_save(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg *msg = rop_msg(rop);
	uint8_t keep = args->flags & (MAPI_SAVE_KEEP_READ_ONLY |
				      MAPI_SAVE_KEEP_READ_WRITE);
	uint32_t error;

	if (!msg->writable)
		return ecNoAccess;
	error = mapi_msg_save(rop, msg, args->flags);
	if (error != ecNone)
		return error;
	if (keep == MAPI_SAVE_KEEP_READ_ONLY)
		msg->writable = FALSE;
	if (msg->ref.source != MAPI_MSG_EMBEDDED)
		msg->id = mapi_msg_wire(rop, rop->logon, &msg->ref);
	mapi_out_u8(rop->out, rop->in_index);
	mapi_out_u64(rop->out, msg->id);
	return ecNone;
}

/* --- recipients ------------------------------------------------------------------------------- */

static void parse_remove_all(struct mapi_rop *rop)
{
	(void)mapi_in_u32(rop->in);
}

static uint32_t rop_remove_all(struct mapi_rop *rop)
{
	struct mapi_msg *msg = rop_msg(rop);
	struct mapi_msg_changes *changes;

	if (!msg->writable)
		return ecNoAccess;
	changes = mapi_msg_change(msg);
	array_clear(&changes->recipients);
	changes->recipients_changed = TRUE;
	return ecNone;
}

static void parse_recipient(struct mapi_rop *rop, struct message_args *args)
{
	struct recipient_change *change = array_append_space(&args->rcpts);
	const unsigned char *data;
	struct mapi_in row;
	unsigned int count;
	const mapi_tag_t *tags;
	uint16_t size;

	change->row = mapi_in_u32(rop->in);
	change->type = mapi_in_u8(rop->in);
	size = mapi_in_u16(rop->in);
	data = mapi_in_bytes(rop->in, size);
	if (data == NULL || size == 0)
		return;
	change->bag = p_new(rop->pool, struct mapi_bag, 1);
	mapi_bag_init(change->bag, rop->pool);
	mapi_in_init(&row, MAPI_FORM_ROP, rop->pool, data, size);
	tags = array_get(&args->columns, &count);
	if (mapi_in_recipient(&row, tags, count, rop->session->cpid,
			      change->bag) < 0)
		rop->in->broken = TRUE;
}

static void parse_modify(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);
	unsigned int count;

	p_array_init(&args->columns, rop->pool, 16);
	p_array_init(&args->rcpts, rop->pool, 8);
	(void)mapi_in_tags(rop->in, &args->columns);
	count = mapi_in_u16(rop->in);
	for (; count > 0 && !rop->in->broken; count--)
		parse_recipient(rop, args);
}

static struct mapi_bag *
recipient_find(struct mapi_msg_changes *changes, uint32_t row)
{
	struct mapi_bag *bag;

	array_foreach_modifiable(&changes->recipients, bag) {
		if (mapi_bag_get_int(bag, PidTagRowid, -1) == row)
			return bag;
	}
	return NULL;
}

static void recipient_apply(struct mapi_msg_changes *changes,
			    const struct recipient_change *change)
{
	struct mapi_bag *bag = recipient_find(changes, change->row);
	const struct mapi_prop *prop;

	if (change->bag == NULL) {
		if (bag != NULL)
			array_delete(&changes->recipients,
				array_ptr_to_idx(&changes->recipients, bag),
				1);
		return;
	}
	if (bag == NULL)
		bag = array_append_space(&changes->recipients);
	mapi_bag_init(bag, changes->pool);
	array_foreach(&change->bag->props, prop)
		mapi_bag_set(bag, prop->tag, &prop->v);
	mapi_bag_set_int(bag, PidTagRowid, change->row);
	mapi_bag_set_int(bag, PidTagRecipientType, change->type);
}

static uint32_t rop_modify(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg *msg = rop_msg(rop);
	const struct recipient_change *change;

	if (!msg->writable)
		return ecNoAccess;
	mapi_msg_own_recipients(rop, msg);
	array_foreach(&args->rcpts, change)
		recipient_apply(msg->changes, change);
	return ecNone;
}

static void parse_read_rcpts(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->row = mapi_in_u32(rop->in);
	(void)mapi_in_u16(rop->in);
}

static uint32_t rop_read_rcpts(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	ARRAY_TYPE(mapi_tag) columns;
	const struct mapi_bag *rcpts;
	unsigned int count, first = 0, done;
	uint32_t error;
	size_t at;

	error = mapi_msg_recipients(rop, rop_msg(rop), &rcpts, &count);
	if (error != ecNone)
		return error;
	p_array_init(&columns, rop->pool, 16);
	recipient_columns(rcpts, count, &columns);
	while (first < count &&
	       mapi_bag_get_int(&rcpts[first], PidTagRowid, first) < args->row)
		first++;
	if (first == count)
		return ecNotFound;
	at = rop->out->used;
	mapi_out_u8(rop->out, 0);
	done = out_recipients(rop, rcpts + first, count - first, &columns,
			      TRUE);
	if (done == 0)
		return ecBufferTooSmall;
	((unsigned char *)buffer_get_modifiable_data(rop->out, NULL))[at] =
		done;
	return ecNone;
}

static void parse_reload(struct mapi_rop *rop)
{
	(void)mapi_in_u16(rop->in);
}

static uint32_t rop_reload(struct mapi_rop *rop)
{
	return mapi_msg_out_opened(rop, rop_msg(rop));
}

/* --- read flags ---------------------------------------------------------------------------------- */

static bool read_flags_valid(uint8_t flags)
{
	/* contradictions (MS-OXCMSG 2.2.3.11.1) */
	return (flags & ~READ_ALL_BITS) == 0 &&
		(flags & (READ_SUPPRESS_RECEIPT | READ_CLEAR)) !=
		(READ_SUPPRESS_RECEIPT | READ_CLEAR);
}

/* \Seen of mail; a flag in the bytes of what is ours */
static uint32_t set_read(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			 bool associated, uint8_t flags, bool *changed_r)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, ref->folder);
	bool read = (flags & READ_CLEAR) == 0;
	ARRAY_TYPE(seq_range) uids;
	struct mapi_object *obj;
	struct mapi_msg *msg;
	uint32_t error;

	*changed_r = FALSE;
	if ((flags & READ_GENERATE_RECEIPT_ONLY) != 0)
		return mapi_read_receipt(rop, ref, flags);
	if (ref->source == MAPI_MSG_MAIL) {
		if (read && (flags & READ_SUPPRESS_RECEIPT) == 0)
			(void)mapi_read_receipt(rop, ref, flags);
		p_array_init(&uids, rop->pool, 1);
		seq_range_array_add(&uids, ref->num);
		return mapi_flags_set_read(rop, info->fid, &uids, read,
					   changed_r);
	}
	if (ref->source != MAPI_MSG_OPAQUE)
		return ecNone;	/* items are always read */
	msg = mapi_msg_new(rop, ref, associated, NULL);
	msg->writable = TRUE;
	obj = &msg->obj;
	mapi_bag_set_int(&mapi_msg_change(msg)->set, PidTagMessageFlags,
			 read ? 1 : 0);
	error = mapi_msg_save(rop, msg, MAPI_SAVE_FORCE);
	mapi_object_unref(&obj);
	*changed_r = error == ecNone;
	return error;
}

static void parse_set_read(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);
	struct mapi_object *obj = mapi_rop_object(rop, rop->in_index);

	args->flags = mapi_in_u8(rop->in);
	/* of public folders' messages only */
	if (obj != NULL && obj->logon->kind == MAPI_STORE_PUBLIC)
		args->client_data = mapi_in_bytes(rop->in, CLIENT_DATA_SIZE);
}

static uint32_t rop_set_read(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg *msg = rop_msg(rop);
	uint32_t error;
	bool changed;

	if (!read_flags_valid(args->flags))
		return ecInvalidParam;
	if (msg->ref.source == MAPI_MSG_NEW ||
	    msg->ref.source == MAPI_MSG_EMBEDDED)
		return ecNotSupported;
	error = set_read(rop, &msg->ref, msg->associated, args->flags,
			 &changed);
	if (error != ecNone)
		return error;
	mapi_msg_forget(msg);
	/* told of public folders' messages alone (MS-OXCMSG 2.2.3.11.2) */
	changed = changed && args->client_data != NULL;
	mapi_out_u8(rop->out, changed);
	if (changed) {
		mapi_out_u8(rop->out, rop->logon_id);
		buffer_append(rop->out, args->client_data, CLIENT_DATA_SIZE);
	}
	return ecNone;
}

static void parse_set_reads(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	(void)mapi_in_bool(rop->in);
	args->flags = mapi_in_u8(rop->in);
	mapi_in_ids(rop, &args->ids);
}

/* No ids: all of the folder */
static uint32_t set_reads_all(struct mapi_rop *rop, uint64_t folder, bool read)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, folder);
	struct store_folder *box;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	if (info == NULL)
		return ecObjectDeleted;
	if (info->fid == 0 || info->class != STORE_CLASS_MAIL)
		return ecNone;
	if (store_open(rop->store, info->fid, &box) < 0)
		return mapi_store_error(rop);
	p_array_init(&uids, rop->pool, 16);
	ret = store_uids_since(box, 0, &uids);
	store_close(&box);
	if (ret < 0)
		return mapi_store_error(rop);
	return mapi_flags_set_read(rop, info->fid, &uids, read, NULL);
}

static uint32_t rop_set_reads(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	uint64_t folder = ((struct mapi_folder *)rop->obj)->oid;
	struct mapi_msg_ref ref;
	const mapi_id_t *id;
	uint32_t error = ecNone;
	bool associated, changed, partial = FALSE;

	rop->keep_payload = TRUE;
	if (!read_flags_valid(args->flags))
		error = ecInvalidParam;
	else if (array_is_empty(&args->ids))
		error = set_reads_all(rop, folder,
				      (args->flags & READ_CLEAR) == 0);
	if (error == ecNone) array_foreach(&args->ids, id) {
		if (mapi_msg_find(rop, rop->logon, *id, &ref,
				  &associated) != ecNone ||
		    ref.folder != folder ||
		    set_read(rop, &ref, associated, args->flags,
			     &changed) != ecNone)
			partial = TRUE;
	}
	mapi_out_u8(rop->out, partial);
	return error;
}

/* --- status (MS-OXCMSG 2.2.3.8): bits of the folder's own, as an extra of the mail -------------- */

#define STATUS_EXTRA "mapi-status"

/* Of what is no mail: a property of it */
static uint32_t status_get_bag(struct mapi_rop *rop,
			       const struct mapi_msg_ref *ref,
			       uint32_t *status_r)
{
	struct mapi_msg *msg = mapi_msg_new(rop, ref, FALSE, NULL);
	struct mapi_object *obj = &msg->obj;
	struct mapi_message *base;
	uint32_t error = mapi_msg_base(rop, msg, &base);

	if (error == ecNone)
		*status_r = mapi_bag_get_int(&base->props, PidTagMessageStatus,
					     0);
	mapi_object_unref(&obj);
	return error;
}

static uint32_t status_set_bag(struct mapi_rop *rop,
			       const struct mapi_msg_ref *ref, bool associated,
			       uint32_t status)
{
	struct mapi_msg *msg = mapi_msg_new(rop, ref, associated, NULL);
	struct mapi_object *obj = &msg->obj;
	uint32_t error;

	msg->writable = TRUE;
	mapi_bag_set_int(&mapi_msg_change(msg)->set, PidTagMessageStatus,
			 status);
	error = mapi_msg_save(rop, msg, MAPI_SAVE_FORCE);
	mapi_object_unref(&obj);
	return error;
}

static uint32_t status_get(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			   store_fid_t fid, uint32_t *status_r)
{
	struct store_folder *folder;
	const char *value;
	int ret;

	*status_r = 0;
	if (ref->source != MAPI_MSG_MAIL)
		return status_get_bag(rop, ref, status_r);
	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	ret = store_extra_get(folder, ref->num, STATUS_EXTRA, rop->pool,
			      &value);
	store_close(&folder);
	if (ret < 0)
		return mapi_store_error(rop);
	if (ret > 0 && str_to_uint32_hex(value, status_r) < 0)
		*status_r = 0;
	return ecNone;
}

static uint32_t status_set(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			   bool associated, store_fid_t fid, uint32_t status)
{
	struct store_folder *folder;
	int ret;

	if (ref->source != MAPI_MSG_MAIL)
		return status_set_bag(rop, ref, associated, status);
	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	ret = store_extra_set(folder, ref->num, STATUS_EXTRA, status == 0 ?
			      NULL : t_strdup_printf("%x", status));
	store_close(&folder);
	return ret < 0 ? mapi_store_error(rop) : ecNone;
}

static void parse_get_status(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->message = mapi_in_u64(rop->in);
}

static void parse_set_status(struct mapi_rop *rop)
{
	struct message_args *args = mapi_rop_args(rop, struct message_args);

	args->message = mapi_in_u64(rop->in);
	args->status = mapi_in_u32(rop->in);
	args->mask = mapi_in_u32(rop->in);
}

static uint32_t status_find(struct mapi_rop *rop, struct mapi_msg_ref *ref_r,
			    bool *associated_r, store_fid_t *fid_r,
			    uint32_t *status_r)
{
	struct message_args *args = rop->args;
	const struct mapi_folder_info *info;
	uint32_t error = mapi_msg_find(rop, rop->logon, args->message,
				       ref_r, associated_r);

	if (error != ecNone)
		return error;
	info = mapi_tree_find(rop, rop->logon, ref_r->folder);
	if (info == NULL)
		return ecObjectDeleted;
	*fid_r = info->fid;
	return status_get(rop, ref_r, info->fid, status_r);
}

static uint32_t rop_get_status(struct mapi_rop *rop)
{
	struct mapi_msg_ref ref;
	store_fid_t fid;
	bool associated;
	uint32_t status, error = status_find(rop, &ref, &associated, &fid,
					     &status);

	if (error == ecNone)
		mapi_out_u32(rop->out, status);
	return error;
}

static uint32_t rop_set_status(struct mapi_rop *rop)
{
	struct message_args *args = rop->args;
	struct mapi_msg_ref ref;
	store_fid_t fid;
	bool associated;
	uint32_t mask = args->mask & ~STATUS_IN_CONFLICT;
	uint32_t status, error = status_find(rop, &ref, &associated, &fid,
					     &status);

	if (error == ecNone)
		error = status_set(rop, &ref, associated, fid,
				   (status & ~mask) | (args->status & mask));
	/* the answer is what it was before (MS-OXCMSG 2.2.3.9.2) */
	if (error == ecNone)
		mapi_out_u32(rop->out, status);
	return error;
}

const struct mapi_rop_def mapi_rops_message[] = {
	{ 0x03, "OpenMessage", MAPI_ROP_OUT, MAPI_LOGON | MAPI_FOLDER,
	  parse_open, rop_open },
	{ 0x06, "CreateMessage", MAPI_ROP_OUT, MAPI_LOGON | MAPI_FOLDER,
	  parse_create, rop_create },
	{ 0x0c, "SaveChangesMessage", MAPI_ROP_RESPONSE, MAPI_MESSAGE,
	  parse_save, rop_save },
	{ 0x0d, "RemoveAllRecipients", MAPI_ROP_IN, MAPI_MESSAGE,
	  parse_remove_all, rop_remove_all },
	{ 0x0e, "ModifyRecipients", MAPI_ROP_IN, MAPI_MESSAGE, parse_modify,
	  rop_modify },
	{ 0x0f, "ReadRecipients", MAPI_ROP_IN, MAPI_MESSAGE,
	  parse_read_rcpts, rop_read_rcpts },
	{ 0x10, "ReloadCachedInformation", MAPI_ROP_IN, MAPI_MESSAGE,
	  parse_reload, rop_reload },
	{ 0x11, "SetMessageReadFlag", MAPI_ROP_RESPONSE, MAPI_MESSAGE,
	  parse_set_read, rop_set_read },
	{ 0x66, "SetReadFlags", MAPI_ROP_IN, MAPI_FOLDER, parse_set_reads,
	  rop_set_reads },
	{ 0x1f, "GetMessageStatus", MAPI_ROP_IN, MAPI_FOLDER,
	  parse_get_status, rop_get_status },
	{ 0x20, "SetMessageStatus", MAPI_ROP_IN, MAPI_FOLDER,
	  parse_set_status, rop_set_status },
	{ 0, NULL, 0, 0, NULL, NULL }
};
