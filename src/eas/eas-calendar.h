/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_CALENDAR_H
#define EAS_CALENDAR_H

/* Inside the Calendar class (MS-ASCAL): what reading and writing share. */

#include "eas-item-cal.h"
#include "eas-recurrence.h"
#include "dovetail-calendar.h"

/* The client's own TIME_ZONE_INFORMATION, base64, kept while the zone stays */
#define EAS_EXTRA_ZONE "eas.timezone"
/* Guests whose AttendeeStatus is 5 to the organiser's client, and not 0: to
   iCalendar both need action. Addresses, lower case, separated by spaces */
#define EAS_EXTRA_ASKED "eas.asked"

#define EAS_CAL_EXCEPTIONS_MAX 256

/* MeetingStatus bits (2.2.2.28) */
#define EAS_MEETING 0x01
#define EAS_MEETING_RECEIVED 0x02
#define EAS_MEETING_CANCELLED 0x04

/* Is this the calendar's owner? */
bool eas_calendar_is_self(const struct eas_item_context *ctx,
			  const char *email);
/* Is the owner who invites (also: nobody does)? */
bool eas_calendar_is_organizer(const struct eas_item_context *ctx,
			       const struct cal_entry *entry);
/* The owner among the attendees; NULL */
struct cal_attendee *
eas_calendar_own_attendee(const struct eas_item_context *ctx,
			  const struct cal_entry *entry);
/* Somebody is invited. */
bool eas_calendar_is_meeting(const struct eas_item_context *ctx,
			     const struct cal_entry *entry);
/* The zone in which the series is meant: its own, that of the client who made it
   (item, may be NULL), or the user's. */
const struct zone *eas_calendar_zone(const struct eas_item_context *ctx,
				     const struct cal_object *obj,
				     const struct store_item *item);

/* Clients name an occurrence by when it began first, by when it begins now, or by
   its day (seen with Android and iOS, and in conformance tests): made its original
   begin. FALSE: there is none */
bool eas_calendar_occurrence(const struct cal_object *obj,
			     const struct zone *zone, time_t *original);

/* eas-calendar-write.c, -read.c: see struct eas_class */
int eas_calendar_write(const struct eas_item_context *ctx,
		       const struct store_item *item, struct wbxml_writer *w);
unsigned int eas_calendar_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit);
/* Attachments of 16.x among ApplicationData. 0, or Sync status */
unsigned int eas_calendar_attachments(const struct eas_item_context *ctx,
				      const struct wbxml_node *data,
				      struct cal_entry *entry,
				      struct eas_item_edit *edit);
/* The written text is there: by which ids can the added ones be fetched? */
void eas_calendar_attachment_ids(const struct eas_item_context *ctx,
				 struct eas_item_edit *edit);

#endif
