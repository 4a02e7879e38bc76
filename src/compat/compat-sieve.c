/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pigeonhole's script storage, in 0.5's and 2.4's words. */

#include "lib.h"
#include "compat-sieve.h"
#include "mail-user.h"
#include "mail-storage-settings.h"

#ifdef DT_DOVECOT_24
static const char *
get_homedir(struct sieve_instance *svinst ATTR_UNUSED, void *context)
#else
static const char *get_homedir(void *context)
#endif
{
	struct mail_user *user = context;
	const char *home;

	return mail_user_get_home(user, &home) <= 0 ? NULL : home;
}

#ifndef DT_DOVECOT_24
static const char *get_setting(void *context, const char *identifier)
{
	return mail_user_plugin_getenv(context, identifier);
}
#endif

static const struct sieve_callbacks sieve_callbacks = {
	.get_homedir = get_homedir,
#ifndef DT_DOVECOT_24
	.get_setting = get_setting,
#endif
};

struct sieve_instance *
compat_sieve_init(struct mail_user *user, struct event *event ATTR_UNUSED)
{
	struct sieve_environment env;
	struct sieve_instance *svinst;

	i_zero(&env);
	env.username = user->username;
	(void)mail_user_get_home(user, &env.home_dir);
	env.base_dir = user->set->base_dir;
	env.temp_dir = user->set->mail_temp_dir;
	env.flags = SIEVE_FLAG_HOME_RELATIVE;
#ifdef DT_DOVECOT_24
	/* its settings are found through the user's event */
	env.event_parent = user->event;
	if (sieve_init(&env, &sieve_callbacks, user, FALSE, &svinst) < 0)
		return NULL;
#else
	env.event_parent = event;
	svinst = sieve_init(&env, &sieve_callbacks, user, FALSE);
#endif
	return svinst;
}

struct sieve_storage *
compat_sieve_storage_create(struct sieve_instance *svinst,
			    struct mail_user *user)
{
	enum sieve_error error;
#ifdef DT_DOVECOT_24
	struct sieve_storage *storage;

	if (sieve_storage_create_personal(svinst, user,
					  SIEVE_SCRIPT_CAUSE_DELIVERY,
					  SIEVE_STORAGE_FLAG_READWRITE,
					  &storage, &error) < 0)
		return NULL;
	return storage;
#else
	return sieve_storage_create_main(svinst, user,
					 SIEVE_STORAGE_FLAG_READWRITE, &error);
#endif
}

struct sieve_script *
compat_sieve_script_open(struct sieve_storage *storage, const char *name,
			 enum sieve_error *error_r)
{
#ifdef DT_DOVECOT_24
	struct sieve_script *script;

	return sieve_storage_open_script(storage, name, &script,
					 error_r) < 0 ? NULL : script;
#else
	return sieve_storage_open_script(storage, name, error_r);
#endif
}

int compat_sieve_active_name(struct sieve_storage *storage,
			     const char **name_r)
{
	int ret = sieve_storage_active_script_get_name(storage, name_r);
#ifdef DT_DOVECOT_24
	enum sieve_error error;

	/* to 2.4 this is an error */
	if (ret < 0) {
		(void)sieve_storage_get_last_error(storage, &error);
		if (error == SIEVE_ERROR_NOT_FOUND)
			ret = 0;
	}
#endif
	return ret;
}
