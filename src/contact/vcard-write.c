/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A vCard back to text.  Lines that were not touched go out as they came in. */

#include "vcard.h"

/* RFC 6350 3.2: octets without the line end */
#define VCARD_LINE_MAX 75
/* Quoted-printable: room for the soft line break */
#define VCARD_QP_LINE_MAX 72

static void write_raw(const char *raw, size_t size, string_t *dest)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (raw[i] == '\n' && (i == 0 || raw[i - 1] != '\r'))
			str_append_c(dest, '\r');
		str_append_c(dest, raw[i]);
	}
	if (size > 0 && raw[size - 1] != '\n')
		str_append(dest, "\r\n");
}

static void write_folded(const char *line, size_t size, string_t *dest)
{
	size_t pos = 0, len, max = VCARD_LINE_MAX;

	for (;;) {
		len = I_MIN(size - pos, max);
		if (pos + len < size) {
			/* not within a character */
			while (len > 1 && ((unsigned char)line[pos + len] &
					   0xc0) == 0x80)
				len--;
		}
		str_append_data(dest, line + pos, len);
		str_append(dest, "\r\n");
		pos += len;
		if (pos >= size)
			return;
		str_append_c(dest, ' ');
		max = VCARD_LINE_MAX - 1;
	}
}

static bool needs_qp(const struct vcard *card, const struct vcard_prop *prop)
{
	const char *p;

	if (card->version != VCARD_21 || prop->encoding == VCARD_BASE64)
		return FALSE;
	for (p = prop->value; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x7f || (unsigned char)*p < ' ')
			return TRUE;
	}
	return FALSE;
}

static void write_qp(const char *value, size_t column, string_t *dest)
{
	bool begins = FALSE;

	for (; *value != '\0'; value++) {
		unsigned char c = *value;

		if (c == '\r' && value[1] == '\n')
			continue;
		if (column >= VCARD_QP_LINE_MAX) {
			str_append(dest, "=\r\n");
			column = 0;
			begins = TRUE;
		}
		if (c == '\n') {
			str_append(dest, "=0D=0A");
			column += 6;
		} else if (c == '=' || c < ' ' || c >= 0x7f ||
			   (c == ' ' && (begins || value[1] == '\0'))) {
			/* a space at the beginning looks like a fold */
			str_printfa(dest, "=%02X", c);
			column += 3;
		} else {
			str_append_c(dest, c);
			column++;
		}
		begins = FALSE;
	}
	str_append(dest, "\r\n");
}

/* RFC 6868 */
static void write_caret(const char *value, string_t *dest)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			str_append(dest, "^n");
		else if (*value == '"')
			str_append(dest, "^'");
		else if (*value == '^')
			str_append(dest, "^^");
		else if ((unsigned char)*value >= ' ')
			str_append_c(dest, *value);
	}
}

static void write_param(const struct vcard *card,
			const struct vcard_param *param, string_t *dest)
{
	bool quote;

	str_append_c(dest, ';');
	if (param->raw == NULL && card->version == VCARD_21 &&
	    strcmp(param->name, "TYPE") == 0) {
		str_append(dest, param->value);
		return;
	}
	str_append(dest, param->name);
	str_append_c(dest, '=');
	if (param->raw != NULL) {
		str_append(dest, param->raw);
		return;
	}
	quote = strpbrk(param->value, ",;: ") != NULL;
	if (quote)
		str_append_c(dest, '"');
	write_caret(param->value, dest);
	if (quote)
		str_append_c(dest, '"');
}

static void write_head(const struct vcard *card, const struct vcard_prop *prop,
		       bool qp, string_t *dest)
{
	const struct vcard_param *param;

	if (prop->group != NULL)
		str_printfa(dest, "%s.", prop->group);
	str_append(dest, prop->name_raw);
	array_foreach(&prop->params, param) {
		/* All that we write is UTF-8. */
		if (strcmp(param->name, "CHARSET") != 0)
			write_param(card, param, dest);
	}
	if (qp)
		str_append(dest, ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE");
	else if (prop->encoding == VCARD_BASE64) {
		str_append(dest, card->version == VCARD_21 ?
			   ";ENCODING=BASE64" : ";ENCODING=b");
	}
	str_append_c(dest, ':');
}

static void write_prop(const struct vcard *card, const struct vcard_prop *prop,
		       string_t *dest)
{
	string_t *line;
	bool qp = needs_qp(card, prop);

	if (prop->raw != NULL) {
		write_raw(prop->raw, prop->raw_size, dest);
		return;
	}
	line = str_new(default_pool, strlen(prop->value) + 128);
	write_head(card, prop, qp, line);
	if (qp) {
		str_append_str(dest, line);
		write_qp(prop->value, str_len(line), dest);
	} else {
		str_append(line, prop->value);
		write_folded(str_c(line), str_len(line), dest);
		/* An empty line ends base64 there. */
		if (prop->encoding == VCARD_BASE64 &&
		    card->version == VCARD_21)
			str_append(dest, "\r\n");
	}
	str_free(&line);
}

void vcard_write(const struct vcard *card, string_t *dest)
{
	struct vcard_prop *prop;

	str_append(dest, "BEGIN:VCARD\r\n");
	if (vcard_find(card, "VERSION") == NULL)
		str_append(dest, "VERSION:3.0\r\n");
	array_foreach_elem(&card->props, prop) {
		if (!prop->removed) T_BEGIN {
			write_prop(card, prop, dest);
		} T_END;
	}
	if (card->end != NULL)
		write_raw(card->end, card->end_size, dest);
	else
		str_append(dest, "END:VCARD\r\n");
}
