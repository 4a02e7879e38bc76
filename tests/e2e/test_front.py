# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""The front with a worker that does what it is told (test-worker.c): logins,
retries, held requests, the bus, flow control, reload, loops."""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import socket
import time
import unittest
import uuid

from dovetail_test.case import TestCase, read_http
from dovetail_test.dovecot import DOMAIN, default_prefix

WORKER = os.path.join(default_prefix(), "libexec", "dovetail-test-worker")
PATH = "/Microsoft-Server-ActiveSync"


def noise(seed, size):
    """What test-worker.c's noise_fill() makes, again and again"""
    block = bytearray()
    for _ in range(65521):
        seed = (seed * 1664525 + 1013904223) & 0xffffffff
        block.append(seed >> 24)
    return (bytes(block) * (size // len(block) + 1))[:size]


def origin(user, device):
    digest = hashlib.sha256(user.encode() + b"\0" + device.encode()).digest()
    return int.from_bytes(digest[:8], "big")


class FrontCase(TestCase):
    plugin = {"auth_cache_ttl": "5 min"}

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(WORKER):
            raise unittest.SkipTest("no dovetail-test-worker below DOVETAIL_PREFIX")
        cls.options = {
            "relay": False,
            "extra": "service dovetail-worker {\n  executable = %s\n}\n" % WORKER,
            "plugin": {"dovetail_" + key: value for key, value in cls.plugin.items()},
        }
        super().setUpClass()
        cls.user_number = 0

    def new_user(self):
        user = super().new_user()
        self.dovecot.deliver(user, b"Subject: x\r\n\r\nx\r\n")
        return user

    def open(self):
        sock = socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]), 15)
        self.addCleanup(sock.close)
        return sock

    def open_tls(self):
        sock = socket.create_connection(("127.0.0.1", self.dovecot.ports["https"]), 15)
        sock = self.dovecot.tls_context.wrap_socket(sock, server_hostname="localhost")
        self.addCleanup(sock.close)
        return sock

    @staticmethod
    def text(user, body=b"", device="DEV1", cmd="Ping", password="pass", headers=()):
        body = body.encode() if isinstance(body, str) else body
        login = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
        lines = ["POST %s?Cmd=%s&User=%s&DeviceId=%s&DeviceType=T HTTP/1.1" % (PATH, cmd, user, device),
                 "Host: localhost", "Authorization: Basic " + login, "MS-ASProtocolVersion: 14.1"]
        if not any(h.startswith("Transfer-Encoding") for h in headers):
            lines.append("Content-Length: %d" % len(body))
        return ("\r\n".join(lines + list(headers)) + "\r\n\r\n").encode() + body

    def ask(self, user, body=b"", sock=None, **kwargs):
        sock = sock or self.open()
        sock.sendall(self.text(user, body, **kwargs))
        return read_http(sock)

    def next_answer(self, stream):
        """The body of the next one of several answers that may come at once."""
        self.assertEqual(stream.readline(), b"HTTP/1.1 200 OK\r\n")
        size = 0
        while (line := stream.readline()) != b"\r\n":
            if line.startswith(b"Content-Length:"):
                size = int(line.split()[1])
        return stream.read(size)

    def bus(self, line):
        path = self.dovecot.path("run", "dovetail-bus")
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(handle, line if isinstance(line, bytes) else (line + "\n").encode())
        finally:
            os.close(handle)

    def ring(self, owner, guid, events=1, who=0, pvt=""):
        self.bus("E1\t%s\t%s\t%x\t%016x\t%s" % (owner, guid, events, who, pvt))

    def info(self):
        with open(self.dovecot.path("info.log"), errors="replace") as log:
            return log.read()

    def access(self, user, count=1):
        """The access log's lines for a user, when there are enough."""
        deadline = time.monotonic() + 5
        while True:
            lines = [line for line in self.info().splitlines()
                     if "access:" in line and "user=" + user in line]
            if len(lines) >= count or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)

    def wait_held(self, count=None, since=0):
        """Until the front says that so many requests are held."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.bus("C1\tstatus")
            time.sleep(0.05)
            found = re.findall(r"status: .*held=(\d+)", self.info())
            if found and int(found[-1]) == count:
                return
        self.fail("not %d held: %s" % (count, found[-1:]))

    def park(self, user, command, held=1, **kwargs):
        sock = self.open()
        sock.sendall(self.text(user, command, **kwargs))
        self.wait_held(held)
        return sock


class Requests(FrontCase):
    def test_echo_and_keep_alive(self):
        user, sock = self.new_user(), self.open()
        pids = set()
        for n in range(3):
            status, headers, body = self.ask(user, b"echo", sock, cmd="c%d" % n)
            self.assertEqual(status, 200)
            pids.add(re.search(rb"pid=(\d+)", body).group(1))
            self.assertIn(b"method=POST path=" + PATH.encode(), body)
            self.assertIn(b"body=4", body)
            self.assertNotIn(b"Authorization", body)
        self.assertEqual(len(pids), 1)

    def test_chunked_body(self):
        body = b"4\r\necho\r\n1\r\n \r\n0\r\n\r\n"
        answer = self.ask(self.new_user(), body, headers=["Transfer-Encoding: chunked"])
        self.assertIn(b"body=5", answer[2])

    def test_pipelined(self):
        user, sock = self.new_user(), self.open()
        sock.sendall(b"".join(self.text(user, b"echo", cmd="c%d" % n) for n in range(5)))
        stream = sock.makefile("rb")
        for n in range(5):
            self.assertIn(b"query=Cmd=c%d" % n, self.next_answer(stream))

    def test_expect_continue_only_after_login(self):
        user = self.new_user()
        for password, first in (("pass", b"HTTP/1.1 100"), ("wrong", b"HTTP/1.1 401")):
            sock = self.open()
            text = self.text(user, b"echo", password=password, headers=["Expect: 100-continue"])
            sock.sendall(text[:-4])
            answer = sock.recv(4096)
            self.assertTrue(answer.startswith(first), answer)
            if password == "pass":
                sock.sendall(text[-4:])
                self.assertEqual(read_http(sock)[0], 200)

    def test_large_bodies_at_constant_memory(self):
        user = self.new_user()
        self.ask(user, b"echo")
        before = self.front_rss()
        body = b"echo" + b" " * (60 * 1024 * 1024)
        answer = self.ask(user, body, cmd="up")
        self.assertIn(b"body=%d" % len(body), answer[2])
        status, _, data = self.ask(user, b"big size=60000000", cmd="down")
        self.assertEqual((status, len(data)), (200, 60000000))
        self.assert_rss(before)

    def assert_rss(self, before):
        if not self.dovecot.sanitizer:      # ASan keeps what was freed
            self.assertLess(self.front_rss() - before, 4096, "KB more than before")

    def front_pid(self):
        for pid in self.dovecot.processes():
            with contextlib.suppress(OSError):
                if os.readlink("/proc/%d/exe" % pid).endswith("libexec/dovetail"):
                    return pid
        self.fail("no front")

    def front_rss(self):
        with open("/proc/%d/status" % self.front_pid()) as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def test_slow_client_does_not_fill_memory(self):
        user, sock = self.new_user(), self.open()
        self.ask(user, b"echo")
        before = self.front_rss()
        sock.sendall(self.text(user, b"big size=50000000"))
        time.sleep(0.5)
        self.assert_rss(before)
        self.assertEqual(len(read_http(sock)[2]), 50000000)

    def test_bodies_are_not_mixed(self):
        """Slow and fast readers, plain and TLS, each gets its own bytes."""
        def reader(seed, tls, slow):
            sock = self.open_tls() if tls else self.open()
            if slow:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
            size = 3_000_000 + seed
            sock.sendall(self.text(self.new_user(), b"big size=%d seed=%d" % (size, seed)))
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            data = bytearray()
            while piece := answer.read(30_011):
                data += piece
                if slow and seed % 2:
                    time.sleep(0.002)
            return answer.status == 200 and data == noise(seed, size)
        waits = [self.in_background(reader, seed, tls, slow) for seed, (tls, slow) in
                 enumerate([(False, True), (False, True), (False, False), (True, True), (True, False)], 1)]
        self.assertEqual([wait() for wait in waits], [True] * len(waits))

    def front_anonymous(self):
        (pid,) = self.dovecot.processes("dovetail")
        with open("/proc/%d/smaps_rollup" % pid) as rollup:
            return int(re.search(r"^Anonymous:\s+(\d+)", rollup.read(), re.M).group(1))

    def test_closed_connections_give_memory_back(self):
        """No request needs to come after them."""
        self.open_tls()
        before = self.front_anonymous()
        socks = [self.open_tls() for _ in range(150)]
        grown = self.front_anonymous() - before
        if grown < 1000:
            self.skipTest("TLS takes %d KiB for 150 connections" % grown)
        for sock in socks:
            sock.close()
        deadline = time.monotonic() + 10
        while self.front_anonymous() - before > grown / 2:
            self.assertLess(time.monotonic(), deadline, "%d of %d KiB stay" % (self.front_anonymous() - before, grown))
            time.sleep(0.1)

    def test_client_leaves_in_an_answer(self):
        """What it did not take reaches nobody else."""
        for seed in range(1, 4):
            sock = self.open()
            sock.sendall(self.text(self.new_user(), b"big size=9000000 seed=%d" % seed))
            self.assertTrue(sock.recv(1000))
            time.sleep(0.1)
            sock.close()
            answer = self.ask(self.new_user(), b"big size=500000 seed=77")
            self.assertTrue(answer[2] == noise(77, 500000))

    def test_worker_death_is_503(self):
        user = self.new_user()
        self.dovecot.expect_error("returned error 1")
        status, headers, _ = self.ask(user, b"crash")
        self.assertEqual(status, 503)
        self.assertTrue(headers["Retry-After"])
        self.assertEqual(self.ask(user, b"echo")[0], 200)

    def test_client_leaves_in_the_middle_of_its_body(self):
        user, sock = self.new_user(), self.open()
        self.ask(user, b"echo")
        sock.sendall(self.text(user, b"x" * 1000000)[:500000])
        time.sleep(0.2)
        sock.close()
        self.assertEqual(self.ask(user, b"echo")[0], 200)

    def test_busy_user_gets_more_workers_without_more_hashes(self):
        user = self.new_user()
        waits = [self.in_background(self.ask, user, b"sleep ms=500", None)
                 for _ in range(1)]
        waits += [self.in_background(lambda n=n: self.ask(user, b"sleep ms=500", cmd="c%d" % n))
                  for n in range(3)]
        start = time.monotonic()
        pids = {re.search(rb"pid=(\d+)", wait()[2]).group(1) for wait in waits}
        self.assertEqual(len(pids), 4)
        self.assertLess(time.monotonic() - start, 1.9)
        # a fifth one at the same time waits its turn
        waits = [self.in_background(lambda n=n: self.ask(user, b"sleep ms=200", cmd="d%d" % n))
                 for n in range(8)]
        self.assertEqual({wait()[0] for wait in waits}, {200})

    def test_access_log_escapes(self):
        user = self.new_user()
        self.ask(user, b"echo", headers=["User-Agent: a\"b\\c\xe9"])
        line = self.access(user)[-1]
        self.assertIn('ua="a\\"b\\\\c\\xc3\\xa9"', line)
        self.assertRegex(line, r"status=200 .*cmd=Ping device=DEV1 type=T .*in=4 out=\d+ ms=\d+ worker=\d+")

    def test_wrong_password_then_right(self):
        user = self.new_user()
        status, headers, _ = self.ask(user, b"echo", password="wrong")
        self.assertEqual(status, 401)
        self.assertTrue(headers["WWW-Authenticate"].startswith("Basic realm="))
        self.assertEqual(self.ask(user, b"echo")[0], 200)


class Held(FrontCase):
    def guid(self):
        return uuid.uuid4().hex

    def test_event_answers_from_the_record(self):
        user, guid = self.new_user(), self.guid()
        sock = self.park(user, "park owner=%s guid=%s answer=CHANGED seconds=30" % (user, guid))
        start = time.monotonic()
        self.ring(user, guid)
        status, headers, body = read_http(sock)
        self.assertEqual((status, body), (200, b"CHANGED"))
        self.assertLess(time.monotonic() - start, 0.1)
        self.assertEqual(headers["Content-Type"], "application/vnd.ms-sync.wbxml")
        self.assertIn("note=event", self.access(user)[-1])

    def test_others_events_do_not(self):
        user, guid = self.new_user(), self.guid()
        sock = self.park(user, "park owner=%s guid=%s answer=CHANGED seconds=30" % (user, guid))
        self.ring(user, self.guid())
        self.ring("other@" + DOMAIN, guid)
        self.ring(user, guid, who=origin(user, "DEV1"))
        self.ring(user, guid, pvt="other@" + DOMAIN)
        self.wait_held(1)
        self.ring(user, guid, pvt=user)
        self.assertEqual(read_http(sock)[2], b"CHANGED")

    def test_time_out_and_the_same_again_without_a_worker(self):
        user, guid = self.new_user(), self.guid()
        command = "park owner=%s guid=%s answer=CHANGED seconds=1" % (user, guid)
        sock = self.open()
        workers = []
        for _ in range(6):
            self.assertEqual(self.ask(user, command, sock)[2], b"TIMEOUT")
        log = self.access(user, 6)
        # every fourth goes to a worker: the slow poll
        self.assertEqual(["worker=" in line for line in log], [False] * 6)
        # nothing rang: it is held again; an event between two drops the record
        self.assertEqual(self.ask(user, command, sock)[2], b"TIMEOUT")
        self.ring(user, guid)
        time.sleep(0.05)
        sock.sendall(self.text(user, command))
        self.wait_held(1)
        self.ring(user, guid)
        self.assertEqual(read_http(sock)[2], b"CHANGED")

    def test_no_wake_is_lost_between_look_and_wait(self):
        user, guid = self.new_user(), self.guid()
        self.ask(user, b"echo")
        wait = self.in_background(self.ask, user, (
            "park owner=%s guid=%s answer=CHANGED seconds=30 before=500" % (user, guid)))
        time.sleep(0.2)
        self.ring(user, guid)
        self.assertEqual(wait(5)[2], b"CHANGED")

    def test_resumed_by_an_event(self):
        user, guid = self.new_user(), self.guid()
        sock = self.park(user, "park owner=%s guid=%s seconds=30" % (user, guid), cmd="Sync")
        self.ring(user, guid)
        status, _, body = read_http(sock)
        self.assertEqual(status, 200)
        self.assertIn(b"resumed=1", body)

    def test_newer_request_of_the_device_ends_the_older(self):
        user, guid = self.new_user(), self.guid()
        first = self.park(user, "park owner=%s guid=%s answer=A seconds=30" % (user, guid))
        second = self.open()
        second.sendall(self.text(user, "park owner=%s guid=%s answer=B seconds=30" % (user, guid)))
        self.assertEqual(read_http(first)[2], b"TIMEOUT")
        other = self.open()
        other.sendall(self.text(user, "park owner=%s guid=%s answer=C seconds=30" % (user, guid),
                                device="DEV2"))
        self.wait_held(2)
        self.ring(user, guid)
        self.assertEqual(read_http(second)[2], b"B")
        self.assertEqual(read_http(other)[2], b"C")

    def test_overflow_and_garbage(self):
        user, guid = self.new_user(), self.guid()
        self.dovecot.expect_error("bus:")
        sock = self.park(user, "park owner=%s guid=%s answer=CHANGED seconds=30" % (user, guid))
        self.bus(b"garbage\n" + b"x" * 5000 + b"\nE1\tcut")
        self.bus(b"\nO1\n")
        self.assertEqual(read_http(sock)[2], b"TIMEOUT")

    def test_block_ends_held_requests(self):
        user, guid = self.new_user(), self.guid()
        command = "park owner=%s guid=%s answer=A seconds=30" % (user, guid)
        first = self.park(user, command)
        second = self.park(user, command, held=2, device="DEV2")
        self.bus("C1\tblock\t%s\tDEV1" % user)
        self.assertEqual(read_http(first)[2], b"TIMEOUT")
        self.wait_held(1)
        self.bus("C1\tblock\t%s" % user)
        self.assertEqual(read_http(second)[2], b"TIMEOUT")

    def test_client_that_leaves(self):
        user, guid = self.new_user(), self.guid()
        sock = self.park(user, "park owner=%s guid=%s answer=A seconds=30" % (user, guid))
        sock.close()
        self.wait_held(0)

    def test_pipelined_request_ends_the_held_one(self):
        user, guid = self.new_user(), self.guid()
        sock = self.park(user, "park owner=%s guid=%s answer=A seconds=30" % (user, guid))
        sock.sendall(self.text(user, b"echo"))
        stream = sock.makefile("rb")
        self.assertEqual(self.next_answer(stream), b"TIMEOUT")
        self.assertIn(b"pid=", self.next_answer(stream))

    def test_many_woken_at_once(self):
        user, guid = self.new_user(), self.guid()
        command = "park owner=%s guid=%s answer=CHANGED seconds=60" % (user, guid)
        socks = []
        for n in range(200):
            sock = self.open()
            sock.sendall(self.text(user, command, device="M%d" % n))
            socks.append(sock)
        self.wait_held(200)
        start = time.monotonic()
        self.ring(user, guid)
        for sock in socks:
            self.assertEqual(read_http(sock)[2], b"CHANGED")
        self.assertLess(time.monotonic() - start, 2)


class Reload(FrontCase):
    def test_reload_answers_held_and_running(self):
        user, guid = self.new_user(), uuid.uuid4().hex
        sock = self.park(user, "park owner=%s guid=%s answer=A seconds=30" % (user, guid))
        running = self.in_background(self.ask, user, b"sleep ms=1500")
        time.sleep(0.3)
        self.dovecot.reload()
        status, headers, body = read_http(sock)
        self.assertEqual((status, body, headers["Connection"]), (200, b"TIMEOUT", "close"))
        self.assertEqual(running()[0], 200)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                answer = self.ask(user, b"echo")
                if answer and answer[0] == 200:
                    return
            time.sleep(0.1)
        self.fail("no front after reload")


class Loops(FrontCase):
    plugin = {"loop_requests": "5", "loop_window": "5 s"}

    def test_a_device_that_loops_is_slowed_and_others_are_not(self):
        user, sock = self.new_user(), self.open()
        times = []
        for _ in range(8):
            start = time.monotonic()
            self.assertEqual(self.ask(user, b"echo", sock)[0], 200)
            times.append(time.monotonic() - start)
        self.assertLess(max(times[:5]), 0.9)
        self.assertGreater(min(times[5:7]), 0.9)
        start = time.monotonic()
        self.assertEqual(self.ask(user, b"echo", device="DEV2")[0], 200)
        self.assertLess(time.monotonic() - start, 0.9)
        self.dovecot.expect_error("repeats the same request")
