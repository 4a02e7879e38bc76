/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The query of a request: plain parameters, or one base64 string. Pure. */

#include "compat.h"
#include "eas-query.h"
#include "base64.h"
#include "buffer.h"
#include "strescape.h"
#include "unichar.h"

#define EAS_QUERY_MAX 8192

/* Command parameters of the base64 form (MS-ASHTTP 2.2.1.1.1.1.3) */
enum query_tag {
	QUERY_TAG_ATTACHMENT_NAME = 0,
	QUERY_TAG_COLLECTION_ID = 1,
	QUERY_TAG_COLLECTION_NAME = 2,
	QUERY_TAG_ITEM_ID = 3,
	QUERY_TAG_LONG_ID = 4,
	QUERY_TAG_PARENT_ID = 5,
	QUERY_TAG_OCCURRENCE = 6,
	QUERY_TAG_OPTIONS = 7,
	QUERY_TAG_USER = 8,
};
#define QUERY_OPTION_SAVE_IN_SENT 0x01
#define QUERY_OPTION_ACCEPT_MULTIPART 0x02

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Bad escapes stay as they are; NUL is refused. */
static const char *query_unescape(pool_t pool, const char *str)
{
	string_t *dest = str_new(pool, strlen(str) + 1);

	for (; *str != '\0'; str++) {
		int hi, lo;

		if (*str == '%' && (hi = hex_digit(str[1])) >= 0 &&
		    (lo = hex_digit(str[2])) >= 0) {
			if (hi == 0 && lo == 0)
				return NULL;
			str_append_c(dest, hi << 4 | lo);
			str += 2;
		} else {
			str_append_c(dest, *str);
		}
	}
	return str_c(dest);
}

static bool query_flag(const char *value)
{
	return strcasecmp(value, "T") == 0 || strcmp(value, "1") == 0;
}

static void query_set_param(struct eas_query *q, const char *name,
			    const char *value)
{
	const struct {
		const char *name, **dest;
	} map[] = {
		{ "Cmd", &q->cmd },
		{ "User", &q->user },
		{ "DeviceType", &q->device_type },
		{ "AttachmentName", &q->params.attachment_name },
		{ "CollectionId", &q->params.collection_id },
		{ "CollectionName", &q->params.collection_name },
		{ "ItemId", &q->params.item_id },
		{ "LongId", &q->params.long_id },
		{ "ParentId", &q->params.parent_id },
		{ "Occurrence", &q->params.occurrence },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(map); i++) {
		if (strcasecmp(map[i].name, name) == 0) {
			*map[i].dest = value;
			return;
		}
	}
	if (strcasecmp(name, "DeviceId") == 0) {
		q->device_id = (const unsigned char *)value;
		q->device_id_size = strlen(value);
	} else if (strcasecmp(name, "SaveInSent") == 0) {
		q->params.save_in_sent = query_flag(value);
	}
}

static int query_parse_plain(pool_t pool, const char *query,
			     struct eas_query *q, const char **error_r)
{
	const char *const *args = t_strsplit(query, "&");

	for (; *args != NULL; args++) {
		const char *p = strchr(*args, '=');
		const char *name, *value;

		if (p == NULL)
			continue;
		name = query_unescape(pool, t_strdup_until(*args, p));
		value = query_unescape(pool, p + 1);
		if (name == NULL || value == NULL ||
		    !uni_utf8_str_is_valid(value)) {
			*error_r = "invalid escape or character";
			return -1;
		}
		query_set_param(q, name, value);
	}
	return 0;
}

struct query_bytes {
	const unsigned char *data;
	size_t left;
};

static bool bytes_take(struct query_bytes *b, size_t count,
		       const unsigned char **data_r)
{
	if (b->left < count)
		return FALSE;
	*data_r = b->data;
	b->data += count;
	b->left -= count;
	return TRUE;
}

/* A byte with the length, and that many bytes */
static bool bytes_take_counted(struct query_bytes *b,
			       const unsigned char **data_r, size_t *size_r)
{
	const unsigned char *len;

	if (!bytes_take(b, 1, &len))
		return FALSE;
	*size_r = *len;
	return bytes_take(b, *size_r, data_r);
}

static void query_set_tag(pool_t pool, struct eas_query *q, unsigned int tag,
			  const unsigned char *data, size_t size)
{
	const char *value = p_strndup(pool, data, size);

	switch (tag) {
	case QUERY_TAG_ATTACHMENT_NAME:
		q->params.attachment_name = value;
		break;
	case QUERY_TAG_COLLECTION_ID:
		q->params.collection_id = value;
		break;
	case QUERY_TAG_COLLECTION_NAME:
		q->params.collection_name = value;
		break;
	case QUERY_TAG_ITEM_ID:
		q->params.item_id = value;
		break;
	case QUERY_TAG_LONG_ID:
		q->params.long_id = value;
		break;
	case QUERY_TAG_PARENT_ID:
		q->params.parent_id = value;
		break;
	case QUERY_TAG_OCCURRENCE:
		q->params.occurrence = value;
		break;
	case QUERY_TAG_USER:
		q->user = value;
		break;
	case QUERY_TAG_OPTIONS:
		if (size == 0)
			break;
		q->params.save_in_sent =
			(data[0] & QUERY_OPTION_SAVE_IN_SENT) != 0;
		q->params.accept_multipart =
			(data[0] & QUERY_OPTION_ACCEPT_MULTIPART) != 0;
		break;
	default:
		/* of a later version: ignore */
		break;
	}
}

static bool query_read_compact_head(pool_t pool, struct query_bytes *b,
				    struct eas_query *q)
{
	const unsigned char *data;
	size_t size;

	if (!bytes_take(b, 4, &data))
		return FALSE;
	q->version = data[0];
	q->code = data[1];
	q->locale = data[2] | data[3] << 8;
	if (!bytes_take_counted(b, &q->device_id, &q->device_id_size) ||
	    !bytes_take_counted(b, &data, &size))
		return FALSE;
	if (size == 4) {
		q->policy_key_set = TRUE;
		q->policy_key = data[0] | data[1] << 8 | data[2] << 16 |
			(uint32_t)data[3] << 24;
	} else if (size != 0) {
		return FALSE;
	}
	if (!bytes_take_counted(b, &data, &size))
		return FALSE;
	q->device_type = p_strndup(pool, data, size);
	return TRUE;
}

static int query_parse_compact(pool_t pool, const char *query,
			       struct eas_query *q, const char **error_r)
{
	buffer_t *buf = buffer_create_dynamic(pool, strlen(query));
	const unsigned char *data;
	struct query_bytes b;
	size_t size;

	if (compat_base64_decode(query, strlen(query), buf) < 0) {
		*error_r = "neither parameters nor base64";
		return -1;
	}
	q->compact = TRUE;
	b.data = buf->data;
	b.left = buf->used;
	if (!query_read_compact_head(pool, &b, q)) {
		*error_r = "base64 query is cut short or malformed";
		return -1;
	}
	while (b.left > 0) {
		const unsigned char *tag;

		if (!bytes_take(&b, 1, &tag) ||
		    !bytes_take_counted(&b, &data, &size)) {
			*error_r = "base64 query has a broken parameter";
			return -1;
		}
		query_set_tag(pool, q, *tag, data, size);
	}
	return 0;
}

static bool query_is_plain(const char *query)
{
	const char *p;

	/* base64 has '=' only at its end. */
	if (strchr(query, '&') != NULL)
		return TRUE;
	p = strchr(query, '=');
	return p != NULL && p[1] != '\0' && p[1] != '=';
}

int eas_query_parse(pool_t pool, const char *query, struct eas_query *query_r,
		    const char **error_r)
{
	const char *plain;

	i_zero(query_r);
	query_r->device_type = "";
	if (query == NULL || *query == '\0') {
		*error_r = "no query";
		return -1;
	}
	if (strlen(query) > EAS_QUERY_MAX) {
		*error_r = "query is too long";
		return -1;
	}
	if (query_is_plain(query))
		return query_parse_plain(pool, query, query_r, error_r);
	plain = query_unescape(pool, query);
	if (plain == NULL) {
		*error_r = "NUL in query";
		return -1;
	}
	return query_parse_compact(pool, plain, query_r, error_r);
}
