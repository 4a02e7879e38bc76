/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of a folder's messages (MS-OXCFOLD 2.2.1.14, 3.2.5.14): mail, items, opaque
   ones; associated ones alone; of a search folder what it finds.

   A row's id says where the message is: kind in the upper bits, then the folder's place
   in the table's list of folders, then UID or number. What the rows say:
   table-contents-rows.c. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-table.h"

#define TABLE_ASSOCIATED 0x02

struct contents {
	/* folder oids; the table's own alone, but for search folders */
	ARRAY(uint64_t) folders;
	bool search;
};

static uint64_t row_id(enum mapi_msg_source source, unsigned int folder,
		       uint32_t num)
{
	return ((uint64_t)source << 56) | ((uint64_t)folder << 32) | num;
}

void mapi_contents_ref(const struct mapi_table *table, uint64_t id,
		       struct mapi_msg_ref *ref_r)
{
	const struct contents *contents = table->context;

	ref_r->source = id >> 56;
	ref_r->num = id & 0xffffffff;
	ref_r->folder = *array_idx(&contents->folders, (id >> 32) & 0xffffff);
}

/* --- which ---------------------------------------------------------------------------- */

static void add_ids(ARRAY_TYPE(mapi_row_id) *ids, enum mapi_msg_source source,
		    unsigned int folder, const ARRAY_TYPE(seq_range) *nums)
{
	struct seq_range_iter iter;
	struct mapi_row_id *id;
	uint32_t num;
	unsigned int n = 0;

	seq_range_array_iter_init(&iter, nums);
	while (seq_range_array_iter_nth(&iter, n++, &num)) {
		id = array_append_space(ids);
		id->id = row_id(source, folder, num);
	}
}

static uint32_t load_opaque(struct mapi_rop *rop, struct mapi_table *table,
			    unsigned int index, uint64_t oid, bool associated,
			    ARRAY_TYPE(mapi_row_id) *ids)
{
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;
	struct store_place place;
	struct mapi_row_id *id;

	p_array_init(&opaques, rop->pool, 16);
	mapi_place(table->obj.logon, oid, &place);
	if (store_opaque_list(rop->store, &place, associated ?
			      STORE_OPAQUE_ASSOCIATED : STORE_OPAQUE_NORMAL,
			      NULL, rop->pool, &opaques) < 0)
		return mapi_store_error(rop);
	array_foreach(&opaques, opaque) {
		id = array_append_space(ids);
		id->id = row_id(MAPI_MSG_OPAQUE, index, opaque->num);
	}
	return ecNone;
}

static uint32_t load_mail(struct mapi_rop *rop, unsigned int index,
			  store_fid_t fid, ARRAY_TYPE(mapi_row_id) *ids)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	uint32_t error = ecNone;

	if (store_open(rop->store, fid, &folder) < 0)
		return mapi_store_error(rop);
	p_array_init(&uids, rop->pool, 64);
	if (store_uids_since(folder, 0, &uids) < 0)
		error = mapi_store_error(rop);
	store_close(&folder);
	add_ids(ids, MAPI_MSG_MAIL, index, &uids);
	return error;
}

static uint32_t load_items(struct mapi_rop *rop, unsigned int index,
			   store_fid_t fid, ARRAY_TYPE(mapi_row_id) *ids)
{
	ARRAY_TYPE(seq_range) nums;

	p_array_init(&nums, rop->pool, 64);
	if (store_item_nums(rop->store, fid, &nums) < 0)
		return mapi_store_error(rop);
	add_ids(ids, MAPI_MSG_ITEM, index, &nums);
	return ecNone;
}

static uint32_t load_folder(struct mapi_rop *rop, struct mapi_table *table,
			    unsigned int index, uint64_t oid,
			    ARRAY_TYPE(mapi_row_id) *ids)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, table->obj.logon, oid);
	bool associated = (table->flags & TABLE_ASSOCIATED) != 0;
	uint32_t error;

	if (info == NULL)
		return ecObjectDeleted;
	error = load_opaque(rop, table, index, oid, associated, ids);
	if (error != ecNone || associated || info->fid == 0)
		return error;
	return info->class == STORE_CLASS_MAIL ?
		load_mail(rop, index, info->fid, ids) :
		load_items(rop, index, info->fid, ids);
}

static void add_folder_deep(struct mapi_rop *rop, struct mapi_table *table,
			    uint64_t oid, bool deep)
{
	struct contents *contents = table->context;
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, table->obj.logon, oid), *child;
	const uint64_t *have;

	if (info == NULL || info->search)
		return;
	array_foreach(&contents->folders, have) {
		if (*have == oid)
			return;
	}
	array_push_back(&contents->folders, &oid);
	if (!deep || mapi_tree(rop, table->obj.logon, &folders) < 0)
		return;
	array_foreach(folders, child) {
		if (child->parent == oid)
			add_folder_deep(rop, table, child->oid, TRUE);
	}
}

static uint32_t load_search(struct mapi_rop *rop, struct mapi_table *table,
			    ARRAY_TYPE(mapi_row_id) *ids)
{
	struct contents *contents = table->context;
	struct mapi_search search;
	const uint64_t *oid;
	uint32_t error;
	int ret;

	ret = mapi_search_criteria(rop, table->obj.logon, table->folder,
				   &search);
	if (ret < 0)
		return mapi_store_error(rop);
	array_clear(&contents->folders);
	if (ret == 0)
		return ecNone;
	array_foreach(&search.folders, oid)
		add_folder_deep(rop, table, *oid, search.recursive);
	array_foreach(&contents->folders, oid) {
		error = load_folder(rop, table,
				    array_foreach_idx(&contents->folders, oid),
				    *oid, ids);
		/* one that may not be read does not hide the others */
		if (error != ecNone && error != ecNoAccess)
			return error;
	}
	if (search.restriction != NULL)
		mapi_table_filter(rop, table, search.restriction, ids);
	return ecNone;
}

/* What was expunged and the site keeps (lazy_expunge): rows of that mailbox */
static uint32_t load_deleted(struct mapi_rop *rop, struct mapi_table *table,
			     ARRAY_TYPE(mapi_row_id) *ids)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, table->obj.logon, table->folder);
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	uint32_t error = ecNone;
	int ret;

	if (info == NULL)
		return ecObjectDeleted;
	if (info->fid == 0 || info->class != STORE_CLASS_MAIL ||
	    (table->flags & TABLE_ASSOCIATED) != 0)
		return ecNone;
	ret = store_recover_open(rop->store, info->fid, &folder);
	if (ret <= 0)
		return ret < 0 ? mapi_store_error(rop) : ecNone;
	p_array_init(&uids, rop->pool, 64);
	if (store_uids_since(folder, 0, &uids) < 0)
		error = mapi_store_error(rop);
	store_close(&folder);
	add_ids(ids, MAPI_MSG_DELETED, 0, &uids);
	return error;
}

static uint32_t contents_load(struct mapi_rop *rop, struct mapi_table *table,
			      ARRAY_TYPE(mapi_row_id) *ids_r)
{
	struct contents *contents = table->context;

	if ((table->flags & MAPI_TABLE_SOFT_DELETES) != 0)
		return load_deleted(rop, table, ids_r);
	if (contents->search && (table->flags & TABLE_ASSOCIATED) == 0)
		return load_search(rop, table, ids_r);
	return load_folder(rop, table, 0, table->folder, ids_r);
}

/* --- sorted by Dovecot -------------------------------------------------------------------- */

static bool sort_key(mapi_tag_t tag, enum store_sort_by *by_r)
{
	switch (MAPI_TAG_ID(tag)) {
	case MAPI_TAG_ID(PidTagMessageDeliveryTime):
		*by_r = STORE_SORT_RECEIVED;
		return TRUE;
	case MAPI_TAG_ID(PidTagClientSubmitTime):
		*by_r = STORE_SORT_SENT;
		return TRUE;
	case MAPI_TAG_ID(PidTagSentRepresentingName):
	case MAPI_TAG_ID(PidTagSenderName):
		*by_r = STORE_SORT_FROM;
		return TRUE;
	case MAPI_TAG_ID(PidTagDisplayTo):
		*by_r = STORE_SORT_TO;
		return TRUE;
	case MAPI_TAG_ID(PidTagDisplayCc):
		*by_r = STORE_SORT_CC;
		return TRUE;
	case MAPI_TAG_ID(PidTagConversationTopic):
	case MAPI_TAG_ID(PidTagNormalizedSubject):
	case MAPI_TAG_ID(PidTagSubject):
		*by_r = STORE_SORT_SUBJECT;
		return TRUE;
	case MAPI_TAG_ID(PidTagMessageSize):
		*by_r = STORE_SORT_SIZE;
		return TRUE;
	}
	return FALSE;
}

/* Mail without opaque ones beside it, in an order that Dovecot knows and caches */
static int contents_quick(struct mapi_rop *rop, struct mapi_table *table,
			  ARRAY_TYPE(mapi_row_id) *ids_r, uint32_t *error_r)
{
	const struct contents *contents = table->context;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, table->obj.logon, table->folder);
	struct store_sort sorts[8];
	struct store_folder *folder;
	ARRAY_TYPE(uint32_t) uids;
	struct mapi_row_id *id;
	const uint32_t *uid;
	unsigned int i;

	if (table->sort.count == 0 || table->sort.count > N_ELEMENTS(sorts) ||
	    table->sort.categories > 0 || table->restriction != NULL ||
	    contents->search || info == NULL || info->fid == 0 ||
	    info->class != STORE_CLASS_MAIL ||
	    (table->flags & (TABLE_ASSOCIATED | MAPI_TABLE_SOFT_DELETES)) != 0)
		return 0;
	i_zero(&sorts);
	for (i = 0; i < table->sort.count; i++) {
		if (!sort_key(table->sort.sorts[i].tag, &sorts[i].by))
			return 0;
		sorts[i].descending = table->sort.sorts[i].order ==
			MAPI_SORT_DESCEND;
	}
	*error_r = load_opaque(rop, table, 0, table->folder, FALSE, ids_r);
	if (*error_r != ecNone)
		return -1;
	if (!array_is_empty(ids_r)) {
		array_clear(ids_r);
		return 0;
	}
	if (store_open(rop->store, info->fid, &folder) < 0) {
		*error_r = mapi_store_error(rop);
		return -1;
	}
	i_array_init(&uids, 64);
	if (store_sort(folder, sorts, table->sort.count, NULL, &uids) < 0)
		*error_r = mapi_store_error(rop);
	array_foreach(&uids, uid) {
		id = array_append_space(ids_r);
		id->id = row_id(MAPI_MSG_MAIL, 0, *uid);
	}
	array_free(&uids);
	store_close(&folder);
	return *error_r == ecNone ? 1 : -1;
}

static void contents_columns(struct mapi_rop *rop ATTR_UNUSED,
			     struct mapi_table *table ATTR_UNUSED,
			     ARRAY_TYPE(mapi_tag) *tags_r)
{
	static const mapi_tag_t columns[] = {
		PidTagMid, PidTagInstID, PidTagInstanceNum, PidTagFolderId,
		PidTagRowType, PidTagDepth, PidTagInstanceKey, PidTagEntryId,
		PidTagParentEntryId, PidTagSourceKey, PidTagChangeKey,
		PidTagMessageClass, PidTagMessageFlags, PidTagMessageStatus,
		PidTagMessageSize, PidTagSubject, PidTagNormalizedSubject,
		PidTagSubjectPrefix, PidTagSentRepresentingName,
		PidTagSentRepresentingEmailAddress, PidTagSenderName,
		PidTagSenderEmailAddress, PidTagDisplayTo, PidTagDisplayCc,
		PidTagDisplayBcc, PidTagMessageDeliveryTime,
		PidTagClientSubmitTime, PidTagCreationTime,
		PidTagLastModificationTime, PidTagHasAttachments,
		PidTagImportance, PidTagPriority, PidTagSensitivity,
		PidTagConversationTopic, PidTagConversationIndex,
		PidTagConversationId, PidTagInternetMessageId, PidTagIconIndex,
		PidTagLastVerbExecuted, PidTagFlagStatus, PidTagAccess,
		PidTagRead,
	};

	array_append(tags_r, columns, N_ELEMENTS(columns));
}

static void contents_free(struct mapi_table *table)
{
	struct contents *contents = table->context;

	if (contents != NULL)
		array_free(&contents->folders);
}

static const struct mapi_table_source contents_source = {
	.name = "contents",
	.can = MAPI_TABLE_CAN_SORT | MAPI_TABLE_CAN_RESTRICT |
		MAPI_TABLE_CAN_BOOKMARK | MAPI_TABLE_CAN_FIND |
		MAPI_TABLE_CAN_CATEGORIES,
	.load = contents_load,
	.load_quick = contents_quick,
	.get = mapi_contents_get,
	.columns = contents_columns,
	.sub = mapi_contents_sub,
	.free = contents_free,
};

struct mapi_table *
mapi_contents_table(struct mapi_rop *rop, struct mapi_object *folder,
		    uint64_t oid, uint8_t flags)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, folder->logon, oid);
	struct mapi_table *table = mapi_table_new(rop, &contents_source,
						  folder, oid, flags);
	struct contents *contents = p_new(table->obj.pool, struct contents, 1);

	table->context = contents;
	table->of_messages = TRUE;
	/* nothing tells what becomes of deleted ones */
	table->notifies = (flags & MAPI_TABLE_SOFT_DELETES) == 0;
	i_array_init(&contents->folders, 1);
	array_push_back(&contents->folders, &oid);
	contents->search = info != NULL && info->search;
	return table;
}
