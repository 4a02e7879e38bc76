/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of a folder's messages (MS-OXCFOLD 2.2.1.14, 3.2.5.14): mail, items, opaque
   ones; associated ones alone; of a search folder what it finds.

   A row's id says where the message is: kind in the upper bits, then the folder's place
   in the table's list of folders, then UID or number. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-table.h"

#define TABLE_ASSOCIATED 0x02
#define TABLE_SOFT_DELETES 0x20

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
	add_ids(ids, MAPI_MSG_MAIL, 0, &uids);
	return error;
}

static uint32_t contents_load(struct mapi_rop *rop, struct mapi_table *table,
			      ARRAY_TYPE(mapi_row_id) *ids_r)
{
	struct contents *contents = table->context;

	if ((table->flags & TABLE_SOFT_DELETES) != 0)
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
	    (table->flags & (TABLE_ASSOCIATED | TABLE_SOFT_DELETES)) != 0)
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

/* --- rows ------------------------------------------------------------------------------------ */

struct row_reader {
	struct mapi_rop *rop;
	struct mapi_table *table;
	pool_t pool;
	const mapi_tag_t *tags;
	unsigned int tags_count;
	/* what the content has to give: tags without those of the place */
	uint32_t rights;
	uint64_t rights_of;
};

static void row_gone(struct row_reader *reader, struct mapi_prop *row)
{
	for (unsigned int i = 0; i < reader->tags_count; i++)
		mapi_prop_error(&row[i], reader->tags[i], ecNotFound);
}

static uint32_t row_rights(struct row_reader *reader, uint64_t folder)
{
	const struct mapi_folder_info *info;

	if (reader->rights_of != folder) {
		reader->rights_of = folder;
		info = mapi_tree_find(reader->rop, reader->table->obj.logon,
				      folder);
		if (info == NULL ||
		    mapi_folder_rights(reader->rop,
				       reader->table->obj.logon, info,
				       &reader->rights) < 0)
			reader->rights = 0;
	}
	return reader->rights;
}

static void row_fill(struct row_reader *reader, const struct mapi_msg_ref *ref,
		     bool associated, const struct mapi_bag *bag,
		     int attachments, struct mapi_prop *row)
{
	const struct mapi_prop *have;
	struct mapi_msg_place place;
	struct mapi_prop own, prop;

	i_zero(&place);
	place.logon = reader->table->obj.logon;
	place.ref = *ref;
	place.associated = associated;
	place.bag = bag;
	place.attachments = attachments;
	place.rights = row_rights(reader, ref->folder);
	for (unsigned int i = 0; i < reader->tags_count; i++) {
		if (mapi_msg_place_get(reader->rop, &place, reader->tags[i],
				       &own)) {
			if (reader->tags[i] == PidTagDepth)
				own.v.i = reader->table->sort.categories;
			have = &own;
		}
		else
			have = mapi_bag_get(bag, reader->tags[i]);
		if (have == NULL) {
			mapi_prop_error(&row[i], reader->tags[i], ecNotFound);
			continue;
		}
		mapi_prop_as(reader->rop, have, reader->tags[i], &prop);
		mapi_prop_dup(reader->pool, &prop, &row[i]);
	}
}

static void row_of_message(struct row_reader *reader,
			   const struct mapi_msg_ref *ref, bool associated,
			   struct mapi_message *msg, struct mapi_prop *row)
{
	row_fill(reader, ref, associated, &msg->props,
		 array_count(&msg->attachments), row);
}

static void row_opaque(struct row_reader *reader,
		       const struct mapi_msg_ref *ref, struct mapi_prop *row)
{
	struct mapi_rop *rop = reader->rop;
	struct mapi_message *msg;
	struct store_opaque opaque;
	struct store_place place;

	mapi_place(reader->table->obj.logon, ref->folder, &place);
	if (store_opaque_get(rop->store, &place, ref->num, rop->pool,
			     &opaque) <= 0 ||
	    mapi_opaque_unpack(rop, rop->pool, opaque.data, opaque.size,
			       &msg) < 0)
		row_gone(reader, row);
	else {
		mapi_bag_set_int(&msg->props, PidTagMessageSize, opaque.size);
		row_of_message(reader, ref, opaque.associated, msg, row);
	}
}

static void row_item(struct row_reader *reader, const struct mapi_msg_ref *ref,
		     struct mapi_prop *row)
{
	struct mapi_rop *rop = reader->rop;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, reader->table->obj.logon, ref->folder);
	struct mapi_message *msg;
	struct store_item item;

	if (info == NULL ||
	    store_item_get(rop->store, info->fid, ref->num, rop->pool,
			   &item) <= 0 ||
	    mapi_item_read(rop, info->class, info->fid, &item, rop->pool,
			   &msg) != ecNone)
		row_gone(reader, row);
	else {
		mapi_bag_set_int(&msg->props, PidTagMessageSize,
				 item.text_size);
		row_of_message(reader, ref, FALSE, msg, row);
	}
}

static void row_mail(struct row_reader *reader, struct store_folder *folder,
		     struct store_msg *msg, const struct mapi_msg_ref *ref,
		     struct mapi_prop *row)
{
	struct mapiconv_mail mail;
	struct mapiconv conv;
	struct mapi_bag bag;
	const unsigned char *data;
	const char *error;
	size_t size;

	mapi_bag_init(&bag, reader->pool);
	mapi_conv_init(reader->rop, &conv);
	if (mapi_mail_open(reader->rop, reader->pool, folder, msg,
			   &mail) < 0) {
		row_gone(reader, row);
		return;
	}
	if (mapiconv_mail_list(&conv, &mail, reader->tags, reader->tags_count,
			       &bag, &error) < 0)
		row_gone(reader, row);
	else {
		if (store_msg_extra_blob(msg, MAPI_MSG_BLOB, &data, &size) > 0)
			(void)mapi_extras_apply_bag(reader->rop, &bag, data,
						    size, 0);
		row_fill(reader, ref, FALSE, &bag, -1, row);
	}
	mapi_mail_close(&mail);
}

/* The rows that show this message (an instance each): those wanted of ids */
static void mail_rows(struct row_reader *reader, struct store_folder *folder,
		      struct store_msg *msg, const struct mapi_row_id *ids,
		      unsigned int count, struct mapi_prop *props)
{
	uint32_t uid = store_msg_uid(msg);
	struct mapi_msg_ref ref;
	struct mapi_prop *first = NULL, *row;

	for (unsigned int i = 0; i < count; i++) {
		mapi_contents_ref(reader->table, ids[i].id, &ref);
		if (ref.num != uid)
			continue;
		row = props + i * reader->tags_count;
		if (first == NULL) {
			row_mail(reader, folder, msg, &ref, row);
			first = row;
		} else
			memcpy(row, first, reader->tags_count * sizeof(*row));
	}
}

static int rows_open(struct row_reader *reader, store_fid_t fid,
		     struct store_folder **folder_r)
{
	if ((reader->table->flags & TABLE_SOFT_DELETES) != 0)
		return store_recover_open(reader->rop->store, fid, folder_r);
	return store_open(reader->rop->store, fid, folder_r) < 0 ? -1 : 1;
}

/* A run of rows of mail in one folder: one pass over the messages */
static void rows_mail(struct row_reader *reader, uint64_t oid,
		      const struct mapi_row_id *ids, unsigned int count,
		      struct mapi_prop *props)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(reader->rop, reader->table->obj.logon, oid);
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;
	ARRAY_TYPE(seq_range) uids;

	for (unsigned int i = 0; i < count; i++)
		row_gone(reader, props + i * reader->tags_count);
	if (info == NULL || rows_open(reader, info->fid, &folder) <= 0)
		return;
	p_array_init(&uids, reader->rop->pool, count);
	for (unsigned int i = 0; i < count; i++)
		seq_range_array_add(&uids, ids[i].id & 0xffffffff);
	fetch = store_fetch_init(folder, &uids, STORE_WANT_FLAGS |
				 STORE_WANT_HEADERS | STORE_WANT_STRUCTURE |
				 STORE_WANT_SIZE, FALSE);
	while (store_fetch_next(fetch, &msg))
		mail_rows(reader, folder, msg, ids, count, props);
	(void)store_fetch_deinit(&fetch);
	store_close(&folder);
}

static unsigned int mail_run(const struct mapi_row_id *ids, unsigned int count)
{
	unsigned int n = 1;

	while (n < count && (ids[n].id >> 32) == (ids[0].id >> 32))
		n++;
	return n;
}

static void
contents_get(struct mapi_rop *rop, struct mapi_table *table, pool_t pool,
	     const struct mapi_row_id *ids, unsigned int ids_count,
	     const mapi_tag_t *tags, unsigned int tags_count,
	     struct mapi_prop *props_r)
{
	struct row_reader reader = {
		.rop = rop, .table = table, .pool = pool,
		.tags = tags, .tags_count = tags_count,
	};
	struct mapi_msg_ref ref;
	unsigned int n;

	for (unsigned int i = 0; i < ids_count; i += n) {
		n = 1;
		mapi_contents_ref(table, ids[i].id, &ref);
		switch (ref.source) {
		case MAPI_MSG_MAIL:
			n = mail_run(ids + i, ids_count - i);
			rows_mail(&reader, ref.folder, ids + i, n,
				  props_r + i * tags_count);
			break;
		case MAPI_MSG_ITEM:
			row_item(&reader, &ref, props_r + i * tags_count);
			break;
		default:
			row_opaque(&reader, &ref, props_r + i * tags_count);
			break;
		}
	}
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

/* Recipients or attachments that match (MS-OXCDATA 2.12.10) */
static bool contents_sub(struct mapi_rop *rop, struct mapi_table *table,
			 const struct mapi_row_id *id, mapi_tag_t object,
			 const struct mapi_restriction *res)
{
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	struct mapi_message *base;
	struct mapi_msg *msg;
	bool match = FALSE;

	mapi_contents_ref(table, id->id, &ref);
	msg = mapi_msg_new(rop, &ref, FALSE, NULL);
	obj = &msg->obj;
	if (mapi_msg_base(rop, msg, &base) == ecNone)
		match = mapi_message_sub_match(rop, base, object, res);
	mapi_object_unref(&obj);
	return match;
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
	.get = contents_get,
	.columns = contents_columns,
	.sub = contents_sub,
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
	table->of_messages = table->notifies = TRUE;
	i_array_init(&contents->folders, 1);
	array_push_back(&contents->folders, &oid);
	contents->search = info != NULL && info->search;
	return table;
}
