/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_IPC_H
#define DOVETAIL_IPC_H

/* What the front and a worker say to each other.

   There are two kinds of sockets, both AF_UNIX stream socketpairs:

   The main socket is the "client" descriptor that the worker gets from
   Dovecot's master after the login.
     front -> worker: one byte IPC_PASS_REQUEST with a descriptor (SCM_RIGHTS)
		      for each request.  Read with fd_read() until EAGAIN.
		      IPC_ASK_LEAVE alone: the worker has nothing to do, may
		      it be ended?  It puts away what it keeps of sessions.
     worker -> front: frames: first TOKEN (or REFUSE and close); LEAVE or STAY
		      as answer to IPC_ASK_LEAVE, when no request runs.
   EOF from the front means: finish the open requests, then exit.  Only the
   front ends a worker.

   A request stream is one such descriptor; it carries exactly one request.
     front -> worker: REQUEST, BODY..., BODY_END.  Nothing follows BODY_END.
		      EOF or an error before BODY_END: the client is gone.
		      EOF after BODY_END also: the client is gone: stop working.
     worker -> front: ACCEPT, then LOG (any number, any time before the last),
		      then either
			RESPONSE, BODY..., END
		      or
			PARK			(the request waits in the front)
   ACCEPT is sent before the worker does anything that has an effect.  A stream
   that ends before ACCEPT is sent to another worker; one that ends between
   ACCEPT and END is answered 503 (or the connection cut if the head is out).
   The request's body comes only after ACCEPT when it is large; small bodies
   may arrive at once with REQUEST.  A RESPONSE may be sent before the body was
   read; the front then reads or cuts the rest.  After END or PARK the worker
   closes its end.

   Flow control is the socket's: the front reads from the worker only while the
   client's socket takes data, and from the client only while the worker does.
   Both sides write BODY frames of at most IPC_BODY_CHUNK bytes.

   A frame is: type (1 byte), payload length (4 bytes, little-endian), payload.
   Payloads except BODY's are fields: tag (1 byte), length (4 bytes, LE), bytes.
   Numbers are little-endian of 8 bytes.  Unknown tags and unknown frame types
   are skipped.  Both ends are of one installation, yet a front takes nothing
   of a worker for granted: it runs as another user. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "guid.h"
#include "net.h"
#include "dovetail-bus.h"

#define IPC_PASS_REQUEST 'R'
#define IPC_ASK_LEAVE 'L'

/* MS-OXCMAPIHTTP: the cookie with the session context */
#define IPC_SESSION_COOKIE "MapiContext"

#define IPC_FRAME_HEADER_SIZE 5
/* The largest payload of a frame; give istreams at least
   IPC_FRAME_HEADER_SIZE + IPC_MAX_FRAME as max_buffer_size. */
#define IPC_MAX_FRAME (256 * 1024)
#define IPC_BODY_CHUNK (256 * 1024)
#define IPC_MAX_HEADERS 128
#define IPC_MAX_WATCHES 1024
#define IPC_MAX_LOG_FIELDS 32

enum ipc_frame_type {
	IPC_REQUEST	= 1,	/* struct ipc_request */
	IPC_BODY	= 2,	/* bytes, in both directions */
	IPC_BODY_END	= 3,	/* no payload */

	IPC_ACCEPT	= 16,	/* no payload */
	IPC_RESPONSE	= 17,	/* struct ipc_response */
	IPC_END		= 18,	/* no payload: the response is complete */
	IPC_LOG		= 19,	/* struct ipc_log */
	IPC_PARK	= 20,	/* struct ipc_park */

	IPC_TOKEN	= 32,	/* main socket: struct ipc_token */
	IPC_REFUSE	= 33,	/* main socket: struct ipc_refuse */
	IPC_LEAVE	= 34,	/* main socket, no payload: end me */
	IPC_STAY	= 35,	/* main socket, no payload: I hold what cannot leave
				   this process */
};

struct ipc_frame {
	/* enum ipc_frame_type, or a number this end does not know */
	unsigned int type;
	/* points into the input */
	const unsigned char *data;
	size_t size;
};

struct ipc_header {
	const char *name, *value;
};
ARRAY_DEFINE_TYPE(ipc_header, struct ipc_header);

enum ipc_resume {
	/* a request as it came */
	IPC_RESUME_NONE = 0,
	/* was parked, a watch rang: events has what is known */
	IPC_RESUME_EVENT = 1,
	/* was parked, its time is over and the record had no time-out body */
	IPC_RESUME_TIMEOUT = 2,
};

/* An event that rang, as a hint where to look first. */
struct ipc_event {
	const char *owner;
	guid_128_t guid;
	enum bus_event events;
};
ARRAY_DEFINE_TYPE(ipc_event, struct ipc_event);

struct ipc_request {
	/* unique in the front's life; in both logs */
	uint64_t id;
	/* which protocol the path belongs to: "eas", "autodiscover", ... */
	const char *protocol;
	/* "POST"; path as sent by the client without the query, still
	   %-encoded; query after '?' as sent, NULL if there was none */
	const char *method, *path, *query;
	/* Host header or :authority, without scheme; NULL if unknown */
	const char *host;
	/* the user who logged in (auth's name, after its normalisation) */
	const char *user;
	/* the client, after HAProxy / X-Forwarded-For from trusted hosts */
	struct ip_addr remote_ip, local_ip;
	in_port_t remote_port, local_port;
	/* TLS here or at a trusted proxy */
	bool secured;
	/* headers as sent, names in the client's letters, except
	   Authorization, Cookie of others, and connection-specific ones */
	ARRAY_TYPE(ipc_header) headers;
	/* body: none; or its size when has_size; else it ends at BODY_END */
	bool has_body, has_size;
	uint64_t body_size;

	/* when its head was read: CLOCK_MONOTONIC in microseconds */
	uint64_t arrived;

	/* Opaque number of the bus at the time of dispatch; the front compares
	   it when the request parks: what happened since wakes at once. */
	uint64_t generation;
	/* The device's name on the bus, for struct bus_event_record.origin of
	   what this request changes; 0: the target names no device */
	uint64_t origin;
	/* The longest time the front would hold this request, in seconds */
	unsigned int max_hold_secs;

	enum ipc_resume resume;
	/* resumed: time since the client sent it, and what is left of the hold
	   that the worker had asked for, in milliseconds */
	unsigned int waited_msecs, left_msecs;
	ARRAY_TYPE(ipc_event) events;
};

/* A body that begins before its end is known. It is sent chunked, whatever else,
   and the front writes the parts that need no worker. */
struct ipc_stream {
	/* FALSE: an ordinary body */
	bool used;
	/* With the head, at once */
	const unsigned char *preamble;
	size_t preamble_size;
	/* Again and again, each so many milliseconds (0: never), until the
	   worker's first BODY frame, or the held request's end */
	const unsigned char *keepalive;
	size_t keepalive_size;
	unsigned int keepalive_msecs;
	/* Of a held request: comes before its final body. "%T" stands for the
	   date (RFC 7231) when the request came, "%E" for the milliseconds since */
	const char *done;
	/* Of a held request: names of the request's headers, separated by spaces,
	   that come back in the answer's head where the request has them. A
	   request without the first one is not held again. */
	const char *echo;
};

struct ipc_response {
	/* HTTP status 200..599; reason NULL: the usual one */
	unsigned int status;
	const char *reason;
	/* without Date, Connection, Content-Length, Transfer-Encoding; no CR,
	   LF or NUL in names and values (the front refuses those) */
	ARRAY_TYPE(ipc_header) headers;
	/* size of the body when it is known: Content-Length, else chunked */
	bool has_size;
	uint64_t body_size;
	/* close the client's connection after this */
	bool close;
	struct ipc_stream stream;
	/* This worker has the session of that name (the value of the route's
	   cookie) from now on: its requests are to come here. NULL: none new */
	const char *session;
	/* The request's session is over: what is held for it ends */
	bool session_ended;
};

/* Fields for the access log. Keys are of the worker: device, type, cmd,
   folder, items, status, error...; values are escaped and bounded by the front.
   A later key replaces an earlier one. */
struct ipc_log {
	ARRAY_TYPE(ipc_header) fields;
};

enum ipc_park_kind {
	IPC_PARK_PING = 1,	/* EAS Ping */
	IPC_PARK_SYNC = 2,	/* EAS Sync with Wait or HeartbeatInterval */
	IPC_PARK_NOTIFY = 3,	/* MAPI NotificationWait */
};

/* What a parked request waits for. */
struct ipc_watch {
	/* as in struct bus_event_record; "" for public namespaces */
	const char *owner;
	/* all zero: the owner's folder hierarchy */
	guid_128_t guid;
	/* 0: all */
	enum bus_event events;
	/* The finished HTTP body when this one rings. NULL: the request is sent
	   to a worker again with resume = IPC_RESUME_EVENT. */
	const unsigned char *body;
	size_t body_size;
};
ARRAY_DEFINE_TYPE(ipc_watch, struct ipc_watch);

struct ipc_park {
	enum ipc_park_kind kind;
	/* The client's device id in the bytes it sent; NULL: the one the front
	   read from the request's target. A newer parked request of the same
	   user, device and kind replaces the older one. */
	const char *device;
	/* How long to hold, from now on */
	unsigned int hold_msecs;
	/* Not to be answered by an event before this time from the request's
	   arrival (a brake against devices that loop); 0: at once */
	unsigned int min_hold_msecs;
	/* The head of every answer from this record. Default status 200 */
	unsigned int status;
	ARRAY_TYPE(ipc_header) headers;
	/* Time is over, or Dovecot stops, reloads. has_timeout_body FALSE: the
	   request is resumed with IPC_RESUME_TIMEOUT. An empty body is one. */
	bool has_timeout_body;
	const unsigned char *timeout_body;
	size_t timeout_body_size;
	/* A newer request of the device replaced this one; default: as time-out */
	bool has_replaced_body;
	const unsigned char *replaced_body;
	size_t replaced_body_size;
	/* If the same request (target, body, protocol version) comes again and
	   no watch rang in between, hold it again from this record without a
	   worker, for as long as hold_msecs was at first. */
	bool repeatable;
	ARRAY_TYPE(ipc_watch) watches;
	/* The head and the preamble leave at once; bodies come after `done` */
	struct ipc_stream stream;
};

/* A worker's first word: it has opened its user. */
struct ipc_token {
	/* the user's name as the worker has it (after userdb) */
	const char *user;
	pid_t pid;
	/* for later logins by DOVECOT-TOKEN; NULL token: none was given */
	const char *session_id, *token;
};

/* Instead of TOKEN: this user cannot be served. */
struct ipc_refuse {
	/* 403 may not use the service, 503 try later, 451 (see headers) */
	unsigned int status;
	/* for the log */
	const char *reason;
	ARRAY_TYPE(ipc_header) headers;
};

/* Frames: incremental decoding of what an istream holds.
   Returns 1 and the frame (*used_r bytes to skip afterwards), 0 if more input
   is needed, -1 if the peer broke the format (close it). */
int ipc_frame_next(const unsigned char *data, size_t size,
		   struct ipc_frame *frame_r, size_t *used_r,
		   const char **error_r);
/* The same for a frame that may not be there whole: as soon as its header is,
   frame_r has the type and the part of the payload that is in data, and
   *length_r the size of the whole payload. */
int ipc_frame_begin(const unsigned char *data, size_t size,
		    struct ipc_frame *frame_r, size_t *length_r,
		    const char **error_r);
void ipc_frame_append(buffer_t *dest, enum ipc_frame_type type,
		      const void *data, size_t size);
/* Only the header; the caller writes size bytes after it. */
void ipc_frame_header(unsigned char dest[IPC_FRAME_HEADER_SIZE],
		      enum ipc_frame_type type, uint32_t size);

/* Append whole frames. */
void ipc_request_append(buffer_t *dest, const struct ipc_request *req);
void ipc_response_append(buffer_t *dest, const struct ipc_response *resp);
void ipc_log_append(buffer_t *dest, const struct ipc_log *log);
void ipc_park_append(buffer_t *dest, const struct ipc_park *park);
void ipc_token_append(buffer_t *dest, const struct ipc_token *token);
void ipc_refuse_append(buffer_t *dest, const struct ipc_refuse *refuse);

/* Parse a frame's payload. Everything is copied into the pool. Returns 0, or
   -1 with a reason: missing or bad fields, NUL bytes in strings, limits. */
int ipc_request_parse(const struct ipc_frame *frame, pool_t pool,
		      struct ipc_request *req_r, const char **error_r);
int ipc_response_parse(const struct ipc_frame *frame, pool_t pool,
		       struct ipc_response *resp_r, const char **error_r);
int ipc_log_parse(const struct ipc_frame *frame, pool_t pool,
		  struct ipc_log *log_r, const char **error_r);
int ipc_park_parse(const struct ipc_frame *frame, pool_t pool,
		   struct ipc_park *park_r, const char **error_r);
int ipc_token_parse(const struct ipc_frame *frame, pool_t pool,
		    struct ipc_token *token_r, const char **error_r);
int ipc_refuse_parse(const struct ipc_frame *frame, pool_t pool,
		     struct ipc_refuse *refuse_r, const char **error_r);

/* Value of the first header with this name in any letter case, or NULL. */
const char *ipc_header_find(const ARRAY_TYPE(ipc_header) *headers,
			    const char *name);
/* Value of a cookie in a Cookie header, without quotes; NULL: it has none of that
   name. Data stack. */
const char *ipc_cookie_find(const char *header, const char *name);

#endif
