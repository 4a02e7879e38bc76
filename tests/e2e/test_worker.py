# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""What the worker does for every protocol: bodies both ways at constant memory,
gzip, parking, clients that leave, users who may not. The worker runs a protocol
of the tests (tests/unit/worker-debug.c)."""

import base64
import gzip
import hashlib
import http.client
import os
import socket
import time
import unittest

from dovetail_test.dovecot import Dovecot, default_prefix, has_dovetail

A, B = "anna@example.org", "ben@example.org"
PATH = "/Microsoft-Server-ActiveSync?"


def has_debug():
    return has_dovetail() and os.path.exists(os.path.join(
        default_prefix(), "libexec", "worker-debug"))


class DebugDovecot(Dovecot):
    def config(self):
        return super().config().replace("/libexec/dovetail-worker", "/libexec/worker-debug")


@unittest.skipUnless(has_debug(), "no private build with the front and worker-debug")
class WorkerCase(unittest.TestCase):
    timeout = 120

    @classmethod
    def setUpClass(cls):
        cls.dovecot = DebugDovecot(users=[A, B], sieve=False, relay=False,
                                   passwd_fields={B: {"dovetail": "no"}})
        cls.addClassCleanup(cls.dovecot.stop)
        cls.dovecot.start()

    def tearDown(self):
        self.assertEqual(self.dovecot.check_log(), [])

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.dovecot.ports["http"], timeout=60)
        self.addCleanup(connection.close)
        return connection

    def headers(self, user=A, **more):
        login = base64.b64encode(("%s:pass" % user).encode()).decode()
        return {"Authorization": "Basic " + login, **{k.replace("_", "-"): v for k, v in more.items()}}

    def post(self, what, body=b"", user=A, **headers):
        connection = self.connect()
        connection.request("POST", PATH + what, body, self.headers(user, **headers),
                           encode_chunked="Transfer_Encoding" in headers)
        return connection.getresponse()

    def worker_rss(self):
        total = 0
        for pid in self.dovecot.processes("worker-debug"):
            with open("/proc/%d/status" % pid) as status:
                total = max(total, int([l for l in status if l.startswith("VmHWM")][0].split()[1]))
        return total

    def test_who(self):
        answer = self.post("who")
        self.assertEqual(answer.status, 200)
        text = answer.read().decode()
        self.assertTrue(text.startswith(A + " uid="), text)
        self.assertIn("uid=5000" if os.getuid() == 0 else "uid=%d" % os.getuid(), text)
        self.assertIsNotNone(answer.getheader("Content-Length"))
        # the same worker again
        self.assertEqual(self.post("who").read().decode().split()[2], text.split()[2])

    def test_refused(self):
        self.assertEqual(self.post("who", user=B).status, 403)

    def test_large_bodies(self):
        self.post("who").read()
        before = self.worker_rss()
        size = 100 * 1000 * 1000
        block, digest = b"0123456789abcdef" * 4096, hashlib.sha256()

        def blocks():
            left = size
            while left > 0:
                piece = block[:min(left, len(block))]
                digest.update(piece)
                left -= len(piece)
                yield piece
        answer = self.post("sink", blocks(), Content_Length=str(size))
        self.assertEqual(answer.read().decode().split(), ["0", str(size), digest.hexdigest()])
        answer = self.post("octets&n=%d" % size)
        got = 0
        while True:
            piece = answer.read(1 << 20)
            if not piece:
                break
            got += len(piece)
        self.assertEqual(got, size)
        self.assertLess(self.worker_rss() - before, 4000)

    def test_chunked_body(self):
        answer = self.post("sink", iter([b"abc", b"def"]), Transfer_Encoding="chunked")
        self.assertEqual(answer.read().decode().split(),
                         ["0", "6", hashlib.sha256(b"abcdef").hexdigest()])

    def test_gzip_answers(self):
        for what, size, packed, below in (("text", 100, False, 0), ("text", 500, True, 0.5), ("text", 3000, True, 0.2),
                                          ("text", 2000000, True, 0.05), ("random", 3000000, True, 0.78),
                                          ("octets", 300000, False, 0)):
            with self.subTest(what=what, size=size):
                answer = self.post("%s&n=%d" % (what, size), Accept_Encoding="gzip, deflate")
                body = answer.read()
                self.assertEqual(answer.getheader("Content-Encoding") == "gzip", packed)
                if packed:
                    self.assertLess(len(body), size * below)
                    body = gzip.decompress(body)
                self.assertEqual(len(body), size)
        answer = self.post("text&n=3000", Accept_Encoding="gzip;q=0")
        self.assertIsNone(answer.getheader("Content-Encoding"))
        self.assertIsNone(self.post("text&n=3000").getheader("Content-Encoding"))

    def test_gzip_bodies(self):
        body = b"some text " * 10000
        answer = self.post("sink", gzip.compress(body), Content_Encoding="gzip")
        self.assertEqual(answer.read().decode().split(),
                         ["0", str(len(body)), hashlib.sha256(body).hexdigest()])
        bomb = gzip.compress(b"\0" * 200_000_000, 9)
        answer = self.post("sink", bomb, Content_Encoding="gzip")
        code, size, _ = answer.read().decode().split()
        self.assertNotEqual(code, "0")
        self.assertLess(int(size), 20_000_000)
        self.assertLess(self.worker_rss(), 100_000)
        answer = self.post("sink", b"this is not gzip", Content_Encoding="gzip")
        self.assertNotEqual(answer.read().decode().split()[0], "0")

    def test_client_leaves_in_body(self):
        pid = self.post("who").read().split()[2]
        for _ in range(3):
            sock = socket.create_connection(("127.0.0.1", self.dovecot.ports["http"]))
            login = self.headers()["Authorization"]
            sock.sendall(("POST %ssink HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
                          "Content-Length: 1000000\r\n\r\n" % (PATH, login)).encode() + b"x" * 1000)
            time.sleep(0.1)
            sock.close()
        self.assertEqual(self.post("who").status, 200)
        self.assertIn(pid, [b"pid=%d" % p for p in self.dovecot.processes("worker-debug")])

    def test_client_leaves_in_answer(self):
        connection = self.connect()
        connection.request("POST", PATH + "octets&n=500000000", b"", self.headers())
        answer = connection.getresponse()
        answer.read(100000)
        connection.close()
        start = time.monotonic()
        self.assertEqual(self.post("who").status, 200)
        self.assertLess(time.monotonic() - start, 5)

    def test_park(self):
        connection = self.connect()
        connection.request("POST", PATH + "park&n=2", b"", self.headers())
        self.assertEqual(connection.getresponse().read(), b"timeout")
        for what, wanted in (("park&n=30", b"rang"), ("park&n=30&resume", b"resumed")):
            connection = self.connect()
            connection.request("POST", PATH + what, b"", self.headers())
            time.sleep(0.3)
            start = time.monotonic()
            self.dovecot.deliver(A, "Subject: ring\r\n\r\nx\r\n")
            self.assertEqual(connection.getresponse().read(), wanted)
            self.assertLess(time.monotonic() - start, 1)

    def test_no_answer(self):
        self.dovecot.expect_error("gave no answer")
        self.assertEqual(self.post("none").status, 500)
        self.assertTrue(self.dovecot.wait_log("gave no answer"))

    def test_two_at_once(self):
        """One handler sleeps: another worker of the user takes the next."""
        self.post("who").read()
        slow = self.connect()
        slow.request("POST", PATH + "sleep&n=1500", b"", self.headers())
        time.sleep(0.1)
        start = time.monotonic()
        self.assertEqual(self.post("who").status, 200)
        self.assertLess(time.monotonic() - start, 1)
        self.assertEqual(slow.getresponse().status, 200)


if __name__ == "__main__":
    unittest.main()
