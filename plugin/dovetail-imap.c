/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* IMAP clients are not shown mailboxes that hold items. They are left out of the
   answers to LIST and LSUB only: whoever names one can use it, and whatever else
   walks over the mailboxes (acl's shared dict, quota) sees all. */

#include "lib.h"
#include "imap-client.h"
#include "imap-commands.h"
#include "dovetail-plugin.h"

#include <dlfcn.h>

#define DOVETAIL_LIST_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, dovetail_list_module)

struct dovetail_list {
	union mailbox_list_module_context module_ctx;
};

static MODULE_CONTEXT_DEFINE_INIT(dovetail_list_module,
				  &mailbox_list_module_register);

/* imap's own function: other processes have none */
typedef void dovetail_hook_func_t(command_hook_callback_t *pre,
				  command_hook_callback_t *post);

static dovetail_hook_func_t *dovetail_imap_func(const char *name)
{
	return __extension__ (dovetail_hook_func_t *)dlsym(RTLD_DEFAULT, name);
}

/*
 * Is a client's LIST being answered?
 */

static void dovetail_imap_pre(struct client_command_context *cmd)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(cmd->client->user);

	if (duser != NULL && cmd->name != NULL) {
		duser->listing = strcasecmp(cmd->name, "LIST") == 0 ||
			strcasecmp(cmd->name, "LSUB") == 0 ||
			strcasecmp(cmd->name, "XLIST") == 0;
	}
}

static void dovetail_imap_post(struct client_command_context *cmd)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(cmd->client->user);

	if (duser != NULL)
		duser->listing = FALSE;
}

void dovetail_imap_init(void)
{
	dovetail_hook_func_t *func =
		dovetail_imap_func("command_hook_register");

	if (func != NULL)
		func(dovetail_imap_pre, dovetail_imap_post);
}

void dovetail_imap_deinit(void)
{
	dovetail_hook_func_t *func =
		dovetail_imap_func("command_hook_unregister");

	if (func != NULL)
		func(dovetail_imap_pre, dovetail_imap_post);
}

/*
 * Listing
 */

static bool dovetail_list_hides(struct mailbox_list *list,
				const struct mailbox_info *info)
{
	struct dovetail_user *duser = DOVETAIL_USER_CONTEXT(list->ns->user);
	bool ret = FALSE;

	if (duser == NULL || !duser->listing ||
	    (info->flags & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) != 0)
		return FALSE;
	T_BEGIN {
		ret = dovetail_marker_exists(list, info->vname);
	} T_END;
	return ret;
}

static const struct mailbox_info *
dovetail_list_iter_next(struct mailbox_list_iterate_context *ctx)
{
	struct dovetail_list *dlist = DOVETAIL_LIST_CONTEXT(ctx->list);
	const struct mailbox_info *info;

	do {
		info = dlist->module_ctx.super.iter_next(ctx);
	} while (info != NULL && dovetail_list_hides(ctx->list, info));
	return info;
}

void dovetail_imap_list_created(struct mailbox_list *list)
{
	struct mailbox_list_vfuncs *v = list->vlast;
	struct dovetail_list *dlist;
	const char *hide;

	if (dovetail_imap_func("command_hook_register") == NULL)
		return;
	hide = compat_user_setting(list->ns->user, "dovetail_imap_hide_items");
	if (hide != NULL && strcmp(hide, "no") == 0)
		return;
	dlist = p_new(list->pool, struct dovetail_list, 1);
	dlist->module_ctx.super = *v;
	list->vlast = &dlist->module_ctx.super;
	v->iter_next = dovetail_list_iter_next;
	MODULE_CONTEXT_SET(list, dovetail_list_module, dlist);
}
