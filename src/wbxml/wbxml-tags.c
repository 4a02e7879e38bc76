/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lookups in the table of tags. */

#include "lib.h"
#include "dovetail-wbxml.h"

#define WBXML_PAGE_COUNT 26

static const struct wbxml_tag_info wbxml_tags[] = {
#define WBXML_TAG_ROW(ident, page, token, name, since, until) \
	{ ident, since, until, name },
	WBXML_TAG_LIST(WBXML_TAG_ROW)
#undef WBXML_TAG_ROW
};

static const char *const wbxml_pages[WBXML_PAGE_COUNT] = {
#define WBXML_PAGE_ROW(page, prefix, name) [page] = name,
	WBXML_PAGE_LIST(WBXML_PAGE_ROW)
#undef WBXML_PAGE_ROW
};

static int wbxml_tag_cmp(const void *key, const void *row)
{
	wbxml_tag_t tag = *(const wbxml_tag_t *)key;
	const struct wbxml_tag_info *info = row;

	return (int)tag - (int)info->tag;
}

const struct wbxml_tag_info *wbxml_tag_info(wbxml_tag_t tag)
{
	/* The list is written in order of page and token. */
	return bsearch(&tag, wbxml_tags, N_ELEMENTS(wbxml_tags),
		       sizeof(wbxml_tags[0]), wbxml_tag_cmp);
}

const char *wbxml_tag_name(wbxml_tag_t tag)
{
	const struct wbxml_tag_info *info = wbxml_tag_info(tag);

	if (info != NULL)
		return info->name;
	return t_strdup_printf("tag-%02x-%02x", WBXML_TAG_PAGE(tag),
			       WBXML_TAG_TOKEN(tag));
}

const char *wbxml_page_name(unsigned int page)
{
	return page < WBXML_PAGE_COUNT ? wbxml_pages[page] : NULL;
}

wbxml_tag_t wbxml_tag_find(const char *page_name, const char *name)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(wbxml_tags); i++) {
		unsigned int page = WBXML_TAG_PAGE(wbxml_tags[i].tag);

		if (strcmp(wbxml_tags[i].name, name) == 0 &&
		    strcmp(wbxml_pages[page], page_name) == 0)
			return wbxml_tags[i].tag;
	}
	return WBXML_TAG_NONE;
}

const struct wbxml_tag_info *wbxml_tag_table(unsigned int *count_r)
{
	*count_r = N_ELEMENTS(wbxml_tags);
	return wbxml_tags;
}

const char *wbxml_error_str(enum wbxml_error error)
{
	static const char *const names[] = {
		[WBXML_ERROR_NONE] = "no error",
		[WBXML_ERROR_VERSION] = "unsupported WBXML version",
		[WBXML_ERROR_CHARSET] = "character set is not UTF-8",
		[WBXML_ERROR_HEADER] = "invalid header",
		[WBXML_ERROR_TOKEN] = "invalid token",
		[WBXML_ERROR_INTEGER] = "invalid integer",
		[WBXML_ERROR_STRING_TABLE] = "invalid string table reference",
		[WBXML_ERROR_ENTITY] = "invalid character entity",
		[WBXML_ERROR_STRUCTURE] = "misplaced element, content or end",
		[WBXML_ERROR_TRUNCATED] = "truncated document",
		[WBXML_ERROR_MIXED] = "text beside elements",
		[WBXML_ERROR_LIMIT_DEPTH] = "elements nested too deeply",
		[WBXML_ERROR_LIMIT_SIZE] = "document too large",
		[WBXML_ERROR_LIMIT_STRING_TABLE] = "string table too large",
		[WBXML_ERROR_LIMIT_NODES] = "too many elements",
		[WBXML_ERROR_IO] = "input or temporary file failed",
	};

	i_assert(error < N_ELEMENTS(names));
	return names[error];
}
