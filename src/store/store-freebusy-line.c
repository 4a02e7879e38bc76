/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lines of dovetail-freebusy: no I/O. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "strescape.h"
#include "dovetail-freebusy.h"

#define REQUEST "F1"
#define KNOWN "+"
#define UNKNOWN "-"
#define LATER "!"

const char *freebusy_request(const struct freebusy_request *request)
{
	return t_strdup_printf(REQUEST"\t%s\t%s\t%"PRId64"\t%"PRId64,
			       str_tabescape(request->asker),
			       str_tabescape(request->user),
			       (int64_t)request->start, (int64_t)request->end);
}

bool freebusy_request_parse(const char *line,
			    struct freebusy_request *request_r)
{
	const char *const *fields = t_strsplit_tabescaped(line);
	int64_t start, end;

	if (str_array_length(fields) != 5 || strcmp(fields[0], REQUEST) != 0 ||
	    *fields[1] == '\0' || *fields[2] == '\0' ||
	    str_to_int64(fields[3], &start) < 0 ||
	    str_to_int64(fields[4], &end) < 0 || start < 0 || end <= start ||
	    end - start > FREEBUSY_RANGE_MAX)
		return FALSE;
	request_r->asker = fields[1];
	request_r->user = fields[2];
	request_r->start = start;
	request_r->end = end;
	return TRUE;
}

void freebusy_answer(string_t *dest, int ret,
		     const ARRAY_TYPE(store_busy_time) *times)
{
	const struct store_busy_time *time;

	str_append(dest, ret > 0 ? KNOWN : ret < 0 ? LATER : UNKNOWN);
	if (ret <= 0)
		return;
	array_foreach(times, time) {
		str_printfa(dest, "\t%"PRId64" %"PRId64" %d",
			    (int64_t)time->start, (int64_t)time->end,
			    (int)time->busy);
	}
}

/* "start end busy" */
static bool freebusy_time(const char *text, struct store_busy_time *time_r)
{
	const char *const *words = t_strsplit(text, " ");
	int64_t start, end;
	unsigned int busy;

	if (str_array_length(words) != 3 ||
	    str_to_int64(words[0], &start) < 0 ||
	    str_to_int64(words[1], &end) < 0 || end <= start ||
	    str_to_uint(words[2], &busy) < 0 || busy >= STORE_BUSY_UNKNOWN)
		return FALSE;
	time_r->start = start;
	time_r->end = end;
	time_r->busy = (enum store_busy)busy;
	return TRUE;
}

int freebusy_answer_parse(const char *line, ARRAY_TYPE(store_busy_time) *times)
{
	const char *const *fields = t_strsplit(line, "\t");
	struct store_busy_time time;

	if (fields[0] == NULL || strcmp(fields[0], KNOWN) != 0)
		return null_strcmp(fields[0], UNKNOWN) == 0 ? 0 : -1;
	for (fields++; *fields != NULL; fields++) {
		if (!freebusy_time(*fields, &time))
			return -1;
		array_push_back(times, &time);
	}
	return 1;
}
