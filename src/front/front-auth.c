/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the two connections to Dovecot's auth (logins, tokens), and who waits
   for an answer. Dovecot's own penalty for wrong passwords stays in force for
   the client's address, as at an IMAP login. So that a phone with an old
   password does not slow down everyone behind its address, the same wrong
   credentials are not asked again for auth_negative_ttl: they get their 401
   late, without auth hearing of it. */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "hex-binary.h"
#include "guid.h"
#include "ioloop.h"
#include "llist.h"
#include "str.h"
#include "time-util.h"
#include "compat-auth.h"
#include "front.h"
#include "front-user.h"
#include "front-cred-cache.h"
#include "front-gate.h"
#include "front-auth-sasl.h"
#include "front-auth.h"

#include <unistd.h>

/* as auth_failure_delay of Dovecot's default */
#define AUTH_NEGATIVE_DELAY_MSECS 2000
#define AUTH_CONNECT_RETRY_MSECS 1000
/* how long a login waits for a connection to auth */
#define AUTH_CONNECT_WAIT_MSECS 10000
/* ... and for auth's answer. The question goes on: its answer is remembered for
   the client's next try. */
#define AUTH_ANSWER_WAIT_MSECS 30000
/* So long a question keeps others waiting at the gate, and then a right answer
   until its worker is up: wrong passwords and slow disks must not stop others */
#define AUTH_GATE_ASK_MSECS 50
#define AUTH_GATE_START_MSECS 500

struct front_auth_client {
	struct front_auth *auth;
	struct auth_client *client;
	unsigned int pid;
	bool connected;
};

struct front_auth {
	struct front *front;
	struct event *event;
	struct front_auth_client login, token;
	struct front_cred_cache *cache;
	struct timeout *to_connect;
	/* logins that wait for the connection or for the negative delay */
	struct front_login *waiting;
	/* questions that wait at the gate */
	struct auth_ask *gated;
};

/* One auth request and all who want its result. */
struct auth_ask {
	struct auth_ask *prev, *next;	/* while it is gated */
	struct front_auth *auth;
	struct front_gate_ticket *ticket;
	bool gated;
	struct front_auth_client *via;
	struct auth_client_request *request;
	/* whose token is shown; NULL: credentials are */
	struct front_user *token_user;
	/* NULL: nothing to remember */
	struct front_cred *cred;
	struct front_login *logins;
	char session_id[GUID_128_SIZE * 2 + 1];
	time_t not_after;
};

struct front_login {
	struct front_login *prev, *next;
	struct front_auth *auth;
	struct auth_ask *ask;
	struct front_login **handle;
	front_login_callback_t *callback;
	void *context;
	struct timeout *to;
	/* while it waits for the connection */
	pool_t pool;
	struct front_credentials creds;
	struct front_peer peer;
	struct timeval created;
};

static void login_try(struct front_login *login, bool ask);
static void ask_fail(struct auth_ask *ask, const char *reason);

static void login_finish(struct front_login *login,
			 const struct front_login_result *result)
{
	front_login_callback_t *callback = login->callback;
	void *context = login->context;

	*login->handle = NULL;
	timeout_remove(&login->to);
	if (login->ask != NULL)
		DLLIST_REMOVE(&login->ask->logins, login);
	else
		DLLIST_REMOVE(&login->auth->waiting, login);
	pool_unref(&login->pool);
	callback(result, context);
}

static void login_fail(struct front_login *login,
		       enum front_login_status status, const char *reason)
{
	struct front_login_result result;

	i_zero(&result);
	result.status = status;
	result.reason = reason;
	login_finish(login, &result);
}

void front_login_cancel(struct front_login **_login)
{
	struct front_login *login = *_login;

	if (login == NULL)
		return;
	*_login = NULL;
	timeout_remove(&login->to);
	if (login->ask != NULL)
		DLLIST_REMOVE(&login->ask->logins, login);
	else
		DLLIST_REMOVE(&login->auth->waiting, login);
	pool_unref(&login->pool);
}

/* Connections */

static void auth_connect_notify(struct auth_client *client ATTR_UNUSED,
				bool connected, void *context)
{
	struct front_auth_client *via = context;

	via->connected = connected;
}

static void auth_connect_retry(struct front_auth *auth)
{
	if (auth_client_is_disconnected(auth->login.client))
		auth_client_connect(auth->login.client);
	if (auth_client_is_disconnected(auth->token.client))
		auth_client_connect(auth->token.client);
}

static void auth_client_start(struct front_auth *auth,
			      struct front_auth_client *via,
			      const char *path, unsigned int pid)
{
	via->auth = auth;
	via->pid = pid;
	via->client = auth_client_init(
		t_strconcat(auth->front->set->base_dir, "/", path, NULL),
		pid, FALSE);
	auth_client_set_connect_notify(via->client, auth_connect_notify, via);
	auth_client_connect(via->client);
}

struct front_auth *front_auth_init(struct front *front)
{
	struct front_auth *auth = i_new(struct front_auth, 1);
	const struct front_settings *set = front->set;

	auth->front = front;
	auth->event = event_create(front->event);
	event_set_append_log_prefix(auth->event, "auth: ");
	auth->cache = front_cred_cache_init(set->auth_cache_ttl,
					    set->auth_negative_ttl,
					    set->auth_cache_size);
	auth_client_start(auth, &auth->login, "login/login", getpid());
	/* auth refuses two connections with one pid */
	auth_client_start(auth, &auth->token, "token-login/tokenlogin",
			  (unsigned int)getpid() | (1U << 30));
	auth->to_connect = timeout_add(AUTH_CONNECT_RETRY_MSECS,
				       auth_connect_retry, auth);
	return auth;
}

void front_auth_deinit(struct front_auth **_auth)
{
	struct front_auth *auth = *_auth;

	*_auth = NULL;
	timeout_remove(&auth->to_connect);
	while (auth->gated != NULL)
		ask_fail(auth->gated, "stopping");
	while (auth->waiting != NULL)
		login_fail(auth->waiting, FRONT_LOGIN_TEMPFAIL, "stopping");
	auth_client_deinit(&auth->login.client);
	auth_client_deinit(&auth->token.client);
	front_cred_cache_deinit(&auth->cache);
	event_unref(&auth->event);
	i_free(auth);
}

static bool auth_offers(struct front_auth *auth, const char *mech)
{
	return auth->login.connected &&
		auth_client_find_mech(auth->login.client, mech) != NULL;
}

void front_auth_challenges(struct front_auth *auth, string_t *dest)
{
	str_printfa(dest,
		    "WWW-Authenticate: Basic realm=\"%s\", charset=\"UTF-8\"\r\n",
		    auth->front->set->realm);
	if (auth_offers(auth, "OAUTHBEARER") || auth_offers(auth, "XOAUTH2")) {
		str_printfa(dest, "WWW-Authenticate: Bearer realm=\"%s\"\r\n",
			    auth->front->set->realm);
	}
}

/* Answers of auth */

static const char *args_find(const char *const *args, const char *key)
{
	size_t len = strlen(key);

	for (; args != NULL && *args != NULL; args++) {
		if (strncmp(*args, key, len) != 0)
			continue;
		if ((*args)[len] == '=')
			return *args + len + 1;
		if ((*args)[len] == '\0')
			return "";
	}
	return NULL;
}

static bool value_is_false(const char *value)
{
	return value != NULL &&
		(strcasecmp(value, "no") == 0 || strcasecmp(value, "n") == 0 ||
		 strcmp(value, "0") == 0);
}

static void result_from_failure(const char *const *args,
				struct front_login_result *result)
{
	const char *code = args_find(args, "code");

	result->reason = args_find(args, "reason");
	if (result->reason == NULL)
		result->reason = code != NULL ? code : "authentication failed";
	result->status = FRONT_LOGIN_FAILED;
	if (code == NULL) {
		if (args_find(args, "temp") != NULL)
			result->status = FRONT_LOGIN_TEMPFAIL;
	} else if (strcmp(code, AUTH_CLIENT_FAIL_CODE_TEMPFAIL) == 0) {
		result->status = FRONT_LOGIN_TEMPFAIL;
	} else if (strcmp(code, AUTH_CLIENT_FAIL_CODE_USER_DISABLED) == 0 ||
		   strcmp(code, AUTH_CLIENT_FAIL_CODE_AUTHZFAILED) == 0) {
		result->status = FRONT_LOGIN_DENIED;
	}
}

static void result_from_success(struct front_auth *auth,
				const char *const *args,
				struct front_login_result *result)
{
	const char *user = args_find(args, "user");
	const char *host = args_find(args, "host");
	const char *reason = args_find(args, "reason");

	if (user == NULL || *user == '\0') {
		result->status = FRONT_LOGIN_TEMPFAIL;
		result->reason = "auth gave no user name";
	} else if (host != NULL && *host != '\0') {
		result->status = FRONT_LOGIN_ELSEWHERE;
		result->host = host;
		result->reason = "user is on another host";
	} else if (args_find(args, "nologin") != NULL ||
		   args_find(args, "proxy") != NULL ||
		   args_find(args, "anonymous") != NULL ||
		   value_is_false(args_find(args, "dovetail"))) {
		result->status = FRONT_LOGIN_DENIED;
		result->reason = reason != NULL ? reason :
			"user may not use this service";
	} else {
		result->status = FRONT_LOGIN_OK;
		result->user = front_user_get(auth->front->users, user);
	}
}

static void grant_get(struct auth_ask *ask, struct front_grant *grant)
{
	const char *cookie = auth_client_request_get_cookie(ask->request);
	buffer_t buf;

	grant->valid = TRUE;
	grant->ticket = ask->ticket;
	ask->ticket = NULL;
	front_gate_extend(grant->ticket, AUTH_GATE_START_MSECS);
	grant->by_token = ask->via == &ask->auth->token;
	grant->auth_pid = auth_client_request_get_server_pid(ask->request);
	grant->auth_id = auth_client_request_get_id(ask->request);
	grant->client_pid = ask->via->pid;
	memcpy(grant->session_id, ask->session_id, sizeof(grant->session_id));
	buffer_create_from_data(&buf, grant->cookie, sizeof(grant->cookie));
	if (cookie != NULL && strlen(cookie) == sizeof(grant->cookie) * 2)
		(void)hex_to_binary(cookie, &buf);
}

void front_grant_release(struct front_auth *auth, struct front_grant *grant)
{
	struct front_auth_client *via =
		grant->by_token ? &auth->token : &auth->login;

	if (grant->valid && via->connected)
		auth_client_send_cancel(via->client, grant->auth_id);
	front_gate_leave(&grant->ticket);
	i_zero(grant);
}

static void ask_remember(struct auth_ask *ask,
			 const struct front_login_result *result)
{
	struct front_cred_cache *cache = ask->auth->cache;
	struct front_cred *cred = ask->cred;

	if (cred == NULL)
		return;
	ask->cred = NULL;
	switch (result->status) {
	case FRONT_LOGIN_OK:
		front_cred_ok(cache, cred, result->user, ioloop_time,
			      ask->not_after);
		break;
	case FRONT_LOGIN_ELSEWHERE:
		front_cred_elsewhere(cache, cred, result->host, ioloop_time);
		break;
	case FRONT_LOGIN_FAILED:
		front_cred_failed(cache, cred, ioloop_time);
		break;
	default:
		front_cred_remove(cache, cred);
		break;
	}
}

static void ask_finish(struct auth_ask *ask, struct front_login_result *result)
{
	struct front_auth *auth = ask->auth;
	struct front_grant grant = result->grant;
	struct front_login *login;

	if (ask->gated) {
		DLLIST_REMOVE(&auth->gated, ask);
		ask->gated = FALSE;
	}
	ask_remember(ask, result);
	while ((login = ask->logins) != NULL) {
		/* the first one gets the grant */
		result->grant = grant;
		i_zero(&grant);
		login_finish(login, result);
	}
	front_grant_release(auth, &grant);
	if (result->user != NULL)
		front_user_unref(&result->user);
	if (ask->token_user != NULL)
		front_user_unref(&ask->token_user);
	front_gate_leave(&ask->ticket);
	i_free(ask);
}

static void ask_fail(struct auth_ask *ask, const char *reason)
{
	struct front_login_result result;

	i_zero(&result);
	result.status = FRONT_LOGIN_TEMPFAIL;
	result.reason = reason;
	ask_finish(ask, &result);
}

static void auth_ask_callback(struct auth_client_request *request,
			      enum auth_request_status status,
			      const char *data_base64 ATTR_UNUSED,
			      const char *const *args, void *context)
{
	struct auth_ask *ask = context;
	struct front_login_result result;

	i_zero(&result);
	switch (status) {
	case AUTH_REQUEST_STATUS_CONTINUE:
		/* OAUTHBEARER's error text: acknowledge it */
		auth_client_request_continue(request, "");
		return;
	case AUTH_REQUEST_STATUS_OK:
		ask->request = request;
		result_from_success(ask->auth, args, &result);
		if (result.status == FRONT_LOGIN_OK)
			grant_get(ask, &result.grant);
		else if (args_find(args, "nologin") == NULL &&
			 args_find(args, "proxy") == NULL) {
			/* auth keeps it for the master: not needed */
			auth_client_send_cancel(ask->via->client,
				auth_client_request_get_id(request));
		}
		break;
	case AUTH_REQUEST_STATUS_FAIL:
		result_from_failure(args, &result);
		break;
	default:
		result.status = FRONT_LOGIN_TEMPFAIL;
		result.reason = "auth failed internally";
		break;
	}
	ask->request = NULL;
	ask_finish(ask, &result);
}

/* Questions to auth */

static struct auth_ask *
ask_create(struct front_auth *auth, struct front_auth_client *via)
{
	struct auth_ask *ask = i_new(struct auth_ask, 1);
	guid_128_t guid;

	ask->auth = auth;
	ask->via = via;
	guid_128_generate(guid);
	i_strocpy(ask->session_id, guid_128_to_string(guid),
		  sizeof(ask->session_id));
	return ask;
}

static void info_from_peer(struct auth_request_info *info,
			   const struct front_peer *peer)
{
	i_zero(info);
	info->COMPAT_AUTH_INFO_SERVICE = FRONT_SERVICE_NAME;
	info->local_ip = info->real_local_ip = peer->local_ip;
	info->remote_ip = peer->remote_ip;
	info->real_remote_ip = peer->real_remote_ip;
	info->local_port = info->real_local_port = peer->local_port;
	info->remote_port = info->real_remote_port = peer->remote_port;
	info->flags = AUTH_REQUEST_FLAG_SUPPORT_FINAL_RESP;
	if (peer->secured)
		info->flags |= AUTH_REQUEST_FLAG_SECURED;
	if (peer->tls)
		info->flags |= AUTH_REQUEST_FLAG_TRANSPORT_SECURITY_TLS;
}

static bool info_from_creds(struct front_login *login,
			    struct auth_request_info *info, time_t *not_after_r)
{
	struct front_auth *auth = login->auth;
	const struct front_credentials *creds = &login->creds;
	string_t *resp = t_str_new(512);
	const char *user, *password;

	*not_after_r = 0;
	if (strcasecmp(creds->scheme, "Basic") == 0) {
		if (front_sasl_basic_parse(creds->data, &user, &password) < 0)
			return FALSE;
		user = front_sasl_login_name(
			auth->front->set->login_domain_format, user);
		info->mech = "PLAIN";
		front_sasl_plain(resp, user, password);
	} else if (strcasecmp(creds->scheme, "Bearer") == 0) {
		user = front_sasl_bearer_user(creds->data, creds->user_claim,
					      not_after_r);
		if (user == NULL)
			return FALSE;
		user = front_sasl_login_name(
			auth->front->set->login_domain_format, user);
		if (auth_offers(auth, "OAUTHBEARER")) {
			info->mech = "OAUTHBEARER";
			front_sasl_oauthbearer(resp, user, creds->data);
		} else {
			info->mech = "XOAUTH2";
			front_sasl_xoauth2(resp, user, creds->data);
		}
	} else {
		return FALSE;
	}
	info->initial_resp_base64 = str_c(resp);
	return auth_client_find_mech(auth->login.client, info->mech) != NULL;
}

static void login_answer_late(struct front_login *login)
{
	if (login->ask->gated) {
		login_fail(login, FRONT_LOGIN_TEMPFAIL,
			   "too many logins at once");
		return;
	}
	e_warning(login->auth->event, "No answer from auth in %u s",
		  AUTH_ANSWER_WAIT_MSECS / 1000);
	login_fail(login, FRONT_LOGIN_TEMPFAIL, "auth does not answer");
}

static void ask_add(struct auth_ask *ask, struct front_login *login)
{
	DLLIST_REMOVE(&login->auth->waiting, login);
	login->ask = ask;
	DLLIST_PREPEND(&ask->logins, login);
	login->to = timeout_add(AUTH_ANSWER_WAIT_MSECS, login_answer_late,
				login);
}

static void login_negative(struct front_login *login)
{
	login_fail(login, FRONT_LOGIN_FAILED, "same wrong credentials as before");
}

/* TRUE: the cache answered or the login waits for an earlier question. */
static bool login_from_cache(struct front_login *login,
			     struct front_cred *cred)
{
	struct front_login_result result;

	i_zero(&result);
	switch (cred->state) {
	case FRONT_CRED_PENDING:
		ask_add(cred->pending, login);
		return TRUE;
	case FRONT_CRED_OK:
		result.status = FRONT_LOGIN_OK;
		result.user = cred->user;
		login_finish(login, &result);
		return TRUE;
	case FRONT_CRED_ELSEWHERE:
		result.status = FRONT_LOGIN_ELSEWHERE;
		result.host = t_strdup(cred->host);
		login_finish(login, &result);
		return TRUE;
	case FRONT_CRED_FAILED:
		login->to = timeout_add(AUTH_NEGATIVE_DELAY_MSECS,
					login_negative, login);
		return TRUE;
	}
	i_unreached();
}

static void info_from_token(const struct front_user *user,
			    struct auth_request_info *info)
{
	string_t *raw = t_str_new(256), *resp = t_str_new(256);

	str_append(raw, FRONT_SERVICE_NAME);
	str_append_c(raw, '\0');
	str_append(raw, dec2str(user->token->pid));
	str_append_c(raw, '\0');
	str_append(raw, user->name);
	str_append_c(raw, '\0');
	str_append(raw, front_token_session(user->token));
	str_append_c(raw, '\0');
	str_append(raw, user->token->data);
	base64_encode(str_data(raw), str_len(raw), resp);
	info->mech = "DOVECOT-TOKEN";
	info->initial_resp_base64 = str_c(resp);
}

/* NULL, or why it cannot be asked (any more) */
static const char *
ask_fill_info(struct auth_ask *ask, struct auth_request_info *info)
{
	struct front_login *login = ask->logins;

	if (login == NULL)
		return "nobody waits for it";
	if (!ask->via->connected)
		return "auth is not connected";
	info_from_peer(info, &login->peer);
	info->session_id = ask->session_id;
	if (ask->token_user == NULL) {
		return info_from_creds(login, info, &ask->not_after) ? NULL :
			"auth has no mechanism for it";
	}
	if (!front_auth_has_token(ask->auth, ask->token_user))
		return "no token";
	info_from_token(ask->token_user, info);
	return NULL;
}

static void ask_send(struct auth_ask *ask)
{
	struct auth_request_info info;
	struct front_login *login;
	const char *error;

	error = ask_fill_info(ask, &info);
	if (error != NULL) {
		ask_fail(ask, error);
		return;
	}
	for (login = ask->logins; login != NULL; login = login->next)
		timeout_reset(login->to);
	ask->request = auth_client_request_new(ask->via->client, &info,
					       auth_ask_callback, ask);
}

static void ask_gate_open(void *context)
{
	struct auth_ask *ask = context;

	DLLIST_REMOVE(&ask->auth->gated, ask);
	ask->gated = FALSE;
	T_BEGIN {
		ask_send(ask);
	} T_END;
}

static void ask_start(struct auth_ask *ask, struct front_login *login)
{
	ask_add(ask, login);
	if (front_gate_enter(ask->auth->front->gate, AUTH_GATE_ASK_MSECS,
			     ask_gate_open, ask, &ask->ticket)) {
		ask_send(ask);
	} else {
		ask->gated = TRUE;
		DLLIST_PREPEND(&ask->auth->gated, ask);
	}
}

static void login_ask(struct front_login *login,
		      const unsigned char key[FRONT_CRED_KEY_SIZE])
{
	struct front_auth *auth = login->auth;
	struct auth_request_info info;
	struct auth_ask *ask;
	time_t not_after;

	info_from_peer(&info, &login->peer);
	if (!info_from_creds(login, &info, &not_after)) {
		login_fail(login, FRONT_LOGIN_FAILED,
			   "unusable Authorization header");
		return;
	}
	ask = ask_create(auth, &auth->login);
	ask->cred = front_cred_add(auth->cache, key);
	ask->cred->pending = ask;
	ask_start(ask, login);
}

static void login_connect_wait(struct front_login *login)
{
	timeout_remove(&login->to);
	if (timeval_diff_msecs(&ioloop_timeval, &login->created) >
	    AUTH_CONNECT_WAIT_MSECS)
		login_fail(login, FRONT_LOGIN_TEMPFAIL, "auth is not connected");
	else
		login_try(login, FALSE);
}

static void login_try(struct front_login *login, bool ask)
{
	struct front_auth *auth = login->auth;
	unsigned char key[FRONT_CRED_KEY_SIZE];
	struct front_cred *cred;

	front_cred_key(auth->cache, t_str_lcase(login->creds.scheme),
		       login->creds.data, &login->peer.remote_ip, key);
	cred = front_cred_lookup(auth->cache, key, ioloop_time);
	if (cred != NULL && cred->state == FRONT_CRED_OK && ask) {
		/* known to be right, but a grant is needed: ask anew */
		if (auth->login.connected)
			front_cred_remove(auth->cache, cred);
		cred = NULL;
	}
	if (cred != NULL && login_from_cache(login, cred))
		return;
	if (!auth->login.connected) {
		login->to = timeout_add_short(100, login_connect_wait, login);
		return;
	}
	login_ask(login, key);
}

static struct front_login *
login_create(struct front_auth *auth, const struct front_peer *peer,
	     front_login_callback_t *callback, void *context,
	     struct front_login **login_r)
{
	struct front_login *login;
	pool_t pool;

	/* it may hold a password */
	pool = pool_alloconly_create_clean("front login", 1024);
	login = p_new(pool, struct front_login, 1);
	login->pool = pool;
	login->auth = auth;
	login->peer = *peer;
	login->callback = callback;
	login->context = context;
	login->created = ioloop_timeval;
	login->handle = login_r;
	*login_r = login;
	DLLIST_PREPEND(&auth->waiting, login);
	return login;
}

void front_auth_login(struct front_auth *auth,
		      const struct front_credentials *creds,
		      const struct front_peer *peer, bool ask,
		      front_login_callback_t *callback, void *context,
		      struct front_login **login_r)
{
	struct front_login *login =
		login_create(auth, peer, callback, context, login_r);

	login->creds.scheme = p_strdup(login->pool, creds->scheme);
	login->creds.data = p_strdup(login->pool, creds->data);
	login->creds.user_claim = p_strdup(login->pool, creds->user_claim);
	login_try(login, ask);
}

bool front_auth_has_token(struct front_auth *auth, struct front_user *user)
{
	if (user->token == NULL)
		return FALSE;
	if (user->token->created + (time_t)auth->front->set->token_max_age <
	    ioloop_time)
		front_user_drop_token(user);
	return user->token != NULL && auth->token.connected;
}

void front_auth_login_token(struct front_auth *auth, struct front_user *user,
			    const struct front_peer *peer,
			    front_login_callback_t *callback, void *context,
			    struct front_login **login_r)
{
	struct front_login *login =
		login_create(auth, peer, callback, context, login_r);
	struct auth_ask *ask;

	if (!front_auth_has_token(auth, user)) {
		login_fail(login, FRONT_LOGIN_TEMPFAIL, "no token");
		return;
	}
	ask = ask_create(auth, &auth->token);
	ask->token_user = user;
	front_user_ref(user);
	ask_start(ask, login);
}

void front_auth_flush(struct front_auth *auth, const char *name)
{
	struct front_user *user;

	if (name == NULL) {
		front_users_drop_tokens(auth->front->users);
	} else {
		user = front_user_find(auth->front->users, name);
		if (user != NULL)
			front_user_drop_token(user);
	}
	front_cred_flush(auth->cache, name);
}
