# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of item folders (calendars, contacts, tasks, notes) share: notes, the
smallest class, on phones."""

import hashlib

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.wbxml import E

PREFIX = "/shared/vendor/vendor.dovecot/pvt/dovetail/item/"


def note(subject, body="text", categories=(), klass="IPM.StickyNote"):
    """ApplicationData of a note (MS-ASNOTE 2.2.2)"""
    return [E("AirSyncBase:Body", E("Type", "1"), E("Data", body)) if body is not None else None,
            E("Notes:Subject", subject), E("Notes:MessageClass", klass),
            E("Notes:Categories", [E("Category", c) for c in categories]) if categories else None]


def journal(uid, subject, text="text"):
    """The same as the store has it"""
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VJOURNAL\r\n"
            "UID:%s\r\nDTSTAMP:20261128T100000Z\r\nSUMMARY:%s\r\nDESCRIPTION:%s\r\n"
            "END:VJOURNAL\r\nEND:VCALENDAR\r\n" % (uid, subject, text))


class NoteCase(TestCase):
    def notes(self, phone):
        """The default Notes folder, listed"""
        folder = phone.folder(type=eas.NOTES)
        phone.sync(folder)
        return folder

    def subjects(self, phone, folder):
        return sorted(i.get("Notes:Subject", "") for i in phone.items[folder].values())

    def by_subject(self, phone, folder, subject):
        found = [s for s, i in phone.items[folder].items() if i.get("Notes:Subject") == subject]
        self.assertEqual(len(found), 1, subject)
        return found[0]

    def add(self, phone, folder, client_id, *data):
        """Add; takes the item over as a phone does, and returns its ServerId."""
        answers = phone.sync(folder, [eas.add(client_id, *data)])
        (added,) = answers[0].findall("Responses/Add")
        self.assertEqual((added.get("ClientId"), added.get("Status")), (client_id, "1"))
        sid = added.get("ServerId")
        phone.items[folder].setdefault(sid, eas.Item(E("AirSync:ApplicationData", list(data))))
        return sid

    def change(self, phone, folder, sid, *data):
        """Change; the Responses' Change or None"""
        if sid in phone.items[folder]:
            phone.items[folder][sid].change(E("AirSync:ApplicationData", list(data)))
        answers = phone.sync(folder, [eas.change(sid, *data)])
        found = answers[0].findall("Responses/Change") if answers else []
        return found[0] if found else None

    def status_of(self, phone, folder, *commands):
        """Statuses of the operations that were answered, by element name"""
        answers = phone.sync(folder, list(commands))
        return {r.tag: r.get("Status") for a in answers if a.has("Responses")
                for r in a.find("Responses")}

    # -- beside the phone: doveadm --------------------------------------------------
    def vname(self, phone, folder):
        """The mailbox behind a CollectionId"""
        return self.dovecot.folder(phone.folders[folder].name)

    def put(self, user, mailbox, uid, text):
        self.dovecot.doveadm("mailbox", "metadata", "set", "-u", user, mailbox,
                             PREFIX + item_name(uid), text)

    def get(self, user, mailbox, uid):
        return self.dovecot.doveadm("mailbox", "metadata", "get", "-u", user, mailbox,
                                    PREFIX + item_name(uid))

    def unset(self, user, mailbox, uid):
        self.dovecot.doveadm("mailbox", "metadata", "unset", "-u", user, mailbox,
                             PREFIX + item_name(uid))

    def stored(self, user, mailbox):
        """Names of the items that the mailbox has"""
        keys = self.dovecot.doveadm("mailbox", "metadata", "list", "-u", user, "-p", mailbox, PREFIX)
        return sorted(k.strip() for k in keys.splitlines() if k.strip() and not k.strip().endswith("/extra"))


def item_name(uid):
    return hashlib.sha256(uid.encode()).hexdigest()[:32]
