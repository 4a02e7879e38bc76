/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happened in a folder since a point, at the cost of what happened: the
   transaction log is read from the point's modseq on. Where the log has been
   rotated away, every message is looked at once. */

#include "lib.h"
#include "array.h"
#include "mail-index-modseq.h"
#include "mail-index-private.h"
#include "mail-index-view-private.h"
#include "mail-storage-private.h"
#include "mail-transaction-log.h"
#include "store-changes.h"
#include "store-private.h"

/* --- the log -------------------------------------------------------------- */

/* UIDs by what the log says of them; all: each of them, and those of which it
   says something else. */
struct store_log_sets {
	ARRAY_TYPE(seq_range) all, seen, flagged, keywords, other;
};

static void store_log_sets_init(struct store_log_sets *sets)
{
	t_array_init(&sets->all, 32);
	t_array_init(&sets->seen, 32);
	t_array_init(&sets->flagged, 8);
	t_array_init(&sets->keywords, 8);
	t_array_init(&sets->other, 8);
}

static enum store_changed_what
store_log_sets_what(const struct store_log_sets *sets, uint32_t uid)
{
	enum store_changed_what what = 0;

	if (seq_range_exists(&sets->other, uid))
		what |= STORE_CHANGED_OTHER;
	if (seq_range_exists(&sets->seen, uid))
		what |= STORE_CHANGED_SEEN;
	if (seq_range_exists(&sets->flagged, uid))
		what |= STORE_CHANGED_FLAGGED;
	if (seq_range_exists(&sets->keywords, uid))
		what |= STORE_CHANGED_KEYWORDS;
	return what;
}

static void store_log_add(struct store_log_sets *sets,
			  ARRAY_TYPE(seq_range) *set, uint32_t uid1,
			  uint32_t uid2)
{
	seq_range_array_add_range(&sets->all, uid1, uid2);
	seq_range_array_add_range(set, uid1, uid2);
}

static void store_log_flags(const void *data, size_t size,
			    struct store_log_sets *sets)
{
	const struct mail_transaction_flag_update *rec = data;
	const struct mail_transaction_flag_update *end =
		CONST_PTR_OFFSET(data, size);

	for (; rec < end; rec++) {
		uint8_t flags = rec->add_flags | rec->remove_flags;

		if (MAIL_TRANSACTION_FLAG_UPDATE_IS_INTERNAL(rec))
			continue;
		if ((flags & MAIL_SEEN) != 0)
			store_log_add(sets, &sets->seen, rec->uid1, rec->uid2);
		if ((flags & MAIL_FLAGGED) != 0)
			store_log_add(sets, &sets->flagged, rec->uid1,
				      rec->uid2);
		if ((flags & (MAIL_SEEN | MAIL_FLAGGED)) == 0 ||
		    (flags & MAIL_ANSWERED) != 0)
			store_log_add(sets, &sets->other, rec->uid1, rec->uid2);
	}
}

static void store_log_uid_pairs(const void *data, size_t size, size_t skip,
				struct store_log_sets *sets)
{
	const uint32_t *uid = CONST_PTR_OFFSET(data, skip);
	const uint32_t *end = CONST_PTR_OFFSET(data, size);

	for (; uid + 1 < end; uid += 2)
		store_log_add(sets, &sets->keywords, uid[0], uid[1]);
}

static void store_log_keywords(const void *data, size_t size,
			       struct store_log_sets *sets)
{
	const struct mail_transaction_keyword_update *rec = data;
	/* the name is padded to 32 bits */
	size_t skip = (sizeof(*rec) + rec->name_size + 3) & ~(size_t)3;

	store_log_uid_pairs(data, size, skip, sets);
}

static void store_log_modseqs(const void *data, size_t size,
			      struct store_log_sets *sets)
{
	const struct mail_transaction_modseq_update *rec = data;
	const struct mail_transaction_modseq_update *end =
		CONST_PTR_OFFSET(data, size);

	/* What store_flags_change() touched; others who set a modseq change
	   flags with it. 0: of the mailbox */
	for (; rec < end; rec++) {
		if (rec->uid != 0)
			store_log_add(sets, &sets->flagged, rec->uid, rec->uid);
	}
}

static void store_log_record(const struct mail_transaction_header *hdr,
			     const void *data, struct store_log_sets *sets)
{
	switch (hdr->type & MAIL_TRANSACTION_TYPE_MASK) {
	case MAIL_TRANSACTION_FLAG_UPDATE:
		store_log_flags(data, hdr->size, sets);
		break;
	case MAIL_TRANSACTION_KEYWORD_UPDATE:
		store_log_keywords(data, hdr->size, sets);
		break;
	case MAIL_TRANSACTION_KEYWORD_RESET:
		store_log_uid_pairs(data, hdr->size, 0, sets);
		break;
	case MAIL_TRANSACTION_MODSEQ_UPDATE:
		store_log_modseqs(data, hdr->size, sets);
		break;
	}
}

/* UIDs whose flags or keywords were touched after the modseq. 1, 0 the log does
   not reach back so far, -1 */
static int store_log_scan(struct store_folder *folder,
			  struct mail_index_view *view, uint64_t modseq,
			  struct store_log_sets *sets)
{
	struct mail_transaction_log_view *log_view;
	const struct mail_transaction_header *hdr;
	const void *data;
	const char *reason;
	uint32_t log_seq;
	uoff_t log_offset;
	bool reset;
	int ret;

	if (modseq == 0 ||
	    !mail_index_modseq_get_next_log_offset(view, modseq,
						   &log_seq, &log_offset))
		return 0;
	log_view = mail_transaction_log_view_open(view->index->log);
	ret = mail_transaction_log_view_set(log_view, log_seq, log_offset,
					    view->log_file_head_seq,
					    view->log_file_head_offset,
					    &reset, &reason);
	if (ret > 0) {
		while (mail_transaction_log_view_next(log_view, &hdr, &data) > 0)
			store_log_record(hdr, data, sets);
		if (reset)
			ret = 0;
	}
	mail_transaction_log_view_close(&log_view);
	if (ret < 0)
		return store_folder_fail(folder, "reading the index log");
	return ret;
}

/* --- changed -------------------------------------------------------------- */

static uint64_t store_pvt_modseq(struct store_folder *folder, uint32_t uid)
{
	uint32_t seq;

	if (folder->box->view_pvt == NULL ||
	    !mail_index_lookup_seq(folder->box->view_pvt, uid, &seq))
		return 0;
	return mail_index_modseq_lookup(folder->box->view_pvt, seq);
}

/* With private flags there are two counters. Their sum rises with each change
   of either, which is all that is asked of the number. */
uint64_t store_modseq_of(struct store_folder *folder, uint32_t seq, uint32_t uid)
{
	return mail_index_modseq_lookup(folder->box->view, seq) +
		store_pvt_modseq(folder, uid);
}

static void store_changed_add(struct store_folder *folder,
			      const struct store_point *since, uint32_t seq,
			      const struct store_log_sets *sets,
			      ARRAY_TYPE(store_changed) *changed)
{
	struct store_changed *rec;
	uint64_t modseq, pvt;
	uint32_t uid;

	mail_index_lookup_uid(folder->box->view, seq, &uid);
	modseq = mail_index_modseq_lookup(folder->box->view, seq);
	pvt = store_pvt_modseq(folder, uid);
	if (modseq <= since->modseq && pvt <= since->pvt_modseq)
		return;
	rec = array_append_space(changed);
	rec->uid = uid;
	rec->modseq = modseq + pvt;
	rec->what = sets == NULL ? 0 : store_log_sets_what(sets, uid);
}

/* Existing messages of these UIDs, as sequences */
void store_uids_to_seqs(struct store_folder *folder,
			const ARRAY_TYPE(seq_range) *uids,
			ARRAY_TYPE(seq_range) *seqs)
{
	const struct seq_range *range;
	uint32_t seq1, seq2;

	array_foreach(uids, range) {
		mailbox_get_seq_range(folder->box, range->seq1, range->seq2,
				      &seq1, &seq2);
		if (seq1 != 0)
			seq_range_array_add_range(seqs, seq1, seq2);
	}
}

static int store_changes_flags(struct store_folder *folder,
			       const struct store_point *since,
			       const ARRAY_TYPE(seq_range) *known,
			       ARRAY_TYPE(store_changed) *changed)
{
	ARRAY_TYPE(seq_range) seqs;
	const struct seq_range *range;
	struct store_point from = *since;
	struct store_log_sets sets;
	int ret = 1;

	store_log_sets_init(&sets);
	/* an index that was made anew counts from the start: everything known
	   may have changed */
	if (folder->status.highest_modseq < since->modseq)
		from.modseq = 0;
	if (folder->status.highest_pvt_modseq < since->pvt_modseq)
		from.pvt_modseq = 0;
	if (folder->status.highest_modseq != from.modseq) {
		ret = store_log_scan(folder, folder->box->view, from.modseq,
				     &sets);
	}
	if (ret > 0 && folder->box->view_pvt != NULL &&
	    folder->status.highest_pvt_modseq != from.pvt_modseq) {
		ret = from.pvt_modseq == 0 ? 0 :
			store_log_scan(folder, folder->box->view_pvt,
				       from.pvt_modseq, &sets);
	}
	if (ret < 0)
		return -1;
	if (ret == 0) {
		array_clear(&sets.all);
		array_append_array(&sets.all, known);
	} else {
		seq_range_array_intersect(&sets.all, known);
	}
	t_array_init(&seqs, array_count(&sets.all) + 1);
	store_uids_to_seqs(folder, &sets.all, &seqs);
	array_foreach(&seqs, range) {
		for (uint32_t seq = range->seq1; seq <= range->seq2; seq++)
			store_changed_add(folder, &from, seq,
					  ret == 0 ? NULL : &sets, changed);
	}
	return 0;
}

/* --- expunged ------------------------------------------------------------- */

/* Of these UIDs, those that are no message (any more) */
static void store_missing_uids(struct store_folder *folder,
			       const ARRAY_TYPE(seq_range) *known,
			       ARRAY_TYPE(seq_range) *missing)
{
	const struct seq_range *range;
	uint32_t seq, seq1, seq2, uid, next;

	array_foreach(known, range) {
		mailbox_get_seq_range(folder->box, range->seq1, range->seq2,
				      &seq1, &seq2);
		if (seq1 != 0 &&
		    seq2 - seq1 == range->seq2 - range->seq1)
			continue;
		next = range->seq1;
		for (seq = seq1; seq1 != 0 && seq <= seq2; seq++) {
			mail_index_lookup_uid(folder->box->view, seq, &uid);
			if (uid > next) {
				seq_range_array_add_range(missing, next,
							  uid - 1);
			}
			next = uid + 1;
		}
		if (next <= range->seq2)
			seq_range_array_add_range(missing, next, range->seq2);
	}
}

static void store_changes_expunged(struct store_folder *folder,
				   const struct store_point *since,
				   const ARRAY_TYPE(seq_range) *known,
				   ARRAY_TYPE(seq_range) *expunged)
{
	ARRAY_TYPE(seq_range) seen;

	if (array_is_empty(known))
		return;
	t_array_init(&seen, 8);
	if (since->modseq != 0 &&
	    folder->status.highest_modseq >= since->modseq &&
	    mailbox_get_expunged_uids(folder->box, since->modseq, known,
				      &seen)) {
		seq_range_array_intersect(&seen, known);
		store_missing_uids(folder, &seen, expunged);
	} else {
		store_missing_uids(folder, known, expunged);
	}
}

/* --- added ---------------------------------------------------------------- */

/* UIDs of the range's messages that are not known */
static void store_added_range(struct store_folder *folder, uint32_t uid1,
			      uint32_t uid2, ARRAY_TYPE(seq_range) *added)
{
	uint32_t seq, seq1, seq2, uid;

	if (uid1 > uid2)
		return;
	mailbox_get_seq_range(folder->box, uid1, uid2, &seq1, &seq2);
	for (seq = seq1; seq1 != 0 && seq <= seq2; seq++) {
		mail_index_lookup_uid(folder->box->view, seq, &uid);
		seq_range_array_add(added, uid);
	}
}

static unsigned int store_count_from(const ARRAY_TYPE(seq_range) *uids,
				     uint32_t from)
{
	const struct seq_range *range;
	unsigned int count = 0;

	array_foreach(uids, range) {
		if (range->seq2 >= from) {
			count += range->seq2 -
				I_MAX(range->seq1, from) + 1;
		}
	}
	return count;
}

/* Counting tells how many there are; only if some are missing between known
   ones are those gaps walked. */
static void store_changes_added(struct store_folder *folder,
				const struct store_point *since,
				const ARRAY_TYPE(seq_range) *known,
				const ARRAY_TYPE(seq_range) *expunged,
				uint32_t from, ARRAY_TYPE(seq_range) *added)
{
	const struct seq_range *range;
	unsigned int total, have, fresh;
	uint32_t seq1, seq2, next;

	from = I_MAX(from, 1);
	mailbox_get_seq_range(folder->box, from, (uint32_t)-1, &seq1, &seq2);
	total = seq1 == 0 ? 0 : seq2 - seq1 + 1;
	have = store_count_from(known, from) - store_count_from(expunged, from);
	if (total <= have)
		return;
	next = I_MAX(since->uidnext, from);
	mailbox_get_seq_range(folder->box, next, (uint32_t)-1, &seq1, &seq2);
	fresh = seq1 == 0 ? 0 : seq2 - seq1 + 1;
	if (total - have == fresh && store_count_from(known, next) == 0) {
		store_added_range(folder, next, (uint32_t)-1, added);
		return;
	}
	next = from;
	array_foreach(known, range) {
		if (range->seq2 < next)
			continue;
		if (range->seq1 > next)
			store_added_range(folder, next, range->seq1 - 1, added);
		next = range->seq2 + 1;
	}
	store_added_range(folder, next, (uint32_t)-1, added);
}

/* --- together ------------------------------------------------------------- */

/* A message that was written anew: neither gone nor new. */
static int store_changes_rewritten(struct store_folder *folder,
				   struct store_changes *changes)
{
	const ARRAY_TYPE(meta_alias) *aliases;
	const struct meta_alias *alias;
	struct store_rewritten *rec;
	uint32_t old_uid;
	int ret;

	if (store_folder_aliases(folder, &aliases) < 0)
		return -1;
	array_foreach(aliases, alias) {
		if (!seq_range_exists(&changes->added, alias->current.uid))
			continue;
		ret = store_rewritten_from(folder, alias->current.uid,
					   &changes->expunged, &old_uid);
		if (ret < 0)
			return -1;
		if (ret == 0)
			continue;
		rec = array_append_space(&changes->rewritten);
		rec->old_uid = old_uid;
		rec->new_uid = alias->current.uid;
		seq_range_array_remove(&changes->added, rec->new_uid);
		seq_range_array_remove(&changes->expunged, old_uid);
	}
	return 0;
}

int store_changes(struct store_folder *folder, const struct store_point *since,
		  const ARRAY_TYPE(seq_range) *known, uint32_t only_new_from,
		  pool_t pool, struct store_changes *changes_r)
{
	int ret;

	i_zero(changes_r);
	p_array_init(&changes_r->added, pool, 16);
	p_array_init(&changes_r->changed, pool, 16);
	p_array_init(&changes_r->expunged, pool, 16);
	p_array_init(&changes_r->rewritten, pool, 1);
	store_point_get(folder, &changes_r->now);
	if (since->idspace != folder->idspace) {
		store_added_range(folder, I_MAX(only_new_from, 1),
				  (uint32_t)-1, &changes_r->added);
		return 0;
	}
	/* no data stack frame of our own: the pool may be the data stack */
	store_changes_expunged(folder, since, known, &changes_r->expunged);
	store_changes_added(folder, since, known, &changes_r->expunged,
			    only_new_from, &changes_r->added);
	ret = store_changes_flags(folder, since, known, &changes_r->changed);
	if (ret == 0 && array_count(&changes_r->added) > 0 &&
	    array_count(&changes_r->expunged) > 0)
		ret = store_changes_rewritten(folder, changes_r);
	return ret < 0 ? -1 : 1;
}

int store_uids_since(struct store_folder *folder, time_t received_since,
		     ARRAY_TYPE(seq_range) *uids_r)
{
	struct mailbox_transaction_context *t;
	struct mail *mail;
	uint32_t seq;
	time_t received;
	int ret = 0;

	if (received_since == 0) {
		store_added_range(folder, 1, (uint32_t)-1, uids_r);
		return 0;
	}
	t = mailbox_transaction_begin(folder->box, 0, "Dovetail dates");
	mail = mail_alloc(t, MAIL_FETCH_RECEIVED_DATE, NULL);
	for (seq = 1; seq <= folder->status.messages; seq++) {
		mail_set_seq(mail, seq);
		if (mail_get_received_date(mail, &received) == 0) {
			if (received >= received_since)
				seq_range_array_add(uids_r, mail->uid);
		} else if (!mail->expunged) {
			/* one that cannot be read is shown rather than lost */
			(void)store_folder_fail(folder, "reading a date");
			seq_range_array_add(uids_r, mail->uid);
		}
	}
	mail_free(&mail);
	if (mailbox_transaction_commit(&t) < 0)
		ret = store_folder_fail(folder, "caching dates");
	return ret;
}
