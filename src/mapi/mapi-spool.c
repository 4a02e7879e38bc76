/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "safe-mkstemp.h"
#include "str.h"
#include "mapi-spool.h"

#include <fcntl.h>
#include <unistd.h>

/* Beyond that it is a file */
#define SPOOL_MEMORY_MAX (128 * 1024)
#define SPOOL_PREFIX "/tmp/dovetail.mapi."

struct mapi_spool {
	int refcount;
	/* in memory, or (fd != -1) in the file */
	buffer_t *buf;
	int fd;
	uint64_t size;
};

struct mapi_spool *mapi_spool_new(void)
{
	struct mapi_spool *spool = i_new(struct mapi_spool, 1);

	spool->refcount = 1;
	spool->buf = buffer_create_dynamic(default_pool, 256);
	spool->fd = -1;
	return spool;
}

void mapi_spool_ref(struct mapi_spool *spool)
{
	spool->refcount++;
}

void mapi_spool_unref(struct mapi_spool **_spool)
{
	struct mapi_spool *spool = *_spool;

	*_spool = NULL;
	if (spool == NULL || --spool->refcount > 0)
		return;
	if (spool->fd != -1)
		i_close_fd(&spool->fd);
	buffer_free(&spool->buf);
	i_free(spool);
}

uint64_t mapi_spool_size(const struct mapi_spool *spool)
{
	return spool->size;
}

static int spool_to_file(struct mapi_spool *spool)
{
	string_t *path = t_str_new(64);
	int fd;

	str_append(path, SPOOL_PREFIX);
	fd = safe_mkstemp(path, 0600, (uid_t)-1, (gid_t)-1);
	if (fd == -1)
		return -1;
	i_unlink(str_c(path));
	if (pwrite(fd, spool->buf->data, spool->buf->used, 0) !=
	    (ssize_t)spool->buf->used) {
		i_close_fd(&fd);
		return -1;
	}
	spool->fd = fd;
	buffer_set_used_size(spool->buf, 0);
	return 0;
}

int mapi_spool_write(struct mapi_spool *spool, uint64_t at, const void *data,
		     size_t size)
{
	if (at > MAPI_SPOOL_MAX || size > MAPI_SPOOL_MAX - at) {
		errno = EFBIG;
		return -1;
	}
	if (spool->fd == -1 && at + size > SPOOL_MEMORY_MAX &&
	    spool_to_file(spool) < 0)
		return -1;
	if (spool->fd == -1)
		buffer_write(spool->buf, at, data, size);
	else if (pwrite(spool->fd, data, size, at) != (ssize_t)size)
		return -1;
	spool->size = I_MAX(spool->size, at + size);
	return 0;
}

ssize_t mapi_spool_read(struct mapi_spool *spool, uint64_t at, void *data,
			size_t size)
{
	if (at >= spool->size)
		return 0;
	size = I_MIN(size, spool->size - at);
	if (spool->fd != -1)
		return pread(spool->fd, data, size, at);
	memcpy(data, CONST_PTR_OFFSET(spool->buf->data, at), size);
	return size;
}

int mapi_spool_resize(struct mapi_spool *spool, uint64_t size)
{
	if (size > MAPI_SPOOL_MAX) {
		errno = EFBIG;
		return -1;
	}
	if (spool->fd == -1 && size > SPOOL_MEMORY_MAX &&
	    spool_to_file(spool) < 0)
		return -1;
	if (spool->fd != -1 && ftruncate(spool->fd, size) < 0)
		return -1;
	if (spool->fd == -1) {
		if (size > spool->buf->used) {
			buffer_append_zero(spool->buf,
					   size - spool->buf->used);
		}
		buffer_set_used_size(spool->buf, size);
	}
	spool->size = size;
	return 0;
}

int mapi_spool_append_stream(struct mapi_spool *spool, struct istream *input)
{
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		if (mapi_spool_write(spool, spool->size, data, size) < 0)
			return -1;
		i_stream_skip(input, size);
	}
	if (input->stream_errno != 0) {
		errno = input->stream_errno;
		return -1;
	}
	return 0;
}

static void spool_stream_destroyed(struct mapi_spool *spool)
{
	mapi_spool_unref(&spool);
}

struct istream *mapi_spool_open(struct mapi_spool *spool)
{
	struct istream *input;

	if (spool->fd != -1)
		input = i_stream_create_fd(spool->fd, IO_BLOCK_SIZE);
	else
		input = i_stream_create_from_data(spool->buf->data,
						  spool->buf->used);
	mapi_spool_ref(spool);
	i_stream_add_destroy_callback(input, spool_stream_destroyed, spool);
	i_stream_seek(input, 0);
	return input;
}

const unsigned char *mapi_spool_data(struct mapi_spool *spool, pool_t pool)
{
	unsigned char *data = p_malloc(pool, spool->size + 2);

	if (mapi_spool_read(spool, 0, data, spool->size) < 0)
		memset(data, 0, spool->size);
	return data;
}

int mapi_read_some(struct istream *input, buffer_t *out, size_t max)
{
	const unsigned char *data;
	size_t size, used;

	while (max > 0 && i_stream_read_more(input, &data, &size) > 0) {
		used = I_MIN(size, max);
		buffer_append(out, data, used);
		i_stream_skip(input, used);
		max -= used;
	}
	return input->stream_errno != 0 ? -1 : 0;
}

int mapi_read_all(struct istream *input, buffer_t *out)
{
	return mapi_read_some(input, out, SIZE_MAX);
}
