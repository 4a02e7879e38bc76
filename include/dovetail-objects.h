#ifndef DOVETAIL_OBJECTS_H
#define DOVETAIL_OBJECTS_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store layer's third part: what clients need that keep whole mailboxes and
   not only mail and items (dovetail-store.h, dovetail-items.h): one owner's tree
   as a view, blobs on folders, opaque objects, ids that clients chose, change
   numbers of everything, tables of names, sorted access, permissions.

   Blobs are bytes to the store: it never looks into one.

   Attributes of mailboxes, below META_KEY_PREFIX; binary values are base64:

     blob/<name>                  a blob of this folder
     object/<name>                (32 hex digits) an opaque object's bytes
     object/<name>/extra          its index line
     item/<name>/blob/<name>      a blob of an item
     special/<n>/blob/...         the same of a folder that has no mailbox, kept on
     special/<n>/object/...       its owner's INBOX: n is its fixed number in hex,
                                  or "p" and a hash of the name of one that holds no
                                  messages
   Rights: blobs of folders need what renaming needs (`x`); objects `i`, `w`, `e`, as
   items do; special/... of another owner `a` on the INBOX. Reading: blobs what
   seeing the folder needs (`l`), objects `r`. dsync and backup copy all of it.

   Returns, errors and memory as in dovetail-store.h. */

#include "dovetail-store.h"
#include "dovetail-items.h"

/* --- views ------------------------------------------------------------------- */

/* A view is one owner's folders as this user sees them: NULL the user's own store,
   "" the public folders, else another owner's name (store_folder_info.owner).
   Ids, replicas and change numbers hold within (user, view): another user who
   looks at the same mailbox has others. */

struct store_view_info {
	/* never NULL here */
	const char *owner;
	/* 0: the user may not see it */
	store_fid_t inbox;
	/* On the INBOX; 0 if it is not seen */
	enum store_rights rights;
	/* All rights on the INBOX, administration too */
	bool full;
};
ARRAY_DEFINE_TYPE(store_view_info, struct store_view_info);
/* Other owners of whom the user sees anything, by name. */
int store_views(struct store *store, pool_t pool,
		ARRAY_TYPE(store_view_info) *views_r);
/* One: 1, 0 nothing of it is seen (or no such owner), -1. view "": 1 if there are
   public folders. */
int store_view_find(struct store *store, const char *view, pool_t pool,
		    struct store_view_info *view_r);
/* Names of owners whose mailboxes the user has all rights to. */
int store_full_access_owners(struct store *store, pool_t pool,
			     ARRAY_TYPE(const_string) *owners_r);
/* The view's folders as one tree, parents first: parents outside of it are 0, and
   names that only lead to it are left out. Roles are those that its owner sees as
   far as they can be told (well-known names, properties of default folders). Own
   view: as store_folders() without others'. */
int store_view_folders(struct store *store, const char *view, pool_t pool,
		       ARRAY_TYPE(store_folder_info) *folders_r);
/* The view a folder is in. Data stack or constant. */
const char *store_view_of(const struct store_folder_info *info);
/* --- places -------------------------------------------------------------------- */

/* A folder, with or without a mailbox. */
struct store_place {
	/* Of fid 0 */
	const char *view;
	/* 0: what special says */
	store_fid_t fid;
	/* 0: the root of the view's tree; 1..0xffff: a folder that Dovecot has no
	   mailbox for. The caller gives the numbers, and they stay for ever: they are
	   the fixed ids of dovetail-meta.h (page 0, index below 0x10000). */
	uint32_t special;
};
#define STORE_SPECIAL_MAX 0xffffU

/* --- blobs of folders ------------------------------------------------------------ */

/* name: [a-z0-9._-]+. Any size; up to STORE_BLOB_CACHED bytes are read for all
   folders of an owner at once and kept until one of them changes (cheap to ask in
   tables), larger ones at each call. 1, 0 none, -1. */
#define STORE_BLOB_CACHED 65536
int store_blob_get(struct store *store, const struct store_place *place,
		   const char *name, pool_t pool,
		   const unsigned char **data_r, size_t *size_r);
/* data NULL: removes it. The same as before: nothing is written. Public root and
   names without messages in others' views: UNSUPPORTED. */
int store_blob_set(struct store *store, const struct store_place *place,
		   const char *name, const void *data, size_t size);
/* Another number when blobs of any folder of the view may have changed. */
int store_blob_stamp(struct store *store, const char *view, uint64_t *stamp_r);

/* --- opaque objects ---------------------------------------------------------------- */

/* Objects that are neither mail nor iCalendar or vCard, in any folder beside its
   messages or items: bytes, and a line of index data that is listed without
   reading the bytes. */

struct store_opaque {
	/* Of the owner's META_COUNTER_ITEM, as items' numbers: never used again;
	   another one in another replica. 0: not saved yet */
	uint32_t num;
	/* 32 hex digits, the same in every replica */
	const char *name;
	/* As given: text without NUL, to STORE_OPAQUE_KEY_MAX bytes */
	const char *key;
	bool associated;
	/* NULL if they were not asked for; size always */
	const unsigned char *data;
	size_t size;
	/* Sequence of the last change, in order with items' of the same owner */
	uint64_t seq;
	time_t last_change;
};
ARRAY_DEFINE_TYPE(store_opaque, struct store_opaque);
#define STORE_OPAQUE_KEY_MAX 4096

/* With its bytes. 1, 0, -1 */
int store_opaque_get(struct store *store, const struct store_place *place,
		     uint32_t num, pool_t pool, struct store_opaque *opaque_r);
enum store_opaque_which {
	STORE_OPAQUE_NORMAL	= 0x01,
	STORE_OPAQUE_ASSOCIATED	= 0x02,
	STORE_OPAQUE_ALL	= 0x03
};
/* By number, without bytes. key_prefix: only keys that begin so (bytes); NULL:
   all. */
int store_opaque_list(struct store *store, const struct store_place *place,
		      enum store_opaque_which which, const char *key_prefix,
		      pool_t pool, ARRAY_TYPE(store_opaque) *opaques_r);

struct store_opaque_write {
	/* 0: a new one */
	uint32_t num;
	const char *key;
	bool associated;
	const void *data;
	size_t size;
	/* Not 0: STORE_ERROR_EXISTS if its seq is another one by now. */
	uint64_t expected_seq;
};
/* num_r and seq_r (may be NULL) are those that this write gave it. NOTFOUND: num
   is gone. Others are woken as for items. */
int store_opaque_put(struct store *store, const struct store_place *place,
		     const struct store_opaque_write *write,
		     uint32_t *num_r, uint64_t *seq_r);
/* Those that are gone already are no error. */
int store_opaque_delete(struct store *store, const struct store_place *place,
			const ARRAY_TYPE(seq_range) *nums);
/* To another folder, which may be in another view; num_r: its number there. */
int store_opaque_copy(struct store *store, const struct store_place *src,
		      uint32_t num, const struct store_place *dest, bool move,
		      uint32_t *num_r);
/* What changed after `since`, by number, each once; now_r is the next `since`. 1; 0:
   deletions may have been forgotten: compare with store_opaque_list(); -1 */
struct store_opaque_change {
	uint32_t num;
	uint64_t seq;
	bool deleted;
};
ARRAY_DEFINE_TYPE(store_opaque_change, struct store_opaque_change);
int store_opaque_changes(struct store *store, const struct store_place *place,
			 uint64_t since,
			 ARRAY_TYPE(store_opaque_change) *changes_r,
			 uint64_t *now_r);

/* --- blobs of messages and items ------------------------------------------------------ */

/* As store_extra_get() and _set(), of bytes. tell: others are to look at the message
   again (as store_flag_change.touch), and it gets a new change number; needs the
   right `w` then. */
int store_extra_blob_get(struct store_folder *folder, uint32_t uid,
			 const char *name, pool_t pool,
			 const unsigned char **data_r, size_t *size_r);
int store_extra_blob_set(struct store_folder *folder, uint32_t uid,
			 const char *name, const void *data, size_t size,
			 bool tell);
/* During a pass; valid as long as msg. */
int store_msg_extra_blob(struct store_msg *msg, const char *name,
			 const unsigned char **data_r, size_t *size_r);
/* Of an item: follows it through moves, away with it; its seq rises with each
   change (seq_r, may be NULL). data NULL removes. */
int store_item_blob_get(struct store *store, store_fid_t fid, uint32_t num,
			const char *name, pool_t pool,
			const unsigned char **data_r, size_t *size_r);
int store_item_blob_set(struct store *store, store_fid_t fid, uint32_t num,
			const char *name, const void *data, size_t size,
			uint64_t *seq_r);

/* --- ids ------------------------------------------------------------------------------ */

enum store_object_kind {
	STORE_OBJECT_FOLDER = 1,
	STORE_OBJECT_MAIL,
	STORE_OBJECT_ITEM,
	STORE_OBJECT_OPAQUE
};
/* Any object, by where it is now. */
struct store_object {
	enum store_object_kind kind;
	/* The folder itself, or the one it is in */
	struct store_place place;
	/* Mail: its UID now; item, opaque: its number; folder: 0 */
	uint32_t num;
};

/* The id clients see: an object's for ever. Own ids are of replica 1 and in the
   partition of dovetail-meta.h (special n: n itself; folder: META_OID_FOLDER(fid);
   mail: META_OID_MAIL; item and opaque: META_OID_ITEM_FIRST + number), unless the
   object was given another one. */
struct store_gid {
	uint16_t replid;
	/* 48 bits */
	uint64_t counter;
};
#define STORE_REPLID_OWN 1
#define STORE_COUNTER_MAX UINT64_C(0xffffffffffff)

/* The root of a view has the special number 0 and no own id: INVALID unless it was
   given one; callers use a fixed number of theirs for it. */
int store_gid_of(struct store *store, const struct store_object *object,
		 struct store_gid *gid_r);
/* Of mail in an open folder: no look at the disk for nearly all. */
int store_gid_of_mail(struct store_folder *folder, uint32_t uid,
		      struct store_gid *gid_r);
/* Ids of many objects, by UID (number): `count` objects with consecutive UIDs, counters
   and keys. Of all messages of an open folder; key: what a message has as its change number as long as it is as
   it arrived (see below). */
struct store_mail_run {
	uint32_t uid, count;
	struct store_gid gid;
	uint64_t key;
};
ARRAY_DEFINE_TYPE(store_mail_run, struct store_mail_run);
int store_mail_runs(struct store_folder *folder,
		    ARRAY_TYPE(store_mail_run) *runs_r);
/* The same of items or opaque objects with these numbers (uid: number; no key). */
int store_number_runs(struct store *store, const struct store_place *place,
		      enum store_object_kind kind,
		      const ARRAY_TYPE(seq_range) *nums,
		      ARRAY_TYPE(store_mail_run) *runs_r);
/* 1 found and where it is now; 0: gone, or never of this view; -1. near (may be NULL):
   where the client looks for it; only a hint, the object may be elsewhere. Rights are
   checked when the object is used. */
int store_gid_find(struct store *store, const char *view,
		   const struct store_gid *gid, const struct store_place *near,
		   struct store_object *object_r);
/* Gives the object this id (of a range given to clients, or another replica's): it
   is known by it alone from now on, also after it was written anew. EXISTS: another
   living object has it; INVALID: an id of ours that is no client's. */
int store_gid_give(struct store *store, const struct store_object *object,
		   const struct store_gid *gid);
/* Was it ever given to an object that is in none of the folders any more? 1, 0, -1 */
int store_gid_is_past(struct store *store, const char *view,
		      const struct store_gid *gid);
/* A range of own ids for a client: count consecutive ones, never given again. At
   most 0x100000 at once. */
int store_gid_range(struct store *store, const char *view, uint32_t count,
		    uint64_t *first_r);

/* Replica 1's GUID comes from the epochs of the databases: another copy of the
   metadata (restored, dsync replica) is another replica. 1, 0 unknown, -1 */
int store_replica_guid(struct store *store, const char *view, uint16_t replid,
		       guid_128_t guid_r);
/* The number of a replica GUID in this view, issued (from 2 on, never again for
   another) if create. 1, 0 unknown, -1; INVALID: the table is full or the GUID is
   all zero. */
int store_replica_id(struct store *store, const char *view,
		     const guid_128_t guid, bool create, uint16_t *replid_r);

/* --- versions ---------------------------------------------------------------------------- */

/* The change number of an object's last change, and what a client said of it. Numbers
   of 48 bits, of replica 1; within a folder and a kind no two changes have the same,
   and an object's only rises. Ranges of their own, so that none is any object's twice:
     as it arrived   the object's own id                    (mail)
     0xc00000000000  + META_COUNTER_CN                       (changed mail; folders)
     0xd00000000000  + sequence of the owner's database      (items, opaque objects)
   What others changed by IMAP or otherwise is counted when it is asked for. */
#define STORE_CN_CHANGED UINT64_C(0xc00000000000)
#define STORE_CN_SEQ UINT64_C(0xd00000000000)

struct store_version {
	/* Of the last change but those of the read state. Never 0 */
	uint64_t cn;
	/* Of the last change of the read state; 0: none yet */
	uint64_t read_cn;
	/* As a client gave it with just this cn; NULL: ours, (replica 1, cn) */
	const unsigned char *change_key;
	size_t change_key_size;
	/* As a client last gave it, of this change or an earlier one; NULL: never.
	   With change_key NULL, (replica 1, cn) belongs to it too. */
	const unsigned char *pcl;
	size_t pcl_size;
};
/* Of one; for tables ask store_versions() once: this looks at the folder each time. */
int store_version_get(struct store *store, const struct store_object *object,
		      pool_t pool, struct store_version *version_r);
/* Of mail in an open folder (for tables: the folder is not looked for each time). */
int store_version_of_mail(struct store_folder *folder, uint32_t uid,
			  pool_t pool, struct store_version *version_r);
/* What the client said of the state the object is in now: after everything else of
   the change has been written. cn stays; cn_r may be NULL. */
int store_version_set(struct store *store, const struct store_object *object,
		      const void *change_key, size_t change_key_size,
		      const void *pcl, size_t pcl_size, uint64_t *cn_r);
/* A new cn though nothing that the store knows of changed (mail, folders). */
int store_version_bump(struct store *store, const struct store_object *object);

struct store_version_row {
	/* As store_object.num; of folders the fid, or the special number */
	uint32_t num;
	bool special;
	struct store_version v;
};
ARRAY_DEFINE_TYPE(store_version_row, struct store_version_row);
/* Of all objects of the kind in the folder that are not as they arrived (of mail:
   all others have their own id as cn), or have a read_cn; with cn or read_cn above
   `since` if it is not 0. By num. */
int store_versions(struct store *store, const struct store_place *place,
		   enum store_object_kind kind, uint64_t since, pool_t pool,
		   ARRAY_TYPE(store_version_row) *rows_r);
/* Folders of a view: fid or special number; specials are those that hold anything.
   Places' own cn rises with rename, move, class and blobs, whoever changed them. */
int store_view_versions(struct store *store, const char *view, pool_t pool,
			ARRAY_TYPE(store_version_row) *rows_r);
/* Above every cn that was given so far: what a client has seen when it was told
   everything. changed_r: the highest of STORE_CN_CHANGED, seq_r: of STORE_CN_SEQ (0:
   none yet), for objects of this place. */
int store_version_max(struct store *store, const struct store_place *place,
		      uint64_t *changed_r, uint64_t *seq_r);

/* --- names ---------------------------------------------------------------------------------- */

/* A table of the user's: text to number, from STORE_NAME_FIRST on, never taken back
   and never another's. Several workers get the same numbers. */
#define STORE_NAME_FIRST 0x8800U
#define STORE_NAME_LAST 0xfffeU
/* ids_r[i] is 0 where there is none (without create). QUOTA: the table is full; the
   ids of those that have one are filled in all the same. */
int store_name_ids(struct store *store, const char *const *names,
		   unsigned int count, bool create, uint16_t *ids_r);
/* names_r[i] is NULL where there is none. Kept in memory: cheap. */
int store_names(struct store *store, const uint16_t *ids, unsigned int count,
		pool_t pool, const char **names_r);
struct store_name {
	uint16_t id;
	const char *name;
};
ARRAY_DEFINE_TYPE(store_name, struct store_name);
/* All, by id. */
int store_names_all(struct store *store, pool_t pool,
		    ARRAY_TYPE(store_name) *names_r);

/* --- sorted access ------------------------------------------------------------------------------ */

enum store_sort_by {
	STORE_SORT_RECEIVED,
	STORE_SORT_SENT,
	STORE_SORT_FROM,	/* display name, else address */
	STORE_SORT_TO,
	STORE_SORT_CC,
	STORE_SORT_SUBJECT,	/* without Re: and Fwd:, case folded */
	STORE_SORT_SIZE,
	STORE_SORT_SEEN,	/* 0 before 1 */
	STORE_SORT_FLAGGED,
	STORE_SORT_ANSWERED,
	STORE_SORT_DRAFT,
	STORE_SORT_KEYWORD,	/* has this one: 0 before 1 */
};
struct store_sort {
	enum store_sort_by by;
	bool descending;
	const char *keyword;
};
/* UIDs of all messages (or those among) in this order, ties by UID. With Dovecot's
   own sort and its cache; keys that are flags are cheap. At most 8 keys. */
int store_sort(struct store_folder *folder, const struct store_sort *sorts,
	       unsigned int count, const ARRAY_TYPE(seq_range) *among,
	       ARRAY_TYPE(uint32_t) *uids_r);

/* --- numbers of folders ------------------------------------------------------------------------------ */

enum store_stat_want {
	/* may open mailboxes whose size is not known yet */
	STORE_STAT_SIZE		= 0x01
};
struct store_folder_stat {
	/* 0: special is the folder (the view's root has none) */
	store_fid_t fid;
	uint32_t special;
	/* Messages or items, and opaque objects that are not associated */
	uint32_t count;
	uint32_t unread;
	uint64_t size;
	uint32_t associated;
	uint64_t associated_size;
	/* Time of the last change of its contents, 0 not known */
	time_t changed;
	/* When the folder was first seen here */
	time_t created;
	uint32_t children;
};
ARRAY_DEFINE_TYPE(store_folder_stat, struct store_folder_stat);
/* Of all folders of the view, in the order of store_view_folders(), then specials that
   hold objects. From the list index and one query an owner: no mailbox is opened
   that the index knows. */
int store_view_stats(struct store *store, const char *view,
		     enum store_stat_want want, pool_t pool,
		     ARRAY_TYPE(store_folder_stat) *stats_r);
/* One place; always with size. */
int store_folder_stat(struct store *store, const struct store_place *place,
		      struct store_folder_stat *stat_r);

/* --- permissions ---------------------------------------------------------------------------------------- */

/* May see the owner's times though the folder itself may not be read (folders of
   appointments); our own, beside the ACL. */
enum store_busy_right {
	STORE_BUSY_RIGHT_NONE = 0,
	STORE_BUSY_RIGHT_TIMES,
	/* and what and where; times only are given out as yet */
	STORE_BUSY_RIGHT_DETAILS
};
struct store_acl {
	/* As Dovecot writes it: "anyone", "authenticated", "owner", "user=name",
	   "group=name", "group-override=name" */
	const char *id;
	enum store_rights rights;
	enum store_busy_right busy;
	/* By the site's configuration: cannot be changed */
	bool global;
};
ARRAY_DEFINE_TYPE(store_acl, struct store_acl);
/* Needs the right `a` (PERM). Negative rights of the ACL are subtracted from the entry
   they stand beside, or left out. UNSUPPORTED: the site has no ACLs (others cannot see
   anything), or the folder has no mailbox. */
int store_acl_list(struct store *store, store_fid_t fid, pool_t pool,
		   ARRAY_TYPE(store_acl) *acls_r);
/* Replaces the entry of this id; no rights and no busy right: it is removed. Whom it
   concerns sees it at once: the shared dictionary is brought up to date. INVALID: the
   id is none. */
int store_acl_set(struct store *store, store_fid_t fid,
		  const struct store_acl *acl);

/* --- deleting ---------------------------------------------------------------------------------------------- */

/* Where the site keeps what was expunged (lazy_expunge): the mailbox of what was
   expunged from this folder. Behaves as an open folder: store_move() from it brings
   messages back, store_expunge() on it is final. 1, 0 the site keeps nothing (or
   nothing of this folder yet), -1 */
int store_recover_open(struct store *store, store_fid_t fid,
		       struct store_folder **folder_r);
/* Past lazy_expunge. Where there is none: as store_expunge(). */
int store_expunge_hard(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids);

/* --- folders --------------------------------------------------------------------------------------------------- */

/* As store_folder_create(), below any place: the root of another's view too. */
int store_place_create(struct store *store, const struct store_place *parent,
		       const char *name, enum store_class class,
		       store_fid_t *fid_r);
/* As store_folder_rename(), also to another view: copied then, and removed here once
   it is safe there; *fid_r is its number there. parent 0: the root of the view that
   the folder is in. */
int store_folder_move(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, store_fid_t *fid_r);
/* With messages, items, opaque objects and blobs; deep: with what is below. partial_r:
   something of it could not be copied (the rest was). */
int store_folder_copy(struct store *store, store_fid_t fid, store_fid_t parent,
		      const char *name, bool deep, store_fid_t *fid_r,
		      bool *partial_r);
enum store_empty_flags {
	STORE_EMPTY_SUBFOLDERS	= 0x01,
	STORE_EMPTY_ASSOCIATED	= 0x02,	/* opaque ones that are associated too */
	STORE_EMPTY_HARD	= 0x04
};
/* Of any class. */
int store_place_empty(struct store *store, const struct store_place *place,
		      enum store_empty_flags flags);
/* What the folder holds from now on. UNSUPPORTED unless it is empty of messages and
   items, and no default folder. */
int store_folder_set_class(struct store *store, store_fid_t fid,
			   enum store_class class);

#endif
