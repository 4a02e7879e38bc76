/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What others share: offers, and which of them (and of the user's own folders)
   are subscribed. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-items.h"

/* --- offers ------------------------------------------------------------------- */

static bool store_offer_matches(const struct store_folder_info *info,
				const char *const *words)
{
	const char *const *have = store_item_words(
		t_strconcat(info->owner, " ", info->vname, " ",
			    info->display, NULL));
	const char *const *h;

	for (; *words != NULL; words++) {
		for (h = have; *h != NULL; h++) {
			if (strncmp(*h, *words, strlen(*words)) == 0)
				break;
		}
		if (*h == NULL)
			return FALSE;
	}
	return TRUE;
}

/* Who may only look up (free/busy) is offered nothing. */
static void store_offer_add(struct store *store,
			    const struct store_folder_info *info, pool_t pool,
			    ARRAY_TYPE(store_offer) *offers)
{
	const enum store_rights write = STORE_RIGHT_INSERT | STORE_RIGHT_WRITE |
		STORE_RIGHT_EXPUNGE;
	struct store_offer *offer;
	enum store_rights rights;

	if (store_folder_rights(store, info->fid, &rights) < 0 ||
	    (rights & STORE_RIGHT_READ) == 0)
		return;
	offer = array_append_space(offers);
	offer->fid = info->fid;
	offer->owner = p_strdup(pool, info->owner);
	offer->name = p_strdup(pool, info->display);
	offer->class = info->class;
	offer->writable = (rights & write) == write;
	offer->subscribed = info->subscribed;
}

int store_offers(struct store *store, const char *query, pool_t pool,
		 ARRAY_TYPE(store_offer) *offers_r)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	const char *const *words;

	p_array_init(offers_r, pool, 16);
	words = store_item_words(query == NULL ? "" : query);
	if (store_folders(store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (info->foreign && info->selectable && !info->unreadable &&
		    info->class != STORE_CLASS_MAIL &&
		    store_offer_matches(info, words))
			store_offer_add(store, info, pool, offers_r);
	}
	return 0;
}

/* --- subscribing ---------------------------------------------------------------- */

static int store_subscribe_foreign(struct store *store, struct mailbox *box,
				   bool on)
{
	return mailbox_set_subscribed(box, on) < 0 ?
		store_fail_box(store, box, "subscribing") : 0;
}

/* An own folder of items is in no subscription of IMAP's; that it is not to be
   shown is one of its properties. */
static int store_subscribe_own(struct store *store, struct mailbox *box, bool on)
{
	const char *const props[] = { "hidden", on ? NULL : "yes", NULL };

	return store_props_write(store, box, props);
}

int store_folder_subscribe(struct store *store, store_fid_t fid, bool on)
{
	struct store_node *node;
	struct mailbox *box;
	bool own_items;
	int ret;

	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (!on && !node->info.foreign && node->info.role != STORE_ROLE_NONE) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "Default folders stay subscribed");
	}
	if (node->info.subscribed == on)
		return 0;
	own_items = !node->info.foreign &&
		node->info.class != STORE_CLASS_MAIL;
	box = store_node_box(store, node, 0);
	if (box == NULL)
		return -1;
	ret = own_items ? store_subscribe_own(store, box, on) :
		store_subscribe_foreign(store, box, on);
	mailbox_free(&box);
	store_tree_invalidate(store);
	return ret;
}
