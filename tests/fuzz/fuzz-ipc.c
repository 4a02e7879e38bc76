/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker may send to the front, and what any mail process may write on
   the bus. What can be read must come back the same. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-ipc.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void bus_line(const unsigned char *data, size_t size)
{
	struct bus_record record;
	string_t *line = t_str_new(128);
	const char *error;

	if (bus_record_parse(data, size, &record, &error) < 0)
		return;
	if (record.type == BUS_RECORD_EVENT)
		(void)bus_event_append(line, &record.event);
	else if (record.type == BUS_RECORD_CONTROL)
		(void)bus_control_append(line, record.control);
}

static void frame_parse(const struct ipc_frame *frame)
{
	pool_t pool = pool_alloconly_create("fuzz", 1024);
	struct ipc_request req, again;
	struct ipc_frame copy;
	buffer_t *buf = t_buffer_create(1024);
	union {
		struct ipc_response resp;
		struct ipc_log log;
		struct ipc_park park;
		struct ipc_token token;
		struct ipc_refuse refuse;
	} u;
	const char *error;
	size_t used;

	/* each as each: a wrong type must not matter */
	(void)ipc_response_parse(frame, pool, &u.resp, &error);
	(void)ipc_log_parse(frame, pool, &u.log, &error);
	if (ipc_park_parse(frame, pool, &u.park, &error) == 0)
		ipc_park_append(buf, &u.park);
	(void)ipc_token_parse(frame, pool, &u.token, &error);
	(void)ipc_refuse_parse(frame, pool, &u.refuse, &error);
	if (ipc_request_parse(frame, pool, &req, &error) == 0) {
		buffer_set_used_size(buf, 0);
		ipc_request_append(buf, &req);
		i_assert(buf->used > IPC_FRAME_HEADER_SIZE + IPC_MAX_FRAME ||
			 ipc_frame_next(buf->data, buf->used, &copy, &used,
					&error) > 0);
		i_assert(buf->used > IPC_FRAME_HEADER_SIZE + IPC_MAX_FRAME ||
			 ipc_request_parse(&copy, pool, &again, &error) == 0);
	}
	pool_unref(&pool);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct ipc_frame frame;
	const char *error;
	size_t used;

	T_BEGIN {
		bus_line(data, size);
	} T_END;
	while (ipc_frame_next(data, size, &frame, &used, &error) > 0) {
		T_BEGIN {
			frame_parse(&frame);
		} T_END;
		data += used;
		size -= used;
	}
	return 0;
}
