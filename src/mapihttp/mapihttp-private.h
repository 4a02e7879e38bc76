/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPIHTTP_PRIVATE_H
#define MAPIHTTP_PRIVATE_H

/* The transport inside. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "sha2.h"
#include "dovetail-mapi.h"
#include "dovetail-service.h"

/* MS-OXCMAPIHTTP 2.2.3.3.3 */
enum mapihttp_code {
	MAPIHTTP_OK			= 0,
	MAPIHTTP_UNKNOWN_FAILURE	= 1,
	MAPIHTTP_INVALID_VERB		= 2,
	MAPIHTTP_INVALID_PATH		= 3,
	MAPIHTTP_INVALID_HEADER		= 4,
	MAPIHTTP_INVALID_REQUEST_TYPE	= 5,
	MAPIHTTP_INVALID_COOKIE		= 6,
	MAPIHTTP_MISSING_HEADER		= 7,
	MAPIHTTP_ANONYMOUS		= 8,
	MAPIHTTP_TOO_LARGE		= 9,
	MAPIHTTP_CONTEXT_NOT_FOUND	= 10,
	MAPIHTTP_NO_PRIVILEGE		= 11,
	MAPIHTTP_INVALID_BODY		= 12,
	MAPIHTTP_MISSING_COOKIE		= 13,
	MAPIHTTP_INVALID_SEQUENCE	= 15,
	MAPIHTTP_DISABLED		= 16,
	MAPIHTTP_INVALID_RESPONSE	= 17,
	MAPIHTTP_SHUTTING_DOWN		= 18,
};
/* For people; never NULL. */
const char *mapihttp_code_name(enum mapihttp_code code);

/* --- bodies (2.2.4): pure, mapihttp-body.c -------------------------------- */

/* rgbIn of MS-OXCRPC 3.1.4.2 is at most 256 KB, AUX 0x1008 bytes */
#define MAPIHTTP_MAX_ROP_IN 0x40000
#define MAPIHTTP_MAX_ROP_OUT 0x40000
#define MAPIHTTP_MAX_AUX 0x1008
#define MAPIHTTP_MAX_BODY (MAPIHTTP_MAX_ROP_IN + MAPIHTTP_MAX_AUX + 1024)
/* MS-OXCRPC 3.1.4.2: of a buffer with no room for its header */
#define MAPIHTTP_EC_RPC_FAILED 0x80040115
/* MS-OXCRPC 3.1.4.1: the session limit of MAPI clients (MAPI_E_SESSION_LIMIT) */
#define MAPIHTTP_EC_SESSION_LIMIT 0x80040112

/* pulFlags of MS-OXCRPC 3.1.4.2 */
#define MAPIHTTP_NO_COMPRESSION	0x01
#define MAPIHTTP_NO_XOR		0x02
#define MAPIHTTP_CHAIN		0x04

/* Memory is the input's and the pool's. All return 0, or -1: broken. */
struct mapihttp_connect {
	const char *user_dn;
	uint32_t flags, cpid, lcid_sort, lcid_string;
	struct mapi_blob aux;
};
int mapihttp_connect_parse(const void *data, size_t size, pool_t pool,
			   struct mapihttp_connect *connect_r);
struct mapihttp_execute {
	uint32_t flags, max_out;
	struct mapi_blob rops, aux;
};
int mapihttp_execute_parse(const void *data, size_t size,
			   struct mapihttp_execute *execute_r);
int mapihttp_disconnect_parse(const void *data, size_t size);
int mapihttp_wait_parse(const void *data, size_t size);

void mapihttp_connect_answer(buffer_t *out, uint32_t error,
			     const struct emsmdb_connected *connected,
			     bool public_folders);
void mapihttp_execute_answer(buffer_t *out, uint32_t error,
			     const struct mapi_blob *rops);
void mapihttp_disconnect_answer(buffer_t *out, uint32_t error);
void mapihttp_wait_answer(buffer_t *out, uint32_t error, bool pending);

/* Extended buffers of one Execute (MS-OXCRPC 3.1.4.2.1) */
void mapihttp_pack(buffer_t *out, const ARRAY_TYPE(mapi_blob) *payloads,
		   uint32_t flags);

/* --- rows of sessions in the database: pure, mapihttp-row.c ---------------- */

#define MAPIHTTP_SID_SIZE 24
#define MAPIHTTP_SEQ_SIZE 16
#define MAPIHTTP_SID_LEN (MAPIHTTP_SID_SIZE * 2)
#define MAPIHTTP_SEQ_LEN (MAPIHTTP_SEQ_SIZE * 2)
#define MAPIHTTP_MAX_REQUEST_ID 128

enum mapihttp_kind { MAPIHTTP_EMSMDB, MAPIHTTP_NSPI };

/* A session as data; of a live one, whose process it is in. */
struct mapihttp_row {
	enum mapihttp_kind kind;
	/* FALSE: it is in a process: host, pid and its start */
	bool parked;
	const char *host;
	uint32_t pid;
	uint64_t pid_start;

	/* when it was used last, and until when it counts as in use: msecs
	   since 1970 */
	uint64_t last_used, busy_until;
	/* the sequence cookie that must come next; and one that was given out
	   meanwhile and may come once instead, "" if there is none */
	const char *seq, *wait_seq;
	uint32_t cpid, lcid_sort, lcid_string;
	/* the last request that used up a sequence cookie, and its answer, if it
	   may be given again; request_id "": none */
	const char *request_id;
	unsigned char hash[SHA256_RESULTLEN];
	struct mapi_blob answer;
	/* of the endpoint */
	struct mapi_blob state;
};
void mapihttp_row_pack(buffer_t *out, const struct mapihttp_row *row);
/* Points into data and pool. 0, -1: damaged, or of another version. */
int mapihttp_row_unpack(const void *data, size_t size, pool_t pool,
			struct mapihttp_row *row_r);

/* --- a request: mapihttp-request.c ----------------------------------------- */

struct mapihttp_session;

struct mapihttp_request {
	struct service_request *service;
	pool_t pool;
	enum mapihttp_kind kind;
	struct mapi_env env;
	/* X-RequestType, X-RequestId; NULL: missing */
	const char *type, *request_id;
	/* NULL: missing; not empty */
	const char *sid, *seq;
	buffer_t *body;
	struct timeval started;
	struct mapihttp_session *session;
	/* Settings in milliseconds */
	unsigned int expiry, pending_period;
};

void mapihttp_log(struct mapihttp_request *req, const char *key,
		  const char *value);
bool mapihttp_request_is(const struct mapihttp_request *req, const char *type);
unsigned int mapihttp_setting(const struct mapihttp_request *req,
			      const char *name, unsigned int def);
/* A failure: its own body, with the session's cookies if it has one. */
void mapihttp_fail(struct mapihttp_request *req, enum mapihttp_code code,
		   const char *why);
/* Head and PROCESSING leave at once; then whatever takes time; then the body. */
void mapihttp_reply_begin(struct mapihttp_request *req);
/* As begin, of a request that ends its session. */
void mapihttp_reply_ended(struct mapihttp_request *req);
void mapihttp_reply_end(struct mapihttp_request *req, const void *body,
			size_t size);
/* Both */
void mapihttp_reply(struct mapihttp_request *req, const buffer_t *body);
/* Hold the request until one of the watches rings, for at most so many seconds
   (0: as long as usual). */
void mapihttp_hold(struct mapihttp_request *req,
		   const ARRAY_TYPE(emsmdb_watch) *watches,
		   unsigned int max_secs);

/* --- sessions: mapihttp-session.c --------------------------------------------- */

struct mapihttp_session {
	struct mapihttp_session *prev, *next;
	pool_t pool;
	enum mapihttp_kind kind;
	char sid[MAPIHTTP_SID_LEN + 1];
	char seq[MAPIHTTP_SEQ_LEN + 1];
	char wait_seq[MAPIHTTP_SEQ_LEN + 1];
	/* as in the row */
	uint64_t last_used, busy_until;
	/* the last sequenced request ended then (CLOCK_MONOTONIC, microseconds);
	   0: in another process */
	uint64_t ended;
	uint32_t cpid, lcid_sort, lcid_string;
	char request_id[MAPIHTTP_MAX_REQUEST_ID + 1];
	unsigned char hash[SHA256_RESULTLEN];
	buffer_t *answer;
	/* one of them */
	struct emsmdb *emsmdb;
	struct nspi *nspi;
};

/* Is it of the form of ours? */
bool mapihttp_sid_is_valid(const char *sid);
/* In this process, or out of the database, waiting a moment for the process that
   has it to let go. 0 and req->session; or which code tells why not. */
enum mapihttp_code mapihttp_session_find(struct mapihttp_request *req);
/* The same, but only in memory: for what a failure says. */
void mapihttp_session_peek(struct mapihttp_request *req);
/* A new one of the endpoint's, which it owns from now on; req->session. FALSE: the
   user has too many, or the store fails (*code_r). */
bool mapihttp_session_create(struct mapihttp_request *req,
			     struct emsmdb *emsmdb, struct nspi *nspi,
			     enum mapihttp_code *code_r);
/* Gone for good, and req->session with it. */
void mapihttp_session_destroy(struct mapihttp_request *req);
/* Room for one more? Expired ones go, and then the ones idle longest. */
int mapihttp_session_make_room(struct mapihttp_request *req);

/* The request's sequence cookie is the one that must come, no other request is at
   work: OK, and a new one is next. Else the code. */
enum mapihttp_code mapihttp_session_sequence(struct mapihttp_request *req);
/* The same request once more: its answer. */
bool mapihttp_session_repeated(struct mapihttp_request *req,
			       const buffer_t **answer_r);
/* The answer of a sequenced request; NULL: it cannot be repeated. */
void mapihttp_session_answered(struct mapihttp_request *req,
			       const void *answer, size_t size);
/* The cookie that a held answer gives out */
const char *mapihttp_session_wait_seq(struct mapihttp_session *session);
/* Used now; and in use for so many milliseconds more. */
void mapihttp_session_used(struct mapihttp_session *session,
			   unsigned int busy_msecs);
/* FALSE: one cannot leave this process. */
bool mapihttp_sessions_park(void);
/* The process ends. */
void mapihttp_sessions_end(void);

/* --- endpoints ---------------------------------------------------------------- */

void mapihttp_emsmdb(struct mapihttp_request *req);
void mapihttp_nspi(struct mapihttp_request *req);
void mapihttp_handle(struct service_request *service, enum mapihttp_kind kind);

#endif
