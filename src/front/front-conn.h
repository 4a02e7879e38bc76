/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_CONN_H
#define FRONT_CONN_H

#include "front-poll.h"
#include "front-tls.h"
#include "front-auth.h"

struct front;
struct front_park_record;
struct front_request;
struct master_service_connection;

enum front_conn_list {
	FRONT_CONN_FRESH,	/* handshake, or a request is being read */
	FRONT_CONN_IDLE,	/* between two requests */
	FRONT_CONN_BUSY,	/* has a request, held or not */
};

/* A client's connection. It is small: what reading and writing need exists
   only meanwhile. A held request costs this and a park record. */
struct front_conn {
	struct front_conn *prev, *next;
	struct front *front;
	SSL *ssl;
	/* the request that is being served; NULL while its head is read */
	struct front_request *req;
	/* the held request */
	struct front_park_record *record;
	struct front_conn_reader *reader;
	struct front_conn_writer *writer;
	struct front_peer peer;
	/* since when in its list */
	uint32_t since;
	int fd;
	unsigned short locks;

	bool handshaked:1;
	/* after the output: close instead of the next request */
	bool closing:1;
	/* closing, but the client still sends: read it away for a moment */
	bool lingering:1;
	/* writing failed */
	bool broken:1;
	/* to be freed when the last lock is gone */
	bool destroyed:1;
	/* close after the held request's answer */
	bool close_held:1;
	/* the held request's answer has begun; its body is chunked */
	bool held_stream:1;
	bool held_chunked:1;
	/* input is wanted; TLS's handshake wants to write */
	bool reading:1;
	bool handshake_writes:1;
	unsigned int list:2;
	/* enum front_poll_event: what the socket is waited for */
	unsigned int polled:2;
};

/* The callback of front->poll */
void front_conn_ready(void *conn, enum front_poll_event events);

void front_conns_init(struct front *front);
void front_conns_deinit(struct front *front);
void front_conn_create(struct front *front,
		       const struct master_service_connection *mconn);
void front_conn_destroy(struct front_conn *conn);
/* Keeps the pointer valid, not the connection. */
void front_conn_ref(struct front_conn *conn);
void front_conn_unref(struct front_conn *conn);
/* Close those that are idle, or slow with their request's head. */
void front_conns_tick(struct front *front);
/* Those without a request. */
void front_conns_stop(struct front *front);
/* All. */
void front_conns_abort(struct front *front);

/* Queue output. What the socket does not take is kept in memory: look at
   front_conn_unsent() before sending more of a long body. */
void front_conn_send(struct front_conn *conn, const void *data, size_t size);
/* One write of several pieces where that is possible (not with TLS) */
void front_conn_sendv(struct front_conn *conn, const struct iovec *iov,
		      unsigned int count);
/* At most size bytes from that socket to the client. Returns how many were taken
   from it, 0 none now, -1 it is at its end or broken. */
ssize_t front_conn_pass(struct front_conn *conn, int fd, size_t size);
size_t front_conn_unsent(const struct front_conn *conn);
/* More input is (not) wanted for the request's body. Without it the
   connection only notices that the client went away. */
void front_conn_read_pause(struct front_conn *conn);
void front_conn_read_resume(struct front_conn *conn);
/* Bytes of a further request are in the buffer already. */
bool front_conn_has_input(const struct front_conn *conn);
/* The request got its answer (all sent to front_conn_send()): the connection
   goes on to the next one or closes. The caller's pointer may be gone. */
void front_conn_request_done(struct front_conn *conn, bool close, bool linger);
/* The request is held now, conn->record is set: forget all that reading
   needed. */
void front_conn_park(struct front_conn *conn);
/* The held request goes on as conn->req (set), or is answered. */
void front_conn_unpark(struct front_conn *conn);

#endif
