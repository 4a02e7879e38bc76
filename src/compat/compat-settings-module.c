/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells 2.4's config process, which loads this from modules/settings, that our
   settings exist. */

#include "lib.h"
#include "compat-settings.h"

#ifndef DT_DOVECOT_24
#  error "2.3 needs no module for settings"
#endif

extern const char *dovetail_settings_version;
extern const struct setting_parser_info *dovetail_settings_set_infos[];

const char *dovetail_settings_version = DOVECOT_ABI_VERSION;
/* found by the file's name: libdovetail_settings.so */
const struct setting_parser_info *dovetail_settings_set_infos[] = {
	&compat_setting_parser_info,
	NULL
};
