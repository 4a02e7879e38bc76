/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Soft-deleted mail (MS-OXCFOLD 2.2.1.14.1, MS-OXCMSG 2.2.3.1.1): what the site keeps of
   a folder's expunged messages (lazy_expunge). They have ids of their own, which are
   found in what is kept of the folder that the client names. */

#include "mapi.h"
#include "mapi-msg.h"

int mapi_deleted_open(struct mapi_rop *rop, const struct mapi_logon *logon,
		      uint64_t oid, struct store_folder **folder_r)
{
	const struct mapi_folder_info *info = mapi_tree_find(rop, logon, oid);

	if (info == NULL || info->fid == 0 || info->class != STORE_CLASS_MAIL)
		return 0;
	return store_recover_open(rop->store, info->fid, folder_r);
}

mapi_id_t mapi_deleted_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			    const struct mapi_msg_ref *ref)
{
	struct store_folder *folder;
	struct store_gid gid;
	int ret;

	if (mapi_deleted_open(rop, logon, ref->folder, &folder) <= 0)
		return 0;
	ret = store_gid_of_mail(folder, ref->num, &gid);
	store_close(&folder);
	return ret < 0 ? 0 : mapi_id(gid.replid, gid.counter);
}

static bool uid_has_id(struct store_folder *folder, uint32_t uid, mapi_id_t id)
{
	struct store_gid gid;

	return store_gid_of_mail(folder, uid, &gid) == 0 &&
		mapi_id(gid.replid, gid.counter) == id;
}

/* 0: none of these */
static uint32_t uid_of_id(struct store_folder *folder,
			  const ARRAY_TYPE(seq_range) *uids, mapi_id_t id)
{
	struct seq_range_iter iter;
	uint32_t uid = META_OID_INDEX(mapi_id_globcnt(id));
	unsigned int n = 0;

	/* where it nearly always is */
	if (seq_range_exists(uids, uid) && uid_has_id(folder, uid, id))
		return uid;
	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &uid)) {
		if (uid_has_id(folder, uid, id))
			return uid;
	}
	return 0;
}

int mapi_deleted_find(struct mapi_rop *rop, const struct mapi_logon *logon,
		      uint64_t oid, const mapi_id_t *ids, unsigned int count,
		      ARRAY_TYPE(seq_range) *uids_r)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	uint32_t uid;
	int found = 0, ret = mapi_deleted_open(rop, logon, oid, &folder);

	if (ret <= 0)
		return ret;
	p_array_init(&uids, rop->pool, 64);
	ret = store_uids_since(folder, 0, &uids);
	for (unsigned int i = 0; i < count && ret == 0; i++) {
		uid = uid_of_id(folder, &uids, ids[i]);
		if (uid == 0)
			continue;
		seq_range_array_add(uids_r, uid);
		found++;
	}
	store_close(&folder);
	return ret < 0 ? -1 : found;
}
