/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RTF_LEX_H
#define RTF_LEX_H

/* The tokens of RTF (MSFT-RTF 1.9.1, "RTF Syntax"). */

#define RTF_WORD_MAX 32

enum rtf_token_type {
	RTF_TOKEN_BEGIN,	/* { */
	RTF_TOKEN_END,		/* } */
	RTF_TOKEN_WORD,		/* \name[N] */
	RTF_TOKEN_SYMBOL,	/* \c, but for those below */
	RTF_TOKEN_TEXT,		/* bytes, also of \'hh, \\, \{ and \} */
	RTF_TOKEN_BINARY,	/* \binN with its bytes */
};

struct rtf_token {
	enum rtf_token_type type;
	/* WORD: cut at RTF_WORD_MAX */
	char word[RTF_WORD_MAX + 1];
	bool has_param;
	int param;
	char symbol;
	/* TEXT; one byte of its own if it was escaped */
	const unsigned char *data;
	size_t size;
	unsigned char escaped;
};

struct rtf_lex {
	const unsigned char *data, *end;
};

/* FALSE: the end */
bool rtf_lex_next(struct rtf_lex *lex, struct rtf_token *token);

#endif
