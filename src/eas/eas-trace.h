/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_TRACE_H
#define EAS_TRACE_H

/* What a device and we say to each other, decoded into the log, while its record
   says so (doveadm dovetail device trace). Internal to src/eas. Each does nothing
   when nothing is traced. */

struct eas_request;
struct ostream;

/* The record was read. */
void eas_trace_init(struct eas_request *req);
/* The request's body was read (req->root may be NULL). */
void eas_trace_request(struct eas_request *req);
/* An answer of HTTP alone */
void eas_trace_http(struct eas_request *req, unsigned int status);
/* A whole answer in memory */
void eas_trace_answer(struct eas_request *req, const buffer_t *data);
/* An answer that is streamed: returns the stream to write to instead of output,
   whose reference is taken over. */
struct ostream *eas_trace_stream(struct eas_request *req,
				 struct ostream *output);
void eas_trace_stream_end(struct eas_request *req);

#endif
