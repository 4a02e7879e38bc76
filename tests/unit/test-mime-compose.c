/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing messages: what is sent, answers and forwards, drafts. What was
   written is read back with the reading side and compared with what went in. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "dovetail-compose.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW 1790850896  /* 2026-10-01 10:34:56 UTC */

static pool_t pool;
static enum mime_compose_error code;
static const char *error;

static const struct mime_outgoing_settings out_set = {
	.default_from = "\"Bob\" <bob@example.org>",
	.hostname = "mail.example.org",
	.now = NOW
};

static void setup(void)
{
	pool = pool_alloconly_create("test", 16 * 1024);
	error = NULL;
}

static void teardown(void)
{
	pool_unref(&pool);
}

static struct istream *stream(const char *str)
{
	return i_stream_create_copy_from_data(str, strlen(str));
}

static const char *read_all(struct istream *input)
{
	string_t *str = str_new(pool, 1024);
	const unsigned char *data;
	size_t size;

	i_stream_seek(input, 0);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(str, data, size);
		i_stream_skip(input, size);
	}
	ck_assert_msg(input->stream_errno == 0, "%s",
		      i_stream_get_error(input));
	ck_assert_uint_eq(strlen(str_c(str)), str_len(str));
	return str_c(str);
}

/* Only CRLF: no lone CR or LF anywhere */
static void assert_crlf(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p == '\n')
			ck_assert(p > text && p[-1] == '\r');
		if (*p == '\r')
			ck_assert(p[1] == '\n');
	}
}

static struct mime_message *open_string(const char *str)
{
	struct istream *input = stream(str);
	struct mime_message *msg = mime_message_open_stream(pool, input, NULL);

	i_stream_unref(&input);
	return msg;
}

static const char *body_of(struct mime_message *msg, enum mime_body_type type)
{
	struct mime_body_request request = {
		.type = type, .truncation_size = MIME_SIZE_UNLIMITED
	};
	struct mime_body body;

	ck_assert(mime_message_get_body(msg, &request, &body, &error) == 0);
	ck_assert(body.data != NULL);
	return str_c((string_t *)body.data);
}

static const struct mime_structure *structure_of(struct mime_message *msg)
{
	const struct mime_structure *s;

	ck_assert(mime_message_get_structure(msg, &s, &error) == 0);
	return s;
}

static const struct mime_facts *facts_of(struct mime_message *msg)
{
	const struct mime_facts *facts;

	ck_assert(mime_message_get_facts(msg, &facts, &error) == 0);
	return facts;
}

static const char *header_of(struct mime_message *msg, const char *name)
{
	const char *value;

	ck_assert(mime_message_get_header(msg, name, &value, &error) == 0);
	return value;
}

static const char *part_of(struct mime_message *msg, const char *part_id)
{
	struct mime_part_stream part;
	const char *data;

	ck_assert_int_eq(mime_message_open_part(msg, part_id, &part, &error), 1);
	data = read_all(part.input);
	i_stream_unref(&part.input);
	return data;
}

#define assert_has(text, want) \
	ck_assert_msg(strstr(text, want) != NULL, "no \"%s\" in:\n%s", want, text)
#define assert_hasnt(text, want) \
	ck_assert_msg(strstr(text, want) == NULL, "\"%s\" in:\n%s", want, text)

/* --- sending --- */

static int outgoing(const char *mime, struct mime_outgoing *out)
{
	struct istream *input = stream(mime);
	int ret = mime_outgoing_init(pool, input, &out_set, out, &code, &error);

	i_stream_unref(&input);
	return ret;
}

static void outgoing_free(struct mime_outgoing *out)
{
	i_stream_unref(&out->transmit);
	i_stream_unref(&out->sent_copy);
}

START_TEST(test_outgoing_plain)
{
	struct mime_outgoing out;
	struct mime_message *msg;
	const char *sent, *copy;

	ck_assert_msg(outgoing("To: Ann <ann@example.com>, Team: x@y.z, "
			       "ann@EXAMPLE.com;\n"
			       "Cc: \"Q\" <q@example.com>\n"
			       "Bcc: hidden@example.com\n"
			       "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\n"
			       "one\ntwo\r\nthree\rfour\r\n.\r\nend", &out) == 0,
		      "%s", error);
	ck_assert_str_eq(out.from[0], "bob@example.org");
	ck_assert_ptr_null(out.from[1]);
	ck_assert_ptr_null(out.sender[0]);
	ck_assert_uint_eq(out.recipients_count, 4);
	ck_assert_str_eq(out.recipients[0].address, "ann@example.com");
	ck_assert_str_eq(out.recipients[0].name, "Ann");
	ck_assert_str_eq(out.recipients[1].address, "x@y.z");
	ck_assert_int_eq(out.recipients[2].kind, MIME_RECIPIENT_CC);
	ck_assert_str_eq(out.recipients[3].address, "hidden@example.com");
	ck_assert_int_eq(out.recipients[3].kind, MIME_RECIPIENT_BCC);
	ck_assert_str_eq(out.subject, "Grüße");
	sent = read_all(out.transmit);
	copy = read_all(out.sent_copy);
	assert_crlf(sent);
	assert_crlf(copy);
	assert_hasnt(sent, "hidden@");
	assert_has(copy, "\r\nBcc: hidden@example.com\r\n");
	assert_has(sent, "\r\nMIME-Version: 1.0\r\n");
	assert_has(sent, "\r\nFrom: \"Bob\" <bob@example.org>\r\n");
	msg = open_string(sent);
	ck_assert_int_eq(facts_of(msg)->date, NOW);
	mime_message_close(&msg);
	assert_has(sent, t_strdup_printf("\r\nMessage-ID: %s\r\n",
					 out.message_id));
	assert_has(out.message_id, "@mail.example.org>");
	assert_has(sent, "\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n.\r\nend");
	/* a second read, from the middle too, gives the same */
	ck_assert_str_eq(read_all(out.transmit), sent);
	i_stream_seek(out.transmit, strlen(sent) - 3);
	ck_assert_int_gt(i_stream_read(out.transmit), 0);
	ck_assert_mem_eq(i_stream_get_data(out.transmit, &(size_t){0}), "end", 3);
	outgoing_free(&out);
}
END_TEST

START_TEST(test_outgoing_keeps)
{
	struct mime_outgoing out;
	const char *sent;

	ck_assert(outgoing("From: Me <me@example.org>\r\n"
			   "Sender: other@example.org\r\n"
			   "Message-ID: <mine@x>\r\n"
			   "Date: Fri, 2 Oct 2026 00:00:00 +0000\r\n"
			   "Resent-Bcc: secret@example.com\r\n"
			   "X-Folded: a\r\n\tb\n c\r\n"
			   "mime-version: 1.0\r\n\r\nbody\r\n", &out) == 0);
	ck_assert_str_eq(out.from[0], "me@example.org");
	ck_assert_str_eq(out.sender[0], "other@example.org");
	ck_assert_uint_eq(out.recipients_count, 0);
	ck_assert_str_eq(out.message_id, "<mine@x>");
	sent = read_all(out.transmit);
	ck_assert_str_eq(sent, "From: Me <me@example.org>\r\n"
			 "Sender: other@example.org\r\n"
			 "Message-ID: <mine@x>\r\n"
			 "Date: Fri, 2 Oct 2026 00:00:00 +0000\r\n"
			 "X-Folded: a\r\n\tb\r\n c\r\n"
			 "mime-version: 1.0\r\n\r\nbody\r\n");
	mime_outgoing_set_sender(&out, "boss@example.org\r\nBcc: evil@x.y");
	sent = read_all(out.transmit);
	assert_has(sent, "\r\nSender: boss@example.org");
	assert_hasnt(sent, "\r\nBcc");
	assert_hasnt(sent, "other@example.org");
	outgoing_free(&out);
}
END_TEST

static const struct {
	const char *mime;
	enum mime_compose_error code;
} bad_outgoing[] = {
	{ "", MIME_COMPOSE_ERROR_INVALID },
	{ "\r\nno header\r\n", MIME_COMPOSE_ERROR_INVALID },
	{ "just text without any field\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "From: a@b.c\nFrom: d@e.f\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "From: a@b.c\nTo: x@y.z\nTo: q@r.s\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "From: nobody\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "From: <>\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "Bad Name: x\nFrom: a@b.c\n\nx", MIME_COMPOSE_ERROR_INVALID },
	{ "To: no address\n\nx", MIME_COMPOSE_ERROR_RECIPIENTS },
	{ "To: a@b.c, bob\n\nx", MIME_COMPOSE_ERROR_RECIPIENTS },
	{ "Bcc: \"a b\\\r\"@b.c, <@>\n\nx", MIME_COMPOSE_ERROR_RECIPIENTS },
};

START_TEST(test_outgoing_bad)
{
	struct mime_outgoing out;

	ck_assert_int_eq(outgoing(bad_outgoing[_i].mime, &out), -1);
	ck_assert_int_eq(code, bad_outgoing[_i].code);
	ck_assert_ptr_nonnull(error);
}
END_TEST

START_TEST(test_outgoing_header_size)
{
	string_t *mime = str_new(pool, 128 * 1024);
	struct mime_outgoing out;

	str_append(mime, "From: a@b.c\r\nX-Big:");
	while (str_len(mime) < 60 * 1024)
		str_append(mime, " 0123456789\r\n");
	str_append(mime, "\r\nbody");
	ck_assert_int_eq(outgoing(str_c(mime), &out), 0);
	outgoing_free(&out);
	str_truncate(mime, str_len(mime) - 6);
	while (str_len(mime) < 70 * 1024)
		str_append(mime, " 0123456789\r\n");
	str_append(mime, "\r\nbody");
	ck_assert_int_eq(outgoing(str_c(mime), &out), -1);
	ck_assert_int_eq(code, MIME_COMPOSE_ERROR_INVALID);
}
END_TEST

START_TEST(test_outgoing_nul)
{
	static const char mime[] = "From: a@b.c\r\nSubject: a\0b\r\n\r\nx";
	struct istream *input =
		i_stream_create_from_data(mime, sizeof(mime) - 1);
	struct mime_outgoing out;

	ck_assert_int_eq(mime_outgoing_init(pool, input, &out_set, &out, &code,
					    &error), -1);
	ck_assert_int_eq(code, MIME_COMPOSE_ERROR_INVALID);
	i_stream_unref(&input);
}
END_TEST

/* --- answers --- */

#define ORIGINAL_HEAD \
	"From: \"Ann\" <ann@example.com>\r\n" \
	"To: Bob <bob@example.org>\r\n" \
	"Date: Wed, 30 Sep 2026 08:00:00 +0000\r\n" \
	"Subject: Topic <1>\r\n" \
	"Message-ID: <orig@example.com>\r\n" \
	"References: <root@example.com>\r\n" \
	"MIME-Version: 1.0\r\n"
#define ORIGINAL_MIXED \
	ORIGINAL_HEAD \
	"Content-Type: multipart/mixed; boundary=m\r\n\r\n" \
	"--m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n" \
	"--r\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n" \
	"<html><head><title>T</title><style>p{}</style></head><body bgcolor=x>" \
	"<p>Gr\xfc\xdf" "e <img src=\"cid:pic@x\"></p></body></html>\r\n" \
	"--r\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--r--\r\n" \
	"--m\r\nContent-Type: application/x-foo; name=f.bin\r\n" \
	"Content-Disposition: attachment; filename=f.bin\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\nZm9v\r\nYmFy\r\n--m--\r\n"
#define CLIENT_PLAIN \
	"From: bob@example.org\r\nTo: ann@example.com\r\n" \
	"Subject: Re: Topic\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain; charset=utf-8\r\n\r\nMy answer: \xe2\x82\xac 5\r\n"
#define CLIENT_HTML \
	"From: bob@example.org\r\nTo: ann@example.com\r\n" \
	"Subject: Re: Topic\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/html; charset=utf-8\r\n\r\n" \
	"<!DOCTYPE html><html><body><p>My <b>answer</b></p></body></html>\r\n"

static struct mime_message *
smart(const char *client, struct mime_message *original,
      enum mime_smart_mode mode, bool replace, const char **raw_r)
{
	struct mime_smart_settings set = {
		.mode = mode, .replace_mime = replace, .now = NOW
	};
	struct istream *input = stream(client), *output;

	ck_assert_msg(mime_smart_compose(pool, input, original, &set, &output,
					 &code, &error) == 0, "%s", error);
	*raw_r = read_all(output);
	assert_crlf(*raw_r);
	ck_assert_str_eq(read_all(output), *raw_r);
	i_stream_unref(&output);
	i_stream_unref(&input);
	return open_string(*raw_r);
}

START_TEST(test_reply_plain)
{
	struct mime_message *original = open_string(ORIGINAL_MIXED), *msg;
	const char *raw, *text;

	msg = smart(CLIENT_PLAIN, original, MIME_SMART_REPLY, FALSE, &raw);
	text = body_of(msg, MIME_BODY_PLAIN);
	ck_assert_ptr_eq(strstr(text, "My answer: € 5\r\n"), text);
	assert_has(text, "-----Original Message-----\r\n"
		   "From: \"Ann\" <ann@example.com>\r\n");
	assert_has(text, "To: \"Bob\" <bob@example.org>\r\n"
		   "Subject: Topic <1>\r\n\r\nGrüße\r\n");
	ck_assert_uint_eq(structure_of(msg)->native_type, MIME_BODY_PLAIN);
	ck_assert_uint_eq(structure_of(msg)->attachments_count, 0);
	ck_assert_str_eq(header_of(msg, "In-Reply-To"), "<orig@example.com>");
	ck_assert_str_eq(header_of(msg, "References"),
			 "<root@example.com> <orig@example.com>");
	ck_assert_str_eq(header_of(msg, "Thread-Topic"), "Topic <1>");
	ck_assert_str_eq(header_of(msg, "Subject"), "Re: Topic");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

START_TEST(test_reply_html)
{
	struct mime_message *original = open_string(ORIGINAL_MIXED), *msg;
	const struct mime_structure *s;
	const char *raw, *html;

	msg = smart(CLIENT_HTML, original, MIME_SMART_REPLY, FALSE, &raw);
	html = body_of(msg, MIME_BODY_HTML);
	assert_has(html, "<html><body>\r\n<p>My <b>answer</b></p>");
	assert_has(html, "<b>Subject:</b> Topic &lt;1&gt;<br>");
	assert_has(html, "<p>Grüße <img src=\"cid:pic@x\"></p>");
	assert_has(html, "<style>p{}</style>");
	assert_hasnt(html, "<title>");
	assert_hasnt(html, "DOCTYPE");
	ck_assert_ptr_null(strstr(strstr(html, "<html>") + 1, "<html>"));
	/* the picture comes along, the file does not */
	s = structure_of(msg);
	ck_assert_uint_eq(s->attachments_count, 1);
	ck_assert_str_eq(s->attachments[0].content_id, "pic@x");
	ck_assert(s->attachments[0].is_inline);
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

START_TEST(test_forward)
{
	struct mime_message *original = open_string(ORIGINAL_MIXED), *msg;
	const struct mime_structure *s;
	const char *raw;

	msg = smart(CLIENT_HTML, original, MIME_SMART_FORWARD, FALSE, &raw);
	s = structure_of(msg);
	ck_assert_uint_eq(s->attachments_count, 2);
	ck_assert_str_eq(s->attachments[1].display_name, "f.bin");
	ck_assert_str_eq(part_of(msg, s->attachments[1].part_id), "foobar");
	/* raw bytes, not encoded anew */
	assert_has(raw, "Zm9v\r\nYmFy\r\n");
	ck_assert_ptr_null(header_of(msg, "In-Reply-To"));
	assert_has(header_of(msg, "References"), "<orig@example.com>");
	mime_message_close(&msg);
	msg = smart(CLIENT_PLAIN, original, MIME_SMART_FORWARD, FALSE, &raw);
	s = structure_of(msg);
	/* in plain text the picture is a file */
	ck_assert_uint_eq(s->attachments_count, 2);
	assert_has(body_of(msg, MIME_BODY_PLAIN), "Grüße");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

#define CLIENT_ALTERNATIVE \
	"From: bob@example.org\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n" \
	"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" \
	"--y\r\nContent-Type: text/plain\r\n\r\nplain answer\r\n" \
	"--y\r\nContent-Type: text/html\r\n\r\n<p>html answer</p>\r\n--y--\r\n" \
	"--x\r\nContent-Type: text/x-log; name=own.log\r\n\r\nown file\r\n--x--\r\n"

START_TEST(test_forward_alternative)
{
	struct mime_message *original = open_string(ORIGINAL_HEAD "\r\nold\r\n");
	const struct mime_structure *s;
	struct mime_message *msg;
	const char *raw;

	msg = smart(CLIENT_ALTERNATIVE, original, MIME_SMART_FORWARD, FALSE,
		    &raw);
	s = structure_of(msg);
	ck_assert_ptr_nonnull(s->plain);
	ck_assert_ptr_nonnull(s->html);
	assert_has(body_of(msg, MIME_BODY_PLAIN), "plain answer");
	assert_has(body_of(msg, MIME_BODY_HTML), "<p>html answer</p>");
	assert_has(body_of(msg, MIME_BODY_HTML), "old<br>");
	ck_assert_uint_eq(s->attachments_count, 1);
	ck_assert_str_eq(part_of(msg, s->attachments[0].part_id), "own file");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

#define INVITATION \
	ORIGINAL_HEAD "Content-Type: multipart/alternative; boundary=a\r\n\r\n" \
	"--a\r\n\r\ncome\r\n--a\r\n" \
	"Content-Type: text/calendar; method=REQUEST\r\n\r\n" \
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n--a--\r\n"

START_TEST(test_forward_invitation)
{
	struct mime_message *original = open_string(INVITATION), *msg;
	const char *raw;

	msg = smart(CLIENT_PLAIN, original, MIME_SMART_FORWARD, FALSE, &raw);
	ck_assert_str_eq(structure_of(msg)->message_class,
			 "IPM.Schedule.Meeting.Request");
	assert_has(raw, "\r\nBEGIN:VCALENDAR\r\n");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

#define SIGNED \
	"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; " \
	"boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nsigned\r\n" \
	"--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nxx\r\n--s--\r\n"

START_TEST(test_forward_signed)
{
	struct mime_message *original = open_string(ORIGINAL_HEAD SIGNED), *msg;
	const struct mime_structure *s;
	const char *raw;

	msg = smart(CLIENT_PLAIN, original, MIME_SMART_FORWARD, FALSE, &raw);
	s = structure_of(msg);
	ck_assert_uint_eq(s->attachments_count, 1);
	ck_assert_uint_eq(s->attachments[0].method, MIME_ATTACH_EMBEDDED);
	ck_assert_str_eq(part_of(msg, s->attachments[0].part_id),
			 ORIGINAL_HEAD SIGNED);
	mime_message_close(&msg);
	/* a signed answer is not touched */
	msg = smart("From: bob@example.org\r\nMIME-Version: 1.0\r\n" SIGNED,
		    original, MIME_SMART_REPLY, FALSE, &raw);
	assert_has(raw, "\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nsigned");
	ck_assert_uint_eq(structure_of(msg)->secure, MIME_SECURE_SIGNED);
	ck_assert_str_eq(header_of(msg, "In-Reply-To"), "<orig@example.com>");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

START_TEST(test_replace_mime)
{
	struct mime_message *original = open_string(ORIGINAL_MIXED), *msg;
	const char *raw;

	msg = smart(CLIENT_PLAIN, original, MIME_SMART_REPLY, TRUE, &raw);
	ck_assert_str_eq(body_of(msg, MIME_BODY_PLAIN), "My answer: € 5\r\n");
	ck_assert_str_eq(header_of(msg, "In-Reply-To"), "<orig@example.com>");
	mime_message_close(&msg);
	/* what the client set is kept */
	msg = smart("In-Reply-To: <own@x>\r\nThread-Index: abc\r\n"
		    "References: <own@x>\r\n" CLIENT_PLAIN, original,
		    MIME_SMART_REPLY, TRUE, &raw);
	ck_assert_str_eq(header_of(msg, "In-Reply-To"), "<own@x>");
	ck_assert_str_eq(header_of(msg, "References"), "<own@x>");
	ck_assert_str_eq(header_of(msg, "Thread-Index"), "abc");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

/* The chain of answers keeps one conversation, each a level deeper */
START_TEST(test_conversation_chain)
{
	static const char *const orig = ORIGINAL_HEAD "\r\nx\r\n";
	struct mime_message *msg = open_string(orig), *next;
	unsigned char first[MIME_CONVERSATION_ID_LEN], id[sizeof(first)];
	buffer_t *index = t_buffer_create(64);
	const char *raw;
	unsigned int i;

	ck_assert(mime_conversation_id(msg, first, &error) == 0);
	for (i = 0; i < 120; i++) {
		next = smart("From: a@b.c\r\n\r\nx\r\n", msg, MIME_SMART_REPLY,
			     TRUE, &raw);
		mime_message_close(&msg);
		msg = next;
		ck_assert(mime_conversation_id(msg, id, &error) == 0);
		ck_assert_mem_eq(id, first, sizeof(first));
		buffer_set_used_size(index, 0);
		ck_assert(mime_conversation_index(msg, id, index, &error) == 0);
		ck_assert_uint_eq(index->used, 22 + 5 * I_MIN(i + 1, 100));
	}
	mime_message_close(&msg);
}
END_TEST

/* --- drafts --- */

START_TEST(test_draft_new)
{
	static const enum mime_importance high = MIME_IMPORTANCE_HIGH;
	struct mime_draft_attachment add[2] = {
		{ .display_name = "Ä \"1\".png", .content_id = "p@x",
		  .is_inline = TRUE, .content = stream("PNG") },
		{ .display_name = "r.pdf", .content_type = "a/b\r\nX: y",
		  .content = stream("PDF\n") }
	};
	struct mime_draft draft = {
		.from = "\"Bob\" <bob@example.org>",
		.to = "\"Müller, Jürgen\" <j@example.com>, plain@example.com",
		.bcc = "hidden@example.com",
		.subject = "Grüße\r\nX-Evil: 1 und ein sehr langer Betreff, der"
			" über eine Zeile hinausgeht äöü äöü äöü äöü",
		.importance = &high,
		.body_type = MIME_BODY_HTML,
		.body = stream("<p>Hällo <img src=\"cid:p@x\"></p>\n"),
		.add = add,
		.add_count = 2,
		.now = NOW,
		.hostname = "h.example"
	};
	struct mime_draft_result result;
	const struct mime_structure *s;
	const struct mime_facts *facts;
	struct mime_message *msg;
	const char *raw;

	ck_assert(mime_draft_build(pool, NULL, &draft, &result, &code,
				   &error) == 0);
	raw = read_all(result.output);
	assert_crlf(raw);
	assert_hasnt(raw, "\r\nX");
	msg = open_string(raw);
	facts = facts_of(msg);
	ck_assert_str_eq(facts->to, "\"Müller, Jürgen\" <j@example.com>, "
			 "plain@example.com");
	ck_assert_str_eq(facts->bcc, "hidden@example.com");
	ck_assert_str_eq(facts->subject, "Grüße  X-Evil: 1 und ein sehr langer "
			 "Betreff, der über eine Zeile hinausgeht äöü äöü äöü "
			 "äöü");
	ck_assert_uint_eq(facts->importance, MIME_IMPORTANCE_HIGH);
	ck_assert_int_eq(facts->date, NOW);
	ck_assert_str_eq(body_of(msg, MIME_BODY_HTML),
			 "<p>Hällo <img src=\"cid:p@x\"></p>\r\n");
	s = structure_of(msg);
	ck_assert_uint_eq(s->attachments_count, 2);
	ck_assert_str_eq(s->attachments[0].display_name, "Ä \"1\".png");
	ck_assert_str_eq(s->attachments[0].content_type, "image/png");
	ck_assert(s->attachments[0].is_inline);
	ck_assert_str_eq(s->attachments[0].part_id, result.added_part_ids[0]);
	ck_assert_str_eq(s->attachments[1].content_type, "application/pdf");
	ck_assert_str_eq(s->attachments[1].part_id, result.added_part_ids[1]);
	ck_assert_str_eq(part_of(msg, result.added_part_ids[0]), "PNG");
	ck_assert_str_eq(part_of(msg, result.added_part_ids[1]), "PDF\n");
	mime_message_close(&msg);
	i_stream_unref(&result.output);
	i_stream_unref(&add[0].content);
	i_stream_unref(&add[1].content);
	i_stream_unref(&draft.body);
}
END_TEST

static struct mime_message *
draft_change(struct mime_message *existing, const struct mime_draft *draft,
	     const char **raw_r)
{
	struct mime_draft_result result;

	ck_assert_msg(mime_draft_build(pool, existing, draft, &result, &code,
				       &error) == 0, "%s", error);
	*raw_r = read_all(result.output);
	assert_crlf(*raw_r);
	i_stream_unref(&result.output);
	return open_string(*raw_r);
}

START_TEST(test_draft_change)
{
	struct mime_message *existing = open_string(ORIGINAL_MIXED), *msg;
	struct mime_draft draft = {
		.to = "new@example.com", .subject = "", .now = NOW
	};
	const char *const gone[] = { "2", NULL };
	const struct mime_structure *s;
	const char *raw;

	/* properties only: the body keeps its bytes */
	msg = draft_change(existing, &draft, &raw);
	assert_has(raw, strstr(ORIGINAL_MIXED, "\r\n\r\n--m"));
	ck_assert_str_eq(facts_of(msg)->to, "new@example.com");
	ck_assert_str_eq(facts_of(msg)->subject, "");
	ck_assert_str_eq(facts_of(msg)->message_id, "<orig@example.com>");
	ck_assert_str_eq(facts_of(msg)->references, "<root@example.com>");
	mime_message_close(&msg);
	/* an attachment goes, the picture and the text stay */
	i_zero(&draft);
	draft.delete_part_ids = gone;
	draft.now = NOW;
	msg = draft_change(existing, &draft, &raw);
	s = structure_of(msg);
	ck_assert_uint_eq(s->attachments_count, 1);
	ck_assert_str_eq(s->attachments[0].content_id, "pic@x");
	ck_assert(s->attachments[0].is_inline);
	assert_has(body_of(msg, MIME_BODY_HTML), "Grüße");
	ck_assert_str_eq(facts_of(msg)->subject, "Topic <1>");
	mime_message_close(&msg);
	/* a new text, the attachments stay */
	i_zero(&draft);
	draft.body_type = MIME_BODY_PLAIN;
	draft.body = stream("new\ntext");
	draft.now = NOW;
	msg = draft_change(existing, &draft, &raw);
	ck_assert_str_eq(body_of(msg, MIME_BODY_PLAIN), "new\r\ntext");
	ck_assert_uint_eq(structure_of(msg)->attachments_count, 2);
	assert_has(raw, "Zm9v\r\nYmFy\r\n");
	mime_message_close(&msg);
	i_stream_unref(&draft.body);
	mime_message_close(&existing);
}
END_TEST

START_TEST(test_draft_mime_body)
{
	struct mime_draft draft = {
		.from = "a@b.c", .body_type = MIME_BODY_MIME,
		.body = stream("From: evil@x.y\nContent-Type: text/html\n\n"
			       "<p>x</p>\n"),
		.now = NOW
	};
	struct mime_message *msg;
	const char *raw;

	msg = draft_change(NULL, &draft, &raw);
	assert_hasnt(raw, "evil");
	ck_assert_str_eq(body_of(msg, MIME_BODY_HTML), "<p>x</p>\r\n\r\n");
	mime_message_close(&msg);
	i_stream_unref(&draft.body);
}
END_TEST

START_TEST(test_draft_bad)
{
	struct mime_draft draft = {
		.from = "a@b.c", .to = "<>", .now = NOW
	};
	struct mime_draft_result result;
	struct mime_message *existing, *msg;
	const char *raw;

	ck_assert_int_eq(mime_draft_build(pool, NULL, &draft, &result, &code,
					  &error), -1);
	ck_assert_int_eq(code, MIME_COMPOSE_ERROR_RECIPIENTS);
	draft.to = NULL;
	draft.body_type = MIME_BODY_MIME;
	draft.body = stream("\r\nno header\r\n");
	ck_assert_int_eq(mime_draft_build(pool, NULL, &draft, &result, &code,
					  &error), -1);
	ck_assert_int_eq(code, MIME_COMPOSE_ERROR_INVALID);
	i_stream_unref(&draft.body);
	/* a stored draft that is broken can still be changed */
	i_zero(&draft);
	draft.subject = "new";
	draft.now = NOW;
	existing = open_string("From a@b.c Thu Oct  1\nFrom: a@b.c\n"
			       "Subject: old\n\nbody\n");
	msg = draft_change(existing, &draft, &raw);
	assert_has(raw, "\r\n\r\nbody\r\n");
	ck_assert_str_eq(facts_of(msg)->subject, "new");
	mime_message_close(&msg);
	mime_message_close(&existing);
}
END_TEST

START_TEST(test_draft_reply)
{
	struct mime_message *original = open_string(ORIGINAL_MIXED), *msg;
	struct mime_draft draft = {
		.from = "a@b.c", .to = "Unresolved Name, a@b.c", .now = NOW,
		.original = original
	};
	const char *raw;

	msg = draft_change(NULL, &draft, &raw);
	ck_assert_str_eq(header_of(msg, "In-Reply-To"), "<orig@example.com>");
	assert_has(facts_of(msg)->to, "Unresolved Name");
	assert_has(facts_of(msg)->to, "a@b.c");
	mime_message_close(&msg);
	mime_message_close(&original);
}
END_TEST

/* 100 MB pass with the memory of a few blocks */
static struct istream *big_stream(uoff_t size, const char *path)
{
	char block[64 * 1024];
	FILE *f = fopen(path, "w+");
	uoff_t n;

	ck_assert_ptr_nonnull(f);
	for (n = 0; n < sizeof(block); n++)
		block[n] = n % 78 == 77 ? '\n' : 'A' + n % 26;
	fprintf(f, "From: a@b.c\nTo: d@e.f\n\n");
	for (n = 0; n < size; n += sizeof(block))
		ck_assert_uint_eq(fwrite(block, 1, sizeof(block), f),
				  sizeof(block));
	fclose(f);
	return i_stream_create_file(path, IO_BLOCK_SIZE);
}

static size_t memory_peak(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	size_t kb = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "VmHWM: %zu", &kb) == 1)
			break;
	}
	if (f != NULL)
		fclose(f);
	return kb;
}

START_TEST(test_outgoing_large)
{
	char path[] = "/tmp/dovetail-compose-XXXXXX";
	struct mime_outgoing out;
	const unsigned char *data;
	struct istream *input;
	size_t size, before;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	input = big_stream(100 * 1024 * 1024, path);
	close(fd);
	before = memory_peak();
	ck_assert(mime_outgoing_init(pool, input, &out_set, &out, &code,
				     &error) == 0);
	while (i_stream_read_more(out.transmit, &data, &size) > 0)
		i_stream_skip(out.transmit, size);
	ck_assert_int_eq(out.transmit->stream_errno, 0);
	ck_assert_uint_gt(out.transmit->v_offset, 100 * 1024 * 1024);
	if (getenv("ASAN_OPTIONS") == NULL)
		ck_assert_uint_le(memory_peak(), before + 4096);
	outgoing_free(&out);
	i_stream_unref(&input);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mime-compose");
	TCase *tc = tcase_create("compose");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_outgoing_plain);
	tcase_add_test(tc, test_outgoing_keeps);
	tcase_add_loop_test(tc, test_outgoing_bad, 0, N_ELEMENTS(bad_outgoing));
	tcase_add_test(tc, test_outgoing_header_size);
	tcase_add_test(tc, test_outgoing_nul);
	tcase_add_test(tc, test_reply_plain);
	tcase_add_test(tc, test_reply_html);
	tcase_add_test(tc, test_forward);
	tcase_add_test(tc, test_forward_alternative);
	tcase_add_test(tc, test_forward_invitation);
	tcase_add_test(tc, test_forward_signed);
	tcase_add_test(tc, test_replace_mime);
	tcase_add_test(tc, test_conversation_chain);
	tcase_add_test(tc, test_draft_new);
	tcase_add_test(tc, test_draft_change);
	tcase_add_test(tc, test_draft_mime_body);
	tcase_add_test(tc, test_draft_bad);
	tcase_add_test(tc, test_draft_reply);
	tcase_add_test(tc, test_outgoing_large);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
