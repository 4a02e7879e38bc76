/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which addresses a user may write into From.

   Own: userdb field dovetail_address (default: the user name) and
   dovetail_aliases. Another's: dovetail_send_as and dovetail_send_on_behalf of
   the acting user (addresses, spaces between), or the right "post" (p) that an
   owner gave on a shared INBOX: on behalf. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "store-private.h"

/* Local parts are compared without letter case, as every server does. */
static bool store_address_in(const char *const *list, const char *address)
{
	for (; list != NULL && *list != NULL; list++) {
		if (strcasecmp(*list, address) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool store_address_in_setting(struct store *store, const char *setting,
				     const char *address)
{
	const char *value = store_setting(store, setting);

	return value != NULL &&
		store_address_in(t_strsplit_spaces(value, " ,"), address);
}

/* 1 the owner gave the right, 0, -1 */
static int store_post_right(struct store *store, const char *address)
{
	const ARRAY_TYPE(store_folder_info) *infos;
	struct store_node *node;
	struct mailbox *box;
	int ret = 0;

	if (store_folders(store, &infos) < 0)
		return -1;
	array_foreach_elem(&store->tree->nodes, node) {
		if (!node->info.foreign || !node->info.selectable ||
		    strcasecmp(node->info.owner, address) != 0)
			continue;
		box = store_node_box(store, node, MAILBOX_FLAG_READONLY);
		if (box == NULL)
			continue;
		if (mailbox_is_any_inbox(box))
			ret = compat_acl_right(box, COMPAT_ACL_POST);
		if (ret < 0)
			(void)store_fail_box(store, box, "looking up rights");
		mailbox_free(&box);
		if (ret != 0)
			break;
	}
	return ret;
}

int store_send_right(struct store *store, const char *address,
		     enum store_send_right *right_r)
{
	int ret;

	*right_r = STORE_SEND_NONE;
	if (strcasecmp(address, store->set.address) == 0 ||
	    store_address_in(store->set.aliases, address)) {
		*right_r = STORE_SEND_SELF;
	} else if (store_address_in_setting(store, "dovetail_send_as",
					    address)) {
		*right_r = STORE_SEND_AS;
	} else if (store_address_in_setting(store, "dovetail_send_on_behalf",
					    address)) {
		*right_r = STORE_SEND_ON_BEHALF;
	} else {
		T_BEGIN {
			ret = store_post_right(store, address);
		} T_END;
		if (ret < 0)
			return -1;
		if (ret > 0)
			*right_r = STORE_SEND_ON_BEHALF;
	}
	return 0;
}
