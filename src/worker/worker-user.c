/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process: Dovecot's master starts it with a login of the front's; auth,
   not the front, says whose worker it is; it then runs as that user, takes
   requests as descriptors over its main socket, and ends when the front closes
   that socket. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "compat.h"
#include "fdpass.h"
#include "ioloop.h"
#include "mail-storage-service.h"
#include "mail-user.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "process-title.h"
#include "restrict-access.h"
#include "settings-parser.h"
#include "write-full.h"
#include "dovetail-directory.h"
#include "dovetail-settings.h"
#include "dovetail-store.h"
#include "dovetail-sieve.h"
#include "dovetail-submit.h"
#include "worker.h"

#include <dlfcn.h>
#include <unistd.h>

/* Warm mailboxes are closed when nobody asked for so long */
#define WORKER_IDLE_MSECS (5 * 60 * 1000)

static struct mail_storage_service_ctx *worker_storage;
static struct compat_login *worker_login;
/* The process's only user */
static struct worker *worker_instance;
static bool worker_verbose_title;

static struct event_category event_category_dovetail = {
	.name = "dovetail",
};

void worker_set_title(struct worker *worker, const char *what)
{
	if (!worker_verbose_title)
		return;
	T_BEGIN {
		process_title_set(t_strdup_printf("[%s%s%s]",
			worker->user->username,
			what == NULL ? "" : " ", what == NULL ? "" : what));
	} T_END;
}

static void worker_protocols_end(void)
{
	for (const struct worker_protocol *p = worker_protocols;
	     p->path != NULL; p++) {
		if (p->deinit != NULL)
			p->deinit();
	}
}

static void worker_free(struct worker *worker)
{
	worker_instance = NULL;
	timeout_remove(&worker->to_idle);
	io_remove(&worker->main_io);
	i_close_fd(&worker->main_fd);
	worker_protocols_end();
	directory_deinit(&worker->directory);
	sieve_box_deinit(&worker->sieve);
	if (worker->submit != NULL)
		submit_deinit(&worker->submit);
	if (worker->store != NULL)
		store_deinit(&worker->store);
	if (worker->user != NULL)
		mail_user_deinit(&worker->user);
	event_unref(&worker->event);
	pool_unref(&worker->pool);
}

static void worker_exit(struct worker *worker)
{
	worker_free(worker);
	/* the process runs as its user: it can serve no other one */
	master_service_client_connection_destroyed(master_service);
	master_service_stop(master_service);
}

void worker_request_gone(struct worker *worker)
{
	if (worker->main_fd == -1 && worker->requests == NULL &&
	    worker->user != NULL)
		worker_exit(worker);
}

static void worker_idle(struct worker *worker)
{
	if (worker->requests == NULL)
		store_close_idle(worker->store);
}

static void worker_write(int fd, buffer_t *buf)
{
	/* few words, which the front reads at once: they fit into the
	   socket's buffer */
	if (write_full(fd, buf->data, buf->used) < 0 && errno != EPIPE)
		i_error("write(front) failed: %m");
}

/* The front would end us, were it not for what we hold. */
static void worker_asked_to_leave(struct worker *worker)
{
	buffer_t *buf = t_buffer_create(IPC_FRAME_HEADER_SIZE);
	bool leave = worker->requests == NULL;

	for (const struct worker_protocol *p = worker_protocols;
	     p->path != NULL; p++) {
		if (p->leave != NULL && !p->leave())
			leave = FALSE;
	}
	ipc_frame_append(buf, leave ? IPC_LEAVE : IPC_STAY, "", 0);
	worker_write(worker->main_fd, buf);
}

static void worker_main_input(struct worker *worker)
{
	char cmd;
	ssize_t ret;
	int fd;

	for (;;) {
		fd = -1;
		ret = fd_read(worker->main_fd, &cmd, 1, &fd);
		if (ret <= 0)
			break;
		if (fd == -1) {
			if (cmd == IPC_ASK_LEAVE) T_BEGIN {
				worker_asked_to_leave(worker);
			} T_END;
			continue;
		}
		if (cmd != IPC_PASS_REQUEST) {
			i_close_fd(&fd);
			continue;
		}
		worker_request_add(worker, fd);
	}
	timeout_reset(worker->to_idle);
	if (ret < 0 && errno == EAGAIN)
		return;
	io_remove(&worker->main_io);
	i_close_fd(&worker->main_fd);
	worker_request_gone(worker);
}

static void worker_refuse(int fd, unsigned int status, const char *reason)
{
	struct ipc_refuse refuse;
	buffer_t *buf = t_buffer_create(128);

	i_zero(&refuse);
	refuse.status = status;
	refuse.reason = reason;
	t_array_init(&refuse.headers, 1);
	ipc_refuse_append(buf, &refuse);
	worker_write(fd, buf);
	i_close_fd(&fd);
	master_service_client_connection_destroyed(master_service);
	/* privileges may have been dropped already */
	master_service_stop(master_service);
}

static void worker_send_token(struct worker *worker)
{
	struct ipc_token token;
	buffer_t *buf = t_buffer_create(256);

	i_zero(&token);
	token.user = worker->user->username;
	token.pid = getpid();
	token.session_id = worker->user->session_id;
	token.token = worker->user->auth_token;
	ipc_token_append(buf, &token);
	worker_write(worker->main_fd, buf);
}

/* userdb field dovetail=no keeps a user out */
static bool worker_user_allowed(const char *const *fields)
{
	for (; fields != NULL && *fields != NULL; fields++) {
		if (compat_str_begins(*fields, "dovetail=")) {
			const char *value = *fields + strlen("dovetail=");

			return *value != 'n' && *value != 'N' && *value != '0';
		}
	}
	return TRUE;
}

static struct event *
worker_event(const struct compat_login_client *client)
{
	struct event *event = event_create(NULL);

	event_add_category(event, &event_category_dovetail);
	event_add_str(event, "user", client->username);
	if (client->session_id != NULL)
		event_add_str(event, "session", client->session_id);
	return event;
}

static const char *worker_setting(void *context, const char *name)
{
	return compat_user_setting(context, name);
}

/* Without a directory mail works: a fault in its settings is only logged. */
static void worker_open_directory(struct worker *worker)
{
	const struct directory_settings set = {
		.get_setting = worker_setting, .context = worker->user,
		.username = worker->user->username,
		.base_dir = worker->user->set->base_dir,
		.event = worker->event,
	};
	const char *error;

	if (directory_init(&set, &worker->directory, &error) < 0)
		e_error(worker->event, "%s", error);
}

/* Without it there are neither device records nor pushes. */
static int worker_check_plugin(const char **error_r)
{
	if (dlsym(RTLD_DEFAULT, "dovetail_user_set_origin") != NULL)
		return 0;
	*error_r = "The dovetail plugin is not loaded: add dovetail to "
		"mail_plugins (as 11-dovetail-plugin.conf does)";
	return -1;
}

static const char *worker_get_setting(void *context, const char *name)
{
	struct worker *worker = context;

	return store_setting(worker->store, name);
}

/* What stood in the configuration kept the service from starting: this is from
   the userdb, and as good as unset. */
static void worker_setting_wrong(void *context, const char *text)
{
	struct worker *worker = context;

	e_error(worker->event, "Setting of the user: %s", text);
}

static int worker_open(const struct compat_login_client *client,
		       struct worker **worker_r, const char **error_r)
{
	struct worker *worker;
	pool_t pool;

	pool = pool_alloconly_create("worker", 1024);
	worker = p_new(pool, struct worker, 1);
	worker->pool = pool;
	worker->main_fd = -1;
	worker->event = worker_event(client);
	if (compat_storage_open_user(worker_storage, "dovetail", client,
				     worker->event, &worker->user,
				     error_r) < 0 ||
	    worker_check_plugin(error_r) < 0 ||
	    store_init(worker->user, worker->event, &worker->store,
		       error_r) < 0 ||
	    submit_init(worker->user, &worker->submit, error_r) < 0) {
		worker_free(worker);
		return -1;
	}
	dovetail_settings_check(worker_get_setting, worker_setting_wrong,
				worker);
	worker_open_directory(worker);
	worker->sieve = sieve_box_init(worker->user, worker->event);
	/* settings are there only now */
	worker_verbose_title = compat_verbose_proctitle(master_service);
	restrict_access_allow_coredumps(TRUE);
	*worker_r = worker;
	return 0;
}

static void worker_login_success(const struct compat_login_client *client)
{
	struct worker *worker;
	const char *error;

	if (!worker_user_allowed(client->userdb_fields)) {
		worker_refuse(client->fd, 403, "dovetail=no in userdb");
		return;
	}
	if (worker_open(client, &worker, &error) < 0) {
		i_error("User %s: %s", client->username, error);
		worker_refuse(client->fd, 503, "user cannot be opened");
		return;
	}
	worker_instance = worker;
	worker->main_fd = client->fd;
	net_set_nonblock(worker->main_fd, TRUE);
	worker_set_title(worker, NULL);
	worker_send_token(worker);
	worker->main_io = io_add(worker->main_fd, IO_READ,
				 worker_main_input, worker);
	worker->to_idle = timeout_add(WORKER_IDLE_MSECS, worker_idle, worker);
}

/* Dovecot's login code counts a failed connection as gone by itself. */
static void worker_login_failure(const char *error)
{
	i_error("Login failed: %s", error);
}

static void worker_connected(struct master_service_connection *conn)
{
	master_service_client_connection_accept(conn);
	compat_login_add(worker_login, conn->fd);
}

int worker_main(int argc, char *argv[])
{
	static const struct compat_login_callbacks callbacks = {
		.success = worker_login_success,
		.failure = worker_login_failure,
	};

	master_service = master_service_init("dovetail-worker",
		COMPAT_MASTER_FLAG_KEEP_CONFIG_OPEN, &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;

	worker_storage = compat_storage_init(master_service, 0);
	worker_login = compat_login_init(master_service, &callbacks);
	master_service_init_finish(master_service);
	/* fake that we're running, so we know if the client was destroyed
	   while handling its login */
	io_loop_set_running(current_ioloop);
	master_service_run(master_service, worker_connected);

	if (worker_instance != NULL) {
		worker_requests_free(worker_instance);
		worker_free(worker_instance);
	}
	compat_login_deinit(&worker_login);
	mail_storage_service_deinit(&worker_storage);
	master_service_deinit(&master_service);
	return 0;
}
