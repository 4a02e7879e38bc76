/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Object ids: (id space, UID), and the few messages that were rewritten. */

#include "lib.h"
#include "array.h"
#include "store-private.h"

static const struct store_idspace *
store_idspace_find(struct store *store, store_fid_t fid, uint32_t uidvalidity,
		   uint8_t block)
{
	const struct store_idspace *known;

	array_foreach(&store->idspaces, known) {
		if (known->fid == fid && known->uidvalidity == uidvalidity &&
		    known->block == block)
			return known;
	}
	return NULL;
}

int store_idspace_get(struct store *store, store_fid_t fid,
		      uint32_t uidvalidity, uint32_t uid, uint32_t *idspace_r)
{
	const struct store_idspace *known;
	struct store_idspace *idspace;
	uint8_t block = uid >> 24;

	known = store_idspace_find(store, fid, uidvalidity, block);
	if (known != NULL) {
		*idspace_r = known->idspace;
		return 0;
	}
	if (meta_idspace_issue(store->db, fid, uidvalidity, block,
			       idspace_r) < 0)
		return store_fail_meta(store, store->db, "issuing an id space");
	idspace = array_append_space(&store->idspaces);
	idspace->fid = fid;
	idspace->uidvalidity = uidvalidity;
	idspace->block = block;
	idspace->idspace = *idspace_r;
	return 0;
}

int store_folder_aliases(struct store_folder *folder,
			 const ARRAY_TYPE(meta_alias) **aliases_r)
{
	if (!folder->aliases_read) {
		if (!array_is_created(&folder->aliases))
			i_array_init(&folder->aliases, 4);
		array_clear(&folder->aliases);
		if (meta_alias_range(folder->store->db, folder->idspace, 1,
				     (uint32_t)-1, &folder->aliases) < 0)
			return store_fail_meta(folder->store, folder->store->db,
					       "reading aliases");
		folder->aliases_read = TRUE;
	}
	*aliases_r = &folder->aliases;
	return 0;
}

void store_oid_of(struct store_folder *folder, uint32_t uid,
		  struct store_oid *oid_r)
{
	const ARRAY_TYPE(meta_alias) *aliases;
	const struct meta_alias *alias;

	oid_r->idspace = folder->idspace;
	oid_r->uid = uid;
	if (uid >> 24 != 0 &&
	    store_idspace_get(folder->store, folder->fid,
			      folder->status.uidvalidity, uid,
			      &oid_r->idspace) < 0)
		return;
	if (store_folder_aliases(folder, &aliases) < 0)
		return;
	array_foreach(aliases, alias) {
		if (alias->current.uid == uid &&
		    alias->current.idspace == oid_r->idspace) {
			oid_r->idspace = alias->object.idspace;
			oid_r->uid = alias->object.uid;
			return;
		}
	}
}

int store_oid_find(struct store *store, const struct store_oid *oid,
		   store_fid_t *fid_r, uint32_t *uid_r)
{
	struct meta_mail_id object = { oid->idspace, oid->uid }, current;
	struct store_folder *folder;
	uint32_t uidvalidity, seq1, seq2;
	uint8_t block;
	int ret;

	ret = meta_alias_current(store->db, &object, &current);
	if (ret == 0)
		current = object;
	if (ret >= 0) {
		ret = meta_idspace_get(store->db, current.idspace, fid_r,
				       &uidvalidity, &block);
	}
	if (ret < 0)
		return store_fail_meta(store, store->db, "finding an object");
	*uid_r = current.uid;
	if (ret == 0 || current.uid >> 24 != block)
		return 0;
	if (store_open(store, *fid_r, &folder) < 0)
		return store_last_error(store, NULL) == STORE_ERROR_NOTFOUND ?
			0 : -1;
	seq1 = 0;
	if (folder->status.uidvalidity == uidvalidity) {
		mailbox_get_seq_range(folder->box, current.uid, current.uid,
				      &seq1, &seq2);
	}
	store_close(&folder);
	return seq1 != 0 ? 1 : 0;
}
