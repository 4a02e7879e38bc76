/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stored messages, opened to be written into a stream: without an object for each, and
   without keeping more than one. */

#include "mapi.h"
#include "mapi-fx.h"

#define SUB_POOL_SIZE (32 * 1024)

static int stored_body(struct mapi_rop *rop, struct mapi_fx_message *message,
		       mapi_tag_t tag, struct mapi_prop *prop_r)
{
	struct mapi_fx_stored *stored = message->context;
	const char *error;
	int ret;

	ret = mapiconv_mail_body(&stored->conv, &stored->mail, tag, rop->pool,
				 prop_r, &error);
	if (ret < 0) {
		e_error(rop->env->event, "Body of message UID %u: %s",
			stored->ref.num, error);
	}
	return ret;
}

static void stored_init(struct mapi_fx_stored *stored,
			const struct mapi_logon *logon,
			const struct mapi_msg_ref *ref)
{
	i_zero(stored);
	stored->ref = *ref;
	stored->message.logon = logon;
	stored->message.ref = &stored->ref;
	stored->message.context = stored;
}

static uint32_t stored_read_mail(struct mapi_rop *rop,
				 struct mapi_fx_stored *stored,
				 struct store_msg *msg)
{
	const unsigned char *data;
	const char *error;
	size_t size;

	stored->size = stored->mail.size;
	stored->message.body = stored_body;
	mapi_conv_init(rop, &stored->conv);
	if (mapiconv_mail_read(&stored->conv, &stored->mail, rop->pool,
			       &stored->message.msg, &error) < 0) {
		e_error(rop->env->event, "Message UID %u cannot be read: %s",
			stored->ref.num, error);
		return ecCorruptData;
	}
	if (store_msg_extra_blob(msg, MAPI_MSG_BLOB, &data, &size) > 0 &&
	    mapi_extras_apply(rop, stored->message.msg, data, size, 0) < 0) {
		e_error(rop->env->event,
			"Properties of message UID %u are damaged",
			stored->ref.num);
	}
	return ecNone;
}

uint32_t mapi_fx_open_mail(struct mapi_rop *rop, const struct mapi_logon *logon,
			   uint64_t folder, struct store_folder *box,
			   struct store_msg *msg,
			   struct mapi_fx_stored *stored)
{
	struct mapi_msg_ref ref = { folder, MAPI_MSG_MAIL,
				    store_msg_uid(msg) };
	uint32_t error;

	stored_init(stored, logon, &ref);
	if (mapi_mail_open(rop, rop->pool, box, msg, &stored->mail) < 0)
		return ecObjectDeleted;
	error = stored_read_mail(rop, stored, msg);
	if (error != ecNone)
		mapi_fx_close(stored);
	return error;
}

static uint32_t open_by_uid(struct mapi_rop *rop,
			    const struct mapi_folder_info *info,
			    struct mapi_fx_stored *stored)
{
	uint32_t error = mapi_mail_reader_open(rop, info->fid, stored->ref.num,
					       &stored->reader);

	if (error != ecNone)
		return error;
	stored->mail = stored->reader->mail;
	/* one of them closes it */
	stored->reader->mail.mime = NULL;
	return stored_read_mail(rop, stored, stored->reader->msg);
}

static uint32_t open_item(struct mapi_rop *rop,
			  const struct mapi_folder_info *info,
			  struct mapi_fx_stored *stored)
{
	struct store_item item;
	int ret = store_item_get(rop->store, info->fid, stored->ref.num,
				 rop->pool, &item);

	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecObjectDeleted;
	stored->size = item.text_size;
	return mapi_item_read(rop, info->class, info->fid, &item, rop->pool,
			      &stored->message.msg);
}

static uint32_t open_opaque(struct mapi_rop *rop,
			    struct mapi_fx_stored *stored)
{
	struct store_opaque opaque;
	struct store_place place;
	int ret;

	mapi_place(stored->message.logon, stored->ref.folder, &place);
	ret = store_opaque_get(rop->store, &place, stored->ref.num, rop->pool,
			       &opaque);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecObjectDeleted;
	stored->size = opaque.size;
	stored->message.associated = opaque.associated;
	return mapi_opaque_unpack(rop, rop->pool, opaque.data, opaque.size,
				  &stored->message.msg) < 0 ? ecCorruptData :
		ecNone;
}

uint32_t mapi_fx_open(struct mapi_rop *rop, const struct mapi_logon *logon,
		      const struct mapi_msg_ref *ref,
		      struct mapi_fx_stored *stored)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, logon, ref->folder);
	uint32_t error;

	stored_init(stored, logon, ref);
	if (info == NULL)
		return ecObjectDeleted;
	switch (ref->source) {
	case MAPI_MSG_MAIL:
		error = open_by_uid(rop, info, stored);
		break;
	case MAPI_MSG_ITEM:
		error = open_item(rop, info, stored);
		break;
	default:
		error = open_opaque(rop, stored);
		break;
	}
	if (error != ecNone)
		mapi_fx_close(stored);
	return error;
}

void mapi_fx_close(struct mapi_fx_stored *stored)
{
	if (stored->message.msg != NULL)
		mapi_message_close(stored->message.msg);
	stored->message.msg = NULL;
	mapi_mail_close(&stored->mail);
	mapi_mail_reader_close(&stored->reader);
}

/* --- memory -------------------------------------------------------------------------------- */

uint32_t mapi_fx_sub_begin(struct mapi_rop *rop, const struct mapi_logon *logon,
			   struct mapi_fx_sub *sub)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;

	/* it is kept beyond this one object: in the request's own pool */
	if (mapi_tree(rop, logon, &folders) < 0)
		return mapi_store_error(rop);
	sub->rop = *rop;
	sub->env = *rop->env;
	sub->rop.pool = sub->env.pool =
		pool_alloconly_create("mapi stream", SUB_POOL_SIZE);
	sub->rop.env = &sub->env;
	return ecNone;
}

void mapi_fx_sub_end(struct mapi_fx_sub *sub)
{
	pool_unref(&sub->env.pool);
}
