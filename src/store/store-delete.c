/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of expunged messages where the site keeps them (lazy_expunge): the
   mailbox they are in, and expunging past it. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "compat.h"
#include "compat-store.h"
#include "store-objects.h"
#include "store-write.h"

/* Only own folders are kept. NULL: not this one. */
static const char *store_recover_setting(struct store *store,
					 const struct store_node *node)
{
	const char *set = compat_lazy_expunge(store->user);

	return set == NULL || *set == '\0' || node->info.foreign ||
		!node->info.selectable ? NULL : set;
}

/* The setting is a namespace, with a mailbox for each, or one mailbox: that is shown
   as the Trash's. NULL: none. */
static const char *store_recover_vname(struct store *store,
				       const struct store_node *node,
				       struct mail_namespace **ns_r)
{
	const char *set = store_recover_setting(store, node);
	struct mail_namespace *ns, *src = store_node_ns(store, node);
	char src_sep, sep;
	char *name;

	if (set == NULL || src == NULL)
		return NULL;
	ns = mail_namespace_find_prefix(store->user->namespaces, set);
	if (ns == NULL) {
		*ns_r = mail_namespace_find(store->user->namespaces, set);
		return node->info.role == STORE_ROLE_TRASH ? set : NULL;
	}
	if (ns == src)
		return NULL;
	*ns_r = ns;
	src_sep = mail_namespace_get_sep(src);
	sep = mail_namespace_get_sep(ns);
	name = t_strdup_noconst(node->info.vname + src->prefix_len);
	if (strncmp(node->info.vname, src->prefix, src->prefix_len) != 0)
		name = t_strdup_noconst(node->info.vname);
	for (char *p = name; *p != '\0'; p++) {
		if (*p == src_sep)
			*p = sep;
	}
	return t_strconcat(ns->prefix, name, NULL);
}

/* Its number is issued as any folder's; it is in no tree. */
static int store_recover_number(struct store *store, struct mailbox *box,
				uint32_t *fid_r)
{
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };
	struct mailbox_metadata metadata;

	if (mailbox_get_metadata(box, MAILBOX_METADATA_GUID, &metadata) < 0)
		return store_fail_box(store, box, "reading its GUID");
	guid_128_copy(key.guid, metadata.guid);
	if (meta_folder_issue(store->db, &key, NULL, 1, fid_r) < 0) {
		return store_fail_meta(store, store->db,
				       "numbering a folder");
	}
	return 0;
}

int store_recover_open(struct store *store, store_fid_t fid,
		       struct store_folder **folder_r)
{
	struct mail_namespace *ns;
	struct store_node *node;
	struct mailbox *box;
	const char *vname;
	uint32_t number;

	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	vname = store_recover_vname(store, node, &ns);
	if (vname == NULL)
		return 0;
	box = mailbox_alloc(ns->list, vname, 0);
	if (mailbox_open(box) < 0) {
		int ret = mailbox_get_last_mail_error(box) ==
			MAIL_ERROR_NOTFOUND ? 0 :
			store_fail_box(store, box, "opening");
		mailbox_free(&box);
		return ret;
	}
	if (store_recover_number(store, box, &number) < 0) {
		mailbox_free(&box);
		return -1;
	}
	return store_open_box(store, box, number, folder_r) < 0 ? -1 : 1;
}

static void store_expunge_uids(struct mailbox_transaction_context *t,
			       const ARRAY_TYPE(seq_range) *uids)
{
	struct mail *mail = mail_alloc(t, 0, NULL);
	const struct seq_range *range;
	uint32_t seq, last;

	array_foreach(uids, range) {
		mailbox_get_seq_range(mailbox_transaction_get_mailbox(t),
				      range->seq1, range->seq2, &seq, &last);
		for (; seq != 0 && seq <= last; seq++) {
			mail_set_seq(mail, seq);
			mail_expunge(mail);
		}
	}
	mail_free(&mail);
}

/* lazy_expunge leaves mailboxes alone that are opened so. */
static int store_expunge_unsafe(struct store_folder *folder,
				const ARRAY_TYPE(seq_range) *uids)
{
	struct mailbox *box = mailbox_alloc(folder->box->list,
					    mailbox_get_vname(folder->box),
					    MAILBOX_FLAG_DELETE_UNSAFE);
	struct mailbox_transaction_context *t;
	int ret = 0;

	if (mailbox_open(box) < 0 || mailbox_sync(box, 0) < 0) {
		ret = store_fail_box(folder->store, box, "opening");
		mailbox_free(&box);
		return ret;
	}
	t = mailbox_transaction_begin(box, 0, "Dovetail expunge");
	store_expunge_uids(t, uids);
	if (mailbox_transaction_commit(&t) < 0 || mailbox_sync(box, 0) < 0)
		ret = store_fail_box(folder->store, box, "expunging");
	mailbox_free(&box);
	return ret;
}

int store_expunge_hard(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids)
{
	struct store *store = folder->store;
	const char *set = compat_lazy_expunge(store->user);

	if (set == NULL || *set == '\0' || folder->foreign)
		return store_expunge(folder, uids);
	if (store_need_right(folder, COMPAT_ACL_EXPUNGE) < 0 ||
	    store_expunge_unsafe(folder, uids) < 0)
		return -1;
	return store_after_commit(folder);
}
