/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders that a client made, changed, moved or deleted while it was away (MS-OXCFXICS
   2.2.3.2.4.3, 3.2.5.9.4.3). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-ics.h"
#include "mapi-virtual.h"

static store_fid_t fid_of(uint64_t oid)
{
	return oid < META_OID_FOLDER_FIRST ? 0 : oid - META_OID_FOLDER_FIRST;
}

/* Is it a place for mailboxes? */
static bool is_real(struct mapi_rop *rop, uint64_t oid)
{
	return oid >= META_OID_FOLDER_FIRST ||
		oid == mapi_special_oid(rop, rop->logon,
					rop->logon->kind ==
					MAPI_STORE_PUBLIC ?
					MAPI_FID_PUBLIC_IPM :
					MAPI_FID_IPM_SUBTREE);
}

static const char *
class_of_change(struct mapi_rop *rop,
		const struct mapi_ics_folder_change *change)
{
	const struct mapi_prop *prop;
	struct mapi_prop text;

	array_foreach(change->props, prop) {
		if (MAPI_TAG_ID(prop->tag) != MAPI_TAG_ID(PidTagContainerClass))
			continue;
		mapi_prop_as(rop, prop, PidTagContainerClass, &text);
		if (text.tag == PidTagContainerClass)
			return text.v.s;
	}
	return NULL;
}

static uint32_t folder_create(struct mapi_rop *rop,
			      const struct mapi_ics_folder_change *change,
			      uint64_t parent, uint64_t *oid_r)
{
	const char *class = class_of_change(rop, change);
	store_fid_t fid;

	if (!is_real(rop, parent))
		return mapi_virtual_create(rop, rop->logon, parent,
					   change->name, FALSE, oid_r);
	if (store_folder_create(rop->store, fid_of(parent), change->name,
				class == NULL ? STORE_CLASS_MAIL :
				mapi_class_of_container(class), &fid) < 0)
		return mapi_store_error(rop);
	mapi_tree_changed(rop->logon);
	*oid_r = META_OID_FOLDER(fid);
	return ecNone;
}

static uint32_t folder_move(struct mapi_rop *rop,
			    const struct mapi_folder_info *info,
			    uint64_t parent, const char *name)
{
	uint32_t error = ecNone;

	if (info->parent == parent && strcmp(info->name, name) == 0)
		return ecNone;
	if (info->special != 0)
		return ecNoAccess;
	if (mapi_tree_is_below(rop, rop->logon, parent, info->oid))
		return SYNC_E_CYCLE;
	if (info->virtual)
		error = mapi_virtual_rename(rop, rop->logon, info->oid, parent,
					    name);
	else if (!is_real(rop, parent))
		error = ecNotSupported;
	else if (store_folder_rename(rop->store, info->fid, fid_of(parent),
				     name) < 0)
		error = mapi_store_error(rop);
	mapi_tree_changed(rop->logon);
	return error;
}

/* Those of the hierarchy values are ignored here, and what only we compute */
static bool is_hierarchy_value(mapi_tag_t tag)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagParentSourceKey):
	case MAPI_TAG_ID(PidTagSourceKey):
	case MAPI_TAG_ID(PidTagLastModificationTime):
	case MAPI_TAG_ID(PidTagChangeKey):
	case MAPI_TAG_ID(PidTagPredecessorChangeList):
	case MAPI_TAG_ID(PidTagDisplayName):
		return TRUE;
	}
	return MAPI_TAG_ID(tag) >= 0x6600 && MAPI_TAG_ID(tag) <= 0x67ff;
}

static uint32_t folder_set(struct mapi_rop *rop,
			   const struct mapi_ics_folder_change *change,
			   uint64_t oid)
{
	struct mapi_object *obj =
		&mapi_folder_object(rop, rop->logon, oid)->obj;
	const struct mapi_prop *prop;
	uint32_t error;

	array_foreach(change->props, prop) {
		if (!is_hierarchy_value(prop->tag))
			(void)obj->v->set(rop, obj, prop);
	}
	error = obj->v->flush(rop, obj);
	mapi_object_unref(&obj);
	return error;
}

static uint32_t folder_signed(struct mapi_rop *rop,
			      struct mapi_ics_collector *collector,
			      const struct mapi_ics_folder_change *change,
			      uint64_t oid, const struct store_version *before,
			      bool conflict)
{
	struct store_object object;
	uint64_t cn;
	uint32_t error;

	i_zero(&object);
	object.kind = STORE_OBJECT_FOLDER;
	mapi_place(rop->logon, oid, &object.place);
	error = mapi_ics_version_set(rop, rop->logon, &object, before,
				     &change->version, &cn);
	if (error == ecNone && !conflict)
		mapi_ics_collector_seen(collector, FALSE, cn);
	return error;
}

static uint32_t import_new(struct mapi_rop *rop,
			   struct mapi_ics_collector *collector,
			   const struct mapi_ics_folder_change *change,
			   uint64_t parent)
{
	struct store_gid gid = { mapi_id_replid(change->version.id),
				 mapi_id_globcnt(change->version.id) };
	struct store_object object;
	uint64_t oid;
	uint32_t error = mapi_ics_new_id(rop, rop->logon, change->version.id);

	if (error == ecNone)
		error = folder_create(rop, change, parent, &oid);
	if (error != ecNone)
		return error;
	i_zero(&object);
	object.kind = STORE_OBJECT_FOLDER;
	mapi_place(rop->logon, oid, &object.place);
	if (store_gid_give(rop->store, &object, &gid) < 0)
		return mapi_store_error(rop);
	error = folder_set(rop, change, oid);
	return error != ecNone ? error :
		folder_signed(rop, collector, change, oid, NULL, FALSE);
}

static int64_t folder_time(struct mapi_rop *rop,
			   const struct mapi_folder_info *info)
{
	const mapi_tag_t tag = PidTagLastModificationTime;
	struct mapi_folder_reader reader;
	struct mapi_prop prop;

	mapi_folder_reader_init(&reader, rop, rop->logon);
	mapi_folder_read(&reader, info, &tag, 1, &prop);
	return prop.tag == tag ? prop.v.i : 0;
}

static uint32_t import_existing(struct mapi_rop *rop,
				struct mapi_ics_collector *collector,
				const struct mapi_ics_folder_change *change,
				const struct mapi_folder_info *info,
				uint64_t parent)
{
	struct store_object object;
	struct store_version before;
	enum mapi_pcl_order order;
	uint64_t oid = info->oid;
	uint32_t error;

	i_zero(&object);
	object.kind = STORE_OBJECT_FOLDER;
	mapi_place(rop->logon, oid, &object.place);
	if (store_version_get(rop->store, &object, rop->pool, &before) < 0)
		return mapi_store_error(rop);
	order = mapi_ics_compare(rop, rop->logon, &before, &change->version);
	if (order == MAPI_PCL_EQUAL || order == MAPI_PCL_OLDER)
		return SYNC_E_IGNORE;
	/* the loser of a conflict is told nothing: it gets the winner with its next
	   download */
	if (order == MAPI_PCL_CONFLICT &&
	    !mapi_ics_theirs_wins(rop->logon, &before, folder_time(rop, info),
				  &change->version))
		return ecNone;
	error = folder_move(rop, info, parent, change->name);
	if (error == ecNone)
		error = folder_set(rop, change, oid);
	return error != ecNone ? error :
		folder_signed(rop, collector, change, oid, &before,
			      order == MAPI_PCL_CONFLICT);
}

uint32_t mapi_ics_import_folder(struct mapi_rop *rop,
				struct mapi_ics_collector *collector,
				const struct mapi_ics_folder_change *change)
{
	const struct mapi_folder_info *info;
	uint64_t parent = collector->folder, oid;

	if (change->parent != 0 &&
	    !mapi_folder_of_wire(rop, rop->logon, change->parent, &parent))
		return SYNC_E_NO_PARENT;
	if (!mapi_folder_of_wire(rop, rop->logon, change->version.id, &oid))
		return import_new(rop, collector, change, parent);
	info = mapi_tree_find(rop, rop->logon, oid);
	return import_existing(rop, collector, change, info, parent);
}

uint32_t mapi_ics_delete_folder(struct mapi_rop *rop,
				struct mapi_ics_collector *collector,
				mapi_id_t id)
{
	const struct mapi_folder_info *info;
	uint64_t oid;

	/* what is gone already is no fault */
	if (!mapi_folder_of_wire(rop, rop->logon, id, &oid))
		return ecNone;
	info = mapi_tree_find(rop, rop->logon, oid);
	if (info->special != 0 || oid == collector->folder ||
	    !mapi_tree_is_below(rop, rop->logon, oid, collector->folder))
		return ecNoAccess;
	if (info->virtual)
		return mapi_virtual_delete(rop, rop->logon, oid);
	if (store_folder_delete(rop->store, info->fid) < 0)
		return mapi_store_error(rop);
	mapi_tree_changed(rop->logon);
	return ecNone;
}
