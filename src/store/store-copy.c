/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole folders: made anywhere, moved, copied with all that is in them, emptied,
   turned into another class. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "store-objects.h"

/* --- making ---------------------------------------------------------------------------- */

int store_place_create(struct store *store, const struct store_place *parent,
		       const char *name, enum store_class class,
		       store_fid_t *fid_r)
{
	if (parent->fid != 0 || (parent->special == 0 &&
				 store_view_is_own(parent->view))) {
		return store_folder_create(store, parent->fid, name, class,
					   fid_r);
	}
	if (parent->special != 0) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "Nothing can be made here");
	}
	return store_folder_create_top(store, parent->view, name, class, fid_r);
}

/* --- copying ---------------------------------------------------------------------------- */

struct store_copy {
	struct store *store;
	store_fid_t src, dest;
	bool deep, partial;
};

/* Something of it could not be copied: the rest goes on. */
static void store_copy_note(struct store_copy *copy, int ret, const char *what)
{
	const char *text;

	if (ret == 0)
		return;
	(void)store_last_error(copy->store, &text);
	e_info(copy->store->event, "Copying folder %u: %s: %s", copy->src,
	       what, text);
	copy->partial = TRUE;
}

static int store_copy_mail(struct store_copy *copy)
{
	struct store_folder *src, *dest;
	ARRAY_TYPE(seq_range) all;
	ARRAY_TYPE(store_moved) moved;
	int ret;

	if (store_open(copy->store, copy->src, &src) < 0)
		return -1;
	if (store_open(copy->store, copy->dest, &dest) < 0) {
		store_close(&src);
		return -1;
	}
	t_array_init(&all, 1);
	t_array_init(&moved, 64);
	seq_range_array_add_range(&all, 1, (uint32_t)-1);
	ret = store_move(src, &all, dest, TRUE, &moved);
	store_close(&dest);
	store_close(&src);
	return ret;
}

static int store_copy_items(struct store_copy *copy)
{
	ARRAY_TYPE(seq_range) nums;
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t num, new_num;
	int ret = 0;

	t_array_init(&nums, 16);
	if (store_item_nums(copy->store, copy->src, &nums) < 0)
		return -1;
	seq_range_array_iter_init(&iter, &nums);
	while (seq_range_array_iter_nth(&iter, n++, &num)) {
		if (store_item_copy(copy->store, copy->src, num, copy->dest,
				    &new_num) < 0)
			ret = -1;
	}
	return ret;
}

static int store_copy_opaques(struct store_copy *copy)
{
	struct store_place src = { .fid = copy->src };
	struct store_place dest = { .fid = copy->dest };
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;
	uint32_t num;
	int ret = 0;

	if (store_opaque_list(copy->store, &src, STORE_OPAQUE_ALL, NULL,
			      pool_datastack_create(), &opaques) < 0)
		return -1;
	array_foreach(&opaques, opaque) {
		if (store_opaque_copy(copy->store, &src, opaque->num, &dest,
				      FALSE, &num) < 0)
			ret = -1;
	}
	return ret;
}

static int store_copy_props(struct store_copy *copy)
{
	struct store_folder_props props;

	if (store_folder_props(copy->store, copy->src, pool_datastack_create(),
			       &props) < 0)
		return -1;
	/* the new one has a name of its own */
	props.display = NULL;
	if (props.color == NULL && props.order == 0 && props.reminder < 0)
		return 0;
	return store_folder_props_set(copy->store, copy->dest, &props);
}

static void store_copy_contents(struct store_copy *copy,
				const struct store_folder_info *info)
{
	if (!info->selectable)
		return;
	if (info->class == STORE_CLASS_MAIL)
		store_copy_note(copy, store_copy_mail(copy), "messages");
	else {
		store_copy_note(copy, store_copy_items(copy), "items");
		store_copy_note(copy, store_copy_props(copy), "properties");
	}
	store_copy_note(copy, store_copy_opaques(copy), "objects");
	store_copy_note(copy, store_blobs_copy(copy->store, copy->src,
					       copy->dest), "blobs");
}

static int store_copy_folder(struct store_copy *copy,
			     const struct store_place *parent,
			     const char *name);

static void store_copy_children(struct store_copy *copy)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *info;
	struct store_place parent = { .fid = copy->dest };
	struct store_copy child;
	ARRAY_TYPE(uint32_t) fids;
	ARRAY_TYPE(const_string) names;
	const char *name;

	t_array_init(&fids, 8);
	t_array_init(&names, 8);
	if (store_folders(copy->store, &folders) < 0) {
		copy->partial = TRUE;
		return;
	}
	/* the tree is read anew with each folder that is made */
	array_foreach(folders, info) {
		if (info->parent != copy->src || info->fid == copy->dest)
			continue;
		array_push_back(&fids, &info->fid);
		name = t_strdup(info->name);
		array_push_back(&names, &name);
	}
	for (unsigned int i = 0; i < array_count(&fids); i++) {
		i_zero(&child);
		child.store = copy->store;
		child.deep = TRUE;
		child.src = *array_idx(&fids, i);
		store_copy_note(copy, store_copy_folder(&child, &parent,
			*array_idx(&names, i)), "a folder below");
		copy->partial = copy->partial || child.partial;
	}
}

static int store_copy_folder(struct store_copy *copy,
			     const struct store_place *parent, const char *name)
{
	struct store_folder_info info;
	const struct store_folder_info *src =
		store_folder_find(copy->store, copy->src);

	if (src == NULL)
		return -1;
	/* it lives until the tree is read anew */
	info = *src;
	if (store_place_create(copy->store, parent, name, info.class,
			       &copy->dest) < 0)
		return -1;
	store_copy_contents(copy, &info);
	if (copy->deep)
		store_copy_children(copy);
	return 0;
}

/* A folder does not go into itself or below. */
static int store_copy_check(struct store *store, store_fid_t fid,
			    store_fid_t parent)
{
	store_fid_t at = parent;
	struct store_node *node;

	for (; at != 0; at = node->info.parent) {
		if (at == fid) {
			return store_fail(store, STORE_ERROR_INVALID,
					  "A folder cannot go below itself");
		}
		if (store_node_get(store, at, &node) <= 0)
			return -1;
	}
	return 0;
}

/* The parent as a place: 0 is the root of the folder's own view. */
static int store_copy_parent(struct store *store, store_fid_t fid,
			     store_fid_t parent, struct store_place *place_r)
{
	struct store_node *node;

	i_zero(place_r);
	if (store_node_get(store, parent != 0 ? parent : fid, &node) <= 0)
		return -1;
	place_r->fid = parent;
	place_r->view = store_node_view(node);
	return 0;
}

int store_folder_copy(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, bool deep, store_fid_t *fid_r,
		      bool *partial_r)
{
	struct store_copy copy = {
		.store = store, .src = fid, .deep = deep,
	};
	struct store_place place;

	*partial_r = FALSE;
	if (store_copy_check(store, fid, parent) < 0 ||
	    store_copy_parent(store, fid, parent, &place) < 0 ||
	    store_copy_folder(&copy, &place, name) < 0)
		return -1;
	*fid_r = copy.dest;
	*partial_r = copy.partial;
	return 0;
}

/* --- moving ------------------------------------------------------------------------------- */

int store_folder_move(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, store_fid_t *fid_r)
{
	struct store_place place;
	struct store_node *node;
	bool partial;

	*fid_r = fid;
	if (store_node_get(store, fid, &node) <= 0 ||
	    store_copy_parent(store, fid, parent, &place) < 0)
		return -1;
	if (store_views_equal(store_node_view(node), place.view)) {
		return parent == 0 && !store_view_is_own(place.view) ?
			store_folder_rename_top(store, fid, place.view, name) :
			store_folder_rename(store, fid, parent, name);
	}
	/* what could not be deleted is not copied first */
	if (store_folder_may_delete(store, fid) < 0 ||
	    store_folder_copy(store, fid, parent, name, TRUE, fid_r,
			      &partial) < 0)
		return -1;
	if (partial) {
		return store_fail(store, STORE_ERROR_TEMP,
				  "Not all of it could be moved: it stays");
	}
	return store_folder_delete(store, fid);
}

/* --- emptying ------------------------------------------------------------------------------ */

static int store_empty_opaques(struct store *store,
			       const struct store_place *place,
			       enum store_empty_flags flags)
{
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;
	ARRAY_TYPE(seq_range) nums;

	if (store_opaque_list(store, place,
			      (flags & STORE_EMPTY_ASSOCIATED) != 0 ?
			      STORE_OPAQUE_ALL : STORE_OPAQUE_NORMAL, NULL,
			      pool_datastack_create(), &opaques) < 0)
		return -1;
	if (array_count(&opaques) == 0)
		return 0;
	t_array_init(&nums, 16);
	array_foreach(&opaques, opaque)
		seq_range_array_add(&nums, opaque->num);
	return store_opaque_delete(store, place, &nums);
}

static int store_empty_mail(struct store *store, store_fid_t fid, bool hard)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) all;
	int ret;

	if (store_open(store, fid, &folder) < 0)
		return -1;
	t_array_init(&all, 1);
	seq_range_array_add_range(&all, 1, (uint32_t)-1);
	ret = store_message_count(folder) == 0 ? 0 :
		hard ? store_expunge_hard(folder, &all) :
		store_expunge(folder, &all);
	store_close(&folder);
	return ret;
}

static int store_empty_items(struct store *store, store_fid_t fid)
{
	ARRAY_TYPE(seq_range) nums;

	t_array_init(&nums, 16);
	if (store_item_nums(store, fid, &nums) < 0)
		return -1;
	return array_count(&nums) == 0 ? 0 :
		store_item_delete(store, fid, &nums);
}

int store_place_empty(struct store *store, const struct store_place *place,
		      enum store_empty_flags flags)
{
	struct store_node *node;
	int ret = 0;

	if (place->fid == 0)
		return store_empty_opaques(store, place, flags);
	if (store_node_get(store, place->fid, &node) <= 0)
		return -1;
	if (node->info.selectable) {
		ret = node->info.class == STORE_CLASS_MAIL ?
			store_empty_mail(store, place->fid,
					 (flags & STORE_EMPTY_HARD) != 0) :
			store_empty_items(store, place->fid);
	}
	if (ret == 0)
		ret = store_empty_opaques(store, place, flags);
	if (ret == 0 && (flags & STORE_EMPTY_SUBFOLDERS) != 0)
		ret = store_folder_delete_below(store, place->fid);
	return ret;
}

/* --- class ----------------------------------------------------------------------------------- */

static int store_class_may_change(struct store *store,
				  const struct store_node *node)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) nums;
	bool empty;

	if (!node->info.selectable || node->info.role != STORE_ROLE_NONE) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "This folder stays what it is");
	}
	if (node->info.class == STORE_CLASS_MAIL) {
		if (store_open(store, node->info.fid, &folder) < 0)
			return -1;
		empty = store_message_count(folder) == 0;
		store_close(&folder);
	} else {
		t_array_init(&nums, 1);
		if (store_item_nums(store, node->info.fid, &nums) < 0)
			return -1;
		empty = array_count(&nums) == 0;
	}
	return empty ? 0 : store_fail(store, STORE_ERROR_UNSUPPORTED,
				      "The folder is not empty");
}

int store_folder_set_class(struct store *store, store_fid_t fid,
			   enum store_class class)
{
	const char *props[] = { "class", NULL, NULL };
	struct store_node *node;
	struct mailbox *box;
	int ret;

	if (store_node_get(store, fid, &node) <= 0)
		return -1;
	if (node->info.class == class)
		return 0;
	if (store_class_may_change(store, node) < 0)
		return -1;
	if (class != STORE_CLASS_MAIL)
		props[1] = store_class_name(class);
	store_folders_close(store, FALSE);
	box = store_node_box(store, node, 0);
	if (box == NULL)
		return -1;
	ret = store_props_write(store, box, props);
	/* IMAP clients need not see one of items */
	if (ret == 0)
		(void)mailbox_set_subscribed(box, class == STORE_CLASS_MAIL);
	mailbox_free(&box);
	store_tree_invalidate(store);
	return ret;
}
