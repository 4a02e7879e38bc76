# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Items when there is no room for them, and when their database cannot be used: each
command's documented status, never an empty folder, nothing lost."""

import os
import sqlite3
import time

from dovetail_test import eas
from dovetail_test.dovecot import VMAIL_UID
from dovetail_test.wbxml import E
from noteitems import note
from test_calendar import appointment
from test_faults import Faults
from test_items_replica import KINDS, ItemsOfAll


class Limits(ItemsOfAll):
    """dovetail_meta_max_items and _max_size: MS-ASCMD 2.2.3.177.17, status 9."""
    storage = False
    core = True
    options = {"plugin": {"dovetail_meta_max_items": "60", "dovetail_meta_max_size": "200k"}}

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)

    def fill(self):
        """Adds until it is full; the names that were taken"""
        taken = []
        for n in range(70):
            (answer,) = self.a.sync(self.folder, [eas.add("f%d" % n, *note("f%d" % n))])
            status = answer.get("Responses/Add/Status")
            if status != "1":
                self.assertEqual(status, "9")
                return taken
            taken.append("f%d" % n)
            self.a.items[self.folder][answer.get("Responses/Add/ServerId")] = eas.Item(
                E("AirSync:ApplicationData", [e for e in note("f%d" % n) if e is not None]))
        self.fail("there is no limit")

    def test_number(self):
        taken = self.fill()
        self.assertGreater(len(taken), 20)
        for version in ("12.1", "14.1", "16.1"):
            b = self.phone(self.user, version=version)
            calendar = b.folder(type=eas.CALENDAR)
            b.sync(calendar)
            klass = "Calendar" if b.client.v < (14, 0) else None
            (answer,) = b.sync(calendar, [eas.add("c", *appointment("no room"), klass=klass)])
            self.assertEqual(answer.get("Responses/Add/Status"), "9")
            self.assertEqual(b.items[calendar], {})
        # what is there can be changed, and deleted; then there is room again
        sid = self.by_subject(self.a, self.folder, "f0")
        self.assertIsNone(self.change(self.a, self.folder, sid, *note("changed")))
        del self.a.items[self.folder][sid]
        self.a.sync(self.folder, [eas.delete(sid)])
        self.add(self.a, self.folder, "again", *note("room"))
        b = self.phone(self.user)
        self.notes(b)
        self.assertEqual(self.subjects(b, self.folder), sorted(taken[1:] + ["room"]))

    def test_size(self):
        sid = self.add(self.a, self.folder, "s", *note("small"))
        (answer,) = self.a.sync(self.folder, [eas.add("l", *note("large", "x" * 250_000))])
        self.assertEqual(answer.get("Responses/Add/Status"), "9")
        (answer,) = self.a.sync(self.folder, [eas.change(sid, *note("small", "x" * 250_000))])
        self.assertEqual(answer.get("Responses/Change/Status"), "9")
        self.a.sync(self.folder)
        self.assertEqual(self.a.items[self.folder][sid].get("AirSyncBase:Body/Data"), "text", "the phone goes back")

    def test_other_commands(self):
        """A folder is no item, nor is a device; doveadm is told as phones are."""
        self.fill()
        self.assertEqual(self.a.client.folder_create("More", kind=eas.USER_NOTES).get("Status"), "1")
        with self.assertRaises(RuntimeError) as caught:
            self.put(self.user, self.vname(self.a, self.folder), "u1", "x")
        self.assertIn("Not enough room", str(caught.exception))


class Database(Faults, ItemsOfAll):
    """Locked, unreadable, broken: every command on items says later."""
    storage = False
    core = True
    timeout = 240

    def setUp(self):
        super().setUp()
        if self.dovecot.opt.meta != "sqlite":
            self.skipTest("breaks SQLite's file")
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.names(self.a)
        self.make(self.a, "x", "y")
        self.names(self.a)
        self.path = os.path.join(self.dovecot.maildir(self.user), "dovetail.db")
        self.dovecot.expect_error("(?i)dovetail.db", "(?i)metadata", "killed with signal 9", "(?i)permission denied",
                                  "(?i)locked|busy|malformed|not a database", "is not remembered")

    def commands(self):
        """(what, call, only reads)"""
        a, c = self.a, self.a.client.clone(strict=False)
        found = []
        for kind, (element, content) in KINDS.items():
            folder, klass = a.folder(type=kind), eas.CLASSES[kind]
            key, sid = a.keys[folder], sorted(a.items[folder])[0]

            def add(what, call, reads=False):
                found.append(("%s %s" % (klass, what), call, reads))
            add("Sync", lambda f=folder, k=key: c.sync(c.collection(f, k)), True)
            add("Sync 0", lambda f=folder: c.sync(c.collection(f, "0")))
            add("Add", lambda f=folder, k=key, n=content: c.sync(c.collection(f, k, commands=[
                eas.add("new", *n("new"))])))
            add("Change", lambda f=folder, k=key, s=sid, n=content: c.sync(c.collection(f, k, commands=[
                eas.change(s, *n("changed"))])))
            add("Delete", lambda f=folder, k=key, s=sid: c.sync(c.collection(f, k, commands=[eas.delete(s)])))
            add("Fetch", lambda f=folder, k=key, s=sid: c.sync(c.collection(f, k, commands=[eas.fetch(s)])))
            add("GetItemEstimate", lambda f=folder, k=key, s=klass: c.get_item_estimate(f, k, klass=s), True)
            add("ItemOperations", lambda f=folder, s=sid: c.item_operations(c.fetch(f, s)).node, True)
            add("Search", lambda s=klass: c.search_mailbox("x", classes=(s,)), True)
            add("MoveItems", lambda f=folder, s=sid: c.move_items((s, f, a.folder(type=eas.DELETED))))
            add("FolderDelete", lambda f=folder: c.folder_delete(f))
        found.append(("FolderCreate", lambda: c.folder_create("New", kind=eas.USER_CALENDAR), False))
        found.append(("GAL", lambda: c.search_gal("x"), True))
        return found

    def refused(self, reading_goes_on=False):
        for what, call, reads in self.commands():
            with self.subTest(what):
                started, before = time.monotonic(), self.a.client.folder_key
                if reads and reading_goes_on:
                    try:
                        node = call()
                    except eas.HttpStatus as later:
                        self.assertEqual(later.status, 503)
                        continue
                    if node is not None:
                        self.assertEqual([n for n in node.iter() if n.tag == "Delete"], [])
                elif what.endswith(("FolderDelete", "MoveItems")):
                    # a default folder stays, whatever is wrong; mail holds no items
                    self.assert_not_done(call)
                else:
                    self.assert_later(call)
                self.a.client.folder_key = before
                self.assertLess(time.monotonic() - started, 30, "held up")

    def assert_not_done(self, call):
        try:
            node = call()
        except eas.HttpStatus as refused:
            self.assertIn(refused.status, (500, 503))
            return
        statuses = [n.text for n in node.iter() if n.tag == "Status"]
        self.assertFalse(set(statuses) & {"1", "3"} and "MoveItems" in node.name and "3" in statuses, node)
        self.assertTrue([s for s in statuses if s != "1"], node)

    def goes_on(self):
        self.a.folder_sync()
        self.assertEqual(self.names(self.a), self.everything("x", "y"))
        self.assertEqual(self.names(self.phone(self.user)), self.everything("x", "y"))
        self.assertEqual(self.a.resyncs, 0)

    def test_locked(self):
        lock = sqlite3.connect(self.path, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        try:
            self.refused(reading_goes_on=True)
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        self.goes_on()
    test_locked.core = False

    def test_unreadable(self):
        self.no_worker()
        os.chmod(self.path, 0)
        if os.getuid() == 0:
            os.chown(self.path, 0, 0)
        try:
            self.refused()
        finally:
            if os.getuid() == 0:
                os.chown(self.path, VMAIL_UID, VMAIL_UID)
            os.chmod(self.path, 0o600)
        self.no_worker()
        self.goes_on()

    def test_broken(self):
        self.no_worker()
        db = sqlite3.connect(self.path)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        with open(self.path, "r+b") as f:
            good = f.read(4096)
            f.seek(0)
            f.write(b"no database" * 200)
        self.refused()
        self.no_worker()
        with open(self.path, "r+b") as f:
            f.write(good)
        self.goes_on()
