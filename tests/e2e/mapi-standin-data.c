/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* As much of dovetail-mapi-data.h as the transport needs, for its test worker, until
   the library is there: nothing compressed. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "unichar.h"
#include "dovetail-mapi-data.h"

void mapi_in_init(struct mapi_in *in_r, enum mapi_form form, pool_t pool,
		  const void *data, size_t size)
{
	i_zero(in_r);
	in_r->data = data;
	in_r->size = size;
	in_r->form = form;
	in_r->pool = pool;
}

size_t mapi_in_left(const struct mapi_in *in)
{
	return in->size - in->pos;
}

const unsigned char *mapi_in_bytes(struct mapi_in *in, size_t size)
{
	const unsigned char *data = in->data + in->pos;

	if (in->broken || size > mapi_in_left(in)) {
		in->broken = TRUE;
		return NULL;
	}
	in->pos += size;
	return data;
}

static uint64_t in_number(struct mapi_in *in, unsigned int size)
{
	const unsigned char *data = mapi_in_bytes(in, size);
	uint64_t n = 0;

	for (unsigned int i = 0; data != NULL && i < size; i++)
		n |= (uint64_t)data[i] << (8 * i);
	return n;
}

uint8_t mapi_in_u8(struct mapi_in *in) { return in_number(in, 1); }
uint16_t mapi_in_u16(struct mapi_in *in) { return in_number(in, 2); }
uint32_t mapi_in_u32(struct mapi_in *in) { return in_number(in, 4); }
uint64_t mapi_in_u64(struct mapi_in *in) { return in_number(in, 8); }

const char *mapi_in_str8(struct mapi_in *in)
{
	const unsigned char *start = in->data + in->pos, *end;

	end = in->broken ? NULL : memchr(start, '\0', mapi_in_left(in));
	if (end == NULL) {
		in->broken = TRUE;
		return "";
	}
	in->pos += end - start + 1;
	return p_strdup(in->pool, (const char *)start);
}

static void out_number(buffer_t *out, uint64_t n, unsigned int size)
{
	for (; size > 0; size--, n >>= 8)
		buffer_append_c(out, n & 0xff);
}

void mapi_out_u8(buffer_t *out, uint8_t v) { out_number(out, v, 1); }
void mapi_out_u16(buffer_t *out, uint16_t v) { out_number(out, v, 2); }
void mapi_out_u32(buffer_t *out, uint32_t v) { out_number(out, v, 4); }
void mapi_out_u64(buffer_t *out, uint64_t v) { out_number(out, v, 8); }

void mapi_out_str8(buffer_t *out, const char *s)
{
	buffer_append(out, s, strlen(s) + 1);
}

void mapi_out_utf16(buffer_t *out, const char *s)
{
	for (; *s != '\0'; s++)
		mapi_out_u16(out, (unsigned char)*s);
	mapi_out_u16(out, 0);
}

int mapi_rhe_unpack(const void *data, size_t size, size_t max_out ATTR_UNUSED,
		    pool_t pool, ARRAY_TYPE(mapi_blob) *payloads_r)
{
	struct mapi_blob *blob;
	struct mapi_in in;
	uint16_t version, flags, psize, actual;
	unsigned char *copy;
	const unsigned char *bytes;

	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	do {
		version = mapi_in_u16(&in);
		flags = mapi_in_u16(&in);
		psize = mapi_in_u16(&in);
		actual = mapi_in_u16(&in);
		bytes = mapi_in_bytes(&in, psize);
		if (bytes == NULL || version != 0 || psize != actual ||
		    (flags & MAPI_RHE_COMPRESSED) != 0)
			return -1;
		copy = p_memdup(pool, bytes, psize + 0);
		for (unsigned int i = 0; (flags & MAPI_RHE_XOR) != 0 &&
		     i < psize; i++)
			copy[i] ^= 0xa5;
		blob = array_append_space(payloads_r);
		blob->data = copy;
		blob->size = psize;
	} while ((flags & MAPI_RHE_LAST) == 0);
	return mapi_in_left(&in) == 0 ? 0 : -1;
}

void mapi_rhe_pack(buffer_t *out, const void *payload, size_t size,
		   unsigned int flags)
{
	const unsigned char *p = payload;

	flags &= ENUM_NEGATE(MAPI_RHE_COMPRESSED);
	mapi_out_u16(out, 0);
	mapi_out_u16(out, flags);
	mapi_out_u16(out, size);
	mapi_out_u16(out, size);
	for (size_t i = 0; i < size; i++)
		mapi_out_u8(out, (flags & MAPI_RHE_XOR) != 0 ? p[i] ^ 0xa5 :
			    p[i]);
}

const char *mapi_error_name(uint32_t error)
{
	return t_strdup_printf("%08x", error);
}
