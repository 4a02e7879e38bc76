/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A device's state by the site's rules and its default. */

#include "eas.h"
#include "eas-access.h"

#define DEVICE_RULE "rule"
#define DEVICE_STATE "state"
/* doveadm's word, which no rule changes */
#define DEVICE_DECIDED "decided"

/* Where the record does not name it, the request may. */
static const char *access_rule(struct eas_request *req, const char **rule_r)
{
	const char *rules = store_setting(req->store, "dovetail_device_rules");
	struct eas_access_facts facts = {
		.type = req->device_type,
		.os = eas_device_field(req, "os"),
		.agent = *req->user_agent != '\0' ? req->user_agent :
			eas_device_field(req, "agent"),
		.model = eas_device_field(req, "model"),
		.user = store_username(req->store),
	};

	if (rules == NULL || *rules == '\0')
		return NULL;
	if (strstr(rules, "group:") != NULL)
		facts.groups = store_user_groups(req->store, req->pool);
	return eas_access_match(rules, &facts, rule_r);
}

static const char *access_default(struct eas_request *req)
{
	const char *access = store_setting(req->store,
					   "dovetail_default_access");

	return access == NULL || *access == '\0' ? "allow" : access;
}

static bool state_is_ours(enum eas_device_state state)
{
	return state == EAS_DEVICE_ALLOW || state == EAS_DEVICE_QUARANTINE ||
		state == EAS_DEVICE_BLOCK;
}

void eas_access_apply(struct eas_request *req)
{
	const char *old = eas_device_field(req, DEVICE_STATE);
	const char *old_rule = eas_device_field(req, DEVICE_RULE);
	const char *rule = "", *state;

	if (eas_device_field(req, DEVICE_DECIDED) != NULL ||
	    !state_is_ours(req->device->state))
		return;
	state = access_rule(req, &rule);
	/* The site's default is for new devices, and for those whose rule is no
	   more. */
	if (state == NULL && old != NULL &&
	    (old_rule == NULL || *old_rule == '\0'))
		return;
	if (state == NULL)
		state = access_default(req);
	if (old == NULL || strcmp(old, state) != 0) {
		e_info(req->event, "%s %s (%s): %s%s%s",
		       old == NULL ? "New device" : "Device", req->device_id,
		       req->device_type, state,
		       *rule == '\0' ? "" : " by rule ", rule);
	}
	eas_device_set(req, DEVICE_STATE, state);
	if (*rule != '\0' || old_rule != NULL)
		eas_device_set(req, DEVICE_RULE, rule);
}
