/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mapi.h"

#define NONE { 0, NULL, 0, 0, NULL, NULL }
const struct mapi_rop_def mapi_rops_message[] = { NONE };
const struct mapi_rop_def mapi_rops_attach[] = { NONE };
const struct mapi_rop_def mapi_rops_stream[] = { NONE };
const struct mapi_rop_def mapi_rops_submit[] = { NONE };
const struct mapi_rop_def mapi_rops_permission[] = { NONE };
const struct mapi_rop_def mapi_rops_rule[] = { NONE };
const struct mapi_rop_def mapi_rops_notify[] = { NONE };
const struct mapi_rop_def mapi_rops_sync[] = { NONE };
