/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The HTML tokenizer.  libxml2's parser builds more than text extraction needs
   and costs ten times as much to start as a cut body may cost altogether; its
   table of entity names is used. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-mime.h"
#include "mime-charset.h"
#include "mime-html.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>

enum html_state {
	HTML_TEXT,
	HTML_OPEN,              /* after '<' */
	HTML_TAG,               /* inside a tag */
	HTML_TAG_CUT,           /* inside a tag that became too long */
	HTML_DECL,              /* "<!" or "<?" up to '>' */
	HTML_COMMENT,           /* "<!--" up to "-->" */
	HTML_RAW                /* script and its kin up to the closing tag */
};

struct mime_html_parser {
	struct mime_html_events events;
	void *context;

	enum html_state state;
	/* of a tag being read: from '<'; of a comment: its last two bytes */
	buffer_t *tag;
	unsigned char quote;
	bool after_equals;
	/* element that HTML_RAW waits the end of, and how much was seen */
	char raw_name[MIME_HTML_NAME_MAX];
	unsigned int raw_matched;
	unsigned int comment_dashes;
};

static const char *const html_raw_elements[] = {
	"script", "style", "title", "textarea", "xmp", "noembed", "noframes",
	"iframe", NULL
};

struct mime_html_parser *
mime_html_parser_init(const struct mime_html_events *events, void *context)
{
	struct mime_html_parser *parser = i_new(struct mime_html_parser, 1);

	parser->events = *events;
	parser->context = context;
	parser->tag = buffer_create_dynamic(default_pool, 256);
	return parser;
}

void mime_html_parser_deinit(struct mime_html_parser **_parser)
{
	struct mime_html_parser *parser = *_parser;

	*_parser = NULL;
	buffer_free(&parser->tag);
	i_free(parser);
}

static inline bool html_is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void
html_tag_name(struct mime_html_parser *parser, struct mime_html_tag *tag,
	      char name[MIME_HTML_NAME_MAX])
{
	const unsigned char *p = parser->tag->data;
	size_t i = 1, n = 0, size = parser->tag->used;

	tag->closing = size > 1 && p[1] == '/';
	if (tag->closing)
		i++;
	for (; i < size && n < MIME_HTML_NAME_MAX - 1; i++) {
		if (html_is_space(p[i]) || p[i] == '>' || p[i] == '/')
			break;
		name[n++] = i_tolower(p[i]);
	}
	name[n] = '\0';
	tag->name = name;
	tag->raw = p;
	tag->raw_size = size;
}

/* The tag in parser->tag is whole (or cut): tell it, and choose what follows */
static void html_tag_done(struct mime_html_parser *parser, bool cut)
{
	struct mime_html_tag tag;
	char name[MIME_HTML_NAME_MAX];

	i_zero(&tag);
	html_tag_name(parser, &tag, name);
	tag.cut = cut;
	parser->events.tag(parser->context, &tag);
	parser->state = cut ? HTML_TAG_CUT : HTML_TEXT;
	parser->raw_name[0] = '\0';
	if (!tag.closing && str_array_find(html_raw_elements, name)) {
		i_strocpy(parser->raw_name, name, sizeof(parser->raw_name));
		parser->raw_matched = 0;
		if (!cut)
			parser->state = HTML_RAW;
	}
	buffer_set_used_size(parser->tag, 0);
}

static size_t
html_text_more(struct mime_html_parser *parser, const unsigned char *data,
	       size_t size)
{
	const unsigned char *lt = memchr(data, '<', size);
	size_t n = lt == NULL ? size : (size_t)(lt - data);

	if (n > 0)
		parser->events.text(parser->context, data, n);
	if (lt == NULL)
		return size;
	buffer_append_c(parser->tag, '<');
	parser->state = HTML_OPEN;
	return n + 1;
}

/* WHATWG HTML 13.2.5.6: what follows decides if "<" was one */
static size_t
html_open_more(struct mime_html_parser *parser, const unsigned char *data)
{
	if (*data == '!' || *data == '?') {
		parser->state = HTML_DECL;
		buffer_append_c(parser->tag, *data);
	} else if (i_isalpha(*data) || *data == '/') {
		parser->state = HTML_TAG;
		parser->quote = '\0';
		parser->after_equals = FALSE;
		buffer_append_c(parser->tag, *data);
	} else {
		parser->events.text(parser->context,
				    (const unsigned char *)"<", 1);
		buffer_set_used_size(parser->tag, 0);
		parser->state = HTML_TEXT;
		return 0;
	}
	return 1;
}

/* Position after the tag's '>', or size + 1 if it is not in data.  Quotes
   count only where an attribute's value begins. */
static size_t
html_tag_end(struct mime_html_parser *parser, const unsigned char *data,
	     size_t size)
{
	const unsigned char *p;
	size_t i;

	for (i = 0; i < size; i++) {
		if (parser->quote != '\0') {
			p = memchr(data + i, parser->quote, size - i);
			if (p == NULL)
				break;
			i = p - data;
			parser->quote = '\0';
		} else if (data[i] == '>') {
			return i + 1;
		} else if (parser->after_equals &&
			   (data[i] == '"' || data[i] == '\'')) {
			parser->quote = data[i];
			parser->after_equals = FALSE;
		} else if (data[i] == '=') {
			parser->after_equals = TRUE;
		} else if (!html_is_space(data[i])) {
			parser->after_equals = FALSE;
		}
	}
	return size + 1;
}

static size_t
html_tag_more(struct mime_html_parser *parser, const unsigned char *data,
	      size_t size)
{
	size_t end, room = MIME_HTML_TAG_MAX - parser->tag->used;
	size_t n = I_MIN(size, room);

	end = html_tag_end(parser, data, n);
	if (end <= n) {
		buffer_append(parser->tag, data, end);
		html_tag_done(parser, FALSE);
		return end;
	}
	buffer_append(parser->tag, data, n);
	if (parser->tag->used >= MIME_HTML_TAG_MAX)
		html_tag_done(parser, TRUE);
	return n;
}

static size_t
html_tag_cut_more(struct mime_html_parser *parser, const unsigned char *data,
		  size_t size)
{
	size_t end = html_tag_end(parser, data, size);
	bool done = end <= size;

	if (!done)
		end = size;
	parser->events.tag_more(parser->context, data, end);
	if (done) {
		parser->state = parser->raw_name[0] != '\0' ?
			HTML_RAW : HTML_TEXT;
	}
	return end;
}

static size_t
html_decl_more(struct mime_html_parser *parser, const unsigned char *data,
	       size_t size)
{
	const unsigned char *gt;
	size_t n;

	/* "<!--" begins a comment; its first bytes come one by one */
	if (parser->tag->used < 4) {
		buffer_append_c(parser->tag, *data);
		n = 1;
		if (parser->tag->used == 4 &&
		    memcmp(parser->tag->data, "<!--", 4) == 0) {
			parser->state = HTML_COMMENT;
			/* "<!-->" is a whole comment */
			parser->comment_dashes = 2;
		} else if (*data == '>') {
			parser->state = HTML_TEXT;
		} else if (parser->tag->used < 4) {
			return 1;
		}
		parser->events.other(parser->context, parser->tag->data,
				     parser->tag->used);
		if (parser->state != HTML_DECL)
			buffer_set_used_size(parser->tag, 0);
		return n;
	}
	gt = memchr(data, '>', size);
	n = gt == NULL ? size : (size_t)(gt - data) + 1;
	parser->events.other(parser->context, data, n);
	if (gt != NULL) {
		buffer_set_used_size(parser->tag, 0);
		parser->state = HTML_TEXT;
	}
	return n;
}

static size_t
html_comment_more(struct mime_html_parser *parser, const unsigned char *data,
		  size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] == '>' && parser->comment_dashes >= 2) {
			parser->state = HTML_TEXT;
			i++;
			break;
		}
		if (data[i] == '-')
			parser->comment_dashes++;
		else
			parser->comment_dashes = 0;
	}
	parser->events.other(parser->context, data, i);
	return i;
}

/* How the end of raw text begins, "</script": then it is an ordinary tag */
static size_t
html_raw_more(struct mime_html_parser *parser, const unsigned char *data,
	      size_t size)
{
	const unsigned char *lt;
	unsigned int end_len = strlen(parser->raw_name) + 2;
	unsigned char want;
	size_t i = 0, start = 0;

	while (i < size && parser->raw_matched < end_len) {
		if (parser->raw_matched == 0) {
			lt = memchr(data + i, '<', size - i);
			i = lt == NULL ? size : (size_t)(lt - data);
			if (i > start)
				parser->events.other(parser->context,
						     data + start, i - start);
			start = i;
			if (lt == NULL)
				return size;
		}
		want = parser->raw_matched == 0 ? '<' :
			parser->raw_matched == 1 ? '/' :
			parser->raw_name[parser->raw_matched - 2];
		if (i_tolower(data[i]) != want) {
			parser->events.other(parser->context,
					     parser->tag->data,
					     parser->tag->used);
			buffer_set_used_size(parser->tag, 0);
			parser->raw_matched = 0;
			start = i;
			continue;
		}
		buffer_append_c(parser->tag, data[i]);
		parser->raw_matched++;
		start = ++i;
	}
	if (parser->raw_matched == end_len) {
		parser->state = HTML_TAG;
		parser->quote = '\0';
		parser->after_equals = FALSE;
	}
	return i;
}

void mime_html_parser_more(struct mime_html_parser *parser,
			   const unsigned char *data, size_t size)
{
	size_t n = 0;

	while (size > 0) {
		switch (parser->state) {
		case HTML_TEXT:
			n = html_text_more(parser, data, size);
			break;
		case HTML_OPEN:
			n = html_open_more(parser, data);
			break;
		case HTML_TAG:
			n = html_tag_more(parser, data, size);
			break;
		case HTML_TAG_CUT:
			n = html_tag_cut_more(parser, data, size);
			break;
		case HTML_DECL:
			n = html_decl_more(parser, data, size);
			break;
		case HTML_COMMENT:
			n = html_comment_more(parser, data, size);
			break;
		case HTML_RAW:
			n = html_raw_more(parser, data, size);
			break;
		}
		data += n;
		size -= n;
	}
}

void mime_html_parser_finish(struct mime_html_parser *parser)
{
	/* an unfinished tag is no text; a lone '<' is */
	if (parser->state == HTML_OPEN)
		parser->events.text(parser->context, parser->tag->data,
				    parser->tag->used);
	else if (parser->tag->used > 0 && parser->state == HTML_RAW)
		parser->events.other(parser->context, parser->tag->data,
				     parser->tag->used);
	buffer_set_used_size(parser->tag, 0);
	parser->state = HTML_TEXT;
}

/* --- entities and attributes --- */

static size_t
html_number_entity(const unsigned char *data, size_t size, string_t *dest)
{
	bool hex = size > 1 && i_tolower(data[1]) == 'x';
	size_t i = hex ? 2 : 1, start = i;
	unichar_t chr = 0;

	for (; i < size && i < 12; i++) {
		if (data[i] >= '0' && data[i] <= '9')
			chr = chr * (hex ? 16 : 10) + (data[i] - '0');
		else if (hex && i_isxdigit(data[i]))
			chr = chr * 16 + (i_tolower(data[i]) - 'a' + 10);
		else
			break;
		if (chr > 0x10ffff)
			chr = 0x110000;
	}
	if (i == start)
		return 0;
	if (chr >= 0x80 && chr < 0xa0) {
		/* browsers read these as windows-1252 */
		unsigned char c = chr;
		mime_charset_convert(NULL, "windows-1252", &c, 1, dest);
	} else if (chr == 0 || chr > 0x10ffff || (chr >= 0xd800 && chr < 0xe000)) {
		str_append(dest, UNICODE_REPLACEMENT_CHAR_UTF8);
	} else if ((chr >= 0x20 && chr != 0xfffe && chr != 0xffff) ||
		   chr == '\t' || chr == '\n' || chr == '\r') {
		uni_ucs4_to_utf8_c(chr, dest);
	}
	return i < size && data[i] == ';' ? i + 1 : i;
}

size_t mime_html_entity(const unsigned char *data, size_t size, string_t *dest)
{
	const htmlEntityDesc *desc;
	char name[12];
	size_t i;

	if (size > 1 && data[0] == '#')
		return html_number_entity(data, size, dest);
	for (i = 0; i < size && i < sizeof(name) - 1; i++) {
		if (!i_isalnum(data[i]))
			break;
		name[i] = data[i];
	}
	name[i] = '\0';
	/* "&copy=1" in a URL is none */
	if (i < 2 || (i < size && data[i] == '='))
		return 0;
	desc = htmlEntityLookup((const xmlChar *)name);
	if (desc == NULL && strcmp(name, "apos") != 0)
		return 0;
	uni_ucs4_to_utf8_c(desc == NULL ? '\'' : desc->value, dest);
	return i < size && data[i] == ';' ? i + 1 : i;
}

static void
html_decode_entities(const unsigned char *data, size_t size, string_t *dest)
{
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = data[i] == '&' ?
			mime_html_entity(data + i + 1, size - i - 1, dest) : 0;
		if (n > 0) {
			n++;
			continue;
		}
		str_append_c(dest, data[i]);
		n = 1;
	}
}

/* Next name[=value] from *pos on */
static bool
html_next_attribute(const unsigned char *p, size_t size, size_t *pos,
		    const unsigned char **name_r, size_t *name_len_r,
		    const unsigned char **value_r, size_t *value_len_r)
{
	size_t i = *pos, start;
	unsigned char quote;

	while (i < size && (html_is_space(p[i]) || p[i] == '/'))
		i++;
	if (i >= size || p[i] == '>')
		return FALSE;
	*name_r = p + i;
	start = i++;
	while (i < size && !html_is_space(p[i]) && p[i] != '=' &&
	       p[i] != '>' && p[i] != '/')
		i++;
	*name_len_r = i - start;
	*value_len_r = 0;
	*value_r = p + i;
	while (i < size && html_is_space(p[i]))
		i++;
	if (i < size && p[i] == '=') {
		i++;
		while (i < size && html_is_space(p[i]))
			i++;
		quote = i < size && (p[i] == '"' || p[i] == '\'') ? p[i++] : 0;
		start = i;
		while (i < size && (quote != 0 ? p[i] != quote :
				    !html_is_space(p[i]) && p[i] != '>'))
			i++;
		*value_r = p + start;
		*value_len_r = i - start;
		if (quote != 0 && i < size)
			i++;
	}
	*pos = i;
	return TRUE;
}

bool mime_html_tag_attribute(const struct mime_html_tag *tag, const char *name,
			     string_t *value)
{
	const unsigned char *attr, *data;
	size_t pos = 1, attr_len, size, name_len = strlen(name);

	while (pos < tag->raw_size && !html_is_space(tag->raw[pos]) &&
	       tag->raw[pos] != '>' && (tag->raw[pos] != '/' || pos == 1))
		pos++;
	while (html_next_attribute(tag->raw, tag->raw_size, &pos,
				   &attr, &attr_len, &data, &size)) {
		if (attr_len == name_len &&
		    strncasecmp((const char *)attr, name, name_len) == 0) {
			html_decode_entities(data, size, value);
			return TRUE;
		}
	}
	return FALSE;
}
