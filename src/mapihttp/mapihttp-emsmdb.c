/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mailbox endpoint (MS-OXCMAPIHTTP 2.2.4, 3.2.5): Connect, Execute,
   NotificationWait, Disconnect. */

#include "mapihttp-private.h"
#include "dovetail-settings.h"
#include "dovetail-store.h"

/* A session that cannot tell what it waits for looks again after so long. */
#define WAIT_FAILED_SECS 30

/* --- Connect: 3.2.5.1, 3.2.5.6 --------------------------------------------- */

/* A client that comes again says which session it had. */
static void connect_drop_old(struct mapihttp_request *req)
{
	if (req->sid == NULL || !mapihttp_sid_is_valid(req->sid))
		return;
	if (mapihttp_session_find(req) == MAPIHTTP_OK) {
		service_reply_session_ended(req->service);
		mapihttp_session_destroy(req);
	}
}

static bool user_has_public_folders(struct store *store)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *folder;

	if (store_folders(store, &folders) < 0)
		return FALSE;
	array_foreach(folders, folder) {
		if (folder->owner[0] == '\0')
			return TRUE;
	}
	return FALSE;
}

/* MS-OXCRPC 3.1.4.1's Return Values */
static uint32_t connect_session(struct mapihttp_request *req,
				const struct mapihttp_connect *connect,
				struct emsmdb **session_r,
				struct emsmdb_connected *connected_r)
{
	int ret;

	*session_r = NULL;
	if (connect->user_dn[0] == '\0')
		return ecNoAccess;
	if ((connect->flags & EMSMDB_CONNECT_ADMIN) != 0 &&
	    !dovetail_setting_bool(store_setting(req->env.store,
				"dovetail_mapi_admin"), FALSE))
		return ecLoginPerm;
	ret = mapihttp_session_make_room(req);
	if (ret <= 0)
		return ret == 0 ? MAPIHTTP_EC_SESSION_LIMIT : ecServerBusy;
	/* the flag has had its effect */
	return emsmdb_connect(&req->env, connect->user_dn, connect->flags &
			      ENUM_NEGATE(EMSMDB_CONNECT_ADMIN),
			      session_r, connected_r);
}

static void emsmdb_request_connect(struct mapihttp_request *req)
{
	struct emsmdb_connected connected = { "", "" };
	struct mapihttp_connect connect;
	struct emsmdb *session = NULL;
	enum mapihttp_code code;
	buffer_t *body;
	uint32_t error;

	if (mapihttp_connect_parse(req->body->data, req->body->used, req->pool,
				   &connect) < 0) {
		mapihttp_fail(req, MAPIHTTP_INVALID_BODY, "Connect");
		return;
	}
	connect_drop_old(req);
	req->env.cpid = connect.cpid;
	req->env.lcid_sort = connect.lcid_sort;
	req->env.lcid_string = connect.lcid_string;
	error = connect_session(req, &connect, &session, &connected);
	if (error == ecNone &&
	    !mapihttp_session_create(req, session, NULL, &code)) {
		emsmdb_free(&session);
		mapihttp_fail(req, code, "session");
		return;
	}
	if (error != ecNone)
		mapihttp_log(req, "error", mapi_error_name(error));
	body = buffer_create_dynamic(req->pool, 256);
	mapihttp_connect_answer(body, error, &connected, error == ecNone &&
				user_has_public_folders(req->env.store));
	mapihttp_reply(req, body);
}

/* --- Execute ---------------------------------------------------------------- */

/* More than the header of an extended buffer can tell */
static bool execute_too_large(const ARRAY_TYPE(mapi_blob) *answers)
{
	const struct mapi_blob *answer;

	array_foreach(answers, answer) {
		if (answer->size > MAPI_RHE_MAX_PAYLOAD)
			return TRUE;
	}
	return FALSE;
}

/* One extended buffer after the other; extras are those that went on by themselves. */
static uint32_t execute_payloads(struct mapihttp_request *req,
				 const struct mapihttp_execute *execute,
				 const ARRAY_TYPE(mapi_blob) *payloads,
				 ARRAY_TYPE(mapi_blob) *answers)
{
	size_t left = I_MIN(execute->max_out, MAPIHTTP_MAX_ROP_OUT), room;
	const struct mapi_blob *rops, *extra;
	ARRAY_TYPE(mapi_blob) extras;
	struct mapi_blob *answer;
	buffer_t *out;
	uint32_t error;
	bool chain;

	array_foreach(payloads, rops) {
		if (left < MAPI_RHE_SIZE)
			return ecBufferTooSmall;
		p_array_init(&extras, req->pool, 4);
		out = buffer_create_dynamic(req->pool, 4096);
		/* only the last ROP of all goes on; then it is all their room */
		chain = (execute->flags & MAPIHTTP_CHAIN) != 0 &&
			rops == array_back(payloads);
		room = left - MAPI_RHE_SIZE;
		if (!chain)
			room = I_MIN(room, EMSMDB_MAX_PAYLOAD);
		error = emsmdb_execute(req->session->emsmdb, &req->env, rops,
				       room, chain, out, &extras);
		if (error != ecNone)
			return error;
		answer = array_append_space(answers);
		answer->data = out->data;
		answer->size = out->used;
		left -= I_MIN(left, out->used + MAPI_RHE_SIZE);
		array_foreach(&extras, extra)
			array_push_back(answers, extra);
		if (execute_too_large(answers))
			return ecBufferTooSmall;
	}
	return ecNone;
}

/* Returns the operation's error; out: the extended buffers. */
static uint32_t execute_run(struct mapihttp_request *req,
			    const struct mapihttp_execute *execute,
			    const ARRAY_TYPE(mapi_blob) *payloads,
			    buffer_t *out)
{
	ARRAY_TYPE(mapi_blob) answers;
	uint32_t error;

	/* MS-OXCRPC 3.1.4.2: pcbOut */
	if (execute->max_out < MAPI_RHE_SIZE)
		return MAPIHTTP_EC_RPC_FAILED;
	p_array_init(&answers, req->pool, 4);
	error = execute_payloads(req, execute, payloads, &answers);
	if (error != ecNone)
		return error;
	mapihttp_pack(out, &answers, execute->flags);
	return out->used > execute->max_out ? ecBufferTooSmall : ecNone;
}

static int execute_unpack(struct mapihttp_request *req,
			  struct mapihttp_execute *execute_r,
			  ARRAY_TYPE(mapi_blob) *payloads_r)
{
	/* RopSize alone */
	static const struct mapi_blob nothing = {
		(const unsigned char *)"\2\0", 2
	};

	if (mapihttp_execute_parse(req->body->data, req->body->used,
				   execute_r) < 0 ||
	    execute_r->rops.size > MAPIHTTP_MAX_ROP_IN ||
	    execute_r->aux.size > MAPIHTTP_MAX_AUX)
		return -1;
	p_array_init(payloads_r, req->pool, 2);
	/* 2.2.4.4.2: a client that was told of an event, and has nothing to
	   say itself */
	if (execute_r->rops.size == 0) {
		array_push_back(payloads_r, &nothing);
		return 0;
	}
	return mapi_rhe_unpack(execute_r->rops.data, execute_r->rops.size,
			       MAPIHTTP_MAX_ROP_IN, req->pool, payloads_r);
}

static void emsmdb_request_execute(struct mapihttp_request *req)
{
	struct mapihttp_execute execute;
	ARRAY_TYPE(mapi_blob) payloads;
	enum mapihttp_code code;
	struct mapi_blob rops;
	const buffer_t *again;
	buffer_t *body, *out;
	uint32_t error;

	if (mapihttp_session_repeated(req, &again)) {
		mapihttp_reply(req, again);
		return;
	}
	/* a body that is refused uses up no sequence */
	if (execute_unpack(req, &execute, &payloads) < 0) {
		mapihttp_fail(req, MAPIHTTP_INVALID_BODY, "Execute");
		return;
	}
	code = mapihttp_session_sequence(req);
	if (code != MAPIHTTP_OK) {
		mapihttp_fail(req, code, "sequence");
		return;
	}
	mapihttp_reply_begin(req);
	out = buffer_create_dynamic(req->pool, 4096);
	error = execute_run(req, &execute, &payloads, out);
	if (error != ecNone)
		mapihttp_log(req, "error", mapi_error_name(error));
	body = buffer_create_dynamic(req->pool, out->used + 32);
	rops.data = out->data;
	rops.size = out->used;
	mapihttp_execute_answer(body, error, error == ecNone ? &rops : NULL);
	/* remembered before anybody can have seen it */
	mapihttp_session_answered(req, body->data, body->used);
	mapihttp_reply_end(req, body->data, body->used);
}

/* --- NotificationWait, Disconnect: 3.2.5.5, 3.2.5.4 ---------------------------- */

static void emsmdb_request_wait(struct mapihttp_request *req)
{
	ARRAY_TYPE(emsmdb_watch) watches;
	buffer_t *body = buffer_create_dynamic(req->pool, 16);
	int ret;

	if (mapihttp_wait_parse(req->body->data, req->body->used) < 0) {
		mapihttp_fail(req, MAPIHTTP_INVALID_BODY, "NotificationWait");
		return;
	}
	p_array_init(&watches, req->pool, 16);
	ret = emsmdb_wait(req->session->emsmdb, &req->env, &watches);
	if (ret <= 0) {
		/* where the store fails nothing is to be heard for a while: at
		   once the client would come again at once */
		if (ret < 0)
			array_clear(&watches);
		mapihttp_hold(req, &watches, ret < 0 ? WAIT_FAILED_SECS : 0);
		return;
	}
	mapihttp_wait_answer(body, 0, TRUE);
	mapihttp_reply(req, body);
}

static void emsmdb_request_disconnect(struct mapihttp_request *req)
{
	buffer_t *body = buffer_create_dynamic(req->pool, 16);

	if (mapihttp_disconnect_parse(req->body->data, req->body->used) < 0) {
		mapihttp_fail(req, MAPIHTTP_INVALID_BODY, "Disconnect");
		return;
	}
	mapihttp_disconnect_answer(body, 0);
	mapihttp_reply_ended(req);
	mapihttp_reply_end(req, body->data, body->used);
	mapihttp_session_destroy(req);
}

static const struct {
	const char *type;
	void (*handler)(struct mapihttp_request *req);
} emsmdb_types[] = {
	{ "Execute", emsmdb_request_execute },
	{ "NotificationWait", emsmdb_request_wait },
	{ "Disconnect", emsmdb_request_disconnect },
};

void mapihttp_emsmdb(struct mapihttp_request *req)
{
	enum mapihttp_code code;
	unsigned int i;

	if (mapihttp_request_is(req, "Connect")) {
		emsmdb_request_connect(req);
		return;
	}
	for (i = 0; i < N_ELEMENTS(emsmdb_types); i++) {
		if (mapihttp_request_is(req, emsmdb_types[i].type))
			break;
	}
	if (i == N_ELEMENTS(emsmdb_types)) {
		mapihttp_fail(req, MAPIHTTP_INVALID_REQUEST_TYPE, "type");
		return;
	}
	code = mapihttp_session_find(req);
	if (code != MAPIHTTP_OK)
		mapihttp_fail(req, code, "session");
	else
		emsmdb_types[i].handler(req);
}
