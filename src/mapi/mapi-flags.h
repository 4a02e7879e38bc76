/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_FLAGS_H
#define MAPI_FLAGS_H

/* What of a mail lives in IMAP's flags and keywords: read, follow-up, answered,
   forwarded, categories. */

#include "mapi-msg.h"

/* Keywords of the categories in the bag, NULL-terminated (rop->pool) */
const char *const *mapi_categories_keywords(struct mapi_rop *rop,
					    const struct mapi_bag *bag);
/* What the bag has of categories, to know again: NULL if none. Asked of what the mail
   itself says (Keywords), before what clients wrote is put over it. */
const void *mapi_categories_mark(const struct mapi_bag *bag);
/* IMAP's keywords are what holds of categories that a client once wrote: those that
   are gone there are left out, those that are new are added, in whatever protocol that
   was done. mark: of what the mail itself says, which stays. */
void mapi_categories_show(struct mapi_rop *rop, const char *const *keywords,
			  const void *mark, struct mapi_bag *bag);
/* Puts the flags and keywords of a stored mail in step with its properties, as far
   as changes touch them. */
uint32_t mapi_flags_of_bag(struct mapi_rop *rop, store_fid_t fid, uint32_t uid,
			   const struct mapi_bag *bag,
			   const struct mapi_msg_changes *changes);
/* \Seen of mails; changed_r (may be NULL): whether any changed */
uint32_t mapi_flags_set_read(struct mapi_rop *rop, store_fid_t fid,
			     const ARRAY_TYPE(seq_range) *uids, bool read,
			     bool *changed_r);
/* Takes bodies out of a bag. */
void mapi_bodies_drop(struct mapi_bag *bag);

#endif
