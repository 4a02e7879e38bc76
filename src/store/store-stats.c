/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* How much is in folders: of mail from the list index, of items and objects from
   one query a database. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "mailbox-list-index.h"
#include "index-storage.h"
#include "index-mailbox-size.h"
#include "compat.h"
#include "store-objects.h"

#include <sys/stat.h>

/* Totals of a database, as last read */
struct store_totals {
	struct store_totals *next;
	char *path;
	pool_t pool;
	guid_128_t epoch;
	uint64_t seq;
	ARRAY_TYPE(meta_total) totals;
};

/* --- items and objects ---------------------------------------------------------------- */

void store_totals_free(struct store *store)
{
	struct store_totals *totals, *next;

	for (totals = store->totals; totals != NULL; totals = next) {
		next = totals->next;
		pool_unref(&totals->pool);
		i_free(totals->path);
		i_free(totals);
	}
	store->totals = NULL;
}

static struct store_totals *
store_totals_find(struct store *store, const char *path)
{
	struct store_totals *totals;

	for (totals = store->totals; totals != NULL; totals = totals->next) {
		if (strcmp(totals->path, path) == 0)
			return totals;
	}
	totals = i_new(struct store_totals, 1);
	totals->path = i_strdup(path);
	totals->next = store->totals;
	store->totals = totals;
	return totals;
}

static int store_totals_read(struct store *store, struct meta_db *db,
			     struct store_totals **totals_r)
{
	struct store_totals *totals = store_totals_find(store,
							meta_db_path(db));
	guid_128_t epoch;
	uint64_t seq;

	*totals_r = totals;
	/* before the rows: what changes now is seen the next time */
	if (meta_db_epoch(db, epoch) < 0 || meta_seq(db, &seq) < 0)
		return store_fail_meta(store, db, "totals");
	if (totals->pool != NULL && totals->seq == seq &&
	    guid_128_equals(totals->epoch, epoch))
		return 0;
	pool_unref(&totals->pool);
	totals->pool = pool_alloconly_create(MEMPOOL_GROWING"totals", 2048);
	p_array_init(&totals->totals, totals->pool, 32);
	if (meta_totals(db, totals->pool, &totals->totals) < 0) {
		pool_unref(&totals->pool);
		return store_fail_meta(store, db, "totals");
	}
	totals->seq = seq;
	guid_128_copy(totals->epoch, epoch);
	return 0;
}

/* *totals_r NULL: there is no database. One of another's that cannot be read is as
   none. 0, -1 */
static int store_totals_get(struct store *store, struct mailbox_list *list,
			    bool foreign, struct store_totals **totals_r)
{
	struct meta_db *db;
	int ret = store_list_db(store, list, FALSE, &db);

	*totals_r = NULL;
	if (ret > 0) {
		ret = store_totals_read(store, db, totals_r);
		store_list_db_close(store, &db);
	}
	if (ret < 0) {
		*totals_r = NULL;
		return foreign ? 0 : -1;
	}
	return 0;
}

/* base64 */
static uint64_t store_total_bytes(const struct meta_total *total)
{
	return total->mark == '\0' ? total->size : total->size / 4 * 3;
}

static void store_stat_add_total(struct store_folder_stat *stat,
				 const struct meta_total *total)
{
	if (total->mark == 'a') {
		stat->associated += total->count;
		stat->associated_size += store_total_bytes(total);
	} else {
		stat->count += total->count;
		stat->size += store_total_bytes(total);
	}
	stat->changed = I_MAX(stat->changed, total->last_change);
}

/* prefix: below META_KEY_PREFIX */
static void store_stat_add(struct store_folder_stat *stat,
			   const struct store_totals *totals,
			   const guid_128_t guid, const char *prefix)
{
	const struct meta_total *total;

	if (totals == NULL)
		return;
	array_foreach(&totals->totals, total) {
		if (guid_128_equals(total->guid, guid) &&
		    strcmp(total->prefix + strlen(META_KEY_PREFIX),
			   prefix) == 0)
			store_stat_add_total(stat, total);
	}
}

/* --- mail --------------------------------------------------------------------------------- */

/* The index log is written at each change. */
static time_t store_box_changed(struct mailbox *box)
{
	const char *path;
	struct stat st;

	if (mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_INDEX,
				&path) <= 0 ||
	    stat(t_strconcat(path, "/"MAIL_INDEX_PREFIX".log", NULL), &st) < 0)
		return 0;
	return st.st_mtime;
}

/* From the list index. FALSE: it does not know. */
static bool store_stat_listed(struct mailbox *box,
			      enum store_stat_want want,
			      struct store_folder_stat *stat)
{
	const enum mailbox_status_items items =
		STATUS_MESSAGES | STATUS_UNSEEN | STATUS_UIDNEXT;
	struct mailbox_index_vsize vsize;
	struct mailbox_status status;
	struct mail_index_view *view;
	struct mail_index *index;
	const char *reason;
	uint32_t seq;
	bool ret;

	if (!mailbox_list_index_get_index(box->list, &index) ||
	    mailbox_list_index_view_open(box, TRUE, &view, &seq) <= 0)
		return FALSE;
	i_zero(&status);
	i_zero(&vsize);
	ret = mailbox_list_index_status(box->list, view, seq, items, &status,
					NULL, NULL, &reason);
	/* of its own: none is an error */
	if (ret && !mailbox_list_index_status(box->list, view, seq, 0, &status,
					      NULL, &vsize, &reason))
		i_zero(&vsize);
	mail_index_view_close(&view);
	if (!ret)
		return FALSE;
	stat->count += status.messages;
	stat->unread = status.unseen;
	if (vsize.message_count == status.messages &&
	    vsize.highest_uid + 1 == status.uidnext) {
		stat->size += vsize.vsize;
		return TRUE;
	}
	if ((want & STORE_STAT_SIZE) == 0 || status.messages == 0)
		return TRUE;
	stat->count -= status.messages;
	return FALSE;
}

static int store_stat_open(struct store *store, store_fid_t fid,
			   enum store_stat_want want,
			   struct store_folder_stat *stat)
{
	struct mailbox_metadata metadata;
	struct mailbox_status status;
	struct store_folder *folder;
	int ret = 0;

	if (store_open(store, fid, &folder) < 0)
		return -1;
	mailbox_get_open_status(folder->box, STATUS_MESSAGES | STATUS_UNSEEN,
				&status);
	stat->count += status.messages;
	stat->unread = status.unseen;
	if ((want & STORE_STAT_SIZE) != 0) {
		ret = mailbox_get_metadata(folder->box,
			MAILBOX_METADATA_VIRTUAL_SIZE, &metadata);
		if (ret == 0)
			stat->size += metadata.virtual_size;
		else
			ret = store_folder_fail(folder, "sizes");
	}
	store_close(&folder);
	return ret;
}

/* The list index knows nothing of private flags: others' folders are opened. A
   folder that cannot be opened now has nothing in it that can be told. */
static int store_stat_mail(struct store *store, const struct store_node *node,
			   enum store_stat_want want,
			   struct store_folder_stat *stat)
{
	struct mailbox *box;
	bool listed;

	box = store_node_box(store, node, MAILBOX_FLAG_READONLY);
	if (box == NULL)
		return 0;
	stat->changed = store_box_changed(box);
	listed = !node->info.foreign && store_stat_listed(box, want, stat);
	mailbox_free(&box);
	if (listed || store_stat_open(store, node->info.fid, want, stat) == 0)
		return 0;
	return store->error == STORE_ERROR_PERM ||
		store->error == STORE_ERROR_NOTFOUND ||
		store->error == STORE_ERROR_UNSUPPORTED ? 0 : -1;
}

/* --- folders -------------------------------------------------------------------------------- */

struct store_stats {
	struct store *store;
	const char *view;
	enum store_stat_want want;
	/* Of the list last looked at */
	struct mailbox_list *list;
	struct store_totals *totals;
	/* NULL: none */
	struct store_node *inbox;
	struct store_totals *inbox_totals;
	ARRAY_TYPE(meta_folder) known;
};

static int store_stats_init(struct store_stats *stats, struct store *store,
			    const char *view, enum store_stat_want want)
{
	struct mail_namespace *ns;
	int ret;

	i_zero(stats);
	stats->store = store;
	stats->view = view;
	stats->want = want;
	t_array_init(&stats->known, 64);
	if (meta_folder_list(store->db, pool_datastack_create(),
			     &stats->known) < 0)
		return store_fail_meta(store, store->db, "listing folders");
	if ((ret = store_view_inbox(store, view, &stats->inbox)) <= 0)
		return ret;
	ns = store_node_ns(store, stats->inbox);
	return ns == NULL ? 0 :
		store_totals_get(store, ns->list, stats->inbox->info.foreign,
				 &stats->inbox_totals);
}

static int store_folder_known_cmp(const uint32_t *fid,
				  const struct meta_folder *known)
{
	return *fid < known->fid ? -1 : *fid > known->fid ? 1 : 0;
}

static time_t store_stats_created(struct store_stats *stats, store_fid_t fid)
{
	const struct meta_folder *known =
		array_bsearch(&stats->known, &fid, store_folder_known_cmp);

	return known == NULL ? 0 : known->created;
}

static void store_stats_special(struct store_stats *stats, uint32_t special,
				struct store_folder_stat *stat)
{
	stat->special = special;
	if (stats->inbox == NULL)
		return;
	stat->created = store_stats_created(stats, stats->inbox->info.fid);
	store_stat_add(stat, stats->inbox_totals, stats->inbox->info.guid,
		       t_strdup_printf("special/%x/object/", special));
}

static int store_stats_folder(struct store_stats *stats,
			      const struct store_node *node,
			      struct store_folder_stat *stat)
{
	struct mail_namespace *ns = store_node_ns(stats->store, node);

	stat->fid = node->info.fid;
	stat->created = store_stats_created(stats, stat->fid);
	if (!node->info.selectable) {
		if (stats->inbox != NULL) {
			store_stat_add(stat, stats->inbox_totals,
				       stats->inbox->info.guid,
				       t_strconcat(store_spot_path_prefix(node),
						   "object/", NULL));
		}
		return 0;
	}
	if (ns == NULL)
		return 0;
	if (ns->list != stats->list) {
		if (store_totals_get(stats->store, ns->list,
				     node->info.foreign, &stats->totals) < 0)
			return -1;
		stats->list = ns->list;
	}
	if (node->info.class == STORE_CLASS_MAIL) {
		if (store_stat_mail(stats->store, node, stats->want, stat) < 0)
			return -1;
	} else {
		store_stat_add(stat, stats->totals, node->info.guid, "item/");
	}
	store_stat_add(stat, stats->totals, node->info.guid, "object/");
	return 0;
}

static void store_stats_children(const ARRAY_TYPE(store_folder_info) *folders,
				 ARRAY_TYPE(store_folder_stat) *stats)
{
	const struct store_folder_info *info;
	struct store_folder_stat *stat;

	array_foreach(folders, info) {
		if (info->parent == 0)
			continue;
		array_foreach_modifiable(stats, stat) {
			if (stat->fid == info->parent) {
				stat->children++;
				break;
			}
		}
	}
}

static void store_stats_specials(struct store_stats *stats,
				 ARRAY_TYPE(store_folder_stat) *stats_r)
{
	ARRAY_TYPE(seq_range) specials;
	struct seq_range_iter iter;
	const struct meta_total *total;
	const char *prefix;
	uint32_t special;
	unsigned int n = 0;

	if (stats->inbox == NULL || stats->inbox_totals == NULL)
		return;
	t_array_init(&specials, 16);
	array_foreach(&stats->inbox_totals->totals, total) {
		prefix = total->prefix + strlen(META_KEY_PREFIX);
		if (guid_128_equals(total->guid, stats->inbox->info.guid) &&
		    compat_str_begins(prefix, "special/") &&
		    str_to_uint32_hex(t_strcut(prefix + 8, '/'),
				      &special) == 0)
			seq_range_array_add(&specials, special);
	}
	seq_range_array_iter_init(&iter, &specials);
	while (seq_range_array_iter_nth(&iter, n++, &special))
		store_stats_special(stats, special,
				    array_append_space(stats_r));
}

int store_view_stats(struct store *store, const char *view,
		     enum store_stat_want want, pool_t pool,
		     ARRAY_TYPE(store_folder_stat) *stats_r)
{
	ARRAY_TYPE(store_folder_info) folders;
	const struct store_folder_info *info;
	struct store_stats stats;
	struct store_node *node;
	int ret = 0;

	p_array_init(stats_r, pool, 64);
	if (store_view_folders(store, view, pool_datastack_create(),
			       &folders) < 0 ||
	    store_stats_init(&stats, store, view, want) < 0)
		return -1;
	array_foreach(&folders, info) {
		if (ret < 0 || store_node_get(store, info->fid, &node) <= 0)
			continue;
		ret = store_stats_folder(&stats, node,
					 array_append_space(stats_r));
	}
	if (ret < 0)
		return -1;
	store_stats_children(&folders, stats_r);
	store_stats_specials(&stats, stats_r);
	return 0;
}

int store_folder_stat(struct store *store, const struct store_place *place,
		      struct store_folder_stat *stat_r)
{
	ARRAY_TYPE(store_folder_info) folders;
	const struct store_folder_info *info;
	const char *view = place->view;
	struct store_node *node = NULL;
	struct store_stats stats;

	i_zero(stat_r);
	if (place->fid != 0) {
		if (store_node_get(store, place->fid, &node) <= 0)
			return -1;
		view = store_node_view(node);
	}
	if (store_stats_init(&stats, store, view, STORE_STAT_SIZE) < 0 ||
	    store_view_folders(store, view, pool_datastack_create(),
			       &folders) < 0)
		return -1;
	array_foreach(&folders, info) {
		if (info->parent == place->fid &&
		    (place->fid != 0 || place->special == 0))
			stat_r->children++;
	}
	if (node != NULL)
		return store_stats_folder(&stats, node, stat_r);
	store_stats_special(&stats, place->special, stat_r);
	return 0;
}
