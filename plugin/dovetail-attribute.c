/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mailbox attributes below our prefix come from libdovetail-meta; all others
   are Dovecot's as before. doveadm, dsync and the storage API see ordinary
   attributes; IMAP refuses the vendor/vendor.dovecot/pvt/ part by itself. */

#include "lib.h"
#include "ioloop.h"
#include "../include/dovetail-plugin.h"
#include "dovetail-plugin.h"

struct dovetail_attribute_iter {
	struct mailbox_attribute_iter iter;
	struct mailbox_attribute_iter *super;
	struct meta_db *db;
	struct meta_iter *ours;
	/* what of the key the caller gave as prefix and does not want back */
	size_t skip;
	bool failed;
};

static bool dovetail_attribute_ours(enum mail_attribute_type type)
{
	return (type & MAIL_ATTRIBUTE_TYPE_MASK) == MAIL_ATTRIBUTE_TYPE_SHARED;
}

/* Deletions must travel with dsync also when the log has forgotten them. */
static bool dovetail_show_tombstones(struct mailbox *box)
{
	return box->storage->user->dsyncing && !box->deleting;
}

/* dsync acts for the administrator or the owner; acl lets it through too. */
static bool dovetail_attribute_allowed(struct mailbox *box,
				       enum dovetail_right right)
{
	return box->storage->user->dsyncing ||
		dovetail_acl_have_right(box, right);
}

/*
 * Reading
 */

/* 1 found, 0 not (last_change says when it was deleted), -1 error */
static int
dovetail_attribute_lookup(struct mailbox *box, const char *key,
			  struct mail_attribute_value *value_r)
{
	const struct meta_api *meta;
	struct meta_item item;
	struct meta_db *db;
	const guid_128_t *guid;
	int ret;

	if ((ret = dovetail_meta_open(box, FALSE, &db)) <= 0)
		return ret;
	meta = dovetail_meta();
	ret = dovetail_mailbox_guid(box, &guid);
	if (ret == 0) {
		ret = meta->meta_item_get(db, *guid, key,
					  pool_datastack_create(), &item);
		if (ret < 0)
			(void)dovetail_meta_failed(box, db);
	}
	meta->meta_db_unref(&db);
	if (ret < 0)
		return -1;
	value_r->last_change = item.last_change;
	value_r->value = item.value;
	if (item.deleted && dovetail_show_tombstones(box)) {
		value_r->value = DOVETAIL_TOMBSTONE;
		ret = 1;
	}
	return ret;
}

int dovetail_attribute_get(struct mailbox *box, enum mail_attribute_type type,
			   const char *key,
			   struct mail_attribute_value *value_r)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);

	if (!compat_str_begins(key, META_KEY_PREFIX)) {
		return dbox->module_ctx.super.attribute_get(box, type, key,
							    value_r);
	}
	if (!dovetail_attribute_ours(type))
		return 0;
	if (!dovetail_attribute_allowed(box, DOVETAIL_RIGHT_READ))
		return -1;
	return dovetail_attribute_lookup(box, key, value_r);
}

/*
 * Writing
 */

/* Extras and blobs belong to their item, an index line to its object: the key of
   that, or NULL. */
static const char *dovetail_attribute_item(const char *key)
{
	const size_t item_size = strlen(META_KEY_ITEM) + META_ITEM_NAME_SIZE;
	size_t len = strlen(key), suffix = strlen(META_ITEM_EXTRA);

	if (compat_str_begins(key, META_KEY_ITEM) && len > item_size &&
	    key[item_size] == '/')
		return t_strndup(key, item_size);
	if ((!compat_str_begins(key, META_KEY_ITEM) &&
	     !compat_str_begins(key, META_KEY_OBJECT) &&
	     !compat_str_begins(key, META_KEY_SPECIAL)) || len <= suffix ||
	    strcmp(key + len - suffix, META_ITEM_EXTRA) != 0)
		return NULL;
	return t_strndup(key, len - suffix);
}

/* Is what this transaction last did to this key to remove it? */
static bool dovetail_attribute_removing(struct mailbox_transaction_context *t,
					const char *key)
{
	struct dovetail_transaction *dt =
		(void *)DOVETAIL_TRANSACTION_CONTEXT(t);
	const struct dovetail_attribute_op *ops;
	unsigned int i;

	if (dt == NULL)
		return FALSE;
	ops = array_get(&dt->ops, &i);
	for (; i > 0; i--) {
		if (strcmp(ops[i - 1].key, key) == 0)
			return ops[i - 1].value == NULL;
	}
	return FALSE;
}

/* A new item needs the right to insert, an existing one the right to write,
   removing it the right to expunge; extras are part of their item. What a
   folder is and how it is shown may change who could also rename it; what belongs
   to the whole of another's mailbox, who may administer its INBOX. */
static int
dovetail_attribute_right(struct mailbox_transaction_context *t, const char *key,
			 bool unset, bool exists, enum dovetail_right *right_r)
{
	struct mail_attribute_value value;
	const char *item;
	int ret;

	if (compat_str_begins(key, META_KEY_FOLDER) ||
	    compat_str_begins(key, META_KEY_BLOB)) {
		*right_r = DOVETAIL_RIGHT_DELETE;
		return 0;
	}
	if (compat_str_begins(key, META_KEY_SPECIAL) &&
	    t->box->list->ns->type != MAIL_NAMESPACE_TYPE_PRIVATE) {
		*right_r = DOVETAIL_RIGHT_ADMIN;
		return 0;
	}
	if ((item = dovetail_attribute_item(key)) != NULL) {
		i_zero(&value);
		ret = dovetail_attribute_lookup(t->box, item, &value);
		if (ret < 0)
			return -1;
		unset = unset && (ret == 0 ||
				  dovetail_attribute_removing(t, item));
		exists = ret > 0;
	}
	*right_r = unset ? DOVETAIL_RIGHT_EXPUNGE :
		exists ? DOVETAIL_RIGHT_WRITE : DOVETAIL_RIGHT_INSERT;
	return 0;
}

/* Devices are the user's own: no sharee's business, whatever the rights. */
static bool dovetail_attribute_is_owners(struct mailbox *box, const char *key)
{
	return compat_str_begins(key, META_KEY_DEVICE) &&
		box->list->ns->type != MAIL_NAMESPACE_TYPE_PRIVATE;
}

/* last_change_r: when what is there was set or removed. */
static int dovetail_attribute_check(struct mailbox_transaction_context *t,
				    const char *key, bool unset,
				    time_t *last_change_r)
{
	struct mailbox *box = t->box;
	struct mail_attribute_value old;
	enum dovetail_right right;
	int ret;

	*last_change_r = 0;
	if (box->deleting || box->storage->user->dsyncing)
		return 0;
	if (dovetail_attribute_is_owners(box, key)) {
		mail_storage_set_error(box->storage, MAIL_ERROR_PERM,
				       MAIL_ERRSTR_NO_PERMISSION);
		return -1;
	}
	i_zero(&old);
	T_BEGIN {
		ret = dovetail_attribute_lookup(box, key, &old);
		if (ret >= 0) {
			*last_change_r = old.last_change;
			ret = dovetail_attribute_right(t, key, unset, ret > 0,
						       &right);
		}
	} T_END;
	if (ret < 0)
		return -1;
	return dovetail_acl_have_right(box, right) ? 0 : -1;
}

static void
dovetail_attribute_log(struct mail_index_transaction *itrans,
		       const struct dovetail_attribute_op *op)
{
	if (op->value != NULL) {
		mail_index_attribute_set(itrans, FALSE, op->key,
					 op->last_change, op->size);
	} else {
		mail_index_attribute_unset(itrans, FALSE, op->key,
					   op->last_change);
	}
}

static int
dovetail_attribute_buffer(struct mailbox_transaction_context *t,
			  const char *key, const char *value,
			  time_t last_change)
{
	struct dovetail_transaction *dt = dovetail_transaction_get(t);
	struct dovetail_attribute_op *op = array_append_space(&dt->ops);

	op->key = p_strdup(dt->pool, key);
	op->value = p_strdup(dt->pool, value);
	op->size = value == NULL ? 0 : strlen(value);
	op->last_change = last_change;
	/* dsync's are logged after its commit: see relog */
	if ((t->flags & MAILBOX_TRANSACTION_FLAG_SYNC) == 0)
		dovetail_attribute_log(t->itrans, op);
	return 0;
}

int dovetail_attribute_set(struct mailbox_transaction_context *t,
			   enum mail_attribute_type type, const char *key,
			   const struct mail_attribute_value *value)
{
	struct mailbox *box = t->box;
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	time_t last_change = value->last_change, before;
	const char *str;
	int ret;

	if (!compat_str_begins(key, META_KEY_PREFIX)) {
		return dbox->module_ctx.super.attribute_set(t, type, key,
							    value);
	}
	if (!dovetail_attribute_ours(type)) {
		mail_storage_set_error(box->storage, MAIL_ERROR_NOTPOSSIBLE,
				       "Only shared attributes are possible");
		return -1;
	}
	before = 0;
	T_BEGIN {
		ret = mailbox_attribute_value_to_string(box->storage, value,
							&str);
		if (ret >= 0 && str != NULL &&
		    box->storage->user->dsyncing &&
		    strcmp(str, DOVETAIL_TOMBSTONE) == 0)
			str = NULL;
		if (ret >= 0) {
			ret = dovetail_attribute_check(t, key, str == NULL,
						       &before);
		}
		/* dsync lets the later one win, in seconds: a change is later
		   than what it changes, also within a second or when another
		   replica's clock is ahead */
		if (last_change == 0)
			last_change = I_MAX(ioloop_time, before + 1);
		if (ret >= 0) {
			ret = dovetail_attribute_buffer(t, key, str,
							last_change);
		}
	} T_END;
	return ret;
}

void dovetail_attribute_watch(struct mailbox_transaction_context *t,
			      struct dovetail_item_watch *watch)
{
	struct dovetail_transaction *dt = dovetail_transaction_get(t);

	array_push_back(&dt->watches, &watch);
}

/* What is expected is asked before the transaction's own changes. */
static struct meta_entry_id *
dovetail_attribute_ops(struct dovetail_transaction *dt, struct meta_txn *txn,
		       const guid_128_t guid)
{
	const struct meta_api *meta = dovetail_meta();
	const struct dovetail_attribute_op *op;
	struct dovetail_item_watch *watch;
	struct meta_entry_id *ids =
		p_new(dt->pool, struct meta_entry_id,
		      array_count(&dt->watches) + 1), *id = ids;

	array_foreach_elem(&dt->watches, watch) {
		if (watch->expect) {
			meta->meta_entry_expect(txn, guid, watch->key,
						watch->expected_seq);
		}
	}
	array_foreach(&dt->ops, op) {
		if (op->value != NULL) {
			meta->meta_item_set(txn, guid, op->key, op->value,
					    op->last_change);
		} else {
			meta->meta_item_unset(txn, guid, op->key,
					      op->last_change);
		}
	}
	array_foreach_elem(&dt->watches, watch)
		meta->meta_entry_result(txn, guid, watch->key, id++);
	return ids;
}

static void dovetail_attribute_tell(struct dovetail_transaction *dt,
				    const struct meta_entry_id *id)
{
	struct dovetail_item_watch *watch;

	array_foreach_elem(&dt->watches, watch) {
		watch->num = id->num;
		watch->seq = id->seq;
		id++;
	}
}

/* The last value of folder/class that the transaction set. */
static void dovetail_attribute_mark(struct mailbox *box,
				    const struct dovetail_transaction *dt)
{
	const struct dovetail_attribute_op *op, *last = NULL;

	array_foreach(&dt->ops, op) {
		if (strcmp(op->key, META_KEY_FOLDER "class") == 0)
			last = op;
	}
	if (last != NULL) T_BEGIN {
		dovetail_marker_write(box, last->value);
	} T_END;
}

int dovetail_attribute_commit(struct mailbox_transaction_context *t,
			      struct dovetail_transaction *dt)
{
	struct mailbox *box = t->box;
	struct meta_entry_id *ids;
	const struct meta_api *meta;
	struct meta_folder_key fkey = { .kind = META_FOLDER_MAILBOX };
	struct meta_txn *txn;
	struct meta_db *db;
	const guid_128_t *guid;
	int ret;

	if (dovetail_meta_open(box, TRUE, &db) < 0)
		return -1;
	meta = dovetail_meta();
	if (dovetail_mailbox_guid(box, &guid) < 0) {
		meta->meta_db_unref(&db);
		return -1;
	}
	txn = meta->meta_txn_begin(db);
	ids = dovetail_attribute_ops(dt, txn, *guid);
	guid_128_copy(fkey.guid, *guid);
	if (dovetail_extra_path(box) != NULL) {
		meta->meta_folder_set_path(txn, &fkey,
					   dovetail_extra_path(box));
	}
	if ((ret = meta->meta_txn_commit(&txn)) < 0)
		(void)dovetail_meta_failed(box, db);
	else {
		dovetail_attribute_tell(dt, ids);
		dovetail_attribute_mark(box, dt);
	}
	meta->meta_db_unref(&db);
	return ret;
}

/* dsync ignores the records that dsync wrote: what one run brought would never
   travel on to a third replica. */
void dovetail_attribute_relog(struct mailbox *box,
			      const struct dovetail_transaction *dt)
{
	const struct dovetail_attribute_op *op;
	struct mail_index_transaction *itrans;

	itrans = mail_index_transaction_begin(box->view,
				MAIL_INDEX_TRANSACTION_FLAG_EXTERNAL);
	array_foreach(&dt->ops, op)
		dovetail_attribute_log(itrans, op);
	if (mail_index_transaction_commit(&itrans) < 0)
		mailbox_set_index_error(box);
}

/*
 * Listing
 */

static bool
dovetail_attribute_iter_open(struct dovetail_attribute_iter *iter,
			     const char *prefix, size_t skip)
{
	struct mailbox *box = iter->iter.box;
	const guid_128_t *guid;
	int ret;

	if ((ret = dovetail_meta_open(box, FALSE, &iter->db)) <= 0)
		return ret == 0;
	if (dovetail_mailbox_guid(box, &guid) < 0)
		return FALSE;
	iter->ours = dovetail_meta()->meta_item_iter_init(iter->db, *guid,
		prefix, dovetail_show_tombstones(box) ?
		META_ITER_TOMBSTONES : 0);
	iter->skip = skip;
	return TRUE;
}

/* A listing of everything just does not show ours to whom may not see it. A
   damaged database does not keep anyone from deleting the mailbox. */
static void
dovetail_attribute_iter_wide(struct dovetail_attribute_iter *iter,
			     const char *prefix)
{
	struct mailbox *box = iter->iter.box;
	enum mail_error error;

	mail_storage_last_error_push(box->storage);
	if (dovetail_attribute_allowed(box, DOVETAIL_RIGHT_READ) &&
	    !dovetail_attribute_iter_open(iter, META_KEY_PREFIX,
					  strlen(prefix))) {
		(void)mailbox_get_last_error(box, &error);
		if (error != MAIL_ERROR_PERM && !box->deleting)
			iter->failed = TRUE;
	}
	mail_storage_last_error_pop(box->storage);
}

struct mailbox_attribute_iter *
dovetail_attribute_iter_init(struct mailbox *box, enum mail_attribute_type type,
			     const char *prefix)
{
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(box);
	struct dovetail_attribute_iter *iter;

	iter = i_new(struct dovetail_attribute_iter, 1);
	iter->iter.box = box;
	if (compat_str_begins(prefix, META_KEY_PREFIX)) {
		if (dovetail_attribute_ours(type)) {
			iter->failed =
				!dovetail_attribute_allowed(box,
							    DOVETAIL_RIGHT_READ) ||
				!dovetail_attribute_iter_open(iter, prefix,
							      strlen(prefix));
		}
		return &iter->iter;
	}
	iter->super = dbox->module_ctx.super.attribute_iter_init(box, type,
								 prefix);
	if (dovetail_attribute_ours(type) && compat_str_begins(META_KEY_PREFIX, prefix))
		dovetail_attribute_iter_wide(iter, prefix);
	return &iter->iter;
}

const char *dovetail_attribute_iter_next(struct mailbox_attribute_iter *_iter)
{
	struct dovetail_attribute_iter *iter =
		container_of(_iter, struct dovetail_attribute_iter, iter);
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(_iter->box);
	struct meta_item item;
	const char *key;

	if (iter->super != NULL) {
		key = dbox->module_ctx.super.attribute_iter_next(iter->super);
		if (key != NULL)
			return key;
	}
	if (iter->ours != NULL &&
	    dovetail_meta()->meta_iter_next(iter->ours, &item))
		return item.key + iter->skip;
	return NULL;
}

int dovetail_attribute_iter_deinit(struct mailbox_attribute_iter *_iter)
{
	struct dovetail_attribute_iter *iter =
		container_of(_iter, struct dovetail_attribute_iter, iter);
	struct dovetail_mailbox *dbox = DOVETAIL_BOX_CONTEXT(_iter->box);
	int ret = iter->failed ? -1 : 0;

	if (iter->super != NULL &&
	    dbox->module_ctx.super.attribute_iter_deinit(iter->super) < 0)
		ret = -1;
	if (iter->ours != NULL &&
	    dovetail_meta()->meta_iter_deinit(&iter->ours) < 0)
		ret = dovetail_meta_failed(_iter->box, iter->db);
	if (iter->db != NULL)
		dovetail_meta()->meta_db_unref(&iter->db);
	i_free(iter);
	return ret;
}
