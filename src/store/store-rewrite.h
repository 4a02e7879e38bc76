/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_REWRITE_H
#define STORE_REWRITE_H

#include "store-private.h"

/* A message that is written anew: saved, its object id moved to the new one, the
   old one expunged.  The intention is noted first, with the GUID that the new
   one will have: a crash at any instant is repaired when the folder is opened
   next, so that there is one message, with the id that clients know. */

struct store_rewrite {
	uint32_t old_uid;
	/* of the new message */
	const char *guid;
};

/* guid: data stack. 0 / -1 */
int store_rewrite_begin(struct store_folder *folder, uint32_t old_uid,
			struct store_rewrite *rewrite_r);
/* Nothing was saved. */
void store_rewrite_cancel(struct store_folder *folder,
			  const struct store_rewrite *rewrite);
int store_rewrite_finish(struct store_folder *folder,
			 const struct store_rewrite *rewrite,
			 uint32_t new_uid);

/* At the opening of a folder: what another process left half done. 1 something
   was done, 0 nothing to do, -1 */
int store_rewrite_repair(struct store_folder *folder);

#endif
