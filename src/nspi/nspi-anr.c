/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ambiguous name resolution (MS-OXNSPI 3.1.4.7): who is meant by what somebody
   typed. How is the server's matter; here, as Exchange's users expect it:

     an address, "SMTP:address", a DN   who has exactly that, hidden ones too
     "=text"                            whose whole name, alias or address it is
     "lee, ann", "ann l", "alee"        each word begins a word of the name, the
                                        alias, or the address before its @

   That a name fits one entry wholly and another one by its beginning leaves it
   ambiguous: the user chooses. */

#include "nspi.h"
#include <ctype.h>

#define ANR_MAX_WORDS 10
#define ANR_SEPARATORS " \t\r\n,;"

/* The address in "Name <address>", which Outlook passes from other programs */
static const char *text_address(const char *text)
{
	const char *start = strrchr(text, '<'), *end;

	if (start == NULL || (end = strchr(start, '>')) == NULL ||
	    end[1] != '\0')
		return text;
	return t_strdup_until(start + 1, end);
}

static const char *without_quotes(const char *text)
{
	size_t len = strlen(text);

	if (len >= 2 && (*text == '"' || *text == '\'') &&
	    text[len - 1] == *text)
		return t_strndup(text + 1, len - 2);
	return text;
}

static bool parse_address(struct nspi_call *call, const char *text,
			  struct nspi_anr *anr)
{
	if (*text == '=')
		text++;
	if (strncasecmp(text, "SMTP:", 5) == 0)
		anr->address = p_strdup(call->pool, t_str_trim(text + 5, " "));
	else if (strncasecmp(text, "EX:", 3) == 0)
		anr->dn = p_strdup(call->pool, text + 3);
	else if (strncasecmp(text, "/o=", 3) == 0 ||
		 strncasecmp(text, "/guid=", 6) == 0)
		anr->dn = p_strdup(call->pool, text);
	else if (strchr(text, '@') != NULL)
		anr->address = p_strdup(call->pool, text);
	return anr->address != NULL || anr->dn != NULL;
}

bool nspi_anr_parse(struct nspi_call *call, const char *text,
		    struct nspi_anr *anr_r)
{
	const char *const *words;

	i_zero(anr_r);
	text = without_quotes(t_str_trim(text, ANR_SEPARATORS));
	text = text_address(text);
	if (*text == '\0')
		return FALSE;
	if (parse_address(call, text, anr_r))
		return TRUE;
	if (*text == '=') {
		anr_r->exact = p_strdup(call->pool, directory_fold(text + 1));
		directory_prefixes_of((const char *const []) {
			anr_r->exact, NULL }, &anr_r->prefixes);
		return *anr_r->exact != '\0';
	}
	words = t_strsplit_spaces(directory_fold(text), ANR_SEPARATORS);
	if (words[0] == NULL || str_array_length(words) > ANR_MAX_WORDS)
		return FALSE;
	anr_r->words = p_strarray_dup(call->pool, words);
	directory_prefixes_of(words, &anr_r->prefixes);
	return TRUE;
}

/* --- does it fit -------------------------------------------------------------------------- */

/* Bytes above 0x7f are letters. */
static bool is_letter(unsigned char chr)
{
	return chr >= 0x80 || i_isalnum(chr);
}

/* Does the word begin a word of [key, end)? */
static bool word_begins(const char *key, const char *end, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = key; p + len <= end; p++) {
		if (*p == *word && (p == key || !is_letter(p[-1])) &&
		    strncmp(p, word, len) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool part_is(const char *part, const char *end, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(end - part) == len && strncmp(part, text, len) == 0;
}

/* key: name, address, alias, a newline between */
bool nspi_anr_match(const struct nspi_anr *anr, const char *key)
{
	const char *email = strchr(key, '\n'), *alias, *alias_end, *at;
	const char *const *word;

	i_assert(email != NULL);
	alias = strchr(email + 1, '\n');
	i_assert(alias != NULL);
	alias_end = alias + strlen(alias);
	if (anr->exact != NULL) {
		return part_is(key, email, anr->exact) ||
			part_is(email + 1, alias, anr->exact) ||
			part_is(alias + 1, alias_end, anr->exact);
	}
	if (anr->words == NULL)
		return FALSE;
	at = memchr(email + 1, '@', alias - email - 1);
	if (at == NULL)
		at = alias;
	for (word = anr->words; *word != NULL; word++) {
		if (!word_begins(key, email, *word) &&
		    !word_begins(email + 1, at, *word) &&
		    !word_begins(alias + 1, alias_end, *word))
			return FALSE;
	}
	return TRUE;
}

/* --- resolving ---------------------------------------------------------------------------- */

/* The first that fits from a position on; table->count: none */
static unsigned int next_match(struct nspi_table *table,
			       const struct nspi_anr *anr, unsigned int from,
			       struct nspi_object *obj_r)
{
	for (; from < table->count; from++) {
		from = nspi_table_next(table, from, &anr->prefixes);
		if (from == table->count)
			break;
		nspi_table_row(table, from, obj_r);
		if (nspi_anr_match(anr, obj_r->key))
			break;
	}
	return from;
}

static int resolve_address(struct nspi_call *call, struct nspi_table *table,
			   const struct nspi_anr *anr,
			   struct nspi_object *obj_r)
{
	unsigned int position;
	int ret;

	if (anr->dn != NULL)
		ret = nspi_object_find_dn(call, anr->dn, obj_r);
	else if (table->book == NULL)
		ret = nspi_object_find_person(call, anr->address, obj_r);
	else
		ret = nspi_object_find_address(call, anr->address, obj_r);
	/* In a book, only who is there; in the Global Address List hidden ones
	   too, who have no position. */
	if (ret > 0 && table->book != NULL &&
	    !nspi_table_find(table, obj_r->mid, &position))
		ret = 0;
	return ret > 0 && obj_r->kind == NSPI_CONTAINER ? 0 : ret;
}

int nspi_anr_resolve(struct nspi_call *call, struct nspi_table *table,
		     const char *text, uint32_t *status_r,
		     struct nspi_object *obj_r)
{
	struct nspi_object other;
	struct nspi_anr anr;
	unsigned int first;
	int ret;

	*status_r = NSPI_MID_UNRESOLVED;
	if (!nspi_anr_parse(call, text, &anr))
		return 0;
	if (anr.address != NULL || anr.dn != NULL) {
		ret = resolve_address(call, table, &anr, obj_r);
		if (ret > 0)
			*status_r = NSPI_MID_RESOLVED;
		return ret < 0 ? -1 : 0;
	}
	first = next_match(table, &anr, 0, obj_r);
	if (first == table->count)
		return 0;
	*status_r = next_match(table, &anr, first + 1, &other) ==
		table->count ? NSPI_MID_RESOLVED : NSPI_MID_AMBIGUOUS;
	return 0;
}
