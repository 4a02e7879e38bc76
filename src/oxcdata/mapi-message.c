/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "dovetail-mapi-message.h"
#include "dovetail-mapi-props.h"

struct mapi_message *mapi_message_new(pool_t pool)
{
	struct mapi_message *msg = p_new(pool, struct mapi_message, 1);

	msg->pool = pool;
	mapi_bag_init(&msg->props, pool);
	p_array_init(&msg->recipients, pool, 4);
	p_array_init(&msg->attachments, pool, 4);
	return msg;
}

struct mapi_bag *mapi_message_add_recipient(struct mapi_message *msg)
{
	struct mapi_bag *bag;

	bag = array_append_space(&msg->recipients);
	mapi_bag_init(bag, msg->pool);
	mapi_bag_set_int(bag, PidTagRowid, msg->next_row++);
	return bag;
}

struct mapi_attachment *mapi_message_add_attachment(struct mapi_message *msg)
{
	struct mapi_attachment *attach;

	attach = p_new(msg->pool, struct mapi_attachment, 1);
	attach->num = msg->next_attach++;
	mapi_bag_init(&attach->props, msg->pool);
	array_push_back(&msg->attachments, &attach);
	return attach;
}

struct mapi_attachment *
mapi_message_find_attachment(const struct mapi_message *msg, unsigned int num)
{
	struct mapi_attachment *attach;

	array_foreach_elem(&msg->attachments, attach) {
		if (attach->num == num)
			return attach;
	}
	return NULL;
}

int mapi_attachment_open(struct mapi_attachment *attach,
			 struct istream **input_r, const char **error_r)
{
	if (attach->data.data != NULL) {
		*input_r = i_stream_create_from_data(attach->data.data,
						     attach->data.size);
		return 1;
	}
	if (attach->open == NULL)
		return 0;
	return attach->open(attach, input_r, error_r) < 0 ? -1 : 1;
}

int mapi_attachment_open_message(struct mapi_attachment *attach,
				 struct mapi_message **msg_r,
				 const char **error_r)
{
	if (attach->message == NULL && attach->open_message != NULL &&
	    attach->open_message(attach, &attach->message, error_r) < 0) {
		attach->message = NULL;
		return -1;
	}
	*msg_r = attach->message;
	return attach->message == NULL ? 0 : 1;
}

void mapi_message_close(struct mapi_message *msg)
{
	struct mapi_attachment *attach;

	array_foreach_elem(&msg->attachments, attach) {
		if (attach->message != NULL)
			mapi_message_close(attach->message);
	}
	if (msg->close != NULL)
		msg->close(msg);
	msg->close = NULL;
}

static void bag_dup(pool_t pool, const struct mapi_bag *src,
		    struct mapi_bag *dest_r)
{
	const struct mapi_prop *prop;

	mapi_bag_init(dest_r, pool);
	array_foreach(&src->props, prop)
		mapi_prop_dup(pool, prop, array_append_space(&dest_r->props));
}

struct mapi_message *
mapi_message_dup(pool_t pool, const struct mapi_message *src)
{
	struct mapi_message *msg = mapi_message_new(pool);
	struct mapi_attachment *attach, *copy;
	const struct mapi_bag *rcpt;

	bag_dup(pool, &src->props, &msg->props);
	array_foreach(&src->recipients, rcpt)
		bag_dup(pool, rcpt, array_append_space(&msg->recipients));
	array_foreach_elem(&src->attachments, attach) {
		copy = p_new(pool, struct mapi_attachment, 1);
		*copy = *attach;
		bag_dup(pool, &attach->props, &copy->props);
		array_push_back(&msg->attachments, &copy);
	}
	msg->next_row = src->next_row;
	msg->next_attach = src->next_attach;
	return msg;
}
