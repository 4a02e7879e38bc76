/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings of a user, and functions that Dovecot has only inside its plugins:
   those are looked up when they are needed, for the plugin may not be loaded. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "compat-plugin.h"
#include "compat-settings.h"
#include "hash.h"
#include "settings-parser.h"
#include "mail-user.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "quota.h"
#include "acl-api-private.h"
#include "acl-plugin.h"
#include "acl-lookup-dict.h"
#ifdef DT_DOVECOT_24
#  include "settings.h"
#  include "acl-settings.h"
#endif

#include <dlfcn.h>

#ifdef DT_DOVECOT_24
struct compat_user {
	union mail_user_module_context module_ctx;
	const struct compat_settings *set;
};

static MODULE_CONTEXT_DEFINE_INIT(compat_user_module,
				  &mail_user_module_register);

/* Read once for each user, and kept as long as the user. */
static const struct compat_settings *compat_user_settings(struct mail_user *user)
{
	struct compat_user *cuser = MODULE_CONTEXT(user, compat_user_module);
	const char *error;

	if (cuser != NULL)
		return cuser->set;
	cuser = p_new(user->pool, struct compat_user, 1);
	if (settings_get(user->event, &compat_setting_parser_info, 0,
			 &cuser->set, &error) < 0) {
		e_error(user->event, "%s", error);
		cuser->set = NULL;
	} else {
		pool_t set_pool = cuser->set->pool;

		pool_add_external_ref(user->pool, set_pool);
		pool_unref(&set_pool);
	}
	MODULE_CONTEXT_SET(user, compat_user_module, cuser);
	return cuser->set;
}

/* A userdb field may have 2.3's name, as the Directory's fields do. */
static const char *
compat_user_field(struct mail_user *user, const char *name)
{
	const char *const *fields = user->userdb_fields, *value;

	for (; fields != NULL && *fields != NULL; fields++) {
		if (str_begins(*fields, name, &value) && *value == '=')
			return value + 1;
	}
	return NULL;
}

const char *compat_user_setting(struct mail_user *user, const char *name)
{
	const struct compat_settings *set;
	const char *value;

	if ((value = compat_user_field(user, name)) != NULL)
		return value;
	set = compat_user_settings(user);
	return set == NULL ? NULL : compat_settings_find(set, name);
}

bool compat_user_wants_sieve(struct mail_user *user ATTR_UNUSED)
{
	return TRUE;
}
#else
const char *compat_user_setting(struct mail_user *user, const char *name)
{
	return mail_user_plugin_getenv(user, name);
}

bool compat_user_wants_sieve(struct mail_user *user)
{
	return compat_user_setting(user, "sieve") != NULL;
}
#endif

struct compat_quota_functions {
	typeof(&quota_root_iter_init_user) iter_init;
	typeof(&quota_root_iter_next) iter_next;
	typeof(&quota_root_iter_deinit) iter_deinit;
	typeof(&quota_get_resource) get_resource;
};

static bool compat_quota_find(struct compat_quota_functions *f_r)
{
	f_r->iter_init = dlsym(RTLD_DEFAULT, "quota_root_iter_init_user");
	f_r->iter_next = dlsym(RTLD_DEFAULT, "quota_root_iter_next");
	f_r->iter_deinit = dlsym(RTLD_DEFAULT, "quota_root_iter_deinit");
	f_r->get_resource = dlsym(RTLD_DEFAULT, "quota_get_resource");
	return f_r->iter_init != NULL && f_r->iter_next != NULL &&
		f_r->iter_deinit != NULL && f_r->get_resource != NULL;
}

int compat_quota_get(struct mail_user *user, uint64_t *used_r, int64_t *limit_r,
		     const char **error_r)
{
	struct compat_quota_functions f;
	struct quota_root_iter *iter;
	struct quota_root *root;
	uint64_t limit;
	enum quota_get_result ret;
	int result = 0;

	if (!compat_quota_find(&f))
		return 0;
	iter = f.iter_init(user);
	while (result == 0 && (root = f.iter_next(iter)) != NULL) {
#ifdef DT_DOVECOT_24
		ret = f.get_resource(root, NULL, QUOTA_NAME_STORAGE_BYTES,
				     used_r, &limit, error_r);
#else
		ret = f.get_resource(root, "", QUOTA_NAME_STORAGE_BYTES,
				     used_r, &limit, error_r);
#endif
		switch (ret) {
		case QUOTA_GET_RESULT_LIMITED:
			*limit_r = limit > INT64_MAX ? -1 : (int64_t)limit;
			result = 1;
			break;
		case QUOTA_GET_RESULT_UNLIMITED:
			*limit_r = -1;
			result = 1;
			break;
		case QUOTA_GET_RESULT_UNKNOWN_RESOURCE:
			break;
		default:
			result = -1;
			break;
		}
	}
	f.iter_deinit(&iter);
	return result;
}

int compat_acl_right(struct mailbox *box, enum compat_acl_right right)
{
	static const enum acl_storage_rights map[] = {
		[COMPAT_ACL_LOOKUP] = ACL_STORAGE_RIGHT_LOOKUP,
		[COMPAT_ACL_READ] = ACL_STORAGE_RIGHT_READ,
		[COMPAT_ACL_WRITE] = ACL_STORAGE_RIGHT_WRITE,
		[COMPAT_ACL_WRITE_SEEN] = ACL_STORAGE_RIGHT_WRITE_SEEN,
		[COMPAT_ACL_WRITE_DELETED] = ACL_STORAGE_RIGHT_WRITE_DELETED,
		[COMPAT_ACL_INSERT] = ACL_STORAGE_RIGHT_INSERT,
		[COMPAT_ACL_POST] = ACL_STORAGE_RIGHT_POST,
		[COMPAT_ACL_EXPUNGE] = ACL_STORAGE_RIGHT_EXPUNGE,
		[COMPAT_ACL_CREATE] = ACL_STORAGE_RIGHT_CREATE,
		[COMPAT_ACL_DELETE] = ACL_STORAGE_RIGHT_DELETE,
		[COMPAT_ACL_ADMIN] = ACL_STORAGE_RIGHT_ADMIN,
	};
	typeof(&acl_mailbox_right_lookup) lookup;
	typeof(&acl_storage_module) module;

	lookup = dlsym(RTLD_DEFAULT, "acl_mailbox_right_lookup");
	module = dlsym(RTLD_DEFAULT, "acl_storage_module");
	/* asking about a mailbox without the plugin's context panics */
	if (lookup == NULL || module == NULL ||
	    MODULE_CONTEXT(box, (*module)) == NULL)
		return 1;
	return lookup(box, map[right]);
}

struct compat_acl_functions {
	typeof(&acl_mailbox_get_aclobj) get_aclobj;
	typeof(&acl_object_list_init) list_init;
	typeof(&acl_object_list_next) list_next;
	typeof(&acl_object_list_deinit) list_deinit;
	typeof(&acl_rights_get_id) get_id;
	typeof(&acl_rights_update_import) import;
	typeof(&acl_mailbox_update_acl) update;
};

static bool compat_acl_find(struct mailbox *box, struct compat_acl_functions *f)
{
	typeof(&acl_storage_module) module =
		dlsym(RTLD_DEFAULT, "acl_storage_module");

	f->get_aclobj = dlsym(RTLD_DEFAULT, "acl_mailbox_get_aclobj");
	f->list_init = dlsym(RTLD_DEFAULT, "acl_object_list_init");
	f->list_next = dlsym(RTLD_DEFAULT, "acl_object_list_next");
	f->list_deinit = dlsym(RTLD_DEFAULT, "acl_object_list_deinit");
	f->get_id = dlsym(RTLD_DEFAULT, "acl_rights_get_id");
	f->import = dlsym(RTLD_DEFAULT, "acl_rights_update_import");
	f->update = dlsym(RTLD_DEFAULT, "acl_mailbox_update_acl");
	return module != NULL && f->get_aclobj != NULL &&
		f->list_init != NULL && f->list_next != NULL &&
		f->list_deinit != NULL && f->get_id != NULL &&
		f->import != NULL && f->update != NULL &&
		MODULE_CONTEXT(box, (*module)) != NULL;
}

static const char *const *
compat_strarray_dup(pool_t pool, const char *const *names)
{
	ARRAY_TYPE(const_string) copies;
	const char *copy;

	if (names == NULL)
		return NULL;
	p_array_init(&copies, pool, 12);
	for (; *names != NULL; names++) {
		copy = p_strdup(pool, *names);
		array_push_back(&copies, &copy);
	}
	array_append_zero(&copies);
	return array_front(&copies);
}

int compat_acl_list(struct mailbox *box, pool_t pool,
		    ARRAY_TYPE(compat_acl_entry) *entries_r)
{
	struct compat_acl_functions f;
	struct acl_object_list_iter *iter;
	struct compat_acl_entry *entry;
	struct acl_rights rights;

	if (!compat_acl_find(box, &f))
		return 0;
	iter = f.list_init(f.get_aclobj(box));
	while (f.list_next(iter, &rights)) {
		entry = array_append_space(entries_r);
		entry->id = p_strdup(pool, f.get_id(&rights));
		entry->rights = compat_strarray_dup(pool, rights.rights);
		entry->neg_rights = compat_strarray_dup(pool,
							rights.neg_rights);
		entry->global = rights.global;
	}
	if (f.list_deinit(&iter) < 0) {
		mail_storage_set_internal_error(box->storage);
		return -1;
	}
	return 1;
}

int compat_acl_update(struct mailbox_transaction_context *t, const char *id,
		      const char *const *rights, const char **error_r)
{
	struct acl_rights_update update;
	struct compat_acl_functions f;

	*error_r = NULL;
	if (!compat_acl_find(t->box, &f))
		return 0;
	i_zero(&update);
	update.modify_mode = ACL_MODIFY_MODE_REPLACE;
	update.neg_modify_mode = ACL_MODIFY_MODE_REPLACE;
	if (f.import(&update, id, rights, error_r) < 0)
		return -1;
	return f.update(t, &update) < 0 ? -1 : 1;
}

#ifdef DT_DOVECOT_24
struct compat_lazy_settings {
	pool_t pool;
	const char *lazy_expunge_mailbox;
};

static const struct setting_define compat_lazy_defines[] = {
	{ .type = SET_STR, .key = "lazy_expunge_mailbox",
	  .offset = offsetof(struct compat_lazy_settings,
			     lazy_expunge_mailbox) },
	SETTING_DEFINE_LIST_END
};

static const struct compat_lazy_settings compat_lazy_defaults = {
	.lazy_expunge_mailbox = "",
};

static const struct setting_parser_info compat_lazy_info = {
	.name = "lazy_expunge_mailbox_only",
	.defines = compat_lazy_defines,
	.defaults = &compat_lazy_defaults,
	.struct_size = sizeof(struct compat_lazy_settings),
	.pool_offset1 = 1 + offsetof(struct compat_lazy_settings, pool),
};

static const char *compat_lazy_setting(struct mail_user *user)
{
	const struct compat_lazy_settings *set;
	const char *error, *value;

	if (settings_get(user->event, &compat_lazy_info, 0, &set, &error) < 0) {
		e_error(user->event, "%s", error);
		return NULL;
	}
	value = t_strdup(set->lazy_expunge_mailbox);
	settings_free(set);
	return value;
}
#else
static const char *compat_lazy_setting(struct mail_user *user)
{
	return mail_user_plugin_getenv(user, "lazy_expunge");
}
#endif

const char *compat_lazy_expunge(struct mail_user *user)
{
	return dlsym(RTLD_DEFAULT, "lazy_expunge_plugin_version") == NULL ?
		NULL : compat_lazy_setting(user);
}

struct compat_acl_dict_functions {
	typeof(&acl_lookup_dict_is_enabled) is_enabled;
	typeof(&acl_lookup_dict_iterate_visible_init) init;
	typeof(&acl_lookup_dict_iterate_visible_next) next;
	typeof(&acl_lookup_dict_iterate_visible_deinit) deinit;
};

static struct acl_lookup_dict *
compat_acl_dict_find(struct mail_user *user, struct compat_acl_dict_functions *f)
{
	typeof(&acl_user_module) module = dlsym(RTLD_DEFAULT, "acl_user_module");
	struct acl_user *auser;

	f->is_enabled = dlsym(RTLD_DEFAULT, "acl_lookup_dict_is_enabled");
	f->init = dlsym(RTLD_DEFAULT, "acl_lookup_dict_iterate_visible_init");
	f->next = dlsym(RTLD_DEFAULT, "acl_lookup_dict_iterate_visible_next");
	f->deinit = dlsym(RTLD_DEFAULT,
			  "acl_lookup_dict_iterate_visible_deinit");
	if (module == NULL || f->is_enabled == NULL || f->init == NULL ||
	    f->next == NULL || f->deinit == NULL)
		return NULL;
	auser = MODULE_CONTEXT(user, (*module));
	if (auser == NULL || !f->is_enabled(auser->acl_lookup_dict))
		return NULL;
	return auser->acl_lookup_dict;
}

static struct acl_lookup_dict_iter *
compat_acl_dict_iterate(struct mail_user *user ATTR_UNUSED,
			struct acl_lookup_dict *dict,
			const struct compat_acl_dict_functions *f)
{
#ifdef DT_DOVECOT_24
	/* 2.4 wants to be told the user's groups, which 2.3 knows itself */
	const struct setting_parser_info *info =
		dlsym(RTLD_DEFAULT, "acl_setting_parser_info");
	struct acl_lookup_dict_iter *iter;
	const struct acl_settings *set;
	const char *error;

	if (info == NULL)
		return NULL;
	if (settings_get(user->event, info, 0, &set, &error) < 0) {
		e_error(user->event, "%s", error);
		return NULL;
	}
	/* copies what it keeps */
	iter = f->init(dict, &set->acl_groups);
	settings_free(set);
	return iter;
#else
	return f->init(dict);
#endif
}

const char *const *compat_acl_groups(struct mail_user *user, pool_t pool)
{
#ifdef DT_DOVECOT_24
	const struct setting_parser_info *info =
		dlsym(RTLD_DEFAULT, "acl_setting_parser_info");
	ARRAY_TYPE(const_string) groups;
	const struct acl_settings *set;
	const char *group, *error;

	p_array_init(&groups, pool, 8);
	if (info != NULL && settings_get(user->event, info, 0, &set,
					 &error) < 0) {
		e_error(user->event, "%s", error);
	} else if (info != NULL) {
		array_foreach_elem(&set->acl_groups, group) {
			group = p_strdup(pool, group);
			array_push_back(&groups, &group);
		}
		settings_free(set);
	}
	array_append_zero(&groups);
	return array_front(&groups);
#else
	const char *groups = mail_user_plugin_getenv(user, "acl_groups");

	return (const char *const *)p_strsplit_spaces(pool,
		groups == NULL ? "" : groups, ",");
#endif
}

unsigned int compat_acl_owners_stamp(struct mail_user *user)
{
	struct compat_acl_dict_functions f;
	struct acl_lookup_dict *dict = compat_acl_dict_find(user, &f);
	struct acl_lookup_dict_iter *iter;
	unsigned int hash = 1;
	const char *name;

	if (dict == NULL)
		return 0;
	if ((iter = compat_acl_dict_iterate(user, dict, &f)) == NULL)
		return 0;
	while ((name = f.next(iter)) != NULL)
		hash += str_hash(name);
	/* what a failing dict told is no news */
	return f.deinit(&iter) < 0 ? 0 : hash;
}

void compat_acl_shared_refresh(struct mail_namespace *ns)
{
	typeof(&acl_mailbox_list_module) module;
	struct acl_mailbox_list *alist;

	module = dlsym(RTLD_DEFAULT, "acl_mailbox_list_module");
	if (module == NULL)
		return;
	alist = MODULE_CONTEXT(ns->list, (*module));
	if (alist != NULL)
		alist->last_shared_add_check = 0;
}

const char *compat_box_special_use(const struct mailbox *box)
{
	if (box->set == NULL)
		return "";
#ifdef DT_DOVECOT_24
	return !array_is_created(&box->set->special_use) ? "" :
		t_strarray_join(settings_boollist_get(&box->set->special_use),
				" ");
#else
	return box->set->special_use == NULL ? "" : box->set->special_use;
#endif
}
