/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Directory with the file back end: searching, ranking, scope, hidden
   entries, reloading, photos, faults.  (The auth back end needs a Dovecot:
   tests/e2e/test_directory.py.) */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "ioloop.h"
#include "str.h"
#include "unlink-directory.h"
#include "dovetail-directory.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char tmpdir[] = "/tmp/test-directory.XXXXXX";
static struct event *event;

/* Settings of the test at hand: name, value, ..., NULL */
static const char *settings[20];

static const char *get_setting(void *context ATTR_UNUSED, const char *name)
{
	unsigned int i;

	for (i = 0; settings[i] != NULL; i += 2) {
		if (strcmp(settings[i], name) == 0)
			return settings[i + 1];
	}
	return NULL;
}

static const char *path(const char *name)
{
	return t_strconcat(tmpdir, "/", name, NULL);
}

static void write_file(const char *name, const char *text)
{
	int fd = open(path(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static struct directory *
dir_init(const char *username, const char *setting, const char *value)
{
	const struct directory_settings set = {
		.get_setting = get_setting, .username = username,
		.base_dir = tmpdir, .event = event,
	};
	struct directory *dir;
	const char *error = "";

	settings[0] = "dovetail_directory";
	settings[1] = t_strconcat("file:", path("people"), NULL);
	settings[2] = setting;
	settings[3] = value;
	settings[4] = NULL;
	ck_assert_msg(directory_init(&set, &dir, &error) == 0, "%s", error);
	return dir;
}

/* The addresses found, up to '@', then the total */
static const char *
search(struct directory *dir, const char *text, unsigned int max)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	ARRAY_TYPE(directory_entries) results;
	const struct directory_entry *entry;
	string_t *str = t_str_new(128);
	unsigned int total;

	t_array_init(&results, 8);
	ck_assert_int_eq(directory_search(dir, pool, text, max, &results,
					  &total), 0);
	array_foreach_elem(&results, entry) {
		str_append(str, t_strcut(entry->email, '@'));
		str_append_c(str, ' ');
	}
	str_printfa(str, "%u", total);
	pool_unref(&pool);
	return str_c(str);
}

static const char people[] =
	"#email\tname\tfirst_name\tlast_name\tphone\tshoe_size\talias\thidden\n"
	"\n"
	"# a comment\n"
	"alice@example.org\tAlice M\xc3\xbcller\tAlice\tM\xc3\xbcller\t+49 30 1\t"
	"38\tally\n"
	"bob@example.org\tBob M\xc3\xbcller-L\xc3\xbc" "denscheidt\r\n"
	"muller@example.org\tZoe Other\n"
	"carol.jones@example.org\n"
	"dan@other.example\t\xc5\x81ukasz \xc3\x98rsted\n"
	"boss@example.org\tThe Boss\t\t\t\t\t\tyes\n"
	"no address\tNobody\n"
	"ALICE@EXAMPLE.ORG\tA second Alice\n"
	"\xff@example.org\tBad \xff Name";

START_TEST(searching)
{
	struct directory *dir;

	write_file("people", people);
	dir = dir_init("me@example.org", NULL, NULL);

	/* Letter case and accents do not matter, nor does their form. */
	ck_assert_str_eq(search(dir, "alice", 10), "alice 1");
	ck_assert_str_eq(search(dir, "MULLER", 10), "muller alice bob 3");
	ck_assert_str_eq(search(dir, "m\xc3\xbcll", 10), "muller alice bob 3");
	ck_assert_str_eq(search(dir, "mu\xcc\x88ller", 10),
			 "muller alice bob 3");
	ck_assert_str_eq(search(dir, "lukasz", 10), "dan 1");
	ck_assert_str_eq(search(dir, "\xc5\x82uk orsted", 10), "dan 1");
	/* Every word, each at the beginning of a word, in any order */
	ck_assert_str_eq(search(dir, "  mul  ali, ", 10), "alice 1");
	ck_assert_str_eq(search(dir, "luden", 10), "bob 1");
	ck_assert_str_eq(search(dir, "m\xc3\xbcller-l", 10), "bob 1");
	ck_assert_str_eq(search(dir, "ller", 10), "0");
	ck_assert_str_eq(search(dir, "alice bob", 10), "0");
	/* Address, parts of it, alias */
	ck_assert_str_eq(search(dir, "carol.jones@ex", 10), "carol.jones 1");
	ck_assert_str_eq(search(dir, "jones", 10), "carol.jones 1");
	ck_assert_str_eq(search(dir, "ally", 10), "alice 1");
	ck_assert_str_eq(search(dir, "other.ex", 10), "dan 1");
	/* Nothing to look for */
	ck_assert_str_eq(search(dir, "", 10), "0");
	ck_assert_str_eq(search(dir, " , ;", 10), "0");
	/* Not all of them */
	ck_assert_str_eq(search(dir, "muller", 1), "muller 3");
	ck_assert_str_eq(search(dir, "muller", 0), "3");
	/* Invalid UTF-8 in the file or in the question */
	ck_assert_str_eq(search(dir, "bad", 10), "\xEF\xBF\xBD 1");
	ck_assert_str_eq(search(dir, "\xff\xff", 10),
			 "\xEF\xBF\xBD 1");
	directory_deinit(&dir);
}
END_TEST

START_TEST(ranking)
{
	struct directory *dir;

	/* Whole name, beginning of the name, of the address, elsewhere; then
	   by name.  No header: the columns are in their order. */
	write_file("people",
		"d@x.org\tEve Ann\n"
		"ann@x.org\tZed\n"
		"b@x.org\tAnn Zulu\n"
		"c@x.org\tAnna\n"
		"a@x.org\tann\n"
		"e@x.org\tBert\t\t\t030\tRoom 1\tBoss\tACME\tanne\t0170\t/p.jpg"
		"\tSales\t040\n");
	dir = dir_init("me@x.org", NULL, NULL);
	ck_assert_str_eq(search(dir, "Ann", 10), "a b c ann e d 6");
	directory_deinit(&dir);
}
END_TEST

START_TEST(hidden_and_lookup)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	const struct directory_entry *entry;
	struct directory *dir;

	write_file("people", people);
	dir = dir_init("me@example.org", NULL, NULL);
	ck_assert_str_eq(search(dir, "boss", 10), "0");
	ck_assert_int_eq(directory_lookup(dir, pool, "Boss@Example.ORG",
					  &entry), 1);
	ck_assert(entry->hidden);
	ck_assert_str_eq(entry->name, "The Boss");

	/* All the fields; unknown columns are no fault; first of two wins */
	ck_assert_int_eq(directory_lookup(dir, pool, "alice@example.org",
					  &entry), 1);
	ck_assert_str_eq(entry->name, "Alice M\xc3\xbcller");
	ck_assert_str_eq(entry->first_name, "Alice");
	ck_assert_str_eq(entry->last_name, "M\xc3\xbcller");
	ck_assert_str_eq(entry->phone, "+49 30 1");
	ck_assert_str_eq(entry->alias, "ally");
	ck_assert_ptr_null(entry->office);
	ck_assert_ptr_null(entry->photo_path);
	ck_assert(!entry->hidden);
	/* Made from the address; without the CR of the line */
	ck_assert_int_eq(directory_lookup(dir, pool, "carol.jones@example.org",
					  &entry), 1);
	ck_assert_str_eq(entry->name, "Carol Jones");
	ck_assert_int_eq(directory_lookup(dir, pool, "bob@example.org",
					  &entry), 1);
	ck_assert_str_eq(entry->name, "Bob M\xc3\xbcller-L\xc3\xbc"
			 "denscheidt");

	ck_assert_int_eq(directory_lookup(dir, pool, "bob", &entry), 0);
	ck_assert_ptr_null(entry);
	ck_assert_int_eq(directory_lookup(dir, pool, "", &entry), 0);
	/* Results outlive the directory. */
	ck_assert_int_eq(directory_lookup(dir, pool, "bob@example.org",
					  &entry), 1);
	directory_deinit(&dir);
	ck_assert_str_eq(entry->email, "bob@example.org");
	pool_unref(&pool);
}
END_TEST

START_TEST(scope)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	const struct directory_entry *entry;
	struct directory *dir;

	write_file("people", people);
	dir = dir_init("me@other.example", "dovetail_directory_scope",
		       "domain");
	ck_assert_str_eq(search(dir, "muller", 10), "0");
	ck_assert_str_eq(search(dir, "lukasz", 10), "dan 1");
	ck_assert_int_eq(directory_lookup(dir, pool, "bob@example.org",
					  &entry), 0);
	ck_assert_int_eq(directory_lookup(dir, pool, "DAN@OTHER.example",
					  &entry), 1);
	directory_deinit(&dir);

	/* A user without a domain sees none of these ... */
	dir = dir_init("me", "dovetail_directory_scope", "domain");
	ck_assert_str_eq(search(dir, "lukasz", 10), "0");
	directory_deinit(&dir);
	/* ... unless the site's domain is known. */
	settings[4] = NULL;
	dir = dir_init("me", "dovetail_domain", "other.example");
	ck_assert_str_eq(search(dir, "lukasz", 10), "dan 1");
	directory_deinit(&dir);

	dir = dir_init("me@example.org", "dovetail_directory_max", "2");
	ck_assert_str_eq(search(dir, "example", 10), "alice bob 2");
	directory_deinit(&dir);
	pool_unref(&pool);
}
END_TEST

START_TEST(reloading)
{
	ARRAY_TYPE(directory_entries) results;
	struct directory *dir;
	unsigned int total;

	/* No file: the directory cannot be read now. */
	i_unlink_if_exists(path("people"));
	dir = dir_init("me@example.org", NULL, NULL);
	t_array_init(&results, 4);
	ck_assert_int_eq(directory_search(dir, pool_datastack_create(), "x", 9,
					  &results, &total), -1);
	/* It comes back, but not before the time to retry. */
	write_file("people", "a@x.org\tAnn\n");
	ck_assert_int_eq(directory_search(dir, pool_datastack_create(), "x", 9,
					  &results, &total), -1);
	ioloop_time += 31;
	ck_assert_str_eq(search(dir, "ann", 9), "a 1");

	/* A change is seen at once. */
	write_file("people", "a@x.org\tAnn\nb@x.org\tAnna\n");
	ck_assert_str_eq(search(dir, "ann", 9), "a b 2");
	/* What was loaded stays when the file is gone or bad. */
	i_unlink(path("people"));
	ioloop_time += 10000;
	ck_assert_str_eq(search(dir, "ann", 9), "a b 2");
	write_file("people", "a@x.org\n");
	ioloop_time += 31;
	ck_assert_str_eq(search(dir, "ann", 9), "0");
	directory_deinit(&dir);

	/* A line without an end */
	string_t *str = t_str_new(20000);
	while (str_len(str) < 20000)
		str_append(str, "x@x.org\t");
	write_file("people", str_c(str));
	dir = dir_init("me@x.org", NULL, NULL);
	ck_assert_int_eq(directory_search(dir, pool_datastack_create(), "x", 9,
					  &results, &total), -1);
	directory_deinit(&dir);
}
END_TEST

START_TEST(settings_errors)
{
	static const char *const bad[][2] = {
		{ "dovetail_directory", "ldap" },
		{ "dovetail_directory", "file" },
		{ "dovetail_directory", "file:relative" },
		{ "dovetail_directory", "auth:x" },
		{ "dovetail_directory_scope", "site" },
		{ "dovetail_directory_cache", "ten" },
		{ "dovetail_directory_max", "-1" },
		{ "dovetail_directory_lookups", "x" },
	};
	const struct directory_settings set = {
		.get_setting = get_setting, .username = "me@x.org",
		.base_dir = tmpdir, .event = event,
	};
	struct directory *dir;
	const char *error;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(bad); i++) {
		settings[0] = bad[i][0];
		settings[1] = bad[i][1];
		settings[2] = NULL;
		error = NULL;
		ck_assert_msg(directory_init(&set, &dir, &error) == -1, "%s",
			      bad[i][1]);
		/* The message says which setting to mend. */
		ck_assert_ptr_nonnull(strstr(error, bad[i][0]));
	}
	settings[0] = "dovetail_directory";
	settings[1] = "none";
	ck_assert_int_eq(directory_init(&set, &dir, &error), 0);
	ck_assert_str_eq(search(dir, "x", 10), "0");
	directory_deinit(&dir);
	/* auth is the default and opens nothing yet. */
	settings[0] = NULL;
	ck_assert_int_eq(directory_init(&set, &dir, &error), 0);
	directory_deinit(&dir);
}
END_TEST

START_TEST(auth_down)
{
	const struct directory_settings set = {
		.get_setting = get_setting, .username = "me@x.org",
		.base_dir = tmpdir, .event = event,
	};
	ARRAY_TYPE(directory_entries) results;
	const struct directory_entry *entry;
	struct directory *dir;
	const char *error;
	unsigned int total;

	settings[0] = NULL;
	ck_assert_int_eq(directory_init(&set, &dir, &error), 0);
	t_array_init(&results, 4);
	ck_assert_int_eq(directory_search(dir, pool_datastack_create(), "x", 9,
					  &results, &total), -1);
	ck_assert_int_eq(directory_lookup(dir, pool_datastack_create(),
					  "a@x.org", &entry), -1);
	/* Not of our domain: auth is not even asked. */
	ck_assert_int_eq(directory_lookup(dir, pool_datastack_create(),
					  "a@y.org", &entry), 0);
	directory_deinit(&dir);
}
END_TEST

START_TEST(photos)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	const struct directory_entry *entry;
	buffer_t *buf = t_buffer_create(64);
	struct directory *dir;
	char data[5001];

	memset(data, 'x', 5000);
	data[5000] = '\0';
	write_file("photo.jpg", data);
	write_file("empty.jpg", "");
	ck_assert_int_eq(mkfifo(path("fifo"), 0600), 0);
	write_file("people", t_strdup_printf("#email\tphoto\n"
		"a@x.org\t%s/photo.jpg\nb@x.org\tphoto.jpg\nc@x.org\t%s/none\n"
		"d@x.org\t%s/fifo\ne@x.org\t%s/empty.jpg\n",
		tmpdir, tmpdir, tmpdir, tmpdir));
	dir = dir_init("me@x.org", NULL, NULL);

	buffer_append(buf, "before", 6);
	ck_assert_int_eq(directory_lookup(dir, pool, "a@x.org", &entry), 1);
	ck_assert_int_eq(directory_photo_read(dir, entry, 5000, buf), 1);
	ck_assert_uint_eq(buf->used, 5006);
	ck_assert_int_eq(directory_photo_read(dir, entry, 4999, buf), -1);
	ck_assert_uint_eq(buf->used, 5006);
	/* Relative: ignored; missing, no file, empty: none */
	for (const char *p = "bcde"; *p != '\0'; p++) {
		ck_assert_int_eq(directory_lookup(dir, pool,
			t_strdup_printf("%c@x.org", *p), &entry), 1);
		ck_assert_int_eq(directory_photo_read(dir, entry, 5000, buf),
				 0);
	}
	ck_assert_uint_eq(buf->used, 5006);
	directory_deinit(&dir);
	pool_unref(&pool);
}
END_TEST

START_TEST(large)
{
	struct directory *dir;
	string_t *str = str_new(default_pool, 8 * 1024 * 1024);
	unsigned int i;

	/* The whole cap; a search must not take long enough to be noticed. */
	for (i = 0; i < 100000; i++)
		str_printfa(str, "user%u@x.org\tFirst%u M\xc3\xbcller%u\n", i,
			    i, i % 1000);
	write_file("people", str_c(str));
	str_free(&str);
	dir = dir_init("me@x.org", NULL, NULL);
	ck_assert_str_eq(search(dir, "first99999", 5), "user99999 1");
	for (i = 0; i < 20; i++) T_BEGIN {
		ck_assert_str_eq(search(dir, "muller777 user12777", 5),
				 "user12777 1");
	} T_END;
	directory_deinit(&dir);
}
END_TEST

/* The addresses in the order of the list, up to '@' */
static const char *list(struct directory *dir)
{
	struct directory_listed listed;
	string_t *str = t_str_new(128);
	unsigned int i, count;

	ck_assert_int_eq(directory_list(dir, &count), 0);
	for (i = 0; i < count; i++) {
		directory_list_at(dir, i, &listed);
		ck_assert_int_eq(listed.position, i);
		ck_assert_int_lt(listed.id, 1 << 30);
		str_append(str, t_strcut(listed.entry->email, '@'));
		str_append_c(str, ' ');
	}
	return str_c(str);
}

static unsigned int next_with(struct directory *dir, const char *words)
{
	struct directory_prefixes prefixes;

	directory_prefixes_of(t_strsplit(words, " "), &prefixes);
	return directory_list_next(dir, 0, &prefixes);
}

START_TEST(listing)
{
	struct directory_listed listed, other;
	const struct directory_entry *entry;
	struct directory *dir;
	unsigned int count;

	write_file("people", people);
	dir = dir_init("me@example.org", "dovetail_directory_scope", "domain");
	ck_assert_str_eq(list(dir),
			 "alice \xef\xbf\xbd bob carol.jones muller ");
	ck_assert_int_eq(directory_list_seek(dir, ""), 0);
	ck_assert_int_eq(directory_list_seek(dir, "ALICE m\xc3\xbcller"), 0);
	ck_assert_int_eq(directory_list_seek(dir, "b\xc3\xb4" "b"), 2);
	ck_assert_int_eq(directory_list_seek(dir, "zz"), 5);

	/* By address and id; hidden ones have no position. */
	ck_assert(directory_list_find(dir, "BOSS@example.org", &listed));
	ck_assert_int_eq(listed.position, UINT_MAX);
	ck_assert(directory_list_find_id(dir, listed.id, &other));
	ck_assert_ptr_eq(other.entry, listed.entry);
	ck_assert(directory_list_find(dir, "bob@example.org", &listed));
	ck_assert_int_eq(listed.position, 2);
	ck_assert_int_eq(listed.id, directory_address_id("Bob@Example.Org"));
	ck_assert_str_eq(listed.key,
			 "BOB MULLER-LUDENSCHEIDT\nBOB@EXAMPLE.ORG\n");
	ck_assert(!directory_list_find(dir, "dan@other.example", &listed));
	ck_assert(!directory_list_find_id(dir, 1, &listed));
	ck_assert_int_eq(directory_list_lookup(dir, pool_datastack_create(),
			 "dan@other.example", &entry), 0);

	/* Nobody with such words is skipped. */
	ck_assert_int_eq(next_with(dir, "MU"), 0);
	ck_assert_int_eq(next_with(dir, "CAR JON"), 3);
	ck_assert_int_eq(next_with(dir, "L"), 0);
	ck_assert_int_eq(next_with(dir, ""), 0);
	ck_assert_int_eq(next_with(dir, "QQQ"), 5);

	/* A file that changed is read, and put in order again. */
	write_file("people", "#email\tname\nz@example.org\tA\n"
		   "a@example.org\tB\n");
	ck_assert_str_eq(list(dir), "z a ");
	directory_deinit(&dir);

	write_file("people", "");
	dir = dir_init("me@example.org", NULL, NULL);
	ck_assert_int_eq(directory_list(dir, &count), 0);
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(directory_list_seek(dir, "a"), 0);
	ck_assert(!directory_list_find_id(dir, 1, &listed));
	directory_deinit(&dir);
}
END_TEST

/* Ids of 100,000 are all different, whatever their hashes. */
START_TEST(listing_ids)
{
	struct directory *dir;
	struct directory_listed listed, found;
	string_t *str = str_new(default_pool, 1024 * 1024);
	unsigned int i, count;

	for (i = 0; i < 100000; i++)
		str_printfa(str, "user%u@example.org\n", i);
	write_file("people", str_c(str));
	str_free(&str);
	dir = dir_init("me@example.org", NULL, NULL);
	ck_assert_int_eq(directory_list(dir, &count), 0);
	ck_assert_int_eq(count, 100000);
	for (i = 0; i < count; i++) {
		directory_list_at(dir, i, &listed);
		ck_assert(directory_list_find_id(dir, listed.id, &found));
		ck_assert_int_eq(found.position, i);
	}
	directory_deinit(&dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("directory");
	TCase *tc = tcase_create("directory");
	struct ioloop *ioloop;
	SRunner *runner;
	const char *error;
	int failed;

	lib_init();
	ioloop = io_loop_create();
	event = event_create(NULL);
	if (mkdtemp(tmpdir) == NULL)
		i_fatal("mkdtemp(%s) failed: %m", tmpdir);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, searching);
	tcase_add_test(tc, ranking);
	tcase_add_test(tc, hidden_and_lookup);
	tcase_add_test(tc, scope);
	tcase_add_test(tc, reloading);
	tcase_add_test(tc, settings_errors);
	tcase_add_test(tc, auth_down);
	tcase_add_test(tc, photos);
	tcase_add_test(tc, large);
	tcase_add_test(tc, listing);
	tcase_add_test(tc, listing_ids);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (unlink_directory(tmpdir, UNLINK_DIRECTORY_FLAG_RMDIR, &error) < 0)
		i_error("%s", error);
	event_unref(&event);
	io_loop_destroy(&ioloop);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
