/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Notes class (MS-ASNOTE): a VJOURNAL. */

#include "eas-item-cal.h"
#include "eas-recurrence.h"

#define INVALID_ITEM 6
#define NOTE_CLASS "IPM.StickyNote"
/* MessageClass, if it is a special one */
#define EAS_EXTRA_NOTE_CLASS "eas.class"

/* "IPM.StickyNote" or "IPM.StickyNote.*" (2.2.2.5) */
static bool note_class_is_valid(const char *class)
{
	size_t len = strlen(NOTE_CLASS);

	return strncasecmp(class, NOTE_CLASS, len) == 0 &&
		(class[len] == '\0' || (class[len] == '.' &&
					class[len + 1] != '\0'));
}

static int notes_write(const struct eas_item_context *ctx,
		       const struct store_item *item, struct wbxml_writer *w)
{
	const char *class = store_item_extra(item, EAS_EXTRA_NOTE_CLASS);
	const struct eas_body_options *opts = ctx->body;
	pool_t pool = pool_alloconly_create("note", 2048);
	struct cal_object *obj = eas_item_cal_parse(ctx, pool, item);
	const struct cal_entry *entry;
	time_t modified;

	if (obj == NULL) {
		pool_unref(&pool);
		return 0;
	}
	entry = &obj->master;
	modified = entry->modified != 0 ? entry->modified : item->last_change;
	if (eas_item_wants(opts, NOTES_Subject))
		wbxml_text_tag(w, NOTES_Subject, entry->summary);
	eas_item_cal_body_write(ctx, entry, WBXML_TAG_NONE, WBXML_TAG_NONE, w);
	if (eas_item_wants(opts, NOTES_MessageClass)) {
		wbxml_text_tag(w, NOTES_MessageClass,
			       class == NULL ? NOTE_CLASS : class);
	}
	if (eas_item_wants(opts, NOTES_LastModifiedDate)) {
		wbxml_text_tag(w, NOTES_LastModifiedDate,
			       eas_datetime_compact(modified));
	}
	eas_item_cal_categories_write(ctx, entry, NOTES_Categories,
				      NOTES_Category, w);
	pool_unref(&pool);
	return wbxml_writer_failed(w) ? -1 : 1;
}

/* A missing Body or Subject stays, missing Categories go (3.2.5.3). */
static unsigned int notes_read(const struct eas_item_context *ctx,
			       struct eas_item_edit *edit)
{
	const char *subject = wbxml_child_text(edit->data, NOTES_Subject);
	const char *class = wbxml_child_text(edit->data, NOTES_MessageClass);
	struct eas_item_cal_edit ed;
	unsigned int status;

	if (edit->instance_id != NULL ||
	    (class != NULL && !note_class_is_valid(class)))
		return INVALID_ITEM;
	status = eas_item_cal_edit_begin(&ed, ctx, edit, CAL_NOTE);
	if (status != 0)
		return status;
	if (subject != NULL)
		ed.obj->master.summary = p_strdup(ed.pool, subject);
	if (!eas_item_cal_body_read(&ed, WBXML_TAG_NONE) ||
	    !eas_item_cal_categories_read(&ed,
		wbxml_child(edit->data, NOTES_Categories), NOTES_Category))
		return INVALID_ITEM;
	if (class != NULL) {
		eas_item_cal_extra_set(&ed, EAS_EXTRA_NOTE_CLASS,
			strcasecmp(class, NOTE_CLASS) == 0 ? NULL : class);
	}
	eas_item_cal_edit_finish(&ed);
	return 0;
}

const struct eas_class eas_class_notes = {
	.name = "Notes",
	.class = STORE_CLASS_NOTES,
	.since = EAS_VERSION_140,
	.refuses_supported = TRUE,
	.write = notes_write,
	.read = notes_read,
};
