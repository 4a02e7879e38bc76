/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message from headers, bodies and files, or an existing one with some of them
   changed: what MAPI clients save and send (MS-OXCMAIL 2.1.3). */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "message-date.h"
#include "str.h"
#include "mime-private.h"
#include "mime-assemble.h"

#define CALENDAR_MAX (4 * 1024 * 1024)

struct build {
	pool_t pool;
	const struct mime_build *set;
	const struct mime_structure *structure;
	ARRAY_TYPE(mime_field) fields;
	enum mime_compose_error *code_r;
	const char **error_r;
};

/* --- header --- */

static bool build_replaces(const struct mime_build *set, const char *name)
{
	unsigned int i;

	for (i = 0; i < set->headers_count; i++) {
		if (strcasecmp(set->headers[i].name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* What would begin another field is left out */
static const char *one_line(const char *value)
{
	string_t *line = t_str_new(strlen(value));

	for (; *value != '\0'; value++) {
		if ((unsigned char)*value >= 0x20 && (unsigned char)*value < 0x7f)
			str_append_c(line, *value);
		else if (*value == '\t')
			str_append_c(line, ' ');
	}
	return str_c(line);
}

static int build_field(struct build *b, string_t *dest,
		       const struct mime_build_header *header)
{
	switch (header->kind) {
	case MIME_BUILD_TEXT:
		mime_field_append_text(dest, header->name, header->value);
		return 0;
	case MIME_BUILD_RAW:
		mime_field_append(dest, header->name,
				  one_line(header->value));
		return 0;
	case MIME_BUILD_ADDRESSES:
		break;
	}
	if (mime_field_append_addresses(dest, header->name, header->value))
		return 0;
	*b->code_r = MIME_COMPOSE_ERROR_RECIPIENTS;
	*b->error_r = t_strdup_printf("bad address in %s", header->name);
	return -1;
}

static int build_header(struct build *b, string_t *dest)
{
	const struct mime_build *set = b->set;
	const struct mime_field *field;
	unsigned int i;

	array_foreach(&b->fields, field) {
		if (!mime_field_is_content(field->name) &&
		    !build_replaces(set, field->name))
			mime_field_append(dest, field->name, field->value);
	}
	for (i = 0; i < set->headers_count; i++) {
		if (set->headers[i].value != NULL &&
		    *set->headers[i].value != '\0' &&
		    build_field(b, dest, &set->headers[i]) < 0)
			return -1;
	}
	if (set->embedded)
		return 0;
	if (mime_fields_find(&b->fields, "Date") == NULL &&
	    !build_replaces(set, "Date"))
		mime_field_append(dest, "Date", message_date_create(set->now));
	if (mime_fields_find(&b->fields, "Message-ID") == NULL &&
	    !build_replaces(set, "Message-ID")) {
		mime_field_append(dest, "Message-ID",
			mime_message_id_create(set->hostname != NULL ?
					       set->hostname : "localhost"));
	}
	return 0;
}

/* --- body --- */

static bool build_keeps_body(const struct mime_build *set)
{
	return set->existing != NULL && !set->set_body && !set->set_items &&
		set->calendar == NULL && set->entity == NULL &&
		set->opaque == NULL;
}

static int build_keep_body(struct build *b, struct mime_builder *builder)
{
	const struct mime_field *field;
	struct istream *input;

	array_foreach(&b->fields, field) {
		if (mime_field_is_content(field->name))
			mime_field_append(builder->text, field->name,
					  field->value);
	}
	str_append(builder->text, "\r\n");
	if (mime_message_raw_input(b->set->existing, &input, b->error_r) < 0)
		return -1;
	mime_builder_add_raw(builder, input,
		mime_message_raw_parts(b->set->existing)->
			header_size.physical_size,
		UOFF_T_MAX);
	return 0;
}

static struct mime_pipe *
text_pipe(void *context ATTR_UNUSED, unsigned int idx ATTR_UNUSED)
{
	struct mime_pipe *pipe = mime_pipe_init(NULL, MIME_ENCODING_NONE);

	mime_pipe_add_charset(pipe, "utf-8");
	mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	return pipe;
}

static struct istream *text_stream(struct istream *input)
{
	struct mime_istream_segment segment = { 0, UOFF_T_MAX };

	if (input == NULL)
		return NULL;
	i_stream_seek(input, 0);
	return mime_istream_create(input, &segment, 1, MIME_SIZE_UNLIMITED,
				   text_pipe, NULL);
}

static int build_existing_text(struct build *b, struct mime_assemble *body)
{
	const struct mime_structure *s = b->structure;

	if (s == NULL)
		return 0;
	if (s->html != NULL &&
	    mime_body_stream(b->set->existing, MIME_BODY_HTML, FALSE,
			     &body->html, b->error_r) < 0)
		return -1;
	if (s->plain == NULL)
		return 0;
	return mime_body_stream(b->set->existing, MIME_BODY_PLAIN, FALSE,
				&body->plain, b->error_r);
}

static int build_calendar(struct build *b, struct mime_assemble *body)
{
	body->calendar = b->set->calendar;
	body->method = b->set->method;
	if (body->calendar != NULL || b->structure == NULL ||
	    b->structure->calendar == NULL)
		return 0;
	body->method = b->structure->calendar_method;
	return mime_message_get_calendar(b->set->existing, b->pool,
					 CALENDAR_MAX, &body->calendar,
					 b->error_r) < 0 ? -1 : 0;
}

static int build_text(struct build *b, struct mime_assemble *body)
{
	const struct mime_build *set = b->set;

	if (set->entity != NULL || set->opaque != NULL) {
		body->entity = set->entity;
		body->opaque = set->opaque;
		body->opaque_type = set->opaque_type;
		if (body->entity != NULL)
			i_stream_ref(body->entity);
		if (body->opaque != NULL)
			i_stream_ref(body->opaque);
		return 0;
	}
	if (set->set_body) {
		body->plain = text_stream(set->plain);
		body->html = text_stream(set->html);
	} else if (build_existing_text(b, body) < 0) {
		return -1;
	}
	return build_calendar(b, body);
}

static const struct mime_attachment *
find_attachment(const struct mime_structure *s, const char *part_id)
{
	unsigned int i;

	for (i = 0; s != NULL && i < s->attachments_count; i++) {
		if (strcmp(s->attachments[i].part_id, part_id) == 0)
			return &s->attachments[i];
	}
	return NULL;
}

static void add_existing(struct build *b, struct mime_assemble *body,
			 const struct mime_attachment *att)
{
	struct mime_assemble_item *item;

	if (att == NULL)
		return;
	item = array_append_space(&body->items);
	item->msg = b->set->existing;
	item->part = att->part;
	item->is_inline = att->is_inline;
}

static void build_items(struct build *b, struct mime_assemble *body)
{
	const struct mime_build *set = b->set;
	struct mime_assemble_item *item;
	unsigned int i;

	if (set->entity != NULL || set->opaque != NULL)
		return;
	if (!set->set_items) {
		for (i = 0; b->structure != NULL &&
		     i < b->structure->attachments_count; i++)
			add_existing(b, body, &b->structure->attachments[i]);
		return;
	}
	for (i = 0; i < set->items_count; i++) {
		if (set->items[i].part_id != NULL) {
			add_existing(b, body, find_attachment(b->structure,
						set->items[i].part_id));
			continue;
		}
		item = array_append_space(&body->items);
		item->add = &set->items[i].add;
		item->is_inline = item->add->is_inline;
	}
}

static int build_message(struct build *b, struct mime_builder *builder)
{
	struct mime_assemble body;

	if (build_header(b, builder->text) < 0)
		return -1;
	*b->code_r = MIME_COMPOSE_ERROR_IO;
	if (build_keeps_body(b->set))
		return build_keep_body(b, builder);
	i_zero(&body);
	p_array_init(&body.items, b->pool, 8);
	build_items(b, &body);
	if (build_text(b, &body) < 0 ||
	    mime_assemble(builder, &body, b->error_r) < 0) {
		mime_assemble_abort(&body);
		return -1;
	}
	return 0;
}

static int build_open(struct build *b)
{
	struct istream *input;
	uoff_t offset;

	p_array_init(&b->fields, b->pool, 16);
	if (b->set->existing == NULL)
		return 0;
	*b->code_r = MIME_COMPOSE_ERROR_IO;
	if (mime_message_get_structure(b->set->existing, &b->structure,
				       b->error_r) < 0 ||
	    mime_message_raw_input(b->set->existing, &input, b->error_r) < 0)
		return -1;
	/* what is stored may be broken: the fields up to there are kept */
	if (mime_fields_read(b->pool, input, &b->fields, &offset, b->code_r,
			     b->error_r) < 0 &&
	    *b->code_r == MIME_COMPOSE_ERROR_IO)
		return -1;
	return 0;
}

int mime_build(pool_t pool, const struct mime_build *set,
	       struct istream **output_r, enum mime_compose_error *code_r,
	       const char **error_r)
{
	struct build b = {
		.pool = pool, .set = set, .code_r = code_r, .error_r = error_r,
	};
	struct mime_builder builder;

	if (build_open(&b) < 0)
		return -1;
	mime_builder_init(&builder, pool);
	if (build_message(&b, &builder) < 0) {
		mime_builder_abort(&builder);
		return -1;
	}
	*code_r = MIME_COMPOSE_ERROR_NONE;
	*output_r = mime_builder_finish(&builder);
	return 0;
}
