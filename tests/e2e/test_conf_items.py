# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items as a conformance suite plays them (MS-ASNOTE, MS-ASCAL, MS-ASCNTC): own changes
are looked at with the key from before them, which tells them again; what is ghosted; what
each version may be sent."""

import base64
import datetime
import struct
import unittest

from dovetail_test import eas
from dovetail_test.eas import CALENDAR, CONTACTS, NOTES, TASKS, add, change
from dovetail_test.wbxml import E
from noteitems import NoteCase, note
from test_calendar import BERLIN, Appointment, appointment, compact, day, exception, recurrence


class OldKey(NoteCase):
    """A client that asks once more with the key before its own change is told the change:
    the key says what it has."""
    storage = False
    core = True

    def again(self, phone, folder, key):
        """Commands of an answer to a request without any, with this key; self.key: the next one"""
        client = phone.client
        self.key = key
        node = client.sync(client.collection(folder, key, options=client.sync_options(body=((1, 5000),))))
        if node is None:
            return []
        self.assertEqual(node.get("Collections/Collection/Status"), "1")
        self.key = node.get("Collections/Collection/SyncKey")
        commands = node.find("Collections/Collection/Commands")
        return [] if commands is None else list(commands)

    def phone_with_note(self, *categories):
        phone = self.phone(self.new_user(), version="14.1", body=((1, 5000),))
        folder = self.notes(phone)
        sid = self.add(phone, folder, "c1", *[d for d in note("first", "text", categories) if d is not None])
        return phone, folder, sid

    def test_own_change_is_told(self):
        """MS-ASNOTE 3.2.5.3: Body and Subject that are missing stay, Categories go"""
        phone, folder, sid = self.phone_with_note("blue", "red")
        key = phone.keys[folder]
        self.change(phone, folder, sid, E("Notes:MessageClass", "IPM.StickyNote.A"),
                    E("Notes:Categories", E("Category", "blue")))
        (told,) = self.again(phone, folder, key)
        data = told.find("ApplicationData")
        self.assertEqual((told.tag, data.get("Notes:Subject"), data.get("AirSyncBase:Body/Data"),
                          data.get("Notes:MessageClass"), [c.text for c in data.find("Notes:Categories")]),
                         ("Change", "first", "text", "IPM.StickyNote.A", ["blue"]))
        key = self.key
        self.change_with(phone, folder, key, sid, E("Notes:MessageClass", "IPM.StickyNote.B"))
        (told,) = self.again(phone, folder, key)
        self.assertEqual((told.get("ApplicationData/Notes:MessageClass"), told.has("ApplicationData/Notes:Categories")),
                         ("IPM.StickyNote.B", False))

    def change_with(self, phone, folder, key, sid, *data):
        client = phone.client
        node = client.sync(client.collection(folder, key, commands=[change(sid, *data)]))
        self.assertEqual(node.get("Collections/Collection/Status"), "1")

    def test_time_is_the_servers(self):
        """3.2.5.3.1: LastModifiedDate of a client is ignored"""
        phone, folder, sid = self.phone_with_note()
        key = phone.keys[folder]
        self.change_with(phone, folder, key, sid, E("Notes:LastModifiedDate", "20200101T000000Z"))
        self.assertEqual([t for t in self.again(phone, folder, key)
                          if t.get("ApplicationData/Notes:LastModifiedDate") == "20200101T000000Z"], [])
        self.change_with(phone, folder, key, sid, E("Notes:LastModifiedDate", "20200101T000000Z"),
                         E("Notes:Subject", "second"))
        (told,) = self.again(phone, folder, key)
        self.assertEqual(told.get("ApplicationData/Notes:Subject"), "second")
        self.assertNotEqual(told.get("ApplicationData/Notes:LastModifiedDate"), "20200101T000000Z")

    def test_own_add_is_told(self):
        phone = self.phone(self.new_user(), version="14.1")
        folder = self.notes(phone)
        key = phone.keys[folder]
        self.add(phone, folder, "c1", *[d for d in note("first") if d is not None])
        (told,) = self.again(phone, folder, key)
        self.assertEqual((told.tag, told.get("ApplicationData/Notes:Subject")), ("Add", "first"))

    def test_own_delete_is_told(self):
        phone, folder, sid = self.phone_with_note()
        key = phone.keys[folder]
        phone.sync(folder, [eas.delete(sid)])
        (told,) = self.again(phone, folder, key)
        self.assertEqual((told.tag, told.get("ServerId")), ("Delete", sid))


class Notes(NoteCase):
    storage = False
    def test_each_element(self):
        """MS-ASNOTE 2.2.2, in the versions that have the class"""
        for version in ("14.0", "14.1", "16.0", "16.1"):
            with self.subTest(version=version):
                user = self.new_user()
                phone = self.phone(user, version=version, body=((1, 5000),))
                folder = self.notes(phone)
                self.add(phone, folder, "c1", *note("Shopping", "milk\r\n", ("blue", "red"), "IPM.StickyNote.X"))
                other = self.phone(user, version=version, body=((1, 5000),))
                other.sync(folder)
                (item,) = other.items[folder].values()
                self.assertEqual({c.name for c in item.data}, {
                    "Notes:Subject", "Notes:MessageClass", "Notes:LastModifiedDate", "Notes:Categories",
                    "AirSyncBase:Body"})
                self.assertEqual((item.get("Notes:Subject"), item.get("Notes:MessageClass")),
                                 ("Shopping", "IPM.StickyNote.X"))
                self.assertRegex(item.get("Notes:LastModifiedDate"), r"^\d{8}T\d{6}Z$")
                self.assertEqual([c.text for c in item.data.find("Notes:Categories")], ["blue", "red"])
                self.assertEqual(item.get("AirSyncBase:Body/Data"), "milk\r\n")
                html = self.phone(user, version=version, body=((2, 5000),))
                html.sync(folder)
                (item,) = html.items[folder].values()
                self.assertEqual(item.get("AirSyncBase:Body/Type"), "2")
                self.assertIn("milk", item.get("AirSyncBase:Body/Data"))
                self.assertIn("<", item.get("AirSyncBase:Body/Data"))

    def test_wrong(self):
        phone = self.phone(self.new_user(), version="14.1")
        folder = self.notes(phone)
        for i, data in enumerate((note("x", klass="IPM.invalidClass"), note("x", klass="IPM.StickyNoteX"),
                                  note("x", klass="IPM.StickyNote."), note("x", klass=""),
                                  note("x", categories=["c%d" % n for n in range(301)]))):
            with self.subTest(i):
                self.assertEqual(self.status_of(phone, folder, add("w%d" % i, *[d for d in data if d is not None])),
                                 {"Add": "6"})
        self.assertEqual(self.status_of(phone, folder, add("ok", *[d for d in note(
            "x", categories=["c%d" % n for n in range(300)]) if d is not None])), {"Add": "1"})


# MS-OXRTFCP 2.1.2.1: what the dictionary begins with
PRELOAD = (b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
           b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
           b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx")


def rtf_of(text):
    """What a Body of type 3 says (MS-OXRTFCP 3.1.3)"""
    data = base64.b64decode(text, validate=True)
    size, raw_size, magic, _ = struct.unpack_from("<IIII", data)
    assert size == len(data) - 4, "COMPSIZE"
    if magic == 0x414C454D:                                         # MELA
        return data[16:16 + raw_size]
    assert magic == 0x75465A4C, "LZFu"
    ring, place = bytearray(PRELOAD.ljust(4096, b"\0")), len(PRELOAD)
    out, rest = bytearray(), iter(data[16:])
    for control in rest:
        for bit in range(8):
            if not control & 1 << bit:
                codes = [next(rest, None)]
                if codes[0] is None:
                    break
            else:
                high, low = next(rest), next(rest)
                offset, length = high << 4 | low >> 4, (low & 15) + 2
                if offset == place:
                    assert len(out) == raw_size, "RAWSIZE"
                    return bytes(out)
                codes = None
            for n in range(1 if codes else length):
                code = codes[0] if codes else ring[(offset + n) % 4096]
                out.append(code)
                ring[place] = code
                place = (place + 1) % 4096
    raise AssertionError("no end")


def packed(rtf):
    """Stored, as clients may send it"""
    return base64.b64encode(struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf).decode()


class Rtf(NoteCase):
    """Body type 3 (MS-ASNOTE 2.2.2.1, MS-ASAIRS 2.2.2.41), CompressedRTF of 2.5"""
    storage = False
    HELLO = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}\\f0 Hello \\b world\\b0\\par caf\\'e9}"

    def body_of(self, user, folder, *preferences, version="16.1"):
        other = self.phone(user, version=version, body=preferences)
        other.sync(folder)
        (item,) = other.items[folder].values()
        return item.data.find("AirSyncBase:Body")

    def test_sent_as_rtf(self):
        for kind, data in ((NOTES, note("x", None)), (TASKS, [E("Tasks:Subject", "x")]),
                           (CALENDAR, appointment("x")), (CONTACTS, [E("Contacts:FileAs", "x"),
                                                                     E("Contacts:FirstName", "x")])):
            with self.subTest(kind=kind):
                user = self.new_user()
                phone = self.phone(user)
                folder = phone.folder(type=kind)
                phone.sync(folder)
                self.add(phone, folder, "c", *[d for d in data if d is not None],
                         E("AirSyncBase:Body", E("Type", "3"), E("Data", packed(self.HELLO))))
                plain = self.body_of(user, folder, (1, 5000))
                self.assertEqual(plain.get("Data").split(), ["Hello", "world", "caf\u00e9"])
                html = self.body_of(user, folder, (2, 5000))
                self.assertRegex(html.get("Data"), r"(?i)<(b|strong|span[^>]*bold)")
                rtf = self.body_of(user, folder, (3, 50000))
                self.assertEqual(rtf.get("Type"), "3")
                self.assertIn(b"Hello", rtf_of(rtf.get("Data")))

    def test_asked_for(self):
        """Of plain text and of HTML; what does not fit is plain; the native type goes first"""
        for kind, text, mark in ((1, "plain \u20ac words", b"\\fromtext"), (2, "<b>bold</b> words", b"\\fromhtml1")):
            with self.subTest(kind=kind):
                user = self.new_user()
                phone = self.phone(user)
                folder = self.notes(phone)
                self.add(phone, folder, "c", E("Notes:Subject", "x"), E("Notes:MessageClass", "IPM.StickyNote"),
                         E("AirSyncBase:Body", E("Type", kind), E("Data", text)))
                body = self.body_of(user, folder, (3, 50000))
                rtf = rtf_of(body.get("Data"))
                self.assertTrue(rtf.startswith(b"{\\rtf1"))
                self.assertIn(mark, rtf)
                self.assertEqual(int(body.get("EstimatedDataSize")), len(body.get("Data")))
                self.assertFalse(body.has("Truncated"))
                self.assertEqual(self.body_of(user, folder, (3, 50000), (kind, 5000)).get("Type"), str(kind))
                cut = self.body_of(user, folder, (3, 8))
                self.assertEqual((cut.get("Type"), cut.get("Truncated")), ("1", "1"))

    def test_wrong(self):
        phone = self.phone(self.new_user())
        folder = self.notes(phone)
        for i, data in enumerate(("not base64!", base64.b64encode(b"no rtf at all").decode(), packed(b"no rtf"))):
            with self.subTest(i):
                self.assertEqual(self.status_of(phone, folder, add(
                    "w%d" % i, E("Notes:Subject", "x"), E("Notes:MessageClass", "IPM.StickyNote"),
                    E("AirSyncBase:Body", E("Type", "3"), E("Data", data)))), {"Add": "6"})

    def test_old_devices(self):
        """2.5: CompressedRTF instead of Body, or beside it"""
        for kind, page, data in ((TASKS, "Tasks", [E("Tasks:Subject", "x")]), (CALENDAR, "Calendar", appointment("x")),
                                 (CONTACTS, "Contacts", [E("Contacts:FileAs", "x"), E("Contacts:FirstName", "x")])):
            with self.subTest(page):
                user = self.new_user()
                phone = self.phone(user, version="2.5")
                folder = phone.folder(type=kind)
                phone.sync(folder)
                self.add(phone, folder, "c", *data, E(page + ":CompressedRTF", packed(self.HELLO)))
                self.assertEqual(self.body_of(user, folder, (1, 5000)).get("Data").split(),
                                 ["Hello", "world", "caf\u00e9"])
                # one that is broken costs nothing but itself
                phone.sync(folder)
                answers = phone.sync(folder, [add("d", *data, E(page + ":CompressedRTF", "junk"))])
                (status,) = [r.get("Status") for a in answers if a.has("Responses") for r in a.find("Responses")]
                self.assertEqual(status, "1")


class Calendar(NoteCase):
    storage = False
    core = True

    def start(self, version, supported=None):
        self.user = self.new_user()
        phone = self.phone(self.user, version=version, body=((1, 5000),))
        folder = phone.folder(type=CALENDAR)
        client = phone.client
        klass = "Calendar" if client.v < (14, 0) else "Email"
        node = client.sync(client.collection(folder, "0", supported=supported, klass=klass))
        phone.keys[folder] = node.get("Collections/Collection/SyncKey")
        phone.items[folder] = {}
        phone.sync(folder)
        self.folder = folder
        return phone

    def put(self, phone, *data):
        klass = "Calendar" if phone.client.v < (14, 0) else None
        answers = phone.sync(self.folder, [add("c1", *[d for d in data if d is not None], klass=klass)])
        (result,) = [r for a in answers if a.has("Responses") for r in a.find("Responses")]
        self.assertEqual(result.get("Status"), "1")
        phone.items[self.folder][result.get("ServerId")] = eas.Item(E("AirSync:ApplicationData"))
        return result.get("ServerId")

    def seen(self, version):
        other = self.phone(self.user, version=version, body=((1, 5000),))
        other.sync(self.folder)
        (item,) = other.items[self.folder].values()
        return Appointment(item)

    GHOSTED = ("AirSyncBase:Body", "Attendees", "MeetingStatus", "OrganizerEmail", "OrganizerName", "ResponseRequested",
               "ResponseType", "DisallowNewTimeProposal")
    SUPPORTED = ["Calendar:" + n for n in (
        "Exceptions", "DtStamp", "Categories", "Sensitivity", "BusyStatus", "UID", "Timezone", "StartTime", "EndTime",
        "Subject", "Location", "Recurrence", "AllDayEvent", "Reminder")]

    def test_ghosted(self):
        """MS-ASCAL 2.2.2: what can be ghosted stays, Location does not; all stays in 16.x"""
        for version in ("12.1", "14.0", "14.1", "16.0", "16.1"):
            with self.subTest(version=version):
                new = version >= "16.0"
                phone = self.start(version, None if new else self.SUPPORTED)
                sid = self.put(phone, *appointment("Plans", E("AirSyncBase:Body", E("Type", "1"), E("Data", "words")),
                    E("AirSyncBase:Location", E("DisplayName", "Room")) if new else E("Calendar:Location", "Room"),
                    None if new else recurrence("0", Interval=1, Occurrences=6),
                    None if new else E("Calendar:Exceptions", exception(day(4), E("Subject", "Special"))),
                    E("Calendar:MeetingStatus", "1"), E("Calendar:Attendees", E("Attendee", E(
                        "Email", "guest@example.net"), E("Name", "Guest"))),
                    E("Calendar:ResponseRequested", "1") if version != "12.1" else None,
                    E("Calendar:DisallowNewTimeProposal", "1") if version != "12.1" else None))
                before = self.seen(version)
                phone.sync(self.folder, [change(sid, E("Calendar:Subject", "Other plans"))])
                after = self.seen(version)
                self.assertEqual(after.get("Subject"), "Other plans")
                for name in self.GHOSTED:
                    self.assertEqual(str(after.find(name)), str(before.find(name)), name)
                if new:
                    self.assertEqual(after.get("AirSyncBase:Location/DisplayName"), "Room")
                    continue
                self.assertIsNone(after.get("Location"))
                if version != "12.1":
                    self.assertEqual((after.get("ResponseRequested"), after.get("DisallowNewTimeProposal")), ("1", "1"))

    def test_exceptions_stay_though_supported(self):
        """3.2.5.3.1"""
        phone = self.start("14.1", self.SUPPORTED)
        rule = recurrence("0", Interval=1, Occurrences=6)
        sid = self.put(phone, *appointment("Plans", rule, E("Calendar:Exceptions", exception(
            day(4), E("Subject", "Special"), E("Location", "Room 666")))))
        phone.sync(self.folder, [change(sid, *appointment("Other plans", rule))])
        item = self.seen("14.1")
        (one,) = item.find("Exceptions").findall("Exception")
        self.assertEqual((one.get("Subject"), one.get("Location")), ("Special", "Room 666"))

    PLACE = [("DisplayName", "Hall"), ("Annotation", "left door"), ("Street", "Main Street 1"), ("City", "Berlin"),
             ("State", "BE"), ("Country", "Germany"), ("PostalCode", "10115"), ("Latitude", "11.56"),
             ("Longitude", "1.9"), ("Accuracy", "1"), ("Altitude", "55.46"), ("AltitudeAccuracy", "1"),
             ("LocationUri", "geo:11.56,1.9")]

    def test_place(self):
        """MS-ASAIRS 2.2.2.28: every element both ways; an empty Location takes it away, and says so"""
        for version in ("16.0", "16.1"):
            with self.subTest(version=version):
                phone = self.start(version)
                sid = self.put(phone, *appointment("Plans", E("AirSyncBase:Location", [E(n, v) for n, v in self.PLACE])))
                node = self.seen(version).find("AirSyncBase:Location")
                self.assertEqual({c.tag: c.text for c in node}, dict(self.PLACE))
                self.assertEqual(self.seen("14.1").get("Location"), "Hall")
                phone.sync(self.folder, [change(sid, E("AirSyncBase:Location"))])
                node = self.seen(version).find("AirSyncBase:Location")
                self.assertEqual(len(node.children), 0)
                self.assertIsNone(self.seen("14.1").get("Location"))

    def test_filter_softly_deletes(self):
        """MS-ASCMD 2.2.3.170: what a new filter leaves out is taken from the device only"""
        long_ago = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(days=16)
        for version in ("14.1", "16.1"):
            with self.subTest(version=version):
                phone = self.start(version)
                sid = self.put(phone, *appointment("old", start=long_ago))
                answers = phone.sync(self.folder, [add("c2", *appointment("new"))])
                (result,) = [r for a in answers if a.has("Responses") for r in a.find("Responses")]
                phone.items[self.folder][result.get("ServerId")] = eas.Item(E("AirSync:ApplicationData"))
                answers = phone.sync(self.folder, filter=4)
                self.assertEqual([(c.tag, c.get("ServerId")) for a in answers for c in a.find("Commands")],
                                 [("SoftDelete", sid)])
                answers = phone.sync(self.folder, filter=0)
                self.assertEqual([(c.tag, c.get("ServerId")) for a in answers for c in a.find("Commands")],
                                 [("Add", sid)])

    def test_gregorian_is_the_default(self):
        """2.2.2.10, as Exchange does since 2013 SP1"""
        phone = self.start("14.1")
        self.put(phone, *appointment("Plans", recurrence("2", Interval=2, DayOfMonth=1, Occurrences=5, CalendarType=1)))
        self.assertEqual(self.seen("14.1").find("Recurrence").get("CalendarType"), "0")

    def test_own_elements(self):
        """What an appointment has that the client did not say"""
        for version in ("12.1", "14.0", "14.1", "16.0", "16.1"):
            with self.subTest(version=version):
                phone = self.start(version)
                self.put(phone, E("Calendar:Subject", "Plans"), E("Calendar:Reminder", "10"))
                item = self.seen(version)
                for name in ("DtStamp", "UID", "Timezone", "StartTime", "EndTime", "AirSyncBase:NativeBodyType",
                             "OrganizerName"):
                    self.assertIsNotNone(item.get(name), name)
                self.assertEqual({n: item.get(n) for n in ("MeetingStatus", "AllDayEvent", "Reminder", "BusyStatus",
                                                           "Sensitivity", "OrganizerEmail")},
                                 dict(MeetingStatus="0", AllDayEvent="0", Reminder="10", BusyStatus="2", Sensitivity="0",
                                      OrganizerEmail=self.user))


class Versions(NoteCase):
    """No version is sent an element that it does not have (MS-ASCAL, MS-ASTASK, MS-ASCNTC 2.2.2;
    MS-ASAIRS 7)"""
    storage = False
    core = True
    # element: first version
    SINCE = {"AirSyncBase:Body": (12, 0), "AirSyncBase:NativeBodyType": (12, 0), "Calendar:AttendeeStatus": (12, 0),
             "Calendar:AttendeeType": (12, 0), "Calendar:DisallowNewTimeProposal": (14, 0),
             "Calendar:ResponseRequested": (14, 0), "Calendar:AppointmentReplyTime": (14, 0),
             "Calendar:ResponseType": (14, 0), "Calendar:CalendarType": (14, 0), "Calendar:IsLeapMonth": (14, 0),
             "Calendar:FirstDayOfWeek": (14, 1), "Calendar:OnlineMeetingConfLink": (14, 1),
             "Calendar:OnlineMeetingExternalLink": (14, 1), "AirSyncBase:Location": (16, 0),
             "AirSyncBase:InstanceId": (16, 0), "AirSyncBase:Attachments": (16, 0), "Tasks:CalendarType": (14, 0),
             "Tasks:IsLeapMonth": (14, 0), "Tasks:FirstDayOfWeek": (14, 1), "AirSyncBase:Preview": (14, 0)}
    # element: first version without it
    UNTIL = {"Calendar:Body": (12, 0), "Calendar:BodyTruncated": (12, 0), "Tasks:Body": (12, 0),
             "Tasks:BodyTruncated": (12, 0), "Tasks:BodySize": (12, 0), "Contacts:Body": (12, 0),
             "Contacts:BodySize": (12, 0), "Contacts:BodyTruncated": (12, 0),
             "Calendar:Location": (16, 0), "Calendar:ExceptionStartTime": (16, 0)}

    def test_none_too_new(self):
        user = self.new_user()
        phone = self.phone(user, body=((1, 5000),))
        folders = {kind: phone.folder(type=kind) for kind in (CALENDAR, CONTACTS, TASKS)}
        for folder in folders.values():
            phone.sync(folder)
        phone.sync(folders[CALENDAR], [add("c%d" % i, *data) for i, data in enumerate((
            appointment("Daily", recurrence("0", Interval=1, Occurrences=6),
                        E("AirSyncBase:Location", E("DisplayName", "Room"), E("City", "Berlin")),
                        E("Calendar:Attendees", E("Attendee", E("Email", "g@example.net"), E("Name", "G"))),
                        E("Calendar:DisallowNewTimeProposal", "1"), E("Calendar:BusyStatus", "4"),
                        E("AirSyncBase:Body", E("Type", "2"), E("Data", "<p>words</p>"))),
            appointment("Weekly", recurrence("1", Interval=1, DayOfWeek=2)),
            appointment("Yearly", recurrence("5", Interval=1, DayOfMonth=1, MonthOfYear=2, CalendarType=15,
                                             IsLeapMonth=1))))])
        (sid,) = [s for s, i in self.phone_items(user, folders[CALENDAR]).items() if i.subject == "Daily"]
        phone.items[folders[CALENDAR]].update(self.phone_items(user, folders[CALENDAR]))
        phone.sync(folders[CALENDAR], [E("AirSync:Change", E("ServerId", sid), E("AirSyncBase:InstanceId", compact(day(3))),
                                         E("AirSync:ApplicationData", E("Calendar:Subject", "Special")))])
        phone.sync(folders[TASKS], [add("t", E("Tasks:Subject", "t"), E(
            "Tasks:Recurrence", E("Type", "5"), E("Start", "2027-06-10T00:00:00.000Z"), E("DayOfMonth", "1"),
            E("MonthOfYear", "2"), E("CalendarType", "15"), E("IsLeapMonth", "1")),
            E("AirSyncBase:Body", E("Type", "1"), E("Data", "words"))), add("w", E("Tasks:Subject", "w"), E(
                "Tasks:Recurrence", E("Type", "1"), E("Start", "2027-06-10T00:00:00.000Z"), E("DayOfWeek", "2")))])
        phone.sync(folders[CONTACTS], [add("p", E("Contacts:FileAs", "p"), E("Contacts2:NickName", "n"),
                                           E("AirSyncBase:Body", E("Type", "1"), E("Data", "words")))])
        seen = set()
        for version in eas.VERSIONS:
            for kind, folder in folders.items():
                with self.subTest(version=version, folder=kind):
                    for item in self.phone_items(user, folder, version).values():
                        names = {n.name for n in item.data.iter()}
                        seen |= names
                        number = tuple(map(int, version.split(".")))
                        self.assertEqual([n for n in names if number < self.SINCE.get(n, (0,))
                                          or number >= self.UNTIL.get(n, (99,))], [])
                        busy = item.get("Calendar:BusyStatus")
                        self.assertTrue(busy is None or int(busy) <= (4 if number >= (16, 0) else 3))
        # the check has seen what it looks for
        self.assertLessEqual({"Calendar:FirstDayOfWeek", "Calendar:IsLeapMonth", "Calendar:Location", "Tasks:Body",
                              "Calendar:Body", "Contacts:Body", "AirSyncBase:Location", "Tasks:FirstDayOfWeek",
                              "AirSyncBase:InstanceId", "Calendar:ExceptionStartTime"}, seen)

    def phone_items(self, user, folder, version="16.1"):
        other = self.phone(user, version=version, body=((1, 5000),))
        other.sync(folder)
        return other.items[folder]


if __name__ == "__main__":
    unittest.main()
