/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plain LZ77 (MS-XCA 2.3, 2.4), which MS-OXCRPC calls DIRECT2 (3.1.4.1.1.2). */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "oxcdata-private.h"

#define MATCH_MIN 3
#define WINDOW 8192

/* --- reading ----------------------------------------------------------------------- */

struct lz77_in {
	const unsigned char *data;
	size_t size, pos;
	/* where the byte is whose upper half is the next length's; 0: none */
	size_t half;
};

/* FALSE: the input ends */
static bool in_number(struct lz77_in *in, unsigned int bytes, uint32_t *num_r)
{
	const unsigned char *p = in->data + in->pos;

	if (in->size - in->pos < bytes)
		return FALSE;
	*num_r = bytes == 1 ? *p : bytes == 2 ? le16_to_cpu_unaligned(p) :
		le32_to_cpu_unaligned(p);
	in->pos += bytes;
	return TRUE;
}

/* Half a byte: of one that follows, or what the last left over */
static bool in_half(struct lz77_in *in, uint32_t *num_r)
{
	if (in->half != 0) {
		*num_r = in->data[in->half] >> 4;
		in->half = 0;
		return TRUE;
	}
	if (!in_number(in, 1, num_r))
		return FALSE;
	in->half = in->pos - 1;
	*num_r &= 0x0f;
	return TRUE;
}

/* The length where three bits were not enough */
static bool in_length(struct lz77_in *in, uint32_t *len_r)
{
	uint32_t num;

	if (!in_half(in, &num))
		return FALSE;
	if (num == 15) {
		if (!in_number(in, 1, &num))
			return FALSE;
		if (num < 255) {
			num += 15;
		} else {
			if (!in_number(in, 2, &num) ||
			    (num == 0 && !in_number(in, 4, &num)))
				return FALSE;
			if (num < 15 + 7)
				return FALSE;
			num -= 7;
		}
	}
	*len_r = num + 7;
	/* so that the least can be added without overflow */
	return *len_r <= UINT32_MAX - MATCH_MIN;
}

static bool
copy_match(struct lz77_in *in, unsigned char *out, size_t out_size,
	   size_t *out_pos)
{
	uint32_t match, len, distance, i;

	if (!in_number(in, 2, &match))
		return FALSE;
	distance = (match >> 3) + 1;
	len = match & 7;
	if (len == 7 && !in_length(in, &len))
		return FALSE;
	len += MATCH_MIN;
	if (distance > *out_pos || len > out_size - *out_pos)
		return FALSE;
	/* it may reach into what it makes */
	for (i = 0; i < len; i++, (*out_pos)++)
		out[*out_pos] = out[*out_pos - distance];
	return TRUE;
}

int mapi_lz77_decompress(const void *data, size_t size, void *out,
			 size_t out_size)
{
	struct lz77_in in = { .data = data, .size = size };
	unsigned char *dest = out;
	size_t pos = 0;
	uint32_t flags = 0, literal;
	unsigned int bit = 0;

	for (;;) {
		/* Some writers leave out the flags that would only say that this
		   is the end. */
		if (in.pos == in.size && pos == out_size)
			return 0;
		if (bit == 0) {
			if (!in_number(&in, 4, &flags))
				return -1;
			bit = 32;
		}
		bit--;
		if ((flags & (1U << bit)) == 0) {
			if (pos == out_size || !in_number(&in, 1, &literal))
				return -1;
			dest[pos++] = literal;
		} else if (in.pos == in.size) {
			return pos == out_size ? 0 : -1;
		} else if (!copy_match(&in, dest, out_size, &pos)) {
			return -1;
		}
	}
}

/* --- writing ------------------------------------------------------------------------ */

#define HASH_BITS 13
#define HASH_SIZE (1 << HASH_BITS)
/* how many earlier places of the same three bytes are looked at */
#define CHAIN_MAX 32
/* long enough to take at once */
#define MATCH_GOOD 64

struct lz77_out {
	const unsigned char *data;
	size_t size;
	buffer_t *out;
	/* where the flags go that are being gathered, and where half a byte is
	   free (0: nowhere) */
	size_t flags_pos, half;
	uint32_t flags;
	unsigned int flags_count;
	/* position + 1 of the last place of a hash, of the place before one */
	uint32_t head[HASH_SIZE];
	uint32_t prev[WINDOW];
};

static unsigned int hash3(const unsigned char *p)
{
	uint32_t v = p[0] | (p[1] << 8) | ((uint32_t)p[2] << 16);

	return (v * 2654435761U) >> (32 - HASH_BITS);
}

static void enter(struct lz77_out *lz, size_t pos)
{
	unsigned int hash;

	if (lz->size - pos < MATCH_MIN)
		return;
	hash = hash3(lz->data + pos);
	lz->prev[pos % WINDOW] = lz->head[hash];
	lz->head[hash] = pos + 1;
}

static size_t match_length(const struct lz77_out *lz, size_t at, size_t pos)
{
	size_t len = 0;

	while (pos + len < lz->size && lz->data[at + len] == lz->data[pos + len])
		len++;
	return len;
}

static size_t
find_match(const struct lz77_out *lz, size_t pos, size_t *distance_r)
{
	size_t at, len, best = 0;
	unsigned int i;
	uint32_t next;

	if (lz->size - pos < MATCH_MIN)
		return 0;
	next = lz->head[hash3(lz->data + pos)];
	for (i = 0; i < CHAIN_MAX && next != 0 && best < MATCH_GOOD; i++) {
		at = next - 1;
		/* places that the window has left were overwritten: what stands
		   there is no longer in order */
		if (at >= pos || pos - at > WINDOW)
			break;
		len = match_length(lz, at, pos);
		if (len > best) {
			best = len;
			*distance_r = pos - at;
		}
		next = lz->prev[at % WINDOW];
	}
	return best >= MATCH_MIN ? best : 0;
}

static void begin_flags(struct lz77_out *lz)
{
	lz->flags_pos = lz->out->used;
	lz->flags = 0;
	lz->flags_count = 0;
	mapi_out_u32(lz->out, 0);
}

/* After the element's bytes: full flags are written, and the next begin. */
static void put_flag(struct lz77_out *lz, bool match)
{
	lz->flags = (lz->flags << 1) | (match ? 1 : 0);
	if (++lz->flags_count == 32) {
		mapi_out_u32_at(lz->out, lz->flags_pos, lz->flags);
		begin_flags(lz);
	}
}

/* The bits that are left say: the end. */
static void end_flags(struct lz77_out *lz)
{
	unsigned int left = 32 - lz->flags_count;

	lz->flags = left == 32 ? UINT32_MAX :
		(lz->flags << left) | ((1U << left) - 1);
	mapi_out_u32_at(lz->out, lz->flags_pos, lz->flags);
}

static void put_half(struct lz77_out *lz, unsigned int half)
{
	unsigned char *byte;

	if (lz->half == 0) {
		lz->half = lz->out->used;
		mapi_out_u8(lz->out, half);
		return;
	}
	byte = buffer_get_space_unsafe(lz->out, lz->half, 1);
	*byte |= half << 4;
	lz->half = 0;
}

static void put_length(struct lz77_out *lz, size_t len)
{
	put_half(lz, I_MIN(len - 7, 15));
	if (len - 7 < 15)
		return;
	if (len - 7 - 15 < 255) {
		mapi_out_u8(lz->out, len - 7 - 15);
		return;
	}
	mapi_out_u8(lz->out, 255);
	if (len <= UINT16_MAX) {
		mapi_out_u16(lz->out, len);
	} else {
		mapi_out_u16(lz->out, 0);
		mapi_out_u32(lz->out, len);
	}
}

static void put_match(struct lz77_out *lz, size_t len, size_t distance)
{
	len -= MATCH_MIN;
	mapi_out_u16(lz->out, ((distance - 1) << 3) | I_MIN(len, 7));
	if (len >= 7)
		put_length(lz, len);
	put_flag(lz, TRUE);
}

static void compress(struct lz77_out *lz, size_t limit)
{
	size_t pos = 0, len, distance = 0, i;

	begin_flags(lz);
	while (pos < lz->size && lz->out->used < limit) {
		len = find_match(lz, pos, &distance);
		if (len == 0) {
			mapi_out_u8(lz->out, lz->data[pos]);
			put_flag(lz, FALSE);
			enter(lz, pos++);
			continue;
		}
		put_match(lz, len, distance);
		for (i = 0; i < len; i++)
			enter(lz, pos++);
	}
	end_flags(lz);
}

bool mapi_lz77_compress(const void *data, size_t size, buffer_t *out)
{
	size_t start = out->used;
	struct lz77_out *lz;

	if (size > UINT32_MAX - 1)
		return FALSE;
	lz = i_new(struct lz77_out, 1);
	lz->data = data;
	lz->size = size;
	lz->out = out;
	compress(lz, start + size);
	i_free(lz);
	if (out->used - start < size)
		return TRUE;
	buffer_set_used_size(out, start);
	return FALSE;
}
