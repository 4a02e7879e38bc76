/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The headers that src/convert asks for (mime_wanted_headers) are taken from
   Dovecot's cache in one pass over a message's record and split once: asked for
   one by one, each is a pass of its own. Others are asked for by name. */

#include "lib.h"
#include "istream.h"
#include "message-header-parser.h"
#include "dovetail-mime.h"
#include "store-fetch.h"
#include "store-private.h"

#include <ctype.h>

/* Cached headers of a sane message are some hundred bytes. */
#define STORE_HEADERS_MAX_BYTES (1024 * 1024)

static bool store_header_find(const char *name, size_t len, unsigned int *idx_r)
{
	unsigned int i;
	char first = i_toupper(*name);

	for (i = 0; mime_wanted_headers[i] != NULL; i++) {
		if (mime_wanted_headers[i][0] == first &&
		    strncasecmp(mime_wanted_headers[i], name, len) == 0 &&
		    mime_wanted_headers[i][len] == '\0') {
			*idx_r = i;
			return TRUE;
		}
	}
	return FALSE;
}

void store_headers_init(struct store_fetch *fetch)
{
	fetch->headers = mailbox_header_lookup_init(fetch->folder->box,
						    mime_wanted_headers);
	i_array_init(&fetch->header_lines, 32);
}

void store_headers_deinit(struct store_fetch *fetch)
{
	if (fetch->headers == NULL)
		return;
	mailbox_header_lookup_unref(&fetch->headers);
	array_free(&fetch->header_lines);
}

/* RFC 5322 2.2.3: a line break before white space goes. NULs as Dovecot's
   parser has them: 0x80. */
static const char *
store_header_unfold(pool_t pool, const char *value, size_t size)
{
	char *dest, *p;

	dest = p = p_malloc(pool, size + 1);
	for (size_t i = 0; i < size; i++) {
		if (value[i] == '\0')
			*p++ = '\x80';
		else if (value[i] != '\r' && value[i] != '\n')
			*p++ = value[i];
	}
	return dest;
}

/* The end of the line that begins here, its continuation lines included */
static const char *store_header_end(const char *p, const char *end)
{
	const char *lf;

	while ((lf = memchr(p, '\n', end - p)) != NULL) {
		if (lf + 1 == end || !IS_LWSP(lf[1]))
			return lf;
		p = lf + 1;
	}
	return end;
}

static void
store_headers_split(struct store_msg *msg, const char *text, size_t size)
{
	const char *line_end, *name_end, *value, *end = text + size;
	struct store_header_line *line;
	unsigned int idx;

	for (; text < end; text = line_end + 1) {
		line_end = store_header_end(text, end);
		name_end = value = memchr(text, ':', line_end - text);
		if (name_end == NULL)
			continue;
		while (name_end > text && IS_LWSP(name_end[-1]))
			name_end--;
		if (!store_header_find(text, name_end - text, &idx))
			continue;
		value++;
		while (value < line_end && IS_LWSP(*value))
			value++;
		line = array_append_space(&msg->fetch->header_lines);
		line->idx = idx;
		line->value = store_header_unfold(msg->pool, value,
						  line_end - value);
	}
}

int store_headers_read(struct store_msg *msg)
{
	struct store_fetch *fetch = msg->fetch;
	const unsigned char *data;
	struct istream *input;
	size_t size;

	if (msg->headers_read || fetch->headers == NULL)
		return 0;
	if (mail_get_header_stream(msg->mail, fetch->headers, &input) < 0)
		return store_msg_fail(msg, "reading its header");
	i_stream_set_max_buffer_size(input, STORE_HEADERS_MAX_BYTES);
	while (i_stream_read(input) > 0) ;
	if (input->stream_errno != 0)
		return store_msg_fail(msg, "reading its header");
	data = i_stream_get_data(input, &size);
	array_clear(&fetch->header_lines);
	store_headers_split(msg, (const char *)data, size);
	i_stream_skip(input, size);
	msg->headers_read = TRUE;
	return 0;
}

/* Of the usual ones: from the lines */
static const char *const *
store_headers_get(struct store_msg *msg, unsigned int idx)
{
	const struct store_header_line *line;
	const char **values;
	unsigned int count = 0;

	array_foreach(&msg->fetch->header_lines, line)
		count += line->idx == idx ? 1 : 0;
	values = p_new(msg->pool, const char *, count + 1);
	count = 0;
	array_foreach(&msg->fetch->header_lines, line) {
		if (line->idx == idx)
			values[count++] = line->value;
	}
	return values;
}

static int
store_header_lookup(struct store_msg *msg, const char *name,
		    const char *const **values_r)
{
	const char *const *values;
	const char **unfolded;
	unsigned int i, count;

	if (mail_get_headers(msg->mail, name, &values) < 0)
		return store_msg_fail(msg, "reading its header");
	count = str_array_length(values);
	unfolded = p_new(msg->pool, const char *, count + 1);
	for (i = 0; i < count; i++) {
		unfolded[i] = store_header_unfold(msg->pool, values[i],
						  strlen(values[i]));
	}
	*values_r = unfolded;
	return 0;
}

int store_msg_headers(struct store_msg *msg, const char *name,
		      const char *const **values_r)
{
	unsigned int idx;

	if (msg->fetch->headers == NULL ||
	    !store_header_find(name, strlen(name), &idx))
		return store_header_lookup(msg, name, values_r);
	if (store_headers_read(msg) < 0)
		return -1;
	*values_r = store_headers_get(msg, idx);
	return 0;
}

int store_msg_header(struct store_msg *msg, const char *name,
		     const char **value_r)
{
	const char *const *values;

	if (store_msg_headers(msg, name, &values) < 0)
		return -1;
	*value_r = values[0];
	return 0;
}
