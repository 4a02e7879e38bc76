/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multiparts written around texts and attachments. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "mime-private.h"
#include "mime-assemble.h"

struct type_by_name {
	const char *ext, *type;
};

/* For clients that give a name only; RFC and IANA types */
static const struct type_by_name types_by_name[] = {
	{ "bmp", "image/bmp" },
	{ "csv", "text/csv" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument."
	  "wordprocessingml.document" },
	{ "gif", "image/gif" },
	{ "heic", "image/heic" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ics", "text/calendar" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "m4a", "audio/mp4" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument."
	  "presentationml.presentation" },
	{ "rtf", "application/rtf" },
	{ "svg", "image/svg+xml" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "txt", "text/plain" },
	{ "vcf", "text/vcard" },
	{ "wav", "audio/wav" },
	{ "webp", "image/webp" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument."
	  "spreadsheetml.sheet" },
	{ "zip", "application/zip" }
};

static const char *type_of_name(const char *name)
{
	const char *ext = strrchr(name, '.');
	unsigned int i;

	for (i = 0; ext != NULL && i < N_ELEMENTS(types_by_name); i++) {
		if (strcasecmp(types_by_name[i].ext, ext + 1) == 0)
			return types_by_name[i].type;
	}
	return "application/octet-stream";
}

/* The client's type if it is one: it stands in a header */
static const char *add_type(const struct mime_draft_attachment *add)
{
	const char *p, *slash = NULL;

	if (add->is_message)
		return "message/rfc822";
	for (p = add->content_type; p != NULL && *p != '\0'; p++) {
		if (*p == '/' && slash == NULL && p != add->content_type)
			slash = p;
		else if ((unsigned char)*p <= 0x20 ||
			 (unsigned char)*p >= 0x7f ||
			 strchr("()<>@,;:\\\"/[]?=", *p) != NULL)
			return type_of_name(add->display_name);
	}
	if (slash == NULL || slash[1] == '\0' ||
	    strncasecmp(add->content_type, "multipart/", 10) == 0 ||
	    strncasecmp(add->content_type, "message/", 8) == 0)
		return type_of_name(add->display_name);
	return add->content_type;
}

static void content_id_append(string_t *dest, const char *id)
{
	str_append(dest, "Content-ID: <");
	for (; *id != '\0'; id++) {
		if ((unsigned char)*id > 0x20 && (unsigned char)*id < 0x7f &&
		    *id != '<' && *id != '>')
			str_append_c(dest, *id);
	}
	str_append(dest, ">\r\n");
}

static void
assemble_add(struct mime_builder *b, const struct mime_draft_attachment *add)
{
	str_printfa(b->text, "Content-Type: %s", add_type(add));
	mime_param_append(b->text, "name", add->display_name);
	str_printfa(b->text, "\r\nContent-Disposition: %s",
		    add->is_inline ? "inline" : "attachment");
	mime_param_append(b->text, "filename", add->display_name);
	str_append(b->text, "\r\n");
	if (add->content_id != NULL)
		content_id_append(b->text, add->content_id);
	if (add->is_message) {
		/* RFC 2046, 5.2.1: no encoding but the binary ones */
		str_append(b->text, "Content-Transfer-Encoding: 8bit\r\n\r\n");
		mime_builder_add_raw(b, add->content, 0, UOFF_T_MAX);
		str_append(b->text, "\r\n");
		return;
	}
	str_append(b->text, "Content-Transfer-Encoding: base64\r\n\r\n");
	i_stream_seek(add->content, 0);
	i_stream_ref(add->content);
	mime_builder_add_base64(b, add->content);
}

static int
assemble_embedded(struct mime_builder *b, struct mime_message *msg,
		  const char **error_r)
{
	const struct mime_facts *facts;
	struct istream *input;

	if (mime_message_get_facts(msg, &facts, error_r) < 0 ||
	    mime_message_raw_input(msg, &input, error_r) < 0)
		return -1;
	str_append(b->text, "Content-Type: message/rfc822\r\n"
		   "Content-Disposition: attachment");
	mime_param_append(b->text, "filename", t_strconcat(
		*facts->subject == '\0' ? "message" : facts->subject, ".eml",
		NULL));
	str_append(b->text, "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
	mime_builder_add_raw(b, input, 0, UOFF_T_MAX);
	str_append(b->text, "\r\n");
	return 0;
}

static int
assemble_item(struct mime_builder *b, const struct mime_assemble_item *item,
	      const char **error_r)
{
	if (item->add != NULL) {
		assemble_add(b, item->add);
		return 0;
	}
	if (item->embedded != NULL)
		return assemble_embedded(b, item->embedded, error_r);
	return mime_builder_add_part(b, item->msg, item->part, error_r);
}

static void
assemble_text(struct mime_builder *b, const char *subtype,
	      struct istream **input)
{
	str_printfa(b->text, "Content-Type: text/%s; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n", subtype);
	mime_builder_add_base64(b, *input);
	*input = NULL;
}

static const char *
multipart_begin(struct mime_builder *b, const char *subtype)
{
	const char *boundary = mime_boundary_create();

	str_printfa(b->text, "Content-Type: multipart/%s;\r\n"
		    " boundary=\"%s\"\r\n\r\n--%s\r\n",
		    subtype, boundary, boundary);
	return boundary;
}

static int
assemble_entity(struct mime_builder *b, struct istream *entity,
		const char **error_r)
{
	ARRAY_TYPE(mime_field) fields;
	const struct mime_field *field;
	enum mime_compose_error code;
	uoff_t body_offset;

	if (mime_fields_read(b->pool, entity, &fields, &body_offset, &code,
			     error_r) < 0)
		return -1;
	array_foreach(&fields, field) {
		if (strncasecmp(field->name, "Content-", 8) == 0)
			mime_field_append(b->text, field->name, field->value);
	}
	str_append(b->text, "\r\n");
	mime_builder_add_raw(b, entity, body_offset, UOFF_T_MAX);
	str_append(b->text, "\r\n");
	return 0;
}

static void assemble_plain(struct mime_builder *b, struct mime_assemble *body)
{
	if (body->plain == NULL)
		body->plain = i_stream_create_from_data("", 0);
	assemble_text(b, "plain", &body->plain);
}

/* MS-OXCMAIL 2.1.3.3, RFC 6047 2.4 */
static void assemble_calendar(struct mime_builder *b,
			      const struct mime_assemble *body)
{
	struct istream *input;

	str_append(b->text, "Content-Type: text/calendar; charset=utf-8");
	if (body->method != NULL)
		str_printfa(b->text, "; method=%s", body->method);
	str_append(b->text, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	input = i_stream_create_copy_from_data(body->calendar,
					       strlen(body->calendar));
	mime_builder_add_base64(b, input);
}

static void assemble_opaque(struct mime_builder *b, struct mime_assemble *body)
{
	str_printfa(b->text, "Content-Type: %s\r\n"
		    "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n",
		    body->opaque_type);
	i_stream_seek(body->opaque, 0);
	mime_builder_add_base64(b, body->opaque);
	body->opaque = NULL;
}

static int assemble_body(struct mime_builder *b, struct mime_assemble *body,
			 const char **error_r)
{
	const char *boundary;

	if (body->entity != NULL) {
		if (assemble_entity(b, body->entity, error_r) < 0)
			return -1;
		i_stream_unref(&body->entity);
	} else if (body->opaque != NULL) {
		assemble_opaque(b, body);
	} else if ((body->plain != NULL && body->html != NULL) ||
		   body->calendar != NULL) {
		boundary = multipart_begin(b, "alternative");
		if (body->plain != NULL || body->html == NULL) {
			assemble_plain(b, body);
			str_printfa(b->text, "--%s\r\n", boundary);
		}
		if (body->html != NULL)
			assemble_text(b, "html", &body->html);
		if (body->html != NULL && body->calendar != NULL)
			str_printfa(b->text, "--%s\r\n", boundary);
		if (body->calendar != NULL)
			assemble_calendar(b, body);
		str_printfa(b->text, "--%s--\r\n", boundary);
	} else if (body->html != NULL) {
		assemble_text(b, "html", &body->html);
	} else if (body->plain != NULL) {
		assemble_text(b, "plain", &body->plain);
	} else {
		str_append(b->text, "Content-Type: text/plain; charset=utf-8"
			   "\r\n\r\n");
	}
	return 0;
}

static unsigned int
assemble_count(const struct mime_assemble *body, bool is_inline)
{
	const struct mime_assemble_item *item;
	unsigned int count = 0;

	array_foreach(&body->items, item) {
		if (item->is_inline == is_inline)
			count++;
	}
	return count;
}

/* The items of one kind behind the first child, and the end of the multipart */
static int
assemble_items(struct mime_builder *b, struct mime_assemble *body,
	       bool is_inline, const char *boundary, const char *id_prefix,
	       const char **error_r)
{
	struct mime_assemble_item *item;
	unsigned int nr = 1;

	array_foreach_modifiable(&body->items, item) {
		if (item->is_inline != is_inline)
			continue;
		item->part_id = p_strdup_printf(b->pool, "%s%u", id_prefix,
						++nr);
		str_printfa(b->text, "--%s\r\n", boundary);
		if (assemble_item(b, item, error_r) < 0)
			return -1;
	}
	str_printfa(b->text, "--%s--\r\n", boundary);
	return 0;
}

int mime_assemble(struct mime_builder *b, struct mime_assemble *body,
		  const char **error_r)
{
	struct mime_assemble_item *item;
	const char *mixed = NULL, *related = NULL;
	bool html = body->html != NULL || body->entity != NULL;

	/* nothing shows a picture in plain text */
	if (!html) {
		array_foreach_modifiable(&body->items, item)
			item->is_inline = FALSE;
	}
	str_append(b->text, "MIME-Version: 1.0\r\n");
	if (assemble_count(body, FALSE) > 0)
		mixed = multipart_begin(b, "mixed");
	if (assemble_count(body, TRUE) > 0)
		related = multipart_begin(b, "related");
	if (assemble_body(b, body, error_r) < 0)
		return -1;
	if (related != NULL &&
	    assemble_items(b, body, TRUE, related,
			   mixed != NULL ? "1." : "", error_r) < 0)
		return -1;
	if (mixed != NULL &&
	    assemble_items(b, body, FALSE, mixed, "", error_r) < 0)
		return -1;
	return 0;
}

void mime_assemble_abort(struct mime_assemble *body)
{
	i_stream_unref(&body->plain);
	i_stream_unref(&body->html);
	i_stream_unref(&body->entity);
	i_stream_unref(&body->opaque);
}
