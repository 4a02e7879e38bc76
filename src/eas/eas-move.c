/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MoveItems (MS-ASCMD 2.2.1.12).  Moves between the same two folders are done
   together; the answers come in the order of the request. */

#include "eas-class.h"

/* MS-ASCMD 3.1.5.10 Limiting Size of Command Requests */
#define EAS_MOVES_MAX 1000
/* Moves remembered for clients that repeat them */
#define EAS_MOVES_REMEMBERED 200
#define EAS_MOVES_STATE "moved"

/* MS-ASCMD 2.2.3.177.10 */
enum eas_move_status {
	EAS_MOVE_INVALID_SOURCE = 1,
	EAS_MOVE_INVALID_DEST = 2,
	EAS_MOVE_OK = 3,
	EAS_MOVE_SAME = 4,
	EAS_MOVE_FAILED = 5,
	EAS_MOVE_LOCKED = 7,
};

/* Clients that repeat a move whose answer got lost, and then take status 1 for
   a failure and put the message back on the screen (SOGo's and horde's notes on
   iOS). For all others the documented status 1 is right. */
static const char *const eas_move_repeaters[] = {
	"iPhone", "iPad", "iPod", NULL
};

/* The recipient information cache's CollectionId */
#define EAS_COLLECTION_RI "RI"

struct eas_move {
	const char *src_msg, *src_fld, *dst_fld;
	store_fid_t src, dest;
	/* Of items (not mail): their number */
	uint32_t uid;
	bool item;
	/* 0: still to be done */
	unsigned int status;
	const char *dst_msg;
};
ARRAY_DEFINE_TYPE(eas_move, struct eas_move);

static const struct eas_error_map eas_move_errors[] = {
	{ STORE_ERROR_NOTFOUND, EAS_MOVE_INVALID_SOURCE, 0 },
	{ STORE_ERROR_BUSY, EAS_MOVE_LOCKED, 0 },
	{ STORE_ERROR_TEMP, EAS_MOVE_LOCKED, 0 },
	{ STORE_ERROR_NONE, EAS_MOVE_FAILED, 0 },
	{ 0, 0, 0 }
};

static const struct eas_error_map eas_move_dest_errors[] = {
	{ STORE_ERROR_BUSY, EAS_MOVE_LOCKED, 0 },
	{ STORE_ERROR_TEMP, EAS_MOVE_LOCKED, 0 },
	{ STORE_ERROR_NONE, EAS_MOVE_INVALID_DEST, 0 },
	{ 0, 0, 0 }
};

/* FALSE: not a Move element as the schema has it */
static bool
move_parse(const struct wbxml_node *node, struct eas_move *move_r)
{
	const struct wbxml_node *dest = wbxml_child(node, MOVE_DstFldId);

	i_zero(move_r);
	move_r->src_msg = wbxml_child_text(node, MOVE_SrcMsgId);
	move_r->src_fld = wbxml_child_text(node, MOVE_SrcFldId);
	if (move_r->src_msg == NULL || *move_r->src_msg == '\0' ||
	    strlen(move_r->src_msg) > EAS_ID_MAX || move_r->src_fld == NULL ||
	    dest == NULL)
		return FALSE;
	move_r->dst_fld = dest->text;
	if (wbxml_next_sibling(dest) != NULL)
		move_r->status = EAS_MOVE_FAILED;
	return TRUE;
}

/* NULL: nothing is moved from or to there. */
static const struct store_folder_info *
move_folder(struct eas_request *req, const char *id, store_fid_t *fid_r)
{
	const struct store_folder_info *info;

	if (!eas_collection_id_parse(id, fid_r))
		return NULL;
	info = store_folder_find(req->store, *fid_r);
	if (info == NULL || !info->selectable ||
	    (info->class != STORE_CLASS_MAIL &&
	     eas_class_by_store(info->class) == NULL))
		return NULL;
	return info;
}

/* 1, 0 not in that folder (any more), -1 store error */
static int move_find(struct eas_request *req, struct eas_move *move,
		     const struct store_oid *oid)
{
	struct store_item item;
	store_fid_t now_fid;
	int ret;

	if (move->item) {
		move->uid = oid->uid;
		return store_item_get(req->store, move->src, move->uid,
				      req->pool, &item);
	}
	ret = store_oid_find(req->store, oid, &now_fid, &move->uid);
	return ret > 0 && now_fid != move->src ? 0 : ret;
}

/* What can be told without opening a folder. */
static void move_check(struct eas_request *req, struct eas_move *move)
{
	const struct store_folder_info *src, *dest;
	struct store_oid oid;
	store_fid_t id_fid;
	int ret;

	if (strcmp(move->dst_fld, EAS_COLLECTION_RI) == 0 ||
	    strcmp(move->src_fld, EAS_COLLECTION_RI) == 0) {
		move->status = req->version < EAS_VERSION_140 ?
			EAS_MOVE_INVALID_DEST : EAS_STATUS_INVALID_IDS;
	} else if ((src = move_folder(req, move->src_fld, &move->src)) == NULL ||
		   !eas_server_id_parse(move->src_msg, &id_fid, &oid) ||
		   id_fid != move->src ||
		   (src->class != STORE_CLASS_MAIL) != (oid.idspace == 0))
		move->status = EAS_MOVE_INVALID_SOURCE;
	else if ((dest = move_folder(req, move->dst_fld, &move->dest)) == NULL)
		move->status = EAS_MOVE_INVALID_DEST;
	else if (move->src == move->dest)
		move->status = EAS_MOVE_SAME;
	else if (src->class != dest->class)
		/* A contact is no mail, not in Deleted Items either. */
		move->status = EAS_MOVE_FAILED;
	else {
		move->item = oid.idspace == 0;
		if ((ret = move_find(req, move, &oid)) < 0)
			move->status = eas_store_status(req, eas_move_errors);
		else if (ret == 0)
			move->status = EAS_MOVE_INVALID_SOURCE;
	}
}

/* The same message to two places: the first counts. */
static void moves_check_double(ARRAY_TYPE(eas_move) *moves)
{
	struct eas_move *list, *move;
	unsigned int count;

	list = array_get_modifiable(moves, &count);
	for (unsigned int i = 1; i < count; i++) {
		move = &list[i];
		for (unsigned int j = 0; j < i && move->status == 0; j++) {
			if (list[j].status == 0 && list[j].src == move->src &&
			    list[j].uid == move->uid)
				move->status = EAS_MOVE_FAILED;
		}
	}
}

static void
moves_pair_done(struct store_folder *dest, struct eas_move *list,
		unsigned int count, const struct eas_move *first,
		const ARRAY_TYPE(store_moved) *moved, pool_t pool)
{
	const struct store_moved *m;
	struct store_oid oid;

	for (unsigned int i = 0; i < count; i++) {
		struct eas_move *move = &list[i];

		if (move->status != 0 || move->src != first->src ||
		    move->dest != first->dest)
			continue;
		/* Expunged meanwhile, unless it is found below */
		move->status = EAS_MOVE_INVALID_SOURCE;
		array_foreach(moved, m) {
			if (m->src_uid != move->uid)
				continue;
			store_oid_of(dest, m->dest_uid, &oid);
			move->dst_msg = p_strdup(pool,
				eas_server_id(move->dest, &oid));
			move->status = EAS_MOVE_OK;
			break;
		}
	}
}

static void
moves_pair_failed(struct eas_move *list, unsigned int count,
		  store_fid_t src, store_fid_t dest, unsigned int status)
{
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].status == 0 && list[i].src == src &&
		    list[i].dest == dest)
			list[i].status = status;
	}
}

/* All open moves between the two folders of first. */
static void
moves_run_pair(struct eas_request *req, struct eas_move *list,
	       unsigned int count, const struct eas_move *first)
{
	store_fid_t src_fid = first->src, dest_fid = first->dest;
	struct store_folder *src, *dest;
	ARRAY_TYPE(store_moved) moved;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	if (store_open(req->store, src_fid, &src) < 0) {
		moves_pair_failed(list, count, src_fid, dest_fid,
			eas_store_status(req, eas_move_errors));
		return;
	}
	if (store_open(req->store, dest_fid, &dest) < 0) {
		store_close(&src);
		moves_pair_failed(list, count, src_fid, dest_fid,
			eas_store_status(req, eas_move_dest_errors));
		return;
	}
	p_array_init(&uids, req->pool, 16);
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].status == 0 && list[i].src == src_fid &&
		    list[i].dest == dest_fid)
			seq_range_array_add(&uids, list[i].uid);
	}
	p_array_init(&moved, req->pool, 16);
	ret = store_move(src, &uids, dest, FALSE, &moved);
	if (ret >= 0)
		moves_pair_done(dest, list, count, first, &moved, req->pool);
	else {
		moves_pair_failed(list, count, src_fid, dest_fid,
				  eas_store_status(req, eas_move_errors));
	}
	store_close(&dest);
	store_close(&src);
}

static void move_run_item(struct eas_request *req, struct eas_move *move)
{
	uint32_t num;

	if (store_item_move(req->store, move->src, move->uid, move->dest,
			    &num) < 0) {
		move->status = eas_store_status(req, eas_move_errors);
		return;
	}
	move->dst_msg = p_strdup(req->pool, eas_item_id(move->dest, num));
	move->status = EAS_MOVE_OK;
}

/* --- clients that repeat -------------------------------------------------------- */

static bool moves_client_repeats(struct eas_request *req)
{
	return req->device_type != NULL &&
		str_array_icase_find(eas_move_repeaters, req->device_type);
}

static const char *moves_state_read(struct eas_request *req)
{
	const unsigned char *data;
	size_t size;

	if (store_state_get(req->store, req->device_key, EAS_MOVES_STATE,
			    req->pool, &data, &size) <= 0)
		return "";
	return p_strndup(req->pool, data, size);
}

/* Lines "<src id> <dest folder> <dest id>", newest first */
static void
moves_recall(struct eas_request *req, ARRAY_TYPE(eas_move) *moves)
{
	const char *const *lines = NULL, *const *words;
	struct eas_move *move;

	array_foreach_modifiable(moves, move) {
		if (move->status != EAS_MOVE_INVALID_SOURCE)
			continue;
		if (lines == NULL)
			lines = t_strsplit(moves_state_read(req), "\n");
		for (const char *const *p = lines; *p != NULL; p++) T_BEGIN {
			words = t_strsplit(*p, " ");
			if (str_array_length(words) == 3 &&
			    strcmp(words[0], move->src_msg) == 0 &&
			    strcmp(words[1], move->dst_fld) == 0) {
				move->dst_msg = p_strdup(req->pool, words[2]);
				move->status = EAS_MOVE_OK;
			}
		} T_END;
	}
}

static void
moves_remember(struct eas_request *req, const ARRAY_TYPE(eas_move) *moves)
{
	string_t *str = str_new(req->pool, 1024);
	const struct eas_move *move;
	struct store_state_txn *txn;
	unsigned int count = 0;

	array_foreach(moves, move) {
		if (move->status == EAS_MOVE_OK) {
			str_printfa(str, "%s %s %s\n", move->src_msg,
				    move->dst_fld, move->dst_msg);
			count++;
		}
	}
	if (count == 0)
		return;
	for (const char *const *p = t_strsplit(moves_state_read(req), "\n");
	     *p != NULL && count < EAS_MOVES_REMEMBERED; p++) {
		if (**p != '\0') {
			str_printfa(str, "%s\n", *p);
			count++;
		}
	}
	txn = store_state_begin(req->store);
	store_state_set(txn, req->device_key, EAS_MOVES_STATE,
			str_data(str), str_len(str));
	/* Only a convenience: a failure costs the repeating client a resync. */
	(void)store_state_commit(&txn);
}

/* --- command -------------------------------------------------------------------- */

static void
moves_run(struct eas_request *req, ARRAY_TYPE(eas_move) *moves)
{
	bool repeats = moves_client_repeats(req);
	struct eas_move *list;
	unsigned int count;

	list = array_get_modifiable(moves, &count);
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].status == 0)
			move_check(req, &list[i]);
	}
	moves_check_double(moves);
	if (repeats)
		moves_recall(req, moves);
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].status != 0)
			continue;
		if (list[i].item)
			move_run_item(req, &list[i]);
		else
			moves_run_pair(req, list, count, &list[i]);
	}
	if (repeats)
		moves_remember(req, moves);
}

static void
moves_reply(struct eas_request *req, const ARRAY_TYPE(eas_move) *moves)
{
	struct wbxml_writer *w = eas_reply_begin(req, FALSE);
	const struct eas_move *move;

	wbxml_start(w, MOVE_MoveItems);
	array_foreach(moves, move) {
		wbxml_start(w, MOVE_Response);
		wbxml_text_tag(w, MOVE_SrcMsgId, move->src_msg);
		wbxml_uint_tag(w, MOVE_Status, move->status);
		wbxml_text_tag_opt(w, MOVE_DstMsgId, move->dst_msg);
		wbxml_end(w, MOVE_Response);
	}
	wbxml_end(w, MOVE_MoveItems);
	eas_reply_end(req);
}

void eas_cmd_move_items(struct eas_request *req)
{
	ARRAY_TYPE(eas_move) moves;
	const struct wbxml_node *node = wbxml_child(req->root, MOVE_Move);
	const ARRAY_TYPE(store_folder_info) *folders;

	p_array_init(&moves, req->pool, 8);
	if (req->root->tag != MOVE_MoveItems || node == NULL) {
		eas_reply_status(req, EAS_STATUS_INVALID_XML);
		return;
	}
	for (; node != NULL; node = wbxml_next_sibling(node)) {
		struct eas_move *move = array_append_space(&moves);

		if (!move_parse(node, move) ||
		    array_count(&moves) > EAS_MOVES_MAX) {
			eas_reply_status(req, EAS_STATUS_INVALID_XML);
			return;
		}
	}
	if (store_folders(req->store, &folders) < 0) {
		eas_reply_store_error(req);
		return;
	}
	moves_run(req, &moves);
	moves_reply(req, &moves);
}
