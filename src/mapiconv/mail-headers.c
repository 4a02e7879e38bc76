/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Header fields that MAPI knows as named properties (MS-OXCMAIL 2.2.3.2.10, 2.1.3.2.9):
   Content-Class, Keywords, and X- fields in PS_INTERNET_HEADERS. */

#include "lib.h"
#include "mail-private.h"

#define HEADERS_MAX 50
#define VALUE_MAX 8192
#define NAME_MAX_LENGTH 80

static mapi_tag_t header_tag(const struct mapiconv *conv, const char *name)
{
	struct mapi_name key;
	uint16_t id;

	i_zero(&key);
	memcpy(key.guid, PS_INTERNET_HEADERS, sizeof(key.guid));
	key.name = t_str_lcase(name);
	id = mapi_static_id(&key);
	if (id == 0 && conv->id_of_name != NULL)
		id = conv->id_of_name(conv->names_context, &key);
	return id == 0 ? 0 : MAPI_TAG(id, PTYP_STRING);
}

static int read_keywords(struct mail_reader *r, struct mapi_bag *bag)
{
	const char *value, **words;
	unsigned int i;

	if (mail_header(r, "Keywords", &value) < 0)
		return -1;
	if (value != NULL && *value != '\0') {
		words = (const char **)p_strsplit(pool_datastack_create(),
						  value, ",");
		for (i = 0; words[i] != NULL; i++)
			words[i] = t_str_trim(words[i], " \t");
		conv_set_strings(bag, PidNameKeywords, words);
	}
	if (mail_header(r, "Content-Class", &value) < 0)
		return -1;
	conv_set_text(bag, PidNameContentClass, value);
	return 0;
}

/* X-Name at the beginning of a line of the transport headers; NULL: no more */
static const char *next_header(const char **p)
{
	const char *line, *colon;

	for (line = *p; line != NULL && *line != '\0'; line = *p) {
		*p = strchr(line, '\n');
		if (*p != NULL)
			(*p)++;
		if (strncasecmp(line, "X-", 2) != 0)
			continue;
		colon = strchr(line, ':');
		if (colon != NULL && colon - line <= NAME_MAX_LENGTH &&
		    (*p == NULL || colon < *p) &&
		    strcspn(line, " \t\r\n") >= (size_t)(colon - line))
			return t_strdup_until(line, colon);
	}
	return NULL;
}

static int read_x_headers(struct mail_reader *r, struct mapi_bag *bag)
{
	const char *p = conv_get_text(bag, PidTagTransportMessageHeaders);
	const char *name, *value;
	unsigned int count = 0;
	mapi_tag_t tag;

	p = t_strdup(p);
	while ((name = next_header(&p)) != NULL && count++ < HEADERS_MAX) {
		tag = header_tag(r->conv, name);
		if (tag == 0 || mapi_bag_get(bag, tag) != NULL)
			continue;
		if (mail_header(r, name, &value) < 0)
			return -1;
		if (value != NULL && strlen(value) <= VALUE_MAX)
			mapi_bag_set_str(bag, tag, value);
	}
	return 0;
}

int mail_headers_read(struct mail_reader *r, struct mapi_bag *bag)
{
	int ret;

	T_BEGIN {
		ret = read_keywords(r, bag) < 0 ||
			read_x_headers(r, bag) < 0 ? -1 : 0;
	} T_END_PASS_STR_IF(ret < 0, r->error_r);
	return ret;
}
