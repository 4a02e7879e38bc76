/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Versions of imported objects: which is newer, who wins, what both become (MS-OXCFXICS
   3.1.5.3, 3.1.5.6). */

#include "mapi.h"
#include "mapi-ics.h"

static void collector_free(struct mapi_object *obj)
{
	struct mapi_ics_collector *collector =
		(struct mapi_ics_collector *)obj;

	mapi_ics_state_deinit(&collector->state);
}

static const struct mapi_object_vfuncs collector_vfuncs = {
	.free = collector_free,
};

struct mapi_object *
mapi_ics_collector_new(struct mapi_rop *rop, uint64_t folder,
		       enum mapi_ics_what what)
{
	struct mapi_ics_collector *collector =
		mapi_object_new(rop, struct mapi_ics_collector, MAPI_COLLECTOR,
				&collector_vfuncs, rop->obj);

	collector->folder = folder;
	mapi_ics_state_init(&collector->state, collector->obj.pool, what, TRUE);
	return &collector->obj;
}

void mapi_ics_collector_seen(struct mapi_ics_collector *collector,
			     bool associated, uint64_t cn)
{
	mapi_idset_add(associated ? &collector->state.seen_fai :
		       &collector->state.seen,
		       collector->obj.logon->replica_guid, cn);
}

enum mapi_pcl_order
mapi_ics_compare(struct mapi_rop *rop, const struct mapi_logon *logon,
		 const struct store_version *ours,
		 const struct mapi_ics_version *theirs)
{
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	struct mapi_blob blob;

	mapi_version_keys(logon, ours, key, pcl);
	blob.data = pcl->data;
	blob.size = pcl->used;
	return mapi_pcl_compare(&theirs->pcl, &blob);
}

bool mapi_ics_theirs_wins(const struct mapi_logon *logon,
			  const struct store_version *ours, int64_t our_time,
			  const struct mapi_ics_version *theirs)
{
	const unsigned char *guid = ours->change_key != NULL ?
		ours->change_key : logon->replica_guid;

	if (theirs->last_modified != our_time)
		return theirs->last_modified > our_time;
	/* the larger GUID of the change */
	return memcmp(theirs->change_key.data, guid, GUID_128_SIZE) > 0;
}

uint32_t mapi_ics_version_set(struct mapi_rop *rop,
			      const struct mapi_logon *logon,
			      const struct store_object *object,
			      const struct store_version *before,
			      const struct mapi_ics_version *theirs,
			      uint64_t *cn_r)
{
	buffer_t *pcl = buffer_create_dynamic(rop->pool, 64);
	buffer_t *key = buffer_create_dynamic(rop->pool, 24);
	buffer_t *ours = buffer_create_dynamic(rop->pool, 64);
	struct mapi_blob blob;

	buffer_append(pcl, theirs->pcl.data, theirs->pcl.size);
	(void)mapi_pcl_add(pcl, theirs->change_key.data,
			   theirs->change_key.size);
	if (before != NULL && before->cn != 0 &&
	    mapi_ics_compare(rop, logon, before, theirs) ==
	    MAPI_PCL_CONFLICT) {
		/* a successor of both (3.1.5.6.2) */
		mapi_version_keys(logon, before, key, ours);
		blob.data = ours->data;
		blob.size = ours->used;
		(void)mapi_pcl_merge(pcl, &blob);
	}
	if (store_version_set(rop->store, object, theirs->change_key.data,
			      theirs->change_key.size, pcl->data, pcl->used,
			      cn_r) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

uint32_t mapi_ics_new_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			 mapi_id_t id)
{
	struct store_gid gid = { mapi_id_replid(id), mapi_id_globcnt(id) };
	int ret;

	/* one of ours was given by us, to something that is not here any more */
	if (gid.replid == MAPI_REPLID_OWN &&
	    (gid.counter < META_OID_CLIENT_FIRST ||
	     gid.counter > META_OID_CLIENT_LAST))
		return SYNC_E_OBJECT_DELETED;
	ret = store_gid_is_past(rop->store, logon->view, &gid);
	if (ret < 0)
		return mapi_store_error(rop);
	return ret > 0 ? SYNC_E_OBJECT_DELETED : ecNone;
}

void mapi_ics_version_dup(pool_t pool, struct store_version *dest,
			  const struct store_version *src)
{
	*dest = *src;
	if (src->change_key != NULL)
		dest->change_key = p_memdup(pool, src->change_key,
					    src->change_key_size);
	if (src->pcl != NULL)
		dest->pcl = p_memdup(pool, src->pcl, src->pcl_size);
}
