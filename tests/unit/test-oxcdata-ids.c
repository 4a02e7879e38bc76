/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ids, entry ids, change lists, sets of ids, rule actions, and the envelopes of ROP
   buffers. */

#include "oxcdata-test.h"
#include "test-size.h"

static void setup(void)
{
	lib_init();
}

static void teardown(void)
{
	lib_deinit();
}

static void gid(guid_128_t guid_r, unsigned char c)
{
	memset(guid_r, c, GUID_128_SIZE);
}

/* --- ids ---------------------------------------------------------------------------- */

START_TEST(test_ids)
{
	struct mapi_long_id id = { .globcnt = 0x010203040506ULL }, read;
	buffer_t *out = t_buffer_create(64);
	struct mapi_in in;
	unsigned int i;

	/* REPLID 1, counter 0x10c: bytes 01 00, 00 00 00 00 01 0c */
	mapi_out_u64(out, mapi_id(1, 0x10c));
	ck_buf(out, "0100 00000000010c");
	ck_assert_uint_eq(mapi_id_globcnt(mapi_id(1, 0x10c)), 0x10c);
	ck_assert_uint_eq(mapi_id_replid(mapi_id(1, 0x10c)), 1);
	for (i = 0; i < 1000; i++) {
		uint64_t globcnt = rnd64() >> 16;
		uint16_t replid = rnd(0x10000);
		mapi_id_t num = mapi_id(replid, globcnt);

		ck_assert_uint_eq(mapi_id_replid(num), replid);
		ck_assert_uint_eq(mapi_id_globcnt(num), globcnt);
	}
	gid(id.guid, 0xaa);
	buffer_set_used_size(out, 0);
	mapi_out_long_id(out, &id);
	ck_buf(out, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 010203040506 0000");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	mapi_in_long_id(&in, &read);
	ck_assert_uint_eq(read.globcnt, id.globcnt);
	ck_assert(mapi_gid_parse(out->data, 22, &read));
	ck_assert_uint_eq(read.globcnt, id.globcnt);
	ck_assert(!mapi_gid_parse(out->data, 21, &read));
	ck_assert(!mapi_gid_parse(out->data, 23, &read));
}
END_TEST

START_TEST(test_server_id)
{
	const buffer_t *buf = unhex("01 0100000000000001 0100000000000002 03000000");
	buffer_t *out = t_buffer_create(64);
	struct mapi_server_id id;

	ck_assert(mapi_server_id_parse(buf->data, buf->used, &id));
	ck_assert(id.ours);
	ck_assert_uint_eq(mapi_id_globcnt(id.folder), 1);
	ck_assert_uint_eq(mapi_id_globcnt(id.message), 2);
	ck_assert_uint_eq(id.instance, 3);
	mapi_server_id_write(out, &id);
	ck_buf(out, "01 0100000000000001 0100000000000002 03000000");
	ck_assert(!mapi_server_id_parse(buf->data, 20, &id));
	ck_assert(!mapi_server_id_parse(buf->data, 0, &id));
	ck_assert(mapi_server_id_parse("\0ab", 3, &id));
	ck_assert(!id.ours);
	ck_assert_uint_eq(id.client.size, 2);
}
END_TEST

/* --- change lists --------------------------------------------------------------------- */

/* ChangeKey of one GUID and a counter of six bytes */
static const unsigned char *xid(unsigned char c, uint64_t num)
{
	buffer_t *buf = t_buffer_create(22);
	struct mapi_long_id id = { .globcnt = num };

	gid(id.guid, c);
	mapi_out_gid(buf, &id);
	return buf->data;
}

static struct mapi_blob pcl(unsigned int count, const unsigned char *guids,
			    const unsigned int *nums)
{
	buffer_t *buf = t_buffer_create(64);
	struct mapi_blob blob;
	unsigned int i;

	for (i = 0; i < count; i++)
		ck_assert_int_eq(mapi_pcl_add(buf, xid(guids[i], nums[i]), 22), 0);
	blob.data = buf->data;
	blob.size = buf->used;
	return blob;
}

/* MS-OXCFXICS 3.1.5.6.1: which of two versions includes the other */
START_TEST(test_pcl_compare)
{
	struct mapi_blob none = { NULL, 0 };
	struct mapi_blob a1 = pcl(1, (const void *)"a", (unsigned int []){ 1 });
	struct mapi_blob a2 = pcl(1, (const void *)"a", (unsigned int []){ 2 });
	struct mapi_blob a1b1 = pcl(2, (const void *)"ba", (unsigned int []){ 1, 1 });
	struct mapi_blob a2b1 = pcl(2, (const void *)"ab", (unsigned int []){ 2, 1 });

	ck_assert_int_eq(mapi_pcl_compare(&none, &none), MAPI_PCL_EQUAL);
	ck_assert_int_eq(mapi_pcl_compare(&a1, &a1), MAPI_PCL_EQUAL);
	ck_assert_int_eq(mapi_pcl_compare(&a1, &none), MAPI_PCL_NEWER);
	ck_assert_int_eq(mapi_pcl_compare(&a2, &a1), MAPI_PCL_NEWER);
	ck_assert_int_eq(mapi_pcl_compare(&a1, &a2), MAPI_PCL_OLDER);
	ck_assert_int_eq(mapi_pcl_compare(&a1b1, &a1), MAPI_PCL_NEWER);
	ck_assert_int_eq(mapi_pcl_compare(&a1, &a2b1), MAPI_PCL_OLDER);
	ck_assert_int_eq(mapi_pcl_compare(&a2, &a1b1), MAPI_PCL_CONFLICT);
	ck_assert(mapi_pcl_includes(&a2b1, xid('a', 1), 22));
	ck_assert(!mapi_pcl_includes(&a2b1, xid('a', 3), 22));
	ck_assert(!mapi_pcl_includes(&a2b1, xid('c', 0), 22));
}
END_TEST

START_TEST(test_pcl_add)
{
	buffer_t *buf = t_buffer_create(64), *sorted = t_buffer_create(64);
	struct mapi_blob other;

	ck_assert_int_eq(mapi_pcl_add(buf, xid('b', 1), 22), 0);
	ck_assert_int_eq(mapi_pcl_add(buf, xid('a', 1), 22), 0);
	ck_assert_int_eq(mapi_pcl_add(buf, xid('c', 1), 22), 0);
	ck_assert_int_eq(mapi_pcl_add(buf, xid('b', 0), 22), 0);
	/* sorted by GUID, one each, the highest */
	ck_buf(buf, "16 61616161616161616161616161616161 000000000001 "
	       "16 62626262626262626262626262626262 000000000001 "
	       "16 63636363636363636363636363636363 000000000001");
	ck_assert_int_eq(mapi_pcl_add(buf, xid('b', 7), 22), 0);
	ck_assert_uint_eq(buf->used, 3 * 23);
	ck_assert_int_eq(((const unsigned char *)buf->data)[2 * 23 - 1], 7);
	/* XIDs are of 17 to 24 bytes */
	ck_assert_int_lt(mapi_pcl_add(buf, xid('b', 7), 16), 0);
	ck_assert_int_lt(mapi_pcl_add(buf, xid('b', 7), 25), 0);
	ck_assert(mapi_pcl_valid(buf->data, buf->used));
	ck_assert(!mapi_pcl_valid(buf->data, buf->used - 1));
	ck_assert(!mapi_pcl_valid("\x10" "aaaaaaaaaaaaaaaa", 17));
	ck_assert(!mapi_pcl_valid("\0", 1));
	other = pcl(2, (const void *)"bd", (unsigned int []){ 9, 1 });
	ck_assert_int_eq(mapi_pcl_merge(buf, &other), 0);
	other.data = buf->data;
	other.size = buf->used;
	ck_assert_int_eq(mapi_pcl_merge(sorted, &other), 0);
	ck_assert(buffer_cmp(sorted, buf));
	ck_assert_uint_eq(buf->used, 4 * 23);
	other.size--;
	ck_assert_int_lt(mapi_pcl_merge(sorted, &other), 0);
}
END_TEST

/* --- sets of ids ------------------------------------------------------------------------- */

static void ck_set(const char *globset_hex, const char *expected)
{
	const buffer_t *buf = unhex(t_strconcat("0100", globset_hex, NULL));
	string_t *str = t_str_new(64);
	const struct mapi_idset_replica *replica;
	const struct mapi_idset_range *range;
	struct mapi_idset set;
	int ret;

	mapi_idset_init(&set, pool_datastack_create(), FALSE);
	ret = mapi_idset_parse(&set, buf->data, buf->used);
	if (expected == NULL) {
		ck_assert_msg(ret < 0, "%s was read", globset_hex);
		return;
	}
	ck_assert_msg(ret == 0, "%s was not read", globset_hex);
	array_foreach(&set.replicas, replica) {
		array_foreach(&replica->ranges, range)
			str_printfa(str, "%"PRIx64"-%"PRIx64" ", range->low,
				    range->high);
	}
	ck_assert_str_eq(str_c(str), expected);
}

/* MS-OXCFXICS 2.2.2.6, 3.1.5.4.3; the bitmask is the example of 3.1.5.4.3.1.3. */
START_TEST(test_globset_read)
{
	ck_set("05 0000000000 42 01 eb 50 00", "1-3 5-5 7-9 ");
	ck_set("06 000000000005 00", "5-5 ");
	ck_set("52 000000000001 000000000010 00", "1-10 ");
	ck_set("04 00000000 02 0103 02 0105 52 0200 0201 50 00",
	       "103-103 105-105 200-201 ");
	/* pushes are popped one by one */
	ck_set("02 0000 03 000001 01 07 52 02 03 50 52 00000200 00000201 50 00",
	       "102-103 107-107 200-201 ");
	ck_set("00", "");
	/* overlapping and out of order: still a set */
	ck_set("52 000000000005 000000000008 52 000000000001 000000000006 00",
	       "1-8 ");
	/* not: End with a stack, no End, an empty Pop, a Bitmask with four bytes or
	   over the edge, too many pushed, low above high, unknown */
	ck_set("01 00 00", NULL);
	ck_set("06 000000000005", NULL);
	ck_set("50 00", NULL);
	ck_set("04 00000000 42 01 eb 50 00", NULL);
	ck_set("05 0000000000 42 f8 80 50 00", NULL);
	ck_set("04 00000000 03 000000 50 00", NULL);
	ck_set("52 000000000002 000000000001 00", NULL);
	ck_set("07 00 00", NULL);
	ck_set("52 0000", NULL);
	ck_set("05 0000000000 42 01", NULL);
}
END_TEST

START_TEST(test_globset_bitmask_written)
{
	struct mapi_idset set;
	buffer_t *out = t_buffer_create(64);
	static const unsigned int nums[] = { 9, 1, 2, 8, 3, 5, 7 };
	unsigned int i;

	mapi_idset_init(&set, pool_datastack_create(), FALSE);
	for (i = 0; i < N_ELEMENTS(nums); i++)
		mapi_idset_add_id(&set, mapi_id(1, nums[i]));
	mapi_idset_write(out, &set);
	ck_buf(out, "0100 05 0000000000 42 01 eb 50 00");
	ck_assert(mapi_idset_contains_id(&set, mapi_id(1, 5)));
	ck_assert(!mapi_idset_contains_id(&set, mapi_id(1, 6)));
	ck_assert(!mapi_idset_contains_id(&set, mapi_id(2, 5)));
}
END_TEST

START_TEST(test_idset_written)
{
	struct mapi_idset set;
	buffer_t *out = t_buffer_create(64);
	guid_128_t a, b, c;

	gid(a, 0xaa);
	gid(b, 0xbb);
	gid(c, 0xcc);
	mapi_idset_init(&set, pool_datastack_create(), TRUE);
	ck_assert(mapi_idset_is_empty(&set));
	mapi_idset_write(out, &set);
	ck_assert_uint_eq(out->used, 0);
	/* by GUID; a replica without any is left out */
	mapi_idset_add_range(&set, b, 1, 0x123);
	mapi_idset_add(&set, a, 5);
	mapi_idset_add(&set, c, 5);
	mapi_idset_remove(&set, c, 5);
	mapi_idset_remove(&set, c, 6);
	mapi_idset_write(out, &set);
	ck_buf(out, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 06 000000000005 00 "
	       "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 04 00000000 52 0001 0123 50 00");
	ck_assert_ptr_null(mapi_idset_find(&set, (const guid_128_t){ 0 }));
}
END_TEST

/* What a set of numbers below 4096 says is what an array of bits says. */
START_TEST(test_idset_random)
{
	unsigned int round, i;
	guid_128_t guids[2];

	gid(guids[0], 0x11);
	gid(guids[1], 0x22);
	for (round = 0; round < test_rounds(300); round++) T_BEGIN {
		pool_t pool = pool_alloconly_create("set", 4096);
		bool *bits = t_new(bool, 2 * 4096);
		/* from few and far to many and close, around a byte's edges */
		uint64_t base = rnd(2) == 0 ? 0 : rnd64() >> 20;
		unsigned int span = 8U << rnd(10), n = rnd(300), num, g;
		buffer_t *out = t_buffer_create(256), *again =
			t_buffer_create(256);
		struct mapi_idset set, read;

		mapi_idset_init(&set, pool, TRUE);
		for (i = 0; i < n; i++) {
			g = rnd(2);
			num = rnd(span);
			if (rnd(4) == 0) {
				mapi_idset_remove(&set, guids[g], base + num);
				bits[g * 4096 + num] = FALSE;
			} else {
				mapi_idset_add(&set, guids[g], base + num);
				bits[g * 4096 + num] = TRUE;
			}
		}
		mapi_idset_write(out, &set);
		mapi_idset_init(&read, pool, TRUE);
		ck_assert_int_eq(mapi_idset_parse(&read, out->data, out->used), 0);
		mapi_idset_write(again, &read);
		ck_assert(buffer_cmp(out, again));
		for (g = 0; g < 2; g++) {
			for (num = 0; num < span; num++) {
				ck_assert_int_eq(mapi_idset_contains(&read,
					guids[g], base + num),
					bits[g * 4096 + num]);
			}
		}
		/* merged with itself it is the same */
		mapi_idset_merge(&read, &set);
		buffer_set_used_size(again, 0);
		mapi_idset_write(again, &read);
		ck_assert(buffer_cmp(out, again));
		pool_unref(&pool);
	} T_END;
}
END_TEST

/* What is in a and not in b, asked both ways, number by number */
START_TEST(test_idset_differences)
{
	unsigned int round, i;
	guid_128_t guid, other;

	gid(guid, 0x11);
	gid(other, 0x22);
	for (round = 0; round < test_rounds(300); round++) T_BEGIN {
		pool_t pool = pool_alloconly_create("set", 4096);
		unsigned int span = 8U << rnd(6), low, high;
		bool *a_has = t_new(bool, span + 1),
			*b_has = t_new(bool, span + 1);
		ARRAY_TYPE(mapi_idset_range) missing;
		const struct mapi_idset_range *range;
		struct mapi_idset a, b;

		mapi_idset_init(&a, pool, TRUE);
		mapi_idset_init(&b, pool, TRUE);
		for (i = 1; i <= span; i++) {
			a_has[i] = rnd(3) > 0;
			b_has[i] = rnd(3) == 0;
			if (a_has[i])
				mapi_idset_add(&a, guid, i);
			if (b_has[i])
				mapi_idset_add(&b, guid, i);
		}
		mapi_idset_add(&a, other, 7);
		t_array_init(&missing, 16);
		low = 1 + rnd(span);
		high = low + rnd(span + 1 - low);
		mapi_idset_missing(&a, guid, low, high, &missing);
		array_foreach(&missing, range) {
			for (i = range->low; i <= range->high; i++) {
				ck_assert(i >= low && i <= high && !a_has[i]);
				a_has[i] = TRUE;
			}
		}
		for (i = low; i <= high; i++) {
			ck_assert(a_has[i]);
			a_has[i] = mapi_idset_contains(&a, guid, i);
		}
		mapi_idset_subtract(&a, &b);
		for (i = 1; i <= span; i++) {
			ck_assert_int_eq(mapi_idset_contains(&a, guid, i),
					 a_has[i] && !b_has[i]);
		}
		ck_assert(mapi_idset_contains(&a, other, 7));
		pool_unref(&pool);
	} T_END;
}
END_TEST

/* Ranges in falling order are not slow: a million of them. */
START_TEST(test_idset_hostile)
{
	pool_t pool = pool_alloconly_create("set", 1024 * 1024);
	buffer_t *buf = buffer_create_dynamic(pool, 8 * 1024 * 1024);
	struct mapi_idset set;
	unsigned int i;

	mapi_out_u16(buf, 1);
	for (i = 0; i < MAPI_IDSET_MAX_RANGES; i++) {
		mapi_out_u8(buf, 6);
		mapi_out_u16(buf, 0);
		buffer_append_c(buf, (MAPI_IDSET_MAX_RANGES - i) >> 15);
		buffer_append_c(buf, (MAPI_IDSET_MAX_RANGES - i) >> 7);
		buffer_append_c(buf, (MAPI_IDSET_MAX_RANGES - i) << 1);
		buffer_append_c(buf, 0);
	}
	mapi_out_u8(buf, 0);
	mapi_idset_init(&set, pool, FALSE);
	ck_assert_int_eq(mapi_idset_parse(&set, buf->data, buf->used), 0);
	/* one more is too many */
	buffer_set_used_size(buf, buf->used - 1);
	buffer_append(buf, "\6\0\0\0\0\0\1\0", 8);
	mapi_idset_init(&set, pool, FALSE);
	ck_assert_int_lt(mapi_idset_parse(&set, buf->data, buf->used), 0);
	pool_unref(&pool);
}
END_TEST

/* --- entry ids -------------------------------------------------------------------------------- */

static void
ck_entry_id(const struct mapi_entry_id *id, const char *hex,
	    struct mapi_entry_id *read_r)
{
	buffer_t *out = t_buffer_create(128), *again = t_buffer_create(128);
	size_t i;

	mapi_entry_id_write(out, id);
	ck_buf(out, hex);
	ck_assert_int_eq(mapi_entry_id_parse(out->data, out->used,
					     pool_datastack_create(), read_r),
			 1);
	ck_assert_int_eq(read_r->kind, id->kind);
	mapi_entry_id_write(again, read_r);
	ck_assert(buffer_cmp(out, again));
	/* never found in less than all of it */
	for (i = 0; i < out->used; i++) {
		struct mapi_entry_id part;

		ck_assert_int_le(mapi_entry_id_parse(out->data, i,
						     pool_datastack_create(),
						     &part), 0);
	}
}

START_TEST(test_entry_ids)
{
	struct mapi_entry_id id = { .kind = MAPI_EID_FOLDER }, read;

	gid(id.provider, 0x77);
	gid(id.folder.guid, 0xaa);
	gid(id.message.guid, 0xaa);
	id.type = eitLTPrivateFolder;
	id.folder.globcnt = 0x10;
	id.message.globcnt = 0x20;
	ck_entry_id(&id, "00000000 77777777777777777777777777777777 0100 "
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 000000000010 0000", &read);
	ck_assert_uint_eq(read.folder.globcnt, 0x10);
	id.kind = MAPI_EID_MESSAGE;
	id.type = eitLTPrivateMessage;
	ck_entry_id(&id, "00000000 77777777777777777777777777777777 0700 "
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 000000000010 0000 "
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 000000000020 0000", &read);
	ck_assert_uint_eq(read.message.globcnt, 0x20);
}
END_TEST

START_TEST(test_entry_ids_of_people)
{
	struct mapi_entry_id id = {
		.kind = MAPI_EID_ADDRESS, .dn = "/o=x", .display_type = 1,
	}, read;
	buffer_t *out = t_buffer_create(64);

	ck_entry_id(&id, "00000000 dca740c8c042101ab4b908002b2fe182 01000000 "
		    "01000000 2f6f3d7800", &read);
	ck_assert_str_eq(read.dn, "/o=x");
	i_zero(&id);
	id.kind = MAPI_EID_ONE_OFF;
	id.one_off_flags = MAPI_ONE_OFF_NO_RICH_INFO | MAPI_ONE_OFF_UNICODE;
	id.name = "A";
	id.addrtype = "SMTP";
	id.address = "a@b";
	ck_entry_id(&id, "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0180 "
		    "41000000 53004d00540050000000 6100400062000000", &read);
	mapi_entry_id_of_smtp(out, "A", "a@b");
	ck_buf(out, "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0180 "
	       "41000000 53004d00540050000000 6100400062000000");
	ck_assert_str_eq(read.address, "a@b");
	/* one in a code page */
	out = unhex("00000000 812b1fa4bea310199d6e00dd010f5402 0000 0100 "
		    "e900 534d545000 6100");
	ck_assert_int_eq(mapi_entry_id_parse(out->data, out->used,
					     pool_datastack_create(), &read), 1);
	ck_assert_str_eq(read.name, "\xc3\xa9");
	i_zero(&id);
	id.kind = MAPI_EID_CONTACT;
	id.index = 2;
	id.object.data = (const void *)"xyz";
	id.object.size = 3;
	ck_entry_id(&id, "00000000 fe42aa0a18c71a10e8850b651c240000 03000000 "
		    "04000000 02000000 03000000 78797a", &read);
	id.kind = MAPI_EID_PERSONAL_LIST;
	ck_entry_id(&id, "00000000 fe42aa0a18c71a10e8850b651c240000 03000000 "
		    "05000000 ff000000 03000000 78797a", &read);
	out = t_buffer_create(16);
	mapi_search_key_of_address(out, "SMTP", "a@b");
	ck_buf(out, "534d54503a41404200");
}
END_TEST

START_TEST(test_entry_id_store)
{
	struct mapi_entry_id id = {
		.kind = MAPI_EID_STORE, .server = "s", .dn = "/o=x",
	}, read;
	const buffer_t *buf;

	ck_entry_id(&id, "00000000 38a1bb1005e5101aa1bb08002b2a56c2 00 00 "
		    "656d736d64622e646c6c00000000 00000000 "
		    "1b55fa20aa6611cd9bc800aa002fc45a 0c000000 7300 2f6f3d7800",
		    &read);
	ck_assert_str_eq(read.dn, "/o=x");
	id.public_store = TRUE;
	id.dn = NULL;
	ck_entry_id(&id, "00000000 38a1bb1005e5101aa1bb08002b2a56c2 00 00 "
		    "656d736d64622e646c6c00000000 00000000 "
		    "1c830210aa6611cd9bc800aa002fc45a 06000000 7300", &read);
	ck_assert(read.public_store);
	/* what newer versions put behind it is not looked at */
	buf = unhex("00000000 38a1bb1005e5101aa1bb08002b2a56c2 00 00 "
		    "656d736d64622e646c6c00000000 00000000 "
		    "1b55fa20aa6611cd9bc800aa002fc45a 0c000000 7300 2f6f3d7800 "
		    "d83521f3 00000000");
	ck_assert_int_eq(mapi_entry_id_parse(buf->data, buf->used,
					     pool_datastack_create(), &read), 1);
	/* unknown kinds are not broken */
	buf = unhex("00000000 99999999999999999999999999999999 0100 00");
	ck_assert_int_eq(mapi_entry_id_parse(buf->data, buf->used,
					     pool_datastack_create(), &read), 0);
	ck_assert_int_eq(read.kind, MAPI_EID_UNKNOWN);
	ck_assert_int_lt(mapi_entry_id_parse(buf->data, 19,
					     pool_datastack_create(), &read), 0);
}
END_TEST

/* --- rule actions --------------------------------------------------------------------------------- */

static void
ck_actions(const char *hex, bool extended, const struct mapi_action **actions_r,
	   unsigned int count)
{
	const buffer_t *buf = unhex(hex);
	buffer_t *out = t_buffer_create(128);
	unsigned int n;

	ck_assert_int_eq(mapi_rule_actions_parse(pool_datastack_create(),
						 extended, buf->data, buf->used,
						 actions_r, &n), 0);
	ck_assert_uint_eq(n, count);
	mapi_rule_actions_write(out, extended, *actions_r, n);
	ck_buf(out, hex);
}

START_TEST(test_rule_actions)
{
	const struct mapi_action *act;

	/* move in this store; delete */
	ck_actions("0200 2400 01 00000000 00000000 01 0100 00 1500 "
		   "01 0100000000000005 0000000000000000 00000000 "
		   "0900 0a 00000000 00000000", FALSE, &act, 2);
	ck_assert(act[0].this_store);
	ck_assert_uint_eq(mapi_id_globcnt(act[0].folder_id.folder), 5);
	ck_assert_int_eq(act[1].type, MAPI_OP_DELETE);
	/* forward: counts of 16 bits, as Outlook has them; of 32, as the document */
	ck_actions("0100 1800 07 03000000 00000000 0100 01 0100 1f000130 "
		   "41004200 0000 ", FALSE, &act, 1);
	ck_assert_uint_eq(act->recipients_count, 1);
	ck_assert_str_eq(mapi_bag_get_str(&act->recipients[0], PidTagDisplayName),
			 "AB");
	ck_actions("0100 1c00 07 03000000 00000000 01000000 01 01000000 1f000130 "
		   "41004200 0000 ", FALSE, &act, 1);
	ck_assert(act->wide_counts);
	/* reply, bounce, tag, defer, mark as read */
	ck_actions("0500 2900 03 00000000 00000000 0100000000000001 "
		   "0100000000000002 11111111111111111111111111111111 "
		   "0d00 06 00000000 00000000 1f000000 "
		   "1100 09 00000000 00000000 03001700 02000000 "
		   "0b00 05 00000000 00000000 aabb "
		   "0900 0b 00000000 00000000", FALSE, &act, 5);
	ck_assert_uint_eq(act[1].bounce_code, 0x1f);
	ck_assert_uint_eq(act[2].tag.tag, PidTagImportance);
	/* extended: wide everywhere */
	ck_actions("01000000 13000000 01 00000000 00000000 01000000 aa 01000000 bb",
		   TRUE, &act, 1);
	ck_actions("01000000 20000000 03 00000000 00000000 03000000 010203 "
		   "11111111111111111111111111111111", TRUE, &act, 1);
}
END_TEST

START_TEST(test_rule_actions_broken)
{
	static const char *const broken[] = {
		"", "01", "0100", "ffff 0900 0a 00000000 00000000",
		"0100 0900 0c 00000000 00000000",
		"0100 0900 00 00000000 00000000",
		"0100 0a00 0a 00000000 00000000 00",
		"0100 0800 0a 00000000 000000",
		"0100 0900 0a 00000000 00000000 00",
		"0100 0b00 07 00000000 00000000 ffff",
		"0100 0f00 01 00000000 00000000 01 0000 0100 01",
	};
	const struct mapi_action *act;
	unsigned int i, n;

	for (i = 0; i < N_ELEMENTS(broken); i++) {
		const buffer_t *buf = unhex(broken[i]);

		ck_assert_msg(mapi_rule_actions_parse(pool_datastack_create(),
						      FALSE, buf->data,
						      buf->used, &act, &n) < 0,
			      "%u was read", i);
	}
}
END_TEST

/* --- LZ77 ------------------------------------------------------------------------------------------- */

/* MS-XCA 3.1 */
START_TEST(test_lz77_examples)
{
	const buffer_t *packed = unhex("3f000000 6162636465666768696a6b6c6d6e6f"
				       "707172737475767778797a");
	const char *alphabet = "abcdefghijklmnopqrstuvwxyz";
	buffer_t *out = t_buffer_create(512);
	char *abc = t_malloc0(301);
	unsigned char plain[512];
	unsigned int i;

	ck_assert_int_eq(mapi_lz77_decompress(packed->data, packed->used,
					      plain, 26), 0);
	ck_assert_mem_eq(plain, alphabet, 26);
	/* nothing repeats: it does not pay */
	ck_assert(!mapi_lz77_compress(alphabet, 26, out));
	ck_assert_uint_eq(out->used, 0);

	for (i = 0; i < 300; i++)
		abc[i] = "abc"[i % 3];
	packed = unhex("ffffff1f 616263 1700 0f ff 2601");
	ck_assert_int_eq(mapi_lz77_decompress(packed->data, packed->used,
					      plain, 300), 0);
	ck_assert_mem_eq(plain, abc, 300);
	ck_assert(mapi_lz77_compress(abc, 300, out));
	ck_buf(out, "ffffff1f 616263 1700 0f ff 2601");

	/* MS-OXCRPC 3.1.4.1.1.2.2.3: 0x0018 is the distance 4, here with the least
	   length */
	packed = unhex("ffffff0f 61626364 1800");
	ck_assert_int_eq(mapi_lz77_decompress(packed->data, packed->used,
					      plain, 7), 0);
	ck_assert_mem_eq(plain, "abcdabc", 7);
}
END_TEST

/* Lengths at each change of form, MS-OXCRPC 3.1.4.1.1.2.2.4 */
START_TEST(test_lz77_lengths)
{
	static const unsigned int lengths[] = {
		3, 9, 10, 24, 25, 279, 280, 281, 65535, 65538, 65539, 100000
	};
	unsigned int i, repeats;

	for (i = 0; i < N_ELEMENTS(lengths); i++) for (repeats = 1; repeats < 4;
						       repeats++) T_BEGIN {
		size_t size = 4 + (lengths[i] + 4) * repeats, pos = 0, j, r;
		unsigned char *data = t_malloc0(size), *read = t_malloc0(size);
		buffer_t *out = t_buffer_create(1024);

		for (r = 0; r < repeats; r++) {
			/* four that were not there before, then a run */
			for (j = 0; j < 4; j++)
				data[pos++] = 10 * (r + 1) + j;
			for (j = 0; j < lengths[i]; j++, pos++)
				data[pos] = data[pos - 1];
		}
		if (mapi_lz77_compress(data, pos, out)) {
			ck_assert_int_eq(mapi_lz77_decompress(out->data,
				out->used, read, pos), 0);
			ck_assert_mem_eq(data, read, pos);
		}
	} T_END;
}
END_TEST

START_TEST(test_lz77_random)
{
	unsigned int i;

	for (i = 0; i < test_rounds(2000); i++) T_BEGIN {
		size_t size = rnd(20000), j, cut;
		unsigned char *data = t_malloc0(size + 1),
			*read = t_malloc0(size + 1);
		buffer_t *out = t_buffer_create(1024);
		unsigned int letters = 1 + rnd(1 + rnd(256));

		for (j = 0; j < size; j++) {
			data[j] = rnd(20) == 0 || j < 50 ? rnd(letters) :
				data[j - 1 - rnd(50)];
		}
		if (mapi_lz77_compress(data, size, out)) {
			ck_assert_uint_lt(out->used, size);
			ck_assert_int_eq(mapi_lz77_decompress(out->data,
				out->used, read, size), 0);
			ck_assert_mem_eq(data, read, size);
			/* of another size it is broken, and so is a part of it */
			ck_assert_int_lt(mapi_lz77_decompress(out->data,
				out->used, read, size - 1), 0);
			ck_assert_int_lt(mapi_lz77_decompress(out->data,
				out->used, t_malloc0(size + 1), size + 1), 0);
			cut = rnd(out->used - 5);
			ck_assert_int_lt(mapi_lz77_decompress(out->data, cut,
				read, size), 0);
		}
	} T_END;
}
END_TEST

START_TEST(test_lz77_broken)
{
	static const char *const broken[] = {
		/* a distance before the beginning; none of the data */
		"ffffff7f 61 0800", "ffffffff 0000",
		/* a length beyond the end, of each form */
		"ffffff7f 61 0600", "ffffff7f 61 0700 0e", "ffffff7f 61 0700 0f 10",
		"ffffff7f 61 0700 0f ff ffff", "ffffff7f 61 0700 0f ff 0000 ffffffff",
		/* a long form with a small number */
		"ffffff7f 61 0700 0f ff 1500",
		/* ends within */
		"ffffff", "ffffff7f 61 07", "ffffff7f 61 0700", "ffffff7f 61 0700 0f",
		"ffffff7f 61 0700 0f ff 00", "ffffff7f 61 0700 0f ff 0000 ffff",
	};
	unsigned char plain[8];
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(broken); i++) {
		const buffer_t *buf = unhex(broken[i]);

		ck_assert_msg(mapi_lz77_decompress(buf->data, buf->used, plain,
						   sizeof(plain)) < 0,
			      "%u was read", i);
	}
	ck_assert_int_eq(mapi_lz77_decompress("", 0, plain, 0), 0);
}
END_TEST

/* --- extended buffers -------------------------------------------------------------------------------- */

static int unpack(const buffer_t *buf, size_t max,
		  ARRAY_TYPE(mapi_blob) *payloads)
{
	t_array_init(payloads, 4);
	return mapi_rhe_unpack(buf->data, buf->used, max,
			       pool_datastack_create(), payloads);
}

START_TEST(test_rhe)
{
	ARRAY_TYPE(mapi_blob) payloads;
	const struct mapi_blob *blob;
	buffer_t *out = t_buffer_create(64);
	unsigned char zeros[200] = { 0 };

	mapi_rhe_pack(out, "abc", 3, MAPI_RHE_LAST);
	ck_buf(out, "0000 0400 0300 0300 616263");
	buffer_set_used_size(out, 0);
	/* obfuscated; too short to be compressed */
	mapi_rhe_pack(out, "abc", 3, MAPI_RHE_XOR | MAPI_RHE_COMPRESSED);
	ck_buf(out, "0000 0200 0300 0300 c4c7c6");
	mapi_rhe_pack(out, zeros, sizeof(zeros), MAPI_RHE_XOR |
		      MAPI_RHE_COMPRESSED | MAPI_RHE_LAST);
	ck_assert_int_eq(unpack(out, 1000, &payloads), 0);
	ck_assert_uint_eq(array_count(&payloads), 2);
	blob = array_front(&payloads);
	ck_bytes(blob[0].data, blob[0].size, "616263");
	ck_assert_uint_eq(blob[1].size, sizeof(zeros));
	ck_assert_mem_eq(blob[1].data, zeros, sizeof(zeros));
	ck_assert_uint_lt(out->used, 40);
	/* the cap is on all of them */
	ck_assert_int_lt(unpack(out, 202, &payloads), 0);
	ck_assert_int_eq(unpack(out, 203, &payloads), 0);
	/* nothing at all is no payload */
	ck_assert_int_eq(unpack(t_buffer_create(1), 10, &payloads), 0);
	ck_assert_uint_eq(array_count(&payloads), 0);
}
END_TEST

START_TEST(test_rhe_broken)
{
	static const char *const broken[] = {
		/* cut; another version; no last; something behind it */
		"0000 0400 0300 03", "0100 0400 0300 0300 616263",
		"0000 0000 0300 0300 616263", "0000 0400 0300 0300 616263 00",
		"0000 0400 0300 0300 6162",
		/* sizes that contradict the flags */
		"0000 0400 0300 0400 616263", "0000 0500 0300 0300 616263",
		/* not compressed though it says so */
		"0000 0500 0300 0900 616263",
	};
	ARRAY_TYPE(mapi_blob) payloads;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(broken); i++) {
		ck_assert_msg(unpack(unhex(broken[i]), 1000, &payloads) < 0,
			      "%u was read", i);
	}
}
END_TEST

START_TEST(test_aux)
{
	buffer_t *out = t_buffer_create(64);
	struct mapi_aux aux;
	struct mapi_in in;

	/* MS-OXCRPC 2.2.2.2.15: AUX_CLIENT_CONTROL */
	mapi_out_aux(out, MAPI_AUX_VERSION_1, MAPI_AUX_CLIENT_CONTROL,
		     "\1\0\0\0\2\0\0\0", 8);
	ck_buf(out, "0c00 01 0a 01000000 02000000");
	in_hex(&in, MAPI_FORM_ROP, "0c00 01 0a 01000000 02000000 "
	       "0e00 01 05 0600 0000 6100 6200 0000");
	ck_assert_int_eq(mapi_in_aux(&in, &aux), 1);
	ck_assert_int_eq(aux.type, MAPI_AUX_CLIENT_CONTROL);
	ck_assert_uint_eq(aux.block.size, 12);
	ck_assert_int_eq(mapi_in_aux(&in, &aux), 1);
	ck_assert_str_eq(mapi_aux_string(&aux, pool_datastack_create(), 8), "ab");
	ck_assert_ptr_null(mapi_aux_string(&aux, pool_datastack_create(), 0));
	ck_assert_ptr_null(mapi_aux_string(&aux, pool_datastack_create(), 14));
	ck_assert_ptr_null(mapi_aux_string(&aux, pool_datastack_create(), 13));
	ck_assert_int_eq(mapi_in_aux(&in, &aux), 0);
	in_hex(&in, MAPI_FORM_ROP, "0300 01 0a");
	ck_assert_int_lt(mapi_in_aux(&in, &aux), 0);
	in_hex(&in, MAPI_FORM_ROP, "0600 01 0a 00");
	ck_assert_int_lt(mapi_in_aux(&in, &aux), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oxcdata-ids");
	TCase *tcase = tcase_create("oxcdata-ids");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_ids);
	tcase_add_test(tcase, test_server_id);
	tcase_add_test(tcase, test_pcl_compare);
	tcase_add_test(tcase, test_pcl_add);
	tcase_add_test(tcase, test_globset_read);
	tcase_add_test(tcase, test_globset_bitmask_written);
	tcase_add_test(tcase, test_idset_written);
	tcase_add_test(tcase, test_idset_random);
	tcase_add_test(tcase, test_idset_differences);
	tcase_add_test(tcase, test_idset_hostile);
	tcase_add_test(tcase, test_entry_ids);
	tcase_add_test(tcase, test_entry_ids_of_people);
	tcase_add_test(tcase, test_entry_id_store);
	tcase_add_test(tcase, test_rule_actions);
	tcase_add_test(tcase, test_rule_actions_broken);
	tcase_add_test(tcase, test_lz77_examples);
	tcase_add_test(tcase, test_lz77_lengths);
	tcase_add_test(tcase, test_lz77_random);
	tcase_add_test(tcase, test_lz77_broken);
	tcase_add_test(tcase, test_rhe);
	tcase_add_test(tcase, test_rhe_broken);
	tcase_add_test(tcase, test_aux);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
