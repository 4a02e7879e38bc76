# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Meetings between two users whose phones speak every version, as a conformance suite
plays them (MS-ASCAL 2.2.2, MS-ASCMD 2.2.3.177.9, MS-ASEMAIL 2.2.2.48): up to 14.1 the
clients send the messages, in a form of iCalendar that is none too good."""

import base64
import datetime
import email
import struct
import unittest

from dovetail_test.case import TestCase
from dovetail_test.eas import CALENDAR, DELETED, Item, add, change, delete
from dovetail_test.wbxml import E
from test_calendar import BERLIN, Appointment, compact, day
from test_meetings import event, mail

VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")
START = datetime.datetime.now(datetime.timezone.utc).replace(hour=9, minute=0, second=0, microsecond=0) \
    + datetime.timedelta(days=30)


def long_form(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def people(*addresses, **more):
    return E("Calendar:Attendees", [E("Attendee", E("Email", a), E("Name", a.split("@")[0]),
                                      [E(k, v) for k, v in more.items()]) for a in addresses])


def ical(method, item, organizer, attendee, answer="", reply_to=None):
    """What a client writes by hand: a space behind BEGIN:, quoted TZID, empty CN,
    DTSTAMP without Z, an answer without ORGANIZER"""
    lines = ["BEGIN: VCALENDAR", "VERSION:2.0", "METHOD:" + method, "BEGIN:VTIMEZONE", "TZID:Universal Time",
             "BEGIN:STANDARD", "DTSTART:16011104T020000", "TZOFFSETFROM:-0000", "TZOFFSETTO:+0000",
             "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010311T020000", "TZOFFSETFROM:-0000",
             "TZOFFSETTO:+0000", "END:DAYLIGHT", "END:VTIMEZONE", "BEGIN:VEVENT", "UID:" + item.get("UID"),
             "DTSTAMP:" + item.get("DtStamp").rstrip("Z"), "DESCRIPTION:" + item.get("Subject")]
    if method == "REPLY":
        lines += ["SUMMARY:" + answer + item.get("Subject"),
                  "ATTENDEE;PARTSTAT=%s:mailto:%s" % (answer.upper(), attendee)]
    else:
        lines += ["STATUS:CANCELLED", "SUMMARY:Cancelled:" + item.get("Subject")] if method == "CANCEL" else \
            ["SUMMARY:" + item.get("Subject")]
        lines += ['ATTENDEE;CN="";RSVP=%s:mailto:%s' % (
            "TRUE" if item.get("ResponseRequested") == "1" else "FALSE", attendee), "ORGANIZER:MAILTO:" + organizer]
    lines += ["LOCATION:My Office", 'DTSTART;TZID="Universal Time":' + item.get("StartTime").rstrip("Z"),
              'DTEND;TZID="Universal Time":' + item.get("EndTime").rstrip("Z")]
    rule = item.find("Recurrence")
    if rule is not None:
        lines.append("RRULE:FREQ=DAILY;COUNT=" + rule.get("Occurrences"))
    busy = {"0": "FREE", "1": "TENTATIVE", "2": "BUSY", "3": "OOF"}[item.get("BusyStatus")]
    lines.append("X-MICROSOFT-CDO-BUSYSTATUS:" + busy)
    if item.get("Reminder") and method != "REPLY":
        lines += ["BEGIN:VALARM", "TRIGGER:-PT%sM" % item.get("Reminder"), "ACTION:DISPLAY", "END:VALARM"]
    lines += ["END:VEVENT"]
    exceptions = item.find("Exceptions")
    if exceptions is not None and method == "REQUEST":
        one = exceptions.find("Exception")
        original = one.get("ExceptionStartTime").rstrip("Z")
        lines += ["BEGIN:VEVENT", 'DTSTART;TZID="Universal Time":' + one.get("StartTime").rstrip("Z"),
                  'DTEND;TZID="Universal Time":' + one.get("EndTime").rstrip("Z"), "UID:" + item.get("UID"),
                  "DTSTAMP:" + item.get("DtStamp").rstrip("Z"), "SUMMARY:" + (one.get("Subject") or ""),
                  'RECURRENCE-ID;TZID="Universal Time":' + original, "LOCATION:" + (one.get("Location") or ""),
                  "END:VEVENT"]
    return "\r\n".join(lines + ["END:VCALENDAR", ""])


def mime(sender, to, subject, calendar):
    return ("From: %s\r\nTo: %s\r\nSubject: %s\r\nContent-Type: multipart/alternative;\r\n"
            "    boundary=\"_001_\"\r\nMIME-Version: 1.0\r\n\r\n--_001_\r\nContent-Type: text/plain; "
            "charset=\"us-ascii\"\r\n\r\nbody\r\n\r\n--_001_\r\nContent-Type: text/calendar; "
            "charset=\"us-ascii\"; method=REQUEST\r\n\r\n%s\r\n\r\n--_001_--\r\n\r\n" % (
                sender, to, subject, calendar)).encode()


class Two(TestCase):
    """The organiser and a guest"""

    def start(self, version):
        self.version = version
        self.new = tuple(map(int, version.split("."))) >= (16, 0)
        self.boss, self.guest = self.new_user(), self.new_user()
        self.phones = {u: self.phone(u, version=version, body=((1, 5000),)) for u in (self.boss, self.guest)}
        self.dovecot.mta.clear()

    def invite(self, subject="Plans", guests=None, start=None, attendee=(), status="1", more=()):
        phone = self.phones[self.boss]
        folder = phone.folder(type=CALENDAR)
        phone.sync(folder)
        data = [E("Calendar:Subject", subject), E("Calendar:Timezone", BERLIN),
                E("AirSyncBase:Body", E("Type", "1"), E("Data", "text"))]
        if start is not None:
            data += [E("Calendar:StartTime", compact(start)),
                     E("Calendar:EndTime", compact(start + datetime.timedelta(hours=1)))]
        if not self.new:
            data += [E("Calendar:OrganizerEmail", self.boss), E("Calendar:OrganizerName", self.boss.split("@")[0]),
                     E("Calendar:UID", "uid-" + self.boss)]
        data += [E("Calendar:MeetingStatus", status), people(*(guests or (self.guest,)), **dict(attendee))]
        klass = "Calendar" if phone.client.v < (14, 0) else None
        answers = phone.sync(folder, [add("c1", *data, *more, klass=klass)])
        (result,) = [r for a in answers if a.has("Responses") for r in a.find("Responses")]
        self.assertEqual(result.get("Status"), "1")
        phone.items[folder][result.get("ServerId")] = Item(E("AirSync:ApplicationData"))
        return self.seen(self.boss)

    def seen(self, user, subject=None):
        """The only appointment, as a new device has it (with this version)"""
        self.fresh = self.phone(user, version=self.version, body=((1, 5000),))
        self.folder = self.fresh.folder(type=CALENDAR)
        self.fresh.sync(self.folder)
        items = self.fresh.items[self.folder]
        if not items:
            return None
        (self.sid,) = items
        return Appointment(items[self.sid])

    def send(self, sender, to, item, method="REQUEST", answer="", subject=None):
        text = ical(method, item, self.boss, self.guest, answer)
        answer = self.phones[sender].client.send_mail(mime(sender, to, subject or item.get("Subject"), text),
                                                      save=False)
        self.assertFalse(answer.body)
        for mail in self.dovecot.mta.wait(1, 10):
            for recipient in mail.recipients:
                if recipient in self.phones:
                    self.dovecot.deliver(recipient, mail.data, sender)
        self.dovecot.mta.clear()

    def invitation(self, subject="Plans"):
        phone = self.phones[self.guest]
        phone.sync()
        found = [s for s, i in phone.items[phone.inbox].items() if i.subject == subject]
        self.assertTrue(found, phone.subjects())
        return found[-1], phone.items[phone.inbox][found[-1]]

    def respond(self, answer, folder, request, instance=None):
        node = self.phones[self.guest].client.call("MeetingResponse", E("MeetingResponse:MeetingResponse", E(
            "Request", E("UserResponse", str(answer)), E("CollectionId", folder), E("RequestId", request),
            E("InstanceId", instance) if instance else None))).node
        (result,) = node.findall("Result")
        return result


    def words_of(self, data):
        """All text of a mail, decoded"""
        parts = [p for p in email.message_from_bytes(data).walk() if p.get_content_type() == "text/plain"]
        return b"".join(p.get_payload(decode=True) for p in parts)

    def calendar_of(self, data):
        """Subject, method and text"""
        parsed = email.message_from_bytes(data)
        (part,) = [p for p in parsed.walk() if p.get_content_type() == "text/calendar"]
        return parsed["Subject"], part.get_param("method"), part.get_payload(decode=True).decode().replace("\r\n ", "")


class Play(Two):
    def test_accepted(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                self.start(version)
                item = self.invite(more=(E("Calendar:BusyStatus", "0"),))
                guest = item.find("Attendees/Attendee")
                self.assertEqual((guest.get("AttendeeStatus"), guest.get("AttendeeType")), ("0", "1"))
                self.assertEqual(item.get("BusyStatus"), "0")
                if version != "12.1":
                    self.assertEqual(item.get("ResponseType"), "1")
                self.send(self.boss, self.guest, item)
                message, _ = self.invitation()
                before = self.seen(self.guest)
                result = self.respond(1, self.phones[self.guest].inbox, message)
                self.assertEqual(result.get("Status"), "1")
                self.assertEqual(result.get("CalendarId"), self.sid)
                after = self.seen(self.guest)
                if version != "12.1":
                    self.assertEqual((before.get("ResponseType"), after.get("ResponseType")), ("5", "3"))
                    # what the guest changes for himself leaves the answer
                    replied = after.get("AppointmentReplyTime")
                    self.assertIsNotNone(replied)
                    place = E("AirSyncBase:Location", E("DisplayName", "here")) if self.new else \
                        E("Calendar:Location", "here")
                    self.fresh.sync(self.folder, [change(self.sid, E("Calendar:Subject", "Plans"), place)])
                    after = self.seen(self.guest)
                    self.assertEqual(after.get("AppointmentReplyTime"), replied)
                self.send(self.guest, self.boss, after, "REPLY", "accepted")
                status = self.seen(self.boss).find("Attendees/Attendee").get("AttendeeStatus")
                self.assertEqual(status, "3")

    def test_tentative_and_declined(self):
        for version in VERSIONS:
            for answer, word, status in ((2, "tentative", "2"), (3, "declined", "4")):
                with self.subTest(version=version, answer=word):
                    self.start(version)
                    item = self.invite(attendee=dict(AttendeeType="2"))
                    self.assertEqual((item.find("Attendees/Attendee").get("AttendeeType"),
                                      item.get("MeetingStatus")), ("2", "1"))
                    self.send(self.boss, self.guest, item)
                    message, _ = self.invitation()
                    here = self.seen(self.guest)
                    self.assertEqual(here.get("MeetingStatus"), "3")
                    result = self.respond(answer, self.phones[self.guest].inbox, message)
                    self.assertEqual(result.get("Status"), "1")
                    self.assertEqual(result.has("CalendarId"), answer == 2)
                    after = self.seen(self.guest)
                    self.assertEqual(after is None, answer == 3)
                    if answer == 2 and version != "12.1":
                        self.assertEqual(after.get("ResponseType"), "2")
                    self.send(self.guest, self.boss, here, "REPLY", word)
                    self.assertEqual(self.seen(self.boss).find("Attendees/Attendee").get("AttendeeStatus"), status)
                    phone = self.phones[self.guest]
                    trash = phone.folder(type=DELETED)
                    phone.sync(trash)
                    self.assertIn("Plans", phone.subjects(trash))

    def test_not_answered(self):
        """AttendeeStatus 5 is what the client said; no AppointmentReplyTime before an answer"""
        for version in VERSIONS:
            with self.subTest(version=version):
                self.start(version)
                more = dict(AttendeeType="3") if self.new else dict(AttendeeStatus="5", AttendeeType="3")
                item = self.invite(attendee=more, more=(E("Calendar:BusyStatus", "3"),))
                guest = item.find("Attendees/Attendee")
                self.assertEqual((guest.get("AttendeeType"), item.get("BusyStatus")), ("3", "3"))
                if not self.new:
                    self.assertEqual(guest.get("AttendeeStatus"), "5")
                self.send(self.boss, self.guest, item)
                here = self.seen(self.guest)
                if version != "12.1":
                    self.assertEqual(here.get("ResponseType"), "5")
                self.assertIsNone(here.get("AppointmentReplyTime"))
                self.assertIsNone(self.seen(self.boss).get("AppointmentReplyTime"))

    def test_cancelled(self):
        """MeetingStatus 5 here, 7 there, under the subject of the cancellation"""
        for version in VERSIONS:
            with self.subTest(version=version):
                self.start(version)
                item = self.invite(status="1" if self.new else "5")
                self.assertEqual(item.get("MeetingStatus"), "1" if self.new else "5")
                self.send(self.boss, self.guest, item)
                self.assertIsNotNone(self.seen(self.guest))
                self.send(self.boss, self.guest, item, "CANCEL", subject="CANCELLED:Plans")
                self.invitation("CANCELLED:Plans")
                here = self.seen(self.guest)
                self.assertEqual(here.get("MeetingStatus"), "7")
                self.assertEqual(here.get("Subject").lower(), "cancelled:plans")

    def test_exception(self):
        """One occurrence elsewhere, answered by the time that it has now; another by its day"""
        self.start("14.1")
        original = START + datetime.timedelta(days=2)
        moved = original + datetime.timedelta(minutes=15)
        item = self.invite(start=START, more=(
            E("Calendar:BusyStatus", "1"), E("Calendar:Recurrence", E("Type", "0"), E("Occurrences", "6"),
                                             E("Interval", "1")),
            E("Calendar:Exceptions", E("Exception", E("ExceptionStartTime", compact(original)),
                                       E("StartTime", compact(moved)),
                                       E("EndTime", compact(moved + datetime.timedelta(hours=2))),
                                       E("Subject", "Exception"), E("BusyStatus", "2"), E("Location", "Room 666"),
                                       E("Reminder", "10"), people(self.guest, "other@example.net"),
                                       E("AirSyncBase:Body", E("Type", "2"), E("Data", "in exception"))))))
        one = item.find("Exceptions/Exception")
        self.assertEqual(one.get("Reminder"), "10")
        self.assertTrue(one.has("Attendees"))
        self.assertEqual(one.get("AirSyncBase:Body/Data").strip(), "in exception")
        self.send(self.boss, self.guest, item)
        self.seen(self.guest)
        calendar, sid = self.folder, self.sid
        self.assertEqual(self.respond(1, calendar, sid, long_form(moved)).get("Status"), "1")
        one = self.seen(self.guest).find("Exceptions/Exception")
        for name in ("AppointmentReplyTime", "ResponseType", "EndTime", "Location", "StartTime", "MeetingStatus"):
            self.assertTrue(one.has(name), name)
        self.assertEqual(one.get("ResponseType"), "3")
        self.assertEqual(one.get("Subject"), "Exception")
        self.assertEqual(self.respond(3, calendar, sid, long_form(moved + datetime.timedelta(days=1))).get("Status"), "1")
        first = self.seen(self.guest).find("Exceptions").findall("Exception")[0]
        self.assertEqual(first.get("Deleted"), "1")
        self.assertIsNone(first.get("AppointmentReplyTime"))


class Statuses(Two):
    """MS-ASCMD 2.2.3.177.9, 2.2.3.92.1: always in a Result"""

    def test_each(self):
        self.start("14.1")
        item = self.invite()
        self.send(self.boss, self.guest, item)
        message, _ = self.invitation()
        self.seen(self.guest)
        inbox = self.phones[self.guest].inbox
        start = long_form(START)
        for answer, folder, request, instance, status in (
                (5, inbox, message, None, "2"), (0, inbox, message, None, "2"),
                (2, inbox, "InvalidValue", None, "2"),
                (3, inbox, message, start, "2"),                       # an occurrence of a mail
                (1, inbox, self.sid, "4711", "2"),
                (1, self.folder, self.sid, start, "146"),              # does not recur
                (1, self.folder, self.sid, START.strftime("%m-%d-%YT%H:%M:%S.000Z"), "104")):
            with self.subTest(answer=answer, instance=instance, status=status):
                result = self.respond(answer, folder, request, instance)
                self.assertEqual((result.get("Status"), result.get("CalendarId")), (status, None))
                self.assertEqual(result.get("RequestId"), request)

    def test_too_many(self):
        self.start("14.1")
        client = self.phones[self.guest].client
        request = E("MeetingResponse:Request", E("UserResponse", "1"), E("CollectionId", "1"), E("RequestId", "1:1.1"))
        node = client.call("MeetingResponse", E("MeetingResponse:MeetingResponse", [request] * 101)).node
        self.assertEqual([r.get("Status") for r in node.findall("Result")], ["103"])
        node = client.call("MeetingResponse", E("MeetingResponse:MeetingResponse", [request] * 100)).node
        self.assertEqual([r.get("Status") for r in node.findall("Result")], ["2"] * 100)


class Occurrence(Two):
    def test_called_off(self):
        """16.x: the organiser deletes one occurrence: a CANCEL of it goes to the guests, and
        nothing else; the guest's calendar has it as called off, and the rest as it was."""
        for version in ("16.0", "16.1"):
            with self.subTest(version=version):
                self.start(version)
                self.invite(start=START, more=(E("Calendar:Recurrence", E("Type", "0"), E("Occurrences", "6"),
                                                 E("Interval", "1")),))
                (mail,) = self.dovecot.mta.wait(1, 10)
                self.dovecot.deliver(self.guest, mail.data, self.boss)
                self.dovecot.mta.clear()
                gone = START + datetime.timedelta(days=2)
                phone = self.phones[self.boss]
                folder = phone.folder(type=CALENDAR)
                (sid,) = phone.items[folder]
                command = delete(sid, instance=compact(gone))
                phone.sync(folder, [command])
                (mail,) = self.dovecot.mta.wait(1, 10)
                self.assertEqual(list(mail.recipients), [self.guest])
                subject, method, words = self.calendar_of(mail.data)
                self.assertEqual((subject, method), ("Canceled: Plans", "CANCEL"))
                self.assertIn("METHOD:CANCEL", words)
                self.assertIn("STATUS:CANCELLED", words)
                self.assertEqual(words.count("BEGIN:VEVENT"), 1)
                self.assertRegex(words, "RECURRENCE-ID[^:]*:" + gone.strftime("%Y%m%d"))
                for absent in ("RRULE", "EXDATE"):
                    self.assertNotIn(absent, words.split("BEGIN:VEVENT")[1])
                self.assertIn("SEQUENCE:1", words)
                self.dovecot.deliver(self.guest, mail.data, self.boss)
                item = self.seen(self.guest)
                self.assertEqual(item.get("MeetingStatus"), "3")
                (one,) = item.find("Exceptions").findall("Exception")
                self.assertEqual((one.get("AirSyncBase:InstanceId"), one.get("MeetingStatus")), (compact(gone), "7"))
                # again: it is not told twice
                phone.sync(folder, [command])
                self.assertEqual(len(self.dovecot.mta.mails), 1)
                # and a later change of the series is a REQUEST that leaves it out
                self.dovecot.mta.clear()
                phone.sync(folder, [change(sid, E("Calendar:Subject", "Plans B"))])
                (mail,) = self.dovecot.mta.wait(1, 10)
                subject, method, words = self.calendar_of(mail.data)
                self.assertEqual((subject, method), ("Plans B", "REQUEST"))
                self.assertRegex(words, "EXDATE[^:]*:" + gone.strftime("%Y%m%d"))


class Requests(TestCase):
    """MeetingRequest of messages (MS-ASEMAIL 2.2.2.37, 2.2.2.47, 2.2.2.61, 2.2.2.14)"""

    def arrives(self, subject, *arguments, **more):
        self.dovecot.deliver(self.user, mail(event(*arguments, [self.user], **more), self.user, subject=subject))

    def requests(self, version="14.1"):
        """By subject, as a new device has them"""
        phone = self.phone(self.user, version=version)
        phone.sync()
        return {i.subject: i.data.find("Email:MeetingRequest") for i in phone.items[phone.inbox].values()}

    def types(self):
        return {subject: node.get("Email2:MeetingMessageType") for subject, node in self.requests().items()}

    def test_message_type(self):
        self.user = self.new_user()
        self.arrives("first", "REQUEST", stamp=10)
        self.assertEqual(self.types(), {"first": "1"})
        self.arrives("copy", "REQUEST", stamp=10)
        self.assertEqual(self.types(), {"first": "1", "copy": "1"})
        # moved by a program that keeps DTSTAMP
        self.arrives("moved", "REQUEST", stamp=10, start=day(4))
        self.assertEqual(self.types(), {"first": "1", "copy": "1", "moved": "2"})
        calendar = self.phone(self.user, version="14.1")
        folder = calendar.folder(type=CALENDAR)
        calendar.sync(folder)
        (item,) = calendar.items[folder].values()
        self.assertEqual(item.get("Calendar:StartTime"), compact(day(4)))
        # late: the calendar knows better
        self.arrives("late", "REQUEST", stamp=9, start=day(5))
        self.arrives("newer", "REQUEST", stamp=12, start=day(6))
        self.assertEqual(self.types(), {"first": "4", "copy": "4", "moved": "4", "late": "4", "newer": "2"})
        self.arrives("numbered", "REQUEST", stamp=13, sequence=1, start=day(7))
        self.assertEqual(self.types()["numbered"], "2")
        self.assertFalse(self.requests("14.0")["newer"].has("Email2:MeetingMessageType"))

    def test_information(self):
        """3: nothing to answer anew; 6: somebody else goes"""
        self.user = self.new_user()
        self.arrives("first", "REQUEST", stamp=10)
        phone = self.phone(self.user, version="14.1")
        phone.sync()
        node = phone.client.meeting_response(phone.inbox, phone.by_subject("first"), 1)
        self.assertEqual(node.get("Result/Status"), "1")
        self.arrives("words", "REQUEST", stamp=11, sequence=1, summary="Other words")
        self.assertEqual(self.types()["words"], "3")
        self.arrives("time", "REQUEST", stamp=12, sequence=2, start=day(5))
        self.assertEqual((self.types()["words"], self.types()["time"]), ("4", "2"))
        self.arrives("sent", "REQUEST", uid="d", partstat="DELEGATED;DELEGATED-TO=\"mailto:x@example.net\"")
        self.assertEqual(self.types()["sent"], "6")

    def test_again_after_own_change(self):
        """A copy of an invitation leaves what the guest made of it; so does a late one."""
        self.user = self.new_user()
        self.arrives("first", "REQUEST", stamp=10)
        for version in ("14.1", "16.1"):
            phone = self.phone(self.user, version=version)
            folder = phone.folder(type=CALENDAR)
            phone.sync(folder)
            (sid,) = phone.items[folder]
            mine = day(8).replace(hour=7)
            phone.sync(folder, [change(sid, E("Calendar:Subject", "Mine"), E("Calendar:Reminder", "45"),
                                       E("Calendar:StartTime", compact(mine)), E("Calendar:EndTime", compact(
                                           mine + datetime.timedelta(hours=1))),
                                       E("Calendar:Categories", E("Category", "Red")))])
            self.arrives("copy", "REQUEST", stamp=10)
            self.arrives("late", "REQUEST", stamp=9, start=day(5))
            again = self.phone(self.user, version=version)
            again.sync(folder)
            item = again.items[folder][sid]
            self.assertEqual((item.get("Calendar:StartTime"), item.get("Calendar:Reminder"),
                              item.get("Calendar:Categories/Category")), (compact(mine), "45", "Red"))
        # the organiser's next word counts for what is his
        self.arrives("newer", "REQUEST", stamp=11, start=day(6))
        again.sync(folder)
        item = again.items[folder][sid]
        self.assertEqual((item.get("Calendar:StartTime"), item.get("Calendar:Reminder"),
                          item.get("Calendar:Categories/Category")), (compact(day(6)), "45", "Red"))

    def test_exception(self):
        """RecurrenceId, and its day in the GlobalObjId"""
        self.user = self.new_user()
        self.arrives("series", "REQUEST", more="RRULE:FREQ=DAILY;COUNT=9")
        self.arrives("one", "REQUEST", sequence=1, stamp=12, start=day(5).replace(hour=15), recurrence_id=day(5))
        for version in ("12.1", "14.1"):
            found = self.requests(version)
            whole, one = (base64.b64decode(found[s].get("GlobalObjId")) for s in ("series", "one"))
            self.assertEqual((whole[:16], whole[20:]), (one[:16], one[20:]))
            self.assertEqual(whole[16:20], b"\0\0\0\0")
            self.assertEqual(one[16:20], struct.pack(">HBB", day(5).year, 6, 5))
            self.assertFalse(found["series"].has("RecurrenceId"))
            self.assertEqual(found["one"].get("RecurrenceId"), long_form(day(5)))
            self.assertEqual((found["series"].get("InstanceType"), found["one"].get("InstanceType")), ("1", "3"))
        self.assertEqual(self.requests("16.1")["one"].get("RecurrenceId"), long_form(day(5)))

    def test_busy(self):
        """Elsewhere (4) is of 16.0 on; nothing said is busy"""
        self.user = self.new_user()
        self.arrives("elsewhere", "REQUEST", uid="e", more="X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE")
        self.arrives("nothing", "REQUEST", uid="n")
        self.assertEqual({s: n.get("BusyStatus") for s, n in self.requests("14.1").items()},
                         {"elsewhere": "0", "nothing": "2"})
        self.assertEqual({s: n.get("BusyStatus") for s, n in self.requests("16.1").items()},
                         {"elsewhere": "4", "nothing": "2"})


class Smart(Two):
    """SmartForward and SmartReply of what is in the calendar (MS-ASCMD 2.2.1.19, 2.2.1.20)"""

    def source(self, folder, item, instance=None):
        return E("Source", E("FolderId", folder), E("ItemId", item), E("InstanceId", instance) if instance else None)

    def smart(self, user, command, *content, client_id="s1"):
        """The status; "1": done"""
        node = self.phones[user].client.call(command, E("ComposeMail:" + command, E("ClientId", client_id),
                                                        *content)).node
        return "1" if node is None else node.get("Status")

    def text(self, sender, to, subject="FW: Plans"):
        return E("Mime", ("From: %s\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
                          "\r\nnew words\r\n" % (sender, to, subject)).encode())

    def own(self, version="14.1", guests=None):
        """An appointment without guests in the organiser's calendar"""
        self.start(version)
        phone = self.phones[self.boss]
        folder = phone.folder(type=CALENDAR)
        phone.sync(folder)
        answers = phone.sync(folder, [add("c1", E("Calendar:Subject", "Dentist"), E("Calendar:Timezone", BERLIN),
                                          E("Calendar:StartTime", compact(START)),
                                          E("Calendar:EndTime", compact(START + datetime.timedelta(hours=1))),
                                          E("AirSyncBase:Body", E("Type", "1"), E("Data", "bring the card")))])
        (result,) = [r for a in answers if a.has("Responses") for r in a.find("Responses")]
        return folder, result.get("ServerId")

    def test_appointment(self):
        folder, sid = self.own()
        self.assertEqual(self.smart(self.boss, "SmartForward", self.source(folder, sid),
                                    self.text(self.boss, self.guest, "FW: Dentist")), "1")
        (mail,) = self.dovecot.mta.wait(1, 10)
        subject, method, words = self.calendar_of(mail.data)
        self.assertEqual((subject, method), ("FW: Dentist", "PUBLISH"))
        self.assertIn("SUMMARY:Dentist", words)
        self.dovecot.deliver(self.guest, mail.data, self.boss)
        _, item = self.invitation("FW: Dentist")
        body = item.get("AirSyncBase:Body/Data")
        for part in ("new words", "bring the card", START.strftime("%Y-%m-%d")):
            self.assertIn(part, body)
        attachments = item.data.find("AirSyncBase:Attachments").findall("Attachment")
        self.assertEqual([a.get("DisplayName") for a in attachments], ["appointment.ics"])
        self.assertIsNone(self.seen(self.guest), "a file is no invitation")

    def organiser_is_told(self, notice, third):
        """By mail; and the guest is in his calendar, once"""
        self.assertEqual(list(notice.recipients), [self.boss])
        self.assertIn(third.encode(), self.words_of(notice.data))
        other = self.new_user()
        forged = notice.data.replace(self.guest.encode(), b"stranger@example.net").replace(third.encode(), other.encode())
        for data in (forged, notice.data, notice.data):
            self.dovecot.deliver(self.boss, data, self.guest)
        phone = self.phones[self.boss]
        phone.sync()
        self.assertIn("Meeting Forward Notification: Plans", phone.subjects())
        guests = {a.get("Email"): (a.get("AttendeeType"), a.get("AttendeeStatus"))
                  for a in self.seen(self.boss).find("Attendees").children}
        self.assertEqual(sorted(guests), sorted([self.guest, third]))
        self.assertEqual(guests[third], ("2", "0"))

    def test_meeting(self):
        """The organiser stays (3.1.5.7): who gets it is invited by him."""
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                self.start(version)
                third = self.new_user()
                self.phones[third] = self.phone(third, version=version, body=((1, 5000),))
                item = self.invite(start=START)
                self.dovecot.mta.clear()
                self.send(self.boss, self.guest, item)
                self.seen(self.guest)
                client = self.phones[self.guest].client
                if version == "12.1":
                    mime = self.text(self.guest, third).text
                    answer = client.smart_forward(mime, (self.folder, self.sid))
                    self.assertFalse(answer.body)
                else:
                    self.assertEqual(self.smart(self.guest, "SmartForward", self.source(self.folder, self.sid),
                                                self.text(self.guest, third)), "1")
                mail, notice = self.dovecot.mta.wait(2, 10)
                subject, method, words = self.calendar_of(mail.data)
                self.assertEqual((list(mail.recipients), subject, method), ([third], "FW: Plans", "REQUEST"))
                self.organiser_is_told(notice, third)
                self.assertIn("mailto:" + self.boss, words.lower())
                self.dovecot.deliver(third, mail.data, self.guest)
                forwarded = self.seen(third)
                self.assertEqual((forwarded.get("OrganizerEmail"), forwarded.get("MeetingStatus"),
                                  forwarded.get("StartTime")), (self.boss, "3", compact(START)))

    def test_occurrence(self):
        self.start("14.1")
        self.invite(start=START, more=(E("Calendar:BusyStatus", "2"), E(
            "Calendar:Recurrence", E("Type", "0"), E("Occurrences", "6"), E("Interval", "1")),))
        one = START + datetime.timedelta(days=2)
        self.assertEqual(self.smart(self.boss, "SmartForward", self.source(self.folder, self.sid, long_form(one)),
                                    self.text(self.boss, self.guest)), "1")
        (mail,) = self.dovecot.mta.wait(1, 10)
        _, method, words = self.calendar_of(mail.data)
        self.assertEqual((method, words.count("BEGIN:VEVENT")), ("REQUEST", 1))
        self.assertRegex(words, "RECURRENCE-ID[^:]*:" + one.strftime("%Y%m%d"))
        self.dovecot.mta.clear()
        self.assertEqual(self.smart(self.boss, "SmartForward", self.source(self.folder, self.sid),
                                    self.text(self.boss, self.guest), client_id="s2"), "1")
        (mail,) = self.dovecot.mta.wait(1, 10)
        self.assertIn("RRULE:FREQ=DAILY;COUNT=6", self.calendar_of(mail.data)[2])
        for n, (instance, status) in enumerate((("nonsense", "104"), (long_form(START + datetime.timedelta(days=60)),
                                                                      "150"))):
            self.assertEqual(self.smart(self.boss, "SmartForward", self.source(self.folder, self.sid, instance),
                                        self.text(self.boss, self.guest), client_id="w%d" % n), status)

    def test_reply(self):
        self.start("14.1")
        item = self.invite(start=START)
        self.send(self.boss, self.guest, item)
        self.seen(self.guest)
        self.assertEqual(self.smart(self.guest, "SmartReply", self.source(self.folder, self.sid),
                                    self.text(self.guest, self.boss, "RE: Plans")), "1")
        (mail,) = self.dovecot.mta.wait(1, 10)
        self.assertEqual(list(mail.recipients), [self.boss])
        self.assertIn(b"new words", self.words_of(mail.data))
        self.assertIn(b"Original Message", self.words_of(mail.data))
        self.assertNotIn(b"text/calendar", mail.data)

    def test_what_is_none(self):
        folder, sid = self.own()
        for n, item in enumerate((folder + ":0.ffff", "999:0.1")):
            self.assertEqual(self.smart(self.boss, "SmartForward", self.source(folder, item),
                                        self.text(self.boss, self.guest), client_id="n%d" % n), "150")
        self.assertEqual(self.dovecot.mta.mails, [])

    def test_forwardees(self):
        """16.x: the server writes the forward of a meeting (2.2.3.76)."""
        for version in ("16.0", "16.1"):
            with self.subTest(version=version):
                self.start(version)
                item = self.invite(start=START)
                self.dovecot.mta.wait(1, 10)
                self.dovecot.mta.clear()
                to = E("Forwardees", E("Forwardee", E("ForwardeeName", "Zo\u00eb \"Z\" Doe"),
                                       E("ForwardeeEmail", "zoe@example.net")))
                words = E("AirSyncBase:Body", E("Type", "1"), E("Data", "come along"))
                command = (self.source(self.folder, self.sid), to, words)
                self.assertEqual(self.smart(self.boss, "SmartForward", *command), "1")
                (mail,) = self.dovecot.mta.wait(1, 10)
                self.assertEqual(list(mail.recipients), ["zoe@example.net"])
                subject, method, text = self.calendar_of(mail.data)
                self.assertEqual((subject, method), ("FW: Plans", "REQUEST"))
                self.assertIn("UID:" + item.get("UID"), text)
                self.assertIn(b"come along", self.words_of(mail.data))
                self.assertEqual(self.smart(self.boss, "SmartForward", *command), "118")
                for n, (wrong, status) in enumerate((
                        ((E("Forwardees"), words), "179"), ((words,), "179"),
                        ((E("Forwardees", E("Forwardee", E("ForwardeeName", "x"))),), "179"),
                        ((E("Forwardees", E("Forwardee", E("ForwardeeEmail", "a@b>,<c@d"))),), "179"),
                        ((to, self.text(self.boss, self.guest)), "178"))):
                    self.assertEqual(self.smart(self.boss, "SmartForward", command[0], *wrong, client_id="f%d" % n),
                                     status, n)
                self.assertEqual(len(self.dovecot.mta.mails), 1)


if __name__ == "__main__":
    unittest.main()
