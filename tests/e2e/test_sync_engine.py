# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Sync where the engine's own rules show: sizes of answers, both sides changing
one message, a waiting Sync and the changes that do not end it."""

import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message


class Answers(TestCase):
    timeout = 90

    def test_answers_do_not_grow_without_bounds(self):
        """Whole MIME messages: fewer than the window in one answer, and all in
        the end."""
        user = self.new_user()
        line = "x" * 76 + "\r\n"
        self.dovecot.append(user, [message("big%d" % n, line * 40000) for n in range(14)])
        phone = self.phone(user, window=512, body=((4,),), mime_support=2)
        answers = phone.sync()
        counts = [len(a.findall("Commands/Add")) for a in answers]
        self.assertEqual(sum(counts), 14)
        self.assertLess(max(counts), 8)
        self.assert_same(phone, user)


class BothSides(TestCase):
    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % n) for n in range(4)])
        self.phone_ = self.phone(self.user)
        self.phone_.sync()
        self.sid = self.phone_.by_subject("m1")

    def store(self, what):
        with self.dovecot.imap(self.user) as imap:
            uid = [u for u, row in imap.truth().items() if row[2] == "m1"][0]
            imap.store_flags([uid], what)

    def test_not_echoed(self):
        """What the phone did is not told to it."""
        for _ in range(3):
            for answer in self.phone_.sync(commands=[eas.read(self.sid)]):
                self.assertFalse(answer is not None and answer.has("Commands/Change"))

    def test_change_before_and_after(self):
        self.store("+FLAGS (\\Flagged)")
        self.phone_.sync(commands=[eas.read(self.sid)])
        self.store("+FLAGS (Holiday)")
        self.phone_.sync()
        self.assert_same(self.phone_, self.user)
        item = self.phone_.items[self.phone_.inbox][self.sid]
        self.assertEqual(item.get("Email:Categories/Category"), "Holiday")

    def test_changed_and_deleted(self):
        """Deletion wins (MS-ASCMD 2.2.3.34)."""
        self.store("+FLAGS (\\Flagged)")
        answers = self.phone_.sync(commands=[eas.delete(self.sid)]) + self.phone_.sync()
        for answer in answers:
            self.assertFalse(answer.has("Responses"))
            self.assertFalse(answer.has("Commands"))
        with self.dovecot.imap(self.user) as imap:
            self.assertNotIn("m1", [row[2] for row in imap.truth().values()])


class Waiting(TestCase):
    def test_flags_wait_and_mail_does_not(self):
        """MS-ASCMD 3.1.5.4: changed items do not end the wait; they come with the
        next answer."""
        user = self.new_user()
        self.dovecot.append(user, [message("old")])
        phone = self.phone(user)
        phone.sync()
        c = phone.client.clone()
        collection = c.collection(phone.inbox, phone.keys[phone.inbox])
        wait = self.in_background(lambda: c.sync(collection, heartbeat=60))
        time.sleep(0.5)
        with self.dovecot.imap(user) as imap:
            imap.select("INBOX")
            imap.store_flags(list(imap.truth()), "+FLAGS (\\Seen)")
        time.sleep(1)
        self.assertTrue(wait.alive())
        self.deliver(user, "new")
        answer = wait(10).find("Collections/Collection")
        self.assertEqual(len(answer.findall("Commands/Add")), 1)
        self.assertEqual(len(answer.findall("Commands/Change")), 1)

    def test_wait_with_changes_answers_at_once(self):
        user = self.new_user()
        self.dovecot.append(user, [message("old")])
        phone = self.phone(user)
        phone.sync()
        c = phone.client
        started = time.monotonic()
        node = c.sync(c.collection(phone.inbox, phone.keys[phone.inbox],
                                   commands=[eas.read(phone.by_subject("old"))]), heartbeat=60)
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(node.get("Collections/Collection/Status"), "1")
