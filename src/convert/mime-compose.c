/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parts of the writing side: header blocks, concatenations, encoded fields. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hex-binary.h"
#include "istream.h"
#include "istream-base64.h"
#include "istream-concat.h"
#include "message-address.h"
#include "message-header-encode.h"
#include "message-id.h"
#include "message-parser.h"
#include "randgen.h"
#include "str.h"
#include "strescape.h"
#include "mime-private.h"
#include "mime-compose.h"

#include <ctype.h>

#define FIELDS_MAX 2000
/* References: the root and the last ones (RFC 5322, 3.6.4 lets it grow) */
#define REFERENCES_MAX 30

/* --- header blocks --- */

/* A fold becomes CRLF and its white space; any other CR, LF a space: nothing
   in a value can begin a new field. */
static const char *
field_value_clean(pool_t pool, const unsigned char *value, size_t size)
{
	string_t *dest = str_new(pool, size + 16);
	size_t i;

	for (i = 0; i < size; i++) {
		if (value[i] != '\r' && value[i] != '\n') {
			str_append_c(dest, value[i]);
			continue;
		}
		if (value[i] == '\r' && i + 1 < size && value[i + 1] == '\n')
			i++;
		if (value[i] == '\n' && i + 1 < size &&
		    (value[i + 1] == ' ' || value[i + 1] == '\t'))
			str_append(dest, "\r\n");
		else
			str_append_c(dest, ' ');
	}
	return str_c(dest);
}

static bool field_is_valid(const struct message_header_line *hdr)
{
	return hdr->middle_len > 0 && hdr->name_len > 0 &&
		message_header_name_is_valid(hdr->name);
}

/* Returns NULL if all is well, else what is wrong */
static const char *
fields_parse(pool_t pool, struct istream *limited,
	     ARRAY_TYPE(mime_field) *fields)
{
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	struct mime_field *field;
	const char *error = NULL;
	bool eoh = FALSE;

	parser = message_parse_header_init(limited, NULL,
		MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP);
	while (error == NULL && !eoh &&
	       message_parse_header_next(parser, &hdr) > 0) {
		if (hdr->eoh) {
			eoh = TRUE;
		} else if (hdr->continues) {
			hdr->use_full_value = TRUE;
		} else if (!field_is_valid(hdr)) {
			error = "a header line is no field";
		} else if (array_count(fields) >= FIELDS_MAX) {
			error = "too many header fields";
		} else {
			field = array_append_space(fields);
			field->name = p_strdup(pool, hdr->name);
			field->value = field_value_clean(pool, hdr->full_value,
							 hdr->full_value_len);
		}
	}
	if (error == NULL && message_parse_header_has_nuls(parser))
		error = "NUL in header";
	message_parse_header_deinit(&parser);
	if (error == NULL && !eoh && limited->v_offset >= MIME_MAX_HEADER_SIZE)
		error = "header too large";
	if (error == NULL && array_count(fields) == 0)
		error = "no header";
	return error;
}

int mime_fields_read(pool_t pool, struct istream *input,
		     ARRAY_TYPE(mime_field) *fields, uoff_t *body_offset_r,
		     enum mime_compose_error *code_r, const char **error_r)
{
	struct istream *limited;
	const char *error;

	p_array_init(fields, pool, 32);
	i_stream_seek(input, 0);
	limited = i_stream_create_limit(input, MIME_MAX_HEADER_SIZE);
	error = fields_parse(pool, limited, fields);
	*body_offset_r = limited->v_offset;
	*code_r = MIME_COMPOSE_ERROR_NONE;
	if (limited->stream_errno != 0) {
		*code_r = MIME_COMPOSE_ERROR_IO;
		error = mime_stream_error(limited);
	} else if (error != NULL) {
		*code_r = MIME_COMPOSE_ERROR_INVALID;
	}
	i_stream_unref(&limited);
	*error_r = error;
	return error == NULL ? 0 : -1;
}

const char *mime_fields_find(const ARRAY_TYPE(mime_field) *fields,
			     const char *name)
{
	const struct mime_field *field;

	array_foreach(fields, field) {
		if (strcasecmp(field->name, name) == 0)
			return field->value;
	}
	return NULL;
}

unsigned int mime_fields_count(const ARRAY_TYPE(mime_field) *fields,
			       const char *name)
{
	const struct mime_field *field;
	unsigned int count = 0;

	array_foreach(fields, field) {
		if (strcasecmp(field->name, name) == 0)
			count++;
	}
	return count;
}

void mime_field_append(string_t *dest, const char *name, const char *value)
{
	str_printfa(dest, "%s: %s\r\n", name, value);
}

bool mime_field_is_content(const char *name)
{
	return (strncasecmp(name, "Content-", 8) == 0 &&
		strcasecmp(name, "Content-Class") != 0) ||
		strcasecmp(name, "MIME-Version") == 0;
}

/* --- the builder --- */

void mime_builder_init(struct mime_builder *b, pool_t pool)
{
	b->pool = pool;
	b->text = str_new(default_pool, 2048);
	i_array_init(&b->streams, 8);
}

static void builder_flush(struct mime_builder *b)
{
	struct istream *input;

	if (str_len(b->text) == 0)
		return;
	input = i_stream_create_copy_from_data(str_data(b->text),
					       str_len(b->text));
	array_push_back(&b->streams, &input);
	str_truncate(b->text, 0);
}

void mime_builder_add(struct mime_builder *b, struct istream *input)
{
	builder_flush(b);
	array_push_back(&b->streams, &input);
}

static struct mime_pipe *raw_pipe(void *context ATTR_UNUSED,
				  unsigned int idx ATTR_UNUSED)
{
	struct mime_pipe *pipe = mime_pipe_init(NULL, MIME_ENCODING_NONE);

	mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	return pipe;
}

void mime_builder_add_raw(struct mime_builder *b, struct istream *input,
			  uoff_t offset, uoff_t size)
{
	struct mime_istream_segment segment = { offset, size };

	mime_builder_add(b, mime_istream_create(input, &segment, 1,
						MIME_SIZE_UNLIMITED,
						raw_pipe, NULL));
}

void mime_builder_add_base64(struct mime_builder *b, struct istream *input)
{
	mime_builder_add(b, i_stream_create_base64_encoder(input, 76, TRUE));
	i_stream_unref(&input);
	str_append(b->text, "\r\n");
}

static void builder_free(struct mime_builder *b)
{
	struct istream **input;

	array_foreach_modifiable(&b->streams, input)
		i_stream_unref(input);
	array_free(&b->streams);
	str_free(&b->text);
}

struct istream *mime_builder_finish(struct mime_builder *b)
{
	struct istream *output;

	builder_flush(b);
	if (array_count(&b->streams) == 0) {
		output = i_stream_create_from_data("", 0);
	} else {
		array_append_zero(&b->streams);
		output = i_stream_create_concat(array_front_modifiable(&b->streams));
		array_pop_back(&b->streams);
	}
	builder_free(b);
	return output;
}

void mime_builder_abort(struct mime_builder *b)
{
	builder_free(b);
}

/* --- fields --- */

static const char *random_hex(unsigned int bytes)
{
	unsigned char *data = t_malloc_no0(bytes);

	random_fill(data, bytes);
	return binary_to_hex(data, bytes);
}

/* "=_" cannot be in base64 or quoted-printable text (RFC 2045, 6.7) */
const char *mime_boundary_create(void)
{
	return t_strconcat("=_", random_hex(16), NULL);
}

const char *mime_message_id_create(const char *hostname)
{
	return t_strdup_printf("<%s@%s>", random_hex(16), hostname);
}

/* Client text for a field: one line of UTF-8, so that no field is injected */
static const char *field_text_clean(const char *value)
{
	string_t *dest = t_str_new(strlen(value) + 1), *clean = t_str_new(128);
	const char *p;

	for (p = value; *p != '\0'; p++)
		str_append_c(dest, *p == '\r' || *p == '\n' || *p == '\t' ?
			     ' ' : *p);
	mime_xml_clean(clean, str_data(dest), str_len(dest));
	return str_c(clean);
}

void mime_field_append_text(string_t *dest, const char *name,
			    const char *value)
{
	string_t *encoded = t_str_new(128);
	const char *p;

	message_header_encode(field_text_clean(value), encoded);
	str_printfa(dest, "%s: ", name);
	/* the encoder folds with LF */
	for (p = str_c(encoded); *p != '\0'; p++) {
		if (*p == '\n')
			str_append_c(dest, '\r');
		str_append_c(dest, *p);
	}
	str_append(dest, "\r\n");
}

static bool text_is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return FALSE;
	}
	return TRUE;
}

/* A display name: no character of its own meaning may stand in an encoded word
   of a phrase (RFC 2047, 5 (3)), so all of it is base64 */
static void phrase_encode(string_t *dest, const char *name)
{
	string_t *encoded;
	const char *p;

	if (text_is_ascii(name)) {
		str_append_c(dest, '"');
		str_append(dest, str_escape(name));
		str_append_c(dest, '"');
		return;
	}
	encoded = t_str_new(64);
	message_header_encode_b((const unsigned char *)name, strlen(name),
				encoded, 20);
	for (p = str_c(encoded); *p != '\0'; p++) {
		if (*p == '\n')
			str_append_c(dest, '\r');
		str_append_c(dest, *p);
	}
}

static void
address_encode(string_t *dest, const struct message_address *addr)
{
	struct message_address one = *addr;
	bool named = addr->name != NULL && *addr->name != '\0';

	one.next = NULL;
	one.name = NULL;
	if (named)
		phrase_encode(dest, addr->name);
	/* a draft may hold a name that has no address yet */
	if (*addr->domain == '\0') {
		if (!named)
			phrase_encode(dest, addr->mailbox);
		return;
	}
	/* writes the angle brackets too */
	if (named)
		str_append_c(dest, ' ');
	message_address_write(dest, &one);
}

static bool address_is_empty(const struct message_address *addr)
{
	return *addr->mailbox == '\0' && *addr->domain == '\0' &&
		(addr->name == NULL || *addr->name == '\0');
}

bool mime_field_append_addresses(string_t *dest, const char *name,
				 const char *value)
{
	struct message_address *addr;
	size_t start = str_len(dest);
	unsigned int count = 0;

	value = field_text_clean(value);
	addr = message_address_parse(pool_datastack_create(),
				     (const unsigned char *)value,
				     strlen(value), MIME_MAX_RECIPIENTS, 0);
	str_printfa(dest, "%s: ", name);
	for (; addr != NULL; addr = addr->next) {
		if (addr->domain == NULL)
			continue; /* a group's begin or end */
		if (address_is_empty(addr)) {
			str_truncate(dest, start);
			return FALSE;
		}
		if (count++ > 0)
			str_append(dest, ",\r\n ");
		address_encode(dest, addr);
	}
	str_append(dest, "\r\n");
	if (count == 0)
		str_truncate(dest, start);
	return TRUE;
}

void mime_param_append(string_t *dest, const char *name, const char *value)
{
	const unsigned char *p;

	value = field_text_clean(value);
	if (text_is_ascii(value)) {
		str_printfa(dest, ";\r\n %s=\"", name);
		for (; *value != '\0'; value++) {
			if (*value == '"' || *value == '\\')
				str_append_c(dest, '\\');
			str_append_c(dest, *value);
		}
		str_append_c(dest, '"');
		return;
	}
	/* RFC 2231, 4 */
	str_printfa(dest, ";\r\n %s*=utf-8''", name);
	for (p = (const unsigned char *)value; *p != '\0'; p++) {
		if (i_isalnum(*p) && *p < 0x80)
			str_append_c(dest, *p);
		else if (*p == '.' || *p == '-' || *p == '_')
			str_append_c(dest, *p);
		else
			str_printfa(dest, "%%%02X", *p);
	}
}

/* --- existing parts --- */

/* A message whose root is the wanted part: its Content fields only */
static void
builder_add_root_header(struct mime_builder *b, struct istream *input)
{
	ARRAY_TYPE(mime_field) fields;
	const struct mime_field *field;
	enum mime_compose_error code;
	const char *error;
	uoff_t body_offset;

	/* what was stored may be broken: the fields up to there are good */
	(void)mime_fields_read(b->pool, input, &fields, &body_offset, &code,
			       &error);
	array_foreach(&fields, field) {
		if (strncasecmp(field->name, "Content-", 8) == 0 &&
		    strcasecmp(field->name, "Content-Class") != 0)
			mime_field_append(b->text, field->name, field->value);
	}
	str_append(b->text, "\r\n");
}

int mime_builder_add_part(struct mime_builder *b, struct mime_message *msg,
			  const struct message_part *part,
			  const char **error_r)
{
	struct istream *input;

	if (mime_message_input(msg, &input, error_r) < 0)
		return -1;
	if (part->parent == NULL) {
		builder_add_root_header(b, input);
		mime_builder_add_raw(b, input, part->header_size.physical_size,
				     part->body_size.physical_size);
	} else {
		mime_builder_add_raw(b, input, part->physical_pos,
				     part->header_size.physical_size +
				     part->body_size.physical_size);
	}
	str_append(b->text, "\r\n");
	return 0;
}

/* --- threading --- */

static void references_append(string_t *dest, const struct mime_facts *facts)
{
	const char *value = facts->references, *id;
	ARRAY_TYPE(const_string) ids;
	unsigned int i, count;

	if (value == NULL)
		value = facts->in_reply_to;
	t_array_init(&ids, 16);
	while (value != NULL && (id = message_id_get_next(&value)) != NULL)
		array_push_back(&ids, &id);
	count = array_count(&ids);
	str_append(dest, "References:");
	for (i = 0; i < count; i++) {
		if (i == 0 || i + REFERENCES_MAX > count)
			str_printfa(dest, " <%s>\r\n",
				    array_idx_elem(&ids, i));
	}
	str_printfa(dest, " %s\r\n", facts->message_id);
}

static int
thread_index_append(string_t *dest, struct mime_message *original, time_t now,
		    const char **error_r)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	buffer_t *index = t_buffer_create(64);

	if (mime_conversation_id(original, id, error_r) < 0 ||
	    mime_conversation_index(original, id, index, error_r) < 0)
		return -1;
	mime_field_append(dest, "Thread-Index",
			  mime_conversation_index_child(index, id, now));
	return 0;
}

int mime_threading_append(string_t *dest, struct mime_message *original,
			  const ARRAY_TYPE(mime_field) *fields, bool reply,
			  time_t now, const char **error_r)
{
	const struct mime_facts *facts;

	if (mime_message_get_facts(original, &facts, error_r) < 0)
		return -1;
	if (facts->message_id != NULL && reply &&
	    mime_fields_find(fields, "In-Reply-To") == NULL)
		mime_field_append(dest, "In-Reply-To", facts->message_id);
	if (facts->message_id != NULL &&
	    mime_fields_find(fields, "References") == NULL)
		references_append(dest, facts);
	if (*facts->thread_topic != '\0' &&
	    mime_fields_find(fields, "Thread-Topic") == NULL)
		mime_field_append_text(dest, "Thread-Topic",
				       facts->thread_topic);
	if (mime_fields_find(fields, "Thread-Index") == NULL)
		return thread_index_append(dest, original, now, error_r);
	return 0;
}
