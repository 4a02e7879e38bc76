/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Default folders of items: made at first use, shown in the user's language. */

#include "lib.h"
#include "store-items.h"

const char *store_display_name(struct store *store,
			       const struct store_node *node)
{
	(void)store;
	return node->info.name;
}
