/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

/* The store's third part (dovetail-objects.h), among its files. */

#include "dovetail-objects.h"
#include "store-items.h"

/* --- store-views.c ---------------------------------------------------------------- */

/* NULL: the user's own view */
const char *store_node_view(const struct store_node *node);
bool store_view_is_own(const char *view);
bool store_views_equal(const char *a, const char *b);
/* The tree, up to date for this view. 0, -1 */
int store_view_load(struct store *store, const char *view);
/* The INBOX of a view. 1; 0: it has none, or none that the user sees; -1 */
int store_view_inbox(struct store *store, const char *view,
		     struct store_node **node_r);
/* Number of a view in tables of ids: 0 is the own one. */
int store_view_scope(struct store *store, const char *view, uint32_t *scope_r);
/* The namespace below which the root's children are. NULL: NOTFOUND */
struct mail_namespace *store_view_ns(struct store *store, const char *view);
/* A list for each database of the view. */
ARRAY_DEFINE_TYPE(mailbox_list, struct mailbox_list *);
int store_view_lists(struct store *store, const char *view,
		     ARRAY_TYPE(mailbox_list) *lists_r);

/* --- store-spot.c: where a place's attributes are ---------------------------------- */

struct store_spot {
	struct store *store;
	/* NULL: it has none that the user sees */
	const struct store_node *node;
	/* Below META_KEY_PREFIX: "" or "special/<n>/" */
	const char *prefix;
	/* NULL: there is none yet, so there is nothing */
	struct meta_db *db;
};
/* 1; 0: there can be nothing there (who writes fails with the error that is set);
   -1. Rights are asked by those who read and write. To be closed in any case. */
int store_spot_open(struct store *store, const struct store_place *place,
		    struct store_spot *spot_r);
void store_spot_close(struct store_spot *spot);
int store_spot_fail(struct store_spot *spot, const char *doing);
/* Of a name that holds no messages */
const char *store_spot_path_prefix(const struct store_node *node);
/* May the user read objects here? 0, -1 */
int store_spot_may_read(struct store_spot *spot);
/* Whole key of something here (data stack). */
const char *store_spot_key(const struct store_spot *spot, const char *name);

/* One transaction of its attributes. */
struct store_spot_txn {
	struct store_spot spot;
	struct store_folder *mailbox;
	struct mailbox_transaction_context *t;
	pool_t pool;
	struct dovetail_item_watch *watch;
};
int store_spot_txn_begin(struct store *store, const struct store_place *place,
			 struct store_spot_txn *txn_r);
/* key: whole; value NULL removes it. */
int store_spot_txn_set(struct store_spot_txn *txn, const char *key,
		       const char *value);
int store_spot_txn_set_blob(struct store_spot_txn *txn, const char *key,
			    const void *data, size_t size);
/* What the object with this key is to be before (expected_seq 0: not there; expect
   FALSE: anything), and will be after. */
int store_spot_txn_watch(struct store_spot_txn *txn, const char *key,
			 bool expect, uint64_t expected_seq);
/* id_r (may be NULL): of what was watched. */
int store_spot_txn_end(struct store_spot_txn *txn, bool commit,
		       struct meta_entry_id *id_r);

/* base64 to bytes; damaged: FALSE */
bool store_blob_decode(const char *value, size_t value_size, pool_t pool,
		       const unsigned char **data_r, size_t *size_r);
bool store_blob_name_is_valid(const char *name);

/* --- store-blobs.c ------------------------------------------------------------------ */

/* The blobs of this list's folders: highest sequence of those of a folder (0: it
   has none). prefix as in store_spot. */
struct store_blobset;
int store_blobs_of_list(struct store *store, struct mailbox_list *list,
			struct store_blobset **set_r);
uint64_t store_blobs_seq(const struct store_blobset *set,
			 const guid_128_t guid, const char *prefix);
/* Special folders that have a blob. */
void store_blobs_specials(const struct store_blobset *set,
			  ARRAY_TYPE(seq_range) *specials);
/* Folders with mailboxes. 0, -1: not all of them */
int store_blobs_copy(struct store *store, store_fid_t src, store_fid_t dest);
void store_blobsets_free(struct store *store);

/* --- store-cn.c ---------------------------------------------------------------------- */

/* Gives numbers to what changed since the last time. */
int store_cn_update(struct store_folder *folder);

/* --- store-gids.c -------------------------------------------------------------------- */

/* Key of the object in tables of meta, and the folder it counts with there (0: of
   none). 0, -1 */
int store_object_key(struct store *store, const struct store_object *object,
		     uint64_t *key_r, uint32_t *fid_r);
/* Of mail in an open folder */
uint64_t store_mail_key(struct store_folder *folder, uint32_t uid);
void store_gids_free(struct store *store);

/* --- store-item-blob.c --------------------------------------------------------------- */

#define STORE_ITEM_BLOB "/blob/"
ARRAY_DEFINE_TYPE(meta_item, struct meta_item);
/* Of the item of this name; keys from STORE_ITEM_BLOB on. 0, -1 */
int store_item_blobs(struct store_item_folder *folder, const char *item,
		     pool_t pool, ARRAY_TYPE(meta_item) *blobs_r);

/* --- store-stats.c, store-acl.c, store-edit.c ------------------------------------------- */

void store_totals_free(struct store *store);
/* What the busy rights of a calendar (folder/busy-rights) say of a user. 1, 0: nothing */
int store_busy_right_of(const char *value, const char *user,
			enum store_busy_right *right_r);
/* Below the root of another's view */
int store_folder_create_top(struct store *store, const char *view,
			    const char *name, enum store_class class,
			    store_fid_t *fid_r);
int store_folder_rename_top(struct store *store, store_fid_t fid,
			    const char *view, const char *name);
/* 0, -1 */
int store_folder_may_delete(struct store *store, store_fid_t fid);
int store_folder_delete_below(struct store *store, store_fid_t fid);

/* --- store-versions.c ------------------------------------------------------------------ */

void store_versions_free(struct store *store);

#endif
