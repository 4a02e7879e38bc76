/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A stream of vCards, one by one. */

#include "contact-private.h"
#include "charset-utf8.h"
#include "hex-binary.h"
#include "sha2.h"
#include "unichar.h"

struct split {
	contact_split_t *callback;
	void *context;
	bool stopped;
};

/* --- one vCard ------------------------------------------------------------------- */

/* The same for the same contact exported again. */
static const char *split_hash_uid(const struct vcard *card)
{
	static const char *const left_out[] = {
		"UID", "REV", "PRODID", NULL
	};
	unsigned char digest[SHA256_RESULTLEN];
	struct vcard_prop *prop;
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	array_foreach_elem(&card->props, prop) {
		if (str_array_find(left_out, prop->name))
			continue;
		if (prop->group != NULL)
			sha256_loop(&ctx, prop->group, strlen(prop->group));
		sha256_loop(&ctx, prop->name, strlen(prop->name) + 1);
		sha256_loop(&ctx, prop->value, strlen(prop->value) + 1);
	}
	sha256_result(&ctx, digest);
	return t_strconcat("dovetail-", binary_to_hex(digest, 20), NULL);
}

/* A line of another charset than UTF-8 is written anew. */
static void split_make_utf8(struct vcard *card)
{
	struct vcard_prop *prop;

	array_foreach_elem(&card->props, prop) {
		bool utf8;

		if (prop->raw == NULL)
			continue;
		T_BEGIN {
			utf8 = uni_utf8_str_is_valid(
				t_strndup(prop->raw, prop->raw_size));
		} T_END;
		if (utf8)
			continue;
		if (*prop->name == '\0') {
			/* what is no property cannot be kept */
			prop->removed = TRUE;
			continue;
		}
		prop->raw = NULL;
		if (prop->encoding == VCARD_QP)
			prop->encoding = VCARD_PLAIN;
	}
}

static void split_card_utf8(struct split *split, struct vcard *card,
			    size_t size)
{
	struct vcard_prop *prop = vcard_find(card, "UID");
	const char *uid = prop == NULL ? "" : vcard_text(card, prop, -1);
	string_t *dest = str_new(card->pool, size + 256);

	if (*uid == '\0') {
		uid = split_hash_uid(card);
		if (prop == NULL)
			prop = vcard_add(card, "UID");
		vcard_set_value(card, prop, uid);
	}
	split_make_utf8(card);
	vcard_write(card, dest);
	split->stopped = split->callback(split->context, uid, str_c(dest),
					 NULL) < 0;
}

static void split_card(struct split *split, const char *text, size_t size)
{
	pool_t pool = pool_alloconly_create("vcard", size * 2 + 1024);
	struct vcard *card;
	const char *error = "It is too large";
	char *copy = p_malloc(pool, size + 1);
	size_t i;

	for (i = 0; i < size; i++)
		copy[i] = text[i] == '\0' ? ' ' : text[i];
	if (size > CONTACT_MAX_SIZE ||
	    vcard_read(pool, copy, size, &card, &error) < 0) {
		split->stopped = split->callback(split->context, NULL, copy,
						 error) < 0;
	} else
		split_card_utf8(split, card, size);
	pool_unref(&pool);
}

/* --- the stream ------------------------------------------------------------------- */

enum split_line {
	SPLIT_LINE_OTHER,
	SPLIT_LINE_BEGIN,
	SPLIT_LINE_END,
	SPLIT_LINE_AGENT,
};

static enum split_line split_line_kind(const char *line, size_t len)
{
	enum split_line kind = SPLIT_LINE_OTHER;

	if (len < 5 || len > 64 ||
	    (i_toupper(line[0]) != 'B' && i_toupper(line[0]) != 'E' &&
	     i_toupper(line[0]) != 'A' && line[0] != ' '))
		return kind;
	T_BEGIN {
		const char *text = t_strndup(line, len);

		if (vcard_line_is(text, "BEGIN", "VCARD"))
			kind = SPLIT_LINE_BEGIN;
		else if (vcard_line_is(text, "END", "VCARD"))
			kind = SPLIT_LINE_END;
		else if (vcard_line_is_agent(text))
			kind = SPLIT_LINE_AGENT;
	} T_END;
	return kind;
}

/* The next line that is not empty; FALSE: none is complete. */
static bool split_next_line(const char *text, size_t size, bool more,
			    size_t *pos, size_t *start_r, size_t *len_r)
{
	const char *lf;
	size_t end;

	do {
		if (*pos >= size)
			return FALSE;
		lf = memchr(text + *pos, '\n', size - *pos);
		if (lf == NULL && more)
			return FALSE;
		end = lf == NULL ? size : (size_t)(lf - text);
		*start_r = *pos;
		*pos = lf == NULL ? size : end + 1;
		while (end > *start_r && text[end - 1] == '\r')
			end--;
		*len_r = end - *start_r;
	} while (*len_r == 0);
	return TRUE;
}

/* The vCard that begins at or behind *pos: where, and behind its end. FALSE: none
   is there, or not yet all of it; *begin_r is size if none begins. */
static bool split_find_card(const char *text, size_t size, bool more,
			    size_t *begin_r, size_t *end_r)
{
	enum split_line kind, last = SPLIT_LINE_OTHER;
	unsigned int depth = 0;
	size_t pos = *begin_r, start, len;

	*begin_r = size;
	while (split_next_line(text, size, more, &pos, &start, &len)) {
		kind = split_line_kind(text + start, len);
		if (kind == SPLIT_LINE_END && depth > 0 && --depth == 0) {
			*end_r = pos;
			return TRUE;
		}
		if (kind == SPLIT_LINE_BEGIN) {
			if (depth == 0)
				*begin_r = start;
			else if (last != SPLIT_LINE_AGENT) {
				/* The one before has no END. */
				*end_r = start;
				return TRUE;
			}
			depth++;
		}
		last = kind;
	}
	*end_r = size;
	if (depth == 0 && more && pos < size) {
		/* an incomplete line may be a BEGIN */
		*begin_r = pos;
	}
	return depth > 0 && !more;
}

/* UTF-16 with a byte-order mark as UTF-8 (RFC 2781) */
static void split_from_utf16(const unsigned char *data, size_t size,
			     string_t *dest)
{
	bool little = data[0] == 0xff;
	unichar_t c, high = 0;
	size_t i;

	for (i = 2; i + 1 < size; i += 2) {
		c = little ? data[i] | data[i + 1] << 8 :
			data[i] << 8 | data[i + 1];
		if (c >= 0xd800 && c < 0xdc00) {
			high = c;
			continue;
		}
		if (c >= 0xdc00 && c < 0xe000) {
			c = high == 0 ? UNICODE_REPLACEMENT_CHAR :
				0x10000 + ((high - 0xd800) << 10) +
				(c - 0xdc00);
		}
		high = 0;
		uni_ucs4_to_utf8_c(c, dest);
	}
}

static bool is_utf16(const char *text, size_t size)
{
	return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			     memcmp(text, "\xfe\xff", 2) == 0);
}

int contact_split(const char *text, size_t size, bool more, size_t *used_r,
		  contact_split_t *callback, void *context)
{
	struct split split = { .callback = callback, .context = context };
	string_t *utf8 = NULL;
	size_t begin = 0, end;

	*used_r = size;
	if (is_utf16(text, size)) {
		if (more) {
			*used_r = 0;
			return 0;
		}
		utf8 = str_new(default_pool, size + 16);
		split_from_utf16((const unsigned char *)text, size, utf8);
		text = str_c(utf8);
		size = str_len(utf8);
	} else if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		begin = 3;
	while (!split.stopped &&
	       split_find_card(text, size, more, &begin, &end)) {
		T_BEGIN {
			split_card(&split, text + begin, end - begin);
		} T_END;
		begin = end;
	}
	if (utf8 == NULL)
		*used_r = more ? begin : size;
	str_free(&utf8);
	return split.stopped ? -1 : 0;
}
