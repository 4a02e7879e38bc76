/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Versions of objects: the number of the last change, and what a client said of
   it. Of messages the log tells what changed, of items the sequence; folders are
   compared with what they were when we last looked. */

#include "lib.h"
#include "array.h"
#include "sha2.h"
#include "mail-storage-private.h"
#include "store-objects.h"

/* What folders were: rows of struct store_folder_mark, by view */
#define STORE_MARKS_KIND "folders"
#define STORE_MARKS_TRIES 5

struct store_folder_mark {
	/* 0: special */
	uint32_t fid, special;
	uint64_t hash;
};
ARRAY_DEFINE_TYPE(store_folder_mark, struct store_folder_mark);

/* When they were last compared */
struct store_folder_marks {
	struct store_folder_marks *next;
	uint32_t scope;
	unsigned int serial;
	uint64_t stamp;
};

void store_versions_free(struct store *store)
{
	struct store_folder_marks *marks, *next;

	for (marks = store->folder_marks; marks != NULL; marks = next) {
		next = marks->next;
		i_free(marks);
	}
	store->folder_marks = NULL;
}

/* --- folders ------------------------------------------------------------------------ */

static uint64_t store_mark_hash(const struct store_folder_info *info,
				uint64_t blobs_seq)
{
	const char *text = t_strdup_printf("%u\t%s\t%s\t%d\t%d\t%s\t%"PRIu64,
		info->parent, info->name, info->display, info->class,
		info->selectable ? 1 : 0, guid_128_to_string(info->guid),
		blobs_seq);
	unsigned char digest[SHA256_RESULTLEN];
	uint64_t hash;

	sha256_get_digest(text, strlen(text), digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static int store_marks_of_folders(struct store *store, const char *view,
				  ARRAY_TYPE(store_folder_mark) *marks_r)
{
	ARRAY_TYPE(store_folder_info) folders;
	const struct store_folder_info *info;
	struct store_folder_mark *mark;
	struct store_blobset *set = NULL;
	struct mailbox_list *list = NULL;
	struct mail_namespace *ns;
	struct store_node *node;
	uint64_t seq;

	if (store_view_folders(store, view, pool_datastack_create(),
			       &folders) < 0)
		return -1;
	array_foreach(&folders, info) {
		if (store_node_get(store, info->fid, &node) <= 0)
			continue;
		ns = store_node_ns(store, node);
		if (ns != NULL && ns->list != list) {
			list = ns->list;
			/* one that cannot be read has none */
			if (store_blobs_of_list(store, list, &set) < 0)
				set = NULL;
		}
		seq = info->selectable ?
			store_blobs_seq(set, info->guid, "blob/") : 0;
		mark = array_append_space(marks_r);
		mark->fid = info->fid;
		mark->hash = store_mark_hash(info, seq);
	}
	return 0;
}

/* Those without a mailbox that have blobs, and the root. */
static int store_marks_of_specials(struct store *store, const char *view,
				   ARRAY_TYPE(store_folder_mark) *marks_r)
{
	ARRAY_TYPE(seq_range) specials;
	struct seq_range_iter iter;
	struct store_folder_mark *mark;
	struct store_blobset *set;
	struct mail_namespace *ns;
	struct store_node *inbox;
	uint32_t special;
	unsigned int n = 0;
	int ret = store_view_inbox(store, view, &inbox);

	if (ret <= 0)
		return ret;
	ns = store_node_ns(store, inbox);
	if (ns == NULL || store_blobs_of_list(store, ns->list, &set) < 0)
		set = NULL;
	t_array_init(&specials, 16);
	seq_range_array_add(&specials, 0);
	store_blobs_specials(set, &specials);
	seq_range_array_iter_init(&iter, &specials);
	while (seq_range_array_iter_nth(&iter, n++, &special)) T_BEGIN {
		const char *prefix = t_strdup_printf("special/%x/", special);

		mark = array_append_space(marks_r);
		mark->special = special;
		mark->hash = store_blobs_seq(set, inbox->info.guid, prefix);
	} T_END;
	return 0;
}

static uint64_t store_mark_key(uint32_t scope,
			       const struct store_folder_mark *mark)
{
	return mark->fid != 0 ? META_OID_FOLDER(mark->fid) :
		META_CHANGE_SPECIAL(scope, mark->special);
}

static int store_mark_cmp(const struct store_folder_mark *a,
			  const struct store_folder_mark *b)
{
	if (a->fid != b->fid)
		return a->fid < b->fid ? -1 : 1;
	return a->special < b->special ? -1 : a->special > b->special ? 1 : 0;
}

/* 1 done, 0 another process was faster, -1 */
static int store_marks_write(struct store *store, uint32_t scope,
			     const ARRAY_TYPE(store_folder_mark) *now)
{
	const char *text, *name = t_strdup_printf("%x", scope);
	ARRAY_TYPE(store_folder_mark) old;
	const struct store_folder_mark *mark, *before;
	struct meta_state row;
	struct meta_txn *txn;
	unsigned int changed = 0;
	int ret;

	i_zero(&row);
	ret = meta_state_get(store->db, "", STORE_MARKS_KIND, name,
			     pool_datastack_create(), &row);
	if (ret < 0)
		return store_fail_meta(store, store->db, "versions of folders");
	t_array_init(&old, 64);
	if (ret > 0) {
		array_append(&old, (const struct store_folder_mark *)row.data,
			     row.size / sizeof(*mark));
	}
	txn = meta_txn_begin(store->db);
	array_foreach(now, mark) {
		before = array_bsearch(&old, mark, store_mark_cmp);
		if (before != NULL && before->hash == mark->hash)
			continue;
		meta_change_bump(txn, store_mark_key(scope, mark), mark->fid,
				 META_CHANGE_CONTENT);
		changed++;
	}
	if (changed == 0 && array_count(&old) == array_count(now)) {
		meta_txn_rollback(&txn);
		return 1;
	}
	meta_state_expect(txn, "", STORE_MARKS_KIND, name,
			  ret > 0 ? row.data : NULL, row.size);
	meta_state_put(txn, "", STORE_MARKS_KIND, name, array_front(now),
		       array_count(now) * sizeof(*mark), 0);
	if (meta_txn_commit(&txn) == 0)
		return 1;
	return meta_db_error(store->db, &text) == META_ERROR_CONFLICT ? 0 :
		store_fail_meta(store, store->db, "versions of folders");
}

static struct store_folder_marks *
store_marks_find(struct store *store, uint32_t scope)
{
	struct store_folder_marks *marks;

	for (marks = store->folder_marks; marks != NULL; marks = marks->next) {
		if (marks->scope == scope)
			return marks;
	}
	marks = i_new(struct store_folder_marks, 1);
	marks->scope = scope;
	marks->next = store->folder_marks;
	store->folder_marks = marks;
	return marks;
}

/* Gives numbers to folders that changed since the last look. */
static int store_marks_update(struct store *store, const char *view,
			      uint32_t *scope_r)
{
	struct store_folder_marks *marks;
	ARRAY_TYPE(store_folder_mark) now;
	unsigned int tries = 0;
	uint64_t stamp;
	int ret;

	if (store_view_scope(store, view, scope_r) < 0 ||
	    store_view_load(store, view) < 0 ||
	    store_blob_stamp(store, view, &stamp) < 0)
		return -1;
	marks = store_marks_find(store, *scope_r);
	if (marks->serial == store->tree->serial && marks->stamp == stamp)
		return 0;
	do {
		t_array_init(&now, 64);
		if (store_marks_of_folders(store, view, &now) < 0 ||
		    store_marks_of_specials(store, view, &now) < 0)
			return -1;
		array_sort(&now, store_mark_cmp);
		ret = store_marks_write(store, *scope_r, &now);
	} while (ret == 0 && ++tries < STORE_MARKS_TRIES);
	if (ret == 0)
		return store_fail(store, STORE_ERROR_BUSY, "Try again");
	if (ret < 0)
		return -1;
	marks->serial = store->tree->serial;
	marks->stamp = stamp;
	return 0;
}

/* --- rows to versions ----------------------------------------------------------------- */

/* implicit: number of one that never changed */
static void store_version_fill(const struct meta_change *change,
			       uint64_t implicit, uint64_t base,
			       struct store_version *version_r)
{
	i_zero(version_r);
	version_r->cn = change->cn == 0 ? implicit : base + change->cn;
	if (change->read_cn != 0)
		version_r->read_cn = STORE_CN_CHANGED + change->read_cn;
	version_r->change_key = change->change_key;
	version_r->change_key_size = change->change_key_size;
	version_r->pcl = change->pcl;
	version_r->pcl_size = change->pcl_size;
}

/* Of items the sequence is the number; what a client said of another one is past. */
static void store_version_of_seq(const struct meta_change *change, uint64_t seq,
				 struct store_version *version_r)
{
	store_version_fill(change, 0, STORE_CN_SEQ, version_r);
	version_r->cn = STORE_CN_SEQ + seq;
	if (change->cn != seq) {
		version_r->change_key = NULL;
		version_r->change_key_size = 0;
	}
}

static int store_change_row(struct store *store, uint64_t key, pool_t pool,
			    struct meta_change *change_r)
{
	int ret;

	i_zero(change_r);
	ret = meta_change_get(store->db, key, pool, change_r);
	return ret < 0 ? store_fail_meta(store, store->db, "versions") : 0;
}

/* --- one object -------------------------------------------------------------------------- */

/* The sequence it has now. 0, -1 (NOTFOUND) */
static int store_object_seq(struct store *store,
			    const struct store_object *object, uint64_t *seq_r)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"version", 1024);
	struct store_opaque opaque;
	struct store_item item;
	int ret;

	if (object->kind == STORE_OBJECT_ITEM) {
		ret = store_item_get(store, object->place.fid, object->num,
				     pool, &item);
		*seq_r = ret > 0 ? item.seq : 0;
	} else {
		ret = store_opaque_get(store, &object->place, object->num,
				       pool, &opaque);
		*seq_r = ret > 0 ? opaque.seq : 0;
	}
	pool_unref(&pool);
	if (ret == 0)
		return store_fail(store, STORE_ERROR_NOTFOUND, "No such object");
	return ret < 0 ? -1 : 0;
}

static const char *
store_place_view(struct store *store, const struct store_place *place)
{
	struct store_node *node;

	if (place->fid == 0)
		return place->view;
	return store_node_get(store, place->fid, &node) > 0 ?
		store_node_view(node) : NULL;
}

/* Everything that others did to it has its number. */
static int store_version_update(struct store *store,
				const struct store_object *object)
{
	struct store_folder *folder;
	uint32_t scope;
	int ret;

	if (object->kind == STORE_OBJECT_FOLDER) {
		return store_marks_update(store,
			store_place_view(store, &object->place), &scope);
	}
	if (object->kind != STORE_OBJECT_MAIL)
		return 0;
	if (store_open(store, object->place.fid, &folder) < 0)
		return -1;
	ret = store_cn_update(folder);
	store_close(&folder);
	return ret;
}

int store_version_get(struct store *store, const struct store_object *object,
		      pool_t pool, struct store_version *version_r)
{
	struct meta_change change;
	uint64_t key, seq;
	uint32_t fid;

	i_zero(version_r);
	if (store_version_update(store, object) < 0 ||
	    store_object_key(store, object, &key, &fid) < 0 ||
	    store_change_row(store, key, pool, &change) < 0)
		return -1;
	if (object->kind == STORE_OBJECT_MAIL ||
	    object->kind == STORE_OBJECT_FOLDER) {
		store_version_fill(&change, key, STORE_CN_CHANGED, version_r);
		return 0;
	}
	if (store_object_seq(store, object, &seq) < 0)
		return -1;
	store_version_of_seq(&change, seq, version_r);
	return 0;
}

int store_version_of_mail(struct store_folder *folder, uint32_t uid,
			  pool_t pool, struct store_version *version_r)
{
	uint64_t key = store_mail_key(folder, uid);
	struct meta_change change;

	if (store_cn_update(folder) < 0 ||
	    store_change_row(folder->store, key, pool, &change) < 0)
		return -1;
	store_version_fill(&change, key, STORE_CN_CHANGED, version_r);
	return 0;
}

int store_version_set(struct store *store, const struct store_object *object,
		      const void *change_key, size_t change_key_size,
		      const void *pcl, size_t pcl_size, uint64_t *cn_r)
{
	struct meta_change change = {
		.change_key = change_key, .change_key_size = change_key_size,
		.pcl = pcl, .pcl_size = pcl_size,
	};
	struct store_version version;
	struct meta_txn *txn;
	bool by_seq = object->kind == STORE_OBJECT_ITEM ||
		object->kind == STORE_OBJECT_OPAQUE;

	if (store_version_get(store, object, pool_datastack_create(),
			      &version) < 0 ||
	    store_object_key(store, object, &change.oid, &change.fid) < 0)
		return -1;
	if (by_seq)
		change.cn = version.cn - STORE_CN_SEQ;
	txn = meta_txn_begin(store->db);
	meta_change_sign(txn, &change);
	if (meta_txn_commit(&txn) < 0)
		return store_fail_meta(store, store->db, "versions");
	if (cn_r != NULL)
		*cn_r = version.cn;
	return 0;
}

int store_version_bump(struct store *store, const struct store_object *object)
{
	struct meta_txn *txn;
	uint64_t key;
	uint32_t fid;

	if (object->kind != STORE_OBJECT_MAIL &&
	    object->kind != STORE_OBJECT_FOLDER) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "Counted by what is written");
	}
	if (store_version_update(store, object) < 0 ||
	    store_object_key(store, object, &key, &fid) < 0)
		return -1;
	txn = meta_txn_begin(store->db);
	meta_change_bump(txn, key, fid, META_CHANGE_CONTENT);
	if (meta_txn_commit(&txn) < 0)
		return store_fail_meta(store, store->db, "versions");
	return 0;
}

/* --- all of a folder ----------------------------------------------------------------------- */

static int store_version_row_cmp(const struct store_version_row *a,
				 const struct store_version_row *b)
{
	return a->num < b->num ? -1 : a->num > b->num ? 1 : 0;
}

/* Where the object of this row is now. FALSE: not in this folder any more. */
static bool store_mail_of_key(struct store_folder *folder, uint64_t key,
			      uint32_t *uid_r)
{
	const ARRAY_TYPE(meta_alias) *aliases;
	const struct meta_alias *alias;
	uint32_t seq1, seq2, idspace = key >> 24, uid = key & 0xffffff;

	if (store_folder_aliases(folder, &aliases) == 0) {
		array_foreach(aliases, alias) {
			if (alias->object.idspace == idspace &&
			    (alias->object.uid & 0xffffff) == uid)
				uid = alias->current.uid;
		}
	}
	mailbox_get_seq_range(folder->box, uid, uid, &seq1, &seq2);
	*uid_r = uid;
	return seq1 != 0;
}

static int store_versions_of_mail(struct store *store,
				  const struct store_place *place,
				  uint64_t since, pool_t pool,
				  ARRAY_TYPE(store_version_row) *rows_r)
{
	ARRAY_TYPE(meta_change) changes;
	const struct meta_change *change;
	struct store_version_row *row;
	struct store_folder *folder;
	uint32_t uid;
	int ret;

	if (store_open(store, place->fid, &folder) < 0)
		return -1;
	t_array_init(&changes, 64);
	if ((ret = store_cn_update(folder)) == 0 &&
	    meta_change_since(store->db, place->fid, since == 0 ? (uint64_t)-1 :
			      since - STORE_CN_CHANGED, 0, pool, &changes) < 0)
		ret = store_fail_meta(store, store->db, "versions");
	array_foreach(&changes, change) {
		if (change->oid > STORE_COUNTER_MAX ||
		    META_OID_PAGE(change->oid) == 0 ||
		    !store_mail_of_key(folder, change->oid, &uid))
			continue;
		row = array_append_space(rows_r);
		row->num = uid;
		store_version_fill(change, change->oid, STORE_CN_CHANGED,
				   &row->v);
	}
	store_close(&folder);
	return ret;
}

static int store_item_seqs(struct store *store, store_fid_t fid,
			   ARRAY_TYPE(meta_entry_change) *seqs_r)
{
	struct store_item_folder folder;
	int ret = 0;

	if (store_item_folder_open(store, fid, &folder) < 0)
		return -1;
	if (folder.db != NULL &&
	    meta_entry_changes(folder.db, folder.node->info.guid, 0,
			       INT64_MAX, seqs_r) < 0)
		ret = store_item_folder_fail(&folder, "versions");
	store_item_folder_close(&folder);
	return ret;
}

static int store_opaque_seqs(struct store *store,
			     const struct store_place *place,
			     ARRAY_TYPE(meta_entry_change) *seqs_r)
{
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;
	struct meta_entry_change *rec;

	if (store_opaque_list(store, place, STORE_OPAQUE_ALL, NULL,
			      pool_datastack_create(), &opaques) < 0)
		return -1;
	array_foreach(&opaques, opaque) {
		rec = array_append_space(seqs_r);
		rec->num = opaque->num;
		rec->seq = opaque->seq;
	}
	return 0;
}

static int store_change_cmp(const struct meta_change *a,
			    const struct meta_change *b)
{
	return a->oid < b->oid ? -1 : a->oid > b->oid ? 1 : 0;
}

/* changes: sorted by key */
static const struct meta_change *
store_change_of(ARRAY_TYPE(meta_change) *changes, uint64_t key)
{
	static const struct meta_change none;
	struct meta_change want = { .oid = key };
	const struct meta_change *change =
		array_bsearch(changes, &want, store_change_cmp);

	return change != NULL ? change : &none;
}

static int store_versions_of_seqs(struct store *store,
				  const struct store_place *place,
				  enum store_object_kind kind, uint64_t since,
				  pool_t pool,
				  ARRAY_TYPE(store_version_row) *rows_r)
{
	struct store_object object = { .kind = kind, .place = *place };
	ARRAY_TYPE(meta_entry_change) seqs;
	const struct meta_entry_change *seq;
	ARRAY_TYPE(meta_change) changes;
	struct store_version_row *row;
	uint64_t key;
	uint32_t fid;

	t_array_init(&seqs, 64);
	t_array_init(&changes, 16);
	if ((kind == STORE_OBJECT_ITEM ?
	     store_item_seqs(store, place->fid, &seqs) :
	     store_opaque_seqs(store, place, &seqs)) < 0)
		return -1;
	if (array_count(&seqs) == 0)
		return 0;
	if (store_object_key(store, &object, &key, &fid) < 0)
		return -1;
	if (meta_change_since(store->db, fid, (uint64_t)-1, 0, pool,
			      &changes) < 0)
		return store_fail_meta(store, store->db, "versions");
	array_sort(&changes, store_change_cmp);
	array_foreach(&seqs, seq) {
		if (seq->deleted || STORE_CN_SEQ + seq->seq <= since)
			continue;
		row = array_append_space(rows_r);
		row->num = seq->num;
		store_version_of_seq(store_change_of(&changes,
				META_CHANGE_NUM(fid, seq->num)), seq->seq,
				&row->v);
	}
	return 0;
}

int store_versions(struct store *store, const struct store_place *place,
		   enum store_object_kind kind, uint64_t since, pool_t pool,
		   ARRAY_TYPE(store_version_row) *rows_r)
{
	int ret;

	p_array_init(rows_r, pool, 16);
	switch (kind) {
	case STORE_OBJECT_MAIL:
		ret = store_versions_of_mail(store, place, since, pool, rows_r);
		break;
	case STORE_OBJECT_ITEM:
	case STORE_OBJECT_OPAQUE:
		ret = store_versions_of_seqs(store, place, kind, since, pool,
					     rows_r);
		break;
	default:
		return store_fail(store, STORE_ERROR_INVALID,
				  "Folders are of a view");
	}
	array_sort(rows_r, store_version_row_cmp);
	return ret;
}

int store_view_versions(struct store *store, const char *view, pool_t pool,
			ARRAY_TYPE(store_version_row) *rows_r)
{
	ARRAY_TYPE(store_folder_mark) marks;
	const struct store_folder_mark *mark;
	struct store_version_row *row;
	struct meta_change change;
	uint32_t scope;

	p_array_init(rows_r, pool, 64);
	t_array_init(&marks, 64);
	if (store_marks_update(store, view, &scope) < 0 ||
	    store_marks_of_folders(store, view, &marks) < 0 ||
	    store_marks_of_specials(store, view, &marks) < 0)
		return -1;
	array_sort(&marks, store_mark_cmp);
	array_foreach(&marks, mark) {
		if (store_change_row(store, store_mark_key(scope, mark), pool,
				     &change) < 0)
			return -1;
		row = array_append_space(rows_r);
		row->num = mark->fid != 0 ? mark->fid : mark->special;
		row->special = mark->fid == 0;
		store_version_fill(&change, store_mark_key(scope, mark),
				   STORE_CN_CHANGED, &row->v);
	}
	return 0;
}

int store_version_max(struct store *store, const struct store_place *place,
		      uint64_t *changed_r, uint64_t *seq_r)
{
	struct store_spot spot;
	struct store_node *node;
	struct store_object object = { .kind = STORE_OBJECT_MAIL,
				       .place = *place };
	uint64_t cn, seq = 0;
	int ret;

	*changed_r = *seq_r = 0;
	if (place->fid != 0 &&
	    store_node_get(store, place->fid, &node) > 0 &&
	    node->info.class == STORE_CLASS_MAIL && node->info.selectable &&
	    store_version_update(store, &object) < 0)
		return -1;
	if (meta_change_current(store->db, &cn) < 0)
		return store_fail_meta(store, store->db, "versions");
	if (cn != 0)
		*changed_r = STORE_CN_CHANGED + cn;
	ret = store_spot_open(store, place, &spot);
	if (ret > 0 && spot.db != NULL &&
	    meta_item_seq(spot.db, spot.node->info.guid, &seq) < 0)
		ret = store_spot_fail(&spot, "versions");
	if (seq != 0)
		*seq_r = STORE_CN_SEQ + seq;
	store_spot_close(&spot);
	return ret < 0 ? -1 : 0;
}
