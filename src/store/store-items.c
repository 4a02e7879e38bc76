/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Items: reading straight from the owner's database, writing as attributes of
   the folder's mailbox. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "sha2.h"
#include "str.h"
#include "strescape.h"
#include "mail-storage-private.h"
#include "mailbox-attribute.h"
#include "compat.h"
#include "dovetail-plugin.h"
#include "store-objects.h"

/* So often a move begins anew because the item changed meanwhile */
#define STORE_ITEM_MOVE_TRIES 5

/* --- names and extras ------------------------------------------------------- */

const char *store_item_name(const char *uid)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(uid, strlen(uid), digest);
	return binary_to_hex(digest, META_ITEM_NAME_SIZE / 2);
}

const char *store_item_extra(const struct store_item *item, const char *key)
{
	const char *const *extra;

	for (extra = item->extras; *extra != NULL; extra += 2) {
		if (strcmp(extra[0], key) == 0)
			return extra[1];
	}
	return NULL;
}

/* A line an extra: key=value, tab-escaped. */
static const char *store_extras_write(const char *const *extras)
{
	string_t *str = t_str_new(256);

	for (; *extras != NULL; extras += 2) {
		str_append_tabescaped(str, extras[0]);
		str_append_c(str, '=');
		str_append_tabescaped(str, extras[1]);
		str_append_c(str, '\n');
	}
	return str_c(str);
}

static const char *const *store_extras_parse(pool_t pool, const char *text)
{
	ARRAY_TYPE(const_string) extras;
	const char *line, *end, *p, *part;

	p_array_init(&extras, pool, 16);
	for (line = text; line != NULL && *line != '\0'; line = end) {
		end = strchr(line, '\n');
		p = strchr(line, '=');
		if (end == NULL)
			end = line + strlen(line);
		if (p != NULL && p < end) {
			part = str_tabunescape(p_strdup_until(pool, line, p));
			array_push_back(&extras, &part);
			part = str_tabunescape(p_strdup_until(pool, p + 1, end));
			array_push_back(&extras, &part);
		}
		if (*end == '\n')
			end++;
	}
	array_append_zero(&extras);
	return array_front(&extras);
}

static bool store_extras_valid(const char *const *extras)
{
	for (; *extras != NULL; extras += 2) {
		if (**extras == '\0' || strchr(*extras, '=') != NULL ||
		    extras[1] == NULL)
			return FALSE;
	}
	return TRUE;
}

/* --- the folder --------------------------------------------------------------- */

int store_node_may(struct store *store, const struct store_node *node,
		   enum compat_acl_right right)
{
	struct mailbox *box = store_node_box(store, node,
					     MAILBOX_FLAG_READONLY);
	int ret;

	if (box == NULL)
		return -1;
	ret = compat_acl_right(box, right);
	if (ret < 0)
		(void)store_fail_box(store, box, "looking up rights");
	else if (ret == 0)
		ret = store_fail(store, STORE_ERROR_PERM, "Permission denied");
	mailbox_free(&box);
	return ret < 0 ? -1 : 0;
}

int store_item_folder_open(struct store *store, store_fid_t fid,
			   struct store_item_folder *folder_r)
{
	struct mail_namespace *ns;
	struct store_node *node;

	i_zero(folder_r);
	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (!node->info.selectable || node->info.class == STORE_CLASS_MAIL) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "This folder holds no such items");
	}
	if (store_node_may(store, node, COMPAT_ACL_READ) < 0)
		return -1;
	ns = store_node_ns(store, node);
	if (ns == NULL) {
		return store_fail(store, STORE_ERROR_NOTFOUND,
				  "No such folder");
	}
	folder_r->store = store;
	folder_r->node = node;
	return store_list_db(store, ns->list, FALSE, &folder_r->db) < 0 ?
		-1 : 0;
}

void store_item_folder_close(struct store_item_folder *folder)
{
	/* one that was not opened too */
	if (folder->store != NULL)
		store_list_db_close(folder->store, &folder->db);
}

int store_item_folder_fail(struct store_item_folder *folder, const char *doing)
{
	return store_fail_meta(folder->store, folder->db,
			       t_strdup_printf("%s: %s",
					       folder->node->info.vname,
					       doing));
}

/* --- reading -------------------------------------------------------------------- */

void store_item_fill(const struct meta_entry *entry, pool_t pool,
		     struct store_item *item_r)
{
	i_zero(item_r);
	item_r->num = entry->num;
	item_r->name = entry->name;
	item_r->text = entry->text;
	item_r->text_size = entry->text_size;
	item_r->extras = store_extras_parse(pool, entry->extra);
	item_r->seq = entry->seq;
	item_r->last_change = entry->last_change;
}

static int store_item_have(struct store_item_folder *folder, int ret,
			   const struct meta_entry *entry, pool_t pool,
			   struct store_item *item_r)
{
	if (ret < 0)
		return store_item_folder_fail(folder, "reading an item");
	if (ret > 0)
		store_item_fill(entry, pool, item_r);
	return ret;
}

int store_item_read(struct store_item_folder *folder, uint32_t num,
		    pool_t pool, struct store_item *item_r)
{
	struct meta_entry entry;

	if (folder->db == NULL)
		return 0;
	return store_item_have(folder,
		meta_entry_get(folder->db, folder->node->info.guid, num, pool,
			       &entry), &entry, pool, item_r);
}

int store_item_read_uid(struct store_item_folder *folder, const char *uid,
			pool_t pool, struct store_item *item_r)
{
	struct meta_entry entry;

	if (folder->db == NULL)
		return 0;
	return store_item_have(folder,
		meta_entry_find(folder->db, folder->node->info.guid,
				store_item_name(uid), pool, &entry), &entry,
		pool, item_r);
}

int store_item_get(struct store *store, store_fid_t fid, uint32_t num,
		   pool_t pool, struct store_item *item_r)
{
	struct store_item_folder folder;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_read(&folder, num, pool, item_r);
	store_item_folder_close(&folder);
	return ret;
}

int store_item_get_uid(struct store *store, store_fid_t fid, const char *uid,
		       pool_t pool, struct store_item *item_r)
{
	struct store_item_folder folder;
	int ret;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	ret = store_item_read_uid(&folder, uid, pool, item_r);
	store_item_folder_close(&folder);
	return ret;
}

int store_item_find_uid(struct store *store, enum store_class class,
			const char *uid, pool_t pool, store_fid_t *fid_r,
			struct store_item *item_r)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	int ret = 0;

	if (store_folders_own(store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (info->foreign || info->class != class || !info->selectable)
			continue;
		ret = store_item_get_uid(store, info->fid, uid, pool, item_r);
		*fid_r = info->fid;
		if (ret != 0)
			break;
	}
	return ret;
}

/* Numbers that may lie between those that are wanted, for one question */
#define STORE_ITEM_SPAN 128

struct store_item_iter {
	struct store_item_folder folder;
	ARRAY_TYPE(seq_range) nums;
	/* Of the range, and in it, from which end is as asked */
	unsigned int range, pos;
	bool newest_first, failed;
	/* read already, in the pool */
	ARRAY_TYPE(meta_entry) run;
	unsigned int run_pos;
	pool_t pool;
};

struct store_item_iter *
store_item_iter_init(struct store *store, store_fid_t fid,
		     const ARRAY_TYPE(seq_range) *nums, bool newest_first)
{
	struct store_item_iter *iter = i_new(struct store_item_iter, 1);

	iter->newest_first = newest_first;
	iter->pool = pool_alloconly_create("store item", 4096);
	i_array_init(&iter->nums, array_count(nums) + 1);
	i_array_init(&iter->run, 32);
	array_append_array(&iter->nums, nums);
	iter->failed = store_item_folder_open(store, fid, &iter->folder) < 0;
	return iter;
}

/* Range n, counted from the end that comes first */
static const struct seq_range *
store_item_iter_range(struct store_item_iter *iter, unsigned int n)
{
	unsigned int count = array_count(&iter->nums);

	return array_idx(&iter->nums, iter->newest_first ? count - 1 - n : n);
}

/* The next numbers to ask for: the rest of this range, and further ones as long
   as not much lies between. */
static void store_item_iter_span(struct store_item_iter *iter,
				 uint32_t *num1_r, uint32_t *num2_r)
{
	const struct seq_range *range = store_item_iter_range(iter, iter->range);
	unsigned int n = iter->range + 1, count = array_count(&iter->nums);

	*num1_r = range->seq1 + (iter->newest_first ? 0 : iter->pos);
	*num2_r = range->seq2 - (iter->newest_first ? iter->pos : 0);
	for (; n < count && *num2_r - *num1_r < STORE_ITEM_SPAN; n++) {
		range = store_item_iter_range(iter, n);
		if (iter->newest_first ? *num2_r - range->seq1 > STORE_ITEM_SPAN :
		    range->seq2 - *num1_r > STORE_ITEM_SPAN)
			break;
		if (iter->newest_first)
			*num1_r = range->seq1;
		else
			*num2_r = range->seq2;
	}
}

/* Everything up to this number is done. */
static void store_item_iter_skip(struct store_item_iter *iter, uint32_t last)
{
	const struct seq_range *range = NULL;

	for (; iter->range < array_count(&iter->nums); iter->range++) {
		range = store_item_iter_range(iter, iter->range);
		if (iter->newest_first ? last > range->seq1 :
		    last < range->seq2)
			break;
		iter->pos = 0;
	}
	if (range == NULL || iter->range == array_count(&iter->nums))
		return;
	/* in the midst of this one, or before it */
	if (last >= range->seq1 && last <= range->seq2) {
		iter->pos = iter->newest_first ? range->seq2 - last + 1 :
			last - range->seq1 + 1;
	}
}

/* 1, 0 there are no more, -1 */
static int store_item_iter_read(struct store_item_iter *iter)
{
	uint32_t num1, num2, last;

	iter->run_pos = 0;
	array_clear(&iter->run);
	while (array_count(&iter->run) == 0 && iter->folder.db != NULL &&
	       iter->range < array_count(&iter->nums)) {
		p_clear(iter->pool);
		store_item_iter_span(iter, &num1, &num2);
		if (meta_entry_run(iter->folder.db,
				   iter->folder.node->info.guid, num1, num2,
				   iter->newest_first, iter->pool, &iter->run,
				   &last) < 0)
			return store_item_folder_fail(&iter->folder,
						      "reading items");
		store_item_iter_skip(iter, last);
	}
	return array_count(&iter->run) > 0 ? 1 : 0;
}

bool store_item_iter_next(struct store_item_iter *iter,
			  struct store_item *item_r)
{
	const struct meta_entry *entry;
	int ret = 1;

	while (!iter->failed && ret > 0) {
		if (iter->run_pos == array_count(&iter->run)) {
			T_BEGIN {
				ret = store_item_iter_read(iter);
			} T_END;
			iter->failed = ret < 0;
			continue;
		}
		entry = array_idx(&iter->run, iter->run_pos++);
		/* one between those that are wanted */
		if (!seq_range_exists(&iter->nums, entry->num))
			continue;
		store_item_fill(entry, iter->pool, item_r);
		return TRUE;
	}
	return FALSE;
}

int store_item_iter_deinit(struct store_item_iter **_iter)
{
	struct store_item_iter *iter = *_iter;
	int ret = iter->failed ? -1 : 0;

	*_iter = NULL;
	store_item_folder_close(&iter->folder);
	array_free(&iter->run);
	array_free(&iter->nums);
	pool_unref(&iter->pool);
	i_free(iter);
	return ret;
}

/* --- writing ---------------------------------------------------------------------- */

/* One transaction of the mailbox's attributes. */
struct store_item_txn {
	struct store_item_folder folder;
	struct store_folder *mailbox;
	struct mailbox_transaction_context *t;
	/* watches live until the end */
	pool_t pool;
	/* What the last one that was watched has after the commit */
	struct dovetail_item_watch *last;
};

static int store_item_txn_begin(struct store *store, store_fid_t fid,
				struct store_item_txn *txn_r)
{
	i_zero(txn_r);
	if (store_item_folder_open(store, fid, &txn_r->folder) < 0)
		return -1;
	if (store_open_any(store, fid, &txn_r->mailbox) < 0) {
		store_item_folder_close(&txn_r->folder);
		return -1;
	}
	txn_r->pool = pool_alloconly_create("store items", 1024);
	txn_r->t = mailbox_transaction_begin(txn_r->mailbox->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL, "Dovetail items");
	return 0;
}

static int store_item_txn_set(struct store_item_txn *txn, const char *name,
			      const char *suffix, const char *text)
{
	struct mail_attribute_value value = { .value = text };
	const char *key = t_strconcat(META_KEY_ITEM, name, suffix, NULL);

	if (mailbox_attribute_set(txn->t, MAIL_ATTRIBUTE_TYPE_SHARED, key,
				  &value) < 0)
		return store_folder_fail(txn->mailbox, "writing an item");
	return 0;
}

static struct dovetail_item_watch *
store_item_txn_watch(struct store_item_txn *txn, const char *name)
{
	struct dovetail_item_watch *watch =
		p_new(txn->pool, struct dovetail_item_watch, 1);

	watch->key = p_strconcat(txn->pool, META_KEY_ITEM, name, NULL);
	if (!dovetail_plugin_watch_item(txn->t, watch)) {
		(void)store_fail(txn->folder.store, STORE_ERROR_TEMP,
				 "The dovetail plugin is not loaded");
		return NULL;
	}
	txn->last = watch;
	return watch;
}

/* id_r may be NULL */
static int store_item_txn_end(struct store_item_txn *txn, bool commit,
			      struct meta_entry_id *id_r)
{
	int ret = commit ? 0 : -1;

	if (!commit)
		mailbox_transaction_rollback(&txn->t);
	else if (mailbox_transaction_commit(&txn->t) < 0)
		ret = store_folder_fail(txn->mailbox, "writing items");
	if (id_r != NULL && txn->last != NULL) {
		id_r->num = txn->last->num;
		id_r->seq = txn->last->seq;
	}
	pool_unref(&txn->pool);
	store_close(&txn->mailbox);
	store_item_folder_close(&txn->folder);
	return ret;
}

static int store_item_write_check(struct store *store,
				  const struct store_item_write *write)
{
	if (write->uid == NULL || *write->uid == '\0' || write->text == NULL ||
	    (write->extras != NULL && !store_extras_valid(write->extras))) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "An item needs a UID and a text");
	}
	return 0;
}

/* What is written of the extras: NULL with write_r: they are removed. */
static bool store_item_extras_change(const struct store_item_write *write,
				     const struct meta_entry *old,
				     const char **text_r)
{
	*text_r = NULL;
	if (write->extras == NULL)
		return FALSE;
	if (write->extras[0] == NULL)
		return old->extra != NULL;
	*text_r = store_extras_write(write->extras);
	return old->extra == NULL || strcmp(old->extra, *text_r) != 0;
}

/* Blobs of the item, after its text. */
static int store_item_txn_drop_blobs(struct store_item_txn *txn,
				     const char *name)
{
	ARRAY_TYPE(meta_item) blobs;
	const struct meta_item *blob;

	if (store_item_blobs(&txn->folder, name, txn->pool, &blobs) < 0)
		return -1;
	array_foreach(&blobs, blob) {
		if (store_item_txn_set(txn, name, blob->key, NULL) < 0)
			return -1;
	}
	return 0;
}

/* Extras and blobs that somebody left behind belong to no new item of that UID. */
static int store_item_drop_orphan(struct store_item_txn *txn, const char *name)
{
	struct meta_item item;
	int ret;

	if (txn->folder.db == NULL)
		return 0;
	if (store_item_txn_drop_blobs(txn, name) < 0)
		return -1;
	ret = meta_item_get(txn->folder.db, txn->folder.node->info.guid,
		t_strconcat(META_KEY_ITEM, name, META_ITEM_EXTRA, NULL),
		pool_datastack_create(), &item);
	if (ret < 0)
		return store_item_folder_fail(&txn->folder, "reading extras");
	return ret == 0 ? 0 :
		store_item_txn_set(txn, name, META_ITEM_EXTRA, NULL);
}

/* The item as it is now; all zero: there is none. */
static int store_item_old(struct store_item_folder *folder, const char *name,
			  struct meta_entry *old_r)
{
	int ret;

	i_zero(old_r);
	if (folder->db == NULL)
		return 0;
	ret = meta_entry_find(folder->db, folder->node->info.guid, name,
			      pool_datastack_create(), old_r);
	if (ret < 0)
		return store_item_folder_fail(folder, "reading an item");
	if (ret == 0)
		i_zero(old_r);
	return 0;
}

static bool store_item_expects(const struct store_item_write *write)
{
	return write->only_new || write->expected_seq != 0;
}

/* The same already: nobody is to be woken. */
static int store_item_txn_same(struct store_item_txn *txn,
			       const struct store_item_write *write,
			       const struct meta_entry *old,
			       struct dovetail_item_watch *watch)
{
	if (write->only_new ||
	    (write->expected_seq != 0 && write->expected_seq != old->seq)) {
		return store_fail(txn->folder.store, STORE_ERROR_EXISTS,
				  "Changed by another meanwhile");
	}
	watch->expect = FALSE;
	watch->num = old->num;
	watch->seq = old->seq;
	return 0;
}

static int store_item_txn_put(struct store_item_txn *txn,
			      const struct store_item_write *write)
{
	const char *name = store_item_name(write->uid), *extras;
	struct dovetail_item_watch *watch;
	struct meta_entry old;
	bool extras_change, text_change;

	if (store_item_old(&txn->folder, name, &old) < 0 ||
	    (watch = store_item_txn_watch(txn, name)) == NULL)
		return -1;
	watch->expect = store_item_expects(write);
	watch->expected_seq = write->only_new ? 0 : write->expected_seq;
	extras_change = store_item_extras_change(write, &old, &extras);
	text_change = old.num == 0 || strcmp(old.text, write->text) != 0;
	if (!text_change && !extras_change)
		return store_item_txn_same(txn, write, &old, watch);
	if (text_change &&
	    store_item_txn_set(txn, name, "", write->text) < 0)
		return -1;
	if (extras_change)
		return store_item_txn_set(txn, name, META_ITEM_EXTRA, extras);
	return old.num != 0 ? 0 : store_item_drop_orphan(txn, name);
}

/* Which of them did another process come before? */
static unsigned int
store_item_find_conflict(struct store *store, store_fid_t fid,
			 const struct store_item_write *writes,
			 unsigned int count)
{
	struct store_item_folder folder;
	struct meta_entry old;
	unsigned int i;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return 0;
	for (i = 0; i < count; i++) {
		if (!store_item_expects(&writes[i]))
			continue;
		if (store_item_old(&folder, store_item_name(writes[i].uid),
				   &old) == 0 &&
		    old.seq != (writes[i].only_new ? 0 :
				writes[i].expected_seq))
			break;
	}
	store_item_folder_close(&folder);
	return i < count ? i : 0;
}

static int
store_item_write_all(struct store *store, store_fid_t fid,
		     const struct store_item_write *writes, unsigned int count,
		     unsigned int *failed_r, struct meta_entry_id *id_r)
{
	struct store_item_txn txn;
	unsigned int i;
	int ret;

	*failed_r = 0;
	for (i = 0; i < count; i++) {
		*failed_r = i;
		if (store_item_write_check(store, &writes[i]) < 0)
			return -1;
	}
	if (store_item_txn_begin(store, fid, &txn) < 0)
		return -1;
	for (i = 0, ret = 0; i < count && ret == 0; i++) T_BEGIN {
		*failed_r = i;
		ret = store_item_txn_put(&txn, &writes[i]);
	} T_END;
	i_zero(id_r);
	ret = store_item_txn_end(&txn, ret == 0, id_r);
	if (ret < 0 && i == count && store->error == STORE_ERROR_EXISTS) {
		*failed_r = store_item_find_conflict(store, fid, writes, count);
		(void)store_fail(store, STORE_ERROR_EXISTS,
				 "Changed by another meanwhile");
	}
	return ret;
}

int store_item_put(struct store *store, store_fid_t fid,
		   const struct store_item_write *write,
		   uint32_t *num_r, uint64_t *seq_r)
{
	struct meta_entry_id id;
	unsigned int failed;

	if (store_item_write_all(store, fid, write, 1, &failed, &id) < 0)
		return -1;
	if (num_r != NULL)
		*num_r = id.num;
	if (seq_r != NULL)
		*seq_r = id.seq;
	return 0;
}

int store_item_put_many(struct store *store, store_fid_t fid,
			const struct store_item_write *writes,
			unsigned int count, unsigned int *failed_r)
{
	struct meta_entry_id id;

	return count == 0 ? 0 :
		store_item_write_all(store, fid, writes, count, failed_r, &id);
}

/* --- removing ------------------------------------------------------------------------ */

/* expected_seq 0: whatever it is */
static int store_item_txn_delete(struct store_item_txn *txn, uint32_t num,
				 uint64_t expected_seq)
{
	struct store_item_folder *folder = &txn->folder;
	struct dovetail_item_watch *watch;
	struct meta_entry entry;
	int ret;

	if (folder->db == NULL)
		return 0;
	ret = meta_entry_get(folder->db, folder->node->info.guid, num,
			     pool_datastack_create(), &entry);
	if (ret < 0)
		return store_item_folder_fail(folder, "reading an item");
	if (ret == 0)
		return 0;
	if (expected_seq != 0) {
		if ((watch = store_item_txn_watch(txn, entry.name)) == NULL)
			return -1;
		watch->expect = TRUE;
		watch->expected_seq = expected_seq;
	}
	/* in this order: see the plugin's rights of extras */
	if (store_item_txn_set(txn, entry.name, "", NULL) < 0 ||
	    store_item_txn_drop_blobs(txn, entry.name) < 0)
		return -1;
	return entry.extra == NULL ? 0 :
		store_item_txn_set(txn, entry.name, META_ITEM_EXTRA, NULL);
}

int store_item_delete(struct store *store, store_fid_t fid,
		      const ARRAY_TYPE(seq_range) *nums)
{
	struct store_item_txn txn;
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num;
	int ret = 0;

	if (store_item_txn_begin(store, fid, &txn) < 0)
		return -1;
	seq_range_array_iter_init(&iter, nums);
	while (ret == 0 && seq_range_array_iter_nth(&iter, n++, &num)) T_BEGIN {
		ret = store_item_txn_delete(&txn, num, 0);
	} T_END;
	return store_item_txn_end(&txn, ret == 0, NULL);
}

static int store_item_delete_exactly(struct store *store, store_fid_t fid,
				     const struct store_item *item)
{
	struct store_item_txn txn;
	int ret;

	if (store_item_txn_begin(store, fid, &txn) < 0)
		return -1;
	ret = store_item_txn_delete(&txn, item->num, item->seq);
	return store_item_txn_end(&txn, ret == 0, NULL);
}

/* --- moving -------------------------------------------------------------------------- */

static int store_item_move_check(struct store *store, store_fid_t src,
				 store_fid_t dest)
{
	struct store_node *src_node, *dest_node;

	if (store_node_get(store, src, &src_node) <= 0 ||
	    store_node_get(store, dest, &dest_node) <= 0)
		return -1;
	if (src == dest || src_node->info.class != dest_node->info.class) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "Items go to another folder of their class");
	}
	return 0;
}

/* What the item has beside it, before its text: that is to be the last that is
   written. */
static int store_item_txn_put_blobs(struct store_item_txn *txn,
				    const char *name,
				    const ARRAY_TYPE(meta_item) *blobs)
{
	const struct meta_item *blob;

	if (store_item_txn_drop_blobs(txn, name) < 0)
		return -1;
	array_foreach(blobs, blob) {
		if (store_item_txn_set(txn, name, blob->key, blob->value) < 0)
			return -1;
	}
	return 0;
}

/* The name is that of the UID: no need to look into the text. */
static int store_item_move_put(struct store *store, store_fid_t dest,
			       const struct store_item *item,
			       const ARRAY_TYPE(meta_item) *blobs,
			       uint32_t *num_r)
{
	struct store_item_txn txn;
	struct meta_entry_id id;
	struct meta_entry old;
	bool extras = item->extras[0] != NULL;
	int ret;

	if (store_item_txn_begin(store, dest, &txn) < 0)
		return -1;
	ret = store_item_txn_watch(&txn, item->name) == NULL ? -1 :
		store_item_old(&txn.folder, item->name, &old);
	if (ret == 0)
		ret = store_item_txn_put_blobs(&txn, item->name, blobs);
	if (ret == 0)
		ret = store_item_txn_set(&txn, item->name, "", item->text);
	if (ret == 0 && (extras || old.extra != NULL)) {
		ret = store_item_txn_set(&txn, item->name, META_ITEM_EXTRA,
			extras ? store_extras_write(item->extras) : NULL);
	}
	ret = store_item_txn_end(&txn, ret == 0, &id);
	if (ret == 0)
		*num_r = id.num;
	return ret;
}

/* item_r lives on the data stack. */
static int store_item_copy_as(struct store *store, store_fid_t src,
			      uint32_t num, store_fid_t dest,
			      struct store_item *item_r, uint32_t *num_r)
{
	struct store_item_folder folder;
	ARRAY_TYPE(meta_item) blobs;
	pool_t pool = pool_datastack_create();
	int ret;

	if (store_item_folder_open(store, src, &folder) < 0)
		return -1;
	ret = store_item_read(&folder, num, pool, item_r);
	if (ret == 0)
		ret = store_fail(store, STORE_ERROR_NOTFOUND, "No such item");
	if (ret > 0)
		ret = store_item_blobs(&folder, item_r->name, pool, &blobs);
	store_item_folder_close(&folder);
	return ret < 0 ? -1 :
		store_item_move_put(store, dest, item_r, &blobs, num_r);
}

int store_item_copy(struct store *store, store_fid_t src, uint32_t num,
		    store_fid_t dest, uint32_t *num_r)
{
	struct store_item item;
	int ret;

	if (store_item_move_check(store, src, dest) < 0)
		return -1;
	T_BEGIN {
		ret = store_item_copy_as(store, src, num, dest, &item, num_r);
	} T_END;
	return ret;
}

int store_item_move(struct store *store, store_fid_t src, uint32_t num,
		    store_fid_t dest, uint32_t *num_r)
{
	struct store_node *node;
	struct store_item item;
	int ret = -1;

	/* before anything is written there */
	if (store_item_move_check(store, src, dest) < 0 ||
	    store_node_get(store, src, &node) <= 0 ||
	    store_node_may(store, node, COMPAT_ACL_EXPUNGE) < 0)
		return -1;
	for (unsigned int try = 0; try < STORE_ITEM_MOVE_TRIES; try++) T_BEGIN {
		ret = store_item_copy_as(store, src, num, dest, &item, num_r);
		if (ret == 0)
			ret = store_item_delete_exactly(store, src, &item);
		if (ret == 0 || store->error != STORE_ERROR_EXISTS)
			try = STORE_ITEM_MOVE_TRIES;
	} T_END;
	return ret < 0 ? -1 : 0;
}
