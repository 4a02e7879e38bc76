/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Entry ids, names, sets of ids, change lists, rule actions, stored bags. The first
   byte chooses; what was read and written is read again, to the same bytes. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-mapi-props.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void fuzz_entry_id(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	struct mapi_entry_id id;

	if (mapi_entry_id_parse(data, size, pool, &id) <= 0)
		return;
	mapi_entry_id_write(out, &id);
	if (mapi_entry_id_parse(out->data, out->used, pool, &id) <= 0)
		i_panic("what was written is not read");
	mapi_entry_id_write(again, &id);
	i_assert(buffer_cmp(out, again));
}

static void fuzz_name(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(256);
	struct mapi_name name, second;
	struct mapi_in in;

	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	while (mapi_in_left(&in) > 0 && mapi_in_name(&in, &name) > 0) {
		struct mapi_in in2;

		(void)mapi_static_id(&name);
		buffer_set_used_size(out, 0);
		mapi_out_name(out, &name);
		mapi_in_init(&in2, MAPI_FORM_ROP, pool, out->data, out->used);
		if (mapi_in_name(&in2, &second) <= 0 || mapi_in_left(&in2) > 0)
			i_panic("what was written is not read");
	}
}

static void fuzz_idset_form(pool_t pool, bool by_guid,
			    const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	struct mapi_idset set, second;

	mapi_idset_init(&set, pool, by_guid);
	if (mapi_idset_parse(&set, data, size) < 0)
		return;
	mapi_idset_write(out, &set);
	mapi_idset_init(&second, pool, by_guid);
	if (mapi_idset_parse(&second, out->data, out->used) < 0)
		i_panic("what was written is not read");
	mapi_idset_write(again, &second);
	i_assert(buffer_cmp(out, again));
	mapi_idset_merge(&second, &set);
	buffer_set_used_size(again, 0);
	mapi_idset_write(again, &second);
	i_assert(buffer_cmp(out, again));
}

static void fuzz_idset_guid(pool_t pool, const unsigned char *data, size_t size)
{
	fuzz_idset_form(pool, TRUE, data, size);
}

static void
fuzz_idset_replid(pool_t pool, const unsigned char *data, size_t size)
{
	fuzz_idset_form(pool, FALSE, data, size);
}

/* Two lists: the first byte says where the second begins. */
static void fuzz_pcl(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *merged = buffer_create_dynamic(pool, 256);
	struct mapi_blob a, b, m;
	enum mapi_pcl_order order;

	if (size < 1 || data[0] > size - 1)
		return;
	a.data = data + 1;
	a.size = data[0];
	b.data = a.data + a.size;
	b.size = size - 1 - a.size;
	order = mapi_pcl_compare(&a, &b);
	(void)mapi_pcl_includes(&a, b.data, b.size);
	if (mapi_pcl_merge(merged, &a) < 0 || mapi_pcl_merge(merged, &b) < 0)
		return;
	m.data = merged->data;
	m.size = merged->used;
	i_assert(mapi_pcl_valid(m.data, m.size));
	/* what has all of both is not older than one */
	i_assert(mapi_pcl_compare(&m, &a) <= MAPI_PCL_NEWER);
	i_assert(mapi_pcl_compare(&m, &b) <= MAPI_PCL_NEWER);
	if (order == MAPI_PCL_EQUAL || order == MAPI_PCL_NEWER)
		i_assert(mapi_pcl_compare(&m, &a) == MAPI_PCL_EQUAL);
}

static void
fuzz_actions_form(pool_t pool, bool extended, const unsigned char *data,
		  size_t size)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	const struct mapi_action *actions;
	unsigned int count;

	if (mapi_rule_actions_parse(pool, extended, data, size, &actions,
				    &count) < 0)
		return;
	mapi_rule_actions_write(out, extended, actions, count);
	if (mapi_rule_actions_parse(pool, extended, out->data, out->used,
				    &actions, &count) < 0)
		i_panic("what was written is not read");
	mapi_rule_actions_write(again, extended, actions, count);
	i_assert(buffer_cmp(out, again));
}

static void fuzz_actions(pool_t pool, const unsigned char *data, size_t size)
{
	fuzz_actions_form(pool, FALSE, data, size);
}

static void
fuzz_actions_extended(pool_t pool, const unsigned char *data, size_t size)
{
	fuzz_actions_form(pool, TRUE, data, size);
}

static const struct mapi_name *name_of_id(void *context, uint16_t id)
{
	struct mapi_name *name = context;

	return mapi_static_name(id, name) ? name : NULL;
}

static uint16_t id_of_name(void *context, const struct mapi_name *name)
{
	(void)context;
	return mapi_static_id(name);
}

static void fuzz_bag(pool_t pool, const unsigned char *data, size_t size)
{
	buffer_t *out = t_buffer_create(256), *again = t_buffer_create(256);
	struct mapi_bag bag, second;
	struct mapi_name name;

	mapi_bag_init(&bag, pool);
	if (mapi_bag_unpack(&bag, data, size, id_of_name, NULL) < 0)
		return;
	mapi_bag_pack(out, &bag, name_of_id, &name);
	mapi_bag_init(&second, pool);
	if (mapi_bag_unpack(&second, out->data, out->used, id_of_name, NULL) < 0)
		i_panic("what was written is not read");
	mapi_bag_pack(again, &second, name_of_id, &name);
	i_assert(buffer_cmp(out, again));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static void (*const targets[])(pool_t, const unsigned char *, size_t) = {
		fuzz_entry_id, fuzz_name, fuzz_idset_guid, fuzz_idset_replid,
		fuzz_pcl, fuzz_actions, fuzz_actions_extended, fuzz_bag,
	};
	pool_t pool;

	if (size < 1)
		return 0;
	pool = pool_alloconly_create("fuzz", 4096);
	T_BEGIN {
		targets[data[0] % N_ELEMENTS(targets)](pool, data + 1, size - 1);
	} T_END;
	pool_unref(&pool);
	return 0;
}
