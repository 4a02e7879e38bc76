/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_KEY_H
#define EAS_KEY_H

#include "eas-pack.h"

/* A SyncKey: a random series, begun at key 0, and a number counting up in it.
   A key of an earlier series never matches by chance. On the wire
   "<series>-<number>". */
struct eas_key {
	uint32_t series, number;
};

enum eas_key_kind {
	EAS_KEY_BAD = -1,
	/* "0": begin anew */
	EAS_KEY_ZERO = 0,
	EAS_KEY_NUMBERED = 1,
};

enum eas_key_kind eas_key_parse(const char *str, struct eas_key *key_r);
/* Data stack */
const char *eas_key_str(const struct eas_key *key);
bool eas_key_equals(const struct eas_key *a, const struct eas_key *b);
void eas_key_first(struct eas_key *key_r);
void eas_key_pack(buffer_t *dest, const struct eas_key *key);
void eas_key_unpack(struct eas_unpack *in, struct eas_key *key_r);

#endif
