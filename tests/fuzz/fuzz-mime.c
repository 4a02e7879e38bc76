/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a message: read in every form, answered, forwarded, changed as a
   draft, sent. What comes out must be clean UTF-8 and keep its limits. */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-compose.h"
#include "fuzz.h"

static const uoff_t limits[] = { 0, 1, 30, 500, 20000, MIME_SIZE_UNLIMITED };

static void check_text(const char *text)
{
	i_assert(text == NULL || uni_utf8_str_is_valid(text));
}

static uoff_t read_all(struct istream *input, uoff_t max)
{
	const unsigned char *data;
	uoff_t total;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		i_stream_skip(input, size);
		i_assert(input->v_offset <= max);
	}
	total = input->v_offset;
	i_assert(input->stream_errno == 0);
	return total;
}

static void read_twice(struct istream *input)
{
	uoff_t size = read_all(input, UOFF_T_MAX);

	i_stream_seek(input, size / 2);
	i_assert(read_all(input, UOFF_T_MAX) == size);
}

static void fuzz_body(struct mime_message *msg, enum mime_body_type type,
		      uoff_t limit)
{
	struct mime_body_request request = {
		.type = type, .truncation_size = limit, .preview = 255
	};
	struct mime_body body;
	const char *error;

	if (mime_message_get_body(msg, &request, &body, &error) < 0)
		i_panic("body: %s", error);
	check_text(body.preview);
	i_assert(uni_utf8_strlen(body.preview) <= 255);
	if (body.input != NULL) {
		(void)read_all(body.input, limit);
		i_stream_unref(&body.input);
	} else {
		check_text(str_c((string_t *)body.data));
		i_assert(str_len(body.data) <= limit);
		i_assert(strlen(str_c((string_t *)body.data)) ==
			 str_len(body.data));
		i_assert(!body.truncated ||
			 body.estimated_size > str_len(body.data));
	}
}

static void fuzz_structure(struct mime_message *msg)
{
	const struct mime_structure *s;
	struct mime_part_stream part;
	const char *error;
	unsigned int i;

	if (mime_message_get_structure(msg, &s, &error) < 0)
		i_panic("structure: %s", error);
	check_text(s->message_class);
	check_text(s->calendar_method);
	for (i = 0; i < s->attachments_count && i < 50; i++) {
		check_text(s->attachments[i].display_name);
		check_text(s->attachments[i].content_type);
		check_text(s->attachments[i].content_id);
		check_text(s->attachments[i].content_location);
		i_assert(*s->attachments[i].display_name != '\0');
		if (mime_message_open_part(msg, s->attachments[i].part_id,
					   &part, &error) != 1)
			i_panic("part: %s", s->attachments[i].part_id);
		read_twice(part.input);
		i_stream_unref(&part.input);
	}
}

static void fuzz_facts(struct mime_message *msg)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	buffer_t *index = t_buffer_create(64), *eas = t_buffer_create(64);
	const struct mime_facts *f;
	const char *error;

	if (mime_message_get_facts(msg, &f, &error) < 0 ||
	    mime_conversation_id(msg, id, &error) < 0 ||
	    mime_conversation_index(msg, id, index, &error) < 0)
		i_panic("facts: %s", error);
	mime_conversation_index_eas(eas, index);
	check_text(mime_conversation_index_child(index, id, 1790850896));
	check_text(f->subject);
	check_text(f->thread_topic);
	check_text(f->from);
	check_text(f->sender);
	check_text(f->reply_to);
	check_text(f->to);
	check_text(f->cc);
	check_text(f->bcc);
	check_text(f->display_to);
	check_text(f->message_id);
	check_text(f->references);
	check_text(f->disposition_notification_to);
}

static void fuzz_outgoing(pool_t pool, struct istream *input)
{
	const struct mime_outgoing_settings set = {
		.default_from = "a@b.c", .hostname = "h", .now = 1790850896
	};
	enum mime_compose_error code;
	struct mime_outgoing out;
	const char *error;

	if (mime_outgoing_init(pool, input, &set, &out, &code, &error) < 0) {
		i_assert(code == MIME_COMPOSE_ERROR_INVALID ||
			 code == MIME_COMPOSE_ERROR_RECIPIENTS);
		return;
	}
	read_twice(out.transmit);
	read_twice(out.sent_copy);
	i_stream_unref(&out.transmit);
	i_stream_unref(&out.sent_copy);
}

static void fuzz_smart(pool_t pool, struct istream *client,
		       struct mime_message *original, unsigned int mode)
{
	const struct mime_smart_settings set = {
		.mode = (mode & 1) != 0 ? MIME_SMART_FORWARD :
			MIME_SMART_REPLY,
		.replace_mime = (mode & 2) != 0,
		.now = 1790850896
	};
	enum mime_compose_error code;
	struct istream *output;
	const char *error;

	if (mime_smart_compose(pool, client, original, &set, &output, &code,
			       &error) < 0) {
		i_assert(code == MIME_COMPOSE_ERROR_INVALID);
		return;
	}
	read_twice(output);
	fuzz_outgoing(pool, output);
	i_stream_unref(&output);
}

static void fuzz_draft(pool_t pool, struct mime_message *existing,
		       const char *text, const char *delete_id)
{
	const char *const ids[] = { delete_id, NULL };
	struct mime_draft draft = {
		.to = text, .subject = text, .delete_part_ids = ids,
		.now = 1790850896, .hostname = "h"
	};
	struct mime_draft_result result;
	enum mime_compose_error code;
	const char *error;

	if (mime_draft_build(pool, existing, &draft, &result, &code,
			     &error) < 0) {
		i_assert(code == MIME_COMPOSE_ERROR_INVALID ||
			 code == MIME_COMPOSE_ERROR_RECIPIENTS);
		return;
	}
	read_twice(result.output);
	i_stream_unref(&result.output);
}

static void fuzz_message(const uint8_t *data, size_t size)
{
	static const char reply[] = "From: a@b.c\r\nContent-Type: text/html"
		"\r\n\r\n<p>answer</p>\r\n";
	pool_t pool = pool_alloconly_create("fuzz", 16 * 1024);
	struct istream *input = i_stream_create_from_data(data, size);
	struct istream *client =
		i_stream_create_from_data(reply, sizeof(reply) - 1);
	struct mime_message *msg = mime_message_open_stream(pool, input, NULL);
	struct mime_message *own =
		mime_message_open_stream(pool, client, NULL);
	unsigned int i;

	fuzz_facts(msg);
	fuzz_structure(msg);
	for (i = 0; i < N_ELEMENTS(limits); i++) {
		fuzz_body(msg, MIME_BODY_PLAIN, limits[i]);
		fuzz_body(msg, MIME_BODY_HTML, limits[i]);
	}
	fuzz_body(msg, MIME_BODY_MIME, MIME_SIZE_UNLIMITED);
	fuzz_outgoing(pool, input);
	for (i = 0; i < 4; i++) {
		fuzz_smart(pool, input, own, i);
		fuzz_smart(pool, client, msg, i);
	}
	fuzz_draft(pool, msg, NULL, "2");
	fuzz_draft(pool, msg, t_strndup(data, I_MIN(size, 200)), NULL);
	mime_message_close(&own);
	mime_message_close(&msg);
	i_stream_unref(&client);
	i_stream_unref(&input);
	pool_unref(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool initialized = FALSE;

	if (!initialized) {
		lib_init();
		initialized = TRUE;
	}
	T_BEGIN {
		fuzz_message(data, size);
	} T_END;
	return 0;
}
