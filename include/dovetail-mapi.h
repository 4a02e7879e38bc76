#ifndef DOVETAIL_MAPI_H
#define DOVETAIL_MAPI_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the transport (src/mapihttp, MS-OXCMAPIHTTP) hands to the two endpoints behind
   it: the mailbox (src/mapi, MS-OXCROPS and MS-OXC*) and the address book (src/nspi,
   MS-OXNSPI).

   The transport owns: HTTP, request types, headers, cookies, sessions and their life,
   repeated requests, one Execute at a time, held NotificationWaits, bodies of the
   EMSMDB request types, AUX blocks, extended buffers (RPC_HEADER_EXT).
   An endpoint owns what its session means. Its state between requests is data: it
   can be written into a buffer and read back in another process, so that an idle
   session costs no process. What cannot (an unsaved message with streams) says so,
   and its worker stays. */

#include "array.h"
#include "buffer.h"
#include "guid.h"
#include "dovetail-mapi-data.h"

struct store;
struct directory;
struct submit;
struct sieve_box;

/* Of one request; everything lives as long as that. */
struct mapi_env {
	pool_t pool;
	struct event *event;
	struct store *store;
	struct directory *directory;
	struct submit *submit;
	struct sieve_box *sieve;
	/* "https://host" the client used */
	const char *base_url;
	/* Code page and locales of the session (Connect, or an NSPI call's STAT) */
	unsigned int cpid;
	uint32_t lcid_sort, lcid_string;
	/* Client's version, three numbers as 15.0.4420; zeros: not known */
	uint16_t client_version[3];
	/* Lines for the access log (service_log()). NULL: none */
	void (*log)(void *context, const char *key, const char *value);
	void *log_context;
};

/* --- names everybody agrees on (src/mapihttp/mapi-dn.c, a library of its own) ------- */

/* Legacy DN (ESSDN) of an address of this site: /o=.../ou=.../cn=Recipients/cn=<id>;
   stable, made of the address alone (data stack). */
const char *mapi_dn_of_address(const char *address);
/* Back: only for DNs of that form. NULL: not ours. Letter case does not matter.
   Data stack. */
const char *mapi_address_of_dn(const char *dn);
/* GUID of a user's mailbox (MailboxId, store record key, provider UID of entry ids):
   stable, made of the address. */
void mapi_mailbox_guid(const char *address, guid_128_t guid_r);
/* A GUID in wire order as text: 8-4-4-4-12 (data stack). */
const char *mapi_guid_text(const guid_128_t guid);

/* --- EMSMDB ---------------------------------------------------------------------- */

struct emsmdb;

/* Connect's flags (MS-OXCMAPIHTTP 2.2.4.1.1) */
#define EMSMDB_CONNECT_ADMIN 0x00000001

struct emsmdb_connected {
	const char *dn_prefix;		/* "" */
	const char *display_name;
};
/* user_dn: whose session; must be the logged-in user's, by any address. Returns a
   mapi_error; the session lives in its own pool until emsmdb_free(). */
uint32_t emsmdb_connect(const struct mapi_env *env, const char *user_dn,
			uint32_t flags, struct emsmdb **session_r,
			struct emsmdb_connected *connected_r);
/* What one buffer of answers holds at most (MS-OXCRPC 3.1.4.2.1) */
#define EMSMDB_MAX_PAYLOAD 0x8000
/* One ROP buffer (RopSize, ROPs, handle table: MS-OXCROPS 2.2.1) in, one out, of at
   most max_out bytes and never above EMSMDB_MAX_PAYLOAD, but for the ROPs that are
   handed back; the extra ones with their headers (8 bytes each) have their place in
   max_out, too. chain: the client allows that QueryRows, ReadStream and
   GetBuffer answers go on in further buffers: then extra_r gets them. Returns ecNone,
   or what fails the whole Execute: ecRpcFormat, ecBufferTooSmall, ... */
uint32_t emsmdb_execute(struct emsmdb *session, const struct mapi_env *env,
			const struct mapi_blob *rops, size_t max_out,
			bool chain, buffer_t *out, ARRAY_TYPE(mapi_blob) *extra_r);

/* A mailbox the session wants to hear of. */
struct emsmdb_watch {
	const char *owner;
	/* all zero: the owner's folder hierarchy */
	guid_128_t guid;
};
ARRAY_DEFINE_TYPE(emsmdb_watch, struct emsmdb_watch);
/* NotificationWait. 1: notifications are waiting already (EventPending); 0: the
   watches (in env's pool) tell when to look again; -1: the store fails now. */
int emsmdb_wait(struct emsmdb *session, const struct mapi_env *env,
		ARRAY_TYPE(emsmdb_watch) *watches_r);

/* FALSE: holds what cannot leave this process. */
bool emsmdb_park(struct emsmdb *session, buffer_t *out);
/* -1: not of this version, or damaged: the client connects anew. */
int emsmdb_restore(const struct mapi_env *env, const void *data, size_t size,
		   struct emsmdb **session_r);
void emsmdb_free(struct emsmdb **session);
/* The worker ends: caches of all sessions. */
void emsmdb_deinit(void);
/* The request is over: nothing of env is to be kept. */
void emsmdb_request_done(struct emsmdb *session);

/* --- NSPI -------------------------------------------------------------------------- */

struct nspi;

/* One request type (MS-OXCMAPIHTTP 2.2.5) by its name, any letter case: body in (up to
   and with its AUX buffer), body out (StatusCode first, AUX of size 0 last). session:
   *session is NULL before Bind, and after Unbind; a call without Bind finds NULL, which
   stateless ones accept (facts/outlook.md 4.13). Returns an X-ResponseCode of
   MS-OXCMAPIHTTP 2.2.3.3.3: 0, 5 unknown request type, 12 body broken, 10 no
   session. */
unsigned int nspi_call(struct nspi **session, struct mapi_env *env,
		       const char *request_type, const struct mapi_blob *body,
		       buffer_t *out);
/* Is it one of the address book's request types? */
bool nspi_is_request_type(const char *request_type);
bool nspi_park(struct nspi *session, buffer_t *out);
int nspi_restore(const struct mapi_env *env, const void *data, size_t size,
		 struct nspi **session_r);
void nspi_free(struct nspi **session);

/* Whom mail to an entry of the address book goes to, by its DN: one address, or a
   group's members (those of groups in it too), each once; in env's pool. For
   submission: DNs of people are mapi_address_of_dn() too, those of contacts and
   groups only this. 1; 0: there is no such entry; -1: cannot be known now. */
int nspi_addresses_of_dn(const struct mapi_env *env, const char *dn,
			 ARRAY_TYPE(const_string) *addresses);

/* --- transport ------------------------------------------------------------------------ */

struct service_request;

#define MAPIHTTP_PATH_EMSMDB "/mapi/emsmdb"
#define MAPIHTTP_PATH_NSPI "/mapi/nspi"
/* Handlers for the worker's table; deinit parks or frees all sessions. */
void mapihttp_emsmdb_handle(struct service_request *req);
void mapihttp_nspi_handle(struct service_request *req);
/* What is below /mapi and neither of them */
#define MAPIHTTP_PATH "/mapi"
void mapihttp_other_handle(struct service_request *req);
/* Puts all sessions away that can be. FALSE: one must stay in this process. */
bool mapihttp_leave(void);
void mapihttp_deinit(void);

#endif
