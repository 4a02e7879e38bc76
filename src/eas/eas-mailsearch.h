/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_MAILSEARCH_H
#define EAS_MAILSEARCH_H

/* Searching mail in several folders: Search and Find. Internal to src/eas. */

#include "dovetail-store.h"

struct eas_request;

struct eas_mailsearch {
	struct store_query query;
	/* CollectionIds as sent; empty: everywhere */
	ARRAY_TYPE(const_string) collection_ids;
	bool deep;
	/* Class elements were given; Email was among them */
	bool class_set, class_email;
	/* of items: bits, 1 << enum store_class */
	unsigned int item_classes;
};

void eas_mailsearch_init(struct eas_request *req,
			 struct eas_mailsearch *search_r);
/* The newest max hits. 1, 0: an unknown folder, -1: store_last_error() */
int eas_mailsearch_run(struct eas_request *req,
		       const struct eas_mailsearch *search, unsigned int max,
		       ARRAY_TYPE(store_hit) *hits_r, unsigned int *total_r);

#endif
