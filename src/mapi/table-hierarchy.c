/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of a folder's folders (MS-OXCFOLD 2.2.1.13, 3.2.5.13). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-table.h"

#define TABLE_DEPTH 0x04
#define TABLE_SOFT_DELETES 0x20

/* How far below the table's folder; 0: not below it */
static unsigned int folder_depth(struct mapi_rop *rop,
				 const struct mapi_table *table, uint64_t oid)
{
	const struct mapi_folder_info *info;
	unsigned int depth = 0;

	while (oid != 0 && oid != table->folder) {
		info = mapi_tree_find(rop, table->obj.logon, oid);
		oid = info == NULL ? 0 : info->parent;
		depth++;
	}
	return oid == 0 ? 0 : depth;
}

static void
hierarchy_add(struct mapi_rop *rop, struct mapi_table *table, uint64_t parent,
	      const ARRAY_TYPE(mapi_folder_info) *folders,
	      ARRAY_TYPE(mapi_row_id) *ids)
{
	const struct mapi_folder_info *folder;
	struct mapi_row_id *id;

	array_foreach(folders, folder) {
		if (folder->parent != parent)
			continue;
		id = array_append_space(ids);
		id->id = folder->oid;
		if ((table->flags & TABLE_DEPTH) != 0)
			hierarchy_add(rop, table, folder->oid, folders, ids);
	}
}

static uint32_t hierarchy_load(struct mapi_rop *rop, struct mapi_table *table,
			       ARRAY_TYPE(mapi_row_id) *ids_r)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;

	/* deleted folders are not kept */
	if ((table->flags & TABLE_SOFT_DELETES) != 0)
		return ecNone;
	if (mapi_tree(rop, table->obj.logon, &folders) < 0)
		return mapi_store_error(rop);
	hierarchy_add(rop, table, table->folder, folders, ids_r);
	return ecNone;
}

static void hierarchy_own(struct mapi_rop *rop, struct mapi_table *table,
			  uint64_t oid, mapi_tag_t tag,
			  struct mapi_prop *prop_r)
{
	struct mapi_prop have;

	i_zero(&have);
	have.tag = tag;
	switch (tag) {
	case PidTagDepth:
		have.v.i = folder_depth(rop, table, oid);
		break;
	case PidTagRowType:
		have.v.i = 1;
		break;
	case PidTagInstID:
		have.v.i = mapi_folder_wire(rop, table->obj.logon, oid);
		break;
	case PidTagInstanceNum:
		break;
	default:
		return;
	}
	*prop_r = have;
}

static void
hierarchy_get(struct mapi_rop *rop, struct mapi_table *table,
	      pool_t pool ATTR_UNUSED, const struct mapi_row_id *ids,
	      unsigned int ids_count, const mapi_tag_t *tags,
	      unsigned int tags_count, struct mapi_prop *props_r)
{
	const struct mapi_folder_info *info;
	struct mapi_folder_reader reader;
	struct mapi_prop *row;

	mapi_folder_reader_init(&reader, rop, table->obj.logon);
	for (unsigned int i = 0; i < ids_count; i++) {
		row = props_r + i * tags_count;
		info = mapi_tree_find(rop, table->obj.logon, ids[i].id);
		if (info != NULL)
			mapi_folder_read(&reader, info, tags, tags_count, row);
		for (unsigned int j = 0; j < tags_count; j++) {
			if (info == NULL)
				mapi_prop_error(&row[j], tags[j], ecNotFound);
			else
				hierarchy_own(rop, table, ids[i].id, tags[j],
					      &row[j]);
		}
	}
}

static void hierarchy_columns(struct mapi_rop *rop ATTR_UNUSED,
			      struct mapi_table *table ATTR_UNUSED,
			      ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t own[] = {
		PidTagDepth, PidTagRowType, PidTagInstID, PidTagInstanceNum,
	};

	mapi_folder_tags(tags_r);
	array_append(tags_r, own, N_ELEMENTS(own));
}

static const struct mapi_table_source hierarchy_source = {
	.name = "hierarchy",
	.can = MAPI_TABLE_CAN_RESTRICT | MAPI_TABLE_CAN_BOOKMARK |
		MAPI_TABLE_CAN_FIND,
	.load = hierarchy_load,
	.get = hierarchy_get,
	.columns = hierarchy_columns,
};

struct mapi_table *
mapi_hierarchy_table(struct mapi_rop *rop, struct mapi_object *folder,
		     uint64_t oid, uint8_t flags)
{
	return mapi_table_new(rop, &hierarchy_source, folder, oid, flags);
}
