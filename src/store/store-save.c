/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changing messages: saved, replaced, flagged, expunged. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "istream.h"
#include "mail-index-modseq.h"
#include "mail-storage-private.h"
#include "store-changes.h"
#include "store-private.h"
#include "store-rewrite.h"
#include "store-write.h"

/* --- rights --------------------------------------------------------------- */

int store_need_right(struct store_folder *folder, enum compat_acl_right right)
{
	int ret = compat_acl_right(folder->box, right);

	if (ret < 0)
		return store_folder_fail(folder, "looking up rights");
	if (ret == 0 || mailbox_is_readonly(folder->box)) {
		return store_fail(folder->store, STORE_ERROR_PERM,
				  "Permission denied");
	}
	return 0;
}

int store_after_commit(struct store_folder *folder)
{
	if (mailbox_transaction_get_count(folder->box) > 0) {
		/* a fetch is running: it will be seen at the next refresh */
		return 0;
	}
	return store_refresh(folder);
}

/* --- saving --------------------------------------------------------------- */

static int store_keywords(struct store_folder *folder,
			  const char *const *names,
			  struct mail_keywords **keywords_r)
{
	*keywords_r = NULL;
	if (names == NULL || *names == NULL)
		return 0;
	if (mailbox_keywords_create(folder->box, names, keywords_r) < 0)
		return store_folder_fail(folder, "keywords");
	return 0;
}

/* Runs the stream into the save context. 0, -1 (context is gone) */
static int store_save_stream(struct store_folder *folder,
			     struct mail_save_context *ctx,
			     struct istream *input)
{
	ssize_t ret;

	if (mailbox_save_begin(&ctx, input) < 0)
		return store_folder_fail(folder, "saving");
	do {
		ret = i_stream_read(input);
		if (mailbox_save_continue(ctx) < 0) {
			(void)store_folder_fail(folder, "saving");
			mailbox_save_cancel(&ctx);
			return -1;
		}
	} while (ret > 0 || ret == -2);
	if (input->stream_errno != 0) {
		mailbox_save_cancel(&ctx);
		return store_fail(folder->store, STORE_ERROR_INPUT,
				  i_stream_get_error(input));
	}
	if (mailbox_save_finish(&ctx) < 0)
		return store_folder_fail(folder, "saving");
	return 0;
}

static int store_save_into(struct store_folder *folder,
			   struct mailbox_transaction_context *t,
			   const struct store_save *save,
			   struct mail_keywords *keywords, const char *guid)
{
	struct mail_save_context *ctx = mailbox_save_alloc(t);

	mailbox_save_set_flags(ctx, store_flags_to_mail(save->flags), keywords);
	if (guid != NULL)
		mailbox_save_set_guid(ctx, guid);
	if (save->received != 0)
		mailbox_save_set_received_date(ctx, save->received, 0);
	return store_save_stream(folder, ctx, save->input);
}

/* In a transaction of its own: in an external one lib-storage would take the
   message for removed already, and Maildir would see it reappear. */
int store_expunge_one(struct store_folder *folder, uint32_t uid)
{
	struct mailbox_transaction_context *t;
	struct mail *mail;

	t = mailbox_transaction_begin(folder->box, 0, "Dovetail replace");
	mail = mail_alloc(t, 0, NULL);
	if (mail_set_uid(mail, uid))
		mail_expunge(mail);
	mail_free(&mail);
	if (mailbox_transaction_commit(&t) < 0)
		return store_folder_fail(folder, "replacing");
	return 0;
}

static int store_commit_saved(struct store_folder *folder,
			      struct mailbox_transaction_context **t,
			      uint32_t *uid_r)
{
	struct mail_transaction_commit_changes changes;
	const struct seq_range *range;
	int ret = 0;

	if (mailbox_transaction_commit_get_changes(t, &changes) < 0)
		return store_folder_fail(folder, "saving");
	if (array_count(&changes.saved_uids) == 0) {
		ret = store_fail(folder->store, STORE_ERROR_TEMP,
				 "The saved message has no UID");
	} else {
		range = array_front(&changes.saved_uids);
		*uid_r = range->seq1;
	}
	pool_unref(&changes.pool);
	return ret;
}

static int store_save_one(struct store_folder *folder,
			  const struct store_save *save, const char *guid,
			  uint32_t *uid_r)
{
	struct mailbox_transaction_context *t;
	struct mail_keywords *keywords;
	int ret;

	if (store_keywords(folder, save->keywords, &keywords) < 0)
		return -1;
	t = mailbox_transaction_begin(folder->box, STORE_SAVE_FLAGS,
				      "Dovetail save");
	ret = store_save_into(folder, t, save, keywords, guid);
	if (keywords != NULL)
		mailbox_keywords_unref(&keywords);
	if (ret < 0) {
		mailbox_transaction_rollback(&t);
		return -1;
	}
	return store_commit_saved(folder, &t, uid_r);
}

int store_save(struct store_folder *folder, const struct store_save *save,
	       uint32_t *uid_r)
{
	struct store_rewrite rewrite;

	if (store_need_right(folder, COMPAT_ACL_INSERT) < 0)
		return -1;
	if (save->replaces_uid == 0) {
		if (store_save_one(folder, save, NULL, uid_r) < 0)
			return -1;
		return store_after_commit(folder);
	}
	if (store_need_right(folder, COMPAT_ACL_EXPUNGE) < 0 ||
	    store_rewrite_begin(folder, save->replaces_uid, &rewrite) < 0)
		return -1;
	if (store_save_one(folder, save, rewrite.guid, uid_r) < 0) {
		store_rewrite_cancel(folder, &rewrite);
		return -1;
	}
	if (store_rewrite_finish(folder, &rewrite, *uid_r) < 0)
		return -1;
	return store_after_commit(folder);
}

/* --- flags ---------------------------------------------------------------- */

/* The acl plugin drops changes without a right in silence; clients must know. */
static int store_flags_rights(struct store_folder *folder,
			      const struct store_flag_change *change)
{
	enum store_flags touched = change->add | change->remove;

	if ((touched & STORE_FLAG_SEEN) != 0 &&
	    store_need_right(folder, COMPAT_ACL_WRITE_SEEN) < 0)
		return -1;
	if ((touched & STORE_FLAG_DELETED) != 0 &&
	    store_need_right(folder, COMPAT_ACL_WRITE_DELETED) < 0)
		return -1;
	if (((touched & ENUM_NEGATE(STORE_FLAG_SEEN |
				    STORE_FLAG_DELETED)) != 0 ||
	     change->keywords_add != NULL || change->keywords_remove != NULL) &&
	    store_need_right(folder, COMPAT_ACL_WRITE) < 0)
		return -1;
	return 0;
}

static void store_flags_update(struct mail *mail,
			       const struct store_flag_change *change,
			       struct mail_keywords *add,
			       struct mail_keywords *remove)
{
	if (change->add != 0) {
		mail_update_flags(mail, MODIFY_ADD,
				  store_flags_to_mail(change->add));
	}
	if (change->remove != 0) {
		mail_update_flags(mail, MODIFY_REMOVE,
				  store_flags_to_mail(change->remove));
	}
	if (add != NULL)
		mail_update_keywords(mail, MODIFY_ADD, add);
	if (remove != NULL)
		mail_update_keywords(mail, MODIFY_REMOVE, remove);
	if (change->touch) {
		struct mail_index_view *view = mail->box->view;

		mail_update_modseq(mail,
				   mail_index_modseq_get_highest(view) + 1);
	}
}

static int store_flags_apply(struct store_folder *folder,
			     const ARRAY_TYPE(seq_range) *seqs,
			     const struct store_flag_change *change)
{
	struct mailbox_transaction_context *t;
	struct mail_keywords *add, *remove = NULL;
	const struct seq_range *range;
	struct mail *mail;
	int ret = 0;

	if (store_keywords(folder, change->keywords_add, &add) < 0)
		return -1;
	if (store_keywords(folder, change->keywords_remove, &remove) < 0)
		ret = -1;
	if (ret == 0) {
		t = mailbox_transaction_begin(folder->box, 0, "Dovetail flags");
		mail = mail_alloc(t, MAIL_FETCH_FLAGS, NULL);
		array_foreach(seqs, range) {
			for (uint32_t seq = range->seq1; seq <= range->seq2;
			     seq++) {
				mail_set_seq(mail, seq);
				store_flags_update(mail, change, add, remove);
			}
		}
		mail_free(&mail);
		if (mailbox_transaction_commit(&t) < 0)
			ret = store_folder_fail(folder, "changing flags");
	}
	if (add != NULL)
		mailbox_keywords_unref(&add);
	if (remove != NULL)
		mailbox_keywords_unref(&remove);
	return ret;
}

int store_flags_change(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids,
		       const struct store_flag_change *change,
		       ARRAY_TYPE(store_changed) *changed_r)
{
	ARRAY_TYPE(seq_range) seqs;
	const struct seq_range *range;
	struct store_changed *rec;
	uint32_t seq;

	if (store_flags_rights(folder, change) < 0)
		return -1;
	t_array_init(&seqs, array_count(uids) + 1);
	store_uids_to_seqs(folder, uids, &seqs);
	if (store_flags_apply(folder, &seqs, change) < 0 ||
	    store_after_commit(folder) < 0)
		return -1;
	if (changed_r == NULL)
		return 0;
	/* expunges of others may have moved the sequences */
	array_clear(&seqs);
	store_uids_to_seqs(folder, uids, &seqs);
	array_foreach(&seqs, range) {
		for (seq = range->seq1; seq <= range->seq2; seq++) {
			rec = array_append_space(changed_r);
			rec->what = 0;
			mail_index_lookup_uid(folder->box->view, seq, &rec->uid);
			rec->modseq = store_modseq_of(folder, seq, rec->uid);
		}
	}
	return 0;
}

/* --- expunging ------------------------------------------------------------ */

int store_expunge(struct store_folder *folder, const ARRAY_TYPE(seq_range) *uids)
{
	struct mailbox_transaction_context *t;
	ARRAY_TYPE(seq_range) seqs;
	const struct seq_range *range;
	struct mail *mail;

	if (store_need_right(folder, COMPAT_ACL_EXPUNGE) < 0)
		return -1;
	t_array_init(&seqs, array_count(uids) + 1);
	store_uids_to_seqs(folder, uids, &seqs);
	t = mailbox_transaction_begin(folder->box, 0, "Dovetail expunge");
	mail = mail_alloc(t, 0, NULL);
	array_foreach(&seqs, range) {
		for (uint32_t seq = range->seq1; seq <= range->seq2; seq++) {
			mail_set_seq(mail, seq);
			mail_expunge(mail);
		}
	}
	mail_free(&mail);
	if (mailbox_transaction_commit(&t) < 0)
		return store_folder_fail(folder, "expunging");
	return store_after_commit(folder);
}
