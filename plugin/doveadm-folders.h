/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVEADM_FOLDERS_H
#define DOVEADM_FOLDERS_H

/* The only symbol that libdovetail-doveadm looks up in
   libdovetail-doveadm-folders. name: the whole command */
struct doveadm_mail_cmd_context;
struct doveadm_mail_cmd_context *dovetail_folders_alloc(const char *name);

#endif
