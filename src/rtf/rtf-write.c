/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Encapsulation of HTML and text (MS-OXRTFEX 2.2.2). All of the markup goes into
   HTMLTAG groups; what other readers of RTF are to see of it stands between
   \htmlrtf and \htmlrtf0. */

#include "lib.h"
#include "buffer.h"
#include "unichar.h"
#include "dovetail-rtf.h"

#include <ctype.h>

#define TAG_NAME_MAX 16

/* 2.1.3.1.4.1: where the fragment stands and what it is, as Outlook writes them;
   rtf: what shows it */
static const struct html_tag {
	const char *name;
	unsigned int open, close;
	const char *rtf_open, *rtf_close;
} html_tags[] = {
	{ "a", 84, 92, "\\ul", "\\ulnone" },
	{ "b", 84, 92, "\\b", "\\b0" },
	{ "body", 50, 58, NULL, NULL },
	{ "br", 116, 116, "\\line", NULL },
	{ "div", 96, 104, NULL, "\\par" },
	{ "em", 84, 92, "\\i", "\\i0" },
	{ "font", 148, 156, NULL, NULL },
	{ "h1", 128, 136, "\\b", "\\b0\\par" },
	{ "h2", 128, 136, "\\b", "\\b0\\par" },
	{ "h3", 128, 136, "\\b", "\\b0\\par" },
	{ "h4", 128, 136, "\\b", "\\b0\\par" },
	{ "head", 34, 41, NULL, NULL },
	{ "hr", 160, 160, "\\par", NULL },
	{ "html", 19, 27, NULL, NULL },
	{ "i", 84, 92, "\\i", "\\i0" },
	{ "li", 64, 72, "\\bullet\\tab", "\\par" },
	{ "link", 161, 169, NULL, NULL },
	{ "meta", 161, 169, NULL, NULL },
	{ "p", 64, 72, NULL, "\\par" },
	{ "script", 241, 249, NULL, NULL },
	{ "span", 148, 156, NULL, NULL },
	{ "strong", 84, 92, "\\b", "\\b0" },
	{ "style", 241, 249, NULL, NULL },
	{ "td", 64, 72, NULL, "\\tab" },
	{ "th", 64, 72, NULL, "\\tab" },
	{ "title", 241, 249, NULL, NULL },
	{ "tr", 64, 72, NULL, "\\par" },
	{ "u", 84, 92, "\\ul", "\\ulnone" },
};
static const struct html_tag other_tag = { "", 84, 92, NULL, NULL };
static const struct html_tag comment_tag = { "!--", 241, 241, NULL, NULL };

struct encapsulator {
	const unsigned char *data, *end;
	buffer_t *out;
};

static void put(buffer_t *out, const char *str)
{
	buffer_append(out, str, strlen(str));
}

static void put_unit(buffer_t *out, uint16_t unit)
{
	char str[16];

	if (i_snprintf(str, sizeof(str), "\\u%d?", (int16_t)unit) < 0)
		i_unreached();
	put(out, str);
}

/* UTF-8 as RTF text; *data moves behind the character */
static void put_char(buffer_t *out, const unsigned char **data,
		     const unsigned char *end)
{
	unichar_t chr;
	int n;

	n = uni_utf8_get_char_n(*data, end - *data, &chr);
	if (n <= 0) {
		chr = UNICODE_REPLACEMENT_CHAR;
		n = 1;
	}
	*data += n;
	if (chr == '\\' || chr == '{' || chr == '}') {
		buffer_append_c(out, '\\');
		buffer_append_c(out, chr);
	} else if (chr == '\t') {
		put(out, "\\tab ");
	} else if (chr < 0x20) {
		/* has no place in RTF */
	} else if (chr < 0x7f) {
		buffer_append_c(out, chr);
	} else if (chr < 0x10000) {
		put_unit(out, chr);
	} else {
		put_unit(out, UTF16_SURROGATE_HIGH(chr));
		put_unit(out, UTF16_SURROGATE_LOW(chr));
	}
}

static bool put_line_end(buffer_t *out, const unsigned char **data,
			 const unsigned char *end)
{
	const unsigned char *p = *data;

	if (*p != '\r' && *p != '\n')
		return FALSE;
	if (*p == '\r' && p + 1 < end && p[1] == '\n')
		p++;
	*data = p + 1;
	put(out, "\\par\r\n");
	return TRUE;
}

static void put_text(buffer_t *out, const unsigned char *data,
		     const unsigned char *end)
{
	while (data < end) {
		if (!put_line_end(out, &data, end))
			put_char(out, &data, end);
	}
}

static void put_fragment(struct encapsulator *e, unsigned int param,
			 const unsigned char *data, const unsigned char *end)
{
	char str[32];

	if (i_snprintf(str, sizeof(str), "{\\*\\htmltag%u ", param) < 0)
		i_unreached();
	put(e->out, str);
	put_text(e->out, data, end);
	put(e->out, "}");
}

static void put_shown(struct encapsulator *e, const char *rtf)
{
	if (rtf == NULL)
		return;
	put(e->out, "\\htmlrtf ");
	put(e->out, rtf);
	put(e->out, "\\htmlrtf0 ");
}

/* --- scanning --- */

static const struct html_tag *
find_tag(const unsigned char *name, size_t size)
{
	char lower[TAG_NAME_MAX];
	unsigned int i;

	if (size == 0 || size >= sizeof(lower))
		return &other_tag;
	for (i = 0; i < size; i++)
		lower[i] = i_tolower(name[i]);
	lower[i] = '\0';
	for (i = 0; i < N_ELEMENTS(html_tags); i++) {
		if (strcmp(html_tags[i].name, lower) == 0)
			return &html_tags[i];
	}
	return &other_tag;
}

/* Behind the tag that begins at p. */
static const unsigned char *
tag_end(const unsigned char *p, const unsigned char *end)
{
	unsigned char quote = 0;

	for (; p < end; p++) {
		if (quote != 0) {
			if (*p == quote)
				quote = 0;
		} else if (*p == '>') {
			return p + 1;
		} else if ((*p == '"' || *p == '\'') && p[-1] == '=') {
			quote = *p;
		}
	}
	return end;
}

static const unsigned char *
find(const unsigned char *p, const unsigned char *end, const char *what)
{
	size_t len = strlen(what);

	for (; (size_t)(end - p) >= len; p++) {
		if (strncasecmp((const char *)p, what, len) == 0)
			return p;
	}
	return end;
}

/* Content that is no markup: up to its closing tag */
static void encapsulate_raw(struct encapsulator *e, const char *name)
{
	const unsigned char *end;

	T_BEGIN {
		end = find(e->data, e->end, t_strconcat("</", name, NULL));
	} T_END;
	if (end > e->data)
		put_fragment(e, 241, e->data, end);
	e->data = end;
}

static void encapsulate_tag(struct encapsulator *e)
{
	const unsigned char *name = e->data + 1, *p, *end;
	const struct html_tag *tag;
	bool closing = name < e->end && *name == '/';

	if (closing)
		name++;
	for (p = name; p < e->end && i_isalnum(*p); p++) ;
	tag = find_tag(name, p - name);
	end = tag_end(e->data + 1, e->end);
	if (!closing)
		put_fragment(e, tag->open, e->data, end);
	put_shown(e, closing ? tag->rtf_close : tag->rtf_open);
	if (closing)
		put_fragment(e, tag->close, e->data, end);
	e->data = end;
	if (!closing && tag->open == 241)
		encapsulate_raw(e, tag->name);
}

static void encapsulate_declaration(struct encapsulator *e)
{
	const unsigned char *end;

	if (e->end - e->data >= 4 && memcmp(e->data, "<!--", 4) == 0) {
		end = find(e->data + 4, e->end, "-->");
		end += I_MIN(3, e->end - end);
	} else {
		end = tag_end(e->data + 1, e->end);
	}
	put_fragment(e, comment_tag.open, e->data, end);
	e->data = end;
}

/* &name; as it is; what it shows is only known for some */
static void encapsulate_reference(struct encapsulator *e)
{
	const unsigned char *p = e->data + 1;
	const char *shown = "";

	while (p < e->end && p - e->data < 32 && (i_isalnum(*p) || *p == '#'))
		p++;
	if (p < e->end && *p == ';')
		p++;
	if (strncmp((const char *)e->data, "&lt;", p - e->data) == 0)
		shown = "<";
	else if (strncmp((const char *)e->data, "&gt;", p - e->data) == 0)
		shown = ">";
	else if (strncmp((const char *)e->data, "&amp;", p - e->data) == 0)
		shown = "&";
	else if (strncmp((const char *)e->data, "&quot;", p - e->data) == 0)
		shown = "\"";
	else
		shown = "\\~";
	put_fragment(e, 84, e->data, p);
	put_shown(e, shown);
	e->data = p;
}

/* Line ends of HTML are white space */
static void encapsulate_space(struct encapsulator *e)
{
	const unsigned char *p = e->data;

	while (p < e->end && (*p == '\r' || *p == '\n' || *p == '\t'))
		p++;
	put_fragment(e, 84, e->data, p);
	put_shown(e, " ");
	e->data = p;
}

static void encapsulate_one(struct encapsulator *e)
{
	const unsigned char *p = e->data;

	switch (*p) {
	case '<':
		if (e->end - p > 1 && (p[1] == '!' || p[1] == '?'))
			encapsulate_declaration(e);
		else if (e->end - p > 1 && (p[1] == '/' || i_isalpha(p[1])))
			encapsulate_tag(e);
		else {
			put_fragment(e, 84, p, p + 1);
			e->data++;
		}
		break;
	case '&':
		encapsulate_reference(e);
		break;
	case '>':
		put_fragment(e, 84, p, p + 1);
		e->data++;
		break;
	case '\r':
	case '\n':
	case '\t':
		encapsulate_space(e);
		break;
	default:
		put_char(e->out, &e->data, e->end);
		break;
	}
}

void rtf_from_html(const void *html, size_t size, buffer_t *dest)
{
	struct encapsulator e = { .data = html, .out = dest };

	e.end = e.data + size;
	put(dest, "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0"
	    "{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}}\r\n"
	    "{\\colortbl\\red0\\green0\\blue0;}\r\n"
	    "\\uc1\\pard\\plain\\deftab360 \\f0\\fs24 \r\n"
	    "{\\*\\htmltag64}");
	while (e.data < e.end)
		encapsulate_one(&e);
	put(dest, "}\r\n");
}

void rtf_from_text(const void *text, size_t size, buffer_t *dest)
{
	const unsigned char *data = text;

	put(dest, "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0"
	    "{\\fonttbl{\\f0\\fmodern\\fcharset0 Courier New;}}\r\n"
	    "{\\colortbl\\red0\\green0\\blue0;}\r\n"
	    "\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 ");
	put_text(dest, data, data + size);
	put(dest, "}\r\n");
}
