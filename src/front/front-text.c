/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the table of shared bytes. */

#include "lib.h"
#include "randgen.h"
#include "sha2.h"
#include "front-mem.h"
#include "front-text.h"

struct front_texts {
	struct front_table table;
	/* clients choose much of what is in here */
	unsigned char seed[16];
};

struct front_texts *front_texts_init(void)
{
	struct front_texts *texts = i_new(struct front_texts, 1);

	front_table_init(&texts->table);
	random_fill(texts->seed, sizeof(texts->seed));
	return texts;
}

void front_texts_deinit(struct front_texts **_texts)
{
	struct front_texts *texts = *_texts;

	*_texts = NULL;
	front_table_deinit(&texts->table);
	i_free(texts);
}

static unsigned int texts_hash(const struct front_texts *texts,
			       const void *data, size_t size)
{
	unsigned char digest[SHA256_RESULTLEN];
	struct sha256_ctx ctx;
	unsigned int hash;

	sha256_init(&ctx);
	sha256_loop(&ctx, texts->seed, sizeof(texts->seed));
	sha256_loop(&ctx, data, size);
	sha256_result(&ctx, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static size_t text_mem_size(size_t size)
{
	return sizeof(struct front_text) + size + 1;
}

struct front_text *front_text_get(struct front_texts *texts, const void *data,
				  size_t size)
{
	unsigned int hash = texts_hash(texts, data, size);
	struct front_table_item *item;
	struct front_text *text;

	item = front_table_first(&texts->table, hash);
	for (; item != NULL; item = item->next) {
		text = container_of(item, struct front_text, item);
		if (item->hash == hash && text->size == size &&
		    memcmp(text->data, data, size) == 0) {
			text->refcount++;
			return text;
		}
	}
	text = front_mem_new(text_mem_size(size));
	text->item.hash = hash;
	text->refcount = 1;
	text->size = size;
	memcpy(text->data, data, size);
	front_table_add(&texts->table, &text->item);
	return text;
}

void front_text_unref(struct front_texts *texts, struct front_text **_text)
{
	struct front_text *text = *_text;

	if (text == NULL)
		return;
	*_text = NULL;
	i_assert(text->refcount > 0);
	if (--text->refcount > 0)
		return;
	front_table_remove(&texts->table, &text->item);
	front_mem_free(text, text_mem_size(text->size));
}

unsigned int front_texts_count(const struct front_texts *texts)
{
	return texts->table.count;
}
