/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_FRONT_H
#define DOVETAIL_COMPAT_FRONT_H

/* What the front needs of Dovecot's private parts, which differ. */

#include "compat.h"

/* What the HAproxy in front told: member of master_service_connection */
#ifdef DT_DOVECOT_24
#  define COMPAT_CONN_HAPROXY haproxy
#else
#  define COMPAT_CONN_HAPROXY proxy
#endif

struct master_service;
struct ssl_ctx_st;

/* Dovecot's server context (an OpenSSL SSL_CTX), or NULL if TLS is off or its
   settings are broken (logged). */
struct ssl_ctx_st *
compat_master_service_ssl_ctx(struct master_service *service);

#endif
