/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* One part: its type, parameters, name and number, and its decoded bytes. */

#include "lib.h"
#include "istream.h"
#include "buffer.h"
#include "str.h"
#include "hex-binary.h"
#include "mime-private.h"

#include <ctype.h>

#define FILENAME_MAX_BYTES 255
/* A pipe takes its input in pieces of at most this much, so that a body cut at
   500 bytes does not convert a whole read block. */
#define PIPE_MIN_BLOCK 512

/* --- types and parameters --- */

static const char *part_type(const struct message_part *part)
{
	if (part->data != NULL && part->data->content_type != NULL &&
	    *part->data->content_type != '\0')
		return part->data->content_type;
	/* RFC 2046, 5.1.5 */
	if (part->parent != NULL &&
	    (part->parent->flags & MESSAGE_PART_FLAG_MULTIPART_DIGEST) != 0)
		return "message";
	return "text";
}

static const char *part_subtype(const struct message_part *part)
{
	const char *type = part_type(part);

	if (part->data != NULL && part->data->content_type != NULL &&
	    *part->data->content_type != '\0') {
		/* BODYSTRUCTURE writes broken types as "text" NIL */
		if (part->data->content_subtype != NULL &&
		    *part->data->content_subtype != '\0')
			return part->data->content_subtype;
		return strcasecmp(type, "text") == 0 ? "plain" : "octet-stream";
	}
	return strcmp(type, "message") == 0 ? "rfc822" : "plain";
}

bool mime_part_is_type(const struct message_part *part, const char *type,
		       const char *subtype)
{
	return strcasecmp(part_type(part), type) == 0 &&
		(subtype == NULL ||
		 strcasecmp(part_subtype(part), subtype) == 0);
}

const char *mime_part_content_type(const struct message_part *part)
{
	string_t *type = t_str_new(64), *clean = t_str_new(64);

	str_printfa(type, "%s/%s", part_type(part), part_subtype(part));
	mime_xml_clean(clean, str_data(type), str_len(type));
	return t_str_lcase(str_c(clean));
}

static const char *
params_find(const struct message_part_param *params, unsigned int count,
	    const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(params[i].name, name) == 0)
			return params[i].value;
	}
	return NULL;
}

const char *mime_part_param(const struct message_part *part, const char *name)
{
	if (part->data == NULL)
		return NULL;
	return params_find(part->data->content_type_params,
			   part->data->content_type_params_count, name);
}

bool mime_part_is_attachment(const struct message_part *part)
{
	return part->data != NULL &&
		null_strcasecmp(part->data->content_disposition,
				"attachment") == 0;
}

enum mime_encoding mime_part_encoding(const struct message_part *part)
{
	return mime_encoding_parse(part->data == NULL ? NULL :
				   part->data->content_transfer_encoding);
}

uoff_t mime_part_estimate_size(const struct message_part *part)
{
	uoff_t size = part->body_size.virtual_size;

	/* base64 lines of 76 characters and CRLF carry 57 bytes */
	if (mime_part_encoding(part) == MIME_ENCODING_BASE64)
		return size / 78 * 57 + size % 78 * 3 / 4;
	return size;
}

/* --- file names --- */

/* RFC 2231, section 4: charset'language'text with %XX */
static const char *rfc2231_decode(const char *value)
{
	const char *charset_end = strchr(value, '\'');
	const char *text = charset_end == NULL ? NULL :
		strchr(charset_end + 1, '\'');
	const char *charset = NULL;
	buffer_t *bytes = t_buffer_create(strlen(value));
	string_t *dest = t_str_new(strlen(value));

	if (text == NULL) {
		text = value;
	} else {
		if (charset_end != value)
			charset = t_strdup_until(value, charset_end);
		text++;
	}
	for (; *text != '\0'; text++) {
		if (*text == '%' && i_isxdigit(text[1]) && i_isxdigit(text[2])) {
			(void)hex_to_binary(t_strndup(text + 1, 2), bytes);
			text += 2;
		} else {
			buffer_append_c(bytes, *text);
		}
	}
	mime_charset_convert(NULL, charset, bytes->data, bytes->used, dest);
	return mime_header_decode(str_c(dest));
}

static const char *
params_find_name(const struct message_part_param *params, unsigned int count,
		 const char *name)
{
	const char *value;

	value = params_find(params, count, t_strconcat(name, "*", NULL));
	if (value != NULL)
		return rfc2231_decode(value);
	value = params_find(params, count, name);
	return value == NULL ? NULL : mime_header_decode(value);
}

/* No path, nothing that a file system or a log could stumble over; long names
   keep their extension. */
static const char *filename_clean(const char *name)
{
	const char *p = strrchr(name, '/'), *ext;
	string_t *dest;
	size_t len;

	if (p != NULL)
		name = p + 1;
	p = strrchr(name, '\\');
	if (p != NULL)
		name = p + 1;
	while (*name == ' ' || (*name == '.' && name[1] == '.'))
		name++;
	dest = t_str_new(64);
	str_append(dest, name);
	while (str_len(dest) > 0 && str_c(dest)[str_len(dest) - 1] == ' ')
		str_truncate(dest, str_len(dest) - 1);
	if (str_len(dest) > FILENAME_MAX_BYTES) {
		ext = strrchr(name, '.');
		if (ext == NULL || strlen(ext) > 16)
			ext = "";
		len = mime_utf8_cut(str_data(dest),
				    FILENAME_MAX_BYTES - strlen(ext));
		str_truncate(dest, len);
		str_append(dest, ext);
	}
	return str_len(dest) == 0 ? NULL : str_c(dest);
}

const char *mime_part_filename(const struct message_part *part)
{
	const struct message_part_data *data = part->data;
	const char *name;

	if (data == NULL)
		return NULL;
	name = params_find_name(data->content_disposition_params,
				data->content_disposition_params_count,
				"filename");
	if (name == NULL) {
		name = params_find_name(data->content_type_params,
					data->content_type_params_count,
					"name");
	}
	return name == NULL ? NULL : filename_clean(name);
}

/* --- numbers --- */

/* RFC 3501 6.4.5: a message that is no multipart has the one part 1. What is
   in an embedded message is no part of this one. */
const char *mime_part_id(const struct message_part *part)
{
	const struct message_part *sibling;
	string_t *id;
	unsigned int nr = 1;

	if (part->parent == NULL)
		return "1";
	for (sibling = part->parent->children; sibling != part;
	     sibling = sibling->next)
		nr++;
	id = t_str_new(16);
	if (part->parent->parent != NULL)
		str_printfa(id, "%s.", mime_part_id(part->parent));
	str_printfa(id, "%u", nr);
	return str_c(id);
}

const struct message_part *
mime_part_find(const struct message_part *root, const char *part_id)
{
	const struct message_part *part = root;
	unsigned int nr, depth = 0;

	if ((root->flags & MESSAGE_PART_FLAG_MULTIPART) == 0 ||
	    root->children == NULL)
		return strcmp(part_id, "1") == 0 ? root : NULL;
	do {
		if (str_parse_uint(part_id, &nr, &part_id) < 0 || nr == 0 ||
		    (part->flags & MESSAGE_PART_FLAG_MULTIPART) == 0)
			return NULL;
		part = part->children;
		while (part != NULL && --nr > 0)
			part = part->next;
		if (part == NULL || ++depth > MIME_MAX_DEPTH + 1)
			return NULL;
		if (*part_id == '\0')
			return part;
	} while (*part_id++ == '.');
	return NULL;
}

/* --- bytes --- */

int mime_part_read(struct mime_message *msg, const struct message_part *part,
		   struct mime_pipe *pipe, size_t max, buffer_t *dest,
		   const char **error_r)
{
	uoff_t left = part->body_size.physical_size;
	const unsigned char *data;
	struct istream *input;
	size_t size, room;

	if (mime_message_input(msg, &input, error_r) < 0)
		return -1;
	i_stream_seek(input, part->physical_pos +
		      part->header_size.physical_size);
	while (left > 0 && dest->used < max &&
	       i_stream_read_more(input, &data, &size) > 0) {
		size = I_MIN(size, left);
		room = max - dest->used;
		if (size > PIPE_MIN_BLOCK && size - PIPE_MIN_BLOCK > room)
			size = room + PIPE_MIN_BLOCK;
		mime_pipe_more(pipe, data, size, dest);
		i_stream_skip(input, size);
		left -= size;
	}
	if (input->stream_errno != 0) {
		*error_r = mime_stream_error(input);
		return -1;
	}
	if (left > 0 && dest->used >= max)
		return 0;
	/* a message shorter than its cached parts ends here */
	mime_pipe_finish(pipe, dest);
	return 1;
}

int mime_part_read_text(struct mime_message *msg,
			const struct message_part *part, size_t max,
			string_t **text_r, const char **error_r)
{
	struct mime_pipe *pipe = mime_pipe_init(msg->source.conv,
						mime_part_encoding(part));
	int ret;

	*text_r = str_new(pool_datastack_create(), 1024);
	mime_pipe_add_charset(pipe, mime_part_param(part, "charset"));
	ret = mime_part_read(msg, part, pipe, max, *text_r, error_r);
	mime_pipe_deinit(&pipe);
	return ret < 0 ? -1 : 0;
}
