/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: what is in an Authorization header, in SASL's words. Pure. */

#include "lib.h"
#include "base64.h"
#include "str.h"
#include "unichar.h"
#include "compat.h"
#include "front-auth-sasl.h"

/* RFC 7617 leaves the charset open: phones send UTF-8, Outlook Latin-1.
   Latin-1 text with a letter beyond ASCII is practically never valid UTF-8. */
static const char *sasl_to_utf8(const char *str)
{
	string_t *dest;

	if (uni_utf8_str_is_valid(str))
		return str;
	dest = t_str_new(strlen(str) * 2 + 1);
	for (; *str != '\0'; str++)
		uni_ucs4_to_utf8_c((unsigned char)*str, dest);
	return str_c(dest);
}

int front_sasl_basic_parse(const char *data, const char **user_r,
			   const char **password_r)
{
	buffer_t *plain = t_buffer_create(MAX_BASE64_DECODED_SIZE(strlen(data)) + 1);
	const char *text, *colon;

	if (compat_base64_decode(data, strlen(data), plain) < 0 ||
	    memchr(plain->data, '\0', plain->used) != NULL)
		return -1;
	text = sasl_to_utf8(str_c(plain));
	if ((colon = strchr(text, ':')) == NULL)
		return -1;
	*user_r = t_strdup_until(text, colon);
	*password_r = colon + 1;
	return 0;
}

const char *front_sasl_login_name(enum front_domain_format format,
				  const char *user)
{
	const char *slash = strchr(user, '\\'), *domain;

	if (slash == NULL || format == FRONT_DOMAIN_KEEP)
		return user;
	domain = t_strdup_until(user, slash);
	user = slash + 1;
	/* DOMAIN\user@domain: the full address says it all */
	if (format == FRONT_DOMAIN_STRIP || domain[0] == '\0' ||
	    strchr(user, '@') != NULL)
		return user;
	/* a NetBIOS name is no mail domain: auth_default_realm adds one */
	if (format == FRONT_DOMAIN_AUTO && strchr(domain, '.') == NULL)
		return user;
	return t_strconcat(user, "@", domain, NULL);
}

/* The value of a string or number in a flat JSON object; good enough for a
   name that auth checks anyway. */
static const char *jwt_claim(const char *json, const char *name)
{
	const char *p = strstr(json, t_strdup_printf("\"%s\"", name));

	if (p == NULL)
		return NULL;
	p += strlen(name) + 2;
	while (*p == ' ' || *p == ':')
		p++;
	if (*p == '"') {
		p++;
		return t_strdup_until(p, p + strcspn(p, "\"\\"));
	}
	return t_strdup_until(p, p + strspn(p, "0123456789"));
}

static const char *jwt_payload(const char *token)
{
	const char *const *parts = t_strsplit(token, ".");
	buffer_t *json;

	if (str_array_length(parts) != 3)
		return NULL;
	json = t_base64url_decode_str(BASE64_DECODE_FLAG_NO_PADDING, parts[1]);
	if (memchr(json->data, '\0', json->used) != NULL)
		return NULL;
	return str_c(json);
}

const char *front_sasl_bearer_user(const char *token, const char *user_claim,
				   time_t *expires_r)
{
	static const char *const names[] = {
		"upn", "preferred_username", "email", "unique_name", "sub"
	};
	const char *json = jwt_payload(token), *value;

	*expires_r = 0;
	if (json != NULL) {
		value = jwt_claim(json, "exp");
		if (value == NULL || str_to_time(value, expires_r) < 0)
			*expires_r = 0;
	}
	if (user_claim != NULL && *user_claim != '\0')
		return user_claim;
	for (unsigned int i = 0; json != NULL && i < N_ELEMENTS(names); i++) {
		value = jwt_claim(json, names[i]);
		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

void front_sasl_plain(string_t *dest, const char *user, const char *password)
{
	string_t *raw = t_str_new(128);

	str_append_c(raw, '\0');
	str_append(raw, user);
	str_append_c(raw, '\0');
	str_append(raw, password);
	base64_encode(str_data(raw), str_len(raw), dest);
}

void front_sasl_oauthbearer(string_t *dest, const char *user, const char *token)
{
	string_t *raw = t_str_new(512);

	/* RFC 7628, 3.1; saslname escaping of RFC 5801, 4 */
	str_append(raw, "n,a=");
	for (; *user != '\0'; user++) {
		if (*user == ',')
			str_append(raw, "=2C");
		else if (*user == '=')
			str_append(raw, "=3D");
		else
			str_append_c(raw, *user);
	}
	str_printfa(raw, ",\001auth=Bearer %s\001\001", token);
	base64_encode(str_data(raw), str_len(raw), dest);
}

void front_sasl_xoauth2(string_t *dest, const char *user, const char *token)
{
	string_t *raw = t_str_new(512);

	str_printfa(raw, "user=%s\001auth=Bearer %s\001\001", user, token);
	base64_encode(str_data(raw), str_len(raw), dest);
}
