/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* RTF that was written as RTF, to HTML: a paragraph for each, spans for runs of one
   format, a table for rows that follow each other. */

#include "lib.h"
#include "str.h"
#include "rtf-doc.h"

#define TWIPS_POINT 20

struct html_writer {
	bool par_open, table_open, row_open, cell_open;
	/* a span is open; its format and link */
	bool run_open;
	struct rtf_format run;
	const char *link;
	/* the last character was a space (or there is none yet) */
	bool space;
	/* the paragraph has something to see */
	bool filled;
};

static struct html_writer *writer(struct rtf_doc *doc)
{
	return doc->context;
}

/* --- runs --- */

static void put_color(struct rtf_doc *doc, const char *name, unsigned int index)
{
	if (index < doc->colors_count && doc->colors[index] >= 0)
		str_printfa(doc->out, "%s:#%06x;", name, doc->colors[index]);
}

static bool format_equals(const struct rtf_format *a, const struct rtf_format *b)
{
	return a->bold == b->bold && a->italic == b->italic &&
		a->underline == b->underline && a->strike == b->strike &&
		a->super == b->super && a->sub == b->sub &&
		a->size == b->size && a->color == b->color &&
		a->back == b->back && a->font == b->font;
}

static void run_close(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	if (!w->run_open)
		return;
	w->run_open = FALSE;
	if (w->run.sub)
		rtf_doc_put(doc, "</sub>");
	if (w->run.super)
		rtf_doc_put(doc, "</sup>");
	if (w->run.strike)
		rtf_doc_put(doc, "</s>");
	if (w->run.underline)
		rtf_doc_put(doc, "</u>");
	if (w->run.italic)
		rtf_doc_put(doc, "</i>");
	if (w->run.bold)
		rtf_doc_put(doc, "</b>");
	rtf_doc_put(doc, "</span>");
	if (w->link != NULL)
		rtf_doc_put(doc, "</a>");
}

static void put_style(struct rtf_doc *doc, const struct rtf_format *f)
{
	const struct rtf_font *font = &doc->fonts[f->font];

	rtf_doc_put(doc, "<span style=\"");
	if (font->name != NULL && *font->name != '\0')
		str_printfa(doc->out, "font-family:'%s';", font->name);
	if (f->size > 0) {
		str_printfa(doc->out, "font-size:%u%spt;", f->size / 2,
			    f->size % 2 == 1 ? ".5" : "");
	}
	put_color(doc, "color", f->color);
	if (f->back > 0)
		put_color(doc, "background", f->back);
	rtf_doc_put(doc, "\">");
}

static void put_attribute(struct rtf_doc *doc, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '"')
			rtf_doc_put(doc, "&quot;");
		else
			rtf_doc_put_escaped(doc, (const void *)value, 1);
	}
}

static void run_open(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);
	const struct rtf_format *f = &doc->state.format;

	if (w->run_open && w->link == doc->state.link &&
	    format_equals(&w->run, f))
		return;
	run_close(doc);
	w->run_open = TRUE;
	w->run = *f;
	w->link = doc->state.link;
	if (w->link != NULL) {
		rtf_doc_put(doc, "<a href=\"");
		put_attribute(doc, w->link);
		rtf_doc_put(doc, "\">");
	}
	put_style(doc, f);
	rtf_doc_put(doc, f->bold ? "<b>" : "");
	rtf_doc_put(doc, f->italic ? "<i>" : "");
	rtf_doc_put(doc, f->underline ? "<u>" : "");
	rtf_doc_put(doc, f->strike ? "<s>" : "");
	rtf_doc_put(doc, f->super ? "<sup>" : "");
	rtf_doc_put(doc, f->sub ? "<sub>" : "");
}

/* --- paragraphs and tables --- */

static void par_close(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	if (!w->par_open)
		return;
	run_close(doc);
	rtf_doc_put(doc, w->filled ? "</p>\r\n" : "&nbsp;</p>\r\n");
	w->par_open = FALSE;
}

static void cell_close(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	par_close(doc);
	if (w->cell_open)
		rtf_doc_put(doc, "</td>");
	w->cell_open = FALSE;
}

static void row_close(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	cell_close(doc);
	if (w->row_open)
		rtf_doc_put(doc, "</tr>\r\n");
	w->row_open = FALSE;
}

static void table_close(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	row_close(doc);
	if (w->table_open)
		rtf_doc_put(doc, "</table>\r\n");
	w->table_open = FALSE;
}

static void cell_open(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	if (!w->table_open) {
		rtf_doc_put(doc, "<table border=\"1\" cellspacing=\"0\" "
			    "cellpadding=\"4\">\r\n");
	}
	if (!w->row_open)
		rtf_doc_put(doc, "<tr>");
	if (!w->cell_open)
		rtf_doc_put(doc, "<td>");
	w->table_open = w->row_open = w->cell_open = TRUE;
}

static void par_open(struct rtf_doc *doc)
{
	static const char *const aligns[] = {
		"", "text-align:center;", "text-align:right;",
		"text-align:justify;",
	};
	struct html_writer *w = writer(doc);

	if (w->par_open)
		return;
	if (doc->state.in_table)
		cell_open(doc);
	else
		table_close(doc);
	str_printfa(doc->out, "<p style=\"margin:0;%s",
		    aligns[doc->state.align]);
	if (doc->state.indent > 0) {
		str_printfa(doc->out, "margin-left:%dpt;",
			    doc->state.indent / TWIPS_POINT);
	}
	rtf_doc_put(doc, "\">");
	w->par_open = w->space = TRUE;
	w->filled = FALSE;
}

/* --- text --- */

static void html_text(struct rtf_doc *doc, const unsigned char *data,
		      size_t size)
{
	struct html_writer *w = writer(doc);
	size_t i;

	if (doc->state.format.hidden)
		return;
	par_open(doc);
	run_open(doc);
	for (i = 0; i < size; i++) {
		/* HTML would make one of several */
		if (data[i] == ' ' && w->space)
			rtf_doc_put(doc, "&nbsp;");
		else
			rtf_doc_put_escaped(doc, data + i, 1);
		w->space = data[i] == ' ';
	}
	w->filled = TRUE;
}

static void html_break(struct rtf_doc *doc)
{
	struct html_writer *w = writer(doc);

	par_open(doc);
	run_open(doc);
	rtf_doc_put(doc, "<br>\r\n");
	w->space = w->filled = TRUE;
}

static void html_tab(struct rtf_doc *doc)
{
	static const char tab[] = "\xc2\xa0\xc2\xa0\xc2\xa0 ";

	html_text(doc, (const void *)tab, sizeof(tab) - 1);
}

static bool html_structure(struct rtf_doc *doc, const char *word)
{
	if (strcmp(word, "par") == 0 || strcmp(word, "sect") == 0 ||
	    strcmp(word, "page") == 0) {
		par_open(doc);
		par_close(doc);
	} else if (strcmp(word, "line") == 0 || strcmp(word, "nestrow") == 0) {
		html_break(doc);
	} else if (strcmp(word, "tab") == 0 || strcmp(word, "nestcell") == 0) {
		html_tab(doc);
	} else if (strcmp(word, "cell") == 0) {
		cell_open(doc);
		cell_close(doc);
	} else if (strcmp(word, "row") == 0) {
		row_close(doc);
	} else {
		return FALSE;
	}
	return TRUE;
}

static bool html_paragraph(struct rtf_doc *doc, const struct rtf_token *token)
{
	struct rtf_state *s = &doc->state;
	const char *word = token->word;

	if (strcmp(word, "pard") == 0) {
		s->align = RTF_ALIGN_LEFT;
		s->indent = 0;
		s->in_table = FALSE;
	} else if (strcmp(word, "intbl") == 0) {
		s->in_table = TRUE;
	} else if (strcmp(word, "ql") == 0) {
		s->align = RTF_ALIGN_LEFT;
	} else if (strcmp(word, "qc") == 0) {
		s->align = RTF_ALIGN_CENTER;
	} else if (strcmp(word, "qr") == 0) {
		s->align = RTF_ALIGN_RIGHT;
	} else if (strcmp(word, "qj") == 0) {
		s->align = RTF_ALIGN_JUSTIFY;
	} else if (strcmp(word, "li") == 0) {
		s->indent = I_MIN(token->param, 10000);
	} else {
		return FALSE;
	}
	return TRUE;
}

static void html_toggle(struct rtf_doc *doc, const struct rtf_token *token)
{
	struct rtf_format *f = &doc->state.format;
	const struct {
		const char *word;
		bool *flag;
	} toggles[] = {
		{ "b", &f->bold }, { "i", &f->italic }, { "ul", &f->underline },
		{ "uld", &f->underline }, { "uldb", &f->underline },
		{ "ulw", &f->underline }, { "strike", &f->strike },
		{ "striked", &f->strike }, { "v", &f->hidden },
		{ "super", &f->super }, { "sub", &f->sub },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(toggles); i++) {
		if (strcmp(token->word, toggles[i].word) == 0)
			*toggles[i].flag = !token->has_param ||
				token->param != 0;
	}
}

static void html_format(struct rtf_doc *doc, const struct rtf_token *token)
{
	struct rtf_format *f = &doc->state.format;
	const char *word = token->word;
	unsigned int n = token->param < 0 ? 0 : I_MIN(token->param, 3000);

	if (strcmp(word, "ulnone") == 0)
		f->underline = FALSE;
	else if (strcmp(word, "nosupersub") == 0)
		f->super = f->sub = FALSE;
	else if (strcmp(word, "fs") == 0)
		f->size = n;
	else if (strcmp(word, "cf") == 0)
		f->color = n;
	else if (strcmp(word, "cb") == 0 || strcmp(word, "highlight") == 0 ||
		 strcmp(word, "chcbpat") == 0)
		f->back = n;
	else
		html_toggle(doc, token);
}

static void html_word(struct rtf_doc *doc, const struct rtf_token *token)
{
	if (!html_structure(doc, token->word) && !html_paragraph(doc, token))
		html_format(doc, token);
}

static void html_end(struct rtf_doc *doc)
{
	table_close(doc);
	rtf_doc_put(doc, "</body></html>\r\n");
}

const struct rtf_reader rtf_reader_html = {
	.text = html_text,
	.word = html_word,
	.end = html_end,
};

static int html_translate(struct rtf_doc *doc, const void *rtf, size_t size)
{
	struct html_writer w;

	i_zero(&w);
	doc->reader = &rtf_reader_html;
	doc->context = &w;
	rtf_doc_put(doc, "<html><head><meta http-equiv=\"Content-Type\" "
		    "content=\"text/html; charset=utf-8\"></head><body>\r\n");
	return rtf_doc_read(doc, rtf, size);
}

static int html_of_text(struct rtf_doc *doc, const void *rtf, size_t size)
{
	string_t *out = doc->out, *text = str_new(default_pool, 1024);
	int ret;

	doc->reader = &rtf_reader_text;
	doc->out = text;
	ret = rtf_doc_read(doc, rtf, size);
	doc->out = out;
	rtf_doc_put(doc, "<html><head><meta http-equiv=\"Content-Type\" "
		    "content=\"text/html; charset=utf-8\"></head><body>"
		    "<pre style=\"white-space:pre-wrap\">");
	rtf_doc_put_escaped(doc, text->data, text->used);
	rtf_doc_put(doc, "</pre></body></html>\r\n");
	str_free(&text);
	return ret;
}

int rtf_to_html(const void *rtf, size_t size, size_t max, string_t *dest)
{
	struct rtf_doc doc = { .out = dest, .out_max = max };

	switch (rtf_kind(rtf, size)) {
	case RTF_KIND_NONE:
		return -1;
	case RTF_KIND_HTML:
		doc.want_html = TRUE;
		doc.reader = &rtf_reader_embedded;
		return rtf_doc_read(&doc, rtf, size);
	case RTF_KIND_TEXT:
		return html_of_text(&doc, rtf, size);
	case RTF_KIND_RTF:
		break;
	}
	return html_translate(&doc, rtf, size);
}
