/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ids of objects and versions (MS-OXCDATA 2.2.1, 2.11.1.4; MS-OXCFXICS 2.2.2.1 to
   2.2.2.3). */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "oxcdata-private.h"

#define GLOBCNT_SIZE 6
#define GID_SIZE (GUID_128_SIZE + GLOBCNT_SIZE)
#define XID_MAX_SIZE (GUID_128_SIZE + 8)
/* ours, folder, message, instance */
#define SERVER_ID_SIZE 21

/* Six bytes, highest first */
static uint64_t globcnt_get(const unsigned char *data)
{
	return be64_to_cpu_unaligned(data) >> 16;
}

static void globcnt_put(buffer_t *out, uint64_t globcnt)
{
	unsigned char bytes[8];

	cpu64_to_be_unaligned(globcnt << 16, bytes);
	buffer_append(out, bytes, GLOBCNT_SIZE);
}

mapi_id_t mapi_id(uint16_t replid, uint64_t globcnt)
{
	unsigned char bytes[8];

	/* on the wire: REPLID, low byte first, then GLOBCNT, high byte first */
	cpu64_to_be_unaligned(globcnt, bytes);
	cpu16_to_le_unaligned(replid, bytes);
	return le64_to_cpu_unaligned(bytes);
}

uint64_t mapi_id_globcnt(mapi_id_t id)
{
	unsigned char bytes[8];

	cpu64_to_le_unaligned(id, bytes);
	bytes[0] = bytes[1] = 0;
	return be64_to_cpu_unaligned(bytes);
}

void mapi_in_long_id(struct mapi_in *in, struct mapi_long_id *id_r)
{
	/* the padding makes it eight bytes to read */
	const unsigned char *data;

	mapi_in_guid(in, id_r->guid);
	data = mapi_in_bytes(in, GLOBCNT_SIZE + 2);
	id_r->globcnt = data == NULL ? 0 : globcnt_get(data);
}

void mapi_out_long_id(buffer_t *out, const struct mapi_long_id *id)
{
	mapi_out_gid(out, id);
	mapi_out_u16(out, 0);
}

void mapi_out_gid(buffer_t *out, const struct mapi_long_id *id)
{
	buffer_append(out, id->guid, GUID_128_SIZE);
	globcnt_put(out, id->globcnt);
}

bool mapi_gid_parse(const void *data, size_t size, struct mapi_long_id *id_r)
{
	const unsigned char *bytes = data;
	unsigned char globcnt[8] = { 0 };

	i_zero(id_r);
	if (size != GID_SIZE)
		return FALSE;
	memcpy(id_r->guid, bytes, GUID_128_SIZE);
	memcpy(globcnt, bytes + GUID_128_SIZE, GLOBCNT_SIZE);
	id_r->globcnt = globcnt_get(globcnt);
	return TRUE;
}

bool mapi_server_id_parse(const void *data, size_t size,
			  struct mapi_server_id *id_r)
{
	struct mapi_in in;

	i_zero(id_r);
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(), data, size);
	id_r->ours = mapi_in_u8(&in) == 1;
	if (!id_r->ours) {
		id_r->client.size = mapi_in_left(&in);
		id_r->client.data = mapi_in_bytes(&in, id_r->client.size);
		return !in.broken;
	}
	id_r->folder = mapi_in_u64(&in);
	id_r->message = mapi_in_u64(&in);
	id_r->instance = mapi_in_u32(&in);
	return size == SERVER_ID_SIZE;
}

void mapi_server_id_write(buffer_t *out, const struct mapi_server_id *id)
{
	mapi_out_u8(out, id->ours ? 1 : 0);
	if (!id->ours) {
		buffer_append(out, id->client.data, id->client.size);
		return;
	}
	mapi_out_u64(out, id->folder);
	mapi_out_u64(out, id->message);
	mapi_out_u32(out, id->instance);
}

/* --- predecessor change lists ------------------------------------------------------ */

/* Walks over a list's XIDs. */
struct pcl_iter {
	const unsigned char *data;
	size_t size, pos;
	/* the one we are at: GUID and local id */
	const unsigned char *xid;
	size_t xid_size;
	bool broken;
};

static bool xid_size_valid(size_t size)
{
	return size > GUID_128_SIZE && size <= XID_MAX_SIZE;
}

static bool pcl_next(struct pcl_iter *iter)
{
	size_t size;

	if (iter->broken || iter->pos == iter->size)
		return FALSE;
	size = iter->data[iter->pos];
	if (!xid_size_valid(size) || size > iter->size - iter->pos - 1) {
		iter->broken = TRUE;
		return FALSE;
	}
	iter->xid = iter->data + iter->pos + 1;
	iter->xid_size = size;
	iter->pos += 1 + size;
	return TRUE;
}

/* Local ids of one GUID are of one length; if not, the longer is the later. */
static int
local_cmp(const unsigned char *a, size_t a_size,
	  const unsigned char *b, size_t b_size)
{
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return memcmp(a + GUID_128_SIZE, b + GUID_128_SIZE,
		      a_size - GUID_128_SIZE);
}

bool mapi_pcl_valid(const void *data, size_t size)
{
	struct pcl_iter iter = { .data = data, .size = size };

	while (pcl_next(&iter)) ;
	return !iter.broken;
}

bool mapi_pcl_includes(const struct mapi_blob *pcl, const void *xid,
		       size_t size)
{
	struct pcl_iter iter = { .data = pcl->data, .size = pcl->size };

	if (!xid_size_valid(size))
		return FALSE;
	while (pcl_next(&iter)) {
		if (memcmp(iter.xid, xid, GUID_128_SIZE) == 0 &&
		    local_cmp(iter.xid, iter.xid_size, xid, size) >= 0)
			return TRUE;
	}
	return FALSE;
}

/* Every version that b knows a knows too. */
static bool
pcl_has_all(const struct mapi_blob *a, const struct mapi_blob *b)
{
	struct pcl_iter iter = { .data = b->data, .size = b->size };

	while (pcl_next(&iter)) {
		if (!mapi_pcl_includes(a, iter.xid, iter.xid_size))
			return FALSE;
	}
	return TRUE;
}

enum mapi_pcl_order mapi_pcl_compare(const struct mapi_blob *a,
				     const struct mapi_blob *b)
{
	bool a_has_b = pcl_has_all(a, b), b_has_a = pcl_has_all(b, a);

	if (a_has_b && b_has_a)
		return MAPI_PCL_EQUAL;
	return a_has_b ? MAPI_PCL_NEWER :
		b_has_a ? MAPI_PCL_OLDER : MAPI_PCL_CONFLICT;
}

static void
pcl_insert(buffer_t *pcl, size_t pos, const void *xid, size_t size)
{
	unsigned char len = size;

	buffer_insert(pcl, pos, xid, size);
	buffer_insert(pcl, pos, &len, 1);
}

/* The list may have come from outside and be out of order. */
int mapi_pcl_add(buffer_t *pcl, const void *xid, size_t size)
{
	struct pcl_iter iter = { .data = pcl->data, .size = pcl->used };
	size_t start = 0, pos = SIZE_MAX;
	int cmp;

	if (!xid_size_valid(size))
		return -1;
	for (; pcl_next(&iter); start = iter.pos) {
		cmp = memcmp(iter.xid, xid, GUID_128_SIZE);
		if (cmp > 0 && pos == SIZE_MAX)
			pos = start;
		if (cmp != 0)
			continue;
		if (local_cmp(iter.xid, iter.xid_size, xid, size) >= 0)
			return 0;
		buffer_delete(pcl, start, iter.pos - start);
		pcl_insert(pcl, start, xid, size);
		return 0;
	}
	if (iter.broken)
		return -1;
	pcl_insert(pcl, pos == SIZE_MAX ? pcl->used : pos, xid, size);
	return 0;
}

int mapi_pcl_merge(buffer_t *dest, const struct mapi_blob *src)
{
	struct pcl_iter iter = { .data = src->data, .size = src->size };

	if (!mapi_pcl_valid(src->data, src->size) ||
	    !mapi_pcl_valid(dest->data, dest->used))
		return -1;
	while (pcl_next(&iter))
		(void)mapi_pcl_add(dest, iter.xid, iter.xid_size);
	return 0;
}
