/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_PIPE_H
#define MIME_PIPE_H

/* Raw bytes of a part -> transfer decoding -> charset -> text filters. */

#include "mime-charset.h"
#include "mime-filter.h"

enum mime_encoding {
	MIME_ENCODING_NONE,
	MIME_ENCODING_QP,
	MIME_ENCODING_BASE64
};

/* NULL: none. Unknown ones too: what cannot be decoded is shown. */
enum mime_encoding mime_encoding_parse(const char *cte);

struct mime_pipe;

/* conv may be NULL */
struct mime_pipe *mime_pipe_init(struct mime_converter *conv,
				 enum mime_encoding encoding);
/* Text: convert from charset (NULL: guess) */
void mime_pipe_add_charset(struct mime_pipe *pipe, const char *charset);
/* Takes the filter over; they run in the order added */
void mime_pipe_add_filter(struct mime_pipe *pipe, struct mime_filter *filter);
void mime_pipe_more(struct mime_pipe *pipe, const unsigned char *data,
		    size_t size, buffer_t *dest);
void mime_pipe_finish(struct mime_pipe *pipe, buffer_t *dest);
void mime_pipe_deinit(struct mime_pipe **pipe);

#endif
