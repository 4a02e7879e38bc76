/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VCARD_H
#define VCARD_H

/* A vCard as its lines: what contact*.c gives a meaning to.  Internal to
   src/contact. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include <ctype.h>

enum vcard_version {
	VCARD_21 = 21,
	VCARD_30 = 30,
	VCARD_40 = 40,
};

enum vcard_encoding {
	VCARD_PLAIN,
	/* 2.1 only */
	VCARD_QP,
	VCARD_BASE64,
};

struct vcard_param {
	/* Upper case; a bare word of 2.1 (TEL;HOME) is its TYPE. */
	const char *name;
	/* Without quotes, RFC 6868 decoded; several with commas between */
	const char *value;
	/* As written after the '='; NULL: made by us */
	const char *raw;
};

struct vcard_prop {
	/* As it stands in the text, line ends included; NULL: made or changed
	   by us. */
	const char *raw;
	size_t raw_size;

	/* "item1", NULL: none */
	const char *group;
	/* Upper case, and as written; "" for a line that is no property */
	const char *name, *name_raw;
	ARRAY(struct vcard_param) params;
	enum vcard_encoding encoding;
	/* Unfolded and UTF-8, backslash escapes as they are; base64 without
	   white space */
	const char *value;
	bool removed;
	/* Says the same as the property of that field (enum contact_field):
	   goes when that one is changed. */
	uint8_t shadow;
};

struct vcard {
	pool_t pool;
	enum vcard_version version;
	/* Those between BEGIN and END, VERSION too */
	ARRAY(struct vcard_prop *) props;
	/* The END line as it stands (with empty ones before it); NULL: none */
	const char *end;
	size_t end_size;
	string_t *warnings;
};

/* The first vCard of text.  -1: none. */
int vcard_read(pool_t pool, const char *text, size_t size,
	       struct vcard **card_r, const char **error_r);
/* One logical line (unfolded, quoted-printable and base64 joined) from *pos on:
   its first bytes.  *pos is moved behind it.  FALSE: end of text. */
bool vcard_next_line(const char *text, size_t size, size_t *pos,
		     string_t *line);
/* "END:VCARD" and the like, any letter case, spaces ignored */
bool vcard_line_is(const char *line, const char *name, const char *value);
/* AGENT: another vCard may be inside (2.1). */
bool vcard_line_is_agent(const char *line);

/* First parameter of that name; NULL: none */
const char *vcard_param(const struct vcard_prop *prop, const char *name);
/* Whether TYPE has this word, in any letter case, anywhere. */
bool vcard_has_type(const struct vcard_prop *prop, const char *type);
void vcard_param_set(struct vcard *card, struct vcard_prop *prop,
		     const char *name, const char *value);
void vcard_param_remove(struct vcard_prop *prop, const char *name);

/* The first property of a group with that name; NULL: none. */
struct vcard_prop *vcard_group_prop(const struct vcard *card,
				    const char *group, const char *name);
struct vcard_prop *vcard_find(const struct vcard *card, const char *name);
struct vcard_prop *vcard_add(struct vcard *card, const char *name);

/* Text of a component (part >= 0: of a structured value, ';' between) or of the
   whole value (-1); data stack, "" if there is none.  Comma lists stay one text. */
const char *vcard_text(const struct vcard *card, const struct vcard_prop *prop,
		       int part);
/* Commas between: appended to list, from pool */
void vcard_list(const struct vcard *card, const struct vcard_prop *prop,
		ARRAY_TYPE(const_string) *list);
/* Components of a structured value */
unsigned int vcard_parts(const struct vcard_prop *prop);

/* Text for a value of this version (data stack).  separator: ';' for a component,
   ',' for an item of a list, '\0' */
const char *vcard_escape(const struct vcard *card, const char *text,
			 char separator);
/* Replaces a component, keeping the others as they are. */
void vcard_set_part(struct vcard *card, struct vcard_prop *prop,
		    unsigned int part, const char *text);
void vcard_set_value(struct vcard *card, struct vcard_prop *prop,
		     const char *escaped);

/* The whole text, CRLF */
void vcard_write(const struct vcard *card, string_t *dest);

#endif
