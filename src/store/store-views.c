/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Views: one owner's folders as this user sees them. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "compat-store.h"
#include "store-objects.h"

/* Everything that can be allowed */
#define STORE_RIGHTS_FULL \
	(STORE_RIGHT_LOOKUP | STORE_RIGHT_READ | STORE_RIGHT_WRITE | \
	 STORE_RIGHT_WRITE_SEEN | STORE_RIGHT_WRITE_DELETED | \
	 STORE_RIGHT_INSERT | STORE_RIGHT_EXPUNGE | STORE_RIGHT_CREATE | \
	 STORE_RIGHT_DELETE | STORE_RIGHT_ADMIN)

/* Key of a view's number among names that are no mailbox; no path begins so */
#define STORE_VIEW_KEY "\002view/"

/* --- which view ------------------------------------------------------------------ */

bool store_view_is_own(const char *view)
{
	return view == NULL;
}

bool store_views_equal(const char *a, const char *b)
{
	return null_strcmp(a, b) == 0;
}

const char *store_view_of(const struct store_folder_info *info)
{
	return info->foreign ? info->owner : NULL;
}

const char *store_node_view(const struct store_node *node)
{
	return store_view_of(&node->info);
}

int store_view_scope(struct store *store, const char *view, uint32_t *scope_r)
{
	struct meta_folder_key key = { .kind = META_FOLDER_NAME };

	*scope_r = 0;
	if (store_view_is_own(view))
		return 0;
	key.name = t_strconcat(STORE_VIEW_KEY, view, NULL);
	if (meta_folder_issue(store->db, &key, NULL, 1, scope_r) < 0) {
		return store_fail_meta(store, store->db,
				       "numbering an owner");
	}
	return 0;
}

/* --- its tree -------------------------------------------------------------------- */

/* The name of the namespace itself */
static bool store_node_is_prefix(struct store *store,
				 const struct store_node *node)
{
	struct mail_namespace *ns = store_node_ns(store, node);

	return ns != NULL && ns->prefix_len > 0 &&
		strlen(node->info.vname) == ns->prefix_len - 1 &&
		strncmp(node->info.vname, ns->prefix, ns->prefix_len - 1) == 0;
}

struct store_view_tree {
	struct store *store;
	const char *view;
	/* Nodes of the view and those that lead to them */
	HASH_TABLE(struct store_node *, struct store_node *) nodes;
	/* Only one namespace: its name is not shown */
	bool single;
};

static void store_view_tree_init(struct store_view_tree *vt,
				 struct store *store, const char *view)
{
	struct store_node *node, *p;
	const char *prefix = NULL;

	i_zero(vt);
	vt->store = store;
	vt->view = view;
	vt->single = TRUE;
	hash_table_create_direct(&vt->nodes, default_pool, 0);
	array_foreach_elem(&store->tree->nodes, node) {
		if (!node->info.selectable ||
		    !store_views_equal(store_node_view(node), view))
			continue;
		if (prefix != NULL && strcmp(prefix, node->ns_prefix) != 0)
			vt->single = FALSE;
		prefix = node->ns_prefix;
		for (p = node; p != NULL; p = p->parent)
			hash_table_update(vt->nodes, p, p);
	}
}

/* Names above a foreign namespace ("shared") are of nobody. */
static bool store_view_shows(struct store_view_tree *vt,
			     struct store_node *node)
{
	if (hash_table_lookup(vt->nodes, node) == NULL)
		return FALSE;
	if (store_view_is_own(vt->view))
		return !node->info.foreign;
	if (!node->info.foreign ||
	    !store_views_equal(store_node_view(node), vt->view))
		return FALSE;
	return node->info.selectable || !vt->single ||
		!store_node_is_prefix(vt->store, node);
}

static store_fid_t store_view_parent(struct store_view_tree *vt,
				     const struct store_node *node)
{
	struct store_node *p;

	for (p = node->parent; p != NULL; p = p->parent) {
		if (store_view_shows(vt, p) &&
		    (store_view_is_own(vt->view) ||
		     !store_node_is_prefix(vt->store, p)))
			return p->info.fid;
	}
	return 0;
}

/* "shared/bob/INBOX", or "shared/bob" where that is one. */
static bool store_node_is_inbox(struct store *store,
				const struct store_node *node)
{
	struct mail_namespace *ns;

	if (!node->info.foreign)
		return node->info.role == STORE_ROLE_INBOX;
	ns = store_node_ns(store, node);
	if (ns == NULL || !node->info.selectable ||
	    ns->type != MAIL_NAMESPACE_TYPE_SHARED)
		return FALSE;
	return store_node_is_prefix(store, node) ||
		(strlen(node->info.vname) > ns->prefix_len &&
		 strcasecmp(node->info.vname + ns->prefix_len, "INBOX") == 0);
}

int store_view_load(struct store *store, const char *view)
{
	const ARRAY_TYPE(store_folder_info) *folders;

	return store_view_is_own(view) ? store_folders_own(store, &folders) :
		store_folders(store, &folders);
}

int store_view_inbox(struct store *store, const char *view,
		     struct store_node **node_r)
{
	struct store_node *node;

	*node_r = NULL;
	if (store_view_load(store, view) < 0)
		return -1;
	array_foreach_elem(&store->tree->nodes, node) {
		if (store_views_equal(store_node_view(node), view) &&
		    store_node_is_inbox(store, node)) {
			*node_r = node;
			return 1;
		}
	}
	(void)store_fail(store, STORE_ERROR_PERM, "No right to its INBOX");
	return 0;
}

/* Roles as the owner has them, as far as we can tell. */
static void store_view_roles(struct store_view_tree *vt,
			     ARRAY_TYPE(store_folder_info) *folders)
{
	bool taken[STORE_ROLE_JOURNAL + 1] = { FALSE };
	struct store_folder_info *info;
	struct store_node *node;
	enum store_role role;

	if (store_view_is_own(vt->view) || *vt->view == '\0')
		return;
	array_foreach_modifiable(folders, info) {
		node = hash_table_lookup(vt->store->tree->by_fid,
					 POINTER_CAST(info->fid));
		if (store_node_is_inbox(vt->store, node)) {
			role = STORE_ROLE_INBOX;
			/* "shared/bob" may be it */
			info->name = info->display = "INBOX";
		} else if (node->item_role != STORE_ROLE_NONE &&
			   store_role_class(node->item_role) == info->class) {
			role = node->item_role;
		} else {
			continue;
		}
		/* the oldest, as for the owner */
		if (!taken[role])
			info->role = role;
		taken[role] = TRUE;
	}
	store_roles_guess_infos(folders);
}

int store_view_folders(struct store *store, const char *view, pool_t pool,
		       ARRAY_TYPE(store_folder_info) *folders_r)
{
	struct store_view_tree vt;
	struct store_folder_info *info;
	struct store_node *node;

	p_array_init(folders_r, pool, 64);
	if (store_view_load(store, view) < 0)
		return -1;
	store_view_tree_init(&vt, store, view);
	array_foreach_elem(&store->tree->nodes, node) {
		if (!store_view_shows(&vt, node))
			continue;
		info = array_append_space(folders_r);
		*info = node->info;
		info->parent = store_view_parent(&vt, node);
		info->name = p_strdup(pool, node->info.name);
		info->display = p_strdup(pool, node->info.display);
		info->vname = p_strdup(pool, node->info.vname);
		info->owner = p_strdup(pool, node->info.owner);
	}
	store_view_roles(&vt, folders_r);
	hash_table_destroy(&vt.nodes);
	return 0;
}

/* --- its databases ---------------------------------------------------------------- */

int store_view_lists(struct store *store, const char *view,
		     ARRAY_TYPE(mailbox_list) *lists_r)
{
	struct mail_namespace *ns;
	struct mailbox_list *const *seen;
	struct store_node *node;
	unsigned int i, count;

	t_array_init(lists_r, 4);
	if (store_view_load(store, view) < 0)
		return -1;
	array_foreach_elem(&store->tree->nodes, node) {
		if (!node->info.selectable ||
		    !store_views_equal(store_node_view(node), view) ||
		    (ns = store_node_ns(store, node)) == NULL)
			continue;
		seen = array_get(lists_r, &count);
		for (i = 0; i < count && seen[i] != ns->list; i++) ;
		if (i == count)
			array_push_back(lists_r, &ns->list);
	}
	return 0;
}

struct mail_namespace *store_view_ns(struct store *store, const char *view)
{
	struct store_node *node;

	if (store_view_is_own(view))
		return mail_namespace_find_inbox(store->user->namespaces);
	if (store_view_load(store, view) < 0)
		return NULL;
	array_foreach_elem(&store->tree->nodes, node) {
		if (node->info.selectable &&
		    store_views_equal(store_node_view(node), view))
			return store_node_ns(store, node);
	}
	(void)store_fail(store, STORE_ERROR_NOTFOUND, "Nothing of it is seen");
	return NULL;
}

/* --- who there is ------------------------------------------------------------------- */

static int store_view_info_fill(struct store *store, const char *view,
				pool_t pool, struct store_view_info *info_r)
{
	struct store_node *inbox;
	int ret;

	i_zero(info_r);
	info_r->owner = p_strdup(pool, view == NULL ? store->user->username :
				 view);
	if ((ret = store_view_inbox(store, view, &inbox)) <= 0)
		return ret;
	info_r->inbox = inbox->info.fid;
	if (store_folder_rights(store, info_r->inbox, &info_r->rights) < 0)
		return -1;
	info_r->full = (info_r->rights & STORE_RIGHTS_FULL) ==
		STORE_RIGHTS_FULL;
	return 0;
}

static int store_view_info_cmp(const struct store_view_info *a,
			       const struct store_view_info *b)
{
	return strcmp(a->owner, b->owner);
}

static bool store_views_have(const ARRAY_TYPE(store_view_info) *views,
			     const char *owner)
{
	const struct store_view_info *view;

	array_foreach(views, view) {
		if (strcmp(view->owner, owner) == 0)
			return TRUE;
	}
	return FALSE;
}

int store_views(struct store *store, pool_t pool,
		ARRAY_TYPE(store_view_info) *views_r)
{
	struct store_view_info info;
	struct store_node *node;

	p_array_init(views_r, pool, 8);
	if (store_view_load(store, "") < 0)
		return -1;
	array_foreach_elem(&store->tree->nodes, node) {
		if (!node->info.selectable || !node->info.foreign ||
		    *node->info.owner == '\0' ||
		    store_views_have(views_r, node->info.owner))
			continue;
		if (store_view_info_fill(store, node->info.owner, pool,
					 &info) < 0)
			return -1;
		array_push_back(views_r, &info);
	}
	array_sort(views_r, store_view_info_cmp);
	return 0;
}

/* The shared namespace is made when it is first asked for: a mailbox whose owner
   is in no dictionary yet. */
static bool store_view_seen(struct store *store, const char *view)
{
	struct store_node *node;

	array_foreach_elem(&store->tree->nodes, node) {
		if (node->info.selectable && node->info.foreign &&
		    store_views_equal(store_node_view(node), view))
			return TRUE;
	}
	return FALSE;
}

int store_view_find(struct store *store, const char *view, pool_t pool,
		    struct store_view_info *view_r)
{
	i_zero(view_r);
	if (store_view_load(store, view) < 0)
		return -1;
	if (!store_view_is_own(view) && !store_view_seen(store, view))
		return 0;
	return store_view_info_fill(store, view, pool, view_r) < 0 ? -1 : 1;
}

int store_full_access_owners(struct store *store, pool_t pool,
			     ARRAY_TYPE(const_string) *owners_r)
{
	ARRAY_TYPE(store_view_info) views;
	const struct store_view_info *view;

	p_array_init(owners_r, pool, 4);
	if (store_views(store, pool, &views) < 0)
		return -1;
	array_foreach(&views, view) {
		if (view->full)
			array_push_back(owners_r, &view->owner);
	}
	return 0;
}
