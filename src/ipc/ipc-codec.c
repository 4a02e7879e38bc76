/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the payloads of the frames. One table for each structure drives
   encoding and decoding. */

#include "lib.h"
#include "array.h"
#include "dovetail-ipc.h"

enum field_type {
	FIELD_STR,	/* const char * */
	FIELD_UINT,	/* unsigned int or an enum */
	FIELD_U64,
	FIELD_BOOL,
	FIELD_IP,	/* struct ip_addr, as text */
	FIELD_PORT,
	FIELD_PID,
	FIELD_GUID,
	FIELD_BYTES,	/* pointer; its size at offset2, its flag at offset3 */
	FIELD_LIST,	/* ARRAY of structures described by sub */
};

struct field_def {
	uint8_t tag;
	enum field_type type;
	bool required;
	size_t offset, offset2, offset3;
	const struct struct_def *sub;
	unsigned int max_count;
};

struct struct_def {
	const char *name;
	size_t size;
	/* ends with tag 0 */
	const struct field_def *fields;
};

#define F(tag_, type_, st, m) \
	{ .tag = tag_, .type = type_, .offset = offsetof(struct st, m) }
#define F_REQUIRED(tag_, type_, st, m) \
	{ .tag = tag_, .type = type_, .required = TRUE, \
	  .offset = offsetof(struct st, m) }
#define F_BYTES(tag_, st, m) \
	{ .tag = tag_, .type = FIELD_BYTES, .offset = offsetof(struct st, m), \
	  .offset2 = offsetof(struct st, m##_size) }
#define F_BYTES_FLAG(tag_, st, m) \
	{ .tag = tag_, .type = FIELD_BYTES, .offset = offsetof(struct st, m), \
	  .offset2 = offsetof(struct st, m##_size), \
	  .offset3 = offsetof(struct st, has_##m) }
#define F_LIST(tag_, st, m, def, max) \
	{ .tag = tag_, .type = FIELD_LIST, .offset = offsetof(struct st, m), \
	  .sub = def, .max_count = max }

static const struct field_def header_fields[] = {
	F_REQUIRED(1, FIELD_STR, ipc_header, name),
	F_REQUIRED(2, FIELD_STR, ipc_header, value),
	{ .tag = 0 }
};
static const struct struct_def header_def = {
	"header", sizeof(struct ipc_header), header_fields
};

static const struct field_def event_fields[] = {
	F_REQUIRED(1, FIELD_STR, ipc_event, owner),
	F_REQUIRED(2, FIELD_GUID, ipc_event, guid),
	F(3, FIELD_UINT, ipc_event, events),
	{ .tag = 0 }
};
static const struct struct_def event_def = {
	"event", sizeof(struct ipc_event), event_fields
};

static const struct field_def watch_fields[] = {
	F_REQUIRED(1, FIELD_STR, ipc_watch, owner),
	F_REQUIRED(2, FIELD_GUID, ipc_watch, guid),
	F(3, FIELD_UINT, ipc_watch, events),
	F_BYTES(4, ipc_watch, body),
	{ .tag = 0 }
};
static const struct struct_def watch_def = {
	"watch", sizeof(struct ipc_watch), watch_fields
};

static const struct field_def request_fields[] = {
	F(1, FIELD_U64, ipc_request, id),
	F_REQUIRED(2, FIELD_STR, ipc_request, protocol),
	F_REQUIRED(3, FIELD_STR, ipc_request, method),
	F_REQUIRED(4, FIELD_STR, ipc_request, path),
	F(5, FIELD_STR, ipc_request, query),
	F(6, FIELD_STR, ipc_request, host),
	F_REQUIRED(7, FIELD_STR, ipc_request, user),
	F(8, FIELD_IP, ipc_request, remote_ip),
	F(9, FIELD_IP, ipc_request, local_ip),
	F(10, FIELD_PORT, ipc_request, remote_port),
	F(11, FIELD_PORT, ipc_request, local_port),
	F(12, FIELD_BOOL, ipc_request, secured),
	F_LIST(13, ipc_request, headers, &header_def, IPC_MAX_HEADERS),
	F(14, FIELD_BOOL, ipc_request, has_body),
	F(15, FIELD_BOOL, ipc_request, has_size),
	F(16, FIELD_U64, ipc_request, body_size),
	F(17, FIELD_U64, ipc_request, generation),
	F(18, FIELD_UINT, ipc_request, max_hold_secs),
	F(19, FIELD_UINT, ipc_request, resume),
	F(20, FIELD_UINT, ipc_request, waited_msecs),
	F(21, FIELD_UINT, ipc_request, left_msecs),
	F_LIST(22, ipc_request, events, &event_def, IPC_MAX_WATCHES),
	F(23, FIELD_U64, ipc_request, origin),
	F(24, FIELD_U64, ipc_request, arrived),
	{ .tag = 0 }
};
static const struct struct_def request_def = {
	"REQUEST", sizeof(struct ipc_request), request_fields
};

/* Six fields with numbers from first on */
#define F_STREAM(first, st) \
	F(first, FIELD_BOOL, st, stream.used), \
	F_BYTES(first + 1, st, stream.preamble), \
	F_BYTES(first + 2, st, stream.keepalive), \
	F(first + 3, FIELD_UINT, st, stream.keepalive_msecs), \
	F(first + 4, FIELD_STR, st, stream.done), \
	F(first + 5, FIELD_STR, st, stream.echo)

static const struct field_def response_fields[] = {
	F(1, FIELD_UINT, ipc_response, status),
	F(2, FIELD_STR, ipc_response, reason),
	F_LIST(3, ipc_response, headers, &header_def, IPC_MAX_HEADERS),
	F(4, FIELD_BOOL, ipc_response, has_size),
	F(5, FIELD_U64, ipc_response, body_size),
	F(6, FIELD_BOOL, ipc_response, close),
	F_STREAM(7, ipc_response),
	F(13, FIELD_STR, ipc_response, session),
	F(14, FIELD_BOOL, ipc_response, session_ended),
	{ .tag = 0 }
};
static const struct struct_def response_def = {
	"RESPONSE", sizeof(struct ipc_response), response_fields
};

static const struct field_def log_fields[] = {
	F_LIST(1, ipc_log, fields, &header_def, IPC_MAX_LOG_FIELDS),
	{ .tag = 0 }
};
static const struct struct_def log_def = {
	"LOG", sizeof(struct ipc_log), log_fields
};

static const struct field_def park_fields[] = {
	F(1, FIELD_UINT, ipc_park, kind),
	F(2, FIELD_STR, ipc_park, device),
	F(3, FIELD_UINT, ipc_park, hold_msecs),
	F(4, FIELD_UINT, ipc_park, min_hold_msecs),
	F(5, FIELD_UINT, ipc_park, status),
	F_LIST(6, ipc_park, headers, &header_def, IPC_MAX_HEADERS),
	F_BYTES_FLAG(7, ipc_park, timeout_body),
	F_BYTES_FLAG(8, ipc_park, replaced_body),
	F(9, FIELD_BOOL, ipc_park, repeatable),
	F_LIST(10, ipc_park, watches, &watch_def, IPC_MAX_WATCHES),
	F_STREAM(11, ipc_park),
	{ .tag = 0 }
};
static const struct struct_def park_def = {
	"PARK", sizeof(struct ipc_park), park_fields
};

static const struct field_def token_fields[] = {
	F_REQUIRED(1, FIELD_STR, ipc_token, user),
	F(2, FIELD_PID, ipc_token, pid),
	F(3, FIELD_STR, ipc_token, session_id),
	F(4, FIELD_STR, ipc_token, token),
	{ .tag = 0 }
};
static const struct struct_def token_def = {
	"TOKEN", sizeof(struct ipc_token), token_fields
};

static const struct field_def refuse_fields[] = {
	F(1, FIELD_UINT, ipc_refuse, status),
	F(2, FIELD_STR, ipc_refuse, reason),
	F_LIST(3, ipc_refuse, headers, &header_def, IPC_MAX_HEADERS),
	{ .tag = 0 }
};
static const struct struct_def refuse_def = {
	"REFUSE", sizeof(struct ipc_refuse), refuse_fields
};

/* Numbers of every width travel as 8 bytes. */

static void put_u32(unsigned char *dest, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		dest[i] = value >> (8 * i);
}

static uint32_t get_u32(const unsigned char *src)
{
	return (uint32_t)src[0] | (uint32_t)src[1] << 8 |
		(uint32_t)src[2] << 16 | (uint32_t)src[3] << 24;
}

static uint64_t number_get(const struct field_def *field, const void *place)
{
	switch (field->type) {
	case FIELD_U64:
		return *(const uint64_t *)place;
	case FIELD_BOOL:
		return *(const bool *)place ? 1 : 0;
	case FIELD_PORT:
		return *(const in_port_t *)place;
	case FIELD_PID:
		return *(const pid_t *)place;
	default: {
		unsigned int value;

		/* an enum, perhaps */
		memcpy(&value, place, sizeof(value));
		return value;
	}
	}
}

static int number_set(const struct field_def *field, void *place, uint64_t n)
{
	unsigned int value = n;

	switch (field->type) {
	case FIELD_U64:
		*(uint64_t *)place = n;
		return 0;
	case FIELD_BOOL:
		*(bool *)place = n != 0;
		return n <= 1 ? 0 : -1;
	case FIELD_PORT:
		*(in_port_t *)place = n;
		return n <= 65535 ? 0 : -1;
	case FIELD_PID:
		*(pid_t *)place = n;
		return n <= INT_MAX ? 0 : -1;
	default:
		memcpy(place, &value, sizeof(value));
		return n <= UINT_MAX ? 0 : -1;
	}
}

/* Encoding */

static void struct_append(buffer_t *dest, const struct struct_def *def,
			  const void *st);

static void field_append_raw(buffer_t *dest, uint8_t tag,
			     const void *data, size_t size)
{
	unsigned char head[5];

	head[0] = tag;
	put_u32(head + 1, size);
	buffer_append(dest, head, sizeof(head));
	buffer_append(dest, data, size);
}

static void number_append(buffer_t *dest, uint8_t tag, uint64_t n)
{
	unsigned char bytes[8];

	if (n == 0)
		return;
	put_u32(bytes, n);
	put_u32(bytes + 4, n >> 32);
	field_append_raw(dest, tag, bytes, sizeof(bytes));
}

static void bytes_append(buffer_t *dest, const struct field_def *field,
			 const void *st)
{
	const unsigned char *data =
		*(const unsigned char *const *)CONST_PTR_OFFSET(st, field->offset);
	size_t size = *(const size_t *)CONST_PTR_OFFSET(st, field->offset2);
	bool present = field->offset3 == 0 ? data != NULL :
		*(const bool *)CONST_PTR_OFFSET(st, field->offset3);

	if (present)
		field_append_raw(dest, field->tag, data, data == NULL ? 0 : size);
}

static void list_append(buffer_t *dest, const struct field_def *field,
			const void *place)
{
	const struct array *array = place;
	unsigned int i, count;
	size_t start;

	if (array->buffer == NULL)
		return;
	count = array_count_i(array);
	for (i = 0; i < count; i++) {
		field_append_raw(dest, field->tag, "", 0);
		start = dest->used;
		struct_append(dest, field->sub, CONST_PTR_OFFSET(
			array->buffer->data, i * array->element_size));
		put_u32(buffer_get_space_unsafe(dest, start - 4, 4),
			dest->used - start);
	}
}

static void field_append(buffer_t *dest, const struct field_def *field,
			 const void *st)
{
	const void *place = CONST_PTR_OFFSET(st, field->offset);
	const char *str;

	switch (field->type) {
	case FIELD_STR:
		str = *(const char *const *)place;
		if (str != NULL)
			field_append_raw(dest, field->tag, str, strlen(str));
		break;
	case FIELD_IP:
		str = net_ip2addr(place);
		if (str[0] != '\0')
			field_append_raw(dest, field->tag, str, strlen(str));
		break;
	case FIELD_GUID:
		field_append_raw(dest, field->tag, place, GUID_128_SIZE);
		break;
	case FIELD_BYTES:
		bytes_append(dest, field, st);
		break;
	case FIELD_LIST:
		list_append(dest, field, place);
		break;
	default:
		number_append(dest, field->tag, number_get(field, place));
		break;
	}
}

static void struct_append(buffer_t *dest, const struct struct_def *def,
			  const void *st)
{
	const struct field_def *field;

	for (field = def->fields; field->tag != 0; field++)
		field_append(dest, field, st);
}

static void frame_append(buffer_t *dest, enum ipc_frame_type type,
			 const struct struct_def *def, const void *st)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];
	size_t start = dest->used;

	buffer_append_zero(dest, IPC_FRAME_HEADER_SIZE);
	struct_append(dest, def, st);
	ipc_frame_header(header, type,
			 dest->used - start - IPC_FRAME_HEADER_SIZE);
	buffer_write(dest, start, header, sizeof(header));
}

/* Decoding */

static int struct_parse(const struct struct_def *def,
			const unsigned char *data, size_t size, pool_t pool,
			void *st, const char **error_r);

static int str_parse(const unsigned char *data, size_t size, pool_t pool,
		     const char **dest)
{
	if (memchr(data, '\0', size) != NULL)
		return -1;
	*dest = p_strndup(pool, data, size);
	return 0;
}

static void bytes_parse(const struct field_def *field,
			const unsigned char *data, size_t size, pool_t pool,
			void *st)
{
	unsigned char *copy = p_malloc(pool, size + 1);

	memcpy(copy, data, size);
	*(const unsigned char **)PTR_OFFSET(st, field->offset) = copy;
	*(size_t *)PTR_OFFSET(st, field->offset2) = size;
	if (field->offset3 != 0)
		*(bool *)PTR_OFFSET(st, field->offset3) = TRUE;
}

static int list_parse(const struct field_def *field,
		      const unsigned char *data, size_t size, pool_t pool,
		      void *place, const char **error_r)
{
	struct array *array = place;

	if (array_count_i(array) >= field->max_count) {
		*error_r = t_strdup_printf("too many %ss", field->sub->name);
		return -1;
	}
	return struct_parse(field->sub, data, size, pool,
			    array_append_space_i(array), error_r);
}

static int number_parse(const struct field_def *field,
			const unsigned char *data, size_t size, void *place)
{
	if (size != 8)
		return -1;
	return number_set(field, place, (uint64_t)get_u32(data + 4) << 32 |
			  get_u32(data));
}

static int field_parse(const struct field_def *field,
		       const unsigned char *data, size_t size, pool_t pool,
		       void *st, const char **error_r)
{
	void *place = PTR_OFFSET(st, field->offset);

	*error_r = NULL;
	switch (field->type) {
	case FIELD_STR:
		return str_parse(data, size, pool, place);
	case FIELD_IP:
		return net_addr2ip(t_strndup(data, size), place);
	case FIELD_GUID:
		if (size != GUID_128_SIZE)
			return -1;
		memcpy(place, data, size);
		return 0;
	case FIELD_BYTES:
		bytes_parse(field, data, size, pool, st);
		return 0;
	case FIELD_LIST:
		return list_parse(field, data, size, pool, place, error_r);
	default:
		return number_parse(field, data, size, place);
	}
}

static const struct field_def *
field_find(const struct struct_def *def, uint8_t tag)
{
	const struct field_def *field;

	for (field = def->fields; field->tag != 0; field++) {
		if (field->tag == tag)
			return field;
	}
	return NULL;
}

static void struct_init(const struct struct_def *def, pool_t pool, void *st)
{
	const struct field_def *field;

	memset(st, 0, def->size);
	for (field = def->fields; field->tag != 0; field++) {
		if (field->type == FIELD_LIST) {
			array_create_i(PTR_OFFSET(st, field->offset), pool,
				       field->sub->size, 4);
		}
	}
}

static int struct_check(const struct struct_def *def, uint32_t seen,
			const char **error_r)
{
	const struct field_def *field;

	for (field = def->fields; field->tag != 0; field++) {
		if (field->required && (seen & (1U << field->tag)) == 0) {
			*error_r = t_strdup_printf("%s lacks field %u",
						   def->name, field->tag);
			return -1;
		}
	}
	return 0;
}

static int struct_parse(const struct struct_def *def,
			const unsigned char *data, size_t size, pool_t pool,
			void *st, const char **error_r)
{
	const struct field_def *field;
	uint32_t length, seen = 0;

	struct_init(def, pool, st);
	while (size > 0) {
		if (size < 5 || (length = get_u32(data + 1)) > size - 5) {
			*error_r = t_strdup_printf("%s is cut off", def->name);
			return -1;
		}
		field = field_find(def, data[0]);
		if (field != NULL &&
		    field_parse(field, data + 5, length, pool, st,
				error_r) < 0) {
			if (*error_r == NULL) {
				*error_r = t_strdup_printf(
					"%s field %u is invalid", def->name,
					field->tag);
			}
			return -1;
		}
		if (field != NULL)
			seen |= 1U << field->tag;
		data += 5 + length;
		size -= 5 + length;
	}
	return struct_check(def, seen, error_r);
}

static int frame_parse(const struct struct_def *def,
		       const struct ipc_frame *frame, pool_t pool,
		       void *st, const char **error_r)
{
	return struct_parse(def, frame->data, frame->size, pool, st, error_r);
}

void ipc_request_append(buffer_t *dest, const struct ipc_request *req)
{
	frame_append(dest, IPC_REQUEST, &request_def, req);
}

int ipc_request_parse(const struct ipc_frame *frame, pool_t pool,
		      struct ipc_request *req_r, const char **error_r)
{
	return frame_parse(&request_def, frame, pool, req_r, error_r);
}

void ipc_response_append(buffer_t *dest, const struct ipc_response *resp)
{
	frame_append(dest, IPC_RESPONSE, &response_def, resp);
}

int ipc_response_parse(const struct ipc_frame *frame, pool_t pool,
		       struct ipc_response *resp_r, const char **error_r)
{
	if (frame_parse(&response_def, frame, pool, resp_r, error_r) < 0)
		return -1;
	if (resp_r->status < 200 || resp_r->status > 599) {
		*error_r = t_strdup_printf("RESPONSE has status %u",
					   resp_r->status);
		return -1;
	}
	return 0;
}

void ipc_log_append(buffer_t *dest, const struct ipc_log *log)
{
	frame_append(dest, IPC_LOG, &log_def, log);
}

int ipc_log_parse(const struct ipc_frame *frame, pool_t pool,
		  struct ipc_log *log_r, const char **error_r)
{
	return frame_parse(&log_def, frame, pool, log_r, error_r);
}

void ipc_park_append(buffer_t *dest, const struct ipc_park *park)
{
	frame_append(dest, IPC_PARK, &park_def, park);
}

int ipc_park_parse(const struct ipc_frame *frame, pool_t pool,
		   struct ipc_park *park_r, const char **error_r)
{
	if (frame_parse(&park_def, frame, pool, park_r, error_r) < 0)
		return -1;
	if (park_r->status == 0)
		park_r->status = 200;
	if (park_r->status < 200 || park_r->status > 599) {
		*error_r = t_strdup_printf("PARK has status %u",
					   park_r->status);
		return -1;
	}
	return 0;
}

void ipc_token_append(buffer_t *dest, const struct ipc_token *token)
{
	frame_append(dest, IPC_TOKEN, &token_def, token);
}

int ipc_token_parse(const struct ipc_frame *frame, pool_t pool,
		    struct ipc_token *token_r, const char **error_r)
{
	return frame_parse(&token_def, frame, pool, token_r, error_r);
}

void ipc_refuse_append(buffer_t *dest, const struct ipc_refuse *refuse)
{
	frame_append(dest, IPC_REFUSE, &refuse_def, refuse);
}

int ipc_refuse_parse(const struct ipc_frame *frame, pool_t pool,
		     struct ipc_refuse *refuse_r, const char **error_r)
{
	return frame_parse(&refuse_def, frame, pool, refuse_r, error_r);
}

const char *ipc_header_find(const ARRAY_TYPE(ipc_header) *headers,
			    const char *name)
{
	const struct ipc_header *header;

	if (!array_is_created(headers))
		return NULL;
	array_foreach(headers, header) {
		if (strcasecmp(header->name, name) == 0)
			return header->value;
	}
	return NULL;
}

const char *ipc_cookie_find(const char *header, const char *name)
{
	const char *const *parts = t_strsplit(header, ";");
	size_t len = strlen(name);
	const char *value;

	for (; *parts != NULL; parts++) {
		value = t_str_trim(*parts, " \t");
		if (strncmp(value, name, len) != 0 || value[len] != '=')
			continue;
		value += len + 1;
		len = strlen(value);
		if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
			return t_strndup(value + 1, len - 2);
		return value;
	}
	return NULL;
}
