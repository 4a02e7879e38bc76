/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Find (MS-ASCMD 2.2.1.2; 16.1): mail and the GAL, short properties only. */

#include "eas.h"
#include "eas-gal.h"
#include "eas-range.h"
#include "eas-mailsearch.h"
#include "guid.h"
#include "istream.h"
#include "message-address.h"

/* MS-ASCMD 2.2.3.177.2; of Find, and of its Response */
enum eas_find_status {
	EAS_FIND_OK = 1,
	EAS_FIND_INVALID = 2,
	EAS_FIND_FOLDERSYNC = 3,
	EAS_FIND_RANGE_START = 4,
};

#define EAS_FIND_RANGE_DIGITS 3
#define EAS_FIND_RANGE_DEFAULT 99
#define EAS_FIND_PREVIEW 255

struct eas_find {
	struct eas_request *req;
	const struct wbxml_node *criterion, *options;
	bool gal;
	uoff_t last;
};

/* --- answer ------------------------------------------------------------------------ */

static void
find_reply_begin(struct eas_find *find, unsigned int status,
		 unsigned int response_status)
{
	struct wbxml_writer *w = eas_reply_begin(find->req, TRUE);

	wbxml_start(w, FIND_Find);
	wbxml_uint_tag(w, FIND_Status, status);
	wbxml_start(w, FIND_Response);
	wbxml_text_tag(w, IO_Store, find->gal ? "GAL" : "Mailbox");
	wbxml_uint_tag(w, FIND_Status, response_status);
}

static void
find_reply_end(struct eas_find *find, unsigned int written, unsigned int total)
{
	struct wbxml_writer *w = find->req->writer;

	if (written > 0) {
		wbxml_text_tag(w, FIND_Range,
			       t_strdup_printf("0-%u", written - 1));
	}
	wbxml_uint_tag(w, FIND_Total, total);
	wbxml_end(w, FIND_Response);
	wbxml_end(w, FIND_Find);
	eas_reply_end(find->req);
}

static void find_fail(struct eas_find *find, unsigned int status,
		      unsigned int response_status)
{
	struct wbxml_writer *w;

	find_reply_begin(find, status, response_status);
	w = find->req->writer;
	wbxml_end(w, FIND_Response);
	wbxml_end(w, FIND_Find);
	eas_reply_end(find->req);
}

/* Names (or addresses), as DisplayTo has them */
static const char *find_display_names(const char *addresses)
{
	const struct message_address *addr;
	string_t *str = t_str_new(64);

	if (addresses == NULL)
		return NULL;
	addr = message_address_parse(pool_datastack_create(),
		(const unsigned char *)addresses, strlen(addresses), 100, 0);
	for (; addr != NULL; addr = addr->next) {
		if (addr->mailbox == NULL || *addr->mailbox == '\0')
			continue;
		if (str_len(str) > 0)
			str_append(str, "; ");
		if (addr->name != NULL && *addr->name != '\0')
			str_append(str, addr->name);
		else if (addr->domain != NULL)
			str_printfa(str, "%s@%s", addr->mailbox, addr->domain);
	}
	return str_c(str);
}

static int
find_write_facts(struct eas_request *req, struct store_msg *msg,
		 struct mime_message *mime, const char **error_r)
{
	struct wbxml_writer *w = req->writer;
	struct mime_body_request body_req = {
		.type = MIME_BODY_PLAIN, .preview = EAS_FIND_PREVIEW,
	};
	const struct mime_structure *structure;
	const struct mime_facts *facts;
	struct mime_body body;
	enum store_flags flags = store_msg_flags(msg);
	time_t received;

	if (mime_message_get_facts(mime, &facts, error_r) < 0 ||
	    mime_message_get_structure(mime, &structure, error_r) < 0 ||
	    mime_message_get_body(mime, &body_req, &body, error_r) < 0)
		return -1;
	wbxml_text_tag_opt(w, EMAIL_Subject, facts->subject);
	if (store_msg_received(msg, &received) == 0)
		wbxml_text_tag(w, EMAIL_DateReceived, eas_datetime(received));
	wbxml_text_tag_opt(w, EMAIL_DisplayTo, facts->display_to);
	wbxml_text_tag_opt(w, FIND_DisplayCc, find_display_names(facts->cc));
	wbxml_text_tag_opt(w, FIND_DisplayBcc, find_display_names(facts->bcc));
	wbxml_uint_tag(w, EMAIL_Importance, facts->importance);
	wbxml_bool_tag(w, EMAIL_Read, (flags & STORE_FLAG_SEEN) != 0);
	wbxml_bool_tag(w, EMAIL2_IsDraft, (flags & STORE_FLAG_DRAFT) != 0);
	wbxml_text_tag_opt(w, FIND_Preview, body.preview);
	wbxml_bool_tag(w, FIND_HasAttachments,
		       structure->attachments_count > 0);
	wbxml_text_tag_opt(w, EMAIL_From, facts->from);
	i_stream_unref(&body.input);
	return 0;
}

static bool
find_write_hit(struct eas_find *find, const struct store_hit *hit,
	       struct store_folder *folder, struct store_msg *msg)
{
	struct eas_request *req = find->req;
	struct wbxml_writer *w = req->writer;
	pool_t pool = pool_alloconly_create("find hit", 4096);
	struct mime_message *mime = eas_msg_open(req, pool, msg);
	struct store_oid oid;
	const char *error;
	bool ok = FALSE;

	if (mime != NULL) {
		store_oid_of(folder, hit->uid, &oid);
		wbxml_mark(w);
		wbxml_start(w, FIND_Result);
		wbxml_text_tag(w, AS_Class, "Email");
		wbxml_text_tag(w, AS_ServerId, eas_server_id(hit->fid, &oid));
		wbxml_text_tag(w, AS_CollectionId,
			       eas_collection_id(hit->fid));
		wbxml_start(w, FIND_Properties);
		ok = find_write_facts(req, msg, mime, &error) == 0;
		wbxml_end(w, FIND_Properties);
		wbxml_end(w, FIND_Result);
		if (ok)
			wbxml_mark_commit(w);
		else {
			e_error(req->event, "Message %u:%u is left out: %s",
				hit->fid, hit->uid, error);
			(void)wbxml_mark_rollback(w);
		}
		mime_message_close(&mime);
	}
	pool_unref(&pool);
	return ok;
}

static unsigned int
find_write_hits(struct eas_find *find, const ARRAY_TYPE(store_hit) *hits)
{
	const struct store_hit *hit;
	unsigned int written = 0;

	array_foreach(hits, hit) T_BEGIN {
		struct store_folder *folder;
		struct store_fetch *fetch;
		struct store_msg *msg;

		if (written <= find->last &&
		    store_open(find->req->store, hit->fid, &folder) == 0) {
			if (eas_item_fetch(folder, hit->uid, STORE_WANT_FLAGS |
					   STORE_WANT_HEADERS |
					   STORE_WANT_STRUCTURE |
					   STORE_WANT_BODY, &fetch, &msg) > 0) {
				if (find_write_hit(find, hit, folder, msg))
					written++;
				(void)store_fetch_deinit(&fetch);
			}
			store_close(&folder);
		}
	} T_END;
	return written;
}

/* --- request ----------------------------------------------------------------------- */

/* "from:x", "subject:\"y z\"" and plain words, as phones send them (a small part
   of the Keyword Query Language) */
static void find_parse_text(struct eas_request *req, const char *text,
			    struct store_query *query)
{
	static const struct {
		const char *prefix;
		size_t offset;
	} fields[] = {
		{ "from:", offsetof(struct store_query, from) },
		{ "to:", offsetof(struct store_query, to) },
		{ "cc:", offsetof(struct store_query, cc) },
		{ "bcc:", offsetof(struct store_query, bcc) },
		{ "subject:", offsetof(struct store_query, subject) },
		{ "body:", offsetof(struct store_query, body) },
	};
	string_t *words = str_new(req->pool, 64);

	while (*text != '\0') {
		const char **dest = NULL, *end, *value;

		for (unsigned int i = 0; i < N_ELEMENTS(fields); i++) {
			size_t len = strlen(fields[i].prefix);

			if (strncasecmp(text, fields[i].prefix, len) == 0) {
				dest = PTR_OFFSET(query, fields[i].offset);
				text += len;
				break;
			}
		}
		if (*text == '"' && (end = strchr(text + 1, '"')) != NULL) {
			value = p_strdup_until(req->pool, text + 1, end);
			text = end + 1;
		} else {
			end = text + strcspn(text, " ");
			value = p_strdup_until(req->pool, text, end);
			text = end;
		}
		if (dest != NULL && *dest == NULL && *value != '\0')
			*dest = value;
		else if (*value != '\0' && strcmp(value, "AND") != 0)
			str_printfa(words, "%s%s", str_len(words) == 0 ? "" :
				    " ", value);
		while (*text == ' ')
			text++;
	}
	if (str_len(words) > 0)
		query->text = str_c(words);
}

static bool
find_parse_mail(struct eas_find *find, struct eas_mailsearch *mail)
{
	const struct wbxml_node *query = wbxml_child(find->criterion,
						     FIND_Query);
	const struct wbxml_node *node;
	const char *text = wbxml_child_text(query, FIND_FreeText);

	eas_mailsearch_init(find->req, mail);
	if (text == NULL || *text == '\0')
		return FALSE;
	find_parse_text(find->req, text, &mail->query);
	for (node = query->children; node != NULL; node = node->next) {
		if (node->tag == AS_CollectionId)
			array_push_back(&mail->collection_ids, &node->text);
		else if (node->tag == AS_Class) {
			mail->class_set = TRUE;
			if (strcasecmp(node->text, "Email") == 0)
				mail->class_email = TRUE;
		} else if (node->tag != FIND_FreeText)
			return FALSE;
	}
	mail->deep = wbxml_child(find->options, FIND_DeepTraversal) != NULL;
	return TRUE;
}

/* 0, or the Response's status */
static unsigned int find_parse_range(struct eas_find *find)
{
	const char *range = wbxml_child_text(find->options, FIND_Range);
	uoff_t first;

	find->last = EAS_FIND_RANGE_DEFAULT;
	if (range == NULL)
		return 0;
	if (!eas_range_parse(range, EAS_FIND_RANGE_DIGITS, &first,
			     &find->last) || first > find->last)
		return EAS_FIND_INVALID;
	return first == 0 ? 0 : EAS_FIND_RANGE_START;
}

/* --- stores ------------------------------------------------------------------------ */

static void find_mail(struct eas_find *find)
{
	struct eas_mailsearch mail;
	ARRAY_TYPE(store_hit) hits;
	unsigned int total, written;
	int ret;

	if (!find_parse_mail(find, &mail)) {
		find_fail(find, EAS_FIND_INVALID, EAS_FIND_INVALID);
		return;
	}
	ret = eas_mailsearch_run(find->req, &mail, find->last + 1, &hits,
				 &total);
	if (ret < 0) {
		eas_reply_store_error(find->req);
		return;
	}
	if (ret == 0) {
		eas_reply_status(find->req, EAS_FIND_FOLDERSYNC);
		return;
	}
	find_reply_begin(find, EAS_FIND_OK, EAS_FIND_OK);
	written = find_write_hits(find, &hits);
	find_reply_end(find, written, total);
}

static void find_gal(struct eas_find *find)
{
	struct eas_request *req = find->req;
	const char *text = wbxml_child_text(find->criterion, FIND_Query);
	const struct eas_person *person;
	ARRAY_TYPE(eas_person) people;
	struct eas_pictures pictures;
	unsigned int total, written = 0;

	if (text == NULL || *text == '\0' ||
	    eas_pictures_parse(wbxml_child(find->options, FIND_Picture),
			       FIND_MaxSize, FIND_MaxPictures, &pictures) < 0) {
		find_fail(find, EAS_FIND_INVALID, EAS_FIND_INVALID);
		return;
	}
	p_array_init(&people, req->pool, 32);
	if (eas_people_search(req, text, EAS_GAL_MAX, &people, &total) < 0) {
		eas_reply_status(req, EAS_STATUS_RETRY_LATER);
		return;
	}
	find_reply_begin(find, EAS_FIND_OK, EAS_FIND_OK);
	array_foreach(&people, person) {
		if (written > find->last)
			break;
		wbxml_start(req->writer, FIND_Result);
		wbxml_start(req->writer, FIND_Properties);
		eas_gal_write(req, req->writer, person, &pictures);
		wbxml_end(req->writer, FIND_Properties);
		wbxml_end(req->writer, FIND_Result);
		written++;
	}
	find_reply_end(find, written, total);
}

void eas_cmd_find(struct eas_request *req)
{
	const struct wbxml_node *execute =
		wbxml_child(req->root, FIND_ExecuteSearch);
	const char *id = wbxml_child_text(req->root, FIND_SearchId);
	struct eas_find find = { .req = req };
	guid_128_t guid;
	unsigned int status;

	find.criterion = wbxml_child(execute, FIND_MailBoxSearchCriterion);
	if (find.criterion == NULL) {
		find.criterion = wbxml_child(execute, FIND_GalSearchCriterion);
		find.gal = TRUE;
	}
	if (req->root->tag != FIND_Find || find.criterion == NULL) {
		eas_reply_status(req, EAS_FIND_INVALID);
		return;
	}
	find.options = wbxml_child(find.criterion, FIND_Options);
	if (id == NULL ||
	    guid_128_from_uuid_string(t_strcut(id[0] == '{' ? id + 1 : id, '}'),
				      guid) < 0)
		find_fail(&find, EAS_FIND_INVALID, EAS_FIND_INVALID);
	else if ((status = find_parse_range(&find)) != 0)
		find_fail(&find, EAS_FIND_OK, status);
	else if (find.gal)
		find_gal(&find);
	else
		find_mail(&find);
}
