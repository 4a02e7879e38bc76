/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker's login and its mail user, in 2.3's and 2.4's words. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "path-util.h"
#include "settings-parser.h"
#include "master-service.h"
#include "master-service-settings.h"
#ifdef DT_DOVECOT_24
#  include "login-server.h"
#else
#  include "master-login.h"
#endif
#include "mail-user.h"
#include "auth-master.h"
#include "mail-storage-service.h"
#include "mail-storage-settings.h"
#include "smtp-submit-settings.h"

#include <unistd.h>

#ifdef DT_DOVECOT_24
#  define master_login_client login_server_request
#  define master_login_settings login_server_settings
#  define master_login_init login_server_init
#  define master_login_deinit login_server_deinit
#  define master_login_add login_server_add
#  define MASTER_POSTLOGIN_TIMEOUT_DEFAULT LOGIN_SERVER_POSTLOGIN_TIMEOUT_DEFAULT
#  define LOGIN_FLAG_SECURED LOGIN_REQUEST_FLAG_END_CLIENT_SECURED_TLS
typedef struct login_server compat_login_server;
#else
#  define LOGIN_FLAG_SECURED MAIL_AUTH_REQUEST_FLAG_CONN_SECURED
typedef struct master_login compat_login_server;
#endif

struct compat_login {
	compat_login_server *server;
	struct compat_login_callbacks callbacks;
};

/* Dovecot's callbacks have no context, and a process has one login service. */
static struct compat_login *compat_login_instance;

static void compat_login_success(const struct master_login_client *client,
				 const char *username,
				 const char *const *extra_fields)
{
	struct compat_login_client c = {
		.fd = client->fd,
		.username = username,
		.session_id = client->session_id,
		.userdb_fields = extra_fields,
		.local_ip = client->auth_req.local_ip,
		.remote_ip = client->auth_req.remote_ip,
		.local_port = client->auth_req.local_port,
		.remote_port = client->auth_req.remote_port,
		.secured = (client->auth_req.flags & LOGIN_FLAG_SECURED) != 0,
	};
	compat_login_instance->callbacks.success(&c);
}

static void
compat_login_failure(const struct master_login_client *client ATTR_UNUSED,
		     const char *error)
{
	compat_login_instance->callbacks.failure(error);
}

struct compat_login *
compat_login_init(struct master_service *service,
		  const struct compat_login_callbacks *callbacks)
{
	struct master_login_settings set;
	struct compat_login *login;
	const char *path, *error;

	i_assert(compat_login_instance == NULL);
	i_zero(&set);
	/* the master starts services in base_dir; we go elsewhere later */
	if (t_abspath("auth-master", &path, &error) < 0)
		i_fatal("t_abspath(auth-master) failed: %s", error);
	set.auth_socket_path = path;
	set.postlogin_timeout_secs = MASTER_POSTLOGIN_TIMEOUT_DEFAULT;
	set.callback = compat_login_success;
	set.failure_callback = compat_login_failure;
	/* the front starts further workers of this user with it */
	set.request_auth_token = TRUE;

	login = i_new(struct compat_login, 1);
	login->callbacks = *callbacks;
	login->server = master_login_init(service, &set);
	compat_login_instance = login;
	return login;
}

void compat_login_deinit(struct compat_login **_login)
{
	struct compat_login *login = *_login;

	*_login = NULL;
	master_login_deinit(&login->server);
	compat_login_instance = NULL;
	i_free(login);
}

void compat_login_add(struct compat_login *login, int fd)
{
	master_login_add(login->server, fd);
}

bool compat_verbose_proctitle(struct master_service *service)
{
#ifdef DT_DOVECOT_24
	return master_service_get_service_settings(service)->verbose_proctitle;
#else
	return master_service_settings_get(service)->verbose_proctitle;
#endif
}

struct mail_storage_service_ctx *
compat_storage_init(struct master_service *service, unsigned int flags)
{
#ifdef DT_DOVECOT_24
	const char *error;

	if (master_service_settings_read_simple(service, &error) < 0)
		i_fatal("%s", error);
	return mail_storage_service_init(service, flags);
#else
	/* src/submit reads these of the user's settings, as lmtp does */
	static const struct setting_parser_info *roots[] = {
		&smtp_submit_setting_parser_info,
		NULL
	};

	return mail_storage_service_init(service, roots, flags |
					 MAIL_STORAGE_SERVICE_FLAG_NO_SSL_CA);
#endif
}

static void
compat_storage_input(const char *service,
		     const struct compat_login_client *client,
		     struct event *event_parent,
		     struct mail_storage_service_input *input_r)
{
	i_zero(input_r);
	input_r->event_parent = event_parent;
#ifndef DT_DOVECOT_24
	/* 2.3 reads a module's settings by its name: "lda" stands for those of
	   mail users and of SMTP submission */
	input_r->module = "lda";
#endif
	input_r->service = service;
	input_r->username = client->username;
	input_r->session_id = client->session_id;
	input_r->userdb_fields = client->userdb_fields;
	input_r->local_ip = client->local_ip;
	input_r->remote_ip = client->remote_ip;
	input_r->local_port = client->local_port;
	input_r->remote_port = client->remote_port;
#ifdef DT_DOVECOT_24
	input_r->end_client_tls_secured = client->secured;
#else
	input_r->conn_secured = client->secured;
	input_r->conn_ssl_secured = client->secured;
#endif
}

int compat_storage_user_has_uid(struct mail_storage_service_ctx *ctx,
				const char *service, const char *username,
				uid_t uid, pool_t pool,
				const char **acl_groups_r,
				const char **error_r)
{
	struct auth_user_info info = { .COMPAT_AUTH_INFO_SERVICE = service };
	const struct compat_login_client client = { .username = username };
	struct mail_storage_service_input input;
	const char *const *fields = NULL, *value;
	uid_t user_uid = (uid_t)-1;
	int ret;

	*acl_groups_r = NULL;
	compat_storage_input(service, &client, NULL, &input);
	mail_storage_service_init_settings(ctx, &input);
	ret = auth_master_user_lookup(mail_storage_service_get_auth_conn(ctx),
				      username, &info, pool, &username,
				      &fields);
	if (ret == -1)
		*error_r = "userdb lookup failed";
	if (ret <= 0)
		return ret == -1 ? -1 : 0;
	for (; *fields != NULL; fields++) {
		value = strchr(*fields, '=');
		if (value == NULL)
			continue;
		if (compat_str_begins(*fields, "uid=")) {
			if (str_to_uid(value + 1, &user_uid) < 0)
				return 0;
		} else if (compat_str_begins(*fields, "acl_groups=")) {
			*acl_groups_r = value + 1;
		}
	}
	return user_uid == uid && uid != (uid_t)-1 ? 1 : 0;
}

#ifdef DT_DOVECOT_24
int compat_storage_open_user(struct mail_storage_service_ctx *ctx,
			     const char *service,
			     const struct compat_login_client *client,
			     struct event *event_parent,
			     struct mail_user **user_r, const char **error_r)
{
	/* The acl plugin looks at its files only every 30 s in a process.  A
	   worker lives for hours and is asked right after a grant. */
	const char *overrides[] = { "acl_cache_ttl=0", NULL, NULL, NULL };
	struct mail_storage_service_input input;

	compat_storage_input(service, client, event_parent, &input);
	if (client->acl_user != NULL) {
		overrides[1] = t_strconcat("acl_user=", client->acl_user, NULL);
		overrides[2] = t_strconcat("acl_groups=", client->acl_groups,
					   NULL);
	}
	input.code_override_fields = overrides;
	return mail_storage_service_lookup_next(ctx, &input, user_r,
						error_r) <= 0 ? -1 : 0;
}
#else
/* The acl plugin looks at its files only every 30 s in a process.  A worker
   lives for hours and is asked right after a grant, so it looks each time. */
static void compat_acl_no_cache(struct mail_storage_service_user *user)
{
	void **sets = mail_storage_service_user_get_set(user);
	const struct mail_user_settings *set = sets[0];
	const char *const *envs, *error, *value = NULL;
	unsigned int i, count;

	if (!array_is_created(&set->plugin_envs))
		return;
	envs = array_get(&set->plugin_envs, &count);
	for (i = 0; i + 1 < count; i += 2) {
		if (strcmp(envs[i], "acl") == 0)
			value = envs[i + 1];
	}
	if (value == NULL || !compat_str_begins(value, "vfile") ||
	    strstr(value, "cache_secs=") != NULL)
		return;
	value = t_strdup_printf("%s%s:cache_secs=0", value,
				strchr(value, ':') == NULL ? ":" : "");
	(void)mail_storage_service_user_set_setting(user, "plugin/acl", value,
						    &error);
}

static void
compat_acl_user(struct mail_storage_service_user *user,
		const struct compat_login_client *client)
{
	const char *error, *groups = client->acl_groups;

	if (client->acl_user == NULL)
		return;
	(void)mail_storage_service_user_set_setting(user, "plugin/acl_user",
						    client->acl_user, &error);
	(void)mail_storage_service_user_set_setting(user, "plugin/acl_groups",
		groups == NULL ? "" : groups, &error);
}

int compat_storage_open_user(struct mail_storage_service_ctx *ctx,
			     const char *service,
			     const struct compat_login_client *client,
			     struct event *event_parent,
			     struct mail_user **user_r, const char **error_r)
{
	struct mail_storage_service_input input;
	struct mail_storage_service_user *user;
	int ret;

	compat_storage_input(service, client, event_parent, &input);
	ret = mail_storage_service_lookup(ctx, &input, &user, error_r);
	if (ret <= 0) {
		if (ret == 0)
			*error_r = "User not found";
		return -1;
	}
	compat_acl_no_cache(user);
	compat_acl_user(user, client);
	ret = mail_storage_service_next(ctx, user, user_r, error_r);
	mail_storage_service_user_unref(&user);
	return ret < 0 ? -1 : 0;
}
#endif
