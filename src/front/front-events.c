/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the table of last changes. Pure: no I/O, no clock. */

#include "lib.h"
#include "llist.h"
#include "randgen.h"
#include "sha2.h"
#include "front-mem.h"
#include "front-table.h"
#include "front-events.h"

struct event_entry {
	struct front_table_item item;
	/* by time of the newest change, the oldest first */
	struct event_entry *prev, *next;
	uint64_t key;
	uint64_t generation, origin;
	/* the newest change by another origin than that */
	uint64_t other_generation;
};

struct front_events {
	struct front_table table;
	struct event_entry *head, *tail;
	unsigned int max_count;
	uint64_t generation;
	/* Changes up to here may have been forgotten */
	uint64_t floor;
	unsigned char seed[16];
};

static struct event_entry *
events_find(struct front_events *events, uint64_t key)
{
	struct front_table_item *item;
	struct event_entry *entry;

	/* the key is a keyed hash already */
	item = front_table_first(&events->table, (unsigned int)key);
	for (; item != NULL; item = item->next) {
		entry = container_of(item, struct event_entry, item);
		if (entry->key == key)
			return entry;
	}
	return NULL;
}

struct front_events *front_events_init(unsigned int max_count)
{
	struct front_events *events = i_new(struct front_events, 1);

	i_assert(max_count > 0);
	events->max_count = max_count;
	events->generation = 1;
	random_fill(events->seed, sizeof(events->seed));
	front_table_init(&events->table);
	return events;
}

static void events_forget_oldest(struct front_events *events)
{
	struct event_entry *entry = events->head;

	if (events->floor < entry->generation)
		events->floor = entry->generation;
	DLLIST2_REMOVE(&events->head, &events->tail, entry);
	front_table_remove(&events->table, &entry->item);
	front_mem_free(entry, sizeof(*entry));
}

void front_events_deinit(struct front_events **_events)
{
	struct front_events *events = *_events;

	*_events = NULL;
	while (events->head != NULL)
		events_forget_oldest(events);
	front_table_deinit(&events->table);
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

void front_events_expire(struct front_events *events, uint64_t generation)
{
	while (events->head != NULL && events->head->generation <= generation)
		events_forget_oldest(events);
}

static struct event_entry *events_get(struct front_events *events, uint64_t key)
{
	struct event_entry *entry = events_find(events, key);

	if (entry != NULL) {
		DLLIST2_REMOVE(&events->head, &events->tail, entry);
	} else {
		if (events->table.count >= events->max_count)
			events_forget_oldest(events);
		entry = front_mem_new(sizeof(*entry));
		entry->key = key;
		entry->item.hash = (unsigned int)key;
		front_table_add(&events->table, &entry->item);
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
	entry = events_find(events, key);
	if (entry == NULL)
		return FALSE;
	if (origin == 0 || entry->origin != origin)
		return entry->generation > generation;
	return entry->other_generation > generation;
}
