/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list of entries in memory, and searching it. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "str.h"
#include "strescape.h"
#include "directory-private.h"

#include <ctype.h>
#include <stddef.h>

/* More words only slow the search down. */
#define SEARCH_MAX_WORDS 10

#define FIELD(field) { #field, offsetof(struct directory_entry, field) }
const struct directory_field directory_fields[] = {
	FIELD(email),
	FIELD(name),
	FIELD(first_name),
	FIELD(last_name),
	FIELD(phone),
	FIELD(office),
	FIELD(title),
	FIELD(company),
	FIELD(alias),
	FIELD(mobile),
	{ "photo", offsetof(struct directory_entry, photo_path) },
	FIELD(department),
	FIELD(home_phone),
	{ NULL, 0 }
};
#undef FIELD

bool directory_entry_set(struct directory_entry *entry, pool_t pool,
			 const char *field, const char *value)
{
	const struct directory_field *f;
	const char **valuep;

	if (strcmp(field, "hidden") == 0) {
		entry->hidden = strchr("1yYtT", *value) != NULL &&
			*value != '\0';
		return TRUE;
	}
	for (f = directory_fields; f->name != NULL; f++) {
		if (strcmp(f->name, field) == 0)
			break;
	}
	if (f->name == NULL)
		return FALSE;
	valuep = PTR_OFFSET(entry, f->offset);
	*valuep = *value == '\0' ? NULL : p_strdup(pool, value);
	return TRUE;
}

void directory_entry_finish(struct directory_entry *entry, pool_t pool)
{
	/* "Smith, Alice" stays; what would break a line does not. */
	if (entry->name == NULL && entry->first_name != NULL &&
	    entry->last_name != NULL) {
		entry->name = p_strconcat(pool, entry->first_name, " ",
					  entry->last_name, NULL);
	} else if (entry->name == NULL) {
		entry->name = p_strdup(pool,
			directory_name_from_address(entry->email));
	}
	if (entry->photo_path != NULL && entry->photo_path[0] != '/')
		entry->photo_path = NULL;
}

bool directory_in_scope(const struct directory *dir, const char *address)
{
	const char *domain = strrchr(address, '@');

	if (!dir->scope_domain)
		return TRUE;
	domain = domain == NULL ? dir->default_domain : domain + 1;
	if (domain == NULL || dir->domain == NULL)
		return domain == dir->domain;
	return strcasecmp(domain, dir->domain) == 0;
}

struct directory_cache *directory_cache_create(void)
{
	pool_t pool = pool_alloconly_create("directory cache", 16 * 1024);
	struct directory_cache *cache = p_new(pool, struct directory_cache, 1);

	cache->pool = pool;
	i_array_init(&cache->records, 256);
	hash_table_create(&cache->by_email, default_pool, 0, str_hash, strcmp);
	return cache;
}

void directory_cache_free(struct directory_cache **_cache)
{
	struct directory_cache *cache = *_cache;

	if (cache == NULL)
		return;
	*_cache = NULL;
	array_free(&cache->records);
	hash_table_destroy(&cache->by_email);
	pool_unref(&cache->pool);
}

static const char *
record_key(pool_t pool, const struct directory_entry *entry)
{
	const char *key;

	T_BEGIN {
		string_t *str = t_str_new(128);

		str_append(str, directory_fold(entry->name));
		str_append_c(str, '\n');
		str_append(str, directory_fold(entry->email));
		str_append_c(str, '\n');
		if (entry->alias != NULL)
			str_append(str, directory_fold(entry->alias));
		key = p_strdup(pool, str_c(str));
	} T_END;
	return key;
}

bool directory_cache_add(struct directory *dir, struct directory_cache *cache,
			 const struct directory_entry *entry, bool complete)
{
	struct directory_record *record;
	const char *email;

	if (array_count(&cache->records) >= dir->max_entries) {
		cache->cut = TRUE;
		return FALSE;
	}
	email = p_strdup(cache->pool, t_str_ucase(entry->email));
	/* The first of two with one address is taken. */
	if (hash_table_lookup(cache->by_email, email) != NULL)
		return TRUE;
	record = array_append_space(&cache->records);
	record->entry = *entry;
	record->complete = complete;
	record->key = record_key(cache->pool, entry);
	hash_table_insert(cache->by_email, email,
			  POINTER_CAST(array_count(&cache->records)));
	return TRUE;
}

struct directory_record *
directory_cache_find(struct directory_cache *cache, const char *address)
{
	void *value = hash_table_lookup(cache->by_email, t_str_ucase(address));

	if (value == NULL)
		return NULL;
	return array_idx_modifiable(&cache->records,
				    POINTER_CAST_TO(value, unsigned int) - 1);
}

/* A word begins at the start and behind whatever is neither a letter nor a
   digit; bytes above 0x7f are letters. */
static bool is_word_start(const char *key, const char *p)
{
	unsigned char before;

	if (p == key)
		return TRUE;
	before = p[-1];
	return before < 0x80 && !i_isalnum(before);
}

static bool key_has_word(const char *key, const char *word)
{
	const char *p = key;

	while ((p = strstr(p, word)) != NULL) {
		if (is_word_start(key, p))
			return TRUE;
		p++;
	}
	return FALSE;
}

static bool
record_matches(const struct directory_record *record, const char *const *words)
{
	if (record->entry.hidden)
		return FALSE;
	for (; *words != NULL; words++) {
		if (!key_has_word(record->key, *words))
			return FALSE;
	}
	return TRUE;
}

/* Smaller is better. */
static unsigned int
record_rank(const struct directory_record *record, const char *text)
{
	size_t len = strlen(text);
	const char *email = strchr(record->key, '\n') + 1;

	if (strncmp(record->key, text, len) == 0)
		return record->key[len] == '\n' ? 0 : 1;
	return strncmp(email, text, len) == 0 ? 2 : 3;
}

struct match {
	const struct directory_record *record;
	unsigned int rank;
};

static int match_cmp(const struct match *a, const struct match *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	/* By name, then address */
	return strcmp(a->record->key, b->record->key);
}

static const char *const *search_words(const char *text)
{
	const char *const *words = t_strsplit_spaces(text, " \t\r\n,;");
	ARRAY_TYPE(const_string) result;
	unsigned int i;

	t_array_init(&result, SEARCH_MAX_WORDS + 1);
	for (i = 0; words[i] != NULL && i < SEARCH_MAX_WORDS; i++)
		array_push_back(&result, &words[i]);
	array_append_zero(&result);
	return array_front(&result);
}

void directory_cache_search(struct directory_cache *cache, const char *text,
			    ARRAY_TYPE(directory_entries) *matches)
{
	const struct directory_record *record;
	const char *folded = directory_fold(t_str_trim(text, " \t\r\n,;"));
	const char *const *words = search_words(folded);
	const struct directory_entry *entry;
	ARRAY(struct match) found;
	const struct match *match;

	if (words[0] == NULL)
		return;
	i_array_init(&found, 64);
	array_foreach(&cache->records, record) {
		struct match *m;

		if (!record_matches(record, words))
			continue;
		m = array_append_space(&found);
		m->record = record;
		m->rank = record_rank(record, folded);
	}
	array_sort(&found, match_cmp);
	array_foreach(&found, match) {
		entry = &match->record->entry;
		array_push_back(matches, &entry);
	}
	array_free(&found);
}
