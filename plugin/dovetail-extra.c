/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What hangs off a message or a mailbox in the metadata follows it: extras go
   along with copies and moves, and away with expunges and deleted folders.
   All of it is done only where a database exists. A failure here never fails
   the user's command: it is logged, and repair finds the rest. */

#include "lib.h"
#include "dovetail-plugin.h"

/* 1 open, 0 none */
static int dovetail_extra_open(struct mailbox *box, bool create,
			       struct meta_db **db_r)
{
	enum mail_error error;
	int ret;

	mail_storage_last_error_push(box->storage);
	ret = dovetail_meta_open(box, create, db_r);
	if (ret < 0) {
		e_warning(box->event, "dovetail: Metadata not updated: %s",
			  mailbox_get_last_error(box, &error));
	}
	mail_storage_last_error_pop(box->storage);
	return ret > 0 ? 1 : 0;
}

static void dovetail_extra_commit_txn(struct mailbox *box, struct meta_db *db,
				      struct meta_txn **txn)
{
	const char *text;

	if (dovetail_meta()->meta_txn_commit(txn) < 0) {
		(void)dovetail_meta()->meta_db_error(db, &text);
		e_error(box->event, "dovetail: Metadata not updated: %s", text);
	}
}

/*
 * Copies and moves
 */

static uint32_t dovetail_uidvalidity(struct mailbox *box)
{
	return mail_index_get_header(box->view)->uid_validity;
}

void dovetail_extra_note_copy(struct mailbox_transaction_context *t,
			      unsigned int idx, struct mail *mail)
{
	struct dovetail_transaction *dt;
	struct dovetail_save *save;
	struct mailbox *src_box;
	const struct meta_api *meta;
	struct meta_location loc, own;
	const guid_128_t *guid;
	struct mail *real;

	if (mail_get_backend_mail(mail, &real) < 0)
		return;
	src_box = real->box;
	/* an lmtp delivery's source is no mailbox of anyone */
	if (MODULE_CONTEXT(src_box, dovetail_storage_module) == NULL ||
	    !dovetail_meta_exists(src_box->list))
		return;
	if ((meta = dovetail_meta()) == NULL ||
	    meta->meta_location_from_list(src_box->list, &loc) < 0 ||
	    meta->meta_location_from_list(t->box->list, &own) < 0 ||
	    dovetail_mailbox_guid(src_box, &guid) < 0)
		return;

	dt = dovetail_transaction_get(t);
	save = array_append_space(&dt->saves);
	save->idx = idx;
	guid_128_copy(save->src.folder, *guid);
	save->src.uidvalidity = dovetail_uidvalidity(src_box);
	save->src.uid = real->uid;
	save->same_db = meta->meta_location_equals(&loc, &own);
	meta->meta_location_dup(dt->pool, &loc, &save->src_location);
}

static void dovetail_extra_copy(struct mailbox *box, struct meta_txn *txn,
				struct meta_db *db,
				const struct dovetail_save *save,
				const struct meta_mail_ref *dest)
{
	const struct meta_api *meta = dovetail_meta();
	struct meta_db *src_db = db;
	enum meta_error code;
	const char *text;

	if (!save->same_db &&
	    meta->meta_db_open(&save->src_location, 0, &src_db,
			       &code, &text) <= 0) {
		if (src_db == NULL && code != META_ERROR_NONE)
			e_warning(box->event, "dovetail: %s", text);
		return;
	}
	if (meta->meta_extra_copy(txn, src_db, &save->src, dest) < 0) {
		(void)meta->meta_db_error(src_db, &text);
		e_error(box->event, "dovetail: Extras of UID %u lost: %s",
			save->src.uid, text);
	}
	if (!save->same_db)
		meta->meta_db_unref(&src_db);
}

void dovetail_extra_commit(struct mailbox *box,
			   const struct dovetail_transaction *dt,
			   const struct mail_transaction_commit_changes *changes)
{
	const struct dovetail_save *save;
	struct meta_mail_ref dest;
	struct seq_range_iter iter;
	struct meta_txn *txn;
	struct meta_db *db;
	const guid_128_t *guid;

	/* without UIDs nothing can be attached (Maildir's list was locked) */
	if (array_count(&changes->saved_uids) == 0 ||
	    dovetail_mailbox_guid(box, &guid) < 0 ||
	    dovetail_extra_open(box, TRUE, &db) == 0)
		return;
	txn = dovetail_meta()->meta_txn_begin(db);
	guid_128_copy(dest.folder, *guid);
	dest.uidvalidity = changes->uid_validity;
	seq_range_array_iter_init(&iter, &changes->saved_uids);
	array_foreach(&dt->saves, save) {
		if (seq_range_array_iter_nth(&iter, save->idx, &dest.uid))
			dovetail_extra_copy(box, txn, db, save, &dest);
	}
	dovetail_extra_commit_txn(box, db, &txn);
	dovetail_meta()->meta_db_unref(&db);
}

/*
 * Expunges
 */

void dovetail_extra_note_expunge(struct mailbox *box, uint32_t uid)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);

	if (!array_is_created(&dbox->expunged)) {
		bool exists;

		T_BEGIN {
			exists = dovetail_meta_exists(box->list);
		} T_END;
		if (!exists)
			return;
		i_array_init(&dbox->expunged, 16);
	}
	seq_range_array_add(&dbox->expunged, uid);
}

void dovetail_extra_expunged(struct mailbox *box)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	const guid_128_t *guid;
	struct meta_txn *txn;
	struct meta_db *db;

	if (dovetail_mailbox_guid(box, &guid) == 0 &&
	    dovetail_extra_open(box, FALSE, &db) > 0) {
		txn = dovetail_meta()->meta_txn_begin(db);
		dovetail_meta()->meta_mail_expunged(txn, *guid,
			dovetail_uidvalidity(box), &dbox->expunged);
		dovetail_extra_commit_txn(box, db, &txn);
		dovetail_meta()->meta_db_unref(&db);
	}
	array_free(&dbox->expunged);
}

/*
 * Folders
 */

typedef void dovetail_folder_change_t(struct meta_txn *txn,
				      const struct meta_folder_key *key,
				      const void *context);

static void dovetail_folder_change(struct mailbox *box, const guid_128_t guid,
				   dovetail_folder_change_t *func,
				   const void *context)
{
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };
	struct meta_txn *txn;
	struct meta_db *db;

	T_BEGIN {
		if (dovetail_extra_open(box, FALSE, &db) > 0) {
			guid_128_copy(key.guid, guid);
			txn = dovetail_meta()->meta_txn_begin(db);
			func(txn, &key, context);
			dovetail_extra_commit_txn(box, db, &txn);
			dovetail_meta()->meta_db_unref(&db);
		}
	} T_END;
}

static void dovetail_folder_rekey(struct meta_txn *txn,
				  const struct meta_folder_key *key,
				  const void *context)
{
	dovetail_meta()->meta_folder_rekey(txn, key, context);
}

void dovetail_extra_rekey(struct mailbox *box, const guid_128_t old,
			  const guid_128_t guid)
{
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };

	e_info(box->event, "dovetail: GUID changed from %s to %s",
	       guid_128_to_string(old), guid_128_to_string(guid));
	guid_128_copy(key.guid, guid);
	dovetail_folder_change(box, old, dovetail_folder_rekey, &key);
}

static void dovetail_folder_forget(struct meta_txn *txn,
				   const struct meta_folder_key *key,
				   const void *context ATTR_UNUSED)
{
	dovetail_meta()->meta_folder_forget(txn, key);
}

void dovetail_extra_forget(struct mailbox *box, const guid_128_t guid)
{
	dovetail_folder_change(box, guid, dovetail_folder_forget, NULL);
}

static void dovetail_folder_path(struct meta_txn *txn,
				 const struct meta_folder_key *key,
				 const void *context)
{
	dovetail_meta()->meta_folder_set_path(txn, key, context);
}

/* The name is noted for repair as its owner sees it; a sharee sees another. */
const char *dovetail_extra_path(struct mailbox *box)
{
	struct mail_namespace *ns = mailbox_list_get_namespace(box->list);

	return ns->type == MAIL_NAMESPACE_TYPE_SHARED ? NULL : box->vname;
}

void dovetail_extra_set_path(struct mailbox *box, const guid_128_t guid)
{
	const char *path = dovetail_extra_path(box);

	if (path != NULL)
		dovetail_folder_change(box, guid, dovetail_folder_path, path);
}
