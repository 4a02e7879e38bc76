/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_SPOOL_H
#define MAPI_SPOOL_H

/* Bytes that a client writes where it likes: in memory while they are few, then in a
   temporary file. */

struct istream;
struct mapi_spool;

/* No more than this: the largest attachment of a message. */
#define MAPI_SPOOL_MAX (1024ULL * 1024 * 1024)

struct mapi_spool *mapi_spool_new(void);
void mapi_spool_ref(struct mapi_spool *spool);
void mapi_spool_unref(struct mapi_spool **spool);
uint64_t mapi_spool_size(const struct mapi_spool *spool);
/* All 0 / -1: the disk (errno). A write behind the end fills with zeros. */
int mapi_spool_write(struct mapi_spool *spool, uint64_t at, const void *data,
		     size_t size);
/* Fewer at the end. */
ssize_t mapi_spool_read(struct mapi_spool *spool, uint64_t at, void *data,
			size_t size);
int mapi_spool_resize(struct mapi_spool *spool, uint64_t size);
/* All of a stream, to the end; the stream's position is its beginning. */
int mapi_spool_append_stream(struct mapi_spool *spool, struct istream *input);
/* A seekable stream over the bytes as they are now; holds a reference. The caller
   unrefs, and nothing is written while it is read. */
struct istream *mapi_spool_open(struct mapi_spool *spool);
/* All bytes in memory (pool); for values of properties. */
const unsigned char *mapi_spool_data(struct mapi_spool *spool, pool_t pool);

/* Appends a stream's bytes, all, or at most so many. 0 / -1 */
int mapi_read_all(struct istream *input, buffer_t *out);
int mapi_read_some(struct istream *input, buffer_t *out, size_t max);

#endif
