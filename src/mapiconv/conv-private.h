/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONV_PRIVATE_H
#define CONV_PRIVATE_H

/* Shared by the files of src/mapiconv. */

#include "array.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-mapiconv.h"

/* Larger calendar parts and TNEF are not looked into. */
#define CONV_CALENDAR_MAX (4 * 1024 * 1024)
#define CONV_BODY_MAX ((size_t)64 * 1024 * 1024)

/* PidTagMessageFlags (MS-OXCMSG 2.2.1.6) */
#define MSGFLAG_READ		0x00000001
#define MSGFLAG_UNMODIFIED	0x00000002
#define MSGFLAG_SUBMITTED	0x00000004
#define MSGFLAG_UNSENT		0x00000008
#define MSGFLAG_HASATTACH	0x00000010
#define MSGFLAG_FROMME		0x00000020

/* PidTagRecipientType */
#define RECIP_ORIGINATOR 0
#define RECIP_TO 1
#define RECIP_CC 2
#define RECIP_BCC 3

/* --- conv-people.c --- */

struct conv_address {
	const char *name;	/* "" if there is none */
	const char *smtp;
};
ARRAY_DEFINE_TYPE(conv_address, struct conv_address);

/* The properties that name one person in one role. 0: there is no such tag */
struct conv_role {
	mapi_tag_t name, addrtype, email, smtp, entry_id, search_key;
};
extern const struct conv_role conv_sender, conv_representing, conv_received_by,
	conv_received_representing, conv_recipient, conv_original_sender,
	conv_original_representing;

/* Address list headers, raw; those without a domain are left out. Groups are
   opened. */
void conv_addresses_parse(pool_t pool, const char *const *values,
			  ARRAY_TYPE(conv_address) *dest);
void conv_role_set(const struct mapiconv *conv, struct mapi_bag *bag,
		   const struct conv_role *role,
		   const struct conv_address *address);
/* Who has the role; FALSE: nobody. Data stack */
bool conv_role_get(const struct mapiconv *conv, const struct mapi_bag *bag,
		   const struct conv_role *role, struct conv_address *dest);
/* A row of the recipient table (MS-OXCMSG 2.2.1.15, MS-OXOMSG 2.2.3) */
struct mapi_bag *
conv_recipient_add(const struct mapiconv *conv, struct mapi_message *msg,
		   const struct conv_address *address, int type);
/* Name for people: the name, else the address */
const char *conv_shown(const struct conv_address *address);
/* PidTagDisplayTo, Cc, Bcc of a recipient table */
void conv_display_set(struct mapi_message *msg);
/* "Name" <addr>, ready for mime_field_append_addresses() */
void conv_address_append(string_t *dest, const struct conv_address *address);

/* --- conv-bag.c --- */

void conv_set_guid(struct mapi_bag *bag, mapi_tag_t tag,
		   const guid_128_t guid);
void conv_set_strings(struct mapi_bag *bag, mapi_tag_t tag,
		      const char *const *values);
void conv_set_buffer(struct mapi_bag *bag, mapi_tag_t tag, const buffer_t *buf);
/* Not when it is NULL or "" */
void conv_set_text(struct mapi_bag *bag, mapi_tag_t tag, const char *text);
/* "" if there is none */
const char *conv_get_text(const struct mapi_bag *bag, mapi_tag_t tag);
/* PTYP_MULTIPLE of strings as a list, data stack; empty if there is none */
const char *const *conv_get_strings(const struct mapi_bag *bag, mapi_tag_t tag);
/* Differs between the two, or is only in one */
bool conv_differs(const struct mapi_bag *a, const struct mapi_bag *b,
		  mapi_tag_t tag);
bool conv_differs_any(const struct mapi_bag *a, const struct mapi_bag *b,
		      const mapi_tag_t *tags);
bool conv_wants(const mapi_tag_t *tags, unsigned int count, mapi_tag_t tag);
/* PidTagSubject with its prefix, normalised subject, and topic */
void conv_subject_set(struct mapi_bag *bag, const char *subject);
/* PidTagSubject, or prefix and normalised subject together. Data stack */
const char *conv_subject_get(const struct mapi_bag *bag);
bool conv_class_is(const char *message_class, const char *prefix);

/* --- conv-zone.c --- */

/* Do TimeZoneDefinitionRecur and TimeZoneStruct say the same? */
bool conv_zones_agree(const struct mapi_blob *definition,
		      const struct mapi_blob *zone_struct);

/* --- conv-body.c: best body (MS-OXBBODY) --- */

/* PidTagNativeBody */
enum conv_native { CONV_NATIVE_NONE = 0, CONV_NATIVE_PLAIN = 1,
		   CONV_NATIVE_RTF = 2, CONV_NATIVE_HTML = 3 };

struct conv_body {
	enum conv_native native;
	/* UTF-8; NULL: there is none, nor can it be made */
	const char *plain, *html;
	size_t plain_size, html_size;
};
/* The bodies that the bag's say, the best first, the others made of it. FALSE: the
   bag has none. */
bool conv_body_get(const struct mapi_bag *bag, pool_t pool,
		   struct conv_body *body_r);
/* All three forms of a text (html may be NULL) into the bag. */
void conv_body_set(struct mapi_bag *bag, const char *plain, const char *html);
/* PidTagRtfCompressed of one of them */
void conv_body_rtf(const char *plain, const char *html, buffer_t *dest);

#endif
