/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_INVITE_H
#define EAS_INVITE_H

#include "eas-class.h"
#include "dovetail-itip.h"

/* Meetings by mail: what the server sends in the user's name. */

void eas_invite_self(struct eas_request *req, struct itip_self *self_r);

struct eas_invite {
	/* Who says it: bare address, name (may be NULL) */
	const char *from, *from_name;
	/* Bare addresses, NULL-terminated */
	const char *const *to;
	const char *method, *calendar;
	/* Subject without prefix, and which: "Accepted: ", ""... */
	const char *summary, *prefix;
	/* For people; NULL: none. html may be NULL */
	const char *text, *html;
};
/* Sends it once: the same message a second time (a repeated request, also after a
   crash) is not sent. EAS_STATUS_OK, or the common status. */
unsigned int eas_invite_send(struct eas_request *req,
			     const struct eas_invite *invite);

/* Hooks of the Calendar class: from 16.0 on the server invites (MS-ASCAL 3.2.4.5),
   before that the client does. */
#define EAS_EXTRA_PENDING "itip.pending"
/* Does this edit have to be told to anybody? Called before it is written. */
bool eas_invite_is_due(const struct eas_item_context *ctx,
		       const struct store_item *old, const char *text);
void eas_invite_after_write(const struct eas_item_context *ctx,
			    struct eas_item_edit *edit);
unsigned int eas_invite_before_delete(const struct eas_item_context *ctx,
				      const struct store_item *item);

#endif
