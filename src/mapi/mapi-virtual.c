/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"
#include "mapi-virtual.h"

#define VIRTUAL_BLOB "virtual"
#define VIRTUAL_VERSION 1

struct virtual_folder {
	uint16_t number;
	uint64_t parent;
	bool search;
	const char *name;
};

/* version, next number; then a record each: number, parent, search, name */
struct virtual_list {
	uint16_t next;
	ARRAY(struct virtual_folder) folders;
};

static void list_place(const struct mapi_logon *logon,
		       struct store_place *place_r)
{
	mapi_place(logon, MAPI_FID_ROOT, place_r);
}

static int list_parse(struct mapi_in *in, struct virtual_list *list)
{
	struct virtual_folder *folder;

	if (mapi_in_u8(in) != VIRTUAL_VERSION)
		return -1;
	list->next = mapi_in_u16(in);
	while (mapi_in_left(in) > 0 && !in->broken) {
		folder = array_append_space(&list->folders);
		folder->number = mapi_in_u16(in);
		folder->parent = mapi_in_u64(in);
		folder->search = mapi_in_bool(in);
		folder->name = p_strdup(in->pool, mapi_in_str8(in));
	}
	return in->broken ? -1 : 0;
}

static int list_load(struct mapi_rop *rop, const struct mapi_logon *logon,
		     struct virtual_list *list)
{
	struct store_place place;
	const unsigned char *data;
	struct mapi_in in;
	size_t size;
	int ret;

	i_zero(list);
	list->next = MAPI_VIRTUAL_FIRST;
	p_array_init(&list->folders, rop->pool, 8);
	list_place(logon, &place);
	ret = store_blob_get(rop->store, &place, VIRTUAL_BLOB, rop->pool,
			     &data, &size);
	if (ret <= 0)
		return ret;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	if (list_parse(&in, list) < 0) {
		e_error(rop->env->event,
			"List of search folders of %s is damaged", logon->owner);
		return -1;
	}
	return 0;
}

static uint32_t list_save(struct mapi_rop *rop, struct mapi_logon *logon,
			  const struct virtual_list *list)
{
	buffer_t *out = buffer_create_dynamic(rop->pool, 256);
	const struct virtual_folder *folder;
	struct store_place place;

	mapi_out_u8(out, VIRTUAL_VERSION);
	mapi_out_u16(out, list->next);
	array_foreach(&list->folders, folder) {
		mapi_out_u16(out, folder->number);
		mapi_out_u64(out, folder->parent);
		mapi_out_u8(out, folder->search);
		mapi_out_str8(out, folder->name);
	}
	list_place(logon, &place);
	mapi_tree_changed(logon);
	if (store_blob_set(rop->store, &place, VIRTUAL_BLOB, out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static struct virtual_folder *
list_find(struct virtual_list *list, uint64_t oid)
{
	struct virtual_folder *folder;

	array_foreach_modifiable(&list->folders, folder) {
		if (folder->number == oid)
			return folder;
	}
	return NULL;
}

int mapi_virtual_add(struct mapi_rop *rop, const struct mapi_logon *logon,
		     ARRAY_TYPE(mapi_folder_info) *folders)
{
	const struct virtual_folder *folder;
	struct mapi_folder_info *info;
	struct virtual_list list;

	if (list_load(rop, logon, &list) < 0)
		return -1;
	array_foreach(&list.folders, folder) {
		info = array_append_space(folders);
		info->oid = folder->number;
		info->parent = folder->parent;
		info->name = folder->name;
		info->search = folder->search;
		info->virtual = TRUE;
	}
	return 0;
}

uint32_t mapi_virtual_create(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t parent, const char *name, bool search,
			     uint64_t *oid_r)
{
	struct virtual_folder *folder;
	struct virtual_list list;

	if (logon->kind != MAPI_STORE_OWN)
		return ecNoAccess;
	if (list_load(rop, logon, &list) < 0)
		return mapi_store_error(rop);
	if (list.next >= STORE_SPECIAL_MAX)
		return ecQuotaExceeded;
	folder = array_append_space(&list.folders);
	folder->number = list.next++;
	folder->parent = parent;
	folder->search = search;
	folder->name = name;
	*oid_r = folder->number;
	return list_save(rop, logon, &list);
}

uint32_t mapi_virtual_delete(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t oid)
{
	struct virtual_folder *folder;
	struct virtual_list list;
	struct store_place place;

	if (list_load(rop, logon, &list) < 0)
		return mapi_store_error(rop);
	folder = list_find(&list, oid);
	if (folder == NULL)
		return ecNotFound;
	mapi_place(logon, oid, &place);
	if (store_place_empty(rop->store, &place, STORE_EMPTY_ASSOCIATED |
			      STORE_EMPTY_HARD) < 0)
		return mapi_store_error(rop);
	array_delete(&list.folders, array_ptr_to_idx(&list.folders, folder), 1);
	return list_save(rop, logon, &list);
}

uint32_t mapi_virtual_rename(struct mapi_rop *rop, struct mapi_logon *logon,
			     uint64_t oid, uint64_t parent, const char *name)
{
	struct virtual_folder *folder;
	struct virtual_list list;

	if (list_load(rop, logon, &list) < 0)
		return mapi_store_error(rop);
	folder = list_find(&list, oid);
	if (folder == NULL)
		return ecNotFound;
	folder->parent = parent;
	folder->name = name;
	return list_save(rop, logon, &list);
}
