# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Metadata in PostgreSQL: a server that restarts, crashes or is away never makes a phone
lose anything. (`./run --meta pgsql` runs the other tests there.)"""

import os
import signal
import subprocess
import time
import unittest

from dovetail_test import eas
from dovetail_test.pgsql import Postgres, binaries
from noteitems import NoteCase, journal, note
from test_faults import Faults


@unittest.skipUnless(binaries(), "no PostgreSQL here")
class Server(Faults, NoteCase):
    options = {"meta": "pgsql"}
    timeout = 180

    @classmethod
    def setUpClass(cls):
        # one of our own: it is stopped and killed
        before = os.environ.pop("DOVETAIL_PGSQL", None)
        try:
            super().setUpClass()
        finally:
            if before:
                os.environ["DOVETAIL_PGSQL"] = before

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.a = self.phone(self.user)
        self.folder = self.notes(self.a)
        for n in range(5):
            self.add(self.a, self.folder, "c%d" % n, *note("n%d" % n))
        self.server = self.dovecot.pgsql

    def whole(self, *more):
        self.a.sync(self.folder)
        expected = sorted(["n%d" % n for n in range(5)] + list(more))
        self.assertEqual(self.subjects(self.a, self.folder), expected)
        b = self.phone(self.user)
        self.notes(b)
        self.assertEqual(self.subjects(b, self.folder), expected)
        self.assertEqual(self.a.resyncs, 0)

    def refused(self):
        """Everything that needs the items says: later."""
        a, folder = self.a, self.folder
        c, key = a.client.clone(strict=False), a.keys[folder]
        sid = sorted(a.items[folder])[0]
        for name, call in {
                "Sync": lambda: c.sync(c.collection(folder, key)),
                "Sync 0": lambda: c.sync(c.collection(folder, "0")),
                "Add": lambda: c.sync(c.collection(folder, key, commands=[eas.add("x", *note("x"))])),
                "Delete": lambda: c.sync(c.collection(folder, key, commands=[eas.delete(sid)])),
                "FolderSync": lambda: c.folder_sync(c.folder_key),
                "FolderSync 0": lambda: c.folder_sync("0"),
                "GetItemEstimate": lambda: c.get_item_estimate(folder, key),
                "ItemOperations": lambda: c.item_operations(c.fetch(folder, sid)).node,
                "Search": lambda: c.search_mailbox("n1", classes=("Notes",)),
                "MoveItems": lambda: c.move_items((sid, folder, a.inbox)),
                "FolderCreate": lambda: c.folder_create("New", kind=eas.USER_NOTES)}.items():
            with self.subTest(name):
                before = c.folder_key
                started = time.monotonic()
                self.assert_later(call)
                c.folder_key = before
                self.assertLess(time.monotonic() - started, 60)

    def test_restart(self):
        """Sessions end between requests: nobody notices."""
        self.server.end()
        self.server.launch()
        self.add(self.a, self.folder, "new", *note("after"))
        self.whole("after")

    def test_crash_of_the_server(self):
        self.add(self.a, self.folder, "new", *note("before"))
        self.server.end(signal.SIGQUIT)
        self.server.launch()
        self.whole("before")

    def test_away(self):
        self.dovecot.expect_error("(?i)metadata", "(?i)postgresql")
        self.server.end()
        try:
            self.refused()
            self.no_worker()
            self.refused()
        finally:
            self.server.launch()
        self.no_worker()
        self.whole()

    def test_lock_held(self):
        """An administrator's transaction holds the owner's row: writers are told to
        come again, readers go on."""
        self.dovecot.expect_error("(?i)metadata", "(?i)postgresql")
        self.whole()
        database = self.dovecot.conninfo.split("dbname=")[1].split()[0]
        holder = subprocess.Popen(
            self.server._as_user("psql", "-h", self.server.base, "-U", "dovetail", "-d", database, "-X", "-q"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN; SELECT count(*) FROM (SELECT 1 FROM dovetail.all_owner FOR UPDATE) x;\n")
        holder.stdin.flush()
        while "1" not in holder.stdout.readline():
            pass
        c, key = self.a.client, self.a.keys[self.folder]
        sid = sorted(self.a.items[self.folder])[0]
        self.assertIsNone(c.sync(c.collection(self.folder, key)), "reading goes on")
        self.assert_later(lambda: c.sync(c.collection(self.folder, key, commands=[eas.delete(sid)])))
        holder.communicate("ROLLBACK;\n")
        self.whole()

    def test_doveadm(self):
        box = self.vname(self.a, self.folder)
        self.put(self.user, box, "u1", journal("u1", "by doveadm"))
        self.whole("by doveadm")
        self.dovecot.doveadm("dovetail", "purge", "-u", self.user)
        self.dovecot.doveadm("dovetail", "repair", "-u", self.user)
        self.whole("by doveadm")
        self.assertFalse(os.path.exists(os.path.join(self.dovecot.maildir(self.user), "dovetail.db")))

    def test_forget_owner(self):
        sql = "SELECT dovetail.forget_owner('%s')" % self.user
        database = self.dovecot.conninfo.split("dbname=")[1].split()[0]
        self.no_worker()
        self.assertEqual(self.server.sql(sql, database=database), [["1"]])
        self.assertEqual(self.server.sql("SELECT count(*) FROM dovetail.all_owner WHERE"
                                         " convert_from(name,'UTF8') LIKE '%s:%%'" % self.user,
                                         database=database), [["0"]])


@unittest.skipUnless(binaries(), "no PostgreSQL here")
class Migration(NoteCase):
    """A site moves from SQLite to PostgreSQL, and back: phones go on."""
    options = {"meta": "sqlite"}
    timeout = 120

    def switch(self, value):
        d = self.dovecot
        d.kill9("dovetail-worker")
        d.opt.plugin["dovetail_meta"] = value
        with open(d.conf, "w") as out:
            out.write(d.config())
        d.restart()

    def test_there_and_back(self):
        user = self.new_user()
        a = self.phone(user)
        folder = self.notes(a)
        for n in range(5):
            self.add(a, folder, "c%d" % n, *note("n%d" % n))
        file = os.path.join(self.dovecot.maildir(user), "dovetail.db")
        server = Postgres()
        server.start()
        self.addCleanup(server.stop)
        pgsql = "pgsql " + server.new_database()
        self.dovecot.expect_error("killed with signal 9", "(?i)not migrated", "(?i)metadata")
        self.switch(pgsql)
        for call in (lambda: a.client.folder_sync(a.client.folder_key),
                     lambda: a.client.sync(a.client.collection(folder, a.keys[folder]))):
            with self.assertRaises(eas.HttpStatus) as caught:
                call()
            self.assertEqual(caught.exception.status, 503)
        self.dovecot.doveadm("dovetail", "migrate", "-u", user)
        self.assertFalse(os.path.exists(file))
        self.goes_on(a, folder, "there")
        self.switch("sqlite")
        self.dovecot.doveadm("dovetail", "migrate", "-u", user, pgsql)
        self.goes_on(a, folder, "there", "back")
        # Where the user may write: doveadm runs as the user.
        copy = os.path.join(self.dovecot.maildir(user), "copy.db")
        self.dovecot.doveadm("dovetail", "backup", "-u", user, copy)
        self.assertTrue(os.path.exists(copy))

    def goes_on(self, a, folder, *more):
        self.add(a, folder, more[-1], *note(more[-1]))
        a.folder_sync()
        a.sync(folder)
        expected = sorted(["n%d" % n for n in range(5)] + list(more))
        self.assertEqual(self.subjects(a, folder), expected)
        self.assertEqual(a.resyncs, 0)
        b = self.phone(a.client.user)
        self.notes(b)
        self.assertEqual(self.subjects(b, folder), expected)
