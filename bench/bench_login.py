# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""How often a bcrypt password (cost 12) is hashed: once a device and cache time, whatever the requests."""

import re
import time

from benchlib import DOMAIN, Dovecot, RawHttp, eas, message, wbxml

USER = "u@" + DOMAIN


def auth_cpu(dovecot):
    """A hash of cost 12 is a quarter of a second: its CPU is seen as such."""
    total = 0
    for name in ("auth", "auth-worker"):
        for pid in dovecot.processes(name):
            with open("/proc/%d/schedstat" % pid) as f:
                total += int(f.read().split()[0])
    return total / 1e9


def one_hash(dovecot):
    before, user = auth_cpu(dovecot), USER
    dovecot.doveadm("auth", "test", user, dovecot.passwords[user])
    return auth_cpu(dovecot) - before


def lookups(dovecot):
    return len(re.findall(r"passwd-file\(%s.*Performing passdb lookup" % re.escape(USER), dovecot.read_log("debug.log")))


def series(table, dovecot, name, requests, devices, reconnect, hash_cpu):
    client = eas.Client.for_dovecot(dovecot, USER)
    body = wbxml.encode(client.sync_request(client.collection("nothing", "1")))
    seen, cpu, started = lookups(dovecot), auth_cpu(dovecot), time.monotonic()
    for device in range(devices):
        raw = None
        for _ in range(requests):
            if raw is None or reconnect:
                raw = RawHttp(dovecot.ports["http"], client.authorization(), device="D%d" % device)
            raw.post("Provision", PROVISION)
    table.add(name, lookups(dovecot) - seen, "logins", "%.1f hashes' CPU in auth, %.1f ms a request" % (
        (auth_cpu(dovecot) - cpu) / hash_cpu, (time.monotonic() - started) * 1000 / requests / devices))


PROVISION = wbxml.encode(eas.E("Provision:Provision", eas.E("Policies", eas.E("Policy", eas.E(
    "PolicyType", "MS-EAS-Provisioning-WBXML")))))


def run(table, requests=500):
    with Dovecot(users=[USER], scheme="BLF-CRYPT", sieve=False, extra="auth_debug = yes\n",
                 plugin={"dovetail_loop_requests": "100000"}) as dovecot:
        dovecot.deliver(USER, message("first", "x\r\n"))
        one_hash(dovecot)
        hash_cpu = one_hash(dovecot)
        table.add("one hash", hash_cpu * 1000, "ms", "")
        series(table, dovecot, "%d requests over one connection" % requests, requests, 1, False, hash_cpu)
        series(table, dovecot, "%d requests, each over a connection of its own" % requests, requests, 1, True, hash_cpu)
        series(table, dovecot, "5 devices, %d requests each, one connection a request" % (requests // 5),
               requests // 5, 5, True, hash_cpu)
