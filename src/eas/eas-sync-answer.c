/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The answer of Sync, streamed.  What goes in was chosen and committed before: a
   message or item that vanished meanwhile is left out here and told as deleted
   next time. */

#include "eas-sync.h"

const char *eas_sync_answer_id(struct eas_sync_answer *an, uint32_t uid)
{
	struct store_oid oid;

	if (an->coll->ops->items)
		return eas_item_id(an->coll->fid, uid);
	eas_sync_oid(an->gen, uid, &oid);
	return eas_server_id(an->coll->fid, &oid);
}

static void answer_ids(struct eas_sync_answer *an, wbxml_tag_t tag,
		       const ARRAY_TYPE(seq_range) *uids)
{
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t uid;

	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &uid)) T_BEGIN {
		wbxml_start(an->w, tag);
		wbxml_text_tag(an->w, AS_ServerId, eas_sync_answer_id(an, uid));
		wbxml_end(an->w, tag);
	} T_END;
}

static void answer_commands(struct eas_sync_answer *an)
{
	const struct eas_sync_sets *told = &an->gen->told;

	wbxml_start_lazy(an->w, AS_Commands);
	answer_ids(an, AS_Delete, &told->gone);
	answer_ids(an, AS_SoftDelete, &told->soft);
	an->coll->ops->write_news(an);
	wbxml_end(an->w, AS_Commands);
}

/* --- Responses -------------------------------------------------------------- */

static void answer_attachments(struct eas_sync_answer *an,
			       const struct eas_sync_result *res)
{
	struct wbxml_writer *w = an->w;
	const struct eas_sync_attachment *att;

	if (!array_is_created(&res->attachments) ||
	    array_count(&res->attachments) == 0)
		return;
	wbxml_start(w, AS_ApplicationData);
	wbxml_start(w, ASB_Attachments);
	array_foreach(&res->attachments, att) {
		wbxml_start(w, ASB_Attachment);
		wbxml_text_tag(w, ASB_FileReference, att->file_reference);
		wbxml_text_tag(w, ASB_ClientId, att->client_id);
		wbxml_end(w, ASB_Attachment);
	}
	wbxml_end(w, ASB_Attachments);
	wbxml_end(w, AS_ApplicationData);
}

static void answer_result(struct eas_sync_answer *an, wbxml_tag_t tag,
			  const struct eas_sync_result *res)
{
	wbxml_start(an->w, tag);
	wbxml_text_tag_opt(an->w, AS_ClientId, res->client_id);
	wbxml_text_tag_opt(an->w, AS_ServerId, res->server_id);
	wbxml_text_tag_opt(an->w, ASB_InstanceId, res->instance_id);
	wbxml_uint_tag(an->w, AS_Status, res->status);
	answer_attachments(an, res);
	wbxml_end(an->w, tag);
}

void eas_sync_fetch_options(struct eas_sync_answer *an,
			    struct eas_body_options *body_r)
{
	*body_r = *an->body;
	for (unsigned int i = 0; i < body_r->prefs_count; i++) {
		body_r->prefs[i].truncation_size = MIME_SIZE_UNLIMITED;
		body_r->prefs[i].all_or_none = FALSE;
	}
	body_r->truncation_set = body_r->mime_truncation_set = FALSE;
	body_r->truncation = body_r->mime_truncation = MIME_SIZE_UNLIMITED;
}

static void answer_fetch(struct eas_sync_answer *an,
			 const struct eas_sync_result *res)
{
	struct eas_sync_result gone = *res;

	if (res->status == EAS_SYNC_OK &&
	    an->coll->ops->write_fetch(an, res->server_id) > 0)
		return;
	if (gone.status == EAS_SYNC_OK)
		gone.status = EAS_SYNC_NOT_FOUND;
	answer_result(an, AS_Fetch, &gone);
}

static void answer_responses(struct eas_sync_answer *an)
{
	const struct eas_sync_result *res;

	wbxml_start_lazy(an->w, AS_Responses);
	array_foreach(&an->gen->results, res) T_BEGIN {
		switch (res->op) {
		case EAS_SYNC_ADD:
			answer_result(an, AS_Add, res);
			break;
		case EAS_SYNC_CHANGE:
			answer_result(an, AS_Change, res);
			break;
		case EAS_SYNC_DELETE:
			answer_result(an, AS_Delete, res);
			break;
		case EAS_SYNC_FETCH:
			answer_fetch(an, res);
			break;
		}
	} T_END;
	wbxml_end(an->w, AS_Responses);
}

/* --- collections ------------------------------------------------------------ */

static const char *answer_key(const struct eas_sync_coll *coll)
{
	switch (coll->outcome) {
	case EAS_SYNC_ADVANCED:
		return eas_key_str(&coll->next.key);
	case EAS_SYNC_REPLAY:
		return eas_key_str(&coll->state.cur.key);
	case EAS_SYNC_FAILED:
		if (coll->status == EAS_SYNC_BAD_KEY)
			return "0";
		break;
	case EAS_SYNC_NOTHING:
	case EAS_SYNC_QUIET:
		break;
	}
	return coll->key_str;
}

static void answer_contents(struct eas_sync_answer *an)
{
	struct eas_sync_coll *coll = an->coll;

	if (coll->outcome == EAS_SYNC_ADVANCED)
		an->gen = &coll->next;
	else if (coll->outcome == EAS_SYNC_REPLAY)
		an->gen = &coll->state.cur;
	else
		return;
	an->body = &an->gen->opts.body;
	if (an->gen->answered_more)
		wbxml_empty(an->w, AS_MoreAvailable);
	answer_commands(an);
	answer_responses(an);
}

static void answer_collection(struct eas_sync *sync, struct wbxml_writer *w,
			      struct eas_sync_coll *coll)
{
	struct eas_sync_answer an = { .sync = sync, .coll = coll, .w = w };

	/* Class SyncKey CollectionId Status MoreAvailable Commands Responses
	   (2.2.3.29.2). Class is optional until 12.1; 12.1's schema (6.46) does
	   not have it there, older devices look for it. */
	wbxml_start(w, AS_Collection);
	if (sync->req->version < EAS_VERSION_121) {
		wbxml_text_tag(w, AS_Class, coll->class != NULL ? coll->class :
			       coll->item_class != NULL ?
			       coll->item_class->name : "Email");
	}
	wbxml_text_tag(w, AS_SyncKey, answer_key(coll));
	wbxml_text_tag(w, AS_CollectionId, coll->id);
	wbxml_uint_tag(w, AS_Status, coll->outcome == EAS_SYNC_FAILED ?
		       coll->status : (unsigned int)EAS_SYNC_OK);
	answer_contents(&an);
	wbxml_end(w, AS_Collection);
}

/* No changes: not in the answer, from 12.1 on (2.2.1.21.2) */
static bool answer_includes(struct eas_sync *sync,
			    const struct eas_sync_coll *coll)
{
	return sync->req->version < EAS_VERSION_121 ||
		(coll->outcome != EAS_SYNC_NOTHING &&
		 coll->outcome != EAS_SYNC_QUIET);
}

void eas_sync_answer(struct eas_sync *sync)
{
	struct eas_sync_coll *coll;
	struct wbxml_writer *w;
	bool any = FALSE;

	array_foreach_elem(&sync->colls, coll)
		any = any || answer_includes(sync, coll);
	if (!any) {
		eas_reply_empty(sync->req);
		return;
	}
	w = eas_reply_begin(sync->req, TRUE);
	wbxml_start(w, AS_Sync);
	wbxml_start(w, AS_Collections);
	array_foreach_elem(&sync->colls, coll) {
		if (answer_includes(sync, coll) && !wbxml_writer_failed(w)) {
			T_BEGIN {
				answer_collection(sync, w, coll);
			} T_END;
		}
	}
	wbxml_end(w, AS_Collections);
	wbxml_end(w, AS_Sync);
	eas_sync_forget_unwritten(sync);
	eas_reply_end(sync->req);
}
