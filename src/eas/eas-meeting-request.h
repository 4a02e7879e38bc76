/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_MEETING_REQUEST_H
#define EAS_MEETING_REQUEST_H

struct eas_request;
struct mime_message;
struct wbxml_writer;

/* MeetingRequest of an invitation or cancellation to the user; nothing for other
   messages, and for those whose calendar part is unreadable. */
void eas_meeting_request_write(struct eas_request *req,
			       struct mime_message *mime,
			       const char *message_class,
			       struct wbxml_writer *writer);

#endif
