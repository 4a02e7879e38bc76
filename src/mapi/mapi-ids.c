/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers of the store's partition and what goes over the wire for them (MS-OXCDATA
   2.2): FIDs and MIDs with a REPLID, entry ids, source and change keys. */

#include "mapi.h"

void mapi_place(const struct mapi_logon *logon, uint64_t oid,
		struct store_place *place_r)
{
	i_zero(place_r);
	place_r->view = logon->view;
	if (oid >= META_OID_FOLDER_FIRST)
		place_r->fid = oid - META_OID_FOLDER_FIRST;
	else
		place_r->special = oid;
}

static uint64_t place_oid(const struct store_place *place)
{
	return place->fid != 0 ? META_OID_FOLDER(place->fid) : place->special;
}

mapi_id_t mapi_folder_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			   uint64_t oid)
{
	struct store_object object;
	struct store_gid gid;

	if (oid == 0)
		return 0;
	i_zero(&object);
	object.kind = STORE_OBJECT_FOLDER;
	mapi_place(logon, oid, &object.place);
	if (store_gid_of(rop->store, &object, &gid) < 0)
		return mapi_id(MAPI_REPLID_OWN, oid);
	return mapi_id(gid.replid, gid.counter);
}

bool mapi_folder_of_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			 mapi_id_t id, uint64_t *oid_r)
{
	struct store_gid gid = { mapi_id_replid(id), mapi_id_globcnt(id) };
	struct store_object object;

	if (gid.replid == MAPI_REPLID_OWN && gid.counter != 0 &&
	    gid.counter <= META_OID_FOLDER_LAST)
		*oid_r = gid.counter;
	else {
		if (store_gid_find(rop->store, logon->view, &gid, NULL,
				   &object) <= 0 ||
		    object.kind != STORE_OBJECT_FOLDER)
			return FALSE;
		*oid_r = place_oid(&object.place);
	}
	return mapi_tree_find(rop, logon, *oid_r) != NULL;
}

/* --- long-term ids ---------------------------------------------------------------- */

bool mapi_long_id_of_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			  mapi_id_t id, struct mapi_long_id *long_r)
{
	uint16_t replid = mapi_id_replid(id);

	i_zero(long_r);
	long_r->globcnt = mapi_id_globcnt(id);
	if (replid == MAPI_REPLID_OWN) {
		memcpy(long_r->guid, logon->replica_guid, sizeof(long_r->guid));
		return TRUE;
	}
	return store_replica_guid(rop->store, logon->view, replid,
				  long_r->guid) > 0;
}

uint32_t mapi_wire_of_long_id(struct mapi_rop *rop,
			      const struct mapi_logon *logon,
			      const struct mapi_long_id *id, mapi_id_t *id_r)
{
	uint16_t replid = MAPI_REPLID_OWN;

	if (guid_128_is_empty(id->guid) || id->globcnt == 0)
		return ecInvalidParam;
	if (memcmp(id->guid, logon->replica_guid, sizeof(id->guid)) != 0 &&
	    store_replica_id(rop->store, logon->view, id->guid, TRUE,
			     &replid) <= 0)
		return mapi_store_error(rop);
	*id_r = mapi_id(replid, id->globcnt);
	return ecNone;
}

void mapi_source_key(struct mapi_rop *rop, const struct mapi_logon *logon,
		     mapi_id_t id, buffer_t *out)
{
	struct mapi_long_id long_id;

	(void)mapi_long_id_of_wire(rop, logon, id, &long_id);
	mapi_out_gid(out, &long_id);
}

void mapi_change_key(const struct mapi_logon *logon, uint64_t cn, buffer_t *out)
{
	struct mapi_long_id id;

	memcpy(id.guid, logon->replica_guid, sizeof(id.guid));
	id.globcnt = cn;
	mapi_out_gid(out, &id);
}

void mapi_version_keys(const struct mapi_logon *logon,
		       const struct store_version *version,
		       buffer_t *change_key, buffer_t *pcl)
{
	if (version->change_key != NULL)
		buffer_append(change_key, version->change_key,
			      version->change_key_size);
	else
		mapi_change_key(logon, version->cn, change_key);
	if (version->pcl != NULL)
		buffer_append(pcl, version->pcl, version->pcl_size);
	if (version->pcl == NULL || version->change_key == NULL)
		(void)mapi_pcl_add(pcl, change_key->data, change_key->used);
}

/* --- entry ids ------------------------------------------------------------------------- */

void mapi_folder_entry_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			  uint64_t oid, buffer_t *out)
{
	struct mapi_entry_id eid;

	i_zero(&eid);
	eid.kind = MAPI_EID_FOLDER;
	memcpy(eid.provider, logon->mailbox_guid, sizeof(eid.provider));
	eid.type = logon->kind == MAPI_STORE_PUBLIC ?
		MAPI_EIT_PUBLIC_FOLDER : MAPI_EIT_PRIVATE_FOLDER;
	(void)mapi_long_id_of_wire(rop, logon,
				   mapi_folder_wire(rop, logon, oid),
				   &eid.folder);
	mapi_entry_id_write(out, &eid);
}

void mapi_message_entry_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			   mapi_id_t folder, mapi_id_t message, buffer_t *out)
{
	struct mapi_entry_id eid;

	i_zero(&eid);
	eid.kind = MAPI_EID_MESSAGE;
	memcpy(eid.provider, logon->mailbox_guid, sizeof(eid.provider));
	eid.type = logon->kind == MAPI_STORE_PUBLIC ?
		MAPI_EIT_PUBLIC_MESSAGE : MAPI_EIT_PRIVATE_MESSAGE;
	(void)mapi_long_id_of_wire(rop, logon, folder, &eid.folder);
	(void)mapi_long_id_of_wire(rop, logon, message, &eid.message);
	mapi_entry_id_write(out, &eid);
}

void mapi_store_entry_id(struct mapi_rop *rop ATTR_UNUSED,
			 const struct mapi_logon *logon, buffer_t *out)
{
	struct mapi_entry_id eid;

	i_zero(&eid);
	eid.kind = MAPI_EID_STORE;
	eid.dn = mapi_dn_of_address(logon->address);
	mapi_entry_id_write(out, &eid);
}

void mapi_address_entry_id(const char *address, buffer_t *out)
{
	struct mapi_entry_id eid;

	i_zero(&eid);
	eid.kind = MAPI_EID_ADDRESS;
	eid.dn = mapi_dn_of_address(address);
	mapi_entry_id_write(out, &eid);
}
