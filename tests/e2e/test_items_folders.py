# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Folders of calendars, contacts, tasks and notes on phones: which device sees
which (C5, R48, R49), made, renamed and deleted from the phone, shared ones, and
what becomes of changes that the ACL forbids (R51)."""

import time

from dovetail_test import eas
from dovetail_test.wbxml import E
from noteitems import NoteCase, journal, note

DEFAULTS = {"Calendar": eas.CALENDAR, "Contacts": eas.CONTACTS, "Tasks": eas.TASKS,
            "Notes": eas.NOTES}


def shown(phone):
    """What is shown besides mail: name and type"""
    return {f.name: f.type for f in phone.folders.values()
            if f.type in eas.CLASSES or f.type in (eas.JOURNAL, eas.USER_JOURNAL)}


class Folders(NoteCase):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()

    def test_default_folders(self):
        for version in eas.VERSIONS:
            with self.subTest(version=version):
                phone = self.phone(self.user, version=version)
                want = dict(DEFAULTS)
                if phone.client.v < (14, 0):
                    del want["Notes"]           # MS-ASNOTE: from 14.0 on
                self.assertEqual(shown(phone), want)
                for folder in phone.folders.values():
                    if folder.type in eas.CLASSES:
                        phone.sync(folder.server_id)
                        self.assertEqual(phone.items[folder.server_id], {})

    def test_default_folders_stay(self):
        phone = self.phone(self.user)
        for kind in (eas.CALENDAR, eas.CONTACTS, eas.TASKS, eas.NOTES):
            folder = phone.folder(type=kind)
            self.assertEqual(phone.client.folder_delete(folder).get("Status"), "3")
            self.assertEqual(phone.client.folder_update(folder, "Mine").get("Status"), "2")
        phone.folder_sync()
        self.assertEqual(shown(phone), DEFAULTS)

    def test_create_rename_delete(self):
        phone, other = self.phone(self.user), self.phone(self.user)
        names = {eas.USER_CALENDAR: "Arbeit", eas.USER_CONTACTS: "Verein", eas.USER_TASKS: "To do",
                 eas.USER_NOTES: "Rezepte & Wein"}
        made = {}
        for kind, name in names.items():
            node = phone.client.folder_create(name, kind=kind)
            self.assertEqual(node.get("Status"), "1", name)
            made[kind] = node.get("ServerId")
            phone.folders[made[kind]] = eas.Folder(made[kind], name, "0", kind)
            self.assertEqual(phone.client.folder_create(name, kind=kind).get("Status"), "2")
        self.assertEqual(phone.client.folder_create("No", kind=eas.CALENDAR).get("Status"), "10")
        other.folder_sync()
        self.assertEqual(shown(other), dict(DEFAULTS, **{n: k for k, n in names.items()}))
        for kind, folder in made.items():
            other.sync(folder)
            self.assertEqual(other.client.folder_update(folder, names[kind] + " 2").get("Status"), "1")
        node = phone.folder_sync()
        self.assertEqual(shown(phone), dict(DEFAULTS, **{n + " 2": k for k, n in names.items()}))
        for folder in made.values():
            self.assertEqual(phone.client.folder_delete(folder).get("Status"), "1")
        other.folder_sync()
        self.assertEqual(shown(other), DEFAULTS)
        node = other.client.sync(other.client.collection(made[eas.USER_NOTES], "0"))
        self.assertEqual(node.get("Collections/Collection/Status"), "8")

    def test_devices(self):
        """A phone that shows one calendar is given one, until it makes another or
        the user asks for more."""
        first = self.phone(self.user)
        for kind, name in ((eas.USER_CALENDAR, "Work"), (eas.USER_CONTACTS, "Club")):
            self.assertEqual(first.client.folder_create(name, kind=kind).get("Status"), "1")
        everything = dict(DEFAULTS, Work=eas.USER_CALENDAR, Club=eas.USER_CONTACTS)
        for device, want in (("iPhone", everything), ("Android", DEFAULTS),
                             ("SAMSUNGSMG900F", DEFAULTS),
                             ("WindowsOutlook15", dict(DEFAULTS, Work=eas.USER_CALENDAR)),
                             ("Unheard", everything)):
            with self.subTest(device=device):
                self.assertEqual(shown(self.phone(self.user, device_type=device)), want)
        android = self.phone(self.user, device_type="Android")
        node = android.client.folder_create("Made here", kind=eas.USER_CALENDAR)
        self.assertEqual(node.get("Status"), "1")
        again = eas.Phone(android.client.clone(folder_key="0"), provision=False)
        again.folder_sync()
        self.assertEqual(shown(again), dict(DEFAULTS, **{"Made here": eas.USER_CALENDAR}))
        wait = self.in_background(again.client.clone().ping, [again.inbox], 120)
        time.sleep(0.3)
        d = self.dovecot
        d.doveadm("dovetail", "device", "set", "-u", self.user, android.client.device_id,
                  "calendars=all", "notes=none")
        wait()
        again.folder_sync()
        want = dict(everything, **{"Made here": eas.USER_CALENDAR})
        del want["Notes"], want["Club"]
        self.assertEqual(shown(again), want)
        for wrong in ("calendars=many", "colour=red", "calendars"):
            with self.assertRaises(Exception):
                d.doveadm("dovetail", "device", "set", "-u", self.user, android.client.device_id, wrong)

    def test_move_between_devices_kinds(self):
        """Types in any other command than Sync stay as they are."""
        phone = self.phone(self.user, version="12.1")
        node = phone.client.post("GetHierarchy").node
        types = {n.get("Type") for n in node.findall("Folder")}
        self.assertFalse({"7", "8", "9", "10"} & types)


class Configured(NoteCase):
    """The site's rules before the table"""
    storage = False
    options = {"plugin": {"dovetail_eas_devices": "Android*=calendars:own,tasks:none *=notes:none"}}

    def test_rules(self):
        user = self.new_user()
        phone = self.phone(user)
        self.assertEqual(phone.client.folder_create("Work", kind=eas.USER_CALENDAR).get("Status"), "1")
        self.assertEqual(phone.client.folder_create("Club", kind=eas.USER_CONTACTS).get("Status"), "1")
        self.assertEqual(shown(self.phone(user, device_type="Android")),
                         {"Calendar": eas.CALENDAR, "Work": eas.USER_CALENDAR, "Contacts": eas.CONTACTS})
        self.assertEqual(shown(self.phone(user, device_type="iPhone")),
                         {"Calendar": eas.CALENDAR, "Work": eas.USER_CALENDAR, "Contacts": eas.CONTACTS,
                          "Club": eas.USER_CONTACTS, "Tasks": eas.TASKS})


class Shared(NoteCase):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.owner, self.reader = self.new_user(), self.new_user()
        self.mine = self.phone(self.owner)
        self.notes(self.mine)
        node = self.mine.client.folder_create("Team", kind=eas.USER_NOTES)
        self.own = node.get("ServerId")
        self.mine.folders[self.own] = eas.Folder(self.own, "Team", "0", eas.USER_NOTES)
        self.mine.sync(self.own)
        self.sid = self.add(self.mine, self.own, "c", *note("plan", "text of the owner"))

    @property
    def mailbox(self):
        return "shared/%s/Team" % self.owner

    def share(self, *rights):
        self.grant(*rights)
        self.dovecot.doveadm("mailbox", "subscribe", "-u", self.reader, self.mailbox)

    def grant(self, *rights):
        self.dovecot.doveadm("acl", "set", "-u", self.owner, self.dovecot.folder("Team"),
                             "user=" + self.reader, *rights)

    def test_subscribed_only(self):
        """Shared folders appear when they are subscribed, by name and owner, on
        devices that show several; they go from one device without the others."""
        name = "Team (%s)" % self.owner.split("@")[0]
        phone = self.phone(self.reader)
        self.grant("lookup", "read")
        phone.folder_sync()
        self.assertNotIn(name, shown(phone))
        wait = self.in_background(phone.client.clone().ping, [phone.inbox], 120)
        time.sleep(0.5)
        self.dovecot.doveadm("mailbox", "subscribe", "-u", self.reader, self.mailbox)
        self.assertEqual(wait().get("Status"), "7")
        phone.folder_sync()
        self.assertEqual(shown(phone).get(name), eas.USER_NOTES)
        folder = phone.folder(name)
        self.assertEqual(phone.folders[folder].parent, "0")
        phone.sync(folder)
        self.assertEqual(self.subjects(phone, folder), ["plan"])
        self.assertNotIn(name, shown(self.phone(self.reader, device_type="Android")))
        other = self.phone(self.reader)
        self.assertEqual(phone.client.folder_delete(folder).get("Status"), "1")
        other.folder_sync()
        self.assertIn(name, shown(other))
        self.mine.sync(self.own)
        self.assertEqual(self.subjects(self.mine, self.own), ["plan"], "deleted the owner's")
        again = eas.Phone(phone.client.clone(folder_key="0"), provision=False)
        again.folder_sync()
        self.assertNotIn(name, shown(again))
        self.dovecot.doveadm("mailbox", "unsubscribe", "-u", self.reader, self.mailbox)
        other.folder_sync()
        self.assertNotIn(name, shown(other))

    def shared_phone(self, *rights, **kwargs):
        self.share(*rights)
        phone = self.phone(self.reader, **kwargs)
        folder = phone.folder("Team (%s)" % self.owner.split("@")[0])
        phone.sync(folder)
        return phone, folder

    def test_read_only(self):
        """R51: what is refused is undone on the phone."""
        for version in ("14.1", "16.1"):
            with self.subTest(version=version):
                phone, folder = self.shared_phone("lookup", "read", version=version)
                sid = self.by_subject(phone, folder, "plan")
                # A change: the server's copy comes back in the same answer
                result = self.change(phone, folder, sid, *note("stolen"))
                self.assertEqual(result.get("Status"), "7")
                self.assertEqual(self.subjects(phone, folder), ["plan"])
                # A deletion: it is there again
                phone.items[folder].pop(sid)
                phone.sync(folder, [eas.delete(sid)])
                self.assertEqual(self.subjects(phone, folder), ["plan"])
                # An addition: it goes again
                new = self.add(phone, folder, "n", *note("mine"))
                estimate = phone.client.get_item_estimate(folder, phone.keys[folder])
                self.assertEqual(estimate.get("Response/Collection/Estimate"), "1")
                node = phone.client.ping([folder], 60, "Notes")
                self.assertEqual(node.get("Status"), "2")
                phone.sync(folder)
                self.assertEqual(self.subjects(phone, folder), ["plan"])
                self.assertNotIn(new, phone.items[folder])
                self.mine.sync(self.own)
                self.assertEqual(self.subjects(self.mine, self.own), ["plan"])
                # Moving away is no way around
                drop = phone.folder(type=eas.NOTES)
                node = phone.client.move_items((sid, folder, drop))
                self.assertNotEqual(node.get("Response/Status"), "3")

    def test_writer_rings_the_owner(self):
        phone, folder = self.shared_phone("lookup", "read", "write", "insert", "expunge")
        wait = self.in_background(self.mine.client.clone().ping, [self.own], 120, "Notes")
        time.sleep(0.5)
        sid = self.by_subject(phone, folder, "plan")
        self.assertIsNone(self.change(phone, folder, sid, *note("better plan", None)))
        self.assertEqual(wait().get("Status"), "2")
        self.mine.sync(self.own)
        self.assertEqual(self.subjects(self.mine, self.own), ["better plan"])
        new = self.add(phone, folder, "n", *note("by the sharee"))
        wait = self.in_background(phone.client.clone().ping, [folder], 120, "Notes")
        time.sleep(0.5)
        self.mine.sync(self.own)
        self.assertEqual(self.subjects(self.mine, self.own), ["better plan", "by the sharee"])
        self.mine.sync(self.own, [eas.delete(self.by_subject(self.mine, self.own, "by the sharee"))])
        self.assertEqual(wait().get("Status"), "2")
        phone.sync(folder)
        self.assertNotIn(new, phone.items[folder])

    def test_free_busy_only(self):
        """Who may look but not read gets no item."""
        self.share("lookup")
        phone = self.phone(self.reader)
        names = shown(phone)
        name = "Team (%s)" % self.owner.split("@")[0]
        if name in names:
            node = phone.client.sync(phone.client.collection(phone.folder(name), "0"))
            node = phone.client.sync(phone.client.collection(
                phone.folder(name), node.get("Collections/Collection/SyncKey")))
            self.assertFalse(node is not None and node.findall("Collections/Collection/Commands/Add"))

    def test_grant_ends(self):
        phone, folder = self.shared_phone("lookup", "read")
        with self.dovecot.imap(self.owner) as imap:
            imap.deleteacl(self.dovecot.folder("Team"), self.reader)
        phone.folder_sync()
        self.assertNotIn(folder, phone.folders)
        c = phone.client
        node = c.sync(c.collection(folder, phone.keys.get(folder, "0")))
        self.assertIn(node.get("Collections/Collection/Status", node.get("Status")), ("3", "8"))


class Journal(NoteCase):
    """What programs beside us keep as journal: phones have no such class (MS-ASCMD has
    the folder types 11 and 16, and no document its items); it is kept and exported."""
    storage = False
    core = True

    def test_kept(self):
        user = self.new_user()
        phone = self.phone(user)
        d = self.dovecot
        box = d.folder("Journal")
        text = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n" + "".join(
            "BEGIN:VJOURNAL\r\nUID:j%d\r\nDTSTAMP:20261128T100000Z\r\nDTSTART;VALUE=DATE:2026110%d\r\n"
            "SUMMARY:Call %d\r\nX-KEPT:yes\r\nEND:VJOURNAL\r\n" % (n, n, n) for n in range(1, 4))
                + "END:VCALENDAR\r\n").encode()
        for _ in range(2):
            d.doveadm("dovetail", "import", "-u", user, "-", box, input=text)
        out = d.doveadm("dovetail", "export", "-u", user, box)
        self.assertEqual((out.count("BEGIN:VJOURNAL"), out.count("X-KEPT:yes")), (3, 3))
        self.assertEqual(len(self.stored(user, box)), 3)
        phone.folder_sync()
        self.assertNotIn("Journal", shown(phone))
        with d.imap(user) as imap:
            self.assertNotIn(box, imap.folders())
