/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* FastTransfer and ICS (MS-OXCFXICS, MS-OXCROPS 2.2.12, 2.2.13): their requests are
   read, so that others of the same buffer are done; online mode needs none of them. */

#include "mapi.h"

static void parse_copy_to(struct mapi_rop *rop)
{
	ARRAY_TYPE(mapi_tag) tags;

	(void)mapi_in_u8(rop->in);	/* Level */
	(void)mapi_in_u32(rop->in);	/* CopyFlags */
	(void)mapi_in_u8(rop->in);	/* SendOptions */
	p_array_init(&tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &tags);
}

static void parse_copy_props(struct mapi_rop *rop)
{
	ARRAY_TYPE(mapi_tag) tags;

	(void)mapi_in_u8(rop->in);
	(void)mapi_in_u8(rop->in);
	(void)mapi_in_u8(rop->in);
	p_array_init(&tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &tags);
}

static void parse_copy_messages(struct mapi_rop *rop)
{
	unsigned int count = mapi_in_u16(rop->in);

	(void)mapi_in_bytes(rop->in, count * sizeof(uint64_t));
	(void)mapi_in_u8(rop->in);
	(void)mapi_in_u8(rop->in);
}

static void parse_two_bytes(struct mapi_rop *rop)
{
	(void)mapi_in_u8(rop->in);
	(void)mapi_in_u8(rop->in);
}

static void parse_get_buffer(struct mapi_rop *rop)
{
	if (mapi_in_u16(rop->in) == 0xbabe)
		(void)mapi_in_u16(rop->in);
}

static void parse_put_buffer(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
}

static void parse_tell_version(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, 6);
}

static void parse_configure(struct mapi_rop *rop)
{
	ARRAY_TYPE(mapi_tag) tags;

	(void)mapi_in_u8(rop->in);	/* SynchronizationType */
	(void)mapi_in_u8(rop->in);	/* SendOptions */
	(void)mapi_in_u16(rop->in);	/* SynchronizationFlags */
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
	(void)mapi_in_u32(rop->in);	/* extra flags */
	p_array_init(&tags, rop->pool, 16);
	(void)mapi_in_tags(rop->in, &tags);
}

static void parse_byte(struct mapi_rop *rop)
{
	(void)mapi_in_u8(rop->in);
}

static void parse_import_message(struct mapi_rop *rop)
{
	struct mapi_bag bag;

	(void)mapi_in_u8(rop->in);
	mapi_bag_init(&bag, rop->pool);
	(void)mapi_in_props(rop->in, &bag);
}

static void parse_import_hierarchy(struct mapi_rop *rop)
{
	struct mapi_bag bag;

	mapi_bag_init(&bag, rop->pool);
	(void)mapi_in_props(rop->in, &bag);
	(void)mapi_in_props(rop->in, &bag);
}

static void parse_import_move(struct mapi_rop *rop)
{
	for (unsigned int i = 0; i < 5; i++)
		(void)mapi_in_bytes(rop->in, mapi_in_u32(rop->in));
}

static void parse_import_reads(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, mapi_in_u16(rop->in));
}

static void parse_upload_begin(struct mapi_rop *rop)
{
	(void)mapi_in_u32(rop->in);
	(void)mapi_in_u32(rop->in);
}

static void parse_upload_more(struct mapi_rop *rop)
{
	(void)mapi_in_bytes(rop->in, mapi_in_u32(rop->in));
}

#define NOT_YET(id, name, form, parse) \
	{ id, name, form, MAPI_ANY, parse, NULL }

const struct mapi_rop_def mapi_rops_sync[] = {
	NOT_YET(0x4b, "FastTransferSourceCopyMessages", MAPI_ROP_OUT,
		parse_copy_messages),
	NOT_YET(0x4c, "FastTransferSourceCopyFolder", MAPI_ROP_OUT,
		parse_two_bytes),
	NOT_YET(0x4d, "FastTransferSourceCopyTo", MAPI_ROP_OUT,
		parse_copy_to),
	NOT_YET(0x4e, "FastTransferSourceGetBuffer", MAPI_ROP_IN,
		parse_get_buffer),
	NOT_YET(0x53, "FastTransferDestinationConfigure", MAPI_ROP_OUT,
		parse_two_bytes),
	NOT_YET(0x54, "FastTransferDestinationPutBuffer", MAPI_ROP_IN,
		parse_put_buffer),
	NOT_YET(0x9d, "FastTransferDestinationPutBufferExtended",
		MAPI_ROP_IN, parse_put_buffer),
	NOT_YET(0x69, "FastTransferSourceCopyProperties", MAPI_ROP_OUT,
		parse_copy_props),
	NOT_YET(0x86, "TellVersion", MAPI_ROP_IN, parse_tell_version),
	NOT_YET(0x70, "SynchronizationConfigure", MAPI_ROP_OUT,
		parse_configure),
	NOT_YET(0x72, "SynchronizationImportMessageChange", MAPI_ROP_OUT,
		parse_import_message),
	NOT_YET(0x73, "SynchronizationImportHierarchyChange", MAPI_ROP_IN,
		parse_import_hierarchy),
	NOT_YET(0x74, "SynchronizationImportDeletes", MAPI_ROP_IN,
		parse_import_message),
	NOT_YET(0x75, "SynchronizationUploadStateStreamBegin", MAPI_ROP_IN,
		parse_upload_begin),
	NOT_YET(0x76, "SynchronizationUploadStateStreamContinue", MAPI_ROP_IN,
		parse_upload_more),
	NOT_YET(0x77, "SynchronizationUploadStateStreamEnd", MAPI_ROP_IN,
		NULL),
	NOT_YET(0x78, "SynchronizationImportMessageMove", MAPI_ROP_IN,
		parse_import_move),
	NOT_YET(0x7e, "SynchronizationOpenCollector", MAPI_ROP_OUT,
		parse_byte),
	NOT_YET(0x80, "SynchronizationImportReadStateChanges", MAPI_ROP_IN,
		parse_import_reads),
	NOT_YET(0x82, "SynchronizationGetTransferState", MAPI_ROP_OUT, NULL),
	{ 0, NULL, 0, 0, NULL, NULL }
};
