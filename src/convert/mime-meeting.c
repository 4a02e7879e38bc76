/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages about meetings (RFC 6047): words for people, iCalendar for programs. */

#include "lib.h"
#include "str.h"
#include "strescape.h"
#include "base64.h"
#include "md5.h"
#include "hex-binary.h"
#include "message-date.h"
#include "mime-compose.h"

#define BASE64_LINE 57

static void append_base64(string_t *dest, const char *text)
{
	size_t size = strlen(text), n;

	for (; size > 0; text += n, size -= n) {
		n = I_MIN(size, BASE64_LINE);
		base64_encode(text, n, dest);
		str_append(dest, "\r\n");
	}
}

static void append_part(string_t *dest, const char *boundary,
			const char *type, const char *text)
{
	str_printfa(dest, "--%s\r\nContent-Type: %s\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n",
		    boundary, type);
	append_base64(dest, text);
}

/* Made of the content, so that the same message is the same bytes */
static const char *make_boundary(const struct mime_meeting *meeting)
{
	unsigned char digest[MD5_RESULTLEN];

	md5_get_digest(meeting->calendar, strlen(meeting->calendar), digest);
	return t_strdup_printf("=_%s", binary_to_hex(digest, sizeof(digest)));
}

static int append_headers(string_t *dest, const struct mime_meeting *meeting)
{
	string_t *from = t_str_new(128);

	if (meeting->from_name != NULL && *meeting->from_name != '\0')
		str_printfa(from, "\"%s\" ", str_escape(meeting->from_name));
	str_printfa(from, "<%s>", meeting->from);
	if (!mime_field_append_addresses(dest, "From", str_c(from)) ||
	    !mime_field_append_addresses(dest, "To",
					 t_strarray_join(meeting->to, ", ")))
		return -1;
	mime_field_append_text(dest, "Subject", meeting->subject);
	if (meeting->date != 0) {
		mime_field_append(dest, "Date",
				  message_date_create(meeting->date));
	}
	str_append(dest, "MIME-Version: 1.0\r\n"
		   "Content-Class: urn:content-classes:calendarmessage\r\n");
	return 0;
}

/* With what describes the part further */
static const char *calendar_type(const struct mime_meeting *meeting)
{
	const char *type = t_strdup_printf(
		"text/calendar; charset=utf-8; method=%s", meeting->method);

	return meeting->file_name == NULL ? type : t_strdup_printf(
		"%s\r\nContent-Disposition: attachment; filename=\"%s\"", type,
		str_escape(meeting->file_name));
}

const string_t *mime_meeting_build(pool_t pool,
				   const struct mime_meeting *meeting)
{
	string_t *dest = str_new(pool, 4096 + strlen(meeting->calendar) * 3 / 2);
	const char *boundary = make_boundary(meeting);

	if (append_headers(dest, meeting) < 0)
		return NULL;
	str_printfa(dest, "Content-Type: multipart/%s;\r\n"
		    " boundary=\"%s\"\r\n\r\n", meeting->file_name != NULL ?
		    "mixed" : "alternative", boundary);
	append_part(dest, boundary, "text/plain; charset=utf-8", meeting->text);
	/* Beside a file there is one text only. */
	if (meeting->html != NULL && meeting->file_name == NULL)
		append_part(dest, boundary, "text/html; charset=utf-8",
			    meeting->html);
	append_part(dest, boundary, calendar_type(meeting), meeting->calendar);
	str_printfa(dest, "--%s--\r\n", boundary);
	return dest;
}
