/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_WRITE_H
#define STORE_WRITE_H

#include "compat.h"
#include "store-private.h"

/* --- store-msg.c ---------------------------------------------------------- */

enum store_flags store_flags_from_mail(enum mail_flags flags);
enum mail_flags store_flags_to_mail(enum store_flags flags);

/* --- store-save.c --------------------------------------------------------- */

/* Without the second, Maildir gives no UID when another process saves too. */
#define STORE_SAVE_FLAGS \
	(MAILBOX_TRANSACTION_FLAG_EXTERNAL | \
	 MAILBOX_TRANSACTION_FLAG_ASSIGN_UIDS)

/* 0, or -1 PERM (also when the mailbox is read-only) */
int store_need_right(struct store_folder *folder, enum compat_acl_right right);
int store_expunge_one(struct store_folder *folder, uint32_t uid);
/* A transaction is done: see its results. */
int store_after_commit(struct store_folder *folder);

#endif
