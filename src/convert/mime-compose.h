/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_COMPOSE_H
#define MIME_COMPOSE_H

/* Building messages from memory and streams; shared by the writing side. */

#include "dovetail-compose.h"

struct mime_field {
	const char *name;
	/* Folded with CRLF, without the last line end */
	const char *value;
};
ARRAY_DEFINE_TYPE(mime_field, struct mime_field);
ARRAY_DEFINE_TYPE(mime_recipient, struct mime_recipient);

/* Reads and checks a header block. body_offset_r: where the body begins. */
int mime_fields_read(pool_t pool, struct istream *input,
		     ARRAY_TYPE(mime_field) *fields, uoff_t *body_offset_r,
		     enum mime_compose_error *code_r, const char **error_r);
/* First value or NULL */
const char *mime_fields_find(const ARRAY_TYPE(mime_field) *fields,
			     const char *name);
unsigned int mime_fields_count(const ARRAY_TYPE(mime_field) *fields,
			       const char *name);
void mime_field_append(string_t *dest, const char *name, const char *value);
/* Content-* and MIME-Version: they belong to a body that is made anew */
bool mime_field_is_content(const char *name);

/* --- */

struct mime_builder {
	pool_t pool;
	string_t *text;         /* not yet a stream */
	ARRAY(struct istream *) streams;
};

void mime_builder_init(struct mime_builder *b, pool_t pool);
/* Adds the stream after what is in text, and drops the given reference */
void mime_builder_add(struct mime_builder *b, struct istream *input);
/* Raw bytes of input, line ends to CRLF; size UOFF_T_MAX: all */
void mime_builder_add_raw(struct mime_builder *b, struct istream *input,
			  uoff_t offset, uoff_t size);
/* base64 lines of the stream; drops the reference */
void mime_builder_add_base64(struct mime_builder *b, struct istream *input);
struct istream *mime_builder_finish(struct mime_builder *b);
void mime_builder_abort(struct mime_builder *b);

const char *mime_boundary_create(void);
/* "text" as a quoted parameter value, RFC 2231 if it needs to */
void mime_param_append(string_t *dest, const char *name, const char *value);
/* UTF-8 as an unstructured or address field, encoded and folded */
void mime_field_append_text(string_t *dest, const char *name,
			    const char *value);
/* FALSE: cannot be parsed */
bool mime_field_append_addresses(string_t *dest, const char *name,
				 const char *value);
const char *mime_message_id_create(const char *hostname);

/* --- bodies and attachments of existing messages --- */

/* A part with its MIME header and raw body */
int mime_builder_add_part(struct mime_builder *b, struct mime_message *msg,
			  const struct message_part *part,
			  const char **error_r);

/* In-Reply-To, References, Thread-Topic, Thread-Index for an answer to
   original, those that fields do not have yet. */
int mime_threading_append(string_t *dest, struct mime_message *original,
			  const ARRAY_TYPE(mime_field) *fields, bool reply,
			  time_t now, const char **error_r);

#endif
