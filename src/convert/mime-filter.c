/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters over plain text: line ends, format=flowed, text to HTML. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "dovetail-markup.h"
#include "dovetail-mime.h"
#include "mime-filter.h"

static void filter_simple_deinit(struct mime_filter *filter)
{
	i_free(filter);
}

static void filter_no_finish(struct mime_filter *filter ATTR_UNUSED,
			     buffer_t *dest ATTR_UNUSED)
{
}

/* --- line ends --- */

struct filter_crlf {
	struct mime_filter filter;
	bool after_cr;
};

static void
filter_crlf_more(struct mime_filter *_filter, const unsigned char *data,
		 size_t size, buffer_t *dest)
{
	struct filter_crlf *filter =
		container_of(_filter, struct filter_crlf, filter);
	const unsigned char *p = data, *end = data + size, *lf, *cr, *stop;

	if (size == 0)
		return;
	if (filter->after_cr && *p == '\n')
		p++;
	filter->after_cr = FALSE;
	while (p < end) {
		lf = memchr(p, '\n', end - p);
		stop = lf == NULL ? end : lf;
		cr = memchr(p, '\r', stop - p);
		if (cr == NULL && lf == NULL) {
			buffer_append(dest, p, end - p);
			return;
		}
		if (cr != NULL)
			stop = cr;
		buffer_append(dest, p, stop - p);
		buffer_append(dest, "\r\n", 2);
		p = stop + 1;
		if (cr != NULL && p == end)
			filter->after_cr = TRUE;
		else if (cr != NULL && *p == '\n')
			p++;
	}
}

struct mime_filter *mime_filter_crlf_init(void)
{
	struct filter_crlf *filter = i_new(struct filter_crlf, 1);

	filter->filter.more = filter_crlf_more;
	filter->filter.finish = filter_no_finish;
	filter->filter.deinit = filter_simple_deinit;
	return &filter->filter;
}

/* Raw messages: a lone LF is a line end that the store made shorter; a lone CR
   is content. Most of a mailbox goes through here. */
static void
filter_lf_more(struct mime_filter *_filter, const unsigned char *data,
	       size_t size, buffer_t *dest)
{
	struct filter_crlf *filter =
		container_of(_filter, struct filter_crlf, filter);
	const unsigned char *lf, *end = data + size, *p = data;

	if (size == 0)
		return;
	while ((lf = memchr(p, '\n', end - p)) != NULL) {
		buffer_append(dest, p, lf - p);
		if (lf == data ? filter->after_cr : lf[-1] == '\r')
			buffer_append_c(dest, '\n');
		else
			buffer_append(dest, "\r\n", 2);
		p = lf + 1;
	}
	buffer_append(dest, p, end - p);
	filter->after_cr = end[-1] == '\r';
}

struct mime_filter *mime_filter_lf_init(void)
{
	struct mime_filter *filter = mime_filter_crlf_init();

	filter->more = filter_lf_more;
	return filter;
}

/* NULs to 0x80, as Dovecot's IMAP hands them out */
static void
filter_nuls_more(struct mime_filter *filter ATTR_UNUSED,
		 const unsigned char *data, size_t size, buffer_t *dest)
{
	const unsigned char *nul;

	while ((nul = memchr(data, '\0', size)) != NULL) {
		buffer_append(dest, data, nul - data);
		buffer_append_c(dest, 0x80);
		size -= nul + 1 - data;
		data = nul + 1;
	}
	buffer_append(dest, data, size);
}

struct mime_filter *mime_filter_nuls_init(void)
{
	struct mime_filter *filter = mime_filter_crlf_init();

	filter->more = filter_nuls_more;
	return filter;
}

/* --- format=flowed (RFC 3676) --- */

/* A longer line is no flowed line: it is passed on in pieces. */
#define FLOWED_LINE_MAX 4096

struct filter_flowed {
	struct mime_filter filter;
	buffer_t *line;
	bool delsp;
	/* the line before ended softly, with this many quote marks */
	bool open;
	unsigned int open_depth;
	/* inside a line longer than FLOWED_LINE_MAX */
	bool continued;
};

static void
flowed_line(struct filter_flowed *filter, bool line_end, buffer_t *dest)
{
	const unsigned char *p = filter->line->data;
	size_t size = filter->line->used, i = 0;
	unsigned int depth = 0;
	bool soft, sig;

	if (size > 0 && line_end && p[size - 1] == '\r')
		size--;
	if (!filter->continued) {
		while (i < size && p[i] == '>') {
			depth++;
			i++;
		}
		if (i < size && p[i] == ' ')
			i++;
	} else {
		depth = filter->open_depth;
	}
	sig = size - i == 3 && memcmp(p + i, "-- ", 3) == 0;
	soft = line_end && size > i && p[size - 1] == ' ' && !sig;
	if (filter->open && (depth != filter->open_depth || sig)) {
		buffer_append(dest, "\r\n", 2);
		filter->open = FALSE;
	}
	if (!filter->open && !filter->continued && depth > 0) {
		/* the marks as they were, and the space that the stuffing is */
		buffer_append(dest, p, depth);
		buffer_append_c(dest, ' ');
	}
	if (soft && filter->delsp)
		size--;
	buffer_append(dest, p + i, size - i);
	if (line_end && !soft)
		buffer_append(dest, "\r\n", 2);
	filter->open = soft;
	filter->open_depth = depth;
	filter->continued = !line_end;
	buffer_set_used_size(filter->line, 0);
}

static void
filter_flowed_more(struct mime_filter *_filter, const unsigned char *data,
		   size_t size, buffer_t *dest)
{
	struct filter_flowed *filter =
		container_of(_filter, struct filter_flowed, filter);
	const unsigned char *lf;
	size_t n;

	while (size > 0) {
		lf = memchr(data, '\n', size);
		n = lf == NULL ? size : (size_t)(lf - data);
		n = I_MIN(n, FLOWED_LINE_MAX - filter->line->used);
		buffer_append(filter->line, data, n);
		data += n;
		size -= n;
		if (size > 0 && *data == '\n') {
			flowed_line(filter, TRUE, dest);
			data++;
			size--;
		} else if (filter->line->used >= FLOWED_LINE_MAX) {
			flowed_line(filter, FALSE, dest);
		}
	}
}

static void filter_flowed_finish(struct mime_filter *_filter, buffer_t *dest)
{
	struct filter_flowed *filter =
		container_of(_filter, struct filter_flowed, filter);

	if (filter->line->used > 0)
		flowed_line(filter, FALSE, dest);
	filter->open = filter->continued = FALSE;
}

static void filter_flowed_deinit(struct mime_filter *_filter)
{
	struct filter_flowed *filter =
		container_of(_filter, struct filter_flowed, filter);

	buffer_free(&filter->line);
	i_free(filter);
}

struct mime_filter *mime_filter_flowed_init(bool delsp)
{
	struct filter_flowed *filter = i_new(struct filter_flowed, 1);

	filter->filter.more = filter_flowed_more;
	filter->filter.finish = filter_flowed_finish;
	filter->filter.deinit = filter_flowed_deinit;
	filter->line = buffer_create_dynamic(default_pool, 128);
	filter->delsp = delsp;
	return &filter->filter;
}

/* --- plain text to HTML --- */

struct filter_text_to_html {
	struct mime_filter filter;
	bool fragment, begun, after_cr, after_space;
};

/* Spaces that HTML would drop are kept: after another one, or first in line */
static void
text_to_html_char(struct filter_text_to_html *filter, unsigned char c,
		  buffer_t *dest)
{
	bool after_cr = filter->after_cr, after_space = filter->after_space;

	filter->after_cr = c == '\r';
	filter->after_space = c == ' ' || c == '\n' || c == '\r';
	switch (c) {
	case '&':
	case '<':
	case '>':
		str_append(dest, dovetail_markup_entity(c));
		break;
	case '"':
		str_append(dest, "&quot;");
		break;
	case '\n':
		if (!after_cr)
			str_append(dest, "<br>\r\n");
		break;
	case '\r':
		str_append(dest, "<br>\r\n");
		break;
	case '\t':
		str_append(dest, "&nbsp;&nbsp;&nbsp; ");
		break;
	case ' ':
		str_append(dest, after_space ? "&nbsp;" : " ");
		break;
	default:
		i_unreached();
	}
}

static void
text_to_html_more(struct filter_text_to_html *filter,
		  const unsigned char *data, size_t size, buffer_t *dest)
{
	static const char special[256] = {
		['&'] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['\n'] = 1,
		['\r'] = 1, ['\t'] = 1, [' '] = 1
	};
	size_t i, start = 0;

	for (i = 0; i < size; i++) {
		if (special[data[i]] == 0) {
			filter->after_cr = filter->after_space = FALSE;
			continue;
		}
		buffer_append(dest, data + start, i - start);
		start = i + 1;
		text_to_html_char(filter, data[i], dest);
	}
	buffer_append(dest, data + start, size - start);
}

static void
filter_text_to_html_more(struct mime_filter *_filter,
			 const unsigned char *data, size_t size,
			 buffer_t *dest)
{
	struct filter_text_to_html *filter =
		container_of(_filter, struct filter_text_to_html, filter);

	if (!filter->begun) {
		filter->begun = TRUE;
		filter->after_space = TRUE;
		str_append(dest, filter->fragment ? "<div>" :
			   "<html><body><div>");
	}
	text_to_html_more(filter, data, size, dest);
}

static void
filter_text_to_html_finish(struct mime_filter *_filter, buffer_t *dest)
{
	struct filter_text_to_html *filter =
		container_of(_filter, struct filter_text_to_html, filter);

	if (filter->begun)
		str_append(dest, filter->fragment ? "</div>\r\n" :
			   "</div></body></html>\r\n");
	filter->begun = filter->after_cr = FALSE;
}

struct mime_filter *mime_filter_text_to_html_init(bool fragment)
{
	struct filter_text_to_html *filter =
		i_new(struct filter_text_to_html, 1);

	filter->filter.more = filter_text_to_html_more;
	filter->filter.finish = filter_text_to_html_finish;
	filter->filter.deinit = filter_simple_deinit;
	filter->fragment = fragment;
	return &filter->filter;
}

void mime_text_to_html(string_t *dest, const unsigned char *text, size_t size)
{
	struct filter_text_to_html filter;

	i_zero(&filter);
	filter.after_space = TRUE;
	text_to_html_more(&filter, text, size, dest);
}
