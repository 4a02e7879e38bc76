/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Permissions of folders: Dovecot's ACL, and beside it who may see when the owner
   is busy (folder/busy-rights: lines "<level>TAB<id, tab-escaped>"). */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "strescape.h"
#include "mail-storage-private.h"
#include "compat.h"
#include "store-objects.h"

static const struct {
	const char *name;
	enum store_rights right;
} store_acl_names[] = {
	{ "lookup", STORE_RIGHT_LOOKUP },
	{ "read", STORE_RIGHT_READ },
	{ "write", STORE_RIGHT_WRITE },
	{ "write-seen", STORE_RIGHT_WRITE_SEEN },
	{ "write-deleted", STORE_RIGHT_WRITE_DELETED },
	{ "insert", STORE_RIGHT_INSERT },
	{ "post", STORE_RIGHT_POST },
	{ "expunge", STORE_RIGHT_EXPUNGE },
	{ "create", STORE_RIGHT_CREATE },
	{ "delete", STORE_RIGHT_DELETE },
	{ "admin", STORE_RIGHT_ADMIN },
};

static enum store_rights store_acl_rights(const char *const *names)
{
	enum store_rights rights = 0;

	for (; names != NULL && *names != NULL; names++) {
		for (unsigned int i = 0; i < N_ELEMENTS(store_acl_names); i++) {
			if (strcmp(store_acl_names[i].name, *names) == 0)
				rights |= store_acl_names[i].right;
		}
	}
	return rights;
}

static const char *const *store_acl_words(enum store_rights rights)
{
	ARRAY_TYPE(const_string) words;

	t_array_init(&words, N_ELEMENTS(store_acl_names) + 1);
	for (unsigned int i = 0; i < N_ELEMENTS(store_acl_names); i++) {
		if ((rights & store_acl_names[i].right) != 0)
			array_push_back(&words, &store_acl_names[i].name);
	}
	array_append_zero(&words);
	return array_front(&words);
}

/* --- busy rights ------------------------------------------------------------------------- */

struct store_busy_entry {
	enum store_busy_right right;
	const char *id;
};
ARRAY_DEFINE_TYPE(store_busy_entry, struct store_busy_entry);

static void store_busy_entries(const char *value,
			       ARRAY_TYPE(store_busy_entry) *entries_r)
{
	struct store_busy_entry *entry;
	const char *const *lines, *id;
	unsigned int level;

	t_array_init(entries_r, 8);
	for (lines = t_strsplit(value == NULL ? "" : value, "\n");
	     *lines != NULL; lines++) {
		id = strchr(*lines, '\t');
		if (id == NULL ||
		    str_to_uint(t_strdup_until(*lines, id), &level) < 0 ||
		    level > STORE_BUSY_RIGHT_DETAILS)
			continue;
		entry = array_append_space(entries_r);
		entry->right = level;
		entry->id = str_tabunescape(t_strdup_noconst(id + 1));
	}
}

/* The most particular entry says. */
int store_busy_right_of(const char *value, const char *user,
			enum store_busy_right *right_r)
{
	ARRAY_TYPE(store_busy_entry) entries;
	const struct store_busy_entry *entry;
	const char *user_id = t_strconcat("user=", user, NULL);
	int found = 0;

	store_busy_entries(value, &entries);
	array_foreach(&entries, entry) {
		if (strcmp(entry->id, user_id) == 0) {
			*right_r = entry->right;
			return 1;
		}
		if (strcmp(entry->id, "anyone") == 0 && found == 0) {
			*right_r = entry->right;
			found = 1;
		} else if (strcmp(entry->id, "authenticated") == 0) {
			*right_r = entry->right;
			found = 1;
		}
	}
	return found;
}

/* Does the site (or this calendar) show everybody when one is busy? */
static bool store_busy_is_open(struct store *store,
			       const struct store_prop *prop)
{
	const char *who = prop == NULL ? NULL : prop->freebusy;

	if (who == NULL || *who == '\0')
		who = store_setting(store, "dovetail_freebusy");
	return who == NULL || *who == '\0' || strcmp(who, "all") == 0;
}

static void store_acl_add_busy(struct store *store,
			       const struct store_node *node,
			       const struct store_prop *prop, pool_t pool,
			       ARRAY_TYPE(store_acl) *acls)
{
	ARRAY_TYPE(store_busy_entry) entries;
	struct store_busy_entry *rec;
	const struct store_busy_entry *entry;
	struct store_acl *acl, *have;
	bool anyone = FALSE;

	store_busy_entries(prop == NULL ? NULL : prop->busy_rights, &entries);
	array_foreach(&entries, entry)
		anyone = anyone || strcmp(entry->id, "anyone") == 0;
	if (!anyone && node->info.class == STORE_CLASS_CALENDAR &&
	    store_busy_is_open(store, prop)) {
		rec = array_append_space(&entries);
		rec->right = STORE_BUSY_RIGHT_TIMES;
		rec->id = "anyone";
	}
	array_foreach(&entries, entry) {
		have = NULL;
		array_foreach_modifiable(acls, acl) {
			if (strcmp(acl->id, entry->id) == 0 && !acl->global)
				have = acl;
		}
		if (have == NULL) {
			have = array_append_space(acls);
			have->id = p_strdup(pool, entry->id);
		}
		have->busy = entry->right;
	}
}

/* What the entries will be; NULL: none. */
static const char *store_busy_change(const char *value,
				     const struct store_acl *acl)
{
	ARRAY_TYPE(store_busy_entry) entries;
	const struct store_busy_entry *entry;
	string_t *str = t_str_new(128);
	/* that nobody sees it is said, where the site shows it to everybody */
	bool keep = acl->busy != STORE_BUSY_RIGHT_NONE ||
		strcmp(acl->id, "anyone") == 0;

	store_busy_entries(value, &entries);
	array_foreach(&entries, entry) {
		if (strcmp(entry->id, acl->id) != 0)
			str_printfa(str, "%u\t%s\n", entry->right,
				    str_tabescape(entry->id));
	}
	if (keep)
		str_printfa(str, "%u\t%s\n", acl->busy, str_tabescape(acl->id));
	return str_len(str) == 0 ? NULL : str_c(str);
}

/* --- reading ------------------------------------------------------------------------------- */

static int store_acl_open(struct store *store, store_fid_t fid,
			  struct store_node **node_r, struct mailbox **box_r)
{
	*box_r = NULL;
	if (store_node_get(store, fid, node_r) <= 0)
		return -1;
	if (!(*node_r)->info.selectable) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "A name alone has no permissions");
	}
	if (store_node_may(store, *node_r, COMPAT_ACL_ADMIN) < 0)
		return -1;
	*box_r = store_node_box(store, *node_r, 0);
	return *box_r == NULL ? -1 : 0;
}

/* May be NULL. 0, -1 */
static int store_acl_prop(struct store *store, const struct store_node *node,
			  const struct store_prop **prop_r)
{
	struct mail_namespace *ns = store_node_ns(store, node);
	struct store_propset *set;

	*prop_r = NULL;
	if (ns == NULL)
		return 0;
	if (store_props_get(store, ns->list, &set) < 0)
		return -1;
	*prop_r = store_prop_find(set, node->info.guid);
	return 0;
}

static int store_acl_read(struct store *store, struct mailbox *box, pool_t pool,
			  ARRAY_TYPE(store_acl) *acls_r)
{
	ARRAY_TYPE(compat_acl_entry) entries;
	const struct compat_acl_entry *entry;
	struct store_acl *acl;
	int ret;

	t_array_init(&entries, 8);
	ret = compat_acl_list(box, pool, &entries);
	if (ret < 0)
		return store_fail_box(store, box, "listing permissions");
	if (ret == 0) {
		return store_fail(store, STORE_ERROR_UNSUPPORTED,
				  "There are no permissions here");
	}
	array_foreach(&entries, entry) {
		acl = array_append_space(acls_r);
		acl->id = entry->id;
		acl->rights = store_acl_rights(entry->rights);
		acl->rights ^= acl->rights &
			store_acl_rights(entry->neg_rights);
		acl->global = entry->global;
	}
	return 0;
}

int store_acl_list(struct store *store, store_fid_t fid, pool_t pool,
		   ARRAY_TYPE(store_acl) *acls_r)
{
	const struct store_prop *prop;
	struct store_node *node;
	struct mailbox *box;
	int ret;

	p_array_init(acls_r, pool, 8);
	if (store_acl_open(store, fid, &node, &box) < 0)
		return -1;
	ret = store_acl_read(store, box, pool, acls_r);
	mailbox_free(&box);
	if (ret < 0 || store_acl_prop(store, node, &prop) < 0)
		return -1;
	store_acl_add_busy(store, node, prop, pool, acls_r);
	return 0;
}

/* --- writing -------------------------------------------------------------------------------- */

static int store_acl_write(struct store *store, struct mailbox *box,
			   const struct store_acl *acl)
{
	struct mailbox_transaction_context *t;
	const char *error;
	int ret;

	if (mailbox_open(box) < 0)
		return store_fail_box(store, box, "opening");
	t = mailbox_transaction_begin(box, MAILBOX_TRANSACTION_FLAG_EXTERNAL,
				      "Dovetail permissions");
	ret = compat_acl_update(t, acl->id, acl->rights == 0 ? NULL :
				store_acl_words(acl->rights), &error);
	if (ret <= 0) {
		mailbox_transaction_rollback(&t);
		if (ret < 0 && error != NULL)
			return store_fail(store, STORE_ERROR_INVALID, error);
		return ret < 0 ?
			store_fail_box(store, box, "writing permissions") :
			store_fail(store, STORE_ERROR_UNSUPPORTED,
				   "There are no permissions here");
	}
	if (mailbox_transaction_commit(&t) < 0)
		return store_fail_box(store, box, "writing permissions");
	return 0;
}

static int store_acl_write_busy(struct store *store, struct mailbox *box,
				const struct store_node *node,
				const struct store_acl *acl)
{
	const char *props[] = { "busy-rights", NULL, NULL };
	const struct store_prop *prop;
	const char *old;

	if (store_acl_prop(store, node, &prop) < 0)
		return -1;
	old = prop == NULL ? NULL : prop->busy_rights;
	/* only calendars have such */
	if (node->info.class != STORE_CLASS_CALENDAR && old == NULL)
		return 0;
	props[1] = store_busy_change(old, acl);
	if (null_strcmp(props[1], old) == 0)
		return 0;
	return store_props_write(store, box, props);
}

int store_acl_set(struct store *store, store_fid_t fid,
		  const struct store_acl *acl)
{
	struct store_node *node;
	struct mailbox *box;
	int ret;

	if (acl->id == NULL || *acl->id == '\0') {
		return store_fail(store, STORE_ERROR_INVALID,
				  "Whose permission?");
	}
	if (store_acl_open(store, fid, &node, &box) < 0)
		return -1;
	ret = store_acl_write(store, box, acl);
	if (ret == 0)
		ret = store_acl_write_busy(store, box, node, acl);
	mailbox_free(&box);
	return ret;
}
