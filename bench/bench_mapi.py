# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Outlook's transport (F5): what 1,000 idle sessions cost in memory, how soon a held NotificationWait is answered,
requests a second. Behind the transport stands the tests' stand-in, so that nothing else is measured."""

import asyncio
import base64
import contextlib
import os
import re
import socket
import ssl
import struct
import time
import uuid

from bench_held import bus, held, memory
from benchlib import DOMAIN, Cpu, Dovecot, message, percentile
from dovetail_test.dovecot import default_prefix

WORKER = os.path.join(default_prefix(), "libexec", "dovetail-test-mapi-worker")
DN = "/o=Dovetail/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="
WAIT = bytes(8)


def request(user, request_type, body, cookies="", path="/mapi/emsmdb/"):
    login = base64.b64encode(("%s:pass" % user).encode()).decode()
    return ("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/mapi-http\r\n"
            "X-RequestType: %s\r\nX-RequestId: {%s}:1\r\nX-ClientInfo: {%s}:1\r\n%sContent-Length: %d\r\n\r\n"
            % (path, login, request_type, str(uuid.uuid4()).upper(), str(uuid.uuid4()).upper(),
               "Cookie: %s\r\n" % cookies if cookies else "", len(body))).encode() + body


def connect_body(user):
    name = re.sub(r"[^a-z0-9.-]", lambda m: "_%02x" % ord(m.group(0)), user)
    return (DN + name).encode() + b"\0" + struct.pack("<5I", 0, 1252, 1033, 1033, 0)


def execute_body(text):
    payload = struct.pack("<H", len(text) + 2) + text.encode()
    rops = struct.pack("<HHHH", 0, 4, len(payload), len(payload)) + payload
    return struct.pack("<II", 3, len(rops)) + rops + struct.pack("<II", 0x10008, 0)


def cookies_of(head):
    return "; ".join(value.decode() for value in re.findall(rb"(?i)^set-cookie: (.*?)\r$", head, re.M))


class Connection:
    """A blocking keep-alive connection, which reads chunked answers to their end."""

    def __init__(self, dovecot):
        self.sock = socket.create_connection(("127.0.0.1", dovecot.ports["http"]))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cookies = ""

    def ask(self, user, request_type, body=b""):
        self.sock.sendall(request(user, request_type, body, self.cookies))
        data = b""
        while not data.endswith(b"\r\n0\r\n\r\n"):
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError(data)
            data += more
        if b"X-ResponseCode: 0\r\n" not in data:
            raise RuntimeError(data.decode("latin-1"))
        self.cookies = cookies_of(data.partition(b"\r\n\r\n")[0] + b"\r\n")
        return data


class Sessions:
    def __init__(self, dovecot, tls):
        self.dovecot, self.tls, self.streams = dovecot, tls, {}

    async def open(self, user, cookies):
        context = None
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.dovecot.ports["https" if self.tls else "http"], ssl=context)
        self.streams[user] = reader, writer
        writer.write(request(user, "NotificationWait", WAIT, cookies))
        await writer.drain()

    async def hold(self, sessions):
        for number, (user, cookies) in enumerate(sessions.items()):
            await self.open(user, cookies)
            if number % 10 == 9:
                await asyncio.sleep(0.2)
        deadline = time.monotonic() + 300
        while held(self.dovecot) < len(sessions):
            if time.monotonic() > deadline:
                raise RuntimeError("only %d are held" % held(self.dovecot))
            await asyncio.sleep(0.5)

    async def workers_gone(self):
        deadline = time.monotonic() + 300
        while self.dovecot.processes("dovetail-worker"):
            if time.monotonic() > deadline:
                raise RuntimeError("workers stay")
            await asyncio.sleep(0.2)
        await asyncio.sleep(12)

    async def done(self, user):
        await self.streams[user][0].readuntil(b"\r\n0\r\n\r\n")
        return time.perf_counter()

    async def wake(self, watches, together):
        if together:
            tasks = {user: asyncio.ensure_future(self.done(user)) for user in self.streams}
            await asyncio.sleep(0.1)
            started = time.perf_counter()
            for user in self.streams:
                bus(self.dovecot, "E1\t%s\t%s\t1\t%016x\t\n" % (user, watches[user], 0))
            return [await task - started for task in tasks.values()]
        took = []
        for user in self.streams:
            task = asyncio.ensure_future(self.done(user))
            await asyncio.sleep(0.002)
            started = time.perf_counter()
            bus(self.dovecot, "E1\t%s\t%s\t1\t%016x\t\n" % (user, watches[user], 0))
            took.append(await task - started)
        return took

    async def close(self):
        for _, writer in self.streams.values():
            writer.close()
        await asyncio.sleep(8)


def connect_all(dovecot, users):
    """user -> cookies, user -> watched GUID"""
    sessions, watches = {}, {}
    for user in users:
        connection = Connection(dovecot)
        watches[user] = uuid.uuid4().hex
        connection.ask(user, "Connect", connect_body(user))
        connection.ask(user, "Execute", execute_body("watch %s %s" % (user, watches[user])))
        sessions[user] = connection.cookies
        connection.sock.close()
    return sessions, watches


def idle_sessions(table, dovecot, sessions, watches, tls):
    name = "TLS" if tls else "plain"
    run = Sessions(dovecot, tls)

    async def main():
        await run.workers_gone()
        front_before = memory(dovecot, "dovetail")
        await run.hold(sessions)
        await run.workers_gone()
        held_all, held_front = memory(dovecot), memory(dovecot, "dovetail")
        together = not tls
        took = await run.wake(watches, together)
        await run.close()
        await asyncio.sleep(7)
        none_all, none_front = memory(dovecot), memory(dovecot, "dovetail")
        each = 1 / len(sessions)
        table.add("%s: %d idle sessions with a held NotificationWait, all processes each" % (name, len(sessions)),
                  (held_all - none_all) * each, "KiB", "goal 16; front alone %.2f KiB; against after they were closed, "
                  "when the heap may keep what TLS used; the front against before they came: %.2f KiB; no worker left"
                  % ((held_front - none_front) * each, (held_front - front_before) * each))
        table.add("%s: event to answer, %s, p50" % (name, "all at once" if together else "one by one"),
                  percentile(took, 0.5) * 1000, "ms", "p99 %.1f ms, last %.1f ms"
                  % (percentile(took, 0.99) * 1000, max(took) * 1000))
    asyncio.run(main())


def rates(table, dovecot, user, count):
    for name, request_type, body in (("Connect", "Connect", connect_body(user)), ("PING", "PING", b""),
                                     ("Execute of an empty ROP buffer", "Execute", execute_body("echo"))):
        connection = Connection(dovecot)
        connection.ask(user, "Connect", connect_body(user))
        cpu = Cpu(dovecot)
        cpu_before, started = cpu.now(), time.perf_counter()
        for _ in range(count):
            connection.ask(user, request_type, body)
        took = time.perf_counter() - started
        table.add("%s, one connection" % name, count / took, "/s", "%.2f ms each, %.2f ms CPU"
                  % (took * 1000 / count, (cpu.now() - cpu_before) * 1000 / count))


def restore(table, dovecot, sessions, count):
    """An Execute of a session whose worker has gone: login by token, process, row."""
    took = []
    for user in list(sessions)[:count]:
        connection = Connection(dovecot)
        connection.cookies = sessions[user]
        started = time.perf_counter()
        with contextlib.suppress(RuntimeError):
            connection.ask(user, "Execute", execute_body("echo"))
            took.append(time.perf_counter() - started)
    table.add("Execute of a parked session (its worker is gone), p50", percentile(took, 0.5) * 1000, "ms",
              "p99 %.0f ms" % (percentile(took, 0.99) * 1000))


def run(table, users=1000, requests=2000):
    names = ["u%04d@%s" % (n, DOMAIN) for n in range(users)]
    plugin = {"worker_idle": "2 s", "worker_idle_held": "2 s", "record_keep": "2 s", "auth_cache_ttl": "1 h",
              "mapi_session_expiry": "1 day", "mapi_wait": "1 h"}
    with Dovecot(users=names, relay=False, sieve=False, client_limit=max(users + 500, 2000),
                 extra="service dovetail-worker {\n  executable = %s\n}\n" % WORKER,
                 plugin={"dovetail_" + key: value for key, value in plugin.items()}) as dovecot:
        for user in names:
            dovecot.deliver(user, message("first", "x\r\n"))
        rates(table, dovecot, names[0], requests)
        started = time.monotonic()
        sessions, watches = connect_all(dovecot, names)
        table.add("%d users connect (login, process, Connect, Execute)" % users,
                  (time.monotonic() - started) * 1000 / users, "ms", "each")
        for tls in (False, True):
            idle_sessions(table, dovecot, sessions, watches, tls)
        restore(table, dovecot, sessions, min(users, 100))
