/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names that hold no messages ("shared", "shared/anna", a \Noselect of the
   user's own) as a phone should see them.  ActiveSync knows only folders that can
   be synchronised (MS-ASCMD 2.2.3.186.3), so:
   - one of the user's own with something of the user's own below it stays: it
     is part of a tree the user made;
   - all others are left out.  What stood below stands at the nearest folder that
     is shown, with a name that tells whose it is: "Projects (anna)",
     "Team/Plan (anna)", "News (Public)".
   Others' calendars, address books and the like always stand at the root: phones
   show them as a list.
   Pure. */

#include "eas-folder-state.h"
#include "hash.h"

struct container {
	/* of what the device sees */
	struct eas_folder *folder;
	const struct store_folder_info *info;
	struct container *parent;
	/* Something selectable of the user's own is below, or it is that */
	bool own;
};

struct containers {
	pool_t pool;
	const char *user_domain;
	struct container *all;
	unsigned int count;
};

static void containers_init(struct containers *cs,
			    const ARRAY_TYPE(store_folder_info) *infos,
			    ARRAY_TYPE(eas_folder) *folders)
{
	HASH_TABLE(void *, const struct store_folder_info *) by_fid;
	HASH_TABLE(void *, struct container *) shown;
	const struct store_folder_info *info;
	struct eas_folder *list = array_get_modifiable(folders, &cs->count);

	hash_table_create_direct(&by_fid, default_pool, array_count(infos));
	hash_table_create_direct(&shown, default_pool, cs->count);
	array_foreach(infos, info)
		hash_table_update(by_fid, POINTER_CAST(info->fid), info);
	cs->all = p_new(cs->pool, struct container, cs->count + 1);
	for (unsigned int i = 0; i < cs->count; i++) {
		struct container *c = &cs->all[i];

		c->folder = &list[i];
		c->info = hash_table_lookup(by_fid, POINTER_CAST(list[i].fid));
		if (list[i].parent != 0) {
			c->parent = hash_table_lookup(shown,
				POINTER_CAST(list[i].parent));
		}
		hash_table_update(shown, POINTER_CAST(list[i].fid), c);
	}
	hash_table_destroy(&by_fid);
	hash_table_destroy(&shown);
}

/* Parents stand before their children. */
static void containers_find_own(struct containers *cs)
{
	for (unsigned int i = cs->count; i > 0; i--) {
		struct container *c = &cs->all[i - 1];

		if (c->info->selectable && !c->info->foreign)
			c->own = TRUE;
		if (c->own && c->parent != NULL)
			c->parent->own = TRUE;
	}
}

static bool container_is_shown(const struct container *c)
{
	return c->info->selectable || c->own;
}

static const char *short_owner(const struct containers *cs, const char *owner)
{
	const char *domain = strchr(owner, '@');

	return domain == NULL || cs->user_domain == NULL ||
		strcasecmp(domain + 1, cs->user_domain) != 0 ? owner :
		p_strdup_until(cs->pool, owner, domain);
}

/* The name that the namespace has for its owner: shared/anna or
   shared/anna@example.org */
static bool name_is_owner(const char *name, const char *owner)
{
	return strcasecmp(name, owner) == 0 ||
		(strchr(owner, '@') != NULL &&
		 strcasecmp(name, t_strcut(owner, '@')) == 0);
}

/* What is left out above it belongs to its name, from the owner's down. */
static const char *container_name(const struct containers *cs,
				  const struct container *c)
{
	const char *owner = c->info->owner, *path = c->info->name;
	const struct container *p, *top = c;

	if (*owner != '\0' && name_is_owner(path, owner))
		return short_owner(cs, owner);
	for (p = c->parent; p != NULL && !container_is_shown(p);
	     p = p->parent) {
		if (*owner != '\0' && name_is_owner(p->info->name, owner))
			break;
		top = p;
		if (p->parent != NULL && !container_is_shown(p->parent))
			path = t_strconcat(p->info->name, "/", path, NULL);
	}
	return p_strdup_printf(cs->pool, "%s (%s)", path, *owner != '\0' ?
			       short_owner(cs, owner) : top->info->name);
}

static bool name_is_taken(const struct containers *cs, unsigned int idx,
			  store_fid_t parent, const char *name)
{
	for (unsigned int i = 0; i < cs->count; i++) {
		const struct container *c = &cs->all[i];

		if (i == idx || !container_is_shown(c) ||
		    strcasecmp(c->folder->name, name) != 0)
			continue;
		/* those behind it still have their places in the store */
		if (c->folder->parent == parent)
			return TRUE;
	}
	return FALSE;
}

static bool container_is_others_items(const struct container *c)
{
	return c->info->foreign && c->info->class != STORE_CLASS_MAIL;
}

static const char *others_items_name(const struct containers *cs,
				     const struct container *c)
{
	const struct container *top = c;

	if (*c->info->owner != '\0') {
		return p_strdup_printf(cs->pool, "%s (%s)", c->info->display,
				       short_owner(cs, c->info->owner));
	}
	while (top->parent != NULL)
		top = top->parent;
	return top == c ? c->info->display :
		p_strdup_printf(cs->pool, "%s (%s)", c->info->display,
				top->info->name);
}

static void container_move_up(struct containers *cs, unsigned int idx)
{
	struct container *c = &cs->all[idx], *p = c->parent;
	const char *name, *base;

	while (p != NULL && !container_is_shown(p))
		p = p->parent;
	if (container_is_others_items(c)) {
		c->folder->parent = 0;
		base = others_items_name(cs, c);
	} else {
		c->folder->parent = p == NULL ? 0 : p->folder->fid;
		base = container_name(cs, c);
	}
	name = base;
	for (unsigned int n = 2; name_is_taken(cs, idx, c->folder->parent,
					       name); n++)
		name = p_strdup_printf(cs->pool, "%s %u", base, n);
	c->folder->name = name;
	c->folder->name_hash = eas_folder_name_hash(name);
}

void eas_folders_hide_containers(const ARRAY_TYPE(store_folder_info) *infos,
				 const char *username, pool_t pool,
				 ARRAY_TYPE(eas_folder) *folders)
{
	struct containers cs = { .pool = pool };

	cs.user_domain = strchr(username, '@');
	if (cs.user_domain != NULL)
		cs.user_domain++;
	containers_init(&cs, infos, folders);
	containers_find_own(&cs);
	for (unsigned int i = 0; i < cs.count; i++) {
		const struct container *c = &cs.all[i];

		if (container_is_others_items(c) ||
		    (container_is_shown(c) && c->parent != NULL &&
		     !container_is_shown(c->parent)))
			container_move_up(&cs, i);
	}
	for (unsigned int i = cs.count; i > 0; i--) {
		if (!container_is_shown(&cs.all[i - 1]))
			array_delete(folders, i - 1, 1);
	}
}
