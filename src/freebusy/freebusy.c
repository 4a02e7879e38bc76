/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* dovetail-freebusy: when is a user busy, asked by a worker of another user who may
   not open this one's database (sites where each user has a uid). A process for
   each question: it becomes the user who is asked about, and ends.

   Who may connect is in the internal group, as all mail processes are. The
   kernel tells the asking process's uid; if that is the uid of the user it names,
   what this user may see is told: Dovecot's ACL is asked for it. Else only what
   everybody of the site may know. */

#include "lib.h"
#include "array.h"
#include "compat.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "mail-storage-service.h"
#include "mail-user.h"
#include "str.h"
#include "write-full.h"
#include "dovetail-freebusy.h"

#include <unistd.h>

#define FREEBUSY_READ_MSECS 5000
#define FREEBUSY_LINE_MAX 1024

static struct mail_storage_service_ctx *freebusy_storage;
static struct event *freebusy_event;

struct freebusy_client {
	int fd;
	struct istream *input;
	struct io *io;
	struct timeout *to;
};

/* 1, 0, -1 */
static int freebusy_read(struct mail_user *user, const char *asker,
			 const struct freebusy_request *request,
			 pool_t pool, ARRAY_TYPE(store_busy_time) *times)
{
	struct store *store;
	const char *error;
	int ret;

	if (store_init(user, freebusy_event, &store, &error) < 0) {
		e_error(freebusy_event, "%s", error);
		return -1;
	}
	ret = store_freebusy_for(store, asker, request->start, request->end,
				 pool, times);
	store_deinit(&store);
	return ret;
}

/* The name of the asking user, if the process at the other end is that user's;
   NULL: it is not, or nobody can tell. */
static const char *freebusy_asker(int fd, const char *name, pool_t pool,
				  const char **groups_r)
{
	struct net_unix_cred cred;
	const char *error;
	int ret;

	if (net_getunixcred(fd, &cred) < 0)
		return NULL;
	ret = compat_storage_user_has_uid(freebusy_storage, "dovetail", name,
					  cred.uid, pool, groups_r, &error);
	if (ret < 0)
		e_error(freebusy_event, "User %s: %s", name, error);
	return ret > 0 ? name : NULL;
}

/* Of a user who is not there the answer is no other than of one who shows
   nothing. */
static void freebusy_of(int fd, const struct freebusy_request *request,
			pool_t pool, string_t *answer)
{
	struct compat_login_client client = {
		.fd = -1, .username = request->user
	};
	ARRAY_TYPE(store_busy_time) times;
	struct mail_user *user;
	const char *asker, *error;
	int ret;

	asker = freebusy_asker(fd, request->asker, pool, &client.acl_groups);
	client.acl_user = asker;
	if (compat_storage_open_user(freebusy_storage, "dovetail", &client,
				     freebusy_event, &user, &error) < 0) {
		e_debug(freebusy_event, "User %s: %s", request->user, error);
		freebusy_answer(answer, 0, NULL);
		return;
	}
	ret = freebusy_read(user, asker, request, pool, &times);
	freebusy_answer(answer, ret, &times);
	mail_user_deinit(&user);
}

static void freebusy_line(int fd, const char *line, string_t *answer)
{
	struct freebusy_request request;
	pool_t pool;

	if (!freebusy_request_parse(line, &request)) {
		freebusy_answer(answer, 0, NULL);
		return;
	}
	pool = pool_alloconly_create("free/busy", 1024);
	freebusy_of(fd, &request, pool, answer);
	pool_unref(&pool);
}

static void freebusy_end(struct freebusy_client *client)
{
	io_remove(&client->io);
	timeout_remove(&client->to);
	i_stream_unref(&client->input);
	net_disconnect(client->fd);
	i_free(client);
	master_service_client_connection_destroyed(master_service);
	/* the process has become a user */
	master_service_stop(master_service);
}

static void freebusy_input(struct freebusy_client *client)
{
	const char *line;
	string_t *answer;
	int ret;

	ret = i_stream_read(client->input);
	line = i_stream_next_line(client->input);
	if (line == NULL) {
		if (ret < 0)
			freebusy_end(client);
		return;
	}
	T_BEGIN {
		answer = t_str_new(256);
		freebusy_line(client->fd, line, answer);
		str_append_c(answer, '\n');
		net_set_nonblock(client->fd, FALSE);
		if (write_full(client->fd, str_data(answer),
			       str_len(answer)) < 0 && errno != EPIPE)
			i_error("write(client) failed: %m");
	} T_END;
	freebusy_end(client);
}

static void freebusy_connected(struct master_service_connection *conn)
{
	struct freebusy_client *client = i_new(struct freebusy_client, 1);

	master_service_client_connection_accept(conn);
	client->fd = conn->fd;
	net_set_nonblock(client->fd, TRUE);
	client->input = i_stream_create_fd(client->fd, FREEBUSY_LINE_MAX);
	client->io = io_add(client->fd, IO_READ, freebusy_input, client);
	client->to = timeout_add(FREEBUSY_READ_MSECS, freebusy_end, client);
}

int main(int argc, char *argv[])
{
	master_service = master_service_init("dovetail-freebusy",
		COMPAT_MASTER_FLAG_KEEP_CONFIG_OPEN, &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;
	freebusy_storage = compat_storage_init(master_service,
		MAIL_STORAGE_SERVICE_FLAG_USERDB_LOOKUP);
	freebusy_event = event_create(NULL);
	master_service_init_finish(master_service);
	master_service_run(master_service, freebusy_connected);
	event_unref(&freebusy_event);
	mail_storage_service_deinit(&freebusy_storage);
	master_service_deinit(&master_service);
	return 0;
}
