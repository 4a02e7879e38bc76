/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drafts of ActiveSync 16.x: a message from properties, or an existing draft with
   some of them changed (MS-ASCMD 2.2.1.21, MS-ASEMAIL; MS-ASAIRS Attachments). */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "message-date.h"
#include "str.h"
#include "mime-private.h"
#include "mime-assemble.h"

struct draft {
	pool_t pool;
	const struct mime_draft *set;
	struct mime_message *existing;
	const struct mime_structure *structure;
	ARRAY_TYPE(mime_field) fields;
	uoff_t body_offset;
	enum mime_compose_error *code_r;
	const char **error_r;
};

struct draft_field {
	const char *name;
	size_t offset;
	bool addresses;
};
#define FIELD(n, member, addr) \
	{ n, offsetof(struct mime_draft, member), addr }
static const struct draft_field draft_fields[] = {
	FIELD("From", from, TRUE),
	FIELD("Reply-To", reply_to, TRUE),
	FIELD("To", to, TRUE),
	FIELD("Cc", cc, TRUE),
	FIELD("Bcc", bcc, TRUE),
	FIELD("Subject", subject, FALSE)
};

static const char *
draft_value(const struct mime_draft *set, const struct draft_field *field)
{
	return *(const char *const *)CONST_PTR_OFFSET(set, field->offset);
}

/* --- header --- */

static bool draft_replaces(const struct mime_draft *set, const char *name)
{
	static const char *const importance[] = {
		"Importance", "X-Priority", "Priority", NULL
	};
	unsigned int i;

	if (set->importance != NULL && str_array_icase_find(importance, name))
		return TRUE;
	for (i = 0; i < N_ELEMENTS(draft_fields); i++) {
		if (strcasecmp(draft_fields[i].name, name) == 0)
			return draft_value(set, &draft_fields[i]) != NULL;
	}
	return FALSE;
}

static int draft_set_fields(struct draft *draft, string_t *dest)
{
	const char *value;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(draft_fields); i++) {
		value = draft_value(draft->set, &draft_fields[i]);
		if (value == NULL || *value == '\0')
			continue;
		if (!draft_fields[i].addresses) {
			mime_field_append_text(dest, draft_fields[i].name,
					       value);
		} else if (!mime_field_append_addresses(dest,
					draft_fields[i].name, value)) {
			*draft->code_r = MIME_COMPOSE_ERROR_RECIPIENTS;
			*draft->error_r = t_strdup_printf("bad address in %s",
							  draft_fields[i].name);
			return -1;
		}
	}
	if (draft->set->importance != NULL &&
	    *draft->set->importance != MIME_IMPORTANCE_NORMAL) {
		mime_field_append(dest, "Importance",
			*draft->set->importance == MIME_IMPORTANCE_HIGH ?
			"high" : "low");
	}
	return 0;
}

static int draft_header(struct draft *draft, string_t *dest)
{
	const struct mime_draft *set = draft->set;
	const struct mime_field *field;

	array_foreach(&draft->fields, field) {
		if (!mime_field_is_content(field->name) &&
		    strcasecmp(field->name, "Date") != 0 &&
		    !draft_replaces(set, field->name))
			mime_field_append(dest, field->name, field->value);
	}
	if (draft_set_fields(draft, dest) < 0)
		return -1;
	mime_field_append(dest, "Date", message_date_create(set->now));
	if (mime_fields_find(&draft->fields, "Message-ID") == NULL) {
		mime_field_append(dest, "Message-ID",
			mime_message_id_create(set->hostname != NULL ?
					       set->hostname : "localhost"));
	}
	if (set->original == NULL)
		return 0;
	return mime_threading_append(dest, set->original, &draft->fields, TRUE,
				     set->now, draft->error_r);
}

/* --- body --- */

static int draft_existing_body(struct draft *draft, struct mime_assemble *body)
{
	const struct mime_structure *s = draft->structure;

	if (s == NULL)
		return 0;
	if (s->html != NULL &&
	    mime_body_stream(draft->existing, MIME_BODY_HTML, FALSE,
			     &body->html, draft->error_r) < 0)
		return -1;
	if (s->plain == NULL)
		return 0;
	return mime_body_stream(draft->existing, MIME_BODY_PLAIN, FALSE,
				&body->plain, draft->error_r);
}

static struct mime_pipe *
text_pipe(void *context ATTR_UNUSED, unsigned int idx ATTR_UNUSED)
{
	struct mime_pipe *pipe = mime_pipe_init(NULL, MIME_ENCODING_NONE);

	mime_pipe_add_charset(pipe, "utf-8");
	mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	return pipe;
}

static int draft_body(struct draft *draft, struct mime_assemble *body)
{
	const struct mime_draft *set = draft->set;
	struct mime_istream_segment segment = { 0, UOFF_T_MAX };
	ARRAY_TYPE(mime_field) fields;
	struct istream **dest;
	uoff_t offset;

	if (set->body_type == MIME_BODY_NONE || set->body == NULL)
		return draft_existing_body(draft, body);
	i_stream_seek(set->body, 0);
	if (set->body_type == MIME_BODY_MIME) {
		if (mime_fields_read(draft->pool, set->body, &fields, &offset,
				     draft->code_r, draft->error_r) < 0)
			return -1;
		*draft->code_r = MIME_COMPOSE_ERROR_IO;
		body->entity = set->body;
		i_stream_ref(set->body);
		return 0;
	}
	dest = set->body_type == MIME_BODY_HTML ? &body->html : &body->plain;
	*dest = mime_istream_create(set->body, &segment, 1,
				    MIME_SIZE_UNLIMITED, text_pipe, NULL);
	return 0;
}

static bool draft_deletes(const struct mime_draft *set, const char *part_id)
{
	return set->delete_part_ids != NULL &&
		str_array_find(set->delete_part_ids, part_id);
}

static void draft_items(struct draft *draft, struct mime_assemble *body)
{
	const struct mime_attachment *att;
	struct mime_assemble_item *item;
	unsigned int i;

	for (i = 0; draft->structure != NULL &&
	     i < draft->structure->attachments_count; i++) {
		att = &draft->structure->attachments[i];
		if (draft_deletes(draft->set, att->part_id))
			continue;
		item = array_append_space(&body->items);
		item->msg = draft->existing;
		item->part = att->part;
		item->is_inline = att->is_inline;
	}
	for (i = 0; i < draft->set->add_count; i++) {
		item = array_append_space(&body->items);
		item->add = &draft->set->add[i];
		item->is_inline = item->add->is_inline;
	}
}

/* Only properties change: the body stays byte for byte */
static bool draft_keeps_body(const struct draft *draft)
{
	const struct mime_draft *set = draft->set;

	return draft->existing != NULL &&
		(set->body_type == MIME_BODY_NONE || set->body == NULL) &&
		set->add_count == 0 &&
		(set->delete_part_ids == NULL || *set->delete_part_ids == NULL);
}

static int draft_keep_body(struct draft *draft, struct mime_builder *b)
{
	const struct mime_field *field;
	struct istream *input;

	array_foreach(&draft->fields, field) {
		if (mime_field_is_content(field->name))
			mime_field_append(b->text, field->name, field->value);
	}
	str_append(b->text, "\r\n");
	if (mime_message_raw_input(draft->existing, &input, draft->error_r) < 0)
		return -1;
	mime_builder_add_raw(b, input, draft->body_offset, UOFF_T_MAX);
	return 0;
}

static void
draft_added_ids(struct draft *draft, const struct mime_assemble *body,
		struct mime_draft_result *result_r)
{
	const struct mime_assemble_item *item;
	ARRAY_TYPE(const_string) ids;

	p_array_init(&ids, draft->pool, draft->set->add_count + 1);
	array_foreach(&body->items, item) {
		if (item->add != NULL)
			array_push_back(&ids, &item->part_id);
	}
	array_append_zero(&ids);
	result_r->added_part_ids = array_front(&ids);
}

static int draft_open_existing(struct draft *draft)
{
	struct istream *input;

	if (draft->existing == NULL) {
		p_array_init(&draft->fields, draft->pool, 1);
		return 0;
	}
	*draft->code_r = MIME_COMPOSE_ERROR_IO;
	if (mime_message_get_structure(draft->existing, &draft->structure,
				       draft->error_r) < 0 ||
	    mime_message_raw_input(draft->existing, &input, draft->error_r) < 0)
		return -1;
	/* what is stored may be broken: the fields up to there are kept */
	if (mime_fields_read(draft->pool, input, &draft->fields,
			     &draft->body_offset, draft->code_r,
			     draft->error_r) < 0 &&
	    *draft->code_r == MIME_COMPOSE_ERROR_IO)
		return -1;
	draft->body_offset =
		mime_message_raw_parts(draft->existing)->
			header_size.physical_size;
	return 0;
}

static int draft_build(struct draft *draft, struct mime_builder *b,
		       struct mime_draft_result *result_r)
{
	struct mime_assemble body;

	i_zero(&body);
	p_array_init(&body.items, draft->pool, 8);
	if (draft_header(draft, b->text) < 0)
		return -1;
	if (draft_keeps_body(draft)) {
		if (draft_keep_body(draft, b) < 0)
			return -1;
	} else {
		draft_items(draft, &body);
		if (draft_body(draft, &body) < 0 ||
		    mime_assemble(b, &body, draft->error_r) < 0) {
			mime_assemble_abort(&body);
			return -1;
		}
	}
	draft_added_ids(draft, &body, result_r);
	return 0;
}

int mime_draft_build(pool_t pool, struct mime_message *existing,
		     const struct mime_draft *set,
		     struct mime_draft_result *result_r,
		     enum mime_compose_error *code_r, const char **error_r)
{
	struct draft draft = {
		.pool = pool,
		.set = set,
		.existing = existing,
		.code_r = code_r,
		.error_r = error_r
	};
	struct mime_builder b;

	i_zero(result_r);
	if (draft_open_existing(&draft) < 0)
		return -1;
	*code_r = MIME_COMPOSE_ERROR_IO;
	mime_builder_init(&b, pool);
	if (draft_build(&draft, &b, result_r) < 0) {
		mime_builder_abort(&b);
		return -1;
	}
	*code_r = MIME_COMPOSE_ERROR_NONE;
	result_r->output = mime_builder_finish(&b);
	return 0;
}
