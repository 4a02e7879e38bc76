/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RTF_DOC_H
#define RTF_DOC_H

/* What all readers of RTF have in common: groups, destinations, fonts and their
   code pages, Unicode.  A reader is a few functions that are given decoded text
   and the control words that mean something to it. */

#include "buffer.h"
#include "dovetail-rtf.h"
#include "rtf-lex.h"
#include "rtf-charset.h"

#define RTF_FONTS_MAX 4096
#define RTF_COLORS_MAX 1024
#define RTF_FONT_NAME_MAX 48
#define RTF_LINK_MAX 2048

enum rtf_dest {
	RTF_DEST_BODY = 0,
	RTF_DEST_SKIP,		/* nothing of it is shown */
	RTF_DEST_FONTS,
	RTF_DEST_COLORS,
	RTF_DEST_FIELD,		/* \fldinst */
	RTF_DEST_HTMLTAG,
};

enum rtf_align { RTF_ALIGN_LEFT = 0, RTF_ALIGN_CENTER, RTF_ALIGN_RIGHT,
		 RTF_ALIGN_JUSTIFY };

struct rtf_format {
	bool bold, italic, underline, strike, hidden, super, sub;
	/* half points; 0: default */
	unsigned short size;
	/* index of the colour table; 0: default */
	unsigned short color, back;
	unsigned short font;
};

/* What a group begins with and gives back at its end. */
struct rtf_state {
	enum rtf_dest dest;
	bool htmlrtf;
	/* \ucN */
	unsigned short uc;
	/* code page of text; 0: the document's */
	unsigned int cpid;
	struct rtf_format format;
	enum rtf_align align;
	int indent;		/* twips */
	bool in_table;
	/* of the field whose result this is; NULL: none */
	const char *link;
};

struct rtf_font {
	unsigned int cpid;
	char *name;
};

struct rtf_doc;

struct rtf_reader {
	/* Valid UTF-8 in dest BODY or HTMLTAG. */
	void (*text)(struct rtf_doc *doc, const unsigned char *data, size_t size);
	/* Control words of the body that the document does not know itself. */
	void (*word)(struct rtf_doc *doc, const struct rtf_token *token);
	void (*end)(struct rtf_doc *doc);
};

struct rtf_doc {
	pool_t pool;
	const struct rtf_reader *reader;
	void *context;
	string_t *out;
	size_t out_max;
	bool full;
	/* \htmltag groups are a destination; else they are skipped */
	bool want_html;

	struct rtf_lex lex;
	struct rtf_charsets charsets;
	struct rtf_state state;
	struct rtf_state *stack;
	unsigned int depth, stack_alloc;

	/* after \* or { : what a control word there means */
	bool ignorable;
	/* characters to skip after \u */
	unsigned int skip;
	/* first half of a surrogate pair */
	unichar_t high;
	/* bytes of a text run, not decoded yet; its text */
	buffer_t *run, *text;

	unsigned int cpid;
	struct rtf_font *fonts;
	unsigned int default_font, font_now;
	/* 0xrrggbb, -1: automatic */
	int32_t *colors;
	unsigned int colors_count;
	unsigned int red, green, blue;
	bool color_set;
	string_t *field;
};

/* Reads it all.  0; 1: there was more than out_max; -1: no RTF */
int rtf_doc_read(struct rtf_doc *doc, const void *rtf, size_t size);
/* Appends text to out: XML's and HTML's characters as they are. */
void rtf_doc_put(struct rtf_doc *doc, const char *str);
/* Appends with <, > and & escaped. */
void rtf_doc_put_escaped(struct rtf_doc *doc, const unsigned char *data,
			 size_t size);

extern const struct rtf_reader rtf_reader_embedded, rtf_reader_html,
	rtf_reader_text;

#endif
