/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What was set, into the vCard: properties change in place, new ones come at the
   end, and what nothing was said of stays. */

#include "contact-private.h"
#include "compat.h"
#include "time-util.h"

/* --- properties ---------------------------------------------------------------- */

static bool text_is_uri(const char *text)
{
	const char *p = text;

	if (!i_isalpha(*p))
		return FALSE;
	while (i_isalnum(*p) || *p == '+' || *p == '-' || *p == '.')
		p++;
	return *p == ':' && p[1] != '\0' && p[1] != ' ' &&
		strpbrk(text, " \t\n") == NULL;
}

/* With its label, and with what Apple keeps in the same group */
static void prop_remove(struct contact *contact, struct vcard_prop *prop)
{
	struct vcard_prop *other;

	prop->removed = TRUE;
	if (prop->group == NULL)
		return;
	array_foreach_elem(&contact->card->props, other) {
		if (other->group == NULL || other->removed ||
		    strcasecmp(other->group, prop->group) != 0)
			continue;
		if (!compat_str_begins(other->name, "X-AB"))
			return;
	}
	array_foreach_elem(&contact->card->props, other) {
		if (other->group != NULL &&
		    strcasecmp(other->group, prop->group) == 0)
			other->removed = TRUE;
	}
}

static void remove_shadows(struct contact *contact, enum contact_field field)
{
	struct vcard_prop *prop;

	array_foreach_elem(&contact->card->props, prop) {
		if (!prop->removed && prop->shadow == field)
			prop_remove(contact, prop);
	}
}

static void add_types(struct contact *contact, struct vcard_prop *prop,
		      const char *types)
{
	const char *const *type;
	struct vcard_param *param;

	if (types == NULL)
		return;
	for (type = t_strsplit(types, " "); *type != NULL; type++) {
		param = array_append_space(&prop->params);
		param->name = "TYPE";
		param->value = p_strdup(contact->pool, *type);
	}
}

static struct vcard_prop *
new_prop(struct contact *contact, const struct contact_new_prop *row)
{
	bool four = contact->card->version == VCARD_40 && row->name4 != NULL;
	struct vcard_prop *prop;

	prop = vcard_add(contact->card, four ? row->name4 : row->name);
	add_types(contact, prop, four ? row->types4 : row->types);
	if (four && strcmp(row->name4, "RELATED") == 0)
		vcard_param_set(contact->card, prop, "VALUE", "text");
	if (row->field == CONTACT_NOTE_HTML)
		vcard_param_set(contact->card, prop, "FMTTYPE", "text/html");
	/* Some programs want to see all components. */
	if (row->parts > 2)
		vcard_set_part(contact->card, prop, row->parts - 1, "");
	return prop;
}

/* --- values -------------------------------------------------------------------- */

static void set_date(struct contact *contact, struct vcard_prop *prop,
		     const char *text)
{
	struct vcard *card = contact->card;
	const char *secs = strchr(text, ' ');
	struct contact_date date;

	if (!contact_date_parse(t_strcut(text, ' '), &date))
		i_unreached();
	vcard_param_remove(prop, "VALUE");
	vcard_param_remove(prop, "X-APPLE-OMIT-YEAR");
	vcard_param_remove(prop, CONTACT_PARAM_TIME);
	if (secs != NULL)
		vcard_param_set(card, prop, CONTACT_PARAM_TIME, secs + 1);
	if (date.year != 0 || card->version == VCARD_40) {
		/* RFC 6350 4.3.1 wants the basic form, 2426 either. */
		text = date.year == 0 ?
			t_strdup_printf("--%02u%02u", date.month, date.day) :
			card->version == VCARD_40 ?
			t_strdup_printf("%04d%02u%02u", date.year, date.month,
					date.day) : contact_date_str(&date);
	} else {
		/* as Apple does, others show the date */
		vcard_param_set(card, prop, "X-APPLE-OMIT-YEAR", "1604");
		text = t_strdup_printf("1604-%02u-%02u", date.month, date.day);
	}
	vcard_set_value(card, prop, text);
}

static void set_uri(struct contact *contact, struct vcard_prop *prop,
		    const char *text)
{
	struct vcard *card = contact->card;
	const char *value = vcard_param(prop, "VALUE");
	bool uri = value != NULL && strcasecmp(value, "uri") == 0;

	if (strcmp(prop->name, "TEL") == 0 || strcmp(prop->name, "EMAIL") == 0) {
		if (uri) {
			/* A number as people write it is no URI. */
			vcard_param_remove(prop, "VALUE");
			if (strcmp(prop->name, "TEL") == 0 &&
			    card->version == VCARD_40)
				vcard_param_set(card, prop, "VALUE", "text");
		}
		text = vcard_escape(card, text, '\0');
	}
	/* A line end would end the property. */
	vcard_set_value(card, prop, t_str_replace(text, '\n', ' '));
}

static void set_text(struct contact *contact, struct vcard_prop *prop,
		     enum contact_form form, const char *text)
{
	if (form == CONTACT_FORM_DATE)
		set_date(contact, prop, text);
	else if (form == CONTACT_FORM_URI ||
		 strcmp(prop->name, "IMPP") == 0)
		set_uri(contact, prop, text);
	else {
		vcard_set_value(contact->card, prop,
				vcard_escape(contact->card, text, '\0'));
	}
}

/* The text of an address beside its parts is not true any more. */
static void forget_address_label(struct contact *contact,
				 struct vcard_prop *adr)
{
	static const char *const types[] = { "WORK", "HOME" };
	struct vcard_prop *prop;
	unsigned int i;
	bool same;

	vcard_param_remove(adr, "LABEL");
	array_foreach_elem(&contact->card->props, prop) {
		if (strcmp(prop->name, "LABEL") != 0)
			continue;
		for (same = TRUE, i = 0; i < N_ELEMENTS(types); i++) {
			same = same && vcard_has_type(prop, types[i]) ==
				vcard_has_type(adr, types[i]);
		}
		if (same)
			prop->removed = TRUE;
	}
}

static bool prop_is_empty(const struct vcard *card,
			  const struct vcard_prop *prop)
{
	unsigned int i, count = vcard_parts(prop);

	for (i = 0; i < count; i++) {
		if (*vcard_text(card, prop, i) != '\0')
			return FALSE;
	}
	return TRUE;
}

/* A component where there is a property of its block already, or a new one. */
static void apply_part(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field], *first;
	const struct contact_new_prop *row;
	unsigned int i;

	if (value->prop != NULL)
		value->prop->removed = FALSE;
	else {
		row = contact_new_prop(field);
		first = &contact->values[row->field];
		/* parts of one block that stand alone elsewhere (OFFICE of
		   KDE) do not count */
		for (i = 0; i < row->parts; i++) {
			if (first[i].prop != NULL && !first[i].prop->removed &&
			    first[i].part == (int)i) {
				value->prop = first[i].prop;
				value->rule = first[i].rule;
			}
		}
		if (value->prop == NULL)
			value->prop = new_prop(contact, row);
		value->part = field - row->field;
	}
	vcard_set_part(contact->card, value->prop, value->part,
		       value->set == NULL ? "" : value->set);
	if (strcmp(value->prop->name, "ADR") == 0)
		forget_address_label(contact, value->prop);
}

/* Nothing was left of them. */
static void remove_empty(struct contact *contact)
{
	struct vcard_prop *prop;

	array_foreach_elem(&contact->card->props, prop) {
		if (prop->raw == NULL && !prop->removed &&
		    (strcmp(prop->name, "ADR") == 0 ||
		     strcmp(prop->name, "ORG") == 0 ||
		     strcmp(prop->name, "SOUND") == 0) &&
		    prop_is_empty(contact->card, prop))
			prop_remove(contact, prop);
	}
}

/* An address of instant messaging: a URI is IMPP's, others are Outlook's. */
static void apply_im(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field];
	bool uri = value->set != NULL && text_is_uri(value->set);

	if (value->prop != NULL && strcmp(value->prop->name, "IMPP") == 0 &&
	    !uri) {
		prop_remove(contact, value->prop);
		value->prop = NULL;
	}
	if (value->prop == NULL && value->set != NULL && !uri)
		value->prop = vcard_add(contact->card, "X-MS-IMADDRESS");
}

static void apply_whole(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field];
	const struct contact_new_prop *row = contact_new_prop(field);

	if (field >= CONTACT_IM1 && field <= CONTACT_IM3)
		apply_im(contact, field);
	if (value->set == NULL) {
		if (value->prop != NULL)
			prop_remove(contact, value->prop);
		return;
	}
	if (value->prop == NULL)
		value->prop = new_prop(contact, row);
	else if (field >= CONTACT_EMAIL1 && field <= CONTACT_EMAIL3)
		vcard_param_remove(value->prop, CONTACT_PARAM_NAME);
	set_text(contact, value->prop,
		 value->rule != NULL ? value->rule->form : row->form,
		 value->set);
}

static void apply_email_name(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field];
	const struct contact_value *email = &contact->values[
		field - CONTACT_EMAIL1_NAME + CONTACT_EMAIL1];
	const char *name = contact_now(contact, field);

	if (email->prop == NULL || email->prop->removed)
		return;
	if (name == NULL)
		vcard_param_remove(email->prop, CONTACT_PARAM_NAME);
	else {
		vcard_param_set(contact->card, email->prop, CONTACT_PARAM_NAME,
				name);
	}
	value->prop = email->prop;
}

/* Where each value stands now, for contact_pin(). */
static void value_settle(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field];

	value->text = value->set;
	value->changed = FALSE;
	/* A name is no property: its address is pinned. */
	if (value->prop != NULL && !value->prop->removed &&
	    (field < CONTACT_EMAIL1_NAME || field > CONTACT_EMAIL3_NAME)) T_BEGIN {
		value->rule = contact_rule_find(contact, value->prop);
	} T_END;
}

/* --- lists --------------------------------------------------------------------- */

static void apply_list(struct contact *contact, struct contact_list *list)
{
	const struct contact_new_prop *row = contact_new_prop(list->field);
	struct vcard_prop *prop, *first = NULL;
	const char *const *value;
	string_t *str;

	array_foreach_elem(&list->props, prop) {
		if (first == NULL && row->form == CONTACT_FORM_LIST &&
		    list->set[0] != NULL)
			first = prop;
		else
			prop_remove(contact, prop);
	}
	if (row->form == CONTACT_FORM_EACH) {
		for (value = list->set; *value != NULL; value++) {
			vcard_set_value(contact->card, new_prop(contact, row),
				vcard_escape(contact->card, *value, '\0'));
		}
		return;
	}
	if (list->set[0] == NULL)
		return;
	str = t_str_new(128);
	for (value = list->set; *value != NULL; value++) {
		if (str_len(str) > 0)
			str_append_c(str, ',');
		str_append(str, vcard_escape(contact->card, *value, ','));
	}
	if (first == NULL)
		first = new_prop(contact, row);
	vcard_set_value(contact->card, first, str_c(str));
}

/* --- what follows -------------------------------------------------------------- */

static bool names_are_changed(const struct contact *contact)
{
	enum contact_field field;

	for (field = CONTACT_LAST_NAME; field <= CONTACT_SUFFIX; field++) {
		if (contact->values[field].changed)
			return TRUE;
	}
	return FALSE;
}

/* FN as it is to be; NULL: as it is (RFC 6350 6.2.1: there must be one). */
static const char *name_to_be(const struct contact *contact)
{
	const char *fn = contact_now(contact, CONTACT_NAME);
	const char *name = contact_name_compose(contact), *before;

	if (fn != NULL && contact->values[CONTACT_NAME].changed)
		return NULL;
	if (names_are_changed(contact) && *name != '\0')
		return name;
	if (fn == NULL && *name != '\0')
		return name;
	if (*name != '\0')
		return NULL;
	/* It has no name: what stands for one may be another now. */
	before = contact_other_name(contact, TRUE);
	if (fn == NULL || names_are_changed(contact) ||
	    (before != NULL && strcmp(fn, before) == 0))
		return contact_other_name(contact, FALSE);
	return NULL;
}

static void apply_rev(struct contact *contact, time_t now)
{
	struct vcard_prop *prop = vcard_find(contact->card, "REV");

	if (prop == NULL || now == 0)
		return;
	/* basic or extended, as it was */
	vcard_set_value(contact->card, prop, t_strfgmtime(
		strchr(prop->value, '-') == NULL ?
		"%Y%m%dT%H%M%SZ" : "%Y-%m-%dT%H:%M:%SZ", now));
}

static void apply_field(struct contact *contact, enum contact_field field)
{
	struct contact_value *value = &contact->values[field];

	if (!value->changed)
		return;
	remove_shadows(contact, field);
	if (field >= CONTACT_EMAIL1_NAME && field <= CONTACT_EMAIL3_NAME)
		apply_email_name(contact, field);
	else if (value->prop != NULL ? value->part >= 0 :
		 contact_new_prop(field)->form == CONTACT_FORM_PARTS) {
		if (value->prop != NULL || value->set != NULL)
			apply_part(contact, field);
	} else
		apply_whole(contact, field);
}

/* What every vCard has */
static void apply_required(struct contact *contact)
{
	struct vcard *card = contact->card;

	if (card->version != VCARD_40 && vcard_find(card, "N") == NULL)
		vcard_set_value(card, vcard_add(card, "N"), ";;;;");
	if (vcard_find(card, "FN") == NULL)
		vcard_set_value(card, vcard_add(card, "FN"), "");
}

static void apply_lists(struct contact *contact)
{
	struct contact_list *list;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(contact->lists); i++) {
		list = &contact->lists[i];
		if (!list->changed)
			continue;
		T_BEGIN {
			apply_list(contact, list);
		} T_END;
		list->values = list->set;
		list->changed = FALSE;
	}
}

static void contact_apply(struct contact *contact, time_t now)
{
	const char *fn = name_to_be(contact);
	unsigned int i;

	if (fn != NULL)
		contact_set(contact, CONTACT_NAME, fn);
	for (i = 1; i < CONTACT_FIELD_COUNT; i++) T_BEGIN {
		apply_field(contact, i);
	} T_END;
	remove_empty(contact);
	apply_lists(contact);
	contact->members_changed = FALSE;
	if (contact->picture_changed)
		contact_picture_write(contact);
	apply_required(contact);
	apply_rev(contact, now);
	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		if (contact->values[i].changed)
			value_settle(contact, i);
	}
	contact_pin(contact);
	/* What had no field may have one now. */
	contact_bind(contact);
}

const char *contact_write(pool_t pool, struct contact *contact, time_t now)
{
	string_t *str = str_new(pool, 1024);

	if (contact_is_changed(contact)) T_BEGIN {
		contact_apply(contact, now);
	} T_END;
	vcard_write(contact->card, str);
	return str_c(str);
}
