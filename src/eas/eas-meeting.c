/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MeetingResponse (MS-ASCMD 2.2.1.11).  There is no calendar yet, so no answer to
   an invitation can be kept: each is refused with the documented status. */

#include "eas.h"

/* MS-ASCMD 2.2.3.177.9: not a meeting this server can respond to */
#define EAS_MEETING_INVALID 2
/* 3.1.5.10 Limiting Size of Command Requests */
#define EAS_MEETINGS_MAX 100

/* 0, or what refuses the whole command */
static unsigned int meeting_check(struct eas_request *req)
{
	const struct wbxml_node *node = wbxml_child(req->root, MR_Request);
	unsigned int count = 0;
	const char *instance;
	time_t when;

	if (req->root->tag != MR_MeetingResponse || node == NULL)
		return EAS_STATUS_INVALID_XML;
	for (; node != NULL; node = wbxml_next_sibling(node)) {
		if (++count > EAS_MEETINGS_MAX)
			return EAS_STATUS_INVALID_XML;
		instance = wbxml_child_text(node, MR_InstanceId);
		if (instance != NULL && !eas_datetime_parse(instance, &when))
			return EAS_STATUS_INVALID_DATETIME;
	}
	return 0;
}

void eas_cmd_meeting_response(struct eas_request *req)
{
	unsigned int status = meeting_check(req);
	const struct wbxml_node *node;
	struct wbxml_writer *w;

	if (status != 0) {
		eas_reply_status(req, status);
		return;
	}
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, MR_MeetingResponse);
	for (node = wbxml_child(req->root, MR_Request); node != NULL;
	     node = wbxml_next_sibling(node)) {
		wbxml_start(w, MR_Result);
		wbxml_text_tag_opt(w, MR_RequestId,
				   wbxml_child_text(node, MR_RequestId));
		wbxml_uint_tag(w, MR_Status, EAS_MEETING_INVALID);
		wbxml_end(w, MR_Result);
	}
	wbxml_end(w, MR_MeetingResponse);
	eas_reply_end(req);
}
