/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies: what a client asks for (MS-ASAIRS 2.2.2.12 BodyPreference, MS-ASCMD
   MIMESupport, MIMETruncation, Truncation) and how it is written. */

#include "eas.h"
#include "istream.h"

#define PROTOCOL_ERROR 4
#define PREVIEW_MAX 255
#define MIME_TRUNCATION_MAX 8
#define TRUNCATION_MAX 9

void eas_body_options_init(struct eas_body_options *opts,
			   enum eas_version version)
{
	i_zero(opts);
	opts->mime_truncation = MIME_SIZE_UNLIMITED;
	opts->truncation = MIME_SIZE_UNLIMITED;
	opts->mime_support = MIME_SUPPORT_NEVER;
	opts->body_part_pref.truncation_size = MIME_SIZE_UNLIMITED;
}

void eas_body_options_preview(const struct eas_body_options *opts,
			      struct eas_body_options *opts_r)
{
	*opts_r = *opts;
	if (opts_r->prefs_count == 0) {
		i_zero(&opts_r->prefs[0]);
		opts_r->prefs[0].type = MIME_BODY_PLAIN;
		opts_r->prefs_count = 1;
	}
	for (unsigned int i = 0; i < opts_r->prefs_count; i++) {
		opts_r->prefs[i].truncation_size = 0;
		opts_r->prefs[i].all_or_none = FALSE;
	}
}

/* MS-ASAIRS 3.2.5.1: each child once, in the schema's order, and no other */
static bool preference_is_ordered(const struct wbxml_node *node)
{
	static const wbxml_tag_t order[] = {
		ASB_Type, ASB_TruncationSize, ASB_AllOrNone, ASB_Preview,
	};
	const struct wbxml_node *child;
	unsigned int i, next = 0;

	for (child = node->children; child != NULL; child = child->next) {
		for (i = 0; i < N_ELEMENTS(order); i++) {
			if (order[i] == child->tag)
				break;
		}
		if (i == N_ELEMENTS(order) || i < next)
			return FALSE;
		next = i + 1;
	}
	return TRUE;
}

/* 0, or the status */
static unsigned int preference_parse(const struct wbxml_node *node,
				     struct mime_body_preference *pref)
{
	unsigned int value;
	int ret;

	i_zero(pref);
	pref->truncation_size = MIME_SIZE_UNLIMITED;
	if (!preference_is_ordered(node) ||
	    wbxml_child_uint(node, ASB_Type, &value) <= 0 ||
	    value < MIME_BODY_PLAIN || value > MIME_BODY_MIME)
		return PROTOCOL_ERROR;
	pref->type = value;
	if ((ret = wbxml_child_uint(node, ASB_TruncationSize, &value)) < 0)
		return PROTOCOL_ERROR;
	if (ret > 0)
		pref->truncation_size = value;
	if (wbxml_child_bool(node, ASB_AllOrNone, &pref->all_or_none) < 0)
		return PROTOCOL_ERROR;
	/* Without a size there is nothing to be all or none of. */
	if (ret == 0)
		pref->all_or_none = FALSE;
	if ((ret = wbxml_child_uint(node, ASB_Preview, &value)) != 0) {
		if (ret < 0 || value > PREVIEW_MAX)
			return PROTOCOL_ERROR;
		pref->preview = value;
	}
	return 0;
}

static bool preference_is_double(const struct eas_body_options *opts,
				 enum mime_body_type type)
{
	for (unsigned int i = 0; i < opts->prefs_count; i++) {
		if (opts->prefs[i].type == type)
			return TRUE;
	}
	return FALSE;
}

static unsigned int preferences_parse(const struct wbxml_node *options,
				      struct eas_body_options *opts)
{
	const struct wbxml_node *node;
	struct mime_body_preference pref;
	unsigned int status;

	opts->prefs_count = 0;
	for (node = wbxml_child(options, ASB_BodyPreference); node != NULL;
	     node = wbxml_next_sibling(node)) {
		if ((status = preference_parse(node, &pref)) != 0)
			return status;
		if (preference_is_double(opts, pref.type))
			return PROTOCOL_ERROR;
		/* There are four types: they fit. */
		opts->prefs[opts->prefs_count++] = pref;
	}
	return 0;
}

static unsigned int body_part_parse(const struct wbxml_node *options,
				    struct eas_body_options *opts)
{
	const struct wbxml_node *node =
		wbxml_child(options, ASB_BodyPartPreference);
	unsigned int status;

	if (node == NULL)
		return 0;
	if ((status = preference_parse(node, &opts->body_part_pref)) != 0)
		return status;
	/* Only HTML can be cut to the part of one message. */
	if (opts->body_part_pref.type != MIME_BODY_HTML)
		return EAS_STATUS_BODYPART_TYPE;
	opts->body_part = TRUE;
	return 0;
}

/* 0: not there, 1: there, -1: wrong */
static int number_parse(const struct wbxml_node *options, wbxml_tag_t tag,
			unsigned int max, unsigned int *value_r)
{
	int ret = wbxml_child_uint(options, tag, value_r);

	return ret > 0 && *value_r > max ? -1 : ret;
}

unsigned int eas_body_options_parse(enum eas_version version,
				    const struct wbxml_node *options,
				    struct eas_body_options *opts)
{
	unsigned int value, status;
	int ret;

	if ((ret = number_parse(options, AS_MIMESupport,
				MIME_SUPPORT_ALWAYS, &value)) < 0)
		return PROTOCOL_ERROR;
	if (ret > 0)
		opts->mime_support = value;
	if ((ret = number_parse(options, AS_MIMETruncation,
				MIME_TRUNCATION_MAX, &value)) < 0)
		return PROTOCOL_ERROR;
	if (ret > 0) {
		opts->mime_truncation_set = TRUE;
		opts->mime_truncation = mime_mimetruncation(value);
	}
	if ((ret = number_parse(options, AS_Truncation,
				TRUNCATION_MAX, &value)) < 0)
		return PROTOCOL_ERROR;
	if (ret > 0) {
		opts->truncation_set = TRUE;
		opts->truncation = mime_truncation_2_5(value);
	}
	if (version < EAS_VERSION_120)
		return 0;
	if ((status = preferences_parse(options, opts)) != 0)
		return status;
	return version < EAS_VERSION_141 ? 0 : body_part_parse(options, opts);
}

/* --- writing ---------------------------------------------------------------- */

void eas_body_write_content(const struct mime_body *body,
			    struct wbxml_writer *w)
{
	struct istream *input = body->input;
	bool octets = body->type == MIME_BODY_MIME;

	if (input != NULL) {
		if (octets)
			(void)wbxml_octets_stream(w, input);
		else
			(void)wbxml_text_stream(w, input);
		i_stream_unref(&input);
	} else if (octets) {
		wbxml_octets(w, str_data(body->data), str_len(body->data));
	} else {
		wbxml_text_data(w, str_data(body->data), str_len(body->data));
	}
}

static void body_write_data(const struct mime_body *body,
			    const struct eas_body_options *opts,
			    struct wbxml_writer *w)
{
	if (opts->part_sink != NULL) {
		wbxml_uint_tag(w, IO_Part, opts->part_sink(opts->part_context,
			body->input,
			body->data == NULL ? NULL : str_data(body->data),
			body->data == NULL ? 0 : str_len(body->data)));
		return;
	}
	if (body->input == NULL && str_len(body->data) == 0)
		return;
	wbxml_start(w, ASB_Data);
	eas_body_write_content(body, w);
	wbxml_end(w, ASB_Data);
}

/* MIMETruncation is for MIME what TruncationSize is for the others. */
static void preferences_effective(const struct eas_body_options *opts,
				  struct mime_body_preference *prefs)
{
	for (unsigned int i = 0; i < opts->prefs_count; i++) {
		prefs[i] = opts->prefs[i];
		if (prefs[i].type == MIME_BODY_MIME &&
		    opts->mime_truncation_set &&
		    opts->mime_truncation < prefs[i].truncation_size)
			prefs[i].truncation_size = opts->mime_truncation;
	}
}

int eas_body_write(struct eas_request *req, struct mime_message *mime,
		   const struct eas_body_options *opts,
		   struct wbxml_writer *w)
{
	struct mime_body_preference prefs[N_ELEMENTS(opts->prefs)];
	enum mime_support support = opts->mime_support;
	struct mime_body body;
	const char *error;

	preferences_effective(opts, prefs);
	/* Whoever lists MIME among the types wants it, said or not. */
	if (preference_is_double(opts, MIME_BODY_MIME) &&
	    support == MIME_SUPPORT_NEVER)
		support = MIME_SUPPORT_ALWAYS;
	i_zero(&body);
	if (mime_message_get_preferred_body(mime, prefs, opts->prefs_count,
					    support, &body, &error) < 0) {
		e_info(req->event, "A body cannot be read: %s", error);
		return 0;
	}
	wbxml_start(w, ASB_Body);
	wbxml_uint_tag(w, ASB_Type, body.type);
	wbxml_uint_tag(w, ASB_EstimatedDataSize,
		       I_MIN(body.estimated_size, UINT32_MAX));
	/* MS-ASCMD 2.2.3.110 MIMESupport: with MIME it is always there. */
	if (body.truncated || body.type == MIME_BODY_MIME)
		wbxml_bool_tag(w, ASB_Truncated, body.truncated);
	body_write_data(&body, opts, w);
	/* 2.2.2.35.1: plain text is its own preview. */
	if (body.type != MIME_BODY_PLAIN ||
	    (body.data != NULL && str_len(body.data) == 0))
		wbxml_text_tag_opt(w, ASB_Preview, body.preview);
	wbxml_end(w, ASB_Body);
	return 1;
}
