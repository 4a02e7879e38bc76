/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Personal Sieve scripts: opens the library that knows Pigeonhole at first use,
   so that the worker runs where Pigeonhole is not installed. */

#include "lib.h"
#include "compat.h"
#include "mail-user.h"
#include "sieve-box-private.h"

#include <dlfcn.h>

struct sieve_box {
	struct mail_user *user;
	struct event *event;

	bool tried;
	void *library;
	const struct sieve_box_vfuncs *v;
	void *store;
};

struct sieve_box *sieve_box_init(struct mail_user *user, struct event *event)
{
	struct sieve_box *box = p_new(user->pool, struct sieve_box, 1);

	box->user = user;
	box->event = event;
	return box;
}

void sieve_box_deinit(struct sieve_box **_box)
{
	struct sieve_box *box = *_box;

	*_box = NULL;
	if (box == NULL)
		return;
	if (box->store != NULL)
		box->v->close(box->store);
	if (box->library != NULL)
		(void)dlclose(box->library);
}

bool sieve_box_usable(struct sieve_box *box)
{
	static const char *const path = DOVETAIL_LIBDIR "/" SIEVE_BOX_LIBRARY;

	if (box == NULL)
		return FALSE;
	if (box->tried)
		return box->store != NULL;
	box->tried = TRUE;
	if (!compat_user_wants_sieve(box->user))
		return FALSE;
	box->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (box->library == NULL) {
		e_debug(box->event, "sieve: %s", dlerror());
		return FALSE;
	}
	box->v = dlsym(box->library, SIEVE_BOX_SYMBOL);
	if (box->v == NULL) {
		e_error(box->event, "sieve: %s", dlerror());
		return FALSE;
	}
	if (box->v->open(box->user, box->event, &box->store) < 0)
		box->store = NULL;
	return box->store != NULL;
}

int sieve_box_read(struct sieve_box *box, const char *name, pool_t pool,
		   const char **script_r)
{
	return box->v->read(box->store, name, pool, script_r);
}

int sieve_box_write(struct sieve_box *box, const char *name, const char *script)
{
	return box->v->write(box->store, name, script);
}

int sieve_box_active(struct sieve_box *box, pool_t pool, const char **name_r)
{
	return box->v->active(box->store, pool, name_r);
}

int sieve_box_activate(struct sieve_box *box, const char *name)
{
	return box->v->activate(box->store, name);
}

bool sieve_box_capable(struct sieve_box *box, const char *extension)
{
	return box->v->capable(box->store, extension);
}
