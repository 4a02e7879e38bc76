/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What lists of mails show (MS-OXCMAIL 2.2.3.1, 2.1.3.2): each group of properties
   is made of the same headers, and only made if one of them is wanted. */

#include "lib.h"
#include "message-date.h"
#include "mail-private.h"

#define CPID_UTF8 65001

struct list_group {
	const mapi_tag_t *tags;
	int (*set)(struct mail_reader *r);
};

int mail_need_facts(struct mail_reader *r)
{
	return r->facts != NULL ? 0 :
		mime_message_get_facts(r->mime, &r->facts, r->error_r);
}

int mail_need_structure(struct mail_reader *r)
{
	return r->structure != NULL ? 0 :
		mime_message_get_structure(r->mime, &r->structure, r->error_r);
}

int mail_header(struct mail_reader *r, const char *name, const char **value_r)
{
	return mime_message_get_header(r->mime, name, value_r, r->error_r);
}

/* --- subject, conversation --- */

static const mapi_tag_t subject_tags[] = {
	PidTagSubject, PidTagSubjectPrefix, PidTagNormalizedSubject,
	PidTagConversationTopic, 0
};

static int set_subject(struct mail_reader *r)
{
	if (mail_need_facts(r) < 0)
		return -1;
	conv_subject_set(r->bag, r->facts->subject);
	mapi_bag_set_str(r->bag, PidTagConversationTopic,
			 r->facts->thread_topic);
	return 0;
}

static const mapi_tag_t conversation_tags[] = {
	PidTagConversationId, PidTagConversationIndex,
	PidTagConversationIndexTracking, 0
};

static int set_conversation(struct mail_reader *r)
{
	unsigned char natural[MIME_CONVERSATION_ID_LEN];
	const unsigned char *id = r->mail->conversation_id;
	buffer_t *index = t_buffer_create(64);

	if (id == NULL) {
		if (mime_conversation_id(r->mime, natural, r->error_r) < 0)
			return -1;
		id = natural;
	}
	if (mime_conversation_index(r->mime, id, index, r->error_r) < 0)
		return -1;
	mapi_bag_set_bin(r->bag, PidTagConversationId, id,
			 MIME_CONVERSATION_ID_LEN);
	conv_set_buffer(r->bag, PidTagConversationIndex, index);
	mapi_bag_set_bool(r->bag, PidTagConversationIndexTracking, TRUE);
	return 0;
}

static const mapi_tag_t id_tags[] = {
	PidTagInternetMessageId, PidTagInReplyToId, PidTagInternetReferences, 0
};

static int set_ids(struct mail_reader *r)
{
	if (mail_need_facts(r) < 0)
		return -1;
	conv_set_text(r->bag, PidTagInternetMessageId, r->facts->message_id);
	conv_set_text(r->bag, PidTagInReplyToId, r->facts->in_reply_to);
	conv_set_text(r->bag, PidTagInternetReferences, r->facts->references);
	return 0;
}

/* --- people --- */

static int get_addresses(struct mail_reader *r, const char *name,
			 ARRAY_TYPE(conv_address) *dest)
{
	const char *const *values;

	t_array_init(dest, 8);
	if (mime_message_headers(r->mime, name, &values, r->error_r) < 0)
		return -1;
	conv_addresses_parse(pool_datastack_create(), values, dest);
	return 0;
}

static const mapi_tag_t sender_tags[] = {
	PidTagSenderName, PidTagSenderAddressType, PidTagSenderEmailAddress,
	PidTagSenderSmtpAddress, PidTagSenderEntryId, PidTagSenderSearchKey,
	PidTagSentRepresentingName, PidTagSentRepresentingAddressType,
	PidTagSentRepresentingEmailAddress, PidTagSentRepresentingSmtpAddress,
	PidTagSentRepresentingEntryId, PidTagSentRepresentingSearchKey, 0
};

/* MS-OXCMAIL 2.2.3.1.1.5 ff.: From is whom it represents, Sender who sent it; one
   alone is both */
static int set_sender(struct mail_reader *r)
{
	ARRAY_TYPE(conv_address) from, sender;
	const struct conv_address *address;

	if (get_addresses(r, "From", &from) < 0 ||
	    get_addresses(r, "Sender", &sender) < 0)
		return -1;
	address = array_count(&from) > 0 ? array_front(&from) :
		array_count(&sender) > 0 ? array_front(&sender) : NULL;
	if (address == NULL)
		return 0;
	conv_role_set(r->conv, r->bag, &conv_representing, address);
	if (array_count(&sender) > 0)
		address = array_front(&sender);
	conv_role_set(r->conv, r->bag, &conv_sender, address);
	return 0;
}

static const mapi_tag_t display_tags[] = {
	PidTagDisplayTo, PidTagDisplayCc, PidTagDisplayBcc,
	PidTagMessageToMe, PidTagMessageCcMe, PidTagMessageRecipientMe, 0
};

static int set_display_list(struct mail_reader *r, const char *name,
			    mapi_tag_t tag, bool *me_r)
{
	ARRAY_TYPE(conv_address) list;
	const struct conv_address *address;
	string_t *str = t_str_new(128);

	*me_r = FALSE;
	if (get_addresses(r, name, &list) < 0)
		return -1;
	array_foreach(&list, address) {
		if (str_len(str) > 0)
			str_append(str, "; ");
		str_append(str, conv_shown(address));
		if (r->conv->owner_smtp != NULL &&
		    strcasecmp(address->smtp, r->conv->owner_smtp) == 0)
			*me_r = TRUE;
	}
	mapi_bag_set_str(r->bag, tag, str_c(str));
	return 0;
}

static int set_display(struct mail_reader *r)
{
	bool to, cc, bcc;

	if (set_display_list(r, "To", PidTagDisplayTo, &to) < 0 ||
	    set_display_list(r, "Cc", PidTagDisplayCc, &cc) < 0 ||
	    set_display_list(r, "Bcc", PidTagDisplayBcc, &bcc) < 0)
		return -1;
	if (r->conv->owner_smtp == NULL)
		return 0;
	mapi_bag_set_bool(r->bag, PidTagMessageToMe, to);
	mapi_bag_set_bool(r->bag, PidTagMessageCcMe, cc);
	mapi_bag_set_bool(r->bag, PidTagMessageRecipientMe, to || cc || bcc);
	return 0;
}

static const mapi_tag_t received_tags[] = {
	PidTagReceivedByName, PidTagReceivedByAddressType,
	PidTagReceivedByEmailAddress, PidTagReceivedBySmtpAddress,
	PidTagReceivedByEntryId, PidTagReceivedBySearchKey,
	PidTagReceivedRepresentingName, PidTagReceivedRepresentingAddressType,
	PidTagReceivedRepresentingEmailAddress,
	PidTagReceivedRepresentingSmtpAddress,
	PidTagReceivedRepresentingEntryId, PidTagReceivedRepresentingSearchKey,
	0
};

static int set_received(struct mail_reader *r)
{
	struct conv_address owner = {
		.name = r->conv->owner_name == NULL ? "" : r->conv->owner_name,
		.smtp = r->conv->owner_smtp,
	};

	if (owner.smtp == NULL || r->mail->draft)
		return 0;
	conv_role_set(r->conv, r->bag, &conv_received_by, &owner);
	conv_role_set(r->conv, r->bag, &conv_received_representing, &owner);
	return 0;
}

static const mapi_tag_t reply_tags[] = {
	PidTagReplyRecipientEntries, PidTagReplyRecipientNames, 0
};

/* FlatEntryList (MS-OXCDATA 2.3.3): count, size, then sized ids on words */
static void flat_entries(struct mail_reader *r,
			 const ARRAY_TYPE(conv_address) *list, buffer_t *dest)
{
	const struct conv_address *address;
	buffer_t *id = t_buffer_create(256);

	mapi_out_u32(dest, array_count(list));
	mapi_out_u32(dest, 0);
	array_foreach(list, address) {
		buffer_set_used_size(id, 0);
		mapiconv_entry_id(r->conv, address->smtp, conv_shown(address),
				  id);
		mapi_out_u32(dest, id->used);
		buffer_append_buf(dest, id, 0, SIZE_MAX);
		while (dest->used % 4 != 0)
			buffer_append_c(dest, 0);
	}
	mapi_out_u32_at(dest, 4, dest->used - 8);
}

static int set_reply_to(struct mail_reader *r)
{
	ARRAY_TYPE(conv_address) list;
	const struct conv_address *address;
	string_t *names = t_str_new(128);
	buffer_t *flat = t_buffer_create(512);

	if (get_addresses(r, "Reply-To", &list) < 0)
		return -1;
	if (array_count(&list) == 0)
		return 0;
	array_foreach(&list, address) {
		if (str_len(names) > 0)
			str_append_c(names, ';');
		str_append(names, conv_shown(address));
	}
	flat_entries(r, &list, flat);
	conv_set_buffer(r->bag, PidTagReplyRecipientEntries, flat);
	mapi_bag_set_str(r->bag, PidTagReplyRecipientNames, str_c(names));
	return 0;
}

/* --- times --- */

static const mapi_tag_t time_tags[] = {
	PidTagClientSubmitTime, PidTagMessageDeliveryTime, PidTagCreationTime, 0
};

static int set_times(struct mail_reader *r)
{
	time_t received = r->mail->received;

	if (mail_need_facts(r) < 0)
		return -1;
	if (r->facts->date != 0)
		mapi_bag_set_time(r->bag, PidTagClientSubmitTime,
				  r->facts->date);
	if (received == 0)
		received = r->facts->date;
	if (received == 0)
		return 0;
	mapi_bag_set_time(r->bag, PidTagMessageDeliveryTime, received);
	mapi_bag_set_time(r->bag, PidTagCreationTime, received);
	return 0;
}

static int set_date(struct mail_reader *r, const char *header, mapi_tag_t tag)
{
	const char *value;
	time_t t;
	int tz;

	if (mail_header(r, header, &value) < 0)
		return -1;
	if (value != NULL &&
	    message_date_parse((const unsigned char *)value, strlen(value),
			       &t, &tz) && t > 0)
		mapi_bag_set_time(r->bag, tag, t);
	return 0;
}

static const mapi_tag_t date_tags[] = {
	PidTagExpiryTime, PidTagReplyTime, PidTagDeferredSendTime,
	PidTagReplyRequested, 0
};

/* MS-OXCMAIL 2.2.3.2.17, 2.2.3.2.18 */
static int set_dates(struct mail_reader *r)
{
	if (set_date(r, "Expiry-Date", PidTagExpiryTime) < 0 ||
	    set_date(r, "Expires", PidTagExpiryTime) < 0 ||
	    set_date(r, "Deferred-Delivery", PidTagDeferredSendTime) < 0 ||
	    set_date(r, "Reply-By", PidTagReplyTime) < 0)
		return -1;
	if (mapi_bag_get(r->bag, PidTagReplyTime) != NULL)
		mapi_bag_set_bool(r->bag, PidTagReplyRequested, TRUE);
	return 0;
}

/* --- class, importance, flags --- */

static const mapi_tag_t class_tags[] = {
	PidTagMessageClass, PidTagIconIndex, PidTagOriginalMessageClass, 0
};

static int set_class(struct mail_reader *r)
{
	int icon = r->mail->answered ? 0x105 : r->mail->forwarded ? 0x106 : -1;

	if (mail_need_structure(r) < 0)
		return -1;
	mapi_bag_set_str(r->bag, PidTagMessageClass,
			 r->structure->message_class);
	/* MS-OXCMSG 2.2.1.10 */
	if (icon == -1 && strncmp(r->structure->message_class,
				  "IPM.Schedule.Meeting.", 21) == 0)
		icon = 0x404;
	else if (icon == -1 && r->structure->secure == MIME_SECURE_SIGNED)
		icon = 0x110;
	else if (icon == -1 && r->structure->secure == MIME_SECURE_OPAQUE)
		icon = 0x111;
	else if (icon == -1)
		icon = r->mail->draft ? 0x103 : r->mail->seen ? 0x100 : 0x101;
	mapi_bag_set_int(r->bag, PidTagIconIndex, icon);
	return 0;
}

static const mapi_tag_t importance_tags[] = {
	PidTagImportance, PidTagPriority, PidTagSensitivity, 0
};

static int set_importance(struct mail_reader *r)
{
	static const char *const words[] = {
		"personal", "private", "company-confidential"
	};
	const char *value;
	unsigned int i;

	if (mail_need_facts(r) < 0 || mail_header(r, "Sensitivity", &value) < 0)
		return -1;
	mapi_bag_set_int(r->bag, PidTagImportance, r->facts->importance);
	mapi_bag_set_int(r->bag, PidTagPriority,
			 (int)r->facts->importance - 1);
	mapi_bag_set_int(r->bag, PidTagSensitivity, 0);
	for (i = 0; value != NULL && i < N_ELEMENTS(words); i++) {
		if (strcasecmp(value, words[i]) == 0)
			mapi_bag_set_int(r->bag, PidTagSensitivity, i + 1);
	}
	return 0;
}

static bool has_attachments(const struct mime_structure *s)
{
	unsigned int i;

	for (i = 0; i < s->attachments_count; i++) {
		if (!s->attachments[i].is_inline)
			return TRUE;
	}
	return s->secure == MIME_SECURE_OPAQUE ||
		s->secure == MIME_SECURE_SIGNED;
}

static const mapi_tag_t flag_tags[] = {
	PidTagMessageFlags, PidTagHasAttachments, PidTagRead, 0
};

static int set_flags(struct mail_reader *r)
{
	const struct mapiconv_mail *mail = r->mail;
	ARRAY_TYPE(conv_address) from;
	const struct conv_address *author;
	unsigned int flags = MSGFLAG_UNMODIFIED;

	if (mail_need_structure(r) < 0 || get_addresses(r, "From", &from) < 0)
		return -1;
	if (mail->seen)
		flags |= MSGFLAG_READ;
	if (mail->draft) {
		flags |= MSGFLAG_UNSENT;
		flags &= ~(unsigned int)MSGFLAG_UNMODIFIED;
	}
	if (has_attachments(r->structure))
		flags |= MSGFLAG_HASATTACH;
	author = array_count(&from) > 0 ? array_front(&from) : NULL;
	if (author != NULL && r->conv->owner_smtp != NULL &&
	    strcasecmp(author->smtp, r->conv->owner_smtp) == 0)
		flags |= MSGFLAG_FROMME;
	mapi_bag_set_int(r->bag, PidTagMessageFlags, flags);
	mapi_bag_set_bool(r->bag, PidTagHasAttachments,
			  (flags & MSGFLAG_HASATTACH) != 0);
	mapi_bag_set_bool(r->bag, PidTagRead, mail->seen);
	return 0;
}

static const mapi_tag_t state_tags[] = {
	PidTagFlagStatus, PidTagFollowupIcon, PidTagLastVerbExecuted,
	PidTagMessageSize, PidTagMessageSizeExtended, PidTagMessageStatus, 0
};

static int set_state(struct mail_reader *r)
{
	const struct mapiconv_mail *mail = r->mail;
	uoff_t size = I_MIN(mail->size, INT32_MAX);

	/* 2: flagged, red (MS-OXOFLAG 2.2.1.1, 2.2.1.2) */
	if (mail->flagged) {
		mapi_bag_set_int(r->bag, PidTagFlagStatus, 2);
		mapi_bag_set_int(r->bag, PidTagFollowupIcon, 6);
	}
	/* MS-OXOMSG 2.2.1.10: 102 reply to sender, 104 forward */
	if (mail->answered)
		mapi_bag_set_int(r->bag, PidTagLastVerbExecuted, 102);
	else if (mail->forwarded)
		mapi_bag_set_int(r->bag, PidTagLastVerbExecuted, 104);
	mapi_bag_set_int(r->bag, PidTagMessageSize, size);
	mapi_bag_set_int(r->bag, PidTagMessageSizeExtended, mail->size);
	mapi_bag_set_int(r->bag, PidTagMessageStatus, 0);
	return 0;
}

static const mapi_tag_t receipt_tags[] = {
	PidTagReadReceiptRequested, PidTagNonReceiptNotificationRequested,
	PidTagOriginatorDeliveryReportRequested, PidTagReadReceiptEntryId,
	PidTagReadReceiptSearchKey, PidTagReadReceiptAddressType,
	PidTagReadReceiptEmailAddress, PidTagReadReceiptName,
	PidTagReadReceiptSmtpAddress, 0
};

/* MS-OXCMAIL 2.2.3.2.20, 2.2.3.2.21 */
static int set_receipts(struct mail_reader *r)
{
	static const struct conv_role role = {
		PidTagReadReceiptName, PidTagReadReceiptAddressType,
		PidTagReadReceiptEmailAddress, PidTagReadReceiptSmtpAddress,
		PidTagReadReceiptEntryId, PidTagReadReceiptSearchKey,
	};
	ARRAY_TYPE(conv_address) list;
	const char *value;
	bool wanted;

	if (get_addresses(r, "Disposition-Notification-To", &list) < 0 ||
	    mail_header(r, "Return-Receipt-To", &value) < 0)
		return -1;
	wanted = array_count(&list) > 0;
	/* one that was given already is not asked for again */
	mapi_bag_set_bool(r->bag, PidTagReadReceiptRequested,
			  wanted && !r->mail->mdn_sent);
	mapi_bag_set_bool(r->bag, PidTagNonReceiptNotificationRequested,
			  wanted && !r->mail->mdn_sent);
	mapi_bag_set_bool(r->bag, PidTagOriginatorDeliveryReportRequested,
			  value != NULL);
	if (wanted)
		conv_role_set(r->conv, r->bag, &role, array_front(&list));
	return 0;
}

static const mapi_tag_t body_tags[] = {
	PidTagInternetCodepage, PidTagNativeBody, PidTagMessageEditorFormat,
	PidTagRtfInSync, 0
};

static int set_body(struct mail_reader *r)
{
	bool html;

	if (mail_need_structure(r) < 0)
		return -1;
	html = r->structure->native_type == MIME_BODY_HTML;
	/* PidTagHtml is given in UTF-8 whatever the part was in */
	mapi_bag_set_int(r->bag, PidTagInternetCodepage, CPID_UTF8);
	mapi_bag_set_int(r->bag, PidTagNativeBody,
			 html ? CONV_NATIVE_HTML : CONV_NATIVE_PLAIN);
	mapi_bag_set_int(r->bag, PidTagMessageEditorFormat, html ? 2 : 1);
	mapi_bag_set_bool(r->bag, PidTagRtfInSync, FALSE);
	return 0;
}

static const mapi_tag_t header_tags[] = {
	PidTagListHelp, PidTagListSubscribe, PidTagListUnsubscribe,
	PidTagAutoResponseSuppress, PidTagAutoForwarded, PidTagBodyContentId,
	PidTagBodyContentLocation, 0
};

/* MS-OXCMAIL 2.2.3.2.14 */
static unsigned int suppress_bits(const char *value)
{
	static const struct {
		const char *word;
		unsigned int bit;
	} bits[] = {
		{ "DR", 1 }, { "NDR", 2 }, { "RN", 4 }, { "NRN", 8 },
		{ "OOF", 16 }, { "AutoReply", 32 },
	};
	const char *const *words = t_strsplit_spaces(value, ", ");
	unsigned int i, all = 0;

	for (; *words != NULL; words++) {
		if (strcasecmp(*words, "All") == 0)
			return 0xffffffff;
		for (i = 0; i < N_ELEMENTS(bits); i++) {
			if (strcasecmp(*words, bits[i].word) == 0)
				all |= bits[i].bit;
		}
	}
	return all;
}

static int set_headers(struct mail_reader *r)
{
	static const struct {
		const char *name;
		mapi_tag_t tag;
	} texts[] = {
		{ "List-Help", PidTagListHelp },
		{ "List-Subscribe", PidTagListSubscribe },
		{ "List-Unsubscribe", PidTagListUnsubscribe },
		{ "Content-ID", PidTagBodyContentId },
		{ "Content-Location", PidTagBodyContentLocation },
	};
	const char *value;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		if (mail_header(r, texts[i].name, &value) < 0)
			return -1;
		conv_set_text(r->bag, texts[i].tag, value);
	}
	if (mail_header(r, "X-Auto-Response-Suppress", &value) < 0)
		return -1;
	if (value != NULL) {
		mapi_bag_set_int(r->bag, PidTagAutoResponseSuppress,
				 (int32_t)suppress_bits(value));
	}
	if (mail_header(r, "X-MS-Exchange-Organization-AutoForwarded",
			&value) < 0)
		return -1;
	if (value != NULL)
		mapi_bag_set_bool(r->bag, PidTagAutoForwarded,
				  strcasecmp(value, "true") == 0);
	return 0;
}

static const struct list_group groups[] = {
	{ subject_tags, set_subject },
	{ conversation_tags, set_conversation },
	{ id_tags, set_ids },
	{ sender_tags, set_sender },
	{ display_tags, set_display },
	{ received_tags, set_received },
	{ reply_tags, set_reply_to },
	{ time_tags, set_times },
	{ date_tags, set_dates },
	{ class_tags, set_class },
	{ importance_tags, set_importance },
	{ flag_tags, set_flags },
	{ state_tags, set_state },
	{ receipt_tags, set_receipts },
	{ body_tags, set_body },
	{ header_tags, set_headers },
};

static bool group_wanted(const struct list_group *group, const mapi_tag_t *tags,
			 unsigned int count)
{
	const mapi_tag_t *tag;

	for (tag = group->tags; *tag != 0; tag++) {
		if (conv_wants(tags, count, *tag))
			return TRUE;
	}
	return FALSE;
}

int mail_list(struct mail_reader *r, const mapi_tag_t *tags,
	      unsigned int tags_count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < N_ELEMENTS(groups) && ret == 0; i++) {
		if (!group_wanted(&groups[i], tags, tags_count))
			continue;
		T_BEGIN {
			ret = groups[i].set(r);
		} T_END_PASS_STR_IF(ret < 0, r->error_r);
	}
	return ret;
}

bool mapiconv_mail_lists(mapi_tag_t tag)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(groups); i++) {
		if (group_wanted(&groups[i], &tag, 1))
			return TRUE;
	}
	return FALSE;
}

int mapiconv_mail_list(const struct mapiconv *conv,
		       const struct mapiconv_mail *mail,
		       const mapi_tag_t *tags, unsigned int tags_count,
		       struct mapi_bag *bag, const char **error_r)
{
	struct mail_reader r = {
		.conv = conv, .mail = mail, .mime = mail->mime, .bag = bag,
		.error_r = error_r,
	};

	return mail_list(&r, tags, tags_count);
}
