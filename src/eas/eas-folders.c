/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* FolderSync, FolderCreate, FolderDelete, FolderUpdate (MS-ASCMD 2.2.1.3 - .6).

   A change is committed to the device's picture together with the new key; when
   two requests of a device race, the loser reads again and starts over. */

#include "eas.h"
#include "eas-client.h"
#include "eas-sync-state.h"

#define FOLDER_STATE_NAME "folders"
#define FOLDER_RACE_RETRIES 5

/* MS-ASCMD 2.2.3.177.3 - .6 */
enum folder_status {
	FOLDER_OK = 1,
	FOLDER_EXISTS = 2,
	FOLDER_SPECIAL = 3,
	FOLDER_NOT_FOUND = 4,
	FOLDER_PARENT_NOT_FOUND = 5,
	FOLDER_SERVER_ERROR = 6,
	FOLDER_KEY = 9,
	FOLDER_MALFORMED = 10,
};

/* FolderUpdate tells a special folder by 2 (2.2.3.177.6), the others by 3. */
static const struct eas_error_map folder_errors[] = {
	{ STORE_ERROR_EXISTS, FOLDER_EXISTS, 0 },
	{ STORE_ERROR_NOTFOUND, FOLDER_NOT_FOUND, 0 },
	{ STORE_ERROR_PERM, FOLDER_SPECIAL, 0 },
	{ STORE_ERROR_UNSUPPORTED, FOLDER_SPECIAL, 0 },
	{ STORE_ERROR_INVALID, FOLDER_MALFORMED, 0 },
	{ STORE_ERROR_QUOTA, EAS_STATUS_QUOTA, 0 },
	{ STORE_ERROR_NOSPACE, EAS_STATUS_QUOTA, 0 },
	{ STORE_ERROR_BUSY, EAS_STATUS_RETRY_LATER, 0 },
	{ STORE_ERROR_NONE, FOLDER_SERVER_ERROR, 0 },
	{ 0, 0, 0 }
};

struct folder_op {
	struct eas_request *req;

	/* The row as it was read; NULL: none */
	const unsigned char *raw;
	size_t raw_size;
	struct eas_folder_state state;

	enum eas_key_kind kind;
	struct eas_key key;
	/* The generation that the client has; NULL: key 0 */
	struct eas_folder_generation *base;
	/* The key is the one before the last: its answer may have been lost */
	bool repeated;
};

/* 0, or the status to answer */
static unsigned int folder_op_begin(struct folder_op *op,
				    struct eas_request *req)
{
	const char *key = wbxml_child_text(req->root, FH_SyncKey);
	int ret;

	i_zero(op);
	op->req = req;
	if (key == NULL)
		return FOLDER_MALFORMED;
	op->kind = eas_key_parse(key, &op->key);
	ret = store_state_get(req->store, req->device_key, FOLDER_STATE_NAME,
			      req->pool, &op->raw, &op->raw_size);
	if (ret < 0)
		return eas_store_status(req, folder_errors);
	if (ret == 0) {
		op->raw = NULL;
		op->raw_size = 0;
	} else if (eas_folder_state_unpack(&op->state, req->pool, op->raw,
					   op->raw_size) < 0) {
		e_error(req->event, "Device %s: folder state is unreadable, "
			"starting over", req->device_id);
		ret = 0;
	}
	if (op->kind == EAS_KEY_ZERO)
		return 0;
	if (op->kind == EAS_KEY_BAD || ret == 0)
		return FOLDER_KEY;
	if (eas_key_equals(&op->key, &op->state.cur.key))
		op->base = &op->state.cur;
	else if (op->state.have_prev &&
		 eas_key_equals(&op->key, &op->state.prev.key)) {
		op->base = &op->state.prev;
		op->repeated = TRUE;
	} else {
		return FOLDER_KEY;
	}
	return 0;
}

/* Makes folders the new picture, with a new key, and commits. gone: sync states
   of deleted folders go too. 1, 0: raced, start over; -1 */
static int folder_op_commit(struct folder_op *op,
			    const ARRAY_TYPE(eas_folder) *folders,
			    struct eas_key *key_r)
{
	struct eas_request *req = op->req;
	struct eas_folder_state next;
	struct store_state_txn *txn;
	const struct eas_folder *folder;
	buffer_t *buf = buffer_create_dynamic(req->pool, 512);

	i_zero(&next);
	if (op->base == NULL) {
		eas_key_first(&next.cur.key);
		p_array_init(&next.prev.folders, req->pool, 1);
	} else {
		next.have_prev = TRUE;
		next.prev = *op->base;
		next.cur.key.series = op->base->key.series;
		next.cur.key.number = op->state.cur.key.number + 1;
	}
	next.cur.folders = *folders;
	eas_folder_state_pack(&next, buf);

	txn = store_state_begin(req->store);
	store_state_expect(txn, req->device_key, FOLDER_STATE_NAME,
			   op->raw, op->raw_size);
	store_state_set(txn, req->device_key, FOLDER_STATE_NAME,
			buf->data, buf->used);
	if (op->base != NULL) {
		array_foreach(&op->base->folders, folder) {
			if (eas_folder_lookup(folders, folder->fid) != NULL)
				continue;
			store_state_unset(txn, req->device_key,
				eas_sync_state_name(folder->fid));
		}
	}
	if (store_state_commit(&txn) < 0) {
		return store_last_error(req->store, NULL) ==
			STORE_ERROR_EXISTS ? 0 : -1;
	}
	*key_r = next.cur.key;
	return 1;
}

static int folder_list(struct eas_request *req,
		       ARRAY_TYPE(eas_folder) *folders_r)
{
	const ARRAY_TYPE(store_folder_info) *infos;
	struct eas_client client;

	if (store_folders(req->store, &infos) < 0)
		return -1;
	eas_client_get(req, &client);
	eas_folders_visible(infos, &client, req->pool, folders_r);
	return 0;
}

int eas_folders_unchanged(struct eas_request *req)
{
	const unsigned char *raw;
	size_t size;
	struct eas_folder_state state;
	ARRAY_TYPE(eas_folder) folders;
	int ret;

	ret = store_state_get(req->store, req->device_key, FOLDER_STATE_NAME,
			      req->pool, &raw, &size);
	if (ret <= 0)
		return ret;
	if (eas_folder_state_unpack(&state, req->pool, raw, size) < 0)
		return 0;
	if (folder_list(req, &folders) < 0)
		return -1;
	return eas_folders_equal(&state.cur.folders, &folders) ? 1 : 0;
}

/* --- FolderSync ------------------------------------------------------------ */

struct folder_changes {
	ARRAY_TYPE(eas_folder) added, updated, deleted;
};

static void folder_diff(const ARRAY_TYPE(eas_folder) *known,
			const ARRAY_TYPE(eas_folder) *now, pool_t pool,
			struct folder_changes *ch)
{
	const struct eas_folder *folder, *old;

	p_array_init(&ch->added, pool, 16);
	p_array_init(&ch->updated, pool, 4);
	p_array_init(&ch->deleted, pool, 4);
	array_foreach(now, folder) {
		old = known == NULL ? NULL :
			eas_folder_lookup(known, folder->fid);
		if (old != NULL &&
		    strcmp(eas_folder_id(old), eas_folder_id(folder)) != 0) {
			/* the recipient information cache has an id of its own */
			array_push_back(&ch->deleted, old);
			old = NULL;
		}
		if (old == NULL)
			array_push_back(&ch->added, folder);
		else if (!eas_folder_equals(old, folder))
			array_push_back(&ch->updated, folder);
	}
	if (known == NULL)
		return;
	array_foreach(known, folder) {
		if (eas_folder_lookup(now, folder->fid) == NULL)
			array_push_back(&ch->deleted, folder);
	}
}

static unsigned int folder_changes_count(const struct folder_changes *ch)
{
	return array_count(&ch->added) + array_count(&ch->updated) +
		array_count(&ch->deleted);
}

static void folder_write(struct wbxml_writer *w, wbxml_tag_t tag,
			 const struct eas_folder *folder)
{
	wbxml_start(w, tag);
	wbxml_text_tag(w, FH_ServerId, eas_folder_id(folder));
	wbxml_text_tag(w, FH_ParentId, eas_collection_id(folder->parent));
	wbxml_text_tag(w, FH_DisplayName, folder->name);
	wbxml_uint_tag(w, FH_Type, folder->type);
	wbxml_end(w, tag);
}

/* 6.x FolderSync Response Schema: Count, Update, Delete, Add */
static void folder_sync_reply(struct eas_request *req,
			      const struct eas_key *key,
			      const struct folder_changes *ch)
{
	struct wbxml_writer *w = eas_reply_begin(req, FALSE);
	const struct eas_folder *folder;

	wbxml_start(w, FH_FolderSync);
	wbxml_uint_tag(w, FH_Status, FOLDER_OK);
	wbxml_text_tag(w, FH_SyncKey, eas_key_str(key));
	wbxml_start(w, FH_Changes);
	wbxml_uint_tag(w, FH_Count, folder_changes_count(ch));
	array_foreach(&ch->updated, folder)
		folder_write(w, FH_Update, folder);
	array_foreach(&ch->deleted, folder) {
		wbxml_start(w, FH_Delete);
		wbxml_text_tag(w, FH_ServerId, eas_folder_id(folder));
		wbxml_end(w, FH_Delete);
	}
	array_foreach(&ch->added, folder)
		folder_write(w, FH_Add, folder);
	wbxml_end(w, FH_Changes);
	wbxml_end(w, FH_FolderSync);
	eas_reply_end(req);
}

/* Clients expect these to be there. A read-only store goes without. */
static void folder_sync_make_defaults(struct eas_request *req)
{
	static const enum store_role roles[] = {
		STORE_ROLE_DRAFTS, STORE_ROLE_SENT, STORE_ROLE_TRASH
	};
	store_fid_t fid;

	for (unsigned int i = 0; i < N_ELEMENTS(roles); i++) {
		if (store_folder_need_role(req->store, roles[i], &fid) < 0)
			e_debug(req->event, "No folder of role %d", roles[i]);
	}
	if (store_default_folders(req->store) < 0)
		e_debug(req->event, "Not all default folders of items");
}

/* TRUE: answered */
static bool folder_sync_try(struct eas_request *req)
{
	struct folder_op op;
	struct folder_changes ch;
	ARRAY_TYPE(eas_folder) folders;
	struct eas_key key;
	unsigned int status;
	int ret;

	if ((status = folder_op_begin(&op, req)) != 0) {
		eas_reply_status(req, status);
		return TRUE;
	}
	if (op.kind == EAS_KEY_ZERO) {
		req->tell_versions = TRUE;
		folder_sync_make_defaults(req);
	}
	if (folder_list(req, &folders) < 0) {
		eas_reply_status(req, eas_store_status(req, folder_errors));
		return TRUE;
	}
	folder_diff(op.base == NULL ? NULL : &op.base->folders, &folders,
		    req->pool, &ch);
	if (op.base != NULL && folder_changes_count(&ch) == 0) {
		key = op.base->key;
	} else if (op.repeated &&
		   eas_folders_equal(&op.state.cur.folders, &folders)) {
		/* The lost answer once more */
		key = op.state.cur.key;
	} else {
		ret = folder_op_commit(&op, &folders, &key);
		if (ret < 0)
			eas_reply_status(req,
				eas_store_status(req, folder_errors));
		if (ret <= 0)
			return ret < 0;
	}
	folder_sync_reply(req, &key, &ch);
	return TRUE;
}

/* Several requests of one device at once: one of them wins each time. */
static void folder_retry(struct eas_request *req,
			 bool (*try)(struct eas_request *req))
{
	for (unsigned int i = 0; i < FOLDER_RACE_RETRIES; i++) {
		if (try(req))
			return;
	}
	eas_reply_status(req, FOLDER_SERVER_ERROR);
}

void eas_cmd_folder_sync(struct eas_request *req)
{
	if (req->device->validate) {
		/* Android only checks the account: no state for it */
		eas_reply_status(req, FOLDER_SERVER_ERROR);
		return;
	}
	folder_retry(req, folder_sync_try);
}

/* --- FolderCreate, FolderDelete, FolderUpdate ------------------------------- */

static void folder_op_reply(struct eas_request *req, const struct eas_key *key,
			    store_fid_t new_fid)
{
	struct wbxml_writer *w = eas_reply_begin(req, FALSE);

	wbxml_start(w, req->cmd->root);
	wbxml_uint_tag(w, FH_Status, FOLDER_OK);
	wbxml_text_tag(w, FH_SyncKey, eas_key_str(key));
	if (new_fid != 0)
		wbxml_text_tag(w, FH_ServerId, eas_collection_id(new_fid));
	wbxml_end(w, req->cmd->root);
	eas_reply_end(req);
}

/* "0" is the root. 0, or the status */
static unsigned int folder_parse_parent(struct eas_request *req,
					store_fid_t *parent_r)
{
	const char *id = wbxml_child_text(req->root, FH_ParentId);

	*parent_r = 0;
	if (id == NULL)
		return FOLDER_MALFORMED;
	if (strcmp(id, "0") == 0)
		return 0;
	if (strcmp(id, "RI") == 0)
		return FOLDER_SPECIAL;
	if (!eas_collection_id_parse(id, parent_r) ||
	    store_folder_find(req->store, *parent_r) == NULL)
		return FOLDER_PARENT_NOT_FOUND;
	return 0;
}

/* 0, or the status */
static unsigned int folder_parse_id(struct eas_request *req,
				    store_fid_t *fid_r)
{
	const char *id = wbxml_child_text(req->root, FH_ServerId);

	if (id == NULL || *id == '\0')
		return FOLDER_MALFORMED;
	if (strcmp(id, "RI") == 0)
		return FOLDER_SPECIAL;
	if (!eas_collection_id_parse(id, fid_r) ||
	    store_folder_find(req->store, *fid_r) == NULL)
		return FOLDER_NOT_FOUND;
	return 0;
}

/* The picture after our own change: what the device knew, and this. Everything
   else that changed meanwhile is told by the next FolderSync. */
static int folder_op_finish(struct folder_op *op, store_fid_t fid, bool gone,
			    store_fid_t new_fid)
{
	ARRAY_TYPE(eas_folder) now, next;
	const struct eas_folder *folder, *current;
	struct eas_key key;
	int ret;

	if (folder_list(op->req, &now) < 0)
		return -1;
	p_array_init(&next, op->req->pool, array_count(&op->base->folders) + 1);
	array_foreach(&op->base->folders, folder) {
		if (folder->fid == fid)
			continue;
		/* With a folder go those below it. */
		if (gone && eas_folder_lookup(&now, folder->fid) == NULL)
			continue;
		array_push_back(&next, folder);
	}
	current = gone ? NULL : eas_folder_lookup(&now, fid);
	if (current != NULL)
		array_push_back(&next, current);
	ret = folder_op_commit(op, &next, &key);
	if (ret > 0)
		folder_op_reply(op->req, &key, new_fid);
	return ret;
}

/* The store has changed already: only the picture is tried again. */
static void folder_op_finish_retry(struct folder_op *op, store_fid_t fid,
				   bool gone, store_fid_t new_fid)
{
	struct eas_request *req = op->req;
	unsigned int status, i;
	int ret = 0;

	for (i = 0; i < FOLDER_RACE_RETRIES; i++) {
		ret = folder_op_finish(op, fid, gone, new_fid);
		if (ret != 0)
			break;
		if ((status = folder_op_begin(op, req)) != 0) {
			eas_reply_status(req, status);
			return;
		}
	}
	if (ret <= 0)
		eas_reply_status(req, ret < 0 ?
			eas_store_status(req, folder_errors) :
			FOLDER_SERVER_ERROR);
}

/* A repeated FolderCreate whose answer was lost: the folder is there. */
static bool folder_create_repeated(struct folder_op *op, store_fid_t parent,
				   const char *name)
{
	uint32_t hash = eas_folder_name_hash(name);
	const struct eas_folder *folder;

	if (!op->repeated)
		return FALSE;
	array_foreach(&op->state.cur.folders, folder) {
		if (folder->parent == parent && folder->name_hash == hash &&
		    eas_folder_lookup(&op->base->folders,
				      folder->fid) == NULL) {
			folder_op_reply(op->req, &op->state.cur.key,
					folder->fid);
			return TRUE;
		}
	}
	return FALSE;
}

static const struct {
	unsigned int type;
	enum store_class class;
} folder_create_types[] = {
	{ EAS_FOLDER_GENERIC, STORE_CLASS_MAIL },
	{ EAS_FOLDER_USER_MAIL, STORE_CLASS_MAIL },
	{ EAS_FOLDER_USER_CALENDAR, STORE_CLASS_CALENDAR },
	{ EAS_FOLDER_USER_CONTACTS, STORE_CLASS_CONTACTS },
	{ EAS_FOLDER_USER_TASKS, STORE_CLASS_TASKS },
	{ EAS_FOLDER_USER_JOURNAL, STORE_CLASS_JOURNAL },
	{ EAS_FOLDER_USER_NOTES, STORE_CLASS_NOTES },
};

/* 0, or the status */
static unsigned int folder_create_check(struct eas_request *req,
					const char **name_r,
					enum store_class *class_r)
{
	unsigned int type;

	*name_r = wbxml_child_text(req->root, FH_DisplayName);
	if (*name_r == NULL || **name_r == '\0' ||
	    wbxml_child_uint(req->root, FH_Type, &type) <= 0)
		return FOLDER_MALFORMED;
	if (type == EAS_FOLDER_RECIPIENTS)
		return FOLDER_SPECIAL;
	for (unsigned int i = 0; i < N_ELEMENTS(folder_create_types); i++) {
		if (folder_create_types[i].type == type) {
			*class_r = folder_create_types[i].class;
			return 0;
		}
	}
	/* Default folders are not made by clients (status 10). */
	return FOLDER_MALFORMED;
}

/* A device that is shown its default folders only sees this one nevertheless. */
static void folder_create_show(struct eas_request *req, store_fid_t fid)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);
	struct eas_client client;

	if (info == NULL || info->class == STORE_CLASS_MAIL)
		return;
	eas_client_get(req, &client);
	if (!eas_client_shows(&client, info) &&
	    eas_client_show_folder(req, fid, TRUE) < 0) {
		e_error(req->event, "Device %s: the folder that it made is "
			"not shown to it", req->device_id);
	}
}

/* 0, or the status; key 0 changes nothing */
static unsigned int folder_change_begin(struct folder_op *op,
					struct eas_request *req)
{
	unsigned int status = folder_op_begin(op, req);

	if (status == 0 && op->base == NULL)
		status = FOLDER_KEY;
	return status;
}

void eas_cmd_folder_create(struct eas_request *req)
{
	struct folder_op op;
	enum store_class class;
	const char *name;
	store_fid_t parent, fid;
	unsigned int status;

	if ((status = folder_change_begin(&op, req)) != 0 ||
	    (status = folder_create_check(req, &name, &class)) != 0 ||
	    (status = folder_parse_parent(req, &parent)) != 0) {
		eas_reply_status(req, status);
		return;
	}
	if (folder_create_repeated(&op, parent, name))
		return;
	if (store_folder_create(req->store, parent, name, class, &fid) < 0) {
		status = eas_store_status(req, folder_errors);
		eas_reply_status(req, status == FOLDER_NOT_FOUND ?
				 FOLDER_PARENT_NOT_FOUND : status);
		return;
	}
	folder_create_show(req, fid);
	folder_op_finish_retry(&op, fid, FALSE, fid);
}

/* A calendar of somebody else is not thrown away by those who see it: this device
   shows it no more. */
static int folder_delete(struct eas_request *req, store_fid_t fid)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);

	if (info->foreign && info->class != STORE_CLASS_MAIL)
		return eas_client_show_folder(req, fid, FALSE);
	return store_folder_delete(req->store, fid);
}

void eas_cmd_folder_delete(struct eas_request *req)
{
	struct folder_op op;
	store_fid_t fid = 0;
	unsigned int status;

	if ((status = folder_change_begin(&op, req)) != 0) {
		eas_reply_status(req, status);
		return;
	}
	status = folder_parse_id(req, &fid);
	if (status == FOLDER_NOT_FOUND && op.repeated &&
	    eas_folder_lookup(&op.base->folders, fid) != NULL) {
		folder_op_reply(req, &op.state.cur.key, 0);
		return;
	}
	if (status == 0 && folder_delete(req, fid) < 0)
		status = eas_store_status(req, folder_errors);
	if (status != 0)
		eas_reply_status(req, status);
	else
		folder_op_finish_retry(&op, fid, TRUE, 0);
}

/* "Deep/Crew (anna)" for one shown as "Deep/Team (anna)" whose name is Team */
static const char *folder_strip_shown(const char *shown, const char *real,
				      const char *name)
{
	const char *suffix = strrchr(shown, '(');
	size_t before, after, len = strlen(name);

	if (suffix == NULL || suffix == shown || suffix[-1] != ' ' ||
	    (size_t)(--suffix - shown) < strlen(real))
		return name;
	after = strlen(suffix);
	before = suffix - shown - strlen(real);
	if (len <= before + after || strncmp(name, shown, before) != 0 ||
	    strcmp(name + len - after, suffix) != 0)
		return name;
	return t_strdup_until(name + before, name + len - after);
}

/* A folder below a hidden container is shown with another name and at another
   place than the store has it (eas-folder-containers.c). */
static int folder_real_place(struct eas_request *req, store_fid_t fid,
			     store_fid_t *parent, const char **name)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);
	ARRAY_TYPE(eas_folder) folders;
	const struct eas_folder *shown;

	if (folder_list(req, &folders) < 0)
		return -1;
	shown = eas_folder_lookup(&folders, fid);
	if (shown == NULL)
		return 0;
	if (strcmp(*name, shown->name) == 0)
		*name = info->name;
	else if (shown->parent != info->parent)
		*name = folder_strip_shown(shown->name, info->name, *name);
	if (*parent == shown->parent)
		*parent = info->parent;
	return 0;
}

/* A name to show that was set before goes with the old name. */
static void folder_drop_display(struct eas_request *req, store_fid_t fid)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);
	struct store_folder_props props;

	if (info == NULL || info->class == STORE_CLASS_MAIL ||
	    strcmp(info->display, info->name) == 0 ||
	    store_folder_props(req->store, fid, req->pool, &props) < 0)
		return;
	props.display = NULL;
	if (store_folder_props_set(req->store, fid, &props) < 0) {
		e_error(req->event, "Folder %s keeps its old display name",
			info->vname);
	}
}

static unsigned int
folder_update(struct eas_request *req, store_fid_t fid, store_fid_t parent,
	      const char *name)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);
	unsigned int status;

	if (folder_real_place(req, fid, &parent, &name) < 0)
		return eas_store_status(req, folder_errors);
	if (info->parent == parent && strcmp(info->name, name) == 0)
		return 0;
	if (info->role != STORE_ROLE_NONE)
		return FOLDER_EXISTS;
	if (store_folder_rename(req->store, fid, parent, name) == 0) {
		folder_drop_display(req, fid);
		return 0;
	}
	status = eas_store_status(req, folder_errors);
	/* 2: exists, or is special */
	return status == FOLDER_SPECIAL ? FOLDER_EXISTS : status;
}

void eas_cmd_folder_update(struct eas_request *req)
{
	const char *name = wbxml_child_text(req->root, FH_DisplayName);
	struct folder_op op;
	store_fid_t fid, parent;
	unsigned int status;

	if ((status = folder_change_begin(&op, req)) == 0 &&
	    (name == NULL || *name == '\0'))
		status = FOLDER_MALFORMED;
	if (status != 0 || (status = folder_parse_id(req, &fid)) != 0 ||
	    (status = folder_parse_parent(req, &parent)) != 0 ||
	    (status = folder_update(req, fid, parent, name)) != 0)
		eas_reply_status(req, status);
	else
		folder_op_finish_retry(&op, fid, FALSE, 0);
}
