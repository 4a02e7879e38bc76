/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_TLS_H
#define FRONT_TLS_H

#include <openssl/ssl.h>

struct master_service;

enum front_tls_status {
	FRONT_TLS_DONE,
	FRONT_TLS_WANT_READ,
	FRONT_TLS_WANT_WRITE,
	FRONT_TLS_CLOSED,
	FRONT_TLS_ERROR,
};

/* The context with Dovecot's settings, made fit for our connections. NULL: TLS
   is off in Dovecot's configuration, or broken (logged by Dovecot). Call after
   master_service_init_finish(). */
SSL_CTX *front_tls_context(struct master_service *service);

SSL *front_tls_create(SSL_CTX *ctx, int fd);
enum front_tls_status front_tls_accept(SSL *ssl, const char **error_r);
/* Is something there to read? WANT_READ: no. */
enum front_tls_status front_tls_peek(SSL *ssl);
/* *written_r: bytes taken */
enum front_tls_status front_tls_write(SSL *ssl, const void *data, size_t size,
				      size_t *written_r);
/* Says goodbye (no wait for the peer's) and frees; does not close the fd. */
void front_tls_free(SSL **ssl, bool clean);

struct istream *front_tls_istream_create(SSL *ssl, int fd, size_t max_size);

#endif
