/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_MARKUP_H
#define DOVETAIL_MARKUP_H

/* What XML 1.0 (2.4) and HTML want escaped in the text of an element, for all
   parts that write some. The entity, or NULL: the byte may stand as it is.
   Attributes need quotes escaped as well; control characters are the caller's
   to leave out. */
static inline const char *dovetail_markup_entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	default:
		return NULL;
	}
}

#endif
