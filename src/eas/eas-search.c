/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Search (MS-ASCMD 2.2.1.16): the mailbox and the GAL. Document libraries are
   refused: nothing reaches out to file servers (D10). */

#include "eas.h"
#include "eas-gal.h"
#include "eas-range.h"
#include "eas-itemsearch.h"
#include "eas-mailsearch.h"

/* MS-ASCMD 2.2.3.177.13 */
enum eas_search_status {
	EAS_SEARCH_OK = 1,
	EAS_SEARCH_INVALID = 2,
	EAS_SEARCH_SERVER = 3,
	EAS_SEARCH_BAD_LINK = 4,
	EAS_SEARCH_DENIED = 5,
	EAS_SEARCH_TOO_COMPLEX = 8,
	EAS_SEARCH_FOLDERSYNC = 11,
};

/* 2.2.3.143.3 */
#define EAS_SEARCH_RANGE_DIGITS 3
#define EAS_SEARCH_RANGE_DEFAULT 99

static const struct eas_error_map eas_search_errors[] = {
	{ STORE_ERROR_NOTFOUND, EAS_SEARCH_FOLDERSYNC, 0 },
	{ STORE_ERROR_PERM, EAS_SEARCH_DENIED, 0 },
	{ STORE_ERROR_NONE, EAS_SEARCH_SERVER, 0 },
	{ 0, 0, 0 }
};

struct eas_search {
	struct eas_request *req;
	const struct wbxml_node *options;
	uoff_t first, last;

	struct eas_mailsearch mail;
	struct eas_body_options body;
};

/* --- the mailbox's query ----------------------------------------------------------- */

static unsigned int
search_parse_date(const struct wbxml_node *node, time_t *time_r)
{
	const char *value = wbxml_child_text(node, SEARCH_Value);

	if (wbxml_child(node, EMAIL_DateReceived) == NULL || value == NULL ||
	    !eas_datetime_parse(value, time_r))
		return EAS_SEARCH_INVALID;
	return 0;
}

static unsigned int
search_parse_class(struct eas_search *search, const char *class)
{
	const struct eas_class *item_class = eas_class_by_name(class);

	search->mail.class_set = TRUE;
	if (strcasecmp(class, "Email") == 0)
		search->mail.class_email = TRUE;
	else if (item_class != NULL &&
		 search->req->version >= item_class->since)
		search->mail.item_classes |= 1U << item_class->class;
	else if (strcasecmp(class, "SMS") != 0 ||
		 search->req->version < EAS_VERSION_140)
		return EAS_SEARCH_INVALID;
	return 0;
}

static unsigned int
search_parse_term(struct eas_search *search, const struct wbxml_node *node)
{
	struct store_query *query = &search->mail.query;
	time_t when;
	unsigned int status;

	switch (node->tag) {
	case SEARCH_FreeText:
		if (query->text != NULL)
			return EAS_SEARCH_INVALID;
		query->text = node->text;
		return 0;
	case AS_Class:
		return search_parse_class(search, node->text);
	case AS_CollectionId:
		array_push_back(&search->mail.collection_ids, &node->text);
		return 0;
	case SEARCH_ConversationId:
		if (query->conversation_id != NULL ||
		    search->req->version < EAS_VERSION_140 ||
		    node->size != MIME_CONVERSATION_ID_LEN)
			return EAS_SEARCH_INVALID;
		query->conversation_id = (const unsigned char *)node->text;
		return 0;
	case SEARCH_GreaterThan:
		if ((status = search_parse_date(node, &when)) == 0)
			query->since = when + 1;
		return status;
	case SEARCH_LessThan:
		if ((status = search_parse_date(node, &when)) == 0)
			query->before = when;
		return status;
	case SEARCH_And:
	case SEARCH_Or:
	case SEARCH_EqualTo:
		return EAS_SEARCH_TOO_COMPLEX;
	default:
		return EAS_SEARCH_INVALID;
	}
}

/* One And, with terms in it: all else is "too complex" (2.2.3.10 and those of
   the terms). */
static unsigned int
search_parse_query(struct eas_search *search, const struct wbxml_node *query)
{
	const struct wbxml_node *and = wbxml_child(query, SEARCH_And), *node;
	unsigned int status;

	if (query == NULL || query->children == NULL)
		return EAS_SEARCH_INVALID;
	if (and == NULL || query->children->next != NULL)
		return EAS_SEARCH_TOO_COMPLEX;
	for (node = and->children; node != NULL; node = node->next) {
		status = search_parse_term(search, node);
		if (status != 0)
			return status;
	}
	return and->children == NULL ? EAS_SEARCH_INVALID : 0;
}

static unsigned int search_parse_range(struct eas_search *search)
{
	const char *range = wbxml_child_text(search->options, SEARCH_Range);

	search->first = 0;
	search->last = EAS_SEARCH_RANGE_DEFAULT;
	if (range != NULL &&
	    (!eas_range_parse(range, EAS_SEARCH_RANGE_DIGITS, &search->first,
			      &search->last) || search->first > search->last))
		return EAS_SEARCH_INVALID;
	return 0;
}

static unsigned int search_parse_body(struct eas_search *search)
{
	unsigned int status;

	eas_body_options_init(&search->body, search->req->version);
	status = eas_body_options_parse(search->req->version, search->options,
					&search->body);
	if (status != 0)
		return status < 101 ? EAS_SEARCH_INVALID : status;
	search->body.no_body =
		wbxml_child(search->options, ASB_BodyPreference) == NULL &&
		wbxml_child(search->options, ASB_BodyPartPreference) == NULL &&
		wbxml_child(search->options, AS_MIMESupport) == NULL;
	return 0;
}

/* --- answer ------------------------------------------------------------------------ */

static void search_reply_begin(struct eas_search *search, unsigned int status)
{
	struct wbxml_writer *w = eas_reply_begin(search->req, TRUE);

	wbxml_start(w, SEARCH_Search);
	wbxml_uint_tag(w, SEARCH_Status, EAS_SEARCH_OK);
	wbxml_start(w, SEARCH_Response);
	wbxml_start(w, SEARCH_Store);
	wbxml_uint_tag(w, SEARCH_Status, status);
}

static void search_reply_end(struct eas_search *search)
{
	struct wbxml_writer *w = search->req->writer;

	wbxml_end(w, SEARCH_Store);
	wbxml_end(w, SEARCH_Response);
	wbxml_end(w, SEARCH_Search);
	eas_reply_end(search->req);
}

/* Clients (Android) want Range and Total with every result; with none there is
   an empty Result (2.2.3.153.5). */
static void
search_write_counts(struct eas_search *search, unsigned int written,
		    unsigned int total)
{
	struct wbxml_writer *w = search->req->writer;

	if (written == 0)
		wbxml_empty(w, SEARCH_Result);
	else {
		wbxml_text_tag(w, SEARCH_Range, t_strdup_printf(
			"%"PRIuUOFF_T"-%"PRIuUOFF_T, search->first,
			search->first + written - 1));
	}
	wbxml_uint_tag(w, SEARCH_Total, total);
}

static void search_fail(struct eas_search *search, unsigned int status)
{
	search_reply_begin(search, status);
	search_reply_end(search);
}

static bool
search_write_hit(struct eas_search *search, const struct store_hit *hit,
		 struct store_folder *folder, struct store_msg *msg)
{
	struct wbxml_writer *w = search->req->writer;
	struct store_oid oid;
	int ret;

	store_oid_of(folder, hit->uid, &oid);
	wbxml_mark(w);
	wbxml_start(w, SEARCH_Result);
	wbxml_text_tag(w, AS_Class, "Email");
	wbxml_text_tag(w, SEARCH_LongId, eas_server_id(hit->fid, &oid));
	wbxml_text_tag(w, AS_CollectionId, eas_collection_id(hit->fid));
	wbxml_start(w, SEARCH_Properties);
	ret = eas_email_write(search->req, folder, msg, &search->body, w);
	wbxml_end(w, SEARCH_Properties);
	wbxml_end(w, SEARCH_Result);
	if (ret > 0) {
		wbxml_mark_commit(w);
		return TRUE;
	}
	return !wbxml_mark_rollback(w);
}

static unsigned int
search_write_hits(struct eas_search *search, const ARRAY_TYPE(store_hit) *hits)
{
	struct eas_request *req = search->req;
	unsigned int i, count, written = 0;
	const struct store_hit *list = array_get(hits, &count);

	for (i = search->first; i < count && i <= search->last; i++) T_BEGIN {
		struct store_folder *folder;
		struct store_fetch *fetch;
		struct store_msg *msg;

		if (store_open(req->store, list[i].fid, &folder) == 0) {
			if (eas_item_fetch(folder, list[i].uid,
					   STORE_WANT_FLAGS |
					   STORE_WANT_HEADERS |
					   STORE_WANT_STRUCTURE, &fetch,
					   &msg) > 0) {
				if (search_write_hit(search, &list[i], folder,
						     msg))
					written++;
				(void)store_fetch_deinit(&fetch);
			}
			store_close(&folder);
		}
	} T_END;
	return written;
}

static bool
search_write_item(struct eas_search *search, const struct store_item_hit *hit)
{
	struct eas_request *req = search->req;
	struct wbxml_writer *w = req->writer;
	const char *id = eas_item_id(hit->fid, hit->num);
	struct eas_item_context ctx;
	struct store_item item;
	int ret;

	if (eas_item_by_id(req, id, &search->body, &ctx, &item) <= 0)
		return FALSE;
	wbxml_mark(w);
	wbxml_start(w, SEARCH_Result);
	wbxml_text_tag(w, AS_Class, ctx.class->name);
	wbxml_text_tag(w, SEARCH_LongId, id);
	wbxml_text_tag(w, AS_CollectionId, eas_collection_id(hit->fid));
	wbxml_start(w, SEARCH_Properties);
	ret = ctx.class->write(&ctx, &item, w);
	wbxml_end(w, SEARCH_Properties);
	wbxml_end(w, SEARCH_Result);
	if (ret > 0) {
		wbxml_mark_commit(w);
		return TRUE;
	}
	return !wbxml_mark_rollback(w);
}

/* Behind the messages: hits before first are those of mail (mail_total). */
static unsigned int
search_write_items(struct eas_search *search, unsigned int mail_total,
		   const ARRAY_TYPE(store_item_hit) *hits)
{
	unsigned int i, count, written = 0;
	const struct store_item_hit *list = array_get(hits, &count);
	uoff_t pos;

	for (i = 0; i < count; i++) T_BEGIN {
		pos = (uoff_t)mail_total + i;
		if (pos >= search->first && pos <= search->last &&
		    search_write_item(search, &list[i]))
			written++;
	} T_END;
	return written;
}

/* Only words are looked for in items: what is asked about mail alone finds
   none. */
static void search_items_init(struct eas_search *search,
			      struct eas_itemsearch *items_r)
{
	const struct store_query *query = &search->mail.query;

	i_zero(items_r);
	items_r->collection_ids = &search->mail.collection_ids;
	if (query->conversation_id == NULL && query->since == 0 &&
	    query->before == 0)
		items_r->text = query->text;
	items_r->classes = search->mail.class_set ? search->mail.item_classes :
		eas_classes_of(search->req->version);
}

/* --- stores ------------------------------------------------------------------------ */

static void
search_mailbox(struct eas_search *search, const struct wbxml_node *store)
{
	struct eas_request *req = search->req;
	ARRAY_TYPE(store_item_hit) item_hits;
	ARRAY_TYPE(store_hit) hits;
	struct eas_itemsearch items;
	unsigned int status, total, item_total, written;
	int ret;

	if ((status = search_parse_query(search,
			wbxml_child(store, SEARCH_Query))) != 0 ||
	    (status = search_parse_range(search)) != 0 ||
	    (status = search_parse_body(search)) != 0) {
		search_fail(search, status);
		return;
	}
	search->mail.deep =
		wbxml_child(search->options, SEARCH_DeepTraversal) != NULL;
	ret = eas_mailsearch_run(req, &search->mail, search->last + 1, &hits,
				 &total);
	if (ret == 0) {
		search_fail(search, EAS_SEARCH_FOLDERSYNC);
		return;
	}
	search_items_init(search, &items);
	if (ret < 0 || eas_itemsearch_run(req, &items, search->last + 1,
					  &item_hits, &item_total) < 0) {
		search_fail(search, eas_store_status(req, eas_search_errors));
		return;
	}
	search_reply_begin(search, EAS_SEARCH_OK);
	written = search_write_hits(search, &hits);
	written += search_write_items(search, total, &item_hits);
	search_write_counts(search, written, total + item_total);
	search_reply_end(search);
}

static void
search_gal(struct eas_search *search, const struct wbxml_node *store)
{
	struct eas_request *req = search->req;
	const char *text = wbxml_child_text(store, SEARCH_Query);
	const struct eas_person *list;
	ARRAY_TYPE(eas_person) people;
	struct eas_pictures pictures;
	unsigned int status, count, total, written = 0;

	if (text == NULL || *text == '\0' ||
	    wbxml_child(store, SEARCH_Query)->children != NULL ||
	    eas_pictures_parse(wbxml_child(search->options, SEARCH_Picture),
			       SEARCH_MaxSize, SEARCH_MaxPictures,
			       &pictures) < 0)
		status = EAS_SEARCH_INVALID;
	else
		status = search_parse_range(search);
	if (status != 0) {
		search_fail(search, status);
		return;
	}
	p_array_init(&people, req->pool, 32);
	if (eas_people_search(req, text, EAS_GAL_MAX, &people, &total) < 0) {
		search_fail(search, EAS_SEARCH_SERVER);
		return;
	}
	search_reply_begin(search, EAS_SEARCH_OK);
	list = array_get(&people, &count);
	for (uoff_t i = search->first; i < count && i <= search->last; i++) {
		wbxml_start(req->writer, SEARCH_Result);
		wbxml_start(req->writer, SEARCH_Properties);
		eas_gal_write(req, req->writer, &list[i],
			      &pictures);
		wbxml_end(req->writer, SEARCH_Properties);
		wbxml_end(req->writer, SEARCH_Result);
		written++;
	}
	search_write_counts(search, written, total);
	search_reply_end(search);
}

static void
search_documents(struct eas_search *search, const struct wbxml_node *store)
{
	const struct wbxml_node *equal = wbxml_child(
		wbxml_child(store, SEARCH_Query), SEARCH_EqualTo);
	const char *link = wbxml_child_text(equal, SEARCH_Value);

	search_fail(search, link != NULL && strncmp(link, "\\\\", 2) == 0 ?
		    EAS_SEARCH_DENIED : EAS_SEARCH_BAD_LINK);
}

void eas_cmd_search(struct eas_request *req)
{
	const struct wbxml_node *store = wbxml_child(req->root, SEARCH_Store);
	const char *name = wbxml_child_text(store, SEARCH_Name);
	struct eas_search search = { .req = req };

	if (req->root->tag != SEARCH_Search || name == NULL) {
		eas_reply_status(req, EAS_SEARCH_INVALID);
		return;
	}
	search.options = wbxml_child(store, SEARCH_Options);
	eas_mailsearch_init(req, &search.mail);
	if (strcasecmp(name, "Mailbox") == 0)
		search_mailbox(&search, store);
	else if (strcasecmp(name, "GAL") == 0)
		search_gal(&search, store);
	else if (strcasecmp(name, "DocumentLibrary") == 0)
		search_documents(&search, store);
	else
		search_fail(&search, EAS_SEARCH_INVALID);
}
