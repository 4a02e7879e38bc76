/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* dovetail-test-worker: the real worker with one protocol of its own, which
   does what the request's body says. For tests of the front alone.

   The body's first line is a command with words; see test_front.py. */

#include "lib.h"
#include "hex-binary.h"
#include "istream.h"
#include "net.h"
#include "ostream.h"
#include "str.h"
#include "strnum.h"
#include "worker.h"

#include <unistd.h>

static const char *word_get(const char *const *words, const char *key,
			    const char *def)
{
	size_t len = strlen(key);

	for (; *words != NULL; words++) {
		if (strncmp(*words, key, len) == 0 && (*words)[len] == '=')
			return *words + len + 1;
	}
	return def;
}

static unsigned int word_get_num(const char *const *words, const char *key,
				 unsigned int def)
{
	unsigned int num;
	const char *value = word_get(words, key, NULL);

	return value == NULL || str_to_uint(value, &num) < 0 ? def : num;
}

static void reply_text(struct service_request *req, const char *text)
{
	service_reply_data(req, 200, NULL, "text/x-test", text, strlen(text));
}

static void test_echo(struct service_request *req, uoff_t body_size)
{
	const char *const *h;
	string_t *text = t_str_new(512);

	str_printfa(text, "pid=%d method=%s path=%s query=%s remote=%s "
		    "secured=%d resumed=%d waited=%u body=%"PRIuUOFF_T"\n",
		    (int)getpid(), req->method, req->path,
		    req->query == NULL ? "-" : req->query, req->remote_ip,
		    req->secured ? 1 : 0, req->resumed ? 1 : 0,
		    req->waited_msecs, body_size);
	for (h = req->headers; *h != NULL; h += 2)
		str_printfa(text, "%s: %s\n", h[0], h[1]);
	reply_text(req, str_c(text));
}

/* Bytes that show where they belong, and to which answer: see
   test_front.py's noise() */
static void noise_fill(unsigned char *data, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = seed >> 24;
	}
}

static void test_big(struct service_request *req, const char *const *words)
{
	unsigned int size = word_get_num(words, "size", 1), n;
	struct ostream *output;
	unsigned char buf[65521];

	noise_fill(buf, sizeof(buf), word_get_num(words, "seed", 1));
	service_reply_begin(req, 200, NULL);
	service_reply_header(req, "Content-Type", "application/x-test");
	output = service_reply_body(req);
	for (; size > 0; size -= n) {
		n = I_MIN(size, sizeof(buf));
		if (o_stream_send(output, buf, n) < 0)
			return;
	}
}

static void test_park(struct service_request *req, const char *const *words)
{
	const char *answer = word_get(words, "answer", NULL);
	const char *timeout_answer = word_get(words, "timeout", "TIMEOUT");
	const char *guids = word_get(words, "guid", "");
	const char *const *guid;
	struct service_watch *watches;
	struct service_park park;
	buffer_t buf;

	usleep(word_get_num(words, "before", 0) * 1000);
	if (req->resumed) {
		test_echo(req, 0);
		return;
	}
	i_zero(&park);
	park.kind = answer == NULL ? SERVICE_PARK_RESUME : SERVICE_PARK_ANSWER;
	park.seconds = word_get_num(words, "seconds", 60);
	park.name = word_get(words, "name", answer == NULL ? "sync" : "ping");
	park.content_type = "application/vnd.ms-sync.wbxml";
	park.timeout_answer = (const unsigned char *)timeout_answer;
	park.timeout_answer_size = strlen(timeout_answer);

	guid = t_strsplit(guids, ",");
	watches = p_new(req->pool, struct service_watch,
			str_array_length(guid) + 1);
	for (; *guid != NULL; guid++) {
		struct service_watch *watch = &watches[park.watches_count++];

		watch->owner = word_get(words, "owner", "");
		buffer_create_from_data(&buf, watch->guid, sizeof(watch->guid));
		(void)hex_to_binary(*guid, &buf);
		if (answer != NULL) {
			watch->answer = (const unsigned char *)answer;
			watch->answer_size = strlen(answer);
		}
	}
	park.watches = watches;
	service_park(req, &park);
}

static void test_handle(struct service_request *req)
{
	const unsigned char *data;
	const char *const *words;
	string_t *text = t_str_new(1024);
	uoff_t body_size = 0;
	size_t size;

	while (i_stream_read_more(req->body, &data, &size) > 0) {
		if (str_len(text) < 32768)
			str_append_data(text, data, size);
		body_size += size;
		i_stream_skip(req->body, size);
	}
	words = t_strsplit_spaces(t_strcut(str_c(text), '\n'), " ");
	if (words[0] == NULL || strcmp(words[0], "echo") == 0)
		test_echo(req, body_size);
	else if (strcmp(words[0], "big") == 0)
		test_big(req, words);
	else if (strcmp(words[0], "park") == 0)
		test_park(req, words);
	else if (strcmp(words[0], "sleep") == 0) {
		usleep(word_get_num(words, "ms", 100) * 1000);
		test_echo(req, body_size);
	} else if (strcmp(words[0], "crash") == 0)
		_exit(1);
	else
		test_echo(req, body_size);
}

const struct worker_protocol worker_protocols[] = {
	{ "/", test_handle, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};

int main(int argc, char *argv[])
{
	return worker_main(argc, argv);
}
