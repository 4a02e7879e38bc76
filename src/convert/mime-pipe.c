/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The decoding chain, and a base64 decoder that forgives: Dovecot's stops at
   the first foreign character, and mail has those. */

#include "lib.h"
#include "buffer.h"
#include "base64.h"
#include "dovetail-mime.h"
#include "mime-pipe.h"
#include "mime-qp.h"

struct mime_pipe {
	struct mime_converter *conv;
	enum mime_encoding encoding;
	uint32_t base64_bits;
	unsigned int base64_count;
	struct mime_qp qp;
	/* taken when they are needed */
	buffer_t *decoded, *a, *b;

	bool has_charset;
	struct mime_charset charset;
	struct mime_filter *filters;
};

enum mime_encoding mime_encoding_parse(const char *cte)
{
	if (cte == NULL)
		return MIME_ENCODING_NONE;
	if (strcasecmp(cte, "base64") == 0)
		return MIME_ENCODING_BASE64;
	if (strcasecmp(cte, "quoted-printable") == 0)
		return MIME_ENCODING_QP;
	return MIME_ENCODING_NONE;
}

struct mime_pipe *mime_pipe_init(struct mime_converter *conv,
				 enum mime_encoding encoding)
{
	struct mime_pipe *pipe = i_new(struct mime_pipe, 1);

	pipe->conv = conv;
	pipe->encoding = encoding;
	if (encoding == MIME_ENCODING_QP)
		mime_qp_init(&pipe->qp);
	return pipe;
}

static buffer_t *pipe_buffer(struct mime_pipe *pipe, buffer_t **buf)
{
	if (*buf == NULL)
		*buf = mime_scratch_get(pipe->conv);
	buffer_set_used_size(*buf, 0);
	return *buf;
}

void mime_pipe_add_charset(struct mime_pipe *pipe, const char *charset)
{
	i_assert(!pipe->has_charset);
	pipe->has_charset = TRUE;
	mime_charset_init(&pipe->charset, pipe->conv, charset);
}

void mime_pipe_add_filter(struct mime_pipe *pipe, struct mime_filter *filter)
{
	struct mime_filter **pos = &pipe->filters;

	while (*pos != NULL)
		pos = &(*pos)->next;
	*pos = filter;
}

void mime_pipe_deinit(struct mime_pipe **_pipe)
{
	struct mime_pipe *pipe = *_pipe;
	struct mime_filter *filter;

	*_pipe = NULL;
	while (pipe->filters != NULL) {
		filter = pipe->filters;
		pipe->filters = filter->next;
		filter->deinit(filter);
	}
	if (pipe->has_charset)
		mime_charset_deinit(&pipe->charset);
	if (pipe->encoding == MIME_ENCODING_QP)
		mime_qp_deinit(&pipe->qp);
	mime_scratch_put(pipe->conv, &pipe->decoded);
	mime_scratch_put(pipe->conv, &pipe->a);
	mime_scratch_put(pipe->conv, &pipe->b);
	i_free(pipe);
}

/* --- base64 --- */

static void base64_flush(struct mime_pipe *pipe, buffer_t *dest)
{
	unsigned char out[3];
	unsigned int i, bytes = pipe->base64_count * 6 / 8;

	pipe->base64_bits <<= (4 - pipe->base64_count) * 6;
	for (i = 0; i < 3; i++)
		out[i] = pipe->base64_bits >> (16 - 8 * i);
	buffer_append(dest, out, bytes);
	pipe->base64_bits = pipe->base64_count = 0;
}

/* Whole groups of clean characters: nearly everything in nearly all mail */
#define BASE64_FAST_GROUPS 64

static size_t
base64_fast(const unsigned char *data, size_t size, buffer_t *dest)
{
	const unsigned char *map = base64_scheme.decmap;
	unsigned char out[BASE64_FAST_GROUPS * 3], *p = out;
	size_t i, groups = I_MIN(size / 4, BASE64_FAST_GROUPS);
	uint32_t bits;

	for (i = 0; i < groups; i++, data += 4) {
		unsigned char c0 = map[data[0]], c1 = map[data[1]];
		unsigned char c2 = map[data[2]], c3 = map[data[3]];

		if (((c0 | c1 | c2 | c3) & 0x80) != 0)
			break;
		bits = (uint32_t)c0 << 18 | c1 << 12 | c2 << 6 | c3;
		*p++ = bits >> 16;
		*p++ = bits >> 8;
		*p++ = bits;
	}
	buffer_append(dest, out, p - out);
	return i * 4;
}

static void
base64_more(struct mime_pipe *pipe, const unsigned char *data, size_t size,
	    buffer_t *dest)
{
	size_t i = 0;
	unsigned char c;

	while (i < size) {
		if (pipe->base64_count == 0 && size - i >= 4)
			i += base64_fast(data + i, size - i, dest);
		if (i == size)
			break;
		c = base64_scheme.decmap[data[i]];
		if ((c & 0x80) == 0) {
			pipe->base64_bits = pipe->base64_bits << 6 | c;
			if (++pipe->base64_count == 4)
				base64_flush(pipe, dest);
		} else if (data[i] == '=') {
			base64_flush(pipe, dest);
		}
		i++;
	}
}

/* --- the chain --- */

static void
pipe_filters(struct mime_pipe *pipe, const unsigned char *data, size_t size,
	     bool finish, buffer_t *dest)
{
	struct mime_filter *filter;
	bool to_a = TRUE;
	buffer_t *out;

	for (filter = pipe->filters; filter != NULL; filter = filter->next) {
		out = filter->next == NULL ? dest :
			pipe_buffer(pipe, to_a ? &pipe->a : &pipe->b);
		to_a = !to_a;
		if (size > 0)
			filter->more(filter, data, size, out);
		if (finish)
			filter->finish(filter, out);
		data = out->data;
		size = out->used;
	}
}

static void
pipe_text(struct mime_pipe *pipe, const unsigned char *data, size_t size,
	  bool finish, buffer_t *dest)
{
	buffer_t *out = pipe->filters == NULL ? dest :
		pipe_buffer(pipe, &pipe->b);

	mime_charset_more(&pipe->charset, data, size, out);
	if (finish)
		mime_charset_finish(&pipe->charset, out);
	if (pipe->filters != NULL)
		pipe_filters(pipe, out->data, out->used, finish, dest);
}

static void
pipe_decoded(struct mime_pipe *pipe, const unsigned char *data, size_t size,
	     bool finish, buffer_t *dest)
{
	if (pipe->has_charset)
		pipe_text(pipe, data, size, finish, dest);
	else if (pipe->filters != NULL)
		pipe_filters(pipe, data, size, finish, dest);
	else
		buffer_append(dest, data, size);
}

void mime_pipe_more(struct mime_pipe *pipe, const unsigned char *data,
		    size_t size, buffer_t *dest)
{
	bool direct = !pipe->has_charset && pipe->filters == NULL;

	switch (pipe->encoding) {
	case MIME_ENCODING_NONE:
		pipe_decoded(pipe, data, size, FALSE, dest);
		return;
	case MIME_ENCODING_BASE64:
		if (direct) {
			base64_more(pipe, data, size, dest);
			return;
		}
		base64_more(pipe, data, size, pipe_buffer(pipe, &pipe->decoded));
		break;
	case MIME_ENCODING_QP:
		mime_qp_more(&pipe->qp, data, size,
			     pipe_buffer(pipe, &pipe->decoded));
		break;
	}
	pipe_decoded(pipe, pipe->decoded->data, pipe->decoded->used,
		     FALSE, dest);
}

void mime_pipe_finish(struct mime_pipe *pipe, buffer_t *dest)
{
	buffer_t *rest = pipe_buffer(pipe, &pipe->decoded);

	if (pipe->encoding == MIME_ENCODING_BASE64)
		base64_flush(pipe, rest);
	else if (pipe->encoding == MIME_ENCODING_QP)
		mime_qp_finish(&pipe->qp, rest);
	pipe_decoded(pipe, rest->data, rest->used, TRUE, dest);
}
