/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conversation ids and indexes (MS-OXOMSG 2.2.1.2, 2.2.1.3; MS-ASCON 2.2.2.4). */

#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "randgen.h"
#include "sha2.h"
#include "str.h"
#include "message-id.h"
#include "mime-private.h"

#define INDEX_HEADER MIME_CONVERSATION_INDEX_HEADER_LEN
#define INDEX_GUID_OFFSET 6
#define INDEX_LEVEL_LEN 5
/* 1601-01-01 to 1970-01-01 in units of 100 ns */
#define FILETIME_EPOCH 116444736000000000ULL

static uint64_t filetime_from_unix(time_t t)
{
	return FILETIME_EPOCH + (uint64_t)t * 10000000ULL;
}

/* Thread-Index's bytes, cut to whole levels; FALSE: none or not valid */
static bool thread_index_decode(const char *value, buffer_t *index)
{
	size_t len;

	value += strspn(value, " \t");
	len = strcspn(value, " \t\r\n");
	if (len == 0 || len > MIME_CONVERSATION_INDEX_MAX_LEN * 2 ||
	    base64_scheme_decode(&base64_scheme, 0, value, len, index) < 0 ||
	    index->used < INDEX_HEADER ||
	    *(const unsigned char *)index->data != 1)
		return FALSE;
	len = I_MIN(index->used, MIME_CONVERSATION_INDEX_MAX_LEN);
	len -= (len - INDEX_HEADER) % INDEX_LEVEL_LEN;
	buffer_set_used_size(index, len);
	return TRUE;
}

static int
message_thread_index(struct mime_message *msg, buffer_t *index,
		     const char **error_r)
{
	const char *const *values;

	if (mime_message_headers(msg, "Thread-Index", &values, error_r) < 0)
		return -1;
	if (values[0] != NULL && thread_index_decode(values[0], index))
		return 1;
	buffer_set_used_size(index, 0);
	return 0;
}

/* The first <id> of a header, without folding and comments; NULL if none */
static const char *first_message_id(const char *value)
{
	const char *id;

	if (value == NULL)
		return NULL;
	id = message_id_get_next(&value);
	return id == NULL || *id == '\0' ? NULL : id;
}

static void conversation_hash(const char *text, unsigned char *id_r)
{
	unsigned char digest[SHA256_RESULTLEN];

	sha256_get_digest(text, strlen(text), digest);
	memcpy(id_r, digest, MIME_CONVERSATION_ID_LEN);
}

int mime_thread_index_guid(struct mime_message *msg,
			   unsigned char guid_r[MIME_CONVERSATION_ID_LEN],
			   const char **error_r)
{
	buffer_t *index = t_buffer_create(64);
	int ret = message_thread_index(msg, index, error_r);

	if (ret > 0) {
		memcpy(guid_r, CONST_PTR_OFFSET(index->data, INDEX_GUID_OFFSET),
		       MIME_CONVERSATION_ID_LEN);
	}
	return ret;
}

int mime_conversation_natural(struct mime_message *msg,
			      unsigned char id_r[MIME_CONVERSATION_ID_LEN],
			      enum mime_conversation_source *source_r,
			      const char **parent_r, const char **error_r)
{
	const struct mime_facts *facts;
	const char *root, *parent = NULL;
	buffer_t *index = t_buffer_create(64);
	int ret;

	if (mime_message_get_facts(msg, &facts, error_r) < 0)
		return -1;
	*source_r = MIME_CONVERSATION_ROOT;
	root = first_message_id(facts->references);
	if (root == NULL) {
		root = parent = first_message_id(facts->in_reply_to);
		if (parent != NULL)
			*source_r = MIME_CONVERSATION_PARENT;
	}
	if (parent_r != NULL)
		*parent_r = parent;
	if (root == NULL) {
		if ((ret = message_thread_index(msg, index, error_r)) < 0)
			return -1;
		root = first_message_id(facts->message_id);
		if (ret > 0 && (index->used > INDEX_HEADER || root == NULL)) {
			*source_r = MIME_CONVERSATION_INDEX;
			memcpy(id_r, CONST_PTR_OFFSET(index->data,
						      INDEX_GUID_OFFSET),
			       MIME_CONVERSATION_ID_LEN);
			return 0;
		}
	}
	conversation_hash(root != NULL ? root : facts->thread_topic, id_r);
	return 0;
}

int mime_conversation_id(struct mime_message *msg,
			 unsigned char id_r[MIME_CONVERSATION_ID_LEN],
			 const char **error_r)
{
	enum mime_conversation_source source;

	return mime_conversation_natural(msg, id_r, &source, NULL, error_r);
}

static void
index_header(buffer_t *index, const unsigned char *id, time_t when)
{
	uint64_t filetime = filetime_from_unix(when);
	int shift;

	buffer_append_c(index, 1);
	for (shift = 56; shift >= 24; shift -= 8)
		buffer_append_c(index, (filetime >> shift) & 0xff);
	buffer_append(index, id, MIME_CONVERSATION_ID_LEN);
}

int mime_conversation_index(struct mime_message *msg,
			    const unsigned char id[MIME_CONVERSATION_ID_LEN],
			    buffer_t *index_r, const char **error_r)
{
	const struct mime_facts *facts;
	buffer_t *index = t_buffer_create(64);
	int ret;

	ret = message_thread_index(msg, index, error_r);
	if (ret < 0 || mime_message_get_facts(msg, &facts, error_r) < 0)
		return -1;
	if (ret > 0)
		buffer_append_buf(index_r, index, 0, SIZE_MAX);
	else
		index_header(index_r, id, facts->date);
	return 0;
}

/* MS-OXOMSG 2.2.1.3, response level: DC and 31 bits of the time since the
   header's, then a random nibble and a zero one */
static void index_level(buffer_t *index, time_t now)
{
	const unsigned char *p = index->data;
	uint64_t begin = 0, diff, bits;
	unsigned int i;

	for (i = 1; i <= 5; i++)
		begin = begin << 8 | p[i];
	begin <<= 24;
	diff = filetime_from_unix(now);
	diff = diff > begin ? diff - begin : 0;
	/* below 1.7 years: bits 18..48 count; above: bits 23..53 with DC set */
	if ((diff >> 49) == 0)
		bits = (diff >> 18) & 0x7fffffff;
	else
		bits = 0x80000000U | ((diff >> 23) & 0x7fffffff);
	for (i = 0; i < 4; i++)
		buffer_append_c(index, (bits >> (24 - 8 * i)) & 0xff);
	buffer_append_c(index, i_rand_limit(16) << 4);
}

const char *
mime_conversation_index_child(const buffer_t *parent,
			      const unsigned char id[MIME_CONVERSATION_ID_LEN],
			      time_t now)
{
	buffer_t *index = t_buffer_create(128);
	string_t *dest = t_str_new(128);

	if (parent == NULL) {
		index_header(index, id, now);
	} else {
		buffer_append_buf(index, parent, 0, SIZE_MAX);
		i_assert(index->used >= INDEX_HEADER);
		if (index->used + INDEX_LEVEL_LEN <=
		    MIME_CONVERSATION_INDEX_MAX_LEN)
			index_level(index, now);
	}
	base64_encode(index->data, index->used, dest);
	return str_c(dest);
}

void mime_conversation_index_eas(buffer_t *dest, const buffer_t *index)
{
	if (index->used < INDEX_HEADER)
		return;
	buffer_append_buf(dest, index, 1, INDEX_LEVEL_LEN);
	buffer_append_buf(dest, index, INDEX_HEADER, SIZE_MAX);
}
