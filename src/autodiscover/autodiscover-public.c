/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which Autodiscover answer a request gets, as far as it needs no login: this
   part is also linked into the front, which has no XML parser. */

#include "lib.h"
#include "str.h"
#include "autodiscover-private.h"

#define PATH_PREFIX "/autodiscover/"

void autodiscover_reply_body(const struct autodiscover_input *in,
			     struct autodiscover_reply *reply,
			     unsigned int status, const char *content_type,
			     string_t *body)
{
	reply->status = status;
	reply->content_type = content_type;
	reply->body = p_strdup(in->pool, str_c(body));
	reply->body_size = str_len(body);
}

bool autodiscover_address_is_valid(const char *address)
{
	const char *at = strrchr(address, '@'), *p;

	if (at == NULL || at == address || at[1] == '\0' ||
	    strlen(address) > 320)
		return FALSE;
	for (p = address; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return FALSE;
	}
	return TRUE;
}

bool autodiscover_is_path(const char *path)
{
	return strncasecmp(path, PATH_PREFIX, strlen(PATH_PREFIX)) == 0;
}

static bool method_is(const struct autodiscover_input *in, const char *method)
{
	return strcmp(in->method, method) == 0;
}

static bool is_get(const struct autodiscover_input *in)
{
	return method_is(in, "GET") || method_is(in, "HEAD");
}

static int reply_not_allowed(struct autodiscover_reply *reply,
			     const char *allow)
{
	reply->status = 405;
	reply->allow = allow;
	reply->log = "error 405";
	return 1;
}

/* [MS-OXDISCO] 3.1.5.4: clients probe http://autodiscover.<domain>/ without
   credentials and take the redirect as the server's address. */
static int reply_redirect(const struct autodiscover_input *in,
			  struct autodiscover_reply *reply)
{
	reply->status = 302;
	reply->location = p_strconcat(in->pool, in->base_url,
				      AUTODISCOVER_PATH_XML, NULL);
	reply->log = "redirect";
	return 1;
}

static int before_login_xml(const struct autodiscover_input *in,
			    struct autodiscover_reply *reply)
{
	if (!is_get(in) && !method_is(in, "POST"))
		return reply_not_allowed(reply, "GET, HEAD, POST");
	if (in->user == NULL && is_get(in) && !in->secured &&
	    strncasecmp(in->base_url, "https://", 8) == 0)
		return reply_redirect(in, reply);
	return 0;
}

/* SOAP: for who is logged in */
static int before_login_soap(const struct autodiscover_input *in,
			     struct autodiscover_reply *reply)
{
	return method_is(in, "POST") ? 0 : reply_not_allowed(reply, "POST");
}

static int before_login_json(const struct autodiscover_input *in,
			     const char *suffix,
			     struct autodiscover_reply *reply)
{
	if (!is_get(in))
		return reply_not_allowed(reply, "GET, HEAD");
	autodiscover_json(in, suffix, reply);
	return 1;
}

/* The path below the prefix is name itself, or name and a slash. */
static bool path_is(const char *path, const char *name, const char **suffix_r)
{
	size_t len = strlen(name);

	if (strncasecmp(path, name, len) != 0)
		return FALSE;
	*suffix_r = path + len;
	return path[len] == '\0' || path[len] == '/';
}

bool autodiscover_is_soap(const struct autodiscover_input *in)
{
	const char *suffix;

	return path_is(in->path + strlen(PATH_PREFIX), "autodiscover.svc",
		       &suffix);
}

int autodiscover_before_login(const struct autodiscover_input *in,
			      struct autodiscover_reply *reply_r)
{
	const char *path, *suffix;
	int ret = -1;

	i_zero(reply_r);
	if (!autodiscover_is_path(in->path))
		return -1;
	path = in->path + strlen(PATH_PREFIX);
	T_BEGIN {
		if (path_is(path, "autodiscover.xml", &suffix)) {
			ret = *suffix == '\0' ?
				before_login_xml(in, reply_r) : -1;
		} else if (path_is(path, "autodiscover.svc", &suffix)) {
			ret = before_login_soap(in, reply_r);
		} else if (path_is(path, "autodiscover.json", &suffix)) {
			ret = before_login_json(in, suffix, reply_r);
		}
	} T_END;
	return ret;
}
