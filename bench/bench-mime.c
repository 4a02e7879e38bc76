/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a message costs in src/convert when its headers and parts are cached:
   bench-mime FILE.. prints CPU microseconds a message for each thing asked. Files
   come from bench/corpus.py (maildir). */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "message-header-parser.h"
#include "dovetail-mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 5

struct bench_header {
	const char *name, *value;
};

struct bench_message {
	const char *path;
	struct message_part *parts;
	ARRAY(struct bench_header) headers;
};

static ARRAY_TYPE(const_string) header_values;

static int bench_open(void *context, struct istream **input_r,
		      const char **error_r ATTR_UNUSED)
{
	struct bench_message *bm = context;

	*input_r = i_stream_create_file(bm->path, IO_BLOCK_SIZE);
	return 0;
}

static int
bench_get_headers(void *context, const char *name,
		  const char *const **values_r,
		  const char **error_r ATTR_UNUSED)
{
	struct bench_message *bm = context;
	const struct bench_header *hdr;

	array_clear(&header_values);
	array_foreach(&bm->headers, hdr) {
		if (strcasecmp(hdr->name, name) == 0)
			array_push_back(&header_values, &hdr->value);
	}
	if (array_count(&header_values) == 0)
		return 0;
	array_append_zero(&header_values);
	*values_r = array_front(&header_values);
	return 1;
}

static bool header_is_wanted(const char *name)
{
	return str_array_icase_find(mime_wanted_headers, name);
}

static void bench_load(pool_t pool, struct bench_message *bm, const char *path)
{
	struct istream *input = i_stream_create_file(path, IO_BLOCK_SIZE);
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	struct bench_header *bh;
	const char *error;

	bm->path = path;
	if (mime_parse_parts(pool, input, &bm->parts, &error) < 0)
		i_fatal("%s", error);
	p_array_init(&bm->headers, pool, 16);
	i_stream_seek(input, 0);
	parser = message_parse_header_init(input, NULL,
		MESSAGE_HEADER_PARSER_FLAG_CLEAN_ONELINE |
		MESSAGE_HEADER_PARSER_FLAG_SKIP_INITIAL_LWSP);
	while (message_parse_header_next(parser, &hdr) > 0 && !hdr->eoh) {
		if (hdr->continues) {
			hdr->use_full_value = TRUE;
		} else if (header_is_wanted(hdr->name)) {
			bh = array_append_space(&bm->headers);
			bh->name = p_strdup(pool, hdr->name);
			bh->value = p_strndup(pool, hdr->full_value,
					      hdr->full_value_len);
		}
	}
	message_parse_header_deinit(&parser);
	i_stream_unref(&input);
}

enum bench_what {
	BENCH_OPEN, BENCH_FACTS, BENCH_STRUCTURE, BENCH_HTML, BENCH_PREVIEW,
	BENCH_SYNC, BENCH_PLAIN, BENCH_RAW, BENCH_MIME, BENCH_COUNT
};
static const char *const bench_names[] = {
	"open, no bytes", "facts and conversation", "structure, attachments",
	"HTML cut at 500", "plain cut at 500, preview",
	"facts, structure, HTML cut at 500", "plain, all",
	"the file read", "MIME, all"
};

static uoff_t bench_read(struct istream *input)
{
	const unsigned char *data;
	uoff_t size_all = 0;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		i_stream_skip(input, size);
		size_all += size;
	}
	return size_all;
}

static uoff_t bench_body(struct mime_message *msg, enum mime_body_type type,
			 uoff_t limit, unsigned int preview)
{
	struct mime_body_request request = { type, limit, preview };
	struct mime_body body;
	const char *error;
	uoff_t size;

	if (mime_message_get_body(msg, &request, &body, &error) < 0)
		i_fatal("%s", error);
	if (body.input == NULL)
		return str_len(body.data);
	size = bench_read(body.input);
	i_stream_unref(&body.input);
	return size;
}

static uoff_t bench_one(struct mime_message *msg, enum bench_what what,
			struct bench_message *bm)
{
	unsigned char id[MIME_CONVERSATION_ID_LEN];
	const struct mime_structure *structure;
	const struct mime_facts *facts;
	const char *error;
	struct istream *input;
	uoff_t size = 0;

	if (what == BENCH_FACTS || what == BENCH_SYNC) {
		if (mime_message_get_facts(msg, &facts, &error) < 0 ||
		    mime_conversation_id(msg, id, &error) < 0)
			i_fatal("%s", error);
	}
	if (what == BENCH_STRUCTURE &&
	    mime_message_get_structure(msg, &structure, &error) < 0)
		i_fatal("%s", error);
	if (what == BENCH_HTML || what == BENCH_SYNC)
		size = bench_body(msg, MIME_BODY_HTML, 500, 0);
	if (what == BENCH_PREVIEW)
		size = bench_body(msg, MIME_BODY_PLAIN, 500, 255);
	if (what == BENCH_PLAIN)
		size = bench_body(msg, MIME_BODY_PLAIN, MIME_SIZE_UNLIMITED, 0);
	if (what == BENCH_MIME)
		size = bench_body(msg, MIME_BODY_MIME, MIME_SIZE_UNLIMITED, 0);
	if (what == BENCH_RAW) {
		(void)bench_open(bm, &input, &error);
		size = bench_read(input);
		i_stream_unref(&input);
	}
	return size;
}

static double bench_run(struct bench_message *bms, unsigned int count,
			struct mime_converter *conv, enum bench_what what,
			uoff_t *size_r)
{
	struct timespec t0, t1;
	unsigned int i;

	*size_r = 0;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	for (i = 0; i < count; i++) T_BEGIN {
		struct mime_source source = {
			.open = bench_open,
			.get_headers = bench_get_headers,
			.context = &bms[i],
			.parts = bms[i].parts,
			.conv = conv
		};
		pool_t pool = pool_alloconly_create("message", 4096);
		struct mime_message *msg = mime_message_open(pool, &source);

		*size_r += bench_one(msg, what, &bms[i]);
		mime_message_close(&msg);
		pool_unref(&pool);
	} T_END;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	return ((t1.tv_sec - t0.tv_sec) * 1e9 + t1.tv_nsec - t0.tv_nsec) /
		1e3 / count;
}

int main(int argc, char *argv[])
{
	struct mime_converter *conv;
	struct bench_message *bms;
	unsigned int what, count = argc - 1, i;
	double us, best;
	uoff_t size;
	pool_t pool;

	lib_init();
	i_array_init(&header_values, 8);
	conv = mime_converter_init();
	pool = pool_alloconly_create("bench", 1024 * 1024);
	bms = p_new(pool, struct bench_message, I_MAX(count, 1));
	for (i = 0; i < count; i++)
		bench_load(pool, &bms[i], argv[i + 1]);
	for (what = 0; what < BENCH_COUNT && count > 0; what++) {
		/* one alone, for a profile */
		if (getenv("BENCH_ONLY") != NULL &&
		    (unsigned int)atoi(getenv("BENCH_ONLY")) != what)
			continue;
		best = 0;
		for (i = 0; i < ROUNDS; i++) {
			us = bench_run(bms, count, conv, what, &size);
			if (i == 0 || us < best)
				best = us;
		}
		printf("%-36s %8.2f us a message, %ju bytes\n",
		       bench_names[what], best, (uintmax_t)(size / count));
	}
	mime_converter_deinit(&conv);
	array_free(&header_values);
	pool_unref(&pool);
	lib_deinit();
	return 0;
}
