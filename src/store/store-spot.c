/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the attributes of a place are: on its mailbox, or on its owner's INBOX if
   it has none. */

#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "hex-binary.h"
#include "sha2.h"
#include "str.h"
#include "mail-storage-private.h"
#include "mailbox-attribute.h"
#include "compat.h"
#include "dovetail-plugin.h"
#include "store-objects.h"

#define STORE_BLOB_NAME_MAX 64

/* --- finding ----------------------------------------------------------------------- */

/* A name that holds no messages is known by its path alone. */
const char *store_spot_path_prefix(const struct store_node *node)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(node->path, strlen(node->path), digest);
	return t_strdup_printf("special/p%s/", binary_to_hex(digest, 8));
}

static int store_spot_inbox(struct store *store, const char *view,
			    struct store_spot *spot)
{
	struct store_node *inbox;
	int ret;

	if (view != NULL && *view == '\0') {
		(void)store_fail(store, STORE_ERROR_UNSUPPORTED,
				 "Public folders have no place for this");
		return 0;
	}
	ret = store_view_inbox(store, view, &inbox);
	if (ret > 0)
		spot->node = inbox;
	return ret;
}

static int store_spot_find(struct store *store, const struct store_place *place,
			   struct store_spot *spot)
{
	struct store_node *node;

	if (place->fid == 0) {
		if (place->special > STORE_SPECIAL_MAX) {
			return store_fail(store, STORE_ERROR_INVALID,
					  "No such folder");
		}
		spot->prefix = t_strdup_printf("special/%x/", place->special);
		return store_spot_inbox(store, place->view, spot);
	}
	if (store_node_get(store, place->fid, &node) <= 0)
		return -1;
	if (node->info.selectable) {
		spot->node = node;
		spot->prefix = "";
		return 1;
	}
	spot->prefix = store_spot_path_prefix(node);
	return store_spot_inbox(store, store_node_view(node), spot);
}

int store_spot_open(struct store *store, const struct store_place *place,
		    struct store_spot *spot_r)
{
	struct mail_namespace *ns;
	int ret;

	i_zero(spot_r);
	spot_r->store = store;
	if ((ret = store_spot_find(store, place, spot_r)) <= 0)
		return ret;
	ns = store_node_ns(store, spot_r->node);
	if (ns == NULL) {
		return store_fail(store, STORE_ERROR_NOTFOUND,
				  "No such folder");
	}
	return store_list_db(store, ns->list, FALSE, &spot_r->db) < 0 ? -1 : 1;
}

void store_spot_close(struct store_spot *spot)
{
	if (spot->db != NULL)
		store_list_db_close(spot->store, &spot->db);
}

int store_spot_fail(struct store_spot *spot, const char *doing)
{
	return store_fail_meta(spot->store, spot->db,
			       t_strdup_printf("%s: %s",
					       spot->node->info.vname, doing));
}

int store_spot_may_read(struct store_spot *spot)
{
	return store_node_may(spot->store, spot->node, COMPAT_ACL_READ);
}

const char *store_spot_key(const struct store_spot *spot, const char *name)
{
	return t_strconcat(META_KEY_PREFIX, spot->prefix, name, NULL);
}

/* --- writing ------------------------------------------------------------------------ */

int store_spot_txn_begin(struct store *store, const struct store_place *place,
			 struct store_spot_txn *txn_r)
{
	int ret;

	i_zero(txn_r);
	ret = store_spot_open(store, place, &txn_r->spot);
	if (ret > 0) {
		ret = store_open_any(store, txn_r->spot.node->info.fid,
				     &txn_r->mailbox) < 0 ? -1 : 1;
	}
	if (ret <= 0) {
		store_spot_close(&txn_r->spot);
		return -1;
	}
	txn_r->pool = pool_alloconly_create("store objects", 512);
	txn_r->t = mailbox_transaction_begin(txn_r->mailbox->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL, "Dovetail objects");
	return 0;
}

int store_spot_txn_set(struct store_spot_txn *txn, const char *key,
		       const char *value)
{
	struct mail_attribute_value attr = { .value = value };

	if (mailbox_attribute_set(txn->t, MAIL_ATTRIBUTE_TYPE_SHARED, key,
				  &attr) < 0)
		return store_folder_fail(txn->mailbox, "writing an object");
	return 0;
}

int store_spot_txn_set_blob(struct store_spot_txn *txn, const char *key,
			    const void *data, size_t size)
{
	string_t *str;
	int ret;

	if (data == NULL)
		return store_spot_txn_set(txn, key, NULL);
	str = str_new(default_pool, MAX_BASE64_ENCODED_SIZE(size) + 1);
	base64_encode(data, size, str);
	ret = store_spot_txn_set(txn, key, str_c(str));
	str_free(&str);
	return ret;
}

int store_spot_txn_watch(struct store_spot_txn *txn, const char *key,
			 bool expect, uint64_t expected_seq)
{
	struct dovetail_item_watch *watch =
		p_new(txn->pool, struct dovetail_item_watch, 1);

	watch->key = p_strdup(txn->pool, key);
	watch->expect = expect;
	watch->expected_seq = expected_seq;
	if (!dovetail_plugin_watch_item(txn->t, watch)) {
		return store_fail(txn->spot.store, STORE_ERROR_TEMP,
				  "The dovetail plugin is not loaded");
	}
	txn->watch = watch;
	return 0;
}

int store_spot_txn_end(struct store_spot_txn *txn, bool commit,
		       struct meta_entry_id *id_r)
{
	int ret = commit ? 0 : -1;

	if (!commit)
		mailbox_transaction_rollback(&txn->t);
	else if (mailbox_transaction_commit(&txn->t) < 0)
		ret = store_folder_fail(txn->mailbox, "writing objects");
	if (id_r != NULL && txn->watch != NULL) {
		id_r->num = txn->watch->num;
		id_r->seq = txn->watch->seq;
	}
	pool_unref(&txn->pool);
	store_close(&txn->mailbox);
	store_spot_close(&txn->spot);
	return ret;
}

/* --- bytes and names ------------------------------------------------------------------ */

bool store_blob_decode(const char *value, size_t value_size, pool_t pool,
		       const unsigned char **data_r, size_t *size_r)
{
	buffer_t *buf = buffer_create_dynamic(pool,
		MAX_BASE64_DECODED_SIZE(value_size) + 1);

	if (compat_base64_decode(value, value_size, buf) < 0)
		return FALSE;
	/* never NULL */
	buffer_append_c(buf, '\0');
	*data_r = buf->data;
	*size_r = buf->used - 1;
	return TRUE;
}

bool store_blob_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= STORE_BLOB_NAME_MAX &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}
