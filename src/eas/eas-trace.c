/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Traces of one device in the log. */

#include "eas.h"
#include "eas-trace.h"
#include "ioloop.h"
#include "ostream-private.h"

/* Field of the device's record: "<until> protocol|full" */
#define DEVICE_TRACE "trace"
/* Of one text, and of one document */
#define TRACE_MAX_TEXT 300
#define TRACE_MAX_LINES 2000

struct eas_trace {
	struct wbxml_trace_settings set;
	bool request_told;
	/* of an answer that is streamed */
	struct wbxml_tracer *tracer;
	string_t *text;
};

struct trace_ostream {
	struct ostream_private ostream;
	struct eas_trace *trace;
};

void eas_trace_init(struct eas_request *req)
{
	const char *value = eas_device_field(req, DEVICE_TRACE);
	const char *const *words;
	time_t until;

	if (value == NULL || *value == '\0')
		return;
	words = t_strsplit(value, " ");
	if (str_to_time(words[0], &until) < 0 || until < ioloop_time)
		return;
	req->trace = p_new(req->pool, struct eas_trace, 1);
	req->trace->set.max_text = TRACE_MAX_TEXT;
	if (null_strcmp(words[1], "full") != 0) {
		req->trace->set.flags =
			WBXML_TRACE_REDACT | WBXML_TRACE_KEEP_PROTOCOL;
	}
}

static void trace_lines(struct eas_request *req, const char *mark,
			const string_t *text)
{
	const char *const *lines = t_strsplit(str_c((string_t *)text), "\n");

	for (unsigned int i = 0; lines[i] != NULL; i++) {
		if (i == TRACE_MAX_LINES) {
			e_info(req->event, "trace %s %s ...", req->device_id,
			       mark);
			break;
		}
		if (*lines[i] != '\0') {
			e_info(req->event, "trace %s %s %s", req->device_id,
			       mark, lines[i]);
		}
	}
}

void eas_trace_request(struct eas_request *req)
{
	string_t *text;

	if (req->trace == NULL || req->trace->request_told)
		return;
	req->trace->request_told = TRUE;
	text = t_str_new(1024);
	str_printfa(text, "%s %u.%u, policy key %u\n", req->cmd->name,
		    req->version / 10, req->version % 10, req->policy_key);
	if (req->root != NULL)
		wbxml_trace_node(text, req->root, &req->trace->set);
	trace_lines(req, ">", text);
}

void eas_trace_http(struct eas_request *req, unsigned int status)
{
	if (req->trace == NULL)
		return;
	eas_trace_request(req);
	e_info(req->event, "trace %s < HTTP %u", req->device_id, status);
}

void eas_trace_answer(struct eas_request *req, const buffer_t *data)
{
	string_t *text;

	if (req->trace == NULL)
		return;
	eas_trace_request(req);
	text = t_str_new(1024);
	if (data->used == 0)
		str_append(text, "(empty)");
	else
		wbxml_trace_data(text, data->data, data->used, &req->trace->set);
	trace_lines(req, "<", text);
}

static ssize_t trace_ostream_sendv(struct ostream_private *stream,
				   const struct const_iovec *iov,
				   unsigned int iov_count)
{
	struct trace_ostream *tstream =
		container_of(stream, struct trace_ostream, ostream);
	ssize_t ret;

	for (unsigned int i = 0; i < iov_count; i++) {
		wbxml_tracer_feed(tstream->trace->tracer, iov[i].iov_base,
				  iov[i].iov_len);
	}
	/* the parent blocks: it takes all, or fails */
	if ((ret = o_stream_sendv(stream->parent, iov, iov_count)) < 0) {
		o_stream_copy_error_from_parent(stream);
		return -1;
	}
	stream->ostream.offset += ret;
	return ret;
}

struct ostream *eas_trace_stream(struct eas_request *req,
				 struct ostream *output)
{
	struct trace_ostream *tstream;
	struct ostream *result;

	if (req->trace == NULL)
		return output;
	eas_trace_request(req);
	req->trace->text = str_new(req->pool, 4096);
	req->trace->tracer = wbxml_tracer_init(req->trace->text,
					       &req->trace->set);
	tstream = i_new(struct trace_ostream, 1);
	tstream->trace = req->trace;
	tstream->ostream.sendv = trace_ostream_sendv;
	tstream->ostream.ostream.blocking = TRUE;
	result = o_stream_create(&tstream->ostream, output, -1);
	o_stream_set_no_error_handling(result, TRUE);
	o_stream_unref(&output);
	return result;
}

void eas_trace_stream_end(struct eas_request *req)
{
	if (req->trace == NULL || req->trace->tracer == NULL)
		return;
	wbxml_tracer_deinit(&req->trace->tracer);
	trace_lines(req, "<", req->trace->text);
}
