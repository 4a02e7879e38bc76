/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The HTTP side of ActiveSync (MS-ASHTTP): OPTIONS, the query in both forms,
   headers, the body, and the way to a command's handler. */

#include "eas.h"
#include "compat-settings.h"
#include "dovetail-bus.h"
#include "dovetail-eas.h"
#include "dovetail-settings.h"
#include "eas-query.h"
#include "eas-trace.h"
#include "hex-binary.h"
#include "istream.h"
#include "ostream.h"
#include "wildcard-match.h"

#include <ctype.h>

#define EAS_MAX_NODES 20000
/* DeviceId and DeviceType; Exchange takes no longer ones, so no client has them. */
#define EAS_DEVICE_NAME_MAX 32

static const struct {
	enum eas_version version;
	const char *name;
} eas_versions[] = {
	{ EAS_VERSION_25, "2.5" },
	{ EAS_VERSION_120, "12.0" },
	{ EAS_VERSION_121, "12.1" },
	{ EAS_VERSION_140, "14.0" },
	{ EAS_VERSION_141, "14.1" },
	{ EAS_VERSION_160, "16.0" },
	{ EAS_VERSION_161, "16.1" },
};

static bool version_find(const char *name, enum eas_version *version_r)
{
	for (unsigned int i = 0; i < N_ELEMENTS(eas_versions); i++) {
		if (strcmp(eas_versions[i].name, name) == 0) {
			*version_r = eas_versions[i].version;
			return TRUE;
		}
	}
	return FALSE;
}

static bool version_is_known(unsigned int version)
{
	for (unsigned int i = 0; i < N_ELEMENTS(eas_versions); i++) {
		if ((unsigned int)eas_versions[i].version == version)
			return TRUE;
	}
	return FALSE;
}

/* dovetail_max_version = 16.1, or rules by device type or user agent, first
   match wins: "Android*=14.1 *=16.1". What a build of a client cannot do is so
   kept from it (R41). */
static enum eas_version version_limit(struct eas_request *req)
{
	const char *set = store_setting(req->store, "dovetail_max_version");
	const char *const *rules;
	enum eas_version limit;

	if (set == NULL)
		return EAS_VERSION_161;
	for (rules = t_strsplit_spaces(set, " "); *rules != NULL; rules++) {
		const char *p = strrchr(*rules, '=');
		const char *mask = p == NULL ? "*" : t_strdup_until(*rules, p);

		if (!wildcard_match_icase(req->device_type, mask) &&
		    !wildcard_match_icase(req->user_agent, mask))
			continue;
		/* a wrong one was told when the worker began */
		if (version_find(p == NULL ? *rules : p + 1, &limit))
			return limit;
	}
	return EAS_VERSION_161;
}

const char *eas_versions_offered(struct eas_request *req)
{
	enum eas_version limit = version_limit(req);
	string_t *str = t_str_new(64);

	for (unsigned int i = 0; i < N_ELEMENTS(eas_versions); i++) {
		if (eas_versions[i].version > limit)
			break;
		if (i > 0)
			str_append_c(str, ',');
		str_append(str, eas_versions[i].name);
	}
	return str_c(str);
}

static void request_options(struct eas_request *req)
{
	struct service_request *service = req->service;

	service_reply_begin(service, 200, "OK");
	service_reply_header(service, "MS-Server-ActiveSync",
			     EAS_SERVER_VERSION);
	service_reply_header(service, "MS-ASProtocolVersions",
			     eas_versions_offered(req));
	service_reply_header(service, "MS-ASProtocolCommands",
			     eas_command_list());
	service_reply_header(service, "Public", "OPTIONS,POST");
	service_reply_header(service, "Allow", "OPTIONS,POST");
	service_reply_header(service, "Cache-Control", "private");
}

/* DeviceIds are letters and digits (MS-ASHTTP 2.2.1.1.1.2.3); some clients have
   a few more, and old ones send 16 binary bytes, which become hex. */
static const char *request_device_id(struct eas_request *req,
				     const unsigned char *id, size_t size)
{
	if (size == 0 || size > EAS_DEVICE_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		if (i_isalnum(id[i]) || id[i] == '-' || id[i] == '_' ||
		    id[i] == '.')
			continue;
		if (size != 16)
			return NULL;
		return p_strdup(req->pool, binary_to_hex(id, size));
	}
	return p_strndup(req->pool, id, size);
}

static bool request_has_version_header(struct eas_request *req,
				       bool *refused_r)
{
	const char *value = service_request_header(req->service,
						   "MS-ASProtocolVersion");
	*refused_r = FALSE;
	if (value == NULL)
		return FALSE;
	if (!version_find(t_str_trim(value, " "), &req->version)) {
		/* 138: HTTP 505 for 1.0 devices, 400 for others */
		if (strcmp(value, "1.0") == 0)
			eas_reply_http(req, 505, "Version Not Supported");
		else
			eas_reply_http(req, 400, "Bad Request");
		*refused_r = TRUE;
		return FALSE;
	}
	return TRUE;
}

static bool request_read_version(struct eas_request *req,
				 const struct eas_query *query)
{
	bool refused;

	if (query->compact) {
		if (version_is_known(query->version)) {
			req->version = query->version;
			return TRUE;
		}
		eas_reply_http(req, 400, "Bad Request");
		return FALSE;
	}
	if (request_has_version_header(req, &refused))
		return TRUE;
	if (!refused)
		eas_reply_http(req, 400, "Bad Request");
	return FALSE;
}

static void request_read_policy_key(struct eas_request *req,
				    const struct eas_query *query)
{
	const char *value;

	if (query->compact) {
		req->policy_key_set = query->policy_key_set;
		req->policy_key = query->policy_key;
		return;
	}
	value = service_request_header(req->service, "X-MS-PolicyKey");
	req->policy_key_set = value != NULL &&
		str_to_uint32(value, &req->policy_key) == 0;
}

static bool request_read_command(struct eas_request *req,
				 const struct eas_query *query)
{
	req->cmd = query->compact ? eas_command_find_code(query->code) :
		query->cmd == NULL ? NULL : eas_command_find(query->cmd);
	if (req->cmd == NULL) {
		if (query->cmd == NULL && !query->compact)
			eas_reply_http(req, 400, "Bad Request");
		else
			eas_reply_http(req, 501, "Not Implemented");
		return FALSE;
	}
	service_log(req->service, "cmd", req->cmd->name);
	return TRUE;
}

static bool request_read_device(struct eas_request *req,
				const struct eas_query *query)
{
	req->device_id = request_device_id(req, query->device_id,
					   query->device_id_size);
	if (req->device_id == NULL) {
		eas_reply_status(req, EAS_STATUS_DEVICE_ID);
		return FALSE;
	}
	service_log(req->service, "device", req->device_id);
	if (*req->device_type == '\0' ||
	    strlen(req->device_type) > EAS_DEVICE_NAME_MAX) {
		eas_reply_status(req, EAS_STATUS_DEVICE_TYPE);
		return FALSE;
	}
	req->device_key = p_strconcat(req->pool, "eas:", req->device_id, NULL);
	/* The bus knows devices by the bytes the client sent. */
	store_set_origin(req->store,
		bus_origin(store_username(req->store),
			   t_strndup(query->device_id,
				     query->device_id_size)));
	return TRUE;
}

/* FALSE: answered */
static bool request_read_head(struct eas_request *req,
			      const struct eas_query *query)
{
	const char *value;

	req->locale = query->locale;
	req->params = query->params;
	value = service_request_header(req->service, "MS-ASAcceptMultiPart");
	if (value != NULL)
		req->params.accept_multipart = strcasecmp(value, "T") == 0;

	if (!request_read_command(req, query) ||
	    !request_read_version(req, query))
		return FALSE;
	request_read_policy_key(req, query);
	if (!request_read_device(req, query))
		return FALSE;
	if (req->version < req->cmd->since || req->version > req->cmd->until) {
		eas_reply_http(req, 501, "Not Implemented");
		return FALSE;
	}
	return TRUE;
}

static bool request_content_is_wbxml(struct eas_request *req)
{
	const char *type = service_request_header(req->service, "Content-Type");

	return type == NULL ||
		strncasecmp(type, "application/vnd.ms-sync", 23) == 0;
}

static int request_read_tree(struct eas_request *req)
{
	struct wbxml_tree_settings set = { .max_nodes = EAS_MAX_NODES };
	enum wbxml_error error;
	const char *reason;
	int ret;

	req->tree = wbxml_tree_init(&set);
	while ((ret = wbxml_tree_read(req->tree, req->service->body)) == 0) {
		if (i_stream_read(req->service->body) == -1)
			break;
	}
	if (ret > 0) {
		req->root = wbxml_tree_root(req->tree);
		return 1;
	}
	/* Not inside e_info(): it need not look at its arguments. */
	reason = wbxml_tree_get_error(req->tree, &error);
	e_info(req->event, "Bad WBXML from device %s: %s", req->device_id,
	       reason);
	eas_reply_status(req, error == WBXML_ERROR_IO ? EAS_STATUS_RETRY_LATER :
			 EAS_STATUS_INVALID_WBXML);
	return -1;
}

int eas_request_parse_body(struct eas_request *req)
{
	const unsigned char *data;
	size_t size;

	if (i_stream_read_more(req->service->body, &data, &size) <= 0) {
		if (req->service->body->stream_errno == 0)
			return 0;
		eas_reply_http(req, 400, "Bad Request");
		return -1;
	}
	if (!request_content_is_wbxml(req)) {
		eas_reply_status(req, EAS_STATUS_INVALID_CONTENT);
		return -1;
	}
	if (request_read_tree(req) < 0)
		return -1;
	if (req->cmd->root != 0 && req->root->tag != req->cmd->root) {
		eas_reply_status(req, EAS_STATUS_INVALID_XML);
		return -1;
	}
	eas_trace_request(req);
	return 1;
}

/* FALSE: answered */
static bool request_read_body(struct eas_request *req)
{
	int ret;

	if (req->cmd->body == EAS_BODY_OWN)
		return TRUE;
	if ((ret = eas_request_parse_body(req)) < 0)
		return FALSE;
	if (ret == 0 && req->cmd->body == EAS_BODY_REQUIRED) {
		eas_reply_http(req, 400, "Bad Request");
		return FALSE;
	}
	return TRUE;
}

/* What a device says about itself is known before it is judged: rules may ask
   for its model. FALSE: answered */
static bool request_read_information(struct eas_request *req)
{
	const struct wbxml_node *info;

	if (!request_read_body(req))
		return FALSE;
	info = wbxml_child(req->root, SET_DeviceInformation);
	if (info != NULL)
		(void)eas_device_information(req, info);
	return TRUE;
}

static void request_run(struct eas_request *req)
{
	bool tells = (req->cmd->flags & EAS_COMMAND_TELLS_DEVICE) != 0;
	unsigned int status;

	if (eas_device_load(req) < 0) {
		eas_reply_store_error(req);
		return;
	}
	eas_trace_init(req);
	if (tells && !request_read_information(req))
		return;
	if (!eas_device_allowed(req, &status)) {
		e_info(req->event, "Device %s (%s) refused: status %u",
		       req->device_id, req->device_type, status);
		eas_reply_status(req, status);
		return;
	}
	if (!tells && !request_read_body(req))
		return;
	if ((req->cmd->flags & EAS_COMMAND_NO_POLICY) == 0 &&
	    store_conversation_moves_run(req->store) < 0) {
		e_debug(req->event, "Conversations were not moved");
	}
	req->cmd->handler(req);
}

static void request_post(struct eas_request *req)
{
	struct eas_query query;
	const char *error;

	if (eas_query_parse(req->pool, req->service->query, &query,
			    &error) < 0) {
		e_info(req->event, "Bad query: %s", error);
		eas_reply_http(req, 400, "Bad Request");
		return;
	}
	req->device_type = p_strdup(req->pool, query.device_type);
	if (request_read_head(req, &query))
		request_run(req);
}

static bool request_path_is_ours(const char *path)
{
	size_t len = strlen(EAS_PATH);

	return strncasecmp(path, EAS_PATH, len) == 0 &&
		(path[len] == '\0' || strcmp(path + len, "/") == 0 ||
		 strcasecmp(path + len, "/default.eas") == 0);
}

static void request_free(struct eas_request *req)
{
	if (req->writer != NULL) {
		/* A handler that stopped midway: the client sees a cut answer,
		   never a wrong one. */
		wbxml_writer_abort(&req->writer);
		o_stream_unref(&req->reply_output);
	}
	if (req->tree != NULL)
		wbxml_tree_deinit(&req->tree);
	event_unref(&req->event);
}

void eas_handle(struct service_request *service)
{
	struct eas_request *req = p_new(service->pool, struct eas_request, 1);

	req->service = service;
	req->pool = service->pool;
	req->store = service->store;
	req->event = event_create(service->event);
	event_set_append_log_prefix(req->event, "eas: ");
	req->version = EAS_VERSION_161;
	req->device_id = req->device_type = "";
	req->user_agent = service_request_header(service, "User-Agent");
	if (req->user_agent == NULL)
		req->user_agent = "";

	if (!request_path_is_ours(service->path))
		eas_reply_http(req, 404, "Not Found");
	else if (strcmp(service->method, "OPTIONS") == 0)
		request_options(req);
	else if (strcmp(service->method, "POST") == 0)
		request_post(req);
	else
		eas_reply_http(req, 501, "Not Implemented");
	request_free(req);
}

unsigned int eas_setting_uint(struct eas_request *req, const char *name,
			      unsigned int def)
{
	name = t_strconcat("dovetail_", name, NULL);
	return dovetail_setting_uint(name, store_setting(req->store, name),
				     def);
}

unsigned int eas_setting_secs(struct eas_request *req, const char *name,
			      unsigned int def)
{
	const char *set = store_setting(req->store,
					t_strconcat("dovetail_", name, NULL));
	const char *error;
	unsigned int secs;

	return set != NULL && compat_parse_time(set, &secs, &error) == 0 ?
		secs : def;
}

bool eas_setting_bool(struct eas_request *req, const char *name, bool def)
{
	return dovetail_setting_bool(store_setting(req->store,
		t_strconcat("dovetail_", name, NULL)), def);
}
