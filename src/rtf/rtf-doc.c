/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-markup.h"
#include "rtf-doc.h"

#include <ctype.h>

#define RTF_UC_MAX 16

/* Destinations whose text is not the document's (MSFT-RTF); one that is not here
   is skipped if it is marked as ignorable. */
static const char *const hidden_destinations[] = {
	"annotation", "atnauthor", "atnid", "author", "bkmkend", "bkmkstart",
	"buptim", "category", "colorschememapping", "comment", "company",
	"creatim", "datafield", "datastore", "doccomm", "fchars", "filetbl",
	"footer", "footerf", "footerl", "footerr", "footnote", "ftncn", "ftnsep",
	"ftnsepc", "generator", "header", "headerf", "headerl", "headerr", "info",
	"keywords", "latentstyles", "lchars", "listoverridetable", "listtable",
	"manager", "nonshppict", "objclass", "objdata", "operator", "pict",
	"printim", "private", "revtbl", "revtim", "rsidtbl", "rxe", "shppict",
	"stylesheet", "subject", "tc", "themedata", "title", "txe", "xe",
	"xmlnstbl", NULL
};

/* Destinations marked as ignorable whose text is shown all the same. */
static const char *const shown_destinations[] = {
	"shpinst", "shptxt", "pntext", "listtext", "objattph", NULL
};

static const struct {
	const char *word;
	unichar_t chr;
} characters[] = {
	{ "bullet", 0x2022 }, { "emdash", 0x2014 }, { "emspace", 0x2003 },
	{ "endash", 0x2013 }, { "enspace", 0x2002 }, { "ldblquote", 0x201c },
	{ "lquote", 0x2018 }, { "ltrmark", 0x200e }, { "qmspace", 0x2005 },
	{ "rdblquote", 0x201d }, { "rquote", 0x2019 }, { "rtlmark", 0x200f },
	{ "zwj", 0x200d }, { "zwnj", 0x200c },
};

void rtf_doc_put(struct rtf_doc *doc, const char *str)
{
	str_append(doc->out, str);
}

void rtf_doc_put_escaped(struct rtf_doc *doc, const unsigned char *data,
			 size_t size)
{
	const char *entity;
	size_t i;

	for (i = 0; i < size; i++) {
		entity = dovetail_markup_entity(data[i]);
		if (entity != NULL)
			str_append(doc->out, entity);
		else
			str_append_c(doc->out, data[i]);
	}
}

/* --- text --- */

static bool is_forbidden(const unsigned char *data, size_t left)
{
	if (data[0] < 0x20)
		return data[0] != '\t';
	return data[0] == 0xef && left >= 3 && data[1] == 0xbf &&
		(data[2] == 0xbe || data[2] == 0xbf);
}

/* What XML 1.0 forbids is left out. */
static void doc_deliver(struct rtf_doc *doc)
{
	unsigned char *data = buffer_get_modifiable_data(doc->text, NULL);
	size_t i, n = 0, size = doc->text->used;

	for (i = 0; i < size; i++) {
		if (!is_forbidden(data + i, size - i))
			data[n++] = data[i];
		else if (data[i] == 0xef)
			i += 2;
	}
	switch (doc->state.dest) {
	case RTF_DEST_BODY:
	case RTF_DEST_HTMLTAG:
		if (n > 0)
			doc->reader->text(doc, data, n);
		break;
	case RTF_DEST_FIELD:
		if (str_len(doc->field) + n <= RTF_LINK_MAX)
			str_append_data(doc->field, data, n);
		break;
	default:
		break;
	}
	buffer_set_used_size(doc->text, 0);
}

static unsigned int doc_cpid(const struct rtf_doc *doc)
{
	/* Markup is in the document's code page whatever the font is */
	if (doc->state.cpid == 0 || doc->state.dest == RTF_DEST_HTMLTAG)
		return doc->cpid;
	return doc->state.cpid;
}

static void doc_flush(struct rtf_doc *doc)
{
	if (doc->high != 0) {
		doc->high = 0;
		uni_ucs4_to_utf8_c(UNICODE_REPLACEMENT_CHAR, doc->text);
	}
	if (doc->run->used > 0) {
		rtf_charset_text(&doc->charsets, doc_cpid(doc),
				 doc->run->data, doc->run->used, doc->text);
		buffer_set_used_size(doc->run, 0);
	}
	if (doc->text->used > 0)
		doc_deliver(doc);
}

static void doc_char(struct rtf_doc *doc, unichar_t chr)
{
	doc_flush(doc);
	uni_ucs4_to_utf8_c(chr, doc->text);
	doc_deliver(doc);
}

/* \uN: UTF-16, negative from 0x8000 on */
static void doc_unicode(struct rtf_doc *doc, int param)
{
	unichar_t chr = (uint16_t)param;

	if (param > 0xffff)
		chr = param > 0x10ffff ? UNICODE_REPLACEMENT_CHAR : param;
	if (chr >= 0xd800 && chr < 0xdc00) {
		doc_flush(doc);
		doc->high = chr;
	} else if (chr >= 0xdc00 && chr < 0xe000) {
		if (doc->high == 0)
			chr = UNICODE_REPLACEMENT_CHAR;
		else
			chr = uni_join_surrogate(doc->high, chr);
		doc->high = 0;
		doc_char(doc, chr);
	} else {
		/* Symbol fonts, as Word writes them */
		if (chr >= 0xf020 && chr <= 0xf0ff && doc->state.cpid == 42)
			chr = rtf_charset_1252(chr & 0xff);
		doc_char(doc, chr);
	}
	doc->skip = doc->state.uc;
}

/* --- fonts and colours --- */

static void doc_font_name(struct rtf_doc *doc, const unsigned char *data,
			  size_t size)
{
	struct rtf_font *font = &doc->fonts[doc->font_now];
	size_t i, len;

	if (font->name == NULL)
		font->name = p_malloc(doc->pool, RTF_FONT_NAME_MAX + 1);
	len = strlen(font->name);
	for (i = 0; i < size && data[i] != ';'; i++) {
		/* Only what needs no quotes anywhere */
		if (len < RTF_FONT_NAME_MAX &&
		    (i_isalnum(data[i]) || data[i] == ' ' || data[i] == '-'))
			font->name[len++] = data[i];
	}
	font->name[len] = '\0';
}

static void doc_font_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	struct rtf_font *font;

	if (strcmp(token->word, "f") == 0)
		doc->font_now = token->param >= 0 &&
			token->param < RTF_FONTS_MAX ? token->param : 0;
	font = &doc->fonts[doc->font_now];
	if (strcmp(token->word, "fcharset") == 0 && font->cpid == 0)
		font->cpid = rtf_charset_cpid(token->param);
	else if (strcmp(token->word, "cpg") == 0 && token->param > 0)
		font->cpid = token->param;
}

static void doc_color_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	unsigned int v = token->param < 0 ? 0 : I_MIN(token->param, 255);

	if (strcmp(token->word, "red") == 0)
		doc->red = v;
	else if (strcmp(token->word, "green") == 0)
		doc->green = v;
	else if (strcmp(token->word, "blue") == 0)
		doc->blue = v;
	else
		return;
	doc->color_set = TRUE;
}

static void doc_color_text(struct rtf_doc *doc, const unsigned char *data,
			   size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] != ';' || doc->colors_count == RTF_COLORS_MAX)
			continue;
		doc->colors[doc->colors_count++] = !doc->color_set ? -1 :
			(int32_t)(doc->red << 16 | doc->green << 8 | doc->blue);
		doc->red = doc->green = doc->blue = 0;
		doc->color_set = FALSE;
	}
}

static void doc_font(struct rtf_doc *doc, int num)
{
	if (num < 0 || num >= RTF_FONTS_MAX)
		return;
	doc->state.format.font = num;
	doc->state.cpid = doc->fonts[num].cpid;
}

/* --- links --- */

static bool link_is_harmless(const char *url)
{
	static const char *const schemes[] = {
		"http:", "https:", "mailto:", "ftp:", "tel:", "callto:", "sip:",
		"cid:", "news:", NULL
	};
	unsigned int i;

	for (i = 0; schemes[i] != NULL; i++) {
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return TRUE;
	}
	return FALSE;
}

/* HYPERLINK [\l] "url"; switches are not for us */
static const char *doc_link(struct rtf_doc *doc)
{
	const char *p = str_c(doc->field), *end;

	while (*p == ' ')
		p++;
	if (strncasecmp(p, "HYPERLINK", 9) != 0)
		return NULL;
	for (p += 9; *p == ' '; p++) ;
	end = *p == '"' ? strchr(++p, '"') : strchr(p, ' ');
	p = end == NULL ? p_strdup(doc->pool, p) :
		p_strdup_until(doc->pool, p, end);
	return link_is_harmless(p) ? p : NULL;
}

/* --- groups --- */

static bool doc_push(struct rtf_doc *doc)
{
	if (doc->depth == RTF_MAX_DEPTH)
		return FALSE;
	if (doc->depth == doc->stack_alloc) {
		doc->stack_alloc = I_MAX(32, doc->stack_alloc * 2);
		doc->stack = i_realloc_type(doc->stack, struct rtf_state,
					    doc->depth, doc->stack_alloc);
	}
	doc->stack[doc->depth++] = doc->state;
	return TRUE;
}

/* FALSE: the document's own group ends */
static bool doc_pop(struct rtf_doc *doc)
{
	if (doc->depth == 0)
		return FALSE;
	doc->state = doc->stack[--doc->depth];
	return doc->depth > 0;
}

static bool listed(const char *const *list, const char *word)
{
	for (; *list != NULL; list++) {
		if (strcmp(*list, word) == 0)
			return TRUE;
	}
	return FALSE;
}

/* TRUE: the word begins a destination. */
static bool doc_destination(struct rtf_doc *doc, const struct rtf_token *token,
			    bool ignorable)
{
	const char *word = token->word;

	if (doc->state.dest == RTF_DEST_SKIP)
		return TRUE;
	if (strcmp(word, "fonttbl") == 0) {
		doc->state.dest = RTF_DEST_FONTS;
	} else if (strcmp(word, "colortbl") == 0) {
		doc->state.dest = RTF_DEST_COLORS;
	} else if (strcmp(word, "fldinst") == 0) {
		str_truncate(doc->field, 0);
		doc->state.dest = RTF_DEST_FIELD;
	} else if (strcmp(word, "fldrslt") == 0) {
		doc->state.link = doc_link(doc);
		str_truncate(doc->field, 0);
	} else if (strcmp(word, "htmltag") == 0) {
		doc->state.dest = doc->want_html ? RTF_DEST_HTMLTAG :
			RTF_DEST_SKIP;
	} else if (listed(hidden_destinations, word) ||
		   (ignorable && !listed(shown_destinations, word))) {
		doc->state.dest = RTF_DEST_SKIP;
	} else {
		return FALSE;
	}
	return TRUE;
}

/* --- control words --- */

static bool doc_header_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	const char *word = token->word;

	if (strcmp(word, "ansicpg") == 0)
		doc->cpid = token->param > 0 ? token->param : 1252;
	else if (strcmp(word, "mac") == 0)
		doc->cpid = 10000;
	else if (strcmp(word, "pc") == 0)
		doc->cpid = 437;
	else if (strcmp(word, "pca") == 0)
		doc->cpid = 850;
	else if (strcmp(word, "deff") == 0)
		doc->default_font = token->param >= 0 &&
			token->param < RTF_FONTS_MAX ? token->param : 0;
	else
		return FALSE;
	return TRUE;
}

static bool doc_character_word(struct rtf_doc *doc, const char *word)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(characters); i++) {
		if (strcmp(characters[i].word, word) == 0) {
			doc_char(doc, characters[i].chr);
			return TRUE;
		}
	}
	return FALSE;
}

static void doc_body_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	const char *word = token->word;

	if (strcmp(word, "f") == 0) {
		doc_font(doc, token->param);
	} else if (strcmp(word, "plain") == 0) {
		i_zero(&doc->state.format);
		doc_font(doc, doc->default_font);
	} else if (strcmp(word, "htmlrtf") == 0) {
		doc->state.htmlrtf = !token->has_param || token->param != 0;
	} else if (!doc_header_word(doc, token) &&
		   !doc_character_word(doc, word)) {
		doc->reader->word(doc, token);
	}
}

static void doc_word(struct rtf_doc *doc, const struct rtf_token *token,
		     bool ignorable)
{
	/* Some leave out the replacement that is to be skipped */
	if (strcmp(token->word, "u") == 0 && token->has_param) {
		doc_unicode(doc, token->param);
		return;
	}
	if (doc->skip > 0) {
		doc->skip--;
		return;
	}
	doc_flush(doc);
	if (strcmp(token->word, "uc") == 0) {
		doc->state.uc = token->param < 0 ? 0 :
			I_MIN(token->param, RTF_UC_MAX);
		return;
	}
	if (doc_destination(doc, token, ignorable))
		return;
	switch (doc->state.dest) {
	case RTF_DEST_BODY:
	case RTF_DEST_HTMLTAG:
		doc_body_word(doc, token);
		break;
	case RTF_DEST_FONTS:
		doc_font_word(doc, token);
		break;
	case RTF_DEST_COLORS:
		doc_color_word(doc, token);
		break;
	default:
		break;
	}
}

static void doc_symbol(struct rtf_doc *doc, char symbol)
{
	static const struct rtf_token par = { .type = RTF_TOKEN_WORD,
					      .word = "par" };
	static const struct rtf_token tab = { .type = RTF_TOKEN_WORD,
					      .word = "tab" };

	if (doc->skip > 0) {
		doc->skip--;
		return;
	}
	switch (symbol) {
	case '~':
		doc_char(doc, 0xa0);
		break;
	case '_':
		doc_char(doc, 0x2011);
		break;
	case '-':
		doc_char(doc, 0xad);
		break;
	case '\r':
	case '\n':
		doc_word(doc, &par, FALSE);
		break;
	case '\t':
		doc_word(doc, &tab, FALSE);
		break;
	default:
		break;
	}
}

static void doc_text(struct rtf_doc *doc, const unsigned char *data,
		     size_t size)
{
	size_t skip = I_MIN(doc->skip, size);

	doc->skip -= skip;
	data += skip;
	size -= skip;
	if (size == 0)
		return;
	switch (doc->state.dest) {
	case RTF_DEST_BODY:
	case RTF_DEST_HTMLTAG:
	case RTF_DEST_FIELD:
		if (doc->high != 0)
			doc_flush(doc);
		buffer_append(doc->run, data, size);
		/* Not without bound; a character cut here is one of a code page
		   with several bytes and a run of this length without markup */
		if (doc->run->used > 1024 * 1024)
			doc_flush(doc);
		break;
	case RTF_DEST_FONTS:
		doc_font_name(doc, data, size);
		break;
	case RTF_DEST_COLORS:
		doc_color_text(doc, data, size);
		break;
	case RTF_DEST_SKIP:
		break;
	}
}

/* FALSE: the document ends */
static bool doc_token(struct rtf_doc *doc, const struct rtf_token *token)
{
	bool ignorable = doc->ignorable;

	doc->ignorable = FALSE;
	switch (token->type) {
	case RTF_TOKEN_BEGIN:
		doc_flush(doc);
		doc->skip = 0;
		return doc_push(doc);
	case RTF_TOKEN_END:
		doc_flush(doc);
		doc->skip = 0;
		return doc_pop(doc);
	case RTF_TOKEN_WORD:
		doc_word(doc, token, ignorable);
		break;
	case RTF_TOKEN_SYMBOL:
		if (token->symbol == '*')
			doc->ignorable = TRUE;
		else
			doc_symbol(doc, token->symbol);
		break;
	case RTF_TOKEN_TEXT:
		doc_text(doc, token->data, token->size);
		break;
	case RTF_TOKEN_BINARY:
		if (doc->skip > 0)
			doc->skip--;
		break;
	}
	return TRUE;
}

static bool doc_begin(struct rtf_doc *doc, const void *rtf, size_t size)
{
	struct rtf_token token;

	doc->lex.data = rtf;
	doc->lex.end = doc->lex.data + size;
	if (!rtf_lex_next(&doc->lex, &token) || token.type != RTF_TOKEN_BEGIN)
		return FALSE;
	return rtf_lex_next(&doc->lex, &token) &&
		token.type == RTF_TOKEN_WORD &&
		strcmp(token.word, "rtf") == 0;
}

int rtf_doc_read(struct rtf_doc *doc, const void *rtf, size_t size)
{
	struct rtf_token token;
	size_t start = str_len(doc->out);

	if (!doc_begin(doc, rtf, size))
		return -1;
	doc->pool = pool_alloconly_create("rtf", 8192);
	doc->run = buffer_create_dynamic(default_pool, 1024);
	doc->text = buffer_create_dynamic(default_pool, 1024);
	doc->field = str_new(default_pool, 128);
	doc->fonts = i_new(struct rtf_font, RTF_FONTS_MAX);
	doc->colors = i_new(int32_t, RTF_COLORS_MAX);
	doc->cpid = 1252;
	doc->state.uc = 1;
	(void)doc_push(doc);
	while (!doc->full && rtf_lex_next(&doc->lex, &token)) {
		if (!doc_token(doc, &token))
			break;
		doc->full = str_len(doc->out) - start > doc->out_max;
	}
	doc_flush(doc);
	if (doc->reader->end != NULL)
		doc->reader->end(doc);

	rtf_charsets_deinit(&doc->charsets);
	i_free(doc->colors);
	i_free(doc->fonts);
	str_free(&doc->field);
	buffer_free(&doc->text);
	buffer_free(&doc->run);
	i_free(doc->stack);
	pool_unref(&doc->pool);
	return doc->full ? 1 : 0;
}
