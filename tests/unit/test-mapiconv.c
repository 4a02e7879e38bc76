/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Standards to MAPI and back.

   golden/mapiconv/NAME.eml, .ics, .vcf are read: NAME.exp is the message that comes of
   it (UPDATE_GOLDEN set: written; read the difference before you commit it). Items that
   are written without a change stay byte for byte; written anew from their properties
   alone they are read as the same properties. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "hex-binary.h"
#include "istream.h"
#include "str.h"
#include "dovetail-calendar.h"
#include "dovetail-compose.h"
#include "dovetail-mapiconv.h"
#include "dovetail-rtf.h"
#include "mapi-dump.h"

#include <check.h>
#include <dirent.h>
#include <stdlib.h>

#define NOW ((time_t)1780000000)	/* 2026-05-28T20:26:40Z */

static pool_t pool;
static struct mime_converter *mime;
static struct mapiconv conv;

static bool find_person(void *context ATTR_UNUSED, const char *address,
			struct mapiconv_person *person_r)
{
	if (strcasecmp(address, "alice@example.org") != 0 &&
	    strcasecmp(address, "/o=Dovetail/cn=alice") != 0)
		return FALSE;
	person_r->name = "Alice";
	person_r->smtp = "alice@example.org";
	person_r->dn = "/o=Dovetail/cn=alice";
	person_r->display_type = 0;
	return TRUE;
}

static void setup(void)
{
	pool = pool_alloconly_create("test", 65536);
	mime = mime_converter_init();
	i_zero(&conv);
	conv.id_of_name = dump_id_of_name;
	conv.name_of_id = dump_name_of_id;
	conv.person = find_person;
	conv.owner_smtp = "alice@example.org";
	conv.owner_name = "Alice";
	conv.zone = zone_by_name("Europe/Berlin");
	conv.now = NOW;
	conv.hostname = "test.example.org";
	conv.mime = mime;
	mime_converter_set_tnef(mime, mapiconv_tnef, &conv);
}

static void teardown(void)
{
	mime_converter_deinit(&mime);
	pool_unref(&pool);
}

/* --- golden files --- */

static enum mapiconv_kind kind_of_file(const char *name, const char *text)
{
	if (strcmp(name + strlen(name) - 4, ".vcf") == 0)
		return MAPICONV_CONTACT;
	if (strstr(text, "BEGIN:VTODO") != NULL)
		return MAPICONV_TASK;
	if (strstr(text, "BEGIN:VJOURNAL") != NULL)
		return MAPICONV_NOTE;
	return MAPICONV_EVENT;
}

static struct mapi_message *
read_item(enum mapiconv_kind kind, const char *text)
{
	struct mapi_message *msg;
	const char *error;

	ck_assert_msg(mapiconv_item_read(&conv, kind, text, strlen(text), pool,
					 &msg, &error) == 0, "%s\n%s", error,
		      text);
	return msg;
}

static const char *dump(struct mapi_message *msg)
{
	string_t *out = str_new(pool, 4096);

	dump_message(out, msg, "");
	return str_c(out);
}

/* Written anew, the text says the same */
static void check_again(const char *name, enum mapiconv_kind kind,
			struct mapi_message *msg, const char *was)
{
	const char *text, *uid, *error, *is;
	struct mapi_message *again;
	struct mapi_bag extras;
	ARRAY_TYPE(mapi_tag) gone;
	mapi_tag_t *tag;
	const struct mapi_prop *prop;
	unsigned int bad = 0;

	ck_assert_msg(mapiconv_item_write(&conv, kind, msg, NULL, pool, &text,
					  &uid, &error) == 1, "%s: %s", name,
		      error);
	again = read_item(kind, text);
	is = dump(again);
	mapi_bag_init(&extras, pool);
	p_array_init(&gone, pool, 8);
	mapiconv_extras(&msg->props, &again->props, &extras, &gone);
	array_foreach(&extras.props, prop) {
		/* times of writing */
		if (prop->tag == PidTagLastModificationTime ||
		    prop->tag == PidTagCreationTime ||
		    prop->tag == PidLidOwnerCriticalChange)
			continue;
		bad++;
	}
	array_foreach_modifiable(&gone, tag) {
		if (*tag != PidTagLastModificationTime &&
		    *tag != PidTagCreationTime &&
		    *tag != PidLidOwnerCriticalChange)
			bad++;
	}
	ck_assert_msg(bad == 0, "%s:\n--- was\n%.3000s--- is\n%.3000s"
		      "--- text\n%.1000s", name, was, is, text);
	ck_assert_uint_eq(array_count(&msg->recipients),
			  array_count(&again->recipients));
	ck_assert_uint_eq(array_count(&msg->attachments),
			  array_count(&again->attachments));
}

static void check_item(const char *name, const char *text)
{
	enum mapiconv_kind kind = kind_of_file(name, text);
	struct mapi_message *msg = read_item(kind, text);
	const char *was = dump(msg), *out, *uid, *error;

	dump_golden(t_strconcat("mapiconv/", t_strndup(name, strlen(name) - 4),
				".exp", NULL), was);
	ck_assert_msg(mapiconv_item_write(&conv, kind, msg, text, pool, &out,
					  &uid, &error) == 0,
		      "%s: changed without a change\n%s", name, out);
	ck_assert_str_eq(out, text);
	/* files whose model has more than properties say */
	if (strstr(name, "-once") == NULL)
		check_again(name, kind, msg, was);
}

static void open_mail(const char *text, struct mapiconv_mail *mail)
{
	struct istream *input = i_stream_create_from_data(text, strlen(text));

	i_zero(mail);
	mail->mime = mime_message_open_stream(pool, input, mime);
	i_stream_unref(&input);
	mail->received = NOW - 60;
	mail->size = strlen(text);
	mail->seen = TRUE;
}

static void dump_bodies(struct mapiconv_mail *mail, string_t *out)
{
	static const mapi_tag_t tags[] = { PidTagBody, PidTagHtml };
	struct mapi_bag bag;
	struct mapi_prop prop;
	const char *error;
	unsigned int i;

	mapi_bag_init(&bag, pool);
	for (i = 0; i < N_ELEMENTS(tags); i++) {
		if (mapiconv_mail_body(&conv, mail, tags[i], pool, &prop,
				       &error) > 0) {
			if (prop.tag == PidTagHtml)
				str_printfa(out, "html = %.*s\n",
					    (int)prop.v.bin.size,
					    (const char *)prop.v.bin.data);
			else
				mapi_bag_set(&bag, prop.tag, &prop.v);
		}
	}
	dump_bag(out, &bag, "");
}

static void check_mail(const char *name, const char *text)
{
	struct mapiconv_mail mail;
	struct mapi_message *msg;
	struct mapiconv_mail_write set = { .previous = &mail };
	struct istream *output;
	string_t *out = str_new(pool, 8192);
	const char *error;

	open_mail(text, &mail);
	ck_assert_msg(mapiconv_mail_read(&conv, &mail, pool, &msg,
					 &error) == 0, "%s: %s", name, error);
	dump_message(out, msg, "");
	dump_bodies(&mail, out);
	dump_golden(t_strconcat("mapiconv/", t_strndup(name, strlen(name) - 4),
				".exp", NULL), str_c(out));
	set.msg = msg;
	ck_assert_msg(mapiconv_mail_write(&conv, &set, pool, &output,
					  &error) == 0,
		      "%s: changed without a change", name);
	mapi_message_close(msg);
	mime_message_close(&mail.mime);
}

static int name_cmp(const char *const *a, const char *const *b)
{
	return strcmp(*a, *b);
}

START_TEST(golden)
{
	const char *srcdir = getenv("srcdir"), *name, *text, *ext;
	ARRAY_TYPE(const_string) names;
	struct dirent *d;
	size_t size;
	DIR *dir;

	dir = opendir(t_strconcat(srcdir == NULL ? "." : srcdir,
				  "/golden/mapiconv", NULL));
	ck_assert(dir != NULL);
	p_array_init(&names, pool, 32);
	while ((d = readdir(dir)) != NULL) {
		name = p_strdup(pool, d->d_name);
		array_push_back(&names, &name);
	}
	closedir(dir);
	array_sort(&names, name_cmp);
	ck_assert_uint_gt(array_count(&names), 8);
	array_foreach_elem(&names, name) {
		ext = strrchr(name, '.');
		if (ext == NULL || strcmp(ext, ".exp") == 0 || name[0] == '.')
			continue;
		text = dump_read(pool, t_strconcat("mapiconv/", name, NULL),
				 &size);
		if (strcmp(ext, ".eml") == 0)
			check_mail(name, text);
		else if (strcmp(ext, ".ics") == 0 || strcmp(ext, ".vcf") == 0)
			check_item(name, text);
	}
}
END_TEST

/* --- recurrence (MS-OXOCAL 4.1) --- */

/* Rules and the bytes of RecurrencePattern that the document's examples have; 4.1.1.1
   daily .. 4.1.1.5 */
static const struct {
	const char *ics, *hex;
} patterns[] = {
	/* every three days, ten times, from 2007-10-15 on; the appointment form */
	{ "DTSTART:20071015T100000Z\r\nDTEND:20071015T103000Z\r\n"
	  "RRULE:FREQ=WEEKLY;BYDAY=MO,TH,FR;WKST=SU;COUNT=10\r\n", NULL },
	{ "DTSTART:20260105T090000Z\r\nDTEND:20260105T100000Z\r\n"
	  "RRULE:FREQ=DAILY;INTERVAL=3\r\n", NULL },
	{ "DTSTART:20260105T090000Z\r\nDTEND:20260105T100000Z\r\n"
	  "RRULE:FREQ=MONTHLY;BYMONTHDAY=5;UNTIL=20261205T090000Z\r\n", NULL },
	{ "DTSTART:20260105T090000Z\r\nDTEND:20260105T100000Z\r\n"
	  "RRULE:FREQ=MONTHLY;BYDAY=1MO\r\n", NULL },
	{ "DTSTART:20260130T090000Z\r\nDTEND:20260130T100000Z\r\n"
	  "RRULE:FREQ=MONTHLY;BYDAY=-1FR\r\n", NULL },
	{ "DTSTART:20260131T090000Z\r\nDTEND:20260131T100000Z\r\n"
	  "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1\r\n", NULL },
	{ "DTSTART:20260301T090000Z\r\nDTEND:20260301T100000Z\r\n"
	  "RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1\r\n", NULL },
	{ "DTSTART:20260308T090000Z\r\nDTEND:20260308T100000Z\r\n"
	  "RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=2SU\r\n", NULL },
	{ "DTSTART:20260105T090000Z\r\nDTEND:20260106T110000Z\r\n"
	  "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=MO;COUNT=5\r\n"
	  "EXDATE:20260119T090000Z\r\n", NULL },
};

static struct cal_object *parse_event(const char *lines)
{
	const char *text = p_strdup_printf(pool, "BEGIN:VCALENDAR\r\n"
		"VERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u\r\n"
		"DTSTAMP:20260101T000000Z\r\n%sEND:VEVENT\r\n"
		"END:VCALENDAR\r\n", lines);
	struct cal_object *obj;
	const char *error;

	ck_assert_msg(cal_parse(pool, text, strlen(text), &obj, NULL,
				&error) == 0, "%s", error);
	return obj;
}

static void same_instances(const struct cal_object *a,
			   const struct cal_object *b)
{
	ARRAY_TYPE(cal_instance) in_a, in_b;
	const struct cal_instance *x, *y;
	unsigned int i;

	p_array_init(&in_a, pool, 64);
	p_array_init(&in_b, pool, 64);
	(void)cal_expand(a, conv.zone, 0, (time_t)1 << 33, 60, pool, &in_a);
	(void)cal_expand(b, conv.zone, 0, (time_t)1 << 33, 60, pool, &in_b);
	ck_assert_uint_eq(array_count(&in_a), array_count(&in_b));
	for (i = 0; i < array_count(&in_a); i++) {
		x = array_idx(&in_a, i);
		y = array_idx(&in_b, i);
		ck_assert_int_eq(x->start, y->start);
		ck_assert_int_eq(x->end, y->end);
	}
}

START_TEST(recurrence_round_trip)
{
	struct cal_object *obj = parse_event(patterns[_i].ics), *again;
	buffer_t *blob = buffer_create_dynamic(pool, 256);
	buffer_t *second = buffer_create_dynamic(pool, 256);

	ck_assert(mapiconv_recurrence_write(&conv, obj, blob));
	again = cal_object_new(pool, CAL_EVENT, "u");
	again->have_master = TRUE;
	again->master.start = obj->master.start;
	again->master.end = obj->master.end;
	again->zone = obj->zone;
	ck_assert_int_eq(mapiconv_recurrence_read(&conv, blob->data, blob->used,
						  pool, again), 0);
	same_instances(obj, again);
	ck_assert(mapiconv_recurrence_write(&conv, again, second));
	ck_assert_str_eq(binary_to_hex(blob->data, blob->used),
			 binary_to_hex(second->data, second->used));
}
END_TEST

/* MS-OXOCAL 4.1: weekly on Monday, Thursday and Friday from 2007-03-26 for four
   weeks, 10:00 to 10:30
   (as the example there has it, without its exceptions) */
START_TEST(recurrence_bytes)
{
	struct cal_object *obj = parse_event(
		"DTSTART:20070326T100000Z\r\nDTEND:20070326T103000Z\r\n"
		"RRULE:FREQ=WEEKLY;BYDAY=MO,TH,FR;WKST=SU;COUNT=12\r\n");
	buffer_t *blob = buffer_create_dynamic(pool, 256);

	ck_assert(mapiconv_recurrence_write(&conv, obj, blob));
	ck_assert_str_eq(binary_to_hex(blob->data, blob->used),
		"0430" "0430" "0b20" "0100" "0000" "c0210000" "01000000"
		"00000000" "32000000" "22200000" "0c000000" "00000000"
		"00000000" "00000000" "8020bc0c" "20adbc0c"
		"06300000" "09300000" "58020000" "76020000" "0000"
		"00000000" "00000000");
}
END_TEST

/* MS-OXOCAL 4.1.1.2 and 4.1.1.3: what is read there is written as the same bytes */
static const struct {
	const char *start, *end, *hex;
	unsigned int deleted, exceptions;
} document_blobs[] = {
	{ "20070326T100000Z", "20070326T103000Z",
	  "043004300B2001000000C02100000100000000000000320000002220"
	  "00000C0000000000000001000000A096BC0C01000000A096BC0C8020BC0C20ADBC0C"
	  "0630000009300000580200007602000001003499BC0C5299BC0CF898BC0C1100"
	  "2200210053696D706C6520526563757272656E6365207769746820657863657074"
	  "696F6E730800070033342F34313431000000000400000000000000000000003499"
	  "BC0C5299BC0CF898BC0C2100530069006D0070006C006500200052006500630075"
	  "007200720065006E00630065002000770069007400680020006500780063006500"
	  "7000740069006F006E0073000700330034002F0034003100340031000000000000"
	  "000000", 0, 1 },
	{ "20110407T080000Z", "20110407T083000Z",
	  "043004300A2000000000A0050000E010000000000000212000000A000000000000"
	  "0002000000A0C1DC0C80D2DC0C00000000207EDC0C0016DD0C0630000009300000"
	  "E0010000FE01000000000000000000000000", 2, 0 },
};

START_TEST(recurrence_document)
{
	struct cal_object *obj = parse_event(p_strdup_printf(pool,
		"DTSTART:%s\r\nDTEND:%s\r\nSUMMARY:Simple Recurrence\r\n"
		"LOCATION:34/4639\r\n", document_blobs[_i].start,
		document_blobs[_i].end));
	buffer_t *blob = buffer_create_dynamic(pool, 512);
	buffer_t *again = buffer_create_dynamic(pool, 512);
	const struct cal_entry *entry;

	hex_to_binary(document_blobs[_i].hex, blob);
	ck_assert_int_eq(mapiconv_recurrence_read(&conv, blob->data, blob->used,
						  pool, obj), 0);
	ck_assert_uint_eq(array_count(&obj->deleted),
			  document_blobs[_i].deleted);
	ck_assert_uint_eq(array_count(&obj->exceptions),
			  document_blobs[_i].exceptions);
	array_foreach(&obj->exceptions, entry) {
		ck_assert_str_eq(entry->summary,
				 "Simple Recurrence with exceptions");
		ck_assert_str_eq(entry->location, "34/4141");
		ck_assert_int_eq(entry->start.wall.hour, 11);
	}
	ck_assert(mapiconv_recurrence_write(&conv, obj, again));
	ck_assert_str_eq(binary_to_hex_ucase(again->data, again->used),
			 document_blobs[_i].hex);
}
END_TEST

START_TEST(recurrence_exceptions)
{
	struct cal_object *obj, *again;
	const struct cal_entry *entry;
	buffer_t *blob = buffer_create_dynamic(pool, 256);
	const char *error, *text =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
		"BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n"
		"DTSTART:20260105T090000Z\r\nDTEND:20260105T100000Z\r\n"
		"SUMMARY:weekly\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\n"
		"EXDATE:20260112T090000Z\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n"
		"RECURRENCE-ID:20260119T090000Z\r\n"
		"DTSTART:20260120T110000Z\r\nDTEND:20260120T123000Z\r\n"
		"SUMMARY:moved \xc3\xa4\xf0\x9f\x98\x80\r\nLOCATION:here\r\n"
		"END:VEVENT\r\nEND:VCALENDAR\r\n";

	ck_assert_msg(cal_parse(pool, text, strlen(text), &obj, NULL,
				&error) == 0, "%s", error);
	ck_assert(mapiconv_recurrence_write(&conv, obj, blob));
	again = cal_object_new(pool, CAL_EVENT, "u");
	again->have_master = TRUE;
	again->master.start = obj->master.start;
	again->master.end = obj->master.end;
	again->master.summary = "weekly";
	ck_assert_int_eq(mapiconv_recurrence_read(&conv, blob->data, blob->used,
						  pool, again), 0);
	same_instances(obj, again);
	ck_assert_uint_eq(array_count(&again->deleted), 1);
	ck_assert_uint_eq(array_count(&again->exceptions), 1);
	entry = array_front(&again->exceptions);
	ck_assert_str_eq(entry->summary, "moved \xc3\xa4\xf0\x9f\x98\x80");
	ck_assert_str_eq(entry->location, "here");
}
END_TEST

START_TEST(recurrence_broken)
{
	struct cal_object *obj = parse_event(patterns[8].ics);
	buffer_t *blob = buffer_create_dynamic(pool, 256);
	unsigned char *data;
	size_t i;

	ck_assert(mapiconv_recurrence_write(&conv, obj, blob));
	for (i = 0; i < blob->used; i++) {
		(void)mapiconv_recurrence_read(&conv, blob->data, i, pool, obj);
		data = buffer_get_modifiable_data(blob, NULL);
		data[i] ^= 0xff;
		(void)mapiconv_recurrence_read(&conv, blob->data, blob->used,
					       pool, obj);
		data[i] ^= 0xff;
	}
}
END_TEST

/* --- zones --- */

START_TEST(zones)
{
	static const char *const names[] = {
		"Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Sydney", "Asia/Tokyo", "America/Sao_Paulo",
	};
	const struct zone *zone = zone_by_name(names[_i]), *back;
	buffer_t *buf = buffer_create_dynamic(pool, 256);
	time_t t;

	mapiconv_zone_struct(zone, NOW, buf);
	ck_assert_uint_eq(buf->used, 48);
	back = mapiconv_zone_of_struct(pool, buf->data, buf->used, NULL, NOW);
	ck_assert(back != NULL);
	for (t = NOW; t < NOW + 365 * 86400; t += 86400)
		ck_assert_int_eq(zone_offset(zone, t, NULL),
				 zone_offset(back, t, NULL));
	buffer_set_used_size(buf, 0);
	mapiconv_zone_definition(zone, NOW, TRUE, buf);
	back = mapiconv_zone_of_definition(pool, buf->data, buf->used, NULL,
					   NOW);
	ck_assert(back != NULL);
	ck_assert_str_eq(zone_windows(back), zone_windows(zone));
	ck_assert(mapiconv_zone_of_definition(pool, buf->data, 5, NULL,
					      NOW) == NULL);
}
END_TEST

/* --- mail that a client made --- */

static struct mapi_message *new_mail(void)
{
	struct mapi_message *msg = mapi_message_new(pool);
	struct mapi_bag *bag = &msg->props, *rcpt;

	mapi_bag_set_str(bag, PidTagMessageClass, "IPM.Note");
	mapi_bag_set_str(bag, PidTagSubject, "Gr\xc3\xbc\xc3\x9f""e");
	mapi_bag_set_str(bag, PidTagSentRepresentingName, "Alice");
	mapi_bag_set_str(bag, PidTagSentRepresentingAddressType, "EX");
	mapi_bag_set_str(bag, PidTagSentRepresentingEmailAddress,
			 "/o=Dovetail/cn=alice");
	rcpt = mapi_message_add_recipient(msg);
	mapi_bag_set_int(rcpt, PidTagRecipientType, 1);
	mapi_bag_set_str(rcpt, PidTagDisplayName, "Bob B\xc3\xb6se");
	mapi_bag_set_str(rcpt, PidTagAddressType, "SMTP");
	mapi_bag_set_str(rcpt, PidTagEmailAddress, "bob@example.com");
	rcpt = mapi_message_add_recipient(msg);
	mapi_bag_set_int(rcpt, PidTagRecipientType, 3);
	mapi_bag_set_str(rcpt, PidTagDisplayName, "carol@example.com");
	mapi_bag_set_str(rcpt, PidTagAddressType, "SMTP");
	mapi_bag_set_str(rcpt, PidTagEmailAddress, "carol@example.com");
	return msg;
}

static const char *write_mail(struct mapi_message *msg)
{
	struct mapiconv_mail_write set = { .msg = msg };
	const unsigned char *data;
	struct istream *output;
	string_t *out = str_new(pool, 4096);
	const char *error = NULL;
	size_t size;

	ck_assert_msg(mapiconv_mail_write(&conv, &set, pool, &output,
					  &error) == 1, "%s", error);
	while (i_stream_read_more(output, &data, &size) > 0) {
		str_append_data(out, data, size);
		i_stream_skip(output, size);
	}
	ck_assert_int_eq(output->stream_errno, 0);
	i_stream_unref(&output);
	return str_c(out);
}

static struct mapi_message *
mail_again(const char *text, struct mapiconv_mail *mail)
{
	struct mapi_message *msg;
	const char *error;

	open_mail(text, mail);
	ck_assert_msg(mapiconv_mail_read(&conv, mail, pool, &msg, &error) == 0,
		      "%s", error);
	return msg;
}

static const char *body_of(struct mapiconv_mail *mail, mapi_tag_t tag)
{
	struct mapi_prop prop;
	const char *error;

	ck_assert_int_eq(mapiconv_mail_body(&conv, mail, tag, pool, &prop,
					    &error), 1);
	return tag == PidTagBody ? prop.v.s :
		p_strndup(pool, prop.v.bin.data, prop.v.bin.size);
}

START_TEST(mail_html_with_picture)
{
	static const char html[] = "<p>Hallo \xc3\xa4 <img src=\"cid:a@b\"></p>";
	struct mapi_message *msg = new_mail(), *again;
	struct mapi_attachment *attach;
	struct mapiconv_mail mail;
	const char *text;

	mapi_bag_set_bin(&msg->props, PidTagHtml, html, strlen(html));
	mapi_bag_set_int(&msg->props, PidTagInternetCodepage, 65001);
	mapi_bag_set_int(&msg->props, PidTagImportance, 2);
	mapi_bag_set_int(&msg->props, PidTagSensitivity, 2);
	mapi_bag_set_bool(&msg->props, PidTagReadReceiptRequested, TRUE);
	attach = mapi_message_add_attachment(msg);
	attach->data.data = (const unsigned char *)"PNG";
	attach->data.size = 3;
	mapi_bag_set_int(&attach->props, PidTagAttachMethod, 1);
	mapi_bag_set_str(&attach->props, PidTagAttachLongFilename, "a.png");
	mapi_bag_set_str(&attach->props, PidTagAttachContentId, "a@b");
	mapi_bag_set_int(&attach->props, PidTagAttachFlags, 4);
	attach = mapi_message_add_attachment(msg);
	attach->data.data = (const unsigned char *)"%PDF";
	attach->data.size = 4;
	mapi_bag_set_int(&attach->props, PidTagAttachMethod, 1);
	mapi_bag_set_str(&attach->props, PidTagAttachLongFilename,
			 "B\xc3\xbc""cher.pdf");
	text = write_mail(msg);
	ck_assert_msg(strstr(text, "From: Alice <alice@example.org>") != NULL ||
		      strstr(text, "From: \"Alice\" <alice@example.org>") != NULL,
		      "%s", text);
	ck_assert(strstr(text, "multipart/related") != NULL);
	ck_assert(strstr(text, "Bcc: ") != NULL);
	ck_assert(strstr(text, "Sensitivity: Private") != NULL);

	again = mail_again(text, &mail);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidTagSubject),
			 "Gr\xc3\xbc\xc3\x9f""e");
	ck_assert_int_eq(mapi_bag_get_int(&again->props, PidTagImportance, 0), 2);
	ck_assert_int_eq(mapi_bag_get_int(&again->props, PidTagSensitivity, 0),
			 2);
	ck_assert(mapi_bag_get_bool(&again->props, PidTagReadReceiptRequested,
				    FALSE));
	ck_assert_str_eq(body_of(&mail, PidTagHtml), html);
	ck_assert_uint_eq(array_count(&again->recipients), 2);
	ck_assert_uint_eq(array_count(&again->attachments), 2);
	attach = mapi_message_find_attachment(again, 0);
	ck_assert(mapi_bag_get_bool(&attach->props, PidTagAttachmentHidden,
				    FALSE));
	attach = mapi_message_find_attachment(again, 1);
	ck_assert_str_eq(mapi_bag_get_str(&attach->props,
					  PidTagAttachLongFilename),
			 "B\xc3\xbc""cher.pdf");
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

START_TEST(mail_rtf_only)
{
	struct mapi_message *msg = new_mail(), *again;
	buffer_t *rtf = buffer_create_dynamic(pool, 256);
	buffer_t *packed = buffer_create_dynamic(pool, 256);
	struct mapiconv_mail mail;
	const char *html = "<html><body><b>bold</b> text</body></html>";

	rtf_from_html(html, strlen(html), rtf);
	rtf_compress(rtf->data, rtf->used, packed);
	mapi_bag_set_bin(&msg->props, PidTagRtfCompressed, packed->data,
			 packed->used);
	again = mail_again(write_mail(msg), &mail);
	ck_assert_str_eq(body_of(&mail, PidTagHtml), html);
	ck_assert(strstr(body_of(&mail, PidTagBody), "bold text") != NULL);
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

/* Recipients that are no addresses are not in the mail, and do no harm */
START_TEST(mail_odd_recipients)
{
	static const char *const odd[] = {
		"", "@", "bob", "bob@", "a b@c.d", "x@y.z>\r\nX-Evil: 1",
		"/o=Nobody/cn=x",
	};
	struct mapi_message *msg = new_mail();
	struct mapi_bag *rcpt;
	const char *text;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(odd); i++) {
		rcpt = mapi_message_add_recipient(msg);
		mapi_bag_set_int(rcpt, PidTagRecipientType, 1);
		mapi_bag_set_str(rcpt, PidTagDisplayName,
				 "Odd\r\nX-Evil: 2\r\n");
		mapi_bag_set_str(rcpt, PidTagAddressType, "SMTP");
		mapi_bag_set_str(rcpt, PidTagEmailAddress, odd[i]);
	}
	mapi_bag_set_str(&msg->props, PidTagSubject, "x\r\nX-Evil: 3");
	mapi_bag_set_str(&msg->props, PidTagInternetReferences,
			 "<a@b>\r\nX-Evil: 4");
	text = write_mail(msg);
	ck_assert_msg(strstr(text, "\nX-Evil") == NULL, "%s", text);
	ck_assert(strstr(text, "bob@example.com") != NULL);
}
END_TEST

/* A draft changed: one header and no more */
START_TEST(mail_change_subject)
{
	static const char old[] =
		"Received: from x\r\nFrom: Alice <alice@example.org>\r\n"
		"To: bob@example.com\r\nSubject: one\r\n"
		"Message-ID: <1@example.org>\r\n"
		"Date: Thu, 28 May 2026 20:00:00 +0000\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
		"X-Odd:  spaces   kept\r\n\r\nbody\r\n";
	struct mapiconv_mail mail;
	struct mapi_message *msg = mail_again(old, &mail);
	struct mapiconv_mail_write set = { .msg = msg, .previous = &mail };
	const unsigned char *data;
	struct istream *output;
	const char *error;
	string_t *out = str_new(pool, 1024);
	size_t size;

	mapi_bag_set_str(&msg->props, PidTagSubject, "two");
	mapi_bag_set_str(&msg->props, PidTagNormalizedSubject, "two");
	ck_assert_int_eq(mapiconv_mail_write(&conv, &set, pool, &output,
					     &error), 1);
	while (i_stream_read_more(output, &data, &size) > 0) {
		str_append_data(out, data, size);
		i_stream_skip(output, size);
	}
	i_stream_unref(&output);
	ck_assert_str_eq(str_c(out),
		"Received: from x\r\nFrom: Alice <alice@example.org>\r\n"
		"To: bob@example.com\r\n"
		"Message-ID: <1@example.org>\r\n"
		"Date: Thu, 28 May 2026 20:00:00 +0000\r\n"
		"X-Odd: spaces   kept\r\nSubject: two\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
		"\r\nbody\r\n");
	mapi_message_close(msg);
	mime_message_close(&mail.mime);
}
END_TEST

START_TEST(mail_embedded)
{
	struct mapi_message *msg = new_mail(), *inner = new_mail(), *again, *got;
	struct mapi_attachment *attach;
	struct mapiconv_mail mail;
	const char *error;

	mapi_bag_set_str(&inner->props, PidTagSubject, "inner");
	mapi_bag_set_str(&inner->props, PidTagBody, "text of it");
	mapi_bag_set_str(&msg->props, PidTagBody, "see there");
	attach = mapi_message_add_attachment(msg);
	attach->message = inner;
	mapi_bag_set_int(&attach->props, PidTagAttachMethod, 5);
	mapi_bag_set_str(&attach->props, PidTagDisplayName, "inner");
	again = mail_again(write_mail(msg), &mail);
	attach = mapi_message_find_attachment(again, 0);
	ck_assert(attach != NULL);
	ck_assert_int_eq(mapi_bag_get_int(&attach->props, PidTagAttachMethod,
					  0), 5);
	ck_assert_int_eq(mapi_attachment_open_message(attach, &got, &error), 1);
	ck_assert_str_eq(mapi_bag_get_str(&got->props, PidTagSubject), "inner");
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

START_TEST(mail_signed)
{
	static const char entity[] =
		"Content-Type: multipart/signed; micalg=sha1;\r\n"
		" protocol=\"application/pkcs7-signature\"; boundary=\"b\"\r\n"
		"\r\n--b\r\nContent-Type: text/plain\r\n\r\nsigned\r\n--b\r\n"
		"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
		"\r\nxx\r\n--b--\r\n";
	struct mapi_message *msg = new_mail(), *again;
	struct mapi_attachment *attach;
	struct mapiconv_mail mail;
	const unsigned char *data;
	struct istream *input;
	string_t *out = str_new(pool, 1024);
	const char *error, *text;
	size_t size;

	mapi_bag_set_str(&msg->props, PidTagMessageClass,
			 "IPM.Note.SMIME.MultipartSigned");
	attach = mapi_message_add_attachment(msg);
	attach->data.data = (const unsigned char *)entity;
	attach->data.size = strlen(entity);
	mapi_bag_set_int(&attach->props, PidTagAttachMethod, 1);
	mapi_bag_set_str(&attach->props, PidTagAttachMimeTag,
			 "multipart/signed");
	text = write_mail(msg);
	ck_assert(strstr(text, "\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
			 "signed\r\n--b\r\n") != NULL);
	again = mail_again(text, &mail);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidTagMessageClass),
			 "IPM.Note.SMIME.MultipartSigned");
	attach = mapi_message_find_attachment(again, 0);
	ck_assert_int_eq(mapi_attachment_open(attach, &input, &error), 1);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(out, data, size);
		i_stream_skip(input, size);
	}
	i_stream_unref(&input);
	ck_assert_str_eq(str_c(out), t_strconcat(entity, "\r\n", NULL));
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

/* An invitation that Outlook made is one that others read */
START_TEST(mail_meeting)
{
	struct mapi_message *msg = new_mail(), *again;
	struct mapiconv_mail mail;
	buffer_t *goid = buffer_create_dynamic(pool, 64);
	const char *text, *error;

	cal_uid_to_goid("meeting-1", goid);
	mapi_bag_set_str(&msg->props, PidTagMessageClass,
			 "IPM.Schedule.Meeting.Request");
	mapi_bag_set_str(&msg->props, PidTagBody, "come");
	mapi_bag_set_time(&msg->props, PidLidAppointmentStartWhole, NOW);
	mapi_bag_set_time(&msg->props, PidLidAppointmentEndWhole, NOW + 3600);
	mapi_bag_set_str(&msg->props, PidLidLocation, "here");
	mapi_bag_set_bin(&msg->props, PidLidGlobalObjectId, goid->data,
			 goid->used);
	mapi_bag_set_bin(&msg->props, PidLidCleanGlobalObjectId, goid->data,
			 goid->used);
	mapi_bag_set_int(&msg->props, PidLidBusyStatus, 1);
	again = mail_again(write_mail(msg), &mail);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidTagMessageClass),
			 "IPM.Schedule.Meeting.Request");
	ck_assert_int_eq(mapi_bag_get_time(&again->props,
					   PidLidAppointmentStartWhole), NOW);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidLidLocation),
			 "here");
	ck_assert_int_eq(mime_message_get_calendar(mail.mime, pool, 65536,
						   &text, &error), 1);
	ck_assert_msg(strstr(text, "METHOD:REQUEST") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "UID:meeting-1") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "mailto:bob\r\n @example.com") != NULL ||
		      strstr(text, "mailto:bob@example.com") != NULL ||
		      strstr(text, "RSVP=TRUE") != NULL, "%s", text);
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

/* A mail whose winmail.dat holds nothing keeps it; the body is still readable (it
   was read from a structure that had been thrown away) */
START_TEST(mail_tnef_empty)
{
	static const char text[] =
		"From: a@b.c\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
		"--m\r\nContent-Type: text/plain\r\n\r\nbody\r\n"
		"--m\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--m--\r\n";
	/* signature and key; the same with a file in it */
	static const char *const streams[] = {
		"eJ8+IgEA",
		"eJ8+IgEAAgKQBgAOAAAAAQD/////AAAAAAAAAAAAAAIPgAYAAwAAAGFiYwAA",
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(streams); i++) {
		struct mapiconv_mail mail;
		struct mapi_message *msg;
		struct mapi_attachment *attach;
		const char *name;

		msg = mail_again(p_strdup_printf(pool, text, streams[i]), &mail);
		ck_assert_uint_eq(array_count(&msg->attachments), 1);
		attach = mapi_message_find_attachment(msg, 0);
		name = mapi_bag_get_str(&attach->props,
					PidTagAttachLongFilename);
		ck_assert_int_eq(strcmp(name, "winmail.dat") == 0, i == 0);
		ck_assert(strstr(body_of(&mail, PidTagBody), "body") != NULL);
		mapi_message_close(msg);
		mime_message_close(&mail.mime);
	}
}
END_TEST

START_TEST(mail_receipt)
{
	struct mapi_message *msg = new_mail(), *again;
	struct mapiconv_mail mail;

	mapi_bag_set_str(&msg->props, PidTagMessageClass,
			 "REPORT.IPM.Note.IPNRN");
	mapi_bag_set_str(&msg->props, PidTagOriginalMessageId, "<o@x>");
	again = mail_again(write_mail(msg), &mail);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidTagMessageClass),
			 "REPORT.IPM.Note.IPNRN");
	ck_assert_str_eq(mapi_bag_get_str(&again->props,
					  PidTagOriginalMessageId), "<o@x>");
	mapi_message_close(again);
	mime_message_close(&mail.mime);
}
END_TEST

START_TEST(mail_list_columns)
{
	static const mapi_tag_t tags[] = { PidTagSubject, PidTagImportance };
	struct mapiconv_mail mail;
	struct mapi_bag bag;
	const char *error;

	open_mail("Subject: Re: x\r\nFrom: a@b.c\r\n\r\n", &mail);
	mapi_bag_init(&bag, pool);
	ck_assert_int_eq(mapiconv_mail_list(&conv, &mail, tags, 2, &bag,
					    &error), 0);
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagSubjectPrefix), "Re: ");
	ck_assert_str_eq(mapi_bag_get_str(&bag, PidTagNormalizedSubject), "x");
	ck_assert(mapi_bag_get(&bag, PidTagSenderName) == NULL);
	ck_assert(mapiconv_mail_lists(PidTagDisplayTo));
	ck_assert(!mapiconv_mail_lists(PidTagBody));
	mime_message_close(&mail.mime);
}
END_TEST

/* --- items that a client made or changed --- */

START_TEST(event_change)
{
	static const char old[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n"
		"BEGIN:VEVENT\r\nUID:e1\r\nDTSTAMP:20260101T000000Z\r\n"
		"DTSTART:20260601T100000Z\r\nDTEND:20260601T110000Z\r\n"
		"SUMMARY:one\r\nX-OTHER:kept\r\nEND:VEVENT\r\n"
		"END:VCALENDAR\r\n";
	struct mapi_message *msg = read_item(MAPICONV_EVENT, old), *again;
	buffer_t *def = buffer_create_dynamic(pool, 256);
	const char *text, *error;

	mapi_bag_set_str(&msg->props, PidTagSubject, "two");
	mapi_bag_set_bool(&msg->props, PidLidReminderSet, TRUE);
	mapi_bag_set_int(&msg->props, PidLidReminderDelta, 30);
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_EVENT, msg, old,
					     pool, &text, NULL, &error), 1);
	ck_assert(strstr(text, "SUMMARY:two\r\nX-OTHER:kept\r\n") != NULL ||
		  strstr(text, "X-OTHER:kept") != NULL);
	ck_assert(strstr(text, "DTSTART:20260601T100000Z\r\n") != NULL);
	again = read_item(MAPICONV_EVENT, text);
	ck_assert_int_eq(mapi_bag_get_int(&again->props, PidLidReminderDelta,
					  0), 30);
	/* moved: in the zone that the client says */
	mapiconv_zone_definition(zone_by_name("America/New_York"), NOW, FALSE,
				 def);
	mapi_bag_set_time(&again->props, PidLidAppointmentStartWhole,
			  NOW + 3600);
	mapi_bag_set_time(&again->props, PidLidAppointmentEndWhole, NOW + 7200);
	mapi_bag_set_bin(&again->props,
			 PidLidAppointmentTimeZoneDefinitionStartDisplay,
			 def->data, def->used);
	mapi_bag_set_bin(&again->props,
			 PidLidAppointmentTimeZoneDefinitionEndDisplay,
			 def->data, def->used);
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_EVENT, again, text,
					     pool, &text, NULL, &error), 1);
	ck_assert_msg(strstr(text, "DTSTART;TZID=America/New_York:"
			     "20260528T172640") != NULL, "%s", text);
}
END_TEST

/* MS-OXOCAL 2.2.1.41: an older client changed the struct alone: it counts */
START_TEST(event_zones_differ)
{
	struct mapi_message *msg = mapi_message_new(pool);
	struct mapi_bag *bag = &msg->props;
	struct cal_object *rule = parse_event(patterns[1].ics);
	buffer_t *def = buffer_create_dynamic(pool, 256);
	buffer_t *zone = buffer_create_dynamic(pool, 256);
	buffer_t *blob = buffer_create_dynamic(pool, 256);
	const char *text, *error;

	ck_assert(mapiconv_recurrence_write(&conv, rule, blob));
	mapiconv_zone_definition(zone_by_name("Europe/Berlin"), NOW, TRUE, def);
	mapiconv_zone_struct(zone_by_name("America/New_York"), NOW, zone);
	mapi_bag_set_time(bag, PidLidAppointmentStartWhole, NOW);
	mapi_bag_set_time(bag, PidLidAppointmentEndWhole, NOW + 3600);
	mapi_bag_set_bool(bag, PidLidRecurring, TRUE);
	mapi_bag_set_bin(bag, PidLidAppointmentRecur, blob->data, blob->used);
	mapi_bag_set_bin(bag, PidLidAppointmentTimeZoneDefinitionRecur,
			 def->data, def->used);
	mapi_bag_set_bin(bag, PidLidTimeZoneStruct, zone->data, zone->used);
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_EVENT, msg, NULL,
					     pool, &text, NULL, &error), 1);
	ck_assert_msg(strstr(text, "DTSTART;TZID=America/New_York:") != NULL,
		      "%s", text);
	buffer_set_used_size(zone, 0);
	mapiconv_zone_struct(zone_by_name("Europe/Berlin"), NOW, zone);
	mapi_bag_set_bin(bag, PidLidTimeZoneStruct, zone->data, zone->used);
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_EVENT, msg, NULL,
					     pool, &text, NULL, &error), 1);
	ck_assert_msg(strstr(text, "DTSTART;TZID=Europe/Berlin:") != NULL,
		      "%s", text);
}
END_TEST

START_TEST(contact_change)
{
	static const char old[] =
		"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c1\r\nN:Doe;Jane;;;\r\n"
		"FN:Jane Doe\r\nitem1.EMAIL;TYPE=x:jane@example.org\r\n"
		"X-OTHER:kept\r\nEND:VCARD\r\n";
	struct mapi_message *msg = read_item(MAPICONV_CONTACT, old), *again;
	const char *text, *error;

	mapi_bag_set_str(&msg->props, PidTagMobileTelephoneNumber, "+49 1");
	mapi_bag_set_str(&msg->props, PidLidEmail2EmailAddress, "j@x.org");
	mapi_bag_set_str(&msg->props, PidLidEmail2AddressType, "SMTP");
	mapi_bag_set_str(&msg->props, PidLidEmail2DisplayName, "J");
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_CONTACT, msg, old,
					     pool, &text, NULL, &error), 1);
	ck_assert(strstr(text, "item1.EMAIL;TYPE=x:jane@example.org\r\n"
			 "X-OTHER:kept\r\n") != NULL);
	again = read_item(MAPICONV_CONTACT, text);
	ck_assert_str_eq(mapi_bag_get_str(&again->props,
					  PidTagMobileTelephoneNumber), "+49 1");
	ck_assert_str_eq(mapi_bag_get_str(&again->props,
					  PidLidEmail2EmailAddress), "j@x.org");
	ck_assert_str_eq(mapi_bag_get_str(&again->props,
					  PidLidEmail2DisplayName), "J");
}
END_TEST

START_TEST(list_members)
{
	struct mapi_message *msg = mapi_message_new(pool), *again;
	buffer_t *one = buffer_create_dynamic(pool, 256);
	struct mapi_blob blob;
	union mapi_value v;
	const struct mapi_prop *prop;
	const char *text, *error;

	mapiconv_entry_id(&conv, "bob@example.com", "Bob", one);
	blob.data = one->data;
	blob.size = one->used;
	i_zero(&v);
	v.mv.count = 1;
	v.mv.v.bin = &blob;
	mapi_bag_set_str(&msg->props, PidTagMessageClass, "IPM.DistList");
	mapi_bag_set_str(&msg->props, PidTagDisplayName, "Friends");
	mapi_bag_set(&msg->props, PidLidDistributionListMembers, &v);
	ck_assert_int_eq(mapiconv_item_write(&conv, MAPICONV_CONTACT, msg, NULL,
					     pool, &text, NULL, &error), 1);
	again = read_item(MAPICONV_CONTACT, text);
	ck_assert_str_eq(mapi_bag_get_str(&again->props, PidTagMessageClass),
			 "IPM.DistList");
	ck_assert_str_eq(mapi_bag_get_str(&again->props,
					  PidLidDistributionListName),
			 "Friends");
	prop = mapi_bag_get(&again->props, PidLidDistributionListMembers);
	ck_assert(prop != NULL);
	ck_assert_uint_eq(prop->v.mv.count, 1);
}
END_TEST

START_TEST(extras)
{
	struct mapi_bag want, have, extra;
	ARRAY_TYPE(mapi_tag) gone;

	mapi_bag_init(&want, pool);
	mapi_bag_init(&have, pool);
	mapi_bag_init(&extra, pool);
	p_array_init(&gone, pool, 4);
	mapi_bag_set_str(&want, PidTagSubject, "same");
	mapi_bag_set_int(&want, PidTagImportance, 2);
	mapi_bag_set_int(&want, PidLidNoteColor, 1);
	mapi_bag_set_str(&have, PidTagSubject, "same");
	mapi_bag_set_int(&have, PidTagImportance, 1);
	mapi_bag_set_int(&have, PidTagPriority, 1);
	mapiconv_extras(&want, &have, &extra, &gone);
	ck_assert_uint_eq(array_count(&extra.props), 2);
	ck_assert_uint_eq(array_count(&gone), 1);
	/* what was never seen is not gone */
	array_clear(&gone);
	mapi_bag_init(&extra, pool);
	mapiconv_extras_seen(&want, NULL, &have, &extra, &gone);
	ck_assert_uint_eq(array_count(&gone), 0);
	mapiconv_extras_seen(&want, &have, &have, &extra, &gone);
	ck_assert_uint_eq(array_count(&gone), 1);
	mapiconv_overlay(&have, &extra, &gone);
	array_clear(&gone);
	mapi_bag_init(&extra, pool);
	mapiconv_extras(&want, &have, &extra, &gone);
	ck_assert_uint_eq(array_count(&extra.props), 0);
	ck_assert_uint_eq(array_count(&gone), 0);
}
END_TEST

static Suite *mapiconv_suite(void)
{
	Suite *suite = suite_create("mapiconv");
	TCase *tc;

	tc = tcase_create("golden");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, golden);
	suite_add_tcase(suite, tc);

	tc = tcase_create("calendar");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, recurrence_round_trip, 0, N_ELEMENTS(patterns));
	tcase_add_test(tc, recurrence_bytes);
	tcase_add_loop_test(tc, recurrence_document, 0,
			    N_ELEMENTS(document_blobs));
	tcase_add_test(tc, recurrence_exceptions);
	tcase_add_test(tc, recurrence_broken);
	tcase_add_loop_test(tc, zones, 0, 6);
	tcase_add_test(tc, event_change);
	tcase_add_test(tc, event_zones_differ);
	suite_add_tcase(suite, tc);

	tc = tcase_create("mail");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mail_html_with_picture);
	tcase_add_test(tc, mail_rtf_only);
	tcase_add_test(tc, mail_odd_recipients);
	tcase_add_test(tc, mail_change_subject);
	tcase_add_test(tc, mail_embedded);
	tcase_add_test(tc, mail_signed);
	tcase_add_test(tc, mail_meeting);
	tcase_add_test(tc, mail_tnef_empty);
	tcase_add_test(tc, mail_receipt);
	tcase_add_test(tc, mail_list_columns);
	suite_add_tcase(suite, tc);

	tc = tcase_create("contacts");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, contact_change);
	tcase_add_test(tc, list_members);
	tcase_add_test(tc, extras);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

	lib_init();
	runner = srunner_create(mapiconv_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
