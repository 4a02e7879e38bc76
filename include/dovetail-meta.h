/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_META_H
#define DOVETAIL_META_H

/* libdovetail-meta: what Dovetail keeps beside the mail.

   One database for each owner ("dovetail.db" in the owner's mail control root;
   for a public namespace in the namespace's root), or one in PostgreSQL for all,
   of which each owner is shown a part. It holds
     items      mailbox attributes of our prefix, with change sequence and
                tombstones                                    (design D4)
     folders    small numbers for mailboxes, never reused      (D5)
     id spaces, aliases, change numbers of messages            (D5)
     extras     what a message's MIME cannot express           (D7)
     states     synchronisation state of devices: rows, not attributes (D4)

   Conventions
   - Return value: -1 error, 0 no/done, 1 yes/found, unless said otherwise.
     After -1, meta_db_error() tells which error and the text for the log; the
     library itself logs nothing and never aborts on what the disk holds.
   - Reads see what is committed. Writes are buffered in a transaction and
     applied by meta_txn_commit() in one database transaction, in the order of
     the calls: all of them or none, also at a crash.
   - Functions named ..._issue and ..._take write at once, in a transaction of
     their own (they give out numbers that must never be given out twice). Do
     not call them for each request: remember what they return.
   - A guid is the mailbox GUID as lib-storage gives it (guid_128_t).
   - Memory of results comes from the pool given by the caller.
   - Not thread safe. A connection is not used across fork(): the child opens
     its own by itself. */

#include "guid.h"
#include "seq-range-array.h"
#include <sys/types.h>
#include <time.h>

struct mailbox_list;
struct meta_db;
struct meta_txn;

/* Attribute keys of ours (shared attributes; lower-case ASCII). IMAP can
   neither read nor write below vendor/vendor.dovecot/pvt/. */
#define META_KEY_PREFIX "vendor/vendor.dovecot/pvt/dovetail/"
/* Device partnerships: META_KEY_DEVICE<lower-case hex of the DeviceId>, on the
   user's INBOX. */
#define META_KEY_DEVICE META_KEY_PREFIX "device/"

/* Items and folder properties: dovetail-items.h has the keys. */
#define META_KEY_ITEM META_KEY_PREFIX "item/"
#define META_ITEM_NAME_SIZE 32
#define META_ITEM_EXTRA "/extra"
#define META_KEY_FOLDER META_KEY_PREFIX "folder/"

/* Blobs, opaque objects and what belongs to folders without a mailbox:
   dovetail-objects.h has the keys. */
#define META_KEY_BLOB META_KEY_PREFIX "blob/"
#define META_KEY_OBJECT META_KEY_PREFIX "object/"
#define META_KEY_SPECIAL META_KEY_PREFIX "special/"

#define META_DB_NAME "dovetail.db"

enum meta_error {
	META_ERROR_NONE = 0,
	/* another process holds the database: try later (EAS 111, MAPI busy) */
	META_ERROR_BUSY,
	/* disk full, disk quota, or our own limit on items is reached: answer as
	   for a full mail quota */
	META_ERROR_NOSPACE,
	/* no right to write here (read-only sharee, read-only file system) */
	META_ERROR_READONLY,
	/* no right to read, or the database cannot be opened by this uid */
	META_ERROR_NOACCESS,
	/* something is not as expected (meta_txn_expect_sync(),
	   meta_entry_expect(), ...): nothing was written */
	META_ERROR_CONFLICT,
	/* the file is damaged or of a newer schema than this program */
	META_ERROR_CORRUPT,
	/* everything else: I/O error, programming error */
	META_ERROR_INTERNAL
};

/*
 * Where a database is, and how it is opened
 */

enum meta_journal {
	/* WAL, but a roll-back journal on network file systems */
	META_JOURNAL_AUTO = 0,
	META_JOURNAL_WAL,
	/* needed where read-only sharees have a uid of their own */
	META_JOURNAL_ROLLBACK
};

struct meta_settings {
	enum meta_journal journal;
	/* fsync at every commit; FALSE: a power cut may lose the last commits,
	   never consistency; kill -9 loses nothing */
	bool full_sync;
	/* how long a commit waits for another process (0: 5000) */
	unsigned int busy_timeout_msecs;
	/* own limit on items of one database (0: none) */
	unsigned int max_items;
	uint64_t max_item_bytes;
};

struct meta_location {
	/* NULL or "sqlite": a file in dir; "pgsql": rows of this owner in the
	   database to which conninfo leads (PostgreSQL's keywords and values) */
	const char *driver, *conninfo, *owner;
	/* directory of the database: the control root */
	const char *dir;
	/* permissions for a new file, as the owner's mailboxes have them;
	   gid (gid_t)-1: leave */
	mode_t file_mode;
	gid_t gid;
	struct meta_settings set;
};

/* The location of the database that holds the metadata of the mailboxes of
   this list, with settings from the user's plugin settings (dovetail_meta_*).
   Right for private, shared (the owner's) and public namespaces. Returns -1
   when the list has no place on disk. Strings come from the data stack.
   The only function here that knows lib-storage (meta-location.c). */
int meta_location_from_list(struct mailbox_list *list,
			    struct meta_location *loc_r);

/* The same place in another back end: value as of the setting dovetail_meta. */
void meta_location_set(struct mailbox_list *list, const char *value,
		       struct meta_location *loc);
/* The same database? */
bool meta_location_equals(const struct meta_location *a,
			  const struct meta_location *b);
void meta_location_dup(pool_t pool, const struct meta_location *src,
		       struct meta_location *dest_r);

enum meta_open_flags {
	/* create the database if there is none */
	META_OPEN_CREATE	= 0x01,
	/* Also if SQLite's file is there still, while the site's setting says
	   PostgreSQL (else that is META_ERROR_BUSY) */
	META_OPEN_MIGRATING	= 0x02
};

/* Open, or take the process's open handle of the same path. Returns 1 when
   open, 0 when there is no database (without META_OPEN_CREATE), -1 on error
   with *code_r and *error_r (data stack). Where only reading is permitted the
   handle is read-only and writes fail with META_ERROR_READONLY. */
int meta_db_open(const struct meta_location *loc, enum meta_open_flags flags,
		 struct meta_db **db_r, enum meta_error *code_r,
		 const char **error_r);
/* Give the handle back; the connection stays open for the next meta_db_open()
   until meta_db_close_unused() or the process's end. */
void meta_db_unref(struct meta_db **db);
void meta_db_close_unused(void);

const char *meta_db_path(struct meta_db *db);
bool meta_db_is_readonly(struct meta_db *db);
/* The error of the last call that returned -1. */
enum meta_error meta_db_error(struct meta_db *db, const char **error_r);

/* The replica's epoch: random, issued when the file is made, and issued anew
   when the file was restored or copied (its inode or place is another than
   the file recorded for itself). Sequences, folder numbers and id spaces mean
   something only together with the epoch: a device whose state has another
   one is resynchronised. */
int meta_db_epoch(struct meta_db *db, guid_128_t epoch_r);
/* Consistent copy while others write. dest must not exist. */
int meta_db_backup(struct meta_db *db, const char *dest);
/* All of src into the empty dest, of another back end (else META_ERROR_CONFLICT,
   of dest). same_replica: the epoch too, so that devices go on; src is not to be
   used any more then. Errors are those of dest. */
int meta_db_copy(struct meta_db *src, struct meta_db *dest, bool same_replica);
/* Housekeeping: drop tombstones older than tombstone_secs, expired states,
   rows of extras and change numbers that belong to dead folders. Cheap; to be
   called now and then (doveadm, worker at idle). */
int meta_db_purge(struct meta_db *db, unsigned int tombstone_secs);

/*
 * Transactions
 */

struct meta_txn *meta_txn_begin(struct meta_db *db);
/* 0, or -1: nothing was written. Frees the transaction in both cases. */
int meta_txn_commit(struct meta_txn **txn);
void meta_txn_rollback(struct meta_txn **txn);

/*
 * Items: attributes of a mailbox. Values are text without NUL (what the
 * attribute interface can carry), of any size.
 */

struct meta_item {
	const char *key;
	/* NULL for a tombstone, and where values were not asked for */
	const char *value;
	size_t value_size;
	/* wall clock, for dsync's merge */
	time_t last_change;
	/* the database's change sequence at this change */
	uint64_t seq;
	bool deleted;
};

/* 1 found, 0 not: then item_r->deleted says whether a tombstone exists (its
   last_change and seq are set). */
int meta_item_get(struct meta_db *db, const guid_128_t guid, const char *key,
		  pool_t pool, struct meta_item *item_r);
/* last_change 0: now. The seq is assigned at commit. */
void meta_item_set(struct meta_txn *txn, const guid_128_t guid,
		   const char *key, const char *value, time_t last_change);
/* Leaves a tombstone, also when there was no such item. */
void meta_item_unset(struct meta_txn *txn, const guid_128_t guid,
		     const char *key, time_t last_change);

enum meta_iter_flags {
	META_ITER_VALUES	= 0x01,	/* fetch values too */
	META_ITER_TOMBSTONES	= 0x02	/* deleted ones too */
};
/* Keys with this prefix, in key order. Memory is bounded: rows are fetched in
   batches, so what is written meanwhile may or may not be seen. Other calls on
   the same database are allowed between. item_r is valid until the next call. */
struct meta_iter *
meta_item_iter_init(struct meta_db *db, const guid_128_t guid,
		    const char *prefix, enum meta_iter_flags flags);
/* What changed after the sequence `since` in this folder (keys with prefix),
   tombstones included, in order of seq; an item appears once, with its last
   change. If meta_item_purged_seq() is above `since`, deletions may be missing:
   compare the whole folder then. */
struct meta_iter *
meta_item_changes_init(struct meta_db *db, const guid_128_t guid,
		       const char *prefix, uint64_t since,
		       enum meta_iter_flags flags);
bool meta_iter_next(struct meta_iter *iter, struct meta_item *item_r);
int meta_iter_deinit(struct meta_iter **iter);
/* Highest sequence of this folder's items (0: none yet). Read it before
   the changes and keep it as the next `since`. */
int meta_item_seq(struct meta_db *db, const guid_128_t guid, uint64_t *seq_r);
/* Tombstones up to this sequence may have been purged. */
int meta_item_purged_seq(struct meta_db *db, uint64_t *seq_r);

/*
 * Entries: the items that clients see. Row META_KEY_ITEM<name> is its text, the
 * row META_KEY_ITEM<name>/extra beside it (if there is one) its extras. Rows get
 * a number (META_COUNTER_ITEM) when they are first written; the text's is that
 * of the entry. A number is never used again; a tombstone keeps it for the same
 * key. Keys whose <name> is not META_ITEM_NAME_SIZE long are no entries.
 */

struct meta_entry {
	uint32_t num;
	const char *name;
	const char *text;
	size_t text_size;
	/* NULL: none */
	const char *extra;
	/* of the text or the extras, whichever changed last */
	uint64_t seq;
	time_t last_change;
	/* Never seen outside */
	bool deleted;
};
/* 1, 0, -1 */
int meta_entry_get(struct meta_db *db, const guid_128_t guid, uint32_t num,
		   pool_t pool, struct meta_entry *entry_r);
int meta_entry_find(struct meta_db *db, const guid_128_t guid, const char *name,
		    pool_t pool, struct meta_entry *entry_r);
ARRAY_DEFINE_TYPE(meta_entry, struct meta_entry);
/* Living ones whose numbers are in [num1, num2], in their order or backwards, as
   many as fit into one answer of the database. *last_r: the number up to which
   (down to which) was looked. 0, -1 */
int meta_entry_run(struct meta_db *db, const guid_128_t guid, uint32_t num1,
		   uint32_t num2, bool backwards, pool_t pool,
		   ARRAY_TYPE(meta_entry) *entries_r, uint32_t *last_r);
/* Numbers of all living ones. */
int meta_entry_nums(struct meta_db *db, const guid_128_t guid,
		    ARRAY_TYPE(seq_range) *nums_r);

struct meta_entry_change {
	uint32_t num;
	uint64_t seq;
	bool deleted;
};
ARRAY_DEFINE_TYPE(meta_entry_change, struct meta_entry_change);
/* What changed in (since, until], by number, each once. See
   meta_item_purged_seq(). */
int meta_entry_changes(struct meta_db *db, const guid_128_t guid,
		       uint64_t since, uint64_t until,
		       ARRAY_TYPE(meta_entry_change) *changes_r);

/* The commit fails with META_ERROR_CONFLICT unless the seq of the entry, or object,
   with this key (META_KEY_ITEM<name>), as the operations before this one leave it,
   is this one; 0: unless there is no such entry. */
void meta_entry_expect(struct meta_txn *txn, const guid_128_t guid,
		       const char *key, uint64_t seq);
struct meta_entry_id {
	uint32_t num;
	uint64_t seq;
};
/* What the operations before this one make of the entry: filled by a
   successful commit; must live till then. */
void meta_entry_result(struct meta_txn *txn, const guid_128_t guid,
		       const char *key, struct meta_entry_id *id);

/* Properties of folders: rows META_KEY_FOLDER<name>. */
struct meta_prop {
	guid_128_t guid;
	/* Of the folder, as last noted; NULL: never */
	const char *path;
	const char *name, *value;
};
ARRAY_DEFINE_TYPE(meta_prop, struct meta_prop);
/* Those of all folders, one folder after the other. */
int meta_props_list(struct meta_db *db, pool_t pool,
		    ARRAY_TYPE(meta_prop) *props_r);
/* Another number when any of them changed. */
int meta_props_stamp(struct meta_db *db, uint64_t *stamp_r);

/*
 * Objects: as entries, below any prefix that ends with "object/" (META_KEY_OBJECT, or
 * one below META_KEY_SPECIAL). Row <prefix><name> is the object's value, <prefix><name>
 * "/extra" its index line; the number is that of the first.
 */

struct meta_object {
	uint32_t num;
	const char *name;
	/* NULL where it was not asked for */
	const char *value;
	size_t value_size;
	/* "" if it has none */
	const char *index;
	uint64_t seq;
	time_t last_change;
};
ARRAY_DEFINE_TYPE(meta_object, struct meta_object);
/* With its value. 1, 0, -1 */
int meta_object_get(struct meta_db *db, const guid_128_t guid,
		    const char *prefix, uint32_t num, pool_t pool,
		    struct meta_object *object_r);
/* Living ones by number, without values. */
int meta_object_list(struct meta_db *db, const guid_128_t guid,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(meta_object) *objects_r);
/* As meta_entry_changes(). */
int meta_object_changes(struct meta_db *db, const guid_128_t guid,
			const char *prefix, uint64_t since, uint64_t until,
			ARRAY_TYPE(meta_entry_change) *changes_r);
/* Which folder and key has this number of META_COUNTER_ITEM? 1, 0 nothing living has
   it, -1 */
int meta_number_find(struct meta_db *db, uint32_t num, pool_t pool,
		     guid_128_t guid_r, const char **key_r);

/* Counts and sizes of entries and objects, a row for each folder, kind of key and
   first character of the index line. */
struct meta_total {
	guid_128_t guid;
	/* Key up to the name: META_KEY_ITEM, META_KEY_OBJECT, ... */
	const char *prefix;
	/* Of objects; '\0' of entries */
	char mark;
	uint32_t count;
	/* of the values, in bytes of text */
	uint64_t size;
	time_t last_change;
};
ARRAY_DEFINE_TYPE(meta_total, struct meta_total);
/* Of all folders; costs a pass over all of them: see meta_seq(). */
int meta_totals(struct meta_db *db, pool_t pool,
		ARRAY_TYPE(meta_total) *totals_r);
/* The last sequence given out: another one when anything changed. */
int meta_seq(struct meta_db *db, uint64_t *seq_r);

/* Blobs of folders: rows META_KEY_BLOB<name>, and META_KEY_SPECIAL<n>"/blob/"<name>. */
struct meta_blob {
	guid_128_t guid;
	/* behind META_KEY_PREFIX */
	const char *key;
	/* NULL: larger than asked for */
	const char *value;
	size_t value_size;
	uint64_t seq;
};
ARRAY_DEFINE_TYPE(meta_blob, struct meta_blob);
/* Those of all folders, by folder and key; values up to max bytes. */
int meta_blobs_list(struct meta_db *db, size_t max, pool_t pool,
		    ARRAY_TYPE(meta_blob) *blobs_r);
/* Another number when any of them changed. */
int meta_blobs_stamp(struct meta_db *db, uint64_t *stamp_r);

/*
 * Index of a folder's entries: derived from the texts. What it is made of, the
 * caller says by a function; when it is made is decided here: at opening, from
 * what changed since the last time, in a few transactions. In a database that we
 * may not write, what it lacks is derived at each opening.
 */

struct meta_index_row {
	uint32_t num;
	/* Time it takes: [first, last). INT64_MIN and INT64_MAX: no time, every
	   range has it. */
	int64_t first, last;
	unsigned int marks;
	/* Sorting key; words, folded, each with a space before it. NULL: none */
	const char *sort, *words;
};
ARRAY_DEFINE_TYPE(meta_index_row, struct meta_index_row);
/* Fills all but num; strings in the pool. Reads nothing else of the database. */
typedef void meta_index_func_t(void *context, const struct meta_entry *entry,
			       pool_t pool, struct meta_index_row *row_r);

struct meta_index;
/* version: of what func derives. Raised: the index is made anew. 0, -1 */
int meta_index_open(struct meta_db *db, const guid_128_t guid,
		    unsigned int version, meta_index_func_t *func,
		    void *context, struct meta_index **index_r);
void meta_index_close(struct meta_index **index);
/* Those with last > start and first < end. */
int meta_index_range(struct meta_index *index, int64_t start, int64_t end,
		     ARRAY_TYPE(seq_range) *nums_r);
/* Of these, those that have all marks of `with` and none of `without`. */
int meta_index_filter(struct meta_index *index, int64_t start, int64_t end,
		      unsigned int with, unsigned int without,
		      ARRAY_TYPE(seq_range) *nums_r);
struct meta_index_hit {
	uint32_t num;
	unsigned int marks;
	const char *sort;
};
ARRAY_DEFINE_TYPE(meta_index_hit, struct meta_index_hit);
/* Those in which each word of the query (NULL-terminated, folded) begins a word,
   in no order. */
int meta_index_search(struct meta_index *index, const char *const *query,
		      pool_t pool, ARRAY_TYPE(meta_index_hit) *hits_r);
/* 1, 0, -1 */
int meta_index_get(struct meta_index *index, uint32_t num, pool_t pool,
		   struct meta_index_row *row_r);

/*
 * Identities: one partition of the 48 bits of a MAPI id (GLOBCNT), fixed for
 * all time (D5). The upper 24 bits are the page:
 *
 *   page 0x000000          index 0x000001..0x00ffff  fixed ids (root, ...)
 *                          index 0x010000..0xffffff  folders: 0x010000 + fid
 *   page 0x000001-0xbfffff mail: the page is the id space, the index the
 *                          low 24 bits of the UID
 *   page 0xc00000-0xdfffff items and FAI: META_COUNTER_ITEM
 *   page 0xe00000-0xfffffe ranges given to clients (RopGetLocalReplicaIds):
 *                          META_COUNTER_CLIENT
 *   page 0xffffff          never used
 *
 * An id space is issued for each (folder, UIDVALIDITY, block), block being
 * the UID's upper 8 bits: nearly always 0. No number is ever issued twice.
 */
#define META_OID_PAGE(oid)	((uint32_t)((oid) >> 24))
#define META_OID_INDEX(oid)	((uint32_t)((oid) & 0xffffff))
#define META_OID_FOLDER(fid)	((uint64_t)(fid) + META_OID_FOLDER_FIRST)
#define META_OID_MAIL(idspace, uid) \
	(((uint64_t)(idspace) << 24) | ((uid) & 0xffffff))
#define META_OID_FOLDER_FIRST	UINT64_C(0x000000010000)
#define META_OID_FOLDER_LAST	UINT64_C(0x000000ffffff)
#define META_OID_ITEM_FIRST	UINT64_C(0xc00000000000)
#define META_OID_ITEM_LAST	UINT64_C(0xdfffffffffff)
#define META_OID_CLIENT_FIRST	UINT64_C(0xe00000000000)
#define META_OID_CLIENT_LAST	UINT64_C(0xfffffeffffff)
#define META_IDSPACE_LAST	0xbfffffU
#define META_FID_LAST		0xfeffffU

enum meta_counter {
	META_COUNTER_ITEM,	/* ids of items and FAI messages */
	META_COUNTER_CLIENT,	/* ranges for clients */
	META_COUNTER_CN		/* change numbers */
};
/* Take `count` consecutive numbers; *first_r is the first. */
int meta_counter_take(struct meta_db *db, enum meta_counter counter,
		      uint64_t count, uint64_t *first_r);

/*
 * Folder numbers
 */

enum meta_folder_kind {
	/* a mailbox of this database's owner, by GUID */
	META_FOLDER_MAILBOX = 0,
	/* another owner's mailbox, by (owner, GUID): the sharee's own number */
	META_FOLDER_FOREIGN = 1,
	/* a name that cannot be selected: no GUID. Also for virtual nodes a
	   protocol shows; name is any string, unique within the kind */
	META_FOLDER_NAME = 2
};

struct meta_folder_key {
	enum meta_folder_kind kind;
	guid_128_t guid;	/* MAILBOX, FOREIGN */
	const char *owner;	/* FOREIGN */
	const char *name;	/* NAME */
};

struct meta_folder {
	uint32_t fid;		/* from 1 on */
	struct meta_folder_key key;
	/* last known name (storage name), for repair; may be NULL */
	const char *path;
	/* deleted: the number stays taken, the key is free again */
	bool dead;
	time_t created;
};
ARRAY_DEFINE_TYPE(meta_folder, struct meta_folder);

int meta_folder_lookup(struct meta_db *db, const struct meta_folder_key *key,
		       uint32_t *fid_r);
/* Look up, and issue numbers for those that have none, all in one write.
   paths may be NULL, or has an element (or NULL) for each key and is recorded
   for repair. Returns 0, or -1 with nothing issued. */
int meta_folder_issue(struct meta_db *db, const struct meta_folder_key *keys,
		      const char *const *paths, unsigned int count,
		      uint32_t *fids_r);
int meta_folder_get(struct meta_db *db, uint32_t fid, pool_t pool,
		    struct meta_folder *folder_r);
/* All living folders, by number. Strings come from the pool. */
int meta_folder_list(struct meta_db *db, pool_t pool,
		     ARRAY_TYPE(meta_folder) *folders_r);
/* Record a new path (kind MAILBOX, FOREIGN); for kind NAME use rekey. */
void meta_folder_set_path(struct meta_txn *txn,
			  const struct meta_folder_key *key, const char *path);
/* The folder is known by another key from now on; number, items, extras and
   id spaces stay. If the new key already has a folder, its items are merged in
   (later last_change wins) and its number dies. */
void meta_folder_rekey(struct meta_txn *txn, const struct meta_folder_key *old,
		       const struct meta_folder_key *new_key);
/* The mailbox is deleted: items, tombstones, extras, id spaces, aliases and
   change numbers go, the number stays taken. */
void meta_folder_forget(struct meta_txn *txn,
			const struct meta_folder_key *key);

/*
 * Mail: id spaces and aliases
 */

/* The block of a UID, for meta_idspace_issue(). */
#define META_UID_BLOCK(uid) ((uint8_t)((uid) >> 24))

struct meta_mail_id {
	/* of the folder, UIDVALIDITY and the UID's block */
	uint32_t idspace;
	uint32_t uid;
};

/* The id space of (folder, uidvalidity, block), issued at first need. */
int meta_idspace_issue(struct meta_db *db, uint32_t fid, uint32_t uidvalidity,
		       uint8_t block, uint32_t *idspace_r);
/* Back: which folder and UIDVALIDITY. 0: never issued, or its folder died. */
int meta_idspace_get(struct meta_db *db, uint32_t idspace, uint32_t *fid_r,
		     uint32_t *uidvalidity_r, uint8_t *block_r);

/* An alias says that the object first seen as `object` is now the message
   `current` (a draft saved again, an edited message, a moved one). Setting it
   for a `current` that was itself a rewritten object keeps the first id: pass
   the object id that meta_alias_object() returned. Nearly no message has one. */
void meta_alias_set(struct meta_txn *txn, const struct meta_mail_id *object,
		    const struct meta_mail_id *current);
/* Where is the object now? 0: no alias, it is where its id says (if it still
   is; a replaced original is expunged). */
int meta_alias_current(struct meta_db *db, const struct meta_mail_id *object,
		       struct meta_mail_id *current_r);
/* Which object is this message? 0: itself. */
int meta_alias_object(struct meta_db *db, const struct meta_mail_id *current,
		      struct meta_mail_id *object_r);

struct meta_alias {
	struct meta_mail_id object;
	struct meta_mail_id current;
};
ARRAY_DEFINE_TYPE(meta_alias, struct meta_alias);
/* All aliases whose current message lies in this UID range, by UID. One index
   look-up when there are none. */
int meta_alias_range(struct meta_db *db, uint32_t idspace, uint32_t uid1,
		     uint32_t uid2, ARRAY_TYPE(meta_alias) *aliases_r);
/* The message (as current) is gone: drop its alias. */
void meta_alias_drop(struct meta_txn *txn, const struct meta_mail_id *current);

/*
 * Change numbers of objects (by 48-bit id), implicit (no row) while an object
 * is as it arrived.
 */

/* Key of an item's or opaque object's row: numbers are those of its owner's database,
   so the folder's number here tells owners apart. */
#define META_CHANGE_NUM(fid, num) \
	((UINT64_C(1) << 62) | ((uint64_t)(fid) << 32) | (num))
/* Key of a folder without a mailbox; scope: see below. */
#define META_CHANGE_SPECIAL(scope, special) \
	((UINT64_C(1) << 61) | ((uint64_t)(scope) << 16) | (special))

struct meta_change {
	uint64_t oid;
	uint32_t fid;
	uint64_t cn;		/* last change other than read state; 0: none */
	uint64_t read_cn;	/* last change of the read state; 0: none */
	const void *change_key;	/* XID, or NULL */
	size_t change_key_size;
	const void *pcl;	/* PredecessorChangeList, or NULL */
	size_t pcl_size;
};

enum meta_change_what {
	META_CHANGE_CONTENT	= 0x01,	/* give a new cn */
	META_CHANGE_READ	= 0x02	/* give a new read_cn */
};
/* The object changed: numbers are taken from META_COUNTER_CN at commit. A new
   cn drops the stored ChangeKey, which then is that of our replica; the PCL stays as
   what the change came after. */
void meta_change_bump(struct meta_txn *txn, uint64_t oid, uint32_t fid,
		      enum meta_change_what what);
/* Store all fields as given (import from a client or replica). */
void meta_change_set(struct meta_txn *txn, const struct meta_change *change);
/* What a client said of a change. cn 0: of the one the object has. */
void meta_change_sign(struct meta_txn *txn, const struct meta_change *change);
void meta_change_unset(struct meta_txn *txn, uint64_t oid);
int meta_change_get(struct meta_db *db, uint64_t oid, pool_t pool,
		    struct meta_change *change_r);
ARRAY_DEFINE_TYPE(meta_change, struct meta_change);
/* Objects of the folder with cn or read_cn above `since`, in that order, at
   most `limit` (0: all). */
int meta_change_since(struct meta_db *db, uint32_t fid, uint64_t since,
		      unsigned int limit, pool_t pool,
		      ARRAY_TYPE(meta_change) *changes_r);
/* The last number taken. */
int meta_change_current(struct meta_db *db, uint64_t *cn_r);

/*
 * Ids that clients chose. scope: number of a view (0 the user's own; else a folder
 * number issued for it). key: of meta_change (oid, META_CHANGE_NUM, ...).
 */

struct meta_given {
	uint32_t scope;
	uint16_t replid;
	uint64_t counter;
	uint64_t key;
	uint32_t fid;
};
ARRAY_DEFINE_TYPE(meta_given, struct meta_given);
/* The object has this id from now on, and no other. Who had it loses it. */
void meta_given_set(struct meta_txn *txn, const struct meta_given *given);
/* 1, 0, -1: by scope, replid, counter; or by key. */
int meta_given_find(struct meta_db *db, struct meta_given *given);
int meta_given_of(struct meta_db *db, uint64_t key, struct meta_given *given_r);
/* All of the folder, by key; nearly always there are none. */
int meta_given_list(struct meta_db *db, uint32_t fid,
		    ARRAY_TYPE(meta_given) *givens_r);
/* Another number when any was set. */
int meta_given_stamp(struct meta_db *db, uint64_t *stamp_r);

/* Replicas of a scope: numbers from `first` on, never another's. 1, 0, -1 */
int meta_replica_get(struct meta_db *db, uint32_t scope, uint16_t replid,
		     guid_128_t guid_r);
int meta_replica_find(struct meta_db *db, uint32_t scope, const guid_128_t guid,
		      uint16_t *replid_r);
int meta_replica_issue(struct meta_db *db, uint32_t scope,
		       const guid_128_t guid, uint16_t first,
		       uint16_t *replid_r);

/* A table of names: numbers first..last, given once and for all. Those that have none
   get 0 in ids_r where it is full (META_ERROR_NOSPACE, and the others are issued). last
   0: none is issued, and that is no error. */
int meta_names_issue(struct meta_db *db, const char *const *names,
		     unsigned int count, uint16_t first, uint16_t last,
		     uint16_t *ids_r);
struct meta_name {
	uint16_t id;
	const char *name;
};
ARRAY_DEFINE_TYPE(meta_name, struct meta_name);
/* Above this id, by id. */
int meta_names_list(struct meta_db *db, uint16_t above, pool_t pool,
		    ARRAY_TYPE(meta_name) *names_r);

/*
 * Extras of messages: named blobs by (folder, UIDVALIDITY, UID). The plugin
 * carries them along with copies and moves, and removes them with expunges.
 */

struct meta_mail_ref {
	guid_128_t folder;
	uint32_t uidvalidity;
	uint32_t uid;
};

struct meta_extra {
	uint32_t uid;
	const char *name;
	const void *data;
	size_t size;
};
ARRAY_DEFINE_TYPE(meta_extra, struct meta_extra);

/* mail_guid: the message's GUID when known (for repair), or NULL. */
void meta_extra_set(struct meta_txn *txn, const struct meta_mail_ref *mail,
		    const char *name, const void *data, size_t size,
		    const char *mail_guid);
/* name NULL: all of the message. */
void meta_extra_unset(struct meta_txn *txn, const struct meta_mail_ref *mail,
		      const char *name);
int meta_extra_get(struct meta_db *db, const struct meta_mail_ref *mail,
		   const char *name, pool_t pool, struct meta_extra *extra_r);
/* Extras of the UIDs uid1..uid2 (name NULL: all names), by UID and name; the
   first max of them (0: all). */
int meta_extra_range(struct meta_db *db, const guid_128_t folder,
		     uint32_t uidvalidity, uint32_t uid1, uint32_t uid2,
		     const char *name, unsigned int max, pool_t pool,
		     ARRAY_TYPE(meta_extra) *extras_r);
/* Copy all extras of a message. src_db may be the transaction's own database
   (copied in place) or another (read now, written at commit). Existing extras
   of the destination stay. */
int meta_extra_copy(struct meta_txn *txn, struct meta_db *src_db,
		    const struct meta_mail_ref *src,
		    const struct meta_mail_ref *dest);
/* These messages were expunged: drops extras, aliases that point to them,
   and their change numbers. */
void meta_mail_expunged(struct meta_txn *txn, const guid_128_t folder,
			uint32_t uidvalidity,
			const ARRAY_TYPE(seq_range) *uids);
/* Repair: a crash between a copy and our commit leaves extras without their
   message. All messages with extras whose message GUID was stored: */
struct meta_extra_owner {
	struct meta_mail_ref mail;
	const char *mail_guid;
};
ARRAY_DEFINE_TYPE(meta_extra_owner, struct meta_extra_owner);
int meta_extra_owners(struct meta_db *db, pool_t pool,
		      ARRAY_TYPE(meta_extra_owner) *owners_r);
/* All extras of src belong to dest. Those that dest has already stay. */
void meta_extra_move(struct meta_txn *txn, const struct meta_mail_ref *src,
		     const struct meta_mail_ref *dest);

/*
 * Synchronisation state. `device` is any stable name of the partnership,
 * `collection` what is synchronised ("folders", or a folder number), `key` the
 * protocol's key for this state (the SyncKey). States of one collection have
 * increasing generations; old ones stay until forgotten, so that a repeated
 * request can be answered from the state before.
 */

struct meta_sync {
	const char *device, *collection, *key;
	uint64_t generation;
	time_t changed;
	const void *data;
	size_t size;
};
ARRAY_DEFINE_TYPE(meta_sync, struct meta_sync);

/* The state of this key; key NULL: the newest. */
int meta_sync_get(struct meta_db *db, const char *device,
		  const char *collection, const char *key, pool_t pool,
		  struct meta_sync *state_r);
/* All states of a device (collection NULL) or collection, oldest first.
   Data included only when with_data. */
int meta_sync_list(struct meta_db *db, const char *device,
		   const char *collection, bool with_data, pool_t pool,
		   ARRAY_TYPE(meta_sync) *states_r);
/* Store as the newest generation; an existing key is replaced in place. */
void meta_sync_put(struct meta_txn *txn, const char *device,
		   const char *collection, const char *key,
		   const void *data, size_t size);
/* Forget the generations before the one of `key`. */
void meta_sync_forget_before(struct meta_txn *txn, const char *device,
			     const char *collection, const char *key);
/* Forget a collection, or all of a device (collection NULL). */
void meta_sync_delete(struct meta_txn *txn, const char *device,
		      const char *collection);
/* The commit fails with META_ERROR_CONFLICT unless the newest generation of
   the collection still is this one (0: none): two requests of one device that
   run at once cannot both go on from the same state. */
void meta_txn_expect_sync(struct meta_txn *txn, const char *device,
			  const char *collection, uint64_t generation);

/* Small values of a device (kind: what it is, name: which): a cached Ping
   request, ClientIds already used, ... Device "" is the user's own. */
struct meta_state {
	const char *name;
	const void *data;
	size_t size;
	time_t changed, expires;
};
ARRAY_DEFINE_TYPE(meta_state, struct meta_state);

/* Expired values are not found. */
int meta_state_get(struct meta_db *db, const char *device, const char *kind,
		   const char *name, pool_t pool, struct meta_state *state_r);
int meta_state_list(struct meta_db *db, const char *device, const char *kind,
		    pool_t pool, ARRAY_TYPE(meta_state) *states_r);
/* Names only, of those that begin with prefix. */
int meta_state_names(struct meta_db *db, const char *device, const char *kind,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(const_string) *names_r);
/* expires 0: never. */
void meta_state_put(struct meta_txn *txn, const char *device,
		    const char *kind, const char *name, const void *data,
		    size_t size, time_t expires);
/* name NULL: all of the kind; kind NULL: all of the device. */
void meta_state_delete(struct meta_txn *txn, const char *device,
		       const char *kind, const char *name);
/* All of the kind whose name begins with prefix. */
void meta_state_delete_prefix(struct meta_txn *txn, const char *device,
			      const char *kind, const char *prefix);
/* The commit fails with META_ERROR_CONFLICT unless the value (as the
   operations before this one leave it) is these bytes; data NULL: unless there
   is no such value. */
void meta_state_expect(struct meta_txn *txn, const char *device,
		       const char *kind, const char *name,
		       const void *data, size_t size);

#endif
