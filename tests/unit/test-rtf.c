/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* RTF: the documents' examples, what Outlook and Word write, and what is broken. */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-rtf.h"

#include <check.h>
#include <stdlib.h>

#define MAX ((size_t)16 * 1024 * 1024)

static const char *html_of(const char *rtf)
{
	string_t *out = t_str_new(256);

	ck_assert_int_eq(rtf_to_html(rtf, strlen(rtf), MAX, out), 0);
	ck_assert(uni_utf8_str_is_valid(str_c(out)));
	return str_c(out);
}

static const char *text_of(const char *rtf)
{
	string_t *out = t_str_new(256);

	ck_assert_int_eq(rtf_to_text(rtf, strlen(rtf), MAX, out), 0);
	ck_assert(uni_utf8_str_is_valid(str_c(out)));
	return str_c(out);
}

/* The body of a translated document */
static const char *body_of(const char *rtf)
{
	const char *html = html_of(rtf), *start, *end;

	start = strstr(html, "<body>\r\n");
	end = strstr(html, "</body>");
	ck_assert(start != NULL && end != NULL);
	return t_strdup_until(start + 8, end);
}

/* --- compression --- */

/* MS-OXRTFCP 3.1.1 and 3.2.1 (decompression and compression of the same) */
static const struct {
	const char *rtf, *hex;
} compressed[] = {
	{ "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
	  "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
	  "0af32068656c090020627705b06c647d0a800fa0" },
	{ "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
	  "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0" },
};

START_TEST(compression_examples)
{
	buffer_t *packed = t_buffer_create(64), *out = t_buffer_create(64);

	hex_to_binary(compressed[_i].hex, packed);
	ck_assert_int_eq(rtf_decompress(packed->data, packed->used, MAX, out), 0);
	ck_assert_str_eq(str_c(out), compressed[_i].rtf);

	buffer_set_used_size(out, 0);
	rtf_compress(compressed[_i].rtf, strlen(compressed[_i].rtf), out);
	ck_assert_str_eq(binary_to_hex(out->data, out->used),
			 compressed[_i].hex);
}
END_TEST

START_TEST(compression_round_trip)
{
	static const char *const words[] = { "\\par ", "hello", "\\'e4", "{",
					     "}", "xyzzy", "a", "\\fs20 " };
	buffer_t *rtf = t_buffer_create(64), *packed = t_buffer_create(64);
	buffer_t *out = t_buffer_create(64);
	unsigned int i, n = _i * _i * 3;

	for (i = 0; i < n; i++) {
		const char *word = words[i_rand_limit(N_ELEMENTS(words))];

		buffer_append(rtf, word, strlen(word));
		if (i % 7 == 0)
			buffer_append_c(rtf, i_rand_limit(256));
	}
	rtf_compress(rtf->data, rtf->used, packed);
	ck_assert_int_eq(rtf_decompress(packed->data, packed->used, MAX, out), 0);
	ck_assert_uint_eq(out->used, rtf->used);
	ck_assert(buffer_cmp(out, rtf));
	/* not larger than asked for */
	if (rtf->used > 0) {
		ck_assert_int_eq(rtf_decompress(packed->data, packed->used,
						rtf->used - 1, out), -1);
		ck_assert_uint_eq(out->used, rtf->used);
	}

	buffer_set_used_size(out, 0);
	buffer_set_used_size(packed, 0);
	rtf_store(rtf->data, rtf->used, packed);
	ck_assert_int_eq(rtf_decompress(packed->data, packed->used, MAX, out), 0);
	ck_assert(buffer_cmp(out, rtf));
}
END_TEST

START_TEST(compression_long_runs)
{
	buffer_t *rtf = buffer_create_dynamic(default_pool, 1024);
	buffer_t *packed = buffer_create_dynamic(default_pool, 1024);
	buffer_t *out = buffer_create_dynamic(default_pool, 1024);
	unsigned char *space = buffer_append_space_unsafe(rtf, 3000000);

	memset(space, 'a', 3000000);
	rtf_compress(rtf->data, rtf->used, packed);
	ck_assert_uint_lt(packed->used, 400000);
	ck_assert_int_eq(rtf_decompress(packed->data, packed->used, MAX, out), 0);
	ck_assert(buffer_cmp(out, rtf));
	buffer_free(&rtf);
	buffer_free(&packed);
	buffer_free(&out);
}
END_TEST

START_TEST(compression_broken)
{
	buffer_t *packed = t_buffer_create(64), *out = t_buffer_create(64);
	unsigned char *data;
	size_t i;

	hex_to_binary(compressed[0].hex, packed);
	for (i = 0; i < packed->used; i++) {
		ck_assert_int_eq(rtf_decompress(packed->data, i, MAX, out), -1);
		data = buffer_get_modifiable_data(packed, NULL);
		data[i] ^= 0x55;
		/* the size may be wrong and still fit; all else shows */
		if (rtf_decompress(packed->data, packed->used, MAX, out) == 0)
			ck_assert(i >= 4 && i < 8);
		data[i] ^= 0x55;
		buffer_set_used_size(out, 0);
	}
	/* padding behind it is no harm */
	buffer_append_zero(packed, 5);
	ck_assert_int_eq(rtf_decompress(packed->data, packed->used, MAX, out), 0);
}
END_TEST

/* --- encapsulated --- */

START_TEST(kinds)
{
	static const struct {
		const char *rtf;
		enum rtf_kind kind;
	} tests[] = {
		{ "{\\rtf1\\ansi\\fromhtml1 \\deff0 x}", RTF_KIND_HTML },
		{ "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\fbidi x}",
		  RTF_KIND_TEXT },
		{ "{\\rtf1\\ansi{\\fonttbl}\\fromhtml1 x}", RTF_KIND_RTF },
		{ "{\\rtf1\\ansi x\\fromtext y}", RTF_KIND_RTF },
		{ " \r\n{\\rtf1}", RTF_KIND_NONE },
		{ "\r\n{\\rtf1}", RTF_KIND_RTF },
		{ "{\\html}", RTF_KIND_NONE },
		{ "", RTF_KIND_NONE },
	};
	string_t *out = t_str_new(64);

	ck_assert_int_eq(rtf_kind(tests[_i].rtf, strlen(tests[_i].rtf)),
			 tests[_i].kind);
	ck_assert_int_eq(rtf_to_html(tests[_i].rtf, strlen(tests[_i].rtf), MAX,
				     out),
			 tests[_i].kind == RTF_KIND_NONE ? -1 : 0);
}
END_TEST

/* As Outlook writes it; MS-OXRTFEX 4.1 has one of this shape */
static const char outlook_html[] =
"{\\rtf1\\ANSI\\ansicpg1251\\fromhtml1 \\deff0\r\n"
"{\\fonttbl {\\f0\\fmodern Courier New;}{\\f1\\fswiss Arial;}"
"{\\f2\\fswiss\\fcharset0 Arial;}{\\f3\\froman\\fcharset204{\\*\\falt Times}"
"Times New Roman;}}\r\n"
"{\\colortbl\\red0\\green0\\blue0;\\red0\\green0\\blue255;}\r\n"
"{\\*\\htmltag64}\r\n"
"\\uc1\\pard\\plain\\deftab360 \\f0\\fs24\r\n"
"{\\*\\htmltag19 <HTML>\\par }\r\n"
"{\\*\\htmltag34 <HEAD>\\par\r\n\\tab <TITLE>}{\\*\\htmltag241 \\{x\\}\\\\}"
"{\\*\\mhtmltag1 rewritten}{\\*\\htmltag249 </TITLE>}"
"{\\*\\htmltag41 </HEAD>}\r\n"
"{\\*\\htmltag50 <BODY>}\\htmlrtf {\\f3\\fs20 \\htmlrtf0 \\'cf\\'f0 "
"{\\f2 \\'e4}\\htmlrtf }\\htmlrtf0 \r\n"
"{\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0\\htmlrtf0 a {\\*\\htmltag84 &lt;}"
"\\htmlrtf <\\htmlrtf0 b\\line"
"\\u8364?\\u-10179 ?\\u-8704 ?{\\*\\htmltag116 <br>}\\htmlrtf \\line\\htmlrtf0"
"\\lquote x\\rquote\\htmlrtf\\b hidden {\\htmlrtf0 shown}hidden\\htmlrtf0\r\n"
"{\\*\\htmltag58 </BODY>}{\\*\\htmltag27 </HTML>}}";

START_TEST(encapsulated_html)
{
	ck_assert_str_eq(html_of(outlook_html),
		"<HTML>\r\n<HEAD>\r\n\t<TITLE>{x}\\</TITLE></HEAD><BODY>"
		"\xd0\x9f\xd1\x80 \xc3\xa4&nbsp;a &lt;b\r\n"
		"\xe2\x82\xac\xf0\x9f\x98\x80<br>"
		"\xe2\x80\x98x\xe2\x80\x99shown</BODY></HTML>");
	/* seen as RTF */
	ck_assert_str_eq(text_of(outlook_html),
		"\xd0\x9f\xd1\x80 \xc3\xa4\xc2\xa0" "a <b\r\n"
		"\xe2\x82\xac\xf0\x9f\x98\x80\r\n"
		"\xe2\x80\x98x\xe2\x80\x99hidden shownhidden");
}
END_TEST

START_TEST(encapsulated_text)
{
	static const char rtf[] =
		"{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0"
		"{\\fonttbl{\\f0\\fmodern Courier New;}}\\uc1\\pard\\plain \\f0 "
		"one\\tab two\\par\r\nthree \\{\\'e4\\}\\par }";

	ck_assert_str_eq(text_of(rtf),
			 "one\ttwo\r\nthree {\xc3\xa4}\r\n");
	ck_assert(strstr(html_of(rtf), "one\ttwo\r\nthree {\xc3\xa4}") != NULL);
}
END_TEST

START_TEST(encapsulation)
{
	static const char *const pages[] = {
		"<html><head><title>a {b} \\c</title><style>p > a { x: \"</p>\" }"
		"</style></head>\r\n<body>\r\n\t<p class='a>b'>Gr\xc3\xbc\xc3\x9f"
		"e &amp; &#8364; \xf0\x9f\x98\x80</p>\r\n<!-- <b> -->"
		"<ul><li>one<li>two</ul><a href=\"http://x/?a=1&amp;b\">l</a>"
		"</body></html>",
		"plain & simple < 5 > 4",
		"",
		"<p>unfinished <b",
		"<!-- unfinished",
		"<script>if (a < b && c > d) { \"\\\\\" }</script>",
	};
	buffer_t *rtf = t_buffer_create(256);

	rtf_from_html(pages[_i], strlen(pages[_i]), rtf);
	ck_assert_int_eq(rtf_kind(rtf->data, rtf->used), RTF_KIND_HTML);
	ck_assert_str_eq(html_of(str_c(rtf)), pages[_i]);

	buffer_set_used_size(rtf, 0);
	rtf_from_text(pages[_i], strlen(pages[_i]), rtf);
	ck_assert_int_eq(rtf_kind(rtf->data, rtf->used), RTF_KIND_TEXT);
	ck_assert_str_eq(text_of(str_c(rtf)), pages[_i]);
}
END_TEST

START_TEST(encapsulation_shown)
{
	buffer_t *rtf = t_buffer_create(256);
	const char *html = "<p>one <b>two</b>\r\nthree &lt;</p><p>four<br>five"
		"</p>";

	rtf_from_html(html, strlen(html), rtf);
	ck_assert_str_eq(text_of(str_c(rtf)),
			 "one two three <\r\nfour\r\nfive\r\n");
}
END_TEST

/* --- RTF --- */

START_TEST(translated)
{
	static const struct {
		const char *rtf, *html, *text;
	} tests[] = {
		{ "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Arial;}}\\pard\\fs20 "
		  "a {\\b b} c\\par\\par\\qc\\li400 d  e\\par}",
		  "<p style=\"margin:0;\"><span style=\"font-family:'Arial';"
		  "font-size:10pt;\">a </span><span style=\"font-family:'Arial';"
		  "font-size:10pt;\"><b>b</b></span><span style=\"font-family:"
		  "'Arial';font-size:10pt;\"> c</span></p>\r\n"
		  "<p style=\"margin:0;\">&nbsp;</p>\r\n"
		  "<p style=\"margin:0;text-align:center;margin-left:20pt;\">"
		  "<span style=\"font-family:'Arial';font-size:10pt;\">d &nbsp;e"
		  "</span></p>\r\n",
		  "a b c\r\n\r\nd  e\r\n" },
		{ "{\\rtf1{\\colortbl ;\\red255\\green0\\blue16;}\\cf1 a\\cf0 b}",
		  "<p style=\"margin:0;\"><span style=\"color:#ff0010;\">a</span>"
		  "<span style=\"\">b</span></p>\r\n", "ab" },
		{ "{\\rtf1 {\\field{\\*\\fldinst{HYPERLINK \"http://x/?a&b\" }}"
		  "{\\fldrslt{\\ul here}}} "
		  "{\\field{\\*\\fldinst{HYPERLINK \"javascript:x\"}}"
		  "{\\fldrslt there}}}",
		  "<p style=\"margin:0;\"><a href=\"http://x/?a&amp;b\">"
		  "<span style=\"\"><u>here</u></span></a><span style=\"\"> there"
		  "</span></p>\r\n", "here there" },
		{ "{\\rtf1 \\trowd\\cellx10\\cellx20\\pard\\intbl a\\cell b\\cell"
		  "\\row\\trowd\\intbl c\\cell\\cell\\row\\pard d}",
		  "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\">\r\n"
		  "<tr><td><p style=\"margin:0;\"><span style=\"\">a</span></p>"
		  "\r\n</td><td><p style=\"margin:0;\"><span style=\"\">b</span>"
		  "</p>\r\n</td></tr>\r\n<tr><td><p style=\"margin:0;\">"
		  "<span style=\"\">c</span></p>\r\n</td><td></td></tr>\r\n"
		  "</table>\r\n<p style=\"margin:0;\"><span style=\"\">d</span>"
		  "</p>\r\n", "a\tb\t\r\nc\t\t\r\nd" },
		{ "{\\rtf1{\\*\\generator X;}{\\info{\\title T}}{\\pict\\bin3 }}}}"
		  "{\\*\\unknown u}{\\listtext 1.\\tab}a\\~b\\_c{\\v h}}",
		  "<p style=\"margin:0;\"><span style=\"\">1.\xc2\xa0\xc2\xa0\xc2"
		  "\xa0 a\xc2\xa0" "b\xe2\x80\x91" "c</span></p>\r\n",
		  "1.\ta\xc2\xa0" "b\xe2\x80\x91" "c" },
		/* Shift-JIS, one byte of it as a plain character; \uc2 */
		{ "{\\rtf1{\\fonttbl{\\f0\\fcharset128 MS;}}\\f0\\'83c\\'83\\\\"
		  "\\uc2\\u12354\\'82\\'a0x\\u-3 }",
		  NULL, "\xe3\x83\x84\xe3\x82\xbd\xe3\x81\x82x\xef\xbf\xbd" },
	};

	ck_assert_str_eq(text_of(tests[_i].rtf), tests[_i].text);
	if (tests[_i].html != NULL)
		ck_assert_str_eq(body_of(tests[_i].rtf), tests[_i].html);
}
END_TEST

/* --- broken --- */

START_TEST(broken)
{
	static const char *const docs[] = {
		"{\\rtf1", "{\\rtf1 a", "{\\rtf1 a}}}}b", "{\\rtf1\\", "{\\rtf1\\'",
		"{\\rtf1\\'4", "{\\rtf1\\u", "{\\rtf1\\u99999999999999999999 ?x}",
		"{\\rtf1\\bin99999999 x}", "{\\rtf1\\bin-1 x}", "{\\rtf1\\f-1 x}",
		"{\\rtf1\\f99999 x\\plain y}", "{\\rtf1\\cf-3\\cf9999 x}",
		"{\\rtf1\\uc-1\\uc99999 \\u65?x}", "{\\rtf1\\u-10179?x\\u-8704?}",
		"{\\rtf1{\\fonttbl{\\f0\\fcharset99;}}\\f0\\'ff}",
		"{\\rtf1\\ansicpg99999 \\'ff}", "{\\rtf1\\ansicpg65001 \xc3\xa4\xff}",
		"{\\rtf1\\fs-1 x}", "{\\rtf1 \x01\x02\x7f}",
		"{\\rtf1{\\field{\\fldrslt x}}{\\*\\fldinst HYPERLINK}{\\fldrslt y}}",
		"{\\rtf1\\fromhtml1{\\*\\htmltag <a", "{\\rtf1\\row\\cell\\row}",
	};

	(void)html_of(docs[_i]);
	(void)text_of(docs[_i]);
}
END_TEST

START_TEST(deep)
{
	string_t *rtf = t_str_new(4096), *out = t_str_new(64);
	unsigned int i;

	str_append(rtf, "{\\rtf1 ");
	for (i = 0; i < 100000; i++)
		str_append(rtf, "{\\b ");
	str_append(rtf, "x");
	ck_assert_int_eq(rtf_to_text(str_data(rtf), str_len(rtf), MAX, out), 0);
	ck_assert_uint_eq(str_len(out), 0);
}
END_TEST

START_TEST(cut)
{
	string_t *rtf = t_str_new(4096), *out = t_str_new(64);
	unsigned int i;

	str_append(rtf, "{\\rtf1 ");
	for (i = 0; i < 10000; i++)
		str_append(rtf, "\\line");
	str_append(rtf, "}");
	ck_assert_int_eq(rtf_to_html(str_data(rtf), str_len(rtf), 1000, out), 1);
	ck_assert_uint_lt(str_len(out), 1200);
}
END_TEST

static Suite *rtf_suite(void)
{
	Suite *suite = suite_create("rtf");
	TCase *tc;

	tc = tcase_create("compression");
	tcase_add_loop_test(tc, compression_examples, 0, N_ELEMENTS(compressed));
	tcase_add_loop_test(tc, compression_round_trip, 0, 40);
	tcase_add_test(tc, compression_long_runs);
	tcase_add_test(tc, compression_broken);
	suite_add_tcase(suite, tc);

	tc = tcase_create("encapsulated");
	tcase_add_loop_test(tc, kinds, 0, 8);
	tcase_add_test(tc, encapsulated_html);
	tcase_add_test(tc, encapsulated_text);
	tcase_add_loop_test(tc, encapsulation, 0, 6);
	tcase_add_test(tc, encapsulation_shown);
	suite_add_tcase(suite, tc);

	tc = tcase_create("translated");
	tcase_add_loop_test(tc, translated, 0, 6);
	suite_add_tcase(suite, tc);

	tc = tcase_create("broken");
	tcase_add_loop_test(tc, broken, 0, 23);
	tcase_add_test(tc, deep);
	tcase_add_test(tc, cut);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

	lib_init();
	runner = srunner_create(rtf_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
