/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_QUERY_H
#define EAS_QUERY_H

#include "eas.h"

/* The query of a request, in both forms (MS-ASHTTP 2.2.1.1.1.1, .2). */
struct eas_query {
	/* The base64 form: version and code are set, and cmd is not. */
	bool compact;
	unsigned int version, code, locale;
	const char *cmd;
	const unsigned char *device_id;
	size_t device_id_size;
	const char *device_type, *user;
	bool policy_key_set;
	uint32_t policy_key;
	struct eas_params params;
};

/* 0, or -1 with the reason. query may be NULL (none was sent). */
int eas_query_parse(pool_t pool, const char *query, struct eas_query *query_r,
		    const char **error_r);

#endif
