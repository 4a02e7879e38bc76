# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Free/busy where every user has a uid and nobody may read another's files:
dovetail-freebusy with SQLite, the database itself with PostgreSQL."""

import contextlib
import datetime
import os
import socket
import unittest

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.dovecot import Dovecot, has_dovetail
from dovetail_test.wbxml import E
from test_calendar import appointment

BUSY = "1", "002200"
UNKNOWN = "163", None


class UidDovecot(Dovecot):
    """Each user a uid of its own, homes closed to all others"""

    def write_users(self):
        super().write_users()
        with open(self.path("passwd")) as f:
            lines = [line.split(":") for line in f.read().splitlines()]
        for n, fields in enumerate(lines):
            fields[2] = fields[3] = str(20001 + n)
            home = self.home(fields[0])
            os.makedirs(home, mode=0o700, exist_ok=True)
            os.chown(home, 20001 + n, 20001 + n)
            os.chmod(home, 0o700)
        with open(self.path("passwd"), "w") as f:
            f.write("".join(":".join(fields) + "\n" for fields in lines))

    def prepare(self):
        super().prepare()
        for name in ("dict", "public"):         # written by every uid
            os.chmod(self.path(name), 0o777)

    def config(self):
        """What Dovecot wants where users with uids of their own share mailboxes"""
        return super().config() + "".join(
            "service %s {\n  unix_listener %s {\n    mode = %s\n  }\n}\n" % words
            for words in (("stats", "stats-writer", "0666"), ("auth", "auth-userdb", "0777")))


USERS = ["u%03d@example.org" % n for n in range(1, 16)]
TEAM = USERS.pop()


class Asking(TestCase):
    """A user who is busy in the second hour of three"""
    who = None
    storage = False

    def setUp(self):
        super().setUp()
        self.owner, self.asker = self.new_user(), self.new_user()
        phone = self.phone(self.owner)
        folder = phone.folder(type=eas.CALENDAR)
        phone.sync(folder)
        self.start = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0) + \
            datetime.timedelta(days=1)
        phone.sync(folder, [eas.add("c", *appointment(
            "secret", E("Calendar:BusyStatus", "2"), start=self.start + datetime.timedelta(hours=1)))])

    def ask(self, user=None):
        c = self.client(user or self.asker, version="14.1")
        c.provision()
        times = [when.strftime("%Y-%m-%dT%H:%M:%S.000Z") for when in (self.start, self.start + datetime.timedelta(hours=3))]
        node = c.resolve_recipients(self.owner, options=E("Options", E(
            "Availability", E("StartTime", times[0]), E("EndTime", times[1]))))
        answer = node.find("Response/Recipient/Availability")
        return answer.get("Status"), answer.get("MergedFreeBusy")

    def calendar_says(self, name, value):
        self.dovecot.doveadm("mailbox", "metadata", "set", "-u", self.owner, self.dovecot.folder("Calendar"),
                             "/shared/vendor/vendor.dovecot/pvt/dovetail/folder/" + name, value)

    def share(self, who, *rights):
        self.dovecot.doveadm("acl", "set", "-u", self.owner, self.dovecot.folder("Calendar"), who, *rights)


@unittest.skipIf(os.getuid() != 0, "needs root for uids")
class Uids(Asking):
    def setUp(self):
        super().setUp()
        # Dovecot says at every look that shared mailboxes are out of reach
        self.dovecot.expect_error("(?i)permission denied")

    @classmethod
    def setUpClass(cls):
        if cls is Uids or not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        cls.dovecot = UidDovecot(users=USERS + [TEAM], plugin={"dovetail_freebusy": cls.who} if cls.who else {},
                                 passwd_fields={TEAM: {"userdb_acl_groups": "team"}}).start()
        cls._users = iter(USERS)


class All(Uids):
    """Everybody of the site may know"""
    core = True

    def test_times(self):
        self.dovecot.expected_errors = []       # nothing to be told in the log
        self.assertEqual(self.ask(), BUSY)

    def test_the_calendar_says_no(self):
        self.calendar_says("freebusy", "none")
        self.assertEqual(self.ask(), UNKNOWN)

    def say(self, line):
        """What the process says to this line, sent by root, who is no user"""
        answer = b""
        with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(ConnectionResetError):
            sock.settimeout(20)
            sock.connect(self.dovecot.path("run", "dovetail-freebusy"))
            sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)
            while data := sock.recv(4096):
                answer += data
        return answer

    def test_the_socket(self):
        """What it is told may be anything."""
        if self.dovecot.opt.meta != "sqlite":
            self.skipTest("is not asked")
        owner = self.owner.encode()
        for line in (b"", b"\n", b"F1\n", b"F1\tx\tx\t1\t2\n", b"F1\tx\t" + owner + b"\t5\t1\n",
                     b"F1\tx\t../../etc/passwd\t1\t99\n", b"x" * 5000, b"F1\tx\t" + owner + b"\t1\t9999999999999\n"):
            self.assertIn(self.say(line), (b"", b"-\n"), line)
        self.assertEqual(self.ask(), BUSY)

    def test_a_name_is_a_claim(self):
        """Somebody else's name makes nobody that user."""
        if self.dovecot.opt.meta != "sqlite":
            self.skipTest("is not asked")
        start = int(self.start.timestamp())
        line = "F1\t%s\t%s\t%d\t%d\n" % (self.asker, self.owner, start, start + 86400)
        self.assertTrue(self.say(line.encode()).startswith(b"+\t"))
        self.calendar_says("freebusy", "acl")
        self.share("user=" + self.asker, "lookup", "read")
        self.assertEqual(self.say(line.encode()), b"-\n")
        self.assertEqual(self.ask(), BUSY)


class Acl(Uids):
    """Whom the ACL lets see the calendar; whom the owner named"""
    core = True
    who = "acl"

    def test_rights(self):
        self.assertEqual(self.ask(), UNKNOWN)
        self.share("user=" + self.asker, "lookup")
        self.assertEqual(self.ask(), BUSY)
        self.assertEqual(self.ask(self.new_user()), UNKNOWN)

    def test_groups(self):
        self.share("group=team", "lookup")
        self.assertEqual((self.ask(), self.ask(TEAM)), (UNKNOWN, BUSY))

    def test_named(self):
        """By the owner, in Outlook's permissions"""
        self.calendar_says("busy-rights", "1\tuser=" + self.asker)
        self.assertEqual((self.ask(), self.ask(TEAM)), (BUSY, UNKNOWN))


class OneUid(Asking):
    """Where all have one uid, the calendar is read at once"""
    options = {"plugin": {"dovetail_freebusy": "acl"}}

    @classmethod
    def setUpClass(cls):
        if cls is Asking:
            raise unittest.SkipTest("is a base")
        super().setUpClass()

    def test_times_only(self):
        """Who may see when, and not what, is not given the calendar, subscribed or not."""
        self.assertEqual(self.ask(), UNKNOWN)
        self.share("user=" + self.asker, "lookup")
        self.dovecot.doveadm("mailbox", "subscribe", "-u", self.asker, "shared/%s/Calendar" % self.owner)
        self.assertEqual(self.ask(), BUSY)
        phone = self.phone(self.asker)
        self.assertEqual([f.name for f in phone.folders.values() if self.owner.split("@")[0] in f.name], [])
        answer = phone.client.call("Search", E("Search:Search", E("Store", E("Name", "Mailbox"), E(
            "Query", E("And", E("AirSync:Class", "Calendar"), E("FreeText", "secret"))), E("Options", E("Range", "0-9")))))
        self.assertNotIn("secret", str(answer.node))
        # one who may read it too has it
        self.share("user=" + self.asker, "lookup", "read")
        phone.folder_sync()
        (folder,) = [f.server_id for f in phone.folders.values() if self.owner.split("@")[0] in f.name]
        phone.sync(folder)
        self.assertEqual(len(phone.items[folder]), 1)
        # and loses it again
        self.share("user=" + self.asker, "lookup")
        answer = phone.client.sync(phone.client.collection(folder, phone.keys[folder]))
        self.assertNotIn(answer.get("Status") or answer.get("Collections/Collection/Status"), (None, "1"))
        phone.folder_sync()
        self.assertNotIn(folder, phone.folders)
        self.assertEqual(self.ask(), BUSY)
