/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which protocol answers which path: one row each. */

#include "lib.h"
#include "worker.h"

const struct worker_protocol worker_protocols[] = {
	{ NULL, NULL }
};
