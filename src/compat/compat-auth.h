/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_AUTH_H
#define DOVETAIL_COMPAT_AUTH_H

/* Asking auth, and handing a login to a worker: the calls are the same, 2.4
   gave them other names. The front uses 2.3's. */

#include "compat.h"
#include "auth-client.h"
#ifdef DT_DOVECOT_24
#  include "login-client.h"

#  define master_auth login_client_list
#  define master_auth_init login_client_list_init
#  define master_auth_deinit login_client_list_deinit
#  define master_auth_request login_request
#  define master_auth_request_params login_client_request_params
#  define master_auth_request_full login_client_request
#  define master_auth_request_abort login_client_request_abort
#  define master_auth_reply login_reply
#  define MASTER_AUTH_STATUS_OK LOGIN_REPLY_STATUS_OK
#  define MASTER_AUTH_COOKIE_SIZE LOGIN_REQUEST_COOKIE_SIZE
/* "as good as TLS" is not told to workers any more, only TLS itself */
#  define MAIL_AUTH_REQUEST_FLAG_CONN_SECURED 0
#  define MAIL_AUTH_REQUEST_FLAG_CONN_SSL_SECURED \
	LOGIN_REQUEST_FLAG_END_CLIENT_SECURED_TLS
#  define AUTH_REQUEST_FLAG_SECURED AUTH_REQUEST_FLAG_CONN_SECURED
#  define AUTH_REQUEST_FLAG_TRANSPORT_SECURITY_TLS \
	AUTH_REQUEST_FLAG_CONN_SECURED_TLS
#else
#  include "master-auth.h"
#endif

#endif
