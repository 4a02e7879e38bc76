/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders of items that are made: by a client, or the default ones at first use.
   A mailbox and what it holds are written in two steps; an intent is noted before
   and dropped after them, so that a crash between leaves no mail folder of that
   name for ever. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "mail-storage-private.h"
#include "mailbox-attribute.h"
#include "store-items.h"

#include <unistd.h>

#define STORE_INTENT_KIND "make-folder"
/* A mailbox that is not there after so long will not come any more. */
#define STORE_INTENT_SECS 30
#define STORE_CLAIM_KIND "claim"
#define STORE_CLAIM_NAME "default-folders"
/* The claim of a process that died ends after so long. Others wait a while. */
#define STORE_CLAIM_SECS 60
#define STORE_CLAIM_WAITS 100
#define STORE_CLAIM_POLL_USECS 50000
/* Notes, Notes 2, ... */
#define STORE_DEFAULT_NAMES 100

static const enum store_role store_default_roles[] = {
	STORE_ROLE_CALENDAR, STORE_ROLE_CONTACTS, STORE_ROLE_COLLECTED,
	STORE_ROLE_TASKS, STORE_ROLE_NOTES, STORE_ROLE_JOURNAL,
};

/* --- intents ------------------------------------------------------------------- */

static int store_state_commit_own(struct store *store, struct meta_txn **txn,
				  const char *doing)
{
	return meta_txn_commit(txn) < 0 ?
		store_fail_meta(store, store->db, doing) : 0;
}

/* props: name, value, ..., as one text. BUSY: another worker is about to make a
   folder of this name. */
static int store_intent_note(struct store *store, const char *vname,
			     const char *const *props)
{
	const char *text = t_strarray_join(props, "\t");
	struct meta_txn *txn = meta_txn_begin(store->db);

	meta_state_expect(txn, "", STORE_INTENT_KIND, vname, NULL, 0);
	meta_state_put(txn, "", STORE_INTENT_KIND, vname, text, strlen(text),
		       0);
	if (store_state_commit_own(store, &txn, "noting a new folder") == 0)
		return 0;
	return store->error != STORE_ERROR_EXISTS ? -1 :
		store_fail(store, STORE_ERROR_BUSY,
			   "A folder of this name is being made");
}

static void store_intent_drop(struct store *store, const char *vname)
{
	struct meta_txn *txn = meta_txn_begin(store->db);

	meta_state_delete(txn, "", STORE_INTENT_KIND, vname);
	/* one that stays is looked at again, and does no harm */
	(void)store_state_commit_own(store, &txn, "dropping a note");
}

/* Has it no class yet, and nothing in it? 1, 0, -1 */
static int store_intent_applies(struct store *store, struct mailbox *box)
{
	struct mail_attribute_value value;
	struct mailbox_status status;
	int ret;

	ret = mailbox_attribute_get(box, MAIL_ATTRIBUTE_TYPE_SHARED,
				    META_KEY_FOLDER "class", &value);
	if (ret == 0) {
		ret = mailbox_get_status(box, STATUS_MESSAGES, &status);
		if (ret == 0)
			return status.messages == 0 ? 1 : 0;
	}
	return ret < 0 ? store_fail_box(store, box, "reading its class") : 0;
}

/* The mailbox is there: what it is to be. 1 made so, 0 not, -1 */
static int store_intent_finish(struct store *store, const char *vname,
			       const char *const *props)
{
	struct mail_namespace *ns =
		mail_namespace_find(store->user->namespaces, vname);
	struct mailbox *box = mailbox_alloc(ns->list, vname, 0);
	int ret;

	ret = store_intent_applies(store, box);
	if (ret > 0) {
		e_info(store->event, "%s: making it was interrupted: "
		       "it becomes what it was to be", vname);
		ret = store_props_write(store, box, props) < 0 ? -1 : 1;
	}
	mailbox_free(&box);
	return ret;
}

static void store_intent_settle(struct store *store,
				const struct meta_state *state)
{
	const char *text = t_strndup(state->data, state->size);
	int ret = store_intent_finish(store, state->name,
				      t_strsplit(text, "\t"));

	/* not there yet: another worker may be about to make it */
	if (ret < 0 && (store->error != STORE_ERROR_NOTFOUND ||
			state->changed + STORE_INTENT_SECS > ioloop_time))
		return;
	store_intent_drop(store, state->name);
}

void store_intents_settle(struct store *store)
{
	ARRAY_TYPE(meta_state) states;
	const struct meta_state *state;

	t_array_init(&states, 4);
	if (meta_state_list(store->db, "", STORE_INTENT_KIND,
			    pool_datastack_create(), &states) < 0) {
		(void)store_fail_meta(store, store->db, "interrupted folders");
		return;
	}
	array_foreach(&states, state)
		store_intent_settle(store, state);
}

int store_item_mailbox_create(struct store *store, struct mail_namespace *ns,
			      const char *vname, const char *const *props)
{
	struct mailbox *box;
	int ret;

	store_intents_settle(store);
	if (store_intent_note(store, vname, props) < 0)
		return -1;
	box = mailbox_alloc(ns->list, vname, 0);
	ret = mailbox_create(box, NULL, FALSE);
	if (ret < 0)
		(void)store_fail_box(store, box, "creating");
	else if (store_props_write(store, box, props) < 0) {
		/* a folder that cannot be what it was to be is none */
		ret = -1;
		if (mailbox_delete_empty(box) < 0)
			(void)store_fail_box(store, box, "removing it again");
	}
	mailbox_free(&box);
	store_intent_drop(store, vname);
	store_tree_invalidate(store);
	return ret;
}

/* --- default folders -------------------------------------------------------------- */

static bool store_defaults_missing(const ARRAY_TYPE(store_folder_info) *folders)
{
	const struct store_folder_info *info;
	unsigned int i, found = 0;

	array_foreach(folders, info) {
		for (i = 0; i < N_ELEMENTS(store_default_roles); i++) {
			if (info->role == store_default_roles[i])
				found |= 1U << i;
		}
	}
	return found != (1U << N_ELEMENTS(store_default_roles)) - 1;
}

/* One worker at a time. 1, 0 another one is at it, -1 */
static int store_defaults_claim(struct store *store)
{
	struct meta_txn *txn = meta_txn_begin(store->db);

	meta_state_expect(txn, "", STORE_CLAIM_KIND, STORE_CLAIM_NAME, NULL, 0);
	meta_state_put(txn, "", STORE_CLAIM_KIND, STORE_CLAIM_NAME, "", 0,
		       ioloop_time + STORE_CLAIM_SECS);
	if (store_state_commit_own(store, &txn, "claiming") == 0)
		return 1;
	return store->error == STORE_ERROR_EXISTS ? 0 : -1;
}

static void store_defaults_unclaim(struct store *store)
{
	struct meta_txn *txn = meta_txn_begin(store->db);

	meta_state_delete(txn, "", STORE_CLAIM_KIND, STORE_CLAIM_NAME);
	(void)store_state_commit_own(store, &txn, "ending a claim");
}

/* The first of its names that is free. */
static int store_default_make(struct store *store, enum store_role role)
{
	struct mail_namespace *ns =
		mail_namespace_find_inbox(store->user->namespaces);
	const char *const props[] = {
		"class", store_class_name(store_role_class(role)),
		"role", store_item_role_name(role), NULL
	};
	int ret = -1;

	for (unsigned int nth = 1; nth <= STORE_DEFAULT_NAMES; nth++) {
		ret = store_item_mailbox_create(store, ns,
			t_strconcat(ns->prefix,
				    store_item_role_mailbox(role, nth), NULL),
			props);
		if (ret == 0 || store->error != STORE_ERROR_EXISTS)
			break;
	}
	return ret;
}

static int store_defaults_make(struct store *store)
{
	int ret = 0;

	store_intents_settle(store);
	store_tree_invalidate(store);
	for (unsigned int i = 0; i < N_ELEMENTS(store_default_roles) &&
	     ret == 0; i++) {
		if (store_folder_find_role(store,
					   store_default_roles[i]) != NULL)
			continue;
		ret = store->error != STORE_ERROR_NOTFOUND ? -1 :
			store_default_make(store, store_default_roles[i]);
	}
	return ret;
}

int store_default_folders(struct store *store)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	unsigned int waits = STORE_CLAIM_WAITS;
	int ret;

	for (;;) {
		if (store_folders_own(store, &folders) < 0)
			return -1;
		if (!store_defaults_missing(folders))
			return 0;
		if ((ret = store_defaults_claim(store)) != 0)
			break;
		if (waits-- == 0)
			return store_fail(store, STORE_ERROR_BUSY,
					  "Default folders are being made");
		usleep(STORE_CLAIM_POLL_USECS);
		store_tree_invalidate(store);
	}
	if (ret < 0)
		return -1;
	ret = store_defaults_make(store);
	store_defaults_unclaim(store);
	return ret;
}
