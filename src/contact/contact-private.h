/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONTACT_PRIVATE_H
#define CONTACT_PRIVATE_H

#include "vcard.h"
#include "dovetail-contact.h"

/* How a property says what the field holds */
enum contact_form {
	CONTACT_FORM_TEXT,
	/* ;-separated; the rule's fields are the first of as many */
	CONTACT_FORM_PARTS,
	CONTACT_FORM_LIST,
	CONTACT_FORM_DATE,
	/* "tel:", "mailto:" and the like are taken off when VALUE=uri */
	CONTACT_FORM_URI,
	CONTACT_FORM_PICTURE,
	/* A property a value (CHILDREN) */
	CONTACT_FORM_EACH,
};

#define CONTACT_RULE_FIELDS 3

/* One way in which programs write something. */
struct contact_rule {
	const char *name;
	/* All of these types are there, with blanks between; NULL: any */
	const char *types;
	/* X-ABLabel of its group, without Apple's _$!<>!$_; NULL: any or none */
	const char *label;
	enum contact_form form;
	/* The fields it can fill, in this order; of PARTS: the first one */
	uint8_t fields[CONTACT_RULE_FIELDS];
	/* Where it goes if those are taken, ended by 0; NULL: nowhere */
	const uint8_t *more;
	/* PARTS: how many */
	unsigned int parts;
	/* Not if a property of this name says the same */
	const char *unless;
};

/* How a field is written where there was nothing */
struct contact_new_prop {
	/* of PARTS: the first one */
	uint8_t field;
	const char *name;
	/* with blanks between; NULL: none */
	const char *types;
	enum contact_form form;
	unsigned int parts;
	/* Another way in 4.0; NULL: the same */
	const char *name4, *types4;
};

/* One field of one contact */
struct contact_value {
	/* Where it stands, NULL: nowhere */
	struct vcard_prop *prop;
	const struct contact_rule *rule;
	/* Component, -1: the whole */
	int part;
	/* NULL: nothing. Dates: as contact-date.c writes them. */
	const char *text;
	/* What contact_set() brought, NULL: away with it */
	const char *set;
	bool changed;
};

struct contact {
	pool_t pool;
	struct vcard *card;
	struct contact_value values[CONTACT_FIELD_COUNT];
	/* LISTs and EACH: the properties and the values */
	struct contact_list {
		enum contact_field field;
		ARRAY(struct vcard_prop *) props;
		const char *const *values;
		const char *const *set;
		bool changed;
	} lists[2];
	buffer_t *picture_set;
	bool picture_changed, members_changed;
};

/* contact-table.c */
/* The rule of a property; NULL: the model does not know it. */
const struct contact_rule *
contact_rule_find(const struct contact *contact, const struct vcard_prop *prop);
/* The property that says the same better (rule's unless); NULL: none. */
const struct vcard_prop *
contact_rule_same(const struct contact *contact,
		  const struct contact_rule *rule,
		  const struct vcard_prop *prop);
bool contact_rule_allows(const struct contact_rule *rule,
			 enum contact_field field);
const struct contact_new_prop *contact_new_prop(enum contact_field field);

/* contact-bind.c: gives the properties of the vCard to the fields. */
void contact_bind(struct contact *contact);
/* Pins what would be read otherwise than it stands now. */
void contact_pin(struct contact *contact);
#define CONTACT_PARAM_PIN "X-DOVETAIL-FIELD"
/* A display name of an e-mail address; the time of the day of a date */
#define CONTACT_PARAM_NAME "X-DOVETAIL-NAME"
#define CONTACT_PARAM_TIME "X-DOVETAIL-TIME"

/* contact-date.c */
/* A date as vCards of any version and MS-ASDTYPE have it. */
bool contact_date_parse(const char *text, struct contact_date *date_r);
/* "1990-05-12", "--05-12" */
const char *contact_date_str(const struct contact_date *date);

/* contact.c */
struct contact_list *
contact_list_of(const struct contact *contact, enum contact_field field);
/* What it will be after contact_write() */
const char *contact_now(const struct contact *contact,
			enum contact_field field);
/* Label of a property's group, Apple's marks taken off; NULL: none */
const char *contact_label(const struct contact *contact,
			  const struct vcard_prop *prop);
/* Name made of its parts (data stack); "" if there are none */
const char *contact_name_compose(const struct contact *contact);

/* What stands for a name where there is none; before: as it was read. */
const char *contact_other_name(const struct contact *contact, bool before);

/* contact-picture.c */
void contact_picture_write(struct contact *contact);

#endif
