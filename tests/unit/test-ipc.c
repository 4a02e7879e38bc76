/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words between front and worker, and the bus's lines: there and back. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-ipc.h"

#include <check.h>
#include <stdlib.h>

static void setup(void)
{
	lib_init();
}

static void teardown(void)
{
	lib_deinit();
}

static void header_add(ARRAY_TYPE(ipc_header) *headers, const char *name,
		       const char *value)
{
	struct ipc_header *header;

	if (!array_is_created(headers))
		t_array_init(headers, 4);
	header = array_append_space(headers);
	header->name = name;
	header->value = value;
}

static void frame_get(const buffer_t *buf, unsigned int type,
		      struct ipc_frame *frame)
{
	const char *error;
	size_t used;

	/* every cut of it is "not yet", but begun with its header */
	for (size_t size = 0; size < buf->used; size++) {
		ck_assert_int_eq(ipc_frame_next(buf->data, size, frame, &used,
						&error), 0);
		if (size < IPC_FRAME_HEADER_SIZE) {
			ck_assert_int_eq(ipc_frame_begin(buf->data, size, frame,
							 &used, &error), 0);
			continue;
		}
		ck_assert_int_eq(ipc_frame_begin(buf->data, size, frame, &used,
						 &error), 1);
		ck_assert_uint_eq(frame->type, type);
		ck_assert_uint_eq(frame->size, size - IPC_FRAME_HEADER_SIZE);
		ck_assert_uint_eq(used, buf->used - IPC_FRAME_HEADER_SIZE);
	}
	ck_assert_int_eq(ipc_frame_next(buf->data, buf->used, frame, &used,
					&error), 1);
	ck_assert_uint_eq(used, buf->used);
	ck_assert_uint_eq(frame->type, type);
}

static void request_fill(struct ipc_request *req)
{
	struct ipc_event *event;

	i_zero(req);
	req->id = 0x123456789abcdef0ULL;
	req->protocol = "eas";
	req->method = "POST";
	req->path = "/p";
	req->query = "Cmd=Sync";
	req->user = "anna";
	ck_assert_int_eq(net_addr2ip("2001:db8::1", &req->remote_ip), 0);
	req->remote_port = 65535;
	req->secured = TRUE;
	req->has_body = TRUE;
	req->body_size = UINT64_MAX;
	req->generation = 77;
	req->origin = 78;
	req->resume = IPC_RESUME_EVENT;
	header_add(&req->headers, "A", "b");
	header_add(&req->headers, "C", "");
	t_array_init(&req->events, 1);
	event = array_append_space(&req->events);
	event->owner = "ben";
	memset(event->guid, 3, sizeof(event->guid));
	event->events = BUS_EVENT_FLAGS;
}

START_TEST(test_request)
{
	buffer_t *buf = t_buffer_create(256);
	struct ipc_request req, back;
	const struct ipc_event *event;
	struct ipc_frame frame;
	const char *error;

	request_fill(&req);
	ipc_request_append(buf, &req);
	frame_get(buf, IPC_REQUEST, &frame);
	ck_assert_int_eq(ipc_request_parse(&frame, pool_datastack_create(),
					   &back, &error), 0);
	ck_assert_uint_eq(back.id, req.id);
	ck_assert_str_eq(back.query, "Cmd=Sync");
	ck_assert_ptr_null(back.host);
	ck_assert(net_ip_compare(&back.remote_ip, &req.remote_ip));
	ck_assert_uint_eq(back.remote_port, 65535);
	ck_assert(back.secured && back.has_body && !back.has_size);
	ck_assert_uint_eq(back.body_size, UINT64_MAX);
	ck_assert_uint_eq(back.generation, 77);
	ck_assert_uint_eq(back.origin, 78);
	ck_assert_int_eq(back.resume, IPC_RESUME_EVENT);
	ck_assert_str_eq(ipc_header_find(&back.headers, "a"), "b");
	ck_assert_str_eq(ipc_header_find(&back.headers, "c"), "");
	ck_assert_ptr_null(ipc_header_find(&back.headers, "d"));
	event = array_front(&back.events);
	ck_assert_str_eq(event->owner, "ben");
	ck_assert_int_eq(event->events, BUS_EVENT_FLAGS);
}
END_TEST

START_TEST(test_park)
{
	static const unsigned char body[] = { 3, 1, 0x6a, 0 };
	buffer_t *buf = t_buffer_create(256);
	struct ipc_park park, back;
	const struct ipc_watch *watches;
	struct ipc_watch *watch;
	struct ipc_frame frame;
	const char *error;

	i_zero(&park);
	park.kind = IPC_PARK_SYNC;
	park.hold_msecs = 900000;
	/* empty, but there */
	park.has_timeout_body = TRUE;
	t_array_init(&park.watches, 2);
	watch = array_append_space(&park.watches);
	watch->owner = "";
	watch->body = body;
	watch->body_size = sizeof(body);
	watch = array_append_space(&park.watches);
	watch->owner = "anna";
	ipc_park_append(buf, &park);
	frame_get(buf, IPC_PARK, &frame);
	ck_assert_int_eq(ipc_park_parse(&frame, pool_datastack_create(),
					&back, &error), 0);
	ck_assert_uint_eq(back.status, 200);
	ck_assert(back.has_timeout_body && back.timeout_body_size == 0);
	ck_assert(!back.has_replaced_body);
	ck_assert_uint_eq(array_count(&back.watches), 2);
	watches = array_front(&back.watches);
	ck_assert_int_eq(memcmp(watches[0].body, body, sizeof(body)), 0);
	ck_assert_ptr_null(watches[1].body);
}
END_TEST

static void stream_init(struct ipc_stream *stream)
{
	stream->used = TRUE;
	stream->preamble = (const unsigned char *)"BEGIN";
	stream->preamble_size = 5;
	stream->keepalive = (const unsigned char *)"ALIVE\r\n";
	stream->keepalive_size = 7;
	stream->keepalive_msecs = 25000;
	stream->done = "DONE %E";
	stream->echo = "X-A X-B";
}

static void stream_check(const struct ipc_stream *stream)
{
	ck_assert(stream->used);
	ck_assert_uint_eq(stream->preamble_size, 5);
	ck_assert_int_eq(memcmp(stream->keepalive, "ALIVE\r\n", 7), 0);
	ck_assert_uint_eq(stream->keepalive_msecs, 25000);
	ck_assert_str_eq(stream->done, "DONE %E");
	ck_assert_str_eq(stream->echo, "X-A X-B");
}

START_TEST(test_streams)
{
	buffer_t *buf = t_buffer_create(256);
	pool_t pool = pool_datastack_create();
	struct ipc_response resp, resp2;
	struct ipc_park park, park2;
	struct ipc_frame frame;
	const char *error;

	i_zero(&resp);
	resp.status = 200;
	resp.session = "abc";
	resp.session_ended = TRUE;
	stream_init(&resp.stream);
	ipc_response_append(buf, &resp);
	frame_get(buf, IPC_RESPONSE, &frame);
	ck_assert_int_eq(ipc_response_parse(&frame, pool, &resp2, &error), 0);
	stream_check(&resp2.stream);
	ck_assert_str_eq(resp2.session, "abc");
	ck_assert(resp2.session_ended);

	buffer_set_used_size(buf, 0);
	i_zero(&park);
	stream_init(&park.stream);
	ipc_park_append(buf, &park);
	frame_get(buf, IPC_PARK, &frame);
	ck_assert_int_eq(ipc_park_parse(&frame, pool, &park2, &error), 0);
	stream_check(&park2.stream);
	ck_assert_uint_eq(array_count(&park2.watches), 0);
}
END_TEST

START_TEST(test_cookies)
{
	static const struct {
		const char *header, *value;
	} cookies[] = {
		{ "A=1", "1" },
		{ "B=2; A=1", "1" },
		{ "AA=3;A = 4; A=\"5\" ;B", "5" },
		{ "A=", "" },
		{ "A=x=y", "x=y" },
		{ "a=1", NULL },
		{ "", NULL },
		{ "A", NULL },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(cookies); i++) {
		if (cookies[i].value == NULL) {
			ck_assert_ptr_null(ipc_cookie_find(cookies[i].header,
							   "A"));
		} else {
			ck_assert_str_eq(ipc_cookie_find(cookies[i].header,
							 "A"),
					 cookies[i].value);
		}
	}
}
END_TEST

START_TEST(test_small_ones)
{
	buffer_t *buf = t_buffer_create(256);
	struct ipc_token token = { .user = "anna", .pid = 42 }, token2;
	struct ipc_refuse refuse = { .status = 403, .reason = "no" }, refuse2;
	struct ipc_response resp = { .status = 99 }, resp2;
	struct ipc_log log, log2;
	struct ipc_frame frame;
	const char *error;
	pool_t pool = pool_datastack_create();

	ipc_token_append(buf, &token);
	frame_get(buf, IPC_TOKEN, &frame);
	ck_assert_int_eq(ipc_token_parse(&frame, pool, &token2, &error), 0);
	ck_assert_int_eq(token2.pid, 42);
	ck_assert_ptr_null(token2.token);

	buffer_set_used_size(buf, 0);
	ipc_refuse_append(buf, &refuse);
	frame_get(buf, IPC_REFUSE, &frame);
	ck_assert_int_eq(ipc_refuse_parse(&frame, pool, &refuse2, &error), 0);
	ck_assert_uint_eq(refuse2.status, 403);

	buffer_set_used_size(buf, 0);
	ipc_response_append(buf, &resp);
	frame_get(buf, IPC_RESPONSE, &frame);
	ck_assert_int_eq(ipc_response_parse(&frame, pool, &resp2, &error), -1);

	buffer_set_used_size(buf, 0);
	i_zero(&log);
	header_add(&log.fields, "cmd", "Sync");
	ipc_log_append(buf, &log);
	frame_get(buf, IPC_LOG, &frame);
	ck_assert_int_eq(ipc_log_parse(&frame, pool, &log2, &error), 0);
	ck_assert_str_eq(ipc_header_find(&log2.fields, "cmd"), "Sync");
}
END_TEST

START_TEST(test_broken)
{
	buffer_t *buf = t_buffer_create(256);
	struct ipc_request req, back;
	struct ipc_frame frame;
	const char *error;
	size_t used;
	unsigned char *data;

	/* too large */
	ck_assert_int_eq(ipc_frame_next((const void *)"\1\xff\xff\xff\xff", 5,
					&frame, &used, &error), -1);
	/* cut in the middle, at every byte; and every byte changed */
	request_fill(&req);
	ipc_request_append(buf, &req);
	frame_get(buf, IPC_REQUEST, &frame);
	for (size_t size = 0; size < frame.size; size++) T_BEGIN {
		struct ipc_frame cut = { IPC_REQUEST, frame.data, size };

		(void)ipc_request_parse(&cut, pool_datastack_create(), &back,
					&error);
	} T_END;
	data = buffer_get_modifiable_data(buf, NULL);
	for (size_t i = IPC_FRAME_HEADER_SIZE; i < buf->used; i++) T_BEGIN {
		data[i] ^= 0xff;
		(void)ipc_request_parse(&frame, pool_datastack_create(), &back,
					&error);
		data[i] ^= 0xff;
	} T_END;
	/* missing fields are named */
	frame.size = 0;
	ck_assert_int_eq(ipc_request_parse(&frame, pool_datastack_create(),
					   &back, &error), -1);
	ck_assert_ptr_nonnull(strstr(error, "REQUEST"));
}
END_TEST

START_TEST(test_bus_event)
{
	struct bus_event_record event;
	struct bus_record record;
	string_t *line = t_str_new(128);
	const char *error;
	char longer[DT_BUS_MAX_LINE];

	i_zero(&event);
	event.owner = "a\tb\nc";
	memset(event.guid, 0xab, sizeof(event.guid));
	event.events = BUS_EVENT_APPEND | BUS_EVENT_EXPUNGE;
	event.origin = 0xfedcba9876543210ULL;
	ck_assert(bus_event_append(line, &event));
	ck_assert_int_eq(str_data(line)[str_len(line) - 1], '\n');
	ck_assert_int_eq(bus_record_parse(str_data(line), str_len(line) - 1,
					  &record, &error), 0);
	ck_assert_int_eq(record.type, BUS_RECORD_EVENT);
	ck_assert_str_eq(record.event.owner, "a\tb\nc");
	ck_assert_uint_eq(record.event.origin, event.origin);
	ck_assert_int_eq(record.event.events, event.events);
	ck_assert_ptr_null(record.event.pvt_user);

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	event.owner = longer;
	str_truncate(line, 0);
	ck_assert(!bus_event_append(line, &event));
	ck_assert_uint_eq(str_len(line), 0);
}
END_TEST

START_TEST(test_bus_others)
{
	static const char *const bad[] = {
		"", "x", "E1", "E1\ta", "E1\ta\tb\tc\td\te", "garbage",
		"E1\ta\t0123456789abcdef0123456789abcdeg\t1\t0\t",
		"E1\ta\t0123456789abcdef0123456789abcdef\tx\t0\t",
		"E1\ta\t0123456789abcdef0123456789abcdef\t1\t00000000000000000\t",
		"C1", "C1\ta\tb\tc\td\te\tf\tg",
	};
	static const char *const command[] = { "block", "anna", "DEV", NULL };
	struct bus_record record;
	string_t *line = t_str_new(64);
	const char *error;

	for (unsigned int i = 0; i < N_ELEMENTS(bad); i++) {
		ck_assert_msg(bus_record_parse((const void *)bad[i],
			strlen(bad[i]), &record, &error) < 0, "%s", bad[i]);
	}
	ck_assert(bus_control_append(line, command));
	ck_assert_int_eq(bus_record_parse(str_data(line), str_len(line) - 1,
					  &record, &error), 0);
	ck_assert_int_eq(record.type, BUS_RECORD_CONTROL);
	ck_assert_str_eq(record.control[2], "DEV");
	ck_assert_ptr_null(record.control[3]);
	ck_assert_int_eq(bus_record_parse((const void *)"O1", 2, &record,
					  &error), 0);
	ck_assert_int_eq(record.type, BUS_RECORD_OVERFLOW);
	/* a later version: skipped without a complaint */
	ck_assert_int_eq(bus_record_parse((const void *)"E2\tx", 4, &record,
					  &error), 0);
	ck_assert_int_eq(record.type, BUS_RECORD_OTHER);
}
END_TEST

START_TEST(test_bus_origin)
{
	ck_assert_uint_ne(bus_origin("a", "bc"), bus_origin("ab", "c"));
	ck_assert_uint_eq(bus_origin("a", "b"), bus_origin("a", "b"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipc");
	TCase *tcase = tcase_create("ipc");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_request);
	tcase_add_test(tcase, test_park);
	tcase_add_test(tcase, test_small_ones);
	tcase_add_test(tcase, test_streams);
	tcase_add_test(tcase, test_cookies);
	tcase_add_test(tcase, test_broken);
	tcase_add_test(tcase, test_bus_event);
	tcase_add_test(tcase, test_bus_others);
	tcase_add_test(tcase, test_bus_origin);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
