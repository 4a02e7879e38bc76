/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clients' state as rows of the metadata, and partnerships as attributes. */

#include "lib.h"
#include "ioloop.h"
#include "array.h"
#include "hex-binary.h"
#include "str.h"
#include "strescape.h"
#include "istream.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-attribute.h"
#include "store-private.h"

#define STORE_DEVICE_BOX_SECS 30

#define STORE_STATE_KIND "state"

/* --- rows ----------------------------------------------------------------- */

enum store_state_what {
	STORE_STATE_SET,
	STORE_STATE_UNSET,
	STORE_STATE_UNSET_PREFIX,
};

struct store_state_op {
	enum store_state_what what;
	const char *device, *name;
	const void *data;
	size_t size;
};

struct store_state_txn {
	struct store *store;
	pool_t pool;
	/* What is expected is asked of the rows as they are before the others */
	ARRAY(struct store_state_op) expects, ops;
};

int store_state_get(struct store *store, const char *device, const char *name,
		    pool_t pool, const unsigned char **data_r, size_t *size_r)
{
	struct meta_state state;
	int ret = meta_state_get(store->db, device, STORE_STATE_KIND, name,
				 pool, &state);

	if (ret < 0)
		return store_fail_meta(store, store->db, "reading state");
	if (ret > 0) {
		*data_r = state.data;
		*size_r = state.size;
	}
	return ret;
}

struct store_state_txn *store_state_begin(struct store *store)
{
	struct store_state_txn *txn;
	pool_t pool;

	pool = pool_alloconly_create(MEMPOOL_GROWING"store state", 1024);
	txn = p_new(pool, struct store_state_txn, 1);
	txn->store = store;
	txn->pool = pool;
	p_array_init(&txn->expects, pool, 4);
	p_array_init(&txn->ops, pool, 8);
	return txn;
}

static void store_state_fill(struct store_state_txn *txn,
			     struct store_state_op *op,
			     enum store_state_what what, const char *device,
			     const char *name, const void *data, size_t size)
{
	op->what = what;
	op->device = p_strdup(txn->pool, device);
	op->name = p_strdup(txn->pool, name);
	op->data = data == NULL ? NULL :
		size == 0 ? "" : p_memdup(txn->pool, data, size);
	op->size = size;
}

void store_state_set(struct store_state_txn *txn, const char *device,
		     const char *name, const void *data, size_t size)
{
	store_state_fill(txn, array_append_space(&txn->ops), STORE_STATE_SET,
			 device, name, data == NULL ? "" : data, size);
}

void store_state_unset(struct store_state_txn *txn, const char *device,
		       const char *name)
{
	store_state_fill(txn, array_append_space(&txn->ops), STORE_STATE_UNSET,
			 device, name, NULL, 0);
}

void store_state_unset_prefix(struct store_state_txn *txn, const char *device,
			      const char *prefix)
{
	store_state_fill(txn, array_append_space(&txn->ops),
			 STORE_STATE_UNSET_PREFIX, device, prefix, NULL, 0);
}

void store_state_expect(struct store_state_txn *txn, const char *device,
			const char *name, const void *data, size_t size)
{
	store_state_fill(txn, array_append_space(&txn->expects),
			 STORE_STATE_SET, device, name, data, size);
}

static void store_state_apply(struct meta_txn *mtxn,
			      const struct store_state_op *op)
{
	switch (op->what) {
	case STORE_STATE_SET:
		meta_state_put(mtxn, op->device, STORE_STATE_KIND, op->name,
			       op->data, op->size, 0);
		break;
	case STORE_STATE_UNSET:
		meta_state_delete(mtxn, op->device, STORE_STATE_KIND, op->name);
		break;
	case STORE_STATE_UNSET_PREFIX:
		meta_state_delete_prefix(mtxn, op->device, STORE_STATE_KIND,
					 op->name);
		break;
	}
}

int store_state_commit(struct store_state_txn **_txn)
{
	struct store_state_txn *txn = *_txn;
	struct store *store = txn->store;
	const struct store_state_op *op;
	struct meta_txn *mtxn;
	int ret = 0;

	*_txn = NULL;
	mtxn = meta_txn_begin(store->db);
	array_foreach(&txn->expects, op) {
		meta_state_expect(mtxn, op->device, STORE_STATE_KIND, op->name,
				  op->data, op->size);
	}
	array_foreach(&txn->ops, op)
		store_state_apply(mtxn, op);
	if (meta_txn_commit(&mtxn) < 0)
		ret = store_fail_meta(store, store->db, "writing state");
	pool_unref(&txn->pool);
	return ret;
}

void store_state_rollback(struct store_state_txn **_txn)
{
	struct store_state_txn *txn = *_txn;

	*_txn = NULL;
	pool_unref(&txn->pool);
}

int store_state_list(struct store *store, const char *device,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(const_string) *names_r)
{
	p_array_init(names_r, pool, 16);
	if (meta_state_names(store->db, device, STORE_STATE_KIND, prefix, pool,
			     names_r) < 0)
		return store_fail_meta(store, store->db, "listing state");
	return 0;
}

/* --- partnerships --------------------------------------------------------- */

/* A line a field: name TAB value, escaped. Keys are lower-case hex, for IMAP
   lower-cases attribute names and device ids may be bytes of any kind. */

static struct mailbox *store_inbox(struct store *store)
{
	struct mail_namespace *ns =
		mail_namespace_find_inbox(store->user->namespaces);

	return mailbox_alloc(ns->list, "INBOX", 0);
}

static const char *store_device_attribute(const char *key)
{
	return t_strconcat(META_KEY_DEVICE,
			   binary_to_hex((const void *)key, strlen(key)), NULL);
}

static void store_device_parse(const char *value, pool_t pool,
			       struct store_device *device_r)
{
	ARRAY_TYPE(const_string) fields;
	const char *const *lines, *const *parts, *part;

	p_array_init(&fields, pool, 32);
	for (lines = t_strsplit(value, "\n"); *lines != NULL; lines++) {
		parts = t_strsplit_tabescaped(*lines);
		if (parts[0] == NULL || parts[1] == NULL)
			continue;
		part = p_strdup(pool, parts[0]);
		array_push_back(&fields, &part);
		part = p_strdup(pool, parts[1]);
		array_push_back(&fields, &part);
	}
	array_append_zero(&fields);
	device_r->fields = array_front(&fields);
}

static int store_attribute_value(struct store *store, struct mailbox *box,
				 struct mail_attribute_value *value,
				 const char **str_r)
{
	const unsigned char *data;
	size_t size;
	string_t *str;
	int ret;

	if (value->value != NULL || value->value_stream == NULL) {
		*str_r = value->value;
		return 0;
	}
	str = t_str_new(512);
	while ((ret = i_stream_read_more(value->value_stream, &data,
					 &size)) > 0) {
		str_append_data(str, data, size);
		i_stream_skip(value->value_stream, size);
	}
	ret = value->value_stream->stream_errno == 0 ? 0 : -1;
	i_stream_unref(&value->value_stream);
	*str_r = str_c(str);
	return ret < 0 ? store_fail_box(store, box, "reading an attribute") : 0;
}

/* Every request reads its device: opening INBOX for that costs Maildir its
   whole uidlist, for the GUID.  Not kept for long, as a GUID may change. */
static struct mailbox *store_device_box(struct store *store)
{
	if (store->device_box != NULL &&
	    (store->device_box_opened > ioloop_time ||
	     store->device_box_opened + STORE_DEVICE_BOX_SECS <= ioloop_time ||
	     mailbox_is_inconsistent(store->device_box)))
		store_device_box_close(store);
	if (store->device_box == NULL) {
		store->device_box = store_inbox(store);
		store->device_box_opened = ioloop_time;
	}
	return store->device_box;
}

void store_device_box_close(struct store *store)
{
	if (store->device_box != NULL)
		mailbox_free(&store->device_box);
}

static int store_device_read(struct mailbox *box, const char *key,
			     struct mail_attribute_value *value_r)
{
	return mailbox_attribute_get_stream(box, MAIL_ATTRIBUTE_TYPE_SHARED,
					    store_device_attribute(key),
					    value_r);
}

int store_device_get(struct store *store, const char *key, pool_t pool,
		     struct store_device *device_r)
{
	struct mail_attribute_value value;
	struct mailbox *box = store_device_box(store);
	const char *str;
	int ret;

	i_zero(device_r);
	ret = store_device_read(box, key, &value);
	if (ret == 0 && !box->opened) {
		/* a new device, or the GUID is not INBOX's any more */
		if (mailbox_open(box) < 0)
			ret = -1;
		else
			ret = store_device_read(box, key, &value);
	}
	if (ret < 0) {
		(void)store_fail_box(store, box, "reading a device");
	} else if (ret > 0 &&
		   store_attribute_value(store, box, &value, &str) < 0) {
		ret = -1;
	} else if (ret > 0 && str != NULL) {
		device_r->key = p_strdup(pool, key);
		store_device_parse(str, pool, device_r);
	}
	if (ret < 0)
		store_device_box_close(store);
	return ret;
}

static int store_attribute_set(struct store *store, const char *key,
			       const char *str)
{
	struct mail_attribute_value value = { .value = str };
	struct mailbox *box = store_inbox(store);
	struct mailbox_transaction_context *t;
	int ret;

	if (mailbox_open(box) < 0) {
		ret = store_fail_box(store, box, "opening");
		mailbox_free(&box);
		return ret;
	}
	t = mailbox_transaction_begin(box, MAILBOX_TRANSACTION_FLAG_EXTERNAL,
				      "Dovetail device");
	ret = mailbox_attribute_set(t, MAIL_ATTRIBUTE_TYPE_SHARED, key, &value);
	if (ret < 0) {
		(void)store_fail_box(store, box, "writing a device");
		mailbox_transaction_rollback(&t);
	} else if (mailbox_transaction_commit(&t) < 0) {
		ret = store_fail_box(store, box, "writing a device");
	}
	/* what was written is read where it was written: the list index may
	   tell another GUID */
	store_device_box_close(store);
	store->device_box = box;
	store->device_box_opened = ioloop_time;
	return ret;
}

int store_device_set(struct store *store, const struct store_device *device)
{
	string_t *str = t_str_new(512);
	unsigned int i;

	/* no fields: the partnership ends */
	if (device->fields == NULL || device->fields[0] == NULL) {
		return store_attribute_set(store,
			store_device_attribute(device->key), NULL);
	}
	for (i = 0; device->fields[i] != NULL; i += 2) {
		str_append_tabescaped(str, device->fields[i]);
		str_append_c(str, '\t');
		str_append_tabescaped(str, device->fields[i + 1] == NULL ? "" :
				      device->fields[i + 1]);
		str_append_c(str, '\n');
	}
	return store_attribute_set(store, store_device_attribute(device->key),
				   str_c(str));
}

int store_device_list(struct store *store, pool_t pool,
		      ARRAY_TYPE(const_string) *keys_r)
{
	struct mailbox *box = store_inbox(store);
	struct mailbox_attribute_iter *iter;
	const char *name, *key;
	buffer_t *buf;
	int ret = 0;

	p_array_init(keys_r, pool, 8);
	iter = mailbox_attribute_iter_init(box, MAIL_ATTRIBUTE_TYPE_SHARED,
					   META_KEY_DEVICE);
	while ((name = mailbox_attribute_iter_next(iter)) != NULL) {
		buf = t_buffer_create(64);
		if (hex_to_binary(name, buf) == 0) {
			key = p_strndup(pool, buf->data, buf->used);
			array_push_back(keys_r, &key);
		}
	}
	if (mailbox_attribute_iter_deinit(&iter) < 0)
		ret = store_fail_box(store, box, "listing devices");
	mailbox_free(&box);
	return ret;
}
