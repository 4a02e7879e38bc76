/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Contacts and distribution lists (MS-OXVCARD 2.1.3, MS-OXOCNTC 2.2). */

#include "lib.h"
#include "guid.h"
#include "istream.h"
#include "contact-private.h"

#define CLASS_CONTACT "IPM.Contact"
#define CLASS_LIST "IPM.DistList"
#define PICTURE_MAX ((size_t)16 * 1024 * 1024)
/* A day without year, as other programs write it too */
#define YEAR_UNKNOWN 1604

/* Fields that are the same text on both sides. */
static const struct {
	enum contact_field field;
	mapi_tag_t tag;
} texts[] = {
	{ CONTACT_LAST_NAME, PidTagSurname },
	{ CONTACT_FIRST_NAME, PidTagGivenName },
	{ CONTACT_MIDDLE_NAME, PidTagMiddleName },
	{ CONTACT_TITLE, PidTagDisplayNamePrefix },
	{ CONTACT_SUFFIX, PidTagGeneration },
	{ CONTACT_NAME, PidTagDisplayName },
	{ CONTACT_FILE_AS, PidLidFileUnder },
	{ CONTACT_NICKNAME, PidTagNickname },
	{ CONTACT_INITIALS, PidTagInitials },
	{ CONTACT_YOMI_LAST_NAME, PidLidYomiLastName },
	{ CONTACT_YOMI_FIRST_NAME, PidLidYomiFirstName },
	{ CONTACT_YOMI_COMPANY, PidLidYomiCompanyName },
	{ CONTACT_COMPANY, PidTagCompanyName },
	{ CONTACT_DEPARTMENT, PidTagDepartmentName },
	{ CONTACT_JOB_TITLE, PidTagTitle },
	{ CONTACT_PROFESSION, PidTagProfession },
	{ CONTACT_IM1, PidLidInstantMessagingAddress },
	{ CONTACT_BUSINESS_PHONE, PidTagBusinessTelephoneNumber },
	{ CONTACT_BUSINESS_PHONE2, PidTagBusiness2TelephoneNumber },
	{ CONTACT_HOME_PHONE, PidTagHomeTelephoneNumber },
	{ CONTACT_HOME_PHONE2, PidTagHome2TelephoneNumber },
	{ CONTACT_MOBILE, PidTagMobileTelephoneNumber },
	{ CONTACT_PAGER, PidTagPagerTelephoneNumber },
	{ CONTACT_CAR_PHONE, PidTagCarTelephoneNumber },
	{ CONTACT_RADIO_PHONE, PidTagRadioTelephoneNumber },
	{ CONTACT_BUSINESS_FAX, PidTagBusinessFaxNumber },
	{ CONTACT_HOME_FAX, PidTagHomeFaxNumber },
	{ CONTACT_OTHER_FAX, PidTagPrimaryFaxNumber },
	{ CONTACT_ASSISTANT_PHONE, PidTagAssistantTelephoneNumber },
	{ CONTACT_COMPANY_PHONE, PidTagCompanyMainTelephoneNumber },
	{ CONTACT_OTHER_PHONE, PidTagOtherTelephoneNumber },
	{ CONTACT_PRIMARY_PHONE, PidTagPrimaryTelephoneNumber },
	{ CONTACT_CALLBACK_PHONE, PidTagCallbackTelephoneNumber },
	{ CONTACT_ISDN, PidTagIsdnNumber },
	{ CONTACT_TELEX, PidTagTelexNumber },
	{ CONTACT_TTY_PHONE,
	  PidTagTelecommunicationsDeviceForDeafTelephoneNumber },
	{ CONTACT_BUSINESS_PO_BOX, PidLidWorkAddressPostOfficeBox },
	{ CONTACT_OFFICE, PidTagOfficeLocation },
	{ CONTACT_BUSINESS_STREET, PidLidWorkAddressStreet },
	{ CONTACT_BUSINESS_CITY, PidLidWorkAddressCity },
	{ CONTACT_BUSINESS_STATE, PidLidWorkAddressState },
	{ CONTACT_BUSINESS_POSTAL_CODE, PidLidWorkAddressPostalCode },
	{ CONTACT_BUSINESS_COUNTRY, PidLidWorkAddressCountry },
	{ CONTACT_HOME_PO_BOX, PidTagHomeAddressPostOfficeBox },
	{ CONTACT_HOME_STREET, PidTagHomeAddressStreet },
	{ CONTACT_HOME_CITY, PidTagHomeAddressCity },
	{ CONTACT_HOME_STATE, PidTagHomeAddressStateOrProvince },
	{ CONTACT_HOME_POSTAL_CODE, PidTagHomeAddressPostalCode },
	{ CONTACT_HOME_COUNTRY, PidTagHomeAddressCountry },
	{ CONTACT_OTHER_PO_BOX, PidTagOtherAddressPostOfficeBox },
	{ CONTACT_OTHER_STREET, PidTagOtherAddressStreet },
	{ CONTACT_OTHER_CITY, PidTagOtherAddressCity },
	{ CONTACT_OTHER_STATE, PidTagOtherAddressStateOrProvince },
	{ CONTACT_OTHER_POSTAL_CODE, PidTagOtherAddressPostalCode },
	{ CONTACT_OTHER_COUNTRY, PidTagOtherAddressCountry },
	{ CONTACT_WEB_PAGE, PidTagBusinessHomePage },
	{ CONTACT_HOME_PAGE, PidTagPersonalHomePage },
	{ CONTACT_FREE_BUSY_URL, PidLidFreeBusyLocation },
	{ CONTACT_SPOUSE, PidTagSpouseName },
	{ CONTACT_MANAGER, PidTagManagerName },
	{ CONTACT_ASSISTANT, PidTagAssistant },
	{ CONTACT_CUSTOMER_ID, PidTagCustomerId },
	{ CONTACT_GOVERNMENT_ID, PidTagGovernmentIdNumber },
	{ CONTACT_ACCOUNT_NAME, PidTagAccount },
	{ CONTACT_HOBBIES, PidTagHobbies },
	{ CONTACT_LANGUAGE, PidTagLanguage },
	{ CONTACT_LOCATION, PidTagLocation },
	{ CONTACT_REFERRED_BY, PidTagReferredByName },
	{ CONTACT_BILLING, PidLidBilling },
};

static const struct {
	enum contact_field address, name;
	mapi_tag_t display, type, email, original, entry_id;
} emails[] = {
	{ CONTACT_EMAIL1, CONTACT_EMAIL1_NAME, PidLidEmail1DisplayName,
	  PidLidEmail1AddressType, PidLidEmail1EmailAddress,
	  PidLidEmail1OriginalDisplayName, PidLidEmail1OriginalEntryId },
	{ CONTACT_EMAIL2, CONTACT_EMAIL2_NAME, PidLidEmail2DisplayName,
	  PidLidEmail2AddressType, PidLidEmail2EmailAddress,
	  PidLidEmail2OriginalDisplayName, PidLidEmail2OriginalEntryId },
	{ CONTACT_EMAIL3, CONTACT_EMAIL3_NAME, PidLidEmail3DisplayName,
	  PidLidEmail3AddressType, PidLidEmail3EmailAddress,
	  PidLidEmail3OriginalDisplayName, PidLidEmail3OriginalEntryId },
};

static const struct {
	enum contact_field field;
	mapi_tag_t tag, local;
} dates[] = {
	{ CONTACT_BIRTHDAY, PidTagBirthday, PidLidBirthdayLocal },
	{ CONTACT_ANNIVERSARY, PidTagWeddingAnniversary,
	  PidLidWeddingAnniversaryLocal },
};

static const mapi_tag_t body_tags[] = {
	PidTagBody, PidTagHtml, PidTagRtfCompressed, 0
};

static const struct zone *user_zone(const struct mapiconv *conv)
{
	return conv->zone != NULL ? conv->zone : zone_utc();
}

/* --- reading --- */

static void read_texts(const struct contact *contact, struct mapi_bag *bag)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++)
		conv_set_text(bag, texts[i].tag,
			      contact_shown(contact, texts[i].field));
}

static void read_emails(const struct mapiconv *conv,
			const struct contact *contact, struct mapi_bag *bag)
{
	const char *address, *name;
	buffer_t *id = t_buffer_create(256);
	int64_t list[N_ELEMENTS(emails)];
	unsigned int i, bits = 0, count = 0;
	union mapi_value v;

	for (i = 0; i < N_ELEMENTS(emails); i++) {
		address = contact_get(contact, emails[i].address);
		if (address == NULL)
			continue;
		name = contact_get(contact, emails[i].name);
		mapi_bag_set_str(bag, emails[i].display,
				 name == NULL ? address : name);
		mapi_bag_set_str(bag, emails[i].type, "SMTP");
		mapi_bag_set_str(bag, emails[i].email, address);
		mapi_bag_set_str(bag, emails[i].original, address);
		buffer_set_used_size(id, 0);
		mapiconv_entry_id(conv, address, name, id);
		conv_set_buffer(bag, emails[i].entry_id, id);
		bits |= 1 << i;
		list[count++] = i;
	}
	if (count == 0)
		return;
	/* MS-OXOCNTC 2.2.1.2.11, 2.2.1.2.12 */
	i_zero(&v);
	v.mv.count = count;
	v.mv.v.i = list;
	mapi_bag_set(bag, PidLidAddressBookProviderEmailList, &v);
	mapi_bag_set_int(bag, PidLidAddressBookProviderArrayType, bits);
}

static void read_dates(const struct mapiconv *conv,
		       const struct contact *contact, struct mapi_bag *bag)
{
	struct contact_date date;
	struct zone_wall wall;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(dates); i++) {
		if (!contact_get_date(contact, dates[i].field, &date))
			continue;
		i_zero(&wall);
		wall.year = date.year == 0 ? YEAR_UNKNOWN : date.year;
		wall.month = date.month;
		wall.day = date.day;
		mapi_bag_set_time(bag, dates[i].tag,
				  zone_utc_of(user_zone(conv), &wall));
		mapi_bag_set_time(bag, dates[i].local,
				  zone_utc_of(zone_utc(), &wall));
	}
}

static void append_line(string_t *str, const char *text, const char *separator)
{
	if (text == NULL || *text == '\0')
		return;
	if (str_len(str) > 0)
		str_append(str, separator);
	str_append(str, text);
}

/* MS-OXOCNTC 2.2.1.3.5 ...: all of it as lines */
static void read_address(const struct contact *contact, struct mapi_bag *bag,
			 enum contact_field street, enum contact_field city,
			 enum contact_field state, enum contact_field code,
			 enum contact_field country, mapi_tag_t tag)
{
	string_t *all = t_str_new(128), *line = t_str_new(64);

	append_line(all, contact_shown(contact, street), "\r\n");
	append_line(line, contact_get(contact, city), "");
	append_line(line, contact_get(contact, state), ", ");
	append_line(line, contact_get(contact, code), " ");
	append_line(all, str_c(line), "\r\n");
	append_line(all, contact_get(contact, country), "\r\n");
	conv_set_text(bag, tag, str_c(all));
}

static void read_addresses(const struct contact *contact, struct mapi_bag *bag)
{
	read_address(contact, bag, CONTACT_BUSINESS_STREET,
		     CONTACT_BUSINESS_CITY, CONTACT_BUSINESS_STATE,
		     CONTACT_BUSINESS_POSTAL_CODE, CONTACT_BUSINESS_COUNTRY,
		     PidLidWorkAddress);
	read_address(contact, bag, CONTACT_HOME_STREET, CONTACT_HOME_CITY,
		     CONTACT_HOME_STATE, CONTACT_HOME_POSTAL_CODE,
		     CONTACT_HOME_COUNTRY, PidLidHomeAddress);
	read_address(contact, bag, CONTACT_OTHER_STREET, CONTACT_OTHER_CITY,
		     CONTACT_OTHER_STATE, CONTACT_OTHER_POSTAL_CODE,
		     CONTACT_OTHER_COUNTRY, PidLidOtherAddress);
}

static void read_picture(const struct contact *contact,
			 struct mapi_message *msg)
{
	struct mapi_attachment *attach;
	struct mapi_bag *bag;
	buffer_t *data;

	mapi_bag_set_bool(&msg->props, PidLidHasPicture,
			  contact_has_picture(contact));
	mapi_bag_set_bool(&msg->props, PidTagHasAttachments,
			  contact_has_picture(contact));
	if (!contact_has_picture(contact))
		return;
	data = buffer_create_dynamic(msg->pool, 8192);
	if (!contact_get_picture(contact, data) || data->used == 0)
		return;
	attach = mapi_message_add_attachment(msg);
	attach->data.data = data->data;
	attach->data.size = data->used;
	attach->part_id = "picture";
	bag = &attach->props;
	mapi_bag_set_int(bag, PidTagAttachNumber, attach->num);
	mapi_bag_set_int(bag, PidTagAttachMethod, MAPI_ATTACH_BY_VALUE);
	mapi_bag_set_str(bag, PidTagAttachFilename, "ContactPicture.jpg");
	mapi_bag_set_str(bag, PidTagAttachLongFilename, "ContactPicture.jpg");
	mapi_bag_set_str(bag, PidTagDisplayName, "ContactPicture.jpg");
	mapi_bag_set_str(bag, PidTagAttachExtension, ".jpg");
	mapi_bag_set_bool(bag, PidTagAttachmentContactPhoto, TRUE);
	mapi_bag_set_bool(bag, PidTagAttachmentHidden, FALSE);
	mapi_bag_set_int(bag, PidTagAttachFlags, 0);
	mapi_bag_set_int(bag, PidTagRenderingPosition, -1);
	mapi_bag_set_int(bag, PidTagAttachSize, data->used);
}

/* mailto: of a group as one-off ids; others it only counts (MS-OXOCNTC 2.2.2.4.1) */
static void read_members(const struct mapiconv *conv,
			 const struct contact *contact, struct mapi_bag *bag)
{
	const char *const *members = contact_members(contact);
	unsigned int count = str_array_length(members), n = 0;
	struct mapi_blob *list = t_new(struct mapi_blob, count + 1);
	union mapi_value v;
	buffer_t *id;

	for (; *members != NULL; members++) {
		if (strncasecmp(*members, "mailto:", 7) != 0)
			continue;
		id = t_buffer_create(256);
		mapiconv_entry_id(conv, *members + 7, NULL, id);
		list[n].data = id->data;
		list[n++].size = id->used;
	}
	if (n == 0)
		return;
	i_zero(&v);
	v.mv.count = n;
	v.mv.v.bin = list;
	mapi_bag_set(bag, PidLidDistributionListMembers, &v);
	mapi_bag_set(bag, PidLidDistributionListOneOffMembers, &v);
}

static void read_common(const struct contact *contact, struct mapi_message *msg)
{
	struct mapi_bag *bag = &msg->props;
	const char *name = contact_shown(contact, CONTACT_NAME);
	const char *class = contact_get(contact, CONTACT_CLASS), *gender;

	if (name == NULL)
		name = "";
	mapi_bag_set_str(bag, PidTagSubject, name);
	mapi_bag_set_str(bag, PidTagSubjectPrefix, "");
	mapi_bag_set_str(bag, PidTagNormalizedSubject, name);
	mapi_bag_set_str(bag, PidTagConversationTopic, name);
	conv_set_strings(bag, PidNameKeywords,
			 contact_get_list(contact, CONTACT_CATEGORIES));
	conv_set_strings(bag, PidTagChildrensNames,
			 contact_get_list(contact, CONTACT_CHILDREN));
	conv_body_set(bag, contact_get(contact, CONTACT_NOTE),
		      contact_get(contact, CONTACT_NOTE_HTML));
	mapi_bag_set_int(bag, PidTagSensitivity,
			 null_strcasecmp(class, "PRIVATE") == 0 ? 2 :
			 null_strcasecmp(class, "CONFIDENTIAL") == 0 ? 3 : 0);
	mapi_bag_set_bool(bag, PidLidPrivate,
			  null_strcasecmp(class, "PRIVATE") == 0);
	gender = contact_get(contact, CONTACT_GENDER);
	if (gender != NULL && (*gender == 'F' || *gender == 'M'))
		mapi_bag_set_int(bag, PidTagGender, *gender == 'F' ? 1 : 2);
	mapi_bag_set_int(bag, PidTagImportance, 1);
	mapi_bag_set_int(bag, PidTagPriority, 0);
	mapi_bag_set_int(bag, PidTagMessageFlags,
			 MSGFLAG_READ | MSGFLAG_UNMODIFIED);
	mapi_bag_set_int(bag, PidLidSideEffects, 0x110);
	mapi_bag_set_int(bag, PidTagIconIndex,
			 contact_is_group(contact) ? 0x202 : 0x200);
	conv_set_text(bag, PidLidHtml, contact_get(contact, CONTACT_WEB_PAGE));
}

static void read_contact(const struct mapiconv *conv,
			 const struct contact *contact, struct mapi_message *msg)
{
	struct mapi_bag *bag = &msg->props;

	read_common(contact, msg);
	if (contact_is_group(contact)) {
		mapi_bag_set_str(bag, PidTagMessageClass, CLASS_LIST);
		conv_set_text(bag, PidTagDisplayName,
			      contact_shown(contact, CONTACT_NAME));
		conv_set_text(bag, PidLidDistributionListName,
			      contact_shown(contact, CONTACT_NAME));
		conv_set_text(bag, PidLidFileUnder,
			      contact_shown(contact, CONTACT_FILE_AS));
		read_members(conv, contact, bag);
		return;
	}
	mapi_bag_set_str(bag, PidTagMessageClass, CLASS_CONTACT);
	read_texts(contact, bag);
	read_emails(conv, contact, bag);
	read_dates(conv, contact, bag);
	read_addresses(contact, bag);
	read_picture(contact, msg);
}

int contact_read(const struct mapiconv *conv, const char *text, size_t size,
		 struct mapi_message *msg, const char **error_r)
{
	struct contact *contact;

	if (contact_parse(msg->pool, text, size, &contact, NULL, error_r) < 0)
		return -1;
	T_BEGIN {
		read_contact(conv, contact, msg);
	} T_END;
	return 0;
}

/* --- writing --- */

struct contact_writer {
	const struct mapiconv *conv;
	pool_t pool;
	struct contact *contact;
	struct mapi_message *msg;
	const struct mapi_bag *now, *before;
};

static void write_texts(struct contact_writer *w)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		if (conv_differs(w->now, w->before, texts[i].tag)) {
			contact_set_shown(w->contact, texts[i].field,
					  mapi_bag_get_str(w->now,
							   texts[i].tag));
		}
	}
	if (conv_differs(w->now, w->before, PidLidHtml) &&
	    !conv_differs(w->now, w->before, PidTagBusinessHomePage))
		contact_set(w->contact, CONTACT_WEB_PAGE,
			    mapi_bag_get_str(w->now, PidLidHtml));
}

static void write_emails(struct contact_writer *w)
{
	const char *smtp, *name;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(emails); i++) {
		mapi_tag_t tags[] = { emails[i].display, emails[i].type,
				      emails[i].email, emails[i].entry_id, 0 };

		if (!conv_differs_any(w->now, w->before, tags))
			continue;
		smtp = mapiconv_smtp_of(w->conv,
			mapi_bag_get_str(w->now, emails[i].type),
			mapi_bag_get_str(w->now, emails[i].email),
			mapi_bag_get_bin(w->now, emails[i].entry_id));
		name = mapi_bag_get_str(w->now, emails[i].display);
		if (smtp == NULL || (name != NULL && strcmp(name, smtp) == 0))
			name = NULL;
		contact_set(w->contact, emails[i].address, smtp);
		contact_set(w->contact, emails[i].name, name);
	}
}

static void write_date(struct contact_writer *w, unsigned int i)
{
	bool local = conv_differs(w->now, w->before, dates[i].local);
	struct contact_date date = { .secs = -1 };
	struct zone_wall wall;
	time_t t;

	if (!local && !conv_differs(w->now, w->before, dates[i].tag))
		return;
	t = mapi_bag_get_time(w->now, local ? dates[i].local : dates[i].tag);
	if (t == 0 && mapi_bag_get(w->now, local ? dates[i].local :
				   dates[i].tag) == NULL) {
		if (mapi_bag_get(w->now, dates[i].tag) == NULL)
			contact_set_date(w->contact, dates[i].field, NULL);
		return;
	}
	/* midnight of some zone: the nearest day */
	zone_wall(local ? zone_utc() : user_zone(w->conv),
		  local ? t : t + 43200, &wall);
	date.year = wall.year == YEAR_UNKNOWN ? 0 : wall.year;
	date.month = wall.month;
	date.day = wall.day;
	contact_set_date(w->contact, dates[i].field, &date);
}

static void write_common(struct contact_writer *w)
{
	static const char *const classes[] = {
		NULL, NULL, "PRIVATE", "CONFIDENTIAL"
	};
	struct conv_body body;
	int64_t v;

	if (conv_differs(w->now, w->before, PidNameKeywords))
		contact_set_list(w->contact, CONTACT_CATEGORIES,
				 conv_get_strings(w->now, PidNameKeywords));
	if (conv_differs(w->now, w->before, PidTagChildrensNames))
		contact_set_list(w->contact, CONTACT_CHILDREN,
			conv_get_strings(w->now, PidTagChildrensNames));
	if (conv_differs_any(w->now, w->before, body_tags)) {
		if (!conv_body_get(w->now, w->pool, &body))
			i_zero(&body);
		contact_set(w->contact, CONTACT_NOTE, body.plain);
		contact_set(w->contact, CONTACT_NOTE_HTML,
			    body.native == CONV_NATIVE_PLAIN ? NULL :
			    body.html);
	}
	if (conv_differs(w->now, w->before, PidTagSensitivity)) {
		v = mapi_bag_get_int(w->now, PidTagSensitivity, 0);
		if (v >= 0 && v < (int64_t)N_ELEMENTS(classes))
			contact_set(w->contact, CONTACT_CLASS, classes[v]);
	}
	if (conv_differs(w->now, w->before, PidTagGender)) {
		v = mapi_bag_get_int(w->now, PidTagGender, 0);
		contact_set(w->contact, CONTACT_GENDER,
			    v == 1 ? "F" : v == 2 ? "M" : NULL);
	}
}

static struct mapi_attachment *find_picture(struct mapi_message *msg)
{
	struct mapi_attachment *attach;

	array_foreach_elem(&msg->attachments, attach) {
		if (mapi_bag_get_bool(&attach->props,
				      PidTagAttachmentContactPhoto, FALSE))
			return attach;
	}
	return NULL;
}

static int write_picture(struct contact_writer *w, struct mapi_message *before,
			 const char **error_r)
{
	struct mapi_attachment *attach = find_picture(w->msg);
	const unsigned char *data;
	struct istream *input;
	buffer_t *all;
	size_t size;
	int ret;

	if (attach == NULL) {
		if (find_picture(before) != NULL)
			contact_set_picture(w->contact, NULL, 0);
		return 0;
	}
	if (attach->part_id != NULL)
		return 0;
	ret = mapi_attachment_open(attach, &input, error_r);
	if (ret <= 0)
		return ret;
	all = buffer_create_dynamic(w->pool, 8192);
	while (all->used < PICTURE_MAX &&
	       i_stream_read_more(input, &data, &size) > 0) {
		buffer_append(all, data, size);
		i_stream_skip(input, size);
	}
	i_stream_unref(&input);
	contact_set_picture(w->contact, all->data, all->used);
	return 0;
}

/* --- distribution lists: lines of the text --- */

static bool is_member_line(const char *line)
{
	return strncasecmp(line, "MEMBER", 6) == 0 ||
		strncasecmp(line, "X-ADDRESSBOOKSERVER-MEMBER", 26) == 0;
}

/* Without its members that are addresses; others stay */
static void copy_without_members(string_t *dest, const char *text)
{
	bool skip = FALSE;
	const char *end;

	while (*text != '\0' && strncasecmp(text, "END:VCARD", 9) != 0) {
		end = strchr(text, '\n');
		end = end == NULL ? text + strlen(text) : end + 1;
		if (*text != ' ' && *text != '\t') {
			const char *line = t_strdup_until(text, end);

			skip = is_member_line(line) &&
				strstr(t_str_lcase(line), "mailto:") != NULL;
		}
		if (!skip)
			str_append_data(dest, text, end - text);
		text = end;
	}
}

static void append_members(struct contact_writer *w, string_t *dest)
{
	const struct mapi_prop *prop;
	const char *smtp;
	unsigned int i;

	prop = mapi_bag_get(w->now, PidLidDistributionListOneOffMembers);
	if (prop == NULL)
		prop = mapi_bag_get(w->now, PidLidDistributionListMembers);
	if (prop == NULL ||
	    MAPI_TAG_TYPE(prop->tag) != (PTYP_BINARY | PTYP_MULTIPLE))
		return;
	for (i = 0; i < prop->v.mv.count; i++) {
		smtp = mapiconv_smtp_of(w->conv, NULL, NULL,
					&prop->v.mv.v.bin[i]);
		if (smtp != NULL && strpbrk(smtp, "\r\n") == NULL)
			str_printfa(dest, "X-ADDRESSBOOKSERVER-MEMBER:"
				    "mailto:%s\r\n", smtp);
	}
}

static const char *write_list(struct contact_writer *w, const char *text)
{
	static const mapi_tag_t tags[] = {
		PidLidDistributionListMembers,
		PidLidDistributionListOneOffMembers, 0
	};
	string_t *out;

	if (!conv_differs_any(w->now, w->before, tags) &&
	    contact_is_group(w->contact))
		return text;
	out = str_new(w->pool, strlen(text) + 256);
	copy_without_members(out, text);
	if (!contact_is_group(w->contact))
		str_append(out, "X-ADDRESSBOOKSERVER-KIND:group\r\n");
	append_members(w, out);
	str_append(out, "END:VCARD\r\n");
	return str_c(out);
}

static void write_list_name(struct contact_writer *w)
{
	mapi_tag_t tag = conv_differs(w->now, w->before,
				      PidLidDistributionListName) ?
		PidLidDistributionListName : PidTagDisplayName;

	if (conv_differs(w->now, w->before, tag))
		contact_set(w->contact, CONTACT_NAME,
			    mapi_bag_get_str(w->now, tag));
}

/* --- */

static int write_all(struct contact_writer *w, struct mapi_message *before,
		     bool list, const char **error_r)
{
	unsigned int i;

	write_common(w);
	if (list) {
		write_list_name(w);
		return 0;
	}
	write_texts(w);
	write_emails(w);
	for (i = 0; i < N_ELEMENTS(dates); i++)
		write_date(w, i);
	return write_picture(w, before, error_r);
}

int contact_item_write(const struct mapiconv *conv, struct mapi_message *now,
		       const char *previous, pool_t pool, const char **text_r,
		       const char **uid_r, const char **error_r)
{
	struct mapi_message *before = mapi_message_new(pool);
	struct contact_writer w = {
		.conv = conv, .pool = pool, .msg = now, .now = &now->props,
		.before = &before->props,
	};
	bool list = conv_class_is(mapi_bag_get_str(&now->props,
						   PidTagMessageClass),
				  CLASS_LIST);
	int ret;

	if (previous == NULL) {
		w.contact = contact_new(pool, guid_generate());
	} else {
		if (contact_read(conv, previous, strlen(previous), before,
				 error_r) < 0 ||
		    contact_parse(pool, previous, strlen(previous), &w.contact,
				  NULL, error_r) < 0)
			return -1;
		list = list || contact_is_group(w.contact);
	}
	T_BEGIN {
		ret = write_all(&w, before, list, error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	if (ret < 0)
		return -1;
	if (uid_r != NULL)
		*uid_r = p_strdup(pool, contact_uid(w.contact));
	*text_r = contact_is_changed(w.contact) || previous == NULL ?
		contact_write(pool, w.contact, conv->now) : previous;
	if (list)
		*text_r = write_list(&w, *text_r);
	return previous != NULL && strcmp(previous, *text_r) == 0 ? 0 : 1;
}
