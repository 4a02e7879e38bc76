/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user's time zone: dovetail_timezone (userdb field or plugin setting), else
   the server's own. */

#include "eas-class.h"
#include "dovetail-zone.h"

#include <limits.h>
#include <unistd.h>

#define ZONE_LINK "/etc/localtime"
#define ZONE_DIR "/zoneinfo/"

/* Debian keeps the server's zone as a link into tzdata. */
static const struct zone *zone_of_server(void)
{
	char path[PATH_MAX];
	ssize_t size = readlink(ZONE_LINK, path, sizeof(path) - 1);
	const char *p;

	if (size <= 0)
		return NULL;
	path[size] = '\0';
	p = strstr(path, ZONE_DIR);
	return p == NULL ? NULL : zone_by_name(p + strlen(ZONE_DIR));
}

const struct zone *eas_zone(struct eas_request *req)
{
	const char *name = store_setting(req->store, "dovetail_timezone");
	const struct zone *zone = NULL;

	if (name != NULL && *name != '\0' &&
	    (zone = zone_by_name(name)) == NULL)
		e_error(req->event, "dovetail_timezone: unknown zone %s", name);
	if (zone == NULL)
		zone = zone_of_server();
	return zone != NULL ? zone : zone_utc();
}
