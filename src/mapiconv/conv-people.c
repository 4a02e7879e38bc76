/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* People: addresses as sets of properties, entry ids, recipient rows (MS-OXOMSG
   2.2.1, MS-OXCMAIL 2.2.3.1.1, MS-OXCDATA 2.2.5). */

#include "lib.h"
#include "strescape.h"
#include "message-address.h"
#include "conv-private.h"

const struct conv_role conv_sender = {
	PidTagSenderName, PidTagSenderAddressType, PidTagSenderEmailAddress,
	PidTagSenderSmtpAddress, PidTagSenderEntryId, PidTagSenderSearchKey,
};
const struct conv_role conv_representing = {
	PidTagSentRepresentingName, PidTagSentRepresentingAddressType,
	PidTagSentRepresentingEmailAddress, PidTagSentRepresentingSmtpAddress,
	PidTagSentRepresentingEntryId, PidTagSentRepresentingSearchKey,
};
const struct conv_role conv_received_by = {
	PidTagReceivedByName, PidTagReceivedByAddressType,
	PidTagReceivedByEmailAddress, PidTagReceivedBySmtpAddress,
	PidTagReceivedByEntryId, PidTagReceivedBySearchKey,
};
const struct conv_role conv_received_representing = {
	PidTagReceivedRepresentingName, PidTagReceivedRepresentingAddressType,
	PidTagReceivedRepresentingEmailAddress,
	PidTagReceivedRepresentingSmtpAddress,
	PidTagReceivedRepresentingEntryId, PidTagReceivedRepresentingSearchKey,
};
const struct conv_role conv_recipient = {
	PidTagDisplayName, PidTagAddressType, PidTagEmailAddress,
	PidTagSmtpAddress, PidTagEntryId, PidTagSearchKey,
};
const struct conv_role conv_original_sender = {
	PidTagOriginalSenderName, PidTagOriginalSenderAddressType,
	PidTagOriginalSenderEmailAddress, 0, PidTagOriginalSenderEntryId,
	PidTagOriginalSenderSearchKey,
};
const struct conv_role conv_original_representing = {
	PidTagOriginalSentRepresentingName,
	PidTagOriginalSentRepresentingAddressType,
	PidTagOriginalSentRepresentingEmailAddress, 0,
	PidTagOriginalSentRepresentingEntryId,
	PidTagOriginalSentRepresentingSearchKey,
};

#define ADDRESSES_MAX 20000

/* --- headers --- */

static void parse_one(pool_t pool, const char *value,
		      ARRAY_TYPE(conv_address) *dest)
{
	struct message_address *addr;
	struct conv_address *out;

	addr = message_address_parse(pool_datastack_create(),
				     (const unsigned char *)value,
				     strlen(value), ADDRESSES_MAX, 0);
	for (; addr != NULL; addr = addr->next) {
		if (addr->mailbox == NULL || *addr->mailbox == '\0' ||
		    addr->domain == NULL || *addr->domain == '\0' ||
		    array_count(dest) >= ADDRESSES_MAX)
			continue;
		out = array_append_space(dest);
		out->name = addr->name == NULL ? "" :
			p_strdup(pool, mime_header_decode(addr->name));
		out->smtp = p_strconcat(pool, addr->mailbox, "@", addr->domain,
					NULL);
	}
}

void conv_addresses_parse(pool_t pool, const char *const *values,
			  ARRAY_TYPE(conv_address) *dest)
{
	for (; *values != NULL; values++) {
		if (pool->datastack_pool) {
			parse_one(pool, *values, dest);
		} else T_BEGIN {
			parse_one(pool, *values, dest);
		} T_END;
	}
}

void conv_address_append(string_t *dest, const struct conv_address *address)
{
	if (str_len(dest) > 0)
		str_append(dest, ", ");
	if (*address->name != '\0' &&
	    strcasecmp(address->name, address->smtp) != 0)
		str_printfa(dest, "\"%s\" ", str_escape(address->name));
	str_printfa(dest, "<%s>", address->smtp);
}

const char *conv_shown(const struct conv_address *address)
{
	return address->name != NULL && *address->name != '\0' ?
		address->name : address->smtp;
}

/* --- entry ids --- */

static bool find_person(const struct mapiconv *conv, const char *address,
			struct mapiconv_person *person_r)
{
	i_zero(person_r);
	return conv->person != NULL && *address != '\0' &&
		conv->person(conv->person_context, address, person_r) &&
		person_r->dn != NULL;
}

void mapiconv_entry_id(const struct mapiconv *conv, const char *smtp,
		       const char *name, buffer_t *dest)
{
	struct mapiconv_person person;

	if (find_person(conv, smtp, &person))
		mapi_entry_id_of_dn(dest, person.dn, person.display_type);
	else
		mapi_entry_id_of_smtp(dest, name == NULL || *name == '\0' ?
				      smtp : name, smtp);
}

const char *mapiconv_smtp_of(const struct mapiconv *conv, const char *addrtype,
			     const char *address,
			     const struct mapi_blob *entry_id)
{
	struct mapiconv_person person;
	struct mapi_entry_id id;

	if (address != NULL && strchr(address, '@') != NULL &&
	    address[0] != '/')
		return address;
	if (address != NULL && address[0] == '/' &&
	    find_person(conv, address, &person))
		return person.smtp;
	if (entry_id == NULL ||
	    mapi_entry_id_parse(entry_id->data, entry_id->size,
				pool_datastack_create(), &id) <= 0)
		return NULL;
	if (id.kind == MAPI_EID_ONE_OFF)
		address = id.address;
	else if (id.kind == MAPI_EID_ADDRESS)
		address = id.dn;
	else
		return NULL;
	if (address == NULL)
		return NULL;
	if (address[0] == '/')
		return find_person(conv, address, &person) ? person.smtp : NULL;
	return strchr(address, '@') != NULL ? address : NULL;
}

/* --- roles --- */

static void set_entry(const struct mapiconv *conv, struct mapi_bag *bag,
		      const struct conv_role *role, const char *smtp,
		      const char *name)
{
	buffer_t *buf = t_buffer_create(256);

	mapiconv_entry_id(conv, smtp, name, buf);
	conv_set_buffer(bag, role->entry_id, buf);
}

void conv_role_set(const struct mapiconv *conv, struct mapi_bag *bag,
		   const struct conv_role *role,
		   const struct conv_address *address)
{
	struct mapiconv_person person;
	const char *type = "SMTP", *email = address->smtp;

	T_BEGIN {
		buffer_t *key = t_buffer_create(128);

		if (find_person(conv, address->smtp, &person)) {
			type = "EX";
			email = person.dn;
		}
		mapi_bag_set_str(bag, role->name, conv_shown(address));
		mapi_bag_set_str(bag, role->addrtype, type);
		mapi_bag_set_str(bag, role->email, email);
		if (role->smtp != 0)
			mapi_bag_set_str(bag, role->smtp, address->smtp);
		set_entry(conv, bag, role, address->smtp, conv_shown(address));
		mapi_search_key_of_address(key, type, email);
		conv_set_buffer(bag, role->search_key, key);
	} T_END;
}

/* Something that may stand in a header between < and > */
static bool is_address(const char *smtp)
{
	const char *at = strrchr(smtp, '@');

	return at != NULL && at != smtp && at[1] != '\0' &&
		strpbrk(smtp, " \t\r\n<>()[]:;,\\\"") == NULL;
}

bool conv_role_get(const struct mapiconv *conv, const struct mapi_bag *bag,
		   const struct conv_role *role, struct conv_address *dest)
{
	const char *smtp = NULL;

	if (role->smtp != 0)
		smtp = mapi_bag_get_str(bag, role->smtp);
	if (smtp == NULL || strchr(smtp, '@') == NULL) {
		smtp = mapiconv_smtp_of(conv,
			mapi_bag_get_str(bag, role->addrtype),
			mapi_bag_get_str(bag, role->email),
			mapi_bag_get_bin(bag, role->entry_id));
	}
	/* an address that was typed as a name */
	if (smtp == NULL || !is_address(smtp))
		smtp = mapi_bag_get_str(bag, role->name);
	if (smtp == NULL || !is_address(smtp))
		return FALSE;
	dest->smtp = smtp;
	dest->name = conv_get_text(bag, role->name);
	return TRUE;
}

/* --- recipients --- */

const char *mapiconv_recipient_smtp(const struct mapiconv *conv,
				    const struct mapi_bag *rcpt)
{
	struct conv_address address;

	return conv_role_get(conv, rcpt, &conv_recipient, &address) ?
		address.smtp : NULL;
}

struct mapi_bag *
conv_recipient_add(const struct mapiconv *conv, struct mapi_message *msg,
		   const struct conv_address *address, int type)
{
	struct mapi_bag *bag = mapi_message_add_recipient(msg);
	struct mapiconv_person person;

	conv_role_set(conv, bag, &conv_recipient, address);
	T_BEGIN {
		buffer_t *key = t_buffer_create(128);
		bool known = find_person(conv, address->smtp, &person);

		/* 6: of somebody else's organisation */
		mapi_bag_set_int(bag, PidTagRecipientType, type);
		mapi_bag_set_int(bag, PidTagObjectType, 6);
		mapi_bag_set_int(bag, PidTagDisplayType,
				 known ? (int)person.display_type : 0);
		mapi_bag_set_str(bag, PidTagTransmittableDisplayName,
				 conv_shown(address));
		mapi_bag_set_str(bag, PidTagRecipientDisplayName,
				 conv_shown(address));
		mapi_bag_set_bool(bag, PidTagResponsibility, TRUE);
		mapi_bag_set_bool(bag, PidTagSendRichInfo, FALSE);
		mapi_bag_set_int(bag, PidTagRecipientFlags, 1);
		mapi_bag_set_int(bag, PidTagRecipientTrackStatus, 0);
		mapi_bag_set_int(bag, PidTagSendInternetEncoding, 0);
		mapiconv_entry_id(conv, address->smtp, conv_shown(address), key);
		conv_set_buffer(bag, PidTagRecipientEntryId, key);
		conv_set_buffer(bag, PidTagRecordKey, key);
	} T_END;
	return bag;
}

static void set_display(struct mapi_message *msg, int type, mapi_tag_t tag)
{
	string_t *str = t_str_new(256);
	const struct mapi_bag *rcpt;

	array_foreach(&msg->recipients, rcpt) {
		if ((mapi_bag_get_int(rcpt, PidTagRecipientType, RECIP_TO) &
		     0xf) != type)
			continue;
		if (str_len(str) > 0)
			str_append(str, "; ");
		str_append(str, conv_get_text(rcpt, PidTagDisplayName));
	}
	mapi_bag_set_str(&msg->props, tag, str_c(str));
}

void conv_display_set(struct mapi_message *msg)
{
	T_BEGIN {
		set_display(msg, RECIP_TO, PidTagDisplayTo);
		set_display(msg, RECIP_CC, PidTagDisplayCc);
		set_display(msg, RECIP_BCC, PidTagDisplayBcc);
	} T_END;
}
