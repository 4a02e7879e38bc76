/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_LOGON_H
#define MAPI_LOGON_H

/* The object that a logon is: the store itself (MS-OXCSTOR). */

#include "mapi.h"

struct mapi_logon_object {
	struct mapi_object obj;
};

/* The logon's object, for its properties; made by RopLogon. */
struct mapi_object *mapi_logon_object_new(struct mapi_rop *rop,
					  struct mapi_logon *logon);

#endif
