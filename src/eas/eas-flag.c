/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The follow-up flag (MS-ASEMAIL 2.2.2.34): \Flagged says whether there is one;
   its dates and words, which IMAP has not, are the extra "flag", as lines
   "<name> TAB <value>".  Where IMAP says otherwise, IMAP is right. */

#include "eas-sync.h"
#include "strescape.h"

#define FLAG_DEFAULT_TYPE "Flag for follow up"
#define FLAG_VALUE_MAX 1024

enum flag_status {
	FLAG_CLEARED = 0,
	FLAG_COMPLETE = 1,
	FLAG_ACTIVE = 2,
};

/* In the order of the schema; since: 12.0 all */
static const struct {
	wbxml_tag_t tag;
	const char *name;
	bool date;
} flag_fields[] = {
	{ TASKS_Subject, "subject", FALSE },
	{ EMAIL_Status, "status", FALSE },
	{ EMAIL_FlagType, "type", FALSE },
	{ TASKS_DateCompleted, "completed", TRUE },
	{ EMAIL_CompleteTime, "complete_time", TRUE },
	{ TASKS_StartDate, "start", TRUE },
	{ TASKS_DueDate, "due", TRUE },
	{ TASKS_UtcStartDate, "utc_start", TRUE },
	{ TASKS_UtcDueDate, "utc_due", TRUE },
	{ TASKS_ReminderSet, "reminder", FALSE },
	{ TASKS_ReminderTime, "reminder_time", TRUE },
	{ TASKS_OrdinalDate, "ordinal", TRUE },
	{ TASKS_SubOrdinalDate, "sub_ordinal", FALSE },
};

static bool flag_has(const struct wbxml_node *node, wbxml_tag_t tag)
{
	const char *text = wbxml_child_text(node, tag);

	return text != NULL && *text != '\0';
}

static bool flag_starts_after(const struct wbxml_node *node, wbxml_tag_t start,
			      wbxml_tag_t due)
{
	time_t from, to;

	return eas_datetime_parse(wbxml_child_text(node, start), &from) &&
		eas_datetime_parse(wbxml_child_text(node, due), &to) &&
		from > to;
}

/* 2.2.2.34, MS-ASTASK: the four dates come together, start is not behind due; a
   reminder needs its time; what is complete says when. */
static bool flag_is_valid(const struct wbxml_node *node, unsigned int status)
{
	unsigned int dates = (flag_has(node, TASKS_StartDate) ? 1 : 0) +
		(flag_has(node, TASKS_DueDate) ? 1 : 0) +
		(flag_has(node, TASKS_UtcStartDate) ? 1 : 0) +
		(flag_has(node, TASKS_UtcDueDate) ? 1 : 0);
	unsigned int reminder = 0;

	if (dates != 0 && dates != 4)
		return FALSE;
	if (dates == 4 &&
	    (flag_starts_after(node, TASKS_UtcStartDate, TASKS_UtcDueDate) ||
	     flag_starts_after(node, TASKS_StartDate, TASKS_DueDate)))
		return FALSE;
	if (wbxml_child_uint(node, TASKS_ReminderSet, &reminder) < 0 ||
	    reminder > 1)
		return FALSE;
	if (reminder == 1 && !flag_has(node, TASKS_ReminderTime))
		return FALSE;
	if (status == FLAG_COMPLETE && !flag_has(node, EMAIL_CompleteTime))
		return FALSE;
	return status <= FLAG_ACTIVE;
}

static bool flag_pack(const struct wbxml_node *node, const char **value_r)
{
	string_t *str = t_str_new(256);

	for (unsigned int i = 0; i < N_ELEMENTS(flag_fields); i++) {
		const char *text = wbxml_child_text(node, flag_fields[i].tag);
		time_t t;

		if (text == NULL || *text == '\0')
			continue;
		if (strlen(text) > FLAG_VALUE_MAX ||
		    (flag_fields[i].date && !eas_datetime_parse(text, &t)))
			return FALSE;
		str_printfa(str, "%s\t", flag_fields[i].name);
		str_append_tabescaped(str, text);
		str_append_c(str, '\n');
	}
	*value_r = str_c(str);
	return TRUE;
}

unsigned int eas_flag_parse(const struct wbxml_node *node,
			    struct store_flag_change *change_r,
			    const char **value_r)
{
	unsigned int status = FLAG_CLEARED;

	*value_r = NULL;
	if (node->children == NULL ||
	    (wbxml_child_uint(node, EMAIL_Status, &status) >= 0 &&
	     status == FLAG_CLEARED)) {
		change_r->remove |= STORE_FLAG_FLAGGED;
		return 0;
	}
	if (!flag_is_valid(node, status) || !flag_pack(node, value_r))
		return EAS_SYNC_INVALID_ITEM;
	if (status == FLAG_ACTIVE)
		change_r->add |= STORE_FLAG_FLAGGED;
	else
		change_r->remove |= STORE_FLAG_FLAGGED;
	return 0;
}

static const char *flag_value(const char *extra, const char *name)
{
	const char *const *lines = t_strsplit(extra, "\n");
	size_t len = strlen(name);

	for (; *lines != NULL; lines++) {
		if (strncmp(*lines, name, len) == 0 && (*lines)[len] == '\t')
			return t_str_tabunescape(*lines + len + 1);
	}
	return NULL;
}

void eas_flag_write(struct wbxml_writer *writer, bool flagged,
		    const char *extra)
{
	const char *status = extra == NULL ? NULL : flag_value(extra, "status");
	bool active = null_strcmp(status, "2") == 0;
	bool complete = null_strcmp(status, "1") == 0;

	wbxml_start(writer, EMAIL_Flag);
	if ((flagged && active) || (!flagged && complete)) {
		for (unsigned int i = 0; i < N_ELEMENTS(flag_fields); i++) {
			wbxml_text_tag_opt(writer, flag_fields[i].tag,
				flag_value(extra, flag_fields[i].name));
		}
	} else if (flagged) {
		wbxml_uint_tag(writer, EMAIL_Status, FLAG_ACTIVE);
		wbxml_text_tag(writer, EMAIL_FlagType, FLAG_DEFAULT_TYPE);
	}
	wbxml_end(writer, EMAIL_Flag);
}
