/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders: opened, made, deleted, moved, copied, emptied (MS-OXCFOLD 2.2.1, 3.2.5;
   MS-OXCROPS 2.2.4). */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-table.h"
#include "mapi-virtual.h"

/* OpenModeFlags */
#define OPEN_SOFT_DELETED 0x04
/* FolderType of RopCreateFolder */
#define FOLDER_GENERIC 1
#define FOLDER_SEARCH 2
/* DeleteFolderFlags */
#define DEL_MESSAGES 0x01
#define DEL_FOLDERS 0x04
#define DELETE_HARD 0x10
/* TableFlags of RopGetHierarchyTable: Depth, DeferredErrors, NoNotifications,
   SoftDeletes, UseUnicode, SuppressesNotifications */
#define HIERARCHY_FLAGS 0xfc

struct folder_args {
	mapi_id_t id;
	uint8_t flags, type;
	bool unicode, open_existing, recursive, associated;
	const char *name, *comment;
};

static uint64_t rop_folder_oid(struct mapi_rop *rop)
{
	return ((struct mapi_folder *)rop->obj)->oid;
}

static const char *in_string(struct mapi_rop *rop, bool unicode)
{
	if (unicode)
		return mapi_in_utf16(rop->in);
	return mapi_string_of_cpid(rop, mapi_in_str8(rop->in));
}

static store_fid_t fid_of(uint64_t oid)
{
	return oid < META_OID_FOLDER_FIRST ? 0 : oid - META_OID_FOLDER_FIRST;
}

/* --- open ------------------------------------------------------------------------- */

static void parse_open(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	args->id = mapi_in_u64(rop->in);
	args->flags = mapi_in_u8(rop->in);
}

/* HasRules; IsGhosted: never, all is here */
static void out_opened(struct mapi_rop *rop)
{
	mapi_out_u8(rop->out, 0);
	mapi_out_u8(rop->out, 0);
}

static uint32_t rop_open(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	uint64_t oid;

	/* other bits of the flags are ignored (MS-OXCFOLD 2.2.1.1.1); deleted
	   folders are not kept, so that bit finds what the others find */
	if (!mapi_folder_of_wire(rop, rop->logon, args->id, &oid))
		return ecNotFound;
	out_opened(rop);
	return mapi_rop_output(rop,
		&mapi_folder_object(rop, rop->logon, oid)->obj);
}

/* --- create ------------------------------------------------------------------------- */

static void parse_create(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	args->type = mapi_in_u8(rop->in);
	args->unicode = mapi_in_bool(rop->in);
	args->open_existing = mapi_in_bool(rop->in);
	(void)mapi_in_u8(rop->in);
	args->name = in_string(rop, args->unicode);
	args->comment = in_string(rop, args->unicode);
}

static const struct mapi_folder_info *
child_by_name(struct mapi_rop *rop, uint64_t parent, const char *name)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *folder;

	if (mapi_tree(rop, rop->logon, &folders) < 0)
		return NULL;
	array_foreach(folders, folder) {
		if (folder->parent == parent &&
		    strcasecmp(folder->name, name) == 0)
			return folder;
	}
	return NULL;
}

/* Is it a place for mailboxes? */
static bool parent_is_real(struct mapi_rop *rop, uint64_t parent)
{
	return parent >= META_OID_FOLDER_FIRST ||
		parent == mapi_special_oid(rop, rop->logon,
					   rop->logon->kind ==
					   MAPI_STORE_PUBLIC ?
					   MAPI_FID_PUBLIC_IPM :
					   MAPI_FID_IPM_SUBTREE);
}

static uint32_t create_new(struct mapi_rop *rop, uint64_t parent,
			   const struct folder_args *args, uint64_t *oid_r)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, parent);
	store_fid_t fid;

	if (info == NULL)
		return ecObjectDeleted;
	/* searches are of mailboxes (MS-OXCFOLD 3.2.5.2) */
	if (args->type == FOLDER_SEARCH &&
	    rop->logon->kind == MAPI_STORE_PUBLIC)
		return ecNotSupported;
	if (args->type == FOLDER_SEARCH || !parent_is_real(rop, parent)) {
		return mapi_virtual_create(rop, rop->logon, parent, args->name,
					   args->type == FOLDER_SEARCH, oid_r);
	}
	if (store_folder_create(rop->store, fid_of(parent), args->name,
				info->class, &fid) < 0)
		return mapi_store_error(rop);
	mapi_tree_changed(rop->logon);
	*oid_r = META_OID_FOLDER(fid);
	return ecNone;
}

static uint32_t set_comment(struct mapi_rop *rop, uint64_t oid,
			    const char *comment)
{
	struct mapi_bag bag;

	if (*comment == '\0')
		return ecNone;
	mapi_bag_init(&bag, rop->pool);
	mapi_bag_set_str(&bag, PidTagComment, comment);
	return mapi_folder_bag_save(rop, rop->logon, oid, &bag);
}

static uint32_t rop_create(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	const struct mapi_folder_info *existing;
	uint64_t parent = rop_folder_oid(rop), oid = 0;
	uint32_t error;

	if ((args->type != FOLDER_GENERIC && args->type != FOLDER_SEARCH) ||
	    *args->name == '\0')
		return ecInvalidParam;
	existing = child_by_name(rop, parent, args->name);
	if (existing != NULL && !args->open_existing)
		return ecDuplicateName;
	if (existing != NULL)
		oid = existing->oid;
	else {
		error = create_new(rop, parent, args, &oid);
		if (error == ecNone)
			error = set_comment(rop, oid, args->comment);
		if (error != ecNone)
			return error;
	}
	mapi_out_u64(rop->out, mapi_folder_wire(rop, rop->logon, oid));
	mapi_out_u8(rop->out, existing != NULL);
	if (existing != NULL)
		out_opened(rop);
	return mapi_rop_output(rop,
		&mapi_folder_object(rop, rop->logon, oid)->obj);
}

/* --- delete ---------------------------------------------------------------------------- */

static void parse_delete(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	args->flags = mapi_in_u8(rop->in);
	args->id = mapi_in_u64(rop->in);
}

static uint32_t delete_allowed(struct mapi_rop *rop,
			       const struct mapi_folder_info *info,
			       uint8_t flags)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *folder;
	struct store_folder_stat stat;
	struct store_place place;

	if (info->special != 0)
		return ecNoAccess;
	if (mapi_tree(rop, rop->logon, &folders) < 0)
		return mapi_store_error(rop);
	array_foreach(folders, folder) {
		if (folder->parent == info->oid && (flags & DEL_FOLDERS) == 0)
			return ecFolderHasChildren;
	}
	if ((flags & DEL_MESSAGES) != 0 || info->search)
		return ecNone;
	mapi_place(rop->logon, info->oid, &place);
	if (store_folder_stat(rop->store, &place, &stat) < 0)
		return mapi_store_error(rop);
	return stat.count > 0 ? ecFolderHasContents : ecNone;
}

/* PidTagHierarchyChangeNumber tells that one has gone from there */
static void hierarchy_changed(struct mapi_rop *rop,
			      const struct mapi_logon *logon, uint64_t parent)
{
	struct store_object object;

	i_zero(&object);
	object.kind = STORE_OBJECT_FOLDER;
	mapi_place(logon, parent, &object.place);
	if (store_version_bump(rop->store, &object) < 0)
		(void)mapi_store_error(rop);
}

static uint32_t folder_delete(struct mapi_rop *rop,
			      const struct mapi_folder_info *info,
			      uint8_t flags)
{
	uint32_t error = delete_allowed(rop, info, flags);

	if (error != ecNone)
		return error;
	if (info->virtual)
		error = mapi_virtual_delete(rop, rop->logon, info->oid);
	else if (store_folder_delete(rop->store, info->fid) < 0)
		error = mapi_store_error(rop);
	if (error != ecNone)
		return error;
	hierarchy_changed(rop, rop->logon, info->parent);
	mapi_tree_changed(rop->logon);
	return ecNone;
}

/* What a folder that cannot go answers: success, but for part of it (MS-OXCFOLD
   2.2.1.3.2) */
static uint32_t out_partial(struct mapi_rop *rop, uint32_t error)
{
	bool partial = error == ecFolderHasChildren ||
		error == ecFolderHasContents || error == ecPartialCompletion;

	rop->keep_payload = TRUE;
	mapi_out_u8(rop->out, partial);
	return partial ? ecNone : error;
}

static uint32_t rop_delete_folder(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	const struct mapi_folder_info *info;
	uint64_t oid;

	if ((args->flags & ~(DEL_MESSAGES | DEL_FOLDERS | DELETE_HARD)) != 0)
		return out_partial(rop, ecInvalidParam);
	if (!mapi_folder_of_wire(rop, rop->logon, args->id, &oid))
		return out_partial(rop, ecNotFound);
	info = mapi_tree_find(rop, rop->logon, oid);
	/* the root (MS-OXCFOLD 3.2.5.3) */
	if (info != NULL && info->parent == 0)
		return out_partial(rop, ecNotSupported);
	if (info == NULL || info->parent != rop_folder_oid(rop))
		return out_partial(rop, ecNotFound);
	return out_partial(rop, folder_delete(rop, info, args->flags));
}

static void parse_empty(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	(void)mapi_in_bool(rop->in);
	args->associated = mapi_in_bool(rop->in);
}

static uint32_t folder_empty(struct mapi_rop *rop, bool hard)
{
	struct folder_args *args = rop->args;
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, rop->logon, rop_folder_oid(rop));
	struct store_place place;
	enum store_empty_flags flags = STORE_EMPTY_SUBFOLDERS;

	if (info == NULL)
		return ecObjectDeleted;
	/* neither the root nor what a search found (MS-OXCFOLD 3.2.5.9) */
	if (info->parent == 0 || info->search)
		return ecNotSupported;
	if (args->associated)
		flags |= STORE_EMPTY_ASSOCIATED;
	if (hard)
		flags |= STORE_EMPTY_HARD;
	mapi_place(rop->logon, rop_folder_oid(rop), &place);
	mapi_tree_changed(rop->logon);
	if (store_place_empty(rop->store, &place, flags) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static uint32_t rop_empty(struct mapi_rop *rop)
{
	return out_partial(rop, folder_empty(rop, FALSE));
}

static uint32_t rop_hard_empty(struct mapi_rop *rop)
{
	return out_partial(rop, folder_empty(rop, TRUE));
}

/* --- move and copy ------------------------------------------------------------------------ */

static void parse_move(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	(void)mapi_in_bool(rop->in);
	args->unicode = mapi_in_bool(rop->in);
	args->id = mapi_in_u64(rop->in);
	args->name = in_string(rop, args->unicode);
}

static void parse_copy(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	(void)mapi_in_bool(rop->in);
	args->recursive = mapi_in_bool(rop->in);
	args->unicode = mapi_in_bool(rop->in);
	args->id = mapi_in_u64(rop->in);
	args->name = in_string(rop, args->unicode);
}

static uint32_t out_null_dest(struct mapi_rop *rop)
{
	rop->keep_payload = TRUE;
	mapi_out_u32(rop->out, rop->out_index);
	mapi_out_u8(rop->out, 0);
	return ecDstNullObject;
}

/* Both ends are there and fit: info_r of what goes, dest_r where to */
static uint32_t transfer_check(struct mapi_rop *rop,
			       const struct mapi_folder_info **info_r,
			       uint64_t *dest_r)
{
	struct folder_args *args = rop->args;
	uint64_t oid;

	if ((rop->dest->kind & MAPI_FOLDER) == 0)
		return ecNotSupported;
	*dest_r = ((struct mapi_folder *)rop->dest)->oid;
	if (*args->name == '\0')
		return ecInvalidParam;
	if (!mapi_folder_of_wire(rop, rop->logon, args->id, &oid))
		return ecNotFound;
	*info_r = mapi_tree_find(rop, rop->logon, oid);
	if ((*info_r)->parent != rop_folder_oid(rop))
		return ecNotFound;
	if (rop->dest->logon == rop->logon &&
	    mapi_tree_is_below(rop, rop->logon, *dest_r, oid))
		return ecMsgCycle;
	return ecNone;
}

static uint32_t folder_move(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	const struct mapi_folder_info *info;
	store_fid_t fid;
	uint64_t dest;
	uint32_t error = transfer_check(rop, &info, &dest);

	if (error != ecNone)
		return error;
	if (info->special != 0)
		return ecNoAccess;
	mapi_tree_changed(rop->logon);
	mapi_tree_changed(rop->dest->logon);
	if (info->virtual) {
		return mapi_virtual_rename(rop, rop->logon, info->oid, dest,
					   args->name);
	}
	if (store_folder_move(rop->store, info->fid, fid_of(dest), args->name,
			      &fid) < 0)
		return mapi_store_error(rop);
	hierarchy_changed(rop, rop->logon, rop_folder_oid(rop));
	return ecNone;
}

static uint32_t folder_copy(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	const struct mapi_folder_info *info;
	store_fid_t fid;
	uint64_t dest;
	bool partial;
	uint32_t error = transfer_check(rop, &info, &dest);

	if (error != ecNone)
		return error;
	if (info->fid == 0)
		return ecNotSupported;
	mapi_tree_changed(rop->dest->logon);
	if (store_folder_copy(rop->store, info->fid, fid_of(dest), args->name,
			      args->recursive, &fid, &partial) < 0)
		return mapi_store_error(rop);
	return partial ? ecPartialCompletion : ecNone;
}

static uint32_t rop_move(struct mapi_rop *rop)
{
	return rop->dest == NULL ? out_null_dest(rop) :
		out_partial(rop, folder_move(rop));
}

static uint32_t rop_copy(struct mapi_rop *rop)
{
	return rop->dest == NULL ? out_null_dest(rop) :
		out_partial(rop, folder_copy(rop));
}

/* RopCopyTo of a folder: what is in it (MS-OXCPRPT 3.2.5.12) */
uint32_t mapi_folder_copy_contents(struct mapi_rop *rop,
				   struct mapi_object *src,
				   struct mapi_object *dest, bool exclude,
				   const ARRAY_TYPE(mapi_tag) *tags,
				   bool sub_objects, uint8_t flags)
{
	const struct mapi_folder_info *info =
		mapi_tree_find(rop, src->logon, ((struct mapi_folder *)src)->oid);
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *child;
	store_fid_t fid;
	bool partial;

	if (info == NULL)
		return ecObjectDeleted;
	if (!sub_objects || !exclude || mapi_tags_have(tags,
						PidTagContainerHierarchy))
		return ecNone;
	if ((flags & MAPI_COPY_MOVE) != 0)
		return ecNotSupported;
	if (mapi_tree(rop, src->logon, &folders) < 0)
		return mapi_store_error(rop);
	array_foreach(folders, child) {
		if (child->parent != info->oid || child->fid == 0)
			continue;
		if (store_folder_copy(rop->store, child->fid,
				fid_of(((struct mapi_folder *)dest)->oid),
				child->name, TRUE, &fid, &partial) < 0)
			return mapi_store_error(rop);
	}
	mapi_tree_changed(dest->logon);
	return ecNone;
}

/* --- search criteria ------------------------------------------------------------------------- */

/* Kept as a blob of the search folder: flags, folders, restriction (MS-OXCFOLD
   2.2.1.4) */
#define SEARCH_BLOB "search"
#define SEARCH_STOP 0x01
#define SEARCH_RESTART 0x02
#define SEARCH_RECURSIVE 0x04
#define SEARCH_SHALLOW 0x08
#define SEARCH_FOREGROUND 0x10
#define SEARCH_BACKGROUND 0x20
#define SEARCH_CONTENT_INDEXED 0x00010000
#define SEARCH_NON_CONTENT_INDEXED 0x00020000
#define SEARCH_STATIC 0x00040000
#define SEARCH_FLAGS (SEARCH_STOP | SEARCH_RESTART | SEARCH_RECURSIVE | \
	SEARCH_SHALLOW | SEARCH_FOREGROUND | SEARCH_BACKGROUND | \
	SEARCH_CONTENT_INDEXED | SEARCH_NON_CONTENT_INDEXED | SEARCH_STATIC)
/* Search state in the answer: running, recursive, complete */
#define SEARCH_STATE_RUNNING 0x01
#define SEARCH_STATE_RECURSIVE 0x04
#define SEARCH_STATE_COMPLETE 0x1000

struct search_args {
	struct mapi_blob restriction;
	ARRAY(mapi_id_t) folders;
	uint32_t flags;
	bool unicode, want_restriction, want_folders;
};

static void parse_set_search(struct mapi_rop *rop)
{
	struct search_args *args = mapi_rop_args(rop, struct search_args);
	unsigned int count;
	mapi_id_t id;

	args->restriction.size = mapi_in_u16(rop->in);
	args->restriction.data = mapi_in_bytes(rop->in,
					       args->restriction.size);
	count = mapi_in_u16(rop->in);
	p_array_init(&args->folders, rop->pool, 4);
	for (; count > 0 && !rop->in->broken; count--) {
		id = mapi_in_u64(rop->in);
		array_push_back(&args->folders, &id);
	}
	args->flags = mapi_in_u32(rop->in);
}

static int search_load(struct mapi_rop *rop, const struct mapi_logon *logon,
		       uint64_t oid, struct search_args *search_r)
{
	struct store_place place;
	const unsigned char *data;
	struct mapi_in in;
	size_t size;
	unsigned int count;
	mapi_id_t id;
	int ret;

	i_zero(search_r);
	p_array_init(&search_r->folders, rop->pool, 4);
	mapi_place(logon, oid, &place);
	ret = store_blob_get(rop->store, &place, SEARCH_BLOB, rop->pool, &data,
			     &size);
	if (ret <= 0)
		return ret;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data, size);
	search_r->flags = mapi_in_u32(&in);
	count = mapi_in_u16(&in);
	for (; count > 0 && !in.broken; count--) {
		id = mapi_in_u64(&in);
		array_push_back(&search_r->folders, &id);
	}
	search_r->restriction.size = mapi_in_left(&in);
	search_r->restriction.data = mapi_in_bytes(&in, mapi_in_left(&in));
	return in.broken ? -1 : 1;
}

int mapi_search_criteria(struct mapi_rop *rop, const struct mapi_logon *logon,
			 uint64_t oid, struct mapi_search *search_r)
{
	struct search_args search;
	struct mapi_in in;
	const mapi_id_t *id;
	uint64_t folder;
	int ret = search_load(rop, logon, oid, &search);

	i_zero(search_r);
	if (ret <= 0)
		return ret;
	p_array_init(&search_r->folders, rop->pool, 4);
	array_foreach(&search.folders, id) {
		if (mapi_folder_of_wire(rop, logon, *id, &folder))
			array_push_back(&search_r->folders, &folder);
	}
	search_r->recursive = (search.flags & SEARCH_RECURSIVE) != 0;
	search_r->stopped = (search.flags & SEARCH_STOP) != 0;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, search.restriction.data,
		     search.restriction.size);
	if (search.restriction.size > 0 &&
	    mapi_in_restriction(&in, &search_r->restriction) < 0)
		return -1;
	return 1;
}

/* Bits that there are, and of two that exclude each other one (MS-OXCFOLD
   2.2.1.4.1) */
static bool search_flags_valid(uint32_t flags)
{
	static const uint32_t exclusive[] = {
		SEARCH_STOP | SEARCH_RESTART,
		SEARCH_RECURSIVE | SEARCH_SHALLOW,
		SEARCH_FOREGROUND | SEARCH_BACKGROUND,
		SEARCH_CONTENT_INDEXED | SEARCH_NON_CONTENT_INDEXED,
	};

	for (unsigned int i = 0; i < N_ELEMENTS(exclusive); i++) {
		if ((flags & exclusive[i]) == exclusive[i])
			return FALSE;
	}
	return (flags & ~SEARCH_FLAGS) == 0;
}

static uint32_t search_check(struct mapi_rop *rop,
			     const struct search_args *args)
{
	const struct mapi_restriction *res;
	const struct mapi_folder_info *info;
	const mapi_id_t *id;
	struct mapi_in in;
	uint64_t oid;

	info = mapi_tree_find(rop, rop->logon, rop_folder_oid(rop));
	if (info == NULL || !info->search)
		return ecNotSearchFolder;
	if (!search_flags_valid(args->flags))
		return ecInvalidParam;
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, args->restriction.data,
		     args->restriction.size);
	if (args->restriction.size > 0 && mapi_in_restriction(&in, &res) < 0)
		return ecTooComplex;
	array_foreach(&args->folders, id) {
		if (!mapi_folder_of_wire(rop, rop->logon, *id, &oid))
			return ecNotFound;
		/* one that finds itself (MS-OXCFOLD 3.2.5.4) */
		if (oid == info->oid)
			return ecSearchFolderScopeViolation;
	}
	return ecNone;
}

static uint32_t rop_set_search(struct mapi_rop *rop)
{
	struct search_args *args = rop->args, old;
	buffer_t *out = buffer_create_dynamic(rop->pool, 256);
	struct store_place place;
	const mapi_id_t *id;
	uint32_t error = search_check(rop, args);
	int had;

	if (error != ecNone)
		return error;
	had = search_load(rop, rop->logon, rop_folder_oid(rop), &old);
	if (had < 0)
		return mapi_store_error(rop);
	/* what is not given stays as it was; at first both must be given */
	if (args->restriction.size == 0)
		args->restriction = old.restriction;
	if (array_is_empty(&args->folders))
		array_append_array(&args->folders, &old.folders);
	if (had == 0 && (array_is_empty(&args->folders)))
		return ecNotInitialized;
	mapi_out_u32(out, args->flags);
	mapi_out_u16(out, array_count(&args->folders));
	array_foreach(&args->folders, id)
		mapi_out_u64(out, *id);
	buffer_append(out, args->restriction.data, args->restriction.size);
	mapi_place(rop->logon, rop_folder_oid(rop), &place);
	if (store_blob_set(rop->store, &place, SEARCH_BLOB, out->data,
			   out->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

static void parse_get_search(struct mapi_rop *rop)
{
	struct search_args *args = mapi_rop_args(rop, struct search_args);

	args->unicode = mapi_in_bool(rop->in);
	args->want_restriction = mapi_in_bool(rop->in);
	args->want_folders = mapi_in_bool(rop->in);
}

/* Searches are done when they are asked: complete, and running (following what
   changes) unless they were stopped or are static. */
static uint32_t search_state(uint32_t flags)
{
	uint32_t state = SEARCH_STATE_COMPLETE;

	if ((flags & (SEARCH_STOP | SEARCH_STATIC)) == 0)
		state |= SEARCH_STATE_RUNNING;
	if ((flags & SEARCH_RECURSIVE) != 0)
		state |= SEARCH_STATE_RECURSIVE;
	return state;
}

static uint32_t rop_get_search(struct mapi_rop *rop)
{
	struct search_args *args = rop->args, search;
	const struct mapi_folder_info *info;
	const mapi_id_t *id;
	int ret;

	info = mapi_tree_find(rop, rop->logon, rop_folder_oid(rop));
	if (info == NULL || !info->search)
		return ecNotSearchFolder;
	ret = search_load(rop, rop->logon, info->oid, &search);
	if (ret < 0)
		return mapi_store_error(rop);
	if (ret == 0)
		return ecNotInitialized;
	if (!args->want_restriction)
		search.restriction.size = 0;
	mapi_out_u16(rop->out, search.restriction.size);
	buffer_append(rop->out, search.restriction.data,
		      search.restriction.size);
	mapi_out_u8(rop->out, rop->logon_id);
	if (!args->want_folders)
		array_clear(&search.folders);
	mapi_out_u16(rop->out, array_count(&search.folders));
	array_foreach(&search.folders, id)
		mapi_out_u64(rop->out, *id);
	mapi_out_u32(rop->out, search_state(search.flags));
	return ecNone;
}

/* --- hierarchy table ----------------------------------------------------------------------------- */

static void parse_table(struct mapi_rop *rop)
{
	struct folder_args *args = mapi_rop_args(rop, struct folder_args);

	args->flags = mapi_in_u8(rop->in);
}

static uint32_t rop_hierarchy_table(struct mapi_rop *rop)
{
	struct folder_args *args = rop->args;
	struct mapi_table *table;
	uint32_t error;

	/* MS-OXCFOLD 3.2.5.13 */
	if ((args->flags & ~HIERARCHY_FLAGS) != 0)
		return ecNotSupported;
	table = mapi_hierarchy_table(rop, rop->obj, rop_folder_oid(rop),
				     args->flags);
	error = mapi_table_need(rop, table);
	if (error != ecNone) {
		struct mapi_object *obj = &table->obj;

		mapi_object_unref(&obj);
		return error;
	}
	mapi_out_u32(rop->out, mapi_table_count(table));
	return mapi_rop_output(rop, &table->obj);
}

const struct mapi_rop_def mapi_rops_folder[] = {
	{ 0x02, "OpenFolder", MAPI_ROP_OUT, MAPI_LOGON | MAPI_FOLDER,
	  parse_open, rop_open },
	{ 0x1c, "CreateFolder", MAPI_ROP_OUT, MAPI_FOLDER, parse_create,
	  rop_create },
	{ 0x1d, "DeleteFolder", MAPI_ROP_IN, MAPI_FOLDER, parse_delete,
	  rop_delete_folder },
	{ 0x35, "MoveFolder", MAPI_ROP_PAIR, MAPI_FOLDER, parse_move,
	  rop_move },
	{ 0x36, "CopyFolder", MAPI_ROP_PAIR, MAPI_FOLDER, parse_copy,
	  rop_copy },
	{ 0x58, "EmptyFolder", MAPI_ROP_IN, MAPI_FOLDER, parse_empty,
	  rop_empty },
	{ 0x92, "HardDeleteMessagesAndSubfolders", MAPI_ROP_IN, MAPI_FOLDER,
	  parse_empty, rop_hard_empty },
	{ 0x30, "SetSearchCriteria", MAPI_ROP_IN, MAPI_FOLDER,
	  parse_set_search, rop_set_search },
	{ 0x31, "GetSearchCriteria", MAPI_ROP_IN, MAPI_FOLDER,
	  parse_get_search, rop_get_search },
	{ 0x04, "GetHierarchyTable", MAPI_ROP_OUT, MAPI_FOLDER, parse_table,
	  rop_hierarchy_table },
	{ 0, NULL, 0, 0, NULL, NULL }
};
