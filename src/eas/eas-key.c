/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* SyncKeys */

#include "eas-key.h"
#include "randgen.h"

enum eas_key_kind eas_key_parse(const char *str, struct eas_key *key_r)
{
	const char *p = strchr(str, '-');
	unsigned long long series;

	i_zero(key_r);
	if (strcmp(str, "0") == 0)
		return EAS_KEY_ZERO;
	if (p == NULL || p - str > 8 ||
	    str_to_ullong_hex(t_strdup_until(str, p), &series) < 0 ||
	    str_to_uint32(p + 1, &key_r->number) < 0 || key_r->number == 0)
		return EAS_KEY_BAD;
	key_r->series = (uint32_t)series;
	return EAS_KEY_NUMBERED;
}

const char *eas_key_str(const struct eas_key *key)
{
	return t_strdup_printf("%x-%u", key->series, key->number);
}

bool eas_key_equals(const struct eas_key *a, const struct eas_key *b)
{
	return a->series == b->series && a->number == b->number;
}

void eas_key_first(struct eas_key *key_r)
{
	random_fill(&key_r->series, sizeof(key_r->series));
	key_r->number = 1;
}

void eas_key_pack(buffer_t *dest, const struct eas_key *key)
{
	eas_pack_num(dest, key->series);
	eas_pack_num(dest, key->number);
}

void eas_key_unpack(struct eas_unpack *in, struct eas_key *key_r)
{
	key_r->series = eas_unpack_num32(in);
	key_r->number = eas_unpack_num32(in);
}
