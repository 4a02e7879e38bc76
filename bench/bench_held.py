# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What held Pings cost in memory, how soon they are woken (F3): 1,000 users with a phone each; 10,000 Pings."""

import asyncio
import contextlib
import json
import os
import re
import ssl
import subprocess
import sys
import time

from benchlib import DOMAIN, HERE, Dovecot, RawHttp, eas, message, percentile, wbxml

SECONDS = 3000


def prepare(dovecot, user):
    """A phone that has synchronised; its Ping, ready to be sent."""
    client = eas.Client.for_dovecot(dovecot, user, device_id="B1")
    phone = eas.Phone(client)
    phone.folder_sync()
    phone.sync()
    phone.sync()
    body = wbxml.encode(eas.E("Ping:Ping", eas.E("HeartbeatInterval", SECONDS), eas.E("Folders", [
        eas.E("Folder", eas.E("Id", phone.inbox), eas.E("Class", "Email"))])))
    raw = RawHttp.__new__(RawHttp)
    raw.format(client.authorization(), "16.1", "B1", client.policy_key)
    client.close()
    return (raw.head % ("Ping", len(body))).encode() + body


class Held:
    def __init__(self, dovecot, tls):
        self.dovecot, self.tls, self.streams = dovecot, tls, []

    async def connect(self, count):
        context = self.dovecot.tls_context if self.tls else None
        if context:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self.dovecot.ports["https" if self.tls else "http"]
        for _ in range(count):
            self.streams.append(await asyncio.open_connection("127.0.0.1", port, ssl=context))

    async def hold(self, requests):
        for number, (request, (_, writer)) in enumerate(zip(requests, self.streams)):
            writer.write(request)
            await writer.drain()
            if number % 20 == 19:
                await asyncio.sleep(0.1)
        await self.until_held(len(requests))

    async def until_held(self, count):
        deadline = time.monotonic() + 300
        while held(self.dovecot) < count:
            if time.monotonic() > deadline:
                raise RuntimeError("only %d of %d are held" % (held(self.dovecot), count))
            await asyncio.sleep(0.2)

    async def workers_gone(self):
        started = time.monotonic()
        while self.dovecot.processes("dovetail-worker"):
            if time.monotonic() - started > 300:
                raise RuntimeError("workers stay")
            await asyncio.sleep(0.2)
        gone = time.monotonic() - started
        # the front gives free pages back every few seconds
        await asyncio.sleep(5)
        return gone

    async def answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length:")[1].split()[0])
        body = await reader.readexactly(size)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(head.decode())
        return time.perf_counter(), body


def bus(dovecot, text):
    handle = os.open(dovecot.path("run", "dovetail-bus"), os.O_WRONLY | os.O_NONBLOCK)
    os.write(handle, text.encode())
    os.close(handle)


def held(dovecot):
    bus(dovecot, "C1\tstatus\n")
    time.sleep(0.05)
    found = re.findall(r"status: connections.*?held=(\d+)", dovecot.read_log("info.log"))
    return int(found[-1]) if found else 0


def guids_of(dovecot):
    """user -> INBOX's GUID"""
    rows = dovecot.doveadm("-f", "flow", "mailbox", "status", "-A", "guid", "INBOX", timeout=300)
    return dict(re.findall(r"^(\S+) .*guid=(\w+)", rows, re.M))


def memory(dovecot, name=None):
    """PSS of all server processes without files: how much of a library counts
    depends on what else runs on the machine.  KiB."""
    total = 0
    for pid in dovecot.processes(name) + ([] if name else [dovecot.master_pid]):
        with contextlib.suppress(OSError), open("/proc/%d/smaps_rollup" % pid) as f:
            total += sum(int(n) for n in re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+)", f.read(), re.M))
    return total


async def wake_all(run, users, guids):
    """An event for every user, written as fast as the bus takes them."""
    lines = ["E1\t%s\t%s\t1\t%016x\t\n" % (user, guids[user], 0) for user in users]
    tasks = [asyncio.ensure_future(run.answer(reader)) for reader, _ in run.streams]
    await asyncio.sleep(0.1)
    started = time.perf_counter()
    for n in range(0, len(lines), 20):
        bus(run.dovecot, "".join(lines[n:n + 20]))
    return [at - started for at, _ in await asyncio.gather(*tasks)]


def real_users(table, tls, users, dovecot, requests, guids):
    name = "TLS" if tls else "plain"
    run = Held(dovecot, tls)

    async def main():
        # the first time also costs what arrivals at once leave behind in auth, stats and the front
        fresh, fresh_front = memory(dovecot), memory(dovecot, "dovetail")
        await run.connect(len(users))
        await run.hold(requests)
        gone = await run.workers_gone()
        table.add("%s: no worker left after the last Ping" % name, gone, "s", "")
        first = memory(dovecot)
        took = await wake_all(run, users, guids)
        table.add("%s: all woken at once, p50" % name, percentile(took, 0.5) * 1000, "ms",
                  "p99 %.1f ms, last %.1f ms" % (percentile(took, 0.99) * 1000, max(took) * 1000))
        await run.hold(requests)
        await run.workers_gone()
        again, front = memory(dovecot), memory(dovecot, "dovetail")
        for _, writer in run.streams:
            writer.close()
        await asyncio.sleep(15)
        none, none_front = memory(dovecot), memory(dovecot, "dovetail")
        each = 1 / len(users)
        table.add("%s, %d users: all processes, a held Ping" % (name, len(users)), (again - none) * each, "KiB",
                  "goal %d; front alone %.2f KiB; held twice, against after they were closed" % (
                      16 if tls else 1, (front - none_front) * each))
        table.add("%s: what was left behind in all processes" % name, (none - fresh) * each, "KiB",
                  "a user, of it the front %.2f KiB; before %.1f MB, first held %.1f MB, again %.1f MB, closed %.1f MB" % (
                      (none_front - fresh_front) * each, fresh / 1024, first / 1024, again / 1024, none / 1024))
    asyncio.run(main())


def many(table, tls, count):
    """10,000 over the test worker: hold.py."""
    command = [sys.executable, os.path.join(HERE, "hold.py"), "--count", str(count), "--users", "1000"]
    done = subprocess.run(command + (["--tls"] if tls else []), stdout=subprocess.PIPE, text=True, timeout=400, check=True)
    found = json.loads(done.stdout)
    name = "TLS" if tls else "plain"
    table.add("%s, %d Pings of 1,000 users: PSS of all processes each" % (name, count),
              found["all_bytes_each"] / 1024, "KiB", "after the next heartbeat %.2f KiB; front alone %.2f KiB"
              % (found["all_bytes_each_later"] / 1024, found["front_bytes_each_later"] / 1024))
    table.add("%s: %d woken at once, p50" % (name, count), found["wake_ms"]["median"], "ms",
              "p99 %(p99)s ms, last %(last)s ms" % found["wake_ms"])


def run(table, users=1000, many_pings=10_000):
    names = ["u%04d@%s" % (n, DOMAIN) for n in range(users)]
    options = dict(users=names, relay=False, sieve=False, client_limit=max(users + 500, 2000),
                   plugin={"dovetail_worker_idle": "2 s", "dovetail_record_keep": "2 s", "dovetail_auth_cache_ttl": "1 h", "dovetail_loop_requests": "100000"})
    with Dovecot(**options) as dovecot:
        for user in names:
            dovecot.deliver(user, message("first", "x\r\n"))
        started = time.monotonic()
        requests = [prepare(dovecot, user) for user in names]
        table.add("%d phones set up (login, worker, Provision, FolderSync, Sync)" % users,
                  (time.monotonic() - started) * 1000 / users, "ms", "each")
        guids = guids_of(dovecot)
        for tls in (False, True):
            real_users(table, tls, names, dovecot, requests, guids)
    for tls in (False, True):
        if many_pings:
            many(table, tls, many_pings)
