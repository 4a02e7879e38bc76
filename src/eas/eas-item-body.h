/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ITEM_BODY_H
#define EAS_ITEM_BODY_H

#include "eas.h"

/* Bodies of appointments, contacts, tasks and notes: AirSyncBase Body from 12.0 on
   (MS-ASAIRS 2.2.2.9), the class's own Body and BodyTruncated in 2.5, where
   CompressedRTF is read too. */

struct eas_item_body {
	/* Plain text with LF or CRLF; never NULL */
	const char *text;
	/* NULL: plain text is all there is */
	const char *html;
};

/* old_body, old_truncated: the class's tags of 2.5, WBXML_TAG_NONE if it has
   none.  Writes nothing in 2.5 if there is no text; from 12.0 on the element is
   always there, so that a body that was removed goes from the phone too. */
void eas_item_body_write(struct eas_request *req,
			 const struct eas_item_body *body,
			 const struct eas_body_options *opts,
			 wbxml_tag_t old_body, wbxml_tag_t old_truncated,
			 struct wbxml_writer *writer);
/* NativeBodyType (MS-ASAIRS 2.2.2.32): 1 or 2; from 12.0 on */
void eas_item_native_write(struct eas_request *req,
			   const struct eas_item_body *body,
			   struct wbxml_writer *writer);

/* The body that a client sent; strings are of req->pool.  1; 0: none sent (what
   is there stays); -1: wrong (status 6). */
int eas_item_body_read(struct eas_request *req, const struct wbxml_node *data,
		       wbxml_tag_t old_body, struct eas_item_body *body_r);

/* Is this property asked for? (ItemOperations Schema) */
bool eas_item_wants(const struct eas_body_options *opts, wbxml_tag_t tag);

#endif
