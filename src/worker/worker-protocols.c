/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which protocol answers which path: one row each. */

#include "lib.h"
#include "dovetail-autodiscover.h"
#include "dovetail-eas.h"
#include "dovetail-mapi.h"
#include "worker.h"

const struct worker_protocol worker_protocols[] = {
	{ EAS_PATH, eas_handle, eas_deinit, NULL },
	{ AUTODISCOVER_PREFIX, autodiscover_service_handle, NULL, NULL },
	{ MAPIHTTP_PATH_EMSMDB, mapihttp_emsmdb_handle, mapihttp_deinit,
	  mapihttp_leave },
	{ MAPIHTTP_PATH_NSPI, mapihttp_nspi_handle, emsmdb_deinit, NULL },
	{ MAPIHTTP_PATH, mapihttp_other_handle, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};
