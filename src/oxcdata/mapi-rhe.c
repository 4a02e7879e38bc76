/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extended buffers: RPC_HEADER_EXT and payload, once or more (MS-OXCRPC 2.2.2.1,
   3.1.4.1.1). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

#define XOR_BYTE 0xa5
/* what is shorter does not pay */
#define COMPRESS_MIN 64

struct rhe {
	uint16_t flags, size, size_actual;
};

static int in_header(struct mapi_in *in, struct rhe *rhe_r)
{
	uint16_t version = mapi_in_u16(in);

	rhe_r->flags = mapi_in_u16(in);
	rhe_r->size = mapi_in_u16(in);
	rhe_r->size_actual = mapi_in_u16(in);
	if (in->broken || version != 0)
		return -1;
	if ((rhe_r->flags & MAPI_RHE_COMPRESSED) == 0)
		return rhe_r->size == rhe_r->size_actual ? 0 : -1;
	return rhe_r->size < rhe_r->size_actual ? 0 : -1;
}

static void xor_bytes(unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] ^= XOR_BYTE;
}

static int
payload_open(const struct rhe *rhe, const unsigned char *data, pool_t pool,
	     struct mapi_blob *payload_r)
{
	unsigned char *plain, *out;

	payload_r->data = data;
	payload_r->size = rhe->size;
	if ((rhe->flags & MAPI_RHE_XOR) != 0 && rhe->size > 0) {
		plain = p_memdup(pool, data, rhe->size);
		xor_bytes(plain, rhe->size);
		payload_r->data = plain;
	}
	if ((rhe->flags & MAPI_RHE_COMPRESSED) == 0)
		return 0;
	out = p_malloc(pool, rhe->size_actual);
	if (mapi_lz77_decompress(payload_r->data, payload_r->size,
				 out, rhe->size_actual) < 0)
		return -1;
	payload_r->data = out;
	payload_r->size = rhe->size_actual;
	return 0;
}

int mapi_rhe_unpack(const void *data, size_t size, size_t max_out, pool_t pool,
		    ARRAY_TYPE(mapi_blob) *payloads_r)
{
	const unsigned char *bytes;
	struct mapi_blob payload;
	struct mapi_in in;
	struct rhe rhe;

	if (size == 0)
		return 0;
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	do {
		if (in_header(&in, &rhe) < 0 || rhe.size_actual > max_out)
			return -1;
		bytes = mapi_in_bytes(&in, rhe.size);
		if (bytes == NULL || payload_open(&rhe, bytes, pool, &payload) < 0)
			return -1;
		max_out -= rhe.size_actual;
		array_push_back(payloads_r, &payload);
	} while ((rhe.flags & MAPI_RHE_LAST) == 0);
	/* the last is the last */
	return mapi_in_left(&in) > 0 ? -1 : 0;
}

void mapi_rhe_pack(buffer_t *out, const void *payload, size_t size,
		   unsigned int flags)
{
	size_t start = out->used, packed;

	i_assert(size <= MAPI_RHE_MAX_PAYLOAD);
	mapi_out_u16(out, 0);
	mapi_out_u16(out, 0);
	mapi_out_u16(out, 0);
	mapi_out_u16(out, size);
	if ((flags & MAPI_RHE_COMPRESSED) != 0 &&
	    (size < COMPRESS_MIN || !mapi_lz77_compress(payload, size, out)))
		flags &= ~MAPI_RHE_COMPRESSED;
	if ((flags & MAPI_RHE_COMPRESSED) == 0)
		buffer_append(out, payload, size);
	packed = out->used - start - MAPI_RHE_SIZE;
	if ((flags & MAPI_RHE_XOR) != 0) {
		xor_bytes(buffer_get_space_unsafe(out, start + MAPI_RHE_SIZE,
						  packed), packed);
	}
	mapi_out_u16_at(out, start + 2, flags);
	mapi_out_u16_at(out, start + 4, packed);
}
