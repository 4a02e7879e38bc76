/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table that the plugin finds by name. */

#include "lib.h"
#include "meta-private.h"
#include "dovetail-meta-api.h"

const struct meta_api dovetail_meta_api = {
	.version = META_API_VERSION,
#define META_API_ENTRY(func) .func = func,
	META_API_FUNCTIONS(META_API_ENTRY)
};
