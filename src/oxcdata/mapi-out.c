/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers and strings onto the wire. */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "oxcdata-private.h"

void mapi_out_u8(buffer_t *out, uint8_t v)
{
	buffer_append_c(out, v);
}

void mapi_out_u16(buffer_t *out, uint16_t v)
{
	unsigned char bytes[2];

	cpu16_to_le_unaligned(v, bytes);
	buffer_append(out, bytes, sizeof(bytes));
}

void mapi_out_u32(buffer_t *out, uint32_t v)
{
	unsigned char bytes[4];

	cpu32_to_le_unaligned(v, bytes);
	buffer_append(out, bytes, sizeof(bytes));
}

void mapi_out_u64(buffer_t *out, uint64_t v)
{
	unsigned char bytes[8];

	cpu64_to_le_unaligned(v, bytes);
	buffer_append(out, bytes, sizeof(bytes));
}

void mapi_out_u16_at(buffer_t *out, size_t offset, uint16_t v)
{
	unsigned char bytes[2];

	i_assert(offset + sizeof(bytes) <= out->used);
	cpu16_to_le_unaligned(v, bytes);
	buffer_write(out, offset, bytes, sizeof(bytes));
}

void mapi_out_u32_at(buffer_t *out, size_t offset, uint32_t v)
{
	unsigned char bytes[4];

	i_assert(offset + sizeof(bytes) <= out->used);
	cpu32_to_le_unaligned(v, bytes);
	buffer_write(out, offset, bytes, sizeof(bytes));
}

void mapi_out_utf16(buffer_t *out, const char *s)
{
	mapi_utf8_to_utf16(out, s);
	mapi_out_u16(out, 0);
}

void mapi_out_str8(buffer_t *out, const char *s)
{
	buffer_append(out, s, strlen(s) + 1);
}

void mapi_out_problem(buffer_t *out, uint16_t index, mapi_tag_t tag,
		      uint32_t error)
{
	mapi_out_u16(out, index);
	mapi_out_u32(out, tag);
	mapi_out_u32(out, error);
}

void mapi_out_aux(buffer_t *out, uint8_t version, uint8_t type,
		  const void *body, size_t size)
{
	i_assert(size <= 0xffff - 4);
	mapi_out_u16(out, 4 + size);
	mapi_out_u8(out, version);
	mapi_out_u8(out, type);
	buffer_append(out, body, size);
}
