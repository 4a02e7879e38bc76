/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Has anything changed about the folders?  Asked in each request, so it reads
   no directory: Dovecot's list index knows of each folder that was created,
   renamed or deleted, by whichever process; subscriptions are one file. The
   list index also changes with each delivery (it carries counters): so what
   makes a folder is taken out of it, in memory that is mapped already. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "mail-index-private.h"
#include "mail-index-view-private.h"
#include "mail-storage-private.h"
#include "mailbox-list-private.h"
#include "mailbox-list-index.h"
#include "mailbox-list-index-sync.h"
#include "compat-store.h"
#include "store-private.h"

#include <sys/stat.h>

static void store_stamp_add(uint64_t *stamp, const void *data, size_t size)
{
	const unsigned char *p = data;

	/* FNV-1a */
	for (size_t i = 0; i < size; i++)
		*stamp = (*stamp ^ p[i]) * UINT64_C(1099511628211);
}

static void store_stamp_add_file(uint64_t *stamp, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		store_stamp_add(stamp, "-", 1);
		return;
	}
	store_stamp_add(stamp, &st.st_ino, sizeof(st.st_ino));
	store_stamp_add(stamp, &st.st_size, sizeof(st.st_size));
	store_stamp_add(stamp, &st.st_mtim, sizeof(st.st_mtim));
}

static void store_stamp_add_records(uint64_t *stamp, struct mail_index *index,
				    uint32_t ext_id)
{
	struct mail_index_view *view = mail_index_view_open(index);
	uint32_t seq, count = mail_index_view_get_messages_count(view);
	const struct mail_index_record *rec;
	const struct mailbox_list_index_record *data;
	const void *ext;

	for (seq = 1; seq <= count; seq++) {
		rec = mail_index_lookup(view, seq);
		store_stamp_add(stamp, &rec->uid, sizeof(rec->uid));
		store_stamp_add(stamp, &rec->flags, sizeof(rec->flags));
		mail_index_lookup_ext(view, seq, ext_id, &ext, NULL);
		data = ext;
		if (data == NULL)
			continue;
		store_stamp_add(stamp, &data->name_id, sizeof(data->name_id));
		store_stamp_add(stamp, &data->parent_uid,
				sizeof(data->parent_uid));
		store_stamp_add(stamp, data->guid, sizeof(data->guid));
	}
	mail_index_view_close(&view);
}

static void store_stamp_add_subscriptions(uint64_t *stamp,
					  struct mailbox_list *list)
{
	const char *name = compat_list_subscriptions_name(list), *path;

	if (name != NULL && *name != '\0' &&
	    mailbox_list_get_root_path(list, MAILBOX_LIST_PATH_TYPE_CONTROL,
				       &path)) {
		store_stamp_add_file(stamp, t_strconcat(path, "/",
			name, NULL));
	}
}

static void store_stamp_add_dir(uint64_t *stamp, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		store_stamp_add(stamp, &st.st_ino, sizeof(st.st_ino));
		store_stamp_add(stamp, &st.st_mtim, sizeof(st.st_mtim));
	}
}

/* Directories in which a folder appears or goes: with Maildir++ the root, with
   others each folder that may have children. */
static uint64_t store_dirs_stamp(struct store *store, struct mailbox_list *list)
{
	uint64_t stamp = UINT64_C(14695981039346656037);
	struct store_node *node;
	const char *path;

	if (mailbox_list_get_root_path(list, MAILBOX_LIST_PATH_TYPE_MAILBOX,
				       &path))
		store_stamp_add_dir(&stamp, path);
	if (store->tree == NULL ||
	    strcmp(list->name, MAILBOX_LIST_NAME_MAILDIRPLUSPLUS) == 0)
		return stamp;
	array_foreach_elem(&store->tree->nodes, node) T_BEGIN {
		const char *name;

		if (strcmp(node->ns_prefix, list->ns->prefix) == 0) {
			name = mailbox_list_get_storage_name(list,
							node->info.vname);
			if (mailbox_list_get_path(list, name,
					MAILBOX_LIST_PATH_TYPE_DIR, &path) > 0)
				store_stamp_add_dir(&stamp, path);
		}
	} T_END;
	return stamp;
}

/* Dovecot 2.3 can miss a folder: a session that set the index's "read again"
   flag once believes it still set, though another process has cleared it. The
   directories do not lie, so when they changed they are read. (Maildir's root
   also changes with INBOX's own files: a look too many.) */
static int store_list_reread(struct store *store, struct mailbox_list *list)
{
	uint64_t stamp, *known;

	if (strcmp(list->name, MAILBOX_LIST_NAME_INDEX) == 0)
		return 0;
	stamp = store_dirs_stamp(store, list);
	known = hash_table_lookup(store->dirs, list);
	if (known != NULL && *known == stamp)
		return 0;
	if (known == NULL) {
		known = p_new(store->pool, uint64_t, 1);
		hash_table_insert(store->dirs, list, known);
	}
	*known = stamp;
	return mailbox_list_index_sync(list, TRUE);
}

/* 1, 0 no index, -1 */
static int store_stamp_add_list(struct store *store, uint64_t *stamp,
				struct mailbox_list *list)
{
	struct mail_index *index;
	struct mailbox_list_index *ilist;
	uint64_t props;

	if (store_props_stamp(store, list, &props) < 0)
		return -1;
	store_stamp_add(stamp, &props, sizeof(props));
	store_stamp_add_subscriptions(stamp, list);
	if (!mailbox_list_index_get_index(list, &index))
		return 0;
	if (mailbox_list_index_refresh_force(list) < 0 ||
	    store_list_reread(store, list) < 0)
		return store_fail_list(store, list, "refreshing the index");
	ilist = INDEX_LIST_CONTEXT_REQUIRE(list);
	store_stamp_add_records(stamp, index, ilist->ext_id);
	return 1;
}

int store_stamp_get(struct store *store, uint64_t *stamp_r)
{
	struct mail_namespace *ns;
	uint64_t stamp = UINT64_C(14695981039346656037);
	int ret = 1;

	for (ns = store->user->namespaces; ns != NULL && ret > 0; ns = ns->next) {
		if (ns->type != MAIL_NAMESPACE_TYPE_PRIVATE ||
		    ns->alias_for != NULL)
			continue;
		store_stamp_add(&stamp, ns->prefix, ns->prefix_len);
		T_BEGIN {
			ret = store_stamp_add_list(store, &stamp, ns->list);
		} T_END;
	}
	if (ret < 0)
		return -1;
	*stamp_r = ret == 0 ? 0 : (stamp | 1);
	return 0;
}
