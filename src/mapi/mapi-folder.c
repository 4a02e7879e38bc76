/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A folder's properties: what Dovecot knows of it, computed; the rest is what clients
   set, kept as one blob. One table says how each is made. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-names.h"

/* PidTagFolderType (MS-OXCFOLD 2.2.2.2.2.1) */
enum { FOLDER_ROOT = 0, FOLDER_GENERIC = 1, FOLDER_SEARCH = 2 };
#define OBJECT_TYPE_FOLDER 3
/* PidTagFolderFlags (MS-OXOSRCH is silent; MS-OXPROPS): IPM, SEARCH, NORMAL */
#define FOLDER_FLAG_IPM 0x01
#define FOLDER_FLAG_SEARCH 0x02
#define FOLDER_FLAG_NORMAL 0x04
/* PidTagAccess (MS-OXCPRPT 2.2.1.1) */
#define ACCESS_MODIFY 0x01
#define ACCESS_READ 0x02
#define ACCESS_DELETE 0x04
#define ACCESS_HIERARCHY 0x08
#define ACCESS_CONTENTS 0x10
#define ACCESS_ASSOCIATED 0x20

/* --- rights ------------------------------------------------------------------------- */

static const struct {
	uint32_t mapi;
	enum store_rights store;
} rights_map[] = {
	{ MAPI_RIGHT_READ_ANY, STORE_RIGHT_READ },
	{ MAPI_RIGHT_CREATE, STORE_RIGHT_INSERT },
	{ MAPI_RIGHT_EDIT_OWNED, STORE_RIGHT_WRITE },
	{ MAPI_RIGHT_EDIT_ANY, STORE_RIGHT_WRITE },
	{ MAPI_RIGHT_DELETE_OWNED, STORE_RIGHT_EXPUNGE },
	{ MAPI_RIGHT_DELETE_ANY, STORE_RIGHT_EXPUNGE },
	{ MAPI_RIGHT_CREATE_SUBFOLDER, STORE_RIGHT_CREATE },
	{ MAPI_RIGHT_OWNER, STORE_RIGHT_ADMIN },
	{ MAPI_RIGHT_VISIBLE, STORE_RIGHT_LOOKUP },
};

uint32_t mapi_rights_of_store(enum store_rights rights)
{
	uint32_t mapi = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(rights_map); i++) {
		if ((rights & rights_map[i].store) != 0)
			mapi |= rights_map[i].mapi;
	}
	return mapi;
}

/* Who may change his own messages alone may change none here: whose a message is,
   Dovecot's ACL does not know (mapi-rights.c keeps these) */
enum store_rights mapi_rights_to_store(uint32_t mapi)
{
	enum store_rights rights = 0;

	mapi &= ~(MAPI_RIGHT_EDIT_OWNED | MAPI_RIGHT_DELETE_OWNED);
	for (unsigned int i = 0; i < N_ELEMENTS(rights_map); i++) {
		if ((mapi & rights_map[i].mapi) != 0)
			rights |= rights_map[i].store;
	}
	/* who may change messages may mark them, who owns may rename */
	if ((rights & STORE_RIGHT_WRITE) != 0)
		rights |= STORE_RIGHT_WRITE_SEEN | STORE_RIGHT_WRITE_DELETED;
	if ((rights & STORE_RIGHT_READ) != 0)
		rights |= STORE_RIGHT_LOOKUP | STORE_RIGHT_WRITE_SEEN;
	if ((rights & STORE_RIGHT_EXPUNGE) != 0)
		rights |= STORE_RIGHT_WRITE_DELETED;
	if ((rights & STORE_RIGHT_ADMIN) != 0)
		rights |= STORE_RIGHT_DELETE;
	return rights;
}

int mapi_folder_rights(struct mapi_rop *rop, const struct mapi_logon *logon,
		       const struct mapi_folder_info *info, uint32_t *rights_r)
{
	enum store_rights rights;

	*rights_r = MAPI_RIGHTS_ALL;
	if (logon->kind == MAPI_STORE_OWN)
		return 0;
	if (info->fid == 0) {
		*rights_r = MAPI_RIGHT_VISIBLE;
		return 0;
	}
	if (store_folder_rights(rop->store, info->fid, &rights) < 0)
		return -1;
	*rights_r = mapi_rights_of_store(rights);
	return 0;
}

static uint32_t access_of(uint32_t rights)
{
	uint32_t access = 0;

	if ((rights & MAPI_RIGHT_OWNER) != 0)
		access |= ACCESS_MODIFY | ACCESS_DELETE | ACCESS_ASSOCIATED;
	if ((rights & (MAPI_RIGHT_READ_ANY | MAPI_RIGHT_VISIBLE)) != 0)
		access |= ACCESS_READ;
	if ((rights & MAPI_RIGHT_CREATE_SUBFOLDER) != 0)
		access |= ACCESS_HIERARCHY;
	if ((rights & MAPI_RIGHT_CREATE) != 0)
		access |= ACCESS_CONTENTS;
	return access;
}

/* --- the blob ------------------------------------------------------------------------- */

int mapi_folder_bag(struct mapi_rop *rop, const struct mapi_logon *logon,
		    uint64_t oid, pool_t pool, struct mapi_bag *bag_r)
{
	struct store_place place;
	const unsigned char *data;
	size_t size;
	int ret;

	mapi_bag_init(bag_r, pool);
	mapi_place(logon, oid, &place);
	ret = store_blob_get(rop->store, &place, MAPI_FOLDER_BLOB, rop->pool,
			     &data, &size);
	if (ret <= 0)
		return ret;
	if (mapi_bag_unpack(bag_r, data, size, mapi_names_id, rop) < 0) {
		e_error(rop->env->event, "Properties of folder %"PRIx64
			" of %s are damaged: they are left alone", oid,
			logon->owner);
	}
	return 0;
}

uint32_t mapi_folder_bag_save(struct mapi_rop *rop,
			      const struct mapi_logon *logon, uint64_t oid,
			      const struct mapi_bag *bag)
{
	buffer_t *data = buffer_create_dynamic(rop->pool, 256);
	struct store_place place;
	bool none = array_is_empty(&bag->props);

	mapi_place(logon, oid, &place);
	mapi_bag_pack(data, bag, mapi_names_name, rop);
	if (store_blob_set(rop->store, &place, MAPI_FOLDER_BLOB,
			   none ? NULL : data->data, data->used) < 0)
		return mapi_store_error(rop);
	return ecNone;
}

/* --- reader ----------------------------------------------------------------------------- */

void mapi_folder_reader_init(struct mapi_folder_reader *reader_r,
			     struct mapi_rop *rop,
			     const struct mapi_logon *logon)
{
	i_zero(reader_r);
	reader_r->rop = rop;
	reader_r->logon = logon;
}

static const struct mapi_bag *reader_bag(struct mapi_folder_reader *reader)
{
	if (!reader->have_bag) {
		reader->have_bag = TRUE;
		if (mapi_folder_bag(reader->rop, reader->logon,
				    reader->info->oid, reader->rop->pool,
				    &reader->bag) < 0)
			mapi_bag_init(&reader->bag, reader->rop->pool);
	}
	return &reader->bag;
}

static bool is_place(const struct mapi_folder_info *info, uint32_t fid,
		     uint32_t special)
{
	return info->fid != 0 ? info->fid == fid :
		fid == 0 && special == info->oid;
}

static const struct store_folder_stat *
reader_stat(struct mapi_folder_reader *reader)
{
	static const struct store_folder_stat none;
	const struct store_folder_stat *stat;

	if (!reader->have_stats) {
		reader->have_stats = TRUE;
		p_array_init(&reader->stats, reader->rop->pool, 64);
		if (store_view_stats(reader->rop->store, reader->logon->view,
				     STORE_STAT_SIZE, reader->rop->pool,
				     &reader->stats) < 0)
			reader->failed = TRUE;
	}
	array_foreach(&reader->stats, stat) {
		if (is_place(reader->info, stat->fid, stat->special))
			return stat;
	}
	return &none;
}

static void reader_version(struct mapi_folder_reader *reader,
			   struct store_version *version_r)
{
	const struct store_version_row *row;

	if (!reader->have_versions) {
		reader->have_versions = TRUE;
		p_array_init(&reader->versions, reader->rop->pool, 64);
		if (store_view_versions(reader->rop->store,
					reader->logon->view, reader->rop->pool,
					&reader->versions) < 0)
			reader->failed = TRUE;
	}
	array_foreach(&reader->versions, row) {
		if (is_place(reader->info, row->special ? 0 : row->num,
			     row->special ? row->num : 0)) {
			*version_r = row->v;
			return;
		}
	}
	i_zero(version_r);
	version_r->cn = reader->info->oid;
}

/* --- how each is made --------------------------------------------------------------------- */

/* Sets the value (its type is the property's own). FALSE: the folder has none. */
typedef bool folder_prop_t(struct mapi_folder_reader *reader,
			   union mapi_value *v_r);

static buffer_t *value_buffer(struct mapi_folder_reader *reader)
{
	return buffer_create_dynamic(reader->rop->pool, 70);
}

static bool value_blob(const buffer_t *buf, union mapi_value *v_r)
{
	v_r->bin.data = buf->data;
	v_r->bin.size = buf->used;
	return TRUE;
}

static bool fp_display_name(struct mapi_folder_reader *reader,
			    union mapi_value *v_r)
{
	v_r->s = reader->info->name;
	return TRUE;
}

static bool fp_id(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	v_r->i = mapi_folder_wire(reader->rop, reader->logon,
				  reader->info->oid);
	return TRUE;
}

/* The root is its own parent (MS-OXCFOLD 2.2.2.2.1.7 is silent; as Exchange) */
static uint64_t parent_of(const struct mapi_folder_info *info)
{
	return info->parent == 0 ? info->oid : info->parent;
}

static bool fp_parent_id(struct mapi_folder_reader *reader,
			 union mapi_value *v_r)
{
	v_r->i = mapi_folder_wire(reader->rop, reader->logon,
				  parent_of(reader->info));
	return TRUE;
}

static bool fp_entry_id(struct mapi_folder_reader *reader,
			union mapi_value *v_r)
{
	buffer_t *buf = value_buffer(reader);

	mapi_folder_entry_id(reader->rop, reader->logon, reader->info->oid,
			     buf);
	return value_blob(buf, v_r);
}

static bool fp_parent_entry_id(struct mapi_folder_reader *reader,
			       union mapi_value *v_r)
{
	buffer_t *buf = value_buffer(reader);

	mapi_folder_entry_id(reader->rop, reader->logon,
			     parent_of(reader->info), buf);
	return value_blob(buf, v_r);
}

static bool fp_source_key(struct mapi_folder_reader *reader,
			  union mapi_value *v_r)
{
	buffer_t *buf = value_buffer(reader);

	mapi_source_key(reader->rop, reader->logon,
			mapi_folder_wire(reader->rop, reader->logon,
					 reader->info->oid), buf);
	return value_blob(buf, v_r);
}

static bool fp_parent_source_key(struct mapi_folder_reader *reader,
				 union mapi_value *v_r)
{
	buffer_t *buf = value_buffer(reader);

	if (reader->info->parent != 0) {
		mapi_source_key(reader->rop, reader->logon,
				mapi_folder_wire(reader->rop, reader->logon,
						 reader->info->parent), buf);
	}
	return value_blob(buf, v_r);
}

static bool fp_change_key(struct mapi_folder_reader *reader,
			  union mapi_value *v_r)
{
	struct store_version version;
	buffer_t *key = value_buffer(reader), *pcl = value_buffer(reader);

	reader_version(reader, &version);
	mapi_version_keys(reader->logon, &version, key, pcl);
	return value_blob(key, v_r);
}

static bool fp_pcl(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	struct store_version version;
	buffer_t *key = value_buffer(reader), *pcl = value_buffer(reader);

	reader_version(reader, &version);
	mapi_version_keys(reader->logon, &version, key, pcl);
	return value_blob(pcl, v_r);
}

static bool fp_change_number(struct mapi_folder_reader *reader,
			     union mapi_value *v_r)
{
	struct store_version version;

	reader_version(reader, &version);
	v_r->i = mapi_id(MAPI_REPLID_OWN, version.cn);
	return TRUE;
}

/* Rises with every folder that comes or goes (MS-OXCFOLD 2.2.2.2.1.8): the newest
   change number of it and of what is in it; who deletes gives it a new one. Without
   replica: the low 31 bits */
static bool fp_hierarchy_cn(struct mapi_folder_reader *reader,
			    union mapi_value *v_r)
{
	const struct mapi_folder_info *info = reader->info, *child;
	const ARRAY_TYPE(mapi_folder_info) *folders;
	struct store_version version;
	uint64_t cn;

	reader_version(reader, &version);
	cn = version.cn;
	if (mapi_tree(reader->rop, reader->logon, &folders) < 0)
		return FALSE;
	array_foreach(folders, child) {
		if (child->parent != info->oid)
			continue;
		reader->info = child;
		reader_version(reader, &version);
		cn = I_MAX(cn, version.cn);
	}
	reader->info = info;
	v_r->i = cn & 0x7fffffff;
	return TRUE;
}

static bool fp_container_class(struct mapi_folder_reader *reader,
			       union mapi_value *v_r)
{
	const char *set = mapi_bag_get_str(reader_bag(reader),
					   PidTagContainerClass);

	v_r->s = set != NULL ? set : reader->info->container_class;
	return v_r->s != NULL;
}

static bool fp_folder_type(struct mapi_folder_reader *reader,
			   union mapi_value *v_r)
{
	v_r->i = reader->info->search ? FOLDER_SEARCH :
		reader->info->parent == 0 ? FOLDER_ROOT : FOLDER_GENERIC;
	return TRUE;
}

static unsigned int child_count(struct mapi_folder_reader *reader)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *folder;
	unsigned int count = 0;

	if (mapi_tree(reader->rop, reader->logon, &folders) < 0)
		return 0;
	array_foreach(folders, folder) {
		if (folder->parent == reader->info->oid)
			count++;
	}
	return count;
}

static bool fp_subfolders(struct mapi_folder_reader *reader,
			  union mapi_value *v_r)
{
	v_r->b = child_count(reader) > 0;
	return TRUE;
}

static bool fp_child_count(struct mapi_folder_reader *reader,
			   union mapi_value *v_r)
{
	v_r->i = child_count(reader);
	return TRUE;
}

static bool fp_content_count(struct mapi_folder_reader *reader,
			     union mapi_value *v_r)
{
	v_r->i = reader_stat(reader)->count;
	return TRUE;
}

static bool fp_unread(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	v_r->i = reader_stat(reader)->unread;
	return TRUE;
}

static bool fp_associated(struct mapi_folder_reader *reader,
			  union mapi_value *v_r)
{
	v_r->i = reader_stat(reader)->associated;
	return TRUE;
}

static bool fp_zero(struct mapi_folder_reader *reader ATTR_UNUSED,
		    union mapi_value *v_r)
{
	v_r->i = 0;
	return TRUE;
}

static bool fp_false(struct mapi_folder_reader *reader ATTR_UNUSED,
		     union mapi_value *v_r)
{
	v_r->b = FALSE;
	return TRUE;
}

static bool fp_size(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	v_r->i = I_MIN(reader_stat(reader)->size, INT32_MAX);
	return TRUE;
}

static bool fp_size_long(struct mapi_folder_reader *reader,
			 union mapi_value *v_r)
{
	v_r->i = reader_stat(reader)->size;
	return TRUE;
}

static bool fp_created(struct mapi_folder_reader *reader,
		       union mapi_value *v_r)
{
	v_r->i = mapi_time(reader_stat(reader)->created);
	return TRUE;
}

/* Of the folder itself or, if nothing newer is known, when it was made */
static bool fp_changed(struct mapi_folder_reader *reader,
		       union mapi_value *v_r)
{
	const struct store_folder_stat *stat = reader_stat(reader);

	v_r->i = mapi_time(stat->changed != 0 ? stat->changed : stat->created);
	return TRUE;
}

static bool fp_rights(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	uint32_t rights;

	if (mapi_folder_rights(reader->rop, reader->logon, reader->info,
			       &rights) < 0)
		return FALSE;
	v_r->i = rights;
	return TRUE;
}

static bool fp_access(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	uint32_t rights;

	if (mapi_folder_rights(reader->rop, reader->logon, reader->info,
			       &rights) < 0)
		return FALSE;
	v_r->i = access_of(rights);
	return TRUE;
}

static bool fp_hidden(struct mapi_folder_reader *reader, union mapi_value *v_r)
{
	v_r->b = mapi_bag_get_bool(reader_bag(reader), PidTagAttributeHidden,
				   reader->info->hidden);
	return TRUE;
}

static bool fp_comment(struct mapi_folder_reader *reader,
		       union mapi_value *v_r)
{
	v_r->s = mapi_bag_get_str(reader_bag(reader), PidTagComment);
	if (v_r->s == NULL)
		v_r->s = "";
	return TRUE;
}

static bool fp_store_entry_id(struct mapi_folder_reader *reader,
			      union mapi_value *v_r)
{
	buffer_t *buf = value_buffer(reader);

	mapi_store_entry_id(reader->rop, reader->logon, buf);
	return value_blob(buf, v_r);
}

static bool fp_store_record_key(struct mapi_folder_reader *reader,
				union mapi_value *v_r)
{
	v_r->bin.data = reader->logon->mailbox_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool fp_mapping_signature(struct mapi_folder_reader *reader,
				 union mapi_value *v_r)
{
	v_r->bin.data = reader->logon->replica_guid;
	v_r->bin.size = GUID_128_SIZE;
	return TRUE;
}

static bool fp_object_type(struct mapi_folder_reader *reader ATTR_UNUSED,
			   union mapi_value *v_r)
{
	v_r->i = OBJECT_TYPE_FOLDER;
	return TRUE;
}

static bool fp_folder_flags(struct mapi_folder_reader *reader,
			    union mapi_value *v_r)
{
	const struct mapi_folder_info *info = reader->info;
	bool ipm = mapi_tree_is_below(reader->rop, reader->logon, info->oid,
				      mapi_special_oid(reader->rop,
						       reader->logon,
						       MAPI_FID_IPM_SUBTREE));

	v_r->i = (ipm ? FOLDER_FLAG_IPM : 0) |
		(info->search ? FOLDER_FLAG_SEARCH : FOLDER_FLAG_NORMAL);
	return TRUE;
}

/* --- default folders, told on root and Inbox (MS-OXOSFLD 2.2.3 to 2.2.5) -------------------- */

static bool tells_defaults(const struct mapi_folder_reader *reader)
{
	return reader->logon->kind != MAPI_STORE_PUBLIC &&
		(reader->info->special == MAPI_FID_ROOT ||
		 reader->info->special == MAPI_FID_INBOX);
}

static bool default_entry_id(struct mapi_folder_reader *reader,
			     enum mapi_special special, union mapi_value *v_r)
{
	buffer_t *buf;
	uint64_t oid;

	if (!tells_defaults(reader))
		return FALSE;
	oid = mapi_special_oid(reader->rop, reader->logon, special);
	if (oid == 0)
		return FALSE;
	buf = value_buffer(reader);
	mapi_folder_entry_id(reader->rop, reader->logon, oid, buf);
	return value_blob(buf, v_r);
}

#define DEFAULT_FOLDER(name, special) \
static bool name(struct mapi_folder_reader *reader, union mapi_value *v_r) \
{ \
	return default_entry_id(reader, special, v_r); \
}
DEFAULT_FOLDER(fp_appointment, MAPI_FID_CALENDAR)
DEFAULT_FOLDER(fp_contact, MAPI_FID_CONTACTS)
DEFAULT_FOLDER(fp_journal, MAPI_FID_JOURNAL)
DEFAULT_FOLDER(fp_note, MAPI_FID_NOTES)
DEFAULT_FOLDER(fp_task, MAPI_FID_TASKS)
DEFAULT_FOLDER(fp_drafts, MAPI_FID_DRAFTS)
DEFAULT_FOLDER(fp_reminders, MAPI_FID_REMINDERS)

static void blobs_of(struct mapi_folder_reader *reader,
		     const enum mapi_special *specials, unsigned int count,
		     union mapi_value *v_r)
{
	struct mapi_blob *blobs = p_new(reader->rop->pool, struct mapi_blob,
					count);
	union mapi_value v;

	for (unsigned int i = 0; i < count; i++) {
		if (specials[i] != 0 &&
		    default_entry_id(reader, specials[i], &v))
			blobs[i] = v.bin;
	}
	v_r->mv.count = count;
	v_r->mv.v.bin = blobs;
}

/* What a client has set behind the first five stays (MS-OXOSFLD 2.2.4) */
static bool fp_additional(struct mapi_folder_reader *reader,
			  union mapi_value *v_r)
{
	static const enum mapi_special canonical[] = {
		MAPI_FID_CONFLICTS, MAPI_FID_SYNC_ISSUES,
		MAPI_FID_LOCAL_FAILURES, MAPI_FID_SERVER_FAILURES,
		MAPI_FID_JUNK,
	};
	const unsigned int first = N_ELEMENTS(canonical);
	const struct mapi_prop *set;
	struct mapi_blob *blobs;

	if (!tells_defaults(reader))
		return FALSE;
	blobs_of(reader, canonical, first, v_r);
	set = mapi_bag_get(reader_bag(reader), PidTagAdditionalRenEntryIds);
	if (set == NULL || set->v.mv.count <= first)
		return TRUE;
	blobs = p_new(reader->rop->pool, struct mapi_blob, set->v.mv.count);
	memcpy(blobs, v_r->mv.v.bin, first * sizeof(*blobs));
	memcpy(blobs + first, set->v.mv.v.bin + first,
	       (set->v.mv.count - first) * sizeof(*blobs));
	v_r->mv.count = set->v.mv.count;
	v_r->mv.v.bin = blobs;
	return TRUE;
}

/* A client's own list has precedence: it may have made folders that we know nothing
   of. Slot 3 is the folder, slot 1 the message in it (MS-OXODLGT 2.2.3). */
static bool fp_freebusy(struct mapi_folder_reader *reader,
			union mapi_value *v_r)
{
	static const enum mapi_special slots[] = {
		0, 0, 0, MAPI_FID_FREEBUSY,
	};
	const struct mapi_prop *set;

	if (!tells_defaults(reader))
		return FALSE;
	set = mapi_bag_get(reader_bag(reader), PidTagFreeBusyEntryIds);
	if (set != NULL)
		*v_r = set->v;
	else
		blobs_of(reader, slots, N_ELEMENTS(slots), v_r);
	return TRUE;
}

/* PersistData blocks (MS-OXOSFLD 2.2.5.1): PersistID, size of the elements, then
   RSF_ELID_ENTRYID with the entry id; an empty one ends the list. */
static void persist_add(struct mapi_folder_reader *reader, buffer_t *buf,
			uint16_t id, enum mapi_special special)
{
	union mapi_value v;

	if (!default_entry_id(reader, special, &v))
		return;
	mapi_out_u16(buf, id);
	mapi_out_u16(buf, 4 + v.bin.size);
	mapi_out_u16(buf, 0x0001);
	mapi_out_u16(buf, v.bin.size);
	buffer_append(buf, v.bin.data, v.bin.size);
}

static bool fp_additional_ex(struct mapi_folder_reader *reader,
			     union mapi_value *v_r)
{
	const struct mapi_blob *set;
	buffer_t *buf;

	if (!tells_defaults(reader))
		return FALSE;
	set = mapi_bag_get_bin(reader_bag(reader),
			       PidTagAdditionalRenEntryIdsEx);
	if (set != NULL) {
		v_r->bin = *set;
		return TRUE;
	}
	buf = buffer_create_dynamic(reader->rop->pool, 256);
	persist_add(reader, buf, 0x8006, MAPI_FID_CONVERSATION_ACTIONS);
	persist_add(reader, buf, 0x8008, MAPI_FID_IM_CONTACT_LIST);
	persist_add(reader, buf, 0x8009, MAPI_FID_QUICK_CONTACTS);
	mapi_out_u32(buf, 0);
	return value_blob(buf, v_r);
}

static const struct folder_prop {
	mapi_tag_t tag;
	folder_prop_t *get;
	/* every folder has it, and it is told in lists */
	bool listed;
} folder_props[] = {
	{ PidTagDisplayName, fp_display_name, TRUE },
	{ PidTagFolderId, fp_id, TRUE },
	{ PidTagParentFolderId, fp_parent_id, TRUE },
	{ PidTagEntryId, fp_entry_id, TRUE },
	{ PidTagRecordKey, fp_entry_id, TRUE },
	{ PidTagParentEntryId, fp_parent_entry_id, TRUE },
	{ PidTagSourceKey, fp_source_key, TRUE },
	{ PidTagParentSourceKey, fp_parent_source_key, TRUE },
	{ PidTagChangeKey, fp_change_key, TRUE },
	{ PidTagPredecessorChangeList, fp_pcl, TRUE },
	{ PidTagChangeNumber, fp_change_number, TRUE },
	{ PidTagHierarchyChangeNumber, fp_hierarchy_cn, TRUE },
	{ PidTagContainerClass, fp_container_class, TRUE },
	{ PidTagFolderType, fp_folder_type, TRUE },
	{ PidTagSubfolders, fp_subfolders, TRUE },
	{ PrFolderChildCount, fp_child_count, TRUE },
	{ PidTagContentCount, fp_content_count, TRUE },
	{ PidTagContentUnreadCount, fp_unread, TRUE },
	{ PidTagAssociatedContentCount, fp_associated, TRUE },
	{ PidTagDeletedCountTotal, fp_zero, TRUE },
	{ PrDeletedFolderCount, fp_zero, FALSE },
	{ PidTagMessageSize, fp_size, TRUE },
	{ PidTagMessageSizeExtended, fp_size_long, TRUE },
	{ PidTagCreationTime, fp_created, TRUE },
	{ PidTagLastModificationTime, fp_changed, TRUE },
	{ PidTagLocalCommitTime, fp_changed, TRUE },
	{ PidTagLocalCommitTimeMax, fp_changed, TRUE },
	{ PidTagHierRev, fp_changed, TRUE },
	{ PidTagRights, fp_rights, TRUE },
	{ PidTagAccess, fp_access, TRUE },
	{ PidTagAttributeHidden, fp_hidden, TRUE },
	{ PrAttributeSystem, fp_false, FALSE },
	{ PidTagAttributeReadOnly, fp_false, TRUE },
	{ PidTagComment, fp_comment, TRUE },
	{ PidTagStoreEntryId, fp_store_entry_id, TRUE },
	{ PidTagStoreRecordKey, fp_store_record_key, TRUE },
	{ PidTagMappingSignature, fp_mapping_signature, TRUE },
	{ PidTagObjectType, fp_object_type, TRUE },
	{ PidTagFolderFlags, fp_folder_flags, FALSE },
	{ PidTagIpmAppointmentEntryId, fp_appointment, FALSE },
	{ PidTagIpmContactEntryId, fp_contact, FALSE },
	{ PidTagIpmJournalEntryId, fp_journal, FALSE },
	{ PidTagIpmNoteEntryId, fp_note, FALSE },
	{ PidTagIpmTaskEntryId, fp_task, FALSE },
	{ PidTagIpmDraftsEntryId, fp_drafts, FALSE },
	{ PidTagRemindersOnlineEntryId, fp_reminders, FALSE },
	{ PidTagAdditionalRenEntryIds, fp_additional, FALSE },
	{ PidTagAdditionalRenEntryIdsEx, fp_additional_ex, FALSE },
	{ PidTagFreeBusyEntryIds, fp_freebusy, FALSE },
};

static const struct folder_prop *prop_find(mapi_tag_t tag)
{
	for (unsigned int i = 0; i < N_ELEMENTS(folder_props); i++) {
		/* PidTagMessageSize and its long form share an id */
		if (MAPI_TAG_ID(folder_props[i].tag) == MAPI_TAG_ID(tag) &&
		    (tag != PidTagMessageSizeExtended ||
		     folder_props[i].tag == tag))
			return &folder_props[i];
	}
	return NULL;
}

static void read_one(struct mapi_folder_reader *reader, mapi_tag_t tag,
		     struct mapi_prop *prop_r)
{
	const struct folder_prop *def = prop_find(tag);
	struct mapi_prop have;

	if (def == NULL) {
		mapi_bag_answer(reader->rop, reader_bag(reader), &tag, 1,
				prop_r);
		return;
	}
	i_zero(&have);
	have.tag = def->tag;
	if (!def->get(reader, &have.v) || reader->failed)
		mapi_prop_error(prop_r, tag,
				reader->failed ? ecError : ecNotFound);
	else
		mapi_prop_as(reader->rop, &have, tag, prop_r);
}

void mapi_folder_read(struct mapi_folder_reader *reader,
		      const struct mapi_folder_info *info,
		      const mapi_tag_t *tags, unsigned int count,
		      struct mapi_prop *props_r)
{
	reader->info = info;
	reader->have_bag = FALSE;
	for (unsigned int i = 0; i < count; i++)
		read_one(reader, tags[i], &props_r[i]);
}

void mapi_folder_tags(ARRAY_TYPE(mapi_tag) *tags)
{
	for (unsigned int i = 0; i < N_ELEMENTS(folder_props); i++) {
		if (folder_props[i].listed)
			array_push_back(tags, &folder_props[i].tag);
	}
}

/* --- the object ----------------------------------------------------------------------------- */

static const struct mapi_folder_info *
folder_info(struct mapi_rop *rop, const struct mapi_folder *folder)
{
	return mapi_tree_find(rop, folder->obj.logon, folder->oid);
}

static void folder_get(struct mapi_rop *rop, struct mapi_object *obj,
		       const mapi_tag_t *tags, unsigned int count,
		       struct mapi_prop *props_r)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;
	const struct mapi_folder_info *info = folder_info(rop, folder);
	struct mapi_folder_reader reader;

	if (info == NULL) {
		for (unsigned int i = 0; i < count; i++)
			mapi_prop_error(&props_r[i], tags[i],
					ecObjectDeleted);
		return;
	}
	mapi_folder_reader_init(&reader, rop, obj->logon);
	mapi_folder_read(&reader, info, tags, count, props_r);
}

static void folder_list(struct mapi_rop *rop, struct mapi_object *obj,
			ARRAY_TYPE(mapi_tag) *tags_r)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;
	const struct mapi_folder_info *info = folder_info(rop, folder);
	struct mapi_folder_reader reader;
	const struct mapi_prop *prop;
	union mapi_value v;

	mapi_folder_tags(tags_r);
	if (info == NULL)
		return;
	mapi_folder_reader_init(&reader, rop, obj->logon);
	reader.info = info;
	for (unsigned int i = 0; i < N_ELEMENTS(folder_props); i++) {
		if (!folder_props[i].listed && folder_props[i].get(&reader, &v))
			array_push_back(tags_r, &folder_props[i].tag);
	}
	array_foreach(&reader_bag(&reader)->props, prop) {
		if (!mapi_tags_have(tags_r, prop->tag))
			array_push_back(tags_r, &prop->tag);
	}
}

/* Computed ones cannot be set (MS-OXCFOLD 2.2.2.2.1); of those a client may, some are
   more than a value. */
static uint32_t folder_may_set(mapi_tag_t tag)
{
	switch (MAPI_TAG_RETYPE(tag, 0)) {
	case MAPI_TAG_RETYPE(PidTagDisplayName, 0):
	case MAPI_TAG_RETYPE(PidTagContainerClass, 0):
	case MAPI_TAG_RETYPE(PidTagAttributeHidden, 0):
	case MAPI_TAG_RETYPE(PidTagAttributeReadOnly, 0):
	case MAPI_TAG_RETYPE(PidTagComment, 0):
	case MAPI_TAG_RETYPE(PidTagAdditionalRenEntryIds, 0):
	case MAPI_TAG_RETYPE(PidTagAdditionalRenEntryIdsEx, 0):
	case MAPI_TAG_RETYPE(PidTagFreeBusyEntryIds, 0):
	case MAPI_TAG_RETYPE(PidTagRemindersOnlineEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmAppointmentEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmContactEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmJournalEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmNoteEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmTaskEntryId, 0):
	case MAPI_TAG_RETYPE(PidTagIpmDraftsEntryId, 0):
		return ecNone;
	default:
		return prop_find(tag) == NULL ? ecNone : ecComputed;
	}
}

static uint32_t folder_need_bag(struct mapi_rop *rop,
				struct mapi_folder *folder)
{
	if (folder->bag != NULL)
		return ecNone;
	folder->bag = p_new(rop->pool, struct mapi_bag, 1);
	if (mapi_folder_bag(rop, folder->obj.logon, folder->oid, rop->pool,
			    folder->bag) < 0) {
		folder->bag = NULL;
		return mapi_store_error(rop);
	}
	return ecNone;
}

static uint32_t folder_set(struct mapi_rop *rop, struct mapi_object *obj,
			   const struct mapi_prop *prop)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;
	struct mapi_prop name;
	uint32_t error = folder_may_set(prop->tag);

	if (error != ecNone)
		return error;
	if (MAPI_TAG_ID(prop->tag) == MAPI_TAG_ID(PidTagDisplayName)) {
		mapi_prop_as(rop, prop, PidTagDisplayName, &name);
		if (MAPI_TAG_TYPE(name.tag) == PTYP_ERROR_CODE ||
		    *name.v.s == '\0')
			return ecInvalidParam;
		folder->new_name = name.v.s;
		return ecNone;
	}
	error = folder_need_bag(rop, folder);
	if (error != ecNone)
		return error;
	mapi_bag_set(folder->bag, prop->tag, &prop->v);
	if (MAPI_TAG_ID(prop->tag) == MAPI_TAG_ID(PidTagContainerClass)) {
		mapi_prop_as(rop, prop, PidTagContainerClass, &name);
		folder->new_class = MAPI_TAG_TYPE(name.tag) ==
			PTYP_ERROR_CODE ? NULL : name.v.s;
	}
	return ecNone;
}

static uint32_t folder_unset(struct mapi_rop *rop, struct mapi_object *obj,
			     mapi_tag_t tag)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;
	uint32_t error = folder_may_set(tag);

	if (MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagDisplayName))
		return ecNoAccess;
	if (error == ecNone)
		error = folder_need_bag(rop, folder);
	if (error == ecNone)
		(void)mapi_bag_unset(folder->bag, tag);
	return error;
}

static const struct {
	const char *prefix;
	enum store_class class;
} container_classes[] = {
	{ "IPF.Appointment", STORE_CLASS_CALENDAR },
	{ "IPF.Contact", STORE_CLASS_CONTACTS },
	{ "IPF.Task", STORE_CLASS_TASKS },
	{ "IPF.StickyNote", STORE_CLASS_NOTES },
	{ "IPF.Journal", STORE_CLASS_JOURNAL },
};

enum store_class mapi_class_of_container(const char *container_class)
{
	for (unsigned int i = 0; i < N_ELEMENTS(container_classes); i++) {
		if (strncasecmp(container_class, container_classes[i].prefix,
				strlen(container_classes[i].prefix)) == 0)
			return container_classes[i].class;
	}
	return STORE_CLASS_MAIL;
}

/* Outlook makes a folder first and says afterwards what it is for. One that has
   something in it stays what it is. */
static void folder_apply_class(struct mapi_rop *rop, struct mapi_folder *folder,
			       const struct mapi_folder_info *info)
{
	enum store_class class = mapi_class_of_container(folder->new_class);

	if (info->fid == 0 || class == info->class)
		return;
	if (store_folder_set_class(rop->store, info->fid, class) < 0) {
		e_info(rop->env->event, "Folder %s keeps its kind: "
		       "class %s is only a name for it", info->name,
		       folder->new_class);
	}
	mapi_tree_changed(folder->obj.logon);
}

static uint32_t folder_rename(struct mapi_rop *rop, struct mapi_folder *folder,
			      const struct mapi_folder_info *info)
{
	store_fid_t parent = info->parent < META_OID_FOLDER_FIRST ? 0 :
		info->parent - META_OID_FOLDER_FIRST;

	if (info->virtual || info->special != 0)
		return ecNoAccess;
	if (strcmp(info->name, folder->new_name) == 0)
		return ecNone;
	if (store_folder_rename(rop->store, info->fid, parent,
				folder->new_name) < 0)
		return mapi_store_error(rop);
	mapi_tree_changed(folder->obj.logon);
	return ecNone;
}

static uint32_t folder_flush(struct mapi_rop *rop, struct mapi_object *obj)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;
	const struct mapi_folder_info *info = folder_info(rop, folder);
	uint32_t error = info == NULL ? ecObjectDeleted : ecNone;

	if (error == ecNone && folder->new_name != NULL)
		error = folder_rename(rop, folder, info);
	if (error == ecNone && folder->bag != NULL)
		error = mapi_folder_bag_save(rop, obj->logon, folder->oid,
					     folder->bag);
	if (error == ecNone && folder->new_class != NULL)
		folder_apply_class(rop, folder, info);
	/* they were of this ROP */
	folder->bag = NULL;
	folder->new_name = folder->new_class = NULL;
	return error;
}

static bool folder_park(struct mapi_object *obj, buffer_t *out)
{
	struct mapi_folder *folder = (struct mapi_folder *)obj;

	mapi_out_u64(out, folder->oid);
	return TRUE;
}

static const struct mapi_object_vfuncs folder_vfuncs = {
	.get = folder_get,
	.list = folder_list,
	.set = folder_set,
	.unset = folder_unset,
	.flush = folder_flush,
	.copy = mapi_folder_copy_contents,
	.park = folder_park,
};

struct mapi_folder *mapi_folder_object(struct mapi_rop *rop,
				       const struct mapi_logon *logon,
				       uint64_t oid)
{
	struct mapi_folder *folder =
		mapi_object_new(rop, struct mapi_folder, MAPI_FOLDER,
				&folder_vfuncs, NULL);

	folder->obj.logon = (struct mapi_logon *)logon;
	folder->oid = oid;
	return folder;
}
