# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Calendars and address books of the demo: a few weeks around today, a team calendar that
one user shares with the other, people, and an invitation."""

import datetime

PEOPLE = (("Ada", "Quist", "Analytik GmbH", "+49 30 5550101"), ("Björn", "Sørensen", "Nordlys AS", "+47 5550102"),
          ("Chloé", "Martin", "Atelier Martin", "+33 1 55501033"), ("Daniel", "Okafor", "Lagos Freight", "+234 1 5550104"),
          ("Elena", "Petrova", "Студия Петровой", "+7 495 5550105"), ("Fumiko", "Tanaka", "田中設計", "+81 3 55501066"))

# day, hour, minutes, title, place, further properties
WEEKS = ((0, 9, 30, "Stand-up", "Room 1", "RRULE:FREQ=DAILY;COUNT=15"),
         (1, 13, 60, "Lunch with Ada", "Café Nord", "CATEGORIES:Food,Friends"),
         (2, 15, 90, "Dentist", "", "CLASS:PRIVATE"),
         (3, 10, 120, "Planning", "Room 2", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Planning\r\n"
                                            "TRIGGER:-PT15M\r\nEND:VALARM"),
         (8, 18, 60, "Choir", "St. Mary", "RRULE:FREQ=WEEKLY;COUNT=10"),
         (-5, 11, 60, "Review", "Room 1", "DESCRIPTION:Notes are in the wiki."))
TEAM = ((1, 10, 60, "Team meeting", "Room 3", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=20"),
        (4, 9, 480, "Release", "", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"),
        (10, 0, 24 * 60, "Offsite", "Lake house", ""))


def _stamp(when):
    return when.strftime("%Y%m%dT%H%M%SZ")


def _start(day, hour):
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + datetime.timedelta(days=day, hours=hour)


def _event(n, tag, row, more=()):
    day, hour, minutes, title, place, extra = row
    start = _start(day, hour)
    lines = ["BEGIN:VEVENT", "UID:demo-%s-%d" % (tag, n), "DTSTAMP:" + _stamp(_start(0, 0)),
             "DTSTART:" + _stamp(start), "DTEND:" + _stamp(start + datetime.timedelta(minutes=minutes)),
             "SUMMARY:" + title, "LOCATION:" + place if place else "", extra, *more, "END:VEVENT"]
    return [line for line in lines if line]


def calendar(rows, tag, method=None, more=()):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Dovetail//Demo//EN"]
    if method:
        lines.append("METHOD:" + method)
    for n, row in enumerate(rows):
        lines += _event(n, tag, row, more)
    return "\r\n".join(lines + ["END:VCALENDAR", ""])


def cards():
    return "".join(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:demo-card-%d\r\nN:%s;%s;;;\r\nFN:%s %s\r\nORG:%s\r\n"
        "EMAIL;TYPE=WORK:person%d@example.net\r\nTEL;TYPE=CELL:%s\r\nEND:VCARD\r\n"
        % (n, family, given, given, family, firm, n, phone)
        for n, (given, family, firm, phone) in enumerate(PEOPLE))


def invitation(organizer, guest):
    text = calendar(((2, 16, 45, "Coffee and roadmap", "Kitchen", ""),), "invitation", "REQUEST", (
        "ORGANIZER;CN=Ben:mailto:" + organizer,
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:" + guest))
    return ("--demo\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDo you have time?\r\n--demo\r\n"
            "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n%s--demo--\r\n" % text)
