/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the index has of an item: its time, marks, sorting key and words. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "unichar.h"
#include "store-items.h"

#include <ctype.h>
#include <libical/ical.h>

/* Words of one item, and bytes of one, at most: a text of a megabyte is found
   by its beginning. */
#define STORE_INDEX_WORDS 200
#define STORE_INDEX_WORD_BYTES 64
/* Texts without a zone are meant in that of whoever looks: from UTC-12 to
   UTC+14. */
#define STORE_INDEX_ZONES_BEFORE (14 * 3600)
#define STORE_INDEX_ZONES_AFTER (12 * 3600)

/* --- words ---------------------------------------------------------------------- */

/* Letters that Unicode does not decompose, in title case as the step before
   gives them. */
static const struct {
	unichar_t chr;
	const char *text;
} store_fold_letters[] = {
	{ 0x00C6, "AE" }, { 0x00D0, "D" }, { 0x00D8, "O" }, { 0x00DE, "TH" },
	{ 0x00DF, "SS" }, { 0x0110, "D" }, { 0x0126, "H" }, { 0x0131, "I" },
	{ 0x0141, "L" }, { 0x0152, "OE" }, { 0x1E9E, "SS" },
};

/* Accents of Latin, Greek and Cyrillic; points of Hebrew and Arabic */
static bool store_is_mark(unichar_t chr)
{
	return (chr >= 0x0300 && chr <= 0x036f) ||
		(chr >= 0x0591 && chr <= 0x05bd) ||
		(chr >= 0x064b && chr <= 0x0652);
}

static bool store_is_word(unichar_t chr)
{
	if (chr < 0x80)
		return i_isalnum(chr);
	/* Latin-1 signs, general punctuation, CJK punctuation, full-width signs */
	return !(chr < 0xc0 && chr != 0xaa && chr != 0xb5 && chr != 0xba) &&
		chr != 0xd7 && chr != 0xf7 &&
		!(chr >= 0x2000 && chr <= 0x206f) &&
		!(chr >= 0x3000 && chr <= 0x3004) &&
		!(chr >= 0x3008 && chr <= 0x3020) && chr != 0x30fb &&
		!(chr >= 0xff00 && chr <= 0xff0f) && chr != 0xfffd;
}

static void store_fold_char(string_t *dest, unichar_t chr)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_fold_letters); i++) {
		if (store_fold_letters[i].chr == chr) {
			str_append(dest, store_fold_letters[i].text);
			return;
		}
	}
	uni_ucs4_to_utf8_c(chr, dest);
}

static void store_word_end(string_t *word, ARRAY_TYPE(const_string) *words)
{
	const char *copy, *old;

	if (str_len(word) == 0)
		return;
	if (str_len(word) > STORE_INDEX_WORD_BYTES) {
		str_truncate(word, uni_utf8_data_truncate(str_data(word),
			str_len(word), STORE_INDEX_WORD_BYTES));
	}
	copy = str_c(word);
	array_foreach_elem(words, old) {
		if (strcmp(old, copy) == 0)
			copy = NULL;
		if (copy == NULL)
			break;
	}
	if (copy != NULL) {
		copy = t_strdup(copy);
		array_push_back(words, &copy);
	}
	str_truncate(word, 0);
}

const char *const *store_item_words(const char *text)
{
	buffer_t *title = t_buffer_create(256);
	string_t *word = t_str_new(64);
	ARRAY_TYPE(const_string) words;
	const char *p;
	unichar_t chr;
	int len;

	t_array_init(&words, 16);
	/* invalid UTF-8 becomes U+FFFD */
	(void)uni_utf8_to_decomposed_titlecase(text, strlen(text), title);
	buffer_append_c(title, '\0');
	for (p = title->data; *p != '\0' &&
	     array_count(&words) < STORE_INDEX_WORDS; p += len) {
		len = uni_utf8_get_char(p, &chr);
		i_assert(len > 0);
		if (store_is_mark(chr))
			continue;
		if (store_is_word(chr))
			store_fold_char(word, chr);
		else
			store_word_end(word, &words);
	}
	store_word_end(word, &words);
	array_append_zero(&words);
	return array_front(&words);
}

static const char *store_index_words(pool_t pool, const char *text)
{
	const char *const *words = store_item_words(text);
	string_t *str = t_str_new(256);

	for (; *words != NULL; words++) {
		str_append_c(str, ' ');
		str_append(str, *words);
	}
	return p_strdup(pool, str_c(str));
}

static const char *store_index_sort(pool_t pool, const char *text)
{
	return p_strdup(pool, t_strarray_join(store_item_words(text), " "));
}

/* --- iCalendar -------------------------------------------------------------------- */

static void store_extract_calendar(const char *text, pool_t pool,
				   struct meta_index_row *row)
{
	icalcomponent *cal = icalparser_parse_string(text), *comp;
	struct icaltime_span span;
	icalproperty *prop;
	const char *summary;

	comp = cal == NULL ? NULL : icalcomponent_get_inner(cal);
	if (comp == NULL) {
		row->marks |= STORE_ITEM_BROKEN;
		if (cal != NULL)
			icalcomponent_free(cal);
		return;
	}
	summary = icalcomponent_get_summary(comp);
	row->sort = store_index_sort(pool, summary == NULL ? "" : summary);
	row->words = store_index_words(pool, summary == NULL ? "" : summary);
	if (icalcomponent_isa(comp) == ICAL_VEVENT_COMPONENT &&
	    !icaltime_is_null_time(icalcomponent_get_dtstart(comp))) {
		span = icalcomponent_get_span(comp);
		row->first = span.start - STORE_INDEX_ZONES_BEFORE;
		row->last = I_MAX(span.end, span.start + 1) +
			STORE_INDEX_ZONES_AFTER;
		prop = icalcomponent_get_first_property(comp,
							ICAL_RRULE_PROPERTY);
		if (prop != NULL) {
			row->marks |= STORE_ITEM_RECURRING;
			row->last = INT64_MAX;
		}
	}
	icalcomponent_free(cal);
}

/* --- vCard ------------------------------------------------------------------------ */

static void store_extract_card(const char *text, pool_t pool,
			       struct meta_index_row *row)
{
	static const char *const names[] = {
		"FN", "N", "NICKNAME", "EMAIL", "TEL", "ORG", NULL
	};
	string_t *words = t_str_new(256);
	const char *const *line, *p;

	for (line = t_strsplit_spaces(text, "\r\n"); *line != NULL; line++) {
		p = strchr(*line, ':');
		if (p == NULL || !str_array_icase_find(names,
				t_strdup_until(*line,
					       *line + strcspn(*line, ";:"))))
			continue;
		if (strncasecmp(*line, "FN", 2) == 0)
			row->sort = store_index_sort(pool, p + 1);
		str_append(words, p + 1);
		str_append_c(words, ' ');
	}
	row->words = store_index_words(pool, str_c(words));
}

void store_item_extract(void *context, const struct meta_entry *entry,
			pool_t pool, struct meta_index_row *row_r)
{
	enum store_class class = POINTER_CAST_TO(context, unsigned int);

	row_r->first = INT64_MIN;
	row_r->last = INT64_MAX;
	if (class == STORE_CLASS_CONTACTS)
		store_extract_card(entry->text, pool, row_r);
	else
		store_extract_calendar(entry->text, pool, row_r);
}
