/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetTemplateInfo (MS-OXNSPI 3.1.4.1.18; MS-OXCMAPIHTTP 2.2.5.9): the dialogs that
   clients show for an entry, as MS-OXOABKT 2.2.2.1 describes dialogs. They are our
   own: tables of controls, and of texts in some languages. */

#include "nspi.h"
#include "dovetail-mapi-props.h"

/* 2.2.1.16 */
#define TI_TEMPLATE	0x00000001
#define TI_SCRIPT	0x00000004
#define TI_EMT		0x00000010

/* Controls (MS-OXOABKT 2.2.2.1.2) */
#define CTL_LABEL	0x00
#define CTL_EDIT	0x01
#define CTL_LIST	0x02
#define CTL_PAGE	0x08
#define CTL_MV_LIST	0x0b
#define F_MULTILINE	0x01
#define F_EDITABLE	0x02
#define F_REQUIRED	0x04
#define F_DBCS		0x20

/* A script that does nothing */
#define SCRIPT_HALT	0x80000000U

enum text {
	T_NONE,
	T_GENERAL, T_PHONE_NOTES, T_MEMBER_OF, T_EMAIL_ADDRESSES, T_MEMBERS,
	T_FIRST, T_INITIALS, T_LAST, T_DISPLAY, T_ALIAS, T_ADDRESS, T_CITY,
	T_STATE, T_ZIP, T_COUNTRY, T_TITLE, T_COMPANY, T_DEPARTMENT, T_OFFICE,
	T_ASSISTANT, T_PHONE, T_BUSINESS, T_BUSINESS2, T_FAX, T_HOME, T_HOME2,
	T_MOBILE, T_PAGER, T_NOTES, T_EMAIL, T_SMTP,
	T_COUNT
};

/* Primary language of an LCID; the first one stands for all others. */
static const struct {
	uint16_t language;
	const char *texts[T_COUNT];
} languages[] = {
	{ 0x09, { "", "General", "Phone/Notes", "Member Of",
	  "E-mail Addresses", "Members", "&First:", "&Initials:", "&Last:",
	  "&Display:", "&Alias:", "Add&ress:", "Cit&y:", "&State:",
	  "&Zip code:", "Country/Regi&on:", "&Title:", "&Company:",
	  "D&epartment:", "O&ffice:", "A&ssistant:", "&Phone:", "&Business:",
	  "B&usiness 2:", "&Fax:", "&Home:", "Ho&me 2:", "&Mobile:",
	  "&Pager:", "&Notes:", "&E-mail address:", "SMTP Address" } },
	{ 0x07, { "", "Allgemein", "Telefon/Notizen", "Mitglied von",
	  "E-Mail-Adressen", "Mitglieder", "&Vorname:", "&Initialen:",
	  "&Nachname:", "&Anzeigename:", "A&lias:", "Ad&resse:", "&Ort:",
	  "B&undesland:", "&PLZ:", "&Land/Region:", "&Position:", "&Firma:",
	  "&Abteilung:", "&B\xc3\xbcro:", "A&ssistent:", "&Telefon:",
	  "&Gesch\xc3\xa4" "ftlich:", "G&esch\xc3\xa4" "ftlich 2:", "&Fax:",
	  "&Privat:", "P&rivat 2:", "&Mobil:", "Pa&ger:", "&Notizen:",
	  "&E-Mail-Adresse:", "SMTP-Adresse" } },
	{ 0x0c, { "", "G\xc3\xa9n\xc3\xa9ral", "T\xc3\xa9l\xc3\xa9phone/Notes",
	  "Membre de", "Adresses de messagerie", "Membres", "&Pr\xc3\xa9nom :",
	  "&Initiales :", "&Nom :", "Nom comp&let :", "&Alias :",
	  "Ad&resse :", "&Ville :", "D\xc3\xa9par&tement :", "&Code postal :",
	  "Pa&ys/R\xc3\xa9gion :", "&Fonction :", "&Soci\xc3\xa9t\xc3\xa9 :",
	  "S&ervice :", "&Bureau :", "Assistan&t :", "T\xc3\xa9l\xc3\xa9p&hone :",
	  "&Bureau :", "B&ureau 2 :", "&T\xc3\xa9l\xc3\xa9" "copie :",
	  "&Domicile :", "D&omicile 2 :", "&Mobile :",
	  "&R\xc3\xa9" "cepteur :", "&Notes :",
	  "Adresse de m&essagerie :", "Adresse SMTP" } },
	{ 0x0a, { "", "General", "Tel\xc3\xa9" "fono y notas", "Miembro de",
	  "Direcciones de correo", "Miembros", "&Nombre:", "&Iniciales:",
	  "&Apellidos:", "&Mostrar:", "A&lias:", "&Direcci\xc3\xb3n:",
	  "&Ciudad:", "&Provincia:", "C\xc3\xb3" "d. po&stal:",
	  "Pa\xc3\xads/&Regi\xc3\xb3n:", "&Puesto:", "&Organizaci\xc3\xb3n:",
	  "D&epartamento:", "O&ficina:", "A&yudante:", "&Tel\xc3\xa9" "fono:",
	  "&Trabajo:", "T&rabajo 2:", "&Fax:", "&Particular:",
	  "P&articular 2:", "&M\xc3\xb3vil:", "&Localizador:", "&Notas:",
	  "Correo &electr\xc3\xb3nico:", "Direcci\xc3\xb3n SMTP" } },
};

bool nspi_template_locale(uint32_t lcid, unsigned int *language_r)
{
	unsigned int i;

	*language_r = 0;
	/* The low 10 bits are the language; 0 is none (MS-LCID). */
	if ((lcid & 0x3ff) == 0)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(languages); i++) {
		if (languages[i].language == (lcid & 0x3ff))
			*language_r = i;
	}
	return TRUE;
}

const char *nspi_template_smtp_name(unsigned int language)
{
	return languages[language].texts[T_SMTP];
}

/* --- dialogs ----------------------------------------------------------------------------- */

struct control {
	uint8_t type, flags;
	uint16_t x, dx, y, dy;
	mapi_tag_t tag;
	enum text text;
	/* characters that fit */
	uint16_t max;
};

#define PAGE(text) { CTL_PAGE, 0, 0, 0, 0, 0, 0, text, 0 }
/* A label and what it is for, in the left or right half of a page */
#define LEFT(text, tag, y) \
	{ CTL_LABEL, 0, 8, 48, (y) + 2, 8, 0, text, 0 }, \
	{ CTL_EDIT, F_DBCS, 58, 112, y, 12, tag, T_NONE, 256 }
#define RIGHT(text, tag, y) \
	{ CTL_LABEL, 0, 178, 54, (y) + 2, 8, 0, text, 0 }, \
	{ CTL_EDIT, F_DBCS, 234, 112, y, 12, tag, T_NONE, 256 }
#define WIDE(text, tag, y, dy) \
	{ CTL_LABEL, 0, 8, 100, y, 8, 0, text, 0 }, \
	{ CTL_EDIT, F_DBCS | F_MULTILINE, 8, 338, (y) + 10, dy, tag, T_NONE, \
	  1024 }
#define LIST(type, tag) { type, 0, 8, 338, 8, 150, tag, T_NONE, 0 }

static const struct control user_controls[] = {
	PAGE(T_GENERAL),
	LEFT(T_FIRST, PidTagGivenName, 8),
	RIGHT(T_LAST, PidTagSurname, 8),
	LEFT(T_INITIALS, PidTagInitials, 24),
	RIGHT(T_ALIAS, PidTagAccount, 24),
	LEFT(T_DISPLAY, PidTagDisplayName, 40),
	RIGHT(T_TITLE, PidTagTitle, 40),
	LEFT(T_ADDRESS, PidTagStreetAddress, 56),
	RIGHT(T_COMPANY, PidTagCompanyName, 56),
	LEFT(T_CITY, PidTagLocality, 72),
	RIGHT(T_DEPARTMENT, PidTagDepartmentName, 72),
	LEFT(T_STATE, PidTagStateOrProvince, 88),
	RIGHT(T_OFFICE, PidTagOfficeLocation, 88),
	LEFT(T_ZIP, PidTagPostalCode, 104),
	RIGHT(T_ASSISTANT, PidTagAssistant, 104),
	LEFT(T_COUNTRY, PidTagCountry, 120),
	RIGHT(T_PHONE, PidTagPrimaryTelephoneNumber, 120),
	LEFT(T_EMAIL, PidTagSmtpAddress, 136),
	PAGE(T_PHONE_NOTES),
	LEFT(T_BUSINESS, PidTagBusinessTelephoneNumber, 8),
	RIGHT(T_HOME, PidTagHomeTelephoneNumber, 8),
	LEFT(T_BUSINESS2, PidTagBusiness2TelephoneNumber, 24),
	RIGHT(T_HOME2, PidTagHome2TelephoneNumber, 24),
	LEFT(T_FAX, PidTagPrimaryFaxNumber, 40),
	RIGHT(T_MOBILE, PidTagMobileTelephoneNumber, 40),
	LEFT(T_ASSISTANT, PidTagAssistantTelephoneNumber, 56),
	RIGHT(T_PAGER, PidTagPagerTelephoneNumber, 56),
	WIDE(T_NOTES, PidTagComment, 76, 80),
	PAGE(T_MEMBER_OF),
	LIST(CTL_LIST, MAPI_TAG_RETYPE(
		PidTagAddressBookIsMemberOfDistributionList, PTYP_OBJECT)),
	PAGE(T_EMAIL_ADDRESSES),
	LIST(CTL_MV_LIST, PidTagAddressBookProxyAddresses),
};

static const struct control group_controls[] = {
	PAGE(T_GENERAL),
	LEFT(T_DISPLAY, PidTagDisplayName, 8),
	RIGHT(T_ALIAS, PidTagAccount, 8),
	{ CTL_LABEL, 0, 8, 100, 28, 8, 0, T_MEMBERS, 0 },
	{ CTL_LIST, 0, 8, 338, 38, 80, PidTagAddressBookMember, T_NONE, 0 },
	WIDE(T_NOTES, PidTagComment, 122, 36),
	PAGE(T_MEMBER_OF),
	LIST(CTL_LIST, MAPI_TAG_RETYPE(
		PidTagAddressBookIsMemberOfDistributionList, PTYP_OBJECT)),
};

static const struct control smtp_controls[] = {
	PAGE(T_SMTP),
	{ CTL_LABEL, 0, 8, 80, 10, 8, 0, T_DISPLAY, 0 },
	{ CTL_EDIT, F_DBCS | F_EDITABLE, 92, 254, 8, 12, PidTagDisplayName,
	  T_NONE, 256 },
	{ CTL_LABEL, 0, 8, 80, 28, 8, 0, T_EMAIL, 0 },
	{ CTL_EDIT, F_EDITABLE | F_REQUIRED, 92, 254, 26, 12,
	  PidTagEmailAddress, T_NONE, 320 },
};

static const struct template {
	const char *name;
	const char *address_type;
	const struct control *controls;
	unsigned int count;
} templates[] = {
	{ "User", "EX", user_controls, N_ELEMENTS(user_controls) },
	{ "Group", "EX", group_controls, N_ELEMENTS(group_controls) },
	{ "SMTP", "SMTP", smtp_controls, N_ELEMENTS(smtp_controls) },
};

#define DN_TEMPLATES "/o=Dovetail/ou=Templates/cn=Addressing/cn="

static const struct template *template_of_type(uint32_t display_type)
{
	switch (display_type) {
	case NSPI_DT_MAILUSER:
	case 2: case 3:		/* DT_FORUM, DT_AGENT */
	case NSPI_DT_REMOTE_MAILUSER:
		return &templates[0];
	case NSPI_DT_DISTLIST:
	case 4: case 5:		/* DT_ORGANIZATION, DT_PRIVATE_DISTLIST */
		return &templates[1];
	case NSPI_DT_ADDRESS_TEMPLATE:
		return &templates[2];
	}
	return NULL;
}

const char *nspi_template_dn(uint32_t display_type)
{
	const struct template *template = template_of_type(display_type);

	i_assert(template != NULL);
	return t_strconcat(DN_TEMPLATES, template->name, NULL);
}

static const struct template *template_of_dn(const char *dn)
{
	size_t len = strlen(DN_TEMPLATES);
	unsigned int i;

	if (strncasecmp(dn, DN_TEMPLATES, len) != 0)
		return NULL;
	for (i = 0; i < N_ELEMENTS(templates); i++) {
		if (strcasecmp(templates[i].name, dn + len) == 0)
			return &templates[i];
	}
	return NULL;
}

/* --- as bytes ------------------------------------------------------------------------------ */

/* TRowSet, its TRows of 36 bytes, and behind them the strings, by offset */
#define ROW_SET_SIZE	8
#define ROW_SIZE	36
#define ROW_SET_TYPE	1

static void out_control(buffer_t *out, const struct control *c,
			uint32_t string_at)
{
	mapi_out_u32(out, c->x);
	mapi_out_u32(out, c->dx);
	mapi_out_u32(out, c->y);
	mapi_out_u32(out, c->dy);
	mapi_out_u32(out, c->type);
	mapi_out_u32(out, c->flags);
	mapi_out_u32(out, c->tag);
	mapi_out_u32(out, c->max);
	mapi_out_u32(out, string_at);
}

static const char *control_text(struct nspi_call *call,
				const struct control *c, unsigned int language)
{
	const char *bytes;

	/* Any character may be typed. */
	if (c->type == CTL_EDIT)
		return "*";
	(void)nspi_codepage_from_utf8(call->codepage,
				      languages[language].texts[c->text],
				      call->pool, &bytes);
	return bytes;
}

static buffer_t *template_data(struct nspi_call *call,
			       const struct template *template,
			       unsigned int language)
{
	buffer_t *out = buffer_create_dynamic(call->pool, 4096);
	buffer_t *strings = buffer_create_dynamic(call->pool, 1024);
	uint32_t base = ROW_SET_SIZE + template->count * ROW_SIZE;
	unsigned int i;

	mapi_out_u32(out, ROW_SET_TYPE);
	mapi_out_u32(out, template->count);
	for (i = 0; i < template->count; i++) {
		const struct control *c = &template->controls[i];

		out_control(out, c, base + strings->used);
		mapi_out_str8(strings, control_text(call, c, language));
	}
	buffer_append_buf(out, strings, 0, SIZE_MAX);
	return out;
}

/* --- answer ---------------------------------------------------------------------------------- */

static void prop_blob(struct mapi_prop *prop, mapi_tag_t tag,
		      const buffer_t *buf)
{
	prop->tag = tag;
	prop->v.bin.data = buf->data;
	prop->v.bin.size = buf->used;
}

static unsigned int
template_props(struct nspi_call *call, const struct template *template,
	       unsigned int language, struct mapi_prop *props)
{
	unsigned int count = 0;
	buffer_t *script;

	if ((call->flags & TI_TEMPLATE) != 0) {
		prop_blob(&props[count++], PidTagTemplateData,
			  template_data(call, template, language));
	}
	if ((call->flags & TI_SCRIPT) != 0) {
		script = buffer_create_dynamic(call->pool, 4);
		mapi_out_u32(script, SCRIPT_HALT);
		prop_blob(&props[count++], PidTagScriptData, script);
	}
	if ((call->flags & TI_EMT) != 0) {
		props[count].tag = MAPI_TAG_RETYPE(PidTagAddressType,
						   PTYP_STRING8);
		props[count++].v.s = template->address_type;
	}
	return count;
}

static uint32_t
find_template(struct nspi_call *call, uint32_t type, const char *dn,
	      uint32_t cpid, uint32_t lcid, unsigned int *language_r,
	      const struct template **template_r)
{
	bool has_locale = nspi_template_locale(lcid, language_r);

	call->codepage = nspi_codepage_open(cpid);
	if (call->codepage == NULL)
		return NSPI_INVALID_CODEPAGE;
	if (dn != NULL)
		*template_r = template_of_dn(dn);
	else
		*template_r = has_locale ? template_of_type(type) : NULL;
	return *template_r == NULL ? NSPI_INVALID_LOCALE : ecNone;
}

bool nspi_op_get_template_info(struct nspi_call *call)
{
	const struct template *template = NULL;
	struct mapi_prop props[3];
	unsigned int language;
	const char *dn = NULL;
	uint32_t type, cpid, lcid, error;

	call->flags = mapi_in_u32(&call->in);
	type = mapi_in_u32(&call->in);
	if (mapi_in_u8(&call->in) != 0)
		dn = mapi_in_str8(&call->in);
	cpid = mapi_in_u32(&call->in);
	lcid = mapi_in_u32(&call->in);
	if (!nspi_in_end(call))
		return FALSE;
	error = find_template(call, type, dn, cpid, lcid, &language,
			      &template);
	nspi_out_error(call, error);
	mapi_out_u32(call->out, cpid);
	nspi_out_bool(call, error == ecNone);
	if (error == ecNone) {
		nspi_out_props(call, props,
			       template_props(call, template, language,
					      props));
	}
	return TRUE;
}
