/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading messages: each golden/mime/NAME.eml is read in every way a caller
   may offer it (stream alone; cached headers and bare parts; parts from a
   BODYSTRUCTURE; LF line ends; one byte a read) and must give what NAME.exp
   says. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "str.h"
#include "hex-binary.h"
#include "imap-bodystructure.h"
#include "message-parser.h"
#include "message-part-serialize.h"
#include "unichar.h"
#include "dovetail-mime.h"

#include "test-size.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* --- a message as key-value pairs --- */

struct pair {
	const char *key, *value;
};

struct dump {
	pool_t pool;
	ARRAY(struct pair) pairs;
	struct mime_message *msg;
};

static void put(struct dump *d, const char *key, const char *value)
{
	struct pair *pair = array_append_space(&d->pairs);

	pair->key = p_strdup(d->pool, key);
	pair->value = p_strdup(d->pool, value == NULL ? "(none)" : value);
}

static void put_num(struct dump *d, const char *key, uintmax_t n)
{
	put(d, key, t_strdup_printf("%ju", n));
}

static const char *get(const struct dump *d, const char *key)
{
	const struct pair *pair;

	array_foreach(&d->pairs, pair) {
		if (strcmp(pair->key, key) == 0)
			return pair->value;
	}
	return NULL;
}

static const char *read_all(pool_t pool, struct istream *input)
{
	string_t *str = str_new(pool, 1024);
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(str, data, size);
		i_stream_skip(input, size);
	}
	ck_assert_int_eq(input->stream_errno, 0);
	return str_c(str);
}

/* What goes into WBXML: valid UTF-8 that XML 1.0 allows */
static void assert_clean(const char *key, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	ck_assert_msg(uni_utf8_str_is_valid(text), "%s: not UTF-8", key);
	for (; *p != '\0'; p++) {
		ck_assert_msg(*p >= 0x20 || strchr("\r\n\t", *p) != NULL,
			      "%s: control character %02x", key, *p);
	}
	ck_assert_msg(strstr(text, "\xef\xbf\xbe") == NULL &&
		      strstr(text, "\xef\xbf\xbf") == NULL,
		      "%s: U+FFFE or U+FFFF", key);
}

static void dump_body(struct dump *d, const char *key,
		      enum mime_body_type type, uoff_t max)
{
	struct mime_body_request request = {
		.type = type,
		.truncation_size = max,
		.preview = 100
	};
	struct mime_body body;
	const char *error, *text;

	ck_assert_msg(mime_message_get_body(d->msg, &request, &body,
					    &error) == 0, "%s", error);
	ck_assert((body.data != NULL) != (body.input != NULL));
	if (body.data != NULL) {
		text = str_c((string_t *)body.data);
	} else {
		text = read_all(d->pool, body.input);
		/* streams can be read again */
		i_stream_seek(body.input, 0);
		if (type != MIME_BODY_MIME)
			ck_assert_str_eq(text, read_all(d->pool, body.input));
		i_stream_unref(&body.input);
	}
	if (max != MIME_SIZE_UNLIMITED)
		ck_assert_uint_le(strlen(text), max);
	if (type != MIME_BODY_MIME)
		assert_clean(key, text);
	if (body.truncated)
		ck_assert_uint_gt(body.estimated_size, strlen(text));
	put(d, key, text);
	put(d, t_strconcat(key, ".truncated", NULL),
	    body.truncated ? "yes" : "no");
	put_num(d, t_strconcat(key, ".size", NULL), body.estimated_size);
	assert_clean("preview", body.preview);
	ck_assert_uint_le(uni_utf8_strlen(body.preview), 100);
	put(d, "preview", body.preview);
}

static void dump_facts(struct dump *d)
{
	const struct mime_facts *f;
	const char *error;

	ck_assert_msg(mime_message_get_facts(d->msg, &f, &error) == 0,
		      "%s", error);
	put(d, "subject", f->subject);
	put(d, "topic", f->thread_topic);
	put(d, "from", f->from);
	put(d, "sender", f->sender);
	put(d, "reply-to", f->reply_to);
	put(d, "to", f->to);
	put(d, "cc", f->cc);
	put(d, "bcc", f->bcc);
	put(d, "display-to", f->display_to);
	put(d, "date", t_strdup_printf("%jd", (intmax_t)f->date));
	put(d, "zone", t_strdup_printf("%d", f->timezone_offset));
	put_num(d, "importance", f->importance);
	put(d, "message-id", f->message_id);
	put(d, "receipt-to", f->disposition_notification_to);
}

static void dump_conversation(struct dump *d)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	buffer_t *index = t_buffer_create(64), *eas = t_buffer_create(64);
	const char *error;

	ck_assert(mime_conversation_id(d->msg, id, &error) == 0);
	ck_assert(mime_conversation_index(d->msg, id, index, &error) == 0);
	mime_conversation_index_eas(eas, index);
	put(d, "conversation-id", binary_to_hex(id, sizeof(id)));
	put(d, "conversation-index", binary_to_hex(index->data, index->used));
	put(d, "conversation-index-eas", binary_to_hex(eas->data, eas->used));
}

static void dump_attachment(struct dump *d, const struct mime_attachment *att,
			    unsigned int nr)
{
	const char *key = t_strdup_printf("att%u.", nr), *error, *data;
	struct mime_part_stream stream;

	assert_clean("name", att->display_name);
	ck_assert_str_ne(att->display_name, "");
	put(d, t_strconcat(key, "id", NULL), att->part_id);
	put(d, t_strconcat(key, "name", NULL), att->display_name);
	put(d, t_strconcat(key, "type", NULL), att->content_type);
	put(d, t_strconcat(key, "cid", NULL), att->content_id);
	put(d, t_strconcat(key, "location", NULL), att->content_location);
	put(d, t_strconcat(key, "inline", NULL), att->is_inline ? "yes" : "no");
	put_num(d, t_strconcat(key, "method", NULL), att->method);
	put_num(d, t_strconcat(key, "size", NULL), att->estimated_size);
	ck_assert(mime_message_open_part(d->msg, att->part_id, &stream,
					 &error) == 1);
	data = read_all(d->pool, stream.input);
	put_num(d, t_strconcat(key, "bytes", NULL), stream.input->v_offset);
	put(d, t_strconcat(key, "hex", NULL),
	    binary_to_hex((const void *)data,
			  I_MIN(stream.input->v_offset, 8)));
	if (stream.size_exact)
		ck_assert_uint_eq(stream.size, stream.input->v_offset);
	i_stream_unref(&stream.input);
	put(d, t_strconcat(key, "data", NULL), data);
}

static void dump_calendar(struct dump *d)
{
	const char *text = NULL, *error;
	int ret = mime_message_get_calendar(d->msg, d->pool, 65536, &text,
					    &error);

	ck_assert_int_ge(ret, 0);
	put(d, "calendar-text", text);
	if (ret > 0 && *text != '\0') {
		ck_assert_int_eq(mime_message_get_calendar(d->msg, d->pool,
			strlen(text) - 1, &text, &error), 0);
	}
}

static void dump_structure(struct dump *d)
{
	const struct mime_structure *s;
	const char *error;
	unsigned int i;

	ck_assert_msg(mime_message_get_structure(d->msg, &s, &error) == 0,
		      "%s", error);
	put(d, "class", s->message_class);
	put(d, "content-class", s->content_class);
	put_num(d, "native", s->native_type);
	put_num(d, "cpid", s->internet_cpid);
	put_num(d, "secure", s->secure);
	put(d, "calendar", s->calendar_part_id);
	put(d, "method", s->calendar_method);
	dump_calendar(d);
	put_num(d, "attachments", s->attachments_count);
	for (i = 0; i < s->attachments_count; i++)
		dump_attachment(d, &s->attachments[i], i + 1);
}

static void dump_message(struct dump *d)
{
	dump_facts(d);
	dump_conversation(d);
	dump_structure(d);
	dump_body(d, "plain", MIME_BODY_PLAIN, MIME_SIZE_UNLIMITED);
	dump_body(d, "html", MIME_BODY_HTML, MIME_SIZE_UNLIMITED);
	dump_body(d, "plain30", MIME_BODY_PLAIN, 30);
	dump_body(d, "plain0", MIME_BODY_PLAIN, 0);
	dump_body(d, "html500", MIME_BODY_HTML, 500);
	dump_body(d, "html60", MIME_BODY_HTML, 60);
	dump_body(d, "mime", MIME_BODY_MIME, MIME_SIZE_UNLIMITED);
	dump_body(d, "mime100", MIME_BODY_MIME, 100);
}

/* --- the ways to offer a message --- */

struct offer {
	pool_t pool;
	const char *path, *data;
	size_t size;
	ARRAY_TYPE(const_string) headers; /* name, value, .. */
	ARRAY_TYPE(const_string) values;
	unsigned int opened;
};

static int offer_open(void *context, struct istream **input_r,
		      const char **error_r ATTR_UNUSED)
{
	struct offer *offer = context;

	offer->opened++;
	*input_r = i_stream_create_from_data(offer->data, offer->size);
	return 0;
}

static int
offer_get_headers(void *context, const char *name,
		  const char *const **values_r,
		  const char **error_r ATTR_UNUSED)
{
	struct offer *offer = context;
	const char *const *headers;
	unsigned int i, count;

	array_clear(&offer->values);
	headers = array_get(&offer->headers, &count);
	for (i = 0; i < count; i += 2) {
		if (strcasecmp(headers[i], name) == 0)
			array_push_back(&offer->values, &headers[i + 1]);
	}
	count = array_count(&offer->values);
	array_append_zero(&offer->values);
	*values_r = array_front(&offer->values);
	return count > 0 ? 1 : 0;
}

static void offer_read_headers(struct offer *offer)
{
	struct istream *input =
		i_stream_create_from_data(offer->data, offer->size);
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	const char *str;

	p_array_init(&offer->headers, offer->pool, 32);
	p_array_init(&offer->values, offer->pool, 32);
	parser = message_parse_header_init(input, NULL, 0);
	while (message_parse_header_next(parser, &hdr) > 0) {
		if (hdr->eoh)
			break;
		if (hdr->continues) {
			hdr->use_full_value = TRUE;
			continue;
		}
		str = p_strdup(offer->pool, hdr->name);
		array_push_back(&offer->headers, &str);
		str = message_header_strdup(offer->pool, hdr->full_value,
					    hdr->full_value_len);
		array_push_back(&offer->headers, &str);
	}
	message_parse_header_deinit(&parser);
	i_stream_unref(&input);
}

/* mime.parts as Dovecot caches it: no part->data */
static struct message_part *
offer_bare_parts(struct offer *offer, struct message_part *parts)
{
	buffer_t *buf = buffer_create_dynamic(offer->pool, 256);
	struct message_part *bare;
	const char *error;

	message_part_serialize(parts, buf);
	bare = message_part_deserialize(offer->pool, buf->data, buf->used,
					&error);
	ck_assert_msg(bare != NULL, "%s", error);
	return bare;
}

static struct message_part *
offer_bodystructure_parts(struct offer *offer, struct message_part *parts)
{
	struct message_part *bare = offer_bare_parts(offer, parts);
	string_t *str = str_new(offer->pool, 256);
	const char *error;

	if (imap_bodystructure_write(parts, str, TRUE, &error) < 0)
		return NULL;
	if (imap_bodystructure_parse_full(str_c(str), offer->pool, &bare,
					  &error) < 0)
		return NULL;
	return bare;
}

enum way { WAY_STREAM, WAY_HEADERS, WAY_BODYSTRUCTURE, WAY_LF, WAY_SLOW };
static const char *const way_names[] = {
	"stream", "headers and bare parts", "BODYSTRUCTURE", "LF", "slow"
};

static const char *without_cr(pool_t pool, const char *data, size_t *size)
{
	char *dest = p_malloc(pool, *size + 1);
	size_t i, n = 0;

	for (i = 0; i < *size; i++) {
		if (data[i] != '\r' || i + 1 == *size || data[i + 1] != '\n')
			dest[n++] = data[i];
	}
	*size = n;
	return dest;
}

static struct mime_message *
offer_message(struct offer *offer, enum way way, struct mime_converter *conv)
{
	struct mime_source source = {
		.open = offer_open,
		.context = offer,
		.conv = conv
	};
	struct message_part *parts;
	struct mime_message *msg;
	struct istream *input;
	const char *error;

	if (way == WAY_LF)
		offer->data = without_cr(offer->pool, offer->data,
					 &offer->size);
	input = i_stream_create_from_data(offer->data, offer->size);
	if (way == WAY_SLOW) {
		/* a file in small reads: every state is cut somewhere */
		i_stream_unref(&input);
		input = i_stream_create_file(offer->path, 200);
	}
	if (way == WAY_STREAM || way == WAY_SLOW || way == WAY_LF) {
		msg = mime_message_open_stream(offer->pool, input, conv);
		i_stream_unref(&input);
		return msg;
	}
	ck_assert(mime_parse_parts(offer->pool, input, &parts, &error) == 0);
	i_stream_unref(&input);
	offer_read_headers(offer);
	source.get_headers = offer_get_headers;
	source.parts = way == WAY_HEADERS ? offer_bare_parts(offer, parts) :
		offer_bodystructure_parts(offer, parts);
	if (source.parts == NULL)
		source.parts = parts;
	return mime_message_open(offer->pool, &source);
}

/* --- expectations --- */


static const char *expect_unescape(const char *p)
{
	string_t *dest = t_str_new(256);

	for (; *p != '\0'; p++) {
		if (*p != '\\') {
			str_append_c(dest, *p);
			continue;
		}
		switch (*++p) {
		case 'r': str_append_c(dest, '\r'); break;
		case 'n': str_append_c(dest, '\n'); break;
		case 't': str_append_c(dest, '\t'); break;
		default: str_append_c(dest, *p); break;
		}
	}
	return str_c(dest);
}

static const char *visible(const char *str)
{
	string_t *dest = t_str_new(256);

	for (; *str != '\0'; str++) {
		if (*str == '\r')
			str_append(dest, "\\r");
		else if (*str == '\n')
			str_append(dest, "\\n");
		else if (*str == '\t')
			str_append(dest, "\\t");
		else if (*str == '\\')
			str_append(dest, "\\\\");
		else
			str_append_c(dest, *str);
	}
	return str_c(dest);
}

/* "key = value", "key ~ contained", "key ! not contained"; \r \n \t \\ */
static bool check_line(const struct dump *d, const char *name,
		       enum way way, const char *line)
{
	const char *p = strchr(line, ' '), *key, *want, *got;
	bool ok;

	ck_assert_msg(p != NULL && p[1] != '\0' && p[2] == ' ',
		      "%s: bad line: %s", name, line);
	key = t_strdup_until(line, p);
	want = expect_unescape(p + 3);
	got = get(d, key);
	ck_assert_msg(got != NULL, "%s: no value: %s", name, key);
	ok = p[1] == '=' ? strcmp(got, want) == 0 :
		(strstr(got, want) != NULL) == (p[1] == '~');
	if (!ok) {
		fprintf(stderr, "%s (%s): %.300s\n  is \"%.300s\"\n", name,
			way_names[way], line, visible(got));
	}
	return ok;
}

static char *read_file(pool_t pool, const char *path, size_t *size_r)
{
	struct istream *input = i_stream_create_file(path, IO_BLOCK_SIZE);
	buffer_t *buf = buffer_create_dynamic(pool, 4096);
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		buffer_append(buf, data, size);
		i_stream_skip(input, size);
	}
	ck_assert_msg(input->stream_errno == 0, "%s: %s", path,
		      i_stream_get_error(input));
	i_stream_unref(&input);
	*size_r = buf->used;
	return str_free_without_data(&buf);
}

static const char *golden_dir(void)
{
	const char *srcdir = getenv("srcdir");

	return t_strconcat(srcdir == NULL ? "." : srcdir, "/golden/mime/",
			   NULL);
}

/* Returns how many expectations fail */
static unsigned int
check_message(const char *name, enum way way, struct mime_converter *conv)
{
	unsigned int failed = 0;
	pool_t pool = pool_alloconly_create("golden", 64 * 1024);
	struct offer offer = { .pool = pool };
	struct dump d = { .pool = pool };
	const char *const *lines;
	const char *expected;
	size_t size;

	p_array_init(&d.pairs, pool, 64);
	offer.path = t_strconcat(golden_dir(), name, ".eml", NULL);
	offer.data = read_file(pool, offer.path, &offer.size);
	/* the largest in small reads are half of all the time there */
	if (way == WAY_SLOW && offer.size > test_size_max(100 * 1024)) {
		pool_unref(&pool);
		return 0;
	}
	expected = read_file(pool, t_strconcat(golden_dir(), name, ".exp",
					       NULL), &size);
	d.msg = offer_message(&offer, way, conv);
	dump_message(&d);
	if (getenv("MIME_DUMP") != NULL && way == WAY_STREAM) {
		const struct pair *pair;

		array_foreach(&d.pairs, pair)
			printf("%s = %s\n", pair->key, visible(pair->value));
	}
	for (lines = t_strsplit(expected, "\n"); *lines != NULL; lines++) {
		if (**lines != '\0' && !check_line(&d, name, way, *lines))
			failed++;
	}
	mime_message_close(&d.msg);
	pool_unref(&pool);
	return failed;
}

static int name_cmp(const char *const *a, const char *const *b)
{
	return strcmp(*a, *b);
}

static void golden_names(ARRAY_TYPE(const_string) *names)
{
	DIR *dir = opendir(golden_dir());
	struct dirent *entry;
	const char *name, *dot;

	ck_assert_msg(dir != NULL, "%s: %m", golden_dir());
	while ((entry = readdir(dir)) != NULL) {
		dot = strrchr(entry->d_name, '.');
		if (dot == NULL || strcmp(dot, ".eml") != 0)
			continue;
		name = t_strdup_until(entry->d_name, dot);
		array_push_back(names, &name);
	}
	closedir(dir);
	array_sort(names, name_cmp);
}

static void check_all(enum way way)
{
	struct mime_converter *conv = mime_converter_init();
	const char *only = getenv("MIME_ONLY"), *name;
	ARRAY_TYPE(const_string) names;
	unsigned int failed = 0;

	t_array_init(&names, 256);
	golden_names(&names);
	ck_assert_uint_ge(array_count(&names), 60);
	array_foreach_elem(&names, name) {
		if (only == NULL || strcmp(only, name) == 0) T_BEGIN {
			failed += check_message(name, way, conv);
		} T_END;
	}
	mime_converter_deinit(&conv);
	ck_assert_uint_eq(failed, 0);
}

START_TEST(test_golden)
{
	check_all(_i);
}
END_TEST

/* --- preferences --- */

#define HEAD "Subject: s\r\nMIME-Version: 1.0\r\n"
static const char msg_html[] = HEAD
	"Content-Type: text/html\r\n\r\n<p>0123456789</p>\r\n";
static const char msg_plain[] = HEAD
	"Content-Type: text/plain\r\n\r\n0123456789\r\n";
static const char msg_signed[] = HEAD "Content-Type: multipart/signed; "
	"boundary=b; protocol=\"application/pkcs7-signature\"\r\n\r\n"
	"--b\r\n\r\nsigned\r\n--b\r\n"
	"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n";

#define ALL MIME_SIZE_UNLIMITED
static const struct {
	const char *data;
	struct mime_body_preference prefs[3];
	unsigned int count;
	enum mime_support support;
	enum mime_body_type type;
	bool truncated;
	const char *text;       /* NULL: a stream */
} preferences[] = {
	/* MS-ASAIRS 2.2.2.3.2: the native type if it is asked for */
	{ msg_html, { { MIME_BODY_PLAIN, ALL, FALSE, 0 },
		      { MIME_BODY_HTML, ALL, FALSE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_HTML, FALSE,
	  "<p>0123456789</p>\r\n" },
	{ msg_plain, { { MIME_BODY_HTML, ALL, FALSE, 0 },
		       { MIME_BODY_PLAIN, ALL, FALSE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, FALSE, "0123456789\r\n" },
	{ msg_html, { { MIME_BODY_PLAIN, ALL, FALSE, 0 } }, 1,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, FALSE, "0123456789\r\n" },
	/* no preference at all */
	{ msg_html, { { 0, 0, FALSE, 0 } }, 0,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, FALSE, "0123456789\r\n" },
	/* RTF: no such bodies, the native one stands in */
	{ msg_plain, { { MIME_BODY_RTF, ALL, FALSE, 0 } }, 1,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, FALSE, "0123456789\r\n" },
	/* does not fit and is all or none: the next one */
	{ msg_html, { { MIME_BODY_HTML, 15, TRUE, 0 },
		      { MIME_BODY_PLAIN, 5, FALSE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, TRUE, "01234" },
	{ msg_html, { { MIME_BODY_HTML, 19, TRUE, 0 },
		      { MIME_BODY_PLAIN, 5, FALSE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_HTML, FALSE,
	  "<p>0123456789</p>\r\n" },
	{ msg_html, { { MIME_BODY_HTML, 15, TRUE, 0 },
		      { MIME_BODY_PLAIN, 5, TRUE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_PLAIN, TRUE, "" },
	/* MIMESupport */
	{ msg_html, { { MIME_BODY_HTML, ALL, FALSE, 0 },
		      { MIME_BODY_MIME, ALL, FALSE, 0 } }, 2,
	  MIME_SUPPORT_NEVER, MIME_BODY_HTML, FALSE,
	  "<p>0123456789</p>\r\n" },
	{ msg_html, { { MIME_BODY_HTML, ALL, FALSE, 0 },
		      { MIME_BODY_MIME, ALL, FALSE, 0 } }, 2,
	  MIME_SUPPORT_SMIME_ONLY, MIME_BODY_HTML, FALSE,
	  "<p>0123456789</p>\r\n" },
	{ msg_signed, { { MIME_BODY_HTML, ALL, FALSE, 0 },
			{ MIME_BODY_MIME, ALL, FALSE, 0 } }, 2,
	  MIME_SUPPORT_SMIME_ONLY, MIME_BODY_MIME, FALSE, NULL },
	{ msg_signed, { { MIME_BODY_PLAIN, ALL, FALSE, 0 } }, 1,
	  MIME_SUPPORT_SMIME_ONLY, MIME_BODY_PLAIN, FALSE, "signed" },
	{ msg_html, { { MIME_BODY_HTML, ALL, FALSE, 0 },
		      { MIME_BODY_MIME, 10, FALSE, 0 } }, 2,
	  MIME_SUPPORT_ALWAYS, MIME_BODY_MIME, TRUE, NULL },
	{ msg_html, { { MIME_BODY_MIME, ALL, FALSE, 0 } }, 1,
	  MIME_SUPPORT_NEVER, MIME_BODY_MIME, FALSE, NULL }
};

START_TEST(test_preferences)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct istream *input = i_stream_create_from_data(
		preferences[_i].data, strlen(preferences[_i].data));
	struct mime_message *msg = mime_message_open_stream(pool, input, NULL);
	struct mime_body body;
	const char *error;

	ck_assert(mime_message_get_preferred_body(msg, preferences[_i].prefs,
		preferences[_i].count, preferences[_i].support, &body,
		&error) == 0);
	ck_assert_int_eq(body.type, preferences[_i].type);
	ck_assert_int_eq(body.truncated, preferences[_i].truncated);
	ck_assert((body.data == NULL) == (preferences[_i].text == NULL));
	if (body.data != NULL)
		ck_assert_str_eq(str_c((string_t *)body.data),
				 preferences[_i].text);
	i_stream_unref(&body.input);
	mime_message_close(&msg);
	i_stream_unref(&input);
	pool_unref(&pool);
}
END_TEST

START_TEST(test_bands)
{
	/* MS-ASCMD 2.2.3.110.1 */
	ck_assert_uint_eq(mime_mimetruncation(0), 0);
	ck_assert_uint_eq(mime_mimetruncation(1), 4096);
	ck_assert_uint_eq(mime_mimetruncation(7), 102400);
	ck_assert(mime_mimetruncation(8) == MIME_SIZE_UNLIMITED);
	ck_assert_uint_eq(mime_mimetruncation(9), 0);
	ck_assert_uint_eq(mime_truncation_2_5(1), 512);
	ck_assert(mime_truncation_2_5(9) == MIME_SIZE_UNLIMITED);
}
END_TEST

/* --- what is read --- */

/* With cached headers and BODYSTRUCTURE nothing is opened before a body is
   wanted, and a cut body reads its own beginning only. */
START_TEST(test_lazy)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct offer offer = { .pool = pool };
	const struct mime_structure *s;
	const struct mime_facts *f;
	struct mime_body_request request = {
		.type = MIME_BODY_HTML, .truncation_size = 500
	};
	struct mime_body body;
	struct mime_message *msg;
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	const char *error;

	offer.path = t_strconcat(golden_dir(), "alternative-in-mixed.eml", NULL);
	offer.data = read_file(pool, offer.path, &offer.size);
	msg = offer_message(&offer, WAY_BODYSTRUCTURE, NULL);
	ck_assert(mime_message_get_facts(msg, &f, &error) == 0);
	ck_assert(mime_conversation_id(msg, id, &error) == 0);
	ck_assert(mime_message_get_structure(msg, &s, &error) == 0);
	ck_assert_uint_eq(s->attachments_count, 1);
	ck_assert_uint_eq(offer.opened, 0);
	ck_assert(mime_message_get_body(msg, &request, &body, &error) == 0);
	ck_assert_uint_eq(offer.opened, 1);
	mime_message_close(&msg);
	pool_unref(&pool);
}
END_TEST

static int broken_open(void *context, struct istream **input_r,
		       const char **error_r)
{
	bool *fail_open = context;

	if (*fail_open) {
		*error_r = "no such message";
		return -1;
	}
	*input_r = i_stream_create_error_str(EIO, "disk broken");
	return 0;
}

/* A message that cannot be read gives an error, never half an answer */
START_TEST(test_unreadable)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	bool fail_open = _i == 0;
	struct mime_source source = {
		.open = broken_open, .context = &fail_open
	};
	struct mime_message *msg = mime_message_open(pool, &source);
	const struct mime_structure *s;
	const struct mime_facts *f;
	const char *error = NULL;
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	struct istream *input;

	ck_assert_int_eq(mime_message_get_facts(msg, &f, &error), -1);
	ck_assert(strstr(error, fail_open ? "no such message" :
			 "disk broken") != NULL);
	ck_assert_int_eq(mime_message_get_structure(msg, &s, &error), -1);
	ck_assert_int_eq(mime_conversation_id(msg, id, &error), -1);
	ck_assert_int_eq(mime_message_open_raw(msg, &input, &error),
			 fail_open ? -1 : 0);
	if (!fail_open)
		i_stream_unref(&input);
	mime_message_close(&msg);
	pool_unref(&pool);
}
END_TEST

START_TEST(test_part_ids)
{
	static const char *const bad[] = {
		"", "0", "3", "1.9", "1.1.1", "x", "1.", ".1", "-1", "2.1",
		"4294967297", "1 ", "1.1.", NULL
	};
	pool_t pool = pool_alloconly_create("test", 4096);
	struct offer offer = { .pool = pool };
	struct mime_part_stream part;
	struct mime_message *msg;
	const char *error;
	unsigned int i;

	offer.path = t_strconcat(golden_dir(), "alternative-in-mixed.eml", NULL);
	offer.data = read_file(pool, offer.path, &offer.size);
	msg = offer_message(&offer, WAY_STREAM, NULL);
	for (i = 0; bad[i] != NULL; i++) {
		ck_assert_msg(mime_message_open_part(msg, bad[i], &part,
						     &error) == 0,
			      "%s", bad[i]);
	}
	ck_assert(mime_message_open_part(msg, "1.2", &part, &error) == 1);
	ck_assert_str_eq(part.content_type, "text/html");
	i_stream_unref(&part.input);
	mime_message_close(&msg);
	pool_unref(&pool);
}
END_TEST

START_TEST(test_categories)
{
	static const struct {
		const char *category, *keyword;
	} tests[] = {
		{ "Work", "Work" },
		{ "Red Category", "Red_20Category" },
		{ "a_b", "a_5fb" },
		{ "Gr\xc3\xbcn", "Gr_c3_bcn" },
		{ "$label", "_24label" },
		{ "Junk", "_4aunk" },
		{ "{x}(y)\\*%", "_7bx_7d_28y_29_5c_2a_25" },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) {
		ck_assert_str_eq(mime_category_to_keyword(tests[i].category),
				 tests[i].keyword);
		ck_assert_str_eq(mime_keyword_to_category(tests[i].keyword),
				 tests[i].category);
	}
	ck_assert_ptr_null(mime_keyword_to_category("$Forwarded"));
	ck_assert_ptr_null(mime_keyword_to_category("NonJunk"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mime");
	TCase *tc = tcase_create("golden");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_golden, WAY_STREAM, WAY_SLOW + 1);
	tcase_add_loop_test(tc, test_preferences, 0, N_ELEMENTS(preferences));
	tcase_add_test(tc, test_categories);
	tcase_add_test(tc, test_bands);
	tcase_add_test(tc, test_lazy);
	tcase_add_loop_test(tc, test_unreadable, 0, 2);
	tcase_add_test(tc, test_part_ids);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
