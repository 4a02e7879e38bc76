# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Meetings: what LMTP delivers, what the phone answers, what the server sends (C4)."""

import base64
import email
import re

from dovetail_test.case import TestCase, message
from dovetail_test.eas import Item, add, change, delete
from dovetail_test.wbxml import E
from test_calendar import CALENDAR, Appointment, compact, day, times

GUEST = "guest@example.net"


def event(method, guests, uid="m1", sequence=0, stamp=10, start=None, organizer="boss@example.net",
          more="", recurrence_id=None, summary="Planning", partstat="NEEDS-ACTION"):
    start = start or day(3)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "METHOD:" + method, "BEGIN:VEVENT",
             "UID:" + uid, "DTSTAMP:20261001T%02d0000Z" % stamp, "SEQUENCE:%d" % sequence,
             "RECURRENCE-ID:" + compact(recurrence_id) if recurrence_id else "",
             "DTSTART:" + compact(start), "DTEND:" + compact(start.replace(minute=30)),
             "SUMMARY:" + summary, "ORGANIZER;CN=Boss:mailto:" + organizer]
    lines += ["ATTENDEE;PARTSTAT=%s;RSVP=TRUE:mailto:%s" % (partstat, g) for g in guests]
    lines += [more, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(line for line in lines if line) + "\r\n"


def mail(text, to, sender="Boss <boss@example.net>", subject="Planning"):
    method = re.search("METHOD:(.*)\r", text).group(1)
    body = ("--b\r\nContent-Type: text/plain\r\n\r\nplease\r\n--b\r\nContent-Type: text/calendar; "
            "charset=utf-8; method=%s\r\n\r\n%s--b--\r\n" % (method, text))
    return message(subject, body, "Content-Type: multipart/alternative; boundary=b\r\n", to=to, sender=sender)


class Meetings(TestCase):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()

    def phone_of(self, user=None, version="16.1", device=None):
        phone = self.phone(user or self.user, version=version, **({"device_id": device} if device else {}))
        self.calendar = phone.folder(type=CALENDAR)
        phone.sync(self.calendar)
        return phone

    def arrives(self, *arguments, user=None, **more):
        user = user or self.user
        self.dovecot.deliver(user, mail(event(arguments[0], [user], **more), user))

    def appointment(self, phone):
        phone.sync(self.calendar)
        items = phone.items[self.calendar]
        self.assertLessEqual(len(items), 1, "the meeting is there once")
        return Appointment(next(iter(items.values()))) if items else None

    def create(self, phone, *more, guests=(GUEST,), client_id="c1"):
        answers = phone.sync(self.calendar, commands=[add(
            client_id, *[e for e in times(start=day(3)) if e is not None], E("Calendar:Subject", "Party"),
            E("Calendar:Attendees", *[E("Attendee", E("Email", g), E("Name", g)) for g in guests]), *more)])
        sid = answers[0].find("Responses").children[0].get("ServerId")
        phone.items[self.calendar][sid] = Item(E("AirSync:ApplicationData"))
        return sid

    def sent(self, count=1, timeout=10):
        """Calendar texts of what was sent, with the recipients"""
        found = []
        for sent in self.dovecot.mta.wait(count, timeout):
            parsed = email.message_from_bytes(sent.data)
            for part in parsed.walk():
                if part.get_content_type() == "text/calendar":
                    text = part.get_payload(decode=True).decode().replace("\r\n ", "")
                    found.append((sorted(sent.recipients), part.get_param("method"), text, parsed))
        return found


class Arriving(Meetings):
    def test_invitation_update_cancellation(self):
        phone = self.phone_of()
        self.arrives("REQUEST")
        item = self.appointment(phone)
        self.assertEqual(item.get("Subject"), "Planning")
        self.assertEqual(item.get("BusyStatus"), "1")
        self.assertEqual(item.get("MeetingStatus"), "3")
        self.assertEqual(item.get("ResponseType"), "5")
        self.assertEqual(item.get("OrganizerEmail"), "boss@example.net")
        self.assertIsNone(item.get("AppointmentReplyTime"))
        # a copy, and one that is older
        self.arrives("REQUEST")
        self.assertEqual(phone.sync(self.calendar), [])
        self.arrives("REQUEST", sequence=2, stamp=12, start=day(4))
        self.assertEqual(self.appointment(phone).get("StartTime"), compact(day(4)))
        self.arrives("REQUEST", sequence=1, stamp=11, start=day(5))
        self.assertEqual(self.appointment(phone).get("StartTime"), compact(day(4)))
        self.arrives("CANCEL", sequence=3, stamp=13, start=day(4), more="STATUS:CANCELLED")
        self.assertEqual(self.appointment(phone).get("MeetingStatus"), "7")
        # nobody else may
        self.arrives("REQUEST", sequence=9, stamp=20, organizer="eve@example.net", start=day(9))
        self.assertEqual(self.appointment(phone).get("StartTime"), compact(day(4)))

    def test_occurrence(self):
        phone = self.phone_of()
        self.arrives("REQUEST", more="RRULE:FREQ=DAILY;COUNT=5")
        self.arrives("REQUEST", sequence=1, stamp=12, start=day(5).replace(hour=15), recurrence_id=day(5))
        self.arrives("CANCEL", sequence=1, stamp=12, start=day(6), recurrence_id=day(6), more="STATUS:CANCELLED")
        found = {e.get("AirSyncBase:InstanceId"): e
                 for e in self.appointment(phone).find("Exceptions").findall("Exception")}
        self.assertEqual(found[compact(day(5))].get("StartTime"), compact(day(5).replace(hour=15)))
        self.assertEqual(found[compact(day(6))].get("MeetingStatus"), "7")

    def test_reply_and_counter(self):
        phone, start = self.phone_of(), day(3)
        self.create(phone)
        (_, method, text, _), = self.sent()
        self.assertEqual(method, "REQUEST")
        uid = re.search("UID:(.*)\r", text).group(1)
        answer = event("REPLY", [GUEST], uid=uid, organizer=self.user, partstat="ACCEPTED", stamp=11, start=start)
        self.dovecot.deliver(self.user, mail(answer, self.user, sender=GUEST))
        attendee = self.appointment(phone).find("Attendees/Attendee")
        self.assertEqual(attendee.get("AttendeeStatus"), "3")
        counter = event("COUNTER", [GUEST], uid=uid, organizer=self.user, partstat="TENTATIVE", stamp=12,
                        start=day(7))
        self.dovecot.deliver(self.user, mail(counter, self.user, sender=GUEST))
        attendee = self.appointment(phone).find("Attendees/Attendee")
        self.assertEqual(attendee.get("MeetingResponse:ProposedStartTime") or attendee.get("ProposedStartTime"),
                         compact(day(7)))

    def test_meeting_request(self):
        """What the message tells a phone (MS-ASEMAIL 2.2.2.48)"""
        self.arrives("REQUEST", more="RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5\r\nLOCATION:Room 1")
        for version in ("2.5", "14.1", "16.1"):
            with self.subTest(version=version):
                phone = self.phone_of(version=version)
                phone.sync()
                item = phone.items[phone.inbox][phone.by_subject("Planning")]
                self.assertEqual(item.get("Email:MessageClass"), "IPM.Schedule.Meeting.Request")
                node = item.data.find("Email:MeetingRequest")
                self.assertEqual(node.get("StartTime"), day(3).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
                self.assertEqual(node.get("Organizer"), '"Boss" <boss@example.net>')
                self.assertEqual((node.get("InstanceType"), node.get("AllDayEvent")), ("1", "0"))
                self.assertEqual(node.get("ResponseRequested"), "1")
                self.assertEqual([(c.tag, c.text) for c in node.find("Recurrences/Recurrence").children][:4],
                                 [("Type", "1"), ("Interval", "1"), ("Occurrences", "5"), ("DayOfWeek", "20")])
                self.assertIsNotNone(node.get("TimeZone"))
                if phone.client.v >= (16, 0):
                    self.assertEqual(node.get("Calendar:UID"), "m1")
                    self.assertEqual(node.get("AirSyncBase:Location/DisplayName"), "Room 1")
                    self.assertFalse(node.has("GlobalObjId"))
                else:
                    goid = base64.b64decode(node.get("GlobalObjId"))
                    self.assertEqual(goid[:4], b"\x04\x00\x00\x00")
                    self.assertIn(b"vCal-Uid\x01\x00\x00\x00m1\x00", goid)
                    self.assertEqual(node.get("Location"), "Room 1")

    def test_junk_and_bad_ones(self):
        """Nothing lost: the message is there, the calendar untouched, delivery goes on."""
        phone = self.phone_of()
        for text in ("no calendar at all", "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n",
                     "METHOD:REQUEST\r\n" * 1000):
            self.dovecot.deliver(self.user, mail("METHOD:REQUEST\r\n" + text, self.user))
        phone.sync()
        self.assertEqual(len(phone.items[phone.inbox]), 3)
        self.assertIsNone(self.appointment(phone))

    def test_without_a_phone(self):
        """The calendar is made by the first invitation."""
        self.arrives("REQUEST")
        self.assertEqual(self.appointment(self.phone_of()).get("Subject"), "Planning")


class Answering(Meetings):
    def answer(self, phone, response, send=True, instance=None, source=None):
        folder, request = source or (phone.inbox, None)
        if request is None:
            phone.sync()
            request = phone.by_subject("Planning")
        node = phone.client.call("MeetingResponse", E("MeetingResponse:MeetingResponse", E(
            "Request", E("UserResponse", str(response)), E("CollectionId", folder), E("RequestId", request),
            E("InstanceId", instance) if instance else None,
            E("SendResponse") if send and phone.client.v >= (16, 0) else None))).node
        return node.find("Result")

    def test_from_the_mail(self):
        for version, response, status, busy in (("16.1", 1, "3", "2"), ("14.1", 2, "2", "1")):
            with self.subTest(version=version):
                self.user = self.new_user()
                self.dovecot.mta.clear()
                phone = self.phone_of(version=version)
                self.arrives("REQUEST")
                result = self.answer(phone, response)
                self.assertEqual(result.get("Status"), "1")
                item = self.appointment(phone)
                self.assertIn(result.get("CalendarId"), phone.items[self.calendar])
                self.assertEqual(item.get("ResponseType"), status)
                self.assertEqual(item.get("BusyStatus"), busy)
                self.assertIsNotNone(item.get("AppointmentReplyTime"))
                phone.sync()
                self.assertEqual(phone.subjects(), [], "the invitation is done with")
                if version == "16.1":
                    (to, method, text, parsed), = self.sent()
                    self.assertEqual((to, method), (["boss@example.net"], "REPLY"))
                    self.assertIn("PARTSTAT=ACCEPTED", text)
                    self.assertEqual(parsed["Subject"], "Accepted: Planning")
                else:
                    self.assertEqual(self.dovecot.mta.mails, [], "the client sends it")

    def test_decline(self):
        phone = self.phone_of()
        self.arrives("REQUEST")
        result = self.answer(phone, 3)
        self.assertEqual((result.get("Status"), result.get("CalendarId")), ("1", None))
        self.assertIsNone(self.appointment(phone))
        self.assertIn("PARTSTAT=DECLINED", self.sent()[0][2])

    def test_from_the_calendar_and_one_occurrence(self):
        phone = self.phone_of()
        self.arrives("REQUEST", more="RRULE:FREQ=DAILY;COUNT=5")
        self.appointment(phone)
        sid, = phone.items[self.calendar]
        instance = day(5).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.assertEqual(self.answer(phone, 1, source=(self.calendar, sid), instance=instance).get("Status"), "1")
        (_, _, text, _), = self.sent()
        self.assertIn("RECURRENCE-ID", text)
        item = self.appointment(phone)
        found = {e.get("AirSyncBase:InstanceId"): e for e in item.find("Exceptions").findall("Exception")}
        self.assertEqual(found[compact(day(5))].get("ResponseType"), "3")
        self.assertEqual(item.get("ResponseType"), "5")
        self.assertEqual(self.answer(phone, 3, source=(self.calendar, sid),
                                     instance=day(6).strftime("%Y-%m-%dT%H:%M:%S.000Z")).get("Status"), "1")
        found = {e.get("AirSyncBase:InstanceId"): e
                 for e in self.appointment(phone).find("Exceptions").findall("Exception")}
        self.assertEqual(found[compact(day(6))].get("Deleted"), "1")

    def test_statuses(self):
        """MS-ASCMD 2.2.3.177.9"""
        phone = self.phone_of()
        self.dovecot.deliver(self.user, message("Planning", to=self.user))
        self.assertEqual(self.answer(phone, 1).get("Status"), "2")
        self.assertEqual(self.answer(phone, 1, source=(phone.inbox, phone.inbox + ":1.ffff")).get("Status"), "2")
        phone.sync(self.calendar, commands=[add("c", *[e for e in times() if e is not None],
                                                E("Calendar:Subject", "Own"))])
        other = self.phone_of(device="second")
        self.appointment(other)
        sid, = other.items[self.calendar]
        self.assertEqual(self.answer(other, 1, source=(self.calendar, sid)).get("Status"), "2")


class Organising(Meetings):
    storage = False
    def test_16_sends_once(self):
        phone = self.phone_of()
        key = phone.keys[self.calendar]
        sid = self.create(phone)
        (to, method, text, parsed), = self.sent()
        self.assertEqual((to, method), ([GUEST], "REQUEST"))
        self.assertIn("SUMMARY:Party", text)
        self.assertEqual(email.utils.parseaddr(parsed["From"])[1], self.user)
        # the answer was lost, the phone comes again
        phone.keys[self.calendar] = key
        phone.items[self.calendar].clear()
        self.assertEqual(self.create(phone), sid)
        self.assertEqual(len(self.dovecot.mta.mails), 1)
        # what only the owner sees is told to nobody; another time to everybody
        phone.sync(self.calendar, commands=[change(sid, E("Calendar:Reminder", "5"))])
        self.assertEqual(len(self.dovecot.mta.mails), 1)
        self.dovecot.mta.clear()
        phone.sync(self.calendar, commands=[change(sid, E("Calendar:StartTime", compact(day(4))),
                                                   E("Calendar:EndTime", compact(day(4).replace(hour=11))))])
        (_, method, text, _), = self.sent()
        self.assertEqual(method, "REQUEST")
        self.assertIn("SEQUENCE:1", text)
        self.dovecot.mta.clear()
        phone.sync(self.calendar, commands=[delete(sid)])
        (to, method, text, _), = self.sent()
        self.assertEqual((to, method), ([GUEST], "CANCEL"))

    def test_before_16_the_client_sends(self):
        phone = self.phone_of(version="14.1")
        self.create(phone, E("Calendar:MeetingStatus", "1"))
        self.assertEqual(self.dovecot.mta.mails, [])

    def test_between_two_users(self):
        """Invited, accepted, and the organiser's phone shows it."""
        other = self.new_user()
        boss, guest = self.phone_of(), self.phone_of(other)
        calendar = self.calendar
        self.create(boss, guests=(other,))
        self.sent()
        self.calendar = guest.folder(type=CALENDAR)
        item = self.appointment(guest)
        self.assertEqual(item.get("OrganizerEmail"), self.user)
        guest.sync()
        request = guest.by_subject("Party")
        self.dovecot.mta.clear()
        node = guest.client.call("MeetingResponse", E("MeetingResponse:MeetingResponse", E(
            "Request", E("UserResponse", "1"), E("CollectionId", guest.inbox), E("RequestId", request),
            E("SendResponse")))).node
        self.assertEqual(node.get("Result/Status"), "1")
        self.sent()
        self.calendar = calendar
        attendee = self.appointment(boss).find("Attendees/Attendee")
        self.assertEqual(attendee.get("AttendeeStatus"), "3")
