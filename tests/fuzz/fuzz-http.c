/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the front itself reads of a client's request: target, query in both
   forms, Authorization, names that go into answers and logs. (The head is read
   by Dovecot's lib-http.) */

#include "lib.h"
#include "str.h"
#include "front-auth-sasl.h"
#include "front-bus.h"
#include "front-http.h"
#include "front-route.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void check_sasl(const char *text)
{
	const char *user, *password;
	string_t *dest = t_str_new(128);
	time_t expires;

	if (front_sasl_basic_parse(text, &user, &password) == 0) {
		for (int format = FRONT_DOMAIN_AUTO;
		     format <= (int)FRONT_DOMAIN_KEEP; format++) {
			front_sasl_plain(dest, front_sasl_login_name(
				(enum front_domain_format)format, user),
				password);
		}
	}
	user = front_sasl_bearer_user(text, NULL, &expires);
	if (user != NULL)
		front_sasl_oauthbearer(dest, user, text);
}

static void check_header(const char *text)
{
	string_t *dest = t_str_new(128);
	const char *line;

	if (!front_http_header(dest, "X-Test", text))
		return;
	/* one line, whatever it was */
	line = strchr(str_c(dest), '\r');
	i_assert(line != NULL && strcmp(line, "\r\n") == 0);
}

static void line_count(void *context, const unsigned char *line, size_t size)
{
	unsigned int *count = context;

	i_assert(size <= DT_BUS_MAX_LINE || memchr(line, '\n', size) == NULL);
	(*count)++;
}

static void check_bus(const unsigned char *data, size_t size)
{
	struct front_bus_lines *lines = i_new(struct front_bus_lines, 1);
	unsigned int count = 0;
	size_t half = size / 2;

	front_bus_lines_feed(lines, data, half, line_count, &count);
	front_bus_lines_feed(lines, data + half, size - half, line_count,
			     &count);
	i_free(lines);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct front_target target;
	const char *text;

	check_bus(data, size);
	if (memchr(data, '\0', size) != NULL)
		return 0;
	T_BEGIN {
		text = t_strndup(data, size);
		front_target_parse_eas(text, &target);
		(void)front_route_find(text);
		(void)front_route_is_healthcheck(text);
		check_sasl(text);
		check_header(text);
	} T_END;
	return 0;
}
