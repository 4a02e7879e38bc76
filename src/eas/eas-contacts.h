/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_CONTACTS_H
#define EAS_CONTACTS_H

#include "eas-class.h"
#include "dovetail-contact.h"

/* One field of a contact and its element (MS-ASCNTC 2.2.2) */
struct eas_contact_tag {
	enum contact_field field;
	/* WBXML_TAG_NONE: ActiveSync does not have it */
	wbxml_tag_t tag;
};
/* Ended by CONTACT_NONE */
extern const struct eas_contact_tag eas_contact_tags[];

/* MS-ASCNTC 2.2.2.58: characters of base64 */
#define EAS_CONTACT_PICTURE_MAX (48 * 1024)

/* "Ann" <ann@example.org>, or the address alone; NULL: none. Data stack */
const char *eas_contact_email(const struct contact *contact,
			      enum contact_field field);

/* eas-contacts-read.c: what the client sent into the contact. 0, or status 6. */
unsigned int eas_contact_apply(const struct eas_item_context *ctx,
			       const struct wbxml_node *data, bool change,
			       struct contact *contact);
unsigned int eas_contacts_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit);

#endif
