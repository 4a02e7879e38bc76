/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out of office (MS-ASCMD 2.2.3.116).  Without a Sieve script store the answer
   is "off", and switching it on is denied. */

#include "eas.h"
#include "eas-oof.h"

enum eas_oof_state {
	EAS_OOF_OFF = 0,
	EAS_OOF_ON = 1,
	EAS_OOF_TIMED = 2,
};

bool eas_oof_check(const struct wbxml_node *oof)
{
	const struct wbxml_node *get = wbxml_child(oof, SET_Get);
	const struct wbxml_node *set = wbxml_child(oof, SET_Set);

	return (get == NULL) != (set == NULL);
}

static bool oof_body_type_ok(const char *type)
{
	return type == NULL || strcasecmp(type, "TEXT") == 0 ||
		strcasecmp(type, "HTML") == 0;
}

static bool nodes_text_equal(const struct wbxml_node *a,
			     const struct wbxml_node *b, wbxml_tag_t tag)
{
	return null_strcmp(wbxml_child_text(a, tag),
			   wbxml_child_text(b, tag)) == 0;
}

/* The external audiences cannot be told apart: what is said to known and to
   unknown ones must be the same (status 6). */
static bool oof_messages_conflict(const struct wbxml_node *set)
{
	const struct wbxml_node *msg, *known = NULL, *unknown = NULL;

	for (msg = wbxml_child(set, SET_OofMessage); msg != NULL;
	     msg = wbxml_next_sibling(msg)) {
		if (wbxml_child(msg, SET_AppliesToExternalKnown) != NULL)
			known = msg;
		if (wbxml_child(msg, SET_AppliesToExternalUnknown) != NULL)
			unknown = msg;
	}
	return known != NULL && unknown != NULL && known != unknown &&
		!nodes_text_equal(known, unknown, SET_ReplyMessage);
}

static unsigned int oof_check_messages(const struct wbxml_node *set)
{
	const struct wbxml_node *msg;
	bool enabled;

	for (msg = wbxml_child(set, SET_OofMessage); msg != NULL;
	     msg = wbxml_next_sibling(msg)) {
		const char *type = wbxml_child_text(msg, SET_BodyType);
		const char *text = wbxml_child_text(msg, SET_ReplyMessage);

		if (wbxml_child_bool(msg, SET_Enabled, &enabled) < 0 ||
		    !oof_body_type_ok(type) ||
		    (text != NULL && *text != '\0' && type == NULL))
			return EAS_SETTINGS_INVALID;
	}
	return oof_messages_conflict(set) ? EAS_SETTINGS_CONFLICT :
		EAS_SETTINGS_OK;
}

static unsigned int
oof_parse_set(const struct wbxml_node *set, unsigned int *state_r)
{
	const char *start = wbxml_child_text(set, SET_StartTime);
	const char *end = wbxml_child_text(set, SET_EndTime);
	time_t start_time = 0, end_time = 0;
	int ret;

	ret = wbxml_child_uint(set, SET_OofState, state_r);
	if (ret < 0 || (ret > 0 && *state_r > EAS_OOF_TIMED))
		return EAS_SETTINGS_INVALID;
	if (ret == 0)
		*state_r = EAS_OOF_OFF;
	/* 2.2.3.175.2: one without the other */
	if ((start == NULL) != (end == NULL))
		return EAS_SETTINGS_PROTOCOL;
	if (start != NULL && (!eas_datetime_parse(start, &start_time) ||
			      !eas_datetime_parse(end, &end_time) ||
			      start_time >= end_time))
		return EAS_SETTINGS_INVALID;
	return oof_check_messages(set);
}

static void oof_set(struct wbxml_writer *w, const struct wbxml_node *set)
{
	unsigned int state, status = oof_parse_set(set, &state);

	if (status == EAS_SETTINGS_OK && state != EAS_OOF_OFF)
		status = EAS_SETTINGS_DENIED;
	wbxml_uint_tag(w, SET_Status, status);
}

static void oof_get(struct wbxml_writer *w, const struct wbxml_node *get)
{
	if (!oof_body_type_ok(wbxml_child_text(get, SET_BodyType))) {
		wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_INVALID);
		return;
	}
	wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_OK);
	wbxml_start(w, SET_Get);
	wbxml_uint_tag(w, SET_OofState, EAS_OOF_OFF);
	wbxml_end(w, SET_Get);
}

void eas_oof_run(struct eas_request *req ATTR_UNUSED, struct wbxml_writer *w,
		 const struct wbxml_node *oof)
{
	const struct wbxml_node *set = wbxml_child(oof, SET_Set);

	wbxml_start(w, SET_Oof);
	if (set != NULL)
		oof_set(w, set);
	else
		oof_get(w, wbxml_child(oof, SET_Get));
	wbxml_end(w, SET_Oof);
}
