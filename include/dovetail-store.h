#ifndef DOVETAIL_STORE_H
#define DOVETAIL_STORE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store layer: one mail user's folders and messages for every protocol.

   Protocol code (eas, later mapi and ews) sees mailboxes only through this
   header.  It knows folders by number, messages by object id, and asks for
   changes since a point.  Nothing here is of one protocol.

   Returns: 0 / 1 success, -1 error unless said otherwise; after -1
   store_last_error() tells why, and the reason was logged if it is the server's
   fault.  Memory of results is the given pool's.  Strings are UTF-8.

   Several workers of one user run at once: everything here is safe for that. */

#include "array.h"
#include "guid.h"
#include "seq-range-array.h"

struct mail_user;
struct istream;
struct message_part;
struct store;
struct store_folder;
struct store_msg;
struct store_fetch;
struct store_state_txn;

enum store_error {
	STORE_ERROR_NONE = 0,
	STORE_ERROR_NOTFOUND,		/* no such folder / message / row */
	STORE_ERROR_EXISTS,		/* name is taken */
	STORE_ERROR_PERM,		/* ACL says no */
	STORE_ERROR_QUOTA,		/* user's quota */
	STORE_ERROR_NOSPACE,		/* disk full */
	STORE_ERROR_BUSY,		/* metadata or mailbox locked: try later */
	STORE_ERROR_INVALID,		/* bad name or argument */
	STORE_ERROR_UNSUPPORTED,	/* e.g. rename of INBOX */
	STORE_ERROR_INPUT,		/* the given input stream failed */
	STORE_ERROR_TEMP,		/* anything else: try later */
};

struct store_settings {
	/* Which user's primary address; from userdb/plugin settings. */
	const char *address;
	const char *const *aliases;
	const char *display_name;
};

/* --- session ------------------------------------------------------------- */

int store_init(struct mail_user *user, struct event *event_parent,
	       struct store **store_r, const char **error_r);
void store_deinit(struct store **store);
/* End of a request: close what must not stay open, keep the rest warm. */
void store_request_done(struct store *store);
/* Nobody asked for a while: close also what was kept warm. */
void store_close_idle(struct store *store);

enum store_error store_last_error(struct store *store, const char **text_r);
const struct store_settings *store_get_settings(struct store *store);
/* plugin { } setting of the user; NULL if unset. */
const char *store_setting(struct store *store, const char *name);
/* The groups that Dovecot's ACL knows the user to be in, NULL-terminated. */
const char *const *store_user_groups(struct store *store, pool_t pool);
const char *store_username(struct store *store);
/* The acting client (hash of user and device): its own changes do not wake it.
   0: none. */
void store_set_origin(struct store *store, uint64_t origin);
/* Random number of this copy of the metadata; another one (dsync replica,
   restored backup) has another: clients' states are then reconciled. */
int store_epoch(struct store *store, uint64_t *epoch_r);
/* Quota in bytes; -1 in limit_r: none. Returns 0 if there is no quota. */
int store_quota(struct store *store, uint64_t *used_r, int64_t *limit_r);

/* --- folders ------------------------------------------------------------- */

/* Number of a folder in this user's store: stable over rename, never used
   again. 0 is the root of the tree. */
typedef uint32_t store_fid_t;

enum store_role {
	STORE_ROLE_NONE = 0,
	STORE_ROLE_INBOX,
	STORE_ROLE_DRAFTS,
	STORE_ROLE_SENT,
	STORE_ROLE_TRASH,
	STORE_ROLE_JUNK,
	STORE_ROLE_ARCHIVE,
	STORE_ROLE_OUTBOX,
	STORE_ROLE_FLAGGED,
	STORE_ROLE_ALL,
	/* default folders of items; role and class together */
	STORE_ROLE_CALENDAR,
	STORE_ROLE_CONTACTS,
	STORE_ROLE_COLLECTED,
	STORE_ROLE_TASKS,
	STORE_ROLE_NOTES,
	STORE_ROLE_JOURNAL,
};

enum store_class {
	STORE_CLASS_MAIL = 0,
	STORE_CLASS_CALENDAR,
	STORE_CLASS_CONTACTS,
	STORE_CLASS_TASKS,
	STORE_CLASS_NOTES,
	STORE_CLASS_JOURNAL,
};

enum store_rights {
	STORE_RIGHT_LOOKUP	= 0x001,
	STORE_RIGHT_READ	= 0x002,
	STORE_RIGHT_WRITE	= 0x004,	/* flags, keywords */
	STORE_RIGHT_WRITE_SEEN	= 0x008,
	STORE_RIGHT_WRITE_DELETED = 0x010,
	STORE_RIGHT_INSERT	= 0x020,
	STORE_RIGHT_EXPUNGE	= 0x040,
	STORE_RIGHT_CREATE	= 0x080,	/* children */
	STORE_RIGHT_DELETE	= 0x100,	/* the mailbox, rename too */
	STORE_RIGHT_ADMIN	= 0x200,
	STORE_RIGHT_POST	= 0x400,	/* deliver to it; on INBOX: send for its owner */
};

struct store_folder_info {
	store_fid_t fid, parent;
	/* Last part of the name; of a namespace's root: its own name. */
	const char *name;
	/* What to show: as name, but of folders of items the display name that was
	   set, and of default ones the user's language. Never NULL. */
	const char *display;
	/* Dovecot's full name, for logs. */
	const char *vname;
	enum store_role role;
	enum store_class class;
	/* All zero for a folder that holds no messages (\Noselect). */
	guid_128_t guid;
	/* User whose store it is in; "" for public mailboxes. */
	const char *owner;
	bool foreign;		/* not the user's own */
	bool selectable;
	/* Another's, and its items are not for this user: there are rights that show
	   the name, or only when the owner is busy */
	bool unreadable;
	/* Of the user's own folders of items: not hidden by the user */
	bool subscribed;
};
ARRAY_DEFINE_TYPE(store_folder_info, struct store_folder_info);

/* All folders the user may see, parents before children. The result is kept
   and only read again when something changed (cheap to call per request). */
int store_folders(struct store *store,
		  const ARRAY_TYPE(store_folder_info) **folders_r);
/* NULL if there is none (any more). */
const struct store_folder_info *
store_folder_find(struct store *store, store_fid_t fid);
const struct store_folder_info *
store_folder_find_role(struct store *store, enum store_role role);
int store_folder_rights(struct store *store, store_fid_t fid,
			enum store_rights *rights_r);
/* Makes and subscribes it (one of items is not subscribed: IMAP clients need not
   see it). Name is one part, any script; separator and control characters:
   STORE_ERROR_INVALID. */
int store_folder_create(struct store *store, store_fid_t parent,
			const char *name, enum store_class class,
			store_fid_t *fid_r);
/* New parent and name; number stays. */
int store_folder_rename(struct store *store, store_fid_t fid,
			store_fid_t parent, const char *name);
/* With its children. Folders with a role, and INBOX: UNSUPPORTED. */
int store_folder_delete(struct store *store, store_fid_t fid);
/* The role's folder, made if it is missing (Sent, Drafts, Trash). */
int store_folder_need_role(struct store *store, enum store_role role,
			   store_fid_t *fid_r);

/* --- an open folder ------------------------------------------------------ */

/* Where a client is in a folder: written into its sync state as it is. */
struct store_point {
	/* Id space of (folder, UIDVALIDITY); another one: all ids are void. */
	uint32_t idspace;
	uint32_t uidnext;
	uint64_t modseq;
	/* Highest modseq of private flags (INDEXPVT), 0 if there are none. */
	uint64_t pvt_modseq;
};

/* Opens (or takes a warm one) and brings it up to date. */
int store_open(struct store *store, store_fid_t fid,
	       struct store_folder **folder_r);
void store_close(struct store_folder **folder);
store_fid_t store_fid(const struct store_folder *folder);
int store_refresh(struct store_folder *folder);
void store_point_get(struct store_folder *folder, struct store_point *point_r);
unsigned int store_message_count(struct store_folder *folder);
/* Answers from the list index when it can, without opening the mailbox: TRUE =
   nothing changed since the point, FALSE = open and see. */
bool store_unchanged(struct store *store, store_fid_t fid,
		     const struct store_point *since);

/* What of a message changed since a point, or more. 0: anything may have. */
enum store_changed_what {
	STORE_CHANGED_SEEN = 0x01,
	STORE_CHANGED_FLAGGED = 0x02,
	STORE_CHANGED_KEYWORDS = 0x04,
	/* another flag, such as \Answered */
	STORE_CHANGED_OTHER = 0x08,
};

struct store_changed {
	uint32_t uid;
	/* Modseq of the message's last flag change. */
	uint64_t modseq;
	enum store_changed_what what;
};
ARRAY_DEFINE_TYPE(store_changed, struct store_changed);

struct store_rewritten {
	uint32_t old_uid, new_uid;
};

struct store_changes {
	/* UIDs that exist and are not in known. */
	ARRAY_TYPE(seq_range) added;
	/* In known, exist, flags or keywords (also private \Seen) changed. */
	ARRAY_TYPE(store_changed) changed;
	/* In known, exist no more. A rewritten message (its object id lives on
	   under a new UID) is in rewritten, not here and not in added. */
	ARRAY_TYPE(seq_range) expunged;
	ARRAY(struct store_rewritten) rewritten;
	/* The folder as of this answer. */
	struct store_point now;
};

/* What happened since the point. known: UIDs the client has, from which added
   and expunged are told. only_new_from: UIDs below it are not reported as added
   (they were left out by the client's filter), 0: all.
   Returns 1, 0 if the id space is another one (everything is new), -1 error.
   Cost: that of the changes (D6), not of the folder. */
int store_changes(struct store_folder *folder, const struct store_point *since,
		  const ARRAY_TYPE(seq_range) *known, uint32_t only_new_from,
		  pool_t pool, struct store_changes *changes_r);

/* UIDs received at or after the time; 0: all. Messages marked \Deleted by IMAP
   clients are not left out (they still exist). */
int store_uids_since(struct store_folder *folder, time_t received_since,
		     ARRAY_TYPE(seq_range) *uids_r);

/* --- messages ------------------------------------------------------------ */

/* Object id of a message: stable also when the message is written anew. Two
   numbers; print as "%x.%x" if a string is needed. */
struct store_oid {
	uint32_t idspace;
	uint32_t uid;
};

/* By UID in the open folder. */
void store_oid_of(struct store_folder *folder, uint32_t uid,
		  struct store_oid *oid_r);
/* Any id a client sent: returns 1 and where it is now, 0 if it is gone or was
   never the user's, -1 error. Rights are checked when the folder is opened. */
int store_oid_find(struct store *store, const struct store_oid *oid,
		   store_fid_t *fid_r, uint32_t *uid_r);

enum store_flags {
	STORE_FLAG_ANSWERED	= 0x01,
	STORE_FLAG_FLAGGED	= 0x02,
	STORE_FLAG_DELETED	= 0x04,
	STORE_FLAG_SEEN		= 0x08,
	STORE_FLAG_DRAFT	= 0x10,
};

/* What a fetch will look at, so that it is prefetched and cached well. */
enum store_want {
	STORE_WANT_FLAGS	= 0x01,
	STORE_WANT_HEADERS	= 0x02,	/* the usual ones of a list */
	STORE_WANT_STRUCTURE	= 0x04,	/* MIME parts with content types */
	STORE_WANT_BODY		= 0x08,	/* beginning or all of the text */
	STORE_WANT_SIZE		= 0x10,
};

struct store_fetch *
store_fetch_init(struct store_folder *folder,
		 const ARRAY_TYPE(seq_range) *uids, enum store_want want,
		 bool newest_first);
/* FALSE at the end. A message expunged meanwhile is skipped. */
bool store_fetch_next(struct store_fetch *fetch, struct store_msg **msg_r);
int store_fetch_deinit(struct store_fetch **fetch);

uint32_t store_msg_uid(struct store_msg *msg);
enum store_flags store_msg_flags(struct store_msg *msg);
/* NULL-terminated; IMAP keywords as they are. */
const char *const *store_msg_keywords(struct store_msg *msg);
uint64_t store_msg_modseq(struct store_msg *msg);
int store_msg_received(struct store_msg *msg, time_t *time_r);
/* Size with CRLFs. */
int store_msg_size(struct store_msg *msg, uoff_t *size_r);
/* Raw (unfolded, not RFC 2047-decoded) value of the first such header; NULL:
   none. 0 / -1 (expunged or unreadable). Names of the usual list headers are
   served from the cache. */
int store_msg_header(struct store_msg *msg, const char *name,
		     const char **value_r);
int store_msg_headers(struct store_msg *msg, const char *name,
		      const char *const **values_r);
/* Parts with message_part_data (types, dispositions, ids) filled; a damaged
   cache may leave some without (data NULL): read their headers then. */
int store_msg_parts(struct store_msg *msg, struct message_part **parts_r);
/* Seekable, whole raw message; owned by msg. */
int store_msg_stream(struct store_msg *msg, struct istream **input_r);
/* Dovecot's message GUID. */
int store_msg_guid(struct store_msg *msg, const char **guid_r);

struct store_flag_change {
	enum store_flags add, remove;
	/* NULL-terminated or NULL */
	const char *const *keywords_add, *const *keywords_remove;
	/* Others are to look at the flag again even if no bit differs: what
	   hangs on it has changed. Told as STORE_CHANGED_FLAGGED. */
	bool touch;
};

/* Changes flags; changed_r (may be NULL) gets each UID with the modseq that
   this change gave it, so that the caller does not echo it to its client. */
int store_flags_change(struct store_folder *folder,
		       const ARRAY_TYPE(seq_range) *uids,
		       const struct store_flag_change *change,
		       ARRAY_TYPE(store_changed) *changed_r);

struct store_save {
	/* Blocking, whole message; LF or CRLF. */
	struct istream *input;
	enum store_flags flags;
	const char *const *keywords;
	/* 0: now */
	time_t received;
	/* Not 0: this message is replaced: the new one keeps its object id, the
	   old one is expunged once the new one is safe. */
	uint32_t replaces_uid;
};
int store_save(struct store_folder *folder, const struct store_save *save,
	       uint32_t *uid_r);

struct store_moved {
	uint32_t src_uid, dest_uid;
};
ARRAY_DEFINE_TYPE(store_moved, struct store_moved);
/* Moves (or copies) to another folder; extras go along. Messages that do not
   exist any more are left out of moved_r. */
int store_move(struct store_folder *src, const ARRAY_TYPE(seq_range) *uids,
	       struct store_folder *dest, bool copy,
	       ARRAY_TYPE(store_moved) *moved_r);
/* Really removes. */
int store_expunge(struct store_folder *folder,
		  const ARRAY_TYPE(seq_range) *uids);
/* All messages, and the folders below too if asked. */
int store_folder_empty(struct store *store, store_fid_t fid, bool subfolders);

/* What the standards cannot hold, kept beside the message (D7) and following it
   through copies and moves, also those of IMAP clients. name: lower-case ASCII.
   get: 1 found, 0 none, -1 error. set with NULL value removes. */
int store_extra_get(struct store_folder *folder, uint32_t uid, const char *name,
		    pool_t pool, const char **value_r);
int store_extra_set(struct store_folder *folder, uint32_t uid, const char *name,
		    const char *value);
/* get during a pass over messages: one query serves them all, so what changes
   after the first message is not seen. The value lives as long as msg. */
int store_msg_extra(struct store_msg *msg, const char *name,
		    const char **value_r);

/* Change numbers (D5): the object's, which rises with every change but that of
   \Seen, and that of its read state; 0: as it arrived. */
int store_change_number(struct store_folder *folder, uint32_t uid,
			uint64_t *cn_r, uint64_t *read_cn_r);

/* --- conversations ------------------------------------------------------- */

struct mime_message;

/* The id of a message's conversation (16 bytes; D7), kept from first sight. mime
   is the message, by UID in the open folder. 0 / -1 */
int store_conversation_id(struct store_folder *folder,
			  struct mime_message *mime, uint32_t uid,
			  unsigned char *id_r);
/* The thread to which its messages' headers give the one id
   (mime_conversation_natural()) has the other. */
int store_conversation_keep(struct store *store, const unsigned char *natural,
			    const unsigned char *id);
/* Adds every message of the folder that is in a conversation with one of these.
   The first call on an open folder reads headers of all of them (from Dovecot's
   cache where it has them), later ones those of new messages. */
int store_conversation_uids(struct store_folder *folder,
			    ARRAY_TYPE(seq_range) *uids);

/* From now on messages of the conversation that arrive go to the folder, from
   everywhere but Sent, Drafts, Trash and Junk. QUOTA: there are too many. */
int store_conversation_move_always(struct store *store,
				   const unsigned char *id, store_fid_t dest);
/* Moves what arrived since the last call. Cheap where nothing is always moved;
   before anything is told to a client. */
int store_conversation_moves_run(struct store *store);

/* --- search -------------------------------------------------------------- */

struct store_query {
	/* Words anywhere (headers and text; FTS where the site has it). */
	const char *text;
	const char *subject, *from, *to, *cc, *bcc, *body, *header_name, *header_value;
	/* 0: not asked; received time, [since, before) */
	time_t since, before;
	enum store_flags with_flags, without_flags;
	const char *keyword;
	/* 16-byte conversation id; NULL: any */
	const unsigned char *conversation_id;
	uoff_t larger_than;
};
struct store_hit {
	store_fid_t fid;
	uint32_t uid;
	time_t received;
};
ARRAY_DEFINE_TYPE(store_hit, struct store_hit);
/* In the folder and, if deep, those below it; fid 0: everywhere (Trash and Junk
   too). Newest first, at most max hits; total_r counts all. */
int store_search(struct store *store, store_fid_t fid, bool deep,
		 const struct store_query *query, unsigned int max,
		 ARRAY_TYPE(store_hit) *hits_r, unsigned int *total_r);

/* --- clients' state ------------------------------------------------------ */

/* Rows beside the metadata: they do not wake anybody. (device, name) -> value.
   device is the protocol's key of the client ("eas:<DeviceId>"), name e.g.
   "sync/12". get: 1 found, 0 none, -1 error (BUSY: try later). */
int store_state_get(struct store *store, const char *device, const char *name,
		    pool_t pool, const unsigned char **data_r, size_t *size_r);
/* Several changes of one answer become durable together, before the answer
   leaves. */
struct store_state_txn *store_state_begin(struct store *store);
void store_state_set(struct store_state_txn *txn, const char *device,
		     const char *name, const void *data, size_t size);
void store_state_unset(struct store_state_txn *txn, const char *device,
		       const char *name);
/* All names of the device that begin with prefix. */
void store_state_unset_prefix(struct store_state_txn *txn, const char *device,
			      const char *prefix);
/* expected (may be NULL): fails with STORE_ERROR_EXISTS if the row's value is
   not this one any more: two requests of a device raced. */
void store_state_expect(struct store_state_txn *txn, const char *device,
			const char *name, const void *data, size_t size);
int store_state_commit(struct store_state_txn **txn);
void store_state_rollback(struct store_state_txn **txn);
/* Names (without values) that begin with prefix. */
int store_state_list(struct store *store, const char *device,
		     const char *prefix, pool_t pool,
		     ARRAY_TYPE(const_string) *names_r);

/* Device partnerships are attributes (shown by doveadm, copied by dsync): a
   flat list of key/value lines under the device's key. */
struct store_device {
	/* protocol's key, e.g. "eas:ApplDNQX1..." */
	const char *key;
	/* name, value, name, value, ..., NULL: "type", "model", "os", "agent",
	   "first_seen", "last_seen", "state" (allow|block|quarantine|wipe),
	   "policy_key", ... Unknown names are kept. */
	const char *const *fields;
};
int store_device_get(struct store *store, const char *key, pool_t pool,
		     struct store_device *device_r);
int store_device_set(struct store *store, const struct store_device *device);
int store_device_list(struct store *store, pool_t pool,
		      ARRAY_TYPE(const_string) *keys_r);

/* --- identities ---------------------------------------------------------- */

enum store_send_right {
	STORE_SEND_NONE = 0,	/* refuse */
	STORE_SEND_SELF,	/* own address or alias */
	STORE_SEND_AS,		/* another's, as that one */
	STORE_SEND_ON_BEHALF,	/* another's, Sender must name the user */
};
/* May the user write this address into From? (own, aliases, and the rights that
   other owners gave: attribute/ACL, R21) */
int store_send_right(struct store *store, const char *address,
		     enum store_send_right *right_r);

#endif
