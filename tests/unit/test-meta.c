/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* libdovetail-meta: every table's functions, and what the issue demands of them:
   many processes, kill -9, restored copies, large values, limits, migration.
   Built twice: for SQLite, and (TEST_PGSQL) for PostgreSQL, which it starts by
   itself through tests/e2e/dovetail_test/pgsql.py. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "randgen.h"
#ifdef TEST_PGSQL
#  include "meta-pgsql.h"
#  include <sys/socket.h>
#else
#  include "meta-private.h"
#endif

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[64];
static struct meta_location loc;
static struct meta_db *db;
static guid_128_t box1, box2;
static pool_t pool;

static struct meta_db *open_db(void)
{
	struct meta_db *opened;
	enum meta_error code;
	const char *error = "";

	ck_assert_msg(meta_db_open(&loc, META_OPEN_CREATE, &opened, &code,
				   &error) == 1, "%s", error);
	return opened;
}

static void close_db(void)
{
	meta_db_unref(&db);
	meta_db_close_unused();
}

static void setup(void)
{
	i_strocpy(dir, "/tmp/test-meta.XXXXXX", sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	i_zero(&loc);
	loc.dir = dir;
	loc.file_mode = 0640;
	loc.gid = (gid_t)-1;
#ifdef TEST_PGSQL
	loc.driver = "pgsql";
	loc.conninfo = getenv("DOVETAIL_META_PGSQL");
	loc.owner = dir;
#endif
	db = open_db();
	memset(box1, 1, sizeof(box1));
	memset(box2, 2, sizeof(box2));
	pool = pool_alloconly_create("test", 1024);
}

static void teardown(void)
{
	close_db();
	pool_unref(&pool);
	ck_assert_int_eq(system(t_strconcat("rm -rf ", dir, NULL)), 0);
}

static enum meta_error last_error(void)
{
	const char *text;

	return meta_db_error(db, &text);
}

static void commit(struct meta_txn *txn)
{
	const char *text = "";
	int ret = meta_txn_commit(&txn);

	if (ret < 0)
		(void)meta_db_error(db, &text);
	ck_assert_msg(ret == 0, "commit: %s", text);
}

static void set_item(const guid_128_t box, const char *key, const char *value)
{
	struct meta_txn *txn = meta_txn_begin(db);

	meta_item_set(txn, box, key, value, 0);
	commit(txn);
}

static void unset_item(const guid_128_t box, const char *key)
{
	struct meta_txn *txn = meta_txn_begin(db);

	meta_item_unset(txn, box, key, 0);
	commit(txn);
}

/* Deleted, and its tombstone too. */
static void purge_item(const guid_128_t box, const char *key)
{
	struct meta_txn *txn = meta_txn_begin(db);

	meta_item_unset(txn, box, key, 1000);
	commit(txn);
	ck_assert_int_eq(meta_db_purge(db, 3600), 0);
}

static const char *get_item(const guid_128_t box, const char *key)
{
	struct meta_item item;
	int ret = meta_item_get(db, box, key, pool, &item);

	ck_assert_int_ge(ret, 0);
	return ret == 0 ? NULL : item.value;
}

/* "key key -key" of what the iterator gives */
static const char *collect(struct meta_iter *iter)
{
	string_t *str = t_str_new(128);
	struct meta_item item;

	while (meta_iter_next(iter, &item)) {
		if (str_len(str) > 0)
			str_append_c(str, ' ');
		str_printfa(str, "%s%s", item.deleted ? "-" : "", item.key);
		if (item.value != NULL)
			str_printfa(str, "=%s", item.value);
	}
	ck_assert_int_eq(meta_iter_deinit(&iter), 0);
	return str_c(str);
}

static const char *changes(const guid_128_t box, uint64_t since)
{
	return collect(meta_item_changes_init(db, box, "", since, 0));
}

static uint64_t seq_of(const guid_128_t box)
{
	uint64_t seq;

	ck_assert_int_eq(meta_item_seq(db, box, &seq), 0);
	return seq;
}

static struct meta_folder_key own_key(const guid_128_t guid)
{
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };

	guid_128_copy(key.guid, guid);
	return key;
}

static uint32_t issue(const struct meta_folder_key *key)
{
	uint32_t fid;

	ck_assert_int_eq(meta_folder_issue(db, key, NULL, 1, &fid), 0);
	return fid;
}

/*
 * Items
 */

START_TEST(items)
{
	struct meta_item item;
	struct meta_txn *txn;

	ck_assert_ptr_null(get_item(box1, "a"));
	set_item(box1, "a", "one");
	set_item(box2, "a", "other");
	ck_assert_str_eq(get_item(box1, "a"), "one");
	ck_assert_str_eq(get_item(box2, "a"), "other");
	set_item(box1, "a", "");
	ck_assert_str_eq(get_item(box1, "a"), "");

	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "two", 1234);
	meta_item_set(txn, box1, "a", "three", 1235);
	commit(txn);
	ck_assert_int_eq(meta_item_get(db, box1, "a", pool, &item), 1);
	ck_assert_str_eq(item.value, "three");
	ck_assert_int_eq(item.last_change, 1235);

	txn = meta_txn_begin(db);
	meta_item_unset(txn, box1, "a", 1300);
	meta_item_unset(txn, box1, "never", 1301);
	commit(txn);
	ck_assert_int_eq(meta_item_get(db, box1, "a", pool, &item), 0);
	ck_assert(item.deleted);
	ck_assert_int_eq(item.last_change, 1300);
	ck_assert_int_eq(meta_item_get(db, box1, "never", pool, &item), 0);
	ck_assert(item.deleted);
	ck_assert_int_eq(meta_item_get(db, box1, "unknown", pool, &item), 0);
	ck_assert(!item.deleted);

	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "b", "no", 0);
	meta_txn_rollback(&txn);
	ck_assert_ptr_null(get_item(box1, "b"));
}
END_TEST

START_TEST(items_changes)
{
	uint64_t seq1, seq2;

	set_item(box1, "a", "1");
	set_item(box1, "b", "1");
	set_item(box1, "c", "1");
	seq1 = seq_of(box1);
	set_item(box2, "z", "1");
	ck_assert_uint_eq(seq_of(box1), seq1);
	ck_assert_str_eq(changes(box1, 0), "a b c");
	ck_assert_str_eq(changes(box1, seq1), "");
	set_item(box1, "a", "2");
	unset_item(box1, "b");
	set_item(box1, "a", "3");
	seq2 = seq_of(box1);
	ck_assert_uint_gt(seq2, seq1);
	ck_assert_str_eq(changes(box1, seq1), "-b a");
	ck_assert_str_eq(changes(box1, 0), "c -b a");
	ck_assert_str_eq(changes(box1, seq2), "");
	ck_assert_str_eq(changes(box2, 0), "z");
}
END_TEST

START_TEST(items_purge)
{
	struct meta_txn *txn = meta_txn_begin(db);
	uint64_t purged;

	meta_item_unset(txn, box1, "old", 1000);
	meta_item_unset(txn, box1, "new", 0);
	commit(txn);
	ck_assert_int_eq(meta_item_purged_seq(db, &purged), 0);
	ck_assert_uint_eq(purged, 0);
	ck_assert_int_eq(meta_db_purge(db, 3600), 0);
	ck_assert_str_eq(changes(box1, 0), "-new");
	ck_assert_int_eq(meta_item_purged_seq(db, &purged), 0);
	ck_assert_uint_eq(purged, 1);
}
END_TEST

START_TEST(items_iterate)
{
	struct meta_txn *txn = meta_txn_begin(db);
	struct meta_iter *iter;
	struct meta_item item;
	unsigned int i, n = 0;

	for (i = 0; i < 5000; i++) {
		meta_item_set(txn, box1, t_strdup_printf("item/%05u", i),
			      t_strdup_printf("v%u", i), 0);
	}
	meta_item_set(txn, box1, "item", "not below item/", 0);
	meta_item_set(txn, box1, "item0", "neither", 0);
	meta_item_unset(txn, box1, "item/00007", 0);
	commit(txn);

	iter = meta_item_iter_init(db, box1, "item/", 0);
	while (meta_iter_next(iter, &item)) {
		if (n == 7)
			n++;
		ck_assert_str_eq(item.key, t_strdup_printf("item/%05u", n));
		ck_assert_ptr_null(item.value);
		/* other calls are allowed between */
		if (n % 1000 == 0)
			set_item(box1, "other", "x");
		n++;
	}
	ck_assert_int_eq(meta_iter_deinit(&iter), 0);
	ck_assert_uint_eq(n, 5000);

	ck_assert_str_eq(collect(meta_item_iter_init(db, box1, "item/0000",
		META_ITER_VALUES | META_ITER_TOMBSTONES)),
		"item/00000=v0 item/00001=v1 item/00002=v2 item/00003=v3 "
		"item/00004=v4 item/00005=v5 item/00006=v6 -item/00007 "
		"item/00008=v8 item/00009=v9");
	ck_assert_str_eq(collect(meta_item_iter_init(db, box2, "", 0)), "");
}
END_TEST

/* Batches end early on large values, and go on where they ended. */
START_TEST(items_iterate_large)
{
	char *value = malloc(200001);
	struct meta_iter *iter;
	struct meta_item item;
	unsigned int i, n = 0;

	memset(value, 'v', 200000);
	value[200000] = '\0';
	for (i = 0; i < 12; i++)
		set_item(box1, t_strdup_printf("k%02u", i), value);
	iter = meta_item_changes_init(db, box1, "", 0, META_ITER_VALUES);
	while (meta_iter_next(iter, &item)) {
		ck_assert_str_eq(item.key, t_strdup_printf("k%02u", n++));
		ck_assert_uint_eq(strlen(item.value), 200000);
	}
	ck_assert_int_eq(meta_iter_deinit(&iter), 0);
	ck_assert_uint_eq(n, 12);
	free(value);
}
END_TEST

START_TEST(items_60mb)
{
	const size_t size = 60 * 1024 * 1024;
	char *value = malloc(size + 1);
	const char *got;

	memset(value, 'x', size);
	memcpy(value, "begin", 5);
	memcpy(value + size - 3, "end", 3);
	value[size] = '\0';
	set_item(box1, "big", value);
	got = get_item(box1, "big");
	ck_assert(memcmp(got, value, size + 1) == 0);
#ifndef TEST_PGSQL
	struct stat st;

	/* the log does not keep its size for ever */
	set_item(box1, "small", "1");
	set_item(box1, "small", "2");
	ck_assert_int_eq(stat(t_strconcat(dir, "/" META_DB_NAME "-wal", NULL),
			      &st), 0);
	ck_assert_int_lt(st.st_size, 8 * 1024 * 1024);
#endif
	free(value);
}
END_TEST

/*
 * Entries
 */

/* A name of the right length that ends in these letters */
#define ITEM_NAME(end) \
	(&("00000000000000000000000000000000" end)[sizeof(end) - 1])
#define ITEM_KEY(end) t_strconcat(META_KEY_ITEM, ITEM_NAME(end), NULL)
#define EXTRA_KEY(end) t_strconcat(ITEM_KEY(end), META_ITEM_EXTRA, NULL)

/* "num+ num- ..." in (since, end] */
static const char *entry_changes(uint64_t since)
{
	ARRAY_TYPE(meta_entry_change) found;
	const struct meta_entry_change *change;
	string_t *str = t_str_new(64);

	t_array_init(&found, 8);
	ck_assert_int_eq(meta_entry_changes(db, box1, since, INT64_MAX,
					    &found), 0);
	array_foreach(&found, change) {
		str_printfa(str, "%u%c ", change->num,
			    change->deleted ? '-' : '+');
	}
	return str_c(str);
}

START_TEST(entries)
{
	struct meta_entry entry;
	ARRAY_TYPE(seq_range) nums;
	uint64_t seq;

	/* number 1 is that of the row before it */
	set_item(box1, META_KEY_FOLDER "class", "calendar");
	set_item(box1, ITEM_KEY("a"), "text");
	set_item(box1, ITEM_KEY("b"), "text b");
	set_item(box1, META_KEY_ITEM "short", "no entry");
	set_item(box1, EXTRA_KEY("x"), "nobody's");
	set_item(box2, ITEM_KEY("a"), "other folder");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("a"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 2);
	ck_assert_str_eq(entry.name, ITEM_NAME("a"));
	ck_assert_str_eq(entry.text, "text");
	ck_assert_ptr_null(entry.extra);
	seq = seq_of(box1);
	ck_assert_uint_lt(entry.seq, seq);

	set_item(box1, EXTRA_KEY("a"), "k=v\n");
	ck_assert_int_eq(meta_entry_get(db, box1, 2, pool, &entry), 1);
	ck_assert_str_eq(entry.extra, "k=v\n");
	ck_assert_uint_eq(entry.seq, seq_of(box1));
	ck_assert_str_eq(entry_changes(seq), "2+ ");
	ck_assert_str_eq(entry_changes(0), "2+ 3+ ");
	ck_assert_int_eq(meta_entry_get(db, box2, 2, pool, &entry), 0);
	ck_assert_int_eq(meta_entry_get(db, box1, 1, pool, &entry), 0);
	t_array_init(&nums, 4);
	ck_assert_int_eq(meta_entry_nums(db, box1, &nums), 0);
	ck_assert_uint_eq(seq_range_count(&nums), 2);

	seq = seq_of(box1);
	unset_item(box1, ITEM_KEY("a"));
	ck_assert_int_eq(meta_entry_get(db, box1, 2, pool, &entry), 0);
	ck_assert_str_eq(entry_changes(seq), "2- ");
	/* back again under the number that its tombstone kept */
	set_item(box1, ITEM_KEY("a"), "again");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("a"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 2);
	/* without its tombstone it is another one */
	purge_item(box1, ITEM_KEY("a"));
	set_item(box1, ITEM_KEY("a"), "new");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("a"), pool,
					 &entry), 1);
	ck_assert_uint_gt(entry.num, 6);
}
END_TEST

static const char *run_of(uint32_t num1, uint32_t num2, bool backwards,
			  uint32_t *last_r)
{
	ARRAY_TYPE(meta_entry) entries;
	const struct meta_entry *entry;
	string_t *str = t_str_new(64);

	t_array_init(&entries, 8);
	ck_assert_int_eq(meta_entry_run(db, box1, num1, num2, backwards, pool,
					&entries, last_r), 0);
	array_foreach(&entries, entry) {
		str_printfa(str, "%u:%zu:%s ", entry->num, entry->text_size,
			    entry->extra == NULL ? "-" : entry->extra);
	}
	return str_c(str);
}

START_TEST(entries_run)
{
	char *large = p_malloc(pool, 100 * 1024 + 1);
	uint32_t last;
	unsigned int i;

	memset(large, 'x', 100 * 1024);
	set_item(box1, ITEM_KEY("a"), "1");		/* 1 */
	set_item(box1, EXTRA_KEY("a"), "extra");	/* 2 */
	set_item(box2, ITEM_KEY("b"), "other folder");	/* 3 */
	set_item(box1, ITEM_KEY("c"), "");		/* 4 */
	set_item(box1, ITEM_KEY("d"), large);		/* 5 */
	set_item(box1, META_KEY_ITEM "odd", "1");	/* 6 */
	set_item(box1, ITEM_KEY("e"), "12345");		/* 7 */
	set_item(box1, ITEM_KEY("f"), "gone");		/* 8 */
	unset_item(box1, ITEM_KEY("f"));
	ck_assert_str_eq(run_of(1, 100, FALSE, &last), "1:1:extra 4:0:- ");
	ck_assert_uint_eq(last, 4);
	ck_assert_str_eq(run_of(5, 100, FALSE, &last), "5:102400:- ");
	ck_assert_uint_eq(last, 5);
	ck_assert_str_eq(run_of(6, 100, FALSE, &last), "7:5:- ");
	ck_assert_uint_eq(last, 100);
	ck_assert_str_eq(run_of(1, 100, TRUE, &last), "7:5:- ");
	ck_assert_uint_eq(last, 7);
	ck_assert_str_eq(run_of(1, 4, TRUE, &last), "4:0:- 1:1:extra ");
	ck_assert_uint_eq(last, 1);
	ck_assert_str_eq(run_of(8, 9, FALSE, &last), "");
	ck_assert_uint_eq(last, 9);
	for (i = 0; i < 100; i++)
		set_item(box1, t_strdup_printf("%s%032u", META_KEY_ITEM, i), "x");
	(void)run_of(9, 1000, FALSE, &last);
	ck_assert_uint_eq(last, 40);
	(void)run_of(9, 108, TRUE, &last);
	ck_assert_uint_eq(last, 77);
}
END_TEST

START_TEST(entries_expect)
{
	struct meta_entry_id id;
	struct meta_txn *txn = meta_txn_begin(db);

	meta_entry_expect(txn, box1, ITEM_KEY("a"), 0);
	meta_item_set(txn, box1, ITEM_KEY("a"), "1", 0);
	meta_item_set(txn, box1, EXTRA_KEY("a"), "k=v\n", 0);
	meta_entry_result(txn, box1, ITEM_KEY("a"), &id);
	commit(txn);
	ck_assert_uint_eq(id.num, 1);
	ck_assert_uint_eq(id.seq, seq_of(box1));

	txn = meta_txn_begin(db);
	meta_entry_expect(txn, box1, ITEM_KEY("a"), 0);
	meta_item_set(txn, box1, ITEM_KEY("a"), "2", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_CONFLICT);
	txn = meta_txn_begin(db);
	meta_entry_expect(txn, box1, ITEM_KEY("a"), id.seq - 1);
	meta_item_set(txn, box1, ITEM_KEY("a"), "2", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_str_eq(get_item(box1, ITEM_KEY("a")), "1");
	txn = meta_txn_begin(db);
	meta_entry_expect(txn, box1, ITEM_KEY("a"), id.seq);
	meta_item_unset(txn, box1, ITEM_KEY("a"), 0);
	commit(txn);
	/* deleted: neither the old one nor a number of its own */
	txn = meta_txn_begin(db);
	meta_entry_expect(txn, box1, ITEM_KEY("a"), seq_of(box1));
	meta_item_set(txn, box1, ITEM_KEY("a"), "2", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	txn = meta_txn_begin(db);
	meta_entry_expect(txn, box1, ITEM_KEY("a"), 0);
	meta_item_set(txn, box1, ITEM_KEY("a"), "3", 0);
	commit(txn);
}
END_TEST

/* Who knows the folder that stays keeps its numbers. */
START_TEST(entries_merge)
{
	struct meta_folder_key key1 = own_key(box1), key2 = own_key(box2);
	struct meta_txn *txn = meta_txn_begin(db);
	struct meta_entry entry;
	uint64_t seq;

	meta_item_set(txn, box1, ITEM_KEY("a"), "old", 100);
	meta_item_set(txn, box1, ITEM_KEY("b"), "newer", 300);
	meta_item_set(txn, box2, ITEM_KEY("a"), "new", 200);
	meta_item_set(txn, box2, ITEM_KEY("b"), "older", 200);
	meta_item_set(txn, box2, ITEM_KEY("c"), "theirs", 200);
	commit(txn);
	seq = seq_of(box1);
	txn = meta_txn_begin(db);
	meta_folder_rekey(txn, &key1, &key2);
	commit(txn);
	ck_assert_int_eq(meta_entry_find(db, box2, ITEM_NAME("a"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 1);
	ck_assert_str_eq(entry.text, "new");
	ck_assert_uint_gt(entry.seq, seq);
	ck_assert_int_eq(meta_entry_find(db, box2, ITEM_NAME("b"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 2);
	ck_assert_str_eq(entry.text, "newer");
	ck_assert_int_eq(meta_entry_find(db, box2, ITEM_NAME("c"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 5);
}
END_TEST

START_TEST(props)
{
	ARRAY_TYPE(meta_prop) list;
	const struct meta_prop *prop;
	uint64_t stamp, later;

	ck_assert_int_eq(meta_props_stamp(db, &stamp), 0);
	set_item(box1, META_KEY_FOLDER "class", "calendar");
	set_item(box1, META_KEY_FOLDER "role", "calendar");
	set_item(box2, META_KEY_FOLDER "class", "contacts");
	ck_assert_int_eq(meta_props_stamp(db, &later), 0);
	ck_assert_uint_gt(later, stamp);
	set_item(box1, ITEM_KEY("a"), "1");
	unset_item(box1, META_KEY_FOLDER "role");
	ck_assert_int_eq(meta_props_stamp(db, &stamp), 0);
	ck_assert_uint_eq(stamp, later + 1);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_props_list(db, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 2);
	prop = array_front(&list);
	ck_assert_str_eq(prop[0].name, "class");
	ck_assert_str_eq(prop[0].value, "calendar");
	ck_assert(guid_128_equals(prop[1].guid, box2));
	ck_assert_str_eq(prop[1].value, "contacts");
}
END_TEST

/*
 * Index: texts are "first last words"
 */

static unsigned int indexed;

static void index_func(void *context ATTR_UNUSED,
		       const struct meta_entry *entry, pool_t p,
		       struct meta_index_row *row_r)
{
	char words[64] = "";
	int first, last;

	indexed++;
	if (sscanf(entry->text, "%d %d %63[^\n]", &first, &last, words) < 2) {
		row_r->first = INT64_MIN;
		row_r->last = INT64_MAX;
		return;
	}
	row_r->first = first;
	row_r->last = last;
	row_r->marks = last - first;
	row_r->sort = p_strdup(p, words);
	row_r->words = p_strconcat(p, " ", words, NULL);
}

static const char *index_range(unsigned int version, int64_t start, int64_t end)
{
	struct meta_index *index;
	ARRAY_TYPE(seq_range) nums;
	struct seq_range_iter iter;
	string_t *str = t_str_new(64);
	unsigned int n = 0;
	uint32_t num;

	indexed = 0;
	t_array_init(&nums, 8);
	if (meta_index_open(db, box1, version, index_func, NULL, &index) < 0)
		ck_abort_msg("%s", str_c(db->error));
	ck_assert_int_eq(meta_index_range(index, start, end, &nums), 0);
	meta_index_close(&index);
	seq_range_array_iter_init(&iter, &nums);
	while (seq_range_array_iter_nth(&iter, n++, &num))
		str_printfa(str, "%u ", num);
	return str_c(str);
}

static const char *index_search(const char *query)
{
	struct meta_index *index;
	ARRAY_TYPE(meta_index_hit) hits;
	const struct meta_index_hit *hit;
	string_t *str = t_str_new(64);

	p_array_init(&hits, pool, 8);
	ck_assert_int_eq(meta_index_open(db, box1, 1, index_func, NULL,
					 &index), 0);
	ck_assert_int_eq(meta_index_search(index, t_strsplit(query, " "), pool,
					   &hits), 0);
	meta_index_close(&index);
	array_foreach(&hits, hit)
		str_printfa(str, "%u ", hit->num);
	return str_c(str);
}

START_TEST(index_updates)
{
	set_item(box1, ITEM_KEY("1"), "10 20 anna smith");
	set_item(box1, ITEM_KEY("2"), "15 30 bob smithers");
	set_item(box1, ITEM_KEY("3"), "no time");
	set_item(box2, ITEM_KEY("4"), "10 20 other folder");
	ck_assert_str_eq(index_range(1, 0, 10), "3 ");
	ck_assert_uint_eq(indexed, 3);
	ck_assert_str_eq(index_range(1, 0, 11), "1 3 ");
	ck_assert_uint_eq(indexed, 0);
	ck_assert_str_eq(index_range(1, 19, 20), "1 2 3 ");
	ck_assert_str_eq(index_range(1, 20, 40), "2 3 ");
	ck_assert_str_eq(index_range(1, 30, INT64_MAX), "3 ");
	/* what changed, and nothing else */
	set_item(box1, ITEM_KEY("1"), "100 110 anna jones");
	unset_item(box1, ITEM_KEY("2"));
	set_item(box1, EXTRA_KEY("3"), "x=y");
	ck_assert_str_eq(index_range(1, 0, 50), "3 ");
	ck_assert_uint_eq(indexed, 2);
	ck_assert_str_eq(index_range(1, 105, 106), "1 3 ");
	/* a better program makes it anew, an older one takes it as it is */
	ck_assert_str_eq(index_range(2, 105, 106), "1 3 ");
	ck_assert_uint_eq(indexed, 2);
	ck_assert_str_eq(index_range(1, 105, 106), "1 3 ");
	ck_assert_uint_eq(indexed, 0);
	/* purged before the index heard of it */
	purge_item(box1, ITEM_KEY("1"));
	ck_assert_str_eq(index_range(1, 105, 106), "3 ");
}
END_TEST

START_TEST(index_words)
{
	set_item(box1, ITEM_KEY("1"), "1 2 anna smith");
	set_item(box1, ITEM_KEY("2"), "1 2 bob smithers 50% a_b");
	ck_assert_str_eq(index_search("smith"), "1 2 ");
	ck_assert_str_eq(index_search("smithe"), "2 ");
	ck_assert_str_eq(index_search("b smith"), "2 ");
	ck_assert_str_eq(index_search("mith"), "");
	ck_assert_str_eq(index_search("50%"), "2 ");
	ck_assert_str_eq(index_search("5%"), "");
	ck_assert_str_eq(index_search("a_"), "2 ");
	ck_assert_str_eq(index_search("a_n"), "");
}
END_TEST

/* Many: in several transactions; and nothing twice. */
START_TEST(index_many)
{
	struct meta_txn *txn = meta_txn_begin(db);
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		meta_item_set(txn, box1, t_strdup_printf("%s%032u",
			META_KEY_ITEM, i), t_strdup_printf("%u %u w%u", i,
			i + 1, i), 0);
	}
	commit(txn);
	ck_assert_str_eq(index_range(1, 1500, 1502), "1501 1502 ");
	ck_assert_uint_eq(indexed, 2000);
	ck_assert_str_eq(index_search("w777"), "778 ");
}
END_TEST

/* Who may only read derives what is missing. */
START_TEST(index_readonly)
{
	set_item(box1, ITEM_KEY("1"), "10 20 anna");
	set_item(box1, ITEM_KEY("2"), "10 20 bob");
	ck_assert_str_eq(index_range(1, 0, 100), "1 2 ");
	set_item(box1, ITEM_KEY("1"), "200 210 anna");
	unset_item(box1, ITEM_KEY("2"));
	set_item(box1, ITEM_KEY("3"), "10 20 carla");
	db->readonly = TRUE;
	ck_assert_str_eq(index_range(1, 0, 100), "3 ");
	ck_assert_uint_eq(indexed, 2);
	ck_assert_str_eq(index_search("anna"), "1 ");
	ck_assert_str_eq(index_search("bob"), "");
	/* one of another version is of no use */
	ck_assert_str_eq(index_range(5, 0, 1000), "1 3 ");
	db->readonly = FALSE;
}
END_TEST

START_TEST(items_limit)
{
	struct meta_txn *txn;
	unsigned int i;

	close_db();
	loc.set.max_items = 3;
	loc.set.max_item_bytes = 100;
	db = open_db();
	for (i = 0; i < 3; i++)
		set_item(box1, t_strdup_printf(META_KEY_ITEM"%u", i), "0123456789");
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, META_KEY_ITEM"0", "changed", 0);
	meta_item_set(txn, box1, META_KEY_ITEM"4", "new", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_NOSPACE);
	ck_assert_str_eq(get_item(box1, META_KEY_ITEM"0"), "0123456789");
	/* devices and folders are not meant */
	set_item(box1, META_KEY_DEVICE"61", "status allow");
	set_item(box1, META_KEY_FOLDER"class", "notes");
	/* replacing and removing go on */
	set_item(box1, META_KEY_ITEM"0", "changed");
	unset_item(box1, META_KEY_ITEM"1");
	set_item(box1, META_KEY_ITEM"4", "new");
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, META_KEY_ITEM"4", t_strconcat(
		"0123456789012345678901234567890123456789012345678901234567890",
		"0123456789012345678901234567890123456789", NULL), 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_NOSPACE);
}
END_TEST

/*
 * Folders and identities
 */

START_TEST(folders)
{
	struct meta_folder_key keys[4], key;
	const char *paths[4] = { "INBOX", "Cal", NULL, NULL };
	uint32_t fids[4], again[4], fid;
	struct meta_folder folder;
	ARRAY_TYPE(meta_folder) list;
	struct meta_txn *txn;

	i_zero(&keys);
	keys[0] = own_key(box1);
	keys[1] = own_key(box2);
	keys[2] = own_key(box1);
	keys[2].kind = META_FOLDER_FOREIGN;
	keys[2].owner = "bob/with/slash@example.org";
	keys[3].kind = META_FOLDER_NAME;
	keys[3].name = "Projekte/\xc3\xa4";
	ck_assert_int_eq(meta_folder_issue(db, keys, paths, 4, fids), 0);
	ck_assert_uint_eq(fids[0], 1);
	ck_assert_uint_eq(fids[3], 4);
	ck_assert_int_eq(meta_folder_issue(db, keys, paths, 4, again), 0);
	ck_assert_mem_eq(fids, again, sizeof(fids));
	ck_assert_int_eq(meta_folder_lookup(db, &keys[2], &fid), 1);
	ck_assert_uint_eq(fid, 3);

	ck_assert_int_eq(meta_folder_get(db, 3, pool, &folder), 1);
	ck_assert_int_eq(folder.key.kind, META_FOLDER_FOREIGN);
	ck_assert_str_eq(folder.key.owner, keys[2].owner);
	ck_assert(guid_128_equals(folder.key.guid, box1));
	ck_assert_int_eq(meta_folder_get(db, 4, pool, &folder), 1);
	ck_assert_str_eq(folder.key.name, keys[3].name);
	ck_assert_int_eq(meta_folder_get(db, 1, pool, &folder), 1);
	ck_assert_str_eq(folder.path, "INBOX");
	ck_assert_int_eq(meta_folder_get(db, 99, pool, &folder), 0);

	/* renamed */
	key = keys[3];
	key.name = "Projects";
	txn = meta_txn_begin(db);
	meta_folder_rekey(txn, &keys[3], &key);
	meta_folder_set_path(txn, &keys[1], "Calendar");
	commit(txn);
	ck_assert_int_eq(meta_folder_lookup(db, &key, &fid), 1);
	ck_assert_uint_eq(fid, 4);
	ck_assert_int_eq(meta_folder_lookup(db, &keys[3], &fid), 0);
	ck_assert_int_eq(meta_folder_get(db, 2, pool, &folder), 1);
	ck_assert_str_eq(folder.path, "Calendar");

	/* deleted: the number is never given out again */
	txn = meta_txn_begin(db);
	meta_folder_forget(txn, &keys[1]);
	commit(txn);
	ck_assert_int_eq(meta_folder_lookup(db, &keys[1], &fid), 0);
	ck_assert_int_eq(meta_folder_get(db, 2, pool, &folder), 1);
	ck_assert(folder.dead);
	ck_assert_uint_eq(issue(&keys[1]), 5);
	p_array_init(&list, pool, 8);
	ck_assert_int_eq(meta_folder_list(db, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 4);
}
END_TEST

START_TEST(folders_rekey_merge)
{
	struct meta_folder_key key1 = own_key(box1), key2 = own_key(box2);
	struct meta_txn *txn = meta_txn_begin(db);
	uint32_t fid;
	uint64_t seq;

	meta_item_set(txn, box1, META_KEY_ITEM "mine", "1", 100);
	meta_item_set(txn, box1, META_KEY_ITEM "both", "old", 100);
	meta_item_set(txn, box1, META_KEY_ITEM "kept", "newer", 300);
	meta_item_set(txn, box2, META_KEY_ITEM "both", "new", 200);
	meta_item_set(txn, box2, META_KEY_ITEM "kept", "older", 200);
	meta_item_set(txn, box2, META_KEY_ITEM "theirs", "2", 100);
	commit(txn);
	seq = seq_of(box1);
	txn = meta_txn_begin(db);
	meta_folder_rekey(txn, &key1, &key2);
	commit(txn);
	ck_assert_int_eq(meta_folder_lookup(db, &key1, &fid), 0);
	ck_assert_int_eq(meta_folder_lookup(db, &key2, &fid), 1);
	ck_assert_uint_eq(fid, 1);
	ck_assert_str_eq(get_item(box2, META_KEY_ITEM "mine"), "1");
	ck_assert_str_eq(get_item(box2, META_KEY_ITEM "both"), "new");
	ck_assert_str_eq(get_item(box2, META_KEY_ITEM "kept"), "newer");
	ck_assert_str_eq(get_item(box2, META_KEY_ITEM "theirs"), "2");
	/* a device that knew folder 1 learns what came in */
	ck_assert_str_eq(changes(box2, seq), META_KEY_ITEM "both " META_KEY_ITEM "theirs");
	/* counters are right: the limit still holds */
	close_db();
	loc.set.max_items = 4;
	db = open_db();
	txn = meta_txn_begin(db);
	meta_item_set(txn, box2, META_KEY_ITEM "fifth", "x", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	unset_item(box2, META_KEY_ITEM "mine");
	set_item(box2, META_KEY_ITEM "fifth", "x");
}
END_TEST

START_TEST(identities)
{
	struct meta_folder_key key1 = own_key(box1);
	uint32_t fid = issue(&key1), a, b, c, d, got_fid, uidv;
	uint64_t first, next;
	uint8_t block;
	struct meta_txn *txn;

	ck_assert_int_eq(meta_idspace_issue(db, fid, 1000, 0, &a), 0);
	ck_assert_int_eq(meta_idspace_issue(db, fid, 1001, 0, &b), 0);
	ck_assert_int_eq(meta_idspace_issue(db, fid, 1001, 1, &c), 0);
	ck_assert_int_eq(meta_idspace_issue(db, fid, 1000, 0, &d), 0);
	ck_assert_uint_eq(a, 1);
	ck_assert_uint_eq(b, 2);
	ck_assert_uint_eq(c, 3);
	ck_assert_uint_eq(d, a);
	ck_assert_int_eq(meta_idspace_get(db, c, &got_fid, &uidv, &block), 1);
	ck_assert_uint_eq(got_fid, fid);
	ck_assert_uint_eq(uidv, 1001);
	ck_assert_uint_eq(block, 1);
	ck_assert_int_eq(meta_idspace_get(db, 77, &got_fid, &uidv, &block), 0);

	ck_assert_int_eq(meta_counter_take(db, META_COUNTER_ITEM, 1, &first), 0);
	ck_assert_uint_eq(first, META_OID_ITEM_FIRST);
	ck_assert_int_eq(meta_counter_take(db, META_COUNTER_CLIENT, 65536,
					   &first), 0);
	ck_assert_int_eq(meta_counter_take(db, META_COUNTER_CLIENT, 1, &next), 0);
	ck_assert_uint_eq(next, first + 65536);
	/* the partition has no overlap */
	ck_assert_uint_lt(META_OID_FOLDER(META_FID_LAST), META_OID_MAIL(1, 0));
	ck_assert_uint_eq(META_OID_FOLDER(META_FID_LAST), META_OID_FOLDER_LAST);
	ck_assert_uint_lt(META_OID_MAIL(META_IDSPACE_LAST, 0xffffff),
			  META_OID_ITEM_FIRST);
	ck_assert_uint_lt(META_OID_ITEM_LAST, META_OID_CLIENT_FIRST);
	ck_assert_uint_lt(META_OID_CLIENT_LAST, UINT64_C(1) << 48);

	txn = meta_txn_begin(db);
	meta_folder_forget(txn, &key1);
	commit(txn);
	ck_assert_int_eq(meta_idspace_get(db, a, &got_fid, &uidv, &block), 0);
	ck_assert_int_eq(meta_idspace_issue(db, issue(&key1), 1000, 0, &d), 0);
	ck_assert_uint_eq(d, 4);
}
END_TEST

static struct meta_mail_id mail_id(uint32_t idspace, uint32_t uid)
{
	struct meta_mail_id id = { idspace, uid };

	return id;
}

static const char *where(uint32_t idspace, uint32_t uid)
{
	struct meta_mail_id id = mail_id(idspace, uid), now;
	int ret = meta_alias_current(db, &id, &now);

	ck_assert_int_ge(ret, 0);
	return ret == 0 ? "" : t_strdup_printf("%u/%u", now.idspace, now.uid);
}

static void alias(uint32_t s1, uint32_t u1, uint32_t s2, uint32_t u2)
{
	struct meta_mail_id object = mail_id(s1, u1), now = mail_id(s2, u2);
	struct meta_txn *txn = meta_txn_begin(db);

	meta_alias_set(txn, &object, &now);
	commit(txn);
}

START_TEST(aliases)
{
	struct meta_mail_id now, object;
	ARRAY_TYPE(meta_alias) found;
	struct meta_txn *txn;

	alias(1, 5, 1, 9);
	ck_assert_str_eq(where(1, 5), "1/9");
	now = mail_id(1, 9);
	ck_assert_int_eq(meta_alias_object(db, &now, &object), 1);
	ck_assert_uint_eq(object.uid, 5);
	/* saved again, then moved to another folder: still the first id */
	alias(object.idspace, object.uid, 1, 12);
	alias(object.idspace, object.uid, 7, 3);
	ck_assert_str_eq(where(1, 5), "7/3");
	ck_assert_int_eq(meta_alias_object(db, &now, &object), 0);
	alias(1, 6, 1, 13);
	p_array_init(&found, pool, 4);
	ck_assert_int_eq(meta_alias_range(db, 1, 1, UINT32_MAX, &found), 0);
	ck_assert_uint_eq(array_count(&found), 1);
	ck_assert_uint_eq((array_idx(&found, 0))->object.uid, 6);
	/* another object takes the place */
	alias(1, 8, 1, 13);
	ck_assert_str_eq(where(1, 6), "");
	/* back where it began: no alias needed */
	alias(1, 8, 1, 8);
	ck_assert_str_eq(where(1, 8), "");
	txn = meta_txn_begin(db);
	now = mail_id(7, 3);
	meta_alias_drop(txn, &now);
	commit(txn);
	ck_assert_str_eq(where(1, 5), "");
}
END_TEST

START_TEST(change_numbers)
{
	struct meta_change change = {
		.oid = 0x1000001, .fid = 1, .change_key = "xid",
		.change_key_size = 3, .pcl = "pcl!", .pcl_size = 4,
	}, got;
	ARRAY_TYPE(meta_change) list;
	uint64_t cn;
	struct meta_txn *txn = meta_txn_begin(db);

	meta_change_bump(txn, 0x1000001, 1, META_CHANGE_CONTENT);
	meta_change_bump(txn, 0x1000002, 1, META_CHANGE_CONTENT);
	meta_change_bump(txn, 0x1000001, 1, META_CHANGE_READ);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 1);
	ck_assert_uint_eq(got.cn, 1);
	ck_assert_uint_eq(got.read_cn, 3);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_change_since(db, 1, 1, 0, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 2);
	ck_assert_uint_eq((array_idx(&list, 0))->oid, 0x1000002);
	array_clear(&list);
	ck_assert_int_eq(meta_change_since(db, 1, 0, 1, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 1);

	change.cn = 2;
	txn = meta_txn_begin(db);
	meta_change_set(txn, &change);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 1);
	ck_assert_uint_eq(got.change_key_size, 3);
	ck_assert_mem_eq(got.pcl, "pcl!", 4);
	/* a read flag keeps both, a change the PCL: what it came after */
	txn = meta_txn_begin(db);
	meta_change_bump(txn, 0x1000001, 1, META_CHANGE_READ);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 1);
	ck_assert_uint_eq(got.change_key_size, 3);
	txn = meta_txn_begin(db);
	meta_change_bump(txn, 0x1000001, 1, META_CHANGE_CONTENT);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 1);
	ck_assert_ptr_null(got.change_key);
	ck_assert_mem_eq(got.pcl, "pcl!", 4);
	ck_assert_int_eq(meta_change_current(db, &cn), 0);
	ck_assert_uint_eq(cn, 5);
	/* what a client says leaves the numbers as they are */
	txn = meta_txn_begin(db);
	change.cn = 0;
	meta_change_sign(txn, &change);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 1);
	ck_assert_uint_eq(got.cn, 5);
	ck_assert_mem_eq(got.change_key, "xid", 3);
	txn = meta_txn_begin(db);
	meta_change_unset(txn, 0x1000001);
	commit(txn);
	ck_assert_int_eq(meta_change_get(db, 0x1000001, pool, &got), 0);
}
END_TEST

/*
 * Objects, blobs, ids that clients chose, names
 */

#define OBJ_NAME(c) "0123456789abcdef0123456789abcde" c
#define OBJ(c) META_KEY_OBJECT OBJ_NAME(c)
#define SPECIAL META_KEY_SPECIAL "1f/object/"

START_TEST(objects)
{
	ARRAY_TYPE(meta_object) list;
	ARRAY_TYPE(meta_entry_change) changes;
	ARRAY_TYPE(meta_total) totals;
	const struct meta_object *o;
	struct meta_object got;
	const struct meta_total *total;
	const char *key;
	guid_128_t guid;
	uint64_t since;

	set_item(box1, OBJ("a"), "YWJj");
	set_item(box1, OBJ("a") "/extra", "a\t3\tk");
	set_item(box1, OBJ("b"), "YWJjZGVm");
	set_item(box1, OBJ("b") "/extra", "n\t6\tk");
	set_item(box1, SPECIAL OBJ_NAME("a"), "YWJj");
	set_item(box1, SPECIAL OBJ_NAME("a") "/extra", "a\t3\tx");
	set_item(box2, ITEM_KEY("a"), "text");
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_object_list(db, box1, META_KEY_OBJECT, pool,
					  &list), 0);
	ck_assert_uint_eq(array_count(&list), 2);
	o = array_idx(&list, 1);
	ck_assert_str_eq(o->index, "n\t6\tk");
	ck_assert_str_eq(o->name, OBJ_NAME("b"));
	ck_assert_int_eq(meta_object_get(db, box1, META_KEY_OBJECT, o->num,
					 pool, &got), 1);
	ck_assert_str_eq(got.value, "YWJjZGVm");
	ck_assert_uint_eq(got.seq, o->seq);
	ck_assert_int_eq(meta_object_get(db, box1, SPECIAL, o->num, pool, &got),
			 0);
	ck_assert_int_eq(meta_number_find(db, o->num, pool, guid, &key), 1);
	ck_assert_str_eq(key, OBJ("b"));
	ck_assert(guid_128_equals(guid, box1));
	/* deletions are told, of this prefix only */
	ck_assert_int_eq(meta_item_seq(db, box1, &since), 0);
	unset_item(box1, OBJ("a"));
	unset_item(box1, OBJ("a") "/extra");
	set_item(box1, SPECIAL OBJ_NAME("a"), "eHh4");
	p_array_init(&changes, pool, 4);
	ck_assert_int_eq(meta_object_changes(db, box1, META_KEY_OBJECT, since,
					     INT64_MAX, &changes), 0);
	ck_assert_uint_eq(array_count(&changes), 1);
	ck_assert((array_idx(&changes, 0))->deleted);
	ck_assert_int_eq(meta_number_find(db, (array_idx(&changes, 0))->num,
					  pool, guid, &key), 0);
	p_array_init(&totals, pool, 4);
	ck_assert_int_eq(meta_totals(db, pool, &totals), 0);
	ck_assert_uint_eq(array_count(&totals), 3);
	array_foreach(&totals, total) {
		ck_assert_uint_eq(total->count, 1);
		ck_assert_uint_eq(total->size,
				  total->mark == 'n' ? 8 : 4);
		ck_assert(total->mark != '\0' ||
			  strcmp(total->prefix, META_KEY_ITEM) == 0);
	}
}
END_TEST

START_TEST(blobs)
{
	ARRAY_TYPE(meta_blob) list;
	const struct meta_blob *blob;
	uint64_t stamp, now;

	ck_assert_int_eq(meta_blobs_stamp(db, &stamp), 0);
	set_item(box1, META_KEY_BLOB "a", "abc");
	set_item(box1, META_KEY_SPECIAL "1f/blob/b", "abcdef");
	set_item(box1, SPECIAL OBJ_NAME("a"), "x");
	ck_assert_int_eq(meta_blobs_stamp(db, &now), 0);
	ck_assert_uint_eq(now, stamp + 2);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_blobs_list(db, 4, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 2);
	blob = array_idx(&list, 0);
	ck_assert_str_eq(blob->key, "blob/a");
	ck_assert_str_eq(blob->value, "abc");
	blob = array_idx(&list, 1);
	ck_assert_str_eq(blob->key, "special/1f/blob/b");
	ck_assert_ptr_null(blob->value);
	ck_assert_uint_eq(blob->value_size, 6);
}
END_TEST

START_TEST(given_ids)
{
	struct meta_given given = { 1, 2, 0xe00000000001, 0x1000005, 7 }, got;
	struct meta_folder_key key = { .kind = META_FOLDER_MAILBOX };
	ARRAY_TYPE(meta_given) list;
	ARRAY_TYPE(seq_range) uids;
	struct meta_txn *txn = meta_txn_begin(db);
	uint32_t fid, space;

	meta_given_set(txn, &given);
	/* another id for the same, and the same for another */
	given.counter++;
	meta_given_set(txn, &given);
	given.key++;
	meta_given_set(txn, &given);
	commit(txn);
	ck_assert_int_eq(meta_given_of(db, 0x1000005, &got), 0);
	ck_assert_int_eq(meta_given_of(db, 0x1000006, &got), 1);
	ck_assert_uint_eq(got.counter, 0xe00000000002);
	got.counter = 0xe00000000001;
	ck_assert_int_eq(meta_given_find(db, &got), 0);
	ck_assert_int_eq(meta_given_find(db, &given), 1);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_given_list(db, 7, &list), 0);
	ck_assert_uint_eq(array_count(&list), 1);
	/* gone with the message */
	guid_128_copy(key.guid, box1);
	ck_assert_int_eq(meta_folder_issue(db, &key, NULL, 1, &fid), 0);
	ck_assert_int_eq(meta_idspace_issue(db, fid, 42, 0, &space), 0);
	given.key = META_OID_MAIL(space, 5);
	given.fid = fid;
	p_array_init(&uids, pool, 1);
	seq_range_array_add(&uids, 5);
	txn = meta_txn_begin(db);
	meta_given_set(txn, &given);
	meta_mail_expunged(txn, box1, 42, &uids);
	commit(txn);
	ck_assert_int_eq(meta_given_find(db, &given), 0);
}
END_TEST

START_TEST(replicas_and_names)
{
	static const char *const names[] = { "a", "b", "a" }, *more = "c";
	ARRAY_TYPE(meta_name) list;
	uint16_t replid, ids[3], id;
	guid_128_t guid;

	ck_assert_int_eq(meta_replica_find(db, 1, box1, &replid), 0);
	ck_assert_int_eq(meta_replica_issue(db, 1, box1, 2, &replid), 1);
	ck_assert_uint_eq(replid, 2);
	ck_assert_int_eq(meta_replica_issue(db, 1, box2, 2, &replid), 1);
	ck_assert_uint_eq(replid, 3);
	ck_assert_int_eq(meta_replica_issue(db, 2, box2, 2, &replid), 1);
	ck_assert_uint_eq(replid, 2);
	ck_assert_int_eq(meta_replica_get(db, 1, 3, guid), 1);
	ck_assert(guid_128_equals(guid, box2));
	ck_assert_int_eq(meta_replica_get(db, 1, 4, guid), 0);

	ck_assert_int_eq(meta_names_issue(db, names, 3, 10, 0, ids), 0);
	ck_assert_uint_eq(ids[0], 0);
	ck_assert_int_eq(meta_names_issue(db, names, 3, 10, 11, ids), 0);
	ck_assert_uint_eq(ids[0], 10);
	ck_assert_uint_eq(ids[1], 11);
	ck_assert_uint_eq(ids[2], 10);
	ck_assert_int_eq(meta_names_issue(db, &more, 1, 10, 11, &id), -1);
	ck_assert_int_eq(last_error(), META_ERROR_NOSPACE);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_names_list(db, 10, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 1);
	ck_assert_str_eq((array_idx(&list, 0))->name, "b");
}
END_TEST

/*
 * Extras
 */

static struct meta_mail_ref ref(const guid_128_t box, uint32_t uid)
{
	struct meta_mail_ref mail = { .uidvalidity = 42, .uid = uid };

	guid_128_copy(mail.folder, box);
	return mail;
}

static void set_extra(const guid_128_t box, uint32_t uid, const char *name,
		      const char *data, const char *mail_guid)
{
	struct meta_mail_ref mail = ref(box, uid);
	struct meta_txn *txn = meta_txn_begin(db);

	meta_extra_set(txn, &mail, name, data, strlen(data), mail_guid);
	commit(txn);
}

static const char *get_extra(struct meta_db *from, const guid_128_t box,
			     uint32_t uid, const char *name)
{
	struct meta_mail_ref mail = ref(box, uid);
	struct meta_extra extra;
	int ret = meta_extra_get(from, &mail, name, pool, &extra);

	ck_assert_int_ge(ret, 0);
	return ret == 0 ? "" : p_strndup(pool, extra.data, extra.size);
}

START_TEST(extras)
{
	struct meta_mail_ref src = ref(box1, 5), dest = ref(box2, 1), none;
	ARRAY_TYPE(meta_extra_owner) owners;
	ARRAY_TYPE(meta_extra) list;
	struct meta_folder_key key2 = own_key(box2);
	struct meta_txn *txn;
	uint32_t fid;

	set_extra(box1, 5, "props", "data1", "guid-of-5");
	set_extra(box1, 5, "flag", "data2", "guid-of-5");
	ck_assert_str_eq(get_extra(db, box1, 5, "props"), "data1");
	src.uidvalidity = 43;
	none = src;
	ck_assert_int_eq(meta_extra_get(db, &none, "props", pool,
					&(struct meta_extra){ .uid = 0 }), 0);

	/* a copy without extras does not make the other folder known */
	txn = meta_txn_begin(db);
	ck_assert_int_eq(meta_extra_copy(txn, db, &none, &dest), 0);
	commit(txn);
	ck_assert_int_eq(meta_folder_lookup(db, &key2, &fid), 0);

	src.uidvalidity = 42;
	txn = meta_txn_begin(db);
	ck_assert_int_eq(meta_extra_copy(txn, db, &src, &dest), 0);
	commit(txn);
	ck_assert_str_eq(get_extra(db, box2, 1, "flag"), "data2");
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_extra_range(db, box2, 42, 1, 10, NULL, 0, pool,
					  &list), 0);
	ck_assert_uint_eq(array_count(&list), 2);
	array_clear(&list);
	ck_assert_int_eq(meta_extra_range(db, box2, 42, 1, 10, NULL, 1, pool,
					  &list), 0);
	ck_assert_uint_eq(array_count(&list), 1);

	txn = meta_txn_begin(db);
	meta_extra_unset(txn, &dest, "flag");
	commit(txn);
	ck_assert_str_eq(get_extra(db, box2, 1, "flag"), "");
	ck_assert_str_eq(get_extra(db, box2, 1, "props"), "data1");

	/* lost in a crash, found by the message's GUID */
	p_array_init(&owners, pool, 4);
	ck_assert_int_eq(meta_extra_owners(db, pool, &owners), 0);
	ck_assert_uint_eq(array_count(&owners), 2);
	ck_assert_str_eq((array_idx(&owners, 0))->mail_guid, "guid-of-5");
	dest = ref(box2, 8);
	txn = meta_txn_begin(db);
	meta_extra_move(txn, &src, &dest);
	commit(txn);
	ck_assert_str_eq(get_extra(db, box2, 8, "flag"), "data2");
	ck_assert_str_eq(get_extra(db, box1, 5, "flag"), "");
}
END_TEST

START_TEST(extras_expunge)
{
	struct meta_folder_key key1 = own_key(box1);
	uint32_t fid = issue(&key1), space;
	struct meta_mail_id now;
	struct meta_change change;
	ARRAY_TYPE(seq_range) uids;
	struct meta_txn *txn;

	ck_assert_int_eq(meta_idspace_issue(db, fid, 42, 0, &space), 0);
	set_extra(box1, 4, "x", "4", NULL);
	set_extra(box1, 5, "x", "5", NULL);
	set_extra(box1, 6, "x", "6", NULL);
	/* object 5 lives on as 9; object 2 is now 6 */
	alias(space, 5, space, 9);
	alias(space, 2, space, 6);
	txn = meta_txn_begin(db);
	meta_change_bump(txn, META_OID_MAIL(space, 5), fid, META_CHANGE_CONTENT);
	meta_change_bump(txn, META_OID_MAIL(space, 2), fid, META_CHANGE_CONTENT);
	meta_change_bump(txn, META_OID_MAIL(space, 4), fid, META_CHANGE_CONTENT);
	commit(txn);

	i_array_init(&uids, 4);
	seq_range_array_add_range(&uids, 5, 6);
	txn = meta_txn_begin(db);
	meta_mail_expunged(txn, box1, 42, &uids);
	meta_mail_expunged(txn, box2, 42, &uids);
	commit(txn);
	array_free(&uids);
	ck_assert_str_eq(get_extra(db, box1, 4, "x"), "4");
	ck_assert_str_eq(get_extra(db, box1, 5, "x"), "");
	ck_assert_str_eq(get_extra(db, box1, 6, "x"), "");
	now = mail_id(space, 5);
	ck_assert_int_eq(meta_alias_current(db, &now, &now), 1);
	ck_assert_str_eq(where(space, 2), "");
	ck_assert_int_eq(meta_change_get(db, META_OID_MAIL(space, 5), pool,
					 &change), 1);
	ck_assert_int_eq(meta_change_get(db, META_OID_MAIL(space, 2), pool,
					 &change), 0);
	ck_assert_int_eq(meta_change_get(db, META_OID_MAIL(space, 4), pool,
					 &change), 1);
}
END_TEST

START_TEST(extras_between)
{
	struct meta_mail_ref src = ref(box1, 5), dest = ref(box2, 1);
	struct meta_location other = loc;
	struct meta_db *db2;
	enum meta_error code;
	const char *error;
	struct meta_txn *txn;

	other.dir = t_strconcat(dir, "/other", NULL);
	other.owner = other.dir;
	ck_assert_int_eq(mkdir(other.dir, 0700), 0);
	ck_assert_int_eq(meta_db_open(&other, 0, &db2, &code, &error), 0);
	ck_assert_int_eq(meta_db_open(&other, META_OPEN_CREATE, &db2, &code,
				      &error), 1);
	set_extra(box1, 5, "props", "data", "guid");
	txn = meta_txn_begin(db2);
	ck_assert_int_eq(meta_extra_copy(txn, db, &src, &dest), 0);
	ck_assert_int_eq(meta_txn_commit(&txn), 0);
	ck_assert_str_eq(get_extra(db2, box2, 1, "props"), "data");
	ck_assert_str_eq(get_extra(db, box2, 1, "props"), "");
	meta_db_unref(&db2);
}
END_TEST

/*
 * States
 */

static void put_sync(const char *key, const char *data)
{
	struct meta_txn *txn = meta_txn_begin(db);

	meta_sync_put(txn, "phone", "7", key, data, strlen(data));
	commit(txn);
}

START_TEST(sync_states)
{
	struct meta_sync state;
	ARRAY_TYPE(meta_sync) list;
	struct meta_txn *txn;
	uint64_t generation;

	ck_assert_int_eq(meta_sync_get(db, "phone", "7", NULL, pool, &state), 0);
	txn = meta_txn_begin(db);
	meta_txn_expect_sync(txn, "phone", "7", 0);
	meta_sync_put(txn, "phone", "7", "1", "a", 1);
	commit(txn);
	put_sync("2", "b");
	ck_assert_int_eq(meta_sync_get(db, "phone", "7", NULL, pool, &state), 1);
	ck_assert_str_eq(state.key, "2");
	generation = state.generation;
	put_sync("3", "c");
	/* two requests from the same state: the second is told */
	txn = meta_txn_begin(db);
	meta_txn_expect_sync(txn, "phone", "7", generation);
	meta_sync_put(txn, "phone", "7", "4", "lost", 4);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_CONFLICT);
	ck_assert_int_eq(meta_sync_get(db, "phone", "7", "4", pool, &state), 0);

	txn = meta_txn_begin(db);
	meta_sync_put(txn, "phone", "8", "1", "", 0);
	meta_sync_forget_before(txn, "phone", "7", "2");
	commit(txn);
	ck_assert_int_eq(meta_sync_get(db, "phone", "7", "1", pool, &state), 0);
	ck_assert_int_eq(meta_sync_get(db, "phone", "7", "2", pool, &state), 1);
	ck_assert_mem_eq(state.data, "b", 1);
	ck_assert_int_eq(meta_sync_get(db, "phone", "8", "1", pool, &state), 1);
	ck_assert_uint_eq(state.size, 0);
	ck_assert_ptr_nonnull(state.data);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_sync_list(db, "phone", NULL, FALSE, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 3);
	ck_assert_ptr_null((array_idx(&list, 0))->data);
	txn = meta_txn_begin(db);
	meta_sync_delete(txn, "phone", "7");
	commit(txn);
	array_clear(&list);
	ck_assert_int_eq(meta_sync_list(db, "phone", NULL, TRUE, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 1);
}
END_TEST

static const char *get_state(const char *kind, const char *name)
{
	struct meta_state state;
	int ret = meta_state_get(db, "phone", kind, name, pool, &state);

	ck_assert_int_ge(ret, 0);
	return ret == 0 ? "" : p_strndup(pool, state.data, state.size);
}

START_TEST(states)
{
	ARRAY_TYPE(const_string) names;
	ARRAY_TYPE(meta_state) list;
	struct meta_txn *txn = meta_txn_begin(db);

	meta_state_put(txn, "phone", "ping", "request", "body", 4, 0);
	meta_state_put(txn, "phone", "sent", "id1", "1", 1, time(NULL) - 5);
	meta_state_put(txn, "phone", "sent", "id2", "2", 1, time(NULL) + 500);
	meta_state_put(txn, "phone", "s", "sync/1", "x", 1, 0);
	meta_state_put(txn, "phone", "s", "sync/2", "y", 1, 0);
	meta_state_put(txn, "phone", "s", "synd", "z", 1, 0);
	commit(txn);
	ck_assert_str_eq(get_state("ping", "request"), "body");
	ck_assert_str_eq(get_state("sent", "id1"), "");
	ck_assert_str_eq(get_state("sent", "id2"), "2");
	p_array_init(&names, pool, 4);
	ck_assert_int_eq(meta_state_names(db, "phone", "s", "sync/", pool,
					  &names), 0);
	ck_assert_uint_eq(array_count(&names), 2);
	p_array_init(&list, pool, 4);
	ck_assert_int_eq(meta_state_list(db, "phone", "s", pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), 3);

	txn = meta_txn_begin(db);
	meta_state_expect(txn, "phone", "s", "sync/1", "x", 1);
	meta_state_expect(txn, "phone", "s", "new", NULL, 0);
	meta_state_put(txn, "phone", "s", "sync/1", "xx", 2, 0);
	commit(txn);
	txn = meta_txn_begin(db);
	meta_state_expect(txn, "phone", "s", "sync/1", "x", 1);
	meta_state_put(txn, "phone", "s", "sync/1", "no", 2, 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_CONFLICT);
	ck_assert_str_eq(get_state("s", "sync/1"), "xx");

	txn = meta_txn_begin(db);
	meta_state_delete_prefix(txn, "phone", "s", "sync/");
	commit(txn);
	ck_assert_str_eq(get_state("s", "sync/1"), "");
	ck_assert_str_eq(get_state("s", "synd"), "z");
	txn = meta_txn_begin(db);
	meta_state_delete(txn, "phone", NULL, NULL);
	commit(txn);
	ck_assert_str_eq(get_state("ping", "request"), "");
}
END_TEST

#ifdef TEST_PGSQL
/*
 * PostgreSQL
 */

static void epoch_of(guid_128_t epoch_r)
{
	ck_assert_int_eq(meta_db_epoch(db, epoch_r), 0);
}

static void sql(const char *statement)
{
	const char *text = "";

	if (db->driver->exec(db, statement) < 0)
		(void)meta_db_error(db, &text);
	ck_assert_msg(*text == '\0', "%s: %s", statement, text);
}

static pid_t session(void)
{
	uint64_t pid;

	ck_assert_int_eq(meta_sql_int(db, &pid, "SELECT pg_backend_pid()", ""),
			 1);
	return pid;
}

static void end_session(void)
{
	enum meta_error code;
	const char *text;

	ck_assert_int_eq(db->driver->exec(db, "SELECT"
		" pg_terminate_backend(pg_backend_pid())"), -1);
	code = meta_db_error(db, &text);
	ck_assert_msg(code == META_ERROR_BUSY, "%s", text);
}

START_TEST(pgsql_epoch)
{
	guid_128_t first, again;

	epoch_of(first);
	close_db();
	db = open_db();
	epoch_of(again);
	ck_assert(guid_128_equals(first, again));
	/* a restored dump is another place */
	sql("UPDATE all_owner SET place='elsewhere'");
	close_db();
	db = open_db();
	epoch_of(again);
	ck_assert(!guid_128_equals(first, again));
	epoch_of(first);
	close_db();
	db = open_db();
	epoch_of(again);
	ck_assert(guid_128_equals(first, again));
}
END_TEST

START_TEST(pgsql_owners)
{
	struct meta_location other = loc;
	struct meta_db *db2, *own = db;
	enum meta_error code;
	const char *error;
	pid_t pid = session();

	other.owner = "somebody else's:\xff%_'";
	ck_assert_int_eq(meta_db_open(&other, META_OPEN_CREATE, &db2, &code,
				      &error), 1);
	set_item(box1, "a", "mine");
	db = db2;
	ck_assert_int_eq(session(), pid);
	ck_assert_ptr_null(get_item(box1, "a"));
	set_item(box1, "a", "theirs");
	db = own;
	ck_assert_str_eq(get_item(box1, "a"), "mine");
	db = db2;
	ck_assert_str_eq(get_item(box1, "a"), "theirs");
	sql("SELECT forget_owner('somebody else''s')");
	meta_db_unref(&db2);
	db = own;
	ck_assert_str_eq(get_item(box1, "a"), "mine");
}
END_TEST

/* What is no UTF-8 goes in and comes out, and sorts by bytes. */
START_TEST(pgsql_bytes)
{
	set_item(box1, "a", "\xff\xfe caf\xe9 \x01");
	set_item(box1, "\xe9", "1");
	set_item(box1, "Z", "1");
	ck_assert_str_eq(get_item(box1, "a"), "\xff\xfe caf\xe9 \x01");
	ck_assert_str_eq(collect(meta_item_iter_init(db, box1, "", 0)),
			 "Z a \xe9");
}
END_TEST

static int cut_apply(struct meta_apply *apply, const void *op ATTR_UNUSED)
{
	struct meta_pgsql *pgsql = apply->db->conn;

	shutdown(PQsocket(pgsql->conn->pg), SHUT_RDWR);
	return 0;
}

/* A session that the server ended is opened again, and nobody sees it. */
START_TEST(pgsql_reconnect)
{
	struct meta_txn *txn;

	set_item(box1, "a", "1");
	end_session();
	ck_assert_str_eq(get_item(box1, "a"), "1");
	end_session();
	set_item(box1, "a", "2");
	ck_assert_str_eq(get_item(box1, "a"), "2");
	/* in a transaction it fails as a whole */
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "3", 0);
	meta_item_set(txn, box1, "b", "3", 0);
	meta_txn_op(txn, cut_apply, 1);
	meta_item_set(txn, box1, "c", "3", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_BUSY);
	ck_assert_str_eq(get_item(box1, "a"), "2");
	ck_assert_ptr_null(get_item(box1, "b"));
	set_item(box1, "a", "4");
	ck_assert_str_eq(get_item(box1, "a"), "4");
}
END_TEST

/* The commit happened, its answer was lost. */
START_TEST(pgsql_lost_commit)
{
	struct meta_pgsql *pgsql = db->conn;
	struct meta_pgsql_conn *conn = pgsql->conn;
	struct meta_txn *txn;

	set_item(box1, "a", "1");
	ck_assert_int_eq(db->driver->begin(db), 0);
	sql("UPDATE item_value SET value='2'");
	ck_assert_int_eq(meta_pgsql_send_text(db, "COMMIT", NULL, 0, FALSE), 0);
	ck_assert_int_eq(meta_pgsql_wait(db, NULL), 0);
	/* as if it were still open */
	shutdown(PQsocket(conn->pg), SHUT_RDWR);
	ck_assert_int_eq(db->driver->commit(db), 0);
	ck_assert_str_eq(get_item(box1, "a"), "2");
	/* and one that did not */
	ck_assert_int_eq(db->driver->begin(db), 0);
	sql("UPDATE item_value SET value='3'");
	shutdown(PQsocket(conn->pg), SHUT_RDWR);
	ck_assert_int_eq(db->driver->commit(db), -1);
	db->driver->rollback(db);
	ck_assert_str_eq(get_item(box1, "a"), "2");
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "4", 0);
	commit(txn);
}
END_TEST

START_TEST(pgsql_time_limit)
{
	sql("SET statement_timeout TO '100ms'");
	ck_assert_int_eq(db->driver->exec(db, "SELECT pg_sleep(20)"), -1);
	ck_assert_int_eq(last_error(), META_ERROR_BUSY);
	set_item(box1, "a", "1");
}
END_TEST

START_TEST(pgsql_down)
{
	struct meta_location other = loc;
	struct meta_db *db2;
	enum meta_error code;
	const char *error;

	other.conninfo = "host=/nonexistent dbname=x";
	other.owner = "x";
	ck_assert_int_eq(meta_db_open(&other, META_OPEN_CREATE, &db2, &code,
				      &error), -1);
	ck_assert_int_eq(code, META_ERROR_BUSY);
	other.driver = "mysql";
	ck_assert_int_eq(meta_db_open(&other, META_OPEN_CREATE, &db2, &code,
				      &error), -1);
	ck_assert_int_eq(code, META_ERROR_INTERNAL);
}
END_TEST

/* There and back: numbers, sequences and the epoch stay; a copy has its own. */
START_TEST(pgsql_migrate)
{
	struct meta_location file = loc;
	struct meta_db *sqlite, *own = db;
	enum meta_error code;
	const char *error, *copy = t_strconcat(dir, "/copy", NULL);
	struct meta_entry before, after;
	struct meta_sync state;
	struct meta_txn *txn;
	guid_128_t epoch;
	uint64_t seq;

	set_item(box1, ITEM_KEY("a"), "10 20 anna");
	set_item(box1, ITEM_KEY("b"), "\xff\xfe");
	unset_item(box1, ITEM_KEY("b"));
	txn = meta_txn_begin(db);
	meta_sync_put(txn, "phone", "7", "key", "data", 4);
	commit(txn);
	ck_assert_str_eq(index_range(1, 0, 100), "1 ");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("a"), pool,
					 &before), 1);
	epoch_of(epoch);
	seq = seq_of(box1);
	/* a copy */
	ck_assert_int_eq(meta_db_backup(db, copy), 0);
	ck_assert_int_eq(meta_db_backup(db, copy), -1);
	/* to SQLite */
	file.driver = NULL;
	ck_assert_int_eq(meta_db_open(&file, META_OPEN_CREATE, &sqlite, &code,
				      &error), 1);
	ck_assert_int_eq(meta_db_copy(db, sqlite, TRUE), 0);
	ck_assert_int_eq(meta_db_copy(db, sqlite, TRUE), -1);
	ck_assert_int_eq(meta_db_error(sqlite, &error), META_ERROR_CONFLICT);
	db = sqlite;
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("a"), pool,
					 &after), 1);
	ck_assert_uint_eq(after.num, before.num);
	ck_assert_uint_eq(after.seq, before.seq);
	ck_assert_uint_eq(seq_of(box1), seq);
	ck_assert_str_eq(index_range(1, 0, 100), "1 ");
	ck_assert(memcmp(sqlite->epoch, epoch, sizeof(epoch)) == 0);
	set_item(box1, ITEM_KEY("c"), "30 40 carla");
	db = own;
	/* back, to another owner; not while the file is there, unless meant */
	loc.owner = "back";
	ck_assert_int_eq(meta_db_open(&loc, META_OPEN_CREATE, &db, &code,
				      &error), -1);
	ck_assert_int_eq(code, META_ERROR_BUSY);
	ck_assert_int_eq(meta_db_open(&loc, META_OPEN_CREATE |
				      META_OPEN_MIGRATING, &db, &code,
				      &error), 1);
	ck_assert_int_eq(meta_db_copy(sqlite, db, TRUE), 0);
	ck_assert_str_eq(index_range(1, 0, 100), "1 3 ");
	ck_assert_int_eq(meta_sync_get(db, "phone", "7", NULL, pool, &state), 1);
	ck_assert_str_eq(state.key, "key");
	meta_db_unref(&sqlite);
	meta_db_unref(&own);
}
END_TEST

/* The first ones of a site come all at once. */
START_TEST(pgsql_schema_race)
{
	unsigned int n;
	int status;

	sql("DROP SCHEMA dovetail CASCADE");
	close_db();
	for (n = 0; n < 6; n++) {
		if (fork() == 0) {
			db = open_db();
			_exit(0);
		}
	}
	for (n = 0; n < 6; n++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	db = open_db();
	set_item(box1, "a", "1");
}
END_TEST

START_TEST(pgsql_newer_schema)
{
	enum meta_error code;
	const char *error;

	sql("UPDATE version SET version=version+1");
	close_db();
	ck_assert_int_eq(meta_db_open(&loc, 0, &db, &code, &error), -1);
	ck_assert_int_eq(code, META_ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(error, "newer"));
	db = NULL;
	/* for the tests that follow */
	ck_assert_int_eq(system("psql -X -q -d \"$DOVETAIL_META_PGSQL\" -c"
		" 'UPDATE dovetail.version SET version=version-1'"), 0);
}
END_TEST
#else
/*
 * The file
 */

static void epoch_of(guid_128_t epoch_r)
{
	ck_assert_int_eq(meta_db_epoch(db, epoch_r), 0);
}

static void shell(const char *cmd)
{
	ck_assert_int_eq(system(t_strdup_printf("cd %s && %s", dir, cmd)), 0);
}

START_TEST(epoch)
{
	guid_128_t first, again;

	epoch_of(first);
	set_item(box1, "a", "1");
	close_db();
	db = open_db();
	epoch_of(again);
	ck_assert(guid_128_equals(first, again));
	/* moved within the file system: the same replica */
	close_db();
	shell("mv dovetail.db x && mv x dovetail.db");
	db = open_db();
	epoch_of(again);
	ck_assert(guid_128_equals(first, again));
	/* restored from a plain copy */
	close_db();
	shell("cp dovetail.db x && mv x dovetail.db");
	db = open_db();
	epoch_of(again);
	ck_assert(!guid_128_equals(first, again));
	ck_assert_str_eq(get_item(box1, "a"), "1");
}
END_TEST

START_TEST(backup)
{
	guid_128_t first, again;
	struct stat st;

	ck_assert_int_eq(stat(meta_db_path(db), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	epoch_of(first);
	set_item(box1, "a", "1");
	ck_assert_int_eq(meta_db_backup(db, t_strconcat(dir, "/copy", NULL)), 0);
	ck_assert_int_eq(meta_db_backup(db, t_strconcat(dir, "/copy", NULL)), -1);
	set_item(box1, "b", "1");
	close_db();
	/* also over the old file, in place */
	shell("cp copy dovetail.db");
	db = open_db();
	epoch_of(again);
	ck_assert(!guid_128_equals(first, again));
	ck_assert_str_eq(get_item(box1, "a"), "1");
	ck_assert_ptr_null(get_item(box1, "b"));
}
END_TEST

/* A handle in use while the file is replaced: the next open sees the new. */
START_TEST(replaced_under_us)
{
	struct meta_db *other;

	set_item(box1, "a", "1");
	shell("rm dovetail.db*");
	other = open_db();
	ck_assert_ptr_ne(other, db);
	meta_db_unref(&db);
	db = other;
	ck_assert_ptr_null(get_item(box1, "a"));
	set_item(box1, "a", "2");
}
END_TEST

START_TEST(migration)
{
	/* the versions that are done already have no SQL here */
	struct meta_schema_step steps[8] = { { NULL } };
	uint64_t value, version;
	enum meta_error code;
	const char *error;

	set_item(box1, "a", "1");
	ck_assert_int_eq(meta_sql_int(db, &version, "PRAGMA user_version", ""),
			 1);
	steps[version].sql =
		"ALTER TABLE item ADD COLUMN test INTEGER DEFAULT 7";
	ck_assert_int_eq(meta_schema_upgrade(db, steps, version + 1), 0);
	ck_assert_int_eq(meta_sql_int(db, &value, "SELECT test FROM item", ""), 1);
	ck_assert_uint_eq(value, 7);
	/* a step that fails leaves nothing of itself */
	steps[version + 1].sql = "CREATE TABLE ok(a); CREATE TABLE item(a)";
	ck_assert_int_eq(meta_schema_upgrade(db, steps, version + 2), -1);
	ck_assert_int_eq(meta_sql_int(db, &value, "SELECT count(*) FROM"
		" sqlite_master WHERE name='ok'", ""), 1);
	ck_assert_uint_eq(value, 0);
	ck_assert_str_eq(get_item(box1, "a"), "1");
	/* an older program does not touch a newer file */
	close_db();
	ck_assert_int_eq(meta_db_open(&loc, 0, &db, &code, &error), -1);
	ck_assert_int_eq(code, META_ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(error, "newer"));
	db = NULL;
}
END_TEST

/* Rows of version 1 get numbers that no later one has. */
START_TEST(migration_numbers)
{
	struct meta_entry entry;
	uint64_t id;

	set_item(box1, ITEM_KEY("a"), "1");
	set_item(box1, ITEM_KEY("b"), "2");
	ck_assert_int_eq(db->driver->exec(db, "DROP TABLE item_index;"
		"DROP TABLE given;DROP TABLE replid;DROP TABLE name;"
		"ALTER TABLE folder DROP COLUMN indexed;"
		"DELETE FROM info WHERE name='item_id';"
		"UPDATE item SET id=id+40; UPDATE item_value SET id=id+40;"
		"PRAGMA user_version=1"), 0);
	close_db();
	db = open_db();
	ck_assert_str_eq(get_item(box1, ITEM_KEY("b")), "2");
	set_item(box1, ITEM_KEY("c"), "3");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("c"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 43);
	ck_assert_int_eq(meta_counter_take(db, META_COUNTER_ITEM, 1, &id), 0);
	ck_assert_uint_eq(id, META_OID_ITEM_FIRST + 43);
	set_item(box1, ITEM_KEY("d"), "4");
	ck_assert_int_eq(meta_entry_find(db, box1, ITEM_NAME("d"), pool,
					 &entry), 1);
	ck_assert_uint_eq(entry.num, 45);
}
END_TEST

START_TEST(garbage)
{
	enum meta_error code;
	const char *error;

	close_db();
	shell("rm -f dovetail.db*; head -c 20000 /dev/urandom > dovetail.db");
	ck_assert_int_eq(meta_db_open(&loc, META_OPEN_CREATE, &db, &code,
				      &error), -1);
	ck_assert_int_eq(code, META_ERROR_CORRUPT);
	db = NULL;
}
END_TEST

START_TEST(truncated)
{
	struct meta_item item;
	enum meta_error code;
	const char *error;
	unsigned int i;

	for (i = 0; i < 200; i++)
		set_item(box1, t_strdup_printf("%u", i), "value value value");
	close_db();
	shell("truncate -s 20000 dovetail.db");
	/* whichever call notices it: an error, no abort */
	if (meta_db_open(&loc, 0, &db, &code, &error) > 0) {
		for (i = 0; i < 200; i++) {
			if (meta_item_get(db, box1, t_strdup_printf("%u", i),
					  pool, &item) < 0)
				break;
		}
		ck_assert_uint_lt(i, 200);
		ck_assert_int_eq(last_error(), META_ERROR_CORRUPT);
	} else {
		ck_assert_int_eq(code, META_ERROR_CORRUPT);
		db = NULL;
	}
}
END_TEST

START_TEST(disk_full)
{
	char *value = malloc(300001);
	struct meta_txn *txn;

	memset(value, 'v', 300000);
	value[300000] = '\0';
	set_item(box1, "a", "1");
	ck_assert_int_eq(db->driver->exec(db, "PRAGMA max_page_count=60"), 0);
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "2", 0);
	meta_item_set(txn, box1, "big", value, 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_NOSPACE);
	ck_assert_str_eq(get_item(box1, "a"), "1");
	set_item(box1, "a", "3");
	free(value);
}
END_TEST

#endif

START_TEST(busy)
{
	struct meta_txn *txn;
	int ready[2], status;
	pid_t child;
	char c;

	close_db();
	loc.set.busy_timeout_msecs = 50;
	db = open_db();
	set_item(box1, "a", "1");
	ck_assert_int_eq(pipe(ready), 0);
	if ((child = fork()) == 0) {
		struct meta_db *own = open_db();

		if (own == db || own->driver->begin(own) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		sleep(30);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_str_eq(get_item(box1, "a"), "1");
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "2", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_BUSY);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	set_item(box1, "a", "2");
	close(ready[0]);
	close(ready[1]);
}
END_TEST

#ifndef TEST_PGSQL
/* Another uid that may read but not write: a roll-back journal serves it. */
START_TEST(readonly)
{
	struct meta_txn *txn;

	if (geteuid() != 0)
		return;
	close_db();
	shell("rm -f dovetail.db*; chmod 755 .");
	loc.set.journal = META_JOURNAL_ROLLBACK;
	loc.file_mode = 0644;
	db = open_db();
	set_item(box1, "a", "1");
	close_db();
	ck_assert_int_eq(seteuid(65534), 0);
	db = open_db();
	ck_assert(meta_db_is_readonly(db));
	ck_assert_str_eq(get_item(box1, "a"), "1");
	txn = meta_txn_begin(db);
	meta_item_set(txn, box1, "a", "2", 0);
	ck_assert_int_eq(meta_txn_commit(&txn), -1);
	ck_assert_int_eq(last_error(), META_ERROR_READONLY);
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(noaccess)
{
	enum meta_error code;
	const char *error;

	if (geteuid() != 0)
		return;
	close_db();
	shell("chmod 755 . && chmod 600 dovetail.db*");
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(meta_db_open(&loc, 0, &db, &code, &error), -1);
	ck_assert_int_eq(code, META_ERROR_NOACCESS);
	db = NULL;
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

#endif

/*
 * Many processes
 */

#define WRITERS 6
#define ROUNDS 100

static void writer(unsigned int n)
{
	unsigned int i;
	uint64_t number;
	uint32_t fid;

	db = open_db();
	for (i = 0; i < ROUNDS; i++) T_BEGIN {
		struct meta_folder_key key = {
			.kind = META_FOLDER_NAME,
			.name = t_strdup_printf("f%u", i),
		};
		struct meta_txn *txn = meta_txn_begin(db);

		meta_item_set(txn, box1, t_strdup_printf("w%u/%u", n, i), "x", 0);
		meta_item_set(txn, box1, "shared", t_strdup_printf("%u", n), 0);
		if (meta_txn_commit(&txn) < 0 ||
		    meta_folder_issue(db, &key, NULL, 1, &fid) < 0 ||
		    meta_counter_take(db, META_COUNTER_CN, 1, &number) < 0)
			_exit(1);
	} T_END;
	_exit(0);
}

START_TEST(many_writers)
{
	ARRAY_TYPE(meta_folder) list;
	struct meta_iter *iter;
	struct meta_item item;
	uint64_t seq = 0, cn;
	unsigned int n, count = 0;
	int status;

	for (n = 0; n < WRITERS; n++) {
		if (fork() == 0)
			writer(n);
	}
	for (n = 0; n < WRITERS; n++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	iter = meta_item_changes_init(db, box1, "", 0, 0);
	while (meta_iter_next(iter, &item)) {
		ck_assert_uint_gt(item.seq, seq);
		seq = item.seq;
		count++;
	}
	ck_assert_int_eq(meta_iter_deinit(&iter), 0);
	ck_assert_uint_eq(count, WRITERS * ROUNDS + 1);
	ck_assert_uint_eq(seq_of(box1), WRITERS * ROUNDS * 2);
	p_array_init(&list, pool, 256);
	ck_assert_int_eq(meta_folder_list(db, pool, &list), 0);
	ck_assert_uint_eq(array_count(&list), ROUNDS + 1);
	ck_assert_int_eq(meta_change_current(db, &cn), 0);
	ck_assert_uint_eq(cn, WRITERS * ROUNDS);
}
END_TEST

/* Writes pairs for ever, and says after each commit which one it was. */
static void pair_writer(int fd, unsigned int first)
{
	unsigned int i;

	db = open_db();
	for (i = first;; i++) T_BEGIN {
		struct meta_txn *txn = meta_txn_begin(db);
		const char *value = t_strdup_printf("%u", i);

		meta_item_set(txn, box1, "left", value, 0);
		meta_sync_put(txn, "d", "c", value, value, strlen(value));
		meta_item_set(txn, box2, "right", value, 0);
		if (meta_txn_commit(&txn) < 0)
			_exit(1);
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	} T_END;
}

#ifdef TEST_PGSQL
/* The server still does what the killed one had sent. */
static void wait_alone(void)
{
	uint64_t others = 1;

	while (others > 0) {
		ck_assert_int_eq(meta_sql_int(db, &others, "SELECT count(*)"
			" FROM pg_stat_activity WHERE usename=current_user"
			" AND pid<>pg_backend_pid()", ""), 1);
	}
}
#endif

/* Killed at any instant of the commit after the first few. */
static unsigned int kill_pair_writer(unsigned int first)
{
	unsigned int i, last = first - 1, wait = 1 + i_rand_limit(10);
	int fds[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(fds), 0);
	if ((child = fork()) == 0) {
		close(fds[0]);
		pair_writer(fds[1], first);
	}
	close(fds[1]);
	while (wait-- > 0 && read(fds[0], &i, sizeof(i)) == sizeof(i))
		last = i;
	usleep(i_rand_limit(1500));
	kill(child, SIGKILL);
	while (read(fds[0], &i, sizeof(i)) == sizeof(i))
		last = i;
	close(fds[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
#ifdef TEST_PGSQL
	wait_alone();
#endif
	return last;
}

START_TEST(killed)
{
	struct meta_sync state;
	unsigned int round, next = 1, said, left, right;

	for (round = 0; round < 40; round++) {
		said = kill_pair_writer(next);
		left = atoi(get_item(box1, "left"));
		right = atoi(get_item(box2, "right"));
		ck_assert_uint_eq(left, right);
		/* what it said was written is there; one more may be */
		ck_assert_uint_ge(left, said);
		ck_assert_uint_le(left, said + 1);
		ck_assert_int_eq(meta_sync_get(db, "d", "c", NULL, pool,
					       &state), 1);
		ck_assert_uint_eq((unsigned int)atoi(state.key), left);
		next = left + 1;
	}
	ck_assert_uint_gt(next, 40);
#ifndef TEST_PGSQL
	struct meta_stmt *stmt;

	stmt = meta_sql(db, "PRAGMA integrity_check", "");
	ck_assert_int_eq(meta_step(db, stmt), 1);
	ck_assert_str_eq(meta_column_strdup(db, stmt, 0, pool), "ok");
	meta_done(db, stmt);
#endif
}
END_TEST

static Suite *meta_suite(void)
{
	const struct {
		const char *name;
		const TTest *tests[12];
	} cases[] = {
		{ "items", { items, items_changes, items_purge, items_iterate,
			     items_iterate_large, items_60mb, items_limit } },
		{ "entries", { entries, entries_run, entries_expect, entries_merge, props } },
		{ "index", { index_updates, index_words, index_many,
			     index_readonly } },
		{ "folders", { folders, folders_rekey_merge } },
		{ "identities", { identities, aliases, change_numbers,
				  given_ids, replicas_and_names } },
		{ "objects", { objects, blobs } },
		{ "extras", { extras, extras_expunge, extras_between } },
		{ "states", { sync_states, states } },
#ifdef TEST_PGSQL
		{ "pgsql", { pgsql_epoch, pgsql_owners, pgsql_bytes,
			     pgsql_reconnect, pgsql_lost_commit,
			     pgsql_time_limit, pgsql_down, busy,
			     pgsql_migrate, pgsql_schema_race, pgsql_newer_schema } },
#else
		{ "file", { epoch, backup, replaced_under_us, migration,
			    migration_numbers, garbage, truncated, disk_full, busy, readonly,
			    noaccess } },
#endif
		{ "processes", { many_writers, killed } },
	};
	Suite *suite = suite_create("meta");
	unsigned int i, j;

	for (i = 0; i < N_ELEMENTS(cases); i++) {
		TCase *tcase = tcase_create(cases[i].name);

		tcase_add_checked_fixture(tcase, setup, teardown);
		tcase_set_timeout(tcase, 60);
		for (j = 0; cases[i].tests[j] != NULL; j++)
			tcase_add_test(tcase, cases[i].tests[j]);
		suite_add_tcase(suite, tcase);
	}
	return suite;
}

int main(int argc ATTR_UNUSED, char *argv[])
{
	SRunner *runner;
	int failed;

#ifdef TEST_PGSQL
	if (getenv("DOVETAIL_META_PGSQL") == NULL) {
		execlp("python3", "python3", PGSQL_SCRIPT, argv[0], NULL);
		return 77;
	}
#else
	(void)argv;
#endif
	runner = srunner_create(meta_suite());
	lib_init();
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
