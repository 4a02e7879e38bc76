/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user's address books as tables. What a table shows of a contact is kept in
   the session and read again when the book has changed; the rest of a contact is
   read when somebody wants it. */

#include "nspi.h"
#include "md5.h"
#include "sort.h"

static struct nspi_book *book_create(const struct nspi_book_info *info)
{
	struct nspi_book *book = i_new(struct nspi_book, 1);

	book->info = *info;
	book->display = i_strdup(info->display);
	book->info.display = book->display;
	book->mid = NSPI_CONTAINER_FIRST + info->fid;
	return book;
}

static void book_unload(struct nspi_book *book)
{
	unsigned int i;

	for (i = 0; i < NSPI_ORDERS; i++) {
		book->sorted[i] = NULL;
		book->positions[i] = NULL;
	}
	pool_unref(&book->pool);
}

static void book_free(struct nspi_book *book)
{
	book_unload(book);
	i_free(book->display);
	i_free(book);
}

void nspi_books_free(struct nspi *session)
{
	struct nspi_book *book;

	if (!array_is_created(&session->books))
		return;
	array_foreach_elem(&session->books, book)
		book_free(book);
	array_free(&session->books);
	hash_table_destroy(&session->cards);
}

/* --- which there are ------------------------------------------------------------------ */

static struct nspi_book *
session_book(struct nspi *session, const struct nspi_book_info *info)
{
	struct nspi_book *book;

	array_foreach_elem(&session->books, book) {
		if (book->info.fid == info->fid &&
		    guid_128_equals(book->info.guid, info->guid))
			return book;
	}
	return NULL;
}

static void session_book_add(struct nspi *session,
			     const struct nspi_book_info *info)
{
	struct nspi_book *book = session_book(session, info);

	if (info->fid > NSPI_CONTAINER_LAST - NSPI_CONTAINER_FIRST)
		return;
	if (book == NULL) {
		book = book_create(info);
		array_push_back(&session->books, &book);
	} else if (strcmp(book->display, info->display) != 0) {
		i_free(book->display);
		book->display = i_strdup(info->display);
	}
	book->info = *info;
	book->info.display = book->display;
	book->seen = TRUE;
	book->fresh = FALSE;
}

static int book_cmp(struct nspi_book *const *a, struct nspi_book *const *b)
{
	if ((*a)->info.fid == (*b)->info.fid)
		return 0;
	return (*a)->info.fid < (*b)->info.fid ? -1 : 1;
}

/* The cards of all books by id. A book that is read again forgets its old ones. */
static void session_cards_index(struct nspi *session)
{
	struct nspi_card *card;
	struct nspi_book *book;

	hash_table_clear(session->cards, TRUE);
	array_foreach_elem(&session->books, book) {
		if (book->pool == NULL)
			continue;
		array_foreach_modifiable(&book->cards, card) {
			hash_table_update(session->cards,
					  POINTER_CAST(card->mid), card);
		}
	}
}

static void session_books_sweep(struct nspi *session)
{
	struct nspi_book *const *books;
	unsigned int i, count;
	bool swept = FALSE;

	books = array_get(&session->books, &count);
	for (i = count; i > 0; i--) {
		if (books[i - 1]->seen)
			continue;
		book_free(books[i - 1]);
		array_delete(&session->books, i - 1, 1);
		swept = TRUE;
	}
	if (swept)
		session_cards_index(session);
	array_sort(&session->books, book_cmp);
}

int nspi_books(struct nspi_call *call)
{
	struct nspi *session = call->session;
	ARRAY_TYPE(nspi_book_info) infos;
	const struct nspi_book_info *info;
	struct nspi_book *book;

	if (call->books_asked)
		return 0;
	p_array_init(&infos, call->pool, 8);
	if (call->source->books(call->env, call->pool, &infos) < 0)
		return -1;
	if (!array_is_created(&session->books)) {
		i_array_init(&session->books, 8);
		hash_table_create_direct(&session->cards, default_pool, 0);
	}
	array_foreach_elem(&session->books, book)
		book->seen = FALSE;
	array_foreach(&infos, info)
		session_book_add(session, info);
	session_books_sweep(session);
	call->books_asked = TRUE;
	return 0;
}

struct nspi_book *nspi_book_find(struct nspi_call *call, uint32_t container)
{
	struct nspi_book *book;

	array_foreach_elem(&call->session->books, book) {
		if (book->mid == container)
			return book;
	}
	return NULL;
}

/* --- reading one ------------------------------------------------------------------------ */

struct book_reader {
	struct nspi_call *call;
	struct nspi_book *book;
	pool_t pool;
	ARRAY_TYPE(nspi_card) cards;
};

/* Made of what stays the same in each replica: folder and UID. */
static uint32_t card_mid(const struct nspi_book *book, const char *name,
			 unsigned int salt)
{
	unsigned char digest[MD5_RESULTLEN];
	struct md5_context ctx;
	uint32_t mid;

	md5_init(&ctx);
	md5_update(&ctx, book->info.guid, sizeof(book->info.guid));
	md5_update(&ctx, name, strlen(name));
	md5_update(&ctx, &salt, sizeof(salt));
	md5_final(&ctx, digest);
	mid = be32_to_cpu_unaligned(digest) & (NSPI_PERSON_FIRST - 1);
	return mid < NSPI_CONTACT_FIRST ? mid + NSPI_CONTACT_FIRST : mid;
}

static const char *
card_text(pool_t pool, const struct contact *contact, enum contact_field field)
{
	const char *text = contact_shown(contact, field);

	return text == NULL || *text == '\0' ? NULL : p_strdup(pool, text);
}

static void
card_emails(pool_t pool, const struct contact *contact, struct nspi_card *card)
{
	ARRAY_TYPE(const_string) emails;
	enum contact_field field;
	const char *email;

	p_array_init(&emails, pool, 4);
	for (field = CONTACT_EMAIL1; field <= CONTACT_EMAIL3; field++) {
		email = card_text(pool, contact, field);
		if (email != NULL)
			array_push_back(&emails, &email);
	}
	array_append_zero(&emails);
	card->emails = array_front(&emails);
	card->entry.email = card->emails[0] == NULL ? "" : card->emails[0];
}

static void
card_members(pool_t pool, const struct contact *contact, struct nspi_card *card)
{
	ARRAY_TYPE(const_string) members;
	const char *const *uris = contact_members(contact);
	const char *uri;

	p_array_init(&members, pool, 8);
	for (; card->group && *uris != NULL; uris++) {
		uri = p_strdup(pool, *uris);
		array_push_back(&members, &uri);
	}
	array_append_zero(&members);
	card->members = array_front(&members);
}

static const char *card_name(pool_t pool, const struct contact *contact,
			     const struct nspi_card *card)
{
	const char *name = card_text(pool, contact, CONTACT_NAME);

	if (name == NULL)
		name = card_text(pool, contact, CONTACT_FILE_AS);
	if (name == NULL)
		name = card_text(pool, contact, CONTACT_COMPANY);
	return name == NULL ? card->entry.email : name;
}

static const char *
card_phonetic(pool_t pool, const struct contact *contact)
{
	const char *last = contact_get(contact, CONTACT_YOMI_LAST_NAME);
	const char *first = contact_get(contact, CONTACT_YOMI_FIRST_NAME);

	if (last == NULL && first == NULL)
		return card_text(pool, contact, CONTACT_YOMI_COMPANY);
	if (last == NULL || first == NULL)
		return p_strdup(pool, last == NULL ? first : last);
	return p_strconcat(pool, last, " ", first, NULL);
}

static void card_fill(pool_t pool, const struct contact *contact,
		      struct nspi_card *card)
{
	struct directory_entry *entry = &card->entry;

	card->group = contact_is_group(contact);
	card_emails(pool, contact, card);
	card_members(pool, contact, card);
	entry->name = card_name(pool, contact, card);
	entry->first_name = card_text(pool, contact, CONTACT_FIRST_NAME);
	entry->last_name = card_text(pool, contact, CONTACT_LAST_NAME);
	entry->alias = card_text(pool, contact, CONTACT_ALIAS);
	entry->title = card_text(pool, contact, CONTACT_JOB_TITLE);
	entry->company = card_text(pool, contact, CONTACT_COMPANY);
	entry->department = card_text(pool, contact, CONTACT_DEPARTMENT);
	entry->office = card_text(pool, contact, CONTACT_OFFICE);
	entry->phone = card_text(pool, contact, CONTACT_BUSINESS_PHONE);
	entry->mobile = card_text(pool, contact, CONTACT_MOBILE);
	entry->home_phone = card_text(pool, contact, CONTACT_HOME_PHONE);
	card->phonetic = card_phonetic(pool, contact);
}

static void card_keys(pool_t pool, struct nspi_card *card)
{
	const struct directory_entry *entry = &card->entry;

	card->key = p_strconcat(pool, directory_fold(entry->name), "\n",
		directory_fold(entry->email), "\n",
		entry->alias == NULL ? "" : directory_fold(entry->alias), NULL);
	card->phonetic_key = card->phonetic == NULL ? card->key :
		p_strdup(pool, directory_fold(card->phonetic));
}

static void book_read_item(void *context, const struct store_item *item)
{
	struct book_reader *reader = context;
	pool_t pool = reader->pool;
	struct contact *contact;
	struct nspi_card *card;
	const char *error;
	pool_t tmp = pool_alloconly_create("nspi contact", 4096);

	T_BEGIN {
		card = array_append_space(&reader->cards);
		card->num = item->num;
		card->name = p_strdup(pool, item->name);
		if (contact_parse(tmp, item->text, item->text_size, &contact,
				  NULL, &error) == 0) {
			card_fill(pool, contact, card);
			card_keys(pool, card);
		} else {
			e_warning(reader->call->env->event,
				  "Contact %u is not shown: %s", item->num,
				  error);
			array_delete(&reader->cards,
				     array_count(&reader->cards) - 1, 1);
		}
	} T_END;
	pool_unref(&tmp);
}

/* --- its orders ------------------------------------------------------------------------- */

struct sort_card {
	const char *key;
	unsigned int index;
};

static int sort_card_cmp(const struct sort_card *a, const struct sort_card *b)
{
	int ret = strcmp(a->key, b->key);

	if (ret != 0)
		return ret;
	return a->index < b->index ? -1 : (a->index > b->index ? 1 : 0);
}

static void book_sort(struct nspi_book *book, unsigned int order)
{
	unsigned int i, count = array_count(&book->cards);
	struct sort_card *keys = i_new(struct sort_card, count + 1);
	const struct nspi_card *card;

	book->sorted[order] = p_new(book->pool, unsigned int, count + 1);
	book->positions[order] = p_new(book->pool, unsigned int, count + 1);
	for (i = 0; i < count; i++) {
		card = array_idx(&book->cards, i);
		keys[i].key = order == 0 ? card->key : card->phonetic_key;
		keys[i].index = i;
	}
	i_qsort(keys, count, sizeof(*keys), sort_card_cmp);
	for (i = 0; i < count; i++) {
		book->sorted[order][i] = keys[i].index;
		book->positions[order][keys[i].index] = i;
	}
	i_free(keys);
}

/* Numbers order by age: an older card keeps its id when a newer one has the same. */
static void book_number(struct nspi *session, struct nspi_book *book)
{
	struct nspi_card *card;
	unsigned int salt;

	array_foreach_modifiable(&book->cards, card) {
		salt = 0;
		do {
			card->mid = card_mid(book, card->name, salt++);
		} while (hash_table_lookup(session->cards,
					   POINTER_CAST(card->mid)) != NULL);
		hash_table_insert(session->cards, POINTER_CAST(card->mid),
				  card);
	}
}

static int book_read(struct nspi_call *call, struct nspi_book *book)
{
	struct book_reader reader = { .call = call, .book = book };
	struct store_point point;
	unsigned int order;
	int ret;

	i_zero(&point);
	reader.pool = pool_alloconly_create(MEMPOOL_GROWING"nspi book", 8192);
	p_array_init(&reader.cards, reader.pool, 64);
	ret = call->source->read(call->env, book->info.fid, &point,
				 book_read_item, &reader);
	if (ret < 0 && !book->info.foreign) {
		pool_unref(&reader.pool);
		return -1;
	}
	/* The old ones, if any, are not to be found by id while new ones get
	   theirs. */
	book_unload(book);
	session_cards_index(call->session);
	if (ret < 0)
		array_clear(&reader.cards);
	book->pool = reader.pool;
	book->point = point;
	book->cards = reader.cards;
	book_number(call->session, book);
	for (order = 0; order < NSPI_ORDERS; order++)
		book_sort(book, order);
	return 0;
}

int nspi_book_load(struct nspi_call *call, struct nspi_book *book)
{
	if (book->fresh)
		return 0;
	if (book->pool == NULL ||
	    !call->source->unchanged(call->env, book->info.fid, &book->point)) {
		if (book_read(call, book) < 0)
			return -1;
	}
	book->fresh = TRUE;
	return 0;
}

int nspi_books_load(struct nspi_call *call)
{
	struct nspi_book *book;

	if (nspi_books(call) < 0)
		return -1;
	array_foreach_elem(&call->session->books, book) {
		if (nspi_book_load(call, book) < 0)
			return -1;
	}
	return 0;
}

struct nspi_book *nspi_book_of_card(struct nspi_call *call,
				    const struct nspi_card *card)
{
	const struct nspi_card *cards;
	struct nspi_book *book;
	unsigned int count;

	array_foreach_elem(&call->session->books, book) {
		if (book->pool == NULL)
			continue;
		cards = array_get(&book->cards, &count);
		if (card >= cards && card < cards + count)
			return book;
	}
	i_unreached();
}
