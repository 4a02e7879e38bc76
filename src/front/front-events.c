/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the table of last changes. Pure: no I/O, no clock. */

#include "lib.h"
#include "hash.h"
#include "llist.h"
#include "randgen.h"
#include "sha2.h"
#include "front-events.h"

struct event_entry {
	/* by time of the newest change, the oldest first */
	struct event_entry *prev, *next;
	uint64_t key;
	uint64_t generation, origin;
	/* the newest change by another origin than that */
	uint64_t other_generation;
};

struct front_events {
	HASH_TABLE(uint64_t *, struct event_entry *) table;
	struct event_entry *head, *tail;
	unsigned int max_count;
	uint64_t generation;
	/* Changes up to here may have been forgotten */
	uint64_t floor;
	unsigned char seed[16];
};

static unsigned int key_hash(const uint64_t *key)
{
	/* the key is a keyed hash already */
	return (unsigned int)*key;
}

static int key_cmp(const uint64_t *a, const uint64_t *b)
{
	return *a == *b ? 0 : (*a < *b ? -1 : 1);
}

struct front_events *front_events_init(unsigned int max_count)
{
	struct front_events *events = i_new(struct front_events, 1);

	i_assert(max_count > 0);
	events->max_count = max_count;
	events->generation = 1;
	random_fill(events->seed, sizeof(events->seed));
	hash_table_create(&events->table, default_pool, 0, key_hash, key_cmp);
	return events;
}

void front_events_deinit(struct front_events **_events)
{
	struct front_events *events = *_events;
	struct event_entry *entry;

	*_events = NULL;
	while ((entry = events->head) != NULL) {
		DLLIST2_REMOVE(&events->head, &events->tail, entry);
		i_free(entry);
	}
	hash_table_destroy(&events->table);
	i_free(events);
}

uint64_t front_events_key(struct front_events *events, const char *owner,
			  const guid_128_t guid, const char *pvt_user)
{
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];
	uint64_t key;

	sha256_init(&ctx);
	sha256_loop(&ctx, events->seed, sizeof(events->seed));
	sha256_loop(&ctx, guid, GUID_128_SIZE);
	sha256_loop(&ctx, owner, strlen(owner) + 1);
	if (pvt_user != NULL)
		sha256_loop(&ctx, pvt_user, strlen(pvt_user));
	sha256_result(&ctx, digest);
	memcpy(&key, digest, sizeof(key));
	return key;
}

uint64_t front_events_generation(const struct front_events *events)
{
	return events->generation;
}

static void events_forget_oldest(struct front_events *events)
{
	struct event_entry *entry = events->head;

	if (events->floor < entry->generation)
		events->floor = entry->generation;
	DLLIST2_REMOVE(&events->head, &events->tail, entry);
	hash_table_remove(events->table, &entry->key);
	i_free(entry);
}

static struct event_entry *events_get(struct front_events *events, uint64_t key)
{
	struct event_entry *entry = hash_table_lookup(events->table, &key);

	if (entry != NULL) {
		DLLIST2_REMOVE(&events->head, &events->tail, entry);
	} else {
		if (hash_table_count(events->table) >= events->max_count)
			events_forget_oldest(events);
		entry = i_new(struct event_entry, 1);
		entry->key = key;
		hash_table_insert(events->table, &entry->key, entry);
	}
	DLLIST2_APPEND(&events->head, &events->tail, entry);
	return entry;
}

void front_events_note(struct front_events *events, uint64_t key,
		       uint64_t origin)
{
	struct event_entry *entry = events_get(events, key);

	if (entry->origin != origin)
		entry->other_generation = entry->generation;
	entry->origin = origin;
	entry->generation = ++events->generation;
}

void front_events_overflow(struct front_events *events)
{
	events->floor = ++events->generation;
}

bool front_events_changed(struct front_events *events, uint64_t key,
			  uint64_t generation, uint64_t origin)
{
	const struct event_entry *entry;

	if (generation < events->floor)
		return TRUE;
	entry = hash_table_lookup(events->table, &key);
	if (entry == NULL)
		return FALSE;
	if (origin == 0 || entry->origin != origin)
		return entry->generation > generation;
	return entry->other_generation > generation;
}
