# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Push: Ping (MS-ASCMD 2.2.1.13) and hanging Sync; D3 point by point."""

import os
import signal
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E

HOLD = 120          # heartbeats of these tests never end by themselves


class Waits(TestCase):
    """What a device that waits learns, and when."""
    core = True
    options = {"plugin": {"dovetail_worker_idle": "1 s", "dovetail_heartbeat_min": "1"}}

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(3)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.inbox = self.phone_.inbox

    def ping(self, folders=None, heartbeat=HOLD, settle=0.4):
        client = self.phone_.client.clone()
        wait = self.in_background(client.ping, folders or [self.inbox], heartbeat)
        time.sleep(settle)
        return wait

    def assert_woken(self, wait, started, folder=None, limit=2.0):
        node = wait(10)
        self.assertEqual(node.get("Status"), "2")
        self.assertEqual([n.text for n in node.findall("Folders/Folder")], [folder or self.inbox])
        self.assertLess(wait.at - started, limit)

    def test_delivery(self):
        wait = self.ping()
        self.assertTrue(wait.alive(), "answered at once")
        started = time.monotonic()
        self.deliver(self.user, "ring")
        self.assert_woken(wait, started)
        self.phone_.sync()
        self.assertIn("ring", self.phone_.subjects())

    def test_imap_append(self):
        wait, started = self.ping(), time.monotonic()
        self.dovecot.append(self.user, [message("appended")])
        self.assert_woken(wait, started)

    def test_flags_expunge_move(self):
        with self.dovecot.imap(self.user) as imap:
            uids = sorted(imap.truth())
            for action in (lambda: imap.store_flags([uids[0]], "+FLAGS (\\Seen)"),
                           lambda: imap.expunge_uids([uids[1]]),
                           lambda: (imap.select("INBOX"), imap.uid("MOVE", str(uids[2]), "Trash"))):
                wait, started = self.ping(), time.monotonic()
                action()
                self.assert_woken(wait, started)
                self.phone_.sync()
        self.assert_same(self.phone_, self.user)

    def test_doveadm(self):
        wait, started = self.ping(), time.monotonic()
        self.dovecot.doveadm("flags", "add", "-u", self.user, "\\Flagged", "mailbox", "INBOX", "all")
        self.assert_woken(wait, started, limit=4)

    def test_files_that_appear(self):
        """A message that another program put into the Maildir, found by a sync
        that has no transaction."""
        if self.dovecot.opt.format != "maildir":
            self.skipTest("Maildir only")
        wait = self.ping()
        path = os.path.join(self.dovecot.maildir(self.user), "new", "%d.X1.test" % time.time())
        with open(path, "wb") as out:
            out.write(message("dropped"))
        if os.getuid() == 0:
            os.chown(path, 5000, 5000)
        started = time.monotonic()
        with self.dovecot.imap(self.user) as imap:
            imap.select("INBOX")
            self.assert_woken(wait, started)

    def test_another_device(self):
        other = self.phone(self.user)
        other.sync()
        wait, started = self.ping(), time.monotonic()
        other.sync(commands=[eas.read(other.by_subject("m0"))])
        self.assert_woken(wait, started)

    def test_own_change_does_not_ring(self):
        """A device is not woken by what it did itself."""
        wait = self.ping()
        self.phone_.sync(commands=[eas.read(self.phone_.by_subject("m0"))])
        time.sleep(1)
        self.assertTrue(wait.alive())
        self.deliver(self.user, "end")
        wait(10)

    def test_only_watched_folders(self):
        sent = self.phone_.folder(type=eas.SENT)
        self.phone_.sync(sent)
        wait = self.ping()
        self.dovecot.append(self.user, [message("elsewhere")], "Sent")
        time.sleep(0.7)
        self.assertTrue(wait.alive())
        started = time.monotonic()
        self.deliver(self.user, "here")
        self.assert_woken(wait, started)
        wait, started = self.ping([self.inbox, sent]), time.monotonic()
        node = wait(10)     # both have changes that were not synced
        self.assertEqual(node.get("Status"), "2")
        self.assertEqual(sorted(n.text for n in node.findall("Folders/Folder")), sorted([self.inbox, sent]))
        self.assertTrue(started)

    def test_pending_change_answers_at_once(self):
        self.deliver(self.user, "before the Ping")
        started = time.monotonic()
        node = self.phone_.client.ping([self.inbox], HOLD)
        self.assertEqual(node.get("Status"), "2")
        self.assertLess(time.monotonic() - started, 2)

    def test_new_folder(self):
        """Status 7: the hierarchy changed."""
        for name, action in (("create", lambda imap: imap.create("Fresh")),
                             ("rename", lambda imap: imap.rename("Fresh", "Older")),
                             ("delete", lambda imap: imap.delete("Older"))):
            with self.subTest(name):
                self.phone_.folder_sync()
                wait = self.ping()
                with self.dovecot.imap(self.user) as imap:
                    action(imap)
                self.assertEqual(wait(10).get("Status"), "7")
                self.phone_.folder_sync()

    def test_cached_request(self):
        """An empty Ping repeats the last one; folders alone or time alone
        change only that (MS-ASCMD 2.2.1.13)."""
        wait = self.ping()
        self.deliver(self.user, "one")
        wait(10)
        self.phone_.sync()
        client = self.phone_.client.clone()
        wait = self.in_background(client.ping)
        time.sleep(0.4)
        self.assertTrue(wait.alive())
        started = time.monotonic()
        self.deliver(self.user, "two")
        self.assert_woken(wait, started)

    def test_newer_ping_ends_the_older(self):
        first = self.ping()
        second = self.ping()
        started = time.monotonic()
        self.deliver(self.user, "for the newer")
        self.assert_woken(second, started)
        first(10)

    def test_no_process_waits(self):
        """D3: the worker may go, the Ping stays and is woken."""
        wait = self.ping()
        deadline = time.monotonic() + 15
        while self.dovecot.processes("dovetail-worker") and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(self.dovecot.processes("dovetail-worker"), [])
        self.assertTrue(wait.alive())
        started = time.monotonic()
        self.deliver(self.user, "cold")
        self.assert_woken(wait, started)

    def test_worker_dies_while_waiting(self):
        wait = self.ping()
        self.dovecot.kill9("dovetail-worker")
        started = time.monotonic()
        self.deliver(self.user, "after the crash")
        self.assert_woken(wait, started)

    def test_keep_alive_after_a_wake(self):
        client = self.phone_.client.clone()
        for n in range(5):
            wait = self.in_background(client.ping, [self.inbox], HOLD)
            time.sleep(0.2)
            self.deliver(self.user, "ring %d" % n)
            self.assertEqual(wait(10).get("Status"), "2")
            self.phone_.sync()

    def test_client_that_leaves(self):
        for _ in range(10):
            client = self.phone_.client.clone()
            client._connect()
            client.connection.request("POST", client.query("Ping", {}), body=eas.wbxml.encode(E(
                "Ping:Ping", E("HeartbeatInterval", HOLD), E("Folders", E("Folder", E("Id", self.inbox), E("Class", "Email"))))),
                headers=client.headers("application/vnd.ms-sync.wbxml", None))
            time.sleep(0.05)
            client.close()
        wait, started = self.ping(), time.monotonic()
        self.deliver(self.user, "still works")
        self.assert_woken(wait, started)

    def test_tls(self):
        client = eas.Client.for_dovecot(self.dovecot, self.user, tls=True, device_id=self.phone_.client.device_id)
        client.policy_key = self.phone_.client.policy_key
        wait = self.in_background(client.ping, [self.inbox], HOLD)
        time.sleep(0.4)
        started = time.monotonic()
        self.deliver(self.user, "over TLS")
        self.assert_woken(wait, started)

    def test_many_devices_wake_together(self):
        phones = [self.phone(self.user) for _ in range(10)]
        for phone in phones:
            phone.sync()
        waits = [self.in_background(p.client.ping, [self.inbox], HOLD) for p in phones]
        time.sleep(0.6)
        started = time.monotonic()
        self.deliver(self.user, "all")
        for wait in waits:
            self.assert_woken(wait, started)

    def test_hanging_sync(self):
        c = self.phone_.client
        for more in (dict(wait=2), dict(heartbeat=HOLD)):
            with self.subTest(**more):
                other = c.clone()
                collection = other.collection(self.inbox, self.phone_.keys[self.inbox])
                wait = self.in_background(lambda: other.sync(collection, **more))
                time.sleep(0.4)
                self.assertTrue(wait.alive())
                started = time.monotonic()
                self.deliver(self.user, "hanging %s" % list(more)[0])
                node = wait(10)
                self.assertLess(wait.at - started, 2)
                answer = node.find("Collections/Collection")
                (one,) = answer.findall("Commands/Add")
                self.assertEqual(one.get("ApplicationData/Email:Subject"), "hanging %s" % list(more)[0])
                self.phone_.apply(self.inbox, answer)
        self.assert_same(self.phone_, self.user)


class ManyAtOnce(TestCase):
    """Users are let in a few at a time, and few processes stay for those who wait."""
    options = {"plugin": {"dovetail_max_starts": "1", "dovetail_worker_idle": "1 s", "dovetail_worker_idle_held": "60 s"}}
    users = 12

    def test_herd(self):
        phones = [self.phone() for _ in range(self.users)]
        for phone in phones:
            phone.sync()
        deadline = time.monotonic() + 10
        while self.dovecot.processes("dovetail-worker") and time.monotonic() < deadline:
            time.sleep(0.1)
        waits = [self.in_background(phone.client.clone().ping, [phone.inbox], HOLD) for phone in phones]
        held, most = 0, 0
        while held < self.users and time.monotonic() < deadline + 20:
            status = self.dovecot.status()
            held = int(status["held"])
            most = max(most, int(status["starts"]))
            time.sleep(0.02)
        self.assertEqual(held, self.users)
        self.assertEqual(most, 1)
        # idle ones whose requests are held: two for each one that may start
        time.sleep(0.5)
        self.assertLessEqual(len(self.dovecot.processes("dovetail-worker")), 2)
        for phone, wait in zip(phones, waits):
            self.assertTrue(wait.alive())
            self.deliver(phone.client.user, "ring")
            self.assertEqual(wait(10).get("Status"), "2")

    def test_wrong_passwords_beside(self):
        """Auth answers those late; nobody waits for that."""
        user = self.new_user()
        wrong = [self.in_background(self.client(user, password="wrong%d" % n).options) for n in range(20)]
        time.sleep(0.1)
        right = self.client(self.new_user())
        started = time.monotonic()
        self.assertEqual(right.options().status, 200)
        self.assertLess(time.monotonic() - started, 5)
        for wait in wrong:
            self.assertEqual(wait(40).status, 401)


class LostWakes(TestCase):
    """No wake is lost between the check and the wait: the worker stands still
    there while something happens."""
    options = {"plugin": {"dovetail_worker_idle": "60 s"}}

    def test_paused_worker(self):
        user = self.new_user()
        phone = self.phone(user)
        phone.sync()
        for action in ("deliver", "expunge", "folder"):
            for pause in (0.0, 0.001, 0.003, 0.01):
                with self.subTest(action=action, pause=pause):
                    self._round(user, phone, action, pause)

    def _round(self, user, phone, action, pause):
        self.deliver(user, "seed")
        phone.folder_sync()
        phone.sync()
        client = phone.client.clone()
        wait = self.in_background(client.ping, [phone.inbox], HOLD)
        time.sleep(pause)
        workers = self.dovecot.processes("dovetail-worker")
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        try:
            if action == "deliver":
                self.deliver(user, "while paused")
            else:
                with self.dovecot.imap(user) as imap:
                    if action == "expunge":
                        imap.expunge_uids([max(imap.truth())])
                    else:
                        imap.create("F%d" % time.monotonic_ns())
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
        self.assertEqual(wait(5).get("Status"), "7" if action == "folder" else "2")

    def test_full_bus(self):
        """EAGAIN on the bus: nobody keeps sleeping."""
        user = self.new_user()
        phone = self.phone(user)
        phone.sync()
        wait = self.in_background(phone.client.clone().ping, [phone.inbox], HOLD)
        time.sleep(0.5)
        fronts = self.dovecot.processes("dovetail")
        for pid in fronts:
            os.kill(pid, signal.SIGSTOP)
        try:
            noisy = self.new_user()
            with self.dovecot.imap(noisy) as imap:
                self.dovecot.append(noisy, [message("n")])
                imap.select("INBOX")
                for i in range(1500):
                    imap.store("1", "%sFLAGS" % "+-"[i % 2], "(\\Flagged)")
            self.deliver(user, "behind the flood")
        finally:
            for pid in fronts:
                os.kill(pid, signal.SIGCONT)
        self.assertEqual(wait(10).get("Status"), "2")


class Ends(TestCase):
    options = {"plugin": {"dovetail_heartbeat_min": "1"}}

    def prepared(self):
        phone = self.phone()
        phone.sync()
        return phone

    def held(self, phone):
        wait = self.in_background(phone.client.clone().ping, [phone.inbox], HOLD)
        time.sleep(0.5)
        self.assertTrue(wait.alive())
        return wait

    def test_heartbeat_over(self):
        """Status 1 after the interval, not before."""
        phone = self.prepared()
        started = time.monotonic()
        self.assertEqual(phone.client.ping([phone.inbox], 3).get("Status"), "1")
        self.assertTrue(2.5 <= time.monotonic() - started <= 6)

    def test_reload(self):
        """A held request is answered, not dropped; the next one is held again."""
        phone = self.prepared()
        wait = self.held(phone)
        self.dovecot.reload()
        self.assertIn(wait(30).get("Status"), ("1", "2"))
        wait = self.held(phone)
        self.deliver(phone.client.user, "after the reload")
        self.assertEqual(wait(10).get("Status"), "2")

    def test_stop(self):
        phone = self.prepared()
        wait = self.held(phone)
        self.dovecot.restart()
        try:
            self.assertIn(wait(30).get("Status"), ("1", "2"))
        except eas.HttpStatus as error:
            self.assertEqual(error.status, 503)
            self.assertTrue(error.response.headers.get("Retry-After"))


class Requests(TestCase):
    """Statuses of MS-ASCMD 2.2.3.177.11, with the bounds as shipped."""

    def setUp(self):
        super().setUp()
        self.phone_ = self.phone()
        self.phone_.sync()
        self.c, self.inbox = self.phone_.client, self.phone_.inbox

    def test_nothing_cached(self):
        """3: parameters are missing."""
        self.assertEqual(self.c.ping().get("Status"), "3")
        self.assertEqual(self.c.call("Ping", E("Ping:Ping", E("HeartbeatInterval", 300))).node.get("Status"), "3")

    def test_malformed(self):
        """4: a syntax error."""
        answer = self.c.post("Ping", E("Ping:Ping", E("HeartbeatInterval", "soon"), E(
            "Folders", E("Folder", E("Id", self.inbox), E("Class", "Email")))))
        self.assertEqual((answer.status, answer.node and answer.node.get("Status")), (200, "4"))

    def test_bounds(self):
        """5, with the nearest interval that is allowed."""
        low = self.c.ping([self.inbox], 1)
        self.assertEqual(low.get("Status"), "5")
        self.assertTrue(10 <= int(low.get("HeartbeatInterval")) <= 300)
        high = self.c.ping([self.inbox], 999999)
        self.assertEqual(high.get("Status"), "5")
        self.assertTrue(900 <= int(high.get("HeartbeatInterval")) <= 3600)

    def test_too_many_folders(self):
        """6, with MaxFolders."""
        node = self.c.ping([str(n) for n in range(1, 2001)], 300)
        self.assertEqual(node.get("Status"), "6")
        self.assertTrue(int(node.get("MaxFolders")) > 10)

    def test_unknown_folder(self):
        """Folders that do not exist: 7, so that the device looks again."""
        self.assertEqual(self.c.ping([self.inbox, "77777"], 300).get("Status"), "7")
