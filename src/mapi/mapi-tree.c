/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which folders a mailbox has: Dovecot's mailboxes below the IPM subtree, and around
   them those that only Outlook knows (MS-OXOSFLD 2.2.2, MS-OXCFOLD 1.3). The latter are
   one table; their properties and messages live in metadata (store_blob_*). */

#include "mapi.h"
#include "mapi-virtual.h"

struct special_def {
	enum mapi_special id;
	/* 0: directly below nothing */
	enum mapi_special parent;
	const char *name, *class;
	/* the mailbox that is this folder; NONE: virtual */
	enum store_role role;
	bool hidden, search;
};

static const struct special_def private_specials[] = {
	{ MAPI_FID_ROOT, 0, "", NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_DEFERRED_ACTION, MAPI_FID_ROOT, "Deferred Action", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_SPOOLER_QUEUE, MAPI_FID_ROOT, "Spooler Queue", NULL,
	  STORE_ROLE_NONE, FALSE, TRUE },
	{ MAPI_FID_IPM_SUBTREE, MAPI_FID_ROOT, "Top of Information Store",
	  NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_COMMON_VIEWS, MAPI_FID_ROOT, "Common Views", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_SCHEDULE, MAPI_FID_ROOT, "Schedule", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_FINDER, MAPI_FID_ROOT, "Finder", NULL, STORE_ROLE_NONE,
	  FALSE, FALSE },
	{ MAPI_FID_VIEWS, MAPI_FID_ROOT, "Views", NULL, STORE_ROLE_NONE,
	  FALSE, FALSE },
	{ MAPI_FID_SHORTCUTS, MAPI_FID_ROOT, "Shortcuts", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_FREEBUSY, MAPI_FID_ROOT, "Freebusy Data", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_REMINDERS, MAPI_FID_ROOT, "Reminders", "Outlook.Reminder",
	  STORE_ROLE_NONE, FALSE, TRUE },
	{ MAPI_FID_INBOX, MAPI_FID_IPM_SUBTREE, "Inbox", "IPF.Note",
	  STORE_ROLE_INBOX, FALSE, FALSE },
	{ MAPI_FID_OUTBOX, MAPI_FID_IPM_SUBTREE, "Outbox", "IPF.Note",
	  STORE_ROLE_OUTBOX, FALSE, FALSE },
	{ MAPI_FID_SENT, MAPI_FID_IPM_SUBTREE, "Sent Items", "IPF.Note",
	  STORE_ROLE_SENT, FALSE, FALSE },
	{ MAPI_FID_DELETED, MAPI_FID_IPM_SUBTREE, "Deleted Items", "IPF.Note",
	  STORE_ROLE_TRASH, FALSE, FALSE },
	{ MAPI_FID_DRAFTS, MAPI_FID_IPM_SUBTREE, "Drafts", "IPF.Note",
	  STORE_ROLE_DRAFTS, FALSE, FALSE },
	{ MAPI_FID_JUNK, MAPI_FID_IPM_SUBTREE, "Junk E-mail", "IPF.Note",
	  STORE_ROLE_JUNK, FALSE, FALSE },
	{ MAPI_FID_CALENDAR, MAPI_FID_IPM_SUBTREE, "Calendar",
	  "IPF.Appointment", STORE_ROLE_CALENDAR, FALSE, FALSE },
	{ MAPI_FID_CONTACTS, MAPI_FID_IPM_SUBTREE, "Contacts", "IPF.Contact",
	  STORE_ROLE_CONTACTS, FALSE, FALSE },
	{ MAPI_FID_TASKS, MAPI_FID_IPM_SUBTREE, "Tasks", "IPF.Task",
	  STORE_ROLE_TASKS, FALSE, FALSE },
	{ MAPI_FID_NOTES, MAPI_FID_IPM_SUBTREE, "Notes", "IPF.StickyNote",
	  STORE_ROLE_NOTES, FALSE, FALSE },
	{ MAPI_FID_JOURNAL, MAPI_FID_IPM_SUBTREE, "Journal", "IPF.Journal",
	  STORE_ROLE_JOURNAL, FALSE, FALSE },
	{ MAPI_FID_SYNC_ISSUES, MAPI_FID_IPM_SUBTREE, "Sync Issues",
	  "IPF.Note", STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_CONFLICTS, MAPI_FID_SYNC_ISSUES, "Conflicts", "IPF.Note",
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_LOCAL_FAILURES, MAPI_FID_SYNC_ISSUES, "Local Failures",
	  "IPF.Note", STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_SERVER_FAILURES, MAPI_FID_SYNC_ISSUES, "Server Failures",
	  "IPF.Note", STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_CONVERSATION_ACTIONS, MAPI_FID_IPM_SUBTREE,
	  "Conversation Action Settings", "IPF.Configuration",
	  STORE_ROLE_NONE, TRUE, FALSE },
	{ MAPI_FID_QUICK_CONTACTS, MAPI_FID_CONTACTS, "Quick Contacts",
	  "IPF.Contact.MOC.QuickContacts", STORE_ROLE_NONE, TRUE, FALSE },
	{ MAPI_FID_IM_CONTACT_LIST, MAPI_FID_CONTACTS, "IM Contacts List",
	  "IPF.Contact.MOC.ImContactList", STORE_ROLE_NONE, TRUE, FALSE },
	{ MAPI_FID_GAL_CONTACTS, MAPI_FID_CONTACTS, "GAL Contacts",
	  "IPF.Contact.GalContacts", STORE_ROLE_NONE, TRUE, FALSE },
	{ 0, 0, NULL, NULL, STORE_ROLE_NONE, FALSE, FALSE }
};

/* Another user's mailbox: what hangs the shared folders up. */
static const struct special_def other_specials[] = {
	{ MAPI_FID_ROOT, 0, "", NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_IPM_SUBTREE, MAPI_FID_ROOT, "Top of Information Store",
	  NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_FREEBUSY, MAPI_FID_ROOT, "Freebusy Data", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ 0, 0, NULL, NULL, STORE_ROLE_NONE, FALSE, FALSE }
};

static const struct special_def public_specials[] = {
	{ MAPI_FID_PUBLIC_ROOT, 0, "", NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_PUBLIC_IPM, MAPI_FID_PUBLIC_ROOT, "IPM_SUBTREE", NULL,
	  STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_PUBLIC_NON_IPM, MAPI_FID_PUBLIC_ROOT, "NON_IPM_SUBTREE",
	  NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ MAPI_FID_PUBLIC_EFORMS, MAPI_FID_PUBLIC_NON_IPM, "EFORMS REGISTRY",
	  NULL, STORE_ROLE_NONE, FALSE, FALSE },
	{ 0, 0, NULL, NULL, STORE_ROLE_NONE, FALSE, FALSE }
};

static const struct special_def *specials_of(enum mapi_store_kind kind)
{
	switch (kind) {
	case MAPI_STORE_OWN:
		return private_specials;
	case MAPI_STORE_OTHER:
		return other_specials;
	case MAPI_STORE_PUBLIC:
		break;
	}
	return public_specials;
}

static const char *class_of(enum store_class class)
{
	switch (class) {
	case STORE_CLASS_CALENDAR:
		return "IPF.Appointment";
	case STORE_CLASS_CONTACTS:
		return "IPF.Contact";
	case STORE_CLASS_TASKS:
		return "IPF.Task";
	case STORE_CLASS_NOTES:
		return "IPF.StickyNote";
	case STORE_CLASS_JOURNAL:
		return "IPF.Journal";
	case STORE_CLASS_MAIL:
		break;
	}
	return "IPF.Note";
}

static uint64_t tree_top(const struct mapi_logon *logon)
{
	return logon->kind == MAPI_STORE_PUBLIC ? MAPI_FID_PUBLIC_IPM :
		MAPI_FID_IPM_SUBTREE;
}

static const struct special_def *
special_of_role(const struct mapi_logon *logon, enum store_role role)
{
	const struct special_def *def;

	if (role == STORE_ROLE_NONE || logon->kind == MAPI_STORE_PUBLIC)
		return NULL;
	for (def = private_specials; def->name != NULL; def++) {
		if (def->role == role)
			return def;
	}
	return NULL;
}

static void tree_add_mailbox(struct mapi_rop *rop,
			     const struct mapi_logon *logon,
			     const struct store_folder_info *info,
			     ARRAY_TYPE(mapi_folder_info) *folders)
{
	const struct special_def *def = special_of_role(logon, info->role);
	struct mapi_folder_info *folder = array_append_space(folders);

	folder->oid = META_OID_FOLDER(info->fid);
	folder->parent = info->parent == 0 ? tree_top(logon) :
		META_OID_FOLDER(info->parent);
	folder->special = def == NULL ? 0 : def->id;
	folder->fid = info->fid;
	folder->class = info->class;
	folder->name = info->role == STORE_ROLE_INBOX ? "Inbox" :
		p_strdup(rop->pool, info->display);
	folder->container_class = class_of(info->class);
}

static void tree_add_special(const struct special_def *def, uint64_t parent,
			     ARRAY_TYPE(mapi_folder_info) *folders)
{
	struct mapi_folder_info *folder = array_append_space(folders);

	folder->oid = def->id;
	folder->parent = parent;
	folder->special = def->id;
	folder->name = def->name;
	folder->container_class = def->class;
	folder->hidden = def->hidden;
	folder->search = def->search;
	folder->virtual = TRUE;
}

/* The folder that is this special one, if it is in the tree already */
static const struct mapi_folder_info *
tree_find_special(const ARRAY_TYPE(mapi_folder_info) *folders,
		  enum mapi_special special)
{
	const struct mapi_folder_info *folder;

	array_foreach(folders, folder) {
		if (folder->special == special)
			return folder;
	}
	return NULL;
}

static void tree_add_specials(const struct mapi_logon *logon, bool top,
			      ARRAY_TYPE(mapi_folder_info) *folders)
{
	const struct special_def *def = specials_of(logon->kind);
	const struct mapi_folder_info *parent;

	for (; def->name != NULL; def++) {
		/* what mailboxes may hang below comes first */
		if (top != (def->parent == 0 || def->id == tree_top(logon)))
			continue;
		if (tree_find_special(folders, def->id) != NULL)
			continue;
		parent = tree_find_special(folders, def->parent);
		tree_add_special(def, parent == NULL ? def->parent :
				 parent->oid, folders);
	}
}

static int tree_build(struct mapi_rop *rop, struct mapi_logon *logon)
{
	ARRAY_TYPE(store_folder_info) mailboxes;
	const struct store_folder_info *info;
	ARRAY_TYPE(mapi_folder_info) *folders;

	p_array_init(&mailboxes, rop->pool, 64);
	if (store_view_folders(rop->store, logon->view, rop->pool,
			       &mailboxes) < 0)
		return -1;
	folders = p_new(rop->pool, ARRAY_TYPE(mapi_folder_info), 1);
	p_array_init(folders, rop->pool, array_count(&mailboxes) + 32);
	tree_add_specials(logon, TRUE, folders);
	array_foreach(&mailboxes, info)
		tree_add_mailbox(rop, logon, info, folders);
	tree_add_specials(logon, FALSE, folders);
	if (logon->kind == MAPI_STORE_OWN &&
	    mapi_virtual_add(rop, logon, folders) < 0)
		return -1;
	logon->tree = folders;
	return 0;
}

int mapi_tree(struct mapi_rop *rop, const struct mapi_logon *logon,
	      const ARRAY_TYPE(mapi_folder_info) **folders_r)
{
	/* kept for one Execute: a cache, not state */
	struct mapi_logon *cache = (struct mapi_logon *)logon;

	if (logon->tree == NULL && tree_build(rop, cache) < 0)
		return -1;
	*folders_r = logon->tree;
	return 0;
}

const struct mapi_folder_info *
mapi_tree_find(struct mapi_rop *rop, const struct mapi_logon *logon,
	       uint64_t oid)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;
	const struct mapi_folder_info *folder;

	if (mapi_tree(rop, logon, &folders) < 0)
		return NULL;
	array_foreach(folders, folder) {
		if (folder->oid == oid)
			return folder;
	}
	return NULL;
}

const struct mapi_folder_info *
mapi_tree_special(struct mapi_rop *rop, const struct mapi_logon *logon,
		  enum mapi_special special)
{
	const ARRAY_TYPE(mapi_folder_info) *folders;

	if (mapi_tree(rop, logon, &folders) < 0)
		return NULL;
	return tree_find_special(folders, special);
}

uint64_t mapi_special_oid(struct mapi_rop *rop, const struct mapi_logon *logon,
			  enum mapi_special special)
{
	const struct mapi_folder_info *folder =
		mapi_tree_special(rop, logon, special);

	return folder == NULL ? 0 : folder->oid;
}

bool mapi_tree_is_below(struct mapi_rop *rop, const struct mapi_logon *logon,
			uint64_t oid, uint64_t top)
{
	const struct mapi_folder_info *folder;

	while (oid != 0 && oid != top) {
		folder = mapi_tree_find(rop, logon, oid);
		oid = folder == NULL ? 0 : folder->parent;
	}
	return oid == top;
}

void mapi_tree_changed(struct mapi_logon *logon)
{
	logon->tree = NULL;
}
