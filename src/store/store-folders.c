/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The tree of folders: listed from all namespaces, numbered by meta, kept until
   something changes. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "hash.h"
#include "str.h"
#include "strescape.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-attribute.h"
#include "mailbox-attribute-internal.h"
#include "mailbox-list-iter.h"
#include "store-items.h"

/* One that meta knows; several may have had a path. */
struct store_known {
	const struct meta_folder *folder;
	struct store_known *next;
};

struct store_listing {
	struct store *store;
	struct store_tree *tree;
	HASH_TABLE(const char *, struct store_node *) by_path;
	HASH_TABLE(uint8_t *, struct store_node *) by_guid;
	/* Properties of the folders of this list */
	struct mailbox_list *props_list;
	struct store_propset *props;
	/* Known from earlier, by path; read when it is needed */
	HASH_TABLE(const char *, struct store_known *) known;
	pool_t known_pool;
	/* A folder was re-attached: what was read of it is not true */
	bool again;
};

void store_tree_free(struct store_tree **_tree)
{
	struct store_tree *tree = *_tree;

	*_tree = NULL;
	if (tree->older != NULL)
		store_tree_free(&tree->older);
	hash_table_destroy(&tree->by_fid);
	pool_unref(&tree->pool);
}

void store_tree_invalidate(struct store *store)
{
	store->own_checked = store->foreign_checked = FALSE;
	if (store->tree != NULL)
		store->tree->own_stamp = 0;
}

/* --- listing -------------------------------------------------------------- */

static bool store_ns_is_foreign(const struct mail_namespace *ns)
{
	return ns->type != MAIL_NAMESPACE_TYPE_PRIVATE;
}

static const char *store_ns_owner(const struct mail_namespace *ns)
{
	return ns->owner == NULL ? "" : ns->owner->username;
}

/* "INBOX." in front of everything is a habit of Courier's, not a parent. */
static bool store_ns_hides_prefix(const struct mail_namespace *ns)
{
	return (ns->flags & NAMESPACE_FLAG_INBOX_USER) != 0 ||
		(ns->type == MAIL_NAMESPACE_TYPE_PRIVATE &&
		 strncasecmp(ns->prefix, "INBOX", 5) == 0 &&
		 ns->prefix_len == 6);
}

const char *
store_path_of(pool_t pool, struct mail_namespace *ns, const char *vname)
{
	char sep = mail_namespace_get_sep(ns);
	char *path, *p;

	if (store_ns_hides_prefix(ns) && ns->prefix_len > 0 &&
	    strncmp(vname, ns->prefix, ns->prefix_len) == 0 &&
	    vname[ns->prefix_len] != '\0')
		vname += ns->prefix_len;
	path = p_strdup(pool, vname);
	for (p = path; *p != '\0'; p++) {
		if (*p == sep)
			*p = STORE_PATH_SEP;
	}
	return path;
}

static struct store_node *
store_listing_node(struct store_listing *list, const char *path);

static struct store_node *
store_listing_parent(struct store_listing *list, const char *path)
{
	const char *p = strrchr(path, STORE_PATH_SEP);

	if (p == NULL || p == path)
		return NULL;
	return store_listing_node(list, p_strdup_until(list->tree->pool,
						       path, p));
}

/* The node of the path; made, with its parents, if it is not there. */
static struct store_node *
store_listing_node(struct store_listing *list, const char *path)
{
	struct store_node *node;
	const char *p;

	node = hash_table_lookup(list->by_path, path);
	if (node != NULL)
		return node;
	node = p_new(list->tree->pool, struct store_node, 1);
	node->path = path;
	node->parent = store_listing_parent(list, path);
	p = strrchr(path, STORE_PATH_SEP);
	node->info.name = p == NULL ? path : p + 1;
	node->info.vname = path;
	node->info.owner = "";
	node->ns_prefix = "";
	hash_table_insert(list->by_path, path, node);
	array_push_back(&list->tree->nodes, &node);
	return node;
}

static bool store_listing_has_guid(struct store_listing *list,
				   const uint8_t *guid)
{
	/* the hash type wants its keys not const */
	uint8_t *key = (uint8_t *)guid;

	return hash_table_lookup(list->by_guid, key) != NULL;
}

static int store_listing_known(struct store_listing *list)
{
	ARRAY_TYPE(meta_folder) folders;
	const struct meta_folder *folder;
	struct store_known *known;

	if (list->known_pool != NULL)
		return 0;
	list->known_pool = pool_alloconly_create("known folders", 4096);
	hash_table_create(&list->known, list->known_pool, 0, str_hash, strcmp);
	p_array_init(&folders, list->known_pool, 64);
	if (meta_folder_list(list->store->db, list->known_pool, &folders) < 0)
		return store_fail_meta(list->store, list->store->db,
				       "listing folders");
	array_foreach(&folders, folder) {
		if (folder->path == NULL || folder->key.kind == META_FOLDER_NAME)
			continue;
		known = p_new(list->known_pool, struct store_known, 1);
		known->folder = folder;
		known->next = hash_table_lookup(list->known, folder->path);
		hash_table_update(list->known, folder->path, known);
	}
	return 0;
}

static bool store_known_is_of(const struct store_known *known,
			      const char *owner)
{
	const struct meta_folder_key *key = &known->folder->key;

	return key->kind == META_FOLDER_MAILBOX ? *owner == '\0' :
		strcmp(key->owner, owner) == 0;
}

static const struct meta_folder *
store_listing_find_known(struct store_listing *list, const char *owner,
			 const char *path)
{
	const struct store_known *known = hash_table_lookup(list->known, path);

	while (known != NULL && !store_known_is_of(known, owner))
		known = known->next;
	return known == NULL ? NULL : known->folder;
}

/* A folder that cannot be opened now must not vanish from clients: the GUID it
   had is used, if it is known. 1, 0 leave it out, -1 */
static int store_listing_guid_failed(struct store_listing *list,
				     struct store_node *node,
				     struct mailbox *box)
{
	const struct meta_folder *known;
	enum mail_error error = mailbox_get_last_mail_error(box);

	if (error == MAIL_ERROR_NOTFOUND)
		return 0;
	if (error != MAIL_ERROR_PERM)
		(void)store_fail_box(list->store, box, "reading its GUID");
	if (store_listing_known(list) < 0)
		return -1;
	known = store_listing_find_known(list,
		node->info.foreign ? node->info.owner : "", node->path);
	if (known == NULL)
		return 0;
	guid_128_copy(node->info.guid, known->key.guid);
	return 1;
}

static int store_listing_guid(struct store_listing *list,
			      struct store_node *node, struct mailbox *box)
{
	struct mailbox_metadata metadata;
	uint8_t *key;

	if (mailbox_get_metadata(box, MAILBOX_METADATA_GUID, &metadata) < 0) {
		int ret = store_listing_guid_failed(list, node, box);
		if (ret <= 0)
			return ret;
	} else {
		guid_128_copy(node->info.guid, metadata.guid);
	}
	if (store_listing_has_guid(list, node->info.guid)) {
		e_debug(list->store->event, "%s has the GUID of another folder",
			node->info.vname);
		guid_128_empty(node->info.guid);
		return 0;
	}
	key = node->info.guid;
	hash_table_insert(list->by_guid, key, node);
	return 1;
}

/* Clients can give a special use when they create a folder (RFC 6154 5.3); the
   listing only knows the site's settings. Asked once for each mailbox. */
static bool store_listing_attribute(struct store *store,
				    struct store_node *node,
				    struct mailbox *box, enum store_role *role_r)
{
	struct mail_attribute_value value;
	const struct store_role_guess *known;
	struct store_role_guess *guess;
	enum store_role role = STORE_ROLE_NONE;

	array_foreach(&store->roles, known) {
		if (guid_128_equals(known->guid, node->info.guid)) {
			*role_r = known->role;
			return known->role != STORE_ROLE_NONE;
		}
	}
	if (mailbox_attribute_get(box, MAIL_ATTRIBUTE_TYPE_PRIVATE,
				  MAILBOX_ATTRIBUTE_SPECIALUSE, &value) > 0 &&
	    value.value != NULL)
		(void)store_role_of_special_use(value.value, &role);
	guess = array_append_space(&store->roles);
	guid_128_copy(guess->guid, node->info.guid);
	guess->role = role;
	*role_r = role;
	return role != STORE_ROLE_NONE;
}

static void store_listing_role(struct store_listing *list,
			       struct store_node *node, struct mailbox *box,
			       const struct mailbox_info *info)
{
	enum store_role role;
	struct store_node *other;

	if (node->info.foreign)
		return;
	if (strcasecmp(node->path, "INBOX") == 0)
		role = STORE_ROLE_INBOX;
	else if (info->special_use != NULL &&
		 store_role_of_special_use(info->special_use, &role))
		;
	else if (!store_listing_attribute(list->store, node, box, &role))
		return;
	/* one folder a role: the first */
	array_foreach_elem(&list->tree->nodes, other) {
		if (other->info.role == role)
			return;
	}
	node->info.role = role;
}

/* Above a folder that the user sees may be ones that the listing leaves out: no
   right to look them up. They have their place in the namespace all the same. */
static void store_listing_name_parents(struct store_listing *list,
				       struct store_node *node,
				       struct mail_namespace *ns)
{
	char sep = mail_namespace_get_sep(ns);
	const char *p, *vname = node->info.vname;

	for (node = node->parent; node != NULL; node = node->parent) {
		p = strrchr(vname, sep);
		if (p == NULL || (size_t)(p - vname) <= ns->prefix_len ||
		    node->info.vname != node->path)
			return;
		vname = p_strdup_until(list->tree->pool, vname, p);
		node->info.vname = vname;
		node->info.foreign = store_ns_is_foreign(ns);
		node->info.owner = p_strdup(list->tree->pool,
					    store_ns_owner(ns));
		node->ns_prefix = p_strdup(list->tree->pool, ns->prefix);
	}
}

/* Others' databases may be out of reach (another uid) or damaged: that is no
   reason to have no folders. */
static int store_listing_props(struct store_listing *list,
			       struct mailbox_list *mlist, bool foreign)
{
	if (list->props_list == mlist)
		return 0;
	list->props_list = mlist;
	if (store_props_get(list->store, mlist, &list->props) < 0) {
		list->props = NULL;
		if (!foreign)
			return -1;
	}
	return 0;
}

/* What it holds, and which default folder it is. */
static int store_listing_class(struct store_listing *list,
			       struct store_node *node, struct mailbox *box)
{
	const struct store_prop *prop;

	if (store_listing_props(list, box->list, node->info.foreign) < 0)
		return -1;
	prop = store_prop_find(list->props, node->info.guid);
	if (prop == NULL) {
		if (list->props == NULL && node->info.foreign)
			node->info.class = store_marker_class(box);
		return 0;
	}
	node->info.class = prop->class;
	if (prop->class == STORE_CLASS_MAIL)
		return 0;
	node->item_role = prop->role;
	if (!node->info.foreign)
		node->info.subscribed = !prop->hidden;
	if (prop->display != NULL && *prop->display != '\0')
		node->info.display = p_strdup(list->tree->pool, prop->display);
	return 0;
}

static int store_listing_add(struct store_listing *list,
			     const struct mailbox_info *info)
{
	struct store_node *node;
	struct mailbox *box;
	int ret;

	node = store_listing_node(list, store_path_of(list->tree->pool,
						      info->ns, info->vname));
	node->info.vname = p_strdup(list->tree->pool, info->vname);
	node->info.foreign = store_ns_is_foreign(info->ns);
	node->info.owner = p_strdup(list->tree->pool, store_ns_owner(info->ns));
	node->info.subscribed = (info->flags & MAILBOX_SUBSCRIBED) != 0;
	node->ns_prefix = p_strdup(list->tree->pool, info->ns->prefix);
	store_listing_name_parents(list, node, info->ns);
	if ((info->flags & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) != 0 ||
	    node->info.selectable)
		return 0;
	box = mailbox_alloc(info->ns->list, info->vname, MAILBOX_FLAG_READONLY);
	ret = store_listing_guid(list, node, box);
	if (ret > 0) {
		node->info.selectable = TRUE;
		ret = store_listing_class(list, node, box);
		node->info.unreadable = node->info.foreign &&
			compat_acl_right(box, COMPAT_ACL_READ) == 0;
		if (node->info.class == STORE_CLASS_MAIL)
			store_listing_role(list, node, box, info);
	}
	mailbox_free(&box);
	return ret < 0 ? -1 : 0;
}

static int store_listing_run(struct store_listing *list)
{
	static const char *const patterns[] = { "*", NULL };
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;
	int ret = 0;

	iter = mailbox_list_iter_init_namespaces(list->store->user->namespaces,
		patterns, MAIL_NAMESPACE_TYPE_MASK_ALL,
		MAILBOX_LIST_ITER_SKIP_ALIASES |
		MAILBOX_LIST_ITER_RETURN_SUBSCRIBED |
		MAILBOX_LIST_ITER_RETURN_SPECIALUSE);
	while (ret == 0 && (info = mailbox_list_iter_next(iter)) != NULL) T_BEGIN {
		ret = store_listing_add(list, info);
	} T_END;
	if (mailbox_list_iter_deinit(&iter) < 0 && ret == 0) {
		ret = store_fail_list(list->store,
				      list->store->user->namespaces->list,
				      "listing");
	}
	return ret;
}

/* --- numbers -------------------------------------------------------------- */

void store_node_key(const struct store_node *node,
		    struct meta_folder_key *key_r)
{
	i_zero(key_r);
	if (!node->info.selectable) {
		key_r->kind = META_FOLDER_NAME;
		key_r->name = node->path;
	} else if (node->info.foreign) {
		key_r->kind = META_FOLDER_FOREIGN;
		key_r->owner = node->info.owner;
	} else {
		key_r->kind = META_FOLDER_MAILBOX;
	}
	guid_128_copy(key_r->guid, node->info.guid);
}

int store_folder_rekey(struct store *store, struct meta_db *db,
		       const struct store_node *node,
		       const struct meta_folder_key *old,
		       const struct meta_folder_key *key)
{
	struct meta_txn *txn = meta_txn_begin(db);

	e_info(store->event, "%s: GUID changed, its number stays",
	       node->info.vname);
	meta_folder_rekey(txn, old, key);
	return meta_txn_commit(&txn) < 0 ?
		store_fail_meta(store, db, "re-attaching a folder") : 0;
}

static bool store_folder_key_equals(const struct meta_folder_key *a,
				    const struct meta_folder_key *b)
{
	return a->kind == b->kind && guid_128_equals(a->guid, b->guid) &&
		null_strcmp(a->owner, b->owner) == 0;
}

/* Losing Maildir's dovecot-uidlist gives a mailbox another GUID. If its name is
   known with a GUID that no folder has any more, it is that one. (A deleted and
   re-created folder is not: the plugin forgets at deletion.) 1 re-attached */
static int store_listing_rekey(struct store_listing *list,
			       struct store_node *node,
			       const struct meta_folder_key *key)
{
	const char *owner = node->info.foreign ? node->info.owner : "";
	const struct store_known *known;

	if (store_listing_known(list) < 0)
		return -1;
	/* the new one may be there already, of what somebody wrote meanwhile */
	known = hash_table_lookup(list->known, node->path);
	for (; known != NULL; known = known->next) {
		const struct meta_folder_key *old = &known->folder->key;

		if (store_known_is_of(known, owner) && old->kind == key->kind &&
		    !store_folder_key_equals(old, key) &&
		    !store_listing_has_guid(list, old->guid))
			return store_folder_rekey(list->store, list->store->db,
						  node, old, key) < 0 ? -1 : 1;
	}
	return 0;
}

/* Numbers for all; paths are noted for repair. */
static int store_listing_number(struct store_listing *list)
{
	unsigned int i, count = array_count(&list->tree->nodes);
	struct store_node *const *nodes = array_front(&list->tree->nodes);
	struct meta_folder_key *keys = t_new(struct meta_folder_key, count + 1);
	const char **paths = t_new(const char *, count + 1);
	uint32_t *fids = t_new(uint32_t, count + 1);
	int ret;

	for (i = 0; i < count; i++) {
		store_node_key(nodes[i], &keys[i]);
		paths[i] = nodes[i]->path;
		ret = !nodes[i]->info.selectable ? 0 :
			store_listing_rekey(list, nodes[i], &keys[i]);
		if (ret < 0)
			return -1;
		/* its properties were looked for in vain */
		if (ret > 0 && !nodes[i]->info.foreign)
			list->again = TRUE;
	}
	if (meta_folder_issue(list->store->db, keys, paths, count, fids) < 0)
		return store_fail_meta(list->store, list->store->db,
				       "numbering folders");
	for (i = 0; i < count; i++)
		nodes[i]->info.fid = fids[i];
	return 0;
}

/* Renamed folders: the noted path follows, or repair would go wrong. */
static int store_listing_note_paths(struct store_listing *list)
{
	const struct store_tree *old = list->store->tree;
	struct store_node *node, *before;
	struct meta_folder_key key;
	struct meta_txn *txn;

	if (old == NULL)
		return 0;
	txn = NULL;
	array_foreach_elem(&list->tree->nodes, node) {
		before = hash_table_lookup(old->by_fid,
					   POINTER_CAST(node->info.fid));
		if (before == NULL || !node->info.selectable ||
		    strcmp(before->path, node->path) == 0)
			continue;
		if (txn == NULL)
			txn = meta_txn_begin(list->store->db);
		store_node_key(node, &key);
		meta_folder_set_path(txn, &key, node->path);
	}
	if (txn != NULL && meta_txn_commit(&txn) < 0)
		return store_fail_meta(list->store, list->store->db,
				       "noting new names");
	return 0;
}

/* --- the finished tree ---------------------------------------------------- */

/* Nodes that hold nothing and lead to nothing ("shared" of a user to whom
   nobody shares) are left out; parents first. */
static void store_tree_order(struct store_tree *tree)
{
	ARRAY_TYPE(store_node) ordered;
	struct store_node *node, *p;
	bool more = TRUE;

	array_foreach_elem(&tree->nodes, node) {
		for (p = node; node->info.selectable && p != NULL; p = p->parent)
			p->useful = TRUE;
	}
	p_array_init(&ordered, tree->pool, array_count(&tree->nodes));
	/* depth by depth */
	for (unsigned int depth = 0; more; depth++) {
		more = FALSE;
		array_foreach_elem(&tree->nodes, node) {
			unsigned int d = 0;

			for (p = node->parent; p != NULL; p = p->parent)
				d++;
			if (d > depth)
				more = TRUE;
			if (d == depth && node->useful)
				array_push_back(&ordered, &node);
		}
	}
	tree->nodes = ordered;
}

/* One folder a role: the oldest. (Two replicas may each have made one.) */
static void store_tree_item_roles(struct store_tree *tree)
{
	struct store_node *best[STORE_ROLE_JOURNAL + 1] = { NULL }, *node;

	array_foreach_elem(&tree->nodes, node) {
		if (node->info.foreign || node->item_role == STORE_ROLE_NONE ||
		    store_role_class(node->item_role) != node->info.class)
			continue;
		if (best[node->item_role] == NULL ||
		    node->info.fid < best[node->item_role]->info.fid)
			best[node->item_role] = node;
	}
	for (unsigned int i = 0; i < N_ELEMENTS(best); i++) {
		if (best[i] != NULL)
			best[i]->info.role = i;
	}
}

static void store_tree_finish(struct store *store, struct store_tree *tree)
{
	struct store_node *node;

	array_foreach_elem(&tree->nodes, node) {
		node->info.parent = node->parent == NULL ? 0 :
			node->parent->info.fid;
	}
	store_tree_item_roles(tree);
	array_foreach_elem(&tree->nodes, node) {
		if (node->info.display == NULL)
			node->info.display = store_display_name(store, node,
								tree->pool);
	}
	store_roles_guess(tree);
	p_array_init(&tree->infos, tree->pool, array_count(&tree->nodes) + 1);
	array_foreach_elem(&tree->nodes, node) {
		hash_table_insert(tree->by_fid, POINTER_CAST(node->info.fid),
				  node);
		array_push_back(&tree->infos, &node->info);
	}
}

static int store_tree_read_once(struct store *store, struct store_tree **tree_r,
				bool *again_r)
{
	struct store_listing list;
	struct store_tree *tree;
	pool_t pool;
	int ret;

	pool = pool_alloconly_create(MEMPOOL_GROWING"store folders", 8192);
	tree = p_new(pool, struct store_tree, 1);
	tree->pool = pool;
	tree->serial = ++store->tree_serial;
	p_array_init(&tree->nodes, pool, 64);
	hash_table_create_direct(&tree->by_fid, pool, 0);

	i_zero(&list);
	list.store = store;
	list.tree = tree;
	hash_table_create(&list.by_path, default_pool, 0, str_hash, strcmp);
	hash_table_create(&list.by_guid, default_pool, 0, guid_128_hash,
			  guid_128_cmp);
	ret = store_listing_run(&list);
	if (ret == 0) {
		store_tree_order(tree);
		T_BEGIN {
			ret = store_listing_number(&list);
			if (ret == 0)
				ret = store_listing_note_paths(&list);
		} T_END;
	}
	hash_table_destroy(&list.by_path);
	hash_table_destroy(&list.by_guid);
	if (list.known_pool != NULL)
		hash_table_destroy(&list.known);
	pool_unref(&list.known_pool);
	if (ret < 0) {
		store_tree_free(&tree);
		return -1;
	}
	store_tree_finish(store, tree);
	*tree_r = tree;
	*again_r = list.again;
	return 0;
}

static int store_tree_read(struct store *store, struct store_tree **tree_r)
{
	bool again;

	if (store_tree_read_once(store, tree_r, &again) < 0)
		return -1;
	if (!again)
		return 0;
	store_tree_free(tree_r);
	return store_tree_read_once(store, tree_r, &again);
}

static bool store_has_foreign(struct store *store)
{
	struct mail_namespace *ns;

	for (ns = store->user->namespaces; ns != NULL; ns = ns->next) {
		if (store_ns_is_foreign(ns) && ns->alias_for == NULL)
			return TRUE;
	}
	return FALSE;
}

static void store_refresh_shared(struct store *store)
{
	struct mail_namespace *ns;

	unsigned int stamp = compat_acl_owners_stamp(store->user);

	if (stamp == store->owners_stamp)
		return;
	store->owners_stamp = stamp;
	/* new owners: the plugin makes namespaces for them, and drops those
	   that show nothing any more: let go of what is open in them */
	store_folders_close(store, TRUE);
	for (ns = store->user->namespaces; ns != NULL; ns = ns->next) {
		if (ns->type == MAIL_NAMESPACE_TYPE_SHARED)
			compat_acl_shared_refresh(ns);
	}
}

/* Once a request: is the tree still true? Others' folders depend on their ACLs:
   they are read again, one's own only when the stamp says so. */
static int store_tree_check(struct store *store, bool foreign)
{
	struct store_tree *tree;
	uint64_t stamp;
	bool same;

	if (store->tree != NULL && store->own_checked &&
	    (!foreign || store->foreign_checked))
		return 0;
	if (store->tree == NULL) T_BEGIN {
		store_intents_settle(store);
	} T_END;
	if (store_stamp_get(store, &stamp) < 0)
		return -1;
	same = store->tree != NULL && stamp != 0 &&
		store->tree->own_stamp == stamp;
	if (foreign && store_has_foreign(store)) {
		store_refresh_shared(store);
		same = FALSE;
	}
	if (!same) {
		if (store_tree_read(store, &tree) < 0)
			return -1;
		/* GUIDs may have been filled in: the stamp of what we read */
		if (store_stamp_get(store, &tree->own_stamp) < 0)
			tree->own_stamp = 0;
		tree->older = store->tree;
		store->tree = tree;
		store->foreign_checked = TRUE;
	}
	store->own_checked = TRUE;
	if (foreign)
		store->foreign_checked = TRUE;
	return 0;
}

int store_folders(struct store *store,
		  const ARRAY_TYPE(store_folder_info) **folders_r)
{
	if (store_tree_check(store, TRUE) < 0)
		return -1;
	*folders_r = &store->tree->infos;
	return 0;
}

int store_folders_own(struct store *store,
		      const ARRAY_TYPE(store_folder_info) **folders_r)
{
	if (store_tree_check(store, FALSE) < 0)
		return -1;
	*folders_r = &store->tree->infos;
	return 0;
}

void store_node_set_guid(struct store *store, store_fid_t fid,
			 const guid_128_t guid)
{
	struct store_node *node =
		hash_table_lookup(store->tree->by_fid, POINTER_CAST(fid));

	if (node != NULL)
		guid_128_copy(node->info.guid, guid);
}

int store_node_get(struct store *store, store_fid_t fid,
		   struct store_node **node_r)
{
	if (store_tree_check(store, FALSE) < 0)
		return -1;
	*node_r = hash_table_lookup(store->tree->by_fid, POINTER_CAST(fid));
	if (*node_r != NULL && !(*node_r)->info.foreign)
		return 1;
	if (store_tree_check(store, TRUE) < 0)
		return -1;
	*node_r = hash_table_lookup(store->tree->by_fid, POINTER_CAST(fid));
	if (*node_r != NULL)
		return 1;
	(void)store_fail(store, STORE_ERROR_NOTFOUND, "No such folder");
	return 0;
}

const struct store_folder_info *
store_folder_find(struct store *store, store_fid_t fid)
{
	struct store_node *node;

	return store_node_get(store, fid, &node) <= 0 ? NULL : &node->info;
}

const struct store_folder_info *
store_folder_find_role(struct store *store, enum store_role role)
{
	const struct store_folder_info *info;

	if (store_tree_check(store, FALSE) < 0)
		return NULL;
	array_foreach(&store->tree->infos, info) {
		if (info->role == role)
			return info;
	}
	(void)store_fail(store, STORE_ERROR_NOTFOUND, "No such folder");
	return NULL;
}

struct mail_namespace *store_node_ns(struct store *store,
				     const struct store_node *node)
{
	return mail_namespace_find_prefix(store->user->namespaces,
					  node->ns_prefix);
}

struct mailbox *store_node_box(struct store *store,
			       const struct store_node *node,
			       enum mailbox_flags flags)
{
	struct mail_namespace *ns = store_node_ns(store, node);

	if (ns == NULL) {
		(void)store_fail(store, STORE_ERROR_NOTFOUND, "No such folder");
		return NULL;
	}
	return mailbox_alloc(ns->list, node->info.vname, flags);
}
