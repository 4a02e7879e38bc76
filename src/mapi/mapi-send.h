/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_SEND_H
#define MAPI_SEND_H

/* A finished message goes out: who may write it, to whom, and through the site's mail
   system (MS-OXOMSG 3.2.4; R14, R21). */

#include "mapi-msg.h"
#include "dovetail-submit.h"

/* The MIME text (seekable) to its recipients, Bcc taken out. A mapi_error; ecNone: it
   was taken for all. */
uint32_t mapi_send_stream(struct mapi_rop *rop, struct istream *input,
			  enum submit_notify notify);
/* The message with what the handle changed */
uint32_t mapi_send_message(struct mapi_rop *rop, struct mapi_msg *msg);

#endif
