/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out of office (MS-ASCMD 2.2.3.116) as a personal Sieve script.  Without a
   script store the answer is "off", and switching it on is denied. */

#include "eas.h"
#include "eas-oof.h"
#include "eas-oof-script.h"
#include "dovetail-sieve.h"

#define EAS_OOF_SCRIPT SIEVE_SCRIPT_OOF
/* Reply messages longer than this are refused. */
#define EAS_OOF_TEXT_MAX (32 * 1024)

static const wbxml_tag_t oof_audience_tags[EAS_OOF_AUDIENCES] = {
	SET_AppliesToInternal, SET_AppliesToExternalKnown,
	SET_AppliesToExternalUnknown,
};

bool eas_oof_check(const struct wbxml_node *oof)
{
	const struct wbxml_node *get = wbxml_child(oof, SET_Get);
	const struct wbxml_node *set = wbxml_child(oof, SET_Set);

	return (get == NULL) != (set == NULL);
}

/* --- the stored settings ------------------------------------------------------------ */

/* Does ours run? By itself, or included by that of the rules. 1, 0, -1 */
static int oof_runs(struct eas_request *req, const char *active)
{
	const char *script, *include;
	int ret;

	if (active == NULL || strcmp(active, SIEVE_SCRIPT_RULES) != 0)
		return null_strcmp(active, EAS_OOF_SCRIPT) == 0 ? 1 : 0;
	ret = sieve_box_read(req->service->sieve, active, req->pool, &script);
	if (ret <= 0)
		return ret;
	include = sieve_script_include(req->pool, script);
	return null_strcmp(include, EAS_OOF_SCRIPT) == 0 ? 1 : 0;
}

/* As they are: off while another script is active, whatever ours says. */
static int oof_load(struct eas_request *req, struct eas_oof *oof_r,
		    const char **active_r)
{
	struct sieve_box *box = req->service->sieve;
	const char *script;
	int ret;

	i_zero(oof_r);
	*active_r = NULL;
	if (!sieve_box_usable(box))
		return 0;
	if (sieve_box_active(box, req->pool, active_r) < 0 ||
	    (ret = sieve_box_read(box, EAS_OOF_SCRIPT, req->pool,
				  &script)) < 0)
		return -1;
	if (ret > 0 && !eas_oof_script_parse(script, req->pool, oof_r))
		i_zero(oof_r);
	if ((ret = oof_runs(req, *active_r)) == 0)
		oof_r->state = EAS_OOF_OFF;
	return ret < 0 ? -1 : 0;
}

static const char *const *oof_addresses(struct eas_request *req)
{
	const struct store_settings *set = store_get_settings(req->store);
	ARRAY_TYPE(const_string) list;

	p_array_init(&list, req->pool, 4);
	array_push_back(&list, &set->address);
	for (const char *const *p = set->aliases; p != NULL && *p != NULL; p++)
		array_push_back(&list, p);
	array_append_zero(&list);
	return array_front(&list);
}

/* The script is written before it becomes active, and deactivated before it says
   "off": at each moment what runs is what the user set last. */
static unsigned int oof_store(struct eas_request *req, struct eas_oof *oof,
			      const char *active)
{
	struct sieve_box *box = req->service->sieve;
	bool ours = null_strcmp(active, EAS_OOF_SCRIPT) == 0;
	string_t *script = str_new(req->pool, 4096);
	int ret = 1, runs = oof_runs(req, active);

	if (runs < 0)
		return EAS_SETTINGS_UNAVAILABLE;
	if (oof->state != EAS_OOF_OFF && runs == 0)
		oof->include = active;
	if (oof->state == EAS_OOF_OFF && ours) {
		ret = oof->include == NULL ? 0 :
			sieve_box_activate(box, oof->include);
		if (ret == 0)
			ret = sieve_box_activate(box, NULL);
	}
	if (ret < 0)
		return EAS_SETTINGS_UNAVAILABLE;
	eas_oof_script_write(script, oof, oof_addresses(req));
	if (sieve_box_write(box, EAS_OOF_SCRIPT, str_c(script)) < 0)
		return EAS_SETTINGS_UNAVAILABLE;
	if (oof->state != EAS_OOF_OFF && runs == 0 &&
	    sieve_box_activate(box, EAS_OOF_SCRIPT) <= 0)
		return EAS_SETTINGS_UNAVAILABLE;
	return EAS_SETTINGS_OK;
}

/* --- Set ------------------------------------------------------------------------------ */

static unsigned int
oof_parse_message(const struct wbxml_node *node, struct eas_oof *oof)
{
	const char *type = wbxml_child_text(node, SET_BodyType);
	const struct wbxml_node *text = wbxml_child(node, SET_ReplyMessage);
	bool enabled = FALSE, html;

	if (wbxml_child_bool(node, SET_Enabled, &enabled) < 0 ||
	    (type != NULL && strcasecmp(type, "TEXT") != 0 &&
	     strcasecmp(type, "HTML") != 0) ||
	    (text != NULL && text->size > 0 && type == NULL) ||
	    (text != NULL && (text->in_file || text->size > EAS_OOF_TEXT_MAX)))
		return EAS_SETTINGS_INVALID;
	html = type != NULL && strcasecmp(type, "HTML") == 0;
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		struct eas_oof_message *msg = &oof->messages[i];

		if (wbxml_child(node, oof_audience_tags[i]) == NULL)
			continue;
		msg->enabled = enabled;
		/* An empty text of a silent audience does not erase. */
		if (text != NULL && (text->size > 0 || enabled)) {
			msg->text = text->text;
			msg->html = html;
		}
	}
	return EAS_SETTINGS_OK;
}

/* Known and unknown strangers cannot be told apart: what is said to both must be
   the same (status 6). */
static bool oof_conflicts(const struct wbxml_node *set,
			  const struct eas_oof *oof)
{
	const struct eas_oof_message *known =
		&oof->messages[EAS_OOF_EXTERNAL_KNOWN];
	const struct eas_oof_message *unknown =
		&oof->messages[EAS_OOF_EXTERNAL_UNKNOWN];
	const struct wbxml_node *node;
	unsigned int external = 0;

	for (node = wbxml_child(set, SET_OofMessage); node != NULL;
	     node = wbxml_next_sibling(node)) {
		if (wbxml_child(node, SET_AppliesToExternalKnown) != NULL ||
		    wbxml_child(node, SET_AppliesToExternalUnknown) != NULL)
			external++;
	}
	return external > 1 && known->enabled && unknown->enabled &&
		null_strcmp(known->text, unknown->text) != 0;
}

static unsigned int
oof_parse_times(const struct wbxml_node *set, struct eas_oof *oof)
{
	const char *start = wbxml_child_text(set, SET_StartTime);
	const char *end = wbxml_child_text(set, SET_EndTime);

	/* 2.2.3.175.2: one without the other */
	if ((start == NULL) != (end == NULL))
		return EAS_SETTINGS_PROTOCOL;
	if (start == NULL)
		return EAS_SETTINGS_OK;
	return eas_datetime_parse(start, &oof->start) &&
		eas_datetime_parse(end, &oof->end) && oof->start < oof->end ?
		EAS_SETTINGS_OK : EAS_SETTINGS_INVALID;
}

static unsigned int
oof_parse_set(const struct wbxml_node *set, struct eas_oof *oof)
{
	const struct wbxml_node *node;
	unsigned int status, state = oof->state;

	if (wbxml_child_uint(set, SET_OofState, &state) < 0 ||
	    state > EAS_OOF_TIMED)
		return EAS_SETTINGS_INVALID;
	oof->state = state;
	if ((status = oof_parse_times(set, oof)) != EAS_SETTINGS_OK)
		return status;
	for (node = wbxml_child(set, SET_OofMessage); node != NULL;
	     node = wbxml_next_sibling(node)) {
		status = oof_parse_message(node, oof);
		if (status != EAS_SETTINGS_OK)
			return status;
	}
	return oof_conflicts(set, oof) ? EAS_SETTINGS_CONFLICT :
		EAS_SETTINGS_OK;
}

static unsigned int
oof_set(struct eas_request *req, const struct wbxml_node *set)
{
	struct eas_oof oof;
	const char *active;
	unsigned int status;

	if (oof_load(req, &oof, &active) < 0)
		return EAS_SETTINGS_UNAVAILABLE;
	if ((status = oof_parse_set(set, &oof)) != EAS_SETTINGS_OK)
		return status;
	if (!sieve_box_usable(req->service->sieve)) {
		return oof.state == EAS_OOF_OFF ? EAS_SETTINGS_OK :
			EAS_SETTINGS_DENIED;
	}
	return oof_store(req, &oof, active);
}

/* --- Get ------------------------------------------------------------------------------ */

static void oof_write_message(struct wbxml_writer *w, unsigned int audience,
			      const struct eas_oof_message *msg, bool want_html)
{
	const char *text = msg->text;
	bool html = msg->html;

	if (text != NULL && html && !want_html) {
		string_t *plain = t_str_new(256);

		mime_html_to_text(plain, (const unsigned char *)text,
				  strlen(text), EAS_OOF_TEXT_MAX);
		text = str_c(plain);
		html = FALSE;
	}
	wbxml_start(w, SET_OofMessage);
	wbxml_empty(w, oof_audience_tags[audience]);
	wbxml_bool_tag(w, SET_Enabled, msg->enabled);
	if (text != NULL) {
		wbxml_text_tag(w, SET_ReplyMessage, text);
		wbxml_text_tag(w, SET_BodyType, html ? "HTML" : "TEXT");
	}
	wbxml_end(w, SET_OofMessage);
}

static void oof_get(struct eas_request *req, struct wbxml_writer *w,
		    const struct wbxml_node *get)
{
	const char *active, *type = wbxml_child_text(get, SET_BodyType);
	struct eas_oof oof;

	if (type != NULL && strcasecmp(type, "TEXT") != 0 &&
	    strcasecmp(type, "HTML") != 0) {
		wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_INVALID);
		return;
	}
	if (oof_load(req, &oof, &active) < 0) {
		wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_UNAVAILABLE);
		return;
	}
	wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_OK);
	wbxml_start(w, SET_Get);
	wbxml_uint_tag(w, SET_OofState, oof.state);
	if (oof.start != 0 && oof.end != 0) {
		wbxml_text_tag(w, SET_StartTime, eas_datetime(oof.start));
		wbxml_text_tag(w, SET_EndTime, eas_datetime(oof.end));
	}
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		oof_write_message(w, i, &oof.messages[i],
				  type == NULL || strcasecmp(type, "HTML") == 0);
	}
	wbxml_end(w, SET_Get);
}

void eas_oof_run(struct eas_request *req, struct wbxml_writer *w,
		 const struct wbxml_node *oof)
{
	const struct wbxml_node *set = wbxml_child(oof, SET_Set);

	wbxml_start(w, SET_Oof);
	if (set != NULL)
		wbxml_uint_tag(w, SET_Status, oof_set(req, set));
	else
		oof_get(req, w, wbxml_child(oof, SET_Get));
	wbxml_end(w, SET_Oof);
}
