/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OXCDATA_TEST_H
#define OXCDATA_TEST_H

/* What the tests of src/oxcdata share: bytes from hexadecimal, random values. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hex-binary.h"
#include "str.h"
#include "dovetail-mapi-props.h"

#include <check.h>
#include <stdlib.h>

/* Bytes of a dump; spaces are left out. Data stack. */
static inline buffer_t *unhex(const char *hex)
{
	string_t *plain = t_str_new(strlen(hex));
	buffer_t *out = t_buffer_create(strlen(hex) / 2 + 1);

	for (; *hex != '\0'; hex++) {
		if (*hex != ' ' && *hex != '-')
			str_append_c(plain, *hex);
	}
	ck_assert_int_eq(hex_to_binary(str_c(plain), out), 0);
	return out;
}

static inline void
ck_bytes(const void *data, size_t size, const char *expected_hex)
{
	const buffer_t *expected = unhex(expected_hex);

	ck_assert_str_eq(binary_to_hex(data, size),
			 binary_to_hex(expected->data, expected->used));
}

#define ck_buf(buf, hex) ck_bytes((buf)->data, (buf)->used, hex)

static inline void
in_hex(struct mapi_in *in_r, enum mapi_form form, const char *hex)
{
	const buffer_t *buf = unhex(hex);

	mapi_in_init(in_r, form, pool_datastack_create(), buf->data, buf->used);
}

/* --- random values: the same ones in each run --------------------------------- */

static unsigned int test_seed = 1;

static inline unsigned int rnd(unsigned int below)
{
	test_seed = test_seed * 1103515245 + 12345;
	return (test_seed >> 8) % below;
}

static inline uint64_t rnd64(void)
{
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		v = (v << 8) | rnd(256);
	return v;
}

static inline const char *rnd_text(void)
{
	static const char *const parts[] = {
		"a", "B", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", " ",
		"z9", "\xc3\x84", "_", "\xce\xb1"
	};
	string_t *str = t_str_new(32);
	unsigned int n = rnd(8);

	while (n-- > 0)
		str_append(str, parts[rnd(N_ELEMENTS(parts))]);
	return str_c(str);
}

static inline const char *rnd_bytes_text(void)
{
	string_t *str = t_str_new(32);
	unsigned int n = rnd(8);

	while (n-- > 0)
		str_append_c(str, 1 + rnd(255));
	return str_c(str);
}

static inline struct mapi_blob rnd_blob(void)
{
	struct mapi_blob blob;
	unsigned char *data;
	unsigned int i;

	blob.size = rnd(3) == 0 ? 0 : rnd(40);
	blob.data = data = t_malloc0(blob.size + 1);
	for (i = 0; i < blob.size; i++)
		data[i] = rnd(256);
	return blob;
}

static inline double rnd_double(uint16_t type)
{
	double d = (double)(int64_t)rnd64() / 1024;

	return type == PTYP_FLOATING32 ? (double)(float)d : d;
}

static inline int64_t rnd_int(uint16_t type)
{
	switch (type) {
	case PTYP_INTEGER16:
		return (int16_t)rnd64();
	case PTYP_INTEGER32:
		return (int32_t)rnd64();
	default:
		return rnd64();
	}
}

static inline const struct mapi_restriction *rnd_restriction(unsigned int depth);

static inline void rnd_array(uint16_t type, union mapi_value *v_r)
{
	unsigned int i, n = rnd(5);
	int64_t *nums = t_new(int64_t, n + 1);
	double *doubles = t_new(double, n + 1);
	const char **texts = t_new(const char *, n + 1);
	struct mapi_blob *blobs = t_new(struct mapi_blob, n + 1);
	guid_128_t *guids = t_malloc0((n + 1) * sizeof(*guids));

	i_zero(v_r);
	if (n == 0)
		return;
	v_r->mv.count = n;
	for (i = 0; i < n; i++) {
		nums[i] = rnd_int(type);
		doubles[i] = rnd_double(type);
		texts[i] = type == PTYP_STRING8 ? rnd_bytes_text() : rnd_text();
		blobs[i] = rnd_blob();
		guids[i][rnd(16)] = rnd(256);
	}
	switch (type) {
	case PTYP_STRING:
	case PTYP_STRING8:
		v_r->mv.v.s = texts;
		break;
	case PTYP_BINARY:
		v_r->mv.v.bin = blobs;
		break;
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		v_r->mv.v.d = doubles;
		break;
	case PTYP_GUID:
		v_r->mv.v.guid = (const void *)guids;
		break;
	default:
		v_r->mv.v.i = nums;
		break;
	}
}

static inline void rnd_value(uint16_t type, union mapi_value *v_r)
{
	i_zero(v_r);
	if ((type & PTYP_MULTIPLE) != 0) {
		rnd_array(type & ~PTYP_MULTIPLE, v_r);
		return;
	}
	switch (type) {
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		v_r->d = rnd_double(type);
		break;
	case PTYP_BOOLEAN:
		v_r->b = rnd(2) == 1;
		break;
	case PTYP_ERROR_CODE:
		v_r->error = rnd64();
		break;
	case PTYP_STRING:
		v_r->s = rnd_text();
		break;
	case PTYP_STRING8:
		v_r->s = rnd_bytes_text();
		break;
	case PTYP_BINARY:
	case PTYP_SERVER_ID:
		v_r->bin = rnd_blob();
		break;
	case PTYP_RULE_ACTION:
		/* one action of five bytes */
		v_r->bin.data = (const void *)"\x01\x00\x05\x00" "abcde";
		v_r->bin.size = 9;
		break;
	case PTYP_GUID:
		v_r->guid[rnd(16)] = rnd(256);
		break;
	case PTYP_RESTRICTION:
		v_r->res = rnd_restriction(2);
		break;
	default:
		v_r->i = rnd_int(type);
		break;
	}
}

static const uint16_t test_types[] = {
	PTYP_INTEGER16, PTYP_INTEGER32, PTYP_FLOATING32, PTYP_FLOATING64,
	PTYP_CURRENCY, PTYP_FLOATING_TIME, PTYP_ERROR_CODE, PTYP_BOOLEAN,
	PTYP_INTEGER64, PTYP_STRING8, PTYP_STRING, PTYP_TIME, PTYP_GUID,
	PTYP_SERVER_ID, PTYP_BINARY, PTYP_MULTIPLE_INTEGER16,
	PTYP_MULTIPLE_INTEGER32, PTYP_MULTIPLE_FLOATING32,
	PTYP_MULTIPLE_FLOATING64, PTYP_MULTIPLE_CURRENCY,
	PTYP_MULTIPLE_FLOATING_TIME, PTYP_MULTIPLE_INTEGER64,
	PTYP_MULTIPLE_STRING8, PTYP_MULTIPLE_STRING, PTYP_MULTIPLE_TIME,
	PTYP_MULTIPLE_GUID, PTYP_MULTIPLE_BINARY,
	/* not in FastTransfer */
	PTYP_RESTRICTION, PTYP_RULE_ACTION,
};
#define TEST_TYPES_FX (N_ELEMENTS(test_types) - 2)

static inline void rnd_prop(unsigned int types, struct mapi_prop *prop_r)
{
	uint16_t type = test_types[rnd(types)];

	prop_r->tag = MAPI_TAG(1 + rnd(0x7ffe), type);
	rnd_value(type, &prop_r->v);
}

static inline const struct mapi_restriction *rnd_restriction(unsigned int depth)
{
	struct mapi_restriction *res = t_new(struct mapi_restriction, 1);
	const struct mapi_restriction **subs =
		t_new(const struct mapi_restriction *, 3);
	struct mapi_prop *comments = t_new(struct mapi_prop, 2);
	unsigned int i, n = 0;

	res->type = rnd(depth == 0 ? 1 : MAPI_RES_COUNT + 1);
	res->subs = subs;
	switch (res->type) {
	case MAPI_RES_AND:
	case MAPI_RES_OR:
		n = depth == 0 ? 0 : rnd(4);
		break;
	case MAPI_RES_NOT:
	case MAPI_RES_COUNT:
	case MAPI_RES_SUBOBJECT:
		n = 1;
		break;
	case MAPI_RES_COMMENT:
		n = rnd(2);
		res->comments = comments;
		res->comments_count = rnd(3);
		for (i = 0; i < res->comments_count; i++)
			rnd_prop(TEST_TYPES_FX, &comments[i]);
		break;
	default:
		break;
	}
	for (i = 0; i < n; i++)
		subs[i] = rnd_restriction(depth - 1);
	res->subs_count = n;
	if (res->type >= MAPI_RES_CONTENT && res->type <= MAPI_RES_SUBOBJECT)
		res->tag = rnd64();
	if (res->type == MAPI_RES_CONTENT || res->type == MAPI_RES_PROPERTY)
		rnd_prop(TEST_TYPES_FX, &res->prop);
	if (res->type == MAPI_RES_CONTENT) {
		res->fuzzy_low = rnd(3);
		res->fuzzy_high = rnd(8);
	}
	if (res->type == MAPI_RES_PROPERTY || res->type == MAPI_RES_COMPARE ||
	    res->type == MAPI_RES_SIZE)
		res->relop = rnd(7);
	if (res->type == MAPI_RES_BITMASK)
		res->relop = rnd(2);
	if (res->type == MAPI_RES_COMPARE)
		res->tag2 = rnd64();
	if (res->type == MAPI_RES_BITMASK || res->type == MAPI_RES_SIZE ||
	    res->type == MAPI_RES_COUNT)
		res->mask = rnd64();
	return res;
}

#endif
