/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "hostpid.h"
#include "istream.h"
#include "message-header-encode.h"
#include "mapi-send.h"
#include "dovetail-compose.h"
#include "dovetail-submit.h"

/* PidTagRecipientType */
#define RECIPIENT_TO 1

struct letter {
	struct mapi_rop *rop;
	struct mime_outgoing out;
	/* who is named as Sender besides From; NULL: nobody */
	const char *sender;
	const char *envelope_from;
	enum submit_notify notify;
};

static const char *default_from(struct mapi_rop *rop)
{
	const struct store_settings *set = store_get_settings(rop->store);
	string_t *str = t_str_new(128);

	if (set->display_name != NULL && *set->display_name != '\0') {
		message_header_encode(set->display_name, str);
		str_append_c(str, ' ');
	}
	str_printfa(str, "<%s>", set->address);
	return str_c(str);
}

/* --- identity --------------------------------------------------------------------- */

static uint32_t check_address(struct letter *letter, const char *address,
			      enum store_send_right *right_r)
{
	if (store_send_right(letter->rop->store, address, right_r) < 0)
		return mapi_store_error(letter->rop);
	if (*right_r != STORE_SEND_NONE)
		return ecNone;
	e_info(letter->rop->env->event,
	       "Refused to send as <%s>: no right to this address", address);
	return ecNoAccess;
}

/* From: own or alias, or another's by right; on behalf names the user as Sender, and
   send-as does not */
static uint32_t check_identity(struct letter *letter)
{
	const char *own = store_get_settings(letter->rop->store)->address;
	const char *const *from = letter->out.from;
	enum store_send_right right;
	uint32_t error;

	letter->envelope_from = *from;
	for (; *from != NULL; from++) {
		error = check_address(letter, *from, &right);
		if (error != ecNone)
			return error;
		if (right == STORE_SEND_ON_BEHALF)
			letter->sender = own;
	}
	if (from - letter->out.from > 1)
		letter->sender = own;
	if (letter->sender != NULL)
		letter->envelope_from = own;
	return ecNone;
}

/* --- submission ------------------------------------------------------------------------ */

static const char *const *recipient_addresses(struct letter *letter)
{
	ARRAY_TYPE(const_string) addresses;

	p_array_init(&addresses, letter->rop->pool,
		     letter->out.recipients_count + 1);
	for (unsigned int i = 0; i < letter->out.recipients_count; i++) {
		array_push_back(&addresses,
				&letter->out.recipients[i].address);
	}
	array_append_zero(&addresses);
	return array_front(&addresses);
}

static uint32_t submit_error(struct mapi_rop *rop,
			     const struct submit_reply *reply)
{
	if (reply->result != SUBMIT_OK) {
		e_info(rop->env->event, "Message was not sent: %s",
		       reply->text);
	}
	switch (reply->result) {
	case SUBMIT_OK:
		return ecNone;
	case SUBMIT_RECIPIENTS:
		return ecInvalidRecips;
	case SUBMIT_TOO_LARGE:
		return ecMaxSubmissionExceeded;
	case SUBMIT_TEMPFAIL:
		return ecServerBusy;
	case SUBMIT_INPUT:
		return ecCorruptData;
	case SUBMIT_REFUSED:
		break;
	}
	return ecRejected;
}

static uint32_t letter_send(struct letter *letter)
{
	struct mapi_rop *rop = letter->rop;
	struct submit_mail mail;
	struct submit_reply reply;

	if (letter->out.recipients_count == 0)
		return ecNoRecipients;
	if (letter->sender != NULL) {
		mime_outgoing_set_sender(&letter->out,
			t_strdup_printf("<%s>", letter->sender));
	}
	i_zero(&mail);
	mail.from = letter->envelope_from;
	mail.recipients = recipient_addresses(letter);
	mail.input = letter->out.transmit;
	mail.notify = letter->notify;
	mail.event = rop->env->event;
	i_stream_seek(mail.input, 0);
	(void)submit_mail(rop->env->submit, &mail, &reply);
	if (reply.result == SUBMIT_OK) {
		e_info(rop->env->event, "Sent %s to %u recipients",
		       letter->out.message_id, letter->out.recipients_count);
	}
	return submit_error(rop, &reply);
}

uint32_t mapi_send_stream(struct mapi_rop *rop, struct istream *input,
			  enum submit_notify notify)
{
	struct letter letter = { .rop = rop, .notify = notify };
	struct mime_outgoing_settings set;
	enum mime_compose_error code;
	const char *error;
	uint32_t ret;

	i_zero(&set);
	set.default_from = default_from(rop);
	set.hostname = my_hostdomain();
	set.now = time(NULL);
	if (mime_outgoing_init(rop->pool, input, &set, &letter.out, &code,
			       &error) < 0) {
		e_info(rop->env->event, "Message cannot be sent: %s", error);
		return code == MIME_COMPOSE_ERROR_RECIPIENTS ?
			ecInvalidRecips : ecCorruptData;
	}
	ret = check_identity(&letter);
	if (ret == ecNone)
		ret = letter_send(&letter);
	i_stream_unref(&letter.out.transmit);
	i_stream_unref(&letter.out.sent_copy);
	return ret;
}

/* --- recipients --------------------------------------------------------------------------- */

/* NULL: the row names nobody of the address book */
static const char *recipient_dn(struct mapi_rop *rop,
				const struct mapi_bag *rcpt)
{
	const char *address = mapi_bag_get_str(rcpt, PidTagEmailAddress);
	const struct mapi_blob *blob = mapi_bag_get_bin(rcpt, PidTagEntryId);
	struct mapi_entry_id id;

	if (address != NULL && *address == '/')
		return address;
	if (blob == NULL || mapi_entry_id_parse(blob->data, blob->size,
						rop->pool, &id) <= 0)
		return NULL;
	return id.kind == MAPI_EID_ADDRESS ? id.dn : NULL;
}

static void add_address(struct mapi_message *msg, const char *address, int type)
{
	struct mapi_bag *bag = mapi_message_add_recipient(msg);

	mapi_bag_set_int(bag, PidTagRecipientType, type);
	mapi_bag_set_str(bag, PidTagAddressType, "SMTP");
	mapi_bag_set_str(bag, PidTagEmailAddress, address);
	mapi_bag_set_str(bag, PidTagSmtpAddress, address);
}

/* A group's members take its place. Who is nobody stops the message: left out, the
   sender would believe that it went to all. */
static uint32_t add_members(struct mapi_rop *rop, struct mapi_message *msg,
			    const struct mapi_bag *rcpt)
{
	const char *dn = recipient_dn(rop, rcpt), *address;
	const char *name = mapi_bag_get_str(rcpt, PidTagDisplayName);
	ARRAY_TYPE(const_string) addresses;
	int ret;

	p_array_init(&addresses, rop->pool, 16);
	ret = dn == NULL ? 0 : nspi_addresses_of_dn(rop->env, dn, &addresses);
	if (ret < 0)
		return ecServerBusy;
	if (array_count(&addresses) == 0) {
		e_info(rop->env->event, "Message was not sent: "
		       "no address is known of recipient %s",
		       name != NULL ? name : dn != NULL ? dn : "without a name");
		return ecInvalidRecips;
	}
	array_foreach_elem(&addresses, address) {
		add_address(msg, address, mapi_bag_get_int(rcpt,
				PidTagRecipientType, RECIPIENT_TO));
	}
	return ecNone;
}

static uint32_t recipients_resolve(struct mapi_rop *rop,
				   const struct mapiconv *conv,
				   struct mapi_message **msg)
{
	const struct mapi_message *given = *msg;
	struct mapi_message *resolved = mapi_message_dup(rop->pool, given);
	const struct mapi_bag *rcpt;
	uint32_t error = ecNone;
	bool changed = FALSE;

	array_clear(&resolved->recipients);
	array_foreach(&given->recipients, rcpt) {
		if (mapiconv_recipient_smtp(conv, rcpt) != NULL) {
			array_push_back(&resolved->recipients, rcpt);
			continue;
		}
		changed = TRUE;
		error = add_members(rop, resolved, rcpt);
		if (error != ecNone)
			return error;
	}
	if (changed)
		*msg = resolved;
	return ecNone;
}

/* Delivery reports as the client asks for them (MS-OXOMSG 2.2.1.20, 2.2.1.21) */
static enum submit_notify reports_wanted(const struct mapi_message *msg)
{
	if (mapi_bag_get_bool(&msg->props,
			      PidTagOriginatorDeliveryReportRequested, FALSE))
		return SUBMIT_NOTIFY_SUCCESS;
	return mapi_bag_get_bool(&msg->props,
			PidTagOriginatorNonDeliveryReportRequested, TRUE) ?
		SUBMIT_NOTIFY_DEFAULT : SUBMIT_NOTIFY_NEVER;
}

uint32_t mapi_send_message(struct mapi_rop *rop, struct mapi_msg *msg)
{
	struct mapiconv_mail_write write;
	struct mapi_message *current;
	struct istream *output;
	struct mapiconv conv;
	const char *error;
	uint32_t ret = mapi_msg_current(rop, msg, &current);
	int changed;

	if (ret != ecNone)
		return ret;
	mapi_conv_init(rop, &conv);
	ret = recipients_resolve(rop, &conv, &current);
	if (ret != ecNone)
		return ret;
	i_zero(&write);
	write.msg = current;
	write.previous = msg->ref.source == MAPI_MSG_MAIL ? &msg->mail->mail :
		NULL;
	write.submit = TRUE;
	changed = mapiconv_mail_write(&conv, &write, rop->pool, &output,
				      &error);
	if (changed < 0) {
		e_error(rop->env->event, "Message cannot be written: %s",
			error);
		return ecCorruptData;
	}
	if (changed == 0 &&
	    mime_message_open_raw(msg->mail->mail.mime, &output, &error) < 0)
		return ecCorruptData;
	ret = mapi_send_stream(rop, output, reports_wanted(current));
	i_stream_unref(&output);
	return ret;
}
