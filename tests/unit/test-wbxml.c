/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The WBXML codec: every tag both ways, events in any chunking, limits, the
   tree with its temporary file, the writer's containers and marks, traces. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "istream.h"
#include "istream-concat.h"
#include "ostream.h"
#include "dovetail-wbxml.h"
#include "wbxml-utf8.h"

#include <check.h>
#include <stdlib.h>

/* A byte string with NULs */
#define BYTES(s) (const unsigned char *)(s), sizeof(s) - 1

static char *tmp_prefix;

/*
 * Helpers
 */

struct out {
	buffer_t *buf;
	struct ostream *output;
	struct wbxml_writer *w;
};

static void out_init(struct out *out)
{
	out->buf = buffer_create_dynamic(default_pool, 1024);
	out->output = o_stream_create_buffer(out->buf);
	out->w = wbxml_writer_init(out->output);
}

static void out_finish(struct out *out)
{
	const char *error = NULL;

	ck_assert_msg(wbxml_writer_finish(&out->w, &error) == 0, "%s", error);
	ck_assert_int_ge(o_stream_finish(out->output), 0);
	o_stream_unref(&out->output);
}

static void out_free(struct out *out)
{
	buffer_free(&out->buf);
}

static void assert_bytes(const buffer_t *buf, const unsigned char *data,
			 size_t size)
{
	ck_assert_uint_eq(buf->used, size);
	ck_assert_mem_eq(buf->data, data, size);
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* One line for the events of a document fed in pieces of chunk bytes; strings
   and opaques are joined, so that every chunking gives the same. */
static const char *
events(const unsigned char *data, size_t size, size_t chunk,
       const struct wbxml_limits *limits)
{
	struct wbxml_reader *reader = wbxml_reader_init(limits);
	string_t *str = t_str_new(256);
	struct wbxml_event ev;
	uoff_t offset;
	int ret = 0;

	while (size > 0 && ret >= 0) {
		size_t part = I_MIN(chunk, size), left = part;
		const unsigned char *p = data;

		while ((ret = wbxml_reader_next(reader, &p, &left, &ev)) > 0) {
			switch (ev.type) {
			case WBXML_EVENT_START:
				str_printfa(str, "<%s%s>",
					    wbxml_tag_name(ev.tag),
					    ev.has_content ? "" : "/");
				break;
			case WBXML_EVENT_TEXT:
				str_append_data(str, ev.data, ev.size);
				str_append(str, ev.last ? "|" : "");
				break;
			case WBXML_EVENT_OPAQUE:
				if (ev.offset == 0)
					str_printfa(str, "{%u:", ev.total);
				str_append_data(str, ev.data, ev.size);
				str_append(str, ev.last ? "}" : "");
				break;
			case WBXML_EVENT_END:
				str_printfa(str, "</%s>",
					    wbxml_tag_name(ev.tag));
				break;
			case WBXML_EVENT_DOC_END:
				str_append(str, "$");
				break;
			}
		}
		data += part;
		size -= part;
	}
	if (ret == 0)
		ret = wbxml_reader_finish(reader);
	if (ret < 0) {
		enum wbxml_error error =
			wbxml_reader_get_error(reader, &offset);
		str_printfa(str, "!%s@%u", wbxml_error_str(error),
			    (unsigned int)offset);
	}
	wbxml_reader_deinit(&reader);
	return str_c(str);
}

static void assert_events(const unsigned char *data, size_t size,
			  const char *expected)
{
	size_t chunk;

	for (chunk = 1; chunk <= size + 1; chunk++)
		ck_assert_str_eq(events(data, size, chunk, NULL), expected);
}

static struct wbxml_tree *
tree_of(const unsigned char *data, size_t size,
	const struct wbxml_tree_settings *set)
{
	struct wbxml_tree *tree = wbxml_tree_init(set);
	struct istream *input = i_stream_create_from_data(data, size);
	enum wbxml_error error;

	ck_assert_msg(wbxml_tree_read(tree, input) == 1, "%s",
		      wbxml_tree_get_error(tree, &error));
	i_stream_unref(&input);
	return tree;
}

static enum wbxml_error
tree_error(const unsigned char *data, size_t size,
	   const struct wbxml_tree_settings *set)
{
	struct wbxml_tree *tree = wbxml_tree_init(set);
	struct istream *input = i_stream_create_from_data(data, size);
	enum wbxml_error error;

	ck_assert_int_eq(wbxml_tree_read(tree, input), -1);
	ck_assert_ptr_null(wbxml_tree_root(tree));
	(void)wbxml_tree_get_error(tree, &error);
	i_stream_unref(&input);
	wbxml_tree_deinit(&tree);
	return error;
}

static const char *trace_of(const buffer_t *buf)
{
	const struct wbxml_trace_settings set = {
		.flags = WBXML_TRACE_COMPACT
	};
	string_t *str = t_str_new(256);

	wbxml_trace_data(str, buf->data, buf->used, &set);
	return str_c(str);
}

/*
 * Table
 */

START_TEST(tags_table)
{
	const struct wbxml_tag_info *table;
	unsigned int i, count, pages[26];

	table = wbxml_tag_table(&count);
	ck_assert_uint_gt(count, 620);
	memset(pages, 0, sizeof(pages));
	for (i = 0; i < count; i++) {
		unsigned int page = WBXML_TAG_PAGE(table[i].tag);
		unsigned int token = WBXML_TAG_TOKEN(table[i].tag);

		/* Sorted, no token twice; bsearch relies on it. */
		if (i > 0)
			ck_assert_uint_lt(table[i - 1].tag, table[i].tag);
		ck_assert_uint_lt(page, 26);
		ck_assert_uint_ge(token, 5);
		ck_assert_uint_eq(WBXML_TAG(page, token), table[i].tag);
		ck_assert_ptr_eq(wbxml_tag_info(table[i].tag), &table[i]);
		/* No name twice on a page, else XML would be ambiguous. */
		ck_assert_uint_eq(wbxml_tag_find(wbxml_page_name(page),
						 table[i].name),
				  table[i].tag);
		ck_assert_uint_le(table[i].since, table[i].until);
		pages[page]++;
	}
	/* Counts of the documents' tables, page by page */
	static const unsigned int counts[26] = {
		37, 58, 59, 19, 56, 8, 10, 20, 13, 34, 25, 6, 10, 9, 55, 30,
		14, 40, 38, 8, 21, 18, 18, 5, 20, 22
	};
	for (i = 0; i < 26; i++) {
		ck_assert_msg(pages[i] == counts[i],
			      "page %u has %u tags, not %u", i, pages[i],
			      counts[i]);
	}
}
END_TEST

START_TEST(tags_spot)
{
	/* Values read in the documents, not taken from the table */
	ck_assert_uint_eq(AS_Sync, 0x0005);
	ck_assert_uint_eq(AS_HeartbeatInterval, 0x0029);
	ck_assert_uint_eq(EMAIL_Subject, 0x0214);
	ck_assert_uint_eq(FH_FolderSync, 0x0716);
	ck_assert_uint_eq(RR_Availability, 0x0a16);
	ck_assert_uint_eq(CONTACTS2_MMS, 0x0c0e);
	ck_assert_uint_eq(PING_HeartbeatInterval, 0x0d08);
	ck_assert_uint_eq(PROV_RemoteWipe, 0x0e0c);
	ck_assert_uint_eq(ASB_BodyPreference, 0x1105);
	ck_assert_uint_eq(CM_ClientId, 0x1511);
	ck_assert_uint_eq(FIND_GalSearchCriterion, 0x1919);
	ck_assert_uint_eq(FIND_Picture, 0x1922);

	ck_assert_str_eq(wbxml_tag_name(AS_Sync), "Sync");
	ck_assert_str_eq(wbxml_tag_name(0x1a05), "tag-1a-05");
	ck_assert_ptr_null(wbxml_tag_info(0x1a05));
	ck_assert_ptr_null(wbxml_page_name(26));
	ck_assert_uint_eq(wbxml_tag_find("Email", "Nonsense"), WBXML_TAG_NONE);
	ck_assert_uint_eq(wbxml_tag_find("Nonsense", "To"), WBXML_TAG_NONE);
}
END_TEST

START_TEST(tags_round_trip)
{
	const struct wbxml_tag_info *table;
	const struct wbxml_node *node;
	struct wbxml_tree *tree;
	struct out out;
	unsigned int i, count;

	table = wbxml_tag_table(&count);
	out_init(&out);
	wbxml_start(out.w, AS_Sync);
	for (i = 0; i < count; i++) {
		wbxml_empty(out.w, table[i].tag);
		wbxml_text_tag(out.w, table[i].tag, table[i].name);
	}
	wbxml_end(out.w, AS_Sync);
	out_finish(&out);

	tree = tree_of(out.buf->data, out.buf->used, NULL);
	node = wbxml_tree_root(tree)->children;
	for (i = 0; i < count; i++) {
		ck_assert_uint_eq(node->tag, table[i].tag);
		ck_assert(node->empty_tag);
		node = node->next;
		ck_assert_uint_eq(node->tag, table[i].tag);
		ck_assert_str_eq(node->text, table[i].name);
		node = node->next;
	}
	ck_assert_ptr_null(node);
	wbxml_tree_deinit(&tree);
	out_free(&out);
}
END_TEST

/*
 * Reader
 */

START_TEST(reader_document_example)
{
	/* [MS-ASWBXML] 3.1: a server response with a new contact */
	static const char doc[] =
		"\x03\x01\x6A\x00\x45\x5C\x4F\x50\x03" "Contacts\0\x01"
		"\x4B\x03" "2\0\x01\x52\x03" "2\0\x01\x4E\x03" "1\0\x01"
		"\x56\x47\x4D\x03" "2:1\0\x01\x5D\x00\x11\x4A\x46\x03" "1\0\x01"
		"\x4C\x03" "0\0\x01\x4D\x03" "1\0\x01\x01\x00\x01\x5E\x03"
		"Funk, Don\0\x01\x5F\x03" "Don\0\x01\x69\x03" "Funk\0\x01"
		"\x00\x11\x56\x03" "1\0\x01\x01\x01\x01\x01\x01\x01";

	assert_events(BYTES(doc),
		"<Sync><Collections><Collection><Class>Contacts|</Class>"
		"<SyncKey>2|</SyncKey><CollectionId>2|</CollectionId>"
		"<Status>1|</Status><Commands><Add><ServerId>2:1|</ServerId>"
		"<ApplicationData><Body><Type>1|</Type>"
		"<EstimatedDataSize>0|</EstimatedDataSize>"
		"<Truncated>1|</Truncated></Body><FileAs>Funk, Don|</FileAs>"
		"<FirstName>Don|</FirstName><LastName>Funk|</LastName>"
		"<NativeBodyType>1|</NativeBodyType></ApplicationData></Add>"
		"</Commands></Collection></Collections></Sync>$");
}
END_TEST

START_TEST(reader_forms)
{
	/* Every legal way to write content, versions 1.1 - 1.3 */
	assert_events(BYTES("\x01\x01\x6A\x00\x05"), "<Sync/>$");
	assert_events(BYTES("\x02\x01\x6A\x00\x45\x01"), "<Sync></Sync>$");
	/* Two strings; an entity of 3 UTF-8 bytes; a table string; opaque */
	assert_events(BYTES("\x03\x01\x6A\x07" "ab\0cde\0"
			    "\x45\x4E\x03" "x\0\x03\0\x02\xC1\x2C\x83\x03"
			    "\x01\x4B\xC3\x03\0\0y\x01\x4B\xC3\x00\x01\x01"),
		"<Sync><Status>x||\xe2\x82\xac|cde|</Status>"
		/* The helper's string ends at the NUL of the opaque */
		"<SyncKey>{3:");
}
END_TEST

START_TEST(reader_public_id)
{
	/* Named by the string table, as some encoders do */
	assert_events(BYTES("\x03\x00\x00\x6A\x04" "-//\0" "\x05"), "<Sync/>$");
	assert_events(BYTES("\x03\x00\x04\x6A\x04" "-//\0" "\x05"),
		      "!invalid header@8");
	assert_events(BYTES("\x03\x00\x00\x6A\x00\x05"), "!invalid header@4");
	/* WML 1.3 */
	assert_events(BYTES("\x03\x0A\x6A\x00\x05"), "!invalid header@1");
}
END_TEST

START_TEST(reader_unknown_tags)
{
	/* Unknown page and unknown token: numbers, not errors */
	assert_events(BYTES("\x03\x01\x6A\x00\x45\x00\x63\x7F\x03" "a\0\x01\x00"
			    "\x00\x3E\x01"),
		      "<Sync><tag-63-3f>a|</tag-63-3f><tag-00-3e/></Sync>$");
}
END_TEST

START_TEST(reader_errors)
{
	static const struct {
		const char *data;
		size_t size;
		const char *expected;
	} tests[] = {
#define BAD(data, expected) { data, sizeof(data) - 1, expected }
		BAD("\x04\x01\x6A\x00\x05", "!unsupported WBXML version@0"),
		BAD("\x00\x01\x6A\x00\x05", "!unsupported WBXML version@0"),
		BAD("<?xml?>", "!unsupported WBXML version@0"),
		BAD("\x03\x01\x04\x00\x05", "!character set is not UTF-8@2"),
		/* ISO-8859-1 needs two bytes as MIBenum 1000+ would */
		BAD("\x03\x01\x87\x68\x00\x05",
		    "!character set is not UTF-8@2"),
		BAD("\x03\x01\xFF\xFF\xFF\xFF\x7F\x00", "!invalid integer@2"),
		BAD("\x03\x01\x80\x80\x80\x80\x80\x6A", "!invalid integer@2"),
		BAD("\x03\x01\x6A\xA0\x01", "!string table too large@3"),
		/* Attributes, literal, processing instruction, extension */
		BAD("\x03\x01\x6A\x00\x45\x85", "<Sync>!invalid token@5"),
		BAD("\x03\x01\x6A\x00\xC5", "!invalid token@4"),
		BAD("\x03\x01\x6A\x00\x45\x04", "<Sync>!invalid token@5"),
		BAD("\x03\x01\x6A\x00\x45\x43", "<Sync>!invalid token@5"),
		BAD("\x03\x01\x6A\x00\x45\xC0", "<Sync>!invalid token@5"),
		BAD("\x03\x01\x6A\x00\x45\x83\x00",
		    "<Sync>!invalid string table reference@6"),
		BAD("\x03\x01\x6A\x01" "a\x45\x83\x00",
		    "<Sync>!invalid string table reference@7"),
		BAD("\x03\x01\x6A\x00\x45\x02\x83\xB0\x00",
		    "<Sync>!invalid character entity@6"),
		BAD("\x03\x01\x6A\x00\x45\x02\x00",
		    "<Sync>!invalid character entity@6"),
		BAD("\x03\x01\x6A\x00\x45\x02\xC4\x80\x00",
		    "<Sync>!invalid character entity@6"),
		BAD("\x03\x01\x6A\x00\x01",
		    "!misplaced element, content or end@4"),
		BAD("\x03\x01\x6A\x00\x03" "a",
		    "!misplaced element, content or end@4"),
		BAD("", "!truncated document@0"),
		BAD("\x03", "!truncated document@1"),
		BAD("\x03\x01\x6A\x05" "ab", "!truncated document@6"),
		BAD("\x03\x01\x6A\x00\x45", "<Sync>!truncated document@5"),
		BAD("\x03\x01\x6A\x00\x45\x03" "ab",
		    "<Sync>ab!truncated document@8"),
		BAD("\x03\x01\x6A\x00\x45\xC3\x8F\xFF\xFF\xFF\x7F" "ab",
		    "<Sync>{4294967295:ab!truncated document@13"),
		BAD("\x03\x01\x6A\x00\x45\x00",
		    "<Sync>!truncated document@6"),
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		assert_events((const unsigned char *)tests[i].data,
			      tests[i].size, tests[i].expected);
	} T_END;
}
END_TEST

START_TEST(reader_trailing)
{
	const unsigned char *data = (const unsigned char *)
		"\x03\x01\x6A\x00\x05" "rest";
	struct wbxml_reader *reader = wbxml_reader_init(NULL);
	struct wbxml_event ev;
	size_t size = 9;

	ck_assert_int_eq(wbxml_reader_next(reader, &data, &size, &ev), 1);
	ck_assert_int_eq(wbxml_reader_next(reader, &data, &size, &ev), 1);
	ck_assert_int_eq(ev.type, WBXML_EVENT_DOC_END);
	ck_assert_int_eq(wbxml_reader_next(reader, &data, &size, &ev), 0);
	ck_assert_uint_eq(size, 4);
	ck_assert_int_eq(wbxml_reader_finish(reader), 0);
	ck_assert_uint_eq(wbxml_reader_offset(reader), 5);
	wbxml_reader_deinit(&reader);
}
END_TEST

static void nested(buffer_t *buf, unsigned int depth)
{
	buffer_append(buf, "\x03\x01\x6A\x00", 4);
	for (unsigned int i = 0; i < depth; i++)
		buffer_append_c(buf, 0x45);
	for (unsigned int i = 0; i < depth; i++)
		buffer_append_c(buf, 0x01);
}

START_TEST(reader_depth)
{
	buffer_t *buf = t_buffer_create(20100);
	const struct wbxml_limits three = { .max_depth = 3 };
	const struct wbxml_limits many = { .max_depth = 100000 };
	const char *result;

	nested(buf, WBXML_DEFAULT_DEPTH);
	result = events(buf->data, buf->used, 7, NULL);
	ck_assert(begins_with(result, "<Sync>"));
	ck_assert_str_eq(result + strlen(result) - 8, "</Sync>$");

	buffer_set_used_size(buf, 0);
	nested(buf, WBXML_DEFAULT_DEPTH + 1);
	result = events(buf->data, buf->used, 7, NULL);
	ck_assert_ptr_nonnull(strstr(result, "!elements nested too deeply@68"));

	/* 10,000 deep, whatever the caller asks for */
	buffer_set_used_size(buf, 0);
	nested(buf, 10000);
	result = events(buf->data, buf->used, 4096, &many);
	ck_assert_ptr_nonnull(strstr(result, "!elements nested too deeply@259"));

	ck_assert_str_eq(events(BYTES("\x03\x01\x6A\x00\x45\x45\x45\x05"), 3,
				&three),
		"<Sync><Sync><Sync>!elements nested too deeply@7");
	ck_assert_str_eq(events(BYTES("\x03\x01\x6A\x00\x45\x45\x05\x01\x01"), 3,
				&three),
		"<Sync><Sync><Sync/></Sync></Sync>$");
}
END_TEST

START_TEST(reader_size)
{
	const struct wbxml_limits limits = { .max_size = 12 };
	size_t chunk;

	for (chunk = 1; chunk < 20; chunk++) T_BEGIN {
		/* 12 bytes are allowed ... */
		ck_assert_str_eq(events(BYTES("\x03\x01\x6A\x00\x45\x03" "abcd\0"
					      "\x01"), chunk, &limits),
				 "<Sync>abcd|</Sync>$");
		/* ... 13 are not, also within a string or opaque. */
		ck_assert_str_eq(events(BYTES("\x03\x01\x6A\x00\x45\x03" "abcdefg"
					      "\0\x01"), chunk, &limits),
				 "<Sync>abcdef!document too large@12");
		ck_assert_str_eq(events(BYTES("\x03\x01\x6A\x00\x45\xC3\x09"
					      "abcdefghi\x01"), chunk, &limits),
				 "<Sync>{9:abcde!document too large@12");
	} T_END;
}
END_TEST

/*
 * Tree
 */

START_TEST(tree_helpers)
{
	static const char doc[] =
		"\x03\x01\x6A\x00\x45\x5C\x4F\x4B\x03" "7\0\x01\x55\x03 100 \0"
		"\x01\x13\x01\x4F\x4B\x03" "x\0\x01\x5E\x03" "0\0\x01\x53\x03"
		"maybe\0\x01\x54\x03" "TRUE\0\x01\x01\x01\x01";
	struct wbxml_tree *tree = tree_of(BYTES(doc), NULL);
	const struct wbxml_node *coll, *second, *root = wbxml_tree_root(tree);
	unsigned int num = 42;
	bool flag = TRUE;

	ck_assert_uint_eq(root->tag, AS_Sync);
	ck_assert_ptr_null(root->parent);
	coll = wbxml_child(wbxml_child(root, AS_Collections), AS_Collection);
	second = wbxml_next_sibling(coll);
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_eq(second->parent->parent, root);
	ck_assert_ptr_null(wbxml_next_sibling(second));
	ck_assert_ptr_null(wbxml_child(coll, AS_Add));
	ck_assert_ptr_null(wbxml_child(NULL, AS_Add));
	ck_assert_ptr_null(wbxml_child_text(NULL, AS_Add));

	ck_assert_str_eq(wbxml_child_text(coll, AS_SyncKey), "7");
	ck_assert_str_eq(wbxml_child_text(coll, AS_GetChanges), "");
	ck_assert_int_eq(wbxml_child_uint(coll, AS_SyncKey, &num), 1);
	ck_assert_uint_eq(num, 7);
	ck_assert_int_eq(wbxml_child_uint(coll, AS_WindowSize, &num), 1);
	ck_assert_uint_eq(num, 100);
	ck_assert_int_eq(wbxml_child_uint(coll, AS_Add, &num), 0);
	ck_assert_int_eq(wbxml_child_uint(coll, AS_GetChanges, &num), -1);
	ck_assert_int_eq(wbxml_child_uint(second, AS_SyncKey, &num), -1);
	ck_assert_uint_eq(num, 100);

	flag = FALSE;
	ck_assert_int_eq(wbxml_child_bool(coll, AS_GetChanges, &flag), 1);
	ck_assert(flag);
	ck_assert_int_eq(wbxml_child_bool(second, AS_DeletesAsMoves, &flag), 1);
	ck_assert(!flag);
	ck_assert_int_eq(wbxml_child_bool(second, AS_MoreAvailable, &flag), 1);
	ck_assert(flag);
	ck_assert_int_eq(wbxml_child_bool(second, AS_GetChanges, &flag), -1);
	ck_assert_int_eq(wbxml_child_bool(second, AS_Add, &flag), 0);
	wbxml_tree_deinit(&tree);
}
END_TEST

START_TEST(tree_text)
{
	static const char doc[] =
		"\x03\x01\x6A\x00\x45\x03 \r\n\0\x4E\x03" "a\xFF" "b\0\x02\x40"
		"\x01\x03\t\0\x4B\xC3\x03" "a\0b\x01\x4C\x03\xC3\x00\x01\x01";
	struct wbxml_tree *tree = tree_of(BYTES(doc), NULL);
	const struct wbxml_node *root = wbxml_tree_root(tree), *node;

	/* Whitespace around elements is not content. */
	ck_assert_str_eq(root->text, "");
	/* Invalid UTF-8 is replaced, pieces are joined. */
	ck_assert_str_eq(wbxml_child_text(root, AS_Status),
			 "a\xEF\xBF\xBD" "b@");
	ck_assert_str_eq(wbxml_child_text(root, AS_ClientId), "\xEF\xBF\xBD");
	node = wbxml_child(root, AS_SyncKey);
	ck_assert(node->opaque);
	ck_assert_uint_eq(node->size, 3);
	ck_assert_mem_eq(node->text, "a\0b\0", 4);
	wbxml_tree_deinit(&tree);
}
END_TEST

START_TEST(tree_errors)
{
	const struct wbxml_tree_settings few = { .max_nodes = 3 };
	struct wbxml_tree *tree;
	struct istream *input;
	enum wbxml_error error;

	/* Text before, between and after elements */
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\x03" "a\0\x05"
					  "\x01"), NULL), WBXML_ERROR_MIXED);
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\x05\x03" "a\0"
					  "\x01"), NULL), WBXML_ERROR_MIXED);
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\xC3\x01 \x05"
					  "\x01"), NULL), WBXML_ERROR_MIXED);
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\x05"), NULL),
			 WBXML_ERROR_TRUNCATED);
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\x05\x05\x05"
					  "\x01"), &few),
			 WBXML_ERROR_LIMIT_NODES);
	ck_assert_int_eq(tree_error(BYTES("\x03\x01\x6A\x00\x45\x85"), NULL),
			 WBXML_ERROR_TOKEN);

	/* A broken connection is not the client's bad WBXML. */
	tree = wbxml_tree_init(NULL);
	input = i_stream_create_error_str(EPIPE, "gone");
	ck_assert_int_eq(wbxml_tree_read(tree, input), -1);
	ck_assert_ptr_nonnull(strstr(wbxml_tree_get_error(tree, &error),
				     "gone"));
	ck_assert_int_eq(error, WBXML_ERROR_IO);
	i_stream_unref(&input);
	wbxml_tree_deinit(&tree);

	/* Nor is a temporary directory that is missing fatal: iostream-temp
	   then keeps the data in memory. */
}
END_TEST

static size_t
stream_size(struct istream *input, unsigned int *sum_r)
{
	const unsigned char *data;
	size_t size, total = 0, i;

	*sum_r = 0;
	while (i_stream_read_more(input, &data, &size) > 0) {
		for (i = 0; i < size; i++)
			*sum_r = *sum_r * 31 + data[i];
		total += size;
		i_stream_skip(input, size);
	}
	ck_assert_int_eq(input->stream_errno, 0);
	return total;
}

static unsigned int pattern(unsigned char *data, size_t size, unsigned int seed)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < size; i++) {
		data[i] = 'a' + (i * 7 + seed + i / 255) % 26;
		sum = sum * 31 + data[i];
	}
	return sum;
}

START_TEST(tree_spill)
{
	const struct wbxml_tree_settings set = {
		.inline_max = 2000, .max_memory = 7000,
		.temp_prefix = tmp_prefix,
	};
	const size_t sizes[] = { 1, 1024, 2000, 2001, 300000, 1500, 1800, 900 };
	const bool in_file[] = { 0, 0, 0, 1, 1, 0, 1, 0 };
	unsigned char *data = i_malloc(300000);
	unsigned int sums[N_ELEMENTS(sizes)], i, sum;
	const struct wbxml_node *node;
	struct istream *streams[2];
	struct wbxml_tree *tree;
	struct out out;

	out_init(&out);
	wbxml_start(out.w, CM_SendMail);
	for (i = 0; i < N_ELEMENTS(sizes); i++) {
		sums[i] = pattern(data, sizes[i], i);
		wbxml_start(out.w, CM_Mime);
		if (i % 2 == 0)
			wbxml_opaque(out.w, data, sizes[i]);
		else
			wbxml_text_data(out.w, data, sizes[i]);
		wbxml_end(out.w, CM_Mime);
	}
	wbxml_end(out.w, CM_SendMail);
	out_finish(&out);

	tree = tree_of(out.buf->data, out.buf->used, &set);
	node = wbxml_child(wbxml_tree_root(tree), CM_Mime);
	for (i = 0; i < N_ELEMENTS(sizes); i++) {
		struct istream *input = wbxml_node_stream(node);

		ck_assert_msg(node->in_file == in_file[i], "%u", i);
		ck_assert_uint_eq(node->size, sizes[i]);
		ck_assert_uint_eq(strlen(node->text), in_file[i] ?
				  WBXML_TEXT_HEAD : sizes[i]);
		ck_assert_uint_eq(stream_size(input, &sum), sizes[i]);
		ck_assert_uint_eq(sum, sums[i]);
		i_stream_unref(&input);
		node = wbxml_next_sibling(node);
	}
	/* Two streams over the one file, read in turns */
	node = wbxml_child(wbxml_tree_root(tree), CM_Mime);
	for (i = 0; i < 3; i++)
		node = node->next;
	streams[0] = wbxml_node_stream(node);
	streams[1] = wbxml_node_stream(node->next);
	for (i = 0; i < 4; i++) {
		const unsigned char *p;
		size_t size;

		ck_assert_int_gt(i_stream_read_more(streams[i % 2], &p, &size),
				 0);
		(void)pattern(data, 600, 3 + i % 2);
		ck_assert_mem_eq(p, data + (i / 2) * 300, 300);
		i_stream_skip(streams[i % 2], 300);
	}
	i_stream_unref(&streams[0]);
	i_stream_unref(&streams[1]);
	/* A stream of nothing */
	streams[0] = wbxml_node_stream(NULL);
	ck_assert_uint_eq(stream_size(streams[0], &sum), 0);
	i_stream_unref(&streams[0]);

	wbxml_tree_deinit(&tree);
	out_free(&out);
	i_free(data);
}
END_TEST

START_TEST(tree_spill_cut_char)
{
	/* The head in memory must not end inside a character. */
	const struct wbxml_tree_settings set = {
		.inline_max = 1500, .temp_prefix = tmp_prefix,
	};
	buffer_t *text = t_buffer_create(4096);
	const struct wbxml_node *root;
	struct wbxml_tree *tree;
	struct out out;

	buffer_append_c(text, 'x');
	while (text->used < 3000)
		buffer_append(text, "\xe2\x82\xac", 3);
	out_init(&out);
	wbxml_start(out.w, ASB_Data);
	wbxml_text_data(out.w, text->data, text->used);
	wbxml_end(out.w, ASB_Data);
	out_finish(&out);
	tree = tree_of(out.buf->data, out.buf->used, &set);
	root = wbxml_tree_root(tree);
	ck_assert(root->in_file);
	ck_assert_uint_eq(root->size, text->used);
	ck_assert_uint_eq(strlen(root->text), 1 + 341 * 3 - 0);
	wbxml_tree_deinit(&tree);
	out_free(&out);
}
END_TEST

START_TEST(tree_spill_no_tempdir)
{
	/* A full or missing temporary directory costs memory, not mail. */
	const struct wbxml_tree_settings set = {
		.inline_max = 1500, .temp_prefix = "/nonexistent/dir/x",
	};
	unsigned char *data = i_malloc(200000);
	unsigned int sum, sum2;
	struct wbxml_tree *tree;
	struct istream *input;
	struct out out;

	sum = pattern(data, 200000, 1);
	out_init(&out);
	wbxml_opaque_tag(out.w, CM_Mime, data, 200000);
	out_finish(&out);
	tree = tree_of(out.buf->data, out.buf->used, &set);
	input = wbxml_node_stream(wbxml_tree_root(tree));
	ck_assert_uint_eq(stream_size(input, &sum2), 200000);
	ck_assert_uint_eq(sum, sum2);
	i_stream_unref(&input);
	wbxml_tree_deinit(&tree);
	out_free(&out);
	i_free(data);
}
END_TEST

/*
 * Writer
 */

START_TEST(writer_containers)
{
	struct out out;

	out_init(&out);
	wbxml_start(out.w, AS_Sync);
	wbxml_start_lazy(out.w, AS_Responses);
	wbxml_start_lazy(out.w, AS_Fetch);
	wbxml_end(out.w, AS_Fetch);
	wbxml_end(out.w, AS_Responses);
	wbxml_start_lazy(out.w, AS_Commands);
	wbxml_start(out.w, AS_Add);
	wbxml_end(out.w, AS_Add);
	wbxml_end(out.w, AS_Commands);
	wbxml_start(out.w, ASB_Body);
	wbxml_text(out.w, "");
	wbxml_end(out.w, ASB_Body);
	wbxml_text_tag_opt(out.w, EMAIL_To, NULL);
	wbxml_text_tag_opt(out.w, EMAIL_To, "");
	wbxml_text_tag_opt(out.w, EMAIL_To, "a");
	wbxml_end(out.w, AS_Sync);
	out_finish(&out);
	assert_bytes(out.buf, BYTES("\x03\x01\x6A\x00\x45\x56\x07\x01\x00\x11"
				    "\x0A\x00\x02\x56\x03" "a\0\x01\x01"));
	out_free(&out);

	/* Nothing at all: an empty body, as Sync answers "no changes" */
	out_init(&out);
	wbxml_start_lazy(out.w, AS_Sync);
	wbxml_start_lazy(out.w, AS_Collections);
	wbxml_end(out.w, AS_Collections);
	wbxml_end(out.w, AS_Sync);
	out_finish(&out);
	ck_assert_uint_eq(out.buf->used, 0);
	out_free(&out);
}
END_TEST

START_TEST(writer_values)
{
	struct out out;
	uoff_t size;

	out_init(&out);
	wbxml_start(out.w, AS_Sync);
	wbxml_uint_tag(out.w, AS_Status, 0);
	wbxml_uint_tag(out.w, AS_Status, UINT64_MAX);
	wbxml_bool_tag(out.w, EMAIL_Read, TRUE);
	wbxml_opaque_tag(out.w, EMAIL2_ConversationId, "\0\x01\xff", 3);
	wbxml_opaque_tag(out.w, EMAIL2_ConversationIndex, "", 0);
	wbxml_text_tag(out.w, 0x1f3f, "unknown");
	wbxml_end(out.w, AS_Sync);
	size = wbxml_writer_size(out.w);
	out_finish(&out);
	ck_assert_uint_eq(out.buf->used, size);
	assert_bytes(out.buf, BYTES("\x03\x01\x6A\x00\x45\x4E\x03" "0\0\x01\x4E"
		"\x03" "18446744073709551615\0\x01\x00\x02\x55\x03" "1\0\x01"
		"\x00\x16\x49\xC3\x03\x00\x01\xFF\x01\x4A\xC3\x00\x01\x00\x1f"
		"\x7f\x03unknown\0\x01\x01"));
	out_free(&out);
}
END_TEST

START_TEST(writer_opaque_lengths)
{
	static const size_t sizes[] = {
		0, 1, 127, 128, 16383, 16384, 2097151, 2097152
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(sizes); i++) {
		struct out out;
		struct wbxml_tree *tree;
		void *data = i_malloc(sizes[i] + 1);

		memset(data, 'x', sizes[i]);
		out_init(&out);
		wbxml_opaque_tag(out.w, CM_Mime, data, sizes[i]);
		out_finish(&out);
		tree = tree_of(out.buf->data, out.buf->used, NULL);
		ck_assert_uint_eq(wbxml_tree_root(tree)->size, sizes[i]);
		wbxml_tree_deinit(&tree);
		out_free(&out);
		i_free(data);
	}
}
END_TEST

/* A stream that gives its data in pieces of chunk bytes */
static struct istream *
chunked(const void *data, size_t size, size_t chunk, struct istream **all_r)
{
	struct istream **parts = t_new(struct istream *, size / chunk + 2);
	struct istream *concat;
	size_t i, count = 0;

	for (i = 0; i < size; i += chunk) {
		parts[count++] = i_stream_create_from_data(
			CONST_PTR_OFFSET(data, i), I_MIN(chunk, size - i));
	}
	if (count == 0)
		parts[count++] = i_stream_create_from_data("", 0);
	concat = i_stream_create_concat(parts);
	while (count > 0)
		i_stream_unref(&parts[--count]);
	*all_r = concat;
	return concat;
}

START_TEST(writer_text_clean)
{
	static const char dirty[] =
		"a\0b\x01\x1f\x7f\t\r\n\xff\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
		"\xed\xa0\x80\xef\xbf\xbf\xc0\x80\xc3(\xe2\x82\0z\xf8\x88\xe2";
	static const char cleaned[] =
		"ab\x7f\t\r\n\xEF\xBF\xBD\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
		"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
		"\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD";
	struct istream *input;
	struct wbxml_tree *tree;
	struct out out;
	size_t chunk;

	for (chunk = 0; chunk <= sizeof(dirty); chunk++) {
		out_init(&out);
		wbxml_start(out.w, ASB_Data);
		if (chunk == 0)
			wbxml_text_data(out.w, dirty, sizeof(dirty) - 1);
		else {
			ck_assert_int_eq(wbxml_text_stream(out.w,
				chunked(dirty, sizeof(dirty) - 1, chunk,
					&input)), 0);
			i_stream_unref(&input);
		}
		wbxml_end(out.w, ASB_Data);
		out_finish(&out);
		tree = tree_of(out.buf->data, out.buf->used, NULL);
		ck_assert_str_eq(wbxml_tree_root(tree)->text, cleaned);
		wbxml_tree_deinit(&tree);
		out_free(&out);
	}
}
END_TEST

/* Reads the one content back and compares. */
static void octets_come_back(const void *data, size_t size, bool opaque)
{
	struct istream *input = i_stream_create_from_data(data, size);
	const unsigned char *got;
	const struct wbxml_node *node;
	struct wbxml_tree *tree;
	struct out out;

	out_init(&out);
	wbxml_start(out.w, ASB_Data);
	ck_assert_int_eq(wbxml_octets_stream(out.w, input), 0);
	wbxml_end(out.w, ASB_Data);
	out_finish(&out);
	i_stream_unref(&input);

	got = out.buf->data;
	/* header, page switch, tag */
	ck_assert_uint_eq(got[7], opaque ? 0xC3 : 0x03);
	tree = tree_of(out.buf->data, out.buf->used, NULL);
	node = wbxml_tree_root(tree);
	ck_assert_uint_eq(node->size, size);
	if (!node->in_file)
		ck_assert_mem_eq(node->text, data, size);
	wbxml_tree_deinit(&tree);
	out_free(&out);
}

START_TEST(writer_octets)
{
	/* larger than what is looked at first, a character across its end */
	size_t large = 600 * 1024;
	unsigned char *data = i_malloc(large);

	octets_come_back("From: a\r\n\r\nGr\xc3\xbc\xc3\x9f" "e\r\n", 19, FALSE);
	octets_come_back("Gr\xfc\xdf" "e\r\n", 7, TRUE);
	octets_come_back("a\0b", 3, TRUE);
	octets_come_back("cut \xc3", 5, TRUE);
	octets_come_back("form\ffeed", 9, TRUE);

	memset(data, 'x', large);
	octets_come_back(data, large, FALSE);
	data[512 * 1024 - 1] = 0xc3;
	data[512 * 1024] = 0xbc;
	octets_come_back(data, large, FALSE);
	data[100] = 0xff;
	octets_come_back(data, large, TRUE);
	i_free(data);
}
END_TEST

START_TEST(writer_streams)
{
	unsigned char *data = i_malloc(1000000);
	struct istream *input, *failing;
	struct wbxml_tree *tree;
	const struct wbxml_node *node;
	struct out out;

	pattern(data, 1000000, 5);
	out_init(&out);
	wbxml_start(out.w, AS_Sync);

	wbxml_start(out.w, ASB_Data);
	input = i_stream_create_from_data(data, 1000000);
	ck_assert_int_eq(wbxml_text_stream(out.w, input), 0);
	i_stream_unref(&input);
	wbxml_end(out.w, ASB_Data);

	wbxml_start(out.w, CM_Mime);
	input = i_stream_create_from_data(data, 1000000);
	ck_assert_int_eq(wbxml_opaque_stream(out.w, input, 999999), 0);
	i_stream_unref(&input);
	wbxml_end(out.w, CM_Mime);

	/* Empty text */
	wbxml_start(out.w, ASB_Preview);
	input = i_stream_create_from_data("", 0);
	ck_assert_int_eq(wbxml_text_stream(out.w, input), 0);
	i_stream_unref(&input);
	wbxml_end(out.w, ASB_Preview);

	/* Shorter than promised: filled, and said so */
	wbxml_start(out.w, IO_Data);
	input = i_stream_create_from_data("abc", 3);
	ck_assert_int_eq(wbxml_opaque_stream(out.w, input, 20000), -1);
	i_stream_unref(&input);
	wbxml_end(out.w, IO_Data);

	/* A source that fails */
	wbxml_start(out.w, ASB_Content);
	failing = i_stream_create_error_str(EIO, "broken");
	ck_assert_int_eq(wbxml_text_stream(out.w, failing), -1);
	i_stream_unref(&failing);
	wbxml_end(out.w, ASB_Content);

	wbxml_end(out.w, AS_Sync);
	out_finish(&out);

	tree = tree_of(out.buf->data, out.buf->used, NULL);
	node = wbxml_tree_root(tree)->children;
	ck_assert_uint_eq(node->size, 1000000);
	node = node->next;
	ck_assert_uint_eq(node->size, 999999);
	node = node->next;
	ck_assert_uint_eq(node->tag, ASB_Preview);
	ck_assert(node->empty_tag);
	node = node->next;
	ck_assert_uint_eq(node->size, 20000);
	ck_assert_mem_eq(node->text, "abc   ", 6);
	node = node->next;
	ck_assert_uint_eq(node->tag, ASB_Content);
	ck_assert_ptr_null(node->next);
	wbxml_tree_deinit(&tree);
	out_free(&out);
	i_free(data);
}
END_TEST

START_TEST(writer_mark)
{
	unsigned char *data = i_malloc(WBXML_MARK_MAX * 2);
	struct out out;

	pattern(data, WBXML_MARK_MAX * 2, 9);
	out_init(&out);
	wbxml_start_lazy(out.w, AS_Commands);

	/* The first item is taken back: not even the container stays. */
	wbxml_mark(out.w);
	wbxml_start(out.w, AS_Add);
	wbxml_text_tag(out.w, EMAIL_Subject, "bad");
	wbxml_start(out.w, ASB_Body);
	wbxml_text_tag(out.w, ASB_Data, "half");
	ck_assert(wbxml_mark_rollback(out.w));
	ck_assert_uint_eq(wbxml_writer_size(out.w), 0);

	/* The second stays. */
	wbxml_mark(out.w);
	wbxml_start(out.w, AS_Add);
	wbxml_text_tag(out.w, EMAIL_Subject, "good");
	wbxml_end(out.w, AS_Add);
	wbxml_mark_commit(out.w);

	/* Taken back on another code page */
	wbxml_mark(out.w);
	wbxml_start(out.w, AS_Change);
	wbxml_text_tag(out.w, ASB_Data, "bad");
	wbxml_end(out.w, AS_Change);
	ck_assert(wbxml_mark_rollback(out.w));
	wbxml_text_tag(out.w, EMAIL_Subject, "still page 2");

	/* Too large to take back: closed */
	wbxml_mark(out.w);
	wbxml_start(out.w, AS_Add);
	wbxml_start(out.w, ASB_Body);
	wbxml_text_data(out.w, data, WBXML_MARK_MAX * 2);
	wbxml_start_lazy(out.w, ASB_Data);
	ck_assert(!wbxml_mark_rollback(out.w));
	wbxml_end(out.w, AS_Commands);
	out_finish(&out);

	ck_assert(begins_with(trace_of(out.buf),
		"<Commands xmlns=\"AirSync\"><Add><Subject xmlns=\"Email\">good"
		"</Subject></Add><Subject xmlns=\"Email\">still page 2</Subject>"
		"<Add><Body xmlns=\"AirSyncBase\">"));
	ck_assert_ptr_nonnull(strstr(trace_of(out.buf),
				     "</Body></Add></Commands>"));
	/* The page switch that was taken back is not in the bytes. */
	ck_assert_mem_eq(CONST_PTR_OFFSET(out.buf->data, 17), "\x54\x03still",
			 7);
	out_free(&out);
	i_free(data);
}
END_TEST

/* A settled mark holds nothing back, and is too late for taking back. */
START_TEST(writer_mark_settled)
{
	size_t size = 100 * 1024;
	unsigned char *data = i_malloc(size);
	size_t before;
	struct out out;

	memset(data, 'x', size);
	out_init(&out);
	wbxml_start(out.w, AS_Commands);
	wbxml_mark(out.w);
	wbxml_start(out.w, AS_Add);
	wbxml_mark_settle(out.w);
	wbxml_start(out.w, ASB_Data);
	before = out.buf->used;
	wbxml_octets(out.w, data, size);
	ck_assert_uint_ge(out.buf->used, before + size);
	ck_assert(!wbxml_mark_rollback(out.w));
	/* without a mark it means nothing */
	wbxml_mark_settle(out.w);
	wbxml_end(out.w, AS_Commands);
	out_finish(&out);
	ck_assert_ptr_nonnull(strstr(trace_of(out.buf),
				     "</Data></Add></Commands>"));
	out_free(&out);
	i_free(data);
}
END_TEST

/* One byte that is not plain, at each place of a block and of its edges */
START_TEST(octets_runs)
{
	static const unsigned char odd[] = { 0x00, 0x0b, 0x1f, 0x80, 0xff };
	unsigned char data[100];
	size_t at;

	for (unsigned int i = 0; i < sizeof(odd); i++) {
		for (at = 0; at < sizeof(data); at++) {
			memset(data, at % 2 == 0 ? '\t' : '~', sizeof(data));
			data[at] = odd[i];
			ck_assert_uint_eq(wbxml_utf8_clean_run(data,
							sizeof(data)), at);
		}
	}
	for (at = 0; at < sizeof(data); at++) {
		memset(data, '\r', sizeof(data));
		ck_assert_uint_eq(wbxml_utf8_clean_run(data, at), at);
	}
	/* 0x7f is allowed (XML 1.0, 2.2) */
	memset(data, 0x7f, sizeof(data));
	ck_assert_uint_eq(wbxml_utf8_clean_run(data, sizeof(data)),
			  sizeof(data));
}
END_TEST

START_TEST(writer_output_error)
{
	struct ostream *output;
	struct wbxml_writer *w;
	const char *error = NULL;
	unsigned int i;

	output = o_stream_create_error_str(EPIPE, "client went away");
	w = wbxml_writer_init(output);
	wbxml_start(w, AS_Sync);
	for (i = 0; i < 2000; i++)
		wbxml_text_tag(w, AS_SyncKey, "0123456789");
	ck_assert(wbxml_writer_failed(w));
	wbxml_end(w, AS_Sync);
	ck_assert_int_eq(wbxml_writer_finish(&w, &error), -1);
	ck_assert_ptr_nonnull(strstr(error, "client went away"));
	o_stream_abort(output);
	o_stream_unref(&output);

	/* Leaving in the middle */
	output = o_stream_create_buffer(t_buffer_create(16));
	w = wbxml_writer_init(output);
	wbxml_start(w, AS_Sync);
	wbxml_mark(w);
	wbxml_writer_abort(&w);
	ck_assert_ptr_null(w);
	wbxml_writer_abort(&w);
	o_stream_unref(&output);
}
END_TEST

/*
 * Trace
 */

static void trace_document(struct out *out)
{
	out_init(out);
	wbxml_start(out->w, AS_Sync);
	wbxml_text_tag(out->w, AS_SyncKey, "{1}7");
	wbxml_start(out->w, AS_ApplicationData);
	wbxml_text_tag(out->w, EMAIL_Subject, "Gehei\xc3\x9fnis <&>\r\n2");
	wbxml_opaque_tag(out->w, EMAIL2_ConversationId, "\x01\x02\xff", 3);
	wbxml_opaque_tag(out->w, CM_Mime, "From: a\n", 8);
	wbxml_empty(out->w, EMAIL_Categories);
	wbxml_end(out->w, AS_ApplicationData);
	wbxml_empty(out->w, 0x2005);
	wbxml_end(out->w, AS_Sync);
	out_finish(out);
}

static const char *
trace_with(const struct out *out, enum wbxml_trace_flags flags, size_t max_text,
	   size_t chunk)
{
	const struct wbxml_trace_settings set = {
		.flags = flags, .max_text = max_text
	};
	string_t *str = t_str_new(1024);
	struct wbxml_tracer *tracer = wbxml_tracer_init(str, &set);
	size_t i;

	for (i = 0; i < out->buf->used; i += chunk) {
		wbxml_tracer_feed(tracer, CONST_PTR_OFFSET(out->buf->data, i),
				  I_MIN(chunk, out->buf->used - i));
	}
	wbxml_tracer_deinit(&tracer);
	return str_c(str);
}

static const char trace_full[] =
	"<Sync xmlns=\"AirSync\">\n"
	"  <SyncKey>{1}7</SyncKey>\n"
	"  <ApplicationData>\n"
	"    <Subject xmlns=\"Email\">Gehei\xc3\x9fnis &lt;&amp;&gt;&#13;\n"
	"2</Subject>\n"
	"    <ConversationId xmlns=\"Email2\"><!--opaque hex 3-->0102ff"
	"</ConversationId>\n"
	"    <Mime xmlns=\"ComposeMail\"><!--opaque 8-->From: a\n</Mime>\n"
	"    <Categories xmlns=\"Email\"/>\n"
	"  </ApplicationData>\n"
	"  <tag-20-05 xmlns=\"page-20\"/>\n"
	"</Sync>";

START_TEST(trace_forms)
{
	struct wbxml_tree *tree;
	string_t *str;
	struct out out;
	size_t chunk;

	trace_document(&out);
	/* The first piece of an opaque decides how it is shown: 3 and more. */
	for (chunk = 3; chunk <= out.buf->used; chunk += 40)
		ck_assert_str_eq(trace_with(&out, 0, 0, out.buf->used),
				 trace_full);

	ck_assert_str_eq(trace_with(&out, WBXML_TRACE_COMPACT |
				    WBXML_TRACE_REDACT, 0, 5),
		"<Sync xmlns=\"AirSync\"><SyncKey>[4 bytes]</SyncKey>"
		"<ApplicationData><Subject xmlns=\"Email\">[17 bytes]</Subject>"
		"<ConversationId xmlns=\"Email2\"><!--opaque hex 3-->[3 bytes]"
		"</ConversationId><Mime xmlns=\"ComposeMail\"><!--opaque 8-->"
		"[8 bytes]</Mime><Categories xmlns=\"Email\"/>"
		"</ApplicationData><tag-20-05 xmlns=\"page-20\"/></Sync>");
	ck_assert_str_eq(trace_with(&out, WBXML_TRACE_COMPACT |
				    WBXML_TRACE_REDACT |
				    WBXML_TRACE_KEEP_PROTOCOL, 0, 1000),
		"<Sync xmlns=\"AirSync\"><SyncKey>{1}7</SyncKey>"
		"<ApplicationData><Subject xmlns=\"Email\">[17 bytes]</Subject>"
		"<ConversationId xmlns=\"Email2\"><!--opaque hex 3-->[3 bytes]"
		"</ConversationId><Mime xmlns=\"ComposeMail\"><!--opaque 8-->"
		"[8 bytes]</Mime><Categories xmlns=\"Email\"/>"
		"</ApplicationData><tag-20-05 xmlns=\"page-20\"/></Sync>");
	/* Cut inside the two bytes of a character */
	ck_assert_ptr_nonnull(strstr(trace_with(&out, WBXML_TRACE_COMPACT, 6,
						3),
		">Gehei...[17 bytes]</Subject>"));
	ck_assert_ptr_nonnull(strstr(trace_with(&out, WBXML_TRACE_COMPACT, 0,
						1),
		"&#13;&#10;2</Subject>"));

	/* The tree's trace is the same as that of its bytes. */
	tree = tree_of(out.buf->data, out.buf->used, NULL);
	str = t_str_new(1024);
	wbxml_trace_node(str, wbxml_tree_root(tree), NULL);
	ck_assert_str_eq(str_c(str), trace_full);
	wbxml_tree_deinit(&tree);
	out_free(&out);
}
END_TEST

START_TEST(trace_faults)
{
	string_t *str = t_str_new(128);
	const struct wbxml_trace_settings set = {
		.flags = WBXML_TRACE_COMPACT
	};

	wbxml_trace_data(str, BYTES("\x03\x01\x6A\x00\x45\x4E\x03" "ab"), &set);
	ck_assert_str_eq(str_c(str), "<Sync xmlns=\"AirSync\"><Status>ab"
			 "<!--truncated document at byte 9-->");
	str_truncate(str, 0);
	wbxml_trace_data(str, BYTES("GET /"), &set);
	ck_assert_str_eq(str_c(str),
			 "<!--unsupported WBXML version at byte 0-->");
}
END_TEST

static Suite *wbxml_suite(void)
{
	Suite *suite = suite_create("wbxml");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, tags_table);
	tcase_add_test(tc, tags_spot);
	tcase_add_test(tc, tags_round_trip);
	suite_add_tcase(suite, tc);

	tc = tcase_create("reader");
	tcase_add_test(tc, reader_document_example);
	tcase_add_test(tc, reader_forms);
	tcase_add_test(tc, reader_public_id);
	tcase_add_test(tc, reader_unknown_tags);
	tcase_add_test(tc, reader_errors);
	tcase_add_test(tc, reader_trailing);
	tcase_add_test(tc, reader_depth);
	tcase_add_test(tc, reader_size);
	suite_add_tcase(suite, tc);

	tc = tcase_create("tree");
	tcase_add_test(tc, tree_helpers);
	tcase_add_test(tc, tree_text);
	tcase_add_test(tc, tree_errors);
	tcase_add_test(tc, tree_spill);
	tcase_add_test(tc, tree_spill_cut_char);
	tcase_add_test(tc, tree_spill_no_tempdir);
	suite_add_tcase(suite, tc);

	tc = tcase_create("writer");
	tcase_add_test(tc, writer_containers);
	tcase_add_test(tc, writer_values);
	tcase_add_test(tc, writer_opaque_lengths);
	tcase_add_test(tc, writer_text_clean);
	tcase_add_test(tc, writer_octets);
	tcase_add_test(tc, writer_streams);
	tcase_add_test(tc, writer_mark);
	tcase_add_test(tc, writer_mark_settled);
	tcase_add_test(tc, octets_runs);
	tcase_add_test(tc, writer_output_error);
	suite_add_tcase(suite, tc);

	tc = tcase_create("trace");
	tcase_add_test(tc, trace_forms);
	tcase_add_test(tc, trace_faults);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	const char *tmpdir = getenv("TMPDIR");
	SRunner *runner;
	int failed;

	lib_init();
	tmp_prefix = i_strconcat(tmpdir == NULL ? "/tmp" : tmpdir,
				 "/test-wbxml.", NULL);
	runner = srunner_create(wbxml_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	i_free(tmp_prefix);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
