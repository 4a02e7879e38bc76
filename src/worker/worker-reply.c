/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way of an answer: gathered until it is worth a write, compressed if it
   pays, cut into frames. The head leaves with the first bytes of the body, so
   an answer that ends before that has a Content-Length. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "compat.h"
#include "ostream-private.h"
#include "worker.h"

/* Written when so much is there */
#define WORKER_REPLY_CHUNK (128 * 1024)
/* So much is not gathered but sent from where it is. */
#define WORKER_REPLY_DIRECT (64 * 1024)
/* Smaller answers are not worth a gzip header and the client's time */
#define WORKER_GZIP_MIN_SIZE 128

struct worker_ostream {
	struct ostream_private ostream;
	struct worker_reply *reply;
};

/* Beginnings of the content types that shrink */
static const char *const worker_gzip_types[] = {
	"text/", "application/vnd.ms-sync", "application/xml",
	"application/json", "application/mapi-http", NULL
};

void worker_reply_init(struct worker_reply *reply, struct worker_conn *conn,
		       pool_t pool, bool accepts_gzip)
{
	i_zero(reply);
	reply->conn = conn;
	reply->pool = pool;
	reply->accepts_gzip = accepts_gzip;
	p_array_init(&reply->head.headers, pool, 8);
	p_array_init(&reply->log, pool, 8);
	reply->pending = buffer_create_dynamic(default_pool, 1024);
}

void worker_reply_deinit(struct worker_reply *reply)
{
	if (reply->body != NULL)
		o_stream_destroy(&reply->body);
	worker_gzip_deinit(&reply->gz);
	buffer_free(&reply->pending);
	buffer_free(&reply->gz_out);
}

void worker_reply_begin(struct worker_reply *reply, unsigned int status,
			const char *reason)
{
	i_assert(!reply->begun && !reply->parked);
	reply->begun = TRUE;
	reply->head.status = status;
	reply->head.reason = p_strdup(reply->pool, reason);
}

void worker_reply_header(struct worker_reply *reply, const char *name,
			 const char *value)
{
	struct ipc_header *header;

	i_assert(reply->begun && !reply->head_sent);
	header = array_append_space(&reply->head.headers);
	header->name = p_strdup(reply->pool, name);
	header->value = p_strdup(reply->pool, value);
}

static bool worker_reply_wants_gzip(struct worker_reply *reply)
{
	const char *type = ipc_header_find(&reply->head.headers, "Content-Type");
	unsigned int i;

	/* the front writes parts of a stream itself */
	if (!reply->accepts_gzip || type == NULL || reply->head.stream.used ||
	    ipc_header_find(&reply->head.headers, "Content-Encoding") != NULL)
		return FALSE;
	for (i = 0; worker_gzip_types[i] != NULL; i++) {
		if (strncasecmp(type, worker_gzip_types[i],
				strlen(worker_gzip_types[i])) == 0)
			return TRUE;
	}
	return FALSE;
}

static int worker_reply_send_log(struct worker_reply *reply)
{
	struct ipc_log log;
	buffer_t *buf;
	int ret;

	if (array_is_empty(&reply->log))
		return 0;
	log.fields = reply->log;
	buf = t_buffer_create(256);
	ipc_log_append(buf, &log);
	ret = worker_conn_write(reply->conn, buf->data, buf->used);
	array_clear(&reply->log);
	return ret;
}

/* last: everything of the body is in pending now */
static int worker_reply_send_head(struct worker_reply *reply, bool last)
{
	buffer_t *buf;

	reply->head_sent = TRUE;
	if ((!last || reply->pending->used > WORKER_GZIP_MIN_SIZE) &&
	    worker_reply_wants_gzip(reply)) {
		reply->gz = worker_gzip_init();
		reply->gz_out = buffer_create_dynamic(default_pool, 4096);
		reply->head_sent = FALSE;
		worker_reply_header(reply, "Content-Encoding", "gzip");
		worker_reply_header(reply, "Vary", "Accept-Encoding");
		reply->head_sent = TRUE;
		if (last) {
			worker_gzip_more(reply->gz, reply->pending->data,
					 reply->pending->used, FALSE, TRUE,
					 reply->gz_out);
			buffer_set_used_size(reply->pending, 0);
		}
	}
	if (last) {
		reply->head.has_size = TRUE;
		reply->head.body_size = reply->gz != NULL ?
			reply->gz_out->used : reply->pending->used;
	}
	buf = t_buffer_create(512);
	ipc_response_append(buf, &reply->head);
	return worker_conn_write(reply->conn, buf->data, buf->used);
}

/* Whatever is pending, over the wire */
static int worker_reply_send(struct worker_reply *reply, bool flush, bool last)
{
	buffer_t *out = reply->pending;
	int ret;

	if (!reply->head_sent && worker_reply_send_head(reply, last) < 0)
		return -1;
	if (reply->gz != NULL) {
		out = reply->gz_out;
		if (!reply->head.has_size) {
			worker_gzip_more(reply->gz, reply->pending->data,
					 reply->pending->used, flush, last, out);
			buffer_set_used_size(reply->pending, 0);
		}
	}
	ret = worker_conn_write_body(reply->conn, out->data, out->used,
				     NULL, 0);
	buffer_set_used_size(out, 0);
	return ret;
}

/* 1 sent together with what is pending, 0 not possible: it is compressed; -1 */
static int worker_reply_write_direct(struct worker_reply *reply,
				     const void *data, size_t size)
{
	buffer_t *pending = reply->pending;
	int ret;

	if (!reply->head_sent && worker_reply_send_head(reply, FALSE) < 0)
		return -1;
	if (reply->gz != NULL)
		return 0;
	ret = worker_conn_write_body(reply->conn, pending->data, pending->used,
				     data, size);
	buffer_set_used_size(pending, 0);
	return ret < 0 ? -1 : 1;
}

int worker_reply_write(struct worker_reply *reply, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t room;
	int ret = 0;

	reply->body_size += size;
	if (size >= WORKER_REPLY_DIRECT) {
		T_BEGIN {
			ret = worker_reply_write_direct(reply, data, size);
		} T_END;
		if (ret != 0)
			return ret < 0 ? -1 : 0;
	}
	while (size > 0 && ret == 0) {
		room = I_MIN(size, WORKER_REPLY_CHUNK - reply->pending->used);
		buffer_append(reply->pending, p, room);
		p += room;
		size -= room;
		if (reply->pending->used == WORKER_REPLY_CHUNK) T_BEGIN {
			ret = worker_reply_send(reply, FALSE, FALSE);
		} T_END;
	}
	return reply->conn->error == NULL ? 0 : -1;
}

int worker_reply_stream(struct worker_reply *reply,
			const struct ipc_stream *stream)
{
	int ret;

	i_assert(reply->begun && !reply->head_sent);
	reply->head.stream = *stream;
	reply->head.stream.used = TRUE;
	T_BEGIN {
		ret = worker_reply_send_head(reply, FALSE);
	} T_END;
	return ret;
}

int worker_reply_flush(struct worker_reply *reply)
{
	int ret = 0;

	if (reply->pending->used > 0 && !reply->ended) T_BEGIN {
		ret = worker_reply_send(reply, TRUE, FALSE);
	} T_END;
	return ret;
}

int worker_reply_end(struct worker_reply *reply)
{
	unsigned char end[IPC_FRAME_HEADER_SIZE];

	i_assert(reply->begun && !reply->ended);
	reply->ended = TRUE;
	if (worker_reply_send_log(reply) < 0 ||
	    worker_reply_send(reply, FALSE, TRUE) < 0)
		return -1;
	ipc_frame_header(end, IPC_END, 0);
	return worker_conn_write(reply->conn, end, sizeof(end));
}

int worker_reply_park(struct worker_reply *reply, const struct ipc_park *park)
{
	buffer_t *buf;

	i_assert(!reply->begun && !reply->parked);
	reply->parked = TRUE;
	if (worker_reply_send_log(reply) < 0)
		return -1;
	buf = t_buffer_create(1024);
	ipc_park_append(buf, park);
	return worker_conn_write(reply->conn, buf->data, buf->used);
}

/* --- the body as an ostream ------------------------------------------------ */

static int worker_ostream_error(struct worker_ostream *wstream)
{
	io_stream_set_error(&wstream->ostream.iostream, "%s",
			    wstream->reply->conn->error);
	wstream->ostream.ostream.stream_errno = EPIPE;
	return -1;
}

static ssize_t worker_ostream_sendv(struct ostream_private *stream,
				    const struct const_iovec *iov,
				    unsigned int iov_count)
{
	struct worker_ostream *wstream =
		container_of(stream, struct worker_ostream, ostream);
	ssize_t sent = 0;
	unsigned int i;

	for (i = 0; i < iov_count; i++) {
		if (worker_reply_write(wstream->reply, iov[i].iov_base,
				       iov[i].iov_len) < 0)
			return worker_ostream_error(wstream);
		sent += iov[i].iov_len;
	}
	stream->ostream.offset += sent;
	return sent;
}

/* A handler's flush is a wish for the bytes to be seen.  Corking streams flush
   all the time; only what fills a part of a chunk is worth a frame. */
static int worker_ostream_flush(struct ostream_private *stream)
{
	struct worker_ostream *wstream =
		container_of(stream, struct worker_ostream, ostream);

	return wstream->reply->conn->error == NULL ? 1 :
		worker_ostream_error(wstream);
}

struct ostream *worker_reply_body(struct worker_reply *reply)
{
	struct worker_ostream *wstream;

	i_assert(reply->begun);
	if (reply->body == NULL) {
		wstream = i_new(struct worker_ostream, 1);
		wstream->reply = reply;
		wstream->ostream.sendv = worker_ostream_sendv;
		wstream->ostream.flush = worker_ostream_flush;
		wstream->ostream.ostream.blocking = TRUE;
		reply->body = o_stream_create(&wstream->ostream, NULL, -1);
		o_stream_set_name(reply->body, "(answer)");
		o_stream_set_no_error_handling(reply->body, TRUE);
	}
	return reply->body;
}
