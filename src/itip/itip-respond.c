/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "itip-private.h"

static enum cal_partstat response_partstat(enum itip_response response)
{
	switch (response) {
	case ITIP_ACCEPT:
		return CAL_PARTSTAT_ACCEPTED;
	case ITIP_TENTATIVE:
		return CAL_PARTSTAT_TENTATIVE;
	case ITIP_DECLINE:
		return CAL_PARTSTAT_DECLINED;
	}
	return CAL_PARTSTAT_NEEDS_ACTION;
}

static enum cal_busy response_busy(enum itip_response response)
{
	switch (response) {
	case ITIP_ACCEPT:
		return CAL_BUSY_BUSY;
	case ITIP_TENTATIVE:
		return CAL_BUSY_TENTATIVE;
	case ITIP_DECLINE:
		break;
	}
	return CAL_BUSY_FREE;
}

/* A guest by a list, or by hand: then the list does not have him. */
static struct cal_attendee *
respond_attendee(pool_t pool, const struct itip_self *self,
		 struct cal_entry *entry)
{
	struct cal_attendee *own = itip_own(self, entry);

	if (own == NULL) {
		own = array_append_space(&entry->attendees);
		own->person.email = p_strdup(pool, self->addresses[0]);
		own->person.name = p_strdup(pool, self->name);
	}
	return own;
}

static void respond_entry(pool_t pool, const struct itip_self *self,
			  struct cal_entry *entry, enum itip_response response)
{
	struct cal_attendee *own = respond_attendee(pool, self, entry);

	own->partstat = response_partstat(response);
	own->replied = self->now;
	own->rsvp = FALSE;
	/* An accepted one counts as the organiser said it should. */
	if (response != ITIP_ACCEPT || entry->busy != CAL_BUSY_OOF)
		entry->busy = response_busy(response);
}

/* NULL: no such occurrence */
static struct cal_entry *
respond_find(pool_t pool, struct cal_object *obj, const struct zone *local,
	     time_t original)
{
	if (original != 0)
		return cal_exception_need(pool, obj, local, original);
	if (!obj->have_master && array_count(&obj->exceptions) > 0)
		return array_front_modifiable(&obj->exceptions);
	return &obj->master;
}

/* Answers to the whole series hold for its exceptions too. */
static void respond_exceptions(pool_t pool, const struct itip_self *self,
			       struct cal_object *obj,
			       enum itip_response response)
{
	struct cal_entry *entry;

	array_foreach_modifiable(&obj->exceptions, entry) {
		if (!entry->cancelled)
			respond_entry(pool, self, entry, response);
	}
}

static const char *
respond_message(pool_t pool, const struct itip_self *self,
		struct cal_object *obj, const char *text,
		struct cal_entry *entry, time_t proposed_start,
		time_t proposed_end, const char **method_r)
{
	struct cal_object message = *obj;
	struct cal_time start = entry->start, end = entry->end;
	time_t stamp = entry->stamp;
	const struct cal_time *only =
		entry->recurrence_id.form == CAL_TIME_NONE ? NULL :
		&entry->recurrence_id;
	const struct cal_attendee *own = itip_own(self, entry);
	const char *reply;

	*method_r = proposed_start != 0 ? "COUNTER" : "REPLY";
	if (proposed_start != 0) {
		cal_time_set_zone(&entry->start, proposed_start,
				  start.form == CAL_TIME_ZONE ?
				  start.zone : NULL);
		cal_time_set_zone(&entry->end, proposed_end,
				  start.form == CAL_TIME_ZONE ?
				  start.zone : NULL);
	}
	entry->stamp = self->now;
	if (entry == &obj->master)
		message.master = *entry;
	reply = cal_write_itip(pool, &message, text, *method_r,
			       own == NULL ? self->addresses[0] :
			       own->person.email, only);
	entry->start = start;
	entry->end = end;
	entry->stamp = stamp;
	return reply;
}

int itip_respond(pool_t pool, const struct itip_self *self,
		 const char *text, size_t size, const struct zone *local,
		 enum itip_response response, time_t original,
		 time_t proposed_start, time_t proposed_end,
		 struct itip_answer *answer_r, const char **error_r)
{
	struct cal_object *obj;
	struct cal_entry *entry;

	i_zero(answer_r);
	if (cal_parse(pool, text, size, &obj, NULL, error_r) < 0)
		return -1;
	if (obj->zone != NULL)
		local = obj->zone;
	if ((entry = respond_find(pool, obj, local, original)) == NULL)
		return 0;
	if (*entry->organizer.email == '\0' ||
	    itip_is_self(self, entry->organizer.email) || entry->cancelled)
		return 0;
	respond_entry(pool, self, entry, response);
	if (entry == &obj->master)
		respond_exceptions(pool, self, obj, response);
	answer_r->organizer = entry->organizer;
	answer_r->summary = entry->summary;
	answer_r->start = cal_time_utc(&entry->start, local);
	answer_r->end = cal_time_utc(&entry->end, local);
	answer_r->reply = respond_message(pool, self, obj, text, entry,
					  proposed_start, proposed_end,
					  &answer_r->method);
	obj->method = NULL;
	obj->master.modified = self->now;
	answer_r->text = cal_write(pool, obj, text);
	return 1;
}
