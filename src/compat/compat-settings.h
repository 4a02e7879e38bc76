/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_SETTINGS_H
#define DOVETAIL_COMPAT_SETTINGS_H

/*
 * Settings of ours. All places of ours know them by 2.3's names:
 *
 *   2.3: plugin { dovetail_max_version = 16.1 }, in the userdb
 *        dovetail_max_version=16.1
 *   2.4: dovetail_settings { max_version = 16.1 }, in the userdb
 *        dovetail_settings/max_version=16.1
 *
 * 2.4 has no plugin section, and its config process must know each setting:
 * ours is one list of names and values (as charset_aliases is), which
 * libdovetail_settings.so tells it. So names stay open (dovetail_policy_*),
 * and a wrong one goes unnoticed, as in 2.3.
 */

#include "compat.h"
#include "array.h"
#ifdef DT_DOVECOT_24
#  include "str-parse.h"
#else
#  include "settings-parser.h"
#endif

struct event;
struct master_service;

/* "5 min", "128 M" */
#ifdef DT_DOVECOT_24
#  define compat_parse_time(str, secs_r, error_r) \
	str_parse_get_interval(str, secs_r, error_r)
#  define compat_parse_size(str, size_r, error_r) \
	str_parse_get_size(str, size_r, error_r)
#else
#  define compat_parse_time(str, secs_r, error_r) \
	settings_get_time(str, secs_r, error_r)
#  define compat_parse_size(str, size_r, error_r) \
	settings_get_size(str, size_r, error_r)
#endif

#ifdef DT_DOVECOT_24
struct compat_settings {
	pool_t pool;
	/* name, value, name, value */
	ARRAY_TYPE(const_string) dovetail_settings;
	/* Dovecot's own; the front reads them here, because the struct that
	   has them is in the library of login processes */
	ARRAY_TYPE(const_string) login_trusted_networks;
	bool auth_allow_cleartext;
};
extern const struct setting_parser_info compat_setting_parser_info;

/* A setting's value in settings_get()'s answer, by 2.3's name; or NULL. */
const char *compat_settings_find(const struct compat_settings *set,
				 const char *name);
/* A setting outside of any user (data stack); NULL if it is unset. */
const char *compat_event_setting(struct event *event, const char *name);
#endif

/*
 * What the front reads.
 */

struct compat_front_settings {
	const char *base_dir;
	bool disable_plaintext_auth;
	/* separated by spaces or commas */
	const char *login_trusted_networks;
	/* name, value, name, value, as they stand in the configuration */
	const char *const *values;
	unsigned int values_count;
};

/* 0, or -1 and the reason (data stack). Before master_service_init_finish().
   Strings are in pool, or live as long as the process. */
int compat_front_settings_read(struct master_service *service, pool_t pool,
			       struct compat_front_settings *set_r,
			       const char **error_r);
/* By 2.3's name; NULL if it is unset. */
const char *
compat_front_setting(const struct compat_front_settings *set, const char *name);
/* Names of ours that are set, by 2.3's name (data stack). FALSE: no more */
bool compat_front_setting_nth(const struct compat_front_settings *set,
			      unsigned int idx, const char **name_r);

#endif
