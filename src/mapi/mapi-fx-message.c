/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages and attachments as FastTransfer streams have them (MS-OXCFXICS 2.2.4.3.1,
   2.2.4.3.12, 2.2.4.3.16, 3.2.5.10, 3.2.5.12). */

#include "mapi.h"
#include "istream.h"
#include "mapi-attach.h"
#include "mapi-fx.h"
#include "mapi-spool.h"

/* Contents up to this size are copied, larger ones wait in a file */
#define CONTENT_INLINE_MAX (64 * 1024)
#define MAX_DEPTH 16
/* PidTagNativeBody (MS-OXBBODY 2.2.1.2) */
enum { NATIVE_PLAIN = 1, NATIVE_RTF, NATIVE_HTML };

/* --- what is told ----------------------------------------------------------------------- */

bool mapi_fx_wanted(const struct mapi_fx_filter *filter, mapi_tag_t tag)
{
	if (filter == NULL || filter->tags == NULL)
		return TRUE;
	return mapi_tags_have(filter->tags, tag) == filter->only;
}

static bool is_internal(mapi_tag_t tag)
{
	return MAPI_TAG_ID(tag) >= 0x6600 && MAPI_TAG_ID(tag) <= 0x67ff;
}

bool mapi_fx_never_sent(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagEntryId):
	case MAPI_TAG_ID(PidTagParentEntryId):
	case MAPI_TAG_ID(PidTagRecordKey):
	case MAPI_TAG_ID(PidTagInstanceKey):
	case MAPI_TAG_ID(PidTagStoreEntryId):
	case MAPI_TAG_ID(PidTagStoreRecordKey):
	case MAPI_TAG_ID(PidTagMappingSignature):
	case MAPI_TAG_ID(PidTagSourceKey):
	case MAPI_TAG_ID(PidTagParentSourceKey):
	case MAPI_TAG_ID(PidTagChangeKey):
	case MAPI_TAG_ID(PidTagPredecessorChangeList):
	case MAPI_TAG_ID(PidTagObjectType):
	case MAPI_TAG_ID(PidTagRowType):
	case MAPI_TAG_ID(PidTagDepth):
	case MAPI_TAG_ID(PidTagAccess):
	case MAPI_TAG_ID(PidTagAccessLevel):
	case MAPI_TAG_ID(PidTagMessageSize):
	case MAPI_TAG_ID(PidTagRead):
	case MAPI_TAG_ID(PidTagMessageRecipients):
	case MAPI_TAG_ID(PidTagMessageAttachments):
	case MAPI_TAG_ID(PidTagAttachDataObject):
		return TRUE;
	}
	return is_internal(tag);
}

static bool is_body(mapi_tag_t tag)
{
	return MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagBody) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagHtml) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagRtfCompressed);
}

/* --- bodies ------------------------------------------------------------------------------ */

static mapi_tag_t native_body(const struct mapi_bag *bag)
{
	switch (mapi_bag_get_int(bag, PidTagNativeBody, 0)) {
	case NATIVE_PLAIN:
		return PidTagBody;
	case NATIVE_RTF:
		return PidTagRtfCompressed;
	case NATIVE_HTML:
		return PidTagHtml;
	}
	if (mapi_bag_get(bag, PidTagHtml) != NULL)
		return PidTagHtml;
	return mapi_bag_get(bag, PidTagRtfCompressed) != NULL ?
		PidTagRtfCompressed : PidTagBody;
}

static int body_get(struct mapi_rop *rop, struct mapi_fx_message *message,
		    mapi_tag_t tag, struct mapi_prop *prop_r)
{
	const struct mapi_bag *bag = &message->msg->props;
	const struct mapi_prop *have = mapi_bag_get(bag, tag);

	if (have != NULL) {
		*prop_r = *have;
		return 1;
	}
	if (message->body != NULL)
		return message->body(rop, message, tag, prop_r);
	return mapi_body_of_bag(rop, bag, tag, prop_r);
}

static int write_body(struct mapi_rop *rop, struct fx_out *out,
		      struct mapi_fx_message *message, mapi_tag_t tag)
{
	struct mapi_prop prop;
	int ret = body_get(rop, message, tag, &prop);

	if (ret > 0)
		(void)fx_out_prop(out, &prop);
	return ret;
}

/* The original form; if that is not wanted, another one that is. A client that asks
   for the best body and leaves PidTagBody out means that it has better ones: where
   there is none, the plain one is told all the same, or the message has no text. */
static int write_best_body(struct mapi_rop *rop, struct fx_out *out,
			   struct mapi_fx_message *message,
			   const struct mapi_fx_filter *filter)
{
	mapi_tag_t native = native_body(&message->msg->props);
	const mapi_tag_t order[] = {
		native, PidTagHtml, PidTagRtfCompressed, PidTagBody,
	};
	bool any = FALSE;

	for (unsigned int i = 0; i < N_ELEMENTS(order); i++)
		any = any || mapi_fx_wanted(filter, order[i]);
	if (any && native == PidTagBody && filter != NULL &&
	    filter->best_body && !filter->only)
		return write_body(rop, out, message, native);
	for (unsigned int i = 0; i < N_ELEMENTS(order); i++) {
		if (mapi_fx_wanted(filter, order[i]))
			return write_body(rop, out, message, order[i]);
	}
	return 0;
}

static int write_bodies(struct mapi_rop *rop, struct fx_out *out,
			struct mapi_fx_message *message,
			const struct mapi_fx_filter *filter)
{
	static const mapi_tag_t bodies[] = {
		PidTagBody, PidTagHtml, PidTagRtfCompressed,
	};
	int ret = 0;

	if (filter == NULL || !filter->only || filter->best_body)
		return write_best_body(rop, out, message, filter);
	/* each that was asked for */
	for (unsigned int i = 0; i < N_ELEMENTS(bodies) && ret >= 0; i++) {
		if (mapi_fx_wanted(filter, bodies[i]))
			ret = write_body(rop, out, message, bodies[i]);
	}
	return ret;
}

/* --- properties --------------------------------------------------------------------------- */

/* Those that are made of where the message is */
static const mapi_tag_t place_tags[] = {
	PidTagMessageFlags, PidTagHasAttachments, PidTagSearchKey,
};

static void write_place(struct mapi_rop *rop, struct fx_out *out,
			struct mapi_fx_message *message,
			const struct mapi_fx_filter *filter)
{
	struct mapi_msg_place place;
	struct mapi_prop prop;
	const struct mapi_prop *have;

	i_zero(&place);
	place.logon = message->logon;
	if (message->ref != NULL)
		place.ref = *message->ref;
	place.is_new = message->ref == NULL || message->ref->num == 0;
	place.associated = message->associated;
	place.bag = &message->msg->props;
	place.attachments = mapi_msg_visible_attachments(message->msg);
	for (unsigned int i = 0; i < N_ELEMENTS(place_tags); i++) {
		if (!mapi_fx_wanted(filter, place_tags[i]))
			continue;
		have = &prop;
		if (!mapi_msg_place_get(rop, &place, place_tags[i], &prop))
			have = mapi_bag_get(place.bag, place_tags[i]);
		if (have != NULL)
			(void)fx_out_prop(out, have);
	}
}

static bool is_place_tag(mapi_tag_t tag)
{
	for (unsigned int i = 0; i < N_ELEMENTS(place_tags); i++) {
		if (MAPI_TAG_ID(place_tags[i]) == MAPI_TAG_ID(tag))
			return TRUE;
	}
	return FALSE;
}

static uint32_t write_props(struct mapi_rop *rop, struct fx_out *out,
			    struct mapi_fx_message *message,
			    const struct mapi_fx_filter *filter)
{
	const struct mapi_prop *prop;

	array_foreach(&message->msg->props.props, prop) {
		if (mapi_fx_never_sent(prop->tag) || is_body(prop->tag) ||
		    is_place_tag(prop->tag) ||
		    !mapi_fx_wanted(filter, prop->tag))
			continue;
		(void)fx_out_prop(out, prop);
	}
	write_place(rop, out, message, filter);
	return write_bodies(rop, out, message, filter) < 0 ? ecCorruptData :
		ecNone;
}

/* --- recipients ----------------------------------------------------------------------------- */

static void write_recipient(struct fx_out *out, const struct mapi_bag *rcpt,
			    unsigned int row)
{
	const struct mapi_prop *prop;

	fx_out_marker(out, MarkStartRecip);
	fx_out_u32(out, PidTagRowid,
		   mapi_bag_get_int(rcpt, PidTagRowid, row));
	array_foreach(&rcpt->props, prop) {
		if (MAPI_TAG_ID(prop->tag) != MAPI_TAG_ID(PidTagRowid) &&
		    !is_internal(prop->tag))
			(void)fx_out_prop(out, prop);
	}
	fx_out_marker(out, MarkEndToRecip);
}

static void write_recipients(struct fx_out *out, const struct mapi_message *msg)
{
	const char *class = mapi_bag_get_str(&msg->props, PidTagMessageClass);
	const struct mapi_bag *rcpt;

	fx_out_u32(out, MetaTagFXDelProp, PidTagMessageRecipients);
	/* clients take those of a report for its addressees */
	if (class != NULL && strncasecmp(class, "REPORT.IPM.Note", 15) == 0)
		return;
	array_foreach(&msg->recipients, rcpt) {
		write_recipient(out, rcpt, array_foreach_idx(&msg->recipients,
							     rcpt));
	}
}

/* --- attachments ------------------------------------------------------------------------------ */

static void spool_free(void *value)
{
	struct mapi_spool *spool = value;

	mapi_spool_unref(&spool);
}

static mapi_tag_t content_tag(const struct mapi_attachment *attach)
{
	return mapi_bag_get_int(&attach->props, PidTagAttachMethod, 0) ==
		MAPI_ATTACH_OLE ? PidTagAttachDataObject :
		PidTagAttachDataBinary;
}

static int write_stream(struct fx_out *out, mapi_tag_t tag,
			struct istream *input)
{
	struct mapi_spool *spool;
	uint64_t size;

	i_stream_set_max_buffer_size(input, CONTENT_INLINE_MAX * 2);
	spool = mapi_spool_new();
	if (mapi_spool_append_stream(spool, input) < 0) {
		mapi_spool_unref(&spool);
		return -1;
	}
	size = mapi_spool_size(spool);
	fx_out_lazy(out, tag, size, spool, spool_free);
	return 0;
}

static int write_content(struct mapi_rop *rop, struct fx_out *out,
			 struct mapi_attachment *attach)
{
	mapi_tag_t tag = content_tag(attach);
	struct istream *input;
	const char *error;
	int ret;

	if (attach->data.data != NULL) {
		fx_out_binary(out, tag, attach->data.data, attach->data.size);
		return 0;
	}
	ret = mapi_attachment_open(attach, &input, &error);
	if (ret > 0) {
		ret = write_stream(out, tag, input);
		error = "its content cannot be read";
		i_stream_unref(&input);
	}
	if (ret < 0) {
		e_error(rop->env->event, "Attachment %u cannot be sent: %s",
			attach->num, error);
	}
	return ret;
}

static uint32_t write_message(struct mapi_rop *rop, struct fx_out *out,
			      struct mapi_fx_message *message,
			      const struct mapi_fx_filter *filter,
			      unsigned int depth);

/* 1 it has one, 0, -1 */
static int write_embedded(struct mapi_rop *rop, struct fx_out *out,
			  const struct mapi_logon *logon,
			  struct mapi_attachment *attach, unsigned int depth)
{
	struct mapi_fx_message inner = { .logon = logon };
	const char *error;
	int ret;

	ret = mapi_attachment_open_message(attach, &inner.msg, &error);
	if (ret < 0) {
		e_error(rop->env->event, "Message in attachment %u cannot be "
			"sent: %s", attach->num, error);
	}
	if (ret <= 0)
		return ret;
	fx_out_marker(out, MarkStartEmbed);
	if (write_message(rop, out, &inner, NULL, depth + 1) != ecNone)
		return -1;
	fx_out_marker(out, MarkEndEmbed);
	return 1;
}

static uint32_t write_attachment(struct mapi_rop *rop, struct fx_out *out,
				 const struct mapi_logon *logon,
				 struct mapi_attachment *attach,
				 const struct mapi_fx_filter *filter,
				 unsigned int depth)
{
	const struct mapi_prop *prop;
	int ret = 0;

	array_foreach(&attach->props.props, prop) {
		if (MAPI_TAG_ID(prop->tag) != MAPI_TAG_ID(PidTagAttachNumber) &&
		    !mapi_fx_never_sent(prop->tag) &&
		    mapi_fx_wanted(filter, prop->tag))
			(void)fx_out_prop(out, prop);
	}
	/* both have one id: the message in it, and its bytes */
	if (!mapi_fx_wanted(filter, PidTagAttachDataObject))
		return ecNone;
	if (depth < MAX_DEPTH)
		ret = write_embedded(rop, out, logon, attach, depth);
	if (ret == 0)
		ret = write_content(rop, out, attach);
	return ret < 0 ? ecCorruptData : ecNone;
}

uint32_t mapi_fx_write_attachment(struct mapi_rop *rop, struct fx_out *out,
				  const struct mapi_logon *logon,
				  struct mapi_attachment *attach,
				  const struct mapi_fx_filter *filter)
{
	return write_attachment(rop, out, logon, attach, filter, 0);
}

static uint32_t write_attachments(struct mapi_rop *rop, struct fx_out *out,
				  struct mapi_fx_message *message,
				  unsigned int depth)
{
	struct mapi_attachment *const *attachp;
	uint32_t error;

	fx_out_u32(out, MetaTagFXDelProp, PidTagMessageAttachments);
	array_foreach(&message->msg->attachments, attachp) {
		fx_out_marker(out, MarkNewAttach);
		fx_out_u32(out, PidTagAttachNumber, (*attachp)->num);
		error = write_attachment(rop, out, message->logon, *attachp,
					 NULL, depth);
		if (error != ecNone)
			return error;
		fx_out_marker(out, MarkEndAttach);
	}
	return ecNone;
}

/* --- all ---------------------------------------------------------------------------------------- */

static uint32_t write_message(struct mapi_rop *rop, struct fx_out *out,
			      struct mapi_fx_message *message,
			      const struct mapi_fx_filter *filter,
			      unsigned int depth)
{
	uint32_t error = write_props(rop, out, message, filter);

	if (error != ecNone)
		return error;
	if (filter != NULL && filter->shallow)
		return ecNone;
	if (mapi_fx_wanted(filter, PidTagMessageRecipients))
		write_recipients(out, message->msg);
	if (mapi_fx_wanted(filter, PidTagMessageAttachments))
		error = write_attachments(rop, out, message, depth);
	return error;
}

uint32_t mapi_fx_write_message(struct mapi_rop *rop, struct fx_out *out,
			       struct mapi_fx_message *message,
			       const struct mapi_fx_filter *filter)
{
	return write_message(rop, out, message, filter, 0);
}

void mapi_fx_write_time(struct fx_out *out, const struct mapi_bag *bag)
{
	const struct mapi_prop *have =
		mapi_bag_get(bag, PidTagLastModificationTime);
	struct mapi_prop prop = { .tag = PidTagLastModificationTime };

	/* of mail that nobody changed the time at which it came */
	if (have == NULL)
		have = mapi_bag_get(bag, PidTagMessageDeliveryTime);
	if (have == NULL)
		have = mapi_bag_get(bag, PidTagCreationTime);
	if (have != NULL)
		prop.v = have->v;
	else
		prop.v.i = mapi_time(0);
	(void)fx_out_prop(out, &prop);
}
