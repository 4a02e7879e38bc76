/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_REQUEST_PRIVATE_H
#define FRONT_REQUEST_PRIVATE_H

/* A request inside, for front-request*.c. A call that answers the request may
   free it: where that is so, the function's line says "ends". */

#include "array.h"
#include "ioloop.h"
#include "dovetail-ipc.h"
#include "front.h"
#include "front-auth.h"
#include "front-conn.h"
#include "front-route.h"
#include "front-request.h"

/* A body up to this is read before a worker is asked for, and kept for a
   second try and for a resumed request. */
#define REQUEST_MAX_KEPT_BODY (64 * 1024)
/* The client's socket, the worker's socket: stop reading at the other end. */
#define REQUEST_MAX_UNSENT (64 * 1024)
/* About so much of an answer is passed on before the others' turn. */
#define REQUEST_MAX_TURN (1024 * 1024)

enum request_state {
	REQUEST_LOGIN,
	REQUEST_BODY,		/* reading a small body */
	REQUEST_DELAY,		/* slowed down */
	REQUEST_QUEUED,		/* waits for a worker */
	REQUEST_ASKED,		/* a worker has it */
	REQUEST_ACCEPTED,	/* and works on it */
	REQUEST_ANSWERING,	/* the head is out */
	REQUEST_DRAIN,		/* answered: reads the body away */
	REQUEST_ORPHAN,		/* no client any more */
};

struct front_request {
	/* of the user's queue, or of those that a worker has (front.h) */
	struct front_request *prev, *next;
	struct front *front;
	struct front_conn *conn;
	pool_t pool;
	enum request_state state;
	bool queued;
	struct timeout *to;

	const struct front_route *route;
	struct front_target target;
	struct front_peer peer;
	/* what the worker gets */
	struct ipc_request ipc;
	const char *log_common, *user_agent, *authorization;
	struct timeval started;
	uint64_t origin;
	/* the client's session (route->session_cookie); NULL: it names none */
	const char *session;
	bool has_hash;
	unsigned char hash[16];
	bool http_1_0, close, expect_continue;

	struct front_login *login;
	struct front_user *user;
	struct front_grant grant;

	/* the body's stream of the parser; NULL: none, or all was read */
	struct istream *payload;
	/* the small body, or the start of a large one */
	buffer_t *body;
	uoff_t bytes_in, bytes_out;

	struct front_worker *worker;
	pid_t worker_pid;
	unsigned int tries;
	int fd;
	struct io *io;
	struct istream *input;
	struct ostream *output;

	/* a resumed request that finds no worker is answered with this */
	const char *fallback_headers;
	const unsigned char *fallback_body;
	size_t fallback_size;
	unsigned int fallback_status;

	/* set to TRUE when the request is freed */
	bool *freed;

	unsigned int status;
	bool chunked, has_size, held;
	uoff_t size_left;
	/* an answer that has begun and is not known yet; keepalive is set while it
	   is so */
	struct ipc_stream stream;
	struct timeout *to_keepalive;
	/* of the BODY frame that is being passed on */
	size_t frame_left;
	/* a chunk went out; its end goes with what follows */
	bool chunk_open;
	ARRAY_TYPE(ipc_header) log_fields;
	const char *note;
};

/* A macro, because Dovecot's checks the callback's type by its name. */
#define front_request_set_timeout(req, secs, callback) STMT_START { \
	timeout_remove(&(req)->to); \
	(req)->to = timeout_add_short((secs) * 1000, callback, req); \
	} STMT_END

/* Life: front-request.c */

struct front_request *
front_request_create(struct front_conn *conn, pool_t pool);
/* The connection's, too: it must be told afterwards. Ends. */
void front_request_free(struct front_request *req);
/* No more frames of this worker; it is kept. */
void front_request_stream_close(struct front_request *req);
/* The worker may serve others. */
void front_request_release_worker(struct front_request *req);
void front_request_log(struct front_request *req, const char *note);
/* Is there more of the body on the wire? */
bool front_request_body_pending(const struct front_request *req);
/* The answer is out: reads the rest of the body away, or cuts. Ends. */
void front_request_complete(struct front_request *req, const char *note);
/* The client's answer was begun and cannot be ended properly. Ends. */
void front_request_cut(struct front_request *req, const char *note);

/* Answers of the front itself: front-request-reply.c. They end. */

/* How much of the body would have to be read away? Does not end. */
bool front_request_must_close(const struct front_request *req);
/* headers: whole lines, each with its CRLF */
void front_request_reply_data(struct front_request *req, unsigned int status,
			      const char *headers, const void *body,
			      size_t body_size, const char *note);
void front_request_reply(struct front_request *req, unsigned int status,
			 const char *headers, const char *content_type,
			 const char *body, const char *note);
void front_request_reply_empty(struct front_request *req, unsigned int status,
			       const char *note);
/* 503 and when to come again */
void front_request_reply_later(struct front_request *req, const char *note);
void front_request_reply_login(struct front_request *req, const char *note);
void front_request_reply_elsewhere(struct front_request *req,
				   const char *host);

/* The head: front-request-head.c */

void front_request_read_head(struct front_request *req,
			     const struct http_request *http);

/* The body: front-request-body.c */

/* Let the client send its body. Ends. */
void front_request_go_on(struct front_request *req);
/* Ends. */
void front_request_body_timeout(struct front_request *req);
/* BODY and BODY_END frames to the worker */
void front_request_send_body(struct front_request *req,
			     const unsigned char *data, size_t size);
void front_request_send_body_end(struct front_request *req);

/* To a worker: front-request-dispatch.c. They end. */

/* The body is there, or will go through while it comes. */
void front_request_dispatch(struct front_request *req);
void front_request_want_worker(struct front_request *req);
void front_request_retry(struct front_request *req, const char *reason);

/* From the worker: front-request-answer.c. Ends. */

void front_request_stream_input(struct front_request *req);

/* A part of a body whose size was not told. Does not end. */
void front_request_send_part(struct front_conn *conn, bool chunked,
			     const void *data, size_t size);

/* The body's bytes: front-request-pass.c */

/* A BODY frame of this length begins, of which the frame's data is there. */
int front_request_pass_begin(struct front_request *req,
			     const struct ipc_frame *frame, size_t length,
			     const char **error_r);
/* More of it, from the stream's buffer; returns how much was the frame's */
size_t front_request_pass_data(struct front_request *req,
			       const unsigned char *data, size_t size);
/* More of it, from the socket; nothing is in the stream's buffer.
   1 some, 0 not now, -1 the worker is gone */
int front_request_pass_socket(struct front_request *req);
/* The body is complete. */
void front_request_pass_end(struct front_request *req);

/* Held: front-request-held.c */

/* Head and preamble of a held request's answer. Does not end. */
void front_request_send_stream_head(struct front_request *req,
				    unsigned int status, const char *headers,
				    const struct ipc_stream *stream);

/* PARK. Ends, unless -1. */
int front_request_frame_park(struct front_request *req,
			     const struct ipc_frame *frame,
			     const char **error_r);

#endif
