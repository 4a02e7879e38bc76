/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the table of protocols. A new protocol is one row. Pure. */

#include "lib.h"
#include "base64.h"
#include "str.h"
#include "uri-util.h"
#include "dovetail-ipc.h"
#include "front-route.h"

static const char *const eas_methods[] = { "OPTIONS", "POST", NULL };
static const char *const autodiscover_methods[] = { "GET", "POST", NULL };
/* MS-OXCMAPIHTTP has a response code for a wrong one: the worker's matter */
static const char *const mapi_methods[] = {
	"GET", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", NULL
};

static const struct front_route routes[] = {
	{ .protocol = "eas",
	  .prefix = "/microsoft-server-activesync",
	  .methods = eas_methods, .allow = "OPTIONS,POST",
	  .may_park = TRUE, .brake = TRUE, .ms_location = TRUE,
	  .target_parse = front_target_parse_eas },
	{ .protocol = "autodiscover",
	  .prefix = "/autodiscover",
	  .methods = autodiscover_methods, .allow = "GET,POST" },
	{ .protocol = "mapi",
	  .prefix = "/mapi",
	  .methods = mapi_methods, .allow = "POST",
	  .may_park = TRUE, .session_cookie = IPC_SESSION_COOKIE },
};

const struct front_route *front_route_find(const char *path)
{
	size_t len;

	for (unsigned int i = 0; i < N_ELEMENTS(routes); i++) {
		len = strlen(routes[i].prefix);
		if (strncasecmp(path, routes[i].prefix, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			return &routes[i];
	}
	return NULL;
}

bool front_route_is_healthcheck(const char *path)
{
	const char *name = "/healthcheck.htm";
	size_t len = strlen(path), name_len = strlen(name);
	const struct front_route *route;

	if (len < name_len || strcasecmp(path + len - name_len, name) != 0)
		return FALSE;
	route = front_route_find(path);
	len -= name_len;
	if (len == 0)
		return TRUE;
	if (route == NULL)
		return FALSE;
	/* /mapi has two endpoints below it */
	return len == strlen(route->prefix) ||
		(route->session_cookie != NULL &&
		 memchr(path + strlen(route->prefix) + 1, '/',
			len - strlen(route->prefix) - 1) == NULL);
}

bool front_route_allows(const struct front_route *route, const char *method)
{
	return str_array_find(route->methods, method);
}

bool front_route_method_known(const char *method)
{
	static const char *const known[] = {
		"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH",
		"TRACE", "CONNECT", NULL
	};

	return str_array_find(known, method);
}

/* MS-ASHTTP 2.2.1.1.1.1.2: command codes */
static const char *const eas_commands[] = {
	"Sync", "SendMail", "SmartForward", "SmartReply", "GetAttachment",
	NULL, NULL, NULL, NULL,
	"FolderSync", "FolderCreate", "FolderDelete", "FolderUpdate",
	"MoveItems", "GetItemEstimate", "MeetingResponse", "Search",
	"Settings", "Ping", "ItemOperations", "Provision",
	"ResolveRecipients", "ValidateCert", "Find",
};

struct byte_reader {
	const unsigned char *data;
	size_t size;
};

static bool reader_take(struct byte_reader *reader, size_t size,
			const unsigned char **data_r)
{
	if (reader->size < size)
		return FALSE;
	*data_r = reader->data;
	reader->data += size;
	reader->size -= size;
	return TRUE;
}

/* a length byte and so many bytes */
static bool reader_take_string(struct byte_reader *reader,
			       const unsigned char **data_r, size_t *size_r)
{
	const unsigned char *len;

	if (!reader_take(reader, 1, &len))
		return FALSE;
	*size_r = *len;
	return reader_take(reader, *size_r, data_r);
}

/* Device ids may be any bytes; as a name in logs and keys they are hex then. */
static const char *device_name(const unsigned char *data, size_t size)
{
	string_t *hex;

	for (size_t i = 0; i < size; i++) {
		if (data[i] > ' ' && data[i] < 0x7f)
			continue;
		hex = t_str_new(size * 2 + 1);
		for (i = 0; i < size; i++)
			str_printfa(hex, "%02x", data[i]);
		return str_c(hex);
	}
	return t_strndup(data, size);
}

static void target_parse_base64(const char *query,
				struct front_target *target_r)
{
	buffer_t *bytes = t_base64_decode_str(query);
	struct byte_reader reader = { bytes->data, bytes->used };
	const unsigned char *data;
	size_t size;

	/* version, command, locale */
	if (!reader_take(&reader, 4, &data))
		return;
	if (data[1] < N_ELEMENTS(eas_commands))
		target_r->command = eas_commands[data[1]];
	if (!reader_take_string(&reader, &data, &size))
		return;
	target_r->device = device_name(data, size);
	/* the policy key, then the device type */
	if (!reader_take_string(&reader, &data, &size) ||
	    !reader_take_string(&reader, &data, &size))
		return;
	target_r->device_type = device_name(data, size);
}

static const char *param_decode(const char *value)
{
	struct uri_parser parser;
	const char *decoded;

	i_zero(&parser);
	parser.pool = pool_datastack_create();
	if (!uri_data_decode(&parser, value, NULL, &decoded))
		return NULL;
	return decoded;
}

static void target_parse_plain(const char *query, struct front_target *target_r)
{
	const char *const *params = t_strsplit(query, "&");
	const char *value;

	for (; *params != NULL; params++) {
		if ((value = strchr(*params, '=')) == NULL)
			continue;
		const char *name = t_strdup_until(*params, value++);
		if (strcasecmp(name, "Cmd") == 0)
			target_r->command = param_decode(value);
		else if (strcasecmp(name, "DeviceId") == 0)
			target_r->device = param_decode(value);
		else if (strcasecmp(name, "DeviceType") == 0)
			target_r->device_type = param_decode(value);
		else if (strcasecmp(name, "User") == 0)
			target_r->user = param_decode(value);
	}
}

void front_target_parse_eas(const char *query, struct front_target *target_r)
{
	i_zero(target_r);
	if (query == NULL)
		return;
	/* base64's padding has no name before it */
	if (strchr(query, '&') == NULL && strncasecmp(query, "Cmd=", 4) != 0)
		target_parse_base64(query, target_r);
	else
		target_parse_plain(query, target_r);
}
