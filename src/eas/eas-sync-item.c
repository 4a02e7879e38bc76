/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Folders of items in Sync: what changed, and how it is told. An item's number
   is to the state what a message's UID is. */

#include "eas-sync.h"
#include "ioloop.h"

/* FilterType 8 of tasks: a window without a time; any value that no other
   filter has. */
#define FILTER_INCOMPLETE 8
#define FILTER_INCOMPLETE_SINCE 1

/* What one answer may hold; the rest comes with MoreAvailable. */
#define ANSWER_BYTES (16 * 1024 * 1024)
/* The size of all is looked at only if that of the first is above this. */
#define SAMPLE_ITEMS 16
#define SAMPLE_BYTES (SAMPLE_ITEMS * 16 * 1024)

void eas_sync_item_context(struct eas_sync *sync, struct eas_sync_coll *coll,
			   const struct eas_body_options *body,
			   struct eas_item_context *ctx_r)
{
	i_zero(ctx_r);
	ctx_r->req = sync->req;
	ctx_r->class = coll->item_class;
	ctx_r->folder = coll->info;
	ctx_r->body = body;
	if (coll->state.supported.given)
		ctx_r->supported = &coll->state.supported;
}

/* --- what changed ----------------------------------------------------------------- */

static time_t item_filter_since(const struct eas_sync_coll *coll,
				unsigned int filter_type)
{
	if (coll->item_class->visible == NULL)
		return 0;
	if (coll->item_class->ranks)
		return FILTER_INCOMPLETE_SINCE + filter_type;
	if (filter_type == FILTER_INCOMPLETE || coll->item_class->hides)
		return FILTER_INCOMPLETE_SINCE;
	return eas_sync_filter_since(filter_type, ioloop_time);
}

static bool item_unchanged(struct eas_sync *sync, struct eas_sync_coll *coll,
			   const struct store_point *since)
{
	return store_item_unchanged(sync->req->store, coll->fid, since);
}

/* since as item_filter_since() has it */
static int item_visible(struct eas_sync *sync, struct eas_sync_coll *coll,
			time_t since, const ARRAY_TYPE(seq_range) *among,
			ARRAY_TYPE(seq_range) *nums_r)
{
	unsigned int type = coll->next.opts.filter_type;

	if (since == 0)
		return store_item_nums(sync->req->store, coll->fid, nums_r);
	return coll->item_class->visible(sync->req, coll->fid, type,
		type == FILTER_INCOMPLETE ? 0 : since, among, nums_r);
}

static int item_window(struct eas_sync *sync, struct eas_sync_coll *coll,
		       time_t since)
{
	ARRAY_TYPE(seq_range) visible;

	t_array_init(&visible, 128);
	if (item_visible(sync, coll, since, NULL, &visible) < 0)
		return -1;
	eas_sync_apply_window(&coll->next, &visible);
	coll->next.filter_since = since;
	return 0;
}

/* Only new and changed ones can have come into the window, or left it. */
static int item_filter_news(struct eas_sync *sync, struct eas_sync_coll *coll,
			    time_t since, struct store_changes *changes)
{
	ARRAY_TYPE(seq_range) news, visible;
	const struct store_changed *change;

	t_array_init(&news, 16);
	seq_range_array_merge(&news, &changes->added);
	array_foreach(&changes->changed, change)
		seq_range_array_add(&news, change->uid);
	if (array_count(&news) == 0)
		return 0;
	t_array_init(&visible, 16);
	if (item_visible(sync, coll, since, &news, &visible) < 0)
		return -1;
	eas_sync_filter_changes(&coll->next, changes, &visible);
	return 0;
}

static int item_news(struct eas_sync *sync, struct eas_sync_coll *coll,
		     time_t since)
{
	struct eas_sync_generation *gen = &coll->next;
	ARRAY_TYPE(seq_range) known;
	struct store_changes changes;
	int ret;

	t_array_init(&known, array_count(&gen->known) + 8);
	seq_range_array_merge(&known, &gen->known);
	seq_range_array_merge(&known, &gen->todo.add);
	i_zero(&changes);
	ret = store_item_changes(sync->req->store, coll->fid, &gen->point,
				 &known, sync->req->pool, &changes);
	if (ret <= 0)
		return ret;
	if (since != 0 && item_filter_news(sync, coll, since, &changes) < 0)
		return -1;
	eas_sync_merge_changes(gen, &changes);
	return 1;
}

static int item_changes(struct eas_sync *sync, struct eas_sync_coll *coll)
{
	struct eas_sync_generation *gen = &coll->next;
	struct store *store = sync->req->store;
	time_t since = item_filter_since(coll, gen->opts.filter_type);
	bool moved;
	int ret;

	if (gen->point.idspace == 0) {
		/* The point first: what comes after it is told again. */
		if (store_item_point(store, coll->fid, &gen->point) < 0)
			return -1;
		return item_window(sync, coll, since) < 0 ? -1 : 1;
	}
	moved = (time_t)gen->filter_since != since;
	if (!moved && store_item_unchanged(store, coll->fid, &gen->point))
		return 1;
	if ((ret = item_news(sync, coll, since)) <= 0)
		return ret;
	if ((moved || coll->item_class->ranks) &&
	    item_window(sync, coll, since) < 0)
		return -1;
	return 1;
}

/* --- how much is told ------------------------------------------------------------- */

static void item_candidates(const ARRAY_TYPE(seq_range) *from,
			    unsigned int max, ARRAY_TYPE(seq_range) *nums)
{
	const struct seq_range *ranges;
	unsigned int i, count, n = 0;

	ranges = array_get(from, &count);
	for (i = count; i > 0 && n < max; i--) {
		uint32_t length = ranges[i-1].seq2 - ranges[i-1].seq1 + 1;
		uint32_t take = I_MIN(length, max - n);

		seq_range_array_add_range(nums, ranges[i-1].seq2 - take + 1,
					  ranges[i-1].seq2);
		n += take;
	}
}

static unsigned int item_budget(struct eas_sync *sync,
				struct eas_sync_coll *coll, unsigned int max)
{
	const struct eas_sync_sets *todo = &coll->next.todo;
	ARRAY_TYPE(seq_range) nums;
	struct store_item_iter *iter;
	struct store_item item;
	unsigned int count = 0, others;
	uoff_t sum = 0;

	if (array_count(&todo->add) == 0 || max <= SAMPLE_ITEMS)
		return max;
	others = eas_sync_sets_count(todo) - seq_range_count(&todo->add);
	t_array_init(&nums, 16);
	item_candidates(&todo->add, max, &nums);
	iter = store_item_iter_init(sync->req->store, coll->fid, &nums, TRUE);
	while (sum < ANSWER_BYTES && store_item_iter_next(iter, &item)) {
		sum += item.text_size;
		if (++count == SAMPLE_ITEMS && sum < SAMPLE_BYTES)
			break;
	}
	(void)store_item_iter_deinit(&iter);
	return sum < ANSWER_BYTES ? max : I_MIN(max, others + count);
}

static int item_chosen(struct eas_sync *sync ATTR_UNUSED,
		       struct eas_sync_coll *coll ATTR_UNUSED)
{
	return 0;
}

/* --- answer ------------------------------------------------------------------------ */

/* 1 written, 0 it cannot be shown */
static int item_write(const struct eas_item_context *ctx, wbxml_tag_t tag,
		      const struct store_item *item, struct wbxml_writer *w)
{
	int ret;

	wbxml_mark(w);
	wbxml_start(w, tag);
	wbxml_text_tag(w, AS_ServerId,
		       eas_item_id(ctx->folder->fid, item->num));
	if (tag == AS_Fetch)
		wbxml_uint_tag(w, AS_Status, EAS_SYNC_OK);
	wbxml_start(w, AS_ApplicationData);
	ret = ctx->class->write(ctx, item, w);
	if (ret == 0) {
		e_warning(ctx->req->event, "Device %s: item %s of folder %s "
			"cannot be read, left out", ctx->req->device_id,
			item->name, ctx->folder->vname);
		if (wbxml_mark_rollback(w))
			return 0;
	} else {
		wbxml_end(w, AS_ApplicationData);
		wbxml_end(w, tag);
		wbxml_mark_commit(w);
	}
	return 1;
}

static void answer_items(struct eas_sync_answer *an, wbxml_tag_t tag,
			 const ARRAY_TYPE(seq_range) *nums)
{
	struct eas_request *req = an->sync->req;
	struct eas_sync_coll *coll = an->coll;
	struct eas_item_context ctx;
	struct store_item_iter *iter;
	struct store_item item;

	if (array_count(nums) == 0)
		return;
	eas_sync_item_context(an->sync, coll, an->body, &ctx);
	iter = store_item_iter_init(req->store, coll->fid, nums, TRUE);
	while (!wbxml_writer_failed(an->w) &&
	       store_item_iter_next(iter, &item)) T_BEGIN {
		if (item_write(&ctx, tag, &item, an->w) == 0 && tag == AS_Add)
			seq_range_array_add(&coll->unwritten, item.num);
	} T_END;
	if (store_item_iter_deinit(&iter) < 0) {
		e_error(req->event, "Reading folder %s stopped midway",
			coll->info->vname);
	}
}

static void item_write_news(struct eas_sync_answer *an)
{
	const struct eas_sync_sets *told = &an->gen->told;

	answer_items(an, AS_Change, &told->full);
	answer_items(an, AS_Change, &told->change);
	answer_items(an, AS_Add, &told->add);
}

static int item_write_fetch(struct eas_sync_answer *an, const char *server_id)
{
	struct eas_request *req = an->sync->req;
	struct eas_body_options body;
	struct eas_item_context ctx;
	struct store_item item;
	store_fid_t fid;
	uint32_t num;
	pool_t pool;
	int ret;

	if (!eas_item_id_parse(server_id, &fid, &num) || fid != an->coll->fid)
		return 0;
	pool = pool_alloconly_create("sync fetch", 4096);
	ret = store_item_get(req->store, fid, num, pool, &item);
	if (ret > 0) {
		eas_sync_fetch_options(an, &body);
		eas_sync_item_context(an->sync, an->coll, &body, &ctx);
		ret = item_write(&ctx, AS_Fetch, &item, an->w);
	}
	pool_unref(&pool);
	return ret > 0 ? 1 : 0;
}

const struct eas_sync_kind eas_sync_kind_item = {
	.items = TRUE,
	.filter_since = item_filter_since,
	.unchanged = item_unchanged,
	.changes = item_changes,
	.budget = item_budget,
	.chosen = item_chosen,
	.apply = eas_sync_item_apply,
	.write_news = item_write_news,
	.write_fetch = item_write_fetch,
};
