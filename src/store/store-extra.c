/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept beside a message: extras, with the mailbox's owner, whose plugin
   carries them along. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-fetch.h"
#include "store-objects.h"
#include "store-write.h"

static bool store_list_is_home(struct store *store, struct mailbox_list *list)
{
	return list == mail_namespace_find_inbox(store->user->namespaces)->list;
}

static int store_list_db_open(struct store *store, struct mailbox_list *list,
			      bool create, bool closed_is_usual,
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
		if (code != META_ERROR_NOACCESS || !closed_is_usual)
			e_error(store->event, "Metadata in %s: %s", loc.dir,
				error);
		return store_fail(store, store_error_of_meta(code), error);
	}
	return ret;
}

int store_list_db(struct store *store, struct mailbox_list *list, bool create,
		  struct meta_db **db_r)
{
	return store_list_db_open(store, list, create, FALSE, db_r);
}

int store_list_db_if_open(struct store *store, struct mailbox_list *list,
			  struct meta_db **db_r)
{
	return store_list_db_open(store, list, FALSE, TRUE, db_r);
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

static int store_extra_read(struct store_folder *folder, uint32_t uid,
			    const char *name, pool_t pool,
			    struct meta_extra *extra_r)
{
	struct meta_mail_ref ref;
	struct meta_db *db;
	int ret;

	ret = store_owner_db(folder, FALSE, &db);
	if (ret <= 0)
		return ret;
	store_mail_ref(folder, uid, &ref);
	ret = meta_extra_get(db, &ref, name, pool, extra_r);
	if (ret < 0)
		(void)store_fail_meta(folder->store, db, "reading an extra");
	store_owner_db_close(folder, &db);
	return ret;
}

int store_extra_get(struct store_folder *folder, uint32_t uid, const char *name,
		    pool_t pool, const char **value_r)
{
	struct meta_extra extra;
	int ret = store_extra_read(folder, uid, name, pool, &extra);

	if (ret > 0)
		*value_r = p_strndup(pool, extra.data, extra.size);
	return ret;
}

int store_extra_blob_get(struct store_folder *folder, uint32_t uid,
			 const char *name, pool_t pool,
			 const unsigned char **data_r, size_t *size_r)
{
	struct meta_extra extra;
	int ret = store_extra_read(folder, uid, name, pool, &extra);

	if (ret > 0) {
		*data_r = extra.data;
		*size_r = extra.size;
	}
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

static int store_msg_extra_find(struct store_msg *msg, const char *name,
				struct meta_extra *extra_r)
{
	struct store_fetch *fetch = msg->fetch;
	struct meta_extra key = { .uid = msg->mail->uid, .name = name };
	const struct meta_extra *extra;

	if (fetch->extras_state == STORE_EXTRAS_UNREAD &&
	    store_fetch_extras_read(fetch) < 0)
		return -1;
	if (fetch->extras_state == STORE_EXTRAS_SINGLY) {
		return store_extra_read(fetch->folder, key.uid, name, msg->pool,
					extra_r);
	}
	extra = array_bsearch(&fetch->extras, &key, store_extra_cmp);
	if (extra == NULL)
		return 0;
	*extra_r = *extra;
	return 1;
}

int store_msg_extra(struct store_msg *msg, const char *name,
		    const char **value_r)
{
	struct meta_extra extra;
	int ret = store_msg_extra_find(msg, name, &extra);

	if (ret > 0)
		*value_r = p_strndup(msg->pool, extra.data, extra.size);
	return ret;
}

int store_msg_extra_blob(struct store_msg *msg, const char *name,
			 const unsigned char **data_r, size_t *size_r)
{
	struct meta_extra extra;
	int ret = store_msg_extra_find(msg, name, &extra);

	if (ret > 0) {
		*data_r = extra.data;
		*size_r = extra.size;
	}
	return ret;
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

static int store_extra_write(struct store_folder *folder, uint32_t uid,
			     const char *name, const void *data, size_t size)
{
	struct meta_mail_ref ref;
	struct meta_txn *txn;
	struct meta_db *db;
	int ret;

	ret = store_owner_db(folder, data != NULL, &db);
	if (ret <= 0)
		return ret;
	store_mail_ref(folder, uid, &ref);
	txn = meta_txn_begin(db);
	if (data == NULL) {
		meta_extra_unset(txn, &ref, name);
	} else {
		/* the GUID finds it again after a crash in a copy */
		meta_extra_set(txn, &ref, name, data, size,
			       store_mail_guid(folder, uid));
	}
	ret = 0;
	if (meta_txn_commit(&txn) < 0)
		ret = store_fail_meta(folder->store, db, "writing an extra");
	store_owner_db_close(folder, &db);
	return ret;
}

int store_extra_set(struct store_folder *folder, uint32_t uid, const char *name,
		    const char *value)
{
	return store_extra_write(folder, uid, name, value,
				 value == NULL ? 0 : strlen(value));
}

int store_extra_blob_set(struct store_folder *folder, uint32_t uid,
			 const char *name, const void *data, size_t size,
			 bool tell)
{
	struct store_flag_change change = { .touch = TRUE };
	ARRAY_TYPE(seq_range) uids;

	if (!tell)
		return store_extra_write(folder, uid, name, data, size);
	if (store_need_right(folder, COMPAT_ACL_WRITE) < 0 ||
	    store_extra_write(folder, uid, name, data, size) < 0)
		return -1;
	t_array_init(&uids, 1);
	seq_range_array_add(&uids, uid);
	return store_flags_change(folder, &uids, &change, NULL);
}
