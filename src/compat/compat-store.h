/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_STORE_H
#define DOVETAIL_COMPAT_STORE_H

/* What the store reads of namespaces' and lists' settings. */

#include "compat.h"

struct mail_namespace;
struct mailbox_list;

/* The subscriptions file's name; NULL or "": the list has none. */
const char *compat_list_subscriptions_name(const struct mailbox_list *list);

/* The configured mailboxes of the namespace, by index: the name without the
   namespace's prefix, or NULL at the end. special_use_r: RFC 6154 names
   separated by spaces, or "" (data stack). */
const char *compat_namespace_mailbox(const struct mail_namespace *ns,
				     unsigned int idx,
				     const char **special_use_r);

struct mail_user;
/* The shared namespace of this owner, whether anything is shared or not. NULL:
   there is no such user, or the site has no shared namespace. */
struct mail_namespace *
compat_shared_namespace(struct mail_user *user, const char *owner);

#endif
