/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_PEOPLE_H
#define EAS_PEOPLE_H

/* People that a user can find: those of the Directory, and those of the address
   books that the user has or subscribed to (Collected Contacts too). One person
   an address: who is in several places is found once. Internal to src/eas. */

#include "array.h"

struct contact;
struct directory_entry;
struct eas_request;

struct eas_person {
	/* NULL: there is none (contacts only) */
	const char *email;
	/* For display; never NULL */
	const char *name;
	/* NULL: not known */
	const char *first_name, *last_name, *alias, *title, *company, *office;
	const char *phone, *home_phone, *mobile;
	/* Where it was found; at least one is set, the Directory's word counts. */
	const struct directory_entry *entry;
	const struct contact *contact;
};
ARRAY_DEFINE_TYPE(eas_person, struct eas_person);

/* Those whom all words of text fit, by name; at most max. total_r: how many there
   are. -1: cannot be read now. Memory: req */
int eas_people_search(struct eas_request *req, const char *text,
		      unsigned int max, ARRAY_TYPE(eas_person) *people,
		      unsigned int *total_r);
/* Who has exactly this address. 1, 0, -1 */
int eas_people_lookup(struct eas_request *req, const char *email,
		      struct eas_person *person_r);
/* The picture, appended to dest. 1, 0 there is none, -1 larger than max */
int eas_person_picture(struct eas_request *req, const struct eas_person *person,
		       size_t max, buffer_t *dest);

#endif
