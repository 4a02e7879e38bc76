/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAIL_PRIVATE_H
#define MAIL_PRIVATE_H

#include "conv-private.h"

/* Reading one mail. */
struct mail_reader {
	const struct mapiconv *conv;
	const struct mapiconv_mail *mail;
	struct mime_message *mime;
	struct mapi_bag *bag;
	const char **error_r;
	/* read at first need */
	const struct mime_facts *facts;
	const struct mime_structure *structure;
};

int mail_need_facts(struct mail_reader *r);
int mail_need_structure(struct mail_reader *r);
/* First value of a header, decoded; NULL: none */
int mail_header(struct mail_reader *r, const char *name, const char **value_r);
/* All that is known of the wanted tags (NULL: all). */
int mail_list(struct mail_reader *r, const mapi_tag_t *tags,
	      unsigned int tags_count);

/* --- mail-report.c --- */

/* REPORT.*: properties of the report, recipients it is about (MS-OXCMAIL 2.1.3.4,
   MS-OXOMSG 2.2.2) */
int mail_report_read(struct mail_reader *r, struct mapi_message *msg);

/* --- mail-meeting.c --- */

/* Properties of the calendar part (MS-OXCICAL), if there is one */
int mail_meeting_read(struct mail_reader *r, struct mapi_message *msg);

/* --- mail-headers.c --- */

/* Header fields that are named properties, both ways (MS-OXCMAIL 2.2.3.2.10) */
int mail_headers_read(struct mail_reader *r, struct mapi_bag *bag);

#endif
