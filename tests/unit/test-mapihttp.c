/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codecs of MAPI over HTTP: bodies, rows of sessions, names. */

#include "mapihttp-private.h"

#include <check.h>
#include <stdlib.h>

static pool_t pool;

static void setup(void)
{
	lib_init();
	pool = pool_alloconly_create("test", 4096);
}

static void teardown(void)
{
	pool_unref(&pool);
	lib_deinit();
}

START_TEST(test_names)
{
	static const struct {
		const char *address, *cn;
	} names[] = {
		{ "anna@example.org", "anna_40example.org" },
		{ "Anna@EXAMPLE.org", "anna_40example.org" },
		{ "a_b/c+d@x-y.de", "a_5fb_2fc_2bd_40x-y.de" },
		{ "j\xc3\xb6rg@x.de", "j_c3_b6rg_40x.de" },
	};
	guid_128_t guid, other;
	const char *dn;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		dn = mapi_dn_of_address(names[i].address);
		ck_assert_str_eq(strrchr(dn, '=') + 1, names[i].cn);
		ck_assert_ptr_null(strchr(dn, '@'));
		ck_assert_str_eq(mapi_address_of_dn(dn),
				 t_str_lcase(names[i].address));
		/* letter case does not matter */
		ck_assert_str_eq(mapi_address_of_dn(t_str_ucase(dn)),
				 t_str_lcase(names[i].address));
	}
	dn = mapi_dn_of_address("a@b.c");
	ck_assert_ptr_null(mapi_address_of_dn(""));
	ck_assert_ptr_null(mapi_address_of_dn("/o=x/cn=Recipients/cn=a_40b.c"));
	ck_assert_ptr_null(mapi_address_of_dn(t_strcut(dn, '_')) == NULL ?
			   NULL : mapi_address_of_dn(t_strconcat(dn, "_", NULL)));
	/* one form of each: nothing that is written plainly is escaped */
	ck_assert_ptr_null(mapi_address_of_dn(t_strconcat(dn, "_61", NULL)));
	ck_assert_ptr_null(mapi_address_of_dn(t_strconcat(dn, "_41", NULL)));
	ck_assert_ptr_null(mapi_address_of_dn(t_strconcat(dn, "_00", NULL)));
	ck_assert_ptr_null(mapi_address_of_dn(t_strconcat(dn, "/cn=x", NULL)));

	mapi_mailbox_guid("anna@example.org", guid);
	mapi_mailbox_guid("ANNA@example.org", other);
	ck_assert_int_eq(memcmp(guid, other, sizeof(guid)), 0);
	mapi_mailbox_guid("ben@example.org", other);
	ck_assert_int_ne(memcmp(guid, other, sizeof(guid)), 0);
	/* it must never change: clients keep it */
	ck_assert_str_eq(mapi_guid_text(guid),
			 "1e13b696-5454-54b8-926f-ae77a33738d6");
}
END_TEST

/* Every beginning of a body is refused, and so is more than it. */
#define CHECK_SIZES(data, size, call) STMT_START { \
	for (size_t n = 0; n <= (size) + 1; n++) { \
		unsigned char *copy = malloc(n + 1); \
		int want = n == (size) ? 0 : -1; \
		memset(copy, 0, n + 1); \
		memcpy(copy, data, I_MIN(n, (size_t)(size))); \
		ck_assert_int_eq(call(copy, n), want); \
		free(copy); \
	} } STMT_END

static struct mapihttp_connect connect_parsed;
static struct mapihttp_execute execute_parsed;

static int parse_connect(const void *data, size_t size)
{
	return mapihttp_connect_parse(data, size, pool, &connect_parsed);
}

static int parse_execute(const void *data, size_t size)
{
	return mapihttp_execute_parse(data, size, &execute_parsed);
}

START_TEST(test_requests)
{
	buffer_t *body = t_buffer_create(64);

	mapi_out_str8(body, "/o=x/cn=y");
	for (uint32_t i = 1; i <= 4; i++)
		mapi_out_u32(body, i);
	mapi_out_u32(body, 3);
	buffer_append(body, "aux", 3);
	CHECK_SIZES(body->data, body->used, parse_connect);
	ck_assert_int_eq(parse_connect(body->data, body->used), 0);
	ck_assert_str_eq(connect_parsed.user_dn, "/o=x/cn=y");
	ck_assert_uint_eq(connect_parsed.flags, 1);
	ck_assert_uint_eq(connect_parsed.cpid, 2);
	ck_assert_uint_eq(connect_parsed.lcid_sort, 3);
	ck_assert_uint_eq(connect_parsed.lcid_string, 4);
	ck_assert_uint_eq(connect_parsed.aux.size, 3);

	buffer_set_used_size(body, 0);
	mapi_out_u32(body, MAPIHTTP_CHAIN);
	mapi_out_u32(body, 5);
	buffer_append(body, "12345", 5);
	mapi_out_u32(body, 0x8000);
	mapi_out_u32(body, 0);
	CHECK_SIZES(body->data, body->used, parse_execute);
	ck_assert_int_eq(parse_execute(body->data, body->used), 0);
	ck_assert_uint_eq(execute_parsed.flags, MAPIHTTP_CHAIN);
	ck_assert_uint_eq(execute_parsed.max_out, 0x8000);
	ck_assert_int_eq(memcmp(execute_parsed.rops.data, "12345", 5), 0);
	/* sizes that go around */
	memcpy(buffer_get_space_unsafe(body, 4, 4), "\xfb\xff\xff\xff", 4);
	ck_assert_int_eq(parse_execute(body->data, body->used), -1);

	CHECK_SIZES("\0\0\0\0", 4, mapihttp_disconnect_parse);
	CHECK_SIZES("\0\0\0\0\0\0\0\0", 8, mapihttp_wait_parse);
}
END_TEST

START_TEST(test_answers)
{
	const struct emsmdb_connected connected = { "", "Anna" };
	const struct mapi_blob rops = { (const unsigned char *)"rops", 4 };
	buffer_t *out = t_buffer_create(64);
	const unsigned char *aux;

	mapihttp_connect_answer(out, 0, &connected, TRUE);
	/* StatusCode, ErrorCode, PollsMax, RetryCount, RetryDelay, DnPrefix,
	   DisplayName; then the AUX buffer */
	ck_assert_uint_eq(out->used, 20 + 1 + 10 + 4 + 36);
	aux = CONST_PTR_OFFSET(out->data, 20 + 1 + 10);
	ck_assert_uint_eq(aux[0], 36);
	/* RPC_HEADER_EXT: last, sizes */
	ck_assert_int_eq(memcmp(aux + 4, "\0\0\4\0\34\0\34\0", 8), 0);
	/* AUX_EXORGINFO, AUX_CLIENT_CONTROL, AUX_ENDPOINT_CAPABILITIES */
	ck_assert_int_eq(memcmp(aux + 12, "\10\0\1\x17\3\0\0\0", 8), 0);
	ck_assert_int_eq(memcmp(aux + 20, "\14\0\1\x0a\14\0\0\0\0\x84\x0c\x24",
				12), 0);
	ck_assert_int_eq(memcmp(aux + 32, "\10\0\1\x48\1\0\0\0", 8), 0);

	buffer_set_used_size(out, 0);
	mapihttp_connect_answer(out, ecLoginPerm, NULL, TRUE);
	ck_assert_uint_eq(out->used, 20 + 1 + 2 + 4);
	buffer_set_used_size(out, 0);
	mapihttp_execute_answer(out, 0, &rops);
	ck_assert_int_eq(memcmp(out->data, "\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0"
				"rops\0\0\0\0", 24), 0);
	buffer_set_used_size(out, 0);
	mapihttp_wait_answer(out, 0, TRUE);
	ck_assert_int_eq(memcmp(out->data, "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0",
				16), 0);
}
END_TEST

static void row_init(struct mapihttp_row *row, bool parked)
{
	i_zero(row);
	row->kind = MAPIHTTP_NSPI;
	row->parked = parked;
	row->last_used = 1234567890123;
	row->host = "host";
	row->pid = 42;
	row->pid_start = 1ULL << 40;
	row->busy_until = 99;
	row->seq = "abc";
	row->wait_seq = "";
	row->cpid = 1252;
	row->lcid_sort = 1;
	row->lcid_string = 2;
	row->request_id = "{x}:1";
	memset(row->hash, 7, sizeof(row->hash));
	row->answer.data = (const unsigned char *)"answer";
	row->answer.size = 6;
	row->state.data = (const unsigned char *)"state";
	row->state.size = 5;
}

static int parse_row(const void *data, size_t size)
{
	struct mapihttp_row row;

	return mapihttp_row_unpack(data, size, pool, &row);
}

START_TEST(test_rows)
{
	struct mapihttp_row row, back;
	buffer_t *buf = t_buffer_create(256);

	row_init(&row, TRUE);
	mapihttp_row_pack(buf, &row);
	CHECK_SIZES(buf->data, buf->used, parse_row);
	ck_assert_int_eq(mapihttp_row_unpack(buf->data, buf->used, pool, &back),
			 0);
	ck_assert_int_eq(back.kind, MAPIHTTP_NSPI);
	ck_assert(back.parked);
	ck_assert_uint_eq(back.last_used, row.last_used);
	ck_assert_uint_eq(back.busy_until, 99);
	ck_assert_str_eq(back.seq, "abc");
	ck_assert_str_eq(back.wait_seq, "");
	ck_assert_uint_eq(back.cpid, 1252);
	ck_assert_str_eq(back.request_id, "{x}:1");
	ck_assert_int_eq(memcmp(back.hash, row.hash, sizeof(row.hash)), 0);
	ck_assert_uint_eq(back.answer.size, 6);
	ck_assert_int_eq(memcmp(back.state.data, "state", 5), 0);

	buffer_set_used_size(buf, 0);
	row_init(&row, FALSE);
	mapihttp_row_pack(buf, &row);
	CHECK_SIZES(buf->data, buf->used, parse_row);
	ck_assert_int_eq(mapihttp_row_unpack(buf->data, buf->used, pool, &back),
			 0);
	ck_assert(!back.parked);
	ck_assert_str_eq(back.host, "host");
	ck_assert_uint_eq(back.pid, 42);
	ck_assert_uint_eq(back.pid_start, 1ULL << 40);
	/* another version */
	buffer_write(buf, 0, "x", 1);
	ck_assert_int_eq(parse_row(buf->data, buf->used), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mapihttp");
	TCase *tcase = tcase_create("codecs");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_requests);
	tcase_add_test(tcase, test_answers);
	tcase_add_test(tcase, test_rows);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
