/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_ATTACH_H
#define MAPI_ATTACH_H

/* An attachment as an object (MS-OXCMSG 2.2.2): changes are its own until
   SaveChangesAttachment gives them to the message, and the message's until it is
   saved. */

#include "mapi-msg.h"

struct mapi_attach {
	struct mapi_object obj;		/* parent: the message */
	unsigned int num;
	bool created, writable;
	/* NULL: nothing changed since it was opened or saved */
	struct mapi_attach_edit *edit;
	pool_t edit_pool;
};

struct mapi_attach *mapi_attach_new(struct mapi_rop *rop, struct mapi_msg *msg,
				    unsigned int num);
struct mapi_msg *mapi_attach_msg(struct mapi_attach *attach);
/* The edit that collects changes, made at first need. */
struct mapi_attach_edit *mapi_attach_change(struct mapi_attach *attach);
/* To the message */
uint32_t mapi_attach_save(struct mapi_rop *rop, struct mapi_attach *attach);
/* As it is now, with what is saved and not saved; ecNotFound: no such one */
uint32_t mapi_attach_current(struct mapi_rop *rop, struct mapi_attach *attach,
			     struct mapi_attachment **attach_r);
/* Gone with the next save of the message */
void mapi_attach_delete(struct mapi_msg *msg, unsigned int num);
/* Content for a stream: 1 and the caller unrefs, 0 none, -1 */
int mapi_attach_content(struct mapi_rop *rop, struct mapi_attach *attach,
			struct istream **input_r);
/* New content; takes a reference to the spool */
uint32_t mapi_attach_set_content(struct mapi_attach *attach,
				 struct mapi_spool *spool);
/* Columns of an attachment: of tables and objects */
void mapi_attachment_get(struct mapi_rop *rop,
			 const struct mapi_attachment *attach,
			 const struct mapi_logon *logon, uint32_t rights,
			 const mapi_tag_t *tags, unsigned int count,
			 struct mapi_prop *props_r);

#endif
