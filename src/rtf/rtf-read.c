/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* De-encapsulation of HTML (MS-OXRTFEX 2.2.3) and plain text; what kind of
   document it is. */

#include "lib.h"
#include "str.h"
#include "rtf-doc.h"

/* Control words before the first text or group (MS-OXRTFEX 2.2.3.1 wants it among
   the first ten tokens; readers that Outlook works with look further). */
#define RTF_KIND_WORDS 40

enum rtf_kind rtf_kind(const void *rtf, size_t size)
{
	struct rtf_lex lex = { .data = rtf };
	struct rtf_token token;
	unsigned int i;

	lex.end = lex.data + size;
	if (!rtf_lex_next(&lex, &token) || token.type != RTF_TOKEN_BEGIN ||
	    !rtf_lex_next(&lex, &token) || token.type != RTF_TOKEN_WORD ||
	    strcmp(token.word, "rtf") != 0)
		return RTF_KIND_NONE;
	for (i = 0; i < RTF_KIND_WORDS && rtf_lex_next(&lex, &token); i++) {
		if (token.type != RTF_TOKEN_WORD)
			break;
		if (strcmp(token.word, "fromhtml") == 0)
			return token.param == 1 ? RTF_KIND_HTML : RTF_KIND_RTF;
		if (strcmp(token.word, "fromtext") == 0)
			return RTF_KIND_TEXT;
	}
	return RTF_KIND_RTF;
}

/* --- HTML in RTF --- */

static bool embedded_hidden(const struct rtf_doc *doc)
{
	return doc->state.htmlrtf && doc->state.dest != RTF_DEST_HTMLTAG;
}

static void embedded_text(struct rtf_doc *doc, const unsigned char *data,
			  size_t size)
{
	if (doc->state.dest == RTF_DEST_HTMLTAG)
		str_append_data(doc->out, data, size);
	else if (!doc->state.htmlrtf)
		rtf_doc_put_escaped(doc, data, size);
}

static void embedded_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	if (embedded_hidden(doc))
		return;
	if (strcmp(token->word, "par") == 0 ||
	    strcmp(token->word, "line") == 0)
		rtf_doc_put(doc, "\r\n");
	else if (strcmp(token->word, "tab") == 0)
		rtf_doc_put(doc, "\t");
}

const struct rtf_reader rtf_reader_embedded = {
	.text = embedded_text,
	.word = embedded_word,
};

/* --- plain text --- */

static void text_text(struct rtf_doc *doc, const unsigned char *data,
		      size_t size)
{
	if (!doc->state.format.hidden)
		str_append_data(doc->out, data, size);
}

static void text_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	const char *word = token->word;

	if (strcmp(word, "par") == 0 || strcmp(word, "line") == 0 ||
	    strcmp(word, "row") == 0 || strcmp(word, "sect") == 0 ||
	    strcmp(word, "page") == 0 || strcmp(word, "nestrow") == 0)
		rtf_doc_put(doc, "\r\n");
	else if (strcmp(word, "tab") == 0 || strcmp(word, "cell") == 0 ||
		 strcmp(word, "nestcell") == 0)
		rtf_doc_put(doc, "\t");
	else if (strcmp(word, "v") == 0)
		doc->state.format.hidden = !token->has_param ||
			token->param != 0;
}

const struct rtf_reader rtf_reader_text = {
	.text = text_text,
	.word = text_word,
};

int rtf_to_text(const void *rtf, size_t size, size_t max, string_t *dest)
{
	struct rtf_doc doc = {
		.reader = &rtf_reader_text, .out = dest, .out_max = max,
	};

	return rtf_doc_read(&doc, rtf, size);
}
