/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: records of held requests, the table of who waits for which mailbox,
   and their deadlines. There may be a hundred thousand: a record is one
   allocation, and has its answers in common with others. */

#include "lib.h"
#include "array.h"
#include "http-date.h"
#include "ioloop.h"
#include "llist.h"
#include "priorityq.h"
#include "str.h"
#include "time-util.h"
#include "front-events.h"
#include "front-http.h"
#include "front-mem.h"
#include "front-text.h"
#include "front-user.h"
#include "front-park.h"

#define PARK_NO_WATCH UINT16_MAX
#define PARK_NO_BODY UINT16_MAX
#define PARK_MIN_BUCKETS 1024
/* after an overflow: so many records are woken at each step */
#define PARK_OVERFLOW_STEP 100
#define PARK_OVERFLOW_STEP_MSECS 50
/* an answer from a record is small; more than this is no wait record */
#define PARK_MAX_BLOB (128 * 1024)

/* Bytes of the answers; start UINT32_MAX: there are none. */
struct park_bytes {
	uint32_t start, size;
};

/* What a held request may be answered with, as a shared text: this, bodies, then
   what the park_bytes are in. */
struct park_answers {
	uint16_t status, bodies_count;
	struct park_bytes headers, timeout_body, replaced_body;
	/* of an answer that begins at once: see struct ipc_stream */
	struct park_bytes preamble, keepalive, done, echo;
	uint32_t keepalive_msecs;
	bool stream;
	struct park_bytes bodies[];
};

struct park_watch {
	uint64_t key;
	struct park_watch *next, **prevp;
	/* of the answers; PARK_NO_BODY */
	uint16_t body;
	uint16_t idx;
	uint8_t events;
};

struct front_park_record {
	struct priorityq_item item;
	uint16_t watches_count;
	/* the watch that rang, PARK_NO_WATCH */
	uint16_t rung;
	struct front_park *park;
	struct front_user *user;
	struct front_park_record *prev, *next;
	/* NULL: kept for the same request again */
	void *client;
	struct front_park_request *request;
	struct front_text *answers, *log;
	uint64_t id, origin;
	unsigned char hash[16];
	/* in msecs of our clock */
	uint64_t came, deadline;
	/* since it came */
	uint32_t min_msecs, end_msecs;
	uint32_t hold_msecs;
	struct ip_addr rip;
	uint16_t repeats;
	uint8_t device_size;
	uint8_t kind;
	bool repeatable:1;
	/* woken by an overflow, waits for its step */
	bool overflow:1;
	struct park_watch watches[];
	/* the device's name follows */
};

struct front_park {
	struct front_events *events;
	struct front_texts *texts;
	struct front_park_settings set;
	struct front_park_callbacks callbacks;

	struct park_watch **buckets;
	unsigned int buckets_count, watches_count;

	struct priorityq *deadlines;
	struct timeout *to;
	uint64_t to_deadline;

	unsigned int held, kept;
	struct timeout *to_overflow;
	bool stopping;
};

static uint64_t park_now(void)
{
	return (uint64_t)ioloop_timeval.tv_sec * 1000 +
		ioloop_timeval.tv_usec / 1000;
}

static int record_deadline_cmp(const void *p1, const void *p2)
{
	const struct front_park_record *r1 = p1, *r2 = p2;

	return r1->deadline < r2->deadline ? -1 :
		(r1->deadline > r2->deadline ? 1 : 0);
}

static size_t record_mem_size(unsigned int watches_count,
			      unsigned int device_size)
{
	return sizeof(struct front_park_record) +
		sizeof(struct park_watch) * watches_count + device_size;
}

static char *record_device(struct front_park_record *record)
{
	return record->device_size == 0 ? NULL :
		(char *)&record->watches[record->watches_count];
}

static const struct park_answers *
record_answers(const struct front_park_record *record)
{
	return (const void *)record->answers->data;
}

static const unsigned char *
answers_data(const struct park_answers *answers)
{
	return (const void *)&answers->bodies[answers->bodies_count];
}

static bool record_has_timeout(const struct front_park_record *record)
{
	return record_answers(record)->timeout_body.start != UINT32_MAX;
}

static const char *
answers_str(const struct park_answers *answers, const struct park_bytes *bytes)
{
	return t_strndup(answers_data(answers) + bytes->start, bytes->size);
}

static uint64_t record_hold_end(const struct front_park_record *record)
{
	return record->came + record->end_msecs;
}

/* When it is to be looked at next while nothing rings. */
static uint64_t record_next_deadline(const struct front_park_record *record)
{
	const struct park_answers *answers = record_answers(record);
	uint64_t end = record_hold_end(record);

	if (!answers->stream || answers->keepalive_msecs == 0)
		return end;
	return I_MIN(end, park_now() + answers->keepalive_msecs);
}

static struct front_park_record *watch_record(struct park_watch *watch)
{
	return container_of(watch - watch->idx, struct front_park_record,
			    watches[0]);
}

/* The table of watches */

static void watch_link(struct front_park *park, struct park_watch *watch)
{
	struct park_watch **bucket =
		&park->buckets[watch->key & (park->buckets_count - 1)];

	watch->next = *bucket;
	watch->prevp = bucket;
	if (watch->next != NULL)
		watch->next->prevp = &watch->next;
	*bucket = watch;
}

static void watches_grow(struct front_park *park)
{
	struct park_watch **old = park->buckets, *watch, *next;
	unsigned int i, old_count = park->buckets_count;

	park->buckets_count *= 2;
	park->buckets = i_new(struct park_watch *, park->buckets_count);
	for (i = 0; i < old_count; i++) {
		for (watch = old[i]; watch != NULL; watch = next) {
			next = watch->next;
			watch_link(park, watch);
		}
	}
	i_free(old);
}

static void watch_add(struct front_park *park, struct park_watch *watch)
{
	if (park->watches_count >= park->buckets_count)
		watches_grow(park);
	watch_link(park, watch);
	park->watches_count++;
}

static void watch_remove(struct front_park *park, struct park_watch *watch)
{
	if (watch->prevp == NULL)
		return;
	*watch->prevp = watch->next;
	if (watch->next != NULL)
		watch->next->prevp = watch->prevp;
	watch->prevp = NULL;
	park->watches_count--;
}

/* Deadlines */

static void park_timeout(struct front_park *park);

static void park_timer_update(struct front_park *park)
{
	struct priorityq_item *item = priorityq_peek(park->deadlines);
	struct front_park_record *record;
	uint64_t now = park_now();

	record = item == NULL ? NULL :
		container_of(item, struct front_park_record, item);
	if (record == NULL) {
		timeout_remove(&park->to);
		return;
	}
	if (park->to != NULL && park->to_deadline == record->deadline)
		return;
	timeout_remove(&park->to);
	park->to_deadline = record->deadline;
	park->to = timeout_add_short(record->deadline <= now ? 0 :
				     record->deadline - now,
				     park_timeout, park);
}

static void record_set_deadline(struct front_park_record *record,
				uint64_t deadline)
{
	struct front_park *park = record->park;

	if (record->deadline != 0)
		priorityq_remove(park->deadlines, &record->item);
	record->deadline = deadline;
	if (deadline != 0)
		priorityq_add(park->deadlines, &record->item);
	park_timer_update(park);
}

/* Records */

static void record_free(struct front_park_record *record)
{
	struct front_park *park = record->park;

	i_assert(record->client == NULL);
	park->kept--;
	record_set_deadline(record, 0);
	for (unsigned int i = 0; i < record->watches_count; i++)
		watch_remove(park, &record->watches[i]);
	DLLIST_REMOVE(&record->user->records, record);
	front_user_unref(&record->user);
	i_free(record->request);
	front_text_unref(park->texts, &record->answers);
	front_text_unref(park->texts, &record->log);
	front_mem_free(record, record_mem_size(record->watches_count,
					       record->device_size));
}

static void *record_detach(struct front_park_record *record)
{
	void *client = record->client;

	i_assert(client != NULL);
	record->park->callbacks.set_record(client, NULL);
	record->client = NULL;
	record->park->held--;
	record->park->kept++;
	return client;
}

static void record_attach(struct front_park_record *record, void *client)
{
	i_assert(record->client == NULL);
	record->client = client;
	record->park->held++;
	record->park->kept--;
	record->park->callbacks.set_record(client, record);
}

static unsigned int record_waited(const struct front_park_record *record)
{
	uint64_t now = park_now();

	return now <= record->came ? 0 : now - record->came;
}

/* Callbacks may start the next request of the connection, and that one may
   find and end records: so everything is copied, and the callback is last. */

static const unsigned char *park_copy(const unsigned char *data, size_t size)
{
	/* one byte more: a copy is never NULL */
	unsigned char *copy = t_malloc_no0(size + 1);

	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

static void record_log(struct front_park_record *record,
		       struct front_park_log *log_r)
{
	log_r->common = t_strdup((const char *)record->log->data);
	log_r->device = t_strdup(record_device(record));
	log_r->rip = record->rip;
}

/* What ends the first part of a stream: "%T", "%E" filled in */
static const char *record_done(const struct front_park_record *record)
{
	const struct park_answers *answers = record_answers(record);
	const char *text = answers_str(answers, &answers->done);
	string_t *done = t_str_new(128);

	for (; *text != '\0'; text++) {
		if (strncmp(text, "%T", 2) == 0) {
			str_append(done, http_date_create(record->came / 1000));
			text++;
		} else if (strncmp(text, "%E", 2) == 0) {
			str_printfa(done, "%u", record_waited(record));
			text++;
		} else {
			str_append_c(done, *text);
		}
	}
	return str_c(done);
}

/* body NULL: there is none to say it with */
static void answer_init(struct front_park_answer *answer,
			struct front_park_record *record,
			enum front_park_reason reason,
			const struct park_bytes *body)
{
	const struct park_answers *answers = record_answers(record);
	const unsigned char *data = answers_data(answers);

	i_zero(answer);
	answer->reason = reason;
	answer->status = body == NULL ? 503 : answers->status;
	answer->headers = t_strndup(data + answers->headers.start,
				    answers->headers.size);
	answer->body = body == NULL ? park_copy(data, 0) :
		park_copy(data + body->start, body->size);
	answer->body_size = body == NULL ? 0 : body->size;
	if (answers->stream && body != NULL)
		answer->done = record_done(record);
	record_log(record, &answer->log);
	answer->user = record->user;
	front_user_ref(answer->user);
	answer->id = record->id;
	answer->waited_msecs = record_waited(record);
}

static void answer_send(struct front_park *park, void *client,
			struct front_park_answer *answer)
{
	park->callbacks.answer(client, answer);
	front_user_unref(&answer->user);
}

static void record_answer(struct front_park_record *record,
			  enum front_park_reason reason,
			  const struct park_bytes *body, bool keep)
{
	struct front_park *park = record->park;
	struct front_park_answer answer;
	void *client;

	answer_init(&answer, record, reason, body);
	client = record_detach(record);
	if (!keep)
		record_free(record);
	answer_send(park, client, &answer);
}

static void record_resume(struct front_park_record *record,
			  enum ipc_resume resume, const struct ipc_event *event)
{
	struct front_park *park = record->park;
	struct front_park_request *request = record->request;
	struct front_park_answer fallback;
	struct front_park_resume res;
	uint64_t now = park_now();
	void *client;

	i_assert(request != NULL);
	i_zero(&res);
	res.resume = resume;
	res.request = request;
	record_log(record, &res.log);
	res.user = record->user;
	res.id = record->id;
	res.origin = record->origin;
	memcpy(res.hash, record->hash, sizeof(res.hash));
	res.waited_msecs = record_waited(record);
	if (resume == IPC_RESUME_EVENT && now < record_hold_end(record))
		res.left_msecs = record_hold_end(record) - now;
	res.event = event;
	if (record_has_timeout(record)) {
		answer_init(&fallback, record, FRONT_PARK_TIMEOUT,
			    &record_answers(record)->timeout_body);
		res.fallback_status = fallback.status;
		res.fallback_headers = fallback.headers;
		res.fallback_body = fallback.body;
		res.fallback_size = fallback.body_size;
		front_user_unref(&fallback.user);
	}

	record->request = NULL;
	front_user_ref(res.user);
	client = record_detach(record);
	record_free(record);
	park->callbacks.resume(client, &res);
	front_user_unref(&res.user);
	i_free(request);
}

static const struct park_bytes *
record_replaced_body(const struct front_park_record *record)
{
	const struct park_answers *answers = record_answers(record);

	if (answers->replaced_body.start != UINT32_MAX)
		return &answers->replaced_body;
	return record_has_timeout(record) ? &answers->timeout_body : NULL;
}

/* End it with the answer for when nothing happened, or without one. */
static void record_end(struct front_park_record *record,
		       enum front_park_reason reason)
{
	const struct park_bytes *body = record_has_timeout(record) ?
		&record_answers(record)->timeout_body : NULL;

	if (reason == FRONT_PARK_REPLACED)
		body = record_replaced_body(record);
	record_answer(record, reason, body, FALSE);
}

static void record_time_over(struct front_park_record *record)
{
	struct front_park *park = record->park;

	if (record->client == NULL) {
		record_free(record);
	} else if (!record_has_timeout(record)) {
		record_resume(record, IPC_RESUME_TIMEOUT, NULL);
	} else if (!record->repeatable || park->set.keep_msecs == 0) {
		record_end(record, FRONT_PARK_TIMEOUT);
	} else {
		record_set_deadline(record, park_now() + park->set.keep_msecs);
		record_answer(record, FRONT_PARK_TIMEOUT,
			      &record_answers(record)->timeout_body, TRUE);
	}
}

/* A watch rang and the time has come. */
static void record_fire(struct front_park_record *record,
			const struct ipc_event *event)
{
	const struct park_watch *watch = &record->watches[record->rung];

	if (watch->body == PARK_NO_BODY) {
		record_resume(record, IPC_RESUME_EVENT, event);
	} else {
		record_answer(record, FRONT_PARK_EVENT,
			      &record_answers(record)->bodies[watch->body],
			      FALSE);
	}
}

/* park_run() does the rest. */
static void record_ring(struct front_park_record *record, unsigned int idx)
{
	if (record->client == NULL) {
		/* the same request again must be looked at by a worker */
		record_free(record);
		return;
	}
	if (record->rung != PARK_NO_WATCH)
		return;
	record->rung = idx;
	record_set_deadline(record, I_MIN(record_hold_end(record),
					  I_MAX(record->came +
						record->min_msecs,
						park_now())));
}

/* The client of a stream hears that it goes on. */
static void record_keepalive(struct front_park_record *record)
{
	const struct park_answers *answers = record_answers(record);

	record_set_deadline(record, record_next_deadline(record));
	record->park->callbacks.keepalive(record->client,
		answers_data(answers) + answers->keepalive.start,
		answers->keepalive.size);
}

/* event: what rang just now, if anything */
static void park_run(struct front_park *park, const struct ipc_event *event)
{
	struct front_park_record *record;
	struct priorityq_item *item;
	uint64_t now = park_now();

	while ((item = priorityq_peek(park->deadlines)) != NULL) {
		record = container_of(item, struct front_park_record, item);
		if (record->deadline > now)
			break;
		T_BEGIN {
			if (record->client != NULL &&
			    record->rung != PARK_NO_WATCH)
				record_fire(record, event);
			else if (record->client != NULL &&
				 record_hold_end(record) > now)
				record_keepalive(record);
			else
				record_time_over(record);
		} T_END;
	}
	park_timer_update(park);
}

static void park_timeout(struct front_park *park)
{
	timeout_remove(&park->to);
	park_run(park, NULL);
}

/* Making a record */

static struct park_bytes
answers_add(buffer_t *dest, const void *data, size_t size)
{
	struct park_bytes bytes = { dest->used, size };

	buffer_append(dest, data, size);
	return bytes;
}

static bool watch_has_body(const struct ipc_watch *watch)
{
	return watch->body != NULL && watch->body_size <= UINT16_MAX;
}

/* Several watches often have one answer: it is stored once. Returns its
   number. */
static uint16_t answers_find_body(const ARRAY_TYPE(ipc_watch) *watches,
				  const struct park_watch *done,
				  unsigned int idx)
{
	const struct ipc_watch *watch = array_idx(watches, idx), *other;

	for (unsigned int i = 0; i < idx; i++) {
		other = array_idx(watches, i);
		if (watch_has_body(other) &&
		    other->body_size == watch->body_size &&
		    memcmp(other->body, watch->body, watch->body_size) == 0)
			return done[i].body;
	}
	return PARK_NO_BODY;
}

/* Fills in the watches' bodies, too. */
static void bodies_add(struct park_answers *answers, buffer_t *data,
		       const ARRAY_TYPE(ipc_watch) *watches,
		       struct park_watch *dest)
{
	const struct ipc_watch *watch;
	unsigned int i;

	array_foreach(watches, watch) {
		i = array_foreach_idx(watches, watch);
		dest[i].body = PARK_NO_BODY;
		if (!watch_has_body(watch))
			continue;
		dest[i].body = answers_find_body(watches, dest, i);
		if (dest[i].body != PARK_NO_BODY)
			continue;
		dest[i].body = answers->bodies_count++;
		answers->bodies[dest[i].body] =
			answers_add(data, watch->body, watch->body_size);
	}
}

static struct park_bytes headers_add(buffer_t *data,
				     const ARRAY_TYPE(ipc_header) *headers)
{
	string_t *lines = t_str_new(256);
	const struct ipc_header *header;

	array_foreach(headers, header)
		(void)front_http_header(lines, header->name, header->value);
	return answers_add(data, str_data(lines), str_len(lines));
}

static struct park_bytes answers_add_str(buffer_t *dest, const char *str)
{
	return answers_add(dest, str == NULL ? "" : str,
			   str == NULL ? 0 : strlen(str));
}

static void stream_add(struct park_answers *answers, buffer_t *data,
		       const struct ipc_stream *stream)
{
	answers->stream = stream->used;
	answers->keepalive_msecs = stream->keepalive_size == 0 ? 0 :
		stream->keepalive_msecs;
	answers->preamble = answers_add(data, stream->preamble,
					stream->preamble_size);
	answers->keepalive = answers_add(data, stream->keepalive,
					 stream->keepalive_size);
	answers->done = answers_add_str(data, stream->done);
	answers->echo = answers_add_str(data, stream->echo);
}

/* NULL: they are too large to be kept */
static struct front_text *
answers_get(struct front_park *park, const struct ipc_park *ipark,
	    struct park_watch *watches)
{
	static const struct park_bytes none = { UINT32_MAX, 0 };
	unsigned int count = array_count(&ipark->watches);
	size_t size = sizeof(struct park_answers) +
		sizeof(struct park_bytes) * count;
	struct park_answers *answers = t_malloc0(size);
	buffer_t *data = t_buffer_create(512), *all = t_buffer_create(1024);

	answers->status = ipark->status;
	answers->headers = headers_add(data, &ipark->headers);
	answers->timeout_body = !ipark->has_timeout_body ? none :
		answers_add(data, ipark->timeout_body,
			    ipark->timeout_body_size);
	answers->replaced_body = !ipark->has_replaced_body ? none :
		answers_add(data, ipark->replaced_body,
			    ipark->replaced_body_size);
	stream_add(answers, data, &ipark->stream);
	bodies_add(answers, data, &ipark->watches, watches);
	if (data->used > PARK_MAX_BLOB)
		return NULL;
	buffer_append(all, answers, sizeof(*answers) +
		      sizeof(struct park_bytes) * answers->bodies_count);
	buffer_append(all, data->data, data->used);
	return front_text_get(park->texts, all->data, all->used);
}

static void watches_fill(struct front_park *park, const struct ipc_park *ipark,
			 struct park_watch *dest)
{
	const struct ipc_watch *watch;

	array_foreach(&ipark->watches, watch) {
		dest->key = front_events_key(park->events, watch->owner,
					     watch->guid, NULL);
		dest->idx = array_foreach_idx(&ipark->watches, watch);
		dest->events = watch->events == 0 ? BUS_EVENTS_ALL :
			(uint8_t)watch->events;
		dest++;
	}
}

/* Each mailbox once, or one event would find a record twice. */
static void record_link_watches(struct front_park_record *record)
{
	struct park_watch *watches = record->watches;
	unsigned int i, j;

	for (i = 0; i < record->watches_count; i++) {
		for (j = 0; j < i && watches[j].key != watches[i].key; j++)
			;
		if (j < i)
			watches[j].events |= watches[i].events;
		else
			watch_add(record->park, &watches[i]);
	}
}

static struct front_park_record *
record_create(struct front_park *park, const struct front_park_input *input)
{
	const struct ipc_park *ipark = input->park;
	const char *device = input->log.device;
	unsigned int count = array_count(&ipark->watches);
	struct front_park_record *record;
	struct park_watch *watches = t_new(struct park_watch, count + 1);
	struct front_text *answers = answers_get(park, ipark, watches);
	size_t device_size = device == NULL ? 0 :
		I_MIN(strlen(device) + 1, UINT8_MAX);

	if (answers == NULL)
		return NULL;
	watches_fill(park, ipark, watches);
	record = front_mem_new(record_mem_size(count, device_size));
	record->watches_count = count;
	record->device_size = device_size;
	memcpy(record->watches, watches, sizeof(*watches) * count);
	if (device_size > 0)
		i_strocpy(record_device(record),
			  t_strndup(device, device_size - 1), device_size);
	record->rung = PARK_NO_WATCH;
	record->park = park;
	record->user = input->user;
	front_user_ref(record->user);
	record->request = input->request;
	record->answers = answers;
	record->log = front_text_get(park->texts, input->log.common,
				     strlen(input->log.common));
	record->rip = input->log.rip;
	record->id = input->id;
	record->origin = input->origin;
	memcpy(record->hash, input->hash, sizeof(record->hash));
	record->kind = ipark->kind;
	record->repeatable = ipark->repeatable;
	record->hold_msecs = I_MIN(ipark->hold_msecs, park->set.max_hold_msecs);
	DLLIST_PREPEND(&record->user->records, record);
	record_link_watches(record);
	park->kept++;
	return record;
}

/* Did something ring between the worker's look and now? */
static bool park_find_missed(struct front_park *park,
			     const struct front_park_input *input,
			     unsigned int *idx_r)
{
	const struct ipc_watch *watch;
	uint64_t key;

	array_foreach(&input->park->watches, watch) {
		*idx_r = array_foreach_idx(&input->park->watches, watch);
		key = front_events_key(park->events, watch->owner, watch->guid,
				       NULL);
		if (front_events_changed(park->events, key, input->generation,
					 input->origin))
			return TRUE;
		key = front_events_key(park->events, watch->owner, watch->guid,
				       front_user_name(input->user));
		if (front_events_changed(park->events, key, input->generation,
					 input->origin))
			return TRUE;
	}
	return FALSE;
}

/* A device waits once for each kind of thing. */
static void park_replace(const struct front_park_record *newer)
{
	struct front_park_record *record;

	if (newer->origin == 0)
		return;
	for (record = newer->user->records; record != NULL; ) {
		if (record == newer || record->origin != newer->origin ||
		    record->kind != newer->kind) {
			record = record->next;
			continue;
		}
		if (record->client == NULL)
			record_free(record);
		else
			record_end(record, FRONT_PARK_REPLACED);
		/* who knows what the answer set in motion */
		record = newer->user->records;
	}
}

static bool park_usable(const struct front_park *park,
			const struct front_park_input *input)
{
	const struct ipc_watch *watch;
	bool needs_request = !input->park->has_timeout_body;

	array_foreach(&input->park->watches, watch) {
		if (!watch_has_body(watch))
			needs_request = TRUE;
	}
	/* what has begun cannot begin again */
	if (input->park->stream.used)
		return !needs_request;
	return !needs_request || input->request != NULL;
}

static void park_make_room(struct front_park *park)
{
	struct priorityq_item *const *items;
	struct front_park_record *record;
	unsigned int i, count;

	if (park->held + park->kept < park->set.max_records || park->kept == 0)
		return;
	/* any kept one will do: it costs one look by a worker */
	items = priorityq_items(park->deadlines);
	count = priorityq_count(park->deadlines);
	for (i = 0; i < count; i++) {
		record = container_of(items[i], struct front_park_record, item);
		if (record->client == NULL) {
			record_free(record);
			return;
		}
	}
}

void front_park_add(struct front_park *park,
		    const struct front_park_input *input)
{
	const struct ipc_watch *watch;
	struct front_park_record *record = NULL;
	struct front_park_answer answer;
	struct ipc_event event;
	uint64_t now = park_now();
	unsigned int idx;

	park_make_room(park);
	if (park_usable(park, input))
		record = record_create(park, input);
	if (record == NULL) {
		struct front_park_request *request = input->request;

		i_zero(&answer);
		answer.reason = FRONT_PARK_TIMEOUT;
		answer.status = 503;
		answer.headers = "";
		answer.log = input->log;
		answer.user = input->user;
		answer.id = input->id;
		answer.waited_msecs = input->waited_msecs;
		i_free(request);
		park->callbacks.answer(input->client, &answer);
		return;
	}
	record->came = now - input->waited_msecs;
	record->min_msecs = input->park->min_hold_msecs;
	record->end_msecs = input->waited_msecs + record->hold_msecs;
	record_attach(record, input->client);
	record_set_deadline(record, record_next_deadline(record));
	park_replace(record);
	if (park->stopping) {
		record_end(record, FRONT_PARK_STOPPING);
	} else if (park->held > park->set.max_records) {
		record_end(record, FRONT_PARK_TIMEOUT);
	} else if (park_find_missed(park, input, &idx)) {
		watch = array_idx(&input->park->watches, idx);
		i_zero(&event);
		event.owner = watch->owner;
		memcpy(event.guid, watch->guid, sizeof(event.guid));
		record_ring(record, idx);
		park_run(park, &event);
	}
}

static bool record_can_echo(const struct front_park_record *record,
			    const ARRAY_TYPE(ipc_header) *headers)
{
	const struct park_answers *answers = record_answers(record);
	const char *first;

	if (!answers->stream)
		return TRUE;
	first = t_strcut(answers_str(answers, &answers->echo), ' ');
	return *first == '\0' || ipc_header_find(headers, first) != NULL;
}

bool front_park_stream(const struct front_park_record *record,
		       struct ipc_stream *stream_r, const char **headers_r)
{
	const struct park_answers *answers = record_answers(record);

	if (!answers->stream)
		return FALSE;
	i_zero(stream_r);
	stream_r->used = TRUE;
	stream_r->preamble = park_copy(answers_data(answers) +
				       answers->preamble.start,
				       answers->preamble.size);
	stream_r->preamble_size = answers->preamble.size;
	stream_r->echo = answers_str(answers, &answers->echo);
	*headers_r = answers_str(answers, &answers->headers);
	return TRUE;
}

void front_park_touched(struct front_park *park ATTR_UNUSED,
			struct front_user *user, uint64_t origin)
{
	struct front_park_record *record, *next;

	/* the caller's request has the user, too */
	for (record = user->records; record != NULL; record = next) {
		next = record->next;
		if (record->origin != origin ||
		    !record_answers(record)->stream)
			continue;
		record->repeatable = FALSE;
		if (record->client == NULL)
			record_free(record);
	}
}

bool front_park_again(struct front_park *park, struct front_user *user,
		      uint64_t origin, const unsigned char hash[16],
		      uint64_t id, const struct ip_addr *rip,
		      const ARRAY_TYPE(ipc_header) *headers, void *client)
{
	struct front_park_record *record;
	struct front_park_answer answer;
	void *old_client = NULL;

	if (origin == 0 || park->stopping)
		return FALSE;
	for (record = user->records; record != NULL; record = record->next) {
		if (record->origin == origin && record->repeatable &&
		    record_has_timeout(record) &&
		    record->rung == PARK_NO_WATCH && !record->overflow &&
		    memcmp(record->hash, hash, sizeof(record->hash)) == 0 &&
		    record_can_echo(record, headers))
			break;
	}
	if (record == NULL)
		return FALSE;
	if (++record->repeats >= park->set.poll_every) {
		/* the slow poll, for writers who do not ring */
		if (record->client == NULL)
			record_free(record);
		return FALSE;
	}
	if (record->client != NULL) {
		/* the device gave up its old connection */
		answer_init(&answer, record, FRONT_PARK_REPLACED,
			    record_replaced_body(record));
		old_client = record_detach(record);
	}
	record->id = id;
	record->rip = *rip;
	record->came = park_now();
	record->min_msecs = 0;
	record->end_msecs = record->hold_msecs;
	record_attach(record, client);
	record_set_deadline(record, record_next_deadline(record));
	park_replace(record);
	if (old_client != NULL)
		answer_send(park, old_client, &answer);
	return TRUE;
}

void front_park_client_gone(struct front_park_record *record)
{
	struct front_park *park = record->park;

	(void)record_detach(record);
	if (record->repeatable && record->rung == PARK_NO_WATCH &&
	    park->set.keep_msecs > 0)
		record_set_deadline(record, park_now() + park->set.keep_msecs);
	else
		record_free(record);
}

void front_park_pipelined(struct front_park_record *record)
{
	if (record_has_timeout(record))
		record_end(record, FRONT_PARK_PIPELINED);
}

static bool watch_rings(const struct park_watch *watch,
			const struct front_park_record *record,
			const struct bus_event_record *event)
{
	return (watch->events & event->events) != 0 &&
		(event->origin == 0 || record->origin != event->origin) &&
		(event->pvt_user == NULL ||
		 strcmp(event->pvt_user, record->user->name) == 0);
}

void front_park_event(struct front_park *park,
		      const struct bus_event_record *event)
{
	ARRAY(struct park_watch *) ringing;
	struct park_watch *watch, *const *watchp;
	struct ipc_event ievent;
	uint64_t key;

	key = front_events_key(park->events, event->owner, event->guid,
			       event->pvt_user);
	front_events_note(park->events, key, event->origin);
	if (event->pvt_user != NULL) {
		key = front_events_key(park->events, event->owner, event->guid,
				       NULL);
	}
	/* ringing frees kept records, with watches in this chain */
	t_array_init(&ringing, 16);
	watch = park->buckets[key & (park->buckets_count - 1)];
	for (; watch != NULL; watch = watch->next) {
		if (watch->key == key &&
		    watch_rings(watch, watch_record(watch), event))
			array_push_back(&ringing, &watch);
	}
	array_foreach(&ringing, watchp)
		record_ring(watch_record(*watchp), (*watchp)->idx);
	i_zero(&ievent);
	ievent.owner = event->owner;
	memcpy(ievent.guid, event->guid, sizeof(ievent.guid));
	ievent.events = event->events;
	park_run(park, &ievent);
}

static void park_overflow_step(struct front_park *park)
{
	struct priorityq_item *const *items;
	struct front_park_record *record;
	unsigned int i, done = 0;

	for (i = 0; i < priorityq_count(park->deadlines) &&
	     done < PARK_OVERFLOW_STEP; i++) {
		items = priorityq_items(park->deadlines);
		record = container_of(items[i], struct front_park_record, item);
		if (!record->overflow)
			continue;
		done++;
		record->overflow = FALSE;
		if (record->client == NULL) {
			record_free(record);
		} else if (record->request != NULL) {
			record_resume(record, IPC_RESUME_EVENT, NULL);
		} else if (record_answers(record)->stream &&
			   record->watches_count > 0) {
			/* as if something had rung: the client looks */
			record_answer(record, FRONT_PARK_OVERFLOW,
				&record_answers(record)->bodies[
					record->watches[0].body], FALSE);
		} else {
			/* it asks again, and a worker will look */
			record_end(record, FRONT_PARK_OVERFLOW);
		}
		/* the queue was reordered */
		i = UINT_MAX;
	}
	if (done == 0)
		timeout_remove(&park->to_overflow);
}

void front_park_overflow(struct front_park *park)
{
	struct priorityq_item *const *items = priorityq_items(park->deadlines);
	struct front_park_record *record;
	unsigned int i, count = priorityq_count(park->deadlines);

	front_events_overflow(park->events);
	for (i = 0; i < count; i++) {
		record = container_of(items[i], struct front_park_record, item);
		record->overflow = TRUE;
	}
	if (park->to_overflow == NULL) {
		park->to_overflow = timeout_add_short(PARK_OVERFLOW_STEP_MSECS,
						      park_overflow_step, park);
	}
}

static void park_end_all(struct front_user *user, uint64_t origin,
			 enum front_park_reason reason)
{
	struct front_park_record *record;

	front_user_ref(user);
	for (record = user->records; record != NULL; ) {
		if (origin != 0 && record->origin != origin) {
			record = record->next;
			continue;
		}
		if (record->client == NULL)
			record_free(record);
		else
			record_end(record, reason);
		record = user->records;
	}
	front_user_unref(&user);
}

void front_park_block(struct front_park *park ATTR_UNUSED,
		      struct front_user *user, uint64_t origin)
{
	park_end_all(user, origin, FRONT_PARK_BLOCKED);
}

void front_park_session_over(struct front_park *park ATTR_UNUSED,
			     struct front_user *user, uint64_t origin)
{
	if (origin != 0)
		park_end_all(user, origin, FRONT_PARK_REPLACED);
}

void front_park_stop(struct front_park *park)
{
	struct front_park_record *record;
	struct priorityq_item *item;

	park->stopping = TRUE;
	while ((item = priorityq_peek(park->deadlines)) != NULL) {
		record = container_of(item, struct front_park_record, item);
		if (record->client == NULL)
			record_free(record);
		else T_BEGIN {
			record_end(record, FRONT_PARK_STOPPING);
		} T_END;
	}
}

struct front_park *
front_park_init(struct front_events *events,
		const struct front_park_settings *set,
		const struct front_park_callbacks *callbacks)
{
	struct front_park *park = i_new(struct front_park, 1);

	park->events = events;
	park->texts = front_texts_init();
	park->set = *set;
	park->callbacks = *callbacks;
	park->buckets_count = PARK_MIN_BUCKETS;
	park->buckets = i_new(struct park_watch *, park->buckets_count);
	park->deadlines = priorityq_init(record_deadline_cmp, 128);
	return park;
}

void front_park_deinit(struct front_park **_park)
{
	struct front_park *park = *_park;

	*_park = NULL;
	front_park_stop(park);
	i_assert(park->held == 0 && park->kept == 0);
	timeout_remove(&park->to);
	timeout_remove(&park->to_overflow);
	priorityq_deinit(&park->deadlines);
	front_texts_deinit(&park->texts);
	i_free(park->buckets);
	i_free(park);
}

unsigned int front_park_held(const struct front_park *park)
{
	return park->held;
}

unsigned int front_park_kept(const struct front_park *park)
{
	return park->kept;
}
