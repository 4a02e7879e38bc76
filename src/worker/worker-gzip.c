/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* gzip for answers.  Text shrinks to a quarter, MIME of pictures hardly at all
   (base64: to three quarters, by letters alone).  So the search for repetition
   is switched off while it does not pay, and tried again later: attachments
   then cost a tenth of the time and still lose their base64 overhead. */

#include "lib.h"
#include "buffer.h"
#include "worker.h"

#include <zlib.h>

#define WORKER_GZIP_LEVEL 1
#define WORKER_GZIP_MEMORY 8
/* Measured a block at a time: above this part of its size it did not pay */
#define WORKER_GZIP_BLOCK (64 * 1024)
#define WORKER_GZIP_POOR(in, out) ((out) > (in) / 100 * 68)
/* ... and so much is then only Huffman-coded before it is tried again */
#define WORKER_GZIP_RETRY (512 * 1024)

struct worker_gzip {
	z_stream z;
	/* of the block in hand */
	size_t block_in, block_out;
	/* bytes still to be coded without search */
	size_t plain_left;
	bool plain;
};

struct worker_gzip *worker_gzip_init(void)
{
	struct worker_gzip *gz = i_new(struct worker_gzip, 1);

	/* 16: a gzip header */
	if (deflateInit2(&gz->z, WORKER_GZIP_LEVEL, Z_DEFLATED, 15 + 16,
			 WORKER_GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		i_fatal_status(FATAL_OUTOFMEM, "deflateInit2() failed");
	return gz;
}

void worker_gzip_deinit(struct worker_gzip **_gz)
{
	struct worker_gzip *gz = *_gz;

	if (gz == NULL)
		return;
	*_gz = NULL;
	(void)deflateEnd(&gz->z);
	i_free(gz);
}

static void worker_gzip_run(struct worker_gzip *gz, int how, buffer_t *dest)
{
	unsigned char out[16 * 1024];
	size_t got;

	do {
		gz->z.next_out = out;
		gz->z.avail_out = sizeof(out);
		(void)deflate(&gz->z, how);
		got = sizeof(out) - gz->z.avail_out;
		gz->block_out += got;
		buffer_append(dest, out, got);
	} while (gz->z.avail_out == 0);
}

static void worker_gzip_strategy(struct worker_gzip *gz, bool plain,
				 buffer_t *dest)
{
	unsigned char out[16 * 1024];
	int ret;

	if (gz->plain == plain)
		return;
	gz->plain = plain;
	/* ends the block, and wants room for it */
	do {
		gz->z.next_out = out;
		gz->z.avail_out = sizeof(out);
		ret = deflateParams(&gz->z, WORKER_GZIP_LEVEL,
				    plain ? Z_HUFFMAN_ONLY :
				    Z_DEFAULT_STRATEGY);
		buffer_append(dest, out, sizeof(out) - gz->z.avail_out);
	} while (ret == Z_BUF_ERROR && gz->z.avail_out == 0);
}

static void worker_gzip_block_done(struct worker_gzip *gz, buffer_t *dest)
{
	if (gz->plain) {
		if (gz->plain_left > gz->block_in)
			gz->plain_left -= gz->block_in;
		else
			worker_gzip_strategy(gz, FALSE, dest);
	} else if (WORKER_GZIP_POOR(gz->block_in, gz->block_out)) {
		gz->plain_left = WORKER_GZIP_RETRY;
		worker_gzip_strategy(gz, TRUE, dest);
	}
	gz->block_in = gz->block_out = 0;
}

void worker_gzip_more(struct worker_gzip *gz, const void *data, size_t size,
		      bool flush, bool finish, buffer_t *dest)
{
	const unsigned char *p = data;
	size_t chunk;

	while (size > 0) {
		chunk = I_MIN(size, WORKER_GZIP_BLOCK - gz->block_in);
		gz->z.next_in = (void *)p;
		gz->z.avail_in = chunk;
		worker_gzip_run(gz, Z_NO_FLUSH, dest);
		gz->block_in += chunk;
		p += chunk;
		size -= chunk;
		if (gz->block_in == WORKER_GZIP_BLOCK)
			worker_gzip_block_done(gz, dest);
	}
	if (finish)
		worker_gzip_run(gz, Z_FINISH, dest);
	else if (flush)
		worker_gzip_run(gz, Z_SYNC_FLUSH, dest);
}
