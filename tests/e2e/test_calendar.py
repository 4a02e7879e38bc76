# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Calendar (MS-ASCAL): every element both ways in each version, recurrences, exceptions,
zones, ghosting, and what the document answers with status 6."""

import base64
import datetime
import struct
import unittest

from dovetail_test.case import TestCase
from dovetail_test.eas import Item, add, change, delete
from dovetail_test.wbxml import E

CALENDAR = 8
NOW = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
VERSIONS = ("2.5", "12.1", "14.0", "14.1", "16.0", "16.1")


def compact(when):
    return when.strftime("%Y%m%dT%H%M%SZ")


def day(number):
    """The year's next June, so that summer time is known."""
    year = NOW.year + 1
    return datetime.datetime(year, 6, number, 10, 0, tzinfo=datetime.timezone.utc)


def systemtime(month, weekday, nth, hour):
    return struct.pack("<8H", 0, month, weekday, nth, hour, 0, 0, 0)


def zone_blob(bias, standard, daylight, names=("", "")):
    return base64.b64encode(
        struct.pack("<i", bias) + names[0].encode("utf-16-le").ljust(64, b"\0")[:64] + standard
        + struct.pack("<i", 0) + names[1].encode("utf-16-le").ljust(64, b"\0")[:64] + daylight
        + struct.pack("<i", -60)).decode()


BERLIN = zone_blob(-60, systemtime(10, 0, 5, 3), systemtime(3, 0, 5, 2),
                   ("W. Europe Standard Time", "W. Europe Daylight Time"))


class Appointment:
    """An item; names without a page are the Calendar's."""

    def __init__(self, item):
        self.data = item.data

    def find(self, name):
        return self.data.find(name if ":" in name else "Calendar:" + name)

    def get(self, name):
        return self.data.get(name if ":" in name else "Calendar:" + name)


class CalendarCase(TestCase):
    core = True

    def phone_with_calendar(self, user=None, version="16.1", **more):
        user = user or self.new_user()
        phone = self.phone(user, version=version, **more)
        phone.folder_sync()
        self.folder = phone.folder(type=CALENDAR)
        phone.sync(self.folder)
        return phone

    def put(self, phone, *data, client_id="c1"):
        """Add as the version wants it; the answer's Add"""
        klass = "Calendar" if phone.client.v < (14, 0) else None
        answers = phone.sync(self.folder, commands=[add(client_id, *data, klass=klass)])
        for answer in answers:
            if answer.has("Responses"):
                result = answer.find("Responses").children[0]
                if result.get("Status") == "1":
                    phone.items[self.folder][result.get("ServerId")] = Item(E(
                        "AirSync:ApplicationData", [e for e in data if e is not None]))
                return result
        raise AssertionError("no answer to an Add")

    def status_of(self, phone, *data, client_id="c1"):
        return self.put(phone, *data, client_id=client_id).get("Status")

    def seen_by(self, user, server_id=None, version="16.1", **more):
        """What another device of the user is told"""
        phone = self.phone(user, version=version, device_id="other%s" % version.replace(".", ""), **more)
        phone.folder_sync()
        folder = phone.folder(type=CALENDAR)
        phone.sync(folder)
        items = phone.items[folder]
        if server_id is None:
            (server_id,) = items
        return Appointment(items[server_id])


def times(start=None, hours=1, zone=BERLIN, all_day=None):
    start = start or day(1)
    return [E("Calendar:Timezone", zone) if zone else None,
            E("AllDayEvent", all_day) if all_day else None,
            E("Calendar:StartTime", compact(start)),
            E("Calendar:EndTime", compact(start + datetime.timedelta(hours=hours)))]


def appointment(subject="Lunch", *more, **when):
    return [e for e in times(**when) if e is not None] + [E("Calendar:Subject", subject)] + list(more)


class Elements(CalendarCase):
    storage = False
    def test_every_version(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone_with_calendar(user, version=version)
                location = E("AirSyncBase:Location", E("DisplayName", "Room 1")) \
                    if phone.client.v >= (16, 0) else E("Calendar:Location", "Room 1")
                body = E("Calendar:Body", "see you") if version == "2.5" else \
                    E("AirSyncBase:Body", E("Type", "1"), E("Data", "see you"))
                answer = self.put(phone, *appointment(
                    "Lunch", location, body,
                    E("Calendar:Categories", E("Category", "Food"), E("Category", "Friends")),
                    E("Calendar:Sensitivity", "2"), E("Calendar:BusyStatus", "3"),
                    E("Calendar:Reminder", "15"),
                    None if phone.client.v >= (16, 0) else E("Calendar:UID", "uid-%s" % version)))
                self.assertEqual(answer.get("Status"), "1")
                item = self.seen_by(user, answer.get("ServerId"), version=version)
                self.assertEqual(item.get("Subject"), "Lunch")
                self.assertEqual(item.get("StartTime"), compact(day(1)))
                self.assertEqual(item.get("EndTime"), compact(day(1) + datetime.timedelta(hours=1)))
                self.assertEqual(item.get("Sensitivity"), "2")
                self.assertEqual(item.get("BusyStatus"), "3")
                self.assertEqual(item.get("Reminder"), "15")
                self.assertEqual(item.get("AllDayEvent"), "0")
                self.assertEqual(item.get("MeetingStatus"), "0")
                self.assertEqual(item.get("Timezone"), BERLIN)
                self.assertIsNotNone(item.get("DtStamp"))
                self.assertIsNotNone(item.get("UID"))
                self.assertEqual(item.get("OrganizerEmail"), user)

    def test_what_others_write(self):
        """doveadm shows the appointment as iCalendar (E3)."""
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        self.assertEqual(self.status_of(phone, *appointment("Lunch", E("Calendar:UID", "abc"))), "1")
        prefix = "/shared/vendor/vendor.dovecot/pvt/dovetail/item/"
        keys = self.dovecot.doveadm("mailbox", "metadata", "list", "-u", user, "Calendar", prefix)
        names = [k for k in keys.split() if k and not k.endswith("extra")]
        self.assertEqual(len(names), 1, keys)
        name = names[0] if names[0].startswith("/") else prefix + names[0].split("item/")[-1]
        text = self.dovecot.doveadm("mailbox", "metadata", "get", "-u", user, "Calendar", name)
        self.assertIn("BEGIN:VEVENT", text)
        self.assertIn("SUMMARY:Lunch", text)
        self.assertIn("UID:abc", text)
        self.assertIn("TZID=Europe/Berlin", text)

    def test_missing_times(self):
        """MS-ASCAL 3.2.4.4"""
        phone = self.phone_with_calendar(version="14.1")
        past, future = NOW - datetime.timedelta(days=2), NOW + datetime.timedelta(days=2)
        start = lambda t: E("Calendar:StartTime", compact(t))
        end = lambda t: E("Calendar:EndTime", compact(t))
        cases = (((), "1"), ((end(past),), "6"), ((end(future),), "1"),
                 ((start(past),), "1"), ((start(future),), "6"),
                 ((start(future), end(past)), "6"))
        for i, (elements, status) in enumerate(cases):
            with self.subTest(i):
                self.assertEqual(self.status_of(phone, E("Calendar:Subject", "x"), *elements,
                                                client_id="m%d" % i), status)

    def test_wrong_values(self):
        phone = self.phone_with_calendar(version="14.1")
        many = E("Calendar:Categories", *[E("Category", "c%d" % i) for i in range(301)])
        for i, element in enumerate((
                E("Calendar:Sensitivity", "4"), E("Calendar:BusyStatus", "9"),
                E("Calendar:AllDayEvent", "x"), E("Calendar:Reminder", "soon"), many,
                E("Calendar:Attendees", E("Attendee", E("Name", "no address"))),
                E("Calendar:UID", "u" * 301))):
            with self.subTest(element.tag):
                self.assertEqual(self.status_of(phone, *appointment("x", element),
                                                client_id="w%d" % i), "6")

    def test_all_day(self):
        """Midnight of the zone before 16.0, a date without zone after."""
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        midnight = day(10).replace(hour=22) - datetime.timedelta(days=1)     # 00:00 in Berlin
        answer = self.put(phone, E("Calendar:Timezone", BERLIN), E("Calendar:AllDayEvent", "1"),
                          E("Calendar:StartTime", compact(midnight)),
                          E("Calendar:EndTime", compact(midnight + datetime.timedelta(days=1))),
                          E("Calendar:Subject", "Holiday"))
        self.assertEqual(answer.get("Status"), "1")
        old = self.seen_by(user, version="14.1")
        self.assertEqual(old.get("StartTime"), compact(midnight))
        self.assertEqual(old.get("AllDayEvent"), "1")
        new = self.seen_by(user, version="16.1")
        date = day(10).replace(hour=0)
        self.assertEqual(new.get("StartTime"), compact(date))
        self.assertEqual(new.get("EndTime"), compact(date + datetime.timedelta(days=1)))
        self.assertIsNone(new.get("Timezone"))

    def test_all_day_from_16(self):
        user = self.new_user()
        phone = self.phone_with_calendar(user)
        date = day(10).replace(hour=0)
        self.assertEqual(self.status_of(
            phone, E("Calendar:AllDayEvent", "1"), E("Calendar:StartTime", compact(date)),
            E("Calendar:EndTime", compact(date + datetime.timedelta(days=1))),
            E("Calendar:Subject", "Holiday")), "1")
        self.assertEqual(self.seen_by(user, version="16.0").get("StartTime"), compact(date))


class Changes(CalendarCase):
    def test_ghosting(self):
        """MS-ASCMD 2.2.3.179: before 16.0 what is not sent goes, save what cannot; from 16.0
        on it stays."""
        for version, location in (("14.1", None), ("16.1", "Room 1")):
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone_with_calendar(user, version=version)
                place = E("AirSyncBase:Location", E("DisplayName", "Room 1")) \
                    if phone.client.v >= (16, 0) else E("Calendar:Location", "Room 1")
                answer = self.put(phone, *appointment("Lunch", place, E("AirSyncBase:Body", E(
                    "Type", "1"), E("Data", "stays"))))
                sid = answer.get("ServerId")
                phone.sync(self.folder, commands=[change(sid, E("Calendar:Subject", "Dinner"))])
                item = self.seen_by(user, sid, version=version, body=((1, 500),))
                self.assertEqual(item.get("Subject"), "Dinner")
                self.assertEqual(item.get("StartTime"), compact(day(1)))
                self.assertIn("stays", str(item.data))
                if phone.client.v >= (16, 0):
                    self.assertIn("Room 1", str(item.data))
                else:
                    self.assertIsNone(item.get("Location"))

    def test_own_change_is_not_echoed(self):
        phone = self.phone_with_calendar()
        sid = self.put(phone, *appointment()).get("ServerId")
        phone.sync(self.folder, commands=[change(sid, E("Calendar:Subject", "Dinner"))])
        self.assertEqual(phone.sync(self.folder), [])

    def test_delete_reaches_others(self):
        user = self.new_user()
        one = self.phone_with_calendar(user)
        other = self.phone(user, device_id="second")
        other.folder_sync()
        folder = other.folder(type=CALENDAR)
        sid = self.put(one, *appointment()).get("ServerId")
        other.sync(folder)
        other.sync(folder)
        self.assertIn(sid, other.items[folder])
        other.sync(folder, commands=[delete(sid)])
        one.sync(self.folder)
        self.assertNotIn(sid, one.items[self.folder])

    def test_attachments(self):
        """16.x: added with the appointment, fetched by another device, taken away"""
        user = self.new_user()
        phone = self.phone_with_calendar(user)
        content = bytes(range(256)) * 40
        result = self.put(phone, *appointment("Files", E("AirSyncBase:Attachments", E(
            "Add", E("ClientId", "a1"), E("Content", base64.b64encode(content).decode()),
            E("ContentType", "application/octet-stream"), E("DisplayName", "plan.bin"), E("Method", "1")))))
        self.assertEqual(result.get("Status"), "1")
        told = result.find("ApplicationData/AirSyncBase:Attachments/Attachment")
        self.assertEqual(told.get("ClientId"), "a1")
        item = self.seen_by(user)
        node = item.find("AirSyncBase:Attachments/Attachment")
        self.assertEqual((node.get("DisplayName"), node.get("EstimatedDataSize")),
                         ("plan.bin", str(len(content))))
        self.assertEqual(node.get("FileReference"), told.get("FileReference"))
        answer = phone.client.item_operations(phone.client.fetch(reference=node.get("FileReference")))
        data = answer.node.get("Response/Fetch/Properties/Data")
        self.assertEqual(base64.b64decode(data), content)
        phone.sync(self.folder, commands=[change(result.get("ServerId"), E("AirSyncBase:Attachments", E(
            "Delete", E("FileReference", node.get("FileReference")))))])
        self.assertIsNone(self.seen_by(user).find("AirSyncBase:Attachments"))

    def test_repeated_add_is_one(self):
        """The same ClientId under the same key after a lost answer, the same UID twice"""
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        data = appointment("once", E("Calendar:UID", "same-uid"))
        key = phone.keys[self.folder]
        first = self.put(phone, *data).get("ServerId")
        phone.keys[self.folder] = key
        phone.items[self.folder].clear()
        self.assertEqual(self.put(phone, *data).get("ServerId"), first)
        self.assertEqual(self.seen_by(user, version="14.1").get("UID"), "same-uid")


def recurrence(type, **elements):
    return E("Calendar:Recurrence", E("Type", type),
             *[E(name, str(value)) for name, value in elements.items()])


class Recurrences(CalendarCase):
    storage = False
    GOOD = (("0", dict(Interval=2, Occurrences=5)),
            ("1", dict(Interval=1, DayOfWeek=2 + 8)),
            ("2", dict(Interval=1, DayOfMonth=15)),
            ("2", dict(Interval=1, DayOfMonth=31)),
            ("3", dict(Interval=1, WeekOfMonth=2, DayOfWeek=4)),
            ("3", dict(Interval=1, WeekOfMonth=5, DayOfWeek=127)),
            ("3", dict(Interval=1, WeekOfMonth=1, DayOfWeek=62)),
            ("5", dict(Interval=1, DayOfMonth=24, MonthOfYear=12)),
            ("6", dict(Interval=1, WeekOfMonth=5, DayOfWeek=1, MonthOfYear=3)))

    def test_each_type(self):
        for version in ("2.5", "14.1", "16.1"):
            user = self.new_user()
            phone = self.phone_with_calendar(user, version=version)
            for i, (kind, elements) in enumerate(self.GOOD):
                with self.subTest(version=version, type=kind, n=i):
                    answer = self.put(phone, *appointment("r%d" % i, recurrence(kind, **elements)),
                                      client_id="r%d" % i)
                    self.assertEqual(answer.get("Status"), "1")
            other = self.phone(user, version=version, device_id="two")
            other.folder_sync()
            folder = other.folder(type=CALENDAR)
            other.sync(folder)
            for i, (kind, elements) in enumerate(self.GOOD):
                node = Appointment(other.items[folder][other.by_subject("r%d" % i, folder)]).find("Recurrence")
                self.assertEqual(node.get("Type"), kind)
                for name, value in elements.items():
                    self.assertEqual(node.get(name), str(value), (kind, name, str(node)))
                allowed = set(elements) | {"Type", "Interval", "CalendarType", "IsLeapMonth",
                                           "FirstDayOfWeek"}
                self.assertLessEqual({c.tag for c in node.children}, allowed, str(node))
                if phone.client.v >= (14, 1) and kind == "1":
                    self.assertIsNotNone(node.get("FirstDayOfWeek"))
                if phone.client.v >= (14, 0) and kind in "2356":
                    self.assertIsNotNone(node.get("CalendarType"))

    def test_status_6(self):
        """MS-ASCAL 3.2.5.3"""
        phone = self.phone_with_calendar(version="14.1")
        bad = [("0", dict(DayOfMonth=1)), ("1", dict(DayOfWeek=2, DayOfMonth=1)),
               ("3", dict(WeekOfMonth=1, DayOfWeek=1, DayOfMonth=1)),
               ("2", dict(DayOfMonth=1, DayOfWeek=1)), ("5", dict(DayOfMonth=1, MonthOfYear=1, DayOfWeek=1)),
               ("0", dict(MonthOfYear=1)), ("0", dict(WeekOfMonth=1)), ("1", dict()),
               ("2", dict()), ("3", dict(DayOfWeek=1)), ("5", dict(DayOfMonth=1)),
               ("0", dict(Occurrences=1000)), ("1", dict(DayOfWeek=2, FirstDayOfWeek=7)),
               ("4", dict()), ("7", dict()), ("2", dict(DayOfMonth=32))]
        bad += [("2", dict(DayOfMonth=1, CalendarType=t)) for t in (13, 16, 17, 18, 19, 21, 22, 23)]
        for i, (kind, elements) in enumerate(bad):
            with self.subTest(type=kind, **elements):
                self.assertEqual(self.status_of(phone, *appointment("b", recurrence(kind, **elements)),
                                                client_id="b%d" % i), "6")

    def test_interval_0_and_both_ends(self):
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        self.assertEqual(self.status_of(phone, *appointment("x", recurrence(
            "0", Interval=0, Occurrences=3, Until=compact(day(20))))), "1")
        node = self.seen_by(user, version="14.1").find("Recurrence")
        self.assertEqual((node.get("Interval"), node.get("Occurrences"), node.get("Until")), ("1", "3", None))

    def test_until(self):
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        self.assertEqual(self.status_of(phone, *appointment("x", recurrence(
            "0", Interval=1, Until=compact(day(20))))), "1")
        self.assertEqual(self.seen_by(user, version="14.1").find("Recurrence").get("Until"),
                         compact(day(20)))


def exception(start, *data):
    return E("Calendar:Exception", *data, E("ExceptionStartTime", compact(start)))


class Exceptions(CalendarCase):
    storage = False
    def series(self, phone, *exceptions):
        return self.put(phone, *appointment(
            "Daily", E("Calendar:Location", "Room 1"), recurrence("0", Interval=1, Occurrences=6),
            E("Calendar:Exceptions", *exceptions) if exceptions else None))

    def exceptions_of(self, user, version="14.1"):
        item = self.seen_by(user, version=version)
        node = item.find("Exceptions")
        return [] if node is None else node.findall("Exception")

    def test_both_ways(self):
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        moved = day(4) + datetime.timedelta(minutes=15)
        answer = self.series(
            phone,
            exception(day(4), E("StartTime", compact(moved)),
                      E("EndTime", compact(moved + datetime.timedelta(hours=2))),
                      E("Subject", "Special"), E("Location", "Room 666")),
            exception(day(5), E("Deleted", "1")))
        self.assertEqual(answer.get("Status"), "1")
        found = {e.get("ExceptionStartTime"): e for e in self.exceptions_of(user)}
        self.assertEqual(set(found), {compact(day(4)), compact(day(5))})
        special = found[compact(day(4))]
        self.assertEqual(special.get("Subject"), "Special")
        self.assertEqual(special.get("Location"), "Room 666")
        self.assertEqual(special.get("StartTime"), compact(moved))
        self.assertEqual(found[compact(day(5))].get("Deleted"), "1")
        # 16.x names them by InstanceId
        newer = self.exceptions_of(user, "16.1")
        self.assertEqual({e.get("AirSyncBase:InstanceId") for e in newer}, {compact(day(4)), compact(day(5))})
        self.assertTrue(all(e.get("ExceptionStartTime") is None for e in newer))

    def test_kept_unless_named(self):
        """3.2.5.3.1, and 3.2.5.3.2: an empty element takes an inherited value away"""
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        sid = self.series(phone, exception(day(4), E("Subject", "Special"),
                                           E("Location", "Room 666"))).get("ServerId")
        rule = recurrence("0", Interval=1, Occurrences=6)
        location = E("Calendar:Location", "Room 1")
        phone.sync(self.folder, commands=[change(sid, E("Calendar:Subject", "Daily"), location, rule,
                                                 E("Calendar:Exceptions", exception(day(4), E("Subject", "Special"))))])
        (kept,) = self.exceptions_of(user)
        self.assertEqual(kept.get("Location"), "Room 666")
        phone.sync(self.folder, commands=[change(sid, E("Calendar:Subject", "Daily"), location, rule,
                                                 E("Calendar:Exceptions", exception(day(4), E("Location"))))])
        (emptied,) = self.exceptions_of(user)
        self.assertTrue(emptied.has("Location"))
        self.assertIn(emptied.get("Location"), ("", None))

    def test_instances_of_16(self):
        """Change and Delete with InstanceId; a changed rule drops exceptions"""
        user = self.new_user()
        phone = self.phone_with_calendar(user)
        sid = self.put(phone, *appointment("Daily", recurrence("0", Interval=1, Occurrences=6))).get("ServerId")

        def edit(tag, instance, *data):
            return E("AirSync:" + tag, E("ServerId", sid), E("AirSyncBase:InstanceId", compact(instance)),
                     E("AirSync:ApplicationData", *data) if tag == "Change" else None)

        phone.sync(self.folder, commands=[edit("Change", day(3), E("Calendar:Subject", "Special"))])
        phone.sync(self.folder, commands=[edit("Delete", day(4))])
        found = {e.get("AirSyncBase:InstanceId"): e for e in self.exceptions_of(user, "16.1")}
        self.assertEqual(found[compact(day(3))].get("Subject"), "Special")
        self.assertEqual(found[compact(day(4))].get("Deleted"), "1")
        for instance, data, status in (
                (day(3) + datetime.timedelta(hours=1), (E("Calendar:Subject", "x"),), ("8", "1")),
                (day(2), (E("Calendar:Timezone", BERLIN),), ("6",))):
            answers = phone.sync(self.folder, commands=[edit("Change", instance, *data)])
            got = [a.find("Responses").children[0].get("Status") for a in answers if a.has("Responses")]
            self.assertIn(got[0] if got else "1", status)
        phone.sync(self.folder, commands=[change(sid, recurrence("0", Interval=2, Occurrences=3))])
        self.assertEqual(self.exceptions_of(user, "16.1"), [])


class Filter(CalendarCase):
    storage = False
    def test_window(self):
        user = self.new_user()
        phone = self.phone_with_calendar(user, version="14.1")
        long_ago = NOW - datetime.timedelta(days=60)
        for name, start, more in (("old", long_ago, ()), ("new", NOW, ()),
                                  ("series", long_ago, (recurrence("0", Interval=1),))):
            self.assertEqual(self.status_of(phone, *appointment(name, *more, start=start),
                                            client_id=name), "1")
        for kind, expected in ((0, ["new", "old", "series"]), (4, ["new", "series"]),
                               (5, ["new", "series"]), (6, ["new", "old", "series"])):
            other = self.phone(user, version="14.1", device_id="f%d" % kind, filter=kind)
            other.folder_sync()
            folder = other.folder(type=CALENDAR)
            other.sync(folder)
            self.assertEqual(other.subjects(folder), expected, kind)


if __name__ == "__main__":
    unittest.main()
