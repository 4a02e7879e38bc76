/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_HTML_H
#define MIME_HTML_H

/* A push tokenizer for the HTML of mails (tag soup included) and the text
   filters over it.  Streaming, constant memory, no nesting kept. */

/* Longest tag that is seen whole; of a longer one (data: URIs) only the name
   is seen. */
#define MIME_HTML_TAG_MAX 4096
#define MIME_HTML_NAME_MAX 16

struct mime_html_tag {
	const char *name;       /* lower case, cut at MIME_HTML_NAME_MAX - 1 */
	bool closing;
	/* From '<' to '>'; for tags over MIME_HTML_TAG_MAX only the start */
	const unsigned char *raw;
	size_t raw_size;
	bool cut;
};

struct mime_html_events {
	/* Character data: entities undecoded; never '<' tags */
	void (*text)(void *context, const unsigned char *data, size_t size);
	void (*tag)(void *context, const struct mime_html_tag *tag);
	/* Rest of a tag that was too long, up to and with its '>' */
	void (*tag_more)(void *context, const unsigned char *data, size_t size);
	/* Comments, declarations, and the content of script, style and title */
	void (*other)(void *context, const unsigned char *data, size_t size);
};

struct mime_html_parser;

struct mime_html_parser *
mime_html_parser_init(const struct mime_html_events *events, void *context);
void mime_html_parser_more(struct mime_html_parser *parser,
			   const unsigned char *data, size_t size);
void mime_html_parser_finish(struct mime_html_parser *parser);
void mime_html_parser_deinit(struct mime_html_parser **parser);

/* Value of an attribute, entities decoded; FALSE if there is none. */
bool mime_html_tag_attribute(const struct mime_html_tag *tag, const char *name,
			     string_t *value);
/* Decodes a whole character reference "&...;" (without the "&"): returns how
   many bytes it took, 0 if it is none. */
size_t mime_html_entity(const unsigned char *data, size_t size, string_t *dest);

#endif
