# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Sync keys, lost answers, crashes, lost indexes (MS-ASCMD 2.2.3.181.4; D6, G2)."""

import glob
import os
import shutil

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E


class Keys(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(20)])
        self.phone_ = self.phone(self.user, window=8)
        self.c = self.phone_.client
        self.inbox = self.phone_.inbox

    def ask(self, key, **more):
        node = self.c.sync(self.c.collection(self.inbox, key, window=more.pop("window", 8), **more))
        return None if node is None else node.find("Collections/Collection")

    @staticmethod
    def adds(answer):
        return [(n.get("ServerId"), n.get("ApplicationData/Email:Subject"))
                for n in answer.findall("Commands/Add")]

    def test_key_changes_and_is_short(self):
        seen = {"0"}
        key = "0"
        for _ in range(4):
            key = self.ask(key).get("SyncKey")
            self.assertNotIn(key, seen)
            self.assertLessEqual(len(key), 64)
            seen.add(key)

    def test_never_seen_key(self):
        """Status 3, and the key 0 starts again."""
        self.phone_.sync()
        for key in ("999999", "{00000000-0000}5", "abc"):
            with self.subTest(key=key):
                self.assertEqual(self.ask(key).get("Status"), "3")
        self.phone_.sync()
        self.assertEqual(self.phone_.resyncs, 0, "the phone's own key still works")
        self.assert_same(self.phone_, self.user)

    def test_lost_answer(self):
        """A repeated old key gets the same messages again, then it goes on."""
        key = self.ask("0").get("SyncKey")
        first = self.ask(key)
        again = self.ask(key)
        self.assertEqual(self.adds(first), self.adds(again))
        rest, key = self.adds(again), again.get("SyncKey")
        while True:
            answer = self.ask(key)
            if answer is None:
                break
            rest += self.adds(answer)
            key = answer.get("SyncKey")
            if not answer.has("MoreAvailable"):
                break
        self.assertEqual(sorted(s for _, s in rest), sorted("m%d" % i for i in range(20)))
        self.assertEqual(len({i for i, _ in rest}), 20)

    def test_lost_answer_with_changes_meanwhile(self):
        key = self.ask("0").get("SyncKey")
        first = self.adds(self.ask(key))
        self.deliver(self.user, "meanwhile")
        with self.dovecot.imap(self.user) as imap:
            imap.expunge_uids([max(imap.truth()) - 1])
        phone = self.phone_
        phone.keys[self.inbox], phone.items[self.inbox] = key, {}
        phone.sync()
        self.assertTrue(first)
        self.assert_same(phone, self.user)

    def test_lost_answer_to_changes_of_the_client(self):
        """Its changes are not done twice, nor refused."""
        self.phone_.sync()
        key = self.phone_.keys[self.inbox]
        sid = self.phone_.by_subject("m3")
        commands = [eas.read(sid), eas.delete(self.phone_.by_subject("m4"))]
        for _ in range(2):
            answer = self.ask(key, commands=commands)
            if answer is not None:
                self.assertEqual(answer.get("Status"), "1")
                self.assertFalse(answer.has("Commands"))
        phone = self.phone_
        if answer is not None:
            phone.keys[self.inbox] = answer.get("SyncKey")
        phone.items[self.inbox].pop(phone.by_subject("m4"))
        phone.items[self.inbox][sid].change(E("AirSync:ApplicationData", E("Email:Read", "1")))
        phone.sync()
        self.assert_same(phone, self.user)
        with self.dovecot.imap(self.user) as imap:
            self.assertEqual([r[2] for r in imap.truth("Trash").values()], ["m4"])

    def test_key_before_the_last(self):
        """Two steps back is gone: 3 (or, from a server that keeps more, the
        same result); never other messages under the same ids."""
        self.phone_.sync()
        old = self.phone_.keys[self.inbox]
        for n in range(3):
            self.deliver(self.user, "later %d" % n)
            self.phone_.sync()
        answer = self.ask(old)
        if answer.get("Status") != "3":
            self.assertEqual(answer.get("Status"), "1")
            self.assertEqual(self.adds(answer)[0][1], "later 0")

    def test_start_again_keeps_ids(self):
        """Key 0 again: the same messages under the same ids."""
        self.phone_.sync()
        before = {s: i.subject for s, i in self.phone_.items[self.inbox].items()}
        self.phone_.forget(self.inbox)
        self.phone_.sync()
        after = {s: i.subject for s, i in self.phone_.items[self.inbox].items()}
        self.assertEqual(before, after)

    def test_two_devices(self):
        other = self.phone(self.user)
        self.phone_.sync()
        other.sync()
        self.assertEqual({s: i.subject for s, i in other.items[self.inbox].items()},
                         {s: i.subject for s, i in self.phone_.items[self.inbox].items()})
        other.sync(commands=[eas.read(other.by_subject("m0"))])
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)

    def test_same_device_of_two_users(self):
        """A partnership is of a user and a device (R36)."""
        second = self.new_user()
        self.deliver(second, "theirs")
        other = self.phone(second, device_id=self.c.device_id)
        other.sync()
        self.phone_.sync()
        self.assertEqual(other.subjects(), ["theirs"])
        self.assert_same(self.phone_, self.user)

    def test_concurrent_syncs(self):
        """Two at once of one device with the same key both end, and the phone
        can go on from either answer."""
        self.phone_.sync()
        self.dovecot.append(self.user, [message("c%d" % i) for i in range(30)])
        key = self.phone_.keys[self.inbox]

        def one():
            c = self.c.clone()
            node = c.sync(c.collection(self.inbox, key, window=50))
            c.close()
            return node
        waits = [self.in_background(one) for _ in range(4)]
        nodes = [w() for w in waits]
        for node in nodes:
            status = node.get("Collections/Collection/Status", node.get("Status"))
            self.assertIn(status, ("1", "3", "13", "16"))
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)


class Survival(TestCase):
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(30)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()

    def goes_on(self, resyncs=0):
        """New mail comes, nothing is doubled, no fresh start was needed."""
        self.deliver(self.user, "afterwards")
        self.phone_.client.close()
        self.phone_.folder_sync()
        self.phone_.sync()
        self.assertEqual(self.phone_.resyncs, resyncs)
        self.assert_same(self.phone_, self.user)

    def test_restart(self):
        self.dovecot.restart()
        self.goes_on()

    def test_crash(self):
        self.dovecot.kill_restart()
        self.goes_on()

    def test_worker_killed(self):
        self.dovecot.kill9("dovetail-worker")
        self.goes_on()

    def test_changes_while_down(self):
        """What IMAP's store got while the service was down is found."""
        self.dovecot.kill9("dovetail-worker")
        with self.dovecot.imap(self.user) as imap:
            uids = sorted(imap.truth())
            imap.store_flags(uids[:5], "+FLAGS (\\Seen)")
            imap.expunge_uids(uids[20:25])
        self.goes_on()

    def test_rotated_log(self):
        """The transaction log is gone from the saved point: found by looking."""
        with self.dovecot.imap(self.user) as imap:
            uids = sorted(imap.truth())
            for i in range(60):
                imap.store_flags(uids[:10], "%sFLAGS (\\Flagged)" % "+-"[i % 2])
            imap.expunge_uids(uids[25:])
            imap.store_flags(uids[3:6], "+FLAGS (\\Seen)")
        self.dovecot.doveadm("index", "-u", self.user, "INBOX")
        for log in glob.glob(self.dovecot.maildir(self.user) + "/**/dovecot.index.log.2", recursive=True):
            os.unlink(log)
        self.goes_on()

    def test_index_lost(self):
        """Maildir and the others rebuild their index: the device goes on, or
        starts that folder again; the store stays as it was."""
        self.dovecot.doveadm("kick", self.user, check=False)
        root = self.dovecot.maildir(self.user)
        for pattern in ("dovecot.index", "dovecot.index.cache", "dovecot.index.log"):
            for path in glob.glob(os.path.join(root, pattern)) + (
                    glob.glob(os.path.join(root, "mailboxes", "INBOX", "dbox-Mails", pattern))
                    if self.dovecot.opt.format == "sdbox" else []):
                os.unlink(path)
        self.dovecot.expect_error(r"(Rebuilding|index|lost|Corrupted|fscking|dbox)")
        if self.dovecot.opt.format != "maildir":
            # The index is their only list of messages. Dovecot makes it anew when
            # it is told to, or fails once on what lies in its way.
            self.dovecot.doveadm("force-resync", "-u", self.user, "INBOX")
        self.dovecot.kill9("dovetail-worker")
        self.deliver(self.user, "afterwards")
        self.phone_.folder_sync()
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)


class UidValidity(TestCase):
    """A changed UIDVALIDITY costs a clean start of that folder alone."""

    def test_clean_resync(self):
        user = self.new_user()
        imap = self.imap(user)
        self.dovecot.append(user, [message("m%d" % i) for i in range(5)])
        imap.create("Other")
        self.dovecot.append(user, [message("o%d" % i) for i in range(5)], "Other")
        phone = self.phone(user)
        phone.sync()
        other = phone.folder("Other")
        phone.sync(other)
        self._change_uidvalidity(user)
        phone.folder_sync()
        phone.sync()
        self.assert_same(phone, user)
        self.assertLessEqual(phone.resyncs, 1)
        before = phone.resyncs
        phone.sync(phone.folder("Other"))
        self.assertEqual(phone.resyncs, before, "another folder was started again")
        self.assert_same(phone, user, "Other", phone.folder("Other"))

    def _change_uidvalidity(self, user):
        self.dovecot.kill9("dovetail-worker")
        self.dovecot.kill9("imap")
        root = self.dovecot.maildir(user)
        for name in os.listdir(root):
            if name.startswith("dovecot-uidlist") or name.startswith("dovecot.index") \
                    and "list" not in name:
                path = os.path.join(root, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        self.dovecot.expect_error("uidlist", "index", "Rebuilding")
