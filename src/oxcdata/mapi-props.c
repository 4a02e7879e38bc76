/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names and numbers of properties: the tables of dovetail-mapi-props.h. */

#include "lib.h"
#include "strfuncs.h"
#include "dovetail-mapi-props.h"
#include "oxcdata-private.h"

#define X(name, ...) const guid_128_t name = { __VA_ARGS__ };
MAPI_PROPERTY_SET_LIST(X)
#undef X

struct tag_row {
	mapi_tag_t tag;
	const char *name;
};

/* By tag (the lists are) */
static const struct tag_row tag_rows[] = {
#define X(name, id, type) { name, #name },
	MAPI_TAG_LIST(X)
};
static const struct tag_row ab_rows[] = {
	MAPI_AB_TAG_LIST(X)
};
static const struct tag_row stream_rows[] = {
	MAPI_META_TAG_LIST(X)
	MAPI_MARKER_LIST(X)
#undef X
};

struct named_row {
	mapi_tag_t tag;
	const guid_128_t *set;
	uint32_t lid;
	const char *key, *name;
};

/* By id: the first is MAPI_NAMED_FIRST + 1. */
#define NAMED_INDEX(id) ((unsigned int)(id) - MAPI_NAMED_FIRST - 1)
static const struct named_row named_rows[] = {
#define X(name, id, set, lid, type) \
	[NAMED_INDEX(id)] = { name, &set, lid, NULL, #name },
	MAPI_LID_LIST(X)
#undef X
#define X(name, id, set, key, type) \
	[NAMED_INDEX(id)] = { name, &set, 0, key, #name },
	MAPI_STRING_NAME_LIST(X)
#undef X
};

static const struct named_row *named_row(uint16_t id)
{
	if (id <= MAPI_NAMED_FIRST || NAMED_INDEX(id) >= N_ELEMENTS(named_rows))
		return NULL;
	/* a row that was withdrawn leaves a gap */
	return named_rows[NAMED_INDEX(id)].tag == 0 ? NULL :
		&named_rows[NAMED_INDEX(id)];
}

static bool is_set(const struct mapi_name *name, const guid_128_t set)
{
	return memcmp(name->guid, set, GUID_128_SIZE) == 0;
}

bool mapi_name_equals(const struct mapi_name *a, const struct mapi_name *b)
{
	if (!is_set(a, b->guid) || (a->name == NULL) != (b->name == NULL))
		return FALSE;
	if (a->name == NULL)
		return a->lid == b->lid;
	return is_set(a, PS_INTERNET_HEADERS) ?
		strcasecmp(a->name, b->name) == 0 :
		strcmp(a->name, b->name) == 0;
}

bool mapi_name_is_mapi(const struct mapi_name *name)
{
	return is_set(name, PS_MAPI);
}

static void row_name(const struct named_row *row, struct mapi_name *name_r)
{
	i_zero(name_r);
	memcpy(name_r->guid, *row->set, GUID_128_SIZE);
	name_r->name = row->key;
	name_r->lid = row->lid;
}

bool mapi_static_name(uint16_t id, struct mapi_name *name_r)
{
	const struct named_row *row = named_row(id);

	i_zero(name_r);
	if (id < MAPI_NAMED_FIRST) {
		memcpy(name_r->guid, PS_MAPI, GUID_128_SIZE);
		name_r->lid = id;
		return TRUE;
	}
	if (row == NULL)
		return FALSE;
	row_name(row, name_r);
	return TRUE;
}

uint16_t mapi_static_id(const struct mapi_name *name)
{
	const struct named_row *row;
	struct mapi_name known;
	unsigned int i;

	if (mapi_name_is_mapi(name)) {
		return name->name == NULL && name->lid < MAPI_NAMED_FIRST ?
			name->lid : 0;
	}
	for (i = 0; i < N_ELEMENTS(named_rows); i++) {
		row = &named_rows[i];
		/* most are told apart by these */
		if (row->tag == 0 || (row->key == NULL) != (name->name == NULL) ||
		    (row->key == NULL && row->lid != name->lid))
			continue;
		row_name(row, &known);
		if (mapi_name_equals(&known, name))
			return MAPI_TAG_ID(row->tag);
	}
	return 0;
}

mapi_tag_t mapi_static_tag(uint16_t id)
{
	const struct named_row *row = named_row(id);

	return row == NULL ? 0 : row->tag;
}

/* --- for people ---------------------------------------------------------------------- */

/* The exact one, or the first of the id */
static const struct tag_row *
row_find(const struct tag_row *rows, unsigned int count, mapi_tag_t tag)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (rows[i].tag == tag)
			return &rows[i];
	}
	for (i = 0; i < count; i++) {
		if (MAPI_TAG_ID(rows[i].tag) == MAPI_TAG_ID(tag))
			return &rows[i];
	}
	return NULL;
}

static const char *tag_text(mapi_tag_t tag, mapi_tag_t known, const char *name)
{
	return tag == known ? name :
		t_strdup_printf("%s:%04x", name, MAPI_TAG_TYPE(tag));
}

static const char *
rows_name(const struct tag_row *rows, unsigned int count, mapi_tag_t tag)
{
	const struct tag_row *row = row_find(rows, count, tag);

	return row == NULL ? NULL : tag_text(tag, row->tag, row->name);
}

const char *mapi_tag_name(mapi_tag_t tag)
{
	const struct named_row *named = named_row(MAPI_TAG_ID(tag));
	const char *name = NULL;

	if (named != NULL)
		return tag_text(tag, named->tag, named->name);
	if (MAPI_TAG_ID(tag) < MAPI_NAMED_FIRST) {
		name = rows_name(tag_rows, N_ELEMENTS(tag_rows), tag);
		if (name == NULL)
			name = rows_name(stream_rows, N_ELEMENTS(stream_rows),
					 tag);
	}
	return name != NULL ? name : t_strdup_printf("0x%08x", tag);
}

const char *mapi_ab_tag_name(mapi_tag_t tag)
{
	const char *name = NULL;

	if (MAPI_TAG_ID(tag) < MAPI_NAMED_FIRST)
		return mapi_tag_name(tag);
	name = rows_name(ab_rows, N_ELEMENTS(ab_rows), tag);
	return name != NULL ? name : t_strdup_printf("0x%08x", tag);
}
