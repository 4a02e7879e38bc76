/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The bytes of a message's file, through a buffer that all messages of a pass
   share.  Dovecot's own stream makes a buffer for each message, reads it in
   blocks of 8 KB and forgets it at each seek backwards: header, structure and
   body would each be read anew. */

#include "lib.h"
#include "istream-private.h"
#include "mail-storage-private.h"
#include "store-fetch.h"
#include "store-private.h"

#include <unistd.h>

/* What a caller may see at once */
#define STORE_ISTREAM_BUFFER (512 * 1024)
/* Read from the beginning on, a message is wanted whole; elsewhere it is the
   beginning of a part. */
#define STORE_ISTREAM_BLOCK (128 * 1024)
#define STORE_ISTREAM_PART_BLOCK 8192

struct store_istream {
	struct istream_private istream;
	/* of the message in the file, and its size */
	uoff_t file_offset, size;
	/* of the message where the next block is a large one */
	uoff_t next_offset;
};

struct store_mail {
	union mail_module_context module_ctx;
	struct store_fetch *fetch;
};

static MODULE_CONTEXT_DEFINE_INIT(store_mail_module, &mail_module_register);

/* Unread bytes move to the front when they are at the end of the buffer, and
   back again if nothing more comes: callers may hold on to them then. */
static size_t store_istream_make_room(struct istream_private *stream)
{
	size_t moved = stream->skip;

	if (stream->skip == stream->pos) {
		stream->skip = stream->pos = 0;
		return 0;
	}
	if (stream->pos < stream->buffer_size || moved == 0)
		return 0;
	memmove(stream->w_buffer, stream->w_buffer + moved,
		stream->pos - moved);
	stream->skip = 0;
	stream->pos -= moved;
	return moved;
}

static void store_istream_move_back(struct istream_private *stream,
				    size_t moved)
{
	if (moved == 0)
		return;
	memmove(stream->w_buffer + moved, stream->w_buffer, stream->pos);
	stream->skip = moved;
	stream->pos += moved;
}

static ssize_t store_istream_pread(struct store_istream *sstream)
{
	struct istream_private *stream = &sstream->istream;
	uoff_t offset = stream->istream.v_offset + stream->pos - stream->skip;
	size_t size = stream->buffer_size - stream->pos;
	ssize_t ret;

	if (offset >= sstream->size)
		return 0;
	size = I_MIN(size, offset == sstream->next_offset ?
		     STORE_ISTREAM_BLOCK : STORE_ISTREAM_PART_BLOCK);
	size = I_MIN(size, sstream->size - offset);
	do {
		ret = pread(stream->fd, stream->w_buffer + stream->pos, size,
			    sstream->file_offset + offset);
	} while (ret < 0 && errno == EINTR);
	if (ret > 0)
		sstream->next_offset = offset + ret;
	return ret;
}

static ssize_t store_istream_read(struct istream_private *stream)
{
	struct store_istream *sstream =
		container_of(stream, struct store_istream, istream);
	size_t moved;
	ssize_t ret;

	if (stream->pos - stream->skip >= I_MIN(stream->max_buffer_size,
						stream->buffer_size))
		return -2;
	moved = store_istream_make_room(stream);
	ret = store_istream_pread(sstream);
	if (ret > 0) {
		stream->pos += ret;
		return ret;
	}
	store_istream_move_back(stream, moved);
	if (ret < 0) {
		io_stream_set_error(&stream->iostream, "pread() failed: %m");
		stream->istream.stream_errno = errno;
	} else {
		stream->istream.eof = TRUE;
	}
	return -1;
}

static void store_istream_seek(struct istream_private *stream, uoff_t v_offset,
			       bool mark ATTR_UNUSED)
{
	uoff_t start = stream->istream.v_offset - stream->skip;

	if (v_offset >= start && v_offset - start <= stream->pos)
		stream->skip = v_offset - start;
	else
		stream->skip = stream->pos = 0;
	stream->istream.v_offset = v_offset;
}

static void store_istream_destroy(struct iostream_private *iostream)
{
	struct store_istream *sstream =
		container_of(iostream, struct store_istream, istream.iostream);

	/* the pass's, not ours */
	sstream->istream.w_buffer = NULL;
}

static struct istream *
store_istream_create(struct store_fetch *fetch, struct istream *input,
		     uoff_t size)
{
	struct store_istream *sstream = i_new(struct store_istream, 1);
	struct istream_private *stream = &sstream->istream;

	if (fetch->buffer == NULL)
		fetch->buffer = i_malloc(STORE_ISTREAM_BUFFER);
	sstream->size = size;
	stream->w_buffer = fetch->buffer;
	stream->buffer = fetch->buffer;
	stream->buffer_size = STORE_ISTREAM_BUFFER;
	stream->max_buffer_size = STORE_ISTREAM_BUFFER;
	stream->read = store_istream_read;
	stream->seek = store_istream_seek;
	stream->iostream.destroy = store_istream_destroy;
	stream->istream.blocking = TRUE;
	stream->istream.seekable = TRUE;
	(void)i_stream_create(stream, input, i_stream_get_fd(input),
			      ISTREAM_CREATE_FLAG_NOOP_SNAPSHOT);
	i_stream_set_name(&stream->istream, i_stream_get_name(input));
	sstream->file_offset = i_stream_get_absolute_offset(&stream->istream);
	return &stream->istream;
}

/* Streams that plugins have put on the file (zlib, mail_crypt) stay as they
   are: what they read from has other bytes. */
static int store_mail_istream_opened(struct mail *_mail,
				     struct istream **input)
{
	struct mail_private *mail = (struct mail_private *)_mail;
	struct store_mail *smail = MODULE_CONTEXT_REQUIRE(mail,
							  store_mail_module);
	struct istream *wrapped;
	uoff_t size;

	if (smail->module_ctx.super.istream_opened != NULL &&
	    smail->module_ctx.super.istream_opened(_mail, input) < 0)
		return -1;
	if (!(*input)->readable_fd || i_stream_get_fd(*input) == -1 ||
	    (*input)->v_offset != 0 ||
	    i_stream_get_size(*input, TRUE, &size) <= 0)
		return 0;
	wrapped = store_istream_create(smail->fetch, *input, size);
	i_stream_unref(input);
	*input = wrapped;
	return 0;
}

void store_fetch_hook_mail(struct store_fetch *fetch)
{
	struct mail_private *mail = (struct mail_private *)fetch->msg.mail;
	struct store_mail *smail;

	/* this mail only, and after all plugins */
	smail = p_new(mail->pool, struct store_mail, 1);
	smail->module_ctx.super = mail->v;
	smail->fetch = fetch;
	mail->v.istream_opened = store_mail_istream_opened;
	MODULE_CONTEXT_SET(mail, store_mail_module, smail);
}
