/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Our settings in 2.4's configuration. */

#include "lib.h"
#include "compat-settings.h"

#ifdef DT_DOVECOT_24

#include "settings.h"

#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct compat_settings)
static const struct setting_define compat_setting_defines[] = {
	DEF(STRLIST, dovetail_settings),
	DEF(BOOLLIST, login_trusted_networks),
	DEF(BOOL, auth_allow_cleartext),
	SETTING_DEFINE_LIST_END
};
/* Dovecot's own as Dovecot has them */
static const struct compat_settings compat_default_settings = {
	.dovetail_settings = ARRAY_INIT,
	.login_trusted_networks = ARRAY_INIT,
	.auth_allow_cleartext = FALSE,
};
const struct setting_parser_info compat_setting_parser_info = {
	.name = "dovetail",
	.defines = compat_setting_defines,
	.defaults = &compat_default_settings,
	.struct_size = sizeof(struct compat_settings),
	.pool_offset1 = 1 + offsetof(struct compat_settings, pool),
};

const char *compat_settings_find(const struct compat_settings *set,
				 const char *name)
{
	const char *const *values;
	unsigned int i, count;

	/* 2.3's other plugin settings are settings of their own */
	if (!str_begins(name, "dovetail_", &name) ||
	    !array_is_created(&set->dovetail_settings))
		return NULL;
	values = array_get(&set->dovetail_settings, &count);
	for (i = 0; i + 1 < count; i += 2) {
		if (strcmp(values[i], name) == 0)
			return values[i + 1];
	}
	return NULL;
}

const char *compat_event_setting(struct event *event, const char *name)
{
	const struct compat_settings *set;
	const char *value, *error;

	if (settings_get(event, &compat_setting_parser_info, 0, &set,
			 &error) < 0) {
		e_error(event, "%s", error);
		return NULL;
	}
	value = t_strdup(compat_settings_find(set, name));
	settings_free(set);
	return value;
}

#endif
