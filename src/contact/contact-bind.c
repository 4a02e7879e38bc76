/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which property of this vCard is which field of the model. */

#include "contact-private.h"

struct bind_item {
	struct vcard_prop *prop;
	const struct contact_rule *rule;
	/* Comes before others of its kind */
	bool preferred;
	/* Says the same in a newer way: this one fills no field. */
	const struct vcard_prop *same;
};

struct bind {
	struct contact *contact;
	ARRAY(struct bind_item) items;
};

static const char *
text_without_scheme(const struct vcard_prop *prop, const char *text)
{
	static const struct {
		const char *name, *scheme;
	} schemes[] = {
		{ "TEL", "tel:" }, { "EMAIL", "mailto:" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(schemes); i++) {
		size_t len = strlen(schemes[i].scheme);

		if (strcmp(prop->name, schemes[i].name) == 0 &&
		    strncasecmp(text, schemes[i].scheme, len) == 0)
			return text + len;
	}
	return text;
}

/* What the property says, as a field has it (NULL: nothing). */
static const char *prop_text(const struct contact *contact,
			     const struct contact_rule *rule,
			     const struct vcard_prop *prop, int part)
{
	const char *text = vcard_text(contact->card, prop, part);
	struct contact_date date;

	if (rule->form == CONTACT_FORM_DATE)
		text = contact_date_parse(text, &date) ?
			contact_date_str(&date) : "";
	else if (rule->form == CONTACT_FORM_URI)
		text = text_without_scheme(prop, text);
	return *text == '\0' ? NULL : p_strdup(contact->pool, text);
}

static void bind_value(struct contact *contact, enum contact_field field,
		       const struct bind_item *item, int part)
{
	struct contact_value *value = &contact->values[field];

	value->prop = item->prop;
	value->rule = item->rule;
	value->part = part;
	T_BEGIN {
		value->text = prop_text(contact, item->rule, item->prop, part);
	} T_END;
}

/* The display name is a parameter of its address. */
static void bind_name(struct contact *contact, enum contact_field field,
		      const struct bind_item *item)
{
	struct contact_value *value = &contact->values[
		field - CONTACT_EMAIL1 + CONTACT_EMAIL1_NAME];

	value->prop = item->prop;
	value->text = vcard_param(item->prop, CONTACT_PARAM_NAME);
	if (value->text != NULL && *value->text == '\0')
		value->text = NULL;
}

static bool field_is_free(const struct contact *contact,
			  const struct contact_rule *rule,
			  enum contact_field field)
{
	unsigned int i;

	for (i = 0; i < I_MAX(rule->parts, 1); i++) {
		if (contact->values[field + i].text != NULL)
			return FALSE;
	}
	return TRUE;
}

static bool bind_to(struct bind *bind, struct bind_item *item,
		    enum contact_field field)
{
	struct contact *contact = bind->contact;
	unsigned int i;

	if (field == CONTACT_NONE ||
	    !field_is_free(contact, item->rule, field))
		return FALSE;
	if (item->rule->parts == 0)
		bind_value(contact, field, item, -1);
	for (i = 0; i < item->rule->parts; i++)
		bind_value(contact, field + i, item, i);
	if (field >= CONTACT_EMAIL1 && field <= CONTACT_EMAIL3)
		bind_name(contact, field, item);
	item->prop = NULL;
	return TRUE;
}

static void bind_pinned(struct bind *bind)
{
	struct bind_item *item;
	enum contact_field field;
	const char *pin;

	array_foreach_modifiable(&bind->items, item) {
		pin = vcard_param(item->prop, CONTACT_PARAM_PIN);
		if (pin == NULL)
			continue;
		field = contact_field_find(pin);
		if (field != CONTACT_NONE &&
		    contact_rule_allows(item->rule, field))
			(void)bind_to(bind, item, field);
	}
}

static void bind_own(struct bind *bind, bool preferred)
{
	struct bind_item *item;
	unsigned int i;

	array_foreach_modifiable(&bind->items, item) {
		if (item->prop == NULL || item->same != NULL ||
		    item->preferred != preferred)
			continue;
		for (i = 0; i < CONTACT_RULE_FIELDS; i++) {
			if (bind_to(bind, item, item->rule->fields[i]))
				break;
		}
	}
}

static void bind_more(struct bind *bind, bool preferred)
{
	struct bind_item *item;
	const uint8_t *field;

	array_foreach_modifiable(&bind->items, item) {
		if (item->prop == NULL || item->rule->more == NULL ||
		    item->same != NULL || item->preferred != preferred ||
		    *item->prop->value == '\0')
			continue;
		for (field = item->rule->more; *field != CONTACT_NONE; field++) {
			if (bind_to(bind, item, *field))
				break;
		}
	}
}

/* A second property for what can be only once: goes with the first. */
static void bind_shadows(struct bind *bind)
{
	const struct contact *contact = bind->contact;
	const struct contact_rule *rule;
	struct bind_item *item;
	unsigned int i;

	array_foreach_modifiable(&bind->items, item) {
		if (item->prop == NULL)
			continue;
		rule = item->rule;
		if (rule->more == NULL && rule->fields[1] == CONTACT_NONE)
			item->prop->shadow = rule->fields[0];
		for (i = 0; item->same != NULL && i < CONTACT_RULE_FIELDS;
		     i++) {
			if (contact->values[rule->fields[i]].prop == item->same)
				item->prop->shadow = rule->fields[i];
		}
	}
}

static bool prop_is_preferred(const struct vcard_prop *prop)
{
	const char *pref = vcard_param(prop, "PREF");

	return vcard_has_type(prop, "PREF") ||
		(pref != NULL && strcmp(pref, "1") == 0);
}

static void bind_list(struct contact *contact, struct vcard_prop *prop,
		      const struct contact_rule *rule,
		      ARRAY_TYPE(const_string) *values)
{
	struct contact_list *list = contact_list_of(contact, rule->fields[0]);
	const char *text;

	array_push_back(&list->props, &prop);
	T_BEGIN {
		if (rule->form == CONTACT_FORM_LIST)
			vcard_list(contact->card, prop, values);
		else {
			text = vcard_text(contact->card, prop, -1);
			if (*text != '\0') {
				text = p_strdup(contact->pool, text);
				array_push_back(values, &text);
			}
		}
	} T_END;
}

static void bind_add(struct bind *bind, struct vcard_prop *prop,
		     ARRAY_TYPE(const_string) *lists)
{
	struct contact *contact = bind->contact;
	const struct contact_rule *rule = contact_rule_find(contact, prop);
	struct bind_item item = { .prop = prop, .rule = rule };

	prop->shadow = CONTACT_NONE;
	if (rule == NULL)
		return;
	if (rule->form == CONTACT_FORM_LIST || rule->form == CONTACT_FORM_EACH) {
		bind_list(contact, prop, rule,
			  &lists[contact_list_of(contact, rule->fields[0]) -
				 contact->lists]);
		return;
	}
	item.preferred = prop_is_preferred(prop);
	item.same = contact_rule_same(contact, rule, prop);
	array_push_back(&bind->items, &item);
}

void contact_bind(struct contact *contact)
{
	ARRAY_TYPE(const_string) lists[N_ELEMENTS(contact->lists)];
	struct bind bind = { .contact = contact };
	struct vcard_prop *prop;
	unsigned int i;

	i_zero(&contact->values);
	t_array_init(&bind.items, 32);
	for (i = 0; i < N_ELEMENTS(lists); i++) {
		p_array_init(&contact->lists[i].props, contact->pool, 2);
		p_array_init(&lists[i], contact->pool, 4);
	}
	array_foreach_elem(&contact->card->props, prop) {
		if (!prop->removed && *prop->name != '\0')
			bind_add(&bind, prop, lists);
	}
	bind_pinned(&bind);
	bind_own(&bind, TRUE);
	bind_own(&bind, FALSE);
	bind_more(&bind, TRUE);
	bind_more(&bind, FALSE);
	bind_shadows(&bind);
	for (i = 0; i < N_ELEMENTS(lists); i++) {
		array_append_zero(&lists[i]);
		contact->lists[i].values = array_front(&lists[i]);
	}
}

/* Whether this field (or first one of a block) may be read otherwise. */
static bool value_is_movable(const struct contact_value *value)
{
	unsigned int i;

	if (value->prop == NULL || value->rule == NULL || value->part > 0 ||
	    value->prop->removed ||
	    (value->rule->more == NULL &&
	     value->rule->fields[1] == CONTACT_NONE))
		return FALSE;
	for (i = 0; i < I_MAX(value->rule->parts, 1); i++) {
		if (value[i].text != NULL)
			return TRUE;
	}
	return FALSE;
}

static bool pin_once(struct contact *contact)
{
	struct contact natural = *contact;
	const struct contact_value *value;
	const char *pin, *name;
	bool same = TRUE;
	unsigned int i;

	contact_bind(&natural);
	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		value = &contact->values[i];
		if (!value_is_movable(value) ||
		    natural.values[i].prop == value->prop)
			continue;
		name = contact_field_name(i);
		pin = vcard_param(value->prop, CONTACT_PARAM_PIN);
		if (pin != NULL && strcmp(pin, name) == 0)
			continue;
		vcard_param_set(contact->card, value->prop, CONTACT_PARAM_PIN,
				name);
		same = FALSE;
	}
	return same;
}

void contact_pin(struct contact *contact)
{
	unsigned int i;

	/* What was pinned may free or take a field of others. */
	for (i = 0; i < CONTACT_FIELD_COUNT; i++) {
		if (pin_once(contact))
			break;
	}
}
