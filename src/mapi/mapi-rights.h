/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_RIGHTS_H
#define MAPI_RIGHTS_H

/* Rights beside Dovecot's ACL (MS-OXCPERM 2.2.7). */

#include "mapi-folder.h"

/* Which they are */
#define MAPI_RIGHTS_KEPT (MAPI_RIGHT_EDIT_OWNED | MAPI_RIGHT_DELETE_OWNED | \
	MAPI_RIGHT_CONTACT)

struct mapi_rights_kept {
	/* "user=ben", "anyone" */
	const char *acl_id;
	uint32_t rights;
};
ARRAY_DEFINE_TYPE(mapi_rights_kept, struct mapi_rights_kept);

int mapi_rights_kept_load(struct mapi_rop *rop, const struct mapi_logon *logon,
			  uint64_t oid, ARRAY_TYPE(mapi_rights_kept) *kept_r);
uint32_t mapi_rights_kept(const ARRAY_TYPE(mapi_rights_kept) *list,
			  const char *acl_id);
/* Of all rights those that are kept here. A mapi_error */
uint32_t mapi_rights_kept_set(struct mapi_rop *rop,
			      const struct mapi_logon *logon, uint64_t oid,
			      const char *acl_id, uint32_t rights);

#endif
