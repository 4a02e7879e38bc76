/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages written anew, with a journal of what is under way. */

#include "lib.h"
#include "array.h"
#include "guid.h"
#include "hostpid.h"
#include "mail-storage-private.h"
#include "store-changes.h"
#include "store-private.h"
#include "store-rewrite.h"
#include "store-write.h"

#include <signal.h>

/* Which message a rewritten one stands for is needed until all clients came by */
#define STORE_REWRITE_KIND "rewrite"
#define STORE_REWRITE_KEEP_SECS (90 * 24 * 3600)
/* Under way: "<id space>.<old UID>" -> "<guid> <host> <pid>" */
#define STORE_REWRITING_KIND "rewriting"

static const char *store_rewrite_name(uint32_t idspace, uint32_t uid)
{
	return t_strdup_printf("%x.%x", idspace, uid);
}

int store_rewritten_from(struct store_folder *folder, uint32_t uid,
			 const ARRAY_TYPE(seq_range) *olds,
			 uint32_t *old_uid_r)
{
	struct store *store = folder->store;
	struct meta_state state;
	uint32_t old_uid;
	int ret;

	/* back through the rewrites to the one that the client has */
	for (;;) {
		ret = meta_state_get(store->db, "", STORE_REWRITE_KIND,
				     store_rewrite_name(folder->idspace, uid),
				     pool_datastack_create(), &state);
		if (ret < 0)
			return store_fail_meta(store, store->db,
					       "reading a rewrite");
		if (ret == 0 || state.size != sizeof(old_uid))
			return 0;
		memcpy(&old_uid, state.data, sizeof(old_uid));
		if (seq_range_exists(olds, old_uid)) {
			*old_uid_r = old_uid;
			return 1;
		}
		/* they only go down, or someone damaged the rows */
		if (old_uid >= uid)
			return 0;
		uid = old_uid;
	}
}

static void store_rewriting_drop(struct store_folder *folder,
				 struct meta_txn *txn, uint32_t old_uid)
{
	meta_state_delete(txn, "", STORE_REWRITING_KIND,
			  store_rewrite_name(folder->idspace, old_uid));
}

static int store_rewrite_commit(struct store_folder *folder,
				struct meta_txn **txn)
{
	struct store *store = folder->store;

	if (meta_txn_commit(txn) < 0)
		return store_fail_meta(store, store->db, "noting a rewrite");
	return 0;
}

int store_rewrite_begin(struct store_folder *folder, uint32_t old_uid,
			struct store_rewrite *rewrite_r)
{
	struct meta_txn *txn = meta_txn_begin(folder->store->db);
	guid_128_t guid;
	const char *value;

	guid_128_generate(guid);
	rewrite_r->old_uid = old_uid;
	rewrite_r->guid = guid_128_to_string(guid);
	value = t_strdup_printf("%s %s %s", rewrite_r->guid, my_hostname,
				my_pid);
	meta_state_put(txn, "", STORE_REWRITING_KIND,
		       store_rewrite_name(folder->idspace, old_uid), value,
		       strlen(value), 0);
	return store_rewrite_commit(folder, &txn);
}

void store_rewrite_cancel(struct store_folder *folder,
			  const struct store_rewrite *rewrite)
{
	struct store *store = folder->store;
	struct meta_txn *txn = meta_txn_begin(store->db);
	enum meta_error code;
	const char *text;

	/* the error that the caller sees is the saving's */
	store_rewriting_drop(folder, txn, rewrite->old_uid);
	if (meta_txn_commit(&txn) < 0) {
		code = meta_db_error(store->db, &text);
		e_debug(store->event, "Rewrite not cancelled (%d): %s", code,
			text);
	}
}

/* The object is the new message from now on. */
static int store_rewrite_note(struct store_folder *folder, uint32_t old_uid,
			      uint32_t new_uid)
{
	struct store *store = folder->store;
	struct meta_mail_id object, current;
	struct store_oid oid;
	struct meta_txn *txn;

	store_oid_of(folder, old_uid, &oid);
	object.idspace = oid.idspace;
	object.uid = oid.uid;
	current.uid = new_uid;
	if (store_idspace_get(store, folder->fid, folder->status.uidvalidity,
			      new_uid, &current.idspace) < 0)
		return -1;
	txn = meta_txn_begin(store->db);
	meta_alias_set(txn, &object, &current);
	meta_state_put(txn, "", STORE_REWRITE_KIND,
		       store_rewrite_name(folder->idspace, new_uid),
		       &old_uid, sizeof(old_uid),
		       time(NULL) + STORE_REWRITE_KEEP_SECS);
	meta_change_bump(txn, META_OID_MAIL(object.idspace, object.uid),
			 folder->fid, META_CHANGE_CONTENT);
	folder->aliases_read = FALSE;
	return store_rewrite_commit(folder, &txn);
}

/* The alias before the old one goes, which would take it along. */
int store_rewrite_finish(struct store_folder *folder,
			 const struct store_rewrite *rewrite,
			 uint32_t new_uid)
{
	struct meta_txn *txn;

	if (store_rewrite_note(folder, rewrite->old_uid, new_uid) < 0 ||
	    store_expunge_one(folder, rewrite->old_uid) < 0)
		return -1;
	txn = meta_txn_begin(folder->store->db);
	store_rewriting_drop(folder, txn, rewrite->old_uid);
	return store_rewrite_commit(folder, &txn);
}

/* --- repair --------------------------------------------------------------- */

/* The process that began it lives on this machine: it will finish. */
static bool store_rewriting_lives(const char *host, const char *pid_str)
{
	pid_t pid;

	return strcmp(host, my_hostname) == 0 &&
		str_to_pid(pid_str, &pid) == 0 && pid != getpid() &&
		(kill(pid, 0) == 0 || errno != ESRCH);
}

/* 0: it was never saved */
static uint32_t store_rewriting_find(struct store_folder *folder,
				     uint32_t old_uid, const char *guid)
{
	struct mailbox_transaction_context *t;
	struct mail *mail;
	const char *value;
	uint32_t seq, uid = 0;

	t = mailbox_transaction_begin(folder->box, 0, "Dovetail repair");
	mail = mail_alloc(t, MAIL_FETCH_GUID, NULL);
	for (seq = folder->status.messages; seq > 0 && uid == 0; seq--) {
		mail_set_seq(mail, seq);
		if (mail->uid <= old_uid)
			break;
		if (mail_get_special(mail, MAIL_FETCH_GUID, &value) == 0 &&
		    strcmp(value, guid) == 0)
			uid = mail->uid;
	}
	mail_free(&mail);
	(void)mailbox_transaction_commit(&t);
	return uid;
}

static bool store_has_uid(struct store_folder *folder, uint32_t uid)
{
	uint32_t seq1, seq2;

	mailbox_get_seq_range(folder->box, uid, uid, &seq1, &seq2);
	return seq1 != 0;
}

static int store_rewriting_repair(struct store_folder *folder,
				  uint32_t old_uid, const char *value)
{
	const char *const *words = t_strsplit(value, " ");
	struct store_rewrite rewrite = { .old_uid = old_uid };
	struct meta_txn *txn;
	uint32_t new_uid;

	if (str_array_length(words) != 3 ||
	    store_rewriting_lives(words[1], words[2]))
		return 0;
	new_uid = store_rewriting_find(folder, old_uid, words[0]);
	if (new_uid == 0 || !store_has_uid(folder, old_uid)) {
		txn = meta_txn_begin(folder->store->db);
		store_rewriting_drop(folder, txn, old_uid);
		return store_rewrite_commit(folder, &txn);
	}
	e_info(folder->store->event, "%s: UID %u was being replaced by %u: "
	       "done now", mailbox_get_vname(folder->box), old_uid, new_uid);
	rewrite.guid = words[0];
	return store_rewrite_finish(folder, &rewrite, new_uid) < 0 ? -1 : 1;
}

int store_rewrite_repair(struct store_folder *folder)
{
	struct store *store = folder->store;
	pool_t pool = pool_datastack_create();
	ARRAY_TYPE(const_string) names;
	struct meta_state state;
	const char *name, *prefix = t_strdup_printf("%x.", folder->idspace);
	uint32_t old_uid;
	int ret, done = 0;

	t_array_init(&names, 1);
	if (meta_state_names(store->db, "", STORE_REWRITING_KIND, prefix, pool,
			     &names) < 0)
		return store_fail_meta(store, store->db, "looking for rewrites");
	array_foreach_elem(&names, name) {
		if (str_to_uint32_hex(name + strlen(prefix), &old_uid) < 0 ||
		    meta_state_get(store->db, "", STORE_REWRITING_KIND, name,
				   pool, &state) <= 0)
			continue;
		ret = store_rewriting_repair(folder, old_uid,
				t_strndup(state.data, state.size));
		if (ret < 0)
			return -1;
		done |= ret;
	}
	return done;
}
