/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_PRIVATE_H
#define MIME_PRIVATE_H

/* Shared by the files of src/convert. */

#include "array.h"
#include "message-part-data.h"
#include "dovetail-mime.h"
#include "mime-pipe.h"

struct mime_raw_header {
	const char *name, *value;
};

/* A body is a sequence of parts: mailing lists append footers, Apple Mail puts
   pictures between texts (MS-OXCMAIL 2.2.3.2.1, aggregate bodies). */
#define MIME_BODY_MAX_PARTS 16
ARRAY_DEFINE_TYPE(mime_body_part, const struct message_part *);

struct mime_message {
	pool_t pool;
	struct mime_source source;
	struct istream *input;
	struct message_part *parts;
	/* without source.get_headers: root header, in order */
	ARRAY(struct mime_raw_header) headers;
	bool headers_read;

	struct mime_facts *facts;
	struct mime_structure *structure;
	/* winmail.dat was opened: the original; input, parts and structure are of
	   what is shown instead */
	struct istream *raw_input;
	struct message_part *raw_parts;
	/* What is shown for plain and for HTML, in order */
	ARRAY_TYPE(mime_body_part) plain_body, html_body;
};

/* --- mime-message.c --- */

int mime_message_input(struct mime_message *msg, struct istream **input_r,
		       const char **error_r);
/* As the message is, whatever is shown of it */
int mime_message_raw_input(struct mime_message *msg, struct istream **input_r,
			   const char **error_r);
const struct message_part *mime_message_raw_parts(struct mime_message *msg);
int mime_message_parts(struct mime_message *msg, struct message_part **parts_r,
		       const char **error_r);
/* Fills part->data from the part's MIME header if it is not there. */
int mime_part_need_data(struct mime_message *msg,
			const struct message_part *part, const char **error_r);
/* First raw value, in the message's pool; NULL if none */
int mime_message_first_header(struct mime_message *msg, const char *name,
			      const char **value_r, const char **error_r);
const char *mime_stream_error(struct istream *input);

/* --- mime-part.c: a part's properties and bytes --- */

bool mime_part_is_type(const struct message_part *part, const char *type,
		       const char *subtype);
/* "type/subtype", lower case */
const char *mime_part_content_type(const struct message_part *part);
/* Parameter of Content-Type, or NULL */
const char *mime_part_param(const struct message_part *part, const char *name);
bool mime_part_is_attachment(const struct message_part *part);
/* Name given by the sender, cleaned, or NULL */
const char *mime_part_filename(const struct message_part *part);
/* Decoded size, guessed from the encoded one */
uoff_t mime_part_estimate_size(const struct message_part *part);
enum mime_encoding mime_part_encoding(const struct message_part *part);
/* IMAP section -> part; NULL if there is none */
const struct message_part *
mime_part_find(const struct message_part *root, const char *part_id);
const char *mime_part_id(const struct message_part *part);

/* Reads raw bytes of the part's body into the pipe until dest has max bytes or
   the part ends. Returns 1 if it ended (the pipe is finished then), 0, -1. */
int mime_part_read(struct mime_message *msg, const struct message_part *part,
		   struct mime_pipe *pipe, size_t max, buffer_t *dest,
		   const char **error_r);
/* The beginning of a part as UTF-8 text, data stack */
int mime_part_read_text(struct mime_message *msg,
			const struct message_part *part, size_t max,
			string_t **text_r, const char **error_r);

/* --- mime-istream.c --- */

/* Raw bytes of some parts, each through a pipe of its own, one after another,
   as a seekable stream (backwards: from the start again). */
struct mime_istream_segment {
	uoff_t offset, size;
};
/* Called for each segment when it is reached; context must live as long as
   the stream. The output ends before a character over max_size. */
typedef struct mime_pipe *
mime_istream_pipe_callback_t(void *context, unsigned int idx);

struct istream *
mime_istream_create(struct istream *input,
		    const struct mime_istream_segment *segments,
		    unsigned int count, uoff_t max_size,
		    mime_istream_pipe_callback_t *callback, void *context);

/* --- mime-class.c --- */

/* Fills message_class, content_class, and calendar_method if it was not in the
   part's header */
int mime_message_class(struct mime_message *msg,
		       const struct message_part *root,
		       struct mime_structure *s, const char **error_r);

/* --- mime-body.c --- */

/* The whole body as a stream: plain text, or HTML, as a document or a fragment
   of one */
int mime_body_stream(struct mime_message *msg, enum mime_body_type type,
		     bool fragment, struct istream **input_r,
		     const char **error_r);

/* --- mime-header.c --- */

/* As the public ones, with the caller's converter (or NULL) */
void mime_header_decode_to(string_t *dest, const char *value,
			   struct mime_converter *conv);
const char *
mime_header_decode_with(const char *value, struct mime_converter *conv);
const char *
mime_addresses_decode_with(const char *value, struct mime_converter *conv);
/* "Name" <addr> or addr */
void mime_address_append(string_t *dest, const char *name, const char *mailbox,
			 const char *domain);

#endif
