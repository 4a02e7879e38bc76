/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: TLS on a socket without streams of Dovecot's SSL library around it:
   those cost 50 KB for each held connection. */

#include "lib.h"
#include "compat-front.h"
#include "istream-private.h"
#include "master-service.h"
#include "front-tls.h"

#include <openssl/err.h>

/* records are at most 16 KB; a small first buffer suits phones' requests */
#define TLS_ISTREAM_INIT_SIZE 2048

struct tls_istream {
	struct istream_private istream;
	SSL *ssl;
};

SSL_CTX *front_tls_context(struct master_service *service)
{
	SSL_CTX *ctx = compat_master_service_ssl_ctx(service);

	if (ctx == NULL)
		return NULL;
	/* Dovecot's callbacks (2.4 has both) expect its own object behind
	   each SSL */
	SSL_CTX_set_tlsext_servername_callback(ctx, NULL);
	SSL_CTX_set_client_hello_cb(ctx, NULL, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
			 SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* a session in our memory for each phone would be no gain: tickets */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx,
		(const unsigned char *)"dovetail", strlen("dovetail"));
	return ctx;
}

SSL *front_tls_create(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL)
		return NULL;
	if (SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

static enum front_tls_status tls_status(SSL *ssl, int ret)
{
	switch (SSL_get_error(ssl, ret)) {
	case SSL_ERROR_NONE:
		return FRONT_TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return FRONT_TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return FRONT_TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return FRONT_TLS_CLOSED;
	default:
		return FRONT_TLS_ERROR;
	}
}

static const char *tls_error(void)
{
	unsigned long err = ERR_get_error();
	char buf[256];

	if (err == 0)
		return "connection closed";
	ERR_error_string_n(err, buf, sizeof(buf));
	return t_strdup(buf);
}

enum front_tls_status front_tls_accept(SSL *ssl, const char **error_r)
{
	enum front_tls_status status;

	ERR_clear_error();
	status = tls_status(ssl, SSL_accept(ssl));
	if (status == FRONT_TLS_ERROR)
		*error_r = tls_error();
	return status;
}

enum front_tls_status front_tls_peek(SSL *ssl)
{
	char c;

	ERR_clear_error();
	return tls_status(ssl, SSL_peek(ssl, &c, 1));
}

enum front_tls_status front_tls_write(SSL *ssl, const void *data, size_t size,
				      size_t *written_r)
{
	int ret;

	*written_r = 0;
	ERR_clear_error();
	ret = SSL_write(ssl, data, I_MIN(size, INT_MAX));
	if (ret > 0)
		*written_r = ret;
	return tls_status(ssl, ret);
}

void front_tls_free(SSL **_ssl, bool clean)
{
	SSL *ssl = *_ssl;

	*_ssl = NULL;
	if (clean && SSL_is_init_finished(ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	ERR_clear_error();
}

static ssize_t tls_istream_read(struct istream_private *stream)
{
	struct tls_istream *tstream =
		container_of(stream, struct tls_istream, istream);
	size_t size;
	int ret;

	if (!i_stream_try_alloc(stream, 1, &size))
		return -2;
	ERR_clear_error();
	ret = SSL_read(tstream->ssl, stream->w_buffer + stream->pos,
		       I_MIN(size, INT_MAX));
	switch (tls_status(tstream->ssl, ret)) {
	case FRONT_TLS_DONE:
		stream->pos += ret;
		return ret;
	case FRONT_TLS_WANT_READ:
	case FRONT_TLS_WANT_WRITE:
		return 0;
	case FRONT_TLS_CLOSED:
		stream->istream.eof = TRUE;
		return -1;
	case FRONT_TLS_ERROR:
		break;
	}
	stream->istream.eof = TRUE;
	stream->istream.stream_errno = EPIPE;
	return -1;
}

static void tls_istream_destroy(struct iostream_private *stream)
{
	struct istream_private *_stream =
		container_of(stream, struct istream_private, iostream);

	i_stream_free_buffer(_stream);
}

struct istream *front_tls_istream_create(SSL *ssl, int fd, size_t max_size)
{
	struct tls_istream *tstream = i_new(struct tls_istream, 1);
	struct istream *input;

	tstream->ssl = ssl;
	tstream->istream.read = tls_istream_read;
	tstream->istream.iostream.destroy = tls_istream_destroy;
	tstream->istream.max_buffer_size = max_size;
	tstream->istream.init_buffer_size = TLS_ISTREAM_INIT_SIZE;
	input = i_stream_create(&tstream->istream, NULL, fd, 0);
	input->readable_fd = FALSE;
	return input;
}
