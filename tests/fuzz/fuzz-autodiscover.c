/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Autodiscover: the first line of the input is "METHOD path?query", the rest is
   the body. */

#include "lib.h"
#include "dovetail-autodiscover.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

static const struct autodiscover_mailbox mailboxes[] = {
	{ "ben@example.org", "Ben" },
	{ NULL, NULL }
};

static void handle(const char *line, const unsigned char *body, size_t size,
		   const char *user)
{
	struct autodiscover_input in = {
		.pool = pool_alloconly_create("fuzz", 2048),
		.body = body, .body_size = size,
		.user = user,
		.base_url = "https://mail.example.org",
		.secured = user != NULL,
		.email = "alice@example.org",
		.mapi = TRUE,
		.mailboxes = mailboxes,
		.public_address = "public-folders@example.org",
	};
	struct autodiscover_reply reply;
	const char *p = strchr(line, ' ');

	in.method = p == NULL ? "POST" : t_strdup_until(line, p);
	in.path = p == NULL ? line : p + 1;
	in.query = strchr(in.path, '?');
	if (in.query != NULL)
		in.path = t_strdup_until(in.path, in.query++);

	if (autodiscover_handle(&in, &reply) > 0) {
		i_assert(reply.status != 0 && reply.log != NULL);
		i_assert(reply.body == NULL ||
			 strlen(reply.body) == reply.body_size);
	}
	pool_unref(&in.pool);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const unsigned char *end;
	size_t len;

	if (size == 0)
		return 0;
	T_BEGIN {
		end = memchr(data, '\n', size);
		len = end == NULL ? size : (size_t)(end - data);
		const char *line = t_strndup(data, len);

		len = I_MIN(len + 1, size);
		handle(line, data + len, size - len, NULL);
		handle(line, data + len, size - len, "alice");
	} T_END;
	return 0;
}
