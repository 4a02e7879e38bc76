/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_PACK_H
#define EAS_PACK_H

/* The bytes of saved states: numbers of 7 bits a byte, strings with their
   length, ranges as differences.  Readers never read outside and fail once for
   all: check eas_unpack.failed at the end. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "seq-range-array.h"

void eas_pack_num(buffer_t *dest, uint64_t value);
void eas_pack_bytes(buffer_t *dest, const void *data, size_t size);
void eas_pack_str(buffer_t *dest, const char *str);
void eas_pack_ranges(buffer_t *dest, const ARRAY_TYPE(seq_range) *ranges);

struct eas_unpack {
	const unsigned char *pos, *end;
	bool failed;
};

void eas_unpack_init(struct eas_unpack *in, const void *data, size_t size);
uint64_t eas_unpack_num(struct eas_unpack *in);
/* Above the limit: failed, 0 */
uint32_t eas_unpack_num32(struct eas_unpack *in);
const unsigned char *eas_unpack_bytes(struct eas_unpack *in, size_t *size_r);
const char *eas_unpack_str(struct eas_unpack *in, pool_t pool);
/* Ascending and apart, as they were packed; the array must be initialised. */
void eas_unpack_ranges(struct eas_unpack *in, ARRAY_TYPE(seq_range) *ranges);
/* A count of things of at least min_size bytes each: never more than fit. */
unsigned int eas_unpack_count(struct eas_unpack *in, size_t min_size);

#endif
