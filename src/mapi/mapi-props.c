/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of all kinds of objects (MS-OXCPRPT 3.2.5.1, MS-OXCDATA 2.11.5). */

#include "mapi.h"
#include "unichar.h"

void mapi_prop_error(struct mapi_prop *prop_r, mapi_tag_t tag, uint32_t error)
{
	i_zero(prop_r);
	prop_r->tag = MAPI_TAG_RETYPE(tag, PTYP_ERROR_CODE);
	prop_r->v.error = error;
}

void mapi_prop_as(struct mapi_rop *rop, const struct mapi_prop *have,
		  mapi_tag_t tag, struct mapi_prop *prop_r)
{
	uint16_t want = MAPI_TAG_TYPE(tag), got = MAPI_TAG_TYPE(have->tag);

	if (want == PTYP_UNSPECIFIED || want == got || got == PTYP_ERROR_CODE) {
		*prop_r = *have;
		prop_r->tag = MAPI_TAG_RETYPE(tag, got);
		return;
	}
	if (!mapi_value_convert(rop->pool, have->tag, &have->v, tag,
				rop->session->cpid, &prop_r->v)) {
		mapi_prop_error(prop_r, tag, ecNotFound);
		return;
	}
	prop_r->tag = tag;
}

void mapi_bag_answer(struct mapi_rop *rop, const struct mapi_bag *bag,
		     const mapi_tag_t *tags, unsigned int count,
		     struct mapi_prop *props_r)
{
	const struct mapi_prop *prop;

	for (unsigned int i = 0; i < count; i++) {
		prop = mapi_bag_get(bag, tags[i]);
		if (prop == NULL)
			mapi_prop_error(&props_r[i], tags[i], ecNotFound);
		else
			mapi_prop_as(rop, prop, tags[i], &props_r[i]);
	}
}

uint32_t mapi_store_error(struct mapi_rop *rop)
{
	const char *text;

	switch (store_last_error(rop->store, &text)) {
	case STORE_ERROR_NOTFOUND:
		return ecNotFound;
	case STORE_ERROR_EXISTS:
		return ecDuplicateName;
	case STORE_ERROR_PERM:
		return ecNoAccess;
	case STORE_ERROR_QUOTA:
	case STORE_ERROR_NOSPACE:
		return ecQuotaExceeded;
	case STORE_ERROR_BUSY:
		return ecServerBusy;
	case STORE_ERROR_INVALID:
		return ecInvalidParam;
	case STORE_ERROR_UNSUPPORTED:
		return ecNotSupported;
	case STORE_ERROR_INPUT:
		return ecCorruptData;
	case STORE_ERROR_NONE:
	case STORE_ERROR_TEMP:
		break;
	}
	return ecError;
}

bool mapi_tags_have(const ARRAY_TYPE(mapi_tag) *tags, mapi_tag_t tag)
{
	const mapi_tag_t *t;

	array_foreach(tags, t) {
		if (MAPI_TAG_ID(*t) == MAPI_TAG_ID(tag))
			return TRUE;
	}
	return FALSE;
}

/* --- strings ------------------------------------------------------------------------- */

const char *mapi_bytes_of_cpid(struct mapi_rop *rop, const void *data,
			       size_t size, unsigned int cpid)
{
	union mapi_value src, dest;

	i_zero(&src);
	src.s = p_strndup(rop->pool, data, size);
	if (!mapi_value_convert(rop->pool, PTYP_STRING8, &src, PTYP_STRING,
				cpid, &dest))
		return src.s;
	return dest.s;
}

const char *mapi_string_of_cpid(struct mapi_rop *rop, const char *bytes)
{
	return mapi_bytes_of_cpid(rop, bytes, strlen(bytes),
				  rop->session->cpid);
}

const char *mapi_string_cut(const char *s, unsigned int units)
{
	const char *p = s;
	unichar_t chr;
	unsigned int len;

	while (*p != '\0') {
		len = uni_utf8_get_char(p, &chr);
		if ((int)len <= 0)
			return t_strdup_until(s, p);
		if (units < (chr > 0xffff ? 2U : 1U))
			return t_strdup_until(s, p);
		units -= chr > 0xffff ? 2 : 1;
		p += uni_utf8_char_bytes(*p);
	}
	return s;
}
