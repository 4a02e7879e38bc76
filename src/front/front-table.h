/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_TABLE_H
#define FRONT_TABLE_H

/* A hash table whose links are in its items: eight bytes for each, and eight
   for its bucket (Dovecot's own takes 50). The owner knows how items compare. */

struct front_table_item {
	struct front_table_item *next;
	/* given by the owner, not derived from what may change */
	unsigned int hash;
};

struct front_table {
	struct front_table_item **buckets;
	unsigned int buckets_count, count;
};

void front_table_init(struct front_table *table);
/* It must be empty. */
void front_table_deinit(struct front_table *table);
/* The first item with this hash's bucket; go on with ->next, compare hash and
   key. */
struct front_table_item *
front_table_first(const struct front_table *table, unsigned int hash);
/* item->hash is set */
void front_table_add(struct front_table *table, struct front_table_item *item);
void front_table_remove(struct front_table *table,
			struct front_table_item *item);

#endif
