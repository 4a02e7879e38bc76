/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The people whom a user can find. */

#include "eas.h"
#include "eas-people.h"
#include "hash.h"
#include "dovetail-contact.h"
#include "dovetail-directory.h"
#include "dovetail-items.h"

/* Hits of one book that are looked at for one address: words of it may be in
   many contacts. */
#define PEOPLE_LOOKUP_MAX 50

struct people {
	struct eas_request *req;
	ARRAY_TYPE(eas_person) *list;
	/* lower-case address -> index in list + 1 */
	HASH_TABLE(const char *, void *) by_email;
	unsigned int doubles;
};

/* --- one person --------------------------------------------------------------------- */

static void person_of_entry(const struct directory_entry *entry,
			    struct eas_person *person_r)
{
	i_zero(person_r);
	person_r->entry = entry;
	person_r->email = entry->email;
	person_r->name = entry->name;
	person_r->first_name = entry->first_name;
	person_r->last_name = entry->last_name;
	person_r->alias = entry->alias;
	person_r->title = entry->title;
	person_r->company = entry->company;
	person_r->office = entry->office;
	person_r->phone = entry->phone;
	person_r->home_phone = entry->home_phone;
	person_r->mobile = entry->mobile;
}

static const char *shown(pool_t pool, const struct contact *contact,
			 enum contact_field field)
{
	return p_strdup(pool, contact_shown(contact, field));
}

static void person_of_contact(pool_t pool, const struct contact *contact,
			      const char *email, struct eas_person *person_r)
{
	i_zero(person_r);
	person_r->contact = contact;
	person_r->email = email;
	person_r->name = shown(pool, contact, CONTACT_NAME);
	if (person_r->name == NULL)
		person_r->name = email == NULL ? "" : email;
	person_r->first_name = shown(pool, contact, CONTACT_FIRST_NAME);
	person_r->last_name = shown(pool, contact, CONTACT_LAST_NAME);
	person_r->alias = shown(pool, contact, CONTACT_ALIAS);
	person_r->title = shown(pool, contact, CONTACT_JOB_TITLE);
	person_r->company = shown(pool, contact, CONTACT_COMPANY);
	person_r->office = shown(pool, contact, CONTACT_OFFICE);
	person_r->phone = shown(pool, contact, CONTACT_BUSINESS_PHONE);
	person_r->home_phone = shown(pool, contact, CONTACT_HOME_PHONE);
	person_r->mobile = shown(pool, contact, CONTACT_MOBILE);
}

/* What the Directory does not know of somebody, a contact may. */
static void person_complete(struct eas_person *person,
			    const struct eas_person *other)
{
	static const size_t fields[] = {
		offsetof(struct eas_person, first_name),
		offsetof(struct eas_person, last_name),
		offsetof(struct eas_person, alias),
		offsetof(struct eas_person, title),
		offsetof(struct eas_person, company),
		offsetof(struct eas_person, office),
		offsetof(struct eas_person, phone),
		offsetof(struct eas_person, home_phone),
		offsetof(struct eas_person, mobile),
	};
	unsigned int i;

	if (person->contact == NULL)
		person->contact = other->contact;
	for (i = 0; i < N_ELEMENTS(fields); i++) {
		const char **value = PTR_OFFSET(person, fields[i]);
		const char *const *more = CONST_PTR_OFFSET(other, fields[i]);

		if (*value == NULL || **value == '\0')
			*value = *more;
	}
}

/* --- gathering ---------------------------------------------------------------------- */

static void people_add(struct people *people, const struct eas_person *person)
{
	const char *key;
	unsigned int index;

	if (person->email != NULL) {
		key = t_str_lcase(person->email);
		index = POINTER_CAST_TO(hash_table_lookup(people->by_email,
							  key), unsigned int);
		if (index != 0) {
			people->doubles++;
			person_complete(array_idx_modifiable(people->list,
							     index - 1),
					person);
			return;
		}
		key = p_strdup(people->req->pool, key);
		hash_table_insert(people->by_email, key,
			POINTER_CAST(array_count(people->list) + 1));
	}
	array_push_back(people->list, person);
}

static void people_add_contact(struct people *people,
			       const struct contact *contact)
{
	pool_t pool = people->req->pool;
	struct eas_person person;
	enum contact_field field;
	const char *email;
	bool any = FALSE;

	if (contact_is_group(contact))
		return;
	for (field = CONTACT_EMAIL1; field <= CONTACT_EMAIL3; field++) {
		email = contact_get(contact, field);
		if (email == NULL)
			continue;
		/* Further addresses of one contact are further results. */
		person_of_contact(pool, contact, email, &person);
		people_add(people, &person);
		any = TRUE;
	}
	if (!any) {
		person_of_contact(pool, contact, NULL, &person);
		people_add(people, &person);
	}
}

/* --- address books ------------------------------------------------------------------ */

static bool book_is_searched(const struct store_folder_info *info)
{
	return info->class == STORE_CLASS_CONTACTS && info->selectable &&
		(!info->foreign || (info->subscribed && !info->unreadable));
}

typedef bool people_contact_t(void *context, struct contact *contact);

/* FALSE: the callback has enough */
static bool people_read_one(struct eas_request *req,
			    const struct store_item *item,
			    people_contact_t *callback, void *context)
{
	struct contact *contact;
	const char *error;

	if (contact_parse(req->pool, item->text, item->text_size, &contact,
			  NULL, &error) < 0) {
		e_warning(req->event, "Contact %u cannot be shown: %s",
			  item->num, error);
		return TRUE;
	}
	return callback(context, contact);
}

static int people_read(struct eas_request *req, store_fid_t fid,
		       const ARRAY_TYPE(store_item_hit) *hits,
		       people_contact_t *callback, void *context)
{
	const struct store_item_hit *hit;
	struct store_item_iter *iter;
	ARRAY_TYPE(seq_range) nums;
	struct store_item item;
	bool more = TRUE;

	t_array_init(&nums, 32);
	array_foreach(hits, hit)
		seq_range_array_add(&nums, hit->num);
	iter = store_item_iter_init(req->store, fid, &nums, FALSE);
	while (more && store_item_iter_next(iter, &item))
		more = people_read_one(req, &item, callback, context);
	return store_item_iter_deinit(&iter);
}

/* Calls back for each hit in one book; FALSE from it ends. total_r: all hits. A
   book of others that is out of reach has nothing, one's own is an error. */
static int people_search_book(struct eas_request *req,
			      const struct store_folder_info *info,
			      const char *text, unsigned int max,
			      people_contact_t *callback, void *context,
			      unsigned int *total_r)
{
	ARRAY_TYPE(store_item_hit) hits;
	const char *error;

	*total_r = 0;
	t_array_init(&hits, 32);
	if (store_item_search(req->store, STORE_CLASS_CONTACTS, &info->fid, 1,
			      text, max, &hits, total_r) == 0 &&
	    (array_count(&hits) == 0 ||
	     people_read(req, info->fid, &hits, callback, context) == 0))
		return 0;
	if (!info->foreign)
		return -1;
	(void)store_last_error(req->store, &error);
	e_info(req->event, "Address book %s is not searched: %s", info->vname,
	       error);
	return 0;
}

static bool people_found(void *context, struct contact *contact)
{
	people_add_contact(context, contact);
	return TRUE;
}

static int people_search_books(struct people *people, const char *text,
			       unsigned int max, unsigned int *total)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	unsigned int before, hits;
	int ret = 0;

	if (store_folders(people->req->store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (ret < 0 || !book_is_searched(info))
			continue;
		before = array_count(people->list) + people->doubles;
		T_BEGIN {
			ret = people_search_book(people->req, info, text, max,
						 people_found, people, &hits);
		} T_END;
		/* Those that were not looked at count as one person each. */
		*total += array_count(people->list) + people->doubles - before;
		if (hits > max)
			*total += hits - max;
	}
	return ret;
}

/* --- the Directory ------------------------------------------------------------------ */

static int people_search_directory(struct people *people, const char *text,
				   unsigned int max, unsigned int *total)
{
	struct eas_request *req = people->req;
	ARRAY_TYPE(directory_entries) entries;
	const struct directory_entry *entry;
	struct eas_person person;
	unsigned int found;

	if (req->service->directory == NULL)
		return -1;
	t_array_init(&entries, 32);
	if (directory_search(req->service->directory, req->pool, text, max,
			     &entries, &found) < 0)
		return -1;
	array_foreach_elem(&entries, entry) {
		person_of_entry(entry, &person);
		people_add(people, &person);
	}
	*total += found;
	return 0;
}

/* --- both --------------------------------------------------------------------------- */

static int person_cmp(const struct eas_person *a, const struct eas_person *b)
{
	int ret = strcasecmp(a->name, b->name);

	return ret != 0 ? ret : null_strcasecmp(a->email, b->email);
}

int eas_people_search(struct eas_request *req, const char *text,
		      unsigned int max, ARRAY_TYPE(eas_person) *list,
		      unsigned int *total_r)
{
	struct people people = { .req = req, .list = list };
	int ret;

	*total_r = 0;
	hash_table_create(&people.by_email, default_pool, 0, str_hash, strcmp);
	ret = people_search_directory(&people, text, max, total_r);
	if (ret == 0)
		ret = people_search_books(&people, text, max, total_r);
	hash_table_destroy(&people.by_email);
	*total_r -= I_MIN(people.doubles, *total_r);
	array_sort(list, person_cmp);
	if (array_count(list) > max)
		array_delete(list, max, array_count(list) - max);
	return ret;
}

struct people_lookup {
	struct eas_request *req;
	const char *email;
	struct eas_person person;
	bool found;
};

static bool people_lookup_one(void *context, struct contact *contact)
{
	struct people_lookup *lookup = context;
	enum contact_field field;
	const char *email;

	for (field = CONTACT_EMAIL1; field <= CONTACT_EMAIL3; field++) {
		email = contact_get(contact, field);
		if (email == NULL || strcasecmp(email, lookup->email) != 0)
			continue;
		person_of_contact(lookup->req->pool, contact, email,
				  &lookup->person);
		lookup->found = TRUE;
		return FALSE;
	}
	return TRUE;
}

static int people_lookup_books(struct people_lookup *lookup)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	unsigned int total;
	int ret = 0;

	if (store_folders(lookup->req->store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (ret < 0 || lookup->found || !book_is_searched(info))
			continue;
		T_BEGIN {
			ret = people_search_book(lookup->req, info,
						 lookup->email,
						 PEOPLE_LOOKUP_MAX,
						 people_lookup_one, lookup,
						 &total);
		} T_END;
	}
	return ret;
}

int eas_people_lookup(struct eas_request *req, const char *email,
		      struct eas_person *person_r)
{
	struct people_lookup lookup = { .req = req, .email = email };
	const struct directory_entry *entry;
	int ret;

	if (req->service->directory == NULL)
		return -1;
	ret = directory_lookup(req->service->directory, req->pool, email,
			       &entry);
	if (ret < 0 || people_lookup_books(&lookup) < 0)
		return -1;
	if (ret > 0) {
		person_of_entry(entry, person_r);
		if (lookup.found)
			person_complete(person_r, &lookup.person);
		return 1;
	}
	*person_r = lookup.person;
	return lookup.found ? 1 : 0;
}

int eas_person_picture(struct eas_request *req, const struct eas_person *person,
		       size_t max, buffer_t *dest)
{
	size_t used = dest->used;

	if (person->entry != NULL && person->entry->photo_path != NULL)
		return directory_photo_read(req->service->directory,
					    person->entry, max, dest);
	if (person->contact == NULL ||
	    !contact_get_picture(person->contact, dest))
		return 0;
	if (dest->used - used <= max)
		return 1;
	buffer_set_used_size(dest, used);
	return -1;
}
