/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers as tables, and positions in them (MS-OXNSPI 3.1.4.4, 3.1.4.5). The
   state of a table is the client's STAT; nothing is kept here. */

#include "nspi.h"

uint32_t nspi_table_open(struct nspi_call *call, uint32_t container,
			 uint32_t sort_type, struct nspi_table *table_r)
{
	i_zero(table_r);
	table_r->call = call;
	table_r->order = sort_type == NSPI_SORT_PHONETIC ? 1 : 0;
	if (container == NSPI_CONTAINER_GAL) {
		if (nspi_directory(call) < 0)
			return ecError;
		table_r->count = call->directory_count;
		return ecNone;
	}
	if (nspi_books(call) < 0)
		return ecError;
	table_r->book = nspi_book_find(call, container);
	if (table_r->book == NULL)
		return ecInvalidBookmark;
	if (nspi_book_load(call, table_r->book) < 0)
		return ecError;
	table_r->count = array_count(&table_r->book->cards);
	return ecNone;
}

void nspi_table_row(struct nspi_table *table, unsigned int position,
		    struct nspi_object *obj_r)
{
	struct nspi_book *book = table->book;
	struct directory_listed listed;

	i_assert(position < table->count);
	if (book != NULL) {
		nspi_object_of_card(book, array_idx(&book->cards,
			book->sorted[table->order][position]), obj_r);
		return;
	}
	directory_list_at(table->call->env->directory, position, &listed);
	nspi_object_of_listed(&listed, obj_r);
}

unsigned int nspi_table_next(struct nspi_table *table, unsigned int from,
			     const struct directory_prefixes *prefixes)
{
	/* An address book is small. */
	return table->book != NULL ? from :
		directory_list_next(table->call->env->directory, from, prefixes);
}

static bool find_card(struct nspi_table *table, uint32_t mid,
		      unsigned int *position_r)
{
	struct nspi_book *book = table->book;
	const struct nspi_card *cards, *card;
	unsigned int count;

	card = hash_table_lookup(table->call->session->cards,
				 POINTER_CAST(mid));
	cards = array_get(&book->cards, &count);
	if (card == NULL || card < cards || card >= cards + count)
		return FALSE;
	*position_r = book->positions[table->order][card - cards];
	return TRUE;
}

bool nspi_table_find(struct nspi_table *table, uint32_t mid,
		     unsigned int *position_r)
{
	struct directory_listed listed;

	if (table->book != NULL)
		return find_card(table, mid, position_r);
	if (mid < NSPI_PERSON_FIRST || mid > NSPI_MID_LAST ||
	    table->call->env->directory == NULL ||
	    !directory_list_find_id(table->call->env->directory,
				    mid - NSPI_PERSON_FIRST, &listed) ||
	    listed.position >= table->count)
		return FALSE;
	*position_r = listed.position;
	return TRUE;
}

unsigned int nspi_table_seek(struct nspi_table *table, const char *name)
{
	unsigned int low = 0, high = table->count, mid;
	struct nspi_object obj;

	if (table->book == NULL) {
		return table->call->env->directory == NULL ? 0 :
			directory_list_seek(table->call->env->directory, name);
	}
	T_BEGIN {
		const char *key = directory_fold(name), *other;

		while (low < high) {
			mid = low + (high - low) / 2;
			nspi_table_row(table, mid, &obj);
			other = table->order == 0 ? obj.card->key :
				obj.card->phonetic_key;
			if (strcmp(other, key) < 0)
				low = mid + 1;
			else
				high = mid;
		}
	} T_END;
	return low;
}

/* --- positions --------------------------------------------------------------------------- */

/* 3.1.4.5.2 */
unsigned int nspi_fraction(uint32_t num_pos, uint32_t total, unsigned int count)
{
	uint64_t position = total == 0 ? num_pos :
		(uint64_t)count * num_pos / total;

	return position > count ? count : (unsigned int)position;
}

/* Beyond the first row is the first, beyond the last is the end. */
unsigned int nspi_move(unsigned int position, int32_t delta, unsigned int count)
{
	int64_t target = (int64_t)position + delta;

	if (target < 0)
		return 0;
	return target > (int64_t)count ? count : (unsigned int)target;
}

uint32_t nspi_table_position(struct nspi_table *table,
			     const struct nspi_stat *stat,
			     unsigned int *position_r, int32_t *moved_r)
{
	unsigned int start;

	switch (stat->current) {
	case NSPI_MID_BEGINNING:
		start = 0;
		break;
	case NSPI_MID_END:
		start = table->count;
		break;
	case NSPI_MID_CURRENT:
		start = nspi_fraction(stat->num_pos, stat->total,
				      table->count);
		break;
	default:
		if (!nspi_table_find(table, stat->current, &start))
			return ecNotFound;
	}
	*position_r = nspi_move(start, stat->delta, table->count);
	*moved_r = (int32_t)*position_r - (int32_t)start;
	return ecNone;
}

void nspi_table_stat(struct nspi_table *table, unsigned int position,
		     struct nspi_stat *stat)
{
	struct nspi_object obj;

	stat->delta = 0;
	stat->num_pos = position;
	stat->total = table->count;
	if (position == table->count)
		stat->current = NSPI_MID_END;
	else {
		nspi_table_row(table, position, &obj);
		stat->current = obj.mid;
	}
}
