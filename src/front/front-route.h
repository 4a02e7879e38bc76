/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_ROUTE_H
#define FRONT_ROUTE_H

/* Which protocol a path belongs to, and what the front may know of a request
   without looking into its body. */

/* What a request's target says; claims of the client. NULL: not there. */
struct front_target {
	const char *command;
	const char *device, *device_type;
	const char *user;
};

struct front_route {
	/* for the worker: struct ipc_request.protocol */
	const char *protocol;
	/* path prefix in lower case, without a final slash; a path belongs to
	   it if it is equal or goes on with a slash */
	const char *prefix;
	const char *const *methods;
	/* the Allow header */
	const char *allow;
	/* its requests may be parked: small bodies are kept until then */
	bool may_park;
	/* equal requests of a device in quick succession are a fault of it */
	bool brake;
	/* The cookie that names a client's session: its requests go to the worker
	   that has the session. NULL: the target names a device instead */
	const char *session_cookie;
	/* another host's users are told with X-MS-Location (MS-ASHTTP), else
	   with a redirect */
	bool ms_location;
	/* NULL: nothing to read */
	void (*target_parse)(const char *query, struct front_target *target_r);
};

/* NULL: nobody's. */
const struct front_route *front_route_find(const char *path);
bool front_route_is_healthcheck(const char *path);
bool front_route_allows(const struct front_route *route, const char *method);
/* A method of HTTP that some server could allow. */
bool front_route_method_known(const char *method);

/* ActiveSync's query, both forms (MS-ASHTTP 2.2.1.1.1). Data stack. */
void front_target_parse_eas(const char *query, struct front_target *target_r);

#endif
