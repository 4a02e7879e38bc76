/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_REQUEST_H
#define FRONT_REQUEST_H

#include "dovetail-ipc.h"
#include "front-auth.h"

struct front;
struct front_conn;
struct front_park_answer;
struct front_park_resume;
struct front_request;
struct front_user;
struct front_worker;
struct http_request;

/* One request's way: login, small body, held again from its record or to a
   worker, answer. It is conn->req meanwhile. */

/* The head was read. Takes the pool. */
void front_request_begin(struct front_conn *conn, pool_t pool,
			 const struct http_request *http,
			 const struct timeval *started);
/* A held request goes to a worker again. */
void front_request_resume(struct front_conn *conn,
			  const struct front_park_resume *resume);
/* A held request is answered from its record. */
void front_request_answer_held(struct front_conn *conn,
			       const struct front_park_answer *answer);

/* A held request whose answer has begun: one more of its parts. */
void front_request_keepalive_held(struct front_conn *conn, const void *data,
				  size_t size);

/* From the connection */
bool front_request_wants_input(const struct front_request *req);
void front_request_input(struct front_request *req);
void front_request_output_ready(struct front_request *req);
/* conn->req is NULL afterwards. */
void front_request_client_gone(struct front_request *req);

/* From the pool of workers */
void front_request_start(struct front_request *req,
			 struct front_worker *worker);
void front_request_no_worker(struct front_request *req, unsigned int status,
			     const char *reason,
			     const ARRAY_TYPE(ipc_header) *headers);
/* req->worker is no more; what it still writes counts. */
void front_request_worker_gone(struct front_request *req);

/* No request that a worker has was sent to it with an older one. */
uint64_t front_request_oldest_generation(const struct front *front);
struct front_user *front_request_user(const struct front_request *req);
uint64_t front_request_origin(const struct front_request *req);
/* It is of a session, and its origin is the session's. */
bool front_request_has_session(const struct front_request *req);
const struct front_peer *front_request_peer(const struct front_request *req);
/* FALSE: it has none (any more). */
bool front_request_credentials(const struct front_request *req,
			       struct front_credentials *creds_r);
bool front_request_take_grant(struct front_request *req,
			      struct front_grant *grant_r);

/* In its user's queue */
void front_request_enqueue(struct front_request *req);
void front_request_dequeue(struct front_request *req);
bool front_request_is_queued(const struct front_request *req);
struct front_request *
front_request_queue_next(const struct front_request *req);

#endif
