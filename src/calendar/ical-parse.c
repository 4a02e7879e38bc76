/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text to components: whatever comes, as much of it as can be kept. */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "ical.h"

#include <ctype.h>

/* Longer than any name that is in use */
#define LONG_NAME 60

/* --- lines --------------------------------------------------------------------------- */

void ical_input_init(struct ical_input *input_r, const void *text, size_t size)
{
	const unsigned char *data = text;

	/* byte order mark */
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		size -= 3;
	}
	input_r->pos = data;
	input_r->end = data + size;
	input_r->cr_only = memchr(data, '\n', size) == NULL;
}

static const unsigned char *
physical_end(const struct ical_input *input, const unsigned char **next_r)
{
	const unsigned char *eol;

	eol = memchr(input->pos, input->cr_only ? '\r' : '\n',
		     input->end - input->pos);
	*next_r = eol == NULL ? input->end : eol + 1;
	if (eol == NULL)
		eol = input->end;
	while (eol > input->pos && eol[-1] == '\r')
		eol--;
	return eol;
}

static bool is_name_char(unsigned char c)
{
	return i_isalnum(c) || c == '-' || c == '_' || c == '.';
}

/* Does it begin as a content line does? A very long name may be folded. */
static bool has_name(const struct ical_input *input, const unsigned char *pos,
		     const unsigned char *end, const unsigned char *next)
{
	const unsigned char *p = pos;

	while (p < end && is_name_char(*p))
		p++;
	if (p == end) {
		return p - pos >= LONG_NAME && next < input->end &&
			(*next == ' ' || *next == '\t');
	}
	return p > pos && (*p == ':' || *p == ';');
}

/* Parameters of the line so far say this? */
static bool line_has(const string_t *line, const char *encoding)
{
	const char *data = str_c((string_t *)line), *p = data;
	const char *colon = strchr(data, ':');
	size_t size = strlen(encoding);

	for (; colon != NULL && p + size <= colon; p++) {
		if (strncasecmp(p, encoding, size) == 0)
			return TRUE;
	}
	return FALSE;
}

/* windows-1252 where it differs from Latin-1 (WHATWG Encoding) */
static const uint16_t cp1252[32] = {
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
};

/* Bytes that are no UTF-8 are windows-1252; control characters go. */
void ical_clean(string_t *line)
{
	const unsigned char *data = str_data(line);
	size_t i, size = str_len(line);
	string_t *copy;
	bool utf8 = uni_utf8_data_is_valid(data, size);

	for (i = 0; i < size && utf8; i++) {
		if ((data[i] < 0x20 && data[i] != '\t') || data[i] == 0x7f)
			break;
	}
	if (i == size)
		return;
	copy = t_str_new(size * 2);
	for (i = 0; i < size; i++) {
		if ((data[i] < 0x20 && data[i] != '\t') || data[i] == 0x7f)
			continue;
		if (utf8 || data[i] < 0x80)
			str_append_c(copy, data[i]);
		else if (data[i] < 0xa0)
			uni_ucs4_to_utf8_c(cp1252[data[i] - 0x80], copy);
		else
			uni_ucs4_to_utf8_c(data[i], copy);
	}
	str_truncate(line, 0);
	str_append_str(line, copy);
}

/* A physical line that goes on with the line before. Folded as it should be; or
   broken without the space, by QUOTED-PRINTABLE or by nobody knows whom. */
static bool line_goes_on(const struct ical_input *input, string_t *line,
			 const unsigned char *pos, const unsigned char *end,
			 const unsigned char *next)
{
	if (str_data(line)[str_len(line) - 1] == '=' &&
	    line_has(line, "QUOTED-PRINTABLE")) {
		str_truncate(line, str_len(line) - 1);
		str_append_data(line, pos, end - pos);
	} else if (*pos == ' ' || *pos == '\t') {
		str_append_data(line, pos + 1, end - pos - 1);
	} else if (!has_name(input, pos, end, next)) {
		if (!line_has(line, "BASE64"))
			str_append(line, "\\n");
		str_append_data(line, pos, end - pos);
	} else {
		return FALSE;
	}
	return TRUE;
}

bool ical_input_line(struct ical_input *input, string_t *line)
{
	const unsigned char *end, *next;

	str_truncate(line, 0);
	for (; input->pos < input->end; input->pos = next) {
		end = physical_end(input, &next);
		if (end == input->pos)
			continue;
		if (str_len(line) > 0) {
			if (!line_goes_on(input, line, input->pos, end,
					  next))
				break;
		} else if (has_name(input, input->pos, end, next)) {
			str_append_data(line, input->pos, end - input->pos);
		}
	}
	if (str_len(line) == 0)
		return FALSE;
	T_BEGIN {
		ical_clean(line);
	} T_END;
	return TRUE;
}

/* --- components -------------------------------------------------------------------- */

struct parser {
	pool_t pool;
	struct ical_comp *root, *cur;
	unsigned int comps, lines, depth, too_deep;
	string_t *warnings;
};

/* What stands in a calendar and in nothing else */
static bool is_top_level(const char *name)
{
	return strcmp(name, "VEVENT") == 0 || strcmp(name, "VTODO") == 0 ||
		strcmp(name, "VJOURNAL") == 0 ||
		strcmp(name, "VTIMEZONE") == 0 ||
		strcmp(name, "VFREEBUSY") == 0;
}

static void parser_close(struct parser *parser)
{
	ical_warn(parser->warnings, "END:%s is missing", parser->cur->name);
	parser->cur = parser->cur->parent;
	parser->depth--;
}

static void parser_begin(struct parser *parser, const char *name)
{
	struct ical_comp *comp;

	while (parser->cur != NULL && parser->cur->parent != NULL &&
	       is_top_level(name) && strcmp(parser->cur->name, "VPOLL") != 0)
		parser_close(parser);
	if (parser->depth >= ICAL_MAX_DEPTH) {
		parser->too_deep++;
		return;
	}
	if (parser->root == NULL) {
		parser->root = parser->cur =
			ical_comp_new(parser->pool, "VCALENDAR");
		if (strcmp(name, "VCALENDAR") == 0)
			return;
		ical_warn(parser->warnings, "no VCALENDAR around");
	}
	comp = ical_comp_new(parser->pool, p_strdup(parser->pool, name));
	ical_comp_append(parser->cur, comp);
	parser->cur = comp;
	parser->comps++;
	parser->depth++;
}

/* FALSE: the calendar ends. */
static bool parser_end(struct parser *parser, const char *name)
{
	struct ical_comp *comp;

	if (parser->too_deep > 0) {
		parser->too_deep--;
		return TRUE;
	}
	for (comp = parser->cur; comp != NULL; comp = comp->parent) {
		if (strcmp(comp->name, name) == 0)
			break;
	}
	if (comp == NULL) {
		ical_warn(parser->warnings, "END:%s without its beginning",
			  name);
		return TRUE;
	}
	while (parser->cur != comp)
		parser_close(parser);
	if (comp->parent == NULL) {
		/* an empty calendar before the one that is meant? */
		if (comp->comps == NULL)
			parser->root = parser->cur = NULL;
		return comp->comps == NULL;
	}
	parser->cur = comp->parent;
	parser->depth--;
	return TRUE;
}

static void parser_prop(struct parser *parser, const string_t *line)
{
	if (parser->cur == NULL) {
		ical_warn(parser->warnings, "text before BEGIN");
		return;
	}
	if (parser->too_deep > 0)
		return;
	parser->lines++;
	ical_add_line(parser->pool, parser->cur, str_c((string_t *)line),
		      str_len(line));
}

static const char *comp_name(const char *value)
{
	return t_str_ucase(t_str_trim(value, " \t"));
}

/* FALSE: nothing more is wanted. */
static bool parser_line(struct parser *parser, const string_t *line)
{
	const char *data = str_c((string_t *)line);

	if (strncasecmp(data, "BEGIN:", 6) == 0) {
		const char *name = comp_name(data + 6);

		if (strcmp(name, "VCALENDAR") == 0 && parser->root != NULL) {
			/* the end of the one before is missing */
			if (parser->root->comps != NULL)
				return FALSE;
			parser->root = parser->cur = NULL;
			parser->depth = 0;
		}
		parser_begin(parser, name);
		return TRUE;
	}
	if (strncasecmp(data, "END:", 4) == 0)
		return parser_end(parser, comp_name(data + 4));
	parser_prop(parser, line);
	return TRUE;
}

struct ical_comp *ical_parse(pool_t pool, const void *text, size_t size,
			     string_t *warnings, const char **error_r)
{
	struct parser parser = { .pool = pool, .warnings = warnings };
	struct ical_input input;
	string_t *line;
	bool more = TRUE;

	if (size > ICAL_MAX_SIZE) {
		*error_r = "larger than 64 MB";
		return NULL;
	}
	ical_input_init(&input, text, size);
	line = str_new(default_pool, 512);
	while (more && ical_input_line(&input, line)) {
		T_BEGIN {
			more = parser_line(&parser, line);
		} T_END;
		if (parser.comps > ICAL_MAX_COMPS ||
		    parser.lines > ICAL_MAX_LINES) {
			str_free(&line);
			*error_r = "too many components or lines";
			return NULL;
		}
	}
	str_free(&line);
	if (parser.root == NULL || parser.root->comps == NULL) {
		*error_r = "no component of iCalendar in it";
		return NULL;
	}
	if (more)
		ical_warn(warnings, "END:VCALENDAR is missing");
	return parser.root;
}
