/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Change numbers of messages: with the user, whose clients count. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-changes.h"
#include "store-objects.h"

/* Change numbers are assigned when the log is read: those changed since the
   last reading get theirs now. */

#define STORE_CN_KIND "cn"

struct store_cn_state {
	uint32_t uidvalidity;
	uint32_t reserved;
	uint64_t modseq, pvt_modseq;
};

static int store_cn_read(struct store_folder *folder,
			 struct store_cn_state *state_r)
{
	struct store *store = folder->store;
	struct meta_state state;
	int ret;

	i_zero(state_r);
	ret = meta_state_get(store->db, "", STORE_CN_KIND,
			     t_strdup_printf("%x", folder->fid),
			     pool_datastack_create(), &state);
	if (ret < 0)
		return store_fail_meta(store, store->db, "change numbers");
	if (ret > 0 && state.size == sizeof(*state_r))
		memcpy(state_r, state.data, sizeof(*state_r));
	return ret;
}

/* 0: anything may have changed, as the log does not reach back so far */
static enum meta_change_what store_cn_what(enum store_changed_what what)
{
	enum meta_change_what cn = 0;

	if (what == 0 || (what & STORE_CHANGED_SEEN) != 0)
		cn |= META_CHANGE_READ;
	if ((what & ENUM_NEGATE(STORE_CHANGED_SEEN)) != 0 || what == 0)
		cn |= META_CHANGE_CONTENT;
	return cn;
}

/* 1, 0: another process was there first, -1 */
static int store_cn_assign(struct store_folder *folder,
			   const struct store_cn_state *from,
			   const struct store_cn_state *now)
{
	struct store *store = folder->store;
	struct store_point since = {
		.idspace = folder->idspace,
		.uidnext = folder->status.uidnext,
		.modseq = from->modseq,
		.pvt_modseq = from->pvt_modseq,
	};
	ARRAY_TYPE(seq_range) all;
	struct store_changes changes;
	const struct store_changed *rec;
	struct store_oid oid;
	struct meta_txn *txn;
	const char *text, *name = t_strdup_printf("%x", folder->fid);
	/* else all of them are as they arrived */
	bool known = folder->status.uidnext > 1 &&
		from->uidvalidity == now->uidvalidity &&
		from->modseq != 0 && from->modseq <= now->modseq &&
		from->pvt_modseq <= now->pvt_modseq;

	t_array_init(&all, 1);
	if (known) {
		seq_range_array_add_range(&all, 1,
					  folder->status.uidnext - 1);
		if (store_changes(folder, &since, &all, 0,
				  pool_datastack_create(), &changes) < 0)
			return -1;
	}
	txn = meta_txn_begin(store->db);
	if (known) array_foreach(&changes.changed, rec) {
		store_oid_of(folder, rec->uid, &oid);
		meta_change_bump(txn, META_OID_MAIL(oid.idspace, oid.uid),
				 folder->fid, store_cn_what(rec->what));
	}
	/* two workers at once: one of them counts */
	meta_state_expect(txn, "", STORE_CN_KIND, name,
			  from->uidvalidity == 0 ? NULL : from, sizeof(*from));
	meta_state_put(txn, "", STORE_CN_KIND, name, now, sizeof(*now), 0);
	if (meta_txn_commit(&txn) == 0)
		return 1;
	if (meta_db_error(store->db, &text) == META_ERROR_CONFLICT)
		return 0;
	return store_fail_meta(store, store->db, "change numbers");
}

static void store_cn_now(struct store_folder *folder,
			 struct store_cn_state *now_r)
{
	i_zero(now_r);
	now_r->uidvalidity = folder->status.uidvalidity;
	now_r->modseq = folder->status.highest_modseq;
	now_r->pvt_modseq = folder->status.highest_pvt_modseq;
}

/* Gives numbers to what changed since the last time. Another worker may have
   seen more than we have: then we look again, and only where the index was made
   anew are we ahead although we count less. */
int store_cn_update(struct store_folder *folder)
{
	struct store_cn_state state, now;
	bool refreshed = FALSE;
	int ret = 0;

	while (ret == 0) {
		store_cn_now(folder, &now);
		if (store_cn_read(folder, &state) < 0)
			return -1;
		if (memcmp(&state, &now, sizeof(now)) == 0)
			return 0;
		if (state.uidvalidity == now.uidvalidity && !refreshed &&
		    (state.modseq > now.modseq ||
		     state.pvt_modseq > now.pvt_modseq)) {
			if (store_refresh(folder) < 0)
				return -1;
			refreshed = TRUE;
			continue;
		}
		ret = store_cn_assign(folder, &state, &now);
	}
	return ret < 0 ? -1 : 0;
}

int store_change_number(struct store_folder *folder, uint32_t uid,
			uint64_t *cn_r, uint64_t *read_cn_r)
{
	struct store *store = folder->store;
	struct meta_change change;
	struct store_oid oid;
	int ret;

	if (store_cn_update(folder) < 0)
		return -1;
	store_oid_of(folder, uid, &oid);
	i_zero(&change);
	ret = meta_change_get(store->db, META_OID_MAIL(oid.idspace, oid.uid),
			      pool_datastack_create(), &change);
	if (ret < 0)
		return store_fail_meta(store, store->db, "change numbers");
	/* 0: as it arrived */
	*cn_r = change.cn;
	*read_cn_r = change.read_cn;
	return 0;
}
