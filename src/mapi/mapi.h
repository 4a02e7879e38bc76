/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_H
#define MAPI_H

/* Internal to src/mapi: the mailbox as Outlook works with it (MS-OXCROPS and the
   documents it names). Read README.md first.

   A ROP is one row of a table (mapi_rops_*[]): how its indexes lie, on what kinds of
   objects it works, and two functions: parse reads its whole request (always, also
   when the object is missing: the next ROP begins behind it), act does it and appends
   the payload of the answer. The dispatcher (mapi-rops.c) writes headers and checks
   handles. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-mapi.h"
#include "dovetail-mapi-props.h"
#include "mapi-tags.h"
#include "dovetail-meta.h"
#include "dovetail-objects.h"
#include "dovetail-store.h"
#include "dovetail-items.h"

struct mapi_rop;
struct mapi_object;

/* Objects of a session at once; the client releases what it does not need. */
#define MAPI_MAX_OBJECTS 8192
/* A value that is longer is not put into a row: the client opens a stream
   (MS-OXCPRPT 3.2.5.1, MS-OXCTABL 3.2.5.5). */
#define MAPI_MAX_ROW_VALUE 510
#define MAPI_MAX_PROP_VALUE (32 * 1024)
#define MAPI_HANDLE_NONE 0xffffffffU
/* Our own replica; others have numbers in the store's table. */
#define MAPI_REPLID_OWN 1
/* Type of folder and message entry ids (MS-OXCDATA 2.2.4.1, 2.2.4.2) */
#define MAPI_EIT_PRIVATE_FOLDER 0x0001
#define MAPI_EIT_PUBLIC_FOLDER 0x0003
#define MAPI_EIT_PRIVATE_MESSAGE 0x0007
#define MAPI_EIT_PUBLIC_MESSAGE 0x0009

struct mapi_folder_info;
ARRAY_DEFINE_TYPE(mapi_folder_info, struct mapi_folder_info);

/* --- logon --------------------------------------------------------------------------- */

enum mapi_store_kind {
	MAPI_STORE_OWN,		/* the user's mailbox */
	MAPI_STORE_OTHER,	/* another user's, as far as the ACL lets */
	MAPI_STORE_PUBLIC,	/* public namespaces, and what is subscribed of others */
};

struct mapi_logon {
	/* its own; freed when the logon is released */
	pool_t pool;
	uint8_t id;
	enum mapi_store_kind kind;
	/* The store's view: NULL the own one, "" public, else the owner's name */
	const char *view;
	/* Whose mailbox: Dovecot's user name, and address; public: "" */
	const char *owner, *address;
	const char *display_name;
	guid_128_t mailbox_guid;
	/* replica GUID of REPLID 1: for long-term ids and change keys */
	guid_128_t replica_guid;
	/* LogonFlags and OpenFlags as the client sent them */
	uint8_t flags;
	uint32_t open_flags;
	/* mapi-tree.c: while one Execute runs */
	const ARRAY_TYPE(mapi_folder_info) *tree;
};

/* --- folders: which one -------------------------------------------------------------- */

/* A folder is a number of 48 bits (dovetail-meta.h): 0x10000 + the store's folder number
   for a mailbox, or a fixed low number for one that only Outlook knows. */
enum mapi_special {
	MAPI_FID_ROOT = 0x01,
	MAPI_FID_DEFERRED_ACTION,
	MAPI_FID_SPOOLER_QUEUE,
	MAPI_FID_IPM_SUBTREE,
	MAPI_FID_INBOX,		/* never used as an id: the mailbox has its own */
	MAPI_FID_OUTBOX,
	MAPI_FID_SENT,
	MAPI_FID_DELETED,
	MAPI_FID_COMMON_VIEWS,
	MAPI_FID_SCHEDULE,
	MAPI_FID_FINDER,
	MAPI_FID_VIEWS,
	MAPI_FID_SHORTCUTS,
	MAPI_FID_FREEBUSY,
	MAPI_FID_DRAFTS,
	MAPI_FID_JUNK,
	MAPI_FID_CALENDAR,
	MAPI_FID_CONTACTS,
	MAPI_FID_TASKS,
	MAPI_FID_NOTES,
	MAPI_FID_JOURNAL,
	MAPI_FID_SYNC_ISSUES,
	MAPI_FID_CONFLICTS,
	MAPI_FID_LOCAL_FAILURES,
	MAPI_FID_SERVER_FAILURES,
	MAPI_FID_CONVERSATION_ACTIONS,
	MAPI_FID_QUICK_CONTACTS,
	MAPI_FID_IM_CONTACT_LIST,
	MAPI_FID_GAL_CONTACTS,
	MAPI_FID_REMINDERS,
	/* public logon */
	MAPI_FID_PUBLIC_ROOT,
	MAPI_FID_PUBLIC_IPM,
	MAPI_FID_PUBLIC_NON_IPM,
	MAPI_FID_PUBLIC_EFORMS,
	MAPI_FID_SPECIAL_LAST = 0xff,
};

/* What a folder is, of whatever kind. */
struct mapi_folder_info {
	uint64_t oid;
	uint64_t parent;
	/* MAPI_FID_*: its part in the mailbox, 0: an ordinary one */
	enum mapi_special special;
	/* 0: none, it is virtual (or the root) */
	store_fid_t fid;
	enum store_class class;
	const char *name;
	/* "IPF.Note" ...; NULL: none. What a client set comes from the blob. */
	const char *container_class;
	bool hidden;
	bool virtual;
	/* FOLDER_SEARCH: kept definition, no messages of its own */
	bool search;
};

/* mapi-tree.c: all folders of a logon's tree, parents before children, in the pool. */
int mapi_tree(struct mapi_rop *rop, const struct mapi_logon *logon,
	      const ARRAY_TYPE(mapi_folder_info) **folders_r);
/* NULL: none that the user may see */
const struct mapi_folder_info *
mapi_tree_find(struct mapi_rop *rop, const struct mapi_logon *logon,
	       uint64_t oid);
/* NULL: this mailbox has no such folder */
const struct mapi_folder_info *
mapi_tree_special(struct mapi_rop *rop, const struct mapi_logon *logon,
		  enum mapi_special special);
/* Its id: of its mailbox if it has one, else the fixed number; 0: none */
uint64_t mapi_special_oid(struct mapi_rop *rop, const struct mapi_logon *logon,
			  enum mapi_special special);
/* Is the folder this one, or somewhere below it? */
bool mapi_tree_is_below(struct mapi_rop *rop, const struct mapi_logon *logon,
			uint64_t oid, uint64_t top);
/* A folder was made, renamed, moved or deleted: the tree is read again. */
void mapi_tree_changed(struct mapi_logon *logon);

/* --- objects ------------------------------------------------------------------------- */

enum mapi_kind {
	MAPI_LOGON	= 0x001,
	MAPI_FOLDER	= 0x002,
	MAPI_MESSAGE	= 0x004,
	MAPI_ATTACH	= 0x008,
	MAPI_TABLE	= 0x010,
	MAPI_STREAM	= 0x020,
	MAPI_NOTIFY	= 0x040,
	MAPI_FX_SOURCE	= 0x080,	/* FastTransfer and ICS */
	MAPI_FX_TARGET	= 0x100,
	MAPI_COLLECTOR	= 0x200,
	MAPI_ANY	= 0x3ff,
};

struct mapi_object_vfuncs {
	void (*free)(struct mapi_object *obj);

	/* Properties; of those kinds that have them, else NULL.
	   get: fills props_r[0..count): its tag's type is the value's, or
	   PTYP_ERROR_CODE with ecNotFound. A tag of PTYP_UNSPECIFIED asks for any
	   type. Values may be of any length and live in rop->pool or the object. */
	void (*get)(struct mapi_rop *rop, struct mapi_object *obj,
		    const mapi_tag_t *tags, unsigned int count,
		    struct mapi_prop *props_r);
	/* All it has. */
	void (*list)(struct mapi_rop *rop, struct mapi_object *obj,
		     ARRAY_TYPE(mapi_tag) *tags_r);
	/* A mapi_error for each: of a PropertyProblem */
	uint32_t (*set)(struct mapi_rop *rop, struct mapi_object *obj,
			const struct mapi_prop *prop);
	uint32_t (*unset)(struct mapi_rop *rop, struct mapi_object *obj,
			  mapi_tag_t tag);
	/* A ROP's set and unset are over: objects that need no SaveChanges
	   write. An error fails the ROP. May be NULL */
	uint32_t (*flush)(struct mapi_rop *rop, struct mapi_object *obj);

	/* What RopCopyTo and RopCopyProperties copy beside properties (recipients,
	   attachments, a folder's contents). exclude: tags are what is not copied,
	   else what is. NULL: nothing. */
	uint32_t (*copy)(struct mapi_rop *rop, struct mapi_object *src,
			 struct mapi_object *dest, bool exclude,
			 const ARRAY_TYPE(mapi_tag) *tags, bool sub_objects,
			 uint8_t flags);

	/* As data: FALSE: cannot leave this process. */
	bool (*park)(struct mapi_object *obj, buffer_t *out);
};

/* The first member of every kind's struct. */
struct mapi_object {
	enum mapi_kind kind;
	const struct mapi_object_vfuncs *v;
	/* Its own; freed after v->free */
	pool_t pool;
	struct emsmdb *session;
	struct mapi_logon *logon;
	/* What it was opened from and needs: an attachment's message, a stream's
	   object. A reference; may be NULL. */
	struct mapi_object *parent;
	int refcount;
};

/* A new object of this size in a pool of its own; parent gets a reference. */
void *mapi_object_alloc(struct mapi_rop *rop, size_t size, enum mapi_kind kind,
			const struct mapi_object_vfuncs *v,
			struct mapi_object *parent);
#define mapi_object_new(rop, type, kind, v, parent) \
	((type *)mapi_object_alloc(rop, sizeof(type), kind, v, parent))
void mapi_object_ref(struct mapi_object *obj);
void mapi_object_unref(struct mapi_object **obj);

/* CopyFlags (MS-OXCPRPT 2.2.10.1) */
#define MAPI_COPY_MOVE 0x01
#define MAPI_COPY_NO_OVERWRITE 0x02

/* --- session -------------------------------------------------------------------------- */

struct emsmdb {
	pool_t pool;
	/* The user: primary address, store user name, display name */
	const char *address, *username, *display_name;
	bool admin;
	unsigned int cpid;
	uint32_t lcid_sort, lcid_string;
	uint16_t client_version[3];

	/* index: handle - 1; NULL: released */
	ARRAY(struct mapi_object *) objects;
	unsigned int objects_count;
	/* by LogonId */
	struct mapi_logon *logons[256];
	/* mapi-notify.c: what is subscribed, and notifications that wait */
	struct mapi_notifier *notifier;
};

/* --- one ROP ---------------------------------------------------------------------------- */

struct mapi_rop_def;

struct mapi_rop {
	struct emsmdb *session;
	const struct mapi_env *env;
	/* env->pool, env->store */
	pool_t pool;
	struct store *store;

	const struct mapi_rop_def *def;
	struct mapi_in *in;
	buffer_t *out;
	/* out must not grow beyond this */
	size_t limit;

	uint8_t logon_id, in_index, out_index;
	/* by in_index; NULL while parsing, and where the table allows none */
	struct mapi_object *obj;
	/* MAPI_ROP_PAIR: by out_index; NULL: none */
	struct mapi_object *dest;
	struct mapi_logon *logon;
	/* What parse made. */
	void *args;

	/* act: the payload is sent although it returns an error */
	bool keep_payload;
	/* act: no answer at all (RopRelease) */
	bool no_answer;
	/* act: it could go on where this answer ends, if it came again; args say
	   with what. Where the client lets answers be chained it is done again at
	   once, with a new out and limit (MS-OXCRPC 3.1.4.2.1.2.2). */
	bool more;
	/* what act returned */
	uint32_t error;

	/* handle table of the request, becomes the answer's */
	ARRAY_TYPE(uint32_t) *handles;
	/* of a whole Execute */
	struct mapi_batch *batch;
};

enum mapi_rop_form {
	/* RopId, LogonId, InputHandleIndex; answered with that index */
	MAPI_ROP_IN,
	/* ..., InputHandleIndex, OutputHandleIndex; answered with the latter */
	MAPI_ROP_OUT,
	/* RopId, LogonId, OutputHandleIndex (RopLogon) */
	MAPI_ROP_LOGON,
	/* RopId, LogonId, ResponseHandleIndex, InputHandleIndex; answered with
	   the former (in out_index) */
	MAPI_ROP_RESPONSE,
	/* RopId, LogonId, SourceHandleIndex, DestHandleIndex; answered with the
	   source's */
	MAPI_ROP_PAIR,
};

struct mapi_rop_def {
	uint8_t id;
	/* as in the documents, without "Rop": "OpenFolder" */
	const char *name;
	enum mapi_rop_form form;
	/* Mask of enum mapi_kind; another object: ecNotSupported */
	unsigned int kinds;
	/* NULL: nothing follows the indexes. Broken input: rop->in->broken. */
	void (*parse)(struct mapi_rop *rop);
	/* Returns a mapi_error; NULL: ecNotImplemented */
	uint32_t (*act)(struct mapi_rop *rop);
};

/* Each ends with name NULL. */
extern const struct mapi_rop_def mapi_rops_logon[];
extern const struct mapi_rop_def mapi_rops_peruser[];
extern const struct mapi_rop_def mapi_rops_folder[];
extern const struct mapi_rop_def mapi_rops_property[];
extern const struct mapi_rop_def mapi_rops_table[];
extern const struct mapi_rop_def mapi_rops_contents[];
extern const struct mapi_rop_def mapi_rops_message[];
extern const struct mapi_rop_def mapi_rops_attach[];
extern const struct mapi_rop_def mapi_rops_stream[];
extern const struct mapi_rop_def mapi_rops_submit[];
extern const struct mapi_rop_def mapi_rops_permission[];
extern const struct mapi_rop_def mapi_rops_rule[];
extern const struct mapi_rop_def mapi_rops_notify[];
extern const struct mapi_rop_def mapi_rops_sync[];
extern const struct mapi_rop_def mapi_rops_fasttransfer[];
extern const struct mapi_rop_def mapi_rops_import[];

/* Room left in the answer. */
size_t mapi_rop_room(const struct mapi_rop *rop);
/* The longest payload of an answer that is alone in a buffer of full size: what does
   not fit into it would never come. */
size_t mapi_rop_most(const struct mapi_rop *rop);
/* The answer would be so long, and has no room: as if it were written. The dispatcher
   hands the ROP back; act must not have done anything. */
void mapi_rop_too_small(struct mapi_rop *rop, size_t needed);
/* Puts the object into the handle table at out_index. */
uint32_t mapi_rop_output(struct mapi_rop *rop, struct mapi_object *obj);
/* Any object of the request's table; NULL: none. */
struct mapi_object *mapi_rop_object(struct mapi_rop *rop, uint8_t index);
/* What the last failure of the store is in MAPI's words. */
uint32_t mapi_store_error(struct mapi_rop *rop);
/* A count of 16 bits and so many ids of the request, in rop->pool */
void mapi_in_ids(struct mapi_rop *rop, ARRAY_TYPE(mapi_id) *ids_r);
/* args of a type, zeroed */
#define mapi_rop_args(rop, type) \
	((type *)((rop)->args = p_new((rop)->pool, type, 1)))

/* --- session's parts ----------------------------------------------------------------------- */

/* mapi-session.c */
struct emsmdb *mapi_session_new(const struct mapi_env *env);
uint32_t mapi_session_add(struct emsmdb *session, struct mapi_object *obj);
struct mapi_object *mapi_session_get(struct emsmdb *session, uint32_t handle);
void mapi_session_release(struct emsmdb *session, uint32_t handle);
struct mapi_logon *mapi_logon_new(void);
void mapi_session_drop_logon(struct emsmdb *session, uint8_t logon_id);

/* rop-stream.c: a stream's handle is released; what was written counts */
void mapi_stream_release(struct mapi_rop *rop, struct mapi_object *obj);

/* mapi-ids.c: numbers <-> what is on the wire */
void mapi_place(const struct mapi_logon *logon, uint64_t oid,
		struct store_place *place_r);
/* 0: cannot be told */
mapi_id_t mapi_folder_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			   uint64_t oid);
/* FALSE: no folder of this mailbox that the user may see. */
bool mapi_folder_of_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			 mapi_id_t id, uint64_t *oid_r);
/* Any id of the wire: GUID of its replica and counter, and back. */
bool mapi_long_id_of_wire(struct mapi_rop *rop, const struct mapi_logon *logon,
			  mapi_id_t id, struct mapi_long_id *long_r);
uint32_t mapi_wire_of_long_id(struct mapi_rop *rop,
			      const struct mapi_logon *logon,
			      const struct mapi_long_id *id, mapi_id_t *id_r);
void mapi_folder_entry_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			  uint64_t oid, buffer_t *out);
/* Both by their wire ids */
void mapi_message_entry_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			   mapi_id_t folder, mapi_id_t message, buffer_t *out);
/* Store entry id of this mailbox; entry id of an address of this site. */
void mapi_store_entry_id(struct mapi_rop *rop, const struct mapi_logon *logon,
			 buffer_t *out);
void mapi_address_entry_id(const char *address, buffer_t *out);
/* SourceKey of a wire id; ChangeKey of a change number of ours */
void mapi_source_key(struct mapi_rop *rop, const struct mapi_logon *logon,
		     mapi_id_t id, buffer_t *out);
void mapi_change_key(const struct mapi_logon *logon, uint64_t cn, buffer_t *out);
/* ChangeKey and PredecessorChangeList as MS-OXCFXICS 2.2.1.2 wants them */
void mapi_version_keys(const struct mapi_logon *logon,
		       const struct store_version *version,
		       buffer_t *change_key, buffer_t *pcl);

/* mapi-props.c: property helpers used by all kinds */
void mapi_prop_error(struct mapi_prop *prop_r, mapi_tag_t tag, uint32_t error);
/* The value as the tag asks for it (type unspecified, String8 <-> String), in the
   session's code page; else ecNotFound. */
void mapi_prop_as(struct mapi_rop *rop, const struct mapi_prop *have,
		  mapi_tag_t tag, struct mapi_prop *prop_r);
/* By id */
bool mapi_tags_have(const ARRAY_TYPE(mapi_tag) *tags, mapi_tag_t tag);
/* get from a bag */
void mapi_bag_answer(struct mapi_rop *rop, const struct mapi_bag *bag,
		     const mapi_tag_t *tags, unsigned int count,
		     struct mapi_prop *props_r);

/* At most so many UTF-16 units (data stack or the string itself) */
const char *mapi_string_cut(const char *s, unsigned int units);

/* Bytes in a Windows code page as UTF-8 (rop->pool) */
const char *mapi_bytes_of_cpid(struct mapi_rop *rop, const void *data,
			       size_t size, unsigned int cpid);
/* A String8 of the session's code page as UTF-8 (rop->pool) */
const char *mapi_string_of_cpid(struct mapi_rop *rop, const char *bytes);

#endif
