/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* LZFu and MELA (MS-OXRTFCP 2.1.3): references of 12 bits offset and 4 bits length
   into a ring of 4096 bytes that begins with words usual in RTF. */

#include "lib.h"
#include "buffer.h"
#include "dovetail-rtf.h"

#define RTF_HEADER_SIZE 16
#define RTF_LZFU 0x75465a4c
#define RTF_MELA 0x414c454d

#define DICT_SIZE 4096
#define MATCH_MIN 2
#define MATCH_MAX 17
/* Candidates looked at for each position: more make little difference */
#define CHAIN_MAX 32
#define HASH_SIZE 4096

/* 2.1.2.1 */
static const char rtf_dictionary[] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
	"\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New "
	"RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
#define RTF_DICTIONARY_SIZE (sizeof(rtf_dictionary) - 1)

/* 2.1.2.2: CRC-32 without the inversions */
static uint32_t rtf_crc(const unsigned char *data, size_t size)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		crc = nibbles[(crc ^ data[i]) & 15] ^ (crc >> 4);
		crc = nibbles[(crc ^ (data[i] >> 4)) & 15] ^ (crc >> 4);
	}
	return crc;
}

static uint32_t get32(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* --- reading --- */

struct lzfu_reader {
	unsigned char dict[DICT_SIZE];
	unsigned int pos;
	const unsigned char *data;
	size_t size, at, left;
	buffer_t *dest;
};

static bool lzfu_put(struct lzfu_reader *r, unsigned char byte)
{
	if (r->left == 0)
		return FALSE;
	r->left--;
	buffer_append_c(r->dest, byte);
	r->dict[r->pos] = byte;
	r->pos = (r->pos + 1) % DICT_SIZE;
	return TRUE;
}

/* 1; 0: the end; -1 */
static int lzfu_reference(struct lzfu_reader *r)
{
	unsigned int word, offset, length;

	if (r->size - r->at < 2)
		return -1;
	word = r->data[r->at] << 8 | r->data[r->at + 1];
	r->at += 2;
	offset = word >> 4;
	if (offset == r->pos)
		return 0;
	for (length = (word & 15) + MATCH_MIN; length > 0; length--) {
		if (!lzfu_put(r, r->dict[offset]))
			return -1;
		offset = (offset + 1) % DICT_SIZE;
	}
	return 1;
}

static int lzfu_run(struct lzfu_reader *r)
{
	unsigned int control, i;
	int ret;

	control = r->data[r->at++];
	for (i = 0; i < 8; i++, control >>= 1) {
		if ((control & 1) != 0) {
			ret = lzfu_reference(r);
			if (ret <= 0)
				return ret;
		} else if (r->at == r->size ||
			   !lzfu_put(r, r->data[r->at++])) {
			return -1;
		}
	}
	return 1;
}

static int lzfu_read(const unsigned char *data, size_t size, size_t max,
		     buffer_t *dest)
{
	struct lzfu_reader r = {
		.pos = RTF_DICTIONARY_SIZE, .data = data, .size = size,
		.left = max, .dest = dest,
	};
	int ret = 1;

	memcpy(r.dict, rtf_dictionary, RTF_DICTIONARY_SIZE);
	while (ret > 0 && r.at < r.size)
		ret = lzfu_run(&r);
	/* Contents that end between two runs are taken: some writers leave the
	   end mark out */
	return ret < 0 ? -1 : 0;
}

int rtf_decompress(const void *_data, size_t size, size_t max, buffer_t *dest)
{
	const unsigned char *data = _data;
	size_t content, old = dest->used;
	uint32_t raw;

	if (size < RTF_HEADER_SIZE)
		return -1;
	/* COMPSIZE counts what follows it; what comes behind is padding */
	content = get32(data);
	if (content < 12 || content - 12 > size - RTF_HEADER_SIZE)
		return -1;
	content -= 12;
	raw = get32(data + 4);
	if (raw > max)
		return -1;
	data += RTF_HEADER_SIZE;
	switch (get32(data - 8)) {
	case RTF_MELA:
		buffer_append(dest, data, I_MIN(content, raw));
		return 0;
	case RTF_LZFU:
		if (rtf_crc(data, content) != get32(data - 4))
			return -1;
		break;
	default:
		return -1;
	}
	if (lzfu_read(data, content, max, dest) < 0) {
		buffer_set_used_size(dest, old);
		return -1;
	}
	if (dest->used - old > raw)
		buffer_set_used_size(dest, old + raw);
	return 0;
}

/* --- writing --- */

struct lzfu_writer {
	/* dictionary and input as one stream; at: how far it is written */
	buffer_t *stream;
	size_t at;
	/* positions + 1 by hash of two bytes, and of the same hash before */
	uint32_t *head, *prev;
	buffer_t *dest;
	size_t control_at;
	unsigned int tokens;
};

static unsigned int lzfu_hash(const unsigned char *p)
{
	return ((p[0] << 5) ^ p[1]) % HASH_SIZE;
}

static void lzfu_remember(struct lzfu_writer *w, size_t pos)
{
	const unsigned char *data = w->stream->data;
	unsigned int hash;

	if (pos + 1 >= w->stream->used)
		return;
	hash = lzfu_hash(data + pos);
	w->prev[pos % DICT_SIZE] = w->head[hash];
	w->head[hash] = pos + 1;
}

static size_t lzfu_match(const struct lzfu_writer *w, size_t *from_r)
{
	const unsigned char *data = w->stream->data;
	size_t max = I_MIN(w->stream->used - w->at, MATCH_MAX);
	size_t best = 0, n, from;
	unsigned int chain = CHAIN_MAX;

	if (max < MATCH_MIN)
		return 0;
	from = w->head[lzfu_hash(data + w->at)];
	/* A distance of 4096 would be the end mark */
	while (from > 0 && w->at - (from - 1) < DICT_SIZE && chain-- > 0) {
		from--;
		for (n = 0; n < max && data[from + n] == data[w->at + n]; n++) ;
		/* of equal ones the oldest, as in the document's examples */
		if (n >= best) {
			best = n;
			*from_r = from;
		}
		from = w->prev[from % DICT_SIZE];
	}
	return best < MATCH_MIN ? 0 : best;
}

static void lzfu_token(struct lzfu_writer *w, bool reference, unsigned int v)
{
	unsigned char *control;

	if (w->tokens % 8 == 0) {
		w->control_at = w->dest->used;
		buffer_append_c(w->dest, 0);
	}
	if (reference) {
		control = buffer_get_space_unsafe(w->dest, w->control_at, 1);
		*control |= 1 << (w->tokens % 8);
		buffer_append_c(w->dest, v >> 8);
	}
	buffer_append_c(w->dest, v & 0xff);
	w->tokens++;
}

static void lzfu_write(const void *rtf, size_t size, buffer_t *dest)
{
	struct lzfu_writer w = { .dest = dest };
	const unsigned char *data;
	size_t length, from = 0, i;

	w.stream = buffer_create_dynamic(default_pool,
					 RTF_DICTIONARY_SIZE + size + 1);
	buffer_append(w.stream, rtf_dictionary, RTF_DICTIONARY_SIZE);
	buffer_append(w.stream, rtf, size);
	data = w.stream->data;
	w.head = i_new(uint32_t, HASH_SIZE);
	w.prev = i_new(uint32_t, DICT_SIZE);
	for (i = 0; i < RTF_DICTIONARY_SIZE; i++)
		lzfu_remember(&w, i);
	w.at = RTF_DICTIONARY_SIZE;
	while (w.at < w.stream->used) {
		length = lzfu_match(&w, &from);
		if (length == 0) {
			lzfu_token(&w, FALSE, data[w.at]);
			length = 1;
		} else {
			lzfu_token(&w, TRUE, (from % DICT_SIZE) << 4 |
				   (length - MATCH_MIN));
		}
		for (; length > 0; length--)
			lzfu_remember(&w, w.at++);
	}
	lzfu_token(&w, TRUE, (w.at % DICT_SIZE) << 4);
	i_free(w.head);
	i_free(w.prev);
	buffer_free(&w.stream);
}

static void write_header(unsigned char *p, size_t content, size_t raw,
			 uint32_t type, uint32_t crc)
{
	const uint32_t words[] = { content + 12, raw, type, crc };
	unsigned int i;

	for (i = 0; i < RTF_HEADER_SIZE; i++)
		p[i] = words[i / 4] >> (i % 4 * 8);
}

void rtf_compress(const void *rtf, size_t size, buffer_t *dest)
{
	size_t start = dest->used, content;
	unsigned char *head;

	(void)buffer_append_space_unsafe(dest, RTF_HEADER_SIZE);
	lzfu_write(rtf, size, dest);
	content = dest->used - start - RTF_HEADER_SIZE;
	head = buffer_get_space_unsafe(dest, start, dest->used - start);
	write_header(head, content, size, RTF_LZFU,
		     rtf_crc(head + RTF_HEADER_SIZE, content));
}

void rtf_store(const void *rtf, size_t size, buffer_t *dest)
{
	unsigned char *head;

	head = buffer_append_space_unsafe(dest, RTF_HEADER_SIZE);
	write_header(head, size, size, RTF_MELA, 0);
	buffer_append(dest, rtf, size);
}
