/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quoted-printable (RFC 2045, 6.7), decoded in runs: twice as fast as by the byte,
   and most HTML mail is in it.  What is no valid escape is kept as it is. */

#include "lib.h"
#include "buffer.h"
#include "mime-qp.h"

/* White space at a line's end is held back up to here */
#define QP_SPACE_MAX 1024

enum qp_class { QP_TEXT = 0, QP_SPACE, QP_CR, QP_LF, QP_EQUALS };

static const unsigned char qp_classes[256] = {
	[' '] = QP_SPACE, ['\t'] = QP_SPACE, ['\r'] = QP_CR, ['\n'] = QP_LF,
	['='] = QP_EQUALS
};

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void mime_qp_init(struct mime_qp *qp)
{
	i_zero(qp);
	qp->space = buffer_create_dynamic(default_pool, 64);
}

void mime_qp_deinit(struct mime_qp *qp)
{
	buffer_free(&qp->space);
}

static void qp_flush_space(struct mime_qp *qp, buffer_t *dest)
{
	if (qp->space->used > 0) {
		buffer_append_buf(dest, qp->space, 0, SIZE_MAX);
		buffer_set_used_size(qp->space, 0);
	}
}

/* Returns how many bytes of data it used: 0 if the escape is none, the byte is
   then to be read as text */
static size_t
qp_escape(struct mime_qp *qp, unsigned char c, buffer_t *dest)
{
	int value = hex_value(c);

	switch (qp->state) {
	case MIME_QP_EQUALS:
		if (value >= 0) {
			qp->first = c;
			qp->state = MIME_QP_HEX;
			return 1;
		}
		/* fall through */
	case MIME_QP_SOFT:
		if (qp_classes[c] == QP_LF) {
			buffer_set_used_size(qp->space, 0);
			qp->state = MIME_QP_TEXT;
			return 1;
		}
		if ((qp_classes[c] == QP_SPACE || qp_classes[c] == QP_CR) &&
		    qp->space->used < QP_SPACE_MAX) {
			buffer_append_c(qp->space, c);
			qp->state = MIME_QP_SOFT;
			return 1;
		}
		buffer_append_c(dest, '=');
		qp_flush_space(qp, dest);
		break;
	case MIME_QP_HEX:
		if (value >= 0) {
			buffer_append_c(dest, hex_value(qp->first) << 4 | value);
			qp->state = MIME_QP_TEXT;
			return 1;
		}
		buffer_append_c(dest, '=');
		buffer_append_c(dest, qp->first);
		break;
	case MIME_QP_TEXT:
		i_unreached();
	}
	qp->state = MIME_QP_TEXT;
	return 0;
}

static size_t
qp_text(struct mime_qp *qp, const unsigned char *data, size_t size,
	buffer_t *dest)
{
	size_t n = 0;

	/* a space between words is text like any other */
	while (n < size && (qp_classes[data[n]] == QP_TEXT ||
			    (data[n] == ' ' && n + 1 < size &&
			     qp_classes[data[n + 1]] == QP_TEXT)))
		n++;
	if (n > 0) {
		qp_flush_space(qp, dest);
		buffer_append(dest, data, n);
		return n;
	}
	switch (qp_classes[*data]) {
	case QP_EQUALS:
		qp_flush_space(qp, dest);
		qp->state = MIME_QP_EQUALS;
		break;
	case QP_LF:
		buffer_set_used_size(qp->space, 0);
		buffer_append(dest, "\r\n", 2);
		break;
	default:
		if (qp->space->used >= QP_SPACE_MAX)
			qp_flush_space(qp, dest);
		buffer_append_c(qp->space, *data);
		break;
	}
	return 1;
}

void mime_qp_more(struct mime_qp *qp, const unsigned char *data, size_t size,
		  buffer_t *dest)
{
	size_t n;

	while (size > 0) {
		/* the usual escape, whole in this block */
		if (qp->state == MIME_QP_EQUALS && size >= 2 &&
		    hex_value(data[0]) >= 0 && hex_value(data[1]) >= 0) {
			buffer_append_c(dest, hex_value(data[0]) << 4 |
					hex_value(data[1]));
			qp->state = MIME_QP_TEXT;
			n = 2;
		} else if (qp->state != MIME_QP_TEXT) {
			n = qp_escape(qp, *data, dest);
		} else {
			n = qp_text(qp, data, size, dest);
		}
		data += n;
		size -= n;
	}
}

void mime_qp_finish(struct mime_qp *qp, buffer_t *dest)
{
	if (qp->state == MIME_QP_HEX) {
		buffer_append_c(dest, '=');
		buffer_append_c(dest, qp->first);
	}
	/* white space and "=" at the end are a line's end */
	buffer_set_used_size(qp->space, 0);
	qp->state = MIME_QP_TEXT;
}
