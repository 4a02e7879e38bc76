/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "itip-private.h"
#include "array.h"

static bool forward_add(pool_t pool, struct cal_entry *entry, const char *to)
{
	struct cal_attendee *att;

	if (strchr(to, '@') == NULL || itip_attendee(entry, to) != NULL ||
	    strcasecmp(entry->organizer.email, to) == 0)
		return FALSE;
	att = array_append_space(&entry->attendees);
	att->person.email = p_strdup(pool, to);
	att->person.name = "";
	att->role = CAL_ROLE_OPTIONAL;
	att->partstat = CAL_PARTSTAT_NEEDS_ACTION;
	att->rsvp = TRUE;
	return TRUE;
}

/* 0: from is no guest, or all are there */
static unsigned int forward_entry(pool_t pool, struct cal_entry *entry,
				  const char *from, const char *const *to)
{
	unsigned int i, added = 0;

	if (entry->cancelled || itip_attendee(entry, from) == NULL)
		return 0;
	for (i = 0; to[i] != NULL && i < ITIP_FORWARD_MAX; i++) {
		if (forward_add(pool, entry, to[i]))
			added++;
	}
	return added;
}

/* The occurrence, or the series with all that differ from it */
static unsigned int
forward_object(pool_t pool, struct cal_object *obj, const char *from,
	       const char *const *to, time_t original)
{
	struct cal_entry *entry;
	unsigned int added;

	if (original != 0 && obj->rule.freq != CAL_FREQ_NONE) {
		entry = cal_exception_need(pool, obj, obj->zone, original);
		return entry == NULL ? 0 : forward_entry(pool, entry, from, to);
	}
	added = obj->have_master ?
		forward_entry(pool, &obj->master, from, to) : 0;
	array_foreach_modifiable(&obj->exceptions, entry) {
		if (array_count(&entry->attendees) > 0)
			added += forward_entry(pool, entry, from, to);
	}
	return added;
}

int itip_forwarded(pool_t pool, const struct itip_self *self, const char *from,
		   const char *const *to, time_t original, const char *old,
		   size_t old_size, struct itip_result *result_r,
		   const char **error_r)
{
	struct cal_object *obj;
	const struct cal_entry *speaker;

	i_zero(result_r);
	if (cal_parse(pool, old, old_size, &obj, NULL, error_r) < 0)
		return -1;
	speaker = obj->have_master || array_count(&obj->exceptions) == 0 ?
		&obj->master : array_front(&obj->exceptions);
	result_r->uid = obj->uid;
	if (!itip_is_self(self, speaker->organizer.email)) {
		result_r->reason = "a meeting of somebody else is forwarded";
		return 0;
	}
	if (forward_object(pool, obj, from, to, original) == 0) {
		result_r->reason = "forwarded by no guest, or to guests";
		return 0;
	}
	result_r->action = ITIP_PUT;
	result_r->text = cal_write(pool, obj, old);
	return 0;
}
