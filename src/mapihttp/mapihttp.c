/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rows of the worker's table. */

#include "mapihttp-private.h"

void mapihttp_emsmdb_handle(struct service_request *req)
{
	mapihttp_handle(req, MAPIHTTP_EMSMDB);
}

void mapihttp_nspi_handle(struct service_request *req)
{
	mapihttp_handle(req, MAPIHTTP_NSPI);
}

bool mapihttp_leave(void)
{
	return mapihttp_sessions_park();
}

void mapihttp_deinit(void)
{
	mapihttp_sessions_end();
}
