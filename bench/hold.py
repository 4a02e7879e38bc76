#!/usr/bin/env python3
# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What a held Ping costs, and how fast many are woken.

    bench/hold.py [--prefix DIR] [--count N] [--users N] [--tls] [--heartbeats N]

N connections hold a request each, over a private Dovecot with the test worker
(its answers are those of a Ping). Printed: PSS of the front, and of all server
processes, per held request before and after a reconnect of each heartbeat;
latency from the write on the bus to the first and the last answer."""

import argparse
import asyncio
import base64
import json
import os
import resource
import ssl
import statistics
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
from dovetail_test.dovecot import DOMAIN, Dovecot, default_prefix  # noqa: E402

PATH = "/Microsoft-Server-ActiveSync"


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--prefix", default=default_prefix())
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--watches", type=int, default=3, help="folders of a Ping")
    parser.add_argument("--heartbeats", type=int, default=1)
    return parser.parse_args()


def pss(pid):
    try:
        with open("/proc/%d/smaps_rollup" % pid) as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def is_worker(pid):
    try:
        with open("/proc/%d/comm" % pid) as comm:
            return comm.read().startswith("dovetail-test-w")
    except OSError:
        return False


def front_pid(dovecot):
    for pid in dovecot.processes():
        try:
            if os.readlink("/proc/%d/exe" % pid).endswith("/dovetail"):
                return pid
        except OSError:
            continue
    raise SystemExit("the front does not run")


class Bench:
    def __init__(self, opt):
        self.opt = opt
        self.guids = {}
        self.dovecot = None
        self.streams = []

    def start(self):
        worker = os.path.join(self.opt.prefix, "libexec", "dovetail-test-worker")
        users = ["u%04d@%s" % (n, DOMAIN) for n in range(self.opt.users)]
        self.dovecot = Dovecot(
            prefix_dir=self.opt.prefix, users=users, relay=False,
            client_limit=self.opt.count + 500,
            plugin={"dovetail_worker_idle": "1 s", "dovetail_poll_every": "1000"},
            extra="service dovetail-worker {\n  executable = %s\n}\n" % worker).start()
        for user in users:
            self.guids[user] = [uuid.uuid4().hex for _ in range(self.opt.watches)]
            self.dovecot.deliver(user, b"Subject: x\r\n\r\nx\r\n")
        self.users = users

    def text(self, number, seconds):
        user = self.users[number % len(self.users)]
        body = ("park owner=%s guid=%s seconds=%d answer=%s timeout=%s" % (
            user, ",".join(self.guids[user]), seconds, "A" * 26, "T" * 13)).encode()
        login = base64.b64encode(("%s:pass" % user).encode()).decode()
        return ("POST %s?Cmd=Ping&User=%s&DeviceId=BENCH%d&DeviceType=iPhone HTTP/1.1\r\n"
                "Host: localhost\r\nAuthorization: Basic %s\r\nMS-ASProtocolVersion: 16.1\r\n"
                "User-Agent: Apple-iPhone14C2/1902.79\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
                "Content-Length: %d\r\n\r\n" % (PATH, user, number, login, len(body))).encode() + body

    async def connect_and_hold(self, seconds):
        """As phones do: each connects and asks at once."""
        context = None
        if self.opt.tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        port = self.dovecot.ports["https" if self.opt.tls else "http"]
        for number in range(self.opt.count):
            self.streams.append(await asyncio.open_connection("127.0.0.1", port, ssl=context))
            self.streams[-1][1].write(self.text(number, seconds))
            if number % 20 == 19:
                await asyncio.sleep(0.05)
        await self.wait_held()

    async def hold(self, seconds):
        """A few users at a time: each of them has its worker then."""
        for number, (_, writer) in enumerate(self.streams):
            writer.write(self.text(number, seconds))
            await writer.drain()
            if number % 20 == 19:
                await asyncio.sleep(0.05)
        await self.wait_held()

    async def wait_held(self):
        for _ in range(600):
            if self.held() >= self.opt.count:
                return
            await asyncio.sleep(0.1)
        raise SystemExit("only %d are held" % self.held())

    def bus(self, line):
        handle = os.open(self.dovecot.path("run", "dovetail-bus"), os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, line.encode())
        os.close(handle)

    def held(self):
        self.bus("C1\tstatus\n")
        time.sleep(0.05)
        with open(self.dovecot.path("info.log"), errors="replace") as log:
            lines = [line for line in log if "status: connections" in line]
        return int(lines[-1].split("held=")[1].split()[0]) if lines else 0

    async def answers(self):
        async def one(reader):
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length:")[1].split()[0])
            await reader.readexactly(size)
            return time.monotonic()
        return await asyncio.gather(*(one(reader) for reader, _ in self.streams))

    async def wait_idle(self):
        """Until the workers are gone."""
        for _ in range(100):
            if not any(is_worker(pid) for pid in self.dovecot.processes()):
                break
            await asyncio.sleep(0.2)
        # the front gives free pages back every few seconds
        await asyncio.sleep(5)

    def memory(self):
        return pss(front_pid(self.dovecot)), sum(pss(pid) for pid in self.dovecot.processes())

    async def run(self):
        result = {"count": self.opt.count, "tls": self.opt.tls, "watches": self.opt.watches}
        await asyncio.sleep(0.5)
        # what the first requests cost once
        await self.warm_up()
        await self.wait_idle()
        front, everything = self.memory()
        await self.connect_and_hold(3600)
        await self.wait_idle()
        after = self.memory()
        result["front_bytes_each"] = (after[0] - front) * 1024 // self.opt.count
        result["all_bytes_each"] = (after[1] - everything) * 1024 // self.opt.count
        for _ in range(self.opt.heartbeats):
            result["wake_ms"] = await self.wake()
            await self.hold(3600)
            await self.wait_idle()
        after = self.memory()
        result["front_bytes_each_later"] = (after[0] - front) * 1024 // self.opt.count
        result["all_bytes_each_later"] = (after[1] - everything) * 1024 // self.opt.count
        result["single_wake_ms"] = await self.single_wakes()
        return result

    async def warm_up(self):
        keep, self.streams, count = self.streams, [], self.opt.count
        self.opt.count = 20
        await self.connect_and_hold(3600)
        for _, writer in self.streams:
            writer.close()
        await asyncio.sleep(0.5)
        self.streams, self.opt.count = keep, count

    async def wake(self):
        """All at once: the reload-proof way is an event for each user."""
        lines = ["E1\t%s\t%s\t1\t%016x\t\n" % (user, self.guids[user][0], 0) for user in self.users]
        start = time.monotonic()
        for n in range(0, len(lines), 20):
            self.bus("".join(lines[n:n + 20]))
        times = sorted(at - start for at in await self.answers())
        return {"first": round(times[0] * 1000, 2), "median": round(statistics.median(times) * 1000, 2),
                "p99": round(times[int(len(times) * 0.99)] * 1000, 2), "last": round(times[-1] * 1000, 2)}

    async def single_wakes(self):
        """One user's devices at a time, the rest sleeps on."""
        took = []
        for user in self.users[:20]:
            reader = self.streams[self.users.index(user)][0]
            start = time.monotonic()
            self.bus("E1\t%s\t%s\t1\t%016x\t\n" % (user, self.guids[user][0], 0))
            await reader.readuntil(b"A" * 26)
            took.append((time.monotonic() - start) * 1000)
        return {"median": round(statistics.median(took), 2), "max": round(max(took), 2)}


def main():
    opt = options()
    need = opt.count * 2 + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(need, hard), hard))
    bench = Bench(opt)
    try:
        bench.start()
        print(json.dumps(asyncio.run(bench.run()), indent=1))
    finally:
        if bench.dovecot is not None:
            bench.dovecot.stop()


if __name__ == "__main__":
    main()
