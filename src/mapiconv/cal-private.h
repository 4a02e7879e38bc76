/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPICONV_CAL_PRIVATE_H
#define MAPICONV_CAL_PRIVATE_H

#include "conv-private.h"
#include "dovetail-calendar.h"

/* Minutes since 1601 of a wall clock (MS-OXOCAL 2.2.1.44), and back. */
#define CAL_MINUTES_NEVER 0x5ae980df
uint32_t cal_minutes(const struct zone_wall *wall);
void cal_minutes_wall(uint32_t minutes, struct zone_wall *wall_r);
/* Days since 1970 */
int64_t cal_days(const struct zone_wall *wall);

/* Zone in which the series goes; never NULL */
const struct zone *cal_series_zone(const struct mapiconv *conv,
				   const struct cal_object *obj);
/* Wall clock of a time in that zone; dates and floating ones as they are */
void cal_wall_in(const struct cal_time *time, const struct zone *zone,
		 struct zone_wall *wall_r);
/* That wall clock in the form of another time (date, UTC, zone, floating) */
void cal_time_like(struct cal_time *time_r, const struct zone_wall *wall,
		   const struct cal_time *form, const struct zone *zone);

/* The rule in words */
void cal_recurrence_words(const struct cal_object *obj,
			  const struct zone *zone, string_t *dest);

/* --- readers: iCalendar to properties --- */

int cal_event_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg);
/* of invitations: what the calendar part says, without what the mail says better */
void cal_meeting_read(const struct mapiconv *conv,
		      const struct cal_object *obj, struct mapi_message *msg);
void cal_task_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg);
void cal_note_read(const struct mapiconv *conv, const struct cal_object *obj,
		   struct mapi_message *msg);

/* --- writers: the object is changed where `now` differs from `before` --- */

struct cal_writer {
	const struct mapiconv *conv;
	pool_t pool;
	struct cal_object *obj;
	struct mapi_message *now, *before;
	const char **error_r;
};
int cal_event_write(struct cal_writer *w);
int cal_task_write(struct cal_writer *w);
int cal_note_write(struct cal_writer *w);

/* What all three have: subject, body, categories, sensitivity; attachments. */
void cal_common_read(const struct mapiconv *conv, const struct cal_entry *entry,
		     struct mapi_message *msg);
void cal_common_write(struct cal_writer *w, const struct mapi_bag *now,
		      const struct mapi_bag *before, struct cal_entry *entry);
int cal_attachments_write(struct cal_writer *w, struct cal_entry *entry);

#endif
