/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of a folder's contents is different from what the client has (MS-OXCFXICS
   3.2.5.3). Works on ranges: a folder of a hundred thousand messages in which nothing
   changed is a few numbers. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-ics.h"
#include "mapi-table.h"

struct planner {
	struct mapi_rop *rop;
	const struct mapi_logon *logon;
	struct mapi_ics_download *download;
	const struct mapi_folder_info *info;
	struct store_place place;
	struct mapi_ics_plan *plan;
	/* everything that is in the folder, by GUID */
	struct mapi_idset present;
	uint64_t changed_max, seq_max;
	/* messages whose read state alone may be different */
	ARRAY_TYPE(mapi_ics_change) reads;
};

static bool wants(const struct planner *p, unsigned int flag)
{
	return (p->download->config.flags & flag) != 0;
}

static const unsigned char *own_guid(const struct planner *p)
{
	return p->logon->replica_guid;
}

/* --- one object ------------------------------------------------------------------------- */

static struct mapi_ics_change *
add_to(struct planner *p, ARRAY_TYPE(mapi_ics_change) *list,
       enum mapi_msg_source source, bool associated, uint32_t num,
       const struct store_gid *gid, const struct store_version *version)
{
	struct mapi_ics_change *change = array_append_space(list);

	change->source = source;
	change->associated = associated;
	change->num = num;
	change->id = mapi_id(gid->replid, gid->counter);
	mapi_ics_version_dup(p->plan->pool, &change->version, version);
	return change;
}

static bool is_seen(const struct planner *p, bool associated, uint64_t cn)
{
	const struct mapi_ics_state *state = &p->download->initial;

	return mapi_idset_contains(associated ? &state->seen_fai :
				   &state->seen, own_guid(p), cn);
}

/* One whose version is known */
static void plan_one(struct planner *p, enum mapi_msg_source source,
		     bool associated, uint32_t num, const struct store_gid *gid,
		     const struct store_version *version)
{
	bool wanted = wants(p, associated ? ICS_FAI : ICS_NORMAL);

	if (wanted && !is_seen(p, associated, version->cn)) {
		add_to(p, &p->plan->changes, source, associated, num, gid,
		       version);
		return;
	}
	if (!associated && version->read_cn != 0 && wants(p, ICS_READ_STATE) &&
	    !mapi_idset_contains(&p->download->initial.read, own_guid(p),
				 version->read_cn))
		add_to(p, &p->reads, source, associated, num, gid, version);
}

static void present_add(struct planner *p, const struct store_mail_run *run)
{
	struct mapi_long_id long_id;

	if (mapi_long_id_of_wire(p->rop, p->logon,
				 mapi_id(run->gid.replid, run->gid.counter),
				 &long_id)) {
		mapi_idset_add_range(&p->present, long_id.guid,
				     long_id.globcnt,
				     long_id.globcnt + run->count - 1);
	}
}

/* --- mail ----------------------------------------------------------------------------------- */

/* Messages that are as they arrived: those whose numbers were not seen */
static void plan_arrived(struct planner *p, const struct store_mail_run *run,
			 uint32_t first, uint32_t count)
{
	ARRAY_TYPE(mapi_idset_range) missing;
	const struct mapi_idset_range *range;
	struct store_version version;
	struct store_gid gid = run->gid;
	uint64_t cn;

	if (count == 0 || !wants(p, ICS_NORMAL))
		return;
	t_array_init(&missing, 4);
	cn = run->key + (first - run->uid);
	mapi_idset_missing(&p->download->initial.seen, own_guid(p), cn,
			   cn + count - 1, &missing);
	i_zero(&version);
	array_foreach(&missing, range) {
		for (cn = range->low; cn <= range->high; cn++) {
			version.cn = cn;
			gid.counter = run->gid.counter + (cn - run->key);
			plan_one(p, MAPI_MSG_MAIL, FALSE,
				 run->uid + (cn - run->key), &gid, &version);
		}
	}
}

/* rows: by UID, those of this run from *next on */
static void plan_run(struct planner *p, const struct store_mail_run *run,
		     const ARRAY_TYPE(store_version_row) *rows,
		     unsigned int *next)
{
	const struct store_version_row *row;
	struct store_gid gid = run->gid;
	uint32_t uid = run->uid, end = run->uid + run->count;

	present_add(p, run);
	for (; *next < array_count(rows); (*next)++) {
		row = array_idx(rows, *next);
		if (row->num >= end)
			break;
		if (row->num < uid)
			continue;
		plan_arrived(p, run, uid, row->num - uid);
		gid.counter = run->gid.counter + (row->num - run->uid);
		plan_one(p, MAPI_MSG_MAIL, FALSE, row->num, &gid, &row->v);
		uid = row->num + 1;
	}
	plan_arrived(p, run, uid, end - uid);
}

/* Up to where the client has seen all changes, 0: it cannot be told */
static uint64_t seen_until(const struct planner *p, const struct mapi_idset *set)
{
	const struct mapi_idset_replica *replica =
		mapi_idset_find(set, own_guid(p));
	const struct mapi_idset_range *range;

	if (replica == NULL)
		return 0;
	array_foreach(&replica->ranges, range) {
		if (range->low <= STORE_CN_CHANGED &&
		    range->high >= STORE_CN_CHANGED)
			return range->high;
	}
	return 0;
}

static uint64_t versions_since(const struct planner *p)
{
	uint64_t since = seen_until(p, &p->download->initial.seen);

	if (wants(p, ICS_READ_STATE))
		since = I_MIN(since, seen_until(p, &p->download->initial.read));
	return since > STORE_CN_CHANGED ? since : 0;
}

/* All numbers that this folder's messages ever had as they arrived, up to the last of
   each id space */
static void cover_arrived(struct planner *p, const struct store_mail_run *run)
{
	uint64_t page = run->key & ~(uint64_t)0xffffff;

	mapi_idset_add_range(&p->plan->covered, own_guid(p), page,
			     run->key + run->count - 1);
}

static uint32_t plan_mail(struct planner *p)
{
	ARRAY_TYPE(store_mail_run) runs;
	ARRAY_TYPE(store_version_row) rows;
	const struct store_mail_run *run;
	struct store_folder *box;
	unsigned int next = 0;
	int ret;

	if (store_open(p->rop->store, p->info->fid, &box) < 0)
		return mapi_store_error(p->rop);
	t_array_init(&runs, 16);
	ret = store_versions(p->rop->store, &p->place, STORE_OBJECT_MAIL,
			     versions_since(p), p->rop->pool, &rows);
	if (ret == 0)
		ret = store_mail_runs(box, &runs);
	store_close(&box);
	if (ret < 0)
		return mapi_store_error(p->rop);
	array_foreach(&runs, run) {
		plan_run(p, run, &rows, &next);
		cover_arrived(p, run);
	}
	return ecNone;
}

/* --- items and opaque ones ---------------------------------------------------------------------- */

static const struct store_version *
version_of(const ARRAY_TYPE(store_version_row) *rows, uint32_t num,
	   unsigned int *next)
{
	const struct store_version_row *row;

	for (; *next < array_count(rows); (*next)++) {
		row = array_idx(rows, *next);
		if (row->num >= num)
			return row->num == num ? &row->v : NULL;
	}
	return NULL;
}

/* Everything up to now was seen: nothing but deletions can be different */
static bool seqs_seen(const struct planner *p, const struct mapi_idset *set)
{
	ARRAY_TYPE(mapi_idset_range) missing;

	if (p->seq_max == 0)
		return TRUE;
	t_array_init(&missing, 1);
	mapi_idset_missing(set, own_guid(p), STORE_CN_SEQ, p->seq_max,
			   &missing);
	return array_is_empty(&missing);
}

static void plan_numbers(struct planner *p, enum mapi_msg_source source,
			 const ARRAY_TYPE(seq_range) *associated,
			 const ARRAY_TYPE(store_mail_run) *runs,
			 const ARRAY_TYPE(store_version_row) *rows)
{
	const struct store_version *version;
	const struct store_mail_run *run;
	struct store_gid gid;
	unsigned int next = 0;

	array_foreach(runs, run) {
		present_add(p, run);
		for (uint32_t i = 0; rows != NULL && i < run->count; i++) {
			version = version_of(rows, run->uid + i, &next);
			if (version == NULL)
				continue;
			gid = run->gid;
			gid.counter += i;
			plan_one(p, source, associated != NULL &&
				 seq_range_exists(associated, run->uid + i),
				 run->uid + i, &gid, version);
		}
	}
}

static uint32_t plan_items(struct planner *p)
{
	ARRAY_TYPE(store_mail_run) runs;
	ARRAY_TYPE(store_version_row) rows;
	ARRAY_TYPE(seq_range) nums;
	bool seen = seqs_seen(p, &p->download->initial.seen);

	t_array_init(&runs, 16);
	t_array_init(&nums, 16);
	if (store_item_nums(p->rop->store, p->info->fid, &nums) < 0 ||
	    store_number_runs(p->rop->store, &p->place, STORE_OBJECT_ITEM,
			      &nums, &runs) < 0 ||
	    (!seen && store_versions(p->rop->store, &p->place,
				     STORE_OBJECT_ITEM, 0, p->rop->pool,
				     &rows) < 0))
		return mapi_store_error(p->rop);
	plan_numbers(p, MAPI_MSG_ITEM, NULL, &runs, seen ? NULL : &rows);
	return ecNone;
}

static uint32_t plan_opaque(struct planner *p)
{
	ARRAY_TYPE(store_opaque) opaques;
	ARRAY_TYPE(store_mail_run) runs;
	ARRAY_TYPE(store_version_row) rows;
	ARRAY_TYPE(seq_range) nums, associated;
	const struct store_opaque *opaque;

	p_array_init(&opaques, p->rop->pool, 16);
	if (store_opaque_list(p->rop->store, &p->place, STORE_OPAQUE_ALL, NULL,
			      p->rop->pool, &opaques) < 0)
		return mapi_store_error(p->rop);
	if (array_is_empty(&opaques))
		return ecNone;
	t_array_init(&nums, 16);
	t_array_init(&associated, 16);
	t_array_init(&runs, 16);
	array_foreach(&opaques, opaque) {
		seq_range_array_add(&nums, opaque->num);
		if (opaque->associated)
			seq_range_array_add(&associated, opaque->num);
	}
	if (store_number_runs(p->rop->store, &p->place, STORE_OBJECT_OPAQUE,
			      &nums, &runs) < 0 ||
	    store_versions(p->rop->store, &p->place, STORE_OBJECT_OPAQUE, 0,
			   p->rop->pool, &rows) < 0)
		return mapi_store_error(p->rop);
	plan_numbers(p, MAPI_MSG_OPAQUE, &associated, &runs, &rows);
	return ecNone;
}

/* --- restriction ------------------------------------------------------------------------------------ */

static void filter_table(struct planner *p, struct mapi_table *table,
			 struct mapi_idset *out_of_scope)
{
	ARRAY_TYPE(mapi_row_id) ids, all;
	const struct mapi_row_id *id, *match;
	struct mapi_msg_ref ref;
	unsigned int next = 0;

	p_array_init(&all, p->rop->pool, 256);
	p_array_init(&ids, p->rop->pool, 256);
	if (table->source->load(p->rop, table, &all) != ecNone)
		return;
	array_append_array(&ids, &all);
	mapi_table_filter(p->rop, table, p->download->restriction, &ids);
	array_foreach(&all, id) {
		match = next < array_count(&ids) ? array_idx(&ids, next) :
			NULL;
		if (match != NULL && match->id == id->id) {
			next++;
			continue;
		}
		mapi_contents_ref(table, id->id, &ref);
		mapi_ics_add_id(p->rop, p->logon, out_of_scope,
				mapi_msg_wire(p->rop, p->logon, &ref));
	}
}

/* Ids of what does not match: all of the folder are looked at, as the client may ask
   by another restriction than the last time */
static void out_of_scope(struct planner *p, struct mapi_object *folder,
			 struct mapi_idset *set)
{
	static const uint8_t flags[] = { 0, 0x02 /* associated */ };
	struct mapi_object *obj;
	struct mapi_table *table;

	for (unsigned int i = 0; i < N_ELEMENTS(flags); i++) {
		table = mapi_contents_table(p->rop, folder, p->info->oid,
					    flags[i]);
		filter_table(p, table, set);
		obj = &table->obj;
		mapi_object_unref(&obj);
	}
}

static bool in_set(const struct planner *p, const struct mapi_idset *set,
		   mapi_id_t id)
{
	struct mapi_long_id long_id;

	return mapi_long_id_of_wire(p->rop, p->logon, id, &long_id) &&
		mapi_idset_contains(set, long_id.guid, long_id.globcnt);
}

static void drop_those_in(struct planner *p, const struct mapi_idset *set,
			  ARRAY_TYPE(mapi_ics_change) *changes)
{
	ARRAY_TYPE(mapi_ics_change) kept;
	const struct mapi_ics_change *change;

	p_array_init(&kept, p->plan->pool, I_MAX(array_count(changes), 1));
	array_foreach(changes, change) {
		if (!in_set(p, set, change->id))
			array_push_back(&kept, change);
	}
	*changes = kept;
}

static uint32_t plan_restriction(struct planner *p, struct mapi_object *folder)
{
	struct mapi_idset outside, inside, gone;

	mapi_idset_init(&outside, p->rop->pool, TRUE);
	out_of_scope(p, folder, &outside);
	drop_those_in(p, &outside, &p->plan->changes);
	drop_those_in(p, &outside, &p->reads);
	if (wants(p, ICS_NO_DELETIONS | ICS_IGNORE_NO_LONGER_IN_SCOPE))
		return ecNone;
	/* what the client has, is here, and does not match: of what it has all
	   but (what is not here, or matches) */
	mapi_idset_init(&inside, p->rop->pool, TRUE);
	mapi_idset_merge(&inside, &p->download->initial.given);
	mapi_idset_subtract(&inside, &outside);
	mapi_idset_init(&gone, p->rop->pool, TRUE);
	mapi_idset_merge(&gone, &p->download->initial.given);
	return mapi_ics_gone(p->rop, p->logon, &gone, &inside,
			     &p->plan->no_longer_in_scope);
}

/* --- read states -------------------------------------------------------------------------------------- */

static void read_state(struct planner *p, const struct mapi_ics_change *change,
		       bool read)
{
	mapi_idset_add_id(read ? &p->plan->read : &p->plan->unread,
			  change->id);
	mapi_idset_add(&p->plan->read_cns, own_guid(p),
		       change->version.read_cn);
}

/* Only of what the client has (IdsetGiven includes them, 3.2.5.3) */
static uint32_t plan_reads(struct planner *p)
{
	ARRAY_TYPE(seq_range) uids;
	const struct mapi_ics_change *change;
	struct store_folder *box;
	struct store_fetch *fetch;
	struct store_msg *msg;
	unsigned int i = 0, count;
	int ret = 0;

	t_array_init(&uids, 16);
	array_foreach(&p->reads, change) {
		if (in_set(p, &p->download->initial.given, change->id))
			seq_range_array_add(&uids, change->num);
	}
	if (array_is_empty(&uids))
		return ecNone;
	if (store_open(p->rop->store, p->info->fid, &box) < 0)
		return mapi_store_error(p->rop);
	fetch = store_fetch_init(box, &uids, STORE_WANT_FLAGS, FALSE);
	change = array_get(&p->reads, &count);
	while (store_fetch_next(fetch, &msg)) {
		while (i < count && change[i].num < store_msg_uid(msg))
			i++;
		if (i < count && change[i].num == store_msg_uid(msg))
			read_state(p, &change[i], (store_msg_flags(msg) &
						   STORE_FLAG_SEEN) != 0);
	}
	ret = store_fetch_deinit(&fetch);
	store_close(&box);
	return ret < 0 ? mapi_store_error(p->rop) : ecNone;
}

/* --- order ------------------------------------------------------------------------------------------------ */

static int fai_first_cmp(const struct mapi_ics_change *a,
			 const struct mapi_ics_change *b)
{
	if (a->associated != b->associated)
		return a->associated ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->num < b->num ? -1 : a->num > b->num ? 1 : 0;
}

/* Without a delivery time that is known without reading them: by their last change,
   newest first */
static int newest_first_cmp(const struct mapi_ics_change *a,
			    const struct mapi_ics_change *b)
{
	if (a->associated != b->associated || a->source != b->source)
		return fai_first_cmp(a, b);
	if (a->version.cn != b->version.cn)
		return a->version.cn > b->version.cn ? -1 : 1;
	return fai_first_cmp(a, b);
}

static const struct mapi_ics_change *
mail_change(const struct mapi_ics_change *changes, unsigned int count,
	    uint32_t uid)
{
	unsigned int lo = 0, hi = count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (changes[mid].num < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < count && changes[lo].num == uid ? &changes[lo] : NULL;
}

/* changes: mail alone, by UID */
static uint32_t sort_mail(struct planner *p, struct mapi_ics_change *changes,
			  unsigned int count)
{
	const struct store_sort by_time = { .by = STORE_SORT_RECEIVED,
					    .descending = TRUE };
	const struct mapi_ics_change *change;
	struct mapi_ics_change *sorted;
	ARRAY_TYPE(seq_range) among;
	ARRAY_TYPE(uint32_t) uids;
	struct store_folder *box;
	const uint32_t *uid;
	unsigned int n = 0;
	int ret;

	if (count < 2)
		return ecNone;
	t_array_init(&among, 16);
	for (unsigned int i = 0; i < count; i++)
		seq_range_array_add(&among, changes[i].num);
	if (store_open(p->rop->store, p->info->fid, &box) < 0)
		return mapi_store_error(p->rop);
	p_array_init(&uids, p->rop->pool, count);
	ret = store_sort(box, &by_time, 1, &among, &uids);
	store_close(&box);
	if (ret < 0)
		return mapi_store_error(p->rop);
	sorted = p_new(p->rop->pool, struct mapi_ics_change, count);
	array_foreach(&uids, uid) {
		change = mail_change(changes, count, *uid);
		if (change != NULL && n < count)
			sorted[n++] = *change;
	}
	/* what went meanwhile is not told anyway */
	if (n == count)
		memcpy(changes, sorted, count * sizeof(*changes));
	return ecNone;
}

static uint32_t plan_order(struct planner *p)
{
	bool by_time = (p->download->config.extra &
			ICS_EXTRA_ORDER_BY_TIME) != 0;
	struct mapi_ics_change *changes;
	unsigned int count, first, mail;

	array_sort(&p->plan->changes, fai_first_cmp);
	changes = array_get_modifiable(&p->plan->changes, &count);
	for (first = 0; first < count && changes[first].associated; first++) ;
	p->plan->fai_count = first;
	if (!by_time)
		return ecNone;
	for (mail = first; mail < count &&
	     changes[mail].source == MAPI_MSG_MAIL; mail++) ;
	if (mail == first) {
		array_sort(&p->plan->changes, newest_first_cmp);
		return ecNone;
	}
	return sort_mail(p, changes + first, mail - first);
}

/* --- all -------------------------------------------------------------------------------------------------------- */

/* What is below these numbers and was not told is not in this folder, or never was */
static void plan_cover(struct planner *p)
{
	struct mapi_ics_plan *plan = p->plan;
	bool all = p->download->restriction == NULL;

	if (p->seq_max != 0 && all && wants(p, ICS_FAI))
		mapi_idset_add_range(&plan->covered_fai, own_guid(p),
				     STORE_CN_SEQ, p->seq_max);
	if (!all || !wants(p, ICS_NORMAL)) {
		mapi_idset_init(&plan->covered, plan->pool, TRUE);
		return;
	}
	if (p->seq_max != 0)
		mapi_idset_add_range(&plan->covered, own_guid(p),
				     STORE_CN_SEQ, p->seq_max);
	if (p->changed_max == 0)
		return;
	mapi_idset_add_range(&plan->covered, own_guid(p), STORE_CN_CHANGED,
			     p->changed_max);
	if (wants(p, ICS_READ_STATE))
		mapi_idset_add_range(&plan->covered_read, own_guid(p),
				     STORE_CN_CHANGED, p->changed_max);
}

static void plan_init(struct mapi_ics_plan *plan, pool_t pool)
{
	i_zero(plan);
	plan->pool = pool;
	p_array_init(&plan->changes, pool, 64);
	mapi_idset_init(&plan->deleted, pool, FALSE);
	mapi_idset_init(&plan->no_longer_in_scope, pool, FALSE);
	mapi_idset_init(&plan->read, pool, FALSE);
	mapi_idset_init(&plan->unread, pool, FALSE);
	mapi_idset_init(&plan->read_cns, pool, TRUE);
	mapi_idset_init(&plan->covered, pool, TRUE);
	mapi_idset_init(&plan->covered_fai, pool, TRUE);
	mapi_idset_init(&plan->covered_read, pool, TRUE);
}

static uint32_t plan_contents(struct planner *p)
{
	uint32_t error = ecNone;

	/* what comes later has higher numbers than these */
	if (store_version_max(p->rop->store, &p->place, &p->changed_max,
			      &p->seq_max) < 0)
		return mapi_store_error(p->rop);
	if (p->info->fid != 0 && !p->info->search)
		error = p->info->class == STORE_CLASS_MAIL ? plan_mail(p) :
			plan_items(p);
	if (error == ecNone)
		error = plan_opaque(p);
	return error;
}

uint32_t mapi_ics_plan_make(struct mapi_rop *rop,
			    struct mapi_ics_download *download,
			    const struct mapi_logon *logon,
			    struct mapi_ics_plan *plan)
{
	struct mapi_object *folder;
	struct planner p;
	uint32_t error;

	i_zero(&p);
	p.rop = rop;
	p.logon = logon;
	p.download = download;
	p.plan = plan;
	p.info = mapi_tree_find(rop, logon, download->folder);
	if (p.info == NULL)
		return ecObjectDeleted;
	mapi_place(logon, download->folder, &p.place);
	plan_init(plan, download->pool);
	mapi_idset_init(&p.present, rop->pool, TRUE);
	p_array_init(&p.reads, rop->pool, 16);
	error = plan_contents(&p);
	if (error == ecNone && !wants(&p, ICS_NO_DELETIONS))
		error = mapi_ics_gone(rop, logon, &download->initial.given,
				      &p.present, &plan->deleted);
	if (error == ecNone && download->restriction != NULL) {
		folder = &mapi_folder_object(rop, logon,
					     download->folder)->obj;
		error = plan_restriction(&p, folder);
		mapi_object_unref(&folder);
	}
	if (error == ecNone)
		error = plan_reads(&p);
	if (error == ecNone)
		error = plan_order(&p);
	if (error == ecNone)
		plan_cover(&p);
	return error;
}
