/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Directory over its back ends: settings, when to load, results. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hash.h"
#include "ioloop.h"
#include "directory-private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_CACHE_SECS 600
#define DEFAULT_MAX_ENTRIES 100000
#define DEFAULT_MAX_LOOKUPS 1000
/* A back end that failed is not asked again at each request. */
#define RETRY_SECS 30

static const struct directory_backend *const directory_backends[] = {
	&directory_backend_auth,
	&directory_backend_file,
	&directory_backend_none,
};

static int
none_init(struct directory *dir ATTR_UNUSED, const char *args ATTR_UNUSED,
	  const char **error_r ATTR_UNUSED)
{
	return 0;
}

static int
none_load(struct directory *dir ATTR_UNUSED,
	  struct directory_cache *cache ATTR_UNUSED,
	  const char **error_r ATTR_UNUSED)
{
	return 0;
}

const struct directory_backend directory_backend_none = {
	.name = "none",
	.init = none_init,
	.load = none_load,
};

/*
 * Settings
 */

static const char *
get_setting(const struct directory_settings *set, const char *name)
{
	const char *value = set->get_setting(set->context, name);

	return value != NULL && *value == '\0' ? NULL : value;
}

static int
get_uint(const struct directory_settings *set, const char *name,
	 unsigned int default_value, unsigned int *value_r,
	 const char **error_r)
{
	const char *value = get_setting(set, name);

	*value_r = default_value;
	if (value == NULL || str_to_uint(value, value_r) == 0)
		return 0;
	*error_r = t_strdup_printf("%s: not a number: %s", name, value);
	return -1;
}

static int
read_scope(struct directory *dir, const struct directory_settings *set,
	   const char **error_r)
{
	const char *scope = get_setting(set, "dovetail_directory_scope");

	if (scope == NULL)
		dir->scope_domain = dir->backend->scope_domain;
	else if (strcmp(scope, "domain") == 0)
		dir->scope_domain = TRUE;
	else if (strcmp(scope, "all") == 0)
		dir->scope_domain = FALSE;
	else {
		*error_r = t_strdup_printf("dovetail_directory_scope: "
			"must be domain or all, not %s", scope);
		return -1;
	}
	return 0;
}

static int
read_settings(struct directory *dir, const struct directory_settings *set,
	      const char **error_r)
{
	const char *domain = strrchr(set->username, '@');

	dir->event = event_create(set->event);
	event_set_append_log_prefix(dir->event, "directory: ");
	dir->username = p_strdup(dir->pool, set->username);
	dir->base_dir = p_strdup(dir->pool, set->base_dir);
	dir->default_domain = p_strdup(dir->pool,
				       get_setting(set, "dovetail_domain"));
	dir->domain = domain == NULL ? dir->default_domain :
		p_strdup(dir->pool, domain + 1);
	dir->name_field = p_strdup(dir->pool,
		get_setting(set, "dovetail_directory_name_field"));
	dir->socket = p_strdup(dir->pool,
		get_setting(set, "dovetail_directory_socket"));
	if (get_uint(set, "dovetail_directory_cache", DEFAULT_CACHE_SECS,
		     &dir->cache_secs, error_r) < 0 ||
	    get_uint(set, "dovetail_directory_max", DEFAULT_MAX_ENTRIES,
		     &dir->max_entries, error_r) < 0 ||
	    get_uint(set, "dovetail_directory_lookups", DEFAULT_MAX_LOOKUPS,
		     &dir->max_lookups, error_r) < 0)
		return -1;
	return read_scope(dir, set, error_r);
}

/* "name" or "name:args" */
static int
find_backend(const char *setting, const struct directory_backend **backend_r,
	     const char **args_r, const char **error_r)
{
	const char *colon = strchr(setting, ':');
	const char *name = t_strdup_until(setting, colon == NULL ?
					  setting + strlen(setting) : colon);
	unsigned int i;

	*args_r = colon == NULL || colon[1] == '\0' ? NULL : colon + 1;
	for (i = 0; i < N_ELEMENTS(directory_backends); i++) {
		if (strcmp(directory_backends[i]->name, name) == 0) {
			*backend_r = directory_backends[i];
			return 0;
		}
	}
	*error_r = t_strdup_printf("dovetail_directory: must be auth, "
				   "file:/path or none, not %s", setting);
	return -1;
}

int directory_init(const struct directory_settings *set,
		   struct directory **dir_r, const char **error_r)
{
	const struct directory_backend *backend;
	const char *args, *setting = get_setting(set, "dovetail_directory");
	struct directory *dir;
	pool_t pool;

	if (find_backend(setting == NULL ? "auth" : setting, &backend, &args,
			 error_r) < 0)
		return -1;
	pool = pool_alloconly_create("directory", 1024);
	dir = p_new(pool, struct directory, 1);
	dir->pool = pool;
	dir->backend = backend;
	if (read_settings(dir, set, error_r) < 0 ||
	    backend->init(dir, args, error_r) < 0) {
		event_unref(&dir->event);
		pool_unref(&pool);
		return -1;
	}
	*dir_r = dir;
	return 0;
}

void directory_deinit(struct directory **_dir)
{
	struct directory *dir = *_dir;

	if (dir == NULL)
		return;
	*_dir = NULL;
	directory_cache_free(&dir->cache);
	event_unref(&dir->event);
	pool_unref(&dir->pool);
}

/*
 * Loading
 */

static bool cache_is_fresh(struct directory *dir)
{
	if (dir->cache == NULL)
		return FALSE;
	if (ioloop_time < dir->retry_time)
		return TRUE;
	if (dir->backend->changed != NULL && dir->backend->changed(dir))
		return FALSE;
	return ioloop_time - dir->cache_time < (time_t)dir->cache_secs;
}

/* Keeps what was loaded before if loading fails now. */
int directory_load(struct directory *dir)
{
	struct directory_cache *cache;
	const char *error = "";
	int ret;

	if (cache_is_fresh(dir))
		return 0;
	if (dir->cache == NULL && ioloop_time < dir->retry_time)
		return -1;

	cache = directory_cache_create();
	T_BEGIN {
		ret = dir->backend->load(dir, cache, &error);
		if (ret < 0) {
			e_error(dir->event, "%s: %s%s", dir->backend->name,
				error, dir->cache == NULL ? "" :
				" (using the list loaded before)");
		}
	} T_END;
	if (ret < 0) {
		directory_cache_free(&cache);
		dir->retry_time = ioloop_time + RETRY_SECS;
		return dir->cache == NULL ? -1 : 0;
	}
	if (cache->cut) {
		e_warning(dir->event, "%s: more than %u entries, the others "
			  "are left out (dovetail_directory_max)",
			  dir->backend->name, dir->max_entries);
	}
	directory_cache_free(&dir->cache);
	dir->cache = cache;
	dir->cache_time = ioloop_time;
	return 0;
}

/*
 * Results
 */

static const struct directory_entry *
entry_dup(pool_t pool, const struct directory_entry *src)
{
	struct directory_entry *entry = p_new(pool, struct directory_entry, 1);
	const struct directory_field *f;

	*entry = *src;
	for (f = directory_fields; f->name != NULL; f++) {
		const char **valuep = PTR_OFFSET(entry, f->offset);

		*valuep = p_strdup(pool, *valuep);
	}
	return entry;
}

/* An entry of which only the address is in the cache: now that somebody wants
   to see it, the rest is looked up. */
const struct directory_entry *
directory_entry_complete(struct directory *dir, pool_t pool,
			 const struct directory_entry *src)
{
	struct directory_record *record =
		directory_cache_find(dir->cache, src->email);
	struct directory_entry entry;
	const char *error;

	if (record == NULL || record->complete || dir->backend->lookup == NULL)
		return entry_dup(pool, src);
	if (dir->backend->lookup(dir, pool, src->email, &entry, &error) <= 0)
		return entry_dup(pool, src);
	return entry_dup(pool, &entry);
}

void directory_idle(struct directory *dir)
{
	if (dir->backend->idle != NULL)
		dir->backend->idle(dir);
}

static void
search_cache(struct directory *dir, pool_t pool, const char *text,
	     unsigned int max, ARRAY_TYPE(directory_entries) *results,
	     unsigned int *total_r)
{
	ARRAY_TYPE(directory_entries) matches;
	const struct directory_entry *entry;
	unsigned int i, total;

	i_array_init(&matches, 64);
	T_BEGIN {
		directory_cache_search(dir->cache, text, &matches);
	} T_END;
	total = array_count(&matches);
	*total_r = total;
	for (i = 0; i < total && i < max; i++) {
		entry = directory_entry_complete(dir, pool,
				array_idx_elem(&matches, i));
		/* Only the lookup could tell. */
		if (entry->hidden) {
			(*total_r)--;
			continue;
		}
		array_push_back(results, &entry);
	}
	array_free(&matches);
}

int directory_search(struct directory *dir, pool_t pool, const char *text,
		     unsigned int max, ARRAY_TYPE(directory_entries) *results,
		     unsigned int *total_r)
{
	int ret;

	*total_r = 0;
	ret = directory_load(dir);
	if (ret == 0)
		search_cache(dir, pool, text, max, results, total_r);
	directory_idle(dir);
	return ret;
}

static int
lookup_backend(struct directory *dir, pool_t pool, const char *address,
	       const struct directory_entry **entry_r)
{
	struct directory_entry entry;
	const char *error;
	int ret;

	ret = dir->backend->lookup(dir, pool, address, &entry, &error);
	if (ret < 0)
		e_error(dir->event, "%s: %s", dir->backend->name, error);
	else if (ret > 0)
		*entry_r = entry_dup(pool, &entry);
	directory_idle(dir);
	return ret;
}

int directory_list_lookup(struct directory *dir, pool_t pool,
			  const char *address,
			  const struct directory_entry **entry_r)
{
	*entry_r = NULL;
	if (!directory_in_scope(dir, address) || dir->backend->lookup == NULL)
		return 0;
	return lookup_backend(dir, pool, address, entry_r);
}

int directory_lookup(struct directory *dir, pool_t pool, const char *address,
		     const struct directory_entry **entry_r)
{
	struct directory_record *record;

	*entry_r = NULL;
	if (!directory_in_scope(dir, address))
		return 0;
	if (dir->backend->lookup != NULL)
		return lookup_backend(dir, pool, address, entry_r);
	if (directory_load(dir) < 0)
		return -1;
	record = directory_cache_find(dir->cache, address);
	if (record == NULL)
		return 0;
	*entry_r = entry_dup(pool, &record->entry);
	return 1;
}

/*
 * Photos
 */

/* Regular files only: a FIFO or device would hold the process up. */
static int photo_open(struct directory *dir, const char *path, off_t *size_r)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1) {
		e_error(dir->event, "photo: open(%s) failed: %m", path);
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		e_error(dir->event, "photo: %s is not a regular file", path);
		i_close_fd(&fd);
		return -1;
	}
	*size_r = st.st_size;
	return fd;
}

int directory_photo_read(struct directory *dir,
			 const struct directory_entry *entry, size_t max_size,
			 buffer_t *dest)
{
	unsigned char data[IO_BLOCK_SIZE];
	size_t used = dest->used;
	off_t size;
	ssize_t ret;
	int fd;

	if (entry->photo_path == NULL)
		return 0;
	fd = photo_open(dir, entry->photo_path, &size);
	if (fd == -1)
		return 0;
	if ((uoff_t)size > max_size) {
		i_close_fd(&fd);
		return -1;
	}
	/* It may grow while it is read. */
	while ((ret = read(fd, data, sizeof(data))) > 0 &&
	       dest->used - used + ret <= max_size)
		buffer_append(dest, data, ret);
	if (ret < 0)
		e_error(dir->event, "photo: read(%s) failed: %m",
			entry->photo_path);
	i_close_fd(&fd);
	if (ret != 0 || dest->used == used) {
		buffer_set_used_size(dest, used);
		return ret > 0 ? -1 : 0;
	}
	return 1;
}
