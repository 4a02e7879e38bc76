/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The input as RTF, as compressed RTF, and as HTML: what comes out is valid UTF-8,
   what is compressed or encapsulated comes back. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-rtf.h"
#include "fuzz.h"

#define MAX ((size_t)4 * 1024 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void read_rtf(const void *data, size_t size)
{
	string_t *out = t_str_new(1024);

	(void)rtf_to_html(data, size, MAX, out);
	i_assert(uni_utf8_data_is_valid(str_data(out), str_len(out)));
	str_truncate(out, 0);
	(void)rtf_to_text(data, size, MAX, out);
	i_assert(uni_utf8_data_is_valid(str_data(out), str_len(out)));
}

static void compress(const void *data, size_t size)
{
	buffer_t *packed = t_buffer_create(size + 32);
	buffer_t *out = t_buffer_create(size + 32);

	rtf_compress(data, size, packed);
	i_assert(rtf_decompress(packed->data, packed->used, size, out) == 0);
	i_assert(out->used == size && memcmp(out->data, data, size) == 0);
}

static void encapsulate(const void *data, size_t size)
{
	buffer_t *rtf = t_buffer_create(size + 256);
	string_t *out = t_str_new(size + 256), *again = t_str_new(size + 256);

	rtf_from_html(data, size, rtf);
	i_assert(rtf_to_html(rtf->data, rtf->used, MAX, out) >= 0);
	/* From then on it is the same */
	buffer_set_used_size(rtf, 0);
	rtf_from_html(str_data(out), str_len(out), rtf);
	i_assert(rtf_to_html(rtf->data, rtf->used, MAX, again) >= 0);
	if (str_len(out) < MAX)
		i_assert(str_equals(out, again));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	T_BEGIN {
		buffer_t *out = t_buffer_create(1024);

		read_rtf(data, size);
		if (rtf_decompress(data, size, MAX, out) == 0)
			read_rtf(out->data, out->used);
		compress(data, size);
		encapsulate(data, size);
	} T_END;
	return 0;
}
