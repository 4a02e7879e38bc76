/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ItemOperations (MS-ASCMD 2.2.1.10): Fetch of items and attachments,
   EmptyFolderContents, Move of a conversation. */

#include "eas-attachment.h"
#include "eas-class.h"
#include "eas-range.h"
#include "eas-multipart.h"
#include "base64.h"
#include "compat.h"
#include "istream.h"
#include "istream-base64.h"

/* MS-ASCMD 2.2.3.177.8 */
enum eas_itemops_status {
	EAS_IO_OK = 1,
	EAS_IO_PROTOCOL = 2,
	EAS_IO_SERVER = 3,
	EAS_IO_BAD_LINK = 4,
	EAS_IO_LINK_DENIED = 5,
	EAS_IO_NOT_FOUND = 6,
	EAS_IO_RANGE = 8,
	EAS_IO_UNKNOWN_STORE = 9,
	EAS_IO_CONVERSION = 14,
	EAS_IO_ATTACHMENT = 15,
	EAS_IO_DENIED = 16,
	EAS_IO_UNSUPPORTED = 156,
};

#define EAS_COLLECTION_RI "RI"
#define EAS_MOVE_CONVERSATION_MAX 10000
/* MS-ASCMD 2.2.3.143.1: digits in each half of a Range */
#define EAS_RANGE_DIGITS 9

static const struct eas_error_map eas_itemops_errors[] = {
	{ STORE_ERROR_NOTFOUND, EAS_IO_NOT_FOUND, 0 },
	{ STORE_ERROR_PERM, EAS_IO_DENIED, 0 },
	{ STORE_ERROR_UNSUPPORTED, EAS_IO_DENIED, 0 },
	{ STORE_ERROR_NONE, EAS_IO_SERVER, 0 },
	{ 0, 0, 0 }
};

struct eas_itemops {
	struct eas_request *req;
	struct wbxml_writer *writer;
	/* NULL: inline */
	struct eas_multipart *multipart;
};

struct eas_fetch {
	const struct wbxml_node *node, *options;
	const char *server_id, *collection_id, *long_id, *file_ref, *link_id;
	struct eas_body_options body;
	bool range_set;
	uoff_t range_first, range_last;
	/* Not 0: refuse with it */
	unsigned int status;
};

/* --- request --------------------------------------------------------------------- */

static const struct wbxml_node *
itemops_only_child(const struct wbxml_node *node, wbxml_tag_t tag, bool *twice)
{
	const struct wbxml_node *child = wbxml_child(node, tag);

	if (child != NULL && wbxml_next_sibling(child) != NULL)
		*twice = TRUE;
	return child;
}

static const char *
itemops_only_text(const struct wbxml_node *node, wbxml_tag_t tag, bool *twice)
{
	const struct wbxml_node *child = itemops_only_child(node, tag, twice);

	return child == NULL ? NULL : child->text;
}

static void itemops_schema_parse(struct eas_request *req,
				 const struct wbxml_node *schema,
				 struct eas_body_options *opts)
{
	const struct wbxml_node *child;
	ARRAY(wbxml_tag_t) tags;

	if (schema == NULL)
		return;
	p_array_init(&tags, req->pool, 8);
	for (child = schema->children; child != NULL; child = child->next)
		array_push_back(&tags, &child->tag);
	if (array_count(&tags) > 0)
		opts->schema = array_get(&tags, &opts->schema_count);
}

/* FALSE: the whole request is a protocol error (status 2) */
static bool
itemops_options_parse(struct eas_request *req, struct eas_fetch *fetch)
{
	static const wbxml_tag_t allowed[] = {
		IO_Schema, IO_Range, IO_UserName, IO_Password, AS_MIMESupport,
		AS_Truncation, AS_MIMETruncation, ASB_BodyPreference,
		ASB_BodyPartPreference, RM_RightsManagementSupport,
	};
	const struct wbxml_node *child;
	const char *range;
	unsigned int i, status;

	eas_body_options_init(&fetch->body, req->version);
	if (fetch->options == NULL)
		return TRUE;
	for (child = fetch->options->children; child != NULL;
	     child = child->next) {
		for (i = 0; i < N_ELEMENTS(allowed); i++) {
			if (allowed[i] == child->tag)
				break;
		}
		if (i == N_ELEMENTS(allowed))
			return FALSE;
	}
	range = wbxml_child_text(fetch->options, IO_Range);
	fetch->range_set = range != NULL;
	if (range != NULL &&
	    !eas_range_parse(range, EAS_RANGE_DIGITS, &fetch->range_first,
			     &fetch->range_last))
		return FALSE;
	status = eas_body_options_parse(req->version, fetch->options,
					&fetch->body);
	if (status != 0 && status < 101)
		return FALSE;
	fetch->status = status;
	itemops_schema_parse(req, wbxml_child(fetch->options, IO_Schema),
			     &fetch->body);
	return TRUE;
}

static bool
itemops_fetch_parse(struct eas_request *req, const struct wbxml_node *node,
		    struct eas_fetch *fetch_r)
{
	bool twice = FALSE;

	i_zero(fetch_r);
	fetch_r->node = node;
	fetch_r->server_id = itemops_only_text(node, AS_ServerId, &twice);
	fetch_r->collection_id =
		itemops_only_text(node, AS_CollectionId, &twice);
	fetch_r->long_id = itemops_only_text(node, SEARCH_LongId, &twice);
	fetch_r->file_ref = itemops_only_text(node, ASB_FileReference, &twice);
	fetch_r->link_id = itemops_only_text(node, DL_LinkId, &twice);
	fetch_r->options = itemops_only_child(node, IO_Options, &twice);
	if (twice || wbxml_child(node, IO_Store) == NULL ||
	    (fetch_r->server_id == NULL && fetch_r->long_id == NULL &&
	     fetch_r->file_ref == NULL && fetch_r->link_id == NULL))
		return FALSE;
	return itemops_options_parse(req, fetch_r);
}

/* Everything is looked at before anything is done or written. */
static bool itemops_check(struct eas_request *req)
{
	const struct wbxml_node *node = req->root->children;
	struct eas_fetch fetch;

	if (req->root->tag != IO_ItemOperations || node == NULL)
		return FALSE;
	for (; node != NULL; node = node->next) {
		switch (node->tag) {
		case IO_Fetch:
			if (!itemops_fetch_parse(req, node, &fetch))
				return FALSE;
			break;
		case IO_EmptyFolderContents:
			if (wbxml_child(node, AS_CollectionId) == NULL)
				return FALSE;
			break;
		case IO_Move:
			if (req->version < EAS_VERSION_140 ||
			    wbxml_child(node, IO_ConversationId) == NULL ||
			    wbxml_child(node, IO_DstFldId) == NULL)
				return FALSE;
			break;
		default:
			return FALSE;
		}
	}
	return TRUE;
}

/* --- fetch: attachments ----------------------------------------------------------- */

static unsigned int
itemops_attachment_range(struct eas_fetch *fetch, struct eas_attachment *att,
			 uoff_t *total_r)
{
	if (eas_attachment_size(att, total_r) < 0)
		return EAS_IO_ATTACHMENT;
	if (fetch->range_first > fetch->range_last ||
	    fetch->range_first >= *total_r)
		return EAS_IO_RANGE;
	if (fetch->range_last >= *total_r)
		fetch->range_last = *total_r - 1;
	return EAS_IO_OK;
}

static void
itemops_write_data(struct eas_itemops *ops, struct istream *input)
{
	struct wbxml_writer *w = ops->writer;
	struct istream *base64;

	if (ops->multipart != NULL) {
		i_stream_ref(input);
		wbxml_uint_tag(w, IO_Part, eas_multipart_add(ops->multipart,
							     input, NULL, 0));
		return;
	}
	base64 = i_stream_create_base64_encoder(input, 0, FALSE);
	wbxml_start(w, IO_Data);
	if (wbxml_text_stream(w, base64) < 0) {
		e_error(ops->req->event, "Attachment ends early: %s",
			i_stream_get_error(base64));
	}
	wbxml_end(w, IO_Data);
	i_stream_unref(&base64);
}

static void
itemops_write_attachment(struct eas_itemops *ops, struct eas_fetch *fetch,
			 struct eas_attachment *att, uoff_t total)
{
	struct wbxml_writer *w = ops->writer;
	struct istream *input = att->part.input;

	wbxml_start(w, IO_Properties);
	wbxml_text_tag_opt(w, ASB_ContentType, att->part.content_type);
	if (!fetch->range_set)
		i_stream_ref(input);
	else {
		/* Only when it was asked for: iOS 10 fails on it. */
		wbxml_text_tag(w, IO_Range, t_strdup_printf(
			"%"PRIuUOFF_T"-%"PRIuUOFF_T, fetch->range_first,
			fetch->range_last));
		wbxml_uint_tag(w, IO_Total, total);
		input = i_stream_create_range(input, fetch->range_first,
			fetch->range_last - fetch->range_first + 1);
	}
	itemops_write_data(ops, input);
	i_stream_unref(&input);
	wbxml_end(w, IO_Properties);
}

static void itemops_fetch_head(struct eas_itemops *ops, unsigned int status,
			       const struct eas_fetch *fetch)
{
	struct wbxml_writer *w = ops->writer;

	wbxml_uint_tag(w, IO_Status, status);
	if (fetch->server_id != NULL) {
		wbxml_text_tag_opt(w, AS_CollectionId, fetch->collection_id);
		wbxml_text_tag_opt(w, AS_ServerId, fetch->server_id);
	}
	wbxml_text_tag_opt(w, SEARCH_LongId, fetch->long_id);
}

static void itemops_fetch_fail(struct eas_itemops *ops, unsigned int status,
			       const struct eas_fetch *fetch)
{
	itemops_fetch_head(ops, status, fetch);
	wbxml_text_tag_opt(ops->writer, DL_LinkId, fetch->link_id);
	wbxml_text_tag_opt(ops->writer, ASB_FileReference, fetch->file_ref);
}

static void
itemops_fetch_attachment(struct eas_itemops *ops, struct eas_fetch *fetch)
{
	struct eas_attachment att;
	unsigned int status = EAS_IO_OK;
	uoff_t total = 0;
	int ret;

	ret = eas_attachment_open(ops->req, fetch->file_ref, &att);
	if (ret < 0)
		status = eas_store_status(ops->req, eas_itemops_errors);
	else if (ret == 0)
		status = EAS_IO_ATTACHMENT;
	else if (fetch->range_set)
		status = itemops_attachment_range(fetch, &att, &total);

	if (status != EAS_IO_OK)
		itemops_fetch_fail(ops, status, fetch);
	else {
		wbxml_uint_tag(ops->writer, IO_Status, EAS_IO_OK);
		wbxml_text_tag(ops->writer, ASB_FileReference, fetch->file_ref);
		itemops_write_attachment(ops, fetch, &att, total);
	}
	eas_attachment_close(&att);
}

/* --- fetch: items ------------------------------------------------------------------ */

/* 1 written, 0 it is gone or cannot be read (nothing was written) */
static int
itemops_write_item(struct eas_itemops *ops, struct eas_fetch *fetch,
		   struct store_folder *folder, struct store_msg *msg)
{
	struct wbxml_writer *w = ops->writer;
	int ret;

	wbxml_mark(w);
	itemops_fetch_head(ops, EAS_IO_OK, fetch);
	wbxml_text_tag(w, AS_Class, "Email");
	wbxml_start(w, IO_Properties);
	ret = eas_email_write(ops->req, folder, msg, &fetch->body, w);
	wbxml_end(w, IO_Properties);
	if (ret > 0) {
		wbxml_mark_commit(w);
		return 1;
	}
	/* FALSE: too much was written already; the answer stays well-formed. */
	return wbxml_mark_rollback(w) ? 0 : 1;
}

/* An appointment, contact, task or note; as above */
static int itemops_write_class(struct eas_itemops *ops, struct eas_fetch *fetch,
			       const struct eas_item_context *ctx,
			       const struct store_item *item)
{
	struct wbxml_writer *w = ops->writer;
	int ret;

	wbxml_mark(w);
	itemops_fetch_head(ops, EAS_IO_OK, fetch);
	wbxml_text_tag(w, AS_Class, ctx->class->name);
	wbxml_start(w, IO_Properties);
	ret = ctx->class->write(ctx, item, w);
	wbxml_end(w, IO_Properties);
	if (ret > 0) {
		wbxml_mark_commit(w);
		return 1;
	}
	return wbxml_mark_rollback(w) ? 0 : 1;
}

/* FALSE: the id is not one of such an item. */
static bool
itemops_fetch_class(struct eas_itemops *ops, struct eas_fetch *fetch,
		    const char *id)
{
	struct eas_item_context ctx;
	struct store_item item;
	unsigned int status = EAS_IO_NOT_FOUND;
	store_fid_t fid;
	uint32_t num;
	int ret;

	if (!eas_item_id_parse(id, &fid, &num))
		return FALSE;
	ret = eas_item_by_id(ops->req, id, &fetch->body, &ctx, &item);
	if (ret > 0) {
		ret = itemops_write_class(ops, fetch, &ctx, &item);
		status = EAS_IO_CONVERSION;
	} else if (ret < 0) {
		status = eas_store_status(ops->req, eas_itemops_errors);
	}
	if (ret <= 0)
		itemops_fetch_fail(ops, status, fetch);
	return TRUE;
}

/* The ServerId alone finds the item; a CollectionId must at least exist. iOS
   names its "all mailboxes" when the item came from a search there. */
static bool
itemops_collection_ok(struct eas_request *req, const struct eas_fetch *fetch)
{
	const char *id = fetch->collection_id;
	store_fid_t fid;

	return id == NULL || *id == '\0' ||
		strcmp(id, "kDAMailAccountAllMailboxesFolderID") == 0 ||
		(eas_collection_id_parse(id, &fid) &&
		 store_folder_find(req->store, fid) != NULL);
}

static void
itemops_fetch_item(struct eas_itemops *ops, struct eas_fetch *fetch)
{
	const char *id = !itemops_collection_ok(ops->req, fetch) ? "" :
		fetch->long_id != NULL ? fetch->long_id : fetch->server_id;
	struct store_folder *folder = NULL;
	struct store_fetch *sfetch = NULL;
	struct store_msg *msg;
	unsigned int status = EAS_IO_NOT_FOUND;
	uint32_t uid;
	int ret;

	if (itemops_fetch_class(ops, fetch, id))
		return;
	ret = eas_item_open(ops->req, id, &folder, &uid);
	if (ret > 0) {
		ret = eas_item_fetch(folder, uid, STORE_WANT_FLAGS |
			STORE_WANT_HEADERS | STORE_WANT_STRUCTURE |
			STORE_WANT_BODY, &sfetch, &msg);
	}
	if (ret > 0) {
		ret = itemops_write_item(ops, fetch, folder, msg);
		status = EAS_IO_CONVERSION;
	} else if (ret < 0)
		status = eas_store_status(ops->req, eas_itemops_errors);
	if (ret <= 0)
		itemops_fetch_fail(ops, status, fetch);
	if (sfetch != NULL)
		(void)store_fetch_deinit(&sfetch);
	if (folder != NULL)
		store_close(&folder);
}

/* File servers are not ours to reach (D10). */
static unsigned int itemops_link_status(const char *link_id)
{
	bool unc = strncmp(link_id, "\\\\", 2) == 0 && link_id[2] != '\0';
	bool url = strncasecmp(link_id, "http://", 7) == 0 ||
		strncasecmp(link_id, "https://", 8) == 0 ||
		strncasecmp(link_id, "file://", 7) == 0;

	return unc || url ? EAS_IO_LINK_DENIED : EAS_IO_BAD_LINK;
}

static void
itemops_fetch(struct eas_itemops *ops, const struct wbxml_node *node)
{
	const char *store = wbxml_child_text(node, IO_Store);
	struct eas_fetch fetch;

	if (!itemops_fetch_parse(ops->req, node, &fetch))
		i_unreached();
	if (ops->multipart != NULL) {
		fetch.body.part_sink = eas_multipart_add;
		fetch.body.part_context = ops->multipart;
	}
	wbxml_start(ops->writer, IO_Fetch);
	if (fetch.status != 0)
		itemops_fetch_fail(ops, fetch.status, &fetch);
	else if (strcasecmp(store, "DocumentLibrary") == 0) {
		itemops_fetch_fail(ops, fetch.link_id == NULL ?
			EAS_IO_BAD_LINK : itemops_link_status(fetch.link_id),
			&fetch);
	} else if (strcasecmp(store, "Mailbox") != 0)
		itemops_fetch_fail(ops, EAS_IO_UNKNOWN_STORE, &fetch);
	else if (fetch.file_ref != NULL)
		itemops_fetch_attachment(ops, &fetch);
	else if (fetch.link_id != NULL)
		itemops_fetch_fail(ops, EAS_IO_BAD_LINK, &fetch);
	else
		itemops_fetch_item(ops, &fetch);
	wbxml_end(ops->writer, IO_Fetch);
}

/* --- EmptyFolderContents ----------------------------------------------------------- */

static unsigned int
itemops_empty_run(struct eas_request *req, const char *collection_id,
		  bool subfolders)
{
	const struct store_folder_info *info;
	store_fid_t fid;

	if (strcmp(collection_id, EAS_COLLECTION_RI) == 0)
		return EAS_IO_DENIED;
	if (!eas_collection_id_parse(collection_id, &fid) ||
	    (info = store_folder_find(req->store, fid)) == NULL)
		return EAS_IO_NOT_FOUND;
	/* Nobody means to lose a calendar by one tap; phones ask for the
	   Deleted Items folder. */
	if (info->class != STORE_CLASS_MAIL)
		return EAS_IO_UNSUPPORTED;
	if (store_folder_empty(req->store, fid, subfolders) < 0)
		return eas_store_status(req, eas_itemops_errors);
	return EAS_IO_OK;
}

static void
itemops_empty(struct eas_itemops *ops, const struct wbxml_node *node)
{
	const char *id = wbxml_child_text(node, AS_CollectionId);
	bool subfolders = wbxml_child(wbxml_child(node, IO_Options),
				      IO_DeleteSubFolders) != NULL;

	wbxml_start(ops->writer, IO_EmptyFolderContents);
	wbxml_uint_tag(ops->writer, IO_Status,
		       itemops_empty_run(ops->req, id, subfolders));
	wbxml_text_tag(ops->writer, AS_CollectionId, id);
	wbxml_end(ops->writer, IO_EmptyFolderContents);
}

/* --- Move of a conversation --------------------------------------------------------- */

static bool
itemops_conversation_parse(const struct wbxml_node *node, buffer_t *dest)
{
	if (node->size == MIME_CONVERSATION_ID_LEN) {
		buffer_append(dest, node->text, node->size);
		return TRUE;
	}
	return !node->in_file &&
		compat_base64_decode(node->text, node->size, dest) >= 0 &&
		dest->used == MIME_CONVERSATION_ID_LEN;
}

/* What the user sent, drafts and what was thrown away stay where they are. */
static bool
itemops_move_takes(struct eas_request *req, store_fid_t fid, store_fid_t dest)
{
	const struct store_folder_info *info =
		store_folder_find(req->store, fid);

	if (info == NULL || fid == dest || info->foreign)
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

static int
itemops_move_folder(struct eas_request *req, store_fid_t fid,
		    struct store_folder *dest,
		    const ARRAY_TYPE(store_hit) *hits)
{
	ARRAY_TYPE(store_moved) moved;
	ARRAY_TYPE(seq_range) uids;
	const struct store_hit *hit;
	struct store_folder *src;
	int ret;

	p_array_init(&uids, req->pool, 16);
	p_array_init(&moved, req->pool, 16);
	array_foreach(hits, hit) {
		if (hit->fid == fid)
			seq_range_array_add(&uids, hit->uid);
	}
	if (store_open(req->store, fid, &src) < 0)
		return -1;
	ret = store_move(src, &uids, dest, FALSE, &moved);
	store_close(&src);
	return ret;
}

static unsigned int
itemops_move_hits(struct eas_request *req, store_fid_t dest_fid,
		  const ARRAY_TYPE(store_hit) *hits)
{
	struct store_folder *dest;
	const struct store_hit *hit;
	ARRAY_TYPE(seq_range) done;
	unsigned int status = EAS_IO_OK;

	if (store_open(req->store, dest_fid, &dest) < 0)
		return EAS_STATUS_MOVE_INVALID_DEST;
	p_array_init(&done, req->pool, 4);
	array_foreach(hits, hit) {
		if (!itemops_move_takes(req, hit->fid, dest_fid) ||
		    seq_range_exists(&done, hit->fid))
			continue;
		seq_range_array_add(&done, hit->fid);
		if (itemops_move_folder(req, hit->fid, dest, hits) < 0)
			status = eas_store_status(req, eas_itemops_errors);
	}
	store_close(&dest);
	return status;
}

static int itemops_conversation_hits(struct eas_request *req,
				     const buffer_t *id,
				     ARRAY_TYPE(store_hit) *hits_r)
{
	struct store_query query;
	unsigned int total;

	i_zero(&query);
	query.conversation_id = id->data;
	p_array_init(hits_r, req->pool, 16);
	return store_search(req->store, 0, TRUE, &query,
			    EAS_MOVE_CONVERSATION_MAX, hits_r, &total);
}

/* The rule before the messages: one that arrives in between falls under it. */
static unsigned int
itemops_move_conversation(struct eas_request *req, const buffer_t *id,
			  store_fid_t dest)
{
	ARRAY_TYPE(store_hit) hits;

	if (itemops_conversation_hits(req, id, &hits) < 0)
		return eas_store_status(req, eas_itemops_errors);
	if (array_count(&hits) == 0)
		return EAS_IO_NOT_FOUND;
	if (store_conversation_move_always(req->store, id->data, dest) < 0 ||
	    itemops_conversation_hits(req, id, &hits) < 0)
		return eas_store_status(req, eas_itemops_errors);
	return itemops_move_hits(req, dest, &hits);
}

/* Statuses: MS-ASCON 2.2.2.10 */
static unsigned int
itemops_move_run(struct eas_request *req, const struct wbxml_node *node)
{
	const struct store_folder_info *info;
	const struct wbxml_node *always =
		wbxml_child(wbxml_child(node, IO_Options), IO_MoveAlways);
	const char *dest_id = wbxml_child_text(node, IO_DstFldId);
	store_fid_t dest;
	buffer_t *id = buffer_create_dynamic(req->pool, 16);

	if (always == NULL)
		return EAS_STATUS_MOVE_DISALLOWED;
	if (always->size > 0)
		return EAS_IO_PROTOCOL;
	if (strcmp(dest_id, EAS_COLLECTION_RI) == 0)
		return EAS_STATUS_INVALID_IDS;
	if (!eas_collection_id_parse(dest_id, &dest) ||
	    (info = store_folder_find(req->store, dest)) == NULL)
		return EAS_IO_NOT_FOUND;
	if (!info->selectable || info->class != STORE_CLASS_MAIL)
		return EAS_STATUS_MOVE_INVALID_DEST;
	if (!itemops_conversation_parse(wbxml_child(node, IO_ConversationId),
					id))
		return EAS_IO_NOT_FOUND;
	return itemops_move_conversation(req, id, dest);
}

static void
itemops_move(struct eas_itemops *ops, const struct wbxml_node *node)
{
	const struct wbxml_node *id = wbxml_child(node, IO_ConversationId);

	wbxml_start(ops->writer, IO_Move);
	wbxml_uint_tag(ops->writer, IO_Status, itemops_move_run(ops->req, node));
	if (id->opaque)
		wbxml_opaque_tag(ops->writer, IO_ConversationId, id->text,
				 I_MIN(id->size, WBXML_TEXT_HEAD));
	else
		wbxml_text_tag(ops->writer, IO_ConversationId, id->text);
	wbxml_end(ops->writer, IO_Move);
}

/* --- command ------------------------------------------------------------------------ */

static void itemops_run(struct eas_itemops *ops)
{
	const struct wbxml_node *node;
	struct wbxml_writer *w = ops->writer;

	wbxml_start(w, IO_ItemOperations);
	wbxml_uint_tag(w, IO_Status, EAS_IO_OK);
	wbxml_start(w, IO_Response);
	for (node = ops->req->root->children; node != NULL &&
	     !wbxml_writer_failed(w); node = node->next) T_BEGIN {
		if (node->tag == IO_Fetch)
			itemops_fetch(ops, node);
		else if (node->tag == IO_Move)
			itemops_move(ops, node);
		else
			itemops_empty(ops, node);
	} T_END;
	wbxml_end(w, IO_Response);
	wbxml_end(w, IO_ItemOperations);
}

static bool itemops_wants_multipart(struct eas_request *req)
{
	const char *value = service_request_header(req->service,
						   "MS-ASAcceptMultiPart");

	return req->params.accept_multipart ||
		(value != NULL && strcasecmp(value, "T") == 0);
}

void eas_cmd_item_operations(struct eas_request *req)
{
	struct eas_itemops ops = { .req = req };
	const ARRAY_TYPE(store_folder_info) *folders;

	if (!itemops_check(req)) {
		eas_reply_status(req, EAS_IO_PROTOCOL);
		return;
	}
	if (store_folders(req->store, &folders) < 0) {
		eas_reply_status(req, EAS_IO_SERVER);
		return;
	}
	if (!itemops_wants_multipart(req)) {
		ops.writer = eas_reply_begin(req, TRUE);
		itemops_run(&ops);
		eas_reply_end(req);
		return;
	}
	ops.multipart = eas_multipart_init(req);
	ops.writer = eas_reply_begin_buffer(req);
	itemops_run(&ops);
	eas_multipart_reply(&ops.multipart, eas_reply_take(req));
}
