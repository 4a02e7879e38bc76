/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_FOLDER_STATE_H
#define EAS_FOLDER_STATE_H

#include "eas.h"
#include "eas-key.h"

/* What a device knows of the folder hierarchy: a snapshot for the key it was
   given last and one for the key before, in case that answer was lost. */

/* MS-ASCMD 2.2.3.186.3 Type */
enum eas_folder_type {
	EAS_FOLDER_GENERIC = 1,
	EAS_FOLDER_INBOX = 2,
	EAS_FOLDER_DRAFTS = 3,
	EAS_FOLDER_DELETED = 4,
	EAS_FOLDER_SENT = 5,
	EAS_FOLDER_OUTBOX = 6,
	EAS_FOLDER_TASKS = 7,
	EAS_FOLDER_CALENDAR = 8,
	EAS_FOLDER_CONTACTS = 9,
	EAS_FOLDER_NOTES = 10,
	EAS_FOLDER_JOURNAL = 11,
	EAS_FOLDER_USER_MAIL = 12,
	EAS_FOLDER_USER_CALENDAR = 13,
	EAS_FOLDER_USER_CONTACTS = 14,
	EAS_FOLDER_USER_TASKS = 15,
	EAS_FOLDER_USER_JOURNAL = 16,
	EAS_FOLDER_USER_NOTES = 17,
	EAS_FOLDER_UNKNOWN = 18,
	EAS_FOLDER_RECIPIENTS = 19,
};

struct eas_folder {
	store_fid_t fid, parent;
	unsigned int type;
	/* Of the display name */
	uint32_t name_hash;
	/* Only in a snapshot of the store: not saved */
	const char *name;
};
ARRAY_DEFINE_TYPE(eas_folder, struct eas_folder);

struct eas_folder_generation {
	struct eas_key key;
	ARRAY_TYPE(eas_folder) folders;
};

struct eas_folder_state {
	bool have_prev;
	struct eas_folder_generation cur, prev;
};

/* 0, -1: not readable (another format): begin anew */
int eas_folder_state_unpack(struct eas_folder_state *state, pool_t pool,
			    const void *data, size_t size);
void eas_folder_state_pack(const struct eas_folder_state *state,
			   buffer_t *dest);

struct eas_client;
/* What a client sees of the store's folders. */
void eas_folders_visible(const ARRAY_TYPE(store_folder_info) *infos,
			 const struct eas_client *client,
			 pool_t pool, ARRAY_TYPE(eas_folder) *folders_r);
/* eas-folder-containers.c: without names that hold no messages and only lead to
   others' folders; those get a parent that is shown and a name that tells where
   they belong. Others' folders of items stand at the root. */
void eas_folders_hide_containers(const ARRAY_TYPE(store_folder_info) *infos,
				 const char *username, pool_t pool,
				 ARRAY_TYPE(eas_folder) *folders);
const struct eas_folder *
eas_folder_lookup(const ARRAY_TYPE(eas_folder) *folders, store_fid_t fid);
bool eas_folder_equals(const struct eas_folder *a, const struct eas_folder *b);
uint32_t eas_folder_name_hash(const char *name);
bool eas_folders_equal(const ARRAY_TYPE(eas_folder) *a,
		       const ARRAY_TYPE(eas_folder) *b);

/* Whether the hierarchy the device knows is the store's: 1, 0 changed, or never
   synchronised; -1 store error. For Ping and Sync. */
int eas_folders_unchanged(struct eas_request *req);

#endif
