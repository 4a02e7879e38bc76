/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties: setting, getting, comparing; subjects; extras. */

#include "lib.h"
#include "conv-private.h"

#include <ctype.h>

void conv_set_guid(struct mapi_bag *bag, mapi_tag_t tag, const guid_128_t guid)
{
	union mapi_value v;

	i_zero(&v);
	memcpy(v.guid, guid, sizeof(v.guid));
	mapi_bag_set(bag, tag, &v);
}

void conv_set_strings(struct mapi_bag *bag, mapi_tag_t tag,
		      const char *const *values)
{
	union mapi_value v;

	i_zero(&v);
	v.mv.count = str_array_length(values);
	v.mv.v.s = values;
	if (v.mv.count > 0)
		mapi_bag_set(bag, tag, &v);
}

void conv_set_buffer(struct mapi_bag *bag, mapi_tag_t tag, const buffer_t *buf)
{
	mapi_bag_set_bin(bag, tag, buf->data, buf->used);
}

void conv_set_text(struct mapi_bag *bag, mapi_tag_t tag, const char *text)
{
	if (text != NULL && *text != '\0')
		mapi_bag_set_str(bag, tag, text);
}

const char *conv_get_text(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const char *text = mapi_bag_get_str(bag, tag);

	return text == NULL ? "" : text;
}

const char *const *conv_get_strings(const struct mapi_bag *bag, mapi_tag_t tag)
{
	const struct mapi_prop *prop = mapi_bag_get(bag, tag);
	const char **list;
	uint16_t type;

	type = prop == NULL ? 0 : MAPI_TAG_TYPE(prop->tag);
	if (type != (PTYP_STRING | PTYP_MULTIPLE) &&
	    type != (PTYP_STRING8 | PTYP_MULTIPLE))
		return t_new(const char *, 1);
	list = t_new(const char *, prop->v.mv.count + 1);
	if (prop->v.mv.count > 0)
		memcpy(list, prop->v.mv.v.s,
		       prop->v.mv.count * sizeof(*list));
	return list;
}

static bool props_equal(const struct mapi_prop *a, const struct mapi_prop *b)
{
	return a->tag == b->tag &&
		mapi_value_equals(MAPI_TAG_TYPE(a->tag), &a->v, &b->v);
}

bool conv_differs(const struct mapi_bag *a, const struct mapi_bag *b,
		  mapi_tag_t tag)
{
	const struct mapi_prop *in_a = mapi_bag_get(a, tag);
	const struct mapi_prop *in_b = mapi_bag_get(b, tag);

	if (in_a == NULL || in_b == NULL)
		return in_a != in_b;
	return !props_equal(in_a, in_b);
}

bool conv_differs_any(const struct mapi_bag *a, const struct mapi_bag *b,
		      const mapi_tag_t *tags)
{
	for (; *tags != 0; tags++) {
		if (conv_differs(a, b, *tags))
			return TRUE;
	}
	return FALSE;
}

bool conv_wants(const mapi_tag_t *tags, unsigned int count, mapi_tag_t tag)
{
	unsigned int i;

	if (tags == NULL)
		return TRUE;
	for (i = 0; i < count; i++) {
		if (MAPI_TAG_ID(tags[i]) == MAPI_TAG_ID(tag))
			return TRUE;
	}
	return FALSE;
}

bool conv_class_is(const char *message_class, const char *prefix)
{
	size_t len = strlen(prefix);

	return message_class != NULL &&
		strncasecmp(message_class, prefix, len) == 0 &&
		(message_class[len] == '\0' || message_class[len] == '.');
}

/* --- subjects (MS-OXCMSG 3.2.5.2) --- */

/* One to three characters that are no digits, a colon and a space */
static size_t prefix_length(const char *subject)
{
	const unsigned char *p = (const unsigned char *)subject;
	unsigned int chars = 0;

	for (; *p != '\0' && *p != ':'; p++) {
		if ((*p & 0xc0) != 0x80 && ++chars > 3)
			return 0;
		if (i_isdigit(*p) || *p == ' ')
			return 0;
	}
	if (*p != ':' || chars == 0 || p[1] != ' ')
		return 0;
	return (const char *)p + 2 - subject;
}

void conv_subject_set(struct mapi_bag *bag, const char *subject)
{
	size_t prefix = prefix_length(subject);

	mapi_bag_set_str(bag, PidTagSubject, subject);
	mapi_bag_set_str(bag, PidTagSubjectPrefix,
			 t_strndup(subject, prefix));
	mapi_bag_set_str(bag, PidTagNormalizedSubject, subject + prefix);
}

const char *conv_subject_get(const struct mapi_bag *bag)
{
	const char *subject = mapi_bag_get_str(bag, PidTagSubject);
	const char *normalized = mapi_bag_get_str(bag, PidTagNormalizedSubject);
	const char *prefix = conv_get_text(bag, PidTagSubjectPrefix);

	if (subject == NULL && normalized != NULL)
		subject = t_strconcat(prefix, normalized, NULL);
	/* \x01 and the length of the prefix, as PST files have it */
	if (subject != NULL && subject[0] == '\001' && subject[1] != '\0')
		subject += 2;
	return subject == NULL ? "" : subject;
}

/* --- extras --- */

/* By id: a property that is there in the other string type is the same */
static const struct mapi_prop *
find(const struct mapi_bag *bag, const struct mapi_prop *prop)
{
	return mapi_bag_get(bag, MAPI_TAG_RETYPE(prop->tag, PTYP_UNSPECIFIED));
}

void mapiconv_extras(const struct mapi_bag *want, const struct mapi_bag *have,
		     struct mapi_bag *extras, ARRAY_TYPE(mapi_tag) *gone)
{
	const struct mapi_prop *prop, *other;

	array_foreach(&want->props, prop) {
		other = find(have, prop);
		if (other == NULL || !props_equal(prop, other))
			mapi_bag_set(extras, prop->tag, &prop->v);
	}
	if (gone == NULL)
		return;
	array_foreach(&have->props, prop) {
		if (find(want, prop) == NULL)
			array_push_back(gone, &prop->tag);
	}
}

void mapiconv_extras_seen(const struct mapi_bag *want,
			  const struct mapi_bag *seen,
			  const struct mapi_bag *have,
			  struct mapi_bag *extras, ARRAY_TYPE(mapi_tag) *gone)
{
	const struct mapi_prop *prop;

	mapiconv_extras(want, have, extras, NULL);
	if (seen == NULL || gone == NULL)
		return;
	array_foreach(&seen->props, prop) {
		if (find(want, prop) == NULL && find(have, prop) != NULL)
			array_push_back(gone, &prop->tag);
	}
}

void mapiconv_overlay(struct mapi_bag *bag, const struct mapi_bag *extras,
		      const ARRAY_TYPE(mapi_tag) *gone)
{
	const struct mapi_prop *prop;
	const mapi_tag_t *tag;

	if (gone != NULL) {
		array_foreach(gone, tag)
			(void)mapi_bag_unset(bag, *tag);
	}
	array_foreach(&extras->props, prop)
		mapi_bag_set(bag, prop->tag, &prop->v);
}

enum mapiconv_kind mapiconv_kind_of_class(const char *message_class)
{
	if (conv_class_is(message_class, "IPM.Appointment"))
		return MAPICONV_EVENT;
	if (conv_class_is(message_class, "IPM.Task"))
		return MAPICONV_TASK;
	if (conv_class_is(message_class, "IPM.StickyNote") ||
	    conv_class_is(message_class, "IPM.Activity"))
		return MAPICONV_NOTE;
	if (conv_class_is(message_class, "IPM.Contact") ||
	    conv_class_is(message_class, "IPM.DistList"))
		return MAPICONV_CONTACT;
	return MAPICONV_MAIL;
}
