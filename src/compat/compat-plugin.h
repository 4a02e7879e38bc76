/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_PLUGIN_H
#define DOVETAIL_COMPAT_PLUGIN_H

/* What the mail plugin, its doveadm commands and meta see differently in 2.3
   and 2.4. */

#include "compat.h"
#include "compat-settings.h"
#include "array.h"
#include "mail-user.h"
#include "mail-storage-settings.h"

#ifdef DT_DOVECOT_24
#  include "master-service.h"
/* arguments come through ctx->cctx in both */
#  define COMPAT_DOVEADM_INIT(ctx) struct doveadm_mail_cmd_context *ctx
/* a setting outside of any user */
#  define compat_doveadm_setting(name) \
	compat_event_setting(master_service_get_event(master_service), name)
#else
#  define COMPAT_DOVEADM_INIT(ctx) \
	struct doveadm_mail_cmd_context *ctx, \
	const char *const args[] ATTR_UNUSED
#  define compat_doveadm_setting(name) doveadm_plugin_getenv(name)
#endif

struct mailbox;

/* Special uses that the configuration gives the mailbox ("\\Sent"), "" */
const char *compat_box_special_use(const struct mailbox *box);

/* Is this name in the user's mail_plugins? */
static inline bool
compat_user_wants_plugin(struct mail_user *user, const char *name)
{
#ifdef DT_DOVECOT_24
	const char *plugin;

	if (!array_is_created(&user->set->mail_plugins))
		return FALSE;
	array_foreach_elem(&user->set->mail_plugins, plugin) {
		if (strcmp(plugin, name) == 0)
			return TRUE;
	}
	return FALSE;
#else
	return str_array_find(t_strsplit_spaces(user->set->mail_plugins, ", "),
			      name);
#endif
}

#endif
