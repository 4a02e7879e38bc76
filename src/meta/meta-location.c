/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a mailbox list's database is: the only part of meta that knows
   lib-storage. */

#include "lib.h"
#include "compat-plugin.h"
#include "mail-storage-private.h"
#include "mailbox-list-private.h"
#include "mail-user.h"
#include "meta-private.h"

/* Plugin settings (conf.d/95-dovetail.conf documents them). */
static const char *
meta_setting(struct mailbox_list *list, const char *name)
{
	const char *value = compat_user_setting(
		mailbox_list_get_user(list), name);

	return value == NULL ? "" : value;
}

static uint64_t meta_setting_size(struct mailbox_list *list, const char *name)
{
	const char *value = meta_setting(list, name), *error;
	uoff_t size;

	if (*value == '\0')
		return 0;
	if (compat_parse_size(value, &size, &error) < 0) {
		i_error("dovetail: Invalid %s setting: %s", name, error);
		return 0;
	}
	return size;
}

static void
meta_settings_read(struct mailbox_list *list, struct meta_settings *set_r)
{
	const char *journal = meta_setting(list, "dovetail_meta_journal");
	unsigned int max;

	i_zero(set_r);
	if (strcmp(journal, "wal") == 0)
		set_r->journal = META_JOURNAL_WAL;
	else if (strcmp(journal, "rollback") == 0)
		set_r->journal = META_JOURNAL_ROLLBACK;
	set_r->full_sync =
		strcmp(meta_setting(list, "dovetail_meta_sync"), "full") == 0;
	if (str_to_uint(meta_setting(list, "dovetail_meta_max_items"),
			&max) == 0)
		set_r->max_items = max;
	set_r->max_item_bytes =
		meta_setting_size(list, "dovetail_meta_max_size");
}

/* Whose the mailboxes are, and which of their places it is: below the home, so
   that it stays the same when homes move, and is the same on each machine. */
static const char *meta_owner(struct mailbox_list *list, const char *root)
{
	struct mail_user *owner = list->ns->owner;
	const char *home;

	if (owner == NULL)
		return t_strconcat(":", root, NULL);
	if (mail_user_get_home(owner, &home) > 0 &&
	    strncmp(root, home, strlen(home)) == 0 &&
	    (root[strlen(home)] == '/' || root[strlen(home)] == '\0')) {
		root += strlen(home);
		root += *root == '/' ? 1 : 0;
	}
	return t_strconcat(owner->username, ":", root, NULL);
}

/* "sqlite", or "pgsql" and how to connect */
void meta_location_set(struct mailbox_list *list, const char *value,
		       struct meta_location *loc)
{
	const char *rest = value + strcspn(value, " \t");

	loc->driver = *value == '\0' ? NULL : t_strdup_until(value, rest);
	loc->conninfo = t_str_trim(rest, " \t");
	loc->owner = meta_owner(list, loc->dir);
}

int meta_location_from_list(struct mailbox_list *list,
			    struct meta_location *loc_r)
{
	struct mailbox_permissions perm;
	const char *root;

	i_zero(loc_r);
	if (!mailbox_list_get_root_path(list, MAILBOX_LIST_PATH_TYPE_CONTROL,
					&root))
		return -1;
	mailbox_list_get_root_permissions(list, &perm);
	loc_r->dir = root;
	loc_r->file_mode = perm.file_create_mode;
	loc_r->gid = perm.file_create_gid;
	meta_settings_read(list, &loc_r->set);
	meta_location_set(list, meta_setting(list, "dovetail_meta"), loc_r);
	return 0;
}
