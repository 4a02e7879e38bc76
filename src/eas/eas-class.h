/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_CLASS_H
#define EAS_CLASS_H

/* A class of items (Calendar, Contacts, Tasks, Notes) as the commands see it.

   Each class is one struct eas_class in a file of its own (eas-calendar.c, ...)
   and one row of the table in eas-class.c. Sync, ItemOperations, Search and the
   others ask the table; none of them knows a class by name.

   A class converts: it is given an item's text and extras and writes elements, or
   is given elements and makes text and extras. It reads and writes no item
   itself (the engine does, with conflicts, replay and rights), save in the hooks.
   Nothing of a class fails because of what is in one item. */

#include "eas.h"
#include "eas-item-body.h"
#include "dovetail-items.h"

struct zone;
struct eas_class;

/* --- where an item stands ------------------------------------------------------ */

/* Tags named by the client's Supported at key 0 (MS-ASCMD 2.2.3.179) */
struct eas_supported {
	/* There was a Supported element, maybe an empty one */
	bool given;
	/* Sorted */
	ARRAY(wbxml_tag_t) tags;
};

struct eas_item_context {
	struct eas_request *req;
	const struct eas_class *class;
	const struct store_folder_info *folder;
	/* BodyPreference, truncation, Schema (only these properties), sink of a
	   multipart answer. With no_body: no Body. */
	const struct eas_body_options *body;
	/* NULL: not a Sync, or none given */
	const struct eas_supported *supported;
};

/* An element that can be ghosted is missing from a Change: TRUE keep the value,
   FALSE it is deleted (MS-ASCMD 2.2.3.179; from 16.0 on for classes with
   ghosted_since always TRUE). Elements that the documents except (Body, Picture,
   ...) are the class's own matter. */
bool eas_item_keeps(const struct eas_item_context *ctx, wbxml_tag_t tag);

/* The user's zone: of dates without zone, and what clients without a zone of
   their own mean. Never NULL. */
const struct zone *eas_zone(struct eas_request *req);

/* --- changes by a client --------------------------------------------------------- */

enum eas_edit_op {
	EAS_EDIT_ADD,
	EAS_EDIT_CHANGE,
	/* Of a whole item; or, with instance_id, of one occurrence (16.x) */
	EAS_EDIT_DELETE,
};

/* An attachment that was added (16.x): it is answered with a FileReference whose
   last part is part_id ("1" ...). */
struct eas_edit_attachment {
	const char *client_id, *part_id;
};

struct eas_item_edit {
	enum eas_edit_op op;
	/* ApplicationData; NULL: EAS_EDIT_DELETE */
	const struct wbxml_node *data;
	/* InstanceId of 16.x as it was sent: the occurrence meant; NULL: the item */
	const char *instance_id;
	/* The item as it is; NULL: new. An Add whose UID exists in the folder is
	   read a second time with old set: it becomes a change of that item. */
	const struct store_item *old;
	/* The same whenever the client repeats this Add, and never the same for
	   another: what a UID is made of when the client gave none
	   (eas_item_uid()). */
	const char *repeat_key;

	/* --- made by read() ---- */
	/* uid, text, and extras (all of them; NULL: those of old stay) */
	struct store_item_write write;
	/* Nothing differs from old: not written. after_write() is called
	   nevertheless. */
	bool unchanged;
	/* The item is not what the client thinks (a property was ignored or
	   corrected): it is sent back as a Change. */
	bool tell_back;
	/* Created by the class if needed */
	ARRAY(struct eas_edit_attachment) attachments;
	/* The class's own, from read() to after_write() */
	void *context;

	/* --- for after_write(): where it is now ---- */
	uint32_t num;
	uint64_t seq;
};

/* UID made of a repeat_key (pool) */
const char *eas_item_uid(pool_t pool, const char *repeat_key);

/* --- a class ---------------------------------------------------------------------- */

struct eas_item_attachment {
	/* Seekable; the caller unrefs */
	struct istream *input;
	const char *content_type, *display_name;
};

struct eas_class {
	/* As in Class elements: "Calendar" */
	const char *name;
	enum store_class class;
	/* First version with this class */
	enum eas_version since;
	/* Elements that are missing from a Change are always kept from this
	   version on; 0: Supported decides, in all versions */
	enum eas_version ghosted_since;
	/* Supported is status 4 (MS-ASNOTE 3.2.5.3) */
	bool refuses_supported;
	/* FilterTypes that Sync takes, a bit each; others are status 4
	   (MS-ASCMD 2.2.3.68.2) */
	unsigned int filter_types;
	/* visible() is asked without a filter too: some items are not shown. */
	bool hides;
	/* Whether one is shown depends on the others: visible() is asked for all
	   of them when something changed. */
	bool ranks;

	/* All properties of the item for this version, without the element around
	   them. 1 written; 0 the text cannot be read at all (the caller takes
	   back what was written and logs that); -1 output failed. */
	int (*write)(const struct eas_item_context *ctx,
		     const struct store_item *item, struct wbxml_writer *w);

	/* Fills in what read() makes; results in req->pool. 0, or the status of
	   the operation: 6 (what the client sent is wrong; MS-ASCMD
	   2.2.3.177.17), 8 (no such occurrence), 7, 5. EAS_EDIT_DELETE: only
	   with instance_id. */
	unsigned int (*read)(const struct eas_item_context *ctx,
			     struct eas_item_edit *edit);

	/* The items of the folder (NULL among: of all of them) that this filter
	   shows; since: begin of its window (0: the type has none). NULL: no
	   filters. 0 / -1 */
	int (*visible)(struct eas_request *req, store_fid_t fid,
		       unsigned int filter_type, time_t since,
		       const ARRAY_TYPE(seq_range) *among,
		       ARRAY_TYPE(seq_range) *nums_r);

	/* Hooks; NULL: none. Both may be called again for the same request when
	   the client repeats it (the answer was lost, or the worker died):
	   nothing may happen twice, e.g. no second invitation.
	   after_write: the item is as edit->write says. May write it again; then
	   it sets edit->seq.
	   before_delete: the item is about to go, instance_id NULL. 0, or a
	   status that refuses it. */
	void (*after_write)(const struct eas_item_context *ctx,
			    struct eas_item_edit *edit);
	unsigned int (*before_delete)(const struct eas_item_context *ctx,
				      const struct store_item *item);

	/* By the last part of a FileReference; NULL: no attachments. 1, 0, -1 */
	int (*attachment)(const struct eas_item_context *ctx,
			  const struct store_item *item, const char *part_id,
			  struct eas_item_attachment *att_r);
};

/* Those that a version has: bits, 1 << enum store_class */
unsigned int eas_classes_of(enum eas_version version);
/* NULL: not served (mail is no class of items) */
const struct eas_class *eas_class_by_store(enum store_class class);
const struct eas_class *eas_class_by_name(const char *name);

extern const struct eas_class eas_class_calendar, eas_class_contacts,
	eas_class_tasks, eas_class_notes;

/* --- an item by its ids -------------------------------------------------------------- */

/* The item of a ServerId or LongId, and where it stands. 1, 0: there is none (any
   more), or this version has no such class; -1 store error. Memory: req. */
int eas_item_by_id(struct eas_request *req, const char *id,
		   const struct eas_body_options *body,
		   struct eas_item_context *ctx_r, struct store_item *item_r);

/* ServerId "<CollectionId>:0.<number, hex>". FALSE: of a message, or no id */
bool eas_item_id_parse(const char *server_id, store_fid_t *fid_r,
		       uint32_t *num_r);
/* Data stack */
const char *eas_item_id(store_fid_t fid, uint32_t num);

#endif
