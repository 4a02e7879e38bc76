/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The stream (MS-OXTNEF 2.1.3.2): a signature, a key, then attributes of the message,
   then those of each attachment, which begin with attAttachRendData. */

#include "lib.h"
#include "array.h"
#include "tnef-private.h"

#define TNEF_SIGNATURE 0x223e9f78

#define TNEF_LEVEL_MESSAGE 1
#define TNEF_LEVEL_ATTACHMENT 2

#define ATT_OEM_CODEPAGE	0x00069007
#define ATT_MSG_PROPS		0x00069003
#define ATT_RECIP_TABLE		0x00069004
#define ATT_ATTACH_RENDDATA	0x00069002
#define ATT_ATTACHMENT		0x00069005
#define ATT_ATTACH_DATA		0x0006800f

static bool new_object(struct tnef_stream *stream)
{
	return ++stream->reader->objects <= TNEF_MAX_OBJECTS;
}

static void read_recipients(struct tnef_stream *stream, struct mapi_in *in)
{
	uint32_t rows = mapi_in_u32(in);
	struct mapi_bag *bag;

	while (rows-- > 0 && mapi_in_left(in) >= 4 && new_object(stream)) {
		bag = mapi_message_add_recipient(stream->msg);
		if (!tnef_read_props(stream, in, bag, NULL))
			break;
	}
}

static void attach_finish(struct tnef_stream *stream)
{
	struct mapi_attachment *attach = stream->attach;

	if (attach == NULL)
		return;
	tnef_merge(&attach->props, &stream->attach_legacy);
	if (attach->message != NULL)
		mapi_bag_set_int(&attach->props, PidTagAttachMethod,
				 MAPI_ATTACH_EMBEDDED);
	else if (mapi_bag_get(&attach->props, PidTagAttachMethod) == NULL)
		mapi_bag_set_int(&attach->props, PidTagAttachMethod,
				 MAPI_ATTACH_BY_VALUE);
	if (attach->message != NULL)
		i_zero(&attach->data);
	mapi_bag_set_int(&attach->props, PidTagAttachNumber, attach->num);
	stream->attach = NULL;
}

/* 2.1.3.3.15 */
static void attach_begin(struct tnef_stream *stream, struct mapi_in *in)
{
	unsigned int type;
	uint32_t position;

	attach_finish(stream);
	if (!new_object(stream))
		return;
	stream->attach = mapi_message_add_attachment(stream->msg);
	mapi_bag_init(&stream->attach_legacy, stream->reader->pool);
	type = mapi_in_u16(in);
	position = mapi_in_u32(in);
	if (in->broken)
		return;
	mapi_bag_set_int(&stream->attach_legacy, PidTagRenderingPosition,
			 (int32_t)position);
	mapi_bag_set_int(&stream->attach_legacy, PidTagAttachMethod,
			 type == 2 ? MAPI_ATTACH_OLE : MAPI_ATTACH_BY_VALUE);
}

static void attach_props(struct tnef_stream *stream, struct mapi_in *in)
{
	struct mapi_attachment *attach = stream->attach;
	struct tnef_object object;
	const char *error;

	i_zero(&object);
	(void)tnef_read_props(stream, in, &attach->props, &object);
	if (object.data.data == NULL)
		return;
	if (object.is_message) {
		if (tnef_read(stream->reader, object.data.data,
			      object.data.size, &attach->message, &error) < 0)
			attach->message = NULL;
	}
	if (attach->message == NULL)
		attach->data = object.data;
}

static void attach_attribute(struct tnef_stream *stream, uint32_t id,
			     struct mapi_in *in)
{
	if (id == ATT_ATTACH_RENDDATA) {
		attach_begin(stream, in);
	} else if (stream->attach == NULL) {
		/* belongs to none */
	} else if (id == ATT_ATTACHMENT) {
		attach_props(stream, in);
	} else if (id == ATT_ATTACH_DATA) {
		if (stream->attach->data.data == NULL) {
			stream->attach->data.data = in->data;
			stream->attach->data.size = in->size;
		}
	} else {
		tnef_attribute(stream, id, in->data, in->size);
	}
}

static void message_attribute(struct tnef_stream *stream, uint32_t id,
			      struct mapi_in *in)
{
	unsigned int cpid;

	switch (id) {
	case ATT_OEM_CODEPAGE:
		cpid = mapi_in_u32(in);
		if (cpid != 0)
			stream->cpid = cpid;
		break;
	case ATT_MSG_PROPS:
		(void)tnef_read_props(stream, in, &stream->msg->props, NULL);
		break;
	case ATT_RECIP_TABLE:
		read_recipients(stream, in);
		break;
	default:
		tnef_attribute(stream, id, in->data, in->size);
		break;
	}
}

/* FALSE: the end, or cut */
static bool read_attribute(struct tnef_stream *stream, struct mapi_in *in)
{
	struct mapi_in value;
	const unsigned char *data;
	unsigned int level;
	uint32_t id, size;

	if (mapi_in_left(in) == 0)
		return FALSE;
	level = mapi_in_u8(in);
	id = mapi_in_u32(in);
	size = mapi_in_u32(in);
	if (in->broken)
		return FALSE;
	/* of one that is cut what there is */
	size = I_MIN(size, mapi_in_left(in));
	data = mapi_in_bytes(in, size);
	mapi_in_init(&value, MAPI_FORM_ROP, stream->reader->pool,
		     data == NULL ? (const void *)"" : data, size);
	if (level == TNEF_LEVEL_ATTACHMENT)
		attach_attribute(stream, id, &value);
	else if (level == TNEF_LEVEL_MESSAGE && stream->attach == NULL)
		message_attribute(stream, id, &value);
	else if (level != TNEF_LEVEL_MESSAGE)
		return FALSE;
	(void)mapi_in_u16(in);
	return !in->broken;
}

int tnef_read(struct tnef_reader *reader, const void *data, size_t size,
	      struct mapi_message **msg_r, const char **error_r)
{
	struct tnef_stream stream = { .reader = reader, .cpid = 1252 };
	struct mapi_in in;

	if (reader->depth == TNEF_MAX_DEPTH || !new_object(&stream)) {
		*error_r = "Too many messages in TNEF";
		return -1;
	}
	mapi_in_init(&in, MAPI_FORM_ROP, reader->pool, data, size);
	if (mapi_in_u32(&in) != TNEF_SIGNATURE) {
		*error_r = "Not TNEF";
		return -1;
	}
	(void)mapi_in_u16(&in);
	stream.msg = mapi_message_new(reader->pool);
	mapi_bag_init(&stream.legacy, reader->pool);
	mapi_bag_init(&stream.attach_legacy, reader->pool);
	reader->depth++;
	while (read_attribute(&stream, &in)) ;
	reader->depth--;
	attach_finish(&stream);
	tnef_merge(&stream.msg->props, &stream.legacy);
	*msg_r = stream.msg;
	return 0;
}

int tnef_parse(pool_t pool, const void *data, size_t size,
	       mapi_id_of_name_t *id_of_name, void *context,
	       struct mapi_message **msg_r, const char **error_r)
{
	struct tnef_reader reader = {
		.pool = pool, .id_of_name = id_of_name, .context = context,
	};

	return tnef_read(&reader, data, size, msg_r, error_r);
}
