/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* vCards to the model and back.

   golden/contact/NAME.vcf is read: NAME.exp is what each field says.  If there is
   a NAME.set (field=value lines), those are set and NAME.out is the vCard that
   comes of it.  Written without a change each vCard is what it was, byte for byte.
   With UPDATE_GOLDEN set the expected files are written instead: read the
   difference before you commit it. */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "buffer.h"
#include "str.h"
#include "strescape.h"
#include "unichar.h"
#include "dovetail-contact.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW ((time_t)1780000000)	/* 2026-05-28T20:26:40Z */

/*
 * Helpers
 */

static const char *golden_dir(void)
{
	const char *srcdir = getenv("srcdir");

	return t_strconcat(srcdir == NULL ? "." : srcdir, "/golden/contact/",
			   NULL);
}

/* NULL: there is no such file */
static const char *read_file(pool_t pool, const char *path, size_t *size_r)
{
	FILE *f = fopen(path, "rb");
	buffer_t *buf;
	char block[8192];
	size_t n;

	if (f == NULL)
		return NULL;
	buf = buffer_create_dynamic(pool, 8192);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buffer_append(buf, block, n);
	fclose(f);
	*size_r = buf->used;
	return str_c(buf);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	ck_assert_msg(f != NULL, "%s: %m", path);
	ck_assert_int_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	ck_assert_int_eq(fclose(f), 0);
}

static struct contact *parse(pool_t pool, const char *text)
{
	struct contact *contact;
	const char *error = NULL;

	ck_assert_msg(contact_parse(pool, text, strlen(text), &contact, NULL,
				    &error) == 0, "%s", error);
	return contact;
}

static void append_value(string_t *str, const char *name, const char *text)
{
	str_printfa(str, "%s=", name);
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			str_append(str, "\\n");
		else
			str_append_c(str, *text);
	}
	str_append_c(str, '\n');
}

static const char *date_text(const struct contact_date *date)
{
	return date->secs < 0 ?
		t_strdup_printf("%04d-%02u-%02u", date->year, date->month,
				date->day) :
		t_strdup_printf("%04d-%02u-%02u %d", date->year, date->month,
				date->day, date->secs);
}

static void dump_field(const struct contact *contact, enum contact_field field,
		       string_t *str)
{
	const char *name = contact_field_name(field), *const *list, *text;
	struct contact_date date;
	buffer_t *buf;

	switch (contact_field_kind(field)) {
	case CONTACT_KIND_LIST:
		for (list = contact_get_list(contact, field); *list != NULL;
		     list++)
			append_value(str, name, *list);
		break;
	case CONTACT_KIND_DATE:
		if (contact_get_date(contact, field, &date))
			append_value(str, name, date_text(&date));
		break;
	case CONTACT_KIND_PICTURE:
		buf = t_buffer_create(256);
		if (contact_get_picture(contact, buf)) {
			string_t *b64 = t_str_new(256);

			base64_encode(buf->data, buf->used, b64);
			append_value(str, name, str_c(b64));
		}
		break;
	default:
		text = contact_get(contact, field);
		if (text != NULL)
			append_value(str, name, text);
		break;
	}
}

static const char *dump(pool_t pool, const struct contact *contact)
{
	string_t *str = str_new(pool, 1024);
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++)
		dump_field(contact, i, str);
	return str_c(str);
}

static void set_date(struct contact *contact, enum contact_field field,
		     const char *text)
{
	struct contact_date date;
	int n;

	date.secs = -1;
	n = sscanf(text, "%d-%u-%u %d", &date.year, &date.month, &date.day,
		   &date.secs);
	ck_assert_int_ge(n, 3);
	contact_set_date(contact, field, &date);
}

static void set_picture(struct contact *contact, const char *base64)
{
	const buffer_t *buf = t_base64_decode_str(base64);

	contact_set_picture(contact, buf->data, buf->used);
}

/* LISTs: several lines of one name are several values. */
static void set_line(struct contact *contact, const char *line,
		     const char *const *all)
{
	const char *value = strchr(line, '=');
	enum contact_field field;
	ARRAY_TYPE(const_string) values;
	const char *prefix;

	ck_assert_msg(value != NULL, "%s", line);
	prefix = t_strdup_until(line, ++value);
	field = contact_field_find(t_strdup_until(line, value - 1));
	ck_assert_msg(field != CONTACT_NONE, "%s", line);
	value = t_str_replace(value, '|', '\n');
	switch (contact_field_kind(field)) {
	case CONTACT_KIND_DATE:
		if (*value == '\0')
			contact_set_date(contact, field, NULL);
		else
			set_date(contact, field, value);
		break;
	case CONTACT_KIND_PICTURE:
		set_picture(contact, value);
		break;
	case CONTACT_KIND_LIST:
		t_array_init(&values, 8);
		for (; *all != NULL; all++) {
			if (strncmp(*all, prefix, strlen(prefix)) == 0 &&
			    (*all)[strlen(prefix)] != '\0') {
				value = *all + strlen(prefix);
				array_push_back(&values, &value);
			}
		}
		array_append_zero(&values);
		contact_set_list(contact, field, array_front(&values));
		break;
	default:
		contact_set_shown(contact, field, value);
		break;
	}
}

static void set_lines(struct contact *contact, const char *text)
{
	const char *const *lines = t_strsplit(text, "\n"), *const *line;

	for (line = lines; *line != NULL; line++) {
		if (**line != '\0')
			set_line(contact, *line, lines);
	}
}

/* check cannot carry long messages */
static void same(const char *what, const char *expected, const char *got,
		 const char *text)
{
	if (strcmp(expected, got) == 0)
		return;
	fprintf(stderr, "%s: expected:\n%s\ngot:\n%s\n%s%s\n", what, expected,
		got, text == NULL ? "" : "from:\n", text == NULL ? "" : text);
	ck_abort_msg("%s", what);
}

static void compare(const char *path, const char *got)
{
	pool_t pool = pool_alloconly_create("compare", 8192);
	const char *expected;
	size_t size;

	if (getenv("UPDATE_GOLDEN") != NULL)
		write_file(path, got);
	expected = read_file(pool, path, &size);
	ck_assert_msg(expected != NULL, "%s: %m", path);
	same(path, expected, got, NULL);
	pool_unref(&pool);
}

static const char *crlf(pool_t pool, const char *text)
{
	string_t *str = str_new(pool, strlen(text) * 2);

	for (; *text != '\0'; text++) {
		if (*text == '\n' && (str_len(str) == 0 ||
				      str_data(str)[str_len(str) - 1] != '\r'))
			str_append_c(str, '\r');
		str_append_c(str, *text);
	}
	return str_c(str);
}

/*
 * Golden files
 */

static void golden_one(const char *name)
{
	pool_t pool = pool_alloconly_create("golden", 64 * 1024);
	const char *base = t_strconcat(golden_dir(), name, NULL);
	const char *text, *set;
	struct contact *contact;
	size_t size;

	text = read_file(pool, t_strconcat(base, ".vcf", NULL), &size);
	ck_assert_msg(text != NULL, "%s: %m", base);
	contact = parse(pool, text);
	compare(t_strconcat(base, ".exp", NULL), dump(pool, contact));
	ck_assert(!contact_is_changed(contact));
	ck_assert_str_eq(contact_write(pool, contact, NOW), crlf(pool, text));

	set = read_file(pool, t_strconcat(base, ".set", NULL), &size);
	if (set != NULL) {
		set_lines(contact, set);
		ck_assert(contact_is_changed(contact));
		text = contact_write(pool, contact, NOW);
		ck_assert(uni_utf8_str_is_valid(text));
		compare(t_strconcat(base, ".out", NULL), text);
		/* What was set is what is read then. */
		ck_assert_str_eq(dump(pool, parse(pool, text)),
				 dump(pool, contact));
		ck_assert_str_eq(contact_write(pool, parse(pool, text), NOW),
				 text);
	}
	pool_unref(&pool);
}

START_TEST(golden)
{
	DIR *dir = opendir(golden_dir());
	const struct dirent *d;
	unsigned int count = 0;

	ck_assert_msg(dir != NULL, "%s: %m", golden_dir());
	while ((d = readdir(dir)) != NULL) {
		const char *dot = strrchr(d->d_name, '.');

		if (dot != NULL && strcmp(dot, ".vcf") == 0) T_BEGIN {
			golden_one(t_strdup_until(d->d_name, dot));
			count++;
		} T_END;
	}
	closedir(dir);
	ck_assert_uint_ge(count, 10);
}
END_TEST

/*
 * Properties: whatever is set is read again
 */

static const char *const bases[] = {
	"BEGIN:VCARD\r\nVERSION:2.1\r\nN:\r\nREV:20200101T000000Z\r\n"
	"END:VCARD\r\n",
	"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:\r\nN:;;;;\r\nEND:VCARD\r\n",
	"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:\r\nEND:VCARD\r\n",
	/* others' properties between */
	"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:x\r\nTEL:1\r\nTEL;TYPE=CELL:2\r\n"
	"TEL;TYPE=CELL:3\r\nTEL;TYPE=HOME:4\r\nTEL;TYPE=HOME,pref:5\r\n"
	"TEL;TYPE=FAX:6\r\nEMAIL:a@x\r\nEMAIL;TYPE=pref:b@x\r\nEMAIL:c@x\r\n"
	"EMAIL:d@x\r\nADR:;;u;;;;\r\nADR;TYPE=HOME:;e;s;c;;;\r\n"
	"ADR;TYPE=HOME:;;t;;;;\r\nURL;TYPE=HOME:http://h/\r\n"
	"X-JABBER:j@x\r\nIMPP:xmpp:j@x\r\nitem1.TEL:7\r\n"
	"item1.X-ABLabel:Assistant\r\nX-EVOLUTION-SPOUSE:S1\r\n"
	"X-MS-SPOUSE:S2\r\nANNIVERSARY:20010203\r\n"
	"X-ANNIVERSARY:20010203\r\nEND:VCARD\r\n",
};

/* Values that try each writer */
static const char *const values[] = {
	"plain", "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x90\xa6",
	"a;b,c\\d:e=f\"g^h", "two\nlines", "=3D\\n\\;", "- x -",
	("0123456789012345678901234567890123456789012345678901234567890123456789"
	 "0123456789012345678901234567890123456789 \xc3\xa4\xc3\xb6\xc3\xbc"),
};

/* Line ends are not in everything. */
static bool field_is_line(enum contact_field field)
{
	return (field >= CONTACT_EMAIL1 && field <= CONTACT_EMAIL3) ||
		(field >= CONTACT_BUSINESS_PHONE && field <= CONTACT_MMS) ||
		(field >= CONTACT_IM1 && field <= CONTACT_IM3) ||
		(field >= CONTACT_WEB_PAGE && field <= CONTACT_FREE_BUSY_URL);
}

static bool field_is_uri(enum contact_field field)
{
	return field >= CONTACT_WEB_PAGE && field <= CONTACT_FREE_BUSY_URL;
}

static void set_some(struct contact *contact, enum contact_field field,
		     const char *value)
{
	const char *const two[] = { value, "second", NULL };
	struct contact_date date = { .month = 2, .day = 29, .secs = -1 };

	switch (contact_field_kind(field)) {
	case CONTACT_KIND_LIST:
		contact_set_list(contact, field, two);
		break;
	case CONTACT_KIND_DATE:
		date.year = strlen(value) % 2 == 0 ? 0 : 2000;
		if (date.year != 0)
			date.secs = 28800;
		contact_set_date(contact, field, &date);
		break;
	case CONTACT_KIND_PICTURE:
		contact_set_picture(contact, value, strlen(value));
		break;
	default:
		if (field_is_uri(field)) {
			value = t_strconcat("http://x/?a;b,c=",
					    t_strdup_printf("%zu",
							    strlen(value)),
					    NULL);
		} else if (field_is_line(field))
			value = t_str_replace(value, '\n', ' ');
		contact_set(contact, field, value);
		break;
	}
}

static void clear_field(struct contact *contact, enum contact_field field)
{
	switch (contact_field_kind(field)) {
	case CONTACT_KIND_LIST:
		contact_set_list(contact, field, NULL);
		break;
	case CONTACT_KIND_DATE:
		contact_set_date(contact, field, NULL);
		break;
	case CONTACT_KIND_PICTURE:
		contact_set_picture(contact, NULL, 0);
		break;
	default:
		contact_set(contact, field, NULL);
		break;
	}
}

static const char *
dump_one(pool_t pool, const struct contact *contact, enum contact_field field)
{
	string_t *str = str_new(pool, 128);

	dump_field(contact, field, str);
	return str_c(str);
}

/* FN is made of others; an address's name goes with it. */
static const char *
dump_but(pool_t pool, const struct contact *contact, enum contact_field field)
{
	string_t *str = str_new(pool, 1024);
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		if (i != (unsigned int)field && i != CONTACT_NAME &&
		    (i < CONTACT_EMAIL1_NAME || i > CONTACT_EMAIL3_NAME))
			dump_field(contact, i, str);
	}
	return str_c(str);
}

START_TEST(each_field)
{
	const char *base = bases[_i / N_ELEMENTS(values)];
	const char *value = values[_i % N_ELEMENTS(values)];
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) T_BEGIN {
		pool_t pool = pool_alloconly_create("test", 16384);
		struct contact *contact = parse(pool, base);
		const char *text, *set, *others;

		if (i >= CONTACT_EMAIL1_NAME && i <= CONTACT_EMAIL3_NAME)
			contact_set(contact, i - CONTACT_EMAIL1_NAME +
				    CONTACT_EMAIL1, "z@z");
		set_some(contact, i, value);
		set = dump_one(pool, contact, i);
		others = dump_but(pool, contact, i);
		text = contact_write(pool, contact, NOW);
		contact = parse(pool, text);
		same(contact_field_name(i), set, dump_one(pool, contact, i),
		     text);
		same(contact_field_name(i), others,
		     dump_but(pool, contact, i), text);
		/* and away again: nothing else moves */
		clear_field(contact, i);
		others = dump_but(pool, contact, i);
		text = contact_write(pool, contact, NOW);
		contact = parse(pool, text);
		same(contact_field_name(i), others,
		     dump_but(pool, contact, i), text);
		if (_i / N_ELEMENTS(values) < 3 && i != CONTACT_NAME) {
			same(contact_field_name(i), "",
			     dump_one(pool, contact, i), text);
		}
		pool_unref(&pool);
	} T_END;
}
END_TEST

/* The same numbers for the same seed */
static uint32_t seed;

static unsigned int any(unsigned int limit)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % limit;
}

static bool is_email_name(enum contact_field field)
{
	return field >= CONTACT_EMAIL1_NAME && field <= CONTACT_EMAIL3_NAME;
}

/* What is there stays where it is, and what was set is there. */
static void check_kept(const char *what, pool_t pool,
		       const char *const *before,
		       const struct contact *contact, const char *text)
{
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		if (*before[i] == '\0' || i == CONTACT_NAME || is_email_name(i))
			continue;
		same(what, before[i], dump_one(pool, contact, i), text);
	}
}

START_TEST(random_edits)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	const char *text = bases[_i % N_ELEMENTS(bases)];
	const char *before[CONTACT_FIELD_COUNT];
	struct contact *contact;
	unsigned int round, n, field;

	seed = _i;
	for (round = 0; round < 30; round++) T_BEGIN {
		contact = parse(pool, text);
		for (n = any(8); n > 0; n--) {
			field = 1 + any(CONTACT_FIELD_COUNT - 1);
			if (any(3) == 0)
				clear_field(contact, field);
			else {
				set_some(contact, field,
					 values[any(N_ELEMENTS(values))]);
			}
		}
		for (field = 1; field < CONTACT_FIELD_COUNT; field++)
			before[field] = dump_one(pool, contact, field);
		text = contact_write(pool, contact, NOW);
		check_kept(t_strdup_printf("seed %d round %u", _i, round), pool,
			   before, contact, text);
		same("read again", dump(pool, contact),
		     dump(pool, parse(pool, text)), text);
		same("written again", text,
		     contact_write(pool, parse(pool, text), NOW), NULL);
	} T_END;
	pool_unref(&pool);
}
END_TEST

/*
 * What is shown, what is made
 */

static struct contact *with(pool_t pool, const char *version, const char *lines)
{
	return parse(pool, p_strconcat(pool, "BEGIN:VCARD\nVERSION:", version,
				       "\n", lines, "END:VCARD\n", NULL));
}

static const char *shown(const struct contact *contact, enum contact_field field)
{
	const char *text = contact_shown(contact, field);

	return text == NULL ? "" : text;
}

START_TEST(shown_names)
{
	static const struct {
		const char *lines, *first, *last, *file_as, *name;
	} tests[] = {
		{ "FN:Ann Lee\n", "Ann", "Lee", "Lee, Ann", "Ann Lee" },
		{ "FN:Lee\\, Ann\n", "Ann", "Lee", "Lee, Ann", "Lee, Ann" },
		{ "FN:Cher\nN:;;;;\n", "Cher", "", "Cher", "Cher" },
		{ "N:Lee;Ann;B;;\n", "Ann", "Lee", "Lee, Ann B", "Ann B Lee" },
		{ "FN:Acme\nORG:Acme;\n", "", "", "Acme", "Acme" },
		{ "FN:a@b\nEMAIL:a@b\n", "", "", "a@b", "a@b" },
		{ "EMAIL:a@b\n", "", "", "a@b", "a@b" },
		{ "TEL:1\n", "", "", "1", "1" },
		{ "N:;;;Dr.;\nORG:X\n", "", "", "X", "Dr." },
		{ "FN:Team One\nKIND:group\n", "", "", "Team One", "Team One" },
		{ "N:L;F\nX-EVOLUTION-FILE-AS:Boss\n", "F", "L", "Boss",
		  "F L" },
		{ "", "", "", "", "" },
	};
	pool_t pool = pool_alloconly_create("test", 4096);
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct contact *contact = with(pool, "3.0", tests[i].lines);

		same(tests[i].lines, tests[i].first,
		     shown(contact, CONTACT_FIRST_NAME), NULL);
		same(tests[i].lines, tests[i].last,
		     shown(contact, CONTACT_LAST_NAME), NULL);
		same(tests[i].lines, tests[i].file_as,
		     shown(contact, CONTACT_FILE_AS), NULL);
		same(tests[i].lines, tests[i].name,
		     shown(contact, CONTACT_NAME), NULL);
		/* Saying what was shown changes nothing. */
		contact_set_shown(contact, CONTACT_FIRST_NAME, tests[i].first);
		contact_set_shown(contact, CONTACT_LAST_NAME, tests[i].last);
		contact_set_shown(contact, CONTACT_FILE_AS, tests[i].file_as);
		ck_assert(!contact_is_changed(contact));
	}
	pool_unref(&pool);
}
END_TEST

START_TEST(shown_street)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct contact *contact = with(pool, "3.0",
		"ADR;TYPE=HOME:PO 1;Flat 2;Main St 3;;;;\n"
		"ADR;TYPE=WORK:PO 4;Room 5;Side St 6;;;;\n");

	ck_assert_str_eq(shown(contact, CONTACT_HOME_STREET),
			 "PO 1\nFlat 2\nMain St 3");
	ck_assert_str_eq(shown(contact, CONTACT_BUSINESS_STREET),
			 "PO 4\nSide St 6");
	ck_assert_str_eq(contact_get(contact, CONTACT_OFFICE), "Room 5");
	contact_set_shown(contact, CONTACT_HOME_STREET,
			  "PO 1\r\nFlat 2\r\nMain St 3");
	ck_assert(!contact_is_changed(contact));
	contact_set_shown(contact, CONTACT_HOME_STREET, "New St 7");
	contact_set_shown(contact, CONTACT_BUSINESS_STREET, "New St 8");
	ck_assert_str_eq(shown(contact, CONTACT_HOME_STREET), "New St 7");
	ck_assert_str_eq(shown(contact, CONTACT_BUSINESS_STREET), "New St 8");
	ck_assert_str_eq(contact_get(contact, CONTACT_OFFICE), "Room 5");
	pool_unref(&pool);
}
END_TEST

START_TEST(new_contact)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct contact *contact = contact_new(pool, "u;1");
	const char *text;

	contact_set(contact, CONTACT_FIRST_NAME, "Ann");
	contact_set(contact, CONTACT_LAST_NAME, "Lee");
	contact_set(contact, CONTACT_EMAIL2, "ann@x.example");
	contact_set(contact, CONTACT_IM1, "ann");
	contact_set(contact, CONTACT_IM2, "xmpp:ann@x.example");
	text = contact_write(pool, contact, NOW);
	same("new", "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Dovetail//EN\r\n"
	     "UID:u\\;1\r\nN:Lee;Ann;;;\r\nFN:Ann Lee\r\n"
	     "EMAIL;TYPE=INTERNET;X-DOVETAIL-FIELD=email2:ann@x.example\r\n"
	     "X-MS-IMADDRESS:ann\r\nIMPP:xmpp:ann@x.example\r\nEND:VCARD\r\n",
	     text, NULL);
	ck_assert_str_eq(contact_uid(parse(pool, text)), "u;1");
	ck_assert_str_eq(text, contact_write(pool, contact, NOW));
	pool_unref(&pool);
}
END_TEST

START_TEST(groups)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct contact *contact;
	const char *const *members;

	contact = with(pool, "4.0", "KIND:group\nFN:T\nMEMBER:urn:uuid:1\n"
		       "MEMBER:mailto:a@b\n");
	ck_assert(contact_is_group(contact));
	members = contact_members(contact);
	ck_assert_uint_eq(str_array_length(members), 2);
	ck_assert_str_eq(members[1], "mailto:a@b");
	contact = with(pool, "3.0", "X-ADDRESSBOOKSERVER-KIND:Group\nFN:T\n"
		       "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\n");
	ck_assert(contact_is_group(contact));
	ck_assert_str_eq(contact_members(contact)[0], "urn:uuid:1");
	contact = with(pool, "4.0", "KIND:individual\nFN:T\n");
	ck_assert(!contact_is_group(contact));
	ck_assert(contact_members(contact)[0] == NULL);
	pool_unref(&pool);
}
END_TEST

/* Members come and go; what else the vCard has stays as it is. */
static void change_members(const char *version, const char *kind,
			   const char *member)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	struct contact *contact;
	const char *text, *const *members;

	contact = with(pool, version, t_strdup_printf(
		"%s:group\nFN:T\nNOTE;X-ODD=1:kept\n%s:mailto:a@b\n", kind,
		member));
	contact_member_add(contact, "urn:uuid:1");
	/* there already */
	contact_member_add(contact, "mailto:a@b");
	contact_member_remove(contact, "mailto:nobody@b");
	text = contact_write(pool, contact, NOW);
	ck_assert(strstr(text, "NOTE;X-ODD=1:kept\r\n") != NULL);
	ck_assert(strstr(text, t_strconcat(member, ":urn:uuid:1\r\n", NULL)) !=
		  NULL);
	members = contact_members(parse(pool, text));
	ck_assert_uint_eq(str_array_length(members), 2);
	ck_assert_str_eq(members[0], "mailto:a@b");

	contact = parse(pool, text);
	contact_member_remove(contact, "mailto:a@b");
	members = contact_members(parse(pool, contact_write(pool, contact,
							    NOW)));
	ck_assert_uint_eq(str_array_length(members), 1);
	ck_assert_str_eq(members[0], "urn:uuid:1");

	contact = parse(pool, text);
	contact_member_remove(contact, "urn:uuid:1");
	contact_member_remove(contact, "mailto:a@b");
	text = contact_write(pool, contact, NOW);
	ck_assert(contact_members(parse(pool, text))[0] == NULL);
	ck_assert(contact_is_group(parse(pool, text)));
	pool_unref(&pool);
}

START_TEST(group_members)
{
	change_members("4.0", "KIND", "MEMBER");
	change_members("3.0", "X-ADDRESSBOOKSERVER-KIND",
		       "X-ADDRESSBOOKSERVER-MEMBER");
}
END_TEST

START_TEST(dates)
{
	static const struct {
		const char *value;
		int year;
		unsigned int month, day;	/* 0: none */
	} tests[] = {
		{ "1990-05-12", 1990, 5, 12 },
		{ "19900512", 1990, 5, 12 },
		{ "1990-05-12T23:10:00-05:00", 1990, 5, 12 },
		{ "19900512T000000Z", 1990, 5, 12 },
		{ "--0512", 0, 5, 12 },
		{ "--05-12", 0, 5, 12 },
		{ "1604-05-12", 0, 5, 12 },
		{ "2000-02-29", 2000, 2, 29 },
		{ "--0229", 0, 2, 29 },
		{ "1900-02-29", 0, 0, 0 },
		{ "1990-13-01", 0, 0, 0 },
		{ "1990-04-32", 0, 0, 0 },
		{ "1990-05", 0, 0, 0 },
		{ "1990", 0, 0, 0 },
		{ "---12", 0, 0, 0 },
		{ "199005121", 0, 0, 0 },
		{ "circa 1800", 0, 0, 0 },
		{ "", 0, 0, 0 },
	};
	pool_t pool = pool_alloconly_create("test", 8192);
	struct contact_date date;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct contact *contact = with(pool, "4.0", t_strconcat(
			"BDAY:", tests[i].value, "\n", NULL));

		ck_assert_msg(contact_get_date(contact, CONTACT_BIRTHDAY,
					       &date) == (tests[i].day != 0),
			      "%s", tests[i].value);
		if (tests[i].day == 0)
			continue;
		ck_assert_int_eq(date.year, tests[i].year);
		ck_assert_uint_eq(date.month, tests[i].month);
		ck_assert_uint_eq(date.day, tests[i].day);
		ck_assert_int_eq(date.secs, -1);
	}
	pool_unref(&pool);
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char *text, *email, *name;
	} tests[] = {
		{ "a@b", "a@b", "" },
		{ " a@b ", "a@b", "" },
		{ "\"Ann, L\" <a@b.example>", "a@b.example", "Ann, L" },
		{ "Ann <a@b>", "a@b", "Ann" },
		{ "\"a@b\" <a@b>", "a@b", "" },
		{ "<a@b>", "a@b", "" },
		{ "nobody", "nobody", "" },
		{ "a@b <", "a@b <", "" },
		{ "a@b <c@d>, e@f", "a@b <c@d>, e@f", "" },
		{ "", "", "" },
	};
	const char *email, *name;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		contact_address_parse(pool_datastack_create(), tests[i].text,
				      &email, &name);
		same(tests[i].text, tests[i].email, email, NULL);
		same(tests[i].text, tests[i].name, name, NULL);
	} T_END;
}
END_TEST

START_TEST(certificates)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	buffer_t *buf = t_buffer_create(64);
	struct contact *contact = with(pool, "3.0",
		"KEY;TYPE=PGP;ENCODING=b:MAoA\n"
		"KEY;TYPE=X509;ENCODING=b:MIIB\n MIIC\n"
		"KEY:data:application/pkix-cert;base64,MAAB\n"
		"KEY;VALUE=uri:http://keys.example/1\n"
		"KEY;TYPE=X509;ENCODING=b:AAAA\n");

	ck_assert(contact_certificate(contact, 0, buf));
	ck_assert_uint_eq(buf->used, 6);
	ck_assert_mem_eq(buf->data, "\x30\x82\x01\x30\x82\x02", 6);
	buffer_set_used_size(buf, 0);
	ck_assert(contact_certificate(contact, 1, buf));
	ck_assert_mem_eq(buf->data, "\x30\x00\x01", 3);
	buffer_set_used_size(buf, 0);
	ck_assert(!contact_certificate(contact, 2, buf));
	ck_assert_uint_eq(buf->used, 0);
	pool_unref(&pool);
}
END_TEST

START_TEST(pictures)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	buffer_t *buf = t_buffer_create(64);
	struct contact *contact;

	/* A link is not followed, but can be taken away. */
	contact = with(pool, "3.0", "PHOTO;VALUE=uri:http://x.example/p\n");
	ck_assert(!contact_has_picture(contact));
	ck_assert(!contact_get_picture(contact, buf));
	contact_set_picture(contact, NULL, 0);
	ck_assert(contact_is_changed(contact));
	ck_assert_ptr_null(strstr(contact_write(pool, contact, 0), "PHOTO"));
	/* broken */
	contact = with(pool, "3.0", "PHOTO;ENCODING=b:!!!!\n");
	ck_assert(!contact_get_picture(contact, buf));
	ck_assert_uint_eq(buf->used, 0);
	/* padding forgotten */
	contact = with(pool, "3.0", "PHOTO;ENCODING=b:YWI\n");
	ck_assert(contact_get_picture(contact, buf));
	ck_assert_uint_eq(buf->used, 2);
	contact_set_picture(contact, "ab", 2);
	ck_assert(!contact_is_changed(contact));
	contact = contact_new(pool, "1");
	contact_set_picture(contact, NULL, 0);
	ck_assert(!contact_is_changed(contact));
	pool_unref(&pool);
}
END_TEST

/*
 * Broken ones
 */

START_TEST(broken)
{
	static const struct {
		const char *text, *dump;
		bool warned;
	} tests[] = {
		{ "BEGIN:VCARD\nFN:A\n", "name=A\n", TRUE },
		{ "BEGIN:VCARD\nVERSION:3.0\nFN:A\nBEGIN:VCARD\nFN:B\n",
		  "name=A\n", TRUE },
		{ "junk\n\n begin:vcard \nVERSION:3.0\nfn:A\nend : vcard\n",
		  "name=A\n", FALSE },
		{ "\xef\xbb\xbf" "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n"
		  "END:VCARD", "name=A\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:3.0\nno colon\n:empty\n;x:y\n"
		  "a b:c\nFN:A\nEND:VCARD\n", "name=A\n", TRUE },
		/* invalid UTF-8 is Windows-1252 */
		{ "BEGIN:VCARD\nVERSION:3.0\nFN:M\xfcller \x80\nEND:VCARD\n",
		  "name=M\xc3\xbcller \xe2\x82\xac\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=ISO-8859-2:"
		  "\xb1\nEND:VCARD\n", "name=\xc4\x85\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=nonsense:"
		  "\xfc\nEND:VCARD\n", "name=\xc3\xbc\n", FALSE },
		/* quotes that are not closed */
		{ "BEGIN:VCARD\nVERSION:3.0\nFN;X=\"a:b\nNOTE:c\nEND:VCARD\n",
		  "name=b\nnote=c\n", FALSE },
		/* more and less components */
		{ "BEGIN:VCARD\nVERSION:3.0\nN:A\nADR:1\nORG:a;b;c;d\n"
		  "END:VCARD\n", "last-name=A\ncompany=a\ndepartment=b\n"
		  "other-po-box=1\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:3.0\nN:A;B;C;D;E;F;G\nEND:VCARD\n",
		  "last-name=A\nfirst-name=B\nmiddle-name=C\ntitle=D\n"
		  "suffix=E\n", FALSE },
		/* quoted-printable that ends in the air, or goes too far */
		{ "BEGIN:VCARD\nVERSION:2.1\nFN;QUOTED-PRINTABLE:A=\nEND:VCARD\n",
		  "name=A\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:2.1\nFN;ENCODING=QUOTED-PRINTABLE:"
		  "=4=41=ZZ\nEND:VCARD\n", "name==4A=ZZ\n", FALSE },
		/* base64 without indentation */
		{ "BEGIN:VCARD\nVERSION:2.1\nPHOTO;BASE64:QUJD\nREVG\n\n"
		  "FN:A\nEND:VCARD\n", "name=A\npicture=QUJDREVG\n", FALSE },
		/* vCard in vCard */
		{ "BEGIN:VCARD\nVERSION:2.1\nFN:A\nAGENT:\nBEGIN:VCARD\nFN:B\n"
		  "END:VCARD\nNOTE:C\nEND:VCARD\n", "name=A\nnote=C\n",
		  FALSE },
		{ "BEGIN:VCARD\nVERSION:9\nFN:A\\nB\nEND:VCARD\n",
		  "name=A\\nB\n", FALSE },
		{ "BEGIN:VCARD\nVERSION:3.0\nFN:A\\\nNOTE:x\\qy\\\\n\n"
		  "END:VCARD\n", "name=A\\\nnote=x\\qy\\n\n", FALSE },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		pool_t pool = pool_alloconly_create("test", 4096);
		const char *warnings, *error = NULL, *text;
		struct contact *contact;

		ck_assert_int_eq(contact_parse(pool, tests[i].text,
					       strlen(tests[i].text), &contact,
					       &warnings, &error), 0);
		same(tests[i].text, tests[i].dump, dump(pool, contact), NULL);
		ck_assert_msg((warnings != NULL) == tests[i].warned, "%s: %s",
			      tests[i].text, warnings);
		/* and written it is one that can be read */
		contact_set(contact, CONTACT_NICKNAME, "N");
		text = contact_write(pool, contact, NOW);
		same(tests[i].text, dump(pool, contact),
		     dump(pool, parse(pool, text)), text);
		pool_unref(&pool);
	} T_END;
}
END_TEST

START_TEST(no_vcard)
{
	static const char *const texts[] = {
		"", "\n", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "FN:A\nEND:VCARD\n",
		"BEGIN:VCARDS\n",
	};
	pool_t pool = pool_alloconly_create("test", 1024);
	struct contact *contact;
	const char *error;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		error = NULL;
		ck_assert_int_eq(contact_parse(pool, texts[i], strlen(texts[i]),
					       &contact, NULL, &error), -1);
		ck_assert_ptr_nonnull(error);
	}
	pool_unref(&pool);
}
END_TEST

/* As many lines, parameters and components as anybody likes */
START_TEST(large)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	string_t *str = str_new(pool, 1024 * 1024);
	struct contact *contact;
	const char *warnings, *error;
	unsigned int i;

	str_append(str, "BEGIN:VCARD\nVERSION:3.0\nFN:A\nX");
	for (i = 0; i < 5000; i++)
		str_append(str, ";P=v");
	str_append(str, ":z\nORG:");
	for (i = 0; i < 100000; i++)
		str_append(str, ";");
	str_append_c(str, '\n');
	for (i = 0; i < 20000; i++)
		str_append(str, "TEL:1\n");
	str_append(str, "END:VCARD\n");
	ck_assert_int_eq(contact_parse(pool, str_c(str), str_len(str), &contact,
				       &warnings, &error), 0);
	ck_assert_ptr_nonnull(warnings);
	ck_assert_str_eq(contact_get(contact, CONTACT_NAME), "A");
	contact_set(contact, CONTACT_COMPANY, "C");
	(void)contact_write(pool, contact, NOW);
	ck_assert_str_eq(contact_get(contact, CONTACT_COMPANY), "C");
	pool_unref(&pool);
}
END_TEST

/*
 * Streams
 */

struct split_result {
	pool_t pool;
	string_t *all;
	unsigned int count, errors;
	const char *last_uid, *last_text;
};

static int split_callback(void *context, const char *uid, const char *text,
			  const char *error)
{
	struct split_result *result = context;
	struct contact *contact;

	if (error != NULL) {
		result->errors++;
		return 0;
	}
	result->count++;
	ck_assert(uni_utf8_str_is_valid(text));
	ck_assert_str_ne(uid, "");
	contact = parse(result->pool, text);
	ck_assert_str_eq(contact_uid(contact), uid);
	str_append(result->all, dump(result->pool, contact));
	result->last_uid = p_strdup(result->pool, uid);
	result->last_text = p_strdup(result->pool, text);
	return 0;
}

static void split_all(struct split_result *result, pool_t pool,
		      const char *text, size_t size, size_t block)
{
	size_t pos = 0, end = 0, used;

	i_zero(result);
	result->pool = pool;
	result->all = str_new(pool, 256);
	while (end < size) {
		end = I_MIN(size, end + block);
		ck_assert_int_eq(contact_split(text + pos, end - pos,
					       end < size, &used,
					       split_callback, result), 0);
		ck_assert_uint_le(used, end - pos);
		pos += used;
	}
	ck_assert_uint_eq(pos, size);
}

START_TEST(split_blocks)
{
	static const char *text =
		"\xef\xbb\xbf" "junk before\r\n"
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nUID:1\r\nEND:VCARD\r\n"
		"\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:B\r\nAGENT:\r\n"
		"BEGIN:VCARD\r\nFN:X\r\nEND:VCARD\r\nEND:VCARD\r\n"
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:C\r\n"
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:D\r\nEND:VCARD\r\n"
		"trailing\r\nBEGIN:VCARD\r\nFN:E\r\nEND:VCARD";
	pool_t pool = pool_alloconly_create("test", 65536);
	struct split_result result;
	size_t block;

	for (block = 1; block < strlen(text) + 2; block++) {
		split_all(&result, pool, text, strlen(text), block);
		same("split", "name=A\nname=B\nname=C\nname=D\nname=E\n",
		     str_c(result.all), NULL);
		ck_assert_uint_eq(result.errors, 0);
	}
	pool_unref(&pool);
}
END_TEST

static const char *split_uid(pool_t pool, const char *lines)
{
	struct split_result result;
	const char *text = t_strconcat("BEGIN:VCARD\nVERSION:3.0\n", lines,
				       "END:VCARD\n", NULL);

	split_all(&result, pool, text, strlen(text), SIZE_MAX / 2);
	ck_assert_uint_eq(result.count, 1);
	/* once more: it has its UID now */
	text = result.last_text;
	lines = result.last_uid;
	split_all(&result, pool, text, strlen(text), SIZE_MAX / 2);
	ck_assert_str_eq(result.last_uid, lines);
	ck_assert_str_eq(result.last_text, text);
	return lines;
}

START_TEST(split_uids)
{
	pool_t pool = pool_alloconly_create("test", 65536);
	const char *uid;

	ck_assert_str_eq(split_uid(pool, "FN:A\nUID:urn:uuid:1\n"),
			 "urn:uuid:1");
	uid = split_uid(pool, "FN:A\nTEL:1\n");
	ck_assert_str_eq(split_uid(pool, "FN:A\nTEL:1\nREV:2024\n"), uid);
	ck_assert_str_eq(split_uid(pool, "FN:A\nUID:\nTEL:1\n"), uid);
	ck_assert_str_ne(split_uid(pool, "FN:A\nTEL:2\n"), uid);
	ck_assert_str_ne(split_uid(pool, "FN:A\nTEL:1\nTEL:2\n"), uid);
	pool_unref(&pool);
}
END_TEST

START_TEST(split_charsets)
{
	/* BOM, "BEGIN:VCARD\nFN:" U+00E4 U+1F426 "\nEND:VCARD\n" */
	static const char ascii[] = "BEGIN:VCARD\nVERSION:3.0\nFN:";
	static const char latin1[] = "BEGIN:VCARD\nVERSION:2.1\n"
		"FN;CHARSET=ISO-8859-1:\xe4\nX-Y:\xe4\nEND:VCARD\n";
	pool_t pool = pool_alloconly_create("test", 65536);
	buffer_t *buf = t_buffer_create(512);
	struct split_result result;
	unsigned int i, big;

	for (big = 0; big < 2; big++) {
		buffer_set_used_size(buf, 0);
		buffer_append(buf, big != 0 ? "\xfe\xff" : "\xff\xfe", 2);
		for (i = 0; ascii[i] != '\0'; i++) {
			buffer_append_c(buf, big != 0 ? 0 : ascii[i]);
			buffer_append_c(buf, big != 0 ? ascii[i] : 0);
		}
		buffer_append(buf, big != 0 ? "\x00\xe4\xd8\x3d\xdc\x26" :
			      "\xe4\x00\x3d\xd8\x26\xdc", 6);
		split_all(&result, pool, buf->data, buf->used, 7);
		same("utf-16", "name=\xc3\xa4\xf0\x9f\x90\xa6\n",
		     str_c(result.all), NULL);
	}
	/* 8-bit text of other charsets comes out as UTF-8 and says no other */
	split_all(&result, pool, latin1, sizeof(latin1) - 1, SIZE_MAX / 2);
	same("latin1", "name=\xc3\xa4\n", str_c(result.all), NULL);
	ck_assert_ptr_null(strstr(result.last_text, "8859"));
	ck_assert_ptr_nonnull(strstr(result.last_text, "X-Y"));
	/* NUL bytes */
	split_all(&result, pool, "BEGIN:VCARD\nFN:a\0b\nEND:VCARD\n", 30,
		  SIZE_MAX / 2);
	same("nul", "name=a b\n", str_c(result.all), NULL);
	pool_unref(&pool);
}
END_TEST

static int stop_callback(void *context, const char *uid ATTR_UNUSED,
			 const char *text ATTR_UNUSED,
			 const char *error ATTR_UNUSED)
{
	unsigned int *count = context;

	return ++*count == 2 ? -1 : 0;
}

START_TEST(split_stops)
{
	const char *text = "BEGIN:VCARD\nFN:a\nEND:VCARD\n"
		"BEGIN:VCARD\nFN:b\nEND:VCARD\nBEGIN:VCARD\nFN:c\nEND:VCARD\n";
	unsigned int count = 0;
	size_t used;

	ck_assert_int_eq(contact_split(text, strlen(text), FALSE, &used,
				       stop_callback, &count), -1);
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(index_words)
{
	pool_t pool = pool_alloconly_create("test", 4096);
	string_t *words = str_new(pool, 256);
	const char *sort;
	struct contact *contact = with(pool, "3.0",
		"FN:Ann Lee\nN:Lee;Ann;;;\nORG:Acme\nTEL:+1 (23) 4\n"
		"EMAIL:a@x\nEMAIL:b@x\nEMAIL:c@x\nEMAIL:d@x\nNOTE:secret\n");

	contact_index_text(contact, words, &sort);
	ck_assert_str_eq(sort, "Lee, Ann");
	ck_assert_str_eq(str_c(words), "Ann Lee\nAnn\nLee\nAcme\n+1 (23) 4\n"
			 "1234\na@x\nb@x\nc@x\nd@x\n");
	pool_unref(&pool);
}
END_TEST

START_TEST(field_names)
{
	unsigned int i;

	for (i = 1; i < CONTACT_FIELD_COUNT; i++) {
		ck_assert_int_eq(contact_field_find(contact_field_name(i)), i);
		ck_assert_str_ne(contact_field_name(i), "");
	}
	ck_assert_int_eq(contact_field_find("nothing"), CONTACT_NONE);
}
END_TEST

/*
 * Other projects' vCards, where Debian's packages have brought some
 */

static void system_file(const char *path, unsigned int *count)
{
	pool_t pool = pool_alloconly_create("system", 65536);
	struct split_result result;
	const char *text;
	size_t size;

	text = read_file(pool, path, &size);
	if (text != NULL && size < 1024 * 1024) {
		split_all(&result, pool, text, size, SIZE_MAX / 2);
		*count += result.count;
	}
	pool_unref(&pool);
}

START_TEST(system_vcards)
{
	FILE *f = popen("find /usr/share /usr/lib -name '*.vcf' -type f "
			"-size -1024k 2>/dev/null | head -2000", "r");
	unsigned int count = 0, files = 0;
	char path[4096];

	ck_assert_ptr_nonnull(f);
	while (fgets(path, sizeof(path), f) != NULL) T_BEGIN {
		system_file(t_strcut(path, '\n'), &count);
		files++;
	} T_END;
	(void)pclose(f);
	printf("%u vCards in %u files of other packages\n", count, files);
}
END_TEST

static Suite *contact_suite(void)
{
	Suite *suite = suite_create("contact");
	TCase *tc;

	tc = tcase_create("golden");
	tcase_add_test(tc, golden);
	suite_add_tcase(suite, tc);

	tc = tcase_create("properties");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_field, 0,
			    N_ELEMENTS(bases) * N_ELEMENTS(values));
	tcase_add_loop_test(tc, random_edits, 0, 40);
	suite_add_tcase(suite, tc);

	tc = tcase_create("model");
	tcase_add_test(tc, shown_names);
	tcase_add_test(tc, shown_street);
	tcase_add_test(tc, new_contact);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, group_members);
	tcase_add_test(tc, dates);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, certificates);
	tcase_add_test(tc, pictures);
	tcase_add_test(tc, index_words);
	tcase_add_test(tc, field_names);
	suite_add_tcase(suite, tc);

	tc = tcase_create("broken");
	tcase_add_test(tc, broken);
	tcase_add_test(tc, no_vcard);
	tcase_add_test(tc, large);
	suite_add_tcase(suite, tc);

	tc = tcase_create("split");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, split_blocks);
	tcase_add_test(tc, split_uids);
	tcase_add_test(tc, split_charsets);
	tcase_add_test(tc, split_stops);
	tcase_add_test(tc, system_vcards);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

	lib_init();
	runner = srunner_create(contact_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
