/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties of objects (MS-OXOABK 2.2.2 to 2.2.6): a table, and what fills
   each row. A value is made when it is asked for. */

#include "nspi.h"
#include "dovetail-mapi-props.h"

/* Photos larger than this are not given (Exchange's own are 10 KB). */
#define PHOTO_MAX (128 * 1024)
#define CERTIFICATES_MAX 20

/* PidTagObjectType (MS-OXOABK 2.2.3.10) */
#define OBJECT_ABCONT	0x00000004
#define OBJECT_MAILUSER	0x00000006
#define OBJECT_DISTLIST	0x00000008
/* PidTagDisplayTypeEx: somebody who may be given rights */
#define DISPLAY_TYPE_EX_ACL	0x40000000
/* PidTagContainerFlags (MS-OXOABK 2.2.2.1) */
#define CONTAINER_RECIPIENTS	0x00000001
#define CONTAINER_UNMODIFIABLE	0x00000008

#define PEOPLE	(NSPI_PERSON | NSPI_CONTACT)
#define ALL	(PEOPLE | NSPI_GROUP | NSPI_CONTAINER)
#define RECIPIENTS (PEOPLE | NSPI_GROUP)
#define CARDS	(NSPI_CONTACT | NSPI_GROUP)

struct prop_def {
	mapi_tag_t tag;
	unsigned int kinds;
	/* FALSE: it has none. value_r's strings are UTF-8, whatever the tag. */
	bool (*get)(struct nspi_call *call, struct nspi_object *obj,
		    const struct prop_def *def, union mapi_value *value_r);
	/* get_entry: where in struct directory_entry */
	size_t offset;
	/* get_entry of contacts that have more, get_contact */
	enum contact_field field;
};

/* --- helpers ----------------------------------------------------------------------------- */

static bool value_text(struct nspi_call *call, const char *text,
		       union mapi_value *value_r)
{
	if (text == NULL || *text == '\0')
		return FALSE;
	value_r->s = p_strdup(call->pool, text);
	return TRUE;
}

static bool value_int(int64_t i, union mapi_value *value_r)
{
	value_r->i = i;
	return TRUE;
}

static bool value_blob(const buffer_t *buf, union mapi_value *value_r)
{
	value_r->bin.data = buf->data;
	value_r->bin.size = buf->used;
	return buf->used > 0;
}

static bool value_texts(struct nspi_call *call,
			const ARRAY_TYPE(const_string) *texts,
			union mapi_value *value_r)
{
	const char **copy;
	unsigned int i, count = array_count(texts);

	if (count == 0)
		return FALSE;
	copy = p_new(call->pool, const char *, count);
	for (i = 0; i < count; i++)
		copy[i] = p_strdup(call->pool, array_idx_elem(texts, i));
	value_r->mv.count = count;
	value_r->mv.v.s = copy;
	return TRUE;
}

/* --- what it is -------------------------------------------------------------------------- */

static bool get_object_type(struct nspi_call *call ATTR_UNUSED,
			    struct nspi_object *obj,
			    const struct prop_def *def ATTR_UNUSED,
			    union mapi_value *value_r)
{
	return value_int(obj->kind == NSPI_CONTAINER ? OBJECT_ABCONT :
			 obj->kind == NSPI_GROUP ? OBJECT_DISTLIST :
			 OBJECT_MAILUSER, value_r);
}

static bool get_zero(struct nspi_call *call ATTR_UNUSED,
		     struct nspi_object *obj ATTR_UNUSED,
		     const struct prop_def *def ATTR_UNUSED,
		     union mapi_value *value_r)
{
	return value_int(0, value_r);
}

static bool get_display_type(struct nspi_call *call ATTR_UNUSED,
			     struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	return value_int(nspi_object_display_type(obj), value_r);
}

static bool get_display_type_ex(struct nspi_call *call ATTR_UNUSED,
				struct nspi_object *obj,
				const struct prop_def *def ATTR_UNUSED,
				union mapi_value *value_r)
{
	return value_int(obj->kind == NSPI_PERSON ? DISPLAY_TYPE_EX_ACL :
			 obj->kind == NSPI_GROUP ? NSPI_DT_DISTLIST :
			 NSPI_DT_REMOTE_MAILUSER, value_r);
}

static bool get_container_id(struct nspi_call *call ATTR_UNUSED,
			     struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	return value_int(obj->container, value_r);
}

static bool get_container_flags(struct nspi_call *call ATTR_UNUSED,
				struct nspi_object *obj ATTR_UNUSED,
				const struct prop_def *def ATTR_UNUSED,
				union mapi_value *value_r)
{
	return value_int(CONTAINER_RECIPIENTS | CONTAINER_UNMODIFIABLE,
			 value_r);
}

/* The mailbox of Exchange users can take formatted messages as they are. */
static bool get_rich_info(struct nspi_call *call ATTR_UNUSED,
			  struct nspi_object *obj,
			  const struct prop_def *def ATTR_UNUSED,
			  union mapi_value *value_r)
{
	value_r->b = obj->kind == NSPI_PERSON;
	return TRUE;
}

/* --- identity ---------------------------------------------------------------------------- */

static bool get_permanent_id(struct nspi_call *call, struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	buffer_t *buf = buffer_create_dynamic(call->pool, 128);

	nspi_entry_id_permanent(buf, nspi_object_display_type(obj),
				nspi_object_dn(call, obj));
	return value_blob(buf, value_r);
}

static bool get_entry_id(struct nspi_call *call, struct nspi_object *obj,
			 const struct prop_def *def, union mapi_value *value_r)
{
	buffer_t *buf;

	if ((call->flags & NSPI_EPHEMERAL_ID) == 0 ||
	    obj->kind == NSPI_CONTAINER)
		return get_permanent_id(call, obj, def, value_r);
	buf = buffer_create_dynamic(call->pool, 32);
	nspi_entry_id_ephemeral(call, buf, nspi_object_display_type(obj),
				obj->mid);
	return value_blob(buf, value_r);
}

static bool get_instance_key(struct nspi_call *call, struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	buffer_t *buf = buffer_create_dynamic(call->pool, 4);

	mapi_out_u32(buf, obj->mid);
	return value_blob(buf, value_r);
}

/* Whom mail is sent to by an X.500 name, and whom by an address: contacts belong
   to no organisation. */
static bool is_ex(const struct nspi_object *obj)
{
	return obj->kind != NSPI_CONTACT;
}

static bool get_search_key(struct nspi_call *call, struct nspi_object *obj,
			   const struct prop_def *def ATTR_UNUSED,
			   union mapi_value *value_r)
{
	buffer_t *buf = buffer_create_dynamic(call->pool, 128);
	const char *text = is_ex(obj) || *obj->entry->email == '\0' ?
		t_strconcat("EX:", nspi_object_dn(call, obj), NULL) :
		t_strconcat("SMTP:", obj->entry->email, NULL);

	mapi_out_str8(buf, t_str_ucase(text));
	return value_blob(buf, value_r);
}

static bool get_mapping(struct nspi_call *call, struct nspi_object *obj,
			const struct prop_def *def, union mapi_value *value_r)
{
	/* GUID_NSPI, as it stands in every permanent entry id */
	if (!get_permanent_id(call, obj, def, value_r))
		return FALSE;
	value_r->bin.data += 4;
	value_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool get_object_guid(struct nspi_call *call, struct nspi_object *obj,
			    const struct prop_def *def ATTR_UNUSED,
			    union mapi_value *value_r)
{
	buffer_t *buf = buffer_create_dynamic(call->pool, GUID_128_SIZE);
	guid_128_t guid;

	mapi_mailbox_guid(obj->entry->email, guid);
	nspi_out_guid(buf, guid);
	return value_blob(buf, value_r);
}

static bool get_dn(struct nspi_call *call, struct nspi_object *obj,
		   const struct prop_def *def ATTR_UNUSED,
		   union mapi_value *value_r)
{
	return value_text(call, nspi_object_dn(call, obj), value_r);
}

static bool get_address_type(struct nspi_call *call, struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	return value_text(call, is_ex(obj) || *obj->entry->email == '\0' ?
			  "EX" : "SMTP", value_r);
}

static bool get_email(struct nspi_call *call, struct nspi_object *obj,
		      const struct prop_def *def, union mapi_value *value_r)
{
	if (is_ex(obj) || *obj->entry->email == '\0')
		return get_dn(call, obj, def, value_r);
	return value_text(call, obj->entry->email, value_r);
}

static bool get_smtp(struct nspi_call *call, struct nspi_object *obj,
		     const struct prop_def *def ATTR_UNUSED,
		     union mapi_value *value_r)
{
	return value_text(call, obj->entry->email, value_r);
}

static bool get_target(struct nspi_call *call, struct nspi_object *obj,
		       const struct prop_def *def ATTR_UNUSED,
		       union mapi_value *value_r)
{
	return *obj->entry->email != '\0' &&
		value_text(call, t_strconcat("SMTP:", obj->entry->email, NULL),
			   value_r);
}

static void proxy_add(ARRAY_TYPE(const_string) *list, const char *type,
		      const char *address)
{
	const char *text = t_strconcat(type, address, NULL);

	array_push_back(list, &text);
}

/* The first is the address mail comes from: upper-case type. */
static bool get_proxies(struct nspi_call *call, struct nspi_object *obj,
			const struct prop_def *def ATTR_UNUSED,
			union mapi_value *value_r)
{
	const struct store_settings *self = call->source->self(call->env);
	ARRAY_TYPE(const_string) list;
	const char *const *more = NULL;

	if (*obj->entry->email == '\0')
		return FALSE;
	t_array_init(&list, 4);
	proxy_add(&list, "SMTP:", obj->entry->email);
	if (obj->card != NULL)
		more = obj->card->emails + 1;
	else if (nspi_address_is_self(call, obj->entry->email))
		more = self->aliases;
	for (; more != NULL && *more != NULL; more++) {
		if (strcasecmp(*more, obj->entry->email) != 0)
			proxy_add(&list, "smtp:", *more);
	}
	return value_texts(call, &list, value_r);
}

static bool get_home_mdb(struct nspi_call *call, struct nspi_object *obj,
			 const struct prop_def *def ATTR_UNUSED,
			 union mapi_value *value_r)
{
	const char *domain = strrchr(obj->entry->email, '@');
	guid_128_t guid;

	mapi_mailbox_guid(obj->entry->email, guid);
	return value_text(call, t_strconcat(nspi_site_dn(call),
		"/cn=Configuration/cn=Servers/cn=",
		guid_128_to_uuid_string(guid, FORMAT_RECORD),
		domain == NULL ? "" : domain,
		"/cn=Microsoft Private MDB", NULL), value_r);
}

/* --- names ------------------------------------------------------------------------------- */

static bool get_name(struct nspi_call *call, struct nspi_object *obj,
		     const struct prop_def *def ATTR_UNUSED,
		     union mapi_value *value_r)
{
	const char *name = obj->kind == NSPI_CONTAINER ? obj->book->display :
		nspi_object_entry(call, obj)->name;

	return value_text(call, *name == '\0' ? "?" : name, value_r);
}

/* For programs that know only ASCII */
static bool get_printable(struct nspi_call *call, struct nspi_object *obj,
			  const struct prop_def *def ATTR_UNUSED,
			  union mapi_value *value_r)
{
	const struct directory_entry *entry;
	const char *text;

	if (obj->kind == NSPI_CONTAINER)
		return value_text(call, nspi_ascii(obj->book->display),
				  value_r);
	entry = nspi_object_entry(call, obj);
	text = t_str_trim(nspi_ascii(entry->name), " ");
	if (*text == '\0')
		text = nspi_ascii(t_strcut(entry->email, '@'));
	return value_text(call, *text == '\0' ? "Unavailable" : text, value_r);
}

static bool get_account(struct nspi_call *call, struct nspi_object *obj,
			const struct prop_def *def ATTR_UNUSED,
			union mapi_value *value_r)
{
	const struct directory_entry *entry = nspi_object_entry(call, obj);

	return value_text(call, entry->alias != NULL ? entry->alias :
			  t_strcut(entry->email, '@'), value_r);
}

static bool get_phonetic(struct nspi_call *call, struct nspi_object *obj,
			 const struct prop_def *def ATTR_UNUSED,
			 union mapi_value *value_r)
{
	return value_text(call, obj->card->phonetic, value_r);
}

/* A field that both the Directory and contacts have */
static bool get_entry(struct nspi_call *call, struct nspi_object *obj,
		      const struct prop_def *def, union mapi_value *value_r)
{
	const struct directory_entry *entry = nspi_object_entry(call, obj);
	const char *const *text = CONST_PTR_OFFSET(entry, def->offset);

	return value_text(call, *text, value_r);
}

static bool get_contact(struct nspi_call *call, struct nspi_object *obj,
			const struct prop_def *def, union mapi_value *value_r)
{
	struct contact *contact = nspi_object_contact(call, obj);

	return contact != NULL &&
		value_text(call, contact_shown(contact, def->field), value_r);
}

static bool get_postal(struct nspi_call *call, struct nspi_object *obj,
		       const struct prop_def *def ATTR_UNUSED,
		       union mapi_value *value_r)
{
	static const enum contact_field fields[] = {
		CONTACT_BUSINESS_STREET, CONTACT_BUSINESS_POSTAL_CODE,
		CONTACT_BUSINESS_CITY, CONTACT_BUSINESS_STATE,
		CONTACT_BUSINESS_COUNTRY,
	};
	struct contact *contact = nspi_object_contact(call, obj);
	string_t *str = t_str_new(128);
	const char *text;
	unsigned int i;

	for (i = 0; contact != NULL && i < N_ELEMENTS(fields); i++) {
		text = contact_shown(contact, fields[i]);
		if (text == NULL || *text == '\0')
			continue;
		if (str_len(str) > 0)
			str_append(str, "\r\n");
		str_append(str, text);
	}
	return value_text(call, str_c(str), value_r);
}

/* --- what is not text ----------------------------------------------------------------------- */

static bool get_photo(struct nspi_call *call, struct nspi_object *obj,
		      const struct prop_def *def ATTR_UNUSED,
		      union mapi_value *value_r)
{
	buffer_t *buf;
	struct contact *contact;
	bool found = FALSE;

	if (obj->card == NULL) {
		const struct directory_entry *entry =
			nspi_object_entry(call, obj);

		if (entry->photo_path == NULL)
			return FALSE;
		buf = buffer_create_dynamic(call->pool, 8192);
		return directory_photo_read(call->env->directory, entry,
					    PHOTO_MAX, buf) > 0 &&
			value_blob(buf, value_r);
	}
	contact = nspi_object_contact(call, obj);
	if (contact != NULL && contact_has_picture(contact)) {
		buf = buffer_create_dynamic(call->pool, 8192);
		found = contact_get_picture(contact, buf) &&
			buf->used <= PHOTO_MAX && value_blob(buf, value_r);
	}
	return found;
}

static bool get_certificates(struct nspi_call *call, struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	struct contact *contact = nspi_object_contact(call, obj);
	struct mapi_blob *blobs;
	unsigned int n = 0;
	buffer_t *buf;

	if (contact == NULL)
		return FALSE;
	blobs = p_new(call->pool, struct mapi_blob, CERTIFICATES_MAX);
	for (; n < CERTIFICATES_MAX; n++) {
		buf = buffer_create_dynamic(call->pool, 1024);
		if (!contact_certificate(contact, n, buf))
			break;
		blobs[n].data = buf->data;
		blobs[n].size = buf->used;
	}
	value_r->mv.count = n;
	value_r->mv.v.bin = blobs;
	return n > 0;
}

/* --- tables in it (PtypEmbeddedTable): there or not ---------------------------------------- */

static bool value_table(struct nspi_call *call, const struct nspi_object *obj,
			union mapi_value *value_r)
{
	buffer_t *buf = buffer_create_dynamic(call->pool, 4);

	mapi_out_u32(buf, obj->mid);
	return value_blob(buf, value_r);
}

static bool get_member(struct nspi_call *call, struct nspi_object *obj,
		       const struct prop_def *def ATTR_UNUSED,
		       union mapi_value *value_r)
{
	return obj->card->members[0] != NULL &&
		value_table(call, obj, value_r);
}

static bool get_contents(struct nspi_call *call, struct nspi_object *obj,
			 const struct prop_def *def ATTR_UNUSED,
			 union mapi_value *value_r)
{
	return value_table(call, obj, value_r);
}

static bool get_member_of(struct nspi_call *call, struct nspi_object *obj,
			  const struct prop_def *def ATTR_UNUSED,
			  union mapi_value *value_r)
{
	ARRAY_TYPE(nspi_object) groups;

	p_array_init(&groups, call->pool, 4);
	return nspi_object_member_of(call, obj, &groups) == 0 &&
		array_count(&groups) > 0 && value_table(call, obj, value_r);
}

static bool get_member_count(struct nspi_call *call ATTR_UNUSED,
			     struct nspi_object *obj,
			     const struct prop_def *def ATTR_UNUSED,
			     union mapi_value *value_r)
{
	return value_int(str_array_length(obj->card->members), value_r);
}

/* --- the table -------------------------------------------------------------------------------- */

#define ROW(tag, kinds, get) { tag, kinds, get, 0, 0 }
#define ENTRY(tag, field) \
	{ tag, PEOPLE, get_entry, offsetof(struct directory_entry, field), 0 }
#define CARD(tag, field) { tag, NSPI_CONTACT, get_contact, 0, CONTACT_##field }
#define AS(tag, type) MAPI_TAG_RETYPE(tag, type)
static const struct prop_def prop_defs[] = {
	/* MS-OXNSPI 3.1.4.2.1: every object has these */
	ROW(PidTagObjectType, ALL, get_object_type),
	ROW(PidTagInitialDetailsPane, ALL, get_zero),
	ROW(AS(PidTagAddressBookDisplayNamePrintable, PTYP_STRING8), ALL,
	    get_printable),
	ROW(PidTagAddressBookContainerId, ALL, get_container_id),
	ROW(PidTagEntryId, ALL, get_entry_id),
	ROW(PidTagInstanceKey, ALL, get_instance_key),
	ROW(PidTagSearchKey, RECIPIENTS, get_search_key),
	ROW(PidTagRecordKey, ALL, get_permanent_id),
	ROW(PidTagAddressType, RECIPIENTS, get_address_type),
	ROW(PidTagEmailAddress, RECIPIENTS, get_email),
	ROW(PidTagDisplayType, RECIPIENTS, get_display_type),
	ROW(PidTagTemplateid, ALL, get_permanent_id),
	ROW(PidTagTransmittableDisplayName, RECIPIENTS, get_name),
	ROW(PidTagDisplayName, ALL, get_name),
	ROW(PidTagMappingSignature, ALL, get_mapping),
	ROW(PidTagAddressBookObjectDistinguishedName, ALL, get_dn),
	/* ... and lists these too */
	ROW(PidTagContainerContents, NSPI_GROUP | NSPI_CONTAINER, get_contents),
	ROW(PidTagContainerFlags, NSPI_GROUP | NSPI_CONTAINER,
	    get_container_flags),

	ROW(PidTagDisplayTypeEx, RECIPIENTS, get_display_type_ex),
	ROW(PidTagAddressBookDisplayTypeExtended, RECIPIENTS,
	    get_display_type_ex),
	ROW(PidTagSmtpAddress, RECIPIENTS, get_smtp),
	ROW(PidTagAddressBookProxyAddresses, RECIPIENTS, get_proxies),
	ROW(PidTagAddressBookTargetAddress, NSPI_CONTACT, get_target),
	ROW(AS(PidTagAddressBookHomeMessageDatabase, PTYP_STRING), NSPI_PERSON,
	    get_home_mdb),
	ROW(PidTagAddressBookObjectGuid, NSPI_PERSON, get_object_guid),
	ROW(PidTagSendRichInfo, RECIPIENTS, get_rich_info),
	ROW(PidTagAccount, RECIPIENTS, get_account),
	ENTRY(PidTagGivenName, first_name),
	ENTRY(PidTagSurname, last_name),
	ENTRY(PidTagTitle, title),
	ENTRY(PidTagCompanyName, company),
	ENTRY(PidTagDepartmentName, department),
	ENTRY(PidTagOfficeLocation, office),
	ENTRY(PidTagBusinessTelephoneNumber, phone),
	ENTRY(PidTagPrimaryTelephoneNumber, phone),
	ENTRY(PidTagMobileTelephoneNumber, mobile),
	ENTRY(PidTagHomeTelephoneNumber, home_phone),

	CARD(PidTagMiddleName, MIDDLE_NAME),
	CARD(PidTagDisplayNamePrefix, TITLE),
	CARD(PidTagGeneration, SUFFIX),
	CARD(PidTagInitials, INITIALS),
	CARD(PidTagNickname, NICKNAME),
	CARD(PidTagBusiness2TelephoneNumber, BUSINESS_PHONE2),
	CARD(PidTagHome2TelephoneNumber, HOME_PHONE2),
	CARD(PidTagPagerTelephoneNumber, PAGER),
	CARD(PidTagBusinessFaxNumber, BUSINESS_FAX),
	CARD(PidTagPrimaryFaxNumber, BUSINESS_FAX),
	CARD(PidTagHomeFaxNumber, HOME_FAX),
	CARD(PidTagAssistant, ASSISTANT),
	CARD(PidTagAssistantTelephoneNumber, ASSISTANT_PHONE),
	CARD(PidTagStreetAddress, BUSINESS_STREET),
	CARD(PidTagLocality, BUSINESS_CITY),
	CARD(PidTagStateOrProvince, BUSINESS_STATE),
	CARD(PidTagPostalCode, BUSINESS_POSTAL_CODE),
	CARD(PidTagCountry, BUSINESS_COUNTRY),
	CARD(PidTagPostOfficeBox, BUSINESS_PO_BOX),
	ROW(PidTagPostalAddress, NSPI_CONTACT, get_postal),
	CARD(PidTagBusinessHomePage, WEB_PAGE),
	{ PidTagComment, CARDS, get_contact, 0, CONTACT_NOTE },
	ROW(PidTagAddressBookPhoneticDisplayName, CARDS, get_phonetic),
	CARD(PidTagAddressBookPhoneticGivenName, YOMI_FIRST_NAME),
	CARD(PidTagAddressBookPhoneticSurname, YOMI_LAST_NAME),
	CARD(PidTagAddressBookPhoneticCompanyName, YOMI_COMPANY),
	ROW(PidTagThumbnailPhoto, PEOPLE, get_photo),
	ROW(PidTagAddressBookX509Certificate, NSPI_CONTACT, get_certificates),

	ROW(PidTagAddressBookMember, NSPI_GROUP, get_member),
	ROW(AS(PidTagAddressBookIsMemberOfDistributionList, PTYP_OBJECT),
	    RECIPIENTS, get_member_of),
	ROW(PidTagAddressBookDistributionListMemberCount, NSPI_GROUP,
	    get_member_count),
};
#undef ROW
#undef ENTRY
#undef CARD
#undef AS

static const struct prop_def *find_def(mapi_tag_t tag)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(prop_defs); i++) {
		if (MAPI_TAG_ID(prop_defs[i].tag) == MAPI_TAG_ID(tag))
			return &prop_defs[i];
	}
	return NULL;
}

bool nspi_prop_known(mapi_tag_t tag)
{
	return find_def(tag) != NULL;
}

static bool def_get(struct nspi_call *call, struct nspi_object *obj,
		    const struct prop_def *def, union mapi_value *value_r)
{
	i_zero(value_r);
	return (def->kinds & obj->kind) != 0 &&
		def->get(call, obj, def, value_r);
}

bool nspi_prop_native(struct nspi_call *call, struct nspi_object *obj,
		      mapi_tag_t tag, struct mapi_prop *prop_r)
{
	const struct prop_def *def = find_def(tag);
	bool found;

	if (def == NULL)
		return FALSE;
	T_BEGIN {
		found = def_get(call, obj, def, &prop_r->v);
	} T_END;
	/* All texts are UTF-8 here. */
	prop_r->tag = MAPI_TAG_TYPE(def->tag) == PTYP_STRING8 ?
		MAPI_TAG_RETYPE(def->tag, PTYP_STRING) : def->tag;
	return found;
}

/* --- in the form that was asked for ------------------------------------------------------------ */

/* A name that the code page cannot show becomes the printable one (MS-OXNSPI's
   product notes do so); other texts as far as it goes. */
static void to_codepage(struct nspi_call *call, struct nspi_object *obj,
			mapi_tag_t tag, const char **text)
{
	union mapi_value printable;
	const char *utf8 = *text;

	if (call->codepage == NULL ||
	    nspi_codepage_from_utf8(call->codepage, utf8, call->pool, text))
		return;
	if (MAPI_TAG_ID(tag) != MAPI_TAG_ID(PidTagDisplayName) &&
	    MAPI_TAG_ID(tag) != MAPI_TAG_ID(PidTagTransmittableDisplayName))
		return;
	if (get_printable(call, obj, NULL, &printable))
		*text = printable.s;
}

static void to_codepage_all(struct nspi_call *call, struct nspi_object *obj,
			    mapi_tag_t tag, union mapi_value *value)
{
	const char **texts;
	unsigned int i;

	if ((MAPI_TAG_TYPE(tag) & PTYP_MULTIPLE) == 0) {
		to_codepage(call, obj, tag, &value->s);
		return;
	}
	texts = p_new(call->pool, const char *, value->mv.count);
	for (i = 0; i < value->mv.count; i++) {
		texts[i] = value->mv.v.s[i];
		to_codepage(call, obj, tag, &texts[i]);
	}
	value->mv.v.s = texts;
}

/* The members of a table as DNs: what it is as strings */
static bool table_as_texts(struct nspi_call *call, struct nspi_object *obj,
			   mapi_tag_t tag, union mapi_value *value)
{
	ARRAY_TYPE(nspi_object) objects;
	ARRAY_TYPE(const_string) dns;
	struct nspi_object *o;
	const char *dn;
	int ret = 0;

	p_array_init(&objects, call->pool, 8);
	if (MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAddressBookMember))
		ret = nspi_object_members(call, obj, &objects);
	else if (MAPI_TAG_ID(tag) ==
		 MAPI_TAG_ID(PidTagAddressBookIsMemberOfDistributionList))
		ret = nspi_object_member_of(call, obj, &objects);
	if (ret < 0)
		return FALSE;
	t_array_init(&dns, 8);
	array_foreach_modifiable(&objects, o) {
		dn = nspi_object_dn(call, o);
		array_push_back(&dns, &dn);
	}
	return value_texts(call, &dns, value);
}

static bool is_string(uint16_t type)
{
	return type == PTYP_STRING || type == PTYP_STRING8;
}

/* What type the value will have; 0: it has none that fits. */
static uint16_t type_for(const struct prop_def *def, uint16_t wanted)
{
	uint16_t native = MAPI_TAG_TYPE(def->tag);
	uint16_t base = native & (uint16_t)~PTYP_MULTIPLE;

	if (wanted == PTYP_UNSPECIFIED || wanted == native)
		return native;
	if (is_string(base) &&
	    (wanted & PTYP_MULTIPLE) == (native & PTYP_MULTIPLE) &&
	    is_string(wanted & (uint16_t)~PTYP_MULTIPLE))
		return wanted;
	/* One value as an array of one: PidTagBusiness2TelephoneNumbers */
	if (is_string(native) && (wanted == PTYP_MULTIPLE_STRING ||
				  wanted == PTYP_MULTIPLE_STRING8))
		return wanted;
	if (native == PTYP_OBJECT &&
	    (wanted == PTYP_MULTIPLE_STRING ||
	     wanted == PTYP_MULTIPLE_STRING8))
		return wanted;
	return 0;
}

static void value_single(struct nspi_call *call, union mapi_value *value)
{
	const char **texts = p_new(call->pool, const char *, 1);

	texts[0] = value->s;
	value->mv.count = 1;
	value->mv.v.s = texts;
}

static bool prop_get(struct nspi_call *call, struct nspi_object *obj,
		     mapi_tag_t tag, struct mapi_prop *prop_r)
{
	const struct prop_def *def = find_def(tag);
	uint16_t type;

	if (obj == NULL || def == NULL ||
	    (type = type_for(def, MAPI_TAG_TYPE(tag))) == 0 ||
	    !def_get(call, obj, def, &prop_r->v))
		return FALSE;
	prop_r->tag = MAPI_TAG_RETYPE(tag, type);
	if (is_string(MAPI_TAG_TYPE(def->tag)) && (type & PTYP_MULTIPLE) != 0)
		value_single(call, &prop_r->v);
	if (MAPI_TAG_TYPE(def->tag) == PTYP_OBJECT && type != PTYP_OBJECT &&
	    !table_as_texts(call, obj, tag, &prop_r->v))
		return FALSE;
	if ((type & ~PTYP_MULTIPLE) == PTYP_STRING8)
		to_codepage_all(call, obj, prop_r->tag, &prop_r->v);
	return TRUE;
}

bool nspi_prop_get(struct nspi_call *call, struct nspi_object *obj,
		   mapi_tag_t tag, struct mapi_prop *prop_r)
{
	bool found;

	T_BEGIN {
		found = prop_get(call, obj, tag, prop_r);
	} T_END;
	if (!found) {
		i_zero(prop_r);
		prop_r->tag = MAPI_TAG_RETYPE(tag, PTYP_ERROR_CODE);
		prop_r->v.error = ecNotFound;
	}
	return found;
}

/* --- lists --------------------------------------------------------------------------------------- */

static mapi_tag_t tag_as(mapi_tag_t tag, bool unicode)
{
	uint16_t type = MAPI_TAG_TYPE(tag), multiple = type & PTYP_MULTIPLE;

	if (!is_string(type & (uint16_t)~PTYP_MULTIPLE))
		return tag;
	return MAPI_TAG_RETYPE(tag, multiple | (unicode ? PTYP_STRING :
						PTYP_STRING8));
}

void nspi_prop_list(struct nspi_call *call, struct nspi_object *obj,
		    bool unicode, bool objects, ARRAY_TYPE(mapi_tag) *tags)
{
	union mapi_value value;
	unsigned int i;
	mapi_tag_t tag;
	bool has;

	for (i = 0; i < N_ELEMENTS(prop_defs); i++) {
		tag = tag_as(prop_defs[i].tag, unicode);
		if (!objects && MAPI_TAG_TYPE(tag) == PTYP_OBJECT)
			continue;
		T_BEGIN {
			has = obj == NULL ||
				def_get(call, obj, &prop_defs[i], &value);
		} T_END;
		if (has)
			array_push_back(tags, &tag);
	}
}
