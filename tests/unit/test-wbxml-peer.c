/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The WBXML codec against an independent one: wbxml2xml and xml2wbxml of
   libwbxml2-utils.  Skipped without them; tags they do not know are counted and
   printed. */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "buffer.h"
#include "str.h"
#include "istream.h"
#include "ostream.h"
#include "unlink-directory.h"
#include "dovetail-wbxml.h"

#include <check.h>
#include <libxml/parser.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_SKIP 77
/* Of our 653 tags libwbxml 0.11.8 (Debian 12) knows this many; fewer means
   that the test no longer tests. */
#define PEER_KNOWN_MIN 600

static char dir[] = "/tmp/test-wbxml-peer.XXXXXX";

/* Names that libwbxml spells otherwise; the tokens are what counts. */
static const struct {
	wbxml_tag_t tag;
	const char *name;
} peer_names[] = {
	{ CONTACTS_AssistantPhoneNumber, "AssistantTelephoneNumber" },
	{ CONTACTS_BusinessAddressCity, "BusinessCity" },
	{ CONTACTS_BusinessAddressCountry, "BusinessCountry" },
	{ CONTACTS_BusinessAddressPostalCode, "BusinessPostalCode" },
	{ CONTACTS_BusinessAddressState, "BusinessState" },
	{ CONTACTS_BusinessAddressStreet, "BusinessStreet" },
	{ CONTACTS_HomeAddressCity, "HomeCity" },
	{ CONTACTS_HomeAddressCountry, "HomeCountry" },
	{ CONTACTS_HomeAddressPostalCode, "HomePostalCode" },
	{ CONTACTS_HomeAddressState, "HomeState" },
	{ CONTACTS_HomeAddressStreet, "HomeStreet" },
	{ CONTACTS_OtherAddressCity, "OtherCity" },
	{ CONTACTS_OtherAddressCountry, "OtherCountry" },
	{ CONTACTS_OtherAddressPostalCode, "OtherPostalCode" },
	{ CONTACTS_OtherAddressState, "OtherState" },
	{ CONTACTS_OtherAddressStreet, "OtherStreet" },
	{ EMAIL_Att0Id, "AttOId" },
	{ EMAIL_ReplyTo, "Reply-To" },
	{ EMAIL_DtStamp, "DTStamp" },
	{ EMAIL_Type, "Recurrence_Type" },
	{ EMAIL_Until, "Recurrence_Until" },
	{ EMAIL_Occurrences, "Recurrence_Occurrences" },
	{ EMAIL_Interval, "Recurrence_Interval" },
	{ EMAIL_DayOfWeek, "Recurrence_DayOfWeek" },
	{ EMAIL_DayOfMonth, "Recurrence_DayOfMonth" },
	{ EMAIL_WeekOfMonth, "Recurrence_WeekOfMonth" },
	{ EMAIL_MonthOfYear, "Recurrence_MonthOfYear" },
	{ EMAIL_Status, "FlagStatus" },
	{ CAL_Email, "Attendee_Email" },
	{ CAL_Name, "Attendee_Name" },
	{ CAL_CompressedRTF, "Compressed_RTF" },
	{ CAL_DtStamp, "DTStamp" },
	{ CAL_Deleted, "Exception_Deleted" },
	{ CAL_ExceptionStartTime, "Exception_StartTime" },
	{ CAL_OrganizerEmail, "Organizer_Email" },
	{ CAL_OrganizerName, "Organizer_Name" },
	{ CAL_Type, "Recurrence_Type" },
	{ CAL_Until, "Recurrence_Until" },
	{ CAL_Occurrences, "Recurrence_Occurrences" },
	{ CAL_Interval, "Recurrence_Interval" },
	{ CAL_DayOfWeek, "Recurrence_DayOfWeek" },
	{ CAL_DayOfMonth, "Recurrence_DayOfMonth" },
	{ CAL_WeekOfMonth, "Recurrence_WeekOfMonth" },
	{ CAL_MonthOfYear, "Recurrence_MonthOfYear" },
	{ CAL_AttendeeStatus, "Attendee_Status" },
	{ CAL_AttendeeType, "Attendee_Type" },
	{ PROV_RequireStorageCardEncryption, "DeviceEncryptionEnabled" },
	{ TASKS_UtcDueDate, "UTCDueDate" },
	{ TASKS_Type, "Recurrence_Type" },
	{ TASKS_Start, "Recurrence_Start" },
	{ TASKS_Until, "Recurrence_Until" },
	{ TASKS_Occurrences, "Recurrence_Occurrences" },
	{ TASKS_Interval, "Recurrence_Interval" },
	{ TASKS_DayOfMonth, "Recurrence_DayOfMonth" },
	{ TASKS_DayOfWeek, "Recurrence_DayOfWeek" },
	{ TASKS_WeekOfMonth, "Recurrence_WeekOfMonth" },
	{ TASKS_MonthOfYear, "Recurrence_MonthOfYear" },
	{ TASKS_Regenerate, "Recurrence_Regenerate" },
	{ TASKS_DeadOccur, "Recurrence_DeadOccur" },
	{ TASKS_UtcStartDate, "UTCStartDate" },
	{ SET_SMTPAddress, "SmtpAddress" },
	{ SET_RightsManagementInformation, "ihsManagementInformation" },
	{ CM_Mime, "MIME" },
	{ RM_Owner, "RMOwner" },
};

static bool peer_name_is(wbxml_tag_t tag, const char *name)
{
	unsigned int i;

	if (strcmp(wbxml_tag_name(tag), name) == 0)
		return TRUE;
	for (i = 0; i < N_ELEMENTS(peer_names); i++) {
		if (peer_names[i].tag == tag)
			return strcmp(peer_names[i].name, name) == 0;
	}
	return FALSE;
}

static const char *path(const char *name)
{
	return t_strconcat(dir, "/", name, NULL);
}

static void write_file(const char *name, const void *data, size_t size)
{
	int fd = open(path(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	ck_assert_int_eq(close(fd), 0);
}

static void run(const char *cmd)
{
	ck_assert_msg(system(t_strconcat(cmd, " >/dev/null 2>&1",
					 NULL)) == 0, "%s failed", cmd);
}

static void peer_decode(const buffer_t *doc)
{
	write_file("in.wbxml", doc->data, doc->used);
	run(t_strdup_printf("wbxml2xml -l ACTIVESYNC -m 0 -k -o %s %s",
			    path("out.xml"), path("in.wbxml")));
}

static struct wbxml_tree *peer_encode(const char *xml, const char *args)
{
	/* The tool puts all repeated texts into the table, whatever their
	   length. */
	const struct wbxml_tree_settings set = {
		.limits = { .max_string_table = 64 * 1024 },
	};
	struct wbxml_tree *tree = wbxml_tree_init(&set);
	struct istream *input;
	enum wbxml_error error;

	run(t_strdup_printf("xml2wbxml -k %s -o %s %s", args,
			    path("out.wbxml"), path(xml)));
	input = i_stream_create_file(path("out.wbxml"), IO_BLOCK_SIZE);
	ck_assert_msg(wbxml_tree_read(tree, input) == 1, "%s",
		      wbxml_tree_get_error(tree, &error));
	i_stream_unref(&input);
	return tree;
}

static struct wbxml_writer *
writer_init(buffer_t *buf, struct ostream **output_r)
{
	*output_r = o_stream_create_buffer(buf);
	return wbxml_writer_init(*output_r);
}

static void writer_finish(struct wbxml_writer *w, struct ostream *output)
{
	const char *error;

	ck_assert_int_eq(wbxml_writer_finish(&w, &error), 0);
	ck_assert_int_ge(o_stream_finish(output), 0);
	o_stream_unref(&output);
}

static const char *value_of(wbxml_tag_t tag)
{
	return t_strdup_printf("v%x", tag);
}

/* A document with every tag of the page, as children of Sync */
static void encode_page(buffer_t *buf, unsigned int page)
{
	const struct wbxml_tag_info *table;
	struct ostream *output;
	struct wbxml_writer *w = writer_init(buf, &output);
	unsigned int i, count;

	table = wbxml_tag_table(&count);
	wbxml_start(w, AS_Sync);
	for (i = 0; i < count; i++) {
		if (WBXML_TAG_PAGE(table[i].tag) == page)
			wbxml_text_tag(w, table[i].tag,
				       value_of(table[i].tag));
	}
	wbxml_end(w, AS_Sync);
	writer_finish(w, output);
}

/* libwbxml shows what it holds for binary in base64, also where a client sends
   text. */
static bool value_matches(const char *content, wbxml_tag_t tag)
{
	const char *value = value_of(tag);
	string_t *base64 = t_str_new(32);

	base64_encode(value, strlen(value), base64);
	return strcmp(content, value) == 0 ||
		strcmp(content, str_c(base64)) == 0;
}

static void
check_peer_element(xmlNode *node, wbxml_tag_t tag, unsigned int page)
{
	const char *ns = (const char *)node->ns->href;
	char *content = (char *)xmlNodeGetContent(node);

	ck_assert_msg(peer_name_is(tag, (const char *)node->name),
		      "%s is %s to libwbxml", wbxml_tag_name(tag), node->name);
	ck_assert_msg(strcasecmp(ns, t_strconcat(wbxml_page_name(page), ":",
						 NULL)) == 0, "%s", ns);
	ck_assert_msg(value_matches(content, tag), "%s: %s",
		      wbxml_tag_name(tag), content);
	xmlFree(content);
}

/* Removes the elements that the tool does not know from its XML. */
static unsigned int
check_peer_page(xmlNode *root, unsigned int page)
{
	const struct wbxml_tag_info *table;
	xmlNode *node = root->children, *next;
	unsigned int i, count, known = 0;

	table = wbxml_tag_table(&count);
	for (i = 0; i < count; i++) {
		if (WBXML_TAG_PAGE(table[i].tag) != page)
			continue;
		ck_assert_ptr_nonnull(node);
		next = node->next;
		if (strcmp((const char *)node->name, "unknown") == 0) {
			printf("libwbxml does not know %s:%s\n",
			       wbxml_page_name(page), table[i].name);
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		} else T_BEGIN {
			check_peer_element(node, table[i].tag, page);
			known++;
		} T_END;
		node = next;
	}
	ck_assert_ptr_null(node);
	return known;
}

/* And back: xml2wbxml's encoding of the same XML */
static void
check_peer_encoding(unsigned int page, unsigned int known, const char *args)
{
	struct wbxml_tree *tree = peer_encode("edited.xml", args);
	const struct wbxml_node *root = wbxml_tree_root(tree), *node;
	unsigned int count = 0;

	ck_assert_uint_eq(root->tag, AS_Sync);
	for (node = root->children; node != NULL; node = node->next) {
		ck_assert_uint_eq(WBXML_TAG_PAGE(node->tag), page);
		ck_assert_msg(value_matches(node->text, node->tag), "%s: %s",
			      wbxml_tag_name(node->tag), node->text);
		count++;
	}
	ck_assert_uint_eq(count, known);
	wbxml_tree_deinit(&tree);
}

static unsigned int check_page(unsigned int page)
{
	buffer_t *buf = t_buffer_create(4096);
	unsigned int known;
	xmlDoc *doc;

	encode_page(buf, page);
	peer_decode(buf);
	doc = xmlReadFile(path("out.xml"), NULL, XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
	known = check_peer_page(xmlDocGetRootElement(doc), page);
	ck_assert_int_gt(xmlSaveFile(path("edited.xml"), doc), 0);
	xmlFreeDoc(doc);

	if (known > 0) {
		check_peer_encoding(page, known, "-v 1.3 -n");
		check_peer_encoding(page, known, "-v 1.1");
	}
	return known;
}

START_TEST(peer_tags)
{
	unsigned int page, count, known = 0;

	for (page = 0; wbxml_page_name(page) != NULL; page++) T_BEGIN {
		known += check_page(page);
	} T_END;
	(void)wbxml_tag_table(&count);
	printf("libwbxml knows %u of %u tags\n", known, count);
	ck_assert_uint_ge(known, PEER_KNOWN_MIN);
}
END_TEST

static void encode_mixture(buffer_t *buf)
{
	struct ostream *output;
	struct wbxml_writer *w = writer_init(buf, &output);
	string_t *text = t_str_new(30000);
	unsigned int i;

	for (i = 0; str_len(text) < 29000; i++)
		str_printfa(text, "%u \xc3\xa4\xe2\x82\xac <&>\"' \t%u\n", i, i);
	wbxml_start(w, AS_Sync);
	wbxml_start(w, AS_Collections);
	for (i = 0; i < 3; i++) {
		wbxml_start(w, AS_Collection);
		/* The same texts again and again: a string table pays. */
		wbxml_text_tag(w, AS_SyncKey, "a rather long synchronisation");
		wbxml_text_tag(w, AS_CollectionId, "a rather long folder name");
		wbxml_empty(w, AS_MoreAvailable);
		wbxml_start(w, AS_ApplicationData);
		wbxml_text_tag(w, EMAIL_Subject, "\xf0\x9f\x98\x80 <b> &amp;");
		wbxml_start(w, ASB_Body);
		wbxml_text_tag(w, ASB_Type, "1");
		wbxml_text_tag(w, ASB_Data, str_c(text));
		wbxml_end(w, ASB_Body);
		wbxml_opaque_tag(w, EMAIL2_ConversationId,
				 "\x00\x01\x02\xff\xfe\x80\x7f\x0a", 8);
		wbxml_end(w, AS_ApplicationData);
		wbxml_end(w, AS_Collection);
	}
	wbxml_end(w, AS_Collections);
	wbxml_end(w, AS_Sync);
	writer_finish(w, output);
}

static const char *trace_tree(const struct wbxml_tree *tree)
{
	string_t *str = t_str_new(200000);

	wbxml_trace_node(str, wbxml_tree_root(tree), NULL);
	return str_c(str);
}

START_TEST(peer_round_trip)
{
	static const char *const args[] = { "-v 1.3", "-v 1.3 -n", "-v 1.2 -a" };
	buffer_t *buf = t_buffer_create(200000);
	struct wbxml_tree *tree, *theirs;
	const char *ours;
	unsigned int i;

	encode_mixture(buf);
	tree = wbxml_tree_init(NULL);
	ck_assert_int_eq(wbxml_tree_feed(tree, buf->data, buf->used), 1);
	ours = trace_tree(tree);

	peer_decode(buf);
	for (i = 0; i < N_ELEMENTS(args); i++) {
		theirs = peer_encode("out.xml", args[i]);
		ck_assert_str_eq(trace_tree(theirs), ours);
		wbxml_tree_deinit(&theirs);
	}
	wbxml_tree_deinit(&tree);
}
END_TEST

static bool have_tools(void)
{
	return system("command -v wbxml2xml >/dev/null && "
		      "command -v xml2wbxml >/dev/null") == 0;
}

int main(void)
{
	Suite *suite = suite_create("wbxml-peer");
	TCase *tc = tcase_create("libwbxml");
	SRunner *runner;
	const char *error;
	int failed;

	if (!have_tools()) {
		printf("wbxml2xml and xml2wbxml (libwbxml2-utils) are missing: "
		       "skipped\n");
		return EXIT_SKIP;
	}
	lib_init();
	if (mkdtemp(dir) == NULL)
		i_fatal("mkdtemp(%s) failed: %m", dir);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, peer_tags);
	tcase_add_test(tc, peer_round_trip);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (unlink_directory(dir, UNLINK_DIRECTORY_FLAG_RMDIR, &error) < 0)
		i_error("%s", error);
	xmlCleanupParser();
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
