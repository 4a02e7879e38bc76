/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ROP buffers of a mailbox session, over a store in memory. The input: an octet that
   says how much room there is for answers, then buffers, each its length in 16 bits
   and a list of ROPs. Their handle table is always the same: the objects that begin()
   opened have the handles 1, 2, ..., and index n is handle n + 1. At the end the
   session is parked, restored and asked again. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "ioloop.h"
#include "dovetail-mapi.h"
#include "dovetail-mapi-data.h"
#include "dovetail-store.h"
#include "fuzz-mapi-store.h"
#include "fuzz.h"

#define HANDLES 40
#define MAX_BUFFERS 8
/* Where RopLogon's answer has the ids of the 13 folders */
#define LOGON_FOLDERS 9

static struct event *event;
static unsigned int quiet_lines;

static void ATTR_FORMAT(2, 0)
quiet(const struct failure_context *ctx ATTR_UNUSED,
      const char *format ATTR_UNUSED, va_list args ATTR_UNUSED)
{
	quiet_lines++;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	(void)io_loop_create();
	event = event_create(NULL);
	i_set_error_handler(quiet);
	i_set_info_handler(quiet);
	i_set_debug_handler(quiet);
	return 0;
}

static void env_init(struct mapi_env *env_r, struct store *store)
{
	i_zero(env_r);
	env_r->pool = pool_alloconly_create("fuzz", 16384);
	env_r->event = event;
	env_r->store = store;
	env_r->base_url = "https://fuzz";
	env_r->cpid = 1252;
	env_r->lcid_sort = env_r->lcid_string = 0x409;
}

/* The answer as a buffer of its own; the caller frees it. */
static buffer_t *execute(struct emsmdb *session, struct store *store,
			 const void *rops, size_t size, size_t max_out)
{
	buffer_t *in = buffer_create_dynamic(default_pool, size + 256);
	buffer_t *out = buffer_create_dynamic(default_pool, 4096);
	ARRAY_TYPE(mapi_blob) extra;
	const struct mapi_blob *blob;
	struct mapi_env env;
	struct mapi_blob request;
	uint32_t error;

	mapi_out_u16(in, size + 2);
	buffer_append(in, rops, size);
	for (uint32_t i = 1; i <= HANDLES; i++)
		mapi_out_u32(in, i);
	env_init(&env, store);
	p_array_init(&extra, env.pool, 4);
	request.data = in->data;
	request.size = in->used;
	T_BEGIN {
		error = emsmdb_execute(session, &env, &request, max_out, TRUE,
				       out, &extra);
		emsmdb_request_done(session);
	} T_END;
	i_assert(error == 0 ? out->used >= 2 + HANDLES * 4 : out->used == 0);
	array_foreach(&extra, blob)
		i_assert(blob->size <= EMSMDB_MAX_PAYLOAD);
	pool_unref(&env.pool);
	buffer_free(&in);
	return out;
}

static void rop(buffer_t *out, uint8_t id, uint8_t in_index)
{
	mapi_out_u8(out, id);
	mapi_out_u8(out, 0);
	mapi_out_u8(out, in_index);
}

static uint64_t logon(struct emsmdb *session, struct store *store,
		      uint64_t *inbox_r)
{
	buffer_t *rops = t_buffer_create(256), *out;
	const char *dn = mapi_dn_of_address("me@example.org");
	uint64_t ids[13];
	struct mapi_in in;

	rop(rops, 0xfe, 0);
	mapi_out_u8(rops, 1);			/* private */
	mapi_out_u32(rops, 0x0100000c);
	mapi_out_u32(rops, 0);
	mapi_out_u16(rops, strlen(dn) + 1);
	mapi_out_str8(rops, dn);
	out = execute(session, store, rops->data, rops->used, 0x8000);
	mapi_in_init(&in, MAPI_FORM_ROP, NULL, out->data, out->used);
	(void)mapi_in_bytes(&in, LOGON_FOLDERS);
	for (unsigned int i = 0; i < N_ELEMENTS(ids); i++)
		ids[i] = mapi_in_u64(&in);
	i_assert(!in.broken);
	buffer_free(&out);
	*inbox_r = ids[4];
	return ids[3];
}

static void open_folder(buffer_t *rops, uint8_t out_index, uint64_t id)
{
	rop(rops, 0x02, 0);
	mapi_out_u8(rops, out_index);
	mapi_out_u64(rops, id);
	mapi_out_u8(rops, 0);
}

static void set_columns(buffer_t *rops, uint8_t index, mapi_tag_t second)
{
	rop(rops, 0x12, index);
	mapi_out_u8(rops, 0);
	mapi_out_u16(rops, 2);
	mapi_out_u32(rops, 0x674a0014);
	mapi_out_u32(rops, second);
}

static void open_table(buffer_t *rops, uint8_t id, uint8_t in_index,
		       uint8_t out_index)
{
	rop(rops, id, in_index);
	mapi_out_u8(rops, out_index);
	mapi_out_u8(rops, 0);
}

static void open_message(buffer_t *rops, uint8_t out_index, uint64_t folder,
			 uint64_t id)
{
	rop(rops, 0x03, 0);
	mapi_out_u8(rops, out_index);
	mapi_out_u16(rops, 0x0fff);
	mapi_out_u64(rops, folder);
	mapi_out_u8(rops, 3);
	mapi_out_u64(rops, id);
}

static uint64_t wire_id(uint64_t counter)
{
	uint64_t id = 1;

	/* replica 1, then the counter, highest octet first */
	for (unsigned int i = 0; i < 6; i++)
		id |= ((counter >> (40 - 8 * i)) & 0xff) << (16 + 8 * i);
	return id;
}

/* Objects of every kind. Index: 0 logon, 1 IPM subtree, 2 Inbox, 3 hierarchy table,
   4 contents table, 5 new message, 6 its attachment, 7 a stream of it, 8 and 9 the
   mails, 10 calendar, 11 its contents, 12 new FAI message, 13 attachment table,
   14 permissions, 15 rules, 16 subscription, 17 the appointment; after it free ones. */
static struct emsmdb *begin(struct store *store)
{
	struct emsmdb_connected connected;
	struct emsmdb *session = NULL;
	buffer_t *rops = t_buffer_create(1024), *out;
	uint64_t ipm, inbox;
	struct mapi_env env;

	env_init(&env, store);
	if (emsmdb_connect(&env, mapi_dn_of_address("me@example.org"), 0,
			   &session, &connected) != ecNone)
		i_panic("no session");
	pool_unref(&env.pool);
	ipm = logon(session, store, &inbox);
	open_folder(rops, 1, ipm);
	open_folder(rops, 2, inbox);
	open_table(rops, 0x04, 1, 3);
	set_columns(rops, 3, 0x3001001f);
	open_table(rops, 0x05, 2, 4);
	set_columns(rops, 4, 0x0037001f);
	/* CreateMessage, CreateAttachment, OpenStream */
	rop(rops, 0x06, 0);
	mapi_out_u8(rops, 5);
	mapi_out_u16(rops, 0x0fff);
	mapi_out_u64(rops, inbox);
	mapi_out_u8(rops, 0);
	rop(rops, 0x23, 5);
	mapi_out_u8(rops, 6);
	rop(rops, 0x2b, 6);
	mapi_out_u8(rops, 7);
	mapi_out_u32(rops, 0x37010102);
	mapi_out_u8(rops, 2);
	open_message(rops, 8, inbox, wire_id(0x000001000001));
	open_message(rops, 9, inbox, wire_id(0x000001000002));
	open_folder(rops, 10, wire_id(0x10007));
	open_table(rops, 0x05, 10, 11);
	rop(rops, 0x06, 0);
	mapi_out_u8(rops, 12);
	mapi_out_u16(rops, 0x0fff);
	mapi_out_u64(rops, inbox);
	mapi_out_u8(rops, 1);
	open_table(rops, 0x21, 9, 13);
	open_table(rops, 0x3e, 2, 14);
	open_table(rops, 0x3f, 2, 15);
	rop(rops, 0x29, 0);
	mapi_out_u8(rops, 16);
	mapi_out_u16(rops, 0x0ffe);
	mapi_out_u8(rops, 1);
	open_message(rops, 17, wire_id(0x10007), wire_id(0xc00000000003));
	out = execute(session, store, rops->data, rops->used, 0x8000);
	buffer_free(&out);
	return session;
}

static void repark(struct emsmdb **session, struct store *store)
{
	buffer_t *parked = t_buffer_create(1024);
	struct mapi_env env;

	if (!emsmdb_park(*session, parked))
		return;
	emsmdb_free(session);
	env_init(&env, store);
	if (emsmdb_restore(&env, parked->data, parked->used, session) < 0)
		i_panic("a parked session cannot be restored");
	pool_unref(&env.pool);
}

static void buffers_run(struct emsmdb *session, struct store *store,
			const uint8_t *data, size_t size, size_t max_out)
{
	size_t len;
	buffer_t *out;

	for (unsigned int i = 0; i < MAX_BUFFERS && size > 2; i++) {
		len = I_MIN((size_t)(data[0] | data[1] << 8), size - 2);
		out = execute(session, store, data + 2, len, max_out);
		buffer_free(&out);
		data += 2 + len;
		size -= 2 + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *store;
	struct emsmdb *session;
	size_t max_out;

	if (size < 3)
		return 0;
	max_out = 256 + data[0] * 512;
	T_BEGIN {
		store = fake_store_reset();
		session = begin(store);
		buffers_run(session, store, data + 1, size - 1, max_out);
		repark(&session, store);
		buffers_run(session, store, data + 1, size - 1, 0x8000);
		emsmdb_free(&session);
		fake_store_free();
	} T_END;
	return 0;
}
