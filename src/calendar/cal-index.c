/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What somebody may search an item by. */

#include "lib.h"
#include "cal-private.h"

static void words_add(string_t *words, const char *text)
{
	if (*text == '\0')
		return;
	if (str_len(words) > 0)
		str_append_c(words, ' ');
	str_append(words, text);
}

static void person_add(string_t *words, const struct cal_person *person)
{
	words_add(words, person->name);
	if (strcmp(person->name, person->email) != 0)
		words_add(words, person->email);
}

static void entry_add(string_t *words, const struct cal_entry *entry)
{
	const struct cal_attendee *att;
	const char *const *categoryp;

	words_add(words, entry->summary);
	words_add(words, entry->location);
	person_add(words, &entry->organizer);
	array_foreach(&entry->attendees, att)
		person_add(words, &att->person);
	array_foreach(&entry->categories, categoryp)
		words_add(words, *categoryp);
}

void cal_index_text(const struct cal_object *obj, string_t *words_r,
		    const char **sort_r)
{
	const struct cal_entry *entry;

	*sort_r = obj->master.summary;
	if (obj->have_master)
		entry_add(words_r, &obj->master);
	else if (array_count(&obj->exceptions) > 0) {
		entry = array_front(&obj->exceptions);
		*sort_r = entry->summary;
	}
	/* an exception has the series' words mostly */
	array_foreach(&obj->exceptions, entry) {
		if (!obj->have_master)
			entry_add(words_r, entry);
		else if (strcmp(entry->summary, obj->master.summary) != 0 ||
			 strcmp(entry->location, obj->master.location) != 0) {
			words_add(words_r, entry->summary);
			words_add(words_r, entry->location);
		}
	}
}
