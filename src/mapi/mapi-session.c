/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A session: who it is of, its objects and their handles. */

#include "mapi.h"
#include "mapi-notify.h"
#include "mapi-logon.h"
#include "mapi-msg.h"

void *mapi_object_alloc(struct mapi_rop *rop, size_t size, enum mapi_kind kind,
			const struct mapi_object_vfuncs *v,
			struct mapi_object *parent)
{
	pool_t pool = pool_alloconly_create("mapi object", 512);
	struct mapi_object *obj = p_malloc(pool, size);

	obj->kind = kind;
	obj->v = v;
	obj->pool = pool;
	obj->session = rop->session;
	obj->logon = parent != NULL ? parent->logon : rop->logon;
	obj->parent = parent;
	obj->refcount = 1;
	if (parent != NULL)
		mapi_object_ref(parent);
	return obj;
}

void mapi_object_ref(struct mapi_object *obj)
{
	obj->refcount++;
}

void mapi_object_unref(struct mapi_object **_obj)
{
	struct mapi_object *obj = *_obj, *parent;

	*_obj = NULL;
	if (obj == NULL || --obj->refcount > 0)
		return;
	parent = obj->parent;
	if (obj->v->free != NULL)
		obj->v->free(obj);
	pool_unref(&obj->pool);
	mapi_object_unref(&parent);
}

/* --- handles ----------------------------------------------------------------- */

static bool session_free_slot(struct emsmdb *session, unsigned int *idx_r)
{
	struct mapi_object *const *objp;

	if (session->objects_count == array_count(&session->objects)) {
		*idx_r = array_count(&session->objects);
		return *idx_r < MAPI_MAX_OBJECTS;
	}
	array_foreach(&session->objects, objp) {
		if (*objp == NULL) {
			*idx_r = array_foreach_idx(&session->objects, objp);
			return TRUE;
		}
	}
	i_unreached();
}

uint32_t mapi_session_add(struct emsmdb *session, struct mapi_object *obj)
{
	unsigned int idx;

	if (!session_free_slot(session, &idx))
		return MAPI_HANDLE_NONE;
	array_idx_set(&session->objects, idx, &obj);
	session->objects_count++;
	return idx + 1;
}

struct mapi_object *
mapi_session_get(struct emsmdb *session, uint32_t handle)
{
	if (handle == 0 || handle > array_count(&session->objects))
		return NULL;
	return *array_idx(&session->objects, handle - 1);
}

void mapi_session_release(struct emsmdb *session, uint32_t handle)
{
	struct mapi_object *obj = mapi_session_get(session, handle), *none = NULL;

	if (obj == NULL)
		return;
	array_idx_set(&session->objects, handle - 1, &none);
	session->objects_count--;
	/* everything that was opened from a logon goes with it */
	if (obj->kind == MAPI_LOGON &&
	    session->logons[obj->logon->id] == obj->logon)
		mapi_session_drop_logon(session, obj->logon->id);
	mapi_object_unref(&obj);
}

struct mapi_logon *mapi_logon_new(void)
{
	pool_t pool = pool_alloconly_create("mapi logon", 512);
	struct mapi_logon *logon = p_new(pool, struct mapi_logon, 1);

	logon->pool = pool;
	return logon;
}

void mapi_session_drop_logon(struct emsmdb *session, uint8_t logon_id)
{
	pool_t pool;

	struct mapi_logon *logon = session->logons[logon_id];
	struct mapi_object *obj;

	if (logon == NULL)
		return;
	session->logons[logon_id] = NULL;
	for (uint32_t i = 1; i <= array_count(&session->objects); i++) {
		obj = mapi_session_get(session, i);
		if (obj != NULL && obj->logon == logon)
			mapi_session_release(session, i);
	}
	mapi_notifier_drop_logon(session, logon);
	pool = logon->pool;
	pool_unref(&pool);
}

/* --- life ----------------------------------------------------------------------- */

struct emsmdb *mapi_session_new(const struct mapi_env *env)
{
	pool_t pool = pool_alloconly_create("mapi session", 2048);
	struct emsmdb *session = p_new(pool, struct emsmdb, 1);
	const struct store_settings *set = store_get_settings(env->store);

	session->pool = pool;
	session->address = p_strdup(pool, set->address);
	session->username = p_strdup(pool, store_username(env->store));
	session->display_name = p_strdup(pool, set->display_name);
	session->cpid = env->cpid;
	session->lcid_sort = env->lcid_sort;
	session->lcid_string = env->lcid_string;
	memcpy(session->client_version, env->client_version,
	       sizeof(session->client_version));
	i_array_init(&session->objects, 32);
	mapi_notifier_init(session);
	return session;
}

/* Does the DN name the user, by the main address or an alias? */
static bool session_dn_is_user(const struct mapi_env *env, const char *dn)
{
	const struct store_settings *set = store_get_settings(env->store);
	const char *address = mapi_address_of_dn(dn);

	if (address == NULL)
		return FALSE;
	if (strcasecmp(address, set->address) == 0)
		return TRUE;
	for (const char *const *alias = set->aliases;
	     alias != NULL && *alias != NULL; alias++) {
		if (strcasecmp(address, *alias) == 0)
			return TRUE;
	}
	return FALSE;
}

uint32_t emsmdb_connect(const struct mapi_env *env, const char *user_dn,
			uint32_t flags, struct emsmdb **session_r,
			struct emsmdb_connected *connected_r)
{
	struct emsmdb *session;

	/* MS-OXCRPC 3.1.4.1: an empty DN or another user's: no access; nobody
	   administers by this protocol */
	if (*user_dn == '\0')
		return ecNoAccess;
	if ((flags & EMSMDB_CONNECT_ADMIN) != 0)
		return ecLoginPerm;
	if (!session_dn_is_user(env, user_dn)) {
		e_info(env->event, "Connect for another user: %s", user_dn);
		return ecUnknownUser;
	}
	session = mapi_session_new(env);
	i_zero(connected_r);
	connected_r->dn_prefix = "";
	connected_r->display_name = session->display_name;
	*session_r = session;
	return ecNone;
}

void emsmdb_free(struct emsmdb **_session)
{
	struct emsmdb *session = *_session;

	*_session = NULL;
	if (session == NULL)
		return;
	for (unsigned int i = 0; i < N_ELEMENTS(session->logons); i++)
		mapi_session_drop_logon(session, i);
	for (uint32_t i = 1; i <= array_count(&session->objects); i++)
		mapi_session_release(session, i);
	mapi_notifier_deinit(session);
	array_free(&session->objects);
	pool_unref(&session->pool);
}

void emsmdb_request_done(struct emsmdb *session)
{
	struct mapi_object *const *objp, *obj;

	array_foreach(&session->objects, objp) {
		/* also those that only an attachment or stream still needs */
		for (obj = *objp; obj != NULL; obj = obj->parent) {
			if (obj->kind == MAPI_MESSAGE)
				mapi_msg_forget((struct mapi_msg *)obj);
		}
	}
	for (unsigned int i = 0; i < N_ELEMENTS(session->logons); i++) {
		if (session->logons[i] != NULL)
			mapi_tree_changed(session->logons[i]);
	}
}
