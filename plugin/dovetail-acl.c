/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rights on our attributes. The acl plugin's own check is the same for reading
   and writing attributes, so a sharee who may only read could overwrite items:
   we ask for the right that the change needs.

   acl's functions exist only inside that plugin, and only once it is loaded:
   they are looked up by name. */

#include "lib.h"
#include "module-dir.h"
#include "mail-storage-settings.h"
#include "acl-plugin.h"
#include "dovetail-plugin.h"

#include <dlfcn.h>

typedef int dovetail_acl_lookup_t(struct mailbox *box, unsigned int right_idx);

static const unsigned int dovetail_acl_rights[] = {
	[DOVETAIL_RIGHT_READ] = ACL_STORAGE_RIGHT_READ,
	[DOVETAIL_RIGHT_INSERT] = ACL_STORAGE_RIGHT_INSERT,
	[DOVETAIL_RIGHT_WRITE] = ACL_STORAGE_RIGHT_WRITE,
	[DOVETAIL_RIGHT_EXPUNGE] = ACL_STORAGE_RIGHT_EXPUNGE,
	[DOVETAIL_RIGHT_DELETE] = ACL_STORAGE_RIGHT_DELETE,
	[DOVETAIL_RIGHT_ADMIN] = ACL_STORAGE_RIGHT_ADMIN,
};

static typeof(acl_storage_module) *dovetail_acl_module;
static dovetail_acl_lookup_t *dovetail_acl_lookup;

static bool dovetail_acl_find(void)
{
	if (dovetail_acl_lookup == NULL) {
		dovetail_acl_module = dlsym(RTLD_DEFAULT, "acl_storage_module");
		dovetail_acl_lookup = (__extension__ (dovetail_acl_lookup_t *)
			dlsym(RTLD_DEFAULT, "acl_mailbox_right_lookup"));
	}
	return dovetail_acl_lookup != NULL && dovetail_acl_module != NULL;
}

bool dovetail_acl_have_right(struct mailbox *box, enum dovetail_right right)
{
	int ret;

	/* deletion of the whole mailbox was allowed already; dsync and others
	   that ignore ACLs said so */
	if (box->deleting || (box->flags & MAILBOX_FLAG_IGNORE_ACLS) != 0)
		return TRUE;
	if (!dovetail_acl_find())
		return TRUE;
	/* acl is loaded, but off for this namespace: asking it would panic */
	if (MODULE_CONTEXT(box, *dovetail_acl_module) == NULL)
		return TRUE;
	ret = dovetail_acl_lookup(box, dovetail_acl_rights[right]);
	if (ret == 0) {
		mail_storage_set_error(box->storage, MAIL_ERROR_PERM,
				       MAIL_ERRSTR_NO_PERMISSION);
	}
	return ret > 0;
}

const char *dovetail_acl_check(struct module *self, struct mail_user *user)
{
	struct module *module;

	if (!compat_user_wants_plugin(user, "acl"))
		return NULL;
	if (!dovetail_acl_find()) {
		return "dovetail: The acl plugin is configured, but its "
			"functions cannot be found: attributes would not be "
			"protected from sharees. Check the acl plugin's file in "
			"mail_plugin_dir";
	}
	/* hooks run in load order: acl's check must come before ours */
	for (module = self->next; module != NULL; module = module->next) {
		if (strcmp(module_get_plugin_name(module), "acl") == 0) {
			return "dovetail: The plugin was loaded before acl: "
				"keep the name lib90_dovetail_plugin.so in "
				"mail_plugin_dir, it must sort after lib01_acl";
		}
	}
	return NULL;
}
