/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The writer.  Start tags wait in the stack of open elements until something
   is written inside, because the content bit stands in the start tag. */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "ostream.h"
#include "dovetail-wbxml.h"
#include "wbxml-private.h"
#include "wbxml-utf8.h"

#define WBXML_WRITER_BUFFER (64 * 1024)
/* How much of a stream of bytes is looked at before it is written */
#define WBXML_OCTETS_GATHER (512 * 1024)
/* So much leaves from where it is, without a copy in between. */
#define WBXML_DIRECT (16 * 1024)

struct wbxml_open {
	wbxml_tag_t tag;
	bool lazy;
};

struct wbxml_writer {
	struct ostream *output;
	buffer_t *buf;
	uoff_t sent;
	char *error;

	bool have_header;
	uint8_t page;
	/* Elements 0 .. written-1 are in the output, the others wait. */
	struct wbxml_open open[WBXML_MAX_DEPTH];
	unsigned int depth, written;

	struct {
		bool set, overflow;
		bool have_header;
		uint8_t page;
		size_t pos;
		unsigned int depth, written;
	} mark;
};

struct wbxml_writer *wbxml_writer_init(struct ostream *output)
{
	struct wbxml_writer *writer = i_new(struct wbxml_writer, 1);

	writer->output = output;
	o_stream_ref(output);
	/* it grows when the answer is a large one */
	writer->buf = buffer_create_dynamic(default_pool, 8192);
	return writer;
}

void wbxml_writer_abort(struct wbxml_writer **_writer)
{
	struct wbxml_writer *writer = *_writer;

	if (writer == NULL)
		return;
	*_writer = NULL;
	o_stream_unref(&writer->output);
	buffer_free(&writer->buf);
	i_free(writer->error);
	i_free(writer);
}

static void writer_fail(struct wbxml_writer *writer, const char *error)
{
	if (writer->error == NULL)
		writer->error = i_strdup(error);
}

/* All bytes to the output.  After an error they are dropped: nobody will read
   them, and they must not fill the memory. */
static void writer_send_data(struct wbxml_writer *writer, const void *data,
			     size_t size)
{
	ssize_t ret;

	if (size > 0 && writer->error == NULL) {
		ret = o_stream_send(writer->output, data, size);
		if (ret < 0)
			writer_fail(writer,
				    o_stream_get_error(writer->output));
		else if ((size_t)ret != size)
			writer_fail(writer, "output buffer is full");
	}
	writer->sent += size;
}

static void writer_send(struct wbxml_writer *writer)
{
	writer_send_data(writer, writer->buf->data, writer->buf->used);
	buffer_set_used_size(writer->buf, 0);
}

static void writer_flush_full(struct wbxml_writer *writer)
{
	if (writer->buf->used < WBXML_WRITER_BUFFER)
		return;
	if (writer->mark.set && !writer->mark.overflow) {
		if (writer->buf->used - writer->mark.pos <= WBXML_MARK_MAX)
			return;
		writer->mark.overflow = TRUE;
	}
	writer_send(writer);
}

static void
writer_bytes(struct wbxml_writer *writer, const void *data, size_t size)
{
	if (size < WBXML_DIRECT ||
	    (writer->mark.set && !writer->mark.overflow)) {
		buffer_append(writer->buf, data, size);
		writer_flush_full(writer);
	} else {
		writer_send(writer);
		writer_send_data(writer, data, size);
	}
}

static void writer_num(struct wbxml_writer *writer, uint32_t num)
{
	unsigned int shift = 28;

	while (shift > 0 && num >> shift == 0)
		shift -= 7;
	for (; shift > 0; shift -= 7)
		buffer_append_c(writer->buf, 0x80 | ((num >> shift) & 0x7f));
	buffer_append_c(writer->buf, num & 0x7f);
}

static void
writer_tag(struct wbxml_writer *writer, wbxml_tag_t tag, bool content)
{
	static const unsigned char header[] = {
		0x03, WBXML_PUBLIC_ID_UNKNOWN, WBXML_CHARSET_UTF8, 0x00
	};

	i_assert(WBXML_TAG_TOKEN(tag) >= WBXML_FIRST_TAG_TOKEN);

	if (!writer->have_header) {
		buffer_append(writer->buf, header, sizeof(header));
		writer->have_header = TRUE;
	}
	if (writer->page != WBXML_TAG_PAGE(tag)) {
		writer->page = WBXML_TAG_PAGE(tag);
		buffer_append_c(writer->buf, WBXML_SWITCH_PAGE);
		buffer_append_c(writer->buf, writer->page);
	}
	buffer_append_c(writer->buf, WBXML_TAG_TOKEN(tag) |
			(content ? WBXML_HAS_CONTENT : 0));
}

/* Writes the waiting start tags: something comes inside them. */
static void writer_open(struct wbxml_writer *writer)
{
	for (; writer->written < writer->depth; writer->written++)
		writer_tag(writer, writer->open[writer->written].tag, TRUE);
}

static void
writer_push(struct wbxml_writer *writer, wbxml_tag_t tag, bool lazy)
{
	i_assert(writer->depth < WBXML_MAX_DEPTH);
	writer->open[writer->depth].tag = tag;
	writer->open[writer->depth].lazy = lazy;
	writer->depth++;
}

void wbxml_start(struct wbxml_writer *writer, wbxml_tag_t tag)
{
	writer_push(writer, tag, FALSE);
}

void wbxml_start_lazy(struct wbxml_writer *writer, wbxml_tag_t tag)
{
	writer_push(writer, tag, TRUE);
}

static void writer_pop(struct wbxml_writer *writer)
{
	const struct wbxml_open *open;

	i_assert(writer->depth > 0);
	i_assert(!writer->mark.set || writer->depth > writer->mark.depth);

	open = &writer->open[--writer->depth];
	if (writer->written > writer->depth) {
		buffer_append_c(writer->buf, WBXML_END);
		writer->written = writer->depth;
	} else if (!open->lazy) {
		writer_open(writer);
		writer_tag(writer, open->tag, FALSE);
	}
	writer_flush_full(writer);
}

void wbxml_end(struct wbxml_writer *writer, wbxml_tag_t tag)
{
	i_assert(writer->depth > 0 &&
		 writer->open[writer->depth - 1].tag == tag);
	writer_pop(writer);
}

int wbxml_writer_finish(struct wbxml_writer **_writer, const char **error_r)
{
	struct wbxml_writer *writer = *_writer;
	int ret = 0;

	i_assert(writer->depth == 0);
	i_assert(!writer->mark.set);

	writer_send(writer);
	if (writer->error != NULL) {
		*error_r = t_strdup(writer->error);
		ret = -1;
	}
	wbxml_writer_abort(_writer);
	return ret;
}

bool wbxml_writer_failed(const struct wbxml_writer *writer)
{
	return writer->error != NULL || writer->output->closed ||
		writer->output->stream_errno != 0;
}

uoff_t wbxml_writer_size(const struct wbxml_writer *writer)
{
	return writer->sent + writer->buf->used;
}

void wbxml_empty(struct wbxml_writer *writer, wbxml_tag_t tag)
{
	wbxml_start(writer, tag);
	wbxml_end(writer, tag);
}

void wbxml_text_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		    const char *text)
{
	wbxml_start(writer, tag);
	wbxml_text(writer, text);
	wbxml_end(writer, tag);
}

void wbxml_text_tag_opt(struct wbxml_writer *writer, wbxml_tag_t tag,
			const char *text)
{
	if (text != NULL && *text != '\0')
		wbxml_text_tag(writer, tag, text);
}

void wbxml_uint_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		    uint64_t value)
{
	char text[MAX_INT_STRLEN];

	wbxml_text_tag(writer, tag, dec2str_buf(text, value));
}

void wbxml_bool_tag(struct wbxml_writer *writer, wbxml_tag_t tag, bool value)
{
	wbxml_text_tag(writer, tag, value ? "1" : "0");
}

void wbxml_opaque_tag(struct wbxml_writer *writer, wbxml_tag_t tag,
		      const void *data, size_t size)
{
	wbxml_start(writer, tag);
	wbxml_opaque(writer, data, size);
	wbxml_end(writer, tag);
}

void wbxml_text(struct wbxml_writer *writer, const char *text)
{
	wbxml_text_data(writer, text, strlen(text));
}

/* What writer_string_start() changed */
struct wbxml_undo {
	bool have_header;
	uint8_t page;
	unsigned int written;
	size_t used, string;
};

static void
writer_string_start(struct wbxml_writer *writer, struct wbxml_undo *undo_r)
{
	i_assert(writer->depth > 0);
	undo_r->have_header = writer->have_header;
	undo_r->page = writer->page;
	undo_r->written = writer->written;
	undo_r->used = writer->buf->used;
	writer_open(writer);
	buffer_append_c(writer->buf, WBXML_STR_I);
	undo_r->string = writer->buf->used;
}

/* A string of which nothing remained after cleaning was never there: <Tag/> */
static void
writer_string_undo(struct wbxml_writer *writer, const struct wbxml_undo *undo)
{
	buffer_set_used_size(writer->buf, undo->used);
	writer->have_header = undo->have_header;
	writer->page = undo->page;
	writer->written = undo->written;
}

void wbxml_text_data(struct wbxml_writer *writer, const void *data,
		     size_t size)
{
	struct wbxml_undo undo;

	writer_string_start(writer, &undo);
	(void)wbxml_utf8_clean(writer->buf, data, size);
	if (writer->buf->used == undo.string) {
		writer_string_undo(writer, &undo);
		return;
	}
	buffer_append_c(writer->buf, '\0');
	writer_flush_full(writer);
}

int wbxml_text_stream(struct wbxml_writer *writer, struct istream *input)
{
	const unsigned char *data;
	struct wbxml_undo undo;
	size_t size, used, rest = 0;
	bool any = FALSE;
	int ret;

	writer_string_start(writer, &undo);
	/* What wbxml_utf8_clean() could not use yet stays in the stream, and
	   one byte more is asked for. */
	while ((ret = i_stream_read_bytes(input, &data, &size,
					  rest + 1)) > 0) {
		used = size < WBXML_DIRECT ? 0 :
			wbxml_utf8_clean_run(data, size);
		if (used >= WBXML_DIRECT) {
			any = TRUE;
			writer_bytes(writer, data, used);
		} else {
			used = wbxml_utf8_clean(writer->buf, data, size);
		}
		i_stream_skip(input, used);
		rest = size - used;
		if (any || writer->buf->used > undo.string) {
			any = TRUE;
			writer_flush_full(writer);
		}
	}
	if (any)
		buffer_append_c(writer->buf, '\0');
	else
		writer_string_undo(writer, &undo);
	return ret < 0 && input->stream_errno == 0 ? 0 : -1;
}

static void writer_opaque_start(struct wbxml_writer *writer, uint32_t size)
{
	i_assert(writer->depth > 0);
	writer_open(writer);
	buffer_append_c(writer->buf, WBXML_OPAQUE);
	writer_num(writer, size);
}

void wbxml_opaque(struct wbxml_writer *writer, const void *data, size_t size)
{
	i_assert(size <= UINT32_MAX);
	writer_opaque_start(writer, size);
	writer_bytes(writer, data, size);
}

static void writer_fill(struct wbxml_writer *writer, uoff_t size)
{
	size_t part;

	while (size > 0) {
		part = I_MIN(size, WBXML_WRITER_BUFFER);
		memset(buffer_append_space_unsafe(writer->buf, part), ' ',
		       part);
		size -= part;
		writer_flush_full(writer);
	}
}

int wbxml_opaque_stream(struct wbxml_writer *writer, struct istream *input,
			uoff_t size)
{
	const unsigned char *data;
	size_t avail;

	i_assert(size <= UINT32_MAX);
	writer_opaque_start(writer, size);
	while (size > 0 && i_stream_read_more(input, &data, &avail) > 0) {
		avail = I_MIN(avail, size);
		writer_bytes(writer, data, avail);
		i_stream_skip(input, avail);
		size -= avail;
	}
	if (size == 0)
		return 0;
	writer_fill(writer, size);
	return -1;
}

void wbxml_octets(struct wbxml_writer *writer, const void *data, size_t size)
{
	struct wbxml_undo undo;

	if (wbxml_utf8_clean_run(data, size) != size) {
		wbxml_opaque(writer, data, size);
	} else if (size > 0) {
		writer_string_start(writer, &undo);
		writer_bytes(writer, data, size);
		buffer_append_c(writer->buf, '\0');
	}
}

/* More than is gathered: 8-bit text shows in the beginning. */
static int
writer_octets_large(struct wbxml_writer *writer, struct istream *input,
		    bool clean)
{
	uoff_t start = input->v_offset, end;
	ssize_t ret;

	if (clean)
		return wbxml_text_stream(writer, input);
	do {
		i_stream_skip(input, i_stream_get_data_size(input));
	} while ((ret = i_stream_read(input)) > 0);
	end = input->v_offset;
	if (input->stream_errno != 0)
		return -1;
	i_stream_seek(input, start);
	return wbxml_opaque_stream(writer, input, end - start);
}

int wbxml_octets_stream(struct wbxml_writer *writer, struct istream *input)
{
	const unsigned char *data;
	size_t size;
	ssize_t ret;

	i_stream_set_max_buffer_size(input, WBXML_OCTETS_GATHER);
	while ((ret = i_stream_read(input)) > 0 &&
	       i_stream_get_data_size(input) < WBXML_OCTETS_GATHER) ;
	data = i_stream_get_data(input, &size);
	if (ret != -1) {
		/* A character may be cut at the end. */
		return writer_octets_large(writer, input,
			size - wbxml_utf8_clean_run(data, size) < 4);
	}
	if (input->stream_errno != 0)
		return -1;
	if (size > 0)
		wbxml_octets(writer, data, size);
	i_stream_skip(input, size);
	return 0;
}

void wbxml_mark(struct wbxml_writer *writer)
{
	i_assert(!writer->mark.set);

	writer->mark.set = TRUE;
	writer->mark.overflow = FALSE;
	writer->mark.have_header = writer->have_header;
	writer->mark.page = writer->page;
	writer->mark.pos = writer->buf->used;
	writer->mark.depth = writer->depth;
	writer->mark.written = writer->written;
}

void wbxml_mark_settle(struct wbxml_writer *writer)
{
	if (writer->mark.set)
		writer->mark.overflow = TRUE;
}

void wbxml_mark_commit(struct wbxml_writer *writer)
{
	i_assert(writer->mark.set);
	writer->mark.set = FALSE;
	writer_flush_full(writer);
}

bool wbxml_mark_rollback(struct wbxml_writer *writer)
{
	i_assert(writer->mark.set);
	if (writer->mark.overflow) {
		while (writer->depth > writer->mark.depth)
			writer_pop(writer);
		writer->mark.set = FALSE;
		return FALSE;
	}
	writer->mark.set = FALSE;
	buffer_set_used_size(writer->buf, writer->mark.pos);
	writer->have_header = writer->mark.have_header;
	writer->page = writer->mark.page;
	writer->depth = writer->mark.depth;
	writer->written = writer->mark.written;
	return TRUE;
}
