/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPICONV_CONTACT_PRIVATE_H
#define MAPICONV_CONTACT_PRIVATE_H

#include "conv-private.h"
#include "dovetail-contact.h"

int contact_read(const struct mapiconv *conv, const char *text, size_t size,
		 struct mapi_message *msg, const char **error_r);
int contact_item_write(const struct mapiconv *conv, struct mapi_message *now,
		       const char *previous, pool_t pool, const char **text_r,
		       const char **uid_r, const char **error_r);

#endif
