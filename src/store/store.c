/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A user's session, its settings and its errors. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "hash.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-list-private.h"
#include "store-objects.h"

#include <dlfcn.h>

/* plugin/dovetail-plugin.h */
void dovetail_user_set_origin(struct mail_user *user, uint64_t origin);

/* --- errors --------------------------------------------------------------- */

static const struct {
	enum mail_error mail;
	enum store_error store;
} store_mail_errors[] = {
	{ MAIL_ERROR_NOTFOUND, STORE_ERROR_NOTFOUND },
	{ MAIL_ERROR_EXPUNGED, STORE_ERROR_NOTFOUND },
	{ MAIL_ERROR_EXISTS, STORE_ERROR_EXISTS },
	{ MAIL_ERROR_PERM, STORE_ERROR_PERM },
	{ MAIL_ERROR_NOQUOTA, STORE_ERROR_QUOTA },
	{ MAIL_ERROR_INUSE, STORE_ERROR_BUSY },
	{ MAIL_ERROR_PARAMS, STORE_ERROR_INVALID },
	{ MAIL_ERROR_NOTPOSSIBLE, STORE_ERROR_UNSUPPORTED },
	{ MAIL_ERROR_LIMIT, STORE_ERROR_QUOTA },
	{ MAIL_ERROR_INVALIDDATA, STORE_ERROR_INVALID },
};

enum store_error store_error_of(enum mail_error error)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_mail_errors); i++) {
		if (store_mail_errors[i].mail == error)
			return store_mail_errors[i].store;
	}
	return STORE_ERROR_TEMP;
}

enum store_error store_error_of_meta(enum meta_error error)
{
	switch (error) {
	case META_ERROR_BUSY:
		return STORE_ERROR_BUSY;
	case META_ERROR_NOSPACE:
		return STORE_ERROR_NOSPACE;
	case META_ERROR_READONLY:
	case META_ERROR_NOACCESS:
		return STORE_ERROR_PERM;
	case META_ERROR_CONFLICT:
		return STORE_ERROR_EXISTS;
	default:
		return STORE_ERROR_TEMP;
	}
}

int store_fail(struct store *store, enum store_error error, const char *text)
{
	i_free(store->error_text);
	store->error = error;
	store->error_text = i_strdup(text);
	return -1;
}

int store_fail_meta(struct store *store, struct meta_db *db, const char *doing)
{
	const char *text;
	enum meta_error code = meta_db_error(db, &text);
	enum store_error error = store_error_of_meta(code);

	if (error == STORE_ERROR_BUSY)
		e_info(store->event, "Metadata: %s: %s", doing, text);
	else if (error != STORE_ERROR_PERM && error != STORE_ERROR_EXISTS)
		e_error(store->event, "Metadata: %s: %s", doing, text);
	return store_fail(store, error, text);
}

static int store_fail_mail(struct store *store, const char *name,
			   const char *doing, const char *text,
			   const char *internal, enum mail_error error)
{
	enum store_error serror = store_error_of(error);

	if (error == MAIL_ERROR_NOQUOTA && strstr(internal, "isk") != NULL &&
	    strstr(internal, "space") != NULL)
		serror = STORE_ERROR_NOSPACE;
	if (serror == STORE_ERROR_TEMP)
		e_error(store->event, "%s: %s: %s", name, doing, internal);
	else
		e_debug(store->event, "%s: %s: %s", name, doing, internal);
	return store_fail(store, serror, text);
}

int store_fail_box(struct store *store, struct mailbox *box, const char *doing)
{
	enum mail_error error;
	const char *text = mailbox_get_last_error(box, &error);

	return store_fail_mail(store, mailbox_get_vname(box), doing, text,
			       mailbox_get_last_internal_error(box, NULL),
			       error);
}

int store_fail_list(struct store *store, struct mailbox_list *list,
		    const char *doing)
{
	enum mail_error error;
	const char *text = mailbox_list_get_last_error(list, &error);

	return store_fail_mail(store, "Folder list", doing, text,
			       mailbox_list_get_last_internal_error(list, NULL),
			       error);
}

enum store_error store_last_error(struct store *store, const char **text_r)
{
	if (text_r != NULL)
		*text_r = store->error_text == NULL ? "" : store->error_text;
	return store->error;
}

/* --- session -------------------------------------------------------------- */

const char *store_setting(struct store *store, const char *name)
{
	return compat_user_setting(store->user, name);
}

const char *const *store_user_groups(struct store *store, pool_t pool)
{
	return compat_acl_groups(store->user, pool);
}

static void store_settings_read(struct store *store)
{
	const char *value, *user = store->user->username;

	value = store_setting(store, "dovetail_address");
	store->set.address = p_strdup(store->pool,
		value != NULL && *value != '\0' ? value : user);
	value = store_setting(store, "dovetail_aliases");
	store->set.aliases = value == NULL ?
		p_new(store->pool, const char *, 1) :
		(const char *const *)p_strsplit_spaces(store->pool, value, " ,");
	value = store_setting(store, "dovetail_name");
	store->set.display_name = p_strdup(store->pool,
		value != NULL && *value != '\0' ? value : store->set.address);
}

static int store_open_meta(struct store *store, const char **error_r)
{
	struct mail_namespace *ns =
		mail_namespace_find_inbox(store->user->namespaces);
	struct meta_location loc;
	enum meta_error code;
	const char *root;

	/* a user who never logged in has no directory yet; it comes first, as
	   the database has its permissions */
	if (mailbox_list_get_root_path(ns->list, MAILBOX_LIST_PATH_TYPE_CONTROL,
				       &root) &&
	    mailbox_list_mkdir_root(ns->list, root,
				    MAILBOX_LIST_PATH_TYPE_CONTROL) < 0) {
		*error_r = t_strdup(mailbox_list_get_last_internal_error(
			ns->list, NULL));
		return -1;
	}
	/* permissions that were looked up while it was not there are guesses */
	ns->list->root_permissions.file_create_mode = (mode_t)-1;
	if (meta_location_from_list(ns->list, &loc) < 0) {
		*error_r = "INBOX's namespace has no place on disk "
			"for metadata";
		return -1;
	}
	if (meta_db_open(&loc, META_OPEN_CREATE, &store->db, &code,
			 error_r) <= 0) {
		*error_r = t_strdup_printf("Metadata in %s: %s", loc.dir,
					   *error_r);
		return -1;
	}
	return 0;
}

int store_init(struct mail_user *user, struct event *event_parent,
	       struct store **store_r, const char **error_r)
{
	struct store *store;
	pool_t pool;

	pool = pool_alloconly_create("store", 2048);
	store = p_new(pool, struct store, 1);
	store->pool = pool;
	store->user = user;
	store->event = event_create(event_parent);
	event_set_append_log_prefix(store->event, "store: ");
	i_array_init(&store->idspaces, 32);
	i_array_init(&store->roles, 8);
	hash_table_create_direct(&store->dirs, pool, 0);
	if (store_open_meta(store, error_r) < 0) {
		store_deinit(&store);
		return -1;
	}
	store_settings_read(store);
	*store_r = store;
	return 0;
}

void store_deinit(struct store **_store)
{
	struct store *store = *_store;

	if (store == NULL)
		return;
	*_store = NULL;
	store_device_box_close(store);
	store_folders_close(store, FALSE);
	store_props_free(store);
	store_blobsets_free(store);
	store_gids_free(store);
	store_versions_free(store);
	store_totals_free(store);
	store_asks_deinit(store);
	if (store->names_pool != NULL)
		array_free(&store->names);
	pool_unref(&store->names_pool);
	if (store->tree != NULL)
		store_tree_free(&store->tree);
	if (store->db != NULL)
		meta_db_unref(&store->db);
	meta_db_close_unused();
	array_free(&store->idspaces);
	array_free(&store->roles);
	hash_table_destroy(&store->dirs);
	event_unref(&store->event);
	i_free(store->error_text);
	pool_unref(&store->pool);
}

void store_request_done(struct store *store)
{
	struct store_folder *folder;

	for (folder = store->folders; folder != NULL; folder = folder->next)
		folder->fresh = FALSE;
	store->own_checked = store->foreign_checked = FALSE;
	store->conversation_checked = FALSE;
	store->conversation_looks = 0;
	if (store->tree != NULL && store->tree->older != NULL)
		store_tree_free(&store->tree->older);
	store->error = STORE_ERROR_NONE;
	i_free(store->error_text);
}

void store_close_idle(struct store *store)
{
	store_device_box_close(store);
	store_folders_close(store, FALSE);
	meta_db_close_unused();
}

const struct store_settings *store_get_settings(struct store *store)
{
	return &store->set;
}

const char *store_username(struct store *store)
{
	return store->user->username;
}

void store_set_origin(struct store *store, uint64_t origin)
{
	typeof(&dovetail_user_set_origin) set;

	/* in our plugin, which is loaded where mail plugins are */
	set = dlsym(RTLD_DEFAULT, "dovetail_user_set_origin");
	if (set != NULL)
		set(store->user, origin);
}

int store_epoch(struct store *store, uint64_t *epoch_r)
{
	guid_128_t epoch;

	if (meta_db_epoch(store->db, epoch) < 0)
		return store_fail_meta(store, store->db, "epoch");
	memcpy(epoch_r, epoch, sizeof(*epoch_r));
	return 0;
}

int store_quota(struct store *store, uint64_t *used_r, int64_t *limit_r)
{
	const char *error;
	int ret;

	*used_r = 0;
	*limit_r = -1;
	ret = compat_quota_get(store->user, used_r, limit_r, &error);
	if (ret < 0) {
		e_error(store->event, "Quota: %s", error);
		return store_fail(store, STORE_ERROR_TEMP, error);
	}
	return ret;
}
