/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which property of a vCard is which field, and how a field is written that the
   vCard does not have yet.

   Sources: [O] MS-OXVCARD 2.1.3, and what Outlook exports; [A] Apple (labels by
   group); [G] Google's export; [E] Evolution; [K] KDE's KAddressBook; [T]
   Thunderbird; [N] Nextcloud; [J] Japanese mobile phones (IrMC 1.1); RFC 2426,
   4770, 6350, 6474, 6715. */

#include "contact-private.h"

#define ONE(field) { CONTACT_##field, 0, 0 }

/* Numbers whose own fields are taken */
static const uint8_t more_phone[] = {
	CONTACT_HOME_PHONE2, CONTACT_BUSINESS_PHONE2, CONTACT_CAR_PHONE,
	CONTACT_RADIO_PHONE, CONTACT_OTHER_PHONE, CONTACT_NONE
};
/* Numbers of no or an unknown type: where a phone shows and dials them */
static const uint8_t more_any_phone[] = {
	CONTACT_MOBILE, CONTACT_HOME_PHONE, CONTACT_BUSINESS_PHONE,
	CONTACT_HOME_PHONE2, CONTACT_BUSINESS_PHONE2, CONTACT_CAR_PHONE,
	CONTACT_RADIO_PHONE, CONTACT_OTHER_PHONE, CONTACT_NONE
};
static const uint8_t more_fax[] = {
	CONTACT_BUSINESS_FAX, CONTACT_HOME_FAX, CONTACT_OTHER_FAX, CONTACT_NONE
};
static const uint8_t more_address[] = {
	CONTACT_OTHER_PO_BOX, CONTACT_HOME_PO_BOX, CONTACT_BUSINESS_PO_BOX,
	CONTACT_NONE
};
static const uint8_t more_web[] = {
	CONTACT_WEB_PAGE, CONTACT_HOME_PAGE, CONTACT_NONE
};

#define TEXT(name, field) \
	{ name, NULL, NULL, CONTACT_FORM_TEXT, ONE(field), NULL, 0, NULL }
#define LABEL(name, label, field) \
	{ name, NULL, label, CONTACT_FORM_TEXT, ONE(field), NULL, 0, NULL }
#define DATE(name, label, field) \
	{ name, NULL, label, CONTACT_FORM_DATE, ONE(field), NULL, 0, NULL }
#define TEL(types, field) \
	{ "TEL", types, NULL, CONTACT_FORM_URI, ONE(field), more_any_phone, \
	  0, NULL }
#define TEL_LABEL(label, field) \
	{ "TEL", NULL, label, CONTACT_FORM_URI, ONE(field), more_any_phone, \
	  0, NULL }
#define TEL_TWO(types, field) \
	{ "TEL", types, NULL, CONTACT_FORM_URI, \
	  { CONTACT_##field, CONTACT_##field##2, 0 }, more_phone, 0, NULL }
#define FAX(types, label, field) \
	{ "TEL", types, label, CONTACT_FORM_URI, ONE(field), more_fax, 0, NULL }
#define ADR(types, field) \
	{ "ADR", types, NULL, CONTACT_FORM_PARTS, ONE(field), more_address, \
	  7, NULL }
#define IM(name, unless) \
	{ name, NULL, NULL, CONTACT_FORM_TEXT, \
	  { CONTACT_IM1, CONTACT_IM2, CONTACT_IM3 }, NULL, 0, unless }

/* The first that fits counts. */
static const struct contact_rule contact_rules[] = {
	{ "N", NULL, NULL, CONTACT_FORM_PARTS, ONE(LAST_NAME), NULL, 5, NULL },
	TEXT("FN", NAME),
	TEXT("X-EVOLUTION-FILE-AS", FILE_AS),			/* [E] */
	TEXT("X-FILE-AS", FILE_AS),
	TEXT("NICKNAME", NICKNAME),
	TEXT("X-NICKNAME", NICKNAME),				/* [A] 2.1 */
	TEXT("X-INITIALS", INITIALS),
	TEXT("X-PHONETIC-LAST-NAME", YOMI_LAST_NAME),		/* [A] [G] */
	TEXT("X-PHONETIC-FIRST-NAME", YOMI_FIRST_NAME),		/* [A] [G] */
	TEXT("X-PHONETIC-ORG", YOMI_COMPANY),			/* [A] */
	{ "SOUND", "X-IRMC-N", NULL, CONTACT_FORM_PARTS,	/* [J] */
	  ONE(YOMI_LAST_NAME), NULL, 2, NULL },
	{ "ORG", NULL, NULL, CONTACT_FORM_PARTS, ONE(COMPANY), NULL, 2, NULL },
	TEXT("X-DEPARTMENT", DEPARTMENT),
	TEXT("X-KADDRESSBOOK-X-DEPARTMENT", DEPARTMENT),	/* [K] */
	TEXT("X-KADDRESSBOOK-X-OFFICE", OFFICE),		/* [K] */
	TEXT("TITLE", JOB_TITLE),
	TEXT("ROLE", PROFESSION),				/* [O] */
	TEXT("X-KADDRESSBOOK-X-PROFESSION", PROFESSION),	/* [K] */

	{ "EMAIL", NULL, NULL, CONTACT_FORM_URI,
	  { CONTACT_EMAIL1, CONTACT_EMAIL2, CONTACT_EMAIL3 }, NULL, 0, NULL },
	IM("IMPP", NULL),				/* RFC 4770, 6350 */
	IM("X-MS-IMADDRESS", NULL),			/* [O] */
	IM("X-KADDRESSBOOK-X-IMADDRESS", NULL),		/* [K] */
	/* Beside IMPP for older programs [A], or alone [E] [K] [T] */
	IM("X-AIM", "IMPP"),
	IM("X-JABBER", "IMPP"),
	IM("X-MSN", "IMPP"),
	IM("X-ICQ", "IMPP"),
	IM("X-YAHOO", "IMPP"),
	IM("X-SKYPE", "IMPP"),
	IM("X-SKYPE-USERNAME", "IMPP"),
	IM("X-GOOGLE-TALK", "IMPP"),
	IM("X-GTALK", "IMPP"),
	IM("X-GADUGADU", "IMPP"),
	IM("X-GROUPWISE", "IMPP"),
	IM("X-QQ", "IMPP"),
	IM("X-MATRIX", "IMPP"),

	TEL_LABEL("assistant", ASSISTANT_PHONE),
	TEL_LABEL("company main", COMPANY_PHONE),
	TEL_LABEL("main", COMPANY_PHONE),		/* [A] */
	TEL_LABEL("car", CAR_PHONE),
	TEL_LABEL("radio", RADIO_PHONE),
	TEL_LABEL("callback", CALLBACK_PHONE),
	TEL_LABEL("pager", PAGER),
	TEL_LABEL("mobile", MOBILE),
	FAX(NULL, "home fax", HOME_FAX),
	FAX(NULL, "homefax", HOME_FAX),			/* [A] */
	FAX(NULL, "work fax", BUSINESS_FAX),
	FAX(NULL, "workfax", BUSINESS_FAX),		/* [A] */
	FAX(NULL, "other fax", OTHER_FAX),
	FAX(NULL, "otherfax", OTHER_FAX),		/* [A] */
	FAX("FAX HOME", NULL, HOME_FAX),
	FAX("FAX WORK", NULL, BUSINESS_FAX),
	FAX("FAX OTHER", NULL, OTHER_FAX),		/* [A] */
	FAX("FAX", NULL, NONE),
	TEL("PAGER", PAGER),
	TEL("CAR", CAR_PHONE),
	TEL("ISDN", ISDN),
	TEL("TLX", TELEX),				/* [O] */
	TEL("X-EVOLUTION-TELEX", TELEX),
	TEL("TEXTPHONE", TTY_PHONE),
	TEL("TTY-TDD", TTY_PHONE),
	TEL("TTYTDD", TTY_PHONE),
	TEL("X-EVOLUTION-TTYTDD", TTY_PHONE),
	TEL("X-EVOLUTION-RADIO", RADIO_PHONE),
	TEL("RADIO", RADIO_PHONE),
	TEL("X-EVOLUTION-ASSISTANT", ASSISTANT_PHONE),
	TEL("ASSISTANT", ASSISTANT_PHONE),
	TEL("X-EVOLUTION-COMPANY", COMPANY_PHONE),
	TEL("COMPANY", COMPANY_PHONE),
	TEL("MAIN", COMPANY_PHONE),			/* [A] [G] */
	TEL("X-EVOLUTION-CALLBACK", CALLBACK_PHONE),
	TEL("CALLBACK", CALLBACK_PHONE),
	{ "TEL", "CELL", NULL, CONTACT_FORM_URI, ONE(MOBILE), more_phone, 0,
	  NULL },
	{ "TEL", "MOBILE", NULL, CONTACT_FORM_URI, ONE(MOBILE), more_phone, 0,
	  NULL },
	{ "TEL", "IPHONE", NULL, CONTACT_FORM_URI, ONE(MOBILE), more_phone, 0,
	  NULL },
	TEL_TWO("WORK", BUSINESS_PHONE),
	TEL_TWO("HOME", HOME_PHONE),
	TEL("X-DOVETAIL-PRIMARY", PRIMARY_PHONE),
	TEL(NULL, NONE),
	{ "X-MS-TEL", "ASSISTANT", NULL, CONTACT_FORM_TEXT,	/* [O] */
	  ONE(ASSISTANT_PHONE), NULL, 0, NULL },
	{ "X-MS-TEL", "COMPANY", NULL, CONTACT_FORM_TEXT,
	  ONE(COMPANY_PHONE), NULL, 0, NULL },
	{ "X-MS-TEL", "RADIO", NULL, CONTACT_FORM_TEXT,
	  ONE(RADIO_PHONE), NULL, 0, NULL },
	{ "X-MS-TEL", "CALLBACK", NULL, CONTACT_FORM_TEXT,
	  ONE(CALLBACK_PHONE), NULL, 0, NULL },
	{ "X-MS-TEL", "TTYTDD", NULL, CONTACT_FORM_TEXT,
	  ONE(TTY_PHONE), NULL, 0, NULL },
	TEXT("X-MMS", MMS),

	ADR("WORK", BUSINESS_PO_BOX),
	ADR("HOME", HOME_PO_BOX),
	ADR(NULL, OTHER_PO_BOX),
	{ "URL", "HOME", NULL, CONTACT_FORM_URI, ONE(NONE), more_web, 0, NULL },
	{ "URL", NULL, NULL, CONTACT_FORM_URI, ONE(WEB_PAGE), more_web, 0,
	  NULL },
	{ "FBURL", NULL, NULL, CONTACT_FORM_URI, ONE(FREE_BUSY_URL), NULL, 0,
	  NULL },

	DATE("BDAY", NULL, BIRTHDAY),
	DATE("ANNIVERSARY", NULL, ANNIVERSARY),			/* [T] [N] */
	DATE("X-ANNIVERSARY", NULL, ANNIVERSARY),		/* [N] */
	DATE("X-MS-ANNIVERSARY", NULL, ANNIVERSARY),		/* [O] */
	DATE("X-EVOLUTION-ANNIVERSARY", NULL, ANNIVERSARY),	/* [E] */
	DATE("X-KADDRESSBOOK-X-ANNIVERSARY", NULL, ANNIVERSARY), /* [K] */
	DATE("X-ABDATE", "anniversary", ANNIVERSARY),		/* [A] [G] */

	TEXT("X-MS-SPOUSE", SPOUSE),				/* [O] */
	TEXT("X-SPOUSE", SPOUSE),
	TEXT("X-EVOLUTION-SPOUSE", SPOUSE),			/* [E] */
	TEXT("X-KADDRESSBOOK-X-SPOUSESNAME", SPOUSE),		/* [K] */
	LABEL("X-ABRELATEDNAMES", "spouse", SPOUSE),		/* [A] [G] */
	LABEL("X-ABRELATEDNAMES", "partner", SPOUSE),
	TEXT("X-MS-MANAGER", MANAGER),				/* [O] */
	TEXT("X-MANAGER", MANAGER),
	TEXT("X-EVOLUTION-MANAGER", MANAGER),			/* [E] */
	TEXT("X-KADDRESSBOOK-X-MANAGERSNAME", MANAGER),		/* [K] */
	LABEL("X-ABRELATEDNAMES", "manager", MANAGER),		/* [A] [G] */
	TEXT("X-MS-ASSISTANT", ASSISTANT),			/* [O] */
	TEXT("X-ASSISTANT", ASSISTANT),				/* [O] */
	TEXT("X-EVOLUTION-ASSISTANT", ASSISTANT),		/* [E] */
	TEXT("X-KADDRESSBOOK-X-ASSISTANTSNAME", ASSISTANT),	/* [K] */
	LABEL("X-ABRELATEDNAMES", "assistant", ASSISTANT),	/* [A] [G] */
	{ "X-MS-CHILD", NULL, NULL, CONTACT_FORM_EACH, ONE(CHILDREN), NULL, 0,
	  NULL },
	{ "X-ABRELATEDNAMES", NULL, "child", CONTACT_FORM_EACH,	/* [A] [G] */
	  ONE(CHILDREN), NULL, 0, NULL },
	{ "X-ABRELATEDNAMES", NULL, "son", CONTACT_FORM_EACH,
	  ONE(CHILDREN), NULL, 0, NULL },
	{ "X-ABRELATEDNAMES", NULL, "daughter", CONTACT_FORM_EACH,
	  ONE(CHILDREN), NULL, 0, NULL },
	/* RFC 6350 6.6.6; those that are text */
	{ "RELATED", "SPOUSE", NULL, CONTACT_FORM_TEXT, ONE(SPOUSE), NULL, 0,
	  NULL },
	{ "RELATED", "AGENT", NULL, CONTACT_FORM_TEXT, ONE(ASSISTANT), NULL, 0,
	  NULL },
	{ "RELATED", "CHILD", NULL, CONTACT_FORM_EACH, ONE(CHILDREN), NULL, 0,
	  NULL },

	TEXT("X-CUSTOMER-ID", CUSTOMER_ID),
	TEXT("X-GOVERNMENT-ID", GOVERNMENT_ID),
	TEXT("X-ACCOUNT-NAME", ACCOUNT_NAME),
	{ "CATEGORIES", NULL, NULL, CONTACT_FORM_LIST, ONE(CATEGORIES), NULL,
	  0, NULL },
	{ "PHOTO", NULL, NULL, CONTACT_FORM_PICTURE, ONE(PICTURE), NULL, 0,
	  NULL },
	TEXT("NOTE", NOTE),
	TEXT("X-ALT-DESC", NOTE_HTML),
	TEXT("X-WEIGHTED-RANK", WEIGHTED_RANK),
	TEXT("X-ALIAS", ALIAS),
	TEXT("HOBBY", HOBBIES),					/* RFC 6715 */
	TEXT("X-MS-INTERESTS", HOBBIES),
	TEXT("GENDER", GENDER),
	TEXT("X-GENDER", GENDER),
	TEXT("LANG", LANGUAGE),
	TEXT("X-LOCATION", LOCATION),
	TEXT("X-REFERRED-BY", REFERRED_BY),
	TEXT("X-BILLING", BILLING),
	TEXT("CLASS", CLASS),
};

#define NEW(field, name, types, form) \
	{ CONTACT_##field, name, types, form, 0, NULL, NULL }
#define NEW_TEXT(field, name) \
	{ CONTACT_##field, name, NULL, CONTACT_FORM_TEXT, 0, NULL, NULL }
#define NEW_TEL(field, types) \
	{ CONTACT_##field, "TEL", types, CONTACT_FORM_URI, 0, NULL, NULL }
#define NEW_MS_TEL(field, types) \
	{ CONTACT_##field, "X-MS-TEL", types, CONTACT_FORM_TEXT, 0, NULL, NULL }
#define NEW_EMAIL(field) \
	{ CONTACT_##field, "EMAIL", "INTERNET", CONTACT_FORM_URI, 0, "EMAIL", \
	  NULL }
#define NEW_ADR(field, types) \
	{ CONTACT_##field, "ADR", types, CONTACT_FORM_PARTS, 7, NULL, NULL }

static const struct contact_new_prop contact_new_props[] = {
	{ CONTACT_LAST_NAME, "N", NULL, CONTACT_FORM_PARTS, 5, NULL, NULL },
	NEW_TEXT(NAME, "FN"),
	NEW_TEXT(FILE_AS, "X-EVOLUTION-FILE-AS"),
	NEW_TEXT(NICKNAME, "NICKNAME"),
	NEW_TEXT(INITIALS, "X-INITIALS"),
	NEW_TEXT(YOMI_LAST_NAME, "X-PHONETIC-LAST-NAME"),
	NEW_TEXT(YOMI_FIRST_NAME, "X-PHONETIC-FIRST-NAME"),
	NEW_TEXT(YOMI_COMPANY, "X-PHONETIC-ORG"),
	{ CONTACT_COMPANY, "ORG", NULL, CONTACT_FORM_PARTS, 2, NULL, NULL },
	NEW_TEXT(JOB_TITLE, "TITLE"),
	NEW_TEXT(PROFESSION, "ROLE"),
	NEW_EMAIL(EMAIL1),
	NEW_EMAIL(EMAIL2),
	NEW_EMAIL(EMAIL3),
	/* what is no URI: see contact-write.c */
	NEW_TEXT(IM1, "IMPP"),
	NEW_TEXT(IM2, "IMPP"),
	NEW_TEXT(IM3, "IMPP"),
	NEW_TEL(BUSINESS_PHONE, "WORK VOICE"),
	NEW_TEL(BUSINESS_PHONE2, "WORK VOICE"),
	NEW_TEL(HOME_PHONE, "HOME VOICE"),
	NEW_TEL(HOME_PHONE2, "HOME VOICE"),
	NEW_TEL(MOBILE, "CELL VOICE"),
	NEW_TEL(PAGER, "PAGER"),
	NEW_TEL(CAR_PHONE, "CAR VOICE"),
	NEW_MS_TEL(RADIO_PHONE, "RADIO"),
	NEW_TEL(BUSINESS_FAX, "WORK FAX"),
	NEW_TEL(HOME_FAX, "HOME FAX"),
	NEW_TEL(OTHER_FAX, "FAX OTHER"),
	NEW_MS_TEL(ASSISTANT_PHONE, "ASSISTANT"),
	NEW_MS_TEL(COMPANY_PHONE, "COMPANY"),
	NEW_TEL(OTHER_PHONE, "VOICE OTHER"),
	NEW_TEL(PRIMARY_PHONE, "PREF X-DOVETAIL-PRIMARY"),
	NEW_MS_TEL(CALLBACK_PHONE, "CALLBACK"),
	NEW_TEL(ISDN, "ISDN"),
	NEW_TEL(TELEX, "TLX"),
	NEW_MS_TEL(TTY_PHONE, "TTYTDD"),
	NEW_TEXT(MMS, "X-MMS"),
	NEW_ADR(BUSINESS_PO_BOX, "WORK"),
	NEW_ADR(HOME_PO_BOX, "HOME"),
	NEW_ADR(OTHER_PO_BOX, "OTHER"),
	NEW(WEB_PAGE, "URL", "WORK", CONTACT_FORM_URI),
	NEW(HOME_PAGE, "URL", "HOME", CONTACT_FORM_URI),
	NEW(FREE_BUSY_URL, "FBURL", NULL, CONTACT_FORM_URI),
	NEW(BIRTHDAY, "BDAY", NULL, CONTACT_FORM_DATE),
	{ CONTACT_ANNIVERSARY, "X-ANNIVERSARY", NULL, CONTACT_FORM_DATE, 0,
	  "ANNIVERSARY", NULL },
	{ CONTACT_SPOUSE, "X-MS-SPOUSE", "N", CONTACT_FORM_TEXT, 0, "RELATED",
	  "spouse" },
	{ CONTACT_CHILDREN, "X-MS-CHILD", NULL, CONTACT_FORM_EACH, 0,
	  "RELATED", "child" },
	NEW(MANAGER, "X-MS-MANAGER", "N", CONTACT_FORM_TEXT),
	NEW(ASSISTANT, "X-MS-ASSISTANT", "N", CONTACT_FORM_TEXT),
	NEW_TEXT(CUSTOMER_ID, "X-CUSTOMER-ID"),
	NEW_TEXT(GOVERNMENT_ID, "X-GOVERNMENT-ID"),
	NEW_TEXT(ACCOUNT_NAME, "X-ACCOUNT-NAME"),
	NEW(CATEGORIES, "CATEGORIES", NULL, CONTACT_FORM_LIST),
	NEW(PICTURE, "PHOTO", NULL, CONTACT_FORM_PICTURE),
	NEW_TEXT(NOTE, "NOTE"),
	NEW_TEXT(NOTE_HTML, "X-ALT-DESC"),
	NEW_TEXT(WEIGHTED_RANK, "X-WEIGHTED-RANK"),
	NEW_TEXT(ALIAS, "X-ALIAS"),
	NEW_TEXT(HOBBIES, "HOBBY"),
	NEW_TEXT(GENDER, "GENDER"),
	NEW_TEXT(LANGUAGE, "LANG"),
	NEW_TEXT(LOCATION, "X-LOCATION"),
	NEW_TEXT(REFERRED_BY, "X-REFERRED-BY"),
	NEW_TEXT(BILLING, "X-BILLING"),
	NEW_TEXT(CLASS, "CLASS"),
};

static const struct {
	const char *name;
	enum contact_kind kind;
} contact_fields[CONTACT_FIELD_COUNT] = {
#define CONTACT_FIELD_ROW(ident, name, kind, tag) \
	[CONTACT_##ident] = { name, CONTACT_KIND_##kind },
	CONTACT_FIELD_LIST(CONTACT_FIELD_ROW)
#undef CONTACT_FIELD_ROW
};

const char *contact_field_name(enum contact_field field)
{
	return contact_fields[field].name;
}

enum contact_kind contact_field_kind(enum contact_field field)
{
	return contact_fields[field].kind;
}

enum contact_field contact_field_find(const char *name)
{
	unsigned int i;

	for (i = 1; i < N_ELEMENTS(contact_fields); i++) {
		if (strcasecmp(contact_fields[i].name, name) == 0)
			return i;
	}
	return CONTACT_NONE;
}

static bool rule_types_match(const struct contact_rule *rule,
			     const struct vcard_prop *prop)
{
	const char *const *type;
	bool match = TRUE;

	if (rule->types == NULL)
		return TRUE;
	T_BEGIN {
		for (type = t_strsplit(rule->types, " "); *type != NULL; type++)
			match = match && vcard_has_type(prop, *type);
	} T_END;
	return match;
}

const struct vcard_prop *
contact_rule_same(const struct contact *contact,
		  const struct contact_rule *rule,
		  const struct vcard_prop *prop)
{
	struct vcard_prop *other;

	if (rule->unless == NULL || *prop->value == '\0')
		return NULL;
	array_foreach_elem(&contact->card->props, other) {
		if (!other->removed && strcmp(other->name, rule->unless) == 0 &&
		    strstr(other->value, prop->value) != NULL)
			return other;
	}
	return NULL;
}

const struct contact_rule *
contact_rule_find(const struct contact *contact, const struct vcard_prop *prop)
{
	const struct contact_rule *rule;
	const char *label = NULL, *value;
	bool labelled = FALSE;

	value = vcard_param(prop, "VALUE");
	if (strcmp(prop->name, "RELATED") == 0 &&
	    (value == NULL || strcasecmp(value, "text") != 0))
		return NULL;
	for (rule = contact_rules;
	     rule < contact_rules + N_ELEMENTS(contact_rules); rule++) {
		if (strcmp(rule->name, prop->name) != 0)
			continue;
		if (rule->label != NULL && !labelled) {
			label = contact_label(contact, prop);
			labelled = TRUE;
		}
		if ((rule->label == NULL ||
		     (label != NULL && strcasecmp(rule->label, label) == 0)) &&
		    rule_types_match(rule, prop))
			return rule;
	}
	return NULL;
}

bool contact_rule_allows(const struct contact_rule *rule,
			 enum contact_field field)
{
	unsigned int i;

	for (i = 0; i < CONTACT_RULE_FIELDS; i++) {
		if (rule->fields[i] == field)
			return TRUE;
	}
	if (rule->more != NULL) {
		for (i = 0; rule->more[i] != CONTACT_NONE; i++) {
			if (rule->more[i] == field)
				return TRUE;
		}
	}
	return FALSE;
}

const struct contact_new_prop *contact_new_prop(enum contact_field field)
{
	const struct contact_new_prop *row;

	for (row = contact_new_props;
	     row < contact_new_props + N_ELEMENTS(contact_new_props); row++) {
		if (field >= row->field &&
		    field < row->field + I_MAX(row->parts, 1))
			return row;
	}
	i_unreached();
}
