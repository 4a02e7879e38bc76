/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The cursor over a buffer, and how numbers and strings are read. */

#include "lib.h"
#include "byteorder.h"
#include "oxcdata-private.h"

void mapi_in_init(struct mapi_in *in_r, enum mapi_form form, pool_t pool,
		  const void *data, size_t size)
{
	i_zero(in_r);
	in_r->data = data == NULL ? &uchar_nul : data;
	in_r->size = size;
	in_r->form = form;
	in_r->pool = pool;
}

size_t mapi_in_left(const struct mapi_in *in)
{
	return in->broken ? 0 : in->size - in->pos;
}

const unsigned char *mapi_in_bytes(struct mapi_in *in, size_t size)
{
	const unsigned char *data;

	if (size > mapi_in_left(in)) {
		in->broken = TRUE;
		return NULL;
	}
	data = size == 0 ? &uchar_nul : in->data + in->pos;
	in->pos += size;
	return data;
}

uint8_t mapi_in_u8(struct mapi_in *in)
{
	const unsigned char *data = mapi_in_bytes(in, 1);

	return data == NULL ? 0 : *data;
}

uint16_t mapi_in_u16(struct mapi_in *in)
{
	const unsigned char *data = mapi_in_bytes(in, 2);

	return data == NULL ? 0 : le16_to_cpu_unaligned(data);
}

uint32_t mapi_in_u32(struct mapi_in *in)
{
	const unsigned char *data = mapi_in_bytes(in, 4);

	return data == NULL ? 0 : le32_to_cpu_unaligned(data);
}

uint64_t mapi_in_u64(struct mapi_in *in)
{
	const unsigned char *data = mapi_in_bytes(in, 8);

	return data == NULL ? 0 : le64_to_cpu_unaligned(data);
}

bool mapi_in_bool(struct mapi_in *in)
{
	return in->form == MAPI_FORM_FX ? mapi_in_u16(in) != 0 :
		mapi_in_u8(in) != 0;
}

void mapi_in_guid(struct mapi_in *in, guid_128_t guid_r)
{
	const unsigned char *data = mapi_in_bytes(in, GUID_128_SIZE);

	if (data == NULL)
		memset(guid_r, 0, GUID_128_SIZE);
	else
		memcpy(guid_r, data, GUID_128_SIZE);
}

const char *mapi_in_utf16(struct mapi_in *in)
{
	const unsigned char *data = in->data + in->pos;
	size_t size = 0, left = mapi_in_left(in);

	for (;; size += 2) {
		if (left - size < 2) {
			in->broken = TRUE;
			return "";
		}
		if (data[size] == 0 && data[size + 1] == 0)
			break;
	}
	in->pos += size + 2;
	return mapi_utf16_to_utf8(in->pool, data, size);
}

const char *mapi_in_str8(struct mapi_in *in)
{
	size_t left = mapi_in_left(in);
	const unsigned char *data = in->data + in->pos, *end;

	end = left == 0 ? NULL : memchr(data, '\0', left);
	if (end == NULL) {
		in->broken = TRUE;
		return "";
	}
	in->pos += end - data + 1;
	return p_strdup(in->pool, (const char *)data);
}

/* TypedString's StringType */
enum {
	TYPED_NONE	= 0x00,
	TYPED_EMPTY	= 0x01,
	TYPED_STR8	= 0x02,
	/* UTF-16 whose high bytes are all zero, without them */
	TYPED_REDUCED	= 0x03,
	TYPED_UTF16	= 0x04,
};

const char *mapi_in_typed_string(struct mapi_in *in)
{
	const char *s;

	switch (mapi_in_u8(in)) {
	case TYPED_NONE:
		return NULL;
	case TYPED_EMPTY:
		return "";
	case TYPED_STR8:
		s = mapi_in_str8(in);
		return mapi_text_from_cpid(in->pool, 1252, s, strlen(s));
	case TYPED_REDUCED:
		s = mapi_in_str8(in);
		return mapi_text_from_cpid(in->pool, 28591, s, strlen(s));
	case TYPED_UTF16:
		return mapi_in_utf16(in);
	default:
		in->broken = TRUE;
		return NULL;
	}
}

void mapi_out_typed_string(buffer_t *out, const char *s)
{
	const char *p;

	if (s == NULL || *s == '\0') {
		mapi_out_u8(out, s == NULL ? TYPED_NONE : TYPED_EMPTY);
		return;
	}
	for (p = s; *p != '\0' && (unsigned char)*p < 0x80; p++) ;
	mapi_out_u8(out, *p == '\0' ? TYPED_REDUCED : TYPED_UTF16);
	if (*p == '\0')
		mapi_out_str8(out, s);
	else
		mapi_out_utf16(out, s);
}

int mapi_in_aux(struct mapi_in *in, struct mapi_aux *aux_r)
{
	const unsigned char *start = in->data + in->pos;
	uint16_t size;

	i_zero(aux_r);
	if (mapi_in_left(in) == 0)
		return in->broken ? -1 : 0;
	size = mapi_in_u16(in);
	aux_r->version = mapi_in_u8(in);
	aux_r->type = mapi_in_u8(in);
	if (in->broken || size < 4 || mapi_in_bytes(in, size - 4) == NULL) {
		in->broken = TRUE;
		return -1;
	}
	aux_r->block.data = start;
	aux_r->block.size = size;
	return 1;
}

const char *mapi_aux_string(const struct mapi_aux *aux, pool_t pool,
			    size_t offset)
{
	struct mapi_in in;
	const char *s;

	if (offset == 0 || offset >= aux->block.size)
		return NULL;
	mapi_in_init(&in, MAPI_FORM_ROP, pool, aux->block.data + offset,
		     aux->block.size - offset);
	s = mapi_in_utf16(&in);
	return in.broken ? NULL : s;
}
