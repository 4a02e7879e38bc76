/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hash.h"
#include "istream.h"
#include "str.h"
#include "dovetail-directory.h"
#include "dovetail-items.h"
#include "dovetail-mapi.h"
#include "dovetail-meta.h"
#include "dovetail-objects.h"
#include "dovetail-store.h"
#include "dovetail-submit.h"
#include "fuzz-mapi-store.h"

struct store_folder {
	store_fid_t fid;
};

struct store_msg {
	struct fake_object object;
	pool_t pool;
	struct istream *input;
};

struct store_fetch {
	ARRAY(struct fake_object) found;
	unsigned int idx;
	struct store_msg *msg;
};

struct store fake_store;

static const char plain_mail[] =
	"From: Alice <alice@example.org>\r\nTo: me@example.org\r\n"
	"Subject: Hello\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
	"Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n";
static const char mixed_mail[] =
	"From: Bob <bob@example.org>\r\nTo: me@example.org\r\n"
	"Cc: alice@example.org\r\nSubject: =?utf-8?q?=C3=A4?=\r\n"
	"Date: Mon, 02 Nov 2026 11:00:00 +0000\r\nMessage-ID: <2@example.org>\r\n"
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n"
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n"
	"--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
	"Content-Disposition: attachment\r\n\r\nbytes\r\n--b--\r\n";
static const char event[] =
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\n"
	"UID:e1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261102T100000Z\r\n"
	"DTEND:20261102T110000Z\r\nSUMMARY:Meet\r\n"
	"RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/* --- what lies in it ---------------------------------------------------------------------- */

int fake_fails(enum store_error error)
{
	fake_store.error = error;
	return -1;
}

bool fake_place_is(const struct store_place *a, const struct store_place *b)
{
	return a->fid == b->fid && (a->fid != 0 || a->special == b->special);
}

void fake_place_copy(struct store_place *dest, const struct store_place *src)
{
	*dest = *src;
	dest->view = p_strdup(fake_store.pool, src->view);
}

void fake_place_of_fid(struct store_place *place_r, store_fid_t fid)
{
	i_zero(place_r);
	place_r->fid = fid;
}

struct fake_object *
fake_object_find(enum store_object_kind kind, const struct store_place *place,
	    uint32_t num)
{
	struct fake_object *object;

	array_foreach_modifiable(&fake_store.objects, object) {
		if (object->kind == kind && object->num == num &&
		    (place == NULL || fake_place_is(&object->place, place)))
			return object;
	}
	return NULL;
}

struct fake_object *
fake_object_find_fid(enum store_object_kind kind, store_fid_t fid, uint32_t num)
{
	struct store_place place;

	fake_place_of_fid(&place, fid);
	return fake_object_find(kind, &place, num);
}

struct fake_object *
fake_object_new(enum store_object_kind kind, const struct store_place *place,
	   const void *data, size_t size)
{
	struct fake_object *object;

	if (array_count(&fake_store.objects) >= MAX_OBJECTS) {
		(void)fake_fails(STORE_ERROR_QUOTA);
		return NULL;
	}
	object = array_append_space(&fake_store.objects);
	object->kind = kind;
	fake_place_copy(&object->place, place);
	object->num = ++fake_store.next_num;
	object->data = p_memdup(fake_store.pool, data, I_MAX(size, 1));
	object->size = size;
	object->received = 1793700000;
	object->keywords = p_new(fake_store.pool, const char *, 1);
	object->seq = ++fake_store.seq;
	return object;
}

void fake_objects_delete(enum store_object_kind kind,
			   const struct store_place *place,
			   const ARRAY_TYPE(seq_range) *nums)
{
	const struct fake_object *objects;
	unsigned int count = array_count(&fake_store.objects);

	while (count-- > 0) {
		objects = array_front(&fake_store.objects);
		if (objects[count].kind == kind &&
		    fake_place_is(&objects[count].place, place) &&
		    seq_range_exists(nums, objects[count].num))
			array_delete(&fake_store.objects, count, 1);
	}
	fake_store.seq++;
}

void fake_objects_nums(enum store_object_kind kind, store_fid_t fid,
			 ARRAY_TYPE(seq_range) *nums_r)
{
	const struct fake_object *object;
	struct store_place place;

	fake_place_of_fid(&place, fid);
	array_foreach(&fake_store.objects, object) {
		if (object->kind == kind && fake_place_is(&object->place, &place))
			seq_range_array_add(nums_r, object->num);
	}
}

static struct fake_blob *blob_find(const struct store_place *place,
				   uint32_t num, const char *name)
{
	struct fake_blob *blob;

	array_foreach_modifiable(&fake_store.blobs, blob) {
		if (blob->num == num && fake_place_is(&blob->place, place) &&
		    strcmp(blob->name, name) == 0)
			return blob;
	}
	return NULL;
}

int fake_blob_get(const struct store_place *place, uint32_t num,
		    const char *name, const unsigned char **data_r,
		    size_t *size_r)
{
	const struct fake_blob *blob = blob_find(place, num, name);

	if (blob == NULL || blob->data == NULL)
		return 0;
	*data_r = blob->data;
	*size_r = blob->size;
	return 1;
}

int fake_blob_set(const struct store_place *place, uint32_t num,
		    const char *name, const void *data, size_t size)
{
	struct fake_blob *blob = blob_find(place, num, name);

	if (blob == NULL) {
		if (array_count(&fake_store.blobs) >= MAX_OBJECTS)
			return fake_fails(STORE_ERROR_QUOTA);
		blob = array_append_space(&fake_store.blobs);
		fake_place_copy(&blob->place, place);
		blob->num = num;
		blob->name = p_strdup(fake_store.pool, name);
	}
	blob->data = data == NULL ? NULL :
		p_memdup(fake_store.pool, data, I_MAX(size, 1));
	blob->size = size;
	fake_store.seq++;
	return 0;
}

static store_fid_t folder_add(store_fid_t parent, const char *name,
			      enum store_role role, enum store_class class)
{
	struct store_folder_info *info =
		array_append_space(&fake_store.folders);

	info->fid = ++fake_store.next_fid;
	info->parent = parent;
	info->name = info->display = info->vname =
		p_strdup(fake_store.pool, name);
	info->role = role;
	info->class = class;
	info->guid[0] = info->fid;
	info->owner = "me";
	info->selectable = info->subscribed = TRUE;
	return info->fid;
}

void fake_store_free(void)
{
	pool_unref(&fake_store.pool);
}

struct store *fake_store_reset(void)
{
	struct store_place place;
	store_fid_t fid;

	fake_store_free();
	i_zero(&fake_store);
	fake_store.pool = pool_alloconly_create("fake store", 16384);
	p_array_init(&fake_store.folders, fake_store.pool, MAX_FOLDERS);
	p_array_init(&fake_store.objects, fake_store.pool, MAX_OBJECTS);
	p_array_init(&fake_store.blobs, fake_store.pool, MAX_OBJECTS);
	p_array_init(&fake_store.names, fake_store.pool, 64);
	fid = folder_add(0, "INBOX", STORE_ROLE_INBOX, STORE_CLASS_MAIL);
	fake_place_of_fid(&place, fid);
	(void)fake_object_new(STORE_OBJECT_MAIL, &place, plain_mail,
			 sizeof(plain_mail) - 1);
	(void)fake_object_new(STORE_OBJECT_MAIL, &place, mixed_mail,
			 sizeof(mixed_mail) - 1);
	(void)folder_add(fid, "Sub", STORE_ROLE_NONE, STORE_CLASS_MAIL);
	(void)folder_add(0, "Drafts", STORE_ROLE_DRAFTS, STORE_CLASS_MAIL);
	(void)folder_add(0, "Sent", STORE_ROLE_SENT, STORE_CLASS_MAIL);
	(void)folder_add(0, "Trash", STORE_ROLE_TRASH, STORE_CLASS_MAIL);
	(void)folder_add(0, "Junk", STORE_ROLE_JUNK, STORE_CLASS_MAIL);
	fid = folder_add(0, "Calendar", STORE_ROLE_CALENDAR,
			 STORE_CLASS_CALENDAR);
	fake_place_of_fid(&place, fid);
	fake_object_new(STORE_OBJECT_ITEM, &place, event, sizeof(event) - 1)->key =
		"0123456789abcdef0123456789abcdef";
	(void)folder_add(0, "Contacts", STORE_ROLE_CONTACTS,
			 STORE_CLASS_CONTACTS);
	(void)folder_add(0, "Notes", STORE_ROLE_NOTES, STORE_CLASS_NOTES);
	return &fake_store;
}

/* --- store, folders --------------------------------------------------------------------------- */

enum store_error store_last_error(struct store *store, const char **text_r)
{
	if (text_r != NULL)
		*text_r = "fake";
	return store->error == STORE_ERROR_NONE ? STORE_ERROR_TEMP :
		store->error;
}

const struct store_settings *
store_get_settings(struct store *store ATTR_UNUSED)
{
	static const struct store_settings settings = {
		.address = "me@example.org", .display_name = "Me",
	};

	return &settings;
}

const char *store_setting(struct store *store ATTR_UNUSED,
			  const char *name ATTR_UNUSED)
{
	return NULL;
}

const char *store_username(struct store *store ATTR_UNUSED)
{
	return "me";
}

int store_quota(struct store *store ATTR_UNUSED, uint64_t *used_r,
		int64_t *limit_r)
{
	*used_r = 1000;
	*limit_r = 1000000;
	return 1;
}

int store_default_folders(struct store *store ATTR_UNUSED)
{
	return 0;
}

int store_folders(struct store *store,
		  const ARRAY_TYPE(store_folder_info) **folders_r)
{
	*folders_r = &store->folders;
	return 0;
}

int store_view_folders(struct store *store, const char *view,
		       pool_t pool ATTR_UNUSED,
		       ARRAY_TYPE(store_folder_info) *folders_r)
{
	if (view == NULL)
		array_append_array(folders_r, &store->folders);
	return 0;
}

int store_view_find(struct store *store ATTR_UNUSED, const char *view,
		    pool_t pool ATTR_UNUSED, struct store_view_info *view_r)
{
	i_zero(view_r);
	view_r->owner = view == NULL ? "me" : view;
	return view == NULL || *view == '\0' ? 1 : 0;
}

const struct store_folder_info *
store_folder_find(struct store *store, store_fid_t fid)
{
	const struct store_folder_info *info;

	array_foreach(&store->folders, info) {
		if (info->fid == fid)
			return info;
	}
	return NULL;
}

const struct store_folder_info *
store_folder_find_role(struct store *store, enum store_role role)
{
	const struct store_folder_info *info;

	array_foreach(&store->folders, info) {
		if (info->role == role)
			return info;
	}
	return NULL;
}

int store_folder_need_role(struct store *store, enum store_role role,
			   store_fid_t *fid_r)
{
	const struct store_folder_info *info =
		store_folder_find_role(store, role);

	if (info == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	*fid_r = info->fid;
	return 0;
}

int store_folder_rights(struct store *store, store_fid_t fid,
			enum store_rights *rights_r)
{
	*rights_r = 0x7ff;
	return store_folder_find(store, fid) != NULL ? 0 :
		fake_fails(STORE_ERROR_NOTFOUND);
}

int store_folder_create(struct store *store, store_fid_t parent,
			const char *name, enum store_class class,
			store_fid_t *fid_r)
{
	const struct store_folder_info *info;

	if (*name == '\0' || strchr(name, '/') != NULL)
		return fake_fails(STORE_ERROR_INVALID);
	array_foreach(&store->folders, info) {
		if (info->parent == parent && strcmp(info->name, name) == 0)
			return fake_fails(STORE_ERROR_EXISTS);
	}
	if (array_count(&store->folders) >= MAX_FOLDERS)
		return fake_fails(STORE_ERROR_QUOTA);
	*fid_r = folder_add(parent, name, STORE_ROLE_NONE, class);
	return 0;
}

int store_place_create(struct store *store, const struct store_place *parent,
		       const char *name, enum store_class class,
		       store_fid_t *fid_r)
{
	return store_folder_create(store, parent->fid, name, class, fid_r);
}

int store_folder_rename(struct store *store, store_fid_t fid,
			store_fid_t parent, const char *name)
{
	struct store_folder_info *info;

	array_foreach_modifiable(&store->folders, info) {
		/* parents stay before children */
		if (info->fid != fid || parent >= fid)
			continue;
		info->parent = parent;
		info->name = info->display = info->vname =
			p_strdup(store->pool, name);
		return 0;
	}
	return fake_fails(STORE_ERROR_NOTFOUND);
}

int store_folder_move(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, store_fid_t *fid_r)
{
	*fid_r = fid;
	return store_folder_rename(store, fid, parent, name);
}

int store_folder_copy(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, bool deep ATTR_UNUSED,
		      store_fid_t *fid_r, bool *partial_r)
{
	const struct store_folder_info *info = store_folder_find(store, fid);

	*partial_r = FALSE;
	return info == NULL ? fake_fails(STORE_ERROR_NOTFOUND) :
		store_folder_create(store, parent, name, info->class, fid_r);
}

int store_folder_delete(struct store *store, store_fid_t fid)
{
	const struct store_folder_info *info, *found = NULL;

	array_foreach(&store->folders, info) {
		if (info->parent == fid)
			return fake_fails(STORE_ERROR_UNSUPPORTED);
		if (info->fid == fid)
			found = info;
	}
	if (found == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	if (found->role != STORE_ROLE_NONE)
		return fake_fails(STORE_ERROR_UNSUPPORTED);
	array_delete(&store->folders,
		     array_ptr_to_idx(&store->folders, found), 1);
	return 0;
}

int store_folder_empty(struct store *store ATTR_UNUSED,
		       store_fid_t fid ATTR_UNUSED,
		       bool subfolders ATTR_UNUSED)
{
	return 0;
}

int store_place_empty(struct store *store ATTR_UNUSED,
		      const struct store_place *place ATTR_UNUSED,
		      enum store_empty_flags flags ATTR_UNUSED)
{
	return 0;
}

int store_folder_set_class(struct store *store, store_fid_t fid,
			   enum store_class class)
{
	struct store_folder_info *info;

	array_foreach_modifiable(&store->folders, info) {
		if (info->fid == fid && info->role == STORE_ROLE_NONE) {
			info->class = class;
			return 0;
		}
	}
	return fake_fails(STORE_ERROR_UNSUPPORTED);
}

int store_folder_stat(struct store *store ATTR_UNUSED,
		      const struct store_place *place,
		      struct store_folder_stat *stat_r)
{
	i_zero(stat_r);
	stat_r->fid = place->fid;
	stat_r->special = place->special;
	stat_r->count = 2;
	stat_r->size = 1000;
	return 0;
}

int store_view_stats(struct store *store, const char *view ATTR_UNUSED,
		     enum store_stat_want want ATTR_UNUSED,
		     pool_t pool ATTR_UNUSED,
		     ARRAY_TYPE(store_folder_stat) *stats_r)
{
	const struct store_folder_info *info;
	struct store_folder_stat *stat;

	array_foreach(&store->folders, info) {
		stat = array_append_space(stats_r);
		stat->fid = info->fid;
		stat->count = 2;
	}
	return 0;
}

int store_acl_list(struct store *store ATTR_UNUSED, store_fid_t fid ATTR_UNUSED,
		   pool_t pool ATTR_UNUSED, ARRAY_TYPE(store_acl) *acls_r)
{
	struct store_acl *acl = array_append_space(acls_r);

	acl->id = "user=bob";
	acl->rights = STORE_RIGHT_LOOKUP | STORE_RIGHT_READ;
	return 0;
}

int store_acl_set(struct store *store ATTR_UNUSED, store_fid_t fid ATTR_UNUSED,
		  const struct store_acl *acl ATTR_UNUSED)
{
	return 0;
}

int store_send_right(struct store *store ATTR_UNUSED, const char *address,
		     enum store_send_right *right_r)
{
	*right_r = strcasecmp(address, "me@example.org") == 0 ?
		STORE_SEND_SELF : STORE_SEND_NONE;
	return 0;
}

/* --- mail ------------------------------------------------------------------------------------------ */

int store_open(struct store *store, store_fid_t fid,
	       struct store_folder **folder_r)
{
	const struct store_folder_info *info = store_folder_find(store, fid);

	if (info == NULL)
		return fake_fails(STORE_ERROR_NOTFOUND);
	if (info->class != STORE_CLASS_MAIL)
		return fake_fails(STORE_ERROR_UNSUPPORTED);
	*folder_r = i_new(struct store_folder, 1);
	(*folder_r)->fid = fid;
	return 0;
}

/* What was expunged from the INBOX: what lies in Trash */
int store_recover_open(struct store *store, store_fid_t fid,
		       struct store_folder **folder_r)
{
	const struct store_folder_info *info =
		store_folder_find(store, fid);

	if (info == NULL || info->role != STORE_ROLE_INBOX)
		return 0;
	info = store_folder_find_role(store, STORE_ROLE_TRASH);
	return store_open(store, info->fid, folder_r) < 0 ? -1 : 1;
}

void store_close(struct store_folder **folder)
{
	i_free(*folder);
}

store_fid_t store_fid(const struct store_folder *folder)
{
	return folder->fid;
}

int store_refresh(struct store_folder *folder ATTR_UNUSED)
{
	return 0;
}

void store_point_get(struct store_folder *folder ATTR_UNUSED,
		     struct store_point *point_r)
{
	i_zero(point_r);
	point_r->idspace = IDSPACE;
	point_r->uidnext = fake_store.next_num + 1;
	point_r->modseq = fake_store.seq;
}

bool store_unchanged(struct store *store, store_fid_t fid ATTR_UNUSED,
		     const struct store_point *since)
{
	return since->modseq == store->seq;
}

int fake_changes_make(enum store_object_kind kind, store_fid_t fid,
			const ARRAY_TYPE(seq_range) *known, pool_t pool,
			struct store_changes *changes_r)
{
	i_zero(changes_r);
	p_array_init(&changes_r->added, pool, 8);
	p_array_init(&changes_r->changed, pool, 8);
	p_array_init(&changes_r->expunged, pool, 8);
	p_array_init(&changes_r->rewritten, pool, 8);
	fake_objects_nums(kind, fid, &changes_r->added);
	array_append_array(&changes_r->expunged, known);
	seq_range_array_remove_seq_range(&changes_r->expunged,
					 &changes_r->added);
	seq_range_array_remove_seq_range(&changes_r->added, known);
	store_point_get(NULL, &changes_r->now);
	return 1;
}

int store_changes(struct store_folder *folder,
		  const struct store_point *since ATTR_UNUSED,
		  const ARRAY_TYPE(seq_range) *known,
		  uint32_t only_new_from ATTR_UNUSED, pool_t pool,
		  struct store_changes *changes_r)
{
	return fake_changes_make(STORE_OBJECT_MAIL, folder->fid, known, pool,
			    changes_r);
}

int store_uids_since(struct store_folder *folder,
		     time_t received_since ATTR_UNUSED,
		     ARRAY_TYPE(seq_range) *uids_r)
{
	fake_objects_nums(STORE_OBJECT_MAIL, folder->fid, uids_r);
	return 0;
}

int store_sort(struct store_folder *folder,
	       const struct store_sort *sorts ATTR_UNUSED,
	       unsigned int count ATTR_UNUSED,
	       const ARRAY_TYPE(seq_range) *among,
	       ARRAY_TYPE(uint32_t) *uids_r)
{
	const struct fake_object *object;

	array_foreach(&fake_store.objects, object) {
		if (object->kind == STORE_OBJECT_MAIL &&
		    object->place.fid == folder->fid &&
		    (among == NULL || seq_range_exists(among, object->num)))
			array_push_back(uids_r, &object->num);
	}
	return 0;
}

struct store_fetch *
store_fetch_init(struct store_folder *folder,
		 const ARRAY_TYPE(seq_range) *uids,
		 enum store_want want ATTR_UNUSED,
		 bool newest_first ATTR_UNUSED)
{
	struct store_fetch *fetch = i_new(struct store_fetch, 1);
	const struct fake_object *object;

	i_array_init(&fetch->found, 8);
	array_foreach(&fake_store.objects, object) {
		if (object->kind == STORE_OBJECT_MAIL &&
		    object->place.fid == folder->fid &&
		    seq_range_exists(uids, object->num))
			array_push_back(&fetch->found, object);
	}
	return fetch;
}

static void fetch_msg_free(struct store_fetch *fetch)
{
	if (fetch->msg == NULL)
		return;
	i_stream_unref(&fetch->msg->input);
	pool_unref(&fetch->msg->pool);
	i_free(fetch->msg);
}

bool store_fetch_next(struct store_fetch *fetch, struct store_msg **msg_r)
{
	fetch_msg_free(fetch);
	if (fetch->idx >= array_count(&fetch->found))
		return FALSE;
	fetch->msg = i_new(struct store_msg, 1);
	fetch->msg->object = *array_idx(&fetch->found, fetch->idx++);
	fetch->msg->pool = pool_alloconly_create("fake msg", 512);
	fetch->msg->input = i_stream_create_from_data(fetch->msg->object.data,
						      fetch->msg->object.size);
	*msg_r = fetch->msg;
	return TRUE;
}

int store_fetch_deinit(struct store_fetch **_fetch)
{
	struct store_fetch *fetch = *_fetch;

	*_fetch = NULL;
	fetch_msg_free(fetch);
	array_free(&fetch->found);
	i_free(fetch);
	return 0;
}

uint32_t store_msg_uid(struct store_msg *msg)
{
	return msg->object.num;
}

enum store_flags store_msg_flags(struct store_msg *msg)
{
	return msg->object.flags;
}

const char *const *store_msg_keywords(struct store_msg *msg)
{
	return msg->object.keywords;
}

uint64_t store_msg_modseq(struct store_msg *msg)
{
	return msg->object.seq;
}

int store_msg_received(struct store_msg *msg, time_t *time_r)
{
	*time_r = msg->object.received;
	return 0;
}

int store_msg_size(struct store_msg *msg, uoff_t *size_r)
{
	*size_r = msg->object.size;
	return 0;
}

int store_msg_headers(struct store_msg *msg, const char *name,
		      const char *const **values_r)
{
	const char *text = t_strndup(msg->object.data, msg->object.size);
	const char *const *lines = t_strsplit(text, "\n");
	const char **values = p_new(msg->pool, const char *, 64);
	size_t len = strlen(name);
	unsigned int count = 0;

	for (; *lines != NULL && **lines != '\r' && count < 63; lines++) {
		if (strncasecmp(*lines, name, len) == 0 &&
		    (*lines)[len] == ':')
			values[count++] = p_strdup(msg->pool,
						   t_strcut(*lines + len + 1,
							    '\r'));
	}
	*values_r = values;
	return 0;
}

int store_msg_parts(struct store_msg *msg ATTR_UNUSED,
		    struct message_part **parts_r)
{
	*parts_r = NULL;
	return 0;
}

int store_msg_stream(struct store_msg *msg, struct istream **input_r)
{
	i_stream_seek(msg->input, 0);
	*input_r = msg->input;
	return 0;
}

int store_msg_extra(struct store_msg *msg ATTR_UNUSED,
		    const char *name ATTR_UNUSED, const char **value_r)
{
	*value_r = NULL;
	return 0;
}

int store_msg_extra_blob(struct store_msg *msg, const char *name,
			 const unsigned char **data_r, size_t *size_r)
{
	return fake_blob_get(&msg->object.place, msg->object.num, name, data_r,
			size_r);
}

static const char *const *
keywords_change(const char *const *have, const char *const *add,
		const char *const *remove)
{
	ARRAY_TYPE(const_string) words;

	p_array_init(&words, fake_store.pool, 8);
	for (; *have != NULL; have++) {
		if (remove == NULL || !str_array_icase_find(remove, *have))
			array_push_back(&words, have);
	}
	for (; add != NULL && *add != NULL && array_count(&words) < 32; add++) {
		const char *word = p_strdup(fake_store.pool, *add);

		array_push_back(&words, &word);
	}
	array_append_zero(&words);
	return array_front(&words);
}

int store_flags_change(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids,
		       const struct store_flag_change *change,
		       ARRAY_TYPE(store_changed) *changed_r)
{
	struct fake_object *object;
	unsigned int flags;

	array_foreach_modifiable(&fake_store.objects, object) {
		if (object->kind != STORE_OBJECT_MAIL ||
		    object->place.fid != folder->fid ||
		    !seq_range_exists(uids, object->num))
			continue;
		flags = ((unsigned int)object->flags | change->add) &
			~(unsigned int)change->remove;
		object->flags = (enum store_flags)flags;
		object->keywords = keywords_change(object->keywords,
						   change->keywords_add,
						   change->keywords_remove);
		object->seq = ++fake_store.seq;
		if (changed_r != NULL) {
			struct store_changed *changed =
				array_append_space(changed_r);

			changed->uid = object->num;
			changed->modseq = object->seq;
		}
	}
	return 0;
}

int store_save(struct store_folder *folder, const struct store_save *save,
	       uint32_t *uid_r)
{
	buffer_t *text = buffer_create_dynamic(default_pool, 1024);
	struct fake_object *object;
	struct store_place place;
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(save->input, &data, &size) > 0) {
		buffer_append(text, data, size);
		i_stream_skip(save->input, size);
	}
	fake_place_of_fid(&place, folder->fid);
	object = save->replaces_uid == 0 ? NULL :
		fake_object_find(STORE_OBJECT_MAIL, &place, save->replaces_uid);
	if (object != NULL)
		object->num = ++fake_store.next_num;
	else
		object = fake_object_new(STORE_OBJECT_MAIL, &place, "", 0);
	if (object != NULL) {
		object->data = p_memdup(fake_store.pool, text->data,
					I_MAX(text->used, 1));
		object->size = text->used;
		object->flags = save->flags;
		*uid_r = object->num;
	}
	buffer_free(&text);
	return object == NULL ? -1 : 0;
}

int store_move(struct store_folder *src, const ARRAY_TYPE(seq_range) *uids,
	       struct store_folder *dest, bool copy,
	       ARRAY_TYPE(store_moved) *moved_r)
{
	struct store_place place;
	struct fake_object *object, *new_object, from;
	struct store_moved *moved;
	unsigned int i, count = array_count(&fake_store.objects);

	fake_place_of_fid(&place, dest->fid);
	for (i = 0; i < count; i++) {
		object = array_idx_modifiable(&fake_store.objects, i);
		if (object->kind != STORE_OBJECT_MAIL ||
		    object->place.fid != src->fid ||
		    !seq_range_exists(uids, object->num))
			continue;
		from = *object;
		if (!copy) {
			object->place = place;
			object->num = ++fake_store.next_num;
			new_object = object;
		} else {
			new_object = fake_object_new(STORE_OBJECT_MAIL, &place,
						from.data, from.size);
			if (new_object == NULL)
				return -1;
		}
		if (moved_r != NULL) {
			moved = array_append_space(moved_r);
			moved->src_uid = from.num;
			moved->dest_uid = new_object->num;
		}
	}
	return 0;
}

int store_expunge(struct store_folder *folder,
		  const ARRAY_TYPE(seq_range) *uids)
{
	struct store_place place;

	fake_place_of_fid(&place, folder->fid);
	fake_objects_delete(STORE_OBJECT_MAIL, &place, uids);
	return 0;
}

int store_expunge_hard(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids)
{
	return store_expunge(folder, uids);
}

int store_extra_get(struct store_folder *folder ATTR_UNUSED,
		    uint32_t uid ATTR_UNUSED, const char *name ATTR_UNUSED,
		    pool_t pool ATTR_UNUSED, const char **value_r)
{
	*value_r = NULL;
	return 0;
}

int store_extra_set(struct store_folder *folder ATTR_UNUSED,
		    uint32_t uid ATTR_UNUSED, const char *name ATTR_UNUSED,
		    const char *value ATTR_UNUSED)
{
	return 0;
}

int store_extra_blob_get(struct store_folder *folder, uint32_t uid,
			 const char *name, pool_t pool ATTR_UNUSED,
			 const unsigned char **data_r, size_t *size_r)
{
	struct store_place place;

	fake_place_of_fid(&place, folder->fid);
	return fake_blob_get(&place, uid, name, data_r, size_r);
}

int store_extra_blob_set(struct store_folder *folder, uint32_t uid,
			 const char *name, const void *data, size_t size,
			 bool tell ATTR_UNUSED)
{
	struct store_place place;

	fake_place_of_fid(&place, folder->fid);
	return fake_blob_set(&place, uid, name, data, size);
}
