/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of dovetail-freebusy: what is read is written as it was meant. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-freebusy.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void check_request(const char *line)
{
	struct freebusy_request request, again;

	if (!freebusy_request_parse(line, &request))
		return;
	i_assert(request.start >= 0 && request.end > request.start);
	i_assert(*request.user != '\0' && *request.asker != '\0');
	i_assert(freebusy_request_parse(freebusy_request(&request), &again));
	i_assert(strcmp(request.user, again.user) == 0);
	i_assert(strcmp(request.asker, again.asker) == 0);
	i_assert(request.start == again.start && request.end == again.end);
}

static void check_answer(const char *line)
{
	ARRAY_TYPE(store_busy_time) times, again;
	string_t *str = t_str_new(256);

	t_array_init(&times, 8);
	t_array_init(&again, 8);
	if (freebusy_answer_parse(line, &times) <= 0)
		return;
	freebusy_answer(str, 1, &times);
	i_assert(freebusy_answer_parse(str_c(str), &again) == 1);
	i_assert(array_count(&times) == array_count(&again));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	T_BEGIN {
		const char *line = t_strndup(data, size);

		check_request(line);
		check_answer(line);
	} T_END;
	return 0;
}
