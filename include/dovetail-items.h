#ifndef DOVETAIL_ITEMS_H
#define DOVETAIL_ITEMS_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store layer's other half: items (appointments, contacts, tasks, notes) in
   folders whose class is not mail.

   An item is text (iCalendar or vCard, the truth) in a mailbox attribute, and
   extras beside it (what the standard cannot hold). Attributes of its folder's
   mailbox, below META_KEY_PREFIX:

     item/<name>          the text
     item/<name>/extra    lines "key=value", tab-escaped; absent when empty
     folder/class         calendar | contacts | tasks | notes | journal
     folder/role          calendar | contacts | collected | tasks | notes | journal:
                          the user's default folder of that kind
     folder/color         #rrggbb
     folder/order         decimal number
     folder/reminder      minutes before, for new appointments
     folder/display       name to show; absent: the mailbox's name
     folder/hidden        yes: the owner unsubscribed this own folder
     folder/busy-rights   who may see when the owner is busy, by ACL identifier:
                          lines "<0|1|2>TAB<identifier>"; before folder/freebusy
     folder/freebusy      all | acl | none: who may see when the owner is busy (of
                          the default calendar; absent: dovetail_freebusy)

   <name> is 32 lower-case hex digits: the beginning of SHA-256 of the item's UID
   property. So one UID is one item in a folder, in every replica; saving the
   same again is no second item.

   Each item also has a number (META_COUNTER_ITEM; never used again; another one
   in another replica). Numbers order by age, are what clients' states are made
   of (ranges), and are the item's object id: struct store_oid with idspace 0
   and the number as uid.

   Writes go through the mailbox's attributes in one transaction for each call,
   so ACL, dsync, HIGHESTMODSEQ and the change bus hold. The database is that of
   the folder's owner. Reading needs the right `r`; insert, write and expunge are
   `i`, `w` and `e` (STORE_ERROR_PERM); folder/... needs `x`, as renaming does. A database that cannot be read is
   STORE_ERROR_BUSY or _TEMP, never an empty folder.

   Returns and memory as in dovetail-store.h. */

#include "dovetail-store.h"

struct store_item {
	/* 0: not saved yet */
	uint32_t num;
	/* 32 hex digits */
	const char *name;
	/* iCalendar or vCard; NULL if it was not asked for */
	const char *text;
	size_t text_size;
	/* key, value, key, value, ..., NULL; never NULL itself */
	const char *const *extras;
	/* Sequence of its last change: with the folder's own, in order */
	uint64_t seq;
	time_t last_change;
};

/* The value of an extra, NULL: none. */
const char *store_item_extra(const struct store_item *item, const char *key);

/* Name of a UID (data stack). */
const char *store_item_name(const char *uid);

/* 1 found, 0 not (any more), -1 error. */
int store_item_get(struct store *store, store_fid_t fid, uint32_t num,
		   pool_t pool, struct store_item *item_r);
int store_item_get_uid(struct store *store, store_fid_t fid, const char *uid,
		       pool_t pool, struct store_item *item_r);
/* In which of the user's own folders of this class is this UID? 1, 0, -1 */
int store_item_find_uid(struct store *store, enum store_class class,
			const char *uid, pool_t pool, store_fid_t *fid_r,
			struct store_item *item_r);

/* Reads many, in the order of their numbers, or newest first. Missing ones are
   skipped. item_r is valid until the next call. */
struct store_item_iter *
store_item_iter_init(struct store *store, store_fid_t fid,
		     const ARRAY_TYPE(seq_range) *nums, bool newest_first);
bool store_item_iter_next(struct store_item_iter *iter,
			  struct store_item *item_r);
int store_item_iter_deinit(struct store_item_iter **iter);

struct store_item_write {
	/* Which item: its UID property */
	const char *uid;
	const char *text;
	/* All of them; NULL: those it has stay; empty list: none */
	const char *const *extras;
	/* Not 0: fails with STORE_ERROR_EXISTS if the item's seq is another one
	   meanwhile (somebody changed it): read again and decide. */
	uint64_t expected_seq;
	/* Fail with STORE_ERROR_EXISTS if there is such an item already. */
	bool only_new;
};
/* Saves it; num_r and seq_r (may be NULL) are those that this write gave it, also
   if others wrote since. If text and extras are the same as before, nothing is
   written and nobody woken. */
int store_item_put(struct store *store, store_fid_t fid,
		   const struct store_item_write *write,
		   uint32_t *num_r, uint64_t *seq_r);
/* Several in one transaction (import). failed_r: index of the one at fault. */
int store_item_put_many(struct store *store, store_fid_t fid,
			const struct store_item_write *writes,
			unsigned int count, unsigned int *failed_r);
/* Items that are gone already are no error. */
int store_item_delete(struct store *store, store_fid_t fid,
		      const ARRAY_TYPE(seq_range) *nums);
/* A copy there, with extras and blobs; one of the same UID there is replaced. */
int store_item_copy(struct store *store, store_fid_t src, uint32_t num,
		    store_fid_t dest, uint32_t *num_r);
/* To another folder of the same class (also of another owner); num_r: its number
   there. An item of the same UID there is replaced. Deleted here only once it
   is safe there. */
int store_item_move(struct store *store, store_fid_t src, uint32_t num,
		    store_fid_t dest, uint32_t *num_r);

/* --- changes --------------------------------------------------------------- */

/* store_open(), store_changes() and store_unchanged() are of mail (UNSUPPORTED
   for a folder of items, as these here are for one of mail). A point of items has
   idspace = the folder's number, modseq = the sequence, pvt_modseq = the epoch of
   the owner's database, uidnext = 0. */
int store_item_point(struct store *store, store_fid_t fid,
		     struct store_point *point_r);
/* As store_changes(): added, changed (with their seq as modseq) and expunged by
   item number; rewritten is empty. Cost: that of the changes. 1; 0: deletions
   since the point may have been forgotten, or the folder (or its database) is
   another one: compare with all (store_item_nums()); -1. An item that was deleted
   and came back since is in changed. */
int store_item_changes(struct store *store, store_fid_t fid,
		       const struct store_point *since,
		       const ARRAY_TYPE(seq_range) *known, pool_t pool,
		       struct store_changes *changes_r);
/* Cheap: one look at the database. */
bool store_item_unchanged(struct store *store, store_fid_t fid,
			  const struct store_point *since);
/* All numbers. */
int store_item_nums(struct store *store, store_fid_t fid,
		    ARRAY_TYPE(seq_range) *nums_r);

/* --- index ------------------------------------------------------------------ */

/* What is found without reading the texts. Kept in the owner's database, and
   brought up to date with what changed when it is asked, whoever wrote it. */
enum store_item_mark {
	STORE_ITEM_RECURRING	= 0x01,
	/* takes no time (TRANSP:TRANSPARENT) */
	STORE_ITEM_FREE		= 0x02,
	STORE_ITEM_CANCELLED	= 0x04,
	/* task: done; its range is [start, completed] */
	STORE_ITEM_DONE		= 0x08,
	/* unreadable text: shown as far as can be */
	STORE_ITEM_BROKEN	= 0x10,
	STORE_ITEM_PRIVATE	= 0x20,
	STORE_ITEM_GROUP	= 0x40,	/* vCard KIND:group */
};

/* Items of [start, end) (their whole range of time touches it, recurring ones
   from first to last occurrence); end 0: no end. Items without a time are in
   every range. */
int store_item_range(struct store *store, store_fid_t fid,
		     time_t start, time_t end, ARRAY_TYPE(seq_range) *nums_r);
struct store_item_filter {
	/* as in store_item_range() */
	time_t start, end;
	/* All of these marks, none of those */
	enum store_item_mark with, without;
};
/* As store_item_range(); among: of these items only (NULL: of all). A few are
   looked at one by one. */
int store_item_filter(struct store *store, store_fid_t fid,
		      const struct store_item_filter *filter,
		      const ARRAY_TYPE(seq_range) *among,
		      ARRAY_TYPE(seq_range) *nums_r);

struct store_item_hit {
	store_fid_t fid;
	uint32_t num;
};
ARRAY_DEFINE_TYPE(store_item_hit, struct store_item_hit);
/* Items in which each word of the query begins a word of the indexed text
   (summary, location, attendees; names, addresses, phones, organisation), case
   and accents folded. fids_count 0: all folders of the class that the user sees.
   At most max, in order of the sort key; total_r counts all. */
int store_item_search(struct store *store, enum store_class class,
		      const store_fid_t *fids, unsigned int fids_count,
		      const char *query, unsigned int max,
		      ARRAY_TYPE(store_item_hit) *hits_r,
		      unsigned int *total_r);

/* --- free/busy --------------------------------------------------------------- */

enum store_busy {
	STORE_BUSY_FREE = 0,
	STORE_BUSY_TENTATIVE = 1,
	STORE_BUSY_BUSY = 2,
	STORE_BUSY_OOF = 3,
	STORE_BUSY_ELSEWHERE = 4,
	STORE_BUSY_UNKNOWN = 5,		/* no right, or no such user */
};
struct store_busy_time {
	time_t start, end;
	enum store_busy busy;
};
ARRAY_DEFINE_TYPE(store_busy_time, struct store_busy_time);
/* When is this user (own or another's address or name) busy in [start, end)?
   From all own calendars of that user; sorted, merged, clipped. Needs the right
   `l` on that user's default calendar, or the folder property freebusy (who may
   see free/busy only: default is every user of the site). Never tells more than
   times. 1; 0: unknown user or no right; -1 */
int store_freebusy(struct store *store, const char *user,
		   time_t start, time_t end, pool_t pool,
		   ARRAY_TYPE(store_busy_time) *times_r);

/* These users (NULL-terminated) are asked about next, for the same range: where
   dovetail-freebusy has to be asked, it is asked about several at a time. */
void store_freebusy_expect(struct store *store, const char *const *users,
			   time_t start, time_t end);

/* When is the store's own user busy, for this other user, whose rights the store was
   opened with; NULL: nobody knows who asks, 0 unless everybody may see it. */
int store_freebusy_for(struct store *store, const char *asker,
		       time_t start, time_t end, pool_t pool,
		       ARRAY_TYPE(store_busy_time) *times_r);

/* --- folders of items --------------------------------------------------------- */

struct store_folder_props {
	/* "#rrggbb"; NULL: none */
	const char *color;
	/* Display name as set or localised; NULL: the mailbox's */
	const char *display;
	int order;
	/* minutes; -1: none */
	int reminder;
};
int store_folder_props(struct store *store, store_fid_t fid, pool_t pool,
		       struct store_folder_props *props_r);
int store_folder_props_set(struct store *store, store_fid_t fid,
			   const struct store_folder_props *props);
/* Makes those default folders that are missing (first use). Cheap when they are
   all there. Names that are taken by a mail folder get another name. */
int store_default_folders(struct store *store);

/* Shared folders of items: what others offer, subscribed or not. */
struct store_offer {
	store_fid_t fid;
	const char *owner, *name;
	enum store_class class;
	bool writable, subscribed;
};
ARRAY_DEFINE_TYPE(store_offer, struct store_offer);
/* query: words in owner or name; NULL: all */
int store_offers(struct store *store, const char *query, pool_t pool,
		 ARRAY_TYPE(store_offer) *offers_r);
/* The user's own default folders cannot be unsubscribed: UNSUPPORTED. */
int store_folder_subscribe(struct store *store, store_fid_t fid, bool on);

#endif
