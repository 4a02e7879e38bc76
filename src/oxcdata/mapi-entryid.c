/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Entry ids (MS-OXCDATA 2.2.4, 2.2.5). */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "oxcdata-private.h"

#define FOLDER_SIZE 46
#define MESSAGE_SIZE 70
/* flags and provider UID: what all begin with */
#define HEAD_SIZE 20

const guid_128_t mapi_uid_public = {
	0x1a, 0x44, 0x73, 0x90, 0xaa, 0x66, 0x11, 0xcd,
	0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0xc4, 0x5a
};
const guid_128_t mapi_uid_address_book = {
	0xdc, 0xa7, 0x40, 0xc8, 0xc0, 0x42, 0x10, 0x1a,
	0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1, 0x82
};
const guid_128_t mapi_uid_one_off = {
	0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19,
	0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02
};
const guid_128_t mapi_uid_contact = {
	0xfe, 0x42, 0xaa, 0x0a, 0x18, 0xc7, 0x1a, 0x10,
	0xe8, 0x85, 0x0b, 0x65, 0x1c, 0x24, 0x00, 0x00
};
const guid_128_t mapi_uid_store = {
	0x38, 0xa1, 0xbb, 0x10, 0x05, 0xe5, 0x10, 0x1a,
	0xa1, 0xbb, 0x08, 0x00, 0x2b, 0x2a, 0x56, 0xc2
};

/* STORE: what is wrapped */
static const guid_128_t store_private = {
	0x1b, 0x55, 0xfa, 0x20, 0xaa, 0x66, 0x11, 0xcd,
	0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0xc4, 0x5a
};
static const guid_128_t store_public = {
	0x1c, 0x83, 0x02, 0x10, 0xaa, 0x66, 0x11, 0xcd,
	0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0xc4, 0x5a
};
static const char store_dll[14] = "emsmdb.dll";
enum {
	STORE_TYPE_PUBLIC	= 0x06,
	STORE_TYPE_PRIVATE	= 0x0c,
};

/* CONTACT and PERSONAL_LIST: their version, type, and a list's index */
enum {
	CONTACT_VERSION		= 3,
	CONTACT_TYPE_ADDRESS	= 4,
	CONTACT_TYPE_LIST	= 5,
	CONTACT_LIST_INDEX	= 0xff,
};

/* --- reading ----------------------------------------------------------------------- */

static int in_store(struct mapi_in *in, struct mapi_entry_id *id)
{
	guid_128_t wrapped;

	id->kind = MAPI_EID_STORE;
	/* version, flag, DLL's name, wrapped flags */
	(void)mapi_in_bytes(in, 1 + 1 + sizeof(store_dll) + 4);
	mapi_in_guid(in, wrapped);
	id->public_store = memcmp(wrapped, store_public, sizeof(wrapped)) == 0;
	if (!id->public_store &&
	    memcmp(wrapped, store_private, sizeof(wrapped)) != 0)
		in->broken = TRUE;
	(void)mapi_in_u32(in);	/* its type */
	id->server = mapi_in_str8(in);
	/* of a public store only if there is one; newer versions put more behind
	   it */
	if (!id->public_store ||
	    (mapi_in_left(in) > 0 && in->data[in->pos] == '/'))
		id->dn = mapi_in_str8(in);
	return in->broken ? -1 : 1;
}

static int in_address(struct mapi_in *in, struct mapi_entry_id *id)
{
	id->kind = MAPI_EID_ADDRESS;
	if (mapi_in_u32(in) != 1)
		in->broken = TRUE;
	id->display_type = mapi_in_u32(in);
	id->dn = mapi_in_str8(in);
	return in->broken ? -1 : 1;
}

static const char *one_off_string(struct mapi_in *in, bool unicode)
{
	const char *s;

	if (unicode)
		return mapi_in_utf16(in);
	/* whose code page it is nobody says */
	s = mapi_in_str8(in);
	return mapi_text_from_cpid(in->pool, 1252, s, strlen(s));
}

static int in_one_off(struct mapi_in *in, struct mapi_entry_id *id)
{
	bool unicode;

	id->kind = MAPI_EID_ONE_OFF;
	if (mapi_in_u16(in) != 0)
		in->broken = TRUE;
	id->one_off_flags = mapi_in_u16(in);
	unicode = (id->one_off_flags & MAPI_ONE_OFF_UNICODE) != 0;
	id->name = one_off_string(in, unicode);
	id->addrtype = one_off_string(in, unicode);
	id->address = one_off_string(in, unicode);
	return in->broken ? -1 : 1;
}

static int in_contact(struct mapi_in *in, struct mapi_entry_id *id)
{
	uint32_t type, size;

	if (mapi_in_u32(in) != CONTACT_VERSION)
		in->broken = TRUE;
	type = mapi_in_u32(in);
	id->index = mapi_in_u32(in);
	size = mapi_in_u32(in);
	id->object.data = mapi_in_bytes(in, size);
	id->object.size = size;
	if (in->broken)
		return -1;
	if (type != CONTACT_TYPE_ADDRESS && type != CONTACT_TYPE_LIST)
		return 0;
	id->kind = type == CONTACT_TYPE_LIST ? MAPI_EID_PERSONAL_LIST :
		MAPI_EID_CONTACT;
	return 1;
}

/* Folders and messages are known by size and type: their provider is any mailbox. */
static int in_object(struct mapi_in *in, struct mapi_entry_id *id)
{
	bool message = in->size == MESSAGE_SIZE;

	if (!message && in->size != FOLDER_SIZE)
		return 0;
	id->type = mapi_in_u16(in);
	switch (id->type) {
	case eitLTPrivateFolder:
	case eitLTPublicFolder:
	case eitLTWackyFolder:
		if (message)
			return 0;
		break;
	case eitLTPrivateMessage:
	case eitLTPublicMessage:
	case eitLTWackyMessage:
		if (!message)
			return 0;
		break;
	default:
		return 0;
	}
	id->kind = message ? MAPI_EID_MESSAGE : MAPI_EID_FOLDER;
	mapi_in_long_id(in, &id->folder);
	if (message)
		mapi_in_long_id(in, &id->message);
	return in->broken ? -1 : 1;
}

static const struct {
	const guid_128_t *uid;
	int (*read)(struct mapi_in *in, struct mapi_entry_id *id);
} providers[] = {
	{ &mapi_uid_store, in_store },
	{ &mapi_uid_address_book, in_address },
	{ &mapi_uid_one_off, in_one_off },
	{ &mapi_uid_contact, in_contact },
};

int mapi_entry_id_parse(const void *data, size_t size, pool_t pool,
			struct mapi_entry_id *id_r)
{
	struct mapi_in in;
	unsigned int i;
	int ret;

	i_zero(id_r);
	if (size < HEAD_SIZE)
		return -1;
	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	id_r->flags = mapi_in_u32(&in);
	mapi_in_guid(&in, id_r->provider);
	for (i = 0; i < N_ELEMENTS(providers); i++) {
		if (memcmp(id_r->provider, *providers[i].uid,
			   GUID_128_SIZE) == 0)
			break;
	}
	ret = i < N_ELEMENTS(providers) ? providers[i].read(&in, id_r) :
		in_object(&in, id_r);
	if (ret <= 0)
		id_r->kind = MAPI_EID_UNKNOWN;
	return ret;
}

/* --- writing ------------------------------------------------------------------------ */

static const char *text(const char *s)
{
	return s == NULL ? "" : s;
}

static void
out_head(buffer_t *out, uint32_t flags, const guid_128_t provider)
{
	mapi_out_u32(out, flags);
	buffer_append(out, provider, GUID_128_SIZE);
}

static void out_store(buffer_t *out, const struct mapi_entry_id *id)
{
	mapi_out_u8(out, 0);
	mapi_out_u8(out, 0);
	buffer_append(out, store_dll, sizeof(store_dll));
	mapi_out_u32(out, 0);
	buffer_append(out, id->public_store ? store_public : store_private,
		      GUID_128_SIZE);
	mapi_out_u32(out, id->public_store ? STORE_TYPE_PUBLIC :
		     STORE_TYPE_PRIVATE);
	mapi_out_str8(out, text(id->server));
	if (!id->public_store || id->dn != NULL)
		mapi_out_str8(out, text(id->dn));
}

static void out_one_off(buffer_t *out, const struct mapi_entry_id *id)
{
	mapi_out_u16(out, 0);
	mapi_out_u16(out, id->one_off_flags | MAPI_ONE_OFF_UNICODE);
	mapi_out_utf16(out, text(id->name));
	mapi_out_utf16(out, text(id->addrtype));
	mapi_out_utf16(out, text(id->address));
}

static void out_contact(buffer_t *out, const struct mapi_entry_id *id)
{
	bool list = id->kind == MAPI_EID_PERSONAL_LIST;

	mapi_out_u32(out, CONTACT_VERSION);
	mapi_out_u32(out, list ? CONTACT_TYPE_LIST : CONTACT_TYPE_ADDRESS);
	mapi_out_u32(out, list ? CONTACT_LIST_INDEX : id->index);
	mapi_out_u32(out, id->object.size);
	buffer_append(out, id->object.data, id->object.size);
}

void mapi_entry_id_write(buffer_t *out, const struct mapi_entry_id *id)
{
	switch (id->kind) {
	case MAPI_EID_FOLDER:
	case MAPI_EID_MESSAGE:
		out_head(out, id->flags, id->provider);
		mapi_out_u16(out, id->type);
		mapi_out_long_id(out, &id->folder);
		if (id->kind == MAPI_EID_MESSAGE)
			mapi_out_long_id(out, &id->message);
		return;
	case MAPI_EID_STORE:
		out_head(out, id->flags, mapi_uid_store);
		out_store(out, id);
		return;
	case MAPI_EID_ADDRESS:
		out_head(out, id->flags, mapi_uid_address_book);
		mapi_out_u32(out, 1);
		mapi_out_u32(out, id->display_type);
		mapi_out_str8(out, text(id->dn));
		return;
	case MAPI_EID_ONE_OFF:
		out_head(out, id->flags, mapi_uid_one_off);
		out_one_off(out, id);
		return;
	case MAPI_EID_CONTACT:
	case MAPI_EID_PERSONAL_LIST:
		out_head(out, id->flags, mapi_uid_contact);
		out_contact(out, id);
		return;
	case MAPI_EID_UNKNOWN:
		break;
	}
	i_unreached();
}

void mapi_entry_id_of_dn(buffer_t *out, const char *dn, uint32_t display_type)
{
	struct mapi_entry_id id = {
		.kind = MAPI_EID_ADDRESS,
		.dn = dn,
		.display_type = display_type,
	};

	mapi_entry_id_write(out, &id);
}

void mapi_entry_id_of_smtp(buffer_t *out, const char *name,
			   const char *address)
{
	struct mapi_entry_id id = {
		.kind = MAPI_EID_ONE_OFF,
		.one_off_flags = MAPI_ONE_OFF_NO_RICH_INFO,
		.name = name,
		.addrtype = "SMTP",
		.address = address,
	};

	mapi_entry_id_write(out, &id);
}

void mapi_search_key_of_address(buffer_t *out, const char *addrtype,
				const char *address)
{
	const char *key = t_str_ucase(t_strconcat(addrtype, ":", address, NULL));

	buffer_append(out, key, strlen(key) + 1);
}
