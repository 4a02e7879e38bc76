/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Moving and copying messages.  The copies are committed first: a crash between
   leaves a message in both folders, never in none.  Clients repeat a request
   that got no answer, and the second try would make a second copy; so it is
   noted before what goes where, and a move that finds itself noted looks for
   the copy. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "imap-seqset.h"
#include "imap-util.h"
#include "mail-storage-private.h"
#include "str.h"
#include "store-changes.h"
#include "store-private.h"
#include "store-write.h"

/* A note for each source folder: the last move out of it.  A stale one does no
   harm: UIDs are not used again, and a copy that is not there is made. */
#define STORE_MOVE_DEVICE "store"
#define STORE_MOVE_NOTE "move"

struct store_move_note {
	store_fid_t dest;
	uint32_t src_validity, dest_validity;
	/* copies have this UID or a higher one */
	uint32_t dest_next;
	ARRAY_TYPE(seq_range) uids;
};

struct store_move_ctx {
	struct store_folder *src, *dest;
	struct mailbox_transaction_context *src_trans, *dest_trans;
	bool copy;
	/* What an earlier try may have done; uids is empty if there was none */
	struct store_move_note note;
	/* UIDs in the order of saving */
	ARRAY(uint32_t) uids;
	/* Copied by an earlier try */
	ARRAY_TYPE(store_moved) found;
};

/* --- the note ------------------------------------------------------------- */

static const char *store_move_note_name(struct store_folder *src)
{
	return t_strdup_printf(STORE_MOVE_NOTE"/%x", src->fid);
}

/* FALSE: not one of ours */
static bool
store_move_note_parse(const char *text, struct store_move_note *note_r)
{
	const char *const *words = t_strsplit_spaces(text, " ");
	uint32_t dest;

	t_array_init(&note_r->uids, 16);
	if (str_array_length(words) != 5 ||
	    str_to_uint32(words[0], &dest) < 0 ||
	    str_to_uint32(words[1], &note_r->dest_validity) < 0 ||
	    str_to_uint32(words[2], &note_r->dest_next) < 0 ||
	    str_to_uint32(words[3], &note_r->src_validity) < 0 ||
	    imap_seq_set_nostar_parse(words[4], &note_r->uids) < 0)
		return FALSE;
	note_r->dest = dest;
	return TRUE;
}

/* The note of this move to be, and the earlier one in ctx. */
static int
store_move_note_read(struct store_move_ctx *ctx, struct store_move_note *now_r)
{
	struct mailbox_status src, dest;
	const unsigned char *data;
	size_t size;
	int ret;

	mailbox_get_open_status(ctx->src->box, STATUS_UIDVALIDITY, &src);
	mailbox_get_open_status(ctx->dest->box,
				STATUS_UIDVALIDITY | STATUS_UIDNEXT, &dest);
	now_r->dest = ctx->dest->fid;
	now_r->src_validity = src.uidvalidity;
	now_r->dest_validity = dest.uidvalidity;
	now_r->dest_next = dest.uidnext;

	t_array_init(&ctx->note.uids, 1);
	ret = store_state_get(ctx->src->store, STORE_MOVE_DEVICE,
			      store_move_note_name(ctx->src),
			      pool_datastack_create(), &data, &size);
	if (ret <= 0)
		return ret;
	if (!store_move_note_parse(t_strndup(data, size), &ctx->note) ||
	    ctx->note.dest != now_r->dest ||
	    ctx->note.src_validity != now_r->src_validity ||
	    ctx->note.dest_validity != now_r->dest_validity)
		array_clear(&ctx->note.uids);
	return 0;
}

static int store_move_note_write(struct store_move_ctx *ctx,
				 struct store_move_note *note,
				 const ARRAY_TYPE(seq_range) *uids)
{
	struct store_state_txn *txn = store_state_begin(ctx->src->store);
	string_t *str = t_str_new(128);

	t_array_init(&note->uids, array_count(uids));
	seq_range_array_merge(&note->uids, uids);
	if (seq_range_array_have_common(uids, &ctx->note.uids)) {
		/* a second try, and there may be a third */
		seq_range_array_merge(&note->uids, &ctx->note.uids);
		note->dest_next = I_MIN(note->dest_next, ctx->note.dest_next);
	}
	str_printfa(str, "%u %u %u %u ", note->dest, note->dest_validity,
		    note->dest_next, note->src_validity);
	imap_write_seq_range(str, &note->uids);
	store_state_set(txn, STORE_MOVE_DEVICE, store_move_note_name(ctx->src),
			str_data(str), str_len(str));
	return store_state_commit(&txn);
}

/* --- copies of an earlier try --------------------------------------------- */

static const char *store_move_message_id(struct mail *mail)
{
	const char *value;

	return mail_get_first_header(mail, "Message-ID", &value) > 0 ?
		value : "";
}

static bool store_move_same(struct mail *a, struct mail *b)
{
	time_t date_a, date_b;
	uoff_t size_a, size_b;

	return mail_get_received_date(a, &date_a) == 0 &&
		mail_get_received_date(b, &date_b) == 0 && date_a == date_b &&
		mail_get_physical_size(a, &size_a) == 0 &&
		mail_get_physical_size(b, &size_b) == 0 && size_a == size_b &&
		strcmp(store_move_message_id(a), store_move_message_id(b)) == 0;
}

static bool store_move_is_found(const struct store_move_ctx *ctx, uint32_t uid)
{
	const struct store_moved *rec;

	array_foreach(&ctx->found, rec) {
		if (rec->dest_uid == uid)
			return TRUE;
	}
	return FALSE;
}

/* Among what came to the destination since the earlier try began. */
static bool store_move_find_copy(struct store_move_ctx *ctx, struct mail *mail)
{
	struct store_moved rec = { .src_uid = mail->uid };
	struct mail *copy;
	uint32_t seq, last;

	if (!seq_range_exists(&ctx->note.uids, mail->uid))
		return FALSE;
	mailbox_get_seq_range(ctx->dest->box, ctx->note.dest_next, (uint32_t)-1,
			      &seq, &last);
	if (seq == 0)
		return FALSE;
	copy = mail_alloc(ctx->dest_trans, 0, NULL);
	for (; seq <= last && rec.dest_uid == 0; seq++) {
		mail_set_seq(copy, seq);
		if (!store_move_is_found(ctx, copy->uid) &&
		    store_move_same(mail, copy))
			rec.dest_uid = copy->uid;
	}
	mail_free(&copy);
	if (rec.dest_uid == 0)
		return FALSE;
	array_push_back(&ctx->found, &rec);
	return TRUE;
}

/* --- moving --------------------------------------------------------------- */

static int store_move_one(struct store_move_ctx *ctx, struct mail *mail)
{
	struct mail_save_context *save;
	uint32_t uid = mail->uid;
	int ret;

	if (!ctx->copy && store_move_find_copy(ctx, mail)) {
		mail_expunge(mail);
		return 0;
	}
	save = mailbox_save_alloc(ctx->dest_trans);
	mailbox_save_copy_flags(save, mail);
	ret = ctx->copy ? mailbox_copy(&save, mail) : mailbox_move(&save, mail);
	if (ret < 0) {
		/* gone meanwhile: the others go on */
		if (mail->expunged)
			return 0;
		return store_folder_fail(ctx->dest, "copying");
	}
	array_push_back(&ctx->uids, &uid);
	return 0;
}

static int store_move_all(struct store_move_ctx *ctx,
			  const ARRAY_TYPE(seq_range) *seqs)
{
	const struct seq_range *range;
	struct mail *mail;
	uint32_t seq;
	int ret = 0;

	mail = mail_alloc(ctx->src_trans, MAIL_FETCH_STREAM_HEADER |
			  MAIL_FETCH_STREAM_BODY, NULL);
	array_foreach(seqs, range) {
		for (seq = range->seq1; seq <= range->seq2 && ret == 0; seq++) {
			mail_set_seq(mail, seq);
			ret = store_move_one(ctx, mail);
		}
	}
	mail_free(&mail);
	return ret;
}

static void store_move_result(struct store_move_ctx *ctx,
			      const ARRAY_TYPE(seq_range) *saved,
			      ARRAY_TYPE(store_moved) *moved_r)
{
	struct store_moved *rec;
	struct seq_range_iter iter;
	const uint32_t *uid;
	unsigned int n = 0;
	uint32_t dest_uid;

	seq_range_array_iter_init(&iter, saved);
	array_foreach(&ctx->uids, uid) {
		if (!seq_range_array_iter_nth(&iter, n++, &dest_uid))
			break;
		rec = array_append_space(moved_r);
		rec->src_uid = *uid;
		rec->dest_uid = dest_uid;
	}
	array_append_array(moved_r, &ctx->found);
}

static int store_move_commit(struct store_move_ctx *ctx,
			     ARRAY_TYPE(store_moved) *moved_r)
{
	struct mail_transaction_commit_changes changes;

	if (mailbox_transaction_commit_get_changes(&ctx->dest_trans,
						   &changes) < 0) {
		mailbox_transaction_rollback(&ctx->src_trans);
		return store_folder_fail(ctx->dest, "copying");
	}
	store_move_result(ctx, &changes.saved_uids, moved_r);
	pool_unref(&changes.pool);
	if (mailbox_transaction_commit(&ctx->src_trans) < 0)
		return store_folder_fail(ctx->src, "moving");
	return 0;
}

static int store_move_run(struct store_move_ctx *ctx,
			  const ARRAY_TYPE(seq_range) *seqs,
			  ARRAY_TYPE(store_moved) *moved_r)
{
	t_array_init(&ctx->uids, seq_range_count(seqs) + 1);
	t_array_init(&ctx->found, 1);
	ctx->src_trans = mailbox_transaction_begin(ctx->src->box, 0,
						   "Dovetail move");
	ctx->dest_trans = mailbox_transaction_begin(ctx->dest->box,
						    STORE_SAVE_FLAGS,
						    "Dovetail move");
	if (store_move_all(ctx, seqs) < 0) {
		mailbox_transaction_rollback(&ctx->dest_trans);
		mailbox_transaction_rollback(&ctx->src_trans);
		return -1;
	}
	return store_move_commit(ctx, moved_r);
}

int store_move(struct store_folder *src, const ARRAY_TYPE(seq_range) *uids,
	       struct store_folder *dest, bool copy,
	       ARRAY_TYPE(store_moved) *moved_r)
{
	struct store_move_ctx ctx = { .src = src, .dest = dest, .copy = copy };
	struct store_move_note note;
	ARRAY_TYPE(seq_range) seqs;
	int ret;

	if (src == dest && !copy) {
		return store_fail(src->store, STORE_ERROR_INVALID,
				  "Source is destination");
	}
	if (store_need_right(dest, COMPAT_ACL_INSERT) < 0 ||
	    (!copy && store_need_right(src, COMPAT_ACL_EXPUNGE) < 0))
		return -1;
	t_array_init(&seqs, array_count(uids) + 1);
	store_uids_to_seqs(src, uids, &seqs);
	if (!copy && array_count(&seqs) > 0 &&
	    (store_move_note_read(&ctx, &note) < 0 ||
	     store_move_note_write(&ctx, &note, uids) < 0))
		return -1;
	ret = store_move_run(&ctx, &seqs, moved_r);
	if (ret == 0)
		ret = store_after_commit(dest);
	if (ret == 0 && src != dest)
		ret = store_after_commit(src);
	return ret;
}
