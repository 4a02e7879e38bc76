/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user's submission settings. */

#include "lib.h"
#include "compat.h"
#include "mail-user.h"
#include "submit-private.h"

int submit_init(struct mail_user *user, struct submit **submit_r,
		const char **error_r)
{
	struct compat_submit set;
	struct submit_settings own;

	if (compat_submit_settings(user, &set, error_r) < 0)
		return -1;
	i_zero(&own);
	own.submission_host = set.host;
	own.submission_ssl = set.ssl;
	own.sendmail_path = set.sendmail_path;
	own.hostname = set.hostname;
	own.timeout_secs = set.timeout_secs;
	own.user = compat_user_setting(user, "dovetail_submission_user");
	own.password = compat_user_setting(user,
					   "dovetail_submission_password");
	*submit_r = submit_init_settings(&own);
	(*submit_r)->ssl = set.ssl_set;
	return 0;
}
