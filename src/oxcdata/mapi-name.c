/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of named properties on the wire (MS-OXCDATA 2.6.1). */

#include "lib.h"
#include "buffer.h"
#include "oxcdata-private.h"

enum {
	KIND_LID	= 0x00,
	KIND_STRING	= 0x01,
	KIND_NONE	= 0xff,
};

/* What NameSize can say, and even */
#define NAME_MAX_SIZE 254

int mapi_in_name(struct mapi_in *in, struct mapi_name *name_r)
{
	uint8_t kind = mapi_in_u8(in);
	const unsigned char *data;
	size_t size;

	i_zero(name_r);
	if (kind == KIND_NONE && !in->broken)
		return 0;
	mapi_in_guid(in, name_r->guid);
	switch (kind) {
	case KIND_LID:
		name_r->lid = mapi_in_u32(in);
		break;
	case KIND_STRING:
		size = mapi_in_u8(in);
		data = mapi_in_bytes(in, size);
		if (data == NULL || size % 2 != 0) {
			in->broken = TRUE;
			return -1;
		}
		name_r->name = mapi_utf16_to_utf8(in->pool, data, size);
		break;
	default:
		in->broken = TRUE;
		return -1;
	}
	return in->broken ? -1 : 1;
}

void mapi_out_name(buffer_t *out, const struct mapi_name *name)
{
	size_t start;

	if (name == NULL) {
		mapi_out_u8(out, KIND_NONE);
		return;
	}
	mapi_out_u8(out, name->name == NULL ? KIND_LID : KIND_STRING);
	buffer_append(out, name->guid, GUID_128_SIZE);
	if (name->name == NULL) {
		mapi_out_u32(out, name->lid);
		return;
	}
	mapi_out_u8(out, 0);
	start = out->used;
	mapi_utf8_to_utf16(out, name->name);
	if (out->used - start > NAME_MAX_SIZE - 2)
		buffer_set_used_size(out, start + NAME_MAX_SIZE - 2);
	mapi_out_u16(out, 0);
	buffer_write(out, start - 1, (const unsigned char[])
		     { out->used - start }, 1);
}
