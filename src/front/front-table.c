/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: chains of items. */

#include "lib.h"
#include "front-table.h"

#define TABLE_MIN_BUCKETS 128

static struct front_table_item **
table_bucket(const struct front_table *table, unsigned int hash)
{
	return &table->buckets[hash & (table->buckets_count - 1)];
}

void front_table_init(struct front_table *table)
{
	i_zero(table);
	table->buckets_count = TABLE_MIN_BUCKETS;
	table->buckets = i_new(struct front_table_item *,
			       table->buckets_count);
}

void front_table_deinit(struct front_table *table)
{
	i_assert(table->count == 0);
	i_free(table->buckets);
}

static void table_resize(struct front_table *table, unsigned int count)
{
	struct front_table_item **old = table->buckets, **bucket, *item, *next;
	unsigned int i, old_count = table->buckets_count;

	table->buckets_count = count;
	table->buckets = i_new(struct front_table_item *, count);
	for (i = 0; i < old_count; i++) {
		for (item = old[i]; item != NULL; item = next) {
			next = item->next;
			bucket = table_bucket(table, item->hash);
			item->next = *bucket;
			*bucket = item;
		}
	}
	i_free(old);
}

struct front_table_item *
front_table_first(const struct front_table *table, unsigned int hash)
{
	return *table_bucket(table, hash);
}

void front_table_add(struct front_table *table, struct front_table_item *item)
{
	struct front_table_item **bucket;

	if (table->count >= table->buckets_count)
		table_resize(table, table->buckets_count * 2);
	bucket = table_bucket(table, item->hash);
	item->next = *bucket;
	*bucket = item;
	table->count++;
}

void front_table_remove(struct front_table *table,
			struct front_table_item *item)
{
	struct front_table_item **pos = table_bucket(table, item->hash);

	while (*pos != item) {
		i_assert(*pos != NULL);
		pos = &(*pos)->next;
	}
	*pos = item->next;
	if (--table->count < table->buckets_count / 4 &&
	    table->buckets_count > TABLE_MIN_BUCKETS)
		table_resize(table, table->buckets_count / 2);
}
