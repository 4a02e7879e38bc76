/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_AUTH_H
#define FRONT_AUTH_H

#include "net.h"
#include "guid.h"
#include "compat-auth.h"

/* Logins. Dovecot's auth decides; the credential cache saves its work. */

struct front;
struct front_auth;
struct front_gate_ticket;
struct front_login;
struct front_user;

enum front_login_status {
	FRONT_LOGIN_OK,
	FRONT_LOGIN_FAILED,	/* wrong credentials: 401 */
	FRONT_LOGIN_DENIED,	/* right, but may not use this: 403 */
	FRONT_LOGIN_ELSEWHERE,	/* right, but another host serves: 451 */
	FRONT_LOGIN_TEMPFAIL,	/* auth is down or broken: 503 */
};

/* A finished auth request that a worker may be started with, once. */
struct front_grant {
	bool valid;
	/* of the gate: it goes over to the worker */
	struct front_gate_ticket *ticket;
	/* of the token socket's client */
	bool by_token;
	unsigned int auth_pid, auth_id, client_pid;
	uint8_t cookie[MASTER_AUTH_COOKIE_SIZE];
	/* the worker's session must have the login's id, or its token is for
	   another one */
	char session_id[GUID_128_SIZE * 2 + 1];
};

struct front_login_result {
	enum front_login_status status;
	/* OK; the receiver takes its own reference */
	struct front_user *user;
	/* ELSEWHERE */
	const char *host;
	/* for the log */
	const char *reason;
	/* OK and auth was asked just now. The receiver owns it: it starts a
	   worker with it or releases it. */
	struct front_grant grant;
};

typedef void front_login_callback_t(const struct front_login_result *result,
				    void *context);

/* Where a request comes from. */
struct front_peer {
	struct ip_addr remote_ip, local_ip, real_remote_ip;
	in_port_t remote_port, local_port;
	/* TLS, or as good as TLS; and TLS itself */
	bool secured, tls;
};

struct front_credentials {
	/* Authorization header's two parts; scheme "Basic" or "Bearer" */
	const char *scheme, *data;
	/* the user the client claims to be (Bearer needs a name); or NULL */
	const char *user_claim;
};

struct front_auth *front_auth_init(struct front *front);
void front_auth_deinit(struct front_auth **auth);

/* What a 401 must offer: header lines, each with CRLF. */
void front_auth_challenges(struct front_auth *auth, string_t *dest);

/* Start a login. The callback may be called before this returns; *login_r is
   set to NULL once it was called. ask: do not answer from the cache, a grant
   is needed. */
void front_auth_login(struct front_auth *auth,
		      const struct front_credentials *creds,
		      const struct front_peer *peer, bool ask,
		      front_login_callback_t *callback, void *context,
		      struct front_login **login_r);
/* A login for a further worker with the user's token. */
void front_auth_login_token(struct front_auth *auth, struct front_user *user,
			    const struct front_peer *peer,
			    front_login_callback_t *callback, void *context,
			    struct front_login **login_r);
void front_login_cancel(struct front_login **login);

void front_grant_release(struct front_auth *auth, struct front_grant *grant);

/* Drop cached logins and tokens of the user, or all. */
void front_auth_flush(struct front_auth *auth, const char *user);
/* The user has a token that may be used. */
bool front_auth_has_token(struct front_auth *auth, struct front_user *user);

#endif
