/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_MSG_H
#define MAPI_MSG_H

/* Messages (MS-OXCMSG): what a client opened, and what it changed and has not saved.

   A message object says where its message is, and holds changes. What is stored is
   read anew in each Execute that needs it (mapi_msg_base()) and forgotten at its end:
   so an open message costs nothing while the client thinks, and can be parked.

   Three kinds of places:
     mail	a MIME message; what MIME cannot say is in a blob beside it
     item	iCalendar or vCard text, likewise
     opaque	all bytes are ours: FAI, what fits neither of the others, and
		everything in folders that have no mailbox
   and embedded ones, which live in an attachment of another. */

#include "mapi.h"
#include "dovetail-mapiconv.h"

struct mapi_spool;
struct mapi_ics_import;

enum mapi_msg_source {
	MAPI_MSG_NEW,		/* not saved yet */
	MAPI_MSG_MAIL,
	MAPI_MSG_ITEM,
	MAPI_MSG_OPAQUE,
	MAPI_MSG_EMBEDDED,
	/* soft-deleted mail: its UID where it is kept; folder: which it was in */
	MAPI_MSG_DELETED,
};

/* A message by where it is. */
struct mapi_msg_ref {
	uint64_t folder;
	enum mapi_msg_source source;
	/* UID, item or opaque number */
	uint32_t num;
};

/* An attachment as the client changed it; in the message from SaveChangesAttachment
   on. */
struct mapi_attach_edit {
	unsigned int num;
	bool created, deleted;
	struct mapi_bag set;
	ARRAY_TYPE(mapi_tag) gone;
	/* PidTagAttachDataBinary; NULL: as it was */
	struct mapi_spool *data;
	/* The embedded message as it was saved into it; NULL: as it was. In the
	   edit's pool; attachments of it hold spools: see mapi_attach_keep() */
	struct mapi_message *message;
	pool_t message_pool;
};

struct mapi_msg_changes {
	pool_t pool;
	struct mapi_bag set;
	ARRAY_TYPE(mapi_tag) gone;
	/* all recipients as they are to be; only if changed */
	bool recipients_changed;
	ARRAY(struct mapi_bag) recipients;
	unsigned int next_row;
	ARRAY(struct mapi_attach_edit *) attachments;
	unsigned int next_attach;
};

struct mapi_msg {
	struct mapi_object obj;
	struct mapi_msg_ref ref;
	bool associated, writable;
	/* code page of its strings as the client asked */
	unsigned int cpid;
	/* Of items and opaque ones when it was opened: a save on top of another
	   one's is told. 0: not known */
	uint64_t seq;
	/* Of mail: its id, by which it is found when it was written anew elsewhere
	   (another UID); 0: not known */
	mapi_id_t id;
	/* it was, since it was opened or saved here */
	bool modified;
	/* NULL: nothing */
	struct mapi_msg_changes *changes;
	/* MAPI_MSG_EMBEDDED: number in obj.parent (an attachment object) */

	/* While one Execute runs */
	struct mapi_message *base;
	struct mapi_mail_reader *mail;
	/* Of item: its text */
	const char *text;
	/* it was submitted with this handle: gone */
	bool submitted;
	/* SynchronizationImportMessageChange made it, and it was not saved yet */
	struct mapi_ics_import *import;
};

/* --- mapi-msg.c ---------------------------------------------------------------------- */

/* A message object; what it refers to exists (mapi_msg_find()). */
struct mapi_msg *mapi_msg_new(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			      bool associated, struct mapi_object *parent);
/* Mail that was written anew since it was opened is found again; mapi_msg.modified
   tells */
void mapi_msg_follow(struct mapi_rop *rop, struct mapi_msg *msg);
/* Where is this id? A mapi_error */
uint32_t mapi_msg_find(struct mapi_rop *rop, const struct mapi_logon *logon,
		       mapi_id_t id, struct mapi_msg_ref *ref_r,
		       bool *associated_r);
mapi_id_t mapi_msg_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			const struct mapi_msg_ref *ref);
void mapi_msg_object_of(const struct mapi_logon *logon,
			const struct mapi_msg_ref *ref,
			struct store_object *object_r);
/* What is stored, with what clients set. Valid until the Execute ends. */
uint32_t mapi_msg_base(struct mapi_rop *rop, struct mapi_msg *msg,
		       struct mapi_message **base_r);
/* The same with the changes that are not saved, in rop->pool; bodies are in its bag
   only where they were set. */
uint32_t mapi_msg_current(struct mapi_rop *rop, struct mapi_msg *msg,
			  struct mapi_message **msg_r);
struct mapi_msg_changes *mapi_msg_change(struct mapi_msg *msg);
void mapi_msg_drop_changes(struct mapi_msg *msg);
/* The Execute is over: nothing of its pool is kept. */
void mapi_msg_forget(struct mapi_msg *msg);
/* Recipients and attachments as they are now; the former valid until changed. */
uint32_t mapi_msg_recipients(struct mapi_rop *rop, struct mapi_msg *msg,
			     const struct mapi_bag **rcpts_r,
			     unsigned int *count_r);
/* From now on those that are in the changes count: all there are, to begin with. */
void mapi_msg_own_recipients(struct mapi_rop *rop, struct mapi_msg *msg);
/* How many are no part of the body */
unsigned int mapi_msg_visible_attachments(const struct mapi_message *msg);

/* What items of a folder are to the conversions */
enum mapiconv_kind mapi_kind_of_folder(enum store_class class);
/* An item's text with its blob, as a message */
uint32_t mapi_item_read(struct mapi_rop *rop, enum store_class class,
			store_fid_t fid, const struct store_item *item,
			pool_t pool, struct mapi_message **msg_r);
/* Everything but what makes it this message, as changes of dest */
uint32_t mapi_msg_copy_all(struct mapi_rop *rop, struct mapi_msg *src,
			   struct mapi_msg *dest);
/* SourceKey and its kin: a copy has its own */
bool mapi_msg_is_identity(mapi_tag_t tag);
/* Does any recipient (PidTagMessageRecipients) or attachment
   (PidTagMessageAttachments) match? */
bool mapi_message_sub_match(struct mapi_rop *rop,
			    const struct mapi_message *msg, mapi_tag_t object,
			    const struct mapi_restriction *res);
/* What RopOpenMessage and its kin answer (rop-message.c) */
uint32_t mapi_msg_out_opened(struct mapi_rop *rop, struct mapi_msg *msg);
/* Sends the receipt that a mail asks for when it is read, once (mapi-receipt.c) */
uint32_t mapi_read_receipt(struct mapi_rop *rop, const struct mapi_msg_ref *ref,
			   uint8_t read_flags);
/* vfunc copy: recipients and attachments */
uint32_t mapi_msg_copy_contents(struct mapi_rop *rop, struct mapi_object *src,
				struct mapi_object *dest, bool exclude,
				const ARRAY_TYPE(mapi_tag) *tags,
				bool sub_objects, uint8_t flags);

/* --- mapi-body.c ------------------------------------------------------------------------ */

/* A body in the form that is asked for, of whatever form the bag has it in
   (MS-OXBBODY 2.1.3). 1; 0: there is none */
int mapi_body_of_bag(struct mapi_rop *rop, const struct mapi_bag *bag,
		     mapi_tag_t tag, struct mapi_prop *prop_r);

/* --- mapi-attach.c ------------------------------------------------------------------------- */

void mapi_attach_edit_free(struct mapi_attach_edit *edit);
/* Puts saved attachments into a message (which is a copy in rop->pool). */
void mapi_attach_edits_apply(struct mapi_rop *rop, struct mapi_message *msg,
			     const struct mapi_msg_changes *changes);
/* The message in an attachment object: as stored, or as saved into it. */
uint32_t mapi_attach_embedded(struct mapi_rop *rop, struct mapi_object *attach,
			      struct mapi_message **msg_r);
/* An embedded message is saved into its attachment. */
uint32_t mapi_attach_keep(struct mapi_rop *rop, struct mapi_object *attach,
			  const struct mapi_message *msg);

/* --- mapi-msg-props.c: those that are of the place, not of the content ----------------- */

struct mapi_msg_place {
	const struct mapi_logon *logon;
	struct mapi_msg_ref ref;
	/* 0: it is asked of the store */
	mapi_id_t id;
	bool associated, is_new;
	/* of the content */
	const struct mapi_bag *bag;
	/* number of attachments, hidden ones not counted; -1: not known */
	int attachments;
	uint32_t rights;
	struct store_version version;
	bool have_version;
};
/* FALSE: it is none of those. */
bool mapi_msg_place_get(struct mapi_rop *rop, struct mapi_msg_place *place,
			mapi_tag_t tag, struct mapi_prop *prop_r);
void mapi_msg_place_tags(ARRAY_TYPE(mapi_tag) *tags, bool is_new);
/* PidTagDisplayTo, -Cc, -Bcc of a message whose recipients are these, into the bag
   (MS-OXOMSG 2.2.1.7 to 2.2.1.9) */
void mapi_msg_set_displays(struct mapi_bag *bag, const struct mapi_bag *rcpts,
			   unsigned int count);
/* ecComputed for what clients cannot set (MS-OXCMSG 2.2.1, MS-OXCPRPT 3.2.5.4) */
uint32_t mapi_msg_may_set(mapi_tag_t tag);

/* --- mapi-extras.c: the blob beside mail and items ---------------------------------------- */

#define MAPI_MSG_BLOB "mapi"

/* Puts what is in the blob over what was read. text_hash: of the text it was read
   from; where it is another one than the blob says, the text wins where both have a
   value. */
int mapi_extras_apply(struct mapi_rop *rop, struct mapi_message *msg,
		      const void *data, size_t size, uint64_t text_hash);
/* What of `want` reading the text again (`have`) does not give. seen: what the client
   was shown before, of which alone something can be gone; NULL: a new message. FALSE:
   nothing. */
bool mapi_extras_make(struct mapi_rop *rop, const struct mapi_message *want,
		      const struct mapi_bag *seen,
		      const struct mapi_message *have, uint64_t text_hash,
		      buffer_t *out);
/* Only properties, for tables: over the bag */
int mapi_extras_apply_bag(struct mapi_rop *rop, struct mapi_bag *bag,
			  const void *data, size_t size, uint64_t text_hash);
uint64_t mapi_text_hash(const char *text, size_t size);

/* --- mapi-opaque.c: a whole message as bytes ------------------------------------------------- */

/* -1: an attachment cannot be read */
int mapi_opaque_pack(struct mapi_rop *rop, const struct mapi_message *msg,
		     buffer_t *out);
int mapi_opaque_unpack(struct mapi_rop *rop, pool_t pool, const void *data,
		       size_t size, struct mapi_message **msg_r);
/* Index line of an opaque object: its message class */
const char *mapi_opaque_key(const struct mapi_message *msg);

/* Is it a code page that strings of messages can be asked for in? 0x0fff: the
   logon's (rop-message.c) */
bool mapi_cpid_known(unsigned int cpid);

/* --- mapi-deleted.c: soft-deleted mail --------------------------------------------------------- */

/* What is kept of a folder's expunged mail. 1, 0 nothing, -1 */
int mapi_deleted_open(struct mapi_rop *rop, const struct mapi_logon *logon,
		      uint64_t oid, struct store_folder **folder_r);
mapi_id_t mapi_deleted_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			    const struct mapi_msg_ref *ref);
/* Adds the UIDs there of these ids; how many were found, or -1 */
int mapi_deleted_find(struct mapi_rop *rop, const struct mapi_logon *logon,
		      uint64_t oid, const mapi_id_t *ids, unsigned int count,
		      ARRAY_TYPE(seq_range) *uids_r);

/* --- mapi-mail.c: reading mail ------------------------------------------------------------------- */

/* Expunges these, softly or hard; 0 or -1 */
int mapi_mail_delete(struct mapi_rop *rop, store_fid_t fid,
		     const ARRAY_TYPE(seq_range) *uids, bool hard);

/* A mail that is open in this Execute. */
struct mapi_mail_reader {
	pool_t pool;
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;
	struct mapiconv conv;
	struct mapiconv_mail mail;
};
void mapi_conv_init(struct mapi_rop *rop, struct mapiconv *conv_r);
/* Fills mail of a store message. -1: unreadable */
int mapi_mail_open(struct mapi_rop *rop, pool_t pool, struct store_folder *folder,
		   struct store_msg *msg, struct mapiconv_mail *mail_r);
void mapi_mail_close(struct mapiconv_mail *mail);
uint32_t mapi_mail_reader_open(struct mapi_rop *rop, store_fid_t fid,
			       uint32_t uid, struct mapi_mail_reader **reader_r);
/* In an open folder, which is the reader's from now on, also in failure */
uint32_t mapi_mail_reader_of(struct mapi_rop *rop, struct store_folder *folder,
			     uint32_t uid, struct mapi_mail_reader **reader_r);
void mapi_mail_reader_close(struct mapi_mail_reader **reader);

/* --- mapi-save.c ------------------------------------------------------------------------------------- */

enum mapi_save_flags {	/* MS-OXCMSG 2.2.3.3.1 */
	MAPI_SAVE_KEEP_READ_ONLY = 0x01,
	MAPI_SAVE_KEEP_READ_WRITE = 0x02,
	MAPI_SAVE_FORCE = 0x04,
	MAPI_SAVE_DELAYED = 0x08,
};
uint32_t mapi_msg_save(struct mapi_rop *rop, struct mapi_msg *msg,
		       uint8_t flags);

#endif
