/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Autodiscover answers: POX with the mobilesync schema ([MS-ASCMD] 2.2.1.1) for
   phones and with Outlook's ([MS-OXDSCLI]), SOAP ([MS-OXWSADISC]) and JSON v2.  A
   pure function: the front calls it before login, the worker after. */
#ifndef DOVETAIL_AUTODISCOVER_H
#define DOVETAIL_AUTODISCOVER_H

/* Read at most this and one byte more of a request body. */
#define AUTODISCOVER_MAX_BODY (64 * 1024)

/* A mailbox beside the user's own */
struct autodiscover_mailbox {
	const char *address;
	/* NULL: not known */
	const char *name;
};

struct autodiscover_input {
	/* For the reply */
	pool_t pool;
	/* "GET", "POST", ... */
	const char *method;
	/* Decoded or not; any letter case.  query without '?', not decoded,
	   NULL if there is none. */
	const char *path, *query;
	const unsigned char *body;
	size_t body_size;

	/* The logged-in user, NULL before login. */
	const char *user;
	/* The user's own address, NULL to repeat the one that was asked for;
	   the name, NULL if not known. */
	const char *email, *display_name;
	/* Further addresses of the user; NULL-terminated, or NULL */
	const char *const *aliases;
	/* MAPI over HTTP is offered to the user */
	bool mapi;
	/* Others' mailboxes that the user has full rights to; the last one has no
	   address; or NULL */
	const struct autodiscover_mailbox *mailboxes;
	/* The address by which public folders are opened; NULL: there are none */
	const char *public_address;
	/* The account is elsewhere: at another address, at another server's
	   Autodiscover; NULL or "": it is here */
	const char *redirect_address, *redirect_url;
	/* Name of one of the site's people, NULL: nobody has that address.  May be
	   NULL. */
	const char *(*find_person)(void *context, const char *address);
	void *context;

	/* Where clients reach this service, without a final slash:
	   "https://mail.example.org".  From configuration, or a Host header
	   that was checked: it goes into answers before login. */
	const char *base_url;
	/* The request came over TLS (or from a trusted TLS proxy). */
	bool secured;
};

struct autodiscover_reply {
	/* 200, 302, 400, 405, 413, 500 (a SOAP fault) */
	unsigned int status;
	/* NULL: no body */
	const char *content_type;
	const char *body;
	size_t body_size;
	/* Of a 302; "Allow" of a 405 */
	const char *location, *allow;
	/* For the access log: "mobilesync", "json ActiveSync",
	   "error 600: no EMailAddress" */
	const char *log;
};

/* TRUE if the path is Autodiscover's, whatever its letter case. */
bool autodiscover_is_path(const char *path);

/* What is answered without a login, and no more than the documents allow: JSON
   v2, which names no user, and the redirect from plain HTTP ([MS-OXDISCO]
   3.1.5.4).  Uses neither the body nor libxml2 (libdt-autodiscover-public).
   Returns 1 with a reply; 0 if the user must log in first (answer 401); -1 if
   the path is not Autodiscover's (answer 404). */
int autodiscover_before_login(const struct autodiscover_input *in,
			      struct autodiscover_reply *reply_r);

/* The same, and all the rest for a user who is logged in. */
int autodiscover_handle(const struct autodiscover_input *in,
			struct autodiscover_reply *reply_r);

/* The row of the worker's table of protocols: requests after login. */
#define AUTODISCOVER_PREFIX "/autodiscover"

struct service_request;
void autodiscover_service_handle(struct service_request *req);

#endif
