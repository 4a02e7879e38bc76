/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list in order: positions, ids and seeking for protocols that page through
   all of it. Made of the cache at first use, and dropped with it. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hash.h"
#include "md5.h"
#include "sort.h"
#include "directory-private.h"

#include <ctype.h>

/* Ids are 30 bits. */
#define DIRECTORY_ID_MASK 0x3fffffffU
#define NO_POSITION UINT_MAX

struct directory_order_id {
	uint32_t id;
	/* of cache->records */
	unsigned int index;
};

struct directory_order {
	/* Those that are shown, as indexes of cache->records */
	unsigned int *sorted;
	unsigned int count;
	/* by index of cache->records */
	unsigned int *positions;
	/* by id */
	struct directory_order_id *ids;
	unsigned int ids_count;
	/* by index of cache->records */
	uint32_t *id_of;
	/* by position: with what its words begin */
	struct directory_prefixes *prefixes;
};

static uint32_t id_hash(const char *address, unsigned int salt)
{
	unsigned char digest[MD5_RESULTLEN];
	const char *text = t_str_lcase(address);

	if (salt > 0)
		text = t_strdup_printf("%s\n%u", text, salt);
	md5_get_digest(text, strlen(text), digest);
	return be32_to_cpu_unaligned(digest) & DIRECTORY_ID_MASK;
}

uint32_t directory_address_id(const char *address)
{
	uint32_t id;

	T_BEGIN {
		id = id_hash(address, 0);
	} T_END;
	return id;
}

/* --- making it ---------------------------------------------------------------------- */

static int id_cmp(const struct directory_order_id *a,
		  const struct directory_order_id *b)
{
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->index < b->index ? -1 : (a->index > b->index ? 1 : 0);
}

/* Addresses whose hashes meet all get others, none keeps it: an id that was given
   out before the second one came must not mean somebody else now. */
static bool ids_part(struct directory_cache *cache,
		     struct directory_order *order, unsigned int salt)
{
	struct directory_order_id *ids = order->ids;
	unsigned int i, end, n = order->ids_count;
	bool again = FALSE;

	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && ids[end].id == ids[i].id; end++) ;
		if (end == i + 1)
			continue;
		for (; i < end; i++) T_BEGIN {
			const struct directory_record *record =
				array_idx(&cache->records, ids[i].index);

			ids[i].id = id_hash(record->entry.email, salt);
		} T_END;
		again = TRUE;
	}
	return again;
}

static void ids_make(struct directory_cache *cache,
		     struct directory_order *order)
{
	const struct directory_record *record;
	unsigned int salt = 0, i = 0;

	array_foreach(&cache->records, record) {
		order->ids[i].id = directory_address_id(record->entry.email);
		order->ids[i].index = i;
		i++;
	}
	do {
		i_qsort(order->ids, order->ids_count, sizeof(*order->ids),
			id_cmp);
	} while (ids_part(cache, order, ++salt));
	for (i = 0; i < order->ids_count; i++)
		order->id_of[order->ids[i].index] = order->ids[i].id;
}

struct sort_key {
	const char *key;
	unsigned int index;
};

static int sort_key_cmp(const struct sort_key *a, const struct sort_key *b)
{
	int ret = strcmp(a->key, b->key);

	if (ret != 0)
		return ret;
	return a->index < b->index ? -1 : (a->index > b->index ? 1 : 0);
}

static void sorted_make(struct directory_cache *cache,
			struct directory_order *order)
{
	unsigned int i, count = array_count(&cache->records);
	struct sort_key *keys = i_new(struct sort_key, count + 1);
	const struct directory_record *record;

	for (i = 0; i < count; i++) {
		order->positions[i] = NO_POSITION;
		record = array_idx(&cache->records, i);
		if (record->entry.hidden)
			continue;
		keys[order->count].key = record->key;
		keys[order->count++].index = i;
	}
	i_qsort(keys, order->count, sizeof(*keys), sort_key_cmp);
	for (i = 0; i < order->count; i++) {
		order->sorted[i] = keys[i].index;
		order->positions[keys[i].index] = i;
	}
	i_free(keys);
}

/* --- words' beginnings --------------------------------------------------------------- */

static bool is_letter(unsigned char chr)
{
	return chr >= 0x80 || i_isalnum(chr);
}

/* One of 64 for each beginning of so many bytes */
static const unsigned int prefix_sizes[DIRECTORY_PREFIXES] = { 2, 3, 5, 8 };

static void prefixes_add(const char *word, struct directory_prefixes *p)
{
	unsigned int hash = 0, n = 0, i;

	for (i = 0; i < N_ELEMENTS(prefix_sizes); i++) {
		for (; n < prefix_sizes[i]; n++) {
			if (word[n] == '\0')
				return;
			hash = hash * 31 + (unsigned char)word[n];
		}
		p->bits[i] |= 1ULL << ((hash ^ hash >> 6 ^ hash >> 12) & 63);
	}
}

void directory_prefixes_of(const char *const *words,
			   struct directory_prefixes *prefixes_r)
{
	i_zero(prefixes_r);
	for (; *words != NULL; words++)
		prefixes_add(*words, prefixes_r);
}

static void prefixes_make(struct directory_cache *cache,
			  struct directory_order *order)
{
	const struct directory_record *record;
	unsigned int i;
	const char *p;

	for (i = 0; i < order->count; i++) {
		record = array_idx(&cache->records, order->sorted[i]);
		for (p = record->key; *p != '\0'; p++) {
			if (p == record->key || !is_letter(p[-1]))
				prefixes_add(p, &order->prefixes[i]);
		}
	}
}

static void order_make(struct directory_cache *cache)
{
	unsigned int count = array_count(&cache->records);
	struct directory_order *order =
		p_new(cache->pool, struct directory_order, 1);

	/* One of each even if there is nobody */
	order->sorted = p_new(cache->pool, unsigned int, count + 1);
	order->positions = p_new(cache->pool, unsigned int, count + 1);
	order->ids = p_new(cache->pool, struct directory_order_id, count + 1);
	order->id_of = p_new(cache->pool, uint32_t, count + 1);
	order->prefixes = p_new(cache->pool, struct directory_prefixes,
				count + 1);
	order->ids_count = count;
	ids_make(cache, order);
	sorted_make(cache, order);
	prefixes_make(cache, order);
	cache->order = order;
}

/* --- reading it --------------------------------------------------------------------- */

int directory_list(struct directory *dir, unsigned int *count_r)
{
	*count_r = 0;
	if (directory_load(dir) < 0) {
		directory_idle(dir);
		return -1;
	}
	directory_idle(dir);
	if (dir->cache->order == NULL)
		order_make(dir->cache);
	*count_r = dir->cache->order->count;
	return 0;
}

static void listed_fill(struct directory_cache *cache, unsigned int index,
			struct directory_listed *listed_r)
{
	const struct directory_record *record =
		array_idx(&cache->records, index);

	listed_r->entry = &record->entry;
	listed_r->key = record->key;
	listed_r->id = cache->order->id_of[index];
	listed_r->position = cache->order->positions[index];
}

void directory_list_at(struct directory *dir, unsigned int position,
		       struct directory_listed *listed_r)
{
	i_assert(position < dir->cache->order->count);
	listed_fill(dir->cache, dir->cache->order->sorted[position], listed_r);
}

static bool prefixes_include(const struct directory_prefixes *all,
			     const struct directory_prefixes *some)
{
	unsigned int i;

	for (i = 0; i < DIRECTORY_PREFIXES; i++) {
		if ((all->bits[i] & some->bits[i]) != some->bits[i])
			return FALSE;
	}
	return TRUE;
}

unsigned int
directory_list_next(struct directory *dir, unsigned int from,
		    const struct directory_prefixes *prefixes)
{
	const struct directory_order *order = dir->cache->order;

	for (; from < order->count; from++) {
		if (prefixes_include(&order->prefixes[from], prefixes))
			break;
	}
	return from;
}

bool directory_list_find_id(struct directory *dir, uint32_t id,
			    struct directory_listed *listed_r)
{
	const struct directory_order *order = dir->cache->order;
	unsigned int low = 0, high = order->ids_count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (order->ids[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == order->ids_count || order->ids[low].id != id)
		return FALSE;
	listed_fill(dir->cache, order->ids[low].index, listed_r);
	return TRUE;
}

bool directory_list_find(struct directory *dir, const char *address,
			 struct directory_listed *listed_r)
{
	const struct directory_record *record, *first;

	record = directory_cache_find(dir->cache, address);
	if (record == NULL)
		return FALSE;
	first = array_front(&dir->cache->records);
	listed_fill(dir->cache, record - first, listed_r);
	return TRUE;
}

unsigned int directory_list_seek(struct directory *dir, const char *name)
{
	const struct directory_order *order = dir->cache->order;
	const struct directory_record *record;
	unsigned int low = 0, high = order->count;

	T_BEGIN {
		const char *key = directory_fold(name);

		while (low < high) {
			unsigned int mid = low + (high - low) / 2;

			record = array_idx(&dir->cache->records,
					   order->sorted[mid]);
			if (strcmp(record->key, key) < 0)
				low = mid + 1;
			else
				high = mid;
		}
	} T_END;
	return low;
}

const struct directory_entry *
directory_list_entry(struct directory *dir, pool_t pool,
		     const struct directory_entry *entry)
{
	const struct directory_entry *complete =
		directory_entry_complete(dir, pool, entry);

	directory_idle(dir);
	return complete;
}
