/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

#include "store-private.h"

/* Number of a message's last change of flags, keywords or private flags. */
uint64_t store_modseq_of(struct store_folder *folder, uint32_t seq,
			 uint32_t uid);
void store_uids_to_seqs(struct store_folder *folder,
			const ARRAY_TYPE(seq_range) *uids,
			ARRAY_TYPE(seq_range) *seqs);

/* --- store-rewrite.c --------------------------------------------------------- */

/* The message `uid` was written over which one of these? 1, 0 none, -1 */
int store_rewritten_from(struct store_folder *folder, uint32_t uid,
			 const ARRAY_TYPE(seq_range) *olds,
			 uint32_t *old_uid_r);

#endif
