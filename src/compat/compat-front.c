/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The front's view into Dovecot's master service. */

#include "lib.h"
#include "master-service-private.h"
#include "master-service-ssl.h"
#include "iostream-openssl.h"
#include "compat-front.h"

struct ssl_ctx_st *
compat_master_service_ssl_ctx(struct master_service *service)
{
	master_service_ssl_ctx_init(service);
	return service->ssl_ctx == NULL ? NULL : service->ssl_ctx->ssl_ctx;
}
