/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "itip-private.h"
#include "array.h"
#include "ioloop.h"

struct itip_apply {
	pool_t pool;
	const struct itip_self *self;
	struct cal_object *msg, *old;
	const char *msg_text, *old_text;
	const char *const *old_extras;
	struct itip_result *result;
};

/* --- small things ----------------------------------------------------------------- */

void itip_self_init(pool_t pool, const char *address,
		    const char *const *aliases, const char *name,
		    struct itip_self *self_r)
{
	ARRAY_TYPE(const_string) list;

	p_array_init(&list, pool, 4);
	array_push_back(&list, &address);
	for (; aliases != NULL && *aliases != NULL; aliases++)
		array_push_back(&list, aliases);
	array_append_zero(&list);
	i_zero(self_r);
	self_r->addresses = array_front(&list);
	self_r->name = name == NULL ? "" : name;
	self_r->default_reminder = -1;
	self_r->now = ioloop_time;
}

bool itip_is_self(const struct itip_self *self, const char *email)
{
	return *email != '\0' && str_array_icase_find(self->addresses, email);
}

struct cal_attendee *itip_attendee(struct cal_entry *entry, const char *email)
{
	struct cal_attendee *att;

	array_foreach_modifiable(&entry->attendees, att) {
		if (strcasecmp(att->person.email, email) == 0)
			return att;
	}
	return NULL;
}

struct cal_attendee *itip_own(const struct itip_self *self,
			      struct cal_entry *entry)
{
	struct cal_attendee *att;

	array_foreach_modifiable(&entry->attendees, att) {
		if (itip_is_self(self, att->person.email))
			return att;
	}
	return NULL;
}

time_t itip_time(const struct cal_object *obj, const struct cal_time *time)
{
	return cal_time_utc(time, obj->zone);
}

struct cal_entry *itip_exception(struct cal_object *obj,
				 const struct cal_time *original)
{
	struct cal_entry *entry;

	array_foreach_modifiable(&obj->exceptions, entry) {
		if (itip_time(obj, &entry->recurrence_id) ==
		    itip_time(obj, original))
			return entry;
	}
	return NULL;
}

bool itip_same_times(const struct cal_object *a, const struct cal_entry *x,
		     const struct cal_object *b, const struct cal_entry *y)
{
	return itip_time(a, &x->start) == itip_time(b, &y->start) &&
		itip_time(a, &x->end) == itip_time(b, &y->end) &&
		x->all_day == y->all_day;
}

bool itip_same_rule(const struct cal_rule *a, const struct cal_rule *b)
{
	return a->freq == b->freq && a->interval == b->interval &&
		a->count == b->count && a->days == b->days &&
		a->week == b->week && a->month_day == b->month_day &&
		a->month == b->month && a->until.form == b->until.form &&
		memcmp(&a->until.wall, &b->until.wall,
		       sizeof(a->until.wall)) == 0;
}

const char *itip_identify(const struct cal_object *obj,
			  const struct cal_entry *entry)
{
	const struct cal_rule *rule = &obj->rule;

	return t_strdup_printf("%s %s %s %d.%u.%u.%x.%s",
			       dec2str(entry->stamp),
			       dec2str(itip_time(obj, &entry->start)),
			       dec2str(itip_time(obj, &entry->end)),
			       (int)rule->freq, rule->interval, rule->count,
			       rule->days, rule->until.form == CAL_TIME_NONE ?
			       "" : dec2str(itip_time(obj, &rule->until)));
}

static const char *extra_get(const char *const *extras, const char *key)
{
	for (; extras != NULL && *extras != NULL; extras += 2) {
		if (strcmp(extras[0], key) == 0)
			return extras[1];
	}
	return NULL;
}

static void extra_add(ARRAY_TYPE(const_string) *extras, const char *key,
		      const char *value)
{
	if (value != NULL) {
		array_push_back(extras, &key);
		array_push_back(extras, &value);
	}
}

const char *const *itip_extras(pool_t pool, const char *const *old,
			       const struct itip_result *result)
{
	static const char *const own[] = {
		ITIP_EXTRA_FIRST, ITIP_EXTRA_LAST, ITIP_EXTRA_INFO, NULL
	};
	ARRAY_TYPE(const_string) extras;
	const char *const *p, *first = result->first;

	if (result->last == NULL)
		return NULL;
	if (first == NULL)
		first = extra_get(old, ITIP_EXTRA_FIRST);
	p_array_init(&extras, pool, 8);
	for (p = old; p != NULL && *p != NULL; p += 2) {
		if (!str_array_find(own, p[0]))
			array_append(&extras, p, 2);
	}
	extra_add(&extras, ITIP_EXTRA_FIRST, first);
	extra_add(&extras, ITIP_EXTRA_LAST, result->last);
	extra_add(&extras, ITIP_EXTRA_INFO, result->info ? "1" : NULL);
	array_append_zero(&extras);
	return array_front(&extras);
}

static int itip_nothing(struct itip_apply *ap, const char *reason)
{
	ap->result->action = ITIP_NOTHING;
	ap->result->reason = reason;
	return 0;
}

static int itip_put(struct itip_apply *ap, struct cal_object *obj,
		    const char *previous)
{
	obj->method = NULL;
	ap->result->action = ITIP_PUT;
	ap->result->uid = obj->uid;
	ap->result->text = cal_write(ap->pool, obj, previous);
	return 0;
}

/* The entry that speaks for the message: the series, or its first occurrence */
static struct cal_entry *speaker(struct cal_object *obj)
{
	return obj->have_master || array_count(&obj->exceptions) == 0 ?
		&obj->master : array_front_modifiable(&obj->exceptions);
}

/* RFC 5546 2.1.5: by SEQUENCE, then DTSTAMP */
static bool is_newer(const struct cal_entry *msg, const struct cal_entry *old)
{
	return msg->sequence > old->sequence ||
		(msg->sequence == old->sequence && msg->stamp > old->stamp);
}

/* One that was taken in: what is there differs from it because the guest wants
   it so. */
static bool is_known(struct itip_apply *ap, const struct cal_entry *msg)
{
	const char *identity = itip_identify(ap->msg, msg);

	return null_strcmp(extra_get(ap->old_extras, ITIP_EXTRA_FIRST),
			   identity) == 0 ||
		null_strcmp(extra_get(ap->old_extras, ITIP_EXTRA_LAST),
			    identity) == 0;
}

/* Some programs keep DTSTAMP when they move a meeting. */
static bool is_moved_copy(struct itip_apply *ap)
{
	const struct cal_entry *msg = &ap->msg->master;
	const struct cal_entry *old = &ap->old->master;

	return msg->sequence == old->sequence && msg->stamp == old->stamp &&
		!is_known(ap, msg) &&
		(!itip_same_times(ap->msg, msg, ap->old, old) ||
		 !itip_same_rule(&ap->msg->rule, &ap->old->rule));
}

static bool same_organizer(const struct cal_entry *a, const struct cal_entry *b)
{
	return *b->organizer.email == '\0' ||
		strcasecmp(a->organizer.email, b->organizer.email) == 0;
}

/* --- REQUEST ------------------------------------------------------------------------ */

/* The user has said yes or perhaps. */
static bool is_answered(struct itip_apply *ap, struct cal_entry *entry)
{
	const struct cal_attendee *own = itip_own(ap->self, entry);

	return own != NULL && (own->partstat == CAL_PARTSTAT_ACCEPTED ||
			       own->partstat == CAL_PARTSTAT_TENTATIVE);
}

/* Not answered yet */
static void entry_ask(struct itip_apply *ap, struct cal_entry *entry)
{
	struct cal_attendee *own = itip_own(ap->self, entry);

	if (own != NULL && own->partstat == CAL_PARTSTAT_ACCEPTED)
		return;
	if (own != NULL) {
		own->partstat = CAL_PARTSTAT_NEEDS_ACTION;
		own->replied = 0;
	}
	if (entry->busy != CAL_BUSY_FREE)
		entry->busy = CAL_BUSY_TENTATIVE;
}

static void entry_keep_answer(struct itip_apply *ap, struct cal_entry *entry,
			      struct cal_entry *old)
{
	struct cal_attendee *own = itip_own(ap->self, entry);
	const struct cal_attendee *was = itip_own(ap->self, old);

	if (own != NULL && was != NULL) {
		own->partstat = was->partstat;
		own->replied = was->replied;
	}
	entry->busy = old->busy;
}

/* What is the receiver's and nobody else's */
static void entry_keep_own(struct cal_entry *entry, const struct cal_entry *old)
{
	entry->reminder = old->reminder;
	entry->categories = old->categories;
	if (old->sensitivity != CAL_NORMAL)
		entry->sensitivity = old->sensitivity;
}

static void request_ask(struct itip_apply *ap)
{
	struct cal_entry *entry;

	if (ap->msg->master.reminder < 0)
		ap->msg->master.reminder = ap->self->default_reminder;
	entry_ask(ap, &ap->msg->master);
	array_foreach_modifiable(&ap->msg->exceptions, entry)
		entry_ask(ap, entry);
}

static int request_new(struct itip_apply *ap)
{
	request_ask(ap);
	return itip_put(ap, ap->msg, ap->msg_text);
}

/* Occurrences that the message does not name stay as they are, if the series
   still has them. */
static void request_keep_exceptions(struct itip_apply *ap)
{
	struct cal_entry *entry, *copy;
	const struct cal_time *gone;

	array_foreach_modifiable(&ap->old->exceptions, entry) {
		if (itip_exception(ap->msg, &entry->recurrence_id) != NULL ||
		    !cal_is_occurrence(ap->msg, ap->msg->zone,
				       itip_time(ap->old,
						 &entry->recurrence_id)))
			continue;
		copy = array_append_space(&ap->msg->exceptions);
		*copy = *entry;
	}
	array_foreach(&ap->old->deleted, gone)
		array_push_back(&ap->msg->deleted, gone);
}

/* The series comes after an occurrence of it. */
static int request_series_late(struct itip_apply *ap)
{
	struct cal_entry *entry, *was;

	request_ask(ap);
	array_foreach_modifiable(&ap->msg->exceptions, entry) {
		was = itip_exception(ap->old, &entry->recurrence_id);
		if (was != NULL && !is_newer(entry, was))
			*entry = *was;
	}
	request_keep_exceptions(ap);
	return itip_put(ap, ap->msg, ap->msg_text);
}

static int request_series(struct itip_apply *ap)
{
	struct cal_entry *msg = &ap->msg->master, *old = &ap->old->master;
	struct cal_entry *entry, *was;

	if (!ap->old->have_master)
		return request_series_late(ap);
	if (!is_newer(msg, old) && !is_moved_copy(ap))
		return itip_nothing(ap, "not newer than what is there");
	entry_keep_own(msg, old);
	if (itip_same_times(ap->msg, msg, ap->old, old) &&
	    itip_same_rule(&ap->msg->rule, &ap->old->rule)) {
		ap->result->info = is_answered(ap, old);
		entry_keep_answer(ap, msg, old);
		request_keep_exceptions(ap);
	} else {
		entry_ask(ap, msg);
	}
	array_foreach_modifiable(&ap->msg->exceptions, entry) {
		was = itip_exception(ap->old, &entry->recurrence_id);
		if (was == NULL)
			was = old;
		entry_keep_own(entry, was);
		if (itip_same_times(ap->msg, entry, ap->old, was))
			entry_keep_answer(ap, entry, was);
	}
	return itip_put(ap, ap->msg, ap->msg_text);
}

static void occurrence_undelete(struct cal_object *obj,
				const struct cal_time *original)
{
	const struct cal_time *times;
	unsigned int i, count;

	times = array_get(&obj->deleted, &count);
	for (i = count; i > 0; i--) {
		if (itip_time(obj, &times[i-1]) == itip_time(obj, original))
			array_delete(&obj->deleted, i - 1, 1);
	}
}

/* One occurrence of a series that is there (or not: then they stand alone) */
static int request_occurrences(struct itip_apply *ap)
{
	struct cal_entry *entry, *was, *base;
	bool changed = FALSE;

	array_foreach_modifiable(&ap->msg->exceptions, entry) {
		was = itip_exception(ap->old, &entry->recurrence_id);
		base = was != NULL ? was : &ap->old->master;
		if (was != NULL && !is_newer(entry, was))
			continue;
		entry_keep_own(entry, base);
		if (itip_same_times(ap->msg, entry, ap->old, base))
			entry_keep_answer(ap, entry, base);
		else
			entry_ask(ap, entry);
		if (was == NULL)
			was = array_append_space(&ap->old->exceptions);
		*was = *entry;
		occurrence_undelete(ap->old, &entry->recurrence_id);
		changed = TRUE;
	}
	return changed ? itip_put(ap, ap->old, ap->old_text) :
		itip_nothing(ap, "not newer than what is there");
}

/* Some programs name the people of a series only. */
static void exceptions_inherit(struct itip_apply *ap)
{
	const struct cal_entry *series = &ap->msg->master;
	struct cal_entry *entry;

	if (!ap->msg->have_master)
		return;
	array_foreach_modifiable(&ap->msg->exceptions, entry) {
		if (*entry->organizer.email != '\0' ||
		    array_count(&entry->attendees) > 0)
			continue;
		entry->organizer = series->organizer;
		array_append_array(&entry->attendees, &series->attendees);
	}
}

static int apply_request(struct itip_apply *ap)
{
	struct cal_entry *msg = speaker(ap->msg);

	exceptions_inherit(ap);
	if (ap->msg->have_master)
		ap->result->last = p_strdup(ap->pool,
					    itip_identify(ap->msg, msg));
	if (*msg->organizer.email == '\0' || msg->start.form == CAL_TIME_NONE)
		return itip_nothing(ap, "an invitation by nobody or to no time");
	if (itip_is_self(ap->self, msg->organizer.email))
		return itip_nothing(ap, "the user's own invitation");
	if (ap->old == NULL) {
		ap->result->first = p_strdup(ap->pool,
					     itip_identify(ap->msg, msg));
		return request_new(ap);
	}
	if (!same_organizer(msg, speaker(ap->old)))
		return itip_nothing(ap, "of another organiser");
	return ap->msg->have_master ? request_series(ap) :
		request_occurrences(ap);
}

/* --- CANCEL ------------------------------------------------------------------------- */

/* "Canceled: ..." is what shows in calendars that cannot mark it. */
static void entry_cancel(struct cal_entry *entry, const struct cal_entry *msg,
			 const char *series_summary)
{
	if (*msg->summary != '\0' &&
	    strcmp(entry->summary, series_summary) == 0)
		entry->summary = msg->summary;
	entry->cancelled = TRUE;
	entry->busy = CAL_BUSY_FREE;
	entry->sequence = I_MAX(entry->sequence, msg->sequence);
	entry->stamp = I_MAX(entry->stamp, msg->stamp);
	entry->reminder = -1;
}

static int cancel_occurrences(struct itip_apply *ap)
{
	struct cal_entry *msg, *entry;
	bool changed = FALSE;

	array_foreach_modifiable(&ap->msg->exceptions, msg) {
		entry = cal_exception_need(ap->pool, ap->old, ap->old->zone,
			itip_time(ap->old, &msg->recurrence_id));
		if (entry == NULL || entry->cancelled ||
		    msg->sequence < entry->sequence)
			continue;
		entry_cancel(entry, msg, entry->summary);
		changed = TRUE;
	}
	return changed ? itip_put(ap, ap->old, ap->old_text) :
		itip_nothing(ap, "nothing to cancel");
}

static int apply_cancel(struct itip_apply *ap)
{
	struct cal_entry *msg = speaker(ap->msg), *entry;
	const char *summary;

	if (ap->old == NULL)
		return itip_nothing(ap, "of a meeting that is not there");
	if (!same_organizer(msg, speaker(ap->old)) ||
	    itip_is_self(ap->self, speaker(ap->old)->organizer.email))
		return itip_nothing(ap, "of another organiser");
	if (!ap->msg->have_master)
		return cancel_occurrences(ap);
	if (msg->sequence < ap->old->master.sequence)
		return itip_nothing(ap, "older than what is there");
	if (ap->old->master.cancelled)
		return itip_nothing(ap, "cancelled already");
	summary = ap->old->master.summary;
	entry_cancel(&ap->old->master, msg, summary);
	array_foreach_modifiable(&ap->old->exceptions, entry)
		entry_cancel(entry, msg, summary);
	return itip_put(ap, ap->old, ap->old_text);
}

/* --- REPLY, COUNTER ------------------------------------------------------------------ */

/* Who answers: the only attendee of such a message */
static const struct cal_attendee *replier(struct cal_entry *entry)
{
	const struct cal_attendee *att;

	array_foreach(&entry->attendees, att) {
		if (*att->person.email != '\0' &&
		    strcasecmp(att->person.email,
			       entry->organizer.email) != 0)
			return att;
	}
	return NULL;
}

/* Whoever got the invitation from a guest may answer too. */
static struct cal_attendee *
reply_attendee(struct itip_apply *ap, struct cal_entry *entry,
	       const struct cal_attendee *from)
{
	struct cal_attendee *att = itip_attendee(entry, from->person.email);

	if (att != NULL)
		return att;
	att = array_append_space(&entry->attendees);
	att->person.email = p_strdup(ap->pool, from->person.email);
	att->person.name = p_strdup(ap->pool, from->person.name);
	att->role = CAL_ROLE_OPTIONAL;
	return att;
}

static bool reply_entry(struct itip_apply *ap, struct cal_entry *msg,
			struct cal_entry *entry, bool counter)
{
	const struct cal_attendee *from = replier(msg);
	struct cal_attendee *att;

	if (from == NULL || msg->sequence < entry->sequence)
		return FALSE;
	att = reply_attendee(ap, entry, from);
	if (att->replied != 0 && msg->stamp <= att->replied)
		return FALSE;
	att->replied = msg->stamp != 0 ? msg->stamp : ap->self->now;
	i_zero(&att->proposed_start);
	i_zero(&att->proposed_end);
	if (counter) {
		att->partstat = CAL_PARTSTAT_TENTATIVE;
		att->proposed_start = msg->start;
		att->proposed_end = msg->end;
	} else {
		att->partstat = from->partstat;
	}
	return TRUE;
}

static int apply_reply(struct itip_apply *ap, bool counter)
{
	struct cal_entry *msg, *entry;
	bool changed = FALSE;

	if (ap->old == NULL)
		return itip_nothing(ap, "to a meeting that is not there");
	if (!itip_is_self(ap->self, speaker(ap->old)->organizer.email))
		return itip_nothing(ap, "to a meeting of somebody else");
	if (ap->msg->have_master)
		changed = reply_entry(ap, &ap->msg->master, &ap->old->master,
				      counter);
	array_foreach_modifiable(&ap->msg->exceptions, msg) {
		entry = cal_exception_need(ap->pool, ap->old, ap->old->zone,
			itip_time(ap->old, &msg->recurrence_id));
		if (entry != NULL && reply_entry(ap, msg, entry, counter))
			changed = TRUE;
	}
	return changed ? itip_put(ap, ap->old, ap->old_text) :
		itip_nothing(ap, "answers nothing new");
}

static int apply_reply_only(struct itip_apply *ap)
{
	return apply_reply(ap, FALSE);
}

static int apply_counter(struct itip_apply *ap)
{
	return apply_reply(ap, TRUE);
}

/* --- the message -------------------------------------------------------------------- */

static const struct {
	const char *method;
	int (*apply)(struct itip_apply *ap);
} itip_methods[] = {
	{ "REQUEST", apply_request },
	{ "CANCEL", apply_cancel },
	{ "REPLY", apply_reply_only },
	{ "COUNTER", apply_counter },
};

int itip_apply(pool_t pool, const struct itip_self *self,
	       const char *text, size_t size, const char *old, size_t old_size,
	       const char *const *old_extras, struct itip_result *result_r, const char **error_r)
{
	struct itip_apply ap = {
		.pool = pool, .self = self, .msg_text = text, .old_text = old,
		.old_extras = old_extras, .result = result_r,
	};

	i_zero(result_r);
	if (cal_parse(pool, text, size, &ap.msg, NULL, error_r) < 0)
		return -1;
	result_r->uid = ap.msg->uid;
	if (ap.msg->kind != CAL_EVENT || ap.msg->method == NULL)
		return itip_nothing(&ap, "no message about a meeting");
	if (old != NULL &&
	    cal_parse(pool, old, old_size, &ap.old, NULL, error_r) < 0)
		return -1;
	for (unsigned int i = 0; i < N_ELEMENTS(itip_methods); i++) {
		if (strcmp(itip_methods[i].method, ap.msg->method) == 0)
			return itip_methods[i].apply(&ap);
	}
	return itip_nothing(&ap, "a method that changes nothing here");
}
