/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A vCard is read, changed as the input says, written and read again: what was
   not changed is what it was, and what is written once is not written otherwise
   the next time. The first bytes choose the changes, the rest is the vCard. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-contact.h"
#include "fuzz.h"

#define CHANGES 4

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static void change(struct contact *contact, unsigned int what,
		   const char *value)
{
	enum contact_field field = 1 + what % (CONTACT_FIELD_COUNT - 1);
	const char *const list[] = { value, "two", NULL };
	struct contact_date date = { .year = 2000, .month = 2, .day = 29 };

	switch (contact_field_kind(field)) {
	case CONTACT_KIND_LIST:
		contact_set_list(contact, field, what > 127 ? NULL : list);
		break;
	case CONTACT_KIND_DATE:
		contact_set_date(contact, field, what > 127 ? NULL : &date);
		break;
	case CONTACT_KIND_PICTURE:
		contact_set_picture(contact, value,
				    what > 127 ? 0 : strlen(value));
		break;
	default:
		contact_set_shown(contact, field, what > 127 ? NULL : value);
		break;
	}
}

static void look(const struct contact *contact)
{
	string_t *words = t_str_new(256);
	buffer_t *buf = t_buffer_create(256);
	struct contact_date date;
	const char *sort;
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		switch (contact_field_kind(i)) {
		case CONTACT_KIND_LIST:
			(void)contact_get_list(contact, i);
			break;
		case CONTACT_KIND_DATE:
			(void)contact_get_date(contact, i, &date);
			break;
		case CONTACT_KIND_PICTURE:
			(void)contact_get_picture(contact, buf);
			break;
		default:
			(void)contact_shown(contact, i);
			break;
		}
	}
	for (i = 0; contact_certificate(contact, i, buf); i++) ;
	(void)contact_members(contact);
	(void)contact_uid(contact);
	contact_index_text(contact, words, &sort);
}

static struct contact *read_again(pool_t pool, const char *text)
{
	struct contact *contact;
	const char *error;

	if (contact_parse(pool, text, strlen(text), &contact, NULL, &error) < 0)
		i_panic("%s", error);
	return contact;
}

static void one(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create("fuzz", 16384);
	const char *text = (const char *)data + CHANGES, *error, *once, *warnings;
	struct contact *contact;
	unsigned int i;

	if (contact_parse(pool, text, size - CHANGES, &contact, &warnings,
			  &error) == 0) {
		look(contact);
		once = contact_write(pool, contact, 1);
		i_assert(strcmp(contact_write(pool, read_again(pool, once), 1),
				once) == 0);
		for (i = 0; i < CHANGES; i++) {
			change(contact, data[i], t_strdup_until(
				once, once + I_MIN(strlen(once), data[i])));
		}
		text = contact_write(pool, contact, 1);
		contact = read_again(pool, text);
		look(contact);
		i_assert(strcmp(contact_write(pool, contact, 1), text) == 0);
	}
	pool_unref(&pool);
}

static int split_one(void *context, const char *uid, const char *text,
		     const char *error)
{
	pool_t pool = context;

	if (error == NULL) {
		i_assert(*uid != '\0');
		i_assert(uni_utf8_str_is_valid(text));
		i_assert(strcmp(contact_uid(read_again(pool, text)), uid) == 0);
	}
	return 0;
}

static void split(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create("fuzz", 16384);
	size_t pos = 0, end = 0, used, block = 1 + data[0] * 16;

	while (end < size) {
		end = I_MIN(end + block, size);
		(void)contact_split((const char *)data + pos, end - pos,
				    end < size, &used, split_one, pool);
		i_assert(used <= end - pos);
		pos += used;
	}
	pool_unref(&pool);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (size < CHANGES)
		return 0;
	T_BEGIN {
		one(data, size);
	} T_END;
	T_BEGIN {
		split(data, size);
	} T_END;
	return 0;
}
