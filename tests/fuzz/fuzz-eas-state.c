/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saved states and queries: the first byte chooses which. What is accepted must
   come out the same when it is packed again. */

#include "lib.h"
#include "fuzz.h"
#include "eas-folder-state.h"
#include "eas-query.h"
#include "eas-sync-state.h"

static void fuzz_sync_state(pool_t pool, const unsigned char *data, size_t size)
{
	struct eas_sync_state state, again;
	buffer_t *buf = buffer_create_dynamic(pool, 256);

	if (eas_sync_state_unpack(&state, pool, data, size) < 0)
		return;
	eas_sync_state_pack(&state, buf);
	if (eas_sync_state_unpack(&again, pool, buf->data, buf->used) < 0)
		i_panic("own state refused");
}

static void fuzz_folder_state(pool_t pool, const unsigned char *data,
			      size_t size)
{
	struct eas_folder_state state, again;
	buffer_t *buf = buffer_create_dynamic(pool, 256);

	if (eas_folder_state_unpack(&state, pool, data, size) < 0)
		return;
	eas_folder_state_pack(&state, buf);
	if (eas_folder_state_unpack(&again, pool, buf->data, buf->used) < 0)
		i_panic("own folder state refused");
}

static void fuzz_query(pool_t pool, const unsigned char *data, size_t size)
{
	struct eas_query query;
	const char *error;

	(void)eas_query_parse(pool, p_strndup(pool, data, size), &query,
			      &error);
}

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	pool_t pool;

	if (size == 0)
		return 0;
	pool = pool_alloconly_create("fuzz", 4096);
	T_BEGIN {
		switch (data[0] % 3) {
		case 0:
			fuzz_sync_state(pool, data + 1, size - 1);
			break;
		case 1:
			fuzz_folder_state(pool, data + 1, size - 1);
			break;
		case 2:
			fuzz_query(pool, data + 1, size - 1);
			break;
		}
	} T_END;
	pool_unref(&pool);
	return 0;
}
