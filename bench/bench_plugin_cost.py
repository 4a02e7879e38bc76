# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the plugin costs LMTP and IMAP: two Dovecots, with and without it, take turns.

A reader empties the bus as the front would.  "device" is a user who has a
metadata database, so that copies and expunges look into it; "plain" has none."""

import contextlib
import smtplib
import threading
import time

from benchlib import median

from dovetail_test.case import message
from plugincase import Bus, PluginDovecot


class Reader(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.bus, self.records, self.running = Bus(path), 0, True
        self.start()

    def run(self):
        while self.running:
            self.records += len(self.bus.read(0.2))


MAIL = message("subject", "body\r\n" * 50)


def lmtp(dovecot, user, count):
    with smtplib.LMTP("127.0.0.1", dovecot.ports["lmtp"]) as session:
        for _ in range(count):
            session.sendmail("sender@example.net", [user], MAIL)


@contextlib.contextmanager
def imap_session(dovecot, user):
    imap = dovecot.imap(user)
    yield imap
    imap.logout()


def imap_login(dovecot, user, count):
    for _ in range(count // 4):
        with imap_session(dovecot, user) as imap:
            imap.select("INBOX")


def imap_store(dovecot, user, count):
    with imap_session(dovecot, user) as imap:
        imap.select("INBOX")
        for n in range(count):
            imap.store(str(n % 20 + 1), "%sFLAGS" % "+-"[n // 20 % 2], "(\\Flagged)")


def imap_move(dovecot, user, count):
    """What touches extras."""
    with imap_session(dovecot, user) as imap:
        imap.select("Junk")
        for _ in range(count // 2):
            imap.append("Junk", None, None, MAIL)
            imap.noop()
            imap.copy("1", "Trash")
            imap.store("1", "+FLAGS", "(\\Deleted)")
            imap.expunge()


WORK = [("LMTP delivery", lmtp), ("IMAP login, select", imap_login),
        ("IMAP store", imap_store), ("IMAP append, copy, expunge", imap_move)]


def once(dovecot, work, user, count):
    cpu, start = dovecot.cpu_seconds(), time.perf_counter()
    work(dovecot, user, count)
    return time.perf_counter() - start, dovecot.cpu_seconds() - cpu


def idle_pss(dovecot, user, sessions=20):
    """KiB of one imap process that waits after a few commands."""
    with contextlib.ExitStack() as stack:
        for _ in range(sessions):
            imap = stack.enter_context(imap_session(dovecot, user))
            imap.select("INBOX")
            imap.fetch("1:5", "(FLAGS)")
        return dovecot.memory_pss("imap") / len(dovecot.processes("imap"))


def compare(table, plain, loaded, user, rounds, count):
    kind = user.partition("@")[0]
    for name, work in WORK:
        found = {plain: [], loaded: []}
        for dovecot in found:
            work(dovecot, user, count // 4)
        for n in range(rounds):
            for dovecot in ((plain, loaded) if n % 2 else (loaded, plain)):
                found[dovecot].append(once(dovecot, work, user, count))
        wall = [median([w for w, _ in found[d]]) for d in (plain, loaded)]
        cpu = [sum(c for _, c in found[d]) for d in (plain, loaded)]
        table.add("%s, %s user: with / without" % (name, kind), wall[1] / wall[0], "x",
                  "%.2f s for %d; cpu %.3fx" % (wall[1], count, cpu[1] / max(cpu[0], 0.01)))
    pss = [idle_pss(d, user) for d in (plain, loaded)]
    table.add("PSS of an idle imap process, %s user: more by" % kind, pss[1] - pss[0], "KiB",
              "%.0f KiB without" % pss[0])


def run(table, rounds=9, count=200):
    users = ["plain@example.org", "device@example.org"]
    options = dict(users=users, format="maildir", sieve=False)
    with PluginDovecot(False, **options) as plain, PluginDovecot(True, **options) as loaded:
        reader = Reader(loaded.path("bus"))
        for user in users:
            for dovecot in (plain, loaded):
                lmtp(dovecot, user, 25)
        loaded.meta_set("device@example.org", "INBOX", "device/00", "state allow")
        for user in users:
            compare(table, plain, loaded, user, rounds, count)
        reader.running = False
        reader.join()
        table.add("records on the bus", reader.records, "", "")
