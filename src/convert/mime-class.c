/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Message class (MS-ASEMAIL 2.2.2.49, MS-OXCMAIL 2.2.3.2.15, MS-OXCICAL 2.1.3.1.1)
   from types and parameters; the beginning of a small part is read only where
   nothing else tells: reports, and meeting responses. */

#include "lib.h"
#include "str.h"
#include "mime-private.h"

#include <ctype.h>

#define CLASS_READ_MAX 8192

struct class_map {
	const char *key, *message_class;
};

/* MS-OXCMAIL 2.2.3.1.2.15 Content-Class */
static const struct class_map content_classes[] = {
	{ "fax", "IPM.Note.Microsoft.Fax" },
	{ "fax-ca", "IPM.Note.Microsoft.Fax.CA" },
	{ "missedcall", "IPM.Note.Microsoft.Missed.Voice" },
	{ "voice-uc", "IPM.Note.Microsoft.Conversation.Voice" },
	{ "voice-ca", "IPM.Note.Microsoft.Voicemail.UM.CA" },
	{ "voice", "IPM.Note.Microsoft.Voicemail.UM" },
	{ "sharing", "IPM.Sharing" },
	{ "urn:content-classes:sharing", "IPM.Sharing" }
};

/* MS-OXCICAL 2.1.3.1.1.1 METHOD */
static const struct class_map calendar_classes[] = {
	{ "REQUEST", "IPM.Schedule.Meeting.Request" },
	{ "CANCEL", "IPM.Schedule.Meeting.Canceled" },
	{ "COUNTER", "IPM.Schedule.Meeting.Resp.Tent" }
};

static const struct class_map partstat_classes[] = {
	{ "ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos" },
	{ "DECLINED", "IPM.Schedule.Meeting.Resp.Neg" },
	{ "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent" }
};

static const char *
class_map_find(const struct class_map *map, unsigned int count,
	       const char *key)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(map[i].key, key) == 0)
			return map[i].message_class;
	}
	return NULL;
}
#define CLASS_MAP_FIND(map, key) class_map_find(map, N_ELEMENTS(map), key)

/* The word after a label in iCalendar or report text, upper case; folded
   lines (RFC 5545, 3.1) are joined. */
static const char *
text_find_value(const string_t *text, const char *label, bool line_start)
{
	string_t *joined = t_str_new(str_len(text));
	const char *p = str_c((string_t *)text), *value;
	size_t len = strlen(label);

	for (; *p != '\0'; p++) {
		if (*p == '\r')
			continue;
		if (*p == '\n' && (p[1] == ' ' || p[1] == '\t')) {
			p++;
			continue;
		}
		str_append_c(joined, *p);
	}
	for (p = str_c(joined); *p != '\0'; p++) {
		if (strncasecmp(p, label, len) != 0 ||
		    (line_start && p != str_c(joined) && p[-1] != '\n'))
			continue;
		p += len;
		while (*p == ' ' || *p == '\t')
			p++;
		for (value = p; i_isalnum(*p) || *p == '-'; p++) ;
		return t_str_ucase(t_strdup_until(value, p));
	}
	return NULL;
}

static int
class_calendar(struct mime_message *msg, struct mime_structure *s,
	       const char **class_r, const char **error_r)
{
	string_t *text = NULL;
	const char *method = s->calendar_method, *partstat;

	if (method == NULL || strcmp(method, "REPLY") == 0) {
		if (mime_part_read_text(msg, s->calendar, CLASS_READ_MAX,
					&text, error_r) < 0)
			return -1;
	}
	if (method == NULL) {
		method = text_find_value(text, "METHOD:", TRUE);
		s->calendar_method = p_strdup(msg->pool, method);
	}
	if (method != NULL && strcmp(method, "REPLY") == 0) {
		partstat = text_find_value(text, "PARTSTAT=", FALSE);
		if (partstat != NULL)
			*class_r = CLASS_MAP_FIND(partstat_classes, partstat);
	} else if (method != NULL) {
		*class_r = CLASS_MAP_FIND(calendar_classes, method);
	}
	return 0;
}

int mime_message_get_calendar(struct mime_message *msg, pool_t pool, size_t max,
			      const char **text_r, const char **error_r)
{
	const struct mime_structure *s;
	string_t *text;
	int ret;

	if (mime_message_get_structure(msg, &s, error_r) < 0)
		return -1;
	if (s->calendar == NULL)
		return 0;
	T_BEGIN {
		ret = mime_part_read_text(msg, s->calendar, max + 1, &text,
					  error_r);
		if (ret == 0 && str_len(text) <= max) {
			*text_r = p_strdup(pool, str_c(text));
			ret = 1;
		}
	} T_END_PASS_STR_IF(ret < 0, error_r);
	return ret;
}

static const struct message_part *
report_part(const struct message_part *root, const char *subtype)
{
	const struct message_part *child;

	for (child = root->children; child != NULL; child = child->next) {
		if (mime_part_is_type(child, "message", subtype))
			return child;
	}
	return NULL;
}

static const char *dsn_class(const string_t *text)
{
	const char *action = text_find_value(text, "Action:", TRUE);

	if (action == NULL || strcmp(action, "FAILED") == 0)
		return "REPORT.IPM.Note.NDR";
	if (strcmp(action, "DELAYED") == 0)
		return "REPORT.IPM.Note.Delayed";
	return "REPORT.IPM.Note.DR";
}

/* RFC 8098, 3.2.6: "Disposition: mode; type" */
static const char *mdn_class(const string_t *text)
{
	const char *lower = t_str_lcase(str_c((string_t *)text));
	const char *p = strstr(lower, "disposition:");

	if (p != NULL)
		p = strchr(p, ';');
	if (p != NULL && strncmp(p + 1 + strspn(p + 1, " \t"),
				 "deleted", 7) == 0)
		return "REPORT.IPM.Note.IPNNRN";
	return "REPORT.IPM.Note.IPNRN";
}

static int
class_report(struct mime_message *msg, const struct message_part *root,
	     const char **class_r, const char **error_r)
{
	const struct message_part *part;
	string_t *text;
	bool dsn;

	part = report_part(root, "delivery-status");
	dsn = part != NULL;
	if (part == NULL)
		part = report_part(root, "disposition-notification");
	if (part == NULL)
		return 0;
	if (mime_part_read_text(msg, part, CLASS_READ_MAX, &text, error_r) < 0)
		return -1;
	*class_r = dsn ? dsn_class(text) : mdn_class(text);
	return 0;
}

static const char *class_opaque(const struct message_part *root)
{
	const char *type = mime_part_param(root, "smime-type");

	return null_strcasecmp(type, "signed-receipt") == 0 ?
		"IPM.Note.Receipt.SMIME" : "IPM.Note.SMIME";
}

/* Dots and letters only: the rest of a client's form name is dropped */
static const char *
class_custom(const char *prefix, const char *suffix)
{
	string_t *name = t_str_new(64);

	str_append(name, prefix);
	for (; *suffix != '\0' && str_len(name) < 128; suffix++) {
		if (i_isalnum(*suffix) || *suffix == '.' || *suffix == '-' ||
		    *suffix == '_')
			str_append_c(name, *suffix);
	}
	while (str_c(name)[str_len(name) - 1] == '.')
		str_truncate(name, str_len(name) - 1);
	return str_c(name);
}

static int
class_from_headers(struct mime_message *msg, const struct message_part *root,
		   const char **class_r, const char **error_r)
{
	const char *value;

	if (mime_message_first_header(msg, "Content-Class", &value,
				      error_r) < 0)
		return -1;
	if (value != NULL) {
		value = mime_header_decode(value);
		*class_r = CLASS_MAP_FIND(content_classes, value);
		if (strncasecmp(value, "urn:content-class:custom.", 25) == 0)
			*class_r = class_custom("IPM.Note.Custom.", value + 25);
		else if (strncasecmp(value, "InfoPathForm.", 13) == 0)
			*class_r = class_custom("IPM.InfoPathForm.",
						value + 13);
		if (*class_r != NULL)
			return 0;
	}
	if (mime_part_is_type(root, "multipart", "voice-message")) {
		*class_r = "IPM.Note.Microsoft.Voicemail.UM.CA";
		return 0;
	}
	if (mime_message_first_header(msg, "Auto-Submitted", &value,
				      error_r) < 0)
		return -1;
	if (value != NULL &&
	    strncasecmp(mime_header_decode(value), "auto-replied", 12) == 0)
		*class_r = "IPM.Note.Rules.OofTemplate.Microsoft";
	return 0;
}

int mime_message_class(struct mime_message *msg,
		       const struct message_part *root,
		       struct mime_structure *s, const char **error_r)
{
	const char *message_class = NULL;
	int ret = 0;

	if (s->secure == MIME_SECURE_OPAQUE)
		message_class = class_opaque(root);
	else if (s->secure == MIME_SECURE_SIGNED)
		message_class = "IPM.Note.SMIME.MultipartSigned";
	else if (mime_part_is_type(root, "multipart", "report"))
		ret = class_report(msg, root, &message_class, error_r);
	else if (s->calendar != NULL)
		ret = class_calendar(msg, s, &message_class, error_r);
	if (ret == 0 && message_class == NULL)
		ret = class_from_headers(msg, root, &message_class, error_r);
	if (ret < 0)
		return -1;
	s->message_class = message_class == NULL ? "IPM.Note" :
		p_strdup(msg->pool, message_class);
	s->content_class =
		strncmp(s->message_class, "IPM.Schedule.", 13) == 0 ?
		"urn:content-classes:calendarmessage" :
		"urn:content-classes:message";
	return 0;
}
