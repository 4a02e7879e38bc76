/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_CONVERSATION_H
#define STORE_CONVERSATION_H

#include "store-private.h"

struct mail;

/* The headers that a conversation id is made of; NULL-terminated */
extern const char *const store_conversation_headers[];

/* Of a message of the folder that is at hand as struct mail. pool: for the
   headers, cleared by the caller. 0 / -1: unreadable */
int store_conversation_of_mail(struct store_folder *folder, struct mail *mail,
			       pool_t pool, unsigned char *id_r);
/* What is kept of a folder's conversations is void. */
void store_conversation_free(struct store_folder *folder);

#endif
