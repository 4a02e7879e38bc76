#ifndef ICAL_H
#define ICAL_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* iCalendar as what it is made of: components of content lines (RFC 5545 3.1),
   kept word for word.  Nothing is understood here; what a line cannot be is
   repaired so that its text stays (README.md says why no library does this). */

#include "lib.h"

struct ical_prop {
	struct ical_prop *next;
	/* The whole line, unfolded, UTF-8 */
	const char *line;
	size_t size;
	/* of the name; of what stands behind the colon */
	unsigned int name_size;
	size_t value_pos;
};

struct ical_comp {
	struct ical_comp *next, *parent;
	/* upper case */
	const char *name;
	struct ical_prop *props, **props_tail;
	struct ical_comp *comps, **comps_tail;
};

#define ICAL_MAX_SIZE (64 * 1024 * 1024)
#define ICAL_MAX_DEPTH 8
#define ICAL_MAX_COMPS 20000
#define ICAL_MAX_LINES 500000

/* The (first) VCALENDAR of a text; components that stand alone get one around
   them. NULL: there is no component in it, or it is too large. warnings (may be
   NULL): what was repaired is appended, "; " between. */
struct ical_comp *ical_parse(pool_t pool, const void *text, size_t size,
			     string_t *warnings, const char **error_r);
/* With CRLF, folded at 75 octets between characters. */
void ical_write(string_t *dest, const struct ical_comp *comp);
void ical_write_line(string_t *dest, const char *line, size_t size);
/* Appends "a; b"; stops at some length. */
void ical_warn(string_t *warnings, const char *fmt, ...) ATTR_FORMAT(2, 3);

/* One logical line out of raw text. Returns FALSE at its end. The line is in
   `line` (cleared first), unfolded, valid UTF-8, no control characters. */
struct ical_input {
	const unsigned char *pos, *end;
	bool cr_only;
};
void ical_input_init(struct ical_input *input_r, const void *text, size_t size);
bool ical_input_line(struct ical_input *input, string_t *line);

/* Bytes that are no UTF-8 are taken as windows-1252; control characters go. */
void ical_clean(string_t *line);

/* --- components -------------------------------------------------------------------- */

struct ical_comp *ical_comp_new(pool_t pool, const char *name);
void ical_comp_append(struct ical_comp *parent, struct ical_comp *comp);
/* Before the first one that is not of its name */
void ical_comp_prepend(struct ical_comp *parent, struct ical_comp *comp);
void ical_comp_remove(struct ical_comp *parent, struct ical_comp *comp);
struct ical_comp *ical_comp_dup(pool_t pool, const struct ical_comp *comp);
/* First child component of that name */
struct ical_comp *ical_comp_find(const struct ical_comp *comp,
				 const char *name);
/* The next one of the same name behind it */
struct ical_comp *ical_comp_again(const struct ical_comp *comp);

/* --- properties --------------------------------------------------------------------- */

/* First property of that name (case does not matter), NULL: none */
struct ical_prop *ical_find(const struct ical_comp *comp, const char *name);
struct ical_prop *ical_again(const struct ical_prop *prop, const char *name);
bool ical_is(const struct ical_prop *prop, const char *name);
/* Value as it is written; NULL if there is no such property */
const char *ical_value(const struct ical_prop *prop);
const char *ical_get(const struct ical_comp *comp, const char *name);
/* A whole line at the end of the properties */
void ical_add_line(pool_t pool, struct ical_comp *comp, const char *line,
		   size_t size);
/* The same from its parts. params: ";A=B;C=D" or "" */
struct ical_prop *ical_add(pool_t pool, struct ical_comp *comp,
			   const char *name, const char *params,
			   const char *value);
/* Another line in the place of this one */
void ical_set_line(struct ical_prop *prop, const char *line);
/* The line with another value */
void ical_set_value(pool_t pool, struct ical_prop *prop, const char *value);
void ical_remove(struct ical_comp *comp, struct ical_prop *prop);
void ical_remove_all(struct ical_comp *comp, const char *name);
/* Takes over the property's line as the last of another component */
struct ical_prop *ical_add_dup(pool_t pool, struct ical_comp *comp,
			       const struct ical_prop *prop);

/* Value of a parameter without quotes, RFC 6868 decoded (data stack); NULL */
const char *ical_param(const struct ical_prop *prop, const char *name);
/* Is it there with this value (case does not matter)? */
bool ical_param_is(const struct ical_prop *prop, const char *name,
		   const char *value);
/* Sets, replaces, or removes (NULL) it; the others stay as they are. */
void ical_param_set(pool_t pool, struct ical_prop *prop, const char *name,
		    const char *value);
/* ;NAME=value, quoted and encoded as needed */
void ical_param_append(string_t *params, const char *name, const char *value);

/* --- values --------------------------------------------------------------------------- */

/* TEXT (RFC 5545 3.3.11) */
const char *ical_text_decode(pool_t pool, const char *value, size_t size);
void ical_text_append(string_t *dest, const char *text);
/* Text of a property (which lives in the pool), QUOTED-PRINTABLE of vCalendar 1.0
   too */
const char *ical_text(pool_t pool, const struct ical_prop *prop);
/* Up to the next comma (or other separator) that is not escaped; NULL at the end */
const char *ical_list_next(const char **list, char separator, size_t *size_r);

#endif
