/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attachments and the messages in them (MS-OXCMSG 2.2.3.12 to 2.2.3.16; MS-OXCROPS
   2.2.6.12 to 2.2.6.16), and the table of them. */

#include "mapi.h"
#include "mapi-attach.h"
#include "mapi-table.h"

#define OPEN_READ_WRITE 0x01
#define OPEN_CREATE 0x02

struct attach_args {
	uint8_t flags;
	uint32_t num;
	uint16_t cpid;
};

static struct mapi_msg *rop_msg(struct mapi_rop *rop)
{
	return (struct mapi_msg *)rop->obj;
}

static void parse_open(struct mapi_rop *rop)
{
	struct attach_args *args = mapi_rop_args(rop, struct attach_args);

	args->flags = mapi_in_u8(rop->in);
	args->num = mapi_in_u32(rop->in);
}

static uint32_t rop_open(struct mapi_rop *rop)
{
	struct attach_args *args = rop->args;
	struct mapi_msg *msg = rop_msg(rop);
	struct mapi_message *current;
	struct mapi_attach *attach;
	unsigned int mode = args->flags & 0x03;
	uint32_t error = mapi_msg_current(rop, msg, &current);

	if (error != ecNone)
		return error;
	if (mapi_message_find_attachment(current, args->num) == NULL)
		return ecNotFound;
	if (mode == OPEN_READ_WRITE && !msg->writable)
		return ecNoAccess;
	attach = mapi_attach_new(rop, msg, args->num);
	attach->writable = msg->writable && mode != 0;
	return mapi_rop_output(rop, &attach->obj);
}

/* Numbers are not used again in a message while it is open */
static uint32_t next_number(struct mapi_rop *rop, struct mapi_msg *msg,
			    uint32_t *num_r)
{
	struct mapi_msg_changes *changes = mapi_msg_change(msg);
	struct mapi_message *base;
	uint32_t error = mapi_msg_base(rop, msg, &base);

	if (error != ecNone)
		return error;
	changes->next_attach = I_MAX(changes->next_attach, base->next_attach);
	*num_r = changes->next_attach++;
	return ecNone;
}

static uint32_t rop_create(struct mapi_rop *rop)
{
	struct mapi_msg *msg = rop_msg(rop);
	struct mapi_attach *attach;
	struct mapi_bag *set;
	time_t now = time(NULL);
	uint32_t num, error;

	if (!msg->writable)
		return ecNoAccess;
	error = next_number(rop, msg, &num);
	if (error != ecNone)
		return error;
	attach = mapi_attach_new(rop, msg, num);
	attach->created = attach->writable = TRUE;
	/* MS-OXCMSG 3.2.5.10: these at once */
	set = &mapi_attach_change(attach)->set;
	mapi_bag_set_int(set, PidTagRenderingPosition, -1);
	mapi_bag_set_time(set, PidTagCreationTime, now);
	mapi_bag_set_time(set, PidTagLastModificationTime, now);
	mapi_out_u32(rop->out, num);
	return mapi_rop_output(rop, &attach->obj);
}

static void parse_number(struct mapi_rop *rop)
{
	struct attach_args *args = mapi_rop_args(rop, struct attach_args);

	args->num = mapi_in_u32(rop->in);
}

static uint32_t rop_delete(struct mapi_rop *rop)
{
	struct attach_args *args = rop->args;
	struct mapi_msg *msg = rop_msg(rop);
	struct mapi_message *current;
	uint32_t error = mapi_msg_current(rop, msg, &current);

	if (error != ecNone)
		return error;
	if (!msg->writable)
		return ecNoAccess;
	if (mapi_message_find_attachment(current, args->num) == NULL)
		return ecNotFound;
	mapi_attach_delete(msg, args->num);
	return ecNone;
}

static void parse_flags(struct mapi_rop *rop)
{
	struct attach_args *args = mapi_rop_args(rop, struct attach_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_save(struct mapi_rop *rop)
{
	struct mapi_attach *attach = (struct mapi_attach *)rop->obj;
	struct attach_args *args = rop->args;

	/* it stays open in one way, not in both (MS-OXCMSG 3.2.5.14) */
	if ((args->flags & MAPI_SAVE_KEEP_READ_ONLY) != 0 &&
	    (args->flags & MAPI_SAVE_KEEP_READ_WRITE) != 0)
		return ecNotSupported;
	if (!attach->writable)
		return ecNoAccess;
	return mapi_attach_save(rop, attach);
}

static void parse_embedded(struct mapi_rop *rop)
{
	struct attach_args *args = mapi_rop_args(rop, struct attach_args);

	args->cpid = mapi_in_u16(rop->in);
	args->flags = mapi_in_u8(rop->in);
}

static bool attach_has_message(struct mapi_rop *rop, struct mapi_attach *attach)
{
	struct mapi_attachment *current;

	return mapi_attach_current(rop, attach, &current) == ecNone &&
		(current->message != NULL || current->open_message != NULL);
}

static uint32_t rop_embedded(struct mapi_rop *rop)
{
	struct mapi_attach *attach = (struct mapi_attach *)rop->obj;
	struct attach_args *args = rop->args;
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	struct mapi_msg *msg;
	uint32_t error;
	bool create = (args->flags & OPEN_CREATE) != 0;

	if (!mapi_cpid_known(args->cpid))
		return ecUnknownCodePage;
	if (!attach_has_message(rop, attach) && !create)
		return ecNotFound;
	if ((args->flags & (OPEN_READ_WRITE | OPEN_CREATE)) != 0 &&
	    !attach->writable)
		return ecNoAccess;
	i_zero(&ref);
	ref.source = MAPI_MSG_EMBEDDED;
	ref.folder = mapi_attach_msg(attach)->ref.folder;
	msg = mapi_msg_new(rop, &ref, FALSE, &attach->obj);
	msg->writable = attach->writable;
	obj = &msg->obj;
	mapi_out_u8(rop->out, 0);
	/* an embedded message has no id that could be opened */
	mapi_out_u64(rop->out, 0);
	error = mapi_msg_out_opened(rop, msg);
	if (error != ecNone) {
		mapi_object_unref(&obj);
		return error;
	}
	return mapi_rop_output(rop, obj);
}

/* --- table --------------------------------------------------------------------------------- */

static struct mapi_msg *table_msg(struct mapi_table *table)
{
	return (struct mapi_msg *)table->obj.parent;
}

static uint32_t attachments_load(struct mapi_rop *rop, struct mapi_table *table,
				 ARRAY_TYPE(mapi_row_id) *ids_r)
{
	struct mapi_attachment *const *attachp;
	struct mapi_message *current;
	struct mapi_row_id *id;
	uint32_t error = mapi_msg_current(rop, table_msg(table), &current);

	if (error != ecNone)
		return error;
	array_foreach(&current->attachments, attachp) {
		id = array_append_space(ids_r);
		id->id = (*attachp)->num;
	}
	return ecNone;
}

static void
attachments_get(struct mapi_rop *rop, struct mapi_table *table,
		pool_t pool ATTR_UNUSED, const struct mapi_row_id *ids,
		unsigned int ids_count, const mapi_tag_t *tags,
		unsigned int tags_count, struct mapi_prop *props_r)
{
	const struct mapi_attachment *attach;
	struct mapi_message *current;
	uint32_t error = mapi_msg_current(rop, table_msg(table), &current);

	for (unsigned int i = 0; i < ids_count; i++, props_r += tags_count) {
		attach = error != ecNone ? NULL :
			mapi_message_find_attachment(current, ids[i].id);
		if (attach != NULL) {
			mapi_attachment_get(rop, attach, table->obj.logon, 0,
					    tags, tags_count, props_r);
			continue;
		}
		for (unsigned int j = 0; j < tags_count; j++)
			mapi_prop_error(&props_r[j], tags[j], ecNotFound);
	}
}

static void attachments_columns(struct mapi_rop *rop ATTR_UNUSED,
				struct mapi_table *table ATTR_UNUSED,
				ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t columns[] = {
		PidTagAttachNumber, PidTagAttachSize, PidTagAttachMethod,
		PidTagAttachFilename, PidTagAttachLongFilename,
		PidTagAttachMimeTag, PidTagAttachContentId,
		PidTagAttachmentHidden, PidTagRenderingPosition,
		PidTagAttachExtension, PidTagDisplayName,
		PidTagCreationTime, PidTagLastModificationTime,
		PidTagAttachFlags, PidTagAttachEncoding, PidTagRecordKey,
		PidTagObjectType, PidTagMappingSignature,
	};

	array_append(tags_r, columns, N_ELEMENTS(columns));
}

static const struct mapi_table_source attachments_source = {
	/* neither sorted nor restricted nor searched (MS-OXCTABL 3.2.5.3, 3.2.5.4,
	   3.2.5.14) */
	.name = "attachments",
	.load = attachments_load,
	.get = attachments_get,
	.columns = attachments_columns,
};

struct mapi_table *
mapi_attachments_table(struct mapi_rop *rop, struct mapi_object *msg,
		       uint64_t oid, uint8_t flags)
{
	return mapi_table_new(rop, &attachments_source, msg, oid, flags);
}

static uint32_t rop_table(struct mapi_rop *rop)
{
	struct attach_args *args = rop->args;
	struct mapi_table *table;

	table = mapi_attachments_table(rop, rop->obj,
				       rop_msg(rop)->ref.folder, args->flags);
	return mapi_rop_output(rop, &table->obj);
}

/* Numbers of those that were saved (MS-OXCMSG 2.2.3.18) */
static uint32_t rop_valid(struct mapi_rop *rop)
{
	struct mapi_attachment *const *attachp;
	struct mapi_message *current;
	uint32_t error = mapi_msg_current(rop, rop_msg(rop), &current);

	if (error != ecNone)
		return error;
	mapi_out_u16(rop->out, array_count(&current->attachments));
	array_foreach(&current->attachments, attachp)
		mapi_out_u32(rop->out, (*attachp)->num);
	return ecNone;
}

const struct mapi_rop_def mapi_rops_attach[] = {
	{ 0x21, "GetAttachmentTable", MAPI_ROP_OUT, MAPI_MESSAGE,
	  parse_flags, rop_table },
	{ 0x22, "OpenAttachment", MAPI_ROP_OUT, MAPI_MESSAGE, parse_open,
	  rop_open },
	{ 0x23, "CreateAttachment", MAPI_ROP_OUT, MAPI_MESSAGE, NULL,
	  rop_create },
	{ 0x24, "DeleteAttachment", MAPI_ROP_IN, MAPI_MESSAGE, parse_number,
	  rop_delete },
	{ 0x25, "SaveChangesAttachment", MAPI_ROP_RESPONSE, MAPI_ATTACH,
	  parse_flags, rop_save },
	{ 0x46, "OpenEmbeddedMessage", MAPI_ROP_OUT, MAPI_ATTACH,
	  parse_embedded, rop_embedded },
	{ 0x52, "GetValidAttachments", MAPI_ROP_IN, MAPI_MESSAGE, NULL,
	  rop_valid },
	{ 0, NULL, 0, 0, NULL, NULL }
};
