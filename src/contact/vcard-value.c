/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values of a vCard's properties: escapes, components, lists (RFC 6350 3.4,
   RFC 2426 4). */

#include "vcard.h"

/* The end of a component or list item that begins at p */
static const char *part_end(const char *p, char separator)
{
	for (; *p != '\0' && *p != separator; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return p;
}

static const char *part_start(const char *value, unsigned int part)
{
	const char *p = value;

	for (; part > 0; part--) {
		p = part_end(p, ';');
		if (*p == '\0')
			return NULL;
		p++;
	}
	return p;
}

unsigned int vcard_parts(const struct vcard_prop *prop)
{
	const char *p = prop->value;
	unsigned int count = 1;

	while (*(p = part_end(p, ';')) != '\0') {
		count++;
		p++;
	}
	return count;
}

/* Unescapes, makes all line ends LF, trims. */
static const char *
unescape(const struct vcard *card, const char *p, const char *end)
{
	string_t *str = t_str_new(end - p + 1);

	for (; p < end; p++) {
		if (*p == '\r') {
			if (p + 1 < end && p[1] == '\n')
				p++;
			str_append_c(str, '\n');
		} else if (*p != '\\' || p + 1 == end) {
			str_append_c(str, *p);
		} else if (strchr(",;:\\", p[1]) != NULL) {
			str_append_c(str, *++p);
		} else if ((p[1] == 'n' || p[1] == 'N') &&
			   card->version != VCARD_21) {
			/* In 2.1 it may be a path of Windows. */
			p++;
			str_append_c(str, '\n');
		} else
			str_append_c(str, *p);
	}
	return t_str_trim(str_c(str), " \t\n");
}

const char *vcard_text(const struct vcard *card, const struct vcard_prop *prop,
		       int part)
{
	const char *start = prop->value, *end;

	if (part < 0)
		end = start + strlen(start);
	else {
		start = part_start(prop->value, part);
		if (start == NULL)
			return "";
		end = part_end(start, ';');
	}
	return unescape(card, start, end);
}

void vcard_list(const struct vcard *card, const struct vcard_prop *prop,
		ARRAY_TYPE(const_string) *list)
{
	const char *p = prop->value, *end, *item;

	for (;;) {
		end = part_end(p, ',');
		item = unescape(card, p, end);
		if (*item != '\0') {
			item = p_strdup(card->pool, item);
			array_push_back(list, &item);
		}
		if (*end == '\0')
			break;
		p = end + 1;
	}
}

const char *vcard_escape(const struct vcard *card, const char *text,
			 char separator)
{
	string_t *str = t_str_new(strlen(text) + 16);

	for (; *text != '\0'; text++) {
		if (*text == '\r')
			continue;
		if (*text == '\n' && card->version != VCARD_21)
			str_append(str, "\\n");
		else {
			/* 2.1 knows no more than what separates, and what undoes
			   it. */
			if (card->version != VCARD_21 ?
			    strchr("\\,;", *text) != NULL :
			    *text == '\\' || *text == separator)
				str_append_c(str, '\\');
			str_append_c(str, *text);
		}
	}
	return str_c(str);
}

void vcard_set_value(struct vcard *card, struct vcard_prop *prop,
		     const char *escaped)
{
	prop->value = p_strdup(card->pool, escaped);
	prop->raw = NULL;
	if (prop->encoding == VCARD_QP)
		prop->encoding = VCARD_PLAIN;
}

void vcard_set_part(struct vcard *card, struct vcard_prop *prop,
		    unsigned int part, const char *text)
{
	string_t *str = t_str_new(256);
	const char *p = prop->value, *end;
	bool more = TRUE;
	unsigned int i;

	for (i = 0; more || i <= part; i++) {
		end = part_end(p, ';');
		if (i > 0)
			str_append_c(str, ';');
		if (i == part)
			str_append(str, vcard_escape(card, text, ';'));
		else
			str_append_data(str, p, end - p);
		more = *end == ';';
		p = more ? end + 1 : end;
	}
	vcard_set_value(card, prop, str_c(str));
}
