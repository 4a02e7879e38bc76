# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random instants of workers, the front and imap, while a phone syncs
and changes things and an IMAP client works beside.  Afterwards device and
mailbox agree, nothing is doubled and nothing is lost.  DOVETAIL_CRASHES rounds
(the issue's number: 500); the seed is DOVETAIL_SEED."""

import collections
import fcntl
import http.client
import imaplib
import os
import random
import threading
import time

from dovetail_test import eas
from dovetail_test.case import TestCase, message
from dovetail_test.wbxml import E

ROUNDS = int(os.environ.get("DOVETAIL_CRASHES", "80"))
SEED = int(os.environ.get("DOVETAIL_SEED", "2026"))
BROKEN = (eas.HttpStatus, OSError, http.client.HTTPException)
# what is killed, and how often of 20
VICTIMS = ["dovetail-worker"] * 14 + ["imap"] * 5 + ["dovetail"]


class ImapUser(threading.Thread):
    """Appends, flags and expunges until stopped; imap may die under it."""

    def __init__(self, dovecot, user, rng):
        super().__init__(daemon=True)
        self.dovecot, self.user, self.rng = dovecot, user, rng
        self.stopping, self.error, self.done = threading.Event(), None, collections.Counter()

    def run(self):
        imap = None
        n = 0
        while not self.stopping.wait(0.01):
            n += 1
            try:
                imap = imap or self.dovecot.imap(self.user)
                self._step(imap, n)
            except (imaplib.IMAP4.error, OSError):
                imap = None
            except Exception as error:
                self.error = error
                return

    def _step(self, imap, n):
        imap.select("INBOX")
        uids = imap.uid("SEARCH", "ALL")[1][0].split()
        what = self.rng.randrange(5)
        if what <= 1 or len(uids) < 15:
            imap.append("INBOX", None, None, message("imap %d" % n))
            self.done["append"] += 1
        elif what == 2:
            imap.uid("STORE", self.rng.choice(uids), self.rng.choice("+-") + "FLAGS", "(\\Flagged)")
            self.done["flag"] += 1
        elif what == 3:
            imap.uid("STORE", self.rng.choice(uids), self.rng.choice("+-") + "FLAGS", "(\\Seen)")
            self.done["read"] += 1
        else:
            imap.uid("STORE", self.rng.choice(uids), "+FLAGS", "(\\Deleted)")
            imap.expunge()
            self.done["expunge"] += 1

    def end(self):
        self.stopping.set()
        self.join(30)
        if self.error:
            raise self.error


class BetweenTwoFolders(TestCase):
    """A move is two commits: copied there, expunged here. Whoever repeats it
    after a crash between them finds one message."""
    core = True

    def setUp(self):
        super().setUp()
        self.user = self.new_user()
        self.dovecot.append(self.user, [message("m%d" % i) for i in range(4)])
        with self.dovecot.imap(self.user) as imap:
            imap.create("Keep")
        self.phone_ = self.phone(self.user)
        self.keep = self.phone_.folder("Keep")
        self.phone_.sync()
        self.phone_.sync(self.keep)

    def log(self, folder):
        """Its index log: who holds the lock stops whoever opens the folder or
        commits to it."""
        d = self.dovecot
        parts = [] if folder == "INBOX" else ["." + folder]
        if d.opt.format != "maildir":
            parts = ["mailboxes", folder, "dbox-Mails"]
        return os.path.join(d.maildir(self.user), *parts, "dovecot.index.log")

    def subjects(self, folder):
        with self.dovecot.imap(self.user) as imap:
            return sorted(row[2] for row in imap.truth(self.dovecot.folder(folder)).values())

    def wait_blocked(self, path):
        """Until somebody waits for a lock on the file."""
        inode = ":%d " % os.stat(path).st_ino
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with open("/proc/locks") as f:
                if any("->" in line and inode in line for line in f):
                    return
            time.sleep(0.01)
        self.fail("nobody waits for " + path)

    def crash_between(self, call):
        """Runs the call, and kills the worker in the midst of it: when it opened
        the source it is held at the destination, and then at the expunge."""
        self.dovecot.expect_error("killed with signal 9", "(?i)lock")
        with open(self.log("INBOX"), "r+b") as source, open(self.log("Keep"), "r+b") as dest:
            fcntl.lockf(dest, fcntl.LOCK_EX)
            running = self.in_background(call)
            self.wait_blocked(dest.name)
            fcntl.lockf(source, fcntl.LOCK_EX)
            fcntl.lockf(dest, fcntl.LOCK_UN)
            self.wait_blocked(source.name)
            self.dovecot.kill9("dovetail-worker")
            with self.assertRaises(BROKEN):
                running()
        self.phone_.client.close()

    def move(self):
        sids = sorted(self.phone_.items[self.phone_.inbox])[:2]
        return self.phone_.client.move_items(*((sid, self.phone_.inbox, self.keep) for sid in sids))

    def test_move_items(self):
        before = self.subjects("INBOX")
        for _ in range(2):
            self.crash_between(self.move)
            self.assertEqual((len(self.subjects("INBOX")), len(self.subjects("Keep"))), (4, 2))
        answer = self.move()
        self.assertEqual([r.get("Status") for r in answer.findall("Response")], ["3", "3"])
        self.assertEqual(len(self.subjects("INBOX")), 2)
        self.assertEqual(sorted(self.subjects("INBOX") + self.subjects("Keep")), before)
        # the answer's new ids are those of the copies
        self.phone_.sync()
        self.phone_.sync(self.keep)
        self.assertEqual({r.get("DstMsgId") for r in answer.findall("Response")},
                         set(self.phone_.items[self.keep]))

    def test_equal_messages(self):
        """Two that cannot be told apart stay two."""
        twin = message("twin")
        self.dovecot.append(self.user, [(twin, "", "02-Nov-2026 10:00:00 +0000")] * 2)
        self.phone_.sync()
        for sid in [s for s, item in sorted(self.phone_.items[self.phone_.inbox].items()) if item.subject == "twin"]:
            self.phone_.client.move_items((sid, self.phone_.inbox, self.keep))
        self.assertEqual(self.subjects("Keep"), ["twin", "twin"])


class Crashes(TestCase):
    core = True
    timeout = 120 + ROUNDS

    def test_random(self):
        self.rng = random.Random(SEED)
        user = self.new_user()
        self.dovecot.append(user, [message("start %d" % i) for i in range(40)])
        with self.dovecot.imap(user) as imap:
            imap.create("Keep")
        self.phone_ = phone = self.phone(user, window=9)
        self.inbox, self.trash, self.keep = phone.inbox, phone.folder(type=eas.DELETED), phone.folder("Keep")
        self.folders = (self.inbox, self.trash, self.keep)
        self.killed = collections.Counter()
        # Dovecot's own words about killed processes
        self.dovecot.expect_error("killed with signal 9", "(?i)disconnect|EOF|broken pipe", "throttling", "(?i)auth|login",
                                  r"dovecot\.(index|map)|corrupted cache: reset_id",
                                  "(?i)rebuil|lock")
        beside = ImapUser(self.dovecot, user, random.Random(SEED + 1))
        for folder in self.folders:
            phone.sync(folder)
        beside.start()
        try:
            for n in range(ROUNDS):
                self.round(n)
        finally:
            beside.end()
        self.steady(phone.folder_sync)
        self.agree(phone, user)
        fresh = self.phone(user)
        self.agree(fresh, user)
        self.nothing_doubled(user)
        print("     %d rounds, killed %s, imap did %s, %d resyncs" % (
            ROUNDS, dict(self.killed), dict(beside.done), phone.resyncs), flush=True)
        self.assertLessEqual(phone.resyncs, ROUNDS // 20 + 1, "most crashes must not cost a resync")

    def steady(self, call):
        """Like a phone: the same request until there is an answer."""
        for n in range(100):
            try:
                return call()
            except BROKEN as error:
                last = error
                self.phone_.client.close()
                time.sleep(0.02 * min(n, 20))
        self.fail("no answer after a crash: %r" % last)

    def round(self, n):
        phone = self.phone_
        victim = self.rng.choice(VICTIMS)
        # one that is up: the master slows down services whose processes die
        # while they start
        self.steady(self.ask_options)
        killer = threading.Timer(self.rng.random() * 0.03, self.kill, [victim])
        killer.start()
        try:
            what = self.rng.randrange(6)
            items = sorted(phone.items.get(self.inbox, {}))
            if what == 0 and len(items) > 10:
                self.move(self.rng.choice(items))
            elif what <= 3 and len(items) > 10:
                self.change(items, what)
            else:
                self.steady(lambda: phone.sync(self.rng.choice(self.folders)))
        finally:
            killer.join()

    def ask_options(self):
        answer = self.phone_.client.options()
        if answer.status != 200:
            raise eas.HttpStatus(answer)

    def kill(self, victim):
        self.killed[victim] += len(self.dovecot.kill9(victim))
        self.dovecot.drop_dead_locks()

    def change(self, items, what):
        phone = self.phone_
        sids = self.rng.sample(items, self.rng.randrange(1, 4))
        if what == 1:
            commands = [eas.delete(sid) for sid in sids]
        else:
            commands = [eas.read(sid, self.rng.random() < 0.5) if self.rng.random() < 0.6
                        else eas.flag(sid, self.rng.choice("02")) for sid in sids]
        key = phone.keys.get(self.inbox)
        replica = phone.items[self.inbox]

        def sync():
            # after a new start of the folder the commands are no more
            mine = commands if phone.keys.get(self.inbox) == key else ()
            if mine:
                self.one_round(mine)
            phone.sync()
        self.steady(sync)
        self.assertIsNot(replica, None)

    def one_round(self, commands):
        """A single Sync with commands; what was done is done on the phone, too,
        before what the server adds."""
        phone = self.phone_
        held = {c.get("ServerId"): c for c in commands}
        original = phone.apply

        def apply(folder, answer):
            items = phone.items[folder]
            failed = {c.get("ServerId"): c.get("Status") for c in answer.findall("Responses/Change")}
            for sid, command in held.items():
                if command.tag == "Delete":
                    items.pop(sid, None)
                elif sid in items and sid not in failed:
                    items[sid].change(command.find("ApplicationData"))
            original(folder, answer)
        phone.apply = apply
        try:
            phone._round(self.inbox, commands, {"deletes_as_moves": True})
        finally:
            phone.apply = original

    def move(self, sid):
        phone = self.phone_
        node = self.steady(lambda: phone.client.move_items((sid, self.inbox, self.keep)))
        self.assertIn(node.get("Response/Status"), ("1", "3", "5", "7"))
        self.steady(phone.sync)
        self.steady(lambda: phone.sync(self.keep))

    def agree(self, phone, user):
        for folder, name in ((phone.inbox, "INBOX"), (phone.folder(type=eas.DELETED), "Trash"), (phone.folder("Keep"), "Keep")):
            self.steady(lambda: phone.sync(folder))
            self.assert_soon_same(phone, user, name, folder)

    def nothing_doubled(self, user):
        seen = collections.defaultdict(list)
        with self.dovecot.imap(user) as imap:
            for name in ("INBOX", "Trash", "Keep"):
                for flags, message_id, subject, size in imap.truth(self.dovecot.folder(name)).values():
                    seen[message_id or subject].append(name)
        self.assertEqual({m: names for m, names in seen.items() if len(names) > 1}, {}, "doubled")
