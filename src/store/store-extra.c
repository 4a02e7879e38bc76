/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept beside a message: extras (with the mailbox's owner, whose plugin
   carries them along) and change numbers (with the user, whose clients count). */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-changes.h"
#include "store-fetch.h"
#include "store-private.h"

static bool store_list_is_home(struct store *store, struct mailbox_list *list)
{
	return list == mail_namespace_find_inbox(store->user->namespaces)->list;
}

int store_list_db(struct store *store, struct mailbox_list *list, bool create,
		  struct meta_db **db_r)
{
	struct meta_location loc;
	enum meta_error code;
	const char *error;
	int ret;

	*db_r = NULL;
	if (store_list_is_home(store, list)) {
		*db_r = store->db;
		return 1;
	}
	if (meta_location_from_list(list, &loc) < 0) {
		/* a namespace without a directory, of virtual mailboxes */
		if (!create)
			return 0;
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "This folder has no place for metadata");
	}
	ret = meta_db_open(&loc, create ? META_OPEN_CREATE : 0, db_r, &code,
			   &error);
	if (ret < 0) {
		e_error(store->event, "Metadata in %s: %s", loc.dir, error);
		return store_fail(store, store_error_of_meta(code), error);
	}
	return ret;
}

void store_list_db_close(struct store *store, struct meta_db **db)
{
	if (*db != store->db)
		meta_db_unref(db);
	*db = NULL;
}

int store_owner_db(struct store_folder *folder, bool create,
		   struct meta_db **db_r)
{
	return store_list_db(folder->store, folder->box->list, create, db_r);
}

static void store_owner_db_close(struct store_folder *folder,
				 struct meta_db **db)
{
	store_list_db_close(folder->store, db);
}

static void store_mail_ref(struct store_folder *folder, uint32_t uid,
			   struct meta_mail_ref *ref_r)
{
	i_zero(ref_r);
	guid_128_copy(ref_r->folder, folder->guid);
	ref_r->uidvalidity = folder->status.uidvalidity;
	ref_r->uid = uid;
}

int store_extra_get(struct store_folder *folder, uint32_t uid, const char *name,
		    pool_t pool, const char **value_r)
{
	struct meta_mail_ref ref;
	struct meta_extra extra;
	struct meta_db *db;
	int ret;

	ret = store_owner_db(folder, FALSE, &db);
	if (ret <= 0)
		return ret;
	store_mail_ref(folder, uid, &ref);
	ret = meta_extra_get(db, &ref, name, pool, &extra);
	if (ret < 0)
		(void)store_fail_meta(folder->store, db, "reading an extra");
	else if (ret > 0)
		*value_r = p_strndup(pool, extra.data, extra.size);
	store_owner_db_close(folder, &db);
	return ret;
}

/* --- extras of a pass ------------------------------------------------------- */

/* More than these are not kept in memory. */
#define STORE_EXTRAS_MAX 4096

/* One query for all messages of the pass; nearly always it finds none. */
static int store_fetch_extras_read(struct store_fetch *fetch)
{
	struct store_folder *folder = fetch->folder;
	struct meta_db *db;
	int ret;

	if (fetch->extras_pool == NULL)
		fetch->extras_pool = pool_alloconly_create("extras", 1024);
	p_array_init(&fetch->extras, fetch->extras_pool, 8);
	if ((ret = store_owner_db(folder, FALSE, &db)) < 0)
		return -1;
	fetch->extras_state = STORE_EXTRAS_READ;
	if (ret == 0)
		return 0;
	ret = meta_extra_range(db, folder->guid, folder->status.uidvalidity,
			       fetch->uid1, fetch->uid2, NULL,
			       STORE_EXTRAS_MAX, fetch->extras_pool,
			       &fetch->extras);
	if (ret < 0) {
		/* the next message tries again */
		fetch->extras_state = STORE_EXTRAS_UNREAD;
		(void)store_fail_meta(folder->store, db, "reading extras");
	} else if (array_count(&fetch->extras) == STORE_EXTRAS_MAX) {
		fetch->extras_state = STORE_EXTRAS_SINGLY;
	}
	store_owner_db_close(folder, &db);
	return ret;
}

static int store_extra_cmp(const struct meta_extra *key,
			   const struct meta_extra *extra)
{
	if (key->uid != extra->uid)
		return key->uid < extra->uid ? -1 : 1;
	return strcmp(key->name, extra->name);
}

void store_fetch_extras_free(struct store_fetch *fetch)
{
	pool_unref(&fetch->extras_pool);
}

int store_msg_extra(struct store_msg *msg, const char *name,
		    const char **value_r)
{
	struct store_fetch *fetch = msg->fetch;
	struct meta_extra key = { .uid = msg->mail->uid, .name = name };
	const struct meta_extra *extra;

	if (fetch->extras_state == STORE_EXTRAS_UNREAD &&
	    store_fetch_extras_read(fetch) < 0)
		return -1;
	if (fetch->extras_state == STORE_EXTRAS_SINGLY) {
		return store_extra_get(fetch->folder, key.uid, name, msg->pool,
				       value_r);
	}
	extra = array_bsearch(&fetch->extras, &key, store_extra_cmp);
	if (extra == NULL)
		return 0;
	*value_r = p_strndup(msg->pool, extra->data, extra->size);
	return 1;
}

static const char *store_mail_guid(struct store_folder *folder, uint32_t uid)
{
	struct mailbox_transaction_context *t;
	struct mail *mail;
	const char *guid = NULL;

	t = mailbox_transaction_begin(folder->box, 0, "Dovetail extra");
	mail = mail_alloc(t, MAIL_FETCH_GUID, NULL);
	if (mail_set_uid(mail, uid) &&
	    mail_get_special(mail, MAIL_FETCH_GUID, &guid) == 0)
		guid = t_strdup(guid);
	mail_free(&mail);
	(void)mailbox_transaction_commit(&t);
	return guid;
}

int store_extra_set(struct store_folder *folder, uint32_t uid, const char *name,
		    const char *value)
{
	struct meta_mail_ref ref;
	struct meta_txn *txn;
	struct meta_db *db;
	int ret;

	ret = store_owner_db(folder, value != NULL, &db);
	if (ret <= 0)
		return ret;
	store_mail_ref(folder, uid, &ref);
	txn = meta_txn_begin(db);
	if (value == NULL) {
		meta_extra_unset(txn, &ref, name);
	} else {
		/* the GUID finds it again after a crash in a copy */
		meta_extra_set(txn, &ref, name, value, strlen(value),
			       store_mail_guid(folder, uid));
	}
	ret = 0;
	if (meta_txn_commit(&txn) < 0)
		ret = store_fail_meta(folder->store, db, "writing an extra");
	store_owner_db_close(folder, &db);
	return ret;
}

/* --- change numbers ------------------------------------------------------- */

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
	bool known = from->uidvalidity == now->uidvalidity &&
		from->modseq != 0 && from->modseq <= now->modseq &&
		from->pvt_modseq <= now->pvt_modseq;

	t_array_init(&all, 1);
	seq_range_array_add_range(&all, 1, folder->status.uidnext - 1);
	if (known &&
	    store_changes(folder, &since, &all, 0, pool_datastack_create(),
			  &changes) < 0)
		return -1;
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
static int store_cn_update(struct store_folder *folder)
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
