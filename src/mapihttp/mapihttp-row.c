/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A session as a row of the database. */

#include "mapihttp-private.h"

#define ROW_MAGIC 0x314d5444	/* "DTM1" */

static void row_blob(buffer_t *out, const struct mapi_blob *blob)
{
	mapi_out_u32(out, blob->size);
	if (blob->size > 0)
		buffer_append(out, blob->data, blob->size);
}

void mapihttp_row_pack(buffer_t *out, const struct mapihttp_row *row)
{
	mapi_out_u32(out, ROW_MAGIC);
	mapi_out_u8(out, row->kind);
	mapi_out_u8(out, row->parked ? 1 : 0);
	mapi_out_u64(out, row->last_used);
	if (!row->parked) {
		mapi_out_str8(out, row->host);
		mapi_out_u32(out, row->pid);
		mapi_out_u64(out, row->pid_start);
		return;
	}
	mapi_out_u64(out, row->busy_until);
	mapi_out_str8(out, row->seq);
	mapi_out_str8(out, row->wait_seq);
	mapi_out_u32(out, row->cpid);
	mapi_out_u32(out, row->lcid_sort);
	mapi_out_u32(out, row->lcid_string);
	mapi_out_str8(out, row->request_id);
	buffer_append(out, row->hash, sizeof(row->hash));
	row_blob(out, &row->answer);
	row_blob(out, &row->state);
}

static void row_blob_in(struct mapi_in *in, struct mapi_blob *blob)
{
	blob->size = mapi_in_u32(in);
	blob->data = in->broken ? NULL : mapi_in_bytes(in, blob->size);
	if (in->broken)
		i_zero(blob);
}

static void row_parked_in(struct mapi_in *in, struct mapihttp_row *row)
{
	const unsigned char *hash;

	row->busy_until = mapi_in_u64(in);
	row->seq = mapi_in_str8(in);
	row->wait_seq = mapi_in_str8(in);
	row->cpid = mapi_in_u32(in);
	row->lcid_sort = mapi_in_u32(in);
	row->lcid_string = mapi_in_u32(in);
	row->request_id = mapi_in_str8(in);
	hash = mapi_in_bytes(in, sizeof(row->hash));
	if (hash != NULL)
		memcpy(row->hash, hash, sizeof(row->hash));
	row_blob_in(in, &row->answer);
	row_blob_in(in, &row->state);
}

int mapihttp_row_unpack(const void *data, size_t size, pool_t pool,
			struct mapihttp_row *row_r)
{
	struct mapi_in in;
	uint8_t kind;

	i_zero(row_r);
	row_r->host = row_r->seq = row_r->wait_seq = row_r->request_id = "";
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	if (mapi_in_u32(&in) != ROW_MAGIC)
		return -1;
	kind = mapi_in_u8(&in);
	if (kind != MAPIHTTP_EMSMDB && kind != MAPIHTTP_NSPI)
		return -1;
	row_r->kind = kind;
	row_r->parked = mapi_in_u8(&in) != 0;
	row_r->last_used = mapi_in_u64(&in);
	if (row_r->parked) {
		row_parked_in(&in, row_r);
	} else {
		row_r->host = mapi_in_str8(&in);
		row_r->pid = mapi_in_u32(&in);
		row_r->pid_start = mapi_in_u64(&in);
	}
	return in.broken || mapi_in_left(&in) != 0 ? -1 : 0;
}
