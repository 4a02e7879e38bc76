#ifndef DOVETAIL_CONTACT_H
#define DOVETAIL_CONTACT_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Contacts: one model between vCard (2.1; 3.0: RFC 2426; 4.0: RFC 6350) and the
   protocols (MS-ASCNTC; MS-OXOCNTC later).  No I/O, no storage.

   The text is the truth.  A contact remembers the vCard it was read from;
   contact_write() gives that text back with what was set since, and nothing else
   changed: properties that the model does not know, their order, groups, labels
   and parameters stay as they were, byte for byte.

   A vCard may have more of a kind than the model has fields (a fourth address,
   five mobile numbers).  Which property fills which field follows src/contact's
   table (contact-table.c): first by its types and labels, then what is left into
   free fields of the same kind, so that as much as possible is shown.  Where a
   contact is written and this would not lead back to the same fields, the
   property gets the parameter X-DOVETAIL-FIELD, which pins it.

   Memory: the pool given at reading; strings are UTF-8 with LF as line end. */

#include "array.h"

/* X(identifier, name, kind, tag of MS-ASCNTC for src/eas: 0 = has none)

   Parts of one property stand together, in the order of its components: N (five),
   ORG (two), ADR (seven; the second one of the business address holds the office,
   as Outlook writes it). */
#define CONTACT_FIELD_LIST(X) \
	X(LAST_NAME, "last-name", TEXT, CONTACTS_LastName) \
	X(FIRST_NAME, "first-name", TEXT, CONTACTS_FirstName) \
	X(MIDDLE_NAME, "middle-name", TEXT, CONTACTS_MiddleName) \
	X(TITLE, "title", TEXT, CONTACTS_Title) \
	X(SUFFIX, "suffix", TEXT, CONTACTS_Suffix) \
	X(NAME, "name", TEXT, 0) \
	X(FILE_AS, "file-as", TEXT, CONTACTS_FileAs) \
	X(NICKNAME, "nickname", TEXT, CONTACTS2_NickName) \
	X(INITIALS, "initials", TEXT, 0) \
	X(YOMI_LAST_NAME, "yomi-last-name", TEXT, CONTACTS_YomiLastName) \
	X(YOMI_FIRST_NAME, "yomi-first-name", TEXT, CONTACTS_YomiFirstName) \
	X(YOMI_COMPANY, "yomi-company", TEXT, CONTACTS_YomiCompanyName) \
	X(COMPANY, "company", TEXT, CONTACTS_CompanyName) \
	X(DEPARTMENT, "department", TEXT, CONTACTS_Department) \
	X(JOB_TITLE, "job-title", TEXT, CONTACTS_JobTitle) \
	X(PROFESSION, "profession", TEXT, 0) \
	X(EMAIL1, "email1", TEXT, CONTACTS_Email1Address) \
	X(EMAIL2, "email2", TEXT, CONTACTS_Email2Address) \
	X(EMAIL3, "email3", TEXT, CONTACTS_Email3Address) \
	X(EMAIL1_NAME, "email1-name", TEXT, 0) \
	X(EMAIL2_NAME, "email2-name", TEXT, 0) \
	X(EMAIL3_NAME, "email3-name", TEXT, 0) \
	X(IM1, "im1", TEXT, CONTACTS2_IMAddress) \
	X(IM2, "im2", TEXT, CONTACTS2_IMAddress2) \
	X(IM3, "im3", TEXT, CONTACTS2_IMAddress3) \
	X(BUSINESS_PHONE, "business-phone", TEXT, \
	  CONTACTS_BusinessPhoneNumber) \
	X(BUSINESS_PHONE2, "business-phone2", TEXT, \
	  CONTACTS_Business2PhoneNumber) \
	X(HOME_PHONE, "home-phone", TEXT, CONTACTS_HomePhoneNumber) \
	X(HOME_PHONE2, "home-phone2", TEXT, CONTACTS_Home2PhoneNumber) \
	X(MOBILE, "mobile", TEXT, CONTACTS_MobilePhoneNumber) \
	X(PAGER, "pager", TEXT, CONTACTS_PagerNumber) \
	X(CAR_PHONE, "car-phone", TEXT, CONTACTS_CarPhoneNumber) \
	X(RADIO_PHONE, "radio-phone", TEXT, CONTACTS_RadioPhoneNumber) \
	X(BUSINESS_FAX, "business-fax", TEXT, CONTACTS_BusinessFaxNumber) \
	X(HOME_FAX, "home-fax", TEXT, CONTACTS_HomeFaxNumber) \
	X(OTHER_FAX, "other-fax", TEXT, 0) \
	X(ASSISTANT_PHONE, "assistant-phone", TEXT, \
	  CONTACTS_AssistantPhoneNumber) \
	X(COMPANY_PHONE, "company-phone", TEXT, CONTACTS2_CompanyMainPhone) \
	X(OTHER_PHONE, "other-phone", TEXT, 0) \
	X(PRIMARY_PHONE, "primary-phone", TEXT, 0) \
	X(CALLBACK_PHONE, "callback-phone", TEXT, 0) \
	X(ISDN, "isdn", TEXT, 0) \
	X(TELEX, "telex", TEXT, 0) \
	X(TTY_PHONE, "tty-phone", TEXT, 0) \
	X(MMS, "mms", TEXT, CONTACTS2_MMS) \
	X(BUSINESS_PO_BOX, "business-po-box", TEXT, 0) \
	X(OFFICE, "office", TEXT, CONTACTS_OfficeLocation) \
	X(BUSINESS_STREET, "business-street", TEXT, \
	  CONTACTS_BusinessAddressStreet) \
	X(BUSINESS_CITY, "business-city", TEXT, CONTACTS_BusinessAddressCity) \
	X(BUSINESS_STATE, "business-state", TEXT, \
	  CONTACTS_BusinessAddressState) \
	X(BUSINESS_POSTAL_CODE, "business-postal-code", TEXT, \
	  CONTACTS_BusinessAddressPostalCode) \
	X(BUSINESS_COUNTRY, "business-country", TEXT, \
	  CONTACTS_BusinessAddressCountry) \
	X(HOME_PO_BOX, "home-po-box", TEXT, 0) \
	X(HOME_EXTENDED, "home-extended", TEXT, 0) \
	X(HOME_STREET, "home-street", TEXT, CONTACTS_HomeAddressStreet) \
	X(HOME_CITY, "home-city", TEXT, CONTACTS_HomeAddressCity) \
	X(HOME_STATE, "home-state", TEXT, CONTACTS_HomeAddressState) \
	X(HOME_POSTAL_CODE, "home-postal-code", TEXT, \
	  CONTACTS_HomeAddressPostalCode) \
	X(HOME_COUNTRY, "home-country", TEXT, CONTACTS_HomeAddressCountry) \
	X(OTHER_PO_BOX, "other-po-box", TEXT, 0) \
	X(OTHER_EXTENDED, "other-extended", TEXT, 0) \
	X(OTHER_STREET, "other-street", TEXT, CONTACTS_OtherAddressStreet) \
	X(OTHER_CITY, "other-city", TEXT, CONTACTS_OtherAddressCity) \
	X(OTHER_STATE, "other-state", TEXT, CONTACTS_OtherAddressState) \
	X(OTHER_POSTAL_CODE, "other-postal-code", TEXT, \
	  CONTACTS_OtherAddressPostalCode) \
	X(OTHER_COUNTRY, "other-country", TEXT, CONTACTS_OtherAddressCountry) \
	X(WEB_PAGE, "web-page", TEXT, CONTACTS_WebPage) \
	X(HOME_PAGE, "home-page", TEXT, 0) \
	X(FREE_BUSY_URL, "free-busy-url", TEXT, 0) \
	X(BIRTHDAY, "birthday", DATE, CONTACTS_Birthday) \
	X(ANNIVERSARY, "anniversary", DATE, CONTACTS_Anniversary) \
	X(SPOUSE, "spouse", TEXT, CONTACTS_Spouse) \
	X(CHILDREN, "children", LIST, CONTACTS_Children) \
	X(MANAGER, "manager", TEXT, CONTACTS2_ManagerName) \
	X(ASSISTANT, "assistant", TEXT, CONTACTS_AssistantName) \
	X(CUSTOMER_ID, "customer-id", TEXT, CONTACTS2_CustomerId) \
	X(GOVERNMENT_ID, "government-id", TEXT, CONTACTS2_GovernmentId) \
	X(ACCOUNT_NAME, "account-name", TEXT, CONTACTS2_AccountName) \
	X(CATEGORIES, "categories", LIST, CONTACTS_Categories) \
	X(PICTURE, "picture", PICTURE, CONTACTS_Picture) \
	X(NOTE, "note", TEXT, 0) \
	X(NOTE_HTML, "note-html", TEXT, 0) \
	X(WEIGHTED_RANK, "weighted-rank", TEXT, CONTACTS_WeightedRank) \
	X(ALIAS, "alias", TEXT, CONTACTS_Alias) \
	X(HOBBIES, "hobbies", TEXT, 0) \
	X(GENDER, "gender", TEXT, 0) \
	X(LANGUAGE, "language", TEXT, 0) \
	X(LOCATION, "location", TEXT, 0) \
	X(REFERRED_BY, "referred-by", TEXT, 0) \
	X(BILLING, "billing", TEXT, 0) \
	X(CLASS, "class", TEXT, 0)

enum contact_field {
	CONTACT_NONE = 0,
#define CONTACT_FIELD_ENUM(ident, name, kind, tag) CONTACT_##ident,
	CONTACT_FIELD_LIST(CONTACT_FIELD_ENUM)
#undef CONTACT_FIELD_ENUM
	CONTACT_FIELD_COUNT
};

enum contact_kind {
	CONTACT_KIND_TEXT,
	CONTACT_KIND_LIST,
	CONTACT_KIND_DATE,
	CONTACT_KIND_PICTURE,
};

/* "first-name"; the number of it, CONTACT_NONE if there is none such. */
const char *contact_field_name(enum contact_field field);
enum contact_field contact_field_find(const char *name);
enum contact_kind contact_field_kind(enum contact_field field);

struct contact_date {
	/* 0: not known (--05-12) */
	int year;
	unsigned int month, day;	/* from 1 */
	/* How the client that wrote it expressed the day: seconds after midnight
	   UTC; from 12:00 on, of the day before.  Has no meaning to others; -1:
	   not known. */
	int secs;
};

struct contact;

/* Reads the first vCard in text.  0; -1: there is none, *error_r says why.  What
   is broken in it is left out of the model (not out of the text) and named in
   warnings_r (may be NULL; NULL: nothing).  Larger than CONTACT_MAX_SIZE: -1. */
#define CONTACT_MAX_SIZE (64 * 1024 * 1024)
int contact_parse(pool_t pool, const char *text, size_t size,
		  struct contact **contact_r, const char **warnings_r,
		  const char **error_r);
/* An empty one (vCard 3.0, which every other program reads). */
struct contact *contact_new(pool_t pool, const char *uid);

/* "" if the vCard has none. */
const char *contact_uid(const struct contact *contact);
/* KIND:group (RFC 6350 6.1.4; X-ADDRESSBOOKSERVER-KIND of Apple), and whom it
   has: URIs (MEMBER, X-ADDRESSBOOKSERVER-MEMBER) as they are. */
bool contact_is_group(const struct contact *contact);
const char *const *contact_members(const struct contact *contact);
/* One that is there already, or is not, changes nothing. */
void contact_member_add(struct contact *contact, const char *uri);
void contact_member_remove(struct contact *contact, const char *uri);
/* nth certificate (KEY as X.509, DER) appended to dest; FALSE: no more.  URIs are
   not followed. */
bool contact_certificate(const struct contact *contact, unsigned int n,
			 buffer_t *dest);

/* TEXT; NULL: not there.  Never "". */
const char *contact_get(const struct contact *contact,
			enum contact_field field);
/* What to show where contact_get() has nothing, or only a part:
   first and last name out of a vCard that has only FN; the name and the name to
   file under made of others; a street with post box and extended address in
   lines of their own. */
const char *contact_shown(const struct contact *contact,
			  enum contact_field field);
/* LIST; NULL-terminated, never NULL. */
const char *const *contact_get_list(const struct contact *contact,
				    enum contact_field field);
/* DATE */
bool contact_get_date(const struct contact *contact, enum contact_field field,
		      struct contact_date *date_r);
bool contact_has_picture(const struct contact *contact);
/* Decoded, appended to dest.  FALSE: none, or one that is no base64, or only a
   link (never followed). */
bool contact_get_picture(const struct contact *contact, buffer_t *dest);

/* NULL and "" remove.  What is the same already changes nothing. */
void contact_set(struct contact *contact, enum contact_field field,
		 const char *value);
/* From a client that was told contact_shown(): saying the same again changes
   nothing. */
void contact_set_shown(struct contact *contact, enum contact_field field,
		       const char *value);
/* NULL: none */
void contact_set_list(struct contact *contact, enum contact_field field,
		      const char *const *values);
void contact_set_date(struct contact *contact, enum contact_field field,
		      const struct contact_date *date);
/* size 0: none */
void contact_set_picture(struct contact *contact, const void *data,
			 size_t size);

/* Whether contact_write() would give another text. */
bool contact_is_changed(const struct contact *contact);
/* vCard text with CRLF.  From now on the contact is the one of that text: a field
   that became free may have what had no field before.  now: REV of a vCard that
   has one, if something changed.  FN, which every vCard needs, follows changed
   names. */
const char *contact_write(pool_t pool, struct contact *contact, time_t now);

/* Many vCards in one stream (import).  Calls back for each with its own text
   (CRLF, valid UTF-8 without NUL, UID included), or with error: no vCard, or one
   that cannot be kept, text is how it begins.  One without UID gets one made of
   a hash of its text (without UID, REV and PRODID), so that the same file twice
   is no second contact.
   more: the stream goes on: used_r tells how many bytes were taken; the rest
   belongs at the beginning of the next call.  UTF-16 must be whole (the
   byte-order mark tells).  0; -1: the callback returned -1. */
typedef int contact_split_t(void *context, const char *uid, const char *text,
			    const char *error);
int contact_split(const char *text, size_t size, bool more, size_t *used_r,
		  contact_split_t *callback, void *context);

/* Words for search, separated by LF (names, company, addresses, phones both as
   written and as digits), and the key to sort by (never NULL, data stack): see
   store_item_search(). */
void contact_index_text(const struct contact *contact, string_t *words,
			const char **sort_r);

/* "Bob B." <bob@example.org>, or the bare address (MS-ASDTYPE 2.7.3), into its
   parts; name "" if there is none. */
void contact_address_parse(pool_t pool, const char *text, const char **email_r,
			   const char **name_r);

#endif
