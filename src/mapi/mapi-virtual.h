/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_VIRTUAL_H
#define MAPI_VIRTUAL_H

/* Folders that clients make where Dovecot has no mailbox: search folders, and what is
   made outside of the IPM subtree. A list of them is a blob on the mailbox's root;
   their numbers follow those of dovetail's fixed ones and are never used again. */

#include "mapi.h"

#define MAPI_VIRTUAL_FIRST (MAPI_FID_SPECIAL_LAST + 1)

/* Appends them to a tree whose other folders are there. 0 / -1 */
int mapi_virtual_add(struct mapi_rop *rop, const struct mapi_logon *logon,
		     ARRAY_TYPE(mapi_folder_info) *folders);
/* Each a mapi_error */
uint32_t mapi_virtual_create(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t parent, const char *name, bool search,
			     uint64_t *oid_r);
uint32_t mapi_virtual_delete(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t oid);
uint32_t mapi_virtual_rename(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t oid, uint64_t parent, const char *name);

#endif
