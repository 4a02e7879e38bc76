/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

/* The store's parts among themselves. */

#include "dovetail-store.h"
#include "dovetail-meta.h"
#include "hash.h"
#include "mail-storage.h"
#include "mail-namespace.h"

/* So many mailboxes stay open between requests. */
#define STORE_WARM_FOLDERS 8
/* Namespaces have separators of their own; this one is in no name. */
#define STORE_PATH_SEP '\001'

struct store_node {
	struct store_folder_info info;
	/* Path of names, joined by STORE_PATH_SEP: one in the tree */
	const char *path;
	/* Namespaces of sharing owners come and go: found again by prefix. */
	const char *ns_prefix;
	struct store_node *parent;
	/* By its attribute, of anyone's folder */
	enum store_role item_role;
	/* Is it, or has it below it, something that holds messages? */
	bool useful;
};
ARRAY_DEFINE_TYPE(store_node, struct store_node *);

/* One reading of the folders. */
struct store_tree {
	pool_t pool;
	/* Older readings live until the end of the request: callers look at
	   them. */
	struct store_tree *older;
	ARRAY_TYPE(store_folder_info) infos;
	ARRAY_TYPE(store_node) nodes;
	HASH_TABLE(void *, struct store_node *) by_fid;
	/* Of the user's own namespaces: see store_stamp_get() */
	uint64_t own_stamp;
	/* No other reading has it */
	unsigned int serial;
};

struct store_idspace {
	uint32_t fid, uidvalidity, idspace;
	uint8_t block;
};

struct store_role_guess {
	guid_128_t guid;
	enum store_role role;
};

/* A message's conversation: the beginning of its id tells them apart well enough
   within a folder. */
struct store_conversation {
	uint64_t hash;
	uint32_t uid;
};

struct store_blobset;
struct store_gids;
struct store_folder_marks;
struct store_totals;

struct store {
	pool_t pool;
	struct mail_user *user;
	struct event *event;
	struct store_settings set;
	struct meta_db *db;

	enum store_error error;
	char *error_text;

	struct store_tree *tree;
	unsigned int tree_serial;
	/* Stamps of the directories of own namespaces, at the last reading */
	HASH_TABLE(struct mailbox_list *, uint64_t *) dirs;
	/* Compared with the disk in this request already */
	bool own_checked, foreign_checked;
	/* compat_acl_owners_stamp() at the last look */
	unsigned int owners_stamp;

	/* Most recently used first */
	struct store_folder *folders;
	unsigned int folders_count;
	ARRAY(struct store_idspace) idspaces;
	/* INBOX for reading device partnerships, see store_device_box() */
	struct mailbox *device_box;
	time_t device_box_opened;
	/* Properties of folders, a set for each database */
	struct store_propset *propsets;
	/* Blobs of folders, a set for each database */
	struct store_blobset *blobsets;
	/* store-gids.c, store-versions.c */
	struct store_gids *gids;
	struct store_folder_marks *folder_marks;
	/* store-stats.c */
	struct store_totals *totals;
	/* store-freebusy-ask.c */
	struct store_asks *asks;
	/* store-name-ids.c: the table by id, as far as it was read */
	pool_t names_pool;
	ARRAY(const char *) names;
	/* special-use attributes seen, by mailbox GUID */
	ARRAY(struct store_role_guess) roles;
	/* store-conversation.c, of this request */
	bool conversation_checked, conversation_any;
	unsigned int conversation_looks;
};

/* An open mailbox. */
struct store_folder {
	struct store_folder *prev, *next;
	struct store *store;
	int refcount;
	store_fid_t fid;
	guid_128_t guid;
	bool foreign;
	struct mailbox *box;
	struct mailbox_status status;
	/* Aliases of the id space, by UID of the current message; read at first
	   use after a refresh */
	ARRAY_TYPE(meta_alias) aliases;
	bool aliases_read;
	uint32_t idspace;
	/* All messages below conversations_next; not created: none yet */
	ARRAY(struct store_conversation) conversations;
	uint32_t conversations_next;
	/* Set when it must not be used again */
	bool broken;
	/* store_unchanged() has just synchronised it: not again for who opens it
	   next in this request */
	bool fresh;
};

/* --- store-state.c */
void store_device_box_close(struct store *store);

/* --- store.c: errors ------------------------------------------------------ */

/* Each returns -1. */
int store_fail(struct store *store, enum store_error error, const char *text);
int store_fail_meta(struct store *store, struct meta_db *db, const char *doing);
int store_fail_box(struct store *store, struct mailbox *box, const char *doing);
int store_fail_list(struct store *store, struct mailbox_list *list,
		    const char *doing);
enum store_error store_error_of(enum mail_error error);
enum store_error store_error_of_meta(enum meta_error error);

/* --- store-folders.c ------------------------------------------------------ */

/* The node; refreshes the tree if it is not there. 1, 0 NOTFOUND, -1 */
int store_node_get(struct store *store, store_fid_t fid,
		   struct store_node **node_r);
const char *
store_path_of(pool_t pool, struct mail_namespace *ns, const char *vname);
struct mail_namespace *store_node_ns(struct store *store,
				     const struct store_node *node);
/* Not open yet; NULL: its namespace is gone. */
struct mailbox *store_node_box(struct store *store,
			       const struct store_node *node,
			       enum mailbox_flags flags);
/* What meta knows the folder by */
void store_node_key(const struct store_node *node,
		    struct meta_folder_key *key_r);
/* The mailbox has another GUID now: what the database has by the old key is from
   now on that of the new one. */
int store_folder_rekey(struct store *store, struct meta_db *db,
		       const struct store_node *node,
		       const struct meta_folder_key *old,
		       const struct meta_folder_key *key);
void store_node_set_guid(struct store *store, store_fid_t fid,
			 const guid_128_t guid);
/* We changed folders ourselves. */
void store_tree_invalidate(struct store *store);
void store_tree_free(struct store_tree **tree);
bool store_role_of_special_use(const char *special_use, enum store_role *role_r);
const char *store_role_special_use(enum store_role role);

/* --- store-roles.c -------------------------------------------------------- */

/* Gives roles to those that have none by special use: well-known names. */
void store_roles_guess(struct store_tree *tree);
/* To those of one owner's folders that have none. */
void store_roles_guess_infos(ARRAY_TYPE(store_folder_info) *infos);
/* Name under which a missing one is made. */
const char *store_role_default_name(enum store_role role);

/* --- store-stamp.c -------------------------------------------------------- */

/* A number that is another one when the user's own folders changed (created,
   renamed, deleted, subscribed, re-created); 0: cannot be told cheaply. */
int store_stamp_get(struct store *store, uint64_t *stamp_r);

/* --- store-open.c --------------------------------------------------------- */

/* store_open(), of folders of items too */
int store_open_any(struct store *store, store_fid_t fid,
		   struct store_folder **folder_r);
/* Takes the mailbox, which is in no tree; not kept. */
int store_open_box(struct store *store, struct mailbox *box, store_fid_t fid,
		   struct store_folder **folder_r);
void store_folders_close(struct store *store, bool foreign_only);
void store_folder_status(struct store_folder *folder);
/* Own folders only: others' need not be looked at. */
int store_folders_own(struct store *store,
		      const ARRAY_TYPE(store_folder_info) **folders_r);
/* A mailbox operation failed: -1, and the folder is not kept. */
int store_folder_fail(struct store_folder *folder, const char *doing);

/* --- store-ids.c ---------------------------------------------------------- */

int store_idspace_get(struct store *store, store_fid_t fid,
		      uint32_t uidvalidity, uint32_t uid, uint32_t *idspace_r);
/* Aliases in the folder's id space, sorted by UID. */
int store_folder_aliases(struct store_folder *folder,
			 const ARRAY_TYPE(meta_alias) **aliases_r);

/* --- store-extra.c -------------------------------------------------------- */

/* The database of the mailbox's owner. 1, 0 there is none, -1 */
int store_owner_db(struct store_folder *folder, bool create,
		   struct meta_db **db_r);
/* The database of the mailboxes of this list; it may be the store's own. 1, 0
   there is none (*db_r NULL), -1 */
int store_list_db(struct store *store, struct mailbox_list *list, bool create,
		  struct meta_db **db_r);
/* One that this user may not open is nothing to log: PERM. */
int store_list_db_if_open(struct store *store, struct mailbox_list *list,
			  struct meta_db **db_r);
void store_list_db_close(struct store *store, struct meta_db **db);

/* --- store-props.c -------------------------------------------------------- */

/* What attributes say of a folder. */
struct store_prop {
	guid_128_t guid;
	/* Its name with the owner, as last noted; NULL: not known */
	const char *path;
	enum store_class class;
	enum store_role role;
	/* NULL: none */
	const char *color, *display, *freebusy, *busy_rights;
	int order, reminder;
	bool hidden;
};
ARRAY_DEFINE_TYPE(store_prop, const struct store_prop *);
/* The properties of all folders of one database, as last read. */
struct store_propset;

const char *store_class_name(enum store_class class);
bool store_class_of_name(const char *name, enum store_class *class_r);
const char *store_item_role_name(enum store_role role);
/* Of default folders; MAIL for others */
enum store_class store_role_class(enum store_role role);
/* Those of this list's database, read again if they changed. 0, -1; *set_r NULL:
   there is no database. */
int store_props_get(struct store *store, struct mailbox_list *list,
		    struct store_propset **set_r);
/* NULL: none */
const struct store_prop *
store_prop_find(struct store_propset *set, const guid_128_t guid);
/* The default folder; NULL: there is none */
const struct store_prop *
store_prop_find_role(struct store_propset *set, enum store_role role);
void store_props_of_class(struct store_propset *set, enum store_class class,
			  ARRAY_TYPE(store_prop) *props_r);
/* Another number when any may have changed. 0, -1 */
int store_props_stamp(struct store *store, struct mailbox_list *list,
		      uint64_t *stamp_r);
void store_props_free(struct store *store);
/* What the mailbox's marker file says (plugin/dovetail-marker.c writes it), for
   folders whose database is out of reach. */
enum store_class store_marker_class(struct mailbox *box);
/* What to show for it, if nobody said so. */
const char *store_display_name(struct store *store,
			       const struct store_node *node, pool_t pool);
/* English name of a default folder's mailbox; nth from 2 on: where the ones
   before are taken. NULL: no such role. */
const char *store_item_role_mailbox(enum store_role role, unsigned int nth);
/* --- store-defaults.c ----------------------------------------------------- */

/* A new mailbox with these properties (as store_props_write()): both or
   neither, also if we die. */
int store_item_mailbox_create(struct store *store, struct mail_namespace *ns,
			      const char *vname, const char *const *props);
/* Finish what another process was interrupted in. */
void store_intents_settle(struct store *store);
/* Writes properties (name, value or NULL, ..., NULL) of a mailbox. */
int store_props_write(struct store *store, struct mailbox *box,
		      const char *const *props);

#endif
