/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_QUIRK_H
#define EAS_QUIRK_H

struct eas_request;

/* What one kind of client does or wants otherwise than the documents say: a row of
   the table in eas-quirk.c, with its source. (Which folders a client sees:
   eas-client.c. Which versions it is offered: a setting.) */
struct eas_quirks {
	const char *mask;
	/* Hour (UTC) at which it writes and expects birthdays and anniversaries;
	   -1: not known: it gets back what was written */
	int date_hour;
	/* An empty Picture in a change does not mean to remove it. */
	bool empty_picture_stays;
	const char *source;
};

/* By device type and User-Agent; never NULL. */
const struct eas_quirks *eas_quirks_find(const char *device_type,
					 const char *user_agent);
const struct eas_quirks *eas_quirks(struct eas_request *req);

#endif
