/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's commands of a Sync of items.

   All of it can be done again: an Add finds its item by the UID that it made, a
   Change finds nothing to change. So a request whose answer was lost, or whose
   worker died, leaves neither a second item nor a conflict with itself. */

#include "eas-sync.h"

/* So often somebody else may change the item between our look and our write. */
#define ITEM_RACE_RETRIES 5
/* That happened: look again. */
#define ITEM_RACED UINT_MAX

struct item_apply {
	struct eas_sync *sync;
	struct eas_sync_coll *coll;
	struct eas_item_context ctx;
	/* Items that wait for deletion */
	ARRAY_TYPE(seq_range) deletes;
	/* The store cannot be asked at all: the request as a whole fails, and
	   the client repeats it. */
	bool failed;
};

/* 0: the request as a whole is to be repeated. */
static unsigned int item_store_status(struct item_apply *ap)
{
	struct eas_request *req = ap->sync->req;

	if (store_last_error(req->store, NULL) == STORE_ERROR_BUSY) {
		ap->failed = TRUE;
		return 0;
	}
	return eas_store_status(req, eas_sync_item_errors);
}

/* FALSE: no id of this folder's */
static bool item_find(struct item_apply *ap, const char *server_id,
		      uint32_t *num_r)
{
	store_fid_t fid;

	return server_id != NULL &&
		eas_item_id_parse(server_id, &fid, num_r) &&
		fid == ap->coll->fid;
}

/* --- whose change was the last? --------------------------------------------------- */

static bool own_has(const struct eas_sync_generation *gen, uint32_t num,
		    uint64_t seq)
{
	const struct store_changed *own;

	array_foreach(&gen->own, own) {
		if (own->uid == num && own->modseq == seq)
			return TRUE;
	}
	return FALSE;
}

static bool sets_tell(const struct eas_sync_sets *sets, uint32_t num)
{
	return seq_range_exists(&sets->add, num) ||
		seq_range_exists(&sets->change, num) ||
		seq_range_exists(&sets->full, num);
}

/* Somebody else changed it since the client looked. */
static bool item_is_dirty(struct item_apply *ap, const struct store_item *item)
{
	const struct eas_sync_state *state = &ap->coll->state;
	const struct eas_sync_generation *gen = &ap->coll->next;

	if (gen->point.idspace == 0 ||
	    !seq_range_exists(&gen->known, item->num))
		return FALSE;
	if (sets_tell(&gen->todo, item->num))
		return TRUE;
	if (item->seq <= gen->point.modseq ||
	    own_has(gen, item->num, item->seq))
		return FALSE;
	/* The answer that the client did not get was about no such change, so
	   it was the client's own. */
	if (ap->coll->base == &state->prev && state->have_prev &&
	    (item->seq <= state->cur.point.modseq ||
	     own_has(&state->cur, item->num, item->seq)) &&
	    !sets_tell(&state->cur.told, item->num) &&
	    !sets_tell(&state->cur.todo, item->num))
		return FALSE;
	return TRUE;
}

/* The client has it as it is now: not to be echoed. */
static void item_note_own(struct item_apply *ap, uint32_t num, uint64_t seq)
{
	struct store_changed own = { .uid = num, .modseq = seq };

	array_push_back(&ap->coll->next.own, &own);
}

/* The server's version goes to the client. */
static void item_send_back(struct item_apply *ap, uint32_t num)
{
	struct eas_sync_generation *gen = &ap->coll->next;

	if (seq_range_exists(&gen->known, num) &&
	    !seq_range_exists(&gen->todo.gone, num) &&
	    !seq_range_exists(&gen->todo.soft, num))
		eas_sync_change_all(gen, num);
}

/* --- writing ------------------------------------------------------------------------ */

static unsigned int item_put(struct item_apply *ap, struct eas_item_edit *edit)
{
	if (edit->unchanged && edit->old != NULL) {
		edit->num = edit->old->num;
		edit->seq = edit->old->seq;
	} else {
		if (edit->old == NULL)
			edit->write.only_new = TRUE;
		else
			edit->write.expected_seq = edit->old->seq;
		if (store_item_put(ap->sync->req->store, ap->coll->fid,
				   &edit->write, &edit->num, &edit->seq) < 0) {
			if (store_last_error(ap->sync->req->store, NULL) ==
			    STORE_ERROR_EXISTS)
				return ITEM_RACED;
			return item_store_status(ap);
		}
	}
	if (ap->ctx.class->after_write != NULL)
		ap->ctx.class->after_write(&ap->ctx, edit);
	return EAS_SYNC_OK;
}

static void item_attachments(struct item_apply *ap,
			     const struct eas_item_edit *edit,
			     struct eas_sync_result *res)
{
	struct store_oid oid = { .idspace = 0, .uid = edit->num };
	const struct eas_edit_attachment *added;
	pool_t pool = ap->sync->req->pool;

	p_array_init(&res->attachments, pool, array_count(&edit->attachments));
	array_foreach(&edit->attachments, added) {
		struct eas_sync_attachment *att =
			array_append_space(&res->attachments);

		att->client_id = added->client_id;
		att->file_reference = p_strdup(pool, eas_file_reference(
			ap->coll->fid, &oid, added->part_id));
	}
}

static bool item_has_attachments(const struct eas_item_edit *edit)
{
	return array_is_created(&edit->attachments) &&
		array_count(&edit->attachments) > 0;
}

/* --- Add ---------------------------------------------------------------------------- */

/* The same ClientId under the key before the last: what it became then */
static const struct eas_sync_result *
add_find_earlier(struct item_apply *ap, const char *client_id)
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

/* Once read, is there such an item already? It becomes a change of that one. */
static unsigned int add_read(struct item_apply *ap, struct eas_item_edit *edit,
			     struct store_item *old)
{
	struct eas_request *req = ap->sync->req;
	unsigned int status;
	int ret;

	if ((status = ap->ctx.class->read(&ap->ctx, edit)) != 0)
		return status;
	ret = store_item_get_uid(req->store, ap->coll->fid, edit->write.uid,
				 req->pool, old);
	if (ret < 0)
		return item_store_status(ap);
	if (ret == 0)
		return 0;
	i_zero(&edit->write);
	i_zero(&edit->attachments);
	edit->old = old;
	return ap->ctx.class->read(&ap->ctx, edit);
}

static unsigned int add_run(struct item_apply *ap, const struct wbxml_node *node,
			    const char *client_id, struct eas_item_edit *edit)
{
	struct eas_request *req = ap->sync->req;
	struct store_item old;
	unsigned int i, status;

	for (i = 0; i < ITEM_RACE_RETRIES; i++) {
		i_zero(edit);
		edit->op = EAS_EDIT_ADD;
		edit->data = wbxml_child(node, AS_ApplicationData);
		edit->repeat_key = p_strdup_printf(req->pool, "%s/%u/%s/%s",
			req->device_key, ap->coll->fid, ap->coll->key_str,
			client_id);
		if (edit->data == NULL)
			return EAS_SYNC_INVALID_ITEM;
		status = add_read(ap, edit, &old);
		if (status != 0 || ap->failed)
			return status;
		status = item_put(ap, edit);
		if (status != ITEM_RACED)
			return status;
	}
	return EAS_SYNC_SERVER_ERROR;
}

/* The client may not write here. It has the item on its screen nevertheless, and
   no status takes that away: the item is accepted and deleted again. */
static uint32_t add_ghost(struct item_apply *ap)
{
	struct eas_sync_generation *gen = &ap->coll->next;
	uint32_t num = UINT32_MAX;

	while (seq_range_exists(&gen->known, num))
		num--;
	seq_range_array_add(&gen->known, num);
	seq_range_array_add(&ap->coll->ghosts, num);
	return num;
}

static void add_done(struct item_apply *ap, const struct eas_item_edit *edit,
		     const char *client_id)
{
	struct eas_sync_generation *gen = &ap->coll->next;
	struct eas_sync_result *res;

	seq_range_array_add(&gen->known, edit->num);
	seq_range_array_remove(&gen->todo.add, edit->num);
	if (edit->tell_back)
		seq_range_array_add(&ap->coll->corrected, edit->num);
	item_note_own(ap, edit->num, edit->seq);
	res = eas_sync_result_add(ap->coll,
			EAS_SYNC_ADD, EAS_SYNC_OK, client_id,
			  p_strdup(ap->sync->req->pool,
				   eas_item_id(ap->coll->fid, edit->num)));
	if (item_has_attachments(edit))
		item_attachments(ap, edit, res);
}

static void item_add(struct item_apply *ap, const struct wbxml_node *node)
{
	struct eas_request *req = ap->sync->req;
	const char *client_id = wbxml_child_text(node, AS_ClientId);
	const struct eas_sync_result *earlier;
	struct store_item item;
	struct eas_item_edit edit;
	unsigned int status;
	uint32_t num;

	if (strlen(client_id) > EAS_ID_MAX) {
		eas_sync_result_add(ap->coll,
				EAS_SYNC_ADD, EAS_SYNC_INVALID_ITEM,
			    p_strndup(req->pool, client_id, EAS_ID_MAX), NULL);
		return;
	}
	earlier = add_find_earlier(ap, client_id);
	if (earlier != NULL && item_find(ap, earlier->server_id, &num) &&
	    store_item_get(req->store, ap->coll->fid, num, req->pool,
			   &item) == 0) {
		/* Somebody deleted it since: the client learns that. */
		seq_range_array_add(&ap->coll->next.known, num);
		seq_range_array_add(&ap->coll->ghosts, num);
		array_push_back(&ap->coll->next.results, earlier);
		return;
	}
	status = add_run(ap, node, client_id, &edit);
	if (ap->failed)
		return;
	if (status == EAS_SYNC_OK) {
		add_done(ap, &edit, client_id);
	} else if (status == EAS_SYNC_CONFLICT) {
		e_info(req->event, "Device %s: may not add to folder %s",
		       req->device_id, ap->coll->info->vname);
		eas_sync_result_add(ap->coll,
				EAS_SYNC_ADD, EAS_SYNC_OK, client_id,
			    p_strdup(req->pool, eas_item_id(ap->coll->fid,
							    add_ghost(ap))));
	} else {
		eas_sync_result_add(ap->coll,
				EAS_SYNC_ADD, status, client_id, NULL);
	}
}

/* --- Change, and Delete of one occurrence --------------------------------------------- */

/* 0, or the status. May leave the item to the server's version. */
static unsigned int
edit_try(struct item_apply *ap, struct eas_item_edit *edit, uint32_t num,
	 struct store_item *old)
{
	struct eas_request *req = ap->sync->req;
	unsigned int status;
	bool dirty;
	int ret;

	ret = store_item_get(req->store, ap->coll->fid, num, req->pool, old);
	if (ret <= 0)
		return ret < 0 ? item_store_status(ap) : EAS_SYNC_NOT_FOUND;
	edit->old = old;
	if ((status = ap->ctx.class->read(&ap->ctx, edit)) != 0)
		return status;
	dirty = item_is_dirty(ap, old);
	/* What makes no difference is no conflict (2.2.3.34). */
	if (dirty && !edit->unchanged &&
	    ap->coll->next.opts.conflict == EAS_SYNC_SERVER_WINS)
		return EAS_SYNC_CONFLICT;
	if (dirty)
		edit->tell_back = TRUE;
	return item_put(ap, edit);
}

static unsigned int
edit_run(struct item_apply *ap, const struct wbxml_node *node,
	 enum eas_edit_op op, uint32_t num, struct eas_item_edit *edit,
	 struct store_item *old)
{
	unsigned int i, status;

	for (i = 0; i < ITEM_RACE_RETRIES; i++) {
		i_zero(edit);
		edit->op = op;
		edit->data = wbxml_child(node, AS_ApplicationData);
		edit->instance_id = ap->sync->req->version >= EAS_VERSION_160 ?
			wbxml_child_text(node, ASB_InstanceId) : NULL;
		if (op == EAS_EDIT_CHANGE && edit->data == NULL)
			return EAS_SYNC_INVALID_ITEM;
		status = edit_try(ap, edit, num, old);
		if (status != ITEM_RACED)
			return status;
	}
	return EAS_SYNC_SERVER_ERROR;
}

static void edit_item(struct item_apply *ap, const struct wbxml_node *node,
		      enum eas_edit_op op, enum eas_sync_op result_op)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	struct eas_item_edit edit;
	struct eas_sync_result *res;
	struct store_item old;
	unsigned int status = EAS_SYNC_NOT_FOUND;
	uint32_t num = 0;

	i_zero(&edit);
	if (item_find(ap, server_id, &num))
		status = edit_run(ap, node, op, num, &edit, &old);
	if (ap->failed)
		return;
	if (status != EAS_SYNC_OK || item_has_attachments(&edit)) {
		res = eas_sync_result_add(ap->coll,
				result_op, status, NULL, server_id);
		if (edit.instance_id != NULL)
			res->instance_id = edit.instance_id;
		if (status == EAS_SYNC_OK)
			item_attachments(ap, &edit, res);
	}
	if (status != EAS_SYNC_OK || edit.tell_back) {
		if (status != EAS_SYNC_NOT_FOUND)
			item_send_back(ap, num);
	} else if (!edit.unchanged || edit.seq != old.seq) {
		item_note_own(ap, num, edit.seq);
	}
}

/* --- Delete ---------------------------------------------------------------------------- */

static void delete_refuse(struct item_apply *ap, uint32_t num,
			  unsigned int status)
{
	struct eas_sync_generation *gen = &ap->coll->next;

	eas_sync_result_add(ap->coll, EAS_SYNC_DELETE, status, NULL,
		    p_strdup(ap->sync->req->pool,
			     eas_item_id(ap->coll->fid, num)));
	/* The client has thrown it away already: it gets it again. */
	seq_range_array_remove(&gen->known, num);
	seq_range_array_add(&gen->todo.add, num);
}

static void delete_flush(struct item_apply *ap)
{
	struct seq_range_iter iter;
	unsigned int status, n = 0;
	uint32_t num;

	if (array_count(&ap->deletes) == 0 || ap->failed)
		return;
	if (store_item_delete(ap->sync->req->store, ap->coll->fid,
			      &ap->deletes) == 0) {
		eas_sync_drop(&ap->coll->next, &ap->deletes);
	} else if ((status = item_store_status(ap)) != 0) {
		seq_range_array_iter_init(&iter, &ap->deletes);
		while (seq_range_array_iter_nth(&iter, n++, &num))
			delete_refuse(ap, num, status);
	}
	array_clear(&ap->deletes);
}

/* 0: it may go. Else the status. What the client has may be gone before: by
   somebody else, or by this very request when the worker died in it. Both sides
   agree then. */
static unsigned int delete_check(struct item_apply *ap, uint32_t num)
{
	struct eas_request *req = ap->sync->req;
	const struct eas_sync_generation *gen = &ap->coll->next;
	bool known = seq_range_exists(&gen->known, num) ||
		seq_range_exists(&gen->todo.add, num);
	struct store_item item;
	int ret;

	if (known && ap->ctx.class->before_delete == NULL)
		return 0;
	ret = store_item_get(req->store, ap->coll->fid, num, req->pool, &item);
	if (ret < 0)
		return item_store_status(ap);
	if (ret == 0)
		return known ? 0 : EAS_SYNC_NOT_FOUND;
	return ap->ctx.class->before_delete == NULL ? 0 :
		ap->ctx.class->before_delete(&ap->ctx, &item);
}

static void item_delete(struct item_apply *ap, const struct wbxml_node *node)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	unsigned int status;
	uint32_t num;

	if (ap->sync->req->version >= EAS_VERSION_160 &&
	    wbxml_child(node, ASB_InstanceId) != NULL) {
		delete_flush(ap);
		edit_item(ap, node, EAS_EDIT_DELETE, EAS_SYNC_DELETE);
		return;
	}
	status = item_find(ap, server_id, &num) ? delete_check(ap, num) :
		EAS_SYNC_NOT_FOUND;
	if (ap->failed)
		return;
	if (status == EAS_SYNC_NOT_FOUND)
		eas_sync_result_add(ap->coll,
				EAS_SYNC_DELETE, status, NULL, server_id);
	else if (status != 0)
		delete_refuse(ap, num, status);
	else
		seq_range_array_add(&ap->deletes, num);
}

/* --- all ------------------------------------------------------------------------------- */

static void item_change(struct item_apply *ap, const struct wbxml_node *node)
{
	edit_item(ap, node, EAS_EDIT_CHANGE, EAS_SYNC_CHANGE);
}

static void item_fetch(struct item_apply *ap, const struct wbxml_node *node)
{
	const char *server_id = wbxml_child_text(node, AS_ServerId);
	uint32_t num;

	/* Whether it is there shows when it is written. */
	eas_sync_result_add(ap->coll,
			EAS_SYNC_FETCH, item_find(ap, server_id, &num) ?
		    EAS_SYNC_OK : EAS_SYNC_NOT_FOUND, NULL, server_id);
}

static const struct {
	wbxml_tag_t tag;
	void (*apply)(struct item_apply *ap, const struct wbxml_node *node);
} item_commands[] = {
	{ AS_Add, item_add },
	{ AS_Change, item_change },
	{ AS_Delete, item_delete },
	{ AS_Fetch, item_fetch },
};

int eas_sync_item_apply(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct item_apply ap = { .sync = sync, .coll = coll };
	const struct wbxml_node *node;

	eas_sync_item_context(sync, coll, &coll->next.opts.body, &ap.ctx);
	t_array_init(&ap.deletes, 16);
	for (node = coll->commands->children; node != NULL && !ap.failed;
	     node = node->next) {
		for (unsigned int i = 0; i < N_ELEMENTS(item_commands); i++) {
			if (item_commands[i].tag != node->tag)
				continue;
			if (node->tag != AS_Delete)
				delete_flush(&ap);
			item_commands[i].apply(&ap, node);
		}
	}
	delete_flush(&ap);
	return ap.failed ? -1 : 0;
}
