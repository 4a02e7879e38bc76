/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ITEMSEARCH_H
#define EAS_ITEMSEARCH_H

/* Searching appointments, contacts, tasks and notes in the folders that the
   device is shown: Search. Internal to src/eas. */

#include "eas-class.h"

struct eas_itemsearch {
	/* Words; NULL: there are no hits */
	const char *text;
	/* CollectionIds as sent (of mail folders, too); empty: everywhere */
	const ARRAY_TYPE(const_string) *collection_ids;
	/* Bits, 1 << enum store_class */
	unsigned int classes;
};

/* At most max hits, class after class; total_r counts all. 0, -1 */
int eas_itemsearch_run(struct eas_request *req,
		       const struct eas_itemsearch *search, unsigned int max,
		       ARRAY_TYPE(store_item_hit) *hits_r,
		       unsigned int *total_r);

#endif
