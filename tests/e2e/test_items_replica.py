# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Calendars, contacts, tasks and notes on a copy of the account (doveadm backup, and
doveadm sync both ways), what a phone finds there, and folders whose mailbox got
another GUID."""

import glob
import os

from dovetail_test import eas
from dovetail_test.wbxml import E
from noteitems import NoteCase, journal, note
from test_calendar import appointment
from test_items_crash import contact


def task(subject):
    return [E("Tasks:Subject", subject), E("Tasks:Complete", "0"), E("Tasks:Importance", "1"),
            E("Tasks:Sensitivity", "0"), E("Tasks:ReminderSet", "0")]


KINDS = {eas.CALENDAR: ("Calendar:Subject", appointment), eas.CONTACTS: ("Contacts:LastName", contact),
         eas.TASKS: ("Tasks:Subject", task), eas.NOTES: ("Notes:Subject", note)}


class ItemsOfAll(NoteCase):
    """A user with items of each class, by their names"""

    def names(self, phone):
        found = {}
        for kind, (element, _) in KINDS.items():
            folder = phone.folder(type=kind)
            phone.sync(folder)
            found[kind] = sorted(i.get(element, "") for i in phone.items[folder].values())
        return found

    def of(self, phone, kind, name):
        """The ServerId of an item"""
        element = KINDS[kind][0]
        (sid,) = [s for s, i in phone.items[phone.folder(type=kind)].items() if i.get(element) == name]
        return sid

    def make(self, phone, *names):
        """Adds an item of each class and name."""
        for kind, (_, content) in KINDS.items():
            folder = phone.folder(type=kind)
            answers = phone.sync(folder, [eas.add("c" + n, *content(n)) for n in names])
            for added in answers[0].findall("Responses/Add"):
                self.assertEqual(added.get("Status"), "1")
                name = added.get("ClientId")[1:]
                phone.items[folder].setdefault(added.get("ServerId"), eas.Item(
                    E("AirSync:ApplicationData", [e for e in content(name) if e is not None])))

    def edit(self, phone, old, new):
        for kind, (_, content) in KINDS.items():
            sid, folder = self.of(phone, kind, old), phone.folder(type=kind)
            phone.items[folder][sid].change(E("AirSync:ApplicationData", list(content(new))))
            phone.sync(folder, [eas.change(sid, *content(new))])

    def remove(self, phone, name):
        for kind in KINDS:
            sid, folder = self.of(phone, kind, name), phone.folder(type=kind)
            del phone.items[folder][sid]
            phone.sync(folder, [eas.delete(sid)])

    def everything(self, *names):
        return {kind: sorted(names) for kind in KINDS}


class Replica(ItemsOfAll):
    core = True
    timeout = 180

    def setUp(self):
        super().setUp()
        self.one, self.two = self.new_user(), self.new_user()
        self.a = self.phone(self.one)
        self.names(self.a)
        # both may find a mailbox in motion; that is run again
        self.dovecot.expect_error("Remote lost mailbox GUID", "(?i)dsync")

    def dsync(self, command="sync"):
        for _ in range(4):
            try:
                return self.dovecot.doveadm(command, "-u", self.one, "doveadm", "-c", self.dovecot.conf,
                                            "dsync-server", "-u", self.two)
            except RuntimeError as error:
                if "exit 2\n" not in str(error):
                    raise
        self.fail("dsync does not come to an end")

    def moved(self):
        """The first user's phone, sent to the copy with all that it knows."""
        old = self.a
        phone = eas.Phone(old.client.clone(user=self.two, password=self.dovecot.passwords[self.two]),
                          window=old.window, provision=False)
        phone.folders, phone.keys = dict(old.folders), dict(old.keys)
        phone.items = {f: {s: eas.Item(E("AirSync:ApplicationData", list(i.data))) for s, i in items.items()}
                       for f, items in old.items.items()}
        return phone

    def test_backup_and_the_phone_goes_there(self):
        self.make(self.a, "x", "y")
        self.dsync("backup")
        self.assertEqual(self.names(self.phone(self.two)), self.everything("x", "y"))
        phone = self.moved()
        try:
            phone.folder_sync()
        except eas.HttpStatus as again:       # the policy of another account
            self.assertIn(again.status, (449,))
        phone.client.provision()
        phone.folder_sync()
        self.assertEqual(self.names(phone), self.everything("x", "y"))
        self.make(phone, "z")
        self.edit(phone, "x", "x2")
        self.remove(phone, "y")
        self.assertEqual(self.names(phone), self.everything("x2", "z"))
        self.assertEqual(self.names(self.phone(self.two)), self.everything("x2", "z"))

    def test_both_sides_change(self):
        self.make(self.a, "keep", "one", "two", "gone1", "gone2")
        self.dsync()
        b = self.phone(self.two)
        self.names(b)
        self.edit(self.a, "one", "one2")
        self.remove(self.a, "gone1")
        self.make(self.a, "new1")
        self.edit(b, "two", "two2")
        self.remove(b, "gone2")
        self.make(b, "new2")
        self.dsync()
        expected = self.everything("keep", "one2", "two2", "new1", "new2")
        self.assertEqual(self.names(self.a), expected)
        self.assertEqual(self.names(b), expected)
        self.assertEqual(self.names(self.phone(self.two)), expected)
        # and it has come to rest
        self.dsync()
        self.assertEqual(self.names(self.phone(self.one)), expected)
        self.assertEqual((self.a.resyncs, b.resyncs), (0, 0))
        # the phone at the copy, and what it does there comes back
        phone = self.moved()
        phone.client.provision()
        phone.folder_sync()
        self.assertEqual(self.names(phone), expected)
        self.edit(phone, "keep", "kept")
        self.remove(phone, "new1")
        self.dsync()
        expected = self.everything("kept", "one2", "two2", "new2")
        self.assertEqual(self.names(self.a), expected)
        self.assertEqual(self.names(b), expected)

    def test_both_delete_a_folder_and_make_one(self):
        node = self.a.client.folder_create("Club", kind=eas.USER_CONTACTS)
        club = node.get("ServerId")
        self.a.folders[club] = eas.Folder(club, "Club", "0", eas.USER_CONTACTS)
        self.a.sync(club)
        self.a.sync(club, [eas.add("c", *contact("member"))])
        self.dsync()
        b = self.phone(self.two)
        other = b.folder("Club")
        b.sync(other)
        self.assertEqual([i.get("Contacts:LastName") for i in b.items[other].values()], ["member"])
        self.assertEqual(self.a.client.folder_delete(club).get("Status"), "1")
        self.assertEqual(b.client.folder_create("Work", kind=eas.USER_CALENDAR).get("Status"), "1")
        self.dsync()
        for user in (self.one, self.two):
            folders = {f.name: f.type for f in self.phone(user).folders.values()}
            self.assertEqual(folders.get("Work"), eas.USER_CALENDAR)
            self.assertNotIn("Club", folders)


class Guids(ItemsOfAll):
    """Somebody deletes Maildir's indexes and UID lists: the mailboxes get other GUIDs."""
    core = True

    def setUp(self):
        super().setUp()
        if self.dovecot.opt.format != "maildir":
            self.skipTest("dbox keeps the GUID in the index")
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.names(self.a)
        self.make(self.a, "x", "y")
        self.dovecot.expect_error("(?i)index|uidlist", "killed with signal 9")

    def guid(self, kind):
        return self.dovecot.doveadm("mailbox", "status", "-u", self.user, "guid",
                                    self.vname(self.a, self.a.folder(type=kind)))

    def lose(self, *more):
        before = {kind: self.guid(kind) for kind in KINDS}
        self.dovecot.kill9("dovetail-worker")
        for pattern in ("dovecot-uidlist", "dovecot.index*") + more:
            for path in glob.glob(os.path.join(self.dovecot.maildir(self.user), "**", pattern),
                                  recursive=True, include_hidden=True):
                os.unlink(path)
        return before

    def settled(self, before):
        self.a.folder_sync()
        self.assertEqual(self.names(self.a), self.everything("x", "y"))
        self.assertEqual(self.names(self.phone(self.user)), self.everything("x", "y"))
        self.make(self.a, "z")
        self.remove(self.a, "y")
        for kind in KINDS:
            self.assertNotEqual(self.guid(kind), before[kind], "the test does nothing")
        self.assertEqual(self.names(self.a), self.everything("x", "z"))
        self.assertEqual(self.names(self.phone(self.user)), self.everything("x", "z"))

    def test_next_use(self):
        self.settled(self.lose("dovecot.list.index*"))
        self.assertEqual(self.a.resyncs, 0, "folders keep their numbers, items theirs")

    def test_next_write(self):
        """The list index still tells the old GUIDs, until a mailbox is opened."""
        self.settled(self.lose())
        self.assertEqual(self.a.resyncs, 0)

    def test_repair(self):
        before = self.lose()
        self.dovecot.doveadm("dovetail", "repair", "-u", self.user)
        for kind in KINDS:
            box = self.vname(self.a, self.a.folder(type=kind))
            self.assertEqual(len(self.stored(self.user, box)), 2, box)
        self.settled(before)

    def test_written_before_anybody_looked(self):
        """An import finds the folder under its new GUID: what is written then and
        what was there become one."""
        before = self.lose()
        box = self.vname(self.a, self.a.folder(type=eas.NOTES))
        self.put(self.user, box, "u1", journal("u1", "w"))
        self.a.folder_sync()
        folder = self.a.folder(type=eas.NOTES)
        self.a.sync(folder)
        self.assertEqual(self.subjects(self.a, folder), ["w", "x", "y"])
        self.assertEqual(self.names(self.phone(self.user))[eas.CALENDAR], ["x", "y"])
        self.assertEqual(len(before), 4)
