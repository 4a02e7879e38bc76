/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_NOTIFY_H
#define MAPI_NOTIFY_H

/* What a session is told of by itself (MS-OXCNOTIF). */

#include "mapi.h"

/* NotificationFlags (MS-OXCNOTIF 2.2.1.4.1.2) and NotificationTypes alike */
#define MAPI_EVENT_NEW_MAIL	0x0002
#define MAPI_EVENT_CREATED	0x0004
#define MAPI_EVENT_DELETED	0x0008
#define MAPI_EVENT_MODIFIED	0x0010
#define MAPI_EVENT_MOVED	0x0020
#define MAPI_EVENT_COPIED	0x0040
#define MAPI_EVENT_SEARCH	0x0080
#define MAPI_EVENT_TABLE	0x0100
#define MAPI_EVENT_EXTENDED	0x0400
#define MAPI_EVENT_TOTAL	0x1000
#define MAPI_EVENT_UNREAD	0x2000
#define MAPI_EVENT_IS_SEARCH	0x4000
#define MAPI_EVENT_IS_MESSAGE	0x8000

/* Made by RopRegisterNotification */
struct mapi_subscription {
	struct mapi_object obj;
	uint16_t types;
	bool whole_store;
	uint64_t folder;
	mapi_id_t message;	/* 0: any */
};

struct mapi_subscription *mapi_subscription_new(struct mapi_rop *rop);

void mapi_notifier_init(struct emsmdb *session);
void mapi_notifier_deinit(struct emsmdb *session);

/* The logon goes: what was watched in it too */
void mapi_notifier_drop_logon(struct emsmdb *session,
			      const struct mapi_logon *logon);
void mapi_notifier_park(const struct emsmdb *session, buffer_t *out);
/* Logons are there already. 0 / -1 */
int mapi_notifier_restore(struct emsmdb *session, struct mapi_in *in);

/* Appends RopNotify for what happened since the last call, as many as fit, then
   RopPending if more are waiting. */
void mapi_notify_append(struct emsmdb *session, const struct mapi_env *env,
			buffer_t *out, size_t max_used);

#endif
