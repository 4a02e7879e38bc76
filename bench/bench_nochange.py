# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A Sync that finds nothing, or one change, in folders of 50 to 500,000 messages (F2)."""

import imaplib
import time

from benchlib import DOMAIN, Cpu, Dovecot, RawHttp, eas, median, message, sync_head, wbxml

# One phone asks far more often than any phone does.
PLUGIN = {"dovetail_loop_requests": "100000", "dovetail_worker_idle": "600 s"}


def fill(dovecot, user, size):
    """In mdbox a copy is a line in an index: half a million take seconds."""
    seed = size
    while seed % 2 == 0 and seed > 5000:
        seed //= 2
    dovecot.append(user, [message("tiny %d" % n, "x\r\n") for n in range(seed)])
    with dovecot.imap(user) as imap:
        imap.sock.settimeout(600)
        imap.select("INBOX")
        while seed < size:
            imap.copy("1:%d" % seed, "INBOX")
            seed *= 2
        imap.noop()


class Device:
    def __init__(self, dovecot, user):
        client = eas.Client.for_dovecot(dovecot, user, device_id="B1")
        client.timeout = 300
        phone = eas.Phone(client)
        phone.folder_sync()
        self.client, self.inbox = client, phone.inbox
        self.raw = RawHttp(dovecot.ports["http"], client.authorization(), device="B1",
                           policy_key=client.policy_key)
        self.key = sync_head(self.raw.post("Sync", self.request("0")))[0]
        options = client.sync_options(filter=0, body=((1, 100),))
        more = True
        while more:
            self.key, more = sync_head(self.raw.post("Sync", self.request(self.key, window=512, options=options)))
            options = None

    def request(self, key, **more):
        return wbxml.encode(self.client.sync_request(self.client.collection(self.inbox, key, **more)))

    def sync(self):
        """The answer; empty: nothing new."""
        answer = self.raw.post("Sync", self.request(self.key))
        if answer:
            self.key = sync_head(answer)[0] or self.key
        return answer

    def no_change(self, cpu, requests):
        body = self.request(self.key)
        took = []
        for _ in range(50):
            self.raw.post("Sync", body)
        before = cpu.now()
        for _ in range(requests):
            started = time.perf_counter()
            if self.raw.post("Sync", body):
                raise RuntimeError("there was something new")
            took.append(time.perf_counter() - started)
        return (cpu.now() - before) / requests, median(took)

    def one_change(self, cpu, imap, size, requests):
        used, took = 0.0, []
        for n in range(requests):
            kind, data = imap.store(str(size - n % 40), "%sFLAGS" % "+-"[n // 40 % 2], "(\\Seen)")
            time.sleep(0.01)
            before, started = cpu.now(), time.perf_counter()
            if not self.sync():
                raise RuntimeError("the change did not come")
            took.append(time.perf_counter() - started)
            used += cpu.now() - before
        return used / requests, median(took)


def run(table, requests=1000, changes=100, largest=500_000):
    imaplib._MAXLINE = 100_000_000
    users = {size: "s%d@%s" % (size, DOMAIN) for size in (50, 5000, 500_000) if size <= largest}
    with Dovecot(users=list(users.values()), format="mdbox", plugin=PLUGIN) as dovecot:
        for size, user in users.items():
            started = time.monotonic()
            fill(dovecot, user, size)
            filled = time.monotonic()
            device = Device(dovecot, user)
            table.add("%d messages: their first sync, window 512" % size, time.monotonic() - filled, "s",
                      "%.0f s to make them" % (filled - started))
            cpu = Cpu(dovecot)
            used, took = device.no_change(cpu, requests)
            table.add("%d messages: no change, CPU a request" % size, used * 1000, "ms",
                      "goal 1; answer in %.2f ms" % (took * 1000))
            with dovecot.imap(user) as imap:
                imap.select("INBOX")
                used, took = device.one_change(cpu, imap, size, changes)
            table.add("%d messages: one change, CPU a request" % size, used * 1000, "ms",
                      "answer in %.2f ms" % (took * 1000))
    user = "m@" + DOMAIN
    with Dovecot(users=[user], format="maildir", plugin=PLUGIN) as dovecot:
        dovecot.append(user, [message("tiny %d" % n, "x\r\n") for n in range(5000)])
        time.sleep(2)
        device = Device(dovecot, user)
        used, took = device.no_change(Cpu(dovecot), requests)
        table.add("5000 messages in Maildir: no change", used * 1000, "ms", "answer in %.2f ms" % (took * 1000))
    user = "u@" + DOMAIN
    with Dovecot(users=[user], format="mdbox", plugin=dict(PLUGIN, dovetail_auth_cache_ttl="0")) as dovecot:
        fill(dovecot, user, 50)
        used, took = Device(dovecot, user).no_change(Cpu(dovecot), requests)
        table.add("50 messages: no change, login not cached", used * 1000, "ms", "answer in %.2f ms" % (took * 1000))
