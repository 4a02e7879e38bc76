/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_CLIENT_H
#define EAS_CLIENT_H

#include "eas-class.h"
#include "eas-folder-state.h"

/* Which folders of items a device is shown. Phones differ: some have one calendar
   and one address book, some take any number (requirements C5, R48, R49).

   The table of known devices is in eas-client.c. The site's, or the user's,
   dovetail_eas_devices goes before it; the device's own record (fields
   "calendars", "contacts", "tasks", "notes", "journal", "collected", and the
   list "folders") before both. */

enum eas_client_sees {
	EAS_SEES_UNSET = 0,
	EAS_SEES_NONE,
	/* the user's default folder */
	EAS_SEES_DEFAULT,
	/* all of the user's own */
	EAS_SEES_OWN,
	/* and those of others that the user subscribed to */
	EAS_SEES_ALL,
};

/* In this order in the table, the setting and below */
enum eas_client_kind {
	EAS_CLIENT_CALENDARS,
	EAS_CLIENT_CONTACTS,
	EAS_CLIENT_TASKS,
	EAS_CLIENT_NOTES,
	EAS_CLIENT_JOURNAL,
	/* address book of the people written to */
	EAS_CLIENT_COLLECTED,
	/* the same people as recipient information cache (folder type 19), where
	   they are not shown as an address book */
	EAS_CLIENT_RECIPIENTS,
	EAS_CLIENT_KINDS
};

struct eas_client {
	const char *username;
	/* Classes of items that its version has: bits, 1 << enum store_class */
	unsigned int classes;
	/* Its version has the recipient information cache. */
	bool has_recipients;
	enum eas_client_sees sees[EAS_CLIENT_KINDS];
	/* Folders that this device made: shown in any case; that it deleted,
	   though they are somebody else's: not shown */
	ARRAY_TYPE(seq_range) extra, hidden;
};

/* Of the request's device */
void eas_client_get(struct eas_request *req, struct eas_client *client_r);
/* Pure: rules as dovetail_eas_devices has them (NULL: none); first match counts,
   for each kind. */
void eas_client_lookup(const char *rules, const char *device_type,
		       const char *user_agent, struct eas_client *client);
/* kind and word as in the rules; does nothing if it is set already */
void eas_client_set(struct eas_client *client, const char *kind,
		    const char *word);
const char *eas_client_kind_name(enum eas_client_kind kind);
/* This folder is its recipient information cache. */
bool eas_client_has_recipients(const struct eas_client *client,
			       const struct store_folder_info *info);
/* A folder of items */
bool eas_client_shows(const struct eas_client *client,
		      const struct store_folder_info *info);
/* From now on, on this device. 0 / -1 */
int eas_client_show_folder(struct eas_request *req, store_fid_t fid, bool show);

/* --- eas-recipient-cache.c -------------------------------------------------------- */

/* MS-ASCMD 2.2.3.30.6 */
#define EAS_RECIPIENT_CACHE_ID "RI"
/* In the place of a FilterType: this, and MaxItems (2.2.3.103.2) */
#define EAS_RECIPIENTS_FILTER 0x10000

extern const struct eas_class eas_class_recipients;
bool eas_is_recipient_cache(struct eas_request *req,
			    const struct store_folder_info *info);
/* ServerId of a folder as this device knows it (data stack) */
const char *eas_folder_id(const struct eas_folder *folder);
/* As eas_collection_id_parse(), for commands that take the cache, too */
bool eas_collection_find(struct eas_request *req, const char *id,
			 store_fid_t *fid_r);

#endif
