/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: clients' connections: handshake, where requests begin and end on them,
   output, time-outs, the client's going away. */

#define _GNU_SOURCE /* splice() */
#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "str.h"
#include "http-request-parser.h"
#include "http-url.h"
#include "master-service.h"
#include "front.h"
#include "front-http.h"
#include "front-log.h"
#include "front-mem.h"
#include "front-park.h"
#include "front-request.h"
#include "compat-front.h"
#include "front-conn.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONN_MAX_INPUT (64 * 1024)
#define CONN_INIT_INPUT 2048
#define CONN_MAX_HEADERS_SIZE (32 * 1024)
#define CONN_MAX_HEADER_SIZE (16 * 1024)
#define CONN_MAX_HEADERS 100
#define CONN_LINGER_SECS 2
#define CONN_MIN_FD 256
/* A body on its way through: read at once; less is not worth a splice(2) */
#define CONN_PASS_SIZE (32 * 1024)
#define CONN_SPLICE_MIN 4096
#define CONN_PIPE_SIZE (256 * 1024)

/* Exists while a request is read. */
struct front_conn_reader {
	struct istream *input;
	struct http_request_parser *parser;
	/* of the request whose head is being read */
	pool_t pool;
	struct timeval started;
	/* where in the input it begins */
	uoff_t start;
};

/* Exists while the socket does not take all. */
struct front_conn_writer {
	buffer_t *buffer;
	size_t pos;
	struct timeout *to_broken;
};

static void conn_input(struct front_conn *conn);
static void conn_flush(struct front_conn *conn);

/* Waiting */

static void conn_poll(struct front_conn *conn)
{
	enum front_poll_event events = 0;

	if (conn->reading)
		events |= FRONT_POLL_READ;
	if (front_conn_unsent(conn) > 0 || conn->handshake_writes)
		events |= FRONT_POLL_WRITE;
	front_poll_set(conn->front->poll, conn->fd, conn, conn->polled, events);
	conn->polled = events;
}

void front_conn_ready(void *context, enum front_poll_event events)
{
	struct front_conn *conn = context;

	front_conn_ref(conn);
	if ((events & FRONT_POLL_WRITE) != 0 && front_conn_unsent(conn) > 0)
		conn_flush(conn);
	if (!conn->destroyed &&
	    (((events & FRONT_POLL_READ) != 0 && conn->reading) ||
	     ((events & FRONT_POLL_WRITE) != 0 && conn->handshake_writes)))
		conn_input(conn);
	front_conn_unref(conn);
}

/* Lists */

static void conn_unlist(struct front_conn *conn)
{
	struct front *front = conn->front;

	switch (conn->list) {
	case FRONT_CONN_FRESH:
		DLLIST2_REMOVE(&front->fresh_head, &front->fresh_tail, conn);
		break;
	case FRONT_CONN_IDLE:
		DLLIST2_REMOVE(&front->idle_head, &front->idle_tail, conn);
		break;
	case FRONT_CONN_BUSY:
		DLLIST2_REMOVE(&front->busy_head, &front->busy_tail, conn);
		break;
	}
}

static void conn_enlist(struct front_conn *conn, enum front_conn_list list)
{
	struct front *front = conn->front;

	conn->list = list;
	conn->since = (uint32_t)ioloop_time;
	switch (list) {
	case FRONT_CONN_FRESH:
		DLLIST2_APPEND(&front->fresh_head, &front->fresh_tail, conn);
		break;
	case FRONT_CONN_IDLE:
		DLLIST2_APPEND(&front->idle_head, &front->idle_tail, conn);
		break;
	case FRONT_CONN_BUSY:
		DLLIST2_APPEND(&front->busy_head, &front->busy_tail, conn);
		break;
	}
}

static void conn_move(struct front_conn *conn, enum front_conn_list list)
{
	conn_unlist(conn);
	conn_enlist(conn, list);
}

/* Life */

static void conn_peer_init(struct front_conn *conn,
			   const struct master_service_connection *mconn)
{
	struct front_peer *peer = &conn->peer;

	peer->remote_ip = mconn->remote_ip;
	peer->local_ip = mconn->local_ip;
	peer->real_remote_ip = mconn->real_remote_ip;
	peer->remote_port = mconn->remote_port;
	peer->local_port = mconn->local_port;
	peer->tls = mconn->ssl || mconn->COMPAT_CONN_HAPROXY.ssl;
	/* as Dovecot's logins: a connection inside the machine needs no TLS */
	peer->secured = peer->tls ||
		net_ip_compare(&mconn->real_remote_ip, &mconn->real_local_ip) ||
		net_ip_compare(&mconn->remote_ip, &mconn->local_ip) ||
		front_settings_is_trusted(conn->front->set,
					  &mconn->real_remote_ip);
}

static void conns_make_room(struct front *front)
{
	/* the client limit: better one who is idle goes than a new one waits */
	if (front->idle_head != NULL &&
	    front->conns_count >=
	    master_service_get_client_limit(master_service))
		front_conn_destroy(front->idle_head);
}

/* Dovecot's ioloop keeps memory for each number that it ever waited for: low
   numbers are left to its own sockets. */
static int conn_fd_up(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, CONN_MIN_FD);

	if (up < 0)
		return fd;
	i_close_fd(&fd);
	return up;
}

void front_conn_create(struct front *front,
		       const struct master_service_connection *mconn)
{
	struct front_conn *conn = front_mem_new(sizeof(*conn));

	conn->front = front;
	conn->fd = conn_fd_up(mconn->fd);
	(void)net_set_tcp_nodelay(conn->fd, TRUE);
	conn_peer_init(conn, mconn);
	conn->handshaked = !mconn->ssl;
	conn_enlist(conn, FRONT_CONN_FRESH);
	front->conns_count++;
	if (mconn->ssl) {
		if (front->ssl_ctx != NULL)
			conn->ssl = front_tls_create(front->ssl_ctx, conn->fd);
		if (conn->ssl == NULL) {
			e_error(front->event, "TLS connection from %s, but "
				"TLS is not available",
				net_ip2addr(&mconn->remote_ip));
			front_conn_destroy(conn);
			return;
		}
	}
	front_conn_read_resume(conn);
	conns_make_room(front);
}

static void conn_reader_free(struct front_conn *conn)
{
	struct front_conn_reader *reader = conn->reader;

	if (reader == NULL)
		return;
	conn->reader = NULL;
	http_request_parser_deinit(&reader->parser);
	i_stream_unref(&reader->input);
	pool_unref(&reader->pool);
	i_free(reader);
}

static void conn_writer_free(struct front_conn *conn)
{
	struct front_conn_writer *writer = conn->writer;

	if (writer == NULL)
		return;
	conn->writer = NULL;
	timeout_remove(&writer->to_broken);
	buffer_free(&writer->buffer);
	i_free(writer);
}

void front_conn_ref(struct front_conn *conn)
{
	conn->locks++;
}

void front_conn_unref(struct front_conn *conn)
{
	i_assert(conn->locks > 0);
	if (--conn->locks == 0 && conn->destroyed)
		front_mem_free(conn, sizeof(*conn));
}

void front_conn_destroy(struct front_conn *conn)
{
	struct front *front = conn->front;

	if (conn->destroyed)
		return;
	conn->destroyed = TRUE;
	front_conn_ref(conn);
	if (conn->record != NULL)
		front_park_client_gone(conn->record);
	if (conn->req != NULL)
		front_request_client_gone(conn->req);
	i_assert(conn->record == NULL && conn->req == NULL);
	conn_reader_free(conn);
	conn_writer_free(conn);
	conn->reading = conn->handshake_writes = FALSE;
	conn_poll(conn);
	if (conn->ssl != NULL)
		front_tls_free(&conn->ssl, !conn->broken);
	i_close_fd(&conn->fd);
	conn_unlist(conn);
	front->conns_count--;
	master_service_client_connection_destroyed(master_service);
	front_conn_unref(conn);
}

/* Output */

static void conn_broken_timeout(struct front_conn *conn)
{
	front_conn_destroy(conn);
}

static struct front_conn_writer *conn_writer_get(struct front_conn *conn)
{
	struct front_conn_writer *writer = conn->writer;

	if (writer == NULL) {
		writer = conn->writer = i_new(struct front_conn_writer, 1);
		writer->buffer = buffer_create_dynamic(default_pool, 4096);
	}
	return writer;
}

static void conn_set_broken(struct front_conn *conn)
{
	struct front_conn_writer *writer = conn_writer_get(conn);

	conn->broken = TRUE;
	buffer_set_used_size(writer->buffer, 0);
	writer->pos = 0;
	conn_poll(conn);
	/* not at once: callers hold pointers */
	if (writer->to_broken == NULL) {
		writer->to_broken =
			timeout_add_short(0, conn_broken_timeout, conn);
	}
}

/* Returns bytes written, 0 if the socket is full, -1 if it is broken. */
static ssize_t conn_write(struct front_conn *conn, const void *data,
			  size_t size)
{
	size_t written;
	ssize_t ret;

	if (conn->ssl == NULL) {
		ret = send(conn->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (ret < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		return ret;
	}
	switch (front_tls_write(conn->ssl, data, size, &written)) {
	case FRONT_TLS_DONE:
		return written;
	case FRONT_TLS_WANT_READ:
	case FRONT_TLS_WANT_WRITE:
		return 0;
	default:
		return -1;
	}
}

/* TLS gets one piece, or it makes a record of each */
static size_t conn_write_vector(struct front_conn *conn,
				const struct iovec *iov, unsigned int count)
{
	struct msghdr msg = { .msg_iov = (void *)iov, .msg_iovlen = count };
	ssize_t ret;

	ret = sendmsg(conn->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (ret >= 0)
		return ret;
	if (errno != EAGAIN && errno != EINTR)
		conn_set_broken(conn);
	return 0;
}

/* Returns how much of it went out. */
static size_t conn_write_all(struct front_conn *conn,
			     const unsigned char *data, size_t size)
{
	size_t pos = 0;
	ssize_t ret;

	while (pos < size) {
		ret = conn_write(conn, data + pos, size - pos);
		if (ret < 0) {
			conn_set_broken(conn);
			return size;
		}
		if (ret == 0)
			break;
		pos += ret;
	}
	return pos;
}

void front_conn_send(struct front_conn *conn, const void *data, size_t size)
{
	struct front_conn_writer *writer;
	size_t sent = 0;

	if (conn->broken || conn->destroyed)
		return;
	if (front_conn_unsent(conn) == 0)
		sent = conn_write_all(conn, data, size);
	if (sent == size || conn->broken)
		return;
	writer = conn_writer_get(conn);
	buffer_append(writer->buffer, CONST_PTR_OFFSET(data, sent),
		      size - sent);
	conn_poll(conn);
}

void front_conn_sendv(struct front_conn *conn, const struct iovec *iov,
		      unsigned int count)
{
	size_t sent = 0, part;
	unsigned int i;
	buffer_t *all;

	if (conn->broken || conn->destroyed)
		return;
	if (conn->ssl != NULL) {
		all = t_buffer_create(iov[0].iov_len + iov[1].iov_len + 64);
		for (i = 0; i < count; i++)
			buffer_append(all, iov[i].iov_base, iov[i].iov_len);
		front_conn_send(conn, all->data, all->used);
		return;
	}
	if (front_conn_unsent(conn) == 0)
		sent = conn_write_vector(conn, iov, count);
	for (i = 0; i < count; i++) {
		part = I_MIN(sent, iov[i].iov_len);
		sent -= part;
		if (part < iov[i].iov_len) {
			front_conn_send(conn,
				CONST_PTR_OFFSET(iov[i].iov_base, part),
				iov[i].iov_len - part);
		}
	}
}

/* Without a pipe bodies are copied. */
void front_conns_init(struct front *front)
{
	int *pass = front->pass_pipe;

	if (pipe2(pass, O_NONBLOCK | O_CLOEXEC) < 0) {
		e_warning(front->event, "pipe2() failed: %m");
		pass[0] = pass[1] = -1;
		return;
	}
	(void)fcntl(pass[1], F_SETPIPE_SZ, CONN_PIPE_SIZE);
}

void front_conns_deinit(struct front *front)
{
	if (front->pass_pipe[0] == -1)
		return;
	i_close_fd(&front->pass_pipe[0]);
	i_close_fd(&front->pass_pipe[1]);
	front->pass_pipe[0] = front->pass_pipe[1] = -1;
}

/* The kernel moves the bytes through a pipe; what the client does not take is
   read out of it again, so that the pipe is empty between calls. */
static ssize_t conn_splice(struct front_conn *conn, int fd, size_t size)
{
	const unsigned int flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
	const int *pass = conn->front->pass_pipe;
	struct front_conn_writer *writer;
	ssize_t ret = 0, taken, left;

	taken = splice(fd, NULL, pass[1], NULL, size, flags);
	for (left = taken; left > 0; left -= ret) {
		ret = splice(pass[0], NULL, conn->fd, NULL, left, flags |
			     ((size_t)taken < size ? SPLICE_F_MORE : 0));
		if (ret <= 0)
			break;
	}
	if (left <= 0)
		return taken;
	if (ret < 0 && errno != EAGAIN && errno != EINTR)
		conn->broken = TRUE;
	writer = conn_writer_get(conn);
	/* what stayed in the pipe would reach the next client */
	if (read(pass[0], buffer_append_space_unsafe(writer->buffer, left),
		 left) != left)
		i_fatal("read(pipe) failed: %m");
	if (conn->broken)
		conn_set_broken(conn);
	else
		conn_poll(conn);
	return taken;
}

static ssize_t conn_copy(struct front_conn *conn, int fd, size_t size)
{
	unsigned char data[CONN_PASS_SIZE];
	ssize_t ret;

	ret = recv(fd, data, I_MIN(size, sizeof(data)), MSG_DONTWAIT);
	if (ret > 0)
		front_conn_send(conn, data, ret);
	return ret;
}

ssize_t front_conn_pass(struct front_conn *conn, int fd, size_t size)
{
	bool by_kernel = conn->ssl == NULL && !conn->broken &&
		conn->front->pass_pipe[0] != -1 && size >= CONN_SPLICE_MIN &&
		front_conn_unsent(conn) == 0;
	ssize_t ret = by_kernel ? conn_splice(conn, fd, size) :
		conn_copy(conn, fd, size);

	if (ret < 0 && errno == EINVAL && by_kernel) {
		/* this kernel has no splice(2) for these sockets */
		front_conns_deinit(conn->front);
		ret = conn_copy(conn, fd, size);
	}
	if (ret == 0)
		return -1;
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return ret;
}

size_t front_conn_unsent(const struct front_conn *conn)
{
	return conn->writer == NULL ? 0 :
		conn->writer->buffer->used - conn->writer->pos;
}

static void conn_sent_all(struct front_conn *conn)
{
	if (conn->req != NULL)
		front_request_output_ready(conn->req);
	else if (conn->closing && !conn->lingering)
		front_conn_destroy(conn);
}

static void conn_flush(struct front_conn *conn)
{
	struct front_conn_writer *writer = conn->writer;

	writer->pos += conn_write_all(conn,
		CONST_PTR_OFFSET(writer->buffer->data, writer->pos),
		writer->buffer->used - writer->pos);
	if (conn->broken)
		return;
	if (writer->pos < writer->buffer->used)
		return;
	conn_writer_free(conn);
	conn_poll(conn);
	conn_sent_all(conn);
}

/* Input */

static void conn_reader_create(struct front_conn *conn)
{
	struct front_conn_reader *reader;
	struct http_url base_url;
	const struct http_request_limits limits = {
		.max_target_length = HTTP_REQUEST_DEFAULT_MAX_TARGET_LENGTH,
		.max_payload_size = conn->front->set->max_body_size,
		.header = {
			.max_size = CONN_MAX_HEADERS_SIZE,
			.max_field_size = CONN_MAX_HEADER_SIZE,
			.max_fields = CONN_MAX_HEADERS,
		},
	};

	reader = conn->reader = i_new(struct front_conn_reader, 1);
	if (conn->ssl != NULL) {
		reader->input = front_tls_istream_create(conn->ssl, conn->fd,
							 CONN_MAX_INPUT);
	} else {
		reader->input = i_stream_create_fd(conn->fd, CONN_MAX_INPUT);
		i_stream_set_init_buffer_size(reader->input, CONN_INIT_INPUT);
	}
	/* HTTP/1.0 needs no Host header: the parser wants one from us */
	i_zero(&base_url);
	base_url.host.name = "localhost";
	reader->parser = http_request_parser_init(reader->input, &base_url,
						  &limits, 0);
}

static void conn_error_reply(struct front_conn *conn, unsigned int status,
			     const struct http_request *http, const char *error)
{
	struct front_http_head head = {
		.status = status,
		.body = FRONT_HTTP_BODY_SIZED,
		.close = TRUE,
	};
	string_t *text = t_str_new(256);

	front_log_broken(conn, status, http->method, http->target_raw, error);
	front_http_head_begin(text, &head);
	front_http_head_end(text);
	front_conn_send(conn, str_data(text), str_len(text));
	front_conn_request_done(conn, TRUE, TRUE);
}

static unsigned int
conn_error_status(enum http_request_parse_error code, const char *error)
{
	switch (code) {
	case HTTP_REQUEST_PARSE_ERROR_NOT_IMPLEMENTED:
	case HTTP_REQUEST_PARSE_ERROR_METHOD_TOO_LONG:
		return 501;
	case HTTP_REQUEST_PARSE_ERROR_EXPECTATION_FAILED:
		return 417;
	case HTTP_REQUEST_PARSE_ERROR_TARGET_TOO_LONG:
		return 414;
	case HTTP_REQUEST_PARSE_ERROR_PAYLOAD_TOO_LARGE:
		return 413;
	default:
		/* lib-http has no code of its own for these */
		if (strstr(error, "header") != NULL &&
		    (strstr(error, "large") != NULL ||
		     strstr(error, "too many") != NULL ||
		     strstr(error, "too long") != NULL ||
		     strstr(error, "xceed") != NULL))
			return 431;
		return 400;
	}
}

/* Where a request's body ends must be as clear to us as to a proxy before us
   (RFC 9112, 6.1 and 6.3). */
static const char *conn_head_fault(const struct http_request *http)
{
	const struct http_header_field *field;
	unsigned int codings = 0;

	array_foreach(http_header_get_fields(http->header), field) {
		if (!http_header_field_is(field, "Transfer-Encoding"))
			continue;
		if (++codings > 1 || strcasecmp(field->value, "chunked") != 0)
			return "Transfer-Encoding is not just chunked";
	}
	return NULL;
}

/* lib-http lets Transfer-Encoding win over Content-Length and drops the latter
   from what it returns. A head that was longer than its parts may have had
   both: the connection must not go on after it. */
static bool conn_head_was_longer(const struct http_request *http, uoff_t size)
{
	const struct http_header_field *field;
	uoff_t parts;

	if (http_request_header_find(http, "Transfer-Encoding") == NULL)
		return FALSE;
	/* the first line with its version, and the empty one */
	parts = strlen(http->method) + strlen(http->target_raw) +
		strlen("  HTTP/1.1\r\n\r\n");
	array_foreach(http_header_get_fields(http->header), field)
		parts += strlen(field->name) + field->size + strlen(": \r\n");
	return size > parts;
}

/* Returns 1 if a request has begun, 0 if more input is needed, -1 if the
   connection is done with. */
static int conn_parse(struct front_conn *conn)
{
	struct front_conn_reader *reader = conn->reader;
	enum http_request_parse_error code = HTTP_REQUEST_PARSE_ERROR_NONE;
	struct http_request http;
	const char *error = NULL;
	pool_t pool;
	int ret;

	if (reader->pool == NULL) {
		/* it holds the Authorization header */
		reader->pool = pool_alloconly_create_clean("front request",
							   3072);
		reader->started = ioloop_timeval;
		reader->start = reader->input->v_offset;
	}
	i_zero(&http);
	ret = http_request_parse_next(reader->parser, reader->pool, &http,
				      &code, &error);
	if (ret > 0) {
		error = conn_head_fault(&http);
		if (error != NULL) {
			conn_error_reply(conn, 400, &http, error);
			return -1;
		}
		if (conn_head_was_longer(&http, reader->input->v_offset -
					 reader->start))
			http.connection_close = TRUE;
		pool = reader->pool;
		reader->pool = NULL;
		conn_move(conn, FRONT_CONN_BUSY);
		front_request_begin(conn, pool, &http, &reader->started);
		return 1;
	}
	if (reader->input->eof || reader->input->stream_errno != 0 ||
	    code == HTTP_REQUEST_PARSE_ERROR_BROKEN_STREAM) {
		front_conn_destroy(conn);
		return -1;
	}
	if (ret < 0) {
		conn_error_reply(conn, conn_error_status(code, error), &http,
				 error);
		return -1;
	}
	return 0;
}

static void conn_read_head(struct front_conn *conn)
{
	if (conn->list == FRONT_CONN_IDLE)
		conn_move(conn, FRONT_CONN_FRESH);
	conn->locks++;
	/* pipelined requests are answered one after the other; each may be
	   done before front_request_begin() returns */
	while (!conn->destroyed && conn->req == NULL && conn->record == NULL &&
	       !conn->closing) {
		if (conn->reader == NULL)
			conn_reader_create(conn);
		if (conn_parse(conn) <= 0)
			break;
	}
	front_conn_unref(conn);
}

/* TRUE if the handshake is complete. */
static bool conn_handshake(struct front_conn *conn)
{
	enum front_tls_status status;
	const char *error;

	if (conn->handshaked)
		return TRUE;
	status = front_tls_accept(conn->ssl, &error);
	switch (status) {
	case FRONT_TLS_DONE:
		conn->handshaked = TRUE;
		conn->handshake_writes = FALSE;
		conn_poll(conn);
		return TRUE;
	case FRONT_TLS_WANT_READ:
	case FRONT_TLS_WANT_WRITE:
		conn->handshake_writes = status == FRONT_TLS_WANT_WRITE;
		conn_poll(conn);
		break;
	case FRONT_TLS_ERROR:
		e_debug(conn->front->event, "TLS handshake with %s failed: %s",
			net_ip2addr(&conn->peer.remote_ip), error);
		conn->broken = TRUE;
		/* fall through */
	case FRONT_TLS_CLOSED:
		front_conn_destroy(conn);
		break;
	}
	return FALSE;
}

/* 1: something to read, 0: nothing, -1: the client is gone */
static int conn_peek(struct front_conn *conn)
{
	ssize_t ret;
	char c;

	if (conn->ssl == NULL) {
		ret = recv(conn->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
		if (ret > 0)
			return 1;
		return ret < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	switch (front_tls_peek(conn->ssl)) {
	case FRONT_TLS_DONE:
		return 1;
	case FRONT_TLS_WANT_READ:
	case FRONT_TLS_WANT_WRITE:
		return 0;
	default:
		return -1;
	}
}

/* A request is served or held and needs no input: did the client go? */
static void conn_watch(struct front_conn *conn)
{
	switch (conn_peek(conn)) {
	case 1:
		/* The next request came early: it waits its turn. A held one
		   is ended, who sends more wants no more of it. */
		front_conn_read_pause(conn);
		if (conn->record != NULL)
			front_park_pipelined(conn->record);
		break;
	case 0:
		break;
	default:
		conn->broken = TRUE;
		front_conn_destroy(conn);
		break;
	}
}

static void conn_linger(struct front_conn *conn)
{
	unsigned char buf[4096];
	ssize_t ret;

	/* what it is does not matter, even if it is TLS */
	while ((ret = recv(conn->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	if (ret == 0 || (errno != EAGAIN && errno != EINTR))
		front_conn_destroy(conn);
}

static void conn_input(struct front_conn *conn)
{
	if (!conn_handshake(conn))
		return;
	/* TLS may have waited for input to write */
	if (conn->ssl != NULL && front_conn_unsent(conn) > 0) {
		conn->locks++;
		conn_flush(conn);
		bool gone = conn->destroyed;
		front_conn_unref(conn);
		if (gone)
			return;
	}
	if (conn->lingering)
		conn_linger(conn);
	else if (conn->closing)
		conn_watch(conn);
	else if (conn->req != NULL && front_request_wants_input(conn->req))
		front_request_input(conn->req);
	else if (conn->req != NULL || conn->record != NULL)
		conn_watch(conn);
	else
		conn_read_head(conn);
}

void front_conn_read_pause(struct front_conn *conn)
{
	conn->reading = FALSE;
	conn_poll(conn);
}

void front_conn_read_resume(struct front_conn *conn)
{
	if (conn->reading || conn->destroyed)
		return;
	conn->reading = TRUE;
	conn_poll(conn);
}

bool front_conn_has_input(const struct front_conn *conn)
{
	return conn->reader != NULL &&
		i_stream_get_data_size(conn->reader->input) > 0;
}

static void conn_linger_start(struct front_conn *conn)
{
	conn->lingering = TRUE;
	if (conn->ssl != NULL)
		front_tls_free(&conn->ssl, TRUE);
	(void)shutdown(conn->fd, SHUT_WR);
	conn_reader_free(conn);
	conn_move(conn, FRONT_CONN_FRESH);
	front_conn_read_resume(conn);
}

static void conn_close(struct front_conn *conn, bool linger)
{
	conn->closing = TRUE;
	if (front_conn_unsent(conn) > 0 || conn->broken) {
		/* conn_sent_all() goes on; the header time-out bounds it */
		conn_move(conn, FRONT_CONN_FRESH);
		return;
	}
	if (linger)
		conn_linger_start(conn);
	else
		front_conn_destroy(conn);
}

static void conn_next(struct front_conn *conn)
{
	conn_read_head(conn);
}

void front_conn_request_done(struct front_conn *conn, bool close, bool linger)
{
	i_assert(conn->req == NULL && conn->record == NULL);
	if (conn->destroyed)
		return;
	if (close || conn->front->stopping) {
		conn_close(conn, linger);
		return;
	}
	if (front_conn_has_input(conn)) {
		conn_move(conn, FRONT_CONN_FRESH);
		front_conn_read_resume(conn);
		/* in conn_read_head() already: its loop goes on */
		if (conn->locks == 0) {
			conn->locks++;
			conn_next(conn);
			front_conn_unref(conn);
		}
		return;
	}
	conn_reader_free(conn);
	conn_move(conn, FRONT_CONN_IDLE);
	front_conn_read_resume(conn);
}

void front_conn_park(struct front_conn *conn)
{
	i_assert(conn->record != NULL && conn->req == NULL);
	if (!front_conn_has_input(conn))
		conn_reader_free(conn);
	front_conn_read_resume(conn);
}

void front_conn_unpark(struct front_conn *conn)
{
	i_assert(conn->record == NULL);
	front_conn_read_resume(conn);
}

void front_conns_tick(struct front *front)
{
	const struct front_settings *set = front->set;
	struct front_conn *conn, *next;
	uint32_t now = (uint32_t)ioloop_time;

	for (conn = front->fresh_head; conn != NULL; conn = next) {
		next = conn->next;
		if (now - conn->since >= (conn->lingering ? CONN_LINGER_SECS :
					  set->header_timeout))
			front_conn_destroy(conn);
	}
	while ((conn = front->idle_head) != NULL &&
	       now - conn->since >= set->idle_timeout)
		front_conn_destroy(conn);
}

void front_conns_stop(struct front *front)
{
	struct front_conn *conn, *next;

	while (front->idle_head != NULL)
		front_conn_destroy(front->idle_head);
	for (conn = front->fresh_head; conn != NULL; conn = next) {
		next = conn->next;
		/* some are only sending their last answer */
		if (!conn->closing)
			front_conn_destroy(conn);
	}
}

void front_conns_abort(struct front *front)
{
	while (front->fresh_head != NULL)
		front_conn_destroy(front->fresh_head);
	while (front->idle_head != NULL)
		front_conn_destroy(front->idle_head);
	while (front->busy_head != NULL)
		front_conn_destroy(front->busy_head);
}
