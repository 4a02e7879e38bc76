/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_TEXT_H
#define FRONT_TEXT_H

#include "front-table.h"

/* Bytes that many held requests have in common, kept once: phones of one kind
   send alike requests and wait for alike answers. */

struct front_texts;

struct front_text {
	struct front_table_item item;
	unsigned int refcount;
	uint32_t size;
	/* aligned for a struct; '\0' follows */
	unsigned char data[];
};

struct front_texts *front_texts_init(void);
/* All must have been given back. */
void front_texts_deinit(struct front_texts **texts);
struct front_text *front_text_get(struct front_texts *texts, const void *data,
				  size_t size);
void front_text_unref(struct front_texts *texts, struct front_text **text);
unsigned int front_texts_count(const struct front_texts *texts);

#endif
