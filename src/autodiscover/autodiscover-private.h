/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUTODISCOVER_PRIVATE_H
#define AUTODISCOVER_PRIVATE_H

#include "dovetail-autodiscover.h"

/* Paths of ours, as they are announced */
#define AUTODISCOVER_PATH_EAS "/Microsoft-Server-ActiveSync"
#define AUTODISCOVER_PATH_XML "/autodiscover/autodiscover.xml"

/* local-part@domain without spaces and control characters; not a full parser:
   nothing is looked up with it. */
bool autodiscover_address_is_valid(const char *address);

/* The request after login: always gives a reply. */
void autodiscover_pox(const struct autodiscover_input *in,
		      struct autodiscover_reply *reply_r);
/* suffix: what follows "autodiscover.json" in the path */
void autodiscover_json(const struct autodiscover_input *in, const char *suffix,
		       struct autodiscover_reply *reply_r);

/* The body is copied to the reply's pool. */
void autodiscover_reply_body(const struct autodiscover_input *in,
			     struct autodiscover_reply *reply,
			     unsigned int status, const char *content_type,
			     string_t *body);

#endif
