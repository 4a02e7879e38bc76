/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders: rights, create, rename, delete, empty. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "str.h"
#include "unichar.h"
#include "mail-storage-private.h"
#include "mail-storage-settings.h"
#include "mail-user.h"
#include "store-changes.h"
#include "compat-store.h"
#include "store-objects.h"
#include "store-write.h"

/* --- rights --------------------------------------------------------------- */

static const struct {
	enum compat_acl_right acl;
	enum store_rights right;
} store_right_map[] = {
	{ COMPAT_ACL_LOOKUP, STORE_RIGHT_LOOKUP },
	{ COMPAT_ACL_READ, STORE_RIGHT_READ },
	{ COMPAT_ACL_WRITE, STORE_RIGHT_WRITE },
	{ COMPAT_ACL_WRITE_SEEN, STORE_RIGHT_WRITE_SEEN },
	{ COMPAT_ACL_WRITE_DELETED, STORE_RIGHT_WRITE_DELETED },
	{ COMPAT_ACL_INSERT, STORE_RIGHT_INSERT },
	{ COMPAT_ACL_EXPUNGE, STORE_RIGHT_EXPUNGE },
	{ COMPAT_ACL_CREATE, STORE_RIGHT_CREATE },
	{ COMPAT_ACL_DELETE, STORE_RIGHT_DELETE },
	{ COMPAT_ACL_ADMIN, STORE_RIGHT_ADMIN },
	{ COMPAT_ACL_POST, STORE_RIGHT_POST },
};

/* Rights that a name without messages has no use for */
#define STORE_RIGHTS_NOSELECT \
	(STORE_RIGHT_LOOKUP | STORE_RIGHT_CREATE | STORE_RIGHT_DELETE)

int store_folder_rights(struct store *store, store_fid_t fid,
			enum store_rights *rights_r)
{
	struct store_node *node;
	struct mailbox *box;
	int ret = 0;

	*rights_r = 0;
	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (*node->ns_prefix == '\0' && !node->info.selectable) {
		*rights_r = STORE_RIGHT_LOOKUP;
		return 0;
	}
	box = store_node_box(store, node, MAILBOX_FLAG_READONLY);
	if (box == NULL)
		return -1;
	for (unsigned int i = 0; i < N_ELEMENTS(store_right_map) &&
	     ret >= 0; i++) {
		ret = compat_acl_right(box, store_right_map[i].acl);
		if (ret > 0)
			*rights_r |= store_right_map[i].right;
	}
	if (ret < 0)
		(void)store_fail_box(store, box, "looking up rights");
	if (!node->info.selectable)
		*rights_r &= STORE_RIGHTS_NOSELECT;
	mailbox_free(&box);
	return ret < 0 ? -1 : 0;
}

/* --- names ---------------------------------------------------------------- */

static bool store_name_is_valid(const char *name, char sep)
{
	const unsigned char *p;

	if (*name == '\0' || !uni_utf8_str_is_valid(name))
		return FALSE;
	for (p = (const unsigned char *)name; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || *p == (unsigned char)sep)
			return FALSE;
	}
	return TRUE;
}

static struct mail_namespace *store_home_ns(struct store *store)
{
	return mail_namespace_find_inbox(store->user->namespaces);
}

/* Dovecot's name of a child; parent NULL: the root. NULL: INVALID, or the
   parent is gone. */
static const char *
store_child_vname(struct store *store, const struct store_node *parent,
		  const char *name, struct mail_namespace **ns_r)
{
	struct mail_namespace *ns = parent == NULL ? store_home_ns(store) :
		store_node_ns(store, parent);
	char sep;

	if (ns == NULL) {
		(void)store_fail(store, STORE_ERROR_NOTFOUND, "No such folder");
		return NULL;
	}
	sep = mail_namespace_get_sep(ns);
	if (!store_name_is_valid(name, sep)) {
		(void)store_fail(store, STORE_ERROR_INVALID,
				 "Invalid folder name");
		return NULL;
	}
	*ns_r = ns;
	if (parent == NULL)
		return t_strconcat(ns->prefix, name, NULL);
	return t_strdup_printf("%s%c%s", parent->info.vname, sep, name);
}

/* 0 and NULL for the root */
static int store_parent_get(struct store *store, store_fid_t fid,
			    struct store_node **node_r)
{
	*node_r = NULL;
	if (fid == 0)
		return 0;
	if (store_node_get(store, fid, node_r) <= 0)
		return -1;
	if (*(*node_r)->ns_prefix == '\0' && !(*node_r)->info.selectable &&
	    strcmp((*node_r)->info.vname, (*node_r)->path) == 0 &&
	    strchr((*node_r)->path, STORE_PATH_SEP) != NULL) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "Nothing can be made here");
	}
	return 0;
}

static struct store_node *
store_child_find(struct store *store, const struct store_node *parent,
		 const char *name)
{
	struct store_node *node;

	array_foreach_elem(&store->tree->nodes, node) {
		if (node->parent == parent &&
		    strcmp(node->info.name, name) == 0)
			return node;
	}
	return NULL;
}

/* --- create --------------------------------------------------------------- */

static int store_create_box(struct store *store, struct mail_namespace *ns,
			    const char *vname)
{
	struct mailbox *box = mailbox_alloc(ns->list, vname, 0);
	int ret = 0;

	if (mailbox_create(box, NULL, FALSE) < 0) {
		ret = store_fail_box(store, box, "creating");
	} else if (mailbox_set_subscribed(box, TRUE) < 0) {
		/* it exists: an IMAP client may have to be told of it */
		e_info(store->event, "%s: subscribing: %s", vname,
		       mailbox_get_last_internal_error(box, NULL));
	}
	mailbox_free(&box);
	store_tree_invalidate(store);
	return ret;
}

static int store_fid_of_child(struct store *store, store_fid_t parent_fid,
			      const char *name, store_fid_t *fid_r)
{
	struct store_node *parent, *node;

	if (store_parent_get(store, parent_fid, &parent) < 0)
		return -1;
	if (parent == NULL && store_folder_find_role(store,
						     STORE_ROLE_INBOX) == NULL)
		return -1;
	node = store_child_find(store, parent, name);
	if (node == NULL) {
		return store_fail(store, STORE_ERROR_TEMP,
				  "The new folder is not listed");
	}
	*fid_r = node->info.fid;
	return 0;
}

static int store_create_class(struct store *store, struct mail_namespace *ns,
			      const char *vname, enum store_class class)
{
	const char *props[3] = { "class", store_class_name(class) };

	return class == STORE_CLASS_MAIL ? store_create_box(store, ns, vname) :
		store_item_mailbox_create(store, ns, vname, props);
}

int store_folder_create(struct store *store, store_fid_t parent_fid,
			const char *name, enum store_class class,
			store_fid_t *fid_r)
{
	struct store_node *parent;
	struct mail_namespace *ns;
	const char *vname;

	if (store_parent_get(store, parent_fid, &parent) < 0)
		return -1;
	vname = store_child_vname(store, parent, name, &ns);
	if (vname == NULL || store_create_class(store, ns, vname, class) < 0)
		return -1;
	return store_fid_of_child(store, parent_fid, name, fid_r);
}

/* The name of a child of another view's root. */
static const char *store_top_vname(struct store *store, const char *view,
				   const char *name, struct mail_namespace **ns_r)
{
	struct mail_namespace *ns = store_view_ns(store, view);

	if (ns == NULL)
		return NULL;
	if (!store_name_is_valid(name, mail_namespace_get_sep(ns))) {
		(void)store_fail(store, STORE_ERROR_INVALID,
				 "Invalid folder name");
		return NULL;
	}
	*ns_r = ns;
	return t_strconcat(ns->prefix, name, NULL);
}

int store_folder_create_top(struct store *store, const char *view,
			    const char *name, enum store_class class,
			    store_fid_t *fid_r)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	struct mail_namespace *ns;
	const char *vname = store_top_vname(store, view, name, &ns);

	if (vname == NULL || store_create_class(store, ns, vname, class) < 0 ||
	    store_folders(store, &folders) < 0)
		return -1;
	array_foreach(folders, info) {
		if (strcmp(info->vname, vname) == 0) {
			*fid_r = info->fid;
			return 0;
		}
	}
	return store_fail(store, STORE_ERROR_TEMP,
			  "The new folder is not listed");
}

/* The name that the site's settings give to the role */
static const char *store_role_site_name(struct store *store,
					enum store_role role)
{
	struct mail_namespace *ns = store_home_ns(store);
	const char *name, *special_use;
	enum store_role set_role;

	for (unsigned int i = 0;
	     (name = compat_namespace_mailbox(ns, i, &special_use)) != NULL;
	     i++) {
		if (store_role_of_special_use(special_use, &set_role) &&
		    set_role == role)
			return t_strconcat(ns->prefix, name, NULL);
	}
	return NULL;
}

int store_folder_need_role(struct store *store, enum store_role role,
			   store_fid_t *fid_r)
{
	const struct store_folder_info *info;
	struct mail_namespace *ns = store_home_ns(store);
	const char *vname, *name;

	info = store_folder_find_role(store, role);
	if (info == NULL &&
	    store_last_error(store, NULL) == STORE_ERROR_NOTFOUND) {
		vname = store_role_site_name(store, role);
		name = store_role_default_name(role);
		if (vname == NULL && name == NULL) {
			return store_fail(store, STORE_ERROR_UNSUPPORTED,
					  "No name for such a folder");
		}
		if (vname == NULL)
			vname = t_strconcat(ns->prefix, name, NULL);
		/* another worker may have been faster */
		if (store_create_box(store, ns, vname) < 0 &&
		    store_last_error(store, NULL) != STORE_ERROR_EXISTS)
			return -1;
		info = store_folder_find_role(store, role);
	}
	if (info == NULL)
		return -1;
	*fid_r = info->fid;
	return 0;
}

/* --- rename --------------------------------------------------------------- */

static bool store_role_is_fixed(enum store_role role)
{
	switch (role) {
	case STORE_ROLE_NONE:
	case STORE_ROLE_ARCHIVE:
	case STORE_ROLE_FLAGGED:
	case STORE_ROLE_ALL:
		return FALSE;
	default:
		return TRUE;
	}
}

static bool store_node_is_below(const struct store_node *node,
				const struct store_node *top)
{
	for (; node != NULL; node = node->parent) {
		if (node == top)
			return TRUE;
	}
	return FALSE;
}

/* Subscriptions go by name: they follow. */
static void store_rename_subscription(struct store *store,
				      const struct store_node *node,
				      struct mail_namespace *dest_ns,
				      const char *dest_vname)
{
	struct mailbox *box;

	/* own folders of items are in no subscription */
	if (!node->info.subscribed ||
	    (node->info.class != STORE_CLASS_MAIL && !node->info.foreign))
		return;
	box = mailbox_alloc(dest_ns->list, dest_vname, 0);
	(void)mailbox_set_subscribed(box, TRUE);
	mailbox_free(&box);
	box = store_node_box(store, node, 0);
	if (box != NULL) {
		(void)mailbox_set_subscribed(box, FALSE);
		mailbox_free(&box);
	}
}

/* Names without a mailbox are known by their name: the number follows too. */
static void store_rename_name(struct store *store, struct meta_txn *txn,
			      const struct store_node *node,
			      const char *dest_path)
{
	struct meta_folder_key old_key = { .kind = META_FOLDER_NAME };
	struct meta_folder_key new_key = { .kind = META_FOLDER_NAME };

	(void)store;
	if (node->info.selectable)
		return;
	old_key.name = node->path;
	new_key.name = dest_path;
	meta_folder_rekey(txn, &old_key, &new_key);
}

static int store_rename_follow(struct store *store, struct store_node *top,
			       struct mail_namespace *ns, const char *vname,
			       const char *path)
{
	struct meta_txn *txn = meta_txn_begin(store->db);
	struct store_node *node;
	size_t path_len = strlen(top->path), vname_len = strlen(top->info.vname);

	array_foreach_elem(&store->tree->nodes, node) T_BEGIN {
		if (store_node_is_below(node, top)) {
			store_rename_subscription(store, node, ns,
				t_strconcat(vname, node->info.vname + vname_len,
					    NULL));
			store_rename_name(store, txn, node,
				t_strconcat(path, node->path + path_len, NULL));
		}
	} T_END;
	if (meta_txn_commit(&txn) < 0)
		return store_fail_meta(store, store->db, "noting new names");
	return 0;
}

static int store_rename_box(struct store *store, const struct store_node *node,
			    struct mail_namespace *ns, const char *vname)
{
	struct mailbox *src, *dest;
	int ret = 0;

	src = store_node_box(store, node, 0);
	if (src == NULL)
		return -1;
	dest = mailbox_alloc(ns->list, vname, 0);
	if (mailbox_rename(src, dest) < 0)
		ret = store_fail_box(store, src, "renaming");
	mailbox_free(&src);
	mailbox_free(&dest);
	return ret;
}

static int store_rename_node(struct store *store, struct store_node *node,
			     struct mail_namespace *ns, const char *vname,
			     const char *path)
{
	int ret;

	if (strcmp(vname, node->info.vname) == 0)
		return 0;
	/* open mailboxes know their old place */
	store_folders_close(store, FALSE);
	ret = store_rename_box(store, node, ns, vname);
	if (ret == 0)
		ret = store_rename_follow(store, node, ns, vname, path);
	store_tree_invalidate(store);
	return ret;
}

static int store_rename_check(struct store *store, store_fid_t fid,
			      struct store_node **node_r)
{
	if (store_node_get(store, fid, node_r) <= 0)
		return -1;
	if (store_role_is_fixed((*node_r)->info.role)) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "This folder cannot be renamed");
	}
	return 0;
}

int store_folder_rename(struct store *store, store_fid_t fid,
			store_fid_t parent_fid, const char *name)
{
	struct store_node *node, *parent;
	struct mail_namespace *ns;
	const char *vname, *path;

	if (store_rename_check(store, fid, &node) < 0 ||
	    store_parent_get(store, parent_fid, &parent) < 0)
		return -1;
	if (store_node_is_below(parent, node)) {
		return store_fail(store, STORE_ERROR_INVALID,
				  "A folder cannot go below itself");
	}
	vname = store_child_vname(store, parent, name, &ns);
	if (vname == NULL)
		return -1;
	path = parent == NULL ? name :
		t_strdup_printf("%s%c%s", parent->path, STORE_PATH_SEP, name);
	return store_rename_node(store, node, ns, vname, path);
}

int store_folder_rename_top(struct store *store, store_fid_t fid,
			    const char *view, const char *name)
{
	struct mail_namespace *ns;
	struct store_node *node;
	const char *vname;

	if (store_rename_check(store, fid, &node) < 0 ||
	    (vname = store_top_vname(store, view, name, &ns)) == NULL)
		return -1;
	return store_rename_node(store, node, ns, vname,
				 store_path_of(pool_datastack_create(), ns,
					       vname));
}

/* --- delete, empty -------------------------------------------------------- */

static int store_delete_node(struct store *store, const struct store_node *node)
{
	struct mailbox *box = store_node_box(store, node, 0);
	int ret = 0;

	if (box == NULL)
		return -1;
	/* not mailbox_delete_empty(): the client saw what is in it */
	if (mailbox_delete(box) < 0 &&
	    mailbox_get_last_mail_error(box) != MAIL_ERROR_NOTFOUND)
		ret = store_fail_box(store, box, "deleting");
	else if (node->info.subscribed)
		(void)mailbox_set_subscribed(box, FALSE);
	mailbox_free(&box);
	return ret;
}

/* Children first; the tree has parents first. */
static int store_delete_below(struct store *store, const struct store_node *top,
			      bool itself)
{
	struct store_node *const *nodes, *node;
	unsigned int i, count;
	int ret = 0;

	nodes = array_get(&store->tree->nodes, &count);
	for (i = count; i > 0 && ret == 0; i--) {
		node = nodes[i - 1];
		if (!store_node_is_below(node, top) ||
		    (node == top && !itself))
			continue;
		/* a name without a mailbox goes with its last child */
		if (node->info.selectable || node == top)
			ret = store_delete_node(store, node);
	}
	store_tree_invalidate(store);
	return ret;
}

static bool store_has_fixed_below(struct store *store,
				  const struct store_node *top, bool itself)
{
	struct store_node *node;

	array_foreach_elem(&store->tree->nodes, node) {
		if (store_node_is_below(node, top) &&
		    (itself || node != top) &&
		    store_role_is_fixed(node->info.role))
			return TRUE;
	}
	return FALSE;
}

static int store_delete_check(struct store *store, store_fid_t fid,
			      struct store_node **node_r)
{
	struct store_node *node;

	if (store_node_get(store, fid, node_r) <= 0)
		return -1;
	node = *node_r;
	if (store_has_fixed_below(store, node, TRUE) ||
	    node->info.role != STORE_ROLE_NONE ||
	    (*node->ns_prefix == '\0' && !node->info.selectable &&
	     node->info.foreign)) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "This folder cannot be deleted");
	}
	return 0;
}

int store_folder_delete(struct store *store, store_fid_t fid)
{
	struct store_node *node;

	if (store_delete_check(store, fid, &node) < 0)
		return -1;
	store_folders_close(store, FALSE);
	return store_delete_below(store, node, TRUE);
}

int store_folder_may_delete(struct store *store, store_fid_t fid)
{
	struct store_node *node;

	if (store_delete_check(store, fid, &node) < 0)
		return -1;
	return node->info.selectable ?
		store_node_may(store, node, COMPAT_ACL_DELETE) : 0;
}

int store_folder_delete_below(struct store *store, store_fid_t fid)
{
	struct store_node *node;

	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (store_has_fixed_below(store, node, FALSE)) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "A folder below cannot be deleted");
	}
	store_folders_close(store, FALSE);
	return store_delete_below(store, node, FALSE);
}

int store_folder_empty(struct store *store, store_fid_t fid, bool subfolders)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) all;
	int ret;

	if (store_open(store, fid, &folder) < 0)
		return -1;
	t_array_init(&all, 1);
	seq_range_array_add_range(&all, 1, (uint32_t)-1);
	ret = store_expunge(folder, &all);
	store_close(&folder);
	return ret < 0 || !subfolders ? ret :
		store_folder_delete_below(store, fid);
}
