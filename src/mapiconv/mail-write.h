/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAIL_WRITE_H
#define MAIL_WRITE_H

#include "dovetail-compose.h"
#include "conv-private.h"

#define MAIL_WRITE_MAX_DEPTH 20

struct mail_writer {
	const struct mapiconv *conv;
	const struct mapiconv_mail_write *set;
	pool_t pool;
	unsigned int depth;
	const char **error_r;

	const struct mapi_bag *now, *before;
	/* read from the previous mail; NULL: there is none */
	struct mapi_message *previous, *empty;
	struct mime_build build;
	ARRAY(struct mime_build_header) headers;
	/* references that are dropped when the result is made */
	ARRAY(struct istream *) streams;
};

/* kind: of struct mime_build_header; value NULL or "": such fields go */
void mail_header_set(struct mail_writer *w, const char *name,
		     const char *value, unsigned int kind);
struct istream *mail_writer_stream(struct mail_writer *w,
				   struct istream *input);

/* Receipts that the client made (REPORT.*.IPNRN). 1; 0: it is none; -1 */
int mail_report_write(struct mail_writer *w);
/* The calendar part of IPM.Schedule.Meeting.*; 0, -1 */
int mail_meeting_write(struct mail_writer *w);

/* Body, files, S/MIME, reports, meetings of a new message into w->build; 0, -1 */
int mail_write_content(struct mail_writer *w);
int mail_write(const struct mapiconv *conv,
	       const struct mapiconv_mail_write *set, pool_t pool,
	       unsigned int depth, struct istream **output_r,
	       const char **error_r);

#endif
