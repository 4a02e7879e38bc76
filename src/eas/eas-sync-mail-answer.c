/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages in the answer of Sync. */

#include "eas-sync.h"

typedef int answer_write_t(struct eas_sync_answer *an, struct store_msg *msg);

/* Of a conversation that reaches out of the filter's window the older messages
   are told without their texts (MS-ASCMD 2.2.3.36.2). */
static bool answer_is_outside(struct eas_sync_answer *an, struct store_msg *msg)
{
	time_t received;

	return an->gen->opts.conversation_mode && an->gen->filter_since != 0 &&
		store_msg_received(msg, &received) == 0 &&
		(uint64_t)received < an->gen->filter_since;
}

static int answer_write_whole(struct eas_sync_answer *an, struct store_msg *msg)
{
	const struct eas_body_options *body = an->body;
	struct eas_body_options preview;

	if (answer_is_outside(an, msg)) {
		eas_body_options_preview(body, &preview);
		body = &preview;
	}
	return eas_email_write(an->sync->req, an->coll->folder, msg,
			       body, an->w);
}

static int answer_write_flags(struct eas_sync_answer *an, struct store_msg *msg)
{
	return eas_email_write_flags(an->sync->req, an->coll->folder, msg,
		eas_sync_sets_what(&an->gen->told, store_msg_uid(msg)), an->w);
}

static void answer_message(struct eas_sync_answer *an, wbxml_tag_t tag,
			   struct store_msg *msg, answer_write_t *write)
{
	struct wbxml_writer *w = an->w;
	int ret;

	wbxml_mark(w);
	wbxml_start(w, tag);
	wbxml_text_tag(w, AS_ServerId,
		       eas_sync_answer_id(an, store_msg_uid(msg)));
	wbxml_start(w, AS_ApplicationData);
	ret = write(an, msg);
	if (ret == 0 && wbxml_mark_rollback(w))
		return;
	if (ret != 0) {
		wbxml_end(w, AS_ApplicationData);
		wbxml_end(w, tag);
		wbxml_mark_commit(w);
	}
}

static void answer_messages(struct eas_sync_answer *an, wbxml_tag_t tag,
			    const ARRAY_TYPE(seq_range) *uids,
			    enum store_want want, answer_write_t *write)
{
	struct store_fetch *fetch;
	struct store_msg *msg;

	if (array_count(uids) == 0)
		return;
	fetch = store_fetch_init(an->coll->folder, uids, want, TRUE);
	while (!wbxml_writer_failed(an->w) && store_fetch_next(fetch, &msg))
		T_BEGIN {
			answer_message(an, tag, msg, write);
		} T_END;
	if (store_fetch_deinit(&fetch) < 0) {
		e_error(an->sync->req->event,
			"Reading folder %s stopped midway",
			an->coll->info->vname);
	}
}

#define WANT_WHOLE (STORE_WANT_FLAGS | STORE_WANT_HEADERS | \
		    STORE_WANT_STRUCTURE | STORE_WANT_BODY)

void eas_sync_mail_write_news(struct eas_sync_answer *an)
{
	const struct eas_sync_sets *told = &an->gen->told;

	if (array_count(&told->full) + array_count(&told->change) +
	    array_count(&told->add) == 0)
		return;
	if (eas_sync_open(an->sync, an->coll) < 0) {
		e_error(an->sync->req->event, "Folder %s cannot be opened "
			"for the answer again", an->coll->info->vname);
		return;
	}
	answer_messages(an, AS_Change, &told->full, WANT_WHOLE,
			answer_write_whole);
	answer_messages(an, AS_Change, &told->change, STORE_WANT_FLAGS,
			answer_write_flags);
	answer_messages(an, AS_Add, &told->add, WANT_WHOLE,
			answer_write_whole);
}

/* 1 written, 0 there is no such message */
int eas_sync_mail_write_fetch(struct eas_sync_answer *an,
			      const char *server_id)
{
	struct eas_body_options body;
	struct wbxml_writer *w = an->w;
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;
	uint32_t uid;
	int ret;

	if (eas_item_open(an->sync->req, server_id, &folder, &uid) <= 0)
		return 0;
	if ((ret = eas_item_fetch(folder, uid, WANT_WHOLE,
				  &fetch, &msg)) > 0) {
		eas_sync_fetch_options(an, &body);
		wbxml_mark(w);
		wbxml_start(w, AS_Fetch);
		wbxml_text_tag(w, AS_ServerId, server_id);
		wbxml_uint_tag(w, AS_Status, EAS_SYNC_OK);
		wbxml_start(w, AS_ApplicationData);
		ret = eas_email_write(an->sync->req, folder, msg, &body, w);
		if (ret != 0) {
			wbxml_end(w, AS_ApplicationData);
			wbxml_end(w, AS_Fetch);
			wbxml_mark_commit(w);
		} else if (!wbxml_mark_rollback(w)) {
			ret = 1;
		}
		(void)store_fetch_deinit(&fetch);
	}
	store_close(&folder);
	return ret == 0 ? 0 : 1;
}
