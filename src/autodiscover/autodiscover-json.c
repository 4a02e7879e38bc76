/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON v2: "where does this address speak that protocol?".  It is asked without
   a login and its answer is the same for every address, so that nobody learns
   which addresses exist.  The texts of the errors are those of Exchange. */

#include "lib.h"
#include "str.h"
#include "hex-dec.h"
#include "autodiscover-private.h"

#include <ctype.h>

#define JSON_TYPE "application/json; charset=utf-8"

static const struct {
	const char *name, *path, *log;
} json_protocols[] = {
	{ "ActiveSync", AUTODISCOVER_PATH_EAS, "json ActiveSync" },
	{ "AutodiscoverV1", AUTODISCOVER_PATH_XML, "json AutodiscoverV1" },
};

static void json_append(string_t *dest, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = *text;

		/* Not only what JSON demands: the text may come from a link
		   that somebody else made, and be shown by a browser. */
		if (c < 0x20 || c >= 0x7f || strchr("\"\\'<>&", c) != NULL)
			str_printfa(dest, "\\u%04x", c < 0x80 ? c : 0xfffd);
		else
			str_append_c(dest, c);
	}
}

static const char *url_decode(const char *text)
{
	string_t *str = t_str_new(64);

	for (; *text != '\0'; text++) {
		if (text[0] == '%' && i_isxdigit(text[1]) &&
		    i_isxdigit(text[2])) {
			str_append_c(str, hex2dec((const unsigned char *)text + 1,
						  2));
			text += 2;
		} else {
			str_append_c(str, *text);
		}
	}
	return str_c(str);
}

/* The first parameter of that name, in any letter case; NULL if there is none
   or it is empty. */
static const char *query_param(const char *query, const char *name)
{
	size_t len = strlen(name);
	const char *const *params;

	if (query == NULL)
		return NULL;
	for (params = t_strsplit(query, "&"); *params != NULL; params++) {
		if (strncasecmp(*params, name, len) == 0 &&
		    (*params)[len] == '=' && (*params)[len + 1] != '\0')
			return url_decode(*params + len + 1);
	}
	return NULL;
}

static void
json_error(const struct autodiscover_input *in,
	   struct autodiscover_reply *reply, const char *code,
	   const char *message)
{
	string_t *str = t_str_new(256);

	str_printfa(str, "{\"ErrorCode\":\"%s\",\"ErrorMessage\":\"", code);
	json_append(str, message);
	str_append(str, "\"}");
	autodiscover_reply_body(in, reply, 400, JSON_TYPE, str);
	reply->log = p_strconcat(in->pool, "json error ", code, NULL);
}

static void
json_unknown_protocol(const struct autodiscover_input *in,
		      struct autodiscover_reply *reply, const char *protocol)
{
	string_t *names = t_str_new(64);
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(json_protocols); i++) {
		if (i > 0)
			str_append_c(names, ',');
		str_append(names, json_protocols[i].name);
	}
	/* A longer value is nobody's protocol and need not come back whole. */
	json_error(in, reply, "InvalidProtocol", t_strdup_printf(
		"The given protocol value '%.64s' is invalid. "
		"Supported values are '%s'", protocol, str_c(names)));
}

/* .../autodiscover.json/v1.0/<address>, or the parameter Email */
static const char *
json_address(const struct autodiscover_input *in, const char *suffix)
{
	if (strncasecmp(suffix, "/v1.0/", 6) == 0 && suffix[6] != '\0')
		return url_decode(suffix + 6);
	return query_param(in->query, "Email");
}

void autodiscover_json(const struct autodiscover_input *in, const char *suffix,
		       struct autodiscover_reply *reply_r)
{
	const char *address = json_address(in, suffix);
	const char *protocol = query_param(in->query, "Protocol");
	string_t *str = t_str_new(256);
	unsigned int i;

	if (address == NULL || !autodiscover_address_is_valid(address)) {
		json_error(in, reply_r, "MandatoryParameterMissing",
			   "A valid smtp address must be provided");
		return;
	}
	if (protocol == NULL) {
		json_error(in, reply_r, "MandatoryParameterMissing",
			   "A valid value must be provided for the query "
			   "parameter 'Protocol'");
		return;
	}
	for (i = 0; i < N_ELEMENTS(json_protocols); i++) {
		if (strcasecmp(json_protocols[i].name, protocol) == 0)
			break;
	}
	if (i == N_ELEMENTS(json_protocols)) {
		json_unknown_protocol(in, reply_r, protocol);
		return;
	}
	str_printfa(str, "{\"Protocol\":\"%s\",\"Url\":\"",
		    json_protocols[i].name);
	json_append(str, in->base_url);
	str_printfa(str, "%s\"}", json_protocols[i].path);
	autodiscover_reply_body(in, reply_r, 200, JSON_TYPE, str);
	reply_r->log = json_protocols[i].log;
}
