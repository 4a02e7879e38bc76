/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading messages. What the caller will look at is told to lib-storage before
   the first message, so that one pass over a message fills Dovecot's cache with
   all of it, as IMAP's FETCH does. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "imap-bodystructure.h"
#include "mail-storage-private.h"
#include "dovetail-mime.h"
#include "store-changes.h"
#include "store-write.h"
#include "store-fetch.h"
#include "store-private.h"

static const struct {
	enum store_want want;
	enum mail_fetch_field fields;
} store_wants[] = {
	{ STORE_WANT_FLAGS, MAIL_FETCH_FLAGS },
	{ STORE_WANT_HEADERS, MAIL_FETCH_RECEIVED_DATE },
	{ STORE_WANT_STRUCTURE, MAIL_FETCH_MESSAGE_PARTS |
	  MAIL_FETCH_IMAP_BODYSTRUCTURE },
	{ STORE_WANT_BODY, MAIL_FETCH_STREAM_HEADER | MAIL_FETCH_STREAM_BODY },
	{ STORE_WANT_SIZE, MAIL_FETCH_VIRTUAL_SIZE },
};

struct store_fetch *
store_fetch_init(struct store_folder *folder,
		 const ARRAY_TYPE(seq_range) *uids, enum store_want want,
		 bool newest_first)
{
	struct store_fetch *fetch = i_new(struct store_fetch, 1);
	unsigned int count = array_count(uids);
	enum mail_fetch_field fields = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(store_wants); i++) {
		if ((want & store_wants[i].want) != 0)
			fields |= store_wants[i].fields;
	}
	fetch->folder = folder;
	fetch->newest_first = newest_first;
	i_array_init(&fetch->seqs, count + 1);
	store_uids_to_seqs(folder, uids, &fetch->seqs);
	if (count > 0) {
		fetch->uid1 = (array_idx(uids, 0))->seq1;
		fetch->uid2 = (array_idx(uids, count - 1))->seq2;
	}
	if ((want & STORE_WANT_HEADERS) != 0)
		store_headers_init(fetch);
	fetch->trans = mailbox_transaction_begin(folder->box, 0,
						 "Dovetail fetch");
	fetch->msg.fetch = fetch;
	fetch->msg.pool = pool_alloconly_create("store message", 8192);
	/* without the headers, or Dovecot asks its cache for each of them when
	   it comes to a message: see store_headers_read() */
	fetch->msg.mail = mail_alloc(fetch->trans, fields, NULL);
	store_fetch_hook_mail(fetch);
	return fetch;
}

static bool store_fetch_seq(struct store_fetch *fetch, uint32_t *seq_r)
{
	const struct seq_range *range;
	unsigned int count = array_count(&fetch->seqs);

	while (fetch->range < count) {
		range = array_idx(&fetch->seqs, fetch->newest_first ?
				  count - 1 - fetch->range : fetch->range);
		if (fetch->done <= range->seq2 - range->seq1) {
			*seq_r = fetch->newest_first ?
				range->seq2 - fetch->done :
				range->seq1 + fetch->done;
			fetch->done++;
			return TRUE;
		}
		fetch->done = 0;
		fetch->range++;
	}
	return FALSE;
}

bool store_fetch_next(struct store_fetch *fetch, struct store_msg **msg_r)
{
	uint32_t seq;

	do {
		if (!store_fetch_seq(fetch, &seq))
			return FALSE;
		mail_set_seq(fetch->msg.mail, seq);
	} while (fetch->msg.mail->expunged);
	p_clear(fetch->msg.pool);
	fetch->msg.parts = NULL;
	fetch->msg.headers_read = FALSE;
	*msg_r = &fetch->msg;
	return TRUE;
}

int store_fetch_deinit(struct store_fetch **_fetch)
{
	struct store_fetch *fetch = *_fetch;
	struct store_folder *folder = fetch->folder;
	int ret = fetch->failed ? -1 : 0;

	*_fetch = NULL;
	mail_free(&fetch->msg.mail);
	i_free(fetch->buffer);
	store_headers_deinit(fetch);
	/* saves what was cached */
	if (mailbox_transaction_commit(&fetch->trans) < 0) {
		e_debug(folder->store->event, "%s: caching failed: %s",
			mailbox_get_vname(folder->box),
			mailbox_get_last_internal_error(folder->box, NULL));
	}
	pool_unref(&fetch->msg.pool);
	store_fetch_extras_free(fetch);
	array_free(&fetch->seqs);
	i_free(fetch);
	return ret;
}

/* --- a message ------------------------------------------------------------ */

int store_msg_fail(struct store_msg *msg, const char *doing)
{
	struct store_folder *folder = msg->fetch->folder;

	if (msg->mail->expunged) {
		return store_fail(folder->store, STORE_ERROR_NOTFOUND,
				  "Message is gone");
	}
	return store_fail_box(folder->store, folder->box,
		t_strdup_printf("UID %u: %s", msg->mail->uid, doing));
}

uint32_t store_msg_uid(struct store_msg *msg)
{
	return msg->mail->uid;
}

static const struct {
	enum mail_flags mail;
	enum store_flags store;
} store_flag_map[] = {
	{ MAIL_ANSWERED, STORE_FLAG_ANSWERED },
	{ MAIL_FLAGGED, STORE_FLAG_FLAGGED },
	{ MAIL_DELETED, STORE_FLAG_DELETED },
	{ MAIL_SEEN, STORE_FLAG_SEEN },
	{ MAIL_DRAFT, STORE_FLAG_DRAFT },
};

enum store_flags store_flags_from_mail(enum mail_flags flags)
{
	enum store_flags result = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(store_flag_map); i++) {
		if ((flags & store_flag_map[i].mail) != 0)
			result |= store_flag_map[i].store;
	}
	return result;
}

enum mail_flags store_flags_to_mail(enum store_flags flags)
{
	enum mail_flags result = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(store_flag_map); i++) {
		if ((flags & store_flag_map[i].store) != 0)
			result |= store_flag_map[i].mail;
	}
	return result;
}

enum store_flags store_msg_flags(struct store_msg *msg)
{
	return store_flags_from_mail(mail_get_flags(msg->mail));
}

const char *const *store_msg_keywords(struct store_msg *msg)
{
	return mail_get_keywords(msg->mail);
}

uint64_t store_msg_modseq(struct store_msg *msg)
{
	return store_modseq_of(msg->fetch->folder, msg->mail->seq,
			       msg->mail->uid);
}

int store_msg_received(struct store_msg *msg, time_t *time_r)
{
	if (mail_get_received_date(msg->mail, time_r) < 0)
		return store_msg_fail(msg, "reading its date");
	return 0;
}

int store_msg_size(struct store_msg *msg, uoff_t *size_r)
{
	if (mail_get_virtual_size(msg->mail, size_r) < 0)
		return store_msg_fail(msg, "reading its size");
	return 0;
}

int store_msg_guid(struct store_msg *msg, const char **guid_r)
{
	if (mail_get_special(msg->mail, MAIL_FETCH_GUID, guid_r) < 0)
		return store_msg_fail(msg, "reading its GUID");
	return 0;
}

int store_msg_stream(struct store_msg *msg, struct istream **input_r)
{
	if (mail_get_stream_because(msg->mail, NULL, NULL, "Dovetail",
				    input_r) < 0)
		return store_msg_fail(msg, "opening it");
	i_stream_seek(*input_r, 0);
	return 0;
}

int store_msg_parts(struct store_msg *msg, struct message_part **parts_r)
{
	struct message_part *parts;
	const char *bodystructure, *error;

	if (msg->parts == NULL) {
		if (store_headers_read(msg) < 0)
			return -1;
		if (mail_get_special(msg->mail, MAIL_FETCH_IMAP_BODYSTRUCTURE,
				     &bodystructure) < 0 ||
		    mail_get_parts(msg->mail, &parts) < 0)
			return store_msg_fail(msg, "reading its structure");
		T_BEGIN {
			if (imap_bodystructure_parse_full(bodystructure,
					msg->pool, &parts, &error) < 0) {
				/* next time from the message; now the tree
				   alone, without types */
				mail_set_cache_corrupted(msg->mail,
					MAIL_FETCH_IMAP_BODYSTRUCTURE, error);
			}
		} T_END;
		msg->parts = parts;
	}
	*parts_r = msg->parts;
	return 0;
}
