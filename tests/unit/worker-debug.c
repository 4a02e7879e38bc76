/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker with a protocol of its own: what the worker does for handlers is
   tested before, and apart from, real protocols. The query says what to do. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "istream.h"
#include "ostream.h"
#include "sha2.h"
#include "str.h"
#include "dovetail-eas.h"
#include "dovetail-store.h"
#include "worker.h"

#include <unistd.h>

static uoff_t debug_number(const struct service_request *req)
{
	const char *p = req->query == NULL ? NULL : strstr(req->query, "n=");

	return p == NULL ? 0 : strtoull(p + 2, NULL, 10);
}

/* Reads the body and tells its size and hash */
static void debug_sink(struct service_request *req)
{
	struct sha256_ctx ctx;
	unsigned char digest[SHA256_RESULTLEN];
	const unsigned char *data;
	size_t size;
	const char *answer;

	sha256_init(&ctx);
	while (i_stream_read_more(req->body, &data, &size) > 0) {
		sha256_loop(&ctx, data, size);
		i_stream_skip(req->body, size);
	}
	sha256_result(&ctx, digest);
	answer = t_strdup_printf("%d %"PRIuUOFF_T" %s\n",
				 req->body->stream_errno, req->body->v_offset,
				 binary_to_hex(digest, sizeof(digest)));
	if (req->body->stream_errno != 0) {
		e_info(req->event, "debug: body failed: %s",
		       i_stream_get_error(req->body));
	}
	service_reply_data(req, 200, NULL, "text/plain", answer,
			   strlen(answer));
}

/* n bytes: kind 't' of text, 'r' of noise in base64, 'o' octets */
static void debug_source(struct service_request *req, char kind)
{
	static const char text[] = "The quick brown fox jumps over the dog. ";
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
		"qrstuvwxyz0123456789+/";
	struct ostream *out;
	char block[8192];
	uoff_t left = debug_number(req);
	uint32_t seed = 12345;
	size_t size, i;

	service_reply_begin(req, 200, NULL);
	service_reply_header(req, "Content-Type", kind == 'o' ?
			     "image/jpeg" : "text/plain");
	out = service_reply_body(req);
	for (i = 0; i < sizeof(block); i++)
		block[i] = text[i % (sizeof(text) - 1)];
	while (left > 0 && out->stream_errno == 0) {
		for (i = 0; kind == 'r' && i < sizeof(block); i++) {
			seed = seed * 1664525 + 1013904223;
			block[i] = base64[seed >> 26];
		}
		size = I_MIN(left, sizeof(block));
		o_stream_nsend(out, block, size);
		left -= size;
	}
	service_log(req, "debug", t_strdup_printf("%"PRIuUOFF_T,
						  service_reply_size(req)));
}

static void debug_park(struct service_request *req)
{
	const struct store_folder_info *inbox =
		store_folder_find_role(req->store, STORE_ROLE_INBOX);
	static const unsigned char rang[] = "rang", timeout[] = "timeout";
	struct service_watch watch = {
		.owner = store_username(req->store),
		.answer = rang, .answer_size = 4,
	};
	struct service_park park = {
		.kind = SERVICE_PARK_ANSWER, .seconds = debug_number(req),
		.name = "ping", .watches = &watch, .watches_count = 1,
		.timeout_answer = timeout, .timeout_answer_size = 7,
		.content_type = "text/plain",
	};
	if (req->resumed) {
		service_reply_data(req, 200, NULL, "text/plain", "resumed", 7);
		return;
	}
	if (strstr(req->query, "resume") != NULL) {
		park.kind = SERVICE_PARK_RESUME;
		park.timeout_answer = NULL;
		park.name = "sync";
	}
	memcpy(watch.guid, inbox->guid, sizeof(watch.guid));
	service_park(req, &park);
}

static void debug_who(struct service_request *req)
{
	const char *answer = t_strdup_printf("%s uid=%d pid=%d %s %s\n",
		store_username(req->store), (int)geteuid(), (int)getpid(),
		req->base_url, req->remote_ip);

	service_reply_data(req, 200, NULL, "text/plain", answer,
			   strlen(answer));
}

static void debug_handle(struct service_request *req)
{
	const char *query = req->query == NULL ? "" : req->query;

	if (strncmp(query, "sink", 4) == 0)
		debug_sink(req);
	else if (strncmp(query, "text", 4) == 0)
		debug_source(req, 't');
	else if (strncmp(query, "random", 6) == 0)
		debug_source(req, 'r');
	else if (strncmp(query, "octets", 6) == 0)
		debug_source(req, 'o');
	else if (strncmp(query, "park", 4) == 0)
		debug_park(req);
	else if (strncmp(query, "sleep", 5) == 0) {
		usleep(debug_number(req) * 1000);
		debug_who(req);
	} else if (strncmp(query, "none", 4) == 0)
		;
	else
		debug_who(req);
}

const struct worker_protocol worker_protocols[] = {
	{ EAS_PATH, debug_handle, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};

int main(int argc, char *argv[])
{
	return worker_main(argc, argv);
}
