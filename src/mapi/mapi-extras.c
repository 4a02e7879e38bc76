/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a standard text cannot say of a message, kept beside it (D7 of the design):
   properties that reading the text gives otherwise or not at all, properties it gives
   and the client deleted, recipients and attachments likewise.

   version, hash of the text; properties; gone ones (as booleans, by name); whether
   recipients follow: count, a bag each; count of attachments: number, bag each */

#include "mapi.h"
#include "mapi-msg.h"
#include "mapi-names.h"

#define EXTRAS_VERSION 1

struct extras_attach {
	uint32_t num;
	struct mapi_bag props;
};

struct extras {
	uint64_t hash;
	struct mapi_bag props, gone;
	bool recipients;
	ARRAY(struct mapi_bag) rcpts;
	ARRAY(struct extras_attach) attachments;
};

uint64_t mapi_text_hash(const char *text, size_t size)
{
	/* FNV-1a: tells two states of one text apart, nothing more */
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)text[i]) *
			UINT64_C(0x100000001b3);
	return hash;
}

/* --- reading ------------------------------------------------------------------------- */

static int extras_bag(struct mapi_rop *rop, struct mapi_in *in,
		      struct mapi_bag *bag)
{
	uint32_t size = mapi_in_u32(in);
	const unsigned char *data = mapi_in_bytes(in, size);

	mapi_bag_init(bag, rop->pool);
	if (data == NULL)
		return -1;
	return mapi_bag_unpack(bag, data, size, mapi_names_id, rop);
}

static int extras_read_lists(struct mapi_rop *rop, struct mapi_in *in,
			     struct extras *extras)
{
	struct extras_attach *attach;
	unsigned int count;

	extras->recipients = mapi_in_bool(in);
	count = extras->recipients ? mapi_in_u16(in) : 0;
	p_array_init(&extras->rcpts, rop->pool, 8);
	for (; count > 0; count--) {
		if (extras_bag(rop, in, array_append_space(&extras->rcpts)) < 0)
			return -1;
	}
	p_array_init(&extras->attachments, rop->pool, 4);
	for (count = mapi_in_u16(in); count > 0; count--) {
		attach = array_append_space(&extras->attachments);
		attach->num = mapi_in_u32(in);
		if (extras_bag(rop, in, &attach->props) < 0)
			return -1;
	}
	return 0;
}

static int extras_read(struct mapi_rop *rop, const void *data, size_t size,
		       bool lists, struct extras *extras_r)
{
	struct mapi_in in;

	i_zero(extras_r);
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	if (mapi_in_u8(&in) != EXTRAS_VERSION)
		return -1;
	extras_r->hash = mapi_in_u64(&in);
	if (extras_bag(rop, &in, &extras_r->props) < 0 ||
	    extras_bag(rop, &in, &extras_r->gone) < 0)
		return -1;
	return lists ? extras_read_lists(rop, &in, extras_r) : 0;
}

static void extras_apply_props(struct mapi_bag *bag,
			       const struct extras *extras, bool text_wins)
{
	const struct mapi_prop *prop;

	array_foreach(&extras->props.props, prop) {
		if (!text_wins || mapi_bag_get(bag,
				MAPI_TAG_RETYPE(prop->tag,
						PTYP_UNSPECIFIED)) == NULL)
			mapi_bag_set(bag, prop->tag, &prop->v);
	}
	if (text_wins)
		return;
	array_foreach(&extras->gone.props, prop)
		(void)mapi_bag_unset(bag, MAPI_TAG_RETYPE(prop->tag,
							  PTYP_UNSPECIFIED));
}

static void extras_apply_lists(struct mapi_message *msg,
			       const struct extras *extras)
{
	const struct extras_attach *attach;
	struct mapi_attachment *target;
	const struct mapi_bag *rcpt;
	const struct mapi_prop *prop;

	if (extras->recipients) {
		array_clear(&msg->recipients);
		array_foreach(&extras->rcpts, rcpt)
			array_push_back(&msg->recipients, rcpt);
	}
	array_foreach(&extras->attachments, attach) {
		target = mapi_message_find_attachment(msg, attach->num);
		if (target == NULL)
			continue;
		array_foreach(&attach->props.props, prop)
			mapi_bag_set(&target->props, prop->tag, &prop->v);
	}
}

int mapi_extras_apply(struct mapi_rop *rop, struct mapi_message *msg,
		      const void *data, size_t size, uint64_t text_hash)
{
	struct extras extras;

	if (extras_read(rop, data, size, TRUE, &extras) < 0)
		return -1;
	extras_apply_props(&msg->props, &extras, extras.hash != text_hash);
	if (extras.hash == text_hash)
		extras_apply_lists(msg, &extras);
	return 0;
}

int mapi_extras_apply_bag(struct mapi_rop *rop, struct mapi_bag *bag,
			  const void *data, size_t size, uint64_t text_hash)
{
	struct extras extras;

	if (extras_read(rop, data, size, FALSE, &extras) < 0)
		return -1;
	extras_apply_props(bag, &extras, extras.hash != text_hash);
	return 0;
}

/* --- writing ------------------------------------------------------------------------------ */

static void out_bag(struct mapi_rop *rop, buffer_t *out,
		    const struct mapi_bag *bag)
{
	size_t at = out->used;

	mapi_out_u32(out, 0);
	mapi_bag_pack(out, bag, mapi_names_name, rop);
	mapi_out_u32_at(out, at, out->used - at - 4);
}

static bool bag_equals(const struct mapi_bag *a, const struct mapi_bag *b)
{
	const struct mapi_prop *prop, *other;

	if (array_count(&a->props) != array_count(&b->props))
		return FALSE;
	array_foreach(&a->props, prop) {
		other = mapi_bag_get(b, prop->tag);
		if (other == NULL || other->tag != prop->tag ||
		    !mapi_value_equals(MAPI_TAG_TYPE(prop->tag), &prop->v,
				       &other->v))
			return FALSE;
	}
	return TRUE;
}

static bool recipients_equal(const struct mapi_message *a,
			     const struct mapi_message *b)
{
	unsigned int count = array_count(&a->recipients);

	if (count != array_count(&b->recipients))
		return FALSE;
	for (unsigned int i = 0; i < count; i++) {
		if (!bag_equals(array_idx(&a->recipients, i),
				array_idx(&b->recipients, i)))
			return FALSE;
	}
	return TRUE;
}

static bool make_props(struct mapi_rop *rop, const struct mapi_message *want,
		       const struct mapi_bag *seen,
		       const struct mapi_message *have, buffer_t *out)
{
	struct mapi_bag extras, gone_bag;
	ARRAY_TYPE(mapi_tag) gone;
	const mapi_tag_t *tag;

	mapi_bag_init(&extras, rop->pool);
	mapi_bag_init(&gone_bag, rop->pool);
	p_array_init(&gone, rop->pool, 8);
	mapiconv_extras_seen(&want->props, seen, &have->props, &extras, &gone);
	array_foreach(&gone, tag) {
		mapi_bag_set_bool(&gone_bag,
				  MAPI_TAG_RETYPE(*tag, PTYP_BOOLEAN), TRUE);
	}
	out_bag(rop, out, &extras);
	out_bag(rop, out, &gone_bag);
	return !array_is_empty(&extras.props) || !array_is_empty(&gone);
}

static bool make_recipients(struct mapi_rop *rop,
			    const struct mapi_message *want,
			    const struct mapi_message *have, buffer_t *out)
{
	const struct mapi_bag *rcpt;
	bool equal = recipients_equal(want, have);

	mapi_out_u8(out, !equal);
	if (equal)
		return FALSE;
	mapi_out_u16(out, array_count(&want->recipients));
	array_foreach(&want->recipients, rcpt)
		out_bag(rop, out, rcpt);
	return TRUE;
}

/* By place in the list: the numbers are those of reading the new text */
static bool make_attachments(struct mapi_rop *rop,
			     const struct mapi_message *want,
			     const struct mapi_message *have, buffer_t *out)
{
	size_t at = out->used;
	struct mapi_attachment *a, *b;
	struct mapi_bag extras;
	unsigned int count, found = 0;

	mapi_out_u16(out, 0);
	count = I_MIN(array_count(&want->attachments),
		      array_count(&have->attachments));
	for (unsigned int i = 0; i < count; i++) {
		a = *array_idx(&want->attachments, i);
		b = *array_idx(&have->attachments, i);
		mapi_bag_init(&extras, rop->pool);
		mapiconv_extras(&a->props, &b->props, &extras, NULL);
		(void)mapi_bag_unset(&extras, PidTagAttachNumber);
		if (array_is_empty(&extras.props))
			continue;
		mapi_out_u32(out, b->num);
		out_bag(rop, out, &extras);
		found++;
	}
	mapi_out_u16_at(out, at, found);
	return found > 0;
}

bool mapi_extras_make(struct mapi_rop *rop, const struct mapi_message *want,
		      const struct mapi_bag *seen,
		      const struct mapi_message *have, uint64_t text_hash,
		      buffer_t *out)
{
	bool any;

	mapi_out_u8(out, EXTRAS_VERSION);
	mapi_out_u64(out, text_hash);
	any = make_props(rop, want, seen, have, out);
	any = make_recipients(rop, want, have, out) || any;
	any = make_attachments(rop, want, have, out) || any;
	return any;
}
