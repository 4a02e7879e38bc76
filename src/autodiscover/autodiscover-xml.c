/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* XML of requests and answers: POX and SOAP alike. */

#include "lib.h"
#include "str.h"
#include "dovetail-markup.h"
#include "autodiscover-xml.h"

/* A document type is where entities would be declared: no request has one. */
static void
sax_refuse_doctype(void *ctx, const xmlChar *name ATTR_UNUSED,
		   const xmlChar *external_id ATTR_UNUSED,
		   const xmlChar *system_id ATTR_UNUSED)
{
	xmlStopParser(ctx);
}

xmlDoc *autodiscover_xml_parse(const unsigned char *body, size_t size)
{
	xmlParserCtxt *ctx = xmlNewParserCtxt();
	xmlDoc *doc;

	if (ctx == NULL)
		i_fatal_status(FATAL_OUTOFMEM, "xmlNewParserCtxt() failed");
	ctx->sax->internalSubset = sax_refuse_doctype;
	ctx->sax->externalSubset = sax_refuse_doctype;
	doc = xmlCtxtReadMemory(ctx, (const char *)body, size, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR |
				XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	/* a parser that was stopped has not found it malformed */
	if (doc != NULL && (!ctx->wellFormed ||
			    xmlDocGetRootElement(doc) == NULL)) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctx);
	return doc;
}

bool autodiscover_node_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
		strcmp((const char *)node->name, name) == 0;
}

const xmlNode *autodiscover_node_find(const xmlNode *parent, const char *name)
{
	const xmlNode *node = parent == NULL ? NULL : parent->children;

	for (; node != NULL; node = node->next) {
		if (autodiscover_node_is(node, name))
			return node;
	}
	return NULL;
}

const char *autodiscover_node_text(const xmlNode *node)
{
	xmlChar *content = xmlNodeGetContent(node);
	const char *text;

	if (content == NULL)
		return "";
	text = t_str_trim((const char *)content, " \t\r\n");
	xmlFree(content);
	return text;
}

void autodiscover_xml_text(string_t *dest, const char *text)
{
	const char *entity;

	for (; *text != '\0'; text++) {
		entity = dovetail_markup_entity(*text);
		if (entity != NULL)
			str_append(dest, entity);
		else if ((unsigned char)*text >= ' ')
			str_append_c(dest, *text);
	}
}

void autodiscover_xml_element(string_t *dest, const char *name,
			      const char *text)
{
	str_printfa(dest, "<%s>", name);
	autodiscover_xml_text(dest, text);
	str_printfa(dest, "</%s>", name);
}
