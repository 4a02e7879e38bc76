/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas-item-rtf.h"
#include "istream.h"
#include "unichar.h"

/* A body that a phone writes; more is cut off nowhere: it is refused. */
#define ITEM_BODY_MAX (8 * 1024 * 1024)

bool eas_item_wants(const struct eas_body_options *opts, wbxml_tag_t tag)
{
	if (opts->schema == NULL)
		return TRUE;
	for (unsigned int i = 0; i < opts->schema_count; i++) {
		if (opts->schema[i] == tag)
			return TRUE;
	}
	return FALSE;
}

/* --- writing ---------------------------------------------------------------- */

/* CRLF, and nothing that XML cannot carry */
static const string_t *body_clean(const char *text)
{
	string_t *clean = t_str_new(strlen(text) + 64);
	string_t *crlf = t_str_new(strlen(text) + 64);
	const char *p;

	mime_xml_clean(clean, (const unsigned char *)text, strlen(text));
	for (p = str_c(clean); *p != '\0'; p++) {
		if (*p == '\n' && (p == str_c(clean) || p[-1] != '\r'))
			str_append_c(crlf, '\r');
		str_append_c(crlf, *p);
	}
	return crlf;
}

static const string_t *body_as(const struct eas_item_body *body,
			       enum mime_body_type type)
{
	string_t *str;

	if (type == MIME_BODY_RTF)
		return eas_item_rtf_write(body);
	if (type == MIME_BODY_PLAIN) {
		if (*body->text != '\0' || body->html == NULL)
			return body_clean(body->text);
		str = t_str_new(1024);
		mime_html_to_text(str, (const unsigned char *)body->html,
				  strlen(body->html), ITEM_BODY_MAX);
		return body_clean(str_c(str));
	}
	if (body->html != NULL)
		return body_clean(body->html);
	str = t_str_new(strlen(body->text) + 128);
	mime_text_to_html(str, (const unsigned char *)body->text,
			  strlen(body->text));
	return str;
}

/* The client's preference that fits best: the native type, else the first that we
   have (MS-ASAIRS 3.2.5.1). FALSE: plain text, whole */
static bool body_choose(const struct eas_item_body *body,
			const struct eas_body_options *opts,
			struct mime_body_preference *pref_r)
{
	enum mime_body_type native = body->html == NULL ?
		MIME_BODY_PLAIN : MIME_BODY_HTML;
	const struct mime_body_preference *pref, *best = NULL;

	for (unsigned int i = 0; i < opts->prefs_count; i++) {
		pref = &opts->prefs[i];
		if (pref->type == MIME_BODY_MIME)
			continue;
		if (best == NULL || pref->type == native)
			best = pref;
	}
	if (best == NULL)
		return FALSE;
	*pref_r = *best;
	return TRUE;
}

/* Bytes that fit without cutting a character */
static size_t body_cut(const string_t *str, uoff_t max)
{
	const unsigned char *data = str_data(str);
	size_t size = str_len(str);

	if (size <= max)
		return size;
	for (size = max; size > 0 && (data[size] & 0xc0) == 0x80; size--)
		;
	return size;
}

static void body_write_25(const struct eas_item_body *body,
			  const struct eas_body_options *opts,
			  wbxml_tag_t old_body, wbxml_tag_t old_truncated,
			  struct wbxml_writer *w)
{
	const string_t *str = body_as(body, MIME_BODY_PLAIN);
	size_t size = body_cut(str, opts->truncation);

	if (old_body == WBXML_TAG_NONE || str_len(str) == 0)
		return;
	wbxml_start(w, old_body);
	wbxml_text_data(w, str_data(str), size);
	wbxml_end(w, old_body);
	if (old_truncated != WBXML_TAG_NONE)
		wbxml_bool_tag(w, old_truncated, size < str_len(str));
}

static void body_write_preview(const string_t *str, unsigned int chars,
			       struct wbxml_writer *w)
{
	const unsigned char *data = str_data(str);
	size_t size = 0;

	if (chars == 0)
		return;
	for (; size < str_len(str) && chars > 0; chars--)
		size += uni_utf8_char_bytes(data[size]);
	wbxml_start(w, ASB_Preview);
	wbxml_text_data(w, data, I_MIN(size, str_len(str)));
	wbxml_end(w, ASB_Preview);
}

static void body_write_data(const string_t *str, size_t size,
			    const struct eas_body_options *opts,
			    struct wbxml_writer *w)
{
	if (opts->part_sink != NULL) {
		wbxml_uint_tag(w, IO_Part,
			opts->part_sink(opts->part_context, NULL,
					str_data(str), size));
	} else if (size > 0) {
		wbxml_start(w, ASB_Data);
		wbxml_text_data(w, str_data(str), size);
		wbxml_end(w, ASB_Data);
	}
}

void eas_item_body_write(struct eas_request *req,
			 const struct eas_item_body *body,
			 const struct eas_body_options *opts,
			 wbxml_tag_t old_body, wbxml_tag_t old_truncated,
			 struct wbxml_writer *w)
{
	struct mime_body_preference pref = {
		.type = MIME_BODY_PLAIN,
		.truncation_size = MIME_SIZE_UNLIMITED,
	};
	const string_t *str;
	size_t size;

	if (req->version < EAS_VERSION_120) {
		body_write_25(body, opts, old_body, old_truncated, w);
		return;
	}
	(void)body_choose(body, opts, &pref);
	str = body_as(body, pref.type);
	/* RTF that is cut is none any more. */
	if (pref.type == MIME_BODY_RTF && str_len(str) > pref.truncation_size) {
		pref.type = MIME_BODY_PLAIN;
		str = body_as(body, pref.type);
	}
	size = body_cut(str, pref.truncation_size);
	if (pref.all_or_none && size < str_len(str))
		size = 0;
	wbxml_start(w, ASB_Body);
	wbxml_uint_tag(w, ASB_Type, pref.type);
	wbxml_uint_tag(w, ASB_EstimatedDataSize, str_len(str));
	if (size < str_len(str))
		wbxml_bool_tag(w, ASB_Truncated, TRUE);
	body_write_data(str, size, opts, w);
	if (req->version >= EAS_VERSION_140 && pref.type != MIME_BODY_PLAIN)
		body_write_preview(body_as(body, MIME_BODY_PLAIN),
				   pref.preview, w);
	wbxml_end(w, ASB_Body);
}

void eas_item_native_write(struct eas_request *req,
			   const struct eas_item_body *body,
			   struct wbxml_writer *w)
{
	if (req->version >= EAS_VERSION_120)
		wbxml_uint_tag(w, ASB_NativeBodyType, body->html == NULL ?
			       MIME_BODY_PLAIN : MIME_BODY_HTML);
}

/* --- reading ---------------------------------------------------------------- */

/* Content wherever it is; NULL: too large or unreadable */
static const char *body_content(struct eas_request *req,
				const struct wbxml_node *node)
{
	struct istream *input;
	const unsigned char *data;
	string_t *str, *clean;
	size_t size;

	if (node->size > ITEM_BODY_MAX)
		return NULL;
	if (!node->in_file)
		return p_strdup(req->pool, node->text);
	str = t_str_new(node->size + 1);
	input = wbxml_node_stream(node);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(str, data, size);
		i_stream_skip(input, size);
	}
	if (input->stream_errno != 0)
		str = NULL;
	i_stream_unref(&input);
	if (str == NULL)
		return NULL;
	clean = str_new(req->pool, str_len(str) + 1);
	mime_xml_clean(clean, str_data(str), str_len(str));
	return str_c(clean);
}

static int body_read_typed(struct eas_request *req,
			   const struct wbxml_node *node,
			   struct eas_item_body *body_r)
{
	const struct wbxml_node *data = wbxml_child(node, ASB_Data);
	const char *content = "";
	unsigned int type;

	/* <Body/>: there is none any more */
	if (node->children == NULL)
		return 1;
	if (wbxml_child_uint(node, ASB_Type, &type) <= 0)
		return -1;
	if (data != NULL && (content = body_content(req, data)) == NULL)
		return -1;
	switch (type) {
	case MIME_BODY_PLAIN:
		body_r->text = content;
		return 1;
	case MIME_BODY_HTML: {
		string_t *str = str_new(req->pool, 1024);

		mime_html_to_text(str, (const unsigned char *)content,
				  strlen(content), ITEM_BODY_MAX);
		body_r->text = str_c(str);
		body_r->html = content;
		return 1;
	}
	case MIME_BODY_RTF:
		return *content == '\0' || eas_item_rtf_read(req->pool,
			content, ITEM_BODY_MAX, body_r) ? 1 : -1;
	default:
		return -1;
	}
}

/* CompressedRTF of 2.5, beside Body or instead of it. What cannot be read is no
   fault of the item. */
static bool body_read_old_rtf(struct eas_request *req,
			      const struct wbxml_node *data,
			      wbxml_tag_t old_body,
			      struct eas_item_body *body_r)
{
	static const wbxml_tag_t tags[][2] = {
		{ CAL_Body, CAL_CompressedRTF },
		{ CONTACTS_Body, CONTACTS_CompressedRTF },
		{ TASKS_Body, TASKS_CompressedRTF },
	};
	const struct wbxml_node *node = NULL;
	const char *content;

	for (unsigned int i = 0; i < N_ELEMENTS(tags); i++) {
		if (tags[i][0] == old_body)
			node = wbxml_child(data, tags[i][1]);
	}
	if (node == NULL || (content = body_content(req, node)) == NULL)
		return FALSE;
	if (eas_item_rtf_read(req->pool, content, ITEM_BODY_MAX, body_r))
		return TRUE;
	e_info(req->event, "Device %s: CompressedRTF of an item is unreadable",
	       req->device_id);
	return FALSE;
}

int eas_item_body_read(struct eas_request *req, const struct wbxml_node *data,
		       wbxml_tag_t old_body, struct eas_item_body *body_r)
{
	const struct wbxml_node *node;

	body_r->text = "";
	body_r->html = NULL;
	if (req->version < EAS_VERSION_120) {
		node = old_body == WBXML_TAG_NONE ? NULL :
			wbxml_child(data, old_body);
		if (old_body != WBXML_TAG_NONE &&
		    body_read_old_rtf(req, data, old_body, body_r))
			return 1;
		if (node == NULL)
			return 0;
		body_r->text = body_content(req, node);
		return body_r->text == NULL ? -1 : 1;
	}
	node = wbxml_child(data, ASB_Body);
	return node == NULL ? 0 : body_read_typed(req, node, body_r);
}
