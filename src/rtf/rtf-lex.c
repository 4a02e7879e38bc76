/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "rtf-lex.h"

#include <ctype.h>


#define RTF_PARAM_MAX 100000000

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void escaped(struct rtf_token *token, unsigned char c)
{
	token->type = RTF_TOKEN_TEXT;
	token->escaped = c;
	token->data = &token->escaped;
	token->size = 1;
}

/* At the quote of \'hh; one that is broken is no text. */
static void lex_hex(struct rtf_lex *lex, struct rtf_token *token)
{
	int high, low;

	lex->data++;
	if (lex->end - lex->data < 2 ||
	    (high = hex_digit(lex->data[0])) < 0 ||
	    (low = hex_digit(lex->data[1])) < 0) {
		token->type = RTF_TOKEN_SYMBOL;
		token->symbol = '\'';
		return;
	}
	lex->data += 2;
	escaped(token, high << 4 | low);
}

static void lex_param(struct rtf_lex *lex, struct rtf_token *token)
{
	const unsigned char *p = lex->data;
	bool minus = FALSE;
	int n = 0;

	if (p < lex->end && *p == '-') {
		minus = TRUE;
		p++;
	}
	if (p == lex->end || !i_isdigit(*p))
		return;
	for (; p < lex->end && i_isdigit(*p); p++) {
		if (n < RTF_PARAM_MAX)
			n = n * 10 + (*p - '0');
	}
	token->has_param = TRUE;
	token->param = minus ? -n : n;
	lex->data = p;
}

static void lex_word(struct rtf_lex *lex, struct rtf_token *token)
{
	unsigned int len = 0;

	for (; lex->data < lex->end && i_isalpha(*lex->data); lex->data++) {
		if (len < RTF_WORD_MAX)
			token->word[len++] = *lex->data;
	}
	token->word[len] = '\0';
	token->type = RTF_TOKEN_WORD;
	token->has_param = FALSE;
	token->param = 0;
	lex_param(lex, token);
	if (lex->data < lex->end && *lex->data == ' ')
		lex->data++;
	if (strcmp(token->word, "bin") == 0 && token->param > 0) {
		token->type = RTF_TOKEN_BINARY;
		token->data = lex->data;
		token->size = I_MIN((size_t)token->param,
				    (size_t)(lex->end - lex->data));
		lex->data += token->size;
	}
}

static void lex_escape(struct rtf_lex *lex, struct rtf_token *token)
{
	unsigned char c;

	if (++lex->data == lex->end) {
		token->type = RTF_TOKEN_SYMBOL;
		token->symbol = '\0';
		return;
	}
	c = *lex->data;
	if (i_isalpha(c)) {
		lex_word(lex, token);
	} else if (c == '\'') {
		lex_hex(lex, token);
	} else {
		lex->data++;
		if (c == '\\' || c == '{' || c == '}') {
			escaped(token, c);
		} else {
			token->type = RTF_TOKEN_SYMBOL;
			token->symbol = c;
		}
	}
}

static bool is_text(unsigned char c)
{
	return c != '\\' && c != '{' && c != '}' && c != '\r' && c != '\n' &&
		c != '\0';
}

bool rtf_lex_next(struct rtf_lex *lex, struct rtf_token *token)
{
	while (lex->data < lex->end && (*lex->data == '\r' ||
					*lex->data == '\n' ||
					*lex->data == '\0'))
		lex->data++;
	if (lex->data == lex->end)
		return FALSE;
	switch (*lex->data) {
	case '{':
		token->type = RTF_TOKEN_BEGIN;
		lex->data++;
		break;
	case '}':
		token->type = RTF_TOKEN_END;
		lex->data++;
		break;
	case '\\':
		lex_escape(lex, token);
		break;
	default:
		token->type = RTF_TOKEN_TEXT;
		token->data = lex->data;
		while (lex->data < lex->end && is_text(*lex->data))
			lex->data++;
		token->size = lex->data - token->data;
		break;
	}
	return TRUE;
}
