/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The address book endpoint (MS-OXCMAPIHTTP 2.2.5): sessions and sequence are ours,
   bodies are the address book's. */

#include "mapihttp-private.h"

/* OK without a session: the address book may answer all the same. */
static enum mapihttp_code nspi_session(struct mapihttp_request *req, bool bind)
{
	enum mapihttp_code code;

	if (req->sid == NULL)
		return MAPIHTTP_OK;
	code = mapihttp_session_find(req);
	if (bind) {
		/* 3.2.5.6: a new one takes the old one's place */
		if (code == MAPIHTTP_OK)
			mapihttp_session_destroy(req);
		return MAPIHTTP_OK;
	}
	return code == MAPIHTTP_CONTEXT_NOT_FOUND ? MAPIHTTP_OK : code;
}

/* What becomes of the session with this answer. FALSE: failed. */
static bool nspi_session_after(struct mapihttp_request *req, struct nspi *nspi)
{
	enum mapihttp_code code;

	if (req->session == NULL && nspi != NULL) {
		if (mapihttp_session_make_room(req) > 0 &&
		    mapihttp_session_create(req, NULL, nspi, &code))
			return TRUE;
		nspi_free(&nspi);
		mapihttp_fail(req, MAPIHTTP_UNKNOWN_FAILURE, "session");
		return FALSE;
	}
	if (req->session != NULL) {
		req->session->nspi = nspi;
		req->session->cpid = req->env.cpid;
		req->session->lcid_sort = req->env.lcid_sort;
		req->session->lcid_string = req->env.lcid_string;
	}
	return TRUE;
}

static void nspi_answer(struct mapihttp_request *req, const buffer_t *body)
{
	bool ended = req->session != NULL && req->session->nspi == NULL;

	if (req->session != NULL)
		mapihttp_session_answered(req, body->data, body->used);
	if (ended)
		mapihttp_reply_ended(req);
	else
		mapihttp_reply_begin(req);
	mapihttp_reply_end(req, body->data, body->used);
	/* Unbind: 3.2.5.4 */
	if (ended)
		mapihttp_session_destroy(req);
}

static void nspi_run(struct mapihttp_request *req)
{
	const struct mapi_blob in = { req->body->data, req->body->used };
	buffer_t *body = buffer_create_dynamic(req->pool, 1024);
	struct nspi *nspi = req->session == NULL ? NULL : req->session->nspi;
	unsigned int code;

	code = nspi_call(&nspi, &req->env, req->type, &in, body);
	if (req->session != NULL)
		req->session->nspi = nspi;
	if (code == MAPIHTTP_OK) {
		if (nspi_session_after(req, nspi))
			nspi_answer(req, body);
		return;
	}
	if (req->session != NULL)
		mapihttp_session_answered(req, NULL, 0);
	/* who has no session because it never had a cookie */
	if (code == MAPIHTTP_CONTEXT_NOT_FOUND && req->sid == NULL)
		code = MAPIHTTP_MISSING_COOKIE;
	mapihttp_fail(req, code, "address book");
	if (req->session != NULL && req->session->nspi == NULL)
		mapihttp_session_destroy(req);
}

void mapihttp_nspi(struct mapihttp_request *req)
{
	enum mapihttp_code code;
	const buffer_t *again;

	if (!nspi_is_request_type(req->type)) {
		mapihttp_fail(req, MAPIHTTP_INVALID_REQUEST_TYPE, "type");
		return;
	}
	code = nspi_session(req, mapihttp_request_is(req, "Bind"));
	if (code == MAPIHTTP_OK && req->session != NULL) {
		if (mapihttp_session_repeated(req, &again)) {
			mapihttp_reply(req, again);
			return;
		}
		code = mapihttp_session_sequence(req);
	}
	if (code != MAPIHTTP_OK)
		mapihttp_fail(req, code, "session");
	else
		nspi_run(req);
}
