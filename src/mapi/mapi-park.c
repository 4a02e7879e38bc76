/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A session as data: who, logons, objects in the order of their handles, what is
   watched. Written when its process may end, read by the next one. */

#include "mapi.h"
#include "mapi-attach.h"
#include "mapi-folder.h"
#include "mapi-logon.h"
#include "mapi-notify.h"
#include "mapi-table.h"

#define PARK_VERSION 2
#define NO_PARENT 0

/* --- write ----------------------------------------------------------------------------- */

static void out_logon(buffer_t *out, const struct mapi_logon *logon)
{
	mapi_out_u8(out, logon->id);
	mapi_out_u8(out, logon->kind);
	mapi_out_str8(out, logon->owner);
	mapi_out_str8(out, logon->address);
	mapi_out_str8(out, logon->display_name);
	buffer_append(out, logon->mailbox_guid, GUID_128_SIZE);
	buffer_append(out, logon->replica_guid, GUID_128_SIZE);
	mapi_out_u8(out, logon->flags);
	mapi_out_u32(out, logon->open_flags);
}

static void out_logons(buffer_t *out, const struct emsmdb *session)
{
	size_t at = out->used;
	unsigned int count = 0;

	mapi_out_u16(out, 0);
	for (unsigned int i = 0; i < N_ELEMENTS(session->logons); i++) {
		if (session->logons[i] == NULL)
			continue;
		out_logon(out, session->logons[i]);
		count++;
	}
	mapi_out_u16_at(out, at, count);
}

static uint32_t handle_of(struct emsmdb *session, const struct mapi_object *obj)
{
	for (uint32_t i = 1; i <= array_count(&session->objects); i++) {
		if (mapi_session_get(session, i) == obj)
			return i;
	}
	return NO_PARENT;
}

/* FALSE: it, or what it needs, is not known by a handle, or holds what was not
   saved */
static bool out_object(buffer_t *out, struct emsmdb *session,
		       struct mapi_object *obj)
{
	uint32_t parent = NO_PARENT;
	size_t at;

	if (obj == NULL) {
		mapi_out_u16(out, 0);
		return TRUE;
	}
	if (obj->v->park == NULL)
		return FALSE;
	if (obj->parent != NULL) {
		parent = handle_of(session, obj->parent);
		/* a table of a folder that was released can be made without */
		if (parent == NO_PARENT && !(obj->kind == MAPI_TABLE &&
					     obj->parent->kind == MAPI_FOLDER))
			return FALSE;
	}
	mapi_out_u16(out, obj->kind);
	mapi_out_u8(out, obj->logon->id);
	mapi_out_u32(out, parent);
	at = out->used;
	mapi_out_u32(out, 0);
	if (!obj->v->park(obj, out))
		return FALSE;
	mapi_out_u32_at(out, at, out->used - at - 4);
	return TRUE;
}

bool emsmdb_park(struct emsmdb *session, buffer_t *out)
{
	struct mapi_object *const *objp;

	mapi_out_u8(out, PARK_VERSION);
	mapi_out_str8(out, session->address);
	mapi_out_u32(out, session->cpid);
	mapi_out_u32(out, session->lcid_sort);
	mapi_out_u32(out, session->lcid_string);
	for (unsigned int i = 0; i < N_ELEMENTS(session->client_version); i++)
		mapi_out_u16(out, session->client_version[i]);
	out_logons(out, session);
	mapi_out_u32(out, array_count(&session->objects));
	array_foreach(&session->objects, objp) {
		if (!out_object(out, session, *objp))
			return FALSE;
	}
	mapi_notifier_park(session, out);
	return TRUE;
}

/* --- read -------------------------------------------------------------------------------- */

static const char *in_copy(struct mapi_logon *logon, struct mapi_in *in)
{
	return p_strdup(logon->pool, mapi_in_str8(in));
}

static void in_logon(struct emsmdb *session, struct mapi_in *in)
{
	struct mapi_logon *logon = mapi_logon_new();

	logon->id = mapi_in_u8(in);
	logon->kind = mapi_in_u8(in);
	logon->owner = in_copy(logon, in);
	logon->address = in_copy(logon, in);
	logon->display_name = in_copy(logon, in);
	mapi_in_guid(in, logon->mailbox_guid);
	mapi_in_guid(in, logon->replica_guid);
	logon->flags = mapi_in_u8(in);
	logon->open_flags = mapi_in_u32(in);
	logon->view = logon->kind == MAPI_STORE_OWN ? NULL : logon->owner;
	mapi_session_drop_logon(session, logon->id);
	session->logons[logon->id] = logon;
}

static struct mapi_object *
in_folder(struct mapi_rop *rop, struct mapi_in *in)
{
	return &mapi_folder_object(rop, rop->logon, mapi_in_u64(in))->obj;
}

static struct mapi_object *in_msg(struct mapi_rop *rop, struct mapi_in *in)
{
	struct mapi_msg_ref ref;
	struct mapi_msg *msg;

	ref.folder = mapi_in_u64(in);
	ref.source = mapi_in_u8(in);
	ref.num = mapi_in_u32(in);
	msg = mapi_msg_new(rop, &ref, mapi_in_bool(in), NULL);
	msg->writable = mapi_in_bool(in);
	msg->seq = mapi_in_u64(in);
	msg->id = mapi_in_u64(in);
	msg->modified = mapi_in_bool(in);
	return &msg->obj;
}

static struct mapi_object *in_attach(struct mapi_rop *rop, struct mapi_in *in,
				     struct mapi_object *parent)
{
	struct mapi_attach *attach;

	if (parent == NULL || parent->kind != MAPI_MESSAGE)
		return NULL;
	attach = mapi_attach_new(rop, (struct mapi_msg *)parent,
				 mapi_in_u32(in));
	attach->writable = mapi_in_bool(in);
	return &attach->obj;
}

static struct mapi_object *in_sub(struct mapi_rop *rop, struct mapi_in *in)
{
	struct mapi_subscription *sub = mapi_subscription_new(rop);

	sub->types = mapi_in_u16(in);
	sub->whole_store = mapi_in_bool(in);
	sub->folder = mapi_in_u64(in);
	sub->message = mapi_in_u64(in);
	return &sub->obj;
}

static struct mapi_object *in_table(struct mapi_rop *rop, struct mapi_in *in,
				    struct mapi_object *parent)
{
	struct mapi_object *folder = parent, *table;

	/* one whose folder was released is given another for its logon */
	if (folder == NULL)
		folder = &mapi_folder_object(rop, rop->logon,
					     MAPI_FID_ROOT)->obj;
	table = mapi_table_restore(rop, folder, in);
	if (parent == NULL)
		mapi_object_unref(&folder);
	return table;
}

static struct mapi_object *
in_object_of(struct mapi_rop *rop, struct mapi_in *in, enum mapi_kind kind,
	     struct mapi_object *parent)
{
	switch (kind) {
	case MAPI_LOGON:
		return mapi_logon_object_new(rop, rop->logon);
	case MAPI_FOLDER:
		return in_folder(rop, in);
	case MAPI_MESSAGE:
		return in_msg(rop, in);
	case MAPI_ATTACH:
		return in_attach(rop, in, parent);
	case MAPI_TABLE:
		return in_table(rop, in, parent);
	case MAPI_NOTIFY:
		return in_sub(rop, in);
	default:
		return NULL;
	}
}

static int in_object(struct mapi_rop *rop, struct mapi_in *in)
{
	struct emsmdb *session = rop->session;
	struct mapi_object *obj = NULL;
	const unsigned char *data;
	struct mapi_in inner;
	enum mapi_kind kind = mapi_in_u16(in);
	uint32_t parent, size;

	if (kind != 0) {
		rop->logon = session->logons[mapi_in_u8(in)];
		parent = mapi_in_u32(in);
		size = mapi_in_u32(in);
		data = mapi_in_bytes(in, size);
		if (data == NULL || rop->logon == NULL)
			return -1;
		mapi_in_init(&inner, MAPI_FORM_ROP, rop->pool, data, size);
		obj = in_object_of(rop, &inner, kind,
				   mapi_session_get(session, parent));
		if (obj == NULL)
			return -1;
		session->objects_count++;
	}
	array_push_back(&session->objects, &obj);
	return 0;
}

static int session_read(struct mapi_rop *rop, struct mapi_in *in)
{
	struct emsmdb *session = rop->session;
	unsigned int count;

	session->cpid = mapi_in_u32(in);
	session->lcid_sort = mapi_in_u32(in);
	session->lcid_string = mapi_in_u32(in);
	for (unsigned int i = 0; i < N_ELEMENTS(session->client_version); i++)
		session->client_version[i] = mapi_in_u16(in);
	for (count = mapi_in_u16(in); count > 0 && !in->broken; count--)
		in_logon(session, in);
	for (count = mapi_in_u32(in); count > 0 && !in->broken; count--) {
		if (in_object(rop, in) < 0)
			return -1;
	}
	return mapi_notifier_restore(session, in);
}

int emsmdb_restore(const struct mapi_env *env, const void *data, size_t size,
		   struct emsmdb **session_r)
{
	struct emsmdb *session;
	struct mapi_rop rop;
	struct mapi_in in;

	mapi_in_init(&in, MAPI_FORM_ROP, env->pool, data, size);
	if (mapi_in_u8(&in) != PARK_VERSION)
		return -1;
	session = mapi_session_new(env);
	if (strcmp(mapi_in_str8(&in), session->address) != 0) {
		emsmdb_free(&session);
		return -1;
	}
	i_zero(&rop);
	rop.session = session;
	rop.env = env;
	rop.pool = env->pool;
	rop.store = env->store;
	if (session_read(&rop, &in) < 0 || in.broken) {
		emsmdb_free(&session);
		return -1;
	}
	emsmdb_request_done(session);
	*session_r = session;
	return 0;
}
