# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Free/busy where every user has a uid and nobody may read another's files:
dovetail-freebusy with SQLite, the database itself with PostgreSQL."""

import datetime
import os
import socket
import unittest

from dovetail_test import eas
from dovetail_test.case import TestCase
from dovetail_test.dovecot import Dovecot, has_dovetail
from dovetail_test.wbxml import E
from test_calendar import appointment


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

    def config(self):
        return super().config() + "service stats {\n  unix_listener stats-writer {\n    mode = 0666\n  }\n}\n"


@unittest.skipIf(os.getuid() != 0, "needs root for uids")
class Uids(TestCase):
    core = True
    who = None

    @classmethod
    def setUpClass(cls):
        if not has_dovetail():
            raise unittest.SkipTest("no Dovetail below DOVETAIL_PREFIX")
        users = ["u%03d@example.org" % n for n in range(1, 13)]
        plugin = {"dovetail_freebusy": cls.who} if cls.who else {}
        cls.dovecot = UidDovecot(users=users, plugin=plugin).start()
        cls._users = iter(users)

    def setUp(self):
        super().setUp()
        self.dovecot.expect_error("(?i)permission denied")
        self.owner, self.asker = self.new_user(), self.new_user()
        phone = self.phone(self.owner)
        folder = phone.folder(type=eas.CALENDAR)
        phone.sync(folder)
        self.start = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0) + \
            datetime.timedelta(days=1)
        phone.sync(folder, [eas.add("c", *appointment(
            "secret", E("Calendar:BusyStatus", "2"), start=self.start + datetime.timedelta(hours=1)))])

    def ask(self):
        c = self.client(self.asker, version="14.1")
        c.provision()
        times = [when.strftime("%Y-%m-%dT%H:%M:%S.000Z") for when in (self.start, self.start + datetime.timedelta(hours=3))]
        node = c.resolve_recipients(self.owner, options=[
            E("ResolveRecipients:Availability", E("StartTime", times[0]), E("EndTime", times[1]))])
        return node.find("Response/Recipient/Availability")

    def test_times(self):
        answer = self.ask()
        self.assertEqual((answer.get("Status"), answer.get("MergedFreeBusy")), ("1", "002200"))

    def test_the_calendar_says_no(self):
        self.dovecot.doveadm("mailbox", "metadata", "set", "-u", self.owner, self.dovecot.folder("Calendar"),
                             "/shared/vendor/vendor.dovecot/pvt/dovetail/folder/freebusy", "none")
        self.assertIsNone(self.ask().get("MergedFreeBusy"))

    def test_the_socket(self):
        """What it is told may be anything."""
        if self.dovecot.opt.meta != "sqlite":
            self.skipTest("is not asked")
        for line in (b"", b"\n", b"F1\n", b"F1\tx\t1\t2\n", b"F1\t" + self.owner.encode() + b"\t5\t1\n",
                     b"F1\t../../etc/passwd\t1\t99\n", b"x" * 5000, b"F1\t" + self.owner.encode() + b"\t1\t9999999999999\n"):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(20)
                sock.connect(self.dovecot.path("run", "dovetail-freebusy"))
                sock.sendall(line)
                sock.shutdown(socket.SHUT_WR)
                answer = b""
                while True:
                    data = sock.recv(4096)
                    if not data:
                        break
                    answer += data
                self.assertIn(answer, (b"", b"-\n"), line)
        self.assertEqual(self.ask().get("MergedFreeBusy"), "002200")


class Acl(Uids):
    """What an ACL would have to say is not known there."""
    core = False
    who = "acl"

    def test_times(self):
        if self.dovecot.opt.meta == "sqlite":
            self.assertIsNone(self.ask().get("MergedFreeBusy"))

    def test_the_socket(self):
        pass
