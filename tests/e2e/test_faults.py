# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens around the service: full disks and quotas, a database that is
locked, unreadable or broken, back ends that are down, processes that die, lost
answers.  The client is told to try later, nothing is lost, nothing is doubled,
and never does a phone see an empty folder that is not empty."""

import contextlib
import glob
import http.client
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from dovetail_test import eas
from dovetail_test.case import TestCase, message, raw_http
from dovetail_test.dovecot import VMAIL_UID
from dovetail_test.wbxml import E
from test_http import FOLDER_SYNC, request

BROKEN = (eas.HttpStatus, eas.EasError, OSError, http.client.HTTPException)


class Faults(TestCase):
    def assert_later(self, call, *args):
        """The call is answered, but neither with success nor with nothing."""
        try:
            answer = call(*args)
        except eas.HttpStatus as refused:
            self.assertIn(refused.status, (500, 503, 507))
            return
        node = answer.node if isinstance(answer, eas.Response) else answer
        self.assertIsNotNone(node, "'no changes', although nobody could know")
        statuses = [n.text for n in node.iter() if n.tag == "Status"]
        self.assertTrue([s for s in statuses if s != "1"], node.dump())

    def no_worker(self):
        """The next request starts a new one."""
        self.dovecot.kill9("dovetail-worker")
        time.sleep(0.2)


def can_mount():
    return os.getuid() == 0 and subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL).returncode == 0


@unittest.skipUnless(can_mount(), "needs to mount a small file system")
class FullDisk(Faults):
    storage = False
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.home = self.dovecot.home(self.user)
        os.makedirs(self.home)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700,uid=%d,gid=%d" % (VMAIL_UID, VMAIL_UID),
                        "none", self.home], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.home])
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(20)])
        self.dovecot.expect_error("(?i)no space left", "(?i)disk", "(?i)database or disk is full", "(?i)not enough disk",
                                  "(?i)metadata", "killed with signal 9", "(?i)failed")

    def fill(self):
        with contextlib.suppress(OSError):
            with open(os.path.join(self.home, "ballast"), "wb", 0) as out:
                while True:
                    out.write(b"x" * 4096)

    def free(self):
        os.unlink(os.path.join(self.home, "ballast"))

    def test_sync(self):
        for cold in (False, True):
            with self.subTest(cold=cold):
                self._sync(cold)

    def _sync(self, cold):
        phone = self.phone(self.user, window=5)
        phone.sync()
        sid = sorted(phone.items[phone.inbox])[0]
        if cold:
            self.no_worker()
        self.fill()
        try:
            c = phone.client
            key = phone.keys[phone.inbox]
            # reading goes on, or is refused; it is never empty
            with contextlib.suppress(eas.HttpStatus):
                node = c.folder_sync("0")
                if node.get("Status") == "1":
                    self.assertGreaterEqual(int(node.get("Changes/Count")), 5)
            with contextlib.suppress(eas.HttpStatus):
                node = c.sync(c.collection(phone.inbox, key, commands=[eas.read(sid, cold), eas.flag(sid)]))
                if node is not None and node.get("Collections/Collection/Status") == "1":
                    self.assertEqual(node.findall("Collections/Collection/Commands/Delete"), [])
            mime = ("From: %s\r\nTo: x@example.net\r\nSubject: full\r\n\r\n%s\r\n" % (self.user, "y" * 60_000)).encode()
            self.dovecot.mta.clear()
            try:
                refused = bool(c.send_mail(mime, client_id="full%d" % cold, save=True).body)
            except eas.HttpStatus:
                refused = True
            self.assertEqual(len(self.dovecot.mta.mails), 0 if refused else 1)
            c.folder_key = phone.client.folder_key
        finally:
            self.free()
        self.assertEqual(phone.client.folder_sync("0").get("Status"), "1")
        phone.sync(commands=[eas.read(sid, cold), eas.flag(sid)])
        phone.items[phone.inbox][sid].change(eas.read(sid, cold).find("ApplicationData"))
        phone.items[phone.inbox][sid].change(eas.flag(sid).find("ApplicationData"))
        phone.sync()
        self.assert_same(phone, self.user)

    def test_draft(self):
        """Nothing half is saved, and the same is taken later."""
        phone = self.phone(self.user)
        phone.sync()
        drafts = phone.folder(type=eas.DRAFTS)
        phone.sync(drafts)
        self.fill()
        add = eas.add("d1", E("Email:To", "x@example.net"), E("Email:Subject", "draft"),
                      E("AirSyncBase:Body", E("Type", "1"), E("Data", "z" * 60_000)))
        c = phone.client
        try:
            self.assert_later(lambda: c.sync(c.collection(drafts, phone.keys[drafts], commands=[add])))
        finally:
            self.free()
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual(imap.truth("Drafts"), {})
        phone = self.phone(self.user)
        phone.sync(drafts)
        phone.sync(drafts, commands=[add])
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual(len(imap.truth("Drafts")), 1)


class Quota(Faults):
    """Each command's own word for it: MS-ASCMD 2.2.2 (113), Sync 9 (2.2.3.177.17)."""
    options = {"quota": "200k"}

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("fill", "x" * 1000 + "\r\n") for _ in range(150)])

    def test_draft(self):
        phone = self.phone(self.user)
        drafts = phone.folder(type=eas.DRAFTS)
        phone.sync(drafts)
        add = eas.add("d1", E("Email:To", "x@example.net"), E("Email:Subject", "draft"),
                      E("AirSyncBase:Body", E("Type", "1"), E("Data", "z" * 60_000)))
        answers = phone.sync(drafts, commands=[add])
        self.assertEqual([n.text for a in answers for n in a.findall("Responses/Add/Status")], ["9"])
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual(imap.truth("Drafts"), {})

    def test_send(self):
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: over quota\r\n\r\n%s\r\n" % (self.user, "y" * 100_000)).encode()
        for version in ("12.1", "14.1", "16.1"):
            client = self.client(self.user, version=version)
            client.provision()
            with self.subTest(version=version):
                try:
                    answer = client.send_mail(mime, client_id="q" + version, save=True)
                    self.assertEqual(answer.node.get("Status"), "113")
                except eas.HttpStatus as refused:       # before 14.0 there is no body
                    self.assertEqual(refused.status, 507)
                self.assertEqual(self.dovecot.mta.mails, [])
                # without a copy it goes
                self.assertEqual(client.send_mail(mime, client_id="n" + version, save=False).body, b"")
                self.assertEqual(len(self.dovecot.mta.wait(1)), 1)
                self.dovecot.mta.clear()

    def test_the_rest_goes_on(self):
        """Reading, flags, deletion and moves need no room."""
        phone = self.phone(self.user)
        phone.sync()
        sids = sorted(phone.items[phone.inbox])
        phone.sync(commands=[eas.read(sids[0]), eas.flag(sids[1]), eas.delete(sids[2])])
        for sid in sids[:2]:
            self.assertIn(sid, phone.items[phone.inbox])
        phone.items[phone.inbox][sids[0]].change(eas.read(sids[0]).find("ApplicationData"))
        phone.items[phone.inbox][sids[1]].change(eas.flag(sids[1]).find("ApplicationData"))
        phone.items[phone.inbox].pop(sids[2])
        self.assert_same(phone, self.user)


class Metadata(Faults):
    """The database beside the mail cannot be used: never an empty folder, never
    a FolderSync without folders, never a new device."""
    storage = False
    timeout = 120

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(10)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()

    def database(self):
        (path,) = glob.glob(os.path.join(self.dovecot.home(self.user), "**", "dovetail.db"), recursive=True)
        return path

    def commands(self):
        phone, c = self.phone_, self.phone_.client
        sid = sorted(phone.items[phone.inbox])[0]
        key = phone.keys[phone.inbox]
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: s\r\n\r\nx\r\n" % self.user).encode()
        return {
            "FolderSync": lambda: c.folder_sync(c.folder_key),
            "FolderSync 0": lambda: c.folder_sync("0"),
            "Sync": lambda: c.sync(c.collection(phone.inbox, key)),
            "Sync 0": lambda: c.sync(c.collection(phone.inbox, "0")),
            "Sync change": lambda: c.sync(c.collection(phone.inbox, key, commands=[eas.read(sid)])),
            "Ping": lambda: c.ping([phone.inbox], 60),
            "GetItemEstimate": lambda: c.get_item_estimate(phone.inbox, key),
            "MoveItems": lambda: c.move_items((sid, phone.inbox, phone.folder(type=eas.DELETED))),
            "FolderCreate": lambda: c.folder_create("New"),
            "SendMail": lambda: c.send_mail(mime, client_id="meta"),
            "Provision": lambda: c.provision(),
            "ItemOperations": lambda: c.item_operations(c.fetch(phone.inbox, sid)).node,
            "Search": lambda: c.search_mailbox("m1"),
        }

    def more_commands(self):
        phone, c = self.phone_, self.phone_.client
        sid = sorted(phone.items[phone.inbox])[0]
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: s\r\n\r\nx\r\n" % self.user).encode()
        return {
            "Find": lambda: c.find_mailbox("m1"),
            "FolderUpdate": lambda: c.folder_update(phone.folder(type=eas.SENT), "Other"),
            "FolderDelete": lambda: c.folder_delete(phone.folder(type=eas.DELETED)),
            "EmptyFolderContents": lambda: c.item_operations(c.empty_folder(phone.folder(type=eas.DELETED))).node,
            "SmartReply": lambda: c.smart_reply(mime, (phone.inbox, sid), client_id="meta-reply"),
            "SmartForward": lambda: c.smart_forward(mime, (phone.inbox, sid), client_id="meta-forward"),
            "MeetingResponse": lambda: c.meeting_response(phone.inbox, sid),
            "Settings": lambda: c.settings(c.device_information()),
        }

    def run_all(self, may_succeed=(), more=True):
        """may_succeed: what needs nothing of the database in that state."""
        for name, call in dict(self.commands(), **(self.more_commands() if more else {})).items():
            with self.subTest(name):
                started = time.monotonic()
                folder_key = self.phone_.client.folder_key
                try:
                    answer = call()
                except eas.HttpStatus as refused:
                    self.assertIn(refused.status, (500, 503))
                    continue
                except eas.EasError:        # Provision's own
                    continue
                finally:
                    self.phone_.client.folder_key = folder_key
                    self.assertLess(time.monotonic() - started, 20, "held up")
                node = answer.node if isinstance(answer, eas.Response) else answer
                if name in may_succeed:
                    self._assert_not_empty(name, node)
                    continue
                self.assertIsNotNone(node, "as if nothing were wrong")
                statuses = [n.text for n in node.iter() if n.tag == "Status"]
                self.assertTrue([s for s in statuses if s != "1"], node.dump())
                # not "start again": the device would throw its mail away
                if name in ("Sync", "Sync change"):
                    self.assertNotIn("3", statuses)
                if name == "FolderSync":
                    self.assertNotIn("9", statuses)

    def _assert_not_empty(self, name, node):
        if node is None:
            return
        self.assertEqual([n for n in node.iter() if n.name in ("AirSync:Delete", "FolderHierarchy:Delete")], [])
        if name == "FolderSync 0" and node.get("Status") == "1":
            self.assertGreaterEqual(int(node.get("Changes/Count")), 5)

    def goes_on(self):
        """Afterwards: no new start, nothing lost."""
        self.phone_.client.policy_key = self.phone_.client.policy_key
        with contextlib.suppress(Exception):
            self.phone_.client.provision()
        self.phone_.client.folder_sync(self.phone_.client.folder_key)
        self.deliver(self.user, "afterwards")
        # what the calls changed before they failed comes back by a new look
        self.phone_.sync()
        fresh = self.phone(self.user)
        fresh.sync()
        self.assert_same(fresh, self.user)
        self.assertIn("afterwards", self.phone_.subjects())
        self.assertEqual(self.phone_.resyncs, 0)

    def test_locked(self):
        """Another process holds the write lock: what only reads goes on."""
        lock = sqlite3.connect(self.database(), isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        self.dovecot.expect_error("(?i)locked|busy", "Ping of device .* is not remembered")
        try:
            self.run_all(may_succeed=("FolderSync", "Sync", "Ping", "GetItemEstimate", "ItemOperations", "Search", "FolderSync 0",
                                      "Provision", "SendMail"), more=False)
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        self.goes_on()

    def test_unreadable(self):
        self.no_worker()
        paths = [p for p in glob.glob(self.database() + "*")]
        for path in paths:
            os.chmod(path, 0)
        if os.getuid() == 0:
            for path in paths:
                os.chown(path, 0, 0)
        self.dovecot.expect_error("(?i)dovetail.db", "(?i)metadata", "killed with signal 9", "(?i)permission denied")
        try:
            self.run_all(may_succeed=("SendMail",))
        finally:
            for path in paths:
                if os.getuid() == 0:
                    os.chown(path, VMAIL_UID, VMAIL_UID)
                os.chmod(path, 0o600)
        self.no_worker()
        self.goes_on()
    test_unreadable.core = True

    def test_corrupt(self):
        """A broken file is not thrown away: it may be repaired or restored."""
        self.no_worker()
        path = self.database()
        lock = sqlite3.connect(path)
        lock.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        lock.close()
        shutil.copyfile(path, path + ".good")
        with open(path, "r+b") as f:
            f.write(b"this is no database at all, but it has a header's length....." * 40)
        self.dovecot.expect_error("(?i)dovetail.db", "(?i)metadata", "killed with signal 9", "(?i)not a database|malformed")
        self.run_all(may_succeed=("SendMail",))
        with open(path, "rb") as f:
            self.assertTrue(f.read(20).startswith(b"this is no database"), "the evidence is gone")
        self.no_worker()
        with open(path + ".good", "rb") as good, open(path, "r+b") as f:
            f.write(good.read())
        self.goes_on()


class Backends(Faults):
    timeout = 120
    options = {"plugin": {"dovetail_worker_wait": "2 s", "dovetail_auth_cache_ttl": "0", "dovetail_retry_after": "7 s"}}

    def test_smtp_down(self):
        user = self.new_user()
        for version in ("12.1", "14.1", "16.1"):
            with self.subTest(version=version):
                client = self.client(user, version=version)
                client.provision()
                mime = ("From: %s\r\nTo: x@example.net\r\nSubject: down %s\r\n\r\nx\r\n" % (user, version)).encode()
                self.dovecot.mta.stop()
                self.dovecot.expect_error("(?i)submit|smtp|connect|refused")
                try:
                    try:
                        answer = client.send_mail(mime, client_id="down" + version)
                        self.assertIn(answer.node.get("Status"), ("110", "111", "120"))
                    except eas.HttpStatus as refused:
                        # before 14.0 the common status 111 is an HTTP status
                        self.assertEqual((version, refused.status), ("12.1", 503))
                        self.assertEqual(refused.response.headers["Retry-After"], "7")
                    else:
                        self.assertNotEqual(version, "12.1")
                finally:
                    self.dovecot.mta.start()
                self.dovecot.mta.clear()
                self.assertEqual(client.send_mail(mime, client_id="down" + version).body, b"")
                self.assertEqual(len(self.dovecot.mta.wait(1)), 1)
        with self.dovecot.imap(user) as imap:
            self.assertEqual(len(imap.truth("Sent")), 3, "copies without mails, or mails without copies")

    def test_smtp_says_later_and_never(self):
        user = self.new_user()
        client = self.client(user, version="14.1")
        client.provision()
        for reply in ("451 4.3.0 later", "554 5.7.1 spam"):
            self.dovecot.mta.clear()
            self.dovecot.mta.fail_data = reply
            mime = ("From: %s\r\nTo: x@example.net\r\nSubject: r\r\n\r\nx\r\n" % user).encode()
            self.dovecot.expect_error("(?i)submit|smtp|refused|451|554")
            self.assertEqual(client.send_mail(mime, client_id=reply[:3]).node.get("Status"), "120")
        with self.dovecot.imap(user) as imap:
            self.assertEqual(imap.truth("Sent"), {}, "a copy of what was not sent")

    def test_auth_stands_still(self):
        """Auth does not answer: 503 with Retry-After, later as before."""
        user = self.new_user()
        auth = self.dovecot.processes("auth")
        self.assertTrue(auth)
        self.dovecot.expect_error("(?i)auth")
        for pid in auth:
            os.kill(pid, signal.SIGSTOP)
        try:
            status, headers, _ = raw_http(self.dovecot.ports["http"], request(
                "OPTIONS", eas.PATH, user=user, headers=["X: y"]), timeout=50)
            self.assertEqual(status, 503)
            self.assertEqual(headers["Retry-After"], "7")
        finally:
            for pid in auth:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        self.assert_comes_back(user)

    def test_auth_dies(self):
        user = self.new_user()
        self.client(user).options()
        self.dovecot.kill9("auth")
        self.dovecot.expect_error("(?i)auth", "signal 9")
        self.assert_comes_back(user)

    def assert_comes_back(self, user):
        deadline = time.monotonic() + 15
        while True:
            answer = raw_http(self.dovecot.ports["http"], request("OPTIONS", eas.PATH, user=user, headers=["X: y"]), timeout=50)
            if answer is not None and answer[0] == 200:
                return
            self.assertTrue(answer is None or answer[0] == 503, answer)
            self.assertLess(time.monotonic(), deadline, "does not come back")
            time.sleep(0.3)

    def test_front_dies(self):
        """Held requests break off; the phones come again, and nothing was missed."""
        user = self.new_user()
        phone = self.phone(user)
        phone.sync()
        client = phone.client.clone()
        wait = self.in_background(client.ping, [phone.inbox], 120)
        time.sleep(0.4)
        self.dovecot.kill9("dovetail")
        self.dovecot.expect_error("signal 9", "(?i)bus|EOF|disconnect")
        with self.assertRaises(BROKEN):
            # http.client tries once more when the connection was an old one
            wait(1)
            raise OSError
        self.deliver(user, "while down")
        for _ in range(40):
            try:
                node = phone.client.ping([phone.inbox], 120)
                break
            except BROKEN:
                phone.client.close()
                time.sleep(0.1)
        self.assertEqual(node.get("Status"), "2")
        phone.sync()
        self.assertIn("while down", phone.subjects())
        deadline = time.monotonic() + 10
        while len(self.dovecot.processes("dovetail-worker")) > 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertLessEqual(len(self.dovecot.processes("dovetail-worker")), 1, "workers of the dead front stay")


class WorkerLimit(Faults):
    options = {"plugin": {"dovetail_worker_wait": "2 s"}, "extra": "service dovetail-worker {\n  process_limit = 2\n}\n"}

    def test_limit(self):
        """503 with Retry-After for whom there is no process, and nobody else is
        disturbed; idle workers make room."""
        users = [self.new_user() for _ in range(4)]
        self.dovecot.expect_error("(?i)process_limit", "(?i)client_limit", "(?i)worker")
        clients = [self.client(u) for u in users]
        for client in clients:
            deadline = time.monotonic() + 20
            while True:
                answer = client.options()
                if answer.status == 200:
                    break
                self.assertEqual(answer.status, 503)
                self.assertTrue(answer.headers["Retry-After"].isdigit())
                self.assertLess(time.monotonic(), deadline, "never gets its turn")
                time.sleep(0.5)


class Shared(Faults):
    options = {"plugin": {"acl_defaults_from_inbox": "no"}}

    def test_shared_while_paused(self):
        """Issue's point 10: a folder is shared between check and wait."""
        owner, sharee = self.new_user(), self.new_user()
        self.dovecot.append(owner, [message("x")])
        phone = self.phone(sharee)
        phone.sync()
        with self.dovecot.imap(owner) as imap:
            for n, pause in enumerate((0.0, 0.002, 0.005, 0.02)):
                name = "Team%d" % n
                imap.create(name)
                phone.folder_sync()
                # Dovecot's acl plugin tells two versions of its list apart by
                # whole seconds
                time.sleep(1.1)
                client = phone.client.clone()
                wait = self.in_background(client.ping, [phone.inbox], 60)
                time.sleep(pause)
                workers = self.dovecot.processes("dovetail-worker")
                for pid in workers:
                    os.kill(pid, signal.SIGSTOP)
                try:
                    imap.setacl(name, sharee, "lrs")
                finally:
                    for pid in workers:
                        os.kill(pid, signal.SIGCONT)
                self.assertEqual(wait(5).get("Status"), "7")
                phone.folder_sync()
                self.assertTrue([f for f in phone.folders.values() if f.name == "%s (%s)" % (name, owner.split("@")[0])], name)


class LostAnswers(Faults):
    """The answer of each class of command is lost; the phone asks again as it
    did.  Once is done what was wanted, and both sides agree."""
    core = True

    def lost(self, client, command, body=None, **kwargs):
        """The server does it, nobody hears of it."""
        other = client.clone()
        answer = other.post(command, body, **kwargs)
        other.close()
        return answer

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(6)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.c = self.phone_.client

    def folders(self):
        with self.dovecot.imap(self.user) as imap:
            return sorted(imap.folders())

    def folder_command(self, command, *content):
        body = E("FolderHierarchy:" + command, E("SyncKey", self.c.folder_key), *content)
        first = self.lost(self.c, command, body).node
        again = self.c.call(command, E("FolderHierarchy:" + command, E("SyncKey", self.c.folder_key), *content)).node
        if again.get("Status") == "1":
            self.c.folder_key = again.get("SyncKey")
            self.assertEqual(again.get("ServerId"), first.get("ServerId"))
        return again

    def test_folders(self):
        phone = self.phone_
        self.folder_command("FolderCreate", E("ParentId", "0"), E("DisplayName", "Once"), E("Type", eas.USER_MAIL))
        phone_folders = dict(phone.folders)
        fresh = self.phone(self.user)
        self.assertEqual([f.name for f in fresh.folders.values()].count("Once"), 1)
        sid = fresh.folder("Once")
        again = self.folder_command("FolderUpdate", E("ServerId", sid), E("ParentId", "0"), E("DisplayName", "Twice"))
        self.assertIn(again.get("Status"), ("1", "2", "4", "9"))
        self.assertEqual([f for f in self.folders() if f in ("Once", "Twice")], ["Twice"])
        again = self.folder_command("FolderDelete", E("ServerId", sid))
        self.assertIn(again.get("Status"), ("1", "4", "9"))
        self.assertEqual([f for f in self.folders() if f in ("Once", "Twice")], [])
        # the phone of the lost answers finds out all the same
        node = self.c.folder_sync()
        if node.get("Status") == "9":
            self.c.folder_key = "0"
            phone.folders.clear()
            phone.folder_sync()
            self.assertEqual(sorted(f.name for f in phone.folders.values()), sorted(f.name for f in phone_folders.values()))

    def test_folder_sync(self):
        with self.dovecot.imap(self.user) as imap:
            imap.create("Another")
        self.lost(self.c, "FolderSync", E("FolderHierarchy:FolderSync", E("SyncKey", self.c.folder_key)))
        self.phone_.folder_sync()
        self.assertEqual([f.name for f in self.phone_.folders.values()].count("Another"), 1)

    def test_moves(self):
        phone = self.phone_
        sid = phone.by_subject("m1")
        target = phone.folder(type=eas.DELETED)
        body = E("Move:MoveItems", E("Move", E("SrcMsgId", sid), E("SrcFldId", phone.inbox), E("DstFldId", target)))
        first = self.lost(self.c, "MoveItems", body).node.find("Response")
        again = self.c.move_items((sid, phone.inbox, target)).find("Response")
        self.assertIn(again.get("Status"), ("1", "3"))
        if again.get("Status") == "3":
            self.assertEqual(again.get("DstMsgId"), first.get("DstMsgId"))
        phone.sync()
        phone.sync(target)
        self.assertEqual(phone.subjects(target), ["m1"])
        self.assert_same(phone, self.user)

    def test_send(self):
        self.dovecot.mta.clear()
        mime = ("From: %s\r\nTo: x@example.net\r\nSubject: once\r\n\r\nx\r\n" % self.user).encode()
        source = self.phone_.by_subject("m2")
        for command, where in (("SendMail", None), ("SmartReply", source), ("SmartForward", source)):
            with self.subTest(command):
                body = E("ComposeMail:" + command, E("ClientId", "id-" + command), E("Source", E(
                    "FolderId", self.phone_.inbox), E("ItemId", where)) if where else None, E("SaveInSentItems"), E("Mime", mime))
                self.assertEqual(self.lost(self.c, command, body).body, b"")
                # 118: sent already (MS-ASCMD 2.2.2)
                self.assertEqual(self.c.post(command, body).node.get("Status"), "118")
        self.assertEqual(len(self.dovecot.mta.mails), 3)
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual(len(imap.truth("Sent")), 3)

    def test_draft(self):
        phone = self.phone_
        drafts = phone.folder(type=eas.DRAFTS)
        phone.sync(drafts)
        add = eas.add("c1", E("Email:To", "x@example.net"), E("Email:Subject", "draft"))
        body = self.c.sync_request(self.c.collection(drafts, phone.keys[drafts], commands=[add]))
        first = self.lost(self.c, "Sync", body).node
        again = self.c.call("Sync", body).node
        path = "Collections/Collection/Responses/Add/ServerId"
        self.assertEqual(again.get(path), first.get(path))
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual(len(imap.truth("Drafts")), 1)

    def test_provision_and_settings(self):
        self.lost(self.c, "Provision", self.c.provision_request())
        self.c.provision()
        self.lost(self.c, "Settings", E("Settings:Settings", self.c.device_information()))
        self.assertEqual(self.c.settings(self.c.device_information()).get("Status"), "1")

    def test_empty_folder(self):
        trash = self.phone_.folder(type=eas.DELETED)
        self.c.move_items((self.phone_.by_subject("m3"), self.phone_.inbox, trash))
        body = E("ItemOperations:ItemOperations", self.c.empty_folder(trash))
        self.lost(self.c, "ItemOperations", body)
        self.assertEqual(self.c.call("ItemOperations", body).node.get("Status"), "1")

    def test_two_at_once_with_restarts(self):
        """Two connections of one device, and Dovecot's restart in between."""
        phone = self.phone_
        for n in range(3):
            self.deliver(self.user, "more %d" % n)
            body = self.c.sync_request(self.c.collection(phone.inbox, phone.keys[phone.inbox],
                                                         options=self.c.sync_options(**phone.options)))
            calls = [self.in_background(self.c.clone().post, "Sync", body) for _ in range(3)]
            answers = [call(30) for call in calls]
            for answer in answers:
                self.assertIn(answer.status, (200, 503))
            if n == 1:
                self.dovecot.expect_error("auth client .* pending requests: EOF")
                self.dovecot.restart()
            phone.client.close()
            phone.sync()
            self.assert_same(phone, self.user)
        self.assertEqual(phone.resyncs, 0)


class Indexes(Faults):
    """Dovecot's indexes are lost or rebuilt under a phone."""
    core = True
    timeout = 120

    def test_all(self):
        user = self.new_user()
        self.dovecot.append(user, [message("m%d" % i) for i in range(12)])
        with self.dovecot.imap(user) as imap:
            imap.create("Other")
        self.dovecot.append(user, [message("o%d" % i) for i in range(4)], "Other")
        phone = self.phone(user, window=5)
        phone.sync()
        other = phone.folder("Other")
        phone.sync(other)
        self.dovecot.expect_error("(?i)index|rebuil|corrupt|fsck|dbox|map|log|lost|reset")
        for what in ("force-resync", "remove", "force-resync"):
            with self.subTest(what):
                if what == "remove":
                    self._remove(user)
                self.dovecot.doveadm("force-resync", "-u", user, "*")
                with self.dovecot.imap(user) as imap:
                    imap.store_flags(sorted(imap.truth())[:2], "+FLAGS (\\Seen)")
                    imap.expunge_uids([max(imap.truth())])
                self.deliver(user, "after " + what)
                phone.folder_sync()
                phone.sync()
                self.assert_same(phone, user)
                phone.sync(phone.folder("Other"))
                self.assert_same(phone, user, "Other", phone.folder("Other"))

    def _remove(self, user):
        """The cheap ones; mdbox keeps its map, sdbox and mdbox their flags there."""
        if self.dovecot.opt.format != "maildir":
            return
        self.dovecot.kill9("dovetail-worker")
        for path in glob.glob(os.path.join(self.dovecot.maildir(user), "**", "dovecot.index*"), recursive=True) + \
                glob.glob(os.path.join(self.dovecot.maildir(user), ".Other", "dovecot.index*")):
            if os.path.exists(path):
                os.unlink(path)
