/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A request's body as a blocking istream: as much memory as one buffer, however
   large the body is. */

#include "lib.h"
#include "buffer.h"
#include "istream-private.h"
#include "istream-zlib.h"
#include "worker.h"

#define WORKER_BODY_BUFFER (64 * 1024)
/* Real text shrinks to a tenth; a bomb to a thousandth. */
#define WORKER_GUNZIP_MAX_RATIO 100
#define WORKER_GUNZIP_FREE_SIZE (1024 * 1024)
#define WORKER_GUNZIP_MAX_SIZE (1024ULL * 1024 * 1024)

struct worker_body_istream {
	struct istream_private istream;
	struct worker_conn *conn;
	/* What is left of the BODY frame in hand; points into conn->in */
	const unsigned char *data;
	size_t left;
	bool ended;
};

struct worker_gunzip_istream {
	struct istream_private istream;
	struct istream *compressed;
};

static int worker_body_next_frame(struct worker_body_istream *bstream)
{
	struct ipc_frame frame;

	while (bstream->left == 0 && !bstream->ended) {
		if (worker_conn_frame(bstream->conn, TRUE, &frame) < 0)
			return -1;
		if (frame.type == IPC_BODY) {
			bstream->data = frame.data;
			bstream->left = frame.size;
		} else if (frame.type == IPC_BODY_END) {
			bstream->ended = TRUE;
		}
	}
	return 0;
}

static ssize_t worker_body_read(struct istream_private *stream)
{
	struct worker_body_istream *bstream =
		container_of(stream, struct worker_body_istream, istream);
	size_t size;

	if (worker_body_next_frame(bstream) < 0) {
		io_stream_set_error(&stream->iostream, "%s",
				    bstream->conn->error);
		stream->istream.stream_errno = EPIPE;
		return -1;
	}
	if (bstream->left == 0) {
		stream->istream.eof = TRUE;
		return -1;
	}
	if (!i_stream_try_alloc(stream, bstream->left, &size))
		return -2;
	size = I_MIN(size, bstream->left);
	memcpy(stream->w_buffer + stream->pos, bstream->data, size);
	bstream->data += size;
	bstream->left -= size;
	stream->pos += size;
	return size;
}

struct istream *worker_body_create(struct worker_conn *conn, bool has_body)
{
	struct worker_body_istream *bstream;

	bstream = i_new(struct worker_body_istream, 1);
	bstream->conn = conn;
	bstream->ended = !has_body;
	bstream->istream.max_buffer_size = WORKER_BODY_BUFFER;
	bstream->istream.read = worker_body_read;
	bstream->istream.istream.blocking = TRUE;
	bstream->istream.istream.readable_fd = FALSE;
	bstream->istream.istream.seekable = FALSE;
	return i_stream_create(&bstream->istream, NULL, -1, 0);
}

static ssize_t worker_gunzip_read(struct istream_private *stream)
{
	struct worker_gunzip_istream *gstream =
		container_of(stream, struct worker_gunzip_istream, istream);
	uoff_t out, in;
	ssize_t ret;

	i_stream_seek(stream->parent, stream->parent_start_offset +
		      stream->istream.v_offset);
	ret = i_stream_read_copy_from_parent(&stream->istream);
	out = stream->istream.v_offset + (stream->pos - stream->skip);
	in = gstream->compressed->v_offset;
	if (out > WORKER_GUNZIP_MAX_SIZE ||
	    (out > WORKER_GUNZIP_FREE_SIZE &&
	     out / WORKER_GUNZIP_MAX_RATIO > in)) {
		io_stream_set_error(&stream->iostream,
			"gzip body grows from %"PRIuUOFF_T" to over "
			"%"PRIuUOFF_T" bytes: refused", in, out);
		stream->istream.stream_errno = EINVAL;
		return -1;
	}
	return ret;
}

static void worker_gunzip_destroy(struct iostream_private *stream)
{
	struct worker_gunzip_istream *gstream =
		container_of(stream, struct worker_gunzip_istream,
			     istream.iostream);

	i_stream_free_buffer(&gstream->istream);
	i_stream_unref(&gstream->istream.parent);
	i_stream_unref(&gstream->compressed);
}

struct istream *worker_body_gunzip(struct istream *input)
{
	struct worker_gunzip_istream *gstream;
	struct istream *zlib, *result;

	zlib = i_stream_create_gz(input);
	i_stream_set_max_buffer_size(zlib, WORKER_BODY_BUFFER);
	gstream = i_new(struct worker_gunzip_istream, 1);
	gstream->compressed = input;
	i_stream_ref(input);
	gstream->istream.max_buffer_size = WORKER_BODY_BUFFER;
	gstream->istream.read = worker_gunzip_read;
	gstream->istream.iostream.destroy = worker_gunzip_destroy;
	gstream->istream.istream.blocking = TRUE;
	gstream->istream.istream.readable_fd = FALSE;
	gstream->istream.istream.seekable = FALSE;
	result = i_stream_create(&gstream->istream, zlib, -1, 0);
	i_stream_unref(&zlib);
	return result;
}
