/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_OOF_H
#define EAS_OOF_H

/* Settings: Oof (MS-ASCMD 2.2.3.116). Internal to src/eas. */

#include "dovetail-wbxml.h"

struct eas_request;

/* MS-ASCMD 2.2.3.177.15 */
enum eas_settings_status {
	EAS_SETTINGS_OK = 1,
	EAS_SETTINGS_PROTOCOL = 2,
	EAS_SETTINGS_DENIED = 3,
	EAS_SETTINGS_UNAVAILABLE = 4,
	EAS_SETTINGS_INVALID = 5,
	EAS_SETTINGS_CONFLICT = 6,
	EAS_SETTINGS_POLICY = 7,
};

/* Is it what the schema allows? (Else the whole command is refused.) */
bool eas_oof_check(const struct wbxml_node *oof);
/* Writes <Oof> with its Status and what was asked for. */
void eas_oof_run(struct eas_request *req, struct wbxml_writer *w,
		 const struct wbxml_node *oof);

#endif
