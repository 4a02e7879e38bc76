/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A whole message as bytes: version; properties; recipients; attachments: number,
   properties, content or embedded message. */

#include "mapi.h"
#include "istream.h"
#include "mapi-msg.h"
#include "mapi-names.h"

#define OPAQUE_VERSION 1
#define OPAQUE_MAX_DEPTH 16
/* Contents of all attachments together: they are one value of metadata */
#define OPAQUE_MAX_SIZE (64 * 1024 * 1024)

enum { CONTENT_NONE = 0, CONTENT_BYTES = 1, CONTENT_MESSAGE = 2 };

static void out_bag(struct mapi_rop *rop, buffer_t *out,
		    const struct mapi_bag *bag)
{
	size_t at = out->used;

	mapi_out_u32(out, 0);
	mapi_bag_pack(out, bag, mapi_names_name, rop);
	mapi_out_u32_at(out, at, out->used - at - 4);
}

static int out_stream(buffer_t *out, struct istream *input)
{
	const unsigned char *data;
	size_t size, at = out->used;
	int ret = 0;

	mapi_out_u32(out, 0);
	while (i_stream_read_more(input, &data, &size) > 0 && ret == 0) {
		if (out->used + size > OPAQUE_MAX_SIZE)
			ret = -1;
		else
			buffer_append(out, data, size);
		i_stream_skip(input, size);
	}
	if (input->stream_errno != 0)
		ret = -1;
	mapi_out_u32_at(out, at, out->used - at - 4);
	return ret;
}

static int opaque_write(struct mapi_rop *rop, const struct mapi_message *msg,
			unsigned int depth, buffer_t *out);

static int out_content(struct mapi_rop *rop, struct mapi_attachment *attach,
		       unsigned int depth, buffer_t *out)
{
	struct mapi_message *embedded;
	struct istream *input;
	const char *error;
	size_t at;
	int ret;

	ret = mapi_attachment_open_message(attach, &embedded, &error);
	if (ret > 0) {
		mapi_out_u8(out, CONTENT_MESSAGE);
		at = out->used;
		mapi_out_u32(out, 0);
		ret = opaque_write(rop, embedded, depth + 1, out);
		mapi_out_u32_at(out, at, out->used - at - 4);
		return ret;
	}
	if (ret == 0)
		ret = mapi_attachment_open(attach, &input, &error);
	if (ret < 0) {
		e_error(rop->env->event, "Attachment cannot be kept: %s",
			error);
		return -1;
	}
	mapi_out_u8(out, ret > 0 ? CONTENT_BYTES : CONTENT_NONE);
	if (ret == 0)
		return 0;
	ret = out_stream(out, input);
	i_stream_unref(&input);
	return ret;
}

static int opaque_write(struct mapi_rop *rop, const struct mapi_message *msg,
			unsigned int depth, buffer_t *out)
{
	struct mapi_attachment *const *attachp;
	const struct mapi_bag *rcpt;

	if (depth > OPAQUE_MAX_DEPTH)
		return -1;
	mapi_out_u8(out, OPAQUE_VERSION);
	out_bag(rop, out, &msg->props);
	mapi_out_u16(out, array_count(&msg->recipients));
	array_foreach(&msg->recipients, rcpt)
		out_bag(rop, out, rcpt);
	mapi_out_u16(out, array_count(&msg->attachments));
	array_foreach(&msg->attachments, attachp) {
		mapi_out_u32(out, (*attachp)->num);
		out_bag(rop, out, &(*attachp)->props);
		if (out_content(rop, *attachp, depth, out) < 0)
			return -1;
	}
	return 0;
}

int mapi_opaque_pack(struct mapi_rop *rop, const struct mapi_message *msg,
		     buffer_t *out)
{
	return opaque_write(rop, msg, 0, out);
}

const char *mapi_opaque_key(const struct mapi_message *msg)
{
	const char *class = mapi_bag_get_str(&msg->props, PidTagMessageClass);

	return class == NULL ? "" : class;
}

/* --- reading ---------------------------------------------------------------------------- */

static int in_bag(struct mapi_rop *rop, struct mapi_in *in,
		  struct mapi_bag *bag)
{
	uint32_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	if (data == NULL)
		return -1;
	return mapi_bag_unpack(bag, data, size, mapi_names_id, rop);
}

static int opaque_read(struct mapi_rop *rop, struct mapi_in *in,
		       unsigned int depth, struct mapi_message *msg);

static int in_message(struct mapi_rop *rop, struct mapi_in *in,
		      unsigned int depth, struct mapi_message **msg_r)
{
	uint32_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);
	struct mapi_in inner;

	if (data == NULL)
		return -1;
	*msg_r = mapi_message_new(in->pool);
	mapi_in_init(&inner, in->form, in->pool, data, size);
	return opaque_read(rop, &inner, depth + 1, *msg_r);
}

static int in_attachment(struct mapi_rop *rop, struct mapi_in *in,
			 unsigned int depth, struct mapi_message *msg)
{
	struct mapi_attachment *attach = mapi_message_add_attachment(msg);

	attach->num = mapi_in_u32(in);
	msg->next_attach = I_MAX(msg->next_attach, attach->num + 1);
	if (in_bag(rop, in, &attach->props) < 0)
		return -1;
	switch (mapi_in_u8(in)) {
	case CONTENT_BYTES:
		attach->data.size = mapi_in_u32(in);
		attach->data.data = mapi_in_bytes(in, attach->data.size);
		return attach->data.data == NULL ? -1 : 0;
	case CONTENT_MESSAGE:
		return in_message(rop, in, depth, &attach->message);
	default:
		return 0;
	}
}

static int opaque_read(struct mapi_rop *rop, struct mapi_in *in,
		       unsigned int depth, struct mapi_message *msg)
{
	unsigned int count;

	if (depth > OPAQUE_MAX_DEPTH || mapi_in_u8(in) != OPAQUE_VERSION ||
	    in_bag(rop, in, &msg->props) < 0)
		return -1;
	for (count = mapi_in_u16(in); count > 0; count--) {
		if (in_bag(rop, in, mapi_message_add_recipient(msg)) < 0)
			return -1;
	}
	for (count = mapi_in_u16(in); count > 0; count--) {
		if (in_attachment(rop, in, depth, msg) < 0)
			return -1;
	}
	return in->broken ? -1 : 0;
}

int mapi_opaque_unpack(struct mapi_rop *rop, pool_t pool, const void *data,
		       size_t size, struct mapi_message **msg_r)
{
	struct mapi_in in;

	*msg_r = mapi_message_new(pool);
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	return opaque_read(rop, &in, 0, *msg_r);
}
