/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_H
#define WORKER_H

/* A user's process: its parts among themselves. */

#include "dovetail-ipc.h"
#include "dovetail-service.h"

struct mail_user;
struct worker_conn;
struct worker_reply;

/* How long a peer may stay without taking or giving a byte. The front has its
   own, shorter limits towards clients; this one only saves the worker from a
   front that hangs. */
#define WORKER_STALL_MSECS (10 * 60 * 1000)

/* The one user of this process. */
struct worker {
	pool_t pool;
	struct mail_user *user;
	struct store *store;
	struct directory *directory;
	struct submit *submit;
	struct sieve_box *sieve;
	struct event *event;

	int main_fd;
	struct io *main_io;
	struct timeout *to_idle;
	struct worker_request *requests;
	/* The request whose handler runs: one at a time. */
	struct worker_request *running;
};

/* --- worker-protocols.c (a test program may bring its own) --------------- */

struct worker_protocol {
	/* Beginning of the path, any letter case */
	const char *path;
	service_handler_t *handler;
	/* The worker ends: free what was kept between requests. May be NULL */
	void (*deinit)(void);
	/* The front wants to end the worker: put away what can be restored
	   elsewhere. FALSE: something must stay here. NULL: nothing is kept */
	bool (*leave)(void);
};
/* Ends with path NULL. */
extern const struct worker_protocol worker_protocols[];

/* --- worker-user.c: everything but main() -------------------------------- */

int worker_main(int argc, char *argv[]);
/* A request was freed. */
void worker_request_gone(struct worker *worker);
/* For process listings; what NULL: idle. */
void worker_set_title(struct worker *worker, const char *what);

/* --- worker-request.c ---------------------------------------------------- */

void worker_request_add(struct worker *worker, int fd);
void worker_requests_free(struct worker *worker);

/* --- worker-conn.c: frames over one descriptor, blocking when asked ------- */

struct worker_conn {
	int fd;
	buffer_t *in;
	/* Bytes at the beginning of `in` that were used already */
	size_t used;
	/* First error, NULL: none */
	const char *error;
};

void worker_conn_init(struct worker_conn *conn, int fd);
void worker_conn_deinit(struct worker_conn *conn);
/* Read what is there. 1 something, 0 nothing now, -1 gone. */
int worker_conn_read(struct worker_conn *conn, bool block);
/* The next frame; its data is valid until the next call. 1, 0 (not there yet,
   never when block), -1. */
int worker_conn_frame(struct worker_conn *conn, bool block,
		      struct ipc_frame *frame_r);
/* Writes all, waiting as long as it takes. */
int worker_conn_write(struct worker_conn *conn, const void *data, size_t size);
/* Two pieces (each may be empty) as body, cut into chunks. */
int worker_conn_write_body(struct worker_conn *conn, const void *first,
			   size_t first_size, const void *data, size_t size);

/* --- worker-body.c: BODY frames as an istream ----------------------------- */

struct istream *worker_body_create(struct worker_conn *conn, bool has_body);
/* Decompressed; fails when it grows out of proportion. */
struct istream *worker_body_gunzip(struct istream *input);

/* --- worker-gzip.c -------------------------------------------------------- */

struct worker_gzip;
struct worker_gzip *worker_gzip_init(void);
void worker_gzip_deinit(struct worker_gzip **gz);
/* Appends what came out; finish: the end of it all. */
void worker_gzip_more(struct worker_gzip *gz, const void *data, size_t size,
		      bool flush, bool finish, buffer_t *dest);

/* --- worker-reply.c ------------------------------------------------------- */

struct worker_reply {
	struct worker_conn *conn;
	pool_t pool;
	struct ipc_response head;
	bool begun, head_sent, parked, ended;
	/* The client takes gzip */
	bool accepts_gzip;
	struct worker_gzip *gz;
	/* Not sent yet */
	buffer_t *pending, *gz_out;
	uoff_t body_size;
	struct ostream *body;
	ARRAY_TYPE(ipc_header) log;
};

void worker_reply_init(struct worker_reply *reply, struct worker_conn *conn,
		       pool_t pool, bool accepts_gzip);
void worker_reply_begin(struct worker_reply *reply, unsigned int status,
			const char *reason);
void worker_reply_header(struct worker_reply *reply, const char *name,
			 const char *value);
struct ostream *worker_reply_body(struct worker_reply *reply);
int worker_reply_write(struct worker_reply *reply, const void *data,
		       size_t size);
int worker_reply_stream(struct worker_reply *reply,
			const struct ipc_stream *stream);
/* A client should see what was written so far. */
int worker_reply_flush(struct worker_reply *reply);
/* LOG, the rest of the body, END. */
int worker_reply_end(struct worker_reply *reply);
int worker_reply_park(struct worker_reply *reply, const struct ipc_park *park);
void worker_reply_deinit(struct worker_reply *reply);

#endif
