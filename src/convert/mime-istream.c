/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parts of a raw message, decoded and converted, as one istream. */

#include "lib.h"
#include "buffer.h"
#include "istream-private.h"
#include "mime-private.h"

struct mime_istream {
	struct istream_private istream;

	struct mime_istream_segment *segments;
	unsigned int count, current;
	mime_istream_pipe_callback_t *callback;
	void *context;
	uoff_t max_size;

	struct mime_pipe *pipe;
	uoff_t left;            /* of the current segment */
	uoff_t produced;
	buffer_t *out;
	size_t out_pos;
	bool cut;
};

static void mime_istream_reset(struct mime_istream *mstream)
{
	if (mstream->pipe != NULL)
		mime_pipe_deinit(&mstream->pipe);
	mstream->current = 0;
	mstream->produced = 0;
	mstream->out_pos = 0;
	mstream->cut = FALSE;
	buffer_set_used_size(mstream->out, 0);
}

static void mime_istream_close(struct iostream_private *stream,
			       bool close_parent)
{
	struct mime_istream *mstream =
		container_of(stream, struct mime_istream, istream.iostream);

	if (mstream->pipe != NULL)
		mime_pipe_deinit(&mstream->pipe);
	if (close_parent)
		i_stream_close(mstream->istream.parent);
}

static void mime_istream_destroy(struct iostream_private *stream)
{
	struct mime_istream *mstream =
		container_of(stream, struct mime_istream, istream.iostream);

	if (mstream->pipe != NULL)
		mime_pipe_deinit(&mstream->pipe);
	buffer_free(&mstream->out);
	i_free(mstream->segments);
	i_stream_free_buffer(&mstream->istream);
	i_stream_unref(&mstream->istream.parent);
}

static void mime_istream_begin_segment(struct mime_istream *mstream)
{
	const struct mime_istream_segment *segment =
		&mstream->segments[mstream->current];

	mstream->pipe = mstream->callback(mstream->context, mstream->current);
	mstream->left = segment->size;
	i_stream_seek(mstream->istream.parent, segment->offset);
}

static void mime_istream_end_segment(struct mime_istream *mstream)
{
	mime_pipe_finish(mstream->pipe, mstream->out);
	mime_pipe_deinit(&mstream->pipe);
	mstream->current++;
}

/* Returns 1 if out may have more, 0 if not now, -1 at the end or at errors */
static int mime_istream_produce(struct mime_istream *mstream)
{
	struct istream *parent = mstream->istream.parent;
	const unsigned char *data;
	size_t size;
	int ret;

	if (mstream->cut || mstream->current == mstream->count)
		return -1;
	if (mstream->pipe == NULL)
		mime_istream_begin_segment(mstream);
	if (mstream->left == 0) {
		mime_istream_end_segment(mstream);
		return 1;
	}
	ret = i_stream_read_more_memarea(parent, &data, &size);
	if (ret == 0)
		return 0;
	if (ret < 0 && parent->stream_errno != 0) {
		mstream->istream.istream.stream_errno = parent->stream_errno;
		return -1;
	}
	if (ret < 0) {
		/* shorter than its cached parts */
		mime_istream_end_segment(mstream);
		return 1;
	}
	size = I_MIN(size, mstream->left);
	size = I_MIN(size, IO_BLOCK_SIZE);
	mime_pipe_more(mstream->pipe, data, size, mstream->out);
	i_stream_skip(parent, size);
	mstream->left -= size;
	return 1;
}

static void mime_istream_limit(struct mime_istream *mstream)
{
	size_t size = mstream->out->used;

	if (size > mstream->max_size - mstream->produced) {
		size = mime_utf8_cut(mstream->out->data,
				     mstream->max_size - mstream->produced);
		buffer_set_used_size(mstream->out, size);
		mstream->cut = TRUE;
	}
	mstream->produced += size;
}

static ssize_t mime_istream_read(struct istream_private *stream)
{
	struct mime_istream *mstream =
		container_of(stream, struct mime_istream, istream);
	size_t size, avail;
	int ret;

	if (mstream->out_pos == mstream->out->used) {
		buffer_set_used_size(mstream->out, 0);
		mstream->out_pos = 0;
		while (mstream->out->used == 0) {
			ret = mime_istream_produce(mstream);
			if (ret == 0)
				return 0;
			if (ret < 0) {
				stream->istream.eof =
					stream->istream.stream_errno == 0;
				return -1;
			}
		}
		mime_istream_limit(mstream);
		if (mstream->out->used == 0) {
			stream->istream.eof = TRUE;
			return -1;
		}
	}
	size = mstream->out->used - mstream->out_pos;
	if (!i_stream_try_alloc(stream, size, &avail))
		return -2;
	size = I_MIN(size, avail);
	memcpy(stream->w_buffer + stream->pos,
	       CONST_PTR_OFFSET(mstream->out->data, mstream->out_pos), size);
	mstream->out_pos += size;
	stream->pos += size;
	return size;
}

static void
mime_istream_seek(struct istream_private *stream, uoff_t v_offset, bool mark)
{
	struct mime_istream *mstream =
		container_of(stream, struct mime_istream, istream);

	if (v_offset < stream->istream.v_offset) {
		mime_istream_reset(mstream);
		stream->parent_expected_offset = mstream->count == 0 ? 0 :
			mstream->segments[0].offset;
		stream->skip = stream->pos = 0;
		stream->istream.v_offset = 0;
		stream->high_pos = 0;
	}
	i_stream_default_seek_nonseekable(stream, v_offset, mark);
}

struct istream *
mime_istream_create(struct istream *input,
		    const struct mime_istream_segment *segments,
		    unsigned int count, uoff_t max_size,
		    mime_istream_pipe_callback_t *callback, void *context)
{
	struct mime_istream *mstream = i_new(struct mime_istream, 1);

	mstream->segments = i_new(struct mime_istream_segment,
				  I_MAX(count, 1));
	memcpy(mstream->segments, segments, sizeof(*segments) * count);
	mstream->count = count;
	mstream->callback = callback;
	mstream->context = context;
	mstream->max_size = max_size;
	mstream->out = buffer_create_dynamic(default_pool, IO_BLOCK_SIZE * 2);

	mstream->istream.max_buffer_size =
		input->real_stream->max_buffer_size;
	mstream->istream.iostream.close = mime_istream_close;
	mstream->istream.iostream.destroy = mime_istream_destroy;
	mstream->istream.read = mime_istream_read;
	mstream->istream.seek = mime_istream_seek;
	mstream->istream.istream.readable_fd = FALSE;
	mstream->istream.istream.blocking = input->blocking;
	mstream->istream.istream.seekable = input->seekable;
	return i_stream_create(&mstream->istream, input, -1, 0);
}
