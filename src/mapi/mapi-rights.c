/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rights that Outlook gives and Dovecot's ACL has no letter for: on one's own messages,
   to be the folder's contact. They are kept beside the ACL, so that Outlook shows what
   was set, and grant nothing.

   A blob of the folder: version, then ACL identifier and bits of each */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-rights.h"

#define RIGHTS_BLOB "rights"
#define RIGHTS_VERSION 1

int mapi_rights_kept_load(struct mapi_rop *rop, const struct mapi_logon *logon,
			  uint64_t oid, ARRAY_TYPE(mapi_rights_kept) *kept_r)
{
	const unsigned char *data;
	struct mapi_rights_kept *kept;
	struct store_place place;
	struct mapi_in in;
	size_t size;
	int ret;

	p_array_init(kept_r, rop->pool, 8);
	mapi_place(logon, oid, &place);
	ret = store_blob_get(rop->store, &place, RIGHTS_BLOB, rop->pool, &data,
			     &size);
	if (ret <= 0)
		return ret;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	if (mapi_in_u8(&in) != RIGHTS_VERSION)
		return 0;
	while (mapi_in_left(&in) > 0 && !in.broken) {
		kept = array_append_space(kept_r);
		kept->acl_id = mapi_in_str8(&in);
		kept->rights = mapi_in_u32(&in) & MAPI_RIGHTS_KEPT;
	}
	return 0;
}

uint32_t mapi_rights_kept(const ARRAY_TYPE(mapi_rights_kept) *list,
			  const char *acl_id)
{
	const struct mapi_rights_kept *kept;

	array_foreach(list, kept) {
		if (strcmp(kept->acl_id, acl_id) == 0)
			return kept->rights;
	}
	return 0;
}

uint32_t mapi_rights_kept_set(struct mapi_rop *rop,
			      const struct mapi_logon *logon, uint64_t oid,
			      const char *acl_id, uint32_t rights)
{
	buffer_t *out = buffer_create_dynamic(rop->pool, 128);
	ARRAY_TYPE(mapi_rights_kept) list;
	const struct mapi_rights_kept *kept;
	struct store_place place;

	rights &= MAPI_RIGHTS_KEPT;
	if (mapi_rights_kept_load(rop, logon, oid, &list) < 0)
		return mapi_store_error(rop);
	if (mapi_rights_kept(&list, acl_id) == rights)
		return ecNone;
	mapi_out_u8(out, RIGHTS_VERSION);
	array_foreach(&list, kept) {
		if (strcmp(kept->acl_id, acl_id) == 0 || kept->rights == 0)
			continue;
		mapi_out_str8(out, kept->acl_id);
		mapi_out_u32(out, kept->rights);
	}
	if (rights != 0) {
		mapi_out_str8(out, acl_id);
		mapi_out_u32(out, rights);
	}
	mapi_place(logon, oid, &place);
	if (store_blob_set(rop->store, &place, RIGHTS_BLOB, out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}
