/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* dovetail-test-nspi-worker: the real worker, transport and address book, and no
   mailbox behind /mapi (test_nspi.py): tests of the address book alone. */

#include "lib.h"
#include "dovetail-mapi.h"
#include "worker.h"

uint32_t emsmdb_connect(const struct mapi_env *env ATTR_UNUSED,
			const char *user_dn ATTR_UNUSED,
			uint32_t flags ATTR_UNUSED,
			struct emsmdb **session_r ATTR_UNUSED,
			struct emsmdb_connected *connected_r ATTR_UNUSED)
{
	return ecUnknownUser;
}

uint32_t emsmdb_execute(struct emsmdb *session ATTR_UNUSED,
			const struct mapi_env *env ATTR_UNUSED,
			const struct mapi_blob *rops ATTR_UNUSED,
			size_t max_out ATTR_UNUSED, bool chain ATTR_UNUSED,
			buffer_t *out ATTR_UNUSED,
			ARRAY_TYPE(mapi_blob) *extras ATTR_UNUSED)
{
	return ecError;
}

int emsmdb_wait(struct emsmdb *session ATTR_UNUSED,
		const struct mapi_env *env ATTR_UNUSED,
		ARRAY_TYPE(emsmdb_watch) *watches_r ATTR_UNUSED)
{
	return 0;
}

void emsmdb_request_done(struct emsmdb *session ATTR_UNUSED)
{
}

bool emsmdb_park(struct emsmdb *session ATTR_UNUSED, buffer_t *out ATTR_UNUSED)
{
	return FALSE;
}

int emsmdb_restore(const struct mapi_env *env ATTR_UNUSED,
		   const void *data ATTR_UNUSED, size_t size ATTR_UNUSED,
		   struct emsmdb **session_r ATTR_UNUSED)
{
	return -1;
}

void emsmdb_free(struct emsmdb **session)
{
	*session = NULL;
}

const struct worker_protocol worker_protocols[] = {
	{ MAPIHTTP_PATH_NSPI, mapihttp_nspi_handle, mapihttp_deinit,
	  mapihttp_leave },
	{ NULL, NULL, NULL, NULL }
};

int main(int argc, char *argv[])
{
	return worker_main(argc, argv);
}
