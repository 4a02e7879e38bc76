/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The out of office settings as a Sieve script.

   Comments at its head hold the settings as the client gave them, so that they
   come back exactly; the vacation actions below do the work; the user's own
   script, if one was active, is included last (a `stop` in it must not keep the
   answer from being sent). */

#include "lib.h"
#include "base64.h"
#include "compat.h"
#include "str.h"
#include "eas-oof-script.h"

#include <time.h>

#define EAS_OOF_MAGIC "# Dovetail out of office 1\r\n"
/* RFC 5230 4.1: an answer to the same sender once in so many days */
#define EAS_OOF_DAYS 1
/* End of the year 9999 */
#define EAS_OOF_TIME_MAX INT64_C(253402300799)

static const char *const audience_names[EAS_OOF_AUDIENCES] = {
	"internal", "known", "unknown"
};

/* --- writing --------------------------------------------------------------------- */

static void oof_append_base64(string_t *dest, const char *text)
{
	if (text != NULL)
		base64_encode(text, strlen(text), dest);
}

/* RFC 5228 2.4.2 */
static void oof_append_string(string_t *dest, const char *text)
{
	str_append_c(dest, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			str_append_c(dest, '\\');
		if (*text == '\n' && (str_len(dest) == 0 ||
				      str_data(dest)[str_len(dest) - 1] != '\r'))
			str_append_c(dest, '\r');
		str_append_c(dest, *text);
	}
	str_append_c(dest, '"');
}

static void oof_append_head(string_t *dest, const struct eas_oof *oof)
{
	str_append(dest, EAS_OOF_MAGIC
		   "# Made by Dovetail for this account's phones and Outlook. "
		   "Changes are overwritten.\r\n");
	str_printfa(dest, "#state %u\r\n#start %"PRIdTIME_T"\r\n"
		    "#end %"PRIdTIME_T"\r\n", oof->state, oof->start, oof->end);
	if (oof->include != NULL) {
		str_append(dest, "#include ");
		oof_append_base64(dest, oof->include);
		str_append(dest, "\r\n");
	}
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		const struct eas_oof_message *msg = &oof->messages[i];

		str_printfa(dest, "#%s %u %u %u ", audience_names[i],
			    msg->enabled ? 1 : 0, msg->html ? 1 : 0,
			    msg->text != NULL ? 1 : 0);
		oof_append_base64(dest, msg->text);
		str_append(dest, "\r\n");
	}
}

static void oof_append_vacation(string_t *dest, const char *handle,
				const struct eas_oof_message *msg,
				const char *const *addresses)
{
	str_printfa(dest, "vacation :days %u :handle \"dovetail-%s\"",
		    EAS_OOF_DAYS, handle);
	str_append(dest, " :addresses [");
	for (const char *const *p = addresses; *p != NULL; p++) {
		if (p != addresses)
			str_append(dest, ", ");
		oof_append_string(dest, *p);
	}
	str_append_c(dest, ']');
	if (!msg->html) {
		str_append_c(dest, ' ');
		oof_append_string(dest, msg->text);
	} else {
		str_append(dest, " :mime ");
		oof_append_string(dest, t_strconcat(
			"Content-Type: text/html; charset=utf-8\r\n\r\n",
			msg->text, NULL));
	}
	str_append(dest, ";\r\n");
}

static bool oof_message_speaks(const struct eas_oof_message *msg)
{
	return msg->enabled && msg->text != NULL && *msg->text != '\0';
}

/* Sieve cannot tell known from unknown strangers: what is for either goes to
   all (the two are the same, or one is off). */
static const struct eas_oof_message *
oof_external(const struct eas_oof *oof)
{
	const struct eas_oof_message *known =
		&oof->messages[EAS_OOF_EXTERNAL_KNOWN];
	const struct eas_oof_message *unknown =
		&oof->messages[EAS_OOF_EXTERNAL_UNKNOWN];

	return oof_message_speaks(unknown) ? unknown : known;
}

static void oof_append_answers(string_t *dest, const struct eas_oof *oof,
			       const char *const *addresses)
{
	const struct eas_oof_message *internal =
		&oof->messages[EAS_OOF_INTERNAL];
	const struct eas_oof_message *external = oof_external(oof);
	const char *domain = strrchr(addresses[0], '@');

	str_append(dest, "if address :domain :is \"from\" ");
	oof_append_string(dest, domain == NULL ? addresses[0] : domain + 1);
	str_append(dest, " {\r\n");
	if (oof_message_speaks(internal)) {
		oof_append_vacation(dest, audience_names[EAS_OOF_INTERNAL],
				    internal, addresses);
	}
	str_append(dest, "} else {\r\n");
	if (oof_message_speaks(external))
		oof_append_vacation(dest, "external", external, addresses);
	str_append(dest, "}\r\n");
}

static const char *oof_iso8601(time_t t)
{
	const struct tm *tm = gmtime(&t);

	/* No zone at the end: the compared value has one, which makes it the
	   greater string of two equal times. */
	return t_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d",
			       tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday,
			       tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static void oof_append_period(string_t *dest, const struct eas_oof *oof)
{
	static const char test[] = "currentdate :zone \"+0000\" :value ";

	str_append(dest, "if allof (true");
	if (oof->start != 0) {
		str_printfa(dest, ", %s\"ge\" \"iso8601\" \"%s\"", test,
			    oof_iso8601(oof->start));
	}
	if (oof->end != 0) {
		str_printfa(dest, ", %s\"lt\" \"iso8601\" \"%s\"", test,
			    oof_iso8601(oof->end));
	}
	str_append(dest, ") {\r\n");
}

void eas_oof_script_write(string_t *dest, const struct eas_oof *oof,
			  const char *const *addresses)
{
	oof_append_head(dest, oof);
	str_append(dest, "require [\"vacation\", \"date\", \"relational\", "
		   "\"include\"];\r\n");
	if (oof->state == EAS_OOF_TIMED)
		oof_append_period(dest, oof);
	if (oof->state != EAS_OOF_OFF)
		oof_append_answers(dest, oof, addresses);
	if (oof->state == EAS_OOF_TIMED)
		str_append(dest, "}\r\n");
	if (oof->include != NULL) {
		str_append(dest, "include :personal :optional ");
		oof_append_string(dest, oof->include);
		str_append(dest, ";\r\n");
	}
}

/* --- reading --------------------------------------------------------------------- */

static const char *oof_parse_base64(pool_t pool, const char *text)
{
	buffer_t *buf = t_buffer_create(strlen(text) + 1);

	if (compat_base64_decode(text, strlen(text), buf) < 0)
		return NULL;
	return p_strndup(pool, buf->data, buf->used);
}

static bool oof_parse_message(pool_t pool, const char *const *args,
			      struct eas_oof *oof)
{
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		struct eas_oof_message *msg = &oof->messages[i];

		if (strcmp(args[0], audience_names[i]) != 0)
			continue;
		if (str_array_length(args) < 4)
			return FALSE;
		msg->enabled = args[1][0] == '1';
		msg->html = args[2][0] == '1';
		msg->text = args[3][0] != '1' ? NULL :
			oof_parse_base64(pool, args[4] == NULL ? "" : args[4]);
		return TRUE;
	}
	return TRUE;
}

static bool oof_parse_time(const char *text, time_t *time_r)
{
	return str_to_time(text, time_r) == 0 && *time_r >= 0 &&
		*time_r <= EAS_OOF_TIME_MAX;
}

static bool oof_parse_line(pool_t pool, const char *line, struct eas_oof *oof)
{
	const char *const *args = t_strsplit(line + 1, " ");
	unsigned int state;

	if (args[0] == NULL || args[1] == NULL)
		return TRUE;
	if (strcmp(args[0], "state") == 0) {
		if (str_to_uint(args[1], &state) < 0 || state > EAS_OOF_TIMED)
			return FALSE;
		oof->state = state;
		return TRUE;
	}
	if (strcmp(args[0], "start") == 0)
		return oof_parse_time(args[1], &oof->start);
	if (strcmp(args[0], "end") == 0)
		return oof_parse_time(args[1], &oof->end);
	if (strcmp(args[0], "include") == 0) {
		oof->include = oof_parse_base64(pool, args[1]);
		return oof->include != NULL;
	}
	return oof_parse_message(pool, args, oof);
}

bool eas_oof_script_parse(const char *script, pool_t pool,
			  struct eas_oof *oof_r)
{
	const char *const *lines;
	bool ok = TRUE;

	i_zero(oof_r);
	if (strncmp(script, EAS_OOF_MAGIC, strlen(EAS_OOF_MAGIC)) != 0)
		return FALSE;
	T_BEGIN {
		lines = t_strsplit(script + strlen(EAS_OOF_MAGIC), "\r\n");
		for (; *lines != NULL && ok; lines++) {
			/* t_strsplit() splits at either character */
			if (**lines == '\0')
				continue;
			if (**lines != '#')
				break;
			ok = oof_parse_line(pool, *lines, oof_r);
		}
	} T_END;
	return ok;
}
