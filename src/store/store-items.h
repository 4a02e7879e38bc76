/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_ITEMS_H
#define STORE_ITEMS_H

/* The item half of the store, among its files. */

#include "compat.h"
#include "dovetail-items.h"
#include "store-private.h"

/* Has the user this right? Asked without opening the mailbox. 0, -1 (PERM) */
int store_node_may(struct store *store, const struct store_node *node,
		   enum compat_acl_right right);

/* A folder of items and the database it is in. */
struct store_item_folder {
	struct store *store;
	const struct store_node *node;
	/* NULL: there is none yet, so there are no items */
	struct meta_db *db;
};
/* Is it one, and may the user read it? 0, -1 */
int store_item_folder_open(struct store *store, store_fid_t fid,
			   struct store_item_folder *folder_r);
void store_item_folder_close(struct store_item_folder *folder);
int store_item_folder_fail(struct store_item_folder *folder, const char *doing);

/* From the database's entry. */
void store_item_fill(const struct meta_entry *entry, pool_t pool,
		     struct store_item *item_r);
/* 1, 0, -1 */
int store_item_read(struct store_item_folder *folder, uint32_t num,
		    pool_t pool, struct store_item *item_r);
int store_item_read_uid(struct store_item_folder *folder, const char *uid,
			pool_t pool, struct store_item *item_r);

/* --- store-item-extract.c: what the index is made of ------------------------ */

/* Raised when the function below derives something else: indexes are then
   made anew. */
#define STORE_INDEX_VERSION 2
/* context: enum store_class of the folder, as a pointer */
void store_item_extract(void *context, const struct meta_entry *entry,
			pool_t pool, struct meta_index_row *row_r);
/* Words of a text as the index has them: case and accents folded
   (NULL-terminated, data stack). */
const char *const *store_item_words(const char *text);

/* Questions that wait for being asked or answered; NULL: none */
struct store_asks;
/* Begins to ask about one more. */
void store_asks_add(struct store *store, const char *user, time_t start,
		    time_t end);
void store_asks_deinit(struct store *store);
/* dovetail-freebusy is asked. 1, 0, -1 (store-freebusy-ask.c) */
int store_freebusy_ask(struct store *store, const char *user, time_t start,
		       time_t end, ARRAY_TYPE(store_busy_time) *times);

#endif
