/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Directory's file: the first line of the input is what is searched for,
   the rest is the file. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "write-full.h"
#include "dovetail-directory.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/fuzz-directory.XXXXXX";
static int file_fd = -1;
static struct event *event;

static enum log_type no_log;

static void ATTR_FORMAT(2, 0)
quiet(const struct failure_context *ctx, const char *format ATTR_UNUSED,
      va_list args ATTR_UNUSED)
{
	no_log = ctx->type;
}

static void done(void)
{
	(void)unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	(void)io_loop_create();
	event = event_create(NULL);
	file_fd = mkstemp(path);
	if (file_fd < 0)
		i_fatal("mkstemp(%s) failed: %m", path);
	(void)atexit(done);
	i_set_error_handler(quiet);
	i_set_info_handler(quiet);
	return 0;
}

static const char *get_setting(void *context ATTR_UNUSED, const char *name)
{
	if (strcmp(name, "dovetail_directory") == 0)
		return t_strconcat("file:", path, NULL);
	if (strcmp(name, "dovetail_directory_scope") == 0)
		return "all";
	return NULL;
}

static void search(struct directory *dir, const char *text)
{
	pool_t pool = pool_alloconly_create("fuzz", 1024);
	ARRAY_TYPE(directory_entries) results;
	const struct directory_entry *const *entryp;
	unsigned int total;

	p_array_init(&results, pool, 8);
	if (directory_search(dir, pool, text, 5, &results, &total) == 0) {
		i_assert(array_count(&results) <= 5);
		i_assert(array_count(&results) <= total);
		array_foreach(&results, entryp) {
			i_assert((*entryp)->email != NULL);
			i_assert((*entryp)->name != NULL);
		}
	}
	pool_unref(&pool);
}

static void check(const unsigned char *data, size_t size)
{
	const struct directory_settings set = {
		.get_setting = get_setting, .username = "me@example.org",
		.base_dir = "/nonexistent", .event = event,
	};
	const unsigned char *end = memchr(data, '\n', size);
	struct directory *dir;
	const char *error;

	if (end == NULL)
		return;
	if (ftruncate(file_fd, 0) < 0 || lseek(file_fd, 0, SEEK_SET) != 0 ||
	    write_full(file_fd, end + 1, size - (end + 1 - data)) < 0)
		i_fatal("%s: %m", path);
	if (directory_init(&set, &dir, &error) < 0)
		i_fatal("%s", error);
	search(dir, t_strdup_until(data, end));
	search(dir, "a");
	directory_deinit(&dir);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	T_BEGIN {
		check(data, size);
	} T_END;
	return 0;
}
