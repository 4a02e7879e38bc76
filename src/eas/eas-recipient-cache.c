/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The recipient information cache (MS-ASCMD 2.2.3.30.6, MS-ASCNTC 3.1.4.4): the
   people the user writes to, for a client's completion of addresses. It is the
   folder Collected Contacts, for devices that are not shown that as an address
   book; told with a few elements, and read-only. */

#include "eas-client.h"
#include "eas-contacts.h"
#include "dovetail-collect.h"

/* Of clients that do not say how many they want */
#define RECIPIENTS_DEFAULT_MAX 200

struct recipient {
	uint32_t num;
	unsigned int uses;
	time_t last;
};
ARRAY_DEFINE_TYPE(recipient, struct recipient);

const char *eas_folder_id(const struct eas_folder *folder)
{
	return folder->type == EAS_FOLDER_RECIPIENTS ?
		EAS_RECIPIENT_CACHE_ID : eas_collection_id(folder->fid);
}

bool eas_is_recipient_cache(struct eas_request *req,
			    const struct store_folder_info *info)
{
	struct eas_client client;

	/* most are not, and need no look at the device */
	if (info->role != STORE_ROLE_COLLECTED)
		return FALSE;
	eas_client_get(req, &client);
	return eas_client_has_recipients(&client, info);
}

bool eas_collection_find(struct eas_request *req, const char *id,
			 store_fid_t *fid_r)
{
	const struct store_folder_info *info;

	if (strcmp(id, EAS_RECIPIENT_CACHE_ID) != 0)
		return eas_collection_id_parse(id, fid_r);
	info = store_folder_find_role(req->store, STORE_ROLE_COLLECTED);
	if (info == NULL || !eas_is_recipient_cache(req, info))
		return FALSE;
	*fid_r = info->fid;
	return TRUE;
}

/* --- how they are told ------------------------------------------------------------ */

/* The alias is what stands before the @ of an address of the user's own
   domain. */
static const char *
recipient_alias(struct eas_request *req, const char *address)
{
	const char *own = store_get_settings(req->store)->address;
	const char *at = strrchr(address, '@');
	const char *own_at = own == NULL ? NULL : strrchr(own, '@');

	return at != NULL && own_at != NULL && strcasecmp(at, own_at) == 0 ?
		t_strdup_until(address, at) : NULL;
}

static int recipient_write_in(const struct eas_item_context *ctx, pool_t pool,
			      const struct store_item *item,
			      struct wbxml_writer *w)
{
	const char *value, *error, *email, *name, *file_as;
	struct contact *contact;

	if (contact_parse(pool, item->text, item->text_size, &contact, NULL,
			  &error) < 0 ||
	    (value = contact_get(contact, CONTACT_EMAIL1)) == NULL)
		return 0;
	contact_address_parse(pool, value, &email, &name);
	file_as = contact_shown(contact, CONTACT_FILE_AS);
	wbxml_text_tag(w, CONTACTS_Email1Address, email);
	wbxml_text_tag(w, CONTACTS_FileAs,
		       file_as == NULL || *file_as == '\0' ? email : file_as);
	wbxml_text_tag_opt(w, CONTACTS_Alias, recipient_alias(ctx->req, email));
	wbxml_uint_tag(w, CONTACTS_WeightedRank, collect_uses(item));
	return wbxml_writer_failed(w) ? -1 : 1;
}

static int recipient_write(const struct eas_item_context *ctx,
			   const struct store_item *item,
			   struct wbxml_writer *w)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"recipient", 2048);
	int ret = recipient_write_in(ctx, pool, item, w);

	pool_unref(&pool);
	return ret;
}

/* --- which of them ----------------------------------------------------------------- */

/* Whom the user writes to most, and of those the latest */
static int recipient_cmp(const struct recipient *a, const struct recipient *b)
{
	if (a->uses != b->uses)
		return a->uses > b->uses ? -1 : 1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return a->num > b->num ? -1 : a->num < b->num ? 1 : 0;
}

static int recipients_read(struct eas_request *req, store_fid_t fid,
			   ARRAY_TYPE(recipient) *list)
{
	ARRAY_TYPE(seq_range) nums;
	struct store_item_iter *iter;
	struct store_item item;

	t_array_init(&nums, 16);
	if (store_item_nums(req->store, fid, &nums) < 0)
		return -1;
	if (array_count(&nums) == 0)
		return 0;
	iter = store_item_iter_init(req->store, fid, &nums, FALSE);
	while (store_item_iter_next(iter, &item)) {
		struct recipient *recipient = array_append_space(list);

		recipient->num = item.num;
		recipient->uses = collect_uses(&item);
		recipient->last = item.last_change;
	}
	return store_item_iter_deinit(&iter);
}

/* The first of them: as many as MaxItems says */
static int recipients_visible(struct eas_request *req, store_fid_t fid,
			      unsigned int filter_type,
			      time_t since ATTR_UNUSED,
			      const ARRAY_TYPE(seq_range) *among,
			      ARRAY_TYPE(seq_range) *nums_r)
{
	ARRAY_TYPE(recipient) list;
	const struct recipient *recipient;
	unsigned int max = filter_type < EAS_RECIPIENTS_FILTER ?
		RECIPIENTS_DEFAULT_MAX : filter_type - EAS_RECIPIENTS_FILTER;

	t_array_init(&list, 64);
	if (recipients_read(req, fid, &list) < 0)
		return -1;
	array_sort(&list, recipient_cmp);
	array_foreach(&list, recipient) {
		if (max-- == 0)
			break;
		seq_range_array_add(nums_r, recipient->num);
	}
	if (among != NULL)
		seq_range_array_intersect(nums_r, among);
	return 0;
}

const struct eas_class eas_class_recipients = {
	.name = "Contacts",
	.class = STORE_CLASS_CONTACTS,
	.since = EAS_VERSION_140,
	.filter_types = 0x1ff,
	.hides = TRUE,
	.ranks = TRUE,
	.write = recipient_write,
	.visible = recipients_visible,
};
