/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What changed in a mail folder for a device: asked of the store, never found by
   listing the folder (design D6), save where a filter's window moves. */

#include "eas-sync.h"
#include "ioloop.h"

/* Up to here the dates of new messages are looked at one by one. */
#define FEW_ADDED 64

/* Bodies above this are as good as uncut; and what one answer may hold: some
   seconds of a phone's line. The rest comes with MoreAvailable. */
#define WHOLE_BODY_BYTES (1024 * 1024)
#define ANSWER_BYTES (16 * 1024 * 1024)

int eas_sync_open(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	if (coll->folder != NULL)
		return 0;
	return store_open(sync->req->store, coll->fid, &coll->folder);
}

/* Messages copied in may be older than the window. */
static int added_in_window(struct eas_sync_coll *coll, time_t since,
			   ARRAY_TYPE(seq_range) *added)
{
	ARRAY_TYPE(seq_range) visible;
	struct store_fetch *fetch;
	struct store_msg *msg;

	t_array_init(&visible, 8);
	if (seq_range_count(added) > FEW_ADDED) {
		if (store_uids_since(coll->folder, since, &visible) < 0)
			return -1;
		seq_range_array_intersect(added, &visible);
		return 0;
	}
	fetch = store_fetch_init(coll->folder, added, STORE_WANT_FLAGS, TRUE);
	while (store_fetch_next(fetch, &msg)) {
		time_t received;

		if (store_msg_received(msg, &received) == 0 &&
		    received >= since)
			seq_range_array_add(&visible, store_msg_uid(msg));
	}
	if (store_fetch_deinit(&fetch) < 0)
		return -1;
	seq_range_array_intersect(added, &visible);
	return 0;
}

/* What the filter shows; with whole conversations if that is asked for
   (MS-ASCON 3.1.4.9) */
static int mail_visible(struct eas_sync_coll *coll, time_t since,
			ARRAY_TYPE(seq_range) *visible)
{
	if (store_uids_since(coll->folder, since, visible) < 0)
		return -1;
	return since == 0 || !coll->next.opts.conversation_mode ? 0 :
		store_conversation_uids(coll->folder, visible);
}

static int mail_window(struct eas_sync_coll *coll, time_t since)
{
	ARRAY_TYPE(seq_range) visible;

	t_array_init(&visible, 128);
	if (mail_visible(coll, since, &visible) < 0)
		return -1;
	eas_sync_apply_window(&coll->next, &visible);
	coll->next.filter_since = since;
	return 0;
}

/* A new message brings its conversation with it. What falls out of the filter
   now because others went is told when mail ages out (MS-ASCON 3.2.5.6). */
static int mail_extend(struct eas_sync_coll *coll, time_t since)
{
	struct eas_sync_generation *gen = &coll->next;
	ARRAY_TYPE(seq_range) visible;

	t_array_init(&visible, 128);
	if (mail_visible(coll, since, &visible) < 0)
		return -1;
	seq_range_array_remove_seq_range(&visible, &gen->known);
	seq_range_array_merge(&gen->todo.add, &visible);
	return 0;
}

static int mail_first_listing(struct eas_sync *sync,
			      struct eas_sync_coll *coll, time_t since)
{
	if (eas_sync_open(sync, coll) < 0)
		return -1;
	store_point_get(coll->folder, &coll->next.point);
	return mail_window(coll, since) < 0 ? -1 : 1;
}

static int mail_news(struct eas_sync *sync, struct eas_sync_coll *coll,
		     time_t since)
{
	struct eas_sync_generation *gen = &coll->next;
	ARRAY_TYPE(seq_range) known;
	struct store_changes changes;
	bool news;
	int ret;

	if (eas_sync_open(sync, coll) < 0)
		return -1;
	t_array_init(&known, array_count(&gen->known) + 8);
	seq_range_array_merge(&known, &gen->known);
	seq_range_array_merge(&known, &gen->todo.add);
	i_zero(&changes);
	ret = store_changes(coll->folder, &gen->point, &known,
			    gen->point.uidnext, sync->req->pool, &changes);
	if (ret <= 0)
		return ret;
	news = array_count(&changes.added) > 0;
	if (since != 0 && news &&
	    added_in_window(coll, since, &changes.added) < 0)
		return -1;
	eas_sync_merge_changes(gen, &changes);
	if (since != 0 && news && gen->opts.conversation_mode &&
	    mail_extend(coll, since) < 0)
		return -1;
	return 1;
}

static bool mail_mode_changed(const struct eas_sync_coll *coll)
{
	return coll->base != NULL && coll->base->opts.conversation_mode !=
		coll->next.opts.conversation_mode;
}

static int mail_changes(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct eas_sync_generation *gen = &coll->next;
	time_t since = eas_sync_filter_since(gen->opts.filter_type,
					     ioloop_time);
	bool moved;
	int ret;

	if (!coll->info->selectable)
		return 1;
	if (gen->point.idspace == 0)
		return mail_first_listing(sync, coll, since);

	moved = (time_t)gen->filter_since != since || mail_mode_changed(coll);
	if (!moved && store_unchanged(sync->req->store, coll->fid,
				      &gen->point))
		return 1;
	if ((ret = mail_news(sync, coll, since)) <= 0)
		return ret;
	if (moved && mail_window(coll, since) < 0)
		return -1;
	return 1;
}

/* Whole bodies: an answer must not take longer than clients wait for it. */
static bool mail_sends_whole(const struct eas_sync_options *opts)
{
	const struct eas_body_options *body = &opts->body;

	for (unsigned int i = 0; i < body->prefs_count; i++) {
		if (body->prefs[i].truncation_size > WHOLE_BODY_BYTES)
			return TRUE;
	}
	return body->prefs_count == 0 &&
		(body->mime_support != MIME_SUPPORT_NEVER ||
		 body->truncation > WHOLE_BODY_BYTES);
}

/* The newest max of the messages to be added */
static void mail_candidates(const struct eas_sync_generation *gen,
			    unsigned int max, ARRAY_TYPE(seq_range) *uids)
{
	const struct seq_range *ranges;
	unsigned int i, count, n = 0;

	ranges = array_get(&gen->todo.add, &count);
	for (i = count; i > 0 && n < max; i--) {
		uint32_t length = ranges[i-1].seq2 - ranges[i-1].seq1 + 1;
		uint32_t take = I_MIN(length, max - n);

		seq_range_array_add_range(uids, ranges[i-1].seq2 - take + 1,
					  ranges[i-1].seq2);
		n += take;
	}
}

static unsigned int mail_budget(struct eas_sync *sync,
				struct eas_sync_coll *coll, unsigned int max)
{
	const struct eas_sync_sets *todo = &coll->next.todo;
	ARRAY_TYPE(seq_range) uids;
	struct store_fetch *fetch;
	struct store_msg *msg;
	unsigned int count = 0, others;
	uoff_t size, sum = 0;

	if (!mail_sends_whole(&coll->next.opts) ||
	    array_count(&todo->add) == 0 || eas_sync_open(sync, coll) < 0)
		return max;
	others = eas_sync_sets_count(todo) - seq_range_count(&todo->add);
	t_array_init(&uids, 16);
	mail_candidates(&coll->next, max, &uids);
	fetch = store_fetch_init(coll->folder, &uids, STORE_WANT_SIZE, TRUE);
	while (sum < ANSWER_BYTES && store_fetch_next(fetch, &msg)) {
		if (store_msg_size(msg, &size) == 0)
			sum += size;
		count++;
	}
	(void)store_fetch_deinit(&fetch);
	if (sum < ANSWER_BYTES)
		return max;
	return I_MIN(max, others + count);
}

/* Messages whose id is not made of their UID, as it was rewritten or moved */
static void mail_note_aliases(struct eas_sync_coll *coll,
			      const ARRAY_TYPE(seq_range) *uids)
{
	struct seq_range_iter iter;
	struct store_oid oid;
	unsigned int n = 0;
	uint32_t uid;

	if (array_count(uids) == 0)
		return;
	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &uid)) {
		store_oid_of(coll->folder, uid, &oid);
		eas_sync_alias_set(&coll->next, uid, &oid);
	}
}

static int mail_chosen(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	if (eas_sync_open(sync, coll) < 0)
		return -1;
	mail_note_aliases(coll, &coll->next.told.add);
	mail_note_aliases(coll, &coll->next.told.full);
	return 0;
}

static time_t mail_filter_since(const struct eas_sync_coll *coll ATTR_UNUSED,
				unsigned int filter_type)
{
	return eas_sync_filter_since(filter_type, ioloop_time);
}

static bool mail_unchanged(struct eas_sync *sync, struct eas_sync_coll *coll,
			   const struct store_point *since)
{
	return store_unchanged(sync->req->store, coll->fid, since);
}

const struct eas_sync_kind eas_sync_kind_mail = {
	.filter_since = mail_filter_since,
	.unchanged = mail_unchanged,
	.changes = mail_changes,
	.budget = mail_budget,
	.chosen = mail_chosen,
	.apply = eas_sync_mail_apply,
	.unapply = eas_sync_mail_unapply,
	.write_news = eas_sync_mail_write_news,
	.write_fetch = eas_sync_mail_write_fetch,
};
