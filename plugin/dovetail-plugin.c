/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mail plugin's entry: hooks and the user's context. */

#include "lib.h"
#include "module-dir.h"
#include "mail-storage-hooks.h"
#include "mail-storage-settings.h"
#include "dovetail-plugin.h"

struct dovetail_user_module dovetail_user_module =
	MODULE_CONTEXT_INIT(&mail_user_module_register);
struct dovetail_storage_module dovetail_storage_module =
	MODULE_CONTEXT_INIT(&mail_storage_module_register);

const char *dovetail_plugin_version = DOVECOT_ABI_VERSION;

static struct module *dovetail_module;

void dovetail_user_set_origin(struct mail_user *user, uint64_t origin)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(user);

	if (duser != NULL)
		duser->origin = origin;
}

static void dovetail_user_deinit(struct mail_user *user)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(user);
	struct event *event = duser->event;
	char *saved_to;

	/* mailboxes that close now may still have something to tell */
	saved_to = duser->saved_to;
	duser->module_ctx.super.deinit(user);
	event_unref(&event);
	i_free(saved_to);
	/* the process may serve thousands of users (doveadm -A, lmtp) */
	dovetail_meta_close_unused();
}

static const char *dovetail_user_bus_path(struct mail_user *user)
{
	const char *path = compat_user_setting(user, "dovetail_bus");

	if (path != NULL && *path != '\0')
		return path;
	return p_strconcat(user->pool, user->set->base_dir,
			   "/" DT_BUS_FIFO_NAME, NULL);
}

static void dovetail_mail_user_created(struct mail_user *user)
{
	struct mail_user_vfuncs *v = user->vlast;
	struct dovetail_user *duser;
	const char *error;

	duser = p_new(user->pool, struct dovetail_user, 1);
	duser->module_ctx.super = *v;
	user->vlast = &duser->module_ctx.super;
	v->deinit = dovetail_user_deinit;
	duser->event = event_create(user->event);
	event_set_append_log_prefix(duser->event, "dovetail: ");
	duser->bus_path = dovetail_user_bus_path(user);
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &duser->created);
	MODULE_CONTEXT_SET(user, dovetail_user_module, duser);
	dovetail_delivery_init();

	error = dovetail_acl_check(dovetail_module, user);
	if (error != NULL && user->error == NULL)
		user->error = p_strdup(user->pool, error);
}

static struct mail_storage_hooks dovetail_hooks = {
	.mail_user_created = dovetail_mail_user_created,
	.mailbox_list_created = dovetail_imap_list_created,
	.mailbox_allocated = dovetail_mailbox_allocated,
	.mailbox_opened = dovetail_mailbox_opened,
};

void dovetail_plugin_init(struct module *module)
{
	dovetail_module = module;
	dovetail_bus_init();
	dovetail_imap_init();
	dovetail_collect_init();
	mail_storage_hooks_add(module, &dovetail_hooks);
}

void dovetail_plugin_deinit(void)
{
	mail_storage_hooks_remove(&dovetail_hooks);
	dovetail_collect_deinit();
	dovetail_imap_deinit();
	dovetail_delivery_deinit();
	dovetail_bus_deinit();
	dovetail_meta_deinit();
}
