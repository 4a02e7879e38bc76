# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""From a delivery by LMTP to the answer of a Ping or a hanging Sync that waits for it (F3)."""

import smtplib
import socket
import time

from benchlib import DOMAIN, Dovecot, RawHttp, eas, median, message, percentile, sync_head, wbxml

USER = "u@" + DOMAIN


class Waiting:
    def __init__(self, dovecot):
        self.dovecot = dovecot
        client = eas.Client.for_dovecot(dovecot, USER, device_id="B1")
        phone = eas.Phone(client)
        phone.folder_sync()
        phone.sync()
        self.client, self.inbox, self.key = client, phone.inbox, phone.keys[phone.inbox]
        self.raw = RawHttp(dovecot.ports["http"], client.authorization(), device="B1", policy_key=client.policy_key)
        self.ping_body = wbxml.encode(eas.E("Ping:Ping", eas.E("HeartbeatInterval", 900), eas.E("Folders", [
            eas.E("Folder", eas.E("Id", self.inbox), eas.E("Class", "Email"))])))

    def request(self, **more):
        return wbxml.encode(self.client.sync_request(self.client.collection(self.inbox, self.key), **more))

    def catch_up(self):
        while True:
            answer = self.raw.post("Sync", self.request())
            if not answer:
                return
            self.key = sync_head(answer)[0]

    def deliver(self, number):
        """When the answer began to be due: DATA's end was sent, and was acknowledged."""
        with smtplib.LMTP("127.0.0.1", self.dovecot.ports["lmtp"]) as lmtp:
            lmtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lmtp.docmd("LHLO", "bench")
            lmtp.mail("sender@example.net")
            lmtp.rcpt(USER)
            lmtp.docmd("DATA")
            lmtp.send(message("news %d" % number, "x\r\n"))
            sent = time.perf_counter()
            lmtp.send(b".\r\n")
            self.raw.sock.settimeout(20)
            lmtp.getreply()
            done = time.perf_counter()
            answer = self.raw.answer()
            return sent, done, time.perf_counter(), answer


def gone(dovecot):
    while dovecot.processes("dovetail-worker"):
        time.sleep(0.1)


def series(table, dovecot, waiting, name, ping, cold, count):
    whole, after = [], []
    for number in range(count):
        waiting.catch_up()
        if ping:
            waiting.raw.send("Ping", waiting.ping_body)
        else:
            waiting.raw.send("Sync", waiting.request(heartbeat=900))
        time.sleep(0.15)
        if cold:
            gone(dovecot)
        sent, done, answered, answer = waiting.deliver(number)
        if not ping:
            waiting.key = sync_head(answer)[0]
        whole.append((answered - sent) * 1000)
        # read after the reply of LMTP: not before it
        after.append((answered - done) * 1000)
    table.add(name + ": after LMTP's reply, p50", median(after), "ms",
              "p99 %.1f ms; from the end of DATA p50 %.1f, p99 %.1f ms" % (
                  percentile(after, 0.99), median(whole), percentile(whole, 0.99)))


def run(table, count=50, cold_count=10):
    plugin = {"dovetail_loop_requests": "100000", "dovetail_worker_idle": "60 s", "dovetail_worker_idle_held": "60 s"}
    for cold in (False, True):
        if cold:
            plugin.update({"dovetail_worker_idle_held": "1 s"})
        with Dovecot(users=[USER], plugin=plugin, sieve=False) as dovecot:
            dovecot.deliver(USER, message("first", "x\r\n"))
            waiting = Waiting(dovecot)
            kind = "cold" if cold else "warm"
            number = cold_count if cold else count
            series(table, dovecot, waiting, "Ping, worker " + kind, True, cold, number)
            series(table, dovecot, waiting, "hanging Sync, worker " + kind, False, cold, number)
