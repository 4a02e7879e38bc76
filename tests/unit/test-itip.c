/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Meetings by mail: what messages do to the receiver's item, the user's answers,
   what the organiser has to tell. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-itip.h"

#include <check.h>
#include <stdlib.h>

#define ANN "ann@example.com"
#define BOB "bob@example.org"
#define EVE "eve@example.net"

static pool_t pool;

static struct itip_self self_of(const char *address)
{
	const char **list = p_new(pool, const char *, 3);
	struct itip_self self = {
		.name = "Somebody", .default_reminder = 10, .now = 1790000000,
	};

	list[0] = address;
	list[1] = p_strconcat(pool, "alias-", address, NULL);
	self.addresses = list;
	return self;
}

struct invitation {
	const char *method;
	unsigned int sequence;
	/* hour of DTSTAMP, and of the meeting */
	unsigned int stamp, hour;
	const char *attendees, *more, *exceptions;
	bool no_series;
};

static const char *attendee(const char *email, const char *partstat)
{
	return t_strdup_printf("ATTENDEE;PARTSTAT=%s;RSVP=TRUE:mailto:%s\r\n",
			       partstat, email);
}

static const char *message(const struct invitation *inv)
{
	string_t *str = t_str_new(1024);

	str_append(str, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\n");
	if (inv->method != NULL)
		str_printfa(str, "METHOD:%s\r\n", inv->method);
	if (!inv->no_series) {
		str_printfa(str, "BEGIN:VEVENT\r\nUID:m1\r\n"
			"DTSTAMP:20261001T%02u0000Z\r\nSEQUENCE:%u\r\n"
			"DTSTART:20261102T%02u0000Z\r\n"
			"DTEND:20261102T%02u3000Z\r\nSUMMARY:Planning\r\n"
			"ORGANIZER;CN=Ann:mailto:" ANN "\r\n%s%s"
			"END:VEVENT\r\n", inv->stamp, inv->sequence, inv->hour,
			inv->hour, inv->attendees, inv->more == NULL ? "" :
			inv->more);
	}
	if (inv->exceptions != NULL)
		str_append(str, inv->exceptions);
	str_append(str, "END:VCALENDAR\r\n");
	return p_strdup(pool, str_c(str));
}

static const char *occurrence(unsigned int day, unsigned int hour,
			      unsigned int sequence, unsigned int stamp,
			      const char *attendees)
{
	return t_strdup_printf("BEGIN:VEVENT\r\nUID:m1\r\n"
		"RECURRENCE-ID:202611%02uT090000Z\r\n"
		"DTSTAMP:20261001T%02u0000Z\r\nSEQUENCE:%u\r\n"
		"DTSTART:202611%02uT%02u0000Z\r\nDTEND:202611%02uT%02u3000Z\r\n"
		"SUMMARY:Planning\r\nORGANIZER;CN=Ann:mailto:" ANN "\r\n%s"
		"END:VEVENT\r\n", day, stamp, sequence, day, hour, day, hour,
		attendees);
}

static struct itip_result
apply_extras(const char *who, const char *text, const char *old,
	     const char *const *extras)
{
	struct itip_self self = self_of(who);
	struct itip_result result;
	const char *error = NULL;

	ck_assert_msg(itip_apply(pool, &self, text, strlen(text), old,
				 old == NULL ? 0 : strlen(old), extras, &result,
				 &error) == 0, "%s", error);
	return result;
}

static struct itip_result apply(const char *who, const char *text,
				const char *old)
{
	return apply_extras(who, text, old, NULL);
}

static const char *put(const char *who, const char *text, const char *old)
{
	struct itip_result result = apply(who, text, old);

	ck_assert_msg(result.action == ITIP_PUT, "%s", result.reason);
	ck_assert_str_eq(result.uid, "m1");
	return result.text;
}

static void nothing(const char *who, const char *text, const char *old)
{
	struct itip_result result = apply(who, text, old);

	ck_assert_int_eq(result.action, ITIP_NOTHING);
	ck_assert_ptr_nonnull(result.reason);
}

static struct cal_object *parse(const char *text)
{
	struct cal_object *obj;
	const char *error = NULL;

	ck_assert_msg(cal_parse(pool, text, strlen(text), &obj, NULL,
				&error) == 0, "%s", error);
	return obj;
}

static const struct cal_attendee *guest(const struct cal_entry *entry,
					const char *email)
{
	const struct cal_attendee *att;

	array_foreach(&entry->attendees, att) {
		if (strcasecmp(att->person.email, email) == 0)
			return att;
	}
	ck_abort_msg("%s is not invited", email);
	return NULL;
}

static const char *bob_asked(unsigned int sequence, unsigned int stamp,
			     unsigned int hour)
{
	struct invitation inv = {
		.method = "REQUEST", .sequence = sequence, .stamp = stamp,
		.hour = hour, .attendees = attendee(BOB, "NEEDS-ACTION"),
	};

	return message(&inv);
}

static const char *answered(const char *item, enum itip_response response)
{
	struct itip_self self = self_of(BOB);
	struct itip_answer answer;
	const char *error = NULL;

	ck_assert_int_eq(itip_respond(pool, &self, item, strlen(item),
		zone_utc(), response, 0, 0, 0, &answer, &error), 1);
	return answer.text;
}

/* --- REQUEST ------------------------------------------------------------------------ */

START_TEST(test_request_new)
{
	struct cal_object *obj = parse(put(BOB, bob_asked(0, 10, 9), NULL));

	ck_assert_ptr_null(obj->method);
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_TENTATIVE);
	ck_assert_int_eq(obj->master.reminder, 10);
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_str_eq(obj->master.organizer.email, ANN);
}
END_TEST

START_TEST(test_request_copies_and_late_ones)
{
	const char *item = put(BOB, bob_asked(1, 10, 9), NULL);

	nothing(BOB, bob_asked(1, 10, 9), item);
	nothing(BOB, bob_asked(1, 9, 8), item);
	nothing(BOB, bob_asked(0, 12, 8), item);
	/* the organiser's own copy */
	nothing(ANN, bob_asked(2, 12, 9), NULL);
}
END_TEST

START_TEST(test_request_update)
{
	const char *item = answered(put(BOB, bob_asked(0, 10, 9), NULL),
				    ITIP_ACCEPT);
	struct cal_object *obj;

	/* other words: the answer stays */
	obj = parse(put(BOB, bob_asked(0, 11, 9), item));
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_ACCEPTED);
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_BUSY);
	/* another time: it is asked again */
	obj = parse(put(BOB, bob_asked(1, 12, 14), item));
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_TENTATIVE);
	ck_assert_int_eq(obj->master.start.wall.hour, 14);
}
END_TEST

/* Moved, though it says that it is no newer; and which one was the first */
START_TEST(test_request_same_stamp)
{
	struct itip_result result = apply(BOB, bob_asked(0, 10, 9), NULL);
	struct cal_object *obj = parse(bob_asked(0, 10, 9));
	const char *item;

	ck_assert_str_eq(result.first, itip_identify(obj, &obj->master));
	item = result.text;
	nothing(BOB, bob_asked(0, 10, 9), item);
	nothing(BOB, bob_asked(0, 9, 11), item);
	result = apply(BOB, bob_asked(0, 10, 11), item);
	ck_assert_int_eq(result.action, ITIP_PUT);
	ck_assert_ptr_null(result.first);
	obj = parse(result.text);
	ck_assert_int_eq(obj->master.start.wall.hour, 11);
	nothing(BOB, bob_asked(0, 10, 11), result.text);
}
END_TEST

static const char *extra(const char *const *extras, const char *key)
{
	for (; extras != NULL && *extras != NULL; extras += 2) {
		if (strcmp(extras[0], key) == 0)
			return extras[1];
	}
	return NULL;
}

static const char *moved_by_guest(const char *item, unsigned int hour)
{
	struct cal_object *obj = parse(item);

	obj->master.start.wall.hour = hour;
	obj->master.end.wall.hour = hour;
	obj->master.reminder = 77;
	return cal_write(pool, obj, item);
}

/* The guest's own move, reminder and colour stay when a message comes again. */
START_TEST(test_request_again_after_own_change)
{
	static const char *const own[] = { "mine", "1", NULL };
	struct itip_result result = apply(BOB, bob_asked(0, 10, 9), NULL);
	const char *const *extras = itip_extras(pool, own, &result);
	const char *item = moved_by_guest(result.text, 7);
	struct cal_object *obj;

	ck_assert_str_eq(extra(extras, "mine"), "1");
	ck_assert_str_eq(extra(extras, ITIP_EXTRA_FIRST),
			 extra(extras, ITIP_EXTRA_LAST));
	result = apply_extras(BOB, bob_asked(0, 10, 9), item, extras);
	ck_assert_int_eq(result.action, ITIP_NOTHING);
	/* moved by the organiser, with the same DTSTAMP; then both again */
	result = apply_extras(BOB, bob_asked(0, 10, 11), item, extras);
	ck_assert_int_eq(result.action, ITIP_PUT);
	obj = parse(result.text);
	ck_assert_int_eq(obj->master.start.wall.hour, 11);
	ck_assert_int_eq(obj->master.reminder, 77);
	extras = itip_extras(pool, extras, &result);
	item = moved_by_guest(result.text, 6);
	for (unsigned int hour = 9; hour <= 11; hour += 2) {
		result = apply_extras(BOB, bob_asked(0, 10, hour), item, extras);
		ck_assert_int_eq(result.action, ITIP_NOTHING);
	}
	ck_assert_str_eq(extra(extras, "mine"), "1");
	ck_assert_str_ne(extra(extras, ITIP_EXTRA_FIRST),
			 extra(extras, ITIP_EXTRA_LAST));
}
END_TEST

/* Other words for one who has answered; a question for one who has not */
START_TEST(test_request_information)
{
	const char *item = put(BOB, bob_asked(0, 10, 9), NULL);
	struct itip_result result = apply(BOB, bob_asked(0, 11, 9), item);

	ck_assert(!result.info);
	item = answered(item, ITIP_TENTATIVE);
	result = apply(BOB, bob_asked(1, 11, 9), item);
	ck_assert(result.info);
	ck_assert_str_eq(extra(itip_extras(pool, NULL, &result),
			       ITIP_EXTRA_INFO), "1");
	result = apply(BOB, bob_asked(1, 11, 10), item);
	ck_assert(!result.info);
	item = answered(item, ITIP_DECLINE);
	ck_assert(!apply(BOB, bob_asked(1, 11, 9), item).info);
}
END_TEST

START_TEST(test_request_of_another)
{
	const char *item = put(BOB, bob_asked(0, 10, 9), NULL);
	const char *text = bob_asked(5, 12, 20);
	const char *p = strstr(text, ANN);

	/* the same UID, by somebody else */
	ck_assert_ptr_nonnull(p);
	nothing(BOB, p_strconcat(pool, t_strdup_until(text, p), EVE,
				 p + strlen(ANN), NULL), item);
}
END_TEST

START_TEST(test_request_occurrence)
{
	struct invitation inv = {
		.method = "REQUEST", .stamp = 10, .hour = 9,
		.attendees = attendee(BOB, "NEEDS-ACTION"),
		.more = "RRULE:FREQ=DAILY;COUNT=5\r\n",
	};
	const char *item = answered(put(BOB, message(&inv), NULL), ITIP_ACCEPT);
	struct invitation one = {
		.method = "REQUEST", .no_series = TRUE,
		.exceptions = occurrence(4, 15, 0, 12,
					 attendee(BOB, "NEEDS-ACTION")),
	};
	struct cal_object *obj = parse(put(BOB, message(&one), item));
	const struct cal_entry *entry;

	ck_assert_int_eq(array_count(&obj->exceptions), 1);
	entry = array_front(&obj->exceptions);
	ck_assert_int_eq(entry->start.wall.hour, 15);
	ck_assert_int_eq(guest(entry, BOB)->partstat,
			 CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_ACCEPTED);
	/* and alone, when the series is not known; which comes late */
	item = answered(put(BOB, message(&one), NULL), ITIP_ACCEPT);
	ck_assert(!parse(item)->have_master);
	obj = parse(put(BOB, message(&inv), item));
	ck_assert(obj->have_master);
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_int_eq(array_count(&obj->exceptions), 1);
	entry = array_front(&obj->exceptions);
	ck_assert_int_eq(entry->start.wall.hour, 15);
	ck_assert_int_eq(guest(entry, BOB)->partstat, CAL_PARTSTAT_ACCEPTED);
}
END_TEST

/* --- CANCEL ------------------------------------------------------------------------- */

START_TEST(test_cancel)
{
	const char *item = put(BOB, bob_asked(0, 10, 9), NULL);
	struct invitation inv = {
		.method = "CANCEL", .sequence = 1, .stamp = 12, .hour = 9,
		.attendees = attendee(BOB, "NEEDS-ACTION"),
		.more = "STATUS:CANCELLED\r\n",
	};
	const char *text = put(BOB, message(&inv), item);
	struct cal_object *obj = parse(text);

	ck_assert(obj->master.cancelled);
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_FREE);
	ck_assert_int_eq(obj->master.reminder, -1);
	nothing(BOB, message(&inv), text);
	nothing(BOB, message(&inv), NULL);
	/* a late invitation does not bring it back */
	nothing(BOB, bob_asked(0, 11, 9), text);
}
END_TEST

START_TEST(test_cancel_occurrence)
{
	struct invitation inv = {
		.method = "REQUEST", .stamp = 10, .hour = 9,
		.attendees = attendee(BOB, "NEEDS-ACTION"),
		.more = "RRULE:FREQ=DAILY;COUNT=5\r\n",
	};
	struct invitation one = {
		.method = "CANCEL", .no_series = TRUE,
		.exceptions = occurrence(4, 9, 1, 12,
					 attendee(BOB, "NEEDS-ACTION")),
	};
	struct cal_object *obj =
		parse(put(BOB, message(&one), put(BOB, message(&inv), NULL)));
	const struct cal_entry *entry;

	ck_assert(!obj->master.cancelled);
	ck_assert_int_eq(array_count(&obj->exceptions), 1);
	entry = array_front(&obj->exceptions);
	ck_assert(entry->cancelled);
}
END_TEST

/* --- REPLY, COUNTER ------------------------------------------------------------------ */

static const char *ann_item(void)
{
	struct invitation inv = {
		.stamp = 10, .hour = 9,
		.attendees = t_strconcat(attendee(BOB, "NEEDS-ACTION"),
					 attendee(EVE, "NEEDS-ACTION"), NULL),
	};

	return message(&inv);
}

static const char *bob_says(const char *method, const char *partstat,
			    unsigned int stamp, unsigned int hour)
{
	struct invitation inv = {
		.method = method, .stamp = stamp, .hour = hour,
		.attendees = attendee(BOB, partstat),
	};

	return message(&inv);
}

START_TEST(test_reply)
{
	const char *item = put(ANN, bob_says("REPLY", "ACCEPTED", 11, 9),
			       ann_item());
	struct cal_object *obj = parse(item);

	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_ACCEPTED);
	ck_assert_int_eq(guest(&obj->master, EVE)->partstat,
			 CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_int_ne(guest(&obj->master, BOB)->replied, 0);
	/* an older one that comes late */
	nothing(ANN, bob_says("REPLY", "DECLINED", 10, 9), item);
	obj = parse(put(ANN, bob_says("REPLY", "DECLINED", 12, 9), item));
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_DECLINED);
	/* to a meeting of somebody else, or of nobody */
	nothing(BOB, bob_says("REPLY", "ACCEPTED", 11, 9), ann_item());
	nothing(ANN, bob_says("REPLY", "ACCEPTED", 11, 9), NULL);
}
END_TEST

START_TEST(test_counter)
{
	struct cal_object *obj = parse(put(ANN,
		bob_says("COUNTER", "TENTATIVE", 11, 16), ann_item()));
	const struct cal_attendee *bob = guest(&obj->master, BOB);

	ck_assert_int_eq(obj->master.start.wall.hour, 9);
	ck_assert_int_eq(bob->proposed_start.wall.hour, 16);
	ck_assert_int_eq(bob->partstat, CAL_PARTSTAT_TENTATIVE);
}
END_TEST

static struct itip_result forwarded(const char *who, const char *from,
				    const char *item, time_t original)
{
	static const char *const to[] = {
		"new@example.net", "NEW@example.net", BOB, ANN, "nobody", NULL
	};
	struct itip_self self = self_of(who);
	struct itip_result result;
	const char *error = NULL;

	ck_assert_int_eq(itip_forwarded(pool, &self, from, to, original, item,
					strlen(item), &result, &error), 0);
	return result;
}

START_TEST(test_forwarded)
{
	struct itip_result result = forwarded(ANN, "BOB@example.org",
					      ann_item(), 0);
	const struct cal_attendee *att;
	struct cal_object *obj;

	ck_assert_int_eq(result.action, ITIP_PUT);
	obj = parse(result.text);
	ck_assert_int_eq(array_count(&obj->master.attendees), 3);
	att = guest(&obj->master, "new@example.net");
	ck_assert_int_eq(att->partstat, CAL_PARTSTAT_NEEDS_ACTION);
	ck_assert_int_eq(att->role, CAL_ROLE_OPTIONAL);
	/* again; by somebody who is no guest; in a guest's calendar */
	ck_assert_int_eq(forwarded(ANN, BOB, result.text, 0).action,
			 ITIP_NOTHING);
	ck_assert_int_eq(forwarded(ANN, "x@example.net", ann_item(), 0).action,
			 ITIP_NOTHING);
	ck_assert_int_eq(forwarded(BOB, EVE, ann_item(), 0).action,
			 ITIP_NOTHING);
	/* and whoever got it so may answer */
	obj = parse(put(ANN, bob_says("REPLY", "ACCEPTED", 11, 9),
			result.text));
	ck_assert_int_eq(array_count(&obj->master.attendees), 3);
}
END_TEST

START_TEST(test_forwarded_occurrence)
{
	struct invitation inv = {
		.stamp = 10, .hour = 9,
		.attendees = attendee(BOB, "NEEDS-ACTION"),
		.more = "RRULE:FREQ=DAILY;COUNT=5\r\n",
	};
	/* 2026-11-04T09:00Z */
	struct itip_result result = forwarded(ANN, BOB, message(&inv),
					      1793782800);
	struct cal_object *obj;

	ck_assert_int_eq(result.action, ITIP_PUT);
	obj = parse(result.text);
	ck_assert_int_eq(array_count(&obj->master.attendees), 1);
	ck_assert_int_eq(array_count(&obj->exceptions), 1);
	(void)guest(array_front(&obj->exceptions), "new@example.net");
	/* at another hour there is none */
	ck_assert_int_eq(forwarded(ANN, BOB, message(&inv), 1793782801).action,
			 ITIP_NOTHING);
}
END_TEST

START_TEST(test_hostile)
{
	static const char *const texts[] = {
		"", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no calendar",
		"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTODO\r\nUID:m1\r\n"
		"END:VTODO\r\nEND:VCALENDAR\r\n",
		"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1\r\n"
		"END:VEVENT\r\nEND:VCALENDAR\r\n",
	};
	struct itip_self self = self_of(ANN);
	struct itip_result result;
	const char *error, *item = ann_item();

	for (unsigned int i = 0; i < N_ELEMENTS(texts); i++) {
		int ret = itip_apply(pool, &self, texts[i], strlen(texts[i]),
				     item, strlen(item), NULL, &result,
				     &error);

		ck_assert(ret < 0 || result.action == ITIP_NOTHING);
	}
}
END_TEST

/* --- answers ------------------------------------------------------------------------- */

START_TEST(test_respond)
{
	const char *item = put(BOB, bob_asked(3, 10, 9), NULL), *error;
	struct itip_self self = self_of(BOB);
	struct itip_answer answer;
	struct cal_object *obj;

	ck_assert_int_eq(itip_respond(pool, &self, item, strlen(item),
		zone_utc(), ITIP_ACCEPT, 0, 0, 0, &answer, &error), 1);
	ck_assert_str_eq(answer.method, "REPLY");
	ck_assert_str_eq(answer.organizer.email, ANN);
	obj = parse(answer.reply);
	ck_assert_str_eq(obj->method, "REPLY");
	ck_assert_int_eq(array_count(&obj->master.attendees), 1);
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_ACCEPTED);
	ck_assert_uint_eq(obj->master.sequence, 3);
	obj = parse(answer.text);
	ck_assert_ptr_null(obj->method);
	ck_assert_int_eq(obj->master.busy, CAL_BUSY_BUSY);
	ck_assert_int_eq(guest(&obj->master, BOB)->replied, self.now);
	/* what Bob says, Ann's calendar understands */
	obj = parse(put(ANN, answer.reply, ann_item()));
	ck_assert_int_eq(guest(&obj->master, BOB)->partstat,
			 CAL_PARTSTAT_ACCEPTED);
	/* the organiser has nothing to answer */
	self = self_of(ANN);
	item = ann_item();
	ck_assert_int_eq(itip_respond(pool, &self, item, strlen(item),
		zone_utc(), ITIP_ACCEPT, 0, 0, 0, &answer, &error), 0);
}
END_TEST

START_TEST(test_propose)
{
	const char *item = put(BOB, bob_asked(0, 10, 9), NULL), *error;
	struct itip_self self = self_of(BOB);
	struct itip_answer answer;
	struct cal_object *obj;
	/* 2026-11-02 16:00 UTC */
	time_t start = 1793635200;

	ck_assert_int_eq(itip_respond(pool, &self, item, strlen(item),
		zone_utc(), ITIP_TENTATIVE, 0, start, start + 1800, &answer,
		&error), 1);
	ck_assert_str_eq(answer.method, "COUNTER");
	obj = parse(answer.reply);
	ck_assert_int_eq(cal_time_utc(&obj->master.start, NULL), start);
	obj = parse(answer.text);
	ck_assert_int_eq(obj->master.start.wall.hour, 9);
	obj = parse(put(ANN, answer.reply, ann_item()));
	ck_assert_int_eq(cal_time_utc(
		&guest(&obj->master, BOB)->proposed_start, NULL), start);
}
END_TEST

/* --- notices ------------------------------------------------------------------------- */

static unsigned int notices(const char *old, const char *text,
			    ARRAY_TYPE(itip_notice) *list)
{
	struct itip_self self = self_of(ANN);
	const char *error = NULL;

	ck_assert_msg(itip_notices(pool, &self, old, text, zone_utc(), list,
				   &error) == 0, "%s", error);
	return array_count(list);
}

START_TEST(test_notices)
{
	struct invitation inv = {
		.stamp = 10, .hour = 9, .attendees = attendee(BOB, "ACCEPTED"),
	};
	ARRAY_TYPE(itip_notice) list;
	const struct itip_notice *notice;
	const char *both = ann_item(), *bob_only = message(&inv), *moved;

	ck_assert_uint_eq(notices(NULL, both, &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "REQUEST");
	ck_assert_uint_eq(str_array_length(notice->recipients), 2);
	ck_assert_str_eq(parse(notice->text)->method, "REQUEST");

	/* nothing that guests see */
	ck_assert_uint_eq(notices(both, both, &list), 0);
	/* Eve is not invited any more */
	ck_assert_uint_eq(notices(both, bob_only, &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "CANCEL");
	ck_assert_str_eq(notice->recipients[0], EVE);
	ck_assert_ptr_null(notice->recipients[1]);
	/* Eve is new */
	ck_assert_uint_eq(notices(bob_only, both, &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "REQUEST");
	ck_assert_uint_eq(str_array_length(notice->recipients), 1);
	/* another time: everybody */
	inv.hour = 10;
	inv.sequence = 1;
	moved = message(&inv);
	ck_assert_uint_eq(notices(bob_only, moved, &list), 1);
	/* gone */
	ck_assert_uint_eq(notices(both, NULL, &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "CANCEL");
	ck_assert_uint_eq(parse(notice->text)->master.sequence, 1);
	/* somebody else's meeting */
	ck_assert_uint_eq(notices(NULL, put(BOB, bob_asked(0, 10, 9), NULL),
				  &list), 1);
}
END_TEST

static const char *series(const char *attendees, const char *more,
			  const char *exceptions)
{
	struct invitation inv = {
		.stamp = 10, .hour = 9, .attendees = attendees,
		.more = t_strconcat("RRULE:FREQ=DAILY;COUNT=9\r\n", more, NULL),
		.exceptions = exceptions,
	};

	return message(&inv);
}

/* One occurrence is called off: a CANCEL of it, nothing of the rest */
START_TEST(test_notices_occurrence)
{
	const char *both = t_strconcat(attendee(BOB, "ACCEPTED"),
				       attendee(EVE, "ACCEPTED"), NULL);
	const char *gone4 = "EXDATE:20261104T090000Z\r\n";
	const char *bob4 = occurrence(4, 11, 0, 10, attendee(BOB, "ACCEPTED"));
	const struct itip_notice *notice;
	ARRAY_TYPE(itip_notice) list;
	const struct cal_entry *entry;
	struct cal_object *obj;
	string_t *many = t_str_new(256);

	ck_assert_uint_eq(notices(series(both, "", NULL),
				  series(both, gone4, NULL), &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "CANCEL");
	ck_assert_uint_eq(str_array_length(notice->recipients), 2);
	obj = parse(notice->text);
	ck_assert(!obj->have_master);
	ck_assert_uint_eq(array_count(&obj->exceptions), 1);
	entry = array_front(&obj->exceptions);
	ck_assert_uint_eq(entry->sequence, 1);
	ck_assert(entry->cancelled);
	ck_assert_int_eq(cal_time_utc(&entry->recurrence_id, NULL),
			 notice->start);
	ck_assert_ptr_null(strstr(notice->text, "RRULE"));
	/* at the guest's */
	obj = parse(put(BOB, notice->text, put(BOB, t_strconcat(
		"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", strstr(
		series(both, "", NULL), "BEGIN:VEVENT"), NULL), NULL)));
	entry = array_front(&obj->exceptions);
	ck_assert(!obj->master.cancelled && entry->cancelled);
	/* one that had guests of its own */
	ck_assert_uint_eq(notices(series(both, "", bob4),
				  series(both, gone4, NULL), &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->recipients[0], BOB);
	ck_assert_ptr_null(notice->recipients[1]);
	/* and something else changed */
	ck_assert_uint_eq(notices(series(both, "", NULL),
		series(both, t_strconcat(gone4, "LOCATION:here\r\n", NULL),
		       NULL), &list), 2);
	/* it is told already */
	ck_assert_uint_eq(notices(series(both, gone4, NULL),
				  series(both, gone4, NULL), &list), 0);
	/* no occurrence of it */
	ck_assert_uint_eq(notices(series(both, "", NULL),
		series(both, "EXDATE:20261104T100000Z\r\n", NULL), &list), 1);
	notice = array_front(&list);
	ck_assert_str_eq(notice->method, "REQUEST");
	/* too many to tell one by one */
	for (unsigned int day = 2; day < 32; day++) {
		str_printfa(many, "EXDATE:202611%02uT090000Z\r\n",
			    day < 30 ? day : 2);
	}
	ck_assert_uint_ge(notices(series(both, "", NULL),
				  series(both, str_c(many), NULL), &list), 1);
}
END_TEST

/* Exceptions without people are those of the series. */
START_TEST(test_exception_without_people)
{
	const char *bare = "BEGIN:VEVENT\r\nUID:m1\r\nDTSTAMP:20261001T100000Z\r\n"
		"RECURRENCE-ID:20261104T090000Z\r\nDTSTART:20261104T110000Z\r\n"
		"DTEND:20261104T113000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\n";
	struct invitation inv = {
		.method = "REQUEST", .stamp = 10, .hour = 9,
		.attendees = attendee(BOB, "NEEDS-ACTION"),
		.more = "RRULE:FREQ=DAILY;COUNT=9\r\n", .exceptions = bare,
	};
	const struct cal_entry *entry;
	struct cal_object *obj;

	obj = parse(put(BOB, message(&inv), NULL));
	entry = array_front(&obj->exceptions);
	ck_assert_str_eq(entry->organizer.email, ANN);
	(void)guest(entry, BOB);
}
END_TEST

static void setup(void)
{
	pool = pool_alloconly_create(MEMPOOL_GROWING"test itip", 65536);
}

static void teardown(void)
{
	pool_unref(&pool);
}

int main(void)
{
	Suite *s = suite_create("itip");
	TCase *tc = tcase_create("itip");
	SRunner *sr;
	int failed;

	lib_init();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_request_new);
	tcase_add_test(tc, test_request_copies_and_late_ones);
	tcase_add_test(tc, test_request_update);
	tcase_add_test(tc, test_request_same_stamp);
	tcase_add_test(tc, test_request_again_after_own_change);
	tcase_add_test(tc, test_request_information);
	tcase_add_test(tc, test_forwarded);
	tcase_add_test(tc, test_forwarded_occurrence);
	tcase_add_test(tc, test_request_of_another);
	tcase_add_test(tc, test_request_occurrence);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_cancel_occurrence);
	tcase_add_test(tc, test_reply);
	tcase_add_test(tc, test_counter);
	tcase_add_test(tc, test_hostile);
	tcase_add_test(tc, test_respond);
	tcase_add_test(tc, test_propose);
	tcase_add_test(tc, test_notices);
	tcase_add_test(tc, test_notices_occurrence);
	tcase_add_test(tc, test_exception_without_people);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
