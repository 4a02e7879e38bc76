#ifndef DOVETAIL_MAPI_MESSAGE_H
#define DOVETAIL_MAPI_MESSAGE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A MAPI message in memory (MS-OXCMSG): what TNEF is read into, and what mail,
   calendars and contacts are converted from and to.  No I/O of its own: the content
   of attachments is opened when it is needed, by whoever made the message. */

#include "dovetail-mapi-data.h"

struct istream;
struct mapi_message;
struct mapi_attachment;

/* MS-OXCMSG 2.2.2.9 PidTagAttachMethod */
enum mapi_attach_method {
	MAPI_ATTACH_NONE = 0,
	MAPI_ATTACH_BY_VALUE = 1,
	MAPI_ATTACH_BY_REFERENCE = 2,
	MAPI_ATTACH_BY_REFERENCE_ONLY = 4,
	MAPI_ATTACH_EMBEDDED = 5,
	MAPI_ATTACH_OLE = 6,
	MAPI_ATTACH_BY_WEB_REFERENCE = 7,
};

/* Content comes from exactly one of data, open and the two for messages. */
struct mapi_attachment {
	/* PidTagAttachNumber: not used for another one of the message */
	unsigned int num;
	/* All but PidTagAttachDataBinary and PidTagAttachDataObject */
	struct mapi_bag props;

	/* data.data NULL: not in memory */
	struct mapi_blob data;
	/* Seekable and blocking; the caller unrefs.  0, -1 with *error_r */
	int (*open)(struct mapi_attachment *attach, struct istream **input_r,
		    const char **error_r);
	/* MAPI_ATTACH_EMBEDDED; NULL: not opened yet */
	struct mapi_message *message;
	/* Its pool is that of the attachment's message. 0, -1 */
	int (*open_message)(struct mapi_attachment *attach,
			    struct mapi_message **msg_r, const char **error_r);
	void *context;

	/* Of an unchanged part of a MIME message: its number (mime_attachment).
	   Whoever changes the content sets it to NULL. */
	const char *part_id;
};

struct mapi_message {
	pool_t pool;
	struct mapi_bag props;
	/* One bag for each; PidTagRowid is its number, kept when others go */
	ARRAY(struct mapi_bag) recipients;
	ARRAY(struct mapi_attachment *) attachments;
	/* numbers of the next ones */
	unsigned int next_row, next_attach;
	/* Frees what is not of the pool; may be NULL */
	void (*close)(struct mapi_message *msg);
	void *close_context;
};

struct mapi_message *mapi_message_new(pool_t pool);
/* A bag to be filled, valid until the next one is added; PidTagRowid is set. */
struct mapi_bag *mapi_message_add_recipient(struct mapi_message *msg);
/* With the next number. */
struct mapi_attachment *mapi_message_add_attachment(struct mapi_message *msg);
/* NULL: none */
struct mapi_attachment *
mapi_message_find_attachment(const struct mapi_message *msg, unsigned int num);
/* The content as a stream, whatever holds it.  1; 0 there is none (an embedded
   message, a link); -1 */
int mapi_attachment_open(struct mapi_attachment *attach, struct istream **input_r,
			 const char **error_r);
/* The embedded message, opened once.  1; 0 it is none; -1 */
int mapi_attachment_open_message(struct mapi_attachment *attach,
				 struct mapi_message **msg_r,
				 const char **error_r);
/* Closes streams of embedded messages that were opened, and the message's own. For
   those that come from mail or may have such; others need it not. */
void mapi_message_close(struct mapi_message *msg);
/* Copies; contents and embedded messages are shared with the source, which has to
   live as long. */
struct mapi_message *mapi_message_dup(pool_t pool,
				      const struct mapi_message *src);

#endif
