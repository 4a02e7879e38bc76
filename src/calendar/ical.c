/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Components and content lines in memory. */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "ical.h"

#include <ctype.h>

#define FOLD_OCTETS 75
#define WARNINGS_MAX_SIZE 1000

void ical_warn(string_t *warnings, const char *fmt, ...)
{
	string_t *valid;
	va_list args;

	if (warnings == NULL || str_len(warnings) > WARNINGS_MAX_SIZE)
		return;
	valid = str_new(default_pool, 128);
	if (str_len(warnings) > 0)
		str_append(warnings, "; ");
	va_start(args, fmt);
	T_BEGIN {
		const char *text = t_strdup_vprintf(fmt, args);

		/* a line may have been cut inside of a character */
		if (uni_utf8_get_valid_data((const unsigned char *)text,
					    strlen(text), valid))
			str_append(warnings, text);
		else
			str_append_str(warnings, valid);
	} T_END;
	va_end(args);
	str_free(&valid);
}

/* --- components -------------------------------------------------------------------- */

struct ical_comp *ical_comp_new(pool_t pool, const char *name)
{
	struct ical_comp *comp = p_new(pool, struct ical_comp, 1);

	comp->name = name;
	comp->props_tail = &comp->props;
	comp->comps_tail = &comp->comps;
	return comp;
}

void ical_comp_append(struct ical_comp *parent, struct ical_comp *comp)
{
	comp->parent = parent;
	comp->next = NULL;
	*parent->comps_tail = comp;
	parent->comps_tail = &comp->next;
}

void ical_comp_prepend(struct ical_comp *parent, struct ical_comp *comp)
{
	struct ical_comp **p = &parent->comps;

	while (*p != NULL && strcmp((*p)->name, comp->name) == 0)
		p = &(*p)->next;
	comp->parent = parent;
	comp->next = *p;
	*p = comp;
	if (comp->next == NULL)
		parent->comps_tail = &comp->next;
}

void ical_comp_remove(struct ical_comp *parent, struct ical_comp *comp)
{
	struct ical_comp **p;

	for (p = &parent->comps; *p != NULL; p = &(*p)->next) {
		if (*p == comp) {
			*p = comp->next;
			break;
		}
	}
	for (p = &parent->comps; *p != NULL; p = &(*p)->next) ;
	parent->comps_tail = p;
}

struct ical_comp *ical_comp_dup(pool_t pool, const struct ical_comp *comp)
{
	struct ical_comp *dup = ical_comp_new(pool, comp->name);
	const struct ical_prop *prop;
	const struct ical_comp *child;

	for (prop = comp->props; prop != NULL; prop = prop->next)
		ical_add_dup(pool, dup, prop);
	for (child = comp->comps; child != NULL; child = child->next)
		ical_comp_append(dup, ical_comp_dup(pool, child));
	return dup;
}

static struct ical_comp *comp_search(struct ical_comp *comp, const char *name)
{
	while (comp != NULL && strcmp(comp->name, name) != 0)
		comp = comp->next;
	return comp;
}

struct ical_comp *ical_comp_find(const struct ical_comp *comp,
				 const char *name)
{
	return comp_search(comp->comps, name);
}

struct ical_comp *ical_comp_again(const struct ical_comp *comp)
{
	return comp_search(comp->next, comp->name);
}

/* --- properties --------------------------------------------------------------------- */

static void prop_split(struct ical_prop *prop)
{
	const char *line = prop->line, *p, *colon = NULL;
	bool quoted = FALSE;

	prop->name_size = strcspn(line, ";:");
	for (p = line + prop->name_size; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == ':' && !quoted) {
			colon = p;
			break;
		}
	}
	/* a quote that is not closed */
	if (colon == NULL)
		colon = strchr(line + prop->name_size, ':');
	prop->value_pos = colon == NULL ? prop->size :
		(size_t)(colon + 1 - line);
}

void ical_add_line(pool_t pool, struct ical_comp *comp, const char *line,
		   size_t size)
{
	struct ical_prop *prop = p_new(pool, struct ical_prop, 1);

	prop->line = p_strndup(pool, line, size);
	prop->size = size;
	if (memchr(line, ':', size) == NULL) {
		prop->line = p_strconcat(pool, prop->line, ":", NULL);
		prop->size++;
	}
	*comp->props_tail = prop;
	comp->props_tail = &prop->next;
	prop_split(prop);
}

void ical_set_line(struct ical_prop *prop, const char *line)
{
	prop->line = line;
	prop->size = strlen(line);
	prop_split(prop);
}

struct ical_prop *ical_add(pool_t pool, struct ical_comp *comp,
			   const char *name, const char *params,
			   const char *value)
{
	struct ical_prop *prop = p_new(pool, struct ical_prop, 1);

	*comp->props_tail = prop;
	comp->props_tail = &prop->next;
	ical_set_line(prop, p_strconcat(pool, name, params, ":", value, NULL));
	return prop;
}

struct ical_prop *ical_add_dup(pool_t pool, struct ical_comp *comp,
			       const struct ical_prop *prop)
{
	struct ical_prop *dup = p_new(pool, struct ical_prop, 1);

	*dup = *prop;
	dup->next = NULL;
	*comp->props_tail = dup;
	comp->props_tail = &dup->next;
	return dup;
}

void ical_set_value(pool_t pool, struct ical_prop *prop, const char *value)
{
	ical_set_line(prop, p_strconcat(pool, t_strndup(prop->line,
							prop->value_pos),
					value, NULL));
}

void ical_remove(struct ical_comp *comp, struct ical_prop *prop)
{
	struct ical_prop **p;

	for (p = &comp->props; *p != NULL; p = &(*p)->next) {
		if (*p == prop) {
			*p = prop->next;
			if (*p == NULL)
				comp->props_tail = p;
			break;
		}
	}
}

void ical_remove_all(struct ical_comp *comp, const char *name)
{
	struct ical_prop *prop, *next;

	for (prop = ical_find(comp, name); prop != NULL; prop = next) {
		next = ical_again(prop, name);
		ical_remove(comp, prop);
	}
}

bool ical_is(const struct ical_prop *prop, const char *name)
{
	return strncasecmp(prop->line, name, prop->name_size) == 0 &&
		name[prop->name_size] == '\0';
}

static struct ical_prop *prop_search(struct ical_prop *prop, const char *name)
{
	size_t size = strlen(name);

	for (; prop != NULL; prop = prop->next) {
		if (prop->name_size == size &&
		    strncasecmp(prop->line, name, size) == 0)
			break;
	}
	return prop;
}

struct ical_prop *ical_find(const struct ical_comp *comp, const char *name)
{
	return prop_search(comp->props, name);
}

struct ical_prop *ical_again(const struct ical_prop *prop, const char *name)
{
	return prop_search(prop->next, name);
}

const char *ical_value(const struct ical_prop *prop)
{
	return prop == NULL ? NULL : prop->line + prop->value_pos;
}

const char *ical_get(const struct ical_comp *comp, const char *name)
{
	return ical_value(ical_find(comp, name));
}

/* --- parameters ----------------------------------------------------------------------- */

struct param {
	/* of ";NAME=" .. end of the value */
	size_t start, end;
	const char *name, *value;
	size_t name_size, value_size;
};

/* The parameter that begins at pos (its ';') */
static bool param_next(const struct ical_prop *prop, size_t pos,
		       struct param *param_r)
{
	const char *line = prop->line, *p;
	const char *end = line + prop->value_pos - 1;
	bool quoted = FALSE;

	p = line + pos;
	if (p >= end || *p != ';')
		return FALSE;
	param_r->start = pos;
	param_r->name = ++p;
	while (p < end && *p != '=' && *p != ';')
		p++;
	param_r->name_size = p - param_r->name;
	if (p < end && *p == '=')
		p++;
	param_r->value = p;
	for (; p < end && (quoted || *p != ';'); p++) {
		if (*p == '"')
			quoted = !quoted;
	}
	param_r->value_size = p - param_r->value;
	param_r->end = p - line;
	return TRUE;
}

static bool param_find(const struct ical_prop *prop, const char *name,
		       struct param *param_r)
{
	size_t pos = prop->name_size, size = strlen(name);

	while (param_next(prop, pos, param_r)) {
		if (param_r->name_size == size &&
		    strncasecmp(param_r->name, name, size) == 0)
			return TRUE;
		pos = param_r->end;
	}
	return FALSE;
}

/* Without quotes; ^n, ^^, ^' (RFC 6868) */
static const char *param_decode(const char *value, size_t size)
{
	string_t *str;
	size_t i;

	if (size >= 2 && value[0] == '"' && value[size - 1] == '"' &&
	    memchr(value + 1, '"', size - 2) == NULL) {
		value++;
		size -= 2;
	}
	if (memchr(value, '^', size) == NULL && memchr(value, '"', size) == NULL)
		return t_strndup(value, size);
	str = t_str_new(size);
	for (i = 0; i < size; i++) {
		if (value[i] == '"')
			continue;
		if (value[i] != '^' || i + 1 == size) {
			str_append_c(str, value[i]);
			continue;
		}
		switch (value[++i]) {
		case 'n':
			str_append_c(str, '\n');
			break;
		case '\'':
			str_append_c(str, '"');
			break;
		case '^':
			str_append_c(str, '^');
			break;
		default:
			str_append_c(str, '^');
			i--;
			break;
		}
	}
	return str_c(str);
}

const char *ical_param(const struct ical_prop *prop, const char *name)
{
	struct param param;

	if (!param_find(prop, name, &param))
		return NULL;
	return param_decode(param.value, param.value_size);
}

bool ical_param_is(const struct ical_prop *prop, const char *name,
		   const char *value)
{
	const char *is = ical_param(prop, name);

	return is != NULL && strcasecmp(is, value) == 0;
}

void ical_param_append(string_t *params, const char *name, const char *value)
{
	bool quote = value[strcspn(value, ";:,")] != '\0';

	str_printfa(params, ";%s=", name);
	if (quote)
		str_append_c(params, '"');
	for (; *value != '\0'; value++) {
		switch (*value) {
		case '\r':
			break;
		case '\n':
			str_append(params, "^n");
			break;
		case '"':
			str_append(params, "^'");
			break;
		case '^':
			str_append(params, "^^");
			break;
		default:
			if ((unsigned char)*value >= 0x20)
				str_append_c(params, *value);
			break;
		}
	}
	if (quote)
		str_append_c(params, '"');
}

void ical_param_set(pool_t pool, struct ical_prop *prop, const char *name,
		    const char *value)
{
	size_t start = prop->value_pos - 1, end = start;
	struct param param;

	if (param_find(prop, name, &param)) {
		start = param.start;
		end = param.end;
	} else if (value == NULL) {
		return;
	}
	T_BEGIN {
		string_t *line = t_str_new(prop->size + 64);

		str_append_data(line, prop->line, start);
		if (value != NULL)
			ical_param_append(line, name, value);
		str_append(line, prop->line + end);
		ical_set_line(prop, p_strdup(pool, str_c(line)));
	} T_END;
}

/* --- values ---------------------------------------------------------------------------- */

const char *ical_text_decode(pool_t pool, const char *value, size_t size)
{
	char *text, *dest;
	size_t i;

	if (memchr(value, '\\', size) == NULL)
		return p_strndup(pool, value, size);
	text = dest = p_malloc(pool, size + 1);
	for (i = 0; i < size; i++) {
		if (value[i] != '\\' || i + 1 == size)
			*dest++ = value[i];
		else if (value[++i] == 'n' || value[i] == 'N')
			*dest++ = '\n';
		else if (strchr("\\;,:\"", value[i]) != NULL)
			*dest++ = value[i];
		else {
			/* no escape: a path of Windows, say */
			*dest++ = '\\';
			*dest++ = value[i];
		}
	}
	return text;
}

void ical_text_append(string_t *dest, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\r':
			break;
		case '\n':
			str_append(dest, "\\n");
			break;
		case '\\':
		case ';':
		case ',':
			str_append_c(dest, '\\');
			/* fall through */
		default:
			if ((unsigned char)*text >= 0x20 || *text == '\t')
				str_append_c(dest, *text);
			break;
		}
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = i_toupper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *qp_decode(const char *value)
{
	string_t *str = t_str_new(strlen(value));
	unsigned char c;

	for (; *value != '\0'; value++) {
		if (*value == '=' && hex_digit(value[1]) >= 0 &&
		    hex_digit(value[2]) >= 0) {
			c = hex_digit(value[1]) << 4 | hex_digit(value[2]);
			value += 2;
			if (c == '\n')
				str_append(str, "\\n");
			else
				str_append_c(str, c);
		} else {
			str_append_c(str, *value);
		}
	}
	ical_clean(str);
	return str_c(str);
}

const char *ical_text(pool_t pool, const struct ical_prop *prop)
{
	const char *value = ical_value(prop);

	if (ical_param_is(prop, "ENCODING", "QUOTED-PRINTABLE"))
		value = qp_decode(value);
	else if (strchr(value, '\\') == NULL)
		return value;
	return ical_text_decode(pool, value, strlen(value));
}

const char *ical_list_next(const char **list, char separator, size_t *size_r)
{
	const char *start = *list, *p;

	if (start == NULL)
		return NULL;
	for (p = start; *p != '\0' && *p != separator; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	*size_r = p - start;
	*list = *p == '\0' ? NULL : p + 1;
	return start;
}

/* --- writing ------------------------------------------------------------------------------ */

void ical_write_line(string_t *dest, const char *line, size_t size)
{
	size_t max = FOLD_OCTETS, n;

	while (size > max) {
		/* not inside of a character */
		for (n = max; n > 1 && ((unsigned char)line[n] & 0xc0) == 0x80; )
			n--;
		str_append_data(dest, line, n);
		str_append(dest, "\r\n ");
		line += n;
		size -= n;
		/* the space counts */
		max = FOLD_OCTETS - 1;
	}
	str_append_data(dest, line, size);
	str_append(dest, "\r\n");
}

void ical_write(string_t *dest, const struct ical_comp *comp)
{
	const struct ical_prop *prop;
	const struct ical_comp *child;

	str_printfa(dest, "BEGIN:%s\r\n", comp->name);
	for (prop = comp->props; prop != NULL; prop = prop->next)
		ical_write_line(dest, prop->line, prop->size);
	for (child = comp->comps; child != NULL; child = child->next)
		ical_write(dest, child);
	str_printfa(dest, "END:%s\r\n", comp->name);
}
