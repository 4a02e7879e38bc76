/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_ASSEMBLE_H
#define MIME_ASSEMBLE_H

/* A message's body made of texts and attachments, in the usual shape:
   mixed { related { alternative { plain, html }, pictures }, files }
   with only the levels that are needed. */

#include "mime-compose.h"

struct mime_assemble_item {
	/* Either a part of an existing message, with its raw bytes, */
	struct mime_message *msg;
	const struct message_part *part;
	/* or a whole message, */
	struct mime_message *embedded;
	/* or something new */
	const struct mime_draft_attachment *add;
	bool is_inline;
	/* Result: its section number */
	const char *part_id;
};

struct mime_assemble {
	/* Content in UTF-8; the references are dropped. NULL: none. */
	struct istream *plain, *html;
	/* One more alternative; NULL: none */
	const char *calendar, *method;
	/* Instead: a MIME entity; its Content fields and body count */
	struct istream *entity;
	/* or one file with its Content-Type */
	struct istream *opaque;
	const char *opaque_type;
	ARRAY(struct mime_assemble_item) items;
};

/* Appends MIME-Version, the Content fields, the empty line and the body. */
int mime_assemble(struct mime_builder *b, struct mime_assemble *body,
		  const char **error_r);
/* Drops the streams of a body that is not assembled */
void mime_assemble_abort(struct mime_assemble *body);

#endif
