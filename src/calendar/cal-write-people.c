/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ORGANIZER and ATTENDEE: the line of a person stays, with all its parameters,
   as long as the person does. */

#include "lib.h"
#include "hash.h"
#include "cal-private.h"

static const char *const partstat_names[] = {
	"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED",
};
static const char *const role_names[] = {
	"REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT", "CHAIR",
};

static bool person_equal(const struct cal_person *a, const struct cal_person *b)
{
	return strcmp(a->email, b->email) == 0 && strcmp(a->name, b->name) == 0;
}

static bool attendee_equal(const struct cal_attendee *a,
			   const struct cal_attendee *b)
{
	return person_equal(&a->person, &b->person) &&
		a->partstat == b->partstat && a->role == b->role &&
		a->rsvp == b->rsvp && a->replied == b->replied &&
		cal_time_equal(&a->proposed_start, &b->proposed_start) &&
		cal_time_equal(&a->proposed_end, &b->proposed_end);
}

static bool attendees_equal(const struct cal_entry *a, const struct cal_entry *b)
{
	const struct cal_attendee *x, *y;
	unsigned int i, count_a, count_b;

	x = array_get(&a->attendees, &count_a);
	y = array_get(&b->attendees, &count_b);
	if (count_a != count_b)
		return FALSE;
	for (i = 0; i < count_a; i++) {
		if (!attendee_equal(&x[i], &y[i]))
			return FALSE;
	}
	return TRUE;
}

static const char *person_uri(const struct cal_person *person)
{
	/* as Outlook writes one without an address */
	if (*person->email == '\0')
		return "invalid:nomail";
	return t_strconcat("mailto:", person->email, NULL);
}

static void organizer_write(pool_t pool, struct ical_comp *comp,
			    const struct cal_person *person,
			    const struct cal_person *old)
{
	struct ical_prop *prop = ical_find(comp, "ORGANIZER");
	string_t *params;

	if (person_equal(person, old))
		return;
	if (prop != NULL && *person->email != '\0' &&
	    strcasecmp(person->email, old->email) == 0) {
		ical_param_set(pool, prop, "CN", *person->name == '\0' ?
			       NULL : person->name);
		return;
	}
	ical_remove_all(comp, "ORGANIZER");
	if (*person->email == '\0' && *person->name == '\0')
		return;
	params = t_str_new(64);
	if (*person->name != '\0')
		ical_param_append(params, "CN", person->name);
	ical_add(pool, comp, "ORGANIZER", str_c(params), person_uri(person));
}

/* --- attendees --------------------------------------------------------------------------- */

static const char *utc_or_null(time_t utc)
{
	struct cal_time time;

	if (utc == 0)
		return NULL;
	cal_time_set_utc(&time, utc);
	return cal_time_value(&time);
}

static const char *proposed_value(const struct cal_time *time)
{
	if (time->form == CAL_TIME_NONE)
		return NULL;
	if (time->form == CAL_TIME_DATE)
		return cal_time_value(time);
	return utc_or_null(cal_time_utc(time, NULL));
}

static void role_write(pool_t pool, struct ical_prop *prop,
		       enum cal_role role, enum cal_role old)
{
	if (role == CAL_ROLE_RESOURCE) {
		if (!ical_param_is(prop, "CUTYPE", "ROOM"))
			ical_param_set(pool, prop, "CUTYPE", "RESOURCE");
	} else if (old == CAL_ROLE_RESOURCE) {
		ical_param_set(pool, prop, "CUTYPE", "INDIVIDUAL");
	}
	ical_param_set(pool, prop, "ROLE", role_names[role]);
}

static void own_params_write(pool_t pool, struct ical_prop *prop,
			     const struct cal_attendee *att)
{
	ical_param_set(pool, prop, "X-DOVETAIL-REPLIED",
		       utc_or_null(att->replied));
	ical_param_set(pool, prop, "X-DOVETAIL-PROPOSED-START",
		       proposed_value(&att->proposed_start));
	ical_param_set(pool, prop, "X-DOVETAIL-PROPOSED-END",
		       proposed_value(&att->proposed_end));
}

static void attendee_update(pool_t pool, struct ical_prop *prop,
			    const struct cal_attendee *att,
			    const struct cal_attendee *old)
{
	if (att->partstat != old->partstat) {
		ical_param_set(pool, prop, "PARTSTAT",
			       partstat_names[att->partstat]);
	}
	if (att->role != old->role)
		role_write(pool, prop, att->role, old->role);
	if (att->rsvp != old->rsvp)
		ical_param_set(pool, prop, "RSVP", att->rsvp ? "TRUE" : NULL);
	if (strcmp(att->person.name, old->person.name) != 0) {
		ical_param_set(pool, prop, "CN", *att->person.name == '\0' ?
			       NULL : att->person.name);
	}
	if (att->replied != old->replied ||
	    !cal_time_equal(&att->proposed_start, &old->proposed_start) ||
	    !cal_time_equal(&att->proposed_end, &old->proposed_end))
		own_params_write(pool, prop, att);
}

static void attendee_add(pool_t pool, struct ical_comp *comp,
			 const struct cal_attendee *att)
{
	string_t *params = t_str_new(128);
	struct ical_prop *prop;

	if (att->role == CAL_ROLE_RESOURCE)
		ical_param_append(params, "CUTYPE", "RESOURCE");
	ical_param_append(params, "ROLE", role_names[att->role]);
	ical_param_append(params, "PARTSTAT", partstat_names[att->partstat]);
	if (att->rsvp)
		ical_param_append(params, "RSVP", "TRUE");
	if (*att->person.name != '\0')
		ical_param_append(params, "CN", att->person.name);
	prop = ical_add(pool, comp, "ATTENDEE", str_c(params),
			person_uri(&att->person));
	own_params_write(pool, prop, att);
}

/* Who somebody is: the address, or else the name */
static const char *person_key(pool_t pool, const struct cal_person *person)
{
	return *person->email != '\0' ? p_strdup(pool, t_str_lcase(person->email)) :
		p_strconcat(pool, "\n", person->name, NULL);
}

HASH_TABLE_DEFINE_TYPE(attendee_lines, char *, struct ical_prop *);

/* Lines of people who are still there by their keys; the others go. Of two lines
   of one person the first stays. */
static void
lines_keep(pool_t pool, struct ical_comp *comp, const struct cal_entry *entry,
	   HASH_TABLE_TYPE(attendee_lines) lines)
{
	HASH_TABLE(char *, const struct cal_attendee *) wanted;
	const struct cal_attendee *att;
	struct ical_prop *prop, *next;
	struct cal_person person;
	char *key;

	hash_table_create(&wanted, default_pool, 0, str_hash, strcmp);
	array_foreach(&entry->attendees, att) T_BEGIN {
		key = (char *)person_key(pool, &att->person);
		hash_table_update(wanted, key, att);
	} T_END;
	for (prop = ical_find(comp, "ATTENDEE"); prop != NULL; prop = next) {
		next = ical_again(prop, "ATTENDEE");
		T_BEGIN {
			cal_person_parse(pool, prop, &person);
			key = (char *)person_key(pool, &person);
		} T_END;
		if (hash_table_lookup(wanted, key) == NULL ||
		    hash_table_lookup(lines, key) != NULL)
			ical_remove(comp, prop);
		else
			hash_table_insert(lines, key, prop);
	}
	hash_table_destroy(&wanted);
}

static void
attendees_write(struct cal_source *source, struct ical_comp *comp,
		const struct cal_entry *entry, const struct cal_entry *old)
{
	pool_t pool = source->pool;
	HASH_TABLE_TYPE(attendee_lines) lines;
	HASH_TABLE(char *, const struct cal_attendee *) before;
	const struct cal_attendee *att, *was;
	struct ical_prop *prop;
	char *key;

	hash_table_create(&lines, default_pool, 0, str_hash, strcmp);
	hash_table_create(&before, default_pool, 0, str_hash, strcmp);
	array_foreach(&old->attendees, att) T_BEGIN {
		key = (char *)person_key(pool, &att->person);
		if (hash_table_lookup(before, key) == NULL)
			hash_table_insert(before, key, att);
	} T_END;
	lines_keep(pool, comp, entry, lines);
	array_foreach(&entry->attendees, att) T_BEGIN {
		key = (char *)person_key(pool, &att->person);
		prop = hash_table_lookup(lines, key);
		was = hash_table_lookup(before, key);
		if (prop != NULL && was != NULL)
			attendee_update(pool, prop, att, was);
		else {
			if (prop != NULL)
				ical_remove(comp, prop);
			attendee_add(pool, comp, att);
		}
	} T_END;
	hash_table_destroy(&before);
	hash_table_destroy(&lines);
}

void cal_people_write(struct cal_source *source, struct ical_comp *comp,
		      const struct cal_entry *entry, const struct cal_entry *old)
{
	organizer_write(source->pool, comp, &entry->organizer, &old->organizer);
	if (!attendees_equal(entry, old))
		attendees_write(source, comp, entry, old);
}
