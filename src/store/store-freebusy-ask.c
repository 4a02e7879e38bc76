/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Free/busy of a user whose database is out of reach: dovetail-freebusy is asked,
   where the site runs it: of those who are asked about soon, some at a time. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "net.h"
#include "write-full.h"
#include "mail-storage-settings.h"
#include "mail-user.h"
#include "dovetail-freebusy.h"
#include "store-items.h"

#include <poll.h>
#include <unistd.h>

#define ASK_MSECS 10000
/* Processes that one request may keep busy */
#define ASK_PARALLEL 8
/* A year of appointments */
#define ASK_ANSWER_MAX (1024 * 1024)

/* NULL: none came in time */
static const char *ask_answer(int fd)
{
	struct istream *input = i_stream_create_fd(fd, ASK_ANSWER_MAX);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	const char *line;

	while ((line = i_stream_next_line(input)) == NULL) {
		if (poll(&pfd, 1, ASK_MSECS) <= 0 || i_stream_read(input) < 0)
			break;
	}
	line = t_strdup(line);
	i_stream_unref(&input);
	return line;
}

/* --- several at a time ------------------------------------------------------------- */

struct store_ask {
	char *user;
	time_t start, end;
	/* -1: not asked yet */
	int fd;
};

struct store_asks {
	ARRAY(struct store_ask) list;
	unsigned int open;
};

/* The question is on its way: the descriptor; -1 and errno */
static int ask_send(struct store *store, const char *user, time_t start,
		    time_t end)
{
	const char *path = t_strconcat(store->user->set->base_dir,
				       "/" FREEBUSY_SOCKET, NULL);
	const struct freebusy_request request = {
		.asker = store->user->username, .user = user,
		.start = start, .end = end,
	};
	const char *text;
	int fd = net_connect_unix(path);

	if (fd == -1)
		return -1;
	text = t_strconcat(freebusy_request(&request), "\n", NULL);
	/* it fits into the socket's buffer */
	if (write_full(fd, text, strlen(text)) < 0)
		net_disconnect(fd);
	else
		return fd;
	return -1;
}

/* Those that may be open are. */
static void asks_begin(struct store *store)
{
	struct store_asks *asks = store->asks;
	struct store_ask *ask;

	array_foreach_modifiable(&asks->list, ask) {
		if (asks->open >= ASK_PARALLEL)
			break;
		if (ask->fd != -1)
			continue;
		ask->fd = ask_send(store, ask->user, ask->start, ask->end);
		if (ask->fd == -1)
			break;
		asks->open++;
	}
}

void store_asks_add(struct store *store, const char *user, time_t start,
		    time_t end)
{
	struct store_ask *ask;

	if (store->asks == NULL) {
		store->asks = i_new(struct store_asks, 1);
		i_array_init(&store->asks->list, 16);
	}
	ask = array_append_space(&store->asks->list);
	ask->user = i_strdup(user);
	ask->start = start;
	ask->end = end;
	ask->fd = -1;
	asks_begin(store);
}

/* The descriptor of one that was asked; -1: it was not */
static int asks_take(struct store *store, const char *user, time_t start,
		     time_t end)
{
	struct store_asks *asks = store->asks;
	struct store_ask *ask;
	int fd = -1;

	if (asks == NULL)
		return -1;
	array_foreach_modifiable(&asks->list, ask) {
		if (strcmp(ask->user, user) != 0 || ask->start != start ||
		    ask->end != end)
			continue;
		fd = ask->fd;
		i_free(ask->user);
		array_delete(&asks->list,
			     array_foreach_idx(&asks->list, ask), 1);
		break;
	}
	if (fd != -1)
		asks->open--;
	return fd;
}

void store_asks_deinit(struct store *store)
{
	struct store_ask *ask;

	if (store->asks == NULL)
		return;
	array_foreach_modifiable(&store->asks->list, ask) {
		if (ask->fd != -1)
			net_disconnect(ask->fd);
		i_free(ask->user);
	}
	array_free(&store->asks->list);
	i_free(store->asks);
}

/* --- one --------------------------------------------------------------------------- */

int store_freebusy_ask(struct store *store, const char *user, time_t start,
		       time_t end, ARRAY_TYPE(store_busy_time) *times)
{
	const char *line;
	int ret, fd = asks_take(store, user, start, end);

	if (fd == -1)
		fd = ask_send(store, user, start, end);
	if (fd == -1) {
		if (errno == ENOENT || errno == EACCES)
			return 0;
		return store_fail(store, STORE_ERROR_BUSY,
			t_strdup_printf("dovetail-freebusy cannot be asked: %m"));
	}
	net_set_nonblock(fd, TRUE);
	line = ask_answer(fd);
	net_disconnect(fd);
	if (store->asks != NULL)
		asks_begin(store);
	ret = line == NULL ? -1 : freebusy_answer_parse(line, times);
	if (ret >= 0)
		return ret;
	array_clear(times);
	return store_fail(store, STORE_ERROR_BUSY,
			  "dovetail-freebusy cannot tell now");
}
