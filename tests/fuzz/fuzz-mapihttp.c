/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of MAPI over HTTP and rows of sessions: what can be read of a row must come
   back the same. The first byte says which it is. */

#include "mapihttp-private.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void fuzz_row(const unsigned char *data, size_t size, pool_t pool)
{
	buffer_t *first = buffer_create_dynamic(pool, 256);
	buffer_t *second = buffer_create_dynamic(pool, 256);
	struct mapihttp_row row, again;

	if (mapihttp_row_unpack(data, size, pool, &row) < 0)
		return;
	mapihttp_row_pack(first, &row);
	if (mapihttp_row_unpack(first->data, first->used, pool, &again) < 0)
		i_panic("a row does not come back");
	mapihttp_row_pack(second, &again);
	if (!buffer_cmp(first, second))
		i_panic("a row comes back as another one");
}

static void fuzz_execute(const unsigned char *data, size_t size, pool_t pool)
{
	struct mapihttp_execute execute;
	ARRAY_TYPE(mapi_blob) payloads;
	buffer_t *out = buffer_create_dynamic(pool, 256);

	if (mapihttp_execute_parse(data, size, &execute) < 0)
		return;
	p_array_init(&payloads, pool, 4);
	if (mapi_rhe_unpack(execute.rops.data, execute.rops.size,
			    MAPIHTTP_MAX_ROP_IN, pool, &payloads) == 0)
		mapihttp_pack(out, &payloads, execute.flags);
}

static void fuzz(const unsigned char *data, size_t size, pool_t pool)
{
	struct mapihttp_connect connect;
	const char *dn, *address;

	switch (data[0] % 6) {
	case 0:
		(void)mapihttp_connect_parse(data + 1, size - 1, pool,
					     &connect);
		break;
	case 1:
		fuzz_execute(data + 1, size - 1, pool);
		break;
	case 2:
		(void)mapihttp_disconnect_parse(data + 1, size - 1);
		break;
	case 3:
		(void)mapihttp_wait_parse(data + 1, size - 1);
		break;
	case 4:
		fuzz_row(data + 1, size - 1, pool);
		break;
	case 5:
		dn = t_strndup(data + 1, size - 1);
		address = mapi_address_of_dn(dn);
		if (address != NULL &&
		    strcasecmp(mapi_dn_of_address(address), dn) != 0)
			i_panic("a name comes back as another one");
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pool_t pool;

	if (size == 0)
		return 0;
	pool = pool_alloconly_create("fuzz", 1024);
	T_BEGIN {
		fuzz(data, size, pool);
	} T_END;
	pool_unref(&pool);
	return 0;
}
