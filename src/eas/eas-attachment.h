/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ATTACHMENT_H
#define EAS_ATTACHMENT_H

/* An attachment by FileReference; internal to src/eas. */

#include "dovetail-mime.h"

struct eas_request;

struct eas_attachment {
	struct mime_part_stream part;

	struct store_folder *folder;
	struct store_fetch *fetch;
	struct mime_message *mime;
};

/* Opens it, with the user's rights as they are now.  Returns 1, 0: not a
   reference of ours, or gone; -1: store_last_error(). Close it in any case. */
int eas_attachment_open(struct eas_request *req, const char *reference,
			struct eas_attachment *att_r);
void eas_attachment_close(struct eas_attachment *att);
/* Decoded size, read if it is not known. -1: unreadable */
int eas_attachment_size(struct eas_attachment *att, uoff_t *size_r);

#endif
