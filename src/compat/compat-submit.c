/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A mail user's submission settings, as lmtp and lda find them. */

#include "lib.h"
#include "compat.h"
#include "iostream-ssl.h"
#include "settings-parser.h"
#include "mail-user.h"
#include "mail-storage-service.h"
#include "mail-storage-settings.h"
#include "smtp-submit-settings.h"
#ifdef DT_DOVECOT_24
#  include "settings.h"
#endif

#ifdef DT_DOVECOT_24

static const struct smtp_submit_settings *
submit_settings(struct mail_user *user, const char **error_r)
{
	const struct smtp_submit_settings *set;
	pool_t pool;

	if (settings_get(user->event, &smtp_submit_setting_parser_info, 0,
			 &set, error_r) < 0)
		return NULL;
	/* lives as long as the user; settings_free() would forget set */
	pool = set->pool;
	pool_add_external_ref(user->pool, pool);
	pool_unref(&pool);
	return set;
}

#else

static const struct smtp_submit_settings *
submit_settings(struct mail_user *user, const char **error_r)
{
	struct setting_parser_context *parser =
		mail_storage_service_user_get_settings_parser(
			user->_service_user);
	const struct setting_parser_info *const *roots =
		settings_parser_get_roots(parser);
	void **sets = settings_parser_get_list(parser);
	struct smtp_submit_settings *set;

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

#endif

int compat_submit_settings(struct mail_user *user,
			   struct compat_submit *submit_r, const char **error_r)
{
	const struct smtp_submit_settings *set = submit_settings(user, error_r);

	if (set == NULL)
		return -1;
	i_zero(submit_r);
	submit_r->host = set->submission_host;
	submit_r->ssl = set->submission_ssl;
	submit_r->sendmail_path = set->sendmail_path;
	submit_r->hostname = set->hostname;
	submit_r->timeout_secs = set->submission_timeout;
#ifndef DT_DOVECOT_24
	/* 2.4's client finds them itself */
	struct ssl_iostream_settings *ssl_set =
		p_new(user->pool, struct ssl_iostream_settings, 1);

	mail_user_init_ssl_client_settings(user, ssl_set);
	submit_r->ssl_set = ssl_set;
#endif
	return 0;
}
