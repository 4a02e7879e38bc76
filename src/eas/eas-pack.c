/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The bytes of saved states. Pure. */

#include "eas-pack.h"

void eas_pack_num(buffer_t *dest, uint64_t value)
{
	while (value >= 0x80) {
		buffer_append_c(dest, (value & 0x7f) | 0x80);
		value >>= 7;
	}
	buffer_append_c(dest, value);
}

void eas_pack_bytes(buffer_t *dest, const void *data, size_t size)
{
	eas_pack_num(dest, size);
	buffer_append(dest, data, size);
}

void eas_pack_str(buffer_t *dest, const char *str)
{
	eas_pack_bytes(dest, str, strlen(str));
}

void eas_pack_ranges(buffer_t *dest, const ARRAY_TYPE(seq_range) *ranges)
{
	const struct seq_range *range;
	uint32_t last = 0;

	eas_pack_num(dest, array_count(ranges));
	array_foreach(ranges, range) {
		eas_pack_num(dest, range->seq1 - last);
		eas_pack_num(dest, range->seq2 - range->seq1);
		last = range->seq2;
	}
}

void eas_unpack_init(struct eas_unpack *in, const void *data, size_t size)
{
	/* nothing saved: no pointer to count from */
	in->pos = size == 0 ? (const unsigned char *)"" : data;
	in->end = in->pos + size;
	in->failed = FALSE;
}

uint64_t eas_unpack_num(struct eas_unpack *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	while (in->pos < in->end && shift < 64) {
		unsigned char c = *in->pos++;

		value |= (uint64_t)(c & 0x7f) << shift;
		if ((c & 0x80) == 0)
			return value;
		shift += 7;
	}
	in->failed = TRUE;
	return 0;
}

uint32_t eas_unpack_num32(struct eas_unpack *in)
{
	uint64_t value = eas_unpack_num(in);

	if (value > UINT32_MAX) {
		in->failed = TRUE;
		return 0;
	}
	return (uint32_t)value;
}

const unsigned char *eas_unpack_bytes(struct eas_unpack *in, size_t *size_r)
{
	const unsigned char *data;
	uint64_t size = eas_unpack_num(in);

	if (in->failed || size > (size_t)(in->end - in->pos)) {
		in->failed = TRUE;
		*size_r = 0;
		return in->end;
	}
	data = in->pos;
	in->pos += size;
	*size_r = size;
	return data;
}

const char *eas_unpack_str(struct eas_unpack *in, pool_t pool)
{
	size_t size;
	const unsigned char *data = eas_unpack_bytes(in, &size);

	return p_strndup(pool, data, size);
}

unsigned int eas_unpack_count(struct eas_unpack *in, size_t min_size)
{
	uint64_t count = eas_unpack_num(in);

	if (in->failed || count > (size_t)(in->end - in->pos) / min_size) {
		in->failed = TRUE;
		return 0;
	}
	return count;
}

void eas_unpack_ranges(struct eas_unpack *in, ARRAY_TYPE(seq_range) *ranges)
{
	unsigned int i, count = eas_unpack_count(in, 2);
	uint64_t last = 0;

	for (i = 0; i < count; i++) {
		uint64_t seq1 = last + eas_unpack_num32(in);
		uint64_t seq2 = seq1 + eas_unpack_num32(in);

		if (in->failed || seq1 == last || seq2 > UINT32_MAX) {
			in->failed = TRUE;
			return;
		}
		seq_range_array_add_range(ranges, seq1, seq2);
		last = seq2;
	}
}
