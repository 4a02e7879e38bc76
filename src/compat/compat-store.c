/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings of namespaces and lists. */

#include "lib.h"
#include "array.h"
#include "compat-store.h"
#include "settings-parser.h"
#include "mail-namespace.h"
#include "mail-storage-settings.h"
#include "mailbox-list-private.h"

#ifdef DT_DOVECOT_24

const char *compat_list_subscriptions_name(const struct mailbox_list *list)
{
	return list->mail_set->mailbox_subscriptions_filename;
}

const char *compat_namespace_mailbox(const struct mail_namespace *ns,
				     unsigned int idx,
				     const char **special_use_r)
{
	const struct mailbox_settings *set;

	if (!array_is_created(&ns->set->parsed_mailboxes) ||
	    idx >= array_count(&ns->set->parsed_mailboxes))
		return NULL;
	set = array_idx_elem(&ns->set->parsed_mailboxes, idx);
	*special_use_r = !array_is_created(&set->special_use) ? "" :
		t_strarray_join(settings_boollist_get(&set->special_use), " ");
	return set->name;
}

#else

const char *compat_list_subscriptions_name(const struct mailbox_list *list)
{
	return list->set.subscription_fname;
}

const char *compat_namespace_mailbox(const struct mail_namespace *ns,
				     unsigned int idx,
				     const char **special_use_r)
{
	const struct mailbox_settings *set;

	if (!array_is_created(&ns->set->mailboxes) ||
	    idx >= array_count(&ns->set->mailboxes))
		return NULL;
	set = array_idx_elem(&ns->set->mailboxes, idx);
	*special_use_r = set->special_use;
	return set->name;
}

#endif
