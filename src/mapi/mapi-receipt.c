/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Read receipts (MS-OXCMSG 3.2.5.12, MS-OXOMSG 3.2.5.3; RFC 8098): sent when a client
   marks a message read and does not suppress it; once, as $MDNSent remembers for all
   clients. */

#include "mapi.h"
#include "guid.h"
#include "hostpid.h"
#include "istream.h"
#include "message-address.h"
#include "message-date.h"
#include "message-header-encode.h"
#include "mapi-flags.h"
#include "dovetail-submit.h"

#define READ_CLEAR_NOTIFY_READ 0x20
#define READ_CLEAR_NOTIFY_UNREAD 0x40

struct receipt {
	struct mapi_rop *rop;
	struct mapi_mail_reader *reader;
	/* local@domain of who asked */
	const char *to;
	const char *subject, *message_id;
};

/* One plain address: more than one, or none, and nothing is sent (RFC 8098 2.1) */
static const char *receipt_address(struct mapi_rop *rop, const char *value)
{
	const struct message_address *addr;

	addr = message_address_parse(rop->pool, (const unsigned char *)value,
				     strlen(value), 2, 0);
	if (addr == NULL || addr->next != NULL || addr->mailbox == NULL ||
	    addr->domain == NULL || *addr->mailbox == '\0' ||
	    *addr->domain == '\0')
		return NULL;
	return p_strconcat(rop->pool, addr->mailbox, "@", addr->domain, NULL);
}

static bool receipt_wanted(struct receipt *receipt)
{
	struct mime_message *mime = receipt->reader->mail.mime;
	const char *value, *error;

	if (receipt->reader->mail.mdn_sent || receipt->reader->mail.seen)
		return FALSE;
	if (mime_message_get_header(mime, "Disposition-Notification-To",
				    &value, &error) < 0 || value == NULL)
		return FALSE;
	receipt->to = receipt_address(receipt->rop, value);
	if (mime_message_get_header(mime, "Message-ID", &receipt->message_id,
				    &error) < 0 ||
	    mime_message_get_header(mime, "Subject", &receipt->subject,
				    &error) < 0)
		return FALSE;
	return receipt->to != NULL;
}

static void out_header(string_t *out, struct receipt *receipt,
		       const char *boundary)
{
	const struct store_settings *set =
		store_get_settings(receipt->rop->store);
	guid_128_t guid;

	guid_128_generate(guid);
	str_append(out, "From: ");
	if (set->display_name != NULL && *set->display_name != '\0') {
		message_header_encode(set->display_name, out);
		str_append_c(out, ' ');
	}
	str_printfa(out, "<%s>\r\nTo: <%s>\r\nSubject: ", set->address,
		    receipt->to);
	message_header_encode(t_strconcat("Read: ", receipt->subject == NULL ?
					  "" : receipt->subject, NULL), out);
	str_printfa(out, "\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n",
		    message_date_create(time(NULL)),
		    guid_128_to_string(guid), my_hostdomain());
	if (receipt->message_id != NULL) {
		str_printfa(out, "In-Reply-To: %s\r\nReferences: %s\r\n",
			    receipt->message_id, receipt->message_id);
	}
	str_printfa(out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
		    "Content-Type: multipart/report; "
		    "report-type=disposition-notification;\r\n"
		    "\tboundary=\"%s\"\r\n\r\n", boundary);
}

static const char *receipt_text(struct receipt *receipt)
{
	const char *address = store_get_settings(receipt->rop->store)->address;
	const char *boundary = t_strdup_printf("receipt-%u-%s",
		(unsigned int)time(NULL), my_hostname);
	string_t *out = str_new(receipt->rop->pool, 1024);

	out_header(out, receipt, boundary);
	str_printfa(out, "--%s\r\nContent-Type: text/plain; charset=us-ascii"
		    "\r\n\r\nYour message was read by %s.\r\n\r\n", boundary,
		    address);
	str_printfa(out, "--%s\r\nContent-Type: "
		    "message/disposition-notification\r\n\r\n"
		    "Final-Recipient: rfc822;%s\r\n", boundary, address);
	if (receipt->message_id != NULL)
		str_printfa(out, "Original-Message-ID: %s\r\n",
			    receipt->message_id);
	str_printfa(out, "Disposition: manual-action/MDN-sent-manually; "
		    "displayed\r\n\r\n--%s--\r\n", boundary);
	return str_c(out);
}

/* The envelope sender is empty, so that nothing comes back */
static uint32_t receipt_send(struct receipt *receipt)
{
	const char *text = receipt_text(receipt);
	const char *const rcpts[] = { receipt->to, NULL };
	struct submit_mail mail;
	struct submit_reply reply;

	i_zero(&mail);
	mail.recipients = rcpts;
	mail.input = i_stream_create_from_data(text, strlen(text));
	mail.event = receipt->rop->env->event;
	(void)submit_mail(receipt->rop->env->submit, &mail, &reply);
	i_stream_unref(&mail.input);
	if (reply.result == SUBMIT_OK)
		return ecNone;
	e_info(receipt->rop->env->event, "Read receipt was not sent: %s",
	       reply.text);
	return ecServerBusy;
}

static uint32_t receipt_mark(struct receipt *receipt, uint32_t uid)
{
	static const char *const sent[] = { "$MDNSent", NULL };
	struct store_flag_change change;
	ARRAY_TYPE(seq_range) uids;

	i_zero(&change);
	change.keywords_add = sent;
	p_array_init(&uids, receipt->rop->pool, 1);
	seq_range_array_add(&uids, uid);
	if (store_flags_change(receipt->reader->folder, &uids, &change,
			       NULL) < 0)
		return mapi_store_error(receipt->rop);
	return ecNone;
}

uint32_t mapi_read_receipt(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			   uint8_t read_flags)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, ref->folder);
	struct receipt receipt = { .rop = rop };
	uint32_t error;

	if (ref->source != MAPI_MSG_MAIL || info == NULL)
		return ecNone;
	error = mapi_mail_reader_open(rop, info->fid, ref->num,
				      &receipt.reader);
	if (error != ecNone)
		return error;
	if (receipt_wanted(&receipt)) {
		/* marked first: better none than two. Clearing the wish only
		   marks it */
		error = receipt_mark(&receipt, ref->num);
		if (error == ecNone &&
		    (read_flags & (READ_CLEAR_NOTIFY_READ |
				   READ_CLEAR_NOTIFY_UNREAD)) == 0)
			error = receipt_send(&receipt);
	}
	mapi_mail_reader_close(&receipt.reader);
	return error;
}
