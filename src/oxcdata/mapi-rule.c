/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Actions of rules (MS-OXORULE 2.2.5). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

/* Of an action and of a recipient: the least that one takes */
#define ACTION_MIN_SIZE 11
#define RECIPIENT_MIN_SIZE 3

static uint32_t in_count(struct mapi_in *in, bool wide)
{
	return wide ? mapi_in_u32(in) : mapi_in_u16(in);
}

static void
in_blob(struct mapi_in *in, bool wide, struct mapi_blob *blob_r)
{
	size_t size = in_count(in, wide);

	blob_r->data = mapi_in_bytes(in, size);
	blob_r->size = blob_r->data == NULL ? 0 : size;
}

static int
in_move(struct mapi_in *in, bool extended, struct mapi_action *act)
{
	if (!extended)
		act->this_store = mapi_in_u8(in) != 0;
	in_blob(in, extended, &act->store_eid);
	in_blob(in, extended, &act->folder_eid);
	if (in->broken)
		return -1;
	return !act->this_store ||
		mapi_server_id_parse(act->folder_eid.data,
				     act->folder_eid.size,
				     &act->folder_id) ? 0 : -1;
}

static void
in_reply(struct mapi_in *in, bool extended, struct mapi_action *act)
{
	if (extended) {
		in_blob(in, TRUE, &act->reply_eid);
	} else {
		act->reply_folder = mapi_in_u64(in);
		act->reply_message = mapi_in_u64(in);
	}
	mapi_in_guid(in, act->reply_guid);
}

static int
in_recipient(struct mapi_in *in, bool wide, struct mapi_bag *bag)
{
	struct mapi_prop prop;
	uint32_t i, count;

	mapi_bag_init(bag, in->pool);
	(void)mapi_in_u8(in);	/* 1 is seen */
	count = in_count(in, wide);
	if (count > mapi_in_left(in) / sizeof(mapi_tag_t))
		return -1;
	for (i = 0; i < count; i++) {
		if (mapi_in_prop(in, &prop) < 0)
			return -1;
		mapi_bag_set(bag, prop.tag, &prop.v);
	}
	return 0;
}

static int
in_recipients(struct mapi_in *in, bool wide, struct mapi_action *act)
{
	uint32_t i, count = in_count(in, wide);
	struct mapi_bag *bags;

	if (count > mapi_in_left(in) / RECIPIENT_MIN_SIZE)
		return -1;
	bags = p_new(in->pool, struct mapi_bag, I_MAX(count, 1));
	for (i = 0; i < count; i++) {
		if (in_recipient(in, wide, &bags[i]) < 0)
			return -1;
	}
	act->wide_counts = wide;
	act->recipients = bags;
	act->recipients_count = count;
	return in->broken || mapi_in_left(in) > 0 ? -1 : 0;
}

/* Which width fills the action to its end? */
static int
in_forward(struct mapi_in *in, bool extended, struct mapi_action *act)
{
	struct mapi_in copy = *in;

	if (!extended && in_recipients(in, FALSE, act) == 0)
		return 0;
	*in = copy;
	return in_recipients(in, TRUE, act);
}

static int
in_data(struct mapi_in *in, bool extended, struct mapi_action *act)
{
	switch (act->type) {
	case MAPI_OP_MOVE:
	case MAPI_OP_COPY:
		return in_move(in, extended, act);
	case MAPI_OP_REPLY:
	case MAPI_OP_OOF_REPLY:
		in_reply(in, extended, act);
		return 0;
	case MAPI_OP_DEFER_ACTION:
		act->defer.size = mapi_in_left(in);
		act->defer.data = mapi_in_bytes(in, act->defer.size);
		return 0;
	case MAPI_OP_BOUNCE:
		act->bounce_code = mapi_in_u32(in);
		return 0;
	case MAPI_OP_FORWARD:
	case MAPI_OP_DELEGATE:
		return in_forward(in, extended, act);
	case MAPI_OP_TAG:
		return mapi_in_prop(in, &act->tag);
	case MAPI_OP_DELETE:
	case MAPI_OP_MARK_AS_READ:
		return 0;
	}
	return -1;
}

static int
in_action(struct mapi_in *in, bool extended, struct mapi_action *act)
{
	size_t size = in_count(in, extended);
	const unsigned char *data = mapi_in_bytes(in, size);
	struct mapi_in block;

	if (data == NULL)
		return -1;
	mapi_in_init(&block, in->form, in->pool, data, size);
	act->type = mapi_in_u8(&block);
	act->flavor = mapi_in_u32(&block);
	act->flags = mapi_in_u32(&block);
	if (in_data(&block, extended, act) < 0)
		return -1;
	return block.broken || mapi_in_left(&block) > 0 ? -1 : 0;
}

int mapi_rule_actions_parse(pool_t pool, bool extended,
			    const void *data, size_t size,
			    const struct mapi_action **actions_r,
			    unsigned int *count_r)
{
	struct mapi_action *actions;
	struct mapi_in in;
	uint32_t i, count;

	*actions_r = NULL;
	*count_r = 0;
	mapi_in_init(&in, extended ? MAPI_FORM_EXTENDED : MAPI_FORM_ROP, pool,
		     data, size);
	count = in_count(&in, extended);
	if (in.broken || count > mapi_in_left(&in) / ACTION_MIN_SIZE)
		return -1;
	actions = p_new(pool, struct mapi_action, I_MAX(count, 1));
	for (i = 0; i < count; i++) {
		if (in_action(&in, extended, &actions[i]) < 0)
			return -1;
	}
	if (mapi_in_left(&in) > 0)
		return -1;
	*actions_r = actions;
	*count_r = count;
	return 0;
}

/* --- writing ----------------------------------------------------------------------- */

static void out_count(buffer_t *out, bool wide, uint32_t count)
{
	if (wide)
		mapi_out_u32(out, count);
	else
		mapi_out_u16(out, count);
}

static void
out_blob(buffer_t *out, bool wide, const struct mapi_blob *blob)
{
	out_count(out, wide, blob->size);
	buffer_append(out, blob->data, blob->size);
}

static void
out_move(buffer_t *out, bool extended, const struct mapi_action *act)
{
	size_t start;

	if (!extended)
		mapi_out_u8(out, act->this_store ? 1 : 0);
	out_blob(out, extended, &act->store_eid);
	if (extended || !act->this_store) {
		out_blob(out, extended, &act->folder_eid);
		return;
	}
	start = out->used;
	mapi_out_u16(out, 0);
	mapi_server_id_write(out, &act->folder_id);
	mapi_out_u16_at(out, start, out->used - start - 2);
}

static void
out_reply(buffer_t *out, bool extended, const struct mapi_action *act)
{
	if (extended) {
		out_blob(out, TRUE, &act->reply_eid);
	} else {
		mapi_out_u64(out, act->reply_folder);
		mapi_out_u64(out, act->reply_message);
	}
	buffer_append(out, act->reply_guid, GUID_128_SIZE);
}

static void
out_recipients(buffer_t *out, bool extended, const struct mapi_action *act)
{
	enum mapi_form form = extended ? MAPI_FORM_EXTENDED : MAPI_FORM_ROP;
	bool wide = extended || act->wide_counts;
	const struct mapi_prop *prop;
	unsigned int i;

	out_count(out, wide, act->recipients_count);
	for (i = 0; i < act->recipients_count; i++) {
		mapi_out_u8(out, 1);
		out_count(out, wide, array_count(&act->recipients[i].props));
		array_foreach(&act->recipients[i].props, prop)
			mapi_out_prop(out, form, prop);
	}
}

static void
out_data(buffer_t *out, bool extended, const struct mapi_action *act)
{
	switch (act->type) {
	case MAPI_OP_MOVE:
	case MAPI_OP_COPY:
		out_move(out, extended, act);
		break;
	case MAPI_OP_REPLY:
	case MAPI_OP_OOF_REPLY:
		out_reply(out, extended, act);
		break;
	case MAPI_OP_DEFER_ACTION:
		buffer_append(out, act->defer.data, act->defer.size);
		break;
	case MAPI_OP_BOUNCE:
		mapi_out_u32(out, act->bounce_code);
		break;
	case MAPI_OP_FORWARD:
	case MAPI_OP_DELEGATE:
		out_recipients(out, extended, act);
		break;
	case MAPI_OP_TAG:
		mapi_out_prop(out, extended ? MAPI_FORM_EXTENDED :
			      MAPI_FORM_ROP, &act->tag);
		break;
	case MAPI_OP_DELETE:
	case MAPI_OP_MARK_AS_READ:
		break;
	}
}

void mapi_rule_actions_write(buffer_t *out, bool extended,
			     const struct mapi_action *actions,
			     unsigned int count)
{
	unsigned int i, width = extended ? 4 : 2;
	size_t start;

	out_count(out, extended, count);
	for (i = 0; i < count; i++) {
		start = out->used;
		out_count(out, extended, 0);
		mapi_out_u8(out, actions[i].type);
		mapi_out_u32(out, actions[i].flavor);
		mapi_out_u32(out, actions[i].flags);
		out_data(out, extended, &actions[i]);
		if (extended)
			mapi_out_u32_at(out, start, out->used - start - width);
		else
			mapi_out_u16_at(out, start, out->used - start - width);
	}
}
