/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DIRECTORY_PRIVATE_H
#define DIRECTORY_PRIVATE_H

#include "dovetail-directory.h"

/* An entry of the cache with what searches compare. */
struct directory_record {
	struct directory_entry entry;
	/* Folded name, address and alias, each followed by a newline */
	const char *key;
	/* The back end was asked for all it knows. */
	bool complete;
};

struct directory_cache {
	pool_t pool;
	ARRAY(struct directory_record) records;
	/* Folded address -> index + 1 */
	HASH_TABLE(const char *, void *) by_email;
	/* directory-list.c; NULL: nobody asked yet */
	struct directory_order *order;
	/* More entries than dovetail_directory_max were there. */
	bool cut;
};

/* A back end.  Entries and their strings are allocated from the pool given. */
struct directory_backend {
	const char *name;
	/* TRUE if one's own domain is all that is shown unless configured */
	bool scope_domain;

	/* args: what followed "name:" in the setting, NULL if nothing did. */
	int (*init)(struct directory *dir, const char *args,
		    const char **error_r);

	/* Calls directory_cache_add() for each entry.  -1 and error_r if the
	   list is not complete. */
	int (*load)(struct directory *dir, struct directory_cache *cache,
		    const char **error_r);
	/* Whether load() would give something else by now; NULL: only time
	   tells. */
	bool (*changed)(struct directory *dir);
	/* Entry by address without the cache; NULL: look in the cache.
	   1, 0, -1 and error_r. */
	int (*lookup)(struct directory *dir, pool_t pool, const char *address,
		      struct directory_entry *entry_r, const char **error_r);
	/* A request has ended: connections and the like are given back. */
	void (*idle)(struct directory *dir);
};

struct directory {
	const struct directory_backend *backend;
	/* Of the back end */
	void *context;

	pool_t pool;
	struct event *event;
	const char *username, *base_dir;
	/* Domain of username, NULL if it has none */
	const char *domain;
	/* dovetail_domain: completes user names without a domain; or NULL */
	const char *default_domain;

	bool scope_domain;
	unsigned int cache_secs, max_entries, max_lookups;
	const char *name_field, *socket;

	struct directory_cache *cache;
	time_t cache_time;
	/* After a failed load: not before */
	time_t retry_time;
};

extern const struct directory_backend directory_backend_auth;
extern const struct directory_backend directory_backend_file;
extern const struct directory_backend directory_backend_none;

/* directory.c */
/* -1: there is no list, logged. */
int directory_load(struct directory *dir);
/* The request needs no connection of the back end any more. */
void directory_idle(struct directory *dir);
const struct directory_entry *
directory_entry_complete(struct directory *dir, pool_t pool,
			 const struct directory_entry *src);

/* directory-fold.c */
/* "alice.b-smith@example.org" -> "Alice B Smith" */
const char *directory_name_from_address(const char *address);

/* directory-cache.c */
struct directory_cache *directory_cache_create(void);
void directory_cache_free(struct directory_cache **cache);
/* Takes the entry, whose strings are in cache->pool.  FALSE: max is reached. */
bool directory_cache_add(struct directory *dir, struct directory_cache *cache,
			 const struct directory_entry *entry, bool complete);
/* NULL if there is none */
struct directory_record *
directory_cache_find(struct directory_cache *cache, const char *address);
void directory_cache_search(struct directory_cache *cache, const char *text,
			    ARRAY_TYPE(directory_entries) *matches);

/* Value of the field of this name; the pair for tables of fields */
struct directory_field {
	const char *name;
	size_t offset;
};
extern const struct directory_field directory_fields[];
/* FALSE if there is no such field. "hidden" is taken too. */
bool directory_entry_set(struct directory_entry *entry, pool_t pool,
			 const char *field, const char *value);
/* Empty texts become NULL, a missing name is made. */
void directory_entry_finish(struct directory_entry *entry, pool_t pool);

/* May the user see entries of this address's domain? */
bool directory_in_scope(const struct directory *dir, const char *address);

#endif
