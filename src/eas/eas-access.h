/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ACCESS_H
#define EAS_ACCESS_H

/* Which devices may in: rules of the site by what a device says about itself,
   and what is told of those that have to wait. Internal to src/eas. */

struct eas_request;

/* What rules look at; NULL: the device has not said it. */
struct eas_access_facts {
	const char *type, *os, *agent, *model, *user;
	/* NULL-terminated, may be NULL */
	const char *const *groups;
};

/* dovetail_device_rules: "CONDITION&CONDITION=STATE ..." with conditions
   FIELD:MASK; * and ? in masks. All conditions of a rule must hold, the first
   such rule counts. Returns its state ("allow", "quarantine", "block"), NULL:
   none. *rule_r is the rule (data stack). Pure. */
const char *eas_access_match(const char *rules,
			     const struct eas_access_facts *facts,
			     const char **rule_r);

/* The state of the device by rule, or the site's default for a new one; what an
   administrator decided for this device stays. */
void eas_access_apply(struct eas_request *req);

/* Mails about a device in quarantine, once a device: into the user's INBOX, and
   to dovetail_device_admin. What cannot be sent now is tried again later. */
void eas_quarantine_tell(struct eas_request *req);

#endif
