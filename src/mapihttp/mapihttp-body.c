/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of the mailbox endpoint (MS-OXCMAPIHTTP 2.2.4), the auxiliary blocks of
   Connect's answer (MS-OXCRPC 2.2.2.2) and the packing of an Execute's answer. */

#include "mapihttp-private.h"

/* What Exchange tells its clients: MS-OXCRPC 3.1.4.1 */
#define CONNECT_POLLS_MAX_MSECS 60000
#define CONNECT_RETRY_COUNT 6
#define CONNECT_RETRY_DELAY_MSECS 10000

/* MS-OXCRPC 2.2.2.2.17, .15, .20 */
#define AUX_VERSION_1			0x01
#define AUX_TYPE_CLIENT_CONTROL		0x0a
#define AUX_TYPE_EXORGINFO		0x17
#define AUX_TYPE_ENDPOINT_CAPABILITIES	0x48
#define EXORGINFO_PUBLIC_FOLDERS	0x00000001
#define EXORGINFO_AUTODISCOVER		0x00000002
#define CLIENT_CONTROL_COMPRESSION	0x00000004
#define CLIENT_CONTROL_HTTP		0x00000008
#define CLIENT_CONTROL_EXPIRY_MSECS	(7 * 24 * 3600 * 1000)
#define ENDPOINT_SINGLE			0x00000001

/* Smaller ones are not worth the work */
#define PACK_MIN_COMPRESS 1024

static int aux_parse(struct mapi_in *in, struct mapi_blob *aux)
{
	aux->size = mapi_in_u32(in);
	aux->data = in->broken ? NULL : mapi_in_bytes(in, aux->size);
	/* what follows is nobody's */
	return in->broken || mapi_in_left(in) != 0 ? -1 : 0;
}

int mapihttp_connect_parse(const void *data, size_t size, pool_t pool,
			   struct mapihttp_connect *connect_r)
{
	struct mapi_in in;

	i_zero(connect_r);
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	connect_r->user_dn = mapi_in_str8(&in);
	connect_r->flags = mapi_in_u32(&in);
	connect_r->cpid = mapi_in_u32(&in);
	connect_r->lcid_sort = mapi_in_u32(&in);
	connect_r->lcid_string = mapi_in_u32(&in);
	return aux_parse(&in, &connect_r->aux);
}

int mapihttp_execute_parse(const void *data, size_t size,
			   struct mapihttp_execute *execute_r)
{
	struct mapi_in in;

	i_zero(execute_r);
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(), data, size);
	execute_r->flags = mapi_in_u32(&in);
	execute_r->rops.size = mapi_in_u32(&in);
	execute_r->rops.data = in.broken ? NULL :
		mapi_in_bytes(&in, execute_r->rops.size);
	execute_r->max_out = mapi_in_u32(&in);
	return aux_parse(&in, &execute_r->aux);
}

int mapihttp_disconnect_parse(const void *data, size_t size)
{
	struct mapi_blob aux;
	struct mapi_in in;

	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(), data, size);
	return aux_parse(&in, &aux);
}

int mapihttp_wait_parse(const void *data, size_t size)
{
	struct mapi_blob aux;
	struct mapi_in in;

	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(), data, size);
	(void)mapi_in_u32(&in);		/* Flags: reserved */
	return aux_parse(&in, &aux);
}

static void aux_block(buffer_t *out, uint8_t type, uint32_t first,
		      const uint32_t *second)
{
	mapi_out_u16(out, second == NULL ? 8 : 12);
	mapi_out_u8(out, AUX_VERSION_1);
	mapi_out_u8(out, type);
	mapi_out_u32(out, first);
	if (second != NULL)
		mapi_out_u32(out, *second);
}

static void connect_aux(buffer_t *out, bool public_folders)
{
	const uint32_t expiry = CLIENT_CONTROL_EXPIRY_MSECS;
	buffer_t *blocks = t_buffer_create(64), *aux = t_buffer_create(64);

	aux_block(blocks, AUX_TYPE_EXORGINFO, !public_folders ? 0 :
		  EXORGINFO_PUBLIC_FOLDERS | EXORGINFO_AUTODISCOVER, NULL);
	aux_block(blocks, AUX_TYPE_CLIENT_CONTROL,
		  CLIENT_CONTROL_COMPRESSION | CLIENT_CONTROL_HTTP, &expiry);
	aux_block(blocks, AUX_TYPE_ENDPOINT_CAPABILITIES, ENDPOINT_SINGLE,
		  NULL);
	mapi_rhe_pack(aux, blocks->data, blocks->used, MAPI_RHE_LAST);
	mapi_out_u32(out, aux->used);
	buffer_append(out, aux->data, aux->used);
}

void mapihttp_connect_answer(buffer_t *out, uint32_t error,
			     const struct emsmdb_connected *connected,
			     bool public_folders)
{
	mapi_out_u32(out, 0);
	mapi_out_u32(out, error);
	mapi_out_u32(out, CONNECT_POLLS_MAX_MSECS);
	mapi_out_u32(out, CONNECT_RETRY_COUNT);
	mapi_out_u32(out, CONNECT_RETRY_DELAY_MSECS);
	mapi_out_str8(out, error != 0 ? "" : connected->dn_prefix);
	mapi_out_utf16(out, error != 0 ? "" : connected->display_name);
	if (error != 0)
		mapi_out_u32(out, 0);
	else
		connect_aux(out, public_folders);
}

void mapihttp_execute_answer(buffer_t *out, uint32_t error,
			     const struct mapi_blob *rops)
{
	mapi_out_u32(out, 0);
	mapi_out_u32(out, error);
	mapi_out_u32(out, 0);		/* Flags: reserved */
	mapi_out_u32(out, rops == NULL ? 0 : rops->size);
	if (rops != NULL)
		buffer_append(out, rops->data, rops->size);
	mapi_out_u32(out, 0);
}

void mapihttp_disconnect_answer(buffer_t *out, uint32_t error)
{
	mapi_out_u32(out, 0);
	mapi_out_u32(out, error);
	mapi_out_u32(out, 0);
}

void mapihttp_wait_answer(buffer_t *out, uint32_t error, bool pending)
{
	mapi_out_u32(out, 0);
	mapi_out_u32(out, error);
	mapi_out_u32(out, pending ? 1 : 0);
	mapi_out_u32(out, 0);
}

void mapihttp_pack(buffer_t *out, const ARRAY_TYPE(mapi_blob) *payloads,
		   uint32_t flags)
{
	const struct mapi_blob *blob;
	unsigned int pack, left = array_count(payloads);

	array_foreach(payloads, blob) {
		pack = --left == 0 ? MAPI_RHE_LAST : 0;
		if ((flags & MAPIHTTP_NO_COMPRESSION) == 0 &&
		    blob->size >= PACK_MIN_COMPRESS)
			pack |= MAPI_RHE_COMPRESSED;
		if ((flags & MAPIHTTP_NO_XOR) == 0)
			pack |= MAPI_RHE_XOR;
		mapi_rhe_pack(out, blob->data, blob->size, pack);
	}
}
