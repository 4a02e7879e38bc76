/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SIEVE_BOX_PRIVATE_H
#define SIEVE_BOX_PRIVATE_H

#include "dovetail-sieve.h"

#define SIEVE_BOX_LIBRARY "libdovetail-sieve.so"
#define SIEVE_BOX_SYMBOL "sieve_box_pigeonhole"

/* What libdovetail-sieve.so has; store is its own. */
struct sieve_box_vfuncs {
	int (*open)(struct mail_user *user, struct event *event, void **store_r);
	void (*close)(void *store);
	int (*read)(void *store, const char *name, pool_t pool,
		    const char **script_r);
	int (*write)(void *store, const char *name, const char *script);
	int (*active)(void *store, pool_t pool, const char **name_r);
	int (*activate)(void *store, const char *name);
	bool (*capable)(void *store, const char *extension);
};

#endif
