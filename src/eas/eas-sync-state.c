/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* State of one collection on one device: its bytes, and the arithmetic of what
   the client has and what it has yet to be told. Pure. */

#include "eas-sync-state.h"

#define SYNC_STATE_FORMAT 3

const char *eas_sync_state_name(store_fid_t fid)
{
	return t_strdup_printf("sync/%u", fid);
}

/* --- memory ----------------------------------------------------------------- */

void eas_sync_sets_init(struct eas_sync_sets *sets, pool_t pool)
{
	p_array_init(&sets->add, pool, 1);
	p_array_init(&sets->change, pool, 1);
	p_array_init(&sets->seen, pool, 1);
	p_array_init(&sets->flagged, pool, 1);
	p_array_init(&sets->keywords, pool, 1);
	p_array_init(&sets->full, pool, 1);
	p_array_init(&sets->gone, pool, 1);
	p_array_init(&sets->soft, pool, 1);
}

static void sync_sets_copy(struct eas_sync_sets *dest,
			   const struct eas_sync_sets *src)
{
	array_append_array(&dest->add, &src->add);
	array_append_array(&dest->change, &src->change);
	array_append_array(&dest->seen, &src->seen);
	array_append_array(&dest->flagged, &src->flagged);
	array_append_array(&dest->keywords, &src->keywords);
	array_append_array(&dest->full, &src->full);
	array_append_array(&dest->gone, &src->gone);
	array_append_array(&dest->soft, &src->soft);
}

unsigned int eas_sync_sets_count(const struct eas_sync_sets *sets)
{
	return seq_range_count(&sets->add) + seq_range_count(&sets->change) +
		seq_range_count(&sets->full) + seq_range_count(&sets->gone) +
		seq_range_count(&sets->soft);
}

void eas_sync_generation_init(struct eas_sync_generation *gen, pool_t pool)
{
	i_zero(gen);
	gen->opts.conflict = EAS_SYNC_SERVER_WINS;
	p_array_init(&gen->known, pool, 4);
	eas_sync_sets_init(&gen->todo, pool);
	eas_sync_sets_init(&gen->told, pool);
	p_array_init(&gen->own, pool, 1);
	p_array_init(&gen->aliases, pool, 1);
	p_array_init(&gen->results, pool, 1);
}

void eas_sync_generation_copy(struct eas_sync_generation *dest,
			      const struct eas_sync_generation *src,
			      pool_t pool)
{
	const struct eas_sync_alias *alias;

	eas_sync_generation_init(dest, pool);
	dest->key = src->key;
	dest->opts = src->opts;
	dest->point = src->point;
	dest->filter_since = src->filter_since;
	array_append_array(&dest->known, &src->known);
	sync_sets_copy(&dest->todo, &src->todo);
	array_append_array(&dest->own, &src->own);
	/* Those of messages that are gone were needed for the answer only. */
	array_foreach(&src->aliases, alias) {
		if (seq_range_exists(&src->known, alias->uid) ||
		    seq_range_exists(&src->todo.add, alias->uid))
			array_push_back(&dest->aliases, alias);
	}
}

/* --- bytes ------------------------------------------------------------------ */

static void prefs_pack(const struct mime_body_preference *pref, buffer_t *dest)
{
	eas_pack_num(dest, pref->type);
	eas_pack_num(dest, pref->truncation_size);
	eas_pack_num(dest, pref->all_or_none ? 1 : 0);
	eas_pack_num(dest, pref->preview);
}

static void prefs_unpack(struct eas_unpack *in,
			 struct mime_body_preference *pref)
{
	pref->type = eas_unpack_num32(in);
	pref->truncation_size = eas_unpack_num(in);
	pref->all_or_none = eas_unpack_num(in) != 0;
	pref->preview = eas_unpack_num32(in);
}

static void options_pack(const struct eas_sync_options *opts, buffer_t *dest)
{
	const struct eas_body_options *body = &opts->body;

	eas_pack_num(dest, opts->filter_type);
	eas_pack_num(dest, opts->conflict);
	eas_pack_num(dest, (opts->conversation_mode ? 1 : 0) |
		     (body->mime_truncation_set ? 2 : 0) |
		     (body->truncation_set ? 4 : 0) |
		     (body->body_part ? 8 : 0));
	eas_pack_num(dest, body->mime_support);
	eas_pack_num(dest, body->mime_truncation);
	eas_pack_num(dest, body->truncation);
	eas_pack_num(dest, body->prefs_count);
	for (unsigned int i = 0; i < body->prefs_count; i++)
		prefs_pack(&body->prefs[i], dest);
	if (body->body_part)
		prefs_pack(&body->body_part_pref, dest);
}

static void options_unpack(struct eas_unpack *in,
			   struct eas_sync_options *opts)
{
	struct eas_body_options *body = &opts->body;
	uint32_t flags;

	opts->filter_type = eas_unpack_num32(in);
	opts->conflict = eas_unpack_num32(in);
	flags = eas_unpack_num32(in);
	opts->conversation_mode = (flags & 1) != 0;
	body->mime_truncation_set = (flags & 2) != 0;
	body->truncation_set = (flags & 4) != 0;
	body->body_part = (flags & 8) != 0;
	body->mime_support = eas_unpack_num32(in);
	body->mime_truncation = eas_unpack_num(in);
	body->truncation = eas_unpack_num(in);
	body->prefs_count = eas_unpack_num32(in);
	if (body->prefs_count > N_ELEMENTS(body->prefs)) {
		body->prefs_count = 0;
		in->failed = TRUE;
	}
	for (unsigned int i = 0; i < body->prefs_count; i++)
		prefs_unpack(in, &body->prefs[i]);
	if (body->body_part)
		prefs_unpack(in, &body->body_part_pref);
}

static void point_pack(const struct store_point *point, buffer_t *dest)
{
	eas_pack_num(dest, point->idspace);
	eas_pack_num(dest, point->uidnext);
	eas_pack_num(dest, point->modseq);
	eas_pack_num(dest, point->pvt_modseq);
}

static void point_unpack(struct eas_unpack *in, struct store_point *point)
{
	point->idspace = eas_unpack_num32(in);
	point->uidnext = eas_unpack_num32(in);
	point->modseq = eas_unpack_num(in);
	point->pvt_modseq = eas_unpack_num(in);
}

static void sets_pack(const struct eas_sync_sets *sets, buffer_t *dest)
{
	eas_pack_ranges(dest, &sets->add);
	eas_pack_ranges(dest, &sets->change);
	eas_pack_ranges(dest, &sets->full);
	eas_pack_ranges(dest, &sets->gone);
	eas_pack_ranges(dest, &sets->soft);
	eas_pack_ranges(dest, &sets->seen);
	eas_pack_ranges(dest, &sets->flagged);
	eas_pack_ranges(dest, &sets->keywords);
}

static void sets_unpack(struct eas_unpack *in, struct eas_sync_sets *sets)
{
	eas_unpack_ranges(in, &sets->add);
	eas_unpack_ranges(in, &sets->change);
	eas_unpack_ranges(in, &sets->full);
	eas_unpack_ranges(in, &sets->gone);
	eas_unpack_ranges(in, &sets->soft);
	eas_unpack_ranges(in, &sets->seen);
	eas_unpack_ranges(in, &sets->flagged);
	eas_unpack_ranges(in, &sets->keywords);
}

static void result_pack(const struct eas_sync_result *res, buffer_t *dest)
{
	const struct eas_sync_attachment *att;

	eas_pack_num(dest, res->op);
	eas_pack_num(dest, res->status);
	eas_pack_str(dest, res->client_id);
	eas_pack_str(dest, res->server_id);
	eas_pack_str(dest, res->instance_id);
	if (!array_is_created(&res->attachments)) {
		eas_pack_num(dest, 0);
		return;
	}
	eas_pack_num(dest, array_count(&res->attachments));
	array_foreach(&res->attachments, att) {
		eas_pack_str(dest, att->client_id);
		eas_pack_str(dest, att->file_reference);
	}
}

static void result_unpack(struct eas_unpack *in, pool_t pool,
			  struct eas_sync_result *res)
{
	unsigned int i, count;

	res->op = eas_unpack_num32(in);
	res->status = eas_unpack_num32(in);
	res->client_id = eas_unpack_str(in, pool);
	res->server_id = eas_unpack_str(in, pool);
	res->instance_id = eas_unpack_str(in, pool);
	count = eas_unpack_count(in, 2);
	if (count == 0)
		return;
	p_array_init(&res->attachments, pool, count);
	for (i = 0; i < count && !in->failed; i++) {
		struct eas_sync_attachment *att =
			array_append_space(&res->attachments);

		att->client_id = eas_unpack_str(in, pool);
		att->file_reference = eas_unpack_str(in, pool);
	}
}

static void generation_pack(const struct eas_sync_generation *gen,
			    buffer_t *dest)
{
	const struct store_changed *own;
	const struct eas_sync_alias *alias;

	eas_key_pack(dest, &gen->key);
	options_pack(&gen->opts, dest);
	point_pack(&gen->point, dest);
	eas_pack_num(dest, gen->filter_since);
	eas_pack_ranges(dest, &gen->known);
	sets_pack(&gen->todo, dest);
	eas_pack_num(dest, array_count(&gen->own));
	array_foreach(&gen->own, own) {
		eas_pack_num(dest, own->uid);
		eas_pack_num(dest, own->modseq);
	}
	eas_pack_num(dest, array_count(&gen->aliases));
	array_foreach(&gen->aliases, alias) {
		eas_pack_num(dest, alias->uid);
		eas_pack_num(dest, alias->oid.idspace);
		eas_pack_num(dest, alias->oid.uid);
	}
}

static void generation_unpack(struct eas_unpack *in, pool_t pool,
			      struct eas_sync_generation *gen)
{
	unsigned int i, count;

	eas_sync_generation_init(gen, pool);
	eas_key_unpack(in, &gen->key);
	options_unpack(in, &gen->opts);
	point_unpack(in, &gen->point);
	gen->filter_since = eas_unpack_num(in);
	eas_unpack_ranges(in, &gen->known);
	sets_unpack(in, &gen->todo);
	count = eas_unpack_count(in, 2);
	for (i = 0; i < count; i++) {
		struct store_changed *own = array_append_space(&gen->own);

		own->uid = eas_unpack_num32(in);
		own->modseq = eas_unpack_num(in);
	}
	count = eas_unpack_count(in, 3);
	for (i = 0; i < count; i++) {
		struct eas_sync_alias *alias =
			array_append_space(&gen->aliases);

		alias->uid = eas_unpack_num32(in);
		alias->oid.idspace = eas_unpack_num32(in);
		alias->oid.uid = eas_unpack_num32(in);
	}
}

static void answer_pack(const struct eas_sync_generation *gen, buffer_t *dest)
{
	const struct eas_sync_result *res;

	eas_pack_num(dest, gen->request_hash);
	eas_pack_num(dest, gen->answered_more ? 1 : 0);
	sets_pack(&gen->told, dest);
	eas_pack_num(dest, array_count(&gen->results));
	array_foreach(&gen->results, res)
		result_pack(res, dest);
}

static void answer_unpack(struct eas_unpack *in, pool_t pool,
			  struct eas_sync_generation *gen)
{
	unsigned int i, count;

	gen->request_hash = eas_unpack_num32(in);
	gen->answered_more = eas_unpack_num(in) != 0;
	sets_unpack(in, &gen->told);
	count = eas_unpack_count(in, 6);
	for (i = 0; i < count && !in->failed; i++)
		result_unpack(in, pool, array_append_space(&gen->results));
}

/* 0: none was given */
static void supported_pack(const struct eas_supported *supported,
			   buffer_t *dest)
{
	const wbxml_tag_t *tag;

	if (!supported->given) {
		eas_pack_num(dest, 0);
		return;
	}
	eas_pack_num(dest, array_count(&supported->tags) + 1);
	array_foreach(&supported->tags, tag)
		eas_pack_num(dest, *tag);
}

static void supported_unpack(struct eas_unpack *in, pool_t pool,
			     struct eas_supported *supported)
{
	unsigned int i, count = eas_unpack_count(in, 1);

	supported->given = count > 0;
	p_array_init(&supported->tags, pool, count + 1);
	for (i = 1; i < count && !in->failed; i++) {
		wbxml_tag_t tag = eas_unpack_num32(in);

		array_push_back(&supported->tags, &tag);
	}
}

void eas_sync_state_pack(const struct eas_sync_state *state, buffer_t *dest)
{
	eas_pack_num(dest, SYNC_STATE_FORMAT);
	eas_pack_num(dest, state->epoch);
	supported_pack(&state->supported, dest);
	eas_pack_num(dest, state->have_prev ? 1 : 0);
	generation_pack(&state->cur, dest);
	answer_pack(&state->cur, dest);
	if (state->have_prev)
		generation_pack(&state->prev, dest);
}

int eas_sync_state_unpack(struct eas_sync_state *state, pool_t pool,
			  const void *data, size_t size)
{
	struct eas_unpack in;

	i_zero(state);
	eas_unpack_init(&in, data, size);
	if (eas_unpack_num(&in) != SYNC_STATE_FORMAT)
		return -1;
	state->epoch = eas_unpack_num(&in);
	supported_unpack(&in, pool, &state->supported);
	state->have_prev = eas_unpack_num(&in) == 1;
	generation_unpack(&in, pool, &state->cur);
	answer_unpack(&in, pool, &state->cur);
	if (state->have_prev)
		generation_unpack(&in, pool, &state->prev);
	return in.failed || in.pos != in.end ? -1 : 0;
}

/* --- ids -------------------------------------------------------------------- */

void eas_sync_oid(const struct eas_sync_generation *gen, uint32_t uid,
		  struct store_oid *oid_r)
{
	const struct eas_sync_alias *alias;

	array_foreach(&gen->aliases, alias) {
		if (alias->uid == uid) {
			*oid_r = alias->oid;
			return;
		}
	}
	oid_r->idspace = gen->point.idspace;
	oid_r->uid = uid;
}

void eas_sync_alias_remove(struct eas_sync_generation *gen, uint32_t uid)
{
	const struct eas_sync_alias *alias;

	array_foreach(&gen->aliases, alias) {
		if (alias->uid == uid) {
			array_delete(&gen->aliases,
				     array_foreach_idx(&gen->aliases, alias),
				     1);
			return;
		}
	}
}

void eas_sync_alias_set(struct eas_sync_generation *gen, uint32_t uid,
			const struct store_oid *oid)
{
	struct eas_sync_alias alias = { .uid = uid, .oid = *oid };

	eas_sync_alias_remove(gen, uid);
	if (oid->idspace != gen->point.idspace || oid->uid != uid)
		array_push_back(&gen->aliases, &alias);
}

/* --- what is to be told ------------------------------------------------------ */

/* MS-ASCMD 2.2.3.68.2 FilterType */
static const unsigned int filter_days[] = { 0, 1, 3, 7, 14, 31, 92, 184 };
#define FILTER_STEPS 24
#define DAY_SECS (24 * 60 * 60)

time_t eas_sync_filter_since(unsigned int filter_type, time_t now)
{
	time_t length, step;

	if (filter_type >= N_ELEMENTS(filter_days) ||
	    filter_days[filter_type] == 0)
		return 0;
	length = (time_t)filter_days[filter_type] * DAY_SECS;
	step = length / FILTER_STEPS;
	if (step > DAY_SECS / 4)
		step = DAY_SECS / 4;
	return (now - length) / step * step;
}

/* Takes up to max UIDs out of the end (newest) or beginning of from. */
static unsigned int take_newest(ARRAY_TYPE(seq_range) *from,
				ARRAY_TYPE(seq_range) *to, unsigned int max)
{
	unsigned int taken = 0;

	while (taken < max && array_count(from) > 0) {
		struct seq_range range = *array_back(from);
		unsigned int left = max - taken;

		if (range.seq2 - range.seq1 >= left)
			range.seq1 = range.seq2 - left + 1;
		seq_range_array_remove_range(from, range.seq1, range.seq2);
		seq_range_array_add_range(to, range.seq1, range.seq2);
		taken += range.seq2 - range.seq1 + 1;
	}
	return taken;
}

/* --- what a Change tells ------------------------------------------------------ */

enum store_changed_what
eas_sync_sets_what(const struct eas_sync_sets *sets, uint32_t uid)
{
	return (seq_range_exists(&sets->seen, uid) ? STORE_CHANGED_SEEN : 0) |
		(seq_range_exists(&sets->flagged, uid) ?
		 STORE_CHANGED_FLAGGED : 0) |
		(seq_range_exists(&sets->keywords, uid) ?
		 STORE_CHANGED_KEYWORDS : 0);
}

static void sets_what_add(struct eas_sync_sets *sets, uint32_t uid,
			  enum store_changed_what what)
{
	if ((what & STORE_CHANGED_SEEN) != 0)
		seq_range_array_add(&sets->seen, uid);
	if ((what & STORE_CHANGED_FLAGGED) != 0)
		seq_range_array_add(&sets->flagged, uid);
	if ((what & STORE_CHANGED_KEYWORDS) != 0)
		seq_range_array_add(&sets->keywords, uid);
}

static void sets_what_drop(struct eas_sync_sets *sets,
			   const ARRAY_TYPE(seq_range) *uids)
{
	seq_range_array_remove_seq_range(&sets->seen, uids);
	seq_range_array_remove_seq_range(&sets->flagged, uids);
	seq_range_array_remove_seq_range(&sets->keywords, uids);
}

void eas_sync_change_all(struct eas_sync_generation *gen, uint32_t uid)
{
	ARRAY_TYPE(seq_range) uids;

	t_array_init(&uids, 1);
	seq_range_array_add(&uids, uid);
	sets_what_drop(&gen->todo, &uids);
	seq_range_array_add(&gen->todo.change, uid);
}

/* On top of what is lined up already: the more of both */
static void change_merge(struct eas_sync_generation *gen,
			 const struct store_changed *change)
{
	struct eas_sync_sets *todo = &gen->todo;
	bool lined_up = seq_range_exists(&todo->change, change->uid);

	/* \Answered comes with everything (LastVerbExecuted). */
	if (change->what == 0 || (change->what & STORE_CHANGED_OTHER) != 0 ||
	    (lined_up && eas_sync_sets_what(todo, change->uid) == 0)) {
		eas_sync_change_all(gen, change->uid);
		return;
	}
	seq_range_array_add(&todo->change, change->uid);
	sets_what_add(todo, change->uid, change->what);
}

/* What is told of the changes that were taken moves with them. */
static void what_move(ARRAY_TYPE(seq_range) *from, ARRAY_TYPE(seq_range) *to,
		      const ARRAY_TYPE(seq_range) *uids)
{
	seq_range_array_merge(to, from);
	seq_range_array_intersect(to, uids);
	seq_range_array_remove_seq_range(from, uids);
}

unsigned int eas_sync_choose(struct eas_sync_generation *gen,
			     unsigned int max)
{
	struct eas_sync_sets *todo = &gen->todo, *told = &gen->told;
	unsigned int count = 0;

	count += take_newest(&todo->gone, &told->gone, max - count);
	count += take_newest(&todo->soft, &told->soft, max - count);
	count += take_newest(&todo->full, &told->full, max - count);
	count += take_newest(&todo->change, &told->change, max - count);
	count += take_newest(&todo->add, &told->add, max - count);
	what_move(&todo->seen, &told->seen, &told->change);
	what_move(&todo->flagged, &told->flagged, &told->change);
	what_move(&todo->keywords, &told->keywords, &told->change);

	seq_range_array_remove_seq_range(&gen->known, &told->gone);
	seq_range_array_remove_seq_range(&gen->known, &told->soft);
	seq_range_array_merge(&gen->known, &told->add);
	return count;
}

/* No other news about a message that is gone for the client. */
static void todo_drop(struct eas_sync_sets *todo,
		      const ARRAY_TYPE(seq_range) *uids)
{
	seq_range_array_remove_seq_range(&todo->add, uids);
	seq_range_array_remove_seq_range(&todo->change, uids);
	seq_range_array_remove_seq_range(&todo->full, uids);
	seq_range_array_remove_seq_range(&todo->soft, uids);
	sets_what_drop(todo, uids);
}

void eas_sync_drop(struct eas_sync_generation *gen,
		   const ARRAY_TYPE(seq_range) *uids)
{
	seq_range_array_remove_seq_range(&gen->known, uids);
	seq_range_array_remove_seq_range(&gen->todo.gone, uids);
	todo_drop(&gen->todo, uids);
}

static bool change_is_own(const struct eas_sync_generation *gen,
			  const struct store_changed *change)
{
	const struct store_changed *own;

	array_foreach(&gen->own, own) {
		if (own->uid == change->uid && own->modseq == change->modseq)
			return TRUE;
	}
	return FALSE;
}

static void merge_rewritten(struct eas_sync_generation *gen,
			    const struct store_rewritten *rew)
{
	ARRAY_TYPE(seq_range) old;
	struct store_oid oid;

	if (seq_range_exists(&gen->todo.add, rew->old_uid)) {
		/* Not sent yet: the new text will be. */
		seq_range_array_remove(&gen->todo.add, rew->old_uid);
		seq_range_array_add(&gen->todo.add, rew->new_uid);
	} else if (seq_range_exists(&gen->known, rew->old_uid)) {
		seq_range_array_remove(&gen->known, rew->old_uid);
		seq_range_array_add(&gen->known, rew->new_uid);
		t_array_init(&old, 1);
		seq_range_array_add(&old, rew->old_uid);
		todo_drop(&gen->todo, &old);
		seq_range_array_add(&gen->todo.full, rew->new_uid);
	} else {
		return;
	}
	eas_sync_oid(gen, rew->old_uid, &oid);
	eas_sync_alias_remove(gen, rew->old_uid);
	eas_sync_alias_set(gen, rew->new_uid, &oid);
}

void eas_sync_merge_changes(struct eas_sync_generation *gen,
			    const struct store_changes *changes)
{
	const struct store_rewritten *rew;
	const struct store_changed *change;
	ARRAY_TYPE(seq_range) gone;

	if (array_is_created(&changes->rewritten)) {
		array_foreach(&changes->rewritten, rew)
			merge_rewritten(gen, rew);
	}
	seq_range_array_merge(&gen->todo.add, &changes->added);
	array_foreach(&changes->changed, change) {
		if (seq_range_exists(&gen->known, change->uid) &&
		    !seq_range_exists(&gen->todo.full, change->uid) &&
		    !seq_range_exists(&gen->todo.soft, change->uid) &&
		    !change_is_own(gen, change))
			change_merge(gen, change);
	}

	todo_drop(&gen->todo, &changes->expunged);
	t_array_init(&gone, 16);
	seq_range_array_merge(&gone, &changes->expunged);
	seq_range_array_intersect(&gone, &gen->known);
	seq_range_array_merge(&gen->todo.gone, &gone);
	gen->point = changes->now;
	array_clear(&gen->own);
}

static void leave_window(struct eas_sync_generation *gen,
			 const ARRAY_TYPE(seq_range) *uids)
{
	ARRAY_TYPE(seq_range) out;

	t_array_init(&out, 8);
	seq_range_array_merge(&out, uids);
	seq_range_array_intersect(&out, &gen->known);
	seq_range_array_remove_seq_range(&out, &gen->todo.gone);
	todo_drop(&gen->todo, uids);
	seq_range_array_merge(&gen->todo.soft, &out);
}

void eas_sync_filter_changes(struct eas_sync_generation *gen,
			     struct store_changes *changes,
			     const ARRAY_TYPE(seq_range) *visible)
{
	const struct store_changed *list;
	ARRAY_TYPE(seq_range) out;

	seq_range_array_intersect(&changes->added, visible);
	t_array_init(&out, 4);
	for (unsigned int i = array_count(&changes->changed); i > 0; i--) {
		list = array_idx(&changes->changed, i - 1);
		if (seq_range_exists(visible, list->uid)) {
			/* It may have been about to leave. */
			seq_range_array_remove(&gen->todo.soft, list->uid);
			continue;
		}
		seq_range_array_add(&out, list->uid);
		array_delete(&changes->changed, i - 1, 1);
	}
	leave_window(gen, &out);
}

void eas_sync_apply_window(struct eas_sync_generation *gen,
			   const ARRAY_TYPE(seq_range) *visible)
{
	ARRAY_TYPE(seq_range) out, in;

	/* Out of the window: what the client has, and is not gone anyway */
	t_array_init(&out, array_count(&gen->known));
	seq_range_array_merge(&out, &gen->known);
	seq_range_array_remove_seq_range(&out, visible);
	seq_range_array_remove_seq_range(&out, &gen->todo.gone);
	todo_drop(&gen->todo, &out);
	array_clear(&gen->todo.soft);
	seq_range_array_merge(&gen->todo.soft, &out);

	/* In the window, and the client has it not */
	t_array_init(&in, array_count(visible));
	seq_range_array_merge(&in, visible);
	seq_range_array_remove_seq_range(&in, &gen->known);
	array_clear(&gen->todo.add);
	seq_range_array_merge(&gen->todo.add, &in);
}
