/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the credential cache. Pure: no I/O; the clock is given. */

#include "lib.h"
#include "hmac.h"
#include "llist.h"
#include "randgen.h"
#include "sha2.h"
#include "safe-memset.h"
#include "front-mem.h"
#include "front-user.h"
#include "front-cred-cache.h"

struct front_cred_cache {
	struct front_table table;
	/* the oldest first; pending ones are in the list, too */
	struct front_cred *head, *tail;
	unsigned int ttl, negative_ttl, max_count;
	unsigned char secret[32];
};

/* The key is a keyed hash already. */
static unsigned int cred_key_hash(const unsigned char *key)
{
	unsigned int hash;

	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static struct front_cred *
cred_find(struct front_cred_cache *cache,
	  const unsigned char key[FRONT_CRED_KEY_SIZE])
{
	struct front_table_item *item;
	struct front_cred *cred;

	item = front_table_first(&cache->table, cred_key_hash(key));
	for (; item != NULL; item = item->next) {
		cred = container_of(item, struct front_cred, item);
		if (memcmp(cred->key, key, FRONT_CRED_KEY_SIZE) == 0)
			return cred;
	}
	return NULL;
}

struct front_cred_cache *
front_cred_cache_init(unsigned int ttl, unsigned int negative_ttl,
		      unsigned int max_count)
{
	struct front_cred_cache *cache = i_new(struct front_cred_cache, 1);

	cache->ttl = ttl;
	cache->negative_ttl = negative_ttl;
	cache->max_count = max_count;
	random_fill(cache->secret, sizeof(cache->secret));
	front_table_init(&cache->table);
	return cache;
}

void front_cred_cache_deinit(struct front_cred_cache **_cache)
{
	struct front_cred_cache *cache = *_cache;

	*_cache = NULL;
	while (cache->head != NULL)
		front_cred_remove(cache, cache->head);
	front_table_deinit(&cache->table);
	safe_memset(cache->secret, 0, sizeof(cache->secret));
	i_free(cache);
}

void front_cred_key(struct front_cred_cache *cache, const char *scheme,
		    const char *credentials, const struct ip_addr *peer,
		    unsigned char key_r[FRONT_CRED_KEY_SIZE])
{
	struct hmac_context ctx;
	unsigned char digest[SHA256_RESULTLEN];
	const char *ip = net_ip2addr(peer);

	hmac_init(&ctx, cache->secret, sizeof(cache->secret),
		  &hash_method_sha256);
	hmac_update(&ctx, scheme, strlen(scheme) + 1);
	hmac_update(&ctx, ip, strlen(ip) + 1);
	hmac_update(&ctx, credentials, strlen(credentials));
	hmac_final(&ctx, digest);
	memcpy(key_r, digest, FRONT_CRED_KEY_SIZE);
}

struct front_cred *
front_cred_lookup(struct front_cred_cache *cache,
		  const unsigned char key[FRONT_CRED_KEY_SIZE], time_t now)
{
	struct front_cred *cred = cred_find(cache, key);

	if (cred != NULL && cred->state != FRONT_CRED_PENDING &&
	    (time_t)cred->expires <= now) {
		front_cred_remove(cache, cred);
		cred = NULL;
	}
	return cred;
}

static void cred_cache_shrink(struct front_cred_cache *cache)
{
	struct front_cred *cred, *next;

	for (cred = cache->head; cred != NULL &&
	     cache->table.count >= cache->max_count; cred = next) {
		next = cred->next;
		if (cred->state != FRONT_CRED_PENDING)
			front_cred_remove(cache, cred);
	}
}

struct front_cred *
front_cred_add(struct front_cred_cache *cache,
	       const unsigned char key[FRONT_CRED_KEY_SIZE])
{
	struct front_cred *cred;

	cred_cache_shrink(cache);
	cred = front_mem_new(sizeof(*cred));
	memcpy(cred->key, key, sizeof(cred->key));
	cred->item.hash = cred_key_hash(key);
	front_table_add(&cache->table, &cred->item);
	DLLIST2_APPEND(&cache->head, &cache->tail, cred);
	return cred;
}

static void cred_keep(struct front_cred_cache *cache, struct front_cred *cred,
		      enum front_cred_state state, time_t expires)
{
	cred->state = state;
	cred->expires = expires;
	DLLIST2_REMOVE(&cache->head, &cache->tail, cred);
	DLLIST2_APPEND(&cache->head, &cache->tail, cred);
}

void front_cred_ok(struct front_cred_cache *cache, struct front_cred *cred,
		   struct front_user *user, time_t now, time_t not_after)
{
	time_t expires = now + cache->ttl;

	if (not_after != 0 && not_after < expires)
		expires = not_after;
	cred->user = user;
	front_user_ref(user);
	cred_keep(cache, cred, FRONT_CRED_OK, expires);
}

void front_cred_elsewhere(struct front_cred_cache *cache,
			  struct front_cred *cred, const char *host, time_t now)
{
	cred->host = i_strdup(host);
	cred_keep(cache, cred, FRONT_CRED_ELSEWHERE, now + cache->ttl);
}

void front_cred_failed(struct front_cred_cache *cache, struct front_cred *cred,
		       time_t now)
{
	cred->pending = NULL;
	cred_keep(cache, cred, FRONT_CRED_FAILED, now + cache->negative_ttl);
}

void front_cred_remove(struct front_cred_cache *cache, struct front_cred *cred)
{
	DLLIST2_REMOVE(&cache->head, &cache->tail, cred);
	front_table_remove(&cache->table, &cred->item);
	if (cred->state == FRONT_CRED_OK)
		front_user_unref(&cred->user);
	else if (cred->state == FRONT_CRED_ELSEWHERE)
		i_free(cred->host);
	front_mem_free(cred, sizeof(*cred));
}

void front_cred_flush(struct front_cred_cache *cache, const char *user)
{
	struct front_cred *cred, *next;

	for (cred = cache->head; cred != NULL; cred = next) {
		next = cred->next;
		if (cred->state == FRONT_CRED_PENDING)
			continue;
		/* a refused password may be right now */
		if (user == NULL || cred->state != FRONT_CRED_OK ||
		    strcmp(front_user_name(cred->user), user) == 0)
			front_cred_remove(cache, cred);
	}
}

unsigned int front_cred_count(const struct front_cred_cache *cache)
{
	return cache->table.count;
}
