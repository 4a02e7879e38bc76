# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Tasks (MS-ASTASK): every element both ways in each version, all recurrences, pairs of
dates, completion, reminders, and what is wrong."""

import datetime
import unittest

from dovetail_test.case import TestCase
from dovetail_test.eas import TASKS, Item, add, change
from dovetail_test.wbxml import E

VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
DAY = datetime.datetime(2027, 6, 10, tzinfo=datetime.timezone.utc)


def stamp(when):
    """As MS-ASDTYPE has dateTime"""
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def after(days, hours=0):
    return DAY + datetime.timedelta(days=days, hours=hours)


def body(version, text, kind="1"):
    if version == "2.5":
        return E("Tasks:Body", text)
    return E("AirSyncBase:Body", E("Type", kind), E("Data", text))


def categories(*names):
    return E("Tasks:Categories", *[E("Category", n) for n in names])


def recurrence(kind, start=DAY, regenerate=None, dead=None, **elements):
    return E("Tasks:Recurrence", E("Type", kind) if kind is not None else None,
             E("Start", stamp(start)) if start else None,
             [E(name, str(value)) for name, value in elements.items()],
             E("Regenerate", regenerate) if regenerate is not None else None,
             E("DeadOccur", dead) if dead is not None else None)


class TaskCase(TestCase):
    storage = False
    core = True

    def phone_with_tasks(self, user, version="16.1", **more):
        phone = self.phone(user, version=version, **more)
        self.folder = phone.folder(type=TASKS)
        phone.sync(self.folder)
        return phone

    def put(self, phone, *data, client_id="c1"):
        klass = "Tasks" if phone.client.v < (14, 0) else None
        answers = phone.sync(self.folder, commands=[add(client_id, *[d for d in data if d is not None],
                                                        klass=klass)])
        (result,) = [r for a in answers if a.has("Responses") for r in a.find("Responses")]
        if result.get("Status") == "1":
            phone.items[self.folder][result.get("ServerId")] = Item(E("AirSync:ApplicationData"))
        return result

    def status_of(self, phone, *data, client_id):
        return self.put(phone, *data, client_id=client_id).get("Status")

    def change(self, phone, sid, *data):
        answers = phone.sync(self.folder, commands=[change(sid, *data)])
        found = [r.get("Status") for a in answers if a.has("Responses") for r in a.find("Responses")]
        self.assertLessEqual(set(found), {"1"})

    def seen_by(self, user, version="16.1", subject=None, body=((1, 5000),)):
        """What another device of the user is told"""
        self.others = getattr(self, "others", 0) + 1
        other = self.phone(user, version=version, device_id="other%d" % self.others, body=body)
        folder = other.folder(type=TASKS)
        other.sync(folder)
        items = [i for i in other.items[folder].values() if subject in (None, i.get("Tasks:Subject"))]
        self.assertEqual(len(items), 1)
        return items[0]

    def stored(self, user):
        """The only task, as the store has it"""
        prefix = "/shared/vendor/vendor.dovecot/pvt/dovetail/item/"
        keys = self.dovecot.doveadm("mailbox", "metadata", "list", "-u", user, "Tasks", prefix)
        (key,) = [k for k in keys.split() if not k.endswith("extra")]
        return self.dovecot.doveadm("mailbox", "metadata", "get", "-u", user, "Tasks",
                                    key if key.startswith("/") else prefix + key.split("item/")[-1])


class Elements(TaskCase):
    def full(self, version):
        """Every top-level element (2.2.2) but Complete, which has its own test"""
        return [E("Tasks:Subject", "Report"), body(version, "three\r\nlines\r\n"),
                E("Tasks:Importance", "2"), E("Tasks:Sensitivity", "2"),
                E("Tasks:StartDate", stamp(after(0))), E("Tasks:UtcStartDate", stamp(after(0, 4))),
                E("Tasks:DueDate", stamp(after(3))), E("Tasks:UtcDueDate", stamp(after(3, 4))),
                E("Tasks:Complete", "0"),
                E("Tasks:ReminderSet", "1"), E("Tasks:ReminderTime", stamp(after(2, 13))),
                categories("Business", "Waiting")]

    def check_full(self, item, version):
        self.assertEqual({n: item.get("Tasks:" + n) for n in (
            "Subject", "Importance", "Sensitivity", "StartDate", "UtcStartDate", "DueDate", "UtcDueDate",
            "Complete", "DateCompleted", "ReminderSet", "ReminderTime")}, dict(
                Subject="Report", Importance="2", Sensitivity="2", StartDate=stamp(after(0)),
                UtcStartDate=stamp(after(0, 4)), DueDate=stamp(after(3)), UtcDueDate=stamp(after(3, 4)),
                Complete="0", DateCompleted=None, ReminderSet="1", ReminderTime=stamp(after(2, 13))))
        self.assertEqual([c.text for c in item.data.find("Tasks:Categories")], ["Business", "Waiting"])
        if version == "2.5":
            self.assertEqual(item.get("Tasks:Body"), "three\r\nlines\r\n")
            self.assertFalse(any(n.page == "AirSyncBase" for n in item.data.iter()))
        else:
            node = item.data.find("AirSyncBase:Body")
            self.assertEqual((node.get("Type"), node.get("Data")), ("1", "three\r\nlines\r\n"))
            self.assertFalse(item.data.has("Tasks:Body"))

    def test_every_version(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone_with_tasks(user, version)
                self.assertEqual(self.status_of(phone, *self.full(version), client_id="full"), "1")
                self.check_full(self.seen_by(user, version), version)
        # and what the last one made, as every other version shows it
        for version in VERSIONS:
            with self.subTest(shown_to=version):
                self.check_full(self.seen_by(user, version), version)

    def test_what_others_write(self):
        """The task as iCalendar: midnights are dates"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, *self.full("16.1"))
        text = self.stored(user)
        for line in ("BEGIN:VTODO", "SUMMARY:Report", "PRIORITY:1", "CLASS:PRIVATE", "CATEGORIES:Business,Waiting",
                     "DTSTART;VALUE=DATE:20270610", "DUE;VALUE=DATE:20270613", "BEGIN:VALARM"):
            self.assertIn(line, text)

    def test_defaults(self):
        """What the client leaves out (2.2.2.14, 2.2.2.24)"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, E("Tasks:Subject", "bare"))
        item = self.seen_by(user)
        self.assertEqual({n: item.get("Tasks:" + n) for n in (
            "Complete", "Importance", "Sensitivity", "ReminderSet", "StartDate", "DueDate", "UtcDueDate",
            "ReminderTime", "DateCompleted")}, dict(
                Complete="0", Importance="1", Sensitivity="0", ReminderSet="0", StartDate=None, DueDate=None,
                UtcDueDate=None, ReminderTime=None, DateCompleted=None))
        for name in ("Categories", "Recurrence"):
            self.assertFalse(item.data.has("Tasks:" + name))

    def test_html(self):
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, E("Tasks:Subject", "html"), body("16.1", "<b>bold</b>", "2"))
        html = self.seen_by(user, body=((2, 5000),)).data.find("AirSyncBase:Body")
        self.assertEqual((html.get("Type"), html.get("Data")), ("2", "<b>bold</b>"))
        plain = self.seen_by(user, body=((1, 5000),)).data.find("AirSyncBase:Body")
        self.assertEqual((plain.get("Type"), plain.get("Data").strip()), ("1", "bold"))
        old = self.seen_by(user, "2.5")
        self.assertEqual(old.get("Tasks:Body").strip(), "bold")

    def test_times_of_day(self):
        """A start that is no midnight keeps both clocks."""
        user = self.new_user()
        phone = self.phone_with_tasks(user, "14.1")
        self.put(phone, E("Tasks:Subject", "at nine"),
                 E("Tasks:StartDate", stamp(after(0, 9))), E("Tasks:UtcStartDate", stamp(after(0, 7))),
                 E("Tasks:DueDate", stamp(after(1, 17))), E("Tasks:UtcDueDate", stamp(after(1, 15))))
        item = self.seen_by(user, "14.1")
        self.assertEqual([item.get("Tasks:" + n) for n in ("StartDate", "UtcStartDate", "DueDate", "UtcDueDate")],
                         [stamp(after(0, 9)), stamp(after(0, 7)), stamp(after(1, 17)), stamp(after(1, 15))])

    def test_wrong_values(self):
        phone = self.phone_with_tasks(self.new_user(), "14.1")
        wrong = (E("Tasks:ReminderSet", "2"), E("Tasks:Sensitivity", "4"), E("Tasks:Complete", "2"),
                 E("Tasks:Complete", "yes"), E("Tasks:DueDate", "soon"), E("Tasks:UtcStartDate", "20271301T000000Z"),
                 E("Tasks:ReminderTime", "x"), E("Tasks:Importance", "high"), E("Tasks:DateCompleted", "x"),
                 body("14.1", "x", "9"), categories(*["c%d" % i for i in range(301)]))
        for i, element in enumerate(wrong):
            with self.subTest(element=element.tag, n=i):
                self.assertEqual(self.status_of(phone, E("Tasks:Subject", "x"), element, client_id="w%d" % i), "6")

    def test_importance_of_no_meaning(self):
        """2.2.2.14: taken, and given back"""
        user = self.new_user()
        phone = self.phone_with_tasks(user, "14.1")
        self.assertEqual(self.status_of(phone, E("Tasks:Subject", "x"), E("Tasks:Importance", "3"),
                                        client_id="i"), "1")
        self.assertEqual(self.seen_by(user, "14.1").get("Tasks:Importance"), "3")


class Changes(TaskCase):
    def test_what_stays(self):
        """3.2.5.3.1, 3.2.5.3.2: Importance and ReminderSet"""
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone_with_tasks(user, version)
                sid = self.put(phone, E("Tasks:Subject", "old"), E("Tasks:Importance", "2"),
                               E("Tasks:DueDate", stamp(after(3))), E("Tasks:UtcDueDate", stamp(after(3))),
                               E("Tasks:ReminderSet", "1"), E("Tasks:ReminderTime", stamp(after(2))),
                               categories("a", "b")).get("ServerId")
                self.change(phone, sid, E("Tasks:Subject", "new"))
                item = self.seen_by(user, version)
                self.assertEqual({n: item.get("Tasks:" + n) for n in ("Subject", "Importance", "ReminderSet",
                                                                      "ReminderTime")},
                                 dict(Subject="new", Importance="2", ReminderSet="1",
                                      ReminderTime=stamp(after(2))))
                self.assertFalse(item.data.has("Tasks:Categories"))

    def test_complete_and_back(self):
        """2.2.2.7, 2.2.2.8"""
        for version in VERSIONS:
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone_with_tasks(user, version)
                sid = self.put(phone, E("Tasks:Subject", "x"), E("Tasks:Complete", "1"),
                               E("Tasks:DateCompleted", stamp(after(-300)))).get("ServerId")
                item = self.seen_by(user, version)
                self.assertEqual((item.get("Tasks:Complete"), item.get("Tasks:DateCompleted")),
                                 ("1", stamp(after(-300))))
                self.change(phone, sid, E("Tasks:Subject", "x"), E("Tasks:Complete", "0"))
                item = self.seen_by(user, version)
                self.assertEqual((item.get("Tasks:Complete"), item.get("Tasks:DateCompleted")), ("0", None))
                # without a date the server knows one
                self.change(phone, sid, E("Tasks:Subject", "x"), E("Tasks:Complete", "1"))
                item = self.seen_by(user, version)
                self.assertEqual(item.get("Tasks:Complete"), "1")
                when = datetime.datetime.strptime(item.get("Tasks:DateCompleted"), "%Y-%m-%dT%H:%M:%S.%fZ")
                self.assertLess(abs((datetime.datetime.utcnow() - when).total_seconds()), 600)

    def test_reminder_off(self):
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        sid = self.put(phone, E("Tasks:Subject", "x"), E("Tasks:ReminderSet", "1"),
                       E("Tasks:ReminderTime", stamp(after(2)))).get("ServerId")
        self.assertEqual(self.seen_by(user).get("Tasks:ReminderTime"), stamp(after(2)))
        self.change(phone, sid, E("Tasks:Subject", "x"), E("Tasks:ReminderSet", "0"))
        item = self.seen_by(user)
        self.assertEqual((item.get("Tasks:ReminderSet"), item.get("Tasks:ReminderTime")), ("0", None))

    def test_empty_categories(self):
        """2.2.2.5: an empty container removes them"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        sid = self.put(phone, E("Tasks:Subject", "x"), categories("a")).get("ServerId")
        self.change(phone, sid, E("Tasks:Subject", "x"), E("Tasks:Categories"))
        self.assertFalse(self.seen_by(user).data.has("Tasks:Categories"))

    def test_another_device_is_told(self):
        user = self.new_user()
        one, two = self.phone_with_tasks(user), self.phone_with_tasks(user, "14.1", device_id="two")
        sid = self.put(one, E("Tasks:Subject", "x")).get("ServerId")
        two.sync(self.folder)
        self.change(one, sid, E("Tasks:Subject", "y"), E("Tasks:Complete", "1"))
        two.sync(self.folder)
        self.assertEqual((two.items[self.folder][sid].get("Tasks:Subject"),
                          two.items[self.folder][sid].get("Tasks:Complete")), ("y", "1"))


class Recurrences(TaskCase):
    GOOD = (("0", dict(Interval=2, Occurrences=5)),
            ("0", dict(Interval=1, Until=stamp(after(30)))),
            ("1", dict(Interval=1, DayOfWeek=2 + 8)),
            ("1", dict(Interval=2, DayOfWeek=62, Occurrences=4)),
            ("2", dict(Interval=1, DayOfMonth=15)),
            ("2", dict(Interval=1, DayOfMonth=31)),
            ("3", dict(Interval=1, WeekOfMonth=2, DayOfWeek=4)),
            ("3", dict(Interval=1, WeekOfMonth=5, DayOfWeek=127)),
            ("5", dict(Interval=1, DayOfMonth=24, MonthOfYear=12)),
            ("6", dict(Interval=1, WeekOfMonth=5, DayOfWeek=1, MonthOfYear=3)))

    def test_each_type(self):
        for version in ("2.5", "12.1", "14.0", "14.1", "16.1"):
            user = self.new_user()
            phone = self.phone_with_tasks(user, version)
            for i, (kind, elements) in enumerate(self.GOOD):
                with self.subTest(version=version, type=kind, n=i):
                    self.assertEqual(self.status_of(
                        phone, E("Tasks:Subject", "r%d" % i), E("Tasks:StartDate", stamp(DAY)),
                        E("Tasks:UtcStartDate", stamp(DAY)), recurrence(kind, **elements),
                        client_id="r%d" % i), "1")
            other = self.phone_with_tasks(user, version, device_id="two")
            for i, (kind, elements) in enumerate(self.GOOD):
                with self.subTest(version=version, shown=kind, n=i):
                    item = other.items[self.folder][other.by_subject("r%d" % i, self.folder)]
                    self.check(item.data.find("Tasks:Recurrence"), phone.client.v, kind, elements)

    def check(self, node, version, kind, elements):
        self.assertEqual((node.get("Type"), node.get("Start")), (kind, stamp(DAY)))
        for name, value in elements.items():
            self.assertEqual(node.get(name), str(value), (name, str(node)))
        expected = set(elements) | {"Type", "Start", "Interval", "Regenerate", "DeadOccur"}
        if version >= (14, 0) and kind in "2356":
            expected.add("CalendarType")
        if version >= (14, 0) and kind in "56":
            expected.add("IsLeapMonth")
        if version >= (14, 1) and kind == "1":
            expected.add("FirstDayOfWeek")
        self.assertEqual({c.tag for c in node}, expected)
        self.assertEqual((node.get("Regenerate"), node.get("DeadOccur")), ("0", "0"))

    def test_regenerate_and_dead(self):
        """2.2.2.21, 2.2.2.11"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, E("Tasks:Subject", "x"), recurrence("0", regenerate="1", dead="1", Interval=3))
        node = self.seen_by(user).data.find("Tasks:Recurrence")
        self.assertEqual((node.get("Regenerate"), node.get("DeadOccur")), ("1", "1"))

    def test_dead_is_any_number(self):
        """2.2.2.11: up to 255 marks an occurrence as done"""
        phone = self.phone_with_tasks(self.new_user(), "14.1")
        self.assertEqual(self.status_of(phone, E("Tasks:Subject", "x"), recurrence("0", dead="255", Interval=3),
                                        client_id="d"), "1")

    def test_start_of_the_series(self):
        """Start alone makes the start date"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, E("Tasks:Subject", "x"), recurrence("0", start=after(5), Interval=1))
        item = self.seen_by(user)
        self.assertEqual(item.get("Tasks:Recurrence/Start"), stamp(after(5)))

    def test_calendars_and_week(self):
        """2.2.2.4, 2.2.2.13: kept as sent"""
        user = self.new_user()
        phone = self.phone_with_tasks(user, "14.1")
        self.put(phone, E("Tasks:Subject", "a"), recurrence("5", DayOfMonth=10, MonthOfYear=6, CalendarType=15,
                                                            IsLeapMonth=1), client_id="a")
        self.put(phone, E("Tasks:Subject", "b"), recurrence("1", DayOfWeek=2, FirstDayOfWeek=4), client_id="b")
        node = self.seen_by(user, "14.1", subject="a").data.find("Tasks:Recurrence")
        self.assertEqual((node.get("CalendarType"), node.get("IsLeapMonth")), ("15", "1"))
        node = self.seen_by(user, "14.1", subject="b").data.find("Tasks:Recurrence")
        self.assertEqual(node.get("FirstDayOfWeek"), "4")

    def test_both_ends(self):
        """3.2.5.3.4: Occurrences counts"""
        user = self.new_user()
        phone = self.phone_with_tasks(user, "14.1")
        self.put(phone, E("Tasks:Subject", "x"), recurrence("0", Interval=1, Occurrences=3, Until=stamp(after(9))))
        node = self.seen_by(user, "14.1").data.find("Tasks:Recurrence")
        self.assertEqual((node.get("Occurrences"), node.get("Until")), ("3", None))

    def test_status_6(self):
        """2.2.2 and 3.2.5.3"""
        phone = self.phone_with_tasks(self.new_user(), "14.1")
        bad = [(None, {}), ("4", {}), ("7", {}), ("0", dict(DayOfMonth=10)), ("1", dict(DayOfWeek=1, DayOfMonth=10)),
               ("3", dict(DayOfWeek=1, WeekOfMonth=2, DayOfMonth=10)),
               ("6", dict(DayOfWeek=1, WeekOfMonth=2, MonthOfYear=2, DayOfMonth=10)),
               ("2", dict(DayOfMonth=10, DayOfWeek=1)), ("5", dict(DayOfMonth=10, MonthOfYear=5, DayOfWeek=1)),
               ("1", dict(DayOfWeek=1, FirstDayOfWeek=7)), ("0", dict(WeekOfMonth=2)),
               ("1", dict(DayOfWeek=1, WeekOfMonth=2)), ("2", dict(DayOfMonth=10, WeekOfMonth=2)),
               ("5", dict(DayOfMonth=10, MonthOfYear=2, WeekOfMonth=2)),
               ("0", dict(CalendarType=0)), ("1", dict(DayOfWeek=1, CalendarType=0)),
               ("0", dict(Occurrences=2, start=None)), ("0", dict(Interval=1000)), ("2", dict(DayOfMonth=32)),
               ("5", dict(DayOfMonth=1, MonthOfYear=13)), ("3", dict(DayOfWeek=1, WeekOfMonth=6)),
               ("1", dict(DayOfWeek=128)), ("0", dict(regenerate="2")), ("0", dict(Until="never")),
               ("2", dict(DayOfMonth=1, CalendarType=13)), ("5", dict(DayOfMonth=1, MonthOfYear=1, IsLeapMonth=2))]
        for i, (kind, elements) in enumerate(bad):
            with self.subTest(type=kind, **elements):
                self.assertEqual(self.status_of(phone, E("Tasks:Subject", "b"), recurrence(kind, **elements),
                                                client_id="b%d" % i), "6")

    def test_taken_away(self):
        """No Recurrence in a Change: it is none any more"""
        user = self.new_user()
        phone = self.phone_with_tasks(user, "14.1")
        sid = self.put(phone, E("Tasks:Subject", "x"), recurrence("0", Interval=1)).get("ServerId")
        self.change(phone, sid, E("Tasks:Subject", "x"))
        self.assertFalse(self.seen_by(user, "14.1").data.has("Tasks:Recurrence"))


class Filter(TaskCase):
    def test_incomplete_only(self):
        """FilterType 8; the others are not for tasks (MS-ASCMD 2.2.3.68.2)"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        self.put(phone, E("Tasks:Subject", "open"), client_id="a")
        sid = self.put(phone, E("Tasks:Subject", "done"), E("Tasks:Complete", "1"), client_id="b").get("ServerId")
        other = self.phone_with_tasks(user, device_id="two", filter=8)
        self.assertEqual(other.subjects(self.folder), ["open"])
        self.change(phone, sid, E("Tasks:Subject", "done"), E("Tasks:Complete", "0"))
        other.sync(self.folder)
        self.assertEqual(other.subjects(self.folder), ["done", "open"])
        self.change(phone, sid, E("Tasks:Subject", "done"), E("Tasks:Complete", "1"))
        other.sync(self.folder)
        self.assertEqual(other.subjects(self.folder), ["open"])
        client = other.client
        for kind in (1, 2, 3, 4, 5, 6, 7, 9):
            with self.subTest(filter=kind):
                node = client.sync(client.collection(self.folder, other.keys[self.folder],
                                                     options=client.sync_options(kind)))
                self.assertEqual(node.get("Status") or node.get("Collections/Collection/Status"), "4")


class OtherCommands(TaskCase):
    def test_fetch_and_search(self):
        """3.2.5.1, 3.2.5.2"""
        user = self.new_user()
        phone = self.phone_with_tasks(user)
        sid = self.put(phone, E("Tasks:Subject", "zebra crossing"), body("16.1", "stripes"),
                       E("Tasks:Importance", "2")).get("ServerId")
        client = phone.client
        node = client.item_operations(client.fetch(self.folder, sid, body=((1, 100),),
                                                   schema=("AirSyncBase:Body",))).node
        properties = node.find("Response/Fetch/Properties")
        self.assertEqual([c.name for c in properties], ["AirSyncBase:Body"])
        self.assertEqual(properties.get("AirSyncBase:Body/Data"), "stripes")
        node = client.search_mailbox("zebra", self.folder, classes=("Tasks",))
        (result,) = node.findall("Response/Store/Result")
        self.assertEqual((result.get("AirSync:Class"), result.get("Properties/Tasks:Subject"),
                          result.get("Properties/Tasks:Importance")), ("Tasks", "zebra crossing", "2"))

    def test_search_by_elements_of_the_class(self):
        """3.2.5.2: Status 2 in Store"""
        phone = self.phone_with_tasks(self.new_user(), "14.1")
        node = phone.client.search_mailbox("x", self.folder, classes=("Tasks",), extra=(E("Tasks:Subject", "x"),))
        self.assertEqual(node.get("Response/Store/Status") or node.get("Status"), "2")


if __name__ == "__main__":
    unittest.main()
