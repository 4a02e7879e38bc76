/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which protocol answers which path: one row each. */

#include "lib.h"
#include "dovetail-autodiscover.h"
#include "dovetail-eas.h"
#include "worker.h"

const struct worker_protocol worker_protocols[] = {
	{ EAS_PATH, eas_handle, eas_deinit, NULL },
	{ AUTODISCOVER_PREFIX, autodiscover_service_handle, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};
