/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_QP_H
#define MIME_QP_H

/* Streaming quoted-printable decoder; line ends come out as CRLF. */

enum mime_qp_state { MIME_QP_TEXT, MIME_QP_EQUALS, MIME_QP_HEX, MIME_QP_SOFT };

struct mime_qp {
	enum mime_qp_state state;
	unsigned char first;
	buffer_t *space;
};

void mime_qp_init(struct mime_qp *qp);
void mime_qp_more(struct mime_qp *qp, const unsigned char *data, size_t size,
		  buffer_t *dest);
void mime_qp_finish(struct mime_qp *qp, buffer_t *dest);
void mime_qp_deinit(struct mime_qp *qp);

#endif
