/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's commands of a Sync of mail: carried out on the store, in order, and
   noted in the state that the client will have.  Runs of reads and deletes go to the
   store together. */

#include "eas-sync.h"

struct sync_apply {
	struct eas_sync *sync;
	struct eas_sync_coll *coll;
	/* Messages that wait for one flag change */
	ARRAY_TYPE(seq_range) flag_uids;
	struct store_flag_change flag_change;
	/* Messages that wait for deletion */
	ARRAY_TYPE(seq_range) delete_uids;
	bool read_only_told;
};

static bool own_has(const struct eas_sync_generation *gen, uint32_t uid,
		    uint64_t modseq)
{
	const struct store_changed *own;

	array_foreach(&gen->own, own) {
		if (own->uid == uid && own->modseq == modseq)
			return TRUE;
	}
	return FALSE;
}

/* Messages that somebody else changed since the client looked: our change on
   top must not hide that one. */
static void apply_find_dirty(struct sync_apply *ap,
			     ARRAY_TYPE(seq_range) *dirty)
{
	const struct eas_sync_generation *gen = &ap->coll->next;
	struct store_fetch *fetch;
	struct store_msg *msg;

	fetch = store_fetch_init(ap->coll->folder, &ap->flag_uids,
				 STORE_WANT_FLAGS, FALSE);
	while (store_fetch_next(fetch, &msg)) {
		uint64_t modseq = store_msg_modseq(msg);

		if (modseq > gen->point.modseq &&
		    !own_has(gen, store_msg_uid(msg), modseq))
			seq_range_array_add(dirty, store_msg_uid(msg));
	}
	(void)store_fetch_deinit(&fetch);
}

static void apply_own_changes(struct sync_apply *ap,
			      const ARRAY_TYPE(store_changed) *changed,
			      const ARRAY_TYPE(seq_range) *dirty)
{
	const struct store_changed *change;

	array_foreach(changed, change) {
		if (!seq_range_exists(dirty, change->uid))
			array_push_back(&ap->coll->next.own, change);
	}
}

/* Something could not be done for these: one answer each, and the client gets
   the server's version of them. */
static void apply_refuse(struct sync_apply *ap, enum eas_sync_op op,
			 const ARRAY_TYPE(seq_range) *uids)
{
	struct eas_sync_generation *gen = &ap->coll->next;
	unsigned int status = eas_store_status(ap->sync->req,
		eas_sync_item_errors);
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t uid;

	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &uid)) {
		struct store_oid oid;

		eas_sync_oid(gen, uid, &oid);
		eas_sync_result_add(ap->coll,
				op, status, NULL, p_strdup(ap->sync->req->pool,
			eas_server_id(ap->coll->fid, &oid)));
		if (op == EAS_SYNC_CHANGE) {
			eas_sync_change_all(gen, uid);
		} else {
			/* The client has thrown it away already. */
			seq_range_array_remove(&gen->known, uid);
			seq_range_array_add(&gen->todo.add, uid);
		}
	}
}

static void apply_flush_flags(struct sync_apply *ap)
{
	ARRAY_TYPE(store_changed) changed;
	ARRAY_TYPE(seq_range) dirty;

	if (array_count(&ap->flag_uids) == 0)
		return;
	t_array_init(&changed, 16);
	t_array_init(&dirty, 4);
	apply_find_dirty(ap, &dirty);
	if (store_flags_change(ap->coll->folder, &ap->flag_uids,
			       &ap->flag_change, &changed) < 0)
		apply_refuse(ap, EAS_SYNC_CHANGE, &ap->flag_uids);
	else
		apply_own_changes(ap, &changed, &dirty);
	array_clear(&ap->flag_uids);
}

/* To the user's Trash, or away if they are there already. */
static int apply_delete(struct sync_apply *ap)
{
	struct store *store = ap->sync->req->store;
	struct store_folder *trash;
	ARRAY_TYPE(store_moved) moved;
	store_fid_t fid;
	int ret;

	if (ap->coll->deletes_as_moves &&
	    ap->coll->info->role != STORE_ROLE_TRASH) {
		if (store_folder_need_role(store, STORE_ROLE_TRASH, &fid) < 0 ||
		    store_open(store, fid, &trash) < 0)
			return -1;
		t_array_init(&moved, 16);
		ret = store_move(ap->coll->folder, &ap->delete_uids, trash,
				 FALSE, &moved);
		store_close(&trash);
		return ret;
	}
	return store_expunge(ap->coll->folder, &ap->delete_uids);
}

static void apply_flush_deletes(struct sync_apply *ap)
{
	if (array_count(&ap->delete_uids) == 0)
		return;
	if (apply_delete(ap) < 0)
		apply_refuse(ap, EAS_SYNC_DELETE, &ap->delete_uids);
	else
		eas_sync_drop(&ap->coll->next, &ap->delete_uids);
	array_clear(&ap->delete_uids);
}

static void apply_flush(struct sync_apply *ap)
{
	apply_flush_flags(ap);
	apply_flush_deletes(ap);
}

/* The message of a ServerId, in this folder. FALSE: not (any more) */
static bool apply_find(struct sync_apply *ap, const char *server_id,
		       uint32_t *uid_r)
{
	struct store_oid oid;
	store_fid_t fid;

	if (server_id == NULL || !eas_server_id_parse(server_id, &fid, &oid) ||
	    fid != ap->coll->fid)
		return FALSE;
	if (store_oid_find(ap->sync->req->store, &oid, &fid, uid_r) <= 0)
		return FALSE;
	return fid == ap->coll->fid;
}

/* --- Add ---------------------------------------------------------------------- */

/* The same ClientId under the key before the last: what it became then */
static const struct eas_sync_result *
apply_earlier_add(struct sync_apply *ap, const char *client_id)
{
	const struct eas_sync_state *state = &ap->coll->state;
	const struct eas_sync_result *res;

	if (!state->have_prev || ap->coll->base != &state->prev)
		return NULL;
	array_foreach(&state->cur.results, res) {
		if (res->op == EAS_SYNC_ADD && res->status == EAS_SYNC_OK &&
		    strcmp(res->client_id, client_id) == 0)
			return res;
	}
	return NULL;
}

static void apply_note_modseq(struct sync_apply *ap, uint32_t uid)
{
	struct store_changed own = { .uid = uid };
	struct store_fetch *fetch;
	struct store_msg *msg;

	if (eas_item_fetch(ap->coll->folder, uid, STORE_WANT_FLAGS,
			   &fetch, &msg) <= 0)
		return;
	own.modseq = store_msg_modseq(msg);
	array_push_back(&ap->coll->next.own, &own);
	(void)store_fetch_deinit(&fetch);
}

/* The client has the message under this UID now. */
static void apply_note_saved(struct sync_apply *ap, uint32_t uid,
			     struct store_oid *oid_r)
{
	struct eas_sync_generation *gen = &ap->coll->next;

	/* Before the first listing there is no id space yet: the id is kept
	   beside the UID then, and the listing is still to come. */
	store_oid_of(ap->coll->folder, uid, oid_r);
	eas_sync_alias_set(gen, uid, oid_r);
	seq_range_array_add(&gen->known, uid);
	apply_note_modseq(ap, uid);
}

static void apply_attachments(struct sync_apply *ap,
			      const struct eas_draft_result *draft,
			      struct eas_sync_result *res)
{
	if (draft->attachments_count == 0)
		return;
	p_array_init(&res->attachments, ap->sync->req->pool,
		     draft->attachments_count);
	for (unsigned int i = 0; i < draft->attachments_count; i++) {
		struct eas_sync_attachment *att =
			array_append_space(&res->attachments);

		att->client_id = draft->attachments[i].client_id;
		att->file_reference = draft->attachments[i].file_reference;
	}
}

static void apply_add_draft(struct sync_apply *ap,
			    const struct wbxml_node *node,
			    const char *client_id)
{
	struct eas_request *req = ap->sync->req;
	struct eas_draft_result draft;
	struct eas_sync_result *res;
	struct store_oid oid;
	const char *server_id = NULL;

	i_zero(&draft);
	eas_draft_add(req, ap->coll->folder, node,
		t_strdup_printf("%s/%u/%s/%s", req->device_key, ap->coll->fid,
				ap->coll->key_str, client_id), &draft);
	if (draft.status == EAS_SYNC_OK && draft.uid != 0) {
		apply_note_saved(ap, draft.uid, &oid);
		seq_range_array_add(&ap->coll->saved, draft.uid);
		server_id = p_strdup(req->pool,
				     eas_server_id(ap->coll->fid, &oid));
	}
	res = eas_sync_result_add(ap->coll,
			EAS_SYNC_ADD, draft.status, client_id,
			   server_id);
	apply_attachments(ap, &draft, res);
}

static void apply_add(struct sync_apply *ap, const struct wbxml_node *node)
{
	const char *client_id = wbxml_child_text(node, AS_ClientId);
	const struct eas_sync_result *earlier;

	if (client_id == NULL || *client_id == '\0' ||
	    strlen(client_id) > EAS_ID_MAX) {
		eas_sync_result_add(ap->coll,
				EAS_SYNC_ADD, EAS_SYNC_INVALID_ITEM,
			     client_id == NULL ? "" :
			     p_strndup(ap->sync->req->pool, client_id,
				       EAS_ID_MAX), NULL);
	} else if ((earlier = apply_earlier_add(ap, client_id)) != NULL) {
		struct store_oid oid;
		uint32_t uid;

		array_push_back(&ap->coll->next.results, earlier);
		if (apply_find(ap, earlier->server_id, &uid))
			apply_note_saved(ap, uid, &oid);
	} else if (ap->sync->req->version < EAS_VERSION_160 ||
		   ap->coll->info->role != STORE_ROLE_DRAFTS) {
		/* Mail is not added by clients (2.2.3.7.2), but drafts are. */
		eas_sync_result_add(ap->coll,
				EAS_SYNC_ADD, EAS_SYNC_INVALID_ITEM,
			     client_id, NULL);
	} else {
		apply_add_draft(ap, node, client_id);
	}
}

/* --- Change -------------------------------------------------------------------- */

static bool node_has_content(const struct wbxml_node *data)
{
	const struct wbxml_node *node;

	for (node = data == NULL ? NULL : data->children; node != NULL;
	     node = node->next) {
		if (node->tag != EMAIL_Read && node->tag != EMAIL_Flag &&
		    node->tag != EMAIL_Categories)
			return TRUE;
	}
	return FALSE;
}

/* In the list as keywords, NULL-terminated */
static const char *const *
categories_parse(struct sync_apply *ap, const struct wbxml_node *node)
{
	ARRAY_TYPE(const_string) list;
	const struct wbxml_node *cat;

	p_array_init(&list, ap->sync->req->pool, 8);
	for (cat = wbxml_child(node, EMAIL_Category); cat != NULL;
	     cat = wbxml_next_sibling(cat)) {
		const char *keyword;

		if (*cat->text == '\0')
			continue;
		keyword = p_strdup(ap->sync->req->pool,
				   mime_category_to_keyword(cat->text));
		array_push_back(&list, &keyword);
	}
	array_append_zero(&list);
	/* may be empty, where array_front() is not allowed */
	return list.arr.buffer->data;
}

/* Categories are told whole: those that the message has and the list has not go
   away; other keywords stay. */
static int change_categories(struct sync_apply *ap, uint32_t uid,
			     const struct wbxml_node *node,
			     struct store_flag_change *change)
{
	ARRAY_TYPE(const_string) remove;
	struct store_fetch *fetch;
	struct store_msg *msg;
	const char *const *keywords;
	int ret;

	change->keywords_add = categories_parse(ap, node);
	if ((ret = eas_item_fetch(ap->coll->folder, uid, STORE_WANT_FLAGS,
				  &fetch, &msg)) <= 0)
		return ret;
	p_array_init(&remove, ap->sync->req->pool, 8);
	keywords = store_msg_keywords(msg);
	for (; keywords != NULL && *keywords != NULL; keywords++) {
		const char *keyword;

		if (mime_keyword_to_category(*keywords) == NULL ||
		    str_array_icase_find(change->keywords_add, *keywords))
			continue;
		keyword = p_strdup(ap->sync->req->pool, *keywords);
		array_push_back(&remove, &keyword);
	}
	array_append_zero(&remove);
	change->keywords_remove = remove.arr.buffer->data;
	return store_fetch_deinit(&fetch) < 0 ? -1 : 1;
}

static bool flag_change_is_empty(const struct store_flag_change *change)
{
	return change->add == 0 && change->remove == 0 && !change->touch &&
		(change->keywords_add == NULL ||
		 *change->keywords_add == NULL) &&
		(change->keywords_remove == NULL ||
		 *change->keywords_remove == NULL);
}

/* Joins a run of the same change, or begins another one. */
static void change_queue(struct sync_apply *ap, uint32_t uid,
			 const struct store_flag_change *change)
{
	bool plain = change->keywords_add == NULL;

	if (flag_change_is_empty(change))
		return;
	if (!plain || ap->flag_change.keywords_add != NULL ||
	    ap->flag_change.add != change->add ||
	    ap->flag_change.remove != change->remove ||
	    ap->flag_change.touch != change->touch)
		apply_flush_flags(ap);
	ap->flag_change = *change;
	seq_range_array_add(&ap->flag_uids, uid);
}

/* MS-ASEMAIL 2.2.2.21, .59, .70: set by the server, refused from clients */
static bool node_has_read_only(const struct wbxml_node *data)
{
	return wbxml_child(data, EMAIL2_ConversationId) != NULL ||
		wbxml_child(data, EMAIL2_ReceivedAsBcc) != NULL ||
		wbxml_child(data, EMAIL2_Sender) != NULL;
}

/* 0, or the item's status */
static unsigned int change_flags(struct sync_apply *ap, uint32_t uid,
				 const struct wbxml_node *data)
{
	const struct wbxml_node *flag = wbxml_child(data, EMAIL_Flag);
	const struct wbxml_node *cats = wbxml_child(data, EMAIL_Categories);
	struct store_flag_change change;
	const char *extra = NULL;
	unsigned int status;
	bool read;
	int ret;

	i_zero(&change);
	if ((ret = wbxml_child_bool(data, EMAIL_Read, &read)) < 0 ||
	    node_has_read_only(data))
		return EAS_SYNC_INVALID_ITEM;
	if (ret > 0 && read)
		change.add |= STORE_FLAG_SEEN;
	else if (ret > 0)
		change.remove |= STORE_FLAG_SEEN;
	if (flag != NULL &&
	    (status = eas_flag_parse(flag, &change, &extra)) != 0)
		return status;
	if (cats != NULL && ap->sync->req->version >= EAS_VERSION_140) {
		if ((ret = change_categories(ap, uid, cats, &change)) <= 0)
			return ret < 0 ? eas_store_status(ap->sync->req,
				eas_sync_item_errors) : EAS_SYNC_NOT_FOUND;
	}
	if (flag != NULL && store_extra_set(ap->coll->folder, uid,
					    EAS_EXTRA_FLAG, extra) < 0)
		return eas_store_status(ap->sync->req, eas_sync_item_errors);
	/* Dates and words of a flag are no flag of IMAP. */
	change.touch = flag != NULL;
	change_queue(ap, uid, &change);
	return 0;
}

/* The draft has another UID afterwards, and the same id. */
static void change_note_rewritten(struct sync_apply *ap, uint32_t old_uid,
				  const struct eas_draft_result *draft)
{
	ARRAY_TYPE(seq_range) old;
	struct store_oid oid;

	if (draft->uid == old_uid)
		return;
	t_array_init(&old, 1);
	seq_range_array_add(&old, old_uid);
	eas_sync_drop(&ap->coll->next, &old);
	if (draft->uid != 0)
		apply_note_saved(ap, draft->uid, &oid);
}

/* Somebody else saved the draft anew since the client saw it, and is to win. */
static bool change_is_behind(struct sync_apply *ap, uint32_t uid)
{
	const struct eas_sync_generation *gen = &ap->coll->next;

	return gen->opts.conflict == EAS_SYNC_SERVER_WINS &&
		(seq_range_exists(&gen->todo.full, uid) ||
		 !seq_range_exists(&gen->known, uid));
}

static void change_draft(struct sync_apply *ap, const char *server_id,
			 uint32_t uid, const struct wbxml_node *node)
{
	struct eas_draft_result draft;
	struct eas_sync_result *res;

	apply_flush(ap);
	i_zero(&draft);
	eas_draft_change(ap->sync->req, ap->coll->folder, uid, node,
		t_strdup_printf("%u/%s/%s/%08x", ap->coll->fid,
				ap->coll->key_str, server_id, ap->coll->hash),
		change_is_behind(ap, uid), &draft);
	if (draft.status == EAS_SYNC_OK)
		change_note_rewritten(ap, uid, &draft);
	if (draft.status != EAS_SYNC_OK || draft.attachments_count > 0) {
		res = eas_sync_result_add(ap->coll,
				EAS_SYNC_CHANGE, draft.status, NULL,
				   server_id);
		apply_attachments(ap, &draft, res);
	}
}

static void apply_change(struct sync_apply *ap, const struct wbxml_node *node)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	const struct wbxml_node *data = wbxml_child(node, AS_ApplicationData);
	bool send = wbxml_child(node, EMAIL2_Send) != NULL ||
		wbxml_child(data, EMAIL2_Send) != NULL;
	unsigned int status;
	uint32_t uid;

	if (!apply_find(ap, server_id, &uid)) {
		eas_sync_result_add(ap->coll,
				EAS_SYNC_CHANGE, EAS_SYNC_NOT_FOUND, NULL,
			     server_id);
		return;
	}
	if (ap->sync->req->version >= EAS_VERSION_160 &&
	    ap->coll->info->role == STORE_ROLE_DRAFTS &&
	    (send || node_has_content(data))) {
		change_draft(ap, server_id, uid, node);
		return;
	}
	if (array_count(&ap->delete_uids) > 0)
		apply_flush_deletes(ap);
	if ((status = change_flags(ap, uid, data)) != 0)
		eas_sync_result_add(ap->coll,
				EAS_SYNC_CHANGE, status, NULL, server_id);
}

/* --- Delete, Fetch --------------------------------------------------------------- */

/* Whether the client has it, although the folder may not any more */
static bool apply_find_known(struct sync_apply *ap, const char *server_id,
			     uint32_t *uid_r)
{
	const struct eas_sync_generation *gen = &ap->coll->next;
	const struct eas_sync_alias *alias;
	struct store_oid oid;
	store_fid_t fid;

	if (server_id == NULL || !eas_server_id_parse(server_id, &fid, &oid) ||
	    fid != ap->coll->fid)
		return FALSE;
	*uid_r = oid.idspace == gen->point.idspace ? oid.uid : 0;
	array_foreach(&gen->aliases, alias) {
		if (alias->oid.idspace == oid.idspace &&
		    alias->oid.uid == oid.uid)
			*uid_r = alias->uid;
	}
	return *uid_r != 0 && seq_range_exists(&gen->known, *uid_r);
}

/* Gone before: by another client, or by this very request when the worker died
   in it. Both sides agree, and there is nothing to tell. */
static bool apply_gone_already(struct sync_apply *ap, const char *server_id)
{
	ARRAY_TYPE(seq_range) gone;
	uint32_t uid;

	if (!apply_find_known(ap, server_id, &uid))
		return FALSE;
	t_array_init(&gone, 1);
	seq_range_array_add(&gone, uid);
	eas_sync_drop(&ap->coll->next, &gone);
	return TRUE;
}

static void apply_delete_one(struct sync_apply *ap,
			     const struct wbxml_node *node)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	uint32_t uid;

	if (!apply_find(ap, server_id, &uid)) {
		if (apply_gone_already(ap, server_id))
			return;
		eas_sync_result_add(ap->coll,
				EAS_SYNC_DELETE, EAS_SYNC_NOT_FOUND, NULL,
			     server_id);
		return;
	}
	apply_flush_flags(ap);
	seq_range_array_add(&ap->delete_uids, uid);
}

static void apply_fetch(struct sync_apply *ap, const struct wbxml_node *node)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	uint32_t uid;

	eas_sync_result_add(ap->coll,
			EAS_SYNC_FETCH, apply_find(ap, server_id, &uid) ?
		     EAS_SYNC_OK : EAS_SYNC_NOT_FOUND, NULL, server_id);
}

static const struct {
	wbxml_tag_t tag;
	void (*apply)(struct sync_apply *ap, const struct wbxml_node *node);
} sync_commands[] = {
	{ AS_Add, apply_add },
	{ AS_Change, apply_change },
	{ AS_Delete, apply_delete_one },
	{ AS_Fetch, apply_fetch },
};

int eas_sync_mail_apply(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct sync_apply ap = { .sync = sync, .coll = coll };
	const struct wbxml_node *node;

	if (eas_sync_open(sync, coll) < 0)
		return -1;
	t_array_init(&ap.flag_uids, 16);
	t_array_init(&ap.delete_uids, 16);
	for (node = coll->commands->children; node != NULL; node = node->next) {
		for (unsigned int i = 0; i < N_ELEMENTS(sync_commands); i++) {
			if (sync_commands[i].tag == node->tag)
				sync_commands[i].apply(&ap, node);
		}
	}
	apply_flush(&ap);
	return 0;
}

void eas_sync_mail_unapply(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	if (array_count(&coll->saved) == 0)
		return;
	if (store_expunge(coll->folder, &coll->saved) < 0) {
		e_error(sync->req->event, "Drafts of a request that lost a "
			"race stay in folder %s", coll->info->vname);
	}
	array_clear(&coll->saved);
}
