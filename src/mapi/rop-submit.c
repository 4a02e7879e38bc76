/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sending (MS-OXOMSG 2.2.3, 3.2.5; MS-OXCROPS 2.2.7). The message goes out while the
   ROP is done: there is no queue in which it could be seen or stopped. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-send.h"

#define MSGFLAG_READ 0x01
#define OPTIONS_SIZE 300

struct submit_args {
	uint8_t flags;
	mapi_id_t folder, message;
};

/* --- after it was sent ------------------------------------------------------------------- */

/* Folder entry id, or SvrEID of a folder (MS-OXCDATA 2.11.1.4): ours flag, FID */
static bool folder_of_blob(struct mapi_rop *rop, const struct mapi_blob *blob,
			   bool server_id, uint64_t *oid_r)
{
	struct mapi_entry_id eid;
	struct mapi_in in;
	mapi_id_t id;

	if (blob == NULL)
		return FALSE;
	if (!server_id) {
		if (mapi_entry_id_parse(blob->data, blob->size, rop->pool,
					&eid) <= 0 ||
		    eid.kind != MAPI_EID_FOLDER ||
		    mapi_wire_of_long_id(rop, rop->logon, &eid.folder,
					 &id) != ecNone)
			return FALSE;
	} else {
		mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, blob->data,
			     blob->size);
		if (mapi_in_u8(&in) != 1)
			return FALSE;
		id = mapi_in_u64(&in);
		if (in.broken)
			return FALSE;
	}
	return mapi_folder_of_wire(rop, rop->logon, id, oid_r);
}

/* Where the copy goes; 0: nowhere */
static uint64_t sent_folder(struct mapi_rop *rop, const struct mapi_bag *bag)
{
	const struct mapi_prop *svr = mapi_bag_get(bag, PidTagSentMailSvrEID);
	uint64_t oid;

	if (mapi_bag_get_bool(bag, PidTagDeleteAfterSubmit, FALSE))
		return 0;
	if (svr != NULL && folder_of_blob(rop, &svr->v.bin, TRUE, &oid))
		return oid;
	if (folder_of_blob(rop, mapi_bag_get_bin(bag, PidTagSentMailEntryId),
			   FALSE, &oid))
		return oid;
	return mapi_special_oid(rop, rop->logon, MAPI_FID_SENT);
}

static uint32_t copy_to_sent(struct mapi_rop *rop, struct mapi_msg *msg,
			     uint64_t folder)
{
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	struct mapi_bag *set;
	struct mapi_msg *copy;
	uint32_t error;

	i_zero(&ref);
	ref.folder = folder;
	copy = mapi_msg_new(rop, &ref, FALSE, NULL);
	copy->obj.logon = msg->obj.logon;
	copy->writable = TRUE;
	obj = &copy->obj;
	error = mapi_msg_copy_all(rop, msg, copy);
	if (error == ecNone) {
		set = &mapi_msg_change(copy)->set;
		mapi_bag_set_int(set, PidTagMessageFlags, MSGFLAG_READ);
		if (mapi_bag_get(set, PidTagClientSubmitTime) == NULL)
			mapi_bag_set_time(set, PidTagClientSubmitTime,
					  time(NULL));
		mapi_bag_set_time(set, PidTagMessageDeliveryTime, time(NULL));
		error = mapi_msg_save(rop, copy, MAPI_SAVE_FORCE);
	}
	mapi_object_unref(&obj);
	return error;
}

static void remove_source(struct mapi_rop *rop, struct mapi_msg *msg)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, msg->ref.folder);
	struct store_folder *folder;
	struct store_place place;
	ARRAY_TYPE(seq_range) nums;

	if (info == NULL || msg->ref.num == 0)
		return;
	p_array_init(&nums, rop->pool, 1);
	seq_range_array_add(&nums, msg->ref.num);
	if (msg->ref.source == MAPI_MSG_OPAQUE) {
		mapi_place(rop->logon, msg->ref.folder, &place);
		(void)store_opaque_delete(rop->store, &place, &nums);
	} else if (msg->ref.source == MAPI_MSG_MAIL &&
		   store_open(rop->store, info->fid, &folder) == 0) {
		(void)store_expunge(folder, &nums);
		store_close(&folder);
	}
}

/* It is out: whatever fails now is logged, and the answer is success, or it would be
   sent again. */
static void sent_finish(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_message *current;
	uint64_t folder;

	if (mapi_msg_current(rop, msg, &current) != ecNone)
		return;
	folder = sent_folder(rop, &current->props);
	if (folder != 0 && copy_to_sent(rop, msg, folder) != ecNone) {
		e_error(rop->env->event,
			"Message was sent, but its copy could not be kept");
		return;
	}
	remove_source(rop, msg);
	mapi_msg_forget(msg);
	mapi_msg_drop_changes(msg);
	msg->submitted = TRUE;
}

static uint32_t submit(struct mapi_rop *rop)
{
	struct mapi_msg *msg = (struct mapi_msg *)rop->obj;
	uint32_t error;

	if (msg->submitted || msg->ref.source == MAPI_MSG_EMBEDDED ||
	    msg->associated)
		return ecNotSupported;
	error = mapi_send_message(rop, msg);
	if (error == ecNone)
		sent_finish(rop, msg);
	return error;
}

static void parse_submit(struct mapi_rop *rop)
{
	(void)mapi_in_u8(rop->in);
}

static uint32_t rop_submit(struct mapi_rop *rop)
{
	return submit(rop);
}

static uint32_t rop_transport_send(struct mapi_rop *rop)
{
	uint32_t error = submit(rop);

	if (error != ecNone)
		return error;
	mapi_out_u8(rop->out, 0);
	mapi_out_u16(rop->out, 0);
	return ecNone;
}

/* --- the rest ----------------------------------------------------------------------------- */

static void parse_abort(struct mapi_rop *rop)
{
	(void)mapi_in_u64(rop->in);
	(void)mapi_in_u64(rop->in);
}

static uint32_t rop_abort(struct mapi_rop *rop)
{
	return rop->logon->kind == MAPI_STORE_PUBLIC ? ecNotSupported :
		ecUnableToAbort;
}

static uint32_t rop_set_spooler(struct mapi_rop *rop)
{
	return rop->logon->kind == MAPI_STORE_PUBLIC ? ecNotSupported :
		ecNone;
}

static void parse_lock(struct mapi_rop *rop)
{
	(void)mapi_in_u64(rop->in);
	(void)mapi_in_u8(rop->in);
}

static uint32_t rop_lock(struct mapi_rop *rop)
{
	return rop->logon->kind == MAPI_STORE_PUBLIC ? ecNotSupported :
		ecNotInQueue;
}

static void parse_new_mail(struct mapi_rop *rop)
{
	(void)mapi_in_u64(rop->in);
	(void)mapi_in_u64(rop->in);
	(void)mapi_in_str8(rop->in);
	(void)mapi_in_u32(rop->in);
}

static uint32_t rop_new_mail(struct mapi_rop *rop ATTR_UNUSED)
{
	return ecNone;
}

static uint32_t rop_address_types(struct mapi_rop *rop)
{
	static const char types[] = "EX\0SMTP";

	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	mapi_out_u16(rop->out, 2);
	mapi_out_u16(rop->out, sizeof(types));
	buffer_append(rop->out, types, sizeof(types));
	return ecNone;
}

static uint32_t rop_transport_folder(struct mapi_rop *rop)
{
	uint64_t oid = mapi_special_oid(rop, rop->logon, MAPI_FID_OUTBOX);

	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	if (oid == 0)
		return ecNotFound;
	mapi_out_u64(rop->out, mapi_folder_wire(rop, rop->logon, oid));
	return ecNone;
}

static void parse_options(struct mapi_rop *rop)
{
	(void)mapi_in_str8(rop->in);
	(void)mapi_in_bool(rop->in);
}

/* No options for any type of address */
static uint32_t rop_options(struct mapi_rop *rop)
{
	if (rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	mapi_out_u8(rop->out, 0);
	mapi_out_u16(rop->out, OPTIONS_SIZE);
	buffer_append_zero(rop->out, OPTIONS_SIZE);
	mapi_out_u16(rop->out, 0);
	return ecNone;
}

const struct mapi_rop_def mapi_rops_submit[] = {
	{ 0x32, "SubmitMessage", MAPI_ROP_IN, MAPI_MESSAGE, parse_submit,
	  rop_submit },
	{ 0x34, "AbortSubmit", MAPI_ROP_IN, MAPI_LOGON, parse_abort,
	  rop_abort },
	{ 0x47, "SetSpooler", MAPI_ROP_IN, MAPI_LOGON, NULL,
	  rop_set_spooler },
	{ 0x48, "SpoolerLockMessage", MAPI_ROP_IN, MAPI_LOGON, parse_lock,
	  rop_lock },
	{ 0x49, "GetAddressTypes", MAPI_ROP_IN, MAPI_LOGON, NULL,
	  rop_address_types },
	{ 0x4a, "TransportSend", MAPI_ROP_IN, MAPI_MESSAGE, NULL,
	  rop_transport_send },
	{ 0x51, "TransportNewMail", MAPI_ROP_IN, MAPI_LOGON, parse_new_mail,
	  rop_new_mail },
	{ 0x6d, "GetTransportFolder", MAPI_ROP_IN, MAPI_LOGON, NULL,
	  rop_transport_folder },
	{ 0x6f, "OptionsData", MAPI_ROP_IN, MAPI_LOGON, parse_options,
	  rop_options },
	{ 0, NULL, 0, 0, NULL, NULL }
};
