/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Property values, rows, recipients, restrictions and sort orders. The first byte
   chooses what, the second the form. What was read and written is read again, to the
   same bytes; a restriction is also asked of an object. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-mapi-props.h"
#include "fuzz.h"

static const mapi_tag_t columns[] = {
	PidTagSubject, PidTagMessageSize, PidTagEntryId,
	MAPI_TAG(0x1234, PTYP_UNSPECIFIED),
	MAPI_TAG(0x1235, PTYP_STRING8), PidNameKeywords,
	MAPI_TAG(0x1236, PTYP_MULTIPLE_STRING | PTYP_INSTANCE),
};
#define COLUMNS N_ELEMENTS(columns)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void fuzz_props(struct mapi_in *in)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256),
		*key = t_buffer_create(256);
	ARRAY_TYPE(mapi_prop) props, second;
	const struct mapi_prop *prop;
	struct mapi_bag bag;
	struct mapi_in in2;

	t_array_init(&props, 16);
	t_array_init(&second, 16);
	if (mapi_in_prop_array(in, &props) < 0)
		return;
	mapi_bag_init(&bag, in->pool);
	array_foreach(&props, prop) {
		mapi_bag_set(&bag, prop->tag, &prop->v);
		(void)mapi_value_size(MAPI_TAG_TYPE(prop->tag), &prop->v);
		mapi_value_key(key, MAPI_TAG_TYPE(prop->tag), &prop->v);
		i_assert(mapi_value_cmp(MAPI_TAG_TYPE(prop->tag), &prop->v,
					&prop->v) == 0);
		(void)mapi_tag_name(prop->tag);
	}
	mapi_out_props(out, in->form, array_get(&props, &(unsigned int){ 0 }),
		       array_count(&props));
	mapi_in_init(&in2, in->form, in->pool, out->data, out->used);
	if (mapi_in_prop_array(&in2, &second) < 0 || mapi_in_left(&in2) > 0)
		i_panic("what was written is not read");
	mapi_out_props(again, in->form, array_get(&second, &(unsigned int){ 0 }),
		       array_count(&second));
	i_assert(buffer_cmp(out, again));
}

static void fuzz_row(struct mapi_in *in)
{
	struct mapi_prop props[COLUMNS], second[COLUMNS];
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	struct mapi_in in2;

	if (mapi_in_row(in, columns, COLUMNS, props) < 0)
		return;
	mapi_out_row(out, in->form, columns, props, COLUMNS);
	mapi_in_init(&in2, in->form, in->pool, out->data, out->used);
	if (mapi_in_row(&in2, columns, COLUMNS, second) < 0 ||
	    mapi_in_left(&in2) > 0)
		i_panic("what was written is not read");
	mapi_out_row(again, in->form, columns, second, COLUMNS);
	i_assert(buffer_cmp(out, again));
}

static void fuzz_recipient(struct mapi_in *in)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	struct mapi_bag rcpt, second;
	struct mapi_in in2;

	if (mapi_in_recipient(in, columns, COLUMNS, 1252, &rcpt) < 0)
		return;
	mapi_out_recipient(out, columns, COLUMNS, &rcpt, FALSE, 932);
	buffer_set_used_size(out, 0);
	mapi_out_recipient(out, columns, COLUMNS, &rcpt, TRUE, 1252);
	mapi_in_init(&in2, MAPI_FORM_ROP, in->pool, out->data, out->used);
	if (mapi_in_recipient(&in2, columns, COLUMNS, 1252, &second) < 0 ||
	    mapi_in_left(&in2) > 0)
		i_panic("what was written is not read");
	mapi_out_recipient(again, columns, COLUMNS, &second, TRUE, 1252);
	i_assert(buffer_cmp(out, again));
}

static const struct mapi_prop *object_get(void *context, mapi_tag_t tag)
{
	static const char *const words[] = { "a", "\xc3\xa9" };
	static const struct mapi_prop props[] = {
		{ PidTagSubject, { .s = "Caf\xc3\xa9" } },
		{ MAPI_TAG(1, PTYP_STRING8), { .s = "Caf\xe9" } },
		{ PidTagMessageSize, { .i = 1000 } },
		{ PidTagSearchKey, { .bin = { (const void *)"abcabd", 6 } } },
		{ PidNameKeywords, { .mv = { 2, { .s = words } } } },
		{ MAPI_TAG(2, PTYP_FLOATING64), { .d = 1.5 } },
	};

	(void)context;
	return MAPI_TAG_ID(tag) % 7 == 6 ? NULL : &props[MAPI_TAG_ID(tag) % 7];
}

static bool object_sub(void *context, mapi_tag_t object,
		       const struct mapi_restriction *res)
{
	struct mapi_matcher m = { .get = object_get, .cpid = 1252 };

	(void)context;
	return object % 2 == 0 && mapi_restriction_match(res, &m);
}

static void fuzz_restriction(struct mapi_in *in)
{
	struct mapi_matcher m = {
		.get = object_get, .sub = object_sub, .cpid = 1252
	};
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	const struct mapi_restriction *res, *second;
	struct mapi_in in2;

	if (mapi_in_restriction(in, &res) < 0)
		return;
	(void)mapi_restriction_match(res, &m);
	mapi_out_restriction(out, in->form, res);
	mapi_in_init(&in2, in->form, in->pool, out->data, out->used);
	if (mapi_in_restriction(&in2, &second) < 0 || mapi_in_left(&in2) > 0)
		i_panic("what was written is not read");
	mapi_out_restriction(again, in->form, second);
	i_assert(buffer_cmp(out, again));
}

static void fuzz_sort_set(struct mapi_in *in)
{
	buffer_t *out = t_buffer_create(256);
	struct mapi_sort_set set;
	size_t start = in->pos;

	if (mapi_in_sort_set(in, &set) < 0)
		return;
	mapi_out_sort_set(out, &set);
	i_assert(out->used == in->pos - start &&
		 memcmp(out->data, in->data + start, out->used) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static void (*const targets[])(struct mapi_in *) = {
		fuzz_props, fuzz_row, fuzz_recipient, fuzz_restriction,
		fuzz_sort_set,
	};
	struct mapi_in in;
	pool_t pool;

	if (size < 2)
		return 0;
	pool = pool_alloconly_create("fuzz", 4096);
	T_BEGIN {
		mapi_in_init(&in, data[1] % 4, pool, data + 2, size - 2);
		targets[data[0] % N_ELEMENTS(targets)](&in);
	} T_END;
	pool_unref(&pool);
	return 0;
}
