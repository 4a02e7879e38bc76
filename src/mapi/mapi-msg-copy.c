/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages copied into others (RopCopyTo, RopCopyProperties: MS-OXCPRPT 3.2.5.12), and
   matched by their recipients and attachments. */

#include "mapi.h"
#include "istream.h"
#include "mapi-attach.h"
#include "mapi-spool.h"

static void copy_recipients(struct mapi_msg_changes *changes,
			    const struct mapi_message *src)
{
	const struct mapi_bag *rcpt;
	const struct mapi_prop *prop;
	struct mapi_bag *copy;

	array_clear(&changes->recipients);
	changes->recipients_changed = TRUE;
	array_foreach(&src->recipients, rcpt) {
		copy = array_append_space(&changes->recipients);
		mapi_bag_init(copy, changes->pool);
		array_foreach(&rcpt->props, prop)
			mapi_bag_set(copy, prop->tag, &prop->v);
	}
}

static uint32_t copy_content(struct mapi_rop *rop,
			     struct mapi_attachment *src,
			     struct mapi_attach *dest)
{
	struct mapi_message *embedded;
	struct mapi_spool *spool;
	struct istream *input;
	const char *error;
	int ret;

	ret = mapi_attachment_open_message(src, &embedded, &error);
	if (ret > 0)
		return mapi_attach_keep(rop, &dest->obj, embedded);
	if (ret == 0)
		ret = mapi_attachment_open(src, &input, &error);
	if (ret < 0)
		return ecCorruptData;
	if (ret == 0)
		return ecNone;
	spool = mapi_spool_new();
	ret = mapi_spool_append_stream(spool, input);
	i_stream_unref(&input);
	if (ret == 0)
		(void)mapi_attach_set_content(dest, spool);
	mapi_spool_unref(&spool);
	return ret < 0 ? ecError : ecNone;
}

static uint32_t copy_attachment(struct mapi_rop *rop,
				struct mapi_attachment *src,
				struct mapi_msg *dest)
{
	struct mapi_msg_changes *changes = mapi_msg_change(dest);
	const struct mapi_prop *prop;
	struct mapi_attach *attach;
	struct mapi_object *obj;
	struct mapi_message *base;
	uint32_t error = mapi_msg_base(rop, dest, &base);

	if (error != ecNone)
		return error;
	changes->next_attach = I_MAX(changes->next_attach, base->next_attach);
	attach = mapi_attach_new(rop, dest, changes->next_attach++);
	attach->created = attach->writable = TRUE;
	obj = &attach->obj;
	array_foreach(&src->props.props, prop) {
		if (MAPI_TAG_ID(prop->tag) !=
		    MAPI_TAG_ID(PidTagAttachNumber))
			mapi_bag_set(&mapi_attach_change(attach)->set,
				     prop->tag, &prop->v);
	}
	error = copy_content(rop, src, attach);
	if (error == ecNone)
		error = mapi_attach_save(rop, attach);
	mapi_object_unref(&obj);
	return error;
}

static uint32_t copy_attachments(struct mapi_rop *rop,
				 const struct mapi_message *src,
				 struct mapi_msg *dest)
{
	struct mapi_attachment *const *attachp;
	uint32_t error;

	array_foreach(&src->attachments, attachp) {
		error = copy_attachment(rop, *attachp, dest);
		if (error != ecNone)
			return error;
	}
	return ecNone;
}

uint32_t mapi_msg_copy_contents(struct mapi_rop *rop, struct mapi_object *src,
				struct mapi_object *dest, bool exclude,
				const ARRAY_TYPE(mapi_tag) *tags,
				bool sub_objects, uint8_t flags ATTR_UNUSED)
{
	struct mapi_msg *to = (struct mapi_msg *)dest;
	struct mapi_message *current;
	bool named_rcpts = mapi_tags_have(tags, PidTagMessageRecipients);
	bool named_attachs = mapi_tags_have(tags, PidTagMessageAttachments);
	uint32_t error = mapi_msg_current(rop, (struct mapi_msg *)src,
					  &current);

	if (error != ecNone)
		return error;
	/* all but those that are named, or only those */
	if (exclude ? sub_objects && !named_rcpts : named_rcpts)
		copy_recipients(mapi_msg_change(to), current);
	if (exclude ? sub_objects && !named_attachs : named_attachs)
		error = copy_attachments(rop, current, to);
	return error;
}

uint32_t mapi_msg_copy_all(struct mapi_rop *rop, struct mapi_msg *src,
			   struct mapi_msg *dest)
{
	struct mapi_object *obj = &src->obj;
	ARRAY_TYPE(mapi_tag) tags;
	struct mapi_prop *props;
	const mapi_tag_t *list;
	unsigned int count;

	p_array_init(&tags, rop->pool, 64);
	obj->v->list(rop, obj, &tags);
	list = array_get(&tags, &count);
	props = p_new(rop->pool, struct mapi_prop, I_MAX(count, 1));
	obj->v->get(rop, obj, list, count, props);
	for (unsigned int i = 0; i < count; i++) {
		if (MAPI_TAG_TYPE(props[i].tag) != PTYP_ERROR_CODE &&
		    mapi_msg_may_set(props[i].tag) == ecNone &&
		    !mapi_msg_is_identity(props[i].tag))
			mapi_bag_set(&mapi_msg_change(dest)->set,
				     props[i].tag, &props[i].v);
	}
	array_clear(&tags);
	return mapi_msg_copy_contents(rop, obj, &dest->obj, TRUE, &tags, TRUE,
				      0);
}

bool mapi_msg_is_identity(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagSourceKey):
	case MAPI_TAG_ID(PidTagChangeKey):
	case MAPI_TAG_ID(PidTagPredecessorChangeList):
	case MAPI_TAG_ID(PidTagSearchKey):
		return TRUE;
	}
	return FALSE;
}

/* --- matching ---------------------------------------------------------------------------- */

static const struct mapi_prop *bag_matcher_get(void *context, mapi_tag_t tag)
{
	return mapi_bag_get(context, tag);
}

static bool bag_matches(struct mapi_rop *rop, const struct mapi_bag *bag,
			const struct mapi_restriction *res)
{
	struct mapi_matcher matcher = {
		.get = bag_matcher_get, .context = (void *)bag,
		.cpid = rop->session->cpid,
	};

	return mapi_restriction_match(res, &matcher);
}

bool mapi_message_sub_match(struct mapi_rop *rop,
			    const struct mapi_message *msg, mapi_tag_t object,
			    const struct mapi_restriction *res)
{
	struct mapi_attachment *const *attachp;
	const struct mapi_bag *rcpt;

	if (MAPI_TAG_ID(object) == MAPI_TAG_ID(PidTagMessageRecipients)) {
		array_foreach(&msg->recipients, rcpt) {
			if (bag_matches(rop, rcpt, res))
				return TRUE;
		}
		return FALSE;
	}
	array_foreach(&msg->attachments, attachp) {
		if (bag_matches(rop, &(*attachp)->props, res))
			return TRUE;
	}
	return FALSE;
}
