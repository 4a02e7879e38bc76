/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message's sources: the stream, opened when bytes are needed; root headers
   from the caller's cache or the stream; the part tree and its MIME headers. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "message-parser.h"
#include "compat-mail.h"
#include "mime-private.h"

/* Root headers read from the stream */
#define HEADERS_MAX_BYTES (1024 * 1024)
#define HEADERS_MAX_COUNT 2000

const char *const mime_wanted_headers[] = {
	"Auto-Submitted", "Bcc", "Cc", "Content-Class", "Date",
	"Disposition-Notification-To", "From", "Importance", "In-Reply-To",
	"Message-ID", "Priority", "References", "Reply-To", "Sender",
	"Subject", "Thread-Index", "Thread-Topic", "To", "X-Priority", NULL
};

struct mime_message *
mime_message_open(pool_t pool, const struct mime_source *source)
{
	struct mime_message *msg = p_new(pool, struct mime_message, 1);

	msg->pool = pool;
	msg->source = *source;
	msg->parts = source->parts;
	return msg;
}

static int
open_given_stream(void *context, struct istream **input_r,
		  const char **error_r ATTR_UNUSED)
{
	*input_r = context;
	return 0;
}

struct mime_message *
mime_message_open_stream(pool_t pool, struct istream *input,
			 struct mime_converter *conv)
{
	struct mime_source source = {
		.open = open_given_stream,
		.context = input,
		.conv = conv
	};
	struct mime_message *msg = mime_message_open(pool, &source);

	msg->input = input;
	i_stream_ref(input);
	return msg;
}

void mime_message_close(struct mime_message **_msg)
{
	struct mime_message *msg = *_msg;

	*_msg = NULL;
	i_stream_unref(&msg->input);
	i_stream_unref(&msg->raw_input);
}

const char *mime_stream_error(struct istream *input)
{
	return t_strdup_printf("read(%s) failed: %s",
			       i_stream_get_name(input),
			       i_stream_get_error(input));
}

int mime_message_input(struct mime_message *msg, struct istream **input_r,
		       const char **error_r)
{
	if (msg->input == NULL &&
	    msg->source.open(msg->source.context, &msg->input, error_r) < 0) {
		msg->input = NULL;
		return -1;
	}
	*input_r = msg->input;
	return 0;
}

int mime_message_raw_input(struct mime_message *msg, struct istream **input_r,
			   const char **error_r)
{
	if (msg->raw_input == NULL)
		return mime_message_input(msg, input_r, error_r);
	*input_r = msg->raw_input;
	return 0;
}

const struct message_part *mime_message_raw_parts(struct mime_message *msg)
{
	return msg->raw_input != NULL ? msg->raw_parts : msg->parts;
}

/* --- parts --- */

struct part_header_context {
	pool_t pool;
	struct message_part_data_limits limits;
};

static void
parse_part_header(struct message_part *part, struct message_header_line *hdr,
		  struct part_header_context *ctx)
{
	compat_part_data_parse_header(ctx->pool, part, &ctx->limits, hdr);
}

int mime_parse_parts(pool_t pool, struct istream *input,
		     struct message_part **parts_r, const char **error_r)
{
	const struct message_parser_settings set = {
		.hdr_flags = MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP |
			MESSAGE_HEADER_PARSER_FLAG_DROP_CR |
			MESSAGE_HEADER_PARSER_FLAG_CLEAN_ONELINE,
		.flags = MESSAGE_PARSER_FLAG_SKIP_BODY_BLOCK,
		.max_nested_mime_parts = MIME_MAX_DEPTH,
		.max_total_mime_parts = MIME_MAX_PARTS
	};
	struct part_header_context ctx = {
		.pool = pool,
		.limits = MESSAGE_PART_DATA_LIMITS_INIT
	};
	struct message_parser_ctx *parser;

	i_stream_seek(input, 0);
	parser = message_parser_init(pool, input, &set);
	message_parser_parse_body(parser, parse_part_header, &ctx);
	message_parser_deinit(&parser, parts_r);
	if (input->stream_errno != 0) {
		*error_r = mime_stream_error(input);
		return -1;
	}
	return 0;
}

int mime_message_parts(struct mime_message *msg, struct message_part **parts_r,
		       const char **error_r)
{
	struct istream *input;

	if (msg->parts == NULL &&
	    (mime_message_input(msg, &input, error_r) < 0 ||
	     mime_parse_parts(msg->pool, input, &msg->parts, error_r) < 0)) {
		msg->parts = NULL;
		return -1;
	}
	*parts_r = msg->parts;
	return 0;
}

int mime_part_need_data(struct mime_message *msg,
			const struct message_part *_part, const char **error_r)
{
	/* The tree is the caller's, but its data is ours to fill by contract */
	struct message_part *part = (struct message_part *)_part;
	struct message_part_data_limits limits = MESSAGE_PART_DATA_LIMITS_INIT;
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	struct istream *input, *limited;
	int ret;

	if (part->data != NULL)
		return 0;
	if (mime_message_input(msg, &input, error_r) < 0)
		return -1;
	i_stream_seek(input, part->physical_pos);
	limited = i_stream_create_limit(input, part->header_size.physical_size);
	parser = message_parse_header_init(limited, NULL,
		MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP |
		MESSAGE_HEADER_PARSER_FLAG_DROP_CR |
		MESSAGE_HEADER_PARSER_FLAG_CLEAN_ONELINE);
	while ((ret = message_parse_header_next(parser, &hdr)) > 0)
		compat_part_data_parse_header(msg->pool, part,
					      &limits, hdr);
	i_assert(ret != 0);
	compat_part_data_parse_header(msg->pool, part, &limits, NULL);
	message_parse_header_deinit(&parser);
	ret = limited->stream_errno == 0 ? 0 : -1;
	if (ret < 0)
		*error_r = mime_stream_error(limited);
	i_stream_unref(&limited);
	return ret;
}

/* --- root headers --- */

static void
headers_add(struct mime_message *msg, const struct message_header_line *hdr)
{
	struct mime_raw_header *raw = array_append_space(&msg->headers);

	raw->name = p_strdup(msg->pool, hdr->name);
	raw->value = message_header_strdup(msg->pool, hdr->full_value,
					   hdr->full_value_len);
}

static int mime_message_read_headers(struct mime_message *msg,
				     const char **error_r)
{
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	struct istream *input, *limited;
	int ret;

	if (mime_message_raw_input(msg, &input, error_r) < 0)
		return -1;
	p_array_init(&msg->headers, msg->pool, 32);
	i_stream_seek(input, 0);
	limited = i_stream_create_limit(input, HEADERS_MAX_BYTES);
	parser = message_parse_header_init(limited, NULL,
		MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP |
		MESSAGE_HEADER_PARSER_FLAG_DROP_CR |
		MESSAGE_HEADER_PARSER_FLAG_CLEAN_ONELINE);
	while ((ret = message_parse_header_next(parser, &hdr)) > 0) {
		if (hdr->eoh)
			break;
		if (hdr->continues)
			hdr->use_full_value = TRUE;
		else if (array_count(&msg->headers) < HEADERS_MAX_COUNT)
			headers_add(msg, hdr);
	}
	message_parse_header_deinit(&parser);
	ret = limited->stream_errno == 0 ? 0 : -1;
	if (ret < 0)
		*error_r = mime_stream_error(limited);
	else
		msg->headers_read = TRUE;
	i_stream_unref(&limited);
	return ret;
}

int mime_message_headers(struct mime_message *msg, const char *name,
			 const char *const **values_r, const char **error_r)
{
	static const char *const none[] = { NULL };
	const struct mime_raw_header *raw;
	ARRAY_TYPE(const_string) values;
	int ret;

	if (msg->source.get_headers != NULL) {
		ret = msg->source.get_headers(msg->source.context, name,
					      values_r, error_r);
		if (ret == 0)
			*values_r = none;
		return ret < 0 ? -1 : 0;
	}
	if (!msg->headers_read && mime_message_read_headers(msg, error_r) < 0)
		return -1;
	t_array_init(&values, 4);
	array_foreach(&msg->headers, raw) {
		if (strcasecmp(raw->name, name) == 0)
			array_push_back(&values, &raw->value);
	}
	array_append_zero(&values);
	*values_r = array_front(&values);
	return 0;
}

int mime_message_first_header(struct mime_message *msg, const char *name,
			      const char **value_r, const char **error_r)
{
	const char *const *values;

	if (mime_message_headers(msg, name, &values, error_r) < 0)
		return -1;
	*value_r = p_strdup(msg->pool, values[0]);
	return 0;
}

int mime_message_get_header(struct mime_message *msg, const char *name,
			    const char **value_r, const char **error_r)
{
	const char *const *values;

	if (mime_message_headers(msg, name, &values, error_r) < 0)
		return -1;
	*value_r = values[0] == NULL ? NULL :
		p_strdup(msg->pool, mime_header_decode(values[0]));
	return 0;
}
