/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Back end "file:/path": a UTF-8 text file, an entry a line, columns separated
   by tabs.  A first line that begins with '#' names the columns
   ("#email<tab>name<tab>hidden..."); without it they are those of
   directory_fields, in that order.  Other lines with '#' and empty ones are
   skipped. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "istream.h"
#include "str.h"
#include "strescape.h"
#include "unichar.h"
#include "directory-private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_LINE 8192
/* Bad lines are logged one by one, but not all of a file that is no list. */
#define FILE_MAX_COMPLAINTS 10

struct file_context {
	const char *path;
	/* Of the loaded file */
	struct stat st;
};

struct file_reader {
	struct directory *dir;
	struct directory_cache *cache;
	const char *const *columns;
	unsigned int line, complaints;
};

static int file_init(struct directory *dir, const char *args,
		     const char **error_r)
{
	struct file_context *ctx = p_new(dir->pool, struct file_context, 1);

	if (args == NULL || args[0] != '/') {
		*error_r = "dovetail_directory: file needs an absolute path, "
			"file:/path";
		return -1;
	}
	ctx->path = p_strdup(dir->pool, args);
	dir->context = ctx;
	return 0;
}

static bool file_changed(struct directory *dir)
{
	struct file_context *ctx = dir->context;
	struct stat st;

	if (stat(ctx->path, &st) < 0)
		return FALSE;
	return st.st_ino != ctx->st.st_ino || st.st_size != ctx->st.st_size ||
		st.st_mtim.tv_sec != ctx->st.st_mtim.tv_sec ||
		st.st_mtim.tv_nsec != ctx->st.st_mtim.tv_nsec;
}

static const char *const *default_columns(void)
{
	ARRAY_TYPE(const_string) columns;
	unsigned int i;

	t_array_init(&columns, 16);
	for (i = 0; directory_fields[i].name != NULL; i++)
		array_push_back(&columns, &directory_fields[i].name);
	array_append_zero(&columns);
	return array_front(&columns);
}

static void ATTR_FORMAT(2, 3)
file_complain(struct file_reader *reader, const char *fmt, ...)
{
	struct file_context *ctx = reader->dir->context;
	va_list args;

	if (++reader->complaints > FILE_MAX_COMPLAINTS)
		return;
	va_start(args, fmt);
	e_warning(reader->dir->event, "%s line %u: %s%s", ctx->path,
		  reader->line, t_strdup_vprintf(fmt, args),
		  reader->complaints == FILE_MAX_COMPLAINTS ?
		  " (and no more of these)" : "");
	va_end(args);
}

static const char *valid_utf8(const char *line)
{
	buffer_t *buf = t_buffer_create(256);

	if (uni_utf8_get_valid_data((const unsigned char *)line, strlen(line),
				    buf))
		return line;
	buffer_append_c(buf, '\0');
	return buf->data;
}

/* FALSE: no more lines are wanted. */
static bool file_entry(struct file_reader *reader, const char *line)
{
	pool_t pool = reader->cache->pool;
	const char *const *values = t_strsplit(valid_utf8(line), "\t");
	struct directory_entry entry;
	unsigned int i;

	i_zero(&entry);
	for (i = 0; values[i] != NULL && reader->columns[i] != NULL; i++) {
		/* Columns that a newer version knows are not ours to refuse. */
		(void)directory_entry_set(&entry, pool, reader->columns[i],
					  t_str_trim(values[i], " \r"));
	}
	if (entry.email == NULL || strchr(entry.email, '@') == NULL) {
		file_complain(reader, "no address");
		return TRUE;
	}
	if (!directory_in_scope(reader->dir, entry.email))
		return TRUE;
	if (entry.photo_path != NULL && entry.photo_path[0] != '/')
		file_complain(reader, "photo is not an absolute path");
	directory_entry_finish(&entry, pool);
	return directory_cache_add(reader->dir, reader->cache, &entry, TRUE);
}

static bool file_line(struct file_reader *reader, const char *line)
{
	bool more = TRUE;

	reader->line++;
	if (reader->line == 1 && line[0] == '#') {
		/* Outlives the data stack frame of the line. */
		reader->columns = (const char *const *)
			p_strsplit(reader->cache->pool,
				   t_str_trim(line + 1, " \r"), "\t");
		return TRUE;
	}
	if (*line != '\0' && *line != '#') T_BEGIN {
		more = file_entry(reader, line);
	} T_END;
	return more;
}

static int file_load(struct directory *dir, struct directory_cache *cache,
		     const char **error_r)
{
	struct file_context *ctx = dir->context;
	struct file_reader reader = {
		.dir = dir, .cache = cache, .columns = default_columns(),
	};
	struct istream *input;
	const char *line;
	int fd, ret = 0;

	fd = open(ctx->path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		*error_r = t_strdup_printf("open(%s) failed: %m", ctx->path);
		return -1;
	}
	if (fstat(fd, &ctx->st) < 0)
		i_zero(&ctx->st);
	input = i_stream_create_fd_autoclose(&fd, FILE_MAX_LINE);
	i_stream_set_return_partial_line(input, TRUE);
	while ((line = i_stream_read_next_line(input)) != NULL) {
		if (!file_line(&reader, line))
			break;
	}
	if (input->stream_errno != 0) {
		*error_r = t_strdup_printf("read(%s) failed: %s", ctx->path,
					   i_stream_get_error(input));
		ret = -1;
	}
	i_stream_unref(&input);
	return ret;
}

const struct directory_backend directory_backend_file = {
	.name = "file",
	.init = file_init,
	.load = file_load,
	.changed = file_changed,
};
