/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Restrictions and sort orders: wire and evaluation. */

#include "oxcdata-test.h"

static void setup(void)
{
	lib_init();
}

static void teardown(void)
{
	lib_deinit();
}

static const struct mapi_restriction *
read_hex(enum mapi_form form, const char *hex)
{
	const struct mapi_restriction *res;
	struct mapi_in in;

	in_hex(&in, form, hex);
	if (mapi_in_restriction(&in, &res) < 0)
		return NULL;
	ck_assert_uint_eq(mapi_in_left(&in), 0);
	return res;
}

static void ck_written(enum mapi_form form, const char *hex)
{
	const struct mapi_restriction *res = read_hex(form, hex);
	buffer_t *out = t_buffer_create(64);

	ck_assert_msg(res != NULL, "%s was not read", hex);
	mapi_out_restriction(out, form, res);
	ck_buf(out, hex);
}

/* --- wire --------------------------------------------------------------------------- */

/* Each of MS-OXCDATA 2.12.1 to 2.12.12 */
START_TEST(test_each_kind)
{
	static const char *const rop[] = {
		"00 0200 08 1f003700 08 1f00 1a00", "01 0000",
		"02 08 1f003700",
		"03 0100 0100 1f003700 1f003700 6100 0000",
		"04 04 0b00 690e 0b00 690e 01",
		"05 00 1f003700 1f00 3d00",
		"06 01 0300170e 00000001",
		"07 02 0300080e 00100000",
		"08 1f003700",
		"09 0d00 120e 08 1f003700",
		"0a 01 0300 3600 01000000 01 08 1f003700", "0a 00 00",
		"0b 05000000 08 1f003700",
		"04 64 0201ff0f 0201ff0f 0200 aabb",
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(rop); i++)
		ck_written(MAPI_FORM_ROP, rop[i]);
	/* wide counts and lengths */
	ck_written(MAPI_FORM_EXTENDED, "00 01000000 04 04 0201ff0f 0201ff0f 02000000 aabb");
	ck_written(MAPI_FORM_NSPI, "00 01000000 04 04 0201ff0f ff 0201ff0f ff 02000000 aabb");
}
END_TEST

/* NSPI clients are seen with an octet before the tagged value, and without. */
START_TEST(test_nspi_octet)
{
	const struct mapi_restriction *with, *without;

	with = read_hex(MAPI_FORM_NSPI, "04 04 1f00 0c36 ff 1f00 0c36 ff 6100 0000");
	without = read_hex(MAPI_FORM_NSPI, "04 04 1f00 0c36 1f00 0c36 ff 6100 0000");
	ck_assert_ptr_nonnull(with);
	ck_assert_ptr_nonnull(without);
	ck_assert_str_eq(with->prop.v.s, "a");
	ck_assert_str_eq(without->prop.v.s, "a");
}
END_TEST

START_TEST(test_broken)
{
	static const char *const broken[] = {
		"", "0c 00", "00 ffff 08 1f003700", "00 0200 08 1f003700",
		"02", "03 0100 0100 1f003700 1f003700 6100",
		"04 07 0b00690e 0b00690e 01", "04 04 0b00690e 0800690e 01",
		"05 65 1f003700 1f003d00", "06 02 0300170e 00000001",
		"07 ff 0300080e 00100000", "08 1f0037", "09 0d00120e",
		"0a ff 03003600 01000000 00", "0a 01 03003600 01000000 01",
		"0b 05000000", "01 ff00 08 1f003700",
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(broken); i++) {
		ck_assert_msg(read_hex(MAPI_FORM_ROP, broken[i]) == NULL,
			      "%u was read", i);
	}
	ck_assert_ptr_null(read_hex(MAPI_FORM_EXTENDED, "00 ffffffff 08 1f003700"));
}
END_TEST

/* The deepest that is read, and one deeper; through values, too */
START_TEST(test_depth)
{
	string_t *hex = t_str_new(1024);
	unsigned int i;

	for (i = 1; i < MAPI_RESTRICTION_MAX_DEPTH; i++)
		str_append(hex, "02");
	str_append(hex, "081f003700");
	ck_assert_ptr_nonnull(read_hex(MAPI_FORM_ROP, str_c(hex)));
	str_insert(hex, 0, "02");
	ck_assert_ptr_null(read_hex(MAPI_FORM_ROP, str_c(hex)));
	str_truncate(hex, 0);
	for (i = 0; i < 1000; i++)
		str_append(hex, "0404 fd003700 fd003700");
	ck_assert_ptr_null(read_hex(MAPI_FORM_ROP, str_c(hex)));
}
END_TEST

START_TEST(test_random)
{
	static const enum mapi_form forms[] = {
		MAPI_FORM_ROP, MAPI_FORM_NSPI, MAPI_FORM_EXTENDED
	};
	unsigned int i;

	for (i = 0; i < 5000; i++) T_BEGIN {
		pool_t pool = pool_alloconly_create("test", 1024);
		enum mapi_form form = forms[rnd(N_ELEMENTS(forms))];
		union mapi_value v = { .res = rnd_restriction(5) }, copy;
		buffer_t *out = t_buffer_create(256), *again =
			t_buffer_create(256);
		const struct mapi_restriction *res;
		struct mapi_in in;

		mapi_out_restriction(out, form, v.res);
		mapi_in_init(&in, form, pool, out->data, out->used);
		ck_assert_int_eq(mapi_in_restriction(&in, &res), 0);
		ck_assert_uint_eq(mapi_in_left(&in), 0);
		v.res = res;
		mapi_value_dup(pool, PTYP_RESTRICTION, &v, &copy);
		mapi_out_restriction(again, form, copy.res);
		ck_assert(buffer_cmp(out, again));
		ck_assert(mapi_value_equals(PTYP_RESTRICTION, &v, &copy));
		mapi_in_init(&in, form, pool, out->data, rnd(out->used));
		ck_assert_int_lt(mapi_in_restriction(&in, &res), 0);
		pool_unref(&pool);
	} T_END;
}
END_TEST

/* --- evaluation ------------------------------------------------------------------------ */

static const struct mapi_prop *bag_get(void *context, mapi_tag_t tag)
{
	return mapi_bag_get(context, tag);
}

/* A message with two recipients */
static bool any_recipient(void *context, mapi_tag_t object,
			  const struct mapi_restriction *res)
{
	static const char *const names[] = { "Ada", "Bob" };
	struct mapi_matcher m = { .get = bag_get };
	unsigned int i;

	(void)context;
	if (object != PidTagMessageRecipients)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(names); i++) {
		struct mapi_bag bag;

		mapi_bag_init(&bag, pool_datastack_create());
		mapi_bag_set_str(&bag, PidTagDisplayName, names[i]);
		m.context = &bag;
		if (mapi_restriction_match(res, &m))
			return TRUE;
	}
	return FALSE;
}

static bool is_member(void *context, const struct mapi_prop *prop)
{
	(void)context;
	return prop->v.bin.size == 2;
}

static void example(struct mapi_bag *bag)
{
	static const char *const words[] = { "red", "Blue" };
	union mapi_value v = { .mv = { 2, { .s = words } } };

	mapi_bag_init(bag, pool_datastack_create());
	mapi_bag_set_str(bag, PidTagSubject, "Caf\xc3\xa9 at noon");
	mapi_bag_set_str(bag, MAPI_TAG_RETYPE(PidTagSenderName, PTYP_STRING8),
			 "Ren\xe9");
	mapi_bag_set_int(bag, PidTagMessageSize, 5000);
	mapi_bag_set_int(bag, PidTagMessageFlags, 0x9);
	mapi_bag_set_bool(bag, PidTagRead, TRUE);
	mapi_bag_set_time(bag, PidTagMessageDeliveryTime, 1000);
	mapi_bag_set_time(bag, PidTagClientSubmitTime, 900);
	mapi_bag_set_bin(bag, PidTagSearchKey, "abcdef", 6);
	mapi_bag_set(bag, PidNameKeywords, &v);
}

static bool matches(const struct mapi_restriction *res)
{
	struct mapi_bag bag;
	struct mapi_matcher m = {
		.get = bag_get, .sub = any_recipient, .member = is_member,
		.context = &bag, .cpid = 1252,
	};

	example(&bag);
	return mapi_restriction_match(res, &m);
}

static bool
content(mapi_tag_t tag, const char *text, uint16_t low, uint16_t high)
{
	struct mapi_restriction res = {
		.type = MAPI_RES_CONTENT, .fuzzy_low = low, .fuzzy_high = high,
		.tag = tag,
		.prop = { .tag = MAPI_TAG_RETYPE(tag, PTYP_STRING),
			  .v = { .s = text } },
	};

	return matches(&res);
}

START_TEST(test_match_content)
{
	const mapi_tag_t tag = PidTagSubject;

	ck_assert(content(tag, "Caf\xc3\xa9 at noon", MAPI_FL_FULLSTRING, 0));
	ck_assert(!content(tag, "caf\xc3\xa9 at noon", MAPI_FL_FULLSTRING, 0));
	ck_assert(content(tag, "CAF\xc3\x89 AT NOON", MAPI_FL_FULLSTRING,
			  MAPI_FL_IGNORECASE));
	ck_assert(!content(tag, "cafe at noon", MAPI_FL_FULLSTRING,
			   MAPI_FL_IGNORECASE));
	ck_assert(content(tag, "Cafe at noon", MAPI_FL_FULLSTRING,
			  MAPI_FL_IGNORENONSPACE));
	ck_assert(content(tag, "cafe AT", MAPI_FL_PREFIX, MAPI_FL_LOOSE));
	ck_assert(!content(tag, "noon", MAPI_FL_PREFIX, MAPI_FL_LOOSE));
	ck_assert(content(tag, "noon", MAPI_FL_SUBSTRING, 0));
	ck_assert(content(tag, "", MAPI_FL_SUBSTRING, 0));
	ck_assert(content(tag, "", MAPI_FL_PREFIX, 0));
	ck_assert(!content(tag, "", MAPI_FL_FULLSTRING, 0));
	ck_assert(!content(tag, "noon", 3, 0));
	/* another string type; any of several values; nothing */
	ck_assert(content(PidTagSenderName, "Ren\xc3\xa9", MAPI_FL_FULLSTRING, 0));
	ck_assert(content(PidNameKeywords, "blue", MAPI_FL_FULLSTRING,
			  MAPI_FL_IGNORECASE));
	ck_assert(!content(PidNameKeywords, "green", MAPI_FL_SUBSTRING, 0));
	ck_assert(!content(PidTagBody, "", MAPI_FL_SUBSTRING, 0));
}
END_TEST

START_TEST(test_match_content_binary)
{
	struct mapi_restriction res = {
		.type = MAPI_RES_CONTENT, .fuzzy_low = MAPI_FL_SUBSTRING,
		.tag = PidTagSearchKey,
		.prop = { .tag = PidTagSearchKey,
			  .v = { .bin = { (const void *)"def", 3 } } },
	};

	ck_assert(matches(&res));
	res.fuzzy_low = MAPI_FL_PREFIX;
	ck_assert(!matches(&res));
	res.fuzzy_low = MAPI_FL_FULLSTRING;
	ck_assert(!matches(&res));
	res.prop.v.bin.data = (const void *)"abcdef";
	res.prop.v.bin.size = 6;
	ck_assert(matches(&res));
	/* text is not bytes */
	res.prop.tag = PidTagSubject;
	res.prop.v.s = "abcdef";
	ck_assert(!matches(&res));
}
END_TEST

static bool property(unsigned int relop, mapi_tag_t tag, mapi_tag_t value_tag,
		     union mapi_value v)
{
	struct mapi_restriction res = {
		.type = MAPI_RES_PROPERTY, .relop = relop, .tag = tag,
		.prop = { .tag = value_tag, .v = v },
	};

	return matches(&res);
}

START_TEST(test_match_property)
{
	static const char *const red[] = { "RED", "blue" };
	const union mapi_value small = { .i = 4999 }, same = { .i = 5000 };
	const union mapi_value mv = { .mv = { 2, { .s = red } } };
	const mapi_tag_t tag = PidTagMessageSize;

	ck_assert(property(MAPI_REL_GT, tag, tag, small));
	ck_assert(property(MAPI_REL_GE, tag, tag, same));
	ck_assert(property(MAPI_REL_LE, tag, tag, same));
	ck_assert(property(MAPI_REL_EQ, tag, tag, same));
	ck_assert(!property(MAPI_REL_NE, tag, tag, same));
	ck_assert(!property(MAPI_REL_LT, tag, tag, small));
	ck_assert(property(MAPI_REL_NE, tag, tag, small));
	ck_assert(!property(MAPI_REL_RE, tag, tag, same));
	/* another width of number is a number, a text is not */
	ck_assert(property(MAPI_REL_EQ, tag,
			   MAPI_TAG_RETYPE(tag, PTYP_INTEGER64), same));
	ck_assert(!property(MAPI_REL_NE, tag, MAPI_TAG_RETYPE(tag, PTYP_STRING),
			    (union mapi_value){ .s = "5000" }));
	/* texts without letter case; both string types */
	ck_assert(property(MAPI_REL_EQ, PidTagSubject, PidTagSubject,
			   (union mapi_value){ .s = "CAF\xc3\x89 at noon" }));
	ck_assert(property(MAPI_REL_EQ, PidTagSenderName, PidTagSenderName,
			   (union mapi_value){ .s = "ren\xc3\xa9" }));
	/* any of several, or all */
	ck_assert(property(MAPI_REL_EQ, PidNameKeywords,
			   MAPI_TAG_RETYPE(PidNameKeywords, PTYP_STRING),
			   (union mapi_value){ .s = "red" }));
	ck_assert(property(MAPI_REL_EQ, PidNameKeywords, PidNameKeywords, mv));
	ck_assert(!property(MAPI_REL_GT, PidNameKeywords, PidNameKeywords, mv));
	/* what it does not have matches nothing */
	ck_assert(!property(MAPI_REL_NE, PidTagImportance, PidTagImportance,
			    small));
	ck_assert(property(MAPI_REL_MEMBER_OF_DL, PidTagEntryId, PidTagEntryId,
			   (union mapi_value){ .bin = { (const void *)"xy", 2 } }));
	ck_assert(!property(MAPI_REL_MEMBER_OF_DL, PidTagEntryId, PidTagEntryId,
			    (union mapi_value){ .bin = { (const void *)"x", 1 } }));
}
END_TEST

static bool simple(struct mapi_restriction res)
{
	return matches(&res);
}

START_TEST(test_match_others)
{
	static const struct mapi_restriction yes = {
		.type = MAPI_RES_EXIST, .tag = PidTagSubject
	}, no = {
		.type = MAPI_RES_EXIST, .tag = PidTagImportance
	}, bob = {
		.type = MAPI_RES_CONTENT, .tag = PidTagDisplayName,
		.prop = { .tag = PidTagDisplayName, .v = { .s = "Bob" } }
	};
	static const struct mapi_restriction *const both[] = { &yes, &no };
	static const struct mapi_restriction *const one[] = { &yes };
	static const struct mapi_restriction *const none[] = { &no };
	static const struct mapi_restriction *const sub[] = { &bob };
	struct mapi_restriction res = { .subs = both, .subs_count = 2 };

	res.type = MAPI_RES_AND;
	ck_assert(!matches(&res));
	res.type = MAPI_RES_OR;
	ck_assert(matches(&res));
	/* of nothing */
	res.subs_count = 0;
	ck_assert(!matches(&res));
	res.type = MAPI_RES_AND;
	ck_assert(matches(&res));
	res.type = MAPI_RES_COMMENT;
	ck_assert(matches(&res));
	res.subs_count = 1;
	res.subs = none;
	ck_assert(!matches(&res));
	res.type = MAPI_RES_NOT;
	ck_assert(matches(&res));
	res.subs = one;
	ck_assert(!matches(&res));
	res.type = MAPI_RES_COUNT;
	ck_assert(matches(&res));
	res.type = MAPI_RES_SUBOBJECT;
	res.tag = PidTagMessageRecipients;
	res.subs = sub;
	ck_assert(matches(&res));
	res.tag = PidTagMessageAttachments;
	ck_assert(!matches(&res));

	ck_assert(simple((struct mapi_restriction){ .type = MAPI_RES_BITMASK,
		.relop = 1, .tag = PidTagMessageFlags, .mask = 8 }));
	ck_assert(!simple((struct mapi_restriction){ .type = MAPI_RES_BITMASK,
		.relop = 0, .tag = PidTagMessageFlags, .mask = 8 }));
	ck_assert(simple((struct mapi_restriction){ .type = MAPI_RES_BITMASK,
		.relop = 0, .tag = PidTagMessageFlags, .mask = 2 }));
	ck_assert(!simple((struct mapi_restriction){ .type = MAPI_RES_BITMASK,
		.relop = 0, .tag = PidTagImportance, .mask = 2 }));
	/* UTF-16 with its end: 13 characters */
	ck_assert(simple((struct mapi_restriction){ .type = MAPI_RES_SIZE,
		.relop = MAPI_REL_EQ, .tag = PidTagSubject, .mask = 26 }));
	ck_assert(simple((struct mapi_restriction){ .type = MAPI_RES_SIZE,
		.relop = MAPI_REL_LT, .tag = PidTagSearchKey, .mask = 7 }));
	ck_assert(simple((struct mapi_restriction){ .type = MAPI_RES_COMPARE,
		.relop = MAPI_REL_GT, .tag = PidTagMessageDeliveryTime,
		.tag2 = PidTagClientSubmitTime }));
	ck_assert(!simple((struct mapi_restriction){ .type = MAPI_RES_COMPARE,
		.relop = MAPI_REL_NE, .tag = PidTagMessageDeliveryTime,
		.tag2 = PidTagLastModificationTime }));
}
END_TEST

/* --- sort orders --------------------------------------------------------------------------- */

static int sort_hex(const char *hex, struct mapi_sort_set *set_r, bool *broken_r)
{
	struct mapi_in in;
	int ret;

	in_hex(&in, MAPI_FORM_ROP, hex);
	ret = mapi_in_sort_set(&in, set_r);
	*broken_r = in.broken;
	return ret;
}

START_TEST(test_sort_sets)
{
	/* by conversation, groups by their newest, then by size */
	const char *good = "0300 0100 0100 1f007000 00 4000060e 04 0300080e 01";
	static const char *const forbidden[] = {
		/* more categories than sorts, more expanded than categories */
		"0100 0200 0000 1f007000 00", "0100 0000 0100 1f007000 00",
		/* an unknown order; a maximum at the wrong place */
		"0100 0000 0000 1f007000 02", "0100 0000 0000 4000060e 04",
		"0300 0100 0000 1f007000 00 0300080e 00 4000060e 04",
		"0200 0200 0000 1f007000 00 4000060e 04",
		/* two multi-values among the categories */
		"0200 0200 0000 1f30 0080 00 1f30 0180 00",
	};
	buffer_t *out = t_buffer_create(32);
	struct mapi_sort_set set;
	unsigned int i;
	bool broken;

	ck_assert_int_eq(sort_hex(good, &set, &broken), 0);
	ck_assert_uint_eq(set.count, 3);
	ck_assert_uint_eq(set.categories, 1);
	ck_assert_uint_eq(set.expanded, 1);
	ck_assert_int_eq(set.sorts[1].order, MAPI_SORT_MAX_CATEGORY);
	mapi_out_sort_set(out, &set);
	ck_buf(out, good);
	for (i = 0; i < N_ELEMENTS(forbidden); i++) {
		ck_assert_msg(sort_hex(forbidden[i], &set, &broken) < 0,
			      "%u was read", i);
		ck_assert(!broken);
	}
	ck_assert_int_lt(sort_hex("ffff 0000 0000 1f007000 00", &set, &broken), 0);
	ck_assert(broken);
	ck_assert_int_lt(sort_hex("0100 0000", &set, &broken), 0);
	ck_assert(broken);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oxcdata-match");
	TCase *tcase = tcase_create("oxcdata-match");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_each_kind);
	tcase_add_test(tcase, test_nspi_octet);
	tcase_add_test(tcase, test_broken);
	tcase_add_test(tcase, test_depth);
	tcase_add_test(tcase, test_random);
	tcase_add_test(tcase, test_match_content);
	tcase_add_test(tcase, test_match_content_binary);
	tcase_add_test(tcase, test_match_property);
	tcase_add_test(tcase, test_match_others);
	tcase_add_test(tcase, test_sort_sets);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
