/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message as ActiveSync has it (MS-ASEMAIL): its properties from the store's
   cache and src/convert, in the order of the Email schema. */

#include "eas.h"
#include "eas-meeting-request.h"
#include "eas-sync.h"
#include "dovetail-eas.h"
#include "dovetail-mapiconv.h"
#include "istream.h"
#include "time-util.h"
#include "utc-mktime.h"

#define CPID_UTF8 65001
#define CPID_ASCII 20127
#define PLACEHOLDER_TEXT "This message cannot be shown."

struct email_write {
	struct eas_request *req;
	struct store_folder *folder;
	struct store_msg *msg;
	const struct eas_body_options *opts;
	struct wbxml_writer *w;

	pool_t pool;
	struct mime_message *mime;
	const struct mime_facts *facts;
	const struct mime_structure *structure;
};

/* Scratch and opened charset conversions, kept for the life of the worker, which
   serves one user. */
static struct mime_converter *email_converter = NULL;
static pool_t email_pool = NULL;

void eas_deinit(void)
{
	if (email_converter != NULL)
		mime_converter_deinit(&email_converter);
	pool_unref(&email_pool);
}

/* --- source ------------------------------------------------------------------ */

struct msg_source {
	struct eas_request *req;
	struct store_msg *msg;
};

static int msg_source_open(void *context, struct istream **input_r,
			   const char **error_r)
{
	struct msg_source *src = context;

	if (store_msg_stream(src->msg, input_r) < 0) {
		(void)store_last_error(src->req->store, error_r);
		return -1;
	}
	i_stream_ref(*input_r);
	return 0;
}

static int msg_source_headers(void *context, const char *name,
			      const char *const **values_r,
			      const char **error_r)
{
	struct msg_source *src = context;

	if (store_msg_headers(src->msg, name, values_r) < 0) {
		(void)store_last_error(src->req->store, error_r);
		return -1;
	}
	return *values_r != NULL && **values_r != NULL ? 1 : 0;
}

static struct mime_converter *converter_need(void)
{
	if (email_converter == NULL) {
		email_converter = mime_converter_init();
		/* what Outlook sends to the Internet by mistake */
		mime_converter_set_tnef(email_converter, mapiconv_tnef, NULL);
	}
	return email_converter;
}

struct mime_message *
eas_msg_open(struct eas_request *req, pool_t pool, struct store_msg *msg)
{
	struct msg_source *src = p_new(pool, struct msg_source, 1);
	struct mime_source source;
	const char *error;

	src->req = req;
	src->msg = msg;
	i_zero(&source);
	source.open = msg_source_open;
	source.get_headers = msg_source_headers;
	source.context = src;
	source.conv = converter_need();
	if (store_msg_parts(msg, &source.parts) < 0 ||
	    store_msg_received(msg, &source.received_date) < 0) {
		(void)store_last_error(req->store, &error);
		e_info(req->event, "Message UID %u cannot be read: %s",
		       store_msg_uid(msg), error);
		return NULL;
	}
	return mime_message_open(pool, &source);
}

struct mime_message *eas_stream_open(pool_t pool, struct istream *input)
{
	return mime_message_open_stream(pool, input, converter_need());
}

/* --- small formats ------------------------------------------------------------- */

const char *eas_datetime(time_t t)
{
	/* MS-ASDTYPE 2.3; years before 1601 or beyond 4 digits do not exist */
	return t_strfgmtime("%Y-%m-%dT%H:%M:%S.000Z", t);
}

static int digits(const char **p, unsigned int count)
{
	int value = 0;

	for (; count > 0; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

static bool skip_char(const char **p, char c)
{
	if (**p == c)
		(*p)++;
	return TRUE;
}

/* "2026-11-22T15:33:26.000Z" or "20261122T153326Z" */
bool eas_datetime_parse(const char *str, time_t *time_r)
{
	struct tm tm;

	if (str == NULL)
		return FALSE;
	i_zero(&tm);
	tm.tm_year = digits(&str, 4) - 1900;
	(void)skip_char(&str, '-');
	tm.tm_mon = digits(&str, 2) - 1;
	(void)skip_char(&str, '-');
	tm.tm_mday = digits(&str, 2);
	if (*str++ != 'T')
		return FALSE;
	tm.tm_hour = digits(&str, 2);
	(void)skip_char(&str, ':');
	tm.tm_min = digits(&str, 2);
	(void)skip_char(&str, ':');
	tm.tm_sec = digits(&str, 2);
	if (*str == '.') {
		str++;
		while (*str >= '0' && *str <= '9')
			str++;
	}
	if (strcmp(str, "Z") != 0 || tm.tm_year < -299 || tm.tm_mon < 0 ||
	    tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return FALSE;
	*time_r = utc_mktime(&tm);
	return *time_r != (time_t)-1;
}

/* --- parts of a message ----------------------------------------------------------- */

/* ItemOperations' and Search's Schema: only these */
static bool email_wants(const struct email_write *ew, wbxml_tag_t tag)
{
	if (ew->opts->schema == NULL)
		return TRUE;
	for (unsigned int i = 0; i < ew->opts->schema_count; i++) {
		if (ew->opts->schema[i] == tag)
			return TRUE;
	}
	return FALSE;
}

static void email_text(struct email_write *ew, wbxml_tag_t tag,
		       const char *text)
{
	if (email_wants(ew, tag))
		wbxml_text_tag_opt(ew->w, tag, text);
}

static void email_number(struct email_write *ew, wbxml_tag_t tag,
			 unsigned int value)
{
	if (email_wants(ew, tag))
		wbxml_uint_tag(ew->w, tag, value);
}

/* Separators of a list of addresses: not those in quotes or comments, and not
   of a group (RFC 5322 3.4), which has both kinds. */
static const char *addresses_separate(const char *addresses, char from, char to)
{
	string_t *str;
	bool quoted = FALSE;
	unsigned int comments = 0;

	if (addresses == NULL || strchr(addresses, from) == NULL)
		return addresses;
	str = t_str_new(128);
	for (const char *p = addresses; *p != '\0'; p++) {
		char c = *p;

		if (c == '\\' && (quoted || comments > 0) && p[1] != '\0')
			str_append_c(str, *p++);
		else if (c == '"' && comments == 0)
			quoted = !quoted;
		else if (c == '(' && !quoted)
			comments++;
		else if (c == ')' && !quoted && comments > 0)
			comments--;
		else if (c == ':' && !quoted && comments == 0)
			return addresses;
		else if (c == from && !quoted && comments == 0) {
			str_append_c(str, to);
			continue;
		}
		str_append_c(str, *p);
	}
	return str_c(str);
}

const char *eas_reply_to_format(const char *addresses)
{
	return addresses_separate(addresses, ',', ';');
}

const char *eas_reply_to_parse(const char *text)
{
	return addresses_separate(text, ';', ',');
}

static void email_write_addresses(struct email_write *ew)
{
	const struct mime_facts *facts = ew->facts;
	time_t received = facts->date;

	email_text(ew, EMAIL_To, facts->to);
	email_text(ew, EMAIL_Cc, facts->cc);
	email_text(ew, EMAIL_From, facts->from);
	email_text(ew, EMAIL_Subject, facts->subject);
	email_text(ew, EMAIL_ReplyTo, eas_reply_to_format(facts->reply_to));
	(void)store_msg_received(ew->msg, &received);
	email_text(ew, EMAIL_DateReceived, eas_datetime(received));
	email_text(ew, EMAIL_DisplayTo, facts->display_to);
	email_text(ew, EMAIL_ThreadTopic, facts->thread_topic);
	email_number(ew, EMAIL_Importance, facts->importance);
}

static void email_write_attachment_25(struct email_write *ew,
				      const struct mime_attachment *att,
				      const char *reference)
{
	struct wbxml_writer *w = ew->w;

	wbxml_start(w, EMAIL_Attachment);
	wbxml_uint_tag(w, EMAIL_AttMethod, att->method);
	wbxml_uint_tag(w, EMAIL_AttSize,
		       I_MIN(att->estimated_size, UINT32_MAX));
	wbxml_text_tag(w, EMAIL_DisplayName, att->display_name);
	wbxml_text_tag(w, EMAIL_AttName, reference);
	wbxml_text_tag_opt(w, EMAIL_Att0Id, att->content_id);
	wbxml_end(w, EMAIL_Attachment);
}

static void email_write_attachment(struct email_write *ew,
				   const struct mime_attachment *att,
				   const char *reference)
{
	struct wbxml_writer *w = ew->w;

	wbxml_start(w, ASB_Attachment);
	wbxml_text_tag(w, ASB_DisplayName, att->display_name);
	wbxml_text_tag(w, ASB_FileReference, reference);
	wbxml_uint_tag(w, ASB_Method, att->method);
	wbxml_uint_tag(w, ASB_EstimatedDataSize,
		       I_MIN(att->estimated_size, UINT32_MAX));
	wbxml_text_tag_opt(w, ASB_ContentId, att->content_id);
	wbxml_text_tag_opt(w, ASB_ContentLocation, att->content_location);
	if (att->is_inline)
		wbxml_bool_tag(w, ASB_IsInline, TRUE);
	wbxml_end(w, ASB_Attachment);
}

static void email_write_attachments(struct email_write *ew)
{
	const struct mime_structure *st = ew->structure;
	bool old = ew->req->version < EAS_VERSION_120;
	wbxml_tag_t tag = old ? EMAIL_Attachments : ASB_Attachments;
	struct store_oid oid;

	if (st->attachments_count == 0 || !email_wants(ew, tag))
		return;
	store_oid_of(ew->folder, store_msg_uid(ew->msg), &oid);
	wbxml_start(ew->w, tag);
	for (unsigned int i = 0; i < st->attachments_count; i++) {
		const struct mime_attachment *att = &st->attachments[i];
		const char *ref = eas_file_reference(store_fid(ew->folder),
						     &oid, att->part_id);
		if (old)
			email_write_attachment_25(ew, att, ref);
		else
			email_write_attachment(ew, att, ref);
	}
	wbxml_end(ew->w, tag);
}

/* --- bodies ------------------------------------------------------------------------ */

static void body_25_write_data(struct email_write *ew, wbxml_tag_t tag,
			       const struct mime_body *body)
{
	wbxml_start(ew->w, tag);
	eas_body_write_content(body, ew->w);
	wbxml_end(ew->w, tag);
}

static bool body_25_is_mime(const struct email_write *ew)
{
	return ew->opts->mime_support == MIME_SUPPORT_ALWAYS ||
		(ew->opts->mime_support == MIME_SUPPORT_SMIME_ONLY &&
		 ew->structure->secure != MIME_SECURE_NONE);
}

/* 2.5: plain text, or the MIME message beside */
static int email_write_body_25(struct email_write *ew)
{
	bool mime = body_25_is_mime(ew);
	struct mime_body_request request;
	struct mime_body body;
	const char *error;

	i_zero(&request);
	i_zero(&body);
	request.type = mime ? MIME_BODY_MIME : MIME_BODY_PLAIN;
	request.truncation_size = mime ? ew->opts->mime_truncation :
		ew->opts->truncation;
	if (mime_message_get_body(ew->mime, &request, &body, &error) < 0) {
		e_info(ew->req->event, "UID %u: %s", store_msg_uid(ew->msg),
		       error);
		return 0;
	}
	wbxml_bool_tag(ew->w, mime ? EMAIL_MIMETruncated : EMAIL_BodyTruncated,
		       body.truncated);
	wbxml_uint_tag(ew->w, mime ? EMAIL_MIMESize : EMAIL_BodySize,
		       I_MIN(body.estimated_size, UINT32_MAX));
	body_25_write_data(ew, mime ? EMAIL_MIMEData : EMAIL_Body, &body);
	return 1;
}

/* What cannot be converted does not block its folder. */
static void email_write_placeholder(struct email_write *ew)
{
	if (ew->req->version < EAS_VERSION_120) {
		wbxml_text_tag(ew->w, EMAIL_Body, PLACEHOLDER_TEXT);
		return;
	}
	wbxml_start(ew->w, ASB_Body);
	wbxml_uint_tag(ew->w, ASB_Type, MIME_BODY_PLAIN);
	wbxml_uint_tag(ew->w, ASB_EstimatedDataSize,
		       strlen(PLACEHOLDER_TEXT));
	wbxml_text_tag(ew->w, ASB_Data, PLACEHOLDER_TEXT);
	wbxml_end(ew->w, ASB_Body);
}

static void email_write_body(struct email_write *ew)
{
	int ret;

	if (ew->opts->no_body)
		return;
	/* Who asks for the message part alone gets it alone (MS-ASCON 3.2.5.7). */
	if (ew->opts->body_part && ew->opts->prefs_count == 0 &&
	    ew->req->version >= EAS_VERSION_141)
		return;
	if (ew->req->version < EAS_VERSION_120) {
		ret = email_write_body_25(ew);
	} else {
		if (!email_wants(ew, ASB_Body))
			return;
		ret = eas_body_write(ew->req, ew->mime, ew->opts, ew->w);
	}
	if (ret == 0)
		email_write_placeholder(ew);
}

/* The message part of a conversation view (MS-ASCON 2.2.2.1): the text of this
   message alone, which here is its HTML. */
static void email_write_body_part(struct email_write *ew)
{
	const struct mime_body_preference *pref = &ew->opts->body_part_pref;
	struct mime_body_request request;
	struct mime_body body;
	struct istream *input;
	const char *error;

	if (!ew->opts->body_part || ew->req->version < EAS_VERSION_141)
		return;
	i_zero(&request);
	i_zero(&body);
	request.type = MIME_BODY_HTML;
	request.truncation_size = pref->truncation_size;
	request.preview = pref->preview;
	if (mime_message_get_body(ew->mime, &request, &body, &error) < 0)
		return;
	wbxml_start(ew->w, ASB_BodyPart);
	wbxml_uint_tag(ew->w, ASB_Status, EAS_STATUS_OK);
	wbxml_uint_tag(ew->w, ASB_Type, body.type);
	wbxml_uint_tag(ew->w, ASB_EstimatedDataSize,
		       I_MIN(body.estimated_size, UINT32_MAX));
	if (body.truncated)
		wbxml_bool_tag(ew->w, ASB_Truncated, TRUE);
	if (body.truncated && pref->all_or_none) {
		/* nothing of it */
		input = body.input;
		i_stream_unref(&input);
	} else {
		body_25_write_data(ew, ASB_Data, &body);
	}
	wbxml_text_tag_opt(ew->w, ASB_Preview, body.preview);
	wbxml_end(ew->w, ASB_BodyPart);
}

/* --- flags, categories, verbs ------------------------------------------------------- */

static const char *email_extra(struct email_write *ew, const char *name)
{
	const char *value;

	return store_msg_extra(ew->msg, name, &value) > 0 ? value : NULL;
}

static void email_write_read(struct email_write *ew)
{
	if (email_wants(ew, EMAIL_Read))
		wbxml_bool_tag(ew->w, EMAIL_Read,
			(store_msg_flags(ew->msg) & STORE_FLAG_SEEN) != 0);
}

static void email_write_flag(struct email_write *ew)
{
	if (ew->req->version < EAS_VERSION_120 || !email_wants(ew, EMAIL_Flag))
		return;
	eas_flag_write(ew->w, (store_msg_flags(ew->msg) &
			       STORE_FLAG_FLAGGED) != 0,
		       email_extra(ew, EAS_EXTRA_FLAG));
}

/* An empty element tells that there are none (MS-ASEMAIL 2.2.2.16). */
static void email_write_categories(struct email_write *ew)
{
	const char *const *keywords = store_msg_keywords(ew->msg);
	const char *category;

	if (ew->req->version < EAS_VERSION_140 ||
	    !email_wants(ew, EMAIL_Categories))
		return;
	wbxml_start(ew->w, EMAIL_Categories);
	for (; keywords != NULL && *keywords != NULL; keywords++) {
		category = mime_keyword_to_category(*keywords);
		wbxml_text_tag_opt(ew->w, EMAIL_Category, category);
	}
	wbxml_end(ew->w, EMAIL_Categories);
}

static bool keywords_have(const char *const *keywords, const char *name)
{
	return keywords != NULL && str_array_icase_find(keywords, name);
}

/* "<verb> <time>"; flags alone (from IMAP clients) tell the verb, not when */
static void email_write_verb(struct email_write *ew)
{
	const char *const *words;
	const char *extra;
	unsigned int verb = 0;
	time_t when = 0;
	bool answered, forwarded;

	if (ew->req->version < EAS_VERSION_140)
		return;
	answered = (store_msg_flags(ew->msg) & STORE_FLAG_ANSWERED) != 0;
	forwarded = keywords_have(store_msg_keywords(ew->msg), "$Forwarded");
	if (!answered && !forwarded)
		return;
	extra = email_extra(ew, EAS_EXTRA_VERB);
	if (extra != NULL) {
		words = t_strsplit(extra, " ");
		if (str_to_uint(words[0], &verb) < 0 || words[1] == NULL ||
		    str_to_time(words[1], &when) < 0)
			verb = 0;
	}
	if ((verb == EAS_VERB_FORWARD && !forwarded) ||
	    (verb != EAS_VERB_FORWARD && !answered) ||
	    verb > EAS_VERB_FORWARD)
		verb = 0;
	if (verb == 0) {
		verb = answered ? EAS_VERB_REPLY : EAS_VERB_FORWARD;
		when = 0;
	}
	email_number(ew, EMAIL2_LastVerbExecuted, verb);
	if (when != 0)
		email_text(ew, EMAIL2_LastVerbExecutionTime,
			   eas_datetime(when));
}

int eas_verb_set(struct store_folder *folder, uint32_t uid, enum eas_verb verb,
		 time_t now)
{
	static const char *const forwarded[] = { "$Forwarded", NULL };
	ARRAY_TYPE(seq_range) uids;
	struct store_flag_change change;

	if (store_extra_set(folder, uid, EAS_EXTRA_VERB,
			    t_strdup_printf("%d %s", verb, dec2str(now))) < 0)
		return -1;
	i_zero(&change);
	if (verb == EAS_VERB_FORWARD)
		change.keywords_add = forwarded;
	else
		change.add = STORE_FLAG_ANSWERED;
	t_array_init(&uids, 1);
	seq_range_array_add(&uids, uid);
	return store_flags_change(folder, &uids, &change, NULL);
}

/* --- conversation --------------------------------------------------------------------- */

static void conversation_write_index(struct email_write *ew,
				     const unsigned char *id)
{
	buffer_t *index = t_buffer_create(64), *out = t_buffer_create(64);
	const char *error;

	if (mime_conversation_index(ew->mime, id, index, &error) < 0)
		return;
	mime_conversation_index_eas(out, index);
	if (out->used == 0)
		return;
	wbxml_opaque_tag(ew->w, EMAIL2_ConversationIndex, out->data,
			 out->used);
}

static void email_write_conversation(struct email_write *ew)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];

	if (ew->req->version < EAS_VERSION_140 ||
	    (!email_wants(ew, EMAIL2_ConversationId) &&
	     !email_wants(ew, EMAIL2_ConversationIndex)) ||
	    store_conversation_id(ew->folder, ew->mime,
				  store_msg_uid(ew->msg), id) < 0)
		return;
	if (email_wants(ew, EMAIL2_ConversationId))
		wbxml_opaque_tag(ew->w, EMAIL2_ConversationId, id, sizeof(id));
	if (email_wants(ew, EMAIL2_ConversationIndex))
		conversation_write_index(ew, id);
}

/* --- the whole ------------------------------------------------------------------------- */

/* Read by somebody whom neither To nor Cc names, and not sent to a list that we
   could know of: only when an own address stands in Bcc can we be sure. */
static bool email_is_bcc(struct email_write *ew)
{
	const struct store_settings *set = store_get_settings(ew->req->store);

	return ew->facts->bcc != NULL && set->address != NULL &&
		strstr(ew->facts->bcc, set->address) != NULL;
}

static void email_write_class(struct email_write *ew)
{
	const struct mime_structure *st = ew->structure;

	email_text(ew, EMAIL_MessageClass, st->message_class);
	if (email_wants(ew, EMAIL_MeetingRequest))
		eas_meeting_request_write(ew->req, ew->mime,
					  st->message_class, ew->w);
	/* Replies to plain ASCII need not be. */
	email_number(ew, EMAIL_InternetCPID, st->internet_cpid == 0 ||
		     st->internet_cpid == CPID_ASCII ?
		     CPID_UTF8 : st->internet_cpid);
	email_write_flag(ew);
	if (ew->req->version < EAS_VERSION_120)
		return;
	email_text(ew, EMAIL_ContentClass, st->content_class);
	email_number(ew, ASB_NativeBodyType, st->native_type);
}

static void email_write_new_properties(struct email_write *ew)
{
	const struct mime_facts *facts = ew->facts;
	bool draft = (store_msg_flags(ew->msg) & STORE_FLAG_DRAFT) != 0;

	if (ew->req->version < EAS_VERSION_140)
		return;
	email_write_conversation(ew);
	email_write_verb(ew);
	if (!draft && email_is_bcc(ew))
		email_number(ew, EMAIL2_ReceivedAsBcc, 1);
	if (facts->sender != NULL && null_strcmp(facts->sender,
						 facts->from) != 0)
		email_text(ew, EMAIL2_Sender, facts->sender);
	email_write_categories(ew);
	if (ew->req->version < EAS_VERSION_160)
		return;
	if (email_wants(ew, EMAIL2_IsDraft))
		wbxml_bool_tag(ew->w, EMAIL2_IsDraft, draft);
	if (draft)
		email_text(ew, EMAIL2_Bcc, facts->bcc);
}

static int email_write_all(struct email_write *ew)
{
	const char *error;

	if (mime_message_get_facts(ew->mime, &ew->facts, &error) < 0 ||
	    mime_message_get_structure(ew->mime, &ew->structure, &error) < 0) {
		e_info(ew->req->event, "Message UID %u is left out: %s",
		       store_msg_uid(ew->msg), error);
		return 0;
	}
	/* from here on it can only be left out in parts */
	wbxml_mark_settle(ew->w);
	email_write_addresses(ew);
	email_write_read(ew);
	email_write_attachments(ew);
	email_write_body(ew);
	email_write_body_part(ew);
	email_write_class(ew);
	email_write_new_properties(ew);
	return wbxml_writer_failed(ew->w) ? -1 : 1;
}

int eas_email_write(struct eas_request *req, struct store_folder *folder,
		    struct store_msg *msg, const struct eas_body_options *opts,
		    struct wbxml_writer *writer)
{
	struct email_write ew = {
		.req = req, .folder = folder, .msg = msg, .opts = opts,
		.w = writer,
	};
	int ret = 0;

	if (email_pool == NULL)
		email_pool = pool_alloconly_create("eas email", 8192);
	ew.pool = email_pool;
	ew.mime = eas_msg_open(req, ew.pool, msg);
	if (ew.mime != NULL) {
		ret = email_write_all(&ew);
		mime_message_close(&ew.mime);
	}
	p_clear(email_pool);
	return ret;
}

/* A Change must say something: where a version lacks the element that changed,
   it tells the others. */
static enum store_changed_what
email_what_of_version(enum eas_version version, enum store_changed_what what)
{
	const enum store_changed_what all = STORE_CHANGED_SEEN |
		STORE_CHANGED_FLAGGED | STORE_CHANGED_KEYWORDS;
	enum store_changed_what told = what;

	if (version < EAS_VERSION_140)
		told &= ~STORE_CHANGED_KEYWORDS;
	if (version < EAS_VERSION_120)
		told &= ~STORE_CHANGED_FLAGGED;
	return told == 0 ? all : what;
}

int eas_email_write_flags(struct eas_request *req, struct store_folder *folder,
			  struct store_msg *msg, enum store_changed_what what,
			  struct wbxml_writer *writer)
{
	static const struct eas_body_options no_options;
	struct email_write ew = {
		.req = req, .folder = folder, .msg = msg,
		.opts = &no_options, .w = writer,
	};

	ew.pool = pool_datastack_create();
	what = email_what_of_version(req->version, what);
	if ((what & STORE_CHANGED_SEEN) != 0)
		email_write_read(&ew);
	if ((what & STORE_CHANGED_FLAGGED) != 0)
		email_write_flag(&ew);
	/* \Answered comes with everything, $Forwarded is a keyword. */
	if ((what & STORE_CHANGED_KEYWORDS) != 0) {
		email_write_verb(&ew);
		email_write_categories(&ew);
	}
	return wbxml_writer_failed(writer) ? -1 : 1;
}
