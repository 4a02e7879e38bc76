/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conversations that are always to be moved (MS-ASCON 3.2.5.3; Outlook's "ignore"
   and "always move"): what arrives for them goes to their folder.

   It is done when a client comes next, whatever it asks for, so that no client of
   ours sees such a message at its first place.  Rows: the rules, and for each
   folder how far it was looked through. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "dovetail-mime.h"
#include "mail-storage-private.h"
#include "store-conversation.h"
#include "store-private.h"

#define ID_LEN MIME_CONVERSATION_ID_LEN
#define MOVE_KIND "conversation-move"
#define SEEN_KIND "conversation-seen"
#define MOVES_MAX 1000

struct conversation_move {
	unsigned char id[ID_LEN];
	store_fid_t dest;
};

struct conversation_moves {
	struct store *store;
	pool_t pool;
	ARRAY(struct conversation_move) rules;
	struct meta_txn *txn;
};

/* --- rows --------------------------------------------------------------------- */

static int moves_read(struct conversation_moves *moves)
{
	struct store *store = moves->store;
	ARRAY_TYPE(meta_state) states;
	const struct meta_state *state;
	struct conversation_move *move;
	buffer_t *id = t_buffer_create(ID_LEN);

	p_array_init(&states, moves->pool, 4);
	if (meta_state_list(store->db, "", MOVE_KIND, moves->pool,
			    &states) < 0) {
		return store_fail_meta(store, store->db,
				       "reading conversations to move");
	}
	p_array_init(&moves->rules, moves->pool, array_count(&states) + 1);
	array_foreach(&states, state) {
		buffer_set_used_size(id, 0);
		if (state->size != sizeof(move->dest) ||
		    hex_to_binary(state->name, id) < 0 || id->used != ID_LEN)
			continue;
		move = array_append_space(&moves->rules);
		memcpy(move->id, id->data, ID_LEN);
		memcpy(&move->dest, state->data, sizeof(move->dest));
	}
	return 0;
}

/* --- what arrived --------------------------------------------------------------- */

static const struct conversation_move *
moves_find(const struct conversation_moves *moves, const unsigned char *id)
{
	const struct conversation_move *move;

	array_foreach(&moves->rules, move) {
		if (memcmp(move->id, id, ID_LEN) == 0)
			return move;
	}
	return NULL;
}

/* What the user wrote, and what was thrown away, stays where it is. */
static bool moves_look_at(const struct store_folder_info *info)
{
	if (!info->selectable || info->foreign ||
	    info->class != STORE_CLASS_MAIL)
		return FALSE;
	switch (info->role) {
	case STORE_ROLE_SENT:
	case STORE_ROLE_DRAFTS:
	case STORE_ROLE_OUTBOX:
	case STORE_ROLE_TRASH:
	case STORE_ROLE_JUNK:
	case STORE_ROLE_ALL:
	case STORE_ROLE_FLAGGED:
		return FALSE;
	default:
		return TRUE;
	}
}

/* The folder's messages from the UID on, by where they are to go */
static void moves_collect(struct conversation_moves *moves,
			  struct store_folder *folder, uint32_t from,
			  ARRAY_TYPE(store_hit) *hits)
{
	struct mailbox_header_lookup_ctx *headers;
	struct mailbox_transaction_context *t;
	const struct conversation_move *move;
	unsigned char id[ID_LEN];
	struct store_hit *hit;
	uint32_t seq1, seq2;
	struct mail *mail;
	pool_t pool;

	mailbox_get_seq_range(folder->box, from, (uint32_t)-1, &seq1, &seq2);
	if (seq1 == 0)
		return;
	headers = mailbox_header_lookup_init(folder->box,
					     store_conversation_headers);
	t = mailbox_transaction_begin(folder->box, 0, "Dovetail move always");
	mail = mail_alloc(t, 0, headers);
	pool = pool_alloconly_create("conversation moves", 2048);
	for (; seq1 <= seq2; seq1++) T_BEGIN {
		p_clear(pool);
		mail_set_seq(mail, seq1);
		if (store_conversation_of_mail(folder, mail, pool, id) == 0 &&
		    (move = moves_find(moves, id)) != NULL &&
		    move->dest != folder->fid) {
			hit = array_append_space(hits);
			hit->fid = move->dest;
			hit->uid = mail->uid;
		}
	} T_END;
	pool_unref(&pool);
	mail_free(&mail);
	mailbox_header_lookup_unref(&headers);
	(void)mailbox_transaction_commit(&t);
}

static void moves_drop(struct conversation_moves *moves, store_fid_t dest)
{
	const struct conversation_move *move;

	array_foreach(&moves->rules, move) {
		if (move->dest == dest) {
			meta_state_delete(moves->txn, "", MOVE_KIND,
					  binary_to_hex(move->id, ID_LEN));
		}
	}
}

static int moves_carry_out(struct conversation_moves *moves,
			   struct store_folder *folder, store_fid_t dest_fid,
			   const ARRAY_TYPE(store_hit) *hits)
{
	ARRAY_TYPE(seq_range) uids;
	ARRAY_TYPE(store_moved) moved;
	const struct store_hit *hit;
	struct store_folder *dest;
	int ret;

	t_array_init(&uids, 8);
	t_array_init(&moved, 8);
	array_foreach(hits, hit) {
		if (hit->fid == dest_fid)
			seq_range_array_add(&uids, hit->uid);
	}
	if (store_open(moves->store, dest_fid, &dest) < 0) {
		if (moves->store->error != STORE_ERROR_NOTFOUND)
			return -1;
		/* the folder is gone, and so is the wish */
		moves_drop(moves, dest_fid);
		return 0;
	}
	ret = store_move(folder, &uids, dest, FALSE, &moved);
	store_close(&dest);
	return ret;
}

static int moves_folder(struct conversation_moves *moves,
			struct store_folder *folder, uint32_t from)
{
	ARRAY_TYPE(store_hit) hits;
	ARRAY_TYPE(seq_range) dests;
	const struct store_hit *hit;
	int ret = 0;

	t_array_init(&hits, 8);
	t_array_init(&dests, 2);
	moves_collect(moves, folder, from, &hits);
	array_foreach(&hits, hit) {
		if (ret < 0 || seq_range_exists(&dests, hit->fid))
			continue;
		seq_range_array_add(&dests, hit->fid);
		ret = moves_carry_out(moves, folder, hit->fid, &hits);
	}
	return ret;
}

/* In the first look at a folder nothing is new: what was there was moved when
   the rule was made. */
static int moves_look(struct conversation_moves *moves,
		      const struct store_folder_info *info)
{
	const char *name = t_strdup_printf("%x", info->fid);
	struct store *store = moves->store;
	struct store_point point;
	struct meta_state state;
	struct store_folder *folder;
	int ret = meta_state_get(store->db, "", SEEN_KIND, name, moves->pool,
				 &state);

	if (ret < 0)
		return store_fail_meta(store, store->db, "moving conversations");
	i_zero(&point);
	if (ret > 0 && state.size == sizeof(point)) {
		memcpy(&point, state.data, sizeof(point));
		if (store_unchanged(store, info->fid, &point))
			return 0;
	}
	if (store_open(store, info->fid, &folder) < 0)
		return store->error == STORE_ERROR_NOTFOUND ? 0 : -1;
	ret = point.idspace == folder->idspace &&
		folder->status.uidnext > point.uidnext ?
		moves_folder(moves, folder, point.uidnext) : 0;
	if (ret == 0) {
		store_point_get(folder, &point);
		meta_state_put(moves->txn, "", SEEN_KIND, name, &point,
			       sizeof(point), 0);
	}
	store_close(&folder);
	return ret;
}

/* Commits. What was looked at stands, whatever came after. */
static int moves_look_all(struct conversation_moves *moves)
{
	struct store *store = moves->store;
	const ARRAY_TYPE(store_folder_info) *infos;
	const struct store_folder_info *info;
	int ret = store_folders(store, &infos);

	if (ret == 0) array_foreach(infos, info) T_BEGIN {
		if (ret == 0 && moves_look_at(info))
			ret = moves_look(moves, info);
	} T_END;
	if (meta_txn_commit(&moves->txn) < 0) {
		return store_fail_meta(store, store->db,
				       "moving conversations");
	}
	return ret;
}

int store_conversation_move_always(struct store *store,
				   const unsigned char *id, store_fid_t dest)
{
	struct conversation_moves moves = { .store = store };
	int ret;

	moves.pool = pool_alloconly_create("conversation moves", 1024);
	if ((ret = moves_read(&moves)) == 0 &&
	    array_count(&moves.rules) >= MOVES_MAX) {
		ret = store_fail(store, STORE_ERROR_QUOTA,
				 "Too many conversations are always moved");
	}
	if (ret == 0) {
		moves.txn = meta_txn_begin(store->db);
		meta_state_put(moves.txn, "", MOVE_KIND,
			       binary_to_hex(id, ID_LEN), &dest, sizeof(dest),
			       0);
		/* notes how far each folder has come */
		ret = moves_look_all(&moves);
	}
	pool_unref(&moves.pool);
	return ret;
}

int store_conversation_moves_run(struct store *store)
{
	struct conversation_moves moves = { .store = store };
	int ret;

	moves.pool = pool_alloconly_create("conversation moves", 1024);
	ret = moves_read(&moves);
	if (ret == 0 && array_count(&moves.rules) > 0) {
		moves.txn = meta_txn_begin(store->db);
		ret = moves_look_all(&moves);
	}
	pool_unref(&moves.pool);
	return ret;
}
