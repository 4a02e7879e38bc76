/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* FastTransfer streams of a client. The first byte chooses in which pieces the stream
   comes: the same elements and the same end come out as with all at once. What was read
   is written again and read again. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-fx.h"
#include "fuzz.h"

struct reader {
	/* everything that came, in order */
	buffer_t *seen;
	struct fx_out *again;
	bool named;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static uint32_t fuzz_marker(void *context, mapi_tag_t marker)
{
	struct reader *reader = context;

	mapi_out_u32(reader->seen, marker);
	if (reader->again != NULL)
		fx_out_marker(reader->again, marker);
	return ecNone;
}

static uint32_t fuzz_prop(void *context, const struct mapi_prop *prop,
			  const struct mapi_name *name)
{
	struct reader *reader = context;

	mapi_out_u32(reader->seen, prop->tag);
	mapi_out_value(reader->seen, MAPI_FORM_FX,
		       prop->tag, &prop->v);
	if (name != NULL) {
		buffer_append(reader->seen, name->guid, GUID_128_SIZE);
		mapi_out_u32(reader->seen, name->lid);
		if (name->name != NULL)
			buffer_append(reader->seen, name->name,
				      strlen(name->name) + 1);
		reader->named = TRUE;
	} else if (reader->again != NULL)
		(void)fx_out_prop(reader->again, prop);
	return ecNone;
}

static bool fuzz_wants_parts(void *context ATTR_UNUSED, mapi_tag_t tag,
			     uint32_t size ATTR_UNUSED)
{
	return (MAPI_TAG_ID(tag) & 1) != 0;
}

static uint32_t fuzz_part(void *context, const void *data, size_t size,
			  bool end ATTR_UNUSED)
{
	struct reader *reader = context;

	i_assert(size > 0);
	buffer_append(reader->seen, data, size);
	return ecNone;
}

static const struct fx_in_vfuncs vfuncs = {
	fuzz_marker, fuzz_prop, fuzz_wants_parts, fuzz_part
};

/* The error */
static uint32_t feed(struct reader *reader, const unsigned char *data,
		     size_t size, size_t piece)
{
	struct fx_in in;
	uint32_t error = ecNone;
	size_t count;

	fx_in_init(&in, &vfuncs, reader);
	for (; size > 0; data += count, size -= count) {
		count = I_MIN(piece, size);
		error = fx_in_feed(&in, data, count);
	}
	(void)fx_in_is_complete(&in);
	fx_in_deinit(&in);
	return error;
}

static void read_again(struct fx_out *out)
{
	struct reader reader;
	buffer_t *stream = buffer_create_dynamic(default_pool, 1024);

	i_zero(&reader);
	reader.seen = buffer_create_dynamic(default_pool, 1024);
	i_assert(fx_out_take(out, stream, SIZE_MAX) == 0);
	i_assert(fx_out_left(out) == 0);
	if (feed(&reader, stream->data, stream->used, SIZE_MAX) != ecNone)
		i_panic("what was written is not read");
	buffer_free(&reader.seen);
	buffer_free(&stream);
}

static void fuzz_stream(const unsigned char *data, size_t size)
{
	struct reader whole, pieces;
	struct fx_out out;
	size_t piece = data[0] + 1;
	uint32_t error;

	data++;
	size--;
	i_zero(&whole);
	i_zero(&pieces);
	whole.seen = buffer_create_dynamic(default_pool, 1024);
	pieces.seen = buffer_create_dynamic(default_pool, 1024);
	fx_out_init(&out);
	whole.again = &out;
	error = feed(&whole, data, size, SIZE_MAX);
	i_assert(feed(&pieces, data, size, piece) == error);
	i_assert(buffer_cmp(whole.seen, pieces.seen));
	if (!whole.named)
		read_again(&out);
	fx_out_deinit(&out);
	buffer_free(&whole.seen);
	buffer_free(&pieces.seen);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (size > 0) T_BEGIN {
		fuzz_stream(data, size);
	} T_END;
	return 0;
}
