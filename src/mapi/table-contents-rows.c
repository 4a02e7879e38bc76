/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the rows of a contents table say: runs of mail in one pass over the folder, items
   and opaque ones one by one. */

#include "mapi.h"
#include "mapi-flags.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-table.h"

struct row_reader {
	struct mapi_rop *rop;
	struct mapi_table *table;
	pool_t pool;
	const mapi_tag_t *tags;
	unsigned int tags_count;
	/* of the folder rights_of */
	uint32_t rights;
	uint64_t rights_of;
	/* columns tell the message's version, its categories */
	bool want_version, want_categories;
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

static void row_place(struct row_reader *reader, const struct mapi_msg_ref *ref,
		      struct mapi_msg_place *place_r)
{
	i_zero(place_r);
	place_r->logon = reader->table->obj.logon;
	place_r->ref = *ref;
	place_r->rights = row_rights(reader, ref->folder);
}

/* While the folder is open, its ids and versions are cheap */
static void row_place_mail(struct row_reader *reader,
			   struct store_folder *folder,
			   struct mapi_msg_place *place)
{
	struct store_gid gid;

	if (store_gid_of_mail(folder, place->ref.num, &gid) == 0)
		place->id = mapi_id(gid.replid, gid.counter);
	if (reader->want_version && place->ref.source == MAPI_MSG_MAIL)
		place->have_version =
			store_version_of_mail(folder, place->ref.num,
					      reader->rop->pool,
					      &place->version) == 0;
}

static void row_fill(struct row_reader *reader, struct mapi_msg_place *place,
		     const struct mapi_bag *bag, struct mapi_prop *row)
{
	const struct mapi_prop *have;
	struct mapi_prop own, prop;

	place->bag = bag;
	for (unsigned int i = 0; i < reader->tags_count; i++) {
		if (mapi_msg_place_get(reader->rop, place, reader->tags[i],
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
	struct mapi_msg_place place;

	row_place(reader, ref, &place);
	place.associated = associated;
	place.attachments = array_count(&msg->attachments);
	row_fill(reader, &place, &msg->props, row);
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
	struct mapi_msg_place place;
	struct mapiconv_mail mail;
	struct mapiconv conv;
	struct mapi_bag bag;
	const unsigned char *data;
	const char *error;
	const void *mark;
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
		mark = mapi_categories_mark(&bag);
		if (store_msg_extra_blob(msg, MAPI_MSG_BLOB, &data, &size) > 0)
			(void)mapi_extras_apply_bag(reader->rop, &bag, data,
						    size, 0);
		if (reader->want_categories)
			mapi_categories_show(reader->rop,
					     store_msg_keywords(msg), mark,
					     &bag);
		row_place(reader, ref, &place);
		place.attachments = -1;
		row_place_mail(reader, folder, &place);
		row_fill(reader, &place, &bag, row);
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
	if ((reader->table->flags & MAPI_TABLE_SOFT_DELETES) != 0)
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

static void reader_look_at_tags(struct row_reader *reader)
{
	for (unsigned int i = 0; i < reader->tags_count; i++) {
		switch (MAPI_TAG_ID(reader->tags[i])) {
		case MAPI_TAG_ID(PidTagChangeKey):
		case MAPI_TAG_ID(PidTagPredecessorChangeList):
		case MAPI_TAG_ID(PidTagChangeNumber):
			reader->want_version = TRUE;
			break;
		case MAPI_TAG_ID(PidNameKeywords):
			reader->want_categories = TRUE;
			break;
		}
	}
}

void mapi_contents_get(struct mapi_rop *rop, struct mapi_table *table,
		       pool_t pool, const struct mapi_row_id *ids,
		       unsigned int ids_count, const mapi_tag_t *tags,
		       unsigned int tags_count, struct mapi_prop *props_r)
{
	struct row_reader reader = {
		.rop = rop, .table = table, .pool = pool,
		.tags = tags, .tags_count = tags_count,
	};
	struct mapi_msg_ref ref;
	unsigned int n;

	reader_look_at_tags(&reader);
	for (unsigned int i = 0; i < ids_count; i += n) {
		n = 1;
		mapi_contents_ref(table, ids[i].id, &ref);
		switch (ref.source) {
		case MAPI_MSG_MAIL:
		case MAPI_MSG_DELETED:
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

/* Recipients or attachments that match (MS-OXCDATA 2.12.10) */
bool mapi_contents_sub(struct mapi_rop *rop, struct mapi_table *table,
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
