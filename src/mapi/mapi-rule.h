/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_RULE_H
#define MAPI_RULE_H

/* Rules of a folder (MS-OXORULE 2.2.1). */

#include "mapi.h"

struct mapi_rules {
	/* a bag each, PidTagRuleId in it */
	ARRAY(struct mapi_bag) rules;
	int64_t next_id;
};
int mapi_rules_load(struct mapi_rop *rop, const struct mapi_logon *logon,
		    uint64_t oid, struct mapi_rules *rules_r);
/* At logon: mailboxes that rules file into may have other names by now */
void mapi_rules_refresh(struct mapi_rop *rop, const struct mapi_logon *logon);

#endif
