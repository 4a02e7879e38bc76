/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "mapi-notify.h"

void mapi_notifier_init(struct emsmdb *session)
{
	session->notifier = NULL;
}

void mapi_notifier_deinit(struct emsmdb *session ATTR_UNUSED)
{
}

void mapi_notify_append(struct emsmdb *session ATTR_UNUSED,
			const struct mapi_env *env ATTR_UNUSED,
			buffer_t *out ATTR_UNUSED, size_t max_used ATTR_UNUSED)
{
}
