/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_PARK_H
#define FRONT_PARK_H

#include "dovetail-ipc.h"

/* Held requests: what they wait for, and their finished answers. */

#include "net.h"

struct front_events;
struct front_park;
struct front_park_record;
struct front_user;

/* For the access log: what many requests have in common, and the rest. */
struct front_park_log {
	const char *common, *device;
	struct ip_addr rip;
};

/* The request as it came, for those that are sent to a worker again. */
struct front_park_request {
	size_t request_size, body_size;
	/* a REQUEST frame, then the body */
	unsigned char data[];
};

/* Why a held request is answered. */
enum front_park_reason {
	FRONT_PARK_EVENT,
	FRONT_PARK_TIMEOUT,
	FRONT_PARK_REPLACED,	/* the device has sent a newer one */
	FRONT_PARK_PIPELINED,	/* the client has sent more already */
	FRONT_PARK_STOPPING,
	FRONT_PARK_BLOCKED,	/* an administrator ended it */
	FRONT_PARK_OVERFLOW,	/* events were lost */
};

struct front_park_answer {
	enum front_park_reason reason;
	unsigned int status;
	/* header lines with CRLF */
	const char *headers;
	const unsigned char *body;
	size_t body_size;
	/* comes before the body of an answer that has begun; NULL: it has not, or
	   cannot be ended */
	const char *done;
	/* what front_park_input said */
	struct front_park_log log;
	struct front_user *user;
	uint64_t id;
	/* since the request came */
	unsigned int waited_msecs;
};

struct front_park_resume {
	enum ipc_resume resume;
	const struct front_park_request *request;
	struct front_park_log log;
	struct front_user *user;
	uint64_t id, origin;
	unsigned char hash[16];
	unsigned int waited_msecs, left_msecs;
	/* NULL: unknown */
	const struct ipc_event *event;
	/* the time-out answer, for when no worker can be had; NULL: none */
	const char *fallback_headers;
	const unsigned char *fallback_body;
	size_t fallback_size;
	unsigned int fallback_status;
};

/* The client, which the park knows only as a pointer, loses its record before
   each call. */
struct front_park_callbacks {
	void (*answer)(void *client, const struct front_park_answer *answer);
	void (*resume)(void *client, const struct front_park_resume *resume);
	/* The answer has begun, and the client is to hear that it goes on; the
	   record stays. */
	void (*keepalive)(void *client, const void *data, size_t size);
	/* the client's record is this one now (NULL: none) */
	void (*set_record)(void *client, struct front_park_record *record);
};

struct front_park_settings {
	unsigned int max_hold_msecs;
	/* records kept after their time-out, for the same request again */
	unsigned int keep_msecs;
	/* every so manieth of equal requests goes to a worker */
	unsigned int poll_every;
	unsigned int max_records;
};

/* A request to hold. */
struct front_park_input {
	void *client;
	struct front_user *user;
	const struct ipc_park *park;
	/* of the request when it was sent to the worker */
	uint64_t generation;
	uint64_t id, origin;
	unsigned char hash[16];
	/* since the request came */
	unsigned int waited_msecs;
	struct front_park_log log;
	/* malloc()ed; the park owns it; NULL: not kept */
	struct front_park_request *request;
};

struct front_park *
front_park_init(struct front_events *events,
		const struct front_park_settings *set,
		const struct front_park_callbacks *callbacks);
/* All records must have lost their clients (front_park_stop()). */
void front_park_deinit(struct front_park **park);

/* Hold it, or answer or resume it at once if something rang meanwhile. */
void front_park_add(struct front_park *park,
		    const struct front_park_input *input);
/* The same request as a kept or held one, and nothing rang: hold it again.
   headers: the request's. FALSE: a worker must look. */
bool front_park_again(struct front_park *park, struct front_user *user,
		      uint64_t origin, const unsigned char hash[16],
		      uint64_t id, const struct ip_addr *rip,
		      const ARRAY_TYPE(ipc_header) *headers, void *client);
/* FALSE: its answer is given as a whole. TRUE: it begins with these header lines
   and the stream's preamble (data stack). */
bool front_park_stream(const struct front_park_record *record,
		       struct ipc_stream *stream_r, const char **headers_r);
/* Another request of the same session goes to a worker: what is held now is not
   held a second time. */
void front_park_touched(struct front_park *park, struct front_user *user,
			uint64_t origin);
/* The session is no more: end what is held for it. */
void front_park_session_over(struct front_park *park, struct front_user *user,
			     uint64_t origin);

void front_park_client_gone(struct front_park_record *record);
void front_park_pipelined(struct front_park_record *record);

/* Something changed: note it and wake who waits for it. */
void front_park_event(struct front_park *park,
		      const struct bus_event_record *event);
/* Events were lost: wake all, not all at once. */
void front_park_overflow(struct front_park *park);
/* End the held requests of a user, of one device if origin is not 0. */
void front_park_block(struct front_park *park, struct front_user *user,
		      uint64_t origin);
/* Answer everything now, and whatever comes. */
void front_park_stop(struct front_park *park);

unsigned int front_park_held(const struct front_park *park);
unsigned int front_park_kept(const struct front_park *park);

#endif
