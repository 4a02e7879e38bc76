/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies in the wanted type and size (MS-ASAIRS Body, BodyPreference), previews,
   and decoded parts. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "str.h"
#include "unichar.h"
#include "mime-private.h"

/* HTML cut shorter than this loses what is not seen rather than its text */
#define COMPACT_MAX 8192
/* One byte of a part becomes at most 3 of UTF-8, each 6 of "&nbsp;" */
#define GROWTH_MAX 18
#define GROWTH_FIXED 256
#define PREVIEW_MAX 255
/* Raw HTML read at most to fill a preview */
#define PREVIEW_READ_MAX (64 * 1024)

enum body_form {
	BODY_PLAIN,
	BODY_HTML,
	BODY_HTML_COMPACT,
	BODY_HTML_FRAGMENT,
	BODY_PREVIEW
};

/* MS-ASCMD 2.2.3.110.1 MIMETruncation */
static const uoff_t mimetruncation_bands[] = {
	0, 4096, 5120, 7168, 10240, 20480, 51200, 102400, MIME_SIZE_UNLIMITED
};

/* Truncation of protocol 2.5 */
static const uoff_t truncation_2_5_bands[] = {
	0, 512, 1024, 2048, 5120, 10240, 20480, 51200, 102400,
	MIME_SIZE_UNLIMITED
};

uoff_t mime_mimetruncation(unsigned int band)
{
	return band < N_ELEMENTS(mimetruncation_bands) ?
		mimetruncation_bands[band] : 0;
}

uoff_t mime_truncation_2_5(unsigned int band)
{
	return band < N_ELEMENTS(truncation_2_5_bands) ?
		truncation_2_5_bands[band] : 0;
}

/* --- pipes --- */

static bool part_is_html(const struct message_part *part)
{
	return mime_part_is_type(part, "text", "html") ||
		mime_part_is_type(part, "text", "enriched") ||
		mime_part_is_type(part, "text", "richtext");
}

static void pipe_add_flowed(struct mime_pipe *pipe,
			    const struct message_part *part)
{
	const char *format = mime_part_param(part, "format");
	const char *delsp = mime_part_param(part, "delsp");

	if (null_strcasecmp(format, "flowed") != 0)
		return;
	mime_pipe_add_filter(pipe, mime_filter_flowed_init(
		null_strcasecmp(delsp, "yes") == 0));
}

static void pipe_add_form(struct mime_pipe *pipe,
			  const struct message_part *part, enum body_form form)
{
	bool html = part_is_html(part);

	if (!html)
		pipe_add_flowed(pipe, part);
	if (!html && (form == BODY_HTML || form == BODY_HTML_COMPACT ||
		      form == BODY_HTML_FRAGMENT)) {
		mime_pipe_add_filter(pipe, mime_filter_text_to_html_init(
			form == BODY_HTML_FRAGMENT));
	} else if (html && form == BODY_HTML) {
		mime_pipe_add_filter(pipe,
			mime_filter_html_init(MIME_HTML_FIX_CHARSET));
		mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	} else if (html && form == BODY_HTML_FRAGMENT) {
		mime_pipe_add_filter(pipe,
			mime_filter_html_init(MIME_HTML_FIX_FRAGMENT));
		mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	} else if (html && form == BODY_HTML_COMPACT) {
		mime_pipe_add_filter(pipe,
			mime_filter_html_init(MIME_HTML_FIX_COMPACT));
	} else if (html) {
		mime_pipe_add_filter(pipe,
			mime_filter_html_to_text_init(form == BODY_PLAIN));
	} else if (form == BODY_PLAIN) {
		mime_pipe_add_filter(pipe, mime_filter_crlf_init());
	}
}

static struct mime_pipe *
body_pipe_init(struct mime_message *msg, const struct message_part *part,
	       enum body_form form)
{
	struct mime_pipe *pipe = mime_pipe_init(msg->source.conv,
						mime_part_encoding(part));
	const char *charset = mime_part_param(part, "charset");

	mime_pipe_add_charset(pipe, charset);
	pipe_add_form(pipe, part, form);
	return pipe;
}

/* --- sizes --- */

static uoff_t body_estimate(const ARRAY_TYPE(mime_body_part) *parts)
{
	const struct message_part *part;
	uoff_t size = 0;

	array_foreach_elem(parts, part)
		size += mime_part_estimate_size(part);
	return size;
}

/* Appends the body until dest has max bytes. 1: all of it, 0: not all, -1 */
static int
body_read(struct mime_message *msg, const ARRAY_TYPE(mime_body_part) *parts,
	  enum body_form form, size_t max, buffer_t *dest,
	  const char **error_r)
{
	const struct message_part *part;
	struct mime_pipe *pipe;
	int ret = 1;

	array_foreach_elem(parts, part) {
		if (dest->used >= max)
			return 0;
		pipe = body_pipe_init(msg, part, form);
		ret = mime_part_read(msg, part, pipe, max, dest, error_r);
		mime_pipe_deinit(&pipe);
		if (ret <= 0)
			return ret;
	}
	return ret;
}

/* --- the body as a stream --- */

struct body_stream {
	struct mime_message *msg;
	const ARRAY_TYPE(mime_body_part) *parts;
	enum body_form form;
};

static struct mime_pipe *body_stream_pipe(void *context, unsigned int idx)
{
	struct body_stream *bs = context;

	return body_pipe_init(bs->msg, array_idx_elem(bs->parts, idx),
			      bs->form);
}

static int
body_stream_create(struct mime_message *msg,
		   const ARRAY_TYPE(mime_body_part) *parts,
		   enum body_form form, uoff_t max_size,
		   struct istream **input_r, const char **error_r)
{
	struct mime_istream_segment segments[MIME_BODY_MAX_PARTS];
	struct body_stream *bs;
	const struct message_part *part;
	struct istream *input;
	unsigned int count = 0;

	if (mime_message_input(msg, &input, error_r) < 0)
		return -1;
	array_foreach_elem(parts, part) {
		i_assert(count < N_ELEMENTS(segments));
		segments[count].offset = part->physical_pos +
			part->header_size.physical_size;
		segments[count++].size = part->body_size.physical_size;
	}
	bs = p_new(msg->pool, struct body_stream, 1);
	bs->msg = msg;
	bs->parts = parts;
	bs->form = form;
	*input_r = mime_istream_create(input, segments, count, max_size,
				       body_stream_pipe, bs);
	return 0;
}

int mime_body_stream(struct mime_message *msg, enum mime_body_type type,
		     bool fragment, struct istream **input_r,
		     const char **error_r)
{
	const struct mime_structure *structure;
	bool html = type == MIME_BODY_HTML;

	if (mime_message_get_structure(msg, &structure, error_r) < 0)
		return -1;
	return body_stream_create(msg, html ? &msg->html_body :
				  &msg->plain_body,
				  !html ? BODY_PLAIN : fragment ?
				  BODY_HTML_FRAGMENT : BODY_HTML,
				  MIME_SIZE_UNLIMITED, input_r, error_r);
}

/* Size up to max + 1, by converting it all: only where a limit is near */
static int
body_count(struct mime_message *msg, const ARRAY_TYPE(mime_body_part) *parts,
	   enum body_form form, uoff_t max, uoff_t *size_r,
	   const char **error_r)
{
	const unsigned char *data;
	struct istream *input;
	size_t size;
	int ret = 0;

	if (body_stream_create(msg, parts, form, max + 1, &input, error_r) < 0)
		return -1;
	while (i_stream_read_more(input, &data, &size) > 0)
		i_stream_skip(input, size);
	*size_r = input->v_offset;
	if (input->stream_errno != 0) {
		*error_r = mime_stream_error(input);
		ret = -1;
	}
	i_stream_unref(&input);
	return ret;
}

/* --- text bodies --- */

static int
body_as_data(struct mime_message *msg, const ARRAY_TYPE(mime_body_part) *parts,
	     enum body_form form, uoff_t max, struct mime_body *body,
	     const char **error_r)
{
	size_t want = max >= SIZE_MAX / 2 ? SIZE_MAX : max + 1;
	string_t *data = str_new(msg->pool, I_MIN(want, 2048));
	int ret;

	ret = body_read(msg, parts, form, want, data, error_r);
	if (ret < 0)
		return -1;
	/* exactly at the limit there may be one more part without text */
	body->truncated = ret == 0 || str_len(data) > max;
	if (str_len(data) > max)
		str_truncate(data, mime_utf8_cut(str_data(data), max));
	body->data = data;
	return 0;
}

static int
body_as_stream(struct mime_message *msg,
	       const ARRAY_TYPE(mime_body_part) *parts, enum body_form form,
	       uoff_t max, struct mime_body *body, const char **error_r)
{
	uoff_t size;

	if ((max - GROWTH_FIXED) / GROWTH_MAX < body->estimated_size &&
	    max != MIME_SIZE_UNLIMITED) {
		if (body_count(msg, parts, form, max, &size, error_r) < 0)
			return -1;
		body->truncated = size > max;
		if (!body->truncated)
			body->estimated_size = size;
	}
	return body_stream_create(msg, parts, form, max, &body->input, error_r);
}

static int
body_text(struct mime_message *msg, const struct mime_body_request *request,
	  struct mime_body *body, const char **error_r)
{
	bool html = body->type == MIME_BODY_HTML;
	const ARRAY_TYPE(mime_body_part) *parts =
		html ? &msg->html_body : &msg->plain_body;
	enum body_form form = html ? BODY_HTML : BODY_PLAIN;
	uoff_t max = request->truncation_size;

	body->estimated_size = body_estimate(parts);
	if (max == 0) {
		body->data = str_new(msg->pool, 1);
		body->truncated = body->estimated_size > 0;
		return 0;
	}
	if (max > MIME_BODY_DATA_MAX &&
	    body->estimated_size > MIME_BODY_DATA_MAX)
		return body_as_stream(msg, parts, form, max, body, error_r);
	if (html && max <= COMPACT_MAX && body->estimated_size > max)
		form = BODY_HTML_COMPACT;
	if (body_as_data(msg, parts, form, max, body, error_r) < 0)
		return -1;
	/* what the short form left out is to be fetched with the rest */
	if (form == BODY_HTML_COMPACT)
		body->truncated = TRUE;
	if (!body->truncated)
		body->estimated_size = str_len(body->data);
	else if (body->estimated_size <= str_len(body->data))
		body->estimated_size = str_len(body->data) + 1;
	return 0;
}

/* --- preview --- */

/* Characters that take no room: soft hyphens, joiners and fillers that senders
   put behind a hidden preview text */
static bool preview_is_invisible(unichar_t chr)
{
	return chr == 0xad || chr == 0x34f || chr == 0x61c || chr == 0x200b ||
		chr == 0x200e || chr == 0x200f ||
		(chr >= 0x2060 && chr <= 0x2064) || chr == 0xfeff ||
		chr == 0xfffc;
}

static bool preview_is_space(unichar_t chr)
{
	return chr <= 0x20 || chr == 0xa0 || chr == 0x3000 ||
		(chr >= 0x2000 && chr <= 0x200a) || chr == 0x2028 ||
		chr == 0x2029;
}

static void preview_collapse(string_t *dest, const string_t *text,
			     unsigned int max_chars)
{
	const unsigned char *p = str_data(text), *end = p + str_len(text);
	unsigned int chars = 0;
	bool space = FALSE;
	unichar_t chr;
	int len;

	for (; p < end && chars < max_chars; p += len) {
		len = uni_utf8_get_char_n(p, end - p, &chr);
		if (len <= 0)
			break;
		if (preview_is_space(chr)) {
			space = chars > 0;
			continue;
		}
		/* a joiner within a word or emoji is part of it */
		if (preview_is_invisible(chr) ||
		    (chr == 0x200c && (space || chars == 0)))
			continue;
		if (space && ++chars < max_chars)
			str_append_c(dest, ' ');
		space = FALSE;
		if (chars++ < max_chars)
			str_append_data(dest, p, len);
	}
}

static int
body_preview(struct mime_message *msg, unsigned int chars,
	     const char **preview_r, const char **error_r)
{
	const ARRAY_TYPE(mime_body_part) *parts = &msg->html_body;
	unsigned int max_chars = I_MIN(chars, PREVIEW_MAX);
	size_t want = max_chars * 4 + 64;
	buffer_t *text = buffer_create_dynamic(default_pool, 2048);
	string_t *preview = str_new(msg->pool, max_chars + 16);
	int ret;

	/* white space and fillers may need a second, longer look */
	do {
		buffer_set_used_size(text, 0);
		str_truncate(preview, 0);
		ret = body_read(msg, parts, BODY_PREVIEW, want, text, error_r);
		if (ret >= 0)
			preview_collapse(preview, text, max_chars);
		want *= 8;
	} while (ret == 0 && str_len(preview) < max_chars &&
		 want < PREVIEW_READ_MAX);
	buffer_free(&text);
	*preview_r = str_c(preview);
	return ret < 0 ? -1 : 0;
}

/* --- raw --- */

static bool parts_have_nuls(const struct message_part *part)
{
	for (; part != NULL; part = part->next) {
		if ((part->flags & MESSAGE_PART_FLAG_HAS_NULS) != 0 ||
		    parts_have_nuls(part->children))
			return TRUE;
	}
	return FALSE;
}

enum raw_fix { RAW_FIX_LF = 0x01, RAW_FIX_NULS = 0x02 };

static struct mime_pipe *
raw_stream_pipe(void *context, unsigned int idx ATTR_UNUSED)
{
	struct mime_pipe *pipe = mime_pipe_init(NULL, MIME_ENCODING_NONE);
	uintptr_t fix = (uintptr_t)context;

	if ((fix & RAW_FIX_LF) != 0)
		mime_pipe_add_filter(pipe, mime_filter_lf_init());
	if ((fix & RAW_FIX_NULS) != 0)
		mime_pipe_add_filter(pipe, mime_filter_nuls_init());
	return pipe;
}

/* Raw bytes, as they are if nothing is to be done */
static struct istream *
raw_stream_create(struct istream *input, uoff_t offset, uoff_t size,
		  unsigned int fix)
{
	struct mime_istream_segment segment = { offset, size };

	if (fix == 0)
		return i_stream_create_range(input, offset, size);
	return mime_istream_create(input, &segment, 1, MIME_SIZE_UNLIMITED,
				   raw_stream_pipe, POINTER_CAST(fix));
}

static unsigned int size_fix(const struct message_size *size)
{
	return size->virtual_size == size->physical_size ? 0 : RAW_FIX_LF;
}

int mime_message_open_raw(struct mime_message *msg, struct istream **input_r,
			  const char **error_r)
{
	const struct message_part *root = mime_message_raw_parts(msg);
	struct istream *input;
	unsigned int fix = RAW_FIX_LF;

	if (mime_message_raw_input(msg, &input, error_r) < 0)
		return -1;
	if (root != NULL) {
		fix = size_fix(&root->header_size) | size_fix(&root->body_size);
		if (parts_have_nuls(root))
			fix |= RAW_FIX_NULS;
	}
	*input_r = raw_stream_create(input, 0, UOFF_T_MAX, fix);
	return 0;
}

static int
body_mime(struct mime_message *msg, uoff_t max, struct mime_body *body,
	  const char **error_r)
{
	const struct message_part *root = mime_message_raw_parts(msg);
	struct istream *input;

	body->estimated_size = root->header_size.virtual_size +
		root->body_size.virtual_size;
	if (mime_message_open_raw(msg, &input, error_r) < 0)
		return -1;
	body->truncated = body->estimated_size > max;
	if (body->truncated) {
		body->input = i_stream_create_limit(input, max);
		i_stream_unref(&input);
	} else {
		body->input = input;
	}
	return 0;
}

/* --- public --- */

int mime_message_get_body(struct mime_message *msg,
			  const struct mime_body_request *request,
			  struct mime_body *body_r, const char **error_r)
{
	const struct mime_structure *structure;
	int ret;

	i_zero(body_r);
	if (mime_message_get_structure(msg, &structure, error_r) < 0)
		return -1;
	body_r->native_type = structure->native_type;
	body_r->type = request->type;
	if (request->type == MIME_BODY_RTF || request->type == MIME_BODY_NONE)
		body_r->type = structure->native_type;
	if (request->preview > 0 &&
	    body_preview(msg, request->preview, &body_r->preview, error_r) < 0)
		return -1;
	if (body_r->type == MIME_BODY_MIME)
		ret = body_mime(msg, request->truncation_size, body_r, error_r);
	else
		ret = body_text(msg, request, body_r, error_r);
	return ret;
}

/* --- preferences --- */

static const struct mime_body_preference *
preference_of_type(const struct mime_body_preference *prefs,
		   unsigned int count, enum mime_body_type type)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (prefs[i].type == type)
			return &prefs[i];
	}
	return NULL;
}

static bool
preference_is_mime(const struct mime_structure *structure,
		   const struct mime_body_preference *mime,
		   unsigned int count, enum mime_support support)
{
	bool smime = structure->secure == MIME_SECURE_SIGNED ||
		structure->secure == MIME_SECURE_OPAQUE;

	if (mime == NULL)
		return FALSE;
	/* some clients ask for nothing else and forget MIMESupport */
	return count == 1 || support == MIME_SUPPORT_ALWAYS ||
		(support == MIME_SUPPORT_SMIME_ONLY && smime);
}

/* 1: taken, 0: does not fit and is all or none, -1 */
static int
preference_try(struct mime_message *msg,
	       const struct mime_body_preference *pref,
	       struct mime_body *body_r, const char **error_r)
{
	struct mime_body_request request = {
		.type = pref->type,
		.truncation_size = pref->truncation_size,
		.preview = pref->preview
	};

	if (mime_message_get_body(msg, &request, body_r, error_r) < 0)
		return -1;
	if (!body_r->truncated || !pref->all_or_none)
		return 1;
	i_stream_unref(&body_r->input);
	body_r->data = str_new(msg->pool, 1);
	return 0;
}

int mime_message_get_preferred_body(struct mime_message *msg,
				    const struct mime_body_preference *prefs,
				    unsigned int count,
				    enum mime_support support,
				    struct mime_body *body_r,
				    const char **error_r)
{
	static const struct mime_body_preference none = {
		.type = MIME_BODY_PLAIN,
		.truncation_size = MIME_SIZE_UNLIMITED
	};
	const struct mime_body_preference *first, *mime;
	const struct mime_structure *structure;
	unsigned int i;
	int ret;

	if (mime_message_get_structure(msg, &structure, error_r) < 0)
		return -1;
	if (count == 0)
		return preference_try(msg, &none, body_r, error_r) < 0 ? -1 : 0;
	mime = preference_of_type(prefs, count, MIME_BODY_MIME);
	if (preference_is_mime(structure, mime, count, support))
		return preference_try(msg, mime, body_r, error_r) < 0 ? -1 : 0;
	first = preference_of_type(prefs, count, structure->native_type);
	ret = first == NULL ? 0 : preference_try(msg, first, body_r, error_r);
	for (i = 0; i < count && ret == 0; i++) {
		if (&prefs[i] != first && prefs[i].type != MIME_BODY_MIME)
			ret = preference_try(msg, &prefs[i], body_r, error_r);
	}
	return ret < 0 ? -1 : 0;
}

/* --- decoded parts --- */

static struct mime_pipe *
part_stream_pipe(void *context, unsigned int idx ATTR_UNUSED)
{
	const struct message_part *part = context;

	return mime_pipe_init(NULL, mime_part_encoding(part));
}

static const char *
part_display_name(const struct mime_structure *structure,
		  const struct message_part *part)
{
	unsigned int i;

	for (i = 0; i < structure->attachments_count; i++) {
		if (structure->attachments[i].part == part)
			return structure->attachments[i].display_name;
	}
	return mime_part_filename(part);
}

int mime_message_open_part(struct mime_message *msg, const char *part_id,
			   struct mime_part_stream *stream_r,
			   const char **error_r)
{
	const struct mime_structure *structure;
	struct mime_istream_segment segment;
	const struct message_part *part;
	struct istream *input;
	const char *name;

	i_zero(stream_r);
	if (mime_message_get_structure(msg, &structure, error_r) < 0 ||
	    mime_message_input(msg, &input, error_r) < 0)
		return -1;
	part = mime_part_find(msg->parts, part_id);
	if (part == NULL)
		return 0;
	if (mime_part_need_data(msg, part, error_r) < 0)
		return -1;
	segment.offset = part->physical_pos + part->header_size.physical_size;
	segment.size = part->body_size.physical_size;
	if (null_strcasecmp(part->data->content_transfer_encoding,
			    "binary") == 0) {
		stream_r->input = i_stream_create_range(input,
			segment.offset, segment.size);
		stream_r->size = segment.size;
		stream_r->size_exact = TRUE;
	} else if (mime_part_encoding(part) == MIME_ENCODING_NONE) {
		stream_r->input = raw_stream_create(input, segment.offset,
			segment.size, size_fix(&part->body_size));
		stream_r->size = part->body_size.virtual_size;
		stream_r->size_exact = TRUE;
	} else {
		stream_r->input = mime_istream_create(input, &segment, 1,
			MIME_SIZE_UNLIMITED, part_stream_pipe, (void *)part);
		stream_r->size = mime_part_estimate_size(part);
	}
	stream_r->content_type =
		p_strdup(msg->pool, mime_part_content_type(part));
	name = part_display_name(structure, part);
	stream_r->display_name = name == NULL ? "" : p_strdup(msg->pool, name);
	return 1;
}
