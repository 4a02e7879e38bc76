/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the address book has: finding objects by their ids, DNs, addresses and
   entry ids, and giving those (MS-OXNSPI 2.2.9, 3.1.4.6; MS-OXOABK 2.2.1.1). */

#include "nspi.h"
#include "hex-binary.h"
#include "sha2.h"

/* GUID_NSPI (2.2.1.7) */
static const guid_128_t nspi_provider_guid = {
	0xdc, 0xa7, 0x40, 0xc8, 0xc0, 0x42, 0x10, 0x1a,
	0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1, 0x82
};

#define DN_RECIPIENTS	"/cn=Recipients"
#define DN_CONTACTS	"/cn=Contacts/cn="
#define DN_GUID		"/guid="
#define GUID_HEX	(GUID_128_SIZE * 2)
/* struct store_item.name */
#define ITEM_NAME_HEX	32

/* --- the Directory -------------------------------------------------------------------- */

int nspi_directory(struct nspi_call *call)
{
	if (!call->directory_asked) {
		call->directory_asked = TRUE;
		call->directory_ret = call->env->directory == NULL ? 0 :
			directory_list(call->env->directory,
				       &call->directory_count);
	}
	return call->directory_ret;
}

static bool has_directory(struct nspi_call *call)
{
	return call->env->directory != NULL && nspi_directory(call) == 0;
}

void nspi_object_of_listed(const struct directory_listed *listed,
			   struct nspi_object *obj_r)
{
	i_zero(obj_r);
	obj_r->kind = NSPI_PERSON;
	obj_r->mid = NSPI_PERSON_FIRST + listed->id;
	obj_r->container = NSPI_CONTAINER_GAL;
	obj_r->entry = listed->entry;
	obj_r->key = listed->key;
}

void nspi_object_of_card(struct nspi_book *book, const struct nspi_card *card,
			 struct nspi_object *obj_r)
{
	i_zero(obj_r);
	obj_r->kind = card->group ? NSPI_GROUP : NSPI_CONTACT;
	obj_r->mid = card->mid;
	obj_r->container = book->mid;
	obj_r->entry = &card->entry;
	obj_r->key = card->key;
	obj_r->complete = TRUE;
	obj_r->book = book;
	obj_r->card = card;
}

bool nspi_address_is_self(struct nspi_call *call, const char *address)
{
	const struct store_settings *self = call->source->self(call->env);
	const char *const *alias;

	if (self == NULL || self->address == NULL)
		return FALSE;
	if (strcasecmp(self->address, address) == 0)
		return TRUE;
	for (alias = self->aliases; alias != NULL && *alias != NULL; alias++) {
		if (strcasecmp(*alias, address) == 0)
			return TRUE;
	}
	return FALSE;
}

/* --- who is not in the list ------------------------------------------------------------- */

/* Hidden from the list, or of a userdb that lists nobody: has an id all the same,
   which the session remembers. 0: the id is somebody else's. */
static uint32_t extra_mid(struct nspi_call *call, const char *address)
{
	struct nspi *session = call->session;
	uint32_t mid = NSPI_PERSON_FIRST + directory_address_id(address);
	struct directory_listed listed;
	struct nspi_extra *extra;

	if (has_directory(call) &&
	    directory_list_find_id(call->env->directory,
				   mid - NSPI_PERSON_FIRST, &listed))
		return 0;
	array_foreach_modifiable(&session->extras, extra) {
		if (extra->mid == mid)
			return strcasecmp(extra->address, address) == 0 ?
				mid : 0;
	}
	extra = array_append_space(&session->extras);
	extra->mid = mid;
	extra->address = p_strdup(session->pool, address);
	return mid;
}

static int object_of_extra(struct nspi_call *call,
			   const struct directory_entry *entry,
			   struct nspi_object *obj_r)
{
	uint32_t mid = extra_mid(call, entry->email);

	if (mid == 0)
		return 0;
	i_zero(obj_r);
	obj_r->kind = NSPI_PERSON;
	obj_r->mid = mid;
	obj_r->container = NSPI_CONTAINER_GAL;
	obj_r->entry = entry;
	obj_r->key = p_strconcat(call->pool, directory_fold(entry->name), "\n",
				 directory_fold(entry->email), "\n", NULL);
	obj_r->complete = TRUE;
	return 1;
}

/* Outlook cannot make an account of somebody who is not in the address book. */
static int object_of_self(struct nspi_call *call, const char *address,
			  struct nspi_object *obj_r)
{
	const struct store_settings *self = call->source->self(call->env);
	struct directory_entry *entry;

	if (!nspi_address_is_self(call, address))
		return 0;
	entry = p_new(call->pool, struct directory_entry, 1);
	entry->email = p_strdup(call->pool, self->address);
	entry->name = self->display_name != NULL &&
		*self->display_name != '\0' ?
		p_strdup(call->pool, self->display_name) : entry->email;
	return object_of_extra(call, entry, obj_r);
}

int nspi_object_find_person(struct nspi_call *call, const char *address,
			    struct nspi_object *obj_r)
{
	const struct store_settings *self = call->source->self(call->env);
	const struct directory_entry *entry;
	struct directory_listed listed;
	int ret = 0;

	if (*address == '\0')
		return 0;
	if (nspi_address_is_self(call, address))
		address = self->address;
	if (has_directory(call) &&
	    directory_list_find(call->env->directory, address, &listed)) {
		nspi_object_of_listed(&listed, obj_r);
		return 1;
	}
	if (call->env->directory != NULL) {
		ret = directory_list_lookup(call->env->directory, call->pool,
					    address, &entry);
	}
	if (ret > 0)
		return object_of_extra(call, entry, obj_r);
	if (object_of_self(call, address, obj_r) > 0)
		return 1;
	return ret < 0 || nspi_directory(call) < 0 ? -1 : 0;
}

static bool card_has_email(const struct nspi_card *card, const char *address)
{
	const char *const *email;

	for (email = card->emails; *email != NULL; email++) {
		if (strcasecmp(*email, address) == 0)
			return TRUE;
	}
	return FALSE;
}

static int find_contact(struct nspi_call *call, const char *address,
			struct nspi_object *obj_r)
{
	const struct nspi_card *card;
	struct nspi_book *book;

	if (nspi_books_load(call) < 0)
		return -1;
	array_foreach_elem(&call->session->books, book) {
		array_foreach(&book->cards, card) {
			if (!card_has_email(card, address))
				continue;
			nspi_object_of_card(book, card, obj_r);
			return 1;
		}
	}
	return 0;
}

int nspi_object_find_address(struct nspi_call *call, const char *address,
			     struct nspi_object *obj_r)
{
	int ret = nspi_object_find_person(call, address, obj_r);

	return ret != 0 ? ret : find_contact(call, address, obj_r);
}

/* --- by id ------------------------------------------------------------------------------ */

static int find_person_id(struct nspi_call *call, uint32_t mid,
			  struct nspi_object *obj_r)
{
	struct directory_listed listed;
	const struct nspi_extra *extra;

	if (has_directory(call) &&
	    directory_list_find_id(call->env->directory,
				   mid - NSPI_PERSON_FIRST, &listed)) {
		nspi_object_of_listed(&listed, obj_r);
		return 1;
	}
	array_foreach(&call->session->extras, extra) {
		if (extra->mid == mid)
			return nspi_object_find_person(call, extra->address,
						       obj_r);
	}
	return nspi_directory(call);
}

static int find_card_id(struct nspi_call *call, uint32_t mid,
			struct nspi_object *obj_r)
{
	const struct nspi_card *card;

	if (nspi_books_load(call) < 0)
		return -1;
	card = hash_table_lookup(call->session->cards, POINTER_CAST(mid));
	if (card == NULL)
		return 0;
	nspi_object_of_card(nspi_book_of_card(call, card), card, obj_r);
	return 1;
}

static void object_of_book(struct nspi_book *book, struct nspi_object *obj_r)
{
	i_zero(obj_r);
	obj_r->kind = NSPI_CONTAINER;
	obj_r->mid = book->mid;
	obj_r->container = book->mid;
	obj_r->book = book;
	obj_r->complete = TRUE;
}

static int find_container_id(struct nspi_call *call, uint32_t mid,
			     struct nspi_object *obj_r)
{
	struct nspi_book *book;

	if (nspi_books(call) < 0)
		return -1;
	book = nspi_book_find(call, mid);
	if (book == NULL)
		return 0;
	object_of_book(book, obj_r);
	return 1;
}

int nspi_object_find(struct nspi_call *call, uint32_t mid,
		     struct nspi_object *obj_r)
{
	if (mid > NSPI_MID_LAST || mid < NSPI_CONTAINER_FIRST)
		return 0;
	if (mid >= NSPI_PERSON_FIRST)
		return find_person_id(call, mid, obj_r);
	if (mid >= NSPI_CONTACT_FIRST)
		return find_card_id(call, mid, obj_r);
	return find_container_id(call, mid, obj_r);
}

/* --- DNs ---------------------------------------------------------------------------------- */

const char *nspi_site_dn(struct nspi_call *call)
{
	const struct store_settings *self = call->source->self(call->env);
	const char *dn = mapi_dn_of_address(self == NULL ||
		self->address == NULL ? "nobody" : self->address);
	const char *p;

	for (p = dn; *p != '\0'; p++) {
		if (strncasecmp(p, DN_RECIPIENTS, strlen(DN_RECIPIENTS)) == 0)
			return t_strdup_until(dn, p);
	}
	return dn;
}

const char *nspi_container_dn(const struct nspi_book *book)
{
	if (book == NULL)
		return "/";
	return t_strconcat(DN_GUID, binary_to_hex(book->info.guid,
						  GUID_128_SIZE), NULL);
}

const char *nspi_object_dn(struct nspi_call *call, struct nspi_object *obj)
{
	if (obj->dn != NULL)
		return obj->dn;
	if (obj->kind == NSPI_PERSON)
		obj->dn = mapi_dn_of_address(obj->entry->email);
	else if (obj->kind == NSPI_CONTAINER)
		obj->dn = nspi_container_dn(obj->book);
	else {
		obj->dn = t_strconcat(nspi_site_dn(call), DN_CONTACTS,
			binary_to_hex(obj->book->info.guid, GUID_128_SIZE),
			"/cn=", obj->card->name, NULL);
	}
	obj->dn = p_strdup(call->pool, obj->dn);
	return obj->dn;
}

static struct nspi_book *
book_by_guid(struct nspi_call *call, const char *hex)
{
	struct nspi_book *book;

	array_foreach_elem(&call->session->books, book) {
		if (strncasecmp(binary_to_hex(book->info.guid, GUID_128_SIZE),
				hex, GUID_HEX) == 0)
			return book;
	}
	return NULL;
}

static int book_card(struct nspi_call *call, struct nspi_book *book,
		     const char *name, struct nspi_object *obj_r)
{
	const struct nspi_card *card;

	if (nspi_book_load(call, book) < 0)
		return -1;
	array_foreach(&book->cards, card) {
		if (strcasecmp(card->name, name) == 0) {
			nspi_object_of_card(book, card, obj_r);
			return 1;
		}
	}
	return 0;
}

/* "<guid>/cn=<name>" */
static int find_contact_dn(struct nspi_call *call, const char *dn,
			   struct nspi_object *obj_r)
{
	struct nspi_book *book;

	if (strlen(dn) != GUID_HEX + strlen("/cn=") + ITEM_NAME_HEX ||
	    strncasecmp(dn + GUID_HEX, "/cn=", 4) != 0)
		return 0;
	if (nspi_books(call) < 0)
		return -1;
	book = book_by_guid(call, dn);
	return book == NULL ? 0 :
		book_card(call, book, dn + GUID_HEX + 4, obj_r);
}

static int find_book_dn(struct nspi_call *call, const char *dn,
			struct nspi_object *obj_r)
{
	struct nspi_book *book;

	if (strlen(dn) != GUID_HEX)
		return 0;
	if (nspi_books(call) < 0)
		return -1;
	book = book_by_guid(call, dn);
	if (book == NULL)
		return 0;
	object_of_book(book, obj_r);
	return 1;
}

int nspi_object_find_dn(struct nspi_call *call, const char *dn,
			struct nspi_object *obj_r)
{
	const char *prefix, *address = mapi_address_of_dn(dn);

	if (address != NULL)
		return nspi_object_find_person(call, address, obj_r);
	if (strncasecmp(dn, DN_GUID, strlen(DN_GUID)) == 0)
		return find_book_dn(call, dn + strlen(DN_GUID), obj_r);
	prefix = t_strconcat(nspi_site_dn(call), DN_CONTACTS, NULL);
	if (strncasecmp(dn, prefix, strlen(prefix)) == 0)
		return find_contact_dn(call, dn + strlen(prefix), obj_r);
	return 0;
}

/* --- entry ids ---------------------------------------------------------------------------- */

static void entry_id_head(buffer_t *dest, uint8_t type, const guid_128_t guid,
			  uint32_t display_type)
{
	mapi_out_u32(dest, type);
	nspi_out_guid(dest, guid);
	mapi_out_u32(dest, 1);
	mapi_out_u32(dest, display_type);
}

void nspi_entry_id_permanent(buffer_t *dest, uint32_t display_type,
			     const char *dn)
{
	entry_id_head(dest, 0x00, nspi_provider_guid, display_type);
	mapi_out_str8(dest, dn);
}

void nspi_entry_id_ephemeral(struct nspi_call *call, buffer_t *dest,
			     uint32_t display_type, uint32_t mid)
{
	entry_id_head(dest, 0x87, call->session->guid, display_type);
	mapi_out_u32(dest, mid);
}

#define ENTRY_ID_HEAD (4 + GUID_128_SIZE + 8)

int nspi_object_find_entry_id(struct nspi_call *call, const void *_data,
			      size_t size, struct nspi_object *obj_r)
{
	const unsigned char *data = _data, *end;

	if (size < ENTRY_ID_HEAD + 2)
		return 0;
	if (data[0] == 0x87 && size == ENTRY_ID_HEAD + 4 &&
	    memcmp(data + 4, call->session->guid, GUID_128_SIZE) == 0) {
		return nspi_object_find(call,
			le32_to_cpu_unaligned(data + ENTRY_ID_HEAD), obj_r);
	}
	end = memchr(data + ENTRY_ID_HEAD, '\0', size - ENTRY_ID_HEAD);
	if (data[0] != 0x00 || end == NULL ||
	    memcmp(data + 4, nspi_provider_guid, GUID_128_SIZE) != 0)
		return 0;
	return nspi_object_find_dn(call, (const char *)data + ENTRY_ID_HEAD,
				   obj_r);
}

/* --- what belongs to it ------------------------------------------------------------------- */

uint32_t nspi_object_display_type(const struct nspi_object *obj)
{
	switch (obj->kind) {
	case NSPI_PERSON:
		break;
	case NSPI_CONTACT:
		return NSPI_DT_REMOTE_MAILUSER;
	case NSPI_GROUP:
		return NSPI_DT_DISTLIST;
	case NSPI_CONTAINER:
		return NSPI_DT_CONTAINER;
	}
	return NSPI_DT_MAILUSER;
}

const struct directory_entry *
nspi_object_entry(struct nspi_call *call, struct nspi_object *obj)
{
	if (!obj->complete) {
		obj->entry = directory_list_entry(call->env->directory,
						  call->pool, obj->entry);
		obj->complete = TRUE;
	}
	return obj->entry;
}

struct contact *nspi_object_contact(struct nspi_call *call,
				    struct nspi_object *obj)
{
	struct store_item item;
	const char *error;

	if (obj->card == NULL || obj->contact_read)
		return obj->contact;
	obj->contact_read = TRUE;
	if (call->source->get(call->env, obj->book->info.fid, obj->card->num,
			      call->pool, &item) <= 0)
		return NULL;
	if (contact_parse(call->pool, item.text, item.text_size,
			  &obj->contact, NULL, &error) < 0)
		obj->contact = NULL;
	return obj->contact;
}

/* --- groups -------------------------------------------------------------------------------- */

static int object_cmp(const struct nspi_object *a, const struct nspi_object *b)
{
	int ret = strcmp(a->key, b->key);

	if (ret != 0 || a->mid == b->mid)
		return ret;
	return a->mid < b->mid ? -1 : 1;
}

void nspi_objects_sort(ARRAY_TYPE(nspi_object) *objects)
{
	array_sort(objects, object_cmp);
}

/* An item's name in its folder, as the store makes it of the UID */
static const char *item_name(const char *uid)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(uid, strlen(uid), digest);
	return binary_to_hex(digest, ITEM_NAME_HEX / 2);
}

/* A member: an address, or the UID of a vCard in the same book (Apple writes
   urn:uuid: before it) */
const char *nspi_member_address(const char *uri)
{
	if (strncasecmp(uri, "mailto:", 7) == 0)
		return t_strcut(uri + 7, '?');
	return NULL;
}

static int member_find(struct nspi_call *call, struct nspi_book *book,
		       const char *uri, struct nspi_object *obj_r)
{
	const char *address = nspi_member_address(uri);
	int ret;

	if (address != NULL)
		return nspi_object_find_address(call, address, obj_r);
	if (strncasecmp(uri, "urn:uuid:", 9) == 0) {
		ret = book_card(call, book, item_name(uri + 9), obj_r);
		if (ret != 0)
			return ret;
	}
	return book_card(call, book, item_name(uri), obj_r);
}

int nspi_object_members(struct nspi_call *call, const struct nspi_object *obj,
			ARRAY_TYPE(nspi_object) *members)
{
	struct nspi_object member;
	const char *const *uri;
	int ret;

	if (obj->card == NULL)
		return 0;
	for (uri = obj->card->members; *uri != NULL; uri++) {
		T_BEGIN {
			ret = member_find(call, obj->book, *uri, &member);
		} T_END;
		if (ret < 0)
			return -1;
		if (ret > 0)
			array_push_back(members, &member);
	}
	nspi_objects_sort(members);
	return 0;
}

static bool group_has(const struct nspi_book *book,
		      const struct nspi_card *group, struct nspi_object *obj)
{
	const char *const *uri, *address;

	for (uri = group->members; *uri != NULL; uri++) {
		address = nspi_member_address(*uri);
		if (address != NULL && obj->card != NULL &&
		    card_has_email(obj->card, address))
			return TRUE;
		if (address != NULL &&
		    strcasecmp(obj->entry->email, address) == 0)
			return TRUE;
		if (address == NULL && obj->book == book &&
		    (strcmp(obj->card->name, item_name(*uri)) == 0 ||
		     (strncasecmp(*uri, "urn:uuid:", 9) == 0 &&
		      strcmp(obj->card->name, item_name(*uri + 9)) == 0)))
			return TRUE;
	}
	return FALSE;
}

int nspi_object_member_of(struct nspi_call *call, struct nspi_object *obj,
			  ARRAY_TYPE(nspi_object) *groups)
{
	const struct nspi_card *card;
	struct nspi_object group;
	struct nspi_book *book;
	bool has;

	if (obj->kind == NSPI_CONTAINER)
		return 0;
	if (nspi_books_load(call) < 0)
		return -1;
	array_foreach_elem(&call->session->books, book) {
		array_foreach(&book->cards, card) {
			if (!card->group)
				continue;
			T_BEGIN {
				has = group_has(book, card, obj);
			} T_END;
			if (!has)
				continue;
			nspi_object_of_card(book, card, &group);
			array_push_back(groups, &group);
		}
	}
	nspi_objects_sort(groups);
	return 0;
}
