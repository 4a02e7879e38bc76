/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The front's part of the configuration. */

#include "lib.h"
#include "array.h"
#include "compat-settings.h"
#include "settings-parser.h"
#include "master-service.h"
#include "master-service-settings.h"

#ifdef DT_DOVECOT_24

#include "settings.h"

int compat_front_settings_read(struct master_service *service, pool_t pool,
			       struct compat_front_settings *set_r,
			       const char **error_r)
{
	const struct compat_settings *set;
	const char *const *values, **copy;

	if (master_service_settings_read_simple(service, error_r) < 0)
		return -1;
	if (settings_get(master_service_get_event(service),
			 &compat_setting_parser_info, 0, &set, error_r) < 0)
		return -1;
	i_zero(set_r);
	set_r->base_dir =
		master_service_get_service_settings(service)->base_dir;
	set_r->disable_plaintext_auth = !set->auth_allow_cleartext;
	set_r->login_trusted_networks = "";
	if (array_is_created(&set->login_trusted_networks)) {
		values = settings_boollist_get(&set->login_trusted_networks);
		set_r->login_trusted_networks =
			p_strdup(pool, t_strarray_join(values, " "));
	}
	if (array_is_created(&set->dovetail_settings)) {
		values = array_get(&set->dovetail_settings,
				   &set_r->values_count);
		copy = p_new(pool, const char *, set_r->values_count);
		for (unsigned int i = 0; i < set_r->values_count; i++)
			copy[i] = p_strdup(pool, values[i]);
		set_r->values = copy;
	}
	settings_free(set);
	return 0;
}

#else

struct plugin_settings {
	ARRAY(const char *) plugin_envs;
};

struct login_part_settings {
	const char *login_trusted_networks;
	bool disable_plaintext_auth;
};

static const struct setting_define plugin_setting_defines[] = {
	{ .type = SET_STRLIST, .key = "plugin",
	  .offset = offsetof(struct plugin_settings, plugin_envs) },
	SETTING_DEFINE_LIST_END
};
static const struct plugin_settings plugin_default_settings = {
	.plugin_envs = ARRAY_INIT,
};
/* The config process sends settings by module: the plugin section belongs to
   the mail processes'. */
static const struct setting_parser_info plugin_setting_parser_info = {
	.module_name = "mail",
	.defines = plugin_setting_defines,
	.defaults = &plugin_default_settings,
	.type_offset = SIZE_MAX,
	.struct_size = sizeof(struct plugin_settings),
	.parent_offset = SIZE_MAX,
};

static const struct setting_define login_part_setting_defines[] = {
	{ .type = SET_STR, .key = "login_trusted_networks",
	  .offset = offsetof(struct login_part_settings,
			     login_trusted_networks) },
	{ .type = SET_BOOL, .key = "disable_plaintext_auth",
	  .offset = offsetof(struct login_part_settings,
			     disable_plaintext_auth) },
	SETTING_DEFINE_LIST_END
};
static const struct login_part_settings login_part_default_settings = {
	.login_trusted_networks = "",
	.disable_plaintext_auth = TRUE,
};
static const struct setting_parser_info login_part_setting_parser_info = {
	.module_name = "login",
	.defines = login_part_setting_defines,
	.defaults = &login_part_default_settings,
	.type_offset = SIZE_MAX,
	.struct_size = sizeof(struct login_part_settings),
	.parent_offset = SIZE_MAX,
};

int compat_front_settings_read(struct master_service *service,
			       pool_t pool ATTR_UNUSED,
			       struct compat_front_settings *set_r,
			       const char **error_r)
{
	static const struct setting_parser_info *const roots[] = {
		&plugin_setting_parser_info,
		&login_part_setting_parser_info,
		NULL
	};
	static const char *const extra_modules[] = { "login", NULL };
	struct master_service_settings_input input;
	struct master_service_settings_output output;
	const struct plugin_settings *plugin_set;
	const struct login_part_settings *login_set;
	void **sets;

	i_zero(&input);
	input.roots = roots;
	input.module = "mail";
	input.extra_modules = extra_modules;
	input.service = "dovetail";
	if (master_service_settings_read(service, &input, &output, error_r) < 0)
		return -1;
	sets = master_service_settings_get_others(service);
	plugin_set = sets[0];
	login_set = sets[1];

	i_zero(set_r);
	set_r->base_dir = master_service_settings_get(service)->base_dir;
	set_r->disable_plaintext_auth = login_set->disable_plaintext_auth;
	set_r->login_trusted_networks = login_set->login_trusted_networks;
	if (array_is_created(&plugin_set->plugin_envs)) {
		set_r->values = array_get(&plugin_set->plugin_envs,
					  &set_r->values_count);
	}
	return 0;
}

#endif

const char *
compat_front_setting(const struct compat_front_settings *set, const char *name)
{
#ifdef DT_DOVECOT_24
	if (!str_begins(name, "dovetail_", &name))
		return NULL;
#endif
	for (unsigned int i = 0; i + 1 < set->values_count; i += 2) {
		if (strcmp(set->values[i], name) == 0)
			return set->values[i + 1];
	}
	return NULL;
}

bool compat_front_setting_nth(const struct compat_front_settings *set,
			      unsigned int idx, const char **name_r)
{
	for (unsigned int i = 0; i + 1 < set->values_count; i += 2) {
		const char *name = set->values[i];

#ifdef DT_DOVECOT_24
		name = t_strconcat("dovetail_", name, NULL);
#endif
		if (strncmp(name, "dovetail_", 9) != 0 || idx-- > 0)
			continue;
		*name_r = name;
		return TRUE;
	}
	return FALSE;
}
