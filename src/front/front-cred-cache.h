/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_CRED_CACHE_H
#define FRONT_CRED_CACHE_H

#include "net.h"
#include "front-table.h"

/* Which credentials Dovecot's auth accepted or refused lately. Keyed with a
   HMAC under a random key of this process: neither passwords nor tokens are
   kept. Bounded in time and number. */

struct front_cred_cache;
struct front_user;

#define FRONT_CRED_KEY_SIZE 16

enum front_cred_state {
	FRONT_CRED_PENDING,	/* auth is being asked */
	FRONT_CRED_OK,
	FRONT_CRED_ELSEWHERE,	/* right, but the user lives on another host */
	FRONT_CRED_FAILED,
};

struct front_cred {
	struct front_table_item item;
	struct front_cred *prev, *next;
	unsigned char key[FRONT_CRED_KEY_SIZE];
	/* in seconds, of the years to 2106 */
	uint32_t expires;
	enum front_cred_state state;
	union {
		/* OK: the cache holds a reference */
		struct front_user *user;
		/* ELSEWHERE */
		char *host;
		/* PENDING: of front-auth */
		void *pending;
	};
};

struct front_cred_cache *
front_cred_cache_init(unsigned int ttl, unsigned int negative_ttl,
		      unsigned int max_count);
void front_cred_cache_deinit(struct front_cred_cache **cache);

void front_cred_key(struct front_cred_cache *cache, const char *scheme,
		    const char *credentials, const struct ip_addr *peer,
		    unsigned char key_r[FRONT_CRED_KEY_SIZE]);

/* NULL: unknown or too old. */
struct front_cred *
front_cred_lookup(struct front_cred_cache *cache,
		  const unsigned char key[FRONT_CRED_KEY_SIZE], time_t now);
/* A new one, PENDING. */
struct front_cred *
front_cred_add(struct front_cred_cache *cache,
	       const unsigned char key[FRONT_CRED_KEY_SIZE]);
/* Auth answered. not_after: a Bearer token's end if it is known, else 0. */
void front_cred_ok(struct front_cred_cache *cache, struct front_cred *cred,
		   struct front_user *user, time_t now, time_t not_after);
void front_cred_elsewhere(struct front_cred_cache *cache,
			  struct front_cred *cred, const char *host, time_t now);
void front_cred_failed(struct front_cred_cache *cache, struct front_cred *cred,
		       time_t now);
void front_cred_remove(struct front_cred_cache *cache, struct front_cred *cred);

/* Forget the user's, or all with NULL; pending ones stay. */
void front_cred_flush(struct front_cred_cache *cache, const char *user);
unsigned int front_cred_count(const struct front_cred_cache *cache);

#endif
