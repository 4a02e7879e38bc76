/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the process: start, what comes in from Dovecot's master, the bus's
   records, stop. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "front.h"
#include "front-auth.h"
#include "front-bus.h"
#include "front-conn.h"
#include "front-events.h"
#include "front-gate.h"
#include "front-mem.h"
#include "front-park.h"
#include "front-poll.h"
#include "front-rate.h"
#include "front-request.h"
#include "front-user.h"
#include "front-worker.h"

#include <malloc.h>
#include <unistd.h>

#define FRONT_TICK_MSECS 1000
#define FRONT_MAX_EVENTS 65536
#define FRONT_RATE_SLOTS 4096
#define FRONT_TRIM_SECS 3
#define FRONT_TRIM_MIN (512 * 1024)
#define FRONT_TRIM_KEEP (128 * 1024)

/* Dovecot's connection callback has no context. */
static struct front *front_instance;

/* The bus */

static void front_control_block(struct front *front, const char *const *args)
{
	struct front_user *user;
	uint64_t origin = 0;

	if (args[0] == NULL)
		return;
	front_auth_flush(front->auth, args[0]);
	user = front_user_find(front->users, args[0]);
	if (user == NULL)
		return;
	front_user_ref(user);
	if (args[1] != NULL && args[1][0] != '\0')
		origin = bus_origin(args[0], args[1]);
	else
		front_workers_close_user(front->workers, user);
	front_park_block(front->park, user, origin);
	front_user_unref(&user);
}

static void front_control_status(struct front *front)
{
	struct mallinfo2 heap = mallinfo2();

	e_info(front->event, "status: connections=%u requests=%u held=%u "
	       "kept=%u workers=%u starts=%u waiting=%u users=%u heap=%zu "
	       "free=%zu small=%zu chunks=%zu",
	       front->conns_count,
	       front->requests_active, front_park_held(front->park),
	       front_park_kept(front->park),
	       front_workers_count(front->workers),
	       front_gate_busy(front->gate), front_gate_waiting(front->gate),
	       front_users_count(front->users),
	       heap.uordblks, heap.fordblks, front_mem_used(),
	       front_mem_mapped());
}

static void front_control(struct front *front, const char *const *args)
{
	const char *command = *args++;

	if (strcmp(command, BUS_CONTROL_FLUSH) == 0)
		front_auth_flush(front->auth, args[0]);
	else if (strcmp(command, BUS_CONTROL_BLOCK) == 0)
		front_control_block(front, args);
	else if (strcmp(command, BUS_CONTROL_STATUS) == 0)
		front_control_status(front);
	else
		e_warning(front->event, "bus: unknown command");
}

static void front_bus_record(void *context, const struct bus_record *record)
{
	struct front *front = context;

	switch (record->type) {
	case BUS_RECORD_EVENT:
		front_park_event(front->park, &record->event);
		break;
	case BUS_RECORD_CONTROL:
		front_control(front, record->control);
		break;
	case BUS_RECORD_OVERFLOW:
		e_warning(front->event, "bus: a writer lost events: "
			  "waking everybody");
		front_park_overflow(front->park);
		break;
	case BUS_RECORD_OTHER:
		break;
	}
}

static void front_bus_overflow(void *context)
{
	struct front *front = context;

	front_park_overflow(front->park);
}

/* Held requests */

static void park_answer(void *client, const struct front_park_answer *answer)
{
	front_request_answer_held(client, answer);
}

static void park_resume(void *client, const struct front_park_resume *resume)
{
	front_request_resume(client, resume);
}

static void park_keepalive(void *client, const void *data, size_t size)
{
	front_request_keepalive_held(client, data, size);
}

static void park_set_record(void *client, struct front_park_record *record)
{
	struct front_conn *conn = client;

	conn->record = record;
}

/* Start and stop */

/* A burst of requests leaves holes between the held ones, connections that close
   leave what TLS had for them: give their pages back. Pages that went back are
   counted as free all the same. */
static void front_trim(struct front *front)
{
	struct mallinfo2 heap;
	bool worked;

	if (front->last_trim + FRONT_TRIM_SECS > ioloop_time)
		return;
	front->last_trim = ioloop_time;
	heap = mallinfo2();
	worked = front->trim_again ||
		front->trimmed_request_id != front->last_request_id;
	if (!worked && heap.fordblks < front->trimmed_free + FRONT_TRIM_MIN) {
		front->trimmed_free = I_MIN(front->trimmed_free, heap.fordblks);
		return;
	}
	front->trimmed_request_id = front->last_request_id;
	front->trim_again = front->requests_active > 0 ||
		front_workers_count(front->workers) > 0;
	front->trimmed_free = heap.fordblks;
	if (heap.fordblks > FRONT_TRIM_MIN)
		(void)malloc_trim(FRONT_TRIM_KEEP);
}

static void front_tick(struct front *front)
{
	front_conns_tick(front);
	front_events_expire(front->events,
			    front_request_oldest_generation(front));
	front_trim(front);
}

static void front_stop_timeout(struct front *front)
{
	timeout_remove(&front->to_stop);
	e_warning(front->event, "stopping: %u requests did not end in time",
		  front->requests_active);
	master_service_stop(master_service);
}

static void front_stop_finish(struct front *front)
{
	if (front->requests_active > 0)
		return;
	timeout_remove(&front->to_stop);
	master_service_stop(master_service);
}

void front_stop_check(struct front *front)
{
	if (!front->stopping || front->requests_active > 0)
		return;
	/* the last bytes are in the sockets, or in a writer for a moment */
	timeout_remove(&front->to_stop);
	front->to_stop = timeout_add_short(100, front_stop_finish, front);
}

/* Reload or stop: answer what is held, let the rest finish. */
static void front_die(void)
{
	struct front *front = front_instance;

	if (front->stopping)
		return;
	front->stopping = TRUE;
	/* writers notice, and the new front's FIFO gets their records */
	if (front->bus != NULL)
		front_bus_deinit(&front->bus);
	front_park_stop(front->park);
	front_conns_stop(front);
	front->to_stop = timeout_add(front->set->stop_timeout * 1000,
				     front_stop_timeout, front);
	front_stop_check(front);
}

static void front_connected(struct master_service_connection *mconn)
{
	static const struct front_bus_callbacks callbacks = {
		.record = front_bus_record,
		.overflow = front_bus_overflow,
	};
	struct front *front = front_instance;

	master_service_client_connection_accept(mconn);
	if (!mconn->fifo) {
		front_conn_create(front, mconn);
	} else if (front->bus != NULL) {
		e_error(front->event, "A second FIFO: only one fifo_listener "
			"may be in service dovetail");
		(void)close(mconn->fd);
	} else {
		front->bus = front_bus_init(mconn->fd, front->event,
					    &callbacks, front);
	}
}

static void front_park_start(struct front *front)
{
	static const struct front_park_callbacks callbacks = {
		.answer = park_answer,
		.resume = park_resume,
		.keepalive = park_keepalive,
		.set_record = park_set_record,
	};
	const struct front_park_settings set = {
		.max_hold_msecs = front->set->max_hold * 1000,
		.keep_msecs = front->set->record_keep * 1000,
		.poll_every = front->set->poll_every,
		.max_records = front->set->max_held,
	};

	front->events = front_events_init(FRONT_MAX_EVENTS);
	front->park = front_park_init(front->events, &set, &callbacks);
}

static void front_init(struct front *front)
{
	front->event = event_create(NULL);
	front->users = front_users_init();
	front_park_start(front);
	front->rate = front_rate_init(front->set->loop_requests,
				      front->set->loop_window * 1000,
				      FRONT_RATE_SLOTS);
	front->poll = front_poll_init(front_conn_ready);
	if (front->poll == NULL)
		i_fatal("epoll_create() failed: %m");
	front->gate = front_gate_init(front->set->max_starts);
	front->auth = front_auth_init(front);
	front->workers = front_workers_init(front);
	front_conns_init(front);
	front->to_tick = timeout_add(FRONT_TICK_MSECS, front_tick, front);
}

static void front_deinit(struct front *front)
{
	front->stopping = TRUE;
	timeout_remove(&front->to_tick);
	timeout_remove(&front->to_stop);
	if (front->bus != NULL)
		front_bus_deinit(&front->bus);
	front_park_stop(front->park);
	front_conns_abort(front);
	front_workers_deinit(&front->workers);
	timeout_remove(&front->to_stop);
	front_park_deinit(&front->park);
	front_poll_deinit(&front->poll);
	front_events_deinit(&front->events);
	front_auth_deinit(&front->auth);
	front_gate_deinit(&front->gate);
	front_users_deinit(&front->users);
	front_rate_deinit(&front->rate);
	front_conns_deinit(front);
	event_unref(&front->event);
}

int main(int argc, char *argv[])
{
	struct front front;
	struct front_settings *set;
	const char *error;
	pool_t pool;

	i_zero(&front);
	front_instance = &front;
	master_service = master_service_init("dovetail",
		MASTER_SERVICE_FLAG_HAVE_STARTTLS, &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;
	master_service_init_log(master_service);
	pool = pool_alloconly_create("front settings", 2048);
	if (front_settings_read(master_service, pool, &set, &error) < 0)
		i_fatal("Configuration: %s", error);
	master_service_init_log(master_service);
	front.set = set;

	/* on reload the held requests must be answered, not served on */
	master_service_set_die_with_master(master_service, TRUE);
	master_service_set_die_callback(master_service, front_die);
	front_init(&front);
	master_service_init_finish(master_service);
	front.ssl_ctx = front_tls_context(master_service);

	master_service_run(master_service, front_connected);

	front_deinit(&front);
	pool_unref(&pool);
	master_service_deinit(&master_service);
	return 0;
}
