/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUTODISCOVER_XML_H
#define AUTODISCOVER_XML_H

/* XML of requests and answers; not for the front, which has no libxml2. */

#include <libxml/parser.h>
#include <libxml/tree.h>

/* No DTD, no entities, no network. NULL: not well-formed. */
xmlDoc *autodiscover_xml_parse(const unsigned char *body, size_t size);
/* By name alone: prefixes are the client's choice. */
bool autodiscover_node_is(const xmlNode *node, const char *name);
/* The first such child; NULL: none, or no parent */
const xmlNode *autodiscover_node_find(const xmlNode *parent, const char *name);
/* Without white space around it; data stack */
const char *autodiscover_node_text(const xmlNode *node);
/* Text of an element: markup escaped, what XML forbids left out */
void autodiscover_xml_text(string_t *dest, const char *text);
void autodiscover_xml_element(string_t *dest, const char *name,
			      const char *text);

#endif
