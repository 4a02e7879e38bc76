/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ITEM_RTF_H
#define EAS_ITEM_RTF_H

#include "eas-item-body.h"

/* Bodies as RTF (MS-ASAIRS 2.2.2.41 Type 3, and CompressedRTF of 2.5): base64 of
   compressed RTF (MS-OXRTFCP). */

/* text: as the client sent it. Fills in both; strings are of the pool. FALSE: it is
   no RTF, or larger than max. */
bool eas_item_rtf_read(pool_t pool, const char *text, size_t max,
		       struct eas_item_body *body_r);
/* Data stack */
string_t *eas_item_rtf_write(const struct eas_item_body *body);

#endif
