/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message as mail (MS-OXCMAIL 2.1.3): headers that differ from what the previous mail
   says, body and attachments if they do. */

#include "lib.h"
#include "base64.h"
#include "istream.h"
#include "message-date.h"
#include "dovetail-compose.h"
#include "mail-private.h"
#include "mail-write.h"

#define HEADERS_MAX 200

static const mapi_tag_t body_tags[] = {
	PidTagBody, PidTagHtml, PidTagRtfCompressed, 0
};

void mail_header_set(struct mail_writer *w, const char *name,
		     const char *value, unsigned int kind)
{
	struct mime_build_header *header = array_append_space(&w->headers);

	header->name = p_strdup(w->pool, name);
	header->value = value == NULL || *value == '\0' ? NULL :
		p_strdup(w->pool, value);
	header->kind = kind;
}

/* --- people --- */

static bool role_differs(struct mail_writer *w, const struct conv_role *role)
{
	mapi_tag_t tags[] = { role->name, role->addrtype, role->email,
			      role->entry_id, 0 };

	return conv_differs_any(w->now, w->before, tags) ||
		(role->smtp != 0 && conv_differs(w->now, w->before, role->smtp));
}

static void set_address(struct mail_writer *w, const char *name,
			const struct conv_address *address)
{
	string_t *str = t_str_new(128);

	conv_address_append(str, address);
	mail_header_set(w, name, str_c(str), MIME_BUILD_ADDRESSES);
}

/* 2.1.3.1.1, 2.1.3.1.2 */
static void write_sender(struct mail_writer *w)
{
	struct conv_address from, sender;
	bool have_from, have_sender;

	if (!role_differs(w, &conv_representing) &&
	    !role_differs(w, &conv_sender))
		return;
	have_from = conv_role_get(w->conv, w->now, &conv_representing, &from);
	have_sender = conv_role_get(w->conv, w->now, &conv_sender, &sender);
	if (!have_from && have_sender) {
		from = sender;
		have_from = TRUE;
	}
	if (!have_from) {
		if (w->conv->owner_smtp == NULL)
			return;
		from.smtp = w->conv->owner_smtp;
		from.name = w->conv->owner_name == NULL ? "" :
			w->conv->owner_name;
	}
	set_address(w, "From", &from);
	if (have_sender && strcasecmp(sender.smtp, from.smtp) != 0)
		set_address(w, "Sender", &sender);
	else
		mail_header_set(w, "Sender", NULL, MIME_BUILD_RAW);
}

static bool recipients_differ(struct mail_writer *w)
{
	static const mapi_tag_t tags[] = {
		PidTagRecipientType, PidTagDisplayName, PidTagEmailAddress,
		PidTagSmtpAddress, 0
	};
	const struct mapi_message *now = w->set->msg;
	unsigned int i, count = array_count(&now->recipients);

	if (w->previous == NULL)
		return count > 0;
	if (count != array_count(&w->previous->recipients))
		return TRUE;
	for (i = 0; i < count; i++) {
		if (conv_differs_any(array_idx(&now->recipients, i),
				     array_idx(&w->previous->recipients, i),
				     tags))
			return TRUE;
	}
	return FALSE;
}

static void write_recipients_of(struct mail_writer *w, const char *name,
				int type)
{
	string_t *str = t_str_new(256);
	const struct mapi_bag *rcpt;
	struct conv_address address;

	array_foreach(&w->set->msg->recipients, rcpt) {
		if ((mapi_bag_get_int(rcpt, PidTagRecipientType, RECIP_TO) &
		     0xf) == type &&
		    conv_role_get(w->conv, rcpt, &conv_recipient, &address))
			conv_address_append(str, &address);
	}
	mail_header_set(w, name, str_c(str), MIME_BUILD_ADDRESSES);
}

static void write_recipients(struct mail_writer *w)
{
	if (!recipients_differ(w))
		return;
	write_recipients_of(w, "To", RECIP_TO);
	write_recipients_of(w, "Cc", RECIP_CC);
	write_recipients_of(w, "Bcc", RECIP_BCC);
}

/* FlatEntryList (MS-OXCDATA 2.3.3) */
static void write_reply_to(struct mail_writer *w)
{
	const struct mapi_blob *blob;
	struct conv_address address;
	struct mapi_entry_id id;
	struct mapi_blob entry;
	struct mapi_in in;
	string_t *str = t_str_new(128);
	uint32_t count;
	pool_t pool = pool_datastack_create();

	if (!conv_differs(w->now, w->before, PidTagReplyRecipientEntries))
		return;
	blob = mapi_bag_get_bin(w->now, PidTagReplyRecipientEntries);
	if (blob != NULL) {
		mapi_in_init(&in, MAPI_FORM_ROP, pool, blob->data, blob->size);
		count = mapi_in_u32(&in);
		(void)mapi_in_u32(&in);
		while (count-- > 0 && mapi_in_left(&in) > 4) {
			entry.size = mapi_in_u32(&in);
			entry.data = mapi_in_bytes(&in, entry.size);
			if (entry.data == NULL)
				break;
			(void)mapi_in_bytes(&in, I_MIN((4 - entry.size % 4) % 4,
						       mapi_in_left(&in)));
			address.smtp = mapiconv_smtp_of(w->conv, NULL, NULL,
							&entry);
			address.name = "";
			if (mapi_entry_id_parse(entry.data, entry.size, pool,
						&id) > 0 && id.name != NULL)
				address.name = id.name;
			if (address.smtp != NULL)
				conv_address_append(str, &address);
		}
	}
	mail_header_set(w, "Reply-To", str_c(str), MIME_BUILD_ADDRESSES);
}

/* --- what one property is one header --- */

static void write_text(struct mail_writer *w, mapi_tag_t tag, const char *name,
		       unsigned int kind)
{
	if (conv_differs(w->now, w->before, tag))
		mail_header_set(w, name, mapi_bag_get_str(w->now, tag), kind);
}

static void write_date(struct mail_writer *w, mapi_tag_t tag, const char *name)
{
	time_t t = mapi_bag_get_time(w->now, tag);

	if (conv_differs(w->now, w->before, tag))
		mail_header_set(w, name,
				t == 0 ? NULL : message_date_create(t),
				MIME_BUILD_RAW);
}

static void write_subject(struct mail_writer *w)
{
	static const mapi_tag_t tags[] = {
		PidTagSubject, PidTagSubjectPrefix, PidTagNormalizedSubject, 0
	};
	const struct mapi_blob *index;
	string_t *str = t_str_new(128);

	if (conv_differs_any(w->now, w->before, tags))
		mail_header_set(w, "Subject", conv_subject_get(w->now),
				MIME_BUILD_TEXT);
	write_text(w, PidTagConversationTopic, "Thread-Topic", MIME_BUILD_TEXT);
	if (!conv_differs(w->now, w->before, PidTagConversationIndex))
		return;
	index = mapi_bag_get_bin(w->now, PidTagConversationIndex);
	if (index != NULL && index->size >= 22 &&
	    index->size <= MIME_CONVERSATION_INDEX_MAX_LEN) {
		base64_encode(index->data, index->size, str);
		mail_header_set(w, "Thread-Index", str_c(str), MIME_BUILD_RAW);
	}
}

static void write_importance(struct mail_writer *w)
{
	static const char *const importance[] = { "low", NULL, "high" };
	static const char *const sensitivity[] = {
		NULL, "Personal", "Private", "Company-Confidential"
	};
	int64_t v;

	if (conv_differs(w->now, w->before, PidTagImportance)) {
		v = mapi_bag_get_int(w->now, PidTagImportance, 1);
		if (v >= 0 && v < (int64_t)N_ELEMENTS(importance)) {
			mail_header_set(w, "Importance", importance[v],
					MIME_BUILD_RAW);
			mail_header_set(w, "X-Priority", v == 2 ? "1" :
					v == 0 ? "5" : NULL, MIME_BUILD_RAW);
			mail_header_set(w, "Priority", NULL, MIME_BUILD_RAW);
		}
	}
	if (conv_differs(w->now, w->before, PidTagSensitivity)) {
		v = mapi_bag_get_int(w->now, PidTagSensitivity, 0);
		if (v >= 0 && v < (int64_t)N_ELEMENTS(sensitivity))
			mail_header_set(w, "Sensitivity", sensitivity[v],
					MIME_BUILD_RAW);
	}
}

/* 2.1.3.2.15, 2.1.3.2.16: to whom the sender wants it, else himself */
static void write_receipts(struct mail_writer *w)
{
	static const struct conv_role role = {
		PidTagReadReceiptName, PidTagReadReceiptAddressType,
		PidTagReadReceiptEmailAddress, PidTagReadReceiptSmtpAddress,
		PidTagReadReceiptEntryId, PidTagReadReceiptSearchKey,
	};
	static const struct {
		mapi_tag_t tag;
		const char *name;
	} kinds[] = {
		{ PidTagReadReceiptRequested, "Disposition-Notification-To" },
		{ PidTagOriginatorDeliveryReportRequested,
		  "Return-Receipt-To" },
	};
	struct conv_address address;
	unsigned int i;
	bool have;

	have = conv_role_get(w->conv, w->now, &role, &address) ||
		conv_role_get(w->conv, w->now, &conv_representing, &address) ||
		conv_role_get(w->conv, w->now, &conv_sender, &address);
	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		if (!conv_differs(w->now, w->before, kinds[i].tag))
			continue;
		if (have && mapi_bag_get_bool(w->now, kinds[i].tag, FALSE))
			set_address(w, kinds[i].name, &address);
		else if (w->previous != NULL)
			mail_header_set(w, kinds[i].name, NULL, MIME_BUILD_RAW);
	}
}

static void write_suppress(struct mail_writer *w)
{
	static const char *const words[] = {
		"DR", "NDR", "RN", "NRN", "OOF", "AutoReply"
	};
	string_t *str = t_str_new(64);
	uint32_t bits;
	unsigned int i;

	if (!conv_differs(w->now, w->before, PidTagAutoResponseSuppress))
		return;
	bits = mapi_bag_get_int(w->now, PidTagAutoResponseSuppress, 0);
	for (i = 0; i < N_ELEMENTS(words); i++) {
		if ((bits & (1U << i)) != 0)
			str_printfa(str, "%s%s", str_len(str) > 0 ? ", " : "",
				    words[i]);
	}
	mail_header_set(w, "X-Auto-Response-Suppress",
			bits == 0xffffffff ? "All" : str_c(str),
			MIME_BUILD_RAW);
}

static void write_keywords(struct mail_writer *w)
{
	if (conv_differs(w->now, w->before, PidNameKeywords))
		mail_header_set(w, "Keywords", t_strarray_join(
			conv_get_strings(w->now, PidNameKeywords), ", "),
			MIME_BUILD_TEXT);
	if (conv_differs(w->now, w->before, PidNameContentClass))
		mail_header_set(w, "Content-Class",
				mapi_bag_get_str(w->now, PidNameContentClass),
				MIME_BUILD_RAW);
}

/* "x-..." of letters, digits and hyphens: nothing else may be set this way */
static bool is_own_header(const char *name)
{
	if (strncasecmp(name, "x-", 2) != 0 || strlen(name) > 80 ||
	    strncasecmp(name, "x-ms-exchange-organization-", 27) == 0)
		return FALSE;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

/* PS_INTERNET_HEADERS (2.1.3.2.9) */
static void write_named(struct mail_writer *w)
{
	const struct mapi_prop *prop;
	const struct mapi_name *name;
	struct mapi_name fixed;
	uint16_t id;

	array_foreach(&w->now->props, prop) {
		id = MAPI_TAG_ID(prop->tag);
		if (id < MAPI_NAMED_FIRST || array_count(&w->headers) > HEADERS_MAX ||
		    MAPI_TAG_TYPE(prop->tag) != PTYP_STRING ||
		    !conv_differs(w->now, w->before, prop->tag))
			continue;
		name = NULL;
		if (mapi_static_name(id, &fixed))
			name = &fixed;
		else if (w->conv->name_of_id != NULL)
			name = w->conv->name_of_id(w->conv->names_context, id);
		if (name == NULL || name->name == NULL ||
		    memcmp(name->guid, PS_INTERNET_HEADERS,
			   sizeof(name->guid)) != 0 ||
		    !is_own_header(name->name))
			continue;
		mail_header_set(w, name->name, prop->v.s, MIME_BUILD_TEXT);
	}
}

static void write_headers(struct mail_writer *w)
{
	write_sender(w);
	write_recipients(w);
	write_reply_to(w);
	write_subject(w);
	write_date(w, PidTagClientSubmitTime, "Date");
	write_text(w, PidTagInternetMessageId, "Message-ID", MIME_BUILD_RAW);
	write_text(w, PidTagInReplyToId, "In-Reply-To", MIME_BUILD_RAW);
	write_text(w, PidTagInternetReferences, "References", MIME_BUILD_RAW);
	write_importance(w);
	write_receipts(w);
	write_date(w, PidTagExpiryTime, "Expiry-Date");
	write_date(w, PidTagReplyTime, "Reply-By");
	if (!w->set->submit)
		write_date(w, PidTagDeferredSendTime, "Deferred-Delivery");
	write_suppress(w);
	write_text(w, PidTagListHelp, "List-Help", MIME_BUILD_RAW);
	write_text(w, PidTagListSubscribe, "List-Subscribe", MIME_BUILD_RAW);
	write_text(w, PidTagListUnsubscribe, "List-Unsubscribe",
		   MIME_BUILD_RAW);
	write_keywords(w);
	write_named(w);
}

/* --- body --- */

struct istream *mail_writer_stream(struct mail_writer *w, struct istream *input)
{
	array_push_back(&w->streams, &input);
	return input;
}

static void write_body(struct mail_writer *w)
{
	struct conv_body body;
	struct mapi_bag set;
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;

	/* what was not set is not in the bag (bodies are asked for) */
	mapi_bag_init(&set, w->pool);
	for (tag = body_tags; *tag != 0; tag++) {
		prop = mapi_bag_get(w->now, *tag);
		if (prop != NULL)
			mapi_bag_set(&set, prop->tag, &prop->v);
	}
	prop = mapi_bag_get(w->now, PidTagInternetCodepage);
	if (prop != NULL)
		mapi_bag_set(&set, prop->tag, &prop->v);
	if (!conv_body_get(&set, w->pool, &body))
		return;
	w->build.set_body = TRUE;
	if (body.plain != NULL)
		w->build.plain = mail_writer_stream(w,
			i_stream_create_from_data(body.plain, body.plain_size));
	if (body.html != NULL)
		w->build.html = mail_writer_stream(w,
			i_stream_create_from_data(body.html, body.html_size));
}

/* --- attachments --- */

static const char *attach_name(const struct mapi_bag *bag)
{
	static const mapi_tag_t tags[] = {
		PidTagAttachLongFilename, PidTagAttachFilename,
		PidTagDisplayName, PidTagAttachTransportName, 0
	};
	const mapi_tag_t *tag;
	const char *name;

	for (tag = tags; *tag != 0; tag++) {
		name = mapi_bag_get_str(bag, *tag);
		if (name != NULL && *name != '\0')
			return name;
	}
	return "attachment";
}

static bool items_changed(struct mail_writer *w)
{
	const struct mapi_message *now = w->set->msg;
	struct mapi_attachment *attach, *other;

	if (w->previous == NULL)
		return array_count(&now->attachments) > 0;
	if (array_count(&now->attachments) !=
	    array_count(&w->previous->attachments))
		return TRUE;
	array_foreach_elem(&now->attachments, attach) {
		other = mapi_message_find_attachment(w->previous, attach->num);
		if (other == NULL ||
		    null_strcmp(attach->part_id, other->part_id) != 0 ||
		    conv_differs(&attach->props, &other->props,
				 PidTagAttachLongFilename))
			return TRUE;
	}
	return FALSE;
}

/* A contact or appointment inside becomes the file that other programs read */
static int embedded_item(struct mail_writer *w, struct mapi_message *inner,
			 enum mapiconv_kind kind,
			 struct mime_draft_attachment *add)
{
	bool contact = kind == MAPICONV_CONTACT;
	const char *text;

	if (mapiconv_item_write(w->conv, kind, inner, NULL, w->pool, &text,
				NULL, w->error_r) < 0)
		return -1;
	add->content = mail_writer_stream(w,
		i_stream_create_from_data(text, strlen(text)));
	add->content_type = contact ? "text/vcard" : "text/calendar";
	add->display_name = p_strconcat(w->pool, add->display_name,
					contact ? ".vcf" : ".ics", NULL);
	return 1;
}

static int embedded_mail(struct mail_writer *w, struct mapi_attachment *attach,
			 struct mime_draft_attachment *add)
{
	struct mapiconv_mail_write inner;
	struct mapi_message *msg;
	enum mapiconv_kind kind;
	struct istream *output;
	int ret;

	ret = mapi_attachment_open_message(attach, &msg, w->error_r);
	if (ret <= 0)
		return ret;
	kind = mapiconv_kind_of_class(mapi_bag_get_str(&msg->props,
						       PidTagMessageClass));
	if (kind == MAPICONV_CONTACT || kind == MAPICONV_EVENT ||
	    kind == MAPICONV_TASK)
		return embedded_item(w, msg, kind, add);
	if (w->depth >= MAIL_WRITE_MAX_DEPTH)
		return 0;
	i_zero(&inner);
	inner.msg = msg;
	if (mail_write(w->conv, &inner, w->pool, w->depth + 1, &output,
		       w->error_r) < 0)
		return -1;
	add->content = mail_writer_stream(w, output);
	add->is_message = TRUE;
	add->display_name = p_strconcat(w->pool, add->display_name, ".eml",
					NULL);
	return 1;
}

/* 1; 0: nothing that goes into a mail; -1 */
static int write_item(struct mail_writer *w, struct mapi_attachment *attach,
		      struct mime_build_item *item)
{
	const struct mapi_bag *bag = &attach->props;
	const char *cid = mapi_bag_get_str(bag, PidTagAttachContentId);
	struct istream *input;
	int ret;

	if (attach->part_id != NULL && w->previous != NULL) {
		item->part_id = attach->part_id;
		return 1;
	}
	/* occurrences of a series are told by the calendar part */
	if ((mapi_bag_get_int(bag, PidTagAttachmentFlags, 0) & 2) != 0)
		return 0;
	item->add.display_name = p_strdup(w->pool, attach_name(bag));
	item->add.content_type = p_strdup(w->pool,
		mapi_bag_get_str(bag, PidTagAttachMimeTag));
	if (cid != NULL && *cid != '\0')
		item->add.content_id = p_strdup(w->pool, cid);
	item->add.is_inline = item->add.content_id != NULL &&
		((mapi_bag_get_int(bag, PidTagAttachFlags, 0) & 4) != 0 ||
		 mapi_bag_get_bool(bag, PidTagAttachmentHidden, FALSE));
	if (mapi_bag_get_int(bag, PidTagAttachMethod, 0) ==
	    MAPI_ATTACH_EMBEDDED)
		return embedded_mail(w, attach, &item->add);
	ret = mapi_attachment_open(attach, &input, w->error_r);
	if (ret > 0)
		item->add.content = mail_writer_stream(w, input);
	return ret;
}

static int write_items(struct mail_writer *w)
{
	struct mapi_attachment *attach;
	struct mime_build_item *items;
	unsigned int count = 0;
	int ret;

	if (!items_changed(w))
		return 0;
	items = p_new(w->pool, struct mime_build_item,
		      array_count(&w->set->msg->attachments) + 1);
	array_foreach_elem(&w->set->msg->attachments, attach) {
		ret = write_item(w, attach, &items[count]);
		if (ret < 0)
			return -1;
		if (ret > 0)
			count++;
		else
			i_zero(&items[count]);
	}
	w->build.set_items = TRUE;
	w->build.items = items;
	w->build.items_count = count;
	return 0;
}

/* --- S/MIME (MS-OXOSMIME 2.1): the attachment is the body --- */

/* 1: done; 0: it is none */
static int write_smime(struct mail_writer *w)
{
	const char *class = mapi_bag_get_str(w->now, PidTagMessageClass);
	struct mapi_attachment *attach;
	struct istream *input;
	const char *type;
	int ret;

	if (!conv_class_is(class, "IPM.Note.SMIME") ||
	    array_count(&w->set->msg->attachments) != 1)
		return 0;
	attach = array_idx_elem(&w->set->msg->attachments, 0);
	if (w->previous != NULL && attach->open != NULL &&
	    attach->part_id == NULL && !items_changed(w))
		return 1;
	if (w->previous != NULL && attach->part_id != NULL)
		return 1;
	ret = mapi_attachment_open(attach, &input, w->error_r);
	if (ret <= 0)
		return ret;
	input = mail_writer_stream(w, input);
	type = conv_get_text(&attach->props, PidTagAttachMimeTag);
	if (conv_class_is(class, "IPM.Note.SMIME.MultipartSigned") ||
	    strncasecmp(type, "multipart/", 10) == 0) {
		w->build.entity = input;
	} else {
		w->build.opaque = input;
		w->build.opaque_type = strstr(type, "pkcs7") != NULL &&
			strpbrk(type, "\r\n") == NULL ?
			p_strconcat(w->pool, type, "; name=\"smime.p7m\"",
				    NULL) :
			"application/pkcs7-mime; name=\"smime.p7m\"; "
			"smime-type=enveloped-data";
	}
	return 1;
}

/* --- all --- */

static int writer_previous(struct mail_writer *w)
{
	if (w->set->previous == NULL) {
		w->empty = mapi_message_new(w->pool);
		w->before = &w->empty->props;
		return 0;
	}
	if (mapiconv_mail_read(w->conv, w->set->previous, w->pool, &w->previous,
			       w->error_r) < 0)
		return -1;
	w->before = &w->previous->props;
	w->build.existing = w->set->previous->mime;
	return 0;
}

static int write_parts(struct mail_writer *w)
{
	int ret;

	ret = write_smime(w);
	if (ret != 0)
		return ret < 0 ? -1 : 0;
	ret = mail_report_write(w);
	if (ret != 0)
		return ret < 0 ? -1 : 0;
	write_body(w);
	if (write_items(w) < 0)
		return -1;
	return mail_meeting_write(w);
}

int mail_write_content(struct mail_writer *w)
{
	int ret;

	w->empty = mapi_message_new(w->pool);
	w->before = &w->empty->props;
	T_BEGIN {
		ret = write_parts(w);
	} T_END_PASS_STR_IF(ret < 0, w->error_r);
	return ret;
}

static bool build_changes(const struct mail_writer *w)
{
	return w->previous == NULL || w->build.headers_count > 0 ||
		w->build.set_body || w->build.set_items ||
		w->build.calendar != NULL || w->build.entity != NULL ||
		w->build.opaque != NULL;
}

static int writer_run(struct mail_writer *w, struct istream **output_r)
{
	enum mime_compose_error code;
	int ret;

	if (writer_previous(w) < 0)
		return -1;
	T_BEGIN {
		write_headers(w);
		ret = write_parts(w);
	} T_END_PASS_STR_IF(ret < 0, w->error_r);
	if (ret < 0)
		return -1;
	w->build.headers = array_count(&w->headers) == 0 ? NULL :
		array_front(&w->headers);
	w->build.headers_count = array_count(&w->headers);
	w->build.now = w->conv->now;
	w->build.hostname = w->conv->hostname;
	w->build.embedded = w->depth > 0;
	if (!build_changes(w))
		return 0;
	return mime_build(w->pool, &w->build, output_r, &code,
			  w->error_r) < 0 ? -1 : 1;
}

int mail_write(const struct mapiconv *conv,
	       const struct mapiconv_mail_write *set, pool_t pool,
	       unsigned int depth, struct istream **output_r,
	       const char **error_r)
{
	struct mail_writer w = {
		.conv = conv, .set = set, .pool = pool, .error_r = error_r,
		.now = &set->msg->props, .depth = depth,
	};
	struct istream *input;
	int ret;

	p_array_init(&w.headers, pool, 32);
	p_array_init(&w.streams, pool, 8);
	ret = writer_run(&w, output_r);
	/* the result has references of its own */
	array_foreach_elem(&w.streams, input)
		i_stream_unref(&input);
	if (w.previous != NULL)
		mapi_message_close(w.previous);
	return ret;
}

int mapiconv_mail_write(const struct mapiconv *conv,
			const struct mapiconv_mail_write *set, pool_t pool,
			struct istream **output_r, const char **error_r)
{
	return mail_write(conv, set, pool, 0, output_r, error_r);
}
