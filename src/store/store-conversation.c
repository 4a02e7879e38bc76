/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which conversation a message belongs to (D7), for all protocols.

   Nearly all messages name their thread's root (References, or they are one), and
   the id is a hash of that: nothing is kept.  Exceptions have a row, from first
   sight on:
   - only the message before is named (In-Reply-To), or only Outlook's Thread-Index
     tells that it is an answer: the conversation of that message, if it is at hand;
   - a protocol gave a thread another id (store_conversation_keep()). */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "istream.h"
#include "mail-storage-private.h"
#include "message-id.h"
#include "dovetail-mime.h"
#include "store-changes.h"
#include "store-conversation.h"
#include "store-private.h"

#define ID_LEN MIME_CONVERSATION_ID_LEN
#define CONVERSATION_KIND "conversation"
/* Of this kind there are rows: else none is asked for. */
#define CONVERSATION_ANY "any"
/* So many messages before an answer are looked at for the one it answers, and so
   many answers of one request get that look. */
#define CONVERSATION_LOOK_BACK 2000
#define CONVERSATION_LOOKS 16
/* An answer to an answer to ... of this kind */
#define CONVERSATION_DEPTH 8

const char *const store_conversation_headers[] = {
	"In-Reply-To", "Message-ID", "References", "Subject", "Thread-Index",
	NULL
};

struct conversation_look {
	struct store_folder *folder;
	enum mime_conversation_source source;
	/* what is looked for */
	const char *parent;
	unsigned char guid[ID_LEN];
	unsigned int depth;
};

static int
conversation_id(struct store_folder *folder, struct mime_message *mime,
		uint32_t uid, unsigned int depth, unsigned char *id_r);

/* --- rows --------------------------------------------------------------------- */

static bool conversation_any(struct store *store)
{
	struct meta_state state;

	if (!store->conversation_checked) {
		store->conversation_any =
			meta_state_get(store->db, "", CONVERSATION_KIND,
				       CONVERSATION_ANY,
				       pool_datastack_create(), &state) > 0;
		store->conversation_checked = TRUE;
	}
	return store->conversation_any;
}

static int conversation_kept(struct store *store, const unsigned char *key,
			     unsigned char *id_r)
{
	struct meta_state state;
	int ret;

	if (!conversation_any(store))
		return 0;
	ret = meta_state_get(store->db, "", CONVERSATION_KIND,
			     binary_to_hex(key, ID_LEN),
			     pool_datastack_create(), &state);
	if (ret < 0) {
		return store_fail_meta(store, store->db,
				       "looking for a conversation");
	}
	if (ret == 0 || state.size != ID_LEN)
		return 0;
	memcpy(id_r, state.data, ID_LEN);
	return 1;
}

int store_conversation_keep(struct store *store, const unsigned char *natural,
			    const unsigned char *id)
{
	struct meta_txn *txn = meta_txn_begin(store->db);

	meta_state_put(txn, "", CONVERSATION_KIND,
		       binary_to_hex(natural, ID_LEN), id, ID_LEN, 0);
	meta_state_put(txn, "", CONVERSATION_KIND, CONVERSATION_ANY, "", 0, 0);
	if (meta_txn_commit(&txn) < 0) {
		return store_fail_meta(store, store->db,
				       "keeping a conversation");
	}
	store->conversation_any = store->conversation_checked = TRUE;
	return 0;
}

/* --- messages ------------------------------------------------------------------ */

static int conversation_mail_headers(void *context, const char *name,
				     const char *const **values_r,
				     const char **error_r)
{
	struct mail *mail = context;
	int ret = mail_get_headers(mail, name, values_r);

	if (ret < 0)
		*error_r = mailbox_get_last_internal_error(mail->box, NULL);
	return ret;
}

static int conversation_mail_open(void *context, struct istream **input_r,
				  const char **error_r)
{
	struct mail *mail = context;

	if (mail_get_stream(mail, NULL, NULL, input_r) < 0) {
		*error_r = mailbox_get_last_internal_error(mail->box, NULL);
		return -1;
	}
	i_stream_ref(*input_r);
	return 0;
}

static struct mime_message *
conversation_mime(struct mail *mail, pool_t pool)
{
	struct mime_source source = {
		.open = conversation_mail_open,
		.get_headers = conversation_mail_headers,
		.context = mail,
	};

	return mime_message_open(pool, &source);
}

int store_conversation_of_mail(struct store_folder *folder, struct mail *mail,
			       pool_t pool, unsigned char *id_r)
{
	struct mime_message *mime = conversation_mime(mail, pool);
	int ret = conversation_id(folder, mime, mail->uid, 0, id_r);

	mime_message_close(&mime);
	return ret;
}

/* --- the message that is answered ----------------------------------------------- */

/* 1 it is the one, 0, -1: what is needed is not in the cache */
static int look_matches(const struct conversation_look *look,
			struct mail *mail, struct mime_message *mime)
{
	unsigned char guid[ID_LEN];
	const char *value, *error;
	int ret;

	if (look->source == MIME_CONVERSATION_INDEX) {
		ret = mime_thread_index_guid(mime, guid, &error);
		return ret <= 0 ? ret : memcmp(guid, look->guid, ID_LEN) == 0;
	}
	ret = mail_get_first_header(mail, "Message-ID", &value);
	if (ret <= 0)
		return ret;
	value = message_id_get_next(&value);
	return value != NULL && strcmp(value, look->parent) == 0;
}

/* Looks at the messages before the UID, newest first, but reads no file: the one
   that is answered was seen before, or is not known to this user's clients. */
static int look_in(const struct conversation_look *look,
		   struct store_folder *folder, uint32_t before,
		   unsigned char *id_r)
{
	struct mailbox_header_lookup_ctx *headers;
	struct mailbox_transaction_context *t;
	struct mime_message *mime;
	uint32_t seq1, seq2, left = CONVERSATION_LOOK_BACK;
	struct mail *mail;
	pool_t pool;
	int ret = 0;

	if (before <= 1)
		return 0;
	mailbox_get_seq_range(folder->box, 1, before - 1, &seq1, &seq2);
	if (seq1 == 0)
		return 0;
	headers = mailbox_header_lookup_init(folder->box,
					     store_conversation_headers);
	t = mailbox_transaction_begin(folder->box, 0, "Dovetail conversation");
	mail = mail_alloc(t, 0, headers);
	mail->lookup_abort = MAIL_LOOKUP_ABORT_NOT_IN_CACHE;
	pool = pool_alloconly_create("conversation look", 2048);
	for (; seq2 > 0 && left > 0 && ret == 0; seq2--, left--) T_BEGIN {
		p_clear(pool);
		mail_set_seq(mail, seq2);
		mime = conversation_mime(mail, pool);
		if (look_matches(look, mail, mime) > 0 &&
		    conversation_id(folder, mime, mail->uid, look->depth + 1,
				    id_r) == 0)
			ret = 1;
		mime_message_close(&mime);
	} T_END;
	pool_unref(&pool);
	mail_free(&mail);
	mailbox_header_lookup_unref(&headers);
	(void)mailbox_transaction_commit(&t);
	return ret;
}

/* Answers lie in INBOX, and what they answer in Sent, or the other way round. */
static int look_elsewhere(const struct conversation_look *look,
			  unsigned char *id_r)
{
	static const enum store_role roles[] = {
		STORE_ROLE_SENT, STORE_ROLE_INBOX
	};
	struct store *store = look->folder->store;
	const struct store_folder_info *info;
	struct store_folder *folder;
	int ret = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(roles) && ret == 0; i++) {
		info = store_folder_find_role(store, roles[i]);
		if (info == NULL || info->fid == look->folder->fid ||
		    store_open(store, info->fid, &folder) < 0)
			continue;
		ret = look_in(look, folder, folder->status.uidnext, id_r);
		store_close(&folder);
	}
	return ret;
}

static int conversation_look(struct store_folder *folder, uint32_t uid,
			     enum mime_conversation_source source,
			     const char *parent, unsigned int depth,
			     unsigned char *id)
{
	struct store *store = folder->store;
	struct conversation_look look = {
		.folder = folder, .source = source, .parent = parent,
		.depth = depth,
	};
	unsigned char natural[ID_LEN], found[ID_LEN];

	if (depth >= CONVERSATION_DEPTH)
		return 0;
	memcpy(natural, id, ID_LEN);
	memcpy(look.guid, id, ID_LEN);
	if (store->conversation_looks < CONVERSATION_LOOKS) {
		store->conversation_looks++;
		if (look_in(&look, folder, uid, found) > 0 ||
		    look_elsewhere(&look, found) > 0)
			memcpy(id, found, ID_LEN);
	}
	/* also when nothing was found: as it was told now it stays */
	return store_conversation_keep(store, natural, id);
}

/* --- ids ------------------------------------------------------------------------- */

static int
conversation_id(struct store_folder *folder, struct mime_message *mime,
		uint32_t uid, unsigned int depth, unsigned char *id_r)
{
	struct store *store = folder->store;
	enum mime_conversation_source source;
	unsigned char natural[ID_LEN];
	const char *parent, *error;
	int ret;

	if (mime_conversation_natural(mime, natural, &source, &parent,
				      &error) < 0)
		return store_fail(store, STORE_ERROR_TEMP, error);
	memcpy(id_r, natural, ID_LEN);
	ret = conversation_kept(store, natural, id_r);
	if (ret == 0 && source != MIME_CONVERSATION_ROOT) {
		/* a full disk or a lock keeps the row from being written, not
		   the message from being shown */
		(void)conversation_look(folder, uid, source, parent, depth,
					id_r);
	}
	return 0;
}

int store_conversation_id(struct store_folder *folder,
			  struct mime_message *mime, uint32_t uid,
			  unsigned char *id_r)
{
	int ret;

	T_BEGIN {
		ret = conversation_id(folder, mime, uid, 0, id_r);
	} T_END;
	return ret;
}

/* --- whole conversations of a folder ---------------------------------------------- */

void store_conversation_free(struct store_folder *folder)
{
	if (array_is_created(&folder->conversations))
		array_free(&folder->conversations);
	folder->conversations_next = 0;
}

/* The folder's messages from conversations_next on; the others are known from
   before, and headers never change. */
static int conversations_read(struct store_folder *folder)
{
	struct mailbox_header_lookup_ctx *headers;
	struct mailbox_transaction_context *t;
	struct store_conversation *conv;
	unsigned char id[ID_LEN];
	uint32_t seq, seq1, seq2;
	struct mail *mail;
	pool_t pool;

	if (!array_is_created(&folder->conversations))
		i_array_init(&folder->conversations, 128);
	mailbox_get_seq_range(folder->box, I_MAX(folder->conversations_next, 1),
			      (uint32_t)-1, &seq1, &seq2);
	folder->conversations_next = folder->status.uidnext;
	if (seq1 == 0)
		return 0;
	headers = mailbox_header_lookup_init(folder->box,
					     store_conversation_headers);
	t = mailbox_transaction_begin(folder->box, 0, "Dovetail conversations");
	mail = mail_alloc(t, 0, headers);
	pool = pool_alloconly_create("conversations", 2048);
	for (seq = seq1; seq <= seq2; seq++) T_BEGIN {
		p_clear(pool);
		mail_set_seq(mail, seq);
		/* one that cannot be read is in none */
		if (store_conversation_of_mail(folder, mail, pool, id) == 0) {
			conv = array_append_space(&folder->conversations);
			conv->uid = mail->uid;
			memcpy(&conv->hash, id, sizeof(conv->hash));
		}
	} T_END;
	pool_unref(&pool);
	mail_free(&mail);
	mailbox_header_lookup_unref(&headers);
	if (mailbox_transaction_commit(&t) < 0)
		return store_folder_fail(folder, "caching headers");
	return 0;
}

static int conversation_hash_cmp(const uint64_t *a, const uint64_t *b)
{
	return *a < *b ? -1 : *a > *b ? 1 : 0;
}

int store_conversation_uids(struct store_folder *folder,
			    ARRAY_TYPE(seq_range) *uids)
{
	const struct store_conversation *conv;
	ARRAY(uint64_t) wanted;
	uint32_t seq1, seq2;

	if (array_count(uids) == 0)
		return 0;
	if (conversations_read(folder) < 0)
		return -1;
	i_array_init(&wanted, 64);
	array_foreach(&folder->conversations, conv) {
		if (seq_range_exists(uids, conv->uid))
			array_push_back(&wanted, &conv->hash);
	}
	array_sort(&wanted, conversation_hash_cmp);
	array_foreach(&folder->conversations, conv) {
		if (seq_range_exists(uids, conv->uid) ||
		    array_bsearch(&wanted, &conv->hash,
				  conversation_hash_cmp) == NULL)
			continue;
		mailbox_get_seq_range(folder->box, conv->uid, conv->uid,
				      &seq1, &seq2);
		if (seq1 != 0)
			seq_range_array_add(uids, conv->uid);
	}
	array_free(&wanted);
	return 0;
}
