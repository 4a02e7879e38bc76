/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_ITEM_CAL_H
#define EAS_ITEM_CAL_H

/* What the classes share whose items are iCalendar objects of one entry: Notes
   and Tasks; the limit of categories is Calendar's, too. */

#include "eas-class.h"
#include "dovetail-calendar.h"

/* MS-ASCAL 2.2.2.8, MS-ASTASK 2.2.2.5: at most 300 */
#define EAS_ITEM_CATEGORIES_MAX 300

/* The item's object for writing it out. NULL: unreadable (struct eas_class,
   write(): return 0) */
struct cal_object *
eas_item_cal_parse(const struct eas_item_context *ctx, pool_t pool,
		   const struct store_item *item);

struct eas_item_cal_edit {
	const struct eas_item_context *ctx;
	struct eas_item_edit *edit;
	pool_t pool;
	/* To be changed; old: as it was, NULL: a new one */
	struct cal_object *obj, *old;
	/* All extras, name and value; not NULL-terminated */
	ARRAY_TYPE(const_string) extras;
	bool extras_changed;
};
/* 0, or Sync status */
unsigned int eas_item_cal_edit_begin(struct eas_item_cal_edit *ed,
				     const struct eas_item_context *ctx,
				     struct eas_item_edit *edit,
				     enum cal_kind kind);
/* Fills in edit->write and unchanged. */
void eas_item_cal_edit_finish(struct eas_item_cal_edit *ed);
/* value NULL: none */
void eas_item_cal_extra_set(struct eas_item_cal_edit *ed, const char *key,
			    const char *value);

/* list NULL: the element is not there: none any more. FALSE: too many (300) */
bool eas_item_cal_categories_read(struct eas_item_cal_edit *ed,
				  const struct wbxml_node *list,
				  wbxml_tag_t category);
void eas_item_cal_categories_write(const struct eas_item_context *ctx,
				   const struct cal_entry *entry,
				   wbxml_tag_t list, wbxml_tag_t category,
				   struct wbxml_writer *w);
/* Body; FALSE: it is wrong (status 6). Missing: stays */
bool eas_item_cal_body_read(struct eas_item_cal_edit *ed, wbxml_tag_t old_body);
void eas_item_cal_body_write(const struct eas_item_context *ctx,
			     const struct cal_entry *entry,
			     wbxml_tag_t old_body, wbxml_tag_t old_truncated,
			     struct wbxml_writer *w);

#endif
