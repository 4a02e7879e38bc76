/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "eas.h"
#include "eas-quirk.h"
#include "wildcard-match.h"

/* The first that fits counts. Sources: [H] horde/ActiveSync Device.php, [Z] Z-Push. */
static const struct eas_quirks eas_quirk_rows[] = {
	{ "Apple-*", 0, TRUE, "H, Z: iOS 8.2 and later" },
	{ "iPhone*", 0, TRUE, "H, Z" },
	{ "iPad*", 0, TRUE, "H, Z" },
	{ "iPod*", 0, TRUE, "H, Z" },
	{ "Android-Mail/*", 0, FALSE, "H: Gmail" },
	{ "SAMSUNG*", 0, FALSE, "H" },
	{ "Nine*", 0, FALSE, "H" },
	{ "Android/*-EAS-*", 8, FALSE, "H: Android's own, 4 to 10" },
	{ "BlackBerry*", 11, FALSE, "H" },
	{ "RIM*", 11, FALSE, "H" },
	{ "*", -1, FALSE, "" },
};

const struct eas_quirks *eas_quirks_find(const char *device_type,
					 const char *user_agent)
{
	const struct eas_quirks *row = eas_quirk_rows;

	/* The last row fits always. */
	while (!wildcard_match_icase(user_agent == NULL ? "" : user_agent,
				     row->mask) &&
	       !wildcard_match_icase(device_type == NULL ? "" : device_type,
				     row->mask))
		row++;
	return row;
}

const struct eas_quirks *eas_quirks(struct eas_request *req)
{
	return eas_quirks_find(req->device_type, req->user_agent);
}
