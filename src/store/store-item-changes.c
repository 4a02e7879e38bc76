/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happened to a folder's items since a point. */

#include "lib.h"
#include "array.h"
#include "store-items.h"

static int store_item_point_read(struct store_item_folder *folder,
				 struct store_point *point_r)
{
	guid_128_t epoch;

	i_zero(point_r);
	point_r->idspace = folder->node->info.fid;
	if (folder->db == NULL)
		return 0;
	if (meta_db_epoch(folder->db, epoch) < 0 ||
	    meta_item_seq(folder->db, folder->node->info.guid,
			  &point_r->modseq) < 0)
		return store_item_folder_fail(folder, "reading its sequence");
	memcpy(&point_r->pvt_modseq, epoch, sizeof(point_r->pvt_modseq));
	return 0;
}

int store_item_point(struct store *store, store_fid_t fid,
		     struct store_point *point_r)
{
	struct store_item_folder folder;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_point_read(&folder, point_r);
	store_item_folder_close(&folder);
	return ret;
}

bool store_item_unchanged(struct store *store, store_fid_t fid,
			  const struct store_point *since)
{
	struct store_point now;

	return store_item_point(store, fid, &now) == 0 &&
		now.idspace == since->idspace && now.modseq == since->modseq &&
		now.pvt_modseq == since->pvt_modseq;
}

static void
store_item_changes_sort(const ARRAY_TYPE(meta_entry_change) *found,
			const ARRAY_TYPE(seq_range) *known,
			struct store_changes *changes_r)
{
	const struct meta_entry_change *change;
	struct store_changed *changed;
	bool is_known;

	array_foreach(found, change) {
		is_known = seq_range_exists(known, change->num);
		if (change->deleted) {
			if (is_known) {
				seq_range_array_add(&changes_r->expunged,
						    change->num);
			}
		} else if (!is_known) {
			seq_range_array_add(&changes_r->added, change->num);
		} else {
			changed = array_append_space(&changes_r->changed);
			changed->uid = change->num;
			changed->modseq = change->seq;
		}
	}
}

/* Can the changes since this point be told? */
static int store_item_point_good(struct store_item_folder *folder,
				 const struct store_point *since,
				 const struct store_point *now)
{
	uint64_t purged;

	if (now->idspace != since->idspace ||
	    now->pvt_modseq != since->pvt_modseq || now->modseq < since->modseq)
		return 0;
	if (meta_item_purged_seq(folder->db, &purged) < 0)
		return store_item_folder_fail(folder, "reading its sequence");
	return since->modseq < purged ? 0 : 1;
}

static int store_item_changes_read(struct store_item_folder *folder,
				   const struct store_point *since,
				   const ARRAY_TYPE(seq_range) *known,
				   struct store_changes *changes_r)
{
	ARRAY_TYPE(meta_entry_change) found;
	int ret;

	/* first the end, then what is before it */
	if (store_item_point_read(folder, &changes_r->now) < 0)
		return -1;
	if (folder->db == NULL) {
		return since->idspace == changes_r->now.idspace &&
			since->pvt_modseq == 0 ? 1 : 0;
	}
	ret = store_item_point_good(folder, since, &changes_r->now);
	if (ret <= 0 || since->modseq == changes_r->now.modseq)
		return ret;
	i_array_init(&found, 64);
	ret = meta_entry_changes(folder->db, folder->node->info.guid,
				 since->modseq, changes_r->now.modseq, &found);
	if (ret < 0)
		ret = store_item_folder_fail(folder, "reading changes");
	else
		store_item_changes_sort(&found, known, changes_r);
	array_free(&found);
	return ret < 0 ? -1 : 1;
}

int store_item_changes(struct store *store, store_fid_t fid,
		       const struct store_point *since,
		       const ARRAY_TYPE(seq_range) *known, pool_t pool,
		       struct store_changes *changes_r)
{
	struct store_item_folder folder;
	int ret;

	i_zero(changes_r);
	p_array_init(&changes_r->added, pool, 8);
	p_array_init(&changes_r->changed, pool, 8);
	p_array_init(&changes_r->expunged, pool, 8);
	p_array_init(&changes_r->rewritten, pool, 1);
	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_changes_read(&folder, since, known, changes_r);
	store_item_folder_close(&folder);
	return ret;
}

int store_item_nums(struct store *store, store_fid_t fid,
		    ARRAY_TYPE(seq_range) *nums_r)
{
	struct store_item_folder folder;
	int ret = 0;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	if (folder.db != NULL &&
	    meta_entry_nums(folder.db, folder.node->info.guid, nums_r) < 0)
		ret = store_item_folder_fail(&folder, "listing items");
	store_item_folder_close(&folder);
	return ret;
}
