/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_NOTIFY_H
#define MAPI_NOTIFY_H

/* What a session is told of by itself (MS-OXCNOTIF). */

#include "mapi.h"

void mapi_notifier_init(struct emsmdb *session);
void mapi_notifier_deinit(struct emsmdb *session);

/* Appends RopNotify for what happened since the last call, as many as fit, then
   RopPending if more are waiting. */
void mapi_notify_append(struct emsmdb *session, const struct mapi_env *env,
			buffer_t *out, size_t max_used);

#endif
