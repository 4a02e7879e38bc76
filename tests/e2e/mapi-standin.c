/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* dovetail-test-mapi-worker: the real worker with the transport of MAPI over HTTP,
   and behind it endpoints that do what a test says (test_mapihttp.py): the payload
   of an Execute is a size of two bytes, and then one command as text. For tests of
   the transport alone. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "str.h"
#include "strnum.h"
#include "dovetail-mapi.h"
#include "dovetail-store.h"
#include "worker.h"

#include <unistd.h>

#define MAX_WATCHES 16
/* MS-OXCRPC 3.1.4.2.1: a payload is at most 32 KB */
#define MAX_PAYLOAD 0x8000

struct emsmdb {
	char name[128];
	unsigned int count;
	/* NotificationWait finds something so many times */
	unsigned int pending;
	/* and fails */
	bool wait_fails;
	bool stays;
	unsigned int watches_count;
	struct emsmdb_watch watches[MAX_WATCHES];
	char owners[MAX_WATCHES][128];
	/* requests that it did not hear the end of */
	unsigned int open;
};

/* --- sessions -------------------------------------------------------------- */

uint32_t emsmdb_connect(const struct mapi_env *env, const char *user_dn,
			uint32_t flags ATTR_UNUSED, struct emsmdb **session_r,
			struct emsmdb_connected *connected_r)
{
	const char *address = mapi_address_of_dn(user_dn);

	if (address == NULL)
		return ecUnknownUser;
	if (strcmp(address, store_get_settings(env->store)->address) != 0)
		return ecLoginPerm;
	*session_r = i_new(struct emsmdb, 1);
	i_strocpy((*session_r)->name, address, sizeof((*session_r)->name));
	connected_r->dn_prefix = "";
	connected_r->display_name = store_get_settings(env->store)->display_name;
	if (connected_r->display_name == NULL)
		connected_r->display_name = "";
	return ecNone;
}

void emsmdb_free(struct emsmdb **session)
{
	i_free(*session);
}

bool emsmdb_park(struct emsmdb *session, buffer_t *out)
{
	i_assert(session->open == 0);
	if (session->stays)
		return FALSE;
	buffer_append(out, session, sizeof(*session));
	return TRUE;
}

int emsmdb_restore(const struct mapi_env *env, const void *data, size_t size,
		   struct emsmdb **session_r)
{
	struct emsmdb *session;

	i_assert(env->cpid == 1252);
	if (size != sizeof(*session))
		return -1;
	session = i_new(struct emsmdb, 1);
	memcpy(session, data, size);
	for (unsigned int i = 0; i < session->watches_count; i++)
		session->watches[i].owner = session->owners[i];
	*session_r = session;
	return 0;
}

void emsmdb_request_done(struct emsmdb *session)
{
	session->open = 0;
}

/* --- Execute ----------------------------------------------------------------- */

static unsigned int number(const char *word)
{
	unsigned int num;

	return word == NULL || str_to_uint(word, &num) < 0 ? 0 : num;
}

static void answer(buffer_t *out, const char *text)
{
	mapi_out_u16(out, strlen(text) + 2);
	buffer_append(out, text, strlen(text));
}

static void do_watch(struct emsmdb *session, const char *const *words)
{
	struct emsmdb_watch *watch;
	buffer_t buf;

	i_assert(session->watches_count < MAX_WATCHES);
	watch = &session->watches[session->watches_count];
	i_strocpy(session->owners[session->watches_count], words[1],
		  sizeof(session->owners[0]));
	watch->owner = session->owners[session->watches_count++];
	buffer_create_from_data(&buf, watch->guid, sizeof(watch->guid));
	(void)hex_to_binary(words[2], &buf);
}

/* "big SIZE [EXTRAS]": compressible bytes */
static uint32_t do_big(const struct mapi_env *env, const char *const *words,
		       size_t max_out, bool chain, buffer_t *out,
		       ARRAY_TYPE(mapi_blob) *extras)
{
	unsigned int size = number(words[1]), i;
	struct mapi_blob *blob;
	char *bytes;

	if (size > I_MIN(max_out, MAX_PAYLOAD))
		return ecBufferTooSmall;
	bytes = p_malloc(env->pool, size);
	for (i = 0; i < size; i++)
		bytes[i] = 'a' + i % 7;
	buffer_append(out, bytes, size);
	for (i = 0; chain && i < number(words[2]); i++) {
		blob = array_append_space(extras);
		blob->data = (const unsigned char *)bytes;
		blob->size = size;
	}
	return ecNone;
}

static void do_env(const struct emsmdb *session, const struct mapi_env *env,
		   buffer_t *out)
{
	answer(out, t_strdup_printf("pid=%d name=%s cpid=%u sort=%u string=%u "
		"version=%u.%u.%u count=%u", (int)getpid(), session->name,
		env->cpid, env->lcid_sort, env->lcid_string,
		env->client_version[0], env->client_version[1],
		env->client_version[2], session->count));
}

uint32_t emsmdb_execute(struct emsmdb *session, const struct mapi_env *env,
			const struct mapi_blob *rops, size_t max_out,
			bool chain, buffer_t *out, ARRAY_TYPE(mapi_blob) *extras)
{
	const char *text;
	const char *const *words;

	session->open++;
	if (rops->size < 2)
		return ecRpcFormat;
	text = t_strndup(rops->data + 2, rops->size - 2);
	words = t_strsplit(text, " ");
	if (words[0] == NULL) {
		do_env(session, env, out);
		return ecNone;
	}
	if (strcmp(words[0], "count") == 0)
		session->count++;
	else if (strcmp(words[0], "sleep") == 0)
		usleep(number(words[1]) * 1000);
	else if (strcmp(words[0], "watch") == 0)
		do_watch(session, words);
	else if (strcmp(words[0], "pending") == 0)
		session->pending = number(words[1]);
	else if (strcmp(words[0], "waitfail") == 0)
		session->wait_fails = TRUE;
	else if (strcmp(words[0], "stay") == 0)
		session->stays = number(words[1]) != 0;
	else if (strcmp(words[0], "fail") == 0)
		return number(words[1]);
	else if (strcmp(words[0], "crash") == 0)
		_exit(1);
	else if (strcmp(words[0], "big") == 0)
		return do_big(env, words, max_out, chain, out, extras);
	else if (strcmp(words[0], "echo") == 0) {
		answer(out, text);
		return ecNone;
	}
	do_env(session, env, out);
	return ecNone;
}

int emsmdb_wait(struct emsmdb *session, const struct mapi_env *env ATTR_UNUSED,
		ARRAY_TYPE(emsmdb_watch) *watches_r)
{
	session->open++;
	if (session->wait_fails)
		return -1;
	if (session->pending > 0) {
		session->pending--;
		return 1;
	}
	array_append(watches_r, session->watches, session->watches_count);
	return 0;
}

/* --- address book ---------------------------------------------------------------- */

struct nspi {
	unsigned int count;
};

bool nspi_is_request_type(const char *request_type)
{
	static const char *const types[] = {
		"Bind", "Unbind", "DNToMId", "GetProps", "QueryRows", NULL
	};

	return str_array_icase_find(types, request_type);
}

/* Answers: StatusCode, ErrorCode, a count, AUX of size 0 */
unsigned int nspi_call(struct nspi **session, struct mapi_env *env,
		       const char *request_type, const struct mapi_blob *body,
		       buffer_t *out)
{
	unsigned int error = 0;

	if (strcasecmp(request_type, "Bind") == 0) {
		i_assert(*session == NULL);
		if (body->size == 3)
			error = ecNoAccess;
		else
			*session = i_new(struct nspi, 1);
		env->cpid = 1252;
	} else if (strcasecmp(request_type, "Unbind") == 0) {
		i_free(*session);
		error = 1;
	} else if (*session == NULL && strcasecmp(request_type, "DNToMId") != 0) {
		return 10;
	} else if (body->size == 0) {
		return 12;
	}
	mapi_out_u32(out, 0);
	mapi_out_u32(out, error);
	mapi_out_u32(out, *session == NULL ? 0 : ++(*session)->count);
	mapi_out_u32(out, 0);
	return 0;
}

bool nspi_park(struct nspi *session, buffer_t *out)
{
	buffer_append(out, session, sizeof(*session));
	return TRUE;
}

int nspi_restore(const struct mapi_env *env ATTR_UNUSED, const void *data,
		 size_t size, struct nspi **session_r)
{
	if (size != sizeof(**session_r))
		return -1;
	*session_r = i_new(struct nspi, 1);
	memcpy(*session_r, data, size);
	return 0;
}

void nspi_free(struct nspi **session)
{
	i_free(*session);
}

/* --- the worker -------------------------------------------------------------------- */

const struct worker_protocol worker_protocols[] = {
	{ MAPIHTTP_PATH_EMSMDB, mapihttp_emsmdb_handle, mapihttp_deinit,
	  mapihttp_leave },
	{ MAPIHTTP_PATH_NSPI, mapihttp_nspi_handle, NULL, NULL },
	{ MAPIHTTP_PATH, mapihttp_other_handle, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};

int main(int argc, char *argv[])
{
	return worker_main(argc, argv);
}
