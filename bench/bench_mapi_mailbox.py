# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The mailbox as Outlook uses it (issue 3's figures): Connect and logon; the first page of a folder of 100,000 messages,
sorted, restricted; 1,000 messages opened; how soon a waiting session hears of a delivery; what idle sessions cost; names
resolved among 100,000. With the project's own client, whose time is in the wall clock but not in the CPU."""

import asyncio
import os
import smtplib
import socket
import tempfile
import threading
import time

from bench_mapi import Sessions
from bench_held import memory
from bench_nochange import fill
from benchlib import DOMAIN, Cpu, Dovecot, message, percentile
from dovetail_test import mapi, mapinspi
from dovetail_test import mapidata as d
from dovetail_test.mapiprops import *

USER = "u@" + DOMAIN
# About what Outlook asks of a list of mail
COLUMNS = (PidTagFolderId, PidTagMid, PidTagInstID, PidTagInstanceNum, PidTagSubject, PidTagMessageClass, PidTagMessageFlags,
           PidTagMessageStatus, PidTagMessageSize, PidTagMessageDeliveryTime, PidTagClientSubmitTime,
           PidTagSentRepresentingName, PidTagSentRepresentingEmailAddress, PidTagSenderName, PidTagDisplayTo, PidTagDisplayCc,
           PidTagImportance, PidTagSensitivity, PidTagHasAttachments, PidTagLastModificationTime, PidTagConversationTopic,
           PidTagConversationIndex, PidTagInternetMessageId, PidTagFlagStatus, PidTagIconIndex, PidTagLastVerbExecuted,
           PidTagEntryId, PidTagInstanceKey, PidTagSourceKey, PidTagChangeKey)


class Took:
    """with Took(cpu) as t: ...  then t.wall, t.cpu in milliseconds (cpu: of processes that lived before)"""

    def __init__(self, cpu=None):
        self.clock = cpu

    def __enter__(self):
        self.before, self.started = self.clock.now() if self.clock else 0, time.perf_counter()
        return self

    def __exit__(self, *exc):
        self.wall = (time.perf_counter() - self.started) * 1000
        self.cpu = (self.clock.now() - self.before) * 1000 if self.clock else 0


def mailbox(dovecot, user=USER):
    client = mapi.MapiClient.for_dovecot(dovecot, user, timeout=600)
    box = client.logon()
    box.client = client
    return box


def logons(table, dovecot, count):
    box = mailbox(dovecot)      # the first one of a user makes the folders
    cpu, took, used = Cpu(dovecot), [], 0
    for _ in range(count):
        with Took(cpu) as t:
            other = mailbox(dovecot)
        took.append(t.wall)
        used += t.cpu
        other.client.disconnect()
        other.client.close()
    table.add("Connect + logon, warm worker, p50", percentile(took, 0.5), "ms", "p99 %.1f ms, CPU %.2f ms each, with the "
              "properties of the store that the client asks for" % (percentile(took, 0.99), used / count))
    box.client.close()


def pages(table, dovecot, box, size):
    cpu = Cpu(dovecot)
    subject = [PidTagSubject]
    newest = [(PidTagMessageDeliveryTime, 1)]
    kinds = (("as it lies", None, None), ("newest first", newest, None), ("by subject", subject, None),
             ("subject holds \"77\"", None, d.Content(PidTagSubject, "77")),
             ("unread ones, newest first", newest, d.Bits(PidTagMessageFlags, 1, nonzero=False)))
    for name, order, restriction in kinds:
        results = []
        for _ in range(2):
            with Took(cpu) as t:
                rows_table = box.inbox.contents(COLUMNS)
                if order:
                    rows_table.sort(order)
                if restriction:
                    rows_table.restrict(restriction)
                _, rows = rows_table.query(50)
            results.append(t)
            rows_table.release()
        table.add("%d messages, %s: table, first page of %d rows" % (size, name, len(rows)), results[0].wall, "ms",
                  "CPU %.0f ms; again %.0f ms, CPU %.0f ms" % (results[0].cpu, results[1].wall, results[1].cpu))


def opened(table, dovecot, box, count):
    rows_table = box.inbox.contents((PidTagMid,))
    mids = []
    while len(mids) < count:
        _, rows = rows_table.query(min(500, count - len(mids)))
        if not rows:
            break
        mids += [row[PidTagMid] for row in rows]
    cpu = Cpu(dovecot)
    with Took(cpu) as t:
        for mid in mids:
            msg = box.inbox.open_message(mid, 0)
            msg.props()
            msg.release()
    table.add("%d messages opened, all properties read, released" % len(mids), t.wall, "ms",
              "%.2f ms each, CPU %.2f ms" % (t.wall / len(mids), t.cpu / len(mids)))


def deliver(dovecot, number):
    with smtplib.LMTP("127.0.0.1", dovecot.ports["lmtp"]) as lmtp:
        lmtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lmtp.sendmail("sender@example.net", [USER], message("news %d" % number, "x\r\n"))
        return time.perf_counter()


def notified(table, dovecot, box, count):
    rows_table = box.inbox.contents((PidTagMid, PidTagSubject))
    box.client.poll()
    woken, told = [], []
    for number in range(count):
        result = {}

        def wait():
            box.client.wait(timeout=60)
            result["at"] = time.perf_counter()
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        done = deliver(dovecot, number)
        thread.join()
        woken.append((result["at"] - done) * 1000)
        if not box.client.poll():
            raise RuntimeError("nothing was told")
        told.append((time.perf_counter() - done) * 1000)
    rows_table.release()
    table.add("LMTP's reply to the end of NotificationWait, p50", percentile(woken, 0.5), "ms",
              "p99 %.1f ms; with the Execute that fetches the notifications %.1f (%.1f) ms"
              % (percentile(woken, 0.99), percentile(told, 0.5), percentile(told, 0.99)))


def idle(table, dovecot, users):
    """Each session: logged on, Inbox's contents table and hierarchy open, then a held wait."""
    run = Sessions(dovecot, False)
    cookies = {}
    for user in users:
        box = mailbox(dovecot, user)
        box.inbox.contents((PidTagMid, PidTagSubject))
        box.ipm.hierarchy()
        box.client.poll()
        cookies[user] = "; ".join("%s=%s" % pair for pair in box.client.http.cookies.items())
        box.client.close()

    async def main():
        await run.workers_gone()
        parked = memory(dovecot)
        await run.hold(cookies)
        await run.workers_gone()
        held_all = memory(dovecot)
        await run.close()
        return parked, held_all
    parked, held_all = asyncio.run(main())
    rows = sum(os.path.getsize(os.path.join(top, name)) for user in users
               for top, _, files in os.walk(dovecot.home(user)) for name in files if name.startswith("dovetail.db"))
    table.add("%d idle sessions, tables open, NotificationWait held, all processes each" % len(users),
              (held_all - parked) / len(users), "KiB", "goal 16; no worker left; %.0f KiB of database each"
              % (rows / 1024 / len(users)))


def resolve(table, people, count):
    with tempfile.NamedTemporaryFile("w", suffix=".people") as f:
        f.write("#email\tname\tfirst_name\tlast_name\n")
        for n in range(people):
            f.write("p%06d@%s\tFirst%d Last%06d\tFirst%d\tLast%06d\n" % (n, DOMAIN, n % 500, n, n % 500, n))
        f.flush()
        os.chmod(f.name, 0o644)
        plugin = {"dovetail_directory": "file:" + f.name, "dovetail_directory_scope": "all"}
        with Dovecot(users=[USER], relay=False, sieve=False, plugin=plugin) as dovecot:
            dovecot.deliver(USER, message("first", "x\r\n"))
            book = mapinspi.Nspi.for_dovecot(dovecot, USER)
            with Took() as first:
                book.bind()
                book.resolve_names(["Last%06d" % (people // 2)])
            cpu, took = Cpu(dovecot), []
            with Took(cpu) as t:
                for n in range(count):
                    with Took() as one:
                        book.resolve_names(["Last%06d" % ((n * 7919) % people), "p%06d@%s" % ((n * 104729) % people, DOMAIN)])
                    took.append(one.wall)
            with Took() as many:
                book.resolve_names(["First7"])
            table.add("ResolveNames of two names among %d people, p50" % people, percentile(took, 0.5), "ms",
                      "p99 %.1f ms, CPU %.2f ms; first call with Bind %.0f ms; an ambiguous one %.1f ms"
                      % (percentile(took, 0.99), t.cpu / count, first.wall, many.wall))
            book.close()


def run(table, size=100_000, users=1000, count=1000, people=100_000):
    names = ["u%04d@%s" % (n, DOMAIN) for n in range(users)]
    plugin = {"worker_idle": "600 s", "mapi_wait": "1 h"}
    with Dovecot(users=[USER], format="mdbox", relay=False, sieve=False,
                 plugin={"dovetail_" + key: value for key, value in plugin.items()}) as dovecot:
        fill(dovecot, USER, size)
        logons(table, dovecot, 50)
        box = mailbox(dovecot)
        pages(table, dovecot, box, size)
        opened(table, dovecot, box, count)
        notified(table, dovecot, box, 30)
        box.client.close()
    resolve(table, people, 200)
    plugin = {"worker_idle": "2 s", "worker_idle_held": "2 s", "record_keep": "2 s", "auth_cache_ttl": "1 h",
              "mapi_session_expiry": "1 day", "mapi_wait": "1 h"}
    if names:
        with Dovecot(users=names, relay=False, sieve=False, client_limit=max(users + 500, 2000),
                     plugin={"dovetail_" + key: value for key, value in plugin.items()}) as dovecot:
            for user in names:
                dovecot.deliver(user, message("first", "x\r\n"))
            idle(table, dovecot, names)
