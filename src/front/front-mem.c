/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the memory of small objects that live long. One for the process, as
   malloc() is. */

#include "lib.h"
#include "llist.h"
#include "front-mem.h"

#include <sys/mman.h>

/* AddressSanitizer sees every object only if malloc() has made it. */
#if defined(__SANITIZE_ADDRESS__)
#  define MEM_HEAP TRUE
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    define MEM_HEAP TRUE
#  endif
#endif
#ifndef MEM_HEAP
#  define MEM_HEAP FALSE
#endif

#define MEM_CHUNK_SIZE (64 * 1024)
#define MEM_UNIT 16
/* Larger ones are rare (a Ping of many folders): malloc()ed */
#define MEM_MAX_SIZE 1024
#define MEM_CLASSES (MEM_MAX_SIZE / MEM_UNIT + 1)

struct mem_free {
	struct mem_free *next;
};

/* At the start of each chunk, which is aligned to its size. */
struct mem_chunk {
	struct mem_chunk *prev, *next;	/* with room, of its class */
	struct mem_free *freed;
	unsigned int used, fresh, max_count;
};

static struct {
	/* the lowest address first: what is new goes there, and the high ones
	   become empty */
	struct mem_chunk *room[MEM_CLASSES];
	size_t used, mapped;
} mem;

static unsigned int mem_class(size_t size)
{
	return (size + MEM_UNIT - 1) / MEM_UNIT;
}

static size_t chunk_first(void)
{
	return (sizeof(struct mem_chunk) + MEM_UNIT - 1) / MEM_UNIT * MEM_UNIT;
}

static struct mem_chunk *chunk_map(void)
{
	unsigned char *base, *aligned;
	size_t before;

	base = mmap(NULL, 2 * MEM_CHUNK_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		i_fatal_status(FATAL_OUTOFMEM, "mmap() failed: %m");
	before = -(uintptr_t)base % MEM_CHUNK_SIZE;
	aligned = base + before;
	if (before > 0)
		(void)munmap(base, before);
	(void)munmap(aligned + MEM_CHUNK_SIZE, MEM_CHUNK_SIZE - before);
	mem.mapped += MEM_CHUNK_SIZE;
	return (struct mem_chunk *)aligned;
}

static void room_add(struct mem_chunk *chunk, unsigned int class)
{
	struct mem_chunk *before = NULL, *at = mem.room[class];

	while (at != NULL && at < chunk) {
		before = at;
		at = at->next;
	}
	chunk->prev = before;
	chunk->next = at;
	if (before != NULL)
		before->next = chunk;
	else
		mem.room[class] = chunk;
	if (at != NULL)
		at->prev = chunk;
}

static struct mem_chunk *chunk_create(unsigned int class)
{
	struct mem_chunk *chunk = chunk_map();

	chunk->max_count = (MEM_CHUNK_SIZE - chunk_first()) /
		(class * MEM_UNIT);
	room_add(chunk, class);
	return chunk;
}

void *front_mem_new(size_t size)
{
	unsigned int class = mem_class(size);
	struct mem_chunk *chunk;
	void *object;

	i_assert(size > 0);
	mem.used += size;
	if (MEM_HEAP || size > MEM_MAX_SIZE)
		return i_malloc(size);
	chunk = mem.room[class];
	if (chunk == NULL)
		chunk = chunk_create(class);
	if (chunk->freed != NULL) {
		object = chunk->freed;
		chunk->freed = chunk->freed->next;
		memset(object, 0, size);
	} else {
		object = PTR_OFFSET(chunk, chunk_first() +
				    chunk->fresh++ * class * MEM_UNIT);
	}
	if (++chunk->used == chunk->max_count)
		DLLIST_REMOVE(&mem.room[class], chunk);
	return object;
}

void front_mem_free(void *object, size_t size)
{
	unsigned int class = mem_class(size);
	struct mem_chunk *chunk;
	struct mem_free *item = object;

	i_assert(mem.used >= size);
	mem.used -= size;
	if (MEM_HEAP || size > MEM_MAX_SIZE) {
		i_free(object);
		return;
	}
	chunk = (void *)((uintptr_t)object &
			 ~((uintptr_t)MEM_CHUNK_SIZE - 1));
	if (chunk->used-- == chunk->max_count)
		room_add(chunk, class);
	if (chunk->used == 0) {
		DLLIST_REMOVE(&mem.room[class], chunk);
		(void)munmap(chunk, MEM_CHUNK_SIZE);
		mem.mapped -= MEM_CHUNK_SIZE;
		return;
	}
	item->next = chunk->freed;
	chunk->freed = item;
}

size_t front_mem_used(void)
{
	return mem.used;
}

size_t front_mem_mapped(void)
{
	return mem.mapped;
}
