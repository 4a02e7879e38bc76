/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Libraries of ours opened at run time. libdovetail-meta when it is first
   needed: most imap and lmtp processes never do, and are spared SQLite's
   memory. libdovetail-doveadm in doveadm, whose own module folder is fixed at
   its build. */

#define _GNU_SOURCE /* dladdr() */
#include "lib.h"
#include "dovetail-plugin.h"

#include <dlfcn.h>
#include <unistd.h>

static void *dovetail_library;
static const struct meta_api *dovetail_library_api;
static bool dovetail_library_failed;

const struct meta_api *dovetail_meta(void)
{
	static const char *const path = DOVETAIL_LIBDIR "/" META_LIBRARY;
	const struct meta_api *api;

	if (dovetail_library_api != NULL || dovetail_library_failed)
		return dovetail_library_api;

	dovetail_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	api = dovetail_library == NULL ? NULL :
		dlsym(dovetail_library, META_API_SYMBOL);
	if (api == NULL)
		i_error("dovetail: Cannot load %s: %s", path, dlerror());
	else if (api->version != META_API_VERSION) {
		i_error("dovetail: %s is of another version of Dovetail "
			"(%u, not %u)", path, api->version, META_API_VERSION);
	} else {
		dovetail_library_api = api;
	}
	dovetail_library_failed = dovetail_library_api == NULL;
	return dovetail_library_api;
}

void dovetail_meta_close_unused(void)
{
	if (dovetail_library_api != NULL)
		dovetail_library_api->meta_db_close_unused();
}

void dovetail_meta_deinit(void)
{
	dovetail_meta_close_unused();
	dovetail_library_api = NULL;
	dovetail_library_failed = FALSE;
	if (dovetail_library != NULL)
		(void)dlclose(dovetail_library);
	dovetail_library = NULL;
}

/* doveadm opens mail plugins before it looks for the command, but calls their
   init only when the command opens a user: hence a constructor. */
static void __attribute__((constructor)) dovetail_doveadm_init(void)
{
	static const char *const path = DOVETAIL_LIBDIR "/libdovetail-doveadm.so";
	void (*func)(void);
	void *handle;
	Dl_info self;

	if (dlsym(RTLD_DEFAULT, "doveadm_cmd_register_ver2") == NULL)
		return;
	/* our own symbols become visible to it only now */
	if (dladdr(&dovetail_library, &self) == 0 ||
	    dlopen(self.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) == NULL)
		return;
	/* stays open: doveadm keeps pointers to the commands */
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	func = handle == NULL ? NULL : (__extension__ (void (*)(void))
		dlsym(handle, "dovetail_doveadm_register"));
	if (func == NULL)
		i_error("dovetail: Cannot load %s: %s", path, dlerror());
	else
		func();
}

bool dovetail_meta_exists(struct mailbox_list *list)
{
	const char *root, *where = compat_user_setting(
		mailbox_list_get_user(list), "dovetail_meta");

	/* elsewhere than here: it must be asked */
	if (where != NULL && compat_str_begins(where, "pgsql"))
		return TRUE;
	if (!mailbox_list_get_root_path(list, MAILBOX_LIST_PATH_TYPE_CONTROL,
					&root))
		return FALSE;
	return faccessat(AT_FDCWD, t_strconcat(root, "/" META_DB_NAME, NULL),
			 F_OK, AT_EACCESS) == 0;
}

static int dovetail_meta_error(struct mailbox *box, enum meta_error code,
			       const char *text)
{
	struct mail_storage *storage = box->storage;

	switch (code) {
	case META_ERROR_CONFLICT:
		mail_storage_set_error(storage, MAIL_ERROR_EXISTS,
				       "Changed by another meanwhile");
		e_debug(box->event, "dovetail: %s", text);
		break;
	case META_ERROR_BUSY:
		mail_storage_set_error(storage, MAIL_ERROR_INUSE,
				       "Metadata is locked, try again later");
		e_warning(box->event, "dovetail: %s", text);
		break;
	case META_ERROR_NOSPACE:
		mail_storage_set_error(storage, MAIL_ERROR_NOQUOTA,
				       "Not enough room for metadata");
		e_info(box->event, "dovetail: %s", text);
		break;
	case META_ERROR_READONLY:
	case META_ERROR_NOACCESS:
		mail_storage_set_error(storage, MAIL_ERROR_PERM,
				       MAIL_ERRSTR_NO_PERMISSION);
		e_debug(box->event, "dovetail: %s", text);
		break;
	case META_ERROR_NONE:
	case META_ERROR_CORRUPT:
	case META_ERROR_INTERNAL:
		mailbox_set_critical(box, "dovetail: %s", text);
		break;
	}
	return -1;
}

int dovetail_meta_failed(struct mailbox *box, struct meta_db *db)
{
	const char *text;
	enum meta_error code = dovetail_meta()->meta_db_error(db, &text);

	return dovetail_meta_error(box, code, text);
}

int dovetail_meta_open(struct mailbox *box, bool create, struct meta_db **db_r)
{
	const struct meta_api *meta;
	struct meta_location loc;
	enum meta_error code;
	const char *text;
	int ret;

	*db_r = NULL;
	if (!create && !dovetail_meta_exists(box->list))
		return 0;
	if ((meta = dovetail_meta()) == NULL) {
		mail_storage_set_internal_error(box->storage);
		return -1;
	}
	if (meta->meta_location_from_list(box->list, &loc) < 0) {
		mail_storage_set_error(box->storage, MAIL_ERROR_NOTPOSSIBLE,
				       "No place for metadata");
		return -1;
	}
	ret = meta->meta_db_open(&loc, create ? META_OPEN_CREATE : 0, db_r,
				 &code, &text);
	return ret < 0 ? dovetail_meta_error(box, code, text) : ret;
}
