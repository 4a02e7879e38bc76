/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_TOOL_H
#define STORE_TOOL_H

#include "dovetail-objects.h"

struct command {
	const char *name;
	/* -1: store_last_error() is printed */
	int (*func)(const char *const *args);
	unsigned int min_args;
};

extern struct store *store;

/* store-tool-objects.c; ends with a name of NULL */
extern const struct command object_commands[];

uint64_t num(const char *s);
void uids_parse(const char *s, ARRAY_TYPE(seq_range) *uids);

#endif
