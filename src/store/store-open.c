/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Open mailboxes, kept warm over requests: a cold open of a large one costs a
   hundred milliseconds, a look whether anything changed some microseconds. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "llist.h"
#include "mail-index-modseq.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-list-index.h"
#include "store-conversation.h"
#include "store-private.h"
#include "store-rewrite.h"

static void store_folder_free(struct store_folder *folder)
{
	struct store *store = folder->store;

	DLLIST_REMOVE(&store->folders, folder);
	store->folders_count--;
	mailbox_free(&folder->box);
	if (array_is_created(&folder->aliases))
		array_free(&folder->aliases);
	store_conversation_free(folder);
	i_free(folder);
}

void store_folders_close(struct store *store, bool foreign_only)
{
	struct store_folder *folder, *next;

	for (folder = store->folders; folder != NULL; folder = next) {
		next = folder->next;
		if (foreign_only && !folder->foreign)
			continue;
		if (folder->refcount == 0)
			store_folder_free(folder);
		else
			folder->broken = TRUE;
	}
}

static void store_folders_trim(struct store *store)
{
	struct store_folder *folder, *next, *oldest;

	while (store->folders_count > STORE_WARM_FOLDERS) {
		oldest = NULL;
		for (folder = store->folders; folder != NULL; folder = next) {
			next = folder->next;
			if (folder->refcount == 0)
				oldest = folder;
		}
		if (oldest == NULL)
			break;
		store_folder_free(oldest);
	}
}

int store_folder_fail(struct store_folder *folder, const char *doing)
{
	folder->broken = folder->broken ||
		mailbox_is_inconsistent(folder->box) ||
		mailbox_get_last_mail_error(folder->box) == MAIL_ERROR_NOTFOUND;
	return store_fail_box(folder->store, folder->box, doing);
}

void store_folder_status(struct store_folder *folder)
{
	mailbox_get_open_status(folder->box,
		STATUS_MESSAGES | STATUS_UIDNEXT | STATUS_UIDVALIDITY |
		STATUS_HIGHESTMODSEQ | STATUS_HIGHESTPVTMODSEQ,
		&folder->status);
	folder->aliases_read = FALSE;
}

/* As mailbox_sync(), but nothing is noted of \Recent: where no IMAP client
   selects a mailbox, all its messages are recent, and each end of a sync would
   walk over all of them. The flag at the beginning would take \Recent away from
   IMAP clients; at the end it only keeps lib-storage from counting. */
static int store_sync_box(struct mailbox *box)
{
	struct mailbox_sync_context *ctx =
		mailbox_sync_init(box, MAILBOX_SYNC_FLAG_FIX_INCONSISTENT);
	struct mailbox_sync_status status;
	bool was_set = (box->flags & MAILBOX_FLAG_DROP_RECENT) != 0;
	int ret;

	box->flags |= MAILBOX_FLAG_DROP_RECENT;
	ret = mailbox_sync_deinit(&ctx, &status);
	if (!was_set)
		box->flags &= ENUM_NEGATE(MAILBOX_FLAG_DROP_RECENT);
	return ret;
}

static int store_folder_sync(struct store_folder *folder)
{
	if (mailbox_transaction_get_count(folder->box) > 0) {
		/* lib-storage panics; a running fetch sees what it began with */
		return 0;
	}
	if (store_sync_box(folder->box) < 0)
		return store_folder_fail(folder, "synchronising");
	store_folder_status(folder);
	return store_idspace_get(folder->store, folder->fid,
				 folder->status.uidvalidity, 0,
				 &folder->idspace);
}

/* Does a mailbox of another name have it: was ours renamed, and another one made
   in its place? */
static bool store_guid_lives(struct store_folder *folder,
			     const struct store_node *node)
{
	struct mailbox_metadata metadata;
	struct mailbox *box;
	bool lives;

	box = mailbox_alloc_guid(folder->box->list, node->info.guid,
				 MAILBOX_FLAG_READONLY |
				 MAILBOX_FLAG_IGNORE_ACLS);
	lives = strcmp(mailbox_get_vname(box), node->info.vname) != 0 &&
		mailbox_open(box) == 0 &&
		mailbox_get_metadata(box, MAILBOX_METADATA_GUID,
				     &metadata) == 0 &&
		guid_128_equals(metadata.guid, node->info.guid);
	mailbox_free(&box);
	return lives;
}

/* The list index may know a GUID that is lost since. What hangs off it follows
   before anything is written under the new one. */
static int store_folder_reattach(struct store_folder *folder,
				 const struct store_node *node)
{
	struct store *store = folder->store;
	struct meta_folder_key old, key;
	struct meta_db *db;
	int ret;

	if (guid_128_equals(folder->guid, node->info.guid) ||
	    store_guid_lives(folder, node))
		return 0;
	store_node_key(node, &old);
	key = old;
	guid_128_copy(key.guid, folder->guid);
	if (store_folder_rekey(store, store->db, node, &old, &key) < 0 ||
	    (ret = store_owner_db(folder, FALSE, &db)) < 0)
		return -1;
	if (ret > 0 && db != store->db) {
		old.kind = key.kind = META_FOLDER_MAILBOX;
		ret = store_folder_rekey(store, db, node, &old, &key);
		store_list_db_close(store, &db);
	}
	if (ret < 0)
		return -1;
	store_node_set_guid(store, node->info.fid, folder->guid);
	return 0;
}

/* CONDSTORE from the first opening on: a mailbox that no IMAP client ever
   enabled it in has no modseqs otherwise. */
static int store_folder_start(struct store_folder *folder,
			      const struct store_node *node)
{
	struct mailbox_metadata metadata;
	int ret;

	if (mailbox_open(folder->box) < 0 ||
	    mailbox_enable(folder->box, MAILBOX_FEATURE_CONDSTORE) < 0)
		return store_folder_fail(folder, "opening");
	if (mailbox_get_metadata(folder->box, MAILBOX_METADATA_GUID,
				 &metadata) < 0)
		return store_folder_fail(folder, "reading its GUID");
	guid_128_copy(folder->guid, metadata.guid);
	if ((node != NULL && store_folder_reattach(folder, node) < 0) ||
	    store_folder_sync(folder) < 0 ||
	    (ret = store_rewrite_repair(folder)) < 0)
		return -1;
	return ret == 0 ? 0 : store_folder_sync(folder);
}

/* node NULL: it is in no tree */
static int store_open_new(struct store *store, struct mailbox *box,
			  store_fid_t fid, const struct store_node *node,
			  struct store_folder **folder_r)
{
	struct store_folder *folder = i_new(struct store_folder, 1);

	folder->store = store;
	folder->fid = fid;
	folder->foreign = node != NULL && node->info.foreign;
	folder->box = box;
	DLLIST_PREPEND(&store->folders, folder);
	store->folders_count++;
	if (store_folder_start(folder, node) < 0) {
		store_folder_free(folder);
		return -1;
	}
	*folder_r = folder;
	return 0;
}

static int store_open_node(struct store *store, const struct store_node *node,
			   struct store_folder **folder_r)
{
	struct mailbox *box;

	if (!node->info.selectable)
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "Folder holds no messages");
	box = store_node_box(store, node, 0);
	if (box == NULL)
		return -1;
	return store_open_new(store, box, node->info.fid, node, folder_r);
}

int store_open_box(struct store *store, struct mailbox *box, store_fid_t fid,
		   struct store_folder **folder_r)
{
	if (store_open_new(store, box, fid, NULL, folder_r) < 0)
		return -1;
	(*folder_r)->refcount++;
	(*folder_r)->broken = TRUE;
	return 0;
}

/* A warm one that is the same mailbox still; 1, 0 there is none. */
static int store_open_warm(struct store *store, const struct store_node *node,
			   struct store_folder **folder_r)
{
	struct store_folder *folder, *next;

	for (folder = store->folders; folder != NULL; folder = next) {
		next = folder->next;
		if (folder->fid != node->info.fid || folder->broken)
			continue;
		if (folder->refcount > 0 ||
		    (strcmp(mailbox_get_vname(folder->box),
			    node->info.vname) == 0 &&
		     guid_128_equals(folder->guid, node->info.guid) &&
		     (folder->fresh || store_folder_sync(folder) == 0))) {
			folder->fresh = FALSE;
			*folder_r = folder;
			return 1;
		}
		/* renamed, re-created or damaged: once more from the start */
		store_folder_free(folder);
	}
	return 0;
}

/* Not for items: their folders hold no messages that a client is to see. */
int store_open(struct store *store, store_fid_t fid,
	       struct store_folder **folder_r)
{
	struct store_node *node;

	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (node->info.class != STORE_CLASS_MAIL) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "Folder holds no messages");
	}
	return store_open_any(store, fid, folder_r);
}

int store_open_any(struct store *store, store_fid_t fid,
		   struct store_folder **folder_r)
{
	struct store_folder *folder = NULL;
	struct store_node *node;

	for (unsigned int try = 0; ; try++) {
		if (store_node_get(store, fid, &node) <= 0)
			return -1;
		if (store_open_warm(store, node, &folder) == 0 &&
		    store_open_node(store, node, &folder) < 0) {
			if (store->error != STORE_ERROR_NOTFOUND)
				return -1;
			/* listed and not there: its files are being made anew,
			   or the list is behind */
			if (try > 0)
				return store_fail(store, STORE_ERROR_BUSY,
						  "Folder is being rebuilt");
			store_tree_invalidate(store);
			continue;
		}
		if (guid_128_equals(folder->guid, node->info.guid))
			break;
		/* the list was behind the truth: read it again */
		if (folder->refcount == 0)
			store_folder_free(folder);
		if (try > 0)
			return store_fail(store, STORE_ERROR_NOTFOUND,
					  "Folder was replaced by another");
		store_tree_invalidate(store);
	}
	folder->refcount++;
	DLLIST_REMOVE(&store->folders, folder);
	DLLIST_PREPEND(&store->folders, folder);
	*folder_r = folder;
	return 0;
}

void store_close(struct store_folder **_folder)
{
	struct store_folder *folder = *_folder;
	struct store *store;

	if (folder == NULL)
		return;
	*_folder = NULL;
	store = folder->store;
	i_assert(folder->refcount > 0);
	if (--folder->refcount > 0)
		return;
	if (folder->broken)
		store_folder_free(folder);
	store_folders_trim(store);
}

store_fid_t store_fid(const struct store_folder *folder)
{
	return folder->fid;
}

int store_refresh(struct store_folder *folder)
{
	return store_folder_sync(folder);
}

void store_point_get(struct store_folder *folder, struct store_point *point_r)
{
	i_zero(point_r);
	point_r->idspace = folder->idspace;
	point_r->uidnext = folder->status.uidnext;
	point_r->modseq = folder->status.highest_modseq;
	point_r->pvt_modseq = folder->status.highest_pvt_modseq;
}

unsigned int store_message_count(struct store_folder *folder)
{
	return folder->status.messages;
}

static bool store_point_is(struct store *store, store_fid_t fid,
			   const struct mailbox_status *status,
			   const struct store_point *since)
{
	uint32_t idspace;

	return status->uidnext == since->uidnext &&
		status->highest_modseq == since->modseq &&
		store_idspace_get(store, fid, status->uidvalidity, 0,
				  &idspace) == 0 &&
		idspace == since->idspace;
}

/* What the list index knows of a mailbox that is not open. FALSE: nothing, or
   it is behind (Maildir's is for a second after each change). */
static bool store_listed_status(struct mailbox *box,
				struct mailbox_status *status_r)
{
	struct mail_index_view *view;
	struct mail_index *index;
	const char *reason;
	uint32_t seq;
	bool ret;

	if (!mailbox_list_index_get_index(box->list, &index) ||
	    mailbox_list_index_view_open(box, TRUE, &view, &seq) <= 0)
		return FALSE;
	i_zero(status_r);
	ret = mailbox_list_index_status(box->list, view, seq,
					STATUS_UIDNEXT | STATUS_UIDVALIDITY |
					STATUS_HIGHESTMODSEQ, status_r, NULL,
					NULL, &reason);
	mail_index_view_close(&view);
	return ret;
}

/* An open mailbox is asked itself: that is cheap, and right. */
static bool store_unchanged_open(struct store *store, store_fid_t fid,
				 const struct store_point *since)
{
	struct store_folder *folder;
	bool ret;

	if (store_open(store, fid, &folder) < 0)
		return FALSE;
	ret = store_point_is(store, fid, &folder->status, since) &&
		folder->status.highest_pvt_modseq == since->pvt_modseq;
	folder->fresh = TRUE;
	store_close(&folder);
	return ret;
}

static bool store_is_warm(struct store *store, store_fid_t fid)
{
	struct store_folder *folder;

	for (folder = store->folders; folder != NULL; folder = folder->next) {
		if (folder->fid == fid && !folder->broken)
			return TRUE;
	}
	return FALSE;
}

bool store_unchanged(struct store *store, store_fid_t fid,
		     const struct store_point *since)
{
	struct mailbox_status status;
	struct store_node *node;
	struct mailbox *box;
	bool listed;

	if (since->modseq == 0 || store_node_get(store, fid, &node) <= 0 ||
	    !node->info.selectable ||
	    node->info.class != STORE_CLASS_MAIL)
		return FALSE;
	/* the list index tells nothing of private flags */
	if (node->info.foreign || store_is_warm(store, fid))
		return store_unchanged_open(store, fid, since);
	box = store_node_box(store, node, MAILBOX_FLAG_READONLY);
	if (box == NULL)
		return FALSE;
	listed = store_listed_status(box, &status);
	mailbox_free(&box);
	return listed ? store_point_is(store, fid, &status, since) :
		store_unchanged_open(store, fid, since);
}
