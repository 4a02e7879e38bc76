/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The model: reading it out of a vCard, getting and setting its fields. */

#include "contact-private.h"
#include "message-address.h"

static const char *const contact_no_values[] = { NULL };

/* --- a contact ----------------------------------------------------------------- */

static void contact_init_lists(struct contact *contact)
{
	contact->lists[0].field = CONTACT_CATEGORIES;
	contact->lists[1].field = CONTACT_CHILDREN;
}

int contact_parse(pool_t pool, const char *text, size_t size,
		  struct contact **contact_r, const char **warnings_r,
		  const char **error_r)
{
	struct contact *contact;
	struct vcard *card;
	char *copy;
	size_t i;
	int ret;

	if (warnings_r != NULL)
		*warnings_r = NULL;
	if (size > CONTACT_MAX_SIZE) {
		*error_r = "The vCard is too large";
		return -1;
	}
	copy = p_malloc(pool, size + 1);
	memcpy(copy, text, size);
	for (i = 0; i < size; i++) {
		if (copy[i] == '\0')
			copy[i] = ' ';
	}
	T_BEGIN {
		ret = vcard_read(pool, copy, size, &card, error_r);
	} T_END;
	if (ret < 0)
		return -1;
	contact = p_new(pool, struct contact, 1);
	contact->pool = pool;
	contact->card = card;
	contact_init_lists(contact);
	T_BEGIN {
		contact_bind(contact);
	} T_END;
	if (warnings_r != NULL && str_len(card->warnings) > 0)
		*warnings_r = str_c(card->warnings);
	*contact_r = contact;
	return 0;
}

struct contact *contact_new(pool_t pool, const char *uid)
{
	struct contact *contact;
	const char *text, *error;

	text = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Dovetail//EN\r\n"
		"END:VCARD\r\n";
	if (contact_parse(pool, text, strlen(text), &contact, NULL, &error) < 0)
		i_unreached();
	T_BEGIN {
		vcard_set_value(contact->card, vcard_add(contact->card, "UID"),
				vcard_escape(contact->card, uid, '\0'));
	} T_END;
	return contact;
}

const char *contact_uid(const struct contact *contact)
{
	const struct vcard_prop *prop = vcard_find(contact->card, "UID");

	return prop == NULL ? "" : vcard_text(contact->card, prop, -1);
}

bool contact_is_group(const struct contact *contact)
{
	const struct vcard_prop *prop = vcard_find(contact->card, "KIND");

	if (prop == NULL)
		prop = vcard_find(contact->card, "X-ADDRESSBOOKSERVER-KIND");
	return prop != NULL &&
		strcasecmp(vcard_text(contact->card, prop, -1), "group") == 0;
}

static bool is_member(const struct vcard_prop *prop)
{
	return !prop->removed &&
		(strcmp(prop->name, "MEMBER") == 0 ||
		 strcmp(prop->name, "X-ADDRESSBOOKSERVER-MEMBER") == 0);
}

const char *const *contact_members(const struct contact *contact)
{
	ARRAY_TYPE(const_string) members;
	struct vcard_prop *prop;
	const char *text;

	p_array_init(&members, contact->pool, 16);
	array_foreach_elem(&contact->card->props, prop) {
		if (!is_member(prop))
			continue;
		text = p_strdup(contact->pool,
				vcard_text(contact->card, prop, -1));
		if (*text != '\0')
			array_push_back(&members, &text);
	}
	array_append_zero(&members);
	return array_front(&members);
}

static struct vcard_prop *
find_member(const struct contact *contact, const char *uri)
{
	struct vcard_prop *prop;

	array_foreach_elem(&contact->card->props, prop) {
		if (is_member(prop) &&
		    strcasecmp(vcard_text(contact->card, prop, -1), uri) == 0)
			return prop;
	}
	return NULL;
}

void contact_member_add(struct contact *contact, const char *uri)
{
	struct vcard *card = contact->card;
	const char *name = card->version == VCARD_40 ? "MEMBER" :
		"X-ADDRESSBOOKSERVER-MEMBER";

	if (find_member(contact, uri) != NULL)
		return;
	vcard_set_value(card, vcard_add(card, name), p_strdup(card->pool, uri));
	contact->members_changed = TRUE;
}

void contact_member_remove(struct contact *contact, const char *uri)
{
	struct vcard_prop *prop;

	while ((prop = find_member(contact, uri)) != NULL) {
		prop->removed = TRUE;
		contact->members_changed = TRUE;
	}
}

const char *contact_label(const struct contact *contact,
			  const struct vcard_prop *prop)
{
	const struct vcard_prop *label =
		vcard_group_prop(contact->card, prop->group, "X-ABLABEL");
	const char *text;
	size_t len;

	if (label == NULL)
		return NULL;
	text = vcard_text(contact->card, label, -1);
	len = strlen(text);
	if (len > 8 && strncmp(text, "_$!<", 4) == 0 &&
	    strcmp(text + len - 4, ">!$_") == 0)
		text = t_strndup(text + 4, len - 8);
	return text;
}

/* --- fields -------------------------------------------------------------------- */

const char *contact_now(const struct contact *contact, enum contact_field field)
{
	const struct contact_value *value = &contact->values[field];

	return value->changed ? value->set : value->text;
}

const char *contact_get(const struct contact *contact, enum contact_field field)
{
	i_assert(contact_field_kind(field) == CONTACT_KIND_TEXT);
	return contact_now(contact, field);
}

struct contact_list *
contact_list_of(const struct contact *contact, enum contact_field field)
{
	struct contact *list_owner = (struct contact *)contact;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(contact->lists); i++) {
		if (contact->lists[i].field == field)
			return &list_owner->lists[i];
	}
	i_unreached();
}

const char *const *
contact_get_list(const struct contact *contact, enum contact_field field)
{
	const struct contact_list *list = contact_list_of(contact, field);

	return list->changed ? list->set : list->values;
}

/* Time of day, as CONTACT_PARAM_TIME has it */
static int date_secs(const struct contact_value *value)
{
	const char *time = value->prop == NULL ? NULL :
		vcard_param(value->prop, CONTACT_PARAM_TIME);
	unsigned int secs;

	return time != NULL && str_to_uint(time, &secs) == 0 && secs < 86400 ?
		(int)secs : -1;
}

bool contact_get_date(const struct contact *contact, enum contact_field field,
		      struct contact_date *date_r)
{
	const struct contact_value *value = &contact->values[field];
	const char *text = contact_now(contact, field), *secs;

	i_assert(contact_field_kind(field) == CONTACT_KIND_DATE);
	if (text == NULL)
		return FALSE;
	secs = strchr(text, ' ');
	if (!contact_date_parse(t_strcut(text, ' '), date_r))
		return FALSE;
	if (!value->changed)
		date_r->secs = date_secs(value);
	else if (secs != NULL && str_to_int(secs + 1, &date_r->secs) < 0)
		date_r->secs = -1;
	return TRUE;
}

static bool text_equals(const char *a, const char *b)
{
	return null_strcmp(a, b) == 0;
}

static void contact_set_text(struct contact *contact, enum contact_field field,
			     const char *text)
{
	struct contact_value *value = &contact->values[field];

	if (text != NULL && *text == '\0')
		text = NULL;
	value->changed = !text_equals(text, value->text);
	value->set = value->changed ? p_strdup(contact->pool, text) : NULL;
}

/* Trimmed, with one kind of line end (data stack) */
static const char *text_normalize(const char *text)
{
	string_t *str;

	if (text == NULL)
		return "";
	text = t_str_trim(text, " \t\r\n");
	if (strchr(text, '\r') == NULL)
		return text;
	str = t_str_new(strlen(text) + 1);
	for (; *text != '\0'; text++) {
		if (*text != '\r')
			str_append_c(str, *text);
		else if (text[1] != '\n')
			str_append_c(str, '\n');
	}
	return str_c(str);
}

void contact_set(struct contact *contact, enum contact_field field,
		 const char *value)
{
	i_assert(contact_field_kind(field) == CONTACT_KIND_TEXT);
	T_BEGIN {
		contact_set_text(contact, field, text_normalize(value));
	} T_END;
}

void contact_set_date(struct contact *contact, enum contact_field field,
		      const struct contact_date *date)
{
	struct contact_date old;

	i_assert(contact_field_kind(field) == CONTACT_KIND_DATE);
	if (date == NULL) {
		contact_set_text(contact, field, NULL);
		return;
	}
	contact->values[field].changed = FALSE;
	if (contact_get_date(contact, field, &old) && old.year == date->year &&
	    old.month == date->month && old.day == date->day &&
	    old.secs == date->secs)
		return;
	T_BEGIN {
		contact_set_text(contact, field, date->secs < 0 ?
			contact_date_str(date) :
			t_strdup_printf("%s %d", contact_date_str(date),
					date->secs));
	} T_END;
}

static bool list_equals(const char *const *a, const char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++) {
		if (strcmp(*a, *b) != 0)
			return FALSE;
	}
	return *a == NULL && *b == NULL;
}

void contact_set_list(struct contact *contact, enum contact_field field,
		      const char *const *values)
{
	struct contact_list *list = contact_list_of(contact, field);

	if (values == NULL)
		values = contact_no_values;
	list->changed = !list_equals(values, list->values);
	if (list->changed)
		list->set = p_strarray_dup(contact->pool, values);
}

bool contact_is_changed(const struct contact *contact)
{
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		if (contact->values[i].changed)
			return TRUE;
	}
	for (i = 0; i < N_ELEMENTS(contact->lists); i++) {
		if (contact->lists[i].changed)
			return TRUE;
	}
	return contact->picture_changed || contact->members_changed;
}

/* --- what is shown ------------------------------------------------------------- */

const char *contact_name_compose(const struct contact *contact)
{
	static const enum contact_field parts[] = {
		CONTACT_TITLE, CONTACT_FIRST_NAME, CONTACT_MIDDLE_NAME,
		CONTACT_LAST_NAME, CONTACT_SUFFIX
	};
	string_t *str = t_str_new(64);
	const char *text;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(parts); i++) {
		text = contact_now(contact, parts[i]);
		if (text == NULL)
			continue;
		if (str_len(str) > 0)
			str_append_c(str, ' ');
		str_append(str, text);
	}
	return str_c(str);
}

/* First and last name of a vCard that has only FN. FALSE: it has others, or is
   not of a person. */
static bool contact_names_of_fn(const struct contact *contact,
				const char **first_r, const char **last_r)
{
	const char *fn = contact_now(contact, CONTACT_NAME), *p;
	const char *company = contact_now(contact, CONTACT_COMPANY);

	*first_r = *last_r = NULL;
	if (fn == NULL || *contact_name_compose(contact) != '\0' ||
	    (company != NULL && strcmp(fn, company) == 0) ||
	    strchr(fn, '@') != NULL || contact_is_group(contact))
		return FALSE;
	if ((p = strchr(fn, ',')) != NULL && p != fn) {
		*last_r = t_str_trim(t_strdup_until(fn, p), " ");
		*first_r = t_str_trim(p + 1, " ");
	} else if ((p = strrchr(fn, ' ')) != NULL) {
		*first_r = t_str_trim(t_strdup_until(fn, p), " ");
		*last_r = p + 1;
	} else
		*first_r = fn;
	return TRUE;
}

static const char *contact_shown_name_part(const struct contact *contact,
					   enum contact_field field)
{
	const char *text = contact_now(contact, field), *first, *last;

	if (text != NULL || !contact_names_of_fn(contact, &first, &last))
		return text;
	return field == CONTACT_FIRST_NAME ? first : last;
}

/* What a contact without a name is called */
const char *contact_other_name(const struct contact *contact, bool before)
{
	static const enum contact_field others[] = {
		CONTACT_COMPANY, CONTACT_NICKNAME, CONTACT_EMAIL1,
		CONTACT_EMAIL2, CONTACT_EMAIL3, CONTACT_MOBILE,
		CONTACT_BUSINESS_PHONE, CONTACT_HOME_PHONE, CONTACT_IM1
	};
	const char *text;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(others); i++) {
		text = before ? contact->values[others[i]].text :
			contact_now(contact, others[i]);
		if (text != NULL)
			return text;
	}
	return NULL;
}

/* "Last, First Middle", as Exchange does */
static const char *contact_shown_file_as(const struct contact *contact)
{
	const char *first, *last, *middle, *text;

	text = contact_now(contact, CONTACT_FILE_AS);
	if (text != NULL)
		return text;
	first = contact_shown_name_part(contact, CONTACT_FIRST_NAME);
	last = contact_shown_name_part(contact, CONTACT_LAST_NAME);
	middle = contact_now(contact, CONTACT_MIDDLE_NAME);
	if (first != NULL && middle != NULL)
		first = t_strdup_printf("%s %s", first, middle);
	else if (first == NULL)
		first = middle;
	if (first != NULL && last != NULL)
		return t_strdup_printf("%s, %s", last, first);
	if (last != NULL)
		return last;
	if (first != NULL)
		return first;
	text = contact_now(contact, CONTACT_NAME);
	return text != NULL ? text : contact_other_name(contact, FALSE);
}

static const char *contact_shown_name(const struct contact *contact)
{
	const char *text = contact_now(contact, CONTACT_NAME);

	if (text != NULL)
		return text;
	text = contact_name_compose(contact);
	return *text != '\0' ? text : contact_other_name(contact, FALSE);
}

/* po_box, (extended or office), street stand in a row. */
static const char *contact_shown_street(const struct contact *contact,
					enum contact_field street)
{
	enum contact_field field;
	string_t *str = t_str_new(64);
	const char *text;

	for (field = street - 2; field <= street; field++) {
		text = contact_now(contact, field);
		if (text == NULL || field == CONTACT_OFFICE)
			continue;
		if (str_len(str) > 0)
			str_append_c(str, '\n');
		str_append(str, text);
	}
	return str_len(str) == 0 ? NULL : str_c(str);
}

const char *
contact_shown(const struct contact *contact, enum contact_field field)
{
	switch (field) {
	case CONTACT_FIRST_NAME:
	case CONTACT_LAST_NAME:
		return contact_shown_name_part(contact, field);
	case CONTACT_NAME:
		return contact_shown_name(contact);
	case CONTACT_FILE_AS:
		return contact_shown_file_as(contact);
	case CONTACT_BUSINESS_STREET:
	case CONTACT_HOME_STREET:
	case CONTACT_OTHER_STREET:
		return contact_shown_street(contact, field);
	default:
		return contact_get(contact, field);
	}
}

/* The name as it was shown becomes the name as it is: a part of it changes. */
static void contact_take_shown_names(struct contact *contact)
{
	const char *first, *last;

	if (contact_names_of_fn(contact, &first, &last)) {
		contact_set(contact, CONTACT_FIRST_NAME, first);
		contact_set(contact, CONTACT_LAST_NAME, last);
	}
}

void contact_set_shown(struct contact *contact, enum contact_field field,
		       const char *value)
{
	const char *shown;

	T_BEGIN {
		const char *text = text_normalize(value);

		shown = contact_shown(contact, field);
		if (strcmp(text, shown == NULL ? "" : shown) != 0) {
			if (field >= CONTACT_LAST_NAME &&
			    field <= CONTACT_SUFFIX)
				contact_take_shown_names(contact);
			contact_set(contact, field, text);
			if (field == CONTACT_HOME_STREET ||
			    field == CONTACT_OTHER_STREET)
				contact_set(contact, field - 1, NULL);
			if (field == CONTACT_BUSINESS_STREET ||
			    field == CONTACT_HOME_STREET ||
			    field == CONTACT_OTHER_STREET)
				contact_set(contact, field - 2, NULL);
		}
	} T_END;
}

/* --- addresses ----------------------------------------------------------------- */

void contact_address_parse(pool_t pool, const char *text, const char **email_r,
			   const char **name_r)
{
	const struct message_address *addr;
	size_t len;

	*email_r = p_strdup(pool, t_str_trim(text, " \t\r\n"));
	*name_r = "";
	/* Anything else is kept as it is: a phone may write what it likes. */
	len = strlen(*email_r);
	if (len < 2 || (*email_r)[len - 1] != '>')
		return;
	addr = message_address_parse(pool_datastack_create(),
				     (const unsigned char *)text, strlen(text),
				     2, 0);
	if (addr == NULL || addr->next != NULL || addr->invalid_syntax ||
	    addr->mailbox == NULL || *addr->mailbox == '\0' ||
	    addr->domain == NULL || *addr->domain == '\0')
		return;
	*email_r = p_strdup_printf(pool, "%s@%s", addr->mailbox, addr->domain);
	if (addr->name != NULL && strcasecmp(addr->name, *email_r) != 0)
		*name_r = p_strdup(pool, addr->name);
}
