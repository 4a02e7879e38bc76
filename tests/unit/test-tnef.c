/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* winmail.dat: golden/tnef/NAME.dat is read, NAME.exp is the message (UPDATE_GOLDEN:
   written). Cut and damaged ones never do harm. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-mapi-props.h"
#include "dovetail-tnef.h"
#include "mapi-dump.h"

#include <check.h>
#include <stdlib.h>

static const char *const names[] = { "note", "meeting", "inner" };

static struct mapi_message *
parse(pool_t pool, const void *data, size_t size)
{
	struct mapi_message *msg;
	const char *error;

	if (tnef_parse(pool, data, size, dump_id_of_name, NULL, &msg,
		       &error) < 0)
		return NULL;
	return msg;
}

START_TEST(golden)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	string_t *out = str_new(pool, 4096);
	const char *data;
	size_t size;

	data = dump_read(pool, t_strdup_printf("tnef/%s.dat", names[_i]), &size);
	ck_assert(data != NULL);
	dump_message(out, parse(pool, data, size), "");
	dump_golden(t_strdup_printf("tnef/%s.exp", names[_i]), str_c(out));
	pool_unref(&pool);
}
END_TEST

START_TEST(cut)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	const char *data;
	size_t size, i;

	data = dump_read(pool, t_strdup_printf("tnef/%s.dat", names[_i]), &size);
	for (i = 0; i < size; i++) {
		pool_t one = pool_alloconly_create("one", 16384);
		void *copy = i_malloc(I_MAX(i, 1));

		/* at its end, so that reading behind it is seen */
		memcpy(copy, data, i);
		ck_assert((parse(one, copy, i) != NULL) == (i >= 4));
		i_free(copy);
		pool_unref(&one);
	}
	pool_unref(&pool);
}
END_TEST

START_TEST(damaged)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	unsigned char *copy;
	const char *data;
	size_t size, i;

	data = dump_read(pool, t_strdup_printf("tnef/%s.dat", names[_i]), &size);
	for (i = 4; i < size; i++) {
		pool_t one = pool_alloconly_create("one", 16384);

		copy = p_malloc(one, size);
		memcpy(copy, data, size);
		copy[i] ^= 0xff;
		ck_assert(parse(one, copy, size) != NULL);
		copy[i] = 0x7f;
		ck_assert(parse(one, copy, size) != NULL);
		pool_unref(&one);
	}
	pool_unref(&pool);
}
END_TEST

/* Properties win over attributes (2.1.3) */
START_TEST(precedence)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	struct mapi_message *msg;
	const char *data;
	size_t size;

	data = dump_read(pool, "tnef/note.dat", &size);
	msg = parse(pool, data, size);
	ck_assert_str_eq(mapi_bag_get_str(&msg->props, PidTagSubject),
			 "\xc3\x9c" "ber \xc3\x84pfel");
	ck_assert_str_eq(mapi_bag_get_str(&msg->props, PidTagMessageClass),
			 "IPM.Note");
	ck_assert_int_eq(mapi_bag_get_int(&msg->props, PidTagImportance, 0), 2);
	ck_assert_str_eq(mapi_bag_get_str(&msg->props,
					  PidTagSenderEmailAddress),
			 "bob@x.example");
	ck_assert_uint_eq(array_count(&msg->attachments), 3);
	pool_unref(&pool);
}
END_TEST

static void put(buffer_t *out, uint32_t v, unsigned int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		buffer_append_c(out, v & 0xff);
}

/* Streams in streams, as deep as it goes */
START_TEST(deep)
{
	static const unsigned char iid[] = {
		0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 };
	pool_t pool = pool_alloconly_create("test", 65536);
	buffer_t *inner = buffer_create_dynamic(pool, 1024), *outer;
	struct mapi_message *msg, *next;
	struct mapi_attachment *attach;
	unsigned int i, depth = 0;

	put(inner, 0x223e9f78, 4);
	put(inner, 1, 2);
	for (i = 0; i < 40; i++) {
		outer = buffer_create_dynamic(pool, 1024);
		put(outer, 0x223e9f78, 4);
		put(outer, 1, 2);
		put(outer, 2, 1);
		put(outer, 0x69002, 4);
		put(outer, 14, 4);
		put(outer, 1, 4);
		put(outer, 0, 4);
		put(outer, 0, 4);
		put(outer, 0, 2);
		put(outer, 0, 2);
		put(outer, 2, 1);
		put(outer, 0x69005, 4);
		put(outer, 4 + 4 + 8 + sizeof(iid) + inner->used, 4);
		put(outer, 1, 4);
		put(outer, 0x3701000d, 4);
		put(outer, 1, 4);
		put(outer, sizeof(iid) + inner->used, 4);
		buffer_append(outer, iid, sizeof(iid));
		buffer_append_buf(outer, inner, 0, SIZE_MAX);
		put(outer, 0, 2);
		inner = outer;
	}
	msg = parse(pool, inner->data, inner->used);
	while (msg != NULL) {
		depth++;
		next = NULL;
		if (array_count(&msg->attachments) > 0) {
			attach = array_idx_elem(&msg->attachments, 0);
			next = attach->message;
		}
		msg = next;
	}
	ck_assert_uint_eq(depth, TNEF_MAX_DEPTH);
	pool_unref(&pool);
}
END_TEST

START_TEST(no_tnef)
{
	pool_t pool = pool_alloconly_create("test", 1024);

	ck_assert(parse(pool, "", 0) == NULL);
	ck_assert(parse(pool, "%PDF", 4) == NULL);
	pool_unref(&pool);
}
END_TEST

static Suite *tnef_suite(void)
{
	Suite *suite = suite_create("tnef");
	TCase *tc = tcase_create("tnef");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, golden, 0, N_ELEMENTS(names));
	tcase_add_loop_test(tc, cut, 0, N_ELEMENTS(names));
	tcase_add_loop_test(tc, damaged, 0, N_ELEMENTS(names));
	tcase_add_test(tc, precedence);
	tcase_add_test(tc, deep);
	tcase_add_test(tc, no_tnef);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

	lib_init();
	runner = srunner_create(tnef_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
