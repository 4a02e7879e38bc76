/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings of namespaces and lists. */

#include "lib.h"
#include "array.h"
#include "compat-store.h"
#include "settings-parser.h"
#include "mail-namespace.h"
#include "mail-storage-settings.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "mailbox-list-private.h"
#include "shared-storage.h"
#include "str.h"

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

/* Variables of shared namespaces' prefixes, as either version keeps them. */
static const struct {
	const char *name;
	char what;
} compat_prefix_vars[] = {
	{ "%u", 'u' }, { "%n", 'n' }, { "%d", 'd' },
	{ "$username", 'n' }, { "$user", 'u' }, { "$domain", 'd' },
};

static const char *compat_prefix_expand(const char *pattern, const char *owner)
{
	const char *domain = strchr(owner, '@');
	string_t *str = t_str_new(64);
	unsigned int i;

	while (*pattern != '\0') {
		for (i = 0; i < N_ELEMENTS(compat_prefix_vars); i++) {
			if (strncmp(pattern, compat_prefix_vars[i].name,
				    strlen(compat_prefix_vars[i].name)) == 0)
				break;
		}
		if (i == N_ELEMENTS(compat_prefix_vars)) {
			str_append_c(str, *pattern++);
			continue;
		}
		pattern += strlen(compat_prefix_vars[i].name);
		if (compat_prefix_vars[i].what == 'u')
			str_append(str, owner);
		else if (compat_prefix_vars[i].what == 'n')
			str_append(str, t_strcut(owner, '@'));
		else if (domain != NULL)
			str_append(str, domain + 1);
	}
	return str_c(str);
}

static struct mail_namespace *compat_shared_root(struct mail_user *user)
{
	struct mail_namespace *ns;

	for (ns = user->namespaces; ns != NULL; ns = ns->next) {
		if (ns->type == MAIL_NAMESPACE_TYPE_SHARED &&
		    (ns->flags & NAMESPACE_FLAG_AUTOCREATED) == 0 &&
		    strcmp(ns->storage->name, MAIL_SHARED_STORAGE_NAME) == 0)
			return ns;
	}
	return NULL;
}

struct mail_namespace *
compat_shared_namespace(struct mail_user *user, const char *owner)
{
	struct mail_namespace *ns = compat_shared_root(user);
	struct shared_storage *shared;
	const char *name;

	/* the owner's name is a part of a mailbox name here */
	if (ns == NULL || *owner == '\0' ||
	    strchr(owner, mail_namespace_get_sep(ns)) != NULL)
		return NULL;
	shared = SHARED_STORAGE(ns->storage);
	name = t_strconcat(compat_prefix_expand(shared->ns_prefix_pattern,
						owner), "INBOX", NULL);
	if (shared_storage_get_namespace(&ns, &name) < 0 || ns == NULL ||
	    ns->owner == NULL || ns->owner->nonexistent)
		return NULL;
	return ns;
}
