/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUTODISCOVER_PRIVATE_H
#define AUTODISCOVER_PRIVATE_H

#include "dovetail-autodiscover.h"

/* Paths of ours, as they are announced */
#define AUTODISCOVER_PATH_EAS "/Microsoft-Server-ActiveSync"
#define AUTODISCOVER_PATH_XML "/autodiscover/autodiscover.xml"

/* The server that we are like */
#define AUTODISCOVER_VERSION "15.01.2507.035"

/* local-part@domain without spaces and control characters; not a full parser:
   nothing is looked up with it. */
bool autodiscover_address_is_valid(const char *address);

/* autodiscover.svc; the path is Autodiscover's. */
bool autodiscover_is_soap(const struct autodiscover_input *in);

/* The request after login: always gives a reply. */
void autodiscover_pox(const struct autodiscover_input *in,
		      struct autodiscover_reply *reply_r);
/* suffix: what follows "autodiscover.json" in the path */
void autodiscover_json(const struct autodiscover_input *in, const char *suffix,
		       struct autodiscover_reply *reply_r);

void autodiscover_soap(const struct autodiscover_input *in,
		       struct autodiscover_reply *reply_r);
/* What stands in Response of Outlook's schema. */
void autodiscover_outlook(const struct autodiscover_input *in,
			  const char *address, string_t *str,
			  const char **log_r);

/* --- mailboxes: autodiscover-mailbox.c; data stack ------------------------- */

enum autodiscover_whose {
	AUTODISCOVER_OWN,
	AUTODISCOVER_OTHER,
	AUTODISCOVER_PUBLIC,
};
enum autodiscover_whose
autodiscover_whose(const struct autodiscover_input *in, const char *address,
		   struct autodiscover_mailbox *box_r);
const char *autodiscover_mailbox_name(const struct autodiscover_mailbox *box);
/* <guid>@<domain>; never changes */
const char *autodiscover_mailbox_id(const struct autodiscover_mailbox *box);
const char *autodiscover_deployment_id(const struct autodiscover_mailbox *box);
const char *autodiscover_mapi_url(const struct autodiscover_input *in,
				  const struct autodiscover_mailbox *box,
				  bool address_book);

/* The body is copied to the reply's pool. */
void autodiscover_reply_body(const struct autodiscover_input *in,
			     struct autodiscover_reply *reply,
			     unsigned int status, const char *content_type,
			     string_t *body);

#endif
