/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the index has of an item: its time, marks, sorting key and words. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-calendar.h"
#include "dovetail-contact.h"
#include "store-items.h"

#include <ctype.h>

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

/* A date or a time without a zone is another instant for each who looks. */
static bool store_time_floats(const struct cal_time *time)
{
	return time->form == CAL_TIME_DATE || time->form == CAL_TIME_FLOATING;
}

static void store_extract_range(const struct cal_object *obj,
				struct meta_index_row *row)
{
	const struct cal_entry *entry = &obj->master;
	int64_t first, last;

	/* notes have no time; a task that is not done is in every range */
	if (obj->kind == CAL_NOTE ||
	    (obj->kind == CAL_TASK && !entry->done))
		return;
	if (obj->kind == CAL_TASK) {
		row->last = entry->completed != 0 ? entry->completed + 1 :
			INT64_MAX;
		if (entry->start.form != CAL_TIME_NONE) {
			row->first = cal_time_utc(&entry->start, NULL) -
				STORE_INDEX_ZONES_BEFORE;
		}
		return;
	}
	if (obj->have_master && entry->start.form == CAL_TIME_NONE)
		return;
	cal_bounds(obj, NULL, &first, &last);
	if (last <= first)
		last = first + 1;
	if (!obj->have_master || store_time_floats(&entry->start) ||
	    store_time_floats(&entry->end)) {
		first -= STORE_INDEX_ZONES_BEFORE;
		if (last < INT64_MAX - STORE_INDEX_ZONES_AFTER)
			last += STORE_INDEX_ZONES_AFTER;
	}
	row->first = first;
	row->last = last;
}

static unsigned int store_extract_marks(const struct cal_object *obj)
{
	const struct cal_entry *entry = &obj->master;
	unsigned int marks = 0;

	if (obj->rule.freq != CAL_FREQ_NONE || array_count(&obj->added) > 0)
		marks |= STORE_ITEM_RECURRING;
	/* an exception may be otherwise */
	if (array_count(&obj->exceptions) == 0) {
		if (entry->busy == CAL_BUSY_FREE)
			marks |= STORE_ITEM_FREE;
		if (entry->cancelled)
			marks |= STORE_ITEM_CANCELLED;
	}
	if (entry->done)
		marks |= STORE_ITEM_DONE;
	if (entry->sensitivity == CAL_PRIVATE ||
	    entry->sensitivity == CAL_CONFIDENTIAL)
		marks |= STORE_ITEM_PRIVATE;
	return marks;
}

static void store_extract_calendar(const struct meta_entry *entry, pool_t work,
				   pool_t pool, struct meta_index_row *row)
{
	struct cal_object *obj;
	const char *error, *sort = "";
	string_t *words;

	if (cal_parse(work, entry->text, entry->text_size, &obj, NULL,
		      &error) < 0) {
		row->marks |= STORE_ITEM_BROKEN;
		return;
	}
	words = str_new(work, 256);
	cal_index_text(obj, words, &sort);
	row->sort = store_index_sort(pool, sort);
	row->words = store_index_words(pool, str_c(words));
	row->marks |= store_extract_marks(obj);
	store_extract_range(obj, row);
}

/* --- vCard ------------------------------------------------------------------------ */

/* Those without a time are in every range, so a group of contacts has one that
   nobody asks for: contacts are listed without groups so (eas-contacts.c). */
static void store_extract_card(const struct meta_entry *entry, pool_t work,
			       pool_t pool, struct meta_index_row *row)
{
	struct contact *contact;
	const char *error, *sort;
	string_t *words;

	if (contact_parse(work, entry->text, entry->text_size, &contact, NULL,
			  &error) < 0) {
		row->marks |= STORE_ITEM_BROKEN;
		return;
	}
	words = str_new(work, 256);
	contact_index_text(contact, words, &sort);
	row->sort = store_index_sort(pool, sort);
	row->words = store_index_words(pool, str_c(words));
	if (contact_is_group(contact)) {
		row->marks |= STORE_ITEM_GROUP;
		row->last = INT64_MIN;
	}
}

void store_item_extract(void *context, const struct meta_entry *entry,
			pool_t pool, struct meta_index_row *row_r)
{
	enum store_class class = POINTER_CAST_TO(context, unsigned int);
	pool_t work = pool_alloconly_create(MEMPOOL_GROWING"item", 8192);

	row_r->first = INT64_MIN;
	row_r->last = INT64_MAX;
	if (class == STORE_CLASS_CONTACTS)
		store_extract_card(entry, work, pool, row_r);
	else
		store_extract_calendar(entry, work, pool, row_r);
	pool_unref(&work);
}
