#ifndef DOVETAIL_SERVICE_H
#define DOVETAIL_SERVICE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the worker offers to a protocol: one request and the ways to answer it.

   A protocol is one row of the worker's table: a path and a handler.  The
   handler runs to its end in one go (lib-storage blocks anyway; the front gives
   other requests of the user to another worker meanwhile) and has answered when
   it returns: with a response, or by parking the request at the front. */

#include "guid.h"

struct istream;
struct ostream;
struct store;
struct directory;
struct submit;
struct sieve_box;

/* How the front may finish a parked request (design D3). */
enum service_park_kind {
	/* Everything is in the record: the front answers by itself. */
	SERVICE_PARK_ANSWER,
	/* On a wake the front sends the same request again, resumed=TRUE. */
	SERVICE_PARK_RESUME,
};

/* Events a watch asks for; the bits of the bus (dovetail-bus.h) in the
   same order. */
struct service_watch {
	/* Mailbox owner's user name, "" for public mailboxes. */
	const char *owner;
	/* Mailbox GUID; all zero: the owner's folder hierarchy. */
	guid_128_t guid;
	/* Mask of enum bus_event; 0 = all. */
	unsigned int events;
	/* SERVICE_PARK_ANSWER: the HTTP body that answers this event. */
	const unsigned char *answer;
	size_t answer_size;
};

/* An answer that begins before its end is known (chunked): the preamble leaves at
   once, with the head; the front sends keepalive each so many seconds (0: never)
   until the first byte of the body. Such answers are never gzipped. */
struct service_stream {
	const char *preamble, *keepalive;
	unsigned int keepalive_secs;
	/* service_park() only. What comes between the preamble and the record's
	   answer: "%T" is the date when the request came, "%E" the milliseconds
	   since. */
	const char *done;
	/* service_park() only. Headers of the request that come back in the head,
	   separated by spaces; the same request is held again only if it has the
	   first one. */
	const char *echo;
};

struct service_park {
	enum service_park_kind kind;
	/* How long to hold from now on. */
	unsigned int seconds;
	/* "ping", "sync", "notify": a newer one of the same device (session) and
	   kind ends this. */
	const char *name;
	const struct service_watch *watches;
	unsigned int watches_count;
	/* The whole HTTP answer (status 200) when nothing happened in time. */
	const unsigned char *timeout_answer;
	size_t timeout_answer_size;
	/* Content-Type of all answers of the record, and more headers as
	   name, value, ..., NULL (may be NULL). */
	const char *content_type;
	const char *const *headers;
	/* NULL: the answer begins when it is known */
	const struct service_stream *stream;
};

struct service_request {
	pool_t pool;
	struct event *event;

	/* As the client sent them; path in its own letter case. */
	const char *method, *path;
	/* Without '?', not decoded; NULL: none. */
	const char *query;
	/* name, value, name, value, ..., NULL */
	const char *const *headers;
	/* Body; blocking; never NULL (empty at end). An error means that the
	   client went away or broke a limit: drop the request. */
	struct istream *body;

	struct store *store;
	struct directory *directory;
	/* The user's way to send mail (dovetail-submit.h). */
	struct submit *submit;
	/* The user's Sieve scripts (dovetail-sieve.h). */
	struct sieve_box *sieve;
	/* Base URL the client used, without a final slash: "https://host". */
	const char *base_url;
	const char *remote_ip;
	bool secured;

	/* Front's event generation when it dispatched the request; goes back
	   with a park record unseen (lost-wake guard). */
	uint64_t generation;
	/* This request was parked before: */
	bool resumed;
	/* ... for so long in all (milliseconds), */
	unsigned int waited_msecs;
	/* ... and must be answered now (its time is up or we reload). */
	bool answer_now;

	/* When it came: CLOCK_MONOTONIC in microseconds, 0 if that is not known. */
	uint64_t arrived;
};

/* First value of a header, any letter case; NULL: none. */
const char *
service_request_header(const struct service_request *req, const char *name);

/* Answer: head once, headers, then the body stream; finish is called by the
   worker after the handler returned.  Content-Length is sent when
   service_reply_data() was used, else the body is chunked.  gzip is applied by
   the worker when the client accepts it and it pays. */
void service_reply_begin(struct service_request *req, unsigned int status,
			 const char *reason);
void service_reply_header(struct service_request *req, const char *name,
			  const char *value);
struct ostream *service_reply_body(struct service_request *req);
/* After begin and the headers: the head leaves now, and the body is chunked. */
void service_reply_stream(struct service_request *req,
			  const struct service_stream *stream);
/* Before the head leaves. This process has a session of that name from now on:
   its requests are to come here. */
void service_reply_session(struct service_request *req, const char *session);
/* Before the head leaves. The session of this request is over: what is held for it
   ends. */
void service_reply_session_ended(struct service_request *req);
/* begin + Content-Type + Content-Length + body */
void service_reply_data(struct service_request *req, unsigned int status,
			const char *reason, const char *content_type,
			const void *data, size_t size);
/* Whether begin (or park) was called already. */
bool service_reply_started(const struct service_request *req);
/* Size of the body streamed so far. */
uoff_t service_reply_size(const struct service_request *req);

/* Hand the request back to the front instead of an answer. */
void service_park(struct service_request *req, const struct service_park *park);

/* A key=value for this request's access-log line ("device", "cmd", ...). The
   value is escaped by the front. */
void service_log(struct service_request *req, const char *key,
		 const char *value);

typedef void service_handler_t(struct service_request *req);

#endif
