/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a device knows of the mailbox, forgotten: it begins anew. */

#include "lib.h"
#include "array.h"
#include "dovetail-plugin.h"
#include "doveadm-dovetail.h"

/* As src/store/store-state.c and src/eas/eas-sync-state.c name the rows */
#define STATE_KIND "state"
#define STATE_SYNC_PREFIX "sync/"

/* Numbers of the mailbox: as the user's own, or as somebody else's */
static unsigned int
forget_folder(struct meta_txn *txn, const char *key, const guid_128_t *guid,
	      const ARRAY_TYPE(meta_folder) *folders)
{
	const struct meta_folder *folder;
	unsigned int count = 0;

	array_foreach(folders, folder) {
		if (folder->dead || folder->key.kind == META_FOLDER_NAME ||
		    !guid_128_equals(folder->key.guid, *guid))
			continue;
		dovetail_meta()->meta_state_delete(txn, key, STATE_KIND,
			t_strdup_printf(STATE_SYNC_PREFIX"%u", folder->fid));
		count++;
	}
	return count;
}

static int forget_in(struct meta_db *db, struct meta_txn *txn, const char *key,
		     const guid_128_t *guid)
{
	ARRAY_TYPE(meta_folder) folders;

	if (guid == NULL) {
		dovetail_meta()->meta_sync_delete(txn, key, NULL);
		dovetail_meta()->meta_state_delete(txn, key, NULL, NULL);
		return 1;
	}
	t_array_init(&folders, 32);
	if (dovetail_meta()->meta_folder_list(db, pool_datastack_create(),
					      &folders) < 0)
		return -1;
	return forget_folder(txn, key, guid, &folders) > 0 ? 1 : 0;
}

int doveadm_dovetail_forget(struct mailbox *inbox, const char *key,
			    struct mailbox *folder)
{
	const struct meta_api *meta;
	struct meta_txn *txn;
	const guid_128_t *guid = NULL;
	struct meta_db *db;
	int ret, known;

	if (folder != NULL && dovetail_mailbox_guid(folder, &guid) < 0)
		return -1;
	if ((ret = dovetail_meta_open(inbox, FALSE, &db)) <= 0)
		return ret;
	meta = dovetail_meta();
	txn = meta->meta_txn_begin(db);
	known = forget_in(db, txn, key, guid);
	if ((ret = meta->meta_txn_commit(&txn)) < 0 || known < 0)
		(void)dovetail_meta_failed(inbox, db);
	meta->meta_db_unref(&db);
	return ret < 0 ? -1 : known;
}
