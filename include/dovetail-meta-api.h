/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_META_API_H
#define DOVETAIL_META_API_H

/* For the plugin only: the functions of libdovetail-meta by pointer, because
   the plugin opens the library when it first needs it (an imap process that
   never does is spared 73 KB of SQLite). Everyone else links the library. */

#include "dovetail-meta.h"

#define META_LIBRARY "libdovetail-meta.so"
#define META_API_SYMBOL "dovetail_meta_api"
/* Raised with every change of the list or of a signature in it. */
#define META_API_VERSION 4

#define META_API_FUNCTIONS(F) \
	F(meta_location_from_list) F(meta_location_equals) \
	F(meta_location_dup) F(meta_location_set) F(meta_db_copy) \
	F(meta_db_open) F(meta_db_unref) F(meta_db_close_unused) \
	F(meta_db_path) F(meta_db_error) F(meta_db_epoch) \
	F(meta_db_backup) F(meta_db_purge) \
	F(meta_txn_begin) F(meta_txn_commit) F(meta_txn_rollback) \
	F(meta_item_get) F(meta_item_set) F(meta_item_unset) \
	F(meta_item_iter_init) F(meta_iter_next) F(meta_iter_deinit) \
	F(meta_entry_expect) F(meta_entry_result) F(meta_props_list) \
	F(meta_folder_lookup) F(meta_folder_list) F(meta_folder_set_path) \
	F(meta_folder_rekey) F(meta_folder_forget) \
	F(meta_extra_copy) F(meta_extra_move) F(meta_extra_owners) \
	F(meta_mail_expunged) \
	F(meta_sync_list) F(meta_sync_delete) \
	F(meta_state_list) F(meta_state_delete)

struct meta_api {
	unsigned int version;
#define META_API_MEMBER(func) typeof(func) *func;
	META_API_FUNCTIONS(META_API_MEMBER)
#undef META_API_MEMBER
};

extern const struct meta_api dovetail_meta_api;

#endif
