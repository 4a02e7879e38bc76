/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages become durable (MS-OXCMSG 3.2.5.3): what the standards can say is written
   as MIME, iCalendar or vCard; what they cannot, beside it; and what is neither, as
   bytes of our own. */

#include "mapi.h"
#include "istream.h"
#include "mapi-folder.h"
#include "mapi-flags.h"
#include "mapi-ics.h"
#include "mapi-msg.h"
#include "mapi-names.h"
#include "mapi-spool.h"

#define MSGFLAG_READ 0x01
#define MSGFLAG_UNSENT 0x08

struct save {
	struct mapi_rop *rop;
	struct mapi_msg *msg;
	const struct mapi_folder_info *info;
	/* the whole message as it is to be */
	struct mapi_message *want;
	/* properties before the change; NULL: a new one */
	const struct mapi_bag *seen;
	bool force;
};

/* --- what it becomes --------------------------------------------------------------- */

static enum mapi_msg_source save_source(const struct save *save)
{
	const char *class = mapi_bag_get_str(&save->want->props,
					     PidTagMessageClass);
	enum mapiconv_kind kind;

	if (save->msg->associated || save->info->virtual)
		return MAPI_MSG_OPAQUE;
	if (save->info->class == STORE_CLASS_MAIL)
		return MAPI_MSG_MAIL;
	kind = mapiconv_kind_of_class(class == NULL ? "IPM" : class);
	return kind == mapi_kind_of_folder(save->info->class) ? MAPI_MSG_ITEM :
		MAPI_MSG_OPAQUE;
}

/* What a new message has though nobody said so (MS-OXCMSG 3.2.5.2) */
static void save_defaults(const struct save *save)
{
	struct mapi_bag *bag = &save->want->props;
	time_t now = time(NULL);

	if (mapi_bag_get_str(bag, PidTagMessageClass) == NULL)
		mapi_bag_set_str(bag, PidTagMessageClass, "IPM.Note");
	if (mapi_bag_get(bag, PidTagCreationTime) == NULL)
		mapi_bag_set_time(bag, PidTagCreationTime, now);
	if (save->msg->import != NULL) {
		/* the client's own time stays */
		mapi_bag_set(bag, PidTagLastModificationTime,
			     &(union mapi_value){
			     .i = save->msg->import->version.last_modified });
	} else
		mapi_bag_set_time(bag, PidTagLastModificationTime, now);
}

/* --- opaque ------------------------------------------------------------------------------ */

static uint32_t save_opaque(struct save *save)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_msg *msg = save->msg;
	struct store_opaque_write write;
	struct store_place place;
	buffer_t *data = buffer_create_dynamic(rop->pool, 4096);
	const struct mapi_bag *rcpts;
	unsigned int count;
	uint32_t num;
	uint64_t seq;

	rcpts = array_get(&save->want->recipients, &count);
	mapi_msg_set_displays(&save->want->props, rcpts, count);
	if (mapi_opaque_pack(rop, save->want, data) < 0)
		return ecMaxAttachmentExceeded;
	mapi_place(msg->obj.logon, msg->ref.folder, &place);
	i_zero(&write);
	write.num = msg->ref.source == MAPI_MSG_OPAQUE ? msg->ref.num : 0;
	write.key = mapi_opaque_key(save->want);
	write.associated = msg->associated;
	write.data = data->data;
	write.size = data->used;
	write.expected_seq = save->force ? 0 : msg->seq;
	if (store_opaque_put(rop->store, &place, &write, &num, &seq) < 0) {
		uint32_t error = mapi_store_error(rop);

		return error == ecDuplicateName ? ecObjectModified : error;
	}
	msg->ref.source = MAPI_MSG_OPAQUE;
	msg->ref.num = num;
	msg->seq = seq;
	return ecNone;
}

/* --- items ------------------------------------------------------------------------------------ */

static uint32_t item_put(struct save *save, const char *text, const char *uid)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_msg *msg = save->msg;
	struct store_item_write write;
	uint32_t error;

	i_zero(&write);
	write.uid = uid;
	write.text = text;
	write.expected_seq = save->force ? 0 : msg->seq;
	if (store_item_put(rop->store, save->info->fid, &write, &msg->ref.num,
			   &msg->seq) < 0) {
		error = mapi_store_error(rop);
		return error == ecDuplicateName ? ecObjectModified : error;
	}
	msg->ref.source = MAPI_MSG_ITEM;
	return ecNone;
}

/* What the text does not say */
static uint32_t item_put_extras(struct save *save, const char *text)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_message *have;
	struct mapiconv conv;
	buffer_t *blob = buffer_create_dynamic(rop->pool, 1024);
	const char *error;
	bool any;

	mapi_conv_init(rop, &conv);
	if (mapiconv_item_read(&conv, mapi_kind_of_folder(save->info->class),
			       text,
			       strlen(text), rop->pool, &have, &error) < 0)
		return ecCorruptData;
	any = mapi_extras_make(rop, save->want, save->seen, have,
			       mapi_text_hash(text, strlen(text)), blob);
	if (store_item_blob_set(rop->store, save->info->fid,
				save->msg->ref.num, MAPI_MSG_BLOB,
				any ? blob->data : NULL, blob->used,
				&save->msg->seq) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t save_item(struct save *save)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_msg *msg = save->msg;
	const char *previous = msg->ref.source == MAPI_MSG_ITEM ? msg->text :
		NULL;
	const char *text, *uid, *error;
	struct mapiconv conv;
	uint32_t ret;
	int changed;

	mapi_conv_init(rop, &conv);
	changed = mapiconv_item_write(&conv,
				      mapi_kind_of_folder(save->info->class),
				      save->want, previous, rop->pool, &text,
				      &uid, &error);
	if (changed < 0) {
		/* what cannot be said is kept all the same: nothing that a
		   client wrote is lost */
		e_info(rop->env->event,
		       "Kept as it is, for Outlook only: %s", error);
		return msg->ref.source == MAPI_MSG_ITEM ? ecCorruptData :
			save_opaque(save);
	}
	if (changed > 0) {
		ret = item_put(save, text, uid);
		if (ret != ecNone)
			return ret;
	} else
		text = previous;
	return item_put_extras(save, text);
}

/* --- mail ------------------------------------------------------------------------------------------ */

static void mail_flags(const struct save *save, struct store_save *write)
{
	int64_t flags = mapi_bag_get_int(&save->want->props,
					 PidTagMessageFlags,
					 MSGFLAG_READ | MSGFLAG_UNSENT);

	if ((flags & MSGFLAG_READ) != 0)
		write->flags |= STORE_FLAG_SEEN;
	if ((flags & MSGFLAG_UNSENT) != 0)
		write->flags |= STORE_FLAG_DRAFT;
	if (mapi_bag_get_int(&save->want->props, PidTagFlagStatus, 0) == 2)
		write->flags |= STORE_FLAG_FLAGGED;
	write->keywords = mapi_categories_keywords(save->rop,
						   &save->want->props);
	write->received = mapi_bag_get_time(&save->want->props,
					    PidTagMessageDeliveryTime);
}

/* The whole text anew; the id stays */
static uint32_t mail_store(struct save *save, struct istream *input)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_msg *msg = save->msg;
	struct store_folder *folder;
	struct store_save write;
	uint32_t uid, error = ecNone;

	i_zero(&write);
	write.input = input;
	mail_flags(save, &write);
	if (msg->ref.source == MAPI_MSG_MAIL)
		write.replaces_uid = msg->ref.num;
	if (store_open(rop->store, save->info->fid, &folder) < 0)
		return mapi_store_error(rop);
	if (store_save(folder, &write, &uid) < 0)
		error = mapi_store_error(rop);
	else {
		msg->ref.source = MAPI_MSG_MAIL;
		msg->ref.num = uid;
	}
	store_close(&folder);
	return error;
}

/* Flags and categories of a mail whose text stays */
static uint32_t mail_change_flags(struct save *save)
{
	return mapi_flags_of_bag(save->rop, save->info->fid,
				 save->msg->ref.num, &save->want->props,
				 save->msg->changes);
}

static uint32_t mail_put_extras(struct save *save, bool tell)
{
	struct mapi_rop *rop = save->rop;
	struct mapi_mail_reader *reader;
	struct mapi_message *have;
	buffer_t *blob = buffer_create_dynamic(rop->pool, 1024);
	const char *error;
	uint32_t ret;
	bool any;

	ret = mapi_mail_reader_open(rop, save->info->fid, save->msg->ref.num,
				    &reader);
	if (ret != ecNone)
		return ret;
	if (mapiconv_mail_read(&reader->conv, &reader->mail, rop->pool, &have,
			       &error) < 0)
		ret = ecCorruptData;
	else {
		/* bodies are asked for one by one, and are not compared */
		mapi_bodies_drop(&save->want->props);
		any = mapi_extras_make(rop, save->want, save->seen,
				       have, 0, blob);
		if (store_extra_blob_set(reader->folder, save->msg->ref.num,
					 MAPI_MSG_BLOB,
					 any ? blob->data : NULL, blob->used,
					 tell) < 0)
			ret = mapi_store_error(rop);
		mapi_message_close(have);
	}
	mapi_mail_reader_close(&reader);
	return ret;
}

/* The text of a stored mail is not written anew for its categories: those are keywords.
   They are as the mail itself says while it is compared; returns what they were. */
static struct mapi_prop *
mail_hide_categories(struct save *save, struct mapiconv *conv)
{
	const mapi_tag_t tag = PidNameKeywords;
	const struct mapi_prop *prop;
	struct mapi_prop *wanted = NULL;
	struct mapi_bag *bag = &save->want->props, own;
	const char *error;

	prop = mapi_bag_get(bag, tag);
	if (prop != NULL) {
		wanted = p_new(save->rop->pool, struct mapi_prop, 1);
		*wanted = *prop;
	}
	mapi_bag_init(&own, save->rop->pool);
	(void)mapiconv_mail_list(conv, &save->msg->mail->mail, &tag, 1, &own,
				 &error);
	prop = mapi_bag_get(&own, tag);
	if (prop != NULL)
		mapi_bag_set(bag, tag, &prop->v);
	else
		(void)mapi_bag_unset(bag, tag);
	return wanted;
}

static void mail_show_categories(struct save *save,
				 const struct mapi_prop *wanted)
{
	if (wanted != NULL)
		mapi_bag_set(&save->want->props, wanted->tag, &wanted->v);
	else
		(void)mapi_bag_unset(&save->want->props, PidNameKeywords);
}

static uint32_t save_mail(struct save *save)
{
	struct mapi_prop *categories = NULL;
	struct mapi_rop *rop = save->rop;
	struct mapi_msg *msg = save->msg;
	struct mapiconv_mail_write write;
	struct istream *output = NULL;
	struct mapiconv conv;
	const char *error;
	uint32_t ret = ecNone;
	int changed;

	mapi_conv_init(rop, &conv);
	i_zero(&write);
	write.msg = save->want;
	write.previous = msg->ref.source == MAPI_MSG_MAIL ?
		&msg->mail->mail : NULL;
	if (write.previous != NULL)
		categories = mail_hide_categories(save, &conv);
	changed = mapiconv_mail_write(&conv, &write, rop->pool, &output,
				      &error);
	if (write.previous != NULL)
		mail_show_categories(save, categories);
	if (changed < 0) {
		e_error(rop->env->event, "Message cannot be written: %s",
			error);
		return ecCorruptData;
	}
	if (changed > 0) {
		ret = mail_store(save, output);
		i_stream_unref(&output);
		/* it is another message now */
		mapi_msg_forget(msg);
	} else
		ret = mail_change_flags(save);
	if (ret == ecNone)
		ret = mail_put_extras(save, changed == 0);
	return ret;
}

/* --- all ------------------------------------------------------------------------------------------------ */

static uint32_t save_embedded(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapi_message *current;
	uint32_t error = mapi_msg_current(rop, msg, &current);

	if (error == ecNone)
		error = mapi_attach_keep(rop, msg->obj.parent, current);
	if (error == ecNone) {
		mapi_msg_drop_changes(msg);
		msg->base = NULL;
	}
	return error;
}

static uint32_t save_rights(struct save *save)
{
	uint32_t rights, needed = save->msg->ref.source == MAPI_MSG_NEW ?
		MAPI_RIGHT_CREATE : MAPI_RIGHT_EDIT_ANY;

	if (save->msg->associated)
		needed = MAPI_RIGHT_OWNER;
	if (mapi_folder_rights(save->rop, save->msg->obj.logon, save->info,
			       &rights) < 0)
		return mapi_store_error(save->rop);
	return (rights & needed) != 0 ? ecNone : ecNoAccess;
}

static uint32_t save_version(struct save *save)
{
	const struct mapi_bag *set = &save->msg->changes->set;
	const struct mapi_blob *key = mapi_bag_get_bin(set, PidTagChangeKey);
	const struct mapi_blob *pcl = mapi_bag_get_bin(set,
						PidTagPredecessorChangeList);
	struct store_object object;

	if (save->msg->import != NULL)
		return mapi_ics_import_stored(save->rop, save->msg);
	if (key == NULL || pcl == NULL)
		return ecNone;
	mapi_msg_object_of(save->msg->obj.logon, &save->msg->ref, &object);
	if (store_version_set(save->rop->store, &object, key->data, key->size,
			      pcl->data, pcl->size, NULL) < 0)
		return mapi_store_error(save->rop);
	return ecNone;
}

uint32_t mapi_msg_save(struct mapi_rop *rop, struct mapi_msg *msg,
		       uint8_t flags)
{
	struct save save;
	enum mapi_msg_source source;
	uint32_t error;

	if (msg->ref.source == MAPI_MSG_EMBEDDED)
		return save_embedded(rop, msg);
	if (msg->changes == NULL && msg->ref.source != MAPI_MSG_NEW)
		return ecNone;
	(void)mapi_msg_change(msg);
	i_zero(&save);
	save.rop = rop;
	save.msg = msg;
	/* conflicts of imports are found by their lists of changes */
	save.force = (flags & MAPI_SAVE_FORCE) != 0 || msg->import != NULL;
	/* what others made of it meanwhile stays, unless it is to be overwritten
	   (MS-OXCMSG 3.2.5.3) */
	mapi_msg_follow(rop, msg);
	if (msg->modified && !save.force)
		return ecObjectModified;
	save.info = mapi_tree_find(rop, msg->obj.logon, msg->ref.folder);
	if (save.info == NULL)
		return ecObjectDeleted;
	error = save_rights(&save);
	if (error == ecNone && msg->import != NULL)
		error = mapi_ics_import_resolve(rop, msg);
	if (error == SYNC_E_IGNORE)
		return ecNone;
	if (error == ecNone)
		error = mapi_msg_current(rop, msg, &save.want);
	if (error != ecNone)
		return error;
	if (msg->ref.source != MAPI_MSG_NEW)
		save.seen = &msg->base->props;
	save_defaults(&save);
	/* where it is stays what it is: an object does not change its kind */
	source = msg->ref.source == MAPI_MSG_NEW ? save_source(&save) :
		msg->ref.source;
	error = source == MAPI_MSG_OPAQUE ? save_opaque(&save) :
		source == MAPI_MSG_ITEM ? save_item(&save) : save_mail(&save);
	if (error == ecNone)
		error = save_version(&save);
	if (error != ecNone)
		return error;
	mapi_msg_drop_changes(msg);
	mapi_msg_forget(msg);
	msg->modified = FALSE;
	return ecNone;
}
