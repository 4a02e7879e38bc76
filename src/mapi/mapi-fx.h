/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_FX_H
#define MAPI_FX_H

/* FastTransfer (MS-OXCFXICS 2.2.3.1, 3.2.5.8): contexts that a client downloads a
   stream from, and how messages and folders are written into one.

   A stream is made while it is read: a producer writes the next object into the
   context's fx_out whenever that runs empty, so that one object at a time is in
   memory, and of large attachments nothing (they wait in a temporary file). */

#include "mapi.h"
#include "dovetail-fx.h"
#include "mapi-msg.h"

/* SendOptions (2.2.3.1.1.1.1) */
#define FX_SEND_UNICODE		0x01
#define FX_SEND_USE_CPID	0x02
#define FX_SEND_RECOVER		0x04
#define FX_SEND_FORCE_UNICODE	0x08
#define FX_SEND_PARTIAL		0x10
#define FX_SEND_RESERVED	0x60
#define FX_SEND_ALL		0x7f

/* --- contexts ------------------------------------------------------------------------- */

struct mapi_fx_source;

struct mapi_fx_producer {
	/* Writes at least one thing more into source->out, or sets source->end.
	   Nothing of rop is kept. A mapi_error ends the stream. */
	uint32_t (*produce)(struct mapi_rop *rop, struct mapi_fx_source *source);
	/* The buffer is full: closes what must not stay open between requests. May
	   be NULL */
	void (*pause)(struct mapi_fx_source *source);
	void (*free)(struct mapi_fx_source *source);
};

struct mapi_fx_source {
	struct mapi_object obj;		/* parent: what is copied */
	const struct mapi_fx_producer *producer;
	/* the producer's */
	void *context;
	struct fx_out out;
	/* ics: context is a struct mapi_ics_download */
	bool started, end, recover, ics;
	/* What an earlier call failed with */
	uint32_t error;
	unsigned int steps, steps_total;
};

/* A new context; context is the producer's. */
struct mapi_fx_source *
mapi_fx_source_new(struct mapi_rop *rop, const struct mapi_fx_producer *producer,
		   void *context, uint8_t send_options,
		   struct mapi_object *parent);
/* For a producer that makes bytes once: they are the whole stream. */
struct mapi_fx_source *
mapi_fx_source_of_state(struct mapi_rop *rop, struct mapi_object *parent);
uint32_t mapi_fx_source_get(struct mapi_rop *rop, struct mapi_fx_source *source,
			    buffer_t *dest, size_t room);

/* --- messages -------------------------------------------------------------------------- */

/* Which properties and parts of an object that is directly in scope (3.2.5.10) */
struct mapi_fx_filter {
	/* ids; NULL: none */
	const ARRAY_TYPE(mapi_tag) *tags;
	/* tags are what is told, else what is left out */
	bool only;
	bool best_body;
	/* Level: no recipients and attachments */
	bool shallow;
};
bool mapi_fx_wanted(const struct mapi_fx_filter *filter, mapi_tag_t tag);
/* Properties that no stream has (3.2.5.12), and those that belong to the place */
bool mapi_fx_never_sent(mapi_tag_t tag);

struct mapi_fx_message {
	const struct mapi_logon *logon;
	/* NULL: an embedded one */
	const struct mapi_msg_ref *ref;
	bool associated;
	struct mapi_message *msg;
	/* A body in this form: 1, 0, -1. NULL: made of the bag */
	int (*body)(struct mapi_rop *rop, struct mapi_fx_message *message,
		    mapi_tag_t tag, struct mapi_prop *prop_r);
	void *context;
	/* its id if known, 0: not */
	mapi_id_t id;
};
/* messageContent without DnPrefix: propList messageChildren. A mapi_error: something
   cannot be read, and what was written is to be taken back. */
uint32_t mapi_fx_write_message(struct mapi_rop *rop, struct fx_out *out,
			       struct mapi_fx_message *message,
			       const struct mapi_fx_filter *filter);
/* PidTagLastModificationTime, where it has to be */
void mapi_fx_write_time(struct fx_out *out, const struct mapi_bag *bag);
/* attachmentContent without DnPrefix */
uint32_t mapi_fx_write_attachment(struct mapi_rop *rop, struct fx_out *out,
				  const struct mapi_logon *logon,
				  struct mapi_attachment *attach,
				  const struct mapi_fx_filter *filter);

/* A stored message opened for writing, in rop->pool; mail: of an open pass or by itself */
struct mapi_fx_stored {
	struct mapi_fx_message message;
	struct mapi_msg_ref ref;
	struct mapiconv conv;
	struct mapiconv_mail mail;
	struct mapi_mail_reader *reader;
	uint64_t size;
};
uint32_t mapi_fx_open_mail(struct mapi_rop *rop, const struct mapi_logon *logon,
			   uint64_t folder, struct store_folder *box,
			   struct store_msg *msg,
			   struct mapi_fx_stored *stored_r);
/* Of any kind */
uint32_t mapi_fx_open(struct mapi_rop *rop, const struct mapi_logon *logon,
		      const struct mapi_msg_ref *ref,
		      struct mapi_fx_stored *stored_r);
void mapi_fx_close(struct mapi_fx_stored *stored);

/* --- RopFastTransferSourceCopy* (mapi-fx-copy.c): a context of rop->obj -------------------- */

uint32_t mapi_fx_copy_object(struct mapi_rop *rop,
			     const struct mapi_fx_filter *filter,
			     uint8_t send_options,
			     struct mapi_fx_source **source_r);
uint32_t mapi_fx_copy_messages(struct mapi_rop *rop, const mapi_id_t *ids,
			       unsigned int count, bool send_entry_id,
			       uint8_t send_options,
			       struct mapi_fx_source **source_r);
/* top: topFolder, else folderContent. filter: may be NULL */
uint32_t mapi_fx_copy_folder(struct mapi_rop *rop, bool top, bool subfolders,
			     const struct mapi_fx_filter *filter,
			     uint8_t send_options,
			     struct mapi_fx_source **source_r);

/* --- upload (mapi-fx-target.c) -------------------------------------------------------------- */

/* A context that writes into rop->obj: a folder, message or attachment */
struct mapi_object *mapi_fx_target_new(struct mapi_rop *rop);
uint32_t mapi_fx_target_put(struct mapi_rop *rop, struct mapi_object *target,
			    const void *data, size_t size);

/* --- memory --------------------------------------------------------------------------------- */

/* A rop like this one, whose memory is of a pool of its own: for the life of one
   object. The folder tree has to be read before (mapi_fx_sub_begin() does so). */
struct mapi_fx_sub {
	struct mapi_rop rop;
	struct mapi_env env;
};
uint32_t mapi_fx_sub_begin(struct mapi_rop *rop, const struct mapi_logon *logon,
			   struct mapi_fx_sub *sub_r);
void mapi_fx_sub_end(struct mapi_fx_sub *sub);

#endif
