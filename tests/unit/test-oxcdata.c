/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Property values, rows, recipients, names, bags: the documents' bytes, there and back
   with random values, and what is not to be read. */

#include "oxcdata-test.h"

static void setup(void)
{
	lib_init();
}

static void teardown(void)
{
	lib_deinit();
}

/* --- documents' bytes --------------------------------------------------------------- */

/* MS-OXCPRPT 4.2: PropertyValueCount and PropertyValues of RopSetProperties */
START_TEST(test_set_properties_example)
{
	const char *hex = "02 00 1F00 3D00 0000 1F00 1D0E 48 00 65 00 6C 00 6C 00 "
		"6F 00 20 00 57 00 6F 00 72 00 6C 00 64 00 00 00";
	buffer_t *out = t_buffer_create(64);
	ARRAY_TYPE(mapi_prop) props;
	struct mapi_bag bag;
	struct mapi_in in;

	t_array_init(&props, 4);
	in_hex(&in, MAPI_FORM_ROP, hex);
	ck_assert_int_eq(mapi_in_prop_array(&in, &props), 0);
	ck_assert_uint_eq(mapi_in_left(&in), 0);
	ck_assert_uint_eq(array_count(&props), 2);
	mapi_out_props(out, MAPI_FORM_ROP, array_front(&props), 2);
	ck_buf(out, hex);

	in_hex(&in, MAPI_FORM_ROP, hex);
	mapi_bag_init(&bag, pool_datastack_create());
	ck_assert_int_eq(mapi_in_props(&in, &bag), 0);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagSubjectPrefix), "");
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagNormalizedSubject),
			 "Hello World");
}
END_TEST

/* Widths by form: MS-OXCDATA 2.11.1, MS-OXCMAPIHTTP 2.2.1.1, MS-OXCFXICS 2.2.4.1 */
START_TEST(test_widths)
{
	static const struct {
		enum mapi_form form;
		const char *binary, *boolean, *text, *texts;
	} tests[] = {
		{ MAPI_FORM_ROP, "0200 abcd", "01", "6100 0000",
		  "01000000 6100 0000" },
		{ MAPI_FORM_NSPI, "ff 02000000 abcd", "01", "ff 6100 0000",
		  "ff 01000000 ff 6100 0000" },
		{ MAPI_FORM_FX, "02000000 abcd", "0100", "04000000 6100 0000",
		  "01000000 04000000 6100 0000" },
		{ MAPI_FORM_EXTENDED, "02000000 abcd", "01", "6100 0000",
		  "01000000 6100 0000" },
	};
	static const unsigned char bytes[] = { 0xab, 0xcd };
	static const char *const list[] = { "a" };
	union mapi_value bin = { .bin = { bytes, 2 } }, b = { .b = TRUE },
		s = { .s = "a" }, mv = { .mv = { 1, { .s = list } } };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		buffer_t *out = t_buffer_create(64);

		mapi_out_value(out, tests[i].form, PTYP_BINARY, &bin);
		ck_buf(out, tests[i].binary);
		buffer_set_used_size(out, 0);
		mapi_out_value(out, tests[i].form, PTYP_BOOLEAN, &b);
		ck_buf(out, tests[i].boolean);
		buffer_set_used_size(out, 0);
		mapi_out_value(out, tests[i].form, PTYP_STRING, &s);
		ck_buf(out, tests[i].text);
		buffer_set_used_size(out, 0);
		mapi_out_value(out, tests[i].form, PTYP_MULTIPLE_STRING, &mv);
		ck_buf(out, tests[i].texts);
	}
}
END_TEST

/* A left-out NSPI value is an empty one. */
START_TEST(test_nspi_has_value)
{
	union mapi_value v;
	struct mapi_in in;

	in_hex(&in, MAPI_FORM_NSPI, "00 00 00 ff02000000 ff41000000 00");
	ck_assert_int_eq(mapi_in_value(&in, PTYP_STRING, &v), 0);
	ck_assert_str_eq(v.s, "");
	ck_assert_int_eq(mapi_in_value(&in, PTYP_BINARY, &v), 0);
	ck_assert_uint_eq(v.bin.size, 0);
	ck_assert_int_eq(mapi_in_value(&in, PTYP_MULTIPLE_STRING, &v), 0);
	ck_assert_uint_eq(v.mv.count, 0);
	ck_assert_int_eq(mapi_in_value(&in, PTYP_MULTIPLE_STRING, &v), 0);
	ck_assert_uint_eq(v.mv.count, 2);
	ck_assert_str_eq(v.mv.v.s[0], "A");
	ck_assert_str_eq(v.mv.v.s[1], "");
	ck_assert_uint_eq(mapi_in_left(&in), 0);
}
END_TEST

/* A string type that names its code page: MS-OXCFXICS 2.2.4.1.1 */
START_TEST(test_fx_code_page)
{
	struct mapi_prop prop;
	struct mapi_in in;

	in_hex(&in, MAPI_FORM_FX, "b0843700 04000000 41000000");
	ck_assert_int_eq(mapi_in_prop(&in, &prop), 0);
	ck_assert_uint_eq(prop.tag, PidTagSubject);
	ck_assert_str_eq(prop.v.s, "A");
	/* 1252 */
	in_hex(&in, MAPI_FORM_FX, "e4843700 03000000 e94100");
	ck_assert_int_eq(mapi_in_prop(&in, &prop), 0);
	ck_assert_uint_eq(prop.tag, PidTagSubject);
	ck_assert_str_eq(prop.v.s, "\xc3\xa9" "A");
}
END_TEST

/* --- there and back ------------------------------------------------------------------- */

START_TEST(test_values_random)
{
	static const enum mapi_form forms[] = {
		MAPI_FORM_ROP, MAPI_FORM_NSPI, MAPI_FORM_FX, MAPI_FORM_EXTENDED
	};
	unsigned int i, form;

	for (i = 0; i < 20000; i++) T_BEGIN {
		pool_t pool = pool_alloconly_create("test", 1024);
		buffer_t *out = t_buffer_create(256), *again =
			t_buffer_create(256);
		struct mapi_prop prop, read, copy;
		struct mapi_in in;

		form = rnd(N_ELEMENTS(forms));
		rnd_prop(forms[form] == MAPI_FORM_FX ? TEST_TYPES_FX :
			 N_ELEMENTS(test_types), &prop);
		mapi_out_prop(out, forms[form], &prop);
		mapi_in_init(&in, forms[form], pool, out->data, out->used);
		ck_assert_int_eq(mapi_in_prop(&in, &read), 0);
		ck_assert_uint_eq(mapi_in_left(&in), 0);
		ck_assert_uint_eq(read.tag, prop.tag);
		ck_assert(mapi_value_equals(MAPI_TAG_TYPE(prop.tag), &prop.v,
					    &read.v));
		mapi_prop_dup(pool, &read, &copy);
		mapi_out_prop(again, forms[form], &copy);
		ck_assert(buffer_cmp(out, again));
		/* cut off anywhere it is broken, and says so */
		if (out->used > 0) {
			mapi_in_init(&in, forms[form], pool, out->data,
				     rnd(out->used));
			ck_assert_int_lt(mapi_in_prop(&in, &read), 0);
			ck_assert(in.broken);
		}
		pool_unref(&pool);
	} T_END;
}
END_TEST

static void ck_order(uint16_t type, const union mapi_value *a,
		     const union mapi_value *b)
{
	buffer_t *x = t_buffer_create(64), *y = t_buffer_create(64);
	int cmp = mapi_value_cmp(type, a, b), key;
	size_t min;

	mapi_value_key(x, type, a);
	mapi_value_key(y, type, b);
	min = I_MIN(x->used, y->used);
	key = memcmp(x->data, y->data, min);
	if (key == 0)
		key = x->used < y->used ? -1 : x->used > y->used ? 1 : 0;
	ck_assert_int_eq(cmp < 0, key < 0);
	ck_assert_int_eq(cmp > 0, key > 0);
	ck_assert_int_eq(mapi_value_cmp(type, b, a) < 0, cmp > 0);
	if (mapi_value_equals(type, a, b))
		ck_assert_int_eq(cmp, 0);
}

/* Keys say the same as comparisons; both are an order. */
START_TEST(test_order_random)
{
	unsigned int i;

	for (i = 0; i < 20000; i++) T_BEGIN {
		uint16_t type = test_types[rnd(TEST_TYPES_FX)];
		union mapi_value a, b;

		rnd_value(type, &a);
		if (rnd(8) == 0)
			b = a;
		else
			rnd_value(type, &b);
		ck_order(type, &a, &b);
	} T_END;
}
END_TEST

START_TEST(test_order)
{
	/* each before the next */
	static const char *const texts[] = {
		"", " a", "1", "A", "Ab", "\xc3\x84\x62", "AC", "\xc3\xa9t\xc3\xa9",
		"EU", "Z", "\xce\xb1", "\xe4\xb8\xad"
	};
	union mapi_value a, b;
	unsigned int i;

	for (i = 1; i < N_ELEMENTS(texts); i++) {
		a.s = texts[i - 1];
		b.s = texts[i];
		ck_assert_int_lt(mapi_value_cmp(PTYP_STRING, &a, &b), 0);
		ck_order(PTYP_STRING, &a, &b);
	}
	a.s = "stra\xc3\x9f" "e \xc3\x84RGER";
	b.s = "STRA\xc3\x9f" "E \xc3\xa4rger";
	ck_assert_int_eq(mapi_value_cmp(PTYP_STRING, &a, &b), 0);
	a.i = -1;
	b.i = 0;
	ck_assert_int_lt(mapi_value_cmp(PTYP_INTEGER32, &a, &b), 0);
	a.d = -0.0;
	b.d = 0.0;
	ck_assert_int_eq(mapi_value_cmp(PTYP_FLOATING64, &a, &b), 0);
	ck_order(PTYP_FLOATING64, &a, &b);
}
END_TEST

/* --- not to be read -------------------------------------------------------------------- */

/* Counts that the input cannot hold: refused before they get memory. */
START_TEST(test_counts)
{
	static const struct {
		enum mapi_form form;
		uint16_t type;
		const char *hex;
	} tests[] = {
		{ MAPI_FORM_ROP, PTYP_MULTIPLE_INTEGER32, "ffffffff 01000000" },
		{ MAPI_FORM_ROP, PTYP_MULTIPLE_STRING, "ffffffff 0000" },
		{ MAPI_FORM_ROP, PTYP_MULTIPLE_STRING8, "03000000 0000" },
		{ MAPI_FORM_ROP, PTYP_MULTIPLE_BINARY, "00000080 0000" },
		{ MAPI_FORM_ROP, PTYP_BINARY, "ffff 00" },
		{ MAPI_FORM_ROP, PTYP_SERVER_ID, "0300 0000" },
		{ MAPI_FORM_ROP, PTYP_RULE_ACTION, "0200 0100 aa" },
		{ MAPI_FORM_NSPI, PTYP_MULTIPLE_BINARY, "ff ffffff7f 00" },
		{ MAPI_FORM_NSPI, PTYP_BINARY, "ff ffffffff 00" },
		{ MAPI_FORM_FX, PTYP_STRING, "ffffffff 0000" },
		{ MAPI_FORM_FX, PTYP_MULTIPLE_GUID, "ffffff0f" },
		{ MAPI_FORM_FX, PTYP_OBJECT, "05000000 aaaa" },
		/* no end */
		{ MAPI_FORM_ROP, PTYP_STRING, "4100 4200" },
		{ MAPI_FORM_ROP, PTYP_STRING, "4100 42" },
		{ MAPI_FORM_ROP, PTYP_STRING8, "4142" },
		/* no such types */
		{ MAPI_FORM_ROP, 0x0008, "0000000000000000" },
		{ MAPI_FORM_ROP, PTYP_MULTIPLE | PTYP_BOOLEAN, "01000000 01" },
		{ MAPI_FORM_ROP, PTYP_MULTIPLE | PTYP_OBJECT, "00000000" },
		{ MAPI_FORM_FX, PTYP_RESTRICTION, "08 1f003700" },
		{ MAPI_FORM_FX, PTYP_RULE_ACTION, "0000" },
	};
	union mapi_value v;
	struct mapi_in in;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		in_hex(&in, tests[i].form, tests[i].hex);
		ck_assert_msg(mapi_in_value(&in, tests[i].type, &v) < 0,
			      "%u was read", i);
		ck_assert_msg(in.broken, "%u is not broken", i);
	}
}
END_TEST

START_TEST(test_lists_broken)
{
	ARRAY_TYPE(mapi_tag) tags;
	struct mapi_bag bag;
	struct mapi_in in;

	t_array_init(&tags, 4);
	in_hex(&in, MAPI_FORM_ROP, "0200 1f003700");
	ck_assert_int_lt(mapi_in_tags(&in, &tags), 0);
	in_hex(&in, MAPI_FORM_NSPI, "ffffffff 1f003700");
	ck_assert_int_lt(mapi_in_tags(&in, &tags), 0);
	in_hex(&in, MAPI_FORM_NSPI, "01000000 1f003700");
	ck_assert_int_eq(mapi_in_tags(&in, &tags), 0);
	ck_assert_uint_eq(array_count(&tags), 1);
	mapi_bag_init(&bag, pool_datastack_create());
	in_hex(&in, MAPI_FORM_NSPI, "ffffff3f 03003700 00000000");
	ck_assert_int_lt(mapi_in_props(&in, &bag), 0);
	/* after the end all is zero, and stays so */
	ck_assert_uint_eq(mapi_in_u64(&in), 0);
	ck_assert_ptr_null(mapi_in_bytes(&in, 1));
}
END_TEST

START_TEST(test_utf16)
{
	struct mapi_in in;
	buffer_t *out = t_buffer_create(32);

	/* a pair, halves without the other, one at the end */
	in_hex(&in, MAPI_FORM_ROP, "3dd800de 3dd84100 00de4200 3dd8 0000");
	ck_assert_str_eq(mapi_in_utf16(&in), "\xf0\x9f\x98\x80\xef\xbf\xbd" "A"
			 "\xef\xbf\xbd" "B\xef\xbf\xbd");
	mapi_out_utf16(out, "\xf0\x9f\x98\x80\xff" "a");
	ck_buf(out, "3dd800de fdff 6100 0000");
}
END_TEST

/* --- typed strings ------------------------------------------------------------------------ */

START_TEST(test_typed_strings)
{
	buffer_t *out = t_buffer_create(32);
	struct mapi_in in;

	mapi_out_typed_string(out, NULL);
	mapi_out_typed_string(out, "");
	mapi_out_typed_string(out, "RE: ");
	mapi_out_typed_string(out, "\xc3\xa9");
	ck_buf(out, "00 01 03 52453a2000 04 e9000000");
	in_hex(&in, MAPI_FORM_ROP, "00 01 03 52453a2000 04 e9000000 02 e900 05");
	ck_assert_ptr_null(mapi_in_typed_string(&in));
	ck_assert(!in.broken);
	ck_assert_str_eq(mapi_in_typed_string(&in), "");
	ck_assert_str_eq(mapi_in_typed_string(&in), "RE: ");
	ck_assert_str_eq(mapi_in_typed_string(&in), "\xc3\xa9");
	ck_assert_str_eq(mapi_in_typed_string(&in), "\xc3\xa9");
	ck_assert_ptr_null(mapi_in_typed_string(&in));
	ck_assert(in.broken);
}
END_TEST

/* --- rows ------------------------------------------------------------------------------------- */

START_TEST(test_rows)
{
	static const mapi_tag_t columns[] = {
		PidTagMessageSize, PidTagSubject, PidTagMid,
		MAPI_TAG(0x1234, PTYP_UNSPECIFIED)
	};
	struct mapi_prop props[4] = {
		{ PidTagMessageSize, { .i = 7 } },
		{ PidTagSubject, { .s = "x" } },
		{ PidTagMid, { .i = 1 } },
		{ MAPI_TAG(0x1234, PTYP_BOOLEAN), { .b = TRUE } },
	}, read[4];
	buffer_t *out = t_buffer_create(64);
	struct mapi_in in;

	mapi_out_row(out, MAPI_FORM_ROP, columns, props, 4);
	ck_buf(out, "00 07000000 78000000 0100000000000000 0b00 01");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_row(&in, columns, 4, read), 0);
	ck_assert_uint_eq(read[3].tag, props[3].tag);
	ck_assert(read[3].v.b);
	ck_assert_str_eq(read[1].v.s, "x");

	/* an error: all get a flag */
	props[1].tag = MAPI_TAG_RETYPE(PidTagSubject, PTYP_ERROR_CODE);
	props[1].v.error = ecNotFound;
	buffer_set_used_size(out, 0);
	mapi_out_row(out, MAPI_FORM_ROP, columns, props, 4);
	ck_buf(out, "01 00 07000000 0a 0f010480 00 0100000000000000 0b00 00 01");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_row(&in, columns, 4, read), 0);
	ck_assert_uint_eq(read[1].tag, props[1].tag);
	ck_assert_uint_eq(read[1].v.error, ecNotFound);

	/* NSPI: a string has its octet; a flag says an absent value, or nonsense */
	buffer_set_used_size(out, 0);
	props[1].tag = PidTagSubject;
	props[1].v.s = "x";
	mapi_out_row(out, MAPI_FORM_NSPI, columns, props, 2);
	ck_buf(out, "00 07000000 ff 78000000");
	in_hex(&in, MAPI_FORM_NSPI, "01 00 07000000 01");
	ck_assert_int_eq(mapi_in_row(&in, columns, 2, read), 0);
	ck_assert_uint_eq(read[1].v.error, ecNotFound);
	in_hex(&in, MAPI_FORM_NSPI, "01 02 07000000 01");
	ck_assert_int_lt(mapi_in_row(&in, columns, 2, read), 0);
	in_hex(&in, MAPI_FORM_NSPI, "02 07000000 ff78000000");
	ck_assert_int_lt(mapi_in_row(&in, columns, 2, read), 0);
}
END_TEST

/* A column of expanded values has one in each row. */
START_TEST(test_row_instance)
{
	const mapi_tag_t column = MAPI_TAG_RETYPE(PidNameKeywords,
		PTYP_MULTIPLE_STRING | PTYP_INSTANCE);
	struct mapi_prop prop = {
		MAPI_TAG_RETYPE(PidNameKeywords, PTYP_STRING), { .s = "red" }
	}, read;
	buffer_t *out = t_buffer_create(64);
	struct mapi_in in;

	mapi_out_row(out, MAPI_FORM_ROP, &column, &prop, 1);
	ck_buf(out, "00 7200650064000000");
	/* the tag may be the column's own */
	buffer_set_used_size(out, 0);
	prop.tag = column;
	mapi_out_row(out, MAPI_FORM_ROP, &column, &prop, 1);
	ck_buf(out, "00 7200650064000000");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_row(&in, &column, 1, &read), 0);
	ck_assert_uint_eq(MAPI_TAG_TYPE(read.tag), PTYP_STRING);
	ck_assert_str_eq(read.v.s, "red");
}
END_TEST

/* --- recipients ------------------------------------------------------------------------------- */

static void ck_same_str(const struct mapi_bag *a, const struct mapi_bag *b,
			mapi_tag_t tag)
{
	const char *x = mapi_bag_get_str(a, tag), *y = mapi_bag_get_str(b, tag);

	ck_assert_int_eq(x == NULL, y == NULL);
	if (x != NULL)
		ck_assert_str_eq(x, y);
}

START_TEST(test_recipient_smtp)
{
	static const mapi_tag_t columns[] = { PidTagObjectType, PidTagSmtpAddress };
	buffer_t *out = t_buffer_create(64);
	struct mapi_bag rcpt, read;
	struct mapi_in in;

	mapi_bag_init(&rcpt, pool_datastack_create());
	mapi_bag_set_str(&rcpt, PidTagAddressType, "SMTP");
	mapi_bag_set_str(&rcpt, PidTagEmailAddress, "a@b");
	mapi_bag_set_str(&rcpt, PidTagDisplayName, "A");
	mapi_bag_set_str(&rcpt, PidTagTransmittableDisplayName, "A");
	mapi_bag_set_bool(&rcpt, PidTagSendRichInfo, FALSE);
	mapi_bag_set_int(&rcpt, PidTagObjectType, 6);
	mapi_out_recipient(out, columns, 2, &rcpt, TRUE, 1252);
	/* SMTP 3, email 8, name 10, same 40; unicode 200, no rich text 100 */
	ck_buf(out, "5b03 6100 4000 6200 0000 4100 0000 0200 "
	       "01 00 06000000 0a 0f010480");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_recipient(&in, columns, 2, 1252, &read), 0);
	ck_assert_uint_eq(mapi_in_left(&in), 0);
	ck_same_str(&rcpt, &read, PidTagAddressType);
	ck_same_str(&rcpt, &read, PidTagEmailAddress);
	ck_same_str(&rcpt, &read, PidTagDisplayName);
	ck_same_str(&rcpt, &read, PidTagTransmittableDisplayName);
	ck_assert(!mapi_bag_get_bool(&read, PidTagSendRichInfo, TRUE));
	ck_assert(!mapi_bag_get_bool(&read, PidTagResponsibility, TRUE));
	ck_assert_int_eq(mapi_bag_get_int(&read, PidTagObjectType, 0), 6);
	ck_assert_ptr_null(mapi_bag_get(&read, PidTagSmtpAddress));
}
END_TEST

START_TEST(test_recipient_others)
{
	static const mapi_tag_t column8 =
		MAPI_TAG_RETYPE(PidTagSmtpAddress, PTYP_STRING8);
	buffer_t *out = t_buffer_create(64);
	struct mapi_bag rcpt, read;
	struct mapi_in in;

	/* X500: no e-mail member; names in the code page */
	mapi_bag_init(&rcpt, pool_datastack_create());
	mapi_bag_set_str(&rcpt, PidTagAddressType, "EX");
	mapi_bag_set_str(&rcpt, PidTagEmailAddress, "/o=x/cn=y");
	mapi_bag_set_int(&rcpt, PidTagDisplayType, 1);
	mapi_bag_set_str(&rcpt, PidTagDisplayName, "\xc3\xa9");
	mapi_bag_set_bool(&rcpt, PidTagResponsibility, TRUE);
	mapi_bag_set_str(&rcpt, PidTagSmtpAddress, "\xc3\xa9@x");
	mapi_out_recipient(out, &column8, 1, &rcpt, FALSE, 1252);
	ck_buf(out, "9100 00 01 2f6f3d782f636e3d7900 e900 0100 00 e9407800");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_recipient(&in, &column8, 1, 1252, &read), 0);
	ck_same_str(&rcpt, &read, PidTagEmailAddress);
	ck_same_str(&rcpt, &read, PidTagDisplayName);
	ck_same_str(&rcpt, &read, PidTagSmtpAddress);
	ck_assert_int_eq(mapi_bag_get_int(&read, PidTagDisplayType, 0), 1);
	ck_assert(mapi_bag_get_bool(&read, PidTagResponsibility, FALSE));

	/* a type that has no number; a row with fewer columns than there are */
	in_hex(&in, MAPI_FORM_ROP, "0802 0000 0000 00");
	ck_assert_int_eq(mapi_in_recipient(&in, &column8, 1, 1252, &read), 0);
	ck_assert_ptr_null(mapi_bag_get_str(&read, PidTagAddressType));
	in_hex(&in, MAPI_FORM_ROP, "0880 4d4f5300 7800 0000 00");
	ck_assert_int_eq(mapi_in_recipient(&in, &column8, 1, 1252, &read), 0);
	ck_assert_str_eq(mapi_bag_get_str(&read, PidTagAddressType), "MOS");
	ck_assert_str_eq(mapi_bag_get_str(&read, PidTagEmailAddress), "x");
	/* a personal list: entry id and search key */
	in_hex(&in, MAPI_FORM_ROP, "0600 0200aabb 0100cc 0000 00");
	ck_assert_int_eq(mapi_in_recipient(&in, &column8, 1, 1252, &read), 0);
	ck_assert_uint_eq(mapi_bag_get_bin(&read, PidTagEntryId)->size, 2);
	ck_assert_uint_eq(mapi_bag_get_bin(&read, PidTagSearchKey)->size, 1);
	/* more columns than there are */
	in_hex(&in, MAPI_FORM_ROP, "0000 0200 00 0000");
	ck_assert_int_lt(mapi_in_recipient(&in, &column8, 1, 1252, &read), 0);
}
END_TEST

/* --- bags --------------------------------------------------------------------------------------- */

START_TEST(test_bag)
{
	struct mapi_bag bag;
	union mapi_value v;

	mapi_bag_init(&bag, pool_datastack_create());
	mapi_bag_set_str(&bag, PidTagSubject, "a");
	/* the other string type finds it, and replaces it */
	ck_assert_str_eq(mapi_bag_get_str(&bag, MAPI_TAG_RETYPE(PidTagSubject,
								PTYP_STRING8)),
			 "a");
	mapi_bag_set_str(&bag, MAPI_TAG_RETYPE(PidTagSubject, PTYP_STRING8),
			 "b");
	ck_assert_uint_eq(array_count(&bag.props), 1);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagSubject), "b");
	ck_assert_ptr_nonnull(mapi_bag_get(&bag, MAPI_TAG(0x37, 0)));
	/* one id, two properties */
	mapi_bag_set_int(&bag, PidTagMessageSize, 5);
	mapi_bag_set_int(&bag, PidTagMessageSizeExtended, 6);
	ck_assert_int_eq(mapi_bag_get_int(&bag, PidTagMessageSize, 0), 5);
	ck_assert_int_eq(mapi_bag_get_int(&bag, PidTagMessageSizeExtended, 0), 6);
	ck_assert(mapi_bag_unset(&bag, PidTagMessageSize));
	ck_assert(!mapi_bag_unset(&bag, PidTagMessageSize));
	/* any width of it */
	ck_assert_int_eq(mapi_bag_get_int(&bag, PidTagMessageSize, 0), 6);
	/* not what it is not */
	ck_assert_ptr_null(mapi_bag_get_bin(&bag, PidTagSubject));
	ck_assert_int_eq(mapi_bag_get_time(&bag, PidTagClientSubmitTime), 0);
	mapi_bag_set_time(&bag, PidTagClientSubmitTime, 1234567890);
	ck_assert_int_eq(mapi_bag_get_time(&bag, PidTagClientSubmitTime),
			 1234567890);
	/* from itself */
	v = mapi_bag_get(&bag, PidTagSubject)->v;
	mapi_bag_set(&bag, PidTagSubject, &v);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagSubject), "b");
}
END_TEST

START_TEST(test_time)
{
	/* 2009-02-13 23:31:30 */
	ck_assert_int_eq(mapi_time(1234567890), 128790414900000000LL);
	ck_assert_int_eq(mapi_time(0), 116444736000000000LL);
	ck_assert_int_eq(mapi_time_unix(116444736000000000LL - 1), -1);
	ck_assert_int_eq(mapi_time_unix(mapi_time(-11644473600LL)),
			 -11644473600LL);
	ck_assert_int_eq(mapi_time_unix(0), -11644473600LL);
	ck_assert_int_gt(mapi_time(INT64_MAX), mapi_time(1234567890));
	ck_assert_int_lt(mapi_time_unix(INT64_MIN), 0);
}
END_TEST

/* --- stored bags ---------------------------------------------------------------------------------- */

static const struct mapi_name *name_of_id(void *context, uint16_t id)
{
	struct mapi_name *name = context;

	return id == 0x8fff || !mapi_static_name(id, name) ? NULL : name;
}

/* In another mailbox the names have other numbers. */
static uint16_t id_of_name(void *context, const struct mapi_name *name)
{
	(void)context;
	if (name->name != NULL && strcmp(name->name, "Author") == 0)
		return 0;
	return mapi_static_id(name) + 0x1000;
}

START_TEST(test_pack_random)
{
	unsigned int i, j, n;

	for (i = 0; i < 2000; i++) T_BEGIN {
		pool_t pool = pool_alloconly_create("test", 1024);
		buffer_t *out = t_buffer_create(256);
		const struct mapi_prop *prop, *found;
		struct mapi_bag bag, read;
		struct mapi_name name;
		struct mapi_prop one;

		mapi_bag_init(&bag, pool);
		n = rnd(20);
		for (j = 0; j < n; j++) {
			rnd_prop(N_ELEMENTS(test_types), &one);
			mapi_bag_set(&bag, one.tag, &one.v);
		}
		mapi_bag_set_str(&bag, PidLidLocation, rnd_text());
		mapi_bag_set_str(&bag, PidNameAuthor, "lost: no number");
		mapi_bag_set_str(&bag, MAPI_TAG(0x8fff, PTYP_STRING),
				 "lost: no name");
		mapi_bag_pack(out, &bag, name_of_id, &name);
		mapi_bag_init(&read, pool);
		ck_assert_int_eq(mapi_bag_unpack(&read, out->data, out->used,
						 id_of_name, NULL), 0);
		ck_assert_uint_eq(array_count(&read.props),
				  array_count(&bag.props) - 2);
		ck_assert_str_eq(mapi_bag_get_str(&read, PidLidLocation +
						  (0x1000 << 16)),
				 mapi_bag_get_str(&bag, PidLidLocation));
		array_foreach(&bag.props, prop) {
			if (MAPI_TAG_ID(prop->tag) >= MAPI_NAMED_FIRST)
				continue;
			found = mapi_bag_get(&read, prop->tag);
			ck_assert_ptr_nonnull(found);
			ck_assert(mapi_value_equals(MAPI_TAG_TYPE(prop->tag),
						    &prop->v, &found->v));
		}
		/* not whole: refused or shorter, never a crash */
		mapi_bag_init(&read, pool);
		(void)mapi_bag_unpack(&read, out->data, rnd(out->used),
				      id_of_name, NULL);
		pool_unref(&pool);
	} T_END;
}
END_TEST

START_TEST(test_pack_broken)
{
	static const char *const broken[] = {
		"", "02", "01 1f", "01 1f003700 ffffffff 41", "01 08003700 00",
		"01 1f000000 00000000000000000000000000000000 02",
		"01 1f103700 ffffffff", "01 03303700 01000000 01000000",
		"01 fd003700 01000000 08", "01 fd003700 06000000 08 1f003700 00",
	};
	struct mapi_bag bag;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(broken); i++) {
		const buffer_t *buf = unhex(broken[i]);

		mapi_bag_init(&bag, pool_datastack_create());
		ck_assert_msg(mapi_bag_unpack(&bag, buf->data, buf->used,
					      id_of_name, NULL) < 0,
			      "%u was read", i);
	}
}
END_TEST

/* --- names ------------------------------------------------------------------------------------------ */

START_TEST(test_names_wire)
{
	struct mapi_name name, read;
	buffer_t *out = t_buffer_create(64);
	struct mapi_in in;

	ck_assert(mapi_static_name(MAPI_TAG_ID(PidLidAppointmentStartWhole),
				   &name));
	mapi_out_name(out, &name);
	ck_buf(out, "00 0220060000000000c000000000000046 0d820000");
	ck_assert(mapi_static_name(MAPI_TAG_ID(PidNameKeywords), &name));
	buffer_set_used_size(out, 0);
	mapi_out_name(out, &name);
	ck_buf(out, "01 2903020000000000c000000000000046 12 "
	       "4b00 6500 7900 7700 6f00 7200 6400 7300 0000");
	mapi_in_init(&in, MAPI_FORM_ROP, pool_datastack_create(),
		     out->data, out->used);
	ck_assert_int_eq(mapi_in_name(&in, &read), 1);
	ck_assert(mapi_name_equals(&read, &name));
	ck_assert_uint_eq(mapi_in_left(&in), 0);
	buffer_set_used_size(out, 0);
	mapi_out_name(out, NULL);
	ck_buf(out, "ff");
	in_hex(&in, MAPI_FORM_ROP, "ff");
	ck_assert_int_eq(mapi_in_name(&in, &read), 0);
	/* an odd size; an unknown kind */
	in_hex(&in, MAPI_FORM_ROP, "01 29030200000000 00c000000000000046 03 4b0065");
	ck_assert_int_lt(mapi_in_name(&in, &read), 0);
	in_hex(&in, MAPI_FORM_ROP, "02 29030200000000 00c000000000000046 00000000");
	ck_assert_int_lt(mapi_in_name(&in, &read), 0);
}
END_TEST

START_TEST(test_names_static)
{
	struct mapi_name name = { .lid = 0x820d }, known;
	unsigned int id, count = 0;

	memcpy(name.guid, PSETID_Appointment, sizeof(name.guid));
	ck_assert_uint_eq(mapi_static_id(&name),
			  MAPI_TAG_ID(PidLidAppointmentStartWhole));
	name.lid = 1;
	ck_assert_uint_eq(mapi_static_id(&name), 0);
	/* strings: exact; header fields: in any letter case */
	memcpy(name.guid, PS_PUBLIC_STRINGS, sizeof(name.guid));
	name.name = "Keywords";
	ck_assert_uint_eq(mapi_static_id(&name), MAPI_TAG_ID(PidNameKeywords));
	name.name = "keywords";
	ck_assert_uint_eq(mapi_static_id(&name), 0);
	memcpy(name.guid, PS_INTERNET_HEADERS, sizeof(name.guid));
	name.name = "content-CLASS";
	ck_assert_uint_eq(mapi_static_id(&name),
			  MAPI_TAG_ID(PidNameContentClass));
	/* PS_MAPI: the numbers themselves */
	memcpy(name.guid, PS_MAPI, sizeof(name.guid));
	ck_assert(mapi_name_is_mapi(&name));
	ck_assert_uint_eq(mapi_static_id(&name), 0);
	name.name = NULL;
	name.lid = 0x37;
	ck_assert_uint_eq(mapi_static_id(&name), 0x37);
	name.lid = 0x8001;
	ck_assert_uint_eq(mapi_static_id(&name), 0);
	ck_assert(mapi_static_name(0x37, &known));
	ck_assert(mapi_name_is_mapi(&known));
	ck_assert_uint_eq(known.lid, 0x37);

	/* each has one name, and is found by it */
	for (id = MAPI_NAMED_FIRST; id <= 0xffff; id++) {
		if (!mapi_static_name(id, &known))
			continue;
		ck_assert_uint_lt(id, MAPI_NAMED_NEXT);
		ck_assert_uint_eq(mapi_static_id(&known), id);
		ck_assert_uint_eq(MAPI_TAG_ID(mapi_static_tag(id)), id);
		count++;
	}
	ck_assert_uint_eq(count, MAPI_NAMED_NEXT - MAPI_NAMED_FIRST - 1);
	ck_assert_uint_le(MAPI_NAMED_NEXT, MAPI_NAMED_DYNAMIC);
	ck_assert_uint_eq(mapi_static_tag(0x8000), 0);
	ck_assert_uint_eq(mapi_static_tag(0xffff), 0);
}
END_TEST

/* Ids that clients have cached and mailboxes have stored: they stay. */
START_TEST(test_names_stay)
{
	ck_assert_uint_eq(PidLidSendMeetingAsIcal, 0x8001000b);
	ck_assert_uint_eq(PidLidAppointmentStartWhole, 0x800d0040);
	ck_assert_uint_eq(PidLidGlobalObjectId, 0x80470102);
	ck_assert_uint_eq(PidLidReminderSet, 0x8070000b);
	ck_assert_uint_eq(PidNameKeywords, 0x81cf101f);
	ck_assert_uint_eq(PidNameContentClass, 0x81f7001f);
}
END_TEST

START_TEST(test_tag_names)
{
	ck_assert_str_eq(mapi_tag_name(PidTagSubject), "PidTagSubject");
	ck_assert_str_eq(mapi_tag_name(0x0037001e), "PidTagSubject:001e");
	ck_assert_str_eq(mapi_tag_name(PidLidBusyStatus), "PidLidBusyStatus");
	ck_assert_str_eq(mapi_tag_name(0x6abc001f), "0x6abc001f");
	ck_assert_str_eq(mapi_tag_name(PidTagEntryId), "PidTagEntryId");
	ck_assert_str_eq(mapi_tag_name(MarkIncrSyncChg), "MarkIncrSyncChg");
	ck_assert_str_eq(mapi_tag_name(0x88001003), "0x88001003");
	ck_assert_str_eq(mapi_ab_tag_name(PidTagAddressBookProxyAddresses),
			 "PidTagAddressBookProxyAddresses");
	ck_assert_str_eq(mapi_ab_tag_name(PidTagDisplayName),
			 "PidTagDisplayName");
	ck_assert_str_eq(mapi_error_name(ecNotFound), "ecNotFound");
	ck_assert_str_eq(mapi_error_name(0x12345678), "0x12345678");
}
END_TEST

/* --- text --------------------------------------------------------------------------------------------- */

START_TEST(test_code_pages)
{
	pool_t pool = pool_datastack_create();
	union mapi_value v, v8 = { .s = "\xe9" };
	static const char *const list[] = { "\xe9", "a" };
	union mapi_value mv8 = { .mv = { 2, { .s = list } } };

	ck_assert_str_eq(mapi_text_from_cpid(pool, 1252, "\x80", 1),
			 "\xe2\x82\xac");
	ck_assert_str_eq(mapi_text_from_cpid(pool, 932, "\x83\x65", 2),
			 "\xe3\x83\x86");
	ck_assert_str_eq(mapi_text_to_cpid(pool, 932, "\xe3\x83\x86"),
			 "\x83\x65");
	/* what is not there; what is no UTF-8; half a character */
	ck_assert_str_eq(mapi_text_to_cpid(pool, 1252, "a\xe4\xb8\xad" "b"),
			 "a?b");
	ck_assert_str_eq(mapi_text_to_cpid(pool, 1252, "a\xff" "b\xc3"),
			 "a?b?");
	ck_assert_str_eq(mapi_text_from_cpid(pool, 65001, "a\xff", 2),
			 "a\xef\xbf\xbd");
	/* unknown: as 1252 */
	ck_assert_str_eq(mapi_text_from_cpid(pool, 4711, "\xe9", 1),
			 "\xc3\xa9");
	ck_assert(mapi_value_convert(pool, PTYP_STRING8, &v8, PTYP_STRING,
				     1252, &v));
	ck_assert_str_eq(v.s, "\xc3\xa9");
	ck_assert(mapi_value_convert(pool, PTYP_MULTIPLE_STRING8, &mv8,
				     PTYP_MULTIPLE_STRING, 1252, &v));
	ck_assert_uint_eq(v.mv.count, 2);
	ck_assert_str_eq(v.mv.v.s[0], "\xc3\xa9");
	ck_assert(!mapi_value_convert(pool, PTYP_STRING8, &v8, PTYP_BINARY,
				      1252, &v));
	ck_assert_str_eq(mapi_charset_of_cpid(1252), "windows-1252");
	ck_assert_ptr_null(mapi_charset_of_cpid(1));
	ck_assert_uint_eq(mapi_cpid_of_charset("UTF-8"), 65001);
	ck_assert_uint_eq(mapi_cpid_of_charset("ISO-8859-15"), 28605);
	ck_assert_uint_eq(mapi_cpid_of_charset("x"), 0);
}
END_TEST

START_TEST(test_fold)
{
	ck_assert_str_eq(mapi_fold("aB\xc3\xa9", 0), "aBe\xcc\x81");
	ck_assert_str_eq(mapi_fold("aB\xc3\xa9", MAPI_FL_IGNORECASE),
			 "ABE\xcc\x81");
	ck_assert_str_eq(mapi_fold("aB\xc3\xa9", MAPI_FL_IGNORENONSPACE),
			 "aBe");
	ck_assert_str_eq(mapi_fold("aB\xc3\xa9", MAPI_FL_LOOSE), "ABE");
	ck_assert_str_eq(mapi_fold("\xff", MAPI_FL_LOOSE), "\xef\xbf\xbd");
}
END_TEST

/* Sizes as PidTagMessageSize counts: with the end of a string, as on the wire */
START_TEST(test_sizes)
{
	static const char *const list[] = { "a", "\xf0\x9f\x98\x80" };
	union mapi_value s = { .s = "\xc3\xa9" "a" }, bin = { .bin = { NULL, 5 } },
		mv = { .mv = { 2, { .s = list } } }, i = { .i = 1 };

	ck_assert_uint_eq(mapi_value_size(PTYP_STRING, &s), 6);
	ck_assert_uint_eq(mapi_value_size(PTYP_STRING8, &s), 4);
	ck_assert_uint_eq(mapi_value_size(PTYP_BINARY, &bin), 5);
	ck_assert_uint_eq(mapi_value_size(PTYP_MULTIPLE_STRING, &mv), 4 + 6);
	ck_assert_uint_eq(mapi_value_size(PTYP_INTEGER64, &i), 8);
	ck_assert_uint_eq(mapi_value_size(PTYP_BOOLEAN, &i), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oxcdata");
	TCase *tcase = tcase_create("oxcdata");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_set_properties_example);
	tcase_add_test(tcase, test_widths);
	tcase_add_test(tcase, test_nspi_has_value);
	tcase_add_test(tcase, test_fx_code_page);
	tcase_add_test(tcase, test_values_random);
	tcase_add_test(tcase, test_order_random);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_counts);
	tcase_add_test(tcase, test_lists_broken);
	tcase_add_test(tcase, test_utf16);
	tcase_add_test(tcase, test_typed_strings);
	tcase_add_test(tcase, test_rows);
	tcase_add_test(tcase, test_row_instance);
	tcase_add_test(tcase, test_recipient_smtp);
	tcase_add_test(tcase, test_recipient_others);
	tcase_add_test(tcase, test_bag);
	tcase_add_test(tcase, test_time);
	tcase_add_test(tcase, test_pack_random);
	tcase_add_test(tcase, test_pack_broken);
	tcase_add_test(tcase, test_names_wire);
	tcase_add_test(tcase, test_names_static);
	tcase_add_test(tcase, test_names_stay);
	tcase_add_test(tcase, test_tag_names);
	tcase_add_test(tcase, test_code_pages);
	tcase_add_test(tcase, test_fold);
	tcase_add_test(tcase, test_sizes);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
