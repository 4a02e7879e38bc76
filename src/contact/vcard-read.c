/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of a vCard: unfolding, names, parameters, transfer encodings, charsets.
   RFC 6350 3.2, 3.3; RFC 6868; RFC 2426 2.6, 4; "vCard - The Electronic Business
   Card", version 2.1, 2.1. */

#include "vcard.h"
#include "charset-utf8.h"
#include "unichar.h"

/* More than that in one vCard is no contact. */
#define VCARD_MAX_PROPS 5000
#define VCARD_MAX_PARAMS 50
/* Name and parameters */
#define VCARD_MAX_HEAD 8192
#define VCARD_MAX_WARNINGS 2000

/* --- lines ------------------------------------------------------------------- */

static size_t line_end(const char *text, size_t size, size_t pos,
		       size_t *next_r)
{
	const char *lf = memchr(text + pos, '\n', size - pos);
	size_t end = lf == NULL ? size : (size_t)(lf - text);

	*next_r = lf == NULL ? size : end + 1;
	while (end > pos && text[end - 1] == '\r')
		end--;
	return end;
}

/* The colon before the value, NULL: none */
static const char *head_end(const char *line)
{
	const char *p, *plain = NULL;
	bool quoted = FALSE;

	for (p = line; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == ':' && !quoted)
			return p;
		else if (*p == ':' && plain == NULL)
			plain = p;
	}
	/* A quote that is not closed is none. */
	return quoted ? plain : NULL;
}

static bool word_is(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) == len && strncasecmp(p, word, len) == 0;
}

/* By the parameters, bare ones of 2.1 too */
static enum vcard_encoding head_encoding(const char *head, const char *end)
{
	const char *p = head, *next;

	while (p < end && (p = memchr(p, ';', end - p)) != NULL) {
		p++;
		next = memchr(p, ';', end - p);
		if (next == NULL)
			next = end;
		if (next - p > 9 && strncasecmp(p, "ENCODING=", 9) == 0) {
			p += 9;
			if (word_is(p, next, "B"))
				return VCARD_BASE64;
		}
		if (word_is(p, next, "QUOTED-PRINTABLE"))
			return VCARD_QP;
		if (word_is(p, next, "BASE64"))
			return VCARD_BASE64;
	}
	return VCARD_PLAIN;
}

static bool is_base64(const char *p, const char *end)
{
	if (p == end)
		return FALSE;
	for (; p < end; p++) {
		if (!i_isalnum(*p) && *p != '+' && *p != '/' && *p != '=')
			return FALSE;
	}
	return TRUE;
}

bool vcard_line_is(const char *line, const char *name, const char *value)
{
	size_t len = strlen(name);

	while (*line == ' ' || *line == '\t')
		line++;
	if (strncasecmp(line, name, len) != 0)
		return FALSE;
	line += len;
	while (*line == ' ')
		line++;
	if (*line++ != ':')
		return FALSE;
	while (*line == ' ')
		line++;
	len = strlen(value);
	return strncasecmp(line, value, len) == 0 &&
		line[len + strspn(line + len, " \t")] == '\0';
}

bool vcard_line_is_agent(const char *line)
{
	return strncasecmp(line, "AGENT", 5) == 0 &&
		(line[5] == ':' || line[5] == ';');
}

static bool text_is_end(const char *text, size_t len)
{
	return len >= 9 && len < 32 &&
		vcard_line_is(t_strndup(text, len), "END", "VCARD");
}

/* Whether the physical line text[pos..end) continues the logical one. */
static bool line_continues(string_t *line, enum vcard_encoding encoding,
			   const char *text, size_t *pos, size_t end)
{
	size_t len = str_len(line);

	if (encoding == VCARD_QP && len > 0 && str_c(line)[len - 1] == '=' &&
	    !text_is_end(text + *pos, end - *pos)) {
		str_truncate(line, len - 1);
		return TRUE;
	}
	if (end > *pos && (text[*pos] == ' ' || text[*pos] == '\t')) {
		*pos += 1;
		return TRUE;
	}
	/* Base64 of 2.1 that is not indented */
	return encoding == VCARD_BASE64 && is_base64(text + *pos, text + end);
}

bool vcard_next_line(const char *text, size_t size, size_t *pos,
		     string_t *line)
{
	enum vcard_encoding encoding = VCARD_PLAIN;
	bool head_known = FALSE;
	size_t end, next, start;
	const char *colon;

	str_truncate(line, 0);
	do {
		if (*pos >= size)
			return FALSE;
		start = *pos;
		end = line_end(text, size, start, pos);
	} while (end == start);
	str_append_data(line, text + start, end - start);
	while (*pos < size) {
		if (!head_known && str_len(line) <= VCARD_MAX_HEAD &&
		    (colon = head_end(str_c(line))) != NULL) {
			encoding = head_encoding(str_c(line), colon);
			head_known = TRUE;
		}
		start = *pos;
		end = line_end(text, size, start, &next);
		if (!line_continues(line, encoding, text, &start, end))
			break;
		str_append_data(line, text + start, end - start);
		*pos = next;
	}
	return TRUE;
}

/* --- parameters -------------------------------------------------------------- */

const char *vcard_param(const struct vcard_prop *prop, const char *name)
{
	const struct vcard_param *param;

	array_foreach(&prop->params, param) {
		if (strcmp(param->name, name) == 0)
			return param->value;
	}
	return NULL;
}

bool vcard_has_type(const struct vcard_prop *prop, const char *type)
{
	const struct vcard_param *param;
	size_t len = strlen(type);
	const char *p;

	array_foreach(&prop->params, param) {
		if (strcmp(param->name, "TYPE") != 0)
			continue;
		for (p = param->value; p != NULL; p = strchr(p, ',')) {
			p += strspn(p, ", ");
			if (strncasecmp(p, type, len) == 0 &&
			    (p[len] == '\0' || p[len] == ',' || p[len] == ' '))
				return TRUE;
		}
	}
	return FALSE;
}

void vcard_param_remove(struct vcard_prop *prop, const char *name)
{
	const struct vcard_param *params;
	unsigned int i, count;

	params = array_get(&prop->params, &count);
	for (i = count; i > 0; i--) {
		if (strcmp(params[i - 1].name, name) == 0) {
			array_delete(&prop->params, i - 1, 1);
			prop->raw = NULL;
			params = array_get(&prop->params, &count);
		}
	}
}

void vcard_param_set(struct vcard *card, struct vcard_prop *prop,
		     const char *name, const char *value)
{
	const char *old = vcard_param(prop, name);
	struct vcard_param *param;

	if (old != NULL && strcmp(old, value) == 0)
		return;
	vcard_param_remove(prop, name);
	param = array_append_space(&prop->params);
	param->name = p_strdup(card->pool, name);
	param->value = p_strdup(card->pool, value);
	prop->raw = NULL;
}

/* RFC 6868 */
static const char *caret_decode(pool_t pool, const char *text)
{
	string_t *str;
	const char *p;

	if (strchr(text, '^') == NULL)
		return text;
	str = str_new(pool, strlen(text) + 1);
	for (p = text; *p != '\0'; p++) {
		if (*p == '^' && p[1] == 'n')
			str_append_c(str, '\n');
		else if (*p == '^' && p[1] == '\'')
			str_append_c(str, '"');
		else if (*p == '^' && p[1] == '^')
			str_append_c(str, '^');
		else {
			str_append_c(str, *p);
			continue;
		}
		p++;
	}
	return str_c(str);
}

/* Values behind '=' up to the next ';': quotes off. Returns behind it. */
static const char *param_value(const char *p, const char *end, string_t *value)
{
	const char *close;

	while (p < end && *p != ';') {
		close = *p != '"' ? NULL :
			memchr(p + 1, '"', end - p - 1);
		if (close == NULL)
			str_append_c(value, *p++);
		else {
			str_append_data(value, p + 1, close - p - 1);
			p = close + 1;
		}
	}
	return p;
}

static void prop_add_param(struct vcard *card, struct vcard_prop *prop,
			   const char *name, const char *value,
			   const char *raw)
{
	static const char *const encodings[] = {
		"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "BINARY", NULL
	};
	struct vcard_param *param;

	/* Ours to write again: see vcard-write.c */
	if (strcmp(name, "ENCODING") == 0 ||
	    (raw == NULL && str_array_icase_find(encodings, value)) ||
	    array_count(&prop->params) >= VCARD_MAX_PARAMS)
		return;
	param = array_append_space(&prop->params);
	param->name = raw == NULL ? "TYPE" : p_strdup(card->pool, name);
	param->value = caret_decode(card->pool, p_strdup(card->pool, value));
	param->raw = p_strdup(card->pool, raw);
}

static void prop_parse_params(struct vcard *card, struct vcard_prop *prop,
			      const char *p, const char *end)
{
	string_t *value = t_str_new(64);
	const char *name, *start;

	while (p < end) {
		/* at a ';' */
		start = ++p;
		while (p < end && *p != '=' && *p != ';')
			p++;
		name = t_str_ucase(t_strdup_until(start, p));
		str_truncate(value, 0);
		if (p < end && *p == '=') {
			start = ++p;
			p = param_value(p, end, value);
			prop_add_param(card, prop, name, str_c(value),
				       t_strdup_until(start, p));
		} else if (*name != '\0')
			prop_add_param(card, prop, name, name, NULL);
	}
}

/* --- values ------------------------------------------------------------------- */

static void qp_decode(const char *src, string_t *dest)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *high, *low;

	for (; *src != '\0'; src++) {
		if (*src == '=' && src[1] != '\0' && src[2] != '\0' &&
		    (high = strchr(hex, i_toupper(src[1]))) != NULL &&
		    (low = strchr(hex, i_toupper(src[2]))) != NULL) {
			str_append_c(dest, ((high - hex) << 4) | (low - hex));
			src += 2;
		} else
			str_append_c(dest, *src);
	}
}

static bool charset_is_utf8_name(const char *charset)
{
	return charset == NULL || strcasecmp(charset, "UTF-8") == 0 ||
		strcasecmp(charset, "UTF8") == 0 ||
		strcasecmp(charset, "US-ASCII") == 0;
}

static bool convert(const char *charset, const char *text, string_t *dest)
{
	enum charset_result result;

	str_truncate(dest, 0);
	return charset_to_utf8_str(charset, NULL, text, dest, &result) == 0 &&
		str_len(dest) > 0;
}

/* Bytes of a value as UTF-8 (data stack). */
static const char *
value_to_utf8(const struct vcard_prop *prop, const char *bytes)
{
	const char *charset = vcard_param(prop, "CHARSET");
	bool utf8 = uni_utf8_str_is_valid(bytes);
	string_t *dest;

	/* 8-bit text that is UTF-8 is that, whatever is said: it was converted
	   on its way. */
	if (utf8 && (charset_is_utf8_name(charset) ||
		     prop->encoding != VCARD_QP))
		return bytes;
	dest = t_str_new(256);
	if (!charset_is_utf8_name(charset) && convert(charset, bytes, dest))
		return str_c(dest);
	if (utf8)
		return bytes;
	if (convert("windows-1252", bytes, dest))
		return str_c(dest);
	str_truncate(dest, 0);
	return uni_utf8_get_valid_data((const unsigned char *)bytes,
				       strlen(bytes), dest) ?
		bytes : str_c(dest);
}

static void prop_parse_value(struct vcard *card, struct vcard_prop *prop,
			     const char *text)
{
	if (prop->encoding == VCARD_BASE64) {
		char *dest = p_malloc(card->pool, strlen(text) + 1), *p = dest;

		for (; *text != '\0'; text++) {
			if ((unsigned char)*text > ' ')
				*p++ = *text;
		}
		prop->value = dest;
	} else T_BEGIN {
		string_t *decoded;

		if (prop->encoding == VCARD_QP) {
			size_t len = strlen(text);

			decoded = t_str_new(len + 1);
			if (len > 0 && text[len - 1] == '=') {
				/* It goes on in a line that is not there. */
				text = t_strndup(text, len - 1);
				prop->raw = NULL;
			}
			qp_decode(text, decoded);
			text = str_c(decoded);
		}
		prop->value = p_strdup(card->pool, value_to_utf8(prop, text));
	} T_END;
}

/* --- properties --------------------------------------------------------------- */

static bool name_is_valid(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if (!i_isalnum(*p) && *p != '-' && *p != '_')
			return FALSE;
	}
	return p != name;
}

static void card_warn(struct vcard *card, const char *what, const char *line)
{
	if (str_len(card->warnings) > VCARD_MAX_WARNINGS)
		return;
	if (str_len(card->warnings) > 0)
		str_append(card->warnings, "; ");
	str_printfa(card->warnings, "%s: %.40s", what, line);
}

static void prop_parse(struct vcard *card, struct vcard_prop *prop,
		       const char *line)
{
	const char *colon, *name, *end, *dot, *group = NULL;

	colon = head_end(line);
	if (colon == NULL) {
		card_warn(card, "Not a property", line);
		return;
	}
	end = line + strcspn(line, ";:");
	dot = memchr(line, '.', end - line);
	if (dot != NULL) {
		group = t_strdup_until(line, dot);
		line = dot + 1;
	}
	name = t_strdup_until(line, end);
	if (!name_is_valid(name) || (group != NULL && !name_is_valid(group))) {
		card_warn(card, "Bad name of a property", line);
		return;
	}
	prop->name_raw = p_strdup(card->pool, name);
	prop->name = p_strdup(card->pool, t_str_ucase(name));
	prop->group = p_strdup(card->pool, group);
	prop->encoding = head_encoding(end, colon);
	prop_parse_params(card, prop, end, colon);
	prop_parse_value(card, prop, colon + 1);
}

static struct vcard_prop *prop_new(struct vcard *card)
{
	struct vcard_prop *prop = p_new(card->pool, struct vcard_prop, 1);

	prop->name = prop->name_raw = prop->value = "";
	p_array_init(&prop->params, card->pool, 4);
	return prop;
}

static void card_version(struct vcard *card)
{
	const struct vcard_prop *prop = vcard_find(card, "VERSION");
	const char *value;

	card->version = VCARD_30;
	if (prop == NULL) {
		card_warn(card, "No VERSION", "3.0 taken");
		return;
	}
	value = t_str_trim(prop->value, " \t");
	if (*value == '2')
		card->version = VCARD_21;
	else if (*value == '4')
		card->version = VCARD_40;
}

/* From behind BEGIN to END. */
static void card_read_props(struct vcard *card, const char *text, size_t size,
			    size_t pos)
{
	string_t *line = str_new(default_pool, 256);
	struct vcard_prop *prop;
	unsigned int depth = 0;
	bool ended = FALSE, agent = FALSE;
	size_t start;

	while (!ended) {
		start = pos;
		if (!vcard_next_line(text, size, &pos, line))
			break;
		if (vcard_line_is(str_c(line), "END", "VCARD") &&
		    depth-- == 0) {
			card->end = text + start;
			card->end_size = pos - start;
			ended = TRUE;
			break;
		}
		if (vcard_line_is(str_c(line), "BEGIN", "VCARD")) {
			if (!agent)
				break;
			depth++;
		}
		if (array_count(&card->props) >= VCARD_MAX_PROPS) {
			card_warn(card, "Too many properties", str_c(line));
			break;
		}
		prop = prop_new(card);
		prop->raw = text + start;
		prop->raw_size = pos - start;
		agent = vcard_line_is_agent(str_c(line));
		/* A vCard inside (AGENT of 2.1) is kept as it is. */
		if (depth == 0 && !agent) T_BEGIN {
			prop_parse(card, prop, str_c(line));
		} T_END;
		array_push_back(&card->props, &prop);
	}
	if (!ended)
		card_warn(card, "No END", "VCARD");
	str_free(&line);
}

int vcard_read(pool_t pool, const char *text, size_t size,
	       struct vcard **card_r, const char **error_r)
{
	struct vcard *card;
	string_t *line = t_str_new(256);
	bool found = FALSE;
	size_t pos = 0;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		pos = 3;
	while (!found && vcard_next_line(text, size, &pos, line))
		found = vcard_line_is(str_c(line), "BEGIN", "VCARD");
	if (!found) {
		*error_r = "There is no BEGIN:VCARD";
		return -1;
	}
	card = p_new(pool, struct vcard, 1);
	card->pool = pool;
	card->warnings = str_new(pool, 64);
	p_array_init(&card->props, pool, 32);
	card_read_props(card, text, size, pos);
	card_version(card);
	*card_r = card;
	return 0;
}

struct vcard_prop *vcard_find(const struct vcard *card, const char *name)
{
	struct vcard_prop *prop;

	array_foreach_elem(&card->props, prop) {
		if (!prop->removed && strcmp(prop->name, name) == 0)
			return prop;
	}
	return NULL;
}

struct vcard_prop *vcard_group_prop(const struct vcard *card,
				    const char *group, const char *name)
{
	struct vcard_prop *prop;

	if (group == NULL)
		return NULL;
	array_foreach_elem(&card->props, prop) {
		if (!prop->removed && prop->group != NULL &&
		    strcmp(prop->name, name) == 0 &&
		    strcasecmp(prop->group, group) == 0)
			return prop;
	}
	return NULL;
}

struct vcard_prop *vcard_add(struct vcard *card, const char *name)
{
	struct vcard_prop *prop = prop_new(card);

	prop->name = prop->name_raw = p_strdup(card->pool, name);
	array_push_back(&card->props, &prop);
	return prop;
}
