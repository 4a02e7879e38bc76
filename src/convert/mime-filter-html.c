/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters over HTML: its charset declarations, its visible part, its text. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-mime.h"
#include "mime-charset.h"
#include "mime-filter.h"
#include "mime-html.h"

#include <ctype.h>

static inline bool is_html_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* --- HTML to HTML --- */

struct filter_html {
	struct mime_filter filter;
	enum mime_html_fix fix;
	struct mime_html_parser *parser;
	buffer_t *dest;
	bool dropped_tag, dropped_other, in_head, in_pre, after_space;
};

/* HTML_FIX_FRAGMENT */
static const char *const frame_dropped[] = {
	"html", "head", "body", "title", "meta", "base", NULL
};

/* HTML_FIX_COMPACT: elements without anything to see */
static const char *const compact_dropped[] = {
	"meta", "link", "title", "style", "script", "head", "xml", "o:p",
	"noembed", "noframes", NULL
};

static void html_text(void *context, const unsigned char *data, size_t size)
{
	struct filter_html *filter = context;
	size_t i, start = 0;

	filter->dropped_tag = filter->dropped_other = FALSE;
	if ((filter->fix & MIME_HTML_FIX_COMPACT) == 0 || filter->in_pre) {
		buffer_append(filter->dest, data, size);
		return;
	}
	for (i = 0; i < size; i++) {
		if (!is_html_space(data[i]))
			continue;
		if (i > start) {
			buffer_append(filter->dest, data + start, i - start);
			filter->after_space = FALSE;
		}
		start = i + 1;
		if (!filter->after_space && !filter->in_head) {
			buffer_append_c(filter->dest, ' ');
			filter->after_space = TRUE;
		}
	}
	if (size > start) {
		buffer_append(filter->dest, data + start, size - start);
		filter->after_space = FALSE;
	}
}

static bool meta_is_charset(const struct mime_html_tag *tag)
{
	string_t *value = t_str_new(64);

	if (mime_html_tag_attribute(tag, "charset", value))
		return TRUE;
	return mime_html_tag_attribute(tag, "http-equiv", value) &&
		strcasecmp(str_c(value), "content-type") == 0;
}

static void html_tag_compact(struct filter_html *filter,
			     const struct mime_html_tag *tag)
{
	if (strcmp(tag->name, "head") == 0)
		filter->in_head = !tag->closing;
	else if (strcmp(tag->name, "body") == 0)
		filter->in_head = FALSE;
	else if (strcmp(tag->name, "pre") == 0)
		filter->in_pre = !tag->closing;
	/* its namespaces may be longer than the wanted text */
	if (strcmp(tag->name, "html") == 0 && !tag->closing && !tag->cut) {
		str_append(filter->dest, "<html>");
		filter->dropped_tag = TRUE;
	}
	if (str_array_find(compact_dropped, tag->name))
		filter->dropped_tag = TRUE;
}

static void html_tag(void *context, const struct mime_html_tag *tag)
{
	struct filter_html *filter = context;

	filter->dropped_tag = FALSE;
	if (strcmp(tag->name, "meta") == 0) T_BEGIN {
		filter->dropped_tag = meta_is_charset(tag);
	} T_END;
	if ((filter->fix & MIME_HTML_FIX_COMPACT) != 0)
		html_tag_compact(filter, tag);
	/* what follows a title's tag is its text */
	filter->dropped_other = FALSE;
	if ((filter->fix & MIME_HTML_FIX_FRAGMENT) != 0 &&
	    str_array_find(frame_dropped, tag->name)) {
		filter->dropped_tag = TRUE;
		filter->dropped_other = strcmp(tag->name, "title") == 0;
	}
	if (!filter->dropped_tag)
		buffer_append(filter->dest, tag->raw, tag->raw_size);
}

static void html_tag_more(void *context, const unsigned char *data, size_t size)
{
	struct filter_html *filter = context;

	if (!filter->dropped_tag)
		buffer_append(filter->dest, data, size);
}

static void html_other(void *context, const unsigned char *data, size_t size)
{
	struct filter_html *filter = context;

	if ((filter->fix & MIME_HTML_FIX_FRAGMENT) != 0 && size >= 4 &&
	    memcmp(data, "<!", 2) == 0 && memcmp(data, "<!--", 4) != 0)
		filter->dropped_other = TRUE;
	if ((filter->fix & MIME_HTML_FIX_COMPACT) == 0 &&
	    !filter->dropped_other)
		buffer_append(filter->dest, data, size);
}

static const struct mime_html_events html_events = {
	.text = html_text,
	.tag = html_tag,
	.tag_more = html_tag_more,
	.other = html_other
};

static void
filter_html_more(struct mime_filter *_filter, const unsigned char *data,
		 size_t size, buffer_t *dest)
{
	struct filter_html *filter =
		container_of(_filter, struct filter_html, filter);

	filter->dest = dest;
	mime_html_parser_more(filter->parser, data, size);
}

static void filter_html_finish(struct mime_filter *_filter, buffer_t *dest)
{
	struct filter_html *filter =
		container_of(_filter, struct filter_html, filter);

	filter->dest = dest;
	mime_html_parser_finish(filter->parser);
	filter->in_head = filter->in_pre = FALSE;
}

static void filter_html_deinit(struct mime_filter *_filter)
{
	struct filter_html *filter =
		container_of(_filter, struct filter_html, filter);

	mime_html_parser_deinit(&filter->parser);
	i_free(filter);
}

struct mime_filter *mime_filter_html_init(enum mime_html_fix fix)
{
	struct filter_html *filter = i_new(struct filter_html, 1);

	filter->filter.more = filter_html_more;
	filter->filter.finish = filter_html_finish;
	filter->filter.deinit = filter_html_deinit;
	filter->fix = fix;
	filter->after_space = TRUE;
	filter->parser = mime_html_parser_init(&html_events, filter);
	return &filter->filter;
}

/* --- HTML to text --- */

#define LINK_MAX 1024
#define LINK_TEXT_MAX 256
#define ENTITY_MAX 12

struct filter_html_to_text {
	struct mime_filter filter;
	struct mime_html_parser *parser;
	buffer_t *dest;
	bool links;

	/* a space, or this many line ends, are due before the next text */
	bool space;
	unsigned int lines;
	bool begun;
	unsigned int pre_depth;
	/* beginning of an entity at the end of a block, with its '&' */
	unsigned char entity[ENTITY_MAX];
	size_t entity_size;
	/* inside <a href=..>: where it goes and what it shows */
	bool in_link;
	string_t *href, *link_text;
	string_t *scratch;
};

struct block_element {
	const char *name;
	/* line ends before and after it: 1 begins a line, 2 leaves one free */
	unsigned char lines;
};

static const struct block_element block_elements[] = {
	{ "p", 2 }, { "div", 1 }, { "tr", 1 }, { "li", 1 }, { "table", 1 },
	{ "h1", 2 }, { "h2", 2 }, { "h3", 2 }, { "h4", 2 }, { "h5", 2 },
	{ "h6", 2 }, { "ul", 1 }, { "ol", 1 }, { "blockquote", 2 },
	{ "pre", 2 }, { "dt", 1 }, { "dd", 1 }, { "dl", 1 }, { "center", 1 },
	{ "address", 1 }, { "section", 1 }, { "article", 1 }, { "header", 1 },
	{ "footer", 1 }, { "form", 1 }, { "fieldset", 1 }, { "body", 1 },
	{ "option", 1 }, { "hr", 1 }, { "tbody", 1 }, { "caption", 1 }
};

static void text_break(struct filter_html_to_text *filter)
{
	if (filter->begun && filter->lines > 0) {
		for (; filter->lines > 0; filter->lines--)
			str_append(filter->dest, "\r\n");
	} else if (filter->begun && filter->space) {
		buffer_append_c(filter->dest, ' ');
	}
	filter->lines = 0;
	filter->space = FALSE;
	filter->begun = TRUE;
}

static void
text_out(struct filter_html_to_text *filter, const unsigned char *data,
	 size_t size)
{
	if (size == 0)
		return;
	text_break(filter);
	buffer_append(filter->dest, data, size);
	if (filter->in_link && str_len(filter->link_text) < LINK_TEXT_MAX)
		str_append_data(filter->link_text, data,
				I_MIN(size, LINK_TEXT_MAX));
}

/* White space collapses, in <pre> it does not; no-break spaces are spaces */
static void
text_out_spaced(struct filter_html_to_text *filter, const unsigned char *data,
		size_t size)
{
	size_t i, start = 0;

	for (i = 0; i < size; i++) {
		bool nbsp = data[i] == 0xc2 && i + 1 < size &&
			data[i + 1] == 0xa0;

		if (!nbsp && !is_html_space(data[i]))
			continue;
		text_out(filter, data + start, i - start);
		if (nbsp)
			i++;
		start = i + 1;
		if (filter->pre_depth > 0 && data[i] == '\n') {
			filter->lines++;
			filter->space = FALSE;
		} else if (filter->pre_depth > 0 && data[i] != '\r') {
			text_out(filter, (const unsigned char *)" ", 1);
		} else {
			filter->space = TRUE;
		}
	}
	text_out(filter, data + start, size - start);
}

/* Text without the entity it may end in: that waits in filter->entity */
static size_t
text_keep_entity(struct filter_html_to_text *filter,
		 const unsigned char *data, size_t size)
{
	size_t i, n;

	for (n = 1; n < ENTITY_MAX && n <= size; n++) {
		i = size - n;
		if (data[i] == '&') {
			memcpy(filter->entity, data + i, n);
			filter->entity_size = n;
			return i;
		}
		if (!i_isalnum(data[i]) && data[i] != '#')
			break;
	}
	return size;
}

static void
text_decode(struct filter_html_to_text *filter, const unsigned char *data,
	    size_t size)
{
	const unsigned char *amp;
	size_t n;

	while (size > 0) {
		amp = memchr(data, '&', size);
		n = amp == NULL ? size : (size_t)(amp - data);
		text_out_spaced(filter, data, n);
		data += n;
		size -= n;
		if (size == 0)
			break;
		str_truncate(filter->scratch, 0);
		n = mime_html_entity(data + 1, size - 1, filter->scratch);
		if (n == 0)
			text_out(filter, data, 1);
		else
			text_out_spaced(filter, str_data(filter->scratch),
					str_len(filter->scratch));
		data += n + 1;
		size -= n + 1;
	}
}

static void text_flush_entity(struct filter_html_to_text *filter)
{
	size_t size = filter->entity_size;

	filter->entity_size = 0;
	if (size > 0)
		text_decode(filter, filter->entity, size);
}

/* The entity that a block's end cut goes on in this one */
static size_t
text_join_entity(struct filter_html_to_text *filter,
		 const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size && filter->entity_size < ENTITY_MAX; i++) {
		if (!i_isalnum(data[i]) && data[i] != '#' && data[i] != ';')
			break;
		filter->entity[filter->entity_size++] = data[i];
		if (data[i] == ';') {
			i++;
			break;
		}
	}
	if (i < size || filter->entity_size == ENTITY_MAX ||
	    filter->entity[filter->entity_size - 1] == ';')
		text_flush_entity(filter);
	return i;
}

static void
to_text_text(void *context, const unsigned char *data, size_t size)
{
	struct filter_html_to_text *filter = context;
	size_t n;

	if (filter->entity_size > 0) {
		n = text_join_entity(filter, data, size);
		data += n;
		size -= n;
	}
	n = text_keep_entity(filter, data, size);
	text_decode(filter, data, n);
}

static void text_lines(struct filter_html_to_text *filter, unsigned int lines)
{
	if (filter->lines < lines)
		filter->lines = lines;
}

static bool link_is_shown(struct filter_html_to_text *filter)
{
	const char *href = str_c(filter->href);
	bool shown;

	if (strncasecmp(href, "http://", 7) == 0)
		href += 7;
	else if (strncasecmp(href, "https://", 8) == 0)
		href += 8;
	else
		return TRUE; /* not worth showing */
	if (str_len(filter->link_text) == 0)
		return TRUE;
	T_BEGIN {
		shown = strstr(str_c(filter->link_text),
			       t_strcut(href, '/')) != NULL;
	} T_END;
	return shown;
}

static void
to_text_link(struct filter_html_to_text *filter,
	     const struct mime_html_tag *tag)
{
	if (!filter->links)
		return;
	if (filter->in_link && str_len(filter->href) > 0 &&
	    !link_is_shown(filter)) {
		filter->in_link = FALSE;
		filter->space = FALSE;
		text_out(filter, (const unsigned char *)"<", 1);
		text_out(filter, str_data(filter->href), str_len(filter->href));
		text_out(filter, (const unsigned char *)">", 1);
	}
	filter->in_link = FALSE;
	if (tag->closing || tag->cut)
		return;
	str_truncate(filter->href, 0);
	str_truncate(filter->link_text, 0);
	if (mime_html_tag_attribute(tag, "href", filter->href) &&
	    str_len(filter->href) < LINK_MAX)
		filter->in_link = TRUE;
}

static unsigned int block_element_lines(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(block_elements); i++) {
		if (strcmp(block_elements[i].name, name) == 0)
			return block_elements[i].lines;
	}
	return 0;
}

static void to_text_tag(void *context, const struct mime_html_tag *tag)
{
	struct filter_html_to_text *filter = context;

	text_flush_entity(filter);
	if (strcmp(tag->name, "a") == 0)
		to_text_link(filter, tag);
	text_lines(filter, block_element_lines(tag->name));
	if (strcmp(tag->name, "br") == 0) {
		if (filter->lines < 4)
			filter->lines++;
	} else if (strcmp(tag->name, "pre") == 0) {
		if (!tag->closing)
			filter->pre_depth++;
		else if (filter->pre_depth > 0)
			filter->pre_depth--;
	} else if (strcmp(tag->name, "td") == 0 ||
		   strcmp(tag->name, "th") == 0) {
		filter->space = TRUE;
	} else if (strcmp(tag->name, "li") == 0 && !tag->closing) {
		text_out(filter, (const unsigned char *)"*", 1);
		filter->space = TRUE;
	} else if (strcmp(tag->name, "hr") == 0) {
		text_out(filter, (const unsigned char *)"________________", 16);
		text_lines(filter, 1);
	}
}

static void
to_text_ignore(void *context ATTR_UNUSED,
	       const unsigned char *data ATTR_UNUSED,
	       size_t size ATTR_UNUSED)
{
}

static const struct mime_html_events to_text_events = {
	.text = to_text_text,
	.tag = to_text_tag,
	.tag_more = to_text_ignore,
	.other = to_text_ignore
};

static void
filter_html_to_text_more(struct mime_filter *_filter,
			 const unsigned char *data, size_t size,
			 buffer_t *dest)
{
	struct filter_html_to_text *filter =
		container_of(_filter, struct filter_html_to_text, filter);

	filter->dest = dest;
	mime_html_parser_more(filter->parser, data, size);
}

static void
filter_html_to_text_finish(struct mime_filter *_filter, buffer_t *dest)
{
	struct filter_html_to_text *filter =
		container_of(_filter, struct filter_html_to_text, filter);

	filter->dest = dest;
	mime_html_parser_finish(filter->parser);
	text_flush_entity(filter);
	if (filter->begun)
		str_append(dest, "\r\n");
	filter->begun = filter->space = filter->in_link = FALSE;
	filter->lines = filter->pre_depth = 0;
}

static void filter_html_to_text_deinit(struct mime_filter *_filter)
{
	struct filter_html_to_text *filter =
		container_of(_filter, struct filter_html_to_text, filter);

	mime_html_parser_deinit(&filter->parser);
	str_free(&filter->href);
	str_free(&filter->link_text);
	str_free(&filter->scratch);
	i_free(filter);
}

struct mime_filter *mime_filter_html_to_text_init(bool links)
{
	struct filter_html_to_text *filter =
		i_new(struct filter_html_to_text, 1);

	filter->filter.more = filter_html_to_text_more;
	filter->filter.finish = filter_html_to_text_finish;
	filter->filter.deinit = filter_html_to_text_deinit;
	filter->links = links;
	filter->href = str_new(default_pool, 128);
	filter->link_text = str_new(default_pool, 128);
	filter->scratch = str_new(default_pool, 16);
	filter->parser = mime_html_parser_init(&to_text_events, filter);
	return &filter->filter;
}

void mime_html_to_text(string_t *dest, const unsigned char *html, size_t size,
		       size_t max_bytes)
{
	struct mime_filter *filter = mime_filter_html_to_text_init(TRUE);
	size_t n, start = str_len(dest);

	while (size > 0 && str_len(dest) - start < max_bytes) {
		n = I_MIN(size, 4096);
		filter->more(filter, html, n, dest);
		html += n;
		size -= n;
	}
	if (size == 0)
		filter->finish(filter, dest);
	if (str_len(dest) - start > max_bytes) {
		str_truncate(dest, start +
			mime_utf8_cut(str_data(dest) + start, max_bytes));
	}
	filter->deinit(filter);
}
