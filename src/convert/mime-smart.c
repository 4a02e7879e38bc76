/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* SmartReply and SmartForward (MS-ASCMD 2.2.1.19, 2.2.1.18): the client sends
   its new text only, the server adds the original. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "istream-concat.h"
#include "message-date.h"
#include "str.h"
#include "mime-private.h"
#include "mime-assemble.h"

struct smart {
	pool_t pool;
	const struct mime_smart_settings *set;
	struct istream *client_input;
	struct mime_message *client, *original;
	const struct mime_structure *client_structure, *original_structure;
	ARRAY_TYPE(mime_field) fields;
	uoff_t body_offset;
	const char **error_r;
};

/* --- the texts --- */

static void
quote_line(string_t *dest, const char *label, const char *value, bool html)
{
	if (value == NULL || *value == '\0')
		return;
	if (!html) {
		str_printfa(dest, "%s: %s\r\n", label, value);
		return;
	}
	str_printfa(dest, "<b>%s:</b> ", label);
	mime_text_to_html(dest, (const unsigned char *)value, strlen(value));
	str_append(dest, "<br>\r\n");
}

/* What stands between the new text and the original's, as Exchange and Outlook
   write it: clients recognise it. */
static const char *quote_header(const struct mime_facts *facts, bool html)
{
	string_t *dest = t_str_new(256);

	str_append(dest, html ? "<hr>\r\n<div>" :
		   "\r\n\r\n-----Original Message-----\r\n");
	quote_line(dest, "From", facts->from, html);
	if (facts->date > 0)
		quote_line(dest, "Sent", message_date_create(facts->date), html);
	quote_line(dest, "To", facts->to, html);
	quote_line(dest, "Cc", facts->cc, html);
	quote_line(dest, "Subject", facts->subject, html);
	str_append(dest, html ? "</div><br>\r\n" : "\r\n");
	return str_c(dest);
}

static struct istream *text_stream(const char *text)
{
	return i_stream_create_copy_from_data(text, strlen(text));
}

static int
smart_text(struct smart *smart, enum mime_body_type type,
	   struct istream **input_r)
{
	bool html = type == MIME_BODY_HTML;
	const struct mime_facts *facts;
	struct istream *parts[6] = { NULL };
	unsigned int i, n = 0;
	int ret = -1;

	if (mime_message_get_facts(smart->original, &facts,
				   smart->error_r) < 0)
		return -1;
	if (html)
		parts[n++] = text_stream("<html><body>\r\n");
	if (mime_body_stream(smart->client, type, TRUE, &parts[n],
			     smart->error_r) == 0) {
		n++;
		parts[n++] = text_stream(quote_header(facts, html));
		ret = mime_body_stream(smart->original, type, TRUE,
				       &parts[n], smart->error_r);
	}
	if (ret == 0) {
		n++;
		if (html)
			parts[n++] = text_stream("</body></html>\r\n");
		*input_r = i_stream_create_concat(parts);
	}
	for (i = 0; i < n; i++)
		i_stream_unref(&parts[i]);
	return ret;
}

/* --- attachments --- */

static void
smart_items(struct mime_assemble *body, struct mime_message *msg,
	    const struct mime_structure *structure, bool inline_only)
{
	struct mime_assemble_item *item;
	unsigned int i;

	for (i = 0; i < structure->attachments_count; i++) {
		if (inline_only && !structure->attachments[i].is_inline)
			continue;
		item = array_append_space(&body->items);
		item->msg = msg;
		item->part = structure->attachments[i].part;
		item->is_inline = structure->attachments[i].is_inline;
	}
}

/* The meeting of an invitation is no attachment, but goes along */
static void
smart_calendar(struct smart *smart, struct mime_assemble *body)
{
	const struct mime_structure *s = smart->original_structure;
	struct mime_assemble_item *item;
	unsigned int i;

	for (i = 0; i < s->attachments_count; i++) {
		if (s->attachments[i].part == s->calendar)
			return;
	}
	if (s->calendar == NULL)
		return;
	item = array_append_space(&body->items);
	item->msg = smart->original;
	item->part = s->calendar;
}

static int smart_body(struct smart *smart, struct mime_assemble *body)
{
	bool forward = smart->set->mode == MIME_SMART_FORWARD;
	bool whole = forward &&
		smart->original_structure->secure != MIME_SECURE_NONE;
	bool html = smart->client_structure->html != NULL;
	struct mime_assemble_item *item;

	smart_items(body, smart->client, smart->client_structure, FALSE);
	if (whole) {
		item = array_append_space(&body->items);
		item->embedded = smart->original;
	} else if (forward || html) {
		smart_items(body, smart->original, smart->original_structure,
			    !forward);
	}
	if (forward && !whole)
		smart_calendar(smart, body);
	if (html && smart_text(smart, MIME_BODY_HTML, &body->html) < 0)
		return -1;
	if ((smart->client_structure->plain != NULL || !html) &&
	    smart_text(smart, MIME_BODY_PLAIN, &body->plain) < 0)
		return -1;
	return 0;
}

/* --- the message --- */

static int smart_header(struct smart *smart, string_t *dest, bool content)
{
	const struct mime_field *field;

	array_foreach(&smart->fields, field) {
		if (content || !mime_field_is_content(field->name))
			mime_field_append(dest, field->name, field->value);
	}
	return mime_threading_append(dest, smart->original, &smart->fields,
				     smart->set->mode == MIME_SMART_REPLY,
				     smart->set->now, smart->error_r);
}

/* Client's message unchanged but for its header */
static int smart_as_is(struct smart *smart, struct mime_builder *b)
{
	if (smart_header(smart, b->text, TRUE) < 0)
		return -1;
	str_append(b->text, "\r\n");
	mime_builder_add_raw(b, smart->client_input, smart->body_offset,
			     UOFF_T_MAX);
	return 0;
}

static int smart_assembled(struct smart *smart, struct mime_builder *b)
{
	struct mime_assemble body;
	int ret = -1;

	i_zero(&body);
	p_array_init(&body.items, smart->pool, 8);
	if (smart_header(smart, b->text, FALSE) == 0 &&
	    smart_body(smart, &body) == 0)
		ret = mime_assemble(b, &body, smart->error_r);
	if (ret < 0)
		mime_assemble_abort(&body);
	return ret;
}

int mime_smart_compose(pool_t pool, struct istream *client,
		       struct mime_message *original,
		       const struct mime_smart_settings *set,
		       struct istream **output_r,
		       enum mime_compose_error *code_r, const char **error_r)
{
	struct smart smart = {
		.pool = pool,
		.set = set,
		.client_input = client,
		.original = original,
		.error_r = error_r
	};
	struct mime_builder b;
	int ret;

	if (mime_fields_read(pool, client, &smart.fields, &smart.body_offset,
			     code_r, error_r) < 0)
		return -1;
	smart.client = mime_message_open_stream(pool, client,
						original->source.conv);
	/* its stream is the caller's, and outlives the result */
	*code_r = MIME_COMPOSE_ERROR_IO;
	if (mime_message_get_structure(smart.client, &smart.client_structure,
				       error_r) < 0 ||
	    mime_message_get_structure(original, &smart.original_structure,
				       error_r) < 0) {
		mime_message_close(&smart.client);
		return -1;
	}
	mime_builder_init(&b, pool);
	if (set->replace_mime ||
	    smart.client_structure->secure != MIME_SECURE_NONE)
		ret = smart_as_is(&smart, &b);
	else
		ret = smart_assembled(&smart, &b);
	i_stream_unref(&smart.client->input);
	smart.client->input = client;
	if (ret < 0) {
		mime_builder_abort(&b);
		return -1;
	}
	*code_r = MIME_COMPOSE_ERROR_NONE;
	*output_r = mime_builder_finish(&b);
	return 0;
}
