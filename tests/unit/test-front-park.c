/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Held requests, last changes, logins remembered, the brake, the bus's lines:
   the front's parts that have no process around them. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "str.h"
#include "front-auth-sasl.h"
#include "front-bus.h"
#include "front-cred-cache.h"
#include "front-events.h"
#include "front-gate.h"
#include "front-http.h"
#include "front-mem.h"
#include "front-park.h"
#include "front-rate.h"
#include "front-route.h"
#include "front-table.h"
#include "front-user.h"

#include <check.h>
#include <stdlib.h>

static struct ioloop *loop;
static const struct ip_addr rip = { .family = AF_INET };
static const ARRAY_TYPE(ipc_header) no_headers;
static struct front_users *users;

static void setup(void)
{
	lib_init();
	loop = io_loop_create();
	users = front_users_init();
}

static void teardown(void)
{
	front_users_deinit(&users);
	io_loop_destroy(&loop);
	lib_deinit();
}

/* A client of the park that remembers what happened to it. */
struct client {
	struct front_park_record *record;
	unsigned int answers, resumes, keepalives;
	enum front_park_reason reason;
	char *body;
	enum ipc_resume resume;
	unsigned int status;
};

static void client_answer(void *context, const struct front_park_answer *answer)
{
	struct client *client = context;

	ck_assert_ptr_null(client->record);
	ck_assert_str_eq(answer->log.common, "common");
	ck_assert_str_eq(answer->log.device, "DEVICE");
	client->answers++;
	client->reason = answer->reason;
	client->status = answer->status;
	i_free(client->body);
	client->body = answer->done == NULL ?
		i_strndup(answer->body, answer->body_size) :
		i_strdup_printf("%s|%s", answer->done,
				t_strndup(answer->body, answer->body_size));
}

static void client_resume(void *context, const struct front_park_resume *resume)
{
	struct client *client = context;

	ck_assert_ptr_null(client->record);
	ck_assert_str_eq(resume->log.device, "DEVICE");
	client->resumes++;
	client->resume = resume->resume;
	ck_assert_uint_eq(resume->request->request_size, 3);
}

static void client_set_record(void *context, struct front_park_record *record)
{
	struct client *client = context;

	client->record = record;
}

static void client_keepalive(void *context, const void *data, size_t size)
{
	struct client *client = context;

	ck_assert_ptr_nonnull(client->record);
	ck_assert_uint_eq(size, 5);
	ck_assert_int_eq(memcmp(data, "ALIVE", 5), 0);
	client->keepalives++;
}

static const struct front_park_callbacks callbacks = {
	.answer = client_answer,
	.resume = client_resume,
	.keepalive = client_keepalive,
	.set_record = client_set_record,
};

struct fixture {
	struct front_events *events;
	struct front_park *park;
	struct front_user *user;
	guid_128_t guid;
};

static void fixture_init(struct fixture *fix)
{
	const struct front_park_settings set = {
		.max_hold_msecs = 3600 * 1000,
		.keep_msecs = 60 * 1000,
		.poll_every = 3,
		.max_records = 1000,
	};

	i_zero(fix);
	fix->events = front_events_init(100);
	fix->park = front_park_init(fix->events, &set, &callbacks);
	fix->user = front_user_get(users, "anna");
	guid_128_generate(fix->guid);
	io_loop_time_refresh();
}

static void fixture_deinit(struct fixture *fix)
{
	front_park_deinit(&fix->park);
	front_events_deinit(&fix->events);
	front_user_unref(&fix->user);
}

static void park_init(struct ipc_park *park, const struct fixture *fix,
		      const char *body, const char *timeout_body,
		      unsigned int hold_msecs)
{
	struct ipc_watch *watch;

	i_zero(park);
	t_array_init(&park->headers, 1);
	t_array_init(&park->watches, 1);
	park->kind = IPC_PARK_PING;
	park->status = 200;
	park->hold_msecs = hold_msecs;
	park->repeatable = TRUE;
	if (timeout_body != NULL) {
		park->has_timeout_body = TRUE;
		park->timeout_body = (const unsigned char *)timeout_body;
		park->timeout_body_size = strlen(timeout_body);
	}
	watch = array_append_space(&park->watches);
	watch->owner = "anna";
	memcpy(watch->guid, fix->guid, sizeof(watch->guid));
	if (body != NULL) {
		watch->body = (const unsigned char *)body;
		watch->body_size = strlen(body);
	}
}

static void input_init(struct front_park_input *input,
		       const struct fixture *fix, const struct ipc_park *park,
		       struct client *client, uint64_t origin)
{
	i_zero(input);
	input->client = client;
	input->user = fix->user;
	input->park = park;
	input->generation = front_events_generation(fix->events);
	input->origin = origin;
	memset(input->hash, 7, sizeof(input->hash));
	input->log.common = "common";
	input->log.device = "DEVICE";
}

static struct front_park_request *request_create(void)
{
	struct front_park_request *req = i_malloc(sizeof(*req) + 3);

	req->request_size = 3;
	return req;
}

static void hold(struct fixture *fix, struct client *client, uint64_t origin,
		 const char *body, const char *timeout_body,
		 unsigned int hold_msecs)
{
	struct front_park_input input;
	struct ipc_park park;

	park_init(&park, fix, body, timeout_body, hold_msecs);
	input_init(&input, fix, &park, client, origin);
	if (body == NULL || timeout_body == NULL)
		input.request = request_create();
	front_park_add(fix->park, &input);
}

static void ring(struct fixture *fix, uint64_t origin, const char *pvt_user)
{
	struct bus_event_record event;

	i_zero(&event);
	event.owner = "anna";
	memcpy(event.guid, fix->guid, sizeof(event.guid));
	event.events = BUS_EVENT_APPEND;
	event.origin = origin;
	event.pvt_user = pvt_user;
	front_park_event(fix->park, &event);
}

static void loop_stop(struct ioloop *l)
{
	io_loop_stop(l);
}

static void run_msecs(unsigned int msecs)
{
	struct timeout *to = timeout_add_short(msecs, loop_stop, loop);

	io_loop_run(loop);
	timeout_remove(&to);
}

static void hold_stream(struct fixture *fix, struct client *client,
			uint64_t origin, unsigned int hold_msecs)
{
	struct front_park_input input;
	struct ipc_park park;

	park_init(&park, fix, "CHANGED", "NOTHING", hold_msecs);
	park.stream.used = TRUE;
	park.stream.preamble = (const unsigned char *)"BEGIN";
	park.stream.preamble_size = 5;
	park.stream.keepalive = (const unsigned char *)"ALIVE";
	park.stream.keepalive_size = 5;
	park.stream.keepalive_msecs = 20;
	park.stream.done = "DONE";
	park.stream.echo = "X-Id X-Other";
	input_init(&input, fix, &park, client, origin);
	front_park_add(fix->park, &input);
}

/* An answer that has begun: it goes on, ends by event, time, overflow, and the same
   request may be held again unless its session did something else. */
START_TEST(test_stream)
{
	struct client client = { .record = NULL };
	ARRAY_TYPE(ipc_header) headers;
	struct ipc_header header = { "x-id", "1" };
	unsigned char hash[16];
	struct ipc_stream stream;
	struct fixture fix;
	const char *lines;

	memset(hash, 7, sizeof(hash));
	fixture_init(&fix);
	t_array_init(&headers, 1);
	array_push_back(&headers, &header);
	hold_stream(&fix, &client, 1, 100);
	run_msecs(70);
	ck_assert_uint_eq(client.answers, 0);
	ck_assert_uint_ge(client.keepalives, 2);
	run_msecs(60);
	ck_assert_uint_eq(client.answers, 1);
	ck_assert_str_eq(client.body, "DONE|NOTHING");
	ck_assert_uint_le(client.keepalives, 5);
	/* the name that must come back is missing */
	ck_assert(!front_park_again(fix.park, fix.user, 1, hash, 5, &rip,
				    &no_headers, &client));
	ck_assert(front_park_again(fix.park, fix.user, 1, hash, 5, &rip,
				   &headers, &client));
	ck_assert(front_park_stream(client.record, &stream, &lines));
	ck_assert_uint_eq(stream.preamble_size, 5);
	ck_assert_str_eq(stream.echo, "X-Id X-Other");
	ring(&fix, 0, NULL);
	ck_assert_uint_eq(client.answers, 2);
	ck_assert_str_eq(client.body, "DONE|CHANGED");
	ck_assert_uint_eq(front_park_kept(fix.park), 0);

	/* another request of the session: not again */
	hold_stream(&fix, &client, 1, 10);
	front_park_touched(fix.park, fix.user, 1);
	run_msecs(40);
	ck_assert_uint_eq(client.answers, 3);
	ck_assert_uint_eq(front_park_kept(fix.park), 0);
	hold_stream(&fix, &client, 1, 10);
	run_msecs(40);
	ck_assert_uint_eq(front_park_kept(fix.park), 1);
	front_park_touched(fix.park, fix.user, 1);
	ck_assert_uint_eq(front_park_kept(fix.park), 0);

	/* events were lost: the client is to look */
	hold_stream(&fix, &client, 1, 60000);
	front_park_overflow(fix.park);
	run_msecs(120);
	ck_assert_str_eq(client.body, "DONE|CHANGED");
	/* the session is over */
	hold_stream(&fix, &client, 1, 60000);
	ck_assert_ptr_nonnull(client.record);
	front_park_session_over(fix.park, fix.user, 2);
	ck_assert_ptr_nonnull(client.record);
	front_park_session_over(fix.park, fix.user, 1);
	ck_assert_str_eq(client.body, "DONE|NOTHING");
	i_free(client.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_event_answers)
{
	struct client client = { .record = NULL };
	struct fixture fix;

	fixture_init(&fix);
	hold(&fix, &client, 1, "CHANGED", "NOTHING", 60000);
	ck_assert_ptr_nonnull(client.record);
	ck_assert_uint_eq(front_park_held(fix.park), 1);
	ring(&fix, 1, NULL);
	ring(&fix, 2, "ben");
	ck_assert_uint_eq(client.answers, 0);
	ring(&fix, 2, NULL);
	ck_assert_uint_eq(client.answers, 1);
	ck_assert_str_eq(client.body, "CHANGED");
	ck_assert_int_eq(client.reason, FRONT_PARK_EVENT);
	ck_assert_uint_eq(front_park_held(fix.park) + front_park_kept(fix.park), 0);
	i_free(client.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_missed_event)
{
	struct client client = { .record = NULL };
	struct front_park_input input;
	struct ipc_park park;
	struct fixture fix;

	fixture_init(&fix);
	park_init(&park, &fix, "CHANGED", "NOTHING", 60000);
	input_init(&input, &fix, &park, &client, 1);
	/* its own change, then another's, then its own again */
	ring(&fix, 1, NULL);
	ring(&fix, 2, NULL);
	ring(&fix, 1, NULL);
	front_park_add(fix.park, &input);
	ck_assert_uint_eq(client.answers, 1);
	ck_assert_str_eq(client.body, "CHANGED");

	/* only its own: it waits */
	input.generation = front_events_generation(fix.events);
	ring(&fix, 1, NULL);
	front_park_add(fix.park, &input);
	ck_assert_uint_eq(client.answers, 1);

	/* a private one of the user, missed as well */
	front_park_client_gone(client.record);
	input.generation = front_events_generation(fix.events);
	ring(&fix, 0, "anna");
	front_park_add(fix.park, &input);
	ck_assert_uint_eq(client.answers, 2);
	i_free(client.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_timeout_and_again)
{
	struct client client = { .record = NULL };
	unsigned char hash[16];
	struct fixture fix;

	memset(hash, 7, sizeof(hash));
	fixture_init(&fix);
	hold(&fix, &client, 1, "CHANGED", "NOTHING", 10);
	run_msecs(60);
	ck_assert_uint_eq(client.answers, 1);
	ck_assert_str_eq(client.body, "NOTHING");
	ck_assert_uint_eq(front_park_kept(fix.park), 1);
	/* other requests are not it */
	ck_assert(!front_park_again(fix.park, fix.user, 2, hash, 5,
				    &rip, &no_headers, &client));
	hash[0] = 0;
	ck_assert(!front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &client));
	hash[0] = 7;
	ck_assert(front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &client));
	ck_assert_ptr_nonnull(client.record);
	run_msecs(60);
	ck_assert_uint_eq(client.answers, 2);
	ck_assert(front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &client));
	run_msecs(60);
	/* the third goes to a worker */
	ck_assert(!front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &client));
	ck_assert_uint_eq(front_park_kept(fix.park), 0);

	/* an event in between drops it */
	hold(&fix, &client, 1, "CHANGED", "NOTHING", 10);
	run_msecs(60);
	ring(&fix, 0, NULL);
	ck_assert(!front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &client));
	i_free(client.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_reconnect_takes_over)
{
	struct client old = { .record = NULL }, new = { .record = NULL };
	unsigned char hash[16];
	struct fixture fix;

	memset(hash, 7, sizeof(hash));
	fixture_init(&fix);
	hold(&fix, &old, 1, "CHANGED", "NOTHING", 60000);
	ck_assert(front_park_again(fix.park, fix.user, 1, hash, 5,
				    &rip, &no_headers, &new));
	ck_assert_uint_eq(old.answers, 1);
	ck_assert_int_eq(old.reason, FRONT_PARK_REPLACED);
	ring(&fix, 0, NULL);
	ck_assert_uint_eq(new.answers, 1);
	i_free(old.body);
	i_free(new.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_resume_and_no_timeout_body)
{
	struct client client = { .record = NULL };
	struct fixture fix;

	fixture_init(&fix);
	hold(&fix, &client, 1, NULL, "NOTHING", 60000);
	ring(&fix, 0, NULL);
	ck_assert_uint_eq(client.resumes, 1);
	ck_assert_int_eq(client.resume, IPC_RESUME_EVENT);
	hold(&fix, &client, 1, "CHANGED", NULL, 10);
	run_msecs(60);
	ck_assert_uint_eq(client.resumes, 2);
	ck_assert_int_eq(client.resume, IPC_RESUME_TIMEOUT);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_min_hold)
{
	struct client client = { .record = NULL };
	struct front_park_input input;
	struct ipc_park park;
	struct fixture fix;

	fixture_init(&fix);
	park_init(&park, &fix, "CHANGED", "NOTHING", 60000);
	park.min_hold_msecs = 100;
	input_init(&input, &fix, &park, &client, 1);
	front_park_add(fix.park, &input);
	ring(&fix, 0, NULL);
	ck_assert_uint_eq(client.answers, 0);
	run_msecs(200);
	ck_assert_uint_eq(client.answers, 1);
	ck_assert_str_eq(client.body, "CHANGED");
	i_free(client.body);
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_overflow_wakes_all)
{
	struct client clients[300];
	struct fixture fix;
	unsigned int i, answers = 0;

	memset(clients, 0, sizeof(clients));
	fixture_init(&fix);
	for (i = 0; i < N_ELEMENTS(clients); i++)
		hold(&fix, &clients[i], i + 1, "CHANGED", "NOTHING", 60000);
	front_park_overflow(fix.park);
	run_msecs(600);
	for (i = 0; i < N_ELEMENTS(clients); i++) {
		answers += clients[i].answers;
		i_free(clients[i].body);
	}
	ck_assert_uint_eq(answers, N_ELEMENTS(clients));
	/* what was asked before counts as changed */
	ck_assert(front_events_changed(fix.events, 4711, 1, 0));
	fixture_deinit(&fix);
}
END_TEST

/* Many records, random events, clients that leave: ASan watches. */
START_TEST(test_random_life)
{
	struct client clients[64];
	struct fixture fix;
	unsigned int i, n;

	srandom(1);
	memset(clients, 0, sizeof(clients));
	fixture_init(&fix);
	for (n = 0; n < 20000; n++) {
		i = random() % N_ELEMENTS(clients);
		switch (random() % 6) {
		case 0:
		case 1:
		case 2: T_BEGIN {
			if (clients[i].record == NULL) {
				hold(&fix, &clients[i], i % 16 + 1,
				     i % 3 == 0 ? NULL : "C", "N", 60000);
			}
		} T_END;
			break;
		case 3:
			if (clients[i].record != NULL)
				front_park_client_gone(clients[i].record);
			break;
		case 4:
			if (n % 7 == 0)
				ring(&fix, i % 16 + 1, NULL);
			break;
		case 5:
			if (n % 31 == 0)
				front_park_block(fix.park, fix.user, i % 16 + 1);
			break;
		}
	}
	front_park_stop(fix.park);
	for (i = 0; i < N_ELEMENTS(clients); i++) {
		ck_assert_ptr_null(clients[i].record);
		i_free(clients[i].body);
	}
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_events_forgotten)
{
	struct front_events *events = front_events_init(4);
	uint64_t generation = front_events_generation(events), key;

	front_events_note(events, 1, 0);
	for (key = 2; key < 6; key++)
		front_events_note(events, key, 0);
	/* key 1 was forgotten: everything before counts as changed */
	ck_assert(front_events_changed(events, 99, generation, 0));
	generation = front_events_generation(events);
	ck_assert(!front_events_changed(events, 99, generation, 0));
	ck_assert(!front_events_changed(events, 5, generation, 0));
	front_events_deinit(&events);
}
END_TEST

/* What nobody can ask for any more is forgotten; what somebody can is not. */
START_TEST(test_events_expire)
{
	struct front_events *events = front_events_init(100);
	guid_128_t guid = { 1 };
	uint64_t one = front_events_key(events, "one", guid, NULL);
	uint64_t two = front_events_key(events, "two", guid, NULL);
	uint64_t asked;
	size_t used = front_mem_used();

	front_events_note(events, one, 0);
	asked = front_events_generation(events);
	front_events_note(events, two, 0);
	front_events_expire(events, asked);
	ck_assert(!front_events_changed(events, one, asked, 0));
	ck_assert(front_events_changed(events, two, asked, 0));
	front_events_expire(events, front_events_generation(events));
	ck_assert_uint_eq(front_mem_used(), used);
	ck_assert(!front_events_changed(events, two,
					front_events_generation(events), 0));
	/* who comes with an older one all the same is told to look */
	ck_assert(front_events_changed(events, one, 0, 0));
	front_events_deinit(&events);
}
END_TEST

static bool mem_is(const unsigned char *mem, size_t size, unsigned char byte)
{
	while (size > 0 && *mem == byte) {
		mem++;
		size--;
	}
	return size == 0;
}

#define MEM_OBJECTS 5000
START_TEST(test_mem)
{
	static unsigned char *objects[MEM_OBJECTS];
	static size_t sizes[MEM_OBJECTS];
	size_t before = front_mem_mapped(), used = front_mem_used();
	unsigned int i, round;

	for (round = 0; round < 40000; round++) {
		i = i_rand_limit(MEM_OBJECTS);
		if (objects[i] != NULL) {
			ck_assert(mem_is(objects[i], sizes[i], i & 0xff));
			front_mem_free(objects[i], sizes[i]);
			objects[i] = NULL;
			continue;
		}
		sizes[i] = 1 + i_rand_limit(i_rand_limit(16) == 0 ? 5000 : 300);
		objects[i] = front_mem_new(sizes[i]);
		ck_assert_uint_eq((uintptr_t)objects[i] % 16, 0);
		ck_assert(mem_is(objects[i], sizes[i], 0));
		memset(objects[i], i & 0xff, sizes[i]);
	}
	for (i = 0; i < MEM_OBJECTS; i++) {
		if (objects[i] != NULL)
			front_mem_free(objects[i], sizes[i]);
	}
	ck_assert_uint_eq(front_mem_used(), used);
	ck_assert_uint_eq(front_mem_mapped(), before);
}
END_TEST

struct number {
	struct front_table_item item;
	unsigned int number;
};

static bool table_has(const struct front_table *table, unsigned int number)
{
	struct front_table_item *item = front_table_first(table, number / 3);
	const struct number *found;

	for (; item != NULL; item = item->next) {
		found = container_of(item, struct number, item);
		if (found->number == number)
			return TRUE;
	}
	return FALSE;
}

START_TEST(test_table)
{
	static struct number numbers[3000];
	struct front_table table;
	unsigned int i;

	front_table_init(&table);
	for (i = 0; i < N_ELEMENTS(numbers); i++) {
		numbers[i].number = i;
		/* some in one chain */
		numbers[i].item.hash = i / 3;
		front_table_add(&table, &numbers[i].item);
	}
	for (i = 0; i < N_ELEMENTS(numbers); i += 2)
		front_table_remove(&table, &numbers[i].item);
	for (i = 0; i < N_ELEMENTS(numbers); i++)
		ck_assert_int_eq(table_has(&table, i), i % 2 != 0);
	for (i = 1; i < N_ELEMENTS(numbers); i += 2)
		front_table_remove(&table, &numbers[i].item);
	ck_assert_uint_eq(table.count, 0);
	front_table_deinit(&table);
}
END_TEST

/* A thousand users who wait for the same kind of thing: what is common to them
   is there once. */
START_TEST(test_small)
{
	static struct client clients[1000];
	size_t used = front_mem_used(), each;
	struct front_park_input input;
	struct ipc_park park;
	struct fixture fix;
	unsigned int i;

	fixture_init(&fix);
	park_init(&park, &fix, "CHANGED", "NOTHING", 60000);
	for (i = 0; i < N_ELEMENTS(clients); i++) {
		input_init(&input, &fix, &park, &clients[i], i + 1);
		front_park_add(fix.park, &input);
	}
	each = (front_mem_used() - used) / N_ELEMENTS(clients);
	ck_assert_uint_le(each, 240);
	ring(&fix, 0, NULL);
	for (i = 0; i < N_ELEMENTS(clients); i++) {
		ck_assert_uint_eq(clients[i].answers, 1);
		ck_assert_str_eq(clients[i].body, "CHANGED");
		i_free(clients[i].body);
	}
	fixture_deinit(&fix);
}
END_TEST

START_TEST(test_cred_cache)
{
	struct front_cred_cache *cache = front_cred_cache_init(300, 30, 3);
	struct front_user *user = front_user_get(users, "anna");
	unsigned char key[5][FRONT_CRED_KEY_SIZE];
	struct front_cred *cred;
	struct ip_addr ip[2];
	unsigned int i;

	ck_assert_int_eq(net_addr2ip("10.0.0.1", &ip[0]), 0);
	ck_assert_int_eq(net_addr2ip("10.0.0.2", &ip[1]), 0);
	front_cred_key(cache, "basic", "a", &ip[0], key[0]);
	front_cred_key(cache, "basic", "a", &ip[1], key[1]);
	front_cred_key(cache, "bearer", "a", &ip[0], key[2]);
	front_cred_key(cache, "basic", "b", &ip[0], key[3]);
	front_cred_key(cache, "basic", "a", &ip[0], key[4]);
	for (i = 1; i < 4; i++)
		ck_assert_int_ne(memcmp(key[0], key[i], sizeof(key[0])), 0);
	ck_assert_int_eq(memcmp(key[0], key[4], sizeof(key[0])), 0);

	ck_assert_ptr_null(front_cred_lookup(cache, key[0], 1000));
	cred = front_cred_add(cache, key[0]);
	ck_assert_ptr_eq(front_cred_lookup(cache, key[0], 99999), cred);
	front_cred_ok(cache, cred, user, 1000, 0);
	ck_assert_ptr_nonnull(front_cred_lookup(cache, key[0], 1299));
	ck_assert_ptr_null(front_cred_lookup(cache, key[0], 1300));
	/* a token's own end is earlier */
	front_cred_ok(cache, front_cred_add(cache, key[0]), user, 1000, 1010);
	ck_assert_ptr_null(front_cred_lookup(cache, key[0], 1010));
	front_cred_failed(cache, front_cred_add(cache, key[0]), 1000);
	ck_assert_ptr_null(front_cred_lookup(cache, key[0], 1030));

	/* bounded, and flushed by user */
	for (i = 0; i < 4; i++)
		front_cred_ok(cache, front_cred_add(cache, key[i]), user, 1000, 0);
	ck_assert_uint_eq(front_cred_count(cache), 3);
	front_cred_flush(cache, "ben");
	ck_assert_uint_eq(front_cred_count(cache), 3);
	front_cred_flush(cache, "anna");
	ck_assert_uint_eq(front_cred_count(cache), 0);
	front_user_unref(&user);
	front_cred_cache_deinit(&cache);
}
END_TEST

static string_t *gate_order;

static void gate_opens(void *context)
{
	str_append(gate_order, context);
}

START_TEST(test_gate_order)
{
	struct front_gate *gate = front_gate_init(2);
	struct front_gate_ticket *tickets[5];
	static char *const names[] = { "a", "b", "c", "d", "e" };
	unsigned int i;

	gate_order = str_new(default_pool, 16);
	for (i = 0; i < N_ELEMENTS(tickets); i++) {
		ck_assert_int_eq(front_gate_enter(gate, 10000, gate_opens,
						  names[i], &tickets[i]),
				 i < 2);
	}
	ck_assert_uint_eq(front_gate_busy(gate), 2);
	ck_assert_uint_eq(front_gate_waiting(gate), 3);

	/* who gives up while waiting is not called */
	front_gate_leave(&tickets[3]);
	ck_assert_ptr_null(tickets[3]);
	front_gate_leave(&tickets[0]);
	/* from the ioloop only */
	ck_assert_str_eq(str_c(gate_order), "");
	run_msecs(5);
	ck_assert_str_eq(str_c(gate_order), "c");
	front_gate_leave(&tickets[1]);
	front_gate_leave(&tickets[2]);
	run_msecs(5);
	ck_assert_str_eq(str_c(gate_order), "ce");
	front_gate_leave(&tickets[4]);
	front_gate_leave(&tickets[4]);
	ck_assert_uint_eq(front_gate_busy(gate), 0);
	front_gate_deinit(&gate);
	str_free(&gate_order);
}
END_TEST

START_TEST(test_gate_late)
{
	struct front_gate *gate = front_gate_init(1);
	struct front_gate_ticket *slow, *next, *third;

	gate_order = str_new(default_pool, 16);
	ck_assert(front_gate_enter(gate, 300, gate_opens, "x", &slow));
	ck_assert(!front_gate_enter(gate, 10000, gate_opens, "n", &next));
	run_msecs(10);
	ck_assert_str_eq(str_c(gate_order), "");
	/* it does not keep others waiting for ever */
	run_msecs(350);
	ck_assert_str_eq(str_c(gate_order), "n");
	ck_assert_uint_eq(front_gate_busy(gate), 1);
	/* its next step counts again */
	front_gate_extend(slow, 10000);
	ck_assert_uint_eq(front_gate_busy(gate), 2);
	front_gate_leave(&next);
	ck_assert(!front_gate_enter(gate, 10, gate_opens, "t", &third));
	run_msecs(5);
	ck_assert_str_eq(str_c(gate_order), "n");
	front_gate_leave(&slow);
	run_msecs(5);
	ck_assert_str_eq(str_c(gate_order), "nt");
	front_gate_leave(&third);
	front_gate_deinit(&gate);
	str_free(&gate_order);
}
END_TEST

START_TEST(test_rate)
{
	struct front_rate *rate = front_rate_init(3, 10000, 64);
	struct front_rate_verdict verdict;
	unsigned char hash[16] = { 1 };
	unsigned int i, refused = 0;

	for (i = 0; i < 3; i++) {
		front_rate_check(rate, 1, hash, 1000 + i, &verdict);
		ck_assert_uint_eq(verdict.delay_msecs, 0);
	}
	front_rate_check(rate, 1, hash, 1004, &verdict);
	ck_assert_uint_ge(verdict.delay_msecs, 1000);
	ck_assert(verdict.first);
	front_rate_check(rate, 1, hash, 1005, &verdict);
	ck_assert(!verdict.first);
	/* another device */
	front_rate_check(rate, 2, hash, 1006, &verdict);
	ck_assert_uint_eq(verdict.delay_msecs, 0);
	for (i = 0; i < 50; i++) {
		front_rate_check(rate, 1, hash, 1010, &verdict);
		if (verdict.refuse)
			refused++;
	}
	ck_assert_uint_gt(refused, 0);
	/* after a rest all is well */
	front_rate_check(rate, 1, hash, 60000, &verdict);
	ck_assert_uint_eq(verdict.delay_msecs, 0);
	front_rate_deinit(&rate);
}
END_TEST

static void count_line(void *context, const unsigned char *line, size_t size)
{
	string_t *seen = context;

	str_append_data(seen, line, size);
	str_append_c(seen, '|');
}

START_TEST(test_bus_lines)
{
	struct front_bus_lines lines;
	string_t *seen = str_new(default_pool, 64);
	char longer[DT_BUS_MAX_LINE + 10];
	const char *text = "one\ntwo\nthree\n";
	size_t i, len = strlen(text);

	for (i = 0; i <= len; i++) {
		i_zero(&lines);
		str_truncate(seen, 0);
		front_bus_lines_feed(&lines, (const void *)text, i, count_line,
				     seen);
		front_bus_lines_feed(&lines, (const void *)(text + i), len - i,
				     count_line, seen);
		ck_assert_str_eq(str_c(seen), "one|two|three|");
	}
	/* a line that is too long is dropped, the next one is seen */
	memset(longer, 'x', sizeof(longer));
	str_truncate(seen, 0);
	front_bus_lines_feed(&lines, (const void *)longer, sizeof(longer) - 1,
			     count_line, seen);
	front_bus_lines_feed(&lines, (const void *)"y\nfour\n", 7, count_line,
			     seen);
	ck_assert_str_eq(str_c(seen), "four|");
	str_free(&seen);
}
END_TEST

START_TEST(test_targets)
{
	struct front_target target;

	front_target_parse_eas("Cmd=Sync&User=D%5Canna&DeviceId=ab%2Bc&DeviceType=iP",
			       &target);
	ck_assert_str_eq(target.command, "Sync");
	ck_assert_str_eq(target.user, "D\\anna");
	ck_assert_str_eq(target.device, "ab+c");
	ck_assert_str_eq(target.device_type, "iP");
	/* version 14.1, Sync, locale 0x0409, device "Nine12", no key, "Android" */
	front_target_parse_eas("jQAJBAZOaW5lMTIAB0FuZHJvaWQHAQA=", &target);
	ck_assert_str_eq(target.command, "Sync");
	ck_assert_str_eq(target.device, "Nine12");
	ck_assert_str_eq(target.device_type, "Android");
	front_target_parse_eas("jQAJBP9OaW5l", &target);
	ck_assert_ptr_null(target.device);
	front_target_parse_eas("%%%", &target);
	front_target_parse_eas("", &target);
	front_target_parse_eas(NULL, &target);
	ck_assert_ptr_null(target.command);

	ck_assert_str_eq(front_route_find("/Microsoft-SERVER-activesync")->protocol,
			 "eas");
	ck_assert_ptr_null(front_route_find("/Microsoft-Server-ActiveSyncX"));
	ck_assert(front_route_is_healthcheck("/healthcheck.htm"));
	ck_assert(front_route_is_healthcheck(
		"/microsoft-server-activesync/HealthCheck.htm"));
	ck_assert(!front_route_is_healthcheck("/x/healthcheck.htm"));
}
END_TEST

START_TEST(test_sasl)
{
	const char *user, *password;
	time_t expires;

	/* anna:pä in UTF-8 and in Latin-1 */
	ck_assert_int_eq(front_sasl_basic_parse("YW5uYTpww6Q=", &user, &password), 0);
	ck_assert_str_eq(password, "p\xc3\xa4");
	ck_assert_int_eq(front_sasl_basic_parse("YW5uYTpw5A==", &user, &password), 0);
	ck_assert_str_eq(user, "anna");
	ck_assert_str_eq(password, "p\xc3\xa4");
	/* no colon, NUL, no base64 */
	ck_assert_int_eq(front_sasl_basic_parse("YW5uYQ==", &user, &password), -1);
	ck_assert_int_eq(front_sasl_basic_parse("YTpiAGM=", &user, &password), -1);
	ck_assert_int_eq(front_sasl_basic_parse("!!", &user, &password), -1);

	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_AUTO, "CORP\\anna"),
			 "anna");
	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_AUTO, "a.org\\anna"),
			 "anna@a.org");
	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_AUTO, "C\\anna@b.org"),
			 "anna@b.org");
	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_APPEND, "CORP\\anna"),
			 "anna@CORP");
	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_KEEP, "CORP\\anna"),
			 "CORP\\anna");
	ck_assert_str_eq(front_sasl_login_name(FRONT_DOMAIN_AUTO, "anna@b.org"),
			 "anna@b.org");

	/* {"alg":"none"}.{"upn":"anna@b.org","exp":1700000000}. */
	ck_assert_str_eq(front_sasl_bearer_user("eyJhbGciOiJub25lIn0."
		"eyJ1cG4iOiJhbm5hQGIub3JnIiwiZXhwIjoxNzAwMDAwMDAwfQ.x",
		NULL, &expires), "anna@b.org");
	ck_assert_int_eq(expires, 1700000000);
	ck_assert_ptr_null(front_sasl_bearer_user("opaque", NULL, &expires));
	ck_assert_str_eq(front_sasl_bearer_user("opaque", "ben", &expires), "ben");
}
END_TEST

START_TEST(test_headers)
{
	string_t *dest = t_str_new(128);

	ck_assert(front_http_header(dest, "X-A", "b"));
	ck_assert_str_eq(str_c(dest), "X-A: b\r\n");
	ck_assert(!front_http_header(dest, "X-A", "b\r\nSet-Cookie: c"));
	ck_assert(!front_http_header(dest, "X A", "b"));
	ck_assert(!front_http_header(dest, "", "b"));
	ck_assert(!front_http_header(dest, "content-length", "5"));
	ck_assert_str_eq(str_c(dest), "X-A: b\r\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("front");
	TCase *tcase = tcase_create("front");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_event_answers);
	tcase_add_test(tcase, test_missed_event);
	tcase_add_test(tcase, test_timeout_and_again);
	tcase_add_test(tcase, test_reconnect_takes_over);
	tcase_add_test(tcase, test_resume_and_no_timeout_body);
	tcase_add_test(tcase, test_min_hold);
	tcase_add_test(tcase, test_stream);
	tcase_add_test(tcase, test_overflow_wakes_all);
	tcase_add_test(tcase, test_random_life);
	tcase_add_test(tcase, test_events_forgotten);
	tcase_add_test(tcase, test_events_expire);
	tcase_add_test(tcase, test_mem);
	tcase_add_test(tcase, test_table);
	tcase_add_test(tcase, test_small);
	tcase_add_test(tcase, test_cred_cache);
	tcase_add_test(tcase, test_gate_order);
	tcase_add_test(tcase, test_gate_late);
	tcase_add_test(tcase, test_rate);
	tcase_add_test(tcase, test_bus_lines);
	tcase_add_test(tcase, test_targets);
	tcase_add_test(tcase, test_sasl);
	tcase_add_test(tcase, test_headers);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
