/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a contact is found by. */

#include "contact-private.h"

/* In the order of weight; streets, notes and dates are not what people look up. */
static const enum contact_field index_fields[] = {
	CONTACT_NAME, CONTACT_FIRST_NAME, CONTACT_MIDDLE_NAME,
	CONTACT_LAST_NAME, CONTACT_FILE_AS, CONTACT_NICKNAME,
	CONTACT_YOMI_FIRST_NAME, CONTACT_YOMI_LAST_NAME, CONTACT_YOMI_COMPANY,
	CONTACT_COMPANY, CONTACT_DEPARTMENT, CONTACT_JOB_TITLE, CONTACT_OFFICE,
	CONTACT_EMAIL1_NAME, CONTACT_EMAIL2_NAME, CONTACT_EMAIL3_NAME,
	CONTACT_ALIAS, CONTACT_BUSINESS_CITY, CONTACT_HOME_CITY,
	CONTACT_OTHER_CITY, CONTACT_CUSTOMER_ID,
};

static void index_add(string_t *words, const char *text)
{
	if (text != NULL && *text != '\0') {
		str_append(words, text);
		str_append_c(words, '\n');
	}
}

static void index_add_digits(string_t *words, const char *text)
{
	size_t start = str_len(words);

	for (; *text != '\0'; text++) {
		if (i_isdigit(*text))
			str_append_c(words, *text);
	}
	if (str_len(words) > start)
		str_append_c(words, '\n');
}

void contact_index_text(const struct contact *contact, string_t *words,
			const char **sort_r)
{
	struct vcard_prop *prop;
	const char *text;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(index_fields); i++)
		index_add(words, contact_now(contact, index_fields[i]));
	/* All of them, also those that no field has room for */
	array_foreach_elem(&contact->card->props, prop) {
		if (prop->removed)
			continue;
		if (strcmp(prop->name, "EMAIL") == 0 ||
		    strcmp(prop->name, "IMPP") == 0)
			index_add(words, vcard_text(contact->card, prop, -1));
		else if (strcmp(prop->name, "TEL") == 0 ||
			 strcmp(prop->name, "X-MS-TEL") == 0) {
			text = vcard_text(contact->card, prop, -1);
			index_add(words, text);
			index_add_digits(words, text);
		}
	}
	text = contact_shown(contact, CONTACT_FILE_AS);
	*sort_r = text == NULL ? "" : text;
}
