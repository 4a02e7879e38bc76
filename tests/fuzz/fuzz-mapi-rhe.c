/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extended buffers and LZ77. The first byte chooses: buffers are opened and their
   payloads packed again; data are decompressed into so many bytes as the next two
   say; data are compressed and come back. AUX blocks of what was opened are read. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-mapi-data.h"
#include "fuzz.h"

#define MAX_OUT (256 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void read_aux(pool_t pool, const struct mapi_blob *payload)
{
	struct mapi_aux aux;
	struct mapi_in in;
	unsigned int i;

	mapi_in_init(&in, MAPI_FORM_ROP, pool, payload->data, payload->size);
	while (mapi_in_aux(&in, &aux) > 0) {
		for (i = 0; i < aux.block.size && i < 16; i++)
			(void)mapi_aux_string(&aux, pool, i);
	}
}

static void fuzz_unpack(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(1024);
	ARRAY_TYPE(mapi_blob) payloads, second;
	const struct mapi_blob *blob, *blob2;
	unsigned int i, count;

	t_array_init(&payloads, 4);
	t_array_init(&second, 4);
	if (mapi_rhe_unpack(data, size, MAX_OUT, pool, &payloads) < 0)
		return;
	count = array_count(&payloads);
	for (i = 0; i < count; i++) {
		blob = array_idx(&payloads, i);
		read_aux(pool, blob);
		mapi_rhe_pack(out, blob->data, blob->size,
			      MAPI_RHE_COMPRESSED | (i % 2 == 0 ? MAPI_RHE_XOR : 0) |
			      (i + 1 == count ? MAPI_RHE_LAST : 0));
	}
	if (mapi_rhe_unpack(out->data, out->used, MAX_OUT, pool, &second) < 0 ||
	    array_count(&second) != count)
		i_panic("what was packed is not opened");
	for (i = 0; i < count; i++) {
		blob = array_idx(&payloads, i);
		blob2 = array_idx(&second, i);
		i_assert(blob->size == blob2->size &&
			 memcmp(blob->data, blob2->data, blob->size) == 0);
	}
}

static void fuzz_decompress(pool_t pool, const unsigned char *data, size_t size)
{
	size_t out_size;

	if (size < 2)
		return;
	out_size = data[0] | (data[1] << 8);
	(void)mapi_lz77_decompress(data + 2, size - 2,
				   p_malloc(pool, out_size + 1), out_size);
}

static void fuzz_compress(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(1024);
	unsigned char *read = p_malloc(pool, size + 1);

	if (!mapi_lz77_compress(data, size, out))
		return;
	if (mapi_lz77_decompress(out->data, out->used, read, size) < 0 ||
	    memcmp(read, data, size) != 0)
		i_panic("what was compressed does not come back");
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static void (*const targets[])(pool_t, const unsigned char *, size_t) = {
		fuzz_unpack, fuzz_decompress, fuzz_compress,
	};
	pool_t pool;

	if (size < 1)
		return 0;
	pool = pool_alloconly_create("fuzz", 4096);
	T_BEGIN {
		targets[data[0] % N_ELEMENTS(targets)](pool, data + 1, size - 1);
	} T_END;
	pool_unref(&pool);
	return 0;
}
