/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_PLUGIN_H
#define DOVETAIL_PLUGIN_H

/* What the mail plugin offers to a process of ours that loaded it through
   mail_plugins (the worker, doveadm). */

#include "lib.h"
#include <dlfcn.h>

struct mail_user;
struct mailbox_transaction_context;

/* In the control directory of a mailbox of items: its class and a line feed.
   Written when the attribute folder/class is, which is the truth; it is there for
   those who have no database (imap's listing). */
#define DOVETAIL_MARKER_NAME "dovetail-class"

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

/* An item or opaque object that a transaction of attributes is going to write. Must
   live until the transaction has ended. */
struct dovetail_item_watch {
	/* Its key: META_KEY_ITEM<name> (dovetail-items.h), or of dovetail-objects.h */
	const char *key;
	/* The commit fails with MAIL_ERROR_EXISTS if the item's sequence is
	   another one by then (another process changed it). */
	bool expect;
	uint64_t expected_seq;	/* 0: there must be no such item */
	/* After the commit: what the item has now. */
	uint32_t num;
	uint64_t seq;
};
/* Looked at inside the database's write transaction, so there is no moment
   between the look and the write. FALSE: the plugin is not loaded. */
static inline bool
dovetail_plugin_watch_item(struct mailbox_transaction_context *t,
			   struct dovetail_item_watch *watch)
{
	void (*func)(struct mailbox_transaction_context *,
		     struct dovetail_item_watch *) = (__extension__
		(void (*)(struct mailbox_transaction_context *,
			  struct dovetail_item_watch *))
		dlsym(RTLD_DEFAULT, "dovetail_attribute_watch"));

	if (func == NULL)
		return FALSE;
	func(t, watch);
	return TRUE;
}

#endif
