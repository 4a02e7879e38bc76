/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Collected Contacts. The UID is made of the address: whoever collects the same
   one at the same time, also in another replica, makes the same contact. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "ioloop.h"
#include "sha2.h"
#include "dovetail-collect.h"
#include "dovetail-contact.h"
#include "dovetail-items.h"

/* A message to more than these is no letter. */
#define COLLECT_MAX 50
/* Hits of one book that are looked at for one address: words of it may be in
   many contacts. */
#define COLLECT_HITS 50

/* Extra of an item: how often, if more than once */
#define COLLECT_USES "uses"

struct collect {
	struct store *store;
	struct event *event;
	/* of one person */
	pool_t pool;
	/* Collected Contacts; 0: not looked for yet */
	store_fid_t fid;
	/* where the address was found */
	store_fid_t found_fid;
	struct store_item found;
};

static int collect_failed(struct collect *collect, const char *doing)
{
	const char *text;

	(void)store_last_error(collect->store, &text);
	e_warning(collect->event, "Collected contacts: %s: %s", doing, text);
	return -1;
}

/* --- is it known? -------------------------------------------------------------- */

static bool collect_is_own(struct collect *collect, const char *address)
{
	const struct store_settings *set = store_get_settings(collect->store);
	const char *const *alias;

	if (strcasecmp(set->address, address) == 0)
		return TRUE;
	for (alias = set->aliases; *alias != NULL; alias++) {
		if (strcasecmp(*alias, address) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool collect_has_address(struct collect *collect,
				const struct store_item *item,
				const char *address)
{
	struct contact *contact;
	enum contact_field field;
	const char *error, *value, *email, *name;

	if (contact_parse(collect->pool, item->text, item->text_size, &contact,
			  NULL, &error) < 0)
		return FALSE;
	for (field = CONTACT_EMAIL1; field <= CONTACT_EMAIL3; field++) {
		value = contact_get(contact, field);
		if (value == NULL)
			continue;
		contact_address_parse(collect->pool, value, &email, &name);
		if (strcasecmp(email, address) == 0)
			return TRUE;
	}
	return FALSE;
}

/* 1, 0, -1. A book of others that is out of reach has nobody. */
static int collect_search_book(struct collect *collect,
			       const struct store_folder_info *info,
			       const char *address)
{
	ARRAY_TYPE(store_item_hit) hits;
	const struct store_item_hit *hit;
	struct store_item item;
	unsigned int total;
	int ret = 0;

	t_array_init(&hits, 8);
	if (store_item_search(collect->store, STORE_CLASS_CONTACTS, &info->fid,
			      1, address, COLLECT_HITS, &hits, &total) < 0)
		ret = -1;
	array_foreach(&hits, hit) {
		if (ret != 0)
			break;
		ret = store_item_get(collect->store, hit->fid, hit->num,
				     collect->pool, &item);
		if (ret > 0 && !collect_has_address(collect, &item, address))
			ret = 0;
		if (ret > 0) {
			collect->found_fid = hit->fid;
			collect->found = item;
		}
	}
	return ret < 0 && info->foreign ? 0 : ret;
}

static int collect_is_known(struct collect *collect, const char *address)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	int ret = 0;

	if (store_folders(collect->store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (info->class != STORE_CLASS_CONTACTS || !info->selectable ||
		    (info->foreign && !info->subscribed))
			continue;
		T_BEGIN {
			ret = collect_search_book(collect, info, address);
		} T_END;
		if (ret != 0)
			break;
	}
	return ret;
}

/* --- writing -------------------------------------------------------------------- */

static int collect_folder(struct collect *collect)
{
	const struct store_folder_info *info;

	if (collect->fid != 0)
		return 0;
	info = store_folder_find_role(collect->store, STORE_ROLE_COLLECTED);
	if (info == NULL) {
		if (store_default_folders(collect->store) < 0)
			return -1;
		info = store_folder_find_role(collect->store,
					      STORE_ROLE_COLLECTED);
	}
	if (info == NULL)
		return -1;
	collect->fid = info->fid;
	return 0;
}

static const char *collect_uid(const char *address)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(address, strlen(address), digest);
	return t_strconcat("collected-", binary_to_hex(digest, 16), NULL);
}

static int collect_write(struct collect *collect, const char *address,
			 const char *name)
{
	struct store_item_write write = { .only_new = TRUE };
	struct contact *contact;

	write.uid = collect_uid(t_str_lcase(address));
	contact = contact_new(collect->pool, write.uid);
	contact_set(contact, CONTACT_NAME,
		    name == NULL || *name == '\0' ? address : name);
	contact_set(contact, CONTACT_EMAIL1, address);
	write.text = contact_write(collect->pool, contact, ioloop_time);
	if (store_item_put(collect->store, collect->fid, &write, NULL,
			   NULL) == 0 ||
	    store_last_error(collect->store, NULL) == STORE_ERROR_EXISTS)
		return 0;
	return collect_failed(collect, "writing");
}

unsigned int collect_uses(const struct store_item *item)
{
	const char *value = store_item_extra(item, COLLECT_USES);
	unsigned int uses;

	return value != NULL && str_to_uint(value, &uses) == 0 && uses > 0 ?
		uses : 1;
}

/* Once more. Who of two that count at the same time comes last does not count. */
static int collect_count(struct collect *collect)
{
	const struct store_item *item = &collect->found;
	struct store_item_write write = {
		.text = t_strndup(item->text, item->text_size),
		.expected_seq = item->seq,
	};
	const char *error, *uses, *const *extra, *key = COLLECT_USES;
	ARRAY_TYPE(const_string) extras;
	struct contact *contact;

	if (contact_parse(collect->pool, item->text, item->text_size, &contact,
			  NULL, &error) < 0)
		return 0;
	write.uid = contact_uid(contact);
	uses = t_strdup_printf("%u", collect_uses(item) + 1);
	t_array_init(&extras, 8);
	for (extra = item->extras; *extra != NULL; extra += 2) {
		if (strcmp(extra[0], key) != 0)
			array_append(&extras, extra, 2);
	}
	array_push_back(&extras, &key);
	array_push_back(&extras, &uses);
	array_append_zero(&extras);
	write.extras = array_front(&extras);
	if (store_item_put(collect->store, collect->found_fid, &write, NULL,
			   NULL) == 0 ||
	    store_last_error(collect->store, NULL) == STORE_ERROR_EXISTS)
		return 0;
	return collect_failed(collect, "counting");
}

static bool collect_found_is_ours(struct collect *collect)
{
	const struct store_folder_info *info =
		store_folder_find_role(collect->store, STORE_ROLE_COLLECTED);

	return info != NULL && info->fid == collect->found_fid;
}

static int collect_person(struct collect *collect,
			  const struct collect_person *person)
{
	const char *at = strrchr(person->address, '@');
	int ret;

	if (at == NULL || at == person->address || at[1] == '\0' ||
	    collect_is_own(collect, person->address))
		return 0;
	if ((ret = collect_is_known(collect, person->address)) < 0)
		return collect_failed(collect, "searching");
	if (ret > 0) {
		return collect_found_is_ours(collect) ?
			collect_count(collect) : 0;
	}
	if (collect_folder(collect) < 0)
		return collect_failed(collect, "making the folder");
	return collect_write(collect, person->address, person->name);
}

void collect_people(struct store *store, const struct collect_person *people,
		    unsigned int count, struct event *event)
{
	struct collect collect = { .store = store, .event = event };
	unsigned int i;
	int ret = 0;

	if (count > COLLECT_MAX) {
		e_debug(event, "Collected contacts: %u recipients, the first "
			"%u are looked at", count, COLLECT_MAX);
		count = COLLECT_MAX;
	}
	collect.pool = pool_alloconly_create(MEMPOOL_GROWING"collect", 4096);
	/* what fails for one fails for all */
	for (i = 0; i < count && ret == 0; i++) {
		p_clear(collect.pool);
		T_BEGIN {
			ret = collect_person(&collect, &people[i]);
		} T_END;
	}
	pool_unref(&collect.pool);
}
