/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_MULTIPART_H
#define EAS_MULTIPART_H

/* The multipart answer of ItemOperations (MS-ASCMD 2.2.1.10.1).  Its head tells
   the place of each part, so the parts are gathered in a temporary file (small
   ones in memory) before the first byte leaves. */

struct eas_request;
struct eas_multipart;
struct istream;

struct eas_multipart *eas_multipart_init(struct eas_request *req);
/* An eas_part_sink_t: the number for <Part>. Takes over input (or copies
   data). A stream that fails gives a part that ends there. */
unsigned int eas_multipart_add(void *context, struct istream *input,
			       const void *data, size_t size);
/* Sends it all: the WBXML, then the parts. Frees. */
void eas_multipart_reply(struct eas_multipart **multipart,
			 const buffer_t *wbxml);

#endif
