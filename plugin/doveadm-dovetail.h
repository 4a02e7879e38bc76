/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVEADM_DOVETAIL_H
#define DOVEADM_DOVETAIL_H

struct mailbox;

/* doveadm-states.c: forgets what a device (key "eas:ID") knows, all of it or
   (folder not NULL) of one folder. inbox: the user's. 1, 0 that folder is not
   known to any device, -1 (the mailbox has the error) */
int doveadm_dovetail_forget(struct mailbox *inbox, const char *key,
			    struct mailbox *folder);

/* doveadm-maintain.c */
struct doveadm_mail_cmd_context *doveadm_dovetail_purge_alloc(void);
struct doveadm_mail_cmd_context *doveadm_dovetail_backup_alloc(void);
struct doveadm_mail_cmd_context *doveadm_dovetail_migrate_alloc(void);
struct doveadm_mail_cmd_context *doveadm_dovetail_repair_alloc(void);

/* doveadm-items.c */
struct doveadm_mail_cmd_context *doveadm_dovetail_import_alloc(void);
struct doveadm_mail_cmd_context *doveadm_dovetail_export_alloc(void);

#endif
