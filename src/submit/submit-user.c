/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user's submission settings, found as lmtp and lda find them. */

#include "lib.h"
#include "settings-parser.h"
#include "mail-user.h"
#include "mail-storage-service.h"
#include "mail-storage-settings.h"
#include "smtp-submit-settings.h"
#include "submit-private.h"

const struct setting_parser_info *const submit_set_roots[] = {
	&smtp_submit_setting_parser_info,
	NULL
};

static const struct smtp_submit_settings *
submit_user_settings(struct mail_user *user, const char **error_r)
{
	struct setting_parser_context *parser =
		mail_storage_service_user_get_settings_parser(
			user->_service_user);
	const struct setting_parser_info *const *roots =
		settings_parser_get_roots(parser);
	struct smtp_submit_settings *set;
	void **sets = settings_parser_get_list(parser);

	for (unsigned int i = 0; roots[i] != NULL; i++) {
		if (strcmp(roots[i]->module_name,
			   smtp_submit_setting_parser_info.module_name) != 0)
			continue;
		set = settings_dup(&smtp_submit_setting_parser_info, sets[i],
				   user->pool);
		if (settings_var_expand(&smtp_submit_setting_parser_info, set,
					user->pool,
					mail_user_var_expand_table(user),
					error_r) <= 0)
			return NULL;
		return set;
	}
	*error_r = "smtp-submit settings were not read";
	return NULL;
}

int submit_init(struct mail_user *user, struct submit **submit_r,
		const char **error_r)
{
	const struct smtp_submit_settings *set;
	struct submit_settings own;

	set = submit_user_settings(user, error_r);
	if (set == NULL)
		return -1;
	i_zero(&own);
	own.submission_host = set->submission_host;
	own.submission_ssl = set->submission_ssl;
	own.sendmail_path = set->sendmail_path;
	own.hostname = set->hostname;
	own.timeout_secs = set->submission_timeout;
	own.user = mail_user_plugin_getenv(user, "dovetail_submission_user");
	own.password = mail_user_plugin_getenv(user,
					"dovetail_submission_password");
	*submit_r = submit_init_settings(&own);
	mail_user_init_ssl_client_settings(user, &(*submit_r)->ssl);
	(*submit_r)->have_ssl = TRUE;
	return 0;
}
