/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The organiser changed something: whom is what to be told? */

#include "itip-private.h"

/* More occurrences at once are told as one REQUEST that leaves them out. */
#define CANCELS_MAX 20

struct itip_guests {
	pool_t pool;
	const struct itip_self *self;
	/* Bare addresses of all that are invited somewhere in the object */
	ARRAY_TYPE(const_string) list;
};

static bool guest_is_in(const ARRAY_TYPE(const_string) *list, const char *email)
{
	const char *known;

	array_foreach_elem(list, known) {
		if (strcasecmp(known, email) == 0)
			return TRUE;
	}
	return FALSE;
}

static void guests_add(struct itip_guests *guests,
		       const struct cal_entry *entry)
{
	const struct cal_attendee *att;

	array_foreach(&entry->attendees, att) {
		if (*att->person.email == '\0' ||
		    itip_is_self(guests->self, att->person.email) ||
		    strchr(att->person.email, '@') == NULL ||
		    guest_is_in(&guests->list, att->person.email))
			continue;
		array_push_back(&guests->list, &att->person.email);
	}
}

static void guests_of(struct itip_guests *guests, struct cal_object *obj)
{
	const struct cal_entry *entry;

	p_array_init(&guests->list, guests->pool, 8);
	if (obj == NULL)
		return;
	guests_add(guests, &obj->master);
	array_foreach(&obj->exceptions, entry)
		guests_add(guests, entry);
}

/* Those of a that are not in b; NULL-terminated, NULL: nobody */
static const char *const *
guests_without(pool_t pool, const ARRAY_TYPE(const_string) *a,
	       const ARRAY_TYPE(const_string) *b)
{
	ARRAY_TYPE(const_string) rest;
	const char *email;

	p_array_init(&rest, pool, 4);
	array_foreach_elem(a, email) {
		if (b == NULL || !guest_is_in(b, email))
			array_push_back(&rest, &email);
	}
	if (array_count(&rest) == 0)
		return NULL;
	array_append_zero(&rest);
	return array_front(&rest);
}

static bool entry_is_seen_same(const struct cal_object *a,
			       const struct cal_entry *x,
			       const struct cal_object *b,
			       const struct cal_entry *y)
{
	return itip_same_times(a, x, b, y) &&
		strcmp(x->summary, y->summary) == 0 &&
		strcmp(x->location, y->location) == 0 &&
		strcmp(x->description, y->description) == 0 &&
		null_strcmp(x->html, y->html) == 0 &&
		x->cancelled == y->cancelled &&
		array_count(&x->attachments) == array_count(&y->attachments);
}

/* Reminder, categories and the guests' answers are not for others. */
static bool objects_seen_same(struct cal_object *a, struct cal_object *b)
{
	struct cal_entry *entry, *other;

	if (!entry_is_seen_same(a, &a->master, b, &b->master) ||
	    !itip_same_rule(&a->rule, &b->rule) ||
	    array_count(&a->deleted) != array_count(&b->deleted) ||
	    array_count(&a->exceptions) != array_count(&b->exceptions))
		return FALSE;
	array_foreach_modifiable(&a->exceptions, entry) {
		other = itip_exception(b, &entry->recurrence_id);
		if (other == NULL || !entry_is_seen_same(a, entry, b, other))
			return FALSE;
	}
	return TRUE;
}

static void notice_add(pool_t pool, struct cal_object *obj, const char *text,
		       const char *method, const char *const *recipients,
		       const struct zone *local,
		       ARRAY_TYPE(itip_notice) *notices)
{
	struct itip_notice *notice;

	if (recipients == NULL)
		return;
	notice = array_append_space(notices);
	notice->method = method;
	notice->recipients = recipients;
	notice->text = cal_write_itip(pool, obj, text, method, NULL, NULL);
	notice->summary = obj->master.summary;
	notice->start = cal_time_utc(&obj->master.start, local);
	notice->end = cal_time_utc(&obj->master.end, local);
}

/* --- occurrences called off ----------------------------------------------------- */

static bool times_have(const struct cal_object *obj,
		       const ARRAY_TYPE(cal_time) *times, time_t when)
{
	const struct cal_time *time;

	array_foreach(times, time) {
		if (itip_time(obj, time) == when)
			return TRUE;
	}
	return FALSE;
}

/* Begins of occurrences that were there and are not any more */
static void occurrences_gone(const struct cal_object *was,
			     const struct cal_object *is, ARRAY_TYPE(cal_time) *gone)
{
	const struct cal_time *time;
	time_t when;

	array_foreach(&is->deleted, time) {
		when = itip_time(is, time);
		if (!times_have(was, &was->deleted, when) &&
		    cal_occurrence(was, was->zone, when) != NULL)
			array_push_back(gone, time);
	}
}

/* Guests of one occurrence that are still guests of something */
static const char *const *
occurrence_guests(const struct itip_guests *now, const struct cal_entry *entry)
{
	struct itip_guests guests = { .pool = now->pool, .self = now->self };
	ARRAY_TYPE(const_string) list;
	const char *email;

	p_array_init(&guests.list, now->pool, 8);
	guests_add(&guests, entry);
	p_array_init(&list, now->pool, 8);
	array_foreach_elem(&guests.list, email) {
		if (guest_is_in(&now->list, email))
			array_push_back(&list, &email);
	}
	return guests_without(now->pool, &list, NULL);
}

static void exception_to_deleted(struct cal_object *obj,
				 struct cal_entry *entry)
{
	struct cal_time original = entry->recurrence_id;

	array_delete(&obj->exceptions,
		     array_foreach_idx(&obj->exceptions, entry), 1);
	array_push_back(&obj->deleted, &original);
}

/* Each is called off by itself (RFC 5546 3.2.5); was becomes what the guests have
   after that. */
static void notice_occurrences(const struct itip_guests *now,
			       struct cal_object *was, const char *old,
			       struct cal_object *is,
			       ARRAY_TYPE(itip_notice) *notices)
{
	const struct cal_time *time;
	struct itip_notice *notice;
	struct cal_entry *entry;
	const char *const *to;
	ARRAY_TYPE(cal_time) gone;

	p_array_init(&gone, now->pool, 4);
	occurrences_gone(was, is, &gone);
	if (array_count(&gone) > CANCELS_MAX)
		return;
	array_foreach(&gone, time) {
		entry = cal_exception_need(now->pool, was, was->zone,
					   itip_time(is, time));
		if (entry == NULL)
			continue;
		entry->cancelled = TRUE;
		entry->sequence = was->master.sequence + 1;
		entry->stamp = now->self->now;
		if ((to = occurrence_guests(now, entry)) != NULL) {
			notice = array_append_space(notices);
			notice->method = "CANCEL";
			notice->recipients = to;
			notice->text = cal_write_itip(now->pool, was, old,
				"CANCEL", NULL, &entry->recurrence_id);
			notice->summary = entry->summary;
			notice->start = itip_time(was, &entry->start);
			notice->end = itip_time(was, &entry->end);
		}
		exception_to_deleted(was, entry);
	}
}

static void notice_requests(pool_t pool, struct cal_object *was,
			    struct cal_object *is, const char *text,
			    const ARRAY_TYPE(const_string) *before,
			    const ARRAY_TYPE(const_string) *now,
			    const struct zone *local,
			    ARRAY_TYPE(itip_notice) *notices)
{
	bool same = was != NULL && objects_seen_same(was, is);

	/* Unchanged: only whoever is new among the guests */
	notice_add(pool, is, text, is->master.cancelled ? "CANCEL" : "REQUEST",
		   guests_without(pool, now, same ? before : NULL), local,
		   notices);
}

static bool is_own_meeting(const struct itip_self *self,
			   const struct cal_object *obj)
{
	return obj != NULL && obj->kind == CAL_EVENT && obj->have_master &&
		itip_is_self(self, obj->master.organizer.email);
}

int itip_notices(pool_t pool, const struct itip_self *self,
		 const char *old, const char *new_text,
		 const struct zone *local,
		 ARRAY_TYPE(itip_notice) *notices_r, const char **error_r)
{
	struct itip_guests before = { .pool = pool, .self = self };
	struct itip_guests now = { .pool = pool, .self = self };
	struct cal_object *was = NULL, *is = NULL;

	p_array_init(notices_r, pool, 2);
	if ((old != NULL && cal_parse(pool, old, strlen(old), &was, NULL,
				      error_r) < 0) ||
	    (new_text != NULL && cal_parse(pool, new_text, strlen(new_text),
					   &is, NULL, error_r) < 0))
		return -1;
	if (!is_own_meeting(self, was))
		was = NULL;
	if (!is_own_meeting(self, is))
		is = NULL;
	guests_of(&before, was);
	guests_of(&now, is);
	if (was != NULL && !was->master.cancelled) {
		/* A CANCEL is a later version than what the guests have. */
		was->master.sequence++;
		was->master.stamp = self->now;
		notice_add(pool, was, old, "CANCEL",
			   guests_without(pool, &before.list, &now.list),
			   local, notices_r);
		was->master.sequence--;
		if (is != NULL && !is->master.cancelled)
			notice_occurrences(&now, was, old, is, notices_r);
	}
	if (is != NULL)
		notice_requests(pool, was, is, new_text, &before.list,
				&now.list, local, notices_r);
	return 0;
}
