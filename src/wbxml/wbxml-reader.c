/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The push reader: a state machine over bytes ([MS-ASWBXML] 2.1; WBXML 1.3). */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-wbxml.h"
#include "wbxml-private.h"

enum wbxml_reader_state {
	STATE_VERSION,
	STATE_PUBLIC_ID,
	STATE_PUBLIC_ID_INDEX,
	STATE_CHARSET,
	STATE_TABLE_LEN,
	STATE_TABLE,
	STATE_BODY,
	STATE_SWITCH_PAGE,
	STATE_STR_I,
	STATE_STR_T,
	STATE_ENTITY,
	STATE_OPAQUE_LEN,
	STATE_OPAQUE,
	/* The root has ended, the event is not given yet */
	STATE_DOC_END,
	STATE_DONE,
	STATE_ERROR,
};

struct wbxml_reader {
	struct wbxml_limits limits;
	enum wbxml_reader_state state;

	enum wbxml_error error;
	uoff_t offset, error_offset;

	/* mb_u_int32 being read */
	uint64_t num;
	unsigned int num_bytes;
	uoff_t num_offset;

	bool public_id_indexed;
	uint32_t public_id_index;
	buffer_t *table;
	uint32_t table_len;

	uint8_t page;
	unsigned int depth;
	wbxml_tag_t stack[WBXML_MAX_DEPTH];

	uint32_t opaque_len, opaque_pos;
	buffer_t *chars;
};

struct wbxml_reader *wbxml_reader_init(const struct wbxml_limits *limits)
{
	struct wbxml_reader *reader = i_new(struct wbxml_reader, 1);

	if (limits != NULL)
		reader->limits = *limits;
	if (reader->limits.max_depth == 0)
		reader->limits.max_depth = WBXML_DEFAULT_DEPTH;
	if (reader->limits.max_depth > WBXML_MAX_DEPTH)
		reader->limits.max_depth = WBXML_MAX_DEPTH;
	if (reader->limits.max_string_table == 0)
		reader->limits.max_string_table = WBXML_DEFAULT_STRING_TABLE;
	return reader;
}

void wbxml_reader_deinit(struct wbxml_reader **_reader)
{
	struct wbxml_reader *reader = *_reader;

	if (reader == NULL)
		return;
	*_reader = NULL;
	buffer_free(&reader->table);
	buffer_free(&reader->chars);
	i_free(reader);
}

static int reader_fail(struct wbxml_reader *reader, enum wbxml_error error,
		       uoff_t offset)
{
	reader->state = STATE_ERROR;
	reader->error = error;
	reader->error_offset = offset;
	return -1;
}

static void
reader_take(struct wbxml_reader *reader, const unsigned char **data,
	    size_t *size, size_t count)
{
	*data += count;
	*size -= count;
	reader->offset += count;
}

static void
reader_set_num_state(struct wbxml_reader *reader, enum wbxml_reader_state state)
{
	reader->state = state;
	reader->num = 0;
	reader->num_bytes = 0;
	reader->num_offset = reader->offset;
}

/* Returns 1 when the number is complete. */
static int reader_num(struct wbxml_reader *reader, unsigned char c)
{
	reader->num = reader->num << 7 | (c & 0x7f);
	if (++reader->num_bytes > 5 || reader->num > UINT32_MAX) {
		return reader_fail(reader, WBXML_ERROR_INTEGER,
				   reader->num_offset);
	}
	return (c & 0x80) == 0 ? 1 : 0;
}

static int reader_table_ready(struct wbxml_reader *reader)
{
	if (reader->public_id_indexed &&
	    reader->public_id_index >= reader->table_len) {
		return reader_fail(reader, WBXML_ERROR_HEADER,
				   reader->offset - 1);
	}
	reader->state = STATE_BODY;
	return 0;
}

static int reader_table_len(struct wbxml_reader *reader)
{
	if (reader->num > reader->limits.max_string_table) {
		return reader_fail(reader, WBXML_ERROR_LIMIT_STRING_TABLE,
				   reader->num_offset);
	}
	reader->table_len = reader->num;
	if (reader->table_len == 0)
		return reader_table_ready(reader);
	reader->table = buffer_create_dynamic(default_pool, reader->table_len);
	reader->state = STATE_TABLE;
	return 0;
}

static int
reader_str_t(struct wbxml_reader *reader, struct wbxml_event *event_r)
{
	const unsigned char *table, *end;
	size_t len = reader->table_len - I_MIN(reader->num, reader->table_len);

	if (len == 0) {
		return reader_fail(reader, WBXML_ERROR_STRING_TABLE,
				   reader->num_offset);
	}
	table = CONST_PTR_OFFSET(reader->table->data, reader->num);
	end = memchr(table, '\0', len);
	if (end == NULL) {
		return reader_fail(reader, WBXML_ERROR_STRING_TABLE,
				   reader->num_offset);
	}
	reader->state = STATE_BODY;
	event_r->type = WBXML_EVENT_TEXT;
	event_r->data = table;
	event_r->size = end - table;
	event_r->last = TRUE;
	return 1;
}

static int
reader_entity(struct wbxml_reader *reader, struct wbxml_event *event_r)
{
	if (reader->num == 0 || !uni_is_valid_ucs4(reader->num)) {
		return reader_fail(reader, WBXML_ERROR_ENTITY,
				   reader->num_offset);
	}
	if (reader->chars == NULL)
		reader->chars = buffer_create_dynamic(default_pool, 8);
	buffer_set_used_size(reader->chars, 0);
	uni_ucs4_to_utf8_c(reader->num, reader->chars);
	reader->state = STATE_BODY;
	event_r->type = WBXML_EVENT_TEXT;
	event_r->data = reader->chars->data;
	event_r->size = reader->chars->used;
	event_r->last = TRUE;
	return 1;
}

static int
reader_opaque_len(struct wbxml_reader *reader, struct wbxml_event *event_r)
{
	reader->opaque_len = reader->num;
	reader->opaque_pos = 0;
	reader->state = STATE_OPAQUE;
	if (reader->opaque_len > 0)
		return 0;

	reader->state = STATE_BODY;
	event_r->type = WBXML_EVENT_OPAQUE;
	event_r->data = &uchar_nul;
	event_r->last = TRUE;
	return 1;
}

/* A number is complete: what it was for. */
static int
reader_num_ready(struct wbxml_reader *reader, struct wbxml_event *event_r)
{
	switch (reader->state) {
	case STATE_PUBLIC_ID:
		if (reader->num == 0) {
			reader_set_num_state(reader, STATE_PUBLIC_ID_INDEX);
			return 0;
		}
		if (reader->num != WBXML_PUBLIC_ID_UNKNOWN) {
			return reader_fail(reader, WBXML_ERROR_HEADER,
					   reader->num_offset);
		}
		reader_set_num_state(reader, STATE_CHARSET);
		return 0;
	case STATE_PUBLIC_ID_INDEX:
		reader->public_id_indexed = TRUE;
		reader->public_id_index = reader->num;
		reader_set_num_state(reader, STATE_CHARSET);
		return 0;
	case STATE_CHARSET:
		if (reader->num != WBXML_CHARSET_UTF8) {
			return reader_fail(reader, WBXML_ERROR_CHARSET,
					   reader->num_offset);
		}
		reader_set_num_state(reader, STATE_TABLE_LEN);
		return 0;
	case STATE_TABLE_LEN:
		return reader_table_len(reader);
	case STATE_STR_T:
		return reader_str_t(reader, event_r);
	case STATE_ENTITY:
		return reader_entity(reader, event_r);
	case STATE_OPAQUE_LEN:
		return reader_opaque_len(reader, event_r);
	default:
		i_unreached();
	}
}

static int
reader_start(struct wbxml_reader *reader, unsigned char c,
	     struct wbxml_event *event_r)
{
	uoff_t offset = reader->offset - 1;

	event_r->type = WBXML_EVENT_START;
	event_r->tag = WBXML_TAG(reader->page, c & WBXML_TOKEN_MASK);
	event_r->has_content = (c & WBXML_HAS_CONTENT) != 0;
	/* An empty element counts too: its depth is that of its content. */
	if (reader->depth >= reader->limits.max_depth) {
		return reader_fail(reader, WBXML_ERROR_LIMIT_DEPTH, offset);
	}
	if (event_r->has_content)
		reader->stack[reader->depth++] = event_r->tag;
	else if (reader->depth == 0)
		reader->state = STATE_DOC_END;
	return 1;
}

static int
reader_end(struct wbxml_reader *reader, struct wbxml_event *event_r)
{
	event_r->type = WBXML_EVENT_END;
	event_r->tag = reader->stack[--reader->depth];
	if (reader->depth == 0)
		reader->state = STATE_DOC_END;
	return 1;
}

static int
reader_token(struct wbxml_reader *reader, unsigned char c,
	     struct wbxml_event *event_r)
{
	bool content = c == WBXML_END || c == WBXML_ENTITY ||
		c == WBXML_STR_I || c == WBXML_STR_T || c == WBXML_OPAQUE;

	if (content && reader->depth == 0) {
		return reader_fail(reader, WBXML_ERROR_STRUCTURE,
				   reader->offset - 1);
	}
	switch (c) {
	case WBXML_SWITCH_PAGE:
		reader->state = STATE_SWITCH_PAGE;
		return 0;
	case WBXML_END:
		return reader_end(reader, event_r);
	case WBXML_STR_I:
		reader->state = STATE_STR_I;
		return 0;
	case WBXML_ENTITY:
		reader_set_num_state(reader, STATE_ENTITY);
		return 0;
	case WBXML_STR_T:
		reader_set_num_state(reader, STATE_STR_T);
		return 0;
	case WBXML_OPAQUE:
		reader_set_num_state(reader, STATE_OPAQUE_LEN);
		return 0;
	}
	if ((c & WBXML_HAS_ATTRIBUTES) != 0 ||
	    (c & WBXML_TOKEN_MASK) < WBXML_FIRST_TAG_TOKEN) {
		return reader_fail(reader, WBXML_ERROR_TOKEN,
				   reader->offset - 1);
	}
	return reader_start(reader, c, event_r);
}

/* One byte of everything that is not a run of bytes */
static int
reader_byte(struct wbxml_reader *reader, unsigned char c,
	    struct wbxml_event *event_r)
{
	int ret;

	switch (reader->state) {
	case STATE_VERSION:
		/* 1.1, 1.2, 1.3; major version minus one is the high nibble */
		if (c < 0x01 || c > 0x03) {
			return reader_fail(reader, WBXML_ERROR_VERSION,
					   reader->offset - 1);
		}
		reader_set_num_state(reader, STATE_PUBLIC_ID);
		return 0;
	case STATE_SWITCH_PAGE:
		reader->page = c;
		reader->state = STATE_BODY;
		return 0;
	case STATE_BODY:
		return reader_token(reader, c, event_r);
	default:
		if ((ret = reader_num(reader, c)) <= 0)
			return ret;
		return reader_num_ready(reader, event_r);
	}
}

/* Strings, opaque data and the string table are taken as runs. */
static int
reader_run(struct wbxml_reader *reader, const unsigned char **data,
	   size_t *size, size_t avail, struct wbxml_event *event_r)
{
	const unsigned char *end;

	switch (reader->state) {
	case STATE_TABLE:
		avail = I_MIN(avail, reader->table_len - reader->table->used);
		buffer_append(reader->table, *data, avail);
		reader_take(reader, data, size, avail);
		if (reader->table->used == reader->table_len)
			return reader_table_ready(reader);
		return 0;
	case STATE_STR_I:
		event_r->type = WBXML_EVENT_TEXT;
		event_r->data = *data;
		end = memchr(*data, '\0', avail);
		event_r->last = end != NULL;
		event_r->size = end == NULL ? avail : (size_t)(end - *data);
		reader_take(reader, data, size,
			    event_r->size + (event_r->last ? 1 : 0));
		break;
	case STATE_OPAQUE:
		event_r->type = WBXML_EVENT_OPAQUE;
		event_r->data = *data;
		event_r->size = I_MIN(avail,
				      reader->opaque_len - reader->opaque_pos);
		event_r->total = reader->opaque_len;
		event_r->offset = reader->opaque_pos;
		reader->opaque_pos += event_r->size;
		event_r->last = reader->opaque_pos == reader->opaque_len;
		reader_take(reader, data, size, event_r->size);
		break;
	default:
		i_unreached();
	}
	if (event_r->last)
		reader->state = STATE_BODY;
	return 1;
}

static bool reader_wants_run(const struct wbxml_reader *reader)
{
	return reader->state == STATE_TABLE || reader->state == STATE_STR_I ||
		reader->state == STATE_OPAQUE;
}

/* How many of the bytes are within max_size */
static size_t
reader_allowed(const struct wbxml_reader *reader, size_t size)
{
	if (reader->limits.max_size == 0)
		return size;
	return I_MIN(size, reader->limits.max_size - reader->offset);
}

int wbxml_reader_next(struct wbxml_reader *reader, const unsigned char **data,
		      size_t *size, struct wbxml_event *event_r)
{
	unsigned char c;
	size_t avail;
	int ret = 0;

	i_zero(event_r);
	while (ret == 0) {
		if (reader->state == STATE_ERROR)
			return -1;
		if (reader->state == STATE_DOC_END) {
			reader->state = STATE_DONE;
			event_r->type = WBXML_EVENT_DOC_END;
			return 1;
		}
		if (reader->state == STATE_DONE || *size == 0)
			return 0;
		avail = reader_allowed(reader, *size);
		if (avail == 0) {
			return reader_fail(reader, WBXML_ERROR_LIMIT_SIZE,
					   reader->offset);
		}
		if (reader_wants_run(reader)) {
			ret = reader_run(reader, data, size, avail, event_r);
		} else {
			c = **data;
			reader_take(reader, data, size, 1);
			ret = reader_byte(reader, c, event_r);
		}
	}
	return ret;
}

int wbxml_reader_finish(struct wbxml_reader *reader)
{
	if (reader->state == STATE_DONE)
		return 0;
	if (reader->state != STATE_ERROR) {
		return reader_fail(reader, WBXML_ERROR_TRUNCATED,
				   reader->offset);
	}
	return -1;
}

enum wbxml_error
wbxml_reader_get_error(const struct wbxml_reader *reader, uoff_t *offset_r)
{
	*offset_r = reader->error_offset;
	return reader->error;
}

uoff_t wbxml_reader_offset(const struct wbxml_reader *reader)
{
	return reader->offset;
}
