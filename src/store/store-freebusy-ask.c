/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Free/busy of a user whose database is out of reach: dovetail-freebusy is asked,
   where the site runs it. */

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

int store_freebusy_ask(struct store *store, const char *user, time_t start,
		       time_t end, ARRAY_TYPE(store_busy_time) *times)
{
	const char *path = t_strconcat(store->user->set->base_dir,
				       "/" FREEBUSY_SOCKET, NULL);
	const struct freebusy_request request = {
		.asker = store->user->username, .user = user,
		.start = start, .end = end,
	};
	const char *text, *line = NULL;
	int ret, fd = net_connect_unix(path);

	if (fd == -1) {
		if (errno == ENOENT || errno == EACCES)
			return 0;
		return store_fail(store, STORE_ERROR_BUSY,
			t_strdup_printf("connect(%s) failed: %m", path));
	}
	text = t_strconcat(freebusy_request(&request), "\n", NULL);
	net_set_nonblock(fd, FALSE);
	if (write_full(fd, text, strlen(text)) == 0) {
		net_set_nonblock(fd, TRUE);
		line = ask_answer(fd);
	}
	net_disconnect(fd);
	ret = line == NULL ? -1 : freebusy_answer_parse(line, times);
	if (ret >= 0)
		return ret;
	array_clear(times);
	return store_fail(store, STORE_ERROR_BUSY,
			  "dovetail-freebusy cannot tell now");
}
