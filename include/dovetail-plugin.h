/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_PLUGIN_H
#define DOVETAIL_PLUGIN_H

/* What the mail plugin offers to a process of ours that loaded it through
   mail_plugins (the worker, doveadm). */

#include "lib.h"
#include <dlfcn.h>

struct mail_user;

/* Bus records of this user's changes carry this origin (bus_origin() of user
   and device) from now on, so that a device is not woken by its own change.
   0: none. FALSE: the plugin is not loaded for want of mail_plugins. */
static inline bool
dovetail_plugin_set_origin(struct mail_user *user, uint64_t origin)
{
	void (*func)(struct mail_user *, uint64_t) = (__extension__
		(void (*)(struct mail_user *, uint64_t))
		dlsym(RTLD_DEFAULT, "dovetail_user_set_origin"));

	if (func == NULL)
		return FALSE;
	func(user, origin);
	return TRUE;
}

#endif
